//! Tables of other systems that tell what exists: SQLite's `sqlite_master`, its PRAGMAs and their table functions,
//! some of PostgreSQL's `pg_…`, and the tables of `information_schema` that say the same for every database.
//!
//! Each is a query over `information_schema`, written in its place in FROM. They can be read only.

use super::syntax_error::start;
use super::tokens::tokenize_body;
use crate::types::{Error, Result};
use alloc::{format, string::String, vec::Vec};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// What stands for the argument of a table function.
const ARGUMENT: &str = "`argument`";

const TABLE_INFO: &str = "SELECT ordinal_position - 1 AS cid, column_name AS name, UPPER(column_type) AS type, \
    IF(is_nullable = 'NO', 1, 0) AS `notnull`, column_default AS dflt_value, \
    COALESCE((SELECT k.ordinal_position FROM information_schema.key_column_usage AS k \
        WHERE k.table_schema = c.table_schema AND k.table_name = c.table_name \
        AND k.constraint_name = 'PRIMARY' AND k.column_name = c.column_name), 0) AS pk \
    FROM information_schema.columns AS c \
    WHERE c.table_schema = DATABASE() AND c.table_name = `argument`";
const TABLE_XINFO: &str = "SELECT ordinal_position - 1 AS cid, column_name AS name, UPPER(column_type) AS type, \
    IF(is_nullable = 'NO', 1, 0) AS `notnull`, column_default AS dflt_value, \
    COALESCE((SELECT k.ordinal_position FROM information_schema.key_column_usage AS k \
        WHERE k.table_schema = c.table_schema AND k.table_name = c.table_name \
        AND k.constraint_name = 'PRIMARY' AND k.column_name = c.column_name), 0) AS pk, \
    CASE WHEN extra LIKE '%VIRTUAL GENERATED%' THEN 2 WHEN extra LIKE '%STORED GENERATED%' THEN 3 ELSE 0 END AS hidden \
    FROM information_schema.columns AS c \
    WHERE c.table_schema = DATABASE() AND c.table_name = `argument`";
const INDEX_LIST: &str = "SELECT ROW_NUMBER() OVER (ORDER BY s.index_name) - 1 AS seq, s.index_name AS name, \
    1 - s.non_unique AS `unique`, \
    CASE WHEN s.index_name = 'PRIMARY' THEN 'pk' \
        WHEN EXISTS (SELECT 1 FROM information_schema.table_constraints AS u WHERE u.table_schema = s.table_schema \
            AND u.table_name = s.table_name AND u.constraint_name = s.index_name) THEN 'u' ELSE 'c' END AS origin, \
    0 AS partial \
    FROM information_schema.statistics AS s \
    WHERE s.table_schema = DATABASE() AND s.table_name = `argument` AND s.seq_in_index = 1";
const INDEX_INFO: &str = "SELECT s.seq_in_index - 1 AS seqno, \
    (SELECT c.ordinal_position - 1 FROM information_schema.columns AS c WHERE c.table_schema = s.table_schema \
        AND c.table_name = s.table_name AND c.column_name = s.column_name) AS cid, s.column_name AS name \
    FROM information_schema.statistics AS s \
    WHERE s.table_schema = DATABASE() AND s.index_name = `argument`";
const FOREIGN_KEY_LIST: &str = "SELECT DENSE_RANK() OVER (ORDER BY k.constraint_name) - 1 AS id, \
    k.ordinal_position - 1 AS seq, k.referenced_table_name AS `table`, k.column_name AS `from`, \
    k.referenced_column_name AS `to`, r.update_rule AS on_update, r.delete_rule AS on_delete, \
    'NONE' AS `match` \
    FROM information_schema.key_column_usage AS k JOIN information_schema.referential_constraints AS r \
        ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
        AND r.table_name = k.table_name \
    WHERE k.table_schema = DATABASE() AND k.table_name = `argument`";
const TABLE_LIST: &str = "SELECT t.table_schema AS `schema`, t.table_name AS name, \
    IF(t.table_type = 'VIEW', 'view', 'table') AS type, \
    (SELECT COUNT(*) FROM information_schema.columns AS c WHERE c.table_schema = t.table_schema \
        AND c.table_name = t.table_name) AS ncol, 0 AS wr, 1 AS strict \
    FROM information_schema.tables AS t WHERE t.table_schema = DATABASE()";

