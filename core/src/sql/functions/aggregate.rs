//! The aggregate functions by name and result type. Their accumulators live in `exec`.

use super::ArgKind;
use crate::types::{DataType, Decimal, QUOTIENT_DIGITS};

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
    /// BOOL_AND, EVERY: NULL of no values.
    BoolAnd,
    /// BOOL_OR.
    BoolOr,
    /// TOTAL: SQLite's sum in DOUBLE, 0 of no values.
    Total,
    /// PERCENTILE_CONT(f) WITHIN GROUP (ORDER BY x): DOUBLE, between the two nearest values.
    PercentileCont,
    /// PERCENTILE_DISC(f) WITHIN GROUP (ORDER BY x): the first value that so many are not beyond.
    PercentileDisc,
    /// PERCENTILE(x, p): SQLite's PERCENTILE_CONT, with p from 0 to 100.
    Percentile,
    /// JSON_OBJECTAGG(key, value): of equal keys the last value; a NULL key is an error.
    JsonObjectAgg,
    /// APPROX_COUNT_DISTINCT: an estimate with a standard error of 1.6 % (exact up to 512 values).
    ApproxCountDistinct,
    /// CORR, COVAR_… and REGR_…: of pairs (y, x) without NULLs.
    Pairs(PairStatistic),
    /// GROUPING(key, …): one bit per key, 1 if the row's grouping set has it not. No accumulator's, it is a constant
    /// of each grouping set.
    Grouping,
    /// ST_COLLECT: the geometries as one collection. ST_UNION is the union of its parts.
    Collect,
    /// One that the program brings: [`AggregateOptions::user`](crate::sql::plan::AggregateOptions::user).
    User,
}

/// A statistic of pairs (y, x), as in the SQL standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PairStatistic {
    /// CORR: Pearson's coefficient; NULL if one side does not vary.
    Correlation,
    /// COVAR_POP.
    CovariancePop,
    /// COVAR_SAMP: NULL of less than two pairs.
    CovarianceSamp,
    /// REGR_AVGX.
    MeanX,
    /// REGR_AVGY.
    MeanY,
    /// REGR_COUNT: BIGINT, 0 of no pairs.
    Count,
    /// REGR_INTERCEPT.
    Intercept,
    /// REGR_R2.
    Determination,
    /// REGR_SLOPE.
    Slope,
    /// REGR_SXX.
    SquaresX,
    /// REGR_SXY.
    Products,
    /// REGR_SYY.
    SquaresY,
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
    ("LISTAGG", Aggregate::GroupConcat),
    ("JSON_ARRAYAGG", Aggregate::JsonArrayAgg),
    ("JSON_GROUP_ARRAY", Aggregate::JsonArrayAgg),
    ("JSON_AGG", Aggregate::JsonArrayAgg),
    ("JSONB_AGG", Aggregate::JsonArrayAgg),
    ("JSONB_GROUP_ARRAY", Aggregate::JsonArrayAgg),
    ("JSON_OBJECTAGG", Aggregate::JsonObjectAgg),
    ("JSON_GROUP_OBJECT", Aggregate::JsonObjectAgg),
    ("JSON_OBJECT_AGG", Aggregate::JsonObjectAgg),
    ("JSONB_OBJECT_AGG", Aggregate::JsonObjectAgg),
    ("JSONB_GROUP_OBJECT", Aggregate::JsonObjectAgg),
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
    ("BOOL_AND", Aggregate::BoolAnd),
    ("EVERY", Aggregate::BoolAnd),
    ("BOOL_OR", Aggregate::BoolOr),
    ("TOTAL", Aggregate::Total),
    ("PERCENTILE_CONT", Aggregate::PercentileCont),
    ("PERCENTILE_DISC", Aggregate::PercentileDisc),
    ("PERCENTILE", Aggregate::Percentile),
    ("APPROX_COUNT_DISTINCT", Aggregate::ApproxCountDistinct),
    ("CORR", Aggregate::Pairs(PairStatistic::Correlation)),
    ("COVAR_POP", Aggregate::Pairs(PairStatistic::CovariancePop)),
    ("COVAR_SAMP", Aggregate::Pairs(PairStatistic::CovarianceSamp)),
    ("REGR_AVGX", Aggregate::Pairs(PairStatistic::MeanX)),
    ("REGR_AVGY", Aggregate::Pairs(PairStatistic::MeanY)),
    ("REGR_COUNT", Aggregate::Pairs(PairStatistic::Count)),
    ("REGR_INTERCEPT", Aggregate::Pairs(PairStatistic::Intercept)),
    ("REGR_R2", Aggregate::Pairs(PairStatistic::Determination)),
    ("REGR_SLOPE", Aggregate::Pairs(PairStatistic::Slope)),
    ("REGR_SXX", Aggregate::Pairs(PairStatistic::SquaresX)),
    ("REGR_SXY", Aggregate::Pairs(PairStatistic::Products)),
    ("REGR_SYY", Aggregate::Pairs(PairStatistic::SquaresY)),
    ("GROUPING", Aggregate::Grouping),
    ("ST_COLLECT", Aggregate::Collect),
    ("ST_UNION", Aggregate::Collect),
];

