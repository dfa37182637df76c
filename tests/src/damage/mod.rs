//! What damage tests stand on: a database with known answers, ways to damage its store, and the verdict
//! over a damaged one: every answer right, or refused by an error that names the damage.

mod allocation;
mod sample;
mod verdict;
mod watchdog;

pub use allocation::{Bounded, largest_allocation};
pub use sample::{Sample, TABLES, ask};
pub use verdict::{Verdict, judge};
pub use watchdog::Watchdog;
