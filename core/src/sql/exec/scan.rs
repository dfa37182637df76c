//! A table's rows in row id order: all of them, or a range of row ids.
//!
//! The first batch is one leaf, which shares the leaf's columns, so that a LIMIT reads little; later ones
//! are runs of leaves. The filter is applied here: it reads its own columns of all rows, the others are
//! copied of the rows that pass. Leaves that can have no such row are [passed over](super::needed_leaves). Backwards,
//! every batch is one leaf and a selection.

use super::constant::constant_int;
use super::eval::eval_filter;
use super::filter::narrow;
use super::leaf_run::LeafRun;
use super::needed_leaves::needed_leaves;
use super::table_columns::TableColumns;
use super::{BATCH_ROWS, Cx, Env, Operator};
use crate::sql::plan::{Expr, ScanBounds};
use crate::tree::{RowCursor, RowTree};
use crate::types::{Batch, Result, RowId};
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

/// See the module.
pub struct Scan {
    state: State,
    bounds: Option<ScanBounds>,
    reverse: bool,
    columns: TableColumns,
    filter: Option<Expr>,
    /// Which columns the filter reads.
    filtered: Vec<bool>,
    /// Leaves read and not handed out yet.
    run: LeafRun,
    /// Rows that the next run aims at.
    wanted: usize,
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
        let mut filtered = alloc::vec![false; columns.len()];
        filter.iter().for_each(|f| mark_columns(f, &mut filtered));
        Scan {
            state: State::Start(rows),
            bounds,
            reverse,
            columns,
            filter,
            filtered,
            run: LeafRun::default(),
            wanted: 1,
        }
    }

    /// The rows of the run that pass the filter; `None` if there are none.
    fn take_run(&mut self, cx: &Cx<'_>) -> Result<Option<Batch>> {
        if self.run.rows() == 0 {
            return Ok(None);
        }
        let batch = match &self.filter {
            None => Some(self.run.batch(&self.columns)),
            Some(filter) => {
                let partial = self.run.partial(&self.columns, &self.filtered);
                let positions = eval_filter(filter, &partial, &cx.env.scope())?;
                (!positions.is_empty()).then(|| {
                    self.run
                        .narrowed(&self.columns, &self.filtered, partial, positions)
                })
            }
        };
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

/// Marks the columns an expression reads.
fn mark_columns(expr: &Expr, marks: &mut [bool]) {
    if let Expr::Column { index, .. } = expr
        && let Some(mark) = marks.get_mut(*index)
    {
        *mark = true;
    }
    expr.for_each_child(&mut |child| mark_columns(child, marks));
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
                State::Start(_) | State::Count(_) | State::End => return Poll::Ready(Ok(None)),
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
            let batch = self.take_run(cx)?;
            if batch.is_some() {
                return Poll::Ready(Ok(batch));
            }
        }
    }
}
