//! Statements with parameter values: the text, a zero byte, the values; then perhaps the next statement.

use super::input::{Input, parts};
use super::twins::Twins;
use super::values::value;
use amphi_core::session::Params;
use amphi_core::sql::parse;

/// Between statements.
pub(super) const MARK: &[u8] = b"\xff;\xff";

pub(super) fn run(data: &[u8]) {
    let mut twins = None;
    for part in parts(data, MARK).take(6) {
        let end = part.iter().position(|b| *b == 0).unwrap_or(part.len());
        let sql = String::from_utf8_lossy(&part[..end]);
        let Ok(parsed) = parse::parse_one(&sql) else {
            continue;
        };
        let mut input = Input::new(part.get(end + 1..).unwrap_or(&[]));
        let mut values = Vec::new();
        while values.len() < parsed.parameter_count().min(64) {
            values.push(value(&mut input));
        }
        for value in &values {
            let _ = (value.to_string(), value.to_sql_literal());
        }
        let params = match parsed.parameter_names().iter().flatten().next() {
            Some(_) => Params::Named(
                parsed
                    .parameter_names()
                    .iter()
                    .flatten()
                    .cloned()
                    .zip(values)
                    .collect(),
            ),
            None => Params::Positional(values),
        };
        if !twins.get_or_insert_with(Twins::new).run(&sql, &params) {
            break;
        }
    }
    if let Some(twins) = twins {
        twins.finish();
    }
}
