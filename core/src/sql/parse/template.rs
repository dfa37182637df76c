//! A statement's text with its literals taken out: texts that differ in literals only share a plan.
//!
//! `SELECT a FROM t WHERE id = 7` becomes the template `SELECT a FROM t WHERE id =  ? ` and the literal `7`.
//! Literals are taken where they are compared with something in WHERE, assigned in UPDATE, or the values
//! of an INSERT; everywhere else they are part of the template, because they may decide on names, types
//! or the shape of a plan there. Where a literal was taken the template has a parameter, so that it parses as
//! the text would.
//!
//! Taking a literal out changes nothing yet: whether the plan of the template is the plan of the text is
//! for binding to decide, which refuses a template it is not sure of. A text without a template, or with
//! a refused one, takes the ordinary way.

use super::lexeme::{Lexemes, LiteralText, is_word_start};
use super::values_text::ValuesText;
use alloc::{string::String, vec::Vec};

/// Most literals taken out of one statement, VALUES lists aside.
const MAX_LITERALS: usize = 64;

/// What a text becomes. The template itself is in the buffer given to [`Template::of`].
#[derive(Debug)]
pub enum Template<'a> {
    /// A statement with these literals, in the order of the parameters.
    Literals(Vec<LiteralText<'a>>),
    /// An INSERT of rows of literals; the template has one row of parameters.
    Values(ValuesText<'a>),
}

/// Where literals may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Region {
    /// Before the clause in which they may.
    Before,
    /// In SET or WHERE.
    Conditions,
    /// Behind it.
    After,
}

/// What stands before the place at hand, as far as it matters to a literal there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Other,
    /// A comparison or an assignment.
    Compare,
    /// BETWEEN, or the AND of one whose lower bound was taken.
    Between,
    /// The word IN.
    In,
    /// The parenthesis of an IN list, or a comma in it.
    Member,
}

struct Reader<'a, 'b> {
    text: Lexemes<'a>,
    /// The template so far, up to `copied`.
    out: &'b mut String,
    copied: usize,
    literals: Vec<LiteralText<'a>>,
}

impl<'a> Template<'a> {
    /// The template of a text, written into `out`. `None` if there is nothing to take out, or the text is
    /// of a form that this does not read.
    pub fn of(sql: &'a str, out: &mut String) -> Option<Template<'a>> {
        out.clear();
        let text = Lexemes { sql };
        let start = text.skip_blanks(0);
        let verb = text.word(start);
        let is = |word: &str| verb.eq_ignore_ascii_case(word);
        let reader = Reader {
            text,
            out,
            copied: 0,
            literals: Vec::new(),
        };
        let at = start + verb.len();
        if is("SELECT") || is("DELETE") {
            reader.conditions("WHERE", at)
        } else if is("UPDATE") {
            reader.conditions("SET", at)
        } else if is("INSERT") || is("REPLACE") {
            reader.insert(at)
        } else {
            None
        }
    }
}

impl<'a> Reader<'a, '_> {
    /// Puts a parameter in the place of the text from `start` to `end`.
    fn take(&mut self, literal: LiteralText<'a>, start: usize, end: usize) -> Option<()> {
        self.out.push_str(self.text.sql.get(self.copied..start)?);
        // Blanks, so that it does not become part of an operator or get a number.
        self.out.push_str(" ? ");
        self.copied = end;
        self.literals.push(literal);
        (self.literals.len() <= MAX_LITERALS).then_some(())
    }

