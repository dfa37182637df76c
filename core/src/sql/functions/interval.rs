//! Units of time and intervals: DATE_ADD, DATE_SUB, TIMESTAMPDIFF, EXTRACT.

use super::ArgKind::{Any, Date as DateArg, DateTime as DateTimeArg, Int, Text};
use super::args::{Args, INT, function, ints, lenient, texts};
use super::interval_text::read_amount;
use super::time_unit::{Part, Unit};
use super::{EvalContext, ReturnKind, ScalarFunction};
use crate::types::{
    Column, DAY, DataType, Date, DateTime, Decimal, Error, Physical, Result, SECOND, Time, Value,
};
use alloc::vec::Vec;
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "DATE_ADD",
        &["ADDDATE"],
        (2, 3),
        &[Any, Any, Text],
        ReturnKind::OfConstants(sum_type),
        "A date or time plus an interval: DATE_ADD(d, INTERVAL n unit); days without a unit.",
        |cx, a, t, ty, n| add(cx, a, t, ty, n, 1),
    ),
    function(
        "DATE_SUB",
        &["SUBDATE"],
        (2, 3),
        &[Any, Any, Text],
        ReturnKind::OfConstants(sum_type),
        "A date or time minus an interval.",
        |cx, a, t, ty, n| add(cx, a, t, ty, n, -1),
    ),
    function(
        "TIMESTAMPDIFF",
        &[],
        (3, 3),
        &[Text, DateTimeArg],
        INT,
        "How many whole units lie between two moments.",
        |_, a, _, _, n| {
            let unit = constant_unit(a, 0)?;
            ints(n, |i| {
                difference(unit, DateTime(a.int(1, i)), DateTime(a.int(2, i)))
            })
        },
    ),
    function(
        "DATEDIFF",
        &[],
        (2, 2),
        &[DateArg],
        INT,
        "Days from the second date to the first.",
        |_, a, _, _, n| ints(n, |i| Some(a.int(0, i) - a.int(1, i))),
    ),
    function(
        "EXTRACT",
        &[],
        (2, 2),
        &[Text, Any],
        INT,
        "A part of a date or time: EXTRACT(unit FROM d).",
        |_, a, t, _, n| {
            let unit = constant_unit(a, 0)?;
            let is_time = matches!(t.get(1), Some(DataType::Time { .. }));
            if unit.is_clock_only() || is_time {
                let times = [lenient(a, t, 1, &DataType::Time { fsp: 6 })?];
                return ints(n, |i| {
                    (!times.null(0, i)).then(|| unit.of_time(Time(times.int(0, i))))
                });
            }
            let moments = [lenient(a, t, 1, &DataType::DateTime { fsp: 6 })?];
            ints(n, |i| {
                (!moments.null(0, i)).then(|| unit.of(DateTime(moments.int(0, i))))
            })
        },
    ),
    function(
        "PERIOD_ADD",
        &[],
        (2, 2),
        &[Int],
        INT,
        "Months added to a period YYYYMM.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let months = period_months(a.int(0, i))?.checked_add(a.int(1, i))?;
                months
                    .div_euclid(12)
                    .checked_mul(100)?
                    .checked_add(months.rem_euclid(12) + 1)
            })
        },
    ),
    function(
        "PERIOD_DIFF",
        &[],
        (2, 2),
        &[Int],
        INT,
        "Months between two periods YYYYMM.",
        |_, a, _, _, n| {
            ints(n, |i| {
                Some(period_months(a.int(0, i))? - period_months(a.int(1, i))?)
            })
        },
    ),
];

/// Months since year 0 of a period YYYYMM or YYMM.
fn period_months(p: i64) -> Option<i64> {
    let (year, month) = (p / 100, p % 100);
    let year = match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        _ => year,
    };
    (p > 0 && (1..=12).contains(&month)).then(|| year * 12 + month - 1)
}

/// The error for a unit that does not exist or does not fit.
pub(super) fn unknown_unit(name: &str) -> Error {
    Error::Unknown {
        kind: "unit of time",
        name: name.into(),
        nearest: None,
        position: None,
    }
}

/// The unit an argument names; units are constants.
pub(super) fn constant_unit(a: &[Column], k: usize) -> Result<Unit> {
    Unit::parse(a.text(k, 0)).ok_or_else(|| unknown_unit(a.text(k, 0)))
}

/// An amount of time: months, and microseconds besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) months: i64,
    pub(super) micros: i64,
}

