//! Direct commits: a small statement that is its own transaction changes the current version itself.
//!
//! It is made under the commit latch, so nobody can commit in between and there is nothing to validate;
//! where nobody else holds the current version, its leaves are changed in place instead of copied (see
//! [`History::change`](crate::txn::History::change)). What the commit leaves behind (the version counter,
//! the mark for the next flush, the counters) is that of any other relaxed commit. Commits that must be
//! durable before they are seen take the general way.

use super::engine::Engine;
use crate::catalog::{Placement, TableId};
use crate::table::Table;
use crate::txn::{Changes, Counters, Draft, LatchGuard, Snapshot};
use crate::types::{Error, Result};
use alloc::sync::Arc;
use core::task::Poll;

/// The right to make one direct commit.
pub struct Direct<'e> {
    engine: &'e Engine,
    _latch: LatchGuard<'e>,
}

/// A statement at work. If it breaks off (a panic), what it did is undone.
struct Attempt<'d, 'a> {
    draft: &'d mut Draft<'a>,
    ends: bool,
}

impl Drop for Attempt<'_, '_> {
    fn drop(&mut self) {
        if !self.ends {
            // If this fails too, no further write is let onto the version; see `Whole`.
            let _ = self.draft.undo_statement();
        }
    }
}

/// Refuses further writes if a statement breaks off: the current version may be half changed.
struct Whole<'e> {
    engine: &'e Engine,
    is_whole: bool,
}

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        if !self.is_whole {
            self.engine
                .poison(&Error::store("a change of the current version broke off"));
        }
    }
}

impl Engine {
    /// Whether changed rows of the table may be seen before they are durable.
    pub fn is_relaxed(&self, table: &Table) -> bool {
        let persistence = &table.def.persistence;
        !(self.has_store() && persistence.persistent && persistence.sync_on_write)
    }

    /// Starts a direct commit; `None` if somebody is committing, or nobody may.
    pub fn direct(&self) -> Option<Direct<'_>> {
        let latch = self.commit_latch.try_acquire()?;
        self.require_writable().ok()?;
        // A staged commit comes first.
        if self.history.has_staged() {
            return None;
        }
        Some(Direct {
            engine: self,
            _latch: latch,
        })
    }
}

