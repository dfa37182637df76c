//! Parts and sets of strings: PostgreSQL's SPLIT_PART, BTRIM, INITCAP, and MySQL's MAKE_SET and EXPORT_SET.

use super::ArgKind::{Int, Text};
use super::ScalarFunction;
use super::args::{Args, TEXT, function, texts, try_texts};
use crate::types::Error;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "BTRIM",
        &[],
        (1, 2),
        &[Text],
        TEXT,
        "Without the characters (spaces) at both ends that the second string lists.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let set = if a.has(1) { a.text(1, i) } else { " " };
                out.push_str(a.text(0, i).trim_matches(|c| set.contains(c)));
                Some(())
            })
        },
    ),
    function(
        "INITCAP",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "The first letter of each word in upper case, the others in lower case.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let mut within = false;
                for c in a.text(0, i).chars() {
                    match within {
                        true => out.extend(c.to_lowercase()),
                        false => out.extend(c.to_uppercase()),
                    }
                    within = c.is_alphanumeric();
                }
                Some(())
            })
        },
    ),
    function(
        "SPLIT_PART",
        &[],
        (3, 3),
        &[Text, Text, Int],
        TEXT,
        "The n-th part of a string between separators, from the end if n is negative.",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                let (text, separator, place) = (a.text(0, i), a.text(1, i), a.int(2, i));
                if place == 0 {
                    return Err(Error::invalid("SPLIT_PART counts parts from 1"));
                }
                let skipped = usize::try_from(place.unsigned_abs() - 1).unwrap_or(usize::MAX);
                let part = match (separator.is_empty(), place > 0) {
                    (true, _) => (skipped == 0).then_some(text),
                    (false, true) => text.split(separator).nth(skipped),
                    (false, false) => text.rsplit(separator).nth(skipped),
                };
                out.push_str(part.unwrap_or(""));
                Ok(Some(()))
            })
        },
    ),
    function(
        "MAKE_SET",
        &[],
        (2, usize::MAX),
        &[Int, Text],
        TEXT,
        "The strings whose bits are set, joined by commas: bit 0 is the first string's.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let bits = (!a.null(0, i)).then(|| a.int(0, i))?;
                let mut separator = "";
                for k in (1..a.len().min(65)).filter(|k| bits >> (k - 1) & 1 == 1 && !a.null(*k, i)) {
                    out.push_str(separator);
                    out.push_str(a.text(k, i));
                    separator = ",";
                }
                Some(())
            })
        },
    )
    .sees_null(),
    function(
        "EXPORT_SET",
        &[],
        (3, 5),
        &[Int, Text, Text, Text, Int],
        TEXT,
        "For each of the first n (64) bits a string if it is set and another if not, joined by a separator (,).",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let count = match a.has(4) {
                    true => usize::try_from(a.int(4, i)).map_or(64, |n| n.min(64)),
                    false => 64,
                };
                for bit in 0..count {
                    if bit > 0 {
                        out.push_str(if a.has(3) { a.text(3, i) } else { "," });
                    }
                    out.push_str(a.text(if a.int(0, i) >> bit & 1 == 1 { 1 } else { 2 }, i));
                }
                Some(())
            })
        },
    ),
];
