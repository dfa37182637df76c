//! SHOW: what exists, as rows.

use super::session::Given;
use super::triggers::{create_trigger_of, triggers_of};
use super::{Outcome, RowStream, Session};
use crate::catalog::{
    Catalog, CheckOption, ColumnDefault, Deferral, ForeignKeyDef, PersistenceConfig, ReferentialAction,
    SequenceDef, TableDef, TableId, ViewDef, name_key,
};
use crate::shared_sort::sort_shared;
use crate::sql::exec::Env;
use crate::sql::exec::eval::{Pattern, eval_filter};
use crate::sql::plan::{INFORMATION_SCHEMA, InformationTable, Show, ViewColumn};
use crate::table::{IndexColumn, IndexDef, Table, quoted};
use crate::types::{Batch, Collation, Column, DataType, Physical, Result, Value};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write;

pub(super) fn text(s: impl ToString) -> Value {
    Value::Text(s.to_string())
}

fn yes(b: bool) -> Value {
    text(if b { "YES" } else { "NO" })
}

impl Session {
    pub(super) fn show(&self, show: &Show, given: Given) -> Result<Outcome> {
        let rows = self.shown(show, &self.env(given))?;
        Ok(Outcome::Rows(RowStream::of_values(&show.columns(), &rows)?))
    }

    fn shown(&self, show: &Show, env: &Env) -> Result<Vec<Vec<Value>>> {
        let catalog = self.catalog();
        let name = |id: &TableId| -> Result<TableDef> { Ok((*catalog.table(*id)?.def).clone()) };
        Ok(match show {
            Show::Tables { schema, full } => {
                let names = names_of(&catalog, schema).into_iter();
                let row = |(name, ty)| match full {
                    true => vec![text(name), text(ty)],
                    false => vec![text(name)],
                };
                names.map(row).collect()
            }
            Show::Schemas => {
                let mut names: Vec<&str> = catalog.schemas().chain([INFORMATION_SCHEMA]).collect();
                sort_shared(&mut names, |a, b| name_key(a).cmp(&name_key(b)));
                names.into_iter().map(|s| vec![text(s)]).collect()
            }
            Show::Columns { table, full: false } => columns_of(&name(table)?),
            Show::Columns { table, full: true } => full_columns_of(&name(table)?),
            Show::ViewColumns { columns, full: false } => columns.iter().map(view_column).collect(),
            Show::ViewColumns { columns, full: true } => {
                let row = |c| full_column(view_column(c), &c.ty, "");
                columns.iter().map(row).collect()
            }
            Show::CreateView(view) => vec![vec![text(&view.name), text(create_view(view))]],
            Show::CreateSequence(def) => vec![vec![text(&def.name), text(create_sequence(def))]],
            Show::CreateTable(id) => {
                let def = name(id)?;
                vec![vec![text(&def.name), text(create_table(&catalog, &def))]]
            }
            Show::Triggers(schema) => triggers_of(&catalog, schema),
            Show::CreateTrigger(id, trigger) => create_trigger_of(&name(id)?, trigger),
            Show::Indexes(id) => indexes_of(catalog.table(*id)?),
            Show::Like(show, pattern) => {
                let pattern = Pattern::new(pattern, Some('\\'), false);
                let mut rows = self.shown(show, env)?;
                let is_like = |row: &Vec<Value>| match row.first() {
                    Some(Value::Text(name)) => pattern.matches(name.as_bytes()),
                    _ => false,
                };
                rows.retain(is_like);
                rows
            }
            Show::Where(show, condition) => {
                let rows = self.shown(show, env)?;
                let own = 0..show.columns().len();
                let columns = own.chain(show.other_names().into_iter().map(|(_, at)| at));
                let column = |at: usize| {
                    let mut column = Column::new(Physical::Bytes);
                    for row in &rows {
                        let value = row.get(at).unwrap_or(&Value::Null);
                        match value {
                            Value::Null => column.push_null(),
                            value => column.push_bytes(value.to_string().as_bytes()),
                        }
                    }
                    column
                };
                let batch = Batch::new(columns.map(column).collect(), rows.len());
                let passing = eval_filter(condition, &batch, &env.scope())?;
                let row = |at: u32| rows.get(at as usize).cloned();
                passing.into_iter().filter_map(row).collect()
            }
            Show::CreateSchema(name) => {
                let name = catalog.schema(name).unwrap_or(name);
                let create = format!("CREATE DATABASE {}", quoted(name));
                vec![vec![text(name), text(create)]]
            }
            Show::Warnings => Vec::new(),
            Show::Variables => {
                let all = self.system_variables().into_iter();
                all.map(|(name, value)| vec![text(name), text(value)]).collect()
            }
            Show::Persistence(id) => persistence_of(&catalog, *id),
            Show::Stats | Show::Status => {
                let stats = self.shared.engine.stats().entries().into_iter();
                stats.map(|(k, v)| vec![text(k), text(v)]).collect()
            }
        })
    }
}

