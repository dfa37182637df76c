//! User variables, PREPARE and EXECUTE, DO: what they compute is a query, what becomes of its row is the
//! session's business.
//!
//! Variables are bound like parameters: a statement sees the values they had before it.

use super::binder::Binder;
use crate::sql::parse::{self, Parsed, Variable};
use crate::sql::plan::{SessionStatement, SessionVerb, Statement, Target};
use crate::types::{Error, Result};
use alloc::{boxed::Box, format, sync::Arc, vec::Vec};
use sqlparser::ast;

impl<'a> Binder<'a> {
    /// A statement about the session.
    pub(super) fn session_statement(
        &mut self,
        parsed: &Parsed,
        s: &'a parse::SessionStatement,
    ) -> Result<Statement> {
        let query = match s.query.as_deref() {
            Some(ast::Statement::Query(q)) => Some(Arc::new(self.top_query(q)?)),
            Some(_) => return Err(parsed.unsupported()),
            None => None,
        };
        let width = query.as_ref().map_or(0, |q| q.columns.len());
        let name = |number: usize| match parsed.variables().get(number) {
            Some(Variable::User(name)) => Ok(name.clone()),
            Some(Variable::System(name)) => {
                Err(Error::unsupported(format!("an assignment to @@{name} here")))
            }
            None => Err(Error::invalid("an assignment needs a user variable (@name)")),
        };
        let mut targets: Vec<(usize, Target)> = Vec::with_capacity(s.targets.len());
        for (column, target) in &s.targets {
            targets.push((
                *column,
                match target {
                    parse::Target::Variable(number) => Target::User(name(*number)?),
                    parse::Target::System(name) => Target::System(name.clone()),
                },
            ));
        }
        let verb = match &s.verb {
            parse::SessionVerb::Assign if targets.len() != width => {
                return Err(Error::invalid(format!(
                    "the query has {width} columns, {} variables are to take them",
                    targets.len()
                )));
            }
            parse::SessionVerb::Assign => SessionVerb::Assign,
            parse::SessionVerb::Answer => SessionVerb::Answer,
            parse::SessionVerb::Do => SessionVerb::Do,
            parse::SessionVerb::Prepare(_) if width != 1 => {
                return Err(Error::invalid("PREPARE takes one text"));
            }
            parse::SessionVerb::Prepare(name) => SessionVerb::Prepare(name.clone()),
            parse::SessionVerb::Execute(name) => SessionVerb::Execute(name.clone()),
            parse::SessionVerb::Deallocate(name) => SessionVerb::Deallocate(name.clone()),
        };
        Ok(Statement::Session(Box::new(SessionStatement {
            verb,
            query,
            targets,
        })))
    }
}
