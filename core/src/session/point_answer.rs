//! Answering a query for one row by its key without operators, where its block is resident.

use super::prepared::{Planned, Prepared};
use super::session::Session;
use super::{Outcome, RowStream};
use crate::sql::exec::eval::Scope;
use crate::sql::functions::EvalContext;
use crate::sql::plan::Statement;
use crate::tree::{Missing, Pins};
use crate::txn::{IsolationLevel, Transaction};
use crate::types::{Result, Value};
use core::task::Poll;

impl Session {
    /// The answer of a query for one row by its key, if the row's block is resident. `None`: the statement
    /// takes the general way.
    pub(super) fn read_point(&mut self, prepared: &Prepared, values: &[Value]) -> Option<Result<Outcome>> {
        // An error is the general way's to report.
        let planned = self.plan(prepared, values, self.view().catalog()).ok()?;
        self.answer_point(&planned, values)
    }

    /// As [`Session::read_point`], with the plan.
    pub(super) fn answer_point(&mut self, planned: &Planned, values: &[Value]) -> Option<Result<Outcome>> {
        let (Some(point), Statement::Query(query)) = (&planned.point, &planned.statement) else {
            return None;
        };
        let view = match &self.transaction {
            // It moves to what is committed first, which may wait.
            Some(t) if t.options().isolation == IsolationLevel::ReadCommitted => return None,
            _ => self.view(),
        };
        if view.catalog().schema_version() != planned.schema_version {
            return None;
        }
        let engine = &self.shared.engine;
        let scope = Scope {
            params: values,
            sub_results: &[],
            functions: EvalContext {
                now: 0, // no part of a point read asks for the time
                host: &**engine.host(),
                schema: &self.schema,
                last_insert_id: self.last_insert_id,
            },
        };
        let (mut pins, mut missing) = (Pins::new(), Missing::new());
        let Poll::Ready(found) = point.find(view.catalog(), &scope, &mut pins, &mut missing) else {
            return None;
        };
        engine.counters().absorb(&mut missing);
        drop(view);
        if let Some(reads) = self.transaction.as_mut().and_then(Transaction::record_reads) {
            point.record(&scope, reads);
        }
        let row = match found {
            Ok(row) => row,
            Err(e) => return Some(Err(e)),
        };
        let stream = RowStream::of_point(self.shared.clone(), query.columns.clone(), row);
        Some(Ok(Outcome::Rows(stream)))
    }
}
