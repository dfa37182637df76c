//! What binding is given: the schema, the current schema's name, the types of the parameters.

use crate::catalog::{SequenceDef, TableDef, TableId, ViewDef};
use crate::sql::functions::UserFunction;
use crate::table::Table;
use crate::types::DataType;
use alloc::{string::String, sync::Arc, vec::Vec};

/// The definitions a statement may refer to.
pub trait SchemaSource {
    /// The table of that name, without regard to ASCII case.
    fn table(&self, schema: &str, name: &str) -> Option<Arc<TableDef>>;
    /// The same, passing over temporary tables, which hide others.
    fn permanent_table(&self, schema: &str, name: &str) -> Option<Arc<TableDef>>;
    /// The view of that name, without regard to ASCII case.
    fn view(&self, schema: &str, name: &str) -> Option<ViewDef>;
    /// All views.
    fn views(&self) -> Vec<ViewDef>;
    /// Whether foreign keys are checked: else a table may have one whose parent does not exist.
    fn checks_foreign_keys(&self) -> bool {
        true
    }
    /// Whether it has sequences at all.
    fn knows_sequences(&self) -> bool {
        false
    }
    /// The sequence of that name, without regard to ASCII case.
    fn sequence(&self, _schema: &str, _name: &str) -> Option<SequenceDef> {
        None
    }
    /// The sequences of a schema.
    fn sequence_names(&self, _schema: &str) -> Vec<String> {
        Vec::new()
    }
    /// The table of that id.
    fn table_by_id(&self, id: TableId) -> Option<Arc<TableDef>>;
    /// How many rows it has, roughly.
    fn row_count(&self, id: TableId) -> u64;
    /// Its trees, for the optimizer to have a glance at; `None` where there are none.
    fn trees(&self, _id: TableId) -> Option<Arc<Table>> {
        None
    }
    /// Whether the schema exists, without regard to ASCII case.
    fn schema_exists(&self, name: &str) -> bool;
    /// The tables of a schema.
    fn table_names(&self, schema: &str) -> Vec<String>;
    /// All schemas.
    fn schema_names(&self) -> Vec<String>;
    /// All functions that the program brings, by name.
    fn user_functions(&self) -> Vec<Arc<UserFunction>> {
        Vec::new()
    }
    /// The function of that name that the program brings, without regard to case.
    fn user_function(&self, _name: &str) -> Option<Arc<UserFunction>> {
        None
    }
}

/// What a statement is bound in.
pub struct BindContext<'a> {
    /// The definitions.
    pub source: &'a dyn SchemaSource,
    /// The current schema.
    pub schema: &'a str,
    /// Types of the values bound to the parameters; [`DataType::Null`] for NULL.
    pub params: &'a [DataType],
}
