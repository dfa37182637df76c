//! A correlated subquery, run once for each combination of values it depends on.
//!
//! Its plan is built anew for every run: operators run once. Answers are kept by what they depend on,
//! so that rows which agree on that share them.

use super::build::PlanBuilder;
use super::eval::eval;
use super::key_table::{KeyTable, Nulls};
use super::{Cx, Env, Operator};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{self, ApplyKind, Expr};
use crate::types::{Batch, Collation, Column, DataType, Error, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// See the module.
pub struct Apply {
    input: Box<dyn Operator>,
    kind: ApplyKind,
    subquery: PlanBuilder,
    captures: Vec<Expr>,
    types: Vec<DataType>,
    /// The combinations seen so far; `answers` has one value for each.
    known: KeyTable,
    answers: Column,
    kept: MemoryUse,
    /// The surroundings of the subquery, once there is a row to run it for.
    env: Option<Env>,
    work: Option<Work>,
}

/// A batch whose answers are not all known.
struct Work {
    batch: Batch,
    /// What its rows depend on, the combination that each has, and the rows with a new one.
    keys: Vec<Column>,
    groups: Vec<u32>,
    fresh: Vec<u32>,
    /// How many of `fresh` are answered, and the subquery of the next.
    answered: usize,
    run: Option<Run>,
}

/// A subquery at work.
struct Run {
    operator: Box<dyn Operator>,
    /// The first value; or for ANY a NULL, if there was one.
    found: Option<Column>,
}

/// Types for which only what is the very same is equal.
fn exact(ty: DataType) -> DataType {
    match ty {
        DataType::Text { max, .. } => DataType::Text {
            max,
            collation: Collation::Binary,
        },
        ty => ty,
    }
}

impl Apply {
    /// Answers a subquery for each row of `input`; see [`plan::Apply`].
    pub fn new(
        input: Box<dyn Operator>,
        plan: &plan::Apply,
        subquery: PlanBuilder,
        memory: &Arc<Memory>,
    ) -> Apply {
        let types: Vec<DataType> = plan.captures.iter().map(|c| exact(c.ty())).collect();
        Apply {
            input,
            kind: plan.kind,
            subquery,
            known: KeyTable::new(&types, Nulls::Equal, memory.part()),
            answers: Column::new(plan.ty.physical()),
            kept: memory.part(),
            captures: plan.captures.clone(),
            types,
            env: None,
            work: None,
        }
    }

    fn start(&mut self, batch: Batch, cx: &Cx<'_>) -> Result<Work> {
        let batch = batch.compact();
        let scope = cx.env.scope();
        let keys: Result<Vec<Column>> = self.captures.iter().map(|c| eval(c, &batch, &scope)).collect();
        let keys = keys?;
        let (mut groups, mut fresh) = (Vec::new(), Vec::new());
        self.known.insert(&keys, batch.len, &mut groups, &mut fresh)?;
        Ok(Work {
            batch,
            keys,
            groups,
            fresh,
            answered: 0,
            run: None,
        })
    }

    /// Answers all new combinations of the batch at hand.
    fn answer(&mut self, cx: &mut Cx<'_>) -> Poll<Result<()>> {
        let Some(work) = &mut self.work else {
            return Poll::Ready(Ok(()));
        };
        while let Some(row) = work.fresh.get(work.answered) {
            let env = self.env.get_or_insert_with(|| cx.env.clone());
            let run = match &mut work.run {
                Some(run) => run,
                none => {
                    let values = work.keys.iter().zip(&self.types);
                    env.outer = values.map(|(c, ty)| c.value(*row as usize, ty)).collect();
                    none.insert(Run {
                        operator: self.subquery.build()?,
                        found: None,
                    })
                }
            };
            let mut cx = Cx {
                missing: &mut *cx.missing,
                env,
            };
            ready!(run.step(self.kind, &mut cx, &mut self.answers))?;
            self.kept.set(self.answers.memory())?;
            work.run = None;
            work.answered += 1;
        }
        Poll::Ready(Ok(()))
    }
}

impl Run {
    /// Appends the answer to `answers`.
    fn step(&mut self, kind: ApplyKind, cx: &mut Cx<'_>, answers: &mut Column) -> Poll<Result<()>> {
        while let Some(batch) = ready!(self.operator.next(cx))? {
            if batch.rows() == 0 {
                continue;
            }
            if kind == ApplyKind::Exists {
                answers.push_i64(1);
                return Poll::Ready(Ok(()));
            }
            let batch = batch.compact();
            let Some(column) = batch.columns.first() else {
                return Poll::Ready(Err(Error::invalid("a subquery has no column")));
            };
            match kind {
                ApplyKind::Exists => {}
                ApplyKind::Any => {
                    if (0..batch.len).any(|i| column.i64s().get(i) == Some(&1) && !column.is_null(i)) {
                        answers.push_i64(1);
                        return Poll::Ready(Ok(()));
                    }
                    if column.null_bitmap().is_some() {
                        self.found = Some(Column::nulls(column.physical(), 1));
                    }
                }
                ApplyKind::Scalar => {
                    if batch.len > 1 || self.found.is_some() {
                        return Poll::Ready(Err(Error::invalid(
                            "a subquery used as a value returned more than one row",
                        )));
                    }
                    self.found = Some(column.clone());
                }
            }
        }
        match (&self.found, kind) {
            (Some(value), _) => answers.push_from(value, 0),
            (None, ApplyKind::Scalar) => answers.push_null(),
            (None, ApplyKind::Exists | ApplyKind::Any) => answers.push_i64(0),
        }
        Poll::Ready(Ok(()))
    }
}

impl Operator for Apply {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if self.work.is_none() {
            let Some(batch) = ready!(self.input.next(cx))? else {
                return Poll::Ready(Ok(None));
            };
            self.work = Some(self.start(batch, cx)?);
        }
        ready!(self.answer(cx))?;
        let Some(Work {
            mut batch, groups, ..
        }) = self.work.take()
        else {
            return Poll::Ready(Ok(None));
        };
        batch.columns.push(self.answers.gather(&groups));
        Poll::Ready(Ok(Some(batch)))
    }
}
