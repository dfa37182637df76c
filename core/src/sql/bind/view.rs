//! Views where they are used: the text of a view is parsed and bound again, as a query of its own in the
//! view's schema, and takes the place of a derived table.
//!
//! A text is as deep as any statement may be, so views are not bound where they are met. Binding that meets one
//! which is not bound yet gives up, having noted it; the view is bound on its own ([`with_views`]), which may
//! meet another one in turn; then binding starts again. However long a chain of views is, one text is on the stack
//! at a time, and a chain that comes back to itself is seen.

use super::BindContext;
use super::binder::Binder;
use super::cte::BoundQuery;
use super::join::derived;
use super::names::{Scope, ScopeTable};
use super::nullable::nullable;
use super::refuse::invalid;
use crate::catalog::ViewDef;
use crate::sql::parse::{Ast, Parsed, parse_one, start};
use crate::sql::plan::{OutputColumn, Plan, ViewColumn};
use crate::types::{Error, Position, Result};
use alloc::{format, string::String, sync::Arc, vec::Vec};
use core::cell::{Cell, RefCell};
use sqlparser::ast::{self, Ident};

/// Views that read one another in a chain.
const MAX_NESTING: usize = 32;

/// The views of one statement.
#[derive(Default)]
pub(super) struct Views {
    /// Those bound so far.
    bound: RefCell<Vec<(ViewDef, Arc<BoundQuery>)>>,
    /// The one that binding has met last, which is not bound yet, and where.
    wanted: RefCell<Option<(ViewDef, Option<Position>)>>,
    /// The view that the statement defines: none may read it.
    defining: RefCell<Option<(String, String)>>,
    /// Ids of recursive queries handed out so far.
    recursions: Cell<usize>,
}

fn is_same(view: &ViewDef, schema: &str, name: &str) -> bool {
    view.schema.eq_ignore_ascii_case(schema) && view.name.eq_ignore_ascii_case(name)
}

/// Binds with the views that it needs.
///
/// Errors: those of `bind`, and those of the views, which name the view and stand where it is named.
pub(super) fn with_views<T>(cx: &BindContext<'_>, bind: impl Fn(&Views) -> Result<T>) -> Result<T> {
    let views = Views::default();
    loop {
        let bound = bind(&views);
        match (bound, views.wanted.take()) {
            (Err(_), Some((view, at))) => views.provide(cx, view, at)?,
            (bound, _) => return bound,
        }
    }
}

impl Views {
    /// Binds a view, and before it those that it reads.
    fn provide(&self, cx: &BindContext<'_>, view: ViewDef, at: Option<Position>) -> Result<()> {
        let mut chain: Vec<(ViewDef, Result<Parsed>)> = Vec::new();
        let mut next = Some(view);
        loop {
            if let Some(view) = next.take() {
                let is_open = chain.iter().any(|(v, _)| is_same(v, &view.schema, &view.name));
                if is_open || self.is_defining(&view) {
                    let through = chain.last().map_or("", |(v, _)| v.name.as_str());
                    let message = format!("view {} would read itself, through view {through}", view.name);
                    return Err(Error::Invalid {
                        message,
                        position: at,
                    });
                }
                if chain.len() >= MAX_NESTING {
                    let message = format!(
                        "view {} is the end of a chain of more than {MAX_NESTING} views that read one another",
                        view.name
                    );
                    return Err(Error::Invalid {
                        message,
                        position: at,
                    });
                }
                let parsed = parse_one(&view.sql);
                chain.push((view, parsed));
            }
            let Some((view, parsed)) = chain.last() else {
                return Ok(());
            };
            let bound = match parsed {
                Ok(parsed) => self.bind_text(cx, view, parsed),
                Err(e) => Err(e.clone()),
            };
            match (bound, self.wanted.take()) {
                (Ok(query), _) => {
                    if let Some((view, _)) = chain.pop() {
                        self.bound.borrow_mut().push((view, Arc::new(query)));
                    }
                }
                (Err(_), Some((wanted, _))) => next = Some(wanted),
                (Err(e), None) => return Err(unusable(&chain, e, at)),
            }
        }
    }

