//! SQL types: what a column is declared as and what an expression yields.
//!
//! A [`DataType`] says how a value is read; [`DataType::physical`] says in which of the four typed
//! vectors it is held. The mapping is fixed by the file format.

use super::{Decimal, Members, Physical};
use alloc::{format, string::String};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The integer types, each with a checked range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IntType {
    /// TINYINT: -128 to 127.
    I8,
    /// SMALLINT.
    I16,
    /// MEDIUMINT: 24 bits.
    I24,
    /// INT, INTEGER.
    I32,
    /// BIGINT.
    I64,
    /// TINYINT UNSIGNED.
    U8,
    /// SMALLINT UNSIGNED.
    U16,
    /// MEDIUMINT UNSIGNED.
    U24,
    /// INT UNSIGNED.
    U32,
    /// BIT(n), n from 1 to 63: a number of n bits.
    Bits(u8),
    /// YEAR: 0, or 1901 to 2155.
    Year,
}

impl IntType {
    /// Smallest and largest value.
    pub fn range(self) -> (i64, i64) {
        match self {
            IntType::I8 => (i8::MIN as i64, i8::MAX as i64),
            IntType::I16 => (i16::MIN as i64, i16::MAX as i64),
            IntType::I24 => (-(1 << 23), (1 << 23) - 1),
            IntType::I32 => (i32::MIN as i64, i32::MAX as i64),
            IntType::I64 => (i64::MIN, i64::MAX),
            IntType::U8 => (0, u8::MAX as i64),
            IntType::U16 => (0, u16::MAX as i64),
            IntType::U24 => (0, (1 << 24) - 1),
            IntType::U32 => (0, u32::MAX as i64),
            IntType::Bits(n) => {
                let above = 1u64.checked_shl(u32::from(n.min(63))).unwrap_or(1);
                (0, i64::try_from(above - 1).unwrap_or(i64::MAX))
            }
            IntType::Year => (0, 2155),
        }
    }

    /// Whether it has a value.
    #[inline]
    pub fn holds(self, value: i64) -> bool {
        let (min, max) = self.range();
        (min..=max).contains(&value) && (self != IntType::Year || value == 0 || value > 1900)
    }

    /// Whether it has every value of another type.
    pub fn holds_all_of(self, other: IntType) -> bool {
        let ((low, high), (min, max)) = (other.range(), self.range());
        self == other || (self != IntType::Year && min <= low && high <= max)
    }
}

/// How text compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Collation {
    /// Byte order of the UTF-8 text: case-sensitive. The default.
    #[default]
    Binary,
    /// ASCII letters compare without case.
    NoCase,
}

/// A SQL type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DataType {
    /// The type of a bare NULL; converts to anything.
    Null,
    /// BOOLEAN: 0 or 1 (`TRUE` and `FALSE` are written so), held as `i64`.
    Bool,
    /// An integer type with its range.
    Int(IntType),
    /// FLOAT, REAL: held as `f64`, rounded to single precision on storage.
    Float,
    /// DOUBLE.
    Double,
    /// DECIMAL(precision, scale), exact; BIGINT UNSIGNED is `Decimal { precision: 20, scale: 0, unsigned: true }`.
    Decimal {
        /// Digits in all, at most 38.
        precision: u8,
        /// Digits after the point.
        scale: u8,
        /// Refuses negative values.
        unsigned: bool,
    },
    /// CHAR/VARCHAR(max characters) or TEXT (`None`).
    Text {
        /// Longest value in characters.
        max: Option<u32>,
        /// How values compare.
        collation: Collation,
    },
    /// BINARY/VARBINARY(max bytes) or BLOB (`None`).
    Blob {
        /// Longest value in bytes.
        max: Option<u32>,
    },
    /// DATE: days since 1970-01-01.
    Date,
    /// TIME: microseconds, may be negative and beyond 24 hours, as in MySQL. `fsp` = digits of fractional seconds.
    Time {
        /// Digits of fractional seconds, 0 to 6.
        fsp: u8,
    },
    /// DATETIME: microseconds since 1970-01-01 00:00:00, without a time zone.
    DateTime {
        /// Digits of fractional seconds, 0 to 6.
        fsp: u8,
    },
    /// TIMESTAMP: an instant, microseconds since the epoch in UTC.
    Timestamp {
        /// Digits of fractional seconds, 0 to 6.
        fsp: u8,
    },
    /// JSON, held as its text.
    Json,
    /// UUID, 16 bytes.
    Uuid,
    /// VECTOR(n): n little-endian `f32`.
    Vector {
        /// Dimensions.
        dims: u32,
    },
    /// GEOMETRY, held as WKB (little-endian, with no SRID).
    Geometry,
    /// ENUM or SET: the numbers of members, held as `i64`, and shown by name.
    Members(Members),
}

impl DataType {
    /// BIGINT.
    pub const BIGINT: DataType = DataType::Int(IntType::I64);
    /// TEXT.
    pub const TEXT: DataType = DataType::Text {
        max: None,
        collation: Collation::Binary,
    };
    /// BLOB.
    pub const BLOB: DataType = DataType::Blob { max: None };
    /// BIGINT UNSIGNED, held as an exact decimal of 20 digits and checked against 2^64 - 1.
    pub const BIGINT_UNSIGNED: DataType = DataType::Decimal {
        precision: 20,
        scale: 0,
        unsigned: true,
    };

