//! Triggers beyond single statements: plans made before them, texts of several statements, reopening, long
//! chains, transactions that lose, a failure at every row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::database::Database;
use amphi_core::session::Params;
use amphi_core::types::Value;
use amphi_tests::block_on::block_on;
use amphi_tests::placements::TestPlacement;
use amphi_tests::sql_client::SqlClient;

fn client(placement: TestPlacement) -> (Database, SqlClient) {
    let database = placement.open(placement.store()).unwrap();
    let client = SqlClient::new(&database, placement);
    (database, client)
}

fn numbers(client: &mut SqlClient, sql: &str) -> Vec<String> {
    let rows = client.rows(sql).unwrap();
    rows.iter()
        .map(|r| r.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn a_prepared_change_fires_triggers_that_were_made_later_and_not_those_that_are_gone() {
    for placement in TestPlacement::ALL {
        let (database, mut client) = client(placement);
        client
            .run("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT)")
            .unwrap();
        client.run("CREATE TABLE log (n INT)").unwrap();
        let mut session = database.session();
        let (insert, _) = session.prepare("INSERT INTO t (a) VALUES (?)").unwrap();
        let mut run = |value: i64| {
            let params = Params::Positional(vec![Value::Int(value)]);
            block_on(session.execute_prepared(&insert, &params)).unwrap();
            session.last_insert_id()
        };
        assert_eq!(run(1), 1);
        client
            .run("CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.a)")
            .unwrap();
        assert_eq!(run(2), 2);
        client.run("INSERT INTO t (a) VALUES (3)").unwrap();
        client.run("DROP TRIGGER x").unwrap();
        assert_eq!(run(4), 4);
        assert_eq!(numbers(&mut client, "SELECT n FROM log ORDER BY n"), ["2", "3"]);
    }
}

#[test]
fn a_text_of_several_statements_may_make_a_trigger_and_use_it() {
    let (database, mut client) = client(TestPlacement::Memory);
    let text = "CREATE TABLE t (a INT); CREATE TABLE log (n INT);
        CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW BEGIN
            INSERT INTO log VALUES (NEW.a);
            IF NEW.a > 1 THEN INSERT INTO log VALUES (CASE WHEN NEW.a = 2 THEN 20 ELSE 30 END); END IF;
        END;
        INSERT INTO t VALUES (1), (2), (3)";
    block_on(database.session().execute(text, &Params::None)).unwrap();
    assert_eq!(
        numbers(&mut client, "SELECT n FROM log ORDER BY n"),
        ["1", "2", "3", "20", "30"]
    );
}

#[test]
fn triggers_are_there_after_reopening() {
    for placement in TestPlacement::ALL.into_iter().filter(|p| p.is_stored()) {
        let store = placement.store();
        let database = placement.open(store.clone()).unwrap();
        let mut before = SqlClient::new(&database, placement);
        before.run("CREATE TABLE t (a INT)").unwrap();
        before.run("CREATE TABLE log (n INT)").unwrap();
        let create = "CREATE TRIGGER `x` AFTER UPDATE OF `a` ON `t` FOR EACH ROW WHEN NEW.a > OLD.a \
                      BEGIN INSERT INTO log VALUES (OLD.a); INSERT INTO log VALUES (NEW.a); END";
        before.run(create).unwrap();
        block_on(database.close()).unwrap();
        let database = placement.open(store).unwrap();
        let mut after = SqlClient::new(&database, placement);
        after.run("INSERT INTO t VALUES (1), (5)").unwrap();
        after.run("UPDATE t SET a = 3").unwrap();
        assert_eq!(numbers(&mut after, "SELECT n FROM log ORDER BY n"), ["1", "3"]);
        let shown = after.rows("SHOW CREATE TRIGGER x").unwrap();
        assert_eq!(shown[0][1].to_string(), create);
    }
}

/// Tables `t0`, `t1`, … of which each hands what is inserted to the next.
fn chain(client: &mut SqlClient, tables: usize) {
    for i in 0..tables {
        client.run(&format!("CREATE TABLE t{i} (a INT)")).unwrap();
    }
    for i in 1..tables {
        let before = i - 1;
        let create = format!(
            "CREATE TRIGGER x{i} AFTER INSERT ON t{before} FOR EACH ROW INSERT INTO t{i} VALUES (NEW.a + 1)"
        );
        client.run(&create).unwrap();
    }
}

#[test]
fn chains_of_triggers_have_an_end() {
    let test = || {
        let (_, mut client) = client(TestPlacement::Pending);
        chain(&mut client, 33);
        client.run("INSERT INTO t0 VALUES (1), (101)").unwrap();
        assert_eq!(
            numbers(&mut client, "SELECT a FROM t32 ORDER BY a"),
            ["33", "133"]
        );
        client.run("CREATE TABLE t33 (a INT)").unwrap();
        client
            .run("CREATE TRIGGER x33 AFTER INSERT ON t32 FOR EACH ROW INSERT INTO t33 VALUES (1)")
            .unwrap();
        let refused = client.run("INSERT INTO t0 VALUES (7)").unwrap_err();
        assert!(refused.to_string().contains("the most is 32"), "{refused}");
        // Nothing of it stays, and a shorter chain still works.
        assert_eq!(
            numbers(&mut client, "SELECT COUNT(*) FROM t0 JOIN t5 ON t5.a = t0.a + 5"),
            ["2"]
        );
        client.run("INSERT INTO t1 VALUES (7)").unwrap();
        assert_eq!(numbers(&mut client, "SELECT COUNT(*) FROM t33"), ["1"]);
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(test);
    thread.unwrap().join().unwrap();
}

#[test]
fn what_fails_at_any_row_leaves_nothing() {
    for placement in TestPlacement::ALL {
        let (_, mut client) = client(placement);
        client
            .run("CREATE TABLE t (id INT PRIMARY KEY, a INT UNIQUE)")
            .unwrap();
        client.run("CREATE TABLE log (n INT)").unwrap();
        client.run("CREATE TABLE bad (id INT)").unwrap();
        for event in ["INSERT", "UPDATE"] {
            let create = format!(
                "CREATE TRIGGER x{event} AFTER {event} ON t FOR EACH ROW BEGIN
                     INSERT INTO log VALUES (NEW.id);
                     IF NEW.id IN (SELECT id FROM bad) THEN
                         SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'bad row';
                     END IF;
                 END"
            );
            client.run(&create).unwrap();
        }
        let values: Vec<String> = (1..=9).map(|i| format!("({i}, {i})")).collect();
        let insert = format!("INSERT INTO t VALUES {}", values.join(", "));
        for bad in 1..=9 {
            client.run("DELETE FROM bad").unwrap();
            client.run(&format!("INSERT INTO bad VALUES ({bad})")).unwrap();
            let error = client.run(&insert).unwrap_err();
            assert_eq!(
                error,
                Error::Raised {
                    message: "bad row".into()
                }
            );
            assert_eq!(numbers(&mut client, "SELECT COUNT(*) FROM t"), ["0"]);
        }
        client.run("DELETE FROM bad").unwrap();
        client.run(&insert).unwrap();
        for bad in 1..=9 {
            client.run(&format!("INSERT INTO bad VALUES ({bad})")).unwrap();
            // In a transaction too: what came before stays.
            client.run("BEGIN").unwrap();
            client.run("INSERT INTO log VALUES (1000)").unwrap();
            client.run("UPDATE t SET a = a + 1 WHERE id >= 1").unwrap_err();
            assert_eq!(
                numbers(&mut client, "SELECT COUNT(*) FROM log WHERE n = 1000"),
                ["1"]
            );
            assert_eq!(numbers(&mut client, "SELECT SUM(a - id) FROM t"), ["0"]);
            client.run("ROLLBACK").unwrap();
            client.run("DELETE FROM bad").unwrap();
        }
        assert_eq!(numbers(&mut client, "SELECT COUNT(*), MAX(n) FROM log"), ["9 9"]);
        // Keys that move up one after the other, row by row.
        client.run("UPDATE t SET a = a + 1").unwrap();
        assert_eq!(numbers(&mut client, "SELECT SUM(a - id) FROM t"), ["9"]);
        assert_eq!(numbers(&mut client, "SELECT COUNT(*) FROM log"), ["18"]);
    }
}

#[test]
fn a_statement_that_lost_fires_again_on_what_is_committed() {
    let (database, mut first) = client(TestPlacement::Persistent);
    first.run("CREATE TABLE t (id INT PRIMARY KEY, a INT)").unwrap();
    first
        .run("CREATE TABLE counted (id INT PRIMARY KEY, n INT)")
        .unwrap();
    first.run("INSERT INTO counted VALUES (1, 0)").unwrap();
    first
        .run("CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW UPDATE counted SET n = n + 1 WHERE id = 1")
        .unwrap();
    let mut second = SqlClient::new(&database, TestPlacement::Persistent);
    second.run("BEGIN").unwrap();
    second.run("INSERT INTO t VALUES (1, 1)").unwrap();
    first.run("INSERT INTO t VALUES (2, 2)").unwrap();
    assert!(second.run("COMMIT").unwrap_err().is_retryable());
    second.run("INSERT INTO t VALUES (1, 1)").unwrap();
    assert_eq!(numbers(&mut first, "SELECT n FROM counted"), ["2"]);
}

#[test]
fn columns_that_triggers_name_stay() {
    let (_, mut client) = client(TestPlacement::Memory);
    client.run("CREATE TABLE t (a INT, b INT, c INT)").unwrap();
    client
        .run("CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.b = NEW.a")
        .unwrap();
    for refused in [
        "ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t RENAME COLUMN a TO d",
    ] {
        let error = client.run(refused).unwrap_err().to_string();
        assert!(error.contains("trigger x"), "{error}");
    }
    client.run("ALTER TABLE t RENAME COLUMN c TO d").unwrap();
    client.run("ALTER TABLE t DROP COLUMN d").unwrap();
    client.run("ALTER TABLE t RENAME TO u").unwrap();
    client.run("INSERT INTO u (a) VALUES (4)").unwrap();
    assert_eq!(numbers(&mut client, "SELECT a, b FROM u"), ["4 4"]);
}

#[test]
fn a_trigger_whose_tables_are_gone_says_so() {
    let (_, mut client) = client(TestPlacement::Memory);
    client.run("CREATE TABLE t (a INT)").unwrap();
    client
        .run("CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW INSERT INTO later VALUES (NEW.a)")
        .unwrap();
    let error = client.run("INSERT INTO t VALUES (1)").unwrap_err().to_string();
    assert!(
        error.contains("trigger x of table t") && error.contains("later"),
        "{error}"
    );
    client.run("CREATE TABLE later (a INT)").unwrap();
    client.run("INSERT INTO t VALUES (1)").unwrap();
    assert_eq!(numbers(&mut client, "SELECT a FROM later"), ["1"]);
}

#[test]
fn a_key_that_a_trigger_collides_with_fails_the_statement_at_once() {
    for placement in TestPlacement::ALL {
        let (_, mut client) = client(placement);
        for sql in [
            "CREATE TABLE t (a INT UNIQUE)",
            "CREATE TABLE log (n INT PRIMARY KEY)",
            "INSERT INTO t VALUES (1), (5)",
            "INSERT INTO log VALUES (2)",
            "CREATE TRIGGER x AFTER UPDATE ON t FOR EACH ROW BEGIN
                 IF NEW.a = 6 THEN DELETE FROM log WHERE n = 2; END IF;
                 INSERT INTO log VALUES (NEW.a);
             END",
        ] {
            client.run(sql).unwrap();
        }
        // Not put off until the second row has made room: the first one has fired.
        let error = client.run("UPDATE t SET a = a + 1").unwrap_err();
        assert_eq!(error.code(), "23505");
        assert_eq!(numbers(&mut client, "SELECT a FROM t ORDER BY a"), ["1", "5"]);
        assert_eq!(numbers(&mut client, "SELECT n FROM log"), ["2"]);
    }
}

#[test]
fn loops_of_triggers_are_bounded_and_undone_and_come_back_with_their_database() {
    for placement in TestPlacement::ALL {
        let store = placement.store();
        let database = placement.open(store.clone()).unwrap();
        let mut client = SqlClient::new(&database, placement);
        for sql in [
            "CREATE TABLE t (id INT PRIMARY KEY, a INT)",
            "CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, n INT)",
            "INSERT INTO t VALUES (1, 3), (2, 5), (3, -1)",
            "CREATE TRIGGER r BEFORE DELETE ON t FOR EACH ROW turns: BEGIN
               DECLARE i INT DEFAULT 0;
               WHILE i <> OLD.a DO
                 SET i = i + 1;
                 IF i = 1 OR i = OLD.a THEN INSERT INTO log (n) VALUES (i); END IF;
               END WHILE;
             END turns",
        ] {
            client.run(sql).unwrap();
        }
        let error = client.run("DELETE FROM t").unwrap_err().to_string();
        assert!(
            error.contains("trigger r") && error.contains("100000 turns"),
            "{error}"
        );
        assert_eq!(numbers(&mut client, "SELECT COUNT(*) FROM t"), ["3"]);
        assert_eq!(numbers(&mut client, "SELECT COUNT(*) FROM log"), ["0"]);
        // A time limit ends them earlier.
        client.run("SET statement_timeout_ms = 1").unwrap();
        let error = client.run("DELETE FROM t WHERE id = 3").unwrap_err();
        assert!(matches!(error, Error::Interrupted { .. }), "{error}");
        client.run("SET statement_timeout_ms = 0").unwrap();
        if placement.store().is_some() {
            block_on(database.close()).unwrap();
            let database = placement.open(store).unwrap();
            client = SqlClient::new(&database, placement);
        }
        client.run("DELETE FROM t WHERE id < 3").unwrap();
        assert_eq!(
            numbers(&mut client, "SELECT n FROM log ORDER BY id"),
            ["1", "3", "1", "5"]
        );
    }
}
