//! Bound statements.

use super::{ColumnChange, Derived, Expr, Query, Step, Triggered};
use crate::catalog::{
    CheckDef, ColumnDef, ForeignKeyDef, IndexDef, ParentName, SequenceDef, TableDef, TableId, TriggerDef,
    ViewDef,
};
use crate::txn::IsolationLevel;
use crate::types::{DataType, RowId};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};

/// Transaction statements.
#[derive(Debug, Clone, PartialEq)]
pub enum TransactionControl {
    /// BEGIN, START TRANSACTION.
    Begin {
        /// ISOLATION LEVEL, if given.
        isolation: Option<IsolationLevel>,
        /// READ ONLY, or READ WRITE, if given.
        read_only: Option<bool>,
    },
    /// COMMIT, END.
    Commit {
        /// AND CHAIN: another transaction of the same kind begins at once.
        chain: bool,
    },
    /// ROLLBACK.
    Rollback {
        /// As for `Commit`.
        chain: bool,
    },
    /// SAVEPOINT name.
    Savepoint(String),
    /// `ROLLBACK TO [SAVEPOINT] name`.
    RollbackTo(String),
    /// `RELEASE [SAVEPOINT] name`.
    Release(String),
    /// LOCK TABLES: a SERIALIZABLE transaction until UNLOCK TABLES.
    LockTables {
        /// All of them only READ.
        read_only: bool,
    },
    /// UNLOCK TABLES.
    UnlockTables,
    /// SET CONSTRAINTS.
    SetConstraints {
        /// The names; empty: ALL.
        names: Vec<String>,
        /// DEFERRED; IMMEDIATE otherwise.
        deferred: bool,
    },
    /// `SET [SESSION] TRANSACTION …`.
    SetModes {
        /// ISOLATION LEVEL, if given.
        isolation: Option<IsolationLevel>,
        /// READ ONLY, or READ WRITE, if given.
        read_only: Option<bool>,
        /// SESSION: of all later transactions of the session; otherwise of the one that is open and as new, or else of
        /// the next one.
        session: bool,
    },
}

/// Where INSERT's rows come from. The rows have one column per inserted column, converted to its type.
#[derive(Debug, Clone, PartialEq)]
pub enum InsertSource {
    /// A query (VALUES is one too). Its columns match [`Insert::columns`].
    Query(Arc<Query>),
}

/// What INSERT does with a row whose key exists; without any it fails.
#[derive(Debug, Clone, PartialEq)]
pub enum ConflictAction {
    /// INSERT IGNORE, ON CONFLICT DO NOTHING: skip the row.
    Ignore,
    /// REPLACE: delete the old row(s) first.
    Replace,
    /// ON DUPLICATE KEY UPDATE, ON CONFLICT DO UPDATE.
    Update {
        /// Table column and value, over: the table's columns (old row), then the table's columns again (the row to insert).
        set: Vec<(usize, Expr)>,
        /// Condition, over the same columns.
        filter: Option<Expr>,
        /// What else is set in the old row.
        derived: Derived,
    },
}

/// Which keys a clause of INSERT looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ConflictTarget {
    /// All.
    #[default]
    Any,
    /// `ON CONFLICT (columns)`: the row id (`None`), the unique indexes at these positions of `TableDef::indexes`.
    Keys(Vec<Option<usize>>),
}

impl ConflictTarget {
    /// Whether a conflict in a key (`None`: the row id) is one the clause deals with.
    pub fn concerns(&self, key: Option<usize>) -> bool {
        match self {
            ConflictTarget::Any => true,
            ConflictTarget::Keys(keys) => keys.contains(&key),
        }
    }
}

/// What INSERT does about conflicts in some keys.
#[derive(Debug, Clone, PartialEq)]
pub struct ConflictClause {
    /// The keys.
    pub target: ConflictTarget,
    /// What it does.
    pub action: ConflictAction,
}

/// What rows are checked against before they are written.
#[derive(Debug, Clone, PartialEq)]
pub struct RowCheck {
    /// The name of the constraint, or of the view.
    pub name: String,
    /// WITH CHECK OPTION of a view; CHECK otherwise.
    pub of_view: bool,
    /// The condition, over all columns of the table. A row for which it is false is refused.
    pub condition: Expr,
}

