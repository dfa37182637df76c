//! What the rules make of plans, and that they never change rows: random plans give the same rows before
//! and after, in memory and in a store.
#![allow(clippy::unwrap_used)]

use crate::sql::exec::testing::*;
use crate::sql::functions::Aggregate;
use crate::sql::optimize::{Statistics, TableFacts, optimize_with};
use crate::sql::plan::{
    AggregateCall, AggregateOptions, Apply, ApplyKind, BinaryOp, CompareOp, Expr, Join, JoinKind, Once, Plan,
    Query, SetKind, SetOperation, SubPlan, SubPlanKind, UnaryOp,
};
use crate::types::{DataType, Value};
use alloc::{boxed::Box, rc::Rc, string::String, vec, vec::Vec};
use proptest::prelude::*;

/// `users (id PRIMARY KEY, name UNIQUE, age; index age)`, 100 rows; `orders (id PRIMARY KEY, user_id, total; index
/// (user_id, total))`, 1000 rows; `tags (user_id, tag)` without keys, 10 rows.
fn shop() -> Tables {
    let [mut t, _] = Tables::both();
    let users: Vec<_> = (0..100)
        .map(|i| {
            vec![
                Value::Int(i),
                Value::Text(alloc::format!("u{i}")),
                Value::Int(20 + i % 50),
            ]
        })
        .collect();
    t.add(
        "users",
        &[("id", BIGINT), ("name", TEXT), ("age", BIGINT)],
        Some(0),
        &[(&[1], true), (&[2], false)],
        &users,
    );
    let orders: Vec<_> = (0..1000)
        .map(|i| vec![Value::Int(i), Value::Int(i % 100), Value::Int(i % 77)])
        .collect();
    let columns = [("id", BIGINT), ("user_id", BIGINT), ("total", BIGINT)];
    t.add("orders", &columns, Some(0), &[(&[1, 2], false)], &orders);
    let tags: Vec<_> = (0..10).map(|i| vec![Value::Int(i), Value::Int(i)]).collect();
    t.add("tags", &[("user_id", BIGINT), ("tag", BIGINT)], None, &[], &tags);
    t
}

fn inner(left: Plan, right: Plan, condition: Option<Expr>) -> Plan {
    join(JoinKind::Inner, left, right, condition)
}

fn join(kind: JoinKind, left: Plan, right: Plan, condition: Option<Expr>) -> Plan {
    Plan::Join(Box::new(Join {
        kind,
        left,
        right,
        equal: vec![],
        condition,
        told: Vec::new(),
        merge: false,
        once: Once::default(),
    }))
}

fn gt(left: Expr, right: Expr) -> Expr {
    compare(CompareOp::Gt, left, right)
}

#[test]
fn equality_with_a_key_is_a_lookup_and_the_rest_stays_a_filter() {
    let t = shop();
    let users = || t.scan("users", &[0, 1, 2]);
    let by_id = filter(users(), and(gt(col(2), int(30)), eq(int(7), col(0))));
    assert_eq!(
        t.explained(&by_id),
        ["Lookup users (memory): id = 7; filter users.age > 30"]
    );
    let by_name = filter(users(), eq(col_of(1, TEXT), text("u3")));
    assert_eq!(
        t.explained(&by_name),
        ["Index scan users (memory): i0: name = 'u3'"]
    );
    let either = Expr::Binary {
        op: BinaryOp::Or,
        left: Box::new(eq(col(0), int(3))),
        right: Box::new(eq(col(0), int(5))),
        ty: DataType::Bool,
    };
    assert_eq!(
        t.explained(&filter(users(), either)),
        ["Lookup users (memory): id IN (3, 5)"]
    );
    let narrow = and(gt(col(0), int(3)), compare(CompareOp::LtEq, col(0), int(9)));
    assert_eq!(
        t.explained(&filter(users(), narrow)),
        ["Scan users (memory): id > 3 AND id <= 9"]
    );
}

