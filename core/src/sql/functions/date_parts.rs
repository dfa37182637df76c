//! Parts of dates and times, and building them from parts.

use super::ArgKind::{Any, Date as DateArg, DateTime as DateTimeArg, Int, Number};
use super::args::{Args, DATE, INT, TEXT, function, ints, lenient, texts};
use super::{ReturnKind, ScalarFunction};
use crate::types::{Column, DAY, DataType, Date, DateTime, Decimal, Result, SECOND, Time, Value, is_leap};
use core::fmt::Write;

/// Names of months, January first.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Names of days, Monday first.
pub(super) const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// A number taken from a date.
macro_rules! of_date {
    ($name:literal, $aliases:expr, $doc:literal, $f:expr) => {
        function($name, $aliases, (1, 1), &[DateArg], INT, $doc, |_, a, _, _, n| {
            ints(n, |i| {
                let f: fn(Date) -> i64 = $f;
                Some(f(Date(a.int(0, i))))
            })
        })
    };
}

/// A number taken from a time of day.
macro_rules! of_time {
    ($name:literal, $doc:literal, $f:expr) => {
        function($name, &[], (1, 1), &[Any], INT, $doc, |_, a, t, _, n| {
            let times = [lenient(a, t, 0, &DataType::Time { fsp: 6 })?];
            ints(n, |i| {
                let f: fn(Time) -> i64 = $f;
                (!times.null(0, i)).then(|| f(Time(times.int(0, i))))
            })
        })
    };
}

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    of_date!("YEAR", &[], "0 to 9999.", |d| d.ymd().0),
    of_date!("MONTH", &[], "1 to 12.", |d| d.ymd().1),
    of_date!("DAY", &["DAYOFMONTH"], "1 to 31.", |d| d.ymd().2),
    of_date!("QUARTER", &[], "1 to 4.", |d| (d.ymd().1 + 2) / 3),
    of_date!("DAYOFWEEK", &[], "Sunday is 1, Saturday 7.", |d| (d.weekday()
        + 1)
        % 7
        + 1),
    of_date!("WEEKDAY", &[], "Monday is 0, Sunday 6.", Date::weekday),
    of_date!("DAYOFYEAR", &[], "1 to 366.", Date::day_of_year),
    of_date!("WEEKOFYEAR", &[], "The ISO week, 1 to 53.", |d| week(d, 3).1),
    of_date!("TO_DAYS", &[], "Days since year 0.", |d| d.0 - Date::MIN.0),
    function(
        "WEEK",
        &[],
        (1, 2),
        &[DateArg, Int],
        INT,
        "The week of the year; the mode (0 to 7) says how weeks are counted, as in MySQL.",
        |_, a, _, _, n| {
            ints(n, |i| {
                Some(week(Date(a.int(0, i)), if a.has(1) { a.int(1, i) } else { 0 }).1)
            })
        },
    ),
    function(
        "YEARWEEK",
        &[],
        (1, 2),
        &[DateArg, Int],
        INT,
        "Year and week as YYYYWW.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let (year, week) = week(Date(a.int(0, i)), if a.has(1) { a.int(1, i) } else { 0 } | 2);
                Some(year * 100 + week)
            })
        },
    ),
    of_time!("HOUR", "Hours; more than 23 for a long TIME.", |t| t.parts().1),
    of_time!("MINUTE", "0 to 59.", |t| t.parts().2),
    of_time!("SECOND", "0 to 59.", |t| t.parts().3),
    of_time!("MICROSECOND", "0 to 999999.", |t| t.parts().4),
    of_time!("TIME_TO_SEC", "The seconds of a TIME.", |t| t.0 / SECOND),
    function(
        "DAYNAME",
        &[],
        (1, 1),
        &[DateArg],
        TEXT,
        "Monday to Sunday.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                out.write_str(DAYS.get(Date(a.int(0, i)).weekday() as usize)?)
                    .ok()
            })
        },
    ),
    function(
        "MONTHNAME",
        &[],
        (1, 1),
        &[DateArg],
        TEXT,
        "January to December.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                out.write_str(MONTHS.get(Date(a.int(0, i)).ymd().1 as usize - 1)?)
                    .ok()
            })
        },
    ),
    function(
        "LAST_DAY",
        &[],
        (1, 1),
        &[DateArg],
        DATE,
        "The last day of the month.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let (year, month, _) = Date(a.int(0, i)).ymd();
                Date::from_ymd(year, month, crate::types::days_in_month(year, month)).map(|d| d.0)
            })
        },
    ),
    function(
        "DATE",
        &[],
        (1, 1),
        &[DateArg],
        DATE,
        "The date of a moment.",
        |_, a, _, _, n| ints(n, |i| (!a.null(0, i)).then(|| a.int(0, i))),
    ),
    function(
        "TIME",
        &[],
        (1, 1),
        &[Any],
        ReturnKind::OfConstants(time_type),
        "The time of day of a moment, or a TIME.",
        |_, a, t, ty, _| lenient(a, t, 0, ty),
    ),
    function(
        "TIMESTAMP",
        &[],
        (1, 2),
        &[Any],
        ReturnKind::OfConstants(moment_type),
        "A DATETIME; with two arguments, their sum.",
        |_, a, t, ty, n| {
            let moment = lenient(a, t, 0, ty)?;
            if !a.has(1) {
                return Ok(moment);
            }
            let both = [moment, lenient(a, t, 1, &DataType::Time { fsp: 6 })?];
            ints(n, |i| {
                let sum = both
                    .int(0, i)
                    .checked_add(both.int(1, i))
                    .filter(|_| !both.null(0, i) && !both.null(1, i))?;
                DateTime::from_micros(sum).map(|t| t.0)
            })
        },
    ),
    function(
        "FROM_DAYS",
        &[],
        (1, 1),
        &[Int],
        DATE,
        "The date so many days after year 0.",
        |_, a, _, _, n| {
            ints(n, |i| {
                Date::from_days(a.int(0, i).checked_add(Date::MIN.0)?).map(|d| d.0)
            })
        },
    ),
    function(
        "MAKEDATE",
        &[],
        (2, 2),
        &[Int],
        DATE,
        "The n-th day of a year; NULL for n below 1.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let day = a.int(1, i).checked_sub(1).filter(|d| *d >= 0)?;
                Date::from_days(Date::from_ymd(a.int(0, i), 1, 1)?.0.checked_add(day)?).map(|d| d.0)
            })
        },
    ),
    function(
        "MAKETIME",
        &["MAKE_TIME"],
        (3, 3),
        &[Int, Int, Number],
        ReturnKind::Of(|t| seconds_type(t, 2)),
        "A TIME of hours, minutes and seconds.",
        |_, a, t, _, n| {
            let seconds = [lenient(a, t, 2, &MICROS)?];
            ints(n, |i| {
                let (h, m, s) = (a.int(0, i), a.int(1, i), seconds.decimal(0, i));
                let s = i64::try_from(s).ok().filter(|s| (0..60 * SECOND).contains(s))?;
                if !(0..60).contains(&m) || h.unsigned_abs() > 838 {
                    return None;
                }
                let micros = (h.abs() * 60 + m) * 60 * SECOND + s;
                Time::from_micros(if h < 0 { -micros } else { micros }).map(|t| t.0)
            })
        },
    ),
    function(
        "SEC_TO_TIME",
        &[],
        (1, 1),
        &[Number],
        ReturnKind::Of(|t| seconds_type(t, 0)),
        "Seconds as a TIME, at most 838:59:59.",
        |_, a, t, _, n| {
            let seconds = [lenient(a, t, 0, &MICROS)?];
            ints(n, |i| {
                let most = i128::from(Time::MAX.0);
                i64::try_from(seconds.decimal(0, i).clamp(-most, most)).ok()
            })
        },
    ),
    function(
        "TO_SECONDS",
        &[],
        (1, 1),
        &[DateTimeArg],
        INT,
        "Seconds since year 0.",
        |_, a, _, _, n| {
            ints(n, |i| {
                Some(a.int(0, i).div_euclid(SECOND) - DateTime::MIN.0 / SECOND)
            })
        },
    ),
    function(
        "TIMEDIFF",
        &[],
        (2, 2),
        &[Any],
        ReturnKind::OfConstants(difference_type),
        "The first moment minus the second, as a TIME.",
        |_, a, t, _, n| {
            let moments = t
                .iter()
                .any(|t| matches!(t, DataType::DateTime { .. } | DataType::Timestamp { .. }));
            let has_date = |k: usize| {
                (0..n).any(|i| {
                    t.get(k).is_some_and(DataType::is_text) && a.text(k, i).trim_ascii().contains(' ')
                })
            };
            let ty = if moments || has_date(0) {
                DataType::DateTime { fsp: 6 }
            } else {
                DataType::Time { fsp: 6 }
            };
            let both = [lenient(a, t, 0, &ty)?, lenient(a, t, 1, &ty)?];
            ints(n, |i| {
                let difference = both
                    .int(0, i)
                    .checked_sub(both.int(1, i))
                    .filter(|_| !both.null(0, i) && !both.null(1, i))?;
                Some(difference.clamp(-Time::MAX.0, Time::MAX.0))
            })
        },
    ),
    function(
        "ADDTIME",
        &[],
        (2, 2),
        &[Any],
        ReturnKind::OfConstants(moved_type),
        "A DATETIME or TIME plus a TIME.",
        |_, a, t, ty, n| move_by(a, t, ty, n, 1),
    ),
    function(
        "SUBTIME",
        &[],
        (2, 2),
        &[Any],
        ReturnKind::OfConstants(moved_type),
        "A DATETIME or TIME minus a TIME.",
        |_, a, t, ty, n| move_by(a, t, ty, n, -1),
    ),
];

