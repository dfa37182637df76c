//! Function calls: scalar functions by the table of entries, and those that are other expressions in
//! disguise (IF, IFNULL, COALESCE, NULLIF, DATE_ADD, …).

use super::binder::{Binder, Env};
use super::column_values::default_of;
use super::data_type::cast_type;
use super::expr::case_of;
use super::names::nearest;
use super::operators::arithmetic;
use super::refuse::{Place, invalid, refuse, unsupported};
use super::types::{
    bool_literal, cast, compare, convert_all, null_of, numeric, plain, text_literal, to_bool, to_text,
    with_guard_digits,
};
use super::window::window_function;
use crate::shared_sort::sort_shared;
use crate::sql::functions::{
    Aggregate, ArgKind, MONTHS_AND_MICROSECONDS, ScalarFunction, functions, interval_amount, lookup,
    why_absent,
};
use crate::sql::parse::unescape;
use crate::sql::plan::{BinaryOp, CompareOp, Expr};
use crate::types::{DataType, Error, Position, Result, Value};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use sqlparser::ast::{
    self, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, ObjectNamePart,
};

/// What a call's clauses are called.
pub(super) fn clause_name(clause: &FunctionArgumentClause) -> &'static str {
    match clause {
        FunctionArgumentClause::IgnoreOrRespectNulls(_) => "IGNORE or RESPECT NULLS",
        FunctionArgumentClause::Where(_) => "WHERE in a call",
        FunctionArgumentClause::OrderBy(_) => "ORDER BY in a call",
        FunctionArgumentClause::Limit(_) => "LIMIT in a call",
        FunctionArgumentClause::OnOverflow(_) => "ON OVERFLOW",
        FunctionArgumentClause::Having(_) => "HAVING in a call",
        FunctionArgumentClause::Separator(_) => "SEPARATOR",
        FunctionArgumentClause::JsonNullClause(_) => "NULL ON NULL",
        FunctionArgumentClause::JsonReturningClause(_) => "RETURNING in a call",
    }
}

/// The plain expression of an argument.
pub(super) fn argument(arg: &FunctionArg) -> Result<&ast::Expr> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Ok(e),
        FunctionArg::Unnamed(_) => Err(invalid("* is an argument of COUNT only", arg)),
        FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => {
            Err(unsupported("a named argument", arg))
        }
    }
}

/// The constant value of an expression, for result types that depend on it.
fn constant(e: &Expr) -> Option<Value> {
    match e {
        Expr::Literal { value, .. } => Some(value.clone()),
        _ => None,
    }
}

/// Names of functions that are bound here and not in the table, for suggestions.
const BOUND_HERE: [&str; 16] = [
    "COUNT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "GROUP_CONCAT",
    "STRING_AGG",
    "IF",
    "IIF",
    "IFNULL",
    "COALESCE",
    "NULLIF",
    "DATE_ADD",
    "DATE_SUB",
    "TIMESTAMPADD",
    "TIMESTAMPDIFF",
];

impl<'a> Binder<'a> {
    /// The plain expressions of a call's arguments, bound.
    pub(super) fn arguments(&mut self, args: &'a [FunctionArg], env: &mut Env<'_>) -> Result<Vec<Expr>> {
        args.iter().map(|a| self.expr(argument(a)?, env)).collect()
    }

