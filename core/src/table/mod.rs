//! One table: its definition, its row tree and its index trees, kept consistent with each other.
//!
//! Every operation on rows is all or nothing: if it returns `Pending` or an error, the table holds
//! what it held before. On trees whose leaves may be in the store it first makes every leaf it will
//! touch resident and pins it, then changes all of them without waiting. What takes many steps
//! (building an index, rewriting a table, changing its placement, checking it) is a job: a state
//! machine whose `step` is called again after `Pending`.
//!
//! Nothing here knows of transactions, SQL texts, or when changes reach the store.

mod append;
mod check;
mod covering;
mod definition;
mod index_build;
mod index_key;
mod insert;
mod job_memory;
mod key_change;
mod persistence;
mod rebuild;
mod rehome;
mod remove;
mod row;
mod sequence;
mod statistics;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod undo_log;
mod unique;
mod update;
mod wait;

pub use check::Check;
pub use covering::EntryPlace;
pub use definition::{
    CheckDef, ColumnDef, ColumnDefault, Deferral, ForeignKeyDef, GeneratedDef, IndexColumn, IndexDef,
    MAX_COLUMNS, ReferentialAction, TableDef, TableId, TriggerDef, TriggerEvent, TriggerTiming, partial_of,
    partial_sql, prefix_of, prefix_sql, quoted,
};
pub use index_build::IndexBuild;
pub use index_key::{IndexKey, RowView};
pub use job_memory::JobMemory;
pub use persistence::{PersistenceConfig, Placement};
pub use rebuild::{ColumnSource, ComputeRows, Rebuild};
pub use rehome::Rehome;
pub use row::Row;
pub use sequence::Sequence;
pub use statistics::{ColumnStatistics, IndexStatistics, ordinal, scaled_distinct};
pub use table::{Table, TreeFactory};
pub use undo_log::UndoLog;
pub use update::Updated;
