//! DATE_FORMAT and STR_TO_DATE: MySQL's format specifiers, written and read.

use super::ArgKind::{Any, DateTime as DateTimeArg, Text};
use super::args::{Args, TEXT, function, ints, lenient, texts};
use super::date_parts::{DAYS, MONTHS, week};
use super::text_writer::TextWriter;
use super::{ReturnKind, ScalarFunction};
use crate::types::{DAY, DataType, Date, DateTime, DateTimeParts, SECOND, Time, Value};
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "DATE_FORMAT",
        &[],
        (2, 2),
        &[DateTimeArg, Text],
        TEXT,
        "A moment as text by a format such as '%Y-%m-%d %H:%i:%s'.",
        |cx, a, _, _, n| texts(cx, n, |i, out| format(DateTime(a.int(0, i)), a.text(1, i), out)),
    ),
    function(
        "TIME_FORMAT",
        &[],
        (2, 2),
        &[Any, Text],
        TEXT,
        "A time as text by a format such as '%H:%i:%s'.",
        |cx, a, t, _, n| {
            let times = [lenient(a, t, 0, &DataType::Time { fsp: 6 })?];
            texts(cx, n, |i, out| {
                let time = times.int(0, i);
                if time < 0 {
                    out.push('-');
                }
                let hours = Some(time.abs() / (3600 * SECOND));
                let moment = DateTime(time.abs() % DAY);
                write(moment, hours, a.text(1, i), out).filter(|()| !times.null(0, i))
            })
        },
    ),
    function(
        "GET_FORMAT",
        &[],
        (2, 2),
        &[Text],
        TEXT,
        "The format of a kind of date in a country: GET_FORMAT(DATE, 'EUR').",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let is = |k: usize, name: &str| a.text(k, i).eq_ignore_ascii_case(name);
                let (.., format) = FORMATS.iter().find(|(kind, place, _)| {
                    (is(0, kind) || *kind == "DATETIME" && is(0, "TIMESTAMP")) && is(1, place)
                })?;
                out.push_str(format);
                Some(())
            })
        },
    ),
    function(
        "STR_TO_DATE",
        &[],
        (2, 2),
        &[Text],
        ReturnKind::OfConstants(parsed_type),
        "Text read by a format as DATE_FORMAT writes it; NULL if it does not match.",
        |_, a, _, ty, n| {
            ints(n, |i| {
                let (moment, time) = parse(a.text(0, i), a.text(1, i))?;
                match ty {
                    DataType::Date => Some(moment?.date().0),
                    DataType::Time { .. } => Some(time.0),
                    _ => Some(moment?.0),
                }
            })
        },
    ),
];

/// What GET_FORMAT knows: the kind, the country or standard, the format.
const FORMATS: [(&str, &str, &str); 15] = [
    ("DATE", "USA", "%m.%d.%Y"),
    ("DATE", "JIS", "%Y-%m-%d"),
    ("DATE", "ISO", "%Y-%m-%d"),
    ("DATE", "EUR", "%d.%m.%Y"),
    ("DATE", "INTERNAL", "%Y%m%d"),
    ("DATETIME", "USA", "%Y-%m-%d %H.%i.%s"),
    ("DATETIME", "JIS", "%Y-%m-%d %H:%i:%s"),
    ("DATETIME", "ISO", "%Y-%m-%d %H:%i:%s"),
    ("DATETIME", "EUR", "%Y-%m-%d %H.%i.%s"),
    ("DATETIME", "INTERNAL", "%Y%m%d%H%i%s"),
    ("TIME", "USA", "%h:%i:%s %p"),
    ("TIME", "JIS", "%H:%i:%s"),
    ("TIME", "ISO", "%H:%i:%s"),
    ("TIME", "EUR", "%H.%i.%s"),
    ("TIME", "INTERNAL", "%H%i%s"),
];

/// Writes a moment by a format; `None` is a format that ends within a specifier's name.
pub(super) fn format(t: DateTime, format: &str, out: &mut TextWriter) -> Option<()> {
    write(t, None, format, out)
}

/// As [`format`]; `hours` are those of a time that may be longer than a day.
fn write(t: DateTime, hours: Option<i64>, format: &str, out: &mut TextWriter) -> Option<()> {
    let (p, date) = (t.parts(), t.date());
    let hour12 = (p.hour + 11) % 12 + 1;
    let half = if p.hour < 12 { "AM" } else { "PM" };
    let day = DAYS.get(date.weekday() as usize)?;
    let month = MONTHS.get(p.month as usize - 1)?;
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let written = match chars.next() {
            None => return Some(()),
            Some('a') => write!(out, "{}", day.get(..3)?),
            Some('b') => write!(out, "{}", month.get(..3)?),
            Some('c') => write!(out, "{}", p.month),
            Some('D') => write!(out, "{}{}", p.day, ordinal(p.day)),
            Some('d') => write!(out, "{:02}", p.day),
            Some('e') => write!(out, "{}", p.day),
            Some('f') => write!(out, "{:06}", p.micro),
            Some('H') => write!(out, "{:02}", hours.unwrap_or(p.hour)),
            Some('h' | 'I') => write!(out, "{hour12:02}"),
            Some('i') => write!(out, "{:02}", p.minute),
            Some('j') => write!(out, "{:03}", date.day_of_year()),
            Some('k') => write!(out, "{}", hours.unwrap_or(p.hour)),
            Some('l') => write!(out, "{hour12}"),
            Some('M') => write!(out, "{month}"),
            Some('m') => write!(out, "{:02}", p.month),
            Some('p') => write!(out, "{half}"),
            Some('r') => write!(out, "{hour12:02}:{:02}:{:02} {half}", p.minute, p.second),
            Some('S' | 's') => write!(out, "{:02}", p.second),
            Some('T') => write!(out, "{:02}:{:02}:{:02}", p.hour, p.minute, p.second),
            Some('U') => write!(out, "{:02}", week(date, 0).1),
            Some('u') => write!(out, "{:02}", week(date, 1).1),
            Some('V') => write!(out, "{:02}", week(date, 2).1),
            Some('v') => write!(out, "{:02}", week(date, 3).1),
            Some('W') => write!(out, "{day}"),
            Some('w') => write!(out, "{}", (date.weekday() + 1) % 7),
            Some('X') => write!(out, "{:04}", week(date, 2).0),
            Some('x') => write!(out, "{:04}", week(date, 3).0),
            Some('Y') => write!(out, "{:04}", p.year),
            Some('y') => write!(out, "{:02}", p.year % 100),
            Some(c) => out.write_char(c),
        };
        written.ok()?;
    }
    Some(())
}

