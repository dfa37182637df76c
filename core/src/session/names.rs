//! The catalog as the binder sees it.

use crate::catalog::{Catalog, SequenceDef, TableDef, TableId, ViewDef};
use crate::sql::bind::SchemaSource;
use crate::sql::functions::{UserFunction, UserFunctions};
use crate::table::Table;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Definitions of one catalog version, the functions of the database, and whether foreign keys are checked.
pub struct Names<'a>(pub &'a Catalog, pub &'a UserFunctions, pub bool);

impl SchemaSource for Names<'_> {
    fn user_functions(&self) -> Vec<Arc<UserFunction>> {
        self.1.all()
    }

    fn user_function(&self, name: &str) -> Option<Arc<UserFunction>> {
        self.1.get(name)
    }

    fn table(&self, schema: &str, name: &str) -> Option<Arc<TableDef>> {
        self.0.find_visible(schema, name).map(|t| t.def.clone())
    }

    fn permanent_table(&self, schema: &str, name: &str) -> Option<Arc<TableDef>> {
        self.0.find(schema, name).map(|t| t.def.clone())
    }

    fn view(&self, schema: &str, name: &str) -> Option<ViewDef> {
        self.0.find_view(schema, name).cloned()
    }

    fn views(&self) -> Vec<ViewDef> {
        self.0.views().cloned().collect()
    }

    fn checks_foreign_keys(&self) -> bool {
        self.2
    }

    fn knows_sequences(&self) -> bool {
        true
    }

    fn sequence(&self, schema: &str, name: &str) -> Option<SequenceDef> {
        self.0.find_sequence(schema, name).map(|s| (*s.def).clone())
    }

    fn sequence_names(&self, schema: &str) -> Vec<String> {
        let mut names = Vec::new();
        for sequence in self.0.sequences().values() {
            if sequence.def.schema.eq_ignore_ascii_case(schema) {
                names.push(sequence.def.name.clone());
            }
        }
        names
    }

    fn table_by_id(&self, id: TableId) -> Option<Arc<TableDef>> {
        self.0.get(id).map(|t| t.def.clone())
    }

    fn row_count(&self, id: TableId) -> u64 {
        self.0.get(id).map_or(0, |t| t.rows.len())
    }

    fn trees(&self, id: TableId) -> Option<Arc<Table>> {
        self.0.get(id).cloned()
    }

    fn schema_exists(&self, name: &str) -> bool {
        self.0.schema(name).is_some()
    }

    fn table_names(&self, schema: &str) -> Vec<String> {
        self.0.tables_of(schema).map(|t| t.def.name.clone()).collect()
    }

    fn schema_names(&self) -> Vec<String> {
        self.0.schemas().map(ToString::to_string).collect()
    }
}
