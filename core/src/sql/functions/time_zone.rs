//! CONVERT_TZ and AT TIME ZONE: moments of one time zone in another.
//!
//! A zone is an offset from UTC or, with the feature `time-zones`, the name of one of the IANA time zone
//! database, which `jiff` brings. A local time that two moments have is the later one for AT TIME ZONE, and one that none has counts
//! on from before the gap, as in PostgreSQL; for CONVERT_TZ and the session's zone they are what they are in MySQL.

use super::ArgKind::{Any, Bool, Text};
use super::args::{Args, function, lenient, try_ints};
use super::date_parts::fsp;
use super::{ReturnKind, ScalarFunction};
use crate::types::{DataType, DateTime, Error, Result, SECOND};
#[cfg(not(feature = "time-zones"))]
use alloc::format;
use alloc::{string::String, sync::Arc};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "CONVERT_TZ",
        &[],
        (3, 3),
        &[Any, Text, Text],
        ReturnKind::OfConstants(|types, constants| DataType::DateTime {
            fsp: fsp(types, constants, 0),
        }),
        "A moment of one time zone in another, each by its name ('Europe/Vienna') or an offset such as '+02:00'; NULL if there is no such zone.",
        |_, a, t, ty, n| {
            let moments = [lenient(a, t, 0, ty)?];
            let (mut from, mut to) = (LastZone::default(), LastZone::default());
            try_ints(n, |i| {
                if moments.null(0, i) || a.null(1, i) || a.null(2, i) {
                    return Ok(None);
                }
                let (from, to) = (from.get(a.text(1, i))?, to.get(a.text(2, i))?);
                let moved = from.zip(to).and_then(|(from, to)| {
                    let utc = from.utc_of(moments.int(0, i), Twice::Earlier)?;
                    DateTime::from_micros(to.local_of(utc)?)
                });
                Ok(moved.map(|m| m.0))
            })
        },
    ),
    function(
        "TIMEZONE",
        &[],
        (2, 3),
        &[Text, Any, Bool],
        ReturnKind::OfConstants(|types, constants| {
            let fsp = fsp(types, constants, 1);
            match types.get(1) {
                Some(DataType::Timestamp { .. }) => DataType::DateTime { fsp },
                _ => DataType::Timestamp { fsp },
            }
        }),
        "`x AT TIME ZONE zone`: of a TIMESTAMP its local time in a zone, of a DATETIME the moment when it is that time there: the later of two, or with a third argument that is true the earlier one, as in MySQL.",
        |_, a, t, ty, n| {
            let moments = [lenient(a, t, 1, ty)?];
            let is_moment = matches!(t.get(1), Some(DataType::Timestamp { .. }));
            let mut last = LastZone::default();
            try_ints(n, |i| {
                if a.null(0, i) || moments.null(0, i) {
                    return Ok(None);
                }
                let zone = last.get(a.text(0, i))?.ok_or_else(|| unknown(a.text(0, i)))?;
                let moved = match is_moment {
                    true => zone.local_of(moments.int(0, i)),
                    false => zone.utc_of(moments.int(0, i), Twice::of(a.has(2) && a.int(2, i) != 0)),
                };
                Ok(moved.and_then(DateTime::from_micros).map(|m| m.0))
            })
        },
    ),
];

/// Which moment a local time is that two have, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twice {
    /// The later one; none: counted on from before the gap. As in PostgreSQL.
    Later,
    /// The earlier one; none: the first after the gap. As in MySQL.
    Earlier,
}

impl Twice {
    fn of(is_earlier: bool) -> Twice {
        if is_earlier { Twice::Earlier } else { Twice::Later }
    }
}

/// A time zone.
enum Zone {
    /// So many microseconds ahead of UTC.
    Fixed(i64),
    /// With rules.
    #[cfg(feature = "time-zones")]
    Named(jiff::tz::TimeZone),
}

impl Zone {
    /// The local time of a moment, in microseconds; `None` beyond the calendar.
    fn local_of(&self, utc: i64) -> Option<i64> {
        match self {
            Zone::Fixed(ahead) => utc.checked_add(*ahead),
            #[cfg(feature = "time-zones")]
            Zone::Named(zone) => {
                let moment = jiff::Timestamp::from_microsecond(utc).ok()?;
                utc.checked_add(i64::from(zone.to_offset(moment).seconds()) * SECOND)
            }
        }
    }