impl Aggregate {
    /// Whether the order matters in which the values come.
    pub fn is_ordered(self) -> bool {
        matches!(
            self,
            Aggregate::GroupConcat
                | Aggregate::JsonArrayAgg
                | Aggregate::JsonObjectAgg
                | Aggregate::Collect
                | Aggregate::User
        )
    }

    /// Whether rows count whose (first) argument is NULL.
    pub fn sees_null(self) -> bool {
        matches!(
            self,
            Aggregate::JsonArrayAgg | Aggregate::JsonObjectAgg | Aggregate::User
        )
    }

    /// Fewest and most arguments.
    pub fn arg_count(self) -> (usize, usize) {
        match self {
            Aggregate::Count => (0, usize::MAX),
            Aggregate::GroupConcat => (1, usize::MAX),
            Aggregate::Grouping => (1, 63),
            Aggregate::PercentileCont
            | Aggregate::PercentileDisc
            | Aggregate::Percentile
            | Aggregate::JsonObjectAgg
            | Aggregate::Pairs(_) => (2, 2),
            _ => (1, 1),
        }
    }

    /// Every name, other names of the same aggregate too.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// The aggregate of that name, without regard to case.
    pub fn lookup(name: &str) -> Option<Aggregate> {
        NAMES
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, a)| *a)
    }

    /// The aggregate that a call with so many arguments is: of two geometries the union is no aggregate.
    pub fn of_call(name: &str, arguments: usize) -> Option<Aggregate> {
        Aggregate::lookup(name).filter(|a| *a != Aggregate::Collect || arguments == 1)
    }

    /// The scalar function that makes of its result what the call of that name, in capitals, is.
    pub fn finishing(name: &str) -> Option<&'static str> {
        (name == "ST_UNION").then_some("ST_UNARYUNION")
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, a)| *a == self).map_or("", |(n, _)| n)
    }

    /// What binding converts argument `i` to.
    pub fn arg_kind(self, i: usize) -> ArgKind {
        match (self, i) {
            (Aggregate::PercentileDisc, 0) => ArgKind::Any,
            (Aggregate::Collect, _) => ArgKind::Geometry,
            (Aggregate::JsonObjectAgg, 0) | (Aggregate::GroupConcat, _) => ArgKind::Text,
            (
                Aggregate::Count
                | Aggregate::Min
                | Aggregate::Max
                | Aggregate::Mode
                | Aggregate::JsonArrayAgg
                | Aggregate::JsonObjectAgg
                | Aggregate::ApproxCountDistinct
                | Aggregate::Grouping,
                _,
            ) => ArgKind::Any,
            (Aggregate::Sum | Aggregate::Avg, _) => ArgKind::Exact,
            (Aggregate::Total, _) => ArgKind::Number,
            (Aggregate::BoolAnd | Aggregate::BoolOr, _) => ArgKind::Bool,
            (
                Aggregate::VarPop
                | Aggregate::VarSamp
                | Aggregate::StddevPop
                | Aggregate::StddevSamp
                | Aggregate::Median
                | Aggregate::PercentileCont
                | Aggregate::PercentileDisc
                | Aggregate::Percentile
                | Aggregate::Pairs(_),
                _,
            ) => ArgKind::Double,
            (Aggregate::BitAnd | Aggregate::BitOr | Aggregate::BitXor, _) => ArgKind::Int,
            (Aggregate::User, _) => ArgKind::Any,
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
            // The call says it.
            Aggregate::User => DataType::Null,
            Aggregate::Count
            | Aggregate::ApproxCountDistinct
            | Aggregate::Grouping
            | Aggregate::Pairs(PairStatistic::Count) => DataType::BIGINT,
            Aggregate::Sum if float => DataType::Double,
            Aggregate::Avg if float => DataType::Double,
            Aggregate::Sum => exact(0),
            Aggregate::Avg => exact(QUOTIENT_DIGITS),
            Aggregate::Min | Aggregate::Max | Aggregate::Mode | Aggregate::PercentileDisc => arg.clone(),
            Aggregate::BoolAnd | Aggregate::BoolOr => DataType::Bool,
            Aggregate::BitAnd | Aggregate::BitOr | Aggregate::BitXor => DataType::BIGINT,
            Aggregate::VarPop
            | Aggregate::VarSamp
            | Aggregate::StddevPop
            | Aggregate::StddevSamp
            | Aggregate::Median
            | Aggregate::Total
            | Aggregate::PercentileCont
            | Aggregate::Percentile
            | Aggregate::Pairs(_) => DataType::Double,
            Aggregate::GroupConcat => DataType::TEXT,
            Aggregate::JsonArrayAgg | Aggregate::JsonObjectAgg => DataType::Json,
            Aggregate::Collect => DataType::Geometry,
        }
    }
}
