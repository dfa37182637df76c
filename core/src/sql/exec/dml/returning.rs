//! RETURNING: the clause's expressions over the changed rows.

use super::source::Collected;
use crate::catalog::Catalog;
use crate::sql::exec::eval::eval;
use crate::sql::exec::{Env, QueryRun};
use crate::sql::plan::{Expr, Plan, Query};
use crate::tree::Missing;
use crate::types::{Batch, Error, Result};
use alloc::{sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// Collects the rows of RETURNING.
pub(super) struct Returning {
    /// The clause's expressions over the table's columns; `None`: the columns as they are.
    exprs: Option<Vec<Expr>>,
    /// Runs the clause's sub-plans; gone when they have run.
    sub_plans: Option<QueryRun>,
    env: Env,
    rows: Vec<Batch>,
    collected: Collected,
}

impl Returning {
    /// `query` is a projection over the table's columns.
    pub(super) fn new(query: &Query, catalog: &Catalog, env: &Env) -> Result<Returning> {
        let exprs = match &query.plan {
            Plan::Project { input, exprs } if matches!(**input, Plan::Values { .. }) => Some(exprs.clone()),
            Plan::Values { .. } => None,
            _ => return Err(Error::unsupported("this RETURNING clause")),
        };
        let sub_plans = match query.sub_plans.is_empty() {
            true => None,
            false => {
                // The sub-plans see the table as it is before the statement.
                let nothing = Query {
                    plan: Plan::Values {
                        rows: Vec::new(),
                        types: Vec::new(),
                    },
                    sub_plans: query.sub_plans.clone(),
                    columns: Arc::default(),
                };
                Some(QueryRun::new(Arc::new(nothing), catalog, env.clone())?)
            }
        };
        Ok(Returning {
            exprs,
            sub_plans,
            env: env.clone(),
            rows: Vec::new(),
            collected: Collected::new(env),
        })
    }

    /// Runs what must be known before the first row.
    pub(super) fn prepare(&mut self, missing: &mut Missing) -> Poll<Result<()>> {
        if let Some(run) = &mut self.sub_plans {
            while ready!(run.step(missing))?.is_some() {}
            self.env = run.env().clone();
            self.sub_plans = None;
        }
        Poll::Ready(Ok(()))
    }

    /// Adds changed rows, one column per table column.
    pub(super) fn add(&mut self, rows: Batch) -> Result<()> {
        if rows.rows() == 0 {
            return Ok(());
        }
        let rows = match &self.exprs {
            None => rows,
            Some(exprs) => {
                let scope = self.env.scope();
                let columns: Result<Vec<_>> = exprs.iter().map(|e| eval(e, &rows, &scope)).collect();
                Batch::new(columns?, rows.rows())
            }
        };
        self.collected.add(rows.columns.iter())?;
        self.rows.push(rows);
        Ok(())
    }

    /// All rows added.
    pub(super) fn finish(self) -> Vec<Batch> {
        self.rows
    }
}
