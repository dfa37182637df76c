//! CREATE, ALTER and DROP SEQUENCE, with the options of MariaDB and PostgreSQL; and NEXT VALUE FOR.

use super::statement::{Ast, Statements};
use crate::types::{Error, Result};
use alloc::{format, string::String, vec::Vec};
use sqlparser::ast::ObjectName;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// A statement about sequences.
#[derive(Debug, Clone)]
pub(in crate::sql) enum SequenceStatement {
    Create {
        or_replace: bool,
        if_not_exists: bool,
        name: ObjectName,
        options: SequenceOptions,
    },
    Alter {
        if_exists: bool,
        name: ObjectName,
        options: SequenceOptions,
    },
    Drop {
        if_exists: bool,
        names: Vec<ObjectName>,
    },
    ShowCreate(ObjectName),
}

/// What was said of a sequence; what was not is `None`.
#[derive(Debug, Clone, Default)]
pub(in crate::sql) struct SequenceOptions {
    /// AS: the range of the type.
    pub(in crate::sql) range: Option<(i64, i64)>,
    pub(in crate::sql) start: Option<i64>,
    pub(in crate::sql) increment: Option<i64>,
    /// NO MINVALUE is `Some(None)`.
    pub(in crate::sql) min: Option<Option<i64>>,
    pub(in crate::sql) max: Option<Option<i64>>,
    pub(in crate::sql) cache: Option<i64>,
    pub(in crate::sql) cycle: Option<bool>,
    /// RESTART; WITH a number.
    pub(in crate::sql) restart: Option<Option<i64>>,
}

