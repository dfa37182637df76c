//! INSERT, REPLACE and upserts: completing the rows, then putting them in by the batch or one by one.

use super::DmlResult;
use super::ahead::{Ahead, LOOK_AHEAD};
use super::checks::{reads_column, refuse_false, refuse_null};
use super::derived::generate;
use super::returning::Returning;
use super::source::{Collected, Source, drain};
use super::upsert::Upsert;
use crate::catalog::{Catalog, TableDef};
use crate::sql::exec::Env;
use crate::sql::exec::eval::{Scope, eval};
use crate::sql::plan::{ConflictAction, Expr, Insert, InsertSource, Query};
use crate::tree::Missing;
use crate::txn::Draft;
use crate::types::{Batch, Column, Physical, Result, RowId};
use alloc::{sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// An INSERT under way.
pub struct InsertRun {
    plan: Arc<Insert>,
    def: Arc<TableDef>,
    env: Env,
    /// Gone when everything is collected.
    source: Option<Source>,
    /// Whether generated columns depend on keys that are given out when a row goes in: they are computed then.
    keys_first: bool,
    collected: Collected,
    /// Collected rows: one column per table column, and what else RETURNING reads.
    batches: Vec<Batch>,
    /// Position of the next row: batch, and row in it.
    next: (usize, usize),
    /// The bulk path was tried for this batch and does not apply.
    one_by_one: bool,
    ahead: Ahead,
    output: Output,
    /// For each clause about conflicts.
    upserts: Vec<Upsert>,
}

/// What the rows put in so far leave behind.
struct Output {
    affected: u64,
    last_insert_id: Option<i64>,
    returning: Option<Returning>,
    /// Rows for RETURNING of the batch at hand.
    rows: Vec<Column>,
}

impl InsertRun {
    /// A run of `plan` in the given version of the database.
    ///
    /// # Errors
    /// [`Unknown`](crate::Error::Unknown) if the table does not exist.
    pub fn new(plan: Arc<Insert>, catalog: &Catalog, env: Env) -> Result<InsertRun> {
        let table = catalog.table(plan.table)?;
        let def = table.def.clone();
        // A view looks at the key as it will be; for a CHECK it may be NULL first.
        let of_views = plan.checks.iter().filter(|c| c.of_view).map(|c| &c.condition);
        let computed: Vec<&Expr> = plan.generated.iter().map(|(_, e)| e).chain(of_views).collect();
        let depends = |key: usize| computed.iter().any(|e| reads_column(e, key));
        let keys_first = automatic_columns(&def).any(depends);
        let returning = plan.returning.as_ref();
        let InsertSource::Query(query) = &plan.source;
        Ok(InsertRun {
            source: Some(Source::new(query, catalog, &env)?),
            output: Output {
                affected: 0,
                last_insert_id: None,
                returning: returning.map(|q| Returning::new(q, catalog, &env)).transpose()?,
                rows: Vec::new(),
            },
            upserts: plan.on_conflict.iter().map(|c| Upsert::new(&c.action)).collect(),
            keys_first,
            plan,
            def,
            collected: Collected::new(&env),
            env,
            batches: Vec::new(),
            next: (0, 0),
            one_by_one: false,
            ahead: Ahead::default(),
        })
    }

    /// Puts the collected rows in.
    ///
    /// # Errors
    /// [`DuplicateKey`](crate::Error::DuplicateKey); what computing upserts and RETURNING runs into. The
    /// caller undoes the statement.
    pub(super) fn apply(&mut self, txn: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<DmlResult>> {
        while let Some(batch) = self.batches.get(self.next.0).cloned() {
            let plain = self.plan.on_conflict.is_empty() && !self.keys_first;
            let bulk = plain && batch.len > 1;
            if bulk && !self.one_by_one {
                self.one_by_one = !ready!(self.whole_batch(&batch, txn, missing))?;
            } else {
                while self.next.1 < batch.len {
                    match self.row(&batch, self.next.1, txn, missing) {
                        Poll::Ready(done) => done?,
                        Poll::Pending => {
                            self.look_ahead(&batch, txn, missing)?;
                            return Poll::Pending;
                        }
                    }
                    self.next.1 += 1;
                    self.ahead.row_done(&self.env)?;
                }
                self.output.flush()?;
                self.one_by_one = false;
                self.next = (self.next.0 + 1, 0);
            }
        }
        Poll::Ready(Ok(DmlResult {
            affected: self.output.affected,
            last_insert_id: self.output.last_insert_id,
            returning: self.output.returning.take().map(Returning::finish),
        }))
    }

    /// Computes the rows to insert; changes nothing.
    ///
    /// # Errors
    /// Those of the source, [`NotNull`](crate::Error::NotNull), [`CheckViolated`](crate::Error::CheckViolated).
    pub(super) fn collect(&mut self, missing: &mut Missing) -> Poll<Result<()>> {
        let Some(source) = &mut self.source else {
            return Poll::Ready(Ok(()));
        };
        if let Some(returning) = &mut self.output.returning {
            ready!(returning.prepare(missing))?;
        }
        let (plan, def, env) = (&*self.plan, &*self.def, &self.env);
        let (collected, batches) = (&mut self.collected, &mut self.batches);
        let keys_first = self.keys_first;
        let name = |i: usize| plan.columns.get(i).and_then(|c| column_name(def, *c));
        let query: &Query = {
            let InsertSource::Query(query) = &plan.source;
            query
        };
        ready!(drain(source, query, &name, env, missing, |batch| {
            take(batch, (plan, def, env), keys_first, collected, batches)
        }))?;
        if let Some(env) = source.env() {
            self.env = env;
        }
        // Its cursors hold leaves: while they do, every change of one copies it.
        self.source = None;
        Poll::Ready(Ok(()))
    }

    /// Collects rows that are not its own source's.
    pub(super) fn take(&mut self, batch: Batch) -> Result<()> {
        let statement = (&*self.plan, &*self.def, &self.env);
        take(
            batch,
            statement,
            self.keys_first,
            &mut self.collected,
            &mut self.batches,
        )
    }

    /// How many rows were collected, and their bytes.
    pub(super) fn collected(&self) -> (usize, usize) {
        (self.batches.iter().map(Batch::rows).sum(), self.collected.bytes())
    }

    /// Puts a batch in by the bulk path; false if that does not apply.
    fn whole_batch(
        &mut self,
        batch: &Batch,
        txn: &mut Draft<'_>,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        self.env.check_interrupt()?;
        let pins = &mut self.ahead.pins;
        let own = own_columns(&self.def, batch);
        let inserted = ready!(txn.insert_batch(self.plan.table, own, batch.len, pins, missing))?;
        self.ahead.pins.clear();
        let Some((ids, generated)) = inserted else {
            return Poll::Ready(Ok(false));
        };
        let mut rows = batch.clone();
        if let (Some(first), Some(column)) = (generated, self.def.row_id_column) {
            self.output.last_insert_id.get_or_insert(first);
            if let Some(slot) = rows.columns.get_mut(column) {
                *slot = Column::from_i64(ids);
            }
            check_automatic(&self.plan, &self.def, column, &rows, &self.env.scope())?;
        }
        self.output.affected += batch.len as u64;
        if let Some(returning) = &mut self.output.returning {
            returning.add(rows)?;
        }
        self.next = (self.next.0 + 1, 0);
        Poll::Ready(Ok(true))
    }

    /// Puts one row in, or does what the statement says about conflicts.
    fn row(
        &mut self,
        batch: &Batch,
        row: usize,
        txn: &mut Draft<'_>,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        let table = self.plan.table;
        let keyed = match self.keys_first {
            true => {
                let one = batch.columns.iter().map(|c| c.slice(row, row + 1)).collect();
                let (one, key) = keyed(&self.plan, &self.def, one, txn, &self.env)?;
                refuse_false(&self.def, self.plan.checks.iter(), &one, &self.env.scope())?;
                Some((one, key))
            }
            false => None,
        };
        let (batch, row, key) = match &keyed {
            Some((keyed, key)) => (keyed, 0, *key),
            None => (batch, row, None),
        };
        let pins = &mut self.ahead.pins;
        let own = own_columns(&self.def, batch);
        if !self.plan.on_conflict.is_empty() {
            let found = ready!(txn.conflicts(table, own, row, pins, missing))?;
            let clause = self.plan.conflict_clause(&found);
            let action = clause.and_then(|(at, id)| {
                let clause = self.plan.on_conflict.get(at)?;
                Some((&clause.action, self.upserts.get(at)?, id))
            });
            match action {
                // None, or the insert below says which key it is.
                None => {}
                Some((ConflictAction::Ignore, ..)) => return Poll::Ready(Ok(())),
                Some((ConflictAction::Replace, ..)) => {
                    // If the insert below has to wait, the next turn finds no conflict any more.
                    for (id, _) in found {
                        let replaced = ready!(txn.replace_row(table, id, pins, missing))?;
                        self.output.affected += u64::from(replaced && self.plan.counts_existing);
                    }
                }
                Some((ConflictAction::Update { set, filter, derived }, upsert, id)) => {
                    let assignments = (set.as_slice(), filter.as_ref(), derived);
                    let new = (batch, row);
                    let updated = ready!(upsert.update(
                        (&self.plan, &self.def, &self.env),
                        assignments,
                        id,
                        new,
                        txn,
                        pins,
                        missing
                    ))?;
                    if let Some((mut columns, count)) = updated {
                        let behind = batch.columns.iter().skip(self.def.columns.len());
                        columns.extend(behind.map(|c| c.slice(row, row + 1)));
                        self.output.affected += count;
                        self.output.push(&columns, 0);
                    }
                    return Poll::Ready(Ok(()));
                }
            }
        }
        let (id, generated) = ready!(txn.insert_row(table, own, row, pins, missing))?;
        self.inserted(batch, row, id, generated)?;
        self.output.last_insert_id = self.output.last_insert_id.or(key);
        Poll::Ready(Ok(()))
    }

    fn inserted(&mut self, batch: &Batch, row: usize, id: RowId, generated: Option<i64>) -> Result<()> {
        self.output.affected += 1;
        let Some(value) = generated else {
            self.output.push(&batch.columns, row);
            return Ok(());
        };
        self.output.last_insert_id.get_or_insert(value);
        let columns = batch.columns.iter().map(|c| c.slice(row, row + 1)).collect();
        let columns = with_keys(&self.plan, &self.def, columns, (id, value), &self.env.scope())?;
        self.output.push(&columns, 0);
        Ok(())
    }

    /// Asks for the blocks of the rows after the one that waits, too.
    fn look_ahead(&mut self, batch: &Batch, txn: &mut Draft<'_>, missing: &mut Missing) -> Result<()> {
        let from = self.next.1 + 1;
        let to = from.saturating_add(LOOK_AHEAD).min(batch.len);
        let pins = &mut self.ahead.pins;
        let own = own_columns(&self.def, batch);
        for row in from..to {
            // Pending is the point: it notes what is missing.
            let looked = match self.plan.on_conflict.is_empty() {
                true => {
                    let table = txn.catalog().table(self.plan.table)?;
                    let given = self.def.row_id_column.and_then(|c| own.get(c));
                    let given = given.filter(|c| !c.is_null(row)).and_then(|c| c.i64s().get(row));
                    let id = given.copied().unwrap_or_else(|| table.sequence.peek());
                    table.prepare_insert(id, own, row, pins, missing)
                }
                false => txn
                    .conflicts(self.plan.table, own, row, pins, missing)
                    .map_ok(|_| ()),
            };
            if let Poll::Ready(looked) = looked {
                looked?;
            }
        }
        self.ahead.looked();
        Ok(())
    }
}

impl Output {
    /// Adds a row to those of RETURNING.
    fn push(&mut self, columns: &[Column], row: usize) {
        if self.returning.is_none() {
            return;
        }
        if self.rows.is_empty() {
            self.rows = columns.iter().map(|c| Column::new(c.physical())).collect();
        }
        for (to, from) in self.rows.iter_mut().zip(columns) {
            to.push_from(from, row);
        }
    }

    fn flush(&mut self) -> Result<()> {
        let columns = core::mem::take(&mut self.rows);
        let rows = columns.first().map_or(0, Column::len);
        match &mut self.returning {
            Some(returning) => returning.add(Batch::new(columns, rows)),
            None => Ok(()),
        }
    }
}

fn take(
    batch: Batch,
    (plan, def, env): (&Insert, &TableDef, &Env),
    keys_first: bool,
    collected: &mut Collected,
    batches: &mut Vec<Batch>,
) -> Result<()> {
    let mut batch = complete(batch, plan, def, env)?;
    for (i, (values, column)) in batch.columns.iter().zip(&def.columns).enumerate() {
        if column.generated.is_none() && !automatic_columns(def).any(|g| g == i) {
            refuse_null(def, i, values)?;
        }
    }
    if !keys_first {
        generate(&plan.generated, def, &mut batch, &env.scope())?;
        refuse_false(def, plan.checks.iter(), &batch, &env.scope())?;
    }
    collected.add(batch.columns.iter())?;
    batches.push(batch);
    Ok(())
}

/// A row with its key and the generated columns, and the key if it is a new one. While the row waits it stays the
/// same.
pub(super) fn keyed(
    plan: &Insert,
    def: &TableDef,
    columns: Vec<Column>,
    txn: &mut Draft<'_>,
    env: &Env,
) -> Result<(Batch, Option<i64>)> {
    let mut one = Batch::new(columns, 1);
    let mut key = None;
    for column in automatic_columns(def) {
        let Some(slot) = one.columns.get_mut(column).filter(|c| c.is_null(0)) else {
            continue;
        };
        let value = txn.reserve_key(plan.table, column)?;
        key = Some(value);
        *slot = key_column(slot.physical(), value);
    }
    generate(&plan.generated, def, &mut one, &env.scope())?;
    Ok((one, key))
}

/// A row with the keys given out when it went in, of which one is the row id.
pub(super) fn with_keys(
    plan: &Insert,
    def: &TableDef,
    mut columns: Vec<Column>,
    (id, value): (RowId, i64),
    scope: &Scope<'_>,
) -> Result<Vec<Column>> {
    for column in automatic_columns(def) {
        let Some(slot) = columns.get_mut(column).filter(|c| c.is_null(0)) else {
            continue;
        };
        let value = match def.row_id_column == Some(column) {
            true => id,
            false => value,
        };
        *slot = key_column(slot.physical(), value);
        check_automatic(plan, def, column, &Batch::new(columns.clone(), 1), scope)?;
    }
    Ok(columns)
}

/// The CHECKs that read a key, which was NULL when all were checked.
fn check_automatic(
    plan: &Insert,
    def: &TableDef,
    column: usize,
    rows: &Batch,
    scope: &Scope<'_>,
) -> Result<()> {
    let checks = plan.checks.iter().filter(|c| reads_column(&c.condition, column));
    refuse_false(def, checks, rows, scope)
}

/// The columns of the table in a batch of [`complete`].
fn own_columns<'b>(def: &TableDef, batch: &'b Batch) -> &'b [Column] {
    batch.columns.get(..def.columns.len()).unwrap_or(&batch.columns)
}

