//! INSERT, UPDATE, DELETE and upserts.

use super::{literal, world};
use crate::sql::plan::{ConflictAction, ConflictTarget, Expr, InsertSource, Plan, Statement};
use crate::types::{DataType, Decimal, IntType, Value};
use alloc::{string::ToString, vec, vec::Vec};

#[test]
fn inserts_convert_and_complete_their_rows() {
    let world = world();
    let Statement::Insert(i) =
        world.bind("INSERT INTO album (title, price, id) VALUES ('a', '1.5', DEFAULT), ('b', DEFAULT, 7)")
    else {
        panic!()
    };
    assert_eq!(i.columns, [1, 3, 0]);
    let InsertSource::Query(source) = &i.source;
    let Plan::Values { rows, types } = &source.plan else {
        panic!()
    };
    let price = DataType::Decimal {
        precision: 10,
        scale: 2,
        unsigned: false,
    };
    assert_eq!(
        rows[0][1],
        literal(Value::Decimal(Decimal::new(150, 2)), price.clone())
    );
    assert_eq!(rows[1][1], literal(Value::Decimal(Decimal::new(999, 2)), price));
    assert_eq!(rows[0][2], literal(Value::Null, DataType::Int(IntType::I32)));
    assert_eq!(rows[1][2], literal(Value::Int(7), DataType::Int(IntType::I32)));
    assert_eq!(types.len(), 3);
    // 'x' is no integer: the cast is strict, so running it is an error.
    let Statement::Insert(i) = world.bind("INSERT INTO album SET id = 'x', title = 1") else {
        panic!()
    };
    let InsertSource::Query(source) = &i.source;
    let Plan::Values { rows, .. } = &source.plan else {
        panic!()
    };
    assert!(matches!(rows[0][0], Expr::Cast { strict: true, .. }));
    assert!(
        world
            .error("INSERT INTO artist VALUES (1)")
            .to_string()
            .contains("2 columns")
    );
    assert!(
        world
            .error("INSERT INTO artist (id, nam) VALUES (1, 2)")
            .to_string()
            .contains("name")
    );
    assert!(matches!(
        world.bind("INSERT INTO artist SELECT id, title FROM album"),
        Statement::Insert(_)
    ));
    assert!(matches!(
        world.bind("INSERT INTO artist DEFAULT VALUES"),
        Statement::Insert(_)
    ));
}

#[test]
fn upserts_come_in_three_spellings() {
    let world = world();
    let action = |sql: &str| match world.bind(sql) {
        Statement::Insert(i) => match i.on_conflict.as_slice() {
            [clause] => (clause.action.clone(), clause.target.clone()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(
        action("INSERT IGNORE INTO artist VALUES (1, 'x')").0,
        ConflictAction::Ignore
    );
    assert_eq!(
        action("INSERT OR REPLACE INTO artist VALUES (1, 'x')").0,
        ConflictAction::Replace
    );
    assert_eq!(
        action("REPLACE INTO artist VALUES (1, 'x')").0,
        ConflictAction::Replace
    );
    // The new row's columns follow the old row's.
    let new_name = |a: ConflictAction| match a {
        ConflictAction::Update { set, .. } => set[0].1.clone(),
        other => panic!("{other:?}"),
    };
    for sql in [
        "INSERT INTO artist VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = VALUES(name)",
        "INSERT INTO artist VALUES (1, 'x') AS new ON DUPLICATE KEY UPDATE name = new.name",
        "INSERT INTO artist VALUES (1, 'x') AS new(a, b) ON DUPLICATE KEY UPDATE name = new.b",
        "INSERT INTO artist VALUES (1, 'x') ON CONFLICT DO UPDATE SET name = excluded.name",
        "INSERT INTO artist SELECT 1, 'x' ON DUPLICATE KEY UPDATE name = VALUES(name)",
    ] {
        assert!(
            matches!(new_name(action(sql).0), Expr::Column { index: 3, .. }),
            "{sql}"
        );
    }
    let (update, target) = action(
        "INSERT INTO artist VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = name || excluded.name WHERE id > 3",
    );
    assert_eq!(target, ConflictTarget::Keys(vec![None]));
    assert!(matches!(update, ConflictAction::Update { filter: Some(_), .. }));
    assert_eq!(
        action("INSERT INTO album (title) VALUES ('x') ON CONFLICT (title) DO NOTHING").1,
        ConflictTarget::Keys(vec![Some(0)])
    );
    assert!(
        world
            .error("INSERT INTO artist VALUES (1, 'x') ON CONFLICT (name) DO NOTHING")
            .to_string()
            .contains("UNIQUE")
    );
}

#[test]
fn updates_and_deletes_give_rows_and_ids() {
    let world = world();
    let Statement::Update(u) = world.bind("UPDATE album AS a SET price = a.price * 2, title = DEFAULT WHERE id = 3 RETURNING price ORDER BY id LIMIT 1")
    else {
        panic!()
    };
    assert_eq!(u.set, [3, 1]);
    let types = u.source.plan.types();
    assert_eq!(types.len(), 6 + 1 + 2);
    assert_eq!(
        (&types[6], &types[7]),
        (&DataType::BIGINT, &world.def("album").columns[3].ty)
    );
    assert_eq!(u.returning.as_ref().map(|r| r.columns.len()), Some(1));
    let Statement::Delete(d) = world.bind("DELETE FROM album WHERE price > 3") else {
        panic!()
    };
    assert_eq!(d.source.plan.types().len(), 7);
    let Statement::Changes(c) =
        world.bind("UPDATE album, artist SET price = 1, artist.name = 'x', title = 'y'")
    else {
        panic!()
    };
    assert_eq!(c.source.plan.types().len(), (6 + 1 + 2) + (2 + 1 + 1));
    let places: Vec<_> = c.parts.iter().map(|p| (p.columns.len(), p.when)).collect();
    assert_eq!((places, c.once), (vec![(9, None), (4, None)], false));
    for (sql, part) in [
        ("UPDATE album, artist SET id = 1", "ambiguous"),
        (
            "UPDATE album a, album b SET a.price = 1, b.title = ''",
            "two names",
        ),
        ("DELETE x FROM album JOIN artist ON 1", "unknown table"),
        ("UPDATE album SET price = 1, price = 2", "twice"),
    ] {
        let message = world.error(sql).to_string();
        assert!(message.contains(part), "{sql}: {message}");
    }
}
