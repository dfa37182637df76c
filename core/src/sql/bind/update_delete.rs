//! UPDATE and DELETE, of one table or of several that are joined.
//!
//! The source of either is the FROM clause as a query would have it, with the row id of every table: its
//! output has, for each table that is changed, the columns, the row id and the new values.

use super::binder::{Binder, Env};
use super::generated::{derived, takes_default};
use super::insert::{no_rows, target, type_of};
use super::names::Scope;
use super::order_by::sorted;
use super::refuse::{Place, invalid, refuse, unsupported};
use super::select::{qualifier, unknown_table};
use super::view_base::Changed;
use crate::catalog::TableDef;
use crate::sql::plan::{
    Change, ChangePart, Changes, Delete, Expr, JoinKind, OutputColumn, Plan, Query, Statement, Update,
};
use crate::types::{DataType, Result};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec, vec::Vec};
use sqlparser::ast::{
    self, AssignmentTarget, FromTable, Ident, ObjectName, ObjectNamePart, OrderByExpr, SqliteOnConflict,
    TableWithJoins, UpdateTableFromKind,
};

/// A table that a statement changes.
pub(super) struct Target {
    /// Its position in the scope's tables.
    pub(super) table: usize,
    pub(super) def: Arc<TableDef>,
    pub(super) changed: Changed,
    /// Where its columns start in the plan's output; the row id follows them.
    first: usize,
    /// Columns to set.
    pub(super) set: Vec<usize>,
    /// Their values.
    pub(super) values: Vec<Expr>,
}

impl Target {
    /// The table at a position in a scope of [`Binder::tables_to_change`].
    pub(super) fn new(scope: &Scope, table: usize, statement: &str, at: &impl Place) -> Result<Target> {
        let changed = scope.tables().get(table).and_then(|t| t.changed());
        let changed = changed.transpose().map_err(|why| invalid(why, at))?;
        let first = scope.columns_at(table).next();
        let (Some(changed), Some(first)) = (changed, first) else {
            return Err(unsupported(
                format!("{statement} of anything but a table or a view"),
                at,
            ));
        };
        Ok(Target {
            table,
            def: changed.def.clone(),
            // The row id follows the table's columns, then what a view computes.
            first: first.index.saturating_sub(changed.place(first.column, 1)),
            changed,
            set: Vec::new(),
            values: Vec::new(),
        })
    }

    /// The row id in the plan's output.
    pub(super) fn row_id(&self) -> Expr {
        Expr::Column {
            index: self.first + self.def.columns.len(),
            ty: DataType::BIGINT,
        }
    }

    /// Adds its columns, row id and new values to an output; says where they are there.
    pub(super) fn append_to(
        &mut self,
        exprs: &mut Vec<Expr>,
        columns: &mut Vec<OutputColumn>,
    ) -> core::ops::Range<usize> {
        let from = exprs.len();
        for (i, c) in self.def.columns.iter().enumerate() {
            exprs.push(Expr::Column {
                index: self.first + i,
                ty: c.ty.clone(),
            });
            columns.push(OutputColumn {
                name: c.name.clone(),
                ty: c.ty.clone(),
                table: Some(self.def.name.clone()),
            });
        }
        exprs.push(self.row_id());
        columns.push(OutputColumn {
            name: String::from("row id"),
            ty: DataType::BIGINT,
            table: None,
        });
        for (column, value) in self.set.iter().zip(core::mem::take(&mut self.values)) {
            columns.push(OutputColumn {
                name: self
                    .def
                    .columns
                    .get(*column)
                    .map_or_else(String::new, |c| c.name.clone()),
                ty: value.ty(),
                table: None,
            });
            exprs.push(value);
        }
        from..exprs.len()
    }
}

impl Target {
    /// What RETURNING sees: the table's columns as they become, and behind them those of the other tables, which are
    /// added to the output.
    pub(super) fn returned(
        &self,
        scope: Scope,
        exprs: &mut Vec<Expr>,
        columns: &mut Vec<OutputColumn>,
    ) -> Scope {
        let own = self.def.columns.len();
        let mut others = Vec::new();
        for (table, t) in scope
            .tables()
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != self.table)
        {
            for c in scope.columns_at(table) {
                others.push(c.index);
                exprs.push(c.expr());
                columns.push(OutputColumn {
                    name: String::from(scope.name(c)),
                    ty: c.ty.clone(),
                    table: t.def().map(|d| d.name.clone()),
                });
            }
        }
        let place = |index: usize| others.iter().position(|o| *o == index).map(|i| own + i);
        scope.moved(own + others.len(), |c| match c.table == self.table {
            true => Some(self.changed.place(c.column, others.len())),
            false => place(c.index),
        })
    }
}

