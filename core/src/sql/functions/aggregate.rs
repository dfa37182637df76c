//! The aggregate functions by name and result type. Their accumulators live in `exec`.

/// An aggregate function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// COUNT(*) and COUNT(x).
    Count,
    /// SUM: of integers and decimals exact (DECIMAL), of floats DOUBLE; NULL of no rows.
    Sum,
    /// AVG: of integers and decimals DECIMAL with 4 more digits, of floats DOUBLE.
    Avg,
    /// MIN.
    Min,
    /// MAX.
    Max,
    /// GROUP_CONCAT.
    GroupConcat,
}
