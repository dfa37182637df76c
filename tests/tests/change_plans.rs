//! EXPLAIN of statements that change rows: what is changed, then how the rows are found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::placements::TestPlacement;
use amphi_tests::sql_client::SqlClient;

#[test]
fn a_statement_names_every_table_it_changes() {
    let database = TestPlacement::Memory.open(None).unwrap();
    let mut client = SqlClient::new(&database, TestPlacement::Memory);
    for sql in [
        "CREATE TABLE a (id INT PRIMARY KEY, x INT)",
        "CREATE TABLE b (id INT PRIMARY KEY, y INT)",
    ] {
        client.run(sql).unwrap();
    }
    client
        .run("CREATE TRIGGER seen AFTER DELETE ON b FOR EACH ROW DELETE FROM a WHERE id = OLD.id")
        .unwrap();
    let mut first = |sql: &str, lines: usize| -> Vec<String> {
        let rows = client.rows(&format!("EXPLAIN {sql}")).unwrap();
        assert!(rows.len() >= lines, "{sql}");
        rows.iter().take(lines).map(|r| r[0].to_string()).collect()
    };
    assert_eq!(
        first("UPDATE a JOIN b ON a.id = b.id SET a.x = b.y, b.y = 0", 2),
        ["Update a (memory): set x", "Update b (memory): set y"]
    );
    let plan = first("DELETE FROM b WHERE id = 1", 2);
    assert_eq!(plan[0], "Delete from b (memory)");
    assert_eq!(
        first("DELETE FROM b WHERE id = 1", 3)[2],
        "Trigger seen: after delete on b (memory)"
    );
    assert_eq!(
        first("UPDATE a SET x = y FROM b WHERE a.id = b.id", 1),
        ["Update a (memory): set x"]
    );
    assert_eq!(
        first("DELETE a, b FROM a LEFT JOIN b ON a.id = b.id", 2),
        ["Delete from a (memory)", "Delete from b (memory)"]
    );
    assert_eq!(
        first(
            "MERGE INTO a USING b ON a.id = b.id WHEN NOT MATCHED THEN INSERT VALUES (b.id, 1)
             WHEN MATCHED AND y > 1 THEN UPDATE SET x = y WHEN MATCHED THEN DELETE",
            3
        ),
        [
            "Delete from a (memory)",
            "Update a (memory): set x",
            "Insert into a (memory)"
        ]
    );
}
