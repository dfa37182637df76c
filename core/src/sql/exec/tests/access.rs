//! Reaching rows: ranges, lists and indexes, forwards and backwards.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::sql::exec::testing::*;
use crate::sql::functions::Aggregate;
use crate::sql::plan::{Access, CompareOp, Expr, Plan, ScanBounds};
use alloc::{boxed::Box, vec, vec::Vec};
use core::ops::Bound;

#[test]
fn row_id_ranges_read_both_ways_and_only_within_bounds() {
    for mut t in Tables::both() {
        table(&mut t);
        let range = |from, to, reverse| {
            let access = Access::RowIds {
                bounds: ScanBounds { from, to },
                reverse,
            };
            ids(&t.run(&with_access(t.scan("t", &[0]), access)))
        };
        assert_eq!(
            range(Bound::Excluded(int(6)), Bound::Included(int(10)), false),
            [7, 8, 9, 10]
        );
        assert_eq!(
            range(Bound::Included(int(6)), Bound::Excluded(int(10)), true),
            [9, 8, 7, 6]
        );
        assert_eq!(
            range(Bound::Unbounded, Bound::Unbounded, true),
            (1..=40).rev().collect::<Vec<_>>()
        );
        assert_eq!(range(Bound::Included(int(9)), Bound::Included(int(8)), false), []);
        assert_eq!(range(Bound::Excluded(int(i64::MAX)), Bound::Unbounded, false), []);
        assert_eq!(range(Bound::Included(null()), Bound::Unbounded, false), []);
    }
}

#[test]
fn a_list_of_row_ids_gives_each_row_once() {
    for mut t in Tables::both() {
        table(&mut t);
        let list = vec![int(30), int(3), null(), int(99), int(3), int(17)];
        let plan = with_access(t.scan("t", &[0, 2]), Access::RowIdList(list));
        assert_eq!(ids(&t.run(&plan)), [3, 17, 30]);
    }
}

#[test]
fn index_ranges_follow_key_order_and_leave_nulls_to_unbounded_ones() {
    for mut t in Tables::both() {
        table(&mut t);
        let run = |index, equal: Vec<Expr>, bounds, reverse| {
            let access = Access::Index {
                index,
                equal,
                bounds,
                reverse,
                instead: None,
            };
            t.run(&with_access(t.scan("t", &[0, 1]), access))
        };
        let upto = |i| ScanBounds {
            from: Bound::Unbounded,
            to: Bound::Excluded(int(i)),
        };
        // grp < 2: groups 0 and 1 in order, by row id within, NULLs out.
        assert_eq!(
            ids(&run(0, vec![], upto(2), false)),
            [5, 10, 15, 20, 25, 30, 40, 1, 6, 11, 16, 26, 31, 36]
        );
        assert_eq!(
            ids(&run(0, vec![int(3)], unbounded(), true)),
            [38, 33, 23, 18, 13, 8, 3]
        );
        assert_eq!(ids(&run(0, vec![null()], unbounded(), false)), []);
        let all = run(0, vec![], unbounded(), false);
        assert_eq!(ids(&all)[..5], [7, 14, 21, 28, 35]);
        assert_eq!(all.len(), 40);
        // (grp DESC, id): NULLs last; the bound is one of values, not of keys.
        assert_eq!(ids(&run(1, vec![], upto(1), false)), [5, 10, 15, 20, 25, 30, 40]);
        assert_eq!(
            ids(&run(1, vec![], unbounded(), false))[35..],
            [7, 14, 21, 28, 35]
        );
        let access = Access::IndexList {
            index: 0,
            equal: vec![],
            list: vec![int(4), null(), int(0), int(4)],
        };
        let rows = t.run(&with_access(t.scan("t", &[0]), access));
        assert_eq!(ids(&rows)[..8], [5, 10, 15, 20, 25, 30, 40, 4]);
        assert_eq!(rows.len(), 14);
    }
}

