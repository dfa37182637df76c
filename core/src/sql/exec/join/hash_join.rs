//! Join by equality: the right side goes into a hash table, the left side streams past it.
//!
//! A key with a NULL matches nothing: such right rows are not even kept. Of the rows with one key all count,
//! or only [the first](HashJoin::once_per_key) of a side.

use super::pairs::{PairOutput, Pairs};
use crate::sql::exec::eval::eval;
use crate::sql::exec::key_set::KeySet;
use crate::sql::exec::key_table::{KeyTable, NO_GROUP, Nulls};
use crate::sql::exec::key_test::Told;
use crate::sql::exec::row_buffer::RowBuffer;
use crate::sql::exec::{BATCH_ROWS, Cx, Operator};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{Expr, JoinKind, Once};
use crate::types::{Batch, Bitmap, Column, DataType, Physical, Result, vec_capacity};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// A left batch and how far its rows have been joined.
struct Probe {
    batch: Batch,
    groups: Vec<u32>,
    row: usize,
    /// Partners of `row` already paired.
    partner: usize,
}

/// See the module.
pub struct HashJoin {
    kind: JoinKind,
    left: Box<dyn Operator>,
    /// `None` once built.
    right: Option<Box<dyn Operator>>,
    left_keys: Vec<Expr>,
    right_keys: Vec<Expr>,
    table: KeyTable,
    rows: RowBuffer,
    groups: Vec<u32>,
    /// Rows of group g: `by_group[starts[g]..starts[g + 1]]`, in the order they came.
    starts: Vec<u32>,
    by_group: Vec<u32>,
    /// Where only the first left row of a key counts: the groups that have had theirs.
    met: Option<Bitmap>,
    /// Whether only the first right row of a key counts.
    right_once: bool,
    /// Of the lists above.
    lists: MemoryUse,
    output: PairOutput,
    pairs: Pairs,
    probe: Option<Probe>,
    /// Columns of the right side, and whom to tell what is in them.
    told: Vec<(usize, Told)>,
    memory: Arc<Memory>,
}

impl HashJoin {
    /// Joins on `equal` (expressions over the left and the right input) and `condition` (over both).
    /// `right_physicals`: representations of the right input's columns.
    pub fn new(
        kind: JoinKind,
        left: Box<dyn Operator>,
        right: Box<dyn Operator>,
        equal: &[(Expr, Expr)],
        condition: Option<Expr>,
        right_physicals: &[Physical],
        memory: &Arc<Memory>,
    ) -> HashJoin {
        let types: Vec<DataType> = equal.iter().map(|(l, r)| key_type(l, r)).collect();
        HashJoin {
            kind,
            left,
            right: Some(right),
            left_keys: equal.iter().map(|(l, _)| l.clone()).collect(),
            right_keys: equal.iter().map(|(_, r)| r.clone()).collect(),
            table: KeyTable::new(&types, Nulls::NeverMatch, memory.part()),
            rows: RowBuffer::new(right_physicals, memory.part()),
            groups: Vec::new(),
            starts: Vec::new(),
            by_group: Vec::new(),
            met: None,
            right_once: false,
            lists: memory.part(),
            output: PairOutput::new(kind, condition),
            pairs: Pairs::new(kind),
            probe: None,
            told: Vec::new(),
            memory: memory.clone(),
        }
    }

    /// Of which sides only the first row of each key counts.
    pub fn once_per_key(&mut self, once: Once) {
        self.met = once.left.then(Bitmap::default);
        self.right_once = once.right;
    }

    /// Has the values of a key of the right side told, once they are known; only if it is an integer column.
    pub fn tell(&mut self, key: usize, told: Told) {
        if let Some(Expr::Column { index, ty }) = self.right_keys.get(key)
            && ty.physical() == Physical::I64
        {
            self.told.push((*index, told));
        }
    }

    /// Tells the scans below the left side, before they are first asked for rows.
    fn tell_keys(&mut self) {
        for (column, told) in self.told.drain(..) {
            let keys = self.rows.columns().get(column).map_or(&[][..], Column::i64s);
            if let Some(keys) = KeySet::new(keys, self.memory.part()) {
                told.call_once(|| keys);
            }
        }
    }

    fn add_right(&mut self, batch: &Batch, cx: &Cx<'_>) -> Result<()> {
        let keys = keys(&self.right_keys, batch, cx)?;
        let (mut groups, mut fresh) = (Vec::new(), Vec::new());
        self.table.insert(&keys, batch.rows(), &mut groups, &mut fresh)?;
        if self.right_once {
            groups = fresh
                .iter()
                .filter_map(|row| groups.get(*row as usize).copied())
                .collect();
            self.rows.append(&batch.clone().select(fresh))?;
        } else if groups.contains(&NO_GROUP) {
            let kept: Vec<u32> = (0..)
                .zip(&groups)
                .filter(|(_, g)| **g != NO_GROUP)
                .map(|(i, _)| i)
                .collect();
            groups.retain(|g| *g != NO_GROUP);
            self.rows.append(&batch.clone().select(kept))?;
        } else {
            self.rows.append(batch)?;
        }
        let len = self.groups.len().saturating_add(groups.len());
        let grown = vec_capacity(self.groups.capacity(), len);
        // Twice: at the end the rows are listed by group, and two lists begin with one number per group.
        let listed = grown.saturating_add(len).saturating_add(2 * self.table.len() + 2);
        let met = self.met.as_ref().map_or(0, |_| self.table.len() / 8 + 8);
        self.lists.set(listed.saturating_mul(4).saturating_add(met))?;
        self.groups.extend_from_slice(&groups);
        Ok(())
    }

