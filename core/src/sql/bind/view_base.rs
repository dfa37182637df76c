//! What a view that can be changed is in the only table it reads: rows of it that satisfy a condition, and
//! expressions over its columns.
//!
//! A view can be changed if its query is a SELECT from one table or from one such view, without what makes other rows
//! of them: DISTINCT, grouping, LIMIT, windows, UNION. Its plan says so: it is a chain of projections and conditions
//! over a scan. Columns that are computed can be read, and take no value.

use super::binder::Binder;
use super::column_values::bound_checks;
use super::insert::unknown_column;
use super::names::{Scope, ScopeTable, nearest};
use super::refuse::invalid;
use crate::catalog::{CheckOption, TableDef, TableId, ViewDef};
use crate::sql::optimize::{join_conjuncts, substitute};
use crate::sql::parse::{Ast, parse_one, start};
use crate::sql::plan::{Expr, OutputColumn, Plan, Query, RowCheck};
use crate::types::{DataType, Error, Result};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{self, Ident, SetExpr, TableFactor};

/// A view that can be changed.
#[derive(Debug)]
pub(super) struct ViewBase {
    pub(super) schema: String,
    pub(super) name: String,
    /// The table.
    pub(super) def: Arc<TableDef>,
    /// The names of its columns.
    names: Vec<String>,
    /// Its columns over those of the table.
    columns: Vec<Expr>,
    /// Which rows it has.
    pub(super) filter: Option<Expr>,
    /// WITH CHECK OPTION, its own and that of views it reads: name of the view, and condition over the table's columns.
    checks: Vec<(String, Expr)>,
}

/// A view's condition levels: the outermost first.
type Conditions = Vec<Expr>;

/// A chain of projections and conditions over a scan, taken apart: table, output over its columns, conditions.
fn taken_apart(plan: Plan) -> core::result::Result<(TableId, Vec<Expr>, Conditions), &'static str> {
    let input = match plan {
        Plan::Scan {
            table,
            columns,
            types,
            row_id: false,
            filter: None,
            ..
        } => {
            let column = |(index, ty)| Expr::Column { index, ty };
            return Ok((
                table,
                columns.into_iter().zip(types).map(column).collect(),
                Vec::new(),
            ));
        }
        Plan::Filter { input, mut condition } => {
            let (table, outputs, mut conditions) = taken_apart(*input)?;
            substitute(&mut condition, &outputs);
            conditions.insert(0, condition);
            return Ok((table, outputs, conditions));
        }
        Plan::Project { input, mut exprs } => {
            let (table, outputs, conditions) = taken_apart(*input)?;
            exprs.iter_mut().for_each(|e| substitute(e, &outputs));
            return Ok((table, exprs, conditions));
        }
        Plan::Sort {
            input, limit: None, ..
        } => input,
        Plan::Aggregate { .. } => return Err("it groups or aggregates rows"),
        Plan::Distinct { input } if matches!(*input, Plan::Append { .. } | Plan::SetOperation(_)) => input,
        Plan::Distinct { .. } => return Err("it has DISTINCT"),
        Plan::Sort { .. } | Plan::Limit { .. } => return Err("it has LIMIT"),
        Plan::Window(_) => return Err("it has window functions"),
        Plan::Append { .. } | Plan::SetOperation(_) | Plan::Recursive(_) => {
            return Err("it combines several queries");
        }
        Plan::Join(_) | Plan::LookupJoin(_) | Plan::LateralJoin(_) | Plan::Apply(_) => {
            return Err("it reads several tables");
        }
        _ => return Err("it reads no table"),
    };
    taken_apart(*input)
}

fn has_subquery(expr: &Expr) -> bool {
    let own = matches!(
        expr,
        Expr::Correlated(_) | Expr::Scalar { .. } | Expr::InSubPlan { .. } | Expr::Exists { .. }
    );
    let mut found = own;
    expr.for_each_child(&mut |c| found |= has_subquery(c));
    found
}

/// What a view's query reads, if that is one thing with a name and the query neither combines nor names others.
fn only_name(query: &ast::Query) -> Option<&ast::ObjectName> {
    let SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    match (select.from.as_slice(), &query.with) {
        ([from], None) if from.joins.is_empty() => match &from.relation {
            TableFactor::Table { name, args: None, .. } => Some(name),
            _ => None,
        },
        _ => None,
    }
}

