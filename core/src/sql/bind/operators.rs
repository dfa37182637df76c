//! Operators between two operands, and predicates.
//!
//! A chain of operators is a left-deep tree, which may be long: it is walked by a loop. AND and OR become
//! balanced trees.

use super::binder::{Binder, Env};
use super::expr::{balanced, not};
use super::refuse::{Place, invalid, refuse, unsupported};
use super::types::{
    bool_literal, cast, compare, decimal, has_guard_digits, is_integer, numeric, numeric_type, shown_as,
    text_literal, to_bool, to_text, unify_comparison, with_guard_digits,
};
use crate::sql::parse::unescape;
use crate::sql::plan::{BinaryOp, CompareOp, Expr};
use crate::types::{Collation, DataType, Decimal, Position, QUOTIENT_DIGITS, Result, Value};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use sqlparser::ast::{self, BinaryOperator};

/// One link of a left-deep chain: the operator and its right operand.
struct Link<'a> {
    op: &'a BinaryOperator,
    right: &'a ast::Expr,
}

/// The leftmost operand of a chain, and its links from left to right.
fn unroll(e: &ast::Expr) -> (&ast::Expr, Vec<Link<'_>>) {
    let mut links = Vec::new();
    let mut at = e;
    while let ast::Expr::BinaryOp { left, op, right } = at {
        links.push(Link { op, right });
        at = left;
    }
    links.reverse();
    (at, links)
}

fn logical(op: &BinaryOperator) -> Option<BinaryOp> {
    match op {
        BinaryOperator::And => Some(BinaryOp::And),
        BinaryOperator::Or => Some(BinaryOp::Or),
        _ => None,
    }
}

pub(super) fn comparison(op: &BinaryOperator) -> Option<CompareOp> {
    Some(match op {
        BinaryOperator::Eq => CompareOp::Eq,
        BinaryOperator::NotEq => CompareOp::NotEq,
        BinaryOperator::Lt => CompareOp::Lt,
        BinaryOperator::LtEq => CompareOp::LtEq,
        BinaryOperator::Gt => CompareOp::Gt,
        BinaryOperator::GtEq => CompareOp::GtEq,
        BinaryOperator::Spaceship => CompareOp::NullSafeEq,
        _ => return None,
    })
}

/// Same type, operands and result, for `+ - %`.
fn same_type(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let ty = numeric_type(&left.ty(), &right.ty());
    let result = match &ty {
        // One more digit for a carry.
        DataType::Decimal { precision, scale, .. } => decimal((precision - scale).saturating_add(1), *scale),
        other => other.clone(),
    };
    Expr::Binary {
        op,
        left: Box::new(cast(left, &ty, false)),
        right: Box::new(cast(right, &ty, false)),
        ty: result,
    }
}

fn is_float(ty: &DataType) -> bool {
    matches!(ty, DataType::Float | DataType::Double)
}

/// As DECIMAL with its own digits; integers with no digits after the point.
fn to_decimal(expr: Expr) -> Expr {
    let ty = numeric_type(&expr.ty(), &decimal(1, 0));
    cast(expr, &ty, false)
}

fn precision_and_scale(expr: &Expr) -> (u8, u8) {
    match expr.ty() {
        DataType::Decimal { precision, scale, .. } => (precision, scale),
        _ => (Decimal::MAX_PRECISION, 0),
    }
}

/// An arithmetic operator over operands of any type.
pub(super) fn arithmetic(op: BinaryOp, left: Expr, right: Expr, at: Option<Position>) -> Result<Expr> {
    if !has_guard_digits(&left) && !has_guard_digits(&right) {
        return operate(op, left, right, at);
    }
    let shown = operate(op, left.clone(), right.clone(), at)?.ty();
    let exact = operate(op, with_guard_digits(left), with_guard_digits(right), at)?;
    Ok(shown_as(exact, &shown))
}

