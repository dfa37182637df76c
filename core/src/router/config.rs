//! The options of a database: from Rust, or from a JSON document by `serde`. Unknown keys are refused.

use crate::tree::{BlockSizing, EvictionPolicy};
use crate::types::{Error, Result};
use alloc::string::{String, ToString};
use serde::{Deserialize, Serialize};

/// Which clean blocks of persistent tables leave the cache first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CachePolicy {
    /// The one not used for longest.
    #[default]
    Lru,
    /// The one used least often; old uses lose weight as others take their place.
    Lfu,
}

impl From<CachePolicy> for EvictionPolicy {
    fn from(policy: CachePolicy) -> EvictionPolicy {
        match policy {
            CachePolicy::Lru => EvictionPolicy::Lru,
            CachePolicy::Lfu => EvictionPolicy::Lfu,
        }
    }
}

fn bytes(mebibytes: u64) -> usize {
    usize::try_from(mebibytes.saturating_mul(1 << 20)).unwrap_or(usize::MAX)
}

/// The block cache of persistent tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Whether blocks stay in memory after use.
    pub enabled: bool,
    /// Bound on the clean blocks held, in MiB.
    pub max_size_mb: u64,
    /// Which block goes first.
    pub eviction_policy: CachePolicy,
    /// Bound in bytes; overrides `max_size_mb`. Not part of the JSON document.
    #[serde(skip)]
    pub max_bytes: Option<usize>,
}

impl Default for CacheConfig {
    fn default() -> CacheConfig {
        CacheConfig {
            enabled: true,
            max_size_mb: 256,
            eviction_policy: CachePolicy::Lru,
            max_bytes: None,
        }
    }
}

impl CacheConfig {
    /// The bound in bytes; 0 when the cache is disabled.
    pub fn bytes(&self) -> usize {
        if self.enabled {
            self.max_bytes.unwrap_or_else(|| bytes(self.max_size_mb))
        } else {
            0
        }
    }
}

/// How a database is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Name of the database: its first schema.
    pub name: String,
    /// Whether anything may be changed.
    pub writable: bool,
    /// Directory of the store; empty: no store, all tables in memory.
    pub data_dir: String,
    /// Whether new tables are persistent unless they say otherwise.
    pub default_persistent: bool,
    /// Whether the store in `data_dir` is used at all.
    pub enable_store: bool,
    /// The block cache.
    pub cache: CacheConfig,
    /// Longest time a relaxed commit waits before it is written, in milliseconds.
    pub flush_interval_ms: u64,
    /// Most unwritten bytes of relaxed commits, in MiB; beyond it a commit writes them itself.
    pub max_pending_mb: u64,
    /// Most memory of the blocks of persistent tables that one transaction changes, and of those they
    /// replace, in MiB: they stay in memory until it ends.
    pub max_transaction_mb: u64,
    /// How long one statement may take, in milliseconds; 0: as long as it takes. Sessions may change it.
    pub statement_timeout_ms: u64,
    /// Most memory one query may use for sorting, joining and grouping, in MiB.
    pub max_query_memory_mb: u64,
    /// Bound in bytes; overrides `max_transaction_mb`. Not part of the JSON document.
    #[serde(skip)]
    pub max_transaction_bytes: Option<usize>,
    /// Bound in bytes; overrides `max_query_memory_mb`. Not part of the JSON document.
    #[serde(skip)]
    pub max_query_bytes: Option<usize>,
    /// Size of blocks. Not part of the JSON document.
    #[serde(skip)]
    pub sizing: BlockSizing,
    /// A new table with more bytes of leaves is written ahead of its commit, in batches of this size.
    /// Not part of the JSON document.
    #[serde(skip)]
    pub write_ahead_bytes: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            name: "main".to_string(),
            writable: true,
            data_dir: String::new(),
            default_persistent: false,
            enable_store: true,
            cache: CacheConfig::default(),
            flush_interval_ms: 50,
            max_pending_mb: 16,
            max_transaction_mb: 256,
            statement_timeout_ms: 0,
            max_query_memory_mb: 1024,
            max_transaction_bytes: None,
            max_query_bytes: None,
            sizing: BlockSizing::default(),
            write_ahead_bytes: 4 << 20,
        }
    }
}

impl Config {
    /// Refuses values that make no sense together.
    ///
    /// # Errors
    /// [`Error::Config`] naming the option.
    pub fn validate(&self, has_store: bool) -> Result<()> {
        let bad = |option: &str, message: &str| {
            Err(Error::Config {
                option: option.to_string(),
                message: message.to_string(),
            })
        };
        if self.name.is_empty() {
            return bad("name", "must not be empty");
        }
        if self.default_persistent && !has_store {
            return bad(
                "default_persistent",
                "needs a store: set data_dir and enable_store",
            );
        }
        if self.cache.enabled && self.cache.max_size_mb == 0 && self.cache.max_bytes.is_none() {
            return bad(
                "cache.max_size_mb",
                "must be at least 1; to switch the cache off set cache.enabled = false",
            );
        }
        if self.max_transaction_mb == 0 && self.max_transaction_bytes.is_none() {
            return bad("max_transaction_mb", "must be at least 1");
        }
        Ok(())
    }

    /// The query memory limit in bytes.
    pub fn query_memory(&self) -> usize {
        self.max_query_bytes
            .unwrap_or_else(|| bytes(self.max_query_memory_mb))
    }

    /// The time one statement may take, in milliseconds.
    pub fn statement_timeout(&self) -> Option<u64> {
        (self.statement_timeout_ms > 0).then_some(self.statement_timeout_ms)
    }

    /// The limit of what a transaction changes, in bytes.
    pub fn transaction_memory(&self) -> usize {
        self.max_transaction_bytes
            .unwrap_or_else(|| bytes(self.max_transaction_mb))
    }
}
