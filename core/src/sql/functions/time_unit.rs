//! Units of time: their names, and what a moment has of each.

use super::date_parts::week;
use super::interval_text::MONTHS_AND_MICROSECONDS;
use crate::types::{DAY, Date, DateTime, SECOND, Time};

/// The Julian day number of 1970-01-01.
pub(super) const JULIAN_EPOCH: i64 = 2_440_588;

/// A part of a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Microsecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Millisecond,
    Decade,
    Century,
    Millennium,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoWeek,
    IsoYear,
    Julian,
    Epoch,
}

/// Their names; an S at the end is one too.
const PARTS: &[(&str, Part)] = &[
    ("MICROSECOND", Part::Microsecond),
    ("SECOND", Part::Second),
    ("MINUTE", Part::Minute),
    ("HOUR", Part::Hour),
    ("DAY", Part::Day),
    ("WEEK", Part::Week),
    ("MONTH", Part::Month),
    ("QUARTER", Part::Quarter),
    ("YEAR", Part::Year),
    ("MILLISECOND", Part::Millisecond),
    ("DECADE", Part::Decade),
    ("CENTURY", Part::Century),
    ("CENTURIES", Part::Century),
    ("MILLENNIUM", Part::Millennium),
    ("US", Part::Microsecond),
    ("MS", Part::Millisecond),
    ("SEC", Part::Second),
    ("MIN", Part::Minute),
    ("HR", Part::Hour),
    ("MON", Part::Month),
    ("YR", Part::Year),
    ("DOW", Part::DayOfWeek),
    ("DAYOFWEEK", Part::DayOfWeek),
    ("ISODOW", Part::IsoDayOfWeek),
    ("DOY", Part::DayOfYear),
    ("DAYOFYEAR", Part::DayOfYear),
    ("ISOWEEK", Part::IsoWeek),
    ("ISOYEAR", Part::IsoYear),
    ("JULIAN", Part::Julian),
    ("EPOCH", Part::Epoch),
];

/// The parts from the first to the last of a unit like `DAY_SECOND`; a plain unit is one part.
const LADDER: [Part; 7] = [
    Part::Year,
    Part::Month,
    Part::Day,
    Part::Hour,
    Part::Minute,
    Part::Second,
    Part::Microsecond,
];

/// A unit of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// The largest part.
    pub(super) first: Part,
    /// The smallest; the same for a plain unit.
    pub(super) last: Part,
}

impl Unit {
    /// A day.
    pub(super) const DAY: Unit = Unit {
        first: Part::Day,
        last: Part::Day,
    };

    /// Reads `DAY`, `days`, `SQL_TSI_DAY`, `DAY_MINUTE`, ….
    pub(super) fn parse(name: &str) -> Option<Unit> {
        let upper = name.trim_ascii().to_ascii_uppercase();
        let name = upper.strip_prefix("SQL_TSI_").unwrap_or(&upper);
        if name == MONTHS_AND_MICROSECONDS {
            return Some(Unit {
                first: Part::Month,
                last: Part::Microsecond,
            });
        }
        let part = |n: &str| {
            let known = |n: &str| PARTS.iter().find(|(p, _)| *p == n).map(|(_, p)| *p);
            known(n).or_else(|| known(n.strip_suffix('S')?))
        };
        if let Some((first, last)) = name.split_once('_') {
            let unit = Unit {
                first: part(first)?,
                last: part(last)?,
            };
            let ladder = unit.ladder();
            // YEAR_MONTH, and from DAY down to MICROSECOND.
            let known = unit.first == Part::Year && unit.last == Part::Month
                || ladder.len() > 1 && !ladder.contains(&Part::Month);
            return known.then_some(unit);
        }
        part(name).map(|p| Unit { first: p, last: p })
    }