/// INSERT, REPLACE and upserts.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// The table.
    pub table: TableId,
    /// Table columns the source gives, in the source's order.
    pub columns: Vec<usize>,
    /// The rows.
    pub source: InsertSource,
    /// For each column of the table: the value where `columns` does not give it, or where the source
    /// says DEFAULT; evaluated once per row. `None`: NULL (or the next AUTO_INCREMENT value).
    pub defaults: Vec<Option<Expr>>,
    /// Generated columns, in order: column, and its value over all columns of the table.
    pub generated: Vec<(usize, Expr)>,
    /// CHECK constraints, and those of views.
    pub checks: Vec<RowCheck>,
    /// What to do with duplicates: the first clause that one of a row's conflicts concerns. A row with conflicts that
    /// concern none is an error.
    pub on_conflict: Vec<ConflictClause>,
    /// Whether rows that exist count too, as MySQL counts them: those that REPLACE deletes, and twice those that ON
    /// DUPLICATE KEY UPDATE changes.
    pub counts_existing: bool,
    /// RETURNING, over all columns of the table.
    pub returning: Option<Query>,
}

impl Insert {
    /// The clause for a row that collides with these rows by these keys (`None`: the row id): its place in
    /// `on_conflict`, and the row that it is about.
    pub fn conflict_clause(&self, found: &[(RowId, Option<usize>)]) -> Option<(usize, RowId)> {
        self.on_conflict.iter().enumerate().find_map(|(i, clause)| {
            let concerned = found.iter().find(|(_, key)| clause.target.concerns(*key));
            concerned.map(|(id, _)| (i, *id))
        })
    }

    /// How much an existing row counts that was updated.
    pub fn count_updated(&self, changed: bool) -> u64 {
        match (self.counts_existing, changed) {
            (true, true) => 2,
            (true, false) => 0,
            (false, _) => 1,
        }
    }
}

/// UPDATE.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The table.
    pub table: TableId,
    /// The rows: output = all columns of the table, then the row id, then the new values of `set`, in order.
    pub source: Arc<Query>,
    /// Table columns that change; their new values follow the row id in the source.
    pub set: Vec<usize>,
    /// What else is set in the rows.
    pub derived: Derived,
    /// CHECK constraints, and those of views.
    pub checks: Vec<RowCheck>,
    /// UPDATE IGNORE: a row whose new key exists stays as it is.
    pub ignores: bool,
    /// RETURNING: plan over `Plan::Values`-like input of the table's columns after the change.
    pub returning: Option<Query>,
}

/// DELETE.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// The table.
    pub table: TableId,
    /// The rows: output = all columns of the table, then the row id.
    pub source: Arc<Query>,
    /// RETURNING, over all columns of the deleted row.
    pub returning: Option<Query>,
}

/// What becomes of some of a statement's rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// They are inserted.
    Insert(Arc<Insert>),
    /// They are updated.
    Update(Arc<Update>),
    /// They are deleted.
    Delete(Arc<Delete>),
}

impl Change {
    /// RETURNING.
    pub fn returning(&self) -> Option<&Query> {
        match self {
            Change::Insert(i) => i.returning.as_ref(),
            Change::Update(u) => u.returning.as_ref(),
            Change::Delete(d) => d.returning.as_ref(),
        }
    }
}

/// One of the changes of [`Changes`]. Its own source is empty and only says what its rows are like.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePart {
    /// The change.
    pub change: Change,
    /// Columns of the statement's source that are the rows of the change, as its own source would give
    /// them. Rows without a row id, which an outer join leaves, are none.
    pub columns: Vec<usize>,
    /// A boolean column of the source: the change takes the rows for which it is true; `None`: all.
    pub when: Option<usize>,
}

/// Several changes from one source: UPDATE and DELETE of several tables, MERGE.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// What the rows of all of them are taken from.
    pub source: Arc<Query>,
    /// The changes, made in this order once the source is at its end.
    pub parts: Vec<ChangePart>,
    /// Whether a row that is to be changed a second time is an error (MERGE); otherwise the first one counts.
    pub once: bool,
}

