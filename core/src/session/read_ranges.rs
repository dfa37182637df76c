//! What a plan is going to read, for SERIALIZABLE's validation and for watches: derived from the accesses of its scans.

use crate::sql::exec::Env;
use crate::sql::exec::eval::eval;
use crate::sql::plan::{Access, Expr, InformationTable, Plan, Query, ScanBounds};
use crate::txn::ReadSet;
use crate::types::{Batch, RowId};
use core::ops::Bound;

/// Records the tables and row id ranges a query reads.
pub(super) fn record(query: &Query, env: &Env, reads: &mut ReadSet) {
    query
        .sub_plans
        .iter()
        .for_each(|s| record_plan(&s.plan, env, reads));
    record_plan(&query.plan, env, reads);
}

fn record_plan(plan: &Plan, env: &Env, reads: &mut ReadSet) {
    if let Plan::Scan { table, access, .. } = plan {
        let narrow = match access {
            Access::RowIdList(ids) => ids.iter().try_for_each(|e| {
                let id = constant(e, env)?;
                reads.range(*table, id, id);
                Some(())
            }),
            Access::RowIds { bounds, .. } => {
                range(bounds, env).map(|(from, to)| reads.range(*table, from, to))
            }
            Access::Full | Access::Index { .. } | Access::IndexList { .. } => None,
        };
        if narrow.is_none() {
            reads.table(*table);
        }
    }
    if let Plan::LookupJoin(join) = plan {
        reads.table(join.table);
    }
    if let Plan::Information(scan) = plan {
        match scan.table {
            // It counts rows.
            InformationTable::Tables => reads.database(),
            _ => reads.definitions(),
        }
    }
    plan.for_each_input(&mut |input| record_plan(input, env, reads));
}

/// The value of an expression that needs no sub-plan; NULL and everything else give `None`.
fn constant(expr: &Expr, env: &Env) -> Option<RowId> {
    fn depends(e: &Expr) -> bool {
        let mut found = matches!(
            e,
            Expr::Column { .. }
                | Expr::Outer { .. }
                | Expr::Scalar { .. }
                | Expr::InSubPlan { .. }
                | Expr::Exists { .. }
        );
        e.for_each_child(&mut |c| found |= depends(c));
        found
    }
    if depends(expr) {
        return None;
    }
    let column = eval(expr, &Batch::new(alloc::vec::Vec::new(), 1), &env.scope()).ok()?;
    if column.is_null(0) {
        None
    } else {
        column.i64s().first().copied()
    }
}

fn range(bounds: &ScanBounds, env: &Env) -> Option<(RowId, RowId)> {
    // Excluded bounds are kept as included: a range a little too wide is right too.
    let from = match &bounds.from {
        Bound::Unbounded => RowId::MIN,
        Bound::Included(e) | Bound::Excluded(e) => constant(e, env)?,
    };
    let to = match &bounds.to {
        Bound::Unbounded => RowId::MAX,
        Bound::Included(e) | Bound::Excluded(e) => constant(e, env)?,
    };
    Some((from, to))
}
