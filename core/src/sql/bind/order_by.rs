//! ORDER BY and LIMIT.

use super::binder::{Binder, Env};
use super::names::Scope;
use super::refuse::{invalid, limit_columns, refuse, unsupported};
use super::types::cast;
use crate::sql::plan::{
    CompareOp, Expr, Frame, FrameBound, FrameExclusion, FrameUnits, Plan, SortKey, Window, WindowCall,
    WindowFunction,
};
use crate::types::{DataType, Result, Value};
use alloc::{boxed::Box, format, vec, vec::Vec};
use sqlparser::ast::{
    self, Fetch, LimitClause, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort,
    Value as AstValue,
};

/// LIMIT and OFFSET.
#[derive(Debug, Default)]
pub(super) struct Limit {
    pub(super) limit: Option<Expr>,
    pub(super) offset: Option<Expr>,
    /// WITH TIES: as many rows as have a rank up to this.
    pub(super) ties: Option<i64>,
}

impl Limit {
    /// The plan sorted, and so many rows of it.
    pub(super) fn sorted(mut self, plan: Plan, keys: Vec<SortKey>) -> Plan {
        let Some(last) = self.ties.take() else {
            return self.apply(sorted(plan, keys));
        };
        let types = plan.types();
        let rank = Expr::Column {
            index: types.len(),
            ty: DataType::BIGINT,
        };
        let ranked = Plan::Window(Box::new(Window {
            input: plan,
            partition: Vec::new(),
            order: keys.clone(),
            calls: vec![WindowCall {
                function: WindowFunction::Rank,
                args: Vec::new(),
                frame: Frame {
                    units: FrameUnits::Range,
                    start: FrameBound::UnboundedPreceding,
                    end: FrameBound::CurrentRow,
                    exclude: FrameExclusion::NoOthers,
                },
                ty: DataType::BIGINT,
            }],
        }));
        let within = Expr::Compare {
            op: CompareOp::LtEq,
            left: Box::new(rank),
            right: Box::new(super::types::int_literal(last)),
        };
        let width = types.len();
        let column = |(index, ty)| Expr::Column { index, ty };
        let columns = types.into_iter().enumerate().map(column).collect();
        let rows = sorted(ranked.filtered(Some(within)), keys);
        self.apply(rows).projected(columns, width + 1)
    }

    pub(super) fn apply(self, plan: Plan) -> Plan {
        if self.limit.is_none() && self.offset.is_none() {
            return plan;
        }
        Plan::Limit {
            input: Box::new(plan),
            limit: self.limit,
            offset: self.offset,
        }
    }
}

/// Sorts a plan, unless there are no keys.
pub(super) fn sorted(plan: Plan, keys: Vec<SortKey>) -> Plan {
    if keys.is_empty() {
        return plan;
    }
    Plan::Sort {
        input: Box::new(plan),
        keys,
        limit: None,
    }
}

