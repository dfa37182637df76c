//! UPDATE and DELETE of several tables, MERGE: one source whose rows are shared out to several changes.

use super::distinct_rows::DistinctRows;
use super::source::{Source, drain, unnamed};
use super::{DeleteRun, DmlResult, InsertRun, UpdateRun};
use crate::catalog::Catalog;
use crate::sql::exec::Env;
use crate::sql::plan::{Change, ChangePart, Changes};
use crate::tree::Missing;
use crate::txn::Draft;
use crate::types::{Batch, Column, Error, Result};
use alloc::{sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// Such a statement under way.
pub struct ManyRun {
    plan: Arc<Changes>,
    env: Env,
    /// Gone when everything is collected.
    source: Option<Source>,
    parts: Vec<Part>,
    /// With [`Changes::once`]: the rows that some change takes.
    taken: Option<DistinctRows>,
    /// The change that is being made.
    next: usize,
    affected: u64,
    returning: Option<Vec<Batch>>,
}

/// A change, fed with rows; where the row id is among them.
enum Part {
    Insert(InsertRun),
    Update(UpdateRun, usize),
    Delete(DeleteRun, usize),
}

impl ManyRun {
    /// A run of `plan` in the given version of the database.
    ///
    /// # Errors
    /// [`Error::Unknown`] if a table does not exist.
    pub fn new(plan: Arc<Changes>, catalog: &Catalog, env: Env) -> Result<ManyRun> {
        let mut parts = Vec::with_capacity(plan.parts.len());
        for part in &plan.parts {
            let env = env.clone();
            parts.push(match &part.change {
                Change::Insert(i) => Part::Insert(InsertRun::new(i.clone(), catalog, env)?),
                Change::Update(u) => {
                    let width = catalog.table(u.table)?.def.columns.len();
                    Part::Update(UpdateRun::new(u.clone(), catalog, env)?, width)
                }
                Change::Delete(d) => {
                    let width = catalog.table(d.table)?.def.columns.len();
                    Part::Delete(DeleteRun::new(d.clone(), catalog, env)?, width)
                }
            });
        }
        Ok(ManyRun {
            source: Some(Source::new(&plan.source, catalog, &env)?),
            taken: plan.once.then(|| DistinctRows::new(&plan.source.plan, &env)),
            plan,
            env,
            parts,
            next: 0,
            affected: 0,
            returning: None,
        })
    }

    /// Finds the rows of all changes; changes nothing.
    ///
    /// # Errors
    /// Those of the source and of the changes; [`Error::Invalid`] if a row is to be changed twice.
    pub(super) fn collect(&mut self, missing: &mut Missing) -> Poll<Result<()>> {
        let Some(source) = &mut self.source else {
            return Poll::Ready(Ok(()));
        };
        let (plan, parts, taken) = (&*self.plan, &mut self.parts, &mut self.taken);
        ready!(drain(
            source,
            &plan.source,
            &unnamed,
            &self.env,
            missing,
            |batch| {
                for (part, run) in plan.parts.iter().zip(&mut *parts) {
                    let rows = rows_of(part, run.row_id(), &batch);
                    if rows.rows() == 0 {
                        continue;
                    }
                    if let (Some(taken), Some(id)) = (&mut *taken, run.row_id())
                        && taken.new_rows(&rows.column(id))?.is_some()
                    {
                        return Err(twice());
                    }
                    run.take(rows)?;
                }
                Ok(())
            }
        ))?;
        // Its cursors hold leaves: while they do, every change of one copies it.
        self.source = None;
        Poll::Ready(Ok(()))
    }

    /// How many rows were collected, and their bytes.
    pub(super) fn collected(&self) -> (usize, usize) {
        let each = self.parts.iter().map(Part::collected);
        each.fold((0, 0), |(rows, bytes), (r, b)| {
            (rows + r, bytes.saturating_add(b))
        })
    }

    /// Makes the changes, one after the other.
    ///
    /// # Errors
    /// Those of the row operations; the caller undoes the statement.
    pub(super) fn apply(&mut self, txn: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<DmlResult>> {
        while let Some(part) = self.parts.get_mut(self.next) {
            let start = self.env.host.monotonic_micros();
            let done = part.apply(txn, missing);
            if let Some(watch) = self.env.watch.as_ref().filter(|w| w.is_of(&self.plan.source)) {
                let rows = match &done {
                    Poll::Ready(Ok(done)) => done.affected,
                    _ => 0,
                };
                watch.change(self.next).add(rows, start, &*self.env.host);
            }
            let done = ready!(done)?;
            self.affected += done.affected;
            if let Some(rows) = done.returning {
                self.returning.get_or_insert_default().extend(rows);
            }
            self.next += 1;
        }
        Poll::Ready(Ok(DmlResult {
            affected: self.affected,
            last_insert_id: None,
            returning: self.returning.take(),
        }))
    }
}

impl Part {
    /// The column of its rows that is the row id.
    fn row_id(&self) -> Option<usize> {
        match self {
            Part::Insert(_) => None,
            Part::Update(_, id) | Part::Delete(_, id) => Some(*id),
        }
    }

    fn take(&mut self, rows: Batch) -> Result<()> {
        match self {
            Part::Insert(run) => run.take(rows),
            Part::Update(run, _) => run.take(rows),
            Part::Delete(run, _) => run.take(rows),
        }
    }

    fn collected(&self) -> (usize, usize) {
        match self {
            Part::Insert(run) => run.collected(),
            Part::Update(run, _) => run.collected(),
            Part::Delete(run, _) => run.collected(),
        }
    }

    fn apply(&mut self, txn: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<DmlResult>> {
        match self {
            Part::Insert(run) => run.apply(txn, missing),
            Part::Update(run, _) => run.apply(txn, missing),
            Part::Delete(run, _) => run.apply(txn, missing),
        }
    }
}

/// The error that MERGE would change a row twice.
pub(super) fn twice() -> Error {
    Error::invalid("MERGE would change a row a second time: more than one row of the source matches it")
}

/// The rows of a batch of the source that a change takes.
pub(super) fn rows_of(part: &ChangePart, row_id: Option<usize>, batch: &Batch) -> Batch {
    let columns: Vec<Column> = part.columns.iter().map(|c| batch.column(*c)).collect();
    let when = part.when.map(|w| batch.column(w));
    let of_table = row_id
        .and_then(|id| columns.get(id))
        .and_then(Column::null_bitmap);
    let takes = |row: usize| {
        let wanted = |w: &Column| !w.is_null(row) && w.i64s().get(row) == Some(&1);
        when.as_ref().is_none_or(wanted) && !of_table.is_some_and(|nulls| nulls.get(row))
    };
    let rows: Vec<u32> = (0..batch.rows() as u32)
        .filter(|row| takes(*row as usize))
        .collect();
    let all = rows.len() == batch.rows();
    let taken = Batch::new(columns, batch.rows());
    if all { taken } else { taken.select(rows) }
}
