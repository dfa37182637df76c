//! The leaves of expressions: names, literals, parameters.

use super::binder::{AliasUse, Binder, Env};
use super::names::ScopeColumn;
use super::refuse::{invalid, unsupported};
use super::types::{bool_literal, null_of, number, number_or_bytes, text_literal};
use crate::sql::parse::{bit_bytes, hex_bytes, hex_number, start, unescape};
use crate::sql::plan::Expr;
use crate::types::{DataType, Error, Result, Value};
use alloc::{format, string::String};
use sqlparser::ast::{Ident, Value as AstValue, ValueWithSpan};

impl Binder<'_> {
    /// An unqualified name.
    pub(super) fn identifier(&mut self, name: &Ident, env: &mut Env<'_>) -> Result<Expr> {
        if let Some(variable) = self.row.as_ref().and_then(|row| row.variable(name)) {
            return Ok(variable);
        }
        let alias = env.aliases.and_then(|(aliases, when)| {
            let found = aliases
                .iter()
                .find(|a| a.name.eq_ignore_ascii_case(&name.value))?;
            Some((&found.expr, when))
        });
        if let Some((expr, AliasUse::First)) = alias {
            return self.alias(expr, name, env);
        }
        if let Some(column) = env.scope.unqualified(name)? {
            return Ok(column.expr());
        }
        if let Some((expr, AliasUse::AfterColumns)) = alias {
            return self.alias(expr, name, env);
        }
        let outer = self.outer_column(|scope| Ok(scope.unqualified(name)?.map(ScopeColumn::expr)))?;
        if let Some(column) = outer {
            return Ok(column);
        }
        Err(env.scope.unknown_column(name.value.clone(), name))
    }

    fn alias(&mut self, expr: &Expr, name: &Ident, env: &Env<'_>) -> Result<Expr> {
        if env.aggregates.is_none() && super::aggregate::contains_aggregate(expr) {
            return Err(invalid(
                format!(
                    "{} is an aggregate, which {} cannot contain",
                    name.value, env.clause
                ),
                name,
            ));
        }
        self.copy(expr)
    }

    /// `table.column` or `schema.table.column`.
    pub(super) fn compound(&mut self, parts: &[Ident], env: &mut Env<'_>) -> Result<Expr> {
        let (schema, table, name) = match parts {
            [table, name] => (None, table, name),
            [schema, table, name] => (Some(schema.value.as_str()), table, name),
            _ => {
                let at = parts.first().and_then(|p| start(p.span));
                return Err(Error::Invalid {
                    message: String::from(
                        "a column is written as column, table.column or schema.table.column",
                    ),
                    position: at,
                });
            }
        };
        if let Some(column) = env.scope.qualified(schema, &table.value, &name.value) {
            if env.scope.has_twice(column) {
                let (table, column) = (&table.value, &name.value);
                return Err(invalid(
                    format!("{table} has two columns named {column}; name its columns: AS {table} (…)"),
                    name,
                ));
            }
            return Ok(column.expr());
        }
        let written = format!("{}.{}", table.value, name.value);
        if env.scope.has_table(schema, &table.value) {
            return Err(env.scope.unknown_column(written, name));
        }
        let outer = self.outer_column(|scope| match scope.has_table(schema, &table.value) {
            false => Ok(None),
            true => match scope.qualified(schema, &table.value, &name.value) {
                Some(column) => Ok(Some(column.expr())),
                None => Err(scope.unknown_column(written.clone(), name)),
            },
        })?;
        if let Some(column) = outer {
            return Ok(column);
        }
        if let Some(row) = self.row.as_mut().filter(|_| schema.is_none())
            && let Some(column) = row.column(table, name)?
        {
            return Ok(column);
        }
        let names = env.scope.tables().iter().map(|t| t.name.as_str());
        Err(Error::Unknown {
            kind: "table",
            nearest: super::names::nearest(&table.value, names),
            name: table.value.clone(),
            position: start(table.span),
        })
    }

    /// A literal or parameter.
    pub(super) fn value(&mut self, v: &ValueWithSpan) -> Result<Expr> {
        let literal = match &v.value {
            AstValue::Number(n, false) => {
                return number(n).ok_or_else(|| invalid(format!("{n} is no number"), v));
            }
            AstValue::SingleQuotedString(s) | AstValue::NationalStringLiteral(s) => text_literal(unescape(s)),
            AstValue::Null => null_of(DataType::Null),
            AstValue::Boolean(b) => bool_literal(*b),
            // A literal taken out of the text may stand only where it decides nothing.
            AstValue::Placeholder(_) if self.slots.is_some() => {
                return Err(unsupported("a literal of a template here", v));
            }
            AstValue::Placeholder(p) => {
                let index = p
                    .get(1..)
                    .and_then(|n| n.parse::<usize>().ok())
                    .and_then(|n| n.checked_sub(1));
                let ty = index.and_then(|i| self.cx.params.get(i));
                let (Some(index), Some(ty)) = (index, ty) else {
                    return Err(Error::Parameter {
                        message: format!("no value for parameter {p}"),
                    });
                };
                Expr::Param {
                    index,
                    ty: ty.clone(),
                }
            }
            AstValue::HexStringLiteral(h) => match hex_number(h) {
                Some(bytes) => number_or_bytes(bytes),
                None => {
                    let bytes =
                        hex_bytes(h).ok_or_else(|| invalid("X'…' takes pairs of hexadecimal digits", v))?;
                    Expr::Literal {
                        value: Value::Blob(bytes),
                        ty: DataType::BLOB,
                    }
                }
            },
            AstValue::SingleQuotedByteStringLiteral(bits) => {
                let bytes = bit_bytes(bits).ok_or_else(|| invalid("b'…' takes the digits 0 and 1", v))?;
                number_or_bytes(bytes)
            }
            AstValue::Number(_, true) => return Err(unsupported("the number suffix L", v)),
            AstValue::DoubleQuotedString(_) => {
                return Err(invalid(
                    "double quotes name columns; a string takes single quotes",
                    v,
                ));
            }
            _ => return Err(unsupported("this kind of literal", v)),
        };
        Ok(literal)
    }
}
