//! Frames: which rows of its partition a function sees, for each row.

use super::partitions::{Partition, Peers};
use crate::sql::exec::constant::constant_in;
use crate::sql::exec::eval::Scope;
use crate::sql::plan::{Expr, Frame, FrameBound, FrameExclusion, FrameUnits};
use crate::types::{Column, ColumnData, Error, Result};
use core::cmp::Ordering;
use core::ops::Range;

/// A frame whose offsets are known.
pub(super) struct Frames<'a> {
    units: FrameUnits,
    start: Bound<'a>,
    end: Bound<'a>,
    exclude: FrameExclusion,
    /// For RANGE with an offset: the sort key of all rows in order, and whether it descends.
    key: Option<(&'a Column, bool)>,
}

enum Bound<'a> {
    First,
    Before(Offset),
    Current,
    After(Offset),
    /// Where the key has these values, row by row; and whether that is before the row.
    At(&'a Column, bool),
    Last,
}

#[derive(Clone, Copy)]
enum Offset {
    Exact(i128),
    Float(f64),
}

impl Offset {
    fn count(self) -> usize {
        match self {
            Offset::Exact(n) => usize::try_from(n).unwrap_or(usize::MAX),
            Offset::Float(_) => 0,
        }
    }
}

fn offset(expr: &Expr, scope: &Scope<'_>) -> Result<Offset> {
    let column = constant_in(expr, scope)?;
    let value = match column.data() {
        _ if column.is_null(0) => None,
        ColumnData::I64(v) => v.first().map(|n| Offset::Exact(i128::from(*n))),
        ColumnData::Decimal(v) => v.first().map(|n| Offset::Exact(*n)),
        ColumnData::F64(v) => v.first().map(|n| Offset::Float(*n)),
        ColumnData::Bytes(_) => None,
    };
    value
        .filter(|v| match v {
            Offset::Exact(n) => *n >= 0,
            Offset::Float(n) => *n >= 0.0,
        })
        .ok_or_else(|| Error::invalid("the bound of a window frame is neither NULL nor negative"))
}

fn bound<'a>(
    bound: &FrameBound,
    edges: &mut impl Iterator<Item = &'a Column>,
    scope: &Scope<'_>,
) -> Result<Bound<'a>> {
    Ok(match bound {
        FrameBound::UnboundedPreceding => Bound::First,
        FrameBound::Preceding(e) => Bound::Before(offset(e, scope)?),
        FrameBound::CurrentRow => Bound::Current,
        FrameBound::Following(e) => Bound::After(offset(e, scope)?),
        FrameBound::UnboundedFollowing => Bound::Last,
        FrameBound::At { before, .. } => {
            let none = || Error::invalid("a window frame without its edge");
            Bound::At(edges.next().ok_or_else(none)?, *before)
        }
    })
}

impl<'a> Frames<'a> {
    /// # Errors
    /// [`Error::Invalid`](crate::types::Error::Invalid) if an offset is NULL or negative.
    pub(super) fn new(
        frame: &Frame,
        key: Option<(&'a Column, bool)>,
        edges: &'a [Column],
        scope: &Scope<'_>,
    ) -> Result<Frames<'a>> {
        let mut edges = edges.iter();
        let frames = Frames {
            units: frame.units,
            start: bound(&frame.start, &mut edges, scope)?,
            end: bound(&frame.end, &mut edges, scope)?,
            exclude: frame.exclude,
            key,
        };
        frames.require_directions()?;
        Ok(frames)
    }

    /// # Errors
    /// [`Error::Invalid`] if an edge is on the other side of its row than it should be.
    fn require_directions(&self) -> Result<()> {
        let Some((key, descending)) = self.key else {
            return Ok(());
        };
        for bound in [&self.start, &self.end] {
            let Bound::At(edge, before) = bound else { continue };
            // In a descending order what comes before is greater.
            let wrong = match *before != descending {
                true => Ordering::Greater,
                false => Ordering::Less,
            };
            let known = (0..key.len()).filter(|i| !key.is_null(*i) && !edge.is_null(*i));
            let (key, edge) = (key.i64s(), edge.i64s());
            if known.into_iter().any(|i| edge.get(i).cmp(&key.get(i)) == wrong) {
                return Err(Error::invalid(
                    "the bound of a window frame is neither NULL nor negative",
                ));
            }
        }
        Ok(())
    }

    /// Whether functions see all rows of their frames.
    pub(super) fn are_whole(&self) -> bool {
        self.exclude == FrameExclusion::NoOthers
    }

    /// The frame of a row without what it excludes: its parts, in order; they may be empty.
    pub(super) fn parts(&self, row: usize, peers: &Peers, partition: &Partition) -> [Range<usize>; 3] {
        let all = self.of(row, peers, partition);
        let out = match self.exclude {
            FrameExclusion::NoOthers => return [all.clone(), all.end..all.end, all.end..all.end],
            FrameExclusion::CurrentRow => row..row + 1,
            FrameExclusion::Group | FrameExclusion::Ties => peers.rows.clone(),
        };
        let (from, to) = (
            out.start.clamp(all.start, all.end),
            out.end.clamp(all.start, all.end),
        );
        let middle = match self.exclude == FrameExclusion::Ties && all.contains(&row) {
            true => row..row + 1,
            false => from..from,
        };
        [all.start..from, middle, to..all.end]
    }

    /// Whether every frame starts with its partition.
    pub(super) fn starts_first(&self) -> bool {
        matches!(self.start, Bound::First)
    }

