//! Changes of what exists, inside a transaction: they commit and roll back like rows.
//!
//! Building indexes, rewriting a table and moving it to another placement are jobs of the table layer;
//! their results are put here.

use super::Transaction;
use crate::catalog::{
    Catalog, NumberSequence, ParentName, PersistenceConfig, SequenceDef, TableDef, TableId, ViewDef,
};
use crate::table::{Table, TreeFactory};
use crate::types::{Error, Result};
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// # Errors
/// [`Error::Invalid`] for a foreign key between a temporary table and any other: not all who change one see the
/// other.
fn require_sharing(def: &TableDef) -> Result<()> {
    let own = def.id.is_temporary();
    let foreign = def.foreign_keys.iter().find(|f| own || f.parent.is_temporary());
    foreign.map_or(Ok(()), |f| {
        Err(Error::invalid(alloc::format!(
            "foreign key {} of table {}: a temporary table has none, and none refers to it",
            f.name,
            def.name
        )))
    })
}

impl Transaction {
    /// The version, for definitions to be changed: the statement keeps the version before.
    fn catalog_mut(&mut self) -> &mut Catalog {
        self.changes.statement.keep_version(&self.catalog);
        &mut self.catalog
    }

    /// Marks the catalog's definitions as changed; `schema_version` is one nobody else has.
    fn defined(&mut self, table: TableId, schema_version: u64) {
        self.changes.definitions().define(table);
        match table.is_temporary() {
            true => self.catalog_mut().set_temporary_version(schema_version),
            false => self.catalog_mut().set_schema_version(schema_version),
        }
    }

    /// Creates an empty table under the id in its definition.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Unknown`] for the schema.
    pub fn create_table(
        &mut self,
        mut def: TableDef,
        trees: &dyn TreeFactory,
        schema_version: u64,
    ) -> Result<()> {
        if let Some(declared) = self.catalog.schema(&def.schema) {
            def.schema = declared.to_string();
        }
        self.add_table(Table::create(Arc::new(def), trees), schema_version)
    }

    /// Adds a table with the rows it has, under the id in its definition.
    ///
    /// # Errors
    /// As [`Transaction::create_table`].
    pub fn add_table(&mut self, table: Table, schema_version: u64) -> Result<()> {
        let def = table.def.clone();
        self.require_free_name(&def.schema, &def.name, def.id)?;
        self.require_schema(&def.schema)?;
        let id = def.id;
        require_sharing(&def)?;
        if !id.is_temporary() && self.catalog.remembered_for(&def.schema, &def.name).is_some() {
            self.remember_persistence(&def.schema, &def.name, None);
        }
        self.catalog_mut().put_table(Arc::new(table));
        self.changes.definitions().reshape(id);
        self.defined(id, schema_version);
        self.adopt_orphans(id)
    }

    /// Connects foreign keys whose parent was gone to a table that can take its place.
    fn adopt_orphans(&mut self, parent: TableId) -> Result<()> {
        for child in self.catalog_mut().adopt_orphans(parent)? {
            self.changes.definitions().define(child);
        }
        Ok(())
    }

    fn parent_names(&self, child: TableId) -> Result<Vec<ParentName>> {
        let def = self.catalog.table(child)?.def.clone();
        let names = def
            .foreign_keys
            .iter()
            .map(|f| self.catalog.parent_name(child, f));
        let unknown = || Error::invalid("a foreign key whose parent has no name");
        names.map(|n| n.ok_or_else(unknown)).collect()
    }

    /// Notes the names of the parents of a table's foreign keys, in their order, where no table is the parent.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the table is gone.
    pub fn note_parents(&mut self, child: TableId, names: Vec<ParentName>) -> Result<()> {
        self.catalog_mut().note_parents(child, names)?;
        self.changes.definitions().define(child);
        Ok(())
    }

    /// Tables, views and sequences share their names; temporary tables have names of their own.
    fn require_free_name(&self, schema: &str, name: &str, table: TableId) -> Result<()> {
        let found = match table.is_temporary() {
            true => self.catalog.find_temporary(schema, name),
            false => self.catalog.find(schema, name),
        };
        let is_table = found.is_some_and(|t| t.def.id != table);
        let is_view = !table.is_temporary() && self.catalog.find_view(schema, name).is_some();
        if is_table || is_view {
            return Err(Error::Exists {
                kind: if is_table { "table" } else { "view" },
                name: name.to_string(),
            });
        }
        match table.is_temporary() {
            true => Ok(()),
            false => self.require_no_sequence(schema, name),
        }
    }

