//! Walking plans to rewrite them.

use crate::sql::plan::Plan;
use crate::types::DataType;
use alloc::vec::Vec;

/// Takes a plan out of its place, to put another there.
pub fn take(plan: &mut Plan) -> Plan {
    core::mem::replace(plan, no_rows(Vec::new()))
}

/// The plan without rows.
pub fn no_rows(types: Vec<DataType>) -> Plan {
    Plan::Values {
        rows: Vec::new(),
        types,
    }
}

/// Whether a plan is literally without rows.
pub fn is_empty(plan: &Plan) -> bool {
    matches!(plan, Plan::Values { rows, .. } if rows.is_empty())
}