    /// Whether every frame ends with its partition.
    pub(super) fn ends_last(&self) -> bool {
        matches!(self.end, Bound::Last)
    }

    /// The frame of a row; it may be empty.
    pub(super) fn of(&self, row: usize, peers: &Peers, partition: &Partition) -> Range<usize> {
        let all = &partition.rows;
        let start = match &self.start {
            Bound::First => all.start,
            Bound::Last => all.end,
            Bound::Current => match self.units {
                FrameUnits::Rows => row,
                FrameUnits::Range | FrameUnits::Groups => peers.rows.start,
            },
            Bound::Before(n) => self.edge(row, peers, partition, *n, true, true),
            Bound::After(n) => self.edge(row, peers, partition, *n, false, true),
            Bound::At(edge, _) => self.at(row, peers, partition, edge, true),
        };
        let end = match &self.end {
            Bound::First => all.start,
            Bound::Last => all.end,
            Bound::Current => match self.units {
                FrameUnits::Rows => row + 1,
                FrameUnits::Range | FrameUnits::Groups => peers.rows.end,
            },
            Bound::Before(n) => self.edge(row, peers, partition, *n, true, false),
            Bound::After(n) => self.edge(row, peers, partition, *n, false, false),
            Bound::At(edge, _) => self.at(row, peers, partition, edge, false),
        };
        let start = start.clamp(all.start, all.end);
        start..end.clamp(start, all.end)
    }

    /// The first row of a frame (`is_start`), or the one after its last, that is an offset away.
    fn edge(
        &self,
        row: usize,
        peers: &Peers,
        partition: &Partition,
        offset: Offset,
        before: bool,
        is_start: bool,
    ) -> usize {
        let after_last = usize::from(!is_start);
        match self.units {
            FrameUnits::Rows if before => (row + after_last).saturating_sub(offset.count()),
            FrameUnits::Rows => (row + after_last).saturating_add(offset.count()),
            FrameUnits::Groups => {
                let group = match before {
                    true => peers.before.checked_sub(offset.count()),
                    false => Some(peers.before.saturating_add(offset.count())),
                };
                let found = group.map(|g| partition.peers.get(g));
                match (found, is_start) {
                    // Before the first group.
                    (None, _) => partition.rows.start,
                    (Some(None), _) => partition.rows.end,
                    (Some(Some(group)), true) => group.rows.start,
                    (Some(Some(group)), false) => group.rows.end,
                }
            }
            FrameUnits::Range => self.distance(row, peers, partition, offset, before, is_start),
        }
    }

    /// As [`Frames::edge`], by the distance of the sort key.
    fn distance(
        &self,
        row: usize,
        peers: &Peers,
        partition: &Partition,
        offset: Offset,
        before: bool,
        is_start: bool,
    ) -> usize {
        let Some((key, descending)) = self.key.filter(|(key, _)| !key.is_null(row)) else {
            // NULLs are near each other only.
            return if is_start {
                peers.rows.start
            } else {
                peers.rows.end
            };
        };
        // In a descending order what comes before is greater.
        let lower = before != descending;
        let order = |other: usize| compare_shifted(key, other, row, offset, lower);
        search(key, descending, row, partition, is_start, order)
    }

    /// As [`Frames::distance`], where the key has a value.
    fn at(&self, row: usize, peers: &Peers, partition: &Partition, edge: &Column, is_start: bool) -> usize {
        let Some((key, descending)) = self
            .key
            .filter(|(key, _)| !key.is_null(row) && !edge.is_null(row))
        else {
            return if is_start {
                peers.rows.start
            } else {
                peers.rows.end
            };
        };
        let (keys, edge) = (key.i64s(), edge.i64s().get(row));
        let order = |other: usize| keys.get(other).cmp(&edge);
        search(key, descending, row, partition, is_start, order)
    }
}

/// The first row of a partition at an edge of a frame (`is_start`), or the first one behind it. `order` compares the
/// key of a row with the edge.
fn search(
    key: &Column,
    descending: bool,
    row: usize,
    partition: &Partition,
    is_start: bool,
    order: impl Fn(usize) -> Ordering,
) -> usize {
    let is_before_edge = |other: usize| {
        if key.is_null(other) {
            return other < row;
        }
        let order = order(other);
        let order = if descending { order.reverse() } else { order };
        match is_start {
            true => order == Ordering::Less,
            false => order != Ordering::Greater,
        }
    };
    let (mut low, mut high) = (partition.rows.start, partition.rows.end);
    while low < high {
        let middle = low.midpoint(high);
        match is_before_edge(middle) {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    low
}

/// Compares the key of `other` with that of `row`, lowered or raised by an offset.
fn compare_shifted(key: &Column, other: usize, row: usize, offset: Offset, lower: bool) -> Ordering {
    let exact = |i: usize| match key.data() {
        ColumnData::I64(v) => v.get(i).map(|n| i128::from(*n)),
        ColumnData::Decimal(v) => v.get(i).copied(),
        ColumnData::F64(_) | ColumnData::Bytes(_) => None,
    };
    match offset {
        Offset::Exact(n) => {
            let (this, other) = (exact(row).unwrap_or(0), exact(other).unwrap_or(0));
            let edge = if lower {
                this.saturating_sub(n)
            } else {
                this.saturating_add(n)
            };
            other.cmp(&edge)
        }
        Offset::Float(n) => {
            let float = |i: usize| key.f64s().get(i).copied().unwrap_or(0.0);
            let edge = if lower { float(row) - n } else { float(row) + n };
            float(other).total_cmp(&edge)
        }
    }
}
