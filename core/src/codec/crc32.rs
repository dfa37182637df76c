//! CRC-32 (IEEE 802.3): the checksum of blocks and records.
//!
//! Natively it is `crc32fast`'s. That brings 16 kB of tables, which nothing compresses; a wasm module, which is downloaded,
//! makes its own when it first needs them.

#[cfg(not(target_family = "wasm"))]
pub(crate) use crc32fast::Hasher as Crc32;
#[cfg(target_family = "wasm")]
pub(crate) use sliced::Crc32;

/// The CRC-32 of bytes.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.update(bytes);
    crc.finalize()
}

#[cfg(any(test, target_family = "wasm"))]
mod sliced {
    use crate::sync::Once;

    /// The polynomial, its lowest power first.
    const POLYNOMIAL: u32 = 0xEDB8_8320;

    type Table = [u32; 256];

    /// The `n`-th has what a byte becomes that `n` more bytes follow.
    static TABLES: Once<[Table; 8]> = Once::new();

    fn tables() -> [Table; 8] {
        let bit = |crc: u32| (crc >> 1) ^ (POLYNOMIAL & 0_u32.wrapping_sub(crc & 1));
        let mut byte = 0..;
        let first: Table = [(); 256].map(|()| (0..8).fold(byte.next().unwrap_or(0), |crc, _| bit(crc)));
        let mut last = first;
        [(); 8].map(|()| {
            let table = last;
            last = table.map(|crc| (crc >> 8) ^ entry(&first, crc));
            table
        })
    }

    /// The entry of the lowest byte.
    fn entry(table: &Table, at: u32) -> u32 {
        table[usize::from(at.to_le_bytes()[0])]
    }

    /// A CRC-32 of bytes that come in several pieces, eight at a time (Kounavis and Berry, 2005).
    pub(crate) struct Crc32 {
        /// The register, inverted as it is at the ends.
        register: u32,
    }

    impl Crc32 {
        pub(crate) fn new() -> Crc32 {
            Crc32 { register: u32::MAX }
        }

        pub(crate) fn update(&mut self, bytes: &[u8]) {
            let [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES.call_once(tables);
            let mut crc = self.register;
            let (eights, rest) = bytes.as_chunks::<8>();
            for [a, b, c, d, e, f, g, h] in eights {
                let low = crc ^ u32::from_le_bytes([*a, *b, *c, *d]);
                let high = u32::from_le_bytes([*e, *f, *g, *h]);
                crc = entry(t7, low)
                    ^ entry(t6, low >> 8)
                    ^ entry(t5, low >> 16)
                    ^ entry(t4, low >> 24)
                    ^ entry(t3, high)
                    ^ entry(t2, high >> 8)
                    ^ entry(t1, high >> 16)
                    ^ entry(t0, high >> 24);
            }
            for byte in rest {
                crc = (crc >> 8) ^ entry(t0, crc ^ u32::from(*byte));
            }
            self.register = crc;
        }

        pub(crate) fn finalize(self) -> u32 {
            !self.register
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn the_check_value_of_the_catalogue_of_crcs() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        let mut crc = sliced::Crc32::new();
        crc.update(b"123456789");
        assert_eq!(crc.finalize(), 0xCBF4_3926);
    }

    #[test]
    fn pieces_of_any_length_are_one_run_of_bytes() {
        let bytes: Vec<u8> = (0..1000_u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        for at in (0..64).chain([500, 1000]) {
            let (first, second) = bytes.split_at(at);
            let mut crc = sliced::Crc32::new();
            crc.update(first);
            crc.update(second);
            assert_eq!(crc.finalize(), crc32(&bytes));
            assert_eq!(crc32(first), {
                let mut crc = sliced::Crc32::new();
                crc.update(first);
                crc.finalize()
            });
        }
    }
}
