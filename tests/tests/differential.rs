//! Random tables, changes and queries, run here and on SQLite: the answers must be the same.
//!
//! The seed is fixed, so that a run is repeatable; `AMPHI_SEED` and `AMPHI_CASES` change what is tried.
//! A failure prints every statement of its case. What the dialects answer differently by design is not
//! generated: `/` between integers, text against numbers, values that a column's type refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod random_sql;
mod sqlite_oracle;

use amphi_core::types::Value;
use amphi_tests::block_on::block_on;
use amphi_tests::placements::TestPlacement;
use amphi_tests::sql_client::SqlClient;
use random_sql::{Case, Step};
use sqlite_oracle::{Cell, SqliteOracle, same};

const SEED: u64 = 20_260_701;
const CASES: u64 = 200;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(default)
}

fn ours(rows: &[Vec<Value>]) -> Vec<Vec<Cell>> {
    rows.iter().map(|r| r.iter().map(Cell::ours).collect()).collect()
}

/// Runs one case; the error tells how many steps went well, the statement and both answers.
fn run(case: &Case, placement: TestPlacement) -> Result<(), (usize, String)> {
    let database = placement
        .open(placement.store())
        .map_err(|e| (0, e.to_string()))?;
    let mut client = SqlClient::new(&database, placement);
    let oracle = SqliteOracle::new();
    for (n, step) in case.steps.iter().enumerate() {
        compare(step, &mut client, &oracle).map_err(|e| (n, e))?;
    }
    let all = case.steps.len();
    let problems = block_on(database.check()).map_err(|e| (all, e.to_string()))?;
    if problems.is_empty() {
        Ok(())
    } else {
        Err((all, format!("the integrity check found: {problems}")))
    }
}

fn compare(step: &Step, client: &mut SqlClient, oracle: &SqliteOracle) -> Result<(), String> {
    match step {
        Step::Change(sql) => {
            let (a, b) = (client.run(sql), oracle.execute(sql));
            match (&a, &b) {
                (Ok(_), Ok(())) => {}
                // Both refuse: a duplicate key, a missing parent, a child left behind, a NULL key.
                (Err(a), Err(_)) if a.code().starts_with("23") => {}
                (a, b) => return Err(format!("{sql}\nours:   {a:?}\nSQLite: {b:?}")),
            }
        }
        Step::Query(sql) => {
            let theirs = oracle.rows(sql).map_err(|e| format!("{sql}\nSQLite: {e}"))?;
            let rows = client
                .rows(sql)
                .map_err(|e| format!("{sql}\nours:   {e}\nSQLite: {theirs:?}"))?;
            let rows = ours(&rows);
            if !same(&rows, &theirs) {
                return Err(format!("{sql}\nours:   {rows:?}\nSQLite: {theirs:?}"));
            }
        }
    }
    Ok(())
}

fn differential(placement: TestPlacement) {
    let seed = from_environment("AMPHI_SEED", SEED);
    let cases = from_environment("AMPHI_CASES", CASES);
    let mut failures = Vec::new();
    for number in 0..cases {
        let case = Case::generate(seed.wrapping_add(number));
        let Err((step, failure)) = run(&case, placement) else {
            continue;
        };
        let changes: Vec<&str> = case
            .steps
            .iter()
            .take(step)
            .filter_map(|s| match s {
                Step::Change(sql) => Some(sql.as_str()),
                Step::Query(_) => None,
            })
            .collect();
        let seed = seed.wrapping_add(number);
        failures.push(format!(
            "AMPHI_SEED={seed} AMPHI_CASES=1\n{};\n{failure}",
            changes.join(";\n")
        ));
    }
    let shown = failures.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(
        failures.is_empty(),
        "{} of {cases} cases failed\n{shown}",
        failures.len()
    );
}

#[test]
fn in_memory() {
    differential(TestPlacement::Memory);
}

#[test]
fn persistent() {
    differential(TestPlacement::Persistent);
}

#[test]
fn dual() {
    differential(TestPlacement::Dual);
}

#[test]
fn on_a_pending_store() {
    differential(TestPlacement::Pending);
}
