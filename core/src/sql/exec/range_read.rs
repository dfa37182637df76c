//! Queries for the few rows of a range of keys, found where they are: no operators, no batches.
//!
//! `SELECT columns FROM t WHERE a = ?`, `… WHERE id BETWEEN ? AND ?`, by row ids or by an index. As for
//! [`PointRead`](super::PointRead) the plan stays what the optimizer made of it. A range of more than
//! [`MOST_ROWS`] rows, and one with a block that is not resident, is the operators' work.

use super::constant::constant_int_in;
use super::eval::Scope;
use super::index_scan::LOOKUP_COST;
use super::key_range::IndexKeys;
use super::point_key::is_plain;
use super::row_in_place::{RowRun, RowShape, RowsInPlace};
use crate::catalog::{Catalog, TableId};
use crate::sql::plan::{Access, Expr, Query, ScanBounds};
use crate::table::Table;
use crate::tree::{Missing, Pins, Residency, RowLeaf};
use crate::types::{Result, RowId};
use alloc::{sync::Arc, vec::Vec};
use core::ops::{Bound, ControlFlow};
use core::task::{Poll, ready};

/// Longer results are produced as they are read.
const MOST_ROWS: usize = 256;

/// A query that reads the rows of a range of keys.
#[derive(Debug)]
pub struct RangeRead {
    table: TableId,
    range: Range,
    reverse: bool,
    shape: Arc<RowShape>,
}

#[derive(Debug)]
enum Range {
    RowIds(ScanBounds),
    Index {
        index: usize,
        keys: IndexKeys,
        /// Whether the table is to be scanned instead if that is cheaper.
        may_scan: bool,
    },
}

impl RangeRead {
    /// The query as a range read; `None` if it is none.
    pub fn of(query: &Query, catalog: &Catalog) -> Option<RangeRead> {
        let (table, access, shape) = RowShape::of(query, catalog)?;
        let all_plain = |exprs: &[Expr]| exprs.iter().all(is_plain);
        let (range, reverse) = match access {
            Access::RowIds { bounds, reverse } if has_plain_bounds(bounds) => {
                (Range::RowIds(bounds.clone()), *reverse)
            }
            Access::Index {
                index,
                equal,
                bounds,
                reverse,
                instead,
            } if all_plain(equal) && has_plain_bounds(bounds) => {
                let range = Range::Index {
                    index: *index,
                    keys: IndexKeys::Range(equal.clone(), bounds.clone()),
                    may_scan: instead.is_some(),
                };
                (range, *reverse)
            }
            Access::IndexList { index, equal, list } if all_plain(equal) && all_plain(list) => {
                let range = Range::Index {
                    index: *index,
                    keys: IndexKeys::List(equal.clone(), list.clone()),
                    may_scan: false,
                };
                (range, false)
            }
            _ => return None,
        };
        // What an index answers alone has no rows to read in place: those of a table in memory are there anyway.
        let is_fetched = catalog.get(table)?.rows.home().residency == Residency::Cached;
        let needs_rows = match range {
            Range::RowIds(_) => true,
            Range::Index { .. } if is_fetched => !shape.is_covered(),
            Range::Index { .. } => !shape.only_row_ids(),
        };
        needs_rows.then(|| RangeRead {
            table,
            range,
            reverse,
            shape: Arc::new(shape),
        })
    }

    /// The rows in order; `None` if they are too many.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::types::Error::Corrupted); those of converting the keys.
    pub fn find(
        &self,
        catalog: &Catalog,
        scope: &Scope<'_>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<RowsInPlace>>> {
        let table = catalog.table(self.table)?;
        let runs = match &self.range {
            Range::RowIds(bounds) => ready!(rows_between(table, bounds, scope, pins, missing))?,
            Range::Index {
                index,
                keys,
                may_scan,
            } => match ready!(ids_under(table, *index, keys, scope, pins, missing))? {
                Some(ids) if *may_scan && ids.len() as u64 > table.rows.len() / LOOKUP_COST => None,
                Some(ids) => Some(ready!(rows_of(table, *index, &ids, pins, missing))?),
                None => None,
            },
        };
        let in_order = |runs| RowsInPlace::new(runs, self.reverse, self.shape.clone());
        Poll::Ready(Ok(runs.map(in_order)))
    }
}

