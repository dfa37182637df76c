//! Scalar and aggregate functions: one table of entries, from which binding, evaluation and the
//! function reference all work. One file per family.

mod aggregate;
mod args;
mod binary;
mod clock;
mod date_format;
mod date_parts;
mod date_pattern;
mod date_trunc;
mod digest;
mod encoding;
mod financial;
mod hyperbolic;
mod integers;
mod interval;
mod interval_text;
mod json;
mod json_edit;
mod json_path;
mod json_value;
mod math;
mod network;
mod printf;
mod regexp;
mod rounding;
mod scalar;
mod search;
mod similarity;
mod sqlite_time;
mod string;
mod string_edit;
mod string_parts;
mod system;
mod table;
mod text_writer;
mod time_unit;
mod time_zone;
mod user;

pub use aggregate::{Aggregate, PairStatistic};
pub use interval_text::{MONTHS_AND_MICROSECONDS, interval_amount};
pub use json_value::{of_value as json_of, parts as json_parts, write_plain as json_plain};
pub use scalar::{ArgKind, EvalContext, ReturnKind, ScalarFunction};
pub use table::{families, functions, lookup};
pub use user::{UserAggregate, UserFunction, UserFunctions};
