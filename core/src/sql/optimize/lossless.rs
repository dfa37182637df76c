//! Conversions that change nothing an index or a row id could notice: the value keeps its representation,
//! its order and its equality. A comparison of `CAST(column AS t)` is then a comparison of the column.

use crate::sql::plan::Expr;
use crate::types::DataType;

/// The column under an expression, if the expression compares as the column itself does.
pub fn compared_column(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Column { index, .. } => Some(*index),
        Expr::Cast { operand, ty, .. } => match operand.as_ref() {
            Expr::Column { index, ty: from } if is_lossless(from, ty) => Some(*index),
            _ => None,
        },
        _ => None,
    }
}

/// Whether every value of `from` is the same value of `to`, held the same way and compared the same way.
pub fn is_lossless(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Bool, DataType::Int(_)) | (DataType::Members(_), &DataType::BIGINT) => true,
        (DataType::Int(a), DataType::Int(b)) => {
            let (a, b) = (a.range(), b.range());
            b.0 <= a.0 && a.1 <= b.1
        }
        (DataType::Float, DataType::Double) => true,
        (
            DataType::Decimal {
                precision: a,
                scale: s,
                unsigned,
            },
            DataType::Decimal {
                precision: b,
                scale: t,
                unsigned: false,
            },
        ) => s == t && (a <= b || !unsigned && a == b),
        (DataType::Text { max: a, collation: c }, DataType::Text { max: b, collation: d }) => {
            c == d && b.is_none_or(|b| a.is_some_and(|a| a <= b))
        }
        _ => from == to,
    }
}
