//! INSERT, REPLACE, and the rows they take: VALUES with DEFAULT, SET, a query, or DEFAULT VALUES.

use super::binder::{Binder, Env};
use super::carried::Carried;
use super::column_values::{assign, default_of, is_default};
use super::generated::{generated, is_generated, not_assignable, takes_default};
use super::names::{Scope, ident, nearest};
use super::refuse::{Place, invalid, refuse, unsupported};
use super::view_base::Changed;
use crate::catalog::{TableDef, TableId};
use crate::sql::parse::{Overriding, carried_columns, overriding, start};
use crate::sql::plan::{
    ConflictAction, ConflictClause, ConflictTarget, Expr, Insert, InsertSource, OutputColumn, Plan, Query,
    Statement,
};
use crate::types::{DataType, Error, Result};
use alloc::{boxed::Box, format, sync::Arc, vec, vec::Vec};
use sqlparser::ast::{self, AssignmentTarget, Ident, ObjectName, ObjectNamePart, SetExpr, TableObject};

/// The error that a table has no such column.
pub(super) fn unknown_column(def: &TableDef, name: &Ident) -> Error {
    Error::Unknown {
        kind: "column",
        nearest: nearest(&name.value, def.visible_columns().map(|(_, c)| c.name.as_str())),
        name: format!("{}.{}", def.name, name.value),
        position: start(name.span),
    }
}

/// A column of what the statement changes: `column` or `table.column`.
fn own_column(into: &Changed, alias: Option<&str>, name: &ObjectName) -> Result<usize> {
    let column = match name.0.as_slice() {
        [ObjectNamePart::Identifier(column)] => column,
        [
            ObjectNamePart::Identifier(table),
            ObjectNamePart::Identifier(column),
        ] if table.value.eq_ignore_ascii_case(alias.unwrap_or(into.name())) => column,
        _ => return Err(invalid(format!("{name} is no column of {}", into.name()), name)),
    };
    into.column(column)
}

/// The column an assignment sets.
pub(super) fn target(into: &Changed, alias: Option<&str>, a: &ast::Assignment) -> Result<usize> {
    match &a.target {
        AssignmentTarget::ColumnName(name) => own_column(into, alias, name),
        AssignmentTarget::Tuple(_) => Err(unsupported("assignment to a row ((a, b) = …)", a)),
    }
}

fn refuse_clauses(i: &ast::Insert) -> Result<()> {
    let ast::Insert {
        insert_token: _,
        optimizer_hints,
        or: _,
        ignore: _,
        into: _,
        table: _,
        table_alias: _,
        columns: _,
        overwrite,
        source: _,
        assignments: _,
        partitioned,
        after_columns,
        has_table_keyword,
        on: _,
        returning: _,
        output,
        replace_into: _,
        // Nobody waits for a reader.
        priority: _,
        insert_alias: _,
        settings,
        format_clause,
        multi_table_insert_type,
        multi_table_into_clauses,
        multi_table_when_clauses,
        multi_table_else_clause,
    } = i;
    refuse(!optimizer_hints.is_empty(), "an optimizer hint", i)?;
    refuse(*overwrite, "INSERT OVERWRITE", i)?;
    refuse(
        partitioned.is_some() || !after_columns.is_empty(),
        "INSERT … PARTITION",
        i,
    )?;
    refuse(*has_table_keyword, "INSERT INTO TABLE", i)?;
    refuse(output.is_some(), "OUTPUT", i)?;
    refuse(settings.is_some(), "SETTINGS", i)?;
    refuse(format_clause.is_some(), "FORMAT", i)?;
    let multi = multi_table_insert_type.is_some()
        || !multi_table_into_clauses.is_empty()
        || !multi_table_when_clauses.is_empty()
        || multi_table_else_clause.is_some();
    refuse(multi, "INSERT into several tables", i)
}

/// What RETURNING cannot have.
const CORRELATED: &str = "a correlated subquery in RETURNING";

/// The rows of an INSERT.
pub(super) struct Rows {
    plan: Plan,
    pub(super) columns: Vec<usize>,
    /// What its query gives behind these columns: tables, and columns of theirs, that an upsert names.
    pub(super) others: Vec<OtherColumn>,
}

/// A column of an INSERT's query that is not inserted.
pub(super) struct OtherColumn {
    pub(super) table: Ident,
    pub(super) column: Ident,
    pub(super) ty: DataType,
}

