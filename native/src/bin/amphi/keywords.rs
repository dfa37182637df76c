//! The keywords that the editor completes and highlights: those that statements are made of. Many more
//! words mean something in places, and are names otherwise.

/// In capitals, in order.
#[rustfmt::skip]
pub const KEYWORDS: &[&str] = &[
    "ACTION", "ADD", "AFTER", "ALL", "ALTER", "ANALYZE", "AND", "ANY", "AS", "ASC", "AUTO_INCREMENT",
    "BEFORE", "BEGIN", "BETWEEN", "BIGINT", "BINARY", "BLOB", "BOOLEAN", "BOTH", "BY", "CASCADE", "CASE",
    "CAST", "CHANGE", "CHAR", "CHECK", "COLLATE", "COLUMN", "COLUMNS", "COMMENT", "COMMIT", "COMMITTED",
    "CONFLICT", "CONSTRAINT", "CREATE", "CROSS", "CUBE", "CURRENT", "CURRENT_DATE", "CURRENT_TIME",
    "CURRENT_TIMESTAMP", "DATABASE", "DATABASES", "DATE", "DATETIME", "DECIMAL", "DECLARE", "DEFAULT",
    "DEFERRABLE", "DEFERRED", "DELETE", "DESC", "DESCRIBE", "DISTINCT", "DIV", "DO", "DOUBLE", "DROP",
    "DUAL", "DUPLICATE", "EACH", "ELSE", "END", "ENGINE", "ESCAPE", "EXCEPT", "EXCLUDE", "EXECUTE",
    "EXISTS", "EXPLAIN", "FALSE", "FILTER", "FIRST", "FLOAT", "FOLLOWING", "FOR", "FOREIGN", "FORMAT",
    "FROM", "FULL", "GENERATED", "GEOMETRY", "GROUP", "GROUPING", "GROUPS", "HAVING", "IF", "IGNORE", "IN",
    "INDEX", "INDEXES", "INITIALLY", "INNER", "INSERT", "INT", "INTEGER", "INTERSECT", "INTERVAL", "INTO",
    "IS", "ISOLATION", "JOIN", "JSON", "KEY", "LAST", "LATERAL", "LEADING", "LEFT", "LEVEL", "LIKE",
    "LIMIT", "MATCHED", "MEMORY", "MERGE", "MOD", "MODIFY", "NATURAL", "NEW", "NO", "NOCASE", "NOT", "NULL",
    "NULLS", "OF", "OFFSET", "OLD", "ON", "ONLY", "OR", "ORDER", "OUTER", "OVER", "PARTITION",
    "PERSISTENCE", "PERSISTENT", "PRECEDING", "PREPARE", "PRIMARY", "QUALIFY", "RANGE", "READ", "RECURSIVE",
    "REFERENCES", "REGEXP", "RELEASE", "RENAME", "REPEATABLE", "REPLACE", "RESTRICT", "RETURNING", "RIGHT",
    "ROLLBACK", "ROLLUP", "ROW", "ROWS", "SAVEPOINT", "SCHEMA", "SELECT", "SEPARATOR", "SERIALIZABLE",
    "SET", "SETS", "SHOW", "SMALLINT", "SOME", "START", "STATS", "STORED", "TABLE", "TABLES", "TEMPORARY",
    "TEXT", "THEN", "TIME", "TIMESTAMP", "TINYINT", "TO", "TRAILING", "TRANSACTION", "TRIGGER", "TRIGGERS",
    "TRUE", "TRUNCATE", "UNBOUNDED", "UNCOMMITTED", "UNION", "UNIQUE", "UNKNOWN", "UNSIGNED", "UPDATE",
    "USE", "USING", "UUID", "VALUES", "VARBINARY", "VARCHAR", "VARIABLES", "VECTOR", "VIEW", "VIRTUAL",
    "WHEN", "WHERE", "WINDOW", "WITH", "WITHIN", "WITHOUT", "WORK", "XOR", "YEAR", "ZONE",
];

/// Whether a word is one of them, in capitals or not.
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.binary_search(&&*word.to_ascii_uppercase()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_found() {
        assert!(KEYWORDS.is_sorted());
        assert!(
            KEYWORDS
                .iter()
                .all(|k| is_keyword(k) && is_keyword(&k.to_lowercase()))
        );
        assert!(!is_keyword("nothing"));
    }
}
