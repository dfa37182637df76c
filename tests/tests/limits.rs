//! Statements that ask for too much: sizes, nesting, widths and numbers at their extremes. Each is answered, or refused by
//! an error that names the limit, soon and within memory that the limit bounds.
//!
//! The tests take turns, since they measure the heap of the process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::SystemHost;
use amphi_core::Error;
use amphi_core::database::Database;
use amphi_core::router::Config;
use amphi_tests::block_on::block_on;
use amphi_tests::counting_allocator::CountingAllocator;
use amphi_tests::damage::Watchdog;
use amphi_tests::sql_client::{Answer, collect, slt_text};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[global_allocator]
static HEAP: CountingAllocator = CountingAllocator::new();

static TURN: Mutex<()> = Mutex::new(());

const MIB: usize = 1 << 20;
/// What a query may collect.
const LIMIT: usize = 8 * MIB;
/// No statement takes so long, by far.
const SECONDS: u64 = 30;
/// A thread with as little stack as a browser's or a server's.
const STACK: usize = 1 << 20;

/// Runs a test in a small thread, on a table `n` of 3000 rows.
fn with_table(test: impl FnOnce(&Database, &Watchdog) + Send + 'static) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let run = || {
        let config = Config {
            max_query_bytes: Some(LIMIT),
            ..Config::default()
        };
        let db = block_on(Database::open(None, Arc::new(SystemHost::new()), config)).unwrap();
        let watchdog = Watchdog::new(Duration::from_secs(SECONDS));
        watchdog.begin("the table");
        run(
            &db,
            "CREATE TABLE n (i INT PRIMARY KEY, s TEXT, d DATE, x DOUBLE)",
        )
        .unwrap();
        for from in [0, 1000, 2000] {
            let row = |i| format!("({i}, 'text {i}', '2024-01-01', {i}.5)");
            let rows: Vec<String> = (from..from + 1000).map(row).collect();
            run(&db, &format!("INSERT INTO n VALUES {}", rows.join(", "))).unwrap();
        }
        test(&db, &watchdog);
    };
    let thread = std::thread::Builder::new().stack_size(STACK);
    if let Err(panic) = thread.spawn(run).unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

fn run(db: &Database, sql: &str) -> Result<Answer, Error> {
    let mut session = db.session();
    block_on(async { collect(session.execute(sql, ()).await?).await })
}

/// The first bytes of a statement.
fn start(sql: &str) -> &str {
    &sql[..sql.floor_char_boundary(120)]
}

/// Runs a statement; how it came out, and how the heap grew.
fn measured(db: &Database, watchdog: &Watchdog, sql: &str) -> (Result<Answer, Error>, usize) {
    watchdog.begin(start(sql));
    HEAP.reset_peak();
    let before = HEAP.now();
    let answer = run(db, sql);
    (answer, HEAP.peak() - before)
}

fn chain(item: &str, between: &str, n: usize) -> String {
    vec![item; n].join(between)
}

fn nest(open: &str, inner: &str, close: &str, n: usize) -> String {
    format!("{}{inner}{}", open.repeat(n), close.repeat(n))
}

