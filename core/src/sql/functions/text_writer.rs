//! The text that a function makes for one row: what does not fit is left out, and noticed.

use core::fmt;

/// A growing text of bounded length.
///
/// Invariant: once something did not fit, nothing more is written.
#[derive(Debug, Default)]
pub(super) struct TextWriter {
    text: alloc::string::String,
    most: usize,
    overflowed: bool,
}

impl TextWriter {
    /// Starts a text of at most `most` bytes.
    pub(super) fn start(&mut self, most: usize) {
        self.text.clear();
        self.most = most;
        self.overflowed = false;
    }

    /// Whether something was left out.
    pub(super) fn overflowed(&self) -> bool {
        self.overflowed
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn push_str(&mut self, s: &str) {
        self.overflowed |= self.text.len().saturating_add(s.len()) > self.most;
        if !self.overflowed {
            self.text.push_str(s);
        }
    }

    pub(super) fn push(&mut self, c: char) {
        self.overflowed |= self.text.len() + c.len_utf8() > self.most;
        if !self.overflowed {
            self.text.push(c);
        }
    }
}

impl fmt::Write for TextWriter {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.push_str(s);
        if self.overflowed { Err(fmt::Error) } else { Ok(()) }
    }
}

impl Extend<char> for TextWriter {
    fn extend<T: IntoIterator<Item = char>>(&mut self, chars: T) {
        let mut chars = chars.into_iter();
        while !self.overflowed
            && let Some(c) = chars.next()
        {
            self.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;

    #[test]
    fn what_does_not_fit_is_left_out_whole() {
        let mut out = TextWriter::default();
        out.start(4);
        out.push_str("ab");
        out.extend(['c', 'd']);
        assert!(!out.overflowed() && out.as_str() == "abcd");
        out.push('e');
        assert!(out.overflowed() && out.as_str() == "abcd");
        out.start(4);
        assert!(write!(out, "{}", 12345).is_err());
        out.push('x');
        assert!(out.overflowed() && out.as_str().is_empty());
        out.start(4);
        out.extend(core::iter::repeat('z'));
        assert_eq!(out.as_str(), "zzzz");
    }
}
