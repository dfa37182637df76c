//! How much two texts are alike.

use super::ArgKind::Text;
use super::ScalarFunction;
use super::args::{Args, DOUBLE, INT, TEXT, floats, function, texts, try_ints};
use crate::types::{Error, Result};
use alloc::{string::String, vec, vec::Vec};

/// The longest text these functions look at, in characters: their work grows with the product of the lengths.
const MAX_CHARS: usize = 10_000;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "LEVENSHTEIN",
        &["EDIT_DISTANCE"],
        (2, 2),
        &[Text],
        INT,
        "The fewest characters to insert, delete or replace to make one text the other.",
        |cx, a, _, _, n| {
            try_ints(n, |i| {
                cx.check_interrupt()?;
                let (x, y) = (characters(a.text(0, i))?, characters(a.text(1, i))?);
                Ok(Some(levenshtein(&x, &y) as i64))
            })
        },
    ),
    function(
        "DAMERAU_LEVENSHTEIN",
        &[],
        (2, 2),
        &[Text],
        INT,
        "As LEVENSHTEIN, where exchanging two neighbours is one step (the optimal string alignment distance).",
        |cx, a, _, _, n| {
            try_ints(n, |i| {
                cx.check_interrupt()?;
                let (x, y) = (characters(a.text(0, i))?, characters(a.text(1, i))?);
                Ok(Some(aligned(&x, &y) as i64))
            })
        },
    ),
    function(
        "HAMMING",
        &["HAMMING_DISTANCE"],
        (2, 2),
        &[Text],
        INT,
        "In how many places two texts of one length differ; NULL if their lengths differ.",
        |_, a, _, _, n| {
            try_ints(n, |i| {
                let (x, y) = (a.text(0, i).chars(), a.text(1, i).chars());
                let differ = x.clone().zip(y.clone()).filter(|(x, y)| x != y).count();
                Ok((x.count() == y.count()).then_some(differ as i64))
            })
        },
    ),
    function(
        "JARO_SIMILARITY",
        &["JARO"],
        (2, 2),
        &[Text],
        DOUBLE,
        "The Jaro similarity, from 0 to 1.",
        |cx, a, _, _, n| {
            similarities(n, |i| {
                cx.check_interrupt()?;
                Ok(jaro(&characters(a.text(0, i))?, &characters(a.text(1, i))?))
            })
        },
    ),
    function(
        "JARO_WINKLER",
        &["JARO_WINKLER_SIMILARITY"],
        (2, 2),
        &[Text],
        DOUBLE,
        "The Jaro-Winkler similarity, from 0 to 1: a common beginning counts more.",
        |cx, a, _, _, n| {
            similarities(n, |i| {
                cx.check_interrupt()?;
                let (x, y) = (characters(a.text(0, i))?, characters(a.text(1, i))?);
                let similarity = jaro(&x, &y);
                let common = x.iter().zip(&y).take(4).take_while(|(x, y)| x == y).count();
                Ok(similarity + common as f64 * 0.1 * (1.0 - similarity))
            })
        },
    ),
    function(
        "SOUNDEX",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "What a word sounds like: a letter and at least three digits (the original Soundex, as in MySQL).",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                out.push_str(&soundex(a.text(0, i)));
                Some(())
            })
        },
    ),
];

fn characters(text: &str) -> Result<Vec<char>> {
    let characters: Vec<char> = text.chars().take(MAX_CHARS + 1).collect();
    match characters.len() > MAX_CHARS {
        true => Err(Error::OutOfRange {
            value: String::from("the text"),
            expected: alloc::format!("at most {MAX_CHARS} characters"),
            column: None,
        }),
        false => Ok(characters),
    }
}

fn similarities(rows: usize, mut f: impl FnMut(usize) -> Result<f64>) -> Result<crate::types::Column> {
    let mut failed = None;
    let column = floats(rows, |i| match f(i) {
        Ok(similarity) => similarity,
        Err(e) => {
            failed.get_or_insert(e);
            0.0
        }
    })?;
    failed.map_or(Ok(column), Err)
}

/// By the rows of Wagner and Fischer's table (1974), of which two are kept in one.
fn levenshtein(x: &[char], y: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=y.len()).collect();
    for (i, cx) in x.iter().enumerate() {
        // The cell above and to the left.
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cy) in row.iter_mut().skip(1).zip(y) {
            let replaced = diagonal + usize::from(cx != cy);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// The same table with exchanges, for which the row before the last is needed too.
fn aligned(x: &[char], y: &[char]) -> usize {
    let first: Vec<usize> = (0..=y.len()).collect();
    let (mut before, mut above) = (first.clone(), first);
    for (i, cx) in x.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cy) in y.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&above, j) + usize::from(cx != cy))
                .min(at(&above, j + 1) + 1)
                .min(at(&row, j) + 1);
            let crossed = i > 0 && j > 0 && x.get(i - 1) == Some(cy) && y.get(j - 1) == Some(cx);
            if crossed && cx != cy {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = core::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

/// Jaro, M. A. (1989): characters match if they are equal and near, and half of those out of order count against it.
fn jaro(x: &[char], y: &[char]) -> f64 {
    if x.is_empty() && y.is_empty() {
        return 1.0;
    }
    let reach = (x.len().max(y.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; y.len()];
    let mut matched: Vec<char> = Vec::new();
    for (i, c) in x.iter().enumerate() {
        let from = i.saturating_sub(reach);
        let near = y.iter().zip(&mut taken).skip(from).take(i + reach + 1 - from);
        for (other, taken) in near {
            if !*taken && c == other {
                *taken = true;
                matched.push(*c);
                break;
            }
        }
    }
    if matched.is_empty() {
        return 0.0;
    }
    let others = y.iter().zip(&taken).filter(|(_, t)| **t).map(|(c, _)| c);
    let out_of_order = matched.iter().zip(others).filter(|(a, b)| a != b).count() / 2;
    let m = matched.len() as f64;
    (m / x.len() as f64 + m / y.len() as f64 + (m - out_of_order as f64) / m) / 3.0
}

/// A letter and the codes of those after it, equal neighbours once: vowels, H and W do not separate them.
fn soundex(word: &str) -> String {
    let code = |c: char| match c {
        'B' | 'F' | 'P' | 'V' => Some('1'),
        'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => Some('2'),
        'D' | 'T' => Some('3'),
        'L' => Some('4'),
        'M' | 'N' => Some('5'),
        'R' => Some('6'),
        _ => None,
    };
    let mut letters = word
        .chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_uppercase);
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut out = String::from(first);
    let mut last = code(first);
    for now in letters.filter_map(code) {
        if last != Some(now) {
            out.push(now);
        }
        last = Some(now);
    }
    let missing = 4_usize.saturating_sub(out.chars().count());
    out.extend(core::iter::repeat_n('0', missing));
    out
}
