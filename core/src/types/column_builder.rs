//! A column while it is being put together.
//!
//! A [`Column`] may share its values, and looks at every change whether it does. A builder's are its own.

use super::convert::{self, ValueRef};
use super::{Bitmap, BytesVec, Column, ColumnData, DataType, Physical, Result, Value};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Where values of one representation are appended. Values of another representation become NULL: types
/// are checked before.
pub(crate) trait AppendValues {
    /// Appends NULL.
    fn append_null(&mut self);
    /// Appends an integer.
    fn append_i64(&mut self, value: i64);
    /// Appends a float.
    fn append_f64(&mut self, value: f64);
    /// Appends an unscaled decimal.
    fn append_decimal(&mut self, value: i128);
    /// Appends a byte string.
    fn append_bytes(&mut self, value: &[u8]);
    /// Appends value `i` of a column.
    fn append_from(&mut self, column: &Column, i: usize);
    /// Number of values.
    fn rows(&self) -> usize;
    /// Whether value `i` is NULL.
    fn has_null(&self, i: usize) -> bool;
    /// Value `i` as a column of its own.
    fn one(&self, i: usize) -> Column;

    /// Appends a value, converted to `ty`, the column's type, by the rules of assignment; see
    /// [`Column::push_value`].
    #[inline]
    fn append_value(&mut self, value: &Value, ty: &DataType) -> Result<()>
    where
        Self: Sized,
    {
        match (value, ty) {
            // Most values are of the type already.
            (Value::Int(v), DataType::Int(int)) if int.holds(*v) => {
                self.append_i64(*v);
            }
            (Value::Float(v), DataType::Double) if v.is_finite() => self.append_f64(*v),
            (Value::Text(v), DataType::Text { max: None, .. }) => self.append_bytes(v.as_bytes()),
            _ => {
                let mut buffer = Vec::new();
                return self.append_ref(value.as_ref(&mut buffer), ty);
            }
        }
        Ok(())
    }

    /// As [`AppendValues::append_value`].
    fn append_ref(&mut self, value: ValueRef<'_>, ty: &DataType) -> Result<()>
    where
        Self: Sized,
    {
        convert::push(self, value, ty, true)
    }
}

impl AppendValues for Column {
    fn append_null(&mut self) {
        self.push_null();
    }

    #[inline]
    fn append_i64(&mut self, value: i64) {
        self.push_i64(value);
    }

    #[inline]
    fn append_f64(&mut self, value: f64) {
        self.push_f64(value);
    }

    fn append_decimal(&mut self, value: i128) {
        self.push_decimal(value);
    }

    #[inline]
    fn append_bytes(&mut self, value: &[u8]) {
        self.push_bytes(value);
    }

    fn append_from(&mut self, column: &Column, i: usize) {
        self.push_from(column, i);
    }

    fn rows(&self) -> usize {
        self.len()
    }

    fn has_null(&self, i: usize) -> bool {
        self.is_null(i)
    }

    fn one(&self, i: usize) -> Column {
        self.slice(i, i + 1)
    }
}

#[derive(Debug)]
enum Values {
    I64(Vec<i64>),
    F64(Vec<f64>),
    Decimal(Vec<i128>),
    Bytes(BytesVec),
}

/// Applies one body to whichever vector it is.
macro_rules! each {
    ($values:expr, $v:ident => $body:expr) => {
        match $values {
            Values::I64($v) => $body,
            Values::F64($v) => $body,
            Values::Decimal($v) => $body,
            Values::Bytes($v) => $body,
        }
    };
}

/// See the module. The invariants are those of [`Column`].
#[derive(Debug)]
pub struct ColumnBuilder {
    values: Values,
    nulls: Option<Bitmap>,
}

impl ColumnBuilder {
    /// An empty one with room for `rows` values.
    pub fn with_capacity(physical: Physical, rows: usize) -> ColumnBuilder {
        let values = match physical {
            Physical::I64 => Values::I64(Vec::with_capacity(rows)),
            Physical::F64 => Values::F64(Vec::with_capacity(rows)),
            Physical::Decimal => Values::Decimal(Vec::with_capacity(rows)),
            Physical::Bytes => Values::Bytes(BytesVec::with_capacity(rows, 0)),
        };
        ColumnBuilder { values, nulls: None }
    }

