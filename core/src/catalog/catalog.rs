//! One version of everything that exists: schemas, tables, remembered settings.
//!
//! Cloning a catalog clones a few `Arc`s; changing a clone copies only the lists it changes. Names
//! compare without ASCII case.

use super::{ForeignKeyDef, NumberSequence, ParentName, PersistenceConfig, TableDef, TableId, ViewDef};
use crate::table::Table;
use crate::types::{Error, Result};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The key a name is found under: its ASCII lower case.
pub fn name_key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Sequences by (schema key, sequence key).
pub type SequenceMap = Arc<BTreeMap<(String, String), NumberSequence>>;

/// A version of the catalog.
#[derive(Clone, Default)]
pub struct Catalog {
    /// Schemas by name key, with the name as declared.
    schemas: Arc<BTreeMap<String, String>>,
    /// Tables, ascending by id.
    tables: Arc<Vec<Arc<Table>>>,
    /// Table ids by (schema key, table key).
    names: Arc<BTreeMap<(String, String), TableId>>,
    /// Temporary tables of the session that sees this version, by (schema key, table key): they hide those
    /// in `names`. Published versions have none.
    temporary: Arc<BTreeMap<(String, String), TableId>>,
    /// Views by (schema key, view key).
    views: Arc<BTreeMap<(String, String), ViewDef>>,
    sequences: SequenceMap,
    /// Persistence enabled for tables that do not exist yet, by (schema key, table key).
    remembered: Arc<BTreeMap<(String, String), PersistenceConfig>>,
    /// Parents that do not exist (they were in memory before a restart), by child and foreign key name.
    orphans: Arc<BTreeMap<(TableId, String), ParentName>>,
    /// Changes with every definition; plans are cached under it.
    schema_version: SchemaVersion,
}

/// What definitions a version of the catalog has: plans are valid for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SchemaVersion {
    /// Changes with every definition that others see too.
    shared: u64,
    /// Changes with every definition of a temporary table; 0: there is none.
    temporary: u64,
}

/// The temporary tables of a session.
#[derive(Clone, Default)]
pub struct TemporaryTables {
    /// Ascending by id.
    tables: Vec<Arc<Table>>,
    version: u64,
}

impl TemporaryTables {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }
}

/// What a version of the catalog defines, rows apart.
///
/// Tables are only ever added, removed or redefined together with their names, so the lists of names say
/// whether anything else than rows differs between two versions.
pub struct Definitions {
    schemas: Arc<BTreeMap<String, String>>,
    names: Arc<BTreeMap<(String, String), TableId>>,
    views: Arc<BTreeMap<(String, String), ViewDef>>,
    sequences: SequenceMap,
    remembered: Arc<BTreeMap<(String, String), PersistenceConfig>>,
    orphans: Arc<BTreeMap<(TableId, String), ParentName>>,
}

impl Definitions {
    /// Whether both are certainly the same; false tells nothing.
    pub fn is_same(&self, other: &Definitions) -> bool {
        Arc::ptr_eq(&self.schemas, &other.schemas)
            && Arc::ptr_eq(&self.names, &other.names)
            && Arc::ptr_eq(&self.views, &other.views)
            && Arc::ptr_eq(&self.sequences, &other.sequences)
            && Arc::ptr_eq(&self.remembered, &other.remembered)
            && Arc::ptr_eq(&self.orphans, &other.orphans)
    }
}

impl Catalog {
    /// What this version defines.
    pub fn definitions(&self) -> Definitions {
        Definitions {
            schemas: self.schemas.clone(),
            names: self.names.clone(),
            views: self.views.clone(),
            sequences: self.sequences.clone(),
            remembered: self.remembered.clone(),
            orphans: self.orphans.clone(),
        }
    }

    /// A catalog of one empty schema.
    pub fn new(schema: &str) -> Catalog {
        let mut catalog = Catalog::default();
        Arc::make_mut(&mut catalog.schemas).insert(name_key(schema), schema.to_string());
        catalog
    }

    /// Changes with every committed or pending change of a definition (not of rows); plans are cached under it.
    pub fn schema_version(&self) -> SchemaVersion {
        self.schema_version
    }

    /// Gives the catalog a schema version no other version of it has.
    pub fn set_schema_version(&mut self, version: u64) {
        self.schema_version.shared = version;
    }

    /// As [`Catalog::set_schema_version`], for a definition of a temporary table.
    pub fn set_temporary_version(&mut self, version: u64) {
        self.schema_version.temporary = match self.temporary.is_empty() {
            true => 0,
            false => version,
        };
    }

