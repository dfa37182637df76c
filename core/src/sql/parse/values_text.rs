//! The rows of an INSERT as text: `(1, 'a'), (2, NULL), …`, read without a syntax tree.
//!
//! Invariant: every row has as many literals as the first, and nothing but literals.

use super::lexeme::{Lexemes, LiteralText};

/// A VALUES list of literals.
#[derive(Debug, Clone, Copy)]
pub struct ValuesText<'a> {
    text: Lexemes<'a>,
    start: usize,
    end: usize,
    width: usize,
    rows: usize,
}

impl<'a> ValuesText<'a> {
    /// The list that starts at `start`; `None` if it is none.
    pub(super) fn of(text: Lexemes<'a>, start: usize) -> Option<ValuesText<'a>> {
        let mut values = ValuesText {
            text,
            start,
            end: start,
            width: 0,
            rows: 0,
        };
        let mut at = start;
        loop {
            let mut width = 0;
            at = row(text, at, |_, _| {
                width += 1;
                Some(())
            })?;
            if values.rows == 0 {
                values.width = width;
            } else if values.width != width {
                return None;
            }
            values.rows += 1;
            values.end = at;
            let next = text.skip_blanks(at);
            if text.byte(next) != Some(b',') {
                return Some(values);
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
        self.rows
    }

    /// The byte after the list.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// Hands over every literal with its column, row by row. `None` as soon as `each` says so.
    pub fn for_each(&self, mut each: impl FnMut(usize, LiteralText<'a>) -> Option<()>) -> Option<()> {
        let mut at = self.start;
        for _ in 0..self.rows {
            let end = row(self.text, at, &mut each)?;
            // Past the comma, if one follows.
            at = self.text.skip_blanks(self.text.skip_blanks(end) + 1);
        }
        Some(())
    }
}

/// Reads one row and returns the byte after it.
fn row<'a>(
    text: Lexemes<'a>,
    start: usize,
    mut each: impl FnMut(usize, LiteralText<'a>) -> Option<()>,
) -> Option<usize> {
    if text.byte(start) != Some(b'(') {
        return None;
    }
    let mut at = start + 1;
    let mut column = 0;
    loop {
        let (literal, end) = text.literal(text.skip_blanks(at))?;
        each(column, literal)?;
        column += 1;
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
        let mut all = Vec::new();
        values.for_each(|column, literal| {
            all.push(alloc::format!("{column}:{}", shown(literal)));
            Some(())
        });
        assert_eq!(all, ["0:1", "1:'a''b'", "2:NULL", "0:-2.5", "1:'(),'", "2:true"]);
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
