//! Definitions of tables and what belongs to them.
//!
//! Columns are named by position in [`TableDef::columns`]. If [`TableDef::row_id_column`] is set, that
//! column *is* the row id and is not among the stored columns of the table's tree.

use super::{ColumnStatistics, IndexStatistics, PersistenceConfig};
use crate::types::{DataType, Physical};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// Most columns of a table, and of a query's result.
pub const MAX_COLUMNS: usize = 4096;

/// A table's identity for life; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableId(pub u64);

impl TableId {
    /// In the definition of a new table: the parent of a foreign key, if there is none yet.
    pub const MISSING: TableId = TableId((1 << 62) - 1);
    /// The first id of a temporary table; others are below.
    pub const FIRST_TEMPORARY: TableId = TableId(1 << 62);

    /// Whether it is a temporary table's: one that its session alone sees, and that is never stored.
    pub fn is_temporary(self) -> bool {
        self >= TableId::FIRST_TEMPORARY
    }
}

/// What a column gets when INSERT does not name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnDefault {
    /// NULL, or an error if the column is NOT NULL.
    None,
    /// The value of a constant SQL expression (may call NOW(), UUID(), …).
    Sql(String),
}

/// GENERATED ALWAYS AS: a column computed from the others of its row, whenever the row is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedDef {
    /// The expression as SQL text, over the other columns of the row.
    pub sql: String,
    /// Declared STORED, not VIRTUAL. Both are computed when the row is written and kept with it.
    pub stored: bool,
}

/// A name as an identifier of SQL.
pub fn quoted(name: &str) -> String {
    alloc::format!("`{}`", name.replace('`', "``"))
}

/// The expression of a hidden column for an index on the first characters of a column.
pub fn prefix_sql(column: &str, length: u32) -> String {
    alloc::format!("LEFT({}, {length})", quoted(column))
}

/// The column, quoted, and the length that [`prefix_sql`] was made of.
pub fn prefix_of(sql: &str) -> Option<(&str, u32)> {
    let (name, length) = sql.strip_prefix("LEFT(")?.strip_suffix(')')?.rsplit_once(", ")?;
    let inner = name.strip_prefix('`')?.strip_suffix('`')?;
    let is_name = !inner.is_empty() && !inner.replace("``", "").contains('`');
    is_name.then_some((name, length.parse().ok()?))
}

/// The expression of the hidden column that the key of a partial index begins with: 1 for the rows that are in the index,
/// NULL for the others.
pub fn partial_sql(condition: &str) -> String {
    alloc::format!("CASE WHEN {condition} THEN TRUE END")
}

/// The condition that [`partial_sql`] was made of.
pub fn partial_of(sql: &str) -> Option<&str> {
    sql.strip_prefix("CASE WHEN ")?.strip_suffix(" THEN TRUE END")
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDef {
    /// Name as declared; names compare without ASCII case.
    pub name: String,
    /// Type.
    pub ty: DataType,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// DEFAULT.
    pub default: ColumnDefault,
    /// AUTO_INCREMENT.
    pub auto_increment: bool,
    /// The expression of a generated column.
    pub generated: Option<GeneratedDef>,
    /// ON UPDATE CURRENT_TIMESTAMP: what UPDATE sets it to unless it names the column, as SQL text.
    pub on_update: Option<String>,
    /// COMMENT.
    pub comment: String,
    /// GENERATED ALWAYS AS IDENTITY: an AUTO_INCREMENT column that takes no value but DEFAULT.
    pub always: bool,
    /// Made for an index on an expression or a prefix: `SELECT *` and INSERT do not see it.
    pub hidden: bool,
    /// What ANALYZE said of its values.
    pub statistics: Option<ColumnStatistics>,
}

impl ColumnDef {
    /// A column without default, comment or anything else that can be left out.
    pub fn new(name: impl Into<String>, ty: DataType, nullable: bool) -> ColumnDef {
        ColumnDef {
            name: name.into(),
            ty,
            nullable,
            default: ColumnDefault::None,
            auto_increment: false,
            generated: None,
            on_update: None,
            comment: String::new(),
            always: false,
            hidden: false,
            statistics: None,
        }
    }
}

/// One column of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexColumn {
    /// Position in [`TableDef::columns`].
    pub column: usize,
    /// DESC.
    pub descending: bool,
}

