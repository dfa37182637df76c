//! Whole queries: sub-plans, memory limit, collations, EXPLAIN ANALYZE.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::sql::exec::testing::*;
use crate::sql::functions::Aggregate;
use crate::sql::memory::Memory;
use crate::sql::plan::{Access, CompareOp, Expr, JoinKind, Plan, SubPlan, SubPlanKind};
use crate::types::{Error, Value};
use alloc::{boxed::Box, string::String, sync::Arc, vec, vec::Vec};

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
        small.memory = Arc::new(Memory::new(100));
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
        let mut run = crate::sql::explain::AnalyzeRun::new(
            q,
            &t.catalog,
            env(vec![]),
            crate::sql::plan::ExplainFormat::Text,
        )
        .unwrap();
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
