//! Expressions as SQL-like text.

use crate::sql::plan::{BinaryOp, CompareOp, Expr, UnaryOp};
use alloc::{format, string::String, vec::Vec};

/// The text of an expression over columns of these names. Conversions that change nothing for the reader
/// are left out only where the type's name is the same.
pub fn expr_text(expr: &Expr, names: &[String]) -> String {
    text(expr, names, 0)
}

/// How tightly an expression binds; operands that bind less get parentheses.
fn precedence(expr: &Expr) -> u8 {
    match expr {
        Expr::Binary { op, .. } => match op {
            BinaryOp::Or | BinaryOp::Xor => 1,
            BinaryOp::And => 2,
            BinaryOp::BitOr | BinaryOp::BitXor | BinaryOp::BitAnd => 5,
            BinaryOp::ShiftLeft | BinaryOp::ShiftRight => 6,
            BinaryOp::Add | BinaryOp::Subtract => 7,
            BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::IntDivide | BinaryOp::Modulo => 8,
            BinaryOp::Concat => 9,
        },
        Expr::Unary { op: UnaryOp::Not, .. } => 3,
        Expr::Unary { .. } => 10,
        Expr::Compare { .. }
        | Expr::IsNull { .. }
        | Expr::IsBool { .. }
        | Expr::Like { .. }
        | Expr::InList { .. }
        | Expr::InSubPlan { .. } => 4,
        _ => 11,
    }
}

fn text(expr: &Expr, names: &[String], at_least: u8) -> String {
    let own = precedence(expr);
    let text_of = |e: &Expr, at_least: u8| text(e, names, at_least);
    let not = |negated: bool| if negated { "NOT " } else { "" };
    let list = |list: &[Expr]| {
        let texts: Vec<String> = list.iter().map(|e| text_of(e, 0)).collect();
        texts.join(", ")
    };
    let plain = match expr {
        Expr::Column { index, .. } => match names.get(*index) {
            Some(name) => name.clone(),
            None => format!("#{index}"),
        },
        Expr::Literal { value, .. } => value.to_sql_literal(),
        Expr::Outer { index, .. } => format!("outer {}", index + 1),
        Expr::Correlated(_) => String::from("(correlated subquery)"),
        Expr::Param { index, .. } => format!("?{}", index + 1),
        Expr::Scalar { index, .. } => format!("(subquery {})", index + 1),
        Expr::InSubPlan {
            operand,
            index,
            negated,
        } => format!(
            "{} {}IN (subquery {})",
            text_of(operand, 5),
            not(*negated),
            index + 1
        ),
        Expr::Exists { index, negated } => format!("{}EXISTS (subquery {})", not(*negated), index + 1),
        Expr::Unary { op, operand, .. } => {
            let sign = match op {
                UnaryOp::Negate => "-",
                UnaryOp::Not => "NOT ",
                UnaryOp::BitNot => "~",
            };
            format!("{sign}{}", text_of(operand, own))
        }
        Expr::Binary { op, left, right, .. } => {
            // Left-associative, except that AND and OR chains need no parentheses either way.
            let chain = matches!(op, BinaryOp::And | BinaryOp::Or);
            let right = text_of(right, if chain { own } else { own + 1 });
            format!("{} {} {right}", text_of(left, own), binary_sign(*op))
        }
        Expr::Compare { op, left, right } => {
            let sign = match op {
                CompareOp::Eq => "=",
                CompareOp::NotEq => "<>",
                CompareOp::Lt => "<",
                CompareOp::LtEq => "<=",
                CompareOp::Gt => ">",
                CompareOp::GtEq => ">=",
                CompareOp::NullSafeEq => "<=>",
            };
            format!("{} {sign} {}", text_of(left, 5), text_of(right, 5))
        }
        Expr::IsNull { operand, negated } => format!("{} IS {}NULL", text_of(operand, 5), not(*negated)),
        Expr::IsBool {
            operand,
            value,
            negated,
        } => {
            let value = if *value { "TRUE" } else { "FALSE" };
            format!("{} IS {}{value}", text_of(operand, 5), not(*negated))
        }
        Expr::Like {
            operand,
            pattern,
            negated,
            case_sensitive,
            ..
        } => {
            let binary = if *case_sensitive { "BINARY " } else { "" };
            format!(
                "{} {}LIKE {binary}{}",
                text_of(operand, 5),
                not(*negated),
                text_of(pattern, 5)
            )
        }
        Expr::InList {
            operand,
            list: candidates,
            negated,
        } => format!(
            "{} {}IN ({})",
            text_of(operand, 5),
            not(*negated),
            list(candidates)
        ),
        Expr::Case {
            branches, otherwise, ..
        } => {
            let mut out = String::from("CASE");
            for (condition, result) in branches {
                out += &format!(" WHEN {} THEN {}", text_of(condition, 0), text_of(result, 0));
            }
            if let Some(o) = otherwise {
                out += &format!(" ELSE {}", text_of(o, 0));
            }
            out + " END"
        }
        Expr::Cast { operand, ty, .. } => format!("CAST({} AS {ty})", text_of(operand, 0)),
        Expr::User { function, args } => format!("{}({})", function.name, list(args)),
        Expr::Function { function, args, .. } => format!("{}({})", function.name, list(args)),
    };
    if own < at_least {
        format!("({plain})")
    } else {
        plain
    }
}

fn binary_sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::IntDivide => "DIV",
        BinaryOp::Modulo => "%",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
        BinaryOp::Concat => "||",
        BinaryOp::And => "AND",
        BinaryOp::Or => "OR",
        BinaryOp::Xor => "XOR",
    }
}
