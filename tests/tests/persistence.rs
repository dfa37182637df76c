//! Where tables live: every function of the persistence API and every statement of the same meaning,
//! over restarts, back and forth, in transactions, with readers that started before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::database::{PersistenceConfig, PersistenceOptions};
use amphi_tests::block_on::block_on;
use amphi_tests::test_bed::{Client, Layout, TestBed, in_layouts};

const OPTIONS: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

fn options((sync_on_write, cache_in_memory): (bool, bool)) -> PersistenceOptions {
    PersistenceOptions {
        sync_on_write,
        cache_in_memory,
    }
}

fn config((sync_on_write, cache_in_memory): (bool, bool)) -> PersistenceConfig {
    PersistenceConfig {
        persistent: true,
        sync_on_write,
        cache_in_memory,
    }
}

fn enable(bed: &TestBed, table: &str, with: (bool, bool)) {
    block_on(bed.db.enable_persistence(table, options(with))).unwrap();
}

/// A table with every kind of key, and enough rows for several blocks.
fn create_filled(c: &mut Client, name: &str) {
    c.ok(&format!(
        "CREATE TABLE {name} (id INT PRIMARY KEY AUTO_INCREMENT, code VARCHAR(20) NOT NULL UNIQUE,
         grp INT DEFAULT 7, CHECK (grp >= 0))"
    ));
    c.ok(&format!("CREATE INDEX {name}_grp ON {name} (grp, code)"));
    for from in [0, 10, 20] {
        let row = |i: i32| format!("('c{:02}', {})", from + i, (from + i) % 3);
        let rows: Vec<String> = (1..=10).map(row).collect();
        c.ok(&format!(
            "INSERT INTO {name} (code, grp) VALUES {}",
            rows.join(", ")
        ));
    }
}

/// What [`create_filled`] made is all there, by row id, by index, by unique key, and its constraints hold.
#[track_caller]
fn require_filled(c: &mut Client, name: &str) {
    assert_eq!(
        c.q(&format!(
            "SELECT COUNT(*), MIN(id), MAX(id), SUM(grp) FROM {name}"
        )),
        "30 1 30 30"
    );
    assert_eq!(
        c.q(&format!("SELECT id FROM {name} WHERE grp = 2 ORDER BY code")),
        "2, 5, 8, 11, 14, 17, 20, 23, 26, 29"
    );
    assert_eq!(
        c.q(&format!("SELECT id, grp FROM {name} WHERE code = 'c17'")),
        "17 2"
    );
    assert_eq!(c.q(&format!("SELECT code FROM {name} WHERE id = 9")), "c09");
    assert_eq!(
        c.code(&format!("INSERT INTO {name} (code) VALUES ('c17')")),
        "23505"
    );
    assert_eq!(
        c.code(&format!("UPDATE {name} SET grp = -1 WHERE id = 3")),
        "23514"
    );
    assert_eq!(c.code(&format!("INSERT INTO {name} (grp) VALUES (1)")), "23502");
}

#[test]
fn enabling_before_the_table_exists_is_remembered() {
    in_layouts(&Layout::PLAIN, |bed| {
        for with in OPTIONS {
            enable(bed, "Orders", with);
            assert_eq!(bed.db.get_persistence_config("orders"), Some(config(with)));
            assert!(
                bed.db.list_persistent_tables().is_empty(),
                "there is no table yet"
            );
            bed.reopen();
            assert_eq!(bed.db.get_persistence_config("ORDERS"), Some(config(with)));
            let mut c = bed.client();
            create_filled(&mut c, "orders");
            assert_eq!(bed.db.get_persistence_config("orders"), Some(config(with)));
            assert_eq!(bed.db.list_persistent_tables(), ["orders"]);
            bed.reopen();
            assert_eq!(bed.db.get_persistence_config("orders"), Some(config(with)));
            let mut c = bed.client();
            require_filled(&mut c, "orders");
            // The settings belonged to the table: they go with it.
            c.ok("DROP TABLE orders");
            assert_eq!(bed.db.get_persistence_config("orders"), None);
            c.ok("CREATE TABLE orders (a INT)");
            assert_eq!(
                bed.db.get_persistence_config("orders"),
                Some(PersistenceConfig::default())
            );
            c.ok("DROP TABLE orders");
            assert_eq!(bed.stored_trees(), 0);
        }
    });
}

