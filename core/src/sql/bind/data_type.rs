//! Type names: MySQL's, and the synonyms of SQLite and PostgreSQL.

use super::names::nearest;
use super::refuse::unsupported_at;
use crate::sql::parse::{parse_expr, unescape};
use crate::types::{Collation, DataType, Decimal, Error, IntType, MemberKind, Members, Position, Result};
use alloc::{format, string::String, vec::Vec};
use sqlparser::ast::{
    BinaryLength, CharLengthUnits, CharacterLength, DataType as Ast, EnumMember, ExactNumberInfo, Expr,
    ObjectName, TimezoneInfo, Value as SqlValue,
};

/// Where a type is named; CHAR and BINARY without a length mean different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypePlace {
    /// A column: CHAR is CHAR(1).
    Column,
    /// CAST: CHAR is text of any length.
    Cast,
}

/// A type, and whether its name implies AUTO_INCREMENT (SERIAL).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NamedType {
    pub(super) ty: DataType,
    pub(super) serial: bool,
}

/// COLLATE's argument.
pub(super) fn collation(name: &ObjectName, at: Option<Position>) -> Result<Collation> {
    let text = format!("{name}").to_ascii_lowercase();
    let text = text.trim_matches(['`', '"']);
    const BINARY: [&str; 5] = ["binary", "c", "posix", "default", "c.utf-8"];
    // MySQL's names say the character set first, and last what they regard: case, accents, or every byte. Those
    // that disregard case fold more than ASCII letters: nearer to them than comparing bytes.
    let of_mysql = |last: &str| {
        let known = CHARSETS
            .iter()
            .any(|c| text.strip_prefix(c).is_some_and(|rest| rest.starts_with('_')));
        (known || text.starts_with("uca1400_")) && text.ends_with(last)
    };
    if text == "nocase" || of_mysql("_ci") {
        Ok(Collation::NoCase)
    } else if BINARY.contains(&text) || of_mysql("_bin") || of_mysql("_cs") {
        Ok(Collation::Binary)
    } else {
        Err(unsupported_at(
            format!("COLLATE {text} (use NOCASE or BINARY)"),
            at,
        ))
    }
}

/// MySQL's character sets whose characters UTF-8 has too, so that text declared so is kept in UTF-8.
const CHARSETS: [&str; 12] = [
    "utf8", "utf8mb4", "utf8mb3", "utf-8", "ascii", "latin1", "latin2", "cp1250", "cp1251", "cp1252", "ucs2",
    "utf16",
];

/// Refuses a character set whose characters are not all in UTF-8, which all text is in.
pub(super) fn charset(name: &str, at: Option<Position>) -> Result<()> {
    let name = name.trim_matches(['`', '"', '\'']);
    if CHARSETS.iter().any(|u| name.eq_ignore_ascii_case(u)) {
        Ok(())
    } else {
        Err(unsupported_at(
            format!("CHARACTER SET {name} (all text is UTF-8)"),
            at,
        ))
    }
}

fn text(max: Option<u32>) -> DataType {
    DataType::Text {
        max,
        collation: Collation::Binary,
    }
}

struct Namer {
    place: TypePlace,
    at: Option<Position>,
}

impl Namer {
    fn out_of_range(&self, message: String) -> Error {
        Error::Invalid {
            message,
            position: self.at,
        }
    }

    fn unsupported(&self, feature: impl Into<String>) -> Error {
        unsupported_at(feature, self.at)
    }

    fn length(&self, length: u64) -> Result<u32> {
        u32::try_from(length).map_err(|_| self.out_of_range(format!("length {length} is above {}", u32::MAX)))
    }

    fn characters(&self, length: &Option<CharacterLength>, default: Option<u32>) -> Result<DataType> {
        match length {
            None => Ok(text(default)),
            Some(CharacterLength::Max) => Ok(text(None)),
            Some(CharacterLength::IntegerLength {
                unit: Some(CharLengthUnits::Octets),
                ..
            }) => Err(self.unsupported("a length in OCTETS")),
            Some(CharacterLength::IntegerLength {
                length,
                unit: None | Some(CharLengthUnits::Characters),
            }) => Ok(text(Some(self.length(*length)?))),
        }
    }

    fn bytes(&self, length: Option<u64>) -> Result<DataType> {
        Ok(DataType::Blob {
            max: length.map(|n| self.length(n)).transpose()?,
        })
    }

    fn one_unless_cast(&self) -> Option<u32> {
        (self.place == TypePlace::Column).then_some(1)
    }