/// A source without rows, as that of a part of [`Changes`]: it only says what the rows are like.
pub(super) fn part_source(columns: &[OutputColumn]) -> Arc<Query> {
    Arc::new(Query {
        plan: no_rows(columns.iter().map(|c| c.ty.clone()).collect()),
        sub_plans: Vec::new(),
        columns: columns.into(),
    })
}

fn has_outer_join(plan: &Plan) -> bool {
    let mut found = matches!(plan, Plan::Join(j) if j.kind != JoinKind::Inner);
    plan.for_each_input(&mut |input| found |= has_outer_join(input));
    found
}

/// What a statement says about its rows.
struct Clauses<'a> {
    selection: Option<&'a ast::Expr>,
    order_by: &'a [OrderByExpr],
    limit: Option<&'a ast::Expr>,
    returning: Option<&'a [ast::SelectItem]>,
}

/// The source of a statement with one target, and its RETURNING clause.
type Bound = (Arc<Query>, Option<Query>);

impl<'a> Binder<'a> {
    /// The tables, WHERE, ORDER BY and LIMIT.
    fn rows(
        &mut self,
        tables: impl Iterator<Item = &'a TableWithJoins>,
        clauses: &Clauses<'a>,
        statement: &str,
        at: &impl Place,
    ) -> Result<(Plan, Scope)> {
        let (plan, scope) = self.tables_to_change(tables)?;
        let ordered = !clauses.order_by.is_empty() || clauses.limit.is_some();
        refuse(
            ordered && scope.tables().len() > 1,
            &format!("ORDER BY or LIMIT of {statement} with a join"),
            at,
        )?;
        let condition = clauses.selection;
        let condition = condition
            .map(|c| self.condition(c, &mut Env::new(&scope, "WHERE")))
            .transpose()?;
        let keys = self.order_by(clauses.order_by, &[], &mut Env::new(&scope, "ORDER BY"))?;
        let limit = self.limit_only(clauses.limit)?;
        Ok((limit.apply(sorted(plan.filtered(condition), keys)), scope))
    }

    /// The source and RETURNING of a statement that changes one table.
    fn one_target(
        &mut self,
        mut plan: Plan,
        scope: Scope,
        target: &mut Target,
        clauses: &Clauses<'a>,
    ) -> Result<Bound> {
        if has_outer_join(&plan) {
            // What the join did not find is no row.
            plan = plan.filtered(Some(Expr::IsNull {
                operand: Box::new(target.row_id()),
                negated: true,
            }));
        }
        let (mut exprs, mut columns) = (Vec::new(), Vec::new());
        target.append_to(&mut exprs, &mut columns);
        let width = scope.width();
        let returning = match clauses.returning {
            None => None,
            Some(items) => {
                let seen = target.returned(scope, &mut exprs, &mut columns);
                Some(self.returned_alone(items, &seen, &target.changed)?)
            }
        };
        let source = Query {
            plan: plan.projected(exprs, width),
            sub_plans: core::mem::take(&mut self.sub_plans),
            columns: columns.into(),
        };
        Ok((Arc::new(source), returning))
    }

    /// A statement that changes several tables.
    fn several_targets(
        &mut self,
        plan: Plan,
        scope: &Scope,
        mut targets: Vec<Target>,
        change: impl Fn(&Target, Arc<Query>) -> Result<Change>,
    ) -> Result<Statement> {
        let (mut exprs, mut columns) = (Vec::new(), Vec::new());
        let mut parts = Vec::with_capacity(targets.len());
        for target in &mut targets {
            let place = target.append_to(&mut exprs, &mut columns);
            let source = part_source(columns.get(place.clone()).unwrap_or(&[]));
            parts.push(ChangePart {
                change: change(target, source)?,
                columns: place.collect(),
                when: None,
            });
        }
        Ok(Statement::Changes(Arc::new(Changes {
            source: Arc::new(Query {
                plan: plan.projected(exprs, scope.width()),
                sub_plans: core::mem::take(&mut self.sub_plans),
                columns: columns.into(),
            }),
            parts,
            once: false,
        })))
    }