#[test]
fn an_index_is_used_by_its_longest_prefix_and_gives_its_order() {
    let t = shop();
    let orders = t.scan("orders", &[0, 1, 2]);
    let condition = and(gt(col(2), int(10)), eq(col(1), int(5)));
    let plan = sort(filter(orders.clone(), condition), vec![by(col(2), true)]);
    let want = ["Index scan orders (memory): i0: user_id = 5 AND total > 10, backwards, covering"];
    assert_eq!(t.explained(&plan), want);
    // Another order has to be sorted.
    let plan = sort(
        filter(orders.clone(), eq(col(1), int(5))),
        vec![by(col(0), false)],
    );
    assert_eq!(t.explained(&plan)[0], "Sort: orders.id");
    // The first few by an indexed column come from the index; by the key, from the table backwards.
    let plan = limit(
        sort(orders.clone(), vec![by(col(1), false), by(col(2), false)]),
        3,
        0,
    );
    assert_eq!(
        t.explained(&plan)[1],
        "  Index scan orders (memory): i0, covering"
    );
    let plan = limit(sort(orders.clone(), vec![by(col(0), true)]), 3, 0);
    assert_eq!(
        t.explained(&plan)[1],
        "  Scan orders (memory): all rows, backwards"
    );
    let plan = limit(sort(orders, vec![by(col(2), false)]), 3, 2);
    assert_eq!(t.explained(&plan)[1], "  Top 5: orders.total");
}

#[test]
fn a_comma_join_becomes_a_lookup_join_of_the_few_with_the_many() {
    let t = shop();
    let cross = inner(t.scan("orders", &[0, 1, 2]), t.scan("users", &[0, 1, 2]), None);
    let condition = and(eq(col(1), col(3)), eq(col_of(4, TEXT), text("u3")));
    let plan = project(filter(cross, condition), vec![col(2), col(5)]);
    let want = [
        "Project: orders.total, users.age",
        "  Lookup join orders (memory) by i0, covering: orders.user_id = users.id",
        "    Index scan users (memory): i0: name = 'u3'",
    ];
    assert_eq!(t.explained(&plan), want);
}

#[test]
fn the_smaller_side_is_built_and_scans_read_only_what_is_needed() {
    let t = shop();
    let plan = inner(
        t.scan("tags", &[0, 1]),
        t.scan("orders", &[0, 1, 2]),
        Some(eq(col(1), col(4))),
    );
    let plan = project(plan, vec![col(0)]);
    let want = [
        "Project: tags.user_id",
        "  Hash join: orders.total = tags.tag",
        "    Scan orders (memory): all rows",
        "    Scan tags (memory): all rows",
    ];
    assert_eq!(t.explained(&plan), want);
    let Plan::Project { input, .. } = t.optimized(&plan) else {
        panic!()
    };
    let Plan::Join(j) = *input else { panic!() };
    assert!(matches!(&j.left, Plan::Scan { columns, .. } if *columns == [2]));
}

#[test]
fn a_filtered_right_side_tells_the_scan_below_the_left_side_its_keys() {
    let t = shop();
    let tags = |filtered: bool| {
        let scan = t.scan("tags", &[0, 1]);
        if filtered {
            filter(scan, gt(col(0), int(5)))
        } else {
            scan
        }
    };
    let on = || Some(eq(col(2), col(4)));
    let joined = |kind, filtered| {
        let plan = join(kind, t.scan("orders", &[0, 1, 2]), tags(filtered), on());
        let lines = t.explained(&project(plan, vec![col(0), col(3)]));
        lines.into_iter().skip(1).take(2).collect::<Vec<String>>()
    };
    assert_eq!(
        joined(JoinKind::Inner, true),
        [
            "  Hash join: orders.total = tags.tag; keys 0: tags.tag",
            "    Scan orders (memory): all rows; orders.total among keys 0",
        ]
    );
    // All tags: that hardly spares anything. A LEFT JOIN: every order is wanted.
    for (kind, filtered, name) in [
        (JoinKind::Inner, false, "Hash join"),
        (JoinKind::Left, true, "Hash join (left)"),
    ] {
        let want = [
            alloc::format!("  {name}: orders.total = tags.tag"),
            String::from("    Scan orders (memory): all rows"),
        ];
        assert_eq!(joined(kind, filtered), want);
    }
}