#[test]
fn texts_that_grow_are_refused_before_they_take_the_memory() {
    with_table(|db, watchdog| {
        for text in [
            "REPEAT('x', 1e12)",
            "REPEAT('x', 9223372036854775807)",
            "REPEAT(s, 1000000)",
            "REPEAT(s, 10000)",
            "REPEAT(REPEAT('x', 60000), 60000)",
            "SPACE(1e12)",
            "SPACE(60000000)",
            "LPAD('x', 1e12, 'y')",
            "LPAD(s, 60000, 'yz')",
            "RPAD('x', 30000000, 'y')",
            "CONCAT(SPACE(6000000), SPACE(6000000))",
            "CONCAT(SPACE(4000000), s)",
            "CONCAT_WS(SPACE(1000000), s, s, s, s)",
            "SPACE(6000000) || SPACE(6000000)",
            "SPACE(3000000) || s",
            "HEX(SPACE(6000000))",
            "HEX(REPEAT(s, 1000))",
            "REPLACE(REPEAT('a', 1000000), 'a', REPEAT('b', 1000000))",
            "REPLACE(REPEAT(s, 100), 't', REPEAT('b', 1000))",
            "INSERT(SPACE(5000000), 2, 1, SPACE(5000000))",
            "QUOTE(REPEAT('''', 5000000))",
            "REVERSE(REPEAT(s, 5000))",
            "UPPER(REPEAT('ß', 3000000))",
            "DATE_FORMAT(d, REPEAT('%W', 2000))",
            "CASE WHEN i > 5 THEN SPACE(100000) ELSE s END",
            "COALESCE(NULLIF(s, s), SPACE(100000))",
            "ELT(1, SPACE(1000000), s)",
            "URL_ENCODE(REPEAT(s, 2000))",
            "UNHEX(REPEAT('00', 6000000))",
        ] {
            let sql = format!("SELECT LENGTH({text} || CAST(i AS CHAR)) FROM n");
            let (answer, growth) = measured(db, watchdog, &sql);
            match answer {
                Err(Error::QueryMemory { limit }) => assert_eq!(limit, LIMIT),
                // A single text has a limit of its own.
                Err(Error::OutOfRange { expected, .. }) => {
                    assert!(expected.contains("a text of 67108864 bytes"), "{sql}: {expected}");
                }
                other => panic!("{sql}: {other:?}"),
            }
            assert!(
                growth <= LIMIT * 3 / 2 + MIB,
                "{sql}: the heap grew by {growth} bytes"
            );
        }
        for sql in [
            "SELECT GROUP_CONCAT(REPEAT(s, 1000)) FROM n",
            "SELECT GROUP_CONCAT(a.s) FROM n a, n b",
            "SELECT MAX(REPEAT(s, 1000)), i FROM n GROUP BY i",
            "SELECT DISTINCT REPEAT(s, 1000) FROM n",
            "SELECT * FROM n a, n b ORDER BY a.s",
            "SELECT * FROM n a JOIN (SELECT SPACE(100000) AS big) c ON a.s <> c.big",
            "INSERT INTO n (i, s) SELECT a.i * 3000 + b.i + 3000, a.s FROM n a, n b",
            "UPDATE n SET s = REPEAT(s, 1000)",
        ] {
            let (answer, growth) = measured(db, watchdog, sql);
            assert_eq!(answer, Err(Error::QueryMemory { limit: LIMIT }), "{sql}");
            assert!(
                growth <= LIMIT * 3 / 2 + MIB,
                "{sql}: the heap grew by {growth} bytes"
            );
        }
        // What needs no memory is answered, however many rows it goes through.
        for sql in [
            "SELECT COUNT(*) FROM n a, n b WHERE a.i < 300",
            "SELECT a.i FROM n a, n b WHERE a.i < 100 LIMIT 5 OFFSET 9223372036854775807",
            "SELECT SUM(LENGTH(REPEAT('x', i))) FROM n",
        ] {
            let (answer, growth) = measured(db, watchdog, sql);
            assert!(answer.is_ok(), "{sql}: {answer:?}");
            assert!(growth <= LIMIT / 2, "{sql}: the heap grew by {growth} bytes");
        }
    });
}

