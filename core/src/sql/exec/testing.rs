//! Tables and plans to test with: leaves of four rows, in memory or in a store behind a cache of one block.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Env, QueryRun};
use crate::catalog::{Catalog, ColumnDef, IndexColumn, IndexDef, PersistenceConfig, TableDef, TableId};
use crate::host::Host;
use crate::interrupt::{Interrupt, InterruptHandle};
use crate::kv::{Durability, KvBackend, MemoryStore, WriteBatch};
use crate::sql::functions::Aggregate;
use crate::sql::memory::Memory;
use crate::sql::optimize::optimize_with;
use crate::sql::plan::{
    Access, AggregateCall, AggregateOptions, BinaryOp, CompareOp, Expr, Join, JoinKind, Once, OutputColumn,
    Plan, Query, ScanBounds, SortKey, SubPlan,
};
use crate::table::Table;
use crate::table::testing::{SmallTrees, run_on};
use crate::tree::Pins;
use crate::types::{Collation, Column, DataType, Result, Value};
use alloc::{boxed::Box, string::String, sync::Arc, vec, vec::Vec};
use core::ops::Bound;
use core::task::{Context, Poll, Waker};

pub(crate) const BIGINT: DataType = DataType::BIGINT;
pub(crate) const TEXT: DataType = DataType::TEXT;

pub(crate) fn nocase() -> DataType {
    DataType::Text {
        max: None,
        collation: Collation::NoCase,
    }
}

pub(crate) struct TestHost;

impl Host for TestHost {
    fn unix_micros(&self) -> i64 {
        0
    }
    fn monotonic_micros(&self) -> u64 {
        0
    }
    fn random(&self) -> u64 {
        4
    }
}

pub(crate) fn env(params: Vec<Value>) -> Env {
    let host: Arc<dyn Host> = Arc::new(TestHost);
    Env {
        params: params.into(),
        rows: None,
        outer: Vec::new(),
        work_tables: Vec::new(),
        sub_results: Vec::new(),
        now: 0,
        host: host.clone(),
        schema: "main".into(),
        last_insert_id: 0,
        row_count: 0,
        sequences: Default::default(),
        memory: Arc::new(Memory::new(1 << 30)),
        interrupt: Interrupt::new(&InterruptHandle::default(), None, &*host),
        watch: None,
    }
}

pub(crate) type Rows = Vec<Vec<Value>>;

/// Tables in one placement.
pub(crate) struct Tables {
    pub(crate) catalog: Catalog,
    store: MemoryStore,
    trees: SmallTrees,
    persistent: bool,
}

impl Tables {
    /// No tables yet: in memory, and in a store.
    pub(crate) fn both() -> [Tables; 2] {
        [false, true].map(|persistent| Tables {
            catalog: Catalog::new("main"),
            store: MemoryStore::new(),
            trees: SmallTrees::new(),
            persistent,
        })
    }

