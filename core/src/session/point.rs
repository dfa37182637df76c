//! Changes of one row, by its key, without operators and without waiting: made by one row operation.
//!
//! A change inside a transaction is made in its private version; one that is its own transaction is a
//! [direct commit](crate::router::Direct). Whatever does not fit (a missing block, a busy commit
//! latch, a commit that must be durable first) leaves everything as it was and takes the general way.

use super::Outcome;
use super::prepared::Planned;
use super::session::Session;
use crate::router::Engine;
use crate::sql::exec::dml::{DmlResult, PointChange};
use crate::sql::exec::eval::Scope;
use crate::sql::functions::EvalContext;
use crate::sql::memory::{Memory, Scratch};
use crate::tree::{Missing, Pins};
use crate::txn::{IsolationLevel, Transaction};
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
        let isolation = self.transaction.as_ref().map(|t| t.options().isolation);
        if isolation == Some(IsolationLevel::ReadCommitted) {
            // It moves to what is committed first, which may wait.
            return None;
        }
        // A transaction that only reads is the general way's to refuse.
        if self.transaction.is_none() && !self.is_as_usual() {
            return None;
        }
        let change = planned.change.as_ref()?;
        let given = match rows {
            None => None,
            Some([row]) if row.rows() == 1 => Some(row),
            Some(_) => return None,
        };
        if let Some(done) = self.append_point(planned, change, values, given) {
            return Some(done);
        }
        if let Err(e) = self.settle() {
            return Some(Err(e));
        }
        match self.transaction {
            Some(_) => self.change_point(planned, change, values, given),
            None => self.commit_point(planned, change, values, given),
        }
    }

    /// After [`Session::run_point`]: writes what is pending, if a commit has made it too much.
    pub(super) async fn after_point(&self, done: Result<Outcome>) -> Result<Outcome> {
        if self.transaction.is_none() && matches!(done, Ok(Outcome::Affected { .. })) {
            self.shared.engine.limit_pending().await;
        }
        done
    }

    /// Lets a row wait that the open transaction appends to a table.
    fn append_point(
        &mut self,
        planned: &Planned,
        change: &PointChange,
        values: &[Value],
        given: Option<&Batch>,
    ) -> Option<Result<Outcome>> {
        if !change.is_insert() {
            return None;
        }
        let engine = &self.shared.engine;
        let transaction = changeable(engine, &mut self.transaction, planned)?;
        let asks_clock = change.asks_clock();
        let memory = Memory::new(engine.config().query_memory());
        let scope = scope(
            engine,
            &self.schema,
            self.last_insert_id,
            self.row_count,
            values,
            asks_clock,
            &memory,
        );
        let done = change.append(&mut transaction.draft(), &scope, given)?;
        drop(scope);
        if done.is_err() {
            self.transaction = None;
        }
        Some(done.map(|done| self.changed(done)))
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
        let transaction = changeable(engine, &mut self.transaction, planned)?;
        let asks_clock = change.asks_clock();
        let memory = Memory::new(engine.config().query_memory());
        let scope = scope(
            engine,
            &self.schema,
            self.last_insert_id,
            self.row_count,
            values,
            asks_clock,
            &memory,
        );
        let (mut pins, mut missing) = (Pins::new(), Missing::new());
        let row = &mut self.row;
        let computed = change.compute(
            Some(transaction.catalog()),
            &scope,
            given,
            row,
            &mut pins,
            &mut missing,
        );
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
        drop(scope);
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
        let asks_clock = change.asks_clock();
        let memory = Memory::new(engine.config().query_memory());
        let scope = scope(
            engine,
            &self.schema,
            self.last_insert_id,
            self.row_count,
            values,
            asks_clock,
            &memory,
        );
        let (mut pins, mut missing) = (Pins::new(), Missing::new());
        let row = &mut self.row;
        let snapshot = change.reads_rows().then(|| direct.snapshot());
        let catalog = snapshot.as_ref().map(|s| &s.catalog);
        if catalog.is_some_and(|c| c.schema_version() != planned.schema_version) {
            return None;
        }
        let computed = change.compute(catalog, &scope, given, row, &mut pins, &mut missing);
        let Poll::Ready(Ok(())) = computed else {
            return None;
        };
        drop(snapshot); // or the change would copy what it holds
        let done = direct.commit(change.table(), &mut self.changes, |draft| {
            match draft.catalog().schema_version() == planned.schema_version {
                true => change.apply(draft, row, &mut pins, &mut missing),
                false => Poll::Pending,
            }
        });
        let Poll::Ready(done) = done else {
            return None;
        };
        engine.counters().absorb(&mut missing);
        drop(scope);
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

/// The open transaction, if a statement planned for a schema version may change it now.
fn changeable<'t>(
    engine: &Engine,
    open: &'t mut Option<Transaction>,
    planned: &Planned,
) -> Option<&'t mut Transaction> {
    engine.require_writable().ok()?;
    open.as_mut().filter(|t| {
        !t.options().read_only
            && !t.is_in_statement()
            && t.catalog().schema_version() == planned.schema_version
    })
}

pub(super) fn scope<'s>(
    engine: &'s Engine,
    schema: &'s str,
    last_insert_id: i64,
    row_count: i64,
    values: &'s [Value],
    asks_clock: bool,
    memory: &'s Memory,
) -> Scope<'s> {
    let host = &**engine.host();
    Scope {
        params: values,
        outer: &[],
        sub_results: &[],
        functions: EvalContext {
            now: if asks_clock { host.unix_micros() } else { 0 },
            host,
            schema,
            last_insert_id,
            row_count,
            // Statements that take numbers of sequences have no direct way.
            sequences: None,
            interrupt: None,
            scratch: Scratch::new(memory),
        },
    }
}
