//! Transactions as values, and running one again after a write conflict.

use crate::Session;
use amphi_core::{Result, database::TransactionOptions};
use std::{
    hash::{BuildHasher, RandomState},
    ops::Deref,
    thread,
    time::Duration,
};

/// An open transaction: a [`Session`] whose statements it holds together. Dropped without
/// [`Transaction::commit`], it is rolled back.
///
/// An error of one statement undoes that statement only; the transaction goes on.
#[derive(Debug)]
pub struct Transaction {
    session: Session,
}

impl Transaction {
    pub(crate) fn begin(session: Session, options: TransactionOptions) -> Result<Transaction> {
        session.begin(options)?;
        Ok(Transaction { session })
    }

    /// Commits: all of its changes become visible at once, in all placements.
    ///
    /// # Errors
    ///
    /// [`Error::WriteConflict`](crate::Error::WriteConflict) if another transaction changed the same rows first; [`Error::Store`](crate::Error::Store)
    /// if a durable commit cannot be written. After any error nothing of it was done; but after an I/O error
    /// at the very end of a durable commit, the store holds it whole or not at all when it is opened again.
    pub fn commit(self) -> Result<()> {
        self.session.commit()
    }

    /// Undoes everything, like dropping it.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionState`](crate::Error::TransactionState) if a COMMIT or ROLLBACK statement has ended it already.
    pub fn rollback(self) -> Result<()> {
        self.session.rollback()
    }

    /// Marks this point under a name, to come back to with [`Transaction::rollback_to`].
    ///
    /// # Errors
    ///
    /// [`Error::TransactionState`](crate::Error::TransactionState) if a COMMIT or ROLLBACK statement has ended the transaction.
    pub fn savepoint(&self, name: &str) -> Result<()> {
        self.named("SAVEPOINT", name)
    }

    /// Undoes everything since the savepoint, which stays.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::Error::Unknown) if there is no such savepoint.
    pub fn rollback_to(&self, name: &str) -> Result<()> {
        self.named("ROLLBACK TO SAVEPOINT", name)
    }

    /// Forgets a savepoint and those after it; the changes stay.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::Error::Unknown) if there is no such savepoint.
    pub fn release(&self, name: &str) -> Result<()> {
        self.named("RELEASE SAVEPOINT", name)
    }

    fn named(&self, statement: &str, name: &str) -> Result<()> {
        let quoted = name.replace('`', "``");
        self.session.run(&format!("{statement} `{quoted}`"), ())?;
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// Attempts of one transaction before its conflict is reported.
const ATTEMPTS: u32 = 64;
/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Runs an attempt again after each write conflict, with pauses that grow and differ by chance, so
/// that those who collided once do not collide for ever.
pub(crate) fn retry<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let mut pause = Duration::from_micros(50);
    for _ in 1..ATTEMPTS {
        match attempt() {
            Err(e) if e.is_retryable() => {}
            other => return other,
        }
        // Every `RandomState` has a seed of its own: between 1/2 and 1 of the pause.
        let chance = RandomState::new().hash_one(()) % 512 + 512;
        thread::sleep(pause * chance as u32 / 1024);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    attempt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use amphi_core::Error;

    #[test]
    fn only_conflicts_are_retried() {
        let conflict = || Error::WriteConflict {
            table: "t".to_owned(),
        };
        let mut left = 3;
        let done = retry(|| {
            left -= 1;
            if left > 0 { Err(conflict()) } else { Ok(left) }
        });
        assert_eq!(done, Ok(0));
        let mut runs = 0;
        let failed: Result<()> = retry(|| {
            runs += 1;
            Err(Error::DivisionByZero)
        });
        assert_eq!((failed, runs), (Err(Error::DivisionByZero), 1));
    }
}
