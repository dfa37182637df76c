//! Which foreign keys wait for the commit of their transaction: those that are INITIALLY DEFERRED, and what SET
//! CONSTRAINTS says.

use crate::catalog::{Deferral, ForeignKeyDef};
use alloc::string::String;
use alloc::vec::Vec;

/// The constraints of a transaction.
#[derive(Debug, Clone, Default)]
pub struct ConstraintModes {
    /// Whether any may wait: in a transaction of several statements.
    waiting: bool,
    /// SET CONSTRAINTS ALL: whether all that may wait do.
    all: Option<bool>,
    /// SET CONSTRAINTS name, since then.
    named: Vec<(String, bool)>,
}

impl ConstraintModes {
    /// Of a transaction in which constraints may wait for its commit.
    pub(super) fn waiting() -> ConstraintModes {
        ConstraintModes {
            waiting: true,
            ..ConstraintModes::default()
        }
    }

    /// SET CONSTRAINTS names, none of them: ALL.
    pub fn set(&mut self, names: &[String], deferred: bool) {
        if names.is_empty() {
            self.all = Some(deferred);
            self.named.clear();
        }
        for name in names {
            self.named.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
            self.named.push((name.clone(), deferred));
        }
    }

    /// Whether a foreign key waits for the commit.
    pub(super) fn waits(&self, foreign: &ForeignKeyDef) -> bool {
        let named = self
            .named
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(&foreign.name));
        let initially = foreign.deferral == Deferral::Deferred;
        let deferred = named.map(|(_, d)| *d).or(self.all).unwrap_or(initially);
        self.waiting && deferred && foreign.deferral != Deferral::NotDeferrable
    }
}