const SQLITE_MASTER: &str = "SELECT 'table' AS type, t.table_name AS name, t.table_name AS tbl_name, \
        CAST(NULL AS SIGNED) AS rootpage, \
        CONCAT('CREATE TABLE ', t.table_name, ' (', (SELECT GROUP_CONCAT(CONCAT(c.column_name, ' ', \
            UPPER(c.column_type), IF(c.is_nullable = 'NO', ' NOT NULL', ''), \
            IF(c.column_default IS NULL, '', CONCAT(' DEFAULT ', c.column_default))) \
            ORDER BY c.ordinal_position SEPARATOR ', ') FROM information_schema.columns AS c \
            WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name), ')') AS `sql` \
        FROM information_schema.tables AS t WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' \
    UNION ALL SELECT 'view', v.table_name, v.table_name, NULL, \
        CONCAT('CREATE VIEW ', v.table_name, ' AS ', v.view_definition) \
        FROM information_schema.views AS v WHERE v.table_schema = DATABASE() \
    UNION ALL SELECT 'index', s.index_name, s.table_name, NULL, \
        CONCAT(IF(MIN(s.non_unique) = 0, 'CREATE UNIQUE INDEX ', 'CREATE INDEX '), s.index_name, ' ON ', s.table_name, \
            ' (', GROUP_CONCAT(s.column_name ORDER BY s.seq_in_index SEPARATOR ', '), ')') \
        FROM information_schema.statistics AS s WHERE s.table_schema = DATABASE() AND s.index_name <> 'PRIMARY' \
        GROUP BY s.table_name, s.index_name \
    UNION ALL SELECT 'trigger', g.trigger_name, g.event_object_table, NULL, \
        CONCAT('CREATE TRIGGER ', g.trigger_name, ' ', g.action_timing, ' ', g.event_manipulation, ' ON ', \
            g.event_object_table, ' FOR EACH ROW ', g.action_statement) \
        FROM information_schema.triggers AS g WHERE g.trigger_schema = DATABASE()";
const SQLITE_TEMP_MASTER: &str =
    "SELECT '' AS type, '' AS name, '' AS tbl_name, 0 AS rootpage, '' AS `sql` WHERE FALSE";

const PG_TABLES: &str = "SELECT table_schema AS schemaname, table_name AS tablename, 'amphi' AS tableowner \
    FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema <> 'information_schema'";
const PG_VIEWS: &str = "SELECT table_schema AS schemaname, table_name AS viewname, 'amphi' AS viewowner, \
    view_definition AS definition FROM information_schema.views";
const PG_INDEXES: &str = "SELECT s.table_schema AS schemaname, s.table_name AS tablename, s.index_name AS indexname, \
    CONCAT(IF(MIN(s.non_unique) = 0, 'CREATE UNIQUE INDEX ', 'CREATE INDEX '), s.index_name, ' ON ', s.table_name, \
        ' (', GROUP_CONCAT(s.column_name ORDER BY s.seq_in_index SEPARATOR ', '), ')') AS indexdef \
    FROM information_schema.statistics AS s GROUP BY s.table_schema, s.table_name, s.index_name";

const ENGINES: &str = "SELECT * FROM (VALUES ('memory', 'DEFAULT', 'Rows in memory', 'YES', 'NO', 'YES'), \
    ('persistent', 'YES', 'Rows in the store', 'YES', 'NO', 'YES'), \
    ('dual', 'YES', 'Rows in memory and in the store', 'YES', 'NO', 'YES')) \
    AS e(ENGINE, SUPPORT, COMMENT, TRANSACTIONS, XA, SAVEPOINTS)";
const CHARACTER_SETS: &str = "SELECT 'utf8mb4' AS CHARACTER_SET_NAME, 'utf8mb4_bin' AS DEFAULT_COLLATE_NAME, \
    'UTF-8 Unicode' AS DESCRIPTION, 4 AS MAXLEN";
