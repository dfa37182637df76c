//! A statement in the session's time zone.
//!
//! TIMESTAMP columns hold moments in UTC; everything else that tells a time (DATETIME, texts, NOW()) is local. Binding
//! takes the zone to be UTC, where both are the same numbers. This rewrite of what was bound makes the difference where the zone is
//! another one: constants of TIMESTAMP, and what is converted to it, become moments; a TIMESTAMP that is converted
//! to something else, given to a function or answered becomes its local time; clocks tell it. All of that
//! is the function TIMEZONE with a constant zone, so that constants are still computed before the query runs, and find indexes.
//!
//! What the table itself computes (generated columns, CHECK, expressions of indexes) stays in UTC: it must not depend on
//! who asks. So do constant defaults of TIMESTAMP columns.

use crate::sql::functions::{TimeZone, lookup};
use crate::sql::plan::{
    AlterAction, Change, ConflictAction, Expr, Insert, OutputColumn, Plan, Query, Statement, Step,
};
use crate::types::{DataType, DateTime, Value};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};

/// Functions that are told moments, or only look at types.
const OF_MOMENTS: [&str; 7] = [
    "TIMEZONE",
    "UNIX_TIMESTAMP",
    "TYPEOF",
    "PG_TYPEOF",
    "COLUMN_TYPE",
    "COLLATION",
    "CHARSET",
];

/// Rewrites a bound statement for a session in this zone.
pub fn in_time_zone(statement: &mut Statement, zone: &TimeZone) {
    Rewrite { zone }.statement(statement);
}

struct Rewrite<'z> {
    zone: &'z TimeZone,
}

