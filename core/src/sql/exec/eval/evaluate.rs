//! The walk over an expression: which kernel evaluates which node.

use super::compare::compare;
use super::input::Input;
use super::mask::Mask;
use super::scope::{Scope, SubResult};
use super::vector::Vector;
use super::{arith, call, case, in_list, like, logic};
use crate::sql::plan::{BinaryOp, Expr, UnaryOp};
use crate::types::{Batch, Column, DataType, Error, IntType, Result, Value};
use alloc::vec::Vec;

/// Evaluates an expression over the selected rows of a batch: a column of `batch.rows()` values of
/// `expr.ty().physical()`. A plain column of a batch without selection is shared, not copied.
pub fn eval(expr: &Expr, batch: &Batch, scope: &Scope<'_>) -> Result<Column> {
    let input = Input::new(batch);
    match input.rows() {
        0 => Ok(Column::new(expr.ty().physical())),
        rows => evaluate(expr, &input, scope)?.into_column(rows, scope),
    }
}

/// The positions (among the rows that count) for which a boolean expression is true.
pub fn eval_filter(expr: &Expr, batch: &Batch, scope: &Scope<'_>) -> Result<Vec<u32>> {
    let input = Input::new(batch);
    if input.rows() == 0 {
        return Ok(Vec::new());
    }
    logic::filter(expr, &input, scope)
}

/// A sub-plan's result; binding and execution agree on what there is.
fn sub_result<'a>(scope: &Scope<'a>, index: usize) -> Result<&'a SubResult> {
    scope
        .sub_results
        .get(index)
        .ok_or_else(|| Error::invalid("a subquery has no result yet"))
}

fn constant(value: &Value, ty: &DataType) -> Result<Vector> {
    let mut column = Column::new(ty.physical());
    column.push_value(value, ty)?;
    Ok(Vector::constant(column))
}

/// Evaluates an expression over at least one row.
pub(super) fn evaluate(expr: &Expr, input: &Input<'_>, scope: &Scope<'_>) -> Result<Vector> {
    match expr {
        Expr::Column { index, .. } => match input.column(*index) {
            Some(c) => Ok(Vector::column(c)),
            None => Err(Error::invalid(
                "an expression refers to a column its input does not have",
            )),
        },
        Expr::Literal { value, ty } => constant(value, ty),
        Expr::Outer { index, ty } => match scope.outer.get(*index) {
            Some(value) => constant(value, ty),
            None => Err(Error::invalid("a subquery lacks a value it depends on")),
        },
        Expr::Correlated(_) => Err(Error::unsupported("a correlated subquery in this place")),
        Expr::Param { index, ty } => match scope.params.get(*index) {
            Some(value) => constant(value, ty),
            None => Err(Error::Parameter {
                message: alloc::format!("no value for parameter {}", index + 1),
            }),
        },
        Expr::Scalar { index, ty } => match sub_result(scope, *index)? {
            SubResult::Scalar(c) if !c.is_empty() => Ok(Vector::constant(c.clone())),
            _ => Ok(Vector::null(ty.physical())),
        },
        Expr::Unary { op, operand, ty } if *op != UnaryOp::Not => {
            arith::unary(*op, &evaluate(operand, input, scope)?, ty)
        }
        Expr::Binary { op, left, right, ty }
            if !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor) =>
        {
            let (l, r) = (evaluate(left, input, scope)?, evaluate(right, input, scope)?);
            match op {
                BinaryOp::Concat => arith::concat(&l, &r, input.rows(), scope),
                _ => arith::binary(*op, &l, &r, (&left.ty(), &right.ty()), ty),
            }
        }
        Expr::Case {
            branches,
            otherwise,
            ty,
        } => case::case(branches, otherwise.as_deref(), ty, input, scope),
        Expr::Cast { operand, ty, strict } => {
            evaluate(operand, input, scope)?.convert(&operand.ty(), ty, *strict)
        }
        Expr::Function { function, args, ty } => call::call(function, args, ty, input, scope),
        Expr::User { function, args } => call::call_user(function, args, input, scope),
        Expr::Unary { .. }
        | Expr::Binary { .. }
        | Expr::Compare { .. }
        | Expr::IsNull { .. }
        | Expr::IsBool { .. }
        | Expr::Like { .. }
        | Expr::InList { .. }
        | Expr::InSubPlan { .. }
        | Expr::Exists { .. } => Ok(Vector::column(condition(expr, input, scope)?.into_column())),
    }
}

