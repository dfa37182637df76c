//! The statements that make a database, or one table of it, again.
//!
//! They run in this order: sequences, which defaults may name, tables without foreign keys, their rows, and then what
//! rows change, look at or fire when they come: counters, partial indexes, foreign keys, views, triggers. So no order of the rows matters,
//! and foreign keys may go round in circles.

use super::Session;
use super::show::{create_sequence, create_table_with, create_view, foreign_key, partial_indexes};
use super::triggers::create_trigger;
use crate::catalog::{Catalog, NumberSequence, TableDef, ViewDef, name_key};
use crate::sql::parse::{PieceKind, pieces};
use crate::table::{Table, quoted};
use crate::types::{Error, Result};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Statements without their semicolons, and where rows come between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dump {
    /// Statements to run before rows are inserted.
    pub before: Vec<String>,
    /// The tables, parents and children in no particular order.
    pub tables: Vec<DumpedTable>,
    /// Statements to run when the rows of all tables are there.
    pub after: Vec<String>,
}

/// How the rows of a table are read and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpedTable {
    /// The query that reads them.
    pub select: String,
    /// How many columns of it are to be inserted.
    pub columns: usize,
    /// The statement that writes them, up to and with VALUES; rows in parentheses follow.
    pub insert: String,
}

/// Statements, each run in the schema it is meant for.
struct Statements {
    list: Vec<String>,
    /// The current schema while they run.
    schema: String,
    /// Whether they name schemas at all: one that is dumped alone may be loaded into any.
    several: bool,
}

impl Statements {
    fn push(&mut self, schema: &str, sql: String) {
        self.go_to(schema);
        self.list.push(sql);
    }

    fn go_to(&mut self, schema: &str) {
        if self.several && !self.schema.eq_ignore_ascii_case(schema) {
            self.list.push(format!("USE {}", quoted(schema)));
            self.schema = String::from(schema);
        }
    }
}

impl Session {
    /// What makes all tables, views, sequences and triggers again, temporary tables left out; or one table, by its name
    /// or with its schema before it.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is no such table.
    pub fn dump(&self, only: Option<&str>) -> Result<Dump> {
        let catalog = self.catalog();
        let (tables, views) = match only {
            None => (
                catalog.tables().filter(|t| !t.def.id.is_temporary()).collect(),
                catalog.views().collect(),
            ),
            Some(name) => self.one(&catalog, name)?,
        };
        Ok(self.script(&catalog, &tables, views, only.is_none()))
    }

    fn one<'a>(&self, catalog: &'a Catalog, name: &str) -> Result<(Vec<&'a Arc<Table>>, Vec<&'a ViewDef>)> {
        let apart = name.split_once('.').into_iter();
        for (schema, name) in [(self.schema(), name)].into_iter().chain(apart) {
            if let Some(table) = catalog.find_visible(schema, name) {
                return Ok((alloc::vec![table], Vec::new()));
            }
            if let Some(view) = catalog.find_view(schema, name) {
                return Ok((Vec::new(), alloc::vec![view]));
            }
        }
        Err(Error::Unknown {
            kind: "table",
            name: String::from(name),
            nearest: None,
            position: None,
        })
    }

    fn script(&self, catalog: &Catalog, tables: &[&Arc<Table>], views: Vec<&ViewDef>, whole: bool) -> Dump {
        let here = |schema: &str| schema.eq_ignore_ascii_case(self.schema());
        let sequences: Vec<&NumberSequence> = catalog.sequences().values().filter(|_| whole).collect();
        let several = whole
            && !(tables.iter().all(|t| here(&t.def.schema))
                && views.iter().all(|v| here(&v.schema))
                && sequences.iter().all(|s| here(&s.def.schema)));
        let start = || Statements {
            list: Vec::new(),
            schema: String::from(self.schema()),
            several,
        };
        let mut before = start();
        for schema in catalog.schemas().filter(|_| several) {
            before
                .list
                .push(format!("CREATE DATABASE IF NOT EXISTS {}", quoted(schema)));
        }
        for sequence in &sequences {
            before.push(&sequence.def.schema, create_sequence(&sequence.def));
        }
        for table in tables {
            before.push(&table.def.schema, create_table_with(&table.def, Vec::new()));
        }
        before.go_to(self.schema());
        let mut after = start();
        for sequence in sequences {
            go_on(sequence, &mut after);
        }
        for table in tables {
            completed(table, &mut after);
        }
        for table in tables {
            foreign_keys(catalog, &table.def, &mut after);
        }
        for view in in_order(views) {
            after.push(&view.schema, create_view(view));
        }
        for table in tables {
            for trigger in &table.def.triggers {
                after.push(&table.def.schema, create_trigger(&table.def, trigger));
            }
        }
        after.go_to(self.schema());
        Dump {
            before: before.list,
            tables: tables
                .iter()
                .map(|t| rows_of(&t.def, here(&t.def.schema), several))
                .collect(),
            after: after.list,
        }
    }
}

