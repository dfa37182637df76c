//! What in FROM depends on the tables before it: LATERAL, and functions, which are lateral by themselves.
//!
//! While a right side is bound in which there is something lateral, the left scope is an [`Enclosing`], hidden from
//! all but that. If it was made use of, the join is a [`LateralJoin`].

use super::binder::{Binder, Enclosing};
use super::names::Scope;
use crate::sql::plan::{Expr, JoinKind, LateralJoin, Plan};
use crate::types::Result;
use alloc::{boxed::Box, vec::Vec};
use sqlparser::ast::{TableFactor, TableWithJoins};

/// Whether a table expression is lateral, or has something lateral in it.
pub(super) fn is_lateral(factor: &TableFactor) -> bool {
    match factor {
        TableFactor::Table { args, .. } => args.is_some(),
        TableFactor::JsonTable { .. } => true,
        TableFactor::Derived { lateral, .. } => *lateral,
        TableFactor::NestedJoin { table_with_joins, .. } => has_lateral(table_with_joins),
        _ => false,
    }
}

/// The same of tables that are joined.
pub(super) fn has_lateral(item: &TableWithJoins) -> bool {
    is_lateral(&item.relation) || item.joins.iter().any(|j| is_lateral(&j.relation))
}

impl<'a> Binder<'a> {
    /// Binds a right side that may depend on the columns of `left`; what it depends on comes with it.
    pub(super) fn beside<T>(
        &mut self,
        left: &Scope,
        is_lateral: bool,
        bind: impl FnOnce(&mut Binder<'a>) -> Result<T>,
    ) -> Result<(T, Vec<Expr>)> {
        if !is_lateral {
            return Ok((bind(self)?, Vec::new()));
        }
        self.outer.push(Enclosing {
            scope: left.clone(),
            captures: Vec::new(),
            hidden: true,
        });
        let bound = bind(self);
        let captures = self.outer.pop().map(|e| e.captures).unwrap_or_default();
        Ok((bound?, captures))
    }

    /// Binds what sees the tables to its left.
    pub(super) fn laterally<T>(&mut self, bind: impl FnOnce(&mut Binder<'a>) -> Result<T>) -> Result<T> {
        let hidden = self.outer.iter().rev().take_while(|e| e.hidden).count();
        let from = self.outer.len() - hidden;
        let show = |b: &mut Binder<'a>, hide: bool| {
            let own = b.outer.iter_mut().skip(from).take(hidden);
            own.for_each(|e| e.hidden = hide);
        };
        show(self, false);
        let bound = bind(self);
        show(self, true);
        bound
    }
}

/// The join of a left side with a right side that depends on it.
pub(super) fn lateral_join(
    kind: JoinKind,
    left: Plan,
    right: Plan,
    captures: Vec<Expr>,
    condition: Option<Expr>,
) -> Plan {
    Plan::LateralJoin(Box::new(LateralJoin {
        kind,
        left,
        right,
        captures,
        condition,
    }))
}
