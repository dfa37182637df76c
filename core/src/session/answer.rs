//! Queries answered without operators, from the leaves: for one row, whose blocks are fetched if need be, or for
//! the few rows of a range of keys.
//!
//! What does not fit (a missing block of a range, a READ COMMITTED transaction that has to move first) leaves everything
//! as it was and takes the general way.

use super::RowStream;
use super::point::scope;
use super::prepared::{Planned, Prepared};
use super::session::Session;
use crate::sql::plan::Statement;
use crate::tree::{Missing, Pins};
use crate::txn::{IsolationLevel, Transaction, fetch};
use crate::types::{Result, Value};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Poll;

/// The plans a session used last, each with the id of its statement: other sessions, which share the
/// statements, are not in the way here.
#[derive(Default)]
pub(super) struct RecentPlans {
    plans: Vec<(u64, Arc<Planned>)>,
    /// Which one goes next.
    oldest: usize,
}

impl RecentPlans {
    /// Plans kept.
    const CAPACITY: usize = 8;

    fn find(&self, prepared: &Prepared) -> Option<usize> {
        self.plans.iter().position(|(id, _)| *id == prepared.id())
    }

    fn keep(&mut self, prepared: &Prepared, planned: Arc<Planned>) {
        let entry = (prepared.id(), planned);
        if let Some(at) = self.find(prepared).and_then(|at| self.plans.get_mut(at)) {
            *at = entry;
        } else if self.plans.len() < Self::CAPACITY {
            self.plans.push(entry);
        } else if let Some(at) = self.plans.get_mut(self.oldest) {
            *at = entry;
            self.oldest = (self.oldest + 1) % Self::CAPACITY;
        }
    }
}

impl Session {
    /// The rows of a prepared query for these values, if it has a direct way and all it reads is in memory.
    /// `None`: [`Session::execute_prepared`] runs it, or says what is wrong.
    ///
    /// # Errors
    /// Whatever the query runs into.
    pub fn answer(&mut self, prepared: &Prepared, values: &[Value]) -> Option<Result<RowStream>> {
        self.shared.engine.require_open().ok()?;
        let recent = core::mem::take(&mut self.recent);
        let known = recent.find(prepared).and_then(|at| recent.plans.get(at));
        let mut answer = None;
        if let Some((_, planned)) = known.filter(|(_, p)| p.is_latest(&self.schema, values)) {
            answer = self.answer_planned(planned, values);
        }
        self.recent = recent;
        if answer.is_some() {
            return answer;
        }
        // Perhaps the plan is not known here yet, or the definitions have changed.
        let planned = self.plan(prepared, values, self.view().catalog()).ok()?;
        if !planned.is_direct() {
            return None;
        }
        self.recent.keep(prepared, planned.clone());
        self.answer_planned(&planned, values)
    }

    /// The rows of a planned query, whose blocks are fetched if it is for one row; `None`: it takes the
    /// general way.
    pub(super) async fn answer_fetching(
        &mut self,
        planned: &Planned,
        values: &[Value],
    ) -> Option<Result<RowStream>> {
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

    /// The rows of a planned query if all it reads is in memory; `None`: it takes the general way.
    fn answer_planned(&mut self, planned: &Planned, values: &[Value]) -> Option<Result<RowStream>> {
        let (mut pins, mut missing) = (Pins::new(), Missing::new());
        match self.try_answer(planned, values, &mut pins, &mut missing)? {
            Poll::Ready(rows) => Some(rows),
            Poll::Pending => None,
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
        let view = self.view();
        let catalog = view.catalog();
        if catalog.schema_version() != planned.schema_version {
            return None;
        }
        let engine = &self.shared.engine;
        // No part of a direct read asks for the time.
        let scope = scope(engine, &self.schema, self.last_insert_id, values, false);
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
