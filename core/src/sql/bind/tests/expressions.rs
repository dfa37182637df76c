//! Types, constants, names, precedence.

use super::super::testing::World;
use super::{left_of, literal, right_of, world};
use crate::sql::plan::{BinaryOp, Expr, Statement};
use crate::types::{Collation, DataType, Date, Decimal, Error, IntType, Value};
use alloc::{format, string::ToString, vec::Vec};

#[test]
fn constants_take_the_columns_type() {
    let world = world();
    let value =
        |condition: &str| right_of(world.condition(&format!("SELECT id FROM album WHERE {condition}")));
    assert_eq!(
        value("id = '5'"),
        literal(Value::Int(5), DataType::Int(IntType::I32))
    );
    assert_eq!(
        value("id = 1.0"),
        literal(Value::Int(1), DataType::Int(IntType::I32))
    );
    let price = DataType::Decimal {
        precision: 10,
        scale: 2,
        unsigned: false,
    };
    assert_eq!(
        value("price = 1.5"),
        literal(Value::Decimal(Decimal::new(150, 2)), price.clone())
    );
    assert_eq!(
        value("price = 3"),
        literal(Value::Decimal(Decimal::new(300, 2)), price)
    );
    assert_eq!(
        value("released >= '1970-01-02'"),
        literal(Value::Date(Date(1)), DataType::Date)
    );
    assert_eq!(value("rating > 2"), literal(Value::Float(2.0), DataType::Double));
    // What is not exact compares in a type that loses nothing.
    let half = world.condition("SELECT id FROM album WHERE id < 1.5");
    assert!(matches!(left_of(half).ty(), DataType::Decimal { scale: 1, .. }));
    let none = world.condition("SELECT id FROM album WHERE id = '5x'");
    assert_eq!(left_of(none).ty(), DataType::Double);
    let noon = world.condition("SELECT id FROM album WHERE released < '1970-01-02 12:00:00'");
    assert_eq!(left_of(noon).ty(), DataType::DateTime { fsp: 6 });
}

#[test]
fn collation_is_the_columns_unless_said() {
    let world = world();
    let collation = |condition: &str| {
        let c = world.condition(&format!("SELECT name FROM artist, album WHERE {condition}"));
        let Expr::Compare { left, right, .. } = c else {
            panic!()
        };
        assert_eq!(left.ty().collation(), right.ty().collation());
        left.ty().collation()
    };
    assert_eq!(collation("name = 'x'"), Collation::NoCase);
    assert_eq!(collation("'x' = name"), Collation::NoCase);
    assert_eq!(collation("title = 'x'"), Collation::Binary);
    assert_eq!(collation("name = 'x' COLLATE BINARY"), Collation::Binary);
    assert_eq!(collation("title COLLATE NOCASE = 'x'"), Collation::NoCase);
    assert_eq!(collation("title = name"), Collation::Binary);
}

#[test]
fn arithmetic_has_the_types_of_mysql() {
    let world = world();
    let ty = |e: &str| world.expr(&format!("SELECT {e} FROM album")).ty().to_string();
    assert_eq!(ty("id + 1"), "BIGINT");
    assert_eq!(ty("1 / 3"), "DECIMAL(23,4)");
    assert_eq!(ty("price / id"), "DECIMAL(14,6)");
    assert_eq!(ty("price * 2.5"), "DECIMAL(12,3)");
    assert_eq!(ty("price + 1"), "DECIMAL(22,2)");
    assert_eq!(ty("price * rating"), "DOUBLE");
    assert_eq!(ty("'1' + 1"), "DOUBLE");
    assert_eq!(ty("TRUE + TRUE"), "BIGINT");
    assert_eq!(ty("7 DIV 2"), "BIGINT");
    assert_eq!(ty("title || id"), "TEXT");
    assert_eq!(ty("-9223372036854775808"), "BIGINT");
    assert_eq!(ty("CASE WHEN id THEN 1 ELSE 'x' END"), "TEXT");
    assert_eq!(ty("COALESCE(price, 0)"), "DECIMAL(21,2)");
    assert_eq!(ty("CAST(title AS SIGNED)"), "BIGINT");
    assert_eq!(ty("title::varchar(3)"), "VARCHAR(3)");
}

#[test]
fn precedence_is_mysqls() {
    let world = World::new("");
    let shape = |e: &str| match world.expr(&format!("SELECT {e}")) {
        Expr::Binary { op, .. } => op,
        other => panic!("{e}: {other:?}"),
    };
    assert_eq!(shape("1 = 1 XOR 0 = 1 AND 1"), BinaryOp::Xor);
    assert_eq!(shape("1 = 1 && 2 = 2"), BinaryOp::And);
    assert_eq!(shape("1 << 2 + 1"), BinaryOp::ShiftLeft);
    assert_eq!(shape("1 | 2 & 3"), BinaryOp::BitOr);
    assert_eq!(shape("5 MOD 3 + 1"), BinaryOp::Add);
    assert_eq!(shape("2 * 3 ^ 4"), BinaryOp::Multiply);
}

#[test]
fn names_resolve_or_say_why_not() {
    let world = world();
    match world.error("SELECT titel FROM album") {
        Error::Unknown {
            kind: "column",
            nearest,
            position,
            ..
        } => {
            assert_eq!(nearest.as_deref(), Some("title"));
            assert_eq!(position.map(|p| (p.line, p.column)), Some((1, 8)));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        world.error("SELECT id FROM album, artist"),
        Error::AmbiguousColumn { .. }
    ));
    assert!(
        matches!(world.error("SELECT 1 FROM albun"), Error::Unknown { nearest: Some(n), .. } if n == "album")
    );
    assert!(
        world
            .error("SELECT x.id FROM album")
            .to_string()
            .contains("unknown table x")
    );
    assert!(
        world
            .error("SELECT 1 FROM album, album")
            .to_string()
            .contains("twice")
    );
    let q =
        world.query("SELECT a.*, artist.name n FROM main.album AS a JOIN artist ON artist.id = a.artist_id");
    let names: Vec<&str> = q.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(
        names,
        ["id", "title", "artist_id", "price", "rating", "released", "n"]
    );
    assert_eq!(q.columns[6].table.as_deref(), Some("artist"));
}

#[test]
fn parameters_are_numbered_and_named() {
    let world = world();
    let parsed = crate::sql::parse::parse_one("SELECT ?, :a, ?1, :a, $b, ?").unwrap();
    let names: Vec<Option<&str>> = parsed.parameter_names().iter().map(|n| n.as_deref()).collect();
    assert_eq!(names, [None, Some("a"), Some("b"), None]);
    let sql = "SELECT id FROM album WHERE id = ? AND released = ? AND price = ?";
    let types = [DataType::BIGINT, DataType::TEXT, DataType::Null];
    let Statement::Query(_) = world.try_bind(sql, &types).unwrap() else {
        panic!()
    };
    assert!(matches!(
        world.try_bind(sql, &types[..2]),
        Err(Error::Parameter { .. })
    ));
}
