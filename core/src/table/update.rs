//! Updating one row, moving it when its row id changes.

use super::index_key::RowView;
use super::key_change::{KeyChange, KeyFailure};
use super::table::Table;
use super::undo_log::{NO_NOTE, UndoLog};
use super::wait::{Wait, settled};
use crate::tree::{Missing, Pins};
use crate::types::{Column, Error, Result, RowId};
use alloc::vec::Vec;
use core::task::{Poll, ready};

/// What an update did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Updated {
    /// The row's id afterwards.
    pub id: RowId,
    /// Whether a value is another one than before.
    pub changed: bool,
}

/// What an update will do, its leaves resident. It holds no leaf: changing one held here would copy it.
struct Plan {
    new_id: RowId,
    keys: Vec<KeyChange>,
    /// The whole new row, if it moves to another id: one value per stored column.
    moved: Option<Vec<Column>>,
}

impl Table {
    /// Whether new values of these columns may collide with other rows' keys.
    pub fn changes_keys(&self, set: &[usize]) -> bool {
        self.def.row_id_column.is_some_and(|c| set.contains(&c))
            || self.keys.iter().any(|k| k.is_unique() && k.touches(set))
    }

    /// Makes every leaf resident that this update touches.
    pub fn prepare_update(
        &self,
        id: RowId,
        set: &[usize],
        values: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        if !self.may_wait() {
            return Poll::Ready(Ok(()));
        }
        self.plan_update(id, set, values, row, pins, missing)
            .map_ok(|_| ())
    }

