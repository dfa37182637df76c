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
    use amphi_kernels::Crc32Table as Table;

    /// The polynomial, its lowest power first.
    const POLYNOMIAL: u32 = 0xEDB8_8320;

    static TABLES: Once<[Table; 8]> = Once::new();

    fn tables() -> [Table; 8] {
        let bit = |crc: u32| (crc >> 1) ^ (POLYNOMIAL & 0_u32.wrapping_sub(crc & 1));
        let mut byte = 0..;
        let first: Table = [(); 256].map(|()| (0..8).fold(byte.next().unwrap_or(0), |crc, _| bit(crc)));
        let mut last = first;
        [(); 8].map(|()| {
            let table = last;
            last = table.map(|crc| (crc >> 8) ^ first[usize::from(crc.to_le_bytes()[0])]);
            table
        })
    }

    /// A CRC-32 of bytes that come in several pieces.
    pub(crate) struct Crc32 {
        /// The register, inverted as it is at the ends.
        register: u32,
    }

    impl Crc32 {
        pub(crate) fn new() -> Crc32 {
            Crc32 { register: u32::MAX }
        }

        pub(crate) fn update(&mut self, bytes: &[u8]) {
            self.register = amphi_kernels::crc32(TABLES.call_once(tables), self.register, bytes);
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
