//! PostgreSQL's template patterns for dates: TO_CHAR, TO_DATE, TO_TIMESTAMP.

use super::ArgKind::{Any, Text};
use super::args::{Args, DATE, TEXT, function, lenient, try_ints, try_texts};
use super::date_parts::{DAYS, MONTHS, week};
use super::number_pattern;
use super::text_writer::TextWriter;
use super::time_unit::JULIAN_EPOCH;
use super::{ReturnKind, ScalarFunction};
use crate::types::{DataType, Date, DateTime, DateTimeParts, Decimal, Error, Result, SECOND};
use alloc::{format, string::String, vec::Vec};
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "TO_CHAR",
        &[],
        (1, 2),
        &[Any, Text],
        TEXT,
        "A moment ('YYYY-MM-DD HH24:MI:SS') or a number ('FM999G990D00', with S, MI, PL, SG, PR, V, EEEE, RN, TH) as text by PostgreSQL's pattern; anything as text without one.",
        |cx, a, t, _, n| {
            if !a.has(1) {
                return lenient(a, t, 0, &DataType::TEXT);
            }
            if let Some(ty) = t.first().filter(|t| t.is_numeric()) {
                return number_pattern::to_char(cx, a, ty, n);
            }
            let ty = match t.first() {
                Some(DataType::Time { .. }) => DataType::Time { fsp: 6 },
                _ => DataType::DateTime { fsp: 6 },
            };
            let moments = [lenient(a, t, 0, &ty)?];
            let mut last = Pattern::default();
            try_texts(cx, n, |i, out| {
                if moments.null(0, i) || a.null(1, i) {
                    return Ok(None);
                }
                last.read(a.text(1, i));
                for field in &last.fields {
                    write_field(*field, last.literals.as_str(), DateTime(moments.int(0, i)), out);
                }
                Ok(Some(()))
            })
        },
    ),
    function(
        "TO_DATE",
        &[],
        (2, 2),
        &[Text],
        DATE,
        "The DATE that a text says by PostgreSQL's pattern: TO_DATE('06.05.2024', 'DD.MM.YYYY').",
        |_, a, _, _, n| {
            let mut last = Pattern::default();
            try_ints(n, |i| {
                last.read(a.text(1, i));
                Ok(Some(read_moment(&last, a.text(0, i), a.text(1, i))?.date().0))
            })
        },
    ),
    function(
        "TO_TIMESTAMP",
        &[],
        (1, 2),
        &[Any, Text],
        ReturnKind::Of(|types| DataType::DateTime {
            fsp: match (types.len(), types.first()) {
                (1, Some(ty)) if ty.is_numeric() && *ty != DataType::Double && *ty != DataType::Float => {
                    ty.scale().min(6)
                }
                _ => 6,
            },
        }),
        "The moment so many seconds after 1970-01-01, or that a text says by PostgreSQL's pattern.",
        |_, a, t, _, n| {
            if a.has(1) {
                let texts = [lenient(a, t, 0, &DataType::TEXT)?];
                let mut last = Pattern::default();
                return try_ints(n, |i| {
                    if texts.null(0, i) || a.null(1, i) {
                        return Ok(None);
                    }
                    last.read(a.text(1, i));
                    Ok(Some(read_moment(&last, texts.text(0, i), a.text(1, i))?.0))
                });
            }
            let micros = DataType::Decimal {
                precision: Decimal::MAX_PRECISION,
                scale: 6,
                unsigned: false,
            };
            let seconds = [lenient(a, t, 0, &micros)?];
            try_ints(n, |i| {
                let micros = i64::try_from(seconds.decimal(0, i)).ok();
                Ok(micros.and_then(DateTime::from_micros).map(|m| m.0))
            })
        },
    ),
];

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Title,
    Lower,
}

/// What a pattern stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Year(usize),
    IsoYear,
    MonthNumber,
    MonthName(Case),
    MonthShort(Case),
    Day,
    DayOfYear,
    DayName(Case),
    DayShort(Case),
    DayOfWeek,
    IsoDayOfWeek,
    Hour24,
    Hour12,
    Minute,
    Second,
    SecondOfDay,
    Millisecond,
    Microsecond,
    Half(Case),
    Quarter,
    IsoWeek,
    WeekOfYear,
    WeekOfMonth,
    Julian,
    Century,
    /// Text as it is: where it starts and ends in the pattern's literals.
    Literal(usize, usize),
}