fn persistence_of(catalog: &Catalog, only: Option<TableId>) -> Vec<Vec<Value>> {
    let row = |schema: &str, table: &str, p: &PersistenceConfig, exists: bool| {
        vec![
            text(schema),
            text(table),
            text(p.placement()),
            Value::Bool(p.persistent),
            Value::Bool(p.sync_on_write),
            Value::Bool(p.cache_in_memory),
            Value::Bool(exists),
        ]
    };
    let shown = |id: TableId| only.map_or(!id.is_temporary(), |only| only == id);
    let tables = catalog.tables().filter(|t| shown(t.def.id));
    let mut rows: Vec<Vec<Value>> = tables
        .map(|t| row(&t.def.schema, &t.def.name, &t.def.persistence, true))
        .collect();
    if only.is_none() {
        rows.extend(catalog.remembered().iter().map(|((s, t), p)| row(s, t, p, false)));
    }
    rows
}

/// The tables and views of a schema by name, each with what it is.
fn names_of(catalog: &Catalog, schema: &str) -> Vec<(String, &'static str)> {
    if schema.eq_ignore_ascii_case(INFORMATION_SCHEMA) {
        let all = InformationTable::ALL.into_iter();
        let mut names: Vec<_> = all.map(|t| (t.name().to_string(), "SYSTEM VIEW")).collect();
        sort_shared(&mut names, Ord::cmp);
        return names;
    }
    let tables = catalog
        .tables_of(schema)
        .map(|t| (t.def.name.clone(), "BASE TABLE"));
    let views = catalog.views().filter(|v| v.schema.eq_ignore_ascii_case(schema));
    let mut names: Vec<_> = tables.chain(views.map(|v| (v.name.clone(), "VIEW"))).collect();
    sort_shared(&mut names, |(a, _), (b, _)| name_key(a).cmp(&name_key(b)));
    names
}

fn view_column(column: &ViewColumn) -> Vec<Value> {
    vec![
        text(&column.name),
        text(&column.ty),
        yes(column.nullable),
        text(""),
        Value::Null,
        text(""),
    ]
}

/// The statement that creates the sequence again.
pub(super) fn create_sequence(def: &SequenceDef) -> String {
    format!(
        "CREATE SEQUENCE {} START WITH {} MINVALUE {} MAXVALUE {} INCREMENT BY {} CACHE {} {}",
        quoted(&def.name),
        def.start,
        def.min,
        def.max,
        def.increment,
        def.cache,
        if def.cycle { "CYCLE" } else { "NOCYCLE" }
    )
}

/// The statement that creates the view again.
pub(super) fn create_view(view: &ViewDef) -> String {
    let columns = list(view.columns.iter().map(String::as_str));
    let check = match view.check {
        None => "",
        Some(CheckOption::Local) => " WITH LOCAL CHECK OPTION",
        Some(CheckOption::Cascaded) => " WITH CASCADED CHECK OPTION",
    };
    format!(
        "CREATE VIEW {} ({columns}) AS {}{check}",
        quoted(&view.name),
        view.sql
    )
}

