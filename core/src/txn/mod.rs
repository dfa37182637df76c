//! Transactions: private versions of the catalog, what they changed and read, and moving them onto
//! later versions.
//!
//! A snapshot is one pointer, so MVCC, rollback, savepoints and statement atomicity are kept or dropped
//! pointers. First committer wins. Nothing here knows of SQL or writes to the store.

mod appends;
mod bound;
mod column_defaults;
mod counters;
mod deferral;
mod define;
mod draft;
mod drive;
mod foreign_keys;
mod history;
mod latch;
mod read_set;
mod rebase;
mod row_id_set;
mod rows;
mod statement;
mod transaction;
mod watches;
mod write_set;

pub use appends::Appends;
pub use column_defaults::ColumnDefaults;
pub use counters::Counters;
pub use deferral::ConstraintModes;
pub use draft::{Changes, Draft};
pub use drive::{drive, drive_from, fetch};
pub use history::{Base, History, Snapshot};
pub use latch::{Latch, LatchGuard};
pub use read_set::ReadSet;
pub use rebase::Rebase;
pub use row_id_set::RowIdSet;
pub use transaction::{IsolationLevel, Moved, Transaction, TransactionOptions};
pub use watches::Watch;
pub use write_set::{Collision, WriteSet};