/// Evaluates a boolean expression over at least one row.
pub(super) fn condition(expr: &Expr, input: &Input<'_>, scope: &Scope<'_>) -> Result<Mask> {
    let rows = input.rows();
    match expr {
        Expr::Unary {
            op: UnaryOp::Not,
            operand,
            ..
        } => Ok(condition(operand, input, scope)?.not()),
        Expr::Binary {
            op: op @ (BinaryOp::And | BinaryOp::Or),
            ..
        } => logic::chain_mask(expr, *op, input, scope),
        Expr::Binary {
            op: BinaryOp::Xor,
            left,
            right,
            ..
        } => Ok(condition(left, input, scope)?.xor(&condition(right, input, scope)?)),
        Expr::Compare { op, left, right } => {
            let (l, r) = (evaluate(left, input, scope)?, evaluate(right, input, scope)?);
            compare(*op, &l, &r, (&left.ty(), &right.ty()), rows)
        }
        Expr::IsNull { operand, negated } => {
            let v = evaluate(operand, input, scope)?;
            let mask = match v.constant {
                true => Mask::filled(v.is_null_constant(), rows),
                false => Mask::new(
                    v.nulls().map(|n| n.words().to_vec()).unwrap_or_default(),
                    None,
                    rows,
                ),
            };
            Ok(mask.negate_if(*negated))
        }
        Expr::IsBool {
            operand,
            value,
            negated,
        } => {
            let mask = condition(operand, input, scope)?;
            Ok(mask.negate_if(!value).only_true().negate_if(*negated))
        }
        Expr::Like {
            operand,
            pattern,
            escape,
            negated,
            case_sensitive,
        } => {
            let (v, p) = (evaluate(operand, input, scope)?, evaluate(pattern, input, scope)?);
            Ok(like::like(&v, &p, *escape, *case_sensitive, rows).negate_if(*negated))
        }
        Expr::InList {
            operand,
            list,
            negated,
        } => Ok(in_list::in_list(operand, list, input, scope)?.negate_if(*negated)),
        Expr::InSubPlan {
            operand,
            index,
            negated,
        } => {
            let v = evaluate(operand, input, scope)?;
            match sub_result(scope, *index)? {
                SubResult::Set(set) => Ok(in_list::in_set(&v, set, rows).negate_if(*negated)),
                _ => Err(Error::invalid("a subquery of IN has no set of values")),
            }
        }
        Expr::Exists { index, negated } => match sub_result(scope, *index)? {
            SubResult::Exists(found) => Ok(Mask::filled(found != negated, rows)),
            _ => Err(Error::invalid("a subquery of EXISTS has no answer")),
        },
        _ => Ok(Mask::from_vector(&evaluate(expr, input, scope)?, rows)),
    }
}

