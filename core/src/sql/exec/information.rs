//! The rows of information_schema, made from the catalog as they are asked for: those of one table, view or
//! schema after the other.

use super::{BATCH_ROWS, Cx, Operator};
use crate::catalog::{
    Catalog, CheckDef, CheckOption, ColumnDef, ColumnDefault, ForeignKeyDef, IndexDef, ReferentialAction,
    SequenceDef, TableDef, TriggerEvent, TriggerTiming, ViewDef,
};
use crate::shared_sort::sort_shared;
use crate::sql::plan::{
    BoundView, INFORMATION_SCHEMA, InformationScan, InformationTable, Routine, ViewColumn,
};
use crate::table::Table;
use crate::types::{Batch, Collation, Column, DataType, IntType, Result, Value};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::task::Poll;

/// Bytes of a text without a maximum.
const TEXT_BYTES: i64 = 64 << 20;
/// The name of a primary key.
const PRIMARY: &str = "PRIMARY";

/// What rows are about.
enum Subject {
    Schema(String),
    Table(Arc<Table>),
    View(ViewDef),
    Sequence(Arc<SequenceDef>),
    /// A function of those bound.
    Routine(usize),
    /// A view of those bound, for its columns.
    BoundView(usize),
    /// A table of information_schema itself.
    System(InformationTable),
}

/// See the module.
pub struct InformationRows {
    scan: InformationScan,
    catalog: Catalog,
    /// Those to come, the next last.
    subjects: Vec<Subject>,
}

impl InformationRows {
    /// The rows of a table, as the catalog is now.
    pub fn new(scan: &InformationScan, catalog: &Catalog) -> InformationRows {
        let mut subjects = Vec::new();
        let permanent = catalog.tables().filter(|t| !t.def.id.is_temporary());
        let mut tables: Vec<&Arc<Table>> = permanent.collect();
        let key = |t: &Arc<Table>| (t.def.schema.to_ascii_lowercase(), t.def.name.to_ascii_lowercase());
        sort_shared(&mut tables, |a, b| key(a).cmp(&key(b)));
        let tables = tables.into_iter().cloned().map(Subject::Table);
        let system = InformationTable::ALL.into_iter().map(Subject::System);
        match scan.table {
            InformationTable::Schemata => {
                subjects.push(Subject::Schema(INFORMATION_SCHEMA.to_string()));
                subjects.extend(catalog.schemas().map(|s| Subject::Schema(s.to_string())));
            }
            InformationTable::Tables => {
                subjects.extend(tables);
                subjects.extend(catalog.views().cloned().map(Subject::View));
                subjects.extend(system);
            }
            InformationTable::Columns => {
                subjects.extend(tables);
                subjects.extend((0..scan.views.len()).map(Subject::BoundView));
                subjects.extend(system);
            }
            InformationTable::Views => subjects.extend(catalog.views().cloned().map(Subject::View)),
            InformationTable::Sequences => {
                let sequences = catalog.sequences().values();
                subjects.extend(sequences.map(|s| Subject::Sequence(s.def.clone())));
            }
            InformationTable::Routines => subjects.extend((0..scan.routines.len()).map(Subject::Routine)),
            InformationTable::Statistics
            | InformationTable::TableConstraints
            | InformationTable::KeyColumnUsage
            | InformationTable::ReferentialConstraints
            | InformationTable::CheckConstraints
            | InformationTable::Triggers => subjects.extend(tables),
        }
        subjects.reverse();
        InformationRows {
            scan: scan.clone(),
            catalog: catalog.clone(),
            subjects,
        }
    }