#[test]
fn nesting_is_refused_with_the_limit_and_never_overflows_a_small_stack() {
    with_table(|db, watchdog| {
        let n = 20_000;
        let expressions = [
            nest("(", "1", ")", n),
            nest("NOT ", "1", "", n),
            nest("- ", "1", "", n),
            nest("~", "1", "", n),
            nest("CASE WHEN 1 THEN ", "1", " END", n),
            nest("ABS(", "1", ")", n),
            nest("IF(1, ", "1", ", 2)", n),
            nest("CAST(", "1", " AS INT)", n),
            nest("EXTRACT(YEAR FROM ", "d", ")", n),
            nest("(SELECT ", "1", ")", n),
            nest("EXISTS (SELECT ", "1", ")", n),
            nest("1 IN (", "1", ")", n),
            nest("1 IN (SELECT ", "1", ")", n),
            nest("1 BETWEEN 0 AND ", "1", "", n),
            nest("1 + (", "1", ")", n),
            nest("INTERVAL 1 DAY + ", "d", "", n),
            chain("1", " + ", n),
            chain("1", " AND ", n),
            chain("1", " OR ", n),
            chain("1", " = ", n),
            chain("s", " || ", n),
            chain("s", " LIKE ", n),
            format!("1{}", " IS NULL".repeat(n)),
            format!("1{}", "::INT".repeat(n)),
            format!("s{}", " COLLATE NOCASE".repeat(n)),
        ];
        let mut all: Vec<String> = expressions.iter().map(|e| format!("SELECT {e} FROM n")).collect();
        all.push(chain("SELECT 1", " UNION ALL ", n));
        all.push(nest("(", "SELECT 1", ")", n));
        all.push(nest("SELECT * FROM (", "SELECT 1", ") a", n));
        all.push(nest("WITH a AS (", "SELECT 1", ") SELECT 1", n));
        all.push(format!("SELECT * FROM {}", nest("(n JOIN ", "n", ")", n)));
        all.push(format!("CREATE TABLE t (a INT CHECK ({}))", chain("a", " + ", n)));
        all.push(format!(
            "CREATE TABLE t (a INT DEFAULT {})",
            nest("(", "1", ")", n)
        ));
        for sql in &all {
            let (answer, growth) = measured(db, watchdog, sql);
            assert!(
                matches!(answer, Err(Error::TooDeep { limit: 9..=800 })),
                "{}: {answer:?}",
                start(sql)
            );
            // Tokens, a few hundred bytes each, until the limit is met.
            assert!(
                growth <= 64 * MIB,
                "{}: the heap grew by {growth} bytes",
                start(sql)
            );
        }
        // Queries in FROM and chains of WITH queries nest the plan: 100 levels.
        let with = |n: usize| {
            let step = |i| format!("a{} AS (SELECT i FROM a{i} WHERE i < 2000 LIMIT 2999)", i + 1);
            let steps: Vec<String> = (0..n).map(step).collect();
            format!(
                "WITH a0 AS (SELECT i FROM n), {} SELECT COUNT(*) FROM a{n}",
                steps.join(", ")
            )
        };
        let derived = |levels: usize, joins: usize| {
            (0..levels).fold(String::from("n"), |inner, l| {
                let joined: String = (0..joins)
                    .map(|i| format!(" JOIN n x{i} ON x{i}.i = b.i"))
                    .collect();
                let name = if l + 1 < levels { "" } else { " z" };
                format!("(SELECT b.i FROM {inner} b{joined}){name}")
            })
        };
        for (sql, fits) in [
            (with(20), true),
            (with(90), false),
            (with(5000), false),
            (format!("SELECT COUNT(*) FROM {}", derived(6, 10)), true),
            (format!("SELECT COUNT(*) FROM {}", derived(6, 60)), false),
        ] {
            match measured(db, watchdog, &sql).0 {
                Ok(_) => assert!(fits, "{}", start(&sql)),
                Err(Error::TooDeep { limit: 100 }) => assert!(!fits, "{}", start(&sql)),
                other => panic!("{}: {other:?}", start(&sql)),
            }
        }
        // A query of WITH is copied where it is named.
        let doubled: Vec<String> = (0..30)
            .map(|i| format!("a{} AS (SELECT x.i FROM a{i} x, a{i} y)", i + 1))
            .collect();
        let sql = format!(
            "WITH a0 AS (SELECT 1 AS i), {} SELECT * FROM a30",
            doubled.join(", ")
        );
        let error = measured(db, watchdog, &sql).0.expect_err(start(&sql));
        assert!(error.to_string().contains("more than 100 times"), "{error}");
        // JSON is read in a loop, and nests 256 levels.
        for (levels, fits) in [(256, true), (257, false), (100_000, false)] {
            let sql = format!(
                "INSERT INTO j VALUES ('{}{}')",
                "[".repeat(levels),
                "]".repeat(levels)
            );
            run(db, "CREATE OR REPLACE TABLE j (j JSON)")
                .or_else(|_| run(db, "CREATE TABLE IF NOT EXISTS j (j JSON)"))
                .unwrap();
            assert_eq!(measured(db, watchdog, &sql).0.is_ok(), fits, "{levels} levels");
        }
    });
}