#[test]
fn what_is_remembered_can_be_forgotten_or_overruled() {
    in_layouts(&Layout::PLAIN, |bed| {
        enable(bed, "a", (true, true));
        enable(bed, "b", (true, true));
        enable(bed, "c", (true, true));
        block_on(bed.db.disable_persistence("a")).unwrap();
        assert_eq!(bed.db.get_persistence_config("a"), None);
        bed.reopen();
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE a (x INT)",
            "CREATE TABLE b (x INT) ENGINE = memory",
            "CREATE TABLE c (x INT) WITH (cache_in_memory = false)",
        ]);
        assert_eq!(bed.db.list_persistent_tables(), ["c"]);
        assert_eq!(bed.db.get_persistence_config("c"), Some(config((true, false))));
        let unknown = block_on(bed.db.disable_persistence("nothing"));
        assert!(matches!(unknown, Err(Error::Unknown { kind: "table", .. })));
        // A rolled back CREATE TABLE leaves the memory of its settings.
        enable(bed, "d", (false, true));
        c.all(&["BEGIN", "CREATE TABLE d (x INT)", "ROLLBACK"]);
        assert_eq!(bed.db.get_persistence_config("d"), Some(config((false, true))));
        c.ok("CREATE TABLE d (x INT)");
        assert_eq!(bed.db.list_persistent_tables(), ["c", "d"]);
    });
}

#[test]
fn enabling_takes_the_rows_along() {
    in_layouts(&Layout::PLAIN, |bed| {
        for (i, with) in OPTIONS.into_iter().enumerate() {
            let name = format!("t{i}");
            create_filled(&mut bed.client(), &name);
            enable(bed, &name, with);
            assert_eq!(bed.db.get_persistence_config(&name), Some(config(with)));
            require_filled(&mut bed.client(), &name);
            bed.check();
            bed.crash();
            require_filled(&mut bed.client(), &name);
        }
        assert_eq!(bed.db.list_persistent_tables(), ["t0", "t1", "t2", "t3"]);
        // Rows, unique keys, index: three trees a table.
        assert_eq!(bed.stored_trees(), 12);
    });
}

#[test]
fn the_sequence_goes_on_after_a_restart() {
    in_layouts(&Layout::PLAIN, |bed| {
        create_filled(&mut bed.client(), "t");
        enable(bed, "t", (false, false));
        let mut c = bed.client();
        c.all(&[
            "INSERT INTO t (id, code) VALUES (100, 'x')",
            "DELETE FROM t WHERE id = 100",
        ]);
        bed.reopen();
        let mut c = bed.client();
        c.ok("INSERT INTO t (code) VALUES ('y')");
        assert_eq!(c.q("SELECT id FROM t WHERE code = 'y'"), "101");
    });
}

#[test]
fn disabling_leaves_the_rows_in_memory() {
    in_layouts(&Layout::PLAIN, |bed| {
        for with in OPTIONS {
            let mut c = bed.client();
            create_filled(&mut c, "t");
            enable(bed, "t", with);
            c.ok("CREATE TABLE other (a INT) ENGINE = persistent");
            block_on(bed.db.disable_persistence("t")).unwrap();
            assert_eq!(
                bed.db.get_persistence_config("t"),
                Some(PersistenceConfig::default())
            );
            assert_eq!(bed.db.list_persistent_tables(), ["other"]);
            require_filled(&mut c, "t");
            assert_eq!(bed.stored_trees(), 1, "only `other` is in the store");
            bed.crash();
            let mut c = bed.client();
            assert_eq!(c.code("SELECT * FROM t"), "42P01");
            c.ok("DROP TABLE other");
        }
    });
}

