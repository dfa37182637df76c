//! Columns and their SQL types: reading and appending values, and converting whole columns.

use super::column_builder::AppendValues;
use super::convert::{self, ValueRef};
use super::vector::vector_elements;
use super::{
    BytesVec, Column, ColumnData, DataType, Date, DateTime, Decimal, IntType, Result, Time, Value, decimal,
};
use alloc::{string::String, sync::Arc, vec::Vec};

impl<'a> ValueRef<'a> {
    /// Appends its plain text: see [`Value`]'s `Display`, but with the type's digits of fractional seconds.
    pub fn write_text(self, out: &mut String) {
        let _ = convert::write_text(self, out);
    }

    /// What an integer stands for in a column of that type.
    #[inline]
    pub(crate) fn of_i64(v: i64, ty: &'a DataType) -> ValueRef<'a> {
        match ty {
            DataType::Bool => ValueRef::Bool(v != 0),
            DataType::Date => ValueRef::Date(Date(v)),
            DataType::Time { fsp } => ValueRef::Time(Time(v), Some(*fsp)),
            DataType::DateTime { fsp } | DataType::Timestamp { fsp } => {
                ValueRef::DateTime(DateTime(v), Some(*fsp))
            }
            DataType::Members(members) => ValueRef::Member(v, members),
            _ => ValueRef::Int(v),
        }
    }

    /// What a floating-point number stands for in a column of that type.
    #[inline]
    pub(crate) fn of_f64(v: f64, ty: &DataType) -> ValueRef<'a> {
        match ty {
            DataType::Float => ValueRef::Single(v),
            _ => ValueRef::Float(v),
        }
    }

    /// What an unscaled decimal stands for in a column of that type.
    #[inline]
    pub(crate) fn of_decimal(v: i128, ty: &DataType) -> ValueRef<'a> {
        ValueRef::Decimal(Decimal::new(v, ty.scale()))
    }

    /// What value `i` of such bytes stands for in a column of that type: see [`ValueRef::of_bytes`].
    fn of_bytes_at(values: &'a BytesVec, i: usize, ty: &DataType) -> ValueRef<'a> {
        let is_text = matches!(ty, DataType::Text { .. });
        match is_text.then(|| values.text_in_words(i)).flatten() {
            Some(text) => ValueRef::Text(text),
            None => ValueRef::of_bytes(values.get(i), ty),
        }
    }

    /// What bytes stand for in a column of that type. Text that is not UTF-8 (a damaged block) reads as its
    /// valid start.
    #[inline]
    pub(crate) fn of_bytes(b: &'a [u8], ty: &DataType) -> ValueRef<'a> {
        match ty {
            DataType::Blob { .. } => ValueRef::Blob(b),
            DataType::Uuid => ValueRef::Uuid(b),
            DataType::Vector { .. } => ValueRef::Vector(b),
            DataType::Geometry => ValueRef::Geometry(b),
            DataType::Json => ValueRef::Json(text(b)),
            _ => ValueRef::Text(text(b)),
        }
    }

    /// The value on its own.
    pub fn to_value(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(b) => Value::Bool(b),
            ValueRef::Int(v) => Value::Int(v),
            ValueRef::Float(v) => Value::Float(v),
            ValueRef::Single(v) => Value::Float(convert::widen(v as f32)),
            ValueRef::Decimal(d) => Value::Decimal(d),
            ValueRef::Text(s) => Value::Text(String::from(s)),
            ValueRef::Blob(b) => Value::Blob(Vec::from(b)),
            ValueRef::Date(d) => Value::Date(d),
            ValueRef::Time(t, _) => Value::Time(t),
            ValueRef::DateTime(t, _) => Value::DateTime(t),
            ValueRef::Json(s) => Value::Json(String::from(s)),
            ValueRef::Uuid(b) => b.try_into().map_or(Value::Null, Value::Uuid),
            ValueRef::Vector(b) => Value::Vector(vector_elements(b).collect()),
            ValueRef::Geometry(b) => Value::Geometry(Vec::from(b)),
            ValueRef::Member(n, members) => Value::Text(members.text(n).into_owned()),
        }
    }
}

