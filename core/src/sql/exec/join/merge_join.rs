//! Join by equality of two inputs that both come in the order of their keys, ascending: they are walked side by side, and
//! nothing is collected but the right rows of one key.
//!
//! A key with a NULL matches nothing. Of the right side there is a *window*: the batch at hand, and the rows before it that have the
//! key at hand, if that has more rows than the batch.

use super::pairs::{PairOutput, Pairs};
use crate::codec::{KeyPart, encode_key_part};
use crate::sql::exec::eval::eval;
use crate::sql::exec::row_buffer::RowBuffer;
use crate::sql::exec::{BATCH_ROWS, Cx, Operator};
use crate::sql::memory::Memory;
use crate::sql::plan::{Expr, JoinKind};
use crate::types::{Batch, BytesVec, Column, ColumnData, Physical, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// A left batch, its keys, and how far its rows have been joined.
struct Probe {
    batch: Batch,
    keys: Column,
    row: usize,
    /// Partners of `row` already paired.
    partner: usize,
}

/// Right rows in order. Invariant: the rows before `at` have smaller keys than every left row to come.
struct Window {
    /// The columns, and behind them the keys.
    rows: RowBuffer,
    at: usize,
    /// Whether no rows come after these.
    is_last: bool,
}

/// Why pairing stopped.
#[derive(Debug, PartialEq, Eq)]
enum Stop {
    /// There are as many pairs as go into a batch.
    Full,
    /// The left batch is done.
    LeftDone,
    /// It takes more right rows to go on.
    NeedsRight,
}

/// See the module.
pub struct MergeJoin {
    kind: JoinKind,
    left: Box<dyn Operator>,
    right: Box<dyn Operator>,
    left_keys: Vec<Expr>,
    right_keys: Vec<Expr>,
    window: Window,
    /// Whether the next right rows are to be had first.
    needs_right: bool,
    output: PairOutput,
    pairs: Pairs,
    probe: Option<Probe>,
    physicals: Vec<Physical>,
    memory: Arc<Memory>,
}

impl MergeJoin {
    /// Joins on `equal` (expressions over the left and the right input), by which both inputs are in order, and `condition`
    /// (over both). `right_physicals`: representations of the right input's columns.
    pub fn new(
        kind: JoinKind,
        left: Box<dyn Operator>,
        right: Box<dyn Operator>,
        equal: &[(Expr, Expr)],
        condition: Option<Expr>,
        right_physicals: &[Physical],
        memory: &Arc<Memory>,
    ) -> MergeJoin {
        let mut physicals = right_physicals.to_vec();
        physicals.push(key_physical(equal.iter().map(|(_, r)| r)));
        MergeJoin {
            kind,
            left,
            right,
            left_keys: equal.iter().map(|(l, _)| l.clone()).collect(),
            right_keys: equal.iter().map(|(_, r)| r.clone()).collect(),
            window: Window {
                rows: RowBuffer::new(&physicals, memory.part()),
                at: 0,
                is_last: false,
            },
            needs_right: false,
            output: PairOutput::new(kind, condition),
            pairs: Pairs::new(kind),
            probe: None,
            physicals,
            memory: memory.clone(),
        }
    }

    /// Takes in the next right rows, or their end. Those that may still find partners stay.
    fn add_right(&mut self, batch: Option<Batch>, cx: &Cx<'_>) -> Result<()> {
        let Some(batch) = batch else {
            self.window.is_last = true;
            return Ok(());
        };
        let mut batch = batch.compact();
        batch.columns.push(key_column(&self.right_keys, &batch, cx)?);
        let Window { rows, at, .. } = &mut self.window;
        if *at > 0 {
            let rest = rows.columns().iter().map(|c| c.slice(*at, rows.len())).collect();
            let rest = Batch::new(rest, rows.len() - (*at).min(rows.len()));
            *rows = RowBuffer::new(&self.physicals, self.memory.part());
            if rest.len > 0 {
                rows.append(&rest)?;
            }
            *at = 0;
        }
        rows.append(&batch)
    }

    fn fill_pairs(&mut self) -> Stop {
        let Window { rows, at, is_last } = &mut self.window;
        let (Some(probe), Some(right)) = (&mut self.probe, rows.columns().last()) else {
            return Stop::LeftDone;
        };
        let (rows, keys) = (right.len(), probe.keys.clone());
        let mut walk = Walk {
            probe,
            rows,
            at,
            is_last: *is_last,
            pairs: &mut self.pairs,
        };
        match (keys.data(), right.data()) {
            (ColumnData::I64(l), ColumnData::I64(r))
                if keys.null_bitmap().is_none() && right.null_bitmap().is_none() =>
            {
                walk.pair_up(l.len(), |i| l.get(i).copied(), |i| r.get(i).copied())
            }
            (ColumnData::I64(l), ColumnData::I64(r)) => walk.pair_up(
                l.len(),
                |i| l.get(i).copied().filter(|_| !keys.is_null(i)),
                |i| r.get(i).copied().filter(|_| !right.is_null(i)),
            ),
            _ => walk.pair_up(
                keys.len(),
                |i| (!keys.is_null(i)).then(|| keys.bytes_at(i)),
                |i| (!right.is_null(i)).then(|| right.bytes_at(i)),
            ),
        }
    }
}

/// The walk along both sides.
struct Walk<'a> {
    probe: &'a mut Probe,
    /// Of the window: how many rows, those that are past, and whether they are the last.
    rows: usize,
    at: &'a mut usize,
    is_last: bool,
    pairs: &'a mut Pairs,
}

