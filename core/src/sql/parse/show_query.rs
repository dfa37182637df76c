//! SHOW statements that are queries: over `information_schema`, over what there is one of, or over nothing.
//!
//! Programs and libraries of MySQL ask for them when they connect, or list what exists. What Amphi has none of
//! (events, plugins, …) is an empty result with MySQL's columns.

use super::statement::{Ast, Statements, parse_statement};
use super::tokens::tokenize;
use crate::types::Result;
use alloc::{format, string::String};
use sqlparser::ast::{Expr, SetExpr, Statement};
use sqlparser::tokenizer::Token;

/// The words behind SHOW, the table that LIKE and WHERE look at, and the column LIKE looks at.
const QUERIES: [(&[&str], &str, &str); 22] = [
    (&["ENGINES"], ENGINES, "Engine"),
    (&["STORAGE", "ENGINES"], ENGINES, "Engine"),
    (&["CHARACTER", "SET"], CHARSETS, "Charset"),
    (&["CHARSET"], CHARSETS, "Charset"),
    (&["COLLATION"], COLLATIONS, "Collation"),
    (&["PROCESSLIST"], PROCESSES, "User"),
    (&["FULL", "PROCESSLIST"], PROCESSES, "User"),
    (
        &["PLUGINS"],
        "SELECT '' AS Name, '' AS Status, '' AS Type, NULL AS Library, '' AS License WHERE FALSE",
        "Name",
    ),
    (
        &["EVENTS"],
        "SELECT '' AS Db, '' AS Name, '' AS Definer, '' AS `Time zone`, '' AS Type, '' AS Status WHERE FALSE",
        "Name",
    ),
    (&["PROCEDURE", "STATUS"], ROUTINES, "Name"),
    (&["FUNCTION", "STATUS"], ROUTINES, "Name"),
    (
        &["PROFILES"],
        "SELECT 0 AS Query_ID, 0.0 AS Duration, '' AS Query WHERE FALSE",
        "Query",
    ),
    (
        &["OPEN", "TABLES"],
        "SELECT '' AS `Database`, '' AS `Table`, 0 AS In_use, 0 AS Name_locked WHERE FALSE",
        "Table",
    ),
    (
        &["MASTER", "STATUS"],
        "SELECT '' AS File, 0 AS Position, '' AS Binlog_Do_DB, '' AS Binlog_Ignore_DB WHERE FALSE",
        "File",
    ),
    (
        &["BINARY", "LOGS"],
        "SELECT '' AS Log_name, 0 AS File_size WHERE FALSE",
        "Log_name",
    ),
    (
        &["PRIVILEGES"],
        "SELECT 'Usage' AS Privilege, 'Server Admin' AS Context, 'No privileges - allow connect only' AS Comment",
        "Privilege",
    ),
    (&["GRANTS", "FOR", "CURRENT_USER"], GRANTS, "Grants"),
    (&["GRANTS"], GRANTS, "Grants"),
    (
        &["COUNT", "(", "*", ")", "WARNINGS"],
        "SELECT 0 AS `@@session.warning_count`",
        "@@session.warning_count",
    ),
    (
        &["COUNT", "(", "*", ")", "ERRORS"],
        "SELECT 0 AS `@@session.error_count`",
        "@@session.error_count",
    ),
    (
        &["SLAVE", "STATUS"],
        "SELECT '' AS Slave_IO_State WHERE FALSE",
        "Slave_IO_State",
    ),
    (
        &["REPLICA", "STATUS"],
        "SELECT '' AS Replica_IO_State WHERE FALSE",
        "Replica_IO_State",
    ),
];

const ENGINES: &str = "SELECT * FROM (VALUES ('memory', 'DEFAULT', 'Rows in memory', 'YES', 'NO', 'YES'), \
    ('persistent', 'YES', 'Rows in the store', 'YES', 'NO', 'YES'), \
    ('dual', 'YES', 'Rows in memory and in the store', 'YES', 'NO', 'YES')) \
    AS engines(Engine, Support, Comment, Transactions, XA, Savepoints)";
const CHARSETS: &str = "SELECT 'utf8mb4' AS Charset, 'UTF-8 Unicode' AS Description, 'utf8mb4_bin' AS `Default collation`, 4 AS Maxlen";
const COLLATIONS: &str = "SELECT * FROM (VALUES ('utf8mb4_bin', 'utf8mb4', 46, 'Yes', 'Yes', 1), \
    ('utf8mb4_general_ci', 'utf8mb4', 45, '', 'Yes', 1)) \
    AS collations(Collation, Charset, Id, `Default`, Compiled, Sortlen)";
