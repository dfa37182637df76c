//! Joins: NULLs, unmatched rows, results larger than a batch.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::sql::exec::testing::*;
use crate::sql::plan::{Access, CompareOp, Join, JoinKind, LookupJoin, Once, Plan, ScanBounds};
use crate::types::Value;
use alloc::{boxed::Box, vec, vec::Vec};

#[test]
fn joins_match_keys_but_never_nulls() {
    let [t, _] = Tables::both();
    let left = values(&[&[Some(1)], &[Some(2)], &[None], &[Some(3)]]);
    let right = values(&[
        &[Some(2), Some(20)],
        &[None, Some(0)],
        &[Some(2), Some(21)],
        &[Some(3), Some(30)],
    ]);
    let on = vec![(col(0), col(0))];
    let inner = join(JoinKind::Inner, left.clone(), right.clone(), on.clone(), None);
    let want: [&[Option<i64>]; 3] = [
        &[Some(2), Some(2), Some(20)],
        &[Some(2), Some(2), Some(21)],
        &[Some(3), Some(3), Some(30)],
    ];
    assert_eq!(t.run(&inner), ints(&want));
    // ON … AND b < 21: a left row whose partners all fail the rest of ON keeps NULLs.
    let rest = compare(CompareOp::Lt, col(2), int(21));
    for equal in [on, vec![]] {
        let mut condition = rest.clone();
        if equal.is_empty() {
            condition = and(eq(col(0), col(1)), condition);
        }
        let plan = join(
            JoinKind::Left,
            left.clone(),
            right.clone(),
            equal,
            Some(condition),
        );
        let want: [&[Option<i64>]; 4] = [
            &[Some(1), None, None],
            &[Some(2), Some(2), Some(20)],
            &[None, None, None],
            &[Some(3), None, None],
        ];
        assert_eq!(t.run(&plan), ints(&want));
    }
}

#[test]
fn a_left_join_to_nothing_keeps_every_left_row() {
    let [t, _] = Tables::both();
    let nothing = Plan::Values {
        rows: vec![],
        types: vec![BIGINT],
    };
    let left = values(&[&[Some(1)], &[None]]);
    for equal in [vec![(col(0), col(0))], vec![]] {
        let plan = join(JoinKind::Left, left.clone(), nothing.clone(), equal.clone(), None);
        assert_eq!(t.run(&plan), ints(&[&[Some(1), None], &[None, None]]));
        let plan = join(JoinKind::Inner, left.clone(), nothing.clone(), equal, None);
        assert_eq!(t.run(&plan), ints(&[]));
    }
}

#[test]
fn joins_larger_than_a_batch_are_whole() {
    for mut t in Tables::both() {
        table(&mut t);
        let cross = join(
            JoinKind::Inner,
            t.scan("t", &[0]),
            t.scan("t", &[0]),
            vec![],
            None,
        );
        assert_eq!(t.run(&cross).len(), 1600);
        // One key with 1600 x 40 pairs.
        let one = |p: Plan| project(p, vec![int(1)]);
        let same = join(
            JoinKind::Left,
            one(cross),
            one(t.scan("t", &[0])),
            vec![(col(0), col(0))],
            None,
        );
        assert_eq!(t.run(&same).len(), 64_000);
    }
}

#[test]
fn lookup_joins_give_what_hash_joins_give_in_left_order() {
    for mut t in Tables::both() {
        table(&mut t);
        let left = || {
            let rows: Vec<Vec<Option<i64>>> = vec![
                vec![Some(3)],
                vec![None],
                vec![Some(99)],
                vec![Some(0)],
                vec![Some(3)],
            ];
            values(&rows.iter().map(|r| &r[..]).collect::<Vec<_>>())
        };
        for kind in [JoinKind::Inner, JoinKind::Left] {
            for (index, column) in [(None, 0), (Some(0), 1)] {
                for condition in [None, Some(compare(CompareOp::Gt, col(1), int(20)))] {
                    let lookup = Plan::LookupJoin(Box::new(LookupJoin {
                        kind,
                        left: left(),
                        table: crate::catalog::TableId(1),
                        alias: "t".into(),
                        columns: vec![0, 1],
                        types: vec![BIGINT, BIGINT],
                        row_id: false,
                        index,
                        keys: vec![col(0)],
                        condition: condition.clone(),
                    }));
                    let right = t.scan("t", &[0, 1]);
                    let hash = join(kind, left(), right, vec![(col(0), col(column))], condition);
                    assert_eq!(t.run(&lookup), t.run(&hash), "{kind:?} {index:?}");
                }
            }
        }
    }
}

/// A merge join gives what a hash join gives, row by row of the left side, whatever the batches of both sides are.
#[test]
fn a_merge_join_gives_what_a_hash_join_gives() {
    let mut seed = 9_u64;
    let mut random = |n: u64| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 33) % n
    };
    for (left, right, values) in [
        (0, 5, 3),
        (5, 0, 3),
        (40, 40, 10),
        (300, 20, 4),
        (7, 900, 3),
        (1, 1, 1),
        (60, 60, 200),
    ] {
        for mut t in Tables::both() {
            let mut rows = |n: u64| -> Rows {
                let row = |i: u64| {
                    let key = match random(8) {
                        0 => Value::Null,
                        _ => Value::Int(random(values) as i64),
                    };
                    vec![
                        Value::Int(i as i64),
                        key,
                        Value::Text(alloc::format!("t{}", random(values))),
                    ]
                };
                (0..n).map(row).collect()
            };
            let columns = [("id", BIGINT), ("k", BIGINT), ("s", TEXT)];
            let indexes: [(&[i32], bool); 2] = [(&[1, 0, 2], false), (&[2, 1, 0], false)];
            t.add("l", &columns, Some(0), &indexes, &rows(left));
            t.add("r", &columns, Some(0), &indexes, &rows(right));
            for (index, equal) in [
                (Some(0), vec![(col(1), col(1))]),
                (Some(1), vec![(col_of(2, TEXT), col_of(2, TEXT))]),
                (
                    Some(1),
                    vec![(col_of(2, TEXT), col_of(2, TEXT)), (col(1), col(1))],
                ),
                (None, vec![(col(0), col(0))]),
            ] {
                for kind in [JoinKind::Inner, JoinKind::Left] {
                    for condition in [None, Some(compare(CompareOp::Lt, col(0), col(3)))] {
                        let scan = |name: &str| match index {
                            None => t.scan(name, &[0, 1, 2]),
                            Some(index) => with_access(
                                t.scan(name, &[0, 1, 2]),
                                Access::Index {
                                    index,
                                    equal: vec![],
                                    bounds: ScanBounds {
                                        from: core::ops::Bound::Unbounded,
                                        to: core::ops::Bound::Unbounded,
                                    },
                                    reverse: false,
                                    instead: None,
                                },
                            ),
                        };
                        let plan = |merge| {
                            Plan::Join(Box::new(Join {
                                kind,
                                left: scan("l"),
                                right: scan("r"),
                                equal: equal.clone(),
                                condition: condition.clone(),
                                told: vec![],
                                merge,
                                once: Once::default(),
                            }))
                        };
                        assert_eq!(
                            t.run(&plan(true)),
                            t.run(&plan(false)),
                            "{kind:?} {equal:?} {condition:?}"
                        );
                    }
                }
            }
        }
    }
}
