//! The program that gets killed: two threads that write, a third that moves tables, one line on standard
//! output for everything they begin and for everything they have been promised.
//!
//! | line | meaning |
//! | --- | --- |
//! | `found WRITER HI` | on opening: the writer's last transaction that is there |
//! | `placed PLACEMENT` | on opening: where the moving table is; `none`: nowhere, it was in memory |
//! | `ready` | all that was found is whole |
//! | `begin WRITER SEQ` | the transaction is about to be committed |
//! | `ack WRITER SEQ sync` or `relaxed` | it is committed |
//! | `move PLACEMENT`, `moved PLACEMENT` | the moving table is about to be there, or is there |
//!
//! A transaction of a writer adds one row to every table, so that half a transaction shows; what a
//! writer has written and not deleted is all there from its lowest to its highest number.

use crate::random::Random;
use amphi::{Config, Database, Error, PersistenceOptions, Result, Session, TransactionOptions};
use std::ops::RangeInclusive;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Threads that write.
pub const WRITERS: i64 = 2;
/// The rows of a table that is big enough to be moved in many batches.
const BULK: i64 = 2500;
/// Rows that a writer leaves in each table.
const KEPT: i64 = 90;

/// Tables that stay where they are; those of the second kind take part in every third transaction, which
/// they make durable.
const RELAXED: [(&str, &str); 2] = [
    ("p", "persistent = true"),
    ("d", "persistent = true, cache_in_memory = true"),
];
const SYNC: [(&str, &str); 2] = [
    ("ps", "persistent = true, sync_on_write = true"),
    (
        "ds",
        "persistent = true, sync_on_write = true, cache_in_memory = true",
    ),
];

/// Opens the database, with small blocks and batches.
///
/// # Errors
/// Those of [`Database::from_config`].
pub fn open(directory: &Path) -> Result<Database> {
    let mut config = Config {
        data_dir: directory.display().to_string(),
        flush_interval_ms: 3,
        write_ahead_bytes: 4 << 10,
        ..Config::default()
    };
    config.cache.max_bytes = Some(64 << 10);
    config.sizing.max_rows = 32;
    Database::from_config(config)
}

fn say(line: &str) {
    println!("{line}");
}

fn wrong(what: impl std::fmt::Display) -> Error {
    Error::invalid(format!("WRONG: {what}"))
}

fn columns() -> &'static str {
    "(who INT, seq INT, pad TEXT, PRIMARY KEY (who, seq))"
}

/// What a row has beside its key.
fn pad(who: i64, seq: i64) -> String {
    format!("{who}/{seq}/{}", "x".repeat((seq % 40) as usize * 8))
}

fn insert(session: &Session, table: &str, who: i64, seq: i64) -> Result<()> {
    let sql = format!("INSERT INTO {table} VALUES (?, ?, ?)");
    session.execute(&sql, (who, seq, pad(who, seq))).map(drop)
}

/// Makes all tables in one transaction, if there are none.
fn create(db: &Database) -> Result<()> {
    if !db.list_persistent_tables().is_empty() {
        return Ok(());
    }
    db.transaction(|t| {
        for (name, options) in RELAXED.iter().chain(&SYNC) {
            t.execute(&format!("CREATE TABLE {name} {} WITH ({options})", columns()), ())?;
        }
        t.execute(
            "CREATE TABLE span (who INT PRIMARY KEY, lo INT, hi INT) ENGINE = persistent",
            (),
        )?;
        for who in 0..WRITERS {
            t.execute("INSERT INTO span VALUES (?, 1, 0)", (who,))?;
        }
        let bulk = "CREATE TABLE bulk (id INT PRIMARY KEY, pad TEXT UNIQUE) ENGINE = persistent";
        t.execute(bulk, ())?;
        for from in (0..BULK).step_by(250) {
            let row = |i: i64| format!("({i}, 'bulk row {i}')");
            let rows: Vec<String> = (from..from + 250).map(row).collect();
            t.execute(&format!("INSERT INTO bulk VALUES {}", rows.join(", ")), ())?;
        }
        Ok(())
    })
}

/// Requires that the database is whole. Returns where each writer was, or nothing if it is empty.
///
/// # Errors
/// What is wrong.
pub fn verify(db: &Database) -> Result<Vec<i64>> {
    let report = db.check()?;
    if !report.is_empty() {
        return Err(wrong(report));
    }
    let tables = db.list_persistent_tables();
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let row = db.query_row("SELECT COUNT(*), SUM(id), COUNT(DISTINCT pad) FROM bulk", ())?;
    let found = (row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?);
    if found != (BULK, BULK * (BULK - 1) / 2, BULK) {
        return Err(wrong(format!("bulk has {found:?}")));
    }
    (0..WRITERS).map(|who| verify_writer(db, &tables, who)).collect()
}

