//! The vocabulary of the engine: values, SQL types, typed columns, batches and errors.
//!
//! Nothing here knows of trees, stores or SQL text.

mod batch;
mod bitmap;
mod bytes_vec;
mod column;
mod column_builder;
mod column_value;
mod convert;
mod data_type;
mod date_time;
mod date_time_text;
mod decimal;
mod error;
mod error_subject;
mod geometry;
mod growth;
mod json;
mod json_text;
mod members;
mod problem;
mod uuid;
mod value;
mod vector;
mod wide;

pub use batch::Batch;
pub use bitmap::Bitmap;
pub use bytes_vec::BytesVec;
pub use column::{Column, ColumnData, Physical};
pub(crate) use column_builder::AppendValues;
pub use column_builder::ColumnBuilder;
pub use data_type::{Collation, DataType, IntType};
pub use date_time::{DAY, Date, DateTime, DateTimeParts, SECOND, Time, days_in_month, is_leap};
pub use decimal::{Decimal, QUOTIENT_DIGITS};
pub use error::{Error, Position, Result};
pub use geometry::{parse_wkt, write_wkt};
pub use growth::{copy_with_room, room_for, vec_capacity};
pub use json::Json;
pub(crate) use json_text::write_json_string;
pub use json_text::{MAX_JSON_DEPTH, is_json, json_string};
pub use members::{MemberKind, Members};
pub use problem::Problem;
pub use uuid::{format_uuid, parse_uuid};
pub use value::Value;
pub use vector::{format_vector, parse_vector, vector_bytes, vector_elements};

pub(crate) use column_value::text as utf8_text;
pub use convert::ValueRef;
pub(crate) use convert::round_i64;
pub(crate) use decimal::{
    compare as compare_decimals, divide as divide_decimals, divide_cut as cut_quotient,
    multiply as multiply_decimals,
};
pub(crate) use decimal::{pow10, rescale as rescale_decimal};

/// The row id: the key of a table's tree. An INTEGER PRIMARY KEY is the row id itself.
pub type RowId = i64;
