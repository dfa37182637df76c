//! The columns an expression may name.
//!
//! A scope lists the columns of a FROM clause with their place in the plan's output. Columns merged by
//! USING or NATURAL stay reachable by their qualified names, but only one of each pair is among the
//! `visible` ones, which unqualified names and `*` see.

use super::nearest;
use crate::catalog::TableDef;
use crate::sql::bind::view_base::Changed;
use crate::sql::parse::start;
use crate::sql::plan::Expr;
use crate::types::{DataType, Error, Result};
use alloc::{string::String, sync::Arc, vec::Vec};
use sqlparser::ast::Ident;

/// Where a table's column names come from.
#[derive(Debug, Clone)]
enum ColumnNames {
    Table(Arc<TableDef>),
    Derived(Vec<String>),
}

/// A table, derived table or CTE of a FROM clause.
#[derive(Debug, Clone)]
pub(in crate::sql::bind) struct ScopeTable {
    /// Alias, or the table's name.
    pub(in crate::sql::bind) name: String,
    columns: ColumnNames,
    /// Whether an alias hides the schema's name.
    aliased: bool,
    /// The schema of a view.
    schema: Option<String>,
    /// In a statement that changes rows, of a view: what it changes through it, or why that cannot be.
    changed: Option<core::result::Result<Changed, String>>,
}

impl ScopeTable {
    /// A stored table.
    pub(in crate::sql::bind) fn table(def: Arc<TableDef>, alias: Option<String>) -> ScopeTable {
        ScopeTable {
            aliased: alias.is_some(),
            name: alias.unwrap_or_else(|| def.name.clone()),
            columns: ColumnNames::Table(def),
            schema: None,
            changed: None,
        }
    }

    /// Anything else with named columns.
    pub(in crate::sql::bind) fn derived(name: String, columns: Vec<String>) -> ScopeTable {
        ScopeTable {
            name,
            columns: ColumnNames::Derived(columns),
            aliased: true,
            schema: None,
            changed: None,
        }
    }

    /// A view under its own name.
    pub(in crate::sql::bind) fn view(schema: String, name: String, columns: Vec<String>) -> ScopeTable {
        ScopeTable {
            schema: Some(schema),
            ..ScopeTable::derived(name, columns)
        }
    }

    /// What a statement changes that changes it; `None`: it is neither a table nor a view.
    ///
    /// Errors: why it cannot be changed.
    pub(in crate::sql::bind) fn changed(&self) -> Option<core::result::Result<Changed, String>> {
        let table = self.def().map(|def| {
            Ok(Changed {
                def: def.clone(),
                view: None,
            })
        });
        table.or_else(|| self.changed.clone())
    }

    /// The schema by which the table can be qualified.
    fn schema(&self) -> Option<&str> {
        match &self.columns {
            ColumnNames::Table(d) if !self.aliased => Some(&d.schema),
            ColumnNames::Table(_) => None,
            ColumnNames::Derived(_) => self.schema.as_deref(),
        }
    }

    /// The definition of a stored table.
    pub(in crate::sql::bind) fn def(&self) -> Option<&Arc<TableDef>> {
        match &self.columns {
            ColumnNames::Table(d) => Some(d),
            ColumnNames::Derived(_) => None,
        }
    }

    fn column_name(&self, column: usize) -> &str {
        match &self.columns {
            ColumnNames::Table(d) => d.columns.get(column).map_or("", |c| c.name.as_str()),
            ColumnNames::Derived(names) => names.get(column).map_or("", String::as_str),
        }
    }

    fn is_called(&self, schema: Option<&str>, name: &str) -> bool {
        let schema_fits = schema.is_none_or(|s| self.schema().is_some_and(|own| own.eq_ignore_ascii_case(s)));
        schema_fits && self.name.eq_ignore_ascii_case(name)
    }
}

/// A column in scope.
#[derive(Debug, Clone)]
pub(in crate::sql::bind) struct ScopeColumn {
    /// Position in [`Scope::tables`].
    pub(in crate::sql::bind) table: usize,
    /// Position among the table's columns.
    pub(in crate::sql::bind) column: usize,
    /// Type.
    pub(in crate::sql::bind) ty: DataType,
    /// Position in the plan's output.
    pub(in crate::sql::bind) index: usize,
}

/// Most tables that one FROM clause joins: each is a level of the plan.
pub(in crate::sql::bind) const MAX_TABLES: usize = 64;

