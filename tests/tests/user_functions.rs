//! Functions that a program brings, over tables in every placement.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi_core::database::Database;
use amphi_core::session::{Outcome, Session};
use amphi_core::sql::functions::{UserAggregate, UserFunction};
use amphi_core::types::{DataType, Value};
use amphi_core::{Error, Result};
use amphi_tests::block_on::block_on;
use amphi_tests::placements::TestPlacement;

fn run(session: &mut Session, sql: &str) -> Result<Vec<Vec<Value>>> {
    let Outcome::Rows(mut rows) = block_on(session.execute(sql, ()))? else {
        return Ok(Vec::new());
    };
    let types: Vec<DataType> = rows.columns().iter().map(|c| c.ty.clone()).collect();
    let mut all = Vec::new();
    while let Some(batch) = block_on(rows.next_batch())? {
        for row in 0..batch.rows() {
            let cell = |(i, ty): (usize, &DataType)| batch.column(i).value(row, ty);
            all.push(types.iter().enumerate().map(cell).collect());
        }
    }
    Ok(all)
}

/// The longest text of a group, and how many rows it has.
#[derive(Default)]
struct Longest {
    text: Option<String>,
    rows: i64,
}

impl UserAggregate for Longest {
    fn add(&mut self, args: &[Value]) -> Result<()> {
        self.rows += 1;
        match args {
            [Value::Text(t)] if self.text.as_ref().is_none_or(|l| l.len() < t.len()) => {
                self.text = Some(t.clone());
            }
            [Value::Text(_) | Value::Null] => {}
            other => return Err(Error::invalid(format!("longest of {other:?}"))),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Value> {
        let text = self.text.take().unwrap_or_default();
        Ok(Value::Text(format!("{text}/{}", self.rows)))
    }
}

fn add_functions(db: &Database) {
    let twice = UserFunction::scalar("twice", (1, 1), DataType::TEXT, |args| match args {
        [Value::Text(t)] => Ok(Value::Text(format!("{t}{t}"))),
        [Value::Null] => Ok(Value::Null),
        other => Err(Error::invalid(format!("twice of {other:?}"))),
    });
    db.create_function(twice).unwrap();
    let longest = || Box::new(Longest::default()) as Box<dyn UserAggregate>;
    let longest = UserFunction::aggregate("longest", (1, 1), DataType::TEXT, longest);
    db.create_function(longest).unwrap();
}

fn texts(rows: &[&[&str]]) -> Vec<Vec<Value>> {
    let value = |s: &&str| match *s {
        "NULL" => Value::Null,
        s => s.parse().map_or_else(|_| Value::Text(s.to_owned()), Value::Int),
    };
    rows.iter().map(|r| r.iter().map(value).collect()).collect()
}

#[test]
fn they_are_called_in_every_clause_and_placement() {
    for placement in TestPlacement::ALL {
        let db = placement.open(placement.store()).unwrap();
        add_functions(&db);
        let mut session = db.session();
        let table = "CREATE TABLE t (id INT PRIMARY KEY, g INT, s TEXT)";
        run(&mut session, &placement.statement(table)).unwrap();
        let rows = "INSERT INTO t VALUES (1,1,'a'),(2,1,NULL),(3,2,'bcd'),(4,2,'ef'),(5,1,'gh'),(6,2,'x')";
        run(&mut session, rows).unwrap();
        for (sql, expected) in [
            (
                "SELECT routine_name, data_type, LEFT(routine_comment, 4) FROM information_schema.routines \
                 WHERE routine_schema = DATABASE() ORDER BY 1",
                &[&["LONGEST", "text", "aggr"][..], &["TWICE", "text", "func"]][..],
            ),
            (
                "SELECT TWICE(s) FROM t WHERE id < 3 ORDER BY id",
                &[&["aa"][..], &["NULL"]][..],
            ),
            ("SELECT id FROM t WHERE twice(s) = 'efef'", &[&["4"]]),
            (
                "SELECT id FROM t WHERE s IS NOT NULL ORDER BY twice(s) DESC LIMIT 2",
                &[&["6"], &["5"]],
            ),
            (
                "SELECT g, longest(s) FROM t GROUP BY g ORDER BY g",
                &[&["1", "gh/3"], &["2", "bcd/3"]],
            ),
            (
                "SELECT longest(twice(s)) FILTER (WHERE id > 3) FROM t",
                &[&["efef/3"]],
            ),
            ("SELECT longest(s) FROM t WHERE id > 9", &[&["/0"]]),
            ("SELECT longest(DISTINCT g || 'y') FROM t", &[&["1y/2"]]),
            (
                "SELECT id, longest(s) OVER (PARTITION BY g ORDER BY id ROWS 1 PRECEDING) FROM t WHERE g = 2 ORDER BY id",
                &[&["3", "bcd/1"], &["4", "bcd/2"], &["6", "ef/2"]],
            ),
            (
                "SELECT a.id FROM t a JOIN t b ON twice(a.s) = b.s || b.s AND a.id <> b.id",
                &[],
            ),
        ] {
            assert_eq!(
                run(&mut session, sql),
                Ok(texts(expected)),
                "{placement:?}: {sql}"
            );
        }
        run(&mut session, "UPDATE t SET s = twice(s) WHERE id = 1").unwrap();
        run(
            &mut session,
            "CREATE VIEW v AS SELECT twice(s) AS d FROM t WHERE id = 1",
        )
        .unwrap();
        assert_eq!(
            run(&mut session, "SELECT d FROM v"),
            Ok(texts(&[&["aaaa"]])),
            "{placement:?}"
        );
    }
}

#[test]
fn their_errors_are_the_statements_and_change_nothing() {
    let db = TestPlacement::Persistent
        .open(TestPlacement::Persistent.store())
        .unwrap();
    add_functions(&db);
    let mut session = db.session();
    run(&mut session, "CREATE TABLE t (id INT PRIMARY KEY, s TEXT)").unwrap();
    run(&mut session, "INSERT INTO t VALUES (1, 'a'), (2, 'b')").unwrap();
    let refused = |r: Result<Vec<Vec<Value>>>| r.unwrap_err().to_string();
    assert_eq!(
        refused(run(&mut session, "UPDATE t SET s = twice(id)")),
        "twice of [Int(1)]"
    );
    assert!(refused(run(&mut session, "SELECT twice(1, 2)")).contains("TWICE takes 1 arguments, not 2"));
    assert!(refused(run(&mut session, "SELECT longest(id) FROM t")).contains("longest of"));
    let sql = "CREATE TABLE u (a TEXT DEFAULT (twice('x')))";
    assert!(refused(run(&mut session, sql)).contains("unknown function TWICE"));
    assert_eq!(
        run(&mut session, "SELECT s FROM t ORDER BY id"),
        Ok(texts(&[&["a"], &["b"]]))
    );
    // What it returns has to fit its type.
    let small = UserFunction::scalar(
        "small",
        (0, 0),
        DataType::Int(amphi_core::types::IntType::I8),
        |_| Ok(Value::Int(300)),
    );
    db.create_function(small).unwrap();
    assert!(matches!(
        run(&mut session, "SELECT small()"),
        Err(Error::OutOfRange { .. })
    ));
}

#[test]
fn a_name_of_sql_is_taken_and_an_own_one_replaced() {
    let db = TestPlacement::Memory.open(None).unwrap();
    let one =
        |name: &str, n| UserFunction::scalar(name, (0, 0), DataType::BIGINT, move |_| Ok(Value::Int(n)));
    for taken in ["upper", "COALESCE", "sum", "row_number"] {
        let error = db.create_function(one(taken, 1)).unwrap_err();
        assert!(matches!(error, Error::Exists { .. }), "{taken}");
    }
    for no_name in ["", "a b", "1a", "a.b"] {
        assert!(db.create_function(one(no_name, 1)).is_err(), "{no_name}");
    }
    let mut session = db.session();
    assert!(matches!(
        run(&mut session, "SELECT mine()"),
        Err(Error::Unknown { .. })
    ));
    for n in [1, 2] {
        db.create_function(one("mine", n)).unwrap();
        assert_eq!(run(&mut session, "SELECT mine()"), Ok(vec![vec![Value::Int(n)]]));
    }
}

#[test]
fn views_call_them() {
    for placement in TestPlacement::ALL {
        let db = placement.open(placement.store()).unwrap();
        add_functions(&db);
        let mut session = db.session();
        for sql in [
            placement.statement("CREATE TABLE t (id INT PRIMARY KEY, s TEXT)"),
            "INSERT INTO t VALUES (1, 'a'), (2, 'bc'), (3, 'd')".into(),
            "CREATE VIEW doubled AS SELECT id, twice(s) AS d FROM t".into(),
            "CREATE VIEW top AS SELECT longest(d) AS most FROM doubled".into(),
        ] {
            run(&mut session, &sql).unwrap();
        }
        let doubled = run(&mut session, "SELECT d FROM doubled WHERE d <> 'aa' ORDER BY id").unwrap();
        assert_eq!(doubled, texts(&[&["bcbc"], &["dd"]]));
        let top = run(&mut session, "SELECT most FROM top").unwrap();
        assert_eq!(top, texts(&[&["bcbc/3"]]));
    }
}
