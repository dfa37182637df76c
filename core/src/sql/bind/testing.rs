//! A schema for tests, which grows with every CREATE and ALTER that is bound in it.

use super::{BindContext, SchemaSource, bind};
use crate::catalog::{TableDef, TableId, ViewDef};
use crate::sql::parse::{parse_one, split};
use crate::sql::plan::{AlterAction, Expr, Plan, Query, Statement};
use crate::types::{DataType, Error, Result};
use alloc::{format, string::String, sync::Arc, vec, vec::Vec};

/// Tables in the schema `main` and whichever others are made.
pub(super) struct World {
    tables: Vec<Arc<TableDef>>,
    schemas: Vec<String>,
    pub(super) current: String,
    /// What [`SchemaSource::row_count`] answers.
    pub(super) rows: u64,
}

impl SchemaSource for World {
    fn table(&self, schema: &str, name: &str) -> Option<Arc<TableDef>> {
        self.tables
            .iter()
            .find(|t| t.schema.eq_ignore_ascii_case(schema) && t.name.eq_ignore_ascii_case(name))
            .cloned()
    }
    fn permanent_table(&self, schema: &str, name: &str) -> Option<Arc<TableDef>> {
        self.table(schema, name)
    }
    fn view(&self, _: &str, _: &str) -> Option<ViewDef> {
        None
    }
    fn views(&self) -> Vec<ViewDef> {
        Vec::new()
    }
    fn table_by_id(&self, id: TableId) -> Option<Arc<TableDef>> {
        self.tables.iter().find(|t| t.id == id).cloned()
    }
    fn row_count(&self, _: TableId) -> u64 {
        self.rows
    }
    fn schema_exists(&self, name: &str) -> bool {
        self.schemas.iter().any(|s| s.eq_ignore_ascii_case(name))
    }
    fn table_names(&self, schema: &str) -> Vec<String> {
        let of = |t: &&Arc<TableDef>| t.schema.eq_ignore_ascii_case(schema);
        self.tables.iter().filter(of).map(|t| t.name.clone()).collect()
    }
    fn schema_names(&self) -> Vec<String> {
        self.schemas.clone()
    }
}

impl World {
    /// The tables of a script.
    pub(super) fn new(script: &str) -> World {
        let mut world = World {
            tables: Vec::new(),
            schemas: vec![String::from("main")],
            current: String::from("main"),
            rows: 0,
        };
        for s in split(script) {
            world.run(s.text).unwrap();
        }
        world
    }

    pub(super) fn try_bind(&self, sql: &str, params: &[DataType]) -> Result<Statement> {
        let parsed = parse_one(sql)?;
        let cx = BindContext {
            source: self,
            schema: &self.current,
            params,
        };
        bind(&parsed, &cx)
    }

    pub(super) fn bind(&self, sql: &str) -> Statement {
        self.try_bind(sql, &[]).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    pub(super) fn error(&self, sql: &str) -> Error {
        match self.try_bind(sql, &[]) {
            Err(e) => e,
            Ok(_) => panic!("bound: {sql}"),
        }
    }

    pub(super) fn query(&self, sql: &str) -> Query {
        match self.bind(sql) {
            Statement::Query(q) => alloc::sync::Arc::unwrap_or_clone(q),
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// The only expression of a select list.
    pub(super) fn expr(&self, sql: &str) -> Expr {
        match self.query(sql).plan {
            Plan::Project { mut exprs, .. } => exprs.pop().unwrap(),
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// The condition of `SELECT … WHERE …`.
    pub(super) fn condition(&self, sql: &str) -> Expr {
        fn find(plan: Plan) -> Option<Expr> {
            match plan {
                Plan::Filter { condition, .. } => Some(condition),
                Plan::Project { input, .. } | Plan::Sort { input, .. } | Plan::Limit { input, .. } => {
                    find(*input)
                }
                _ => None,
            }
        }
        find(self.query(sql).plan).unwrap_or_else(|| panic!("no WHERE: {sql}"))
    }

    pub(super) fn def(&self, name: &str) -> Arc<TableDef> {
        self.table(&self.current, name)
            .unwrap_or_else(|| panic!("no {name}"))
    }

    /// Binds a statement and changes the schema as it says.
    pub(super) fn run(&mut self, sql: &str) -> Result<Statement> {
        let bound = self.try_bind(sql, &[])?;
        match &bound {
            Statement::CreateTable {
                table, exists: false, ..
            } => {
                let mut def = table.as_ref().clone();
                def.id = TableId(self.tables.len() as u64 + 1);
                for f in def.foreign_keys.iter_mut().filter(|f| f.parent == TableId(0)) {
                    f.parent = def.id;
                }
                self.tables.push(Arc::new(def));
            }
            Statement::CreateSchema(name) => self.schemas.push(name.clone()),
            Statement::Use(name) => self.current = name.clone(),
            Statement::CreateIndex { table, index } => {
                let index = index.clone();
                self.change(*table, |t| t.indexes.push(index.clone()));
            }
            Statement::AlterTable { table, actions } => {
                for a in actions.clone() {
                    match a {
                        AlterAction::AddForeignKey(f) => {
                            self.change(*table, |t| t.foreign_keys.push(f.clone()))
                        }
                        AlterAction::AddIndex {
                            index,
                            primary_key: false,
                        } => self.change(*table, |t| t.indexes.push(index.clone())),
                        AlterAction::SetPersistence(_) => {}
                        other => return Err(Error::unsupported(format!("{other:?} in a test schema"))),
                    }
                }
            }
            _ => {}
        }
        Ok(bound)
    }

    fn change(&mut self, id: TableId, f: impl Fn(&mut TableDef)) {
        let table = self.tables.iter_mut().find(|t| t.id == id).unwrap();
        f(Arc::make_mut(table));
    }
}
