//! Prepared statements by SQL text, shared by all sessions of a database.

use super::prepared::Prepared;
use crate::sync::Mutex;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use hashbrown::HashMap;

#[derive(Default)]
struct Entries {
    by_text: HashMap<Arc<str>, Arc<Prepared>>,
    /// Texts in the order they came, oldest first.
    order: VecDeque<Arc<str>>,
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

    /// Forgets all.
    pub fn clear(&self) {
        let mut entries = self.entries.lock();
        entries.by_text.clear();
        entries.order.clear();
    }

    /// The statement of a text.
    pub fn get(&self, sql: &str) -> Option<Arc<Prepared>> {
        self.entries.lock().by_text.get(sql).cloned()
    }

    /// Keeps the statement of a text.
    pub fn put(&self, sql: &str, prepared: Arc<Prepared>) {
        if sql.len() > Self::MAX_TEXT {
            return;
        }
        let text: Arc<str> = sql.into();
        let mut entries = self.entries.lock();
        if entries.by_text.insert(text.clone(), prepared).is_none() {
            entries.order.push_back(text);
            if entries.order.len() > Self::CAPACITY
                && let Some(oldest) = entries.order.pop_front()
            {
                entries.by_text.remove(&oldest);
            }
        }
    }
}
