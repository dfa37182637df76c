//! What users rely on in binding: results of whole statements.

use super::testing::World;
use crate::catalog::{ColumnDefault, ReferentialAction};
use crate::sql::plan::{
    AlterAction, BinaryOp, ConflictAction, ConflictTarget, Expr, InsertSource, JoinKind, Plan, Show,
    Statement, TransactionControl,
};
use crate::types::{Collation, DataType, Date, Decimal, Error, IntType, Value};
use alloc::{format, string::String, string::ToString, vec, vec::Vec};

fn world() -> World {
    World::new(
        "CREATE TABLE artist (id INT PRIMARY KEY, name VARCHAR(100) COLLATE NOCASE);
         CREATE TABLE album (
            id INT NOT NULL AUTO_INCREMENT,
            title NVARCHAR(160) NOT NULL,
            artist_id INT REFERENCES artist ON DELETE CASCADE,
            price DECIMAL(10,2) DEFAULT 9.99,
            rating DOUBLE,
            released DATE,
            CONSTRAINT pk PRIMARY KEY (id), UNIQUE KEY by_title (title));",
    )
}

fn literal(value: Value, ty: DataType) -> Expr {
    Expr::Literal { value, ty }
}

fn text(s: &str) -> Value {
    Value::Text(String::from(s))
}

fn right_of(e: Expr) -> Expr {
    match e {
        Expr::Compare { right, .. } => *right,
        other => panic!("{other:?}"),
    }
}

