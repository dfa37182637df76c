//! Queries answered without operators, from the leaves: for one row, whose blocks are fetched if need be, or for
//! the few rows of a range of keys.
//!
//! What does not fit (a missing block of a range, a READ COMMITTED transaction that has to move first) leaves everything
//! as it was and takes the general way.

use super::RowStream;
use super::point::scope;
use super::prepared::Planned;
use super::session::Session;
use crate::sql::memory::Memory;
use crate::sql::plan::Statement;
use crate::tree::{Missing, Pins};
use crate::txn::{IsolationLevel, Transaction, fetch};
use crate::types::{Result, Value};
use core::task::Poll;

impl Session {
    /// The rows of a planned query, whose blocks are fetched if it is for one row (unless the session reads
    /// from memory only); `None`: it takes the general way.
    pub(super) async fn answer_fetching(
        &mut self,
        planned: &Planned,
        values: &[Value],
    ) -> Option<Result<RowStream>> {
        if self.resident_only {
            return self.answer_at_once(planned, values);
        }
        let (mut pins, mut missing) = (Pins::new(), Missing::new());
        loop {
            match self.try_answer(planned, values, &mut pins, &mut missing)? {
                Poll::Ready(rows) => return Some(rows),
                Poll::Pending => {
                    if let Err(e) = fetch(self.shared.engine.store(), &mut missing).await {
                        return Some(Err(e));
                    }
                }
            }
        }
    }

    /// As [`Session::answer_fetching`] if nothing has to be waited for; `None` also if something has.
    pub(super) fn answer_at_once(
        &mut self,
        planned: &Planned,
        values: &[Value],
    ) -> Option<Result<RowStream>> {
        let (mut pins, mut missing) = (Pins::new(), Missing::new());
        loop {
            match self.try_answer(planned, values, &mut pins, &mut missing)? {
                Poll::Ready(rows) => return Some(rows),
                Poll::Pending => {
                    if let Err(e) = missing.fetch_at_once(self.shared.engine.store()?)? {
                        return Some(Err(e));
                    }
                }
            }
        }
    }

    /// The rows of a planned query; `Pending`: blocks are missing, which may be fetched to try again.
    fn try_answer(
        &mut self,
        planned: &Planned,
        values: &[Value],
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Option<Poll<Result<RowStream>>> {
        let Statement::Query(query) = &planned.statement else {
            return None;
        };
        if !planned.is_direct() {
            return None;
        }
        let isolation = self.transaction.as_ref().map(|t| t.options().isolation);
        if isolation == Some(IsolationLevel::ReadCommitted) {
            // It moves to what is committed first, which may wait.
            return None;
        }
        if let Err(e) = self.settle() {
            return Some(Poll::Ready(Err(e)));
        }
        let view = self.view();
        let catalog = view.catalog();
        if catalog.schema_version() != planned.schema_version {
            return None;
        }
        let engine = &self.shared.engine;
        // No part of a direct read asks for the time.
        let memory = Memory::new(engine.config().query_memory());
        let scope = scope(
            engine,
            &self.schema,
            self.last_insert_id,
            self.row_count,
            values,
            false,
            &memory,
        );
        let rows = match (&planned.point, &planned.range) {
            (Some(point), _) => {
                let Poll::Ready(found) = point.find(catalog, &scope, pins, missing) else {
                    return Some(Poll::Pending);
                };
                found.map(|row| RowStream::of_row(query.columns.clone(), row))
            }
            // What a SERIALIZABLE transaction reads is to be recorded.
            (None, Some(range)) if isolation != Some(IsolationLevel::Serializable) => {
                match range.find(catalog, &scope, pins, missing) {
                    Poll::Ready(Ok(Some(rows))) => Ok(RowStream::of_rows(query.columns.clone(), rows)),
                    Poll::Ready(Err(e)) => Err(e),
                    // The operators read and count it all again.
                    Poll::Ready(Ok(None)) | Poll::Pending => return None,
                }
            }
            _ => return None,
        };
        drop(view); // for whoever wants to change it in place
        if let Ok(rows) = &rows {
            rows.touch();
        }
        engine.counters().absorb_in(self.number, missing);
        if let Some(point) = &planned.point
            && let Some(reads) = self.transaction.as_mut().and_then(Transaction::record_reads)
        {
            point.record(&scope, reads);
        }
        Some(Poll::Ready(rows))
    }
}
