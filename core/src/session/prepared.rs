//! A parsed statement and the plans made of it.
//!
//! A plan is valid for one schema version, one current schema and one list of parameter types. A few are
//! kept, the latest first: sessions that differ in one of them share the statement without planning
//! it anew each time.

use crate::sql::bind::Slot;
use crate::sql::exec::PointRead;
use crate::sql::exec::dml::PointChange;
use crate::sql::parse::Parsed;
use crate::sql::plan::Statement;
use crate::sync::Mutex;
use crate::types::{DataType, Value};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// A plan, and what it was made for.
pub struct Planned {
    /// The catalog's schema version.
    pub schema_version: u64,
    /// The current schema.
    pub schema: Arc<str>,
    /// Types of the parameter values.
    pub types: Vec<DataType>,
    /// The plan.
    pub statement: Statement,
    /// What the literals of a template must be; empty for a statement as it was written.
    pub slots: Vec<Slot>,
    /// The direct way to run a query for one row, if this is one.
    pub point: Option<PointRead>,
    /// The direct way to run a change of one row, if this is one.
    pub change: Option<PointChange>,
}

impl Planned {
    fn is_in(&self, schema_version: u64, schema: &Arc<str>) -> bool {
        self.schema_version == schema_version && (Arc::ptr_eq(&self.schema, schema) || self.schema == *schema)
    }

    fn is_for(&self, values: &[Value]) -> bool {
        self.types.len() == values.len() && self.types.iter().zip(values).all(|(ty, v)| *ty == v.data_type())
    }
}

/// See the module.
pub struct Prepared {
    parsed: Parsed,
    plans: Mutex<Vec<Arc<Planned>>>,
}

impl Prepared {
    /// Plans kept of one statement.
    const PLANS: usize = 4;

    /// A statement without a plan yet.
    pub fn new(parsed: Parsed) -> Prepared {
        Prepared {
            parsed,
            plans: Mutex::new(Vec::new()),
        }
    }

    /// The statement.
    pub fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// The plan for these values, if there is one.
    pub fn plan(&self, schema_version: u64, schema: &Arc<str>, values: &[Value]) -> Option<Arc<Planned>> {
        let plans = self.plans.lock();
        let is_valid = |p: &&Arc<Planned>| p.is_in(schema_version, schema) && p.is_for(values);
        plans.iter().find(is_valid).cloned()
    }

    /// The plan of a template, if there is one: its slots say which literals it is for.
    pub fn template_plan(&self, schema_version: u64, schema: &Arc<str>) -> Option<Arc<Planned>> {
        let plans = self.plans.lock();
        plans.iter().find(|p| p.is_in(schema_version, schema)).cloned()
    }

    /// Whether a plan of it was ever made: then the statement makes sense.
    pub fn is_planned(&self) -> bool {
        !self.plans.lock().is_empty()
    }

    /// Keeps a plan; the oldest goes.
    pub fn keep(&self, planned: Arc<Planned>) {
        let mut plans = self.plans.lock();
        plans.insert(0, planned);
        plans.truncate(Self::PLANS);
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("parsed", &self.parsed)
            .finish_non_exhaustive()
    }
}
