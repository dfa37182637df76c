//! Finding a text inside others, with or without the case of ASCII letters.
//!
//! The texts of a column lie end to end, so they are searched as one. A place is looked at only if the
//! first and the last byte sought are where they would have to be; whole chunks of places are ruled out
//! at once, without a branch per byte (the "generic SIMD" search of Mula, left to the vectoriser).

use alloc::vec::Vec;

/// Places ruled out at once.
const CHUNK: usize = 32;

/// A text to be sought. Invariant: without case, `text` is in lower case.
#[derive(Debug)]
pub struct Substring {
    text: Vec<u8>,
    case_sensitive: bool,
    first: ByteTest,
    last: ByteTest,
}

/// Whether a byte is the one sought, in either case: `byte | mask == wanted`.
#[derive(Debug, Clone, Copy)]
struct ByteTest {
    mask: u8,
    wanted: u8,
}

impl ByteTest {
    fn new(byte: u8, case_sensitive: bool) -> ByteTest {
        let folds = !case_sensitive && byte.is_ascii_lowercase();
        ByteTest {
            mask: if folds { 0x20 } else { 0 },
            wanted: byte,
        }
    }

    #[inline]
    fn accepts(self, byte: u8) -> bool {
        byte | self.mask == self.wanted
    }

    /// The highest bit of each of eight bytes: set where it is accepted, and perhaps also in a byte behind
    /// such a one.
    #[inline]
    fn accepted(self, bytes: [u8; 8]) -> u64 {
        const LOWEST: u64 = 0x0101_0101_0101_0101;
        let each = |byte: u8| u64::from(byte) * LOWEST;
        let differing = (u64::from_le_bytes(bytes) | each(self.mask)) ^ each(self.wanted);
        differing.wrapping_sub(LOWEST) & !differing & (LOWEST << 7)
    }
}

impl Substring {
    /// Seeks `text`, which without case is in lower case.
    pub fn new(text: Vec<u8>, case_sensitive: bool) -> Substring {
        let test = |b: Option<&u8>| ByteTest::new(b.copied().unwrap_or(0), case_sensitive);
        Substring {
            first: test(text.first()),
            last: test(text.last()),
            case_sensitive,
            text,
        }
    }

    fn is_at(&self, place: &[u8]) -> bool {
        if self.case_sensitive {
            place == self.text
        } else {
            place.eq_ignore_ascii_case(&self.text)
        }
    }

    /// The first place from `from` on.
    fn find(&self, data: &[u8], from: usize) -> Option<usize> {
        let len = self.text.len();
        let places = (data.len() + 1).checked_sub(len)?;
        let mut at = from;
        while at < places {
            let firsts = data.get(at..).and_then(|d| d.first_chunk::<CHUNK>());
            let lasts = data.get(at + len - 1..).and_then(|d| d.first_chunk::<CHUNK>());
            let (Some(firsts), Some(lasts)) = (firsts, lasts) else {
                // The last few places.
                return (at..places).find(|place| self.is_here(data, *place));
            };
            let possible = firsts.iter().zip(lasts).fold(false, |any, (f, l)| {
                any | (self.first.accepts(*f) & self.last.accepts(*l))
            });
            if possible && let Some(place) = self.find_in_chunk(data, at, firsts, lasts) {
                return Some(place);
            }
            at += CHUNK;
        }
        None
    }

    /// The first place in the chunk that starts at `at`.
    fn find_in_chunk(
        &self,
        data: &[u8],
        at: usize,
        firsts: &[u8; CHUNK],
        lasts: &[u8; CHUNK],
    ) -> Option<usize> {
        let words = firsts.as_chunks::<8>().0.iter().zip(lasts.as_chunks::<8>().0);
        for (i, (firsts, lasts)) in words.enumerate() {
            let mut possible = self.first.accepted(*firsts) & self.last.accepted(*lasts);
            while possible != 0 {
                let place = at + 8 * i + possible.trailing_zeros() as usize / 8;
                if self.is_here(data, place) {
                    return Some(place);
                }
                possible &= possible - 1;
            }
        }
        None
    }

    fn is_here(&self, data: &[u8], place: usize) -> bool {
        data.get(place..place + self.text.len())
            .is_some_and(|d| self.is_at(d))
    }

    /// Whether it is in the text.
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.text.is_empty() || self.find(text, 0).is_some()
    }

    /// One bit per text: whether it is in it. The texts lie end to end in `data`; `ends` are where they end, in bytes.
    pub fn is_in_each(&self, data: &[u8], ends: &[u32]) -> Vec<u64> {
        let words = ends.len().div_ceil(64);
        if self.text.is_empty() {
            return alloc::vec![u64::MAX; words];
        }
        let mut found = alloc::vec![0_u64; words];
        let (mut from, mut row) = (0, 0);
        while let Some(place) = self.find(data, from) {
            // The text that the place is in.
            row += ends
                .get(row..)
                .unwrap_or(&[])
                .iter()
                .take_while(|end| **end as usize <= place)
                .count();
            let Some(end) = ends.get(row).map(|end| *end as usize) else {
                break;
            };
            if place + self.text.len() <= end {
                if let Some(word) = found.get_mut(row / 64) {
                    *word |= 1 << (row % 64);
                }
                from = end;
            } else {
                // It reaches into the next text.
                from = place + 1;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Places found by comparing at each.
    fn naive(text: &[u8], sought: &[u8], case_sensitive: bool) -> bool {
        let same = |w: &[u8]| {
            if case_sensitive {
                w == sought
            } else {
                w.eq_ignore_ascii_case(sought)
            }
        };
        sought.is_empty() || text.windows(sought.len()).any(same)
    }

    #[test]
    fn texts_are_found_where_they_are_and_not_across_two() {
        // Every text of up to 80 bytes over a small alphabet that a little generator gives.
        let mut seed = 1_u64;
        let mut next = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % n
        };
        for _ in 0..300 {
            let (mut data, mut ends) = (Vec::new(), Vec::new());
            for _ in 0..next(150) {
                data.extend((0..next(80)).map(|_| b"aAb[{@`"[next(7) as usize]));
                ends.push(data.len() as u32);
            }
            for sought in ["", "a", "[", "ab", "a[", "{@", "aab", "abab", "a`b@a"] {
                for case_sensitive in [false, true] {
                    let s = Substring::new(sought.as_bytes().to_vec(), case_sensitive);
                    let found = s.is_in_each(&data, &ends);
                    let mut start = 0;
                    for (i, end) in ends.iter().enumerate() {
                        let text = &data[start..*end as usize];
                        start = *end as usize;
                        let expected = naive(text, sought.as_bytes(), case_sensitive);
                        assert_eq!(found[i / 64] >> (i % 64) & 1 == 1, expected, "{sought} {text:?}");
                        assert_eq!(s.is_in(text), expected, "{sought} {text:?}");
                    }
                }
            }
        }
        assert_eq!(
            Substring::new(vec![b'x'], true).is_in_each(&[], &[]),
            Vec::<u64>::new()
        );
    }
}