    /// Adds a table. `indexes`: (columns, negative + 1 for descending; unique).
    pub(crate) fn add(
        &mut self,
        name: &str,
        columns: &[(&str, DataType)],
        row_id_column: Option<usize>,
        indexes: &[(&[i32], bool)],
        rows: &[Vec<Value>],
    ) {
        let id = TableId(self.catalog.tables().count() as u64 + 1);
        let column = |(i, (name, ty)): (usize, &(&str, DataType))| {
            ColumnDef::new(*name, ty.clone(), row_id_column != Some(i))
        };
        let part = |c: &i32| IndexColumn {
            column: if *c < 0 { -*c - 1 } else { *c } as usize,
            descending: *c < 0,
        };
        let index = |(i, (columns, unique)): (usize, &(&[i32], bool))| IndexDef {
            name: alloc::format!("i{i}"),
            columns: columns.iter().map(part).collect(),
            unique: *unique,
            constraint: false,
            filter: None,
            statistics: None,
        };
        let def = TableDef {
            columns: columns.iter().enumerate().map(column).collect(),
            primary_key: row_id_column.into_iter().collect(),
            row_id_column,
            indexes: indexes.iter().enumerate().map(index).collect(),
            persistence: PersistenceConfig {
                persistent: self.persistent,
                ..PersistenceConfig::default()
            },
            ..TableDef::new(id, "main", name)
        };
        let mut table = Table::create(Arc::new(def), &self.trees);
        for (n, row) in rows.iter().enumerate() {
            let values: Vec<Column> = row
                .iter()
                .zip(columns)
                .map(|(v, (_, ty))| {
                    let mut c = Column::new(ty.physical());
                    c.push_value(v, ty).unwrap();
                    c
                })
                .collect();
            let id = row_id_column.map_or(n as i64 + 1, |c| values[c].i64s()[0]);
            let mut pins = Pins::new();
            run_on(&self.store, |missing| {
                table.insert(id, &values, 0, &mut pins, missing)
            })
            .unwrap();
        }
        if self.persistent {
            let mut batch = WriteBatch::default();
            let rows = table.rows.write_dirty(&mut batch).unwrap();
            let indexes: Vec<_> = table
                .indexes
                .iter()
                .map(|i| i.write_dirty(&mut batch).unwrap())
                .collect();
            let mut done = self.store.commit(batch, Durability::Sync);
            let Poll::Ready(Ok(())) = done.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
                panic!("the memory store never waits");
            };
            rows.settle();
            indexes.into_iter().for_each(|i| i.settle());
        }
        self.catalog.put_table(Arc::new(table));
    }

    /// A scan of some columns of a table.
    pub(crate) fn scan(&self, name: &str, columns: &[usize]) -> Plan {
        let table = self.catalog.find("main", name).unwrap();
        Plan::Scan {
            table: table.def.id,
            alias: name.into(),
            columns: columns.to_vec(),
            types: columns.iter().map(|c| table.def.columns[*c].ty.clone()).collect(),
            row_id: false,
            access: Access::Full,
            filter: None,
            key_filters: Vec::new(),
        }
    }

    pub(crate) fn run_query(&self, query: Query, env: Env) -> Result<Rows> {
        let types = query.plan.types();
        let mut run = QueryRun::new(Arc::new(query), &self.catalog, env).unwrap();
        let mut rows = Vec::new();
        while let Some(batch) = run_on(&self.store, |missing| run.step(missing))? {
            let batch = batch.compact();
            assert_eq!(batch.columns.len(), types.len());
            for i in 0..batch.len {
                rows.push(
                    batch
                        .columns
                        .iter()
                        .zip(&types)
                        .map(|(c, ty)| c.value(i, ty))
                        .collect(),
                );
            }
        }
        Ok(rows)
    }

    /// Takes steps until one is ready.
    pub(crate) fn complete<T>(
        &self,
        step: impl FnMut(&mut crate::tree::Missing) -> Poll<Result<T>>,
    ) -> Result<T> {
        run_on(&self.store, step)
    }

    /// The rows of a plan as it is.
    pub(crate) fn run(&self, plan: &Plan) -> Rows {
        self.run_query(query(plan.clone(), Vec::new()), env(Vec::new()))
            .unwrap()
    }

    /// The plan after optimising.
    pub(crate) fn optimized(&self, plan: &Plan) -> Plan {
        let mut query = query(plan.clone(), Vec::new());
        optimize_with(&mut query, &self.catalog);
        assert_eq!(query.plan.types(), plan.types());
        query.plan
    }

    /// How a plan is explained after optimising, without the estimates.
    pub(crate) fn explained(&self, plan: &Plan) -> Vec<String> {
        let query = query(self.optimized(plan), Vec::new());
        let lines = crate::sql::explain::render(
            &crate::sql::plan::Statement::Query(Arc::new(query)),
            &self.catalog,
            crate::sql::plan::ExplainFormat::Text,
        );
        lines
            .iter()
            .map(|l| l.split("  [~").next().unwrap().into())
            .collect()
    }
}

pub(crate) fn query(plan: Plan, sub_plans: Vec<SubPlan>) -> Query {
    let column = |ty: DataType| OutputColumn {
        name: String::new(),
        ty,
        table: None,
    };
    Query {
        columns: plan.types().into_iter().map(column).collect(),
        plan,
        sub_plans,
    }
}

pub(crate) fn int(i: i64) -> Expr {
    Expr::Literal {
        value: Value::Int(i),
        ty: BIGINT,
    }
}

pub(crate) fn text(s: &str) -> Expr {
    Expr::Literal {
        value: Value::Text(s.into()),
        ty: TEXT,
    }
}