/// The rows of a source batch with every column of the table, and behind them what else RETURNING reads.
pub(super) fn complete(batch: Batch, plan: &Insert, def: &TableDef, env: &Env) -> Result<Batch> {
    let rows = batch.rows();
    let nothing = Batch::new(Vec::new(), rows);
    let scope = env.scope();
    let mut columns = Vec::with_capacity(def.columns.len());
    for (i, column) in def.columns.iter().enumerate() {
        let given = plan.columns.iter().position(|c| *c == i);
        let values = match (given, plan.defaults.get(i)) {
            (Some(k), _) => batch.column(k),
            (None, Some(Some(default))) => eval(default, &nothing, &scope)?,
            (None, _) => Column::nulls(column.ty.physical(), rows),
        };
        columns.push(values);
    }
    columns.extend((plan.columns.len()..batch.columns.len()).map(|c| batch.column(c)));
    Ok(Batch::new(columns, rows))
}

/// A key as the value of a column.
fn key_column(physical: Physical, key: i64) -> Column {
    match physical {
        Physical::Decimal => Column::from_decimals(alloc::vec![i128::from(key)]),
        _ => Column::from_i64(alloc::vec![key]),
    }
}

/// The columns in which NULL stands for the next value of the table's sequence.
pub(super) fn automatic_columns(def: &TableDef) -> impl Iterator<Item = usize> + '_ {
    let automatic = def.columns.iter().position(|c| c.auto_increment);
    let other = automatic.filter(|c| Some(*c) != def.row_id_column);
    def.row_id_column.into_iter().chain(other)
}