    fn rows_of(&self, subject: &Subject) -> Vec<Vec<Value>> {
        use InformationTable as T;
        match (self.scan.table, subject) {
            (T::Routines, Subject::Routine(i)) => {
                self.scan.routines.get(*i).map(routine_row).into_iter().collect()
            }
            (T::Schemata, Subject::Schema(name)) => vec![schema_row(name)],
            (T::Tables, Subject::Table(table)) => vec![table_row(table)],
            (T::Tables, Subject::View(view)) => {
                vec![other_table(&view.schema, &view.name, "VIEW", "VIEW")]
            }
            (T::Tables, Subject::System(table)) => {
                vec![other_table(INFORMATION_SCHEMA, table.name(), "SYSTEM VIEW", "")]
            }
            (T::Columns, Subject::Table(table)) => columns_of(&table.def),
            (T::Columns, Subject::BoundView(view)) => {
                self.scan.views.get(*view).map_or_else(Vec::new, columns_of_view)
            }
            (T::Columns, Subject::System(table)) => columns_of_system(*table),
            (T::Views, Subject::View(view)) => {
                let bound = self.scan.views.iter();
                let mut bound = bound.filter(|b| b.schema == view.schema && b.name == view.name);
                vec![view_row(view, bound.next().is_some_and(|b| b.changeable))]
            }
            (T::Statistics, Subject::Table(table)) => statistics_of(table),
            (T::TableConstraints, Subject::Table(table)) => constraints_of(&table.def),
            (T::KeyColumnUsage, Subject::Table(table)) => self.key_columns_of(&table.def),
            (T::ReferentialConstraints, Subject::Table(table)) => {
                let foreign = table.def.foreign_keys.iter();
                foreign.map(|f| self.foreign_key(&table.def, f)).collect()
            }
            (T::CheckConstraints, Subject::Table(table)) => checks_of(&table.def),
            (T::Triggers, Subject::Table(table)) => triggers_of(&table.def),
            (T::Sequences, Subject::Sequence(def)) => vec![sequence_row(def)],
            _ => Vec::new(),
        }
    }

    fn key_columns_of(&self, def: &TableDef) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        let mut row = |constraint: &str, column: usize, n: usize, parent: [Value; 4]| {
            let mut row = vec![
                text("def"),
                text(&def.schema),
                text(constraint),
                text("def"),
                text(&def.schema),
                text(&def.name),
                text(column_name(def, column)),
                Value::Int(n as i64 + 1),
            ];
            row.extend(parent);
            rows.push(row);
        };
        let none = || [Value::Null, Value::Null, Value::Null, Value::Null];
        for (n, c) in def.primary_key.iter().enumerate() {
            row(PRIMARY, *c, n, none());
        }
        for index in unique_indexes(def) {
            for (n, c) in index.own_columns().iter().enumerate() {
                row(&index.name, c.column, n, none());
            }
        }
        for foreign in &def.foreign_keys {
            let parent = self.catalog.parent_name(def.id, foreign);
            for (n, c) in foreign.columns.iter().enumerate() {
                let referenced = parent.as_ref().map(|p| {
                    [
                        Value::Int(n as i64 + 1),
                        text(&p.schema),
                        text(&p.table),
                        p.columns.get(n).map_or(Value::Null, text),
                    ]
                });
                row(&foreign.name, *c, n, referenced.unwrap_or_else(none));
            }
        }
        rows
    }

    /// The name of the key of its parent that a foreign key refers to.
    fn referenced_key(&self, f: &ForeignKeyDef) -> Value {
        let Some(parent) = self.catalog.get(f.parent) else {
            return Value::Null;
        };
        let same = |columns: &[usize]| {
            columns.len() == f.parent_columns.len() && columns.iter().all(|c| f.parent_columns.contains(c))
        };
        if same(&parent.def.primary_key) {
            return text(PRIMARY);
        }
        let columns = |i: &IndexDef| -> Vec<usize> { i.columns.iter().map(|c| c.column).collect() };
        let mut keys = unique_indexes(&parent.def);
        let found = keys.find(|i| same(&columns(i)));
        found.map_or(Value::Null, |i| text(&i.name))
    }

    fn foreign_key(&self, def: &TableDef, f: &ForeignKeyDef) -> Vec<Value> {
        let parent = self.catalog.parent_name(def.id, f);
        let action = |action: ReferentialAction| {
            text(match action {
                ReferentialAction::Restrict => "RESTRICT",
                ReferentialAction::Cascade => "CASCADE",
                ReferentialAction::SetNull => "SET NULL",
                ReferentialAction::SetDefault => "SET DEFAULT",
            })
        };
        vec![
            text("def"),
            text(&def.schema),
            text(&f.name),
            text("def"),
            parent.as_ref().map_or(Value::Null, |p| text(&p.schema)),
            self.referenced_key(f),
            text("NONE"),
            action(f.on_update),
            action(f.on_delete),
            text(&def.name),
            parent.as_ref().map_or(Value::Null, |p| text(&p.table)),
        ]
    }
}