#[test]
fn migrating_and_loading() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        create_filled(&mut c, "t");
        block_on(bed.db.migrate_to_persistent("t")).unwrap();
        assert_eq!(bed.db.get_persistence_config("t"), Some(config((false, false))));
        require_filled(&mut c, "t");
        bed.crash();
        let mut c = bed.client();
        require_filled(&mut c, "t");
        block_on(bed.db.load_to_memory("t")).unwrap();
        assert_eq!(
            bed.db.get_persistence_config("t"),
            Some(PersistenceConfig::default())
        );
        assert_eq!(bed.stored_trees(), 0);
        require_filled(&mut c, "t");
        // From dual it leaves memory, and keeps how it is written.
        enable(bed, "t", (true, true));
        block_on(bed.db.migrate_to_persistent("t")).unwrap();
        assert_eq!(bed.db.get_persistence_config("t"), Some(config((true, false))));
        require_filled(&mut c, "t");
        // Twice is once.
        block_on(bed.db.migrate_to_persistent("t")).unwrap();
        block_on(bed.db.load_to_memory("t")).unwrap();
        block_on(bed.db.load_to_memory("t")).unwrap();
        require_filled(&mut c, "t");
        for result in [
            block_on(bed.db.migrate_to_persistent("nothing")),
            block_on(bed.db.load_to_memory("nothing")),
        ] {
            assert!(matches!(result, Err(Error::Unknown { kind: "table", .. })));
        }
    });
}

#[test]
fn the_same_in_sql() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE m (a INT)",
            "CREATE TABLE m2 (a INT) ENGINE = memory",
            "CREATE TABLE p (a INT) ENGINE = persistent",
            "CREATE TABLE d (a INT) ENGINE = dual",
            "CREATE TABLE w0 (a INT) WITH (persistent = true)",
            "CREATE TABLE w1 (a INT) WITH (persistent = true, sync_on_write = true, cache_in_memory = false)",
            "CREATE TABLE w2 (a INT) WITH (persistent = true, sync_on_write = true, cache_in_memory = true)",
            "CREATE TABLE w3 (a INT) WITH (persistent = false)",
        ]);
        enable(bed, "later", (true, false));
        let settings = "main d dual 1 0 1 1, main later persistent 1 1 0 0, main m memory 0 0 0 1, \
                        main m2 memory 0 0 0 1, main p persistent 1 0 0 1, main w0 persistent 1 0 0 1, \
                        main w1 persistent 1 1 0 1, main w2 dual 1 1 1 1, main w3 memory 0 0 0 1";
        let shown = |c: &mut Client| {
            let all = c.q("SHOW PERSISTENCE");
            let mut rows: Vec<&str> = all.split(", ").collect();
            rows.sort_unstable();
            rows.join(", ")
        };
        assert_eq!(shown(&mut c), settings);
        assert_eq!(c.q("SHOW PERSISTENCE FOR w2"), "main w2 dual 1 1 1 1");
        assert_eq!(bed.db.list_persistent_tables(), ["d", "p", "w0", "w1", "w2"]);
        for table in ["m", "p", "d"] {
            c.ok(&format!(
                "INSERT INTO {table} VALUES (1), (2), (3), (4), (5), (6)"
            ));
        }
        c.all(&[
            "ALTER TABLE m SET (persistent = true, sync_on_write = true)",
            "ALTER TABLE p SET (cache_in_memory = true)",
            "ALTER TABLE d SET (persistent = false)",
            "ALTER TABLE m2 ENGINE = dual",
        ]);
        assert_eq!(bed.db.get_persistence_config("m"), Some(config((true, false))));
        assert_eq!(bed.db.get_persistence_config("p"), Some(config((false, true))));
        assert_eq!(bed.db.get_persistence_config("m2"), Some(config((false, true))));
        assert!(!bed.db.get_persistence_config("d").unwrap().persistent);
        assert_eq!(c.q("SELECT SUM(a) FROM d"), "21");
        bed.reopen();
        let mut c = bed.client();
        for table in ["m", "p"] {
            assert_eq!(c.q(&format!("SELECT SUM(a) FROM {table}")), "21");
        }
        assert_eq!(
            shown(&mut c),
            "main later persistent 1 1 0 0, main m persistent 1 1 0 1, main m2 dual 1 0 1 1, \
             main p dual 1 0 1 1, main w0 persistent 1 0 0 1, main w1 persistent 1 1 0 1, main w2 dual 1 1 1 1"
        );
        // What SHOW CREATE TABLE says makes the same table.
        let create = c.q("SHOW CREATE TABLE w1").split_once(' ').unwrap().1.to_string();
        c.ok("DROP TABLE w1");
        c.ok(&create);
        assert_eq!(bed.db.get_persistence_config("w1"), Some(config((true, false))));
        assert_eq!(c.code("CREATE TABLE x (a INT) WITH (persistant = true)"), "42704");
        assert_eq!(c.code("CREATE TABLE x (a INT) ENGINE = tape"), "0A000");
        assert_eq!(c.code("ALTER TABLE nothing SET (persistent = true)"), "42P01");
        assert_eq!(c.code("SHOW PERSISTENCE FOR nothing"), "42P01");
    });
}