/// The columns of a FROM clause.
#[derive(Debug, Clone, Default)]
pub(in crate::sql::bind) struct Scope {
    tables: Vec<ScopeTable>,
    columns: Vec<ScopeColumn>,
    /// Positions in `columns`, in the order of `*`.
    visible: Vec<usize>,
    /// Width of the plan's output.
    width: usize,
}

impl Scope {
    /// One table whose columns are the plan's output, in order.
    pub(in crate::sql::bind) fn of(table: ScopeTable, types: Vec<DataType>) -> Scope {
        let columns: Vec<ScopeColumn> = types
            .into_iter()
            .enumerate()
            .map(|(i, ty)| ScopeColumn {
                table: 0,
                column: i,
                ty,
                index: i,
            })
            .collect();
        Scope {
            tables: alloc::vec![table],
            visible: (0..columns.len()).collect(),
            width: columns.len(),
            columns,
        }
    }

    /// The columns of a stored table at their positions; hidden ones are not among them.
    pub(in crate::sql::bind) fn of_table(def: &Arc<TableDef>, alias: Option<String>) -> Scope {
        Scope::over_table(ScopeTable::table(def.clone(), alias), def)
    }

    /// The columns of a stored table at their positions, as a table of any names.
    pub(in crate::sql::bind) fn over_table(table: ScopeTable, def: &TableDef) -> Scope {
        let columns: Vec<ScopeColumn> = def
            .visible_columns()
            .map(|(i, c)| ScopeColumn {
                table: 0,
                column: i,
                ty: c.ty.clone(),
                index: i,
            })
            .collect();
        Scope {
            tables: alloc::vec![table],
            visible: (0..columns.len()).collect(),
            width: def.columns.len(),
            columns,
        }
    }

    /// As [`Scope::of_table`], with the row id, which has no name, as the last column of the plan's output.
    pub(in crate::sql::bind) fn of_rows(def: &Arc<TableDef>, alias: Option<String>) -> Scope {
        let mut scope = Scope::of_table(def, alias);
        scope.width += 1;
        scope
    }

    /// The same with another name of its first table.
    pub(in crate::sql::bind) fn called(mut self, alias: Option<&Ident>) -> Scope {
        if let (Some(alias), Some(table)) = (alias, self.tables.first_mut()) {
            table.name = alias.value.clone();
            table.aliased = true;
            table.schema = None;
        }
        self
    }

    /// Says of its first table, a view, what is changed through it, and what it is called here.
    pub(in crate::sql::bind) fn can_be_changed(&mut self, changed: Changed, alias: Option<String>) {
        if let Some(table) = self.tables.first_mut() {
            table.changed = Some(Ok(changed));
            if let Some(alias) = alias {
                table.name = alias;
                table.schema = None;
            }
        }
    }

    /// Says of its first table, a view, why it cannot be changed.
    pub(in crate::sql::bind) fn cannot_be_changed(&mut self, why: Option<String>) {
        if let (Some(table), Some(why)) = (self.tables.first_mut(), why) {
            table.changed = Some(Err(why));
        }
    }

    /// The same names over another output: `place` says where a column is there.
    pub(in crate::sql::bind) fn moved(
        mut self,
        width: usize,
        place: impl Fn(&ScopeColumn) -> Option<usize>,
    ) -> Scope {
        self.width = width;
        for column in &mut self.columns {
            if let Some(index) = place(column) {
                column.index = index;
            }
        }
        self
    }

    /// The same with some of the columns only.
    pub(in crate::sql::bind) fn only(mut self, keep: impl Fn(&ScopeColumn) -> bool) -> Scope {
        let columns = &self.columns;
        self.visible.retain(|v| columns.get(*v).is_some_and(&keep));
        let kept: Vec<bool> = columns.iter().map(&keep).collect();
        let before = |v: usize| kept.iter().take(v).filter(|k| **k).count();
        self.visible.iter_mut().for_each(|v| *v = before(*v));
        self.columns.retain(&keep);
        self
    }

    /// The position of a table in [`Scope::tables`].
    pub(in crate::sql::bind) fn table_at(&self, schema: Option<&str>, name: &str) -> Option<usize> {
        self.tables.iter().position(|t| t.is_called(schema, name))
    }

    /// Width of the plan's output.
    pub(in crate::sql::bind) fn width(&self) -> usize {
        self.width
    }

    /// How many columns are in scope, visible or not.
    pub(in crate::sql::bind) fn column_count(&self) -> usize {
        self.columns.len()
    }

    /// The tables.
    pub(in crate::sql::bind) fn tables(&self) -> &[ScopeTable] {
        &self.tables
    }

