//! A table's rows in row id order: all of them, or a range of row ids.
//!
//! One batch per leaf, which shares the leaf's columns; part of a leaf is a selection. The filter is
//! applied here, before anything is copied.

use super::constant::constant_int;
use super::filter::narrow;
use super::table_columns::TableColumns;
use super::{BATCH_ROWS, Cx, Env, Operator};
use crate::sql::plan::{Expr, ScanBounds};
use crate::tree::{RowCursor, RowTree};
use crate::types::{Batch, Result, RowId};
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
        Scan {
            state: State::Start(rows),
            bounds,
            reverse,
            columns,
            filter,
        }
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
            (Some(a), Some(b)) if a <= b => State::Leaves(rows.cursor(from, to, self.reverse)),
            _ => State::End,
        })
    }
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
            let cursor = match &mut self.state {
                State::Leaves(cursor) => cursor,
                State::Count(left) if *left > 0 => {
                    let rows = (*left).min(BATCH_ROWS as u64);
                    *left -= rows;
                    return Poll::Ready(Ok(Some(Batch::new(alloc::vec::Vec::new(), rows as usize))));
                }
                State::Start(_) | State::Count(_) | State::End => return Poll::Ready(Ok(None)),
            };
            let Some(span) = ready!(cursor.next(cx.missing))? else {
                self.state = State::End;
                return Poll::Ready(Ok(None));
            };
            let len = span.leaf.len();
            let mut batch = Batch::new(self.columns.of_leaf(&span.leaf), len);
            if self.reverse {
                batch = batch.select((span.from as u32..span.to as u32).rev().collect());
            } else if span.from > 0 || span.to < len {
                batch = batch.select((span.from as u32..span.to as u32).collect());
            }
            let batch = match &self.filter {
                None => Some(batch).filter(|b| b.rows() > 0),
                Some(f) => narrow(batch, f, cx)?,
            };
            if batch.is_some() {
                return Poll::Ready(Ok(batch));
            }
        }
    }
}
