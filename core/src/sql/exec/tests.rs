//! What operators promise, over small tables in memory and in a store that has to be asked for every block.
#![allow(clippy::unwrap_used)]

use super::testing::*;
use crate::sql::functions::Aggregate;
use crate::sql::plan::{
    Access, AggregateCall, CompareOp, Expr, Join, JoinKind, LookupJoin, Plan, ScanBounds, SubPlan,
    SubPlanKind,
};
use crate::types::{DataType, Error, Value};
use alloc::{boxed::Box, string::String, vec, vec::Vec};
use core::ops::Bound;

/// `t (id PRIMARY KEY, grp, name)`, ids 1 to 40, grp = id % 5 but NULL for multiples of 7; indexes on (grp),
/// on (grp DESC, id) and unique on (name).
fn table(tables: &mut Tables) {
    let row = |id: i64| {
        let grp = if id % 7 == 0 {
            Value::Null
        } else {
            Value::Int(id % 5)
        };
        vec![Value::Int(id), grp, Value::Text(alloc::format!("n{id:02}"))]
    };
    let rows: Vec<_> = (1..=40).map(row).collect();
    let columns = [("id", BIGINT), ("grp", BIGINT), ("name", TEXT)];
    tables.add(
        "t",
        &columns,
        Some(0),
        &[(&[1], false), (&[-2, 0], false), (&[2], true)],
        &rows,
    );
}

fn with_access(mut plan: Plan, new: Access) -> Plan {
    if let Plan::Scan { access, .. } = &mut plan {
        *access = new;
    }
    plan
}

fn ids(rows: &Rows) -> Vec<i64> {
    let id = |r: &Vec<Value>| match r.first() {
        Some(Value::Int(i)) => *i,
        other => panic!("{other:?}"),
    };
    rows.iter().map(id).collect()
}

fn unbounded() -> ScanBounds {
    ScanBounds {
        from: Bound::Unbounded,
        to: Bound::Unbounded,
    }
}

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
            let mut plan = with_access(t.scan("t", &[0, 2]), access);
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

fn join(kind: JoinKind, left: Plan, right: Plan, equal: Vec<(Expr, Expr)>, condition: Option<Expr>) -> Plan {
    Plan::Join(Box::new(Join {
        kind,
        left,
        right,
        equal,
        condition,
    }))
}

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

fn call(function: Aggregate, arg: Option<Expr>, ty: DataType) -> AggregateCall {
    AggregateCall {
        function,
        arg,
        distinct: false,
        separator: None,
        ty,
    }
}

#[test]
fn group_by_counts_sums_and_keeps_a_group_for_null() {
    for mut t in Tables::both() {
        table(&mut t);
        let decimal = DataType::Decimal {
            precision: 38,
            scale: 0,
            unsigned: false,
        };
        let mut distinct = call(Aggregate::Count, Some(col(1)), BIGINT);
        distinct.distinct = true;
        let plan = Plan::Aggregate {
            input: Box::new(t.scan("t", &[0, 1, 2])),
            keys: vec![col(1)],
            aggregates: vec![
                call(Aggregate::Count, None, BIGINT),
                call(Aggregate::Count, Some(col(1)), BIGINT),
                call(Aggregate::Sum, Some(col(0)), decimal),
                call(Aggregate::Min, Some(col_of(2, TEXT)), TEXT),
                distinct,
            ],
        };
        let dec = |i| Value::Decimal(crate::types::Decimal::new(i, 0));
        let row = |grp: Value, n, m, sum, min: &str, d| {
            vec![
                grp,
                Value::Int(n),
                Value::Int(m),
                dec(sum),
                Value::Text(min.into()),
                Value::Int(d),
            ]
        };
        let want = vec![
            row(Value::Int(1), 7, 7, 1 + 6 + 11 + 16 + 26 + 31 + 36, "n01", 1),
            row(Value::Int(2), 7, 7, 2 + 12 + 17 + 22 + 27 + 32 + 37, "n02", 1),
            row(Value::Int(3), 7, 7, 3 + 8 + 13 + 18 + 23 + 33 + 38, "n03", 1),
            row(Value::Int(4), 7, 7, 4 + 9 + 19 + 24 + 29 + 34 + 39, "n04", 1),
            row(Value::Int(0), 7, 7, 5 + 10 + 15 + 20 + 25 + 30 + 40, "n05", 1),
            row(Value::Null, 5, 0, 7 + 14 + 21 + 28 + 35, "n07", 0),
        ];
        assert_eq!(sorted(t.run(&plan)), sorted(want));
    }
}

