//! The placements every SQL test runs in, with blocks and a cache small enough that every table of a
//! few rows splits, is evicted and is read back.

use crate::block_on::block_on;
use crate::pending_store::PendingStore;
use amphi::SystemHost;
use amphi_core::Result;
use amphi_core::database::Database;
use amphi_core::kv::{KvBackend, MemoryStore};
use amphi_core::router::{CacheConfig, Config};
use amphi_core::tree::BlockSizing;
use std::sync::Arc;

/// Rows of a block in tests.
pub const BLOCK_ROWS: usize = 4;

/// Where the tables of a test live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestPlacement {
    /// No store.
    Memory,
    /// Every table persistent.
    Persistent,
    /// Every table dual.
    Dual,
    /// Every table persistent, on a store that answers `Pending` first.
    Pending,
}

impl TestPlacement {
    /// All of them.
    pub const ALL: [TestPlacement; 4] = [
        TestPlacement::Memory,
        TestPlacement::Persistent,
        TestPlacement::Dual,
        TestPlacement::Pending,
    ];

    /// Name in test names.
    pub fn name(self) -> &'static str {
        match self {
            TestPlacement::Memory => "memory",
            TestPlacement::Persistent => "persistent",
            TestPlacement::Dual => "dual",
            TestPlacement::Pending => "pending",
        }
    }

    /// Whether tables reach a store.
    pub fn is_stored(self) -> bool {
        self != TestPlacement::Memory
    }

    /// A store for it, to be opened any number of times.
    pub fn store(self) -> Option<Arc<dyn KvBackend>> {
        let memory = || Arc::new(MemoryStore::new());
        match self {
            TestPlacement::Memory => None,
            TestPlacement::Persistent | TestPlacement::Dual => Some(memory()),
            TestPlacement::Pending => Some(Arc::new(PendingStore::new(memory()))),
        }
    }

    /// Options: blocks of [`BLOCK_ROWS`] rows, a cache of about one of them, nothing written late.
    pub fn config(self) -> Config {
        Config {
            default_persistent: self.is_stored(),
            cache: CacheConfig {
                max_bytes: Some(256),
                ..CacheConfig::default()
            },
            sizing: BlockSizing {
                max_rows: BLOCK_ROWS,
                fanout: 4,
                ..BlockSizing::default()
            },
            ..Config::default()
        }
    }

    /// Opens a database over `store` (from [`TestPlacement::store`]).
    ///
    /// # Errors
    /// Those of [`Database::open`].
    pub fn open(self, store: Option<Arc<dyn KvBackend>>) -> Result<Database> {
        self.open_with(store, self.config())
    }

    /// As [`TestPlacement::open`], with other options.
    ///
    /// # Errors
    /// Those of [`Database::open`].
    pub fn open_with(self, store: Option<Arc<dyn KvBackend>>, config: Config) -> Result<Database> {
        block_on(Database::open(store, Arc::new(SystemHost::new()), config))
    }

    /// What to send so that the table of a CREATE TABLE statement lives here: only dual has to be asked
    /// for by name. Other statements, those that name an engine themselves, and those that take their columns from
    /// elsewhere stay as they are.
    pub fn statement(self, sql: &str) -> String {
        let upper = sql.trim_start().to_ascii_uppercase();
        let is_query = upper.contains(" SELECT ") || upper.contains(" LIKE ");
        let is_table = upper.starts_with("CREATE TABLE") && !upper.contains("ENGINE") && !is_query;
        if self == TestPlacement::Dual && is_table {
            format!("{sql} ENGINE = dual")
        } else {
            sql.to_string()
        }
    }
}
