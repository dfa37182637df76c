//! Typed scalar expressions over the columns of a batch.

use super::{Correlated, SortKey};
use crate::sql::functions::{Aggregate, ScalarFunction, UserFunction};
use crate::types::{DataType, Value};
use alloc::{boxed::Box, sync::Arc, vec::Vec};

/// One-operand operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-x`; overflow is an error.
    Negate,
    /// `NOT x`, three-valued; the operand is boolean.
    Not,
    /// `~x`, on BIGINT.
    BitNot,
}

/// Two-operand operators other than comparisons. Operands have the result's type family (see each).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`; operands and result have one type: BIGINT, DOUBLE or DECIMAL of one scale.
    Add,
    /// `-`, as `Add`.
    Subtract,
    /// `*`; BIGINT, DOUBLE, or DECIMAL where the result's scale is the operands' sum (or less: rounded).
    Multiply,
    /// `/`, exact: DECIMAL (scale of the left operand + 4, as in MySQL) or DOUBLE. By zero: NULL, as in MySQL and SQLite.
    Divide,
    /// `DIV`: BIGINT, truncated. By zero: NULL.
    IntDivide,
    /// `%`, `MOD`: sign of the left operand. By zero: NULL.
    Modulo,
    /// `&` on BIGINT.
    BitAnd,
    /// `|` on BIGINT.
    BitOr,
    /// `^` on BIGINT.
    BitXor,
    /// `<<` on BIGINT.
    ShiftLeft,
    /// `>>` on BIGINT.
    ShiftRight,
    /// `||`: text or blob; NULL if either is.
    Concat,
    /// Three-valued AND of booleans.
    And,
    /// Three-valued OR of booleans.
    Or,
    /// Three-valued XOR of booleans.
    Xor,
}

/// Comparisons; both operands have one type (decimals one scale).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `=`
    Eq,
    /// `<>`, `!=`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
    /// `<=>`, `IS NOT DISTINCT FROM`: never NULL.
    NullSafeEq,
}

impl CompareOp {
    /// The operator that is true where this one is false, and NULL where it is; `None`: there is none.
    pub fn negated(self) -> Option<CompareOp> {
        Some(match self {
            CompareOp::Eq => CompareOp::NotEq,
            CompareOp::NotEq => CompareOp::Eq,
            CompareOp::Lt => CompareOp::GtEq,
            CompareOp::LtEq => CompareOp::Gt,
            CompareOp::Gt => CompareOp::LtEq,
            CompareOp::GtEq => CompareOp::Lt,
            CompareOp::NullSafeEq => return None,
        })
    }
}

