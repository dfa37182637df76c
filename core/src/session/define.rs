//! Statements that change what exists: tables, indexes, schemas, placements.
//!
//! Each is a statement like any other: it runs in the session's transaction or in one of its own, and
//! is undone with it.

use super::Session;
use super::alter::redefined;
use super::read_ranges;
use super::session::Given;
use super::statement_engine::StatementEngine;
use crate::catalog::{
    Catalog, ForeignKeyDef, IndexDef, NumberSequence, ParentName, PersistenceConfig, SequenceState, TableDef,
    TableId,
};
use crate::codec::ExportFile;
use crate::sql::exec::Env;
use crate::sql::exec::dml::DmlRun;
use crate::sql::plan::{Insert, InsertSource, PersistenceChange, Statement};
use crate::table::{IndexBuild, Rehome, Table, TreeFactory};
use crate::tree::Missing;
use crate::txn::Transaction;
use crate::types::{Error, Result};
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

impl PersistenceChange {
    /// The settings after the change.
    pub fn apply(&self, to: &PersistenceConfig) -> PersistenceConfig {
        PersistenceConfig {
            persistent: self.persistent.unwrap_or(to.persistent),
            sync_on_write: self.sync_on_write.unwrap_or(to.sync_on_write),
            cache_in_memory: self.cache_in_memory.unwrap_or(to.cache_in_memory),
        }
    }
}

impl Session {
    pub(super) async fn define(&mut self, statement: &Statement, given: Given) -> Result<()> {
        let shared = self.shared.clone();
        let env = self.env(given);
        let schema = self.schema.clone();
        self.write(&env.interrupt, async |transaction| {
            let engine = &StatementEngine::new(&shared.engine, &env.interrupt);
            let definitions = match statement {
                Statement::Definitions(all) => all.as_slice(),
                one => core::slice::from_ref(one),
            };
            for definition in definitions {
                make(engine, transaction, definition, &env, &schema).await?;
            }
            Ok(())
        })
        .await
    }
}

/// Makes one definition.
async fn make(
    engine: &StatementEngine<'_>,
    transaction: &mut Transaction,
    statement: &Statement,
    env: &Env,
    schema: &str,
) -> Result<()> {
    let version = engine.new_schema_version();
    match statement {
        Statement::CreateTable {
            exists: true,
            if_not_exists: true,
            ..
        } => Ok(()),
        Statement::CreateTable {
            table,
            persistence,
            auto_increment,
            rows,
            missing,
            ..
        } => {
            let def = new_definition(engine, transaction.catalog(), table, persistence)?;
            let id = def.id;
            let parents = parents_of(transaction.catalog(), table, missing);
            transaction.create_table(def, engine.trees(), version)?;
            if !missing.is_empty() {
                transaction.note_parents(id, parents)?;
            }
            if let Some(first) = auto_increment {
                let table = transaction.catalog().table(id)?;
                table.sequence.raise_above(first.saturating_sub(1));
            }
            match rows {
                Some(rows) => fill(engine, transaction, id, rows, env).await,
                None => Ok(()),
            }
        }
        Statement::DropTable(tables) => transaction.drop_tables(tables, version),
        Statement::CreateView { view, replace } => {
            transaction.create_view((**view).clone(), *replace, version)
        }
        Statement::DropViews(views) => {
            let mut views = views.iter();
            views.try_for_each(|(schema, name)| transaction.drop_view(schema, name, version))
        }
        Statement::CreateSequence { def, replace } => {
            let known = transaction.catalog().find_sequence(&def.schema, &def.name);
            if known.is_some() && !*replace {
                return Err(Error::Exists {
                    kind: "sequence",
                    name: def.name.clone(),
                });
            }
            let sequence = NumberSequence {
                def: Arc::new((**def).clone()),
                state: Arc::new(SequenceState::new(Some(def.start))),
            };
            transaction.put_sequence(sequence, version)
        }
        Statement::AlterSequence { def, restart } => {
            let known = transaction.catalog().find_sequence(&def.schema, &def.name);
            // What it gives next stays, whoever takes numbers meanwhile.
            let state = match (known, restart) {
                (_, Some(next)) => Arc::new(SequenceState::new(Some(*next))),
                (Some(known), None) => known.state.clone(),
                (None, None) => Arc::new(SequenceState::new(Some(def.start))),
            };
            let def = Arc::new((**def).clone());
            transaction.put_sequence(NumberSequence { def, state }, version)
        }
        Statement::DropSequences(sequences) => {
            let mut names = sequences.iter();
            names.try_for_each(|(schema, name)| transaction.drop_sequence(schema, name, version))
        }
        Statement::Truncate(table) => transaction.truncate_table(*table, engine.trees(), version),
        Statement::CreateIndex { table, index } => {
            let table = add_index(engine, transaction.catalog(), *table, index, false).await?;
            transaction.replace_table(table, version)
        }
        Statement::DropIndex { table, name } => {
            let table = drop_index(transaction.catalog(), *table, name)?;
            transaction.replace_table(table, version)
        }
        Statement::AlterTable { table, actions } => {
            for action in actions {
                super::alter::alter(engine, transaction, *table, action, env, schema).await?;
            }
            Ok(())
        }
        Statement::CreateTrigger {
            table,
            trigger,
            place,
        } => {
            let (table, def) = definition(transaction.catalog(), *table)?;
            let def = super::triggers::with_trigger(def, trigger, place.as_ref())?;
            transaction.replace_table(redefined(&table, def), version)
        }
        Statement::DropTrigger { table, name } => {
            let (table, mut def) = definition(transaction.catalog(), *table)?;
            def.triggers.retain(|t| t.name != *name);
            transaction.replace_table(redefined(&table, def), version)
        }
        Statement::CreateSchema(name) => transaction.create_schema(name, version),
        Statement::DropSchema(name) => transaction.drop_schema(name, version),
        _ => Err(Error::unsupported("this statement here")),
    }
}

