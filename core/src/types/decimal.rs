//! Exact decimals: an unscaled 128-bit integer and a scale.
//!
//! Results that would need more than 38 digits are `None`, never wrapped. Rounding is half away
//! from zero everywhere, as SQL engines do it.

use super::wide::Wide;
use alloc::{format, string::String};
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

/// `unscaled / 10^scale`; at most 38 digits.
///
/// Equality, order and hash are those of the number, so `1.50 == 1.5`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    /// The digits as an integer.
    pub unscaled: i128,
    /// Digits after the decimal point.
    pub scale: u8,
}

/// `10^n`; `None` above 38.
#[inline]
pub(crate) fn pow10(n: u32) -> Option<i128> {
    10i128.checked_pow(n).filter(|_| n <= 38)
}

const LIMIT: i128 = 10i128.pow(38);

/// Digits that a quotient is shown with after those of its dividend, as in MySQL.
pub const QUOTIENT_DIGITS: u8 = 4;

/// The value if it has at most 38 digits.
#[inline]
fn in_range(v: i128) -> Option<i128> {
    (v > -LIMIT && v < LIMIT).then_some(v)
}

/// `a / b` with a half rounded away from zero; `b > 0`.
#[inline]
fn div_rounded(a: i128, b: i128) -> i128 {
    let (q, r) = (a / b, a % b);
    q + if r.abs() >= b - r.abs() { a.signum() } else { 0 }
}

/// Moves `v` from one scale to another, rounding; `None` beyond 38 digits.
#[inline]
pub(crate) fn rescale(v: i128, from: u8, to: u8) -> Option<i128> {
    match to.cmp(&from) {
        Ordering::Equal => Some(v),
        Ordering::Greater if v == 0 => Some(0),
        Ordering::Greater => in_range(v.checked_mul(pow10(u32::from(to - from))?)?),
        Ordering::Less => Some(pow10(u32::from(from - to)).map_or(0, |p| div_rounded(v, p))),
    }
}

/// `a * b`, whose scale is `from`, at scale `to`.
#[inline]
pub(crate) fn multiply(a: i128, b: i128, from: u8, to: u8) -> Option<i128> {
    if let Some(v) = a.checked_mul(b) {
        return in_range(rescale(v, from, to)?);
    }
    let digits = from.checked_sub(to)?;
    let q = Wide::product(a.unsigned_abs(), b.unsigned_abs())
        .div_rounded(pow10(u32::from(digits))?.unsigned_abs())?;
    signed(q, (a < 0) != (b < 0))
}

/// `a / b` where `shift` is result scale - scale of `a` + scale of `b`; `None` on overflow or a zero divisor.
#[inline]
pub(crate) fn divide(a: i128, b: i128, shift: i32) -> Option<i128> {
    let (q, half) = quotient(a, b, shift)?;
    signed(q + u128::from(half), (a < 0) != (b < 0))
}

/// As [`divide`], with the digits that do not fit cut off.
#[inline]
pub(crate) fn divide_cut(a: i128, b: i128, shift: i32) -> Option<i128> {
    let (q, _) = quotient(a, b, shift)?;
    signed(q, (a < 0) != (b < 0))
}

/// The quotient without its sign, cut off, and whether what was cut off is a half or more.
#[inline]
fn quotient(a: i128, b: i128, shift: i32) -> Option<(u128, bool)> {
    if b == 0 {
        return None;
    }
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    let scaled = pow10(shift.unsigned_abs()).map(i128::unsigned_abs);
    let (q, r, d) = match (shift >= 0, scaled) {
        (true, Some(p)) => match a.checked_mul(p) {
            Some(n) => (n / b, n % b, b),
            None => {
                let (q, r) = Wide::product(a, p).div_rem(b)?;
                (q, r, b)
            }
        },
        (true, None) => return (a == 0).then_some((0, false)),
        (false, Some(p)) => match b.checked_mul(p) {
            Some(d) => (a / d, a % d, d),
            None => return Some((0, false)),
        },
        (false, None) => return Some((0, false)),
    };
    // A quotient as big as all of 128 bits has no room to be rounded up, nor to be a decimal.
    (q < u128::MAX).then_some((q, r >= d - r))
}

fn signed(q: u128, negative: bool) -> Option<i128> {
    let v = i128::try_from(q).ok()?;
    in_range(if negative { -v } else { v })
}

/// Compares `a / 10^sa` with `b / 10^sb`.
#[inline]
pub(crate) fn compare(a: i128, sa: u8, b: i128, sb: u8) -> Ordering {
    /// `v * 10^by` against `w`; a product that overflows is beyond any `w`.
    fn scaled(v: i128, by: u8, w: i128) -> Ordering {
        match pow10(u32::from(by)).and_then(|p| v.checked_mul(p)) {
            Some(v) => v.cmp(&w),
            None if v == 0 => 0.cmp(&w),
            None => v.cmp(&0),
        }
    }
    match sa.cmp(&sb) {
        Ordering::Equal => a.cmp(&b),
        Ordering::Less => scaled(a, sb - sa, b),
        Ordering::Greater => scaled(b, sa - sb, a).reverse(),
    }
}

