//! A parsed statement and the plans made of it.
//!
//! A plan is valid for one schema version, one current schema, one time zone and one list of parameter types. A few are
//! kept, the latest first: sessions that differ in one of them share the statement without planning
//! it anew each time.

use crate::catalog::{SchemaVersion, ViewKey};
use crate::sql::bind::Slot;
use crate::sql::exec::dml::PointChange;
use crate::sql::exec::{PointRead, RangeRead};
use crate::sql::parse::Parsed;
use crate::sql::plan::Statement;
use crate::sync::Mutex;
use crate::types::{DataType, Value};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A plan, and what it was made for.
pub struct Planned {
    /// The catalog's schema version.
    pub schema_version: SchemaVersion,
    /// The current schema.
    pub schema: Arc<str>,
    /// The session's time zone, by name; `None`: UTC.
    pub time_zone: Option<Arc<str>>,
    /// Types of the parameter values.
    pub types: Vec<DataType>,
    /// The plan.
    pub statement: Statement,
    /// The views whose texts are part of it.
    pub views: Arc<[ViewKey]>,
    /// What the literals of a template must be; empty for a statement as it was written.
    pub slots: Vec<Slot>,
    /// The direct way to run a query for one row, if this is one.
    pub point: Option<PointRead>,
    /// The direct way to run a query for the rows of a range of keys, if this is one.
    pub range: Option<RangeRead>,
    /// The direct way to run a change of one row, if this is one.
    pub change: Option<PointChange>,
}

/// What of a session plans depend on.
pub(super) struct Place<'a> {
    /// The current schema.
    pub(super) schema: &'a Arc<str>,
    /// The time zone, by name; `None`: UTC.
    pub(super) time_zone: Option<&'a Arc<str>>,
}

impl Planned {
    fn is_in(&self, schema_version: SchemaVersion, place: &Place<'_>) -> bool {
        self.schema_version == schema_version
            && (Arc::ptr_eq(&self.schema, place.schema) || self.schema == *place.schema)
            && self.time_zone.as_ref() == place.time_zone
    }

    /// Whether it is a plan for these values in that place, if the definitions have not changed.
    pub(super) fn is_latest(&self, place: &Place<'_>, values: &[Value]) -> bool {
        self.is_in(self.schema_version, place) && self.is_for(values)
    }

    /// Whether it has a direct way.
    pub(super) fn is_direct(&self) -> bool {
        self.point.is_some() || self.range.is_some() || self.change.is_some()
    }

    fn is_for(&self, values: &[Value]) -> bool {
        self.types.len() == values.len() && self.types.iter().zip(values).all(|(ty, v)| v.has_type(ty))
    }
}

/// See the module.
pub struct Prepared {
    id: u64,
    parsed: Parsed,
    plans: Mutex<Vec<Arc<Planned>>>,
}

impl Prepared {
    /// Plans kept of one statement.
    const PLANS: usize = 4;

    /// A statement without a plan yet.
    pub fn new(parsed: Parsed) -> Prepared {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Prepared {
            id: NEXT.fetch_add(1, Relaxed),
            parsed,
            plans: Mutex::new(Vec::new()),
        }
    }

    /// What tells it from every other statement of the process.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// The statement.
    pub fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// The plan for these values, if there is one.
    pub(super) fn plan(
        &self,
        schema_version: SchemaVersion,
        place: &Place<'_>,
        values: &[Value],
    ) -> Option<Arc<Planned>> {
        let plans = self.plans.lock();
        let is_valid = |p: &&Arc<Planned>| p.is_in(schema_version, place) && p.is_for(values);
        plans.iter().find(is_valid).cloned()
    }

    /// The plan of a template, if there is one: its slots say which literals it is for.
    pub(super) fn template_plan(
        &self,
        schema_version: SchemaVersion,
        place: &Place<'_>,
    ) -> Option<Arc<Planned>> {
        let plans = self.plans.lock();
        plans.iter().find(|p| p.is_in(schema_version, place)).cloned()
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
