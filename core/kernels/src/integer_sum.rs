//! Adding up integers.

/// The sum of integers, which 128 bits always hold. Those of most chunks are so small that 64 bits hold their sum.
pub fn integer_sum(values: &[i64]) -> i128 {
    const SMALL: u32 = 52;
    let chunk = |values: &[i64]| {
        let (mut sum, mut beyond) = (0_i64, 0_u64);
        for v in values {
            sum = sum.wrapping_add(*v);
            // Bits above the lowest 53 unless -2^52 <= v < 2^52.
            beyond |= (*v as u64).wrapping_add(1 << SMALL);
        }
        if beyond >> (SMALL + 1) == 0 {
            i128::from(sum)
        } else {
            values.iter().map(|v| i128::from(*v)).sum()
        }
    };
    values.chunks(1 << 10).map(chunk).sum()
}
