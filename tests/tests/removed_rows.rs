//! A leaf that loses rows while an older version is read keeps that version's columns and the positions of the
//! rows that are gone. Nobody may notice: not readers of either version, not what is changed next, not the store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::session::{Outcome, Params};
use amphi_core::tree::BlockSizing;
use amphi_tests::block_on::block_on;
use amphi_tests::random::Random;
use amphi_tests::seeds::for_seeds;
use amphi_tests::test_bed::{Client, Layout, TestBed};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Rows by key: a number and a text, either of which may be NULL.
type Model = BTreeMap<i64, (Option<i64>, Option<String>)>;

/// A database whose blocks hold more rows than a statement removes.
fn bed(layout: Layout, rows: usize) -> TestBed {
    let mut config = layout.config();
    config.sizing = BlockSizing {
        max_rows: rows,
        max_bytes: 4 << 10,
        fanout: 4,
    };
    TestBed::with_config(layout, config)
}

fn shown(rows: &Model) -> String {
    let row = |(id, (n, s)): (&i64, &(Option<i64>, Option<String>))| {
        let n = n.map_or("NULL".to_string(), |n| n.to_string());
        format!("{id} {n} {}", s.as_deref().unwrap_or("NULL"))
    };
    rows.iter().map(row).collect::<Vec<_>>().join(", ")
}

fn literals((n, s): &(Option<i64>, Option<String>)) -> (String, String) {
    let n = n.map_or("NULL".to_string(), |n| n.to_string());
    let s = s.as_ref().map_or("NULL".to_string(), |s| format!("'{s}'"));
    (n, s)
}

fn any_row(random: &mut Random) -> (Option<i64>, Option<String>) {
    let n = (!random.chance(10)).then(|| random.below(9) as i64);
    let s = (!random.chance(10)).then(|| "abc".repeat(1 + random.below(12) as usize));
    (n, s)
}

fn insert(c: &mut Client, model: &mut Model, id: i64, row: (Option<i64>, Option<String>)) {
    let (n, s) = literals(&row);
    let inserted = c.run(&format!("INSERT INTO t VALUES ({id}, {n}, {s})"));
    assert_eq!(inserted.is_err(), model.contains_key(&id), "{inserted:?}");
    model.entry(id).or_insert(row);
}

fn delete(c: &mut Client, model: &mut Model, ids: RangeInclusive<i64>) {
    let condition = match ids.start() == ids.end() {
        true => format!("id = {}", ids.start()),
        false => format!("id BETWEEN {} AND {}", ids.start(), ids.end()),
    };
    let deleted = c.affected(&format!("DELETE FROM t WHERE {condition}"));
    let before = model.len();
    model.retain(|id, _| !ids.contains(id));
    assert_eq!(deleted as usize, before - model.len());
}

/// Everything that a table says of its rows, by scan, key, range and index.
fn compare(c: &mut Client, model: &Model, random: &mut Random) {
    let id = random.below(130) as i64;
    let found = |rows: &dyn Fn(i64, &(Option<i64>, Option<String>)) -> bool| {
        let some = model.iter().filter(|(id, row)| rows(**id, row));
        shown(&some.map(|(id, row)| (*id, row.clone())).collect())
    };
    match random.below(4) {
        0 => assert_eq!(c.q("SELECT id, n, s FROM t ORDER BY id"), shown(model)),
        1 => assert_eq!(
            c.q(&format!("SELECT id, n, s FROM t WHERE id = {id}")),
            found(&|i, _| i == id)
        ),
        2 => assert_eq!(
            c.q(&format!(
                "SELECT id, n, s FROM t WHERE id BETWEEN {id} AND {} ORDER BY id",
                id + 20
            )),
            found(&|i, _| (id..=id + 20).contains(&i))
        ),
        _ => assert_eq!(
            c.q("SELECT id, n, s FROM t WHERE n = 3 ORDER BY id"),
            found(&|_, (n, _)| *n == Some(3))
        ),
    }
}

