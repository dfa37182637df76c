//! Variables of a session: user variables (`@name`), which are values and no part of any transaction, and
//! system variables (`@@name`), which say how the session and its database are set up.
//!
//! Statements see both as they were when the statement began.

use super::session::Session;
use crate::shared_sort::sort_shared;
use crate::sql::functions::TimeZone;
use crate::sql::parse::{Parsed, Variable};
use crate::txn::IsolationLevel;
use crate::types::{Error, Result, Value};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

/// What a variable takes besides the bytes of its name and value.
const OVERHEAD: usize = 96;

/// The user variables that have a value.
#[derive(Default)]
pub(super) struct UserVariables {
    values: BTreeMap<String, Value>,
    /// Bytes they take, roughly.
    bytes: usize,
}

fn weight(name: &str, value: &Value) -> usize {
    let bytes = match value {
        Value::Text(s) | Value::Json(s) => s.len(),
        Value::Blob(b) | Value::Geometry(b) => b.len(),
        Value::Vector(v) => 4 * v.len(),
        _ => 0,
    };
    OVERHEAD + name.len() + bytes
}

impl UserVariables {
    fn get(&self, name: &str) -> Value {
        self.values.get(name).cloned().unwrap_or_default()
    }

    /// Sets a variable, named in small letters.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] if all of them would take more than `limit` bytes; nothing is set then.
    pub(super) fn set(&mut self, name: &str, value: Value, limit: usize) -> Result<()> {
        let old = self.values.get(name).map_or(0, |old| weight(name, old));
        let bytes = self
            .bytes
            .saturating_sub(old)
            .saturating_add(weight(name, &value));
        if bytes > limit {
            return Err(Error::QueryMemory { limit });
        }
        self.bytes = bytes;
        self.values.insert(name.to_string(), value);
        Ok(())
    }
}

/// MySQL's own limit: what asks for less wants texts to be cut.
const MIN_GROUP_CONCAT: u64 = 1024;

/// The modes of MySQL that hold, whichever are set.
const SQL_MODE: &str = "PIPES_AS_CONCAT,ANSI_QUOTES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO";

/// The modes as set, if they ask for nothing that is not so: those that hold, those that are about what does not
/// exist here, and none of those that relax something, since statements stay as strict without them.
///
/// # Errors
/// [`Error::Unsupported`] naming the mode.
fn known_modes(value: &str) -> Result<String> {
    const KNOWN: [&str; 16] = [
        "PIPES_AS_CONCAT",
        "ANSI_QUOTES",
        "ANSI",
        "STRICT_ALL_TABLES",
        "STRICT_TRANS_TABLES",
        "TRADITIONAL",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "NO_AUTO_VALUE_ON_ZERO",
        "NO_AUTO_CREATE_USER",
        "NO_ENGINE_SUBSTITUTION",
        "NO_ZERO_DATE",
        "NO_ZERO_IN_DATE",
        "ONLY_FULL_GROUP_BY",
        "IGNORE_SPACE",
        "NO_DIR_IN_CREATE",
        "NO_FIELD_OPTIONS",
    ];
    let mut modes = value.split(',').map(str::trim).filter(|m| !m.is_empty());
    match modes.find(|m| !KNOWN.iter().any(|k| k.eq_ignore_ascii_case(m))) {
        Some(mode) => Err(Error::unsupported(format!("sql_mode {mode}"))),
        None => Ok(value.to_ascii_uppercase()),
    }
}

fn level_name(level: IsolationLevel) -> &'static str {
    match level {
        IsolationLevel::ReadCommitted => "READ-COMMITTED",
        IsolationLevel::RepeatableRead => "REPEATABLE-READ",
        IsolationLevel::Serializable => "SERIALIZABLE",
    }
}

/// A setting as SET writes it, to be compared.
fn plain(value: &str) -> String {
    match value.to_ascii_lowercase().as_str() {
        "on" | "true" => String::from("1"),
        "off" | "false" => String::from("0"),
        other => other.replace(' ', "-"),
    }
}

impl Session {
    /// The values that a statement is bound and run with: those of its parameters, and of its variables.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a system variable that does not exist.
    pub(super) fn with_variables(&self, parsed: &Parsed, mut values: Vec<Value>) -> Result<Vec<Value>> {
        for variable in parsed.variables() {
            values.push(match variable {
                Variable::User(name) => self.variables.get(name),
                Variable::System(name) => self.system_variable(name)?,
            });
        }
        Ok(values)
    }

