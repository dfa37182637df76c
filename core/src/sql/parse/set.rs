//! SET: variables of the session, NAMES, CONSTRAINTS and TRANSACTION.

use super::statement::{Ast, Statements};
use crate::types::Result;
use alloc::{boxed::Box, vec::Vec};
use sqlparser::ast::{ContextModifier, Ident, Set, SetAssignment, Statement};
use sqlparser::tokenizer::Token;

fn ast(set: Set) -> Ast {
    Ast::Sql(Box::new(Statement::Set(set)))
}

impl Statements<'_, '_> {
    pub(super) fn set(&mut self) -> Result<Ast> {
        let scoped = ["SESSION", "LOCAL", "GLOBAL"].iter().any(|w| self.is(1, w));
        let at = 1 + usize::from(scoped);
        if !scoped && self.is(1, "CONSTRAINTS") {
            return self.set_constraints();
        }
        if self.take(&["SET", "SESSION", "CHARACTERISTICS", "AS", "TRANSACTION"]) {
            return Ok(Ast::SetTransaction(self.transaction_modes()?, true));
        }
        if self.is(at, "TRANSACTION") {
            if self.is(1, "GLOBAL") {
                return self.unsupported("SET GLOBAL TRANSACTION");
            }
            let session = self.is(1, "SESSION");
            self.skip(at + 1);
            if self.is(0, "SNAPSHOT") {
                return self.unsupported("SET TRANSACTION SNAPSHOT");
            }
            let modes = self.transaction_modes()?;
            if modes.is_empty() {
                return self.expected("ISOLATION LEVEL or READ");
            }
            return Ok(Ast::SetTransaction(modes, session));
        }
        // SET CHARACTER SET is SET NAMES but for what literals compare like.
        if self.is(1, "CHARSET") || (self.is(1, "CHARACTER") && self.is(2, "SET")) {
            self.skip(if self.is(1, "CHARSET") { 2 } else { 3 });
            return self.set_names(false);
        }
        if self.is(1, "NAMES") {
            self.skip(2);
            return self.set_names(true);
        }
        if scoped && (self.is(at, "NAMES") || self.is(at, "CHARACTERISTICS")) {
            self.skip(at);
            return self.expected("a variable");
        }
        if self.is(at, "ROLE") && !self.is_assigned(at) {
            return self.unsupported("SET ROLE");
        }
        if self.is(at, "AUTHORIZATION") && !self.is_assigned(at) {
            return self.unsupported("SET SESSION AUTHORIZATION");
        }
        let is_time_zone = self.is(at, "TIME") && self.is(at + 1, "ZONE");
        if is_time_zone || (self.is(at, "TIMEZONE") && !self.is_assigned(at)) {
            let local = self.is(1, "LOCAL");
            self.skip(at + 1 + usize::from(is_time_zone));
            let _ = self.parser.consume_token(&Token::Eq) || self.take(&["TO"]);
            let value = self.run(|p| p.parse_expr())?;
            return Ok(ast(Set::SetTimeZone { local, value }));
        }
        self.skip(1);
        self.assignments()
    }

    /// Whether `=` or TO stands behind the `n`-th next token.
    fn is_assigned(&self, n: usize) -> bool {
        self.is(n + 1, "TO") || self.parser.peek_nth_token_ref(n + 1).token == Token::Eq
    }

    /// `[SESSION | LOCAL | GLOBAL] name = | TO value, …`.
    fn assignments(&mut self) -> Result<Ast> {
        let mut assignments = Vec::new();
        loop {
            let scope = match () {
                () if self.take(&["SESSION"]) => Some(ContextModifier::Session),
                () if self.take(&["LOCAL"]) => Some(ContextModifier::Local),
                () if self.take(&["GLOBAL"]) => Some(ContextModifier::Global),
                () => None,
            };
            let is_value = !assignments.is_empty() && scope.is_none();
            let name = self.run(|p| p.parse_object_name(false))?;
            if !self.parser.consume_token(&Token::Eq) && !self.take(&["TO"]) {
                return match is_value {
                    true => self.unsupported("SET of a list"),
                    false => self.expected("= or TO"),
                };
            }
            let value = self.run(|p| p.parse_expr())?;
            assignments.push(SetAssignment { scope, name, value });
            if !self.parser.consume_token(&Token::Comma) {
                return Ok(ast(Set::MultipleAssignments { assignments }));
            }
        }
    }

    /// What follows SET NAMES, or SET CHARACTER SET, which takes no collation.
    fn set_names(&mut self, collated: bool) -> Result<Ast> {
        if self.take(&["DEFAULT"]) {
            return Ok(ast(Set::SetNamesDefault {}));
        }
        let charset_name = match &self.parser.peek_token_ref().token {
            Token::SingleQuotedString(s) => {
                let name = Ident::new(s.clone());
                self.skip(1);
                name
            }
            _ => self.run(|p| p.parse_identifier())?,
        };
        let collation_name = match collated && self.take(&["COLLATE"]) {
            true => Some(self.run(|p| p.parse_literal_string())?),
            false => None,
        };
        Ok(ast(Set::SetNames {
            charset_name,
            collation_name,
        }))
    }

    /// `SET CONSTRAINTS ALL | name, … DEFERRED | IMMEDIATE`.
    fn set_constraints(&mut self) -> Result<Ast> {
        self.skip(2);
        let names = match self.take(&["ALL"]) {
            true => Vec::new(),
            false => self.run(|p| p.parse_comma_separated(|p| p.parse_object_name(false)))?,
        };
        let deferred = self.take(&["DEFERRED"]);
        if !deferred && !self.take(&["IMMEDIATE"]) {
            return self.expected("DEFERRED or IMMEDIATE");
        }
        Ok(Ast::SetConstraints(names, deferred))
    }
}