impl Operator for InformationRows {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        cx.check_interrupt()?;
        let types = self.scan.table.columns();
        let mut data: Vec<Column> = types.iter().map(|(_, ty)| Column::new(ty.physical())).collect();
        let mut rows = 0;
        while rows < BATCH_ROWS
            && let Some(subject) = self.subjects.pop()
        {
            for row in self.rows_of(&subject) {
                let mut values = row.iter();
                for (column, (_, ty)) in data.iter_mut().zip(types) {
                    column.push_value(values.next().unwrap_or(&Value::Null), ty)?;
                }
                rows += 1;
            }
        }
        Poll::Ready(Ok((rows > 0).then(|| Batch::new(data, rows))))
    }
}

fn text(s: impl ToString) -> Value {
    Value::Text(s.to_string())
}

fn yes(b: bool) -> Value {
    text(if b { "YES" } else { "NO" })
}

fn int(n: u64) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn column_name(def: &TableDef, column: usize) -> &str {
    def.indexed(column).map_or("", |(c, _)| c.name.as_str())
}

/// UNIQUE constraints and unique indexes.
fn unique_indexes(def: &TableDef) -> impl Iterator<Item = &IndexDef> {
    def.indexes.iter().filter(|i| i.unique && i.name != PRIMARY)
}

fn schema_row(name: &str) -> Vec<Value> {
    vec![
        text("def"),
        text(name),
        text("utf8mb4"),
        text("utf8mb4_bin"),
        Value::Null,
        text(""),
    ]
}

/// A row of a table of these values by the names of their columns, all else NULL.
fn row_of(table: InformationTable, values: &[(&str, Value)]) -> Vec<Value> {
    let value = |(column, _): &(&str, DataType)| {
        let given = values.iter().find(|(name, _)| name == column);
        given.map_or(Value::Null, |(_, value)| value.clone())
    };
    table.columns().iter().map(value).collect()
}

fn tables_row(values: &[(&str, Value)]) -> Vec<Value> {
    row_of(InformationTable::Tables, values)
}

fn routine_row(routine: &Routine) -> Vec<Value> {
    let Routine { schema, function } = routine;
    let types = type_values(&function.returns);
    let ty = |at: usize| types.get(at).cloned().unwrap_or_default();
    let comment = match function.is_aggregate() {
        true => "aggregate function of the program",
        false => "function of the program",
    };
    row_of(
        InformationTable::Routines,
        &[
            ("SPECIFIC_NAME", text(&function.name)),
            ("ROUTINE_CATALOG", text("def")),
            ("ROUTINE_SCHEMA", text(schema)),
            ("ROUTINE_NAME", text(&function.name)),
            ("ROUTINE_TYPE", text("FUNCTION")),
            ("DATA_TYPE", ty(0)),
            ("CHARACTER_MAXIMUM_LENGTH", ty(1)),
            ("CHARACTER_OCTET_LENGTH", ty(2)),
            ("NUMERIC_PRECISION", ty(3)),
            ("NUMERIC_SCALE", ty(4)),
            ("DATETIME_PRECISION", ty(5)),
            ("CHARACTER_SET_NAME", ty(6)),
            ("COLLATION_NAME", ty(7)),
            ("DTD_IDENTIFIER", ty(8)),
            ("ROUTINE_BODY", text("EXTERNAL")),
            ("IS_DETERMINISTIC", text("YES")),
            ("SQL_DATA_ACCESS", text("NO SQL")),
            ("SECURITY_TYPE", text("INVOKER")),
            ("ROUTINE_COMMENT", text(comment)),
        ],
    )
}

