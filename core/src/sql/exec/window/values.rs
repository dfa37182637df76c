//! What window functions compute, one column for all rows in order.

use super::frame::Frames;
use super::partitions::{Partition, Partitions};
use crate::sql::exec::Env;
use crate::sql::exec::aggregate::{Accumulator, Groups, accumulator};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{AggregateCall, WindowCall, WindowFunction};
use crate::types::{Column, Error, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::ops::Range;

/// The values of a call for all rows; `args` are its arguments for them.
pub(super) fn values(
    call: &WindowCall,
    args: &[Column],
    frames: &Frames<'_>,
    partitions: &Partitions,
    env: &Env,
) -> Result<Column> {
    let mut out = Column::new(call.ty.physical());
    match &call.function {
        WindowFunction::Aggregate(aggregate) => {
            return aggregates(aggregate, args, frames, partitions, env);
        }
        WindowFunction::Lag | WindowFunction::Lead => {
            let ahead = call.function == WindowFunction::Lead;
            for partition in &partitions.partitions {
                partition
                    .rows
                    .clone()
                    .for_each(|row| shifted(args, row, partition, ahead, &mut out));
            }
        }
        WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue => {
            for partition in &partitions.partitions {
                for (row, peers) in partition.each() {
                    now_and_then(row, env)?;
                    let mut frame = frames.parts(row, peers, partition).into_iter().flatten();
                    let found = match &call.function {
                        WindowFunction::FirstValue => frame.next(),
                        WindowFunction::LastValue => frame.next_back(),
                        _ => nth(args, row, frame)?,
                    };
                    push(&mut out, args.first(), found);
                }
            }
        }
        WindowFunction::Ntile => {
            for partition in &partitions.partitions {
                ntile(args, partition, &mut out)?;
            }
        }
        ranking => {
            for partition in &partitions.partitions {
                rank(ranking, partition, &mut out);
            }
        }
    }
    Ok(out)
}

fn push(out: &mut Column, from: Option<&Column>, row: Option<usize>) {
    match (from, row) {
        (Some(column), Some(row)) => out.push_from(column, row),
        _ => out.push_null(),
    }
}

fn rank(function: &WindowFunction, partition: &Partition, out: &mut Column) {
    let first = partition.rows.start;
    let rows = partition.rows.len() as f64;
    for (row, peers) in partition.each() {
        let before = peers.rows.start - first;
        match function {
            WindowFunction::RowNumber => out.push_i64((row - first) as i64 + 1),
            WindowFunction::DenseRank => out.push_i64(peers.before as i64 + 1),
            WindowFunction::PercentRank if rows > 1.0 => out.push_f64(before as f64 / (rows - 1.0)),
            WindowFunction::PercentRank => out.push_f64(0.0),
            WindowFunction::CumeDist => out.push_f64((peers.rows.end - first) as f64 / rows),
            _ => out.push_i64(before as i64 + 1),
        }
    }
}

/// Buckets of the same size, the first ones one row longer if that does not come out even.
fn ntile(args: &[Column], partition: &Partition, out: &mut Column) -> Result<()> {
    let first = partition.rows.start;
    let buckets = args
        .first()
        .filter(|c| !c.is_null(first))
        .and_then(|c| c.i64s().get(first));
    let buckets = buckets
        .and_then(|n| usize::try_from(*n).ok())
        .filter(|n| *n > 0)
        .ok_or_else(|| Error::invalid("NTILE takes a positive number of buckets"))?;
    let rows = partition.rows.len();
    let (size, longer) = (rows / buckets, rows % buckets);
    for row in 0..rows {
        let in_longer = longer * (size + 1);
        let bucket = match row < in_longer {
            true => row / (size + 1),
            // Buckets without rows are left out by their size of 0.
            false => longer + (row - in_longer).checked_div(size).unwrap_or(0),
        };
        out.push_i64(bucket as i64 + 1);
    }
    Ok(())
}

/// The row a fixed distance away: LAG and LEAD.
fn shifted(args: &[Column], row: usize, partition: &Partition, ahead: bool, out: &mut Column) {
    let distance = match args.get(1) {
        None => Some(1),
        Some(c) if c.is_null(row) => None,
        Some(c) => c.i64s().get(row).copied(),
    };
    let Some(distance) = distance else {
        return out.push_null();
    };
    let place = match ahead {
        true => (row as i64).checked_add(distance),
        false => (row as i64).checked_sub(distance),
    };
    let place = place.and_then(|p| usize::try_from(p).ok());
    match place.filter(|p| partition.rows.contains(p)) {
        Some(place) => push(out, args.first(), Some(place)),
        None => push(out, args.get(2), Some(row)),
    }
}

fn nth(args: &[Column], row: usize, mut frame: impl Iterator<Item = usize>) -> Result<Option<usize>> {
    let Some(n) = args
        .get(1)
        .filter(|c| !c.is_null(row))
        .and_then(|c| c.i64s().get(row))
    else {
        return Ok(None);
    };
    match usize::try_from(*n).ok().and_then(|n| n.checked_sub(1)) {
        Some(skipped) => Ok(frame.nth(skipped)),
        None => Err(Error::invalid("NTH_VALUE counts rows from 1")),
    }
}

/// Asks every few thousand rows whether the statement may go on.
fn now_and_then(row: usize, env: &Env) -> Result<()> {
    match row % 4096 {
        0 => env.check_interrupt(),
        _ => Ok(()),
    }
}

/// An aggregate per frame.
fn aggregates(
    call: &AggregateCall,
    args: &[Column],
    frames: &Frames<'_>,
    partitions: &Partitions,
    env: &Env,
) -> Result<Column> {
    let memory = &env.memory;
    if !frames.are_whole() {
        return excluding(call, args, frames, partitions, env);
    }
    // Equal frames are computed once: each distinct one in a row of frames is a step.
    let mut steps: Vec<Range<usize>> = Vec::new();
    let mut firsts: Vec<bool> = Vec::new();
    let mut step_of: Vec<u32> = Vec::new();
    for partition in &partitions.partitions {
        let mut is_first = true;
        for (row, peers) in partition.each() {
            now_and_then(row, env)?;
            let frame = frames.of(row, peers, partition);
            if is_first || steps.last() != Some(&frame) {
                steps.push(frame);
                firsts.push(is_first);
                is_first = false;
            }
            step_of.push((steps.len() - 1) as u32);
        }
    }
    let mut kept = memory.part();
    if frames.starts_first()
        && let Some(running) = running(call, args, &steps, &firsts, memory, &mut kept)?
    {
        return Ok(running.gather(&step_of));
    }
    // Frames that are whole partitions were told above.
    if frames.ends_last()
        && !frames.starts_first()
        && !call.function.is_ordered()
        && let Some(running) = running_back(call, args, &steps, &firsts, memory, &mut kept)?
    {
        let last = (steps.len() as u32).saturating_sub(1);
        let steps: Vec<u32> = step_of.iter().map(|step| last - step).collect();
        return Ok(running.gather(&steps));
    }
    let results = of_frames(call, args, &steps, env, &mut kept)?;
    Ok(results.gather(&step_of))
}

/// The rows that an aggregate sees.
trait Rows {
    fn count(&self) -> usize;
    fn each(&self) -> impl Iterator<Item = usize>;
}

impl Rows for Range<usize> {
    fn count(&self) -> usize {
        self.len()
    }

    fn each(&self) -> impl Iterator<Item = usize> {
        self.clone()
    }
}

impl Rows for [Range<usize>; 3] {
    fn count(&self) -> usize {
        self.iter().map(Range::len).sum()
    }

    fn each(&self) -> impl Iterator<Item = usize> {
        self.iter().cloned().flatten()
    }
}

/// An aggregate per frame, of frames that leave rows out.
fn excluding(
    call: &AggregateCall,
    args: &[Column],
    frames: &Frames<'_>,
    partitions: &Partitions,
    env: &Env,
) -> Result<Column> {
    let mut kept = env.memory.part();
    let mut results = Column::new(call.ty.physical());
    for partition in &partitions.partitions {
        let parts = partition
            .each()
            .map(|(row, peers)| frames.parts(row, peers, partition));
        let mut held = env.memory.part();
        held.set(
            partition
                .rows
                .len()
                .saturating_mul(size_of::<[Range<usize>; 3]>()),
        )?;
        let parts: Vec<[Range<usize>; 3]> = parts.collect();
        let part = of_frames(call, args, &parts, env, &mut kept)?;
        results.extend_range(&part, 0, parts.len());
    }
    Ok(results)
}

/// An aggregate per frame, each computed for itself.
fn of_frames<R: Rows>(
    call: &AggregateCall,
    args: &[Column],
    steps: &[R],
    env: &Env,
    kept: &mut MemoryUse,
) -> Result<Column> {
    let memory = &env.memory;
    let mut results = Column::new(call.ty.physical());
    let mut rest = steps;
    while !rest.is_empty() {
        env.check_interrupt()?;
        let (frames, after) = rest.split_at(some_frames(rest));
        rest = after;
        let (mut rows, mut groups) = (Vec::new(), Vec::new());
        for (group, frame) in (0..).zip(frames) {
            rows.extend(frame.each().map(|row| row as u32));
            groups.resize(rows.len(), group);
        }
        let held = results.memory();
        let copied: usize = args.iter().map(|a| a.gathered_bytes(&rows)).sum();
        kept.set(held.saturating_add(copied))?;
        let part: Vec<Column> = args.iter().map(|a| a.gather(&rows)).collect();
        let mut state = accumulator(call, memory);
        let added = state.memory_with(frames.len(), &part);
        kept.set(held.saturating_add(copied).saturating_add(added))?;
        state.grow(frames.len());
        state.add(Groups::Each(&groups), &part)?;
        results.extend_range(&state.finish()?, 0, frames.len());
    }
    Ok(results)
}

/// Rows of frames that are added in one go, but for a single frame that has more.
const FRAME_ROWS: usize = 16 << 10;

/// How many of the frames have [`FRAME_ROWS`] rows in all, and at least one.
fn some_frames<R: Rows>(frames: &[R]) -> usize {
    let mut rows = 0;
    let few = |frame: &&R| {
        rows += frame.count() + 1;
        rows <= FRAME_ROWS
    };
    frames.iter().take_while(few).count().clamp(1, frames.len())
}

/// The aggregates of frames that end with their partitions and shrink, from the last one back.
fn running_back(
    call: &AggregateCall,
    args: &[Column],
    steps: &[Range<usize>],
    firsts: &[bool],
    memory: &Arc<Memory>,
    kept: &mut MemoryUse,
) -> Result<Option<Column>> {
    let rows = steps.last().map_or(0, |s| s.end);
    let backward = |step: &Range<usize>| rows - step.end..rows - step.start;
    let back: Vec<Range<usize>> = steps.iter().rev().map(backward).collect();
    let after = firsts.iter().skip(1).copied().chain([true]);
    let mut firsts: Vec<bool> = after.collect();
    firsts.reverse();
    let order: Vec<u32> = (0..rows as u32).rev().collect();
    let mut copied = memory.part();
    copied.set(args.iter().map(|a| a.gathered_bytes(&order)).sum())?;
    let args: Vec<Column> = args.iter().map(|a| a.gather(&order)).collect();
    running(call, &args, &back, &firsts, memory, kept)
}

/// The aggregates of frames that start with their partitions and grow: each row is added once. `None`: the
/// aggregate cannot do that.
fn running(
    call: &AggregateCall,
    args: &[Column],
    steps: &[Range<usize>],
    firsts: &[bool],
    memory: &Arc<Memory>,
    kept: &mut MemoryUse,
) -> Result<Option<Column>> {
    let rows = steps.last().map_or(0, |s| s.end);
    let mut groups: Vec<u32> = Vec::with_capacity(rows);
    let mut added = Vec::with_capacity(rows);
    for (number, (step, is_first)) in (0..).zip(steps.iter().zip(firsts)) {
        let from = match is_first {
            true => step.start,
            false => added.last().map_or(step.start, |last: &u32| *last as usize + 1),
        };
        // What the step adds to the one before it.
        for row in from.max(step.start)..step.end {
            groups.push(number);
            added.push(row as u32);
        }
    }
    let mut state: Box<dyn Accumulator> = accumulator(call, memory);
    let args: Vec<Column> = args.iter().map(|a| a.gather(&added)).collect();
    // Every step may repeat the longest text.
    let longest = args
        .first()
        .and_then(Column::bytes)
        .map_or(0, |b| b.iter().map(<[u8]>::len).max().unwrap_or(0));
    let texts = longest.saturating_mul(steps.len());
    kept.set(state.memory_with(steps.len(), &args).saturating_add(texts))?;
    state.grow(steps.len());
    state.add(Groups::Each(&groups), &args)?;
    match state.accumulate(firsts)? {
        true => state.finish().map(Some),
        false => Ok(None),
    }
}
