//! The catalog records in the store: which they are, and which of them a version changes.
//!
//! Most commits change rows only: then a record differs from the store's only where row ids were handed
//! out, and only such records are encoded again.

use crate::catalog::{
    Ahead, Catalog, Definitions, NumberSequence, SchemasRecord, SequenceRecord, TableRecord, encode_record,
};
use crate::codec::{schemas_key, table_key};
use crate::kv::WriteBatch;
use crate::table::Table;
use crate::types::Result;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The record of a stored table.
fn record(catalog: &Catalog, table: &Table, sequence: i64) -> TableRecord {
    let def = &table.def;
    TableRecord {
        parents: def
            .foreign_keys
            .iter()
            .filter_map(|f| catalog.parent_name(def.id, f))
            .collect(),
        def: (*table.def).clone(),
        rows: table.rows.home().id.0,
        indexes: table.indexes.iter().map(|i| i.home().id.0).collect(),
        sequence,
    }
}

fn encode_table(catalog: &Catalog, table: &Table, sequence: i64) -> Result<(Vec<u8>, Vec<u8>)> {
    let key = table_key(table.def.id.0);
    let value = encode_record(&record(catalog, table, sequence), &key)?;
    Ok((key, value))
}

/// What the store is to hold of each sequence: as far ahead as its definition says, or just what is to be given next.
fn numbers(catalog: &Catalog, exact: bool) -> Vec<(NumberSequence, Ahead)> {
    let ahead = |s: &NumberSequence| {
        let numbers = if exact { 0 } else { s.def.cache.unsigned_abs() };
        (s.clone(), s.state.ahead(&s.def, numbers))
    };
    catalog.sequences().values().map(ahead).collect()
}

/// Whether the store does not hold of the sequences what it should.
fn lag(catalog: &Catalog, exact: bool) -> bool {
    let mut sequences = catalog.sequences().values();
    sequences.any(|s| s.state.is_beyond() || (exact && s.state.is_behind()))
}

fn encode_schemas(
    catalog: &Catalog,
    extent: Extent,
    numbers: &[(NumberSequence, Ahead)],
) -> Result<(Vec<u8>, Vec<u8>)> {
    let schemas = SchemasRecord {
        schemas: catalog.schemas().map(Into::into).collect(),
        remembered: catalog
            .remembered()
            .iter()
            .map(|((s, t), c)| (s.clone(), t.clone(), c.clone()))
            .collect(),
        tables: extent.of(catalog).map(|t| t.def.id.0).collect(),
        views: catalog.views().cloned().collect(),
        sequences: numbers
            .iter()
            .map(|(sequence, ahead)| SequenceRecord {
                def: (*sequence.def).clone(),
                next: ahead.next,
            })
            .collect(),
    };
    let key = schemas_key();
    let value = encode_record(&schemas, &key)?;
    Ok((key, value))
}

/// Which tables of a version have records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Those in the store.
    Stored,
    /// All, those in memory too: in an export.
    All,
}

impl Extent {
    /// These tables. No published version has temporary ones.
    pub(super) fn of(self, catalog: &Catalog) -> impl Iterator<Item = &Arc<Table>> {
        let has = move |t: &&Arc<Table>| self == Extent::All || t.def.persistence.persistent;
        catalog.tables().filter(has)
    }
}

/// The tables of a version that are in the store.
pub(super) fn stored(catalog: &Catalog) -> impl Iterator<Item = &Arc<Table>> {
    Extent::Stored.of(catalog)
}

/// The next row id of each table.
fn sequences(catalog: &Catalog, extent: Extent) -> Vec<i64> {
    extent.of(catalog).map(|t| t.sequence.peek()).collect()
}

/// The catalog records of a version, by key.
pub(super) fn records(catalog: &Catalog, extent: Extent) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    records_at(
        catalog,
        extent,
        &sequences(catalog, extent),
        &numbers(catalog, true),
    )
}