#[test]
fn everything_stored_comes_back() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE DATABASE Shop",
            "CREATE DATABASE empty_one",
            "CREATE TABLE shop.items (sku VARCHAR(10) PRIMARY KEY, price DECIMAL(8,2) NOT NULL DEFAULT 9.99,
             CONSTRAINT positive CHECK (price > 0)) ENGINE = persistent",
            "CREATE TABLE shop.sales (id INT PRIMARY KEY AUTO_INCREMENT, sku VARCHAR(10), n INT UNIQUE,
             CONSTRAINT sold FOREIGN KEY (sku) REFERENCES shop.items (sku) ON DELETE CASCADE) ENGINE = dual",
            "CREATE INDEX by_price ON shop.items (price DESC)",
            "INSERT INTO shop.items (sku) VALUES ('a'), ('b'), ('c')",
            "INSERT INTO shop.sales (sku, n) VALUES ('a', 1), ('b', 2), ('b', 3), ('b', 4), ('b', 5), ('c', 6)",
            "CREATE TABLE scratch (a INT)",
        ]);
        let described = |c: &mut Client| {
            [
                "SHOW CREATE TABLE shop.items",
                "SHOW CREATE TABLE shop.sales",
                "SHOW INDEX FROM shop.items",
                "SHOW DATABASES",
                "SELECT * FROM shop.items ORDER BY sku",
                "SELECT * FROM shop.sales ORDER BY id",
            ]
            .map(|sql| c.q(sql))
        };
        let before = described(&mut c);
        assert!(before[3].contains("Shop") && before[3].contains("empty_one"));
        for _ in 0..2 {
            bed.reopen();
            let mut c = bed.client();
            assert_eq!(described(&mut c), before);
            assert_eq!(c.code("SELECT * FROM scratch"), "42P01");
            bed.check();
        }
        let mut c = bed.client();
        assert_eq!(c.code("INSERT INTO shop.items VALUES ('d', -1)"), "23514");
        assert_eq!(c.code("INSERT INTO shop.items VALUES ('a', 1)"), "23505");
        assert_eq!(c.code("INSERT INTO shop.items VALUES ('d', NULL)"), "23502");
        assert_eq!(c.code("INSERT INTO shop.sales (sku) VALUES ('z')"), "23503");
        assert_eq!(c.code("INSERT INTO shop.sales (n) VALUES (6)"), "23505");
        c.ok("INSERT INTO shop.items (sku) VALUES ('d')");
        assert_eq!(c.q("SELECT price FROM shop.items WHERE sku = 'd'"), "9.99");
        c.ok("DELETE FROM shop.items WHERE sku = 'b'");
        c.ok("INSERT INTO shop.sales (sku, n) VALUES ('d', 9)");
        assert_eq!(c.q("SELECT sku FROM shop.sales ORDER BY id"), "a, c, d");
    });
}