const PATTERNS: &[(&str, What)] = &[
    ("YYYY", What::Year(4)),
    ("YYY", What::Year(3)),
    ("YY", What::Year(2)),
    ("Y", What::Year(1)),
    ("IYYY", What::IsoYear),
    ("IW", What::IsoWeek),
    ("ID", What::IsoDayOfWeek),
    ("MONTH", What::MonthName(Case::Upper)),
    ("MON", What::MonthShort(Case::Upper)),
    ("MM", What::MonthNumber),
    ("MI", What::Minute),
    ("MS", What::Millisecond),
    ("DAY", What::DayName(Case::Upper)),
    ("DY", What::DayShort(Case::Upper)),
    ("DDD", What::DayOfYear),
    ("DD", What::Day),
    ("D", What::DayOfWeek),
    ("HH24", What::Hour24),
    ("HH12", What::Hour12),
    ("HH", What::Hour12),
    ("SSSSS", What::SecondOfDay),
    ("SSSS", What::SecondOfDay),
    ("SS", What::Second),
    ("US", What::Microsecond),
    ("AM", What::Half(Case::Upper)),
    ("PM", What::Half(Case::Upper)),
    ("WW", What::WeekOfYear),
    ("W", What::WeekOfMonth),
    ("Q", What::Quarter),
    ("J", What::Julian),
    ("CC", What::Century),
];

/// A part of a pattern.
#[derive(Debug, Clone, Copy)]
struct Field {
    what: What,
    /// FM: no padding.
    plain: bool,
    /// TH or th.
    ordinal: Option<Case>,
}

/// A pattern taken apart; it is the same for most rows.
#[derive(Debug, Default)]
struct Pattern {
    text: String,
    literals: String,
    fields: Vec<Field>,
}

impl Pattern {
    fn read(&mut self, text: &str) {
        if self.text == text {
            return;
        }
        self.text = String::from(text);
        self.literals.clear();
        self.fields.clear();
        let mut s = text;
        let mut plain = false;
        while !s.is_empty() {
            if let Some(rest) = strip_ascii(s, "FM") {
                (s, plain) = (rest, true);
                continue;
            }
            let found = PATTERNS
                .iter()
                .find_map(|(name, what)| Some((name, what, strip_ascii(s, name)?)));
            if let Some((name, what, rest)) = found {
                let written = s.get(..name.len()).unwrap_or("");
                s = rest;
                let ordinal = match s.get(..2) {
                    Some("TH") => Some(Case::Upper),
                    Some("th") => Some(Case::Lower),
                    _ => None,
                };
                if ordinal.is_some() {
                    s = s.get(2..).unwrap_or("");
                }
                let what = with_case(*what, written);
                self.fields.push(Field { what, plain, ordinal });
                plain = false;
                continue;
            }
            let start = self.literals.len();
            if let Some(quoted) = s.strip_prefix('"') {
                let (literal, rest) = quoted.split_once('"').unwrap_or((quoted, ""));
                self.literals.push_str(literal);
                s = rest;
            } else {
                let mut chars = s.chars();
                self.literals.extend(chars.next());
                s = chars.as_str();
            }
            self.fields.push(Field {
                what: What::Literal(start, self.literals.len()),
                plain: false,
                ordinal: None,
            });
        }
    }
}

/// What follows a word, whatever its case.
fn strip_ascii<'a>(s: &'a str, word: &str) -> Option<&'a str> {
    s.get(..word.len())
        .filter(|head| head.eq_ignore_ascii_case(word))
        .and(s.get(word.len()..))
}

/// A name is written as its pattern is.
fn with_case(what: What, written: &str) -> What {
    let mut letters = written.chars();
    let case = match (letters.next(), letters.next()) {
        (Some(a), _) if a.is_ascii_lowercase() => Case::Lower,
        (_, Some(b)) if b.is_ascii_lowercase() => Case::Title,
        _ => Case::Upper,
    };
    match what {
        What::MonthName(_) => What::MonthName(case),
        What::MonthShort(_) => What::MonthShort(case),
        What::DayName(_) => What::DayName(case),
        What::DayShort(_) => What::DayShort(case),
        What::Half(_) => What::Half(case),
        other => other,
    }
}