    /// The temporary tables in this version.
    pub fn temporary_tables(&self) -> TemporaryTables {
        let first = self.tables.partition_point(|t| !t.def.id.is_temporary());
        TemporaryTables {
            tables: self.tables.get(first..).unwrap_or_default().to_vec(),
            version: self.schema_version.temporary,
        }
    }

    /// Replaces the temporary tables in this version.
    pub fn set_temporary_tables(&mut self, temporary: &TemporaryTables) {
        if !self.temporary.is_empty() {
            Arc::make_mut(&mut self.tables).retain(|t| !t.def.id.is_temporary());
            self.temporary = Arc::default();
        }
        for table in &temporary.tables {
            self.put_table(table.clone());
        }
        self.schema_version.temporary = temporary.version;
    }

    /// The names among which a table of that id has its own.
    fn names_mut(&mut self, id: TableId) -> &mut BTreeMap<(String, String), TableId> {
        Arc::make_mut(match id.is_temporary() {
            true => &mut self.temporary,
            false => &mut self.names,
        })
    }

    fn position(&self, id: TableId) -> core::result::Result<usize, usize> {
        self.tables.binary_search_by_key(&id, |t| t.def.id)
    }

    /// The table of that id.
    ///
    /// # Errors
    /// [`Error::Unknown`] if it does not exist in this version.
    pub fn table(&self, id: TableId) -> Result<&Arc<Table>> {
        self.get(id).ok_or_else(|| no_table(id))
    }

    /// The table of that id, if it exists in this version.
    pub fn get(&self, id: TableId) -> Option<&Arc<Table>> {
        self.position(id).ok().and_then(|i| self.tables.get(i))
    }

    /// The table of that id, to be changed; copied first if a snapshot shares it.
    pub fn table_mut(&mut self, id: TableId) -> Result<&mut Table> {
        let Ok(i) = self.position(id) else {
            return Err(no_table(id));
        };
        let table = Arc::make_mut(&mut self.tables).get_mut(i);
        table.map(Arc::make_mut).ok_or_else(|| no_table(id))
    }

    /// The table that a name means to a session: a temporary table hides another one.
    pub fn find_visible(&self, schema: &str, name: &str) -> Option<&Arc<Table>> {
        self.find_temporary(schema, name)
            .or_else(|| self.find(schema, name))
    }

    /// The temporary table of that name.
    pub fn find_temporary(&self, schema: &str, name: &str) -> Option<&Arc<Table>> {
        if self.temporary.is_empty() {
            return None;
        }
        let id = self.temporary.get(&(name_key(schema), name_key(name)))?;
        self.get(*id)
    }

    /// The table of that name that is no temporary one.
    pub fn find(&self, schema: &str, name: &str) -> Option<&Arc<Table>> {
        self.names
            .get(&(name_key(schema), name_key(name)))
            .and_then(|id| self.get(*id))
    }