/// An arithmetic operator over these very operands.
fn operate(op: BinaryOp, left: Expr, right: Expr, at: Option<Position>) -> Result<Expr> {
    let (left, right) = (numeric(left, at)?, numeric(right, at)?);
    let (lt, rt) = (left.ty(), right.ty());
    let integers = is_integer(&lt) && is_integer(&rt);
    let floats = is_float(&lt) || is_float(&rt);
    let boxed = |left: Expr, right: Expr, ty: DataType| Expr::Binary {
        op,
        left: Box::new(left),
        right: Box::new(right),
        ty,
    };
    let double = DataType::Double;
    Ok(match op {
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Modulo => same_type(op, left, right),
        BinaryOp::Multiply if integers => boxed(left, right, DataType::BIGINT),
        BinaryOp::Multiply | BinaryOp::Divide if floats => {
            boxed(cast(left, &double, false), cast(right, &double, false), double)
        }
        BinaryOp::Multiply => {
            let (left, right) = (to_decimal(left), to_decimal(right));
            let ((lp, ls), (rp, rs)) = (precision_and_scale(&left), precision_and_scale(&right));
            let scale = ls.saturating_add(rs).min(30);
            let whole = (lp - ls).saturating_add(rp - rs);
            boxed(left, right, decimal(whole, scale))
        }
        BinaryOp::Divide => {
            let (left, right) = (to_decimal(left), to_decimal(right));
            let ((lp, ls), (_, rs)) = (precision_and_scale(&left), precision_and_scale(&right));
            let scale = ls.saturating_add(QUOTIENT_DIGITS).min(30);
            let whole = (lp - ls).saturating_add(rs);
            boxed(left, right, decimal(whole, scale))
        }
        BinaryOp::IntDivide if integers => boxed(left, right, DataType::BIGINT),
        BinaryOp::IntDivide => {
            let ty = numeric_type(&lt, &rt);
            boxed(cast(left, &ty, false), cast(right, &ty, false), DataType::BIGINT)
        }
        _ => {
            let big = DataType::BIGINT;
            boxed(cast(left, &big, false), cast(right, &big, false), big)
        }
    })
}

/// `left || right`.
fn concat(left: Expr, right: Expr) -> Expr {
    let blob = |e: &Expr| matches!(e.ty(), DataType::Blob { .. });
    let ty = if blob(&left) && blob(&right) {
        DataType::BLOB
    } else {
        DataType::TEXT
    };
    let convert = |e: Expr| if ty == DataType::BLOB { e } else { to_text(e) };
    let (left, right) = (convert(left), convert(right));
    Expr::Binary {
        op: BinaryOp::Concat,
        left: Box::new(left),
        right: Box::new(right),
        ty,
    }
}

fn require_same_width(left: &[ast::Expr], right: &[ast::Expr], e: &ast::Expr) -> Result<()> {
    match left.len() == right.len() {
        true => Ok(()),
        false => Err(invalid("rows that compare have as many values", e)),
    }
}

impl<'a> Binder<'a> {
    /// A chain of operators.
    pub(super) fn binary(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        let (first, links) = unroll(e);
        // Runs of AND and OR cost no depth, they are balanced.
        let deep = links.iter().filter(|l| logical(l.op).is_none()).count();
        let mut result: Option<Expr> = None;
        let mut first = Some(first);
        let mut rest = links.as_slice();
        let mut below = deep;
        while let Some((link, after)) = rest.split_first() {
            if let Some(op) = logical(link.op) {
                let run = rest.iter().take_while(|l| logical(l.op) == Some(op)).count();
                let (run, after) = rest.split_at(run);
                let mut conditions = Vec::with_capacity(run.len() + 1);
                conditions.push(match (result.take(), first.take()) {
                    (Some(done), _) => to_bool(done, link.right.place())?,
                    (None, Some(f)) => self.deeper(below, |b| b.condition(f, env))?,
                    (None, None) => bool_literal(true),
                });
                for l in run {
                    conditions.push(self.condition(l.right, env)?);
                }
                result = balanced(op, conditions);
                rest = after;
            } else {
                result = Some(match (result.take(), first.take()) {
                    (Some(left), _) => self.link(left, link, env)?,
                    (None, Some(f)) => self.first_link(f, link, below, env)?,
                    (None, None) => bool_literal(true),
                });
                below = below.saturating_sub(1);
                rest = after;
            }
        }
        result.ok_or_else(|| unsupported("this operator", e))
    }

    /// The first operator of a chain: beside it, rows and intervals may stand.
    fn first_link(
        &mut self,
        first: &'a ast::Expr,
        link: &Link<'a>,
        depth: usize,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        if let (ast::Expr::Tuple(left), ast::Expr::Tuple(right)) = (first, link.right) {
            return self.compare_rows(left, link.op, right, first, env);
        }
        if let (ast::Expr::Tuple(_), ast::Expr::Subquery(q)) = (first, link.right) {
            return self.row_subquery(first, link.op, q, env);
        }
        if let (ast::Expr::Interval(i), BinaryOperator::Plus) = (first, link.op) {
            let date = self.expr(link.right, env)?;
            return self.add_interval("DATE_ADD", date, i, env);
        }
        let left = self.deeper(depth, |b| b.expr(first, env))?;
        self.link(left, link, env)
    }

