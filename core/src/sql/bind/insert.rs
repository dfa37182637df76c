//! INSERT, REPLACE, and the rows they take: VALUES with DEFAULT, SET, a query, or DEFAULT VALUES.

use super::binder::{Binder, Env};
use super::column_values::{assign, default_of, is_default};
use super::generated::{generated, is_generated, not_assignable, takes_default};
use super::names::{Scope, ident, nearest};
use super::refuse::{Place, invalid, refuse, unsupported};
use super::view_base::Changed;
use crate::catalog::{TableDef, TableId};
use crate::sql::parse::{Overriding, overriding, start};
use crate::sql::plan::{Expr, Insert, InsertSource, OutputColumn, Plan, Query, Statement};
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
        table_alias,
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
    refuse(table_alias.is_some(), "an alias of INSERT's table", i)?;
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

/// The rows of an INSERT.
struct Rows {
    plan: Plan,
    columns: Vec<usize>,
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
        let on_conflict = self.on_conflict(i, &into, &rows.columns)?;
        let defaults = self.other_defaults(&def, &rows.columns)?;
        let returning = match &i.returning {
            None => None,
            Some(items) => Some(self.returned_by(items, &into.scope(0), &into)?),
        };
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
                plan: rows.plan,
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
        let (plan, output) = self.query(source)?;
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
        Ok(Rows {
            plan: plan.projected(exprs, width),
            columns,
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

    /// RETURNING over rows with the columns of a scope.
    fn returning(&mut self, items: &'a [ast::SelectItem], scope: &Scope) -> Result<Query> {
        let before = self.sub_plans.len();
        let items_bound = self.select_list(items, scope, None)?;
        if self.sub_plans.len() > before {
            let first = items.first();
            return Err(match first {
                Some(i) => unsupported("a subquery in RETURNING", i),
                None => Error::unsupported("a subquery in RETURNING"),
            });
        }
        let columns = items_bound.iter().map(super::select::Item::output).collect();
        let ty = |index| scope.at_index(index).map_or(DataType::Null, |c| c.ty.clone());
        let types = (0..scope.width()).map(ty).collect();
        Ok(Query {
            plan: Plan::Project {
                input: Box::new(no_rows(types)),
                exprs: items_bound.into_iter().map(|i| i.expr).collect(),
            },
            sub_plans: Vec::new(),
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
