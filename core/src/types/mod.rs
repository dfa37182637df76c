//! The vocabulary of the engine: values, SQL types, typed columns, batches and errors.
//!
//! Nothing here knows of trees, stores or SQL text.

mod batch;
mod bitmap;
mod bytes_vec;
mod column;
mod data_type;
mod date_time;
mod decimal;
mod error;
mod value;

pub use batch::Batch;
pub use bitmap::Bitmap;
pub use bytes_vec::BytesVec;
pub use column::{Column, ColumnData, Physical};
pub use data_type::{Collation, DataType, IntType};
pub use date_time::{Date, DateTime, Time};
pub use decimal::Decimal;
pub use error::{Error, Position, Result};
pub use value::Value;

/// The row id: the key of a table's tree. An INTEGER PRIMARY KEY is the row id itself.
pub type RowId = i64;