    /// One operator with its left operand bound.
    fn link(&mut self, left: Expr, link: &Link<'a>, env: &mut Env<'_>) -> Result<Expr> {
        if let ast::Expr::Interval(i) = link.right {
            let name = match link.op {
                BinaryOperator::Plus => "DATE_ADD",
                BinaryOperator::Minus => "DATE_SUB",
                _ => return Err(invalid("an INTERVAL can only be added or subtracted", link.right)),
            };
            return self.add_interval(name, left, i, env);
        }
        let right = match comparison(link.op) {
            Some(op) => {
                let ordered = !matches!(op, CompareOp::Eq | CompareOp::NotEq | CompareOp::NullSafeEq);
                self.compared(link.right, &left, ordered, env)?
            }
            None => self.expr(link.right, env)?,
        };
        self.operate(left, link, right)
    }

    fn operate(&mut self, left: Expr, link: &Link<'a>, right: Expr) -> Result<Expr> {
        let at = link.right.place();
        let pattern = match link.op {
            BinaryOperator::PGRegexMatch => Some(("c", false)),
            BinaryOperator::PGRegexNotMatch => Some(("c", true)),
            BinaryOperator::PGRegexIMatch => Some(("i", false)),
            BinaryOperator::PGRegexNotIMatch => Some(("i", true)),
            _ => None,
        };
        if let Some((case, negated)) = pattern {
            let args = vec![left, right, text_literal(String::from(case))];
            let found = to_bool(self.call("REGEXP_LIKE", args, link.right)?, at)?;
            return Ok(if negated { not(found) } else { found });
        }
        if let Some(op) = comparison(link.op) {
            return compare(op, left, right, at);
        }
        let op = match link.op {
            BinaryOperator::Plus => BinaryOp::Add,
            BinaryOperator::Minus => BinaryOp::Subtract,
            BinaryOperator::Multiply => BinaryOp::Multiply,
            BinaryOperator::Divide => BinaryOp::Divide,
            BinaryOperator::Modulo => BinaryOp::Modulo,
            BinaryOperator::MyIntegerDivide => BinaryOp::IntDivide,
            BinaryOperator::BitwiseAnd => BinaryOp::BitAnd,
            BinaryOperator::BitwiseOr => BinaryOp::BitOr,
            BinaryOperator::BitwiseXor => BinaryOp::BitXor,
            BinaryOperator::PGBitwiseShiftLeft => BinaryOp::ShiftLeft,
            BinaryOperator::PGBitwiseShiftRight => BinaryOp::ShiftRight,
            BinaryOperator::StringConcat => return Ok(concat(left, right)),
            BinaryOperator::Xor => {
                return Ok(Expr::Binary {
                    op: BinaryOp::Xor,
                    left: Box::new(to_bool(left, at)?),
                    right: Box::new(to_bool(right, at)?),
                    ty: DataType::Bool,
                });
            }
            BinaryOperator::Glob => {
                // As in SQLite: `x GLOB p` is glob(p, x).
                return self.call("GLOB", vec![right, left], link.right);
            }
            BinaryOperator::Arrow => return self.call("JSON_GET", vec![left, right], link.right),
            BinaryOperator::AtArrow => return self.call("JSON_CONTAINS", vec![left, right], link.right),
            BinaryOperator::ArrowAt => return self.call("JSON_CONTAINS", vec![right, left], link.right),
            BinaryOperator::LongArrow => {
                let value = self.call("JSON_GET", vec![left, right], link.right)?;
                return self.call("JSON_UNQUOTE", vec![value], link.right);
            }
            other => return Err(unsupported(format!("operator {other}"), link.right)),
        };
        arithmetic(op, left, right, at)
    }

    /// `(a, b) = (c, d)`.
    fn compare_rows(
        &mut self,
        left: &'a [ast::Expr],
        op: &BinaryOperator,
        right: &'a [ast::Expr],
        e: &ast::Expr,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let op = match comparison(op) {
            Some(op @ (CompareOp::Eq | CompareOp::NotEq | CompareOp::NullSafeEq)) => op,
            Some(op) => return self.order_rows(left, op, right, e, env),
            None => return Err(unsupported("an operator between rows that does not compare", e)),
        };
        let each = if op == CompareOp::NotEq { CompareOp::Eq } else { op };
        let all = self.rows_equal(left, each, right, e, env)?;
        Ok(if op == CompareOp::NotEq { not(all) } else { all })
    }

