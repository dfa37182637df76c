//! The running database: one history of snapshots, one store, and what connects them.

use super::config::Config;
use super::group::{Group, Unwritten};
use super::records::Records;
use super::trees::Trees;
use crate::catalog::TableId;
use crate::host::Host;
use crate::interrupt::{Interrupt, Stop};
use crate::kv::KvBackend;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use crate::sync::{Mutex, Once};
use crate::table::JobMemory;
use crate::tree::Missing;
use crate::txn::{Counters, History, Latch, Transaction, TransactionOptions, drive, drive_from};
use crate::types::{Error, Result};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::task::Poll;

/// The state all sessions of a database share.
pub struct Engine {
    pub(super) history: Arc<History>,
    pub(super) store: Option<Arc<dyn KvBackend>>,
    pub(super) host: Arc<dyn Host>,
    pub(super) trees: Trees,
    pub(super) counters: Arc<Counters>,
    pub(super) config: Config,
    /// Held from validation to publication of a commit.
    pub(super) commit_latch: Latch,
    /// Held while a batch is put together and written: batches reach the store in order.
    pub(super) store_latch: Latch,
    pub(super) records: Mutex<Records>,
    /// Commits staged to be written together.
    pub(super) group: Group,
    pub(super) unwritten: Unwritten,
    /// Why nothing is written any more.
    pub(super) poisoned: Once<String>,
    pub(super) closed: AtomicBool,
    pub(super) next_table: AtomicU64,
    pub(super) next_schema_version: AtomicU64,
    pub(super) next_temporary: AtomicU64,
}

impl Engine {
    /// The history: current snapshot and recent commits.
    pub fn history(&self) -> &Arc<History> {
        &self.history
    }

    /// The options it was opened with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Clock and randomness.
    pub fn host(&self) -> &Arc<dyn Host> {
        &self.host
    }

    /// Whether there is a store.
    pub fn has_store(&self) -> bool {
        self.store.is_some()
    }

    /// The store, to fetch blocks from.
    pub fn store(&self) -> Option<&dyn KvBackend> {
        self.store.as_deref()
    }

    /// What jobs that build trees may take.
    pub fn job_memory(&self) -> JobMemory {
        JobMemory {
            collected: self.config.query_memory(),
            unwritten: self.config.transaction_memory(),
        }
    }

    /// Makes homes for new trees.
    pub fn trees(&self) -> &Trees {
        &self.trees
    }

    /// The counters behind `stats()`.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// A table id nobody else has.
    pub fn new_table_id(&self) -> TableId {
        TableId(self.next_table.fetch_add(1, Relaxed))
    }

    /// An id for a new temporary table.
    pub fn new_temporary_id(&self) -> TableId {
        let n = self.next_temporary.fetch_add(1, Relaxed);
        TableId(TableId::FIRST_TEMPORARY.0.saturating_add(n))
    }

    /// A schema version nobody else has.
    pub fn new_schema_version(&self) -> u64 {
        self.new_schema_versions(1)
    }

    /// The first of `n` schema versions in a row that nobody else has.
    pub(super) fn new_schema_versions(&self, n: usize) -> u64 {
        self.next_schema_version.fetch_add(n as u64, Relaxed)
    }

    /// Starts a transaction on the current snapshot.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn begin(&self, options: TransactionOptions) -> Result<Transaction> {
        self.require_open()?;
        let transaction = Transaction::new(self.history.begin(), options);
        Ok(transaction.bounded(self.config.transaction_memory()))
    }

    /// # Errors
    /// [`Error::Closed`] after `close`.
    pub fn require_open(&self) -> Result<()> {
        if self.closed.load(Relaxed) {
            Err(Error::Closed)
        } else {
            Ok(())
        }
    }

    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Poisoned`], [`Error::Closed`].
    pub fn require_writable(&self) -> Result<()> {
        self.require_open()?;
        if !self.config.writable {
            return Err(Error::ReadOnly {
                name: alloc::format!("database {}", self.config.name),
            });
        }
        if let Some(cause) = self.poisoned.get() {
            return Err(Error::Poisoned { cause: cause.clone() });
        }
        match self.store().and_then(KvBackend::failure) {
            Some(cause) => Err(Error::Poisoned { cause }),
            None => Ok(()),
        }
    }

    pub(super) fn poison(&self, error: &Error) {
        self.poisoned.call_once(|| error.to_string());
    }

    /// Runs a step to its end, fetching what it misses.
    ///
    /// # Errors
    /// What the step or the store reports.
    pub async fn drive<T>(&self, step: impl FnMut(&mut Missing) -> Poll<Result<T>>) -> Result<T> {
        drive(self.store(), &self.counters, step).await
    }

    /// As [`Engine::drive`], for a statement that can be stopped.
    ///
    /// # Errors
    /// As [`Engine::drive`], and [`Error::Interrupted`].
    pub async fn drive_stoppable<T>(
        &self,
        interrupt: &Interrupt,
        step: impl FnMut(&mut Missing) -> Poll<Result<T>>,
    ) -> Result<T> {
        let missing = Missing::stoppable(Stop::new(interrupt, self.host()));
        drive_from(missing, self.store(), &self.counters, step).await
    }
}
