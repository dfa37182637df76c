//! What exists: schemas, tables, columns, indexes, constraints, placements.
//!
//! The definitions are plain data, `postcard` in the store. Nothing here evaluates SQL: defaults,
//! checks and generated columns are kept as SQL text and bound by `sql`.

mod catalog;
mod definition;
mod persistence;
mod record;

pub use catalog::{Catalog, name_key};
pub use definition::{
    CheckDef, ColumnDef, ColumnDefault, ForeignKeyDef, IndexColumn, IndexDef, ReferentialAction, TableDef,
    TableId,
};
pub use persistence::{PersistenceConfig, Placement};
pub use record::{ParentName, SchemasRecord, TableRecord, decode_record, encode_record};