#[test]
fn aggregates_of_no_rows_are_one_row_without_keys_and_none_with() {
    let [t, _] = Tables::both();
    let nothing = Plan::Values {
        rows: vec![],
        types: vec![BIGINT],
    };
    let aggregate = |keys: Vec<Expr>| Plan::Aggregate {
        input: Box::new(nothing.clone()),
        keys,
        aggregates: vec![
            call(Aggregate::Count, None, BIGINT),
            call(Aggregate::Max, Some(col(0)), BIGINT),
        ],
    };
    assert_eq!(t.run(&aggregate(vec![])), ints(&[&[Some(0), None]]));
    assert_eq!(t.run(&aggregate(vec![col(0)])), ints(&[]));
}

#[test]
fn nocase_text_is_equal_without_case_in_index_join_group_and_order() {
    for mut t in Tables::both() {
        let rows: Vec<_> = (1..)
            .zip(["b", "A", "a", "B", "c"])
            .map(|(i, s)| vec![Value::Int(i), Value::Text(s.into())])
            .collect();
        t.add(
            "n",
            &[("id", BIGINT), ("s", nocase())],
            Some(0),
            &[(&[1], false)],
            &rows,
        );
        let literal = |s: &str| Expr::Literal {
            value: Value::Text(s.into()),
            ty: nocase(),
        };
        let s = || col_of(1, nocase());
        let plan = filter(t.scan("n", &[0, 1]), eq(s(), literal("a")));
        assert!(t.explained(&plan)[0].starts_with("Index scan"));
        assert_eq!(ids(&t.run(&t.optimized(&plan))), [2, 3]);
        let both = vec![(s(), s())];
        let same = join(
            JoinKind::Inner,
            t.scan("n", &[0, 1]),
            t.scan("n", &[0, 1]),
            both,
            None,
        );
        assert_eq!(t.run(&same).len(), 4 + 4 + 1);
        let groups = Plan::Aggregate {
            input: Box::new(t.scan("n", &[0, 1])),
            keys: vec![s()],
            aggregates: vec![call(Aggregate::Max, Some(col(0)), BIGINT)],
        };
        let max: Vec<Value> = t.run(&groups).iter().map(|r| r[1].clone()).collect();
        assert_eq!(max, [Value::Int(4), Value::Int(3), Value::Int(5)]);
        let ordered = sort(t.scan("n", &[0, 1]), vec![by(s(), true)]);
        assert_eq!(ids(&t.run(&ordered)), [5, 1, 4, 2, 3]);
    }
}

#[test]
fn group_concat_joins_values_in_order_and_skips_nulls() {
    let [t, _] = Tables::both();
    let row = |k: i64, s: Option<&str>| {
        let s = s.map_or(
            Expr::Literal {
                value: Value::Null,
                ty: TEXT,
            },
            text,
        );
        vec![int(k), s]
    };
    let input = Plan::Values {
        rows: vec![
            row(1, Some("b")),
            row(2, None),
            row(1, None),
            row(1, Some("a")),
            row(1, Some("b")),
        ],
        types: vec![BIGINT, TEXT],
    };
    let mut concat = call(Aggregate::GroupConcat, Some(col_of(1, TEXT)), TEXT);
    concat.separator = Some("; ".into());
    let mut distinct = concat.clone();
    distinct.distinct = true;
    let plan = Plan::Aggregate {
        input: Box::new(input),
        keys: vec![col(0)],
        aggregates: vec![concat, distinct],
    };
    let text = |s: &str| Value::Text(s.into());
    let want = vec![
        vec![Value::Int(1), text("b; a; b"), text("b; a")],
        vec![Value::Int(2), Value::Null, Value::Null],
    ];
    assert_eq!(t.run(&plan), want);
}

#[test]
fn sorts_put_nulls_where_asked_and_top_n_agrees_with_sort_and_limit() {
    for mut t in Tables::both() {
        table(&mut t);
        let keys = || vec![by(col(1), true), by(col(0), false)];
        let all = t.run(&sort(t.scan("t", &[0, 1]), keys()));
        assert_eq!(ids(&all)[..8], [4, 9, 19, 24, 29, 34, 39, 3]);
        assert_eq!(ids(&all)[35..], [7, 14, 21, 28, 35]);
        for n in [0, 1, 7, 39, 40, 100] {
            let top = Plan::Sort {
                input: Box::new(t.scan("t", &[0, 1])),
                keys: keys(),
                limit: Some(int(n)),
            };
            assert_eq!(t.run(&top), all[..all.len().min(n as usize)]);
        }
        assert_eq!(
            t.run(&limit(sort(t.scan("t", &[0, 1]), keys()), 5, 33)),
            all[33..38]
        );
    }
}