/// Seconds, to the microsecond.
const MICROS: DataType = DataType::Decimal {
    precision: Decimal::MAX_PRECISION,
    scale: 6,
    unsigned: false,
};

/// A TIME with the fraction of the seconds in an argument.
fn seconds_type(types: &[DataType], k: usize) -> DataType {
    let fsp = match types.get(k) {
        Some(DataType::Float | DataType::Double) => 6,
        Some(ty) => ty.scale().min(6),
        None => 0,
    };
    DataType::Time { fsp }
}

/// The digits of fractional seconds an argument may have.
pub(super) fn fsp(types: &[DataType], constants: &[Option<Value>], k: usize) -> u8 {
    match (types.get(k), constants.get(k)) {
        (Some(DataType::Time { fsp } | DataType::DateTime { fsp } | DataType::Timestamp { fsp }), _) => *fsp,
        (Some(DataType::Text { .. }), Some(Some(Value::Text(t)))) if !t.contains('.') => 0,
        (Some(DataType::Text { .. }), _) => 6,
        _ => 0,
    }
}

fn time_type(types: &[DataType], constants: &[Option<Value>]) -> DataType {
    DataType::Time {
        fsp: fsp(types, constants, 0),
    }
}

fn difference_type(types: &[DataType], constants: &[Option<Value>]) -> DataType {
    DataType::Time {
        fsp: fsp(types, constants, 0).max(fsp(types, constants, 1)),
    }
}

