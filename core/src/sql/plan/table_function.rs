//! Functions that give rows.

use super::Expr;
use crate::types::DataType;
use alloc::vec::Vec;

/// A function of a FROM clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFunction {
    /// `generate_series(first, last [, step])`: integers, both ends included.
    GenerateSeries,
    /// `json_each(document [, path])`: the members of an object, the elements of an array, or a scalar itself.
    JsonEach,
    /// `string_split(text, separator)`: the parts of a text.
    StringSplit,
}

/// What there is to know of a function to bind it.
pub struct TableFunctionShape {
    /// Name in capitals.
    pub name: &'static str,
    /// Fewest and most arguments.
    pub args: (usize, usize),
    /// Types of the arguments.
    pub arg_types: &'static [DataType],
    /// Names and types of the columns.
    pub columns: &'static [(&'static str, DataType)],
}

impl TableFunction {
    /// All of them.
    pub const ALL: [TableFunction; 3] = [
        TableFunction::GenerateSeries,
        TableFunction::JsonEach,
        TableFunction::StringSplit,
    ];

    /// Its name, arguments and columns.
    pub fn shape(self) -> TableFunctionShape {
        match self {
            TableFunction::GenerateSeries => TableFunctionShape {
                name: "GENERATE_SERIES",
                args: (2, 3),
                arg_types: &[DataType::BIGINT],
                columns: &[("value", DataType::BIGINT)],
            },
            TableFunction::JsonEach => TableFunctionShape {
                name: "JSON_EACH",
                args: (1, 2),
                arg_types: &[DataType::TEXT],
                columns: &[
                    ("key", DataType::TEXT),
                    ("value", DataType::TEXT),
                    ("type", DataType::TEXT),
                ],
            },
            TableFunction::StringSplit => TableFunctionShape {
                name: "STRING_SPLIT",
                args: (2, 2),
                arg_types: &[DataType::TEXT],
                columns: &[("value", DataType::TEXT), ("ordinal", DataType::BIGINT)],
            },
        }
    }
}

/// A call of one; the arguments have no columns.
#[derive(Debug, Clone, PartialEq)]
pub struct TableFunctionCall {
    /// The function.
    pub function: TableFunction,
    /// Arguments, converted.
    pub args: Vec<Expr>,
}

impl TableFunctionCall {
    /// The types of its columns.
    pub fn types(&self) -> Vec<DataType> {
        let columns = self.function.shape().columns;
        columns.iter().map(|(_, ty)| ty.clone()).collect()
    }
}