    /// A call as written.
    pub(super) fn function(&mut self, f: &'a Function, env: &mut Env<'_>) -> Result<Expr> {
        let Function {
            name,
            // `{fn name(…)}` is name(…).
            uses_odbc_syntax: _,
            parameters,
            args,
            within_group,
            filter,
            null_treatment,
            over,
        } = f;
        let ident = match name.0.as_slice() {
            [ObjectNamePart::Identifier(i)] => i,
            _ => return Err(unsupported(format!("function {name} (with a qualifier)"), name)),
        };
        let upper = ident.value.to_ascii_uppercase();
        refuse(
            !matches!(parameters, FunctionArguments::None),
            "a parametric function",
            name,
        )?;
        refuse(null_treatment.is_some(), "IGNORE or RESPECT NULLS", name)?;
        let (arguments, distinct, clauses) = match args {
            FunctionArguments::None => (&[][..], None, &[][..]),
            FunctionArguments::Subquery(_) => return Err(unsupported("a subquery as argument list", name)),
            FunctionArguments::List(l) => (l.args.as_slice(), l.duplicate_treatment, l.clauses.as_slice()),
        };
        let aggregate = match self.cx.source.user_function(&upper) {
            Some(function) if function.is_aggregate() => Some(Aggregate::User),
            _ => Aggregate::of_call(&upper, arguments.len()),
        };
        if let Some(aggregate) = aggregate {
            let result = match over {
                None => self.aggregate(aggregate, f, arguments, env)?,
                Some(over) => self.aggregate_over(aggregate, f, arguments, over, env)?,
            };
            return match Aggregate::finishing(&upper) {
                Some(function) => self.call(function, vec![result], f),
                None => Ok(result),
            };
        }
        refuse(
            upper == "ARRAY_AGG",
            "ARRAY_AGG (there are no arrays; use JSON_ARRAYAGG)",
            name,
        )?;
        refuse(
            !within_group.is_empty(),
            "WITHIN GROUP of a function that is no aggregate",
            name,
        )?;
        refuse(
            filter.is_some(),
            "FILTER on a function that is no aggregate",
            name,
        )?;
        refuse(distinct.is_some(), &format!("DISTINCT in {upper}()"), name)?;
        let returning = match clauses {
            [FunctionArgumentClause::JsonReturningClause(r)] if upper == "JSON_VALUE" => Some(&r.data_type),
            [] => None,
            [clause, ..] => return Err(unsupported(clause_name(clause), name)),
        };
        if upper == "JSON_VALUE" && (returning.is_some() || arguments.len() == 6) {
            return self.json_value(f, arguments, returning, env);
        }
        match (window_function(&upper), over) {
            (Some(function), Some(over)) => return self.window_call(function, f, arguments, over, env),
            (Some(_), None) => return Err(invalid(format!("{upper} needs OVER (…)"), f)),
            (None, Some(_)) => {
                return Err(unsupported(
                    format!("{upper} OVER (…): it is no window function"),
                    name,
                ));
            }
            (None, None) => {}
        }
        if (upper == "VALUES" || upper == "VALUE") && env.inserted.is_some() {
            return self.inserted_value(arguments, f, env);
        }
        if let ("NAME_CONST", [_, value]) = (upper.as_str(), arguments) {
            return self.expr(argument(value)?, env);
        }
        if upper == "DEFAULT" {
            return self.default_value(arguments, f, env);
        }
        if upper == "MERGE_ACTION" {
            return self.merge_action_name(f, arguments);
        }
        if upper == "RAISE" {
            let Some((action, message)) = arguments.split_first() else {
                return Err(invalid("RAISE takes ABORT and a message", f));
            };
            let message = self.arguments(message, env)?;
            return self.raise(f, &message, argument(action)?);
        }
        if ["NEXTVAL", "LASTVAL", "CURRVAL", "SETVAL"].contains(&upper.as_str()) {
            return self.sequence_call(&upper, arguments, f, env);
        }
        let mut exprs = Vec::with_capacity(arguments.len());
        for a in arguments {
            exprs.push(argument(a)?);
        }
        self.named_call(&upper, f, exprs, env)
    }

