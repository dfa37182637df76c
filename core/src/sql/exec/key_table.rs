//! A hash table from typed keys to dense group numbers: the heart of hash join, GROUP BY and DISTINCT.
//!
//! Invariant: groups are numbered 0, 1, 2, … in the order in which their keys first came. A single
//! integer column and a single text column have tables of their own; all other keys are encoded by
//! [`key_bytes`](super::key_bytes).

use super::int_keys::IntKeys;
use super::key_bytes::{collations, float_bits, push_collated, push_key};
use crate::sql::memory::{MemoryUse, table_bytes};
use crate::types::{BytesVec, Collation, Column, ColumnData, DataType, Error, Physical, Result};
use alloc::vec::Vec;
use core::hash::BuildHasher;
use hashbrown::{DefaultHashBuilder, HashTable, hash_table::Entry};

/// The group of a row whose key is in no group.
pub const NO_GROUP: u32 = u32::MAX;

/// How NULL keys behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// As in GROUP BY and DISTINCT: NULLs are equal to one another.
    Equal,
    /// As in joins: a key with a NULL matches nothing and gets no group.
    NeverMatch,
}

enum Store {
    /// No key columns: one group.
    Unit,
    /// One column of integers (or floats by their bits).
    Int(IntKeys),
    /// One byte string, or an encoded composite key. Entries: 32 bits of the hash, group.
    Bytes {
        table: HashTable<(u32, u32)>,
        keys: BytesVec,
    },
}

/// See the module.
pub struct KeyTable {
    store: Store,
    nulls: Nulls,
    null_group: Option<u32>,
    collations: Vec<Collation>,
    single: bool,
    groups: usize,
    hasher: DefaultHashBuilder,
    scratch: Vec<u8>,
    memory: MemoryUse,
}

