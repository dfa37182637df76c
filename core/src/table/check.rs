//! Integrity: every index against the rows, and both against their own order and counts.
//!
//! An index agrees with the rows if each row has exactly one entry, under its own key, and there is no
//! other. To see that without a lookup per row, the entries that the rows should have are summed up as
//! hashes, and those that the index has as well: equal sums of equally many entries are the same
//! entries, but for a chance of one in 2^64. Only where the sums differ is each row looked up, to name
//! the rows at fault.

use super::index_key::RowView;
use super::table::Table;
use super::wait::Wait;
use crate::tree::{IndexCursor, Missing, Pins, RowCursor, RowSpan};
use crate::types::{Problem, Result, RowId};
use alloc::{format, string::String, vec, vec::Vec};
use core::{
    hash::BuildHasher,
    ops::Bound,
    task::{Poll, ready},
};
use hashbrown::DefaultHashBuilder;

/// Problems of one table after which its check stops.
const MAX_PROBLEMS: usize = 100;
/// Rows looked up in the indexes before their blocks may leave the cache again.
const RUN: usize = 32;

/// A sum over index entries, the same in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sum {
    entries: u64,
    hashes: u64,
}

impl Sum {
    fn add(&mut self, hasher: &DefaultHashBuilder, key: &[u8], id: RowId) {
        self.entries += 1;
        self.hashes = self.hashes.wrapping_add(hasher.hash_one((key, id)));
    }
}

/// What the job does next.
enum Stage {
    /// Walks the rows, and sums up the entries they should have.
    Rows(RowCursor),
    /// Walks this index.
    Index(usize, Option<Walk>),
    /// Walks the rows again and looks them up in the indexes that differ.
    Lookups(RowCursor, Option<(RowSpan, usize)>),
}

/// A walk over one index.
struct Walk {
    cursor: IndexCursor,
    last: Option<Vec<u8>>,
    sum: Sum,
    disorder: u64,
}

/// The job that checks a table.
pub struct Check {
    table: Table,
    stage: Stage,
    hasher: DefaultHashBuilder,
    /// What each index should hold.
    expected: Vec<Sum>,
    /// The indexes that hold something else.
    different: Vec<usize>,
    last_id: Option<RowId>,
    seen: u64,
    pins: Pins,
    problems: Vec<Problem>,
}

impl Check {
    /// A check of this version of the table.
    pub fn new(table: &Table) -> Check {
        Check {
            stage: Stage::Rows(all_rows(table)),
            hasher: DefaultHashBuilder::default(),
            expected: vec![Sum::default(); table.indexes.len()],
            different: Vec::new(),
            table: table.clone(),
            last_id: None,
            seen: 0,
            pins: Pins::default(),
            problems: Vec::new(),
        }
    }

    /// Goes on until a block is missing or all is checked; the result says what is wrong, and is empty if
    /// nothing is.
    ///
    /// # Errors
    /// Those of reading.
    pub fn step(&mut self, missing: &mut Missing) -> Poll<Result<Vec<Problem>>> {
        while self.problems.len() < MAX_PROBLEMS {
            let goes_on = match &mut self.stage {
                Stage::Rows(_) => ready!(self.walk_rows(missing))?,
                Stage::Index(..) => ready!(self.walk_index(missing))?,
                Stage::Lookups(..) => ready!(self.look_up(missing))?,
            };
            if !goes_on {
                break;
            }
        }
        Poll::Ready(Ok(core::mem::take(&mut self.problems)))
    }

    fn walk_rows(&mut self, missing: &mut Missing) -> Poll<Result<bool>> {
        let Stage::Rows(cursor) = &mut self.stage else {
            return Poll::Ready(Ok(true));
        };
        match ready!(cursor.next(missing))? {
            Some(span) => self.sum_rows(&span),
            None => {
                self.compare_count("", self.seen, self.table.rows.len());
                // Ids are handed out in ascending order, up to the largest.
                let next = self.table.sequence.peek();
                if let Some(last) = self.last_id.filter(|last| *last >= next && *last != RowId::MAX) {
                    self.report(format!("row {last} is not below the next row id, {next}"));
                }
                self.stage = Stage::Index(0, None);
            }
        }
        Poll::Ready(Ok(true))
    }