#[test]
fn views_of_deep_queries_are_used_in_deep_queries() {
    with_table(|db, watchdog| {
        for (open, close) in [
            ("(SELECT ", ")"),
            ("EXISTS (SELECT ", ")"),
            ("ABS(", ")"),
            ("CASE WHEN 1 THEN ", " END"),
            ("1 + (", ")"),
        ] {
            let query = |inner: &str, n: usize| format!("SELECT {} AS i", nest(open, inner, close, n));
            // As deep as a text may be.
            let fits = |n: &usize| run(db, &query("1", *n)).is_ok();
            let n = (1..800).take_while(fits).last().unwrap();
            run(db, &format!("CREATE VIEW v0 AS {}", query("1", n - 1))).unwrap();
            // Each level names the view before it where its own text is deepest.
            for level in 1..6 {
                let inner = format!("(SELECT i FROM v{})", level - 1);
                let depth = (1..=n).rev().find(|depth| {
                    let create = format!("CREATE VIEW v{level} AS {}", query(&inner, *depth));
                    measured(db, watchdog, &create).0.is_ok()
                });
                let Some(_) = depth else { break };
                let used = measured(db, watchdog, &query(&format!("(SELECT i FROM v{level})"), n / 2)).0;
                assert!(
                    matches!(used, Ok(_) | Err(Error::TooDeep { .. } | Error::Invalid { .. })),
                    "{open} {level}: {used:?}"
                );
                let sql = "SELECT COUNT(*) FROM information_schema.columns WHERE table_name LIKE 'v%'";
                assert!(measured(db, watchdog, sql).0.is_ok(), "{open} {level}");
            }
            let views = run(db, "SHOW FULL TABLES LIKE 'v%'").unwrap();
            let Answer::Rows { rows, .. } = views else {
                panic!("no rows")
            };
            for row in rows {
                run(db, &format!("DROP VIEW {}", slt_text(&row[0]))).unwrap();
            }
        }
    });
}