impl Column {
    /// Value `i` as one of type `ty`, the column's type.
    pub fn value(&self, i: usize, ty: &DataType) -> Value {
        self.value_ref(i, ty).to_value()
    }

    /// Value `i` without copying. Text that is not UTF-8 (a damaged block) reads as its valid start.
    // Always: what it returns is big, and its parts stay in registers only where it is taken apart at once.
    #[inline(always)]
    pub fn value_ref<'a>(&'a self, i: usize, ty: &'a DataType) -> ValueRef<'a> {
        if self.is_null(i) {
            return ValueRef::Null;
        }
        match self.data() {
            ColumnData::I64(v) => match v.get(i) {
                Some(v) => ValueRef::of_i64(*v, ty),
                None => ValueRef::Null,
            },
            ColumnData::F64(v) => match v.get(i) {
                Some(v) => ValueRef::of_f64(*v, ty),
                None => ValueRef::Null,
            },
            ColumnData::Decimal(v) => match v.get(i) {
                Some(v) => ValueRef::of_decimal(*v, ty),
                None => ValueRef::Null,
            },
            ColumnData::Bytes(v) if i < v.len() => ValueRef::of_bytes_at(v, i, ty),
            ColumnData::Bytes(_) => ValueRef::Null,
        }
    }

    /// Appends the plain text of value `i`: see [`Value`]'s `Display`, but with the type's digits of
    /// fractional seconds.
    pub fn write_text(&self, i: usize, ty: &DataType, out: &mut String) {
        self.value_ref(i, ty).write_text(out);
    }

    /// Appends a value, converted to `ty`, the column's type, by the rules of assignment.
    ///
    /// Numbers round half away from zero to the type's digits, text is parsed, and NULL is NULL.
    /// `Error::OutOfRange` if the value exceeds the type's range, precision or length;
    /// `Error::TypeMismatch` if it is no value of the type. The column is unchanged then.
    pub fn push_value(&mut self, value: &Value, ty: &DataType) -> Result<()> {
        self.append_value(value, ty)
    }

    /// The column, of type `from`, as one of type `to`. Strict: by the rules of assignment. Lenient: as
    /// MySQL's CAST, where text counts as its numeric prefix and what is no date is NULL.
    pub fn convert(&self, from: &DataType, to: &DataType, strict: bool) -> Result<Column> {
        if let Some(c) = self.convert_by_vector(from, to) {
            return Ok(c);
        }
        let mut out = Column::with_capacity(to.physical(), self.len());
        for i in 0..self.len() {
            convert::push(&mut out, self.value_ref(i, from), to, strict)?;
        }
        Ok(out)
    }

    /// The conversions that need no look at single values; `None`: value by value.
    fn convert_by_vector(&self, from: &DataType, to: &DataType) -> Option<Column> {
        use DataType as T;
        if from == to {
            return Some(self.clone());
        }
        let nulls = || self.null_bitmap().cloned();
        match (from, to) {
            (T::Null, _) => Some(Column::nulls(to.physical(), self.len())),
            (T::Bool, T::Int(_))
            | (T::Int(_) | T::Members(_), T::Int(IntType::I64))
            | (T::Float, T::Double) => Some(self.clone()),
            (T::Int(_), T::Int(t)) => self.i64s().iter().all(|v| t.holds(*v)).then(|| self.clone()),
            (T::Text { .. }, T::Text { max: None, .. } | T::Blob { max: None })
            | (T::Json, T::Text { max: None, .. } | T::Blob { max: None }) => Some(self.clone()),
            (
                T::DateTime { fsp: a } | T::Timestamp { fsp: a },
                T::DateTime { fsp: b } | T::Timestamp { fsp: b },
            )
            | (T::Time { fsp: a }, T::Time { fsp: b })
                if a <= b =>
            {
                Some(self.clone())
            }
            (T::Date, T::DateTime { .. } | T::Timestamp { .. }) => {
                let v = self.i64s().iter().map(|d| Date(*d).at_midnight().0).collect();
                Some(Column::from_parts(ColumnData::I64(Arc::new(v)), nulls()))
            }
            (T::Bool | T::Int(_), T::Double) => {
                let v = self.i64s().iter().map(|v| *v as f64).collect();
                Some(Column::from_parts(ColumnData::F64(Arc::new(v)), nulls()))
            }
            (
                T::Bool | T::Int(_),
                T::Decimal {
                    precision,
                    scale,
                    unsigned: false,
                },
            ) if precision.saturating_sub(*scale) >= 19 => {
                let unit = decimal::pow10(u32::from(*scale))?;
                let v = self.i64s().iter().map(|v| i128::from(*v) * unit).collect();
                Some(Column::from_parts(ColumnData::Decimal(Arc::new(v)), nulls()))
            }
            (
                T::Decimal {
                    precision: p,
                    scale: s,
                    ..
                },
                T::Decimal {
                    precision,
                    scale,
                    unsigned: false,
                },
            ) if scale >= s && precision.saturating_sub(*scale) >= p.saturating_sub(*s) => {
                let unit = decimal::pow10(u32::from(scale - s))?;
                let v = self
                    .decimals()
                    .iter()
                    .map(|v| v.checked_mul(unit))
                    .collect::<Option<_>>()?;
                Some(Column::from_parts(ColumnData::Decimal(Arc::new(v)), nulls()))
            }
            _ => None,
        }
    }
}