fn moment_type(types: &[DataType], constants: &[Option<Value>]) -> DataType {
    DataType::DateTime {
        fsp: fsp(types, constants, 0).max(fsp(types, constants, 1)),
    }
}

fn moved_type(types: &[DataType], constants: &[Option<Value>]) -> DataType {
    let fsp = fsp(types, constants, 0).max(fsp(types, constants, 1));
    let dated = matches!(constants.first(), Some(Some(Value::Text(t))) if t.trim_ascii().contains(' '));
    match types.first() {
        Some(DataType::Date | DataType::DateTime { .. } | DataType::Timestamp { .. }) => {
            DataType::DateTime { fsp }
        }
        _ if dated => DataType::DateTime { fsp },
        _ => DataType::Time { fsp },
    }
}

fn move_by(a: &[Column], types: &[DataType], ty: &DataType, rows: usize, sign: i64) -> Result<Column> {
    let both = [
        lenient(a, types, 0, ty)?,
        lenient(a, types, 1, &DataType::Time { fsp: 6 })?,
    ];
    // What is added is a time of its own, not that of a moment.
    let is_moment = |i: usize| match types.get(1) {
        Some(DataType::Date | DataType::DateTime { .. } | DataType::Timestamp { .. }) => true,
        Some(DataType::Text { .. }) => {
            let text = a.text(1, i).trim_ascii();
            text.as_bytes().get(1..5).is_some_and(|b| b.contains(&b'-'))
        }
        _ => false,
    };
    ints(rows, |i| {
        if is_moment(i) {
            return None;
        }
        let by = both.int(1, i).checked_mul(sign)?;
        let sum = both
            .int(0, i)
            .checked_add(by)
            .filter(|_| !both.null(0, i) && !both.null(1, i))?;
        match ty {
            DataType::Time { .. } => Some(sum.clamp(-Time::MAX.0, Time::MAX.0)),
            _ => DateTime::from_micros(sum).map(|t| t.0),
        }
    })
}