impl Walk<'_> {
    /// Pairs the rows of a left batch of `len` rows; `left` and `right`: the key of a row, `None` if it is NULL.
    fn pair_up<K: Ord>(
        &mut self,
        len: usize,
        left: impl Fn(usize) -> Option<K>,
        right: impl Fn(usize) -> Option<K>,
    ) -> Stop {
        while self.probe.row < len {
            let row = self.probe.row;
            let mut end = *self.at;
            if let Some(key) = left(row) {
                while *self.at < self.rows && right(*self.at).is_none_or(|r| r < key) {
                    *self.at += 1;
                }
                end = *self.at;
                while end < self.rows && right(end).as_ref() == Some(&key) {
                    end += 1;
                }
                if end == self.rows && !self.is_last {
                    return Stop::NeedsRight;
                }
            }
            let from = *self.at + self.probe.partner;
            let room = BATCH_ROWS.saturating_sub(self.pairs.len());
            let to = end.min(from.saturating_add(room));
            for partner in from..to {
                self.pairs.push(row as u32, partner as u32);
            }
            if to < end {
                self.probe.partner += to.saturating_sub(from);
                return Stop::Full;
            }
            self.pairs.end_row(row as u32);
            self.probe.row += 1;
            self.probe.partner = 0;
            if self.pairs.len() >= BATCH_ROWS {
                return Stop::Full;
            }
        }
        Stop::LeftDone
    }
}

/// How keys are kept: integers as they are, all others encoded.
fn key_physical<'e>(mut keys: impl Iterator<Item = &'e Expr>) -> Physical {
    match (keys.next().map(|e| e.ty().physical()), keys.next()) {
        (Some(Physical::I64), None) => Physical::I64,
        _ => Physical::Bytes,
    }
}

/// The keys of a batch's rows, in their order; NULL if one of their values is.
fn key_column(exprs: &[Expr], batch: &Batch, cx: &Cx<'_>) -> Result<Column> {
    let scope = cx.env.scope();
    let columns: Vec<Column> = exprs
        .iter()
        .map(|e| eval(e, batch, &scope))
        .collect::<Result<_>>()?;
    if key_physical(exprs.iter()) == Physical::I64
        && let [one] = columns.as_slice()
    {
        return Ok(one.clone());
    }
    let part = |e: &Expr| KeyPart {
        physical: e.ty().physical(),
        collation: e.ty().collation(),
        descending: false,
    };
    let parts: Vec<KeyPart> = exprs.iter().map(part).collect();
    let mut keys = Column::from_bytes(BytesVec::with_capacity(batch.rows(), 0));
    let mut key = Vec::new();
    for row in 0..batch.rows() {
        if columns.iter().any(|c| c.is_null(row)) {
            keys.push_null();
            continue;
        }
        key.clear();
        for (part, column) in parts.iter().zip(&columns) {
            encode_key_part(&mut key, part, column, row);
        }
        keys.push_bytes(&key);
    }
    Ok(keys)
}

impl Operator for MergeJoin {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        loop {
            cx.check_interrupt()?;
            if self.needs_right {
                let batch = ready!(self.right.next(cx))?;
                self.add_right(batch, cx)?;
                self.needs_right = false;
            }
            let is_over = self.window.is_last && self.window.at >= self.window.rows.len();
            if self.kind == JoinKind::Inner && is_over {
                return Poll::Ready(Ok(None));
            }
            if self.probe.is_none() {
                let Some(batch) = ready!(self.left.next(cx))? else {
                    return Poll::Ready(Ok(None));
                };
                self.probe = Some(Probe {
                    keys: key_column(&self.left_keys, &batch, cx)?,
                    batch,
                    row: 0,
                    partner: 0,
                });
            }
            self.pairs.clear();
            let stop = self.fill_pairs();
            let columns = self
                .window
                .rows
                .columns()
                .split_last()
                .map_or(&[][..], |(_, c)| c);
            let batch = match &self.probe {
                Some(p) if !self.pairs.is_empty() => {
                    self.output.emit(&p.batch, columns, &self.pairs, cx.env)?
                }
                _ => None,
            };
            match stop {
                Stop::Full => {}
                Stop::LeftDone => self.probe = None,
                Stop::NeedsRight => self.needs_right = true,
            }
            if batch.is_some() {
                return Poll::Ready(Ok(batch));
            }
        }
    }
}
