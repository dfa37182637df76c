//! A query from start to end: its sub-plans first, once each, then the plan, batch by batch.

use super::build::{build, build_counted};
use super::counted::OperatorCounts;
use super::eval::{SubResult, ValueSet};
use super::row_buffer::RowBuffer;
use super::{Cx, Env, Operator};
use crate::catalog::Catalog;
use crate::sql::memory::MemoryUse;
use crate::sql::plan::{OutputColumn, Query, SubPlanKind};
use crate::tree::Missing;
use crate::types::{Batch, Column, DataType, Error, Result};
use alloc::collections::VecDeque;
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// A sub-plan that has not finished.
struct SubRun {
    kind: SubPlanKind,
    operator: Box<dyn Operator>,
    rows: RowBuffer,
    ty: DataType,
}

/// A running query. It holds the versions of the tables it reads.
pub struct QueryRun {
    query: Arc<Query>,
    env: Env,
    /// Sub-plans that have not finished, in order.
    sub_runs: VecDeque<SubRun>,
    plan: Box<dyn Operator>,
    /// Of the sets that sub-plans of IN have left.
    sets: MemoryUse,
    counts: Option<Vec<Arc<OperatorCounts>>>,
    ended: bool,
}

impl QueryRun {
    /// Prepares a query over the tables of a catalog; nothing is read yet.
    ///
    /// # Errors
    /// See [`build`].
    pub fn new(query: Arc<Query>, catalog: &Catalog, env: Env) -> Result<QueryRun> {
        let Some(watch) = env.watch.clone().filter(|w| w.is_of(&query)) else {
            return QueryRun::prepare(query, catalog, env, None);
        };
        let run = QueryRun::prepare(query, catalog, env, Some(Vec::new()))?;
        watch.start(run.counts().to_vec());
        Ok(run)
    }

    /// As [`QueryRun::new`], and counts what every operator yields; see [`QueryRun::counts`].
    pub fn new_counted(query: Arc<Query>, catalog: &Catalog, env: Env) -> Result<QueryRun> {
        QueryRun::prepare(query, catalog, env, Some(Vec::new()))
    }

    fn prepare(
        query: Arc<Query>,
        catalog: &Catalog,
        mut env: Env,
        mut counts: Option<Vec<Arc<OperatorCounts>>>,
    ) -> Result<QueryRun> {
        env.sub_results.clear();
        let mut operator = |plan| match &mut counts {
            None => build(plan, catalog, &env.memory),
            Some(counts) => build_counted(plan, catalog, &env.memory, counts),
        };
        let mut sub_runs = VecDeque::with_capacity(query.sub_plans.len());
        for sub in &query.sub_plans {
            let ty = sub.plan.types().into_iter().next().unwrap_or(DataType::Null);
            sub_runs.push_back(SubRun {
                kind: sub.kind,
                operator: operator(&sub.plan)?,
                rows: RowBuffer::new(&[ty.physical()], env.memory.part()),
                ty,
            });
        }
        let plan = operator(&query.plan)?;
        let sets = env.memory.part();
        Ok(QueryRun {
            query,
            env,
            sub_runs,
            plan,
            sets,
            counts,
            ended: false,
        })
    }

    /// The next batch, or `None` at the end. `Pending`: fetch what is missing, then call again.
    pub fn step(&mut self, missing: &mut Missing) -> Poll<Result<Option<Batch>>> {
        if self.ended {
            return Poll::Ready(Ok(None));
        }
        let result = self.advance(missing);
        if matches!(result, Poll::Ready(Ok(None) | Err(_))) {
            self.ended = true;
        }
        result
    }

    fn advance(&mut self, missing: &mut Missing) -> Poll<Result<Option<Batch>>> {
        while let Some(sub) = self.sub_runs.front_mut() {
            let mut cx = Cx {
                missing: &mut *missing,
                env: &self.env,
            };
            let result = ready!(sub.step(&mut cx, &mut self.sets))?;
            self.env.sub_results.push(result);
            self.sub_runs.pop_front();
        }
        let mut cx = Cx {
            missing,
            env: &self.env,
        };
        self.plan.next(&mut cx)
    }

    /// The result columns.
    pub fn columns(&self) -> &[OutputColumn] {
        &self.query.columns
    }

    /// The query.
    pub fn query(&self) -> &Arc<Query> {
        &self.query
    }

    /// The surroundings, with the results of the sub-plans that have run.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// What each operator yielded so far: those of the sub-plans in order, then the plan's, each from the
    /// top down. Empty unless counting was asked for.
    pub fn counts(&self) -> &[Arc<OperatorCounts>] {
        self.counts.as_deref().unwrap_or(&[])
    }
}

impl SubRun {
    fn step(&mut self, cx: &mut Cx<'_>, sets: &mut MemoryUse) -> Poll<Result<SubResult>> {
        while let Some(batch) = ready!(self.operator.next(cx))? {
            match self.kind {
                SubPlanKind::Exists if batch.rows() > 0 => return Poll::Ready(Ok(SubResult::Exists(true))),
                SubPlanKind::Exists => {}
                SubPlanKind::Scalar | SubPlanKind::Set => self.rows.append(&batch)?,
            }
            if self.kind == SubPlanKind::Scalar && self.rows.len() > 1 {
                return Poll::Ready(Err(Error::invalid(
                    "a subquery used as a value returned more than one row",
                )));
            }
        }
        let column = self.rows.columns().first().cloned();
        let column = column.unwrap_or_else(|| Column::new(self.ty.physical()));
        Poll::Ready(Ok(match self.kind {
            SubPlanKind::Exists => SubResult::Exists(false),
            SubPlanKind::Set => {
                sets.add(ValueSet::memory_of(&column))?;
                SubResult::Set(Arc::new(ValueSet::new(&column, &self.ty)))
            }
            SubPlanKind::Scalar if column.is_empty() => {
                SubResult::Scalar(Column::nulls(self.ty.physical(), 1))
            }
            SubPlanKind::Scalar => SubResult::Scalar(column),
        }))
    }
}