    /// Replaces the table columns `set` of row `id` by `values` (one column each, value at `row`).
    /// Only indexes on these columns change; a new value in the row id column moves the row.
    /// `None`: there is no such row. What it replaces is noted in `undo`.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`] for the new row id or a unique index; [`Error::NotNull`] for NULL as row id.
    pub fn update(
        &mut self,
        id: RowId,
        set: &[usize],
        values: &[Column],
        row: usize,
        undo: Option<&mut UndoLog>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<Updated>>> {
        if !self.def.row_id_column.is_some_and(|c| set.contains(&c))
            && !self.keys.iter().any(|k| k.touches(set))
        {
            let changed = ready!(self.update_stored(id, (set, values, row), undo, pins, missing))?;
            return Poll::Ready(Ok(changed.map(|changed| Updated { id, changed })));
        }
        let Some(plan) = ready!(self.plan_update(id, set, values, row, pins, missing))? else {
            return Poll::Ready(Ok(None));
        };
        let new_id = plan.new_id;
        if let Some(moved) = &plan.moved
            && !settled(self.rows.insert(new_id, moved, 0, pins, missing))?
        {
            return Poll::Ready(Err(self.duplicate_row_id(new_id)));
        }
        if let Err(failure) = self.change_keys(&plan.keys, id, new_id, pins, missing) {
            if plan.moved.is_some() {
                settled(self.rows.remove(new_id, NO_NOTE, pins, missing))?;
            }
            return Poll::Ready(Err(match failure {
                KeyFailure::Other(error) => error,
                KeyFailure::Duplicate(index) => {
                    self.duplicate_changed(index, id, (set, values, row), pins, missing)?
                }
            }));
        }
        let changed = if plan.moved.is_some() {
            let def = &self.def;
            let before = undo.map(|undo| {
                move |columns: &[Column], at: usize| undo.updated(def, (id, new_id), set, columns, at)
            });
            settled(self.rows.remove(id, before, pins, missing))?;
            self.sequence.raise_above(new_id);
            true
        } else {
            let written = settled(self.update_stored(id, (set, values, row), undo, pins, missing))?;
            written == Some(true)
        };
        Poll::Ready(Ok(Some(Updated { id: new_id, changed })))
    }

    fn plan_update(
        &self,
        id: RowId,
        set: &[usize],
        values: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<Plan>>> {
        let new_id = self.new_row_id(id, set, values, row)?;
        let moves = new_id != id;
        let Some(at) = ready!(self.rows.get(id, pins, missing))? else {
            return Poll::Ready(Ok(None));
        };
        let (columns, place) = at.leaf.columns_at(at.pos);
        let old = RowView::Stored { columns, row: place };
        let new = RowView::Changed {
            columns,
            at: place,
            set,
            values,
            row,
        };
        let mut keys = Vec::new();
        for (index, key) in self.keys.iter().enumerate() {
            if !moves && !key.touches(set) {
                continue;
            }
            let (old, new) = (key.encoded(id, old).0, key.encoded(new_id, new).0);
            if moves || old != new {
                keys.push(KeyChange { index, old, new });
            }
        }
        if self.may_wait() {
            let mut wait = Wait::default();
            wait.see(self.rows.ensure(id, pins, missing))?;
            wait.see(self.rows.ensure(new_id, pins, missing))?;
            self.ensure_keys(&keys, &mut wait, pins, missing)?;
            ready!(wait.done());
        }
        let moved = moves.then(|| self.changed_row(columns, place, set, values, row));
        Poll::Ready(Ok(Some(Plan { new_id, keys, moved })))
    }

    /// The row id after the change.
    fn new_row_id(&self, id: RowId, set: &[usize], values: &[Column], row: usize) -> Result<RowId> {
        let Some(column) = self.def.row_id_column else {
            return Ok(id);
        };
        let Some(values) = set.iter().position(|s| *s == column).and_then(|k| values.get(k)) else {
            return Ok(id);
        };
        match values.i64s().get(row) {
            Some(new) if !values.is_null(row) => Ok(*new),
            _ => Err(Error::NotNull {
                table: self.def.name.clone(),
                column: self
                    .def
                    .columns
                    .get(column)
                    .map_or_else(Default::default, |c| c.name.clone()),
            }),
        }
    }

    /// Replaces stored columns only. Returns whether a value is another one then; `None`: there is no such row.
    fn update_stored(
        &mut self,
        id: RowId,
        (set, values, row): (&[usize], &[Column], usize),
        undo: Option<&mut UndoLog>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<bool>>> {
        if set.len() != values.len() {
            return Poll::Ready(Err(self.wrong_width(values.len())));
        }
        let def = &self.def;
        let stored = set
            .iter()
            .zip(values)
            .filter_map(|(s, v)| def.stored_index(*s).map(|s| (s, v)));
        let mut changed = false;
        let differs = |columns: &[Column], at: usize| {
            let mut each = stored.clone();
            each.any(|(s, v)| columns.get(s).is_some_and(|old| !old.is_same(at, v, row)))
        };
        let before = |columns: &[Column], at: usize| {
            changed = differs(columns, at);
            if let Some(undo) = undo {
                undo.updated(def, (id, id), set, columns, at);
            }
        };
        let found = ready!(self.rows.update(id, stored.clone(), row, before, pins, missing))?;
        Poll::Ready(Ok(found.then_some(changed)))
    }

    /// The stored columns of a row after the change, one value each.
    fn changed_row(
        &self,
        columns: &[Column],
        at: usize,
        set: &[usize],
        values: &[Column],
        row: usize,
    ) -> Vec<Column> {
        let mut changed: Vec<Column> = columns.iter().map(|c| c.slice(at, at + 1)).collect();
        for (s, values) in set.iter().zip(values) {
            let slot = self.def.stored_index(*s).and_then(|s| changed.get_mut(s));
            if let Some(slot) = slot {
                *slot = values.slice(row, row + 1);
            }
        }
        changed
    }

    /// The error for a changed row whose key exists; reads the old row again, which is resident.
    fn duplicate_changed(
        &self,
        index: usize,
        id: RowId,
        (set, values, row): (&[usize], &[Column], usize),
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<Error> {
        let at = settled(self.rows.get(id, pins, missing))?;
        let (columns, at) = at.as_ref().map_or((&[][..], 0), |at| at.leaf.columns_at(at.pos));
        let view = RowView::Changed {
            columns,
            at,
            set,
            values,
            row,
        };
        Ok(self.duplicate_key(index, id, view))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Updated;
    use crate::table::testing::{Fixture, ints, texts};
    use crate::types::{Column, Error, Physical};

    fn filled() -> [Fixture; 2] {
        let mut both = Fixture::both();
        for t in &mut both {
            for i in 1..=20 {
                t.insert(
                    i,
                    &[ints(&[i]), texts(&[&alloc::format!("k{i}")]), ints(&[i % 3])],
                )
                .unwrap();
            }
        }
        both
    }

    #[test]
    fn keys_follow_the_values() {
        for mut t in filled() {
            let updated = |id, changed| Ok(Some(Updated { id, changed }));
            assert_eq!(
                t.update(4, &[1, 2], &[texts(&["new"]), ints(&[9])]),
                updated(4, true)
            );
            assert_eq!(
                t.update(4, &[1, 2], &[texts(&["new"]), ints(&[9])]),
                updated(4, false)
            );
            assert_eq!(
                t.update(4, &[2], &[Column::nulls(Physical::I64, 1)]),
                updated(4, true)
            );
            assert_eq!(
                t.update(4, &[2], &[Column::nulls(Physical::I64, 1)]),
                updated(4, false)
            );
            assert_eq!(t.text(4, 1).as_deref(), Some("new"));
            t.insert(30, &[ints(&[30]), texts(&["k4"]), ints(&[0])]).unwrap();
            assert_eq!(t.update(77, &[1], &[texts(&["x"])]), Ok(None));
            assert_eq!(t.check(), [""; 0]);
        }
    }

    #[test]
    fn a_collision_changes_nothing_and_names_the_new_key() {
        for mut t in filled() {
            let collision = t.update(4, &[2, 1], &[ints(&[5]), texts(&["k5"])]);
            assert_eq!(
                collision,
                Err(Error::DuplicateKey {
                    table: "t".into(),
                    index: "by_name".into(),
                    key: "'k5'".into()
                })
            );
            assert_eq!(t.text(4, 1).as_deref(), Some("k4"));
            assert_eq!(t.check(), [""; 0]);
        }
    }

    #[test]
    fn a_new_row_id_moves_the_row_with_its_keys() {
        for mut t in filled() {
            let moved = Updated {
                id: 400,
                changed: true,
            };
            assert_eq!(t.update(4, &[0], &[ints(&[400])]), Ok(Some(moved)));
            assert_eq!(t.text(400, 1).as_deref(), Some("k4"));
            assert_eq!(t.text(4, 1), None);
            assert!(matches!(
                t.update(400, &[0], &[ints(&[5])]),
                Err(Error::DuplicateKey { .. })
            ));
            let both = t.update(400, &[0, 1], &[ints(&[401]), texts(&["k5"])]);
            assert!(matches!(both, Err(Error::DuplicateKey { .. })));
            assert_eq!(t.text(401, 1), None);
            assert!(matches!(
                t.update(400, &[0], &[Column::nulls(Physical::I64, 1)]),
                Err(Error::NotNull { .. })
            ));
            assert_eq!(t.table.sequence.next(1), Ok(401));
            assert_eq!(t.check(), [""; 0]);
        }
    }
}