    /// `DEFAULT(column)`: what the column has where nothing is given for it.
    fn default_value(&mut self, arguments: &'a [FunctionArg], f: &Function, env: &Env<'_>) -> Result<Expr> {
        let (schema, table, name) = match arguments {
            [one] => match argument(one)? {
                ast::Expr::Identifier(name) => (None, None, name),
                ast::Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                    [table, name] => (None, Some(table), name),
                    [schema, table, name] => (Some(schema.value.as_str()), Some(table), name),
                    _ => return Err(invalid("DEFAULT(column) takes one column", f)),
                },
                _ => return Err(invalid("DEFAULT(column) takes one column", f)),
            },
            _ => return Err(invalid("DEFAULT(column) takes one column", f)),
        };
        let column = match table {
            None => env.scope.unqualified(name)?,
            Some(table) => env.scope.qualified(schema, &table.value, &name.value),
        };
        let of = column.and_then(|c| Some((env.scope.tables().get(c.table)?.def()?.clone(), c.column)));
        let inserted = self.inserting.as_ref().filter(|_| table.is_none());
        let of = of.or_else(|| inserted.and_then(|def| Some((def.clone(), def.column(&name.value)?))));
        let Some((def, at)) = of else {
            return Err(match column {
                Some(_) => invalid(format!("{} is no column of a stored table", name.value), name),
                None => env.scope.unknown_column(name.value.clone(), name),
            });
        };
        let Some(column) = def.columns.get(at) else {
            return Err(env.scope.unknown_column(name.value.clone(), name));
        };
        match default_of(&def, column, self.cx)? {
            Some(default) => Ok(default),
            None if column.nullable => Ok(null_of(column.ty.clone())),
            None => Err(invalid(
                format!("column {} has no default value", column.name),
                name,
            )),
        }
    }

    /// `JSON_VALUE(doc, path …)` with clauses: what is to be told of an empty place and of errors are arguments by now.
    fn json_value(
        &mut self,
        f: &'a Function,
        arguments: &'a [FunctionArg],
        returning: Option<&ast::DataType>,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let at = f.place();
        let ty = match returning {
            Some(ty) => cast_type(ty, at)?,
            None => DataType::TEXT,
        };
        let mut bound = self.arguments(arguments, env)?.into_iter();
        let (Some(document), Some(path)) = (bound.next(), bound.next()) else {
            return Err(invalid("JSON_VALUE takes a document and a path", f));
        };
        let mut args = vec![document, path, null_of(ty.clone())];
        for _ in 0..2 {
            let word = bound.next().unwrap_or_else(|| text_literal("NULL"));
            let value = bound.next().unwrap_or_else(|| null_of(DataType::Null));
            args.extend([word, cast(value, &ty, true)]);
        }
        if bound.next().is_some() {
            return Err(invalid("JSON_VALUE takes a document and a path", f));
        }
        self.call("JSON_VALUE_RETURNING", args, f)
    }

    /// `VALUES(column)` of ON DUPLICATE KEY UPDATE.
    fn inserted_value(&mut self, arguments: &'a [FunctionArg], f: &Function, env: &Env<'_>) -> Result<Expr> {
        let offset = env.inserted.unwrap_or(0);
        let [one] = arguments else {
            return Err(invalid("VALUES(column) takes one column", f));
        };
        let name = match argument(one)? {
            ast::Expr::Identifier(name) => name,
            ast::Expr::CompoundIdentifier(parts) if !parts.is_empty() => match parts.last() {
                Some(name) => name,
                None => return Err(invalid("VALUES(column) takes one column", f)),
            },
            _ => return Err(invalid("VALUES(column) takes one column", f)),
        };
        let column = env
            .scope
            .columns_at(0)
            .find(|c| env.scope.name(c).eq_ignore_ascii_case(&name.value))
            .ok_or_else(|| env.scope.unknown_column(name.value.clone(), name))?;
        Ok(Expr::Column {
            index: offset + column.column,
            ty: column.ty.clone(),
        })
    }

    /// A call of a function by its name. Calls nest by recursion through here: what a name needs is in functions of
    /// their own, so that a level takes little of the stack.
    fn named_call(
        &mut self,
        name: &str,
        f: &'a Function,
        args: Vec<&'a ast::Expr>,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        match name {
            "IF" | "IIF" | "NVL2" if args.len() == 3 => self.if_call(name, f, &args, env),
            "IFNULL" | "NVL" if args.len() == 2 => self.coalesce_call(f, &args, env),
            "COALESCE" if !args.is_empty() => self.coalesce_call(f, &args, env),
            "NULLIF" if args.len() == 2 => self.nullif_call(f, &args, env),
            "LIKELY" | "UNLIKELY" | "LIKELIHOOD" | "DIV" | "OVERLAY" | "FORMAT" | "ISNULL" | "DATE_ADD"
            | "ADDDATE" | "DATE_SUB" | "SUBDATE" | "TIMESTAMPADD" | "TIMESTAMPDIFF" | "GET_FORMAT"
            | "DATE" | "TIME" => self.rewritten_call(name, f, &args, env),
            _ => self.plain_call(name, f, &args, env),
        }
    }

    /// A call that means what it says.
    fn plain_call(
        &mut self,
        name: &str,
        f: &'a Function,
        args: &[&'a ast::Expr],
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let mut bound = Vec::with_capacity(args.len());
        for a in args {
            bound.push(self.expr(a, env)?);
        }
        self.call(name, bound, f)
    }

    fn if_call(
        &mut self,
        name: &str,
        f: &'a Function,
        args: &[&'a ast::Expr],
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let at = f.place();
        match (name, args) {
            ("IF" | "IIF", [condition, then, otherwise]) => {
                let test = self.condition(condition, env)?;
                let results = vec![self.expr(then, env)?, self.expr(otherwise, env)?];
                case_of(vec![test], results, true, at)
            }
            ("NVL2", [x, given, otherwise]) => {
                let test = self.is_null(x, true, env)?;
                let results = vec![self.expr(given, env)?, self.expr(otherwise, env)?];
                case_of(vec![test], results, true, at)
            }
            _ => self.plain_call(name, f, args, env),
        }
    }

    fn coalesce_call(&mut self, f: &'a Function, args: &[&'a ast::Expr], env: &mut Env<'_>) -> Result<Expr> {
        let mut flat = Vec::new();
        self.flatten_coalesce(args, &mut flat, env)?;
        self.coalesce(flat, f)
    }

    fn nullif_call(&mut self, f: &'a Function, args: &[&'a ast::Expr], env: &mut Env<'_>) -> Result<Expr> {
        let at = f.place();
        match args {
            [left, right] => {
                let left = self.expr(left, env)?;
                let again = self.copy(&left)?;
                let right = self.expr(right, env)?;
                let ty = left.ty();
                let same = compare(CompareOp::Eq, again, right, at)?;
                Ok(Expr::Case {
                    branches: vec![(same, null_of(ty.clone()))],
                    otherwise: Some(Box::new(left)),
                    ty,
                })
            }
            _ => self.plain_call("NULLIF", f, args, env),
        }
    }

    /// A call that stands for another one.
    fn rewritten_call(
        &mut self,
        name: &str,
        f: &'a Function,
        args: &[&'a ast::Expr],
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let at = f.place();
        match (name, args) {
            // Hints of SQLite's planner.
            ("LIKELY" | "UNLIKELY", [x]) | ("LIKELIHOOD", [x, _]) => self.expr(x, env),
            ("DIV", [left, right]) => {
                let (left, right) = (self.expr(left, env)?, self.expr(right, env)?);
                arithmetic(BinaryOp::IntDivide, left, right, at)
            }
            ("OVERLAY", [s, w, p]) => {
                let length = vec![self.expr(w, env)?];
                let length = self.call("CHAR_LENGTH", length, f)?;
                let args = vec![self.expr(s, env)?, self.expr(p, env)?, length, self.expr(w, env)?];
                self.call("INSERT", args, f)
            }
            ("OVERLAY", [s, w, p, n]) => {
                let parts = [s, p, n, w].into_iter().map(|e| self.expr(e, env));
                let args = parts.collect::<Result<Vec<Expr>>>()?;
                self.call("INSERT", args, f)
            }
            // SQLite's FORMAT takes a text with conversions, MySQL's a number.
            ("FORMAT", [format, ..]) if has_conversion(format) => {
                let bound = args
                    .iter()
                    .map(|e| self.expr(e, env))
                    .collect::<Result<Vec<Expr>>>()?;
                self.call("PRINTF", bound, f)
            }
            ("ISNULL", [x]) => self.is_null(x, false, env),
            ("DATE_ADD" | "ADDDATE" | "DATE_SUB" | "SUBDATE", [date, ast::Expr::Interval(i)]) => {
                let date = self.expr(date, env)?;
                let target = if name.ends_with("ADD") || name == "ADDDATE" {
                    "DATE_ADD"
                } else {
                    "DATE_SUB"
                };
                self.add_interval(target, date, i, env)
            }
            ("ADDDATE" | "SUBDATE", [date, days]) => {
                let args = vec![self.expr(date, env)?, self.expr(days, env)?, text_literal("DAY")];
                self.call(if name == "ADDDATE" { "DATE_ADD" } else { "DATE_SUB" }, args, f)
            }
            ("DATE_ADD" | "DATE_SUB", [_, _]) => {
                Err(invalid(format!("{name} takes a date and an INTERVAL"), f))
            }
            ("TIMESTAMPADD", [unit, n, date]) => {
                let unit = text_literal(unit_name(unit)?);
                let args = vec![self.expr(date, env)?, self.expr(n, env)?, unit];
                self.call("DATE_ADD", args, f)
            }
            ("TIMESTAMPDIFF", [unit, from, to]) => {
                let unit = text_literal(unit_name(unit)?);
                let args = vec![unit, self.expr(from, env)?, self.expr(to, env)?];
                self.call("TIMESTAMPDIFF", args, f)
            }
            ("GET_FORMAT", [kind, locale]) => {
                let args = vec![text_literal(unit_name(kind)?), self.expr(locale, env)?];
                self.call("GET_FORMAT", args, f)
            }
            // SQLite's, with modifiers; its answer is MySQL's DATE or TIME.
            ("DATE" | "TIME", args) if args.len() != 1 || args.iter().any(|a| is_now(a)) => {
                let mut bound = Vec::with_capacity(args.len());
                for a in args {
                    bound.push(self.expr(a, env)?);
                }
                let moment = self.call("DATETIME", bound, f)?;
                self.call(name, vec![moment], f)
            }
            _ => self.plain_call(name, f, args, env),
        }
    }

    /// The arguments of nested COALESCE and IFNULL as one list: otherwise each nesting would double the
    /// inner expression.
    fn flatten_coalesce(
        &mut self,
        args: &[&'a ast::Expr],
        flat: &mut Vec<Expr>,
        env: &mut Env<'_>,
    ) -> Result<()> {
        for arg in args {
            let nested = match arg {
                ast::Expr::Function(Function {
                    name,
                    args: FunctionArguments::List(l),
                    over: None,
                    filter: None,
                    ..
                }) if l.duplicate_treatment.is_none() && l.clauses.is_empty() => {
                    let name = format!("{name}").to_ascii_uppercase();
                    match (name.as_str(), l.args.len()) {
                        ("COALESCE", 1..) | ("IFNULL" | "NVL", 2) => Some(l),
                        _ => None,
                    }
                }
                _ => None,
            };
            match nested {
                Some(l) => {
                    let mut inner = Vec::with_capacity(l.args.len());
                    for a in &l.args {
                        inner.push(argument(a)?);
                    }
                    self.deeper(1, |b| b.flatten_coalesce(&inner, flat, env))?;
                }
                None => flat.push(self.expr(arg, env)?),
            }
        }
        Ok(())
    }

    fn coalesce(&mut self, args: Vec<Expr>, f: &Function) -> Result<Expr> {
        let (mut args, ty) = convert_all(args, f.place())?;
        let last = args.pop().map(Box::new);
        let mut branches = Vec::with_capacity(args.len());
        for a in args {
            let operand = Box::new(self.copy(&a)?);
            branches.push((
                Expr::IsNull {
                    operand,
                    negated: true,
                },
                a,
            ));
        }
        Ok(Expr::Case {
            branches,
            otherwise: last,
            ty,
        })
    }

    /// `date + INTERVAL n unit` as a call.
    pub(super) fn add_interval(
        &mut self,
        name: &str,
        date: Expr,
        interval: &'a ast::Interval,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let ast::Interval {
            value,
            leading_field,
            leading_precision,
            last_field,
            fractional_seconds_precision,
        } = interval;
        refuse(
            last_field.is_some() || leading_precision.is_some() || fractional_seconds_precision.is_some(),
            "INTERVAL of several units",
            interval,
        )?;
        let Some(unit) = leading_field else {
            return self.add_interval_text(name, date, value, interval);
        };
        let n = self.expr(value, env)?;
        let unit = singular(&format!("{unit}"));
        self.call(name, vec![date, n, text_literal(unit)], interval)
    }

    /// `date + INTERVAL '1 day 2 hours'`.
    fn add_interval_text(
        &mut self,
        name: &str,
        date: Expr,
        text: &'a ast::Expr,
        at: &impl Place,
    ) -> Result<Expr> {
        let needed = || {
            invalid(
                "INTERVAL takes a number and a unit: INTERVAL 1 DAY, INTERVAL '1 day'",
                at,
            )
        };
        let ast::Expr::Value(v) = text else {
            return Err(needed());
        };
        let ast::Value::SingleQuotedString(s) = &v.value else {
            return Err(needed());
        };
        let amount = interval_amount(&unescape(s)).ok_or_else(needed)?;
        let args = vec![date, text_literal(amount), text_literal(MONTHS_AND_MICROSECONDS)];
        self.call(name, args, at)
    }

    /// A call of an entry of the table of functions, with its arguments converted.
    pub(super) fn call(&mut self, name: &str, args: Vec<Expr>, at: &dyn Place) -> Result<Expr> {
        let Some(function) = lookup(name) else {
            if let Some(function) = self.cx.source.user_function(name) {
                require_count(name, function.args, args.len(), &at)?;
                return Ok(Expr::User { function, args });
            }
            if let Some(why) = why_absent(name) {
                return Err(unsupported(format!("{} ({why})", name.to_ascii_uppercase()), &at));
            }
            let names = BOUND_HERE.into_iter().chain(functions().map(|f| f.name));
            return Err(Error::Unknown {
                kind: "function",
                nearest: nearest(name, names),
                name: String::from(name),
                position: at.place(),
            });
        };
        require_count(name, (function.min_args, function.max_args), args.len(), &at)?;
        let args = convert_arguments(function, args, at.place())?;
        let types: Vec<DataType> = args.iter().map(Expr::ty).collect();
        let constants: Vec<Option<Value>> = args.iter().map(constant).collect();
        let ty = function.result_type(&types, &constants);
        Ok(Expr::Function { function, args, ty })
    }
}

