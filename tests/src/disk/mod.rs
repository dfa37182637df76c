//! A disk under the redb store that records what is done to it: what a power failure at any moment may leave, and
//! errors of single calls.

mod crash;
mod medium;
mod recorded;

pub use crash::{Crash, crashes};
pub use medium::{RedbMedium, new_store, open_store};
pub use recorded::{Disk, DiskFault, DiskFile, Event, Files};