impl Direct<'_> {
    /// The version that will be changed. It is to be given back before the change, which copies what
    /// others hold.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.engine.history.current()
    }

    /// The version it will be made on.
    pub fn version(&self) -> u64 {
        self.engine.history.version()
    }

    /// Runs a statement that changes rows of one table, without foreign keys, and commits it if it
    /// succeeds. Otherwise what it did is undone: after an error, and after `Pending`, so that it may be run
    /// another way; which is the answer, too, if a commit of that table must be durable.
    ///
    /// Nothing is in `changes`, before and after, but memory to use again, and ids taken for a row that was
    /// Pending.
    pub fn commit<T>(
        self,
        table: TableId,
        changes: &mut Changes,
        statement: impl FnOnce(&mut Draft<'_>) -> Poll<Result<T>>,
    ) -> Poll<Result<T>> {
        let engine = self.engine;
        let mut whole = Whole {
            engine,
            is_whole: false,
        };
        let (mut rows, mut placement) = (0, Placement::Memory);
        let result = engine.history.change(changes, |draft| {
            let found = draft.catalog().get(table);
            let is_sync = found.is_some_and(|t| !engine.is_relaxed(t));
            let mut attempt = Attempt { draft, ends: false };
            let result = match is_sync {
                true => Poll::Pending,
                false => statement(attempt.draft),
            };
            attempt.ends = true;
            let draft = &mut *attempt.draft;
            let undone = match &result {
                Poll::Ready(Ok(_)) => Ok(()),
                Poll::Ready(Err(_)) => draft.undo_statement(),
                Poll::Pending => draft.put_off_statement(),
            };
            if let Err(broken) = undone {
                return Poll::Ready(Err(broken));
            }
            whole.is_whole = true;
            rows = draft.changed_rows();
            if let Some(table) = draft.catalog().get(table) {
                placement = table.def.persistence.placement();
            }
            result
        });
        if rows > 0 {
            if placement.is_stored() {
                // After publishing: a flush in between would take the mark and write the version before.
                let snapshot = engine.history.current();
                let changed = snapshot.catalog.get(table).into_iter();
                engine.unwritten.add(changed.flat_map(|t| t.homes()));
            }
            engine.count_rows(rows, placement);
            Counters::add(&engine.counters.commits, 1);
        }
        // Its pins hold leaves.
        changes.restart();
        result
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::host::Host;
    use crate::router::Config;
    use crate::session::{Outcome, Params, PlanCache, Session, Shared};
    use crate::tree::{Missing, Pins};
    use crate::types::Column;
    use core::future::Future;
    use core::pin::pin;
    use core::task::{Context, Waker};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    struct NoHost;

    impl Host for NoHost {
        fn unix_micros(&self) -> i64 {
            0
        }
        fn monotonic_micros(&self) -> u64 {
            0
        }
        fn random(&self) -> u64 {
            0
        }
    }

    /// What a future yields that never waits: there is no store.
    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("nothing to wait for"),
        }
    }

    fn run(session: &mut Session, sql: &str) -> Result<Outcome> {
        now(session.execute(sql, Params::None))
    }

    /// A table `t` of ten rows.
    fn shared() -> Arc<Shared> {
        let engine = now(Engine::open(None, Arc::new(NoHost), Config::default())).unwrap();
        let shared = Arc::new(Shared {
            locks: Arc::default(),
            functions: Default::default(),
            engine,
            plans: PlanCache::default(),
            templates: PlanCache::default(),
            sessions: Default::default(),
        });
        let mut session = Session::new(shared.clone());
        run(&mut session, "CREATE TABLE t (id INT PRIMARY KEY, a INT UNIQUE)").unwrap();
        let rows = (1..=10).map(|i| alloc::format!("({i}, {i})"));
        let rows: alloc::vec::Vec<_> = rows.collect();
        run(
            &mut session,
            &alloc::format!("INSERT INTO t VALUES {}", rows.join(", ")),
        )
        .unwrap();
        shared
    }

    fn address(engine: &Engine) -> (*const Snapshot, u64) {
        let snapshot = engine.history().current();
        (Arc::as_ptr(&snapshot), snapshot.version)
    }

    fn rows(snapshot: &Snapshot) -> u64 {
        snapshot.catalog.tables().map(|t| t.rows.len()).sum()
    }

    const SMALL: [&str; 4] = [
        "INSERT INTO t VALUES (20, 20)",
        "UPDATE t SET a = a + 100 WHERE id = 3",
        "INSERT INTO t VALUES (21, 21), (22, 22) ON DUPLICATE KEY UPDATE a = 0",
        "DELETE FROM t WHERE id IN (1, 2)",
    ];

    #[test]
    fn a_small_statement_changes_the_version_nobody_holds_and_copies_one_that_is_read() {
        let shared = shared();
        let engine = &shared.engine;
        let mut session = Session::new(shared.clone());
        for sql in SMALL {
            let (before, version) = address(engine);
            run(&mut session, sql).unwrap();
            assert_eq!(address(engine), (before, version + 1), "{sql}");
        }
        let reader = engine.history().current();
        assert_eq!(rows(&reader), 11);
        run(&mut session, "DELETE FROM t WHERE id > 20").unwrap();
        assert_eq!((rows(&reader), rows(&engine.history().current())), (11, 9));
    }

    #[test]
    fn a_small_statement_that_fails_makes_no_version() {
        let shared = shared();
        let engine = &shared.engine;
        let mut session = Session::new(shared.clone());
        for sql in [
            "INSERT INTO t VALUES (20, 5)",
            "INSERT INTO t VALUES (20, 20), (21, 21), (22, 5)",
            "UPDATE t SET a = 7 WHERE id IN (1, 2, 3)",
        ] {
            let before = address(engine);
            assert!(run(&mut session, sql).is_err(), "{sql}");
            assert_eq!(address(engine), before, "{sql}");
            assert_eq!(rows(&engine.history().current()), 10, "{sql}");
        }
    }

    #[test]
    fn a_transaction_meets_the_commits_made_in_place_after_it_began() {
        let shared = shared();
        let engine = &shared.engine;
        for (row, meets) in [(2, true), (3, false)] {
            let (mut one, mut two) = (Session::new(shared.clone()), Session::new(shared.clone()));
            run(&mut one, "BEGIN").unwrap();
            // The first copies what the transaction reads; the second finds its version nobody's.
            run(&mut two, "UPDATE t SET a = a + 1000 WHERE id = 1").unwrap();
            let (before, _) = address(engine);
            run(&mut two, "UPDATE t SET a = a + 1000 WHERE id = 2").unwrap();
            assert_eq!(address(engine).0, before);
            run(
                &mut one,
                &alloc::format!("UPDATE t SET a = a + 5000 WHERE id = {row}"),
            )
            .unwrap();
            let committed = run(&mut one, "COMMIT");
            assert_eq!(committed.is_err_and(|e| e.is_retryable()), meets, "row {row}");
        }
    }

    #[test]
    fn a_statement_that_breaks_off_is_undone_and_was_the_last_that_writes() {
        let shared = shared();
        let engine = &shared.engine;
        let before = address(engine);
        let table = engine
            .history()
            .current()
            .catalog
            .tables()
            .next()
            .map(|t| t.def.id);
        let table = table.unwrap();
        let broken = catch_unwind(AssertUnwindSafe(|| {
            let row = [20, 20].map(|v| Column::from_i64(alloc::vec![v]));
            let (mut pins, mut missing) = (Pins::new(), Missing::new());
            let direct = engine.direct().unwrap();
            direct.commit(table, &mut Changes::default(), |draft| -> Poll<Result<()>> {
                draft.begin_statement();
                draft.expect_rows(table, 2);
                let inserted = draft.insert_row(table, &row, 0, &mut pins, &mut missing);
                assert!(matches!(inserted, Poll::Ready(Ok(_))));
                panic!("on purpose");
            })
        }));
        assert!(broken.is_err());
        assert_eq!(address(engine), before);
        assert_eq!(rows(&engine.history().current()), 10);
        let mut session = Session::new(shared.clone());
        for sql in SMALL {
            assert!(
                matches!(run(&mut session, sql), Err(Error::Poisoned { .. })),
                "{sql}"
            );
        }
        assert!(run(&mut session, "SELECT * FROM t").is_ok());
    }
}