#[test]
fn twenty_changes_of_placement_lose_nothing() {
    in_layouts(&Layout::PLAIN, |bed| {
        create_filled(&mut bed.client(), "t");
        let mut rows: Vec<(i64, String, i64)> = (1..=30).map(|i| (i, format!("c{i:02}"), i % 3)).collect();
        let switches = [
            "ENGINE = persistent",
            "ENGINE = dual",
            "ENGINE = memory",
            "SET (persistent = true, cache_in_memory = true, sync_on_write = true)",
            "ENGINE = memory",
            "ENGINE = persistent",
            "ENGINE = memory",
        ];
        for round in 0..21i64 {
            let switch = switches[round as usize % switches.len()];
            let mut c = bed.client();
            c.ok(&format!("ALTER TABLE t {switch}"));
            let memory = switch.ends_with("memory");
            assert_eq!(bed.stored_trees(), if memory { 0 } else { 3 }, "{switch}");
            // Some rows come, some go, some change, in blocks all over the table.
            let new = 100 + round * 2;
            c.ok(&format!(
                "INSERT INTO t (id, code, grp) VALUES ({new}, 'n{new}', 1), ({}, 'm{new}', 2)",
                new + 1
            ));
            rows.push((new, format!("n{new}"), 1));
            rows.push((new + 1, format!("m{new}"), 2));
            c.ok(&format!("DELETE FROM t WHERE id = {}", round + 1));
            rows.retain(|r| r.0 != round + 1);
            c.ok("UPDATE t SET grp = (grp + 1) % 3 WHERE id % 2 = 0");
            rows.iter_mut()
                .filter(|r| r.0 % 2 == 0)
                .for_each(|r| r.2 = (r.2 + 1) % 3);
            let text = |rows: &mut dyn Iterator<Item = &(i64, String, i64)>| {
                rows.map(|r| format!("{} {} {}", r.0, r.1, r.2))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            assert_eq!(
                c.q("SELECT id, code, grp FROM t ORDER BY id"),
                text(&mut rows.iter())
            );
            assert_eq!(
                c.q("SELECT id, code, grp FROM t WHERE grp = 1 ORDER BY id"),
                text(&mut rows.iter().filter(|r| r.2 == 1))
            );
            assert_eq!(
                c.code(&format!("INSERT INTO t (code) VALUES ('m{new}')")),
                "23505"
            );
            bed.check();
            if !memory && round % 2 == 0 {
                bed.crash();
            }
        }
    });
}

#[test]
fn a_change_of_placement_rolls_back_like_rows() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        for (name, engine) in [("m", "memory"), ("p", "persistent"), ("d", "dual")] {
            c.ok(&format!(
                "CREATE TABLE {name} (id INT PRIMARY KEY, u INT UNIQUE) ENGINE = {engine}"
            ));
            c.ok(&format!(
                "INSERT INTO {name} VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)"
            ));
        }
        block_on(bed.db.flush()).unwrap();
        let before = bed.entries();
        let settings = c.q("SHOW PERSISTENCE");
        for target in ["memory", "persistent", "dual"] {
            c.ok("BEGIN");
            for name in ["m", "p", "d"] {
                c.ok(&format!("INSERT INTO {name} VALUES (7, 7)"));
                c.ok(&format!("ALTER TABLE {name} ENGINE = {target}"));
                c.ok(&format!("DELETE FROM {name} WHERE id < 3"));
                assert_eq!(c.q(&format!("SELECT SUM(id) FROM {name}")), "25");
                // Others see the table where it was, with its rows.
                let mut other = bed.client();
                assert_eq!(other.q(&format!("SELECT SUM(id) FROM {name}")), "21");
            }
            c.ok("ROLLBACK");
            assert_eq!(c.q("SHOW PERSISTENCE"), settings);
            for name in ["m", "p", "d"] {
                assert_eq!(c.q(&format!("SELECT SUM(u) FROM {name}")), "21");
            }
            bed.check();
            assert_eq!(bed.entries(), before, "the store is as it was");
        }
        // Up to a savepoint only.
        c.all(&[
            "BEGIN",
            "ALTER TABLE m ENGINE = persistent",
            "INSERT INTO m VALUES (8, 8)",
            "SAVEPOINT s",
            "ALTER TABLE m ENGINE = dual",
            "DELETE FROM m",
            "ROLLBACK TO s",
            "COMMIT",
        ]);
        assert_eq!(bed.db.get_persistence_config("m"), Some(config((false, false))));
        bed.crash();
        assert_eq!(bed.client().q("SELECT SUM(id) FROM m"), "29");
        assert_eq!(bed.stored_trees(), 6);
    });
}

