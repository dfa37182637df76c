//! SQLite's functions of time: a time value, then modifiers that change it one after the other.
//!
//! Moments are of the years 0 to 9999; what leaves them is NULL, as is what SQLite does not understand. All
//! clocks show UTC, so `localtime` and `utc` change nothing.

use super::ArgKind::Any;
use super::args::{Args, DOUBLE, INT, TEXT, floats, function, ints, lenient, texts};
use super::date_parts::week;
use super::text_writer::TextWriter;
use super::time_unit::JULIAN_EPOCH;
use super::{EvalContext, ReturnKind, ScalarFunction};
use crate::types::{Column, DAY, DataType, Date, DateTime, Result, SECOND};
use alloc::vec::Vec;
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "DATETIME",
        &[],
        (0, usize::MAX),
        &[Any],
        ReturnKind::Fixed(|| DataType::DateTime { fsp: 0 }),
        "SQLite's: a time value ('now', a text, a Julian day) changed by modifiers such as '+1 day', 'start of month'.",
        |cx, a, t, _, n| {
            let a = Moments::new(cx, a, t, 0)?;
            ints(n, |i| a.at(i).map(|m| m.0 - m.0.rem_euclid(SECOND)))
        },
    )
    .volatile(),
    function(
        "JULIANDAY",
        &[],
        (0, usize::MAX),
        &[Any],
        DOUBLE,
        "SQLite's: the Julian day of a time value with modifiers.",
        |cx, a, t, _, n| {
            let a = Moments::new(cx, a, t, 0)?;
            floats(n, |i| a.at(i).map_or(f64::NAN, julian_day))
        },
    )
    .volatile(),
    function(
        "UNIXEPOCH",
        &[],
        (0, usize::MAX),
        &[Any],
        INT,
        "SQLite's: seconds since 1970-01-01 of a time value with modifiers.",
        |cx, a, t, _, n| {
            let a = Moments::new(cx, a, t, 0)?;
            ints(n, |i| a.at(i).map(|m| m.0.div_euclid(SECOND)))
        },
    )
    .volatile(),
    function(
        "STRFTIME",
        &[],
        (1, usize::MAX),
        &[Any],
        TEXT,
        "SQLite's: a time value with modifiers as text by a format such as '%Y-%m-%d'.",
        |cx, a, t, _, n| {
            let formats = [lenient(a, t, 0, &DataType::TEXT)?];
            let a = Moments::new(cx, a, t, 1)?;
            texts(cx, n, |i, out| match formats.null(0, i) {
                true => None,
                false => format(a.at(i)?, formats.text(0, i), out),
            })
        },
    )
    .volatile(),
];

fn julian_day(t: DateTime) -> f64 {
    // In milliseconds, which 53 bits hold.
    let since = (JULIAN_EPOCH * 2 - 1) * 43_200_000;
    (t.0 as f64 / 1000.0 + since as f64) / 86_400_000.0
}

/// The time value and the modifiers of a call.
struct Moments {
    now: i64,
    value: Option<TimeValue>,
    modifiers: Vec<[Column; 1]>,
}

/// The column of time values, by what their type lets them be.
enum TimeValue {
    Moment([Column; 1]),
    Number([Column; 1]),
    Text([Column; 1]),
}

impl Moments {
    /// The arguments from number `first` on.
    fn new(cx: &EvalContext<'_>, a: &[Column], types: &[DataType], first: usize) -> Result<Moments> {
        let value = match types.get(first) {
            None => None,
            Some(DataType::Date | DataType::DateTime { .. } | DataType::Timestamp { .. }) => Some(
                TimeValue::Moment([lenient(a, types, first, &DataType::DateTime { fsp: 6 })?]),
            ),
            Some(ty) if ty.is_numeric() => {
                Some(TimeValue::Number([lenient(a, types, first, &DataType::Double)?]))
            }
            Some(_) => Some(TimeValue::Text([lenient(a, types, first, &DataType::TEXT)?])),
        };
        let modifiers = (first + 1..types.len()).map(|k| Ok([lenient(a, types, k, &DataType::TEXT)?]));
        Ok(Moments {
            now: cx.now,
            value,
            modifiers: modifiers.collect::<Result<_>>()?,
        })
    }