    /// Whether its parameters are within the limits of SQL types, and it is the type of a column.
    pub fn is_consistent(&self) -> bool {
        match self {
            DataType::Null => false,
            DataType::Int(IntType::Bits(n)) => (1..=63).contains(n),
            DataType::Decimal { precision, scale, .. } => {
                (1..=Decimal::MAX_PRECISION).contains(precision) && scale <= precision
            }
            DataType::Time { fsp } | DataType::DateTime { fsp } | DataType::Timestamp { fsp } => *fsp <= 6,
            DataType::Members(members) => members.is_consistent(),
            _ => true,
        }
    }

    /// The typed vector that holds values of this type.
    pub fn physical(&self) -> Physical {
        match self {
            DataType::Null
            | DataType::Bool
            | DataType::Int(_)
            | DataType::Date
            | DataType::Time { .. }
            | DataType::DateTime { .. }
            | DataType::Timestamp { .. }
            | DataType::Members(_) => Physical::I64,
            DataType::Float | DataType::Double => Physical::F64,
            DataType::Decimal { .. } => Physical::Decimal,
            DataType::Text { .. }
            | DataType::Blob { .. }
            | DataType::Json
            | DataType::Uuid
            | DataType::Vector { .. }
            | DataType::Geometry => Physical::Bytes,
        }
    }

    /// Whether arithmetic works on it without a conversion.
    pub fn is_numeric(&self) -> bool {
        matches!(
            self,
            DataType::Bool | DataType::Int(_) | DataType::Float | DataType::Double | DataType::Decimal { .. }
        )
    }

    /// Whether it is a character string (TEXT, CHAR, VARCHAR).
    pub fn is_text(&self) -> bool {
        matches!(self, DataType::Text { .. })
    }

    /// Whether it is ENUM or SET.
    pub fn is_members(&self) -> bool {
        matches!(self, DataType::Members(_))
    }

    /// Whether it is DATE, TIME, DATETIME or TIMESTAMP.
    pub fn is_temporal(&self) -> bool {
        matches!(
            self,
            DataType::Date | DataType::Time { .. } | DataType::DateTime { .. } | DataType::Timestamp { .. }
        )
    }

    /// Digits after the decimal point: the scale of a DECIMAL, 0 for all else.
    pub fn scale(&self) -> u8 {
        match self {
            DataType::Decimal { scale, .. } => *scale,
            _ => 0,
        }
    }

    /// The collation of a text type, [`Collation::Binary`] for all else.
    pub fn collation(&self) -> Collation {
        match self {
            DataType::Text { collation, .. } => *collation,
            _ => Collation::Binary,
        }
    }
}

impl fmt::Display for DataType {
    /// The type as `SHOW CREATE TABLE` writes it; it parses back to the same type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fsp = |f: &mut fmt::Formatter<'_>, name: &str, fsp: u8| {
            if fsp == 0 {
                f.write_str(name)
            } else {
                write!(f, "{name}({fsp})")
            }
        };
        match self {
            DataType::Null => f.write_str("NULL"),
            DataType::Bool => f.write_str("BOOLEAN"),
            DataType::Int(IntType::Bits(n)) => write!(f, "BIT({n})"),
            DataType::Int(i) => f.write_str(match i {
                IntType::I8 => "TINYINT",
                IntType::I16 => "SMALLINT",
                IntType::I24 => "MEDIUMINT",
                IntType::I32 => "INT",
                IntType::I64 => "BIGINT",
                IntType::U8 => "TINYINT UNSIGNED",
                IntType::U16 => "SMALLINT UNSIGNED",
                IntType::U24 => "MEDIUMINT UNSIGNED",
                IntType::U32 => "INT UNSIGNED",
                IntType::Bits(_) => "BIT",
                IntType::Year => "YEAR",
            }),
            DataType::Float => f.write_str("FLOAT"),
            DataType::Double => f.write_str("DOUBLE"),
            DataType::Decimal {
                precision: 20,
                scale: 0,
                unsigned: true,
            } => f.write_str("BIGINT UNSIGNED"),
            DataType::Decimal {
                precision,
                scale,
                unsigned,
            } => {
                write!(
                    f,
                    "DECIMAL({precision},{scale}){}",
                    if *unsigned { " UNSIGNED" } else { "" }
                )
            }
            DataType::Text { max, collation } => {
                let max: String = max.map_or(String::from("TEXT"), |n| format!("VARCHAR({n})"));
                f.write_str(&max)?;
                if *collation == Collation::NoCase {
                    f.write_str(" COLLATE NOCASE")
                } else {
                    Ok(())
                }
            }
            DataType::Blob { max: None } => f.write_str("BLOB"),
            DataType::Blob { max: Some(n) } => write!(f, "VARBINARY({n})"),
            DataType::Date => f.write_str("DATE"),
            DataType::Time { fsp: n } => fsp(f, "TIME", *n),
            DataType::DateTime { fsp: n } => fsp(f, "DATETIME", *n),
            DataType::Timestamp { fsp: n } => fsp(f, "TIMESTAMP", *n),
            DataType::Json => f.write_str("JSON"),
            DataType::Uuid => f.write_str("UUID"),
            DataType::Vector { dims } => write!(f, "VECTOR({dims})"),
            DataType::Geometry => f.write_str("GEOMETRY"),
            DataType::Members(members) => write!(f, "{members}"),
        }
    }
}
