//! PostgreSQL's functions of dates: DATE_TRUNC, DATE_PART, MAKE_DATE, MAKE_TIMESTAMP.

use super::ArgKind::{Any, Int, Number, Text};
use super::args::{Args, DATE, DOUBLE, floats, function, ints, lenient};
use super::date_parts::fsp;
use super::interval::{constant_unit, unknown_unit};
use super::time_unit::{Part, Unit};
use super::{ReturnKind, ScalarFunction};
use crate::types::{Column, DataType, Date, DateTime, DateTimeParts, Decimal, Result, SECOND, Time, Value};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "DATE_TRUNC",
        &[],
        (2, 2),
        &[Text, Any],
        ReturnKind::OfConstants(truncated_type),
        "The start of the unit ('month', 'week', 'hour', …) that a moment is in.",
        truncate,
    ),
    function(
        "DATE_PART",
        &[],
        (2, 2),
        &[Text, Any],
        DOUBLE,
        "A part of a moment as in PostgreSQL: DATE_PART('epoch', d); seconds have fractions, weeks are ISO's.",
        |_, a, t, _, n| {
            let unit = constant_unit(a, 0)?;
            if unit.first != unit.last {
                return Err(unknown_unit(a.text(0, 0)));
            }
            if matches!(t.get(1), Some(DataType::Time { .. })) {
                return floats(n, |i| of_time(unit, Time(a.int(1, i))));
            }
            let moments = [lenient(a, t, 1, &DataType::DateTime { fsp: 6 })?];
            floats(n, |i| match moments.null(0, i) {
                true => f64::NAN,
                false => of_moment(unit, DateTime(moments.int(0, i))),
            })
        },
    ),
    function(
        "MAKE_DATE",
        &[],
        (3, 3),
        &[Int],
        DATE,
        "The DATE of a year, a month and a day; NULL if there is no such day.",
        |_, a, _, _, n| {
            ints(n, |i| {
                Date::from_ymd(a.int(0, i), a.int(1, i), a.int(2, i)).map(|d| d.0)
            })
        },
    ),
    function(
        "MAKE_TIMESTAMP",
        &[],
        (6, 6),
        &[Int, Int, Int, Int, Int, Number],
        ReturnKind::Of(|types| DataType::DateTime {
            fsp: match types.get(5) {
                Some(DataType::Float | DataType::Double) => 6,
                Some(ty) => ty.scale().min(6),
                None => 0,
            },
        }),
        "The DATETIME of a year, month, day, hour, minute and second; NULL if there is none.",
        |_, a, t, _, n| {
            let micros = DataType::Decimal {
                precision: Decimal::MAX_PRECISION,
                scale: 6,
                unsigned: false,
            };
            let seconds = [lenient(a, t, 5, &micros)?];
            ints(n, |i| {
                let second = i64::try_from(seconds.decimal(0, i)).ok()?;
                let parts = DateTimeParts {
                    year: a.int(0, i),
                    month: a.int(1, i),
                    day: a.int(2, i),
                    hour: a.int(3, i),
                    minute: a.int(4, i),
                    second: second.div_euclid(SECOND),
                    micro: second.rem_euclid(SECOND),
                };
                DateTime::from_parts(parts).map(|m| m.0)
            })
        },
    ),
];

fn truncated_type(types: &[DataType], constants: &[Option<Value>]) -> DataType {
    let fsp = fsp(types, constants, 1);
    match types.get(1) {
        Some(DataType::Time { .. }) => DataType::Time { fsp },
        _ => DataType::DateTime { fsp },
    }
}

fn truncate(
    _: &super::EvalContext<'_>,
    a: &[Column],
    t: &[DataType],
    ty: &DataType,
    n: usize,
) -> Result<Column> {
    let unit = constant_unit(a, 0)?;
    if unit.start(DateTime(0)).is_none() {
        return Err(unknown_unit(a.text(0, 0)));
    }
    let moments = [lenient(a, t, 1, ty)?];
    ints(n, |i| {
        let moment = moments.int(0, i);
        match (ty, moments.null(0, i)) {
            (_, true) => None,
            (DataType::Time { .. }, _) if moment < 0 => unit.start(DateTime(-moment)).map(|start| -start.0),
            _ => unit.start(DateTime(moment)).map(|start| start.0),
        }
    })
}

fn of_moment(unit: Unit, t: DateTime) -> f64 {
    match unit.first {
        Part::Epoch => t.0 as f64 / SECOND as f64,
        Part::Week => super::date_parts::week(t.date(), 3).1 as f64,
        Part::Second | Part::Millisecond | Part::Microsecond => of_time(unit, t.time()),
        Part::Julian => unit.of(t) as f64 + t.time().0 as f64 / crate::types::DAY as f64,
        _ => unit.of(t) as f64,
    }
}

fn of_time(unit: Unit, t: Time) -> f64 {
    let within_minute = t.0 % (60 * SECOND);
    match unit.first {
        Part::Epoch => t.0 as f64 / SECOND as f64,
        Part::Second => within_minute as f64 / SECOND as f64,
        Part::Millisecond => within_minute as f64 / 1000.0,
        Part::Microsecond => within_minute as f64,
        _ => unit.of_time(t) as f64,
    }
}
