//! How much a vector takes once it has grown, known before it grows; and how much room to make for one that stays.

use alloc::vec::Vec;

/// The capacity of a vector once `len` elements are to be in it: it doubles at least, as vectors do.
pub fn vec_capacity(capacity: usize, len: usize) -> usize {
    if len <= capacity {
        capacity
    } else {
        len.max(capacity.saturating_mul(2))
    }
}

/// Room for `bytes` bytes of which others of about as many take the place later, such as the texts of a leaf in
/// the block cache: a little more, if they are many.
///
/// An allocator that is asked for just so many bytes each time is left with holes that are a little too small for the
/// next, and takes new memory.
pub fn room_for(bytes: usize) -> usize {
    const MANY: usize = 4 << 10;
    const STEP: usize = 1 << 10;
    match bytes {
        few @ ..MANY => few,
        many => many.checked_next_multiple_of(STEP).unwrap_or(many),
    }
}

/// A copy of bytes with [room](room_for).
pub fn copy_with_room(bytes: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(room_for(bytes.len()));
    copy.extend_from_slice(bytes);
    copy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Bitmap, BytesVec, Column};

    #[test]
    fn capacities_are_known_before_vectors_grow() {
        let mut vec = Vec::new();
        for i in 0..5000 {
            let expected = vec_capacity(vec.capacity(), i + 1);
            vec.push(i);
            assert!(vec.capacity() == expected || i == 0);
        }
    }

    #[test]
    fn rooms_for_many_bytes_are_of_few_sizes() {
        assert_eq!(room_for(100), 100);
        assert_eq!([6000, 6144, 6145].map(room_for), [6144, 6144, 7168]);
        assert_eq!(room_for(usize::MAX), usize::MAX);
        assert_eq!(copy_with_room(&[7; 5000]).capacity(), 5120);
    }

    #[test]
    fn a_column_takes_what_it_said_it_would() {
        let mut texts = BytesVec::default();
        (0..70).for_each(|i| texts.push(&[7; 90][..i]));
        let mut nulls = Bitmap::filled(70, false);
        nulls.set(3, true);
        for source in [
            Column::from_i64((0..70).collect()),
            Column::from_parts(Column::from_bytes(texts).data().clone(), Some(nulls)),
        ] {
            let mut column = Column::new(source.physical());
            for i in 0..200 {
                let selection = (i % 2 == 1).then_some(&[0, 5, 69][..]);
                let expected = column.memory_with(&source, selection);
                match selection {
                    None => column.extend_range(&source, 0, source.len()),
                    Some(rows) => column.extend_range(&source.gather(rows), 0, rows.len()),
                }
                let memory = column.memory();
                assert!(memory <= expected, "{i}: {memory} {expected}");
                assert!(expected <= memory + memory / 8 + 64, "{i}: {memory} {expected}");
            }
        }
    }
}
