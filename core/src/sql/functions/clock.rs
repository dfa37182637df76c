//! The statement's time, and Unix time. All clocks show UTC: in a session of another time zone binding makes their calls
//! others (`bind/local_time.rs`).

use super::ArgKind::{Any, Int, Text};
use super::args::{Args, function, ints, lenient, texts};
use super::date_format::format;
use super::{EvalContext, ReturnKind, ScalarFunction};
use crate::types::{Column, DataType, DateTime, Decimal, Result, SECOND, Value};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "NOW",
        &[
            "CURRENT_TIMESTAMP",
            "LOCALTIME",
            "LOCALTIMESTAMP",
            "SYSDATE",
            "STATEMENT_TIMESTAMP",
            "TRANSACTION_TIMESTAMP",
            "CLOCK_TIMESTAMP",
        ],
        (0, 1),
        &[Int],
        ReturnKind::OfConstants(now_type),
        "The moment the statement began, with that many digits of fractional seconds.",
        |cx, _, _, ty, _| now(cx, ty),
    )
    .volatile(),
    function(
        "CURDATE",
        &["CURRENT_DATE"],
        (0, 0),
        &[],
        super::args::DATE,
        "Today.",
        |cx, _, _, _, _| ints(1, |_| Some(DateTime(cx.now).date().0)),
    )
    .volatile(),
    function(
        "CURTIME",
        &["CURRENT_TIME"],
        (0, 1),
        &[Int],
        ReturnKind::OfConstants(time_now_type),
        "The time of day.",
        |cx, _, _, ty, _| time_now(cx, ty),
    )
    .volatile(),
    function(
        "UTC_TIMESTAMP",
        &[],
        (0, 1),
        &[Int],
        ReturnKind::OfConstants(now_type),
        "As NOW, in UTC whatever the session's time zone.",
        |cx, _, _, ty, _| now(cx, ty),
    )
    .volatile(),
    function(
        "UTC_DATE",
        &[],
        (0, 0),
        &[],
        super::args::DATE,
        "As CURDATE, in UTC.",
        |cx, _, _, _, _| ints(1, |_| Some(DateTime(cx.now).date().0)),
    )
    .volatile(),
    function(
        "UTC_TIME",
        &[],
        (0, 1),
        &[Int],
        ReturnKind::OfConstants(time_now_type),
        "As CURTIME, in UTC.",
        |cx, _, _, ty, _| time_now(cx, ty),
    )
    .volatile(),
    function(
        "UNIX_TIMESTAMP",
        &[],
        (0, 1),
        &[Any],
        ReturnKind::OfConstants(unix_type),
        "Seconds since 1970-01-01 of a moment, or now.",
        |cx, a, t, ty, n| {
            if !a.has(0) {
                return ints(1, |_| Some(cx.now.div_euclid(SECOND)));
            }
            let moments = [lenient(a, t, 0, &DataType::DateTime { fsp: 6 })?];
            let moment = |i: usize| (!moments.null(0, i)).then(|| moments.int(0, i));
            match ty {
                DataType::Decimal { scale, .. } => {
                    let unit = i128::from(10i64.pow(6 - u32::from(*scale).min(6)));
                    let mut out = Column::new(ty.physical());
                    for i in 0..n {
                        match moment(i) {
                            Some(m) => out.push_decimal(i128::from(m) / unit),
                            None => out.push_null(),
                        }
                    }
                    Ok(out)
                }
                _ => ints(n, |i| Some(moment(i)?.div_euclid(SECOND))),
            }
        },
    )
    .volatile(),
    function(
        "FROM_UNIXTIME",
        &[],
        (1, 2),
        &[Any, Text],
        ReturnKind::Of(from_unix_type),
        "The moment so many seconds after 1970-01-01, or its text by a format.",
        |cx, a, t, ty, n| {
            let exact = DataType::Decimal {
                precision: Decimal::MAX_PRECISION,
                scale: 6,
                unsigned: false,
            };
            let seconds = [lenient(a, t, 0, &exact)?];
            let moment = |i: usize| DateTime::from_micros(i64::try_from(seconds.decimal(0, i)).ok()?);
            match ty {
                DataType::Text { .. } => texts(cx, n, |i, out| format(moment(i)?, a.text(1, i), out)),
                _ => ints(n, |i| moment(i).map(|m| m.0)),
            }
        },
    ),
];

fn now(cx: &EvalContext<'_>, ty: &DataType) -> Result<Column> {
    let unit = 10i64.pow(6 - u32::from(digits(ty)));
    ints(1, |_| Some(cx.now - cx.now.rem_euclid(unit)))
}

fn time_now(cx: &EvalContext<'_>, ty: &DataType) -> Result<Column> {
    let unit = 10i64.pow(6 - u32::from(digits(ty)));
    ints(1, |_| Some(DateTime(cx.now - cx.now.rem_euclid(unit)).time().0))
}

fn digits(ty: &DataType) -> u8 {
    match ty {
        DataType::DateTime { fsp } | DataType::Time { fsp } => (*fsp).min(6),
        _ => 0,
    }
}

fn fsp_argument(constants: &[Option<Value>]) -> u8 {
    match constants.first() {
        Some(Some(Value::Int(n))) => (*n).clamp(0, 6) as u8,
        _ => 0,
    }
}

fn now_type(_: &[DataType], constants: &[Option<Value>]) -> DataType {
    DataType::DateTime {
        fsp: fsp_argument(constants),
    }
}

fn time_now_type(_: &[DataType], constants: &[Option<Value>]) -> DataType {
    DataType::Time {
        fsp: fsp_argument(constants),
    }
}

fn unix_type(types: &[DataType], constants: &[Option<Value>]) -> DataType {
    match super::date_parts::fsp(types, constants, 0) {
        0 => DataType::BIGINT,
        fsp => DataType::Decimal {
            precision: 18,
            scale: fsp,
            unsigned: false,
        },
    }
}

fn from_unix_type(types: &[DataType]) -> DataType {
    let fsp = match types.first() {
        Some(DataType::Decimal { scale, .. }) => (*scale).min(6),
        Some(DataType::Double | DataType::Float | DataType::Text { .. }) => 6,
        _ => 0,
    };
    if types.len() > 1 {
        DataType::TEXT
    } else {
        DataType::DateTime { fsp }
    }
}
