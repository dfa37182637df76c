//! Triggers: CREATE and DROP, and the plans of those that a statement may fire.
//!
//! The columns of OLD and NEW are parameters of the statements in a trigger's body, which have no others.
//! The bodies are bound together with the statement that may fire them, and theirs with them, each trigger
//! once; so the plan of a statement has all that can happen.

use super::BindContext;
use super::binder::{Binder, Env};
use super::column_values::assign;
use super::generated::generated;
use super::insert::unknown_column;
use super::join::one_row;
use super::names::{Scope, ident, ident_value, nearest};
use super::refuse::{invalid, refuse_at, unsupported};
use super::select::qualifier;
use super::statement::bind_change;
use super::trigger_body::Around;
use super::view::{Views, with_views};
use crate::catalog::{TableDef, TriggerDef, TriggerEvent, TriggerTiming};
use crate::sql::functions::lookup;
use crate::sql::parse::{
    Ast, CreateTrigger, Parsed, TriggerStatement, parse_expr, parse_trigger_statement, start,
};
use crate::sql::plan::{Expr, Plan, Query, Show, Statement, Step, TableTriggers, Trigger, Triggered};
use crate::types::{DataType, Error, Result};
use alloc::{boxed::Box, collections::BTreeSet, format, string::String, sync::Arc, vec, vec::Vec};
use core::cell::RefCell;
use sqlparser::ast::{self, Ident, ObjectName, ShowStatementFilter};

/// The row for which a trigger runs.
pub(super) struct TriggerRow {
    def: Arc<TableDef>,
    event: TriggerEvent,
    /// The parameters that stand for its columns, as far as they are used.
    used: BTreeSet<usize>,
    /// The variables in sight, the innermost last.
    variables: Vec<Variable>,
}

impl TriggerRow {
    /// The first parameter of OLD or NEW; `None`: it is neither.
    fn first(&self, name: &Ident) -> Result<Option<usize>> {
        let is = |wanted: &str| name.value.eq_ignore_ascii_case(wanted);
        let (first, missing) = match (is("OLD"), is("NEW")) {
            (true, _) => (0, TriggerEvent::Insert),
            (_, true) => (self.def.columns.len(), TriggerEvent::Delete),
            _ => return Ok(None),
        };
        if self.event == missing {
            return Err(invalid(
                format!("there is no {} row in this trigger", name.value.to_uppercase()),
                name,
            ));
        }
        Ok(Some(first))
    }

    /// A variable of the trigger; `None`: there is none of that name.
    pub(super) fn variable(&self, name: &Ident) -> Option<Expr> {
        let mut known = self.variables.iter().rev();
        let found = known.find(|v| v.name.eq_ignore_ascii_case(&name.value))?;
        Some(Expr::Param {
            index: 2 * self.def.columns.len() + found.slot,
            ty: found.ty.clone(),
        })
    }

    /// A column of OLD or NEW; `None`: the table is neither.
    pub(super) fn column(&mut self, table: &Ident, name: &Ident) -> Result<Option<Expr>> {
        let Some(first) = self.first(table)? else {
            return Ok(None);
        };
        let column = self.def.column(&name.value);
        let Some((column, def)) = column.and_then(|c| Some((c, self.def.columns.get(c)?))) else {
            return Err(unknown_column(&self.def, name));
        };
        self.used.insert(first + column);
        Ok(Some(Expr::Param {
            index: first + column,
            ty: def.ty.clone(),
        }))
    }
}

/// A trigger being bound.
pub(super) struct Body<'c> {
    cx: &'c BindContext<'c>,
    def: Arc<TableDef>,
    timing: TriggerTiming,
    event: TriggerEvent,
    used: RefCell<BTreeSet<usize>>,
    sets: Vec<usize>,
    pub(super) steps: Vec<Step>,
    /// Variables in sight, the innermost last.
    pub(super) variables: Vec<Variable>,
    /// The first of the innermost block.
    pub(super) block_start: usize,
    /// The types of all variables, by their slots.
    pub(super) types: Vec<DataType>,
    /// Blocks and loops around, the innermost last.
    pub(super) around: Vec<Around>,
}

