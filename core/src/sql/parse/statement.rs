//! One statement's tokens to its tree.
//!
//! Most statements are `sqlparser`'s. Own code parses those it has no tree for, and those where it
//! would drop a word on the way: nothing a statement says may get lost before binding sees it.

use super::dialect::AmphiDialect;
use super::existence::Existence;
use super::limits::MAX_RECURSION;
use super::sequence::SequenceStatement;
use super::session_statement::SessionStatement;
use super::syntax_error::{from_parser, start, syntax};
use super::trigger::{CreateTrigger, create_trigger, is_create_trigger};
use super::view_text::ViewText;
use crate::catalog::CheckOption;
use crate::types::{Error, Result};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use sqlparser::ast::{
    CreateIndex, Expr, Ident, ObjectName, RenameTable, ShowStatementFilter, ShowStatementFilterPosition,
    ShowStatementIn, ShowStatementInClause, ShowStatementOptions, Statement, TransactionAccessMode,
    TransactionIsolationLevel, TransactionMode,
};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan};

/// A statement's tree.
#[derive(Debug, Clone)]
pub(in crate::sql) enum Ast {
    /// One of `sqlparser`'s.
    Sql(Box<Statement>),
    /// EXPLAIN of a statement.
    Explain {
        /// EXPLAIN ANALYZE.
        analyze: bool,
        /// FORMAT = JSON.
        json: bool,
        /// What is explained.
        statement: Box<Ast>,
    },
    /// ALTER TABLE, and under which condition each of its actions is done.
    AlterTable(Box<Statement>, Vec<Option<Existence>>),
    /// COMMENT ON CONSTRAINT or TRIGGER of a table: the word, its name and the table.
    CommentOnPart(&'static str, Ident, ObjectName),
    /// RENAME TABLE IF EXISTS.
    RenameExisting(Vec<RenameTable>),
    /// CREATE OR REPLACE INDEX.
    ReplaceIndex(Box<CreateIndex>),
    /// CREATE VIEW or ALTER VIEW.
    View {
        /// As `sqlparser` has it.
        statement: Box<Statement>,
        /// The text of its query.
        text: ViewText,
        /// WITH CHECK OPTION.
        check: Option<CheckOption>,
    },
    /// A statement about the session.
    Session(SessionStatement),
    /// ANALYZE of these tables or schemas; none: of the current schema.
    Analyze(Vec<ObjectName>),
    /// A statement for which there is nothing to do.
    Nothing,
    /// SHOW WARNINGS.
    ShowWarnings,
    /// SHOW CREATE DATABASE.
    ShowCreateSchema(Ident),
    /// DESCRIBE of a table.
    Describe(ObjectName),
    /// SHOW PERSISTENCE [FOR table].
    ShowPersistence(Option<ObjectName>),
    /// SHOW STATS.
    ShowStats,
    /// CREATE TRIGGER.
    CreateTrigger(Box<CreateTrigger>),
    /// `DROP TRIGGER [IF EXISTS] name [ON table]`.
    DropTrigger {
        /// IF EXISTS.
        if_exists: bool,
        /// Its name.
        name: ObjectName,
        /// The table, if given.
        table: Option<ObjectName>,
    },
    /// `SHOW TRIGGERS [FROM schema]`, with LIKE or WHERE.
    ShowTriggers(Option<Ident>, Option<ShowStatementFilter>),
    /// LOCK TABLES, each with whether it is for WRITE; UNLOCK TABLES.
    LockTables(Vec<(ObjectName, bool)>),
    /// UNLOCK TABLES.
    UnlockTables,
    /// `ALTER TABLE … DISABLE | ENABLE KEYS`.
    TableKeys(ObjectName),
    /// CREATE, ALTER, DROP and SHOW CREATE SEQUENCE.
    Sequence(SequenceStatement),
    /// SHOW CREATE TRIGGER name.
    ShowCreateTrigger(ObjectName),
    /// SHOW INDEX FROM table [FROM schema], with LIKE or WHERE.
    ShowIndexes(ObjectName, Option<Ident>, Option<ShowStatementFilter>),
    /// SET CONSTRAINTS names (none: ALL), and whether DEFERRED.
    SetConstraints(Vec<ObjectName>, bool),
    /// SET [SESSION] TRANSACTION modes, and whether SESSION.
    SetTransaction(Vec<TransactionMode>, bool),
    /// START TRANSACTION modes.
    StartTransaction(Vec<TransactionMode>),
}

/// The parser over one statement's tokens, with the text for errors.
pub(super) struct Statements<'a, 's> {
    pub(super) parser: Parser<'a>,
    pub(super) sql: &'s str,
    /// The text of the query of a view that is defined, and its WITH CHECK OPTION.
    pub(super) text: Option<(ViewText, Option<CheckOption>)>,
    /// The conditions of the actions of ALTER TABLE, by where these start.
    pub(super) conditions: Vec<(Location, Existence)>,
}

/// Parses one statement.
pub(super) fn parse_statement(sql: &str, mut tokens: Vec<TokenWithSpan>) -> Result<Ast> {
    name_update_lists(&mut tokens);
    super::source_columns::carry(&mut tokens);
    if is_create_trigger(&tokens) {
        return Ok(Ast::CreateTrigger(Box::new(create_trigger(sql, tokens)?)));
    }
    let mut tokens = tables_selected(tokens);
    super::system_tables::write_queries(&mut tokens)?;
    let mut s = Statements {
        conditions: super::existence::take_conditions(&mut tokens),
        text: ViewText::of(sql, &mut tokens),
        parser: new_parser(tokens),
        sql,
    };
    let ast = s.statement(true)?;
    s.end()?;
    Ok(ast)
}

/// Writes `UPDATE t1, t2 SET` as `UPDATE t1 FROM t2 SET`, which means the same and is what `sqlparser` has a tree
/// for: its UPDATE takes no list of tables.
fn name_update_lists(tokens: &mut [TokenWithSpan]) {
    let is = |t: &TokenWithSpan, word: &str| matches!(&t.token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word));
    let (mut depth, mut in_update, mut comma) = (0_usize, false, None);
    let starts: &[&str] = &["UPDATE", "WITH", "EXPLAIN"];
    if !tokens.first().is_some_and(|t| starts.iter().any(|s| is(t, s))) {
        return;
    }
    for (i, t) in tokens.iter().enumerate() {
        match &t.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Comma if depth == 0 && in_update => {
                comma = Some(i);
                break;
            }
            Token::Word(_) if depth == 0 && in_update && (is(t, "SET") || is(t, "FROM")) => return,
            Token::Word(_) if depth == 0 && is(t, "UPDATE") => in_update = true,
            _ => {}
        }
    }
    if let Some(comma) = comma.and_then(|i| tokens.get_mut(i)) {
        comma.token = Token::make_word("FROM", None);
    }
}

