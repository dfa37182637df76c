//! Sync commits that come together share one store batch: in order, all or none, invisible until durable.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi::SystemHost;
use amphi_core::database::Database;
use amphi_core::kv::{Durability, KvBackend, MemoryStore, StoreFuture, WriteBatch};
use amphi_core::session::{Outcome, Params, Session};
use amphi_core::{Error, Result};
use amphi_tests::block_on::block_on;
use amphi_tests::eager::Eager;
use amphi_tests::medium::INJECTED;
use amphi_tests::placements::TestPlacement;
use amphi_tests::slow_store::SlowStore;
use amphi_tests::sql_client::{Answer, collect};
use std::sync::Arc;
use std::time::Duration;

fn open(store: Arc<dyn KvBackend>) -> Database {
    let config = TestPlacement::Memory.config();
    Eager::start(Database::open(Some(store), Arc::new(SystemHost::new()), config))
        .finish()
        .unwrap()
}

/// A database on a slow store with a table `s` of sync commits, a table `r` of relaxed ones, and `m` in
/// memory, and the stores.
fn slow() -> (Database, Arc<SlowStore>, Arc<MemoryStore>) {
    let memory = Arc::new(MemoryStore::new());
    let store = Arc::new(SlowStore::new(memory.clone()));
    let db = open(store.clone());
    for sql in [
        "CREATE TABLE s (id INT PRIMARY KEY, n INT) WITH (persistent = true, sync_on_write = true)",
        "CREATE TABLE r (id INT PRIMARY KEY, n INT) WITH (persistent = true, sync_on_write = false)",
        "CREATE TABLE m (id INT PRIMARY KEY, n INT)",
    ] {
        start(&db, sql).finish().unwrap();
    }
    (db, store, memory)
}

/// A statement in a session of its own, run until it waits.
fn start(db: &Database, sql: &str) -> Eager<Result<()>> {
    let (mut session, sql) = (db.session(), sql.to_string());
    Eager::start(async move { session.execute(&sql, &Params::None).await.map(drop) })
}

fn ids(db: &Database, table: &str) -> Vec<i64> {
    let sql = format!("SELECT id FROM {table} ORDER BY id");
    let mut session = db.session();
    let answer = block_on(async { collect(session.execute(&sql, &Params::None).await?).await });
    match answer.unwrap() {
        Answer::Rows { rows, .. } => rows.iter().map(|r| r[0].to_string().parse().unwrap()).collect(),
        other => panic!("{other:?}"),
    }
}

/// What a crash would leave now.
fn stored_ids(store: &MemoryStore, table: &str) -> Vec<i64> {
    ids(&open(Arc::new(MemoryStore::with_entries(store.entries()))), table)
}

#[test]
fn commits_that_come_while_a_batch_is_under_way_share_the_next() {
    let (db, _, store) = slow();
    let before = db.stats();
    let first = start(&db, "INSERT INTO s VALUES (1, 1)");
    let mut others: Vec<_> = (2..=6)
        .map(|i| start(&db, &format!("INSERT INTO s VALUES ({i}, {i})")))
        .collect();
    assert!(!first.is_done() && others.iter().all(|o| !o.is_done()));
    assert!(ids(&db, "s").is_empty(), "nothing shows before it is durable");
    first.finish().unwrap();
    assert_eq!((ids(&db, "s"), stored_ids(&store, "s")), (vec![1], vec![1]));
    assert!(others.iter().all(|o| !o.is_done()));
    others.remove(0).finish().unwrap();
    assert!(others.iter().all(Eager::is_done), "one batch was for all of them");
    others.into_iter().for_each(|o| o.finish().unwrap());
    let all = vec![1, 2, 3, 4, 5, 6];
    assert_eq!((ids(&db, "s"), stored_ids(&store, "s")), (all.clone(), all));
    let after = db.stats();
    assert_eq!(after.commits - before.commits, 6);
    assert_eq!(after.store_commits - before.store_commits, 2);
    assert!(block_on(db.check()).unwrap().is_empty());
}