    /// The moment of row `i`.
    fn at(&self, i: usize) -> Option<DateTime> {
        let mut state = match &self.value {
            None => State::Moment(self.now),
            Some(TimeValue::Moment(c)) => State::Moment((!c.null(0, i)).then(|| c.int(0, i))?),
            Some(TimeValue::Number(c)) => State::Number((!c.null(0, i)).then(|| c.float(0, i))?),
            Some(TimeValue::Text(c)) => {
                let text = (!c.null(0, i)).then(|| c.text(0, i))?;
                match text.eq_ignore_ascii_case("now") {
                    true => State::Moment(self.now),
                    false => read(text)?,
                }
            }
        };
        for modifier in &self.modifiers {
            let text = (!modifier.null(0, i)).then(|| modifier.text(0, i))?;
            state = State::Moment(modified(state, &text.trim_ascii().to_ascii_lowercase())?.0);
        }
        moment(state)
    }
}

/// A time value before or after modifiers.
#[derive(Debug, Clone, Copy)]
enum State {
    Moment(i64),
    /// A Julian day, unless the first modifier says otherwise.
    Number(f64),
}

/// The first Julian day after the year 9999.
const LAST_JULIAN_DAY: f64 = 5_373_484.5;

fn of_julian_day(n: f64) -> Option<DateTime> {
    if !(0.0..LAST_JULIAN_DAY).contains(&n) {
        return None;
    }
    // Milliseconds since noon of day 0, as SQLite counts.
    let millis = (n * 86_400_000.0 + 0.5) as i64 - (JULIAN_EPOCH * 2 - 1) * 43_200_000;
    DateTime::from_micros(millis.checked_mul(1000)?)
}

fn of_unix_time(n: f64) -> Option<DateTime> {
    let micros = libm::floor(n * 1000.0 + 0.5) * 1000.0;
    (micros.abs() < 9e18).then(|| DateTime::from_micros(micros as i64))?
}

fn moment(state: State) -> Option<DateTime> {
    match state {
        State::Moment(micros) => DateTime::from_micros(micros),
        State::Number(n) => of_julian_day(n),
    }
}

/// Takes exactly `count` digits off the front.
fn digits(s: &mut &str, count: usize) -> Option<i64> {
    let (number, rest) = s.split_at_checked(count)?;
    *s = rest;
    number
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| number.parse().ok())?
}

fn eat(s: &mut &str, c: char) -> bool {
    let rest = s.strip_prefix(c);
    *s = rest.unwrap_or(s);
    rest.is_some()
}

/// `HH:MM[:SS[.fff]]` off the front, in microseconds.
fn clock(s: &mut &str) -> Option<i64> {
    let hours = digits(s, 2).filter(|h| *h <= 24)?;
    let minutes = eat(s, ':').then(|| digits(s, 2))?.filter(|m| *m < 60)?;
    let mut micros = (hours * 60 + minutes) * 60 * SECOND;
    if eat(s, ':') {
        micros += digits(s, 2).filter(|s| *s < 60)? * SECOND;
        if s.starts_with('.') && s.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            eat(s, '.');
            let n = s.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, rest) = s.split_at_checked(n)?;
            *s = rest;
            let place = |i: usize| i64::from(fraction.as_bytes().get(i).map_or(0, |b| b - b'0'));
            micros += (0..6).fold(0, |v, i| v * 10 + place(i));
        }
    }
    Some(micros)
}