    /// The parts of a compound unit, from large to small; empty for others.
    pub(super) fn ladder(self) -> &'static [Part] {
        let at = |p: Part| LADDER.iter().position(|l| *l == p);
        match (at(self.first), at(self.last)) {
            (Some(first), Some(last)) if first < last => LADDER.get(first..=last).unwrap_or(&[]),
            _ => &[],
        }
    }

    /// Whether adding it to a DATE leaves a DATE.
    pub(super) fn is_calendar(self) -> bool {
        matches!(
            self.last,
            Part::Day
                | Part::Week
                | Part::Month
                | Part::Quarter
                | Part::Year
                | Part::Decade
                | Part::Century
                | Part::Millennium
        )
    }

    pub(super) fn is_clock_only(self) -> bool {
        matches!(
            self.first,
            Part::Hour | Part::Minute | Part::Second | Part::Millisecond | Part::Microsecond
        )
    }

    pub(super) fn has_micros(self) -> bool {
        self.last == Part::Microsecond
    }

    /// EXTRACT: for a compound the parts as one number.
    pub(super) fn of(self, t: DateTime) -> i64 {
        let p = t.parts();
        let one = |part: Part| match part {
            Part::Microsecond => p.micro,
            Part::Second => p.second,
            Part::Minute => p.minute,
            Part::Hour => p.hour,
            Part::Day => p.day,
            Part::Month => p.month,
            Part::Year => p.year,
            Part::Millisecond => p.second * 1000 + p.micro / 1000,
            Part::Decade => p.year / 10,
            Part::Century => (p.year + 99) / 100,
            Part::Millennium => (p.year + 999) / 1000,
            Part::Quarter => (p.month + 2) / 3,
            Part::Week => week(t.date(), 0).1,
            Part::IsoWeek => week(t.date(), 3).1,
            Part::IsoYear => week(t.date(), 3).0,
            Part::Julian => t.date().0 + JULIAN_EPOCH,
            Part::DayOfWeek => (t.date().weekday() + 1) % 7,
            Part::IsoDayOfWeek => t.date().weekday() + 1,
            Part::DayOfYear => t.date().day_of_year(),
            Part::Epoch => t.0.div_euclid(SECOND),
        };
        self.join(one)
    }

    pub(super) fn of_time(self, t: Time) -> i64 {
        let (negative, h, m, s, us) = t.parts();
        let v = self.join(|part| match part {
            Part::Hour => h,
            Part::Minute => m,
            Part::Second => s,
            Part::Microsecond => us,
            Part::Millisecond => s * 1000 + us / 1000,
            Part::Epoch => t.0.abs() / SECOND,
            _ => 0,
        });
        if negative { -v } else { v }
    }

    fn join(self, one: impl Fn(Part) -> i64) -> i64 {
        match self.ladder() {
            [] => one(self.first),
            ladder => ladder.iter().fold(0, |v, p| {
                v * if *p == Part::Microsecond { SECOND } else { 100 } + one(*p)
            }),
        }
    }

    /// The start of the unit that a moment is in; `None` for units that do not part time, or before year 0.
    pub(super) fn start(self, t: DateTime) -> Option<DateTime> {
        let p = t.parts();
        let of_year = |year: i64, month: i64| Some(Date::from_ymd(year, month, 1)?.at_midnight());
        let within = |micros: i64| Some(DateTime(t.0 - t.0.rem_euclid(micros)));
        if self.first != self.last {
            return None;
        }
        match self.first {
            Part::Microsecond => Some(t),
            Part::Millisecond => within(1000),
            Part::Second => within(SECOND),
            Part::Minute => within(60 * SECOND),
            Part::Hour => within(3600 * SECOND),
            Part::Day => within(DAY),
            Part::Week | Part::IsoWeek => {
                Date::from_days(t.date().0 - t.date().weekday()).map(Date::at_midnight)
            }
            Part::Month => of_year(p.year, p.month),
            Part::Quarter => of_year(p.year, (p.month - 1) / 3 * 3 + 1),
            Part::Year => of_year(p.year, 1),
            Part::Decade => of_year(p.year / 10 * 10, 1),
            Part::Century => of_year((p.year + 99) / 100 * 100 - 99, 1),
            Part::Millennium => of_year((p.year + 999) / 1000 * 1000 - 999, 1),
            Part::DayOfWeek
            | Part::IsoDayOfWeek
            | Part::DayOfYear
            | Part::IsoYear
            | Part::Julian
            | Part::Epoch => None,
        }
    }
}