/// The correlated subqueries of an upsert and of RETURNING, taken out of them.
fn carry_subqueries(
    (on_conflict, returning): (&mut [ConflictClause], Option<&mut Query>),
    rows: &Rows,
    def: &TableDef,
    defaults: &[Option<Expr>],
    at: &ast::Insert,
) -> Result<Carried> {
    let width = def.columns.len();
    let mut carried = Carried::default();
    let given = |column: usize| -> Option<Expr> {
        let ty = type_of(def, column);
        let own = def.columns.get(column)?;
        match rows.columns.iter().position(|c| *c == column) {
            // NULL stands for the next key.
            _ if own.auto_increment
                || def.row_id_column == Some(column) && !own.nullable && rows.columns.is_empty() =>
            {
                None
            }
            Some(index) => Some(Expr::Column { index, ty }),
            None if own.generated.is_some() => None,
            None => Some(match defaults.get(column) {
                Some(Some(default)) => default.clone(),
                _ => super::types::null_of(ty),
            }),
        }
    };
    let updates = on_conflict
        .iter()
        .any(|c| matches!(c.action, ConflictAction::Update { .. }));
    for clause in on_conflict {
        let ConflictAction::Update { set, filter, .. } = &mut clause.action else {
            continue;
        };
        let keys = equal_columns(&clause.target, def);
        let first = 2 * width + rows.others.len();
        let place = |index: usize| match index.checked_sub(width) {
            // The columns of the key are the same in both rows.
            None => given(index).filter(|_| keys.contains(&index)),
            Some(new) if new < width => given(new),
            Some(other) => {
                let ty = rows.others.get(other - width)?.ty.clone();
                let index = rows.columns.len() + other - width;
                Some(Expr::Column { index, ty })
            }
        };
        for e in set.iter_mut().map(|(_, e)| e).chain(filter) {
            carried.take(e, (first, "an upsert"), &place, at.place())?;
        }
    }
    if let Some(Query {
        plan: Plan::Project { exprs, .. },
        sub_plans,
        ..
    }) = returning
    {
        // Beside others of its own list it would name the wrong ones.
        let correlated = exprs.iter().any(Expr::is_correlated);
        refuse(correlated && !sub_plans.is_empty(), CORRELATED, at)?;
        let place = |index: usize| given(index).filter(|_| !updates);
        for e in exprs {
            carried.take(e, (width + rows.others.len(), "RETURNING"), &place, at.place())?;
        }
    }
    Ok(carried)
}

/// The columns in which a row that exists and the one to insert are the same if they collide as a clause says.
fn equal_columns(target: &ConflictTarget, def: &TableDef) -> Vec<usize> {
    let exact = |c: &usize| !matches!(type_of(def, *c), DataType::Text { .. });
    let columns = |key: Option<usize>| -> Vec<usize> {
        match key.map(|i| def.indexes.get(i)) {
            None => def.row_id_column.into_iter().collect(),
            Some(index) => index
                .into_iter()
                .flat_map(|i| i.own_columns())
                .map(|c| c.column)
                .collect(),
        }
    };
    let keys: Vec<Option<usize>> = match target {
        ConflictTarget::Keys(keys) => keys.clone(),
        ConflictTarget::Any => {
            let row_id = def.row_id_column.map(|_| None);
            let unique = def.indexes.iter().enumerate().filter(|(_, i)| i.unique);
            row_id.into_iter().chain(unique.map(|(at, _)| Some(at))).collect()
        }
    };
    match keys.as_slice() {
        [one] => columns(*one).into_iter().filter(exact).collect(),
        _ => Vec::new(),
    }
}

impl<'a> Binder<'a> {
    /// INSERT and REPLACE.
    pub(super) fn insert(&mut self, i: &'a ast::Insert) -> Result<Statement> {
        refuse_clauses(i)?;
        let name = match &i.table {
            TableObject::TableName(name) => name,
            _ => return Err(unsupported("INSERT into anything but a table", i)),
        };
        let into = self.inserted_into(name)?;
        let def = into.def.clone();
        let rows = self.insert_rows(i, &into)?;
        let mut on_conflict = self.on_conflict(i, &into, &rows)?;
        let defaults = self.other_defaults(&def, &rows.columns)?;
        let mut returning = match &i.returning {
            None => None,
            Some(items) => {
                let alias = i.table_alias.as_ref().map(|a| &a.alias);
                Some(self.returned_by(items, &into.scope(0).called(alias), &into)?)
            }
        };
        let carried = carry_subqueries((&mut on_conflict, returning.as_mut()), &rows, &def, &defaults, i)?;
        let columns: Arc<[OutputColumn]> = rows
            .columns
            .iter()
            .filter_map(|c| def.columns.get(*c))
            .map(|c| OutputColumn {
                name: c.name.clone(),
                ty: c.ty.clone(),
                table: Some(def.name.clone()),
            })
            .collect();
        Ok(Statement::Insert(Arc::new(Insert {
            table: def.id,
            columns: rows.columns,
            source: InsertSource::Query(Arc::new(Query {
                plan: carried.behind(rows.plan),
                sub_plans: core::mem::take(&mut self.sub_plans),
                columns,
            })),
            defaults,
            generated: generated(&def, self.cx)?,
            checks: into.checks(self.cx)?,
            on_conflict,
            counts_existing: i.replace_into || matches!(i.on, Some(ast::OnInsert::DuplicateKeyUpdate(_))),
            returning,
        })))
    }

