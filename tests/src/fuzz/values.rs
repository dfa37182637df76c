//! Values from bytes: every variant, with content that no value of the engine's own would have too.

use super::input::Input;
use amphi_core::Value;
use amphi_core::types::{Collation, DataType, Date, DateTime, Decimal, IntType, MemberKind, Members, Time};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The next value.
pub(super) fn value(input: &mut Input<'_>) -> Value {
    match input.u8() % 17 {
        0 => Value::Null,
        1 => Value::Bool(input.u8().is_multiple_of(2)),
        2 => Value::Int(i64::from(input.u8() as i8)),
        3 => Value::Int(input.i64()),
        4 => Value::Float(f64::from_bits(input.u64())),
        5 => Value::Float(f64::from(input.u8() as i8) / 4.0),
        6 => Value::Decimal(Decimal {
            unscaled: input.i128(),
            scale: input.u8(),
        }),
        7 => Value::Decimal(Decimal {
            unscaled: i128::from(input.u8() as i8),
            scale: input.u8() % 40,
        }),
        8 => Value::Text(text(input.short())),
        9 => Value::Blob(input.short().to_vec()),
        10 => Value::Date(Date(input.i64())),
        11 => Value::Time(Time(input.i64())),
        12 => Value::DateTime(DateTime(input.i64())),
        13 => Value::Json(text(input.short())),
        14 => Value::Uuid(input.array()),
        15 => {
            let (floats, _) = input.short().as_chunks();
            Value::Vector(floats.iter().map(|f| f32::from_le_bytes(*f)).collect())
        }
        _ => Value::Geometry(input.short().to_vec()),
    }
}

/// The bytes of which [`value`] makes a value again.
pub(super) fn bytes_of(value: &Value) -> Vec<u8> {
    let short = |tag: u8, bytes: &[u8]| [&[tag, bytes.len() as u8], bytes].concat();
    let long = |tag: u8, bytes: &[u8]| [&[tag], bytes].concat();
    match value {
        Value::Null => vec![0],
        Value::Bool(b) => vec![1, u8::from(!b)],
        Value::Int(i) => match i8::try_from(*i) {
            Ok(i) => vec![2, i as u8],
            Err(_) => long(3, &i.to_le_bytes()),
        },
        Value::Float(f) => long(4, &f.to_bits().to_le_bytes()),
        Value::Decimal(d) => [&[6], &d.unscaled.to_le_bytes()[..], &[d.scale]].concat(),
        Value::Text(t) => short(8, t.as_bytes()),
        Value::Blob(b) => short(9, b),
        Value::Date(d) => long(10, &d.0.to_le_bytes()),
        Value::Time(t) => long(11, &t.0.to_le_bytes()),
        Value::DateTime(t) => long(12, &t.0.to_le_bytes()),
        Value::Json(t) => short(13, t.as_bytes()),
        Value::Uuid(u) => long(14, u),
        Value::Vector(v) => short(15, &v.iter().flat_map(|f| f.to_le_bytes()).collect::<Vec<_>>()),
        Value::Geometry(g) => short(16, g),
    }
}

/// A type of every family, and the edges of those with parameters.
pub(super) fn types() -> Vec<DataType> {
    let members = |kind| {
        let labels = ["a", "b", "it's", ""].map(String::from).to_vec();
        match Members::new(kind, labels, Collation::NoCase) {
            Ok(members) => DataType::Members(members),
            Err(_) => DataType::TEXT,
        }
    };
    let decimal = |precision, scale, unsigned| DataType::Decimal {
        precision,
        scale,
        unsigned,
    };
    vec![
        DataType::Bool,
        DataType::Int(IntType::I8),
        DataType::Int(IntType::U32),
        DataType::BIGINT,
        DataType::Float,
        DataType::Double,
        decimal(1, 0, false),
        decimal(38, 0, false),
        decimal(38, 38, false),
        decimal(9, 2, true),
        DataType::BIGINT_UNSIGNED,
        DataType::TEXT,
        DataType::BLOB,
        DataType::Text {
            max: Some(3),
            collation: Collation::NoCase,
        },
        DataType::Blob { max: Some(3) },
        DataType::Date,
        DataType::Time { fsp: 0 },
        DataType::Time { fsp: 6 },
        DataType::DateTime { fsp: 3 },
        DataType::Timestamp { fsp: 6 },
        DataType::Json,
        DataType::Uuid,
        DataType::Vector { dims: 2 },
        DataType::Geometry,
        members(MemberKind::Enum),
        members(MemberKind::Set),
    ]
}
