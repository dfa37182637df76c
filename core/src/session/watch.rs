//! Queries whose answer somebody keeps up to date: run, with a watch on what they read.
//!
//! What a query reads is told by its plan, as for SERIALIZABLE. A query that cannot be planned, because a table is gone,
//! say, watches the definitions: it may be possible again after the next change of them. Only commits count: that time
//! passes, or RAND() would say something else, is no change.

use super::prepared::Prepared;
use super::session::Session;
use super::{Params, RowStream, read_ranges};
use crate::sql::exec::QueryRun;
use crate::sql::plan::Statement;
use crate::txn::{ReadSet, Watch};
use crate::types::{Error, Result, Value};
use alloc::sync::Arc;

/// A query that was run, and what it waits for.
pub struct Watched {
    /// Its rows, or why there are none.
    pub rows: Result<RowStream>,
    /// Fires at the first commit after the rows' snapshot that touches what was read.
    pub watch: Watch,
}

impl Session {
    /// Runs a query on what is committed now, and watches what it reads.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is no query, or reads a temporary table, whose changes are no commits;
    /// [`Error::TransactionState`] in a transaction; [`Error::Parameter`] if the values do not fit; [`Error::Closed`].
    /// What else the query runs into is in [`Watched::rows`].
    pub fn watch(&mut self, prepared: &Prepared, params: impl Into<Params>) -> Result<Watched> {
        let engine = &self.shared.engine;
        engine.require_open()?;
        if self.transaction.is_some() {
            return Err(Error::TransactionState {
                message: "a query is watched outside transactions; COMMIT or ROLLBACK first".into(),
            });
        }
        let values = params.into().resolve(prepared.parsed().parameter_names())?;
        let values = self.with_variables(prepared.parsed(), values)?;
        let history = engine.history();
        let base = history.begin();
        let mut catalog = base.snapshot().catalog.clone();
        catalog.set_temporary_tables(&self.temporary);
        let mut reads = ReadSet::default();
        let rows = match self.plan(prepared, &values, &catalog) {
            Ok(planned) => {
                let Statement::Query(query) = &planned.statement else {
                    return Err(Error::invalid("only a query can be watched"));
                };
                let env = self.env(Arc::<[Value]>::from(values).into());
                read_ranges::record(query, &env, &mut reads);
                planned.views.iter().for_each(|view| reads.view(view.clone()));
                let run = QueryRun::new(query.clone(), &catalog, env);
                run.map(|run| RowStream::of_run(self.shared.clone(), run))
            }
            Err(e) => {
                reads.definitions();
                Err(e)
            }
        };
        if let Some(table) = reads.tables().find(|t| t.is_temporary()) {
            let name = catalog.table(table)?.def.name.clone();
            return Err(Error::invalid(alloc::format!(
                "table {name} is temporary: it cannot be watched"
            )));
        }
        let watch = history.watch(&base, reads);
        // Closed meanwhile, it would wait for ever.
        engine.require_open()?;
        Ok(Watched { rows, watch })
    }
}