#[test]
fn several_changes_of_placement_in_one_transaction() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        create_filled(&mut c, "t");
        c.all(&[
            "BEGIN",
            "ALTER TABLE t ENGINE = persistent",
            "ALTER TABLE t ENGINE = memory",
            "ALTER TABLE t ENGINE = dual",
            "INSERT INTO t (code, grp) VALUES ('z', 0)",
            "ALTER TABLE t ENGINE = persistent",
            "DELETE FROM t WHERE code = 'z'",
            "COMMIT",
        ]);
        assert_eq!(bed.stored_trees(), 3);
        bed.crash();
        require_filled(&mut bed.client(), "t");
    });
}

#[test]
fn readers_that_started_before_a_change_see_what_was() {
    in_layouts(&Layout::PLAIN, |bed| {
        for (from, to) in [
            ("persistent", "memory"),
            ("persistent", "dual"),
            ("memory", "persistent"),
            ("dual", "persistent"),
        ] {
            let mut c = bed.client();
            create_filled(&mut c, "t");
            c.ok(&format!("ALTER TABLE t ENGINE = {from}"));
            let mut reader = bed.client();
            reader.ok("BEGIN");
            c.ok(&format!("ALTER TABLE t ENGINE = {to}"));
            c.ok("UPDATE t SET grp = 50");
            assert_eq!(reader.q("SELECT COUNT(*), SUM(grp) FROM t"), "30 30");
            assert_eq!(c.q("SELECT COUNT(*), SUM(grp) FROM t"), "30 1500");
            c.ok("DROP TABLE t");
            assert_eq!(reader.q("SELECT COUNT(*), SUM(grp) FROM t"), "30 30");
            assert_eq!(reader.q("SELECT id FROM t WHERE code = 'c17'"), "17");
            reader.ok("COMMIT");
            assert_eq!(reader.code("SELECT * FROM t"), "42P01");
            assert_eq!(bed.stored_trees(), 0, "nobody needs the dropped blocks any more");
        }
    });
}

#[test]
fn a_result_goes_on_over_its_snapshot() {
    in_layouts(&Layout::PLAIN, |bed| {
        for engine in ["memory", "persistent", "dual"] {
            let mut c = bed.client();
            create_filled(&mut c, "t");
            c.ok(&format!("ALTER TABLE t ENGINE = {engine}"));
            let mut session = bed.db.session();
            block_on(async {
                let outcome = session
                    .execute("SELECT id, grp FROM t", &Default::default())
                    .await
                    .unwrap();
                let amphi_core::session::Outcome::Rows(mut rows) = outcome else {
                    panic!("a SELECT answers rows");
                };
                let mut seen = 0;
                while let Some(batch) = rows.next_batch().await.unwrap() {
                    let batch = batch.compact();
                    let grp = |i: usize| batch.column(1).i64s()[i];
                    assert!(
                        (0..batch.rows()).all(|i| grp(i) < 3),
                        "a change after the SELECT shows"
                    );
                    if seen == 0 {
                        c.ok("UPDATE t SET grp = 99");
                    }
                    seen += batch.rows();
                    c.ok("DELETE FROM t WHERE id % 5 = 0");
                }
                assert_eq!(seen, 30);
            });
            c.ok("DROP TABLE t");
        }
    });
}