fn verify_writer(db: &Database, tables: &[String], who: i64) -> Result<i64> {
    let span = db.query_row("SELECT lo, hi FROM span WHERE who = ?", (who,))?;
    let (lo, hi): (i64, i64) = (span.get(0)?, span.get(1)?);
    let moving = tables.iter().any(|t| t == "moving").then_some("moving");
    for (table, every) in RELAXED
        .iter()
        .map(|(t, _)| (*t, 1))
        .chain(moving.map(|t| (t, 1)))
        .chain(SYNC.iter().map(|(t, _)| (*t, 3)))
    {
        let expected: Vec<i64> = (lo..=hi).filter(|s| s % every == 0).collect();
        let mut found = Vec::new();
        for row in db.query(
            &format!("SELECT seq, pad FROM {table} WHERE who = ? ORDER BY seq"),
            (who,),
        )? {
            let row = row?;
            let (seq, text): (i64, String) = (row.get(0)?, row.get(1)?);
            if text != pad(who, seq) {
                return Err(wrong(format!("{table} has {text} for {who}/{seq}")));
            }
            found.push(seq);
        }
        if found != expected {
            return Err(wrong(format!(
                "{table} has {found:?} of writer {who}, which wrote {lo}..={hi}"
            )));
        }
    }
    Ok(hi)
}

/// Where the moving table is.
pub fn placement(db: &Database) -> String {
    let config = db.get_persistence_config("moving");
    config.map_or_else(|| "none".to_owned(), |c| c.placement().to_string())
}

/// Runs until it is killed.
///
/// # Errors
/// Whatever should not happen.
pub fn run(directory: &Path, seed: u64) -> Result<()> {
    let db = open(directory)?;
    let found = verify(&db)?;
    for (who, hi) in found.iter().enumerate() {
        say(&format!("found {who} {hi}"));
    }
    say(&format!("placed {}", placement(&db)));
    create(&db)?;
    if db.get_persistence_config("moving").is_none() {
        db.transaction(|t| {
            t.execute(&format!("CREATE TABLE moving {}", columns()), ())?;
            t.execute("INSERT INTO moving SELECT * FROM p", ())
        })?;
        say("moved memory");
    }
    db.execute(&format!("CREATE TABLE m {}", columns()), ())?;
    say("ready");
    thread::scope(|scope| {
        let spawn = |work: fn(&Database, i64, Random) -> Result<()>, who: i64| {
            let (db, random) = (&db, Random::new(seed ^ (who as u64) << 32));
            scope.spawn(move || {
                // The first thread that fails ends the program.
                if let Err(e) = work(db, who, random) {
                    eprintln!("{e}");
                    std::process::exit(1);
                }
            })
        };
        (0..WRITERS).for_each(|who| drop(spawn(write, who)));
        spawn(move_tables, WRITERS);
    });
    Ok(())
}

fn write(db: &Database, who: i64, mut random: Random) -> Result<()> {
    let span = db.query_row("SELECT lo, hi FROM span WHERE who = ?", (who,))?;
    let (mut lo, hi): (i64, i64) = (span.get(0)?, span.get(1)?);
    for seq in hi + 1.. {
        let asked = random.chance(25);
        let options = TransactionOptions {
            sync: asked,
            ..TransactionOptions::default()
        };
        lo = if seq % 60 == 0 { lo.max(seq - KEPT) } else { lo };
        write_one(db, options, who, lo..=seq)?;
        let sync = asked || seq % 3 == 0;
        say(&format!(
            "ack {who} {seq} {}",
            if sync { "sync" } else { "relaxed" }
        ));
        if random.chance(20) {
            thread::sleep(Duration::from_micros(random.below(4000)));
        }
    }
    Ok(())
}

fn write_one(db: &Database, options: TransactionOptions, who: i64, span: RangeInclusive<i64>) -> Result<()> {
    let (lo, seq) = (*span.start(), *span.end());
    loop {
        let transaction = db.begin_transaction_with(options)?;
        let work = || -> Result<()> {
            let sync = SYNC.iter().filter(|_| seq % 3 == 0);
            for (table, _) in RELAXED.iter().chain(sync).chain(&[("moving", ""), ("m", "")]) {
                insert(&transaction, table, who, seq)?;
                if seq % 60 == 0 {
                    let sql = format!("DELETE FROM {table} WHERE who = ? AND seq < ?");
                    transaction.execute(&sql, (who, lo))?;
                }
            }
            let sql = "UPDATE span SET lo = ?, hi = ? WHERE who = ?";
            transaction.execute(sql, (lo, seq, who)).map(drop)
        };
        work()?;
        say(&format!("begin {who} {seq}"));
        match transaction.commit() {
            Err(e) if e.is_retryable() => {}
            other => return other,
        }
    }
}

fn move_tables(db: &Database, _: i64, mut random: Random) -> Result<()> {
    loop {
        let options = PersistenceOptions {
            sync_on_write: false,
            cache_in_memory: random.chance(50),
        };
        let to = if options.cache_in_memory {
            "dual"
        } else {
            "persistent"
        };
        let moved = match random.below(8) {
            0..=2 => {
                say(&format!("move {to}"));
                db.enable_persistence("moving", options)
                    .map(|()| say(&format!("moved {to}")))
            }
            3 => {
                say("move persistent");
                db.migrate_to_persistent("moving")
                    .map(|()| say("moved persistent"))
            }
            4 => {
                say("move memory");
                match random.chance(50) {
                    true => db.load_to_memory("moving"),
                    false => db.disable_persistence("moving"),
                }
                .map(|()| say("moved memory"))
            }
            5 => db.enable_persistence("bulk", options),
            6 => db
                .execute("CREATE INDEX IF NOT EXISTS by_pad ON bulk (pad, id)", ())
                .map(drop),
            _ => db.execute("DROP INDEX IF EXISTS by_pad ON bulk", ()).map(drop),
        };
        match moved {
            Err(e) if !e.is_retryable() => return Err(e),
            _ => thread::sleep(Duration::from_micros(random.below(3000))),
        }
    }
}