/// Spreads the kept 32 bits of a hash over 64.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl KeyTable {
    /// An empty table for keys of these types.
    pub fn new(types: &[DataType], nulls: Nulls, memory: MemoryUse) -> KeyTable {
        let store = match types {
            [] => Store::Unit,
            [one] if matches!(one.physical(), Physical::I64 | Physical::F64) => Store::Int(IntKeys::new()),
            _ => Store::Bytes {
                table: HashTable::new(),
                keys: BytesVec::default(),
            },
        };
        KeyTable {
            store,
            nulls,
            null_group: None,
            collations: collations(types),
            single: types.len() == 1 && types.iter().all(|t| t.physical() == Physical::Bytes),
            groups: 0,
            hasher: DefaultHashBuilder::default(),
            scratch: Vec::new(),
            memory,
        }
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.groups
    }

    /// Finds or makes the group of each of `rows` rows. `groups` is overwritten with one group per row;
    /// `fresh` with the rows that opened a new group, in order.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] beyond the limit, and beyond 2^32 groups or key bytes.
    pub fn insert(
        &mut self,
        columns: &[Column],
        rows: usize,
        groups: &mut Vec<u32>,
        fresh: &mut Vec<u32>,
    ) -> Result<()> {
        groups.clear();
        fresh.clear();
        groups.reserve(rows);
        if self.groups.saturating_add(rows) >= NO_GROUP as usize {
            return Err(too_big());
        }
        let null_matches = self.nulls == Nulls::Equal;
        match (&mut self.store, columns.first()) {
            (Store::Unit, _) => {
                if self.groups == 0 && rows > 0 {
                    self.groups = 1;
                    fresh.push(0);
                }
                groups.resize(rows, 0);
            }
            (Store::Int(table), Some(column)) => {
                let keys = ints(column);
                let keys = keys.get(..rows).unwrap_or(&keys);
                let Some(nulls) = column.null_bitmap() else {
                    table.prepare(keys.iter().copied(), rows, self.groups, &mut self.memory)?;
                    groups.extend(keys.iter().zip(0..).map(|(key, row)| {
                        let group = table.insert(*key, self.groups as u32);
                        if group as usize == self.groups {
                            self.groups += 1;
                            fresh.push(row);
                        }
                        group
                    }));
                    return Ok(());
                };
                let valued = keys.iter().enumerate().filter(|(row, _)| !nulls.get(*row));
                let valued = valued.map(|(_, key)| *key);
                table.prepare(valued, rows, self.groups, &mut self.memory)?;
                for (row, key) in keys.iter().enumerate() {
                    if nulls.get(row) {
                        groups.push(null_group(
                            &mut self.null_group,
                            null_matches,
                            &mut self.groups,
                            row,
                            fresh,
                        ));
                        continue;
                    }
                    let group = table.insert(*key, self.groups as u32);
                    if group as usize == self.groups {
                        self.groups += 1;
                        fresh.push(row as u32);
                    }
                    groups.push(group);
                }
            }
            (Store::Bytes { table, keys }, _) => {
                let mut scratch = core::mem::take(&mut self.scratch);
                let mut table_size = table.allocation_size();
                for row in 0..rows {
                    let Some(key) = encode(
                        &mut scratch,
                        columns,
                        &self.collations,
                        self.single,
                        null_matches,
                        row,
                    ) else {
                        groups.push(null_group(
                            &mut self.null_group,
                            null_matches,
                            &mut self.groups,
                            row,
                            fresh,
                        ));
                        // Keys are found by group number, so the group of NULL has an unused one.
                        if keys.len() < self.groups {
                            keys.push(&[]);
                        }
                        continue;
                    };
                    if table.len() == table.capacity() {
                        // It grows to look whether the key is there.
                        let grown = table_bytes(table.capacity(), table.len() + 1, 8);
                        self.memory.set(grown.saturating_add(keys.memory()))?;
                        table_size = grown;
                    }
                    let hash = self.hasher.hash_one(key) as u32;
                    let same = |e: &(u32, u32)| e.0 == hash && keys.get(e.1 as usize) == key;
                    let group = match table.entry(spread(hash), same, |e| spread(e.0)) {
                        Entry::Occupied(e) => e.get().1,
                        Entry::Vacant(e) => {
                            if keys.data().len().saturating_add(key.len()) >= u32::MAX as usize {
                                return Err(too_big());
                            }
                            let grown = keys.memory_with(1, key.len());
                            if grown > keys.memory() {
                                self.memory.set(table_size.saturating_add(grown))?;
                            }
                            let group = self.groups as u32;
                            e.insert((hash, group));
                            keys.push(key);
                            self.groups += 1;
                            fresh.push(row as u32);
                            group
                        }
                    };
                    groups.push(group);
                }
                self.scratch = scratch;
            }
            (Store::Int(_), None) => groups.resize(rows, NO_GROUP),
        }
        Ok(())
    }

    /// Overwrites `groups` with the group of each of `rows` rows, [`NO_GROUP`] where there is none.
    pub fn find(&mut self, columns: &[Column], rows: usize, groups: &mut Vec<u32>) {
        groups.clear();
        groups.reserve(rows);
        let null_matches = self.nulls == Nulls::Equal;
        let of_null = self.null_group.filter(|_| null_matches).unwrap_or(NO_GROUP);
        match (&self.store, columns.first()) {
            (Store::Unit, _) => groups.resize(rows, if self.groups > 0 { 0 } else { NO_GROUP }),
            (Store::Int(table), Some(column)) => {
                let keys = ints(column);
                let found = keys.iter().take(rows).map(|key| table.get(*key));
                match column.null_bitmap() {
                    None => groups.extend(found),
                    Some(nulls) => {
                        let or_null = |(row, g)| if nulls.get(row) { of_null } else { g };
                        groups.extend(found.enumerate().map(or_null));
                    }
                }
            }
            (Store::Bytes { table, keys }, _) => {
                let mut scratch = core::mem::take(&mut self.scratch);
                for row in 0..rows {
                    let key = encode(
                        &mut scratch,
                        columns,
                        &self.collations,
                        self.single,
                        null_matches,
                        row,
                    );
                    groups.push(match key {
                        None => of_null,
                        Some(key) => {
                            let hash = self.hasher.hash_one(key) as u32;
                            let same = |e: &(u32, u32)| e.0 == hash && keys.get(e.1 as usize) == key;
                            table.find(spread(hash), same).map_or(NO_GROUP, |e| e.1)
                        }
                    });
                }
                self.scratch = scratch;
            }
            (Store::Int(_), None) => groups.resize(rows, NO_GROUP),
        }
    }
}

fn too_big() -> Error {
    Error::QueryMemory {
        limit: u32::MAX as usize,
    }
}

/// The group of a NULL key, opened if need be.
fn null_group(
    of_null: &mut Option<u32>,
    matches: bool,
    groups: &mut usize,
    row: usize,
    fresh: &mut Vec<u32>,
) -> u32 {
    if !matches {
        return NO_GROUP;
    }
    *of_null.get_or_insert_with(|| {
        let group = *groups as u32;
        *groups += 1;
        fresh.push(row as u32);
        group
    })
}

/// A column's keys as integers: floats by their bits, so that equal floats are equal integers.
fn ints(column: &Column) -> alloc::borrow::Cow<'_, [i64]> {
    match column.data() {
        ColumnData::F64(v) => v.iter().map(|f| float_bits(*f) as i64).collect(),
        _ => column.i64s().into(),
    }
}

