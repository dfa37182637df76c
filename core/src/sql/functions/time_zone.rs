//! CONVERT_TZ between zones given as offsets from UTC. There is no database of named zones.

use super::ArgKind::{Any, Text};
use super::args::{Args, function, lenient, try_ints};
use super::date_parts::fsp;
use super::{ReturnKind, ScalarFunction};
use crate::types::{DataType, DateTime, Error, Result, SECOND};
use alloc::format;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "CONVERT_TZ",
    &[],
    (3, 3),
    &[Any, Text, Text],
    ReturnKind::OfConstants(|types, constants| DataType::DateTime {
        fsp: fsp(types, constants, 0),
    }),
    "A moment of one time zone in another, each an offset such as '+02:00', or UTC.",
    |_, a, t, ty, n| {
        let moments = [lenient(a, t, 0, ty)?];
        try_ints(n, |i| {
            if moments.null(0, i) || a.null(1, i) || a.null(2, i) {
                return Ok(None);
            }
            let (from, to) = (offset(a.text(1, i))?, offset(a.text(2, i))?);
            let moved = from.zip(to).and_then(|(from, to)| {
                let utc = moments.int(0, i).checked_sub(from)?;
                DateTime::from_micros(utc.checked_add(to)?)
            });
            Ok(moved.map(|m| m.0))
        })
    },
)];

/// The microseconds that a zone is ahead of UTC; `None`: no such offset.
///
/// Errors: a zone by name, of which there are none but UTC.
fn offset(zone: &str) -> Result<Option<i64>> {
    let zone = zone.trim_ascii();
    if ["UTC", "GMT", "Z", "SYSTEM"]
        .iter()
        .any(|z| z.eq_ignore_ascii_case(zone))
    {
        return Ok(Some(0));
    }
    if zone.starts_with(|c: char| c.is_alphabetic()) {
        return Err(Error::Unsupported {
            feature: format!("the time zone {zone:?} (write its offset, such as '+02:00')"),
            position: None,
        });
    }
    let number = |s: &str| {
        s.parse::<i64>()
            .ok()
            .filter(|_| s.bytes().all(|b| b.is_ascii_digit()))
    };
    let read = || {
        let (sign, rest) = match zone.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let minutes = number(minutes).filter(|m| *m < 60 && rest.len() <= 5)?;
        let total = number(hours)? * 60 + minutes;
        // As in MySQL: from -13:59 to +14:00.
        (total <= 14 * 60 && sign * total > -14 * 60).then_some(sign * total * 60 * SECOND)
    };
    Ok(read())
}
