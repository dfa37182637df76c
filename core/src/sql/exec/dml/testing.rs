//! Statements against the table layer's test table, `t (id BIGINT PRIMARY KEY, name TEXT UNIQUE, grp
//! BIGINT)`, in memory and persistent: built by hand, their sources are literal rows.

#![allow(clippy::unwrap_used)]

use super::{DmlResult, DmlRun};
use crate::catalog::{Catalog, TableId};
use crate::host::Host;
use crate::interrupt::{Interrupt, InterruptHandle};
use crate::kv::MemoryStore;
use crate::sql::exec::Env;
use crate::sql::memory::Memory;
use crate::sql::plan::{
    CompareOp, ConflictAction, ConflictClause, ConflictTarget, Delete, Derived, Expr, Insert, InsertSource,
    OutputColumn, Plan, Query, RowCheck, Statement, Update,
};
use crate::table::Check;
use crate::table::testing::{Fixture, ints, run_on, texts};
use crate::txn::{History, Snapshot, Transaction, TransactionOptions};
use crate::types::{Batch, DataType, Result, Value};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec, vec::Vec};
use core::ops::Bound;

pub(super) const TABLE: TableId = TableId(1);

struct NoHost;

impl Host for NoHost {
    fn unix_micros(&self) -> i64 {
        0
    }
    fn monotonic_micros(&self) -> u64 {
        0
    }
    fn random(&self) -> u64 {
        0
    }
}

/// A transaction on the test table, and the store behind it.
pub(super) struct Bench {
    pub(super) txn: Transaction,
    store: MemoryStore,
}

impl Bench {
    /// Rows `1..=rows`, named `k1`, `k2`, …, with grp 0.
    pub(super) fn both(rows: i64) -> [Bench; 2] {
        Fixture::both().map(|mut t| {
            for i in 1..=rows {
                t.insert(i, &[ints(&[i]), texts(&[&format!("k{i}")]), ints(&[0])])
                    .unwrap();
            }
            let mut catalog = Catalog::new("main");
            catalog.put_table(Arc::new(t.table));
            let history = Arc::new(History::new(Snapshot { version: 1, catalog }));
            let mut txn = Transaction::new(history.begin(), TransactionOptions::default());
            txn.begin_statement().unwrap();
            Bench { txn, store: t.store }
        })
    }

    pub(super) fn store(&self) -> &MemoryStore {
        &self.store
    }

    pub(super) fn insert(&mut self, plan: Insert) -> Result<DmlResult> {
        self.run(Statement::Insert(Arc::new(plan)))
    }

    fn run(&mut self, statement: Statement) -> Result<DmlResult> {
        let mut run = DmlRun::new(&statement, self.txn.catalog(), env())?;
        run_on(&self.store, |missing| run.step(&mut self.txn.draft(), missing))
    }

    pub(super) fn update(&mut self, plan: Update) -> Result<DmlResult> {
        self.run(Statement::Update(Arc::new(plan)))
    }

    pub(super) fn delete(&mut self, plan: Delete) -> Result<DmlResult> {
        self.run(Statement::Delete(Arc::new(plan)))
    }

    /// The table's rows as text, `id name grp`; checks its integrity too.
    pub(super) fn rows(&self) -> Vec<String> {
        let table = self.txn.catalog().table(TABLE).unwrap().clone();
        let mut check = Check::new(&table);
        let problems = run_on(&self.store, |missing| check.step(missing)).unwrap();
        assert_eq!(problems, []);
        let mut cursor = table.rows.cursor(Bound::Unbounded, Bound::Unbounded, false);
        let mut rows = Vec::new();
        while let Some(span) = run_on(&self.store, |missing| cursor.next(missing)).unwrap() {
            for row in span.from..span.to {
                let [name, grp] = span.leaf.columns() else {
                    continue;
                };
                let (name, grp) = (
                    name.value(row, &DataType::TEXT),
                    grp.value(row, &DataType::BIGINT),
                );
                rows.push(format!("{} {name} {grp}", span.leaf.row_id(row)));
            }
        }
        rows
    }
}

fn env() -> Env {
    let host: Arc<dyn Host> = Arc::new(NoHost);
    Env {
        params: Arc::default(),
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
        memory: Arc::new(Memory::new(1 << 20)),
        interrupt: Interrupt::new(&InterruptHandle::default(), None, &*host),
        watch: None,
    }
}