#[test]
fn without_a_store_nothing_is_persistent() {
    in_layouts(&[Layout::Memory], |bed| {
        let mut c = bed.client();
        create_filled(&mut c, "t");
        for sql in [
            "CREATE TABLE p (a INT) ENGINE = persistent",
            "CREATE TABLE p (a INT) WITH (persistent = true)",
            "ALTER TABLE t ENGINE = dual",
            "ALTER TABLE t SET (persistent = true)",
        ] {
            assert!(matches!(c.err(sql), Error::NoStore { .. }), "{sql}");
        }
        let no_store = [
            block_on(bed.db.enable_persistence("t", PersistenceOptions::default())),
            block_on(bed.db.enable_persistence("later", PersistenceOptions::default())),
            block_on(bed.db.migrate_to_persistent("t")),
        ];
        for result in no_store {
            assert!(matches!(result, Err(Error::NoStore { .. })), "{result:?}");
        }
        // Taking out of a store what is not in one is no error.
        block_on(bed.db.disable_persistence("t")).unwrap();
        block_on(bed.db.load_to_memory("t")).unwrap();
        assert!(bed.db.list_persistent_tables().is_empty());
        block_on(bed.db.flush()).unwrap();
        require_filled(&mut c, "t");
    });
}

#[test]
fn names_with_a_schema() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.ok("CREATE DATABASE Two");
        c.all(&[
            "CREATE TABLE t (a INT)",
            "CREATE TABLE two.t (a INT)",
            "INSERT INTO two.t VALUES (2)",
        ]);
        enable(bed, "TWO.T", (false, true));
        assert_eq!(bed.db.list_persistent_tables(), ["Two.t"]);
        assert_eq!(
            bed.db.get_persistence_config("two.t"),
            Some(config((false, true)))
        );
        assert_eq!(
            bed.db.get_persistence_config("main.t"),
            Some(PersistenceConfig::default())
        );
        enable(bed, "main.t", (false, false));
        enable(bed, "two.later", (true, false));
        assert_eq!(bed.db.list_persistent_tables(), ["Two.t", "t"]);
        bed.reopen();
        assert_eq!(bed.db.list_persistent_tables(), ["Two.t", "t"]);
        let mut c = bed.client();
        assert_eq!(c.q("SELECT a FROM two.t"), "2");
        let unknown = block_on(
            bed.db
                .enable_persistence("three.t", PersistenceOptions::default()),
        );
        assert!(matches!(unknown, Err(Error::Unknown { kind: "schema", .. })));
        // A schema takes everything along, what was remembered for it too.
        c.ok("DROP DATABASE two");
        assert_eq!(bed.db.get_persistence_config("two.later"), None);
        c.all(&["CREATE DATABASE two", "CREATE TABLE two.later (a INT)"]);
        assert_eq!(bed.db.list_persistent_tables(), ["t"]);
        bed.reopen();
        assert_eq!(bed.db.get_persistence_config("two.later"), None);
    });
}

