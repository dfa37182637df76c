//! GROUP BY, DISTINCT, ORDER BY and LIMIT.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::sql::exec::testing::*;
use crate::sql::functions::Aggregate;
use crate::sql::plan::{Expr, Plan};
use crate::types::{DataType, Value};
use alloc::{boxed::Box, vec, vec::Vec};

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
    concat.options.separator = Some("; ".into());
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
