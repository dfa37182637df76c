//! Exact decimals: an unscaled 128-bit integer and a scale.

/// `unscaled / 10^scale`; at most 38 digits.
///
/// Equality and order are those of the number, so `1.50 == 1.5`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    /// The digits as an integer.
    pub unscaled: i128,
    /// Digits after the decimal point.
    pub scale: u8,
}

impl Decimal {
    /// Most digits a decimal holds.
    pub const MAX_PRECISION: u8 = 38;

    /// `unscaled / 10^scale`.
    pub fn new(unscaled: i128, scale: u8) -> Decimal {
        Decimal { unscaled, scale }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.unscaled == other.unscaled && self.scale == other.scale
    }
}
