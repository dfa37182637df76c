//! One call of an aggregate: its arguments and clauses.

use super::binder::{Binder, Env};
use super::function::{argument, clause_name, convert_argument, require_count};
use super::order_by::sort_key;
use super::refuse::{Place, invalid, refuse, unsupported};
use super::types::{cast, has_guard_digits, int_literal};
use crate::sql::functions::{Aggregate, ArgKind};
use crate::sql::parse::unescape;
use crate::sql::plan::{AggregateCall, AggregateOptions, Expr, SortKey};
use crate::types::{DataType, Result};
use alloc::{format, string::String, vec, vec::Vec};
use sqlparser::ast::{
    self, DuplicateTreatment, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, Value as AstValue,
};

/// What stands in a call besides its arguments.
#[derive(Default)]
struct Clauses {
    distinct: bool,
    order: Vec<SortKey>,
    options: AggregateOptions,
}

/// The text of a separator.
fn separator(v: &ast::Value) -> Option<String> {
    match v {
        AstValue::SingleQuotedString(s) => Some(unescape(s).into_owned()),
        _ => None,
    }
}

fn whole_number(e: &ast::Expr) -> Option<usize> {
    match e {
        ast::Expr::Value(v) => match &v.value {
            AstValue::Number(n, false) => n.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

impl<'a> Binder<'a> {
    /// A call of an aggregate whose arguments may refer to what `inner` says, and the type its result is shown
    /// as: of quotients it has more digits.
    pub(super) fn aggregate_call(
        &mut self,
        function: Aggregate,
        f: &'a Function,
        arguments: &'a [FunctionArg],
        inner: &mut Env<'_>,
    ) -> Result<(AggregateCall, DataType)> {
        let name = format!("{}", f.name).to_ascii_uppercase();
        let mut clauses = self.aggregate_clauses(function, &name, f, inner)?;
        let filter = f.filter.as_deref();
        let mut filter = filter.map(|c| self.condition(c, inner)).transpose()?;
        if function == Aggregate::Grouping {
            let told = clauses.distinct || !clauses.order.is_empty() || filter.is_some();
            refuse(told, "DISTINCT, ORDER BY or FILTER in GROUPING()", f)?;
        }
        let args = self.aggregate_arguments(function, &name, f, arguments, &mut clauses, inner)?;
        let rounded = args.first().filter(|a| has_guard_digits(a)).map(Expr::ty);
        let at = f.place();
        let mut converted = Vec::with_capacity(args.len());
        for (i, arg) in args.into_iter().enumerate() {
            let moment_told = matches!(function, Aggregate::JsonArrayAgg | Aggregate::JsonObjectAgg);
            converted.push(match function.arg_kind(i) {
                // A document tells the time of the session's zone.
                ArgKind::Any if moment_told && let DataType::Timestamp { fsp } = arg.ty() => {
                    cast(arg, &DataType::DateTime { fsp }, false)
                }
                // Members are counted as they are, and their least is that of their texts.
                ArgKind::Any if !matches!(function, Aggregate::Min | Aggregate::Max) => arg,
                kind => convert_argument(arg, kind, at)?,
            });
        }
        let mut args = converted;
        if !function.sees_null()
            && let Some(condition) = filter.take()
        {
            // NULLs do not count, so rows that do not count are NULL.
            let value = match args.is_empty() {
                true => int_literal(1),
                false => args.remove(0),
            };
            let ty = value.ty();
            let counted = Expr::Case {
                branches: vec![(condition, value)],
                otherwise: None,
                ty,
            };
            args.insert(0, counted);
        }
        if function == Aggregate::GroupConcat && clauses.options.separator.is_none() {
            clauses.options.separator = Some(String::from(","));
        }
        let ty = match &clauses.options.user {
            Some(user) => user.returns.clone(),
            None => function.result_type(args.first().map(Expr::ty).as_ref()),
        };
        let shown = match (function.arg_kind(0), rounded) {
            (ArgKind::Exact, Some(arg)) => function.result_type(Some(&arg)),
            _ => ty.clone(),
        };
        let Clauses {
            distinct,
            order,
            options,
        } = clauses;
        let call = AggregateCall {
            function,
            args,
            distinct,
            order: if function.is_ordered() { order } else { Vec::new() },
            filter,
            options,
            ty,
        };
        Ok((call, shown))
    }

    fn aggregate_clauses(
        &mut self,
        function: Aggregate,
        name: &str,
        f: &'a Function,
        inner: &mut Env<'_>,
    ) -> Result<Clauses> {
        let FunctionArguments::List(list) = &f.args else {
            return Ok(Clauses::default());
        };
        let mut out = Clauses {
            distinct: matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct)),
            ..Clauses::default()
        };
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::OrderBy(keys) => {
                    for key in keys {
                        let expr = self.expr(&key.expr, inner)?;
                        out.order.push(sort_key(expr, key)?);
                    }
                }
                FunctionArgumentClause::Separator(v) if function == Aggregate::GroupConcat => {
                    let text = separator(&v.value).ok_or_else(|| invalid("SEPARATOR takes a string", v))?;
                    out.options.separator = Some(text);
                }
                FunctionArgumentClause::Limit(n) if function == Aggregate::GroupConcat => {
                    let limit = match n {
                        ast::Expr::Tuple(both) => match both.as_slice() {
                            [skipped, most] => whole_number(skipped).zip(whole_number(most)),
                            _ => None,
                        },
                        most => whole_number(most).map(|most| (0, most)),
                    };
                    let limit = limit.ok_or_else(|| invalid("LIMIT in a call takes numbers", n))?;
                    out.options.limit = Some(limit);
                }
                other => return Err(unsupported(format!("{} of {name}", clause_name(other)), f)),
            }
        }
        Ok(out)
    }

    /// The arguments, those of WITHIN GROUP first.
    fn aggregate_arguments(
        &mut self,
        function: Aggregate,
        name: &str,
        f: &'a Function,
        arguments: &'a [FunctionArg],
        clauses: &mut Clauses,
        inner: &mut Env<'_>,
    ) -> Result<Vec<Expr>> {
        let mut args = Vec::with_capacity(arguments.len() + 1);
        match (function, f.within_group.as_slice()) {
            (Aggregate::PercentileCont | Aggregate::PercentileDisc, []) => {
                return Err(invalid(format!("{name}(f) takes WITHIN GROUP (ORDER BY …)"), f));
            }
            (_, []) => {}
            (Aggregate::PercentileCont | Aggregate::PercentileDisc | Aggregate::Mode, [key]) => {
                refuse(clauses.distinct, &format!("DISTINCT in {name}() WITHIN GROUP"), f)?;
                let sorted = sort_key(self.expr(&key.expr, inner)?, key)?;
                clauses.options.descending = sorted.descending;
                args.push(sorted.expr);
            }
            (Aggregate::GroupConcat, keys) => {
                for key in keys {
                    let expr = self.expr(&key.expr, inner)?;
                    clauses.order.push(sort_key(expr, key)?);
                }
            }
            (Aggregate::PercentileCont | Aggregate::PercentileDisc | Aggregate::Mode, _) => {
                return Err(invalid(format!("{name} is ordered by one key"), f));
            }
            _ => return Err(unsupported(format!("WITHIN GROUP of {name}"), f)),
        }
        match (function, arguments) {
            (Aggregate::Count, [] | [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)])
                if !clauses.distinct =>
            {
                return Ok(args);
            }
            (Aggregate::GroupConcat, [one, text]) if matches!(name, "STRING_AGG" | "LISTAGG") => {
                let text = match argument(text)? {
                    ast::Expr::Value(v) => separator(&v.value),
                    _ => None,
                };
                let needed = || invalid(format!("{name} takes a string as separator"), f);
                clauses.options.separator = Some(text.ok_or_else(needed)?);
                args.push(self.expr(argument(one)?, inner)?);
            }
            // As in MySQL: what is put together for each row.
            (Aggregate::GroupConcat, [_, _, ..]) => {
                let parts = self.arguments(arguments, inner)?;
                args.push(self.call("CONCAT", parts, f)?);
            }
            (Aggregate::Count, [_, _, ..]) if !clauses.distinct => {
                return Err(invalid("COUNT of several values takes DISTINCT", f));
            }
            _ => args.append(&mut self.arguments(arguments, inner)?),
        }
        if function == Aggregate::User {
            let user = self.cx.source.user_function(name);
            let user = user.ok_or_else(|| invalid(format!("unknown function {name}"), f))?;
            require_count(name, user.args, args.len(), f)?;
            clauses.options.user = Some(user);
            return Ok(args);
        }
        let (least, most) = function.arg_count();
        if !(least.max(1)..=most).contains(&args.len()) {
            let wanted = match least.max(1) {
                1 => "one argument",
                _ => "two arguments",
            };
            return Err(invalid(format!("{name} takes {wanted}"), f));
        }
        if function == Aggregate::JsonObjectAgg {
            refuse(clauses.distinct, &format!("DISTINCT in {name}()"), f)?;
        }
        Ok(args)
    }
}

/// The aggregates of a grouping set, without GROUPING, and what stands for each call after `keys` key columns.
///
/// `has(k)`: whether the set has key `k` of `keys`.
///
/// Errors: GROUPING of what is no key.
pub(super) fn of_set(
    aggregates: &[AggregateCall],
    keys: &[Expr],
    width: usize,
    has: impl Fn(usize) -> bool,
) -> Result<(Vec<AggregateCall>, Vec<Expr>)> {
    let mut plain = Vec::with_capacity(aggregates.len());
    let mut outputs = Vec::with_capacity(aggregates.len());
    for call in aggregates {
        if call.function != Aggregate::Grouping {
            outputs.push(Expr::Column {
                index: width + plain.len(),
                ty: call.ty.clone(),
            });
            plain.push(call.clone());
            continue;
        }
        let mut bits = 0;
        for arg in &call.args {
            let Some(key) = keys.iter().position(|k| k == arg) else {
                return Err(crate::types::Error::invalid("GROUPING takes keys of GROUP BY"));
            };
            bits = bits * 2 + i64::from(!has(key));
        }
        outputs.push(int_literal(bits));
    }
    Ok((plain, outputs))
}
