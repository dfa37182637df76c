//! What all aggregates have in common: a state per group, fed a batch at a time.

use super::bits::Bits;
use super::collect::Collect;
use super::comoments::Comoments;
use super::count::Count;
use super::distinct::DistinctRows;
use super::distinct_sketch::DistinctSketch;
use super::filtered::FilteredRows;
use super::group_concat::GroupConcat;
use super::json_array::JsonArray;
use super::json_object::JsonObject;
use super::min_max::min_max;
use super::moments::Moments;
use super::ordered::OrderedRows;
use super::ranked::{Rank, Ranked};
use super::sum::{ExactSum, FloatSum};
use super::user::UserStates;
use crate::sql::functions::Aggregate;
use crate::sql::memory::Memory;
use crate::sql::plan::{AggregateCall, Expr};
use crate::types::{Column, DataType, Physical, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};

/// To which groups the rows of a batch belong.
#[derive(Debug, Clone, Copy)]
pub enum Groups<'a> {
    /// All rows to group 0.
    One(usize),
    /// Row `i` to group `ids[i]`.
    Each(&'a [u32]),
}

impl Groups<'_> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Groups::One(rows) => *rows,
            Groups::Each(ids) => ids.len(),
        }
    }

    /// Calls `f` with every row and its group.
    #[inline]
    pub fn each(&self, mut f: impl FnMut(usize, usize) -> Result<()>) -> Result<()> {
        match self {
            Groups::One(rows) => (0..*rows).try_for_each(|row| f(row, 0)),
            Groups::Each(ids) => ids
                .iter()
                .enumerate()
                .try_for_each(|(row, g)| f(row, *g as usize)),
        }
    }
}

/// The states of one aggregate, one per group.
pub trait Accumulator: Send {
    /// Makes room for `groups` groups in all; new ones start empty.
    fn grow(&mut self, groups: usize);

    /// Adds a batch: a column of each argument (COUNT(*) has none), then one of each key of its order, then its filter.
    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()>;

    /// Lets every group have the rows of the one before it too, except those that `firsts` marks: running
    /// aggregates, of groups that have the rows each step adds. `false`: it cannot, and did nothing.
    fn accumulate(&mut self, _firsts: &[bool]) -> Result<bool> {
        Ok(false)
    }

    /// The results, one per group, in order.
    fn finish(&mut self) -> Result<Column>;

    /// Bytes of memory that it takes at most, and its results besides, once there are `groups` groups and a
    /// batch with this argument was added.
    fn memory_with(&self, groups: usize, args: &[Column]) -> usize;
}

/// Combines the state of each group with that of the one before it, except where `firsts` says that a run
/// starts.
pub(super) fn run_up<T: Clone>(groups: &mut [T], firsts: &[bool], mut combine: impl FnMut(&T, &mut T)) {
    let mut before: Option<T> = None;
    for (state, is_first) in groups.iter_mut().zip(firsts) {
        if let Some(before) = before.as_ref().filter(|_| !is_first) {
            combine(before, state);
        }
        before = Some(state.clone());
    }
}

/// The accumulator of an aggregate call.
pub fn accumulator(call: &AggregateCall, memory: &Arc<Memory>) -> Box<dyn Accumulator> {
    let types: Vec<DataType> = call.args.iter().map(Expr::ty).collect();
    let arg = types.first().cloned().unwrap_or(DataType::BIGINT);
    let descending = call.options.descending;
    let ranked = |rank| Box::new(Ranked::new(rank, descending, &arg));
    let inner: Box<dyn Accumulator> = match call.function {
        Aggregate::Count => Box::new(Count::default()),
        Aggregate::Sum | Aggregate::Avg => {
            let average = call.function == Aggregate::Avg;
            if arg.physical() == Physical::F64 || call.ty.physical() == Physical::F64 {
                Box::new(FloatSum::new(average, arg.scale()))
            } else {
                Box::new(ExactSum::new(average, arg.scale(), call.ty.clone()))
            }
        }
        Aggregate::Min => min_max(&arg, false),
        Aggregate::Max => min_max(&arg, true),
        Aggregate::Total => Box::new(FloatSum::new(false, arg.scale()).with_zero()),
        Aggregate::BoolAnd => min_max(&arg, false),
        Aggregate::BoolOr => min_max(&arg, true),
        Aggregate::GroupConcat => {
            let separator = call.options.separator.as_deref().unwrap_or(",");
            Box::new(GroupConcat::new(separator, call.options.limit))
        }
        Aggregate::Collect => Box::new(Collect::default()),
        Aggregate::JsonObjectAgg => Box::new(JsonObject::new(types.get(1).unwrap_or(&arg), memory)),
        Aggregate::ApproxCountDistinct => Box::new(DistinctSketch::new(&arg)),
        Aggregate::Pairs(statistic) => Box::new(Comoments::new(statistic)),
        Aggregate::PercentileCont => ranked(Rank::Between),
        Aggregate::PercentileDisc => ranked(Rank::Nearest),
        Aggregate::Percentile => ranked(Rank::Percent),
        Aggregate::User => Box::new(UserStates::new(call.options.user.as_ref(), &types)),
        // A constant of the grouping set by now.
        Aggregate::Grouping => Box::new(Count::default()),
        Aggregate::JsonArrayAgg => Box::new(JsonArray::new(&arg)),
        Aggregate::VarPop => Box::new(Moments::new(false, false)),
        Aggregate::VarSamp => Box::new(Moments::new(true, false)),
        Aggregate::StddevPop => Box::new(Moments::new(false, true)),
        Aggregate::StddevSamp => Box::new(Moments::new(true, true)),
        Aggregate::Median => ranked(Rank::Median),
        Aggregate::Mode => ranked(Rank::Mode),
        Aggregate::BitAnd => Box::new(Bits::new(-1, |a, b| a & b)),
        Aggregate::BitOr => Box::new(Bits::new(0, |a, b| a | b)),
        Aggregate::BitXor => Box::new(Bits::new(0, |a, b| a ^ b)),
    };
    let inner = match call.function {
        // The smallest of distinct values is the smallest.
        Aggregate::Min | Aggregate::Max => inner,
        _ if call.distinct && !types.is_empty() => Box::new(DistinctRows::new(inner, &types, memory.part())),
        _ => inner,
    };
    let inner = match call.order.is_empty() {
        true => inner,
        false => Box::new(OrderedRows::new(inner, &types, &call.order, memory)),
    };
    match call.filter.is_none() {
        true => inner,
        false => Box::new(FilteredRows::new(inner)),
    }
}