    fn decimal(&self, info: &ExactNumberInfo, unsigned: bool) -> Result<DataType> {
        let (precision, scale) = match info {
            ExactNumberInfo::None => (10, 0),
            ExactNumberInfo::Precision(p) => (*p, 0),
            ExactNumberInfo::PrecisionAndScale(p, s) => (*p, *s),
        };
        let max = Decimal::MAX_PRECISION;
        match (u8::try_from(precision), u8::try_from(scale)) {
            (Ok(p), Ok(s)) if (1..=max).contains(&p) && s <= p => Ok(DataType::Decimal {
                precision: p,
                scale: s,
                unsigned,
            }),
            _ => Err(self.out_of_range(format!(
                "DECIMAL({precision},{scale}): at most {max} digits, and no more of them after the point than in all"
            ))),
        }
    }

    fn float(&self, info: &ExactNumberInfo) -> Result<DataType> {
        match info {
            ExactNumberInfo::None => Ok(DataType::Float),
            ExactNumberInfo::Precision(0..=24) => Ok(DataType::Float),
            ExactNumberInfo::Precision(25..=53) => Ok(DataType::Double),
            ExactNumberInfo::Precision(p) => {
                Err(self.out_of_range(format!("FLOAT({p}): at most 53 binary digits")))
            }
            ExactNumberInfo::PrecisionAndScale(..) => self.decimal(info, false),
        }
    }

    fn fsp(&self, digits: Option<u64>) -> Result<u8> {
        match digits.unwrap_or(0) {
            n @ 0..=6 => Ok(n as u8),
            n => Err(self.out_of_range(format!("at most 6 digits of fractional seconds, not {n}"))),
        }
    }

    fn int(&self, signed: IntType) -> DataType {
        DataType::Int(signed)
    }

    fn members(&self, kind: MemberKind, labels: Vec<String>) -> Result<DataType> {
        match Members::new(kind, labels, Collation::Binary) {
            Ok(members) if self.place == TypePlace::Column => Ok(DataType::Members(members)),
            Ok(members) => Err(self.unsupported(format!("CAST to {}", members.name()))),
            Err(Error::Invalid { message, .. }) => Err(self.out_of_range(message)),
            Err(other) => Err(other),
        }
    }

    fn custom(&self, name: &ObjectName, modifiers: &[String]) -> Result<NamedType> {
        let written = format!("{name}");
        let upper = written.to_ascii_uppercase();
        let number = || match modifiers {
            [n] => n.parse::<u64>().ok(),
            _ => None,
        };
        let plain = |ty| {
            if modifiers.is_empty() {
                Ok(NamedType { ty, serial: false })
            } else {
                Err(self.out_of_range(format!("{upper} takes no arguments")))
            }
        };
        let serial = |ty| plain(ty).map(|t| NamedType { serial: true, ..t });
        match upper.as_str() {
            "SERIAL" | "BIGSERIAL" | "SERIAL8" => serial(DataType::BIGINT),
            "SERIAL4" => serial(DataType::Int(IntType::I32)),
            "SMALLSERIAL" | "SERIAL2" => serial(DataType::Int(IntType::I16)),
            "VECTOR" => match number() {
                Some(n @ 1..=65_535) => Ok(NamedType {
                    ty: DataType::Vector { dims: n as u32 },
                    serial: false,
                }),
                _ => Err(self.out_of_range(String::from("VECTOR(n): 1 to 65535 dimensions"))),
            },
            "GEOMETRY" => plain(DataType::Geometry),
            "TEXT" | "TINYTEXT" | "MEDIUMTEXT" | "LONGTEXT" if number().is_some() => Ok(NamedType {
                ty: DataType::TEXT,
                serial: false,
            }),
            "BPCHAR" => Ok(NamedType {
                ty: text(number().map(|n| self.length(n)).transpose()?),
                serial: false,
            }),
            "LONG" => plain(DataType::TEXT),
            "NCHAR" => Ok(NamedType {
                ty: text(match number() {
                    Some(n) => Some(self.length(n)?),
                    None => self.one_unless_cast(),
                }),
                serial: false,
            }),
            "MIDDLEINT" | "INT3" => plain(DataType::Int(IntType::I24)),
            "INT1" => plain(DataType::Int(IntType::I8)),
            "POINT" | "LINESTRING" | "POLYGON" | "MULTIPOINT" | "MULTILINESTRING" | "MULTIPOLYGON"
            | "GEOMETRYCOLLECTION" => Err(self.unsupported(format!("type {upper} (use GEOMETRY)"))),
            "YEAR" => match (modifiers, number()) {
                // Of whatever number of digits, as in MySQL.
                ([], _) | (_, Some(0..=4)) => Ok(NamedType {
                    ty: DataType::Int(IntType::Year),
                    serial: false,
                }),
                _ => Err(self.out_of_range(String::from("YEAR takes 4 digits"))),
            },
            _ => {
                const NAMES: [&str; 27] = [
                    "TINYINT",
                    "SMALLINT",
                    "MEDIUMINT",
                    "INT",
                    "INTEGER",
                    "BIGINT",
                    "BOOL",
                    "BOOLEAN",
                    "FLOAT",
                    "DOUBLE",
                    "REAL",
                    "DECIMAL",
                    "NUMERIC",
                    "CHAR",
                    "VARCHAR",
                    "TEXT",
                    "BLOB",
                    "BINARY",
                    "VARBINARY",
                    "DATE",
                    "TIME",
                    "DATETIME",
                    "TIMESTAMP",
                    "JSON",
                    "UUID",
                    "VECTOR",
                    "GEOMETRY",
                ];
                Err(Error::Unknown {
                    kind: "type",
                    nearest: nearest(&upper, NAMES),
                    name: written,
                    position: self.at,
                })
            }
        }
    }