/// A variable of a trigger.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Its place among all of the trigger.
    pub(super) slot: usize,
    pub(super) ty: DataType,
}

/// What the statements of a table's triggers are bound in.
fn context<'c>(cx: &BindContext<'c>, def: &'c TableDef) -> BindContext<'c> {
    BindContext {
        source: cx.source,
        schema: &def.schema,
        params: &[],
    }
}

impl Body<'_> {
    /// A binder that knows OLD and NEW. Names are those of the schema of the trigger's table, which `cx` is to
    /// say.
    fn binder<'b>(&self, views: &'b Views, cx: &'b BindContext<'b>) -> Binder<'b> {
        let mut binder = views.binder(cx);
        binder.row = Some(TriggerRow {
            def: self.def.clone(),
            event: self.event,
            used: BTreeSet::new(),
            variables: self.variables.clone(),
        });
        binder
    }

    /// What was bound with a binder, and with it the parameters that are used.
    fn bound<T>(&self, binder: &mut Binder<'_>, bound: Result<T>) -> Result<T> {
        if let Some(row) = &mut binder.row {
            self.used.borrow_mut().append(&mut row.used);
        }
        bound
    }

    /// The query for the only value of an expression.
    pub(super) fn value(&self, e: &ast::Expr, convert: impl Fn(Expr) -> Result<Expr>) -> Result<Arc<Query>> {
        let cx = context(self.cx, &self.def);
        with_views(&cx, |views| {
            let mut binder = self.binder(views, &cx);
            let scope = Scope::default();
            let value = binder
                .expr(e, &mut Env::new(&scope, "a trigger"))
                .and_then(&convert);
            let value = self.bound(&mut binder, value)?;
            Ok(Arc::new(Query {
                plan: Plan::Project {
                    input: Box::new(one_row()),
                    exprs: vec![value],
                },
                sub_plans: binder.sub_plans,
                columns: Arc::default(),
            }))
        })
    }

    /// A statement that other texts may have too.
    pub(super) fn plain(&self, parsed: &Parsed) -> Result<Step> {
        let Ast::Sql(s) = parsed.ast() else {
            return Err(parsed.unsupported());
        };
        let cx = context(self.cx, &self.def);
        with_views(&cx, |views| {
            let mut binder = self.binder(views, &cx);
            let change = bind_change(s, &mut binder);
            if let Some(change) = self.bound(&mut binder, change)? {
                let returns = match &change {
                    Statement::Insert(i) => i.returning.is_some(),
                    Statement::Update(u) => u.returning.is_some(),
                    Statement::Delete(d) => d.returning.is_some(),
                    Statement::Changes(c) => c.parts.iter().any(|p| p.change.returning().is_some()),
                    _ => false,
                };
                refuse_at(returns, "RETURNING in a trigger", parsed.position())?;
                return Ok(Step::Change(change));
            }
            let ast::Statement::Query(q) = &**s else {
                return Err(parsed.unsupported());
            };
            let query = binder.top_query(q);
            Ok(Step::Run(Arc::new(self.bound(&mut binder, query)?)))
        })
    }

    /// A query whose columns go into variables of these types.
    pub(super) fn selected(&self, parsed: &Parsed, types: &[DataType]) -> Result<Arc<Query>> {
        let Ast::Sql(s) = parsed.ast() else {
            return Err(parsed.unsupported());
        };
        let ast::Statement::Query(q) = &**s else {
            return Err(parsed.unsupported());
        };
        let cx = context(self.cx, &self.def);
        with_views(&cx, |views| {
            let mut binder = self.binder(views, &cx);
            let query = binder.top_query(q);
            let mut query = self.bound(&mut binder, query)?;
            if query.columns.len() != types.len() {
                return Err(Error::Invalid {
                    message: format!(
                        "SELECT … INTO has {} columns for {} variables",
                        query.columns.len(),
                        types.len()
                    ),
                    position: parsed.position(),
                });
            }
            let columns = query.plan.types().into_iter().zip(types).enumerate();
            let column = |(index, (ty, to)): (usize, (DataType, &DataType))| {
                super::types::cast(Expr::Column { index, ty }, to, true)
            };
            query.plan = Plan::Project {
                exprs: columns.map(column).collect(),
                input: Box::new(query.plan),
            };
            Ok(Arc::new(query))
        })
    }

    /// The query for a value that a variable takes.
    pub(super) fn assigned(&self, value: &ast::Expr, ty: &DataType) -> Result<Arc<Query>> {
        self.value(value, |v| Ok(super::types::cast(v, ty, true)))
    }

    /// The type that a DECLARE says.
    pub(super) fn type_of(&self, name: &Ident, data_type: &ast::DataType) -> Result<DataType> {
        let cx = context(self.cx, &self.def);
        let views = Views::default();
        let binder = self.binder(&views, &cx);
        let column = binder.column_options(name, data_type, core::iter::empty())?;
        Ok(column.def.ty)
    }

    /// SET NEW.column = value.
    pub(super) fn set(&mut self, name: &Ident, value: &ast::Expr) -> Result<()> {
        if self.timing == TriggerTiming::After || self.event == TriggerEvent::Delete {
            return Err(invalid(
                "SET NEW.column is for triggers BEFORE INSERT and BEFORE UPDATE",
                name,
            ));
        }
        let def = self.def.clone();
        let column = def
            .column(&name.value)
            .ok_or_else(|| unknown_column(&def, name))?;
        let generated = def.columns.get(column).is_some_and(|c| c.generated.is_some());
        if generated {
            return Err(invalid(format!("column {} is generated", name.value), name));
        }
        let query = self.value(value, |v| Ok(assign(v, &def, column)))?;
        if !self.sets.contains(&column) {
            self.sets.push(column);
        }
        self.steps.push(Step::Set(column, query));
        Ok(())
    }

    pub(super) fn set_step(&mut self, at: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(at) {
            *place = step;
        }
    }

    /// With its condition, which is the first step.
    fn finish(mut self, name: &str, update_of: Vec<usize>, when: Option<Arc<Query>>) -> Trigger {
        if let Some(when) = when {
            let end = self.steps.len();
            self.set_step(0, Step::Unless(when, end));
        }
        Trigger {
            name: String::from(name),
            timing: self.timing,
            update_of,
            uses: self.used.into_inner().into_iter().collect(),
            sets: self.sets,
            variables: self.types,
            steps: self.steps,
        }
    }
}

