//! Statements in colour.

use crate::keywords::is_keyword;
use amphi::core::sql::parse::{PieceKind, pieces};
use std::fmt::Write;

const BOLD_BLUE: &str = "\x1b[1;34m";
const GREEN: &str = "\x1b[32m";
const CYAN: &str = "\x1b[36m";
const YELLOW: &str = "\x1b[33m";
const GREY: &str = "\x1b[90m";
const PLAIN: &str = "\x1b[0m";

/// The text with the codes of a terminal around its keywords, texts, numbers, parameters and comments; a
/// command as one piece.
pub fn highlight(line: &str) -> String {
    if line.trim_start().starts_with('.') {
        return format!("{BOLD_BLUE}{line}{PLAIN}");
    }
    let mut shown = String::with_capacity(line.len() * 2);
    let mut end = 0;
    for piece in pieces(line) {
        let between = line.get(end..piece.bytes.start).unwrap_or_default();
        let text = line.get(piece.bytes.clone()).unwrap_or_default();
        end = piece.bytes.end;
        let colour = match piece.kind {
            PieceKind::Word if is_keyword(text) => BOLD_BLUE,
            PieceKind::Text => GREEN,
            PieceKind::Number => CYAN,
            PieceKind::Parameter => YELLOW,
            PieceKind::Comment => GREY,
            PieceKind::Word | PieceKind::QuotedName | PieceKind::Sign => "",
        };
        // Writing to a string does not fail.
        let _ = match colour {
            "" => write!(shown, "{between}{text}"),
            colour => write!(shown, "{between}{colour}{text}{PLAIN}"),
        };
    }
    shown.push_str(line.get(end..).unwrap_or_default());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_codes(shown: &str) -> String {
        let mut parts = shown.split("\x1b[");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            text + part.split_once('m').map_or("", |(_, rest)| rest)
        })
    }

    #[test]
    fn kinds_have_their_colours() {
        let shown = highlight("select `from`, 'x', 1.5, ? -- end");
        let expected = format!(
            "{BOLD_BLUE}select{PLAIN} `from`, {GREEN}'x'{PLAIN}, {CYAN}1.5{PLAIN}, {YELLOW}?{PLAIN} {GREY}-- end{PLAIN}"
        );
        assert_eq!(shown, expected);
        assert_eq!(highlight(".tables"), format!("{BOLD_BLUE}.tables{PLAIN}"));
    }

    #[test]
    fn nothing_but_codes_is_added() {
        for line in [
            "",
            "  select\n 'ü' ; ",
            "select 'open",
            "select `open",
            "/* open",
            "a ~ £ \u{1} x",
            "insert into t values (1e, 0x, x'0",
        ] {
            assert_eq!(without_codes(&highlight(line)), line);
        }
    }
}
