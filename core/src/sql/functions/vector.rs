//! Vectors: distances, products, and their text.
//!
//! An argument is a VECTOR, the text of one, or its bytes (little-endian `f32`s). Sums are in DOUBLE.

use super::ArgKind::{Any, Text};
use super::ScalarFunction;
use super::args::{Args, BLOB, DOUBLE, INT, TEXT, floats, function, texts, try_blobs, try_ints};
use crate::types::{
    Column, DataType, Error, Result, format_vector, parse_vector, vector_bytes, vector_elements,
};
use alloc::{format, vec::Vec};
use core::fmt::Write;

/// A number from two vectors.
macro_rules! of_two {
    ($name:literal, $aliases:expr, $doc:literal, $f:expr) => {
        function($name, $aliases, (2, 2), &[Any], DOUBLE, $doc, |_, a, t, _, n| {
            two(a, t, n, $f)
        })
    };
}

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    of_two!(
        "VEC_L2_DISTANCE",
        &["VEC_DISTANCE_EUCLIDEAN", "L2_DISTANCE"],
        "The Euclidean distance of two vectors.",
        euclidean
    ),
    of_two!(
        "VEC_COSINE_DISTANCE",
        &["VEC_DISTANCE_COSINE", "COSINE_DISTANCE"],
        "1 minus the cosine of the angle between two vectors; NULL if one has no length.",
        |x, y| 1.0 - cosine(x, y)
    ),
    of_two!(
        "COSINE_SIMILARITY",
        &["VEC_COSINE_SIMILARITY"],
        "The cosine of the angle between two vectors; NULL if one has no length.",
        cosine
    ),
    of_two!(
        "VEC_INNER_PRODUCT",
        &["VEC_DOT_PRODUCT", "INNER_PRODUCT", "DOT_PRODUCT"],
        "The inner product of two vectors.",
        product
    ),
    function(
        "VEC_DISTANCE",
        &[],
        (2, 3),
        &[Any, Any, Text],
        DOUBLE,
        "The distance of two vectors: 'euclidean' (as it is without a third argument), 'cosine', or 'dot' for the negative inner product.",
        |_, a, t, _, n| {
            let name = if a.has(2) { a.text(2, 0) } else { "euclidean" };
            let is = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
            match name {
                _ if is(&["euclidean", "l2"]) => two(a, t, n, euclidean),
                _ if is(&["cosine"]) => two(a, t, n, |x, y| 1.0 - cosine(x, y)),
                _ if is(&["dot", "inner_product"]) => two(a, t, n, |x, y| -product(x, y)),
                _ => Err(Error::Unknown {
                    kind: "vector distance",
                    name: name.into(),
                    nearest: None,
                    position: None,
                }),
            }
        },
    ),
    function(
        "VEC_FROMTEXT",
        &["STRING_TO_VECTOR", "TO_VECTOR"],
        (1, 1),
        &[Text],
        BLOB,
        "The bytes of the vector that a text such as '[1, 2.5]' says.",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| {
                let text = a.text(0, i);
                let elements = parse_vector(text).ok_or_else(|| no_vector(text))?;
                Ok(Some(vector_bytes(&elements)))
            })
        },
    ),
    function(
        "VEC_TOTEXT",
        &["VECTOR_TO_STRING", "FROM_VECTOR"],
        (1, 1),
        &[Any],
        TEXT,
        "A vector as text.",
        |cx, a, t, _, n| {
            let vectors = all(a, t, 0, n)?;
            texts(cx, n, |i, out| {
                let vector = at(&vectors, i)?;
                write!(out, "{}", format_vector(&vector_bytes(vector))).ok()
            })
        },
    ),
    function(
        "VECTOR_DIM",
        &["VECTOR_DIMS"],
        (1, 1),
        &[Any],
        INT,
        "How many elements a vector has.",
        |_, a, t, _, n| {
            let vectors = all(a, t, 0, n)?;
            try_ints(n, |i| Ok(at(&vectors, i).map(|v| v.len() as i64)))
        },
    ),
];

fn no_vector(text: &str) -> Error {
    let shown: alloc::string::String = text.chars().take(40).collect();
    Error::invalid(format!("'{shown}' is no vector; vectors are like [1, 2.5]"))
}

/// The vectors of argument `k`; a constant one once.
fn all(a: &[Column], types: &[DataType], k: usize, rows: usize) -> Result<Vec<Option<Vec<f32>>>> {
    let rows = if a.get(k).is_some_and(|c| c.len() == 1) {
        1
    } else {
        rows
    };
    let is_text = types.get(k).is_some_and(|t| t.is_text() || *t == DataType::Json);
    let one = |i: usize| {
        if a.null(k, i) {
            return Ok(None);
        }
        match is_text {
            true => parse_vector(a.text(k, i))
                .map(Some)
                .ok_or_else(|| no_vector(a.text(k, i))),
            false => {
                let bytes = a.blob(k, i);
                match bytes.len() % 4 {
                    0 => Ok(Some(vector_elements(bytes).collect())),
                    _ => Err(Error::invalid(format!("{} bytes are no vector", bytes.len()))),
                }
            }
        }
    };
    (0..rows).map(one).collect()
}

fn at(vectors: &[Option<Vec<f32>>], i: usize) -> Option<&[f32]> {
    let i = if vectors.len() == 1 { 0 } else { i };
    vectors.get(i)?.as_deref()
}

fn two(a: &[Column], types: &[DataType], rows: usize, f: fn(&[f32], &[f32]) -> f64) -> Result<Column> {
    let (left, right) = (all(a, types, 0, rows)?, all(a, types, 1, rows)?);
    for i in 0..rows {
        if let (Some(x), Some(y)) = (at(&left, i), at(&right, i))
            && x.len() != y.len()
        {
            return Err(Error::invalid(format!(
                "the vectors have {} and {} elements",
                x.len(),
                y.len()
            )));
        }
    }
    floats(rows, |i| match (at(&left, i), at(&right, i)) {
        (Some(x), Some(y)) => f(x, y),
        _ => f64::NAN,
    })
}

fn pairs<'v>(x: &'v [f32], y: &'v [f32]) -> impl Iterator<Item = (f64, f64)> + 'v {
    x.iter().zip(y).map(|(x, y)| (f64::from(*x), f64::from(*y)))
}

fn product(x: &[f32], y: &[f32]) -> f64 {
    pairs(x, y).map(|(x, y)| x * y).sum()
}

fn euclidean(x: &[f32], y: &[f32]) -> f64 {
    libm::sqrt(pairs(x, y).map(|(x, y)| (x - y) * (x - y)).sum())
}

/// NaN, which is NULL, if one has no length.
fn cosine(x: &[f32], y: &[f32]) -> f64 {
    let lengths = libm::sqrt(product(x, x)) * libm::sqrt(product(y, y));
    (product(x, y) / lengths).clamp(-1.0, 1.0)
}
