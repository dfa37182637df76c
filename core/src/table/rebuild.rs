//! Rewriting a table under a new definition: columns added or dropped, a column made the row id.

use super::index_build::IndexBuild;
use super::index_key::stored_columns;
use super::job_memory::JobMemory;
use super::table::{Table, TreeFactory, index_label};
use super::wait::settled;
use crate::table::TableDef;
use crate::tree::{IndexTree, Missing, Pins, RowCursor, RowSpan, RowTree, TreeHome};
use crate::types::{Column, Error, Result, RowId};
use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};
use core::{
    ops::Bound,
    task::{Poll, ready},
};

/// Where a column of the new table has its values from.
#[derive(Debug, Clone)]
pub enum ColumnSource {
    /// Column of the old table, of the same representation (unless [`Rebuild::computing`] makes it that).
    Old(usize),
    /// The same value in every row: a column of one value.
    Fill(Column),
    /// The old row id: unique numbers for a new AUTO_INCREMENT key.
    RowId,
}

/// Makes the columns of the new table, of a number of rows, from what the mapping gave for each.
pub type ComputeRows = Box<dyn Fn(Vec<Column>, usize) -> Result<Vec<Column>> + Send + Sync>;

/// The job that rewrites a table: first the rows, then one index after the other. Row ids stay, unless
/// the new definition has a row id column: then its values are the row ids.
pub struct Rebuild {
    old: Table,
    new: Table,
    mapping: Vec<ColumnSource>,
    compute: Option<ComputeRows>,
    cursor: RowCursor,
    copied: bool,
    index_homes: Vec<Arc<TreeHome>>,
    indexes: Vec<IndexTree>,
    build: Option<IndexBuild>,
    pins: Pins,
    memory: JobMemory,
}

impl Rebuild {
    /// A rewrite of `table` as `new_def` says, `mapping` giving one source per new column.
    pub fn new(
        table: &Table,
        new_def: TableDef,
        mapping: Vec<ColumnSource>,
        trees: &dyn TreeFactory,
        memory: JobMemory,
    ) -> Rebuild {
        let def = Arc::new(new_def);
        let placement = def.persistence.placement();
        let rows = RowTree::new(trees.home(&def.name, placement), def.stored_physical());
        let index_homes = def
            .indexes
            .iter()
            .map(|i| trees.home(&index_label(&def, &i.name), placement))
            .collect();
        Rebuild {
            cursor: table.rows.cursor(Bound::Unbounded, Bound::Unbounded, false),
            old: table.clone(),
            new: Table::from_parts(def, rows, Vec::new(), table.sequence.clone()),
            mapping,
            compute: None,
            copied: false,
            index_homes,
            indexes: Vec::new(),
            build: None,
            pins: Pins::default(),
            memory,
        }
    }

    /// Values that do not come from the old table as they are: converted, or computed from others.
    #[must_use]
    pub fn computing(mut self, compute: ComputeRows) -> Rebuild {
        self.compute = Some(compute);
        self
    }

    /// Goes on until a block is missing or the new table is complete.
    ///
    /// # Errors
    /// [`Error::NotNull`] and [`Error::DuplicateKey`] if the rows do not fit the new definition;
    /// [`Error::TransactionMemory`] and [`Error::QueryMemory`] if there are too many; those of computing values.
    pub fn step(&mut self, missing: &mut Missing) -> Poll<Result<Table>> {
        while !self.copied {
            match ready!(self.cursor.next(missing))? {
                Some(span) => {
                    self.memory.require_unwritten(&self.new)?;
                    self.copy(&span, missing)?;
                }
                None => self.copied = true,
            }
        }
        while let Some(home) = self.index_homes.get(self.indexes.len()) {
            let index = self.new.def.indexes.get(self.indexes.len());
            let Some(index) = index else {
                break;
            };
            let build = self
                .build
                .get_or_insert_with(|| IndexBuild::new(&self.new, index.clone(), home.clone(), self.memory));
            let tree = ready!(build.step(missing))?;
            self.indexes.push(tree);
            self.build = None;
        }
        let mut table = self.new.clone();
        table.indexes = core::mem::take(&mut self.indexes);
        Poll::Ready(Ok(table))
    }

