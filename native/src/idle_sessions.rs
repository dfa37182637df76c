//! Sessions of the engine that nobody uses, for statements that need one for themselves alone: making one
//! costs as much as a small statement.
//!
//! Invariant: they are as good as new.

use amphi_core::{database::Database, session::Session};
use std::sync::{Mutex, PoisonError};

/// Sessions kept.
const MOST: usize = 16;

/// See the module. Sessions are big, and are not moved for a statement.
#[derive(Default)]
#[allow(clippy::vec_box)]
pub(crate) struct IdleSessions(Mutex<Vec<Box<Session>>>);

impl IdleSessions {
    /// An idle session, or a new one.
    pub(crate) fn take(&self, engine: &Database) -> Box<Session> {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Box::new(engine.session()))
    }

    /// Takes a session that is used no more; an open transaction of it is rolled back.
    pub(crate) fn put_back(&self, mut session: Box<Session>) {
        session.reset();
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST {
            idle.push(session);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::{Database, Error};

    #[test]
    fn nothing_of_a_statement_stays_for_the_next() {
        let db = Database::memory().unwrap();
        db.execute_script("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT); CREATE SCHEMA other")
            .unwrap();
        db.execute("INSERT INTO t (a) VALUES (1)", ()).unwrap();
        let last = |db: &Database| {
            let row = db.query_row("SELECT last_insert_id()", ()).unwrap();
            row.get::<i64>(0).unwrap()
        };
        assert_eq!(last(&db), 0);
        let begun = db.execute("BEGIN; INSERT INTO t (a) VALUES (2)", ());
        assert!(matches!(begun, Err(Error::TransactionState { .. })));
        assert!(db.execute("BEGIN; INSERT INTO nothing VALUES (2)", ()).is_err());
        assert!(db.execute("USE other", ()).is_err());
        db.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", ())
            .unwrap();
        assert_eq!(db.execute("UPDATE t SET a = a + 1", ()).unwrap(), 1);
        // A result that is still being read needs no session.
        let rows = db.query("SELECT a FROM t", ()).unwrap();
        db.execute("DELETE FROM t", ()).unwrap();
        assert_eq!(rows.count(), 1);
    }
}
