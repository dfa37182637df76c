//! Searching in and comparing strings. Positions count characters, from 1; 0 is "not found".

use super::ArgKind::{Int, Same, Text};
use super::ScalarFunction;
use super::args::{Args, BOOL, INT, bools, function, ints};
use super::string::split;
use crate::types::{Column, ColumnData};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "INSTR",
        &["STRPOS"],
        (2, 2),
        &[Text],
        INT,
        "Where the second string is in the first.",
        |_, a, _, _, n| ints(n, |i| Some(locate(a.text(0, i), a.text(1, i), 1))),
    ),
    function(
        "LOCATE",
        &["POSITION"],
        (2, 3),
        &[Text, Text, Int],
        INT,
        "Where the first string is in the second, from a position on.",
        |_, a, _, _, n| {
            ints(n, |i| {
                Some(locate(
                    a.text(1, i),
                    a.text(0, i),
                    if a.has(2) { a.int(2, i) } else { 1 },
                ))
            })
        },
    ),
    function(
        "CONTAINS",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether the first string contains the second.",
        |_, a, _, _, n| bools(n, |i| a.text(0, i).contains(a.text(1, i))),
    ),
    function(
        "STARTS_WITH",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether the first string starts with the second.",
        |_, a, _, _, n| bools(n, |i| a.blob(0, i).starts_with(a.blob(1, i))),
    ),
    function(
        "ENDS_WITH",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether the first string ends with the second.",
        |_, a, _, _, n| bools(n, |i| a.blob(0, i).ends_with(a.blob(1, i))),
    ),
    function(
        "STRCMP",
        &[],
        (2, 2),
        &[Text],
        INT,
        "-1, 0 or 1 as the first string sorts before, with or after the second.",
        |_, a, _, _, n| ints(n, |i| Some(a.blob(0, i).cmp(a.blob(1, i)) as i64)),
    ),
    function(
        "FIELD",
        &[],
        (2, usize::MAX),
        &[Same],
        INT,
        "The position of the first argument among the others.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let found = |k: &usize| !a.null(0, i) && !a.null(*k, i) && same(a.arg(0, i), a.arg(*k, i));
                Some((1..a.len()).find(found).unwrap_or(0) as i64)
            })
        },
    )
    .sees_null(),
    function(
        "INTERVAL",
        &[],
        (2, usize::MAX),
        &[super::ArgKind::Double],
        INT,
        "How many of the numbers after the first, which ascend, are not greater than it; -1 of NULL.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let reached = |k: &usize| a.null(*k, i) || a.float(*k, i) <= a.float(0, i);
                let count = (1..a.len()).take_while(reached).count();
                Some(if a.null(0, i) { -1 } else { count as i64 })
            })
        },
    )
    .sees_null(),
    function(
        "FIND_IN_SET",
        &[],
        (2, 2),
        &[Text],
        INT,
        "The position of a string in a comma-separated list.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let (item, list) = (a.text(0, i), a.text(1, i));
                let found = list.split(',').position(|x| x == item && !list.is_empty());
                Some(found.map_or(0, |p| p as i64 + 1))
            })
        },
    ),
    function(
        "GLOB",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether the second string matches the pattern: * ? [a-z] [^a-z], as in SQLite.",
        |_, a, _, _, n| bools(n, |i| glob(a.text(0, i), a.text(1, i))),
    ),
];

fn locate(s: &str, what: &str, from: i64) -> i64 {
    if from < 1 || from - 1 > s.chars().count() as i64 {
        return 0;
    }
    let (skipped, rest) = split(s, from - 1);
    match rest.find(what) {
        None => 0,
        Some(at) => {
            let before = skipped.len() + at;
            s.get(..before).map_or(0, |b| b.chars().count() as i64 + 1)
        }
    }
}

/// Whether two values of one type are equal.
fn same(a: (Option<&Column>, usize), b: (Option<&Column>, usize)) -> bool {
    let ((Some(a), i), (Some(b), j)) = (a, b) else {
        return false;
    };
    match (a.data(), b.data()) {
        (ColumnData::I64(a), ColumnData::I64(b)) => a.get(i) == b.get(j),
        (ColumnData::F64(a), ColumnData::F64(b)) => a.get(i) == b.get(j),
        (ColumnData::Decimal(a), ColumnData::Decimal(b)) => a.get(i) == b.get(j),
        (ColumnData::Bytes(a), ColumnData::Bytes(b)) => a.get(i) == b.get(j),
        _ => false,
    }
}

/// One step of a pattern: whether it takes the character, and the rest of the pattern.
fn glob_one(pattern: &str, c: char) -> Option<&str> {
    let mut chars = pattern.chars();
    match chars.next()? {
        '?' => Some(chars.as_str()),
        '[' => {
            let body = chars.as_str();
            let (negated, body) = body.strip_prefix('^').map_or((false, body), |b| (true, b));
            // A bracket right at the start is a member.
            let close = body.char_indices().skip(1).find(|(_, c)| *c == ']')?.0;
            let (set, rest) = (body.get(..close)?, body.get(close + 1..)?);
            let (mut members, mut hit) = (set.chars().peekable(), false);
            while let Some(from) = members.next() {
                let mut ahead = members.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('-'), Some(to)) => {
                        hit |= (from..=to).contains(&c);
                        members = ahead;
                    }
                    _ => hit |= from == c,
                }
            }
            (hit != negated).then_some(rest)
        }
        p => (p == c).then_some(chars.as_str()),
    }
}

/// Greedy, going back to the last `*` only.
fn glob(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern, text);
    let mut resume: Option<(&str, &str)> = None;
    loop {
        if let Some(after) = p.strip_prefix('*') {
            resume = Some((after, t));
            p = after;
            continue;
        }
        let mut chars = t.chars();
        match chars.next() {
            None => return p.is_empty(),
            Some(c) => match (glob_one(p, c), resume) {
                (Some(rest), _) => (p, t) = (rest, chars.as_str()),
                (None, Some((after, at))) => {
                    let mut skipped = at.chars();
                    skipped.next();
                    (p, t) = (after, skipped.as_str());
                    resume = Some((p, t));
                }
                (None, None) => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn glob_is_sqlites() {
        for (pattern, text, want) in [
            ("a*c", "abbc", true),
            ("a?c", "abc", true),
            ("A*", "abc", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[]]", "]", true),
            ("*", "", true),
            ("a[", "a[", false),
            ("*b*", "aabaa", true),
            ("", "x", false),
        ] {
            assert_eq!(glob(pattern, text), want, "{text} GLOB {pattern}");
        }
    }
}
