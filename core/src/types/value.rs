//! One value outside a column: parameters, results, literals.

use super::{Date, DateTime, Decimal, Time};
use alloc::{string::String, vec::Vec};

/// A single SQL value, as users pass it in and get it out.
///
/// Inside the engine values live in typed [`Column`](super::Column)s; a `Value` appears at the edges.
/// Its variants mirror the families of [`DataType`](super::DataType).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// SQL NULL.
    #[default]
    Null,
    /// BOOLEAN.
    Bool(bool),
    /// Any integer type up to BIGINT.
    Int(i64),
    /// FLOAT, DOUBLE.
    Float(f64),
    /// DECIMAL, BIGINT UNSIGNED.
    Decimal(Decimal),
    /// CHAR, VARCHAR, TEXT.
    Text(String),
    /// BINARY, VARBINARY, BLOB.
    Blob(Vec<u8>),
    /// DATE.
    Date(Date),
    /// TIME.
    Time(Time),
    /// DATETIME and TIMESTAMP.
    DateTime(DateTime),
    /// JSON as text.
    Json(String),
    /// UUID.
    Uuid([u8; 16]),
    /// VECTOR.
    Vector(Vec<f32>),
    /// GEOMETRY as WKB.
    Geometry(Vec<u8>),
}

impl Value {
    /// Whether it is SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}
