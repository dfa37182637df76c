//! Vectors as text, `[1,2.5,3]`, and as columns hold them: little-endian `f32`s.

use alloc::vec::Vec;
use core::fmt;

/// Reads `[x, y, …]`; `None` for anything else, and for elements that are not finite.
pub fn parse_vector(text: &str) -> Option<Vec<f32>> {
    let inner = text
        .trim_ascii()
        .strip_prefix('[')?
        .strip_suffix(']')?
        .trim_ascii();
    if inner.is_empty() {
        return Some(Vec::new());
    }
    inner
        .split(',')
        .map(|x| x.trim_ascii().parse::<f32>().ok().filter(|x| x.is_finite()))
        .collect()
}

/// The elements as a column holds them.
pub fn vector_bytes(elements: &[f32]) -> Vec<u8> {
    elements.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The elements a column's bytes hold.
pub fn vector_elements(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b))
}

/// `[1,2.5,3]`.
pub fn format_vector(bytes: &[u8]) -> impl fmt::Display + '_ {
    fmt::from_fn(move |f| {
        f.write_str("[")?;
        for (i, x) in vector_elements(bytes).enumerate() {
            write!(f, "{}{x}", if i > 0 { "," } else { "" })?;
        }
        f.write_str("]")
    })
}