/// Writes `NEXT VALUE FOR s` as `NEXTVAL(s)`, and `PREVIOUS VALUE FOR s` as `LASTVAL(s)`.
pub(super) fn value_calls(tokens: &mut Vec<TokenWithSpan>) {
    let is = |t: Option<&TokenWithSpan>, word: &str| {
        matches!(t.map(|t| &t.token), Some(Token::Word(w))
            if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
    };
    let mut i = 0;
    while i + 3 < tokens.len() {
        let call = match tokens.get(i) {
            t if is(t, "NEXT") => "NEXTVAL",
            t if is(t, "PREVIOUS") => "LASTVAL",
            _ => "",
        };
        if call.is_empty() || !is(tokens.get(i + 1), "VALUE") || !is(tokens.get(i + 2), "FOR") {
            i += 1;
            continue;
        }
        let mut end = i + 4;
        while tokens.get(end).is_some_and(|t| t.token == Token::Period) {
            end += 2;
        }
        let end = end.min(tokens.len());
        let last = tokens.get(end - 1).map(|t| t.span);
        for (at, token) in [(i, Token::make_word(call, None)), (i + 1, Token::LParen)] {
            if let Some(t) = tokens.get_mut(at) {
                t.token = token;
            }
        }
        if let Some(span) = last {
            tokens.insert(end, TokenWithSpan::new(Token::RParen, span));
        }
        tokens.remove(i + 2);
        i += 2;
    }
}

impl Statements<'_, '_> {
    /// A statement about sequences; `None`: it is about something else.
    pub(super) fn sequence(&mut self) -> Result<Option<Ast>> {
        let statement = if self.take(&["CREATE", "OR", "REPLACE", "SEQUENCE"]) {
            self.create_sequence(true)?
        } else if self.take(&["CREATE", "SEQUENCE"]) {
            self.create_sequence(false)?
        } else if self.take(&["ALTER", "SEQUENCE"]) {
            let if_exists = self.take(&["IF", "EXISTS"]);
            let name = self.run(|p| p.parse_object_name(false))?;
            if self.is(0, "RENAME") || self.is(0, "SET") {
                return self.unsupported("RENAME and SET SCHEMA of a sequence");
            }
            let options = self.sequence_options()?;
            SequenceStatement::Alter {
                if_exists,
                name,
                options,
            }
        } else if self.take(&["DROP", "SEQUENCE"]) {
            let if_exists = self.take(&["IF", "EXISTS"]);
            let names = self.run(|p| p.parse_comma_separated(|p| p.parse_object_name(false)))?;
            if self.is(0, "CASCADE") {
                return self.unsupported("DROP … CASCADE");
            }
            self.take(&["RESTRICT"]);
            SequenceStatement::Drop { if_exists, names }
        } else if self.take(&["SHOW", "CREATE", "SEQUENCE"]) {
            SequenceStatement::ShowCreate(self.run(|p| p.parse_object_name(false))?)
        } else if ["TEMPORARY", "TEMP"].iter().any(|t| self.is(1, t)) && self.is(2, "SEQUENCE") {
            return self.unsupported("a temporary sequence");
        } else {
            return Ok(None);
        };
        Ok(Some(Ast::Sequence(statement)))
    }

    fn create_sequence(&mut self, or_replace: bool) -> Result<SequenceStatement> {
        let if_not_exists = self.take(&["IF", "NOT", "EXISTS"]);
        Ok(SequenceStatement::Create {
            or_replace,
            if_not_exists,
            name: self.run(|p| p.parse_object_name(false))?,
            options: self.sequence_options()?,
        })
    }

    /// The options of a sequence, up to what is none.
    pub(super) fn sequence_options(&mut self) -> Result<SequenceOptions> {
        let mut options = SequenceOptions::default();
        loop {
            if self.take(&["AS"]) {
                options.range = Some(self.sequence_type()?);
            } else if self.take(&["START"]) {
                self.take(&["WITH"]);
                options.start = Some(self.whole_number()?);
            } else if self.take(&["INCREMENT"]) {
                self.take(&["BY"]);
                options.increment = Some(self.whole_number()?);
            } else if self.take(&["MINVALUE"]) {
                options.min = Some(Some(self.whole_number()?));
            } else if self.take(&["NO", "MINVALUE"]) || self.take(&["NOMINVALUE"]) {
                options.min = Some(None);
            } else if self.take(&["MAXVALUE"]) {
                options.max = Some(Some(self.whole_number()?));
            } else if self.take(&["NO", "MAXVALUE"]) || self.take(&["NOMAXVALUE"]) {
                options.max = Some(None);
            } else if self.take(&["CACHE"]) {
                options.cache = Some(self.whole_number()?.max(1));
            } else if self.take(&["NO", "CACHE"]) || self.take(&["NOCACHE"]) {
                options.cache = Some(1);
            } else if self.take(&["CYCLE"]) {
                options.cycle = Some(true);
            } else if self.take(&["NO", "CYCLE"]) || self.take(&["NOCYCLE"]) {
                options.cycle = Some(false);
            } else if self.take(&["RESTART"]) {
                let given = self.take(&["WITH"])
                    || matches!(
                        self.parser.peek_token_ref().token,
                        Token::Eq | Token::Number(..) | Token::Minus
                    );
                options.restart = Some(given.then(|| self.whole_number()).transpose()?);
            } else if self.is(0, "ENGINE") {
                self.skip(1);
                if self.parser.peek_token_ref().token == Token::Eq {
                    self.skip(1);
                }
                // As for tables: those of dumps mean nothing; a sequence is where there is a store.
                if !["INNODB", "MYISAM", "ARIA"].iter().any(|e| self.take(&[e])) {
                    return self.unsupported("ENGINE of a sequence: it is always in the store");
                }
            } else if self.is(0, "OWNED") {
                if !self.take(&["OWNED", "BY", "NONE"]) {
                    return self.unsupported("OWNED BY (drop the sequence itself)");
                }
            } else {
                return Ok(options);
            }
        }
    }

    fn sequence_type(&mut self) -> Result<(i64, i64)> {
        let types: [(&[&str], i64, i64); 4] = [
            (&["SMALLINT", "INT2"], i16::MIN.into(), i16::MAX.into()),
            (&["INTEGER", "INT", "INT4"], i32::MIN.into(), i32::MAX.into()),
            (&["BIGINT", "INT8"], i64::MIN, i64::MAX),
            (&["TINYINT"], i8::MIN.into(), i8::MAX.into()),
        ];
        for (names, min, max) in types {
            if names.iter().any(|n| self.take(&[n])) {
                return Ok((min, max));
            }
        }
        self.unsupported("a sequence of a type that is no integer")
    }

    /// An integer, behind `=` or not.
    fn whole_number(&mut self) -> Result<i64> {
        if self.parser.peek_token_ref().token == Token::Eq {
            self.skip(1);
        }
        let negative = self.parser.peek_token_ref().token == Token::Minus;
        if negative {
            self.skip(1);
        }
        let Token::Number(digits, _) = &self.parser.peek_token_ref().token else {
            return self.expected("an integer");
        };
        let written = match negative {
            true => format!("-{digits}"),
            false => String::from(digits),
        };
        let number = written.parse().map_err(|_| Error::OutOfRange {
            value: written,
            expected: String::from("BIGINT"),
            column: None,
        })?;
        self.skip(1);
        Ok(number)
    }
}
