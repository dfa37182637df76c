//! What the optimizer knows of tables: their definitions and about how many rows they have.

use crate::catalog::{Catalog, TableDef, TableId};
use crate::sql::bind::SchemaSource;
use alloc::sync::Arc;

/// What is known of one table.
#[derive(Debug, Clone)]
pub struct TableFacts {
    /// Its definition.
    pub def: Arc<TableDef>,
    /// How many rows it has, about.
    pub rows: f64,
}

/// Where facts come from.
pub trait Statistics {
    /// What is known of a table; `None` if it does not exist.
    fn facts(&self, table: TableId) -> Option<TableFacts>;
}

/// A plan is kept while its tables grow: one made for fewer rows than this would look nothing up later.
const LEAST_ROWS: f64 = 1000.0;

/// The facts of what binding sees, with small tables taken for bigger ones.
pub struct BoundTables<'a>(pub &'a dyn SchemaSource);

impl Statistics for BoundTables<'_> {
    fn facts(&self, table: TableId) -> Option<TableFacts> {
        Some(TableFacts {
            def: self.0.table_by_id(table)?,
            rows: (self.0.row_count(table) as f64).max(LEAST_ROWS),
        })
    }
}

impl Statistics for Catalog {
    fn facts(&self, table: TableId) -> Option<TableFacts> {
        let table = self.get(table)?;
        Some(TableFacts {
            def: table.def.clone(),
            rows: table.rows.len() as f64,
        })
    }
}
