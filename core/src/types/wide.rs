//! 256-bit intermediates for the multiplication and division of 38-digit decimals.
//!
//! Only what [`Decimal`](super::Decimal) needs: a product of two `u128`, and a quotient by a `u128`.

/// `hi * 2^128 + lo`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wide {
    hi: u128,
    lo: u128,
}

const LOW: u128 = u64::MAX as u128;

impl Wide {
    /// `a * b`, which always fits.
    pub(super) fn product(a: u128, b: u128) -> Wide {
        let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
        let low = a0 * b0;
        let (mid, carry) = (a1 * b0).overflowing_add(a0 * b1);
        let (lo, carry_low) = low.overflowing_add(mid << 64);
        let hi = a1 * b1 + (mid >> 64) + (u128::from(carry) << 64) + u128::from(carry_low);
        Wide { hi, lo }
    }

    /// Quotient and remainder by `d`; `None` if `d` is 0 or the quotient exceeds 128 bits.
    pub(super) fn div_rem(self, d: u128) -> Option<(u128, u128)> {
        if self.hi == 0 {
            return Some((self.lo.checked_div(d)?, self.lo % d));
        }
        if self.hi >= d {
            return None;
        }
        // Schoolbook, one bit a step: operands this wide are rare enough.
        let (mut rem, mut quotient) = (self.hi, 0u128);
        for bit in (0..128).rev() {
            let carry = rem >> 127 != 0;
            rem = rem << 1 | self.lo >> bit & 1;
            quotient <<= 1;
            if carry || rem >= d {
                rem = rem.wrapping_sub(d);
                quotient |= 1;
            }
        }
        Some((quotient, rem))
    }

    /// The quotient by `d`, a half rounded up; `None` as in [`Wide::div_rem`].
    pub(super) fn div_rounded(self, d: u128) -> Option<u128> {
        let (q, r) = self.div_rem(d)?;
        q.checked_add(u128::from(r >= d - r))
    }
}
