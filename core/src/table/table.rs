//! The table: a definition, a row tree, and one index tree per index of the definition.

use super::index_key::IndexKey;
use super::sequence::Sequence;
use crate::codec::KeyPart;
use crate::table::{Placement, TableDef};
use crate::tree::{IndexTree, Residency, RowTree, TreeHome};
use crate::types::{Error, Result};
use alloc::{string::String, sync::Arc, vec::Vec};

/// Makes homes for new trees, each under a tree id that was never used before.
pub trait TreeFactory {
    /// A home for a tree of a table of that placement; `label` names it in errors.
    fn home(&self, label: &str, placement: Placement) -> Arc<TreeHome>;
}

/// One version of a table. Cloning it clones a few `Arc`s; the clone is a snapshot.
///
/// Invariant: `indexes` are parallel to `def.indexes`, and each holds exactly one entry per row.
#[derive(Clone)]
pub struct Table {
    /// The definition.
    pub def: Arc<TableDef>,
    /// Row id to stored columns.
    pub rows: RowTree,
    /// Key to row id, one per index of the definition.
    pub indexes: Vec<IndexTree>,
    /// Where new row ids come from.
    pub sequence: Arc<Sequence>,
    /// How each index makes its keys; fixed with the definition's indexes.
    pub(super) keys: Arc<Vec<IndexKey>>,
}

impl Table {
    /// An empty table.
    pub fn create(def: Arc<TableDef>, trees: &dyn TreeFactory) -> Table {
        let placement = def.persistence.placement();
        let rows = RowTree::new(trees.home(&def.name, placement), def.stored_physical());
        let indexes = def
            .indexes
            .iter()
            .map(|i| IndexTree::new(trees.home(&index_label(&def, &i.name), placement)))
            .collect();
        Table::from_parts(def, rows, indexes, Arc::new(Sequence::new(1)))
    }

    /// A table of existing trees. `indexes` are parallel to `def.indexes`.
    pub fn from_parts(
        def: Arc<TableDef>,
        rows: RowTree,
        indexes: Vec<IndexTree>,
        sequence: Arc<Sequence>,
    ) -> Table {
        let keys = Arc::new(def.indexes.iter().map(|i| IndexKey::new(&def, i)).collect());
        Table {
            def,
            rows,
            indexes,
            sequence,
            keys,
        }
    }

    /// The key parts of index `index`, in key order; empty for an index that does not exist.
    pub fn index_parts(&self, index: usize) -> &[KeyPart] {
        self.keys.get(index).map_or(&[], IndexKey::parts)
    }

    /// The tree of index `index` and the parts of its keys.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is no such index, which a plan for this definition never names.
    pub fn index(&self, index: usize) -> Result<(&IndexTree, &[KeyPart])> {
        match self.indexes.get(index) {
            Some(tree) => Ok((tree, self.index_parts(index))),
            None => Err(Error::Unknown {
                kind: "index",
                name: alloc::format!("#{index} of table {}", self.def.name),
                nearest: None,
                position: None,
            }),
        }
    }

    /// How index `index` makes its keys.
    pub fn index_key(&self, index: usize) -> Option<&IndexKey> {
        self.keys.get(index)
    }

    /// All trees' homes: the rows', then the indexes'.
    pub fn homes(&self) -> impl Iterator<Item = &Arc<TreeHome>> {
        core::iter::once(self.rows.home()).chain(self.indexes.iter().map(IndexTree::home))
    }

    /// Bytes of blocks that what changed since `base` keeps in memory; see [`Tree::held_bytes`](crate::tree::Tree::held_bytes).
    pub fn held_bytes(&self, base: Option<&Table>) -> usize {
        let rows = self.rows.held_bytes(base.map(|b| &b.rows));
        let indexes = self.indexes.iter().map(|index| {
            let before = base.and_then(|b| b.indexes.iter().find(|i| i.home().id == index.home().id));
            index.held_bytes(before)
        });
        rows + indexes.sum::<usize>()
    }

    /// Bytes of all trees' leaves that are not in the store yet, roughly.
    pub fn dirty_bytes(&self) -> usize {
        self.rows.dirty_bytes() + self.indexes.iter().map(IndexTree::dirty_bytes).sum::<usize>()
    }

    /// Whether a leaf may have to be fetched first.
    pub(super) fn may_wait(&self) -> bool {
        matches!(self.rows.home().residency, Residency::Cached)
    }
}

