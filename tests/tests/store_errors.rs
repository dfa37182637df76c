//! What becomes of a database when a call of its store fails: which statements fail, what goes on, and
//! what is there when it is opened again. The table in ARCHITECTURE, row by row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::SystemHost;
use amphi::store::{RedbStore, StoreOptions};
use amphi_core::database::{Database, TransactionOptions};
use amphi_core::session::Params;
use amphi_core::{Error, Result};
use amphi_tests::block_on::block_on;
use amphi_tests::disk::{Disk, DiskFault, new_store, open_store};
use amphi_tests::medium::INJECTED;
use amphi_tests::placements::TestPlacement;
use amphi_tests::sql_client::collect;
use amphi_tests::test_bed::text;
use std::sync::Arc;

/// A database on a disk, with a row in a table of each placement, all flushed.
struct Bed {
    disk: Disk,
    store: Arc<RedbStore>,
    db: Database,
}

const TABLES: [&str; 3] = ["memory", "dual", "persistent"];
const LOGGED: StoreOptions = StoreOptions {
    writable: true,
    cache_bytes: 16 << 20,
    log_bytes: 4 << 20,
    verify: false,
};
/// Every commit goes into redb's file at once.
const NOT_LOGGED: StoreOptions = StoreOptions {
    log_bytes: 0,
    ..LOGGED
};

impl Bed {
    fn over(disk: Disk, options: StoreOptions) -> Bed {
        let store = Arc::new(open_store(&disk, options).unwrap());
        let config = TestPlacement::Memory.config();
        let opened = Database::open(Some(store.clone()), Arc::new(SystemHost::new()), config);
        let db = block_on(opened).unwrap();
        Bed { disk, store, db }
    }

    fn new(options: StoreOptions) -> Bed {
        let bed = Bed::over(Disk::new(new_store(), DiskFault::None), options);
        for table in TABLES {
            bed.ok(&format!(
                "CREATE TABLE {table} (id INT PRIMARY KEY, n INT) ENGINE = {table}"
            ));
            bed.ok(&format!("INSERT INTO {table} VALUES (1, 10)"));
        }
        block_on(bed.db.flush()).unwrap();
        bed
    }

    /// From the call that comes next on.
    fn breaks(&self, fault: fn(usize) -> DiskFault) {
        self.disk.set_fault(fault(0));
    }

    fn run(&self, sql: &str) -> Result<String> {
        let mut session = self.db.session();
        block_on(async { collect(session.execute(sql, &Params::None).await?).await }).map(|a| text(&a))
    }

    fn ok(&self, sql: &str) {
        self.run(sql).unwrap();
    }

    /// Runs statements in a durable transaction.
    fn sync(&self, statements: &[&str]) -> Result<()> {
        let mut session = self.db.session();
        session.begin(TransactionOptions {
            sync: true,
            ..TransactionOptions::default()
        })?;
        block_on(async {
            for sql in statements {
                collect(session.execute(sql, &Params::None).await?).await?;
            }
            session.commit().await
        })
    }

    fn n(&self, table: &str) -> Result<String> {
        self.run(&format!("SELECT n FROM {table}"))
    }

    #[track_caller]
    fn require(&self, tables: &[&str], n: &str) {
        for table in tables {
            assert_eq!(self.n(table).unwrap(), n, "{table}");
        }
    }

    /// Writes are refused, and the refusal names the cause.
    #[track_caller]
    fn require_refusal(&self) {
        for sql in [
            "UPDATE memory SET n = 99",
            "UPDATE dual SET n = 99",
            "CREATE TABLE u (a INT)",
        ] {
            match self.run(sql) {
                Err(e @ Error::Poisoned { .. }) => assert!(e.to_string().contains(INJECTED), "{e}"),
                other => panic!("{sql}: {other:?}"),
            }
        }
        let flushed = block_on(self.db.flush());
        assert!(matches!(flushed, Err(Error::Poisoned { .. })), "{flushed:?}");
    }

    /// Opened again, without the fault and without closing it before.
    fn again(self) -> Bed {
        self.disk.set_fault(DiskFault::None);
        let files = self.disk.files();
        drop(self);
        Bed::over(Disk::new(files, DiskFault::None), LOGGED)
    }
}