/// A secondary index; also behind UNIQUE constraints and PRIMARY KEYs that are not the row id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexDef {
    /// Name, unique in the table; `PRIMARY` for a primary key.
    pub name: String,
    /// Columns in key order.
    pub columns: Vec<IndexColumn>,
    /// Whether a key without NULLs may occur only once.
    pub unique: bool,
    /// Made for a constraint (PRIMARY KEY, UNIQUE, FOREIGN KEY), not by CREATE INDEX.
    pub constraint: bool,
    /// CREATE INDEX … WHERE: the condition of the rows that are in the index, as SQL text.
    pub filter: Option<String>,
    /// What ANALYZE said of its keys.
    pub statistics: Option<IndexStatistics>,
}

impl IndexDef {
    /// The columns after the one that a partial index begins with: a hidden column that is 1 for the rows that are
    /// meant and NULL for the others.
    pub fn own_columns(&self) -> &[IndexColumn] {
        match (&self.filter, self.columns.split_first()) {
            (Some(_), Some((_, rest))) => rest,
            _ => &self.columns,
        }
    }
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckDef {
    /// Name, unique in the table.
    pub name: String,
    /// The condition as SQL text.
    pub sql: String,
}

/// What happens to children when a parent row goes or its key changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReferentialAction {
    /// Refuse (RESTRICT and NO ACTION; checked at the end of the statement).
    Restrict,
    /// Delete or update the children too.
    Cascade,
    /// Set the children's columns to NULL.
    SetNull,
    /// Set the children's columns to their defaults.
    SetDefault,
}

/// When a FOREIGN KEY is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Deferral {
    /// At the end of each statement (NOT DEFERRABLE).
    #[default]
    NotDeferrable,
    /// At the end of each statement, unless the transaction says otherwise (DEFERRABLE INITIALLY IMMEDIATE).
    Immediate,
    /// At the end of the transaction (DEFERRABLE INITIALLY DEFERRED).
    Deferred,
}

/// A FOREIGN KEY.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKeyDef {
    /// Name, unique in the table.
    pub name: String,
    /// The child's columns, by position.
    pub columns: Vec<usize>,
    /// The parent table.
    pub parent: TableId,
    /// The parent's columns, by position; they are its primary key or a unique index.
    pub parent_columns: Vec<usize>,
    /// ON DELETE.
    pub on_delete: ReferentialAction,
    /// ON UPDATE.
    pub on_update: ReferentialAction,
    /// DEFERRABLE.
    pub deferral: Deferral,
}

/// Whether a trigger runs before or after a row is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TriggerTiming {
    /// BEFORE: may change the new row.
    Before,
    /// AFTER.
    After,
}

/// What a trigger waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TriggerEvent {
    /// A row is inserted.
    Insert,
    /// A row is updated.
    Update,
    /// A row is deleted.
    Delete,
}