    /// `(a, b) < (c, d)`: `a < c OR a = c AND b < d`.
    fn order_rows(
        &mut self,
        left: &'a [ast::Expr],
        op: CompareOp,
        right: &'a [ast::Expr],
        e: &ast::Expr,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        require_same_width(left, right, e)?;
        let strict = match op {
            CompareOp::LtEq => CompareOp::Lt,
            CompareOp::GtEq => CompareOp::Gt,
            other => other,
        };
        self.deeper(left.len().saturating_mul(2), |b| {
            b.order_parts(left, op, strict, right, e, env)
        })
    }

    fn order_parts(
        &mut self,
        left: &'a [ast::Expr],
        op: CompareOp,
        strict: CompareOp,
        right: &'a [ast::Expr],
        e: &ast::Expr,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let mut result: Option<Expr> = None;
        for (l, r) in left.iter().zip(right).rev() {
            let at = r.place();
            let (bound_l, bound_r) = (self.expr(l, env)?, self.expr(r, env)?);
            let Some(after) = result.take() else {
                result = Some(compare(op, bound_l, bound_r, at)?);
                continue;
            };
            let same = compare(CompareOp::Eq, self.copy(&bound_l)?, self.copy(&bound_r)?, at)?;
            let beyond = compare(strict, bound_l, bound_r, at)?;
            let both = |op, left, right| Expr::Binary {
                op,
                left: Box::new(left),
                right: Box::new(right),
                ty: DataType::Bool,
            };
            result = Some(both(BinaryOp::Or, beyond, both(BinaryOp::And, same, after)));
        }
        result.ok_or_else(|| invalid("an empty row", e))
    }

    fn rows_equal(
        &mut self,
        left: &'a [ast::Expr],
        op: CompareOp,
        right: &'a [ast::Expr],
        e: &ast::Expr,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        require_same_width(left, right, e)?;
        let mut conditions = Vec::with_capacity(left.len());
        for (l, r) in left.iter().zip(right) {
            let at = r.place();
            let (l, r) = (self.expr(l, env)?, self.expr(r, env)?);
            conditions.push(compare(op, l, r, at)?);
        }
        balanced(BinaryOp::And, conditions).ok_or_else(|| invalid("an empty row", e))
    }

    pub(super) fn is_null(&mut self, e: &'a ast::Expr, negated: bool, env: &mut Env<'_>) -> Result<Expr> {
        let operand = Box::new(self.expr(e, env)?);
        Ok(Expr::IsNull { operand, negated })
    }

    pub(super) fn is_bool(
        &mut self,
        e: &'a ast::Expr,
        value: bool,
        negated: bool,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let operand = Box::new(self.condition(e, env)?);
        Ok(Expr::IsBool {
            operand,
            value,
            negated,
        })
    }

    pub(super) fn distinct_from(
        &mut self,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        distinct: bool,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let (l, r) = (self.expr(left, env)?, self.expr(right, env)?);
        let same = compare(CompareOp::NullSafeEq, l, r, right.place())?;
        Ok(if distinct { not(same) } else { same })
    }

    pub(super) fn in_list(
        &mut self,
        operand: &'a ast::Expr,
        list: &'a [ast::Expr],
        negated: bool,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        if list.is_empty() {
            // Nothing is in an empty list, not even NULL.
            self.expr(operand, env)?;
            return Ok(bool_literal(negated));
        }
        if let ast::Expr::Tuple(row) = operand {
            let mut any = Vec::with_capacity(list.len());
            for item in list {
                let ast::Expr::Tuple(other) = item else {
                    return Err(invalid("a row is looked for among rows", item));
                };
                any.push(self.rows_equal(row, CompareOp::Eq, other, item, env)?);
            }
            let found = balanced(BinaryOp::Or, any).unwrap_or(bool_literal(false));
            return Ok(if negated { not(found) } else { found });
        }
        let at = operand.place();
        let bound = self.expr(operand, env)?;
        let mut items = Vec::with_capacity(list.len());
        for item in list {
            items.push(self.compared(item, &bound, false, env)?);
        }
        if let Some((operand, list)) = unify_comparison(&bound, &items, at)? {
            return Ok(Expr::InList {
                operand: Box::new(operand),
                list,
                negated,
            });
        }
        // The candidates compare in different types: one by one.
        let mut any = Vec::with_capacity(items.len());
        for item in items {
            let left = self.copy(&bound)?;
            any.push(compare(CompareOp::Eq, left, item, at)?);
        }
        let found = balanced(BinaryOp::Or, any).unwrap_or(bool_literal(false));
        Ok(if negated { not(found) } else { found })
    }

