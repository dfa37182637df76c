//! The keys of a row in one index.
//!
//! A key is the encoded columns of the index, end to end. Keys of non-unique indexes, and keys that
//! contain a NULL, get the row id appended: so every key in an index tree occurs once, and NULLs
//! never collide.

use crate::codec::{KeyPart, encode_key_part, key_row_id};
use crate::table::{ColumnDef, IndexDef, TableDef};
use crate::types::{Column, DataType, RowId};
use alloc::{borrow::Cow, string::String, vec::Vec};

/// One row, wherever its values are.
#[derive(Clone, Copy)]
pub enum RowView<'a> {
    /// One column per table column.
    Full {
        /// The columns.
        columns: &'a [Column],
        /// The row in them.
        row: usize,
    },
    /// One column per stored column: a row of a leaf.
    Stored {
        /// The columns.
        columns: &'a [Column],
        /// The row in them.
        row: usize,
    },
    /// A row of a leaf with some table columns replaced.
    Changed {
        /// The leaf's columns.
        columns: &'a [Column],
        /// The row in them.
        at: usize,
        /// Table columns that are replaced.
        set: &'a [usize],
        /// Their new values, in the order of `set`.
        values: &'a [Column],
        /// The row in `values`.
        row: usize,
    },
}

impl<'a> RowView<'a> {
    /// Where table column `column`, kept as stored column `stored`, has its value.
    fn find(&self, column: usize, stored: usize) -> Option<(&'a Column, usize)> {
        match *self {
            RowView::Full { columns, row } => columns.get(column).map(|c| (c, row)),
            RowView::Stored { columns, row } => columns.get(stored).map(|c| (c, row)),
            RowView::Changed {
                columns,
                at,
                set,
                values,
                row,
            } => match set.iter().position(|s| *s == column) {
                Some(k) => values.get(k).map(|c| (c, row)),
                None => columns.get(stored).map(|c| (c, at)),
            },
        }
    }
}

/// One column of a key.
#[derive(Debug)]
struct KeyColumn {
    /// Position in the table.
    column: usize,
    /// Position among the stored columns; `None`: the row id.
    stored: Option<usize>,
    /// For messages.
    ty: DataType,
}

/// How a column enters keys.
pub(super) fn key_part(column: &ColumnDef, descending: bool) -> KeyPart {
    KeyPart {
        physical: column.ty.physical(),
        collation: column.ty.collation(),
        descending,
    }
}

/// How an index makes its keys.
#[derive(Debug)]
pub struct IndexKey {
    columns: Vec<KeyColumn>,
    parts: Vec<KeyPart>,
    unique: bool,
}

impl IndexKey {
    /// The keys of `index` on a table of that definition. Columns that do not exist are left out.
    pub fn new(def: &TableDef, index: &IndexDef) -> IndexKey {
        let mut key = IndexKey {
            columns: Vec::with_capacity(index.columns.len()),
            parts: Vec::with_capacity(index.columns.len()),
            unique: index.unique,
        };
        for c in &index.columns {
            let Some(column) = def.columns.get(c.column) else {
                continue;
            };
            key.columns.push(KeyColumn {
                column: c.column,
                stored: def.stored_index(c.column),
                ty: column.ty.clone(),
            });
            key.parts.push(key_part(column, c.descending));
        }
        key
    }

    /// The parts of a key, without the row id that may follow.
    pub fn parts(&self) -> &[KeyPart] {
        &self.parts
    }

    /// Whether a key without NULLs may occur only once.
    pub fn is_unique(&self) -> bool {
        self.unique
    }

    /// Whether a change of one of these table columns may change the key.
    pub fn touches(&self, set: &[usize]) -> bool {
        self.columns.iter().any(|c| set.contains(&c.column))
    }

    /// Appends the key of a row. True if it is unique: without NULLs, in a unique index.
    pub fn encode(&self, out: &mut Vec<u8>, id: RowId, row: RowView<'_>) -> bool {
        let mut null = false;
        for (c, part) in self.columns.iter().zip(&self.parts) {
            match c.stored.and_then(|stored| row.find(c.column, stored)) {
                Some((column, at)) => {
                    null |= column.is_null(at);
                    encode_key_part(out, part, column, at);
                }
                None => encode_key_part(out, part, &Column::from_i64(alloc::vec![id]), 0),
            }
        }
        let unique = self.unique && !null;
        if !unique {
            key_row_id(out, id);
        }
        unique
    }

    /// The key of a row in a buffer of its own, and whether it is unique.
    pub fn encoded(&self, id: RowId, row: RowView<'_>) -> (Vec<u8>, bool) {
        let mut key = Vec::new();
        let unique = self.encode(&mut key, id, row);
        (key, unique)
    }

    /// The values of the key as SQL: `7`, or `('a', 7)` if it has several.
    pub fn text(&self, id: RowId, row: RowView<'_>) -> String {
        let literal = |c: &KeyColumn| match c.stored.and_then(|stored| row.find(c.column, stored)) {
            Some((column, at)) => column.value(at, &c.ty).to_sql_literal(),
            None => alloc::format!("{id}"),
        };
        let values: Vec<String> = self.columns.iter().map(literal).collect();
        match values.as_slice() {
            [one] => one.clone(),
            _ => alloc::format!("({})", values.join(", ")),
        }
    }
}

/// The stored columns among a table's columns: all but the row id column.
pub(super) fn stored_columns<'a>(def: &TableDef, columns: &'a [Column]) -> Cow<'a, [Column]> {
    match def.row_id_column {
        None => Cow::Borrowed(columns),
        Some(0) => Cow::Borrowed(columns.get(1..).unwrap_or(&[])),
        Some(r) if r + 1 >= columns.len() => Cow::Borrowed(columns.get(..r).unwrap_or(columns)),
        Some(r) => Cow::Owned(
            columns
                .iter()
                .enumerate()
                .filter(|(i, _)| *i != r)
                .map(|(_, c)| c.clone())
                .collect(),
        ),
    }
}