/// A row-level trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerDef {
    /// Name, unique in the schema.
    pub name: String,
    /// When it runs.
    pub timing: TriggerTiming,
    /// What it waits for.
    pub event: TriggerEvent,
    /// UPDATE OF: the columns by name of which one must be assigned; empty: any.
    pub update_of: Vec<String>,
    /// WHEN: its condition as SQL text.
    pub when: Option<String>,
    /// Its statements as SQL text, in order.
    pub body: Vec<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDef {
    /// Identity.
    pub id: TableId,
    /// Schema (database, in MySQL's words) it belongs to.
    pub schema: String,
    /// Name as declared; names compare without ASCII case.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<ColumnDef>,
    /// Columns of the PRIMARY KEY by position, empty if there is none.
    pub primary_key: Vec<usize>,
    /// The column that is the row id: a PRIMARY KEY of one signed integer column.
    pub row_id_column: Option<usize>,
    /// Secondary indexes.
    pub indexes: Vec<IndexDef>,
    /// CHECK constraints.
    pub checks: Vec<CheckDef>,
    /// FOREIGN KEYs of which this table is the child.
    pub foreign_keys: Vec<ForeignKeyDef>,
    /// Triggers in the order they run.
    pub triggers: Vec<TriggerDef>,
    /// COMMENT.
    pub comment: String,
    /// Where it lives.
    pub persistence: PersistenceConfig,
}

impl TableDef {
    /// A table in memory without columns, keys and rules.
    pub fn new(id: TableId, schema: impl Into<String>, name: impl Into<String>) -> TableDef {
        TableDef {
            id,
            schema: schema.into(),
            name: name.into(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            row_id_column: None,
            indexes: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            triggers: Vec::new(),
            comment: String::new(),
            persistence: PersistenceConfig::default(),
        }
    }

    /// The column of that name, without regard to ASCII case. Hidden columns have none that could be meant.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|c| !c.hidden && c.name.eq_ignore_ascii_case(name))
    }

    /// Whether queries that named a table of the other definition find the same columns in this one: not where keys, rules,
    /// comments, settings and what was made for indexes differ.
    pub fn reads_like(&self, other: &TableDef) -> bool {
        let column = |(_, c): (usize, &ColumnDef)| (c.name.clone(), c.ty.clone(), c.generated.clone());
        self.schema == other.schema
            && self.name == other.name
            && self
                .visible_columns()
                .map(column)
                .eq(other.visible_columns().map(column))
    }

    /// The columns that statements see.
    pub fn visible_columns(&self) -> impl DoubleEndedIterator<Item = (usize, &ColumnDef)> + Clone {
        self.columns.iter().enumerate().filter(|(_, c)| !c.hidden)
    }

    /// The column that an index has at one of its columns, and how many of its first characters (`None`: all);
    /// `None` if it has an expression there.
    pub fn indexed(&self, column: usize) -> Option<(&ColumnDef, Option<u32>)> {
        let c = self.columns.get(column)?;
        match (c.hidden, &c.generated) {
            (true, Some(g)) => {
                let (name, length) = prefix_of(&g.sql)?;
                let is_base = |c: &&ColumnDef| !c.hidden && quoted(&c.name) == name;
                Some((self.columns.iter().find(is_base)?, Some(length)))
            }
            _ => Some((c, None)),
        }
    }

    /// What an index has at one of its columns, as SQL: a name, `name(10)` or `(expression)`.
    pub fn index_part(&self, column: usize) -> String {
        match self.columns.get(column) {
            None => String::new(),
            Some(c) => match (c.hidden, &c.generated) {
                (true, Some(g)) => match prefix_of(&g.sql) {
                    Some((name, length)) => alloc::format!("{name}({length})"),
                    None => alloc::format!("({})", g.sql),
                },
                _ => quoted(&c.name),
            },
        }
    }

