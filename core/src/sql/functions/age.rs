//! How far two dates are apart by the calendar: AGE, MONTHS_BETWEEN, ADD_MONTHS.

use super::ArgKind::{Any, DateTime as DateTimeArg, Int};
use super::args::{Args, DOUBLE, TEXT, floats, function, lenient, texts, try_ints};
use super::text_writer::TextWriter;
use super::{ReturnKind, ScalarFunction};
use crate::types::{DAY, DataType, Date, DateTime, DateTimeParts, days_in_month};
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "AGE",
        &[],
        (1, 2),
        &[DateTimeArg],
        TEXT,
        "How far a moment is after another, or before today, by the calendar: '43 years 9 mons 27 days'; a text that INTERVAL takes.",
        |cx, a, _, _, n| {
            let today = cx.now - cx.now.rem_euclid(DAY);
            texts(cx, n, |i, out| {
                let (later, earlier) = match a.has(1) {
                    true => (a.int(0, i), a.int(1, i)),
                    false => (today, a.int(0, i)),
                };
                write_age(DateTime(later), DateTime(earlier), out);
                Some(())
            })
        },
    )
    .volatile(),
    function(
        "MONTHS_BETWEEN",
        &[],
        (2, 2),
        &[DateTimeArg],
        DOUBLE,
        "The months from the second moment to the first; a part of a month counts by its 31st.",
        |_, a, _, _, n| floats(n, |i| months_between(DateTime(a.int(0, i)), DateTime(a.int(1, i)))),
    ),
    function(
        "ADD_MONTHS",
        &[],
        (2, 2),
        &[Any, Int],
        ReturnKind::Of(|types| match types.first() {
            Some(ty @ (DataType::DateTime { .. } | DataType::Timestamp { .. })) => DataType::DateTime { fsp: ty.scale() },
            Some(DataType::Date) => DataType::Date,
            _ => DataType::DateTime { fsp: 6 },
        }),
        "A date so many months later, on the last day of a month that is too short.",
        |_, a, t, ty, n| {
            let is_date = *ty == DataType::Date;
            let dates = [lenient(a, t, 0, &if is_date { DataType::Date } else { DataType::DateTime { fsp: 6 } })?];
            try_ints(n, |i| {
                if dates.null(0, i) || a.null(1, i) {
                    return Ok(None);
                }
                let months = a.int(1, i);
                let given = dates.int(0, i);
                Ok(match is_date {
                    true => add_months(Date(given), months).map(|d| d.0),
                    false => {
                        let moment = DateTime(given);
                        let time = given.rem_euclid(DAY);
                        add_months(moment.date(), months).and_then(|d| d.0.checked_mul(DAY)?.checked_add(time))
                    }
                })
            })
        },
    ),
];

fn add_months(date: Date, months: i64) -> Option<Date> {
    let parts = DateTime(date.0.checked_mul(DAY)?).parts();
    let months = (parts.year * 12 + parts.month - 1).checked_add(months)?;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    Date::from_ymd(year, month, parts.day.min(days_in_month(year, month)))
}

fn months_between(later: DateTime, earlier: DateTime) -> f64 {
    let (a, b) = (later.parts(), earlier.parts());
    let months = (a.year * 12 + a.month - b.year * 12 - b.month) as f64;
    let is_last = |p: &DateTimeParts| p.day == days_in_month(p.year, p.month);
    if a.day == b.day || (is_last(&a) && is_last(&b)) {
        return months;
    }
    let into = |p: &DateTimeParts, moment: DateTime| (p.day * DAY + moment.0.rem_euclid(DAY)) as f64;
    months + (into(&a, later) - into(&b, earlier)) / (31 * DAY) as f64
}

/// As PostgreSQL: field by field, borrowing the days of the earlier month.
fn write_age(later: DateTime, earlier: DateTime, out: &mut TextWriter) {
    let swapped = later.0 < earlier.0;
    let (late, early) = if swapped {
        (earlier, later)
    } else {
        (later, earlier)
    };
    let (a, b) = (late.parts(), early.parts());
    let mut time = late.0.rem_euclid(DAY) - early.0.rem_euclid(DAY);
    let (mut years, mut months, mut days) = (a.year - b.year, a.month - b.month, a.day - b.day);
    if time < 0 {
        time += DAY;
        days -= 1;
    }
    if days < 0 {
        days += days_in_month(b.year, b.month);
        months -= 1;
    }
    if months < 0 {
        months += 12;
        years -= 1;
    }
    let sign = if swapped { -1 } else { 1 };
    let mut written = false;
    for (amount, one, many) in [
        (years, "year", "years"),
        (months, "mon", "mons"),
        (days, "day", "days"),
    ] {
        if amount != 0 {
            let gap = if written { " " } else { "" };
            let amount = sign * amount;
            let name = if amount == 1 { one } else { many };
            // What does not fit is noted by the writer.
            let _ = write!(out, "{gap}{amount} {name}");
            written = true;
        }
    }
    if time != 0 || !written {
        let gap = if written { " " } else { "" };
        let minus = if swapped && time != 0 { "-" } else { "" };
        let (seconds, micros) = (time / 1_000_000, time % 1_000_000);
        let _ = write!(
            out,
            "{gap}{minus}{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
        if micros != 0 {
            let digits = alloc::format!("{micros:06}");
            let _ = write!(out, ".{}", digits.trim_end_matches('0'));
        }
    }
}
