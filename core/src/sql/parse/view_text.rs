//! The text of a view's query, as it stands in the statement that defines the view.
//!
//! A view keeps its query as text. Where the query says `*` the text says the names that the columns have when
//! the view is defined, so that a table's later columns do not become the view's.

use crate::catalog::CheckOption;
use crate::shared_sort::sort_shared;
use alloc::{string::String, vec::Vec};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan};

/// A part of a statement's text, and where it starts there.
#[derive(Debug, Clone)]
pub(in crate::sql) struct ViewText {
    text: String,
    start: Location,
}

/// The byte at which a place of a text that starts at `start` is.
fn offset(text: &str, start: Location, at: Location) -> Option<usize> {
    let line = usize::try_from(at.line.checked_sub(start.line)?).ok()?;
    let first_column = if line == 0 { start.column } else { 1 };
    let column = usize::try_from(at.column.checked_sub(first_column)?).ok()?;
    let begin = match line.checked_sub(1) {
        None => 0,
        Some(n) => text.match_indices('\n').nth(n)?.0.checked_add(1)?,
    };
    let (chars, _) = text.get(begin..)?.char_indices().nth(column)?;
    begin.checked_add(chars)
}

/// Whether the tokens begin to create or alter a view whose definition can be kept as text.
fn defines_view(tokens: &[TokenWithSpan]) -> bool {
    let is = |n: usize, word: &str| {
        matches!(tokens.get(n).map(|t| &t.token),
            Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
    };
    let mut at = 1;
    if is(1, "OR") && is(2, "REPLACE") {
        at = 3;
    }
    while is(at, "ALGORITHM") || is(at, "SQL") {
        at += 3;
    }
    (is(0, "CREATE") || is(0, "ALTER")) && is(at, "VIEW")
}

/// Takes WITH CHECK OPTION off the end of a statement.
fn take_check_option(tokens: &mut Vec<TokenWithSpan>) -> Option<CheckOption> {
    let ends = |words: &[&str]| {
        let end = tokens.iter().rev().zip(words.iter().rev());
        tokens.len() > words.len()
            && end.into_iter().all(|(t, word)| {
                matches!(&t.token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
            })
    };
    let forms: [(&[&str], CheckOption); 3] = [
        (&["WITH", "CHECK", "OPTION"], CheckOption::Cascaded),
        (&["WITH", "CASCADED", "CHECK", "OPTION"], CheckOption::Cascaded),
        (&["WITH", "LOCAL", "CHECK", "OPTION"], CheckOption::Local),
    ];
    let (words, check) = forms.into_iter().find(|(words, _)| ends(words))?;
    tokens.truncate(tokens.len().saturating_sub(words.len()));
    Some(check)
}

impl ViewText {
    /// The text of the query in a statement that defines a view: what follows the first AS that is in no
    /// parentheses. WITH CHECK OPTION behind it is taken out of the tokens.
    pub(super) fn of(sql: &str, tokens: &mut Vec<TokenWithSpan>) -> Option<(ViewText, Option<CheckOption>)> {
        if !defines_view(tokens) {
            return None;
        }
        let check = take_check_option(tokens);
        let mut depth = 0usize;
        let is_as = |t: &TokenWithSpan| {
            match &t.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                Token::Word(w) => return depth == 0 && w.keyword == Keyword::AS && w.quote_style.is_none(),
                _ => {}
            }
            false
        };
        let at = tokens.iter().position(is_as)?;
        let first = tokens.get(at + 1)?.span.start;
        ViewText::cut(sql, first, tokens.last()?.span.end).map(|text| (text, check))
    }

    /// The part of `sql` from one place up to another.
    pub(super) fn cut(sql: &str, start: Location, end: Location) -> Option<ViewText> {
        let first = Location { line: 1, column: 1 };
        let from = offset(sql, first, start)?;
        // The end of the text is no character's place.
        let to = offset(sql, first, end).unwrap_or(sql.len());
        let text = String::from(sql.get(from..to)?);
        Some(ViewText { text, start })
    }

    /// The text.
    pub(in crate::sql) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text with other words in the places of stars. `None` if there is no star in one of the places.
    pub(in crate::sql) fn with_names(&self, stars: &[(Location, String)]) -> Option<String> {
        let mut places = stars
            .iter()
            .map(|(at, names)| offset(&self.text, self.start, *at).map(|at| (at, names)))
            .collect::<Option<alloc::vec::Vec<_>>>()?;
        sort_shared(&mut places, Ord::cmp);
        places.dedup();
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for (at, names) in places {
            let rest = self.text.get(at..)?.strip_prefix('*')?;
            out.push_str(self.text.get(done..at)?);
            out.push_str(names);
            done = self.text.len() - rest.len();
        }
        out.push_str(self.text.get(done..)?);
        Some(out)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(line: u64, column: u64) -> Location {
        Location { line, column }
    }

    #[test]
    fn stars_become_names_wherever_they_stand() {
        let sql = "CREATE VIEW v AS SELECT 'ä', *,\n  u.*\nFROM t, u";
        let text = ViewText::cut(sql, at(1, 18), at(3, 10)).unwrap();
        assert_eq!(text.with_names(&[]).unwrap(), "SELECT 'ä', *,\n  u.*\nFROM t, u");
        let names = [(at(2, 5), "c, u.d".into()), (at(1, 30), "a, b".into())];
        assert_eq!(
            text.with_names(&names).unwrap(),
            "SELECT 'ä', a, b,\n  u.c, u.d\nFROM t, u"
        );
        assert_eq!(text.with_names(&[(at(1, 18), "a".into())]), None);
        assert_eq!(text.with_names(&[(at(9, 1), "a".into())]), None);
        assert_eq!(text.with_names(&[(at(1, 1), "a".into())]), None);
    }
}