/// A bound expression. [`Expr::ty`] is its type; every operand is already converted.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Column `index` of the input batch.
    Column {
        /// Position in the batch.
        index: usize,
        /// Its type.
        ty: DataType,
    },
    /// A constant.
    Literal {
        /// The value, in the variant of its type's family.
        value: Value,
        /// Its type.
        ty: DataType,
    },
    /// Parameter `index` (from 0). Its type is that of the value bound when the statement was planned.
    Param {
        /// Position, from 0.
        index: usize,
        /// Type.
        ty: DataType,
    },
    /// Value `index` that the correlated subquery around it depends on, for the row at hand.
    Outer {
        /// Position in the captures of the subquery.
        index: usize,
        /// Type.
        ty: DataType,
    },
    /// A correlated subquery. Only until the optimizer puts it into a [`Plan::Apply`](super::Plan::Apply).
    Correlated(Box<Correlated>),
    /// The single value of sub-plan `index` of the query (NULL if it has no row; more than one is an error).
    Scalar {
        /// Position in [`Query::sub_plans`](super::Query::sub_plans).
        index: usize,
        /// Type.
        ty: DataType,
    },
    /// `operand [NOT] IN (sub-plan index)`, with SQL's NULL rules.
    InSubPlan {
        /// The value looked for; same type as the sub-plan's column.
        operand: Box<Expr>,
        /// Position in [`Query::sub_plans`](super::Query::sub_plans).
        index: usize,
        /// NOT IN.
        negated: bool,
    },
    /// `[NOT] EXISTS (sub-plan index)`.
    Exists {
        /// Position in [`Query::sub_plans`](super::Query::sub_plans).
        index: usize,
        /// NOT EXISTS.
        negated: bool,
    },
    /// A one-operand operator.
    Unary {
        /// Operator.
        op: UnaryOp,
        /// Operand.
        operand: Box<Expr>,
        /// Result type.
        ty: DataType,
    },
    /// A two-operand operator.
    Binary {
        /// Operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
        /// Result type.
        ty: DataType,
    },
    /// A comparison; boolean.
    Compare {
        /// Operator.
        op: CompareOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand, same type.
        right: Box<Expr>,
    },
    /// `operand IS [NOT] NULL`; boolean, never NULL.
    IsNull {
        /// Operand.
        operand: Box<Expr>,
        /// IS NOT NULL.
        negated: bool,
    },
    /// `operand IS [NOT] TRUE/FALSE`; boolean, never NULL.
    IsBool {
        /// Boolean operand.
        operand: Box<Expr>,
        /// TRUE or FALSE.
        value: bool,
        /// IS NOT.
        negated: bool,
    },
    /// `operand [NOT] LIKE pattern [ESCAPE c]`; text, ASCII case-insensitive unless `case_sensitive` (GLOB is a function).
    Like {
        /// Text.
        operand: Box<Expr>,
        /// Pattern.
        pattern: Box<Expr>,
        /// Escape character; `\` unless ESCAPE says otherwise, `None` for ESCAPE ''.
        escape: Option<char>,
        /// NOT LIKE.
        negated: bool,
        /// LIKE BINARY.
        case_sensitive: bool,
    },
    /// `operand [NOT] IN (list)`; all of one type.
    InList {
        /// Operand.
        operand: Box<Expr>,
        /// Candidates.
        list: Vec<Expr>,
        /// NOT IN.
        negated: bool,
    },
    /// `CASE WHEN … THEN … ELSE … END` (the operand form is bound to comparisons).
    Case {
        /// Conditions (boolean) and results, evaluated lazily in order.
        branches: Vec<(Expr, Expr)>,
        /// ELSE; `None` is NULL.
        otherwise: Option<Box<Expr>>,
        /// Result type.
        ty: DataType,
    },
    /// A conversion.
    Cast {
        /// Operand.
        operand: Box<Expr>,
        /// Target type.
        ty: DataType,
        /// Strict: a value that does not convert is an error (assignment, CAST to DATE…). Lenient:
        /// as MySQL in arithmetic and CAST, `'7x'` is 7 and `'abc'` is 0.
        strict: bool,
    },
    /// A scalar function.
    Function {
        /// The function's entry in the table of functions.
        function: &'static ScalarFunction,
        /// Arguments, converted to what the entry asks for.
        args: Vec<Expr>,
        /// Result type.
        ty: DataType,
    },
    /// A scalar function that the program brings.
    User {
        /// The function.
        function: Arc<UserFunction>,
        /// Arguments.
        args: Vec<Expr>,
    },
}

