//! Whole stores: entries behind good checksums that contradict each other in any way. Opening, reading,
//! writing, checking and salvaging such a store, and importing it as an export, must end, with answers or with typed errors.

use super::frame::frame;
use super::input::parts;
use super::twins::Still;
use crate::block_on::block_on;
use amphi_core::codec::ExportWriter;
use amphi_core::database::Database;
use amphi_core::kv::MemoryStore;
use amphi_core::router::{CacheConfig, Config, salvage};
use amphi_core::tree::BlockSizing;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Between entries, and between a key and its value.
pub(super) const ENTRY: &[u8] = b"\xffKEY";
pub(super) const VALUE: &[u8] = b"\xffVAL";

/// How the store is opened, and how that of the seeds is made.
pub(super) fn config() -> Config {
    Config {
        cache: CacheConfig {
            max_bytes: Some(256),
            ..CacheConfig::default()
        },
        sizing: BlockSizing {
            max_rows: 4,
            fanout: 4,
            ..BlockSizing::default()
        },
        max_query_bytes: Some(1 << 20),
        max_transaction_bytes: Some(1 << 20),
        default_persistent: true,
        ..Config::default()
    }
}

fn entries(data: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let entry = |part| {
        let mut halves = parts(part, VALUE);
        let key = halves.next().unwrap_or_default().to_vec();
        let value = frame(&key, halves.next().unwrap_or_default());
        (key, value)
    };
    parts(data, ENTRY)
        .filter(|p| !p.is_empty())
        .take(256)
        .map(entry)
        .collect()
}

/// The bytes that stand for a store.
pub(super) fn bytes_of(entries: &BTreeMap<Vec<u8>, Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in entries {
        bytes.extend_from_slice(ENTRY);
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(VALUE);
        bytes.extend(super::frame::unframe(key, value));
    }
    bytes
}

async fn answer(db: &Database, sql: &str) {
    let mut session = db.session();
    let Ok(amphi_core::session::Outcome::Rows(mut rows)) = session.execute(sql, ()).await else {
        return;
    };
    let types: Vec<_> = rows.columns().iter().map(|c| c.ty.clone()).collect();
    while let Ok(Some(batch)) = rows.next_batch().await {
        let batch = batch.compact();
        for row in 0..batch.rows().min(8) {
            for (i, ty) in types.iter().enumerate() {
                let _ = batch.column(i).value(row, ty).to_string();
            }
        }
    }
}

/// Imports the entries as an export. What that makes can be exported again.
async fn import(entries: &BTreeMap<Vec<u8>, Vec<u8>>) {
    let mut bytes = Vec::new();
    let mut writer = ExportWriter::new(&mut bytes);
    for (key, value) in entries {
        writer.entry(key, value, &mut bytes).expect("it is small");
    }
    writer.finish(&mut bytes);
    let db = Database::open(None, Arc::new(Still), config_in_memory()).await;
    let db = db.expect("a database in memory opens");
    if db.import(&bytes).await.is_err() {
        return;
    }
    let _ = db.check().await;
    let mut again = Vec::new();
    let exported = db.export(|part| {
        again.extend_from_slice(part);
        Ok(())
    });
    exported.await.expect("what is in memory can be exported");
    let copy = Database::open(None, Arc::new(Still), config_in_memory()).await;
    let copy = copy.expect("a database in memory opens");
    copy.import(&again)
        .await
        .expect("what was exported can be imported");
}

fn config_in_memory() -> Config {
    Config {
        default_persistent: false,
        ..config()
    }
}

pub(super) fn run(data: &[u8]) {
    let entries = entries(data);
    if entries.is_empty() {
        return;
    }
    block_on(async {
        let rescued = MemoryStore::new();
        let saved = salvage(&MemoryStore::with_entries(entries.clone()), &rescued, &config()).await;
        if saved.is_ok() {
            let rescued = Database::open(Some(Arc::new(rescued)), Arc::new(Still), config()).await;
            let report = rescued.expect("what was saved opens").check().await;
            // Rows that break a constraint are saved all the same; blocks are whole.
            let mut problems = report.expect("what was saved can be checked").problems;
            problems.retain(|p| p.key.is_some());
            assert!(problems.is_empty(), "saved: {problems:#?}");
        }
        import(&entries).await;
        let store = Arc::new(MemoryStore::with_entries(entries));
        let Ok(db) = Database::open(Some(store.clone()), Arc::new(Still), config()).await else {
            return;
        };
        for name in db.list_persistent_tables().into_iter().take(4) {
            let table = format!("`{}`", name.replace('`', "``").replace('.', "`.`"));
            for sql in [
                format!("SHOW CREATE TABLE {table}"),
                format!("SELECT * FROM {table}"),
                format!("SELECT COUNT(*) FROM {table}"),
                format!("SELECT * FROM {table} ORDER BY 1 DESC LIMIT 3"),
                format!("SELECT * FROM {table} WHERE id = 3 OR n = 2"),
                format!("SELECT * FROM {table} WHERE s > 'b'"),
                format!("INSERT INTO {table} (id, n) VALUES (100, 1)"),
                format!("UPDATE {table} SET n = 7 WHERE id < 4"),
                format!("DELETE FROM {table} WHERE n > 2"),
                format!("ALTER TABLE {table} ADD COLUMN extra INT DEFAULT 3"),
                format!("ALTER TABLE {table} SET (persistent = false)"),
            ] {
                answer(&db, &sql).await;
                let _ = db.flush().await;
            }
        }
        let _ = db.check().await;
        let _ = db.close().await;
        let _ = Database::open(Some(store), Arc::new(Still), config()).await;
    });
}