    /// A view's query, bound apart from everything.
    fn bind_text(&self, cx: &BindContext<'_>, view: &ViewDef, parsed: &Parsed) -> Result<BoundQuery> {
        let Ast::Sql(statement) = parsed.ast() else {
            return Err(parsed.unsupported());
        };
        let ast::Statement::Query(query) = statement.as_ref() else {
            return Err(parsed.unsupported());
        };
        let cx = BindContext {
            source: cx.source,
            schema: &view.schema,
            params: &[],
        };
        let mut binder = self.binder(&cx);
        let (plan, mut columns) = binder.query(query)?;
        self.recursions.set(binder.recursions);
        if columns.len() != view.columns.len() {
            let (now, then) = (columns.len(), view.columns.len());
            return Err(Error::invalid(format!(
                "its query has {now} columns now, it had {then} when the view was created"
            )));
        }
        for (column, name) in columns.iter_mut().zip(&view.columns) {
            column.name.clone_from(name);
        }
        Ok(BoundQuery {
            plan,
            columns,
            sub_plans: binder.sub_plans,
            expansions: binder.expansions,
        })
    }

    /// A binder that may use views.
    pub(super) fn binder<'a>(&'a self, cx: &'a BindContext<'a>) -> Binder<'a> {
        let mut binder = Binder::new(cx);
        binder.views = Some(self);
        binder.recursions = self.recursions.get();
        binder
    }

    /// Says that the statement defines that view.
    pub(super) fn define(&self, schema: &str, name: &str) {
        *self.defining.borrow_mut() = Some((String::from(schema), String::from(name)));
    }

    fn is_defining(&self, view: &ViewDef) -> bool {
        let defining = self.defining.borrow();
        defining.as_ref().is_some_and(|(s, n)| is_same(view, s, n))
    }

    /// The query of a view, if it is bound.
    fn find(&self, view: &ViewDef) -> Option<Arc<BoundQuery>> {
        let bound = self.bound.borrow();
        let found = bound.iter().find(|(v, _)| is_same(v, &view.schema, &view.name));
        found.map(|(_, query)| query.clone())
    }
}

/// The error of the last view of a chain, for who reads the first.
fn unusable(chain: &[(ViewDef, Result<Parsed>)], error: Error, at: Option<Position>) -> Error {
    if let Error::TooDeep { .. } = error {
        return error;
    }
    // A position in a view's text is none in the statement.
    let message = chain
        .iter()
        .rev()
        .fold(format!("{}", error.without_position()), |e, (v, _)| {
            format!("view {} cannot be used: {e}", v.name)
        });
    Error::Invalid {
        message,
        position: at,
    }
}

impl Binder<'_> {
    /// The columns of a view as they are now.
    pub(super) fn columns_of_view(&mut self, view: ViewDef, at: &Ident) -> Result<Vec<ViewColumn>> {
        let (plan, columns) = self.view_query(view, at)?;
        let source = self.source();
        let columns = columns.into_iter().zip(nullable(&plan, source));
        let column = |(c, nullable): (OutputColumn, bool)| ViewColumn {
            name: c.name,
            ty: c.ty,
            nullable,
        };
        Ok(columns.map(column).collect())
    }

    /// The query of a view as a plan, where it is named.
    pub(super) fn view_query(&mut self, view: ViewDef, at: &Ident) -> Result<(Plan, Vec<OutputColumn>)> {
        let Some(views) = self.views else {
            return Err(invalid(format!("view {} cannot be used here", view.name), at));
        };
        if views.is_defining(&view) {
            return Err(invalid(format!("view {} would read itself", view.name), at));
        }
        match views.find(&view) {
            Some(query) => self.copy_of(&query),
            None => {
                let message = format!("view {} is not bound yet", view.name);
                *views.wanted.borrow_mut() = Some((view, start(at.span)));
                Err(Error::invalid(message))
            }
        }
    }

    /// A view in FROM.
    pub(super) fn view(
        &mut self,
        view: ViewDef,
        name: &Ident,
        alias: Option<(&Ident, &[ast::TableAliasColumnDef])>,
    ) -> Result<(Plan, Scope)> {
        let (schema, own) = (view.schema.clone(), view.name.clone());
        let (plan, columns) = self.view_query(view, name)?;
        if let Some((alias, names)) = alias {
            return derived(plan, columns, alias, names);
        }
        let types = columns.iter().map(|c| c.ty.clone()).collect();
        let names = columns.into_iter().map(|c| c.name).collect();
        Ok((plan, Scope::of(ScopeTable::view(schema, own, names), types)))
    }
}