/// `Z` or an offset from UTC, and nothing else: microseconds.
fn zone(s: &str) -> Option<i64> {
    let mut s = s.trim_ascii();
    if s.is_empty() || s.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match (eat(&mut s, '-'), eat(&mut s, '+')) {
        (true, false) => -1,
        (false, true) => 1,
        _ => return None,
    };
    let hours = digits(&mut s, 2).filter(|h| *h <= 14)?;
    let minutes = eat(&mut s, ':').then(|| digits(&mut s, 2))?.filter(|m| *m < 60)?;
    s.is_empty()
        .then_some(sign * (hours * 60 + minutes) * 60 * SECOND)
}

/// A time value written as text.
fn read(text: &str) -> Option<State> {
    let day = || {
        let mut s = text;
        let year = digits(&mut s, 4)?;
        let month = eat(&mut s, '-').then(|| digits(&mut s, 2))??;
        let day = eat(&mut s, '-')
            .then(|| digits(&mut s, 2))?
            .filter(|d| (1..=31).contains(d))?;
        // 31 June is 1 July, as in SQLite.
        let date = Date::from_ymd(year, month, 1)?.0 + day - 1;
        let s = s.strip_prefix(['T', 't']).unwrap_or(s).trim_ascii_start();
        (s, date).into()
    };
    let of_day: Option<(&str, i64)> = day();
    let (mut s, date) = match of_day {
        Some(found) => found,
        // A time of day alone is on 2000-01-01.
        None => (text, 10_957),
    };
    if s.is_empty() && of_day.is_some() {
        return Some(State::Moment(date * DAY));
    }
    match clock(&mut s) {
        Some(micros) => Some(State::Moment(date * DAY + micros - zone(s)?)),
        None if of_day.is_some() => None,
        None => text.trim_ascii().parse().ok().map(State::Number),
    }
}

/// A value after a modifier, which is in small letters.
fn modified(state: State, modifier: &str) -> Option<DateTime> {
    match (modifier, state) {
        ("unixepoch", State::Number(n)) => return of_unix_time(n),
        ("auto", State::Number(n)) if !(0.0..LAST_JULIAN_DAY).contains(&n) => return of_unix_time(n),
        ("auto", _) | ("julianday", State::Number(_)) | ("localtime" | "utc", _) => return moment(state),
        ("unixepoch" | "julianday", State::Moment(_)) => return None,
        _ => {}
    }
    let t = moment(state)?;
    let (year, month, _) = t.date().ymd();
    if let Some(unit) = modifier.strip_prefix("start of ") {
        let date = match unit.trim_ascii_start() {
            "day" => Some(t.date()),
            "month" => Date::from_ymd(year, month, 1),
            "year" => Date::from_ymd(year, 1, 1),
            _ => None,
        };
        return date.map(Date::at_midnight);
    }
    if let Some(n) = modifier.strip_prefix("weekday ") {
        let n: f64 = n.trim_ascii().parse().ok()?;
        if libm::floor(n) != n || !(0.0..7.0).contains(&n) {
            return None;
        }
        let ahead = (n as i64 - (t.date().weekday() + 1)).rem_euclid(7);
        return DateTime::from_micros(t.0.checked_add(ahead * DAY)?);
    }
    shifted(t, modifier)
}

