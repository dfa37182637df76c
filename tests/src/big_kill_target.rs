//! A program with one big table that gets killed while it commits: fills the table if it is not there, says
//! `ready`, and then changes rows all over it, each change a relaxed commit of its own.
//!
//! Row `i` has `n = i` at first, and each change adds 1.

use crate::random::Random;
use amphi::{Config, Database, Result};
use std::path::Path;

/// Rows of one transaction of filling.
const CHUNK: i64 = 10_000;

/// Opens the database, as a program does that has set nothing.
///
/// # Errors
/// Those of [`Database::from_config`].
pub fn open(directory: &Path) -> Result<Database> {
    Database::from_config(Config {
        data_dir: directory.display().to_string(),
        ..Config::default()
    })
}

fn fill(db: &Database, rows: i64) -> Result<()> {
    db.execute(
        "CREATE TABLE big (id BIGINT PRIMARY KEY, n BIGINT, pad TEXT, INDEX by_n (n)) ENGINE = persistent",
        (),
    )?;
    let pad = "of a row that is as long as many rows are, with some words in it".to_owned();
    for from in (1..=rows).step_by(CHUNK as usize) {
        db.transaction(|t| {
            let insert = t.prepare("INSERT INTO big VALUES (?, ?, ?)")?;
            for id in from..(from + CHUNK).min(rows + 1) {
                insert.execute((id, id, format!("{id} {pad}")))?;
            }
            Ok(())
        })?;
    }
    db.flush()
}

/// Runs until it is killed.
///
/// # Errors
/// Whatever should not happen.
pub fn run(directory: &Path, rows: i64) -> Result<()> {
    let db = open(directory)?;
    if db.list_persistent_tables().is_empty() {
        fill(&db, rows)?;
    }
    println!("ready");
    let update = db.prepare("UPDATE big SET n = n + 1 WHERE id = ?")?;
    let mut random = Random::new(rows as u64);
    loop {
        update.execute((random.below(rows as u64) as i64 + 1,))?;
    }
}
