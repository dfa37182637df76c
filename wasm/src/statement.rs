//! A prepared statement, as JavaScript holds it.

use crate::lease::Lease;
use amphi_core::{Result, session::Prepared};
use std::sync::Arc;
use wasm_bindgen::prelude::wasm_bindgen;

/// A statement to be run many times, in any session of its database. It keeps its plans, which are made anew when the
/// schema has changed.
#[wasm_bindgen]
pub struct Statement {
    prepared: Arc<Prepared>,
    columns: Vec<String>,
}

impl Statement {
    pub(crate) fn new(lease: &mut Lease, sql: &str) -> Result<Statement> {
        let (prepared, columns) = lease.session()?.prepare(sql)?;
        Ok(Statement {
            prepared,
            columns: columns.iter().map(|c| c.name.clone()).collect(),
        })
    }

    pub(crate) fn prepared(&self) -> &Arc<Prepared> {
        &self.prepared
    }

    /// Whether it only reads.
    pub(crate) fn is_query(&self) -> bool {
        !self.columns.is_empty()
    }
}

#[wasm_bindgen]
impl Statement {
    /// Names of the result columns when it was prepared; none if it has no result.
    pub fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    /// Number of parameters.
    #[wasm_bindgen(js_name = parameterCount)]
    pub fn parameter_count(&self) -> usize {
        self.prepared.parsed().parameter_count()
    }
}
