//! Join by looking each left row's key up in the right table: by row id, or by the first columns of an
//! index. For a left side that is small beside the right table.
//!
//! Left rows are taken a batch at a time: the index leaves that all their keys need are asked for in one
//! trip, then the rows' leaves in another.

use super::pairs::{PairOutput, Pairs};
use crate::codec::KeyPart;
use crate::sql::exec::eval::eval;
use crate::sql::exec::key_range::{extend_prefix, prefix_range};
use crate::sql::exec::row_fetch::RowFetch;
use crate::sql::exec::table_columns::TableColumns;
use crate::sql::exec::{BATCH_ROWS, Cx, Operator};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{Expr, JoinKind};
use crate::tree::{IndexCursor, IndexTree, RowAt, RowTree};
use crate::types::{Batch, Column, Result, RowId, vec_capacity};
use alloc::{boxed::Box, string::String, string::ToString, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// Where the keys are looked up.
pub enum LookupKey {
    /// Row ids.
    RowId,
    /// The first parts of an index's keys, as many as there are key expressions.
    Index(IndexTree, Vec<KeyPart>),
}

/// The left batch at hand. Invariant: `ids` holds (left row, row id) ascending by left row once all
/// `cursors` are done.
struct Probe {
    batch: Batch,
    /// Index ranges still being read, with their left rows.
    cursors: Vec<(u32, IndexCursor)>,
    ids: Vec<(u32, RowId)>,
    /// Whether `ids` is complete and in order.
    listed: bool,
    /// Ids whose rows have been asked for, and the left row that comes next.
    asked: usize,
    row: u32,
}

/// See the module.
pub struct LookupJoin {
    left: Box<dyn Operator>,
    keys: Vec<Expr>,
    lookup: LookupKey,
    columns: TableColumns,
    table: String,
    fetch: RowFetch,
    /// Which of the ids being fetched belongs to which left row.
    fetching: Vec<u32>,
    output: PairOutput,
    pairs: Pairs,
    probe: Option<Probe>,
    /// Of the row ids that the keys at hand lead to.
    memory: MemoryUse,
}

impl LookupJoin {
    /// Joins each row of `left` to the rows of `rows` under its key; `condition` is over both. `table`:
    /// the right table's name, for errors.
    pub fn new(
        kind: JoinKind,
        left: Box<dyn Operator>,
        keys: Vec<Expr>,
        rows: RowTree,
        lookup: LookupKey,
        columns: TableColumns,
        table: &str,
        condition: Option<Expr>,
        memory: &Arc<Memory>,
    ) -> LookupJoin {
        LookupJoin {
            left,
            keys,
            lookup,
            columns,
            table: table.to_string(),
            fetch: RowFetch::new(rows),
            fetching: Vec::new(),
            output: PairOutput::new(kind, condition),
            pairs: Pairs::new(kind),
            probe: None,
            memory: memory.part(),
        }
    }

    fn start(&self, batch: Batch, keys: &[Column]) -> Probe {
        let mut probe = Probe {
            cursors: Vec::new(),
            ids: Vec::new(),
            listed: false,
            asked: 0,
            row: 0,
            batch,
        };
        for row in 0..probe.batch.rows() {
            match &self.lookup {
                LookupKey::RowId => {
                    if let Some(key) = keys.first().filter(|k| !k.is_null(row)) {
                        probe.ids.extend(key.i64s().get(row).map(|id| (row as u32, *id)));
                    }
                }
                LookupKey::Index(tree, parts) => {
                    let mut prefix = Vec::new();
                    let extended = keys
                        .iter()
                        .zip(parts)
                        .try_for_each(|(k, part)| extend_prefix(&mut prefix, part, k, row));
                    if extended.is_some() {
                        let range = prefix_range(prefix);
                        probe
                            .cursors
                            .push((row as u32, tree.cursor(range.from, range.to, false)));
                    }
                }
            }
        }
        probe
    }
}

impl Probe {
    /// Reads all index ranges; what is missing for any of them is asked for at once.
    fn list(&mut self, cx: &mut Cx<'_>, memory: &mut MemoryUse) -> Poll<Result<()>> {
        let mut waiting = Vec::new();
        for (row, mut cursor) in core::mem::take(&mut self.cursors) {
            loop {
                match cursor.next(cx.missing) {
                    Poll::Pending => {
                        waiting.push((row, cursor));
                        break;
                    }
                    Poll::Ready(span) => match span? {
                        None => break,
                        Some(span) => {
                            let ids = span.leaf.row_ids().get(span.from..span.to).unwrap_or(&[]);
                            let grown = vec_capacity(self.ids.capacity(), self.ids.len() + ids.len());
                            memory.set(grown.saturating_mul(size_of::<(u32, RowId)>()))?;
                            self.ids.extend(ids.iter().map(|id| (row, *id)));
                        }
                    },
                }
            }
        }
        self.cursors = waiting;
        if !self.cursors.is_empty() {
            return Poll::Pending;
        }
        // Ranges that waited came later. The sort is stable: ids of one left row stay in key order.
        self.ids.sort_by_key(|(row, _)| *row);
        self.listed = true;
        Poll::Ready(Ok(()))
    }
}

impl Operator for LookupJoin {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        loop {
            cx.check_interrupt()?;
            if self.probe.is_none() {
                let Some(batch) = ready!(self.left.next(cx))? else {
                    return Poll::Ready(Ok(None));
                };
                let scope = cx.env.scope();
                let keys = self
                    .keys
                    .iter()
                    .map(|e| eval(e, &batch, &scope))
                    .collect::<Result<Vec<_>>>()?;
                self.probe = Some(self.start(batch, &keys));
            }
            let Some(probe) = &mut self.probe else { continue };
            if !probe.listed {
                ready!(probe.list(cx, &mut self.memory))?;
            }
            if !self.fetch.is_busy() && probe.asked < probe.ids.len() {
                let to = probe.ids.len().min(probe.asked + BATCH_ROWS);
                let asked = probe.ids.get(probe.asked..to).unwrap_or(&[]);
                self.fetching = asked.iter().map(|(row, _)| *row).collect();
                self.fetch.start(asked.iter().map(|(_, id)| *id).collect());
                probe.asked = to;
            }
            let found = if self.fetch.is_busy() {
                ready!(self.fetch.step(cx.missing))?
            } else {
                Vec::new()
            };
            // Left rows before `end` have all their candidates here or in earlier rounds.
            let end = probe
                .ids
                .get(probe.asked)
                .map_or(probe.batch.rows() as u32, |(row, _)| *row);
            self.pairs.clear();
            let mut rows: Vec<RowAt> = Vec::with_capacity(found.len());
            for (left, row) in self.fetching.drain(..).zip(found) {
                (probe.row..left).for_each(|r| self.pairs.end_row(r));
                probe.row = probe.row.max(left);
                match (row, &self.lookup) {
                    (Some(row), _) => {
                        self.pairs.push(left, rows.len() as u32);
                        rows.push(row);
                    }
                    (None, LookupKey::RowId) => {}
                    (None, LookupKey::Index(index, _)) => {
                        return Poll::Ready(Err(index.entry_without_row(&self.table)));
                    }
                }
            }
            (probe.row..end).for_each(|r| self.pairs.end_row(r));
            probe.row = probe.row.max(end);
            let right = self.columns.of_rows(&rows).compact();
            let batch = if self.pairs.is_empty() {
                None
            } else {
                self.output
                    .emit(&probe.batch, &right.columns, &self.pairs, cx.env)?
            };
            if probe.asked >= probe.ids.len() {
                self.probe = None;
            }
            if batch.is_some() {
                return Poll::Ready(Ok(batch));
            }
        }
    }
}
