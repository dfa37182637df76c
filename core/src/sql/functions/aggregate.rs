//! The aggregate functions by name and result type. Their accumulators live in `exec`.

use super::ArgKind;
use crate::types::{DataType, Decimal};

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

impl Aggregate {
    /// The aggregate of that name, without regard to case.
    pub fn lookup(name: &str) -> Option<Aggregate> {
        const NAMES: &[(&str, Aggregate)] = &[
            ("COUNT", Aggregate::Count),
            ("SUM", Aggregate::Sum),
            ("AVG", Aggregate::Avg),
            ("MIN", Aggregate::Min),
            ("MAX", Aggregate::Max),
            ("GROUP_CONCAT", Aggregate::GroupConcat),
            ("STRING_AGG", Aggregate::GroupConcat),
        ];
        NAMES
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, a)| *a)
    }

    /// What binding converts the argument to.
    pub fn arg_kind(self) -> ArgKind {
        match self {
            Aggregate::Count | Aggregate::Min | Aggregate::Max => ArgKind::Any,
            Aggregate::Sum | Aggregate::Avg => ArgKind::Number,
            Aggregate::GroupConcat => ArgKind::Text,
        }
    }

    /// The result type over an argument of a type (`None`: COUNT(*)), after its conversion.
    pub fn result_type(self, arg: Option<&DataType>) -> DataType {
        let arg = arg.unwrap_or(&DataType::BIGINT);
        let float = matches!(arg, DataType::Float | DataType::Double | DataType::Text { .. });
        let exact = |extra: u8| DataType::Decimal {
            precision: Decimal::MAX_PRECISION,
            scale: arg.scale().saturating_add(extra).min(30),
            unsigned: false,
        };
        match self {
            Aggregate::Count => DataType::BIGINT,
            Aggregate::Sum if float => DataType::Double,
            Aggregate::Avg if float => DataType::Double,
            Aggregate::Sum => exact(0),
            Aggregate::Avg => exact(4),
            Aggregate::Min | Aggregate::Max => arg.clone(),
            Aggregate::GroupConcat => DataType::TEXT,
        }
    }
}
