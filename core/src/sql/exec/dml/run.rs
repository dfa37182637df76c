//! A statement that changes rows, whichever it is, on its way through its two phases.

use super::{DeleteRun, DmlResult, InsertRun, ManyRun, UpdateRun};
use crate::catalog::{Catalog, TableId};
use crate::host::Host;
use crate::sql::exec::{Env, Watch};
use crate::sql::plan::{InsertSource, Query, Statement};
use crate::tree::Missing;
use crate::txn::Draft;
use crate::types::{Error, Result};
use alloc::sync::Arc;
use core::task::{Poll, ready};

/// Rows of a statement that counts as small.
const FEW_ROWS: usize = 64;
/// Bytes of their values.
const FEW_BYTES: usize = 64 << 10;

/// An INSERT, UPDATE, DELETE or MERGE under way.
pub struct DmlRun {
    /// `None`: several.
    table: Option<TableId>,
    kind: Kind,
    /// The number of rows is announced.
    applies: bool,
    /// EXPLAIN ANALYZE: where the only change counts.
    watch: Option<(Arc<Watch>, Arc<dyn Host>)>,
}

enum Kind {
    Insert(InsertRun),
    Update(UpdateRun),
    Delete(DeleteRun),
    Many(ManyRun),
}

/// Applies one body to whichever run it is.
macro_rules! each {
    ($kind:expr, $run:ident => $body:expr) => {
        match $kind {
            Kind::Insert($run) => $body,
            Kind::Update($run) => $body,
            Kind::Delete($run) => $body,
            Kind::Many($run) => $body,
        }
    };
}

impl DmlRun {
    /// A run in the given version of the database.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the table does not exist; [`Error::Invalid`] if the statement is none that
    /// changes rows.
    pub fn new(statement: &Statement, catalog: &Catalog, env: Env) -> Result<DmlRun> {
        let (source, _) = DmlRun::queries(statement)?;
        let watch = env.watch.clone().filter(|w| w.is_of(source));
        let watch = watch.map(|w| (w, env.host.clone()));
        let (table, kind) = match statement {
            Statement::Insert(i) => (
                Some(i.table),
                Kind::Insert(InsertRun::new(i.clone(), catalog, env)?),
            ),
            Statement::Update(u) => (
                Some(u.table),
                Kind::Update(UpdateRun::new(u.clone(), catalog, env)?),
            ),
            Statement::Delete(d) => (
                Some(d.table),
                Kind::Delete(DeleteRun::new(d.clone(), catalog, env)?),
            ),
            Statement::Changes(c) => (None, Kind::Many(ManyRun::new(c.clone(), catalog, env)?)),
            _ => return Err(Error::invalid("not a statement that changes rows")),
        };
        Ok(DmlRun {
            table,
            kind,
            applies: false,
            watch,
        })
    }

    /// The query that gives a statement its rows, and that of its RETURNING clause.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the statement is none that changes rows.
    pub fn queries(statement: &Statement) -> Result<(&Arc<Query>, Option<&Query>)> {
        match statement {
            Statement::Insert(i) => {
                let InsertSource::Query(source) = &i.source;
                Ok((source, i.returning.as_ref()))
            }
            Statement::Update(u) => Ok((&u.source, u.returning.as_ref())),
            Statement::Delete(d) => Ok((&d.source, d.returning.as_ref())),
            Statement::Changes(c) => Ok((&c.source, c.parts.iter().find_map(|p| p.change.returning()))),
            _ => Err(Error::invalid("not a statement that changes rows")),
        }
    }

    /// The table it changes; `None`: maybe several.
    pub fn table(&self) -> Option<TableId> {
        self.table
    }

    /// The first phase, to its end: finds the rows and computes what becomes of them. Changes nothing.
    ///
    /// # Errors
    /// Those of the statement's source; NOT NULL and CHECK.
    pub fn collect(&mut self, missing: &mut Missing) -> Poll<Result<()>> {
        each!(&mut self.kind, run => run.collect(missing))
    }

    /// Whether what was collected is little.
    pub fn is_small(&self) -> bool {
        let (rows, bytes) = each!(&self.kind, run => run.collected());
        rows <= FEW_ROWS && bytes <= FEW_BYTES
    }

    /// The second phase: makes the changes.
    ///
    /// # Errors
    /// Those of the row operations; the caller undoes the statement.
    pub fn apply(&mut self, draft: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<DmlResult>> {
        if !self.applies {
            let (rows, _) = each!(&self.kind, run => run.collected());
            if let Some(table) = self.table {
                draft.expect_rows(table, rows);
            }
            self.applies = true;
        }
        let start = self.watch.as_ref().map(|(_, host)| host.monotonic_micros());
        let done = each!(&mut self.kind, run => run.apply(draft, missing));
        if let (Some((watch, host)), Some(start), Some(_)) = (&self.watch, start, self.table) {
            let rows = match &done {
                Poll::Ready(Ok(done)) => done.affected,
                _ => 0,
            };
            watch.change(0).add(rows, start, &**host);
        }
        done
    }

    /// Both phases.
    ///
    /// # Errors
    /// Those of both.
    pub fn step(&mut self, draft: &mut Draft<'_>, missing: &mut Missing) -> Poll<Result<DmlResult>> {
        ready!(self.collect(missing))?;
        self.apply(draft, missing)
    }
}