    pub(super) fn between(
        &mut self,
        operand: &'a ast::Expr,
        low: &'a ast::Expr,
        high: &'a ast::Expr,
        negated: bool,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let at = operand.place();
        let bound = self.expr(operand, env)?;
        let again = self.copy(&bound)?;
        let low = self.compared(low, &bound, true, env)?;
        let high = self.compared(high, &bound, true, env)?;
        let from = compare(CompareOp::GtEq, bound, low, at)?;
        let to = compare(CompareOp::LtEq, again, high, at)?;
        let within = Expr::Binary {
            op: BinaryOp::And,
            left: Box::new(from),
            right: Box::new(to),
            ty: DataType::Bool,
        };
        Ok(if negated { not(within) } else { within })
    }

    pub(super) fn like(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        let (ast::Expr::Like {
            negated,
            any,
            expr,
            pattern,
            escape_char,
        }
        | ast::Expr::ILike {
            negated,
            any,
            expr,
            pattern,
            escape_char,
        }) = e
        else {
            return Err(unsupported("this pattern match", e));
        };
        refuse(*any, "LIKE ANY", e)?;
        let operand = to_text(self.expr(expr, env)?);
        // `LIKE BINARY p` distinguishes cases.
        let (pattern, binary) = match pattern.as_ref() {
            ast::Expr::Cast {
                expr: inner,
                data_type: ast::DataType::Binary(None),
                ..
            } => (self.expr(inner, env)?, true),
            ast::Expr::TypedString(t) if t.data_type == ast::DataType::Binary(None) => {
                (self.value(&t.value)?, true)
            }
            other => (self.expr(other, env)?, false),
        };
        let pattern = to_text(pattern);
        let explicit_binary = |e: &Expr| {
            matches!(e, Expr::Cast { operand, ty, .. }
                if ty.is_text() && ty.collation() == Collation::Binary && operand.ty().is_text())
        };
        let case_sensitive = binary || explicit_binary(&operand) || explicit_binary(&pattern);
        let escape = match escape_char {
            None => Some('\\'),
            Some(c) => {
                let Expr::Literal {
                    value: Value::Text(text),
                    ..
                } = self.expr(c, env)?
                else {
                    return Err(invalid("ESCAPE takes a string of one character", c.as_ref()));
                };
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (escape, None) => escape,
                    _ => return Err(invalid("ESCAPE takes a string of one character", c.as_ref())),
                }
            }
        };
        Ok(Expr::Like {
            operand: Box::new(operand),
            pattern: Box::new(pattern),
            escape,
            negated: *negated,
            case_sensitive,
        })
    }

    pub(super) fn regexp(
        &mut self,
        e: &'a ast::Expr,
        operand: &'a ast::Expr,
        pattern: &'a ast::Expr,
        negated: bool,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let args = vec![self.expr(operand, env)?, self.expr(pattern, env)?];
        let found = to_bool(self.call("REGEXP_LIKE", args, e)?, e.place())?;
        Ok(if negated { not(found) } else { found })
    }

    /// `a [NOT] SIMILAR TO pattern [ESCAPE c]`: the pattern as a regular expression of the whole text.
    pub(super) fn similar_to(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        let ast::Expr::SimilarTo {
            negated,
            expr,
            pattern,
            escape_char,
        } = e
        else {
            return Err(unsupported("this operator", e));
        };
        let text = |e: &ast::Expr| match e {
            ast::Expr::Value(v) => match &v.value {
                ast::Value::SingleQuotedString(s) => Some(unescape(s).into_owned()),
                _ => None,
            },
            _ => None,
        };
        let Some(pattern) = text(pattern) else {
            return Err(unsupported("SIMILAR TO of a pattern that is no literal", e));
        };
        let escape = match escape_char {
            None => Some('\\'),
            Some(c) => match text(c) {
                Some(c) => c.chars().next(),
                None => return Err(unsupported("this ESCAPE", e)),
            },
        };
        let mut regular = String::from("^(?:");
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            match c {
                c if Some(c) == escape => {
                    let Some(next) = chars.next() else {
                        return Err(invalid("a pattern ends with its escape character", e));
                    };
                    if !next.is_alphanumeric() {
                        regular.push('\\');
                    }
                    regular.push(next);
                }
                '%' => regular.push_str(".*"),
                '_' => regular.push('.'),
                '.' | '^' | '$' | '\\' => regular.extend(['\\', c]),
                c => regular.push(c),
            }
        }
        regular.push_str(")$");
        let options = text_literal(String::from("cn"));
        let args = vec![self.expr(expr, env)?, text_literal(regular), options];
        let found = to_bool(self.call("REGEXP_LIKE", args, e)?, e.place())?;
        Ok(if *negated { not(found) } else { found })
    }
}
