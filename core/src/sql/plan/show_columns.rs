//! The columns of what SHOW answers.

use super::Show;
use crate::types::DataType;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// SHOW COLUMNS; SHOW FULL COLUMNS.
const COLUMNS: [&str; 6] = ["column", "type", "null", "key", "default", "extra"];
const FULL_COLUMNS: [&str; 9] = [
    "column",
    "type",
    "collation",
    "null",
    "key",
    "default",
    "extra",
    "privileges",
    "comment",
];

impl Show {
    /// Names and types, in order.
    pub fn columns(&self) -> Vec<(&'static str, DataType)> {
        let names: &[&'static str] = match self {
            Show::Tables { full: false, .. } => &["table"],
            Show::Tables { full: true, .. } => &["table", "table_type"],
            Show::Schemas => &["schema"],
            Show::Columns { full: false, .. } | Show::ViewColumns { full: false, .. } => &COLUMNS,
            Show::Columns { full: true, .. } | Show::ViewColumns { full: true, .. } => &FULL_COLUMNS,
            Show::CreateView(_) => &["view", "create_view"],
            Show::CreateTable(_) => &["table", "create_table"],
            Show::Triggers(_) => &["trigger", "event", "table", "statement", "timing"],
            Show::CreateTrigger(..) => &["trigger", "create_trigger"],
            Show::Indexes(_) => &["index", "unique", "position", "column", "order", "cardinality"],
            Show::CreateSequence(_) => &["sequence", "create_sequence"],
            Show::CreateSchema(_) => &["schema", "create_schema"],
            Show::Warnings => &["level", "code", "message"],
            Show::Variables | Show::Status => &["variable_name", "value"],
            Show::Stats => &["counter", "value"],
            Show::Like(show, _) | Show::Where(show, _) => return show.columns(),
            Show::Persistence(_) => {
                let names = ["schema", "table", "placement"].map(|name| (name, DataType::TEXT));
                let settings = ["persistent", "sync_on_write", "cache_in_memory", "exists"];
                return names
                    .into_iter()
                    .chain(settings.map(|name| (name, DataType::Bool)))
                    .collect();
            }
        };
        names.iter().map(|name| (*name, DataType::TEXT)).collect()
    }

    /// What MySQL calls some of the columns, for WHERE: the name and the column.
    pub fn other_names(&self) -> Vec<(String, usize)> {
        let names: &[(&str, usize)] = match self {
            Show::Tables { schema, .. } => return [(alloc::format!("Tables_in_{schema}"), 0)].into(),
            Show::Schemas => &[("Database", 0)],
            Show::Columns { .. } | Show::ViewColumns { .. } => &[("Field", 0)],
            Show::Indexes(_) => &[("Key_name", 0), ("Seq_in_index", 2), ("Column_name", 3)],
            Show::Like(show, _) | Show::Where(show, _) => return show.other_names(),
            _ => &[],
        };
        names.iter().map(|(name, at)| (name.to_string(), *at)).collect()
    }
}