pub(super) fn int(i: i64) -> Value {
    Value::Int(i)
}

pub(super) fn text(t: &str) -> Value {
    Value::Text(t.into())
}

fn types() -> Vec<DataType> {
    vec![DataType::BIGINT, DataType::TEXT, DataType::BIGINT]
}

/// Column `index` of a batch whose columns are the table's, any number of times.
pub(super) fn column(index: usize) -> Expr {
    Expr::Column {
        index,
        ty: types()[index % 3].clone(),
    }
}

/// `grp < 10`
pub(super) fn check() -> RowCheck {
    let ten = Expr::Literal {
        value: int(10),
        ty: DataType::BIGINT,
    };
    let condition = Expr::Compare {
        op: CompareOp::Lt,
        left: Box::new(column(2)),
        right: Box::new(ten),
    };
    RowCheck {
        name: "small".into(),
        of_view: false,
        condition,
    }
}

fn query(plan: Plan) -> Query {
    let columns = plan.types().into_iter().map(|ty| OutputColumn {
        name: String::new(),
        ty,
        table: None,
    });
    Query {
        columns: columns.collect(),
        plan,
        sub_plans: Vec::new(),
    }
}

fn values(rows: Vec<Vec<Value>>, types: Vec<DataType>) -> Query {
    let literal = |(i, value): (usize, Value)| Expr::Literal {
        value,
        ty: types[i].clone(),
    };
    let rows = rows
        .into_iter()
        .map(|row| row.into_iter().enumerate().map(literal).collect())
        .collect();
    query(Plan::Values { rows, types })
}

/// INSERT INTO t VALUES …
pub(super) fn insert(rows: Vec<[Value; 3]>, action: Option<ConflictAction>) -> Insert {
    Insert {
        table: TABLE,
        columns: vec![0, 1, 2],
        source: InsertSource::Query(Arc::new(values(
            rows.into_iter().map(Vec::from).collect(),
            types(),
        ))),
        defaults: vec![None, None, None],
        generated: Vec::new(),
        checks: Vec::new(),
        on_conflict: action
            .into_iter()
            .map(|action| ConflictClause {
                target: ConflictTarget::Any,
                action,
            })
            .collect(),
        counts_existing: false,
        returning: None,
    }
}

/// UPDATE t SET `set` = …: each row is (id, name, grp) and the new values.
pub(super) fn update(set: &[usize], rows: Vec<([Value; 3], Vec<Value>)>) -> Update {
    let mut all = types();
    all.push(DataType::BIGINT);
    all.extend(set.iter().map(|s| types()[*s].clone()));
    let row = |(old, new): ([Value; 3], Vec<Value>)| {
        let id = old[0].clone();
        old.into_iter().chain([id]).chain(new).collect()
    };
    Update {
        table: TABLE,
        source: Arc::new(values(rows.into_iter().map(row).collect(), all)),
        set: set.to_vec(),
        derived: Derived::default(),
        checks: Vec::new(),
        ignores: false,
        returning: None,
    }
}

/// DELETE FROM t: the rows of these ids.
pub(super) fn delete(ids: &[i64]) -> Delete {
    let mut all = types();
    all.push(DataType::BIGINT);
    let row = |id: &i64| vec![int(*id), text(&format!("k{id}")), int(0), int(*id)];
    Delete {
        table: TABLE,
        source: Arc::new(values(ids.iter().map(row).collect(), all)),
        returning: None,
    }
}

/// RETURNING name, id
pub(super) fn returning_name_and_id() -> Option<Query> {
    let input = Plan::Values {
        rows: Vec::new(),
        types: types(),
    };
    Some(query(Plan::Project {
        input: Box::new(input),
        exprs: vec![column(1), column(0)],
    }))
}

/// The rows of [`returning_name_and_id`] as text.
pub(super) fn returned(batches: Option<Vec<Batch>>) -> Vec<String> {
    let row = |batch: &Batch, i: usize| {
        let name = batch.column(0).value(i, &DataType::TEXT);
        format!("{name} {}", batch.column(1).value(i, &DataType::BIGINT))
    };
    let batches = batches.unwrap_or_default();
    batches
        .iter()
        .flat_map(|b| (0..b.rows()).map(move |i| row(b, i)))
        .collect()
}
