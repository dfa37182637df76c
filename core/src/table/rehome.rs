//! Changing where a table's blocks are: the same leaves under new trees of another placement.

use super::table::{Table, TreeFactory, index_label};
use crate::table::TableDef;
use crate::tree::{IndexTree, Missing, Pins, RowTree, TreeHome};
use crate::types::Result;
use alloc::{sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// The job that gives a table new homes; its rows are shared, not copied.
pub struct Rehome {
    old: Table,
    def: Arc<TableDef>,
    /// The rows' home, then the indexes'.
    homes: Vec<Arc<TreeHome>>,
    rows: Option<RowTree>,
    indexes: Vec<IndexTree>,
    pins: Pins,
}

impl Rehome {
    /// A move of `table` to the placement that `new_def` says; the definitions differ in nothing else
    /// that the trees depend on.
    pub fn new(table: &Table, new_def: TableDef, trees: &dyn TreeFactory) -> Rehome {
        let placement = new_def.persistence.placement();
        let labels = new_def.indexes.iter().map(|i| index_label(&new_def, &i.name));
        let homes = core::iter::once(new_def.name.clone())
            .chain(labels)
            .map(|label| trees.home(&label, placement))
            .collect();
        Rehome {
            old: table.clone(),
            def: Arc::new(new_def),
            homes,
            rows: None,
            indexes: Vec::new(),
            pins: Pins::default(),
        }
    }

    /// Goes on until a block is missing or every tree has its new home.
    ///
    /// # Errors
    /// Those of the trees.
    pub fn step(&mut self, missing: &mut Missing) -> Poll<Result<Table>> {
        let mut homes = self.homes.iter();
        let rows = match (&self.rows, homes.next()) {
            (Some(rows), _) => rows.clone(),
            (None, Some(home)) => {
                let rows = ready!(self.old.rows.rehome(home.clone(), &mut self.pins, missing))?;
                self.pins.clear();
                self.rows.insert(rows).clone()
            }
            (None, None) => self.old.rows.clone(),
        };
        for (tree, home) in self.old.indexes.iter().zip(homes).skip(self.indexes.len()) {
            let tree = ready!(tree.rehome(home.clone(), &mut self.pins, missing))?;
            self.pins.clear();
            self.indexes.push(tree);
        }
        let indexes = core::mem::take(&mut self.indexes);
        Poll::Ready(Ok(Table::from_parts(
            self.def.clone(),
            rows,
            indexes,
            self.old.sequence.clone(),
        )))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::table::PersistenceConfig;
    use crate::table::testing::{Fixture, ints, texts};
    use alloc::format;

    #[test]
    fn rows_survive_every_change_of_placement() {
        for mut t in Fixture::both() {
            for i in 1..=40 {
                t.insert(i, &[ints(&[i]), texts(&[&format!("k{i}")]), ints(&[i % 3])])
                    .unwrap();
            }
            t.store_all();
            for (persistent, cache_in_memory) in [(true, false), (false, false), (true, true), (true, false)]
            {
                let mut def = TableDef::clone(&t.table.def);
                def.persistence = PersistenceConfig {
                    persistent,
                    cache_in_memory,
                    sync_on_write: false,
                };
                let mut job = Rehome::new(&t.table, def, &t.trees());
                t.table = t.run(|missing| job.step(missing)).unwrap();
                t.store_all();
                assert_eq!(t.table.rows.len(), 40);
                assert_eq!(t.text(33, 1).as_deref(), Some("k33"));
                assert_eq!(t.check(), [""; 0]);
                t.update(33, &[1], &[texts(&["k33"])]).unwrap();
            }
        }
    }
}