#[test]
fn a_stored_child_outlives_its_parent_in_memory() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE parent (id INT PRIMARY KEY, code VARCHAR(10) UNIQUE)",
            "CREATE TABLE child (id INT PRIMARY KEY, pid INT,
             CONSTRAINT fk FOREIGN KEY (pid) REFERENCES parent (id)) ENGINE = persistent",
            "INSERT INTO parent VALUES (1, 'a'), (2, 'b')",
            "INSERT INTO child VALUES (10, 1), (20, 2)",
        ]);
        assert_eq!(c.code("DELETE FROM parent WHERE id = 1"), "23503");
        for _ in 0..2 {
            bed.reopen();
            let mut c = bed.client();
            // Rows are as they were, the key is still declared, and no new child finds a parent.
            assert_eq!(c.q("SELECT * FROM child ORDER BY id"), "10 1, 20 2");
            assert!(
                c.q("SHOW CREATE TABLE child")
                    .contains("REFERENCES `parent` (`id`)")
            );
            assert_eq!(c.code("INSERT INTO child VALUES (30, 1)"), "23503");
            c.ok("INSERT INTO child VALUES (40, NULL)");
            c.ok("DELETE FROM child WHERE id = 40");
            c.ok("UPDATE child SET pid = 2 WHERE id = 20");
        }
        let mut c = bed.client();
        // A table of that name without the key does not connect.
        c.all(&["CREATE TABLE parent (id INT)", "INSERT INTO parent VALUES (1)"]);
        assert_eq!(c.code("INSERT INTO child VALUES (30, 1)"), "23503");
        c.ok("DROP TABLE parent");
        c.all(&[
            "CREATE TABLE parent (name VARCHAR(10), id INT PRIMARY KEY)",
            "INSERT INTO parent VALUES ('new', 1)",
            "INSERT INTO child VALUES (30, 1)",
        ]);
        assert_eq!(c.code("INSERT INTO child VALUES (50, 3)"), "23503");
        assert_eq!(c.code("DELETE FROM parent WHERE id = 1"), "23503");
        assert!(c.err("DROP TABLE parent").to_string().contains("fk"));
        c.ok("ALTER TABLE parent RENAME TO elder");
        assert!(
            c.q("SHOW CREATE TABLE child")
                .contains("REFERENCES `elder` (`id`)")
        );
        // The new name is what the child remembers after the next restart; the old one is anybody's.
        bed.crash();
        let mut c = bed.client();
        assert!(
            c.q("SHOW CREATE TABLE child")
                .contains("REFERENCES `elder` (`id`)")
        );
        c.all(&[
            "CREATE TABLE parent (id INT PRIMARY KEY)",
            "INSERT INTO parent VALUES (1)",
            "DROP TABLE parent",
            "BEGIN",
            "CREATE TABLE elder (id INT PRIMARY KEY)",
            "ROLLBACK",
        ]);
        assert_eq!(c.code("INSERT INTO child VALUES (60, 1)"), "23503");
        // The child may go while its parent is gone, and then the parent may come.
        c.all(&[
            "DROP TABLE child",
            "CREATE TABLE elder (id INT PRIMARY KEY)",
            "DROP TABLE elder",
        ]);
    });
}

#[test]
fn a_foreign_key_between_placements() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        for (i, (parent, child)) in [
            ("memory", "dual"),
            ("persistent", "memory"),
            ("dual", "persistent"),
        ]
        .into_iter()
        .enumerate()
        {
            c.ok(&format!(
                "CREATE TABLE p{i} (id INT PRIMARY KEY) ENGINE = {parent}"
            ));
            c.ok(&format!(
                "CREATE TABLE c{i} (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p{i} (id)
                 ON DELETE CASCADE ON UPDATE CASCADE) ENGINE = {child}"
            ));
            c.ok(&format!(
                "INSERT INTO p{i} VALUES (1), (2), (3), (4), (5), (6), (7)"
            ));
            c.ok(&format!("INSERT INTO c{i} SELECT id * 10, id FROM p{i}"));
            // The tables trade places; the key holds throughout.
            c.ok(&format!("ALTER TABLE p{i} ENGINE = {child}"));
            assert_eq!(c.code(&format!("INSERT INTO c{i} VALUES (1, 99)")), "23503");
            c.ok(&format!("ALTER TABLE c{i} ENGINE = {parent}"));
            assert_eq!(c.code(&format!("INSERT INTO c{i} VALUES (1, 99)")), "23503");
            c.ok(&format!("DELETE FROM p{i} WHERE id > 2"));
            c.ok(&format!("UPDATE p{i} SET id = 8 WHERE id = 2"));
            assert_eq!(c.q(&format!("SELECT * FROM c{i} ORDER BY id")), "10 1, 20 8");
        }
    });
}