impl Decimal {
    /// Most digits a decimal holds.
    pub const MAX_PRECISION: u8 = 38;

    /// `unscaled / 10^scale`.
    pub fn new(unscaled: i128, scale: u8) -> Decimal {
        Decimal { unscaled, scale }
    }

    /// Reads `[+-]digits[.digits][e[+-]digits]`; `None` if the text is anything else or the integer
    /// part needs more than 38 digits. Digits after the point that do not fit are rounded.
    pub fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim_ascii();
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            None => (text, 0i64),
            Some(at) => {
                let e = text.get(at + 1..)?;
                let digits = e.strip_prefix(['+', '-']).unwrap_or(e);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                let e = e
                    .parse::<i64>()
                    .unwrap_or(if e.starts_with('-') { -100_000 } else { 100_000 });
                (text.get(..at)?, e.clamp(-100_000, 100_000))
            }
        };
        let negative = mantissa.starts_with('-');
        let mantissa = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (int, frac) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if int.len() + frac.len() == 0 || !int.bytes().chain(frac.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        // The position of the decimal point among the significant digits.
        let lead = int.bytes().chain(frac.bytes()).take_while(|b| *b == b'0').count();
        let mut digits = int.bytes().chain(frac.bytes()).skip(lead);
        let count = int.len() + frac.len() - lead;
        let point = int.len() as i64 - lead as i64 + exponent;
        if count == 0 {
            return Some(Decimal::new(0, (frac.len() as i64 - exponent).clamp(0, 38) as u8));
        }
        if point > 38 {
            return None;
        }
        let mut scale = (count as i64 - point).clamp(0, (38 - point).min(38));
        let wanted = point + scale;
        let mut v: i128 = 0;
        for _ in 0..wanted {
            v = v * 10 + digits.next().map_or(0, |b| i128::from(b - b'0'));
        }
        // A value below the last digit (wanted < 0) rounds to zero.
        if wanted >= 0 && digits.next().is_some_and(|b| b >= b'5') {
            v += 1;
        }
        if v == LIMIT && scale > 0 {
            (v, scale) = (v / 10, scale - 1);
        }
        Some(Decimal::new(
            in_range(if negative { -v } else { v })?,
            scale as u8,
        ))
    }

    /// The same number with `scale` digits after the point, rounded half away from zero;
    /// `None` if that needs more than 38 digits.
    pub fn rescale(self, scale: u8) -> Option<Decimal> {
        Some(Decimal::new(rescale(self.unscaled, self.scale, scale)?, scale))
    }

    /// How many digits the number has, at least one and at least its scale.
    pub fn digits(self) -> u8 {
        let digits = self.unscaled.unsigned_abs().checked_ilog10().map_or(1, |d| d + 1);
        (digits as u8).max(self.scale)
    }

    fn aligned(self, other: Decimal) -> Option<(i128, i128, u8)> {
        let scale = self.scale.max(other.scale);
        Some((
            self.rescale(scale)?.unscaled,
            other.rescale(scale)?.unscaled,
            scale,
        ))
    }

    /// The exact sum, at the larger scale.
    pub fn checked_add(self, other: Decimal) -> Option<Decimal> {
        let (a, b, scale) = self.aligned(other)?;
        Some(Decimal::new(in_range(a.checked_add(b)?)?, scale))
    }

    /// The exact difference, at the larger scale.
    pub fn checked_sub(self, other: Decimal) -> Option<Decimal> {
        self.checked_add(Decimal::new(other.unscaled.checked_neg()?, other.scale))
    }

    /// The product at the sum of the scales, at most 30 digits after the point, and fewer where
    /// that would need more than 38 digits in all.
    pub fn checked_mul(self, other: Decimal) -> Option<Decimal> {
        let exact = self.scale.saturating_add(other.scale);
        (0..=exact.min(30)).rev().find_map(|scale| {
            Some(Decimal::new(
                multiply(self.unscaled, other.unscaled, exact, scale)?,
                scale,
            ))
        })
    }

    /// The quotient with [`QUOTIENT_DIGITS`] more digits after the point than `self` has; `None` by zero.
    pub fn checked_div(self, other: Decimal) -> Option<Decimal> {
        let scale = self.scale.saturating_add(QUOTIENT_DIGITS).min(30);
        let shift = i32::from(scale) - i32::from(self.scale) + i32::from(other.scale);
        Some(Decimal::new(divide(self.unscaled, other.unscaled, shift)?, scale))
    }

    /// The remainder, with the sign of `self`; `None` by zero.
    pub fn checked_rem(self, other: Decimal) -> Option<Decimal> {
        let (a, b, scale) = self.aligned(other)?;
        Some(Decimal::new(a.checked_rem(b)?, scale))
    }

    /// The nearest float.
    pub fn to_f64(self) -> f64 {
        if self.unscaled.unsigned_abs() < 1 << 53 && self.scale <= 22 {
            // Both operands are exact, so the quotient is the nearest float.
            return self.unscaled as f64 / pow10(u32::from(self.scale)).unwrap_or(1) as f64;
        }
        format!("{}e-{}", self.unscaled, self.scale)
            .parse()
            .unwrap_or(0.0)
    }

    /// The decimal with the float's shortest text (0.1 is 0.1), rounded to fit; `None` if it is not
    /// finite or has more than 38 digits before the point.
    pub fn from_f64(value: f64) -> Option<Decimal> {
        value.is_finite().then(|| Decimal::parse(&format!("{value:e}")))?
    }

    /// The number rounded to an integer, half away from zero; `None` beyond 64 bits.
    pub fn to_i64(self) -> Option<i64> {
        i64::try_from(self.rescale(0)?.unscaled).ok()
    }

    /// The same number without trailing zeros after the point.
    pub fn normalized(self) -> Decimal {
        let mut d = self;
        while d.scale > 0 && d.unscaled % 10 == 0 {
            d = Decimal::new(d.unscaled / 10, d.scale - 1);
        }
        d
    }
}