/// `TABLE t` where a query starts as what it is short for, `SELECT * FROM t`.
fn tables_selected(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let keyword = |t: &TokenWithSpan| match &t.token {
        Token::Word(w) if w.quote_style.is_none() => w.keyword,
        _ => Keyword::NoKeyword,
    };
    let is_insert = tokens
        .first()
        .is_some_and(|t| [Keyword::INSERT, Keyword::REPLACE].contains(&keyword(t)));
    let starts_query = |before: Option<&TokenWithSpan>| {
        is_insert
            || before.is_none_or(|t| {
                let combined = [Keyword::UNION, Keyword::EXCEPT, Keyword::INTERSECT];
                t.token == Token::LParen || combined.contains(&keyword(t))
            })
    };
    let is_short = |at: usize| {
        let before = at.checked_sub(1).and_then(|b| tokens.get(b));
        let is_name = matches!(tokens.get(at + 1).map(|t| &t.token), Some(Token::Word(_)));
        tokens.get(at).is_some_and(|t| keyword(t) == Keyword::TABLE) && is_name && starts_query(before)
    };
    let short: Vec<usize> = (0..tokens.len()).filter(|at| is_short(*at)).collect();
    if short.is_empty() {
        return tokens;
    }
    let mut out = Vec::with_capacity(tokens.len() + 2 * short.len());
    for (at, t) in tokens.into_iter().enumerate() {
        if short.contains(&at) {
            let words = [
                Token::make_keyword("SELECT"),
                Token::Mul,
                Token::make_keyword("FROM"),
            ];
            out.extend(words.map(|w| TokenWithSpan::new(w, t.span)));
        } else {
            out.push(t);
        }
    }
    out
}

/// Parses one expression.
pub(super) fn parse_expression(sql: &str, tokens: Vec<TokenWithSpan>) -> Result<Expr> {
    let mut s = Statements {
        parser: new_parser(tokens),
        sql,
        text: None,
        conditions: Vec::new(),
    };
    let expr = s.run(|p| p.parse_expr())?;
    s.end()?;
    Ok(expr)
}

