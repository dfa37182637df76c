//! Reading a fuzzer's bytes front to back: beyond the end everything is zero.

/// The bytes not read yet.
pub(super) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Input<'a> {
        Input { rest: bytes }
    }

    /// The next `n` bytes, or those that are left.
    pub(super) fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(n.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        self.take(usize::MAX)
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let taken = self.take(N);
        bytes[..taken.len()].copy_from_slice(taken);
        bytes
    }

    pub(super) fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    pub(super) fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.array())
    }

    pub(super) fn i128(&mut self) -> i128 {
        i128::from_le_bytes(self.array())
    }

    /// Bytes with their length, below 256, in front.
    pub(super) fn short(&mut self) -> &'a [u8] {
        let n = self.u8();
        self.take(usize::from(n))
    }
}

/// Parts of bytes between marks. Bytes put in or taken out of one part leave the others as they are, unlike
/// lengths in front, so a fuzzer gets further.
pub(super) fn parts<'a>(mut bytes: &'a [u8], mark: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        match bytes.windows(mark.len()).position(|w| w == mark) {
            Some(at) => {
                let part = &bytes[..at];
                bytes = &bytes[at + mark.len()..];
                Some(part)
            }
            None => {
                ended = true;
                Some(bytes)
            }
        }
    })
}