/// The failure that a value is the message of.
pub(super) fn raise(message: Expr) -> Result<Expr> {
    let function = lookup("RAISE").ok_or_else(|| Error::unsupported("RAISE"))?;
    Ok(Expr::Function {
        function,
        args: vec![super::types::to_text(message)],
        ty: DataType::TEXT,
    })
}

/// Binds a trigger: its condition, then its statements.
fn bound(
    def: &Arc<TableDef>,
    trigger: &TriggerDef,
    (when, statements): (Option<&ast::Expr>, &[&[TriggerStatement]]),
    cx: &BindContext<'_>,
) -> Result<Trigger> {
    let mut body = Body {
        cx,
        def: def.clone(),
        timing: trigger.timing,
        event: trigger.event,
        used: RefCell::default(),
        sets: Vec::new(),
        steps: Vec::new(),
        variables: Vec::new(),
        block_start: 0,
        types: Vec::new(),
        around: Vec::new(),
    };
    let condition = |w: &ast::Expr| body.value(w, |value| super::types::to_bool(value, None));
    let when = when.map(condition).transpose()?;
    if when.is_some() {
        body.steps.push(Step::Goto(0));
    }
    for s in statements {
        body.statements(s)?;
    }
    let update_of = trigger.update_of.iter();
    let update_of = update_of.map(|name| {
        def.column(name).ok_or_else(|| Error::Unknown {
            kind: "column",
            nearest: nearest(name, def.columns.iter().map(|c| c.name.as_str())),
            name: format!("{}.{name}", def.name),
            position: None,
        })
    });
    let update_of: Result<Vec<usize>> = update_of.collect();
    Ok(body.finish(&trigger.name, update_of?, when))
}

