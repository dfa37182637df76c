//! Sequences: CREATE, ALTER, DROP, and calls that name one by an identifier.

use super::binder::{Binder, Env};
use super::function::argument;
use super::names::{ident_value, nearest};
use super::refuse::{invalid, unsupported};
use super::types::{bool_literal, text_literal};
use crate::catalog::SequenceDef;
use crate::sql::parse::{SequenceOptions, SequenceStatement, start};
use crate::sql::plan::{Expr, Show, Statement};
use crate::types::{Error, Result};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use sqlparser::ast::{self, Function, FunctionArg, Ident, ObjectName};

/// How many numbers the store is ahead, unless CACHE says otherwise; as in MariaDB.
const CACHE: i64 = 1000;

/// The definition that options make of another one, or of a name.
fn with_options(mut def: SequenceDef, options: &SequenceOptions, is_new: bool) -> Result<SequenceDef> {
    let up = options.increment.unwrap_or(def.increment) > 0;
    def.increment = options.increment.unwrap_or(def.increment);
    let (least, most) = options.range.unwrap_or((i64::MIN, i64::MAX));
    let (low, high) = if up { (1, most) } else { (least, -1) };
    let turned = is_new || options.range.is_some();
    match options.min {
        Some(min) => def.min = min.unwrap_or(low),
        None if turned => def.min = low,
        None => {}
    }
    match options.max {
        Some(max) => def.max = max.unwrap_or(high),
        None if turned => def.max = high,
        None => {}
    }
    match options.start {
        Some(start) => def.start = start,
        None if is_new => def.start = if up { def.min } else { def.max },
        None => {}
    }
    def.cache = options.cache.unwrap_or(def.cache);
    def.cycle = options.cycle.unwrap_or(def.cycle);
    if options.range.is_some() && (def.min < least || def.max > most) {
        return Err(Error::invalid(format!(
            "sequence {}: its MINVALUE or MAXVALUE is none of its type",
            def.name
        )));
    }
    def.require_consistent()?;
    Ok(def)
}

impl<'a> Binder<'a> {
    /// A statement about sequences.
    pub(super) fn sequence_statement(&self, s: &SequenceStatement) -> Result<Statement> {
        match s {
            SequenceStatement::Create {
                or_replace,
                if_not_exists,
                name,
                options,
            } => self.create_sequence(name, options, *or_replace, *if_not_exists),
            SequenceStatement::Alter {
                if_exists,
                name,
                options,
            } => match self.known_sequence(name) {
                Err(Error::Unknown { .. }) if *if_exists => Ok(Statement::Nothing),
                Err(e) => Err(e),
                Ok(def) => Ok(Statement::AlterSequence {
                    restart: options.restart.map(|n| n.or(options.start).unwrap_or(def.start)),
                    def: Box::new(with_options(def, options, false)?),
                }),
            },
            SequenceStatement::Drop { if_exists, names } => {
                let mut found = Vec::with_capacity(names.len());
                for name in names {
                    match self.known_sequence(name) {
                        Ok(def) => found.push((def.schema, def.name)),
                        Err(Error::Unknown { .. }) if *if_exists => {}
                        Err(e) => return Err(e),
                    }
                }
                Ok(match found.is_empty() {
                    true => Statement::Nothing,
                    false => Statement::DropSequences(found),
                })
            }
            SequenceStatement::ShowCreate(name) => {
                let def = self.known_sequence(name)?;
                Ok(Statement::Show(Show::CreateSequence(Box::new(def))))
            }
        }
    }

    fn create_sequence(
        &self,
        name: &ObjectName,
        options: &SequenceOptions,
        replace: bool,
        if_not_exists: bool,
    ) -> Result<Statement> {
        if options.restart.is_some() {
            return Err(unsupported("RESTART of CREATE SEQUENCE (use START WITH)", name));
        }
        if replace && if_not_exists {
            return Err(invalid(
                "OR REPLACE and IF NOT EXISTS contradict each other",
                name,
            ));
        }
        let (schema, ident) = self.cx.table_name(name)?;
        let source = self.source();
        let kind = if source.table(schema, &ident.value).is_some() {
            Some("table")
        } else if source.view(schema, &ident.value).is_some() {
            Some("view")
        } else {
            let known = source.sequence(schema, &ident.value);
            (known.is_some() && !replace).then_some("sequence")
        };
        if let Some(kind) = kind {
            return match if_not_exists {
                true => Ok(Statement::Nothing),
                false => Err(Error::Exists {
                    kind,
                    name: ident.value.clone(),
                }),
            };
        }
        let def = SequenceDef {
            schema: String::from(schema),
            name: ident_value(ident)?,
            start: 1,
            increment: 1,
            min: 1,
            max: i64::MAX,
            cache: CACHE,
            cycle: false,
        };
        Ok(Statement::CreateSequence {
            def: Box::new(with_options(def, options, true)?),
            replace,
        })
    }

    fn known_sequence(&self, name: &ObjectName) -> Result<SequenceDef> {
        let (schema, ident) = self.cx.table_name(name)?;
        let found = self.source().sequence(schema, &ident.value);
        found.ok_or_else(|| self.unknown_sequence(schema, ident))
    }

    fn unknown_sequence(&self, schema: &str, name: &Ident) -> Error {
        if self.source().table(schema, &name.value).is_some() {
            return invalid(format!("{} is a table, not a sequence", name.value), name);
        }
        let names = self.source().sequence_names(schema);
        Error::Unknown {
            kind: "sequence",
            nearest: nearest(&name.value, names.iter().map(String::as_str)),
            name: name.value.clone(),
            position: start(name.span),
        }
    }

    /// NEXTVAL, LASTVAL, CURRVAL or SETVAL, whose first argument may be an identifier.
    pub(super) fn sequence_call(
        &mut self,
        name: &str,
        arguments: &'a [FunctionArg],
        f: &'a Function,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let Some((first, rest)) = arguments.split_first() else {
            return self.call(name, Vec::new(), f);
        };
        let mut first = argument(first)?;
        // As PostgreSQL writes defaults: nextval('s'::regclass).
        if let ast::Expr::Cast {
            expr,
            data_type: ast::DataType::Regclass,
            ..
        } = first
        {
            first = expr;
        }
        let parts: &[Ident] = match first {
            ast::Expr::Identifier(one) => core::slice::from_ref(one),
            ast::Expr::CompoundIdentifier(parts) => parts,
            _ => &[],
        };
        let mut args = Vec::with_capacity(arguments.len() + 2);
        if parts.is_empty() {
            if rest.len() > 2 {
                return Err(invalid(format!("{name} takes at most 3 arguments"), f));
            }
            args.push(self.expr(first, env)?);
            for a in rest {
                args.push(self.expr(argument(a)?, env)?);
            }
            return self.call(name, args, f);
        }
        let object = ObjectName::from(parts.to_vec());
        let schema = match parts {
            [schema, _] => schema.value.as_str(),
            _ => self.cx.schema,
        };
        if self.source().knows_sequences() {
            self.known_sequence(&object)?;
        }
        let quoted = |s: &str| format!("`{}`", s.replace('`', "``"));
        let own = parts.last().map_or("", |p| p.value.as_str());
        args.push(text_literal(format!("{}.{}", quoted(schema), quoted(own))));
        for a in rest {
            args.push(self.expr(argument(a)?, env)?);
        }
        if name == "SETVAL" {
            match args.len() {
                2 => args.push(bool_literal(true)),
                3 => {}
                _ => return Err(unsupported("SETVAL with the number of a cycle", f)),
            }
            args.push(bool_literal(true));
        }
        self.call(name, args, f)
    }
}
