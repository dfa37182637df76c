//! A checker of histories in the manner of Elle (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies
//! from Experimental Observations", VLDB 2020).
//!
//! Transactions append unique values to lists and read lists. A list tells in which order its values were
//! appended, so the reads of a history tell how its transactions depend on each other (Adya's ww, wr and rw
//! edges). A cycle is an anomaly; its edges say which.

mod anomaly;
mod check;
mod graph;
mod history;
#[cfg(test)]
mod tests;

pub use anomaly::{Anomaly, Finding};
pub use check::check;
pub use history::{Key, Op, Transaction};
