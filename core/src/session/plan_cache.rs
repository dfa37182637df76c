//! Plans by SQL text, shared by all sessions of a database.
//!
//! A plan is valid for one schema version, one current schema and one list of parameter types; a
//! text whose plan has become invalid is bound again, not parsed again.

use crate::sql::parse::Parsed;
use crate::sql::plan::Statement;
use crate::types::DataType;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use hashbrown::HashMap;
use spin::Mutex;

/// What a plan was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanKey {
    /// The catalog's schema version.
    pub schema_version: u64,
    /// The current schema.
    pub schema: String,
    /// Types of the parameter values.
    pub types: Vec<DataType>,
}

/// A parsed text and the last plan made of it.
#[derive(Clone)]
pub struct Cached {
    /// The statement, parsed.
    pub parsed: Arc<Parsed>,
    /// Its last plan and what it was made for.
    pub plan: Option<(PlanKey, Arc<Statement>)>,
}

#[derive(Default)]
struct Entries {
    by_text: HashMap<String, Cached>,
    /// Texts in the order they came, oldest first.
    order: VecDeque<String>,
}

/// The cache; at most [`PlanCache::CAPACITY`] texts, the oldest goes first.
#[derive(Default)]
pub struct PlanCache {
    entries: Mutex<Entries>,
}

impl PlanCache {
    /// Texts kept.
    pub const CAPACITY: usize = 512;
    /// Longer texts (bytes) are not kept: bulk INSERTs rarely come twice.
    pub const MAX_TEXT: usize = 4096;

    /// What is known of a text.
    pub fn get(&self, sql: &str) -> Option<Cached> {
        self.entries.lock().by_text.get(sql).cloned()
    }

    /// Keeps what is known of a text.
    pub fn put(&self, sql: &str, cached: Cached) {
        if sql.len() > Self::MAX_TEXT {
            return;
        }
        let mut entries = self.entries.lock();
        if entries.by_text.insert(sql.to_string(), cached).is_none() {
            entries.order.push_back(sql.to_string());
            if entries.order.len() > Self::CAPACITY
                && let Some(oldest) = entries.order.pop_front()
            {
                entries.by_text.remove(&oldest);
            }
        }
    }
}