fn write_name(name: &str, case: Case, width: usize, out: &mut TextWriter) {
    match case {
        Case::Upper => out.extend(name.chars().map(|c| c.to_ascii_uppercase())),
        Case::Title => out.push_str(name),
        Case::Lower => out.extend(name.chars().map(|c| c.to_ascii_lowercase())),
    }
    (name.len()..width).for_each(|_| out.push(' '));
}

fn write_field(field: Field, literals: &str, t: DateTime, out: &mut TextWriter) {
    let (p, date) = (t.parts(), t.date());
    let month = usize::try_from(p.month - 1).ok().and_then(|m| MONTHS.get(m));
    let day = usize::try_from(date.weekday()).ok().and_then(|d| DAYS.get(d));
    let (month, day) = (month.copied().unwrap_or(""), day.copied().unwrap_or(""));
    let width = if field.plain { 0 } else { 9 };
    let short = |name: &'static str| name.get(..3).unwrap_or(name);
    let (number, digits) = match field.what {
        What::Literal(from, to) => return out.push_str(literals.get(from..to).unwrap_or("")),
        What::MonthName(case) => return write_name(month, case, width, out),
        What::MonthShort(case) => return write_name(short(month), case, 0, out),
        What::DayName(case) => return write_name(day, case, width, out),
        What::DayShort(case) => return write_name(short(day), case, 0, out),
        What::Half(case) => return write_name(if p.hour < 12 { "AM" } else { "PM" }, case, 0, out),
        What::Year(4) => (p.year, 4),
        What::Year(n) => (p.year % 10i64.pow(n.min(4) as u32), n),
        What::IsoYear => (week(date, 3).0, 4),
        What::MonthNumber => (p.month, 2),
        What::Day => (p.day, 2),
        What::DayOfYear => (date.day_of_year(), 3),
        What::DayOfWeek => ((date.weekday() + 1) % 7 + 1, 1),
        What::IsoDayOfWeek => (date.weekday() + 1, 1),
        What::Hour24 => (p.hour, 2),
        What::Hour12 => ((p.hour + 11) % 12 + 1, 2),
        What::Minute => (p.minute, 2),
        What::Second => (p.second, 2),
        What::SecondOfDay => (t.time().0 / SECOND, 1),
        What::Millisecond => (p.micro / 1000, 3),
        What::Microsecond => (p.micro, 6),
        What::Quarter => ((p.month + 2) / 3, 1),
        What::IsoWeek => (week(date, 3).1, 2),
        What::WeekOfYear => ((date.day_of_year() - 1) / 7 + 1, 2),
        What::WeekOfMonth => ((p.day - 1) / 7 + 1, 1),
        What::Julian => (date.0 + JULIAN_EPOCH, 1),
        What::Century => ((p.year + 99) / 100, 2),
    };
    let digits = if field.plain { 1 } else { digits };
    let _ = write!(out, "{number:0digits$}");
    if let Some(case) = field.ordinal {
        let ending = match (number / 10 % 10, number % 10) {
            (1, _) => "th",
            (_, 1) => "st",
            (_, 2) => "nd",
            (_, 3) => "rd",
            _ => "th",
        };
        write_name(ending, case, 0, out);
    }
}

/// The moment that a text says.
///
/// Errors: it does not fit the pattern, or there is no such moment.
fn read_moment(pattern: &Pattern, text: &str, written: &str) -> Result<DateTime> {
    read_fields(pattern, text)
        .ok_or_else(|| Error::invalid(format!("{text:?} is no date by the pattern {written:?}")))
}

