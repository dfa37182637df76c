//! A database as statements, and the database that these make.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi::{Database, Result, Session};
use amphi_tests::chinook_sample::{self, TABLES};

fn dump(session: &Session, only: Option<&str>) -> Vec<String> {
    let mut statements = Vec::new();
    let dumped = session.dump(only, |sql| -> Result<()> {
        statements.push(sql.to_owned());
        Ok(())
    });
    dumped.unwrap();
    statements
}

fn rows(session: &Session, sql: &str) -> Vec<Vec<String>> {
    let rows = session.query(sql, ()).unwrap();
    rows.map(|row| row.unwrap().values().map(|v| v.to_sql_literal()).collect())
        .collect()
}

/// Runs statements one by one, as a script of them would.
fn run(session: &Session, statements: &[String]) {
    session.execute_script(&statements.join(";\n")).unwrap();
}

/// Databases that can hold every placement.
fn two_databases() -> (tempfile::TempDir, [Database; 2]) {
    let directory = tempfile::tempdir().unwrap();
    let open = |name| Database::open(directory.path().join(name)).unwrap();
    let databases = [open("one"), open("two")];
    (directory, databases)
}

#[test]
fn a_music_shop_is_the_same_after_a_dump() {
    let (_directory, [one, two]) = two_databases();
    let session = one.session();
    session.execute_script(&chinook_sample::script()).unwrap();
    for (table, placement) in TABLES.iter().zip(["memory", "persistent", "dual"].iter().cycle()) {
        session
            .execute(&format!("ALTER TABLE `{table}` ENGINE = {placement}"), ())
            .unwrap();
    }
    let statements = dump(&one.session(), None);
    let copy = two.session();
    run(&copy, &statements);
    assert_eq!(dump(&copy, None), statements);
    copy.execute("USE Chinook", ()).unwrap();
    for table in TABLES {
        let define = format!("SHOW CREATE TABLE `{table}`");
        assert_eq!(rows(&copy, &define), rows(&session, &define), "{table}");
        let all = format!("SELECT * FROM `{table}`");
        assert_eq!(rows(&copy, &all), rows(&session, &all), "{table}");
    }
    assert_eq!(
        rows(&copy, "SHOW PERSISTENCE"),
        rows(&session, "SHOW PERSISTENCE")
    );
    assert!(two.check().unwrap().is_empty());
    // Of the current schema alone it names none.
    let (_directory, [three, _]) = two_databases();
    run(&three.session(), &dump(&copy, None));
    let count = "SELECT COUNT(*) FROM Track";
    assert_eq!(rows(&three.session(), count), rows(&session, count));
}

const EVERYTHING: &str = r#"
CREATE TABLE g (id INT, b BLOB, j JSON, v VECTOR(3), ge GEOMETRY, d DECIMAL(38,5), ts TIMESTAMP(3), dt DATETIME(6),
  ti TIME(2), u UUID, f DOUBLE, r FLOAT, t TINYINT UNSIGNED, bo BOOLEAN, s VARCHAR(20) COLLATE NOCASE DEFAULT 'it''s\\',
  big BIGINT UNSIGNED, l BIGINT, da DATE, e BIGINT AS (id * 2) STORED, w TEXT AS (UPPER(s)) VIRTUAL,
  INDEX ((id + 1)), INDEX (s(2)), UNIQUE (id, s)) COMMENT = 'it''s all';
INSERT INTO g (id, b, j, v, ge, d, ts, dt, ti, u, f, r, t, bo, s, big, l, da) VALUES
  (1, x'00ff27', '{"a":"it''s\\n"}', '[1,2.5,-3e-7]', ST_GeomFromText('LINESTRING(1 2, 3.5 4)'),
   -123456789012345678901234567890123.00001, '2024-01-02 03:04:05.678', '9999-12-31 23:59:59.999999', '-838:59:59',
   'a9c2a765-8c2e-4a14-a578-5414f9c3179b', 1e300, 0.1, 255, TRUE, 'a\n\r\t''"`\\;--', 18446744073709551615,
   -9223372036854775808, '0001-01-01'),
  (-1, '', '"x"', NULL, NULL, NULL, NULL, NULL, NULL, NULL, -5e-324, 3.4028235e38, 0, FALSE, '', 0, 9223372036854775807, NULL);
INSERT INTO g (f) VALUES (0.1), (1e15), (-2.5), (NULL), (123456789.123);
INSERT INTO g (f) SELECT -f FROM g WHERE f = 0.1;
CREATE UNIQUE INDEX px ON g (d) WHERE id > 0;
CREATE TABLE parent (id INT PRIMARY KEY AUTO_INCREMENT, c INT UNIQUE COMMENT 'it''s', up TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP,
  CHECK (id > 0));
