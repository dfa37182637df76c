//! UPDATE.
//!
//! Rows whose keys change may collide with rows that are yet to change (`SET id = id + 1`). Such a
//! collision is no error: the row is put off, tried again after the others in the opposite order, and
//! what then still collides (two rows exchanging their keys) is first *parked*, with NULL in its unique
//! columns and a fresh row id, and placed when all of them are out of the way.

use super::DmlResult;
use super::ahead::{Ahead, LOOK_AHEAD};
use super::checks::{refuse_false, refuse_null};
use super::derived::derive;
use super::distinct_rows::DistinctRows;
use super::returning::Returning;
use super::source::{Collected, Source, drain, unnamed};
use crate::catalog::{Catalog, TableDef};
use crate::sql::exec::Env;
use crate::sql::memory::MemoryUse;
use crate::sql::plan::Update;
use crate::tree::Missing;
use crate::txn::Draft;
use crate::types::{Batch, Column, Error, Result, RowId, vec_capacity};
use alloc::{sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// Collected rows: their ids and the new values of the columns in SET.
struct Chunk {
    ids: Column,
    values: Vec<Column>,
}

/// A row that waits for others: where its values are, and its id now.
#[derive(Clone, Copy)]
struct Deferred {
    chunk: usize,
    row: usize,
    id: RowId,
}

/// How far applying has come.
#[derive(Clone, Copy)]
enum Phase {
    /// Every row in order: at this chunk and row.
    First(usize, usize),
    /// The rows put off, from last to first: this many are left.
    Again(usize),
    /// The rows that still collide give up their keys: at this one.
    Park(usize),
    /// They get their new ones: at this one.
    Place(usize),
}

/// An UPDATE under way.
pub struct UpdateRun {
    plan: Arc<Update>,
    def: Arc<TableDef>,
    env: Env,
    /// Gone when everything is collected.
    source: Option<Source>,
    collect: Collect,
    /// Table columns that are set, in the order of the values: those of the statement, then those the engine sets.
    set: Vec<usize>,
    /// Whether the statement may make keys collide.
    changes_keys: bool,
    phase: Phase,
    deferred: Vec<Deferred>,
    /// Of the rows that are put off.
    memory: MemoryUse,
    /// Rows put off a second time.
    colliding: Vec<Deferred>,
    /// The row id taken for parking a row, while that waits for blocks.
    parking_id: Option<RowId>,
    ahead: Ahead,
    affected: u64,
}

struct Collect {
    chunks: Vec<Chunk>,
    distinct: DistinctRows,
    collected: Collected,
    returning: Option<Returning>,
}

impl UpdateRun {
    /// A run of `plan` in the given version of the database.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the table does not exist.
    pub fn new(plan: Arc<Update>, catalog: &Catalog, env: Env) -> Result<UpdateRun> {
        let table = catalog.table(plan.table)?;
        let def = table.def.clone();
        let set: Vec<usize> = plan.set.iter().copied().chain(plan.derived.columns()).collect();
        let changes_keys = table.changes_keys(&set);
        let returning = plan.returning.as_ref();
        Ok(UpdateRun {
            source: Some(Source::new(&plan.source, catalog, &env)?),
            collect: Collect {
                chunks: Vec::new(),
                distinct: DistinctRows::new(&plan.source.plan, &env),
                collected: Collected::new(&env),
                returning: returning.map(|q| Returning::new(q, catalog, &env)).transpose()?,
            },
            plan,
            def,
            set,
            changes_keys,
            phase: Phase::First(0, 0),
            deferred: Vec::new(),
            memory: env.memory.part(),
            env,
            colliding: Vec::new(),
            parking_id: None,
            ahead: Ahead::default(),
            affected: 0,
        })
    }

    /// Finds the rows to update and computes their new values; changes nothing.
    ///
    /// # Errors
    /// Those of the source, [`Error::NotNull`], [`Error::CheckViolated`].
    pub(super) fn collect(&mut self, missing: &mut Missing) -> Poll<Result<()>> {
        if let Some(source) = &mut self.source {
            if let Some(returning) = &mut self.collect.returning {
                ready!(returning.prepare(missing))?;
            }
            let (collect, plan, def, env) = (&mut self.collect, &self.plan, &self.def, &self.env);
            ready!(drain(source, &plan.source, &unnamed, env, missing, |batch| {
                collect.take(batch, plan, def, env)
            }))?;
            // Its cursors hold the table's leaves: while they do, every change copies.
            self.source = None;
        }
        Poll::Ready(Ok(()))
    }

    /// Collects rows that are not its own source's.
    pub(super) fn take(&mut self, batch: Batch) -> Result<()> {
        self.collect.take(batch, &self.plan, &self.def, &self.env)
    }

    /// How many rows were collected, and their bytes.
    pub(super) fn collected(&self) -> (usize, usize) {
        let rows = self.collect.chunks.iter().map(|c| c.ids.len()).sum();
        (rows, self.collect.collected.bytes())
    }

    /// Updates the collected rows.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`]; the caller undoes the statement.
    pub(super) fn apply(&mut self, txn: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<DmlResult>> {
        loop {
            match self.phase {
                Phase::First(chunk, row) => ready!(self.first(chunk, row, txn, missing))?,
                Phase::Again(left) => ready!(self.again(left, txn, missing))?,
                Phase::Park(at) if at < self.colliding.len() => ready!(self.park(at, txn, missing))?,
                Phase::Park(_) => self.phase = Phase::Place(0),
                Phase::Place(at) => match self.colliding.get(at).copied() {
                    Some(row) => {
                        ready!(self.update(row, txn, missing))?;
                        self.phase = Phase::Place(at + 1);
                    }
                    None => break,
                },
            }
        }
        Poll::Ready(Ok(DmlResult {
            affected: self.affected,
            last_insert_id: None,
            returning: self.collect.returning.take().map(Returning::finish),
        }))
    }

    /// Updates one row under the id it has now, and counts it.
    fn update(&mut self, row: Deferred, txn: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<()>> {
        let Some(chunk) = self.collect.chunks.get(row.chunk) else {
            return Poll::Ready(Ok(()));
        };
        let (table, set, pins) = (self.plan.table, &self.set, &mut self.ahead.pins);
        let updated = ready!(txn.update_row(table, row.id, set, &chunk.values, row.row, pins, missing))?;
        self.affected += u64::from(updated.is_some_and(|u| u.changed));
        self.ahead.row_done(&self.env)?;
        Poll::Ready(Ok(()))
    }

    /// Whether an outcome puts the row off instead of ending the statement.
    fn puts_off(&self, outcome: &Poll<Result<()>>) -> bool {
        self.changes_keys && matches!(outcome, Poll::Ready(Err(Error::DuplicateKey { .. })))
    }

    fn first(
        &mut self,
        chunk: usize,
        row: usize,
        txn: &mut Draft<'_>,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        let Some(found) = self.collect.chunks.get(chunk) else {
            self.phase = Phase::Again(self.deferred.len());
            return Poll::Ready(Ok(()));
        };
        let Some(id) = found.ids.i64s().get(row).copied() else {
            self.phase = Phase::First(chunk + 1, 0);
            return Poll::Ready(Ok(()));
        };
        let this = Deferred { chunk, row, id };
        let outcome = self.update(this, txn, missing);
        if self.puts_off(&outcome) && self.plan.ignores {
            // The row stays as it is.
        } else if self.puts_off(&outcome) {
            // Those that collide again take as much once more.
            let grown = vec_capacity(self.deferred.capacity(), self.deferred.len() + 1);
            self.memory.set(grown.saturating_mul(2 * size_of::<Deferred>()))?;
            self.deferred.push(this);
        } else if outcome.is_pending() {
            self.look_ahead(chunk, row, txn, missing)?;
            return Poll::Pending;
        } else {
            ready!(outcome)?;
        }
        self.phase = Phase::First(chunk, row + 1);
        Poll::Ready(Ok(()))
    }

    /// Asks for the blocks of the rows after this one too.
    fn look_ahead(&mut self, chunk: usize, row: usize, txn: &Draft<'_>, missing: &mut Missing) -> Result<()> {
        let table = txn.catalog().table(self.plan.table)?;
        let Some(chunk) = self.collect.chunks.get(chunk) else {
            return Ok(());
        };
        let pins = &mut self.ahead.pins;
        for (row, id) in chunk.ids.i64s().iter().enumerate().skip(row + 1).take(LOOK_AHEAD) {
            // Pending is the point: it notes what is missing.
            if let Poll::Ready(looked) =
                table.prepare_update(*id, &self.set, &chunk.values, row, pins, missing)
            {
                looked?;
            }
        }
        self.ahead.looked();
        Ok(())
    }

    fn again(&mut self, left: usize, txn: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<()>> {
        let Some(row) = left.checked_sub(1).and_then(|i| self.deferred.get(i)).copied() else {
            self.phase = Phase::Park(0);
            return Poll::Ready(Ok(()));
        };
        let outcome = self.update(row, txn, missing);
        if self.puts_off(&outcome) {
            self.colliding.push(row);
        } else {
            ready!(outcome)?;
        }
        self.phase = Phase::Again(left - 1);
        Poll::Ready(Ok(()))
    }

    /// Takes a row's keys away: NULLs never collide, and a fresh row id does not either.
    fn park(&mut self, at: usize, txn: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<()>> {
        let Some(row) = self.colliding.get(at).copied() else {
            return Poll::Ready(Ok(()));
        };
        let table = txn.catalog().table(self.plan.table)?;
        let mut set = Vec::new();
        let mut values = Vec::new();
        for column in self.set.iter().copied() {
            if self.def.row_id_column == Some(column) {
                let id = match self.parking_id {
                    Some(id) => id,
                    None => table.sequence.next(1)?,
                };
                self.parking_id = Some(id);
                set.push(column);
                values.push(Column::from_i64(alloc::vec![id]));
            } else if let Some(def) = self.def.columns.get(column) {
                set.push(column);
                values.push(Column::nulls(def.ty.physical(), 1));
            }
        }
        let pins = &mut self.ahead.pins;
        let parked = ready!(txn.update_row(self.plan.table, row.id, &set, &values, 0, pins, missing))?;
        self.parking_id = None;
        self.ahead.row_done(&self.env)?;
        if let (Some(row), Some(parked)) = (self.colliding.get_mut(at), parked) {
            row.id = parked.id;
        }
        self.phase = Phase::Park(at + 1);
        Poll::Ready(Ok(()))
    }
}

impl Collect {
    fn take(&mut self, mut batch: Batch, plan: &Update, def: &TableDef, env: &Env) -> Result<()> {
        let width = def.columns.len();
        if let Some(rows) = self.distinct.new_rows(&batch.column(width))? {
            batch = batch.select(rows);
        }
        let mut chunk = Chunk {
            ids: batch.column(width),
            values: (0..plan.set.len()).map(|k| batch.column(width + 1 + k)).collect(),
        };
        for (column, values) in plan.set.iter().zip(&chunk.values) {
            refuse_null(def, *column, values)?;
        }
        derive(
            &plan.derived,
            def,
            &batch,
            &plan.set,
            &mut chunk.values,
            &env.scope(),
        )?;
        if !plan.checks.is_empty() || self.returning.is_some() {
            let set: Vec<usize> = plan.set.iter().copied().chain(plan.derived.columns()).collect();
            let changed = |i: usize| match set.iter().position(|s| *s == i) {
                Some(k) => chunk.values.get(k).cloned(),
                None => Some(batch.column(i)),
            };
            let mut rows = Batch::new((0..width).filter_map(changed).collect(), batch.rows());
            refuse_false(def, plan.checks.iter(), &rows, &env.scope())?;
            if let Some(returning) = &mut self.returning {
                let others = width + 1 + plan.set.len()..batch.columns.len();
                rows.columns.extend(others.map(|i| batch.column(i)));
                returning.add(rows)?;
            }
        }
        let columns = chunk.values.iter().chain([&chunk.ids]);
        self.collected.add(columns)?;
        self.chunks.push(chunk);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{Bench, check, int, returned, returning_name_and_id, text, update};
    use crate::types::{Error, Value};
    use alloc::{format, string::String, vec, vec::Vec};

    /// `UPDATE t SET id = new(id)` over rows `1..=n` in this order.
    fn new_ids(n: i64, new: impl Fn(i64) -> i64) -> crate::sql::plan::Update {
        let row = |i: i64| ([int(i), text(&format!("k{i}")), int(0)], vec![int(new(i))]);
        update(&[0], (1..=n).map(row).collect())
    }

    #[test]
    fn keys_may_be_shifted_and_exchanged_among_the_rows_of_one_statement() {
        let expected = |new: &dyn Fn(i64) -> i64| {
            let mut rows: Vec<(i64, String)> =
                (1..=20).map(|i| (new(i), format!("{} k{i} 0", new(i)))).collect();
            rows.sort();
            rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>()
        };
        let shifts: [fn(i64) -> i64; 3] = [|i| i + 1, |i| i - 1, |i| 21 - i];
        for new in shifts {
            for mut b in Bench::both(20) {
                assert_eq!(b.update(new_ids(20, new)).unwrap().affected, 20);
                assert_eq!(b.rows(), expected(&new));
            }
        }
        for mut b in Bench::both(3) {
            // Names go round in a circle: 1 -> k2, 2 -> k3, 3 -> k1.
            let row = |i: i64| {
                let next = i % 3 + 1;
                (
                    [int(i), text(&format!("k{i}")), int(0)],
                    vec![text(&format!("k{next}"))],
                )
            };
            assert_eq!(
                b.update(update(&[1], (1..=3).map(row).collect()))
                    .unwrap()
                    .affected,
                3
            );
            assert_eq!(b.rows(), ["1 k2 0", "2 k3 0", "3 k1 0"]);
        }
    }

    #[test]
    fn a_key_of_a_row_that_stays_collides() {
        for mut b in Bench::both(4) {
            let error = Error::DuplicateKey {
                table: "t".into(),
                index: "PRIMARY".into(),
                key: "4".into(),
            };
            assert_eq!(b.update(new_ids(3, |i| i + 1)).map(|r| r.affected), Err(error));
        }
        for mut b in Bench::both(4) {
            assert!(matches!(
                b.update(new_ids(3, |_| 9)),
                Err(Error::DuplicateKey { .. })
            ));
        }
    }

    #[test]
    fn constraints_hold_for_the_new_row_and_returning_shows_it() {
        for mut b in Bench::both(2) {
            let old = || [int(1), text("k1"), int(0)];
            let mut plan = update(&[2], vec![(old(), vec![int(10)])]);
            plan.checks = vec![check()];
            assert!(matches!(b.update(plan), Err(Error::CheckViolated { .. })));
            assert_eq!(
                b.update(update(&[0], vec![(old(), vec![Value::Null])]))
                    .map(|r| r.affected),
                Err(Error::NotNull {
                    table: "t".into(),
                    column: "id".into()
                })
            );
            let mut plan = update(&[1, 0], vec![(old(), vec![text("new"), int(8)])]);
            plan.returning = returning_name_and_id();
            assert_eq!(returned(b.update(plan).unwrap().returning), ["new 8"]);
        }
    }
}
