//! ANALYZE: tables are read as the statement sees them, and what was found is put into their definitions in one step.
//!
//! Reading takes no transaction of its own, so that others go on committing meanwhile, and what they commit is only missed in the
//! figures. Changing the definitions is a statement like CREATE INDEX: it rolls back with its transaction, conflicts
//! with others that change the same tables at that moment, and makes every plan anew.

use super::alter::redefined;
use super::session::{Given, Session};
use super::show::text;
use super::{Outcome, RowStream};
use crate::catalog::TableId;
use crate::sql::exec::Analyze;
use crate::types::{DataType, Result};
use alloc::vec::Vec;

impl Session {
    pub(super) async fn analyze(&mut self, tables: &[TableId], given: Given) -> Result<Outcome> {
        self.refresh().await?;
        let catalog = self.catalog();
        self.require_plan_for(catalog.schema_version())?;
        let shared = self.shared.clone();
        shared.engine.require_writable()?;
        let env = self.env(given);
        let mut found = Vec::with_capacity(tables.len());
        for id in tables {
            let mut job = Analyze::new(catalog.table(*id)?.clone(), &env);
            found.push((*id, shared.engine.drive(|missing| job.step(missing)).await?));
        }
        drop(catalog);
        let rows = self
            .write(&env.interrupt, async |transaction| {
                let mut rows = Vec::with_capacity(found.len());
                for (id, analyzed) in &found {
                    let table = transaction.catalog().table(*id)?.clone();
                    let mut def = (*table.def).clone();
                    rows.push(alloc::vec![
                        text(def.full_name()),
                        text("analyze"),
                        text("status"),
                        text("OK"),
                    ]);
                    analyzed.put(&mut def);
                    let version = shared.engine.new_schema_version();
                    transaction.replace_table(redefined(&table, def), version)?;
                }
                Ok(rows)
            })
            .await?;
        let columns = ["Table", "Op", "Msg_type", "Msg_text"].map(|name| (name, DataType::TEXT));
        Ok(Outcome::Rows(RowStream::of_values(&columns, &rows)?))
    }
}