#[test]
fn top_n_keeps_the_first_of_many_batches() {
    let [mut t, _] = Tables::both();
    let rows: Vec<_> = (0..5000)
        .map(|i| vec![Value::Int(i), Value::Int(i * 7919 % 5003)])
        .collect();
    t.add("big", &[("id", BIGINT), ("v", BIGINT)], Some(0), &[], &rows);
    let plan = |limit| Plan::Sort {
        input: Box::new(t.scan("big", &[1])),
        keys: vec![by(col(0), false)],
        limit,
    };
    let all = t.run(&plan(None));
    assert_eq!(t.run(&plan(Some(int(10)))), all[..10]);
    assert_eq!(t.run(&plan(Some(int(1500)))), all[..1500]);
}

#[test]
fn distinct_treats_nulls_as_equal() {
    let [t, _] = Tables::both();
    let input = values(&[
        &[Some(1), None],
        &[Some(1), Some(1)],
        &[Some(1), None],
        &[None, None],
        &[None, None],
    ]);
    let plan = Plan::Distinct {
        input: Box::new(input),
    };
    assert_eq!(
        t.run(&plan),
        ints(&[&[Some(1), None], &[Some(1), Some(1)], &[None, None]])
    );
}

#[test]
fn a_limit_stops_reading() {
    let [_, mut t] = Tables::both();
    table(&mut t);
    let plan = limit(t.scan("t", &[0]), 2, 3);
    let mut run = super::QueryRun::new(
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
fn sub_plans_run_first_and_a_value_must_be_one_row() {
    for mut t in Tables::both() {
        table(&mut t);
        let one = |id: i64| with_access(t.scan("t", &[1]), Access::RowIdList(vec![int(id)]));
        let scalar = |plan: Plan| SubPlan {
            plan,
            kind: SubPlanKind::Scalar,
        };
        let plan = filter(
            t.scan("t", &[0, 1]),
            eq(col(1), Expr::Scalar { index: 0, ty: BIGINT }),
        );
        let run = |sub: Plan| t.run_query(query(plan.clone(), vec![scalar(sub)]), env(vec![]));
        assert_eq!(ids(&run(one(4)).unwrap()), [4, 9, 19, 24, 29, 34, 39]);
        // NULL, and no row, equal nothing.
        assert_eq!(run(one(7)).unwrap(), ints(&[]));
        assert_eq!(run(one(77)).unwrap(), ints(&[]));
        assert!(matches!(run(t.scan("t", &[1])), Err(Error::Invalid { .. })));
    }
}

#[test]
fn operators_that_collect_rows_keep_to_the_memory_limit() {
    let [mut t, _] = Tables::both();
    table(&mut t);
    let collecting = [
        sort(t.scan("t", &[2]), vec![by(col_of(0, TEXT), false)]),
        Plan::Distinct {
            input: Box::new(t.scan("t", &[2])),
        },
        join(
            JoinKind::Inner,
            t.scan("t", &[2]),
            t.scan("t", &[2]),
            vec![(col_of(0, TEXT), col_of(0, TEXT))],
            None,
        ),
    ];
    for plan in collecting {
        let mut small = env(vec![]);
        small.memory_limit = 100;
        let e = t.run_query(query(plan, vec![]), small);
        assert_eq!(e, Err(Error::QueryMemory { limit: 100 }));
    }
}

#[test]
fn explain_analyze_tells_rows_of_every_operator() {
    for mut t in Tables::both() {
        table(&mut t);
        let plan = limit(
            filter(t.scan("t", &[0]), compare(CompareOp::Gt, col(0), int(38))),
            1,
            0,
        );
        let q = alloc::sync::Arc::new(query(plan, vec![]));
        let mut run = crate::sql::explain::AnalyzeRun::new(q, &t.catalog, env(vec![])).unwrap();
        let lines = t.complete(|missing| run.step(missing)).unwrap();
        let placement = if lines[2].contains("memory") {
            "memory"
        } else {
            "persistent"
        };
        let want = [
            String::from("Limit 1 offset 0"),
            String::from("  Filter: t.id > 38"),
            alloc::format!("    Scan t ({placement}): all rows"),
        ];
        for ((line, want), rows) in lines.iter().zip(&want).zip([1, 2, 40]) {
            assert!(line.starts_with(want.as_str()), "{line}");
            assert!(line.contains(&alloc::format!("; {rows} rows")), "{line}");
        }
    }
}
