//! Scripts: statement by statement, with errors at their place in the script.

use crate::Session;
use amphi_core::{Result, session::shift_position, sql::parse::split};

/// Runs the statements of a script in a session.
pub(crate) fn execute(session: &Session, sql: &str) -> Result<()> {
    for statement in split(sql) {
        session
            .execute(statement.text, ())
            .map_err(|e| shift_position(e, statement.position))?;
    }
    Ok(())
}