/// A change of where a table lives; `None` keeps what is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PersistenceChange {
    /// `persistent = …`
    pub persistent: Option<bool>,
    /// `sync_on_write = …`
    pub sync_on_write: Option<bool>,
    /// `cache_in_memory = …`
    pub cache_in_memory: Option<bool>,
}

/// One action of ALTER TABLE.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterAction {
    /// ADD COLUMN.
    AddColumn {
        /// The column.
        column: ColumnDef,
        /// Its value in existing rows, converted; over no columns.
        fill: Option<Expr>,
        /// Where to put it; `None`: last.
        position: Option<usize>,
        /// UNIQUE given with the column.
        unique: bool,
        /// Its value in existing rows, if it is a generated column: over all columns, itself included.
        generated: Option<Expr>,
    },
    /// DROP COLUMN.
    DropColumn(usize),
    /// ADD CONSTRAINT CHECK; the expression is over all columns.
    AddCheck(CheckDef, Expr),
    /// ADD PRIMARY KEY, ADD UNIQUE, ADD INDEX.
    AddIndex {
        /// The index.
        index: IndexDef,
        /// PRIMARY KEY.
        primary_key: bool,
    },
    /// ADD FOREIGN KEY.
    AddForeignKey(ForeignKeyDef),
    /// DROP CONSTRAINT / DROP FOREIGN KEY / DROP INDEX / DROP CHECK name.
    DropConstraint(String),
    /// DROP PRIMARY KEY.
    DropPrimaryKey,
    /// RENAME TO.
    Rename(String),
    /// RENAME COLUMN.
    RenameColumn(usize, String),
    /// SET (persistent = …, …), ENGINE = ….
    SetPersistence(PersistenceChange),
    /// MODIFY, CHANGE and ALTER COLUMN.
    ChangeColumn(Box<ColumnChange>),
    /// RENAME INDEX, RENAME CONSTRAINT: the old name and the new one.
    RenameConstraint(String, String),
    /// COMMENT of the table, or of a column.
    Comment(Option<usize>, String),
    /// AUTO_INCREMENT = n: values handed out from now on are not below it.
    AutoIncrement(i64),
}

/// What is done with what a [`SessionStatement`] computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionVerb {
    /// SET, SELECT … INTO: its only row is assigned; without a row nothing is.
    Assign,
    /// `SELECT @a := …`: it is the answer, and its last row is assigned.
    Answer,
    /// DO: nothing.
    Do,
    /// PREPARE: it is the text of the statement of this name.
    Prepare(String),
    /// EXECUTE: they are the parameters of the statement of this name; IMMEDIATE: the first is its text.
    Execute(Option<String>),
    /// DEALLOCATE PREPARE of this name, or ALL.
    Deallocate(Option<String>),
}

/// What a column is assigned to; names are in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A user variable.
    User(String),
    /// A system variable.
    System(String),
}

/// A statement about the session itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionStatement {
    /// What is done.
    pub verb: SessionVerb,
    /// What is computed for it.
    pub query: Option<Arc<Query>>,
    /// Columns to assign.
    pub targets: Vec<(usize, Target)>,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewColumn {
    /// Name.
    pub name: String,
    /// Type.
    pub ty: DataType,
    /// Whether it may be NULL, as far as that is known.
    pub nullable: bool,
}

