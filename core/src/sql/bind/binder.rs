//! What binding one statement carries along: sub-plans found so far, CTEs in sight, enclosing scopes, and
//! the limits on depth and size.

use super::cte::Cte;
use super::names::Scope;
use super::template::Slots;
use super::trigger::TriggerRow;
use super::view::Views;
use super::window::Windows;
use super::{BindContext, SchemaSource};
use crate::catalog::TableDef;
use crate::sql::plan::{AggregateCall, Expr, Plan, SubPlan};
use crate::types::{Error, Result};
use alloc::{string::String, sync::Arc, vec::Vec};
use sqlparser::tokenizer::Location;

/// Levels of recursion while binding. The tokens' limits keep parentheses well below it; it guards
/// against chains of suffixes (`x IS NULL IS NULL …`).
const MAX_RECURSION: usize = 128;

/// Levels of a bound expression, which evaluation and the optimizer walk by recursion.
const MAX_DEPTH: usize = 200;

/// Expression nodes that binding may copy (BETWEEN, CASE x WHEN, COALESCE use an operand twice).
const MAX_COPIED: usize = 200_000;

/// The state of binding one statement.
pub(super) struct Binder<'a> {
    pub(super) cx: &'a BindContext<'a>,
    /// Uncorrelated subqueries of the statement, in the order they must run.
    pub(super) sub_plans: Vec<SubPlan>,
    /// Queries of WITH in sight, the innermost last.
    pub(super) ctes: Vec<Cte<'a>>,
    /// The queries around the one being bound, the innermost last.
    pub(super) outer: Vec<Enclosing>,
    /// The windows of the SELECTs being bound, the innermost last.
    pub(super) windows: Vec<Windows<'a>>,
    /// When a template is bound: where its literals go.
    pub(super) slots: Option<Slots<'a>>,
    /// In a trigger: the row that OLD and NEW name.
    pub(super) row: Option<TriggerRow>,
    /// In RETURNING of MERGE: what `merge_action()` says.
    pub(super) merge_action: Option<&'static str>,
    /// In the VALUES of an INSERT: its table, for `DEFAULT(column)`.
    pub(super) inserting: Option<Arc<TableDef>>,
    /// Whether tables give their row ids: in the FROM clause of a statement that changes rows.
    pub(super) row_ids: bool,
    /// Whether a query asked for locks (FOR UPDATE, FOR SHARE).
    pub(super) locks: bool,
    /// The views bound for the statement; `None` where there may be none.
    pub(super) views: Option<&'a Views>,
    /// When a view is defined: what the stars in its text stand for.
    pub(super) stars: Option<Vec<(Location, String)>>,
    recursion: usize,
    depth: usize,
    copied: usize,
    /// Recursive queries so far.
    pub(super) recursions: usize,
    /// Copies of WITH queries and views so far.
    pub(super) expansions: usize,
}

/// A query around the one being bound.
pub(super) struct Enclosing {
    /// Its columns.
    pub(super) scope: Scope,
    /// What the subquery in it depends on, over its columns. An [`Expr::Outer`] names it by its place here.
    pub(super) captures: Vec<Expr>,
    /// The tables to the left of what is being bound in FROM: only what is lateral sees them.
    pub(super) hidden: bool,
}

impl Enclosing {
    /// What stands in the subquery for an expression over the columns around it.
    pub(super) fn capture(&mut self, expr: Expr) -> Expr {
        let ty = expr.ty();
        let known = self.captures.iter().position(|c| *c == expr);
        let index = known.unwrap_or_else(|| {
            self.captures.push(expr);
            self.captures.len() - 1
        });
        Expr::Outer { index, ty }
    }
}

/// When an expression may name the select list's aliases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AliasUse {
    /// Before columns of that name (ORDER BY, HAVING).
    First,
    /// Where there is no column of that name (GROUP BY).
    AfterColumns,
}

/// An alias of the select list.
#[derive(Debug, Clone)]
pub(super) struct Alias {
    pub(super) name: String,
    pub(super) expr: Expr,
}

/// What an expression may refer to where it stands.
pub(super) struct Env<'s> {
    /// Its columns.
    pub(super) scope: &'s Scope,
    /// The clause, for messages.
    pub(super) clause: &'static str,
    /// Where its aggregates are collected; `None` where none may be.
    pub(super) aggregates: Option<&'s mut Vec<AggregateCall>>,
    /// The select list's aliases, and when they count.
    pub(super) aliases: Option<(&'s [Alias], AliasUse)>,
    /// In ON DUPLICATE KEY UPDATE: where the columns of the row to insert start, for `VALUES(column)`.
    pub(super) inserted: Option<usize>,
    /// Whether window functions may occur: those of the innermost SELECT.
    pub(super) windows: bool,
    /// Whether subqueries may occur.
    pub(super) subqueries: bool,
    /// Whether they may depend on the columns.
    pub(super) correlated: bool,
}

