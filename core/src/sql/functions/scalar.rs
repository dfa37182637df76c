//! What a scalar function is.
//!
//! Calls with a syntax of their own are bound to plain ones: `EXTRACT(u FROM x)` is `EXTRACT('u', x)`,
//! `DATE_ADD(x, INTERVAL n u)` and `x + INTERVAL n u` are `DATE_ADD(x, n, 'u')` (likewise DATE_SUB),
//! `TIMESTAMPADD(u, n, x)` is `DATE_ADD(x, n, 'u')`, `TIMESTAMPDIFF(u, a, b)` is `TIMESTAMPDIFF('u', a, b)`,
//! `TRIM(BOTH r FROM s)` is `TRIM(s, r)` (LEADING: LTRIM, TRAILING: RTRIM), `POSITION(a IN b)` is
//! `LOCATE(a, b)`, `SUBSTRING(s FROM a FOR n)` is `SUBSTRING(s, a, n)`. IF, IFNULL, COALESCE and NULLIF
//! are bound to CASE.

use super::Sequences;
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::sql::memory::Scratch;
use crate::types::{Column, DataType, Result, Value};

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
    /// As `Number`, a quotient with all digits that it is computed with.
    Exact,
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
    /// GEOMETRY; text is WKT.
    Geometry,
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
    /// Computed from the argument types and the arguments that are constants (ROUND's digits, a format).
    OfConstants(fn(&[DataType], &[Option<Value>]) -> DataType),
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
    /// How many rows the session's last statement changed.
    pub row_count: i64,
    /// The sequences, where numbers are given.
    pub sequences: Option<&'a Sequences>,
    /// Whether the statement is to stop; `None`: nobody asks.
    pub interrupt: Option<&'a Interrupt>,
    /// What is made for the batch at hand.
    pub scratch: Scratch<'a>,
}

impl EvalContext<'_> {
    /// To be asked for each row by functions whose work can be long.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::types::Error::Interrupted) if the statement is to stop.
    #[inline]
    pub fn check_interrupt(&self) -> Result<()> {
        self.interrupt.map_or(Ok(()), |i| i.check(self.host))
    }
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
    /// Evaluates `rows` rows: one column per argument, the argument types, the result type. A column of
    /// one row is a constant and stands for every row; so does a result of one row.
    pub eval: fn(&EvalContext<'_>, &[Column], &[DataType], &DataType, usize) -> Result<Column>,
}

impl ScalarFunction {
    /// What argument `i` is converted to; the last kind repeats.
    pub fn arg_kind(&self, i: usize) -> ArgKind {
        self.args
            .get(i)
            .or(self.args.last())
            .copied()
            .unwrap_or(ArgKind::Any)
    }

    /// The result type, from the types of the converted arguments and, where they are constants, their values.
    pub fn result_type(&self, types: &[DataType], constants: &[Option<Value>]) -> DataType {
        match self.returns {
            ReturnKind::Fixed(f) => f(),
            ReturnKind::Same => {
                let same = types
                    .iter()
                    .enumerate()
                    .find(|(i, _)| self.arg_kind(*i) == ArgKind::Same);
                same.map_or(DataType::Null, |(_, t)| t.clone())
            }
            ReturnKind::Of(f) => f(types),
            ReturnKind::OfConstants(f) => f(types, constants),
        }
    }
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