CREATE TABLE child (id INT PRIMARY KEY, p INT, self INT REFERENCES child (id), `a``b` INT);
INSERT INTO parent VALUES (5, NULL, NULL), (9, NULL, NULL);
INSERT INTO child VALUES (7, 5, NULL, 1), (3, 9, 7, 2);
UPDATE parent SET c = 7 WHERE id = 5;
DELETE FROM parent WHERE id = 100;
ALTER TABLE child ADD CONSTRAINT up FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE parent ADD CONSTRAINT down FOREIGN KEY (c) REFERENCES child (id);
CREATE SEQUENCE numbers START WITH 5 INCREMENT BY 5 MAXVALUE 100;
CREATE SEQUENCE two START WITH 1 MAXVALUE 2;
CREATE TABLE numbered (n BIGINT DEFAULT (NEXTVAL(numbers)), a INT);
INSERT INTO numbered (a) VALUES (1), (NEXTVAL(two)), (NEXTVAL(two));
CREATE SCHEMA other;
CREATE TABLE other.x (a INT PRIMARY KEY, b INT);
INSERT INTO other.x VALUES (0, 0);
CREATE TABLE refers (x INT REFERENCES other.x (a));
CREATE TABLE generated (one INT AS (1));
INSERT INTO generated VALUES (), ();
CREATE VIEW first AS SELECT 1 AS a;
CREATE VIEW second AS SELECT * FROM other.x;
CREATE VIEW third (z) AS SELECT a FROM `second`;
CREATE OR REPLACE VIEW first AS SELECT z FROM third;
CREATE TRIGGER tr AFTER INSERT ON parent FOR EACH ROW BEGIN INSERT INTO other.x VALUES (NEW.id, 1); UPDATE other.x SET b = b + 1; END;
CREATE TRIGGER again BEFORE INSERT ON parent FOR EACH ROW SET NEW.up = '2024-01-01 00:00:00';
CREATE TEMPORARY TABLE gone (a INT)
"#;

#[test]
fn every_kind_of_object_and_value_is_in_a_dump() {
    let (_directory, [one, two]) = two_databases();
    let session = one.session();
    session.execute_script(EVERYTHING).unwrap();
    let statements = dump(&session, None);
    let copy = two.session();
    run(&copy, &statements);
    for table in [
        "g",
        "parent",
        "child",
        "refers",
        "numbered",
        "generated",
        "numbered",
        "other.x",
    ] {
        let define = format!("SHOW CREATE TABLE {table}");
        assert_eq!(rows(&copy, &define), rows(&session, &define), "{table}");
        let all = format!("SELECT * FROM {table}");
        assert_eq!(rows(&copy, &all), rows(&session, &all), "{table}");
    }
    for view in ["first", "second", "third"] {
        let define = format!("SHOW CREATE VIEW {view}");
        assert_eq!(rows(&copy, &define), rows(&session, &define), "{view}");
    }
    assert_eq!(rows(&copy, "SELECT * FROM first"), [["0"]]);
    assert_eq!(rows(&copy, "SHOW TRIGGERS"), rows(&session, "SHOW TRIGGERS"));
    assert_eq!(dump(&copy, None), statements);
    // Sequences and triggers go on where they were.
    for s in [&session, &copy] {
        s.execute("INSERT INTO parent (c) VALUES (3)", ()).unwrap();
        s.execute("INSERT INTO numbered (a) VALUES (4)", ()).unwrap();
        assert!(s.execute("SELECT NEXTVAL(two)", ()).is_err());
    }
    for sql in [
        "SELECT * FROM parent",
        "SELECT * FROM other.x",
        "SELECT * FROM numbered",
    ] {
        assert_eq!(rows(&copy, sql), rows(&session, sql), "{sql}");
    }
}

#[test]
fn one_table_comes_with_what_belongs_to_it() {
    let (_directory, [one, two]) = two_databases();
    let session = one.session();
    session.execute_script(EVERYTHING).unwrap();
    let copy = two.session();
    let needed = "CREATE TABLE child (id INT PRIMARY KEY); INSERT INTO child VALUES (7);
                  CREATE SCHEMA other; CREATE TABLE other.x (a INT PRIMARY KEY, b INT)";
    copy.execute_script(needed).unwrap();
    run(&copy, &dump(&session, Some("parent")));
    assert_eq!(rows(&copy, "SELECT id FROM parent"), [["5"], ["9"]]);
    let define = "SHOW CREATE TABLE parent";
    assert_eq!(rows(&copy, define), rows(&session, define));
    // A table of another schema goes into the current one.
    run(&copy, &dump(&session, Some("other.x")));
    assert_eq!(rows(&copy, "SELECT * FROM x"), [["0", "0"]]);
    assert!(dump(&session, Some("gone"))[0].starts_with("CREATE TEMPORARY TABLE"));
    assert!(
        session
            .dump(Some("nowhere"), |_| Ok::<(), amphi::Error>(()))
            .is_err()
    );
}

#[test]
fn a_dump_is_what_the_session_sees() {
    let db = Database::memory().unwrap();
    let session = db.session();
    session
        .execute_script("CREATE TABLE t (a INT); INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2)")
        .unwrap();
    let count = |session: &Session| dump(session, None).join(";").matches("\n  (").count();
    assert_eq!(count(&session), 2);
    assert!(session.in_transaction());
    assert_eq!(count(&db.session()), 1);
}
