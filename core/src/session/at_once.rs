//! Running prepared statements that have a direct way and need not wait for anything: without a future.

use super::Outcome;
use super::prepared::{Planned, Prepared};
use super::session::Session;
use crate::types::{Result, Value};
use alloc::sync::Arc;
use alloc::vec::Vec;

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
    /// Runs a prepared statement with these values if it has a direct way, and all it reads or changes is
    /// in memory. `None`: [`Session::execute_prepared`] runs it, or says what is wrong.
    ///
    /// # Errors
    /// Whatever the statement runs into.
    pub fn execute_at_once(&mut self, prepared: &Prepared, values: &[Value]) -> Option<Result<Outcome>> {
        self.shared.engine.require_open().ok()?;
        let begins = !self.autocommit && self.transaction.is_none();
        if begins || !prepared.parsed().variables().is_empty() {
            return None;
        }
        let recent = core::mem::take(&mut self.recent);
        let known = recent.find(prepared).and_then(|at| recent.plans.get(at));
        let mut done = None;
        if let Some((_, planned)) = known.filter(|(_, p)| p.is_latest(&self.place(), values)) {
            done = self.run_at_once(planned, values);
        }
        self.recent = recent;
        if done.is_some() {
            return done;
        }
        // Perhaps the plan is not known here yet, or the definitions have changed.
        let planned = self.plan(prepared, values, self.view().catalog()).ok()?;
        if !planned.is_direct() {
            return None;
        }
        self.recent.keep(prepared, planned.clone());
        self.run_at_once(&planned, values)
    }

    fn run_at_once(&mut self, planned: &Planned, values: &[Value]) -> Option<Result<Outcome>> {
        if planned.change.is_none() {
            let rows = self.answer_at_once(planned, values)?;
            self.row_count = -1;
            return Some(rows.map(Outcome::Rows));
        }
        // Too much is waiting to be written: whoever commits writes it, and that takes a while.
        if self.transaction.is_none() && self.shared.engine.is_over_limit() {
            return None;
        }
        let done = self.run_point(planned, values, None)?;
        self.note(&done);
        Some(done)
    }
}
