//! Dates and times as the integers that columns hold, and their calendar.
//!
//! The proleptic Gregorian calendar, years 0000 to 9999. Integers outside a type's range (which only
//! a damaged block could hold) read as the nearest end of the range. Text is `date_time_text`'s.

/// Days since 1970-01-01 in the proleptic Gregorian calendar; years 0000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i64);

/// Microseconds; may be negative and beyond 24 hours (-838:59:59 to 838:59:59, as in MySQL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// Microseconds since 1970-01-01 00:00:00; years 0000 to 9999. A TIMESTAMP is in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(pub i64);

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;

/// A moment taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTimeParts {
    /// 0 to 9999.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59.
    pub second: i64,
    /// 0 to 999999.
    pub micro: i64,
}

/// Days in a month of a year (0 for a month that is none).
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Whether a year has a 29 February.
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

impl Date {
    /// 0000-01-01.
    pub const MIN: Date = Date(-719_528);
    /// 9999-12-31.
    pub const MAX: Date = Date(2_932_896);

    /// The date, if there is such a day.
    pub fn from_ymd(year: i64, month: i64, day: i64) -> Option<Date> {
        if !(0..=9999).contains(&year) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        // Years that start in March put the leap day last; eras of 400 years all have 146097 days.
        let y = if month > 2 { year } else { year - 1 };
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Date(era * 146_097 + day_of_era - 719_468))
    }

    /// The date that many days after 1970-01-01, if it is in range.
    pub fn from_days(days: i64) -> Option<Date> {
        (Date::MIN.0..=Date::MAX.0).contains(&days).then_some(Date(days))
    }

    /// Year, month and day.
    pub fn ymd(self) -> (i64, i64, i64) {
        let days = self.0.clamp(Date::MIN.0, Date::MAX.0) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
    }

    /// Monday is 0, Sunday 6.
    pub fn weekday(self) -> i64 {
        (self.0.clamp(Date::MIN.0, Date::MAX.0) + 3).rem_euclid(7)
    }

    /// 1 to 366.
    pub fn day_of_year(self) -> i64 {
        let (year, ..) = self.ymd();
        self.0.clamp(Date::MIN.0, Date::MAX.0) - Date::from_ymd(year, 1, 1).map_or(0, |d| d.0) + 1
    }

    /// The date `months` later; a day beyond the month's end becomes its last day.
    pub fn add_months(self, months: i64) -> Option<Date> {
        let (year, month, day) = self.ymd();
        let total = (year * 12 + month - 1).checked_add(months)?;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
        Date::from_ymd(year, month, day.min(days_in_month(year, month)))
    }

    /// Midnight of the day.
    pub fn at_midnight(self) -> DateTime {
        DateTime(self.0.clamp(Date::MIN.0, Date::MAX.0) * DAY)
    }
}

impl Time {
    /// 838:59:59.
    pub const MAX: Time = Time((838 * 3600 + 59 * 60 + 59) * SECOND);

    /// The time of that many microseconds, if it is in range.
    pub fn from_micros(micros: i64) -> Option<Time> {
        (-Time::MAX.0..=Time::MAX.0)
            .contains(&micros)
            .then_some(Time(micros))
    }

    /// Sign, hours, minutes, seconds, microseconds.
    pub fn parts(self) -> (bool, i64, i64, i64, i64) {
        let us = self.0.clamp(-Time::MAX.0, Time::MAX.0).abs();
        let s = us / SECOND;
        (self.0 < 0, s / 3600, s / 60 % 60, s % 60, us % SECOND)
    }

    /// Rounded to `fsp` digits of fractional seconds.
    pub fn round(self, fsp: u8) -> Option<Time> {
        Time::from_micros(round_micros(self.0, fsp)?)
    }
}

impl DateTime {
    /// 0000-01-01 00:00:00.
    pub const MIN: DateTime = DateTime(Date::MIN.0 * DAY);
    /// 9999-12-31 23:59:59.999999.
    pub const MAX: DateTime = DateTime((Date::MAX.0 + 1) * DAY - 1);