/// The bytes of a row's key; `None` if it is NULL (a composite key with NULLs is a key like any other
/// where NULLs are equal).
fn encode<'a>(
    scratch: &'a mut Vec<u8>,
    columns: &'a [Column],
    collations: &[Collation],
    single: bool,
    null_matches: bool,
    row: usize,
) -> Option<&'a [u8]> {
    if single {
        let column = columns.first()?;
        if column.is_null(row) {
            return None;
        }
        return match collations.first() {
            Some(Collation::NoCase) => {
                scratch.clear();
                push_collated(scratch, column.bytes_at(row), Collation::NoCase);
                Some(scratch)
            }
            _ => Some(column.bytes_at(row)),
        };
    }
    scratch.clear();
    let whole = push_key(scratch, columns, collations, row);
    (whole || null_matches).then_some(&scratch[..])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sql::memory::Memory;
    use alloc::sync::Arc;

    fn unlimited() -> MemoryUse {
        Arc::new(Memory::new(usize::MAX)).part()
    }

    fn text(values: &[Option<&str>]) -> Column {
        let mut c = Column::new(Physical::Bytes);
        for v in values {
            match v {
                Some(s) => c.push_bytes(s.as_bytes()),
                None => c.push_null(),
            }
        }
        c
    }

    fn groups(table: &mut KeyTable, columns: &[Column]) -> (Vec<u32>, Vec<u32>) {
        let (mut g, mut f) = (Vec::new(), Vec::new());
        table.insert(columns, columns[0].len(), &mut g, &mut f).unwrap();
        (g, f)
    }

    #[test]
    fn group_by_treats_nulls_as_one_value_in_every_kind_of_key() {
        let mut ints = Column::from_i64(alloc::vec![0, 7]);
        ints.push_null();
        ints.push_null();
        ints.push_i64(7);
        let texts = text(&[Some(""), Some("x"), None, None, Some("x")]);
        for key in [
            alloc::vec![ints.clone()],
            alloc::vec![texts.clone()],
            alloc::vec![ints, texts],
        ] {
            let types = key
                .iter()
                .map(|c| {
                    if c.physical() == Physical::I64 {
                        DataType::BIGINT
                    } else {
                        DataType::TEXT
                    }
                })
                .collect::<Vec<_>>();
            let mut t = KeyTable::new(&types, Nulls::Equal, unlimited());
            assert_eq!(
                groups(&mut t, &key),
                (alloc::vec![0, 1, 2, 2, 1], alloc::vec![0, 1, 2])
            );
        }
    }

    #[test]
    fn keys_that_come_after_the_first_null_keep_their_groups() {
        let mut t = KeyTable::new(&[DataType::TEXT], Nulls::Equal, unlimited());
        let column = text(&[None, Some("a"), Some("b"), Some("a"), None, Some("b")]);
        assert_eq!(groups(&mut t, &[column]).0, [0, 1, 2, 1, 0, 2]);
    }

    #[test]
    fn a_join_key_with_a_null_matches_nothing() {
        let types = [DataType::BIGINT, DataType::TEXT];
        let mut t = KeyTable::new(&types, Nulls::NeverMatch, unlimited());
        let columns = [Column::from_i64(alloc::vec![1, 1]), text(&[Some("a"), None])];
        assert_eq!(groups(&mut t, &columns).0, [0, NO_GROUP]);
        let mut found = Vec::new();
        t.find(&columns, 2, &mut found);
        assert_eq!(found, [0, NO_GROUP]);
    }

    #[test]
    fn floats_and_collated_text_compare_by_value() {
        let mut t = KeyTable::new(&[DataType::Double], Nulls::Equal, unlimited());
        assert_eq!(
            groups(&mut t, &[Column::from_f64(alloc::vec![0.0, -0.0, 1.5])]).0,
            [0, 0, 1]
        );
        let nocase = DataType::Text {
            max: None,
            collation: Collation::NoCase,
        };
        let mut t = KeyTable::new(&[nocase], Nulls::Equal, unlimited());
        assert_eq!(
            groups(&mut t, &[text(&[Some("Ab"), Some("aB"), Some("b")])]).0,
            [0, 0, 1]
        );
    }

    #[test]
    fn many_keys_keep_their_groups_through_growth() {
        let keys = |n: i64| Column::from_i64((0..n).map(|i| i * 1_000_003 % 50_021).collect());
        let mut t = KeyTable::new(&[DataType::BIGINT], Nulls::Equal, unlimited());
        let (first, fresh) = groups(&mut t, &[keys(20_000)]);
        assert_eq!(fresh.len(), 20_000);
        let mut again = Vec::new();
        t.find(&[keys(20_000)], 20_000, &mut again);
        assert_eq!(first, again);
    }
}
