//! A glance at a table: how many different keys or values there are, from a few leaves that are in memory.
//!
//! - Of an index, up to eight leaves tell how often a key differs from the one before: that part of all entries begins a
//!   new key, so it estimates without bias how many there are. Where keys have many entries few leaves have such a place;
//!   but then the leaves begin with different keys, of which 64 places are looked at, whether or not the leaves are in memory.
//! - Of any other column, up to 128 values of each of four leaves are counted, and those that are there once tell how many
//!   more there are (the estimator Duj1 of Haas and Stokes, 1998).
//!
//! And how much of a column lies within a range, from the bounds that the directory keeps of it for each leaf.

use crate::codec::{KeyPart, encode_key_part, float_of, key_part_len, order_key, ordered_i64};
use crate::sql::distinct_count::value_hash;
use crate::sql::exec::value_range;
use crate::table::Table;
use crate::types::{Collation, Column, Physical};
use alloc::vec::Vec;
use core::ops::Bound;

/// Places of an index that are looked at.
const PLACES: u64 = 64;
/// Of them, leaves of which all keys are looked at.
const LEAVES: usize = 8;
/// Leaves of rows that are looked at, and values of each.
const ROW_LEAVES: u64 = 4;
const VALUES: usize = 128;
/// Leaves of rows whose bounds are looked at, and how many of them must be known.
const BOUNDED_LEAVES: u64 = 64;
const LEAST_BOUNDED_LEAVES: usize = 4;

/// The first parts of a key; all of a text that is cut off.
fn prefix<'a>(key: &'a [u8], parts: &[KeyPart]) -> &'a [u8] {
    let mut end = 0;
    for part in parts {
        let rest = key.get(end..).unwrap_or(&[]);
        end += key_part_len(rest, part).unwrap_or(rest.len());
    }
    key.get(..end).unwrap_or(key)
}

/// Different keys of the first `columns` columns of an index; `None` if nothing of it is in memory.
pub(super) fn key_distinct(table: &Table, index: usize, columns: usize) -> Option<f64> {
    let tree = table.indexes.get(index)?;
    let parts = table.index_parts(index).get(..columns)?;
    let places = tree.sample(PLACES);
    // Where leaves begin is cut off behind the byte that tells.
    let differs = |a: &[u8], b: &[u8]| !a.starts_with(b) && !b.starts_with(a);
    let mut begins = places.iter().map(|p| prefix(&p.separator, parts));
    let mut last = begins.next()?;
    let mut told_apart = 1.0;
    for begin in begins {
        if differs(last, begin) {
            told_apart += 1.0;
        }
        last = begin;
    }
    let (mut pairs, mut changes) = (0.0, 0.0);
    let step = (places.len() / LEAVES).max(1);
    for leaf in places.iter().step_by(step).filter_map(|p| p.leaf.as_ref()) {
        let mut last = prefix(leaf.key(0), parts);
        for i in 1..leaf.len() {
            let key = leaf.key(i);
            let is_same = key.starts_with(last);
            pairs += 1.0;
            if !is_same {
                changes += 1.0;
                last = prefix(key, parts);
            }
        }
    }
    let entries = tree.len() as f64;
    if pairs > 0.0 {
        let begun = 1.0 + (entries - 1.0).max(0.0) * changes / pairs;
        return Some(f64::max(begun, told_apart));
    }
    // All places differ: there may be any number more.
    (told_apart < places.len() as f64 / 2.0).then_some(told_apart)
}

/// Different values of a column that leads no index; `None` if none of its leaves are in memory.
pub(super) fn column_distinct(table: &Table, column: usize) -> Option<f64> {
    let ty = &table.def.columns.get(column)?.ty;
    let part = KeyPart {
        physical: ty.physical(),
        collation: ty.collation(),
        descending: false,
    };
    let stored = table.def.stored_index(column)?;
    let mut hashes: Vec<u64> = Vec::new();
    let mut key = Vec::new();
    for values in table.rows.sample_column(stored, ROW_LEAVES) {
        for row in (0..values.len().min(VALUES)).filter(|row| !values.is_null(*row)) {
            key.clear();
            encode_key_part(&mut key, &part, &values, row);
            hashes.push(value_hash(&key));
        }
    }
    hashes.sort_unstable();
    let sampled = hashes.len() as f64;
    if hashes.is_empty() {
        return None;
    }
    let (mut distinct, mut once) = (0.0, 0.0);
    for group in hashes.chunk_by(|a, b| a == b) {
        distinct += 1.0;
        once += if group.len() == 1 { 1.0 } else { 0.0 };
    }
    let rows = (table.rows.len() as f64).max(sampled);
    Some(sampled * distinct / (sampled - once + once * sampled / rows))
}

/// The part of an index's entries of which the first column is within bounds: columns of one value of its type.
pub(super) fn part_within(
    table: &Table,
    index: usize,
    from: Bound<&Column>,
    to: Bound<&Column>,
) -> Option<f64> {
    let tree = table.indexes.get(index)?;
    let part = table.index_parts(index).first()?;
    let Some(range) = value_range(&[], part, from, to) else {
        return Some(0.0);
    };
    Some(tree.entries_within(&range.from, &range.to) as f64 / tree.len().max(1) as f64)
}

/// The part of a table's rows of which a column is within bounds: columns of one value of its type. `None` if the bounds of
/// too few leaves are known. Within those of one leaf values are taken to be evenly spread. `nulls`: the part of rows in which
/// it is NULL, if that is known.
pub(super) fn part_within_leaves(
    table: &Table,
    column: usize,
    from: Bound<&Column>,
    to: Bound<&Column>,
    nulls: Option<f64>,
) -> Option<f64> {
    let ty = &table.def.columns.get(column)?.ty;
    if ty.collation() != Collation::Binary {
        return None;
    }
    let key = |b: Bound<&Column>, unbounded: i64| match b {
        Bound::Unbounded => Some(unbounded),
        Bound::Included(c) | Bound::Excluded(c) => order_key(c, 0),
    };
    let (from, to) = (key(from, i64::MIN)?, key(to, i64::MAX)?);
    // Of floats the keys are not evenly spread when the values are.
    let place = |key: i64| match ty.physical() {
        Physical::F64 => float_of(ordered_i64(key)),
        _ => key as f64,
    };
    let leaves = table
        .rows
        .sample_bounds(table.def.stored_index(column)?, BOUNDED_LEAVES);
    let (mut part, mut with_values) = (0.0, 0.0);
    for (least, greatest) in leaves.iter().filter_map(|leaf| leaf.keys()) {
        with_values += 1.0;
        let (first, last) = (least.max(from), greatest.min(to));
        if first > last {
            continue;
        }
        let (all, within) = (place(greatest) - place(least), place(last) - place(first));
        // All of few values are as many, and one of them is more than nothing.
        part += match all.is_finite() && all > 0.0 {
            true => (within.max(1.0 / VALUES as f64 * all) / all).clamp(0.0, 1.0),
            false => 1.0,
        };
    }
    let values = nulls.map_or(with_values / leaves.len() as f64, |nulls| 1.0 - nulls);
    (leaves.len() >= LEAST_BOUNDED_LEAVES).then(|| part / f64::max(with_values, 1.0) * values)
}