#[test]
fn a_distinct_left_side_is_left_to_the_join_if_its_columns_are_the_keys() {
    let t = shop();
    let joined = |kind, columns: &[usize]| {
        let input = Box::new(t.scan("orders", columns));
        let tags = filter(t.scan("tags", &[0, 1]), gt(col(0), int(5)));
        let on = eq(col(0), col(columns.len() + 1));
        let plan = join(kind, Plan::Distinct { input }, tags, Some(on));
        t.explained(&plan).join("\n")
    };
    let plan = joined(JoinKind::Inner, &[2]);
    assert!(
        plan.contains("left rows once per key") && !plan.contains("Distinct"),
        "{plan}"
    );
    // Another column, of which one key may have several values; and a join that keeps rows without partner.
    for plan in [joined(JoinKind::Inner, &[2, 1]), joined(JoinKind::Left, &[2])] {
        assert!(
            plan.contains("Hash join") && plan.contains("Distinct") && !plan.contains("once"),
            "{plan}"
        );
    }
    let input = Box::new(t.scan("tags", &[1]));
    let on = Some(eq(col(1), col(3)));
    let plan = join(
        JoinKind::Left,
        t.scan("orders", &[0, 2, 1]),
        Plan::Distinct { input },
        on,
    );
    let plan = t.explained(&plan).join("\n");
    assert!(
        plan.contains("right rows once per key") && !plan.contains("Distinct"),
        "{plan}"
    );
}

#[test]
fn where_on_the_right_of_a_left_join_makes_it_inner_only_if_nulls_fail() {
    let t = shop();
    let left = || {
        let on = Some(eq(col(0), col(2)));
        join(
            JoinKind::Left,
            t.scan("tags", &[0, 1]),
            t.scan("orders", &[2]),
            on,
        )
    };
    let kept = filter(
        left(),
        Expr::IsNull {
            operand: Box::new(col(2)),
            negated: false,
        },
    );
    assert_eq!(
        t.explained(&kept)[1],
        "  Hash join (left): tags.user_id = orders.total"
    );
    let strict = filter(left(), gt(col(2), int(1)));
    assert!(
        t.explained(&strict).iter().any(|l| l.contains("Hash join: ")),
        "{:?}",
        t.explained(&strict)
    );
}

/// `input` with the answer of a subquery over orders of the same user as its last column.
fn asked(kind: ApplyKind, input: Plan, subquery: impl FnOnce(Plan) -> Plan, ty: DataType) -> Plan {
    let t = shop();
    let user = Expr::Outer { index: 0, ty: BIGINT };
    let orders = filter(
        t.scan("orders", &[1, 2]),
        and(eq(col(0), user), gt(col(1), int(20))),
    );
    Plan::Apply(Box::new(Apply {
        input,
        kind,
        subquery: subquery(orders),
        captures: vec![col(0)],
        ty,
    }))
}

fn count_of(input: Plan) -> Plan {
    Plan::Aggregate {
        input: Box::new(input),
        keys: vec![],
        aggregates: vec![call(Aggregate::Count, None, BIGINT)],
    }
}

