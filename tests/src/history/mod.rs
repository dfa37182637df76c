//! Random histories of a database beside a naive model of it: what the crash tests run.
//!
//! One session does everything, in and outside transactions; a second one changes rows in transactions
//! of its own at the same time; a third may hold an old snapshot. After every step the database must
//! show what the model shows.

mod change;
mod differences;
mod model;
mod prefix;
mod run;
mod second;
mod show;
mod steps;

pub use change::{Change, random_change};
pub use differences::differences;
pub use model::{Model, ModelTable, Row, Settings};
pub use prefix::Crashed;
pub use run::{History, Stop};
pub use show::show;
