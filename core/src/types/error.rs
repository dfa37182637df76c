//! Every way a call can fail: one typed, non-exhaustive enum with a stable code per variant.
//!
//! A message names the object and what to do about it. Programs match on the variant or on
//! [`Error::code`]; nothing in the engine ever inspects a message.

use alloc::{boxed::Box, format, string::String};
use core::fmt;

/// The result of anything that can fail in Amphi.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// A place in the SQL text: line and column, both counted from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

/// What went wrong. Codes are stable; see [`Error::code`].
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The SQL does not parse. `excerpt` is the line at fault with a caret under the place.
    Syntax {
        /// What the parser expected or found.
        message: String,
        /// Where, when the parser knows.
        position: Option<Position>,
        /// The source line and a caret line, empty when the position is unknown.
        excerpt: String,
    },
    /// The SQL parses, but Amphi does not offer this clause, function or type.
    Unsupported {
        /// The clause by name.
        feature: String,
        /// Where, when known.
        position: Option<Position>,
    },
    /// SQL nested deeper than the engine's limit.
    TooDeep {
        /// The limit, in levels.
        limit: usize,
    },
    /// No such schema, table, column, index, constraint, function, savepoint, …
    Unknown {
        /// What kind of object: `"table"`, `"column"`, `"index"`, `"function"`, `"schema"`, `"savepoint"`, ….
        kind: &'static str,
        /// The name as written.
        name: String,
        /// The most similar existing name, if one is similar.
        nearest: Option<String>,
        /// Where in the SQL, when known.
        position: Option<Position>,
    },
    /// A column name that two tables of the query have.
    AmbiguousColumn {
        /// The name as written.
        name: String,
        /// Where, when known.
        position: Option<Position>,
    },
    /// An object of that name exists already.
    Exists {
        /// What kind of object: `"table"`, `"column"`, `"index"`, ….
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A trigger refused the change: SIGNAL, RAISE.
    Raised {
        /// What it says.
        message: String,
    },
    /// A function that the program brought failed.
    Function {
        /// Its name.
        name: String,
        /// What it says.
        message: String,
    },
    /// A statement that parses but makes no sense (wrong column count, aggregate in WHERE, …).
    Invalid {
        /// What is wrong and what to do.
        message: String,
        /// Where, when known.
        position: Option<Position>,
    },
    /// A value of one type where another is needed.
    TypeMismatch {
        /// The value as SQL text, shortened.
        value: String,
        /// The type wanted.
        expected: String,
        /// `table.column` when the value was meant for a column.
        column: Option<String>,
    },
    /// A value outside its type's range or length, or an arithmetic overflow.
    OutOfRange {
        /// The value or the operation, shortened.
        value: String,
        /// The type it does not fit.
        expected: String,
        /// `table.column` when the value was meant for a column.
        column: Option<String>,
    },
    /// Division by zero.
    DivisionByZero,
    /// Wrong number of parameters, or an unknown parameter name.
    Parameter {
        /// What is wrong.
        message: String,
    },
    /// NULL for a NOT NULL column.
    NotNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Two rows with the same PRIMARY KEY or UNIQUE value.
    DuplicateKey {
        /// The table.
        table: String,
        /// The constraint or index, `PRIMARY` for the primary key.
        index: String,
        /// The key's values as SQL text.
        key: String,
    },
    /// A CHECK constraint is false.
    CheckViolated {
        /// The table.
        table: String,
        /// The constraint.
        constraint: String,
    },
    /// What is written through a view WITH CHECK OPTION would not be among its rows.
    CheckOption {
        /// The view.
        view: String,
    },
    /// A FOREIGN KEY would dangle.
    ForeignKeyViolated {
        /// The table whose row is at fault.
        table: String,
        /// The constraint.
        constraint: String,
        /// The key's values as SQL text.
        key: String,
        /// True if a parent row was removed while children point at it, false if a child's parent is missing.
        parent: bool,
    },
    /// Another transaction committed a change to the same rows first. Run the transaction again.
    WriteConflict {
        /// The table.
        table: String,
    },
    /// A transaction statement in the wrong state (COMMIT without BEGIN, …).
    TransactionState {
        /// What is wrong and what to do.
        message: String,
    },
    /// A write to a database opened with `writable = false`, or inside a READ ONLY transaction.
    ReadOnly {
        /// The database or transaction.
        name: String,
    },
    /// A configuration option that does not exist or does not fit.
    Config {
        /// The option.
        option: String,
        /// What is wrong.
        message: String,
    },
    /// The database has no store (`enable_store = false`, or in memory), and the statement needs one.
    NoStore {
        /// The table that was to be persistent.
        table: String,
    },
    /// A synchronous call met blocks that are not resident; use the asynchronous call.
    NotResident {
        /// The table.
        table: String,
    },
    /// Another process has the database open.
    Locked {
        /// The directory.
        path: String,
    },
    /// The directory or file is not an Amphi store, or of a format this version does not know.
    NotAStore {
        /// The directory or file.
        path: String,
        /// Why it was rejected.
        message: String,
    },
    /// A stored block failed its checksum or its structure does not decode.
    Corrupted {
        /// The table, or `catalog`.
        table: String,
        /// The store key in hexadecimal.
        key: String,
    },
    /// The store failed to read or write.
    Store {
        /// The cause.
        message: String,
    },
    /// The store has no room for what a commit writes.
    StoreFull {
        /// What it says.
        message: String,
    },
    /// An earlier write failed and left memory and store apart, or the store refuses further ones: the
    /// database reads but refuses writes until it is reopened.
    Poisoned {
        /// The first failure.
        cause: String,
    },
    /// A query needs more memory than its limit.
    QueryMemory {
        /// The limit in bytes.
        limit: usize,
    },
    /// A statement was asked to stop, or took longer than it may.
    Interrupted {
        /// The time it had, in milliseconds; `None`: somebody asked.
        limit_ms: Option<u64>,
    },
    /// A transaction keeps more changed blocks of persistent tables in memory than it may.
    TransactionMemory {
        /// The limit in bytes.
        limit: usize,
    },
    /// Bad input data outside SQL (a CSV file, a serde document).
    Data {
        /// What is wrong.
        message: String,
        /// Line and column in the input, when known.
        position: Option<Position>,
    },
    /// The database was closed.
    Closed,
}

