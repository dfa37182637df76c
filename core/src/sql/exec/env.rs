//! What a running query refers to besides its data: parameters, results of sub-plans, the session's
//! facts and its memory. Fixed for the run of one statement, except that sub-plans add their
//! results before the plan itself starts.

use super::Watch;
use super::eval::{Scope, SubResult};
use super::row_buffer::RowBuffer;
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::sql::functions::{EvalContext, Sequences};
use crate::sql::memory::{Memory, Scratch};
use crate::tree::Missing;
use crate::types::{Batch, Result, Value};
use alloc::{sync::Arc, vec::Vec};

/// The surroundings of a statement.
#[derive(Clone)]
pub struct Env {
    /// Parameter values, by position.
    pub params: Arc<[Value]>,
    /// In a correlated subquery: what it depends on, for the row it runs for.
    pub outer: Vec<Value>,
    /// In a step of a recursive query: its work table, and those of queries around it, by id.
    pub work_tables: Vec<(usize, Arc<RowBuffer>)>,
    /// The rows of an INSERT's VALUES list, if they were read from the text already: batches of the list's
    /// types, which stand for it.
    pub rows: Option<Arc<Vec<Batch>>>,
    /// Results of the sub-plans that have run, by position.
    pub sub_results: Vec<SubResult>,
    /// The statement's fixed time: microseconds since the epoch, UTC.
    pub now: i64,
    /// Clock and randomness.
    pub host: Arc<dyn Host>,
    /// Current schema.
    pub schema: Arc<str>,
    /// Last AUTO_INCREMENT value of the session.
    pub last_insert_id: i64,
    /// How many rows the session's last statement changed.
    pub row_count: i64,
    /// The sequences that the statement sees.
    pub sequences: Sequences,
    /// What the statement holds, against its limit.
    pub memory: Arc<Memory>,
    /// Whether the statement is to stop.
    pub interrupt: Interrupt,
    /// EXPLAIN ANALYZE of a statement that changes rows: where it counts.
    pub watch: Option<Arc<Watch>>,
}

impl Env {
    /// The work table of a recursive query.
    pub fn work_table(&self, id: usize) -> Option<&RowBuffer> {
        let found = self.work_tables.iter().find(|(i, _)| *i == id);
        found.map(|(_, rows)| &**rows)
    }

    /// Sets the work table of a recursive query.
    pub fn set_work_table(&mut self, id: usize, rows: RowBuffer) {
        self.work_tables.retain(|(i, _)| *i != id);
        self.work_tables.push((id, Arc::new(rows)));
    }

    /// Whether the statement may go on.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::types::Error::Interrupted) if it is to stop.
    #[inline]
    pub fn check_interrupt(&self) -> Result<()> {
        self.interrupt.check(&*self.host)
    }

    /// What expressions may refer to.
    pub fn scope(&self) -> Scope<'_> {
        Scope {
            params: &self.params,
            outer: &self.outer,
            sub_results: &self.sub_results,
            functions: EvalContext {
                now: self.now,
                host: &*self.host,
                schema: &self.schema,
                last_insert_id: self.last_insert_id,
                row_count: self.row_count,
                sequences: Some(&self.sequences),
                interrupt: Some(&self.interrupt),
                scratch: Scratch::new(&self.memory),
            },
        }
    }
}

/// What one step of an operator works with.
pub struct Cx<'a> {
    /// Where blocks that are not resident are recorded before `Pending` is returned.
    pub missing: &'a mut Missing,
    /// The statement's surroundings.
    pub env: &'a Env,
}

impl Cx<'_> {
    /// To be asked by operators that read, repeat or multiply rows, once for each batch.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::types::Error::Interrupted) if the statement is to stop.
    #[inline]
    pub fn check_interrupt(&self) -> Result<()> {
        self.env.check_interrupt()
    }
}