/// A table and a copy of its definition, to be changed.
fn definition(catalog: &Catalog, table: TableId) -> Result<(Arc<Table>, TableDef)> {
    let table = catalog.table(table)?;
    Ok((table.clone(), (*table.def).clone()))
}

/// Inserts the rows of CREATE TABLE … AS into the new table.
async fn fill(
    engine: &StatementEngine<'_>,
    transaction: &mut Transaction,
    table: TableId,
    rows: &Insert,
    env: &Env,
) -> Result<()> {
    let InsertSource::Query(query) = &rows.source;
    if let Some(reads) = transaction.record_reads() {
        read_ranges::record(query, env, reads);
    }
    let insert = Statement::Insert(Arc::new(Insert {
        table,
        ..rows.clone()
    }));
    let mut run = DmlRun::new(&insert, transaction.catalog(), env.clone())?;
    let step = |missing: &mut Missing| run.step(&mut transaction.draft(), missing);
    engine.drive(step).await.map(|_| ())
}

/// The parents of a new table's foreign keys by name, in their order; `missing` are those that do not exist.
fn parents_of(catalog: &Catalog, table: &TableDef, missing: &[ParentName]) -> Vec<ParentName> {
    let mut missing = missing.iter();
    let own = |f: &ForeignKeyDef, def: &TableDef| ParentName {
        schema: def.schema.clone(),
        table: def.name.clone(),
        columns: f
            .parent_columns
            .iter()
            .filter_map(|c| def.columns.get(*c).map(|c| c.name.clone()))
            .collect(),
    };
    let parent = |f: &ForeignKeyDef| match (f.parent == TableId::MISSING, catalog.get(f.parent)) {
        (true, _) => missing.next().cloned(),
        (false, Some(parent)) => Some(own(f, &parent.def)),
        (false, None) => Some(own(f, table)),
    };
    table.foreign_keys.iter().filter_map(parent).collect()
}