#[test]
fn widths_are_refused_with_the_limit() {
    with_table(|db, watchdog| {
        let tables = |n: usize| (0..n).map(|i| format!("n x{i}")).collect::<Vec<_>>().join(", ");
        let columns = |n: usize| (0..n).map(|i| format!("c{i} INT")).collect::<Vec<_>>().join(", ");
        for (sql, says) in [
            (format!("SELECT 1 FROM {}", tables(65)), "at most 64 tables"),
            (format!("SELECT 1 FROM {}", tables(3000)), "at most 64 tables"),
            (
                format!("SELECT {} FROM n", chain("i", ", ", 4097)),
                "at most 4096 columns",
            ),
            (
                format!("SELECT {} FROM n", chain("*", ", ", 1025)),
                "at most 4096 columns",
            ),
            (
                format!("SELECT 1 FROM n GROUP BY {}", chain("i", ", ", 4097)),
                "at most 4096 columns",
            ),
            (
                format!("SELECT 1 FROM n GROUP BY ROLLUP ({})", chain("i", ", ", 70_000)),
                "at most 4096 columns",
            ),
            (
                format!("SELECT 1 FROM n GROUP BY {} WITH ROLLUP", chain("i", ", ", 2000)),
                "more than 1024 grouping sets",
            ),
            (
                format!("SELECT 1 FROM n ORDER BY {}", chain("i", ", ", 4097)),
                "at most 4096 columns",
            ),
            (
                format!("CREATE TABLE w ({})", columns(4097)),
                "at most 4096 columns",
            ),
            (
                format!("CREATE TABLE w ({})", columns(70_000)),
                "at most 4096 columns",
            ),
            (format!("SELECT {}", chain("?", ", ", 70_000)), "65535"),
            ("SELECT ?70000".into(), "65535"),
            ("CREATE TABLE w (d DECIMAL(39, 0))".into(), "at most 38 digits"),
            ("CREATE TABLE w (d DECIMAL(38, 39))".into(), "at most 38 digits"),
            (
                "SELECT CAST(1 AS DECIMAL(99999999999, 2))".into(),
                "at most 38 digits",
            ),
            ("CREATE TABLE w (v VARCHAR(99999999999))".into(), "4294967295"),
            ("CREATE TABLE w (v VECTOR(99999999999))".into(), "65535"),
            ("CREATE TABLE w (t DATETIME(9))".into(), "at most 6 digits"),
        ] {
            let error = measured(db, watchdog, &sql).0.expect_err(start(&sql));
            assert!(error.to_string().contains(says), "{}: {error}", start(&sql));
        }
        // What is just within the limits works, and long lists do.
        let joins: String = (0..63).map(|i| format!(" JOIN n x{i} ON x{i}.i = n.i")).collect();
        for sql in [
            format!("SELECT COUNT(*) FROM n{joins}"),
            format!("SELECT {} FROM n LIMIT 1", chain("i", ", ", 4096)),
            format!("CREATE TABLE w ({})", columns(4096)),
            "INSERT INTO w (c0, c4095) VALUES (1, 2)".into(),
            "SELECT c4095 FROM w".into(),
            format!("SELECT i IN ({}) FROM n LIMIT 1", chain("7", ", ", 50_000)),
            format!("SELECT CONCAT({}) FROM n LIMIT 1", chain("'a'", ", ", 20_000)),
            format!(
                "SELECT CASE {} END FROM n LIMIT 1",
                chain("WHEN i = 7 THEN 2", " ", 10_000)
            ),
            format!("SELECT '{}'", "x".repeat(1_000_000)),
        ] {
            let (answer, growth) = measured(db, watchdog, &sql);
            assert!(answer.is_ok(), "{}: {answer:?}", start(&sql));
            // A plan takes memory with the length of its text.
            assert!(
                growth <= 16 * MIB + 600 * sql.len(),
                "{}: {growth} bytes",
                start(&sql)
            );
        }
    });
}

