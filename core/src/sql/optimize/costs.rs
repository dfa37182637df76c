//! What rows cost on the different ways through a join, in about nanoseconds: only their proportions matter. Measured on tables in memory of 100,000
//! rows with integer keys.

/// Scanned.
pub(super) const SCAN: f64 = 3.0;
/// Put into a hash table.
pub(super) const BUILD: f64 = 20.0;
/// Looked for in a hash table.
pub(super) const PROBE: f64 = 8.0;
/// How much more either costs with keys of several columns.
pub(super) const WIDE: f64 = 2.5;
/// Walked by in the order of keys.
pub(super) const WALK: f64 = 4.0;
/// Told by an entry of an index, beside one that is scanned.
pub(super) const ENTRY: f64 = 15.0;
/// Passed on to what is above.
pub(super) const OUTPUT: f64 = 10.0;
/// Looked up: as much as so many that are scanned.
pub const LOOKUP_COST: f64 = 16.0;
