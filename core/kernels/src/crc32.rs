//! The loop of CRC-32, eight bytes at a time (Kounavis and Berry, 2005).

/// What each byte becomes.
pub type Crc32Table = [u32; 256];

/// The register of a CRC-32, whose lowest power comes first, after more bytes. The `n`-th table has what a byte becomes that
/// `n` more bytes follow.
pub fn crc32(tables: &[Crc32Table; 8], register: u32, bytes: &[u8]) -> u32 {
    let [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
    let mut crc = register;
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
    crc
}

/// The entry of the lowest byte.
fn entry(table: &Crc32Table, at: u32) -> u32 {
    table[usize::from(at.to_le_bytes()[0])]
}