/// Year and week of a date by MySQL's modes: bit 0 starts weeks on Monday; bit 1 counts from 1 (a day
/// before the first week belongs to the last of the year before); bit 2, by itself or with bit 0 as
/// MySQL defines it, makes the first week the one with the first such weekday, not the one with four days.
pub(super) fn week(date: Date, mode: i64) -> (i64, i64) {
    let monday_first = mode & 1 != 0;
    let mut week_year = mode & 2 != 0;
    let first_weekday = (mode & 4 != 0) == monday_first;
    let (mut year, month, day) = date.ymd();
    let days_in_year = |y: i64| if is_leap(y) { 366 } else { 365 };
    let start = date.at_midnight().0 / DAY - date.day_of_year() + 1;
    let mut first = start;
    // The weekday of 1 January, counted from the first day of a week.
    let mut weekday = (Date(first).weekday() + i64::from(!monday_first)) % 7;
    let not_in_week_1 = |weekday: i64| if first_weekday { weekday != 0 } else { weekday >= 4 };
    if month == 1 && day <= 7 - weekday {
        if !week_year && not_in_week_1(weekday) {
            return (year, 0);
        }
        week_year = true;
        year -= 1;
        first -= days_in_year(year);
        weekday = (weekday + 53 * 7 - days_in_year(year)) % 7;
    }
    let days = match not_in_week_1(weekday) {
        true => date.0 - (first + 7 - weekday),
        false => date.0 - (first - weekday),
    };
    if week_year && days >= 52 * 7 {
        weekday = (weekday + days_in_year(year)) % 7;
        if !not_in_week_1(weekday) {
            return (year + 1, 1);
        }
    }
    (year, days / 7 + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_mysqls() {
        let w = |d: &str, mode| week(Date::parse(d).unwrap(), mode);
        // From MySQL's manual.
        assert_eq!(w("2008-02-20", 0).1, 7);
        assert_eq!(w("2008-02-20", 1).1, 8);
        assert_eq!(w("2008-12-31", 1).1, 53);
        assert_eq!(w("2000-01-01", 0).1, 0);
        assert_eq!(w("2000-01-01", 2), (1999, 52));
        assert_eq!(w("1987-01-01", 2), (1986, 52));
        assert_eq!(w("2024-05-06", 3).1, 19);
        // ISO: 2024-12-30 is in week 1 of 2025; 2021-01-03 in week 53 of 2020.
        assert_eq!(w("2024-12-30", 3), (2025, 1));
        assert_eq!(w("2021-01-03", 3), (2020, 53));
    }
}