impl Binder<'_> {
    /// What a view is in its table; else why it cannot be changed.
    pub(super) fn view_base(
        &mut self,
        view: ViewDef,
        at: &Ident,
    ) -> Result<core::result::Result<ViewBase, String>> {
        let (plan, columns) = self.view_query(view.clone(), at)?;
        Ok(self.base_of(view, plan, columns))
    }

    /// Whether a view that was bound can be changed.
    pub(super) fn is_changeable(&self, view: &ViewDef, plan: &Plan, columns: &[OutputColumn]) -> bool {
        self.base_of(view.clone(), plan.clone(), columns.to_vec()).is_ok()
    }

    /// What a bound view is in its table; else why it cannot be changed.
    pub(super) fn base_of(
        &self,
        view: ViewDef,
        plan: Plan,
        columns: Vec<OutputColumn>,
    ) -> core::result::Result<ViewBase, String> {
        let (table, outputs, conditions) = taken_apart(plan)?;
        if outputs.iter().any(has_subquery) {
            return Err(String::from("one of its columns is a subquery"));
        }
        let def = self.source().table_by_id(table).ok_or("its table is gone")?;
        let levels = self.levels(&view, conditions.len())?;
        let mut checks = Vec::new();
        for (i, (name, check, from)) in levels.iter().enumerate() {
            let to = levels.get(i + 1).map_or(conditions.len(), |(_, _, from)| *from);
            let to = match check {
                None => continue,
                Some(CheckOption::Local) => to,
                Some(CheckOption::Cascaded) => conditions.len(),
            };
            let own = conditions.get(*from..to).unwrap_or(&[]);
            if own.iter().any(has_subquery) {
                return Err(format!("WITH CHECK OPTION of view {name} looks at a subquery"));
            }
            checks.extend(join_conjuncts(own.to_vec()).map(|c| (name.clone(), c)));
            if matches!(check, Some(CheckOption::Cascaded)) {
                break;
            }
        }
        Ok(ViewBase {
            schema: view.schema,
            name: view.name,
            def,
            names: columns.into_iter().map(|c| c.name).collect(),
            columns: outputs,
            filter: join_conjuncts(conditions),
            checks,
        })
    }

    /// The view and those below it, each with its check option and the place of its first condition among all.
    fn levels(
        &self,
        view: &ViewDef,
        conditions: usize,
    ) -> core::result::Result<Vec<(String, Option<CheckOption>, usize)>, String> {
        let mut levels = alloc::vec![(view.name.clone(), view.check, 0)];
        let mut below = self.read_by(view)?;
        while let Some(view) = below {
            let plan = self.views.and_then(|v| v.plan_of(&view));
            let (_, _, own) = taken_apart(plan.ok_or("a view that it reads is not bound")?)?;
            levels.push((
                view.name.clone(),
                view.check,
                conditions.saturating_sub(own.len()),
            ));
            below = self.read_by(&view)?;
        }
        Ok(levels)
    }

    /// The view that a view's query reads, if it is one.
    fn read_by(&self, view: &ViewDef) -> core::result::Result<Option<ViewDef>, String> {
        let parsed = parse_one(&view.sql).map_err(|_| "its text cannot be read")?;
        let Ast::Sql(statement) = parsed.ast() else {
            return Ok(None);
        };
        let ast::Statement::Query(query) = statement.as_ref() else {
            return Ok(None);
        };
        let name = only_name(query).ok_or("its FROM is not one table or view")?;
        let (schema, own) = match name.0.as_slice() {
            [ast::ObjectNamePart::Identifier(own)] => (view.schema.as_str(), own),
            [
                ast::ObjectNamePart::Identifier(schema),
                ast::ObjectNamePart::Identifier(own),
            ] => (schema.value.as_str(), own),
            _ => return Ok(None),
        };
        Ok(self.source().view(schema, &own.value))
    }
}

/// What a statement changes: a table, by its own name or through a view.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) def: Arc<TableDef>,
    pub(super) view: Option<Arc<ViewBase>>,
}

impl Changed {
    /// The table's column that a name means, to set it.
    pub(super) fn column(&self, name: &Ident) -> Result<usize> {
        let Some(view) = &self.view else {
            return self
                .def
                .column(&name.value)
                .ok_or_else(|| unknown_column(&self.def, name));
        };
        let found = view
            .names
            .iter()
            .position(|n| n.eq_ignore_ascii_case(&name.value));
        match found {
            Some(at) => self.settable(at, name),
            None => Err(Error::Unknown {
                kind: "column",
                nearest: nearest(&name.value, view.names.iter().map(String::as_str)),
                name: format!("{}.{}", view.name, name.value),
                position: start(name.span),
            }),
        }
    }

    /// The table's column that is one of those that can be named.
    pub(super) fn settable(&self, column: usize, at: &Ident) -> Result<usize> {
        let Some(view) = &self.view else {
            return Ok(column);
        };
        match view.columns.get(column) {
            Some(Expr::Column { index, .. }) => Ok(*index),
            _ => Err(invalid(
                format!(
                    "column {} of view {} is computed: it takes no value",
                    at.value, view.name
                ),
                at,
            )),
        }
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        self.view.as_ref().map_or(&self.def.name, |v| &v.name)
    }