impl Rewrite<'_> {
    fn statement(&self, statement: &mut Statement) {
        match statement {
            Statement::Query(query) => self.answer(Arc::make_mut(query)),
            Statement::Insert(insert) => self.insert(Arc::make_mut(insert)),
            Statement::Update(update) => {
                let update = Arc::make_mut(update);
                self.query(Arc::make_mut(&mut update.source));
                self.automatic(&mut update.derived.touched);
                update.returning.iter_mut().for_each(|q| self.answer(q));
            }
            Statement::Delete(delete) => {
                let delete = Arc::make_mut(delete);
                self.query(Arc::make_mut(&mut delete.source));
                delete.returning.iter_mut().for_each(|q| self.answer(q));
            }
            Statement::Changes(changes) => {
                let changes = Arc::make_mut(changes);
                self.query(Arc::make_mut(&mut changes.source));
                for part in &mut changes.parts {
                    match &mut part.change {
                        Change::Insert(insert) => self.insert(Arc::make_mut(insert)),
                        Change::Update(update) => {
                            let update = Arc::make_mut(update);
                            self.automatic(&mut update.derived.touched);
                            update.returning.iter_mut().for_each(|q| self.answer(q));
                        }
                        Change::Delete(delete) => {
                            let delete = Arc::make_mut(delete);
                            delete.returning.iter_mut().for_each(|q| self.answer(q));
                        }
                    }
                }
            }
            Statement::Triggered(triggered) => {
                let triggered = Arc::make_mut(triggered);
                self.statement(&mut triggered.change);
                let triggers = triggered.triggers.iter_mut().flat_map(|t| &mut t.triggers);
                for step in triggers.flat_map(|t| &mut t.steps) {
                    match step {
                        Step::Change(change) => self.statement(change),
                        other => other.queries_mut().into_iter().for_each(|q| self.query(q)),
                    }
                }
            }
            Statement::Session(session) => session
                .query
                .iter_mut()
                .for_each(|q| self.answer(Arc::make_mut(q))),
            Statement::Explain { statement, .. } => self.statement(statement),
            Statement::AlterTable { actions, .. } => {
                for action in actions {
                    if let AlterAction::AddColumn { fill: Some(fill), .. } = action {
                        self.default(fill);
                    }
                }
            }
            other => other.queries_mut().into_iter().for_each(|q| self.query(q)),
        }
    }

    fn insert(&self, insert: &mut Insert) {
        let crate::sql::plan::InsertSource::Query(source) = &mut insert.source;
        self.query(Arc::make_mut(source));
        insert.defaults.iter_mut().flatten().for_each(|d| self.default(d));
        for clause in &mut insert.on_conflict {
            if let ConflictAction::Update { set, filter, derived } = &mut clause.action {
                set.iter_mut().for_each(|(_, e)| self.expr(e));
                filter.iter_mut().for_each(|e| self.expr(e));
                self.automatic(&mut derived.touched);
            }
        }
        insert.returning.iter_mut().for_each(|q| self.answer(q));
    }

    /// What the engine sets where nothing is given.
    fn automatic(&self, values: &mut [(usize, Expr)]) {
        values.iter_mut().for_each(|(_, e)| self.default(e));
    }

    fn default(&self, value: &mut Expr) {
        // A clock that is asked for a moment says it right.
        if !is_moment(&value.ty()) {
            self.expr(value);
        }
    }

    /// A query whose rows are told to somebody.
    fn answer(&self, query: &mut Query) {
        self.query(query);
        if !query.columns.iter().any(|c| is_moment(&c.ty)) {
            return;
        }
        let mut columns: Vec<OutputColumn> = query.columns.to_vec();
        if let Plan::Project { exprs, .. } = &mut query.plan {
            for (expr, column) in exprs.iter_mut().zip(&mut columns) {
                self.localize(expr);
                column.ty = expr.ty();
            }
            query.columns = columns.into();
            return;
        }
        let mut exprs = Vec::with_capacity(columns.len());
        for (index, column) in columns.iter_mut().enumerate() {
            let own = Expr::Column {
                index,
                ty: column.ty.clone(),
            };
            let local = self.local(own);
            column.ty = local.ty();
            exprs.push(local);
        }
        let nothing = Plan::Append { inputs: Vec::new() };
        let input = Box::new(core::mem::replace(&mut query.plan, nothing));
        query.plan = Plan::Project { input, exprs };
        query.columns = columns.into();
    }

    fn query(&self, query: &mut Query) {
        self.plan(&mut query.plan);
        query.sub_plans.iter_mut().for_each(|s| self.plan(&mut s.plan));
    }

    fn plan(&self, plan: &mut Plan) {
        plan.for_each_input_mut(&mut |input| self.plan(input));
        plan.for_each_expr_mut(&mut |e| self.expr(e));
    }

    fn expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Literal {
                value: Value::DateTime(local),
                ty: DataType::Timestamp { .. },
            } => {
                // What is no moment, at the ends of the calendar, stays what it is.
                *local = self.zone.moment_of(*local).unwrap_or(*local);
            }
            Expr::Cast { operand, ty, strict } => {
                let to_moment = is_moment(ty);
                if to_moment && is_clock(operand) {
                    return;
                }
                self.expr(operand);
                let from = operand.ty();
                match (is_moment(&from), to_moment) {
                    (true, false) => {
                        let moment = take(operand);
                        **operand = self.local(moment);
                    }
                    (false, true) if from != DataType::Null => {
                        let fsp = digits(ty);
                        let local = Expr::Cast {
                            operand: Box::new(take(operand)),
                            ty: DataType::DateTime { fsp },
                            strict: *strict,
                        };
                        *expr = self.in_zone(local, DataType::Timestamp { fsp });
                    }
                    _ => {}
                }
            }
            Expr::Function { function, args, ty } => {
                args.iter_mut().for_each(|a| self.expr(a));
                let name = function.name;
                match (name, ty.clone()) {
                    ("NOW", DataType::DateTime { fsp }) => *expr = self.clock(fsp),
                    ("CURTIME", to @ DataType::Time { fsp }) => *expr = plain_cast(self.clock(fsp), to),
                    ("CURDATE", to) => *expr = plain_cast(self.clock(0), to),
                    ("UNIX_TIMESTAMP", _) => {
                        for arg in args
                            .iter_mut()
                            .filter(|a| !is_moment(&a.ty()) && a.ty() != DataType::Null)
                        {
                            let fsp = match arg.ty() {
                                DataType::Date => 0,
                                DataType::DateTime { fsp } => fsp,
                                _ => 6,
                            };
                            let local = take(arg);
                            *arg = self.in_zone(local, DataType::Timestamp { fsp });
                        }
                    }
                    ("FROM_UNIXTIME", _) => self.unix_moment(expr),
                    (_, of) if is_moment(&of) || OF_MOMENTS.contains(&name) => {}
                    _ => args.iter_mut().for_each(|a| self.localize(a)),
                }
            }
            Expr::User { args, .. } => {
                for arg in args {
                    self.expr(arg);
                    self.localize(arg);
                }
            }
            Expr::Compare { left, right, .. } => {
                if !self.compare_moments(left, right) && !self.compare_moments(right, left) {
                    self.expr(left);
                    self.expr(right);
                }
            }
            Expr::Correlated(correlated) => {
                self.plan(&mut correlated.plan);
                correlated.captures.iter_mut().for_each(|c| self.expr(c));
            }
            other => other.for_each_child_mut(&mut |c| self.expr(c)),
        }
    }

    /// A moment that would be compared as its local time, with something that is the same for all rows, is compared as it
    /// is, so that an index of it answers. `false`: that is not what the sides are.
    fn compare_moments(&self, moment: &mut Expr, local: &mut Expr) -> bool {
        let Expr::Cast {
            operand,
            ty: DataType::DateTime { .. },
            ..
        } = moment
        else {
            return false;
        };
        if !is_moment(&operand.ty()) || has_columns(local) {
            return false;
        }
        let ty = DataType::Timestamp { fsp: 6 };
        let other = take(local);
        *local = match is_clock(&other) {
            true => plain_cast(other, ty),
            false => {
                let mut other = other;
                self.expr(&mut other);
                self.in_zone(other, ty)
            }
        };
        self.expr(operand);
        *moment = take(operand);
        true
    }

    /// `FROM_UNIXTIME(n [, format])`: the moment, and then its local time.
    fn unix_moment(&self, expr: &mut Expr) {
        let Expr::Function { function, args, ty } = expr else {
            return;
        };
        let format = (args.len() > 1).then(|| args.pop()).flatten();
        let fsp = match (ty.clone(), args.first().map(Expr::ty)) {
            (DataType::DateTime { fsp }, _) => fsp,
            (_, Some(DataType::Decimal { scale, .. })) => scale.min(6),
            (_, Some(DataType::Int(_))) => 0,
            _ => 6,
        };
        let moment = Expr::Function {
            function,
            args: core::mem::take(args),
            ty: DataType::DateTime { fsp },
        };
        let local = self.in_zone(
            plain_cast(moment, DataType::Timestamp { fsp }),
            DataType::DateTime { fsp },
        );
        let ty = ty.clone();
        *expr = match (format, lookup("DATE_FORMAT")) {
            (Some(format), Some(function)) => Expr::Function {
                function,
                args: Vec::from([plain_cast(local, DataType::DateTime { fsp: 6 }), format]),
                ty,
            },
            _ => local,
        };
    }

    /// The local time that NOW() says.
    fn clock(&self, fsp: u8) -> Expr {
        let Some(function) = lookup("UTC_TIMESTAMP") else {
            return null();
        };
        let now = Expr::Function {
            function,
            args: Vec::new(),
            ty: DataType::DateTime { fsp },
        };
        self.in_zone(
            plain_cast(now, DataType::Timestamp { fsp }),
            DataType::DateTime { fsp },
        )
    }

    /// Makes a moment its local time.
    fn localize(&self, expr: &mut Expr) {
        let own = take(expr);
        *expr = self.local(own);
    }

    fn local(&self, expr: Expr) -> Expr {
        match expr.ty() {
            DataType::Timestamp { fsp } => self.in_zone(expr, DataType::DateTime { fsp }),
            _ => expr,
        }
    }

    fn in_zone(&self, expr: Expr, ty: DataType) -> Expr {
        let Some(function) = lookup("TIMEZONE") else {
            return expr;
        };
        let zone = Expr::Literal {
            value: Value::Text(String::from(&**self.zone.name())),
            ty: DataType::TEXT,
        };
        let mut args = Vec::from([zone, expr]);
        if is_moment(&ty) {
            args.push(Expr::Literal {
                value: Value::Bool(true),
                ty: DataType::Bool,
            });
        }
        Expr::Function { function, args, ty }
    }
}