    /// For each column of a table: its default, if it is not among those given.
    pub(super) fn other_defaults(&self, def: &TableDef, given: &[usize]) -> Result<Vec<Option<Expr>>> {
        let default = |(i, column)| match given.contains(&i) {
            true => Ok(None),
            false => default_of(def, column, self.cx),
        };
        def.columns.iter().enumerate().map(default).collect()
    }

    /// The table, or the table of the view, that an INSERT names.
    fn inserted_into(&mut self, name: &'a ObjectName) -> Result<Changed> {
        if let Ok((schema, own)) = self.cx.table_name(name)
            && let Some(view) = self.source().view(schema, &own.value)
            && self.source().table(schema, &own.value).is_none()
        {
            let base = self
                .view_base(view, own)?
                .map_err(|why| invalid(format!("view {} cannot be changed: {why}", own.value), name))?;
            return Ok(Changed {
                def: base.def.clone(),
                view: Some(Arc::new(base)),
            });
        }
        let def = self.cx.table(name)?;
        Ok(Changed { def, view: None })
    }

    fn insert_rows(&mut self, i: &'a ast::Insert, into: &Changed) -> Result<Rows> {
        let def = &into.def;
        if !i.assignments.is_empty() {
            return self.set_row(&i.assignments, into);
        }
        let (overriding, named) = overriding(&i.columns);
        let mut columns = named_columns(named, into)?;
        let Some(source) = &i.source else {
            // DEFAULT VALUES: one row that gives no column.
            return Ok(Rows {
                plan: super::join::one_row(),
                columns,
                others: Vec::new(),
            });
        };
        let all = columns.is_empty();
        if let SetExpr::Values(values) = source.body.as_ref()
            && source.with.is_none()
            && source.order_by.is_none()
            && source.limit_clause.is_none()
            && source.fetch.is_none()
        {
            // Their clauses are looked at as those of any query.
            self.refuse_query_clauses(source)?;
            if all {
                columns = unnamed_columns(into, values.rows.first().map_or(0, |r| r.content.len()))?;
            }
            return self.value_rows(&values.rows, columns, def, overriding);
        }
        let (plan, mut output) = self.query(source)?;
        let others: Vec<(&Ident, &Ident)> = match source.body.as_ref() {
            SetExpr::Select(select) => carried_columns(select).collect(),
            _ => Vec::new(),
        };
        let others = output
            .split_off(output.len().saturating_sub(others.len()))
            .into_iter()
            .zip(others);
        let others: Vec<OtherColumn> = others
            .map(|(o, (table, column))| OtherColumn {
                table: table.clone(),
                column: column.clone(),
                ty: o.ty,
            })
            .collect();
        if all {
            columns = unnamed_columns(into, output.len())?;
        }
        let refused =
            |c: &&usize| refuses_value(def, **c, overriding) && !ignores_value(def, **c, overriding);
        if let Some(c) = columns.iter().find(refused) {
            return Err(not_assignable(def, *c));
        }
        if output.len() != columns.len() {
            return Err(count_mismatch(columns.len(), output.len(), source.as_ref()));
        }
        let width = output.len();
        let mut exprs = Vec::with_capacity(width);
        for (index, (o, c)) in output.iter().zip(&columns).enumerate() {
            if ignores_value(def, *c, overriding) {
                continue;
            }
            let value = Expr::Column {
                index,
                ty: o.ty.clone(),
            };
            exprs.push(assign(value, def, *c));
        }
        columns.retain(|c| !ignores_value(def, *c, overriding));
        exprs.extend(others.iter().enumerate().map(|(i, o)| Expr::Column {
            index: width + i,
            ty: o.ty.clone(),
        }));
        Ok(Rows {
            plan: plan.projected(exprs, width + others.len()),
            columns,
            others,
        })
    }