impl Interval {
    /// `n` parts, where `n` is in millionths (only seconds and shorter may be fractional).
    pub(super) fn of(part: Part, millionths: i128) -> Option<Interval> {
        let whole = |n: i128| {
            let (q, r) = (n / 1_000_000, n % 1_000_000);
            i64::try_from(q + if r.abs() >= 500_000 { r.signum() } else { 0 }).ok()
        };
        let months = |per: i64| {
            Some(Interval {
                months: whole(millionths)?.checked_mul(per)?,
                micros: 0,
            })
        };
        let micros = |per: i64| {
            Some(Interval {
                months: 0,
                micros: whole(millionths)?.checked_mul(per)?,
            })
        };
        match part {
            Part::Millennium => months(12_000),
            Part::Century => months(1200),
            Part::Decade => months(120),
            Part::Year => months(12),
            Part::Quarter => months(3),
            Part::Month => months(1),
            Part::Week => micros(7 * DAY),
            Part::Day => micros(DAY),
            Part::Hour => micros(3600 * SECOND),
            Part::Minute => micros(60 * SECOND),
            Part::Second => Some(Interval {
                months: 0,
                micros: i64::try_from(millionths).ok()?,
            }),
            Part::Millisecond => micros(1000),
            Part::Microsecond => micros(1),
            Part::DayOfWeek
            | Part::IsoDayOfWeek
            | Part::DayOfYear
            | Part::IsoWeek
            | Part::IsoYear
            | Part::Julian
            | Part::Epoch => None,
        }
    }

    /// Reads `'1:30'` for HOUR_MINUTE: numbers with anything between them, the last for the smallest part.
    pub(super) fn parse_compound(text: &str, unit: Unit) -> Option<Interval> {
        if unit.first == Part::Month {
            return read_amount(text);
        }
        let text = text.trim_ascii();
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |t| (-1, t));
        let numbers: Vec<&str> = text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|s| !s.is_empty())
            .collect();
        let ladder = unit.ladder();
        let skipped = ladder.len().checked_sub(numbers.len())?;
        let mut sum = Interval { months: 0, micros: 0 };
        for (part, digits) in ladder.iter().skip(skipped).zip(numbers) {
            let mut n: i128 = digits.parse().ok()?;
            if *part == Part::Microsecond {
                // A fraction: '1.5' is half a second more.
                n *= 10i128.pow(6u32.saturating_sub(digits.len() as u32));
            }
            let one = Interval::of(*part, n.checked_mul(1_000_000 * sign)?)?;
            sum = sum.plus(one)?;
        }
        Some(sum)
    }

    pub(super) fn plus(self, other: Interval) -> Option<Interval> {
        Some(Interval {
            months: self.months.checked_add(other.months)?,
            micros: self.micros.checked_add(other.micros)?,
        })
    }

    pub(super) fn times(self, sign: i64) -> Option<Interval> {
        Some(Interval {
            months: self.months.checked_mul(sign)?,
            micros: self.micros.checked_mul(sign)?,
        })
    }

    fn add_to(self, t: DateTime) -> Option<DateTime> {
        let t = if self.months == 0 {
            t
        } else {
            t.add_months(self.months)?
        };
        DateTime::from_micros(t.0.checked_add(self.micros)?)
    }
}

/// The intervals of argument 1 in a unit; `None` where the text is none.
fn intervals(a: &[Column], types: &[DataType], unit: Unit, rows: usize) -> Result<Vec<Option<Interval>>> {
    let rows = if a.get(1).is_some_and(|c| c.len() == 1) {
        1
    } else {
        rows
    };
    if !unit.ladder().is_empty() {
        let texts = [lenient(a, types, 1, &DataType::TEXT)?];
        return Ok((0..rows)
            .map(|i| Interval::parse_compound(texts.text(0, i), unit))
            .collect());
    }
    let exact = DataType::Decimal {
        precision: Decimal::MAX_PRECISION,
        scale: 6,
        unsigned: false,
    };
    let amounts = [lenient(a, types, 1, &exact)?];
    // Of a text the whole number before the point counts, as in MySQL; a number is rounded.
    let whole = types.get(1).is_some_and(DataType::is_text) && unit.first != Part::Second;
    Ok((0..rows)
        .map(|i| {
            let amount = amounts.decimal(0, i);
            let part = if whole { amount % 1_000_000 } else { 0 };
            Interval::of(unit.first, amount - part)
        })
        .collect())
}

/// The constant amount of an interval that was written as one text.
fn amount(unit: Unit, constants: &[Option<Value>]) -> Option<Interval> {
    match constants.get(1) {
        Some(Some(Value::Text(text))) if unit.first == Part::Month && unit.has_micros() => read_amount(text),
        _ => None,
    }
}

/// The digits of fractional seconds that an interval has.
fn digits(unit: Unit, types: &[DataType], constants: &[Option<Value>]) -> u8 {
    if let Some(amount) = amount(unit, constants) {
        return if amount.micros % SECOND == 0 { 0 } else { 6 };
    }
    if unit.has_micros() || unit.first == Part::Millisecond {
        return 6;
    }
    if unit.first != Part::Second {
        return 0;
    }
    match (constants.get(1), types.get(1)) {
        (Some(Some(Value::Text(t))), _) if !t.contains('.') => 0,
        (_, Some(t)) if t.is_text() || t.physical() == Physical::F64 => 6,
        (_, Some(t)) => t.scale().min(6),
        (_, None) => 0,
    }
}