impl<'s> Env<'s> {
    /// Columns and subqueries, neither aggregates nor aliases.
    pub(super) fn new(scope: &'s Scope, clause: &'static str) -> Env<'s> {
        Env {
            scope,
            clause,
            aggregates: None,
            aliases: None,
            inserted: None,
            windows: false,
            subqueries: true,
            correlated: true,
        }
    }

    /// The same with subqueries that depend on nothing here.
    pub(super) fn without_correlation(mut self) -> Env<'s> {
        self.correlated = false;
        self
    }

    /// The same without subqueries.
    pub(super) fn without_subqueries(mut self) -> Env<'s> {
        self.subqueries = false;
        self
    }
}

/// Number of nodes of an expression; a subquery's plan counts as many.
fn size(expr: &Expr) -> usize {
    let mut n = if matches!(expr, Expr::Correlated(_)) {
        1000
    } else {
        1
    };
    expr.for_each_child(&mut |c| n += size(c));
    n
}

impl<'a> Binder<'a> {
    pub(super) fn new(cx: &'a BindContext<'a>) -> Binder<'a> {
        Binder {
            cx,
            sub_plans: Vec::new(),
            ctes: Vec::new(),
            outer: Vec::new(),
            windows: Vec::new(),
            slots: None,
            row: None,
            merge_action: None,
            inserting: None,
            row_ids: false,
            locks: false,
            views: None,
            stars: None,
            recursion: 0,
            depth: 0,
            copied: 0,
            recursions: 0,
            expansions: 0,
        }
    }

    /// The definitions.
    pub(super) fn source(&self) -> &'a dyn SchemaSource {
        self.cx.source
    }

    /// Runs `f` one level of recursion and `levels` levels of the bound tree deeper.
    pub(super) fn deeper<T>(
        &mut self,
        levels: usize,
        f: impl FnOnce(&mut Binder<'a>) -> Result<T>,
    ) -> Result<T> {
        if self.depth + levels > MAX_DEPTH {
            return Err(Error::TooDeep { limit: MAX_DEPTH });
        }
        if self.recursion >= MAX_RECURSION {
            return Err(Error::TooDeep { limit: MAX_RECURSION });
        }
        self.depth += levels;
        self.recursion += 1;
        let result = f(self);
        self.recursion -= 1;
        self.depth -= levels;
        result
    }

    /// A column of an enclosing query, the nearest that has it: what `find` finds in a scope.
    pub(super) fn outer_column(
        &mut self,
        find: impl Fn(&Scope) -> Result<Option<Expr>>,
    ) -> Result<Option<Expr>> {
        let mut found = None;
        for (level, enclosing) in self.outer.iter().enumerate().rev().filter(|(_, e)| !e.hidden) {
            if let Some(column) = find(&enclosing.scope)? {
                found = Some((level, column));
                break;
            }
        }
        let Some((level, mut expr)) = found else {
            return Ok(None);
        };
        // Every subquery on the way passes it on.
        for enclosing in self.outer.iter_mut().skip(level) {
            expr = enclosing.capture(expr);
        }
        Ok(Some(expr))
    }

    /// A copy of a plan, within the statement's limit.
    pub(super) fn copy_plan(&mut self, plan: &Plan) -> Result<Plan> {
        /// How many expression nodes an operator counts as.
        const OPERATOR: usize = 100;
        fn operators(plan: &Plan) -> usize {
            plan.inputs().into_iter().map(operators).sum::<usize>() + 1
        }
        self.count_copied(operators(plan).saturating_mul(OPERATOR))?;
        Ok(plan.clone())
    }

    fn count_copied(&mut self, nodes: usize) -> Result<()> {
        self.copied = self.copied.saturating_add(nodes);
        match self.copied > MAX_COPIED {
            true => Err(Error::invalid(
                "the statement repeats its expressions too often; compute them in a derived table",
            )),
            false => Ok(()),
        }
    }

    /// A copy of an expression, within the statement's limit.
    pub(super) fn copy(&mut self, expr: &Expr) -> Result<Expr> {
        self.count_copied(size(expr))?;
        Ok(expr.clone())
    }
}