fn table_row(table: &Table) -> Vec<Value> {
    let def = &table.def;
    let p = &def.persistence;
    let counts = def.columns.iter().any(|c| c.auto_increment);
    let next = if counts {
        Value::Int(table.sequence.peek())
    } else {
        Value::Null
    };
    tables_row(&[
        ("TABLE_CATALOG", text("def")),
        ("TABLE_SCHEMA", text(&def.schema)),
        ("TABLE_NAME", text(&def.name)),
        ("TABLE_TYPE", text("BASE TABLE")),
        ("ENGINE", text(p.placement())),
        ("VERSION", Value::Int(10)),
        ("ROW_FORMAT", text("Dynamic")),
        ("TABLE_ROWS", int(table.rows.len())),
        ("AUTO_INCREMENT", next),
        ("TABLE_COLLATION", text("utf8mb4_bin")),
        ("CREATE_OPTIONS", text("")),
        ("TABLE_COMMENT", text(&def.comment)),
        ("TEMPORARY", text("N")),
        ("PERSISTENT", yes(p.persistent)),
        ("SYNC_ON_WRITE", yes(p.sync_on_write)),
        ("CACHE_IN_MEMORY", yes(p.cache_in_memory)),
    ])
}

/// What is no table, as a row of TABLES.
fn other_table(schema: &str, name: &str, ty: &str, comment: &str) -> Vec<Value> {
    tables_row(&[
        ("TABLE_CATALOG", text("def")),
        ("TABLE_SCHEMA", text(schema)),
        ("TABLE_NAME", text(name)),
        ("TABLE_TYPE", text(ty)),
        ("TABLE_COMMENT", text(comment)),
    ])
}

fn sequence_row(def: &SequenceDef) -> Vec<Value> {
    vec![
        text("def"),
        text(&def.schema),
        text(&def.name),
        text("bigint"),
        Value::Int(64),
        Value::Int(2),
        Value::Int(0),
        Value::Int(def.start),
        Value::Int(def.min),
        Value::Int(def.max),
        Value::Int(def.increment),
        yes(def.cycle),
        Value::Int(def.cache),
    ]
}

fn view_row(view: &ViewDef, changeable: bool) -> Vec<Value> {
    vec![
        text("def"),
        text(&view.schema),
        text(&view.name),
        text(&view.sql),
        text(match view.check {
            None => "NONE",
            Some(CheckOption::Local) => "LOCAL",
            Some(CheckOption::Cascaded) => "CASCADED",
        }),
        text(if changeable { "YES" } else { "NO" }),
        text("amphi@localhost"),
        text("DEFINER"),
        text("utf8mb4"),
        text("utf8mb4_bin"),
        text("UNDEFINED"),
    ]
}

fn collation_name(collation: Collation) -> &'static str {
    match collation {
        Collation::Binary => "BINARY",
        Collation::NoCase => "NOCASE",
    }
}

/// What COLUMNS says of a type: from DATA_TYPE to COLUMN_TYPE.
fn type_values(ty: &DataType) -> Vec<Value> {
    let full = match ty {
        DataType::Members(m) => format!("{}{}", m.name().to_ascii_lowercase(), m.list()),
        _ => format!("{ty}").to_ascii_lowercase(),
    };
    let full = match full.split_once(" collate") {
        Some((full, _)) if !ty.is_members() => full.to_string(),
        _ => full,
    };
    let name = full.split(['(', ' ']).next().unwrap_or(&full).to_string();
    let (mut characters, mut octets, mut charset, mut collated) =
        (Value::Null, Value::Null, Value::Null, Value::Null);
    let (mut precision, mut scale, mut digits) = (Value::Null, Value::Null, Value::Null);
    match ty {
        DataType::Text { max, collation } => {
            characters = Value::Int(max.map_or(TEXT_BYTES, i64::from));
            octets = Value::Int(max.map_or(TEXT_BYTES, |n| 4 * i64::from(n)));
            charset = text("utf8mb4");
            collated = text(collation_name(*collation));
        }
        DataType::Blob { max } => {
            characters = Value::Int(max.map_or(TEXT_BYTES, i64::from));
            octets = characters.clone();
        }
        DataType::Members(members) => {
            let longest = i64::try_from(members.longest()).unwrap_or(TEXT_BYTES);
            (characters, octets) = (Value::Int(longest), Value::Int(4 * longest));
            charset = text("utf8mb4");
            collated = text(collation_name(members.collation()));
        }
        DataType::Bool => (precision, scale) = (Value::Int(3), Value::Int(0)),
        DataType::Int(i) => {
            let n = match i {
                IntType::I8 | IntType::U8 => 3,
                IntType::I16 | IntType::U16 => 5,
                IntType::I24 | IntType::U24 => 7,
                IntType::I32 | IntType::U32 => 10,
                IntType::I64 => 19,
                IntType::Bits(n) => i64::from(*n),
                IntType::Year => 4,
            };
            (precision, scale) = (Value::Int(n), Value::Int(0));
        }
        DataType::Decimal {
            precision: p,
            scale: s,
            ..
        } => (precision, scale) = (Value::Int(i64::from(*p)), Value::Int(i64::from(*s))),
        DataType::Float => precision = Value::Int(12),
        DataType::Double => precision = Value::Int(22),
        DataType::Time { fsp } | DataType::DateTime { fsp } | DataType::Timestamp { fsp } => {
            digits = Value::Int(i64::from(*fsp));
        }
        _ => {}
    }
    let name = text(name);
    vec![
        name,
        characters,
        octets,
        precision,
        scale,
        digits,
        charset,
        collated,
        text(full),
    ]
}