pub(crate) fn null() -> Expr {
    Expr::Literal {
        value: Value::Null,
        ty: BIGINT,
    }
}

pub(crate) fn col(index: usize) -> Expr {
    Expr::Column { index, ty: BIGINT }
}

pub(crate) fn col_of(index: usize, ty: DataType) -> Expr {
    Expr::Column { index, ty }
}

pub(crate) fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    Expr::Compare {
        op,
        left: Box::new(left),
        right: Box::new(right),
    }
}

pub(crate) fn eq(left: Expr, right: Expr) -> Expr {
    compare(CompareOp::Eq, left, right)
}

pub(crate) fn and(left: Expr, right: Expr) -> Expr {
    Expr::Binary {
        op: BinaryOp::And,
        left: Box::new(left),
        right: Box::new(right),
        ty: DataType::Bool,
    }
}

pub(crate) fn filter(input: Plan, condition: Expr) -> Plan {
    Plan::Filter {
        input: Box::new(input),
        condition,
    }
}

pub(crate) fn project(input: Plan, exprs: Vec<Expr>) -> Plan {
    Plan::Project {
        input: Box::new(input),
        exprs,
    }
}

pub(crate) fn by(expr: Expr, descending: bool) -> SortKey {
    SortKey {
        expr,
        descending,
        nulls_first: !descending,
    }
}

pub(crate) fn sort(input: Plan, keys: Vec<SortKey>) -> Plan {
    Plan::Sort {
        input: Box::new(input),
        keys,
        limit: None,
    }
}

pub(crate) fn limit(input: Plan, n: i64, offset: i64) -> Plan {
    Plan::Limit {
        input: Box::new(input),
        limit: Some(int(n)),
        offset: Some(int(offset)),
    }
}

/// Rows of integers, `None` for NULL.
pub(crate) fn ints(rows: &[&[Option<i64>]]) -> Rows {
    let value = |v: &Option<i64>| v.map_or(Value::Null, Value::Int);
    rows.iter().map(|r| r.iter().map(value).collect()).collect()
}

/// A plan of literal rows of integers.
pub(crate) fn values(rows: &[&[Option<i64>]]) -> Plan {
    let width = rows.first().map_or(0, |r| r.len());
    Plan::Values {
        rows: rows
            .iter()
            .map(|r| r.iter().map(|v| v.map_or(null(), int)).collect())
            .collect(),
        types: vec![BIGINT; width],
    }
}

/// Rows in an order of their own, to compare results without one.
pub(crate) fn sorted(mut rows: Rows) -> Vec<String> {
    let mut texts: Vec<String> = rows.drain(..).map(|r| alloc::format!("{r:?}")).collect();
    texts.sort();
    texts
}

/// `t (id PRIMARY KEY, grp, name)`, ids 1 to 40, grp = id % 5 but NULL for multiples of 7; indexes on (grp),
/// on (grp DESC, id) and unique on (name).
pub(crate) fn table(tables: &mut Tables) {
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

pub(crate) fn with_access(mut plan: Plan, new: Access) -> Plan {
    if let Plan::Scan { access, .. } = &mut plan {
        *access = new;
    }
    plan
}

pub(crate) fn ids(rows: &Rows) -> Vec<i64> {
    let id = |r: &Vec<Value>| match r.first() {
        Some(Value::Int(i)) => *i,
        other => panic!("{other:?}"),
    };
    rows.iter().map(id).collect()
}

pub(crate) fn unbounded() -> ScanBounds {
    ScanBounds {
        from: Bound::Unbounded,
        to: Bound::Unbounded,
    }
}

pub(crate) fn join(
    kind: JoinKind,
    left: Plan,
    right: Plan,
    equal: Vec<(Expr, Expr)>,
    condition: Option<Expr>,
) -> Plan {
    Plan::Join(Box::new(Join {
        kind,
        left,
        right,
        equal,
        condition,
        told: Vec::new(),
        merge: false,
        once: Once::default(),
    }))
}

pub(crate) fn call(function: Aggregate, arg: Option<Expr>, ty: DataType) -> AggregateCall {
    AggregateCall {
        function,
        args: arg.into_iter().collect(),
        distinct: false,
        order: Vec::new(),
        filter: None,
        options: AggregateOptions::default(),
        ty,
    }
}
