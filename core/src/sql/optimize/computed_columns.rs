//! Takes an indexed generated column where a query writes out its expression.
//!
//! Before: `Scan t [lower(s) = 'x']`, with an index on `lower(s)`. After: `Scan t [!1 = 'x']`, where `!1` is the
//! hidden column of that index; then the access is chosen as for any column.
//!
//! In conditions, sort keys, group keys and outputs above a scan, as long as the rows are its own. Only where the
//! column holds exactly what the expression yields.

use super::fold_constants::fold_constants;
use super::lossless::is_lossless;
use super::simplify::simplify;
use super::statistics::Statistics;
use crate::catalog::{TableDef, TableId};
use crate::sql::bind::bind_definition;
use crate::sql::plan::{Expr, Plan};
use crate::types::DataType;
use alloc::{boxed::Box, sync::Arc, vec::Vec};

/// An expression over the output of a plan, and what it may be replaced by.
struct Known {
    expr: Expr,
    column: Expr,
}

/// Applies the rule to a whole plan.
pub fn use_computed_columns(plan: &mut Plan, stats: &dyn Statistics) {
    walk(plan, stats);
}

fn walk(plan: &mut Plan, stats: &dyn Statistics) -> Vec<Known> {
    match plan {
        Plan::Scan {
            table,
            columns,
            filter,
            ..
        } => {
            let known = computed(*table, columns, stats);
            filter.iter_mut().for_each(|f| replace(f, &known));
            known
        }
        Plan::Filter { input, condition } => {
            let known = walk(input, stats);
            replace(condition, &known);
            known
        }
        Plan::Sort { input, keys, .. } => {
            let known = walk(input, stats);
            keys.iter_mut().for_each(|k| replace(&mut k.expr, &known));
            known
        }
        Plan::Limit { input, .. } => walk(input, stats),
        Plan::Project { .. } | Plan::Aggregate { .. } => {
            let mut known = Vec::new();
            plan.for_each_input_mut(&mut |input| known = walk(input, stats));
            plan.for_each_expr_mut(&mut |e| replace(e, &known));
            Vec::new()
        }
        _ => {
            plan.for_each_input_mut(&mut |input| {
                walk(input, stats);
            });
            Vec::new()
        }
    }
}

fn replace(expr: &mut Expr, known: &[Known]) {
    match known.iter().find(|k| k.expr == *expr) {
        Some(k) => *expr = k.column.clone(),
        None if known.is_empty() => {}
        None => expr.for_each_child_mut(&mut |child| replace(child, known)),
    }
}

/// The expression of a definition as a query's is when the rules come to it, over the output of a scan of these
/// columns; `None` if the scan lacks one.
pub fn over_scan(sql: &str, def: &Arc<TableDef>, columns: &[usize]) -> Option<Expr> {
    let mut expr = bind_definition(sql, def).ok()?;
    fold_constants(&mut expr);
    simplify(&mut expr);
    let mut complete = true;
    super::columns::for_each_column(&expr, &mut |c| complete &= columns.contains(&c));
    let place = |c: usize| columns.iter().position(|o| *o == c).unwrap_or(c);
    super::columns::remap(&mut expr, &place);
    complete.then_some(expr)
}

/// The indexed generated columns of a scan.
fn computed(table: TableId, columns: &[usize], stats: &dyn Statistics) -> Vec<Known> {
    let Some(facts) = stats.facts(table) else {
        return Vec::new();
    };
    let def = &facts.def;
    let mut known = Vec::new();
    for (at, column) in def.columns.iter().enumerate() {
        let Some(generated) = &column.generated else {
            continue;
        };
        let indexed = def
            .indexes
            .iter()
            .any(|i| i.columns.iter().any(|c| c.column == at));
        let Some(index) = columns.iter().position(|c| *c == at).filter(|_| indexed) else {
            continue;
        };
        let Some(expr) = over_scan(&generated.sql, def, columns) else {
            continue;
        };
        if matches!(expr, Expr::Column { .. } | Expr::Literal { .. }) {
            continue;
        }
        if let Some(column) = same_values(index, &column.ty, &expr.ty()) {
            known.push(Known { expr, column });
        }
    }
    known
}

/// The column as the expression, if storing a value of the expression there changes nothing.
fn same_values(index: usize, ty: &DataType, wanted: &DataType) -> Option<Expr> {
    let column = Expr::Column {
        index,
        ty: ty.clone(),
    };
    let rounds = matches!(ty, DataType::Float | DataType::Bool);
    match ty == wanted {
        true => Some(column),
        false if rounds || !is_lossless(ty, wanted) => None,
        false => Some(Expr::Cast {
            operand: Box::new(column),
            ty: wanted.clone(),
            strict: false,
        }),
    }
}
