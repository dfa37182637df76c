//! Expressions: which of the other files binds which kind, and names.

use super::binder::{Binder, Env};
use super::data_type::{cast_type, charset, collation};
use super::refuse::{Place, invalid, refuse, unsupported};
use super::types::{cast, collate, negate, numeric, text_literal, to_bool, to_text};
use crate::sql::parse::start;
use crate::sql::plan::{BinaryOp, Expr, UnaryOp};
use crate::types::{DataType, Result, Value};
use alloc::{boxed::Box, format, vec, vec::Vec};
use sqlparser::ast::{
    self, CaseWhen, CastKind, CeilFloorKind, DataType as AstType, TrimWhereField, UnaryOperator,
};

impl<'a> Binder<'a> {
    /// An expression.
    pub(super) fn expr(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        match e {
            // The most frequent leaves need no new level.
            ast::Expr::Value(v) => self.value(v),
            ast::Expr::Identifier(name) => self.identifier(name, env),
            ast::Expr::CompoundIdentifier(parts) => self.compound(parts, env),
            _ => self.deeper(1, |b| b.inner(e, env)),
        }
    }

    /// An expression as a condition.
    pub(super) fn condition(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        let bound = self.expr(e, env)?;
        if bound.ty() == DataType::Bool {
            return Ok(bound);
        }
        to_bool(bound, e.place())
    }

