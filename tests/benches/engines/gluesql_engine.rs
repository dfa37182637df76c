//! GlueSQL over its memory storage. It has no statements that stay prepared and no transactions in
//! memory: each statement is text, or text with parameters.

use crate::{
    engine::{Engine, Kind, Prepared},
    rows::Row,
};
use gluesql_core::{
    prelude::{Glue, Payload},
    translate::{IntoParamLiteral, ParamLiteral},
};
use gluesql_memory_storage::MemoryStorage;
use std::{cell::RefCell, hint::black_box};

pub const NAME: &str = "GlueSQL";

/// Most rows it is measured with: beyond, it takes longer than all others together.
pub const MOST_ROWS: usize = 100_000;

/// A GlueSQL database in memory.
pub struct GlueSql {
    glue: RefCell<Glue<MemoryStorage>>,
}

pub fn memory() -> GlueSql {
    GlueSql {
        glue: RefCell::new(Glue::new(MemoryStorage::default())),
    }
}

impl GlueSql {
    fn with(&self, sql: &str, params: Vec<ParamLiteral>) -> usize {
        let payloads = self.glue.borrow_mut().execute_with_params(sql, params).unwrap();
        let rows = match payloads.first() {
            Some(Payload::Select { rows, .. }) => rows.len(),
            Some(Payload::Update(n) | Payload::Delete(n) | Payload::Insert(n)) => *n,
            _ => 0,
        };
        black_box(payloads);
        rows
    }
}

impl Engine for GlueSql {
    fn create(&self, table: &str) {
        self.run(&format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, a INTEGER, b FLOAT, c TEXT)"
        ));
    }

    fn run(&self, sql: &str) {
        self.with(sql, Vec::new());
    }

    fn query(&self, sql: &str, _: &[Kind]) -> usize {
        self.with(sql, Vec::new())
    }

    fn prepare<'a>(&'a self, sql: &str, _: &'a [Kind]) -> Box<dyn Prepared + 'a> {
        Box::new(GlueStatement {
            engine: self,
            sql: sql.replace('?', "$"),
        })
    }

    fn begin(&self) {}

    fn commit(&self) {}
}

struct GlueStatement<'a> {
    engine: &'a GlueSql,
    sql: String,
}

fn numbers(params: &[i64]) -> Vec<ParamLiteral> {
    params.iter().map(|n| n.into_param_literal()).collect()
}

impl Prepared for GlueStatement<'_> {
    fn insert(&mut self, row: &Row) {
        let params = vec![
            row.id.into_param_literal(),
            row.a.into_param_literal(),
            row.b.into_param_literal(),
            row.c.as_str().into_param_literal(),
        ];
        self.engine.with(&self.sql, params);
    }

    fn execute(&mut self, params: &[i64]) -> usize {
        self.engine.with(&self.sql, numbers(params))
    }

    fn query(&mut self, params: &[i64]) -> usize {
        self.engine.with(&self.sql, numbers(params))
    }
}
