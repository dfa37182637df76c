//! SELECT: the select list, WHERE, GROUP BY, HAVING, DISTINCT, ORDER BY, LIMIT, in the order of the plan.

use super::aggregate::{Grouping, contains_aggregate};
use super::binder::{Alias, AliasUse, Binder, Env};
use super::grouping_sets::GroupBy;
use super::names::Scope;
use super::order_by::{Limit, ordinal};
use super::query::order_of;
use super::refuse::{Place, invalid, limit_columns, refuse, unsupported};
use super::window::{Windows, contains_window, place_windows, windowed};
use crate::sql::functions::Aggregate;
use crate::sql::optimize::simplify_expression;
use crate::sql::plan::{AggregateCall, Expr, OutputColumn, Plan, SortKey};
use crate::types::{Error, Result};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use sqlparser::ast::{
    self, Distinct, Ident, ObjectName, ObjectNamePart, OrderByExpr, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

/// One column of the result.
pub(super) struct Item {
    pub(super) expr: Expr,
    pub(super) name: String,
    /// Whether the name was written (AS) or is a column's.
    named: bool,
    table: Option<String>,
}

impl Item {
    pub(super) fn output(&self) -> OutputColumn {
        OutputColumn {
            name: self.name.clone(),
            ty: self.expr.ty(),
            table: self.table.clone(),
        }
    }
}

/// The expressions of a SELECT, bound.
#[derive(Default)]
struct SelectParts {
    items: Vec<Item>,
    aggregates: Vec<AggregateCall>,
    keys: Vec<Expr>,
    /// The grouping sets, if there are several.
    sets: Option<Vec<Vec<usize>>>,
    having: Option<Expr>,
    qualify: Option<Expr>,
    sort: Vec<SortKey>,
}

fn refuse_wildcard_options(o: &WildcardAdditionalOptions) -> Result<()> {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = o;
    let set = opt_ilike.is_some()
        || opt_exclude.is_some()
        || opt_except.is_some()
        || opt_replace.is_some()
        || opt_rename.is_some()
        || opt_alias.is_some();
    refuse(set, "an option of * (EXCLUDE, EXCEPT, REPLACE, RENAME, …)", o)
}

/// Refuses what other systems' SELECT has. Returns whether DISTINCT is set.
fn refuse_clauses(s: &Select) -> Result<bool> {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct,
        // How MySQL is to go about it; no row depends on it.
        select_modifiers: _,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into,
        from: _,
        lateral_views,
        prewhere,
        selection: _,
        connect_by,
        group_by: _,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window: _,
        qualify: _,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = s;
    refuse(!optimizer_hints.is_empty(), "an optimizer hint", s)?;
    refuse(top.is_some(), "TOP (use LIMIT)", s)?;
    refuse(exclude.is_some(), "EXCLUDE", s)?;
    refuse(into.is_some(), "SELECT … INTO", s)?;
    refuse(!lateral_views.is_empty(), "LATERAL VIEW", s)?;
    refuse(prewhere.is_some(), "PREWHERE", s)?;
    refuse(!connect_by.is_empty(), "CONNECT BY", s)?;
    refuse(!cluster_by.is_empty(), "CLUSTER BY", s)?;
    refuse(!distribute_by.is_empty(), "DISTRIBUTE BY", s)?;
    refuse(!sort_by.is_empty(), "SORT BY", s)?;
    refuse(value_table_mode.is_some(), "SELECT AS VALUE or STRUCT", s)?;
    refuse(!matches!(flavor, SelectFlavor::Standard), "FROM before SELECT", s)?;
    match distinct {
        None | Some(Distinct::All) => Ok(false),
        Some(Distinct::Distinct) => Ok(true),
        Some(Distinct::On(_)) => Err(unsupported("DISTINCT ON", s)),
    }
}

impl<'a> Binder<'a> {
    /// A SELECT with the ORDER BY and LIMIT of its query.
    pub(super) fn select(&mut self, s: &'a Select, q: &'a ast::Query) -> Result<(Plan, Vec<OutputColumn>)> {
        let order_by = order_of(q)?;
        let limit = self.limit(q.limit_clause.as_ref(), q.fetch.as_ref(), q)?;
        let distinct = refuse_clauses(s)?;
        let from = self.from(&s.from)?;
        self.select_from(from, s, distinct, order_by, limit)
    }

    /// A SELECT that is part of a query: what orders and limits the query is not its own.
    pub(super) fn plain_select(&mut self, s: &'a Select) -> Result<(Plan, Vec<OutputColumn>)> {
        let distinct = refuse_clauses(s)?;
        let from = self.from(&s.from)?;
        self.select_from(from, s, distinct, &[], Limit::default())
    }

    /// A SELECT over what its FROM gives.
    fn select_from(
        &mut self,
        from: (Plan, Scope),
        s: &'a Select,
        distinct: bool,
        order_by: &'a [OrderByExpr],
        limit: Limit,
    ) -> Result<(Plan, Vec<OutputColumn>)> {
        self.windows.push(Windows::new(&s.named_window));
        let bound = self.select_windowed(from, s, distinct, order_by, limit);
        self.windows.pop();
        bound
    }

    fn select_windowed(
        &mut self,
        (plan, scope): (Plan, Scope),
        s: &'a Select,
        distinct: bool,
        order_by: &'a [OrderByExpr],
        limit: Limit,
    ) -> Result<(Plan, Vec<OutputColumn>)> {
        let (condition, parts) = self.select_parts(&scope, s, order_by)?;
        self.select_plan((plan.filtered(condition), &scope), s, distinct, limit, parts)
    }

    /// The expressions of a SELECT. Queries nest by recursion through here: the function does little else.
    fn select_parts(
        &mut self,
        scope: &Scope,
        s: &'a Select,
        order_by: &'a [OrderByExpr],
    ) -> Result<(Option<Expr>, SelectParts)> {
        let condition = s
            .selection
            .as_ref()
            .map(|c| self.condition(c, &mut Env::new(scope, "WHERE")))
            .transpose()?;
        let mut aggregates = Vec::new();
        let items = self.select_list(&s.projection, scope, Some(&mut aggregates))?;
        let mut parts = SelectParts {
            items,
            aggregates,
            ..SelectParts::default()
        };
        self.select_clauses(scope, s, order_by, &mut parts)?;
        Ok((condition, parts))
    }

    /// GROUP BY, HAVING, QUALIFY and ORDER BY.
    fn select_clauses(
        &mut self,
        scope: &Scope,
        s: &'a Select,
        order_by: &'a [OrderByExpr],
        parts: &mut SelectParts,
    ) -> Result<()> {
        let SelectParts {
            items, aggregates, ..
        } = parts;
        let aliases: Vec<Alias> = written_aliases(items);
        let groups = GroupBy::new(&s.group_by)?;
        for g in groups.keys {
            let key = self.group_key(g, items, scope, &aliases)?;
            parts.keys.push(key);
        }
        parts.sets = groups.sets;
        if let Some(h) = &s.having {
            parts.having = Some(self.having(h, scope, &parts.keys, &aliases, aggregates)?);
        }
        if let Some(condition) = &s.qualify {
            let mut env = Env {
                aggregates: Some(aggregates),
                aliases: Some((&aliases, AliasUse::First)),
                windows: true,
                ..Env::new(scope, "QUALIFY")
            };
            parts.qualify = Some(self.condition(condition, &mut env)?);
        }
        let outputs: Vec<Expr> = items.iter().map(|i| i.expr.clone()).collect();
        let order_aliases = output_aliases(items);
        let mut env = Env {
            aggregates: Some(aggregates),
            aliases: Some((&order_aliases, AliasUse::First)),
            windows: true,
            ..Env::new(scope, "ORDER BY")
        };
        parts.sort = self.order_by(order_by, &outputs, &mut env)?;
        Ok(())
    }

    /// The plan of a SELECT whose expressions are bound.
    fn select_plan(
        &mut self,
        (plan, scope): (Plan, &Scope),
        s: &'a Select,
        distinct: bool,
        limit: Limit,
        parts: SelectParts,
    ) -> Result<(Plan, Vec<OutputColumn>)> {
        let SelectParts {
            mut items,
            aggregates,
            keys,
            sets,
            mut having,
            mut qualify,
            mut sort,
        } = parts;
        let windows = self.windows.last_mut();
        let mut windows = windows.map(|w| core::mem::take(&mut w.bound)).unwrap_or_default();
        let mut width = scope.width();
        let mut plan = plan;
        if !keys.is_empty() || !aggregates.is_empty() || sets.is_some() {
            let written = keys.len();
            let mut grouping = Grouping::new(scope, keys);
            let mut exprs: Vec<&mut Expr> = items.iter_mut().map(|i| &mut i.expr).collect();
            exprs.extend(having.iter_mut().chain(&mut qualify));
            exprs.extend(sort.iter_mut().map(|k| &mut k.expr));
            windows
                .iter_mut()
                .for_each(|w| w.for_each_expr_mut(&mut |e| exprs.push(e)));
            group(&mut grouping, exprs)?;
            let keys = grouping.keys;
            width = keys.len() + aggregates.len();
            // GROUPING is a constant of a grouping set, even if that is the only one.
            let asks = aggregates.iter().any(|c| c.function == Aggregate::Grouping);
            let only = asks.then(|| vec![(0..keys.len()).collect()]);
            plan = match sets.as_ref().or(only.as_ref()) {
                Some(_) if keys.len() != written && sets.is_some() => {
                    return Err(invalid(
                        "with ROLLUP, CUBE or GROUPING SETS a column that is selected is a key or in an aggregate",
                        s,
                    ));
                }
                Some(sets) => self.grouped_by_sets(&plan, &keys, sets, &aggregates)?,
                None => Plan::Aggregate {
                    input: Box::new(plan),
                    keys,
                    aggregates,
                },
            };
        }
        plan = plan.filtered(having);
        if !windows.is_empty() {
            let functions = windows.len();
            let (over, places) = windowed(plan, width, windows);
            (plan, width) = (over, width + functions);
            let exprs = items.iter_mut().map(|i| &mut i.expr).chain(&mut qualify);
            exprs
                .chain(sort.iter_mut().map(|k| &mut k.expr))
                .for_each(|e| place_windows(e, &places));
        }
        plan = plan.filtered(qualify);
        let columns: Vec<OutputColumn> = items.iter().map(Item::output).collect();
        let exprs: Vec<Expr> = items.into_iter().map(|i| i.expr).collect();
        if !distinct {
            return Ok((limit.sorted(plan, sort).projected(exprs, width), columns));
        }
        let sort = over_outputs(sort, &exprs)?;
        let unique = Plan::Distinct {
            input: Box::new(plan.projected(exprs, width)),
        };
        Ok((limit.sorted(unique, sort), columns))
    }

    /// The select list, `*` expanded.
    pub(super) fn select_list(
        &mut self,
        projection: &'a [SelectItem],
        scope: &Scope,
        aggregates: Option<&mut Vec<AggregateCall>>,
    ) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(projection.len());
        let mut env = Env {
            windows: aggregates.is_some(),
            aggregates,
            ..Env::new(scope, "the select list")
        };
        for item in projection {
            limit_columns(items.len() + 1, "a result", item)?;
            match item {
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                    self.star(item, scope, &mut items)?;
                    limit_columns(items.len(), "a result", item)?;
                }
                SelectItem::UnnamedExpr(e) => {
                    let expr = self.expr(e, &mut env)?;
                    items.push(unnamed_item(scope, expr, e));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let expr = self.expr(expr, &mut env)?;
                    let table = match &expr {
                        Expr::Column { index, .. } => scope.at_index(*index).and_then(|c| scope.source(c)),
                        _ => None,
                    };
                    items.push(Item {
                        table: table.map(String::from),
                        expr,
                        name: alias.value.clone(),
                        named: true,
                    });
                }
                SelectItem::ExprWithAliases { .. } => return Err(unsupported("several aliases", item)),
            }
        }
        Ok(items)
    }

    /// `*` or `table.*` of a select list.
    fn star(&mut self, item: &SelectItem, scope: &Scope, items: &mut Vec<Item>) -> Result<()> {
        match item {
            SelectItem::Wildcard(options) => {
                refuse_wildcard_options(options)?;
                if scope.tables().is_empty() {
                    return Err(invalid("* needs a FROM", item));
                }
                self.note_star(options, || scope.written(scope.visible().map(|(_, c)| c), None))?;
                items.extend(scope.visible().map(|(_, c)| column_item(scope, c)));
            }
            SelectItem::QualifiedWildcard(kind, options) => {
                refuse_wildcard_options(options)?;
                let SelectItemQualifiedWildcardKind::ObjectName(name) = kind else {
                    return Err(unsupported("expression.*", item));
                };
                let (schema, table) = qualifier(name)?;
                let Some(columns) = scope.columns_of(schema, &table.value) else {
                    return Err(unknown_table(scope, table));
                };
                let columns: Vec<_> = columns.collect();
                self.note_star(options, || {
                    scope.written(columns.iter().copied(), Some(&format!("{name}")))
                })?;
                items.extend(columns.into_iter().map(|c| column_item(scope, c)));
            }
            _ => {}
        }
        Ok(())
    }

    fn group_key(
        &mut self,
        e: &'a ast::Expr,
        items: &[Item],
        scope: &Scope,
        aliases: &[Alias],
    ) -> Result<Expr> {
        let key = match ordinal(e) {
            Some(n) => match n.checked_sub(1).and_then(|i| items.get(i)) {
                Some(item) => self.copy(&item.expr)?,
                None => {
                    let count = items.len();
                    return Err(invalid(
                        format!("GROUP BY {n}: the select list has {count} columns"),
                        e,
                    ));
                }
            },
            None => self.expr(
                e,
                &mut Env {
                    aliases: Some((aliases, AliasUse::AfterColumns)),
                    ..Env::new(scope, "GROUP BY")
                },
            )?,
        };
        if contains_window(&key) {
            return Err(invalid("GROUP BY cannot contain a window function", e));
        }
        if contains_aggregate(&key) {
            return Err(invalid("GROUP BY cannot contain an aggregate", e));
        }
        Ok(key)
    }

    fn having(
        &mut self,
        condition: &'a ast::Expr,
        scope: &Scope,
        keys: &[Expr],
        aliases: &[Alias],
        aggregates: &mut Vec<AggregateCall>,
    ) -> Result<Expr> {
        // A name means the alias, unless it is a column that is grouped by.
        let is_key = |name: &str| {
            let mut found = scope.find_visible(name);
            let column = found.next().and_then(|v| scope.column(v));
            column.is_some_and(|c| keys.contains(&c.expr()))
        };
        let aliases: Vec<Alias> = aliases.iter().filter(|a| !is_key(&a.name)).cloned().collect();
        let mut env = Env {
            aggregates: Some(aggregates),
            aliases: Some((&aliases, AliasUse::First)),
            ..Env::new(scope, "HAVING")
        };
        let having = self.condition(condition, &mut env)?;
        if contains_window(&having) {
            return Err(invalid(
                "HAVING cannot contain a window function (use QUALIFY)",
                condition,
            ));
        }
        Ok(having)
    }
}

