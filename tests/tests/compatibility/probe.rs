//! What SQL means here and elsewhere: one probe per feature, with the answers of MySQL, SQLite and Amphi. The table
//! in COMPATIBILITY.md is written from it, and tests run every probe on Amphi and SQLite.

use amphi::{Database, Outcome, Value};
use rusqlite::types::ValueRef;
use std::fmt::Write;
use std::path::PathBuf;

/// The probes; columns are separated by tabs.
const PROBES: &str = include_str!("probes.tsv");
const HEADER: &str = include_str!("header.md");

/// One feature.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// The part of SQL it belongs to.
    pub area: &'static str,
    /// What it is called.
    pub feature: &'static str,
    /// Statements before the query, separated by `; `.
    pub setup: &'static str,
    /// The query.
    pub query: &'static str,
    /// MySQL's answer, from MariaDB 10.11 with its default settings.
    pub mysql: &'static str,
    /// SQLite's.
    pub sqlite: &'static str,
    /// Amphi's.
    pub amphi: &'static str,
    /// What to know.
    pub remark: &'static str,
}

/// All probes.
///
/// # Panics
/// If a line of the file has not all its columns.
pub fn probes() -> Vec<Probe> {
    let parse = |line: &'static str| match line.split('\t').collect::<Vec<_>>()[..] {
        [area, feature, setup, query, mysql, sqlite, amphi, remark] => Probe {
            area,
            feature,
            setup,
            query,
            mysql,
            sqlite,
            amphi,
            remark,
        },
        _ => panic!("a probe has eight columns: {line}"),
    };
    PROBES
        .lines()
        .filter(|l| !l.starts_with('#'))
        .map(parse)
        .collect()
}

/// Rows as the table shows them.
fn shown(rows: &[Vec<String>]) -> String {
    match rows {
        [] => "no rows".to_owned(),
        rows => rows.iter().map(|r| r.join(" / ")).collect::<Vec<_>>().join(", "),
    }
}

impl Probe {
    fn statements(&self) -> impl Iterator<Item = &'static str> {
        self.setup.split("; ").filter(|s| !s.is_empty())
    }

    /// What Amphi answers now.
    pub fn ask_amphi(&self) -> String {
        let ask = || -> amphi::Result<String> {
            let db = Database::memory()?;
            let session = db.session();
            for statement in self.statements() {
                session.execute(statement, ())?;
            }
            let Outcome::Rows(rows) = session.run(self.query, ())? else {
                return Ok("no rows".to_owned());
            };
            let mut all = Vec::new();
            for row in rows {
                let row = row?;
                let cell = |i: usize| match row.get::<Value>(i) {
                    Ok(Value::Bool(b)) => u8::from(b).to_string(),
                    Ok(Value::Null) => "NULL".to_owned(),
                    Ok(value) => value.to_string(),
                    Err(e) => e.to_string(),
                };
                all.push((0..row.len()).map(cell).collect());
            }
            Ok(shown(&all))
        };
        ask().unwrap_or_else(|_| "error".to_owned())
    }

    /// What SQLite answers now.
    pub fn ask_sqlite(&self) -> String {
        let ask = || -> rusqlite::Result<String> {
            let db = rusqlite::Connection::open_in_memory()?;
            for statement in self.statements() {
                db.execute_batch(statement)?;
            }
            let mut query = db.prepare(self.query)?;
            let width = query.column_count();
            let mut rows = query.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let cell = |i: usize| {
                    Ok(match row.get_ref(i)? {
                        ValueRef::Null => "NULL".to_owned(),
                        ValueRef::Integer(n) => n.to_string(),
                        ValueRef::Real(x) => x.to_string(),
                        ValueRef::Text(t) | ValueRef::Blob(t) => String::from_utf8_lossy(t).into_owned(),
                    })
                };
                all.push((0..width).map(cell).collect::<rusqlite::Result<_>>()?);
            }
            Ok(shown(&all))
        };
        ask().unwrap_or_else(|_| "error".to_owned())
    }
}

/// COMPATIBILITY.md.
pub fn document() -> String {
    let mut out = HEADER.to_owned();
    let mut area = "";
    for p in probes() {
        if p.area != area {
            area = p.area;
            let mut title = area.to_owned();
            title[..1].make_ascii_uppercase();
            let _ = write!(
                out,
                "\n## {title}\n\n| feature | example | MySQL | SQLite | Amphi | remark |\n| --- | --- | --- | --- | --- | --- |\n"
            );
        }
        let sql = match p.setup.is_empty() {
            true => p.query.to_owned(),
            false => format!("{}; {}", p.setup, p.query),
        };
        let cell = |s: &str| s.replace('|', "\\|");
        let _ = writeln!(
            out,
            "| {} | `` {} `` | {} | {} | {} | {} |",
            cell(p.feature),
            cell(&sql),
            cell(p.mysql),
            cell(p.sqlite),
            cell(p.amphi),
            cell(p.remark)
        );
    }
    out
}

/// Where [`document`] is kept.
pub fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../COMPATIBILITY.md"))
}
