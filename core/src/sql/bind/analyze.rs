//! ANALYZE.

use super::binder::Binder;
use crate::catalog::TableId;
use crate::sql::plan::Statement;
use crate::types::Result;
use alloc::vec::Vec;
use sqlparser::ast::ObjectName;

impl Binder<'_> {
    /// ANALYZE of tables, or of all tables of schemas; without names of the current schema.
    pub(super) fn analyze(&self, names: &[ObjectName]) -> Result<Statement> {
        let mut tables: Vec<TableId> = Vec::new();
        let mut add = |id: TableId| {
            if !tables.contains(&id) {
                tables.push(id);
            }
        };
        let all_of = |schema: &str| -> Vec<TableId> {
            let names = self.source().table_names(schema).into_iter();
            let ids = names.filter_map(|name| Some(self.source().table(schema, &name)?.id));
            ids.collect()
        };
        if names.is_empty() {
            all_of(self.cx.schema).into_iter().for_each(&mut add);
        }
        for name in names {
            match (self.cx.table(name), super::names::ident(name, "schema")) {
                (Ok(def), _) => add(def.id),
                // As in SQLite.
                (Err(_), Ok(schema)) if self.source().schema_exists(&schema.value) => {
                    all_of(&schema.value).into_iter().for_each(&mut add);
                }
                (Err(error), _) => return Err(error),
            }
        }
        Ok(Statement::Analyze(tables))
    }
}
