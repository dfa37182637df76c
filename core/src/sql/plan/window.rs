//! Window functions.

use super::{AggregateCall, Expr, Plan, SortKey};
use crate::types::DataType;
use alloc::vec::Vec;

/// What a window function computes of the rows of its partition, or of its frame.
#[derive(Debug, Clone, PartialEq)]
pub enum WindowFunction {
    /// The number of the row in its partition.
    RowNumber,
    /// The number of rows before its peers, plus one.
    Rank,
    /// The number of groups of peers before its own, plus one.
    DenseRank,
    /// (rank - 1) / (rows - 1).
    PercentRank,
    /// The part of the rows up to its last peer.
    CumeDist,
    /// The number of its bucket, of as many as the argument says.
    Ntile,
    /// The argument in a row before; arguments: value, how many rows, value if there is no such row.
    Lag,
    /// The argument in a row after; arguments as for `Lag`.
    Lead,
    /// The argument in the first row of the frame.
    FirstValue,
    /// The argument in the last row of the frame.
    LastValue,
    /// The argument in row `n` of the frame; arguments: value, n.
    NthValue,
    /// An aggregate of the rows of the frame.
    Aggregate(AggregateCall),
}

/// In what frame bounds are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnits {
    /// Rows.
    Rows,
    /// Distance of the only sort key; CURRENT ROW means the row's peers.
    Range,
    /// Groups of peers.
    Groups,
}

/// An end of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    /// The partition's first row.
    UnboundedPreceding,
    /// So many units before; a constant, of the sort key's type for RANGE and BIGINT otherwise.
    Preceding(Expr),
    /// This row.
    CurrentRow,
    /// So many units after.
    Following(Expr),
    /// The partition's last row.
    UnboundedFollowing,
    /// For RANGE by an INTERVAL: where the sort key has a value that is computed from that of the row.
    At {
        /// The value, of the sort key's type, over the input.
        edge: Expr,
        /// PRECEDING.
        before: bool,
    },
}

/// Which rows of its frame a function does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameExclusion {
    /// EXCLUDE NO OTHERS.
    NoOthers,
    /// EXCLUDE CURRENT ROW.
    CurrentRow,
    /// EXCLUDE GROUP: the row and its peers.
    Group,
    /// EXCLUDE TIES: the peers of the row.
    Ties,
}

/// Which rows of the partition a function sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Units.
    pub units: FrameUnits,
    /// First row.
    pub start: FrameBound,
    /// Last row.
    pub end: FrameBound,
    /// Rows left out.
    pub exclude: FrameExclusion,
}

impl Frame {
    /// The expressions over the input that its bounds are at, in order.
    pub fn edges(&self) -> impl Iterator<Item = &Expr> {
        [&self.start, &self.end].into_iter().filter_map(|b| match b {
            FrameBound::At { edge, .. } => Some(edge),
            _ => None,
        })
    }
}

/// One call of a window function.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowCall {
    /// The function.
    pub function: WindowFunction,
    /// Arguments over the input; an aggregate has its own.
    pub args: Vec<Expr>,
    /// Frame.
    pub frame: Frame,
    /// Result type.
    pub ty: DataType,
}

/// Window functions over the same partitions in the same order. Output: the input's columns, then one
/// column per call.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Input.
    pub input: Plan,
    /// PARTITION BY.
    pub partition: Vec<Expr>,
    /// ORDER BY within a partition.
    pub order: Vec<SortKey>,
    /// Calls.
    pub calls: Vec<WindowCall>,
}

impl WindowCall {
    /// Calls `f` on every expression, to rewrite it.
    pub fn for_each_expr_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        self.args.iter_mut().for_each(&mut *f);
        if let WindowFunction::Aggregate(call) = &mut self.function {
            call.exprs_mut().for_each(&mut *f);
        }
        for bound in [&mut self.frame.start, &mut self.frame.end] {
            if let FrameBound::Preceding(e) | FrameBound::Following(e) | FrameBound::At { edge: e, .. } =
                bound
            {
                f(e);
            }
        }
    }

    /// Calls `f` on every expression over the input, those of the frame last.
    pub fn for_each_input_expr<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        self.args.iter().for_each(&mut *f);
        if let WindowFunction::Aggregate(call) = &self.function {
            call.exprs().for_each(&mut *f);
        }
        self.frame.edges().for_each(f);
    }
}

impl WindowFunction {
    /// Its name in capitals.
    pub fn name(&self) -> &str {
        match self {
            WindowFunction::RowNumber => "ROW_NUMBER",
            WindowFunction::Rank => "RANK",
            WindowFunction::DenseRank => "DENSE_RANK",
            WindowFunction::PercentRank => "PERCENT_RANK",
            WindowFunction::CumeDist => "CUME_DIST",
            WindowFunction::Ntile => "NTILE",
            WindowFunction::Lag => "LAG",
            WindowFunction::Lead => "LEAD",
            WindowFunction::FirstValue => "FIRST_VALUE",
            WindowFunction::LastValue => "LAST_VALUE",
            WindowFunction::NthValue => "NTH_VALUE",
            WindowFunction::Aggregate(call) => call.name(),
        }
    }
}
