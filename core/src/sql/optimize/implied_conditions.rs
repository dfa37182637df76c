//! Adds conditions that follow from those of a scan, so that indexes on prefixes and partial indexes can be used.
//!
//! Before: `Scan t [s = 'hello' AND open = 1]`, with an index on `s(3)` and one on `a WHERE open = 1`.
//! After: the same with `!1 = 'hel'` and `!2 = TRUE`, where `!1` and `!2` are the hidden columns of these indexes.
//!
//! What is implied is decided by a few rules that always hold: the same condition, a comparison with a constant that
//! leaves no other values, and `IS NOT NULL` beside a condition that no NULL passes. The conditions given stay: a prefix
//! says less than they do.

use super::columns::is_constant;
use super::computed_columns::over_scan;
use super::conjuncts::{bool_literal, join, literal, split, split_or};
use super::fold_constants::fold_constants;
use super::statistics::Statistics;
use crate::catalog::TableDef;
use crate::sql::functions;
use crate::sql::plan::{CompareOp, Expr, Plan};
use crate::table::prefix_of;
use crate::types::{DataType, Value};
use alloc::{boxed::Box, sync::Arc, vec::Vec};

/// Applies the rule to a whole plan.
pub fn add_implied_conditions(plan: &mut Plan, stats: &dyn Statistics) {
    plan.for_each_input_mut(&mut |input| add_implied_conditions(input, stats));
    let Plan::Scan {
        table,
        columns,
        filter: filter @ Some(_),
        ..
    } = plan
    else {
        return;
    };
    let Some(facts) = stats
        .facts(*table)
        .filter(|f| f.def.columns.iter().any(|c| c.hidden))
    else {
        return;
    };
    let mut conjuncts = split(filter.take());
    let mut implied = of_partial_indexes(&facts.def, columns, &conjuncts);
    implied.extend(of_prefixes(&facts.def, columns, &conjuncts));
    conjuncts.extend(implied);
    *filter = join(conjuncts);
}

fn equal(left: Expr, right: Expr) -> Expr {
    Expr::Compare {
        op: CompareOp::Eq,
        left: Box::new(left),
        right: Box::new(right),
    }
}

/// For every partial index whose condition holds: that its first column is 1.
fn of_partial_indexes(def: &Arc<TableDef>, columns: &[usize], given: &[Expr]) -> Vec<Expr> {
    let mut implied = Vec::new();
    for index in &def.indexes {
        let (Some(_), Some(first)) = (&index.filter, index.columns.first()) else {
            continue;
        };
        let generated = def.columns.get(first.column).and_then(|c| c.generated.as_ref());
        let place = columns.iter().position(|c| *c == first.column);
        // CASE WHEN condition THEN TRUE END.
        let case = generated.and_then(|g| over_scan(&g.sql, def, columns));
        let (Some(place), Some(Expr::Case { branches, .. })) = (place, case) else {
            continue;
        };
        let [(condition, _)] = branches.as_slice() else {
            continue;
        };
        let follows = |c: &Expr| given.iter().any(|g| implies(g, c));
        if split(Some(condition.clone())).iter().all(follows) {
            let column = Expr::Column {
                index: place,
                ty: DataType::Bool,
            };
            implied.push(equal(column, literal(true)));
        }
    }
    implied
}

/// Whether rows for which `given` is true satisfy `condition`.
pub fn implies(given: &Expr, condition: &Expr) -> bool {
    if given == condition {
        return true;
    }
    match condition {
        Expr::IsNull {
            operand,
            negated: true,
        } => passes_no_null(given, operand),
        Expr::Compare { op, left, right } => match given {
            Expr::Compare {
                op: given,
                left: same,
                right: value,
            } if same == left => leaves_only(*given, value, *op, right),
            Expr::InList {
                operand,
                list,
                negated: false,
            } if operand == left => list.iter().all(|v| leaves_only(CompareOp::Eq, v, *op, right)),
            _ => false,
        },
        Expr::InList {
            operand,
            list,
            negated: false,
        } => match given {
            Expr::Compare {
                op: CompareOp::Eq,
                left,
                right,
            } => left == operand && list.contains(right),
            Expr::InList {
                operand: same,
                list: fewer,
                negated: false,
            } => same == operand && fewer.iter().all(|v| list.contains(v)),
            _ => false,
        },
        Expr::Binary { .. } => {
            let mut ways = Vec::new();
            split_or(condition, &mut ways);
            ways.len() > 1 && ways.into_iter().any(|way| implies(given, way))
        }
        _ => false,
    }
}