    fn inner(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        match e {
            ast::Expr::Nested(inner) => self.expr(inner, env),
            ast::Expr::BinaryOp { .. } => self.binary(e, env),
            ast::Expr::UnaryOp { op, expr } => self.unary(*op, expr, env),
            ast::Expr::Function(f) => self.function(f, env),
            ast::Expr::IsNull(x) | ast::Expr::IsUnknown(x) => self.is_null(x, false, env),
            ast::Expr::IsNotNull(x) | ast::Expr::IsNotUnknown(x) => self.is_null(x, true, env),
            ast::Expr::IsTrue(x) => self.is_bool(x, true, false, env),
            ast::Expr::IsNotTrue(x) => self.is_bool(x, true, true, env),
            ast::Expr::IsFalse(x) => self.is_bool(x, false, false, env),
            ast::Expr::IsNotFalse(x) => self.is_bool(x, false, true, env),
            ast::Expr::IsDistinctFrom(l, r) => self.distinct_from(l, r, true, env),
            ast::Expr::IsNotDistinctFrom(l, r) => self.distinct_from(l, r, false, env),
            ast::Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, env),
            ast::Expr::Between {
                expr,
                negated,
                low,
                high,
            } => self.between(expr, low, high, *negated, env),
            ast::Expr::Like { .. } | ast::Expr::ILike { .. } => self.like(e, env),
            ast::Expr::SimilarTo { .. } => self.similar_to(e, env),
            ast::Expr::RLike {
                negated,
                expr,
                pattern,
                regexp: _,
            } => self.regexp(e, expr, pattern, *negated, env),
            ast::Expr::InSubquery {
                expr,
                subquery,
                negated,
            } => self.in_subquery(expr, subquery, *negated, env),
            ast::Expr::Exists { subquery, negated } => self.exists(subquery, *negated, env),
            ast::Expr::Subquery(q) => self.scalar_subquery(q, env),
            ast::Expr::AnyOp { .. } | ast::Expr::AllOp { .. } => self.quantified(e, env),
            ast::Expr::Case {
                operand,
                conditions,
                else_result,
                case_token: _,
                end_token: _,
            } => self.case(e, operand.as_deref(), conditions, else_result.as_deref(), env),
            ast::Expr::Cast { .. } => self.cast_expr(e, env),
            ast::Expr::Convert { .. } => self.convert(e, env),
            ast::Expr::Collate {
                expr,
                collation: name,
            } => {
                let text = self.expr(expr, env)?;
                let collation = collation(name, name.place())?;
                Ok(collate(to_text(text), collation))
            }
            ast::Expr::TypedString(_) | ast::Expr::Prefixed { .. } => self.typed(e, env),
            _ => self.special_call(e, env),
        }
    }

    /// Calls with a syntax of their own, and what is not offered.
    fn special_call(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        match e {
            ast::Expr::Extract {
                field,
                syntax: _,
                expr,
            } => {
                let value = self.expr(expr, env)?;
                self.call("EXTRACT", vec![text_literal(format!("{field}")), value], e)
            }
            ast::Expr::AtTimeZone { timestamp, time_zone } => {
                let mut value = self.expr(timestamp, env)?;
                // What the clock says is a moment, although its type is MySQL's DATETIME.
                if let (true, DataType::DateTime { fsp }) = (is_clock(timestamp), value.ty()) {
                    value = cast(value, &DataType::Timestamp { fsp }, true);
                }
                let zone = self.expr(time_zone, env)?;
                self.call("TIMEZONE", vec![zone, value], e)
            }
            ast::Expr::MemberOf(m) => {
                let args = vec![self.expr(&m.value, env)?, self.expr(&m.array, env)?];
                self.call("JSON_MEMBER", args, e)
            }
            ast::Expr::IsJson {
                expr,
                kind,
                unique_keys,
                negated,
            } => {
                refuse(unique_keys.is_some(), "WITH or WITHOUT UNIQUE KEYS", e)?;
                let kind = kind.as_ref().map_or_else(|| "VALUE".into(), |k| format!("{k}"));
                let args = vec![self.expr(expr, env)?, text_literal(kind)];
                let is = self.call("JSON_IS", args, e)?;
                Ok(match negated {
                    true => not(is),
                    false => is,
                })
            }
            ast::Expr::Ceil { expr, field } => self.rounding("CEIL", expr, field, e, env),
            ast::Expr::Floor { expr, field } => self.rounding("FLOOR", expr, field, e, env),
            ast::Expr::Position { expr, r#in } => {
                let args = vec![self.expr(expr, env)?, self.expr(r#in, env)?];
                self.call("LOCATE", args, e)
            }
            ast::Expr::Substring {
                expr,
                substring_from,
                substring_for,
                special: _,
                shorthand: _,
            } => {
                let mut args = vec![self.expr(expr, env)?];
                match (substring_from, substring_for) {
                    (Some(from), length) => {
                        args.push(self.expr(from, env)?);
                        if let Some(length) = length {
                            args.push(self.expr(length, env)?);
                        }
                    }
                    (None, Some(length)) => {
                        args.push(super::types::int_literal(1));
                        args.push(self.expr(length, env)?);
                    }
                    (None, None) => {}
                }
                self.call("SUBSTRING", args, e)
            }
            ast::Expr::Trim {
                trim_where,
                trim_what,
                expr,
                trim_characters,
            } => {
                let mut args = vec![self.expr(expr, env)?];
                for what in trim_what
                    .as_deref()
                    .into_iter()
                    .chain(trim_characters.iter().flatten())
                {
                    args.push(self.expr(what, env)?);
                }
                let name = match trim_where {
                    Some(TrimWhereField::Leading) => "LTRIM",
                    Some(TrimWhereField::Trailing) => "RTRIM",
                    Some(TrimWhereField::Both) | None => "TRIM",
                };
                self.call(name, args, e)
            }
            ast::Expr::Overlay {
                expr,
                overlay_what,
                overlay_from,
                overlay_for,
            } => {
                // OVERLAY(s PLACING w FROM p FOR n) is MySQL's INSERT(s, p, n, w).
                let (s, p) = (self.expr(expr, env)?, self.expr(overlay_from, env)?);
                let w = self.expr(overlay_what, env)?;
                let n = match overlay_for {
                    Some(n) => self.expr(n, env)?,
                    None => {
                        let w = self.copy(&w)?;
                        self.call("CHAR_LENGTH", vec![w], e)?
                    }
                };
                self.call("INSERT", vec![s, p, n, w], e)
            }
            ast::Expr::Interval(i) => Err(invalid(
                "INTERVAL stands only after + or - or in DATE_ADD and DATE_SUB",
                i,
            )),
            ast::Expr::Tuple(_) => Err(invalid(
                "a row of several values compares only with another row",
                e,
            )),
            ast::Expr::Wildcard(_) | ast::Expr::QualifiedWildcard(..) => Err(invalid(
                "* stands for columns only in a select list or in COUNT(*)",
                e,
            )),
            other => Err(unsupported(unoffered(other), other)),
        }
    }

    fn rounding(
        &mut self,
        name: &str,
        operand: &'a ast::Expr,
        field: &ast::CeilFloorKind,
        e: &'a ast::Expr,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        match field {
            CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) => {}
            CeilFloorKind::DateTimeField(_) => return Err(unsupported(format!("{name}(… TO unit)"), e)),
            CeilFloorKind::Scale(_) => return Err(unsupported(format!("{name} with a scale"), e)),
        }
        let args = vec![self.expr(operand, env)?];
        self.call(name, args, e)
    }

    fn unary(&mut self, op: UnaryOperator, operand: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        let at = operand.place();
        match op {
            UnaryOperator::Plus => {
                let bound = self.expr(operand, env)?;
                numeric(bound, at)
            }
            UnaryOperator::Minus => {
                let bound = self.expr(operand, env)?;
                let bound = numeric(bound, at)?;
                if let Expr::Literal { value, ty } = &bound
                    && let Some((value, ty)) = negate(value, ty)
                {
                    return Ok(Expr::Literal { value, ty });
                }
                let ty = match bound.ty() {
                    DataType::Bool | DataType::Int(_) => DataType::BIGINT,
                    DataType::Float => DataType::Double,
                    DataType::Decimal { precision, scale, .. } => DataType::Decimal {
                        precision,
                        scale,
                        unsigned: false,
                    },
                    other => other,
                };
                Ok(Expr::Unary {
                    op: UnaryOp::Negate,
                    operand: Box::new(bound),
                    ty,
                })
            }
            UnaryOperator::Not | UnaryOperator::BangNot => {
                let bound = self.condition(operand, env)?;
                Ok(not(bound))
            }
            UnaryOperator::BitwiseNot => {
                let bound = self.expr(operand, env)?;
                Ok(Expr::Unary {
                    op: UnaryOp::BitNot,
                    operand: Box::new(cast(numeric(bound, at)?, &DataType::BIGINT, false)),
                    ty: DataType::BIGINT,
                })
            }
            other => Err(unsupported(format!("operator {other}"), operand)),
        }
    }

    fn case(
        &mut self,
        e: &'a ast::Expr,
        operand: Option<&'a ast::Expr>,
        conditions: &'a [CaseWhen],
        otherwise: Option<&'a ast::Expr>,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let operand = operand.map(|o| self.expr(o, env)).transpose()?;
        let mut tests = Vec::with_capacity(conditions.len());
        let mut results = Vec::with_capacity(conditions.len() + 1);
        for CaseWhen { condition, result } in conditions {
            tests.push(match &operand {
                None => self.condition(condition, env)?,
                Some(o) => {
                    let left = self.copy(o)?;
                    let right = self.expr(condition, env)?;
                    let at = condition.place();
                    super::types::compare(crate::sql::plan::CompareOp::Eq, left, right, at)?
                }
            });
            results.push(self.expr(result, env)?);
        }
        let has_else = otherwise.is_some();
        if let Some(o) = otherwise {
            results.push(self.expr(o, env)?);
        }
        case_of(tests, results, has_else, e.place())
    }

    fn cast_expr(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        let ast::Expr::Cast {
            kind,
            expr,
            data_type,
            format,
        } = e
        else {
            return Err(unsupported("this cast", e));
        };
        refuse(format.is_some(), "CAST … FORMAT", e)?;
        match kind {
            CastKind::Cast | CastKind::DoubleColon => {}
            CastKind::TryCast => return Err(unsupported("TRY_CAST", e)),
            CastKind::SafeCast => return Err(unsupported("SAFE_CAST", e)),
        }
        let bound = self.expr(expr, env)?;
        let ty = cast_type(data_type, e.place())?;
        Ok(explicit_cast(bound, &ty))
    }

    fn convert(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        let ast::Expr::Convert {
            is_try,
            expr,
            data_type,
            charset: set,
            target_before_value,
            styles,
        } = e
        else {
            return Err(unsupported("this conversion", e));
        };
        refuse(*is_try, "TRY_CONVERT", e)?;
        refuse(
            *target_before_value || !styles.is_empty(),
            "CONVERT with a style",
            e,
        )?;
        if let Some(set) = set {
            charset(&format!("{set}"), set.place())?;
        }
        let bound = self.expr(expr, env)?;
        match data_type {
            None => Ok(to_text(bound)),
            Some(AstType::Custom(name, _)) if set.is_none() => {
                charset(&format!("{name}"), name.place())
                    .map_err(|_| unsupported(format!("type {name}"), name))?;
                Ok(to_text(bound))
            }
            Some(ty) => {
                let ty = cast_type(ty, e.place())?;
                Ok(explicit_cast(bound, &ty))
            }
        }
    }

    /// `DATE '…'`, `_utf8mb4'…'`.
    fn typed(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        match e {
            ast::Expr::TypedString(t) => {
                let text = self.value(&t.value)?;
                let mut ty = cast_type(&t.data_type, e.place())?;
                // The literal keeps the digits of its fraction that it has; without a zone it is a local time.
                let fsp = match &text {
                    Expr::Literal {
                        value: Value::Text(text),
                        ..
                    } => fraction_digits(text),
                    _ => 6,
                };
                ty = match ty {
                    DataType::Time { .. } => DataType::Time { fsp },
                    DataType::Timestamp { .. } if has_zone(&t.data_type) => DataType::Timestamp { fsp },
                    DataType::DateTime { .. } | DataType::Timestamp { .. } => DataType::DateTime { fsp },
                    ty => ty,
                };
                let literal = cast(text, &ty, true);
                Ok(literal)
            }
            ast::Expr::Prefixed { prefix, value } => {
                charset(prefix.value.trim_start_matches('_'), start(prefix.span))?;
                self.expr(value, env)
            }
            _ => Err(unsupported("this literal", e)),
        }
    }
}

