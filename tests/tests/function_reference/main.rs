//! FUNCTIONS.md lists every function there is. With `AMPHI_WRITE=1` it is written instead of compared.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi_core::sql::functions::{Aggregate, ArgKind, ScalarFunction, families};
use std::fmt::Write;
use std::path::PathBuf;

const HEADER: &str = include_str!("header.md");

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../FUNCTIONS.md"))
}

fn argument(kind: ArgKind) -> &'static str {
    match kind {
        ArgKind::Any | ArgKind::Same => "x",
        ArgKind::Int => "n",
        ArgKind::Double => "d",
        ArgKind::Number | ArgKind::Exact => "number",
        ArgKind::Text => "text",
        ArgKind::Bytes => "bytes",
        ArgKind::Bool => "condition",
        ArgKind::Date => "date",
        ArgKind::Geometry => "geometry",
        ArgKind::DateTime => "time",
    }
}

/// `NAME(text, n [, n])`.
fn signature(f: &ScalarFunction) -> String {
    let mut out = format!("{}(", f.name);
    let shown = f.max_args.min(f.min_args.max(f.args.len()));
    for i in 0..shown {
        let separator = if i == 0 { "" } else { ", " };
        let (open, close) = match i < f.min_args {
            true => ("", ""),
            false => ("[", "]"),
        };
        let _ = write!(out, "{open}{separator}{}{close}", argument(f.arg_kind(i)));
    }
    if f.max_args > shown {
        out.push_str(", …");
    }
    out.push(')');
    out
}

fn document() -> String {
    let mut out = HEADER.to_owned();
    for (title, family) in families() {
        let _ = write!(out, "\n## {title}\n\n| function | result |\n| --- | --- |\n");
        for f in family {
            let others: String = f.aliases.iter().map(|a| format!(", `{a}`")).collect();
            let doc = f.doc.replace('|', "\\|");
            let _ = writeln!(out, "| `{}`{others} | {doc} |", signature(f));
        }
    }
    out
}

#[test]
fn the_reference_is_written_from_the_table_of_functions() {
    if std::env::var_os("AMPHI_WRITE").is_some() {
        std::fs::write(path(), document()).unwrap();
    }
    let kept = std::fs::read_to_string(path()).unwrap_or_default();
    assert!(
        kept == document(),
        "run AMPHI_WRITE=1 cargo test -p amphi-tests --test function_reference"
    );
}

#[test]
fn every_aggregate_is_in_it_and_every_function_has_a_line() {
    for name in Aggregate::names() {
        assert!(HEADER.contains(&format!("`{name}(")), "{name}");
    }
    for f in families().flat_map(|(_, family)| family) {
        assert!(
            f.doc.ends_with('.') && !f.doc.contains('\n'),
            "{}: {}",
            f.name,
            f.doc
        );
    }
}
