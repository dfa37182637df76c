//! Rows that single INSERTs of a transaction append to a table, on their way into its tree together.
//!
//! Putting a row into a tree is a way down from the root, with every node and column on it looked at for
//! whether it is shared. The rows of one INSERT after the other wait here instead, in columns, and go in as
//! one batch: before anything else looks at the transaction's version, and when there are many.
//!
//! Putting them in neither waits nor fails: the table has no index that could refuse one, their ids
//! ascend above its last row id, and the leaf of that row is in memory to stay.

use super::draft::{Changes, Draft};
use super::rows::require_range;
use crate::catalog::{Catalog, TableDef, TableId};
use crate::table::{Sequence, Table};
use crate::tree::{Missing, Pins};
use crate::types::{Column, ColumnBuilder, Error, Physical, Result, RowId};
use alloc::{sync::Arc, vec::Vec};
use core::task::Poll;

/// Rows that wait at most.
const MOST_ROWS: usize = 256;
/// Bytes of a column at which no more rows wait.
const MANY_BYTES: usize = 64 << 10;

fn empty(physical: Physical) -> ColumnBuilder {
    ColumnBuilder::with_capacity(physical, 0)
}

/// See the module.
pub struct Appends {
    table: TableId,
    /// The last row id of the table, with the rows that wait.
    last: RowId,
    ids: Vec<RowId>,
    /// One per table column; the row id column is not looked at.
    columns: Vec<ColumnBuilder>,
    /// Which of them are of byte strings.
    texts: Vec<usize>,
    def: Arc<TableDef>,
    sequence: Arc<Sequence>,
    /// Whether the columns may have values of a row that was not appended.
    is_open: bool,
}

impl Appends {
    /// For the rows after the last one of a table; `None` if its rows may not wait.
    fn new(table: &Table) -> Option<Appends> {
        let def = &table.def;
        let other = |c: usize| Some(c) != def.row_id_column;
        let generates = def
            .columns
            .iter()
            .enumerate()
            .any(|(i, c)| c.auto_increment && other(i));
        let key = def.row_id_column.and_then(|c| def.columns.get(c));
        let is_integer = key.is_none_or(|k| k.ty.physical() == Physical::I64);
        if generates || !is_integer || !table.indexes.is_empty() {
            return None;
        }
        let is_text = |c: &usize| {
            let column = def.columns.get(*c);
            column.is_some_and(|c| c.ty.physical() == Physical::Bytes)
        };
        Some(Appends {
            table: def.id,
            last: table.rows.open_end()?,
            ids: Vec::new(),
            columns: def.columns.iter().map(|c| empty(c.ty.physical())).collect(),
            texts: (0..def.columns.len()).filter(is_text).collect(),
            def: def.clone(),
            sequence: table.sequence.clone(),
            is_open: false,
        })
    }

    fn is_full(&self) -> bool {
        let byte_len = |c: &usize| self.columns.get(*c).map_or(0, ColumnBuilder::byte_len);
        self.ids.len() >= MOST_ROWS || self.texts.iter().any(|c| byte_len(c) >= MANY_BYTES)
    }

    /// The columns, to append the values of one row to: one per table column, NULL for a key that is to be
    /// generated. They are those of a row once [`Draft::append`] says so.
    pub fn columns(&mut self) -> &mut [ColumnBuilder] {
        if core::mem::replace(&mut self.is_open, true) {
            let rows = self.ids.len();
            self.columns.iter_mut().for_each(|c| c.truncate(rows));
        }
        &mut self.columns
    }
}

impl Draft<'_> {
    /// Where a row may be put for [`Draft::append`]; `None` if it is to be [inserted](Draft::insert_row).
    pub fn appends(&mut self, table: TableId) -> Option<&mut Appends> {
        self.require_room(table).ok()?;
        let Draft { catalog, changes } = self;
        let open = changes.appends.as_ref().is_some_and(|a| a.table == table);
        if !open {
            changes.settle(catalog).ok()?;
            changes.appends = Appends::new(catalog.get(table)?);
        }
        changes.appends.as_mut()
    }

    /// Appends the row whose values were put into the columns of [`Draft::appends`]. Returns its key if one
    /// was generated. `None`, and nothing was done, if its id is not above those before, or none can be generated.
    ///
    /// # Errors
    /// Those of the trees; the version is then not to be used any more.
    pub fn append(&mut self) -> Result<Option<Option<RowId>>> {
        let Draft { catalog, changes } = self;
        let Some(appends) = &mut changes.appends else {
            return Ok(None);
        };
        let key = appends.def.row_id_column;
        let given = key
            .and_then(|c| appends.columns.get(c))
            .and_then(|c| c.i64_at(appends.ids.len()));
        let id = match given {
            Some(id) => id,
            None => match appends.sequence.next(1) {
                Ok(id) if require_range(&appends.def, key, id).is_ok() => id,
                _ => return Ok(None),
            },
        };
        if id <= appends.last {
            return Ok(None);
        }
        appends.sequence.raise_above(id);
        appends.is_open = false;
        appends.ids.push(id);
        appends.last = id;
        if appends.is_full() {
            changes.put_in(catalog)?;
        }
        Ok(Some(key.filter(|_| given.is_none()).map(|_| id)))
    }
}

impl Changes {
    /// Puts the rows in that wait.
    fn put_in(&mut self, catalog: &mut Catalog) -> Result<()> {
        let Some(mut appends) = self.appends.take() else {
            return Ok(());
        };
        if !appends.ids.is_empty() {
            appends
                .columns
                .iter_mut()
                .for_each(|c| c.truncate(appends.ids.len()));
            let columns: Vec<Column> = appends.columns.drain(..).map(ColumnBuilder::finish).collect();
            let (mut pins, mut missing) = (Pins::new(), Missing::new());
            let mut draft = Draft::new(catalog, self);
            match draft.append_rows(appends.table, &appends.ids, &columns, &mut pins, &mut missing) {
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Ready(Ok(false)) | Poll::Pending => {
                    return Err(Error::invalid("rows that were to be appended could not be"));
                }
            }
            appends.ids.clear();
            let reused = columns.into_iter().map(|c| match c.memory() <= 2 * MANY_BYTES {
                true => ColumnBuilder::reuse(c),
                false => empty(c.physical()),
            });
            appends.columns.extend(reused);
        }
        self.appends = Some(appends);
        Ok(())
    }

    /// Puts the rows in that wait, and lets no more wait: before anything else is done with the version.
    ///
    /// # Errors
    /// Those of the trees; the version is then not to be used any more.
    pub(super) fn settle(&mut self, catalog: &mut Catalog) -> Result<()> {
        let put_in = self.put_in(catalog);
        self.appends = None;
        put_in
    }
}