    /// UPDATE.
    pub(super) fn update(&mut self, u: &'a ast::Update) -> Result<Statement> {
        let ast::Update {
            update_token: _,
            optimizer_hints,
            table,
            assignments,
            from,
            selection,
            returning,
            output,
            or,
            order_by,
            limit,
        } = u;
        refuse(!optimizer_hints.is_empty(), "an optimizer hint", u)?;
        refuse(output.is_some(), "OUTPUT", u)?;
        let ignores = match or {
            None | Some(SqliteOnConflict::Abort) => false,
            Some(SqliteOnConflict::Ignore) => true,
            Some(_) => return Err(unsupported("UPDATE OR REPLACE, ROLLBACK or FAIL", u)),
        };
        refuse(ignores && returning.is_some(), "RETURNING of UPDATE IGNORE", u)?;
        // Only the first table can be changed where the others follow SET; before it they are equals.
        let (others, first_only): (&[TableWithJoins], bool) = match from {
            None => (&[], table.joins.is_empty()),
            Some(UpdateTableFromKind::BeforeSet(others)) => (others, false),
            Some(UpdateTableFromKind::AfterSet(others)) => {
                refuse(!table.joins.is_empty(), "UPDATE of a join with FROM", u)?;
                (others, true)
            }
        };
        let clauses = Clauses {
            selection: selection.as_ref(),
            order_by,
            limit: limit.as_ref(),
            returning: returning.as_deref(),
        };
        let tables = core::iter::once(table).chain(others);
        let (plan, scope) = self.rows(tables, &clauses, "UPDATE", u)?;
        let mut targets = match first_only {
            true => vec![Target::new(&scope, 0, "UPDATE", u)?],
            false => Vec::new(),
        };
        for a in assignments {
            let (at, column) = match (first_only, targets.first()) {
                (true, Some(only)) => {
                    let name = scope.tables().first().map(|t| t.name.as_str());
                    (0, target(&only.changed, name, a)?)
                }
                _ => {
                    let (table, column, name) = assigned_column(&scope, a)?;
                    let known = targets.iter().position(|t| t.table == table);
                    let at = known.unwrap_or(targets.len());
                    if known.is_none() {
                        targets.push(Target::new(&scope, table, "UPDATE", a)?);
                    }
                    let settable = |t: &Target| t.changed.settable(column, name);
                    (at, targets.get(at).map_or(Ok(column), settable)?)
                }
            };
            let Some(target) = targets.get_mut(at) else {
                continue;
            };
            if target.set.contains(&column) {
                return Err(invalid("a column is set twice", a));
            }
            if takes_default(&target.def, column, &a.value)? {
                continue;
            }
            let literal = self.set_literal(&a.value, &type_of(&target.def, column))?;
            let value = match literal {
                Some(literal) => literal,
                None => self.assigned(&a.value, &target.def, column, &mut Env::new(&scope, "SET"))?,
            };
            target.set.push(column);
            target.values.push(value);
        }
        if let [target] = targets.as_mut_slice() {
            let (source, returning) = self.one_target(plan, scope, target, &clauses)?;
            return Ok(Statement::Update(Arc::new(Update {
                table: target.def.id,
                source,
                derived: derived(&target.def, &target.set, self.cx)?,
                set: core::mem::take(&mut target.set),
                checks: target.changed.checks(self.cx)?,
                ignores,
                returning,
            })));
        }
        refuse(returning.is_some(), "RETURNING of UPDATE of several tables", u)?;
        for (i, t) in targets.iter().enumerate() {
            let twice = targets.iter().skip(i + 1).any(|other| other.def.id == t.def.id);
            refuse(twice, "UPDATE of one table under two names", u)?;
        }
        let cx = self.cx;
        self.several_targets(plan, &scope, targets, |target, source| {
            Ok(Change::Update(Arc::new(Update {
                table: target.def.id,
                source,
                derived: derived(&target.def, &target.set, cx)?,
                set: target.set.clone(),
                checks: target.changed.checks(cx)?,
                ignores,
                returning: None,
            })))
        })
    }

