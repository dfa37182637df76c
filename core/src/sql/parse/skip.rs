//! Where quoted texts and comments end, by their bytes: as the tokenizer has it. What is still open ends with the text.

/// The first byte from `from` on that is `wanted`.
pub(super) fn find(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.iter().position(|b| *b == wanted).map(|i| from + i)
}

/// The byte after the quoted text that starts at `at`; backslash escapes only in strings.
pub(super) fn quoted_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut i = at + 1;
    while let Some(b) = bytes.get(i) {
        if *b == b'\\' && quote == b'\'' {
            i += 2;
        } else if *b == quote {
            if bytes.get(i + 1) != Some(&quote) {
                return i + 1;
            }
            i += 2;
        } else {
            i += 1;
        }
    }
    bytes.len()
}

/// The end of the line, before its newline.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    find(bytes, at, b'\n').unwrap_or(bytes.len())
}

/// The byte after the comment that starts with `/*` at `at`.
pub(super) fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let mut i = at + 2;
    while let Some(star) = find(bytes, i, b'*') {
        if bytes.get(star + 1) == Some(&b'/') {
            return star + 2;
        }
        i = star + 1;
    }
    bytes.len()
}