/// SHOW statements.
#[derive(Debug, Clone, PartialEq)]
pub enum Show {
    /// SHOW TABLES: of the schema, views included.
    Tables {
        /// The schema.
        schema: String,
        /// FULL: with what each is.
        full: bool,
    },
    /// SHOW DATABASES, SHOW SCHEMAS.
    Schemas,
    /// SHOW COLUMNS FROM, SHOW FULL COLUMNS FROM, DESCRIBE.
    Columns {
        /// The table.
        table: TableId,
        /// SHOW FULL COLUMNS: with collations, privileges and comments.
        full: bool,
    },
    /// The same of a view.
    ViewColumns {
        /// The columns.
        columns: Vec<ViewColumn>,
        /// SHOW FULL COLUMNS.
        full: bool,
    },
    /// SHOW CREATE TABLE.
    CreateTable(TableId),
    /// SHOW CREATE VIEW.
    CreateView(Box<ViewDef>),
    /// SHOW CREATE SEQUENCE.
    CreateSequence(Box<SequenceDef>),
    /// SHOW TRIGGERS: of the schema.
    Triggers(String),
    /// SHOW CREATE TRIGGER: of the table, the one of that name.
    CreateTrigger(TableId, String),
    /// SHOW INDEX FROM.
    Indexes(TableId),
    /// SHOW PERSISTENCE [FOR table].
    Persistence(Option<TableId>),
    /// SHOW CREATE DATABASE.
    CreateSchema(String),
    /// SHOW WARNINGS: there are none; what does not fit is an error.
    Warnings,
    /// SHOW VARIABLES.
    Variables,
    /// SHOW STATUS: the counters of `stats()`, as MySQL lays them out.
    Status,
    /// SHOW … LIKE: the rows whose first value is like the pattern.
    Like(Box<Show>, String),
    /// SHOW … WHERE: the rows for which a condition is true, over [the columns](Show::columns), and then those that have
    /// [other names](Show::other_names), all as texts without regard to case.
    Where(Box<Show>, Box<Expr>),
    /// SHOW STATS: the counters of `stats()`, one row each.
    Stats,
}

/// How EXPLAIN answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainFormat {
    /// An indented tree, one line per operator.
    Text,
    /// One JSON document.
    Json,
}

/// A bound statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// SELECT, VALUES.
    Query(Arc<Query>),
    /// SELECT … FOR UPDATE or FOR SHARE: a transaction that changes anything commits only if nobody else has changed
    /// what it reads.
    LockingQuery(Arc<Query>),
    /// INSERT, REPLACE.
    Insert(Arc<Insert>),
    /// UPDATE.
    Update(Arc<Update>),
    /// DELETE.
    Delete(Arc<Delete>),
    /// UPDATE and DELETE of several tables, MERGE.
    Changes(Arc<Changes>),
    /// One of these that may fire triggers.
    Triggered(Arc<Triggered>),
    /// Several definitions, made one after the other or none: CREATE OR REPLACE TABLE, RENAME and TRUNCATE of several
    /// tables.
    Definitions(Vec<Statement>),
    /// CREATE TRIGGER.
    CreateTrigger {
        /// The table.
        table: TableId,
        /// The trigger.
        trigger: Box<TriggerDef>,
        /// Behind (true) or before which other trigger of the same time and event it fires; behind all of them
        /// otherwise.
        place: Option<(bool, String)>,
    },
    /// DROP TRIGGER.
    DropTrigger {
        /// Its table.
        table: TableId,
        /// Its name.
        name: String,
    },
    /// CREATE TABLE. The id in the definition, and the parent id of a self-reference, are `TableId(0)` until it is created.
    CreateTable {
        /// The table.
        table: Box<TableDef>,
        /// Options given; those not given come from a remembered `enable_persistence` or `default_persistent`.
        persistence: PersistenceChange,
        /// AUTO_INCREMENT = n: the first value to hand out.
        auto_increment: Option<i64>,
        /// IF NOT EXISTS (then an existing table of that name is no error).
        if_not_exists: bool,
        /// The table exists, and IF NOT EXISTS was given: do nothing.
        exists: bool,
        /// AS: its rows, inserted when it exists.
        rows: Option<Arc<Insert>>,
        /// The parents of its foreign keys to [`TableId::MISSING`], in their order.
        missing: Vec<ParentName>,
    },
    /// DROP TABLE.
    DropTable(Vec<TableId>),
    /// CREATE VIEW, ALTER VIEW.
    CreateView {
        /// The view.
        view: Box<ViewDef>,
        /// Whether it may take the place of a view of that name.
        replace: bool,
    },
    /// DROP VIEW: of these schemas and names.
    DropViews(Vec<(String, String)>),
    /// CREATE SEQUENCE.
    CreateSequence {
        /// The sequence.
        def: Box<SequenceDef>,
        /// Whether it may take the place of a sequence of that name.
        replace: bool,
    },
    /// ALTER SEQUENCE.
    AlterSequence {
        /// Its new definition.
        def: Box<SequenceDef>,
        /// RESTART: the number it gives next.
        restart: Option<i64>,
    },
    /// DROP SEQUENCE: of these schemas and names.
    DropSequences(Vec<(String, String)>),
    /// TRUNCATE TABLE.
    Truncate(TableId),
    /// CREATE INDEX.
    CreateIndex {
        /// The table.
        table: TableId,
        /// The index.
        index: IndexDef,
    },
    /// DROP INDEX.
    DropIndex {
        /// The table.
        table: TableId,
        /// The index's name.
        name: String,
    },
    /// ALTER TABLE; the actions are one change.
    AlterTable {
        /// The table.
        table: TableId,
        /// Actions in order.
        actions: Vec<AlterAction>,
    },
    /// ANALYZE: of these tables.
    Analyze(Vec<TableId>),
    /// User variables, PREPARE, EXECUTE, DO.
    Session(Box<SessionStatement>),
    /// `SET name = value, …` of system variables: names in small letters, and values as text.
    SetSystem(Vec<(String, String)>),
    /// CREATE DATABASE, CREATE SCHEMA.
    CreateSchema(String),
    /// DROP DATABASE, DROP SCHEMA, with its tables.
    DropSchema(String),
    /// USE.
    Use(String),
    /// BEGIN, COMMIT, ….
    Transaction(TransactionControl),
    /// EXPLAIN of a statement, already bound and optimised; ANALYZE runs it.
    Explain {
        /// What is explained.
        statement: Box<Statement>,
        /// EXPLAIN ANALYZE.
        analyze: bool,
        /// Format.
        format: ExplainFormat,
    },
    /// SHOW ….
    Show(Show),
    /// Nothing to do: DROP … IF EXISTS of what does not exist, SET NAMES utf8mb4, ….
    Nothing,
}