    fn sum_rows(&mut self, span: &RowSpan) {
        let (from, to) = (span.from, span.to);
        let columns = span.leaf.columns();
        let mut key = Vec::new();
        for row in from..to {
            let id = span.leaf.row_id(row);
            if self.last_id.is_some_and(|last| last >= id) {
                self.report(format!("row {id} is out of order"));
            }
            self.last_id = Some(id);
            let view = RowView::Stored { columns, row };
            for (index, sum) in self.table.keys.iter().zip(&mut self.expected) {
                key.clear();
                index.encode(&mut key, id, view);
                sum.add(&self.hasher, &key, id);
            }
        }
        self.seen += (to - from) as u64;
        let def = self.table.def.clone();
        for (i, column) in def.columns.iter().enumerate().filter(|(_, c)| !c.nullable) {
            let Some(stored) = def.stored_index(i).and_then(|s| columns.get(s)) else {
                continue;
            };
            if let Some(row) = (from..to).find(|row| stored.is_null(*row)) {
                let id = span.leaf.row_id(row);
                self.report(format!(
                    "column {} of row {id} is NULL but must not be",
                    column.name
                ));
            }
        }
    }

    fn walk_index(&mut self, missing: &mut Missing) -> Poll<Result<bool>> {
        let Stage::Index(position, walk) = &mut self.stage else {
            return Poll::Ready(Ok(true));
        };
        let position = *position;
        let Some(tree) = self.table.indexes.get(position) else {
            if self.different.is_empty() {
                return Poll::Ready(Ok(false));
            }
            self.stage = Stage::Lookups(all_rows(&self.table), None);
            return Poll::Ready(Ok(true));
        };
        let walk = walk.get_or_insert_with(|| Walk {
            cursor: tree.cursor(Bound::Unbounded, Bound::Unbounded, false),
            last: None,
            sum: Sum::default(),
            disorder: 0,
        });
        while let Some(span) = ready!(walk.cursor.next(missing))? {
            for i in span.from..span.to {
                let key = span.leaf.key(i);
                walk.sum.add(&self.hasher, key, span.leaf.row_id(i));
                walk.disorder += u64::from(walk.last.as_deref().is_some_and(|last| last >= key));
                match &mut walk.last {
                    Some(last) => {
                        last.clear();
                        last.extend_from_slice(key);
                    }
                    last => *last = Some(key.to_vec()),
                }
            }
        }
        let (sum, disorder, counted) = (walk.sum, walk.disorder, tree.len());
        let expected = self.expected.get(position).copied().unwrap_or_default();
        self.stage = Stage::Index(position + 1, None);
        let name = self.index_name(position);
        if disorder > 0 {
            self.report(format!("index {name}: {disorder} keys are out of order"));
        }
        self.compare_count(&format!("index {name}: "), sum.entries, counted);
        if sum.entries != expected.entries {
            let (entries, rows) = (sum.entries, expected.entries);
            self.report(format!("index {name}: {entries} entries for {rows} rows"));
        }
        if sum != expected {
            self.different.push(position);
        }
        Poll::Ready(Ok(true))
    }

    fn look_up(&mut self, missing: &mut Missing) -> Poll<Result<bool>> {
        let Stage::Lookups(cursor, span) = &mut self.stage else {
            return Poll::Ready(Ok(true));
        };
        let (next, from) = match span.take() {
            Some(span) => span,
            None => match ready!(cursor.next(missing))? {
                Some(span) => {
                    let from = span.from;
                    (span, from)
                }
                None => return Poll::Ready(Ok(false)),
            },
        };
        let done = self.look_up_rows(&next, from, missing)?;
        let (from, done) = match done {
            Poll::Ready(to) => (to, Poll::Ready(Ok(true))),
            Poll::Pending => (from, Poll::Pending),
        };
        if let Stage::Lookups(_, span) = &mut self.stage
            && from < next.to
        {
            *span = Some((next, from));
        }
        done
    }

