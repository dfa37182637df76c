//! Where a tree starts in the text.
//!
//! `sqlparser` can tell the span of any tree, but by recursion over all of it. Binding asks often, and
//! of trees that may be chains of hundreds of operators: here expressions and queries answer by a loop
//! down their left edge.

use crate::sql::parse::start;
use crate::types::Position;
use sqlparser::ast::{self, AssignmentTarget, Expr, FunctionArgExpr, SetExpr, Spanned};
use sqlparser::tokenizer::Span;

/// A tree that knows where it starts.
pub(super) trait Place {
    /// Where, if the parser kept it.
    fn place(&self) -> Option<Position>;
}

/// What is long is not to be in the program once for every kind of tree.
impl Place for &dyn Place {
    fn place(&self) -> Option<Position> {
        (**self).place()
    }
}

impl Place for Span {
    fn place(&self) -> Option<Position> {
        start(*self)
    }
}

impl Place for ast::Ident {
    fn place(&self) -> Option<Position> {
        start(self.span)
    }
}

impl Place for ast::ObjectName {
    fn place(&self) -> Option<Position> {
        self.0.first().and_then(|part| start(part.span()))
    }
}

impl Place for ast::Interval {
    fn place(&self) -> Option<Position> {
        self.value.place()
    }
}

impl Place for ast::Function {
    fn place(&self) -> Option<Position> {
        self.name.place()
    }
}

impl Place for ast::FunctionArg {
    fn place(&self) -> Option<Position> {
        match self {
            ast::FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => e.place(),
            ast::FunctionArg::Named { name, .. } => name.place(),
            ast::FunctionArg::ExprNamed { name, .. } => name.place(),
            ast::FunctionArg::Unnamed(_) => None,
        }
    }
}

impl Place for ast::Assignment {
    fn place(&self) -> Option<Position> {
        match &self.target {
            AssignmentTarget::ColumnName(name) => name.place(),
            AssignmentTarget::Tuple(names) => names.first().and_then(Place::place),
        }
    }
}

impl Place for ast::Query {
    fn place(&self) -> Option<Position> {
        if let Some(with) = &self.with {
            return start(with.with_token.0.span);
        }
        let mut body = self.body.as_ref();
        loop {
            body = match body {
                SetExpr::Select(s) => return s.place(),
                SetExpr::Query(q) => q.body.as_ref(),
                SetExpr::SetOperation { left, .. } => left,
                SetExpr::Values(v) => return v.rows.first().and_then(|r| start(r.opening_token.0.span)),
                _ => return None,
            }
        }
    }
}

impl Place for Expr {
    fn place(&self) -> Option<Position> {
        let mut e = self;
        loop {
            e = match e {
                Expr::Identifier(i) => return i.place(),
                Expr::CompoundIdentifier(parts) => return parts.first().and_then(Place::place),
                Expr::Value(v) => return start(v.span),
                Expr::TypedString(t) => return start(t.value.span),
                Expr::Prefixed { prefix, .. } => return prefix.place(),
                Expr::Function(f) => return f.place(),
                Expr::Case { case_token, .. } => return start(case_token.0.span),
                Expr::Wildcard(token) => return start(token.0.span),
                Expr::QualifiedWildcard(name, _) => return name.place(),
                Expr::Exists { subquery, .. } | Expr::Subquery(subquery) => return subquery.place(),
                Expr::MatchAgainst { columns, .. } => return columns.first().and_then(Place::place),
                Expr::Tuple(list) | Expr::Array(ast::Array { elem: list, .. }) => list.first()?,
                Expr::BinaryOp { left, .. } | Expr::AnyOp { left, .. } | Expr::AllOp { left, .. } => left,
                Expr::IsDistinctFrom(left, _) | Expr::IsNotDistinctFrom(left, _) => left,
                Expr::Nested(inner)
                | Expr::IsFalse(inner)
                | Expr::IsNotFalse(inner)
                | Expr::IsTrue(inner)
                | Expr::IsNotTrue(inner)
                | Expr::IsNull(inner)
                | Expr::IsNotNull(inner)
                | Expr::IsUnknown(inner)
                | Expr::IsNotUnknown(inner)
                | Expr::OuterJoin(inner)
                | Expr::Prior(inner) => inner,
                Expr::UnaryOp { expr, .. }
                | Expr::IsJson { expr, .. }
                | Expr::IsNormalized { expr, .. }
                | Expr::InList { expr, .. }
                | Expr::InSubquery { expr, .. }
                | Expr::InUnnest { expr, .. }
                | Expr::Between { expr, .. }
                | Expr::Like { expr, .. }
                | Expr::ILike { expr, .. }
                | Expr::SimilarTo { expr, .. }
                | Expr::RLike { expr, .. }
                | Expr::Convert { expr, .. }
                | Expr::Cast { expr, .. }
                | Expr::Extract { expr, .. }
                | Expr::Ceil { expr, .. }
                | Expr::Floor { expr, .. }
                | Expr::Position { expr, .. }
                | Expr::Substring { expr, .. }
                | Expr::Trim { expr, .. }
                | Expr::Overlay { expr, .. }
                | Expr::Collate { expr, .. }
                | Expr::Named { expr, .. } => expr,
                Expr::CompoundFieldAccess { root, .. } => root,
                Expr::JsonAccess { value, .. } => value,
                Expr::AtTimeZone { timestamp, .. } => timestamp,
                Expr::Interval(i) => &i.value,
                Expr::MemberOf(m) => &m.value,
                _ => return None,
            }
        }
    }
}

macro_rules! spanned {
    ($($tree:ty),* $(,)?) => {
        $(impl Place for $tree {
            fn place(&self) -> Option<Position> {
                start(self.span())
            }
        })*
    };
}

// Asked for only when there is an error.
spanned!(
    ast::AlterTableOperation,
    ast::CreateTableOptions,
    ast::GroupByExpr,
    ast::Join,
    ast::OrderBy,
    ast::OrderByExpr,
    ast::SelectItem,
    ast::SqlOption,
    ast::TableConstraint,
    ast::TableFactor,
    ast::Use,
    ast::ValueWithSpan,
    ast::WildcardAdditionalOptions,
);

macro_rules! by_first_token {
    ($($tree:ty: $token:ident),* $(,)?) => {
        $(impl Place for $tree {
            fn place(&self) -> Option<Position> {
                start(self.$token.0.span)
            }
        })*
    };
}

by_first_token!(
    ast::Delete: delete_token,
    ast::Insert: insert_token,
    ast::Select: select_token,
    ast::Update: update_token,
);