    /// All system variables, by name.
    pub(super) fn system_variables(&self) -> Vec<(&'static str, Value)> {
        let text = |s: &str| Value::Text(String::from(s));
        let int = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let config = self.shared.engine.config();
        let default_engine = if config.default_persistent {
            "persistent"
        } else {
            "memory"
        };
        let mut all = vec![
            ("auto_increment_increment", Value::Int(1)),
            ("auto_increment_offset", Value::Int(1)),
            ("autocommit", Value::Int(i64::from(self.autocommit))),
            ("cache_max_size_mb", int(config.cache.max_size_mb)),
            ("character_set_client", text("utf8mb4")),
            ("character_set_connection", text("utf8mb4")),
            ("character_set_database", text("utf8mb4")),
            ("character_set_results", text("utf8mb4")),
            ("character_set_server", text("utf8mb4")),
            (
                "default_persistent",
                Value::Int(i64::from(config.default_persistent)),
            ),
            ("flush_interval_ms", int(config.flush_interval_ms)),
            ("collation_connection", text("utf8mb4_bin")),
            (
                "foreign_key_checks",
                Value::Int(i64::from(self.foreign_key_checks)),
            ),
            ("identity", Value::Int(self.last_insert_id)),
            ("last_insert_id", Value::Int(self.last_insert_id)),
            ("lower_case_table_names", Value::Int(2)),
            ("max_execution_time", int(self.time_limit.unwrap_or(0))),
            ("max_pending_mb", int(config.max_pending_mb)),
            ("max_query_memory_mb", int(config.max_query_memory_mb)),
            ("max_transaction_mb", int(config.max_transaction_mb)),
            ("read_only", Value::Int(i64::from(!config.writable))),
            ("sql_mode", text(self.sql_mode.as_deref().unwrap_or(SQL_MODE))),
            ("sql_notes", Value::Int(0)),
            ("statement_timeout_ms", int(self.time_limit.unwrap_or(0))),
            (
                "time_zone",
                text(self.time_zone.as_ref().map_or("+00:00", |zone| zone.name())),
            ),
            ("system_time_zone", text("UTC")),
            ("transaction_isolation", text(level_name(self.isolation))),
            ("transaction_read_only", Value::Int(i64::from(self.read_only))),
            ("tx_isolation", text(level_name(self.isolation))),
            ("tx_read_only", Value::Int(i64::from(self.read_only))),
            ("default_storage_engine", text(default_engine)),
            // What GROUP_CONCAT gives is never cut.
            ("group_concat_max_len", Value::Int(i64::from(u32::MAX))),
            ("unique_checks", Value::Int(1)),
            ("version", text(concat!(env!("CARGO_PKG_VERSION"), "-amphi"))),
            ("version_comment", text("Amphi")),
        ];
        all.extend(self.tuning.variables());
        sort_shared(&mut all, |(a, _), (b, _)| a.cmp(b));
        all
    }

    fn system_variable(&self, name: &str) -> Result<Value> {
        let all = self.system_variables();
        let found = all.into_iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| value).ok_or_else(|| Error::Unknown {
            kind: "system variable",
            name: name.to_string(),
            nearest: None,
            position: None,
        })
    }

    /// SET of a system variable: most can only be set to what they are.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Unsupported`] naming the variable and what it is.
    pub(super) fn set_system_variable(&mut self, name: &str, value: &str) -> Result<()> {
        let now = self.system_variable(name)?;
        if self.tuning.set(name, value) {
            return Ok(());
        }
        let wanted = plain(value);
        if wanted == "default" && name == "time_zone" {
            self.time_zone = None;
            return Ok(());
        }
        if wanted == "default" || wanted == plain(&now.to_string()) {
            return Ok(());
        }
        match name {
            "transaction_isolation" | "tx_isolation" => {
                self.isolation = match wanted.as_str() {
                    "read-uncommitted" | "read-committed" => IsolationLevel::ReadCommitted,
                    "repeatable-read" => IsolationLevel::RepeatableRead,
                    "serializable" => IsolationLevel::Serializable,
                    _ => return Err(Error::invalid(format!("{value} is no isolation level"))),
                };
                Ok(())
            }
            "transaction_read_only" | "tx_read_only" if ["0", "1"].contains(&wanted.as_str()) => {
                self.read_only = wanted == "1";
                Ok(())
            }
            // The second is MySQL's name for it.
            "statement_timeout_ms" | "max_execution_time" => {
                let limit = wanted.parse::<u64>();
                let limit =
                    limit.map_err(|_| Error::invalid(format!("{value} is no number of milliseconds")))?;
                self.time_limit = (limit > 0).then_some(limit);
                Ok(())
            }
            "foreign_key_checks" => {
                self.foreign_key_checks = match wanted.as_str() {
                    "0" => false,
                    "1" => true,
                    _ => {
                        return Err(Error::invalid(format!(
                            "foreign_key_checks is 0 or 1, not {value}"
                        )));
                    }
                };
                if let Some(transaction) = &mut self.transaction {
                    transaction.check_foreign_keys(self.foreign_key_checks);
                }
                Ok(())
            }
            // They always are, and no statement has notes: 0 only says that it need not be.
            "unique_checks" | "sql_notes" if ["0", "1"].contains(&wanted.as_str()) => Ok(()),
            "character_set_client" | "character_set_results" | "character_set_connection"
                if ["utf8", "utf8mb3"].contains(&wanted.as_str()) =>
            {
                Ok(())
            }
            // What literals compare like; beside columns these decide, as in MySQL.
            "collation_connection" if wanted.starts_with("utf8") => Ok(()),
            "sql_mode" => {
                self.sql_mode = Some(known_modes(value)?);
                Ok(())
            }
            "time_zone" => {
                // The program's own zone is not known here, and is taken to be UTC.
                let is_own = ["system", "local", "0"].contains(&wanted.as_str());
                self.time_zone = match is_own {
                    true => None,
                    false => TimeZone::parse(value)?.map(Arc::new),
                };
                Ok(())
            }
            // At least so many characters.
            "group_concat_max_len" if wanted.parse::<u64>().is_ok_and(|n| n >= MIN_GROUP_CONCAT) => Ok(()),
            // MySQL's own stores mean the default.
            "default_storage_engine" if ["innodb", "myisam", "aria"].contains(&wanted.as_str()) => Ok(()),
            _ => Err(Error::unsupported(format!(
                "SET {name} = {value} (it is always {now})"
            ))),
        }
    }
}
