//! scratch
#![allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
use amphi::Database;
use std::hint::black_box;
use std::time::Instant;

const N: i64 = 100_000;
struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}
fn text(r: &mut Rng) -> String {
    let n = 20 + r.below(81) as usize;
    (0..n).map(|_| (b'a' + r.below(26) as u8) as char).collect()
}
fn rows() -> Vec<(i64, i64, f64, String)> {
    let mut r = Rng(88172645463325252);
    (1..=N)
        .map(|i| {
            (
                i,
                r.below(10_000) as i64,
                r.below(1_000_000) as f64 / 7.0,
                text(&mut r),
            )
        })
        .collect()
}
fn sqlite(conn: &rusqlite::Connection, data: &[(i64, i64, f64, String)]) {
    conn.execute_batch(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b DOUBLE, c TEXT); CREATE INDEX ia ON t (a);",
    )
    .unwrap();
    conn.execute_batch("BEGIN").unwrap();
    {
        let mut s = conn.prepare("INSERT INTO t VALUES (?,?,?,?)").unwrap();
        for (i, a, b, c) in data {
            s.execute(rusqlite::params![i, a, b, c]).unwrap();
        }
    }
    conn.execute_batch("COMMIT").unwrap();
}
fn amphi_fill(db: &Database, data: &[(i64, i64, f64, String)], opts: &str) {
    db.execute(
        &format!("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b DOUBLE, c TEXT) {opts}"),
        (),
    )
    .unwrap();
    db.execute("CREATE INDEX ia ON t (a)", ()).unwrap();
    db.transaction(|tx| {
        let s = tx.prepare("INSERT INTO t VALUES (?,?,?,?)")?;
        for (i, a, b, c) in data {
            s.execute((*i, *a, *b, c.as_str()))?;
        }
        Ok(())
    })
    .unwrap();
}
fn run(name: &str, only: &str, iters: usize, mut ours: impl FnMut(usize), mut theirs: impl FnMut(usize)) {
    if !only.is_empty() && !name.contains(only) {
        return;
    }
    let rounds = 9;
    let (mut a, mut b) = (vec![], vec![]);
    for _ in 0..rounds {
        let t = Instant::now();
        for i in 0..iters {
            ours(i);
        }
        a.push(t.elapsed().as_nanos() as f64 / iters as f64);
        let t = Instant::now();
        for i in 0..iters {
            theirs(i);
        }
        b.push(t.elapsed().as_nanos() as f64 / iters as f64);
    }
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    println!(
        "{name:42} amphi {:9.0} (min {:9.0})  sqlite {:9.0} (min {:9.0})  ratio {:.2} (min {:.2})",
        a[rounds / 2],
        a[0],
        b[rounds / 2],
        b[0],
        b[rounds / 2] / a[rounds / 2],
        b[0] / a[0]
    );
}
fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    let scale: usize = std::env::args().nth(2).and_then(|s| s.parse().ok()).unwrap_or(1);
    let data = rows();
    let conn = rusqlite::Connection::open_in_memory().unwrap();
    sqlite(&conn, &data);
    let db = Database::memory().unwrap();
    amphi_fill(&db, &data, "");
    let s = db.prepare("SELECT id, a, b, c FROM t WHERE id = ?").unwrap();
    let mut q = conn.prepare("SELECT id, a, b, c FROM t WHERE id = ?").unwrap();
    let (mut r1, mut r2) = (Rng(1), Rng(1));
    run(
        "point prepared",
        &only,
        20_000 / scale,
        |_| {
            let id = 1 + r1.below(N as u64) as i64;
            let row = s.query_row((id,)).unwrap();
            let v: (i64, i64, f64, String) = (
                row.get(0).unwrap(),
                row.get(1).unwrap(),
                row.get(2).unwrap(),
                row.get(3).unwrap(),
            );
            assert!(v.0 == id);
            black_box(v);
        },
        |_| {
            let id = 1 + r2.below(N as u64) as i64;
            let v: (i64, i64, f64, String) = q
                .query_row([id], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .unwrap();
            assert!(v.0 == id);
            black_box(v);
        },
    );
    run(
        "point text session",
        &only,
        10_000 / scale,
        {
            let se = db.session();
            let mut r1 = Rng(1);
            move |_| {
                let id = 1 + r1.below(N as u64) as i64;
                let row = se
                    .query_row(&format!("SELECT id, a, b, c FROM t WHERE id = {id}"), ())
                    .unwrap();
                let v: (i64, i64, f64, String) = (
                    row.get(0).unwrap(),
                    row.get(1).unwrap(),
                    row.get(2).unwrap(),
                    row.get(3).unwrap(),
                );
                assert!(v.0 == id);
                black_box(v);
            }
        },
        |_| {
            let id = 1 + r2.below(N as u64) as i64;
            let v: (i64, i64, f64, String) = conn
                .query_row(&format!("SELECT id, a, b, c FROM t WHERE id = {id}"), [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .unwrap();
            assert!(v.0 == id);
            black_box(v);
        },
    );
    run(
        "point text db",
        &only,
        10_000 / scale,
        |_| {
            let id = 1 + r1.below(N as u64) as i64;
            let row = db
                .query_row(&format!("SELECT id, a, b, c FROM t WHERE id = {id}"), ())
                .unwrap();
            let v: (i64, i64, f64, String) = (
                row.get(0).unwrap(),
                row.get(1).unwrap(),
                row.get(2).unwrap(),
                row.get(3).unwrap(),
            );
            assert!(v.0 == id);
            black_box(v);
        },
        |_| {
            let id = 1 + r2.below(N as u64) as i64;
            let v: (i64, i64, f64, String) = conn
                .query_row(&format!("SELECT id, a, b, c FROM t WHERE id = {id}"), [], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .unwrap();
            assert!(v.0 == id);
            black_box(v);
        },
    );
    let si = db.prepare("SELECT id, a, b, c FROM t WHERE a = ?").unwrap();
    let mut qi = conn.prepare("SELECT id, a, b, c FROM t WHERE a = ?").unwrap();
    run(
        "index lookup of 10",
        &only,
        5_000 / scale,
        |_| {
            let a = r1.below(10_000) as i64;
            let mut n = 0;
            for row in si.query((a,)).unwrap() {
                let row = row.unwrap();
                let v: (i64, i64, f64, String) = (
                    row.get(0).unwrap(),
                    row.get(1).unwrap(),
                    row.get(2).unwrap(),
                    row.get(3).unwrap(),
                );
                n += v.0;
                black_box(v);
            }
            black_box(n);
        },
        |_| {
            let a = r2.below(10_000) as i64;
            let mut n = 0;
            let mut rows = qi.query([a]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let v: (i64, i64, f64, String) = (
                    row.get(0).unwrap(),
                    row.get(1).unwrap(),
                    row.get(2).unwrap(),
                    row.get(3).unwrap(),
                );
                n += v.0;
                black_box(v);
            }
            black_box(n);
        },
    );
    let sr = db
        .prepare("SELECT id, a, b, c FROM t WHERE id BETWEEN ? AND ?")
        .unwrap();
    let mut qr = conn
        .prepare("SELECT id, a, b, c FROM t WHERE id BETWEEN ? AND ?")
        .unwrap();
    run(
        "range of 100",
        &only,
        2_000 / scale,
        |_| {
            let a = 1 + r1.below(N as u64 - 100) as i64;
            let mut n = 0;
            for row in sr.query((a, a + 99)).unwrap() {
                let row = row.unwrap();
                let v: (i64, i64, f64, String) = (
                    row.get(0).unwrap(),
                    row.get(1).unwrap(),
                    row.get(2).unwrap(),
                    row.get(3).unwrap(),
                );
                n += v.0;
                black_box(v);
            }
            black_box(n);
        },
        |_| {
            let a = 1 + r2.below(N as u64 - 100) as i64;
            let mut n = 0;
            let mut rows = qr.query([a, a + 99]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let v: (i64, i64, f64, String) = (
                    row.get(0).unwrap(),
                    row.get(1).unwrap(),
                    row.get(2).unwrap(),
                    row.get(3).unwrap(),
                );
                n += v.0;
                black_box(v);
            }
            black_box(n);
        },
    );
    for per in [1usize, 100, 1000] {
        let texts: Vec<String> = data
            .chunks(per)
            .take(20_000 / per.max(10))
            .map(|ch| {
                let mut s = String::from("INSERT INTO u VALUES ");
                for (i, (id, a, b, c)) in ch.iter().enumerate() {
                    use std::fmt::Write;
                    if i > 0 {
                        s.push(',');
                    }
                    write!(s, "({id}, {a}, {b:?}, '{c}')").unwrap();
                }
                s
            })
            .collect();
        let n = texts.len();
        run(
            &format!("insert text {per} rows/stmt (ns per stmt)"),
            &only,
            n,
            |i| {
                if i == 0 {
                    db.execute("DROP TABLE IF EXISTS u", ()).unwrap();
                    db.execute(
                        "CREATE TABLE u (id INTEGER PRIMARY KEY, a INTEGER, b DOUBLE, c TEXT)",
                        (),
                    )
                    .unwrap();
                }
                db.execute(&texts[i], ()).unwrap();
            },
            |i| {
                if i == 0 {
                    conn.execute_batch("DROP TABLE IF EXISTS u; CREATE TABLE u (id INTEGER PRIMARY KEY, a INTEGER, b DOUBLE, c TEXT)").unwrap();
                }
                conn.execute(&texts[i], []).unwrap();
            },
        );
    }
    // persistent
    if only.is_empty() || "persistent".contains(&only) || only.contains("pers") {
        let dir = tempfile::tempdir().unwrap();
        let fconn = rusqlite::Connection::open(dir.path().join("s.db")).unwrap();
        fconn
            .execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
            .unwrap();
        sqlite(&fconn, &data);
        {
            let pdb = Database::open(dir.path().join("a")).unwrap();
            amphi_fill(&pdb, &data, "ENGINE = persistent");
            pdb.close().unwrap();
        }
        let pdb = Database::open(dir.path().join("a")).unwrap();
        let ps = pdb.prepare("SELECT id, a, b, c FROM t WHERE id = ?").unwrap();
        let mut fq = fconn.prepare("SELECT id, a, b, c FROM t WHERE id = ?").unwrap();
        for id in 1..=N {
            ps.query_row((id,)).unwrap();
            let _: i64 = fq.query_row([id], |r| r.get(0)).unwrap();
        }
        run(
            "pers point cached",
            &only,
            20_000 / scale,
            |_| {
                let id = 1 + r1.below(N as u64) as i64;
                let row = ps.query_row((id,)).unwrap();
                let v: (i64, i64, f64, String) = (
                    row.get(0).unwrap(),
                    row.get(1).unwrap(),
                    row.get(2).unwrap(),
                    row.get(3).unwrap(),
                );
                assert!(v.0 == id);
                black_box(v);
            },
            |_| {
                let id = 1 + r2.below(N as u64) as i64;
                let v: (i64, i64, f64, String) = fq
                    .query_row([id], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                    })
                    .unwrap();
                assert!(v.0 == id);
                black_box(v);
            },
        );
        drop(ps);
        drop(pdb);
        // one block read: cache of nothing
        let cfg = amphi::Config {
            data_dir: dir.path().join("a").to_str().unwrap().to_owned(),
            cache: amphi::CacheConfig {
                enabled: false,
                ..Default::default()
            },
            ..Default::default()
        };
        let pdb = Database::from_config(cfg).unwrap();
        let ps = pdb.prepare("SELECT id, a, b, c FROM t WHERE id = ?").unwrap();
        drop(fq);
        drop(fconn);
        let fconn = rusqlite::Connection::open(dir.path().join("s.db")).unwrap();
        fconn
            .execute_batch("PRAGMA cache_size=5; PRAGMA mmap_size=0")
            .unwrap();
        let mut fq = fconn.prepare("SELECT id, a, b, c FROM t WHERE id = ?").unwrap();
        run(
            "pers point one block read",
            &only,
            5_000 / scale,
            |_| {
                let id = 1 + r1.below(N as u64) as i64;
                let row = ps.query_row((id,)).unwrap();
                let v: (i64, i64, f64, String) = (
                    row.get(0).unwrap(),
                    row.get(1).unwrap(),
                    row.get(2).unwrap(),
                    row.get(3).unwrap(),
                );
                assert!(v.0 == id);
                black_box(v);
            },
            |_| {
                let id = 1 + r2.below(N as u64) as i64;
                let v: (i64, i64, f64, String) = fq
                    .query_row([id], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                    })
                    .unwrap();
                assert!(v.0 == id);
                black_box(v);
            },
        );
        println!("{:?}", pdb.stats());
    }
}