/// CAST as written: dates, UUIDs and the like must parse; numbers and text are lenient, as in MySQL.
fn explicit_cast(expr: Expr, ty: &DataType) -> Expr {
    let strict = ty.is_temporal()
        || matches!(
            ty,
            DataType::Uuid | DataType::Json | DataType::Vector { .. } | DataType::Geometry
        );
    let bound = cast(expr, ty, strict);
    // The result's type is the one asked for, even where the representation does not change.
    if bound.ty() == *ty {
        bound
    } else {
        Expr::Cast {
            operand: Box::new(bound),
            ty: ty.clone(),
            strict,
        }
    }
}

/// NOT of a condition.
pub(super) fn not(condition: Expr) -> Expr {
    Expr::Unary {
        op: UnaryOp::Not,
        operand: Box::new(condition),
        ty: DataType::Bool,
    }
}

/// The conjunction or disjunction of conditions as a balanced tree, so that a long chain stays shallow.
pub(super) fn balanced(op: BinaryOp, mut conditions: Vec<Expr>) -> Option<Expr> {
    while conditions.len() > 1 {
        let mut next = Vec::with_capacity(conditions.len().div_ceil(2));
        let mut rest = conditions.into_iter();
        while let Some(left) = rest.next() {
            next.push(match rest.next() {
                Some(right) => Expr::Binary {
                    op,
                    left: Box::new(left),
                    right: Box::new(right),
                    ty: DataType::Bool,
                },
                None => left,
            });
        }
        conditions = next;
    }
    conditions.pop()
}