    /// Copies the rows of a span. The new tree is all in memory until it is stored: nothing waits.
    fn copy(&mut self, span: &RowSpan, missing: &mut Missing) -> Result<()> {
        let ids = span.leaf.row_ids().slice(span.from, span.to);
        let mut columns = self
            .mapping
            .iter()
            .map(|source| match source {
                ColumnSource::RowId => ids.clone(),
                ColumnSource::Fill(value) => value.gather(&vec![0; span.to - span.from]),
                ColumnSource::Old(column) => match self.old.def.stored_index(*column) {
                    None => ids.clone(),
                    Some(stored) => span
                        .leaf
                        .columns()
                        .get(stored)
                        .map_or_else(|| ids.clone(), |c| c.slice(span.from, span.to)),
                },
            })
            .collect::<Vec<_>>();
        if let Some(compute) = &self.compute {
            columns = compute(columns, ids.len())?;
        }
        self.refuse_nulls(&columns)?;
        let new_ids = self
            .new
            .def
            .row_id_column
            .and_then(|r| columns.get(r))
            .unwrap_or(&ids);
        let stored = stored_columns(&self.new.def, &columns);
        self.put(new_ids.i64s(), &stored, missing)
    }

    fn refuse_nulls(&self, columns: &[Column]) -> Result<()> {
        for (def, column) in self.new.def.columns.iter().zip(columns) {
            if !def.nullable && column.null_bitmap().is_some_and(|n| n.any()) {
                return Err(Error::NotNull {
                    table: self.new.def.name.clone(),
                    column: def.name.clone(),
                });
            }
        }
        Ok(())
    }

    fn put(&mut self, ids: &[RowId], stored: &[Column], missing: &mut Missing) -> Result<()> {
        let (Some(first), Some(last)) = (ids.first(), ids.iter().max()) else {
            return Ok(());
        };
        let end = settled(self.new.rows.last_row_id(&mut self.pins, missing))?;
        if ids.is_sorted_by(|a, b| a < b) && end.is_none_or(|end| end < *first) {
            settled(self.new.rows.append(ids, stored, 0, &mut self.pins, missing))?;
        } else {
            for (row, id) in ids.iter().enumerate() {
                if !settled(self.new.rows.insert(*id, stored, row, &mut self.pins, missing))? {
                    return Err(self.new.duplicate_row_id(*id));
                }
            }
        }
        self.new.sequence.raise_above(*last);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::table::ColumnDef;
    use crate::table::testing::{Fixture, ints, texts};
    use crate::types::DataType;
    use alloc::format;

    fn filled() -> [Fixture; 2] {
        let mut both = Fixture::both();
        for t in &mut both {
            for i in 1..=20 {
                t.insert(i, &[ints(&[i]), texts(&[&format!("k{i}")]), ints(&[100 - i])])
                    .unwrap();
            }
            t.store_all();
        }
        both
    }

    #[test]
    fn a_column_is_added_and_another_dropped() {
        for mut t in filled() {
            let mut def = TableDef::clone(&t.table.def);
            def.indexes.remove(1); // the index on the dropped column
            def.columns[2] = ColumnDef::new("added", DataType::TEXT, false);
            let mapping = vec![
                ColumnSource::Old(0),
                ColumnSource::Old(1),
                ColumnSource::Fill(texts(&["new"])),
            ];
            t.rebuild(def, mapping).unwrap();
            assert_eq!(t.text(7, 1).as_deref(), Some("k7"));
            assert_eq!(t.text(7, 2).as_deref(), Some("new"));
            assert_eq!(t.table.rows.len(), 20);
            assert_eq!(t.check(), [""; 0]);
        }
    }

    #[test]
    fn another_column_becomes_the_row_id() {
        let old = || vec![ColumnSource::Old(0), ColumnSource::Old(1), ColumnSource::Old(2)];
        for mut t in filled() {
            let mut def = TableDef::clone(&t.table.def);
            def.row_id_column = Some(2);
            t.rebuild(def, old()).unwrap();
            assert_eq!(t.text(93, 1).as_deref(), Some("k7"), "the row with 100 - 7");
            assert_eq!(t.check(), [""; 0]);
            t.insert(5, &[ints(&[1]), texts(&["x"]), ints(&[5])]).unwrap();
            t.insert(6, &[ints(&[1]), texts(&["y"]), ints(&[6])]).unwrap();
            let mut def = TableDef::clone(&t.table.def);
            def.row_id_column = Some(0);
            assert_eq!(
                t.rebuild(def, old()),
                Err(Error::DuplicateKey {
                    table: "t".into(),
                    index: "PRIMARY".into(),
                    key: "1".into()
                })
            );
        }
    }
}