    /// Appends the columns of another scope, whose plan's output follows this one's. Returns the
    /// positions that the other's columns have now.
    ///
    /// Errors: the same table name on both sides; more than [`MAX_TABLES`].
    pub(in crate::sql::bind) fn append(&mut self, other: Scope) -> Result<()> {
        let shift = self.width;
        self.width += other.width;
        self.append_at(other, |index| index + shift)
    }

    /// As [`Scope::append`], with the other's columns reachable by qualified names only.
    pub(in crate::sql::bind) fn append_hidden(&mut self, mut other: Scope) -> Result<()> {
        other.visible.clear();
        self.append(other)
    }

    /// As [`Scope::append_hidden`], with the other's columns where `place` says in an output of this width.
    pub(in crate::sql::bind) fn append_hidden_at(
        &mut self,
        mut other: Scope,
        width: usize,
        place: impl Fn(usize) -> usize,
    ) -> Result<()> {
        other.visible.clear();
        self.width = width;
        self.append_at(other, place)
    }

    /// As [`Scope::append`] with the sides of the output exchanged: the other's columns come first.
    pub(in crate::sql::bind) fn append_before(&mut self, other: Scope) -> Result<()> {
        let shift = other.width;
        self.width += shift;
        self.columns.iter_mut().for_each(|c| c.index += shift);
        self.append_at(other, |index| index)
    }

    fn append_at(&mut self, other: Scope, index: impl Fn(usize) -> usize) -> Result<()> {
        for t in &other.tables {
            let twice = |mine: &&ScopeTable| {
                mine.name.eq_ignore_ascii_case(&t.name)
                    && match (mine.schema(), t.schema()) {
                        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
                        _ => true,
                    }
            };
            if !t.name.is_empty() && self.tables.iter().any(|mine| twice(&mine)) {
                return Err(Error::invalid(alloc::format!(
                    "the table name {} occurs twice in FROM; give one an alias",
                    t.name
                )));
            }
        }
        let tables = self.tables.len();
        let columns = self.columns.len();
        if tables + other.tables.len() > MAX_TABLES {
            return Err(Error::invalid(alloc::format!(
                "a FROM clause joins at most {MAX_TABLES} tables; collect some of them in a table first"
            )));
        }
        self.tables.extend(other.tables);
        self.columns
            .extend(other.columns.into_iter().map(|c| ScopeColumn {
                table: c.table + tables,
                index: index(c.index),
                ..c
            }));
        self.visible.extend(other.visible.iter().map(|v| v + columns));
        Ok(())
    }

    /// Makes the columns of USING visible once, first: of each pair `(kept, hidden)` of positions the
    /// first stays.
    pub(in crate::sql::bind) fn merge(&mut self, pairs: &[(usize, usize)]) {
        let mentioned = |v: &usize| pairs.iter().any(|(kept, hidden)| kept == v || hidden == v);
        let mut visible: Vec<usize> = pairs.iter().map(|(kept, _)| *kept).collect();
        visible.extend(self.visible.iter().copied().filter(|v| !mentioned(v)));
        self.visible = visible;
    }

    /// The column at a position returned by [`Scope::find_visible`].
    pub(in crate::sql::bind) fn column(&self, at: usize) -> Option<&ScopeColumn> {
        self.columns.get(at)
    }

    /// A column's name.
    pub(in crate::sql::bind) fn name(&self, column: &ScopeColumn) -> &str {
        self.tables
            .get(column.table)
            .map_or("", |t| t.column_name(column.column))
    }

    /// The name of the stored table a column comes from.
    pub(in crate::sql::bind) fn source(&self, column: &ScopeColumn) -> Option<&str> {
        let def = self.tables.get(column.table)?.def()?;
        Some(def.name.as_str())
    }

    /// The visible columns, in the order of `*`, with their positions.
    pub(in crate::sql::bind) fn visible(&self) -> impl Iterator<Item = (usize, &ScopeColumn)> {
        self.visible
            .iter()
            .filter_map(|v| self.columns.get(*v).map(|c| (*v, c)))
    }

