//! One column of a result on its way to JavaScript.
//!
//! Its head: kind (1) · form (1) · whether it has NULLs (1) · 0 (1) · name · SQL type; both are a length (4) and bytes,
//! filled up to a multiple of 4. Its data: if it has NULLs, aligned, a byte per row, 1 for NULL; then, aligned, by form:
//!
//! | form | data |
//! | --- | --- |
//! | 0 nothing | every value is NULL |
//! | 1 bytes | a byte per row |
//! | 2 i32, 3 f64, 4 i64 | a number per row |
//! | 5 text | per row where it ends (4), in UTF-16 units, as JavaScript counts; length (4); UTF-8 |
//! | 6 binary | per row where it ends (4), in bytes; length (4); bytes |

use amphi_core::{
    Error, Result,
    types::{Column, DataType, IntType, ValueRef},
};

/// What JavaScript makes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Null = 0,
    Boolean = 1,
    /// A number, or a BigInt where that is not exact.
    Integer = 2,
    Float = 3,
    /// Exact digits.
    Decimal = 4,
    /// Text as it is: also of UUID, ENUM and SET.
    Text = 5,
    Binary = 6,
    Date = 7,
    Time = 8,
    DateTime = 9,
    Json = 10,
    Vector = 11,
}

enum Data {
    Nothing,
    Bytes(Vec<u8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    Text {
        ends: Vec<u32>,
        units: usize,
        data: String,
    },
    Binary {
        ends: Vec<u32>,
        data: Vec<u8>,
    },
}

/// See the module.
pub(crate) struct ColumnWriter {
    name: String,
    ty: DataType,
    kind: Kind,
    data: Data,
    rows: usize,
    /// A byte per row, up to the last NULL.
    nulls: Vec<u8>,
}

fn kind(ty: &DataType) -> Kind {
    match ty {
        DataType::Null => Kind::Null,
        DataType::Bool => Kind::Boolean,
        DataType::Int(_) => Kind::Integer,
        ty if *ty == DataType::BIGINT_UNSIGNED => Kind::Integer,
        DataType::Float | DataType::Double => Kind::Float,
        DataType::Decimal { .. } => Kind::Decimal,
        DataType::Text { .. } | DataType::Uuid | DataType::Members(_) => Kind::Text,
        DataType::Blob { .. } | DataType::Geometry => Kind::Binary,
        DataType::Date => Kind::Date,
        DataType::Time { .. } => Kind::Time,
        DataType::DateTime { .. } | DataType::Timestamp { .. } => Kind::DateTime,
        DataType::Json => Kind::Json,
        DataType::Vector { .. } => Kind::Vector,
    }
}

fn empty(ty: &DataType) -> Data {
    match ty {
        DataType::Null => Data::Nothing,
        DataType::Bool => Data::Bytes(Vec::new()),
        DataType::Int(IntType::I64 | IntType::U32 | IntType::Bits(_)) => Data::I64(Vec::new()),
        DataType::Int(_) => Data::I32(Vec::new()),
        DataType::Float | DataType::Double => Data::F64(Vec::new()),
        DataType::Blob { .. } | DataType::Geometry | DataType::Vector { .. } => Data::Binary {
            ends: Vec::new(),
            data: Vec::new(),
        },
        _ => Data::Text {
            ends: Vec::new(),
            units: 0,
            data: String::new(),
        },
    }
}

/// Numbers up to here are exact as a float of JavaScript.
const SAFE: i64 = (1 << 53) - 1;

fn end(bytes: usize) -> Result<u32> {
    u32::try_from(bytes).map_err(|_| Error::QueryMemory {
        limit: u32::MAX as usize,
    })
}

/// Appends a number of 4 bytes.
///
/// # Errors
/// [`Error::QueryMemory`] if it is bigger than that.
pub(crate) fn put_number(out: &mut Vec<u8>, number: usize) -> Result<()> {
    out.extend(end(number)?.to_le_bytes());
    Ok(())
}

fn put_text(out: &mut Vec<u8>, text: &str) -> Result<()> {
    put_number(out, text.len())?;
    out.extend(text.as_bytes());
    align(out, 4);
    Ok(())
}

fn align(out: &mut Vec<u8>, to: usize) {
    out.resize(out.len().next_multiple_of(to), 0);
}

impl ColumnWriter {
    /// An empty column.
    pub(crate) fn new(name: &str, ty: &DataType) -> ColumnWriter {
        ColumnWriter {
            name: name.to_owned(),
            ty: ty.clone(),
            kind: kind(ty),
            data: empty(ty),
            rows: 0,
            nulls: Vec::new(),
        }
    }

