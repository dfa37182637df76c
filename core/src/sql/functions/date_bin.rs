//! PostgreSQL's DATE_BIN and ISFINITE.

use super::ArgKind::{Any, Text};
use super::args::{Args, BOOL, function, ints, lenient, try_ints};
use super::{ReturnKind, ScalarFunction};
use crate::types::{DataType, Error, Result};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "DATE_BIN",
        &[],
        (3, 3),
        &[Text, Any, Any],
        ReturnKind::Fixed(|| DataType::DateTime { fsp: 6 }),
        "The start of the span that a moment is in: DATE_BIN('15 minutes', moment, origin), of spans from the origin on.",
        |_, a, t, _, n| {
            let ty = DataType::DateTime { fsp: 6 };
            let (moments, origins) = ([lenient(a, t, 1, &ty)?], [lenient(a, t, 2, &ty)?]);
            try_ints(n, |i| {
                let span = span(a.text(0, i))?;
                if moments.null(0, i) || origins.null(0, i) {
                    return Ok(None);
                }
                let (moment, origin) = (moments.int(0, i), origins.int(0, i));
                let since = moment
                    .checked_sub(origin)
                    .and_then(|s| s.checked_rem_euclid(span));
                Ok(since.and_then(|since| moment.checked_sub(since)))
            })
        },
    ),
    function(
        "ISFINITE",
        &[],
        (1, 1),
        &[Any],
        BOOL,
        "Whether a date or a moment is one: all are.",
        |_, _, _, _, n| ints(n, |_| Some(1)),
    ),
];

/// The microseconds of units that are always as long.
const UNITS: [(&str, i64); 8] = [
    ("microsecond", 1),
    ("millisecond", 1_000),
    ("second", 1_000_000),
    ("sec", 1_000_000),
    ("minute", 60_000_000),
    ("min", 60_000_000),
    ("hour", 3_600_000_000),
    ("day", 86_400_000_000),
];

/// A span such as `1 hour 30 minutes`, in microseconds.
fn span(text: &str) -> Result<i64> {
    let refused = || {
        Error::invalid(alloc::format!(
            "'{text}' is no span of weeks, days, hours, minutes or seconds, as in '15 minutes'"
        ))
    };
    let mut words = text.split_ascii_whitespace();
    let mut sum = 0_i64;
    while let Some(number) = words.next() {
        let number: i64 = number.parse().map_err(|_| refused())?;
        let unit = words.next().ok_or_else(refused)?.to_ascii_lowercase();
        let unit = unit.strip_suffix('s').unwrap_or(&unit);
        let micros = match UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, micros)) => *micros,
            None if unit == "week" => 7 * 86_400_000_000,
            None => return Err(refused()),
        };
        let more = number.checked_mul(micros).ok_or_else(refused)?;
        sum = sum.checked_add(more).ok_or_else(refused)?;
    }
    match sum {
        1.. => Ok(sum),
        _ => Err(refused()),
    }
}