/// Whether evaluating the expression can fail for some row, so that it must not be evaluated for more
/// rows than needed.
pub fn may_fail(expr: &Expr) -> bool {
    let own = match expr {
        Expr::Unary { op, .. } => *op == UnaryOp::Negate,
        Expr::Binary { op, .. } => matches!(
            op,
            BinaryOp::Add
                | BinaryOp::Subtract
                | BinaryOp::Multiply
                | BinaryOp::Divide
                | BinaryOp::IntDivide
                | BinaryOp::Modulo
        ),
        Expr::Cast { operand, ty, .. } => !matches!(
            (operand.ty(), ty),
            (
                DataType::Bool | DataType::Int(_),
                DataType::Int(IntType::I64) | DataType::Double | DataType::Bool
            ) | (DataType::Date, DataType::DateTime { .. })
                | (_, DataType::Text { max: None, .. })
        ),
        Expr::Function { .. } | Expr::User { .. } | Expr::Param { .. } | Expr::Outer { .. } => true,
        _ => false,
    };
    let mut fails = own;
    expr.for_each_child(&mut |child| fails = fails || may_fail(child));
    fails
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::host::Host;
    use crate::sql::exec::eval::ValueSet;
    use crate::sql::functions::EvalContext;
    use crate::sql::memory::{Memory, Scratch};
    use crate::sql::plan::CompareOp;
    use alloc::{boxed::Box, string::ToString, sync::Arc, vec};

    struct Still;
    impl Host for Still {
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

    fn with_scope<R>(sub_results: &[SubResult], f: impl FnOnce(&Scope<'_>) -> R) -> R {
        let memory = Memory::new(1 << 20);
        let functions = EvalContext {
            now: 0,
            host: &Still,
            schema: "main",
            last_insert_id: 0,
            row_count: 0,
            sequences: None,
            interrupt: None,
            scratch: Scratch::new(&memory),
        };
        f(&Scope {
            params: &[Value::Int(7)],
            outer: &[],
            sub_results,
            functions,
        })
    }

    const MONEY: DataType = DataType::Decimal {
        precision: 38,
        scale: 2,
        unsigned: false,
    };

    /// Columns: 0 BIGINT 1, NULL, 3, MAX; 1 TEXT 'a', 'B', NULL, 'b'; 2 DECIMAL(38,2) 1.50, 0, -2, NULL; 3 BOOLEAN.
    fn batch() -> Batch {
        let column = |ty: &DataType, values: &[Value]| {
            let mut c = Column::new(ty.physical());
            values.iter().for_each(|v| c.push_value(v, ty).unwrap());
            c
        };
        let null = Value::Null;
        Batch::new(
            vec![
                column(
                    &DataType::BIGINT,
                    &[1.into(), null.clone(), 3.into(), i64::MAX.into()],
                ),
                column(
                    &DataType::TEXT,
                    &["a".into(), "B".into(), null.clone(), "b".into()],
                ),
                column(&MONEY, &["1.5".into(), 0.into(), (-2).into(), null.clone()]),
                column(
                    &DataType::Bool,
                    &[true.into(), false.into(), null.clone(), true.into()],
                ),
            ],
            4,
        )
    }

    fn col(index: usize) -> Expr {
        let ty = [DataType::BIGINT, DataType::TEXT, MONEY, DataType::Bool][index].clone();
        Expr::Column { index, ty }
    }

    fn lit(v: impl Into<Value>) -> Expr {
        let value = v.into();
        Expr::Literal {
            ty: value.data_type(),
            value,
        }
    }

    fn bin(op: BinaryOp, l: Expr, r: Expr, ty: DataType) -> Expr {
        Expr::Binary {
            op,
            left: Box::new(l),
            right: Box::new(r),
            ty,
        }
    }

    fn cmp(op: CompareOp, l: Expr, r: Expr) -> Expr {
        Expr::Compare {
            op,
            left: Box::new(l),
            right: Box::new(r),
        }
    }

    fn show(expr: &Expr) -> Result<Vec<alloc::string::String>> {
        let c = with_scope(&[], |s| eval(expr, &batch(), s))?;
        assert_eq!(c.len(), 4);
        Ok((0..4).map(|i| c.value(i, &expr.ty()).to_string()).collect())
    }

    fn rows(expr: &Expr) -> Vec<u32> {
        let positions = with_scope(&[], |s| eval_filter(expr, &batch(), s)).unwrap();
        let column = with_scope(&[], |s| eval(expr, &batch(), s)).unwrap();
        let same: Vec<u32> = (0..4).filter(|i| column.i64s()[*i as usize] == 1).collect();
        assert_eq!(positions, same, "filter and column disagree");
        positions
    }

    #[test]
    fn arithmetic_is_checked_and_null_is_contagious() {
        let big = DataType::BIGINT;
        assert_eq!(
            show(&bin(BinaryOp::Subtract, col(0), lit(1), big.clone())).unwrap()[..3],
            ["0", "NULL", "2"]
        );
        let overflow = show(&bin(BinaryOp::Add, col(0), lit(1), big.clone())).unwrap_err();
        assert!(
            overflow.to_string().contains("9223372036854775807 + 1"),
            "{overflow}"
        );
        assert_eq!(
            show(&bin(BinaryOp::Modulo, col(0), lit(0), big.clone())).unwrap(),
            ["NULL"; 4]
        );
        assert_eq!(
            show(&bin(BinaryOp::IntDivide, lit(-7), col(0), big)).unwrap(),
            ["-7", "NULL", "-2", "0"]
        );
        // 0 - MIN overflows, but not under a NULL.
        let min_minus = bin(
            BinaryOp::Subtract,
            lit(Value::Null),
            lit(i64::MIN),
            DataType::BIGINT,
        );
        assert_eq!(show(&min_minus).unwrap(), ["NULL"; 4]);
    }

    #[test]
    fn decimals_divide_exactly() {
        let quotient = DataType::Decimal {
            precision: 38,
            scale: 4,
            unsigned: false,
        };
        assert_eq!(
            show(&bin(BinaryOp::Divide, lit(1), col(0), quotient.clone())).unwrap()[..3],
            ["1.0000", "NULL", "0.3333"]
        );
        assert_eq!(
            show(&bin(BinaryOp::Divide, lit(3), col(2), quotient)).unwrap(),
            ["2.0000", "NULL", "-1.5000", "NULL"]
        );
        let product = bin(BinaryOp::Multiply, col(2), col(2), MONEY);
        assert_eq!(show(&product).unwrap(), ["2.25", "0.00", "4.00", "NULL"]);
    }

    #[test]
    fn comparisons_filter_and_know_null() {
        for (op, want) in [
            (CompareOp::Eq, vec![2]),
            (CompareOp::NotEq, vec![0, 3]),
            (CompareOp::Lt, vec![0]),
            (CompareOp::LtEq, vec![0, 2]),
            (CompareOp::Gt, vec![3]),
            (CompareOp::GtEq, vec![2, 3]),
            (CompareOp::NullSafeEq, vec![2]),
        ] {
            assert_eq!(rows(&cmp(op, col(0), lit(3))), want, "{op:?}");
        }
        assert_eq!(rows(&cmp(CompareOp::NullSafeEq, col(0), lit(Value::Null))), [1]);
        assert_eq!(rows(&cmp(CompareOp::Gt, lit("b"), col(1))), [0, 1]);
        let nocase = DataType::Text {
            max: None,
            collation: crate::types::Collation::NoCase,
        };
        let b = Expr::Literal {
            value: "b".into(),
            ty: nocase,
        };
        assert_eq!(rows(&cmp(CompareOp::Eq, col(1), b)), [1, 3]);
        assert_eq!(
            show(&cmp(CompareOp::Eq, col(0), lit(3))).unwrap(),
            ["0", "NULL", "1", "0"]
        );
    }

    #[test]
    fn and_or_case_spare_rows_that_would_fail() {
        let plus = bin(BinaryOp::Add, col(0), lit(1), DataType::BIGINT);
        let fails = cmp(CompareOp::Gt, plus.clone(), lit(2));
        let small = cmp(CompareOp::Lt, col(0), lit(100));
        let and = bin(BinaryOp::And, small.clone(), fails.clone(), DataType::Bool);
        assert_eq!(rows(&and), [2]);
        assert_eq!(show(&and).unwrap(), ["0", "NULL", "1", "0"]);
        let or = bin(
            BinaryOp::Or,
            cmp(CompareOp::GtEq, col(0), lit(100)),
            fails,
            DataType::Bool,
        );
        assert_eq!(show(&or).unwrap(), ["0", "NULL", "1", "1"]);
        let case = Expr::Case {
            branches: vec![(small, plus)],
            otherwise: Some(Box::new(lit(-1))),
            ty: DataType::BIGINT,
        };
        assert_eq!(show(&case).unwrap(), ["2", "-1", "4", "-1"]);
        let and_null = bin(BinaryOp::And, col(3), lit(Value::Null), DataType::Bool);
        assert_eq!(show(&and_null).unwrap(), ["NULL", "0", "NULL", "NULL"]);
        let xor = bin(BinaryOp::Xor, col(3), lit(true), DataType::Bool);
        assert_eq!(show(&xor).unwrap(), ["0", "1", "NULL", "0"]);
    }

    #[test]
    fn in_lists_and_sets_follow_nulls_rules() {
        let list = |items: Vec<Expr>, negated| Expr::InList {
            operand: Box::new(col(0)),
            list: items,
            negated,
        };
        assert_eq!(
            show(&list(vec![lit(1), lit(Value::Null)], false)).unwrap(),
            ["1", "NULL", "NULL", "NULL"]
        );
        assert_eq!(
            show(&list(vec![lit(1), lit(Value::Null)], true)).unwrap(),
            ["0", "NULL", "NULL", "NULL"]
        );
        let long = (0..20).map(lit).chain([
            Expr::Param {
                index: 0,
                ty: DataType::BIGINT,
            },
            col(0),
        ]);
        assert_eq!(rows(&list(long.collect(), false)), [0, 2, 3]);
        let set = |values: Vec<i64>| {
            SubResult::Set(Arc::new(ValueSet::new(
                &Column::from_i64(values),
                &DataType::BIGINT,
            )))
        };
        let not_in = Expr::InSubPlan {
            operand: Box::new(col(0)),
            index: 0,
            negated: true,
        };
        let run = |sub| with_scope(&[sub], |s| eval_filter(&not_in, &batch(), s)).unwrap();
        assert_eq!(run(set(vec![3, 4])), [0, 3]);
        assert_eq!(run(set(vec![])), [0, 1, 2, 3]);
    }

    #[test]
    fn a_selection_restricts_every_column_and_constant() {
        let batch = batch().select(vec![3, 2, 0]);
        let sum = bin(BinaryOp::Subtract, col(0), lit(1), DataType::BIGINT);
        with_scope(&[], |s| {
            assert_eq!(eval(&sum, &batch, s).unwrap().i64s(), [i64::MAX - 1, 2, 0]);
            assert_eq!(eval(&lit(5), &batch, s).unwrap().i64s(), [5, 5, 5]);
            assert_eq!(
                eval_filter(&cmp(CompareOp::Lt, col(0), lit(9)), &batch, s).unwrap(),
                [1, 2]
            );
        });
    }
}