/// Rounds of simplifying an expression that GROUP BY would refuse as it is written.
const SIMPLIFIED: usize = 4;

/// Rewrites expressions over the groups: first all keys, then the aggregates, whose place depends on them.
fn group(grouping: &mut Grouping<'_>, mut exprs: Vec<&mut Expr>) -> Result<()> {
    for e in &mut exprs {
        let as_written = e.clone();
        if let Err(refusal) = grouping.replace_keys(e) {
            // A column that no row's value depends on does not count: COALESCE(1, a) is 1.
            **e = as_written;
            // What one round leaves, such as the CASE of an inner COALESCE, the next one may compute.
            for _ in 0..SIMPLIFIED {
                simplify_expression(e);
            }
            grouping.replace_keys(e).map_err(|_| refusal)?;
        }
    }
    for e in &mut exprs {
        grouping.place_aggregates(e);
    }
    Ok(())
}

/// Sort keys of a DISTINCT over its output: what they are made of must be there.
fn over_outputs(mut sort: Vec<SortKey>, outputs: &[Expr]) -> Result<Vec<SortKey>> {
    for key in &mut sort {
        over_output(&mut key.expr, outputs)?;
    }
    Ok(sort)
}

fn over_output(expr: &mut Expr, outputs: &[Expr]) -> Result<()> {
    if let Some(index) = outputs.iter().position(|o| o == expr) {
        let ty = expr.ty();
        *expr = Expr::Column { index, ty };
        return Ok(());
    }
    let is_of_row = matches!(expr, Expr::Column { .. } | Expr::Correlated { .. });
    if is_of_row {
        return Err(Error::invalid(
            "with DISTINCT, ORDER BY can only name columns of the select list",
        ));
    }
    let mut done = Ok(());
    expr.for_each_child_mut(&mut |e| {
        if done.is_ok() {
            done = over_output(e, outputs);
        }
    });
    done
}

