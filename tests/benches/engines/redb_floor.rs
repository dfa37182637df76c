//! redb by itself, one row per key: what the store costs without SQL.

use crate::{engine::directory, rows::Row};
use redb::{Database, Durability, ReadableDatabase, TableDefinition};
use tempfile::TempDir;

pub const NAME: &str = "redb";

const TABLE: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("t");

/// A redb file; its directory goes with it.
pub struct Redb {
    database: Database,
    _directory: TempDir,
}

/// Appends a row's values.
fn encode(row: &Row, out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&row.a.to_le_bytes());
    out.extend_from_slice(&row.b.to_le_bytes());
    out.extend_from_slice(row.c.as_bytes());
}

impl Redb {
    pub fn new() -> Redb {
        let directory = directory();
        Redb {
            database: Database::create(directory.path().join("db")).unwrap(),
            _directory: directory,
        }
    }

    pub fn insert_all(&self, rows: &[Row]) {
        let transaction = self.database.begin_write().unwrap();
        let mut bytes = Vec::new();
        {
            let mut table = transaction.open_table(TABLE).unwrap();
            for row in rows {
                encode(row, &mut bytes);
                table.insert(row.id, bytes.as_slice()).unwrap();
            }
        }
        transaction.commit().unwrap();
    }

    /// One commit per row.
    pub fn insert_each(&self, rows: &[Row], durability: Durability) {
        let mut bytes = Vec::new();
        for row in rows {
            let mut transaction = self.database.begin_write().unwrap();
            transaction.set_durability(durability).unwrap();
            encode(row, &mut bytes);
            let mut table = transaction.open_table(TABLE).unwrap();
            table.insert(row.id, bytes.as_slice()).unwrap();
            drop(table);
            transaction.commit().unwrap();
        }
    }

    pub fn get(&self, id: i64) -> Option<(i64, f64, String)> {
        let transaction = self.database.begin_read().unwrap();
        let table = transaction.open_table(TABLE).unwrap();
        let value = table.get(id).unwrap()?;
        let bytes = value.value();
        let a = i64::from_le_bytes(bytes[..8].try_into().unwrap());
        let b = f64::from_le_bytes(bytes[8..16].try_into().unwrap());
        Some((a, b, String::from_utf8(bytes[16..].to_vec()).unwrap()))
    }
}
