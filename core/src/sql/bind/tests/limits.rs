//! What is refused, and that nothing overflows.

use super::world;
use crate::sql::plan::Expr;
use crate::types::Error;
use alloc::{format, string::String, vec, vec::Vec};

#[test]
fn unsupported_clauses_are_named_with_their_place() {
    let world = world();
    for (sql, part) in [
        ("SELECT 1 UNION BY NAME SELECT 2", "BY NAME"),
        ("INSERT INTO artist SELECT * FROM artist FOR UPDATE", "FOR UPDATE"),
        ("SELECT UPPER(title) OVER (ORDER BY id) FROM album", "UPPER OVER"),
        ("SELECT DISTINCT ON (id) id FROM album", "DISTINCT ON"),
        (
            "WITH RECURSIVE a AS (SELECT 1 UNION SELECT 2 WHERE EXISTS (SELECT 1 FROM a)) SELECT * FROM a",
            "in a subquery of itself",
        ),
        ("UNLOCK INSTANCE", "UNLOCK"),
        ("PRAGMA synchronous = OFF", "PRAGMA synchronous"),
        (
            "CREATE TRIGGER x BEFORE INSERT ON album FOR EACH ROW SET @a = 1",
            "a parameter or variable in a trigger",
        ),
        (
            "CREATE TRIGGER x AFTER INSERT ON album FOR EACH ROW BEGIN DECLARE c CURSOR FOR SELECT 1; END",
            "DECLARE … CURSOR in a trigger",
        ),
        (
            "CREATE TRIGGER x INSTEAD OF INSERT ON album BEGIN SELECT 1; END",
            "INSTEAD OF",
        ),
        (
            "CREATE TRIGGER x AFTER INSERT ON album FOR EACH STATEMENT SELECT 1",
            "FOR EACH ROW",
        ),
        (
            "CREATE TRIGGER x AFTER INSERT OR UPDATE ON album FOR EACH ROW SELECT 1",
            "several events",
        ),
        (
            "CREATE TRIGGER x AFTER INSERT ON album FOR EACH ROW SIGNAL SQLSTATE '01000'",
            "other than '45000'",
        ),
        (
            "CREATE TRIGGER x AFTER INSERT ON album BEGIN SELECT RAISE(IGNORE); END",
            "RAISE(IGNORE)",
        ),
        (
            "CREATE TRIGGER x AFTER INSERT ON album FOR EACH ROW DELETE FROM artist RETURNING id",
            "RETURNING in a trigger",
        ),
        ("SET GLOBAL autocommit = 1", "SET GLOBAL"),
        ("SET GLOBAL autocommit = 1", "SET GLOBAL"),
        ("GRANT ALL ON *.* TO x", "GRANT"),
        ("SHOW EXTENDED TABLES", "SHOW EXTENDED TABLES"),
    ] {
        match world.try_bind(sql, &[]) {
            Err(Error::Unsupported { feature, position }) => {
                assert!(feature.contains(part), "{sql}: {feature}");
                assert!(position.is_some(), "{sql}");
            }
            other => panic!("{sql}: {other:?}"),
        }
    }
}

#[test]
fn long_chains_of_conditions_are_balanced() {
    fn depth(e: &Expr) -> usize {
        let mut d = 0;
        e.for_each_child(&mut |c| d = d.max(depth(c)));
        d + 1
    }
    let world = world();
    let chain = vec!["id = 1"; 700].join(" OR ");
    let c = world.condition(&format!("SELECT 1 FROM album WHERE {chain}"));
    assert!(depth(&c) <= 12, "{}", depth(&c));
    let list = vec!["1"; 5000].join(",");
    let c = world.condition(&format!("SELECT 1 FROM album WHERE id IN ({list})"));
    assert!(matches!(c, Expr::InList { list, .. } if list.len() == 5000));
    // COALESCE in COALESCE does not grow exponentially; a repeated operand is limited.
    let nested = format!("{}id{}", "COALESCE(".repeat(15), ", 0)".repeat(15));
    world.expr(&format!("SELECT {nested} FROM album"));
    let between = (0..14).fold(String::from("id"), |e, _| format!("({e}) BETWEEN 0 AND 1"));
    let doubled = world.try_bind(&format!("SELECT {between} FROM album"), &[]);
    assert!(doubled.is_ok() || matches!(doubled, Err(Error::Invalid { .. } | Error::TooDeep { .. })));
}

