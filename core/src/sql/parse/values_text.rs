//! The rows of an INSERT as text: `(1, 'a'), (2, NULL), …`, read without a syntax tree.
//!
//! Invariant: every row has as many literals as the first, and nothing but literals.

use super::lexeme::{Lexemes, LiteralText};
use alloc::vec::Vec;

/// A VALUES list of literals.
#[derive(Debug, Clone)]
pub struct ValuesText<'a> {
    text: Lexemes<'a>,
    /// Start and end of every literal, row by row.
    literals: Vec<(u32, u32)>,
    end: usize,
    width: usize,
}

impl<'a> ValuesText<'a> {
    /// The list that starts at `start`; `None` if it is none.
    pub(super) fn of(text: Lexemes<'a>, start: usize) -> Option<ValuesText<'a>> {
        u32::try_from(text.sql.len()).ok()?;
        let mut literals = Vec::new();
        let mut width = 0;
        let mut at = start;
        loop {
            let before = literals.len();
            at = row(text, at, &mut literals)?;
            if before == 0 {
                width = literals.len();
                // Most rows are about as long as the first.
                let rows = (text.sql.len() - start) / (at - start).max(1);
                literals.reserve(width.saturating_mul(rows));
            } else if literals.len() - before != width {
                return None;
            }
            let next = text.skip_blanks(at);
            if text.byte(next) != Some(b',') {
                return Some(ValuesText {
                    text,
                    literals,
                    end: at,
                    width,
                });
            }
            at = text.skip_blanks(next + 1);
        }
    }

    /// Literals of each row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows, at least one.
    pub fn rows(&self) -> usize {
        self.literals.len() / self.width.max(1)
    }

    /// The byte after the list.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// The rows, each as its literals.
    pub fn each_row(&self) -> impl Iterator<Item = impl Iterator<Item = LiteralText<'a>> + '_> + '_ {
        let literal = |(start, end): &(u32, u32)| self.text.literal_in(*start as usize, *end as usize);
        let rows = self.literals.chunks(self.width.max(1));
        rows.map(move |row| row.iter().map(literal))
    }
}

/// Reads one row and returns the byte after it.
fn row(text: Lexemes<'_>, start: usize, literals: &mut Vec<(u32, u32)>) -> Option<usize> {
    if text.byte(start) != Some(b'(') {
        return None;
    }
    let mut at = start + 1;
    loop {
        let start = text.skip_blanks(at);
        let end = text.literal_end(start)?;
        literals.push((start as u32, end as u32)); // the text is shorter than 2^32
        let next = text.skip_blanks(end);
        at = next + 1;
        match text.byte(next)? {
            b',' => {}
            b')' => return Some(at),
            _ => return None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::{string::String, string::ToString, vec::Vec};

    fn shown(literal: LiteralText<'_>) -> String {
        match literal {
            LiteralText::Null => "NULL".to_string(),
            LiteralText::Bool(b) => b.to_string(),
            LiteralText::Number { digits, negative } => {
                alloc::format!("{}{digits}", if negative { "-" } else { "" })
            }
            LiteralText::Text(t) => alloc::format!("'{t}'"),
        }
    }

    #[test]
    fn rows_of_literals_are_read_in_order() {
        let sql = "(1,'a''b' , null)\n,( -2.5 ,'(),', TRUE) RETURNING a";
        let values = ValuesText::of(Lexemes { sql }, 0).unwrap();
        let rows = values
            .each_row()
            .map(|row| row.map(shown).collect::<Vec<_>>().join(" "));
        assert_eq!(rows.collect::<Vec<_>>(), ["1 'a''b' NULL", "-2.5 '(),' true"]);
        assert_eq!((values.width(), values.rows()), (3, 2));
        assert_eq!(sql.get(values.end()..), Some(" RETURNING a"));
    }

    #[test]
    fn anything_else_is_no_list_of_literals() {
        for sql in [
            "",
            "()",
            "(1",
            "(1,)",
            "(1) , ",
            "(1), (2, 3)",
            "(a)",
            "(1 + 2)",
            "(- 1)",
            "(+1)",
            "(DEFAULT)",
            "('a' 'b')",
            "(NULLIF(1, 2))",
            "(X'00')",
            "ROW(1)",
        ] {
            assert!(ValuesText::of(Lexemes { sql }, 0).is_none(), "{sql}");
        }
    }
}
