//! Columns of a table as the entries of an index tell them, so that no row is read.

use crate::catalog::TableDef;
use crate::codec::{KeyPart, key_part_len, push_key_value};
use crate::table::EntryPlace;
use crate::tree::IndexSpan;
use crate::types::{Column, Physical};
use alloc::vec::Vec;

/// See the module.
#[derive(Debug, Clone)]
pub struct IndexColumns {
    /// The parts of the keys up to the last one that is needed.
    parts: Vec<KeyPart>,
    places: Vec<EntryPlace>,
}

impl IndexColumns {
    /// The table columns at `columns`, then the row id if `row_id`, of the entries of index `index`, whose keys have these
    /// `parts`; `None` if the entries do not tell them all.
    pub fn new(
        def: &TableDef,
        index: usize,
        parts: &[KeyPart],
        columns: &[usize],
        row_id: bool,
    ) -> Option<IndexColumns> {
        let places = columns.iter().map(|c| def.entry_place(index, *c));
        let places = places.chain(row_id.then_some(Some(EntryPlace::RowId)));
        let places: Vec<EntryPlace> = places.collect::<Option<_>>()?;
        let needed = places.iter().map(|p| match p {
            EntryPlace::Part(at) => at + 1,
            EntryPlace::RowId => 0,
        });
        let needed = needed.max().unwrap_or(0);
        Some(IndexColumns {
            parts: parts.get(..needed)?.to_vec(),
            places,
        })
    }

    /// Columns without values yet.
    pub fn empty(&self) -> Vec<Column> {
        let physical = |p: &EntryPlace| match p {
            EntryPlace::RowId => Physical::I64,
            EntryPlace::Part(at) => self.parts.get(*at).map_or(Physical::I64, |p| p.physical),
        };
        self.places.iter().map(|p| Column::new(physical(p))).collect()
    }

    /// Appends the values of a span's entries, backwards if so asked, to columns that began [empty](IndexColumns::empty); `None` if
    /// a key is not what it should be.
    pub fn push(&self, columns: &mut [Column], span: &IndexSpan, reverse: bool) -> Option<()> {
        if self.places.is_empty() {
            return Some(());
        }
        for n in 0..span.to.saturating_sub(span.from) {
            let at = if reverse { span.to - 1 - n } else { span.from + n };
            let mut key = span.leaf.key(at);
            for (part, n) in self.parts.iter().zip(0..) {
                let mut len = None;
                for (place, column) in self.places.iter().zip(columns.iter_mut()) {
                    if *place == EntryPlace::Part(n) {
                        len = Some(push_key_value(column, key, part)?);
                    }
                }
                let len = match len {
                    Some(len) => len,
                    None => key_part_len(key, part)?,
                };
                key = key.get(len..)?;
            }
            for (place, column) in self.places.iter().zip(columns.iter_mut()) {
                if *place == EntryPlace::RowId {
                    column.push_i64(span.leaf.row_id(at));
                }
            }
        }
        Some(())
    }
}