/// `+NNN days`, `-HH:MM:SS` and the like.
fn shifted(t: DateTime, modifier: &str) -> Option<DateTime> {
    let unsigned = modifier.trim_start_matches(['+', '-']);
    if modifier.len() - unsigned.len() > 1 || !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
    {
        return None;
    }
    let sign = if modifier.starts_with('-') { -1 } else { 1 };
    if unsigned.contains(':') {
        let mut s = unsigned;
        let micros = clock(&mut s)?;
        return s
            .is_empty()
            .then(|| DateTime::from_micros(t.0.checked_add(sign * micros)?))?;
    }
    let end = unsigned.find(|c: char| c.is_ascii_whitespace() || c.is_ascii_alphabetic() && c != 'e')?;
    let (number, unit) = unsigned.split_at_checked(end)?;
    let n = number.parse::<f64>().ok()? * sign as f64;
    let unit = unit.trim_ascii_start();
    let (seconds, most) = match unit.strip_suffix('s').unwrap_or(unit) {
        "second" => (1.0, 4.6427e14),
        "minute" => (60.0, 7.7379e12),
        "hour" => (3600.0, 1.2897e11),
        "day" => (86_400.0, 5_373_485.0),
        "month" => (2_592_000.0, 176_546.0),
        "year" => (31_536_000.0, 14_713.0),
        _ => return None,
    };
    if n.abs() >= most {
        return None;
    }
    let (t, n) = match unit.strip_suffix('s').unwrap_or(unit) {
        "month" => (later(t, n as i64)?, n - libm::trunc(n)),
        "year" => (later(t, n as i64 * 12)?, n - libm::trunc(n)),
        _ => (t, n),
    };
    let millis = n * 1000.0 * seconds + if n < 0.0 { -0.5 } else { 0.5 };
    DateTime::from_micros(t.0.checked_add((millis as i64).checked_mul(1000)?)?)
}

/// The same day of another month; 31 June is 1 July.
fn later(t: DateTime, months: i64) -> Option<DateTime> {
    let (year, month, day) = t.date().ymd();
    let total = (year * 12 + month - 1).checked_add(months)?;
    let first = Date::from_ymd(total.div_euclid(12), total.rem_euclid(12) + 1, 1)?;
    DateTime::from_micros((first.0 + day - 1) * DAY + t.time().0)
}

/// Writes a moment by a format; `None`: it has a specifier that there is not.
fn format(t: DateTime, format: &str, out: &mut TextWriter) -> Option<()> {
    let (p, date) = (t.parts(), t.date());
    let hour12 = (p.hour + 11) % 12 + 1;
    let (monday, sunday) = (date.weekday(), (date.weekday() + 1) % 7);
    let day_of_year = date.day_of_year();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'd' => write!(out, "{:02}", p.day),
            'e' => write!(out, "{:2}", p.day),
            'f' => {
                let millis = ((p.micro + 500) / 1000).min(999);
                write!(out, "{:02}.{millis:03}", p.second)
            }
            'F' => write!(out, "{date}"),
            'g' => write!(out, "{:02}", week(date, 3).0 % 100),
            'G' => write!(out, "{:04}", week(date, 3).0),
            'H' => write!(out, "{:02}", p.hour),
            'I' => write!(out, "{hour12:02}"),
            'j' => write!(out, "{day_of_year:03}"),
            'J' => write!(out, "{}", julian_day(t)),
            'k' => write!(out, "{:2}", p.hour),
            'l' => write!(out, "{hour12:2}"),
            'm' => write!(out, "{:02}", p.month),
            'M' => write!(out, "{:02}", p.minute),
            'p' => write!(out, "{}", if p.hour < 12 { "AM" } else { "PM" }),
            'P' => write!(out, "{}", if p.hour < 12 { "am" } else { "pm" }),
            'R' => write!(out, "{:02}:{:02}", p.hour, p.minute),
            's' => write!(out, "{}", t.0.div_euclid(SECOND)),
            'S' => write!(out, "{:02}", p.second),
            'T' => write!(out, "{:02}:{:02}:{:02}", p.hour, p.minute, p.second),
            'u' => write!(out, "{}", monday + 1),
            'U' => write!(out, "{:02}", (day_of_year + 6 - sunday) / 7),
            'V' => write!(out, "{:02}", week(date, 3).1),
            'w' => write!(out, "{sunday}"),
            'W' => write!(out, "{:02}", (day_of_year + 6 - monday) / 7),
            'Y' => write!(out, "{:04}", p.year),
            '%' => write!(out, "%"),
            _ => return None,
        }
        .ok()?;
    }
    Some(())
}
