//! How much a vector takes once it has grown, known before it grows.

/// The capacity of a vector once `len` elements are to be in it: it doubles at least, as vectors do.
pub fn vec_capacity(capacity: usize, len: usize) -> usize {
    if len <= capacity {
        capacity
    } else {
        len.max(capacity.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Bitmap, BytesVec, Column};
    use alloc::vec::Vec;

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