#[test]
fn nothing_overflows_a_small_stack() {
    let many = |n: usize| {
        let shapes: [(&str, &str, &str); 34] = [
            ("(", "1", ")"),
            ("1+(", "1", ")"),
            ("abs(", "1", ")"),
            ("(SELECT ", "1", ")"),
            ("EXISTS(SELECT 1 WHERE ", "1", ")"),
            ("CASE WHEN ", "1", " THEN 1 END"),
            ("CASE 1 WHEN 1 THEN 1 ELSE ", "1", " END"),
            ("NOT ", "1", ""),
            ("- ", "1", ""),
            ("!", "1", ""),
            ("1 IN (", "1", ")"),
            ("1 IN (SELECT ", "1", ")"),
            ("", "1", "+1"),
            ("", "1", " AND 1"),
            ("", "1", " OR 1"),
            ("", "1", " IS NULL"),
            ("", "1", "::int"),
            ("", "1", " COLLATE nocase"),
            ("", "1", " BETWEEN 0 AND 1"),
            ("", "1", " LIKE 'x'"),
            ("", "1", " UNION SELECT 1"),
            ("1 OR 1 AND NOT 1 = 1 | 1 + 1 * - 1 ^ (", "1", ")"),
            ("sum(1) over (order by ", "1", ")"),
            ("cast(", "1", " as int)"),
            ("coalesce(1, ", "1", ")"),
            ("substring(", "1", " from 1)"),
            ("interval ", "1", " day"),
            ("[", "1", "]"),
            ("1 + values + ", "1", ""),
            ("case + ", "1", " + end"),
            ("x(", "1", ") over (order by 1)"),
            ("(1, ", "1", ")"),
            ("if(1, 1, ", "1", ")"),
            ("date '2020-01-01' + interval ", "1", " day"),
        ];
        let mut all: Vec<String> = shapes
            .iter()
            .map(|(open, core, close)| format!("SELECT {}{core}{}", open.repeat(n), close.repeat(n)))
            .collect();
        let (open, close) = ("(SELECT * FROM ".repeat(n), ") x".repeat(n));
        all.push(format!("SELECT * FROM {open}artist{close}"));
        all.push(format!(
            "SELECT * FROM {}artist{}",
            "(".repeat(n),
            " JOIN artist ON 1)".repeat(n)
        ));
        all.push(format!("SELECT * FROM artist{}", " JOIN artist".repeat(n)));
        let tables = |between: &str| -> String {
            let table = |i| format!("artist x{i}");
            (0..n.min(3000)).map(table).collect::<Vec<_>>().join(between)
        };
        for between in [", ", " JOIN ", " LEFT JOIN "] {
            let on = if between.starts_with(" L") { " ON 1" } else { "" };
            all.push(format!("SELECT 1 FROM {}{on}", tables(&format!("{on}{between}"))));
        }
        all.push(format!(
            "{}SELECT 1{}",
            "WITH a AS (".repeat(n),
            ") SELECT 1".repeat(n)
        ));
        all.push(format!(
            "CREATE TABLE t (a INT CHECK({}a{} > 1))",
            "(".repeat(n),
            ")".repeat(n)
        ));
        all.push(format!("CREATE TABLE t (a INT CHECK(a{}))", " AND a".repeat(n)));
        all.push(format!("CREATE TABLE t (a INT, CHECK(a{}))", "+a".repeat(n)));
        all.push(format!("ALTER TABLE artist ADD CHECK(id{})", " OR id".repeat(n)));
        all.push(format!("SELECT id{} FROM artist", " AND id".repeat(n)));
        all.push(format!(
            "SELECT abs(id{}) FROM artist GROUP BY id{} ORDER BY id{}",
            " OR id".repeat(n),
            " OR id".repeat(n),
            " OR id".repeat(n)
        ));
        all.push(format!(
            "CREATE TABLE t (a {}INT{})",
            "ARRAY<".repeat(n),
            ">".repeat(n)
        ));
        all.push(format!(
            "UPDATE artist SET id = {}1{}",
            "(".repeat(n),
            ")".repeat(n)
        ));
        all.push(format!(
            "INSERT INTO artist VALUES ({}1{}, 2)",
            "(SELECT ".repeat(n),
            ")".repeat(n)
        ));
        all.push(format!(
            "SELECT * FROM artist {}",
            "PIVOT(sum(a) FOR b IN (1)) ".repeat(n)
        ));
        let trigger = "CREATE TRIGGER x AFTER INSERT ON artist FOR EACH ROW ";
        all.push(format!(
            "{trigger}{}SELECT 1{}",
            "BEGIN ".repeat(n),
            "; END".repeat(n)
        ));
        all.push(format!(
            "{trigger}{}SELECT 1; {}",
            "IF 1 THEN ".repeat(n),
            "END IF; ".repeat(n)
        ));
        all.push(format!("{trigger}BEGIN {}END", "SELECT 1; ".repeat(n.min(3000))));
        all.push(format!("{}SELECT 1", "EXPLAIN ".repeat(n)));
        all.push(format!("SELECT {}", "(".repeat(n)));
        all
    };
    let test = move || {
        let world = world();
        for n in [1, 3, 6, 9, 14, 18, 28, 44, 60, 150, 300, 799, 20_000] {
            for sql in many(n) {
                // Whatever the answer, there is one.
                let _ = world.try_bind(&sql, &[]);
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(test);
    thread.unwrap().join().unwrap();
}

#[test]
fn syntax_errors_point_at_the_place() {
    match crate::sql::parse::parse("SELECT 1;\nSELECT * FORM t") {
        Err(Error::Syntax {
            position: Some(p),
            excerpt,
            ..
        }) => {
            assert_eq!((p.line, p.column), (2, 10));
            assert_eq!(excerpt, "SELECT * FORM t\n         ^");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        crate::sql::parse::parse("SELECT 'a"),
        Err(Error::Syntax {
            position: Some(_),
            ..
        })
    ));
    assert!(
        matches!(crate::sql::parse::parse("SELECT (1"), Err(Error::Syntax { position: Some(p), .. }) if p.column == 10)
    );
    let parsed = crate::sql::parse::parse(
        "SELECT 'it\\'s', N'x''y', \"a\"\"b\" FROM `t``u` # end\n-- more\n/* and */",
    )
    .unwrap();
    assert_eq!(parsed.len(), 1);
}