#[test]
fn numbers_and_dates_at_their_extremes_are_right_or_refused() {
    const MAX: &str = "9223372036854775807";
    const MIN: &str = "-9223372036854775808";
    with_table(|db, watchdog| {
        // As in MySQL, except that what MySQL wraps or clips is an error here, as in PostgreSQL.
        for (expression, expected) in [
            (format!("{MAX} + 1"), Err("22003")),
            (format!("{MIN} - 1"), Err("22003")),
            (format!("{MAX} * 2"), Err("22003")),
            (format!("-({MIN})"), Err("22003")),
            (format!("ABS({MIN})"), Err("22003")),
            (format!("{MIN} DIV -1"), Err("22003")),
            (format!("{MIN} % -1"), Ok("0")),
            ("99999999999999999999999999999999999999 * 10".into(), Err("22003")),
            ("1e308 * 10".into(), Err("22003")),
            ("1e400".into(), Err("22003")),
            ("POW(10, 400)".into(), Err("22003")),
            ("EXP(1000)".into(), Err("22003")),
            ("SQRT(-1)".into(), Ok("NULL")),
            ("1 << 64".into(), Ok("0")),
            (format!("1 >> {MAX}"), Ok("0")),
            (format!("LEFT('abc', {MAX})"), Ok("abc")),
            (format!("RIGHT('abc', {MAX})"), Ok("abc")),
            (format!("SUBSTRING('abc', 2, {MAX})"), Ok("bc")),
            (format!("SUBSTRING('abc', {MIN}, {MAX})"), Ok("(empty)")),
            (format!("INSERT('abc', 2, {MAX}, 'x')"), Ok("ax")),
            (format!("INSERT('abc', {MAX}, 1, 'x')"), Ok("abc")),
            (format!("LOCATE('a', 'a', {MAX})"), Ok("0")),
            (format!("ELT({MAX}, 'a')"), Ok("NULL")),
            (format!("REPEAT('a', {MIN})"), Ok("(empty)")),
            (format!("SPACE({MIN})"), Ok("(empty)")),
            (format!("LPAD('a', {MIN}, 'b')"), Ok("NULL")),
            (format!("SUBSTRING_INDEX('a,b', ',', {MIN})"), Ok("a,b")),
            (format!("DATE_ADD('2024-01-01', INTERVAL {MAX} YEAR)"), Ok("NULL")),
            (
                format!("DATE_ADD('2024-01-01', INTERVAL {MIN} MONTH)"),
                Ok("NULL"),
            ),
            (
                format!("DATE_ADD('2024-01-01', INTERVAL {MAX} MICROSECOND)"),
                Ok("NULL"),
            ),
            (format!("DATE_SUB('2024-01-01', INTERVAL {MIN} DAY)"), Ok("NULL")),
            ("DATE_ADD('9999-12-31', INTERVAL 1 DAY)".into(), Ok("NULL")),
            (
                "DATE_ADD('9999-12-31 23:59:59', INTERVAL 1 SECOND)".into(),
                Ok("NULL"),
            ),
            ("DATE_SUB('0001-01-01', INTERVAL 2 YEAR)".into(), Ok("NULL")),
            (format!("TIMESTAMPADD(WEEK, {MAX}, '2024-01-01')"), Ok("NULL")),
            (format!("FROM_UNIXTIME({MAX})"), Ok("NULL")),
            (format!("FROM_DAYS({MAX})"), Ok("NULL")),
            (format!("MAKEDATE({MAX}, {MAX})"), Ok("NULL")),
            (
                "TIMESTAMPDIFF(DAY, '0001-01-01', '9999-12-31')".into(),
                Ok("3652058"),
            ),
            ("DATEDIFF('9999-12-31', '0001-01-01')".into(), Ok("3652058")),
        ] {
            let sql = format!("SELECT {expression}");
            let given = match measured(db, watchdog, &sql).0 {
                Ok(Answer::Rows { rows, .. }) => Ok(slt_text(&rows[0][0])),
                Ok(other) => panic!("{sql}: {other:?}"),
                Err(e) => Err(e.code()),
            };
            assert_eq!(given.as_deref().map_err(|e| *e), expected, "{sql}");
        }
        for sql in [
            format!("SELECT i FROM n LIMIT {MAX} OFFSET {MAX}"),
            format!("SELECT i FROM n ORDER BY s LIMIT 3 OFFSET {MAX}"),
            format!("DELETE FROM n WHERE i = {MAX} LIMIT {MAX}"),
        ] {
            let answer = measured(db, watchdog, &sql).0;
            let empty = match &answer {
                Ok(Answer::Rows { rows, .. }) => rows.is_empty(),
                other => *other == Ok(Answer::Affected(0)),
            };
            assert!(empty, "{sql}: {answer:?}");
        }
        for sql in [
            "SELECT i FROM n LIMIT 18446744073709551616",
            "SELECT i FROM n LIMIT -1",
        ] {
            assert!(measured(db, watchdog, sql).0.is_err(), "{sql}");
        }
    });
}