    /// The columns of a view in its order; those that are computed are `None`.
    pub(super) fn view_columns(&self) -> Option<Vec<Option<usize>>> {
        let plain = |e: &Expr| match e {
            Expr::Column { index, .. } => Some(*index),
            _ => None,
        };
        Some(self.view.as_ref()?.columns.iter().map(plain).collect())
    }

    /// What rows are checked against before they are written.
    pub(super) fn checks(&self, cx: &super::BindContext<'_>) -> Result<Vec<RowCheck>> {
        let mut checks = bound_checks(&self.def, cx)?;
        let own = self.view.iter().flat_map(|v| &v.checks);
        checks.extend(own.map(|(name, condition)| RowCheck {
            name: name.clone(),
            of_view: true,
            // NULL is not true: the view would not have the row.
            condition: Expr::IsBool {
                operand: Box::new(condition.clone()),
                value: true,
                negated: false,
            },
        }));
        Ok(checks)
    }

    /// Where a column that can be named is behind the table's columns and `more` others: a computed one of a view
    /// follows them.
    pub(super) fn place(&self, column: usize, more: usize) -> usize {
        let Some(view) = &self.view else {
            return column;
        };
        match view.columns.get(column) {
            Some(Expr::Column { index, .. }) => *index,
            _ => {
                let before = view.columns.get(..column).unwrap_or(&[]).iter();
                let computed = before.filter(|e| !matches!(e, Expr::Column { .. })).count();
                self.def.columns.len() + more + computed
            }
        }
    }

    fn computed(&self) -> impl Iterator<Item = &Expr> {
        let columns = self.view.iter().flat_map(|v| &v.columns);
        columns.filter(|e| !matches!(e, Expr::Column { .. }))
    }

    /// Its columns over rows of the table, behind which there are `more` columns; those that are computed follow.
    pub(super) fn scope(&self, more: usize) -> Scope {
        let width = self.def.columns.len() + more;
        match &self.view {
            None => Scope::of_table(&self.def, None).moved(width, |_| None),
            Some(view) => {
                let name = ScopeTable::view(view.schema.clone(), view.name.clone(), view.names.clone());
                let types = view.columns.iter().map(Expr::ty).collect();
                Scope::of(name, types).moved(width, |c| Some(self.place(c.column, more)))
            }
        }
    }

    /// Puts the expressions of computed columns into a query over rows with `width` columns.
    pub(super) fn compute(&self, query: &mut Query, width: usize) {
        if self.view.is_none() {
            return;
        }
        let types = (0..width).map(|i| self.def.columns.get(i).map_or(DataType::Null, |c| c.ty.clone()));
        let mut values: Vec<Option<Expr>> = types.map(|_| None).collect();
        values.extend(self.computed().cloned().map(Some));
        if let Plan::Project { exprs, .. } = &mut query.plan {
            exprs.iter_mut().for_each(|e| put(e, &values));
        }
    }

    /// The names of the table's columns as the view has them; those it has not have none.
    pub(super) fn base_names(&self) -> Vec<String> {
        let Some(view) = &self.view else {
            return self.def.columns.iter().map(|c| c.name.clone()).collect();
        };
        let name = |column: usize| {
            let is_it = |e: &Expr| matches!(e, Expr::Column { index, .. } if *index == column);
            let at = view.columns.iter().position(is_it);
            at.and_then(|at| view.names.get(at)).cloned().unwrap_or_default()
        };
        (0..self.def.columns.len()).map(name).collect()
    }

    /// A scan of the table with its row ids, of a view those that it has, and its columns that are computed.
    pub(super) fn rows(&self, scan: Plan) -> Plan {
        let filter = self.view.as_ref().and_then(|v| v.filter.clone());
        let plan = scan.filtered(filter);
        let mut exprs: Vec<Expr> = plan
            .types()
            .into_iter()
            .enumerate()
            .map(|(index, ty)| Expr::Column { index, ty })
            .collect();
        let width = exprs.len();
        exprs.extend(self.computed().cloned());
        match exprs.len() == width {
            true => plan,
            false => Plan::Project {
                input: Box::new(plan),
                exprs,
            },
        }
    }
}

fn put(expr: &mut Expr, values: &[Option<Expr>]) {
    match expr {
        Expr::Column { index, .. } => {
            if let Some(Some(e)) = values.get(*index) {
                *expr = e.clone();
            }
        }
        _ => expr.for_each_child_mut(&mut |c| put(c, values)),
    }
}
