//! What a word that is being typed may become: keywords, functions, tables and columns in a statement;
//! names, tables and words of their own in a command.

use crate::{
    commands::{COMMANDS, Words},
    keywords::{KEYWORDS, is_keyword},
};
use amphi::{
    Session,
    core::sql::{
        functions::{Aggregate, functions},
        parse::{Piece, PieceKind, pieces},
    },
};
use std::collections::BTreeSet;

/// Tables and views with their columns, as they are now.
#[derive(Debug, Default)]
pub struct Names {
    tables: Vec<(String, Vec<String>)>,
}

/// What the bytes from `start` to the cursor may become.
#[derive(Debug, PartialEq, Eq)]
pub struct Completion {
    /// Where the word starts.
    pub start: usize,
    /// The whole words, in order, each once.
    pub words: Vec<String>,
    /// Whether they are names of files, which are not for this module to find.
    pub files: bool,
}

impl Completion {
    fn of(start: usize, words: impl IntoIterator<Item = String>) -> Completion {
        let words: BTreeSet<String> = words.into_iter().collect();
        Completion {
            start,
            words: words.into_iter().collect(),
            files: false,
        }
    }
}

impl Names {
    /// Those of the session's current schema. What cannot be read is not completed.
    pub fn read(session: &Session) -> Names {
        let mut names = Names::default();
        let tables = session.query("SHOW TABLES", ()).map(|rows| {
            rows.filter_map(|row| row.ok()?.get::<String>(0).ok())
                .collect::<Vec<_>>()
        });
        for table in tables.unwrap_or_default() {
            names.tables.push((table, Vec::new()));
        }
        let columns = "SELECT table_name, column_name FROM information_schema.columns \
                       WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position";
        for row in session.query(columns, ()).into_iter().flatten().flatten() {
            let (Ok(table), Ok(column)) = (row.get::<String>(0), row.get::<String>(1)) else {
                continue;
            };
            if let Some((_, columns)) = names.tables.iter_mut().find(|(name, _)| *name == table) {
                columns.push(column);
            }
        }
        names
    }

    fn columns(&self, table: &str) -> Option<&[String]> {
        let found = self
            .tables
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(table));
        found.map(|(_, columns)| columns.as_slice())
    }

    fn all_tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|(name, _)| name.as_str())
    }
}

/// What may stand at the cursor, at byte `at` of the text.
pub fn complete(text: &str, at: usize, names: &Names) -> Completion {
    let before = text.get(..at).unwrap_or(text);
    if before.trim_start().starts_with('.') {
        return complete_command(before, names);
    }
    let typed = pieces(before);
    let (start, prefix, rest) = match typed.split_last() {
        Some((last, rest)) if last.bytes.end == at => match last.kind {
            PieceKind::Word => (last.bytes.start, &before[last.bytes.clone()], rest),
            PieceKind::QuotedName => (last.bytes.start, &before[last.bytes.start + 1..], rest),
            PieceKind::Sign => (at, "", typed.as_slice()),
            _ => return Completion::of(at, []),
        },
        _ => (at, "", typed.as_slice()),
    };
    let is_quoted = before[start..].starts_with(['`', '"']);
    let fits = |word: &str| {
        let head = word.get(..prefix.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    let named = |names: &[String]| -> Vec<String> {
        let fitting = names.iter().filter(|n| fits(n));
        fitting.map(|n| written(n, is_quoted)).collect()
    };
    let tables: Vec<String> = names.all_tables().map(str::to_owned).collect();
    // The columns of a table, or of what is called so in the statement.
    if let [.., table, point] = rest
        && &before[point.bytes.clone()] == "."
    {
        let table = plain(&before[table.bytes.clone()]);
        let columns = names.columns(&table).or_else(|| {
            let of = |(alias, of): &(String, String)| {
                alias.eq_ignore_ascii_case(&table).then(|| names.columns(of))?
            };
            aliases(text).iter().find_map(of)
        });
        return Completion::of(start, named(columns.unwrap_or_default()));
    }
    let previous = rest.last().map_or("", |p| &before[p.bytes.clone()]);
    let wants_table = [
        "FROM",
        "JOIN",
        "INTO",
        "UPDATE",
        "TABLE",
        "DESCRIBE",
        "REFERENCES",
        "TRUNCATE",
    ];
    if wants_table.iter().any(|w| w.eq_ignore_ascii_case(previous)) {
        let mut words = named(&tables);
        if !is_quoted && !prefix.is_empty() {
            words.extend(keywords(prefix));
        }
        return Completion::of(start, words);
    }
    if prefix.is_empty() {
        return Completion::of(start, []);
    }
    let mut words = named(&tables);
    let used: Vec<&[String]> = used_tables(text, names);
    let all = names.tables.iter().map(|(_, columns)| columns.as_slice());
    let columns: Vec<&[String]> = if used.is_empty() { all.collect() } else { used };
    words.extend(columns.into_iter().flat_map(named));
    if !is_quoted {
        words.extend(keywords(prefix));
        let scalar = functions().flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().copied()));
        let fitting = scalar.chain(Aggregate::names()).filter(|n| fits(n));
        words.extend(fitting.map(|n| format!("{}(", in_case_of(prefix, n))));
    }
    Completion::of(start, words)
}