fn is_moment(ty: &DataType) -> bool {
    matches!(ty, DataType::Timestamp { .. })
}

/// Whether it depends on the row.
fn has_columns(expr: &Expr) -> bool {
    let mut found = matches!(expr, Expr::Column { .. } | Expr::Correlated(_));
    let mut operands = |e: &Expr| found = found || has_columns(e);
    expr.for_each_child(&mut operands);
    found
}

fn digits(ty: &DataType) -> u8 {
    match ty {
        DataType::Timestamp { fsp } => *fsp,
        _ => 0,
    }
}

/// Whether it is what a clock says, in however many digits.
fn is_clock(expr: &Expr) -> bool {
    match expr {
        Expr::Function { function, .. } => function.name == "NOW",
        Expr::Cast {
            operand,
            ty: DataType::DateTime { .. } | DataType::Timestamp { .. },
            ..
        } => is_clock(operand),
        _ => false,
    }
}

/// A conversion that keeps the number that a time is.
fn plain_cast(expr: Expr, ty: DataType) -> Expr {
    Expr::Cast {
        operand: Box::new(expr),
        ty,
        strict: false,
    }
}

fn null() -> Expr {
    Expr::Literal {
        value: Value::Null,
        ty: DataType::Null,
    }
}

fn take(expr: &mut Expr) -> Expr {
    core::mem::replace(expr, null())
}

impl TimeZone {
    /// The moment of a local time; `None` beyond the calendar.
    fn moment_of(&self, local: DateTime) -> Option<DateTime> {
        self.utc_of(local.0).and_then(DateTime::from_micros)
    }
}