    /// The rest is as it is.
    fn finish(mut self) -> Option<Template<'a>> {
        self.copy_rest()?;
        (!self.literals.is_empty()).then_some(Template::Literals(self.literals))
    }

    fn copy_rest(&mut self) -> Option<()> {
        self.out.push_str(self.text.sql.get(self.copied..)?);
        self.copied = self.text.sql.len();
        Some(())
    }

    /// Whether a literal that ends at `end` is a whole operand.
    fn ends_operand(&self, end: usize) -> bool {
        let at = self.text.skip_blanks(end);
        match self.text.byte(at) {
            None | Some(b')' | b',' | b';') => true,
            Some(_) => {
                const FOLLOWING: [&str; 8] = [
                    "AND",
                    "WHERE",
                    "ORDER",
                    "LIMIT",
                    "GROUP",
                    "HAVING",
                    "RETURNING",
                    "FOR",
                ];
                let word = self.text.word(at);
                FOLLOWING.iter().any(|f| word.eq_ignore_ascii_case(f))
            }
        }
    }

    /// The byte after what starts at `at`, if it is something that holds no literal to be taken: a quoted text
    /// or name, or a single character.
    fn pass(&self, at: usize) -> Option<usize> {
        let next = self.text.byte(at + 1);
        match self.text.byte(at)? {
            b'\'' => self.text.text_end(at),
            b'"' | b'`' => self.text.quoted_name_end(at),
            // Parameters and comments: not worth the care they would take.
            b'?' | b'$' | b':' | b'@' | b'#' => None,
            b'-' if next == Some(b'-') => None,
            b'/' if next == Some(b'*') => None,
            // One statement.
            b';' if self.text.skip_blanks(at + 1) < self.text.sql.len() => None,
            b'0'..=b'9' => self.text.number_end(at),
            _ => Some(at + 1),
        }
    }

    /// The end of the word at `at`, unless it is the prefix of a literal (`X'…'`).
    fn pass_word(&self, at: usize) -> Option<usize> {
        let end = self.text.word_end(at);
        (self.text.byte(end) != Some(b'\'')).then_some(end)
    }

    /// SELECT, DELETE and UPDATE: literals are taken from `clause` on.
    fn conditions(mut self, clause: &str, mut at: usize) -> Option<Template<'a>> {
        let mut region = Region::Before;
        let mut before = Before::Other;
        let mut depth = 0usize;
        // The depth of the IN list at hand.
        let mut list = None;
        let mut lower_bound = false;
        loop {
            at = self.text.skip_blanks(at);
            let Some(b) = self.text.byte(at) else { break };
            let taken = match (region, before) {
                (Region::Conditions, Before::Compare | Before::Between | Before::Member)
                    if matches!(b, b'0'..=b'9' | b'-' | b'\'') =>
                {
                    let constant = self.text.constant(at);
                    constant.filter(|(_, end)| self.ends_operand(*end))
                }
                _ => None,
            };
            if let Some((literal, end)) = taken {
                self.take(literal, at, end)?;
                lower_bound = before == Before::Between && !lower_bound;
                before = Before::Other;
                at = end;
                continue;
            }
            if is_word_start(b) {
                let end = self.pass_word(at)?;
                let word = self.text.sql.get(at..end)?;
                at = end;
                let is = |w: &str| word.eq_ignore_ascii_case(w);
                before = Before::Other;
                match region {
                    Region::Before => {
                        if depth == 0 && is(clause) {
                            region = Region::Conditions;
                        }
                    }
                    Region::Conditions => {
                        if is("AND") {
                            if lower_bound {
                                before = Before::Between;
                            }
                        } else if is("BETWEEN") {
                            before = Before::Between;
                            lower_bound = false;
                        } else if is("IN") {
                            before = Before::In;
                        } else if is("OR") {
                            // Alternatives with equal literals are planned otherwise than with different ones.
                            return None;
                        } else {
                            const ENDS: [&str; 11] = [
                                "SELECT",
                                "GROUP",
                                "HAVING",
                                "ORDER",
                                "LIMIT",
                                "RETURNING",
                                "UNION",
                                "EXCEPT",
                                "INTERSECT",
                                "WINDOW",
                                "FOR",
                            ];
                            if ENDS.iter().any(|e| is(e)) {
                                region = Region::After;
                            }
                        }
                    }
                    Region::After => {}
                }
                continue;
            }
            let was = before;
            before = Before::Other;
            match b {
                b'(' => {
                    depth += 1;
                    if was == Before::In {
                        list = Some(depth);
                        before = Before::Member;
                    }
                }
                b')' => {
                    if list == Some(depth) {
                        list = None;
                    }
                    depth = depth.checked_sub(1)?;
                }
                b',' if list == Some(depth) => before = Before::Member,
                b'<' | b'>' | b'=' | b'!' => {
                    let rest = self.text.sql.as_bytes().get(at..)?;
                    let sign = |b: &u8| matches!(b, b'<' | b'>' | b'=' | b'!');
                    let n = rest.iter().position(|b| !sign(b)).unwrap_or(rest.len());
                    if matches!(
                        rest.get(..n)?,
                        b"=" | b"<" | b">" | b"<=" | b">=" | b"<>" | b"!=" | b"<=>"
                    ) {
                        before = Before::Compare;
                    }
                    at += n;
                    continue;
                }
                _ => {}
            }
            at = self.pass(at)?;
        }
        self.finish()
    }

    /// INSERT and REPLACE … VALUES.
    fn insert(mut self, mut at: usize) -> Option<Template<'a>> {
        loop {
            at = self.text.skip_blanks(at);
            let b = self.text.byte(at)?;
            if !is_word_start(b) {
                at = self.pass(at)?;
                continue;
            }
            let end = self.pass_word(at)?;
            let word = self.text.sql.get(at..end)?;
            at = end;
            if word.eq_ignore_ascii_case("VALUES") {
                break;
            }
            if word.eq_ignore_ascii_case("SELECT") || word.eq_ignore_ascii_case("SET") {
                return None;
            }
        }
        let start = self.text.skip_blanks(at);
        if let Some(values) = ValuesText::of(self.text, start) {
            self.out.push_str(self.text.sql.get(..start)?);
            self.out.push('(');
            (0..values.width()).for_each(|i| self.out.push_str(if i == 0 { "?" } else { ",?" }));
            self.out.push(')');
            self.copied = values.end();
            self.check_rest(values.end())?;
            self.copy_rest()?;
            return Some(Template::Values(values));
        }
        self.mixed_row(start)
    }

    /// The rest of the text has nothing that stands in the way.
    fn check_rest(&self, mut at: usize) -> Option<()> {
        loop {
            at = self.text.skip_blanks(at);
            match self.text.byte(at) {
                None => return Some(()),
                Some(b) if is_word_start(b) => at = self.pass_word(at)?,
                Some(_) => at = self.pass(at)?,
            }
        }
    }

    /// One row of literals and other expressions.
    fn mixed_row(mut self, start: usize) -> Option<Template<'a>> {
        if self.text.byte(start) != Some(b'(') {
            return None;
        }
        let mut at = start + 1;
        let mut depth = 1usize;
        let mut whole = true; // a value starts here
        while depth > 0 {
            at = self.text.skip_blanks(at);
            let b = self.text.byte(at)?;
            if whole
                && let Some((literal, end)) = self.text.constant(at)
                && matches!(self.text.byte(self.text.skip_blanks(end)), Some(b',' | b')'))
            {
                self.take(literal, at, end)?;
                at = end;
                whole = false;
                continue;
            }
            whole = b == b',' && depth == 1;
            match b {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            at = if is_word_start(b) {
                self.pass_word(at)?
            } else {
                self.pass(at)?
            };
        }
        let next = self.text.skip_blanks(at);
        if self.text.byte(next) == Some(b',') {
            return None; // more rows
        }
        self.check_rest(next)?;
        self.finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use alloc::{format, vec};

    fn number(digits: &str) -> LiteralText<'_> {
        LiteralText::Number {
            digits,
            negative: false,
        }
    }

    fn of(sql: &str) -> Option<(String, Vec<LiteralText<'_>>)> {
        let mut out = String::from("rubbish");
        match Template::of(sql, &mut out)? {
            Template::Literals(literals) => Some((out, literals)),
            Template::Values(_) => None,
        }
    }

    #[test]
    fn literals_beside_comparisons_in_where_are_taken() {
        let (template, literals) =
            of("SELECT 1, 'x' FROM t WHERE a = 7 AND b<> -1.5e3 and `c\"` >= 'it''s' LIMIT 3;").unwrap();
        assert_eq!(
            template,
            "SELECT 1, 'x' FROM t WHERE a =  ?  AND b<>  ?  and `c\"` >=  ?  LIMIT 3;"
        );
        let negative = LiteralText::Number {
            digits: "1.5e3",
            negative: true,
        };
        assert_eq!(literals, [number("7"), negative, LiteralText::Text("it''s")]);
    }

    #[test]
    fn lists_and_ranges_are_taken() {
        let (template, literals) =
            of("DELETE FROM t WHERE a IN (1, 2,x+3, 4) AND b BETWEEN 5 AND 6 AND c BETWEEN d AND 7").unwrap();
        assert_eq!(
            template,
            "DELETE FROM t WHERE a IN ( ? ,  ? ,x+3,  ? ) AND b BETWEEN  ?  AND  ?  AND c BETWEEN d AND 7"
        );
        assert_eq!(literals, ["1", "2", "4", "5", "6"].map(number));
    }

    #[test]
    fn assignments_are_taken() {
        let (template, literals) =
            of("UPDATE t SET a = 1, b = b + 2, c='x' WHERE d = f(3, 4) AND e = 5 ORDER BY 6").unwrap();
        assert_eq!(
            template,
            "UPDATE t SET a =  ? , b = b + 2, c= ?  WHERE d = f(3, 4) AND e =  ?  ORDER BY 6"
        );
        assert_eq!(literals, [number("1"), LiteralText::Text("x"), number("5")]);
    }

    #[test]
    fn what_is_no_whole_operand_stays() {
        for condition in [
            "a = 1 + b",
            "a = 'x' || b",
            "a = 'x' 'y'",
            "a = 1 IS NULL",
            "a = 1 = b",
            "a == 1",
            "a LIKE 'x'",
            "a + 1",
            "a = DATE '2024-01-01'",
            "a = CAST('1' AS INT)",
            "a -1",
            "a IS NULL",
            "a = 'x' COLLATE NOCASE",
        ] {
            let sql = format!("SELECT * FROM t WHERE {condition}");
            assert_eq!(of(&sql), None, "{sql}");
        }
        // A subquery ends it, and so does what follows WHERE.
        for sql in [
            "SELECT * FROM t WHERE a = (SELECT b FROM u WHERE c = 1)",
            "SELECT (SELECT b FROM u WHERE c = 1) FROM t",
            "SELECT * FROM t WHERE a HAVING b = 1",
            "SELECT * FROM t ORDER BY a = 1",
            "SELECT a = 1 FROM t JOIN u ON t.b = 1",
        ] {
            assert_eq!(of(sql), None, "{sql}");
        }
    }

    #[test]
    fn texts_that_need_care_are_left_alone() {
        for sql in [
            "SELECT * FROM t WHERE a = 1 AND b = ?",
            "SELECT * FROM t WHERE a = 1 AND b = :b",
            "SELECT * FROM t WHERE a = 1 -- c",
            "SELECT * FROM t /* c */ WHERE a = 1",
            "SELECT * FROM t WHERE a = 1 # c",
            "SELECT * FROM t WHERE a = 1; SELECT 2",
            "SELECT * FROM t WHERE a = 1 OR b = 2",
            "SELECT * FROM t WHERE a = 'open",
            "SELECT * FROM t WHERE a = 1 AND b = X'00'",
            "SELECT * FROM t WHERE a = 1)",
            "WITH x AS (SELECT 1) SELECT * FROM t WHERE a = 1",
            "EXPLAIN SELECT * FROM t WHERE a = 1",
            "INSERT INTO t SELECT 1",
            "INSERT INTO t SET a = 1",
            "INSERT INTO t VALUES (1, now()), (2, now())",
            "INSERT INTO t VALUES (1, ?)",
            "INSERT INTO t VALUES (1, 2) -- c",
            "INSERT INTO t VALUES (f('x",
            "CREATE TABLE t (a INT)",
            "",
        ] {
            assert_eq!(of(sql), None, "{sql}");
        }
    }

    #[test]
    fn rows_become_one_row_of_parameters_and_keep_what_follows() {
        let mut out = String::new();
        let sql = "insert into t (a, b) values (1, 'x;'), (NULL, -2.5) ON DUPLICATE KEY UPDATE a = 3;";
        let Some(Template::Values(values)) = Template::of(sql, &mut out) else {
            panic!()
        };
        assert_eq!((values.width(), values.rows()), (2, 2));
        assert_eq!(
            out,
            "insert into t (a, b) values (?,?) ON DUPLICATE KEY UPDATE a = 3;"
        );
        let (template, literals) = of("REPLACE INTO t VALUES (1, now(), 'a', (2), b'1 ', -3)")
            .map_or((String::new(), vec![]), |t| t);
        assert_eq!((template.as_str(), literals.len()), ("", 0));
        let (template, literals) = of("REPLACE INTO t VALUES (1, now(2, 3), 'a', (4), - 5, -6)").unwrap();
        assert_eq!(
            template,
            "REPLACE INTO t VALUES ( ? , now(2, 3),  ? , (4), - 5,  ? )"
        );
        assert_eq!(literals.len(), 3);
    }
}
