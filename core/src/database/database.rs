//! The handle, and control over where tables live.
//!
//! Everything here has a statement in SQL too; both run the same code. A table name may be given as
//! `schema.table`; without a schema it is one of the database's first schema.

use crate::catalog::PersistenceConfig;
use crate::codec::ExportFile;
use crate::host::Host;
use crate::kv::KvBackend;
use crate::router::{BackupReport, CheckReport, Config, Engine, Stats};
use crate::session::{PlanCache, Session, Shared};
use crate::shared_sort::sort_shared;
use crate::sql::bind;
use crate::sql::functions::UserFunction;
use crate::types::{Error, Result};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Options of [`Database::enable_persistence`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PersistenceOptions {
    /// A commit that touches the table is durable when it returns.
    pub sync_on_write: bool,
    /// The table is also held whole in memory and read from there (dual).
    pub cache_in_memory: bool,
}

/// A database. Cloning it clones one `Arc`; all clones are the same database.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

impl Database {
    /// Opens a database over a store, or in memory without one.
    ///
    /// # Errors
    /// [`Error::NotAStore`], [`Error::Corrupted`], [`Error::Store`], [`Error::Config`].
    pub async fn open(
        store: Option<Arc<dyn KvBackend>>,
        host: Arc<dyn Host>,
        config: Config,
    ) -> Result<Database> {
        let engine = Engine::open(store, host, config).await?;
        Ok(Database {
            shared: Arc::new(Shared {
                locks: Arc::default(),
                engine,
                plans: PlanCache::default(),
                templates: PlanCache::default(),
                functions: Default::default(),
                sessions: Default::default(),
            }),
        })
    }

    /// Adds a function that the program brings, or puts it in the place of the one of that name. Statements
    /// that were prepared before keep the one they were prepared with.
    ///
    /// # Errors
    /// [`Error::Exists`] if SQL has a function of that name; [`Error::Invalid`] if it could not be called.
    pub fn create_function(&self, function: UserFunction) -> Result<()> {
        if bind::has_function(&function.name) {
            return Err(Error::Exists {
                kind: "function",
                name: function.name,
            });
        }
        self.shared.functions.put(function)?;
        self.shared.plans.clear();
        self.shared.templates.clear();
        Ok(())
    }

    /// A new session, in the database's first schema.
    pub fn session(&self) -> Session {
        Session::new(self.shared.clone())
    }

    /// The options it was opened with.
    pub fn config(&self) -> &Config {
        self.shared.engine.config()
    }

    /// The figures now.
    pub fn stats(&self) -> Stats {
        self.shared.engine.stats()
    }

    /// Whether relaxed commits wait to be written.
    pub fn flush_due(&self) -> bool {
        self.shared.engine.flush_due()
    }

    /// Writes all relaxed commits durably.
    ///
    /// # Errors
    /// [`Error::Store`] if that fails (the database then refuses writes until it is reopened), [`Error::Poisoned`].
    pub async fn flush(&self) -> Result<()> {
        self.shared.engine.flush().await
    }

    /// Flushes and closes: every later call is [`Error::Closed`].
    ///
    /// # Errors
    /// Those of [`Database::flush`]; the database is closed all the same.
    pub async fn close(&self) -> Result<()> {
        self.shared.engine.close().await
    }

    fn split<'a>(&'a self, table: &'a str) -> (&'a str, &'a str) {
        table.split_once('.').unwrap_or((&self.config().name, table))
    }

    /// Makes a table persistent (or dual), whole and in one commit. For a table that does not exist yet
    /// the settings are remembered and applied by CREATE TABLE.
    ///
    /// # Errors
    /// [`Error::NoStore`]; those of a commit.
    pub async fn enable_persistence(&self, table: &str, options: PersistenceOptions) -> Result<()> {
        let config = PersistenceConfig {
            persistent: true,
            sync_on_write: options.sync_on_write,
            cache_in_memory: options.cache_in_memory,
        };
        if !self.shared.engine.has_store() {
            return Err(Error::NoStore {
                table: table.to_string(),
            });
        }
        let (schema, name) = self.split(table);
        self.session()
            .set_table_persistence(schema, name, true, |_| config.clone())
            .await
    }

    /// Takes a table out of the store: its rows stay, in memory. Remembered settings are forgotten.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is no such table and nothing is remembered for it.
    pub async fn disable_persistence(&self, table: &str) -> Result<()> {
        let (schema, name) = self.split(table);
        self.session()
            .set_table_persistence(schema, name, true, |_| PersistenceConfig::default())
            .await
    }

    /// Moves a table from memory into the store; a dual table leaves memory.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::NoStore`]; those of a commit.
    pub async fn migrate_to_persistent(&self, table: &str) -> Result<()> {
        let (schema, name) = self.split(table);
        let change = |c: &PersistenceConfig| PersistenceConfig {
            persistent: true,
            cache_in_memory: false,
            sync_on_write: c.sync_on_write,
        };
        self.session()
            .set_table_persistence(schema, name, false, change)
            .await
    }

    /// Moves a table from the store into memory, where it is from then on.
    ///
    /// # Errors
    /// [`Error::Unknown`]; those of a commit.
    pub async fn load_to_memory(&self, table: &str) -> Result<()> {
        let (schema, name) = self.split(table);
        self.session()
            .set_table_persistence(schema, name, false, |_| PersistenceConfig::default())
            .await
    }

    /// Where a table lives, or the settings remembered for it; `None` if there is neither.
    pub fn get_persistence_config(&self, table: &str) -> Option<PersistenceConfig> {
        let (schema, name) = self.split(table);
        let snapshot = self.shared.engine.history().current();
        let catalog = &snapshot.catalog;
        match catalog.find(schema, name) {
            Some(t) => Some(t.def.persistence.clone()),
            None => catalog.remembered_for(schema, name).cloned(),
        }
    }

    /// The tables that are in the store, as `table` (first schema) or `schema.table`, by name.
    pub fn list_persistent_tables(&self) -> Vec<String> {
        let snapshot = self.shared.engine.history().current();
        let mut names: Vec<String> = snapshot
            .catalog
            .tables()
            .filter(|t| t.def.persistence.persistent)
            .map(|t| match t.def.schema.eq_ignore_ascii_case(&self.config().name) {
                true => t.def.name.clone(),
                false => t.def.full_name(),
            })
            .collect();
        sort_shared(&mut names, Ord::cmp);
        names
    }

    /// Copies the persistent and dual tables, as they are now, into an empty store, while readers and
    /// writers go on. The copy is a database of its own. Tables in memory are not part of it.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the target is not empty; those of reading here and of writing there. After an
    /// error the target is no database.
    pub async fn backup(&self, target: &dyn KvBackend) -> Result<BackupReport> {
        self.shared.engine.backup(target).await
    }

    /// Gives the bytes of the whole database as it is now, with the tables of all placements, part by part to `write`, while
    /// readers and writers go on. [`Database::import`] makes a database of them.
    ///
    /// # Errors
    /// Those of reading the store, and of `write`; [`Error::Closed`].
    pub async fn export(&self, write: impl FnMut(&[u8]) -> Result<()> + Send) -> Result<BackupReport> {
        self.shared.engine.export(write).await
    }

    /// Puts all that an [export](Database::export) holds into this database, which is empty: in one transaction, durable if
    /// there is a store. Without a store all tables are in memory.
    ///
    /// # Errors
    /// [`Error::NotAStore`] if the bytes are no export, or of a later version; [`Error::Corrupted`] if they are damaged;
    /// [`Error::Invalid`] if this database is not empty; those of a commit. Nothing changes then.
    pub async fn import(&self, bytes: &[u8]) -> Result<()> {
        self.session().import(&ExportFile::open(bytes)?).await?;
        match self.shared.engine.has_store() {
            true => self.flush().await,
            false => Ok(()),
        }
    }

    /// Verifies all that the store holds, block by block, and every index against its table. Writers go on
    /// meanwhile. Foreign keys are not looked at.
    ///
    /// # Errors
    /// [`Error::Store`] if the store cannot be read; [`Error::Closed`]. Damage is in the report.
    pub async fn check(&self) -> Result<CheckReport> {
        self.shared.engine.check().await
    }
}
