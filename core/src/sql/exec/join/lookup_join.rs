//! Join by looking each left row's key up in the right table: by row id, or by the first columns of an
//! index. For a left side that is small beside the right table.
//!
//! Left rows are taken a batch at a time: the index leaves that all their keys need are asked for in one
//! trip, then the rows' leaves in another, unless the entries of the index tell all that is wanted of the rows.

use super::pairs::{PairOutput, Pairs};
use crate::codec::KeyPart;
use crate::sql::exec::eval::eval;
use crate::sql::exec::index_columns::IndexColumns;
use crate::sql::exec::key_range::{extend_prefix, prefix_range};
use crate::sql::exec::row_fetch::RowFetch;
use crate::sql::exec::table_columns::TableColumns;
use crate::sql::exec::{BATCH_ROWS, Cx, Operator};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{Expr, JoinKind};
use crate::tree::{IndexCursor, IndexTree, RowAt, RowTree};
use crate::types::{Batch, Column, Error, Result, RowId, vec_capacity};
use alloc::{boxed::Box, string::String, string::ToString, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// Where the keys are looked up.
pub enum LookupKey {
    /// Row ids.
    RowId,
    /// The first parts of an index's keys, as many as there are key expressions.
    Index(IndexTree, Vec<KeyPart>),
}

impl LookupKey {
    /// The error of an index whose entries are not what the table, of this name, has.
    fn damaged(&self, table: &str) -> Error {
        match self {
            LookupKey::RowId => Error::corrupted(table, &[]),
            LookupKey::Index(tree, _) => tree.entry_without_row(table),
        }
    }
}

/// The left batch at hand. Invariant: `ids` holds (left row, row id) ascending by left row once all
/// `cursors` are done; with an index that covers the columns, (left row, position in `entries`).
struct Probe {
    batch: Batch,
    /// Index ranges still being read, with their left rows.
    cursors: Vec<(u32, IndexCursor)>,
    ids: Vec<(u32, RowId)>,
    /// What the entries tell.
    entries: Vec<Column>,
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
    /// The same columns, if the entries of the index tell them.
    covered: Option<IndexColumns>,
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
        covered: Option<IndexColumns>,
        table: &str,
        condition: Option<Expr>,
        memory: &Arc<Memory>,
    ) -> LookupJoin {
        LookupJoin {
            left,
            keys,
            lookup,
            columns,
            covered,
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
            entries: self.covered.as_ref().map(IndexColumns::empty).unwrap_or_default(),
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
    /// Left rows before it have all their candidates among the ids asked for.
    fn end(&self) -> u32 {
        let next = self.ids.get(self.asked);
        next.map_or(self.batch.rows() as u32, |(row, _)| *row)
    }

    /// Reads all index ranges; what is missing for any of them is asked for at once. `false`: a key is damaged.
    fn list(
        &mut self,
        covered: Option<&IndexColumns>,
        cx: &mut Cx<'_>,
        memory: &mut MemoryUse,
    ) -> Poll<Result<bool>> {
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
                            let listed = grown.saturating_mul(size_of::<(u32, RowId)>());
                            let Some(covered) = covered else {
                                memory.set(listed)?;
                                self.ids.extend(ids.iter().map(|id| (row, *id)));
                                continue;
                            };
                            let told: usize = self.entries.iter().map(Column::memory).sum();
                            // A leaf's keys decoded take no more than twice what they take encoded, and lists double.
                            let more: usize = (span.from..span.to).map(|i| span.leaf.key(i).len() + 16).sum();
                            let told = (told + more * self.entries.len().max(1)).saturating_mul(2);
                            memory.set(listed.saturating_add(told))?;
                            let first = self.ids.len();
                            self.ids
                                .extend((first..first + ids.len()).map(|at| (row, at as RowId)));
                            if covered.push(&mut self.entries, &span, false).is_none() {
                                return Poll::Ready(Ok(false));
                            }
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
        Poll::Ready(Ok(true))
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
            if !probe.listed && !ready!(probe.list(self.covered.as_ref(), cx, &mut self.memory))? {
                return Poll::Ready(Err(self.lookup.damaged(&self.table)));
            }
            self.pairs.clear();
            let right = if self.covered.is_some() {
                let to = probe.ids.len().min(probe.asked + BATCH_ROWS);
                let asked = probe.ids.get(probe.asked..to).unwrap_or(&[]);
                probe.asked = to;
                let end = probe.end();
                for (at, (left, _)) in (0..).zip(asked) {
                    (probe.row..*left).for_each(|r| self.pairs.end_row(r));
                    probe.row = probe.row.max(*left);
                    self.pairs.push(*left, at);
                }
                (probe.row..end).for_each(|r| self.pairs.end_row(r));
                probe.row = probe.row.max(end);
                let places: Vec<u32> = asked.iter().map(|(_, at)| *at as u32).collect();
                probe.entries.iter().map(|c| c.gather(&places)).collect()
            } else {
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
                let end = probe.end();
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
                        (None, lookup) => return Poll::Ready(Err(lookup.damaged(&self.table))),
                    }
                }
                (probe.row..end).for_each(|r| self.pairs.end_row(r));
                probe.row = probe.row.max(end);
                self.columns.of_rows(&rows).compact().columns
            };
            let batch = if self.pairs.is_empty() {
                None
            } else {
                self.output.emit(&probe.batch, &right, &self.pairs, cx.env)?
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