    /// Looks the next run of a span's rows up in the indexes; returns where the run ended.
    fn look_up_rows(&mut self, span: &RowSpan, from: usize, missing: &mut Missing) -> Result<Poll<usize>> {
        let to = (from + RUN).min(span.to);
        let mut wait = Wait::default();
        let mut problems = Vec::new();
        let mut key = Vec::new();
        for row in from..to {
            let id = span.leaf.row_id(row);
            let view = RowView::Stored {
                columns: span.leaf.columns(),
                row,
            };
            for position in &self.different {
                let tree = self.table.indexes.get(*position);
                let (Some(tree), Some(index)) = (tree, self.table.keys.get(*position)) else {
                    continue;
                };
                key.clear();
                index.encode(&mut key, id, view);
                let found = wait.see(tree.get(&key, &mut self.pins, missing))?;
                let name = self.index_name(*position);
                match found {
                    Some(Some(other)) if other != id => problems.push(format!(
                        "index {name}: the key {} of row {id} leads to row {other}",
                        index.text(id, view)
                    )),
                    Some(None) => problems.push(format!(
                        "index {name}: row {id} is missing under its key {}",
                        index.text(id, view)
                    )),
                    Some(_) | None => {}
                }
            }
        }
        if wait.done().is_pending() {
            return Ok(Poll::Pending);
        }
        self.pins.clear();
        problems.into_iter().for_each(|p| self.report(p));
        Ok(Poll::Ready(to))
    }

    fn index_name(&self, position: usize) -> String {
        let index = self.table.def.indexes.get(position);
        index.map_or_else(String::new, |i| i.name.clone())
    }

    fn compare_count(&mut self, what: &str, seen: u64, counted: u64) {
        if seen != counted {
            self.report(format!(
                "{what}{seen} entries were found where {counted} are counted"
            ));
        }
    }

    fn report(&mut self, message: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem {
                table: self.table.def.name.clone(),
                key: None,
                message,
            });
        }
    }
}

fn all_rows(table: &Table) -> RowCursor {
    table.rows.cursor(Bound::Unbounded, Bound::Unbounded, false)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::table::Sequence;
    use crate::table::testing::{Fixture, ints, texts};
    use crate::table::undo_log::NO_NOTE;
    use crate::tree::Pins;
    use alloc::{format, sync::Arc};

    #[test]
    fn damage_is_found_and_named() {
        for mut t in Fixture::both() {
            for i in 1..=12 {
                t.insert(i, &[ints(&[i]), texts(&[&format!("k{i}")]), ints(&[i % 3])])
                    .unwrap();
            }
            let whole = t.table.clone();
            let mut pins = Pins::new();
            let mut without_row = whole.rows.clone();
            t.run(|missing| without_row.remove(5, NO_NOTE, &mut pins, missing))
                .unwrap();
            t.table.rows = without_row;
            t.store_all();
            assert_eq!(
                t.check(),
                [
                    "table t: index by_name: 12 entries for 11 rows",
                    "table t: index by_group: 12 entries for 11 rows"
                ]
            );
            t.table = whole;
            let mut other = t.table.rows.clone();
            let name = [texts(&["other"])];
            t.run(|missing| other.update(5, [(0, &name[0])].into_iter(), 0, |_, _| (), &mut pins, missing))
                .unwrap();
            t.table.rows = other;
            assert_eq!(
                t.check(),
                ["table t: index by_name: row 5 is missing under its key 'other'"]
            );
            t.table.sequence = Arc::new(Sequence::new(12));
            let found = t.check();
            assert!(found.contains(&"table t: row 12 is not below the next row id, 12".into()));
        }
    }
}