    /// The columns of a star as names that mean the same columns, to be written in its place: each with
    /// the name of its table, but those of `prefix.*`, of which the first has its prefix already.
    ///
    /// Errors: two columns of one name.
    pub(in crate::sql::bind) fn written<'s>(
        &'s self,
        columns: impl Iterator<Item = &'s ScopeColumn>,
        prefix: Option<&str>,
    ) -> Result<String> {
        let quoted = |name: &str| alloc::format!("`{}`", name.replace('`', "``"));
        let mut out = String::new();
        let mut seen = alloc::collections::BTreeSet::new();
        for c in columns {
            let name = self.name(c);
            if !seen.insert((c.table, name.to_ascii_lowercase())) {
                return Err(Error::invalid(alloc::format!(
                    "* stands for two columns named {name}; name the columns"
                )));
            }
            let is_first = out.is_empty();
            if !is_first {
                out.push_str(", ");
            }
            match (prefix, self.tables.get(c.table)) {
                (Some(_), _) if is_first => {}
                (Some(prefix), _) => {
                    out.push_str(prefix);
                    out.push('.');
                }
                (None, Some(table)) if !table.name.is_empty() => {
                    let same = |t: &&ScopeTable| t.name.eq_ignore_ascii_case(&table.name);
                    if let Some(schema) = table.schema()
                        && self.tables.iter().filter(same).count() > 1
                    {
                        out.push_str(&quoted(schema));
                        out.push('.');
                    }
                    out.push_str(&quoted(&table.name));
                    out.push('.');
                }
                (None, _) => {}
            }
            out.push_str(&quoted(name));
        }
        Ok(out)
    }

    /// The columns of `table.*`.
    pub(in crate::sql::bind) fn columns_of(
        &self,
        schema: Option<&str>,
        table: &str,
    ) -> Option<impl Iterator<Item = &ScopeColumn>> {
        let t = self.table_at(schema, table)?;
        Some(self.columns.iter().filter(move |c| c.table == t))
    }

    /// The columns of the table at a position in [`Scope::tables`].
    pub(in crate::sql::bind) fn columns_at(&self, table: usize) -> impl Iterator<Item = &ScopeColumn> {
        self.columns.iter().filter(move |c| c.table == table)
    }

    /// The column at a position of the plan's output.
    pub(in crate::sql::bind) fn at_index(&self, index: usize) -> Option<&ScopeColumn> {
        self.columns.iter().find(|c| c.index == index)
    }

    /// The positions of the visible columns of that name.
    pub(in crate::sql::bind) fn find_visible<'s>(
        &'s self,
        name: &'s str,
    ) -> impl Iterator<Item = usize> + 's {
        self.visible()
            .filter(move |(_, c)| self.name(c).eq_ignore_ascii_case(name))
            .map(|(v, _)| v)
    }

    /// An unqualified name: `None` if there is no such column, an error if there are several.
    pub(in crate::sql::bind) fn unqualified(&self, name: &Ident) -> Result<Option<&ScopeColumn>> {
        let mut found = self.find_visible(&name.value);
        let first = found.next();
        if found.next().is_some() {
            return Err(Error::AmbiguousColumn {
                name: name.value.clone(),
                position: start(name.span),
            });
        }
        Ok(first.and_then(|v| self.columns.get(v)))
    }

    /// `[schema.]table.column`: `None` if the table is not in scope or has no such column.
    pub(in crate::sql::bind) fn qualified(
        &self,
        schema: Option<&str>,
        table: &str,
        name: &str,
    ) -> Option<&ScopeColumn> {
        self.columns_of(schema, table)?
            .find(|c| self.name(c).eq_ignore_ascii_case(name))
    }

    /// Whether a column's table has another column of its name, as a derived one may.
    pub(in crate::sql::bind) fn has_twice(&self, column: &ScopeColumn) -> bool {
        let table = self.tables.get(column.table);
        let is_derived = table.is_some_and(|t| matches!(t.columns, ColumnNames::Derived(_)));
        let same = |c: &&ScopeColumn| self.name(c).eq_ignore_ascii_case(self.name(column));
        is_derived && self.columns_at(column.table).filter(same).count() > 1
    }

    /// Whether a table of that name is in scope.
    pub(in crate::sql::bind) fn has_table(&self, schema: Option<&str>, table: &str) -> bool {
        self.table_at(schema, table).is_some()
    }

    /// The error for a column that is not there.
    pub(in crate::sql::bind) fn unknown_column(&self, written: String, name: &Ident) -> Error {
        let names = self.columns.iter().map(|c| self.name(c));
        Error::Unknown {
            kind: "column",
            nearest: nearest(&name.value, names),
            name: written,
            position: start(name.span),
        }
    }
}

impl ScopeColumn {
    /// The column as an expression.
    pub(in crate::sql::bind) fn expr(&self) -> Expr {
        Expr::Column {
            index: self.index,
            ty: self.ty.clone(),
        }
    }
}