    /// DELETE.
    pub(super) fn delete(&mut self, d: &'a ast::Delete) -> Result<Statement> {
        let ast::Delete {
            delete_token: _,
            optimizer_hints,
            tables,
            from,
            using,
            selection,
            returning,
            output,
            order_by,
            limit,
        } = d;
        refuse(!optimizer_hints.is_empty(), "an optimizer hint", d)?;
        refuse(output.is_some(), "OUTPUT", d)?;
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = from;
        let using = using.as_deref().unwrap_or(&[]);
        refuse(
            !tables.is_empty() && !using.is_empty(),
            "DELETE … FROM … USING with tables before FROM",
            d,
        )?;
        let clauses = Clauses {
            selection: selection.as_ref(),
            order_by,
            limit: limit.as_ref(),
            returning: returning.as_deref(),
        };
        // DELETE FROM names USING tables names tables of USING; DELETE FROM table USING others one more table.
        let named: Option<Vec<&'a ObjectName>> = from.iter().map(plain_name).collect();
        let named = named.filter(|names| {
            let is_one = |name: &&ObjectName| using.iter().any(|t| gives(t, name));
            !using.is_empty() && names.iter().any(is_one)
        });
        let (names, (plan, scope)) = match named {
            Some(names) => (names, self.rows(using.iter(), &clauses, "DELETE", d)?),
            None => {
                let several =
                    tables.is_empty() && (from.len() > 1 || from.iter().any(|t| !t.joins.is_empty()));
                if several {
                    return Err(invalid(
                        "DELETE of a join names the tables to delete from: DELETE t1, t2 FROM t1 JOIN t2 …",
                        d,
                    ));
                }
                let rows = self.rows(from.iter().chain(using), &clauses, "DELETE", d)?;
                (tables.iter().collect(), rows)
            }
        };
        let mut targets: Vec<Target> = Vec::with_capacity(names.len().max(1));
        for name in &names {
            let (schema, table) = qualifier(name)?;
            let Some(at) = scope.table_at(schema, &table.value) else {
                return Err(unknown_table(&scope, table));
            };
            if targets.iter().any(|t| t.table == at) {
                return Err(invalid(format!("{name} occurs twice"), *name));
            }
            targets.push(Target::new(&scope, at, "DELETE", *name)?);
        }
        if names.is_empty() {
            targets.push(Target::new(&scope, 0, "DELETE", d)?);
        }
        if let [target] = targets.as_mut_slice() {
            let (source, returning) = self.one_target(plan, scope, target, &clauses)?;
            return Ok(Statement::Delete(Arc::new(Delete {
                table: target.def.id,
                source,
                returning,
            })));
        }
        refuse(returning.is_some(), "RETURNING of DELETE of several tables", d)?;
        self.several_targets(plan, &scope, targets, |target, source| {
            Ok(Change::Delete(Arc::new(Delete {
                table: target.def.id,
                source,
                returning: None,
            })))
        })
    }
}

/// The table and column that UPDATE of several tables sets.
fn assigned_column<'n>(scope: &Scope, a: &'n ast::Assignment) -> Result<(usize, usize, &'n Ident)> {
    let AssignmentTarget::ColumnName(name) = &a.target else {
        return Err(unsupported("assignment to a row ((a, b) = …)", a));
    };
    let (found, column) = match name.0.as_slice() {
        [ObjectNamePart::Identifier(column)] => (scope.unqualified(column)?, column),
        [
            ObjectNamePart::Identifier(table),
            ObjectNamePart::Identifier(column),
        ] => (scope.qualified(None, &table.value, &column.value), column),
        [
            ObjectNamePart::Identifier(schema),
            ObjectNamePart::Identifier(table),
            ObjectNamePart::Identifier(column),
        ] => (
            scope.qualified(Some(&schema.value), &table.value, &column.value),
            column,
        ),
        _ => return Err(invalid(format!("{name} is no column"), name)),
    };
    match found {
        Some(found) => Ok((found.table, found.column, column)),
        None => Err(scope.unknown_column(format!("{name}"), column)),
    }
}

/// The name of a table without alias or join.
fn plain_name(t: &TableWithJoins) -> Option<&ObjectName> {
    match &t.relation {
        ast::TableFactor::Table {
            name, alias: None, ..
        } if t.joins.is_empty() => Some(name),
        _ => None,
    }
}

/// Whether a table expression has a table of that name or alias.
fn gives(t: &TableWithJoins, wanted: &ObjectName) -> bool {
    let last = |n: &ObjectName| match n.0.last() {
        Some(ObjectNamePart::Identifier(i)) => Some(i.value.clone()),
        _ => None,
    };
    let Some(wanted_name) = last(wanted) else {
        return false;
    };
    let is_it = |factor: &ast::TableFactor| match factor {
        ast::TableFactor::Table { name, alias, .. } => {
            let called = alias
                .as_ref()
                .map(|a| a.name.value.clone())
                .or_else(|| last(name));
            called.is_some_and(|c| c.eq_ignore_ascii_case(&wanted_name))
        }
        ast::TableFactor::NestedJoin { table_with_joins, .. } => gives(table_with_joins, wanted),
        _ => false,
    };
    is_it(&t.relation) || t.joins.iter().any(|j| is_it(&j.relation))
}
