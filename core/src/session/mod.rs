//! Sessions: SQL text in, outcomes out, and the transaction state between statements.
//!
//! A statement runs in the session's transaction, or in one of its own (autocommit). The only
//! asynchronous code is here and in the driver; what runs inside a step is not.

mod alter;
mod analyze;
mod answer;
mod at_once;
mod change;
mod change_column;
mod default_values;
mod define;
mod dump;
mod names;
mod outcome;
mod params;
mod plan_cache;
mod planning;
mod point;
mod prepared;
mod read_ranges;
mod script;
mod session;
mod session_statement;
mod show;
mod statement_engine;
mod template_plans;
mod trigger_frame;
mod trigger_run;
mod triggers;
mod tuning;
mod variables;
mod watch;

pub use dump::{Dump, DumpedTable};
pub use names::Names;
pub use outcome::{Outcome, RowStream};
pub use params::Params;
pub use plan_cache::PlanCache;
pub use prepared::Prepared;
pub use script::shift_position;
pub use session::{Session, Shared};
pub use watch::Watched;