    /// Refuses what a bare VALUES list cannot have.
    fn refuse_query_clauses(&self, q: &ast::Query) -> Result<()> {
        refuse(!q.locks.is_empty(), "FOR UPDATE or FOR SHARE", q)?;
        refuse(q.for_clause.is_some(), "FOR XML, JSON or BROWSE", q)?;
        refuse(q.settings.is_some(), "SETTINGS", q)?;
        refuse(q.format_clause.is_some(), "FORMAT", q)?;
        refuse(!q.pipe_operators.is_empty(), "a pipe operator (|>)", q)
    }

    fn value_rows(
        &mut self,
        rows: &'a [ast::Parens<Vec<ast::Expr>>],
        mut columns: Vec<usize>,
        def: &Arc<TableDef>,
        overriding: Option<Overriding>,
    ) -> Result<Rows> {
        if rows.iter().all(|r| r.content.is_empty()) {
            // `VALUES ()`: everything by default.
            columns.clear();
        }
        let defaults = self.used_defaults(rows, &columns, def)?;
        let scope = Scope::default();
        let mut env = Env::new(&scope, "VALUES").without_correlation();
        self.inserting = Some(def.clone());
        let mut bound = Vec::with_capacity(rows.len());
        for row in rows {
            if row.content.len() != columns.len() {
                return Err(match row.content.first() {
                    Some(e) => count_mismatch(columns.len(), row.content.len(), e),
                    None => count_mismatch(columns.len(), 0, &row.opening_token.0.span),
                });
            }
            let mut exprs = Vec::with_capacity(columns.len());
            for ((e, c), default) in row.content.iter().zip(&columns).zip(&defaults) {
                let refuses = refuses_value(def, *c, overriding);
                if ignores_value(def, *c, overriding) || (refuses && takes_default(def, *c, e)?) {
                    continue;
                }
                exprs.push(match (is_default(e), default) {
                    (true, Some(d)) => d.clone(),
                    (true, None) => super::types::null_of(type_of(def, *c)),
                    (false, _) => match self.inserted_literal(e, &type_of(def, *c))? {
                        Some(literal) => literal,
                        None => assign(self.expr(e, &mut env)?, def, *c),
                    },
                });
            }
            bound.push(exprs);
        }
        columns.retain(|c| !refuses_value(def, *c, overriding) && !ignores_value(def, *c, overriding));
        let types = columns.iter().map(|c| type_of(def, *c)).collect();
        Ok(Rows {
            plan: Plan::Values { rows: bound, types },
            columns,
            others: Vec::new(),
        })
    }

    /// The defaults of the columns for which a row says DEFAULT.
    fn used_defaults(
        &mut self,
        rows: &[ast::Parens<Vec<ast::Expr>>],
        columns: &[usize],
        def: &TableDef,
    ) -> Result<Vec<Option<Expr>>> {
        let mut defaults = vec![None; columns.len()];
        for row in rows {
            for ((e, c), slot) in row.content.iter().zip(columns).zip(&mut defaults) {
                if slot.is_none()
                    && is_default(e)
                    && let Some(column) = def.columns.get(*c)
                {
                    *slot = default_of(def, column, self.cx)?;
                }
            }
        }
        Ok(defaults)
    }

    /// The value that a column is set to.
    pub(super) fn assigned(
        &mut self,
        value: &'a ast::Expr,
        def: &TableDef,
        column: usize,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        if !is_default(value) {
            return Ok(assign(self.expr(value, env)?, def, column));
        }
        let default = match def.columns.get(column) {
            Some(c) => default_of(def, c, self.cx)?,
            None => None,
        };
        Ok(default.unwrap_or_else(|| super::types::null_of(type_of(def, column))))
    }

    /// `INSERT … SET a = 1, b = 2`.
    fn set_row(&mut self, assignments: &'a [ast::Assignment], into: &Changed) -> Result<Rows> {
        let def = &into.def;
        let mut columns = Vec::with_capacity(assignments.len());
        let mut row = Vec::with_capacity(assignments.len());
        let scope = Scope::default();
        let mut env = Env::new(&scope, "SET").without_correlation();
        self.inserting = Some(def.clone());
        for a in assignments {
            let column = target(into, None, a)?;
            if columns.contains(&column) {
                return Err(invalid("a column is set twice", a));
            }
            if takes_default(def, column, &a.value)? {
                continue;
            }
            columns.push(column);
            row.push(self.assigned(&a.value, def, column, &mut env)?);
        }
        let types = columns.iter().map(|c| type_of(def, *c)).collect();
        Ok(Rows {
            plan: Plan::Values {
                rows: vec![row],
                types,
            },
            columns,
            others: Vec::new(),
        })
    }