const COLLATIONS: &str = "SELECT * FROM (VALUES ('utf8mb4_bin', 'utf8mb4', 46, 'Yes', 'Yes', 1), \
    ('utf8mb4_general_ci', 'utf8mb4', 45, '', 'Yes', 1)) \
    AS c(COLLATION_NAME, CHARACTER_SET_NAME, ID, IS_DEFAULT, IS_COMPILED, SORTLEN)";
const APPLICABILITY: &str = "SELECT * FROM (VALUES ('utf8mb4_bin', 'utf8mb4'), ('utf8mb4_general_ci', 'utf8mb4')) \
    AS a(COLLATION_NAME, CHARACTER_SET_NAME)";
const PARTITIONS: &str = "SELECT table_catalog AS TABLE_CATALOG, table_schema AS TABLE_SCHEMA, \
    table_name AS TABLE_NAME, CAST(NULL AS CHAR) AS PARTITION_NAME, CAST(NULL AS CHAR) AS SUBPARTITION_NAME, \
    CAST(NULL AS SIGNED) AS PARTITION_ORDINAL_POSITION, CAST(NULL AS CHAR) AS PARTITION_METHOD, \
    CAST(NULL AS CHAR) AS PARTITION_EXPRESSION, table_rows AS TABLE_ROWS \
    FROM information_schema.tables WHERE table_type = 'BASE TABLE'";
const PROCESSLIST: &str = "SELECT CONNECTION_ID() AS ID, USER() AS USER, 'localhost' AS HOST, DATABASE() AS DB, \
    'Query' AS COMMAND, 0 AS TIME, 'executing' AS STATE, '' AS INFO";
const PARAMETERS: &str = "SELECT '' AS SPECIFIC_CATALOG, '' AS SPECIFIC_SCHEMA, '' AS SPECIFIC_NAME, \
    0 AS ORDINAL_POSITION, '' AS PARAMETER_MODE, '' AS PARAMETER_NAME, '' AS DATA_TYPE, \
    0 AS CHARACTER_MAXIMUM_LENGTH, '' AS DTD_IDENTIFIER, '' AS ROUTINE_TYPE WHERE FALSE";
const EVENTS: &str = "SELECT '' AS EVENT_CATALOG, '' AS EVENT_SCHEMA, '' AS EVENT_NAME, '' AS DEFINER, \
    '' AS EVENT_DEFINITION, '' AS EVENT_TYPE, '' AS STATUS WHERE FALSE";
const PLUGINS: &str =
    "SELECT '' AS PLUGIN_NAME, '' AS PLUGIN_VERSION, '' AS PLUGIN_STATUS, '' AS PLUGIN_TYPE WHERE FALSE";
const USER_PRIVILEGES: &str = "SELECT CURRENT_USER() AS GRANTEE, 'def' AS TABLE_CATALOG, 'USAGE' AS PRIVILEGE_TYPE, \
    'YES' AS IS_GRANTABLE";
const SCHEMA_PRIVILEGES: &str = "SELECT '' AS GRANTEE, '' AS TABLE_CATALOG, '' AS TABLE_SCHEMA, '' AS PRIVILEGE_TYPE, \
    '' AS IS_GRANTABLE WHERE FALSE";
const TABLE_PRIVILEGES: &str = "SELECT '' AS GRANTEE, '' AS TABLE_CATALOG, '' AS TABLE_SCHEMA, '' AS TABLE_NAME, \
    '' AS PRIVILEGE_TYPE, '' AS IS_GRANTABLE WHERE FALSE";
const COLUMN_PRIVILEGES: &str = "SELECT '' AS GRANTEE, '' AS TABLE_CATALOG, '' AS TABLE_SCHEMA, '' AS TABLE_NAME, \
    '' AS COLUMN_NAME, '' AS PRIVILEGE_TYPE, '' AS IS_GRANTABLE WHERE FALSE";

/// Names of tables, with their queries.
const TABLES: [(&str, &str); 8] = [
    ("sqlite_master", SQLITE_MASTER),
    ("sqlite_schema", SQLITE_MASTER),
    ("sqlite_temp_master", SQLITE_TEMP_MASTER),
    ("sqlite_temp_schema", SQLITE_TEMP_MASTER),
    ("pragma_table_list", TABLE_LIST),
    ("pg_tables", PG_TABLES),
    ("pg_views", PG_VIEWS),
    ("pg_indexes", PG_INDEXES),
];