fn keywords(prefix: &str) -> impl Iterator<Item = String> {
    let capitals = prefix.to_ascii_uppercase();
    let fitting = KEYWORDS.iter().filter(move |k| k.starts_with(&capitals));
    fitting.map(move |k| in_case_of(prefix, k))
}

/// In small letters if the user writes so.
fn in_case_of(prefix: &str, word: &str) -> String {
    match prefix.contains(|c: char| c.is_ascii_lowercase()) {
        true => word.to_ascii_lowercase(),
        false => word.to_owned(),
    }
}

/// A name as it is written in a statement.
fn written(name: &str, quoted: bool) -> String {
    let is_word = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    match is_word && !quoted && !is_keyword(name) {
        true => name.to_owned(),
        false => crate::import::quoted_name(name),
    }
}

/// A name without its quotes.
fn plain(text: &str) -> String {
    match text.strip_prefix(['`', '"']) {
        Some(inner) => inner.trim_end_matches(['`', '"']).replace("``", "`"),
        None => text.to_owned(),
    }
}

/// Words and quoted names of a text that follow each other directly, as they are written.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pieces = pieces(text);
    let name = |p: &Piece| match p.kind {
        PieceKind::Word | PieceKind::QuotedName => Some(plain(text.get(p.bytes.clone())?)),
        _ => None,
    };
    let mut pairs = Vec::new();
    let mut last: Option<String> = None;
    for piece in &pieces {
        let this = name(piece).filter(|n| !n.eq_ignore_ascii_case("AS"));
        match (last.take(), this) {
            (Some(before), Some(this)) => {
                pairs.push((before, this.clone()));
                last = Some(this);
            }
            (None, this) => last = this,
            // `t AS a`: AS is passed over.
            (before, None) => {
                last = before.filter(|_| piece.kind == PieceKind::Word);
            }
        }
    }
    pairs
}

/// What stands behind a name, with that name: `a` of `t AS a`.
fn aliases(text: &str) -> Vec<(String, String)> {
    let is_alias = |(_, alias): &(String, String)| !is_keyword(alias);
    pairs(text)
        .into_iter()
        .filter(is_alias)
        .map(|(table, alias)| (alias, table))
        .collect()
}

/// The columns of the tables that a text names.
fn used_tables<'a>(text: &str, names: &'a Names) -> Vec<&'a [String]> {
    let words = pieces(text).into_iter().filter(|p| p.kind != PieceKind::Text);
    let mut used = Vec::new();
    for piece in words {
        let columns = text.get(piece.bytes).and_then(|w| names.columns(&plain(w)));
        used.extend(columns);
    }
    used
}

