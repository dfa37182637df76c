//! Refusing by name what is not offered, at the place where it stands.

use crate::sql::parse::start;
use crate::types::{Error, Position, Result};
use alloc::string::String;
use sqlparser::ast::{self, Spanned};
use sqlparser::tokenizer::Span;

/// A tree that knows where it starts.
pub(super) trait Place {
    /// Where, if the parser kept it.
    fn place(&self) -> Option<Position>;
}

impl Place for ast::Ident {
    fn place(&self) -> Option<Position> {
        start(self.span)
    }
}

impl Place for ast::Interval {
    fn place(&self) -> Option<Position> {
        self.value.place()
    }
}

impl Place for Span {
    fn place(&self) -> Option<Position> {
        start(*self)
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

spanned!(
    ast::AlterTableOperation,
    ast::Assignment,
    ast::CreateTableOptions,
    ast::Expr,
    ast::Function,
    ast::FunctionArg,
    ast::GroupByExpr,
    ast::Join,
    ast::ObjectName,
    ast::OrderBy,
    ast::OrderByExpr,
    ast::Query,
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

/// The error that a clause is not offered, at the place of a tree.
pub(super) fn unsupported(feature: impl Into<String>, at: &impl Place) -> Error {
    unsupported_at(feature, at.place())
}

/// The error that a clause is not offered.
pub(super) fn unsupported_at(feature: impl Into<String>, position: Option<Position>) -> Error {
    Error::Unsupported {
        feature: feature.into(),
        position,
    }
}

/// Refuses a clause that is present.
pub(super) fn refuse(present: bool, feature: &str, at: &impl Place) -> Result<()> {
    if present {
        Err(unsupported(feature, at))
    } else {
        Ok(())
    }
}

/// Refuses a clause that is present, where its place is not known.
pub(super) fn refuse_at(present: bool, feature: &str, position: Option<Position>) -> Result<()> {
    if present {
        Err(unsupported_at(feature, position))
    } else {
        Ok(())
    }
}

/// The error that a statement makes no sense.
pub(super) fn invalid(message: impl Into<String>, at: &impl Place) -> Error {
    Error::Invalid {
        message: message.into(),
        position: at.place(),
    }
}