    /// The moment of that many microseconds since 1970-01-01, if it is in range.
    pub fn from_micros(micros: i64) -> Option<DateTime> {
        (DateTime::MIN.0..=DateTime::MAX.0)
            .contains(&micros)
            .then_some(DateTime(micros))
    }

    /// The moment, if there is such a day and time.
    pub fn from_parts(p: DateTimeParts) -> Option<DateTime> {
        let in_day = (0..24).contains(&p.hour)
            && (0..60).contains(&p.minute)
            && (0..60).contains(&p.second)
            && (0..SECOND).contains(&p.micro);
        let date = Date::from_ymd(p.year, p.month, p.day).filter(|_| in_day)?;
        Some(DateTime(
            date.0 * DAY + ((p.hour * 60 + p.minute) * 60 + p.second) * SECOND + p.micro,
        ))
    }

    /// The day.
    pub fn date(self) -> Date {
        Date(self.0.clamp(DateTime::MIN.0, DateTime::MAX.0).div_euclid(DAY))
    }

    /// The time of day.
    pub fn time(self) -> Time {
        Time(self.0.clamp(DateTime::MIN.0, DateTime::MAX.0).rem_euclid(DAY))
    }

    /// Everything at once.
    pub fn parts(self) -> DateTimeParts {
        let (year, month, day) = self.date().ymd();
        let (_, hour, minute, second, micro) = self.time().parts();
        DateTimeParts {
            year,
            month,
            day,
            hour,
            minute,
            second,
            micro,
        }
    }

    /// Rounded to `fsp` digits of fractional seconds.
    pub fn round(self, fsp: u8) -> Option<DateTime> {
        DateTime::from_micros(round_micros(self.0, fsp)?)
    }

    /// The moment `months` later, at the same time of day; see [`Date::add_months`].
    pub fn add_months(self, months: i64) -> Option<DateTime> {
        let date = self.date().add_months(months)?;
        Some(DateTime(date.0 * DAY + self.time().0))
    }
}

/// Rounds to a multiple of `10^(6 - fsp)`, half away from zero.
fn round_micros(us: i64, fsp: u8) -> Option<i64> {
    let unit = 10i64.pow(6 - u32::from(fsp.min(6)));
    let (q, r) = (us / unit, us % unit);
    let up = if r.abs() * 2 >= unit && r != 0 {
        us.signum()
    } else {
        0
    };
    q.checked_add(up)?.checked_mul(unit)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_range_is_the_successor_of_the_one_before() {
        let mut day = Date::MIN;
        for year in 0..=9999 {
            for month in 1..=12 {
                for d in 1..=days_in_month(year, month) {
                    assert_eq!(Date::from_ymd(year, month, d), Some(day));
                    assert_eq!(day.ymd(), (year, month, d));
                    day.0 += 1;
                }
            }
        }
        assert_eq!(day.0, Date::MAX.0 + 1);
        assert_eq!(Date::from_ymd(1970, 1, 1), Some(Date(0)));
    }

    #[test]
    fn impossible_days_are_refused_and_ends_of_months_hold() {
        assert_eq!(Date::from_ymd(2023, 2, 29), None);
        assert_eq!(Date::from_ymd(1900, 2, 29), None);
        let jan31 = Date::from_ymd(2024, 1, 31).unwrap();
        assert_eq!(jan31.add_months(1).unwrap().ymd(), (2024, 2, 29));
        assert_eq!(jan31.add_months(-11).unwrap().ymd(), (2023, 2, 28));
        assert_eq!(jan31.add_months(12 * 9000), None);
        assert_eq!(Date::from_ymd(2024, 5, 6).unwrap().weekday(), 0);
        assert_eq!(Date::from_ymd(2024, 5, 6).unwrap().day_of_year(), 127);
    }

    #[test]
    fn integers_out_of_range_still_read() {
        assert_eq!(Date(i64::MAX).ymd(), (9999, 12, 31));
        assert_eq!(DateTime(i64::MIN).parts().year, 0);
        assert_eq!(Time(i64::MIN).parts(), (true, 838, 59, 59, 0));
    }
}
