//! A table's rows in row id order: all of them, or a range of row ids.
//!
//! The first batch is one leaf, which shares the leaf's columns, so that a LIMIT reads little; later ones
//! are runs of leaves. Leaves that can have no row that passes the filter are [passed over](super::needed_leaves); of the
//! others it is applied here, in steps: what joins above let through, then the conditions on numbers, then the
//! rest, each reading its own columns of the rows that are left. Backwards, every batch is one leaf and a
//! selection.

use super::constant::constant_int;
use super::eval::eval_filter;
use super::filter::narrow;
use super::key_test::{KeyTests, Told};
use super::leaf_run::LeafRun;
use super::needed_leaves::needed_leaves;
use super::run_rows::RunRows;
use super::small_batches::SmallBatches;
use super::table_columns::TableColumns;
use super::{BATCH_ROWS, Cx, Env, Operator};
use crate::sql::optimize::{for_each_column, join_conjuncts, split_conjuncts};
use crate::sql::plan::{Expr, ScanBounds};
use crate::tree::{RowCursor, RowTree};
use crate::types::{Batch, Physical, Result, RowId};
use alloc::vec::Vec;
use core::ops::Bound;
use core::task::{Poll, ready};

/// Where a scan is.
enum State {
    /// Not begun: bounds are not yet known.
    Start(RowTree),
    /// Walking leaves.
    Leaves(RowCursor),
    /// Only the number of rows matters: so many are left, and no leaf is visited.
    Count(u64),
    /// Nothing more.
    End,
}

/// Conditions that are looked at together.
struct Step {
    condition: Expr,
    /// Which columns they read.
    columns: Vec<bool>,
}

/// See the module.
pub struct Scan {
    state: State,
    bounds: Option<ScanBounds>,
    reverse: bool,
    columns: TableColumns,
    filter: Option<Expr>,
    /// What joins above let through.
    key_tests: KeyTests,
    /// The filter, step by step.
    steps: Vec<Step>,
    /// Leaves read and not handed out yet.
    run: LeafRun,
    /// Rows that the next run aims at.
    wanted: usize,
    small: SmallBatches,
}

impl Scan {
    /// The rows within `bounds` (all without) that pass the filter.
    pub fn new(
        rows: RowTree,
        columns: TableColumns,
        bounds: Option<ScanBounds>,
        reverse: bool,
        filter: Option<Expr>,
    ) -> Scan {
        let steps = steps(filter.clone(), &columns);
        Scan {
            state: State::Start(rows),
            bounds,
            reverse,
            columns,
            filter,
            key_tests: KeyTests::default(),
            steps,
            run: LeafRun::default(),
            wanted: 1,
            small: SmallBatches::default(),
        }
    }

    /// Has an output column looked for among the keys that a join tells. Backwards that is not worth it.
    pub fn look_for(&mut self, column: usize, told: Told) {
        self.key_tests.push(column, told);
    }

    /// The rows of the run that pass the filter; `None` if there are none.
    fn take_run(&mut self, cx: &Cx<'_>) -> Result<Option<Batch>> {
        let mut rows = RunRows::new(&self.run, &self.columns);
        self.key_tests.narrow(&mut rows);
        for step in &self.steps {
            if rows.is_empty() {
                break;
            }
            let batch = rows.read(&step.columns);
            rows.keep(eval_filter(&step.condition, &batch, &cx.env.scope())?);
        }
        let batch = (!rows.is_empty()).then(|| rows.finish());
        self.run.clear();
        Ok(batch)
    }

    fn start(&self, rows: &RowTree, env: &Env) -> Result<State> {
        if self.bounds.is_none() && self.filter.is_none() && self.columns.physicals().is_empty() {
            return Ok(State::Count(rows.len()));
        }
        let (from, to) = match &self.bounds {
            None => (Bound::Unbounded, Bound::Unbounded),
            Some(b) => match (row_id_bound(&b.from, env)?, row_id_bound(&b.to, env)?) {
                (Some(from), Some(to)) => (from, to),
                _ => return Ok(State::End),
            },
        };
        Ok(match (first_of(from), last_of(to)) {
            (Some(a), Some(b)) if a <= b => {
                let cursor = rows.cursor(from, to, self.reverse);
                // The rows of a leaf or two are read sooner than that is thought about.
                let few = rows.home().sizing.max_rows as u64;
                State::Leaves(match &self.filter {
                    Some(filter) if rows.len().min(a.abs_diff(b)) > few => {
                        cursor.only(needed_leaves(filter, &self.columns, &env.scope()))
                    }
                    _ => cursor,
                })
            }
            _ => State::End,
        })
    }
}

