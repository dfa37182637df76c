//! Views where they are used: the text of a view is parsed and bound again, as a query of its own in the
//! view's schema, and takes the place of a derived table.
//!
//! A text is as deep as any statement may be, so views are not bound where they are met. Binding that meets one
//! which is not bound yet gives up, having noted it; the view is bound on its own ([`with_views`]), which may
//! meet another one in turn; then binding starts again. However long a chain of views is, one text is on the stack
//! at a time, and a chain that comes back to itself is seen.

use super::binder::Binder;
use super::cte::BoundQuery;
use super::join::{derived, scan};
use super::names::{Scope, ScopeTable};
use super::nullable::nullable;
use super::refuse::invalid;
use super::view_base::{Changed, ViewBase};
use super::{BindContext, SchemaSource};
use crate::catalog::{SequenceDef, TableDef, TableId, ViewDef, ViewKey};
use crate::sql::functions::UserFunction;
use crate::sql::parse::{Ast, Parsed, parse_one, start};
use crate::sql::plan::{OutputColumn, Plan, ViewColumn};
use crate::table::Table;
use crate::types::{Error, Position, Result};
use alloc::{format, string::String, sync::Arc, vec, vec::Vec};
use core::cell::{Cell, RefCell};
use sqlparser::ast::{self, Ident};

/// Views that read one another in a chain.
const MAX_NESTING: usize = 32;

/// The views of one statement.
#[derive(Default)]
pub(super) struct Views {
    /// Those bound so far.
    bound: RefCell<Vec<(ViewDef, Arc<BoundQuery>)>>,
    /// Those that binding has met last, which are not bound yet.
    wanted: RefCell<Vec<Wanted>>,
    /// Those that cannot be bound, and need not be.
    unusable: RefCell<Vec<ViewDef>>,
    /// The view that the statement defines: none may read it.
    defining: RefCell<Option<(String, String)>>,
    /// Ids of recursive queries handed out so far.
    recursions: Cell<usize>,
}

/// A view that is to be bound.
struct Wanted {
    view: ViewDef,
    /// Where it is named.
    at: Option<Position>,
    /// Whether it is an error if it cannot be bound.
    needed: bool,
}

/// A view that is being bound: its text waits for those after it.
struct Open {
    view: ViewDef,
    parsed: Result<Parsed>,
    needed: bool,
}

/// What is known of a view.
pub(super) enum Known {
    /// It can be used, has these columns, and maybe can be changed.
    Columns(Vec<ViewColumn>, bool),
    /// It cannot be used.
    Unusable,
    /// It was not bound yet.
    NotYet,
}

fn is_same(view: &ViewDef, schema: &str, name: &str) -> bool {
    view.schema.eq_ignore_ascii_case(schema) && view.name.eq_ignore_ascii_case(name)
}

/// What a view sees: no temporary tables, which are not there for everybody.
struct Permanent<'a>(&'a dyn SchemaSource);

impl SchemaSource for Permanent<'_> {
    fn table(&self, schema: &str, name: &str) -> Option<Arc<TableDef>> {
        self.0.permanent_table(schema, name)
    }
    fn permanent_table(&self, schema: &str, name: &str) -> Option<Arc<TableDef>> {
        self.0.permanent_table(schema, name)
    }
    fn view(&self, schema: &str, name: &str) -> Option<ViewDef> {
        self.0.view(schema, name)
    }
    fn views(&self) -> Vec<ViewDef> {
        self.0.views()
    }
    fn knows_sequences(&self) -> bool {
        self.0.knows_sequences()
    }
    fn sequence(&self, schema: &str, name: &str) -> Option<SequenceDef> {
        self.0.sequence(schema, name)
    }
    fn sequence_names(&self, schema: &str) -> Vec<String> {
        self.0.sequence_names(schema)
    }
    fn table_by_id(&self, id: TableId) -> Option<Arc<TableDef>> {
        self.0.table_by_id(id)
    }
    fn row_count(&self, id: TableId) -> u64 {
        self.0.row_count(id)
    }
    fn trees(&self, id: TableId) -> Option<Arc<Table>> {
        self.0.trees(id)
    }
    fn schema_exists(&self, name: &str) -> bool {
        self.0.schema_exists(name)
    }
    fn table_names(&self, schema: &str) -> Vec<String> {
        self.0.table_names(schema)
    }
    fn schema_names(&self) -> Vec<String> {
        self.0.schema_names()
    }
    fn user_functions(&self) -> Vec<Arc<UserFunction>> {
        self.0.user_functions()
    }
    fn user_function(&self, name: &str) -> Option<Arc<UserFunction>> {
        self.0.user_function(name)
    }
}