/// The same with these `sequences` of row ids and `numbers` of sequences.
fn records_at(
    catalog: &Catalog,
    extent: Extent,
    sequences: &[i64],
    numbers: &[(NumberSequence, Ahead)],
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut records = BTreeMap::from([encode_schemas(catalog, extent, numbers)?]);
    for (table, sequence) in extent.of(catalog).zip(sequences) {
        records.extend([encode_table(catalog, table, *sequence)?]);
    }
    Ok(records)
}

/// The catalog records as the store has them.
#[derive(Default)]
pub(super) struct Records {
    stored: BTreeMap<Vec<u8>, Vec<u8>>,
    of: Option<Written>,
    /// The database is closed: no more numbers are given.
    closing: bool,
}

/// What a version's records were made of.
struct Written {
    definitions: Definitions,
    /// The next row id of each stored table, by table id.
    sequences: Vec<i64>,
}

/// The records of a batch on its way to the store.
pub(super) struct RecordChanges {
    changed: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    of: Written,
    numbers: Vec<(NumberSequence, Ahead)>,
}

impl Records {
    /// These were found in the store.
    pub(super) fn found(stored: BTreeMap<Vec<u8>, Vec<u8>>) -> Records {
        Records {
            stored,
            of: None,
            closing: false,
        }
    }

    /// From now on the store is to hold of sequences just what is to be given next.
    pub(super) fn close(&mut self) {
        self.closing = true;
    }

    /// Whether numbers of sequences are to be written.
    pub(super) fn lag(&self, catalog: &Catalog) -> bool {
        lag(catalog, self.closing)
    }

    /// All of them, by key.
    pub(super) fn in_store(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.stored
    }

    /// Puts the records that a version changes into a batch; [settle](Records::settle) them when it is in
    /// the store.
    pub(super) fn put_changes(&self, catalog: &Catalog, batch: &mut WriteBatch) -> Result<RecordChanges> {
        let of = Written {
            definitions: catalog.definitions(),
            sequences: sequences(catalog, Extent::Stored),
        };
        let mut changed = Vec::new();
        let mut ahead = Vec::new();
        match &self.of {
            Some(before) if before.definitions.is_same(&of.definitions) => {
                let tables = stored(catalog).zip(of.sequences.iter().zip(&before.sequences));
                for (table, (sequence, _)) in tables.filter(|(_, (new, old))| new != old) {
                    let (key, value) = encode_table(catalog, table, *sequence)?;
                    changed.push((key, Some(value)));
                }
                if self.lag(catalog) {
                    ahead = numbers(catalog, self.closing);
                    let (key, value) = encode_schemas(catalog, Extent::Stored, &ahead)?;
                    changed.push((key, Some(value)));
                }
            }
            _ => {
                ahead = numbers(catalog, self.closing);
                let new = records_at(catalog, Extent::Stored, &of.sequences, &ahead)?;
                let gone = self.stored.keys().filter(|k| !new.contains_key(*k));
                changed.extend(gone.map(|k| (k.clone(), None)));
                let differs = |(k, v): &(Vec<u8>, Vec<u8>)| self.stored.get(k) != Some(v);
                changed.extend(new.into_iter().filter(differs).map(|(k, v)| (k, Some(v))));
            }
        }
        for (key, value) in &changed {
            match value {
                Some(value) => batch.put(key.clone(), value.clone()),
                None => batch.delete(key.clone()),
            }
        }
        Ok(RecordChanges {
            changed,
            of,
            numbers: ahead,
        })
    }

    /// The batch is in the store.
    pub(super) fn settle(&mut self, changes: RecordChanges) {
        for (key, value) in changes.changed {
            match value {
                Some(value) => self.stored.insert(key, value),
                None => self.stored.remove(&key),
            };
        }
        self.of = Some(changes.of);
        for (sequence, ahead) in &changes.numbers {
            sequence.state.settle(ahead);
        }
    }
}
