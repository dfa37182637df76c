//! From a statement's first words to the function of `sqlparser` that parses it.
//!
//! `Parser::parse_statement` knows the statements of every system there is, so whoever calls it has the code of them
//! all: 0.2 MB of the wasm module. It is never called. A statement that Amphi has not is refused by its first words,
//! by its name and whether or not it would parse.

use super::statement::{Ast, Statements};
use crate::types::Result;
use alloc::{boxed::Box, format};
use sqlparser::ast::{CreateViewAlgorithm, CreateViewParams, CreateViewSecurity, ObjectType, Statement};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

/// First words of statements of other systems.
const FOREIGN: [&str; 38] = [
    "ABORT",
    "ASSERT",
    "ATTACH",
    "CACHE",
    "CALL",
    "CHECK",
    "CLOSE",
    "COPY",
    "DECLARE",
    "DENY",
    "DETACH",
    "DISCARD",
    "EXPORT",
    "FETCH",
    "GRANT",
    "HANDLER",
    "IMPORT",
    "INSTALL",
    "KILL",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MSCK",
    "NOTIFY",
    "OPEN",
    "PRINT",
    "RAISERROR",
    "REPAIR",
    "RESET",
    "RETURN",
    "REVOKE",
    "THROW",
    "UNCACHE",
    "UNLISTEN",
    "UNLOAD",
    "UNLOCK",
    "WAITFOR",
    "XA",
];

/// What CREATE, ALTER and DROP of other systems are about.
const FOREIGN_OBJECTS: [&str; 28] = [
    "AGGREGATE",
    "COLLATION",
    "CONNECTOR",
    "DEFINER",
    "DOMAIN",
    "EVENT",
    "EXTENSION",
    "EXTERNAL",
    "FUNCTION",
    "MACRO",
    "MATERIALIZED",
    "OPERATOR",
    "POLICY",
    "PROCEDURE",
    "PUBLICATION",
    "ROLE",
    "SECRET",
    "SERVER",
    "SNAPSHOT",
    "STAGE",
    "STREAM",
    "SUBSCRIPTION",
    "SYNONYM",
    "TABLESPACE",
    "TYPE",
    "USER",
    "VIRTUAL",
    "WAREHOUSE",
];

/// Objects that ALTER has statements for elsewhere only.
const UNALTERABLE: [&str; 4] = ["DATABASE", "INDEX", "SCHEMA", "TRIGGER"];

/// Objects that no more words than CREATE go before.
const PLAINLY_CREATED: [&str; 2] = ["SEQUENCE", "TRIGGER"];

impl Statements<'_, '_> {
    /// Refuses statements that Amphi has not.
    pub(super) fn refuse_foreign(&self) -> Result<()> {
        if let Some(word) = FOREIGN.iter().find(|w| self.is(0, w)) {
            return self.unsupported(*word);
        }
        for verb in ["CREATE", "ALTER", "DROP"] {
            if self.is(0, verb) && !self.drops_foreign() {
                self.refuse_object(verb, 1, &FOREIGN_OBJECTS)?;
            }
        }
        match self.is(0, "ALTER") {
            true => self.refuse_object("ALTER", 1, &UNALTERABLE),
            false => Ok(()),
        }
    }

    /// DROP … IF EXISTS of what there is none of, or what is not made with SQL.
    pub(super) fn drops_foreign(&self) -> bool {
        let is_named = FOREIGN_OBJECTS.iter().any(|o| self.is(1, o));
        is_named && self.is(0, "DROP") && self.is(2, "IF") && self.is(3, "EXISTS")
    }

    /// Refuses these objects of CREATE, ALTER or DROP, if the `n`-th next token names one.
    fn refuse_object(&self, verb: &str, n: usize, objects: &[&str]) -> Result<()> {
        match objects.iter().find(|o| self.is(n, o)) {
            Some(object) => self.unsupported(format!("{verb} {object}")),
            None => Ok(()),
        }
    }

    /// A statement that `sqlparser` has a tree for.
    pub(super) fn plain(&mut self) -> Result<Ast> {
        let mut statement = self.tree()?;
        super::row_assignment::expand(&mut statement)?;
        Ok(Ast::Sql(Box::new(statement)))
    }

    pub(super) fn tree(&mut self) -> Result<Statement> {
        let first = self.parser.peek_token_ref().clone();
        let keyword = match &first.token {
            Token::Word(w) if w.quote_style.is_none() => w.keyword,
            Token::LParen => Keyword::SELECT,
            _ => Keyword::NoKeyword,
        };
        match keyword {
            Keyword::SELECT | Keyword::WITH | Keyword::VALUES => {
                return self.run(|p| p.parse_query()).map(Statement::Query);
            }
            Keyword::CREATE => return self.create(),
            Keyword::DROP => return self.drop_objects(),
            Keyword::ALTER if self.is(1, "VIEW") => {
                self.skip(2);
                return self.run(|p| p.parse_alter_view());
            }
            _ => {}
        }
        self.skip(1);
        self.run(|p| match keyword {
            Keyword::INSERT => p.parse_insert(first),
            Keyword::REPLACE => p.parse_replace(first),
            Keyword::UPDATE => p.parse_update(first),
            Keyword::DELETE => p.parse_delete(first),
            Keyword::MERGE => p.parse_merge(first).map(Statement::from),
            Keyword::TRUNCATE => p.parse_truncate().map(Statement::from),
            Keyword::RENAME => p.parse_rename(),
            Keyword::COMMENT => p.parse_comment(),
            Keyword::USE => p.parse_use(),
            Keyword::SHOW => p.parse_show(),
            Keyword::BEGIN => p.parse_begin(),
            Keyword::COMMIT => p.parse_commit(),
            Keyword::END => p.parse_end(),
            Keyword::ROLLBACK => p.parse_rollback(),
            Keyword::SAVEPOINT => p.parse_savepoint(),
            Keyword::RELEASE => p.parse_release(),
            Keyword::START => p.expected_ref("TRANSACTION", p.peek_token_ref()),
            Keyword::ALTER => p.expected_ref("TABLE, VIEW or SEQUENCE", p.peek_token_ref()),
            _ => p.expected("an SQL statement", first),
        })
    }