    fn require_no_sequence(&self, schema: &str, name: &str) -> Result<()> {
        match self.catalog.find_sequence(schema, name) {
            None => Ok(()),
            Some(_) => Err(Error::Exists {
                kind: "sequence",
                name: name.to_string(),
            }),
        }
    }

    fn require_schema(&self, name: &str) -> Result<()> {
        self.catalog
            .schema(name)
            .map(|_| ())
            .ok_or_else(|| Error::Unknown {
                kind: "schema",
                name: name.to_string(),
                nearest: None,
                position: None,
            })
    }

    /// Puts a new version of a table: other trees, another definition, or both.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the table is gone, [`Error::Exists`] if its new name is taken.
    pub fn replace_table(&mut self, table: Table, schema_version: u64) -> Result<()> {
        let def = table.def.clone();
        let before = self.catalog.table(def.id)?.def.clone();
        let renamed = before.name != def.name;
        self.require_free_name(&def.schema, &def.name, def.id)?;
        require_sharing(&def)?;
        if renamed && !def.id.is_temporary() && self.catalog.remembered_for(&def.schema, &def.name).is_some()
        {
            self.remember_persistence(&def.schema, &def.name, None);
        }
        self.catalog_mut().put_table(Arc::new(table));
        if !def.reads_like(&before) {
            self.changes.definitions().reshape(def.id);
        }
        self.defined(def.id, schema_version);
        self.adopt_orphans(def.id)
    }

    /// Drops tables together; foreign keys among them do not stand in the way.
    ///
    /// # Errors
    /// [`Error::ForeignKeyViolated`] if another table refers to one of them.
    pub fn drop_tables(&mut self, tables: &[TableId], schema_version: u64) -> Result<()> {
        for id in tables {
            self.refuse_if_referenced(*id, tables)?;
        }
        for id in tables {
            self.catalog.table(*id)?;
            // Without checks: what refers to it remembers its name.
            let mut lost = Vec::new();
            for child in self.catalog.children_of(*id) {
                lost.push((child, self.parent_names(child)?));
            }
            self.catalog_mut().remove_table(*id);
            for (child, names) in lost.into_iter().filter(|(child, _)| child != id) {
                self.note_parents(child, names)?;
            }
            self.changes.definitions().reshape(*id);
            self.defined(*id, schema_version);
        }
        Ok(())
    }

    /// Empties a table by giving it new trees; its sequence starts again, as in MySQL.
    ///
    /// # Errors
    /// [`Error::ForeignKeyViolated`] if another table refers to it, as in MySQL.
    pub fn truncate_table(
        &mut self,
        id: TableId,
        trees: &dyn TreeFactory,
        schema_version: u64,
    ) -> Result<()> {
        self.refuse_if_referenced(id, &[id])?;
        let def = self.catalog.table(id)?.def.clone();
        self.catalog_mut().put_table(Arc::new(Table::create(def, trees)));
        self.changes.definitions().reshape(id);
        self.defined(id, schema_version);
        Ok(())
    }

    fn refuse_if_referenced(&self, id: TableId, besides: &[TableId]) -> Result<()> {
        if self.changes.unchecked {
            return Ok(());
        }
        let child = self
            .catalog
            .children_of(id)
            .into_iter()
            .find(|c| !besides.contains(c));
        let Some(child) = child.and_then(|c| self.catalog.get(c)) else {
            return Ok(());
        };
        let constraint = child.def.foreign_keys.iter().find(|f| f.parent == id);
        Err(Error::ForeignKeyViolated {
            table: child.def.name.clone(),
            constraint: constraint.map_or_else(Default::default, |f| f.name.clone()),
            key: alloc::format!("table {}", self.catalog.table(id)?.def.name),
            parent: true,
        })
    }

    /// Creates a view, or with `replace` puts it in the place of the one of that name.
    ///
    /// # Errors
    /// [`Error::Exists`] if a table has the name, or a view without `replace`; [`Error::Unknown`] for the schema.
    pub fn create_view(&mut self, mut view: ViewDef, replace: bool, schema_version: u64) -> Result<()> {
        let is_table = self.catalog.find(&view.schema, &view.name).is_some();
        if is_table || (!replace && self.catalog.find_view(&view.schema, &view.name).is_some()) {
            return Err(Error::Exists {
                kind: if is_table { "table" } else { "view" },
                name: view.name,
            });
        }
        self.require_no_sequence(&view.schema, &view.name)?;
        self.require_schema(&view.schema)?;
        if let Some(declared) = self.catalog.schema(&view.schema) {
            view.schema = declared.to_string();
        }
        self.changes.definitions().define_view(view.key());
        self.catalog_mut().put_view(view);
        self.defined_schemas(schema_version);
        Ok(())
    }

