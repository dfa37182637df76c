//! ANALYZE: reads a table and its indexes once, and tells how many different values there are.
//!
//! Indexes are in order, so that the different keys of each of their prefixes, and with them the values of their first columns, are
//! counted exactly. The values of other columns go into a [`DistinctCount`] each.

use super::Env;
use crate::codec::{KeyPart, encode_key_part, key_part_len};
use crate::sql::distinct_count::{DistinctCount, value_hash};
use crate::sql::memory::MemoryUse;
use crate::table::{ColumnStatistics, IndexStatistics, Table, TableDef, ordinal};
use crate::tree::{IndexCursor, IndexSpan, Missing, RowCursor, RowSpan};
use crate::types::{Column, Result};
use alloc::{sync::Arc, vec::Vec};
use core::ops::Bound;
use core::task::{Poll, ready};

/// What there is to know of a table.
#[derive(Debug, Clone)]
pub struct Analyzed {
    columns: Vec<ColumnStatistics>,
    indexes: Vec<IndexStatistics>,
}

impl Analyzed {
    /// Puts it into the definition of the table that was read.
    pub fn put(&self, def: &mut TableDef) {
        for (column, found) in def.columns.iter_mut().zip(&self.columns) {
            column.statistics = Some(found.clone());
        }
        for (index, found) in def.indexes.iter_mut().zip(&self.indexes) {
            index.statistics = Some(found.clone());
        }
    }
}

/// A column being counted.
struct Counted {
    part: KeyPart,
    /// Among the stored columns; `None`: the row id.
    stored: Option<usize>,
    /// An index that has its values in order.
    index: Option<usize>,
    values: DistinctCount,
    nulls: u64,
    range: Option<(f64, f64)>,
}

impl Counted {
    fn add(&mut self, column: &Column, from: usize, to: usize, scratch: &mut Vec<u8>) {
        for row in from..to {
            if column.is_null(row) {
                self.nulls += 1;
                continue;
            }
            if let Some(n) = ordinal(column, row, self.part.collation) {
                let (low, high) = self.range.unwrap_or((n, n));
                self.range = Some((low.min(n), high.max(n)));
            }
            if self.index.is_none() && self.stored.is_some() {
                scratch.clear();
                encode_key_part(scratch, &self.part, column, row);
                self.values.add(value_hash(scratch));
            }
        }
    }
}

/// The different keys of an index so far.
struct Prefixes {
    rows: u64,
    distinct: Vec<u64>,
    last: Vec<u8>,
}

impl Prefixes {
    fn add(&mut self, span: &IndexSpan, parts: &[KeyPart]) {
        for at in span.from..span.to {
            let key = span.leaf.key(at);
            let same = key.iter().zip(&self.last).take_while(|(a, b)| a == b).count();
            let mut end = 0;
            for (part, distinct) in parts.iter().zip(&mut self.distinct) {
                let rest = key.get(end..).unwrap_or(&[]);
                end += key_part_len(rest, part).unwrap_or(rest.len());
                *distinct += u64::from(self.rows == 0 || same < end);
            }
            self.rows += 1;
            self.last.clear();
            self.last.extend_from_slice(key);
        }
    }
}

/// The job; see the module.
pub struct Analyze {
    table: Arc<Table>,
    rows: Option<RowCursor>,
    columns: Vec<Counted>,
    /// The index that is read.
    cursor: Option<IndexCursor>,
    prefixes: Vec<Prefixes>,
    env: Env,
    memory: MemoryUse,
    scratch: Vec<u8>,
}

impl Analyze {
    /// Of this version of a table.
    pub fn new(table: Arc<Table>, env: &Env) -> Analyze {
        let def = &table.def;
        let counted = |column: usize| {
            let ty = def.columns.get(column).map(|c| &c.ty)?;
            let leads = |i: &crate::table::IndexDef| i.columns.first().is_some_and(|c| c.column == column);
            Some(Counted {
                part: KeyPart {
                    physical: ty.physical(),
                    collation: ty.collation(),
                    descending: false,
                },
                stored: def.stored_index(column),
                index: def.indexes.iter().position(leads),
                values: DistinctCount::default(),
                nulls: 0,
                range: None,
            })
        };
        Analyze {
            columns: (0..def.columns.len()).filter_map(counted).collect(),
            rows: Some(table.rows.cursor(Bound::Unbounded, Bound::Unbounded, false)),
            cursor: None,
            prefixes: Vec::new(),
            memory: env.memory.part(),
            env: env.clone(),
            scratch: Vec::new(),
            table,
        }
    }

    /// Reads on until a block is missing or all is read.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted), [`Error::QueryMemory`](crate::Error::QueryMemory), and those of the trees.
    pub fn step(&mut self, missing: &mut Missing) -> Poll<Result<Analyzed>> {
        while let Some(cursor) = &mut self.rows {
            let span = ready!(cursor.next(missing))?;
            self.env.check_interrupt()?;
            match span {
                Some(span) => self.add_rows(&span)?,
                None => self.rows = None,
            }
        }
        loop {
            let Some(cursor) = &mut self.cursor else {
                let Some(index) = self.table.indexes.get(self.prefixes.len()) else {
                    return Poll::Ready(Ok(self.finish()));
                };
                self.cursor = Some(index.cursor(Bound::Unbounded, Bound::Unbounded, false));
                self.prefixes.push(Prefixes {
                    rows: 0,
                    distinct: alloc::vec![0; self.table.index_parts(self.prefixes.len()).len()],
                    last: Vec::new(),
                });
                continue;
            };
            let span = ready!(cursor.next(missing))?;
            self.env.check_interrupt()?;
            match (span, self.prefixes.len().checked_sub(1)) {
                (Some(span), Some(at)) => {
                    if let Some(prefixes) = self.prefixes.get_mut(at) {
                        prefixes.add(&span, self.table.index_parts(at));
                    }
                }
                _ => self.cursor = None,
            }
        }
    }

    fn add_rows(&mut self, span: &RowSpan) -> Result<()> {
        let ids = span.leaf.row_ids();
        let mut bytes = 0;
        for counted in &mut self.columns {
            let stored = counted.stored.map_or(Some(&ids), |s| span.leaf.column(s));
            match stored {
                Some(column) => counted.add(column, span.from, span.to, &mut self.scratch),
                // The leaf is older than the column.
                None => counted.nulls += (span.to - span.from) as u64,
            }
            bytes += counted.values.bytes();
        }
        self.memory.set(bytes)
    }

    fn finish(&mut self) -> Analyzed {
        let rows = self.table.rows.len();
        let column = |c: &Counted| ColumnStatistics {
            rows,
            nulls: c.nulls,
            distinct: match (c.stored, c.index) {
                (None, _) => rows,
                (_, None) => c.values.estimate().min(rows),
                (_, Some(index)) => {
                    let keys = self.prefixes.get(index).and_then(|p| p.distinct.first());
                    // NULL is one of them.
                    keys.map_or(0, |n| n.saturating_sub(u64::from(c.nulls > 0)))
                }
            },
            range: c.range,
        };
        let index = |p: &mut Prefixes| IndexStatistics {
            rows: p.rows,
            distinct: core::mem::take(&mut p.distinct),
        };
        Analyzed {
            columns: self.columns.iter().map(column).collect(),
            indexes: self.prefixes.iter_mut().map(index).collect(),
        }
    }
}
