//! Statements about one row, by its key, without operators: queries answered from the leaf, which is fetched if
//! need be, and changes made by one row operation without waiting.
//!
//! A change inside a transaction is made in its private version; one that is its own transaction is a
//! [direct commit](crate::router::Direct). Whatever does not fit (a missing block, a busy commit
//! latch, a commit that must be durable first) leaves everything as it was and takes the general way.

use super::prepared::Planned;
use super::session::Session;
use super::{Outcome, RowStream};
use crate::router::Engine;
use crate::sql::exec::dml::{DmlResult, PointChange};
use crate::sql::exec::eval::Scope;
use crate::sql::exec::{PointRead, PointRow};
use crate::sql::functions::EvalContext;
use crate::sql::plan::{Query, Statement};
use crate::tree::{Missing, Pins};
use crate::txn::{IsolationLevel, Transaction, fetch};
use crate::types::{Batch, Result, Value};
use core::task::Poll;

impl Session {
    /// The outcome of a change of one row; `rows` are those of its VALUES list, if they were read
    /// already. `None`: the statement takes the general way.
    pub(super) fn run_point(
        &mut self,
        planned: &Planned,
        values: &[Value],
        rows: Option<&[Batch]>,
    ) -> Option<Result<Outcome>> {
        if self.is_read_committed() {
            return None;
        }
        let change = planned.change.as_ref()?;
        let given = match rows {
            None => None,
            Some([row]) if row.rows() == 1 => Some(row),
            Some(_) => return None,
        };
        match self.transaction {
            Some(_) => self.change_point(planned, change, values, given),
            None => self.commit_point(planned, change, values, given),
        }
    }

    /// After [`Session::run_point`]: writes what is pending, if it is too much.
    pub(super) async fn after_point(&self, done: Result<Outcome>) -> Result<Outcome> {
        self.shared.engine.limit_pending().await;
        done
    }

    /// The answer of a query for one row, whose blocks are fetched if need be. `None` as from
    /// [`Session::run_point`].
    pub(super) async fn query_point(
        &mut self,
        planned: &Planned,
        values: &[Value],
    ) -> Option<Result<Outcome>> {
        let (Some(point), Statement::Query(query)) = (&planned.point, &planned.statement) else {
            return None;
        };
        if self.is_read_committed() {
            return None;
        }
        let (mut pins, mut missing) = (Pins::new(), Missing::new());
        loop {
            match self.read_point(planned, point, values, &mut pins, &mut missing)? {
                Poll::Ready(found) => {
                    return Some(self.found_point(point, query, values, found, missing));
                }
                Poll::Pending => {
                    if let Err(e) = fetch(self.shared.engine.store(), &mut missing).await {
                        return Some(Err(e));
                    }
                }
            }
        }
    }

    /// Whether a transaction is open that moves to what is committed before each statement, which may wait.
    fn is_read_committed(&self) -> bool {
        let isolation = self.transaction.as_ref().map(|t| t.options().isolation);
        isolation == Some(IsolationLevel::ReadCommitted)
    }

    fn found_point(
        &mut self,
        point: &PointRead,
        query: &Query,
        values: &[Value],
        found: Result<Option<PointRow>>,
        mut missing: Missing,
    ) -> Result<Outcome> {
        self.shared.engine.counters().absorb(&mut missing);
        self.record_point(point, values);
        let row = found?;
        let rows = RowStream::of_point(self.shared.clone(), query.columns.clone(), row);
        Ok(Outcome::Rows(rows))
    }

    fn read_point(
        &self,
        planned: &Planned,
        point: &PointRead,
        values: &[Value],
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Option<Poll<Result<Option<PointRow>>>> {
        let view = self.view();
        if view.catalog().schema_version() != planned.schema_version {
            return None;
        }
        let engine = &self.shared.engine;
        // No part of a point read asks for the time.
        let scope = scope(engine, &self.schema, self.last_insert_id, values, false);
        Some(point.find(view.catalog(), &scope, pins, missing))
    }

    fn record_point(&mut self, point: &PointRead, values: &[Value]) {
        let scope = scope(
            &self.shared.engine,
            &self.schema,
            self.last_insert_id,
            values,
            false,
        );
        if let Some(reads) = self.transaction.as_mut().and_then(Transaction::record_reads) {
            point.record(&scope, reads);
        }
    }

    /// Changes a row in the open transaction.
    fn change_point(
        &mut self,
        planned: &Planned,
        change: &PointChange,
        values: &[Value],
        given: Option<&Batch>,
    ) -> Option<Result<Outcome>> {
        let engine = &self.shared.engine;
        engine.require_writable().ok()?;
        let transaction = self.transaction.as_mut()?;
        if transaction.options().read_only
            || transaction.is_in_statement()
            || transaction.catalog().schema_version() != planned.schema_version
        {
            return None;
        }
        let asks_clock = change.asks_clock();
        let scope = scope(engine, &self.schema, self.last_insert_id, values, asks_clock);
        let (mut pins, mut missing) = (Pins::new(), Missing::new());
        let row = &mut self.row;
        let computed = change.compute(transaction.catalog(), &scope, given, row, &mut pins, &mut missing);
        let Poll::Ready(Ok(())) = computed else {
            return None;
        };
        let changed = change.apply(&mut transaction.draft(), row, &mut pins, &mut missing);
        let Poll::Ready(done) = changed else {
            transaction.drop_statement();
            return None;
        };
        if let Some(reads) = transaction.record_reads() {
            change.record(&scope, reads);
        }
        transaction.end_statement();
        engine.counters().absorb(&mut missing);
        Some(done.map(|done| self.changed(done)))
    }

    /// Changes a row in a transaction of its own.
    fn commit_point(
        &mut self,
        planned: &Planned,
        change: &PointChange,
        values: &[Value],
        given: Option<&Batch>,
    ) -> Option<Result<Outcome>> {
        let engine = &self.shared.engine;
        let direct = engine.direct()?;
        let snapshot = direct.snapshot();
        let catalog = &snapshot.catalog;
        let table = catalog.get(change.table())?;
        if catalog.schema_version() != planned.schema_version || !engine.is_relaxed(table) {
            return None;
        }
        let asks_clock = change.asks_clock();
        let scope = scope(engine, &self.schema, self.last_insert_id, values, asks_clock);
        let (mut pins, mut missing) = (Pins::new(), Missing::new());
        let row = &mut self.row;
        let computed = change.compute(catalog, &scope, given, row, &mut pins, &mut missing);
        let Poll::Ready(Ok(())) = computed else {
            return None;
        };
        drop(snapshot); // or the change would copy what it holds
        let done = direct.commit(change.table(), &mut self.changes, |draft| {
            change.apply(draft, row, &mut pins, &mut missing)
        });
        let Poll::Ready(done) = done else {
            return None;
        };
        engine.counters().absorb(&mut missing);
        Some(done.map(|done| self.changed(done)))
    }

    fn changed(&mut self, done: DmlResult) -> Outcome {
        if let Some(id) = done.last_insert_id {
            self.last_insert_id = id;
        }
        Outcome::Affected {
            rows: done.affected,
            last_insert_id: done.last_insert_id,
        }
    }
}

fn scope<'s>(
    engine: &'s Engine,
    schema: &'s str,
    last_insert_id: i64,
    values: &'s [Value],
    asks_clock: bool,
) -> Scope<'s> {
    let host = &**engine.host();
    Scope {
        params: values,
        sub_results: &[],
        functions: EvalContext {
            now: if asks_clock { host.unix_micros() } else { 0 },
            host,
            schema,
            last_insert_id,
        },
    }
}
