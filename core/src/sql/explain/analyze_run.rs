//! EXPLAIN ANALYZE: runs the query to its end, throws its rows away, and tells what each operator did.

use super::render_counted;
use crate::catalog::Catalog;
use crate::sql::exec::{Env, QueryRun};
use crate::sql::plan::{ExplainFormat, Query, Statement};
use crate::tree::Missing;
use crate::types::Result;
use alloc::{string::String, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// A query that runs to be explained.
pub struct AnalyzeRun {
    run: QueryRun,
    catalog: Catalog,
    format: ExplainFormat,
}

impl AnalyzeRun {
    /// Prepares the query; see [`QueryRun::new`].
    pub fn new(query: Arc<Query>, catalog: &Catalog, env: Env, format: ExplainFormat) -> Result<AnalyzeRun> {
        Ok(AnalyzeRun {
            run: QueryRun::new_counted(query, catalog, env)?,
            catalog: catalog.clone(),
            format,
        })
    }

    /// Runs on; the lines of the plan with their counts once it has ended.
    pub fn step(&mut self, missing: &mut Missing) -> Poll<Result<Vec<String>>> {
        while ready!(self.run.step(missing))?.is_some() {}
        let statement = Statement::Query(self.run.query().clone());
        let counts = self.run.counts();
        Poll::Ready(Ok(render_counted(&statement, &self.catalog, counts, self.format)))
    }
}
