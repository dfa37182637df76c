//! Scripts: their statements one after the other.

use super::twins::Twins;
use amphi_core::session::Params;
use amphi_core::sql::parse;

/// Statements of a script that are run.
const STATEMENTS: usize = 24;

pub(super) fn run(data: &[u8]) {
    let script = String::from_utf8_lossy(data);
    let mut twins = None;
    for statement in parse::split(&script).take(STATEMENTS) {
        let parsed = parse::parse(statement.text);
        assert!(
            parsed.as_ref().is_ok_and(|p| p.len() <= 1) || parsed.is_err(),
            "one statement is two: {}",
            statement.text
        );
        // Most inputs are no SQL: tables are made for those that are.
        if parsed.is_err() && twins.is_none() {
            continue;
        }
        let twins = twins.get_or_insert_with(Twins::new);
        if !twins.run(statement.text, &Params::None) {
            break;
        }
    }
    if let Some(twins) = twins {
        twins.finish();
    }
}