/// Binds with the views that it needs.
///
/// Errors: those of `bind`, and those of the views, which name the view and stand where it is named.
pub(super) fn with_views<T>(cx: &BindContext<'_>, bind: impl Fn(&Views) -> Result<T>) -> Result<T> {
    let views = Views::default();
    loop {
        let bound = bind(&views);
        let wanted = views.wanted.take();
        if bound.is_ok() || wanted.is_empty() {
            return bound;
        }
        for wanted in wanted {
            views.provide(cx, wanted)?;
        }
    }
}

impl Views {
    /// Binds a view, and before it those that it reads.
    fn provide(&self, cx: &BindContext<'_>, wanted: Wanted) -> Result<()> {
        let at = wanted.at;
        let mut chain: Vec<Open> = Vec::new();
        let mut next = Some(wanted);
        loop {
            let mut failed = None;
            if let Some(Wanted { view, needed, .. }) = next.take() {
                match self.may_open(&chain, &view) {
                    Ok(()) => chain.push(Open {
                        parsed: parse_one(&view.sql),
                        view,
                        needed,
                    }),
                    Err(_) if !needed => self.unusable.borrow_mut().push(view),
                    Err(message) => failed = Some(Error::invalid(message)),
                }
            }
            let Some(open) = chain.last() else {
                return failed.map_or(Ok(()), |e| Err(unusable(&chain, e, at)));
            };
            let bound = match (failed, &open.parsed) {
                (Some(e), _) => Err(e),
                (None, Ok(parsed)) => self.bind_text(cx, &open.view, parsed),
                (None, Err(e)) => Err(e.clone()),
            };
            let wanted = self.wanted.take().pop();
            match (bound, wanted) {
                (Ok(query), _) => {
                    if let Some(open) = chain.pop() {
                        self.bound.borrow_mut().push((open.view, Arc::new(query)));
                    }
                }
                (Err(_), Some(wanted)) => next = Some(wanted),
                (Err(e), None) => {
                    // Whoever only wanted to know gets to know that it cannot be used.
                    let Some(first) = chain.iter().rposition(|o| !o.needed) else {
                        return Err(unusable(&chain, e, at));
                    };
                    let unusable = chain.drain(first..).next();
                    self.unusable.borrow_mut().extend(unusable.map(|o| o.view));
                }
            }
        }
    }

    /// Whether a view may be bound for the last one of a chain; else why not.
    fn may_open(&self, chain: &[Open], view: &ViewDef) -> core::result::Result<(), String> {
        let is_open = chain.iter().any(|o| is_same(&o.view, &view.schema, &view.name));
        if is_open || self.is_defining(view) {
            return Err(format!("view {} would read itself", view.name));
        }
        if chain.len() >= MAX_NESTING {
            return Err(format!(
                "view {} is the end of a chain of more than {MAX_NESTING} views that read one another",
                view.name
            ));
        }
        Ok(())
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
            source: &Permanent(cx.source),
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

    /// The views that were bound.
    pub(super) fn keys(&self) -> Arc<[ViewKey]> {
        self.bound.borrow().iter().map(|(view, _)| view.key()).collect()
    }

    /// The plan of a view, if it is bound.
    pub(super) fn plan_of(&self, view: &ViewDef) -> Option<Plan> {
        self.find(view).map(|query| query.plan.clone())
    }

    /// The query of a view, if it is bound.
    fn find(&self, view: &ViewDef) -> Option<Arc<BoundQuery>> {
        let bound = self.bound.borrow();
        let found = bound.iter().find(|(v, _)| is_same(v, &view.schema, &view.name));
        found.map(|(_, query)| query.clone())
    }
}

/// The error of the last view of a chain, for who reads the first.
fn unusable(chain: &[Open], error: Error, at: Option<Position>) -> Error {
    if let Error::TooDeep { .. } = error {
        return error;
    }
    // A position in a view's text is none in the statement.
    let innermost = format!("{}", error.without_position());
    let message = chain.iter().rev().fold(innermost, |e, o| {
        format!("view {} cannot be used: {e}", o.view.name)
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
                *views.wanted.borrow_mut() = vec![Wanted {
                    view,
                    at: start(at.span),
                    needed: true,
                }];
                Err(Error::invalid(message))
            }
        }
    }