/// A column of anything, for COLUMNS.
struct Described<'a> {
    schema: &'a str,
    table: &'a str,
    column: &'a str,
    /// From 0.
    position: usize,
    ty: &'a DataType,
    nullable: bool,
}

impl Described<'_> {
    /// Its row; a table's column has more to say.
    fn row(&self, of: Option<(&TableDef, usize, &ColumnDef)>) -> Vec<Value> {
        let column = of.map(|(_, _, c)| c);
        let default = match column.map(|c| &c.default) {
            Some(ColumnDefault::Sql(sql)) => text(sql),
            _ => Value::Null,
        };
        let generated = column.and_then(|c| c.generated.as_ref());
        let mut extra = Vec::new();
        if column.is_some_and(|c| c.auto_increment) {
            extra.push(String::from("auto_increment"));
        }
        if let Some(g) = generated {
            let kind = if g.stored {
                "STORED GENERATED"
            } else {
                "VIRTUAL GENERATED"
            };
            extra.push(String::from(kind));
        }
        if let Some(sql) = column.and_then(|c| c.on_update.as_ref()) {
            extra.push(format!("on update {sql}"));
        }
        let mut row = vec![
            text("def"),
            text(self.schema),
            text(self.table),
            text(self.column),
            Value::Int(self.position as i64 + 1),
            default,
            yes(self.nullable),
        ];
        row.extend(type_values(self.ty));
        row.extend([
            text(of.map_or("", |(def, i, _)| def.column_key(i))),
            text(extra.join(" ")),
            text("select,insert,update,references"),
            text(column.map_or("", |c| c.comment.as_str())),
            text(if generated.is_some() { "ALWAYS" } else { "NEVER" }),
            generated.map_or(Value::Null, |g| text(&g.sql)),
        ]);
        row
    }
}

fn columns_of(def: &TableDef) -> Vec<Vec<Value>> {
    let visible = def.columns.iter().enumerate().filter(|(_, c)| !c.hidden);
    let row = |(position, (i, c)): (usize, (usize, &ColumnDef))| {
        let described = Described {
            schema: &def.schema,
            table: &def.name,
            column: &c.name,
            position,
            ty: &c.ty,
            nullable: c.nullable,
        };
        described.row(Some((def, i, c)))
    };
    visible.enumerate().map(row).collect()
}

fn columns_of_view(view: &BoundView) -> Vec<Vec<Value>> {
    let row = |(position, c): (usize, &ViewColumn)| {
        let described = Described {
            schema: &view.schema,
            table: &view.name,
            column: &c.name,
            position,
            ty: &c.ty,
            nullable: c.nullable,
        };
        described.row(None)
    };
    view.columns.iter().enumerate().map(row).collect()
}

fn columns_of_system(table: InformationTable) -> Vec<Vec<Value>> {
    let row = |(position, (column, ty)): (usize, &(&str, DataType))| {
        let described = Described {
            schema: INFORMATION_SCHEMA,
            table: table.name(),
            column,
            position,
            ty,
            nullable: true,
        };
        described.row(None)
    };
    table.columns().iter().enumerate().map(row).collect()
}