/// The definition of a new table: its id, and the persistence settings that hold for it.
fn new_definition(
    engine: &StatementEngine<'_>,
    catalog: &Catalog,
    table: &TableDef,
    change: &PersistenceChange,
) -> Result<TableDef> {
    let mut def = table.clone();
    if def.id.is_temporary() {
        def.id = engine.new_temporary_id();
        return Ok(def);
    }
    def.id = engine.new_table_id();
    for foreign in def.foreign_keys.iter_mut().filter(|f| f.parent == TableId(0)) {
        foreign.parent = def.id;
    }
    // An id that no table gets: until one of its name exists.
    for foreign in def
        .foreign_keys
        .iter_mut()
        .filter(|f| f.parent == TableId::MISSING)
    {
        foreign.parent = engine.new_table_id();
    }
    let default = PersistenceConfig {
        persistent: engine.config().default_persistent,
        ..Default::default()
    };
    let base = catalog.remembered_for(&def.schema, &def.name).unwrap_or(&default);
    def.persistence = change.apply(base);
    require_store(engine, &def)?;
    Ok(def)
}

/// # Errors
/// [`Error::NoStore`] if the table is to be stored and there is no store.
pub(super) fn require_store(engine: &StatementEngine<'_>, def: &TableDef) -> Result<()> {
    if def.persistence.persistent && !engine.has_store() {
        return Err(Error::NoStore {
            table: def.name.clone(),
        });
    }
    Ok(())
}

/// A version of the table with one more index, built over its rows.
pub(super) async fn add_index(
    engine: &StatementEngine<'_>,
    catalog: &Catalog,
    id: TableId,
    index: &IndexDef,
    primary_key: bool,
) -> Result<Table> {
    let table = catalog.table(id)?.clone();
    if table
        .def
        .indexes
        .iter()
        .any(|i| i.name.eq_ignore_ascii_case(&index.name))
    {
        return Err(Error::Exists {
            kind: "index",
            name: index.name.clone(),
        });
    }
    let label = alloc::format!("{}.{}", table.def.name, index.name);
    let home = engine.trees().home(&label, table.def.persistence.placement());
    let mut build = IndexBuild::new(&table, index.clone(), home, engine.job_memory());
    let tree = engine.drive(|missing| build.step(missing)).await?;
    let mut def = (*table.def).clone();
    def.indexes.push(index.clone());
    if primary_key {
        def.primary_key = index.columns.iter().map(|c| c.column).collect();
    }
    let mut indexes = table.indexes.clone();
    indexes.push(tree);
    Ok(Table::from_parts(
        Arc::new(def),
        table.rows.clone(),
        indexes,
        table.sequence.clone(),
    ))
}

/// A version of the table without an index.
///
/// # Errors
/// [`Error::Unknown`]; [`Error::Invalid`] if a foreign key needs the index.
pub(super) fn drop_index(catalog: &Catalog, id: TableId, name: &str) -> Result<Table> {
    let table = catalog.table(id)?.clone();
    let position = table
        .def
        .indexes
        .iter()
        .position(|i| i.name.eq_ignore_ascii_case(name))
        .ok_or_else(|| Error::Unknown {
            kind: "index",
            name: name.to_string(),
            nearest: None,
            position: None,
        })?;
    let mut def = (*table.def).clone();
    let index = def.indexes.remove(position);
    refuse_if_needed(catalog, &table.def, &def, &index)?;
    if index.name == "PRIMARY" {
        def.primary_key.clear();
    }
    let mut indexes = table.indexes.clone();
    indexes.remove(position);
    Ok(Table::from_parts(
        Arc::new(def),
        table.rows.clone(),
        indexes,
        table.sequence.clone(),
    ))
}