impl From<i64> for Decimal {
    fn from(v: i64) -> Decimal {
        Decimal::new(i128::from(v), 0)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        compare(self.unscaled, self.scale, other.unscaled, other.scale)
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let d = self.normalized();
        (d.unscaled, d.scale).hash(state);
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.unscaled < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits: String = format!("{:0>width$}", self.unscaled.unsigned_abs(), width = scale + 1);
        let (int, frac) = digits
            .split_at_checked(digits.len() - scale)
            .unwrap_or((&digits, ""));
        if frac.is_empty() {
            write!(f, "{sign}{int}")
        } else {
            write!(f, "{sign}{int}.{frac}")
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn d(s: &str) -> Decimal {
        Decimal::parse(s).unwrap()
    }

    #[test]
    fn reads_and_prints_every_digit() {
        for s in [
            "0",
            "0.00",
            "-0.05",
            "1234567890123456789012345678.0123456789",
            "-1",
            "0.5",
        ] {
            assert_eq!(d(s).to_string(), s);
        }
        for (text, want) in [
            (".5", "0.5"),
            ("5.", "5"),
            ("+1e3", "1000"),
            ("1.5e-2", "0.015"),
            (" 7 ", "7"),
            ("1e-60", "0.00000000000000000000000000000000000000"),
            ("0e99", "0"),
            ("00012.50", "12.50"),
        ] {
            assert_eq!(d(text).to_string(), want, "{text}");
        }
        for bad in [
            "",
            ".",
            "-",
            "1e",
            "1x",
            "--1",
            "1.2.3",
            "1e39",
            "123456789012345678901234567890123456789",
        ] {
            assert!(Decimal::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(
            d("0.999999999999999999999999999999999999995").to_string(),
            "1.0000000000000000000000000000000000000"
        );
    }

    #[test]
    fn equality_order_and_hash_are_the_numbers() {
        assert_eq!(d("1.50"), d("1.5"));
        assert!(d("-2") < d("-1.99") && d("9e37") > d("0.1"));
        assert_eq!(Decimal::new(1, 0).cmp(&Decimal::new(1, 200)), Ordering::Greater);
        let set: hashbrown::HashSet<Decimal> = [d("1.50"), d("1.5"), d("15e-1")].into_iter().collect();
        assert_eq!(set.len(), 1);
    }

    #[test]
    fn arithmetic_is_exact_and_rounds_half_away_from_zero() {
        assert_eq!(d("0.1").checked_add(d("0.2")), Some(d("0.3")));
        assert_eq!(d("1").checked_div(d("3")).unwrap().to_string(), "0.3333");
        assert_eq!(d("-2").checked_div(d("3")).unwrap().to_string(), "-0.6667");
        assert_eq!(d("1").checked_div(d("0")), None);
        assert_eq!(d("-7.5").checked_rem(d("2")), Some(d("-1.5")));
        assert_eq!(d("2.5").to_i64(), Some(3));
        assert_eq!(d("-2.5").to_i64(), Some(-3));
        assert_eq!(d("1.005").rescale(2), Some(d("1.01")));
        // 20-digit factors with 15 decimals each: the product needs more than 128 bits before it is rounded.
        let wide = d("12345.123456789012345")
            .checked_mul(d("98765.987654321098765"))
            .unwrap();
        assert_eq!(wide.to_string(), "1219278310.9242933996448710713595492539");
        assert!(
            d("99999999999999999999")
                .checked_mul(d("99999999999999999999"))
                .is_none()
        );
    }

    #[test]
    fn floats_convert_by_their_shortest_text() {
        assert_eq!(Decimal::from_f64(0.1), Some(d("0.1")));
        assert_eq!(Decimal::from_f64(1e300), None);
        assert_eq!(Decimal::from_f64(f64::NAN), None);
        assert_eq!(d("1234567890123456789.125").to_f64(), 1234567890123456789.125);
        assert_eq!(d("0.3").to_f64(), 0.3);
    }
}