#[test]
fn a_subquery_that_is_asked_for_many_rows_becomes_a_join() {
    let t = shop();
    let users = || t.scan("users", &[0, 1]);
    let exists = |input| asked(ApplyKind::Exists, input, |orders| orders, DataType::Bool);
    let answer = col_of(2, DataType::Bool);
    let semi = project(filter(exists(users()), answer.clone()), vec![col_of(1, TEXT)]);
    let plan = t.explained(&semi).join("\n");
    assert!(
        plan.contains("once per key") && !plan.contains("Apply") && !plan.contains("(left)"),
        "{plan}"
    );
    let not = Expr::Unary {
        op: UnaryOp::Not,
        operand: Box::new(answer),
        ty: DataType::Bool,
    };
    let anti = project(filter(exists(users()), not), vec![col(0)]);
    let plan = t.explained(&anti).join("\n");
    assert!(plan.contains("join (left)") && !plan.contains("Apply"), "{plan}");
    let count = asked(ApplyKind::Scalar, users(), count_of, BIGINT);
    let plan = t.explained(&count).join("\n");
    assert!(
        plan.contains("Group by orders.user_id: COUNT(*)") && plan.contains("ELSE 0"),
        "{plan}"
    );
    // For one row the index is quicker.
    let one = asked(
        ApplyKind::Scalar,
        filter(users(), eq(col(0), int(3))),
        count_of,
        BIGINT,
    );
    assert!(
        t.explained(&one)[0].starts_with("Apply"),
        "{:?}",
        t.explained(&one)
    );
    for plan in [&semi, &anti, &count, &one] {
        assert_eq!(sorted(t.run(plan)), sorted(t.run(&t.optimized(plan))));
    }
}

#[test]
fn what_is_cheap_and_cannot_fail_is_asked_first() {
    let t = shop();
    let odd = eq(
        Expr::Binary {
            op: BinaryOp::Modulo,
            left: Box::new(col(2)),
            right: Box::new(int(2)),
            ty: BIGINT,
        },
        int(1),
    );
    let text = compare(CompareOp::NotEq, col_of(1, TEXT), text("u3"));
    let cheap = compare(CompareOp::NotEq, col(2), int(5));
    let plan = filter(t.scan("users", &[0, 1, 2]), and(odd, and(text, cheap)));
    let want =
        "Scan users (memory): all rows; filter users.age <> 5 AND users.name <> 'u3' AND users.age % 2 = 1";
    assert_eq!(t.explained(&plan), [want]);
}

#[test]
fn never_true_reads_nothing_and_max_reads_one_row() {
    let t = shop();
    let plan = filter(t.scan("orders", &[0]), eq(int(1), int(2)));
    assert_eq!(t.explained(&plan), ["Values: 0 rows"]);
    let max = |column| Plan::Aggregate {
        input: Box::new(t.scan("orders", &[0, 1])),
        keys: vec![],
        aggregates: vec![AggregateCall {
            function: Aggregate::Max,
            args: vec![col(column)],
            distinct: false,
            order: Vec::new(),
            filter: None,
            options: AggregateOptions::default(),
            ty: BIGINT,
        }],
    };
    assert_eq!(
        t.explained(&max(0))[2],
        "    Scan orders (memory): all rows, backwards"
    );
    assert!(t.explained(&max(1))[2].starts_with("    Index scan orders (memory): i0, backwards"));
    assert_eq!(t.run(&t.optimized(&max(1))), ints(&[&[Some(99)]]));
}

#[test]
fn a_small_in_subquery_is_looked_up() {
    let t = shop();
    let member = Expr::InSubPlan {
        operand: Box::new(col(0)),
        index: 0,
        negated: false,
    };
    let plan = filter(t.scan("orders", &[0, 1]), and(member, gt(col(1), int(2))));
    let sub = || SubPlan {
        plan: t.scan("tags", &[1]),
        kind: SubPlanKind::Set,
    };
    let run = |q: Query| sorted(t.run_query(q, env(vec![])).unwrap());
    let mut q = query(plan.clone(), vec![sub()]);
    crate::sql::optimize::optimize_with(&mut q, &t.catalog);
    let Plan::Project { input, .. } = &q.plan else {
        panic!()
    };
    assert!(matches!(**input, Plan::LookupJoin(_)));
    assert_eq!(run(q), run(query(plan, vec![sub()])));
}

/// Facts of tables said to be big.
struct Big<'a>(&'a crate::catalog::Catalog);

impl Statistics for Big<'_> {
    fn facts(&self, table: crate::catalog::TableId) -> Option<Rc<TableFacts>> {
        let facts = self.0.facts(table)?;
        Some(Rc::new(TableFacts::new(facts.def.clone(), 1e6, None)))
    }
}