/// `table.column`, for messages.
pub(super) fn column_name(def: &TableDef, column: usize) -> Option<alloc::string::String> {
    let column = def.columns.get(column)?;
    Some(alloc::format!("{}.{}", def.name, column.name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{Bench, check, column, insert, int, returned, returning_name_and_id, text};
    use super::*;
    use crate::sql::plan::Derived;
    use crate::sql::plan::Expr;
    use crate::types::{Error, Value};
    use alloc::{boxed::Box, vec};

    #[test]
    fn generated_ids_are_returned_and_the_first_is_the_last_insert_id() {
        for mut b in Bench::both(3) {
            let rows = ["a", "b", "c"].map(|n| [Value::Null, text(n), int(1)]);
            let mut plan = insert(rows.to_vec(), None);
            plan.returning = returning_name_and_id();
            let result = b.insert(plan).unwrap();
            assert_eq!((result.affected, result.last_insert_id), (3, Some(4)));
            assert_eq!(returned(result.returning), ["a 4", "b 5", "c 6"]);
            // Given and generated ids in one statement go row by row.
            let mixed = vec![[int(20), text("d"), int(1)], [Value::Null, text("e"), int(1)]];
            let mut plan = insert(mixed, None);
            plan.returning = returning_name_and_id();
            let result = b.insert(plan).unwrap();
            assert_eq!((result.affected, result.last_insert_id), (2, Some(21)));
            assert_eq!(returned(result.returning), ["d 20", "e 21"]);
            assert_eq!(b.rows().len(), 8);
        }
    }

    #[test]
    fn constraints_are_checked_and_named() {
        for mut b in Bench::both(0) {
            let mut plan = insert(
                vec![[int(1), text("a"), int(9)], [int(2), text("b"), int(10)]],
                None,
            );
            plan.checks = vec![check()];
            assert_eq!(
                b.insert(plan.clone()).map(|r| r.affected),
                Err(Error::CheckViolated {
                    table: "t".into(),
                    constraint: "small".into()
                })
            );
            plan.source = insert(vec![[int(1), text("a"), Value::Null]], None).source;
            assert_eq!(b.insert(plan).map(|r| r.affected), Ok(1), "NULL passes a CHECK");
            let again = insert(vec![[int(7), text("a"), int(1)]], None);
            assert_eq!(
                b.insert(again).map(|r| r.affected),
                Err(Error::DuplicateKey {
                    table: "t".into(),
                    index: "by_name".into(),
                    key: "'a'".into()
                })
            );
        }
    }

    #[test]
    fn conflicts_are_ignored_replaced_or_updated() {
        let rows = || vec![[int(2), text("k2"), int(5)], [int(9), text("new"), int(5)]];
        for mut b in Bench::both(3) {
            let ignored = b.insert(insert(rows(), Some(ConflictAction::Ignore))).unwrap();
            assert_eq!(ignored.affected, 1);
            assert_eq!(b.rows(), ["1 k1 0", "2 k2 0", "3 k3 0", "9 new 5"]);
        }
        for mut b in Bench::both(3) {
            // Collides with row 1 by its id and with row 3 by its name: both go.
            let row = vec![[int(1), text("k3"), int(5)]];
            assert_eq!(
                b.insert(insert(row, Some(ConflictAction::Replace)))
                    .unwrap()
                    .affected,
                1
            );
            assert_eq!(b.rows(), ["1 k3 5", "2 k2 0"]);
        }
        for mut b in Bench::both(3) {
            // SET grp = the new row's grp, then with a condition on the old row that is false.
            let action = |filter| ConflictAction::Update {
                set: vec![(2, column(5))],
                filter,
                derived: Derived::default(),
            };
            let mut plan = insert(rows(), Some(action(None)));
            plan.returning = returning_name_and_id();
            let result = b.insert(plan).unwrap();
            assert_eq!(result.affected, 2);
            assert_eq!(returned(result.returning), ["k2 2", "new 9"]);
            assert_eq!(b.rows(), ["1 k1 0", "2 k2 5", "3 k3 0", "9 new 5"]);
            let old_name_is_null = Expr::IsNull {
                operand: Box::new(column(1)),
                negated: false,
            };
            let plan = insert(
                vec![[int(3), text("x"), int(7)]],
                Some(action(Some(old_name_is_null))),
            );
            assert_eq!(b.insert(plan).unwrap().affected, 0);
            assert_eq!(b.rows().len(), 4);
        }
    }
}
