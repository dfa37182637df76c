//! Which columns an expression reads, and giving them other positions.

use crate::sql::plan::Expr;

/// Calls `f` with every node of an expression, parents first.
pub fn visit<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(expr);
    expr.for_each_child(&mut |c| visit(c, f));
}

/// Calls `f` with the index of every column an expression reads.
pub fn for_each_column(expr: &Expr, f: &mut dyn FnMut(usize)) {
    visit(expr, &mut |e| {
        if let Expr::Column { index, .. } = e {
            f(*index);
        }
    });
}

/// Whether all columns an expression reads satisfy `f`; true if it reads none.
pub fn all_columns(expr: &Expr, f: impl Fn(usize) -> bool) -> bool {
    let mut all = true;
    for_each_column(expr, &mut |i| all &= f(i));
    all
}

/// Whether an expression reads no column: its value is known when the statement starts.
pub fn is_constant(expr: &Expr) -> bool {
    all_columns(expr, |_| false) && !is_volatile(expr)
}

/// Whether an expression may have another value each time it is evaluated (RAND(), UUID(), …).
pub fn is_volatile(expr: &Expr) -> bool {
    let mut volatile = false;
    visit(expr, &mut |e| {
        if let Expr::Function { function, .. } = e {
            volatile |= !function.deterministic;
        }
    });
    volatile
}

/// Gives every column the index `f` says.
pub fn remap(expr: &mut Expr, f: &dyn Fn(usize) -> usize) {
    match expr {
        Expr::Column { index, .. } => *index = f(*index),
        _ => expr.for_each_child_mut(&mut |c| remap(c, f)),
    }
}

/// An expression with every column index lowered by `by`.
pub fn lowered(mut expr: Expr, by: usize) -> Expr {
    remap(&mut expr, &|i| i.saturating_sub(by));
    expr
}

/// An expression with every column index raised by `by`.
pub fn raised(mut expr: Expr, by: usize) -> Expr {
    remap(&mut expr, &|i| i + by);
    expr
}

/// Puts `exprs[i]` in the place of every column `i`.
pub fn substitute(expr: &mut Expr, exprs: &[Expr]) {
    match expr {
        Expr::Column { index, .. } => {
            if let Some(e) = exprs.get(*index) {
                *expr = e.clone();
            }
        }
        _ => expr.for_each_child_mut(&mut |c| substitute(c, exprs)),
    }
}

/// The column an expression is, if it is nothing else.
pub fn plain_column(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Column { index, .. } => Some(*index),
        _ => None,
    }
}
