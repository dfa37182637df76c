//! Dates and times as the integers that columns hold.

/// Days since 1970-01-01 in the proleptic Gregorian calendar; years 0000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i64);

/// Microseconds; may be negative and beyond 24 hours (-838:59:59 to 838:59:59, as in MySQL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// Microseconds since 1970-01-01 00:00:00; years 0000 to 9999. A TIMESTAMP is in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(pub i64);