fn ordinal(day: i64) -> &'static str {
    match (day / 10, day % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// DATE, TIME or DATETIME by what the format, if it is constant, mentions.
fn parsed_type(_: &[DataType], constants: &[Option<Value>]) -> DataType {
    let Some(Some(Value::Text(format))) = constants.get(1) else {
        return DataType::DateTime { fsp: 6 };
    };
    let mentions = |set: &str| {
        let mut chars = format.chars();
        let mut found = false;
        while let Some(c) = chars.next() {
            found |= c == '%' && chars.next().is_some_and(|s| set.contains(s));
        }
        found
    };
    let fsp = if mentions("f") { 6 } else { 0 };
    match (mentions("YyMmbcdDejWawUuVvXx"), mentions("HhIiklpSsTrf")) {
        (true, false) => DataType::Date,
        (false, true) => DataType::Time { fsp },
        _ => DataType::DateTime { fsp },
    }
}

/// Takes up to `most` digits off the front.
fn number(s: &mut &str, most: usize) -> Option<i64> {
    let n = s.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = s.split_at_checked(n)?;
    *s = rest;
    digits.parse().ok()
}

/// Takes one of the names, or its first three letters, off the front: its position.
fn name(s: &mut &str, names: &[&str], short: bool) -> Option<i64> {
    let found = names.iter().position(|n| {
        let n = if short { n.get(..3).unwrap_or(n) } else { n };
        s.get(..n.len()).is_some_and(|head| head.eq_ignore_ascii_case(n))
    })?;
    let len = if short { 3 } else { names.get(found)?.len() };
    *s = s.get(len..)?;
    Some(found as i64)
}

/// Reads text by a format: the moment (`None` if the day does not exist) and the time of day.
fn parse(text: &str, format: &str) -> Option<(Option<DateTime>, Time)> {
    let mut s = text.trim_ascii_start();
    let mut p = DateTimeParts {
        year: 0,
        month: 0,
        day: 0,
        hour: 0,
        minute: 0,
        second: 0,
        micro: 0,
    };
    let (mut afternoon, mut twelve_hours, mut day_of_year) = (None, false, None);
    // The composite specifiers are their parts.
    let format = format.replace("%T", "%H:%i:%s").replace("%r", "%I:%i:%s %p");
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c.is_ascii_whitespace() {
            s = s.trim_ascii_start();
            continue;
        }
        if c != '%' {
            s = s.trim_ascii_start().strip_prefix(c)?;
            continue;
        }
        let specifier = chars.next()?;
        s = s.trim_ascii_start();
        match specifier {
            'Y' => p.year = number(&mut s, 4)?,
            'y' => p.year = number(&mut s, 2).map(|y| y + if y < 70 { 2000 } else { 1900 })?,
            'm' | 'c' => p.month = number(&mut s, 2)?,
            'M' => p.month = name(&mut s, &MONTHS, false)? + 1,
            'b' => p.month = name(&mut s, &MONTHS, true)? + 1,
            'd' | 'e' => p.day = number(&mut s, 2)?,
            'D' => {
                p.day = number(&mut s, 2)?;
                s = s.get(2..)?;
            }
            'j' => day_of_year = Some(number(&mut s, 3)?),
            'H' | 'k' => p.hour = number(&mut s, 2)?,
            'h' | 'I' | 'l' => {
                p.hour = number(&mut s, 2).filter(|h| (1..=12).contains(h))?;
                twelve_hours = true;
            }
            'i' => p.minute = number(&mut s, 2)?,
            'S' | 's' => p.second = number(&mut s, 2)?,
            'f' => {
                let before = s.len();
                let n = number(&mut s, 6)?;
                p.micro = n * 10i64.pow(6 - (before - s.len()) as u32);
            }
            'p' => afternoon = Some(name(&mut s, &["AM", "PM"], false)? == 1),
            'W' => drop(name(&mut s, &DAYS, false)?),
            'a' => drop(name(&mut s, &DAYS, true)?),
            '%' => s = s.strip_prefix('%')?,
            _ => return None,
        }
    }
    if twelve_hours {
        p.hour = p.hour % 12 + if afternoon == Some(true) { 12 } else { 0 };
    }
    let clock = DateTimeParts {
        year: 1970,
        month: 1,
        day: 1,
        ..p
    };
    let time = DateTime::from_parts(clock)?.time();
    let date = match day_of_year {
        Some(day) if p.month == 0 => {
            Date::from_ymd(p.year, 1, 1).and_then(|d| Date::from_days(d.0 + day - 1))
        }
        _ => Date::from_ymd(p.year, p.month, p.day),
    };
    Some((date.map(|d| DateTime(d.at_midnight().0 + time.0)), time))
}