#[test]
fn rows_that_go_in_transactions_are_gone_for_those_alone_who_see_it() {
    // About 5 s of processor time in all.
    for_seeds(8, |seed| {
        for layout in Layout::ALL {
            let mut random = Random::new(seed);
            let mut bed = bed(layout, 16 + random.below(3) as usize * 24);
            let mut c = bed.relaxed_client();
            c.ok("CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(100))");
            if random.chance(50) {
                c.ok("CREATE INDEX by_n ON t (n)");
            }
            let mut committed = Model::new();
            for id in 0..120 {
                insert(&mut c, &mut committed, id, any_row(&mut random));
            }
            let mut old: Option<(Client, Model)> = None;
            for _ in 0..12 {
                if random.chance(50) {
                    let mut reader = bed.relaxed_client();
                    reader.ok("BEGIN");
                    reader.q("SELECT COUNT(*) FROM t");
                    if let Some((mut reader, model)) = old.replace((reader, committed.clone())) {
                        compare(&mut reader, &model, &mut random);
                    }
                }
                let mut model = committed.clone();
                let mut savepoint = None;
                let in_transaction = random.chance(80);
                if in_transaction {
                    c.ok("BEGIN");
                }
                for _ in 0..random.below(25) {
                    let id = random.below(130) as i64;
                    match random.below(20) {
                        0..10 => delete(&mut c, &mut model, id..=id),
                        10 => delete(&mut c, &mut model, id..=id + 10),
                        11 => insert(&mut c, &mut model, id, any_row(&mut random)),
                        12 => {
                            let row = any_row(&mut random);
                            let (n, s) = literals(&row);
                            let sql = format!("UPDATE t SET n = {n}, s = {s} WHERE id = {id}");
                            let changes = model.get(&id).is_some_and(|old| *old != row);
                            assert_eq!(c.affected(&sql) == 1, changes);
                            model.entry(id).and_modify(|old| *old = row);
                        }
                        13 => {
                            // The row takes the place of one that is gone, or of none.
                            let to = random.below(130) as i64;
                            let moved = c.run(&format!("UPDATE t SET id = {to} WHERE id = {id}"));
                            let collides = to != id && model.contains_key(&to) && model.contains_key(&id);
                            assert_eq!(moved.is_err(), collides, "{moved:?}");
                            if !collides && let Some(row) = model.remove(&id) {
                                model.insert(to, row);
                            }
                        }
                        14 => {
                            // Fails at its last row, so that the first is put back.
                            let sql = format!("INSERT INTO t VALUES ({}, 1, 'x'), ({id}, 1, 'x')", id + 500);
                            let inserted = c.run(&sql);
                            assert_eq!(inserted.is_err(), model.contains_key(&id));
                            if inserted.is_ok() {
                                let new = (Some(1), Some("x".to_string()));
                                model.extend([(id, new.clone()), (id + 500, new)]);
                            }
                        }
                        15 => {
                            // Takes rows out one after the other, until one has no room where it goes.
                            let taken = model.contains_key(&(id + 40));
                            let rows = model.range(id..=id + 5).count();
                            let sql = format!(
                                "UPDATE t SET id = {} WHERE id BETWEEN {id} AND {}",
                                id + 40,
                                id + 5
                            );
                            let moved = c.run(&sql);
                            assert_eq!(moved.is_err(), rows > 1 || (rows == 1 && taken), "{moved:?}");
                            if moved.is_ok()
                                && let Some(from) = model.range(id..=id + 5).map(|(id, _)| *id).next()
                            {
                                let row = model.remove(&from).unwrap();
                                model.insert(id + 40, row);
                            }
                        }
                        16 if in_transaction => {
                            c.ok("SAVEPOINT s");
                            savepoint = Some(model.clone());
                        }
                        17 if savepoint.is_some() => {
                            c.ok("ROLLBACK TO s");
                            model = savepoint.clone().unwrap();
                        }
                        _ => compare(&mut c, &model, &mut random),
                    }
                }
                match random.below(4) {
                    0 if in_transaction => {
                        c.ok("ROLLBACK");
                        model = committed.clone();
                    }
                    _ if in_transaction => c.ok("COMMIT"),
                    _ => {}
                }
                committed = model;
                if random.chance(30) {
                    block_on(bed.db.flush()).unwrap();
                }
                compare(&mut c, &committed, &mut random);
                if let Some((reader, model)) = &mut old {
                    compare(reader, model, &mut random);
                }
            }
            drop(old);
            bed.check();
            if layout != Layout::Memory && layout != Layout::Mixed && layout != Layout::MixedPending {
                bed.reopen();
                let mut c = bed.client();
                assert_eq!(c.q("SELECT id, n, s FROM t ORDER BY id"), shown(&committed));
                bed.check();
            }
        }
    });
}

#[test]
fn moving_a_table_takes_no_row_along_that_is_gone() {
    for layout in Layout::PLAIN {
        let mut bed = bed(layout, 32);
        let mut c = bed.client();
        c.ok("CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(100)) ENGINE = memory");
        let mut model = Model::new();
        for id in 0..100 {
            insert(&mut c, &mut model, id, (Some(id), Some("text".to_string())));
        }
        let moves = [
            "persistent = true, cache_in_memory = false",
            "persistent = true, cache_in_memory = true",
            "persistent = false",
            "persistent = true, cache_in_memory = false",
        ];
        for options in moves {
            c.ok("BEGIN");
            for _ in 0..7 {
                let id = *model.keys().nth(model.len() / 3).unwrap();
                delete(&mut c, &mut model, id..=id);
            }
            c.ok("COMMIT");
            c.ok(&format!("ALTER TABLE t SET ({options})"));
            assert_eq!(c.q("SELECT id, n, s FROM t ORDER BY id"), shown(&model));
        }
        bed.reopen();
        assert_eq!(
            bed.client().q("SELECT id, n, s FROM t ORDER BY id"),
            shown(&model)
        );
        bed.check();
    }
}

#[test]
fn an_open_result_has_the_rows_that_went_since() {
    for layout in Layout::ALL {
        let bed = bed(layout, 32);
        let mut c = bed.client();
        c.ok("CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(100))");
        let mut model = Model::new();
        for id in 0..200 {
            insert(&mut c, &mut model, id, (Some(id), Some(format!("text {id}"))));
        }
        let mut session = bed.db.session();
        let outcome = block_on(session.execute("SELECT id, s FROM t", &Params::None));
        let Ok(Outcome::Rows(mut rows)) = outcome else {
            panic!("a query gives rows");
        };
        c.ok("BEGIN");
        (0..200)
            .step_by(3)
            .for_each(|id| delete(&mut c, &mut model, id..=id));
        c.ok("COMMIT");
        let mut next = 0;
        while let Some(batch) = block_on(rows.next_batch()).unwrap() {
            let (ids, texts) = (batch.column(0), batch.column(1));
            for i in 0..batch.rows() {
                assert_eq!(ids.i64s()[i], next);
                assert_eq!(texts.bytes_at(i), format!("text {next}").as_bytes());
                next += 1;
            }
        }
        assert_eq!(next, 200);
        assert_eq!(c.q("SELECT id, n, s FROM t ORDER BY id"), shown(&model));
        bed.check();
    }
}