#[test]
fn a_large_range_is_scanned_instead_where_the_order_does_not_matter() {
    for mut t in Tables::both() {
        table(&mut t);
        let run = |from: i64, instead| {
            let access = Access::Index {
                index: 2,
                equal: vec![],
                bounds: ScanBounds {
                    from: Bound::Included(text(&alloc::format!("n{from:02}"))),
                    to: Bound::Unbounded,
                },
                reverse: true,
                instead,
            };
            let mut plan = with_access(t.scan("t", &[0, 2, 1]), access);
            if let Plan::Scan { filter, .. } = &mut plan {
                *filter = Some(compare(CompareOp::LtEq, col(0), int(33)));
            }
            ids(&t.run(&plan))
        };
        let condition = compare(CompareOp::GtEq, col_of(1, TEXT), text("n31"));
        assert_eq!(run(31, None), [33, 32, 31]);
        assert_eq!(run(31, Some(condition)), [31, 32, 33]);
    }
}

#[test]
fn an_index_that_tells_all_columns_is_scanned_up_to_half_of_a_table_in_memory_and_always_of_one_in_a_store() {
    for (mut t, in_memory) in Tables::both().into_iter().zip([true, false]) {
        table(&mut t);
        let run = |from: i64| {
            let access = Access::Index {
                index: 2,
                equal: vec![],
                bounds: ScanBounds {
                    from: Bound::Included(text(&alloc::format!("n{from:02}"))),
                    to: Bound::Unbounded,
                },
                reverse: true,
                instead: Some(compare(
                    CompareOp::GtEq,
                    col_of(1, TEXT),
                    text(&alloc::format!("n{from:02}")),
                )),
            };
            ids(&t.run(&with_access(t.scan("t", &[0, 2]), access)))
        };
        assert_eq!(run(36), [40, 39, 38, 37, 36]);
        let most: Vec<i64> = (5..=40).collect();
        let backwards: Vec<i64> = most.iter().rev().copied().collect();
        assert_eq!(run(5), if in_memory { most } else { backwards });
    }
}

#[test]
fn rows_are_counted_without_their_columns() {
    for mut t in Tables::both() {
        table(&mut t);
        let count = |input: Plan| Plan::Aggregate {
            input: Box::new(input),
            keys: vec![],
            aggregates: vec![call(Aggregate::Count, None, BIGINT)],
        };
        assert_eq!(t.run(&count(t.scan("t", &[]))), ints(&[&[Some(40)]]));
        let access = Access::Index {
            index: 0,
            equal: vec![int(1)],
            bounds: unbounded(),
            reverse: false,
            instead: None,
        };
        assert_eq!(
            t.run(&count(with_access(t.scan("t", &[]), access))),
            ints(&[&[Some(7)]])
        );
    }
}

#[test]
fn a_limit_stops_reading() {
    let [_, mut t] = Tables::both();
    table(&mut t);
    let plan = limit(t.scan("t", &[0]), 2, 3);
    let mut run = crate::sql::exec::QueryRun::new(
        alloc::sync::Arc::new(query(plan.clone(), vec![])),
        &t.catalog,
        env(vec![]),
    )
    .unwrap();
    let mut missing = crate::tree::Missing::new();
    assert!(run.step(&mut missing).is_pending());
    assert!(
        missing.blocks.len() < 10,
        "a scan must not ask for the whole table at once"
    );
    assert_eq!(ids(&t.run(&plan)), [4, 5]);
}

#[test]
fn a_list_of_keys_takes_a_few_trips_not_one_per_key() {
    let [_, mut t] = Tables::both();
    table(&mut t);
    let access = Access::IndexList {
        index: 2,
        equal: vec![],
        list: (1..=40).map(|i| text(&alloc::format!("n{i:02}"))).collect(),
    };
    let plan = with_access(t.scan("t", &[0, 1]), access);
    let q = alloc::sync::Arc::new(query(plan, vec![]));
    let mut run = crate::sql::exec::QueryRun::new(q, &t.catalog, env(vec![])).unwrap();
    let (mut trips, mut rows) = (0, 0);
    while let Some(batch) = t
        .complete(|missing| {
            trips += 1;
            run.step(missing)
        })
        .unwrap()
    {
        rows += batch.rows();
    }
    assert_eq!(rows, 40);
    assert!(trips <= 12, "{trips} steps");
}
