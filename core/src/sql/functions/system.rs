//! The session, types, and identifiers.

use super::ArgKind::{Any, Int};
use super::ScalarFunction;
use super::args::{Args, INT, TEXT, function, ints, texts};
use crate::types::{Collation, Column, DataType, Error, Physical, Value, format_uuid};
use alloc::string::{String, ToString};
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "DATABASE",
        &["SCHEMA", "CURRENT_SCHEMA", "CURRENT_DATABASE", "CURRENT_CATALOG"],
        (0, 0),
        &[],
        TEXT,
        "The current schema.",
        |cx, _, _, _, _| texts(cx, 1, |_, out| out.write_str(cx.schema).ok()),
    )
    .volatile(),
    function(
        "USER",
        &["CURRENT_USER", "SESSION_USER", "SYSTEM_USER"],
        (0, 0),
        &[],
        TEXT,
        "The user; an embedded database has one.",
        |cx, _, _, _, _| texts(cx, 1, |_, out| out.write_str("amphi@localhost").ok()),
    ),
    function(
        "VERSION",
        &[],
        (0, 0),
        &[],
        TEXT,
        "The engine's version.",
        |cx, _, _, _, _| {
            texts(cx, 1, |_, out| {
                out.write_str(concat!(env!("CARGO_PKG_VERSION"), "-amphi")).ok()
            })
        },
    ),
    function(
        "RAISE",
        &[],
        (1, 1),
        &[Any],
        TEXT,
        "In a trigger, RAISE(ABORT, message): fails the statement with the message.",
        |_, args, types, _, rows| match (rows, args, types) {
            (1.., [message, ..], [ty, ..]) => Err(Error::Raised {
                message: match message.value(0, ty) {
                    Value::Null => String::new(),
                    text => text.to_string(),
                },
            }),
            _ => Ok(Column::new(Physical::Bytes)),
        },
    )
    .volatile()
    .sees_null(),
    function(
        "LAST_INSERT_ID",
        &["LAST_INSERT_ROWID"],
        (0, 1),
        &[Int],
        INT,
        "The last AUTO_INCREMENT value of the session; LAST_INSERT_ID(n) is n, and from then on what it is without it.",
        |cx, a, _, _, n| {
            if !a.has(0) {
                return ints(1, |_| Some(cx.last_insert_id));
            }
            ints(n, |i| {
                let id = Some(a.int(0, i)).filter(|_| !a.null(0, i))?;
                if let Some(session) = cx.sequences {
                    session.give_insert_id(id);
                }
                Some(id)
            })
        },
    )
    .volatile(),
    function(
        "BENCHMARK",
        &[],
        (2, 2),
        &[Int, Any],
        INT,
        "0, as in MySQL; the expression is computed once: time statements with EXPLAIN ANALYZE.",
        |_, a, _, _, n| ints(n, |i| Some(0).filter(|_| !a.null(0, i) && a.int(0, i) >= 0)),
    )
    .sees_null(),
    function(
        "ROW_COUNT",
        &[],
        (0, 0),
        &[],
        INT,
        "How many rows the session's last statement changed; -1 after a query.",
        |cx, _, _, _, _| ints(1, |_| Some(cx.row_count)),
    )
    .volatile(),
    function(
        "CHANGES",
        &[],
        (0, 0),
        &[],
        INT,
        "How many rows the session's last statement changed; 0 after a query.",
        |cx, _, _, _, _| ints(1, |_| Some(cx.row_count.max(0))),
    )
    .volatile(),
    function(
        "TYPEOF",
        &[],
        (1, 1),
        &[Any],
        TEXT,
        "The kind of the value: null, integer, real, text, blob, decimal, ….",
        |cx, a, t, _, n| {
            let kind = match t.first().unwrap_or(&DataType::Null) {
                DataType::Null => "null",
                DataType::Bool => "boolean",
                DataType::Int(_) => "integer",
                DataType::Float | DataType::Double => "real",
                DataType::Decimal { .. } => "decimal",
                DataType::Text { .. } | DataType::Members(_) => "text",
                DataType::Blob { .. } => "blob",
                DataType::Date => "date",
                DataType::Time { .. } => "time",
                DataType::DateTime { .. } => "datetime",
                DataType::Timestamp { .. } => "timestamp",
                DataType::Json => "json",
                DataType::Uuid => "uuid",
                DataType::Vector { .. } => "vector",
                DataType::Geometry => "geometry",
            };
            texts(cx, n, |i, out| {
                out.write_str(if a.null(0, i) { "null" } else { kind }).ok()
            })
        },
    )
    .sees_null(),
    function(
        "PG_TYPEOF",
        &[],
        (1, 1),
        &[Any],
        TEXT,
        "The type of the expression as PostgreSQL calls it.",
        |cx, _, t, _, _| {
            texts(cx, 1, |_, out| {
                out.push_str(match t.first()? {
                    DataType::Null => "unknown",
                    DataType::Bool => "boolean",
                    DataType::Int(_) => "bigint",
                    DataType::Float => "real",
                    DataType::Double => "double precision",
                    DataType::Decimal { .. } => "numeric",
                    DataType::Text { .. } | DataType::Members(_) => "text",
                    DataType::Blob { .. } => "bytea",
                    DataType::Date => "date",
                    DataType::Time { .. } => "time without time zone",
                    DataType::DateTime { .. } => "timestamp without time zone",
                    DataType::Timestamp { .. } => "timestamp with time zone",
                    DataType::Json => "json",
                    DataType::Uuid => "uuid",
                    DataType::Vector { .. } => "vector",
                    DataType::Geometry => "geometry",
                });
                Some(())
            })
        },
    )
    .sees_null(),
    function(
        "CHARSET",
        &[],
        (1, 1),
        &[Any],
        TEXT,
        "utf8mb4 of text, binary of anything else.",
        |cx, _, t, _, _| {
            let is_text = t.first().is_some_and(DataType::is_text);
            texts(cx, 1, |_, out| out.write_str(if is_text { "utf8mb4" } else { "binary" }).ok())
        },
    )
    .sees_null(),
    function(
        "COLLATION",
        &[],
        (1, 1),
        &[Any],
        TEXT,
        "How the value compares: utf8mb4_bin, utf8mb4_general_ci (ASCII letters of both cases are equal), or binary.",
        |cx, _, t, _, _| {
            let name = match t.first() {
                Some(ty) if ty.is_text() && ty.collation() == Collation::NoCase => "utf8mb4_general_ci",
                Some(ty) if ty.is_text() => "utf8mb4_bin",
                _ => "binary",
            };
            texts(cx, 1, |_, out| out.write_str(name).ok())
        },
    )
    .sees_null(),
    function(
        "COLUMN_TYPE",
        &[],
        (1, 1),
        &[Any],
        TEXT,
        "The type of the expression, as CREATE TABLE writes it.",
        |cx, _, t, _, _| {
            texts(cx, 1, |_, out| {
                write!(out, "{}", t.first().unwrap_or(&DataType::Null)).ok()
            })
        },
    )
    .sees_null(),
    function(
        "UUID",
        &["GEN_RANDOM_UUID", "UUIDV4"],
        (0, 0),
        &[],
        TEXT,
        "A random UUID (version 4).",
        |cx, _, _, _, n| {
            texts(cx, n, |_, out| {
                let random = u128::from(cx.host.random()) << 64 | u128::from(cx.host.random());
                // The version is the 13th digit, the variant the two bits at the 17th.
                let uuid = random & !(0xF << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
                write!(out, "{}", format_uuid(&uuid.to_be_bytes())).ok()
            })
        },
    )
    .volatile(),
    function(
        "UUID_SHORT",
        &[],
        (0, 0),
        &[],
        INT,
        "A 63-bit number that grows with time and is unlikely to repeat.",
        |cx, _, _, _, n| {
            let start = cx.host.unix_micros();
            ints(n, |i| {
                Some((start.wrapping_add(i as i64) << 12 | (cx.host.random() & 0xFFF) as i64) & i64::MAX)
            })
        },
    )
    .volatile(),
];