fn read_fields(pattern: &Pattern, text: &str) -> Option<DateTime> {
    let mut s = text.trim_ascii_start();
    let mut p = DateTimeParts {
        year: 1,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        micro: 0,
    };
    let (mut afternoon, mut twelve, mut day_of_year, mut second_of_day, mut julian) =
        (None, false, None, None, None);
    for field in &pattern.fields {
        if let What::Literal(from, to) = field.what {
            let literal = pattern.literals.get(from..to).unwrap_or("");
            s = match s.strip_prefix(literal) {
                Some(rest) => rest,
                // Any separator stands for any other.
                None if literal.starts_with(|c: char| !c.is_alphanumeric()) => {
                    s.strip_prefix(|c: char| !c.is_alphanumeric()).unwrap_or(s)
                }
                None => return None,
            };
            continue;
        }
        s = s.trim_ascii_start();
        let mut number = |most: usize| {
            let n = s.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let (digits, rest) = s.split_at_checked(n)?;
            s = rest;
            Some((digits.parse::<i64>().ok()?, n))
        };
        match field.what {
            What::Year(4) | What::IsoYear => p.year = number(4)?.0,
            What::Year(most) => {
                let (year, n) = number(most.max(4))?;
                p.year = match n {
                    4.. => year,
                    3 => year + if year < 100 { 2000 } else { 1000 },
                    _ => year + if year < 70 { 2000 } else { 1900 },
                };
            }
            What::MonthNumber => p.month = number(2)?.0,
            What::Day => p.day = number(2)?.0,
            What::DayOfYear => day_of_year = Some(number(3)?.0),
            What::Hour24 => p.hour = number(2)?.0,
            What::Hour12 => {
                p.hour = number(2).filter(|(h, _)| (1..=12).contains(h))?.0;
                twelve = true;
            }
            What::Minute => p.minute = number(2)?.0,
            What::Second => p.second = number(2)?.0,
            What::SecondOfDay => second_of_day = Some(number(5)?.0),
            What::Millisecond => {
                let (n, digits) = number(3)?;
                p.micro = n * 10i64.pow(6u32.saturating_sub(digits as u32));
            }
            What::Microsecond => {
                let (n, digits) = number(6)?;
                p.micro = n * 10i64.pow(6u32.saturating_sub(digits as u32));
            }
            What::Julian => julian = Some(number(7)?.0),
            What::DayOfWeek | What::IsoDayOfWeek | What::Quarter | What::WeekOfMonth => {
                number(1)?;
            }
            What::IsoWeek | What::WeekOfYear | What::Century => {
                number(2)?;
            }
            What::MonthName(_) | What::MonthShort(_) => p.month = name(&mut s, &MONTHS)? + 1,
            What::DayName(_) | What::DayShort(_) => {
                name(&mut s, &DAYS)?;
            }
            What::Half(_) => afternoon = Some(name(&mut s, &["AM", "PM"])? == 1),
            What::Literal(..) => {}
        }
        if field.ordinal.is_some() {
            s = s.get(2..)?;
        }
    }
    if twelve {
        p.hour = p.hour % 12 + if afternoon == Some(true) { 12 } else { 0 };
    }
    if !s.trim_ascii().is_empty() {
        return None;
    }
    let moment = DateTime::from_parts(p)?;
    let date = match (julian, day_of_year) {
        (Some(day), _) => Date::from_days(day - JULIAN_EPOCH)?,
        (None, Some(day)) => {
            let start = Date::from_ymd(p.year, 1, 1)?;
            Date::from_days(start.0 + day - 1).filter(|d| d.ymd().0 == p.year)?
        }
        (None, None) => moment.date(),
    };
    let time = match second_of_day {
        Some(n) if (0..86_400).contains(&n) => n * SECOND + p.micro,
        Some(_) => return None,
        None => moment.time().0,
    };
    DateTime::from_micros(date.at_midnight().0 + time)
}

/// Takes a name, or its first three letters, off the front: its position.
fn name(s: &mut &str, names: &[&str]) -> Option<i64> {
    let whole = names
        .iter()
        .enumerate()
        .find_map(|(i, n)| Some((i, strip_ascii(s, n)?)));
    let short = || {
        let each = names.iter().enumerate();
        let mut found = each.filter_map(|(i, n)| Some((i, strip_ascii(s, n.get(..3)?)?)));
        found.next()
    };
    let (i, rest) = whole.or_else(short)?;
    *s = rest;
    Some(i as i64)
}