/// The type of DATE_ADD: a DATE stays one if the unit has no time of day; text stays text.
fn sum_type(types: &[DataType], constants: &[Option<Value>]) -> DataType {
    let unit = match constants.get(2) {
        None => Some(Unit::DAY),
        Some(Some(Value::Text(name))) => Unit::parse(name),
        Some(_) => None,
    };
    let calendar = unit.is_some_and(|u| match amount(u, constants) {
        Some(amount) => amount.micros % DAY == 0,
        None => u.is_calendar(),
    });
    let least = unit.map_or(6, |u| digits(u, types, constants));
    match types.first() {
        Some(DataType::Date) if calendar => DataType::Date,
        Some(DataType::Time { fsp }) => DataType::Time { fsp: least.max(*fsp) },
        Some(DataType::DateTime { fsp } | DataType::Timestamp { fsp }) => {
            DataType::DateTime { fsp: least.max(*fsp) }
        }
        Some(DataType::Text { .. }) => DataType::TEXT,
        _ => DataType::DateTime { fsp: least },
    }
}

fn add(
    cx: &EvalContext<'_>,
    a: &[Column],
    types: &[DataType],
    ty: &DataType,
    rows: usize,
    sign: i64,
) -> Result<Column> {
    let unit = if a.has(2) { constant_unit(a, 2)? } else { Unit::DAY };
    if unit.ladder().is_empty() && Interval::of(unit.first, 0).is_none() {
        return Err(unknown_unit(a.text(2, 0)));
    }
    let intervals = intervals(a, types, unit, rows)?;
    let interval = |i: usize| {
        let i = if intervals.len() == 1 { 0 } else { i };
        intervals.get(i).copied().flatten()?.times(sign)
    };
    let own = digits(unit, types, &[]);
    let valid = |a: &[Column], i: usize| (!a.null(0, i)).then(|| a.int(0, i));
    match ty {
        DataType::Text { .. } => texts(cx, rows, |i, out| {
            let text = a.text(0, i);
            let longest = match own.max(fraction_digits(text)) {
                0 => 6,
                n => n,
            };
            let sum = interval(i)?.add_to(DateTime::parse(text)?)?;
            let is_date = !text.trim_ascii().contains([' ', 'T', 't', ':']) && text.trim_ascii().len() < 14;
            let fsp = if sum.0 % SECOND == 0 { 0 } else { longest };
            match is_date && unit.is_calendar() {
                true => write!(out, "{}", sum.date()).ok(),
                false => write!(out, "{}", sum.with_fsp(fsp)).ok(),
            }
        }),
        DataType::Time { .. } => ints(rows, |i| {
            let sum = valid(a, i)?.checked_add(interval(i).filter(|v| v.months == 0)?.micros)?;
            Time::from_micros(sum).map(|t| t.0)
        }),
        DataType::Date => ints(rows, |i| {
            Some(interval(i)?.add_to(Date(valid(a, i)?).at_midnight())?.date().0)
        }),
        _ => {
            let moments = [lenient(a, types, 0, &DataType::DateTime { fsp: 6 })?];
            ints(rows, |i| {
                interval(i)?.add_to(DateTime(valid(&moments, i)?)).map(|t| t.0)
            })
        }
    }
}

/// How many digits of fractional seconds a text has, at most 6.
fn fraction_digits(text: &str) -> u8 {
    let fraction = text.rsplit_once('.').map_or("", |(_, f)| f);
    fraction.bytes().take(6).take_while(u8::is_ascii_digit).count() as u8
}

/// Whole units from `a` to `b`.
fn difference(unit: Unit, a: DateTime, b: DateTime) -> Option<i64> {
    let micros = b.0.checked_sub(a.0)?;
    let months = || {
        let (p, q) = (a.parts(), b.parts());
        let months = (q.year - p.year) * 12 + q.month - p.month;
        // The last month counts only if it is over: compare day and time of day.
        let rest = (q.day, b.time().0).cmp(&(p.day, a.time().0)) as i64;
        match months.signum() * rest {
            -1 => months - months.signum(),
            _ => months,
        }
    };
    Some(match unit.first {
        Part::Microsecond => micros,
        Part::Millisecond => micros / 1000,
        Part::Second | Part::Epoch => micros / SECOND,
        Part::Minute => micros / (60 * SECOND),
        Part::Hour => micros / (3600 * SECOND),
        Part::Day => micros / DAY,
        Part::Week => micros / (7 * DAY),
        Part::Month => months(),
        Part::Quarter => months() / 3,
        Part::Year => months() / 12,
        Part::Decade => months() / 120,
        Part::Century => months() / 1200,
        Part::Millennium => months() / 12_000,
        Part::DayOfWeek
        | Part::IsoDayOfWeek
        | Part::DayOfYear
        | Part::IsoWeek
        | Part::IsoYear
        | Part::Julian => return None,
    })
}