/// Tables of `information_schema`.
const INFORMATION: [(&str, &str); 13] = [
    ("engines", ENGINES),
    ("character_sets", CHARACTER_SETS),
    ("collations", COLLATIONS),
    ("collation_character_set_applicability", APPLICABILITY),
    ("partitions", PARTITIONS),
    ("processlist", PROCESSLIST),
    ("parameters", PARAMETERS),
    ("events", EVENTS),
    ("plugins", PLUGINS),
    ("user_privileges", USER_PRIVILEGES),
    ("schema_privileges", SCHEMA_PRIVILEGES),
    ("table_privileges", TABLE_PRIVILEGES),
    ("column_privileges", COLUMN_PRIVILEGES),
];

/// PRAGMAs about a table or an index; with `pragma_` before their names they are table functions.
const ABOUT: [(&str, &str); 6] = [
    ("table_info", TABLE_INFO),
    ("table_xinfo", TABLE_XINFO),
    ("index_list", INDEX_LIST),
    ("index_info", INDEX_INFO),
    ("index_xinfo", INDEX_INFO),
    ("foreign_key_list", FOREIGN_KEY_LIST),
];

/// PRAGMAs that ask something else.
const ASKING: [(&str, &str); 5] = [
    ("table_list", TABLE_LIST),
    ("database_list", "SELECT 0 AS seq, DATABASE() AS name, '' AS file"),
    (
        "collation_list",
        "SELECT * FROM (VALUES (0, 'BINARY'), (1, 'NOCASE')) AS c(seq, name)",
    ),
    ("encoding", "SELECT 'UTF-8' AS encoding"),
    ("foreign_keys", "SELECT @@foreign_key_checks AS foreign_keys"),
];

fn word(token: Option<&TokenWithSpan>) -> Option<&str> {
    match token.map(|t| &t.token) {
        Some(Token::Word(w)) => Some(&w.value),
        _ => None,
    }
}

fn keyword(token: Option<&TokenWithSpan>) -> Keyword {
    match token.map(|t| &t.token) {
        Some(Token::Word(w)) if w.quote_style.is_none() => w.keyword,
        _ => Keyword::NoKeyword,
    }
}

fn is(token: Option<&TokenWithSpan>, wanted: &Token) -> bool {
    token.is_some_and(|t| t.token == *wanted)
}