impl Statement {
    /// RETURNING of a statement that changes one table.
    pub fn returning_mut(&mut self) -> Option<&mut Query> {
        match self {
            Statement::Insert(i) => Arc::make_mut(i).returning.as_mut(),
            Statement::Update(u) => Arc::make_mut(u).returning.as_mut(),
            Statement::Delete(d) => Arc::make_mut(d).returning.as_mut(),
            Statement::Triggered(t) => Arc::make_mut(t).change.returning_mut(),
            Statement::Explain { statement, .. } => statement.returning_mut(),
            _ => None,
        }
    }

    /// The plans of the statement, for the optimizer. Nothing is copied while nobody else holds them.
    pub fn queries_mut(&mut self) -> Vec<&mut Query> {
        match self {
            Statement::Query(q) | Statement::LockingQuery(q) => alloc::vec![Arc::make_mut(q)],
            Statement::Insert(i) => {
                let InsertSource::Query(q) = &mut Arc::make_mut(i).source;
                alloc::vec![Arc::make_mut(q)]
            }
            Statement::Update(u) => alloc::vec![Arc::make_mut(&mut Arc::make_mut(u).source)],
            Statement::Delete(d) => alloc::vec![Arc::make_mut(&mut Arc::make_mut(d).source)],
            Statement::Changes(c) => alloc::vec![Arc::make_mut(&mut Arc::make_mut(c).source)],
            Statement::Session(s) => s.query.iter_mut().map(Arc::make_mut).collect(),
            Statement::Triggered(t) => {
                let Triggered { change, triggers } = Arc::make_mut(t);
                let steps = triggers.iter_mut().flat_map(|t| &mut t.triggers);
                let steps = steps.flat_map(|t| &mut t.steps);
                let mut all = change.queries_mut();
                all.extend(steps.flat_map(Step::queries_mut));
                all
            }
            Statement::Explain { statement, .. } => statement.queries_mut(),
            Statement::Definitions(all) => all.iter_mut().flat_map(Statement::queries_mut).collect(),
            Statement::CreateTable { rows, .. } => {
                let mut queries = Vec::new();
                if let Some(rows) = rows {
                    let InsertSource::Query(q) = &mut Arc::make_mut(rows).source;
                    queries.push(Arc::make_mut(q));
                }
                queries
            }
            _ => Vec::new(),
        }
    }
}