/// In a command, whose line is known up to the cursor.
fn complete_command(before: &str, names: &Names) -> Completion {
    let line = before.trim_start();
    let first = before.len() - line.len();
    let start = before.rfind(char::is_whitespace).map_or(first, |i| i + 1);
    let prefix = before.get(start..).unwrap_or_default();
    if start <= first {
        let all = COMMANDS.iter().map(|c| format!(".{}", c.name));
        return Completion::of(first, all.filter(|name| name.starts_with(prefix)));
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let name = words.first().map_or("", |w| w.trim_start_matches('.'));
    let argument = words.len() - usize::from(!prefix.is_empty()) - 1;
    let Some(command) = COMMANDS.iter().find(|c| c.name == name) else {
        return Completion::of(start, []);
    };
    let fits = |word: &str| {
        let head = word.get(..prefix.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    match command.words.get(argument).or(command.words.last()) {
        Some(Words::Tables) => {
            let fitting = names.all_tables().filter(|n| fits(n));
            Completion::of(start, fitting.map(str::to_owned))
        }
        Some(Words::Of(words)) => {
            let fitting = words.iter().filter(|w| fits(w));
            Completion::of(start, fitting.map(|w| (*w).to_owned()))
        }
        Some(Words::Files) => Completion {
            start,
            words: Vec::new(),
            files: true,
        },
        None => Completion::of(start, []),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let columns = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        Names {
            tables: vec![
                ("customers".to_owned(), columns(&["id", "name", "city"])),
                ("orders".to_owned(), columns(&["id", "customer_id", "order date"])),
            ],
        }
    }

    /// Completes at the `|`.
    fn at(text: &str) -> (String, Vec<String>) {
        let cursor = text.find('|').unwrap_or(text.len());
        let text = text.replacen('|', "", 1);
        let completion = complete(&text, cursor, &names());
        (text[..completion.start].to_owned(), completion.words)
    }

    fn words(text: &str) -> Vec<String> {
        at(text).1
    }

    #[test]
    fn keywords_keep_the_case_they_are_written_in() {
        assert_eq!(words("SEL|"), ["SELECT"]);
        assert_eq!(words("sel|"), ["select"]);
        assert_eq!(
            at("select 1 wher|"),
            ("select 1 ".to_owned(), vec!["where".to_owned()])
        );
    }

    #[test]
    fn tables_follow_from_and_columns_their_table() {
        assert_eq!(words("SELECT * FROM |"), ["customers", "orders"]);
        assert_eq!(
            words("INSERT INTO o|"),
            ["OF", "OFFSET", "OLD", "ON"]
                .map(str::to_lowercase)
                .iter()
                .map(String::as_str)
                .chain(["only", "or", "order", "orders", "outer", "over"])
                .collect::<Vec<_>>()
        );
        assert_eq!(words("SELECT customers.|"), ["city", "id", "name"]);
        assert_eq!(words("SELECT c.n| FROM customers AS c"), ["name"]);
        assert_eq!(words("SELECT c.n| FROM customers c JOIN orders o"), ["name"]);
        assert_eq!(
            words("SELECT o.| FROM customers c JOIN orders o"),
            ["`order date`", "customer_id", "id"]
        );
        assert!(words("SELECT x.|").is_empty());
    }

    #[test]
    fn columns_of_the_tables_in_use_come_with_functions() {
        assert_eq!(words("SELECT cit| FROM customers"), ["city"]);
        assert!(words("SELECT cit| FROM orders").is_empty());
        assert!(words("SELECT levens|").contains(&"levenshtein(".to_owned()));
        assert!(words("SELECT STRING_A|").contains(&"STRING_AGG(".to_owned()));
        assert_eq!(words("SELECT `ord|"), ["`order date`", "`orders`"]);
    }

    #[test]
    fn nothing_is_offered_inside_texts_and_comments() {
        for text in ["SELECT 'sel|", "SELECT 1 -- sel|", "SELECT 12|", "|"] {
            assert!(words(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn commands_have_words_of_their_own() {
        assert_eq!(words(".ti|"), [".timer"]);
        assert_eq!(words(".timer o|"), ["off", "on"]);
        assert_eq!(words(".schema c|"), ["customers"]);
        assert_eq!(words(".persist orders p|"), ["persistent"]);
        assert!(complete(".read x", 7, &names()).files);
        assert_eq!(words(".import data.csv |"), ["customers", "orders"]);
        assert!(words(".tables x|").is_empty());
    }
}
