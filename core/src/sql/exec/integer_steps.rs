//! Steps of a recursive query that only compute integers from the row before: row by row, many steps at a
//! time. A step of one row is the common case (counting, Fibonacci, dates of a calendar), and operators take
//! far longer to be made and called than such a row takes.

use super::BATCH_ROWS;
use super::eval::{IntExpr, IntTest, Scope};
use super::row_buffer::RowBuffer;
use crate::sql::plan::Plan;
use crate::types::{Batch, Column, ColumnData};
use alloc::vec::Vec;

/// Rows of a step from which on operators are quicker.
const FEW_ROWS: usize = 16;

/// What a row goes through on its way from one step to the next.
enum Stage {
    Filter(IntTest),
    Project(Vec<IntExpr>),
}

/// The step of a recursive query as stages over its work table.
pub struct IntegerSteps {
    stages: Vec<Stage>,
    width: usize,
}

/// What some steps have come to.
pub struct Stepped {
    /// The rows of all steps, in order.
    pub rows: Batch,
    /// Those of the last step.
    pub last: Batch,
    /// Whether the next step is for operators.
    pub stuck: bool,
}

impl IntegerSteps {
    /// `None`: the step is another kind of query.
    pub fn new(step: &Plan, id: usize, width: usize, scope: &Scope<'_>) -> Option<IntegerSteps> {
        let mut stages = Vec::new();
        let mut plan = step;
        loop {
            plan = match plan {
                Plan::Project { input, exprs } => {
                    let exprs = exprs.iter().map(|e| IntExpr::new(e, scope));
                    stages.push(Stage::Project(exprs.collect::<Option<_>>()?));
                    input
                }
                Plan::Filter { input, condition } => {
                    stages.push(Stage::Filter(IntTest::new(condition, scope)?));
                    input
                }
                Plan::WorkTable { id: of, .. } if *of == id => break,
                _ => return None,
            };
        }
        stages.reverse();
        (width > 0).then_some(IntegerSteps { stages, width })
    }

    /// Runs steps from the rows of the last one, until a batch is full or operators have to go on; `None`: they have to
    /// from the start.
    pub fn run(&self, from: &RowBuffer) -> Option<Stepped> {
        if from.len() > FEW_ROWS || from.columns().len() != self.width {
            return None;
        }
        let plain =
            |c: &Column| matches!(c.data(), ColumnData::I64(_)) && c.null_bitmap().is_none_or(|n| !n.any());
        if !from.columns().iter().all(plain) {
            return None;
        }
        let mut last: Vec<i64> = Vec::with_capacity(from.len() * self.width);
        for i in 0..from.len() {
            last.extend(from.columns().iter().filter_map(|c| c.i64s().get(i)));
        }
        let mut all: Vec<i64> = Vec::with_capacity(BATCH_ROWS * self.width);
        let mut stuck = false;
        let (mut next, mut row, mut projected) = (Vec::new(), Vec::new(), Vec::new());
        while !last.is_empty() && all.len() < BATCH_ROWS * self.width {
            next.clear();
            let rows = last.chunks_exact(self.width);
            if rows.len() > FEW_ROWS
                || !rows
                    .into_iter()
                    .all(|r| self.step(r, &mut row, &mut projected, &mut next).is_some())
            {
                stuck = true;
                break;
            }
            all.extend_from_slice(&next);
            core::mem::swap(&mut last, &mut next);
        }
        Some(Stepped {
            rows: self.batch(&all),
            last: self.batch(&last),
            stuck,
        })
    }

    /// Appends the row that a row leads to, if it passes; `None`: that cannot be said here.
    fn step(
        &self,
        from: &[i64],
        row: &mut Vec<i64>,
        projected: &mut Vec<i64>,
        to: &mut Vec<i64>,
    ) -> Option<()> {
        row.clear();
        row.extend_from_slice(from);
        for stage in &self.stages {
            match stage {
                Stage::Filter(test) => {
                    if !test.holds(row)? {
                        return Some(());
                    }
                }
                Stage::Project(exprs) => {
                    projected.clear();
                    for expr in exprs {
                        projected.push(expr.value(row)?);
                    }
                    core::mem::swap(row, projected);
                }
            }
        }
        to.extend_from_slice(row);
        Some(())
    }

    /// Rows one after the other as columns.
    fn batch(&self, rows: &[i64]) -> Batch {
        let column = |c: usize| Column::from_i64(rows.iter().skip(c).step_by(self.width).copied().collect());
        let len = rows.len() / self.width;
        Batch::new((0..self.width).map(column).collect(), len)
    }
}