/// The plan optimised for big tables.
fn optimized_as_big(t: &Tables, plan: &Plan) -> Plan {
    let mut q = query(plan.clone(), vec![]);
    optimize_with(&mut q, &Big(&t.catalog));
    q.plan
}

#[test]
fn a_sort_of_a_big_table_under_a_limit_reads_texts_of_the_rows_it_keeps() {
    let mut t = shop();
    let rows: Vec<_> = (0..50)
        .map(|i| {
            vec![
                Value::Int(i),
                Value::Int(i * 37 % 50),
                Value::Text(alloc::format!("n{i}")),
            ]
        })
        .collect();
    let columns = [("id", BIGINT), ("size", BIGINT), ("text", TEXT)];
    t.add("notes", &columns, Some(0), &[], &rows);
    let notes = filter(t.scan("notes", &[2, 1, 0]), gt(col(1), int(30)));
    let few = |n| limit(sort(notes.clone(), vec![by(col(1), true)]), n, 0);
    let plan = optimized_as_big(&t, &few(3));
    let Plan::Limit { input, .. } = &plan else {
        panic!("{plan:?}")
    };
    let Plan::Project { input, .. } = &**input else {
        panic!("{plan:?}")
    };
    let Plan::LookupJoin(lookup) = &**input else {
        panic!("{plan:?}")
    };
    let Plan::Sort { input, .. } = &lookup.left else {
        panic!("{plan:?}")
    };
    assert!(
        matches!(&**input, Plan::Scan { columns, row_id: true, .. } if *columns == [1]),
        "{plan:?}"
    );
    assert_eq!(t.run(&plan), t.run(&few(3)));
    // A limit that is most of the table, and rows without texts, stay as they are.
    for plan in [few(900_000), project(few(3), vec![col(1)])] {
        let plan = optimized_as_big(&t, &plan);
        assert!(!alloc::format!("{plan:?}").contains("LookupJoin"), "{plan:?}");
    }
}

// ---- random plans

/// Columns of `a (id PRIMARY KEY, x, y; indexes (x), (y DESC, x))` and `b (x, y, z; index (x), unique (z))`.
fn random_tables(rows: &[(Option<i64>, Option<i64>, i64)]) -> [Tables; 2] {
    let mut both = Tables::both();
    for t in &mut both {
        let value = |v: &Option<i64>| v.map_or(Value::Null, Value::Int);
        let a: Vec<_> = (1..)
            .zip(rows)
            .map(|(i, (x, y, _))| vec![Value::Int(i * 2), value(x), value(y)])
            .collect();
        let columns = [("id", BIGINT), ("x", BIGINT), ("y", BIGINT)];
        t.add("a", &columns, Some(0), &[(&[1], false), (&[-3, 1], false)], &a);
        let b: Vec<_> = (0..)
            .zip(rows)
            .filter(|(_, r)| r.2 > 1)
            .map(|(i, (x, y, z))| vec![value(y), value(x), Value::Int(z * 100 + i)])
            .collect();
        let columns = [("x", BIGINT), ("y", BIGINT), ("z", BIGINT)];
        t.add("b", &columns, None, &[(&[0], false), (&[2], true)], &b);
    }
    both
}

#[derive(Debug, Clone)]
enum Shape {
    Scan(bool),
    Filter(Box<Shape>, Vec<(u8, u8, i64)>),
    Project(Box<Shape>, Vec<u8>),
    Join(bool, Box<Shape>, Box<Shape>, Vec<(u8, u8, i64)>),
    Group(Box<Shape>, u8, u8),
    Distinct(Box<Shape>),
    /// UNION ALL, or one of INTERSECT and EXCEPT with or without ALL.
    Set(u8, Box<Shape>, Box<Shape>),
    Sort(Box<Shape>, Vec<(u8, bool)>),
}

