//! System variables of MySQL that say how a server is run, and on which no answer of Amphi's depends.
//!
//! Programs read them, set them when they connect, and put them back. Those that a session may set are remembered
//! and mean nothing; the others can only be set to what they are.

use crate::types::Value;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// Variables that may be set to anything, and what they are until then.
const FREE: [(&str, &str); 33] = [
    ("big_tables", "0"),
    ("histogram_size", "254"),
    ("innodb_lock_wait_timeout", "50"),
    ("interactive_timeout", "28800"),
    ("join_buffer_size", "262144"),
    ("join_cache_level", "2"),
    ("lock_wait_timeout", "86400"),
    ("log_warnings", "2"),
    ("long_query_time", "10"),
    ("low_priority_updates", "0"),
    ("max_allowed_packet", "67108864"),
    ("max_heap_table_size", "16777216"),
    ("max_length_for_sort_data", "1024"),
    ("max_sort_length", "1024"),
    ("myisam_sort_buffer_size", "134216704"),
    ("net_buffer_length", "16384"),
    ("net_read_timeout", "30"),
    ("net_retry_count", "10"),
    ("net_write_timeout", "60"),
    ("optimizer_prune_level", "1"),
    ("optimizer_search_depth", "62"),
    ("optimizer_switch", ""),
    ("profiling", "0"),
    ("profiling_history_size", "15"),
    ("query_cache_type", "0"),
    ("read_buffer_size", "131072"),
    ("read_rnd_buffer_size", "262144"),
    ("slow_query_log", "0"),
    ("sort_buffer_size", "2097152"),
    ("sql_big_selects", "1"),
    ("sql_log_bin", "0"),
    ("tmp_table_size", "16777216"),
    ("wait_timeout", "28800"),
];

/// Variables that are what they are; numbers are so.
const FIXED: [(&str, &str); 28] = [
    ("character_set_filesystem", "binary"),
    ("character_set_system", "utf8mb4"),
    ("collation_database", "utf8mb4_bin"),
    ("collation_server", "utf8mb4_bin"),
    ("div_precision_increment", "4"),
    ("error_count", "0"),
    ("event_scheduler", "OFF"),
    ("have_ssl", "NO"),
    ("hostname", "localhost"),
    ("init_connect", ""),
    ("lc_messages", "en_US"),
    ("lc_time_names", "en_US"),
    ("license", "MIT OR Apache-2.0"),
    ("max_connections", "0"),
    ("old_mode", ""),
    ("performance_schema", "0"),
    ("port", "0"),
    ("protocol_version", "10"),
    ("query_cache_size", "0"),
    ("server_id", "0"),
    ("skip_networking", "1"),
    ("socket", ""),
    ("sql_auto_is_null", "0"),
    ("sql_quote_show_create", "1"),
    ("sql_safe_updates", "0"),
    ("sql_warnings", "0"),
    ("version_compile_os", "any"),
    ("warning_count", "0"),
];

/// The values that a session gave to variables which mean nothing.
#[derive(Default)]
pub(super) struct Tuning {
    set: BTreeMap<&'static str, String>,
}

fn value(text: &str) -> Value {
    match text.parse::<i64>() {
        Ok(n) => Value::Int(n),
        Err(_) => Value::Text(String::from(text)),
    }
}

impl Tuning {
    /// All of them with their values.
    pub(super) fn variables(&self) -> Vec<(&'static str, Value)> {
        let free = FREE.iter().map(|(name, default)| match self.set.get(name) {
            Some(set) => (*name, value(set)),
            None => (*name, value(default)),
        });
        free.chain(FIXED.iter().map(|(name, is)| (*name, value(is))))
            .collect()
    }

    /// Sets a variable, if it is one that may be set to anything; says whether it is.
    pub(super) fn set(&mut self, name: &str, to: &str) -> bool {
        const LONGEST: usize = 1024;
        let Some((name, _)) = FREE.iter().find(|(free, _)| *free == name) else {
            return false;
        };
        match to.eq_ignore_ascii_case("default") {
            true => drop(self.set.remove(name)),
            false => drop(self.set.insert(name, to.chars().take(LONGEST).collect())),
        }
        true
    }
}
