//! ON DUPLICATE KEY UPDATE, ON CONFLICT DO UPDATE: changing the row that is there.

use super::checks::{refuse_false, refuse_null};
use super::derived::derive;
use crate::catalog::TableDef;
use crate::sql::exec::Env;
use crate::sql::exec::eval::{Scope, eval, eval_filter};
use crate::sql::plan::{ConflictAction, Derived, Expr, Insert};
use crate::tree::{Missing, Pins};
use crate::txn::Draft;
use crate::types::{Batch, Column, Result, RowId};
use alloc::vec::Vec;
use core::task::{Poll, ready};

/// The update of existing rows; holds what every row has in common.
pub(super) struct Upsert {
    /// Table columns that are set, those that the engine sets last.
    set: Vec<usize>,
}

impl Upsert {
    pub(super) fn new(action: &ConflictAction) -> Upsert {
        Upsert {
            set: match action {
                ConflictAction::Update { set, derived, .. } => {
                    let given = set.iter().map(|(column, _)| *column);
                    given.chain(derived.columns()).collect()
                }
                _ => Vec::new(),
            },
        }
    }

    /// Updates row `id`, which row `new` collides with. Returns the row afterwards, one column of one
    /// value per table column, and how much that counts; `None` if the statement's condition leaves it as it is.
    pub(super) fn update(
        &self,
        (plan, def, env): (&Insert, &TableDef, &Env),
        (set, filter, derived): (&[(usize, Expr)], Option<&Expr>, &Derived),
        id: RowId,
        (new, row): (&Batch, usize),
        txn: &mut Draft<'_>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<(Vec<Column>, u64)>>> {
        let table = txn.catalog().table(plan.table)?;
        let Some(old) = ready!(table.row(id, pins, missing))?.map(|row| row.to_columns()) else {
            return Poll::Ready(Ok(None));
        };
        let new = new.columns.iter().map(|c| c.slice(row, row + 1));
        let scope = env.scope();
        let Some(mut values) = assigned((set, filter), &old, new, &scope)? else {
            return Poll::Ready(Ok(None));
        };
        for (column, value) in self.set.iter().zip(&values) {
            refuse_null(def, *column, value)?;
        }
        let given = self.set.get(..set.len()).unwrap_or(&[]);
        let before = Batch::new(old.clone(), 1);
        derive(derived, def, &before, given, &mut values, &scope)?;
        let mut changed = old;
        for (column, value) in self.set.iter().zip(&values) {
            if let Some(slot) = changed.get_mut(*column) {
                *slot = value.clone();
            }
        }
        let changed = Batch::new(changed, 1);
        refuse_false(def, plan.checks.iter(), &changed, &scope)?;
        let updated = ready!(txn.update_row(plan.table, id, &self.set, &values, 0, pins, missing))?;
        Poll::Ready(Ok(
            updated.map(|u| (changed.columns, plan.count_updated(u.changed)))
        ))
    }
}

/// The values that a row gets which the row `new` collides with; `None` if the condition leaves it as it is.
pub(super) fn assigned(
    (set, filter): (&[(usize, Expr)], Option<&Expr>),
    old: &[Column],
    new: impl Iterator<Item = Column>,
    scope: &Scope<'_>,
) -> Result<Option<Vec<Column>>> {
    let both = Batch::new(old.iter().cloned().chain(new).collect(), 1);
    if let Some(filter) = filter
        && eval_filter(filter, &both, scope)?.is_empty()
    {
        return Ok(None);
    }
    let values: Result<Vec<Column>> = set.iter().map(|(_, expr)| eval(expr, &both, scope)).collect();
    values.map(Some)
}