/// Whether SQL has a function of that name, in capitals.
pub fn has_function(name: &str) -> bool {
    BOUND_HERE.contains(&name)
        || lookup(name).is_some()
        || Aggregate::lookup(name).is_some()
        || window_function(name).is_some()
}

/// # Errors
/// [`Error::Invalid`] if a function is called with another number of arguments than it takes.
pub(super) fn require_count(name: &str, takes: (usize, usize), given: usize, at: &impl Place) -> Result<()> {
    if (takes.0..=takes.1).contains(&given) {
        return Ok(());
    }
    let wanted = match takes {
        (n, m) if n == m => format!("{n}"),
        (n, usize::MAX) => format!("at least {n}"),
        (n, m) => format!("{n} to {m}"),
    };
    Err(invalid(
        format!("{name} takes {wanted} arguments, not {given}"),
        at,
    ))
}

/// One argument as its kind asks.
pub(super) fn convert_argument(arg: Expr, kind: ArgKind, at: Option<Position>) -> Result<Expr> {
    Ok(match kind {
        ArgKind::Any | ArgKind::Same => plain(arg),
        ArgKind::Int => cast(arg, &DataType::BIGINT, false),
        ArgKind::Double => cast(arg, &DataType::Double, false),
        ArgKind::Number => numeric(arg, at)?,
        ArgKind::Exact => numeric(with_guard_digits(arg), at)?,
        ArgKind::Bytes if matches!(arg.ty(), DataType::Blob { .. }) => arg,
        ArgKind::Text | ArgKind::Bytes => to_text(arg),
        ArgKind::Bool => to_bool(arg, at)?,
        ArgKind::Date => cast(arg, &DataType::Date, false),
        ArgKind::DateTime => cast(arg, &DataType::DateTime { fsp: 6 }, false),
        ArgKind::Geometry => cast(arg, &DataType::Geometry, false),
    })
}