/// The walk over the direct operands of an expression, by `&` or by `&mut`.
macro_rules! each_operand {
    ($expr:expr, $f:ident, $iter:ident) => {
        match $expr {
            Expr::Column { .. }
            | Expr::Literal { .. }
            | Expr::Param { .. }
            | Expr::Outer { .. }
            | Expr::Scalar { .. }
            | Expr::Exists { .. } => {}
            Expr::Correlated(c) => c.captures.$iter().for_each($f),
            Expr::InSubPlan { operand, .. }
            | Expr::Unary { operand, .. }
            | Expr::IsNull { operand, .. }
            | Expr::IsBool { operand, .. }
            | Expr::Cast { operand, .. } => $f(operand),
            Expr::Binary { left, right, .. } | Expr::Compare { left, right, .. } => {
                $f(left);
                $f(right);
            }
            Expr::Like { operand, pattern, .. } => {
                $f(operand);
                $f(pattern);
            }
            Expr::InList { operand, list, .. } => {
                $f(operand);
                list.$iter().for_each($f);
            }
            Expr::Case {
                branches, otherwise, ..
            } => {
                for (condition, result) in branches {
                    $f(condition);
                    $f(result);
                }
                if let Some(otherwise) = otherwise {
                    $f(otherwise);
                }
            }
            Expr::Function { args, .. } | Expr::User { args, .. } => args.$iter().for_each($f),
        }
    };
}

impl Expr {
    /// The type of the result.
    pub fn ty(&self) -> DataType {
        match self {
            Expr::Column { ty, .. }
            | Expr::Literal { ty, .. }
            | Expr::Param { ty, .. }
            | Expr::Outer { ty, .. }
            | Expr::Scalar { ty, .. }
            | Expr::Unary { ty, .. }
            | Expr::Binary { ty, .. }
            | Expr::Case { ty, .. }
            | Expr::Cast { ty, .. }
            | Expr::Function { ty, .. } => ty.clone(),
            Expr::Correlated(c) => c.ty.clone(),
            Expr::User { function, .. } => function.returns.clone(),
            Expr::InSubPlan { .. }
            | Expr::Exists { .. }
            | Expr::Compare { .. }
            | Expr::IsNull { .. }
            | Expr::IsBool { .. }
            | Expr::Like { .. }
            | Expr::InList { .. } => DataType::Bool,
        }
    }

    /// Whether there is a correlated subquery in it.
    pub fn is_correlated(&self) -> bool {
        let mut found = matches!(self, Expr::Correlated(_));
        self.for_each_child(&mut |c| found |= c.is_correlated());
        found
    }

    /// Calls `f` on every direct operand.
    pub fn for_each_child<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        each_operand!(self, f, iter)
    }

    /// Calls `f` on every direct operand, to rewrite it.
    pub fn for_each_child_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        each_operand!(self, f, iter_mut)
    }
}

/// One aggregate of a GROUP BY.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateCall {
    /// Which aggregate.
    pub function: Aggregate,
    /// Arguments over the input, converted; none for COUNT(*).
    pub args: Vec<Expr>,
    /// DISTINCT.
    pub distinct: bool,
    /// The order in which values count, over the input: only of functions to which it matters.
    pub order: Vec<SortKey>,
    /// Which rows count, of functions that see NULLs; of others, arguments are NULL in rows that do not.
    pub filter: Option<Expr>,
    /// What else the call says.
    pub options: AggregateOptions,
    /// Result type.
    pub ty: DataType,
}

/// What only some aggregates are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AggregateOptions {
    /// GROUP_CONCAT's separator.
    pub separator: Option<alloc::string::String>,
    /// GROUP_CONCAT's LIMIT: how many values are left out, and how many count then.
    pub limit: Option<(usize, usize)>,
    /// WITHIN GROUP (ORDER BY … DESC).
    pub descending: bool,
    /// The function that is called, if the program brings it.
    pub user: Option<Arc<UserFunction>>,
}

impl AggregateCall {
    /// The function's name.
    pub fn name(&self) -> &str {
        match &self.options.user {
            Some(user) => &user.name,
            None => self.function.name(),
        }
    }

    /// The expressions over the input: arguments, keys of the order, the filter.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let order = self.order.iter().map(|k| &k.expr);
        self.args.iter().chain(order).chain(&self.filter)
    }

    /// The expressions over the input, to rewrite them.
    pub fn exprs_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let order = self.order.iter_mut().map(|k| &mut k.expr);
        self.args.iter_mut().chain(order).chain(&mut self.filter)
    }
}