fn columns_of(def: &TableDef) -> Vec<Vec<Value>> {
    let row = |(i, c): (usize, &crate::catalog::ColumnDef)| {
        let default = match &c.default {
            ColumnDefault::None => Value::Null,
            ColumnDefault::Sql(sql) => text(sql),
        };
        let extra = match (&c.generated, &c.on_update) {
            (Some(g), _) if g.stored => String::from("STORED GENERATED"),
            (Some(_), _) => String::from("VIRTUAL GENERATED"),
            (None, Some(sql)) => format!("on update {sql}"),
            (None, None) if c.auto_increment => String::from("auto_increment"),
            (None, None) => String::new(),
        };
        vec![
            text(&c.name),
            text(&c.ty),
            yes(c.nullable),
            text(def.column_key(i)),
            default,
            text(extra),
        ]
    };
    def.visible_columns().map(row).collect()
}

/// As [`columns_of`], with what SHOW FULL COLUMNS adds.
fn full_columns_of(def: &TableDef) -> Vec<Vec<Value>> {
    let rows = columns_of(def).into_iter().zip(def.visible_columns());
    rows.map(|(row, (_, c))| full_column(row, &c.ty, &c.comment))
        .collect()
}

/// A column of SHOW FULL COLUMNS, made of one of SHOW COLUMNS.
fn full_column(mut row: Vec<Value>, ty: &DataType, comment: &str) -> Vec<Value> {
    let collation = match ty {
        DataType::Text { collation, .. } => text(match collation {
            Collation::Binary => "BINARY",
            Collation::NoCase => "NOCASE",
        }),
        _ => Value::Null,
    };
    row.insert(2, collation);
    row.push(text("select,insert,update,references"));
    row.push(text(comment));
    row
}

fn indexes_of(table: &Table) -> Vec<Vec<Value>> {
    let def = &table.def;
    let keys = |index: Option<usize>, columns: usize| match table.known_keys(index, columns) {
        Some(n) => text(n),
        None => Value::Null,
    };
    let column = |at: usize| match def.columns.get(at) {
        Some(c) if !c.hidden => c.name.clone(),
        _ => def.index_part(at),
    };
    let mut rows = Vec::new();
    if let Some(c) = def.row_id_column {
        rows.push(vec![
            text("PRIMARY"),
            yes(true),
            text(1),
            text(column(c)),
            text("ASC"),
            keys(None, 1),
        ]);
    }
    for (i, index) in def.indexes.iter().enumerate() {
        let hidden = index.columns.len() - index.own_columns().len();
        for (n, c) in index.own_columns().iter().enumerate() {
            let order = if c.descending { "DESC" } else { "ASC" };
            rows.push(vec![
                text(&index.name),
                yes(index.unique),
                text(n + 1),
                text(column(c.column)),
                text(order),
                keys(Some(i), hidden + n + 1),
            ]);
        }
    }
    rows
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(quoted).collect::<Vec<_>>().join(", ")
}

/// The statements that create the table again, placement and constraints included.
pub(crate) fn create_table(catalog: &Catalog, def: &TableDef) -> String {
    let foreign_keys = def.foreign_keys.iter().map(|f| foreign_key(catalog, def, f));
    let mut sql = create_table_with(def, foreign_keys.collect());
    for index in partial_indexes(def) {
        let _ = write!(sql, ";\n{index}");
    }
    sql
}

fn index_parts(def: &TableDef, index: &IndexDef) -> String {
    let part = |c: &IndexColumn| {
        let order = if c.descending { " DESC" } else { "" };
        format!("{}{order}", def.index_part(c.column))
    };
    let parts: Vec<String> = index.own_columns().iter().map(part).collect();
    parts.join(", ")
}

/// The statements that create its partial indexes again: such an index has a statement of its own.
pub(super) fn partial_indexes(def: &TableDef) -> impl Iterator<Item = String> {
    def.indexes.iter().filter_map(|i| {
        let filter = i.filter.as_ref()?;
        let kind = if i.unique { "UNIQUE INDEX" } else { "INDEX" };
        let (name, table) = (quoted(&i.name), quoted(&def.name));
        let parts = index_parts(def, i);
        Some(format!(
            "CREATE {kind} {name} ON {table} ({parts}) WHERE {filter}"
        ))
    })
}

