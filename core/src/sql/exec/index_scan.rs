//! Rows by ranges of an index, in key order or backwards.
//!
//! Row ids come from the index in growing gulps (so that a LIMIT reads little, and a long range makes few
//! trips); for each gulp all missing leaves of the table are asked for at once. If the entries tell
//! all that is wanted, the table is not visited: the index covers it.
//!
//! If the caller allows it, and the range turns out to hold a large part of the table, the table is scanned
//! instead: a row looked up costs as much as many rows scanned, and an entry that is taken apart as some. Blocks of rows are never
//! fetched where those of the index are enough.

use super::filter::narrow;
use super::index_columns::IndexColumns;
use super::key_range::{IndexKeys, KeyRange};
use super::row_fetch::RowFetch;
use super::scan::Scan;
use super::table_columns::TableColumns;
use super::{BATCH_ROWS, Cx, Env, Operator};
use crate::codec::KeyPart;
use crate::sql::plan::{BinaryOp, Expr};
use crate::tree::{IndexCursor, IndexSpan, IndexTree, Pins, Residency, RowTree};
use crate::types::{Batch, Column, DataType, Result, RowId};
use alloc::{boxed::Box, string::String, string::ToString, vec::Vec};
use core::ops::Bound;
use core::task::{Poll, ready};

/// Row ids asked for in the first gulp.
const FIRST_GULP: usize = 16;

/// Ranges whose first leaves are asked for along with that of the present one.
const MOST_AHEAD: usize = 31;

/// A row looked up costs about as much as so many rows scanned.
pub(super) const LOOKUP_COST: u64 = 16;
/// And so does an entry whose key is taken apart.
const ENTRY_COST: u64 = 2;

/// See the module.
pub struct IndexScan {
    index: IndexTree,
    parts: Vec<KeyPart>,
    keys: IndexKeys,
    reverse: bool,
    columns: TableColumns,
    /// The same columns, if the entries tell them.
    covered: Option<IndexColumns>,
    filter: Option<Expr>,
    /// The table and the condition to scan it with instead, until it is decided.
    instead: Option<(RowTree, Expr)>,
    /// The scan, if that was decided.
    scan: Option<Scan>,
    fetch: RowFetch,
    table: String,
    /// The ranges still to read, last first, once known.
    ranges: Option<Vec<KeyRange>>,
    cursor: Option<IndexCursor>,
    /// Index leaves that the ranges after the present one need, asked for along with it, and how many of
    /// these ranges are still to come.
    ahead: (Pins, usize),
    /// Ids read from the index and not yet looked up.
    ids: Vec<RowId>,
    /// Values taken from the entries and not yet handed out, and of how many.
    values: (Vec<Column>, usize),
    gulp: usize,
}

impl IndexScan {
    /// The rows of `rows` under the keys of `index` that pass the filter. `parts`: how keys are encoded;
    /// `covered`: the columns, if the entries tell them; `table`: its name, for errors; `instead`: what the keys stand for as a condition, if the order does
    /// not matter.
    pub fn new(
        rows: RowTree,
        index: IndexTree,
        parts: Vec<KeyPart>,
        table: &str,
        keys: IndexKeys,
        reverse: bool,
        columns: TableColumns,
        covered: Option<IndexColumns>,
        filter: Option<Expr>,
        instead: Option<Expr>,
    ) -> IndexScan {
        IndexScan {
            instead: instead.map(|condition| (rows.clone(), condition)),
            scan: None,
            index,
            parts,
            keys,
            reverse,
            columns,
            values: (covered.as_ref().map(IndexColumns::empty).unwrap_or_default(), 0),
            covered,
            filter,
            fetch: RowFetch::new(rows),
            table: table.to_string(),
            ranges: None,
            cursor: None,
            ahead: (Pins::new(), 0),
            ids: Vec::new(),
            gulp: FIRST_GULP,
        }
    }

    /// The ranges to read, last first.
    fn ranges(&self, env: &Env) -> Result<Vec<KeyRange>> {
        let mut ranges = self.keys.ranges(&self.parts, &env.scope())?;
        if !self.reverse {
            ranges.reverse();
        }
        Ok(ranges)
    }

    /// Asks for where the next ranges begin, so that a list of keys is not a list of trips.
    fn ask_ahead(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        let next = self
            .ranges
            .as_deref()
            .unwrap_or(&[])
            .iter()
            .rev()
            .take(MOST_AHEAD);
        self.ahead.1 = next.len();
        for range in next {
            if let Bound::Included(key) = &range.from
                && let Poll::Ready(result) = self.index.ensure(key, &mut self.ahead.0, cx.missing)
            {
                result?;
            }
        }
        Ok(())
    }

