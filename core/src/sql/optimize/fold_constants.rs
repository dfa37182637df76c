//! Computes what is known before the query runs.
//!
//! Before: `price > 100 * 1.19`. After: `price > 119.00`.
//!
//! Only deterministic expressions over literals; one that fails stays as it is, so that the error comes at
//! run time, and only if a row gets there.

use crate::host::Host;
use crate::sql::exec::eval::{Scope, eval};
use crate::sql::functions::EvalContext;
use crate::sql::memory::{Memory, Scratch};
use crate::sql::plan::Expr;
use crate::types::{Batch, DataType};
use alloc::vec::Vec;

/// Bytes of texts made to fold one expression: what is bigger does not belong into a plan.
const MAX_FOLDED: usize = 64 << 10;

/// Deterministic functions ask nothing of the machine.
struct NoHost;

impl Host for NoHost {
    fn unix_micros(&self) -> i64 {
        0
    }
    fn monotonic_micros(&self) -> u64 {
        0
    }
    fn random(&self) -> u64 {
        0
    }
}

/// Folds an expression, its operands first.
pub fn fold_constants(expr: &mut Expr) {
    expr.for_each_child_mut(&mut fold_constants);
    if !is_foldable(expr) {
        return;
    }
    let memory = Memory::new(MAX_FOLDED);
    let scope = Scope {
        params: &[],
        outer: &[],
        sub_results: &[],
        functions: EvalContext {
            now: 0,
            host: &NoHost,
            schema: "",
            last_insert_id: 0,
            row_count: 0,
            sequences: None,
            interrupt: None,
            scratch: Scratch::new(&memory),
        },
    };
    if let Ok(column) = eval(expr, &Batch::new(Vec::new(), 1), &scope)
        && column.len() == 1
    {
        let ty = expr.ty();
        let value = column.value(0, &ty);
        *expr = Expr::Literal { value, ty };
    }
}

fn is_foldable(expr: &Expr) -> bool {
    match expr {
        Expr::Column { .. }
        | Expr::Literal { .. }
        | Expr::Param { .. }
        | Expr::Outer { .. }
        | Expr::Correlated(_)
        | Expr::Scalar { .. }
        | Expr::InSubPlan { .. }
        | Expr::Exists { .. }
        | Expr::User { .. } => return false,
        Expr::Function { function, .. } if !function.deterministic => return false,
        _ => {}
    }
    // A typed NULL literal cannot stand for a value of the bare type NULL, nor the other way round.
    let mut constant = expr.ty() != DataType::Null;
    expr.for_each_child(&mut |c| constant &= matches!(c, Expr::Literal { .. }));
    constant
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::plan::BinaryOp;
    use crate::types::Value;
    use alloc::boxed::Box;

    fn int(i: i64) -> Expr {
        Expr::Literal {
            value: Value::Int(i),
            ty: DataType::BIGINT,
        }
    }

    fn add(left: Expr, right: Expr) -> Expr {
        Expr::Binary {
            op: BinaryOp::Add,
            left: Box::new(left),
            right: Box::new(right),
            ty: DataType::BIGINT,
        }
    }

    #[test]
    fn constants_fold_inside_expressions_and_errors_wait() {
        let column = Expr::Column {
            index: 0,
            ty: DataType::BIGINT,
        };
        let mut e = add(column.clone(), add(int(1), int(2)));
        fold_constants(&mut e);
        assert_eq!(e, add(column, int(3)));
        let overflow = add(int(i64::MAX), int(1));
        let mut e = overflow.clone();
        fold_constants(&mut e);
        assert_eq!(e, overflow);
    }
}
