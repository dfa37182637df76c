//! Scripts of what several sessions do in turn, and what each isolation level shows them.
//!
//! ```text
//! # What happens.
//! anomaly G1b
//!
//! T1: UPDATE test SET value = 101 WHERE id = 1
//! T2: SELECT * FROM test
//!     ru rc anomaly: 1 101, 2 20
//!     rr s: 1 10, 2 20
//! ```
//!
//! Every script begins with a table `test (id INT PRIMARY KEY, value INT)` of the rows (1, 10) and (2, 20),
//! as in Hermitage (<https://github.com/ept/hermitage>), and an index on `value`. An indented line says what a statement answers, at
//! the levels it names, or at all: rows in the order of their ids, `nothing`, or `conflict` (SQLSTATE
//! 40001). `anomaly` marks the answer that must not be where the level prevents the script's anomaly. A
//! query has an answer for every level; another statement without one succeeds.
//!
//! A script also runs with its rows in two tables, the odd ids in the first and the even ones in the
//! second. A statement that names a row (`id = 1`, `VALUES (1, …)`) goes to that row's table, any other to
//! both, and their rows are put together.

use crate::sql_client::Answer;
use crate::test_bed::{Client, Layout, TestBed, text};
use std::collections::{BTreeMap, BTreeSet};

/// Isolation levels as scripts name them, and as SQL does.
pub const LEVELS: [(&str, &str); 4] = [
    ("ru", "READ UNCOMMITTED"),
    ("rc", "READ COMMITTED"),
    ("rr", "REPEATABLE READ"),
    ("s", "SERIALIZABLE"),
];

struct Step {
    line: usize,
    session: String,
    sql: String,
    /// What it answers, by level.
    answers: BTreeMap<&'static str, String>,
}

/// One script, read.
pub struct Script {
    /// The anomaly it is about, as Adya and Hermitage name them.
    pub anomaly: String,
    /// The levels where the anomaly happens.
    pub happens: BTreeSet<&'static str>,
    steps: Vec<Step>,
}

impl Script {
    /// Reads a script.
    ///
    /// # Panics
    /// If it is not one.
    pub fn parse(source: &str) -> Script {
        let mut script = Script {
            anomaly: String::new(),
            happens: BTreeSet::new(),
            steps: Vec::new(),
        };
        for (i, line) in source.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
            } else if let Some(name) = line.strip_prefix("anomaly ") {
                script.anomaly = name.trim().to_string();
            } else if line.starts_with(' ') {
                script.expectation(i + 1, line.trim());
            } else {
                let (session, sql) = line.split_once(": ").expect("SESSION: STATEMENT");
                script.steps.push(Step {
                    line: i + 1,
                    session: session.to_string(),
                    sql: sql.trim().to_string(),
                    answers: BTreeMap::new(),
                });
            }
        }
        assert!(!script.anomaly.is_empty(), "the script names no anomaly");
        for step in script.steps.iter().filter(|s| s.sql.starts_with("SELECT")) {
            let all = step.answers.len() == LEVELS.len();
            assert!(all, "line {}: not every level has an answer", step.line);
        }
        script
    }

    fn expectation(&mut self, line: usize, text: &str) {
        let (levels, answer) = text.split_once(": ").unwrap_or(("ru rc rr s", text));
        let step = self.steps.last_mut().expect("a statement before its answer");
        let words: Vec<&str> = levels.split(' ').collect();
        for word in &words {
            if let Some((level, _)) = LEVELS.iter().find(|(l, _)| l == word) {
                let twice = step.answers.insert(level, answer.to_string());
                assert_eq!(twice, None, "line {line}: {level} has an answer already");
                if words.contains(&"anomaly") {
                    self.happens.insert(level);
                }
            } else {
                assert_eq!(*word, "anomaly", "line {line}: not a level");
            }
        }
    }

    /// Runs the script at one level on a fresh table, or two.
    ///
    /// # Panics
    /// If an answer is not the one it has, or a session is left in a transaction.
    pub fn run(&self, bed: &TestBed, spread: &Spread, level: &'static str) {
        let (_, isolation) = LEVELS.iter().find(|(l, _)| *l == level).expect("a level");
        let mut setup = bed.client();
        for (table, engine, row) in spread.tables() {
            setup.ok(&format!(
                "CREATE TABLE {table} (id INT PRIMARY KEY, value INT) ENGINE = {engine}"
            ));
            setup.ok(&format!("CREATE INDEX {table}_value ON {table} (value)"));
            setup.ok(&format!("INSERT INTO {table} VALUES {row}"));
        }
        let mut sessions: BTreeMap<&str, Client> = BTreeMap::new();
        for step in &self.steps {
            let c = sessions.entry(&step.session).or_insert_with(|| {
                let mut c = bed.client();
                c.ok(&format!("SET SESSION TRANSACTION ISOLATION LEVEL {isolation}"));
                c
            });
            let expected = step.answers.get(level).map_or("", String::as_str);
            let answer = spread.run(c, &step.sql);
            assert_eq!(
                answer, expected,
                "line {} at {isolation}, {spread:?}: {}: {}",
                step.line, step.session, step.sql
            );
        }
        for (name, c) in &sessions {
            assert!(!c.session.in_transaction(), "{name} is left in a transaction");
        }
        bed.check();
        for (table, ..) in spread.tables() {
            setup.ok(&format!("DROP TABLE {table}"));
        }
    }
}