pub(super) fn new_parser(mut tokens: Vec<TokenWithSpan>) -> Parser<'static> {
    super::conflict_clauses::as_assignments(&mut tokens);
    super::overriding::name_clauses(&mut tokens);
    super::advice::take_advice(&mut tokens);
    super::type_words::name_types(&mut tokens);
    super::group_concat::order_clauses(&mut tokens);
    super::json_value::clauses_as_arguments(&mut tokens);
    super::sequence::value_calls(&mut tokens);
    super::frame_exclusion::name_exclusions(&mut tokens);
    super::nested_joins::enclose(&mut tokens);
    Parser::new(AmphiDialect::of(&tokens))
        .with_recursion_limit(MAX_RECURSION)
        .with_options(ParserOptions::new().with_unescape(false))
        .with_tokens_with_locations(tokens)
}

impl<'a> Statements<'a, '_> {
    pub(super) fn run<T>(&mut self, f: impl FnOnce(&mut Parser<'a>) -> Result<T, ParserError>) -> Result<T> {
        f(&mut self.parser).map_err(|e| from_parser(self.sql, e))
    }

    /// Whether the `n`-th next token is this word, unquoted.
    pub(super) fn is(&self, n: usize, word: &str) -> bool {
        matches!(&self.parser.peek_nth_token_ref(n).token,
            Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
    }

    fn are(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, w)| self.is(i, w))
    }

    pub(super) fn skip(&mut self, n: usize) {
        (0..n).for_each(|_| self.parser.advance_token());
    }

    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let found = self.are(words);
        if found {
            self.skip(words.len());
        }
        found
    }

    /// An error that this was expected where the parser is.
    pub(super) fn expected<T>(&self, what: &str) -> Result<T> {
        let found = self.parser.peek_token_ref();
        let result = self.parser.expected_ref(what, found);
        result.map_err(|e| from_parser(self.sql, e))
    }

    /// An error that what starts here is not offered.
    pub(super) fn unsupported<T>(&self, feature: impl Into<String>) -> Result<T> {
        Err(Error::Unsupported {
            feature: feature.into(),
            position: start(self.parser.peek_token_ref().span),
        })
    }

    pub(super) fn end(&self) -> Result<()> {
        if self.parser.peek_token_ref().token == Token::EOF {
            Ok(())
        } else {
            self.expected("the end of the statement")
        }
    }

    fn statement(&mut self, may_explain: bool) -> Result<Ast> {
        if self.is(0, "LOCK") && (self.is(1, "TABLES") || self.is(1, "TABLE")) {
            return self.lock_tables();
        }
        if self.take(&["UNLOCK", "TABLES"]) || self.take(&["UNLOCK", "TABLE"]) {
            return Ok(Ast::UnlockTables);
        }
        if let Some(nothing) = self.maintenance()? {
            return Ok(nothing);
        }
        self.refuse_foreign()?;
        if self.drops_foreign() {
            self.skip(4);
            self.run(|p| p.parse_comma_separated(|p| p.parse_object_name(false)))?;
            return Ok(Ast::Nothing);
        }
        if self.take(&["RENAME", "TABLE", "IF", "EXISTS"]) || self.take(&["RENAME", "TABLES", "IF", "EXISTS"])
        {
            return self.rename_existing();
        }
        for part in ["CONSTRAINT", "TRIGGER"] {
            if self.take(&["COMMENT", "ON", part]) {
                return self.comment_on_part(part);
            }
        }
        let unique = usize::from(self.is(3, "UNIQUE"));
        if self.are(&["CREATE", "OR", "REPLACE"]) && self.is(3 + unique, "INDEX") {
            self.skip(4 + unique);
            let index = self.run(|p| p.parse_create_index(unique > 0))?;
            return Ok(Ast::ReplaceIndex(Box::new(index)));
        }
        if let Some(sequence) = self.sequence()? {
            return Ok(sequence);
        }
        let Token::Word(first) = &self.parser.peek_token_ref().token else {
            return self.plain();
        };
        let first = if first.quote_style.is_some() {
            Keyword::NoKeyword
        } else {
            first.keyword
        };
        match first {
            Keyword::EXPLAIN | Keyword::DESCRIBE | Keyword::DESC if may_explain => self.explain(),
            Keyword::EXPLAIN | Keyword::DESCRIBE | Keyword::DESC => self.expected("a statement to explain"),
            Keyword::SHOW => self.show(),
            Keyword::SET => self.set(),
            Keyword::ANALYZE => self.analyze(),
            Keyword::START if self.is(1, "TRANSACTION") => self.start_transaction(),
            Keyword::BEGIN => self.begin(),
            Keyword::COMMIT | Keyword::ROLLBACK if self.ends_without_chain() => self.end_of_transaction(),
            Keyword::ALTER if self.is(1, "TABLE") => self.alter_table(),
            // Keys that occur twice are an error nevertheless.
            Keyword::ALTER if self.is(1, "IGNORE") && self.is(2, "TABLE") => {
                self.skip(1);
                self.alter_table()
            }
            Keyword::CREATE | Keyword::ALTER if self.text.is_some() => self.view(),
            Keyword::DROP if self.is(1, "TRIGGER") => self.drop_trigger(),
            Keyword::CREATE if self.is(1, "FULLTEXT") => self.unsupported("FULLTEXT INDEX"),
            Keyword::CREATE if self.is(1, "SPATIAL") => self.unsupported("SPATIAL INDEX"),
            Keyword::DELETE if self.is(1, "IGNORE") => self.unsupported("DELETE IGNORE"),
            _ => self.plain(),
        }
    }

    /// `name ON table IS text` of COMMENT ON.
    fn comment_on_part(&mut self, part: &'static str) -> Result<Ast> {
        let name = self.run(|p| p.parse_identifier())?;
        if !self.take(&["ON"]) {
            return self.expected("ON");
        }
        let table = self.run(|p| p.parse_object_name(false))?;
        if !self.take(&["IS"]) {
            return self.expected("IS");
        }
        if !self.take(&["NULL"]) {
            self.run(|p| p.parse_literal_string())?;
        }
        Ok(Ast::CommentOnPart(part, name, table))
    }

    /// `old TO new, …` of RENAME TABLE IF EXISTS.
    fn rename_existing(&mut self) -> Result<Ast> {
        let mut renames = Vec::new();
        loop {
            let old_name = self.run(|p| p.parse_object_name(false))?;
            if !self.take(&["TO"]) {
                return self.expected("TO");
            }
            let new_name = self.run(|p| p.parse_object_name(false))?;
            renames.push(RenameTable { old_name, new_name });
            if !self.parser.consume_token(&Token::Comma) {
                return Ok(Ast::RenameExisting(renames));
            }
        }
    }

    /// Statements that put in order what always is: VACUUM, REINDEX, FLUSH and OPTIMIZE.
    fn maintenance(&mut self) -> Result<Option<Ast>> {
        // No space is left behind, and every change keeps indexes up.
        if self.take(&["VACUUM"]) || self.take(&["REINDEX"]) {
            self.take(&["FULL"]);
            self.take(&["ANALYZE"]);
            self.take(&["TABLE"]);
            self.take(&["INDEX"]);
            if self.parser.peek_token_ref().token != Token::EOF {
                self.run(|p| p.parse_object_name(false))?;
            }
            return Ok(Some(Ast::Nothing));
        }
        if self.take(&["FLUSH"]) {
            // Nothing is kept that would have to be read again.
            let _ = self.take(&["NO_WRITE_TO_BINLOG"]) || self.take(&["LOCAL"]);
            const CACHES: [&str; 8] = [
                "TABLES",
                "TABLE",
                "PRIVILEGES",
                "STATUS",
                "HOSTS",
                "LOGS",
                "QUERY",
                "USER_RESOURCES",
            ];
            if !CACHES.iter().any(|c| self.take(&[c])) {
                return self.unsupported("FLUSH of this");
            }
            self.take(&["CACHE"]);
            if self.is(0, "WITH") || self.is(0, "FOR") {
                return self.unsupported("FLUSH TABLES WITH READ LOCK");
            }
            if self.parser.peek_token_ref().token != Token::EOF {
                self.run(|p| p.parse_comma_separated(|p| p.parse_object_name(false)))?;
            }
            return Ok(Some(Ast::Nothing));
        }
        if self.take(&["OPTIMIZE"]) {
            let _ = self.take(&["NO_WRITE_TO_BINLOG"]) || self.take(&["LOCAL"]);
            if !self.take(&["TABLE"]) && !self.take(&["TABLES"]) {
                return self.expected("TABLE");
            }
            let names = self.run(|p| p.parse_comma_separated(|p| p.parse_object_name(false)))?;
            // As with InnoDB: rebuilt it would be the same, and then it is analyzed.
            return Ok(Some(Ast::Analyze(names)));
        }
        Ok(None)
    }

    /// `LOCK TABLES t READ, u WRITE`.
    fn lock_tables(&mut self) -> Result<Ast> {
        self.skip(2);
        let mut tables = Vec::new();
        loop {
            let name = self.run(|p| p.parse_object_name(false))?;
            if self.take(&["AS"])
                || !(self.is(0, "READ") || self.is(0, "WRITE") || self.is(0, "LOW_PRIORITY"))
            {
                self.run(|p| p.parse_identifier())?;
            }
            self.take(&["LOW_PRIORITY"]);
            let write = self.take(&["WRITE"]);
            if !write && !self.take(&["READ"]) {
                return self.expected("READ or WRITE");
            }
            self.take(&["LOCAL"]);
            tables.push((name, write));
            if !self.parser.consume_token(&Token::Comma) {
                return Ok(Ast::LockTables(tables));
            }
        }
    }

    /// CREATE VIEW or ALTER VIEW, with the text of the query.
    fn view(&mut self) -> Result<Ast> {
        let statement = Box::new(self.tree()?);
        match self.text.take() {
            Some((text, check)) => Ok(Ast::View {
                statement,
                text,
                check,
            }),
            None => Ok(Ast::Sql(statement)),
        }
    }

    fn explain(&mut self) -> Result<Ast> {
        let describe = !self.is(0, "EXPLAIN");
        self.skip(1);
        let analyze = !describe && self.take(&["ANALYZE"]);
        if !describe && !analyze {
            // EXTENDED and PARTITIONS add columns to MySQL's tables, which these are not.
            let _ = self.take(&["QUERY", "PLAN"]) || self.take(&["EXTENDED"]) || self.take(&["PARTITIONS"]);
        }
        let mut json = false;
        if self.is(0, "VERBOSE") {
            return self.unsupported("EXPLAIN VERBOSE");
        }
        if self.is(0, "FORMAT") {
            let assigned = usize::from(self.parser.peek_nth_token_ref(1).token == Token::Eq);
            json = self.is(1 + assigned, "JSON");
            let known = ["TEXT", "TREE", "TRADITIONAL", "JSON"];
            if !known.iter().any(|f| self.is(1 + assigned, f)) {
                return self.unsupported("an EXPLAIN FORMAT other than TEXT and JSON");
            }
            self.skip(2 + assigned);
        }
        const STATEMENTS: [&str; 8] = [
            "SELECT", "WITH", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE", "MERGE",
        ];
        let parenthesis = self.parser.peek_token_ref().token == Token::LParen;
        if parenthesis || STATEMENTS.iter().any(|w| self.is(0, w)) {
            let statement = Box::new(self.statement(false)?);
            return Ok(Ast::Explain {
                analyze,
                json,
                statement,
            });
        }
        if analyze {
            return self.expected("a statement to explain");
        }
        self.take(&["TABLE"]);
        let name = self.run(|p| p.parse_object_name(false))?;
        let column = match &self.parser.peek_token_ref().token {
            Token::EOF => return Ok(Ast::Describe(name)),
            Token::SingleQuotedString(pattern) => pattern.clone(),
            Token::Word(w) => w.value.clone(),
            _ => return self.expected("a column"),
        };
        self.skip(1);
        Ok(Ast::Sql(Box::new(Statement::ShowColumns {
            extended: false,
            full: false,
            show_options: ShowStatementOptions {
                show_in: Some(ShowStatementIn {
                    clause: ShowStatementInClause::FROM,
                    parent_type: None,
                    parent_name: Some(name),
                }),
                starts_with: None,
                limit: None,
                limit_from: None,
                filter_position: Some(ShowStatementFilterPosition::Suffix(ShowStatementFilter::Like(
                    column,
                ))),
            },
        })))
    }

    fn show(&mut self) -> Result<Ast> {
        if self.take(&["SHOW", "PERSISTENCE"]) {
            let table = if self.take(&["FOR"]) {
                self.take(&["TABLE"]);
                Some(self.run(|p| p.parse_object_name(false))?)
            } else {
                None
            };
            return Ok(Ast::ShowPersistence(table));
        }
        if let Some(query) = self.show_query()? {
            return Ok(query);
        }
        if self.take(&["SHOW", "WARNINGS"]) || self.take(&["SHOW", "ERRORS"]) {
            // Of none, LIMIT takes none.
            if self.take(&["LIMIT"]) {
                self.run(|p| p.parse_comma_separated(|p| p.parse_number_value()))?;
            }
            return Ok(Ast::ShowWarnings);
        }
        if self.take(&["SHOW", "CREATE", "DATABASE"]) || self.take(&["SHOW", "CREATE", "SCHEMA"]) {
            self.take(&["IF", "NOT", "EXISTS"]);
            return Ok(Ast::ShowCreateSchema(self.run(|p| p.parse_identifier())?));
        }
        if self.take(&["SHOW", "STATS"]) {
            return Ok(Ast::ShowStats);
        }
        if self.take(&["SHOW", "TRIGGERS"]) {
            let schema = if self.take(&["FROM"]) || self.take(&["IN"]) {
                Some(self.run(|p| p.parse_identifier())?)
            } else {
                None
            };
            let filter = self.run(|p| p.parse_show_statement_filter())?;
            return Ok(Ast::ShowTriggers(schema, filter));
        }
        if self.take(&["SHOW", "CREATE", "TRIGGER"]) {
            return Ok(Ast::ShowCreateTrigger(self.run(|p| p.parse_object_name(false))?));
        }
        if ["INDEX", "INDEXES", "KEYS"].iter().any(|w| self.is(1, w)) {
            self.skip(2);
            if !self.take(&["FROM"]) && !self.take(&["IN"]) {
                return self.expected("FROM");
            }
            let table = self.run(|p| p.parse_object_name(false))?;
            let schema = if self.take(&["FROM"]) || self.take(&["IN"]) {
                Some(self.run(|p| p.parse_identifier())?)
            } else {
                None
            };
            let filter = self.run(|p| p.parse_show_statement_filter())?;
            return Ok(Ast::ShowIndexes(table, schema, filter));
        }
        self.plain()
    }

    /// `ANALYZE [NO_WRITE_TO_BINLOG | LOCAL] TABLE t, …` as in MySQL, `ANALYZE [t, …]` as in SQLite and PostgreSQL.
    fn analyze(&mut self) -> Result<Ast> {
        self.skip(1);
        // Statements are written to no log.
        let is_local = self.take(&["NO_WRITE_TO_BINLOG"]) || self.take(&["LOCAL"]);
        if self.is(0, "VERBOSE")
            || self.is(0, "FORMAT")
            || self.parser.peek_token_ref().token == Token::LParen
        {
            return self.unsupported("options of ANALYZE");
        }
        let mut names = Vec::new();
        let is_at_end = self.parser.peek_token_ref().token == Token::EOF;
        if self.take(&["TABLE"]) || is_local || !is_at_end {
            names = self.run(|p| p.parse_comma_separated(|p| p.parse_object_name(false)))?;
        }
        if self.parser.peek_token_ref().token == Token::LParen {
            return self.unsupported("ANALYZE of single columns");
        }
        if ["PERSISTENT", "UPDATE", "DROP"].iter().any(|w| self.is(0, w)) {
            return self.unsupported("ANALYZE … PERSISTENT or HISTOGRAM");
        }
        Ok(Ast::Analyze(names))
    }

    fn start_transaction(&mut self) -> Result<Ast> {
        self.skip(2);
        Ok(Ast::StartTransaction(self.transaction_modes()?))
    }

    /// BEGIN, with modes as PostgreSQL has them behind it.
    fn begin(&mut self) -> Result<Ast> {
        let word = 1 + usize::from(self.is(1, "TRANSACTION") || self.is(1, "WORK"));
        const MODES: [&str; 4] = ["ISOLATION", "READ", "NOT", "DEFERRABLE"];
        match MODES.iter().any(|m| self.is(word, m)) {
            true => {
                self.skip(word);
                Ok(Ast::StartTransaction(self.transaction_modes()?))
            }
            false => self.plain(),
        }
    }

    /// Whether COMMIT or ROLLBACK says NO CHAIN or [NO] RELEASE.
    fn ends_without_chain(&self) -> bool {
        let word = 1 + usize::from(self.is(1, "TRANSACTION") || self.is(1, "WORK"));
        let chain = usize::from(self.is(word, "AND")) * 2;
        (chain > 0 && self.is(word + 1, "NO"))
            || self.is(word + chain, "NO") && self.is(word + chain + 1, "RELEASE")
    }

    /// `COMMIT [WORK] [AND NO CHAIN] [NO RELEASE]`, which is COMMIT.
    fn end_of_transaction(&mut self) -> Result<Ast> {
        let commits = self.is(0, "COMMIT");
        self.skip(1);
        let _ = self.take(&["WORK"]) || self.take(&["TRANSACTION"]);
        self.take(&["AND", "NO", "CHAIN"]);
        self.take(&["NO", "RELEASE"]);
        Ok(Ast::Sql(Box::new(match commits {
            true => Statement::Commit {
                chain: false,
                end: false,
                modifier: None,
            },
            false => Statement::Rollback {
                chain: false,
                savepoint: None,
            },
        })))
    }

    /// The modes of a transaction, with commas between them or without.
    pub(super) fn transaction_modes(&mut self) -> Result<Vec<TransactionMode>> {
        let mut modes = Vec::new();
        loop {
            // A snapshot is what every transaction starts with; none waits for others to end, as DEFERRABLE may.
            let dropped = self.take(&["WITH", "CONSISTENT", "SNAPSHOT"])
                || self.take(&["NOT", "DEFERRABLE"])
                || self.take(&["DEFERRABLE"]);
            if !dropped {
                if !self.is(0, "ISOLATION") && !self.is(0, "READ") {
                    return Ok(modes);
                }
                modes.push(self.transaction_mode()?);
            }
            let _ = self.parser.consume_token(&Token::Comma);
        }
    }

    fn transaction_mode(&mut self) -> Result<TransactionMode> {
        const LEVELS: [(&[&str], TransactionIsolationLevel); 4] = [
            (
                &["READ", "UNCOMMITTED"],
                TransactionIsolationLevel::ReadUncommitted,
            ),
            (&["READ", "COMMITTED"], TransactionIsolationLevel::ReadCommitted),
            (&["REPEATABLE", "READ"], TransactionIsolationLevel::RepeatableRead),
            (&["SERIALIZABLE"], TransactionIsolationLevel::Serializable),
        ];
        if self.take(&["ISOLATION", "LEVEL"]) {
            for (words, level) in LEVELS {
                if self.take(words) {
                    return Ok(TransactionMode::IsolationLevel(level));
                }
            }
            if self.take(&["SNAPSHOT"]) {
                return Ok(TransactionMode::IsolationLevel(
                    TransactionIsolationLevel::Snapshot,
                ));
            }
            return self.expected("an isolation level");
        }
        if self.take(&["READ", "ONLY"]) {
            return Ok(TransactionMode::AccessMode(TransactionAccessMode::ReadOnly));
        }
        match self.take(&["READ", "WRITE"]) {
            true => Ok(TransactionMode::AccessMode(TransactionAccessMode::ReadWrite)),
            false => self.expected("READ ONLY or READ WRITE"),
        }
    }

    /// `ON table`, if that comes next.
    pub(super) fn on_table(&mut self) -> Result<Option<ObjectName>> {
        match self.take(&["ON"]) {
            true => self.run(|p| p.parse_object_name(false)).map(Some),
            false => Ok(None),
        }
    }

    fn drop_trigger(&mut self) -> Result<Ast> {
        self.skip(2);
        let if_exists = self.take(&["IF", "EXISTS"]);
        let name = self.run(|p| p.parse_object_name(false))?;
        let table = self.on_table()?;
        Ok(Ast::DropTrigger {
            if_exists,
            name,
            table,
        })
    }
}

/// The leading words of a statement, to name it by when it is not offered.
pub(super) fn head(tokens: &[TokenWithSpan]) -> String {
    let word = |i: usize| match tokens.get(i).map(|t| &t.token) {
        Some(Token::Word(w)) if w.quote_style.is_none() => Some(w.value.to_ascii_uppercase()),
        _ => None,
    };
    const PAIRS: [&str; 7] = ["CREATE", "DROP", "ALTER", "SHOW", "LOCK", "UNLOCK", "SET"];
    match (word(0), word(1)) {
        (Some(first), Some(second)) if PAIRS.contains(&first.as_str()) => format!("{first} {second}"),
        (Some(first), _) => first,
        _ => String::from("this statement"),
    }
}

/// An error that the text has no statement.
pub(super) fn nothing(sql: &str) -> Error {
    syntax(sql, "expected a statement, found nothing", None)
}
