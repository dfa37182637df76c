//! A disk under redb that records what is done to it: what a power failure at any moment may leave, and
//! errors of single calls.

mod crash;
mod medium;
mod recorded;

pub use crash::{Crash, crashes};
pub use medium::{RedbMedium, new_store};
pub use recorded::{Disk, DiskFault, Event};
