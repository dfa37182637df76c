//! information_schema in transactions, over restarts, and with more views than one. What its tables say is in
//! `slt/information_schema`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::test_bed::{Layout, in_layouts};

const NAMES: &str =
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY table_name";
const COLUMNS: &str = "SELECT table_name, column_name FROM information_schema.columns \
                       WHERE table_schema = 'main' ORDER BY table_name, ordinal_position";

#[test]
fn it_shows_what_the_transaction_sees() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&["CREATE TABLE t (a INT)", "BEGIN", "CREATE TABLE u (b INT)"]);
        one.all(&[
            "ALTER TABLE t ADD COLUMN c INT",
            "CREATE VIEW v AS SELECT c, b FROM t, u",
        ]);
        assert_eq!(one.q(NAMES), "t, u, v");
        assert_eq!(one.q(COLUMNS), "t a, t c, u b, v c, v b");
        assert_eq!(two.q(NAMES), "t");
        assert_eq!(two.q(COLUMNS), "t a");
        one.ok("ROLLBACK");
        assert_eq!(one.q(NAMES), "t");
        assert_eq!(one.q(COLUMNS), "t a");
        two.all(&["BEGIN", "SELECT * FROM t"]);
        one.ok("CREATE TABLE later (a INT)");
        assert_eq!(two.q(NAMES), "t");
        two.ok("COMMIT");
        assert_eq!(two.q(NAMES), "later, t");
    });
}

#[test]
fn it_says_where_tables_live() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE m (a INT)",
            "CREATE TABLE p (a INT) WITH (persistent = true, sync_on_write = true)",
            "CREATE TABLE d (a INT) ENGINE = dual",
        ]);
        let sql = "SELECT table_name, engine, persistent, sync_on_write, cache_in_memory \
                   FROM information_schema.tables WHERE table_schema = 'main' ORDER BY table_name";
        assert_eq!(
            c.q(sql),
            "d dual YES NO YES, m memory NO NO NO, p persistent YES YES NO"
        );
        bed.reopen();
        assert_eq!(bed.client().q(sql), "d dual YES NO YES, p persistent YES YES NO");
    });
}

#[test]
fn columns_of_many_views_are_found_in_any_order() {
    in_layouts(&[Layout::Memory], |bed| {
        let mut c = bed.client();
        c.ok("CREATE TABLE t (a INT)");
        // Each reads the next one by name; half of them cannot be used in the end.
        c.ok("CREATE VIEW v50 AS SELECT a FROM t");
        c.ok("CREATE VIEW v25 AS SELECT a FROM t");
        for n in (26..50).rev().chain((0..25).rev()) {
            c.ok(&format!("CREATE VIEW v{n} AS SELECT a FROM v{}", n + 1));
        }
        c.ok("CREATE VIEW all_columns AS SELECT table_name FROM information_schema.columns");
        let count = "SELECT COUNT(*) FROM information_schema.columns WHERE table_name LIKE 'v%' AND table_schema = 'main'";
        assert_eq!(c.q(count), "51");
        c.ok("DROP VIEW v50");
        assert_eq!(c.q(count), "26");
        assert_eq!(
            c.q("SELECT COUNT(*) FROM all_columns WHERE table_name LIKE 'v__'"),
            "16"
        );
    });
}