#[track_caller]
fn require_cause(result: Result<()>, call: &str) {
    match result {
        Err(Error::Store { message }) => {
            assert!(message.contains(&format!("{call}: {INJECTED}")), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

const CHANGE: [&str; 3] = [
    "UPDATE memory SET n = 20",
    "UPDATE dual SET n = 20",
    "UPDATE persistent SET n = 20",
];

#[test]
fn a_durable_commit_that_cannot_be_synced_is_decided_when_opened_again() {
    for options in [LOGGED, NOT_LOGGED] {
        // The first sync that fails; later ones would not.
        for call in 0.. {
            let bed = Bed::new(options);
            bed.require(&TABLES, "10");
            bed.disk.set_fault(DiskFault::Once(call));
            let result = bed.sync(&CHANGE);
            bed.disk.set_fault(DiskFault::None);
            if result.is_ok() {
                assert!(call > 0, "nothing failed");
                bed.require(&TABLES, "20");
                break;
            }
            let message = result.as_ref().unwrap_err().to_string();
            assert!(
                matches!(result, Err(Error::Store { .. })) && message.contains(INJECTED),
                "{message}"
            );
            // Nothing is published, in any placement; what is in memory is read.
            bed.require(&["memory", "dual"], "10");
            assert!(bed.n("persistent").is_ok_and(|n| n == "10") || bed.n("persistent").is_err());
            bed.require_refusal();
            // All or nothing.
            let again = bed.again();
            let n = again.n("dual").unwrap();
            assert!(n == "10" || n == "20", "{n}");
            again.require(&["dual", "persistent"], &n);
            again.ok("UPDATE dual SET n = 30");
        }
    }
}

#[test]
fn a_full_disk_refuses_a_durable_commit_and_the_database_goes_on() {
    let bed = Bed::new(LOGGED);
    bed.ok("CREATE TABLE big (id INT PRIMARY KEY, s TEXT) ENGINE = dual");
    bed.breaks(DiskFault::Full);
    let mut stored = 0;
    // As long as the log has space it takes more.
    let full = loop {
        let row = format!("INSERT INTO big VALUES ({stored}, '{}')", "x".repeat(5000));
        match bed.sync(&[&row, "UPDATE memory SET n = 20"]) {
            Ok(()) => stored += 1,
            Err(e) => break e,
        }
    };
    assert!(full.to_string().contains("no space left on device"), "{full}");
    let count = |bed: &Bed| bed.run("SELECT COUNT(*) FROM big").unwrap();
    assert_eq!(count(&bed), stored.to_string(), "nothing of it is published");
    bed.require(&["dual", "persistent"], "10");
    // There is room again.
    bed.disk.set_fault(DiskFault::None);
    bed.sync(&["INSERT INTO big VALUES (-1, 'room')"]).unwrap();
    bed.ok("UPDATE dual SET n = 30");
    block_on(bed.db.flush()).unwrap();
    let again = bed.again();
    assert_eq!(count(&again), (stored + 1).to_string());
    again.require(&["dual"], "30");
}

#[test]
fn a_full_disk_under_redb_refuses_all_writes_until_opened_again() {
    let bed = Bed::new(NOT_LOGGED);
    bed.ok("CREATE TABLE big (id INT PRIMARY KEY, s TEXT) ENGINE = dual");
    bed.breaks(DiskFault::Full);
    let mut stored = 0;
    let full = loop {
        let row = format!("INSERT INTO big VALUES ({stored}, '{}')", "x".repeat(20_000));
        match bed.sync(&[&row]) {
            Ok(()) => stored += 1,
            Err(e) => break e,
        }
    };
    assert!(full.to_string().contains("no space left on device"), "{full}");
    bed.disk.set_fault(DiskFault::None);
    bed.require_refusal();
    assert_eq!(bed.run("SELECT COUNT(*) FROM big").unwrap(), stored.to_string());
    let again = bed.again();
    let found: i32 = again.run("SELECT COUNT(*) FROM big").unwrap().parse().unwrap();
    assert!((stored..=stored + 1).contains(&found), "{found} of {stored} rows");
    again.ok("UPDATE dual SET n = 30");
}

#[test]
fn a_failed_flush_refuses_all_writes_until_opened_again() {
    let bed = Bed::new(LOGGED);
    CHANGE.iter().for_each(|sql| bed.ok(sql));
    bed.breaks(DiskFault::From);
    require_cause(block_on(bed.db.flush()), "write");
    // The commits were published: memory is ahead of the store for good.
    bed.require(&TABLES, "20");
    bed.require_refusal();
    let again = bed.again();
    let n = again.n("dual").unwrap();
    assert!(n == "10" || n == "20", "{n}");
    again.require(&["dual", "persistent"], &n);
}

#[test]
fn a_failed_read_fails_its_statement_and_refuses_all_writes_until_opened_again() {
    let options = StoreOptions {
        cache_bytes: 0,
        ..NOT_LOGGED
    };
    let bed = Bed::new(options);
    // More than one page of redb.
    bed.ok("CREATE TABLE more (id INT PRIMARY KEY, s TEXT) ENGINE = persistent");
    for i in 0..40 {
        bed.ok(&format!("INSERT INTO more VALUES ({i}, '{}')", "x".repeat(900)));
    }
    block_on(bed.db.flush()).unwrap();
    let bed = Bed::over(bed.again().disk, options);
    bed.ok("CREATE TABLE memory (id INT PRIMARY KEY, n INT)");
    bed.ok("INSERT INTO memory VALUES (1, 10)");
    bed.breaks(DiskFault::Once);
    require_cause(bed.n("persistent").map(drop), "read");
    bed.require(&["memory", "dual"], "10");
    let e = bed.n("persistent").unwrap_err();
    assert!(e.to_string().contains(INJECTED), "the first cause is named: {e}");
    bed.require_refusal();
    bed.again().require(&["dual", "persistent"], "10");
}

#[test]
fn closing_a_database_that_failed_says_so_and_closes_it() {
    let bed = Bed::new(LOGGED);
    bed.ok(CHANGE[1]);
    bed.breaks(DiskFault::From);
    assert!(block_on(bed.db.flush()).is_err());
    let closed = block_on(bed.db.close());
    assert!(matches!(closed, Err(Error::Poisoned { .. })), "{closed:?}");
    assert_eq!(bed.n("dual"), Err(Error::Closed));
    assert!(bed.store.close().is_err());
    bed.store.close().unwrap();
}
