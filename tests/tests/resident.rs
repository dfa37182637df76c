//! Reading without waiting: what a browser's synchronous query does.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::session::{Outcome, Params, RowStream, Session};
use amphi_tests::block_on::block_on;
use amphi_tests::placements::TestPlacement;

fn rows(session: &mut Session, sql: &str) -> RowStream {
    match block_on(session.execute(sql, &Params::None)).unwrap() {
        Outcome::Rows(rows) => rows,
        _ => panic!("{sql} has no rows"),
    }
}

/// Rows counted without waiting.
fn count(mut rows: RowStream) -> Result<usize, Error> {
    let mut n = 0;
    while let Some(batch) = rows.next_batch_resident()? {
        n += batch.rows();
    }
    Ok(n)
}

#[test]
fn tables_in_memory_answer_at_once_and_others_say_that_they_cannot() {
    for placement in TestPlacement::ALL {
        let database = placement.open(placement.store()).unwrap();
        let mut session = database.session();
        let mut run =
            |sql: &str| block_on(session.execute(&placement.statement(sql), &Params::None)).map(|_| ());
        run("CREATE TABLE t (a INT PRIMARY KEY, b TEXT)").unwrap();
        for i in 0..40 {
            run(&format!("INSERT INTO t VALUES ({i}, 'row {i}')")).unwrap();
        }
        block_on(database.flush()).unwrap();
        let counted = count(rows(&mut session, "SELECT * FROM t WHERE b LIKE 'row%'"));
        match placement {
            TestPlacement::Memory | TestPlacement::Dual => assert_eq!(counted, Ok(40)),
            TestPlacement::Persistent | TestPlacement::Pending => {
                assert_eq!(counted, Err(Error::NotResident { table: "t".into() }));
                // The same rows are there for who waits.
                let mut waiting = rows(&mut session, "SELECT * FROM t");
                let mut n = 0;
                while let Some(batch) = block_on(waiting.next_batch()).unwrap() {
                    n += batch.rows();
                }
                assert_eq!(n, 40);
            }
        }
    }
}