fn shape() -> impl Strategy<Value = Shape> {
    let conditions = || proptest::collection::vec((0u8..12, any::<u8>(), 0i64..6), 0..3);
    let leaf = any::<bool>().prop_map(Shape::Scan);
    leaf.prop_recursive(5, 8, 2, move |inner| {
        let s = inner.prop_map(Box::new);
        prop_oneof![
            3 => (s.clone(), conditions()).prop_map(|(s, c)| Shape::Filter(s, c)),
            1 => (s.clone(), proptest::collection::vec(any::<u8>(), 1..4)).prop_map(|(s, e)| Shape::Project(s, e)),
            3 => (any::<bool>(), s.clone(), s.clone(), conditions())
                .prop_map(|(l, a, b, c)| Shape::Join(l, a, b, c)),
            1 => (s.clone(), any::<u8>(), any::<u8>()).prop_map(|(s, k, a)| Shape::Group(s, k, a)),
            1 => s.clone().prop_map(Shape::Distinct),
            2 => (any::<u8>(), s.clone(), s.clone()).prop_map(|(k, a, b)| Shape::Set(k, a, b)),
            1 => (s, proptest::collection::vec((any::<u8>(), any::<bool>()), 1..3)).prop_map(|(s, k)| Shape::Sort(s, k)),
        ]
    })
}

/// A condition over `width` columns.
fn condition(width: usize, (kind, at, value): (u8, u8, i64)) -> Expr {
    let c = || col(at as usize % width);
    let other = || col((at as usize / 16) % width);
    let or = |l, r| Expr::Binary {
        op: BinaryOp::Or,
        left: Box::new(l),
        right: Box::new(r),
        ty: DataType::Bool,
    };
    let is_null = |e, negated| Expr::IsNull {
        operand: Box::new(e),
        negated,
    };
    match kind {
        0 | 1 => eq(c(), int(value)),
        2 | 3 => eq(c(), other()),
        4 => gt(c(), int(value)),
        5 => compare(CompareOp::LtEq, int(value), other()),
        6 => or(eq(c(), int(value)), eq(c(), int(value + 2))),
        7 => is_null(c(), at % 2 == 0),
        8 => or(gt(c(), other()), is_null(other(), false)),
        9 => and(
            gt(c(), int(value - 2)),
            compare(CompareOp::Lt, c(), int(value + 2)),
        ),
        10 => Expr::Unary {
            op: crate::sql::plan::UnaryOp::Not,
            operand: Box::new(and(eq(c(), int(value)), gt(other(), int(value)))),
            ty: DataType::Bool,
        },
        _ => eq(
            Expr::Binary {
                op: BinaryOp::Add,
                left: Box::new(c()),
                right: Box::new(int(1)),
                ty: BIGINT,
            },
            other(),
        ),
    }
}

fn conditions(width: usize, list: &[(u8, u8, i64)]) -> Option<Expr> {
    list.iter().map(|c| condition(width, *c)).reduce(and)
}

fn tables_of(shape: &Shape) -> usize {
    match shape {
        Shape::Scan(_) => 1,
        Shape::Filter(s, _)
        | Shape::Project(s, _)
        | Shape::Group(s, ..)
        | Shape::Distinct(s)
        | Shape::Sort(s, _) => tables_of(s),
        Shape::Join(_, a, b, _) | Shape::Set(_, a, b) => tables_of(a) + tables_of(b),
    }
}