const PROCESSES: &str = "SELECT CONNECTION_ID() AS Id, USER() AS User, 'localhost' AS Host, DATABASE() AS db, \
    'Query' AS Command, 0 AS Time, 'executing' AS State, 'SHOW PROCESSLIST' AS Info";
const ROUTINES: &str = "SELECT '' AS Db, '' AS Name, '' AS Type, '' AS Definer, '' AS Comment WHERE FALSE";
const GRANTS: &str = "SELECT CONCAT('GRANT ALL PRIVILEGES ON *.* TO ', CURRENT_USER()) AS Grants";

/// SHOW TABLE STATUS, but for its condition.
const TABLE_STATUS: &str = "SELECT table_name AS Name, engine AS Engine, version AS Version, row_format AS Row_format, \
     table_rows AS `Rows`, avg_row_length AS Avg_row_length, data_length AS Data_length, \
     max_data_length AS Max_data_length, index_length AS Index_length, data_free AS Data_free, \
     auto_increment AS `Auto_increment`, create_time AS Create_time, update_time AS Update_time, \
     check_time AS Check_time, table_collation AS Collation, checksum AS Checksum, \
     create_options AS Create_options, table_comment AS Comment \
     FROM information_schema.tables WHERE table_schema = ";

fn quoted(s: &str) -> String {
    format!("'{}'", s.replace('\\', "\\\\").replace('\'', "''"))
}

impl Statements<'_, '_> {
    /// SHOW of one of these, if that is what stands here.
    pub(super) fn show_query(&mut self) -> Result<Option<Ast>> {
        if self.take(&["SHOW", "TABLE", "STATUS"]) {
            let mut schema = String::from("database()");
            if self.take(&["FROM"]) || self.take(&["IN"]) {
                schema = quoted(&self.run(|p| p.parse_identifier())?.value);
            }
            return self
                .filtered(&format!("{TABLE_STATUS}{schema}"), "Name")
                .map(Some);
        }
        let is_here = |words: &&(&[&str], &str, &str)| {
            words.0.iter().enumerate().all(|(i, w)| {
                self.is(1 + i, w) || format!("{}", self.parser.peek_nth_token_ref(1 + i).token) == *w
            })
        };
        let Some((words, table, name)) = QUERIES.iter().find(is_here) else {
            return Ok(None);
        };
        self.skip(1 + words.len());
        if *words == ["GRANTS", "FOR", "CURRENT_USER"] && self.parser.consume_token(&Token::LParen) {
            self.skip(1);
        }
        let of_schema = self.take(&["FROM"]) || self.take(&["IN"]);
        if of_schema {
            self.run(|p| p.parse_identifier())?;
        }
        self.filtered(table, name).map(Some)
    }

    /// A query over `table` with the LIKE or WHERE that stands here.
    fn filtered(&mut self, table: &str, name: &str) -> Result<Ast> {
        let mut like = String::new();
        if self.take(&["LIKE"]) {
            let Token::SingleQuotedString(pattern) = &self.parser.peek_token_ref().token else {
                return self.expected("a pattern");
            };
            like = format!(" WHERE `{name}` LIKE '{pattern}'");
            self.skip(1);
        }
        let condition = match self.take(&["WHERE"]) {
            true => Some(self.run(|p| p.parse_expr())?),
            false => None,
        };
        let order = if table == PROCESSES || table == GRANTS {
            ""
        } else {
            " ORDER BY 1"
        };
        let sql = format!("SELECT * FROM ({table}) AS shown{like}{order}");
        self.own_query(&sql, condition)
    }

    /// The tree of a query of Amphi's own, under a condition.
    fn own_query(&self, sql: &str, condition: Option<Expr>) -> Result<Ast> {
        let mut statements = tokenize(sql)?;
        let tokens = statements.pop().unwrap_or_default().tokens;
        let mut ast = parse_statement(sql, tokens)?;
        if let Ast::Sql(statement) = &mut ast
            && let Statement::Query(query) = statement.as_mut()
            && let SetExpr::Select(select) = query.body.as_mut()
            && condition.is_some()
        {
            select.selection = condition;
        }
        Ok(ast)
    }
}