    /// RETURNING over rows with the columns of a scope, of which a view computes some.
    pub(super) fn returned_by(
        &mut self,
        items: &'a [ast::SelectItem],
        scope: &Scope,
        changed: &Changed,
    ) -> Result<Query> {
        let mut query = self.returning(items, scope)?;
        changed.compute(&mut query, scope.width());
        Ok(query)
    }

    /// RETURNING of a statement that has nowhere to run a subquery for each row.
    pub(super) fn returned_alone(
        &mut self,
        items: &'a [ast::SelectItem],
        scope: &Scope,
        changed: &Changed,
    ) -> Result<Query> {
        let query = self.returned_by(items, scope, changed)?;
        let mut correlated = false;
        if let Plan::Project { exprs, .. } = &query.plan {
            correlated = exprs.iter().any(Expr::is_correlated);
        }
        match (correlated, items.first()) {
            (true, Some(first)) => Err(unsupported(CORRELATED, first)),
            _ => Ok(query),
        }
    }

    /// RETURNING over rows with the columns of a scope.
    fn returning(&mut self, items: &'a [ast::SelectItem], scope: &Scope) -> Result<Query> {
        // Its subqueries run by themselves, before the first row.
        let others = core::mem::take(&mut self.sub_plans);
        let bound = self.select_list(items, scope, None);
        let sub_plans = core::mem::replace(&mut self.sub_plans, others);
        let items_bound = bound?;
        let columns = items_bound.iter().map(super::select::Item::output).collect();
        let ty = |index| scope.at_index(index).map_or(DataType::Null, |c| c.ty.clone());
        let types = (0..scope.width()).map(ty).collect();
        Ok(Query {
            plan: Plan::Project {
                input: Box::new(no_rows(types)),
                exprs: items_bound.into_iter().map(|i| i.expr).collect(),
            },
            sub_plans,
            columns,
        })
    }
}

/// The columns that an INSERT of rows of `given` values gives if it names none: all, the generated ones for DEFAULT,
/// as in MySQL; or all but the generated ones, as in SQLite.
pub(super) fn unnamed_columns(into: &Changed, given: usize) -> Result<Vec<usize>> {
    let def = &into.def;
    if let Some(columns) = into.view_columns() {
        let plain: Option<Vec<usize>> = columns.into_iter().collect();
        return plain.ok_or_else(|| {
            Error::invalid(format!(
                "view {} has columns that are computed; name the others: INSERT INTO {} (…) …",
                into.name(),
                into.name()
            ))
        });
    }
    let all = def.visible_columns().map(|(c, _)| c);
    let ordinary: Vec<usize> = all.clone().filter(|c| !is_generated(def, *c)).collect();
    Ok(match ordinary.len() == given {
        true => ordinary,
        false => all.collect(),
    })
}

pub(super) fn type_of(def: &TableDef, column: usize) -> DataType {
    def.columns.get(column).map_or(DataType::Null, |c| c.ty.clone())
}

/// The columns that INSERT names.
pub(super) fn named_columns(names: &[ObjectName], into: &Changed) -> Result<Vec<usize>> {
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let column = own_column(into, None, name)?;
        if columns.contains(&column) {
            return Err(invalid(format!("column {name} occurs twice"), name));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// Whether a column of an INSERT takes no value but DEFAULT.
fn refuses_value(def: &TableDef, column: usize, overriding: Option<Overriding>) -> bool {
    let computed = || def.columns.get(column).is_some_and(|c| c.generated.is_some());
    is_generated(def, column) && (overriding != Some(Overriding::System) || computed())
}

/// Whether a value that an INSERT gives for a column does not count.
fn ignores_value(def: &TableDef, column: usize, overriding: Option<Overriding>) -> bool {
    let identity = |c: &crate::catalog::ColumnDef| c.auto_increment;
    overriding == Some(Overriding::User) && def.columns.get(column).is_some_and(identity)
}

/// No row with columns of these types.
pub(super) fn no_rows(types: Vec<DataType>) -> Plan {
    let rows = Vec::new();
    Plan::Values { rows, types }
}

pub(super) fn count_mismatch(wanted: usize, given: usize, at: &impl Place) -> Error {
    invalid(
        format!("INSERT names {wanted} columns, but a row has {given} values"),
        at,
    )
}

/// The name of a row alias: `VALUES (…) AS new`.
pub(super) fn row_alias(name: &ObjectName) -> Result<&Ident> {
    ident(name, "row alias")
}

/// A definition that is not stored yet has this id.
pub(super) const NEW_TABLE: TableId = TableId(0);