    /// The moment of a local time, in microseconds; `None` beyond the calendar.
    fn utc_of(&self, local: i64, twice: Twice) -> Option<i64> {
        #[cfg(not(feature = "time-zones"))]
        let _ = twice;
        match self {
            Zone::Fixed(ahead) => local.checked_sub(*ahead),
            #[cfg(feature = "time-zones")]
            Zone::Named(zone) => {
                let as_utc = jiff::Timestamp::from_microsecond(local).ok()?;
                let wall_clock = jiff::tz::Offset::UTC.to_datetime(as_utc);
                let ambiguous = zone.to_ambiguous_timestamp(wall_clock);
                let is_gap = matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. });
                let moment = match twice {
                    Twice::Later => ambiguous.later().ok()?,
                    Twice::Earlier if is_gap => {
                        let after = ambiguous.later().ok()?;
                        let next = jiff::Timestamp::from_microsecond(after.as_microsecond() + 1).ok()?;
                        zone.preceding(next).next().map_or(after, |t| t.timestamp())
                    }
                    Twice::Earlier => ambiguous.earlier().ok()?,
                };
                Some(moment.as_microsecond())
            }
        }
    }
}

/// A time zone with the name that it was asked for by.
pub struct TimeZone {
    name: Arc<str>,
    zone: Zone,
}

impl TimeZone {
    /// The zone of a name of the IANA database or an offset such as `+02:00`; `None` if it is UTC, by whatever name.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Unsupported`] of names without the feature `time-zones`.
    pub fn parse(name: &str) -> Result<Option<TimeZone>> {
        match zone(name)? {
            None => Err(unknown(name)),
            Some(Zone::Fixed(0)) => Ok(None),
            Some(zone) => Ok(Some(TimeZone {
                name: name.trim_ascii().into(),
                zone,
            })),
        }
    }

    /// Its name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The moment of a local time, both in microseconds; `None` beyond the calendar.
    pub fn utc_of(&self, local: i64) -> Option<i64> {
        self.zone.utc_of(local, Twice::Earlier)
    }
}

fn unknown(name: &str) -> Error {
    Error::Unknown {
        kind: "time zone",
        name: String::from(name),
        nearest: None,
        position: None,
    }
}

/// The zone that was asked for last: it is the same for most rows.
#[derive(Default)]
struct LastZone {
    name: String,
    zone: Option<Zone>,
}

impl LastZone {
    /// The zone of a name or offset; `None`: there is none.
    fn get(&mut self, name: &str) -> Result<Option<&Zone>> {
        if self.zone.is_none() || self.name != name {
            self.zone = zone(name)?;
            self.name = String::from(name);
        }
        Ok(self.zone.as_ref())
    }
}

/// The zone of a name or offset; `None`: there is none.
fn zone(name: &str) -> Result<Option<Zone>> {
    let name = name.trim_ascii();
    if ["UTC", "GMT", "Etc/UTC", "Z", "SYSTEM"]
        .iter()
        .any(|z| z.eq_ignore_ascii_case(name))
    {
        return Ok(Some(Zone::Fixed(0)));
    }
    if name.starts_with(|c: char| c.is_alphabetic()) {
        return named(name);
    }
    Ok(offset(name).map(Zone::Fixed))
}

#[cfg(feature = "time-zones")]
fn named(name: &str) -> Result<Option<Zone>> {
    Ok(jiff::tz::TimeZoneDatabase::bundled()
        .get(name)
        .ok()
        .map(Zone::Named))
}

#[cfg(not(feature = "time-zones"))]
fn named(name: &str) -> Result<Option<Zone>> {
    Err(Error::Unsupported {
        feature: format!(
            "the time zone {name:?} (built without the feature time-zones; write its offset, such as '+02:00')"
        ),
        position: None,
    })
}

/// The microseconds that an offset such as `+02:00` is ahead of UTC; `None`: it is none.
fn offset(text: &str) -> Option<i64> {
    let number = |s: &str| {
        s.parse::<i64>()
            .ok()
            .filter(|_| s.bytes().all(|b| b.is_ascii_digit()))
    };
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let minutes = number(minutes).filter(|m| *m < 60 && rest.len() <= 5)?;
    let total = number(hours)? * 60 + minutes;
    // As in MySQL: from -13:59 to +14:00.
    (total <= 14 * 60 && sign * total > -14 * 60).then_some(sign * total * 60 * SECOND)
}
