//! The table of scalar functions.

use crate::host::Host;
use crate::types::{Column, DataType, Result};

/// What binding converts an argument to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    /// Left as it is.
    Any,
    /// All `Same` arguments of a call get one common type (COALESCE, GREATEST, IFNULL, …).
    Same,
    /// BIGINT.
    Int,
    /// DOUBLE.
    Double,
    /// Any number as it is; text becomes DOUBLE.
    Number,
    /// TEXT.
    Text,
    /// Bytes: BLOB, or TEXT as its UTF-8.
    Bytes,
    /// Boolean.
    Bool,
    /// DATE.
    Date,
    /// DATETIME (a DATE gets midnight; text is parsed).
    DateTime,
}

/// How the result type follows from the arguments.
#[derive(Debug, Clone, Copy)]
pub enum ReturnKind {
    /// Always this type.
    Fixed(fn() -> DataType),
    /// The common type of the `Same` arguments.
    Same,
    /// Computed from the argument types.
    Of(fn(&[DataType]) -> DataType),
}

/// What a function may ask of its surroundings.
pub struct EvalContext<'a> {
    /// The statement's fixed time: microseconds since the epoch, UTC.
    pub now: i64,
    /// Clock and randomness.
    pub host: &'a dyn Host,
    /// Current schema.
    pub schema: &'a str,
    /// Last AUTO_INCREMENT value of the session.
    pub last_insert_id: i64,
}

/// One scalar function.
pub struct ScalarFunction {
    /// Name in capitals.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Fewest arguments.
    pub min_args: usize,
    /// Most arguments; `usize::MAX`: any number.
    pub max_args: usize,
    /// Kinds of the arguments; the last one repeats.
    pub args: &'static [ArgKind],
    /// Result type.
    pub returns: ReturnKind,
    /// Whether the same arguments always give the same result (so constants may be folded).
    pub deterministic: bool,
    /// Whether a NULL argument makes the result NULL without calling `eval` for that row.
    pub strict: bool,
    /// One line for the reference.
    pub doc: &'static str,
    /// Evaluates `rows` rows: one column per argument, the argument types, the result type.
    pub eval: fn(&EvalContext<'_>, &[Column], &[DataType], &DataType, usize) -> Result<Column>,
}

impl core::fmt::Debug for ScalarFunction {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for ScalarFunction {
    fn eq(&self, other: &ScalarFunction) -> bool {
        self.name == other.name
    }
}

/// The function of that name or alias, without regard to case.
pub fn lookup(_name: &str) -> Option<&'static ScalarFunction> {
    None
}