/// Refuses to lose the last index a foreign key is checked with.
fn refuse_if_needed(catalog: &Catalog, old: &TableDef, new: &TableDef, index: &IndexDef) -> Result<()> {
    let needed = |name: &str, child: &TableDef| {
        Err(Error::invalid(alloc::format!(
            "index {} of table {} is needed by foreign key {name} of table {}; drop that first",
            index.name,
            old.name,
            child.name
        )))
    };
    let leads = |def: &TableDef, columns: &[usize], unique: bool| {
        def.row_id_column.is_some_and(|r| columns == [r])
            || def.indexes.iter().any(|i| {
                (!unique || (i.unique && i.columns.len() == columns.len()))
                    && i.columns
                        .get(..columns.len())
                        .is_some_and(|first| first.iter().all(|c| columns.contains(&c.column)))
            })
    };
    for foreign in &old.foreign_keys {
        if leads(old, &foreign.columns, false) && !leads(new, &foreign.columns, false) {
            return needed(&foreign.name, old);
        }
    }
    for child in catalog
        .children_of(old.id)
        .into_iter()
        .filter_map(|c| catalog.get(c))
    {
        for foreign in child.def.foreign_keys.iter().filter(|f| f.parent == old.id) {
            if leads(old, &foreign.parent_columns, true) && !leads(new, &foreign.parent_columns, true) {
                return needed(&foreign.name, &child.def);
            }
        }
    }
    Ok(())
}

/// Moves a table to where the settings say, or changes only the settings if its placement stays.
pub(crate) async fn set_persistence(
    engine: &StatementEngine<'_>,
    transaction: &mut Transaction,
    id: TableId,
    config: PersistenceConfig,
) -> Result<()> {
    let table = transaction.catalog().table(id)?.clone();
    if table.def.persistence == config {
        return Ok(());
    }
    let mut def = (*table.def).clone();
    def.persistence = config;
    if id.is_temporary() {
        return Err(Error::invalid(alloc::format!(
            "table {} is temporary: it is in memory only",
            def.name
        )));
    }
    require_store(engine, &def)?;
    let moved = if def.persistence.placement() == table.def.persistence.placement() {
        Table::from_parts(
            Arc::new(def),
            table.rows.clone(),
            table.indexes.clone(),
            table.sequence.clone(),
        )
    } else {
        let mut rehome = Rehome::new(&table, def, engine.trees());
        engine.drive(|missing| rehome.step(missing)).await?
    };
    transaction.replace_table(moved, engine.new_schema_version())
}

impl Session {
    /// Changes where a table lives, in a statement of its own.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is no such table (unless `remember`: then the settings are kept for it).
    pub(crate) async fn set_table_persistence(
        &mut self,
        schema: &str,
        name: &str,
        remember: bool,
        change: impl Fn(&PersistenceConfig) -> PersistenceConfig,
    ) -> Result<()> {
        let shared = self.shared.clone();
        let interrupt = self.interrupt();
        self.write(&interrupt, async |transaction| {
            if let Some(table) = transaction.catalog().find(schema, name).cloned() {
                let config = change(&table.def.persistence);
                let engine = StatementEngine::new(&shared.engine, &interrupt);
                return set_persistence(&engine, transaction, table.def.id, config).await;
            }
            if transaction.catalog().schema(schema).is_none() {
                return Err(Error::Unknown {
                    kind: "schema",
                    name: schema.to_string(),
                    nearest: None,
                    position: None,
                });
            }
            let known = transaction.catalog().remembered_for(schema, name).is_some();
            let config = change(&PersistenceConfig::default());
            if !remember || (!config.persistent && !known) {
                let name = name.to_string();
                return Err(Error::Unknown {
                    kind: "table",
                    name,
                    nearest: None,
                    position: None,
                });
            }
            transaction.remember_persistence(schema, name, config.persistent.then_some(config));
            Ok(())
        })
        .await
    }

    /// Puts all that an export holds into the database, which is empty, in a statement of its own.
    ///
    /// # Errors
    /// Those of [`Engine::import`](crate::router::Engine::import).
    pub(crate) async fn import(&mut self, export: &ExportFile<'_>) -> Result<()> {
        let shared = self.shared.clone();
        let interrupt = self.interrupt();
        self.write(&interrupt, async |transaction| {
            shared.engine.import(export, transaction).await
        })
        .await
    }
}
