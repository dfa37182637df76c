//! Where a table lives.

use core::fmt;
use serde::{Deserialize, Serialize};

/// Where a table lives; see the table in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// In memory only; gone when the database closes. The default.
    #[default]
    Memory,
    /// In the store, blocks cached in memory within the cache's bound.
    Persistent,
    /// Written to the store, whole in memory for reads.
    Dual,
}

impl Placement {
    /// Whether commits write it to the store.
    pub fn is_stored(self) -> bool {
        self != Placement::Memory
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Placement::Memory => "memory",
            Placement::Persistent => "persistent",
            Placement::Dual => "dual",
        })
    }
}

/// The persistence settings of one table, stored with it and restored on open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersistenceConfig {
    /// Whether the table is written to the store.
    pub persistent: bool,
    /// Whether a commit that touches the table is durable when it returns.
    pub sync_on_write: bool,
    /// Whether the table is also held whole in memory and read from there.
    pub cache_in_memory: bool,
}

impl PersistenceConfig {
    /// The placement these settings mean.
    pub fn placement(&self) -> Placement {
        match (self.persistent, self.cache_in_memory) {
            (false, _) => Placement::Memory,
            (true, false) => Placement::Persistent,
            (true, true) => Placement::Dual,
        }
    }
}