fn named(all: &[(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    let found = all.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
    found.map(|(_, query)| *query)
}

/// What stands in FROM: the query, how many tokens it takes the place of, its argument.
struct Found {
    query: &'static str,
    tokens: usize,
    argument: Vec<TokenWithSpan>,
}

fn found(tokens: &[TokenWithSpan], at: usize) -> Option<Found> {
    let name = word(tokens.get(at))?;
    let whole = |query: &'static str, tokens: usize| Found {
        query,
        tokens,
        argument: Vec::new(),
    };
    if is(tokens.get(at + 1), &Token::Period) {
        let table = word(tokens.get(at + 2))?;
        return match () {
            () if name.eq_ignore_ascii_case("information_schema") => {
                named(&INFORMATION, table).map(|query| whole(query, 3))
            }
            () if ["pg_catalog", "main"]
                .iter()
                .any(|s| name.eq_ignore_ascii_case(s)) =>
            {
                named(&TABLES, table).map(|query| whole(query, 3))
            }
            () => None,
        };
    }
    if !is(tokens.get(at + 1), &Token::LParen) {
        return named(&TABLES, name).map(|query| whole(query, 1));
    }
    let (start, about) = name.split_at_checked("pragma_".len())?;
    let query = start
        .eq_ignore_ascii_case("pragma_")
        .then(|| named(&ABOUT, about))??;
    let rest = tokens.get(at + 2..)?;
    let end = rest.iter().position(|t| t.token == Token::RParen)?;
    Some(Found {
        query,
        tokens: end + 3,
        argument: rest.get(..end)?.to_vec(),
    })
}

/// Whether what follows a table in FROM is its alias.
fn has_alias(tokens: &[TokenWithSpan], at: usize) -> bool {
    match tokens.get(at).map(|t| &t.token) {
        Some(Token::Word(w)) => {
            w.quote_style.is_some() || w.keyword == Keyword::NoKeyword || w.keyword == Keyword::AS
        }
        _ => false,
    }
}

/// Writes the queries in the places of the tables' names.
pub(super) fn write_queries(tokens: &mut Vec<TokenWithSpan>) -> Result<()> {
    if keyword(tokens.first()) == Keyword::DELETE {
        return Ok(());
    }
    let mut at = 1;
    while at < tokens.len() {
        let before = at.checked_sub(1).and_then(|b| tokens.get(b));
        let in_from = [Keyword::FROM, Keyword::JOIN].contains(&keyword(before)) || is(before, &Token::Comma);
        if in_from && let Some(found) = found(tokens, at) {
            let name = tokens.get(if found.tokens == 3 && found.argument.is_empty() {
                at + 2
            } else {
                at
            });
            let (Some(name), Some(span)) = (name.cloned(), tokens.get(at).map(|t| t.span)) else {
                return Ok(());
            };
            let like = |token: Token| TokenWithSpan::new(token, span);
            let mut query = Vec::new();
            if found.argument.iter().any(|t| matches!(t.token, Token::Word(_))) {
                query.push(like(Token::make_keyword("LATERAL")));
            }
            query.push(like(Token::LParen));
            for t in tokenize_body(found.query)? {
                match &t.token {
                    Token::Word(w) if w.value == "argument" => query.extend(found.argument.iter().cloned()),
                    token => query.push(like(token.clone())),
                }
            }
            query.push(like(Token::RParen));
            if !has_alias(tokens, at + found.tokens) {
                query.push(like(Token::make_keyword("AS")));
                query.push(like(name.token));
            }
            let length = query.len();
            tokens.splice(at..at + found.tokens, query);
            at += length;
        }
        at += 1;
    }
    Ok(())
}

/// The statement that a PRAGMA is; `None`: it is none.
///
/// Errors: one that is not offered.
pub(super) fn pragma(tokens: &[TokenWithSpan]) -> Result<Option<String>> {
    if !word(tokens.first()).is_some_and(|w| w.eq_ignore_ascii_case("PRAGMA")) {
        return Ok(None);
    }
    let at = if is(tokens.get(2), &Token::Period) { 3 } else { 1 };
    let name = word(tokens.get(at)).unwrap_or("").to_ascii_lowercase();
    let encloses = is(tokens.get(at + 1), &Token::LParen);
    let value = tokens
        .get(at + 2)
        .filter(|_| encloses || is(tokens.get(at + 1), &Token::Eq));
    let given = match value.map(|t| &t.token) {
        Some(Token::Word(w)) => Some(w.value.clone()),
        Some(Token::SingleQuotedString(s) | Token::Number(s, _)) => Some(s.clone()),
        _ => None,
    };
    let length = at + 1 + given.as_ref().map_or(0, |_| if encloses { 3 } else { 2 });
    let refused = || Error::Unsupported {
        feature: format!("PRAGMA {name}"),
        position: tokens.first().and_then(|t| start(t.span)),
    };
    if tokens.len() != length {
        return Err(refused());
    }
    match (named(&ABOUT, &name), named(&ASKING, &name), given) {
        (Some(query), _, Some(argument)) => {
            let argument = format!("'{}'", argument.replace('\'', "''"));
            let query = query.replace(ARGUMENT, &argument);
            Ok(Some(format!("SELECT * FROM ({query}) AS p ORDER BY 1, 2")))
        }
        (_, Some(query), None) => Ok(Some(format!("SELECT * FROM ({query}) AS p ORDER BY 1"))),
        (_, Some(_), Some(value)) if name == "foreign_keys" => {
            let on = ["1", "on", "true", "yes"]
                .iter()
                .any(|v| value.eq_ignore_ascii_case(v));
            Ok(Some(format!("SET foreign_key_checks = {}", u8::from(on))))
        }
        _ => Err(refused()),
    }
}
