//! Scripts: statement by statement, with errors at their place in the script.

use crate::Session;
use amphi_core::{Error, Result, sql::parse::split, types::Position};

/// Runs the statements of a script in a session.
pub(crate) fn execute(session: &Session, sql: &str) -> Result<()> {
    for statement in split(sql) {
        session
            .execute(statement.text, ())
            .map_err(|e| shift(e, statement.position))?;
    }
    Ok(())
}

/// The error of a statement that starts at `start`, its position counted from the start of the
/// script.
pub fn shift(mut error: Error, start: Position) -> Error {
    if let Error::Syntax { position, .. }
    | Error::Unsupported { position, .. }
    | Error::Unknown { position, .. }
    | Error::AmbiguousColumn { position, .. }
    | Error::Invalid { position, .. } = &mut error
        && let Some(position) = position
    {
        if position.line == 1 {
            position.column = position.column.saturating_add(start.column.saturating_sub(1));
        }
        position.line = position.line.saturating_add(start.line.saturating_sub(1));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_the_start_of_the_script() {
        let at = |line, column| Position { line, column };
        let error = |position| Error::Invalid {
            message: "no".to_owned(),
            position: Some(position),
        };
        assert_eq!(shift(error(at(1, 4)), at(3, 10)).position(), Some(at(3, 13)));
        assert_eq!(shift(error(at(2, 4)), at(3, 10)).position(), Some(at(4, 4)));
    }
}