/// Where the rows of a script live.
#[derive(Debug, Clone, Copy)]
pub enum Spread {
    /// All in one table of this engine.
    One(&'static str),
    /// The odd ids in a table of the first engine, the even ones in one of the second.
    Two(&'static str, &'static str),
}

impl Spread {
    /// The tables, with their engines and first rows.
    fn tables(self) -> Vec<(&'static str, &'static str, &'static str)> {
        match self {
            Spread::One(engine) => vec![("test", engine, "(1, 10), (2, 20)")],
            Spread::Two(odd, even) => vec![("odd", odd, "(1, 10)"), ("even", even, "(2, 20)")],
        }
    }

    /// Runs a statement and gives its answer as a script has it; empty if it succeeds without rows.
    fn run(self, c: &mut Client, sql: &str) -> String {
        let table = match (self, row_named(sql)) {
            (Spread::Two(..), Some(id)) => Some(if id % 2 == 1 { "odd" } else { "even" }),
            _ => None,
        };
        let all = self.tables().into_iter().map(|(t, ..)| t);
        let mut statements: Vec<String> = all
            .filter(|t| table.is_none_or(|only| only == *t))
            .map(|t| sql.replace(" test", &format!(" {t}")))
            .collect();
        statements.dedup(); // BEGIN, COMMIT and the like name no table
        let mut rows = Vec::new();
        let mut is_query = false;
        for sql in statements {
            match c.run(&sql) {
                Ok(Answer::Rows {
                    types,
                    names,
                    rows: r,
                }) => {
                    is_query = true;
                    rows.extend(r.into_iter().map(|row| Answer::Rows {
                        types: types.clone(),
                        names: names.clone(),
                        rows: vec![row],
                    }));
                }
                Ok(_) => {}
                Err(e) if e.code() == "40001" => return "conflict".into(),
                Err(e) => panic!("{sql}: {e}"),
            }
        }
        let mut rows: Vec<String> = rows.iter().map(text).collect();
        rows.sort();
        match rows.is_empty() && is_query {
            true => "nothing".into(),
            false => rows.join(", "),
        }
    }
}

/// The id of the one row a statement names.
fn row_named(sql: &str) -> Option<u64> {
    let after = |mark: &str| sql.split_once(mark).map(|(_, rest)| rest);
    let rest = after("id = ").or_else(|| after("VALUES ("))?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The three engines.
const ENGINES: [&str; 3] = ["memory", "persistent", "dual"];

/// Every placement of one table and every pair of placements of two, each on a store that is ready at
/// once and on one that answers `Pending` first; and without a store.
pub fn arrangements() -> Vec<(TestBed, Vec<Spread>)> {
    let pairs = ENGINES.iter().flat_map(|a| ENGINES.map(|b| Spread::Two(a, b)));
    let stored: Vec<Spread> = ENGINES.map(Spread::One).into_iter().chain(pairs).collect();
    vec![
        (
            TestBed::new(Layout::Memory),
            vec![Spread::One("memory"), Spread::Two("memory", "memory")],
        ),
        (TestBed::new(Layout::Plain), stored.clone()),
        (TestBed::new(Layout::PlainPending), stored),
    ]
}