    /// Drops a view.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn drop_view(&mut self, schema: &str, name: &str, schema_version: u64) -> Result<()> {
        let Some(view) = self.catalog_mut().remove_view(schema, name) else {
            return Err(Error::Unknown {
                kind: "view",
                name: name.to_string(),
                nearest: None,
                position: None,
            });
        };
        self.changes.definitions().define_view(view.key());
        self.defined_schemas(schema_version);
        Ok(())
    }

    /// Puts a sequence: a new one, another definition, or one that starts again.
    ///
    /// # Errors
    /// [`Error::Exists`] if a table or a view has the name; [`Error::Unknown`] for the schema.
    pub fn put_sequence(&mut self, mut sequence: NumberSequence, schema_version: u64) -> Result<()> {
        let SequenceDef { schema, name, .. } = &*sequence.def;
        let is_table = self.catalog.find(schema, name).is_some();
        if is_table || self.catalog.find_view(schema, name).is_some() {
            return Err(Error::Exists {
                kind: if is_table { "table" } else { "view" },
                name: name.clone(),
            });
        }
        self.require_schema(schema)?;
        if let Some(declared) = self.catalog.schema(schema).map(ToString::to_string) {
            Arc::make_mut(&mut sequence.def).schema = declared;
        }
        self.catalog_mut().put_sequence(sequence);
        self.defined_schemas(schema_version);
        Ok(())
    }

    /// Drops a sequence.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn drop_sequence(&mut self, schema: &str, name: &str, schema_version: u64) -> Result<()> {
        if self.catalog_mut().remove_sequence(schema, name).is_none() {
            return Err(Error::Unknown {
                kind: "sequence",
                name: name.to_string(),
                nearest: None,
                position: None,
            });
        }
        self.defined_schemas(schema_version);
        Ok(())
    }

    /// Marks schemas, views and sequences as changed; `schema_version` is one nobody else has.
    fn defined_schemas(&mut self, schema_version: u64) {
        self.changes.definitions().touch_schemas();
        self.catalog_mut().set_schema_version(schema_version);
    }

    /// Creates a schema.
    ///
    /// # Errors
    /// [`Error::Exists`].
    pub fn create_schema(&mut self, name: &str, schema_version: u64) -> Result<()> {
        if self.catalog.schema(name).is_some() {
            return Err(Error::Exists {
                kind: "schema",
                name: name.to_string(),
            });
        }
        self.catalog_mut().add_schema(name);
        self.defined_schemas(schema_version);
        Ok(())
    }

    /// Drops a schema with its tables.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::ForeignKeyViolated`] if a table elsewhere refers to one of its tables.
    pub fn drop_schema(&mut self, name: &str, schema_version: u64) -> Result<()> {
        self.require_schema(name)?;
        let tables: Vec<TableId> = self.catalog.tables_of(name).map(|t| t.def.id).collect();
        self.drop_tables(&tables, schema_version)?;
        let views: Vec<_> = self.catalog.views_of(name).map(ViewDef::key).collect();
        for view in views {
            self.changes.definitions().define_view(view);
        }
        self.catalog_mut().forget_schema(name);
        self.catalog_mut().remove_schema(name);
        self.defined_schemas(schema_version);
        Ok(())
    }

    /// Remembers persistence settings for a table that does not exist yet (`None`: forgets them).
    pub fn remember_persistence(&mut self, schema: &str, name: &str, config: Option<PersistenceConfig>) {
        self.catalog_mut().remember(schema, name, config);
        self.changes.definitions().touch_schemas();
    }

    /// Changes parts of a definition that the trees do not depend on.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the table is gone.
    pub fn redefine(&mut self, id: TableId, change: impl FnOnce(&mut TableDef)) -> Result<()> {
        self.catalog_mut().redefine(id, change)?;
        self.changes.definitions().define(id);
        Ok(())
    }

    /// Has the foreign keys of these rows checked at the end of the statement as if the rows were new.
    pub fn recheck_as_new(&mut self, table: TableId, ranges: &[(i64, i64)]) {
        let rows = ranges.iter().map(|(from, to)| (table, *from, *to));
        self.changes.statement.recheck.extend(rows);
    }
}
