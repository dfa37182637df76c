//! Making a join's output from candidate pairs of rows: the residual condition, and the NULL row for a
//! left row of a LEFT JOIN that has no partner.
//!
//! Rows come out in the order of the left input, and for each in the order of its candidates.

use crate::sql::exec::Env;
use crate::sql::exec::eval::eval_filter;
use crate::sql::plan::{Expr, JoinKind};
use crate::types::{Batch, Column, Result};
use alloc::vec::Vec;

/// As a right row: no partner; gathering it gives NULLs.
const NONE: u32 = u32::MAX;

/// Candidate pairs. Those of one left row follow each other.
#[derive(Debug)]
pub struct Pairs {
    kind: JoinKind,
    left: Vec<u32>,
    right: Vec<u32>,
    /// Left rows all of whose candidates are there: the row, and how many pairs there were then.
    ended: Vec<(u32, usize)>,
}

impl Pairs {
    /// No pairs yet, for a join of this kind.
    pub fn new(kind: JoinKind) -> Pairs {
        Pairs {
            kind,
            left: Vec::new(),
            right: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.left.clear();
        self.right.clear();
        self.ended.clear();
    }

    /// Number of candidate pairs.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether nothing can come of it.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty() && self.ended.is_empty()
    }

    /// Adds a candidate pair.
    #[inline]
    pub fn push(&mut self, left: u32, right: u32) {
        self.left.push(left);
        self.right.push(right);
    }

    /// Declares that all candidates of a left row have been added.
    #[inline]
    pub fn end_row(&mut self, left: u32) {
        // Only LEFT JOIN asks which rows found nobody.
        if self.kind == JoinKind::Left {
            self.ended.push((left, self.left.len()));
        }
    }
}

/// Turns pairs into output. Pairs of one left row may come in several calls.
#[derive(Debug)]
pub struct PairOutput {
    kind: JoinKind,
    condition: Option<Expr>,
    /// Whether the left row at hand has had a partner in an earlier call.
    matched: bool,
}

impl PairOutput {
    /// Output of a join with this residual condition.
    pub fn new(kind: JoinKind, condition: Option<Expr>) -> PairOutput {
        PairOutput {
            kind,
            condition,
            matched: false,
        }
    }

    /// The joined rows; positions in `pairs` are among the rows of `left` that count and rows of `right`.
    ///
    /// # Errors
    /// [`Error::QueryMemory`](crate::Error::QueryMemory) if their texts take more than the statement may hold;
    /// those of the condition.
    pub fn emit(
        &mut self,
        left: &Batch,
        right: &[Column],
        pairs: &Pairs,
        env: &Env,
    ) -> Result<Option<Batch>> {
        let scope = env.scope();
        // One big value may be in every pair.
        let texts = gathered_bytes(left, &pairs.left).saturating_add(
            right
                .iter()
                .map(|c| c.gathered_bytes(&pairs.right))
                .fold(0, usize::saturating_add),
        );
        scope.functions.scratch.take(texts)?;
        let candidates = joined(left, right, &pairs.left, &pairs.right);
        let passing = match &self.condition {
            _ if pairs.left.is_empty() => Some(Vec::new()),
            None => None,
            Some(c) => Some(eval_filter(c, &candidates, &scope)?),
        };
        let batch = match (self.kind, passing) {
            (JoinKind::Inner, None) => candidates,
            (JoinKind::Inner, Some(p)) if p.len() == pairs.len() => candidates,
            (JoinKind::Inner, Some(p)) => candidates.select(p),
            (JoinKind::Left, passing) => {
                let all = || (0..pairs.len() as u32).collect();
                let (l, r) = self.with_unmatched(pairs, &passing.unwrap_or_else(all));
                if l == pairs.left && r == pairs.right {
                    candidates
                } else {
                    joined(left, right, &l, &r)
                }
            }
        };
        Ok(Some(batch).filter(|b| b.rows() > 0))
    }

    /// The passing pairs, and a pair without partner for each ended left row that had none.
    fn with_unmatched(&mut self, pairs: &Pairs, passing: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let mut left = Vec::with_capacity(passing.len() + pairs.ended.len());
        let mut right = Vec::with_capacity(passing.len() + pairs.ended.len());
        let mut next = passing.iter().copied().peekable();
        let ends = pairs.ended.iter().map(|(row, end)| (Some(*row), *end));
        for (row, end) in ends.chain([(None, pairs.len())]) {
            while let Some(p) = next.next_if(|p| (*p as usize) < end) {
                left.push(pairs.left.get(p as usize).copied().unwrap_or(NONE));
                right.push(pairs.right.get(p as usize).copied().unwrap_or(NONE));
                self.matched = true;
            }
            if let Some(row) = row {
                if !self.matched {
                    left.push(row);
                    right.push(NONE);
                }
                self.matched = false;
            }
        }
        (left, right)
    }
}

/// Bytes of the texts of a batch at the given positions among the rows that count.
fn gathered_bytes(batch: &Batch, positions: &[u32]) -> usize {
    if batch.columns.iter().all(|c| c.bytes().is_none()) {
        return 0;
    }
    let of = |rows: &[u32]| {
        let columns = batch.columns.iter();
        columns
            .map(|c| c.gathered_bytes(rows))
            .fold(0, usize::saturating_add)
    };
    match &batch.selection {
        None => of(positions),
        Some(selection) => {
            let row = |p: &u32| selection.get(*p as usize).copied().unwrap_or(NONE);
            of(&positions.iter().map(row).collect::<Vec<_>>())
        }
    }
}

/// The columns of both sides at the given rows.
fn joined(left: &Batch, right: &[Column], l: &[u32], r: &[u32]) -> Batch {
    let every_row = l.len() == left.rows() && l.iter().zip(0..).all(|(a, b)| *a == b);
    let mut columns = Vec::with_capacity(left.columns.len() + right.len());
    if every_row {
        // Each left row once: its columns need not be copied.
        columns.extend((0..left.columns.len()).map(|i| left.column(i)));
    } else if let Some(selection) = &left.selection {
        let rows: Vec<u32> = l
            .iter()
            .map(|p| selection.get(*p as usize).copied().unwrap_or(NONE))
            .collect();
        columns.extend(left.columns.iter().map(|c| c.gather(&rows)));
    } else {
        columns.extend(left.columns.iter().map(|c| c.gather(l)));
    }
    columns.extend(right.iter().map(|c| c.gather(r)));
    Batch::new(columns, l.len())
}