/// A filter as steps: as many conditions as read no texts, which are worth reading only of rows that pass those;
/// then the others.
fn steps(filter: Option<Expr>, columns: &TableColumns) -> Vec<Step> {
    let mut numbers = split_conjuncts(filter);
    let reads_text = |condition: &Expr| {
        let read = marked(condition, columns.len());
        let mut read = read.iter().zip(columns.physicals());
        read.any(|(read, physical)| *read && *physical == Physical::Bytes)
    };
    let first = numbers.iter().position(reads_text).unwrap_or(numbers.len());
    let rest = numbers.split_off(first);
    let step = |condition: Expr| Step {
        columns: marked(&condition, columns.len()),
        condition,
    };
    [numbers, rest]
        .into_iter()
        .filter_map(|conditions| join_conjuncts(conditions).map(step))
        .collect()
}

/// The columns an expression reads, of so many.
fn marked(expr: &Expr, columns: usize) -> Vec<bool> {
    let mut marks = alloc::vec![false; columns];
    for_each_column(expr, &mut |i| {
        if let Some(mark) = marks.get_mut(i) {
            *mark = true;
        }
    });
    marks
}

/// A bound's value; `None`: NULL, which no row satisfies.
fn row_id_bound(bound: &Bound<Expr>, env: &Env) -> Result<Option<Bound<RowId>>> {
    Ok(match bound {
        Bound::Unbounded => Some(Bound::Unbounded),
        Bound::Included(e) => constant_int(e, env)?.map(Bound::Included),
        Bound::Excluded(e) => constant_int(e, env)?.map(Bound::Excluded),
    })
}

/// The smallest row id a lower bound lets in.
fn first_of(bound: Bound<RowId>) -> Option<RowId> {
    match bound {
        Bound::Unbounded => Some(RowId::MIN),
        Bound::Included(id) => Some(id),
        Bound::Excluded(id) => id.checked_add(1),
    }
}

/// The largest row id an upper bound lets in.
fn last_of(bound: Bound<RowId>) -> Option<RowId> {
    match bound {
        Bound::Unbounded => Some(RowId::MAX),
        Bound::Included(id) => Some(id),
        Bound::Excluded(id) => id.checked_sub(1),
    }
}

impl Operator for Scan {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if let State::Start(rows) = &self.state {
            self.state = self.start(rows, cx.env)?;
        }
        loop {
            cx.check_interrupt()?;
            let cursor = match &mut self.state {
                State::Leaves(cursor) => cursor,
                State::Count(left) if *left > 0 => {
                    let rows = (*left).min(BATCH_ROWS as u64);
                    *left -= rows;
                    return Poll::Ready(Ok(Some(Batch::new(Vec::new(), rows as usize))));
                }
                State::Start(_) | State::Count(_) | State::End => {
                    return Poll::Ready(Ok(self.small.take()));
                }
            };
            if self.reverse {
                let Some(span) = ready!(cursor.next(cx.missing))? else {
                    self.state = State::End;
                    return Poll::Ready(Ok(None));
                };
                let batch = Batch::new(self.columns.of_leaf(&span.leaf), span.leaf.len());
                let batch = batch.select((span.from as u32..span.to as u32).rev().collect());
                let batch = match &self.filter {
                    None => Some(batch),
                    Some(f) => narrow(batch, f, cx)?,
                };
                if batch.is_some() {
                    return Poll::Ready(Ok(batch));
                }
                continue;
            }
            if !ready!(self.run.fill(cursor, self.wanted, &self.columns, cx.missing))? {
                self.state = State::End;
            }
            self.wanted = (self.run.rows() * 4).clamp(1, BATCH_ROWS);
            if let Some(batch) = self.take_run(cx)?
                && let Some(batch) = self.small.push(batch)
            {
                return Poll::Ready(Ok(Some(batch)));
            }
        }
    }
}