/// Has a sequence go on where it is.
fn go_on(sequence: &NumberSequence, after: &mut Statements) {
    let def = &sequence.def;
    let name = quoted(&def.name);
    after.push(
        &def.schema,
        match sequence.state.next() {
            Some(next) => format!("ALTER SEQUENCE {name} RESTART WITH {next}"),
            None => {
                let last = if def.increment > 0 { def.max } else { def.min };
                format!("SELECT SETVAL({name}, {last})")
            }
        },
    );
}

/// The table's counter and partial indexes.
fn completed(table: &Table, after: &mut Statements) {
    let def = &table.def;
    let next = table.sequence.peek();
    if def.columns.iter().any(|c| c.auto_increment) && next > 1 {
        let sql = format!("ALTER TABLE {} AUTO_INCREMENT = {next}", quoted(&def.name));
        after.push(&def.schema, sql);
    }
    for index in partial_indexes(def) {
        after.push(&def.schema, index);
    }
}

/// The table's foreign keys whose parents exist.
fn foreign_keys(catalog: &Catalog, def: &TableDef, after: &mut Statements) {
    for f in def
        .foreign_keys
        .iter()
        .filter(|f| catalog.get(f.parent).is_some())
    {
        let sql = format!(
            "ALTER TABLE {} ADD {}",
            quoted(&def.name),
            foreign_key(catalog, def, f)
        );
        after.push(&def.schema, sql);
    }
}

fn rows_of(def: &TableDef, here: bool, several: bool) -> DumpedTable {
    let table = quoted(&def.name);
    let full = format!("{}.{table}", quoted(&def.schema));
    let columns = def.visible_columns().filter(|(_, c)| c.generated.is_none());
    let names: Vec<String> = columns.map(|(_, c)| quoted(&c.name)).collect();
    let list = names.join(", ");
    DumpedTable {
        select: format!(
            "SELECT {} FROM {}",
            if names.is_empty() { "1" } else { &list },
            if here { &table } else { &full }
        ),
        columns: names.len(),
        insert: format!(
            "INSERT INTO {} ({list}) VALUES",
            if several { &full } else { &table }
        ),
    }
}

/// The views, each after those that its query names. Names that merely look alike cost nothing; where they
/// make a circle, the first view of it comes first.
fn in_order(views: Vec<&ViewDef>) -> Vec<&ViewDef> {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, view) in views.iter().enumerate() {
        by_name.entry(name_key(&view.name)).or_default().push(i);
    }
    let named: Vec<Vec<usize>> = views.iter().map(|v| names_in(&v.sql, &by_name)).collect();
    let mut started = alloc::vec![false; views.len()];
    let mut ordered = Vec::new();
    for i in 0..views.len() {
        // Views to go through, each with those it names that are still to be looked at.
        let mut path: Vec<(usize, &[usize])> = Vec::new();
        let enter = |i: usize, started: &mut Vec<bool>| match started.get_mut(i) {
            Some(s) if !*s => {
                *s = true;
                Some((i, named.get(i).map_or(&[][..], Vec::as_slice)))
            }
            _ => None,
        };
        path.extend(enter(i, &mut started));
        while let Some((at, rest)) = path.last_mut() {
            match rest.split_first() {
                Some((next, others)) => {
                    *rest = others;
                    path.extend(enter(*next, &mut started));
                }
                None => {
                    ordered.extend(views.get(*at).copied());
                    path.pop();
                }
            }
        }
    }
    ordered
}

/// The views that a text names.
fn names_in(sql: &str, views: &BTreeMap<String, Vec<usize>>) -> Vec<usize> {
    let name = |piece: crate::sql::parse::Piece| {
        let text = sql.get(piece.bytes)?;
        match piece.kind {
            PieceKind::Word => Some(name_key(text)),
            PieceKind::QuotedName => {
                let inner = text.get(1..text.len().checked_sub(1)?)?;
                let quote = text.get(..1)?;
                Some(name_key(&inner.replace(&format!("{quote}{quote}"), quote)))
            }
            _ => None,
        }
    };
    let names = pieces(sql).into_iter().filter_map(name);
    names.filter_map(|n| views.get(&n)).flatten().copied().collect()
}