    fn name(&self, ast: &Ast) -> Result<NamedType> {
        let ty = match ast {
            Ast::Custom(name, modifiers) => return self.custom(name, modifiers),

            Ast::Bool | Ast::Boolean => DataType::Bool,
            Ast::TinyInt(_) => self.int(IntType::I8),
            Ast::SmallInt(_) | Ast::Int2(_) => self.int(IntType::I16),
            Ast::MediumInt(_) => self.int(IntType::I24),
            Ast::Int(_) | Ast::Integer(_) | Ast::Int4(_) | Ast::Int32 => self.int(IntType::I32),
            Ast::BigInt(_) | Ast::Int8(_) | Ast::Int64 | Ast::Signed | Ast::SignedInteger => DataType::BIGINT,
            Ast::Int16 => self.int(IntType::I16),
            Ast::TinyIntUnsigned(_) => self.int(IntType::U8),
            Ast::SmallIntUnsigned(_) | Ast::Int2Unsigned(_) => self.int(IntType::U16),
            Ast::MediumIntUnsigned(_) => self.int(IntType::U24),
            Ast::IntUnsigned(_) | Ast::IntegerUnsigned(_) | Ast::Int4Unsigned(_) => self.int(IntType::U32),
            Ast::BigIntUnsigned(_) | Ast::Int8Unsigned(_) | Ast::Unsigned | Ast::UnsignedInteger => {
                DataType::BIGINT_UNSIGNED
            }

            Ast::Float(info) => self.float(info)?,
            Ast::Real | Ast::Float4 | Ast::Float32 => DataType::Float,
            Ast::Double(ExactNumberInfo::None) | Ast::DoublePrecision | Ast::Float8 | Ast::Float64 => {
                DataType::Double
            }
            // So many digits, kept exactly: rounded as MySQL rounds them, and without its errors of halves.
            Ast::Double(info @ ExactNumberInfo::PrecisionAndScale(..)) => self.decimal(info, false)?,
            Ast::Double(_) => return Err(self.unsupported("DOUBLE(digits)")),
            Ast::FloatUnsigned(info @ ExactNumberInfo::PrecisionAndScale(..))
            | Ast::DoubleUnsigned(info @ ExactNumberInfo::PrecisionAndScale(..)) => {
                self.decimal(info, true)?
            }
            Ast::FloatUnsigned(_) | Ast::RealUnsigned => return Err(self.unsupported("type FLOAT UNSIGNED")),
            Ast::DoubleUnsigned(_) | Ast::DoublePrecisionUnsigned => {
                return Err(self.unsupported("type DOUBLE UNSIGNED"));
            }
            Ast::Decimal(info) | Ast::Numeric(info) | Ast::Dec(info) => self.decimal(info, false)?,
            Ast::DecimalUnsigned(info) | Ast::DecUnsigned(info) => self.decimal(info, true)?,

            Ast::Character(n) | Ast::Char(n) => self.characters(n, self.one_unless_cast())?,
            Ast::CharacterVarying(n) | Ast::CharVarying(n) | Ast::Varchar(n) | Ast::Nvarchar(n) => {
                self.characters(n, None)?
            }
            Ast::Text
            | Ast::TinyText
            | Ast::MediumText
            | Ast::LongText
            | Ast::String(None)
            | Ast::Clob(None)
            | Ast::CharacterLargeObject(None)
            | Ast::CharLargeObject(None) => DataType::TEXT,
            Ast::String(Some(n))
            | Ast::Clob(Some(n))
            | Ast::CharacterLargeObject(Some(n))
            | Ast::CharLargeObject(Some(n)) => text(Some(self.length(*n)?)),

            Ast::Binary(n) => self.bytes(n.or(self.one_unless_cast().map(u64::from)))?,
            Ast::Varbinary(None | Some(BinaryLength::Max)) => DataType::BLOB,
            Ast::Varbinary(Some(BinaryLength::IntegerLength { length })) => self.bytes(Some(*length))?,
            // BLOB(n) only chooses the smallest of MySQL's blob types that holds n bytes.
            Ast::Blob(_) | Ast::TinyBlob | Ast::MediumBlob | Ast::LongBlob | Ast::Bytea => DataType::BLOB,
            Ast::Bytes(n) => self.bytes(*n)?,

            Ast::Date => DataType::Date,
            Ast::Time(n, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
                DataType::Time { fsp: self.fsp(*n)? }
            }
            Ast::Time(..) => return Err(self.unsupported("type TIME WITH TIME ZONE")),
            Ast::Datetime(n) | Ast::TimestampNtz(n) | Ast::Timestamp(n, TimezoneInfo::WithoutTimeZone) => {
                DataType::DateTime { fsp: self.fsp(*n)? }
            }
            Ast::Timestamp(n, TimezoneInfo::None | TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => {
                DataType::Timestamp { fsp: self.fsp(*n)? }
            }
            Ast::JSON | Ast::JSONB => DataType::Json,
            Ast::Uuid => DataType::Uuid,

            Ast::Enum(members, None) => {
                let label = |m: &EnumMember| match m {
                    EnumMember::Name(label) => Ok(unescape(label).into_owned()),
                    EnumMember::NamedValue(..) => Err(self.unsupported("an ENUM with numbers of its own")),
                };
                let labels = members.iter().map(label).collect::<Result<_>>()?;
                self.members(MemberKind::Enum, labels)?
            }
            Ast::Set(labels) => {
                let labels = labels.iter().map(|l| unescape(l).into_owned()).collect();
                self.members(MemberKind::Set, labels)?
            }
            Ast::Bit(n) if self.place == TypePlace::Column => match n.unwrap_or(1) {
                n @ 1..=63 => self.int(IntType::Bits(n as u8)),
                // All numbers of 64 bits.
                64 => DataType::BIGINT_UNSIGNED,
                n => return Err(self.out_of_range(format!("BIT({n}): 1 to 64 bits"))),
            },
            Ast::Bit(_) | Ast::BitVarying(_) | Ast::VarBit(_) => {
                return Err(self.unsupported("type BIT VARYING (use BIGINT or VARBINARY)"));
            }
            Ast::Unspecified => {
                return Err(self.out_of_range(String::from("the column needs a type")));
            }
            other => return Err(self.unsupported(format!("type {other}"))),
        };
        Ok(NamedType { ty, serial: false })
    }
}

/// The type that a name means.
pub(super) fn named_type(ast: &Ast, place: TypePlace, at: Option<Position>) -> Result<NamedType> {
    Namer { place, at }.name(ast)
}

/// The type of a CAST, where SERIAL is no type.
pub(super) fn cast_type(ast: &Ast, at: Option<Position>) -> Result<DataType> {
    let named = named_type(ast, TypePlace::Cast, at)?;
    if named.serial {
        return Err(unsupported_at("CAST to SERIAL", at));
    }
    Ok(named.ty)
}

/// The type that a text names, as in a CAST.
///
/// # Errors
/// [`Error::Invalid`] if it names none; [`Error::Unsupported`].
pub fn type_named(text: &str) -> Result<DataType> {
    match parse_expr(&format!("CAST(NULL AS {text})")) {
        Ok(Expr::Cast { expr, data_type, .. }) if matches!(&*expr, Expr::Value(v) if v.value == SqlValue::Null) => {
            cast_type(&data_type, None)
        }
        Err(unsupported @ Error::Unsupported { .. }) => Err(unsupported),
        Ok(_) | Err(_) => Err(Error::invalid(format!("{text:?} is no type"))),
    }
}