/// The position, from 1, that an integer literal in ORDER BY or GROUP BY means.
pub(super) fn ordinal(e: &ast::Expr) -> Option<usize> {
    match e {
        ast::Expr::Value(v) => match &v.value {
            AstValue::Number(n, false) if n.bytes().all(|b| b.is_ascii_digit()) => {
                Some(n.parse().unwrap_or(usize::MAX))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The expressions of an ORDER BY.
pub(super) fn order_expressions(order_by: &OrderBy) -> Result<&[OrderByExpr]> {
    let OrderBy { kind, interpolate } = order_by;
    refuse(interpolate.is_some(), "INTERPOLATE", order_by)?;
    match kind {
        OrderByKind::All(_) => Err(unsupported("ORDER BY ALL", order_by)),
        OrderByKind::Expressions(exprs) => Ok(exprs),
    }
}

/// The direction of a key. NULLs are smallest: first when ascending, last when descending.
pub(super) fn sort_key(expr: Expr, key: &OrderByExpr) -> Result<SortKey> {
    let OrderByExpr {
        expr: _,
        options: OrderByOptions { sort, nulls_first },
        with_fill,
    } = key;
    refuse(with_fill.is_some(), "WITH FILL", key)?;
    let descending = match sort {
        None | Some(OrderBySort::Asc) => false,
        Some(OrderBySort::Desc) => true,
        Some(OrderBySort::Using(_)) => return Err(unsupported("ORDER BY … USING", key)),
    };
    Ok(SortKey {
        expr,
        descending,
        nulls_first: nulls_first.unwrap_or(!descending),
    })
}

fn is_null(e: &ast::Expr) -> bool {
    matches!(e, ast::Expr::Value(v) if v.value == ast::Value::Null)
}

impl<'a> Binder<'a> {
    /// ORDER BY over the columns of a scope, with ordinals counting `outputs`.
    pub(super) fn order_by(
        &mut self,
        keys: &'a [OrderByExpr],
        outputs: &[Expr],
        env: &mut Env<'_>,
    ) -> Result<Vec<SortKey>> {
        let mut out = Vec::with_capacity(keys.len());
        for key in keys {
            limit_columns(out.len() + 1, "ORDER BY", &key.expr)?;
            let expr = match ordinal(&key.expr) {
                Some(n) => match n.checked_sub(1).and_then(|i| outputs.get(i)) {
                    Some(e) => self.copy(e)?,
                    None => {
                        return Err(invalid(
                            format!("ORDER BY {n}: the select list has {} columns", outputs.len()),
                            &key.expr,
                        ));
                    }
                },
                None => self.expr(&key.expr, env)?,
            };
            out.push(sort_key(expr, key)?);
        }
        Ok(out)
    }

    /// A row count: a constant or parameter.
    fn count(&mut self, e: &'a ast::Expr, clause: &'static str) -> Result<Expr> {
        let scope = Scope::default();
        let mut env = Env::new(&scope, clause).without_correlation();
        let bound = self.expr(e, &mut env)?;
        let count = cast(bound, &DataType::BIGINT, true);
        match &count {
            Expr::Literal {
                value: Value::Int(0..),
                ..
            } => Ok(count),
            Expr::Literal { .. } => Err(invalid(format!("{clause} takes a number of rows"), e)),
            _ => Ok(count),
        }
    }

    /// `LIMIT n` alone.
    pub(super) fn limit_only(&mut self, limit: Option<&'a ast::Expr>) -> Result<Limit> {
        Ok(Limit {
            limit: limit.map(|l| self.count(l, "LIMIT")).transpose()?,
            ..Limit::default()
        })
    }

    /// LIMIT, OFFSET and FETCH FIRST.
    pub(super) fn limit(
        &mut self,
        clause: Option<&'a LimitClause>,
        fetch: Option<&'a Fetch>,
        at: &ast::Query,
    ) -> Result<Limit> {
        let mut out = Limit::default();
        match clause {
            None => {}
            Some(LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) => {
                refuse(!limit_by.is_empty(), "LIMIT … BY", at)?;
                // LIMIT NULL is LIMIT ALL.
                let limit = limit.as_ref().filter(|l| !is_null(l));
                out.limit = limit.map(|l| self.count(l, "LIMIT")).transpose()?;
                // ROW and ROWS after the number are only words.
                out.offset = offset
                    .as_ref()
                    .map(|o| self.count(&o.value, "OFFSET"))
                    .transpose()?;
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                out.offset = Some(self.count(offset, "OFFSET")?);
                out.limit = Some(self.count(limit, "LIMIT")?);
            }
        }
        if let Some(Fetch {
            with_ties,
            percent,
            quantity,
        }) = fetch
        {
            refuse(*percent, "FETCH … PERCENT", at)?;
            refuse(out.limit.is_some(), "FETCH beside LIMIT", at)?;
            out.limit = Some(match quantity {
                Some(n) => self.count(n, "FETCH")?,
                None => super::types::int_literal(1),
            });
            if *with_ties {
                if at.order_by.is_none() {
                    return Err(invalid("WITH TIES needs an ORDER BY", at));
                }
                let number = |e: &Option<Expr>| match e {
                    None => Some(0),
                    Some(Expr::Literal {
                        value: Value::Int(n), ..
                    }) => Some(*n),
                    Some(_) => None,
                };
                let (Some(skipped), Some(wanted)) = (number(&out.offset), number(&out.limit)) else {
                    return Err(unsupported("FETCH of a parameter WITH TIES", at));
                };
                // None are none, with ties too.
                out.ties = Some(match wanted {
                    0 => 0,
                    _ => skipped.saturating_add(wanted),
                });
                out.limit = None;
            }
        }
        Ok(out)
    }
}