/// Whether a condition is true of no row in which the operand is NULL.
fn passes_no_null(given: &Expr, operand: &Expr) -> bool {
    match given {
        Expr::Compare { op, left, right } => {
            *op != CompareOp::NullSafeEq && (**left == *operand || **right == *operand)
        }
        Expr::InList {
            operand: o,
            negated: false,
            ..
        }
        | Expr::Like {
            operand: o,
            negated: false,
            ..
        } => **o == *operand,
        _ => false,
    }
}

/// Whether `x given value` leaves only such x for which `x op bound` is true.
fn leaves_only(given: CompareOp, value: &Expr, op: CompareOp, bound: &Expr) -> bool {
    use CompareOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    // What the value must be to the bound.
    let needed = match (given, op) {
        (Eq, op) => op,
        (Gt, Gt | GtEq | NotEq) | (GtEq, GtEq) => GtEq,
        (GtEq, Gt | NotEq) => Gt,
        (Lt, Lt | LtEq | NotEq) | (LtEq, LtEq) => LtEq,
        (LtEq, Lt | NotEq) => Lt,
        _ => return false,
    };
    let constant = |e: &Expr| matches!(e, Expr::Literal { value, .. } if *value != Value::Null);
    if !constant(value) || !constant(bound) || value.ty() != bound.ty() {
        return false;
    }
    let mut holds = Expr::Compare {
        op: needed,
        left: Box::new(value.clone()),
        right: Box::new(bound.clone()),
    };
    fold_constants(&mut holds);
    bool_literal(&holds) == Some(true)
}

/// For every prefix of a column that is compared with a constant: how the prefix compares.
fn of_prefixes(def: &TableDef, columns: &[usize], given: &[Expr]) -> Vec<Expr> {
    let mut implied = Vec::new();
    for (at, hidden) in def.columns.iter().enumerate().filter(|(_, c)| c.hidden) {
        let prefix = hidden.generated.as_ref().and_then(|g| prefix_of(&g.sql));
        let Some((name, length)) = prefix else { continue };
        let whole = def
            .columns
            .iter()
            .position(|c| crate::table::quoted(&c.name) == name);
        let place = |column: usize| columns.iter().position(|c| *c == column);
        let (Some(whole), Some(place)) = (whole.and_then(place), place(at)) else {
            continue;
        };
        let is_whole = |e: &Expr| matches!(e, Expr::Column { index, .. } if *index == whole);
        let column = || Expr::Column {
            index: place,
            ty: hidden.ty.clone(),
        };
        for condition in given {
            match condition {
                Expr::Compare { op, left, right } if is_whole(left) && is_constant(right) => {
                    let op = match op {
                        CompareOp::Eq => CompareOp::Eq,
                        CompareOp::Lt | CompareOp::LtEq => CompareOp::LtEq,
                        CompareOp::Gt | CompareOp::GtEq => CompareOp::GtEq,
                        CompareOp::NotEq | CompareOp::NullSafeEq => continue,
                    };
                    let Some(right) = first_characters(right, length, &hidden.ty) else {
                        continue;
                    };
                    implied.push(Expr::Compare {
                        op,
                        left: Box::new(column()),
                        right: Box::new(right),
                    });
                }
                Expr::InList {
                    operand,
                    list,
                    negated: false,
                } if is_whole(operand) && list.iter().all(is_constant) => {
                    let cut = list.iter().map(|e| first_characters(e, length, &hidden.ty));
                    if let Some(list) = cut.collect::<Option<Vec<_>>>() {
                        implied.push(Expr::InList {
                            operand: Box::new(column()),
                            list,
                            negated: false,
                        });
                    }
                }
                _ => {}
            }
        }
    }
    implied
}

/// The first characters of a constant text.
fn first_characters(text: &Expr, length: u32, ty: &DataType) -> Option<Expr> {
    if !text.ty().is_text() {
        return None;
    }
    let call = Expr::Function {
        function: functions::lookup("LEFT")?,
        args: alloc::vec![
            text.clone(),
            Expr::Literal {
                value: Value::Int(i64::from(length)),
                ty: DataType::BIGINT,
            }
        ],
        ty: DataType::TEXT,
    };
    let mut cut = Expr::Cast {
        operand: Box::new(call),
        ty: ty.clone(),
        strict: false,
    };
    fold_constants(&mut cut);
    Some(cut)
}