    /// How a column takes part in keys, in the words of DESCRIBE: `PRI`; `UNI` if it is a unique key by itself;
    /// `MUL` if it is the first of another index; or nothing.
    pub fn column_key(&self, column: usize) -> &'static str {
        if self.primary_key.contains(&column) {
            return "PRI";
        }
        let first = |i: &&IndexDef| i.columns.first().is_some_and(|c| c.column == column);
        let is_key = |i: &IndexDef| i.unique && i.columns.len() == 1;
        match self.indexes.iter().filter(first).map(is_key).max() {
            Some(true) => "UNI",
            Some(false) => "MUL",
            None => "",
        }
    }

    /// Where column `column` is among the stored columns of the tree; `None` for the row id column.
    pub fn stored_index(&self, column: usize) -> Option<usize> {
        match self.row_id_column {
            Some(r) if r == column => None,
            Some(r) if column > r => Some(column - 1),
            _ => Some(column),
        }
    }

    /// The representations of the stored columns, in order.
    pub fn stored_physical(&self) -> Vec<Physical> {
        let stored = |(i, _): &(usize, &ColumnDef)| Some(*i) != self.row_id_column;
        self.columns
            .iter()
            .enumerate()
            .filter(stored)
            .map(|(_, c)| c.ty.physical())
            .collect()
    }

    /// Whether these columns together are the row id, or those of a unique index.
    pub fn has_key_over(&self, columns: &[usize]) -> bool {
        let same = |i: &IndexDef| {
            i.unique
                && i.columns.len() == columns.len()
                && i.columns.iter().all(|c| columns.contains(&c.column))
        };
        self.row_id_column.is_some_and(|r| columns == [r]) || self.indexes.iter().any(same)
    }

    /// Forgets what ANALYZE said: for a definition of other rows.
    pub fn forget_statistics(&mut self) {
        self.columns.iter_mut().for_each(|c| c.statistics = None);
        self.indexes.iter_mut().for_each(|i| i.statistics = None);
    }

    /// Renames one foreign key, check or index of that name, in this order.
    pub fn rename_constraint(&mut self, old: &str, new: &str) {
        let foreign = self.foreign_keys.iter_mut().map(|f| &mut f.name);
        let checks = self.checks.iter_mut().map(|c| &mut c.name);
        let indexes = self.indexes.iter_mut().map(|i| &mut i.name);
        let mut names = foreign.chain(checks).chain(indexes);
        if let Some(name) = names.find(|n| n.eq_ignore_ascii_case(old)) {
            *name = new.into();
        }
    }

    /// Calls `f` on every position of an own column in keys, indexes and foreign keys (not on those of
    /// other tables), for when columns come or go.
    pub fn for_each_position(&mut self, f: &mut dyn FnMut(&mut usize)) {
        self.primary_key.iter_mut().for_each(&mut *f);
        self.row_id_column.iter_mut().for_each(&mut *f);
        self.indexes
            .iter_mut()
            .flat_map(|i| &mut i.columns)
            .for_each(|c| f(&mut c.column));
        for foreign in &mut self.foreign_keys {
            foreign.columns.iter_mut().for_each(&mut *f);
            if foreign.parent == self.id {
                foreign.parent_columns.iter_mut().for_each(&mut *f);
            }
        }
    }

    /// Whether all parts of the definition fit each other, as in every definition that SQL makes: what a
    /// store says is believed only then.
    pub fn is_consistent(&self) -> bool {
        let n = self.columns.len();
        let exists = |column: &usize| *column < n;
        let row_id = |column: usize| {
            let column = self.columns.get(column);
            column.is_some_and(|c| c.ty.physical() == Physical::I64 && !c.nullable)
        };
        let index = |i: &IndexDef| !i.columns.is_empty() && i.columns.iter().all(|c| exists(&c.column));
        let foreign = |f: &ForeignKeyDef| {
            let parent = |c: &usize| f.parent != self.id || exists(c);
            f.columns.len() == f.parent_columns.len()
                && !f.columns.is_empty()
                && f.columns.iter().all(exists)
                && f.parent_columns.iter().all(parent)
        };
        (1..=MAX_COLUMNS).contains(&n)
            && self.columns.iter().all(|c| c.ty.is_consistent())
            && self.primary_key.iter().all(exists)
            && self.row_id_column.is_none_or(row_id)
            && self.indexes.iter().all(index)
            && self.foreign_keys.iter().all(foreign)
    }

    /// `schema.name`, for messages that need both.
    pub fn full_name(&self) -> String {
        alloc::format!("{}.{}", self.schema, self.name)
    }
}