#[test]
fn relaxed_commits_keep_their_place_behind_a_batch() {
    let (db, _, _) = slow();
    start(&db, "INSERT INTO r VALUES (1, 1)").finish().unwrap();
    start(&db, "INSERT INTO m VALUES (1, 1)").finish().unwrap();
    let sync = start(&db, "INSERT INTO s VALUES (1, 1)");
    let relaxed = start(&db, "INSERT INTO r VALUES (2, 2)");
    let memory = start(&db, "INSERT INTO m VALUES (2, 2)");
    assert!(!relaxed.is_done() && !memory.is_done());
    assert_eq!(
        (ids(&db, "r"), ids(&db, "m"), ids(&db, "s")),
        (vec![1], vec![1], vec![])
    );
    sync.finish().unwrap();
    assert!(relaxed.is_done() && memory.is_done(), "they need no batch");
    assert_eq!(
        (ids(&db, "r"), ids(&db, "m"), ids(&db, "s")),
        (vec![1, 2], vec![1, 2], vec![1])
    );
    assert!(db.flush_due());
}

#[test]
fn a_batch_that_fails_takes_all_that_stands_behind_it() {
    let (db, slow, store) = slow();
    start(&db, "INSERT INTO s VALUES (1, 1)").finish().unwrap();
    let all = [
        start(&db, "INSERT INTO s VALUES (2, 2)"),
        start(&db, "INSERT INTO s VALUES (3, 3)"),
        start(&db, "INSERT INTO r VALUES (4, 4)"),
        start(&db, "UPDATE m SET n = 5"),
        start(&db, "INSERT INTO m VALUES (6, 6)"),
        start(&db, "CREATE TABLE other (id INT PRIMARY KEY) ENGINE = persistent"),
    ];
    // It changes nothing, so it need not wait.
    assert_eq!(
        all.iter().map(Eager::is_done).collect::<Vec<_>>(),
        [false, false, false, true, false, false]
    );
    slow.set_failing(true);
    for (i, commit) in all.into_iter().enumerate() {
        match commit.finish() {
            Err(Error::Store { message }) if i != 3 => assert!(message.contains(INJECTED), "{message}"),
            Ok(()) if i == 3 => {}
            other => panic!("commit {i}: {other:?}"),
        }
    }
    slow.set_failing(false);
    assert_eq!(
        (ids(&db, "s"), ids(&db, "r"), ids(&db, "m")),
        (vec![1], vec![], vec![])
    );
    assert!(block_on(db.check()).unwrap().is_empty());
    // The database goes on, and no trace of the failed ones gets into the store.
    start(&db, "INSERT INTO s VALUES (7, 7)").finish().unwrap();
    start(&db, "INSERT INTO m VALUES (6, 1)").finish().unwrap();
    assert_eq!((ids(&db, "s"), stored_ids(&store, "s")), (vec![1, 7], vec![1, 7]));
    assert!(stored_ids(&store, "r").is_empty());
}