/// The aliases written with AS.
fn written_aliases(items: &[Item]) -> Vec<Alias> {
    items
        .iter()
        .filter(|i| i.named)
        .map(|i| Alias {
            name: i.name.clone(),
            expr: i.expr.clone(),
        })
        .collect()
}

/// The names ORDER BY may use: aliases, and names of columns where only one column has that name.
fn output_aliases(items: &[Item]) -> Vec<Alias> {
    let is_column = |i: &Item| matches!(i.expr, Expr::Column { .. }) && i.table.is_some();
    let unique = |item: &Item| {
        items
            .iter()
            .all(|o| !o.name.eq_ignore_ascii_case(&item.name) || o.expr == item.expr)
    };
    items
        .iter()
        .filter(|i| i.named || (is_column(i) && unique(i)))
        .map(|i| Alias {
            name: i.name.clone(),
            expr: i.expr.clone(),
        })
        .collect()
}

fn column_item(scope: &Scope, column: &super::names::ScopeColumn) -> Item {
    Item {
        expr: column.expr(),
        name: String::from(scope.name(column)),
        named: false,
        table: scope.source(column).map(String::from),
    }
}

fn unnamed_item(scope: &Scope, expr: Expr, e: &ast::Expr) -> Item {
    let column = match (e, &expr) {
        (ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_), Expr::Column { index, .. }) => {
            scope.at_index(*index)
        }
        _ => None,
    };
    match column {
        Some(c) => Item {
            expr,
            ..column_item(scope, c)
        },
        None => Item {
            expr,
            name: format!("{e}"),
            named: false,
            table: None,
        },
    }
}

/// The error that no table of that name is in scope.
pub(super) fn unknown_table(scope: &Scope, name: &Ident) -> Error {
    let names = scope.tables().iter().map(|t| t.name.as_str());
    Error::Unknown {
        kind: "table",
        nearest: super::names::nearest(&name.value, names),
        name: name.value.clone(),
        position: crate::sql::parse::start(name.span),
    }
}

/// `table` or `schema.table`, as before `.*`.
pub(super) fn qualifier(name: &ObjectName) -> Result<(Option<&str>, &Ident)> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(table)] => Ok((None, table)),
        [
            ObjectNamePart::Identifier(schema),
            ObjectNamePart::Identifier(table),
        ] => Ok((Some(schema.value.as_str()), table)),
        _ => Err(Error::Invalid {
            message: format!("{name} is no table"),
            position: name.place(),
        }),
    }
}
