//! Rows as serde types.
//!
//! A row is a map by column names or a sequence, as the type asks; a value is read by the same
//! rules as [`FromValue`](crate::FromValue): nothing is rounded, cut or parsed, except JSON columns,
//! whose structure is the type's to take.

use crate::{
    from_value::{float, integer, mismatch, text},
    row::Row,
};
use amphi_core::{Error, Result, Value};
use serde::{
    Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};
use std::fmt::{self, Display};

pub(crate) fn from_row<T: DeserializeOwned>(row: &Row) -> Result<T> {
    T::deserialize(RowDeserializer { row }).map_err(|e| e.0)
}

/// Our error in serde's clothes.
#[derive(Debug)]
struct Failure(Error);

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: Display>(message: T) -> Failure {
        Failure(Error::Data {
            message: message.to_string(),
            position: None,
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure(error)
    }
}

#[derive(Clone, Copy)]
struct RowDeserializer<'a> {
    row: &'a Row,
}

impl RowDeserializer<'_> {
    /// Reads the only column.
    fn only<T>(self, read: impl FnOnce(ValueDeserializer) -> Result<T, Failure>) -> Result<T, Failure> {
        if self.row.len() != 1 {
            return Err(de::Error::custom(format!(
                "a single value was asked for, and the row has {} columns",
                self.row.len()
            )));
        }
        read(ValueDeserializer(self.row.value_at(0))).map_err(|e| Failure(self.row.in_column(0, e.0)))
    }
}

macro_rules! only_column {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            self.only(|value| value.$method(visitor))
        })*
    };
}

impl<'de> Deserializer<'de> for RowDeserializer<'_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_map(Columns {
            row: self.row,
            next: 0,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_seq(Columns {
            row: self.row,
            next: 0,
        })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Failure> {
        if length != self.row.len() {
            return Err(de::Error::custom(format!(
                "{length} values were asked for, and the row has {} columns",
                self.row.len()
            )));
        }
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.only(|value| value.deserialize_enum(name, variants, visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    only_column! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string
        deserialize_bytes deserialize_byte_buf deserialize_option deserialize_identifier
    }
}

/// The columns of a row, as a map or a sequence.
struct Columns<'a> {
    row: &'a Row,
    next: usize,
}

impl Columns<'_> {
    fn value<'de, T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Failure> {
        let i = self.next;
        self.next += 1;
        seed.deserialize(ValueDeserializer(self.row.value_at(i)))
            .map_err(|e| Failure(self.row.in_column(i, e.0)))
    }
}

impl<'de> MapAccess<'de> for Columns<'_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        self.row
            .columns()
            .get(self.next)
            .map(|column| seed.deserialize(column.name.as_str().into_deserializer()))
            .transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Failure> {
        self.value(seed)
    }
}

impl<'de> SeqAccess<'de> for Columns<'_> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        (self.next < self.row.len()).then(|| self.value(seed)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.row.len() - self.next)
    }
}

struct ValueDeserializer(Value);

type JsonReader<'a> = serde_json::Deserializer<serde_json::de::IoRead<&'a [u8]>>;