    /// What is known of a view that need not be usable.
    pub(super) fn known_view(&self, view: &ViewDef) -> Known {
        let Some(views) = self.views else {
            return Known::Unusable;
        };
        if let Some(query) = views.find(view) {
            let nullable = nullable(&query.plan, self.source());
            let column = |(c, nullable): (&OutputColumn, bool)| ViewColumn {
                name: c.name.clone(),
                ty: c.ty.clone(),
                nullable,
            };
            let columns = query.columns.iter().zip(nullable).map(column).collect();
            return Known::Columns(columns, self.is_changeable(view, &query.plan, &query.columns));
        }
        let unusable = views.unusable.borrow();
        match unusable.iter().any(|v| is_same(v, &view.schema, &view.name)) {
            true => Known::Unusable,
            false => Known::NotYet,
        }
    }

    /// Asks for views to be bound that need not be usable; the error is never shown.
    pub(super) fn want_views(&self, wanted: Vec<ViewDef>) -> Error {
        let wanted = wanted.into_iter().map(|view| Wanted {
            view,
            at: None,
            needed: false,
        });
        if let Some(views) = self.views {
            *views.wanted.borrow_mut() = wanted.collect();
        }
        Error::invalid("views are not bound yet")
    }

    /// A view in FROM.
    pub(super) fn view(
        &mut self,
        view: ViewDef,
        name: &Ident,
        alias: Option<(&Ident, &[ast::TableAliasColumnDef])>,
    ) -> Result<(Plan, Scope)> {
        let (schema, own) = (view.schema.clone(), view.name.clone());
        let is_target = self.row_ids && alias.is_none_or(|(_, names)| names.is_empty());
        let mut why_not = None;
        if is_target {
            match self.view_base(view.clone(), name)? {
                Ok(base) => {
                    let alias = alias.map(|(alias, _)| alias.value.clone());
                    return Ok(self.rows_to_change(base, alias));
                }
                Err(why) => why_not = Some(format!("view {own} cannot be changed: {why}")),
            }
        }
        let (plan, columns) = self.view_query(view, name)?;
        if let Some((alias, names)) = alias {
            let (plan, mut scope) = derived(plan, columns, alias, names)?;
            scope.cannot_be_changed(why_not);
            return Ok((plan, scope));
        }
        let types = columns.iter().map(|c| c.ty.clone()).collect();
        let names = columns.into_iter().map(|c| c.name).collect();
        let mut scope = Scope::of(ScopeTable::view(schema, own, names), types);
        scope.cannot_be_changed(why_not);
        Ok((plan, scope))
    }

    /// The rows of a view that a statement may change, with the row ids of its table.
    fn rows_to_change(&self, base: ViewBase, alias: Option<String>) -> (Plan, Scope) {
        let changed = Changed {
            def: base.def.clone(),
            view: Some(Arc::new(base)),
        };
        let called = alias.as_deref().unwrap_or(changed.name());
        let plan = changed.rows(scan(&changed.def, called, true));
        let width = plan.types().len();
        let mut scope = changed.scope(1).moved(width, |_| None);
        scope.can_be_changed(changed, alias);
        (plan, scope)
    }
}