fn convert_arguments(
    function: &ScalarFunction,
    args: Vec<Expr>,
    position: Option<Position>,
) -> Result<Vec<Expr>> {
    let is_same = |i: usize| function.arg_kind(i) == ArgKind::Same;
    let (same, mut others): (Vec<_>, Vec<_>) = args.into_iter().enumerate().partition(|(i, _)| is_same(*i));
    let places: Vec<usize> = same.iter().map(|(i, _)| *i).collect();
    let (same, _) = convert_all(same.into_iter().map(|(_, e)| plain(e)).collect(), position)?;
    for (i, e) in &mut others {
        let arg = core::mem::replace(e, bool_literal(false));
        *e = convert_argument(arg, function.arg_kind(*i), position)?;
    }
    others.extend(places.into_iter().zip(same));
    sort_shared(&mut others, |(i, _), (j, _)| i.cmp(j));
    Ok(others.into_iter().map(|(_, e)| e).collect())
}

/// A text with a `%` in it.
fn has_conversion(e: &ast::Expr) -> bool {
    matches!(e, ast::Expr::Value(v)
        if matches!(&v.value, ast::Value::SingleQuotedString(s) if s.contains('%')))
}

/// The text `'now'`.
fn is_now(e: &ast::Expr) -> bool {
    matches!(e, ast::Expr::Value(v)
        if matches!(&v.value, ast::Value::SingleQuotedString(s) if s.eq_ignore_ascii_case("now")))
}

/// `DAYS` as `DAY`.
fn singular(unit: &str) -> String {
    let upper = unit.to_ascii_uppercase();
    match upper.strip_suffix('S') {
        Some(one) => String::from(one),
        None => upper,
    }
}

/// A unit written as an argument: `TIMESTAMPADD(DAY, …)`.
fn unit_name(e: &ast::Expr) -> Result<String> {
    match e {
        ast::Expr::Identifier(i) => {
            let upper = i.value.to_ascii_uppercase();
            Ok(String::from(upper.strip_prefix("SQL_TSI_").unwrap_or(&upper)))
        }
        _ => Err(invalid("a unit is needed, such as DAY", e)),
    }
}