    /// All tables, by id, temporary ones last.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.iter()
    }

    /// The tables of one schema, by name, without temporary ones.
    pub fn tables_of(&self, schema: &str) -> impl Iterator<Item = &Arc<Table>> {
        let key = name_key(schema);
        let from = (key.clone(), String::new());
        self.names
            .range(from..)
            .take_while(move |((s, _), _)| *s == key)
            .filter_map(|(_, id)| self.get(*id))
    }

    /// Schema names as declared.
    pub fn schemas(&self) -> impl Iterator<Item = &str> {
        self.schemas.values().map(String::as_str)
    }

    /// The declared name of a schema.
    pub fn schema(&self, name: &str) -> Option<&str> {
        self.schemas.get(&name_key(name)).map(String::as_str)
    }

    /// Adds a schema; nothing happens if it exists.
    pub fn add_schema(&mut self, name: &str) {
        Arc::make_mut(&mut self.schemas).insert(name_key(name), name.to_string());
    }

    /// Removes a schema (its tables are removed one by one before).
    pub fn remove_schema(&mut self, name: &str) {
        Arc::make_mut(&mut self.schemas).remove(&name_key(name));
    }

    /// Adds a table, or replaces the one of the same id (whose name may have been another).
    pub fn put_table(&mut self, table: Arc<Table>) {
        let def = table.def.clone();
        let old = self
            .get(def.id)
            .map(|old| (name_key(&old.def.schema), name_key(&old.def.name)));
        let names = self.names_mut(def.id);
        if let Some(key) = old {
            // Tables that swap names are put one after the other.
            if names.get(&key) == Some(&def.id) {
                names.remove(&key);
            }
        }
        names.insert((name_key(&def.schema), name_key(&def.name)), def.id);
        let tables = Arc::make_mut(&mut self.tables);
        match tables.binary_search_by_key(&def.id, |t| t.def.id) {
            Ok(i) => tables[i] = table,
            Err(i) => tables.insert(i, table),
        }
    }

    /// Replaces a table by another version of the same definition (only rows differ).
    pub fn replace_rows(&mut self, table: Arc<Table>) {
        if let Ok(i) = self.position(table.def.id)
            && let Some(slot) = Arc::make_mut(&mut self.tables).get_mut(i)
        {
            *slot = table;
        }
    }

    /// Removes a table and returns it.
    pub fn remove_table(&mut self, id: TableId) -> Option<Arc<Table>> {
        let i = self.position(id).ok()?;
        let table = Arc::make_mut(&mut self.tables).remove(i);
        if self.orphans.keys().any(|(child, _)| *child == id) {
            Arc::make_mut(&mut self.orphans).retain(|(child, _), _| *child != id);
        }
        let key = (name_key(&table.def.schema), name_key(&table.def.name));
        let names = self.names_mut(id);
        if names.get(&key) == Some(&id) {
            names.remove(&key);
        }
        Some(table)
    }

    /// Changes a definition in place. Only parts that the trees do not depend on may change.
    pub fn redefine(&mut self, id: TableId, change: impl FnOnce(&mut TableDef)) -> Result<()> {
        let mut table = Table::clone(self.table(id)?);
        change(Arc::make_mut(&mut table.def));
        self.put_table(Arc::new(table));
        Ok(())
    }

    /// The view of that name.
    pub fn find_view(&self, schema: &str, name: &str) -> Option<&ViewDef> {
        if self.views.is_empty() {
            return None;
        }
        self.views.get(&(name_key(schema), name_key(name)))
    }

    /// All views, by schema and name.
    pub fn views(&self) -> impl Iterator<Item = &ViewDef> {
        self.views.values()
    }

    /// The views of one schema, by name.
    pub fn views_of(&self, schema: &str) -> impl Iterator<Item = &ViewDef> {
        let key = name_key(schema);
        self.views
            .iter()
            .filter(move |((s, _), _)| *s == key)
            .map(|(_, view)| view)
    }

    /// Adds a view, or replaces the one of that name.
    pub fn put_view(&mut self, view: ViewDef) {
        let key = (name_key(&view.schema), name_key(&view.name));
        Arc::make_mut(&mut self.views).insert(key, view);
    }

    /// Removes a view and returns it.
    pub fn remove_view(&mut self, schema: &str, name: &str) -> Option<ViewDef> {
        Arc::make_mut(&mut self.views).remove(&(name_key(schema), name_key(name)))
    }

    /// All sequences.
    pub fn sequences(&self) -> &SequenceMap {
        &self.sequences
    }

    /// The sequence of that name.
    pub fn find_sequence(&self, schema: &str, name: &str) -> Option<&NumberSequence> {
        if self.sequences.is_empty() {
            return None;
        }
        self.sequences.get(&(name_key(schema), name_key(name)))
    }

    /// Adds a sequence, or replaces the one of that name.
    pub fn put_sequence(&mut self, sequence: NumberSequence) {
        let key = (name_key(&sequence.def.schema), name_key(&sequence.def.name));
        Arc::make_mut(&mut self.sequences).insert(key, sequence);
    }

    /// Removes a sequence and returns it.
    pub fn remove_sequence(&mut self, schema: &str, name: &str) -> Option<NumberSequence> {
        Arc::make_mut(&mut self.sequences).remove(&(name_key(schema), name_key(name)))
    }

    /// Settings remembered for tables that do not exist yet: (schema key, table key) and settings.
    pub fn remembered(&self) -> &BTreeMap<(String, String), PersistenceConfig> {
        &self.remembered
    }

    /// Remembers (or with `None` forgets) settings for a table that does not exist yet.
    pub fn remember(&mut self, schema: &str, name: &str, config: Option<PersistenceConfig>) {
        let remembered = Arc::make_mut(&mut self.remembered);
        let key = (name_key(schema), name_key(name));
        match config {
            Some(c) => remembered.insert(key, c),
            None => remembered.remove(&key),
        };
    }

    /// Forgets the views and sequences of a schema, and the settings remembered for its tables.
    pub fn forget_schema(&mut self, schema: &str) {
        let key = name_key(schema);
        Arc::make_mut(&mut self.views).retain(|(s, _), _| *s != key);
        Arc::make_mut(&mut self.sequences).retain(|(s, _), _| *s != key);
        Arc::make_mut(&mut self.remembered).retain(|(s, _), _| *s != key);
    }

    /// Settings remembered for that name.
    pub fn remembered_for(&self, schema: &str, name: &str) -> Option<&PersistenceConfig> {
        self.remembered.get(&(name_key(schema), name_key(name)))
    }

    /// The tables that have a foreign key to `parent` (itself included if it refers to itself).
    pub fn children_of(&self, parent: TableId) -> Vec<TableId> {
        let refers = |t: &&Arc<Table>| t.def.foreign_keys.iter().any(|f| f.parent == parent);
        self.tables.iter().filter(refers).map(|t| t.def.id).collect()
    }

    /// Whether a table is a child or a parent of any foreign key.
    pub fn is_referential(&self, table: TableId) -> bool {
        let is_child = |t: &Arc<Table>| !t.def.foreign_keys.is_empty();
        self.get(table).is_some_and(is_child)
            || self
                .tables
                .iter()
                .any(|t| t.def.foreign_keys.iter().any(|f| f.parent == table))
    }

    /// Takes over schemas, views, sequences and remembered settings of another version.
    pub fn adopt_schemas(&mut self, other: &Catalog) {
        self.schemas = other.schemas.clone();
        self.views = other.views.clone();
        self.sequences = other.sequences.clone();
        self.remembered = other.remembered.clone();
    }

    /// The parent of a foreign key by name, whether or not the table exists.
    pub fn parent_name(&self, child: TableId, foreign: &ForeignKeyDef) -> Option<ParentName> {
        let Some(parent) = self.get(foreign.parent) else {
            return self.orphans.get(&(child, foreign.name.clone())).cloned();
        };
        let column = |c: &usize| parent.def.columns.get(*c).map(|c| c.name.clone());
        Some(ParentName {
            schema: parent.def.schema.clone(),
            table: parent.def.name.clone(),
            columns: foreign.parent_columns.iter().map(column).collect::<Option<_>>()?,
        })
    }

    /// Notes the parents' names of a table's foreign keys, in their order, where no table is the parent.
    pub fn note_parents(&mut self, child: TableId, names: Vec<ParentName>) -> Result<()> {
        let def = self.table(child)?.def.clone();
        for (foreign, name) in def.foreign_keys.iter().zip(names) {
            if self.get(foreign.parent).is_none() {
                Arc::make_mut(&mut self.orphans).insert((child, foreign.name.clone()), name);
            }
        }
        Ok(())
    }

    /// Points foreign keys whose parent did not exist at `parent`, if it has their name and a key over
    /// their columns. Returns the children changed. Rows they have already are not checked.
    pub fn adopt_orphans(&mut self, parent: TableId) -> Result<Vec<TableId>> {
        let def = self.table(parent)?.def.clone();
        let fits = |p: &ParentName| -> Option<Vec<usize>> {
            let named = p.schema.eq_ignore_ascii_case(&def.schema) && p.table.eq_ignore_ascii_case(&def.name);
            let columns = p
                .columns
                .iter()
                .map(|c| def.column(c))
                .collect::<Option<Vec<_>>>()?;
            (named && def.has_key_over(&columns)).then_some(columns)
        };
        let is_lost = |child: TableId, name: &str| {
            let foreign = self.get(child).map_or(&[][..], |t| t.def.foreign_keys.as_slice());
            let mut named = foreign.iter().filter(|f| f.name == name);
            named.any(|f| self.get(f.parent).is_none())
        };
        let found: Vec<_> = self
            .orphans
            .iter()
            .filter(|((child, name), _)| is_lost(*child, name))
            .filter_map(|(key, p)| fits(p).map(|columns| (key.clone(), columns)))
            .collect();
        for ((child, name), columns) in &found {
            self.redefine(*child, |child| {
                for foreign in child.foreign_keys.iter_mut().filter(|f| f.name == *name) {
                    foreign.parent = parent;
                    foreign.parent_columns = columns.clone();
                }
            })?;
            Arc::make_mut(&mut self.orphans).remove(&(*child, name.clone()));
        }
        Ok(found.into_iter().map(|((child, _), _)| child).collect())
    }
}

fn no_table(id: TableId) -> Error {
    Error::Unknown {
        kind: "table",
        name: alloc::format!("#{}", id.0),
        nearest: None,
        position: None,
    }
}
