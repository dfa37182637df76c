//! DELETE.

use super::DmlResult;
use super::ahead::{Ahead, LOOK_AHEAD};
use super::distinct_rows::DistinctRows;
use super::returning::Returning;
use super::source::{Collected, Source, drain, unnamed};
use crate::catalog::{Catalog, TableDef};
use crate::sql::exec::Env;
use crate::sql::plan::Delete;
use crate::tree::Missing;
use crate::txn::Draft;
use crate::types::{Batch, Column, Result};
use alloc::{sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// A DELETE under way.
pub struct DeleteRun {
    plan: Arc<Delete>,
    def: Arc<TableDef>,
    env: Env,
    /// Gone when everything is collected.
    source: Option<Source>,
    collect: Collect,
    /// Position of the next row: in the collected ids, and in that column.
    next: (usize, usize),
    ahead: Ahead,
    affected: u64,
}

struct Collect {
    collected: Collected,
    returning: Option<Returning>,
    /// Row ids to delete.
    ids: Vec<Column>,
    distinct: DistinctRows,
}

impl DeleteRun {
    /// A run of `plan` in the given version of the database.
    ///
    /// # Errors
    /// [`Error::Unknown`](crate::Error::Unknown) if the table does not exist.
    pub fn new(plan: Arc<Delete>, catalog: &Catalog, env: Env) -> Result<DeleteRun> {
        let def = catalog.table(plan.table)?.def.clone();
        let returning = plan.returning.as_ref();
        let distinct = DistinctRows::new(&plan.source.plan, &env);
        Ok(DeleteRun {
            source: Some(Source::new(&plan.source, catalog, &env)?),
            collect: Collect {
                collected: Collected::new(&env),
                returning: returning.map(|q| Returning::new(q, catalog, &env)).transpose()?,
                ids: Vec::new(),
                distinct,
            },
            plan,
            def,
            env,
            next: (0, 0),
            ahead: Ahead::default(),
            affected: 0,
        })
    }

    /// Finds the rows to delete; changes nothing.
    ///
    /// # Errors
    /// Those of the source.
    pub(super) fn collect(&mut self, missing: &mut Missing) -> Poll<Result<()>> {
        if let Some(source) = &mut self.source {
            if let Some(returning) = &mut self.collect.returning {
                ready!(returning.prepare(missing))?;
            }
            let (collect, width) = (&mut self.collect, self.def.columns.len());
            ready!(drain(
                source,
                &self.plan.source,
                &unnamed,
                &self.env,
                missing,
                |batch| { collect.take(batch, width) }
            ))?;
            // Its cursors hold the table's leaves: while they do, every change copies.
            self.source = None;
        }
        Poll::Ready(Ok(()))
    }

    /// Collects rows that are not its own source's.
    pub(super) fn take(&mut self, batch: Batch) -> Result<()> {
        self.collect.take(batch, self.def.columns.len())
    }

    /// How many rows were collected, and their bytes.
    pub(super) fn collected(&self) -> (usize, usize) {
        let rows = self.collect.ids.iter().map(Column::len).sum();
        (rows, self.collect.collected.bytes())
    }

    /// Deletes the collected rows.
    ///
    /// # Errors
    /// Those of the row operations; the caller undoes the statement.
    pub(super) fn apply(&mut self, txn: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<DmlResult>> {
        while let Some(ids) = self.collect.ids.get(self.next.0) {
            while let Some(id) = ids.i64s().get(self.next.1) {
                match txn.delete_row(self.plan.table, *id, &mut self.ahead.pins, missing) {
                    Poll::Ready(deleted) => self.affected += u64::from(deleted?),
                    Poll::Pending => {
                        let table = txn.catalog().table(self.plan.table)?;
                        for id in ids.i64s().iter().skip(self.next.1 + 1).take(LOOK_AHEAD) {
                            // Pending is the point: it notes what is missing.
                            if let Poll::Ready(looked) =
                                table.prepare_remove(*id, &mut self.ahead.pins, missing)
                            {
                                looked?;
                            }
                        }
                        self.ahead.looked();
                        return Poll::Pending;
                    }
                }
                self.next.1 += 1;
                self.ahead.row_done(&self.env)?;
            }
            self.next = (self.next.0 + 1, 0);
        }
        Poll::Ready(Ok(DmlResult {
            affected: self.affected,
            last_insert_id: None,
            returning: self.collect.returning.take().map(Returning::finish),
        }))
    }
}

impl Collect {
    /// `width` columns of the table, the row id, and what else RETURNING reads.
    fn take(&mut self, mut batch: Batch, width: usize) -> Result<()> {
        if let Some(rows) = self.distinct.new_rows(&batch.column(width))? {
            batch = batch.select(rows);
        }
        let column = batch.column(width);
        self.collected.add(core::iter::once(&column))?;
        self.ids.push(column);
        if let Some(returning) = &mut self.returning {
            let read = (0..batch.columns.len()).filter(|i| *i != width);
            let columns = read.map(|i| batch.column(i)).collect();
            returning.add(Batch::new(columns, batch.rows()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{Bench, TABLE, delete, returned, returning_name_and_id};
    use crate::table::testing::run_on;
    use crate::tree::{Missing, Pins};
    use alloc::vec::Vec;

    #[test]
    fn rows_found_twice_are_deleted_and_returned_once() {
        for mut b in Bench::both(30) {
            let ids: Vec<i64> = (1..=28).rev().chain([5, 5]).collect();
            let mut plan = delete(&ids);
            plan.returning = returning_name_and_id();
            let result = b.delete(plan).unwrap();
            assert_eq!(result.affected, 28);
            assert_eq!(returned(result.returning).len(), 28);
            assert_eq!(b.rows(), ["29 k29 0", "30 k30 0"]);
        }
    }

    #[test]
    fn deleted_rows_are_put_back_without_waiting() {
        for mut b in Bench::both(40) {
            let before = b.rows();
            // Leaves that are emptied join their left neighbours, which somebody is reading just then.
            let table = b.txn.catalog().table(TABLE).unwrap().clone();
            let mut pins = Pins::new();
            for id in 1..=40 {
                let mut step = |missing: &mut Missing| table.rows.ensure(id, &mut pins, missing);
                run_on(b.store(), &mut step).unwrap();
            }
            let ids: Vec<i64> = (5..=8).chain(13..=20).chain([3, 30, 40]).collect();
            assert_eq!(b.delete(delete(&ids)).unwrap().affected, ids.len() as u64);
            drop((pins, table));
            assert_eq!(b.rows().len(), 40 - ids.len());
            b.txn.undo_statement().unwrap();
            assert_eq!(b.rows(), before);
        }
    }
}
