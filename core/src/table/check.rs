//! Integrity: every index against the rows, and both against their own order and counts.

use super::index_key::RowView;
use super::table::Table;
use super::wait::Wait;
use crate::tree::{IndexCursor, Missing, Pins, RowCursor, RowSpan};
use crate::types::{Result, RowId};
use alloc::{format, string::String, vec::Vec};
use core::{
    ops::Bound,
    task::{Poll, ready},
};

/// Problems after which a check stops.
const MAX_PROBLEMS: usize = 100;
/// Rows looked up in the indexes before their blocks may leave the cache again.
const RUN: usize = 32;

/// The job that checks a table. Each row must be found in every index under its own key, and an index
/// must have as many entries as the table has rows: together, exactly one entry per row.
pub struct Check {
    table: Table,
    rows: RowCursor,
    span: Option<(RowSpan, usize)>,
    last_id: Option<RowId>,
    seen: u64,
    rows_done: bool,
    /// Indexes walked to the end.
    walked: usize,
    walk: Option<Walk>,
    pins: Pins,
    problems: Vec<String>,
}

/// A walk over one index.
struct Walk {
    cursor: IndexCursor,
    last: Option<Vec<u8>>,
    seen: u64,
    disorder: u64,
}

impl Check {
    /// A check of this version of the table.
    pub fn new(table: &Table) -> Check {
        Check {
            rows: table.rows.cursor(Bound::Unbounded, Bound::Unbounded, false),
            table: table.clone(),
            span: None,
            last_id: None,
            seen: 0,
            rows_done: false,
            walked: 0,
            walk: None,
            pins: Pins::default(),
            problems: Vec::new(),
        }
    }

    /// Goes on until a block is missing or all is checked; the result says what is wrong, one line
    /// each, and is empty if nothing is.
    ///
    /// # Errors
    /// Those of reading.
    pub fn step(&mut self, missing: &mut Missing) -> Poll<Result<Vec<String>>> {
        while !self.rows_done && self.problems.len() < MAX_PROBLEMS {
            match self.span.take() {
                None => match ready!(self.rows.next(missing))? {
                    Some(span) => self.span = Some((span, 0)),
                    None => {
                        self.rows_done = true;
                        self.compare_count("", self.seen, self.table.rows.len());
                    }
                },
                Some((span, done)) => match self.check_rows(&span, span.from + done, missing)? {
                    Poll::Ready(to) if to >= span.to => {}
                    Poll::Ready(to) => {
                        let done = to - span.from;
                        self.span = Some((span, done));
                    }
                    Poll::Pending => {
                        self.span = Some((span, done));
                        return Poll::Pending;
                    }
                },
            }
        }
        while self.walked < self.table.indexes.len() && self.problems.len() < MAX_PROBLEMS {
            ready!(self.walk_index(missing))?;
        }
        Poll::Ready(Ok(core::mem::take(&mut self.problems)))
    }

    /// Checks the next run of a span's rows; returns where the run ended.
    fn check_rows(&mut self, span: &RowSpan, from: usize, missing: &mut Missing) -> Result<Poll<usize>> {
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
            for (i, (tree, index)) in self.table.indexes.iter().zip(self.table.keys.iter()).enumerate() {
                key.clear();
                index.encode(&mut key, id, view);
                let found = wait.see(tree.get(&key, &mut self.pins, missing))?;
                let name = self.table.def.indexes.get(i).map_or("", |d| d.name.as_str());
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
        for row in from..to {
            let id = span.leaf.row_id(row);
            if self.last_id.is_some_and(|last| last >= id) {
                problems.push(format!("row {id} is out of order"));
            }
            self.last_id = Some(id);
        }
        for (def, column) in self.table.def.columns.iter().enumerate().filter_map(|(i, def)| {
            let stored = self.table.def.stored_index(i)?;
            Some((def, span.leaf.columns().get(stored)?))
        }) {
            if let (false, Some(row)) = (def.nullable, (from..to).find(|row| column.is_null(*row))) {
                problems.push(format!(
                    "column {} of row {} is NULL but must not be",
                    def.name,
                    span.leaf.row_id(row)
                ));
            }
        }
        self.seen += (to - from) as u64;
        problems.into_iter().for_each(|p| self.report(p));
        Ok(Poll::Ready(to))
    }

    fn walk_index(&mut self, missing: &mut Missing) -> Poll<Result<()>> {
        let Some(tree) = self.table.indexes.get(self.walked) else {
            return Poll::Ready(Ok(()));
        };
        let name = self
            .table
            .def
            .indexes
            .get(self.walked)
            .map_or_else(String::new, |d| d.name.clone());
        let walk = self.walk.get_or_insert_with(|| Walk {
            cursor: tree.cursor(Bound::Unbounded, Bound::Unbounded, false),
            last: None,
            seen: 0,
            disorder: 0,
        });
        while let Some(span) = ready!(walk.cursor.next(missing))? {
            for i in span.from..span.to {
                let key = span.leaf.key(i);
                walk.disorder += u64::from(walk.last.as_deref().is_some_and(|last| last >= key));
                match &mut walk.last {
                    Some(last) => {
                        last.clear();
                        last.extend_from_slice(key);
                    }
                    last => *last = Some(key.to_vec()),
                }
            }
            walk.seen += (span.to - span.from) as u64;
        }
        let (seen, disorder, counted) = (walk.seen, walk.disorder, tree.len());
        self.walk = None;
        self.walked += 1;
        if disorder > 0 {
            self.report(format!("index {name}: {disorder} keys are out of order"));
        }
        self.compare_count(&format!("index {name}: "), seen, counted);
        if seen != self.table.rows.len() {
            let rows = self.table.rows.len();
            self.report(format!("index {name}: {seen} entries for {rows} rows"));
        }
        Poll::Ready(Ok(()))
    }

    fn compare_count(&mut self, what: &str, seen: u64, counted: u64) {
        if seen != counted {
            self.report(format!(
                "{what}{seen} entries were found where {counted} are counted"
            ));
        }
    }

    fn report(&mut self, problem: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems
                .push(format!("table {}: {problem}", self.table.def.name));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::table::testing::{Fixture, ints, texts};
    use crate::tree::Pins;
    use alloc::format;

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
            t.run(|missing| without_row.remove(5, &mut pins, missing))
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
            t.run(|missing| other.update(5, &[0], &name, 0, &mut pins, missing))
                .unwrap();
            t.table.rows = other;
            assert_eq!(
                t.check(),
                ["table t: index by_name: row 5 is missing under its key 'other'"]
            );
        }
    }
}
