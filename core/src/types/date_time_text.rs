//! Dates and times as text: the forms MySQL reads, and the one form Amphi prints.

use super::date_time::{DAY, SECOND};
use super::{Date, DateTime, Time};
use core::fmt;

/// A reader over the bytes of a date or time.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn eat(&mut self, byte: u8) -> bool {
        let hit = self.0.first() == Some(&byte);
        if hit {
            self.0 = self.0.get(1..).unwrap_or(&[]);
        }
        hit
    }

    /// One to `most` digits.
    fn number(&mut self, most: usize) -> Option<i64> {
        let n = self
            .0
            .iter()
            .take(most)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at_checked(n).filter(|_| n > 0)?;
        self.0 = rest;
        Some(digits.iter().fold(0, |v, b| v * 10 + i64::from(b - b'0')))
    }

    /// `.ffffff`: microseconds, further digits rounded.
    fn fraction(&mut self) -> Option<i64> {
        if !self.eat(b'.') {
            return Some(0);
        }
        let n = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        let digit = |i: usize| digits.get(i).map_or(0, |b| i64::from(b - b'0'));
        Some((0..6).fold(0, |v, i| v * 10 + digit(i)) + i64::from(digit(6) >= 5))
    }

    /// `hh:mm[:ss[.ffffff]]` of a day, in microseconds.
    fn time_of_day(&mut self) -> Option<i64> {
        let hour = self.number(2)?;
        let minute = if self.eat(b':') { self.number(2)? } else { 0 };
        let (second, micro) = if self.eat(b':') {
            (self.number(2)?, self.fraction()?)
        } else {
            (0, 0)
        };
        (hour < 24 && minute < 60 && second < 60)
            .then_some(((hour * 60 + minute) * 60 + second) * SECOND + micro)
    }

    /// `YYYY-M-D`, also with `/` or `.`, or `YYYYMMDD`; a year of two digits is 1970 to 2069.
    fn date(&mut self) -> Option<Date> {
        let digits = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 8 || digits == 14 {
            let (y, m, d) = (self.number(4)?, self.number(2)?, self.number(2)?);
            return Date::from_ymd(y, m, d);
        }
        let year = self.number(4)?;
        let year = match digits {
            1 | 2 => year + if year < 70 { 2000 } else { 1900 },
            _ => year,
        };
        let separator = *self.0.first().filter(|b| b"-/.".contains(b))?;
        self.eat(separator);
        let month = self.number(2)?;
        if !self.eat(separator) {
            return None;
        }
        Date::from_ymd(year, month, self.number(2)?)
    }

    /// `Z`, `+hh:mm` or `-hh:mm`: the offset from UTC in microseconds.
    fn offset(&mut self) -> Option<i64> {
        if self.0.is_empty() || self.eat(b'Z') || self.eat(b'z') {
            return Some(0);
        }
        let sign = if self.eat(b'-') {
            -1
        } else if self.eat(b'+') {
            1
        } else {
            return None;
        };
        let hours = self.number(2)?;
        self.eat(b':');
        let minutes = if self.0.is_empty() { 0 } else { self.number(2)? };
        (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60 * SECOND)
    }
}

impl Date {
    /// Reads a date; a time of day after it is checked and dropped, as in MySQL.
    pub fn parse(text: &str) -> Option<Date> {
        DateTime::parse(text).map(DateTime::date)
    }
}

impl DateTime {
    /// Reads `YYYY-MM-DD[( |T)HH:MM[:SS[.ffffff]]][Z|±HH:MM]` or `YYYYMMDD[HHMMSS]`, with single
    /// digits where MySQL allows them. An offset from UTC is applied.
    pub fn parse(text: &str) -> Option<DateTime> {
        let mut s = Scan(text.trim_ascii().as_bytes());
        let date = s.date()?;
        let mut micros = date.0 * DAY;
        if s.0.first().is_some_and(u8::is_ascii_digit) {
            let (h, m, sec) = (s.number(2)?, s.number(2)?, s.number(2)?);
            if h > 23 || m > 59 || sec > 59 {
                return None;
            }
            micros += ((h * 60 + m) * 60 + sec) * SECOND + s.fraction()?;
        } else if s.eat(b' ') || s.eat(b'T') || s.eat(b't') {
            while s.eat(b' ') {}
            micros += s.time_of_day()?;
            while s.eat(b' ') {}
            micros -= s.offset()?;
        }
        s.0.is_empty().then(|| DateTime::from_micros(micros))?
    }

