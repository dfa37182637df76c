//! Definitions of views: named queries, kept as SQL text.
//!
//! A view is bound again wherever it is used; what it reads may have changed or gone meanwhile.

use super::name_key;
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// WITH CHECK OPTION of a view: what is written through it must be among its rows afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckOption {
    /// By its own condition, and as the views say that it reads.
    Local,
    /// By its own condition, and those of all views that it reads.
    Cascaded,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewDef {
    /// Schema it belongs to; names in its query without a schema are looked up there.
    pub schema: String,
    /// Name as declared; shares the names of tables.
    pub name: String,
    /// Names of its columns, in order.
    pub columns: Vec<String>,
    /// Its query as SQL text.
    pub sql: String,
    /// WITH CHECK OPTION.
    pub check: Option<CheckOption>,
}

/// What a view is found under: the [keys](name_key) of its schema and its name.
pub type ViewKey = (String, String);

impl ViewDef {
    /// What it is found under.
    pub fn key(&self) -> ViewKey {
        (name_key(&self.schema), name_key(&self.name))
    }
}