    /// The next entries, in order; `None` at the end.
    fn next_span(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<IndexSpan>>> {
        if self.ranges.is_none() {
            self.ranges = Some(self.ranges(cx.env)?);
        }
        loop {
            let Some(cursor) = &mut self.cursor else {
                match self.ranges.as_mut().and_then(Vec::pop) {
                    Some(range) => self.cursor = Some(self.index.cursor(range.from, range.to, self.reverse)),
                    None => return Poll::Ready(Ok(None)),
                }
                continue;
            };
            match cursor.next(cx.missing) {
                Poll::Ready(span) => match span? {
                    Some(span) => return Poll::Ready(Ok(Some(span))),
                    None => self.cursor = None,
                },
                Poll::Pending => {
                    self.ask_ahead(cx)?;
                    return Poll::Pending;
                }
            }
        }
    }

    /// The next row ids, in order; none at the end.
    fn next_ids(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Vec<RowId>>> {
        while self.ids.len() < self.gulp {
            let Some(span) = ready!(self.next_span(cx))? else {
                break;
            };
            let ids = span.leaf.row_ids().get(span.from..span.to).unwrap_or(&[]);
            if self.reverse {
                self.ids.extend(ids.iter().rev());
            } else {
                self.ids.extend_from_slice(ids);
            }
        }
        let take = self.ids.len().min(self.gulp);
        let ids = self.ids.drain(..take).collect();
        self.grow_gulp();
        Poll::Ready(Ok(ids))
    }

    fn grow_gulp(&mut self) {
        self.gulp = (self.gulp * 2).min(BATCH_ROWS);
    }

    /// The next rows as the entries tell them, in order; `None` at the end.
    fn next_covered(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        while self.values.1 < self.gulp {
            let Some(span) = ready!(self.next_span(cx))? else {
                break;
            };
            let Some(covered) = &self.covered else { break };
            let pushed = covered.push(&mut self.values.0, &span, self.reverse);
            if pushed.is_none() {
                return Poll::Ready(Err(self.index.entry_without_row(&self.table)));
            }
            self.values.1 += span.to.saturating_sub(span.from);
        }
        let empty = self.covered.as_ref().map(IndexColumns::empty).unwrap_or_default();
        let (columns, rows) = core::mem::replace(&mut self.values, (empty, 0));
        self.grow_gulp();
        Poll::Ready(Ok((rows > 0).then(|| Batch::new(columns, rows))))
    }

    /// Whether reading so many entries takes longer than scanning the table.
    fn is_too_much(&self, entries: u64, rows: &RowTree) -> bool {
        let is_fetched = rows.home().residency == Residency::Cached;
        match self.covered {
            Some(_) => !is_fetched && entries > rows.len() / ENTRY_COST,
            None => entries > rows.len() / LOOKUP_COST,
        }
    }
}

fn and(left: Expr, right: Expr) -> Expr {
    Expr::Binary {
        op: BinaryOp::And,
        left: Box::new(left),
        right: Box::new(right),
        ty: DataType::Bool,
    }
}

impl Operator for IndexScan {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if let Some((rows, condition)) = self.instead.take() {
            let ranges = self.ranges(cx.env)?;
            let entries = |r: &KeyRange| self.index.entries_within(&r.from, &r.to);
            let entries = ranges.iter().map(entries).sum();
            if self.is_too_much(entries, &rows) {
                let filter = match self.filter.take() {
                    None => condition,
                    Some(rest) => and(condition, rest),
                };
                self.scan = Some(Scan::new(rows, self.columns.clone(), None, false, Some(filter)));
            }
            self.ranges = Some(ranges);
        }
        if let Some(scan) = &mut self.scan {
            return scan.next(cx);
        }
        loop {
            cx.check_interrupt()?;
            let batch = if self.covered.is_some() {
                match ready!(self.next_covered(cx))? {
                    Some(batch) => batch,
                    None => return Poll::Ready(Ok(None)),
                }
            } else {
                if !self.fetch.is_busy() {
                    let ids = ready!(self.next_ids(cx))?;
                    if ids.is_empty() {
                        return Poll::Ready(Ok(None));
                    }
                    self.fetch.start(ids);
                }
                let found = ready!(self.fetch.step(cx.missing))?;
                let rows: Option<Vec<_>> = found.into_iter().collect();
                let rows = rows.ok_or_else(|| self.index.entry_without_row(&self.table))?;
                self.columns.of_rows(&rows)
            };
            let batch = match &self.filter {
                None => Some(batch),
                Some(f) => narrow(batch, f, cx)?,
            };
            if batch.is_some() {
                return Poll::Ready(Ok(batch));
            }
        }
    }
}