    /// Appends the values of a column of its type.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] if it has more than 4 GiB.
    pub(crate) fn push(&mut self, column: &Column) -> Result<()> {
        let n = column.len();
        if let Some(nulls) = column.null_bitmap() {
            self.nulls.resize(self.rows, 0);
            self.nulls.extend(nulls.iter().map(u8::from));
        }
        self.rows = self.rows.saturating_add(n);
        match &mut self.data {
            Data::Nothing => {}
            Data::Bytes(v) => v.extend(column.i64s().iter().map(|i| u8::from(*i != 0))),
            Data::I32(v) => v.extend(column.i64s().iter().map(|i| i32::try_from(*i).unwrap_or(0))),
            Data::I64(v) => v.extend_from_slice(column.i64s()),
            Data::F64(v) => v.extend_from_slice(column.f64s()),
            Data::Text { ends, units, data } => {
                for i in 0..n {
                    let from = data.len();
                    match column.value_ref(i, &self.ty) {
                        ValueRef::Null => {}
                        ValueRef::Text(text) | ValueRef::Json(text) => data.push_str(text),
                        other => other.write_text(data),
                    }
                    let text = data.get(from..).unwrap_or("");
                    *units += match text.is_ascii() {
                        true => text.len(),
                        false => text.chars().map(char::len_utf16).sum(),
                    };
                    ends.push(end(*units)?);
                }
            }
            Data::Binary { ends, data } => {
                for i in 0..n {
                    data.extend_from_slice(column.bytes_at(i));
                    ends.push(end(data.len())?);
                }
            }
        }
        Ok(())
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let data = match &self.data {
            Data::Nothing => 0,
            Data::Bytes(v) => v.len(),
            Data::I32(v) => v.len() * 4,
            Data::I64(v) => v.len() * 8,
            Data::F64(v) => v.len() * 8,
            Data::Text { ends, data, .. } => ends.len() * 4 + data.len(),
            Data::Binary { ends, data } => ends.len() * 4 + data.len(),
        };
        data + self.nulls.len() + self.name.len() + 96
    }

    fn is_safe(&self) -> bool {
        match &self.data {
            Data::I64(v) => v.iter().all(|i| (-SAFE..=SAFE).contains(i)),
            _ => false,
        }
    }

    /// Appends its head.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] if the name has 4 GiB.
    pub(crate) fn write_head(&self, out: &mut Vec<u8>) -> Result<()> {
        let form = match &self.data {
            Data::Nothing => 0,
            Data::Bytes(_) => 1,
            Data::I32(_) => 2,
            Data::F64(_) => 3,
            Data::I64(_) if self.is_safe() => 3,
            Data::I64(_) => 4,
            Data::Text { .. } => 5,
            Data::Binary { .. } => 6,
        };
        out.extend([self.kind as u8, form, u8::from(!self.nulls.is_empty()), 0]);
        put_text(out, &self.name)?;
        put_text(out, &self.ty.to_string())
    }

    /// Appends its data.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] if it has 4 GiB.
    pub(crate) fn write_data(mut self, out: &mut Vec<u8>) -> Result<()> {
        align(out, 8);
        if !self.nulls.is_empty() {
            self.nulls.resize(self.rows, 0);
            out.append(&mut self.nulls);
            align(out, 8);
        }
        let safe = self.is_safe();
        match self.data {
            Data::Nothing => {}
            Data::Bytes(v) => out.extend(v),
            Data::I32(v) => out.extend(v.iter().flat_map(|n| n.to_le_bytes())),
            Data::I64(v) if safe => out.extend(v.iter().flat_map(|n| (*n as f64).to_le_bytes())),
            Data::I64(v) => out.extend(v.iter().flat_map(|n| n.to_le_bytes())),
            Data::F64(v) => out.extend(v.iter().flat_map(|n| n.to_le_bytes())),
            Data::Text { ends, data, .. } => {
                out.extend(ends.iter().flat_map(|n| n.to_le_bytes()));
                put_number(out, data.len())?;
                out.extend(data.as_bytes());
            }
            Data::Binary { ends, data } => {
                out.extend(ends.iter().flat_map(|n| n.to_le_bytes()));
                put_number(out, data.len())?;
                out.extend(data);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use amphi_core::Value;

    fn written(ty: DataType, batches: &[&[Value]]) -> (Vec<u8>, Vec<u8>) {
        let mut writer = ColumnWriter::new("c", &ty);
        for values in batches {
            let mut column = Column::new(ty.physical());
            values.iter().for_each(|v| column.push_value(v, &ty).unwrap());
            writer.push(&column).unwrap();
        }
        let (mut head, mut data) = (Vec::new(), Vec::new());
        writer.write_head(&mut head).unwrap();
        writer.write_data(&mut data).unwrap();
        (head, data)
    }

    #[test]
    fn nulls_of_a_later_batch_are_marked_in_their_rows() {
        let (head, data) = written(DataType::TEXT, &[&["é".into()], &[Value::Null, "😀a".into()]]);
        assert_eq!(
            head,
            [b"\x05\x05\x01\0\x01\0\0\0c\0\0\0", &b"\x04\0\0\0TEXT"[..]].concat()
        );
        let mut expected = vec![0, 1, 0, 0, 0, 0, 0, 0];
        expected.extend([1, 1, 4, 7].iter().flat_map(|n: &u32| n.to_le_bytes()));
        expected.extend("é😀a".as_bytes());
        assert_eq!(data, expected);
    }

    #[test]
    fn integers_are_floats_while_those_are_exact() {
        let (head, data) = written(DataType::BIGINT, &[&[SAFE.into()]]);
        assert_eq!((head[1], data), (3, (SAFE as f64).to_le_bytes().to_vec()));
        let (head, data) = written(DataType::BIGINT, &[&[(SAFE + 1).into()]]);
        assert_eq!((head[1], data), (4, (SAFE + 1).to_le_bytes().to_vec()));
    }
}
