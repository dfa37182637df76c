//! Rows by a list of row ids: `id = ?`, `id IN (…)`. In row id order, each once.

use super::constant::constant_int;
use super::filter::narrow;
use super::row_fetch::RowFetch;
use super::table_columns::TableColumns;
use super::{BATCH_ROWS, Cx, Operator};
use crate::sql::plan::Expr;
use crate::tree::{RowAt, RowTree};
use crate::types::{Batch, Result, RowId};
use alloc::vec::Vec;
use core::task::{Poll, ready};

/// See the module.
pub struct RowIdLookup {
    list: Vec<Expr>,
    columns: TableColumns,
    filter: Option<Expr>,
    fetch: RowFetch,
    /// The ids still to look up, last first, once known.
    ids: Option<Vec<RowId>>,
}

impl RowIdLookup {
    /// The rows whose ids are listed and that pass the filter.
    pub fn new(rows: RowTree, columns: TableColumns, list: Vec<Expr>, filter: Option<Expr>) -> RowIdLookup {
        RowIdLookup {
            list,
            columns,
            filter,
            fetch: RowFetch::new(rows),
            ids: None,
        }
    }
}

impl Operator for RowIdLookup {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if self.ids.is_none() {
            let mut ids = Vec::with_capacity(self.list.len());
            for e in &self.list {
                ids.extend(constant_int(e, cx.env)?);
            }
            ids.sort_unstable_by(|a, b| b.cmp(a));
            ids.dedup();
            self.ids = Some(ids);
        }
        loop {
            cx.check_interrupt()?;
            if !self.fetch.is_busy() {
                let Some(ids) = self.ids.as_mut().filter(|i| !i.is_empty()) else {
                    return Poll::Ready(Ok(None));
                };
                let rest = ids.len().saturating_sub(BATCH_ROWS);
                self.fetch.start(ids.drain(rest..).rev().collect());
            }
            let rows: Vec<RowAt> = ready!(self.fetch.step(cx.missing))?
                .into_iter()
                .flatten()
                .collect();
            if rows.is_empty() {
                continue;
            }
            let batch = self.columns.of_rows(&rows);
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
