//! The rows of a statement whose changes are made one at a time, because triggers run between them.
//!
//! The first phase is that of every statement: the source runs to its end before anything is changed. NOT
//! NULL and CHECK wait, since a trigger may still change the row.

use super::checks::{refuse_false, refuse_null};
use super::derived::generate;
use super::distinct_rows::DistinctRows;
use super::insert::{automatic_columns, column_name, complete, keyed, with_keys};
use super::many::{rows_of, twice};
use super::returning::Returning;
use super::source::{Collected, Source, drain};
use super::upsert::assigned;
use crate::catalog::{Catalog, TableDef, TableId};
use crate::shared_sort::sort_shared;
use crate::sql::exec::Env;
use crate::sql::exec::eval::eval;
use crate::sql::memory::MemoryUse;
use crate::sql::plan::{
    Change, ChangePart, ConflictAction, Derived, Expr, Insert, InsertSource, Query, RowCheck, Statement,
    Update,
};
use crate::tree::Missing;
use crate::txn::Draft;
use crate::types::{Batch, Column, Error, Result, RowId};
use alloc::{sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// The first phase of such a statement.
pub struct CollectedRows {
    query: Arc<Query>,
    source: Source,
    env: Env,
    /// How rows are shared out; empty: one change takes them all.
    shares: Vec<ChangePart>,
    parts: Vec<RowChange>,
    /// With [`Changes::once`](crate::sql::plan::Changes::once): the rows that some change takes.
    taken: Option<DistinctRows>,
}

/// One change of a statement, and its rows.
pub struct RowChange {
    change: Change,
    def: Arc<TableDef>,
    distinct: DistinctRows,
    collected: Collected,
    returning: Option<Returning>,
    /// Of INSERT: a column per table column, and what else RETURNING reads. Of the others: a column per table column, the row id, the
    /// new values, and what else RETURNING reads.
    batches: Vec<Batch>,
}

impl CollectedRows {
    /// The rows of `statement` in the given version of the database.
    ///
    /// # Errors
    /// [`Error::Unknown`] if a table does not exist; [`Error::Invalid`] if the statement is none that
    /// changes rows.
    pub fn new(statement: &Statement, catalog: &Catalog, env: Env) -> Result<CollectedRows> {
        let mut shares = Vec::new();
        let mut once = false;
        let (query, changes) = match statement {
            Statement::Insert(i) => {
                let InsertSource::Query(query) = &i.source;
                (query, alloc::vec![Change::Insert(i.clone())])
            }
            Statement::Update(u) => (&u.source, alloc::vec![Change::Update(u.clone())]),
            Statement::Delete(d) => (&d.source, alloc::vec![Change::Delete(d.clone())]),
            Statement::Changes(c) => {
                once = c.once;
                shares.clone_from(&c.parts);
                (&c.source, c.parts.iter().map(|p| p.change.clone()).collect())
            }
            _ => return Err(Error::invalid("not a statement that changes rows")),
        };
        let part = |change: Change| -> Result<RowChange> {
            let table = match &change {
                Change::Insert(i) => i.table,
                Change::Update(u) => u.table,
                Change::Delete(d) => d.table,
            };
            let returning = change.returning();
            Ok(RowChange {
                def: catalog.table(table)?.def.clone(),
                distinct: DistinctRows::new(&query.plan, &env),
                collected: Collected::new(&env),
                returning: returning.map(|q| Returning::new(q, catalog, &env)).transpose()?,
                batches: Vec::new(),
                change,
            })
        };
        let parts: Result<Vec<RowChange>> = changes.into_iter().map(part).collect();
        Ok(CollectedRows {
            source: Source::new(query, catalog, &env)?,
            taken: once.then(|| DistinctRows::new(&query.plan, &env)),
            query: query.clone(),
            parts: parts?,
            shares,
            env,
        })
    }

    /// Finds the rows; changes nothing.
    ///
    /// # Errors
    /// Those of the source; [`Error::Invalid`] if MERGE would change a row twice.
    pub fn collect(&mut self, missing: &mut Missing) -> Poll<Result<()>> {
        for part in &mut self.parts {
            if let Some(returning) = &mut part.returning {
                ready!(returning.prepare(missing))?;
            }
        }
        let (shares, parts, taken, env) = (&self.shares, &mut self.parts, &mut self.taken, &self.env);
        let inserted = match parts.as_slice() {
            [only] => match &only.change {
                Change::Insert(i) => Some((i.clone(), only.def.clone())),
                _ => None,
            },
            _ => None,
        };
        let name = |i: usize| {
            let (insert, def) = inserted.as_ref()?;
            column_name(def, *insert.columns.get(i)?)
        };
        ready!(drain(
            &mut self.source,
            &self.query,
            &name,
            env,
            missing,
            |batch| {
                if shares.is_empty() {
                    return parts.iter_mut().try_for_each(|p| p.take(batch.clone(), env));
                }
                for (share, part) in shares.iter().zip(&mut *parts) {
                    let rows = rows_of(share, part.row_id(), &batch);
                    if rows.rows() == 0 {
                        continue;
                    }
                    if let (Some(taken), Some(id)) = (&mut *taken, part.row_id())
                        && taken.new_rows(&rows.column(id))?.is_some()
                    {
                        return Err(twice());
                    }
                    part.take(rows, env)?;
                }
                Ok(())
            }
        ))?;
        if let Some(env) = self.source.env() {
            self.env = env;
        }
        Poll::Ready(Ok(()))
    }

    /// The changes with their rows, and the surroundings for what they compute; what was read from is
    /// given up.
    pub fn finish(self) -> (Env, Vec<RowChange>) {
        (self.env, self.parts)
    }
}

impl RowChange {
    /// What becomes of the rows.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The table.
    pub fn table(&self) -> TableId {
        self.def.id
    }

    /// Its definition.
    pub fn def(&self) -> &Arc<TableDef> {
        &self.def
    }

    /// The rows, batch by batch, none of which has a selection.
    pub fn take_batches(&mut self) -> Vec<Batch> {
        core::mem::take(&mut self.batches)
    }

    /// The column of its rows that is the row id.
    fn row_id(&self) -> Option<usize> {
        match self.change {
            Change::Insert(_) => None,
            Change::Update(_) | Change::Delete(_) => Some(self.def.columns.len()),
        }
    }

    fn take(&mut self, mut batch: Batch, env: &Env) -> Result<()> {
        if let Some(id) = self.row_id()
            && let Some(rows) = self.distinct.new_rows(&batch.column(id))?
        {
            batch = batch.select(rows);
        }
        let batch = match &self.change {
            Change::Insert(plan) => complete(batch, plan, &self.def, env)?,
            Change::Update(_) | Change::Delete(_) => batch.compact(),
        };
        self.collected.add(batch.columns.iter())?;
        self.batches.push(batch);
        Ok(())
    }

    /// The id of a row of UPDATE or DELETE.
    pub fn id(&self, batch: &Batch, row: usize) -> Option<RowId> {
        let ids = batch.columns.get(self.def.columns.len())?;
        ids.i64s().get(row).copied().filter(|_| !ids.is_null(row))
    }

    /// A row of INSERT, one value per table column.
    pub fn row(&self, batch: &Batch, row: usize) -> Vec<Column> {
        let own = batch.columns.iter().take(self.def.columns.len());
        own.map(|c| c.slice(row, row + 1)).collect()
    }

    /// What comes behind a row of INSERT.
    pub fn behind(&self, batch: &Batch, row: usize) -> Vec<Column> {
        let others = batch.columns.iter().skip(self.def.columns.len());
        others.map(|c| c.slice(row, row + 1)).collect()
    }

    /// What a row of UPDATE becomes: `old` with the new values.
    pub fn updated(&self, plan: &Update, old: &[Column], batch: &Batch, row: usize) -> Vec<Column> {
        let values = batch.columns.iter().skip(self.def.columns.len() + 1);
        let mut new = old.to_vec();
        for (column, values) in plan.set.iter().zip(values) {
            if let Some(place) = new.get_mut(*column) {
                *place = values.slice(row, row + 1);
            }
        }
        new
    }

    /// What the row of an upsert becomes that `new` collides with; `None`: it stays as it is.
    ///
    /// # Errors
    /// Those of the expressions.
    pub fn upserted(
        &self,
        (set, filter): (&[(usize, Expr)], Option<&Expr>),
        old: &[Column],
        (new, behind): (&[Column], &[Column]),
        env: &Env,
    ) -> Result<Option<Vec<Column>>> {
        let new = new.iter().chain(behind).cloned();
        let values = assigned((set, filter), old, new, &env.scope())?;
        Ok(values.map(|values| {
            let mut changed = old.to_vec();
            for ((column, _), value) in set.iter().zip(values) {
                if let Some(place) = changed.get_mut(*column) {
                    *place = value;
                }
            }
            changed
        }))
    }

    /// The columns that the statement sets in rows that exist; of an INSERT: that one of its clauses sets.
    pub fn sets(&self, clause: usize) -> Vec<usize> {
        match &self.change {
            Change::Insert(i) => match i.on_conflict.get(clause).map(|c| &c.action) {
                Some(ConflictAction::Update { set, .. }) => set.iter().map(|(c, _)| *c).collect(),
                _ => Vec::new(),
            },
            Change::Update(u) => u.set.clone(),
            Change::Delete(_) => Vec::new(),
        }
    }

    /// What the engine sets in rows that a statement updates, whatever it sets.
    fn derived(&self, clause: usize) -> Option<&Derived> {
        match &self.change {
            Change::Insert(i) => match i.on_conflict.get(clause).map(|c| &c.action) {
                Some(ConflictAction::Update { derived, .. }) => Some(derived),
                _ => None,
            },
            Change::Update(u) => Some(&u.derived),
            Change::Delete(_) => None,
        }
    }

    /// The columns written when a row is updated of which a statement or triggers set the columns `set`.
    pub fn written(&self, clause: usize, mut set: Vec<usize>, generated: &[(usize, Expr)]) -> Vec<usize> {
        let touched = self.derived(clause).map_or(&[][..], |d| &d.touched);
        set.extend(touched.iter().chain(generated).map(|(c, _)| *c));
        sort_shared(&mut set, Ord::cmp);
        set.dedup();
        set
    }

    /// Sets what the engine sets itself in the row `new`, which was `old`: ON UPDATE CURRENT_TIMESTAMP, but in the
    /// columns `set`, and generated columns.
    ///
    /// # Errors
    /// Those of the expressions, [`Error::NotNull`].
    pub fn derive(
        &self,
        clause: usize,
        old: &[Column],
        new: &mut [Column],
        set: &[usize],
        generated: &[(usize, Expr)],
        env: &Env,
    ) -> Result<()> {
        let scope = env.scope();
        let changed = old.iter().zip(new.iter()).any(|(o, n)| !o.is_same(0, n, 0));
        let touched = self.derived(clause).map_or(&[][..], |d| &d.touched);
        for (column, expr) in touched.iter().filter(|(c, _)| changed && !set.contains(c)) {
            if let Some(place) = new.get_mut(*column) {
                *place = eval(expr, &Batch::new(Vec::new(), 1), &scope)?;
            }
        }
        let mut row = Batch::new(new.to_vec(), 1);
        generate(generated, &self.def, &mut row, &scope)?;
        for (place, value) in new.iter_mut().zip(row.columns) {
            *place = value;
        }
        Ok(())
    }

    /// A row of INSERT with its generated columns, and with its key, which they may depend on, if there are any.
    ///
    /// # Errors
    /// Those of the expressions; [`Error::OutOfRange`] if no key is left.
    pub fn generate(
        &self,
        plan: &Insert,
        row: Vec<Column>,
        txn: &mut Draft<'_>,
        env: &Env,
    ) -> Result<(Vec<Column>, Option<i64>)> {
        if plan.generated.is_empty() && !plan.checks.iter().any(|c| c.of_view) {
            return Ok((row, None));
        }
        let (row, key) = keyed(plan, &self.def, row, txn, env)?;
        Ok((row.columns, key))
    }

    /// Refuses a row that is about to be written: NOT NULL, CHECK.
    ///
    /// # Errors
    /// [`Error::NotNull`], [`Error::CheckViolated`].
    pub fn check(&self, row: &[Column], inserted: bool, env: &Env) -> Result<()> {
        let checks: &[RowCheck] = match &self.change {
            Change::Insert(i) => &i.checks,
            Change::Update(u) => &u.checks,
            Change::Delete(_) => &[],
        };
        for (i, value) in row.iter().enumerate() {
            if !(inserted && automatic_columns(&self.def).any(|g| g == i)) {
                refuse_null(&self.def, i, value)?;
            }
        }
        refuse_false(
            &self.def,
            checks.iter(),
            &Batch::new(row.to_vec(), 1),
            &env.scope(),
        )
    }

    /// A row that was inserted, with the values generated for it.
    ///
    /// # Errors
    /// [`Error::CheckViolated`] for a value that was generated.
    pub fn inserted(
        &self,
        plan: &Insert,
        row: Vec<Column>,
        (id, generated): (RowId, Option<i64>),
        env: &Env,
    ) -> Result<Vec<Column>> {
        match generated {
            None => Ok(row),
            Some(value) => with_keys(plan, &self.def, row, (id, value), &env.scope()),
        }
    }

    /// Adds a changed row to those of RETURNING, with what else it reads of the statement's row.
    ///
    /// # Errors
    /// Those of the clause's expressions.
    pub fn returns(&mut self, row: &[Column], batch: &Batch, at: usize) -> Result<()> {
        let Some(returning) = &mut self.returning else {
            return Ok(());
        };
        let read = match &self.change {
            Change::Insert(_) => self.def.columns.len(),
            Change::Update(u) => self.def.columns.len() + 1 + u.set.len(),
            Change::Delete(_) => self.def.columns.len() + 1,
        };
        let others = batch.columns.iter().skip(read).map(|c| c.slice(at, at + 1));
        let columns = row.iter().cloned().chain(others).collect();
        returning.add(Batch::new(columns, 1))
    }

    /// The rows of RETURNING.
    pub fn finish(&mut self) -> Option<Vec<Batch>> {
        self.returning.take().map(Returning::finish)
    }
}

/// Rows whose keys collide with those of rows that are yet to change.
pub struct WaitingRows<T> {
    rows: Vec<T>,
    memory: MemoryUse,
    bytes: usize,
}

impl<T> WaitingRows<T> {
    /// None.
    pub fn new(env: &Env) -> WaitingRows<T> {
        WaitingRows {
            rows: Vec::new(),
            memory: env.memory.part(),
            bytes: 0,
        }
    }

    /// One more, whose values are these.
    ///
    /// # Errors
    /// [`Error::QueryMemory`].
    pub fn push(&mut self, row: T, values: &[Column]) -> Result<()> {
        let values: usize = values.iter().map(Column::memory).sum();
        self.bytes = self
            .bytes
            .saturating_add(values)
            .saturating_add(2 * size_of::<T>());
        self.memory.set(self.bytes)?;
        self.rows.push(row);
        Ok(())
    }

    /// All of them.
    pub fn take(&mut self) -> Vec<T> {
        core::mem::take(&mut self.rows)
    }
}
