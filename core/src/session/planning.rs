//! Plans of statements, and the version of the database they are made for and run on.

use super::names::Names;
use super::prepared::{Place, Planned, Prepared};
use super::session::Session;
use crate::catalog::{Catalog, ViewKey};
use crate::sql::bind::{self, BindContext};
use crate::sql::exec::dml::PointChange;
use crate::sql::exec::{PointRead, RangeRead};
use crate::sql::optimize;
use crate::sql::parse::{self, Parsed};
use crate::sql::plan::{OutputColumn, Statement};
use crate::txn::{Snapshot, Transaction};
use crate::types::{DataType, Error, Result, Value};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What a statement sees now.
pub(super) enum View<'a> {
    Transaction(&'a Transaction),
    Snapshot(Arc<Snapshot>),
    /// With the temporary tables of the session.
    Own(Catalog),
}

impl View<'_> {
    pub(super) fn catalog(&self) -> &Catalog {
        match self {
            View::Transaction(t) => t.catalog(),
            View::Snapshot(s) => &s.catalog,
            View::Own(catalog) => catalog,
        }
    }
}

impl Session {
    /// Parses and binds a statement without running it. Returns it, to be run many times, and its result
    /// columns (none if it has no result). Parameters are taken as NULL.
    ///
    /// # Errors
    /// Those of parsing and binding; [`Error::Invalid`] if the text is not one statement.
    pub fn prepare(&mut self, sql: &str) -> Result<(Arc<Prepared>, Arc<[OutputColumn]>)> {
        self.settle()?;
        let prepared = match self.shared.plans.get(sql) {
            Some(prepared) => prepared,
            None => {
                let mut parsed = parse::parse(sql)?;
                let (Some(one), true) = (parsed.pop(), parsed.is_empty()) else {
                    return Err(Error::invalid("prepare takes one statement"));
                };
                Arc::new(Prepared::new(one))
            }
        };
        let parsed = prepared.parsed();
        let types = alloc::vec![DataType::Null; parsed.value_count()];
        let columns = match self.bind(&self.catalog(), parsed, &types)?.0 {
            Statement::Query(q) | Statement::LockingQuery(q) => q.columns.clone(),
            _ => Arc::default(),
        };
        Ok((prepared, columns))
    }

    /// The catalog a statement sees now.
    pub(super) fn catalog(&self) -> Catalog {
        match &self.transaction {
            Some(t) => t.catalog().clone(),
            None => {
                let mut catalog = self.shared.engine.history().current().catalog.clone();
                if !self.temporary.is_empty() {
                    catalog.set_temporary_tables(&self.temporary);
                }
                catalog
            }
        }
    }

    /// As [`Session::catalog`], without a copy.
    pub(super) fn view(&self) -> View<'_> {
        match &self.transaction {
            Some(t) => View::Transaction(t),
            None if !self.temporary.is_empty() => View::Own(self.catalog()),
            None => View::Snapshot(self.shared.engine.history().current()),
        }
    }

    /// The plan of a statement for these values: a valid one it has, or a new one.
    pub(super) fn plan(
        &self,
        prepared: &Prepared,
        values: &[Value],
        catalog: &Catalog,
    ) -> Result<Arc<Planned>> {
        let schema_version = catalog.schema_version();
        if let Some(planned) = prepared.plan(schema_version, &self.place(), values) {
            return Ok(planned);
        }
        let types: Vec<DataType> = values.iter().map(Value::data_type).collect();
        let (statement, views) = self.bind(catalog, prepared.parsed(), &types)?;
        let planned = Planned {
            views,
            ..self.planned(statement, types, catalog)
        };
        let planned = Arc::new(planned);
        prepared.keep(planned.clone());
        Ok(planned)
    }

    /// A plan with what it is valid for.
    pub(super) fn planned(&self, statement: Statement, types: Vec<DataType>, catalog: &Catalog) -> Planned {
        let (mut point, mut range) = (None, None);
        if let Statement::Query(query) = &statement {
            point = PointRead::of(query, catalog);
            if point.is_none() {
                range = RangeRead::of(query, catalog);
            }
        }
        Planned {
            schema_version: catalog.schema_version(),
            schema: self.schema.clone(),
            time_zone: self.time_zone.as_ref().map(|z| z.name().clone()),
            types,
            slots: Vec::new(),
            change: PointChange::of(&statement, catalog),
            statement,
            views: Arc::default(),
            point,
            range,
        }
    }

    /// What its plans depend on.
    pub(super) fn place(&self) -> Place<'_> {
        Place {
            schema: &self.schema,
            time_zone: self.time_zone.as_ref().map(|z| z.name()),
        }
    }

    /// The plan of a statement, and the views whose texts are part of it.
    pub(super) fn bind(
        &self,
        catalog: &Catalog,
        parsed: &Parsed,
        types: &[DataType],
    ) -> Result<(Statement, Arc<[ViewKey]>)> {
        let names = Names(catalog, &self.shared.functions, self.foreign_key_checks);
        let context = BindContext {
            source: &names,
            schema: &self.schema,
            params: types,
        };
        let (mut statement, views) = bind::bind_naming_views(parsed, &context)?;
        if let Some(zone) = &self.time_zone {
            bind::in_time_zone(&mut statement, zone);
        }
        self.optimize(&mut statement, &names);
        Ok((statement, views))
    }

    pub(super) fn optimize(&self, statement: &mut Statement, names: &Names<'_>) {
        for query in statement.queries_mut() {
            optimize::optimize(query, names);
        }
        if let Some(returning) = statement.returning_mut() {
            optimize::optimize_returning(returning, names);
        }
    }
}
