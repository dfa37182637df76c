//! SELECT: joins, groups, order, subqueries.

use super::world;
use crate::sql::plan::{Expr, JoinKind, Plan};
use crate::types::Error;
use alloc::{string::String, string::ToString, vec::Vec};

#[test]
fn joins_find_their_equalities() {
    let world = world();
    let join = |sql: &str| match world.query(sql).plan {
        Plan::Project { input, .. } => match *input {
            Plan::Join(j) => *j,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let on = join("SELECT 1 FROM album a LEFT JOIN artist r ON r.id = a.artist_id AND a.price > 1");
    assert_eq!((on.kind, on.equal.len()), (JoinKind::Left, 1));
    assert!(on.condition.is_some());
    assert!(matches!(
        on.equal[0],
        (Expr::Column { index: 2, .. }, Expr::Column { index: 0, .. })
    ));
    // RIGHT is LEFT with the sides exchanged.
    let right = join("SELECT 1 FROM album a RIGHT JOIN artist r ON r.id = a.artist_id");
    assert!(matches!(
        right.equal[0],
        (Expr::Column { index: 0, .. }, Expr::Column { index: 2, .. })
    ));
    let using = world.query("SELECT * FROM album JOIN artist USING (id)");
    let names: Vec<&str> = using.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(
        names,
        ["id", "title", "artist_id", "price", "rating", "released", "name"]
    );
    assert!(matches!(
        world.query("SELECT id FROM album NATURAL JOIN artist").plan,
        Plan::Project { .. }
    ));
    // The kept column of a RIGHT JOIN is the right one, which is never missing.
    let kept = world.query("SELECT id FROM album RIGHT JOIN artist USING (id)");
    assert!(
        matches!(kept.plan, Plan::Project { exprs, .. } if matches!(exprs[0], Expr::Column { index: 0, .. }))
    );
}

#[test]
fn grouping_follows_only_full_group_by() {
    let world = world();
    for sql in [
        "SELECT artist_id, COUNT(*) FROM album GROUP BY artist_id HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC",
        "SELECT artist_id AS a, SUM(price) s FROM album GROUP BY a HAVING s > 1 ORDER BY s, 1",
        "SELECT artist_id + 1, MAX(title) FROM album GROUP BY artist_id + 1",
        "SELECT COUNT(DISTINCT artist_id), AVG(price), GROUP_CONCAT(title SEPARATOR '; ') FROM album",
        // The primary key determines the other columns.
        "SELECT r.name, COUNT(a.id) FROM artist r LEFT JOIN album a ON a.artist_id = r.id GROUP BY r.id",
        "SELECT 1 FROM album HAVING COUNT(*) > 1",
        "SELECT COUNT(*) FILTER (WHERE price > 1) FROM album",
    ] {
        world.query(sql);
    }
    let message = world
        .error("SELECT title, COUNT(*) FROM album GROUP BY artist_id")
        .to_string();
    assert!(
        message.contains("title") && message.contains("GROUP BY"),
        "{message}"
    );
    assert!(
        world
            .error("SELECT 1 FROM album WHERE COUNT(*) > 1")
            .to_string()
            .contains("WHERE")
    );
    assert!(
        world
            .error("SELECT SUM(COUNT(*)) FROM album")
            .to_string()
            .contains("aggregate")
    );
    let q = world.query("SELECT SUM(id), SUM(price), AVG(id), AVG(rating) FROM album");
    let types: Vec<String> = q.columns.iter().map(|c| c.ty.to_string()).collect();
    assert_eq!(
        types,
        ["DECIMAL(38,0)", "DECIMAL(38,2)", "DECIMAL(38,4)", "DOUBLE"]
    );
}

#[test]
fn order_by_knows_ordinals_and_aliases() {
    let world = world();
    let keys = |sql: &str| {
        fn find(plan: Plan) -> Vec<crate::sql::plan::SortKey> {
            match plan {
                Plan::Sort { keys, .. } => keys,
                Plan::Project { input, .. } | Plan::Limit { input, .. } => find(*input),
                other => panic!("{other:?}"),
            }
        }
        find(world.query(sql).plan)
    };
    let k = keys("SELECT price * 2 AS p, title FROM album ORDER BY p DESC, 2, id NULLS LAST LIMIT 3");
    assert!(matches!(k[0].expr, Expr::Binary { .. }) && k[0].descending && !k[0].nulls_first);
    assert!(matches!(k[1].expr, Expr::Column { index: 1, .. }) && k[1].nulls_first);
    assert!(matches!(k[2].expr, Expr::Column { index: 0, .. }) && !k[2].nulls_first);
    assert!(
        world
            .error("SELECT title FROM album ORDER BY 2")
            .to_string()
            .contains("1 columns")
    );
    assert!(
        world
            .error("SELECT DISTINCT title FROM album ORDER BY id")
            .to_string()
            .contains("DISTINCT")
    );
    world.query("SELECT DISTINCT title FROM album ORDER BY title LIMIT 5, 10");
    assert!(
        world
            .error("SELECT 1 LIMIT -1")
            .to_string()
            .contains("number of rows")
    );
}

#[test]
fn subqueries_become_sub_plans() {
    let world = world();
    let q = world.query(
        "SELECT (SELECT MAX(id) FROM album), id IN (SELECT artist_id FROM album WHERE id IN (SELECT 1)), EXISTS (SELECT 1)
         FROM artist WHERE id = ANY (SELECT 1)",
    );
    assert_eq!(q.sub_plans.len(), 5);
    let correlated =
        world.query("SELECT 1 FROM artist a WHERE EXISTS (SELECT 1 FROM album WHERE artist_id = a.id)");
    assert!(correlated.sub_plans.is_empty());
    match world.error(
        "SELECT 1 FROM artist a LEFT JOIN artist b ON EXISTS (SELECT 1 FROM album WHERE artist_id = a.id)",
    ) {
        Error::Unsupported { feature, position } => {
            assert!(feature.contains("correlated subquery in ON"), "{feature}");
            assert_eq!(position.map(|p| p.column), Some(54));
        }
        other => panic!("{other:?}"),
    }
    assert!(
        world
            .error("SELECT name FROM artist WHERE id = (SELECT id, name FROM artist)")
            .to_string()
            .contains("one column")
    );
    let cte = world.query(
        "WITH a AS (SELECT id AS i FROM album), b(j) AS (SELECT i FROM a) SELECT j FROM b, a WHERE j = i",
    );
    assert_eq!(cte.columns[0].name, "j");
}
