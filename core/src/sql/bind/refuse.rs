//! Refusing by name what is not offered, at the place where it stands.

pub(super) use super::place::Place;
use crate::catalog::MAX_COLUMNS;
use crate::types::{Error, Position, Result};
use alloc::{format, string::String};

/// The error that a clause is not offered, at the place of a tree.
pub(super) fn unsupported(feature: impl Into<String>, at: &impl Place) -> Error {
    unsupported_at(feature, at.place())
}

/// The error that a clause is not offered.
pub(super) fn unsupported_at(feature: impl Into<String>, position: Option<Position>) -> Error {
    Error::Unsupported {
        feature: feature.into(),
        position,
    }
}

/// Refuses a clause that is present.
pub(super) fn refuse(present: bool, feature: &str, at: &impl Place) -> Result<()> {
    if present {
        Err(unsupported(feature, at))
    } else {
        Ok(())
    }
}

/// Refuses a clause that is present, where its place is not known.
pub(super) fn refuse_at(present: bool, feature: &str, position: Option<Position>) -> Result<()> {
    if present {
        Err(unsupported_at(feature, position))
    } else {
        Ok(())
    }
}

/// Refuses more columns than a table or a result may have.
pub(super) fn limit_columns(count: usize, of: &str, at: &impl Place) -> Result<()> {
    if count > MAX_COLUMNS {
        return Err(invalid(format!("{of} has at most {MAX_COLUMNS} columns"), at));
    }
    Ok(())
}

/// The error that a statement makes no sense.
pub(super) fn invalid(message: impl Into<String>, at: &impl Place) -> Error {
    Error::Invalid {
        message: message.into(),
        position: at.place(),
    }
}
