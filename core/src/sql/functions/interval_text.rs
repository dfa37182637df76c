//! Intervals written as one text, as in PostgreSQL: `'1 day 02:30:00'`.

use super::time_unit::{Part, Unit};
use alloc::{format, string::String, vec::Vec};

/// The numbers and units of a text such as `'1 year 2 months -3 days 04:05:06 ago'`, each for DATE_ADD; `None`
/// if it is no interval.
pub fn components(text: &str) -> Option<Vec<(String, &'static str)>> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let (words, ago) = match words.split_last() {
        Some((last, rest)) if last.eq_ignore_ascii_case("ago") => (rest, true),
        _ => (words.as_slice(), false),
    };
    let signed = |amount: &str| match (amount.strip_prefix('-'), ago) {
        (Some(positive), true) => String::from(positive),
        (None, true) => format!("-{}", amount.trim_start_matches('+')),
        (_, false) => String::from(amount.trim_start_matches('+')),
    };
    let mut out = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word.contains(':') {
            let unit = match (word.contains('.'), word.matches(':').count()) {
                (true, 2) => "HOUR_MICROSECOND",
                (false, 2) => "HOUR_SECOND",
                (false, 1) => "HOUR_MINUTE",
                _ => return None,
            };
            let digits = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.');
            if !word.trim_start_matches(['+', '-']).chars().all(digits) {
                return None;
            }
            out.push((signed(word), unit));
            continue;
        }
        // `2 days` or `2days`.
        let end = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
        let (amount, unit) = word.split_at_checked(end)?;
        let unit = if unit.is_empty() { words.next()? } else { unit };
        amount.parse::<f64>().ok()?;
        out.push(one(signed(amount), Unit::parse(unit)?)?);
    }
    // Each becomes an addition within the next.
    (1..=16).contains(&out.len()).then_some(out)
}

/// An amount of one unit; a fraction of a day or less is told in microseconds.
fn one(amount: String, unit: Unit) -> Option<(String, &'static str)> {
    let micros: i64 = match unit.first {
        _ if unit.first != unit.last => return None,
        Part::Millennium => return whole(amount, "MILLENNIUM"),
        Part::Century => return whole(amount, "CENTURY"),
        Part::Decade => return whole(amount, "DECADE"),
        Part::Year => return whole(amount, "YEAR"),
        Part::Quarter => return whole(amount, "QUARTER"),
        Part::Month => return whole(amount, "MONTH"),
        Part::Second => return Some((amount, "SECOND")),
        Part::Microsecond => return whole(amount, "MICROSECOND"),
        Part::Week if !amount.contains('.') => return Some((amount, "WEEK")),
        Part::Day if !amount.contains('.') => return Some((amount, "DAY")),
        Part::Hour if !amount.contains('.') => return Some((amount, "HOUR")),
        Part::Minute if !amount.contains('.') => return Some((amount, "MINUTE")),
        Part::Week => 7 * 86_400_000_000,
        Part::Day => 86_400_000_000,
        Part::Hour => 3_600_000_000,
        Part::Minute => 60_000_000,
        Part::Millisecond => 1000,
        _ => return None,
    };
    let micros = libm::round(amount.parse::<f64>().ok()? * micros as f64);
    (micros.abs() < 9e15).then(|| (format!("{}", micros as i64), "MICROSECOND"))
}

fn whole(amount: String, unit: &'static str) -> Option<(String, &'static str)> {
    (!amount.contains('.')).then_some((amount, unit))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_postgresql_reads() {
        let text = |t: &str| {
            let parts = components(t).unwrap();
            parts
                .into_iter()
                .map(|(n, u)| format!("{n} {u};"))
                .collect::<String>()
        };
        assert_eq!(text("1 day"), "1 DAY;");
        assert_eq!(text("1 year 2 mons -3 days"), "1 YEAR;2 MONTH;-3 DAY;");
        assert_eq!(text("2days 04:05:06 ago"), "-2 DAY;-04:05:06 HOUR_SECOND;");
        assert_eq!(text("1.5 hours"), "5400000000 MICROSECOND;");
        for bad in ["", "day", "1", "1 fortnight", "1.5 months", "x:y"] {
            assert_eq!(components(bad), None, "{bad}");
        }
    }
}
