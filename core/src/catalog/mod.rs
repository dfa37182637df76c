//! What exists: one version of all schemas and tables, and its records in the store.
//!
//! Definitions belong to the table layer; they are plain data, `postcard` in the store. Nothing here
//! evaluates SQL: defaults and checks are kept as SQL text and bound by `sql`.

mod catalog;
mod record;
mod record_v1;
mod sequence;
mod view;

pub use crate::table::{
    CheckDef, ColumnDef, ColumnDefault, ColumnStatistics, Deferral, ForeignKeyDef, GeneratedDef, IndexColumn,
    IndexDef, IndexStatistics, MAX_COLUMNS, PersistenceConfig, Placement, ReferentialAction, TableDef,
    TableId, TriggerDef, TriggerEvent, TriggerTiming,
};
pub use catalog::{Catalog, Definitions, SchemaVersion, SequenceMap, TemporaryTables, name_key};
pub use record::{MAX_ID, ParentName, SchemasRecord, TableRecord, decode_record, encode_record};
pub use sequence::{Ahead, NumberSequence, SequenceDef, SequenceRecord, SequenceState};
pub use view::{CheckOption, ViewDef, ViewKey};
