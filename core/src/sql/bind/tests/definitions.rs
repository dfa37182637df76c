//! What CREATE, ALTER and the small statements come to.

use super::super::testing::World;
use super::{literal, right_of, text, world};
use crate::catalog::{ColumnDefault, ReferentialAction};
use crate::sql::plan::{AlterAction, Show, Statement, TransactionControl};
use crate::types::{DataType, Error, IntType, Value};
use alloc::{format, string::String, string::ToString, vec, vec::Vec};

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
        ("FLOAT UNSIGNED", "FLOAT UNSIGNED"),
        ("BIT VARYING(3)", "BIT VARYING"),
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
    let check = insert.checks[0].condition.clone();
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
        ("CREATE TABLE t (a INT) ENGINE = CSV", "ENGINE = CSV"),
        ("CREATE TABLE t (a INT) WITH (persistant = true)", "persistent"),
        ("CREATE INDEX i ON album (id(10))", "prefix"),
        ("CREATE INDEX i ON album (title) WHERE nothing > 1", "nothing"),
        ("DROP TABLE artist", "refers to it"),
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
fn small_statements() {
    let world = world();
    let album = world.def("album").id;
    let columns = |full| Show::Columns { table: album, full };
    for (sql, expected) in [
        (
            "SHOW TABLES",
            Statement::Show(Show::Tables {
                schema: "main".to_string(),
                full: false,
            }),
        ),
        ("SHOW DATABASES", Statement::Show(Show::Schemas)),
        ("DESCRIBE album", Statement::Show(columns(false))),
        ("DESC album", Statement::Show(columns(false))),
        ("SHOW COLUMNS FROM album", Statement::Show(columns(false))),
        ("SHOW FULL COLUMNS FROM album", Statement::Show(columns(true))),
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
                read_only: None,
            }),
        ),
    ] {
        assert_eq!(world.bind(sql), expected, "{sql}");
    }
    let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
    assert!(matches!(
        world.bind(begin),
        Statement::Transaction(TransactionControl::Begin {
            read_only: Some(true),
            ..
        })
    ));
    let level = world.bind("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE");
    assert!(matches!(
        level,
        Statement::Transaction(TransactionControl::SetModes { session: true, .. })
    ));
    assert!(matches!(
        world.bind("EXPLAIN ANALYZE SELECT 1"),
        Statement::Explain { analyze: true, .. }
    ));
}