impl ValueDeserializer {
    /// Reads JSON as from a stream, which owns what it hands to the visitor.
    fn json<T>(
        text: &str,
        read: impl FnOnce(&mut JsonReader<'_>) -> serde_json::Result<T>,
    ) -> Result<T, Failure> {
        read(&mut serde_json::Deserializer::from_reader(text.as_bytes())).map_err(de::Error::custom)
    }

    fn number<'de, V: Visitor<'de>>(self, expected: &str, visitor: V) -> Result<V::Value, Failure> {
        match integer(&self.0) {
            None => Err(mismatch(&self.0, expected).into()),
            Some(whole) => match (i64::try_from(whole), u64::try_from(whole)) {
                (Ok(whole), _) => visitor.visit_i64(whole),
                (_, Ok(whole)) => visitor.visit_u64(whole),
                _ => visitor.visit_i128(whole),
            },
        }
    }
}

macro_rules! numbers {
    ($($method:ident $t:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            self.number(stringify!($t), visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(b),
            Value::Int(i) => visitor.visit_i64(i),
            Value::Float(f) => visitor.visit_f64(f),
            Value::Blob(bytes) | Value::Geometry(bytes) => visitor.visit_byte_buf(bytes),
            Value::Vector(elements) => visitor.visit_seq(elements.into_deserializer()),
            Value::Json(json) => ValueDeserializer::json(&json, |d| d.deserialize_any(visitor)),
            other => visitor.visit_string(text(other)?),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Bool(b) => visitor.visit_bool(b),
            Value::Int(i @ (0 | 1)) => visitor.visit_bool(i == 1),
            other => Err(mismatch(&other, "bool").into()),
        }
    }

    numbers! {
        deserialize_i8 i8 deserialize_i16 i16 deserialize_i32 i32 deserialize_i64 i64 deserialize_i128 i128
        deserialize_u8 u8 deserialize_u16 u16 deserialize_u32 u32 deserialize_u64 u64 deserialize_u128 u128
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_f64(float(&self.0)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_f64(float(&self.0)?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_string(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_string(text(self.0)?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_string(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Blob(bytes) | Value::Geometry(bytes) => visitor.visit_byte_buf(bytes),
            Value::Uuid(bytes) => visitor.visit_byte_buf(bytes.to_vec()),
            other => Err(mismatch(&other, "byte string").into()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Vector(elements) => visitor.visit_seq(elements.into_deserializer()),
            Value::Blob(bytes) | Value::Geometry(bytes) => visitor.visit_seq(bytes.into_deserializer()),
            Value::Uuid(bytes) => visitor.visit_seq(bytes.to_vec().into_deserializer()),
            Value::Json(json) => ValueDeserializer::json(&json, |d| d.deserialize_seq(visitor)),
            other => Err(mismatch(&other, "sequence").into()),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Json(json) => ValueDeserializer::json(&json, |d| d.deserialize_map(visitor)),
            other => Err(mismatch(&other, "JSON object").into()),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.0 {
            Value::Text(variant) => visitor.visit_enum(variant.into_deserializer()),
            Value::Json(json) => {
                ValueDeserializer::json(&json, |d| d.deserialize_enum(name, variants, visitor))
            }
            other => Err(mismatch(&other, name).into()),
        }
    }

    forward_to_deserialize_any! { unit unit_struct ignored_any }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amphi_core::{
        sql::plan::OutputColumn,
        types::{Batch, Column, DateTime, Decimal},
    };
    use serde::Deserialize;
    use std::{collections::HashMap, sync::Arc};

    fn row(values: &[(&str, Value)]) -> Row {
        let columns = values.iter().map(|(name, value)| OutputColumn {
            name: (*name).to_owned(),
            ty: value.data_type(),
            table: None,
        });
        let columns: Arc<[OutputColumn]> = columns.collect();
        let data = values.iter().zip(columns.iter()).map(|((_, value), column)| {
            let mut data = Column::new(column.ty.physical());
            data.push_value(value, &column.ty).unwrap();
            data
        });
        let batch = Batch::new(data.collect(), 1);
        Row::in_batch(Arc::new(crate::row::RowBatch { columns, batch }), 0)
    }

    #[test]
    fn structs_take_columns_by_name() {
        #[derive(Deserialize, PartialEq, Debug)]
        struct Inner {
            x: Vec<u8>,
        }
        #[derive(Deserialize, PartialEq, Debug)]
        enum Colour {
            Red,
        }
        #[derive(Deserialize, PartialEq, Debug)]
        struct Record {
            id: u64,
            price: f64,
            exact: String,
            at: String,
            photo: Vec<u8>,
            place: Vec<f32>,
            tree: Inner,
            colour: Colour,
            gone: Option<String>,
            #[serde(default)]
            absent: i32,
        }
        let decimal = Value::from(Decimal::new(1250, 2));
        let record: Record = from_row(&row(&[
            ("colour", "Red".into()),
            ("id", u64::MAX.into()),
            ("price", decimal.clone()),
            ("exact", decimal),
            ("at", DateTime::parse("2024-02-29 01:02:03").unwrap().into()),
            ("photo", vec![1u8, 2].into()),
            ("place", vec![0.5f32].into()),
            ("tree", Value::Json(r#"{"x":[1,2]}"#.to_owned())),
            ("gone", Value::Null),
            ("not in the struct", 1.into()),
        ]))
        .unwrap();
        let expected = Record {
            id: u64::MAX,
            price: 12.5,
            exact: "12.50".to_owned(),
            at: "2024-02-29 01:02:03".to_owned(),
            photo: vec![1, 2],
            place: vec![0.5],
            tree: Inner { x: vec![1, 2] },
            colour: Colour::Red,
            gone: None,
            absent: 0,
        };
        assert_eq!(record, expected);
    }

    #[test]
    fn tuples_maps_and_single_values() {
        let two = row(&[("a", 1.into()), ("b", "x".into())]);
        assert_eq!(from_row::<(i64, String)>(&two), Ok((1, "x".to_owned())));
        assert!(from_row::<(i64,)>(&two).is_err());
        assert!(from_row::<i64>(&two).is_err());
        assert_eq!(from_row::<i64>(&row(&[("a", 7.into())])), Ok(7));
        assert_eq!(from_row::<Option<i64>>(&row(&[("a", Value::Null)])), Ok(None));
        let map = from_row::<HashMap<String, serde_json::Value>>(&two).unwrap();
        assert_eq!(map["a"], 1);
        assert_eq!(map["b"], "x");
    }

    #[test]
    fn errors_name_the_column() {
        #[derive(Deserialize, Debug)]
        struct Record {
            #[allow(dead_code)]
            age: u8,
        }
        for value in [Value::from(300), Value::from("old"), Value::Null] {
            let message = from_row::<Record>(&row(&[("age", value)]))
                .unwrap_err()
                .to_string();
            assert!(message.contains("age"), "{message}");
        }
        let missing = from_row::<Record>(&row(&[("name", 1.into())])).unwrap_err();
        assert!(missing.to_string().contains("age"), "{missing}");
    }
}
