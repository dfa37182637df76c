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
    /// JSON_ARRAYAGG: NULLs are elements too.
    JsonArrayAgg,
    /// VARIANCE, VAR_POP.
    VarPop,
    /// VAR_SAMP.
    VarSamp,
    /// STDDEV, STD, STDDEV_POP.
    StddevPop,
    /// STDDEV_SAMP.
    StddevSamp,
    /// MEDIAN: DOUBLE, the mean of the two middle values of an even number.
    Median,
    /// MODE: the most frequent value, the smallest of several.
    Mode,
    /// BIT_AND.
    BitAnd,
    /// BIT_OR.
    BitOr,
    /// BIT_XOR.
    BitXor,
}

/// Every name; the first of an aggregate is its usual one.
const NAMES: &[(&str, Aggregate)] = &[
    ("COUNT", Aggregate::Count),
    ("SUM", Aggregate::Sum),
    ("AVG", Aggregate::Avg),
    ("MIN", Aggregate::Min),
    ("MAX", Aggregate::Max),
    ("GROUP_CONCAT", Aggregate::GroupConcat),
    ("STRING_AGG", Aggregate::GroupConcat),
    ("JSON_ARRAYAGG", Aggregate::JsonArrayAgg),
    ("JSON_GROUP_ARRAY", Aggregate::JsonArrayAgg),
    ("ANY_VALUE", Aggregate::Min),
    ("VARIANCE", Aggregate::VarPop),
    ("VAR_POP", Aggregate::VarPop),
    ("VAR_SAMP", Aggregate::VarSamp),
    ("STDDEV", Aggregate::StddevPop),
    ("STD", Aggregate::StddevPop),
    ("STDDEV_POP", Aggregate::StddevPop),
    ("STDDEV_SAMP", Aggregate::StddevSamp),
    ("MEDIAN", Aggregate::Median),
    ("MODE", Aggregate::Mode),
    ("BIT_AND", Aggregate::BitAnd),
    ("BIT_OR", Aggregate::BitOr),
    ("BIT_XOR", Aggregate::BitXor),
];

impl Aggregate {
    /// Whether the order matters in which the values come.
    pub fn is_ordered(self) -> bool {
        matches!(self, Aggregate::GroupConcat | Aggregate::JsonArrayAgg)
    }

    /// The aggregate of that name, without regard to case.
    pub fn lookup(name: &str) -> Option<Aggregate> {
        NAMES
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, a)| *a)
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, a)| *a == self).map_or("", |(n, _)| n)
    }

    /// What binding converts the argument to.
    pub fn arg_kind(self) -> ArgKind {
        match self {
            Aggregate::Count
            | Aggregate::Min
            | Aggregate::Max
            | Aggregate::Mode
            | Aggregate::JsonArrayAgg => ArgKind::Any,
            Aggregate::Sum | Aggregate::Avg => ArgKind::Exact,
            Aggregate::GroupConcat => ArgKind::Text,
            Aggregate::VarPop
            | Aggregate::VarSamp
            | Aggregate::StddevPop
            | Aggregate::StddevSamp
            | Aggregate::Median => ArgKind::Double,
            Aggregate::BitAnd | Aggregate::BitOr | Aggregate::BitXor => ArgKind::Int,
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
            Aggregate::Min | Aggregate::Max | Aggregate::Mode => arg.clone(),
            Aggregate::BitAnd | Aggregate::BitOr | Aggregate::BitXor => DataType::BIGINT,
            Aggregate::VarPop
            | Aggregate::VarSamp
            | Aggregate::StddevPop
            | Aggregate::StddevSamp
            | Aggregate::Median => DataType::Double,
            Aggregate::GroupConcat => DataType::TEXT,
            Aggregate::JsonArrayAgg => DataType::Json,
        }
    }
}