    fn create(&mut self) -> Result<Statement> {
        self.skip(1);
        let or_replace = self.take(&["OR", "REPLACE"]);
        let or_alter = self.take(&["OR", "ALTER"]);
        let global = match self.take(&["LOCAL"]) {
            true => Some(false),
            false => self.take(&["GLOBAL"]).then_some(true),
        };
        let transient = self.take(&["TRANSIENT"]);
        let temporary = self.take(&["TEMPORARY"]) || self.take(&["TEMP"]);
        let volatile = self.take(&["VOLATILE"]);
        let unlogged = self.take(&["UNLOGGED"]);
        let params = self.view_params()?;
        // CREATE MATERIALIZED VIEW is refused by that name before, and so is the rest of these.
        self.refuse_object("CREATE", 0, &FOREIGN_OBJECTS)?;
        self.refuse_object("this CREATE", 0, &PLAINLY_CREATED)?;
        if self.take(&["TABLE"]) {
            let table = self.run(|p| {
                p.parse_create_table(or_replace, temporary, unlogged, global, transient, volatile, None)
            });
            return table.map(Statement::from);
        }
        if self.is(0, "VIEW") || self.is(0, "SECURE") {
            let view = self.run(|p| p.parse_create_view(or_alter, or_replace, temporary, params));
            return view.map(Statement::from);
        }
        if self.take(&["SCHEMA"]) {
            return self.run(|p| p.parse_create_schema(or_replace));
        }
        if or_replace {
            return self.expected("TABLE, VIEW or SCHEMA");
        }
        let unique = self.is(0, "UNIQUE") && self.is(1, "INDEX") && self.take(&["UNIQUE"]);
        if self.take(&["INDEX"]) {
            return self.run(|p| p.parse_create_index(unique)).map(Statement::from);
        }
        match self.take(&["DATABASE"]) {
            true => self.run(|p| p.parse_create_database()),
            false => self.expected("TABLE, VIEW, INDEX, SCHEMA, DATABASE, SEQUENCE or TRIGGER"),
        }
    }

    /// MySQL's `ALGORITHM = …` and `SQL SECURITY …` before VIEW.
    fn view_params(&mut self) -> Result<Option<CreateViewParams>> {
        let mut params = CreateViewParams {
            algorithm: None,
            definer: None,
            security: None,
        };
        if self.take(&["ALGORITHM"]) {
            self.run(|p| p.expect_token(&Token::Eq))?;
            params.algorithm = Some(match () {
                () if self.take(&["UNDEFINED"]) => CreateViewAlgorithm::Undefined,
                () if self.take(&["MERGE"]) => CreateViewAlgorithm::Merge,
                () if self.take(&["TEMPTABLE"]) => CreateViewAlgorithm::TempTable,
                () => return self.expected("UNDEFINED, MERGE or TEMPTABLE"),
            });
        }
        if self.take(&["SQL", "SECURITY"]) {
            params.security = Some(match () {
                () if self.take(&["DEFINER"]) => CreateViewSecurity::Definer,
                () if self.take(&["INVOKER"]) => CreateViewSecurity::Invoker,
                () => return self.expected("DEFINER or INVOKER"),
            });
        }
        Ok((params.algorithm.is_some() || params.security.is_some()).then_some(params))
    }

    fn drop_objects(&mut self) -> Result<Statement> {
        self.skip(1);
        let temporary = self.take(&["TEMPORARY"]);
        let object_type = match () {
            () if self.take(&["TABLE"]) => ObjectType::Table,
            () if self.take(&["VIEW"]) => ObjectType::View,
            () if self.take(&["INDEX"]) => ObjectType::Index,
            () if self.take(&["SCHEMA"]) => ObjectType::Schema,
            () if self.take(&["DATABASE"]) => ObjectType::Database,
            () => return self.expected("TABLE, VIEW, INDEX, SCHEMA, DATABASE, SEQUENCE or TRIGGER"),
        };
        let if_exists = self.take(&["IF", "EXISTS"]);
        let names = self.run(|p| p.parse_comma_separated(|p| p.parse_object_name(false)))?;
        let cascade = self.take(&["CASCADE"]);
        let restrict = !cascade && self.take(&["RESTRICT"]);
        let purge = self.take(&["PURGE"]);
        let table = self.on_table()?;
        Ok(Statement::Drop {
            object_type,
            if_exists,
            names,
            cascade,
            restrict,
            purge,
            temporary,
            table,
        })
    }
}