    /// Lists the rows of each group: a counting sort by group.
    fn finish_build(&mut self) {
        let groups = core::mem::take(&mut self.groups);
        let mut starts = alloc::vec![0_u32; self.table.len() + 1];
        for g in &groups {
            if let Some(count) = starts.get_mut(*g as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for s in &mut starts {
            sum += *s;
            *s = sum;
        }
        let mut next = starts.clone();
        let mut by_group = alloc::vec![0_u32; groups.len()];
        for (row, g) in (0..).zip(&groups) {
            if let Some(at) = next.get_mut(*g as usize) {
                if let Some(slot) = by_group.get_mut(*at as usize) {
                    *slot = row;
                }
                *at += 1;
            }
        }
        self.starts = starts;
        self.by_group = by_group;
        if let Some(met) = &mut self.met {
            *met = Bitmap::filled(self.table.len(), false);
        }
    }

    /// The groups of left rows; where only the first of a key counts, later ones are in none.
    fn find(&mut self, keys: &[Column], rows: usize) -> Vec<u32> {
        let mut groups = Vec::new();
        self.table.find(keys, rows, &mut groups);
        if let Some(met) = &mut self.met {
            for group in groups.iter_mut().filter(|group| **group != NO_GROUP) {
                if met.get(*group as usize) {
                    *group = NO_GROUP;
                } else {
                    met.set(*group as usize, true);
                }
            }
        }
        groups
    }

    /// Pairs up to a batch of rows. `false`: all left rows at hand are done.
    fn fill_pairs(&mut self) -> bool {
        let Some(probe) = &mut self.probe else {
            return false;
        };
        while let Some(group) = probe.groups.get(probe.row) {
            let g = *group as usize;
            let partners = match (self.starts.get(g), self.starts.get(g.saturating_add(1))) {
                (Some(from), Some(to)) => self.by_group.get(*from as usize..*to as usize).unwrap_or(&[]),
                _ => &[],
            };
            let room = BATCH_ROWS - self.pairs.len().min(BATCH_ROWS);
            let row = probe.row as u32;
            let rest = partners.get(probe.partner..).unwrap_or(&[]);
            for partner in rest.iter().take(room) {
                self.pairs.push(row, *partner);
            }
            if rest.len() > room {
                probe.partner += room;
                return true;
            }
            self.pairs.end_row(row);
            probe.row += 1;
            probe.partner = 0;
            if self.pairs.len() >= BATCH_ROWS {
                return true;
            }
        }
        false
    }
}

/// The type under which two key columns are hashed: they are of one type already, but if either side
/// compares without case, both must.
fn key_type(left: &Expr, right: &Expr) -> DataType {
    let (l, r) = (left.ty(), right.ty());
    if l.collation() == crate::types::Collation::default() {
        r
    } else {
        l
    }
}

fn keys(exprs: &[Expr], batch: &Batch, cx: &Cx<'_>) -> Result<Vec<Column>> {
    let scope = cx.env.scope();
    exprs.iter().map(|e| eval(e, batch, &scope)).collect()
}

impl Operator for HashJoin {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if let Some(mut right) = self.right.take() {
            loop {
                cx.check_interrupt()?;
                match right.next(cx) {
                    Poll::Pending => {
                        self.right = Some(right);
                        return Poll::Pending;
                    }
                    Poll::Ready(batch) => match batch? {
                        Some(batch) => self.add_right(&batch, cx)?,
                        None => break,
                    },
                }
            }
            self.finish_build();
            self.tell_keys();
        }
        if self.kind == JoinKind::Inner && self.rows.is_empty() {
            return Poll::Ready(Ok(None));
        }
        loop {
            cx.check_interrupt()?;
            if self.probe.is_none() {
                let Some(batch) = ready!(self.left.next(cx))? else {
                    return Poll::Ready(Ok(None));
                };
                let keys = keys(&self.left_keys, &batch, cx)?;
                let groups = self.find(&keys, batch.rows());
                self.probe = Some(Probe {
                    batch,
                    groups,
                    row: 0,
                    partner: 0,
                });
            }
            self.pairs.clear();
            let more = self.fill_pairs();
            let batch = match &self.probe {
                Some(p) if !self.pairs.is_empty() => {
                    self.output
                        .emit(&p.batch, self.rows.columns(), &self.pairs, cx.env)?
                }
                _ => None,
            };
            if !more {
                self.probe = None;
            }
            if batch.is_some() {
                return Poll::Ready(Ok(batch));
            }
        }
    }
}