#[test]
fn a_staged_commit_wins_over_a_later_one() {
    let (db, _, _) = slow();
    start(&db, "INSERT INTO s VALUES (1, 0), (2, 0)")
        .finish()
        .unwrap();
    let mut session: Session = db.session();
    for sql in ["BEGIN", "UPDATE s SET n = n + 10 WHERE id = 1"] {
        block_on(session.execute(sql, &Params::None)).unwrap();
    }
    let staged = start(&db, "UPDATE s SET n = n + 1 WHERE id = 1");
    // It hears that it lost when the winner is there to be seen: who tries again then does not lose to it again.
    let lost = Eager::start(async move { session.execute("COMMIT", &Params::None).await.map(drop) });
    // A statement of its own waits too, and runs again.
    let again = start(&db, "UPDATE s SET n = n + 100 WHERE id = 1");
    let beside = start(&db, "UPDATE s SET n = n + 1000 WHERE id = 2");
    assert!([&lost, &again, &beside].iter().all(|o| !o.is_done()));
    staged.finish().unwrap();
    // Any may be the one that writes for the others.
    while ![&lost, &again, &beside].iter().all(|o| o.is_done()) {
        [&lost, &again, &beside].iter().for_each(|o| o.step());
    }
    let lost = lost.finish();
    assert!(matches!(lost, Err(Error::WriteConflict { .. })), "{lost:?}");
    again.finish().unwrap();
    beside.finish().unwrap();
    let mut session = db.session();
    let outcome = block_on(session.execute("SELECT n FROM s ORDER BY id", &Params::None)).unwrap();
    assert!(matches!(outcome, Outcome::Rows(_)));
    match block_on(collect(outcome)).unwrap() {
        Answer::Rows { rows, .. } => {
            let n: Vec<String> = rows.iter().map(|r| r[0].to_string()).collect();
            assert_eq!(n, ["101", "1000"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn read_committed_does_not_see_what_is_not_durable() {
    let (db, _, _) = slow();
    let mut session = db.session();
    let mut count = |sql: &str| {
        block_on(async {
            match collect(session.execute(sql, &Params::None).await.unwrap())
                .await
                .unwrap()
            {
                Answer::Rows { rows, .. } => rows[0][0].to_string(),
                _ => String::new(),
            }
        })
    };
    count("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    count("BEGIN");
    count("INSERT INTO m VALUES (1, 1)");
    let staged = start(&db, "INSERT INTO s VALUES (1, 1)");
    assert_eq!(count("SELECT COUNT(*) FROM s"), "0");
    staged.finish().unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM s"), "1");
    count("COMMIT");
}

#[test]
fn commits_nobody_waits_for_hold_nobody_up() {
    let (db, _, store) = slow();
    let leader = start(&db, "INSERT INTO s VALUES (1, 1)");
    let second = start(&db, "INSERT INTO s VALUES (2, 2)");
    let third = start(&db, "INSERT INTO s VALUES (3, 3)");
    drop(second);
    drop(leader);
    third.finish().unwrap();
    assert_eq!(
        (ids(&db, "s"), stored_ids(&store, "s")),
        (vec![1, 2, 3], vec![1, 2, 3])
    );
    drop(start(&db, "INSERT INTO s VALUES (4, 4)"));
    assert!(db.flush_due());
    let flushed = db.clone();
    Eager::start(async move { flushed.flush().await })
        .finish()
        .unwrap();
    assert_eq!(ids(&db, "s"), [1, 2, 3, 4]);
    drop(start(&db, "INSERT INTO s VALUES (5, 5)"));
    let closed = db.clone();
    Eager::start(async move { closed.close().await })
        .finish()
        .unwrap();
    assert_eq!(stored_ids(&store, "s"), [1, 2, 3, 4, 5]);
}

/// A store whose commits take their time, as a disk's do.
struct Disk(MemoryStore);

impl KvBackend for Disk {
    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        self.0.get_many(keys)
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        self.0.scan(from, to, limit)
    }

    fn commit<'a>(&'a self, batch: WriteBatch, durability: Durability) -> StoreFuture<'a, ()> {
        std::thread::sleep(Duration::from_millis(2));
        self.0.commit(batch, durability)
    }
}

#[test]
fn four_threads_need_fewer_batches_than_commits() {
    const THREADS: i64 = 4;
    const EACH: i64 = 50;
    let db = open(Arc::new(Disk(MemoryStore::new())));
    start(
        &db,
        "CREATE TABLE s (id INT PRIMARY KEY) WITH (persistent = true, sync_on_write = true)",
    )
    .finish()
    .unwrap();
    let before = db.stats();
    std::thread::scope(|scope| {
        for who in 0..THREADS {
            let mut session = db.session();
            scope.spawn(move || {
                for i in 0..EACH {
                    let sql = format!("INSERT INTO s VALUES ({})", i * THREADS + who);
                    block_on(session.execute(&sql, &Params::None)).unwrap();
                }
            });
        }
    });
    let after = db.stats();
    let (commits, batches) = (
        after.commits - before.commits,
        after.store_commits - before.store_commits,
    );
    println!("{commits} commits in {batches} batches");
    assert_eq!(ids(&db, "s"), (0..THREADS * EACH).collect::<Vec<_>>());
    assert_eq!(commits, 200);
    assert!(batches <= 150, "{batches} batches");
}