/// Bytes as text; the valid start of what is not UTF-8.
#[inline]
pub(crate) fn text(b: &[u8]) -> &str {
    match core::str::from_utf8(b) {
        Ok(s) => s,
        Err(e) => b
            .get(..e.valid_up_to())
            .and_then(|b| core::str::from_utf8(b).ok())
            .unwrap_or(""),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::types::{Collation, Error, MemberKind, Members};
    use alloc::string::ToString;

    fn assign(v: impl Into<Value>, ty: &DataType) -> Result<String> {
        v.into().convert(ty).map(|v| v.to_string())
    }

    fn cast(v: impl Into<Value>, to: &DataType) -> Result<String> {
        let v = v.into();
        let from = v.data_type();
        let mut c = Column::new(from.physical());
        c.push_value(&v, &from)?;
        c.convert(&from, to, false).map(|c| c.value(0, to).to_string())
    }

    const INT: DataType = DataType::Int(IntType::I32);
    const VARCHAR3: DataType = DataType::Text {
        max: Some(3),
        collation: Collation::Binary,
    };
    const MONEY: DataType = DataType::Decimal {
        precision: 4,
        scale: 2,
        unsigned: false,
    };

    #[test]
    fn assignment_takes_what_fits() {
        for (v, ty, want) in [
            (Value::from("007"), &INT, "7"),
            (Value::from(" -2.5 "), &INT, "-3"),
            (Value::from(2.5), &INT, "3"),
            (Value::from("1e3"), &INT, "1000"),
            (Value::from(true), &INT, "1"),
            (Value::from("1.234"), &MONEY, "1.23"),
            (Value::from(0.285), &MONEY, "0.29"),
            (Value::from("true"), &DataType::Bool, "1"),
            (Value::from(1), &DataType::Bool, "1"),
            (Value::from(0.1f32), &DataType::Float, "0.1"),
            (Value::from("äöü"), &VARCHAR3, "äöü"),
            (Value::from(12), &VARCHAR3, "12"),
            (Value::from("2024-02-29"), &DataType::Date, "2024-02-29"),
            (Value::from(20240229), &DataType::Date, "2024-02-29"),
            (Value::from("13:14"), &DataType::Time { fsp: 0 }, "13:14:00"),
            (
                Value::from("2024-02-29 23:59:59.5"),
                &DataType::DateTime { fsp: 0 },
                "2024-03-01 00:00:00",
            ),
            (Value::from("{\"a\": [1]}"), &DataType::Json, "{\"a\": [1]}"),
            (Value::from("[1, 2]"), &DataType::Vector { dims: 2 }, "[1,2]"),
            (Value::from("point(1 2)"), &DataType::Geometry, "POINT(1 2)"),
            (
                Value::from(u64::MAX),
                &DataType::BIGINT_UNSIGNED,
                "18446744073709551615",
            ),
        ] {
            assert_eq!(assign(v.clone(), ty).as_deref(), Ok(want), "{v} as {ty}");
        }
    }

    #[test]
    fn assignment_refuses_what_does_not() {
        for (v, ty) in [
            (Value::from(2_147_483_648i64), &INT),
            (Value::from(1e30), &INT),
            (Value::from("99999999999999999999999999999999999999999"), &INT),
            (Value::from("123.45"), &MONEY),
            (Value::from(f64::NAN), &DataType::Double),
            (Value::from(1e39), &DataType::Float),
            (Value::from("abcd"), &VARCHAR3),
            (Value::from(-1), &DataType::BIGINT_UNSIGNED),
            (
                Value::Decimal(Decimal::new(1 << 64, 0)),
                &DataType::BIGINT_UNSIGNED,
            ),
            (Value::from(2), &DataType::Bool),
            (Value::from("900:00:00"), &DataType::Blob { max: Some(3) }),
        ] {
            assert!(
                matches!(assign(v.clone(), ty), Err(Error::OutOfRange { .. })),
                "{v} as {ty}"
            );
        }
        for (v, ty) in [
            (Value::from("abc"), &INT),
            (Value::from("7x"), &INT),
            (Value::from(""), &INT),
            (Value::from("inf"), &DataType::Double),
            (Value::from("2024-02-30"), &DataType::Date),
            (Value::from("{a:1}"), &DataType::Json),
            (Value::from("[1,2,3]"), &DataType::Vector { dims: 2 }),
            (Value::from("xyz"), &DataType::Uuid),
            (Value::from(alloc::vec![255u8]), &DataType::TEXT),
            (Value::from("CIRCLE(1)"), &DataType::Geometry),
        ] {
            assert!(
                matches!(assign(v.clone(), ty), Err(Error::TypeMismatch { .. })),
                "{v} as {ty}"
            );
        }
    }

    #[test]
    fn a_value_with_content_that_its_type_does_not_have_is_refused() {
        let beyond = Date::MAX.0 + 1;
        for (v, ty) in [
            (Value::Date(Date(beyond)), DataType::Date),
            (Value::Date(Date(beyond)), DataType::DateTime { fsp: 6 }),
            (Value::DateTime(DateTime(i64::MAX)), DataType::Date),
            (Value::Time(Time(i64::MIN)), DataType::Time { fsp: 6 }),
            (Value::Json("{a:1}".into()), DataType::Json),
            (Value::Vector(alloc::vec![f32::NAN]), DataType::Vector { dims: 1 }),
            (Value::Vector(alloc::vec![f32::INFINITY]), DataType::Json),
            (Value::Float(f64::NAN), DataType::Json),
            (Value::Geometry(alloc::vec![1, 2, 3]), DataType::Geometry),
        ] {
            assert!(assign(v.clone(), &ty).is_err(), "{v:?} as {ty}");
        }
        let tiny = Value::Decimal(Decimal::new(1, 200));
        assert!(tiny.data_type().is_consistent());
        assert_eq!(assign(tiny, &MONEY).as_deref(), Ok("0.00"));
    }

    #[test]
    fn text_reads_the_same_wherever_it_is_in_its_column() {
        let values = [
            "",
            "a",
            "sixteen bytes...",
            "é",
            "twenty-one bytes  é x",
            "日本語",
            "x\u{10ffff}",
        ];
        let mut bytes = BytesVec::default();
        let mut texts = Vec::new();
        for first in 0..values.len() {
            for i in 0..40 {
                let text = values[(first + i * i) % values.len()];
                bytes.push(text.as_bytes());
                texts.push(text);
                // Between texts, bytes that are none.
                if i % 7 == 3 {
                    bytes.push(&[b'z', 0xff, 0xe9]);
                    texts.push("z");
                }
            }
        }
        let column = Column::from_bytes(bytes);
        for (i, text) in texts.iter().enumerate() {
            let ValueRef::Text(read) = column.value_ref(i, &DataType::TEXT) else {
                panic!("value {i} is text");
            };
            assert_eq!(read, *text, "value {i}");
        }
    }

    #[test]
    fn casts_are_as_lenient_as_mysqls() {
        for (v, ty, want) in [
            (Value::from("7x"), &DataType::BIGINT, "7"),
            (Value::from("abc"), &DataType::BIGINT, "0"),
            (Value::from("3.9"), &DataType::BIGINT, "3"),
            (Value::from(-3.7), &DataType::BIGINT, "-4"),
            (Value::from("12abc"), &DataType::Double, "12"),
            (Value::from("1.5e1z"), &DataType::Double, "15"),
            (Value::from("abcd"), &VARCHAR3, "abc"),
            (Value::from("garbage"), &DataType::Date, "NULL"),
            (
                Value::from(Date::parse("2024-02-29").unwrap()),
                &DataType::BIGINT,
                "20240229",
            ),
            (Value::from(2), &DataType::Bool, "1"),
        ] {
            assert_eq!(cast(v.clone(), ty).as_deref(), Ok(want), "{v} as {ty}");
        }
        assert!(cast("99999999999999999999", &DataType::BIGINT).is_err());
    }

    #[test]
    fn no_value_makes_a_conversion_panic() {
        let members = |kind| {
            let labels = ["a", "-", "b"].map(String::from).to_vec();
            DataType::Members(Members::new(kind, labels, Collation::Binary).unwrap())
        };
        let types = [
            DataType::Null,
            DataType::Bool,
            INT,
            DataType::BIGINT,
            DataType::BIGINT_UNSIGNED,
            MONEY,
            DataType::Decimal {
                precision: 38,
                scale: 38,
                unsigned: false,
            },
            DataType::Float,
            DataType::Double,
            DataType::TEXT,
            VARCHAR3,
            DataType::BLOB,
            DataType::Date,
            DataType::Time { fsp: 0 },
            DataType::DateTime { fsp: 0 },
            DataType::Timestamp { fsp: 6 },
            DataType::Json,
            DataType::Uuid,
            DataType::Vector { dims: 1 },
            DataType::Geometry,
            members(MemberKind::Enum),
            members(MemberKind::Set),
        ];
        let numbers = [
            i64::MIN,
            i64::MIN + 1,
            -1,
            0,
            1,
            20_240_229,
            99_999_999_999_999,
            i64::MAX,
        ];
        let texts = [
            "",
            "-",
            "+.",
            "1e999999999999",
            "-1e-999999999999",
            ".",
            "9999-12-31 23:59:59.9999999",
            "-838:59:59.9",
            "00-00-00",
            "[1e40]",
            "{",
            "POINT(",
            "ä",
            "0x",
            "-9223372036854775809",
        ];
        let floats = [f64::MAX, f64::MIN_POSITIVE, -0.0, 1e18];
        let decimals = [10i128.pow(38) - 1, 1 - 10i128.pow(38), 1];
        let mut columns: Vec<Column> = Vec::new();
        columns.push(Column::from_i64(numbers.to_vec()));
        columns.push(Column::from_f64(floats.to_vec()));
        columns.push(Column::from_decimals(decimals.to_vec()));
        let mut bytes = crate::types::BytesVec::default();
        texts.iter().for_each(|t| bytes.push(t.as_bytes()));
        bytes.push(&[255, 0, 1, 1, 0, 0, 0]);
        columns.push(Column::from_bytes(bytes));
        for from in &types {
            // Any bits a block of the type's representation could hold, valid for the type or not.
            for c in columns.iter().filter(|c| c.physical() == from.physical()) {
                for (i, to) in (0..c.len()).flat_map(|i| types.iter().map(move |t| (i, t))) {
                    let one = c.slice(i, i + 1);
                    for strict in [true, false] {
                        if let Ok(c) = one.convert(from, to, strict) {
                            assert_eq!((c.len(), c.physical()), (1, to.physical()));
                            let _ = (c.value(0, to).to_string(), c.value(0, to).to_sql_literal());
                        }
                    }
                }
            }
        }
    }
}
