//! Money that goes from one table to another while somebody takes copies: a copy that is a snapshot has all of it.

use crate::block_on::block_on;
use crate::test_bed::{Layout, TestBed};
use amphi_core::database::Database;
use std::sync::atomic::{AtomicBool, Ordering};

const ACCOUNTS: i64 = 60;

/// A query over a copy whose answer is [`total`].
pub const TOTAL: &str = "SELECT (SELECT SUM(money) FROM a) + (SELECT SUM(money) FROM b)";

/// The money that there is.
pub fn total() -> String {
    (2 * 100 * ACCOUNTS).to_string()
}

/// Takes copies on a thread of its own, at least one, while money goes from table `a`, which is persistent, to `b`, which is
/// in `placement`; over each store.
pub fn copy_meanwhile(placement: &str, copy: impl Fn(&Database) + Sync) {
    for layout in [Layout::Plain, Layout::PlainPending] {
        let bed = TestBed::new(layout);
        let mut client = bed.relaxed_client();
        for (table, engine) in [("a", "persistent"), ("b", placement)] {
            client.ok(&format!(
                "CREATE TABLE {table} (id INT PRIMARY KEY, money INT, INDEX (money)) ENGINE = {engine}"
            ));
            let rows: Vec<String> = (0..ACCOUNTS).map(|i| format!("({i}, 100)")).collect();
            client.ok(&format!("INSERT INTO {table} VALUES {}", rows.join(", ")));
        }
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let copies = scope.spawn(|| {
                let mut copies = 0;
                while !over.load(Ordering::Relaxed) {
                    copy(&bed.db);
                    copies += 1;
                }
                copies
            });
            for round in 0..150_i64 {
                let (from, to) = (round * 7 % ACCOUNTS, round * 11 % ACCOUNTS);
                client.all(&[
                    "BEGIN",
                    &format!("UPDATE a SET money = money - {round} WHERE id = {from}"),
                    &format!("UPDATE b SET money = money + {round} WHERE id = {to}"),
                    "COMMIT",
                ]);
                if round % 10 == 0 {
                    block_on(bed.db.flush()).unwrap();
                }
            }
            over.store(true, Ordering::Relaxed);
            assert!(copies.join().unwrap() > 0);
        });
    }
}