fn left_of(e: Expr) -> Expr {
    match e {
        Expr::Compare { left, .. } => *left,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_script_of_a_real_dump_binds() {
    let script = "
        /* a dump */ DROP DATABASE IF EXISTS `Shop`; CREATE DATABASE `Shop`; USE `Shop`;
        CREATE TABLE `Album` (`AlbumId` INT NOT NULL, `Title` NVARCHAR(160) NOT NULL, `ArtistId` INT NOT NULL,
            CONSTRAINT `PK_Album` PRIMARY KEY  (`AlbumId`));
        CREATE TABLE `Artist` (`ArtistId` INT NOT NULL, `Name` NVARCHAR(120), CONSTRAINT `PK_Artist` PRIMARY KEY (`ArtistId`));
        CREATE TABLE `PlaylistTrack` (`PlaylistId` INT NOT NULL, `TrackId` INT NOT NULL,
            CONSTRAINT `PK_PlaylistTrack` PRIMARY KEY  (`PlaylistId`, `TrackId`));
        ALTER TABLE `Album` ADD CONSTRAINT `FK_AlbumArtistId`
            FOREIGN KEY (`ArtistId`) REFERENCES `Artist` (`ArtistId`) ON DELETE NO ACTION ON UPDATE NO ACTION;
        CREATE INDEX `IFK_AlbumArtistId` ON `Album` (`ArtistId`);
        INSERT INTO `Artist` (`ArtistId`, `Name`) VALUES (1, N'AC/DC'), (2, N'Guns N'' Roses'), (3, N'Mot\\u00f6');
        INSERT INTO `Album` (`AlbumId`, `Title`, `ArtistId`) VALUES (1, N'For Those About To Rock', 1);";
    let world = World::new(script);
    let album = world.def("album");
    assert_eq!(album.row_id_column, Some(0));
    assert_eq!(album.foreign_keys.len(), 1);
    assert_eq!(album.foreign_keys[0].on_delete, ReferentialAction::Restrict);
    let both = world.def("PlaylistTrack");
    assert_eq!((both.row_id_column, both.primary_key.clone()), (None, vec![0, 1]));
    assert_eq!(
        (both.indexes[0].name.as_str(), both.indexes[0].unique),
        ("PRIMARY", true)
    );
}

#[test]
fn types_have_mysql_names() {
    let world = World::new(
        "CREATE TABLE t (a TINYINT UNSIGNED, b INT(11), c BIGINT UNSIGNED, d FLOAT, e DOUBLE PRECISION, f NUMERIC(12,3),
            g CHAR, h CHARACTER VARYING(7), i LONGTEXT, j CLOB, k VARBINARY(8), l BYTEA, m DATETIME(3), n TIMESTAMP,
            o JSON, p UUID, q VECTOR(3), r GEOMETRY, s BOOL, t TIME(6), u MEDIUMINT, v SERIAL, w BINARY(16))",
    );
    let types: Vec<String> = world.def("t").columns.iter().map(|c| c.ty.to_string()).collect();
    assert_eq!(
        types.join(" "),
        "TINYINT UNSIGNED INT BIGINT UNSIGNED FLOAT DOUBLE DECIMAL(12,3) VARCHAR(1) VARCHAR(7) TEXT TEXT VARBINARY(8) \
         BLOB DATETIME(3) TIMESTAMP JSON UUID VECTOR(3) GEOMETRY BOOLEAN TIME(6) MEDIUMINT BIGINT VARBINARY(16)"
    );
    assert!(world.def("t").columns[21].auto_increment);
    let ctx = World::new("");
    for (ty, name) in [
        ("ENUM('a')", "ENUM"),
        ("SET('a')", "SET"),
        ("BIT(3)", "BIT"),
        ("YEAR", "YEAR"),
    ] {
        match ctx.error(&format!("CREATE TABLE x (c {ty})")) {
            Error::Unsupported { feature, position } => {
                assert!(feature.contains(name), "{feature}");
                assert!(position.is_some());
            }
            other => panic!("{other:?}"),
        }
    }
    match ctx.error("CREATE TABLE x (c VARCHR(3))") {
        Error::Unknown {
            kind: "type",
            nearest,
            ..
        } => assert_eq!(nearest.as_deref(), Some("VARCHAR")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_checks_and_defaults_are_kept() {
    let mut world = world();
    let album = world.def("album");
    assert_eq!(album.row_id_column, Some(0));
    assert!(!album.columns[0].nullable && album.columns[0].auto_increment);
    assert_eq!(album.columns[3].default, ColumnDefault::Sql("9.99".to_string()));
    assert_eq!(album.foreign_keys[0].parent_columns, [0]);
    // An index for the foreign key was added beside the unique one.
    let names: Vec<&str> = album.indexes.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["by_title", "album_fk_1_index"]);
    world
        .run(
            "CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INT, name TEXT DEFAULT 'it\\'s' CHECK (name <> 'a\\\\''b'),
             FOREIGN KEY (parent) REFERENCES tree (id), CONSTRAINT positive CHECK (id > 0))",
        )
        .unwrap();
    let tree = world.def("TREE");
    assert_eq!(tree.foreign_keys[0].parent, tree.id);
    assert_eq!(
        tree.columns[2].default,
        ColumnDefault::Sql("'it\\'s'".to_string())
    );
    assert_eq!(tree.checks[0].name, "tree_chk_1");
    assert_eq!(tree.checks[1].name, "positive");
    // What was kept as text binds to the same again.
    let Statement::Insert(insert) = world.bind("INSERT INTO tree (id) VALUES (1)") else {
        panic!()
    };
    assert_eq!(insert.defaults[2], Some(literal(text("it's"), DataType::TEXT)));
    let (_, check) = insert.checks[0].clone();
    assert_eq!(right_of(check), literal(text("a\\'b"), DataType::TEXT));
}

#[test]
fn wrong_definitions_are_refused() {
    let world = world();
    for (sql, part) in [
        (
            "CREATE TABLE t (a INT PRIMARY KEY, b INT PRIMARY KEY)",
            "one primary key",
        ),
        ("CREATE TABLE t (a INT AUTO_INCREMENT)", "must be a key"),
        (
            "CREATE TABLE t (a INT REFERENCES album (price))",
            "no PRIMARY KEY or UNIQUE",
        ),
        ("CREATE TABLE t (a TEXT REFERENCES album)", "is TEXT"),
        (
            "CREATE TABLE t (a INT NOT NULL REFERENCES album ON DELETE SET NULL)",
            "NOT NULL",
        ),
        ("CREATE TABLE t (a JSON, KEY (a))", "cannot be indexed"),
        ("CREATE TABLE t (a INT DEFAULT b)", "no constant"),
        ("CREATE TABLE album (a INT)", "exists already"),
        ("CREATE TABLE t (a INT, a INT)", "exists already"),
        ("CREATE TABLE t (a INT) ENGINE = MyISAM", "ENGINE = MyISAM"),
        ("CREATE TABLE t (a INT) WITH (persistant = true)", "persistent"),
        ("CREATE TABLE t (a INT COMMENT 'x')", "COMMENT on a column"),
        ("CREATE TABLE t AS SELECT 1", "AS SELECT"),
        ("CREATE INDEX i ON album (title(10))", "prefix"),
        ("CREATE INDEX i ON album (title) WHERE id > 1", "partial index"),
        ("DROP TABLE artist", "refers to it"),
        ("ALTER TABLE album MODIFY title TEXT", "MODIFY COLUMN"),
        ("ALTER TABLE album DROP COLUMN artist_id", "foreign key"),
    ] {
        let message = world.error(sql).to_string();
        assert!(message.contains(part), "{sql}: {message}");
    }
}

#[test]
fn placement_is_said_three_ways() {
    let world = world();
    let of = |options: &str| match world.bind(&format!("CREATE TABLE t (a INT) {options}")) {
        Statement::CreateTable { persistence, .. } => (
            persistence.persistent,
            persistence.sync_on_write,
            persistence.cache_in_memory,
        ),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        of("WITH (persistent = true, sync_on_write = 1)"),
        (Some(true), Some(true), None)
    );
    assert_eq!(of("ENGINE = dual"), (Some(true), None, Some(true)));
    assert_eq!(
        of("ENGINE=persistent DEFAULT CHARSET=utf8mb4"),
        (Some(true), None, Some(false))
    );
    assert_eq!(of("ENGINE=InnoDB"), (None, None, None));
    let Statement::AlterTable { actions, .. } =
        world.bind("ALTER TABLE album SET (cache_in_memory = false), ENGINE memory")
    else {
        panic!()
    };
    assert!(
        matches!(&actions[..], [AlterAction::SetPersistence(a), AlterAction::SetPersistence(b)]
        if a.cache_in_memory == Some(false) && b.persistent == Some(false))
    );
}

#[test]
fn alter_actions_build_on_one_another() {
    let world = world();
    let Statement::AlterTable { actions, .. } = world.bind(
        "ALTER TABLE album ADD COLUMN first INT NOT NULL DEFAULT 7 FIRST, ADD COLUMN k VARCHAR(3) AFTER id,
         ADD INDEX (k), DROP COLUMN rating, RENAME COLUMN title TO name, RENAME TO record",
    ) else {
        panic!()
    };
    let [
        AlterAction::AddColumn {
            position: Some(0),
            fill,
            ..
        },
        AlterAction::AddColumn {
            position: Some(2), ..
        },
        AlterAction::AddIndex { index, .. },
        AlterAction::DropColumn(6),
        AlterAction::RenameColumn(3, _),
        AlterAction::Rename(_),
    ] = &actions[..]
    else {
        panic!("{actions:?}")
    };
    assert_eq!(*fill, Some(literal(Value::Int(7), DataType::Int(IntType::I32))));
    assert_eq!(index.columns[0].column, 2);
}

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
    match world.error("SELECT 1 FROM artist a WHERE EXISTS (SELECT 1 FROM album WHERE artist_id = a.id)") {
        Error::Unsupported { feature, position } => {
            assert!(feature.contains("correlated subquery"));
            assert_eq!(position.map(|p| p.column), Some(76));
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
        Statement::Insert(i) => (i.on_conflict.clone(), i.conflict_target),
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
    ] {
        assert!(
            matches!(new_name(action(sql).0), Expr::Column { index: 3, .. }),
            "{sql}"
        );
    }
    let (update, target) = action(
        "INSERT INTO artist VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = name || excluded.name WHERE id > 3",
    );
    assert_eq!(target, ConflictTarget::RowId);
    assert!(matches!(update, ConflictAction::Update { filter: Some(_), .. }));
    assert_eq!(
        action("INSERT INTO album (title) VALUES ('x') ON CONFLICT (title) DO NOTHING").1,
        ConflictTarget::Index(0)
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
    for (sql, part) in [
        ("UPDATE album, artist SET price = 1", ""),
        ("UPDATE album JOIN artist ON 1 SET price = 1", "join"),
        ("DELETE album FROM album JOIN artist ON 1", "several tables"),
        ("UPDATE album SET price = 1, price = 2", "twice"),
        ("WITH a AS (SELECT 1) DELETE FROM album", "WITH before DELETE"),
    ] {
        let message = world.error(sql).to_string();
        assert!(message.contains(part), "{sql}: {message}");
    }
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

#[test]
fn unsupported_clauses_are_named_with_their_place() {
    let world = world();
    for (sql, part) in [
        ("SELECT 1 UNION SELECT 2", "UNION"),
        ("SELECT title FROM album FOR UPDATE", "FOR UPDATE"),
        (
            "SELECT ROW_NUMBER() OVER (ORDER BY id) FROM album",
            "window function",
        ),
        ("SELECT DISTINCT ON (id) id FROM album", "DISTINCT ON"),
        ("SELECT id FROM album GROUP BY id WITH ROLLUP", "WITH ROLLUP"),
        ("SELECT SQL_NO_CACHE 1", "SQL_NO_CACHE"),
        ("SELECT 1 FROM album FULL JOIN artist ON 1", "FULL OUTER JOIN"),
        ("SELECT 1 FROM album USE INDEX (by_title)", "index hint"),
        ("SELECT 1 FROM LATERAL (SELECT 1) x", "LATERAL"),
        ("WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a", "WITH RECURSIVE"),
        ("CREATE VIEW v AS SELECT 1", "CREATE VIEW"),
        ("CREATE TEMPORARY TABLE t (a INT)", "TEMPORARY"),
        ("SET GLOBAL autocommit = 1", "SET GLOBAL"),
        ("SET FOREIGN_KEY_CHECKS = 0", "foreign_key_checks"),
        ("SET @a = 1", "user variable"),
        ("SELECT @@version", "system variable"),
        ("PREPARE s FROM 'SELECT 1'", "PREPARE"),
        ("GRANT ALL ON *.* TO x", "GRANT"),
        ("SHOW FULL TABLES", "SHOW FULL"),
        ("EXPLAIN FORMAT=JSON SELECT 1", "EXPLAIN FORMAT"),
        ("START TRANSACTION; COMMIT AND CHAIN", ""),
        ("SELECT 'a' SIMILAR TO 'b'", "SIMILAR TO"),
        ("SELECT b'1'", "bit literal"),
    ] {
        match world.try_bind(sql, &[]) {
            Err(Error::Unsupported { feature, position }) => {
                assert!(feature.contains(part), "{sql}: {feature}");
                assert!(position.is_some(), "{sql}");
            }
            Err(Error::Invalid { .. }) if part.is_empty() => {}
            other => panic!("{sql}: {other:?}"),
        }
    }
}

#[test]
fn small_statements() {
    let world = world();
    let album = world.def("album").id;
    for (sql, expected) in [
        ("SHOW TABLES", Statement::Show(Show::Tables("main".to_string()))),
        ("SHOW DATABASES", Statement::Show(Show::Schemas)),
        ("DESCRIBE album", Statement::Show(Show::Columns(album))),
        ("DESC album", Statement::Show(Show::Columns(album))),
        ("SHOW COLUMNS FROM album", Statement::Show(Show::Columns(album))),
        (
            "SHOW CREATE TABLE album",
            Statement::Show(Show::CreateTable(album)),
        ),
        ("SHOW INDEX FROM album", Statement::Show(Show::Indexes(album))),
        (
            "SHOW KEYS IN album FROM main",
            Statement::Show(Show::Indexes(album)),
        ),
        ("SHOW PERSISTENCE", Statement::Show(Show::Persistence(None))),
        (
            "SHOW PERSISTENCE FOR album",
            Statement::Show(Show::Persistence(Some(album))),
        ),
        ("SHOW STATS;", Statement::Show(Show::Stats)),
        ("SET NAMES utf8mb4", Statement::Nothing),
        ("DROP TABLE IF EXISTS nothing", Statement::Nothing),
        ("TRUNCATE TABLE album", Statement::Truncate(album)),
        (
            "DROP INDEX by_title",
            Statement::DropIndex {
                table: album,
                name: "by_title".to_string(),
            },
        ),
        (
            "ROLLBACK TO SAVEPOINT a",
            Statement::Transaction(TransactionControl::RollbackTo("a".to_string())),
        ),
        (
            "BEGIN",
            Statement::Transaction(TransactionControl::Begin {
                isolation: None,
                read_only: false,
            }),
        ),
    ] {
        assert_eq!(world.bind(sql), expected, "{sql}");
    }
    let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
    assert!(matches!(
        world.bind(begin),
        Statement::Transaction(TransactionControl::Begin { read_only: true, .. })
    ));
    let level = world.bind("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE");
    assert!(matches!(
        level,
        Statement::Transaction(TransactionControl::SetIsolation(_))
    ));
    assert!(matches!(
        world.bind("EXPLAIN ANALYZE SELECT 1"),
        Statement::Explain { analyze: true, .. }
    ));
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
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(test);
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