fn has_plain_bounds(bounds: &ScanBounds) -> bool {
    [&bounds.from, &bounds.to].into_iter().all(|b| match b {
        Bound::Included(e) | Bound::Excluded(e) => is_plain(e),
        Bound::Unbounded => true,
    })
}

/// The rows whose ids are within bounds; `None` if they are too many.
fn rows_between(
    table: &Table,
    bounds: &ScanBounds,
    scope: &Scope<'_>,
    pins: &mut Pins,
    missing: &mut Missing,
) -> Poll<Result<Option<Vec<RowRun>>>> {
    let mut runs: Vec<RowRun> = Vec::new();
    let (Some(from), Some(to)) = (row_id(&bounds.from, scope)?, row_id(&bounds.to, scope)?) else {
        return Poll::Ready(Ok(Some(runs))); // NULL is no bound that a row could be within
    };
    let (mut rows, mut fits) = (0, true);
    ready!(
        table
            .rows
            .visit_range(from.as_ref(), to.as_ref(), pins, missing, |leaf, first, end| {
                rows += end - first;
                fits = rows <= MOST_ROWS;
                if !fits {
                    return ControlFlow::Break(());
                }
                runs.push(RowRun::new(leaf.clone(), first, end));
                ControlFlow::Continue(())
            })
    )?;
    Poll::Ready(Ok(fits.then_some(runs)))
}

fn row_id(bound: &Bound<Expr>, scope: &Scope<'_>) -> Result<Option<Bound<RowId>>> {
    Ok(match bound {
        Bound::Unbounded => Some(Bound::Unbounded),
        Bound::Included(e) => constant_int_in(e, scope)?.map(Bound::Included),
        Bound::Excluded(e) => constant_int_in(e, scope)?.map(Bound::Excluded),
    })
}

/// The row ids under keys of an index, in key order; `None` if they are too many.
fn ids_under(
    table: &Table,
    index: usize,
    keys: &IndexKeys,
    scope: &Scope<'_>,
    pins: &mut Pins,
    missing: &mut Missing,
) -> Poll<Result<Option<Vec<RowId>>>> {
    let (tree, parts) = table.index(index)?;
    let mut ids: Vec<RowId> = Vec::new();
    let mut fits = true;
    for range in keys.ranges(parts, scope)? {
        let (from, to) = (range.from.as_ref(), range.to.as_ref());
        let (from, to) = (from.map(Vec::as_slice), to.map(Vec::as_slice));
        ready!(tree.visit_range(from, to, pins, missing, |leaf, first, end| {
            fits = ids.len() + (end - first) <= MOST_ROWS;
            if !fits {
                return ControlFlow::Break(());
            }
            ids.extend_from_slice(leaf.row_ids().get(first..end).unwrap_or(&[]));
            ControlFlow::Continue(())
        }))?;
        if !fits {
            return Poll::Ready(Ok(None));
        }
    }
    Poll::Ready(Ok(Some(ids)))
}

/// The rows that an index names.
fn rows_of(
    table: &Table,
    index: usize,
    ids: &[RowId],
    pins: &mut Pins,
    missing: &mut Missing,
) -> Poll<Result<Vec<RowRun>>> {
    let mut runs = Vec::with_capacity(ids.len());
    let visit = |leaf: Arc<RowLeaf>, pos| runs.push(RowRun::new(leaf, pos, pos + 1));
    if ready!(table.rows.visit_rows(ids, pins, missing, visit))? {
        return Poll::Ready(Ok(runs));
    }
    let (tree, _) = table.index(index)?;
    Poll::Ready(Err(tree.entry_without_row(&table.def.name)))
}