impl Error {
    /// The stable code: five characters in the manner of SQLSTATE, shared by Rust and JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Syntax { .. } => "42601",
            Error::Unsupported { .. } => "0A000",
            Error::TooDeep { .. } => "54001",
            Error::Unknown { kind, .. } => match *kind {
                "table" => "42P01",
                "column" => "42703",
                "function" => "42883",
                "schema" => "3F000",
                "savepoint" => "3B001",
                _ => "42704",
            },
            Error::AmbiguousColumn { .. } => "42702",
            Error::Exists { .. } => "42P07",
            Error::Invalid { .. } => "42000",
            Error::TypeMismatch { .. } => "22018",
            Error::OutOfRange { .. } => "22003",
            Error::DivisionByZero => "22012",
            Error::Parameter { .. } => "07001",
            Error::NotNull { .. } => "23502",
            Error::DuplicateKey { .. } => "23505",
            Error::CheckViolated { .. } => "23514",
            Error::CheckOption { .. } => "44000",
            Error::ForeignKeyViolated { .. } => "23503",
            Error::Raised { .. } => "45000",
            Error::Function { .. } => "38000",
            Error::WriteConflict { .. } => "40001",
            Error::TransactionState { .. } => "25000",
            Error::ReadOnly { .. } => "25006",
            Error::Config { .. } => "F0000",
            Error::NoStore { .. } => "AM001",
            Error::NotResident { .. } => "AM002",
            Error::Locked { .. } => "AM003",
            Error::NotAStore { .. } => "AM004",
            Error::Corrupted { .. } => "XX001",
            Error::Store { .. } => "58030",
            Error::StoreFull { .. } => "53100",
            Error::Poisoned { .. } => "AM005",
            Error::QueryMemory { .. } => "53200",
            Error::Interrupted { .. } => "57014",
            Error::TransactionMemory { .. } => "53400",
            Error::Data { .. } => "22000",
            Error::Closed => "08003",
        }
    }

    /// Whether running the transaction again may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::WriteConflict { .. })
    }

    /// The place in the SQL text or input the error points at.
    pub fn position(&self) -> Option<Position> {
        match self {
            Error::Syntax { position, .. }
            | Error::Unsupported { position, .. }
            | Error::Unknown { position, .. }
            | Error::AmbiguousColumn { position, .. }
            | Error::Invalid { position, .. }
            | Error::Data { position, .. } => *position,
            _ => None,
        }
    }

    /// The same error without a place in the SQL text: it was another text's.
    #[must_use]
    pub fn without_position(mut self) -> Error {
        if let Error::Syntax { position: at, .. }
        | Error::Unsupported { position: at, .. }
        | Error::Unknown { position: at, .. }
        | Error::AmbiguousColumn { position: at, .. }
        | Error::Invalid { position: at, .. }
        | Error::Data { position: at, .. } = &mut self
        {
            *at = None;
        }
        if let Error::Syntax { excerpt, .. } = &mut self {
            excerpt.clear();
        }
        self
    }

    /// An [`Error::Unsupported`] without a position.
    pub fn unsupported(feature: impl Into<String>) -> Error {
        Error::Unsupported {
            feature: feature.into(),
            position: None,
        }
    }

    /// An [`Error::Invalid`] without a position.
    pub fn invalid(message: impl Into<String>) -> Error {
        Error::Invalid {
            message: message.into(),
            position: None,
        }
    }

    /// An [`Error::Corrupted`]: what the store holds under `key`, of a table or the `catalog`, is not
    /// what was written there.
    pub fn corrupted(table: impl Into<String>, key: &[u8]) -> Error {
        Error::Corrupted {
            table: table.into(),
            key: hexadecimal(key),
        }
    }

    /// An [`Error::Store`].
    pub fn store(message: impl Into<String>) -> Error {
        Error::Store {
            message: message.into(),
        }
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |p: &Option<Position>| match p {
            Some(p) => format!(" at line {}, column {}", p.line, p.column).into_boxed_str(),
            None => Box::from(""),
        };
        let of = |c: &Option<String>| match c {
            Some(c) => format!(" for column {c}").into_boxed_str(),
            None => Box::from(""),
        };
        match self {
            Error::Syntax {
                message,
                position,
                excerpt,
            } => {
                write!(f, "syntax error{}: {message}", at(position))?;
                if excerpt.is_empty() {
                    Ok(())
                } else {
                    write!(f, "\n{excerpt}")
                }
            }
            Error::Unsupported { feature, position } => {
                write!(f, "{feature} is not supported{}", at(position))
            }
            Error::TooDeep { limit } => {
                write!(
                    f,
                    "the statement is nested deeper than {limit} levels; split it or use fewer parentheses"
                )
            }
            Error::Unknown {
                kind,
                name,
                nearest,
                position,
            } => {
                write!(f, "unknown {kind} {name}{}", at(position))?;
                nearest
                    .as_ref()
                    .map_or(Ok(()), |n| write!(f, "; did you mean {n}?"))
            }
            Error::AmbiguousColumn { name, position } => {
                write!(
                    f,
                    "column {name} is ambiguous{}; write table.{name}",
                    at(position)
                )
            }
            Error::Raised { message } => f.write_str(message),
            Error::Function { name, message } => write!(f, "function {name}: {message}"),
            Error::Exists { kind, name } => write!(f, "{kind} {name} exists already"),
            Error::Invalid { message, position } => write!(f, "{message}{}", at(position)),
            Error::TypeMismatch {
                value,
                expected,
                column,
            } => {
                write!(f, "{value} is not a valid {expected}{}", of(column))
            }
            Error::OutOfRange {
                value,
                expected,
                column,
            } => {
                write!(f, "{value} is out of range of {expected}{}", of(column))
            }
            Error::DivisionByZero => write!(f, "division by zero"),
            Error::Interrupted { limit_ms: None } => write!(f, "the statement was interrupted"),
            Error::Interrupted { limit_ms: Some(ms) } => {
                write!(
                    f,
                    "the statement took longer than its limit of {ms} ms and was interrupted"
                )
            }
            Error::Parameter { message } => write!(f, "parameters: {message}"),
            Error::NotNull { table, column } => write!(f, "column {table}.{column} cannot be NULL"),
            Error::DuplicateKey { table, index, key } => {
                write!(f, "duplicate key {key} in table {table} ({index})")
            }
            Error::CheckViolated { table, constraint } => {
                write!(f, "check constraint {constraint} of table {table} is violated")
            }
            Error::CheckOption { view } => {
                write!(f, "view {view} WITH CHECK OPTION would not have the row")
            }
            Error::ForeignKeyViolated {
                table,
                constraint,
                key,
                parent: false,
            } => {
                write!(
                    f,
                    "foreign key {constraint} of table {table}: no parent row for {key}"
                )
            }
            Error::ForeignKeyViolated {
                table,
                constraint,
                key,
                parent: true,
            } => {
                write!(
                    f,
                    "foreign key {constraint}: table {table} still has rows that point at {key}"
                )
            }
            Error::WriteConflict { table } => {
                write!(
                    f,
                    "another transaction changed the same rows of table {table} first; run the transaction again"
                )
            }
            Error::TransactionState { message } => f.write_str(message),
            Error::ReadOnly { name } => write!(f, "{name} is read-only"),
            Error::Config { option, message } => write!(f, "option {option}: {message}"),
            Error::NoStore { table } => {
                write!(
                    f,
                    "table {table} cannot be persistent: the database has no store (set data_dir and enable_store)"
                )
            }
            Error::NotResident { table } => {
                write!(
                    f,
                    "table {table} has blocks that are not in memory; use the asynchronous call"
                )
            }
            Error::Locked { path } => write!(f, "{path} is open in another process; close it there first"),
            Error::NotAStore { path, message } => write!(f, "{path} is not an Amphi store: {message}"),
            Error::Corrupted { table, key } => write!(f, "table {table} is corrupted at store key {key}"),
            Error::Store { message } => write!(f, "the store failed: {message}"),
            Error::StoreFull { message } => {
                write!(f, "the store is full: {message}; free room and try again")
            }
            Error::Poisoned { cause } => {
                write!(
                    f,
                    "an earlier call of the store failed ({cause}); reopen the database to write again"
                )
            }
            Error::QueryMemory { limit } => write!(
                f,
                "the query needs more than its limit of {limit} bytes of memory; raise max_query_memory_mb, or let it \
                 collect fewer rows"
            ),
            Error::TransactionMemory { limit } => write!(
                f,
                "the transaction changes more blocks than its limit of {limit} bytes of memory; commit in smaller \
                 pieces, or raise max_transaction_mb"
            ),
            Error::Data { message, position } => write!(f, "{message}{}", at(position)),
            Error::Closed => write!(f, "the database is closed"),
        }
    }
}

impl core::error::Error for Error {}