/// A foreign key as a part of its table's definition.
pub(super) fn foreign_key(catalog: &Catalog, def: &TableDef, f: &ForeignKeyDef) -> String {
    let column_name = |i: &usize| def.columns.get(*i).map_or("", |c| c.name.as_str());
    let parent = catalog.parent_name(def.id, f);
    let (name, columns) = parent.map_or_else(Default::default, |p| {
        let schema = match p.schema.eq_ignore_ascii_case(&def.schema) {
            true => String::new(),
            false => format!("{}.", quoted(&p.schema)),
        };
        (format!("{schema}{}", quoted(&p.table)), p.columns)
    });
    let mut s = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {name} ({})",
        quoted(&f.name),
        list(f.columns.iter().map(column_name)),
        list(columns.iter().map(String::as_str))
    );
    for (on, action) in [("DELETE", f.on_delete), ("UPDATE", f.on_update)] {
        let action = match action {
            ReferentialAction::Restrict => continue,
            ReferentialAction::Cascade => "CASCADE",
            ReferentialAction::SetNull => "SET NULL",
            ReferentialAction::SetDefault => "SET DEFAULT",
        };
        let _ = write!(s, " ON {on} {action}");
    }
    s.push_str(match f.deferral {
        Deferral::NotDeferrable => "",
        Deferral::Immediate => " DEFERRABLE",
        Deferral::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    });
    s
}

/// CREATE TABLE with these foreign keys and without partial indexes.
pub(super) fn create_table_with(def: &TableDef, foreign_keys: Vec<String>) -> String {
    let column_name = |i: &usize| def.columns.get(*i).map_or("", |c| c.name.as_str());
    let mut parts = Vec::new();
    for (_, c) in def.visible_columns() {
        let mut s = format!("{} {}", quoted(&c.name), c.ty);
        if let Some(g) = &c.generated {
            let kind = if g.stored { "STORED" } else { "VIRTUAL" };
            let _ = write!(s, " GENERATED ALWAYS AS ({}) {kind}", g.sql);
        }
        if !c.nullable {
            s.push_str(" NOT NULL");
        }
        if let ColumnDefault::Sql(sql) = &c.default {
            let _ = write!(s, " DEFAULT {sql}");
        }
        if c.auto_increment {
            s.push_str(if c.always {
                " GENERATED ALWAYS AS IDENTITY"
            } else {
                " AUTO_INCREMENT"
            });
        }
        if let Some(sql) = &c.on_update {
            let _ = write!(s, " ON UPDATE {sql}");
        }
        if !c.comment.is_empty() {
            let _ = write!(s, " COMMENT {}", text(&c.comment).to_sql_literal());
        }
        parts.push(s);
    }
    if !def.primary_key.is_empty() {
        parts.push(format!(
            "PRIMARY KEY ({})",
            list(def.primary_key.iter().map(column_name))
        ));
    }
    for i in def
        .indexes
        .iter()
        .filter(|i| i.name != "PRIMARY" && i.filter.is_none())
    {
        let kind = if i.unique { "UNIQUE KEY" } else { "KEY" };
        parts.push(format!("{kind} {} ({})", quoted(&i.name), index_parts(def, i)));
    }
    parts.extend(foreign_keys);
    for c in &def.checks {
        parts.push(format!("CONSTRAINT {} CHECK ({})", quoted(&c.name), c.sql));
    }
    let p = &def.persistence;
    let mut options = Vec::new();
    if p.persistent {
        options.push(String::from("persistent = true"));
        options.push(format!("sync_on_write = {}", p.sync_on_write));
        options.push(format!("cache_in_memory = {}", p.cache_in_memory));
    }
    if !def.comment.is_empty() {
        options.push(format!("comment = {}", text(&def.comment).to_sql_literal()));
    }
    let with = match options.is_empty() {
        true => String::new(),
        false => format!(" WITH ({})", options.join(", ")),
    };
    let kind = match def.id.is_temporary() {
        true => "TEMPORARY TABLE",
        false => "TABLE",
    };
    format!(
        "CREATE {kind} {} (\n  {}\n){with}",
        quoted(&def.name),
        parts.join(",\n  ")
    )
}
