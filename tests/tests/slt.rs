//! Runs every `.slt` file in every placement: one test per file and placement.
//!
//! A file names no placement. After its last record the database's own integrity check must find
//! nothing; and where there is a store, the database is reopened and must hold the same rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::database::Database;
use amphi_core::types::DataType;
use amphi_tests::block_on::block_on;
use amphi_tests::placements::TestPlacement;
use amphi_tests::sql_client::{Answer, SqlClient, slt_text};
use libtest_mimic::{Arguments, Failed, Trial};
use sqllogictest::{DB, DBOutput, DefaultColumnType, Runner};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Failures of one file shown; the rest are counted.
const SHOWN: usize = 10;

struct Connection(SqlClient);

impl DB for Connection {
    type Error = Error;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Error> {
        Ok(match self.0.run(sql)? {
            Answer::Rows { types, rows, .. } => DBOutput::Rows {
                types: types.iter().map(column_type).collect(),
                rows: rows.iter().map(|r| r.iter().map(slt_text).collect()).collect(),
            },
            Answer::Affected(rows) => DBOutput::StatementComplete(rows),
            Answer::Done => DBOutput::StatementComplete(0),
        })
    }

    fn engine_name(&self) -> &str {
        "amphi"
    }

    fn error_sql_state(error: &Error) -> Option<String> {
        Some(error.code().to_string())
    }
}

fn column_type(ty: &DataType) -> DefaultColumnType {
    match ty {
        DataType::Bool | DataType::Int(_) => DefaultColumnType::Integer,
        DataType::Float | DataType::Double | DataType::Decimal { .. } => DefaultColumnType::FloatingPoint,
        _ => DefaultColumnType::Text,
    }
}

/// Every table of the first schema with its rows as text, sorted.
fn contents(database: &Database, placement: TestPlacement) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut client = SqlClient::new(database, placement);
    let tables = client.rows("SHOW TABLES")?;
    let mut all = BTreeMap::new();
    for table in tables.iter().filter_map(|r| r.first()) {
        let name = table.to_string();
        let quoted = name.replace('`', "``");
        let text = |r: &Vec<_>| r.iter().map(slt_text).collect::<Vec<_>>().join("|");
        let rows = client.rows(&format!("SELECT * FROM `{quoted}`"))?;
        let mut rows: Vec<String> = rows.iter().map(text).collect();
        rows.sort();
        all.insert(name, rows);
    }
    Ok(all)
}

fn verify(database: Database, placement: TestPlacement, reopen: impl Fn() -> Database) -> Result<(), Failed> {
    let problems = block_on(database.check())?;
    if !problems.is_empty() {
        return Err(format!("the integrity check found: {problems}").into());
    }
    if !placement.is_stored() {
        return Ok(());
    }
    let before = contents(&database, placement)?;
    block_on(database.close())?;
    let reopened = reopen();
    let after = contents(&reopened, placement)?;
    if before != after {
        return Err(format!("reopened, the tables differ:\n{before:?}\n{after:?}").into());
    }
    let problems = block_on(reopened.check())?;
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("reopened, the integrity check found: {problems}").into())
    }
}

fn run_file(path: &Path, placement: TestPlacement) -> Result<(), Failed> {
    let store = placement.store();
    let open = || placement.open(store.clone()).expect("the database opens");
    let database = open();
    let mut runner = Runner::new(|| {
        let client = SqlClient::new(&database, placement);
        async move { Ok(Connection(client)) }
    });
    let records = sqllogictest::parse_file(path)?;
    let mut failures = 0;
    let mut report = String::new();
    for record in records {
        if let Err(e) = runner.run(record) {
            failures += 1;
            if failures <= SHOWN {
                writeln!(report, "{}", e.display(false))?;
            }
        }
    }
    drop(runner);
    if failures > 0 {
        return Err(format!("{failures} records failed\n{report}").into());
    }
    verify(database, placement, open)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the folder of .slt files is readable");
    for entry in entries {
        let path = entry.expect("its entries are readable").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "slt") {
            found.push(path);
        }
    }
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("slt");
    let mut found = Vec::new();
    files(&root, &mut found);
    found.sort();
    let mut trials = Vec::new();
    for path in found {
        let name = path.strip_prefix(&root).unwrap_or(&path).with_extension("");
        let name = name.to_string_lossy().replace('\\', "/");
        for placement in TestPlacement::ALL {
            let path = path.clone();
            trials.push(Trial::test(format!("{name}::{}", placement.name()), move || {
                run_file(&path, placement)
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