/// Binds a stored trigger.
fn stored(def: &Arc<TableDef>, trigger: &TriggerDef, cx: &BindContext<'_>) -> Result<Trigger> {
    let bind = || {
        let when = trigger.when.as_ref().map(|sql| parse_expr(sql)).transpose()?;
        let body: Result<Vec<Vec<TriggerStatement>>> = trigger
            .body
            .iter()
            .map(|sql| parse_trigger_statement(sql))
            .collect();
        let body = body?;
        let body: Vec<&[TriggerStatement]> = body.iter().map(Vec::as_slice).collect();
        bound(def, trigger, (when.as_ref(), &body), cx)
    };
    bind().map_err(|e| match e {
        Error::Unknown { .. } | Error::Invalid { .. } | Error::AmbiguousColumn { .. } => {
            Error::invalid(format!(
                "trigger {} of table {} does not fit the tables it names: {e}",
                trigger.name, def.name
            ))
        }
        other => other,
    })
}

/// The statement with the triggers it may fire.
pub(super) fn with_triggers(change: Statement, cx: &BindContext<'_>) -> Result<Statement> {
    let mut pending = change.events();
    let mut triggers: Vec<TableTriggers> = Vec::new();
    while let Some((table, event)) = pending.pop() {
        let Some(def) = cx.source.table_by_id(table) else {
            continue;
        };
        let mut own = def.triggers.iter().filter(|t| t.event == event).peekable();
        if own.peek().is_none() || triggers.iter().any(|t| t.table == table && t.event == event) {
            continue;
        }
        let own: Result<Vec<Trigger>> = own.map(|t| stored(&def, t, cx)).collect();
        let own = own?;
        for step in own.iter().flat_map(|t| &t.steps) {
            if let Step::Change(s) = step {
                pending.extend(s.events());
            }
        }
        triggers.push(TableTriggers {
            table,
            event,
            triggers: own,
            generated: generated(&def, cx)?,
        });
    }
    if triggers.is_empty() {
        return Ok(change);
    }
    Ok(Statement::Triggered(Arc::new(Triggered { change, triggers })))
}

impl<'a> Binder<'a> {
    /// `RAISE(ABORT, message)` in a trigger.
    pub(super) fn raise(&mut self, f: &ast::Function, args: &[Expr], action: &ast::Expr) -> Result<Expr> {
        if self.row.is_none() {
            return Err(invalid("RAISE is for the statements of a trigger", f));
        }
        let action = match action {
            ast::Expr::Identifier(i) => i.value.to_ascii_uppercase(),
            _ => String::new(),
        };
        match (action.as_str(), args) {
            ("ABORT", [message]) => raise(message.clone()),
            ("IGNORE" | "FAIL" | "ROLLBACK", _) => Err(unsupported(format!("RAISE({action})"), f)),
            _ => Err(invalid("RAISE takes ABORT and a message", f)),
        }
    }

    /// A trigger by its name, and its table.
    fn find_trigger(&self, name: &ObjectName) -> Result<(Arc<TableDef>, String)> {
        let (schema, own) = qualifier(name)?;
        let schema = schema.unwrap_or(self.cx.schema);
        let mut names = Vec::new();
        for def in self.cx.all_tables() {
            if !def.schema.eq_ignore_ascii_case(schema) {
                continue;
            }
            if let Some(t) = def
                .triggers
                .iter()
                .find(|t| t.name.eq_ignore_ascii_case(&own.value))
            {
                let name = t.name.clone();
                return Ok((def, name));
            }
            names.extend(def.triggers.iter().map(|t| t.name.clone()));
        }
        Err(Error::Unknown {
            kind: "trigger",
            nearest: nearest(&own.value, names.iter().map(String::as_str)),
            name: own.value.clone(),
            position: start(own.span),
        })
    }