fn plan_of(shape: &Shape, t: &Tables) -> Plan {
    match shape {
        Shape::Scan(true) => t.scan("a", &[0, 1, 2]),
        Shape::Scan(false) => t.scan("b", &[2, 0, 1]),
        Shape::Filter(s, list) => {
            let input = plan_of(s, t);
            match conditions(input.types().len(), list) {
                Some(c) => filter(input, c),
                None => input,
            }
        }
        Shape::Project(s, exprs) => {
            let input = plan_of(s, t);
            let width = input.types().len();
            let expr = |e: &u8| match e % 3 {
                0 => Expr::Binary {
                    op: BinaryOp::Add,
                    left: Box::new(col(*e as usize % width)),
                    right: Box::new(int(i64::from(*e) % 4)),
                    ty: BIGINT,
                },
                _ => col(*e as usize % width),
            };
            project(input, exprs.iter().map(expr).collect())
        }
        Shape::Join(left, a, b, list) => {
            let (a, b) = (plan_of(a, t), plan_of(b, t));
            let width = a.types().len() + b.types().len();
            let kind = if *left { JoinKind::Left } else { JoinKind::Inner };
            join(kind, a, b, conditions(width, list))
        }
        Shape::Group(s, key, arg) => {
            let input = plan_of(s, t);
            let width = input.types().len();
            let call = |function, arg: Option<Expr>, ty| AggregateCall {
                function,
                args: arg.into_iter().collect(),
                distinct: false,
                order: Vec::new(),
                filter: None,
                options: AggregateOptions::default(),
                ty,
            };
            let keys = if key % 4 == 0 {
                vec![]
            } else {
                vec![col(*key as usize % width)]
            };
            let max = if arg % 2 == 0 {
                Aggregate::Max
            } else {
                Aggregate::Min
            };
            let mut aggregates = vec![call(max, Some(col(*arg as usize % width)), BIGINT)];
            if arg % 3 == 0 {
                aggregates.push(call(Aggregate::Count, None, BIGINT));
            }
            Plan::Aggregate {
                input: Box::new(input),
                keys,
                aggregates,
            }
        }
        Shape::Distinct(s) => Plan::Distinct {
            input: Box::new(plan_of(s, t)),
        },
        Shape::Set(kind, a, b) => {
            let (a, b) = (plan_of(a, t), plan_of(b, t));
            let width = a.types().len().min(b.types().len());
            let first = |plan: Plan| project(plan, (0..width).map(col).collect());
            let (left, right) = (first(a), first(b));
            let set = |kind, all| {
                let (left, right) = (left.clone(), right.clone());
                Plan::SetOperation(Box::new(SetOperation {
                    kind,
                    all,
                    left,
                    right,
                }))
            };
            match kind % 5 {
                0 => Plan::Append {
                    inputs: vec![left, right],
                },
                1 => set(SetKind::Intersect, false),
                2 => set(SetKind::Intersect, true),
                3 => set(SetKind::Except, false),
                _ => set(SetKind::Except, true),
            }
        }
        Shape::Sort(s, keys) => {
            let input = plan_of(s, t);
            let width = input.types().len();
            sort(
                input,
                keys.iter()
                    .map(|(k, d)| by(col(*k as usize % width), *d))
                    .collect(),
            )
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn rewriting_a_plan_never_changes_its_rows(
        rows in proptest::collection::vec(
            (proptest::option::weighted(0.85, 0i64..6), proptest::option::weighted(0.85, 0i64..6), 0i64..6), 0..24),
        shape in shape(),
        order in proptest::collection::vec((any::<u8>(), any::<bool>()), 0..3),
        count in 0i64..12,
    ) {
        // Unoptimised, every join is a cross product.
        prop_assume!(tables_of(&shape) <= 3);
        for t in random_tables(&rows) {
            let plan = plan_of(&shape, &t);
            let want = t.run(&plan);
            let optimized = t.optimized(&plan);
            prop_assert_eq!(sorted(t.run(&optimized)), sorted(want.clone()), "{:?}", t.explained(&plan));
            // Ordered and limited: the keys of the rows are the same, in the same order.
            let width = plan.types().len();
            let keys: Vec<_> = order.iter().map(|(k, d)| by(col(*k as usize % width), *d)).collect();
            let plan = limit(sort(plan, keys.clone()), count, count / 3);
            let key_of = |rows: Rows| -> Vec<String> {
                let of = |r: &Vec<Value>| {
                    let key = |k: &crate::sql::plan::SortKey| match &k.expr {
                        Expr::Column { index, .. } => r[*index].clone(),
                        _ => Value::Null,
                    };
                    alloc::format!("{:?}", keys.iter().map(key).collect::<Vec<_>>())
                };
                rows.iter().map(of).collect()
            };
            let want = key_of(t.run(&plan));
            prop_assert_eq!(key_of(t.run(&t.optimized(&plan))), want, "{:?}", t.explained(&plan));
        }
    }
}