/// A row of STATISTICS: column `n` of an index.
fn statistic(
    table: &Table,
    index: (&str, bool),
    n: usize,
    column: usize,
    order: &str,
    keys: Value,
) -> Vec<Value> {
    let def = &table.def;
    let declared = def.indexed(column);
    let nullable = declared.is_some_and(|(c, _)| c.nullable);
    vec![
        text("def"),
        text(&def.schema),
        text(&def.name),
        Value::Int(i64::from(!index.1)),
        text(&def.schema),
        text(index.0),
        Value::Int(n as i64 + 1),
        // An expression has no name.
        declared.map_or(Value::Null, |(c, _)| text(&c.name)),
        text(order),
        keys,
        declared
            .and_then(|(_, length)| length)
            .map_or(Value::Null, |length| Value::Int(i64::from(length))),
        Value::Null,
        text(if nullable { "YES" } else { "" }),
        text("BTREE"),
        text(""),
        text(""),
        text("NO"),
    ]
}

fn statistics_of(table: &Table) -> Vec<Vec<Value>> {
    let keys =
        |index: Option<usize>, columns: usize| table.known_keys(index, columns).map_or(Value::Null, int);
    let mut rows = Vec::new();
    if let Some(c) = table.def.row_id_column {
        rows.push(statistic(table, (PRIMARY, true), 0, c, "A", keys(None, 1)));
    }
    for (i, index) in table.def.indexes.iter().enumerate() {
        let hidden = index.columns.len() - index.own_columns().len();
        for (n, c) in index.own_columns().iter().enumerate() {
            let order = if c.descending { "D" } else { "A" };
            let keys = keys(Some(i), hidden + n + 1);
            rows.push(statistic(
                table,
                (&index.name, index.unique),
                n,
                c.column,
                order,
                keys,
            ));
        }
    }
    rows
}

fn constraints_of(def: &TableDef) -> Vec<Vec<Value>> {
    let row = |name: &str, kind: &str| {
        vec![
            text("def"),
            text(&def.schema),
            text(name),
            text(&def.schema),
            text(&def.name),
            text(kind),
        ]
    };
    let mut rows = Vec::new();
    if !def.primary_key.is_empty() {
        rows.push(row(PRIMARY, "PRIMARY KEY"));
    }
    rows.extend(unique_indexes(def).map(|i| row(&i.name, "UNIQUE")));
    rows.extend(def.foreign_keys.iter().map(|f| row(&f.name, "FOREIGN KEY")));
    rows.extend(def.checks.iter().map(|c| row(&c.name, "CHECK")));
    rows
}

fn checks_of(def: &TableDef) -> Vec<Vec<Value>> {
    let row = |c: &CheckDef| {
        vec![
            text("def"),
            text(&def.schema),
            text(&def.name),
            text(&c.name),
            text("Table"),
            text(&c.sql),
        ]
    };
    def.checks.iter().map(row).collect()
}

fn triggers_of(def: &TableDef) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for (i, t) in def.triggers.iter().enumerate() {
        let earlier = def.triggers.iter().take(i);
        let order = earlier
            .filter(|o| o.timing == t.timing && o.event == t.event)
            .count();
        let event = match t.event {
            TriggerEvent::Insert => "INSERT",
            TriggerEvent::Update => "UPDATE",
            TriggerEvent::Delete => "DELETE",
        };
        let timing = match t.timing {
            TriggerTiming::Before => "BEFORE",
            TriggerTiming::After => "AFTER",
        };
        let body = match t.body.as_slice() {
            [one] => one.clone(),
            many => format!("BEGIN {}; END", many.join("; ")),
        };
        rows.push(vec![
            text("def"),
            text(&def.schema),
            text(&t.name),
            text(event),
            text("def"),
            text(&def.schema),
            text(&def.name),
            Value::Int(order as i64 + 1),
            t.when.as_ref().map_or(Value::Null, text),
            text(body),
            text("ROW"),
            text(timing),
            Value::Null,
            Value::Null,
            text("OLD"),
            text("NEW"),
            Value::Null,
            text(""),
            text("amphi@localhost"),
            text("utf8mb4"),
            text("utf8mb4_bin"),
            text("utf8mb4_bin"),
        ]);
    }
    rows
}
