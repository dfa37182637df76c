//! Random histories of a database beside a naive model of it: what the crash tests run.
//!
//! One session writes (in and outside transactions), another may hold an old snapshot. After every
//! step the database must show what the model shows.

mod change;
mod model;
mod run;
mod show;

pub use change::{Change, random_change};
pub use model::{Model, ModelTable, Row, Settings};
pub use run::{History, Stop, differences};
pub use show::show;