/// What an index's tree is called in errors.
pub(super) fn index_label(def: &TableDef, index: &str) -> String {
    alloc::format!("{}.{}", def.name, index)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{Fixture, ints, texts};
    use crate::types::{Column, Physical};
    use alloc::{collections::BTreeMap, format, string::String, vec::Vec};

    fn name_column(name: &Option<String>) -> Column {
        match name {
            Some(name) => texts(&[name]),
            None => Column::nulls(Physical::Bytes, 1),
        }
    }

    /// The operations against a map from id to (name, grp), where names but NULL are unique.
    #[test]
    fn any_sequence_of_operations_does_what_a_map_would() {
        for (mut t, mut seed) in Fixture::both().into_iter().zip([7_u64, 8]) {
            let mut random = |n: u64| {
                seed = seed
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                ((seed >> 33) % n) as i64
            };
            let mut model: BTreeMap<i64, (Option<String>, i64)> = BTreeMap::new();
            let taken = |model: &BTreeMap<i64, (Option<String>, i64)>, but: i64, name: &Option<String>| {
                name.is_some() && model.iter().any(|(id, (n, _))| *id != but && n == name)
            };
            for step in 0..1500 {
                let (mut id, grp) = (random(60), random(5));
                if let (0, n @ 1..) = (random(2), model.len() as u64) {
                    id = *model.keys().nth(random(n) as usize).unwrap();
                }
                let name = (random(4) > 0).then(|| format!("n{}", random(50)));
                match random(5) {
                    0 | 1 => {
                        let fits = !model.contains_key(&id) && !taken(&model, id, &name);
                        let row = [ints(&[id]), name_column(&name), ints(&[grp])];
                        assert_eq!(t.insert(id, &row).is_ok(), fits, "step {step}");
                        if fits {
                            model.insert(id, (name, grp));
                        }
                    }
                    2 => {
                        let new = if random(3) == 0 { random(60) } else { id };
                        let exists = model.contains_key(&id);
                        let fits = (new == id || !model.contains_key(&new)) && !taken(&model, id, &name);
                        let updated = t.update(id, &[1, 0], &[name_column(&name), ints(&[new])]);
                        match exists {
                            false => assert_eq!(updated, Ok(None), "step {step}"),
                            true if fits => {
                                assert_eq!(updated.map(|u| u.map(|u| u.id)), Ok(Some(new)), "step {step}");
                                let (_, grp) = model.remove(&id).unwrap();
                                model.insert(new, (name, grp));
                            }
                            true => assert!(updated.is_err(), "step {step}"),
                        }
                    }
                    3 => assert_eq!(t.remove(id), Ok(model.remove(&id).is_some()), "step {step}"),
                    _ => {
                        let last = model.keys().next_back().copied().unwrap_or(0);
                        let ids: Vec<i64> = (0..7).map(|i| last + random(4) + i * 3).collect();
                        let names: Vec<String> = (0..7).map(|_| format!("n{}", random(2000))).collect();
                        let columns = [
                            ints(&ids),
                            texts(&names.iter().map(String::as_str).collect::<Vec<_>>()),
                            ints(&[grp; 7]),
                        ];
                        let ascending = ids.windows(2).all(|w| w[0] < w[1])
                            && model.keys().next_back().is_none_or(|last| *last < ids[0]);
                        let fits = (0..7).all(|i| {
                            let name = Some(names[i].clone());
                            !taken(&model, -1, &name) && !names[..i].contains(&names[i])
                        });
                        let appended = t.append(&ids, &columns, 0);
                        match ascending {
                            false => assert_eq!(appended, Ok(0), "step {step}"),
                            true if fits => {
                                assert_eq!(appended, Ok(7), "step {step}");
                                for (id, name) in ids.into_iter().zip(names) {
                                    model.insert(id, (Some(name), grp));
                                }
                            }
                            true => assert!(appended.is_err(), "step {step}"),
                        }
                    }
                }
                if step % 100 == 0 {
                    assert_eq!(t.check(), [""; 0]);
                }
            }
            assert_eq!(t.check(), [""; 0]);
            assert_eq!(t.table.rows.len(), model.len() as u64);
            for (id, (name, _)) in model {
                assert_eq!(t.text(id, 1), Some(name.unwrap_or_default()));
            }
        }
    }
}