    /// CREATE TRIGGER.
    pub(super) fn create_trigger(&self, t: &CreateTrigger) -> Result<Statement> {
        let def = self.cx.table(&t.table)?;
        let (schema, own) = qualifier(&t.name)?;
        if schema.is_some_and(|s| !s.eq_ignore_ascii_case(&def.schema)) {
            return Err(invalid(
                format!("a trigger is in the schema of its table, {}", def.schema),
                &t.name,
            ));
        }
        let full = ObjectName::from(vec![Ident::new(def.schema.clone()), own.clone()]);
        match self.find_trigger(&full) {
            Ok(_) if t.if_not_exists => return Ok(Statement::Nothing),
            Ok((_, name)) => {
                return Err(Error::Exists {
                    kind: "trigger",
                    name,
                });
            }
            Err(_) => {}
        }
        for name in &t.update_of {
            def.column(&name.value)
                .ok_or_else(|| unknown_column(&def, name))?;
        }
        let trigger = TriggerDef {
            name: ident_value(own)?,
            timing: t.timing,
            event: t.event,
            update_of: t.update_of.iter().map(|i| i.value.clone()).collect(),
            when: t.when.as_ref().map(|(_, text)| text.clone()),
            body: t.body.iter().map(|(_, text)| text.clone()).collect(),
        };
        let body: Vec<&[TriggerStatement]> = t.body.iter().map(|(s, _)| s.as_slice()).collect();
        let when = t.when.as_ref().map(|(e, _)| e);
        match bound(&def, &trigger, (when, &body), self.cx) {
            // A table that its statements name may be created later.
            Ok(_) | Err(Error::Unknown { kind: "table", .. }) => {}
            Err(e) => return Err(e),
        }
        let mut place = None;
        if let Some((follows, other)) = &t.place {
            let mut all = def.triggers.iter();
            let known = all.find(|o| o.name.eq_ignore_ascii_case(&other.value));
            let Some(known) = known.filter(|o| o.timing == t.timing && o.event == t.event) else {
                return Err(invalid(
                    format!(
                        "trigger {} is none of table {} for the same time and event",
                        other.value, def.name
                    ),
                    other,
                ));
            };
            place = Some((*follows, known.name.clone()));
        }
        Ok(Statement::CreateTrigger {
            table: def.id,
            trigger: Box::new(trigger),
            place,
        })
    }

    /// DROP TRIGGER.
    pub(super) fn drop_trigger(
        &self,
        name: &ObjectName,
        table: Option<&ObjectName>,
        if_exists: bool,
    ) -> Result<Statement> {
        let on = table.map(|t| self.cx.table_if(t, if_exists)).transpose()?;
        let found = match self.find_trigger(name) {
            Err(Error::Unknown { .. }) if if_exists => return Ok(Statement::Nothing),
            found => found?,
        };
        if let Some(Some(on)) = on
            && on.id != found.0.id
        {
            return Err(invalid(
                format!("trigger {} is one of table {}", found.1, found.0.name),
                name,
            ));
        }
        Ok(Statement::DropTrigger {
            table: found.0.id,
            name: found.1,
        })
    }

    /// SHOW CREATE TRIGGER.
    pub(super) fn show_create_trigger(&self, name: &ObjectName) -> Result<Statement> {
        let (def, name) = self.find_trigger(name)?;
        Ok(Statement::Show(Show::CreateTrigger(def.id, name)))
    }

    /// SHOW TRIGGERS.
    pub(super) fn show_triggers(
        &mut self,
        schema: Option<&Ident>,
        filter: Option<&'a ShowStatementFilter>,
    ) -> Result<Statement> {
        let name = schema.map(|s| ObjectName::from(vec![s.clone()]));
        if let Some(name) = &name {
            let own = ident(name, "schema")?;
            if !self.source().schema_exists(&own.value) {
                return Err(self.cx.unknown_schema(&own.value, start(own.span)));
            }
        }
        let schema = schema.map_or(self.cx.schema, |s| s.value.as_str());
        let shown = Show::Triggers(String::from(schema));
        Ok(Statement::Show(self.filtered_by(shown, filter)?))
    }
}