/// CASE with results brought to one type.
pub(super) fn case_of(
    tests: Vec<Expr>,
    results: Vec<Expr>,
    has_else: bool,
    at: Option<crate::types::Position>,
) -> Result<Expr> {
    let (mut results, ty) = super::types::convert_all(results, at)?;
    let otherwise = if has_else {
        results.pop().map(Box::new)
    } else {
        None
    };
    Ok(Expr::Case {
        branches: tests.into_iter().zip(results).collect(),
        otherwise,
        ty,
    })
}

/// What an expression that is not offered is called.
fn unoffered(e: &ast::Expr) -> &'static str {
    match e {
        ast::Expr::CompoundFieldAccess { .. } => "array subscript ([…])",
        ast::Expr::JsonAccess { .. } => "JSON path access (:)",
        ast::Expr::IsNormalized { .. } => "IS NORMALIZED",
        ast::Expr::InUnnest { .. } => "IN UNNEST",
        ast::Expr::GroupingSets(_) => "GROUPING SETS",
        ast::Expr::Cube(_) => "CUBE",
        ast::Expr::Rollup(_) => "ROLLUP",
        ast::Expr::Struct { .. } => "STRUCT",
        ast::Expr::Named { .. } => "a named argument",
        ast::Expr::Dictionary(_) => "a dictionary literal",
        ast::Expr::Map(_) => "a MAP literal",
        ast::Expr::Array(_) => "an array",
        ast::Expr::MatchAgainst { .. } => "MATCH … AGAINST",
        ast::Expr::OuterJoin(_) => "the outer join mark (+)",
        ast::Expr::Prior(_) => "PRIOR",
        ast::Expr::Lambda(_) => "a lambda function",
        _ => "this expression",
    }
}
/// Digits behind the point of a time, at most six.
fn fraction_digits(text: &str) -> u8 {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    fraction.bytes().take_while(u8::is_ascii_digit).count().min(6) as u8
}

/// Whether a type is TIMESTAMP WITH TIME ZONE.
fn has_zone(ty: &ast::DataType) -> bool {
    use ast::TimezoneInfo::{Tz, WithTimeZone};
    matches!(ty, ast::DataType::Timestamp(_, WithTimeZone | Tz))
}

/// Whether an expression asks for the present moment.
fn is_clock(e: &ast::Expr) -> bool {
    const CLOCKS: [&str; 6] = [
        "NOW",
        "CURRENT_TIMESTAMP",
        "LOCALTIMESTAMP",
        "LOCALTIME",
        "UTC_TIMESTAMP",
        "SYSDATE",
    ];
    match e {
        ast::Expr::Function(f) => match f.name.0.as_slice() {
            [part] => CLOCKS
                .iter()
                .any(|c| part.as_ident().is_some_and(|i| i.value.eq_ignore_ascii_case(c))),
            _ => false,
        },
        ast::Expr::Nested(e) => is_clock(e),
        _ => false,
    }
}
