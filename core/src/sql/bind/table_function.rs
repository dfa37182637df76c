//! Functions in FROM: `generate_series(1, 10)`, `json_each('[1, 2]')`, `string_split('a,b', ',')`.
//!
//! Their arguments may name columns of the tables before them, and of a query around.

use super::binder::{Binder, Env};
use super::function::argument;
use super::names::{Scope, nearest};
use super::refuse::{invalid, refuse};
use super::types::cast;
use crate::sql::plan::{OutputColumn, Plan, TableFunction, TableFunctionCall};
use crate::types::{Error, Result};
use alloc::{format, vec::Vec};
use sqlparser::ast::{ObjectName, ObjectNamePart, TableFunctionArgs};

impl<'a> Binder<'a> {
    /// A call in FROM.
    pub(super) fn table_function(
        &mut self,
        name: &ObjectName,
        args: &'a TableFunctionArgs,
    ) -> Result<(Plan, Vec<OutputColumn>)> {
        refuse(args.settings.is_some(), "SETTINGS", name)?;
        let written = match name.0.as_slice() {
            [ObjectNamePart::Identifier(i)] => i.value.as_str(),
            _ => "",
        };
        let Some(function) = TableFunction::lookup(written) else {
            return Err(Error::Unknown {
                kind: "table function",
                name: format!("{name}"),
                nearest: nearest(written, TableFunction::ALL.iter().map(|f| f.shape().name)),
                position: super::refuse::Place::place(name),
            });
        };
        let shape = function.shape();
        let (least, most) = shape.args;
        if !(least..=most).contains(&args.args.len()) {
            return Err(invalid(
                format!("{} takes {least} to {most} arguments", shape.name),
                name,
            ));
        }
        let scope = Scope::default();
        let mut env = Env::new(&scope, "a table function").without_correlation();
        let mut bound = Vec::with_capacity(args.args.len());
        for (i, arg) in args.args.iter().enumerate() {
            let arg = argument(arg)?;
            let expr = self.laterally(|b| b.expr(arg, &mut env))?;
            let ty = shape.arg_types.get(i).or(shape.arg_types.last());
            bound.push(match ty {
                Some(ty) => cast(expr, ty, true),
                None => expr,
            });
        }
        Ok(called(TableFunctionCall {
            function,
            args: bound,
        }))
    }
}

/// The plan of a call, and its columns.
pub(super) fn called(call: TableFunctionCall) -> (Plan, Vec<OutputColumn>) {
    let columns = call.columns().into_iter().map(|(name, ty)| OutputColumn {
        name: name.into(),
        ty,
        table: None,
    });
    let columns = columns.collect();
    (Plan::TableFunction(call), columns)
}