    /// An empty one in the memory of a column, if nobody shares that.
    pub fn reuse(column: Column) -> ColumnBuilder {
        let physical = column.physical();
        let values = match column.into_data() {
            ColumnData::I64(v) => Arc::into_inner(v).map(Values::I64),
            ColumnData::F64(v) => Arc::into_inner(v).map(Values::F64),
            ColumnData::Decimal(v) => Arc::into_inner(v).map(Values::Decimal),
            ColumnData::Bytes(v) => Arc::into_inner(v).map(Values::Bytes),
        };
        match values {
            Some(mut values) => {
                each!(&mut values, v => v.clear());
                ColumnBuilder { values, nulls: None }
            }
            None => ColumnBuilder::with_capacity(physical, 0),
        }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        each!(&self.values, v => v.len())
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the byte strings; 0 for other representations.
    pub fn byte_len(&self) -> usize {
        match &self.values {
            Values::Bytes(v) => v.data().len(),
            _ => 0,
        }
    }

    /// Integer `i`; `None` if it is NULL, does not exist, or the values are of another representation.
    pub fn i64_at(&self, i: usize) -> Option<i64> {
        match &self.values {
            Values::I64(v) if !self.has_null(i) => v.get(i).copied(),
            _ => None,
        }
    }

    /// Keeps the first `len` values.
    pub fn truncate(&mut self, len: usize) {
        each!(&mut self.values, v => v.truncate(len));
        if let Some(nulls) = &mut self.nulls {
            nulls.truncate(len);
        }
    }

    /// The column.
    pub fn finish(self) -> Column {
        let data = match self.values {
            Values::I64(v) => ColumnData::I64(Arc::new(v)),
            Values::F64(v) => ColumnData::F64(Arc::new(v)),
            Values::Decimal(v) => ColumnData::Decimal(Arc::new(v)),
            Values::Bytes(v) => ColumnData::Bytes(Arc::new(v)),
        };
        Column::from_parts(data, self.nulls)
    }

    #[inline]
    fn appended(&mut self) {
        if let Some(nulls) = &mut self.nulls {
            nulls.push(false);
        }
    }
}

impl AppendValues for ColumnBuilder {
    fn append_null(&mut self) {
        let rows = self.len();
        match &mut self.values {
            Values::I64(v) => v.push(0),
            Values::F64(v) => v.push(0.0),
            Values::Decimal(v) => v.push(0),
            Values::Bytes(v) => v.push(&[]),
        }
        let nulls = self.nulls.get_or_insert_with(|| Bitmap::filled(rows, false));
        nulls.push(true);
    }

    #[inline]
    fn append_i64(&mut self, value: i64) {
        match &mut self.values {
            Values::I64(v) => {
                v.push(value);
                self.appended();
            }
            _ => self.append_null(),
        }
    }

    #[inline]
    fn append_f64(&mut self, value: f64) {
        match &mut self.values {
            Values::F64(v) => {
                v.push(value);
                self.appended();
            }
            _ => self.append_null(),
        }
    }

    fn append_decimal(&mut self, value: i128) {
        match &mut self.values {
            Values::Decimal(v) => {
                v.push(value);
                self.appended();
            }
            _ => self.append_null(),
        }
    }

    #[inline]
    fn append_bytes(&mut self, value: &[u8]) {
        match &mut self.values {
            Values::Bytes(v) => {
                v.push(value);
                self.appended();
            }
            _ => self.append_null(),
        }
    }

    fn append_from(&mut self, column: &Column, i: usize) {
        if column.is_null(i) {
            return self.append_null();
        }
        match column.data() {
            ColumnData::I64(v) => v.get(i).map(|v| self.append_i64(*v)),
            ColumnData::F64(v) => v.get(i).map(|v| self.append_f64(*v)),
            ColumnData::Decimal(v) => v.get(i).map(|v| self.append_decimal(*v)),
            ColumnData::Bytes(v) => (i < v.len()).then(|| self.append_bytes(v.get(i))),
        };
    }

    fn rows(&self) -> usize {
        self.len()
    }

    fn has_null(&self, i: usize) -> bool {
        self.nulls.as_ref().is_some_and(|n| n.get(i))
    }

    fn one(&self, i: usize) -> Column {
        let mut one = ColumnBuilder {
            values: match &self.values {
                Values::I64(v) => Values::I64(v.get(i).copied().into_iter().collect()),
                Values::F64(v) => Values::F64(v.get(i).copied().into_iter().collect()),
                Values::Decimal(v) => Values::Decimal(v.get(i).copied().into_iter().collect()),
                Values::Bytes(v) => {
                    let mut one = BytesVec::default();
                    one.push(v.get(i));
                    Values::Bytes(one)
                }
            },
            nulls: None,
        };
        if self.has_null(i) {
            one.nulls = Some(Bitmap::filled(1, true));
        }
        one.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn what_was_appended_is_in_the_column() {
        for physical in [Physical::I64, Physical::F64, Physical::Decimal, Physical::Bytes] {
            let (mut builder, mut column) =
                (ColumnBuilder::with_capacity(physical, 2), Column::new(physical));
            let source = match physical {
                Physical::I64 => Column::from_i64(vec![4]),
                Physical::F64 => Column::from_f64(vec![0.5]),
                Physical::Decimal => Column::from_decimals(vec![7]),
                Physical::Bytes => {
                    let mut text = BytesVec::default();
                    text.push(b"x");
                    Column::from_bytes(text)
                }
            };
            for null in [false, true, false] {
                match null {
                    true => (builder.append_null(), column.push_null()),
                    false => (builder.append_from(&source, 0), column.push_from(&source, 0)),
                };
            }
            assert_eq!(
                (builder.len(), builder.has_null(1), builder.has_null(2)),
                (3, true, false)
            );
            assert_eq!(builder.one(1), column.slice(1, 2));
            builder.append_null();
            builder.truncate(3);
            let built = builder.finish();
            assert_eq!(built, column);
            let again = ColumnBuilder::reuse(built);
            assert!(again.is_empty());
            assert_eq!(again.finish(), Column::new(physical));
        }
    }
}