    /// The moment as text with `fsp` digits of fractional seconds (further ones are cut).
    pub fn with_fsp(self, fsp: u8) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(f, "{} ", self.date())?;
            fmt::Display::fmt(&self.time().with_fsp(fsp), f)
        })
    }
}

impl Time {
    /// Reads `[-][d ]hh:mm[:ss[.ffffff]]`, `[-]hhmmss[.ffffff]`, or the time of a full date and time.
    pub fn parse(text: &str) -> Option<Time> {
        let text = text.trim_ascii();
        if text.len() > 8
            && !text.starts_with('-')
            && text.as_bytes().get(1..5).is_some_and(|b| b.contains(&b'-'))
        {
            return DateTime::parse(text).map(DateTime::time);
        }
        let mut s = Scan(text.as_bytes());
        let negative = s.eat(b'-');
        let digits = s.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let mut n = s.number(7)?;
        let mut days = 0;
        if digits <= 2 && s.eat(b' ') {
            days = n;
            n = s.number(3)?;
        }
        let seconds = if s.eat(b':') {
            let minute = s.number(2)?;
            let second = if s.eat(b':') { s.number(2)? } else { 0 };
            (minute < 60 && second < 60).then_some((n * 60 + minute) * 60 + second)?
        } else if days > 0 || digits > 7 {
            (digits <= 7).then_some(n * 3600)?
        } else {
            hhmmss(n)?
        };
        let micros = (days * 86_400 + seconds) * SECOND + s.fraction()?;
        s.0.is_empty()
            .then(|| Time::from_micros(if negative { -micros } else { micros }))?
    }

    /// The time as text with `fsp` digits of fractional seconds (further ones are cut).
    pub fn with_fsp(self, fsp: u8) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            let (negative, h, m, s, us) = self.parts();
            write!(f, "{}{h:02}:{m:02}:{s:02}", if negative { "-" } else { "" })?;
            let fsp = usize::from(fsp.min(6));
            if fsp > 0 {
                let us = us / 10i64.pow(6 - fsp as u32);
                write!(f, ".{us:0fsp$}")?;
            }
            Ok(())
        })
    }
}

/// Seconds of a number read as `hhmmss`.
pub(crate) fn hhmmss(n: i64) -> Option<i64> {
    let (h, m, s) = (n / 10_000, n / 100 % 100, n % 100);
    (n >= 0 && m < 60 && s < 60).then_some((h * 60 + m) * 60 + s)
}

/// Digits to print when the type is not known: none, milliseconds or microseconds.
fn natural_fsp(us: i64) -> u8 {
    match us % SECOND {
        0 => 0,
        us if us % 1000 == 0 => 3,
        _ => 6,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.ymd();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.with_fsp(natural_fsp(self.0)), f)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.with_fsp(natural_fsp(self.0)), f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn reads_the_forms_mysql_reads() {
        for (text, want) in [
            ("2024-02-29", "2024-02-29 00:00:00"),
            ("2024-2-9 1:2", "2024-02-09 01:02:00"),
            ("2024-02-29T13:14:15.123456", "2024-02-29 13:14:15.123456"),
            ("20240229131415", "2024-02-29 13:14:15"),
            ("20240229", "2024-02-29 00:00:00"),
            ("70-01-01", "1970-01-01 00:00:00"),
            ("2024-02-29 23:59:59.9999996", "2024-03-01 00:00:00"),
            ("2024-02-29T00:30:00+01:00", "2024-02-28 23:30:00"),
            ("2024-02-29T13:14:15.5Z", "2024-02-29 13:14:15.500"),
        ] {
            assert_eq!(DateTime::parse(text).unwrap().to_string(), want, "{text}");
        }
        for bad in [
            "",
            "2024",
            "2024-02-30",
            "2024-13-01",
            "2024-02-29 24:00:00",
            "2024-02-29x",
            "2024-02/29",
            "abc",
        ] {
            assert_eq!(DateTime::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_may_be_negative_and_longer_than_a_day() {
        for (text, want) in [
            ("13:14:15", "13:14:15"),
            ("-838:59:59", "-838:59:59"),
            ("1 02:03:04", "26:03:04"),
            ("1:2", "01:02:00"),
            ("101112", "10:11:12"),
            ("12", "00:00:12"),
            ("00:00:00.5", "00:00:00.500"),
            ("2024-05-06 07:08:09", "07:08:09"),
        ] {
            assert_eq!(Time::parse(text).unwrap().to_string(), want, "{text}");
        }
        for bad in ["", "839:00:00", "12:60:00", "12:00:60", "x", "1:2:3:4"] {
            assert_eq!(Time::parse(bad), None, "{bad}");
        }
    }
}
