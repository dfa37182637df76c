//! Intervals written as one text, as in PostgreSQL: `'1 day 02:30:00'`.

use super::interval::Interval;
use super::time_unit::{Part, Unit};
use alloc::{format, string::String, vec::Vec};

/// The unit of an amount that [`interval_amount`] gives.
pub const MONTHS_AND_MICROSECONDS: &str = "MONTHS AND MICROSECONDS";

/// A text such as `'1 year 2 months -3 days 04:05:06 ago'` as the amount that DATE_ADD takes in
/// [`MONTHS_AND_MICROSECONDS`]; `None` if it is no interval.
pub fn interval_amount(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let (words, sign) = match words.split_last() {
        Some((last, rest)) if last.eq_ignore_ascii_case("ago") => (rest, -1),
        _ => (words.as_slice(), 1),
    };
    let mut sum = Interval { months: 0, micros: 0 };
    if words.is_empty() {
        return None;
    }
    let mut words = words.iter();
    while let Some(word) = words.next() {
        sum = sum.plus(match word.contains(':') {
            true => clock(word)?,
            false => {
                // `2 days` or `2days`.
                let end = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
                let (amount, unit) = word.split_at_checked(end)?;
                let unit = if unit.is_empty() { words.next()? } else { unit };
                one(amount, Unit::parse(unit)?)?
            }
        })?;
    }
    let sum = sum.times(sign)?;
    Some(format!("{} {}", sum.months, sum.micros))
}

/// The amount that such a text says.
pub(super) fn read_amount(text: &str) -> Option<Interval> {
    let (months, micros) = text.split_once(' ')?;
    Some(Interval {
        months: months.parse().ok()?,
        micros: micros.parse().ok()?,
    })
}

/// `[-]hh:mm[:ss[.ffffff]]`.
fn clock(word: &str) -> Option<Interval> {
    let unit = match (word.contains('.'), word.matches(':').count()) {
        (true, 2) => "HOUR_MICROSECOND",
        (false, 2) => "HOUR_SECOND",
        (false, 1) => "HOUR_MINUTE",
        _ => return None,
    };
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let digits = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.');
    if !unsigned.chars().all(digits) {
        return None;
    }
    Interval::parse_compound(word.trim_start_matches('+'), Unit::parse(unit)?)
}

/// An amount of one unit; a fraction of a week or less is microseconds.
fn one(amount: &str, unit: Unit) -> Option<Interval> {
    let number: f64 = amount.parse().ok()?;
    if unit.first != unit.last {
        return None;
    }
    let whole = Interval::of(unit.first, 1_000_000)?;
    let is_whole = !amount.contains('.');
    if let (true, Ok(n)) = (is_whole, amount.trim_start_matches('+').parse::<i64>()) {
        return whole.times(n);
    }
    let micros = libm::round(number * whole.micros as f64);
    let fits = whole.months == 0 && unit.first != Part::Microsecond && micros.abs() < 9e15;
    fits.then_some(Interval {
        months: 0,
        micros: micros as i64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_postgresql_reads() {
        let is = |text: &str, months: i64, micros: i64| {
            assert_eq!(
                interval_amount(text),
                Some(format!("{months} {micros}")),
                "{text}"
            );
        };
        const DAY: i64 = crate::types::DAY;
        is("1 day", 0, DAY);
        is("1 year 2 mons -3 days", 14, -3 * DAY);
        is("2days 04:05:06 ago", 0, -2 * DAY - 14_706_000_000);
        is("-1 month +01:00", -1, 3_600_000_000);
        is("1.5 hours", 0, 5_400_000_000);
        for bad in ["", "day", "1", "1 fortnight", "1.5 months", "x:y", "ago"] {
            assert_eq!(interval_amount(bad), None, "{bad}");
        }
    }
}
