//! Defaults of columns for foreign keys whose children fall back to them.

use super::names::Names;
use super::session::Shared;
use crate::catalog::{Catalog, ColumnDefault, TableDef};
use crate::sql::bind::{BindContext, bind_default};
use crate::sql::exec::eval::{Scope, eval};
use crate::sql::functions::EvalContext;
use crate::sql::memory::{Memory, Scratch};
use crate::txn::ColumnDefaults;
use crate::types::{Batch, Column, Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// See the module.
pub(super) struct DefaultValues {
    pub(super) shared: Arc<Shared>,
}

impl ColumnDefaults for DefaultValues {
    fn default_of(&self, table: &TableDef, column: usize) -> Result<Column> {
        let def = table.columns.get(column);
        let def = def.ok_or_else(|| Error::invalid("a foreign key over a column that does not exist"))?;
        let ColumnDefault::Sql(sql) = &def.default else {
            return Ok(Column::nulls(def.ty.physical(), 1));
        };
        let nothing = Catalog::default();
        let context = BindContext {
            source: &Names(&nothing, &self.shared.functions, true),
            schema: &table.schema,
            params: &[],
        };
        let default = bind_default(sql, &def.ty, &context)?;
        let engine = &self.shared.engine;
        let memory = Memory::new(engine.config().query_memory());
        let host = &**engine.host();
        let scope = Scope {
            params: &[],
            outer: &[],
            sub_results: &[],
            functions: EvalContext {
                now: host.unix_micros(),
                host,
                schema: &table.schema,
                last_insert_id: 0,
                row_count: 0,
                sequences: None,
                interrupt: None,
                scratch: Scratch::new(&memory),
            },
        };
        eval(&default, &Batch::new(Vec::new(), 1), &scope)
    }
}
