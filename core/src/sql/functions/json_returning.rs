//! `JSON_VALUE(doc, path RETURNING type … ON EMPTY … ON ERROR)`, which binding makes a call of this one:
//! (doc, path, NULL of the type, 'NULL' | 'ERROR' | 'DEFAULT', its value, the same of errors).

use super::ArgKind::{Any, Text};
use super::args::{Args, function};
use super::json_path::Paths;
use super::json_table::of_json;
use super::json_value::document;
use super::{ReturnKind, ScalarFunction};
use crate::types::{AppendValues, ColumnBuilder, DataType, Error, Value};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "JSON_VALUE_RETURNING",
    &[],
    (7, 7),
    &[Text, Text, Any, Text, Any, Text, Any],
    ReturnKind::Of(|types| types.get(2).cloned().unwrap_or(DataType::TEXT)),
    "What JSON_VALUE(doc, path RETURNING type DEFAULT x ON EMPTY DEFAULT y ON ERROR) is bound to.",
    |cx, a, t, ty, n| {
        let paths = Paths::new(a, 1..2)?;
        let mut out = ColumnBuilder::with_capacity(ty.physical(), n);
        let instead = |k: usize, i: usize, problem: &str| match a.text(k, i) {
            "ERROR" => Err(Error::invalid(alloc::format!(
                "JSON_VALUE: there is {problem} at {}",
                a.text(1, i)
            ))),
            "DEFAULT" => {
                let (column, row) = a.arg(k + 1, i);
                let of = t.get(k + 1).unwrap_or(&DataType::Null);
                Ok(column.map_or(Value::Null, |c| c.value(row, of)))
            }
            _ => Ok(Value::Null),
        };
        for i in 0..n {
            cx.check_interrupt()?;
            let value = match a.null(0, i) || a.null(1, i) {
                true => Value::Null,
                false => {
                    let document = document(cx, a, 0, i);
                    match document {
                        Err(_) if a.text(5, i) != "ERROR" => instead(5, i, "no document")?,
                        Err(error) => return Err(error),
                        Ok(document) => match paths.get(1, i)?.find(&document).as_slice() {
                            [] => instead(3, i, "no value")?,
                            [one] => match of_json(one, ty) {
                                Ok(value) => value,
                                Err(_) => instead(5, i, "a value that does not convert")?,
                            },
                            _ => instead(5, i, "more than one value")?,
                        },
                    }
                }
            };
            if let Value::Text(text) | Value::Json(text) = &value {
                cx.scratch.take(text.len())?;
            }
            out.append_value(&value, ty)?;
        }
        Ok(out.finish())
    },
)
.sees_null()];
