//! Running INSERT, UPDATE and DELETE in two phases.
//!
//! *Collect* runs the statement's source to its end and writes nothing, so a statement never meets rows
//! it wrote itself. *Apply* then makes the changes through the transaction's row operations, each of
//! which is all or nothing: a run that returned `Pending` goes on at the same row.
//!
//! What an error leaves half done is the session's to undo, and foreign keys are checked by
//! [`Draft::check_foreign_keys`](crate::txn::Draft::check_foreign_keys) afterwards.

mod ahead;
mod checks;
mod collected_rows;
mod delete;
mod derived;
mod distinct_rows;
mod insert;
mod many;
mod point_change;
mod result;
mod returning;
mod run;
mod source;
#[cfg(test)]
mod testing;
mod update;
mod upsert;

pub use checks::refuse_false;
pub use collected_rows::{CollectedRows, RowChange, WaitingRows};
use delete::DeleteRun;
pub use derived::generate;
use insert::InsertRun;
use many::ManyRun;
pub use point_change::{PointChange, RowBuffer};
pub use result::DmlResult;
pub use run::DmlRun;
pub use source::named;
use update::UpdateRun;
