//! Arrays in a block: integers as a base and equally wide differences, byte strings as ends and data.
//!
//! ```text
//! i64s      base (8)  | width (1: 0 1 2 4 8)    | width * n bytes: value - base
//! decimals  base (16) | width (1: 0 1 2 4 8 16) | width * n bytes: value - base
//! bytes     width (1: 0 1 2 4) | total (4) | width * n bytes: ends | data
//!           width 0: all values have total / n bytes
//! ```
//!
//! Any element is found without reading the others.

use super::reader::Reader;
use crate::types::{BytesVec, copy_with_room};
use alloc::{vec, vec::Vec};

/// The fewest bytes of 0, 1, 2, 4, 8, 16 that hold `value`.
fn width_of(value: u128) -> usize {
    match value {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        0x1_0000_0000..=0xffff_ffff_ffff_ffff => 8,
        _ => 16,
    }
}

/// Element `i` of an array of `width` bytes each; zero beyond its end.
fn element(data: &[u8], width: usize, i: usize) -> u128 {
    let mut bytes = [0; 16];
    let start = i.saturating_mul(width);
    let source = data.get(start..start.saturating_add(width));
    if let (Some(source), Some(target)) = (source, bytes.get_mut(..width)) {
        target.copy_from_slice(source);
    }
    u128::from_le_bytes(bytes)
}

/// Appends `n` elements of `width` bytes each.
fn push_elements(out: &mut Vec<u8>, width: usize, n: usize, values: impl Iterator<Item = u64>) {
    let start = out.len();
    out.resize(start + width * n, 0);
    let target = out.get_mut(start..).unwrap_or(&mut []);
    match width {
        0 => {}
        1 => target.iter_mut().zip(values).for_each(|(t, v)| *t = v as u8),
        2 => {
            let target = target.as_chunks_mut().0.iter_mut();
            target
                .zip(values)
                .for_each(|(t, v)| *t = (v as u16).to_le_bytes());
        }
        4 => {
            let target = target.as_chunks_mut().0.iter_mut();
            target
                .zip(values)
                .for_each(|(t, v)| *t = (v as u32).to_le_bytes());
        }
        _ => {
            let target = target.as_chunks_mut().0.iter_mut();
            target.zip(values).for_each(|(t, v)| *t = v.to_le_bytes());
        }
    }
}

/// The least and the greatest value.
pub(super) fn bounds<T: Copy + Ord>(values: &[T]) -> Option<(T, T)> {
    let first = *values.first()?;
    let wider = |(min, max): (T, T), v: &T| (min.min(*v), max.max(*v));
    Some(values.iter().fold((first, first), wider))
}

/// Floating-point numbers, 8 bytes each.
pub(super) fn push_floats(out: &mut Vec<u8>, values: &[f64]) {
    push_elements(out, 8, values.len(), values.iter().map(|v| v.to_bits()));
}

/// Calls `each` with every element of an array of `width` bytes each.
fn elements(data: &[u8], width: usize, n: usize, mut each: impl FnMut(u64)) {
    match width {
        0 => (0..n).for_each(|_| each(0)),
        1 => data.iter().for_each(|v| each(u64::from(*v))),
        2 => data
            .as_chunks()
            .0
            .iter()
            .for_each(|v| each(u64::from(u16::from_le_bytes(*v)))),
        4 => data
            .as_chunks()
            .0
            .iter()
            .for_each(|v| each(u64::from(u32::from_le_bytes(*v)))),
        _ => data
            .as_chunks()
            .0
            .iter()
            .for_each(|v| each(u64::from_le_bytes(*v))),
    }
}

/// Integers as written by [`PackedInts::write`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PackedInts<'a> {
    base: i64,
    width: usize,
    len: usize,
    data: &'a [u8],
}

impl<'a> PackedInts<'a> {
    pub(super) fn write(out: &mut Vec<u8>, values: &[i64]) {
        let (min, max) = bounds(values).unwrap_or_default();
        let width = PackedInts::width(min, max);
        out.extend_from_slice(&min.to_le_bytes());
        out.push(width as u8);
        let differences = values.iter().map(|v| v.wrapping_sub(min) as u64);
        push_elements(out, width, values.len(), differences);
    }

    fn width(min: i64, max: i64) -> usize {
        width_of(u128::from(max.wrapping_sub(min) as u64))
    }

    /// Bytes that [`PackedInts::write`] makes of `n` values between these bounds.
    pub(super) fn size(n: usize, min: i64, max: i64) -> usize {
        9 + n * PackedInts::width(min, max)
    }

    pub(super) fn read(body: &mut Reader<'a>, len: usize) -> Option<PackedInts<'a>> {
        let base = body.i64()?;
        let width = usize::from(body.u8()?);
        if !matches!(width, 0 | 1 | 2 | 4 | 8) {
            return None;
        }
        let data = body.take_array(len, width)?;
        Some(PackedInts {
            base,
            width,
            len,
            data,
        })
    }

    /// Whether all values are equal.
    pub(super) fn is_constant(&self) -> bool {
        self.width == 0
    }

    pub(super) fn get(&self, i: usize) -> i64 {
        self.base
            .wrapping_add(element(self.data, self.width, i) as u64 as i64)
    }

    pub(super) fn to_vec(self) -> Vec<i64> {
        let mut out = Vec::with_capacity(self.len);
        elements(self.data, self.width, self.len, |v| {
            out.push(self.base.wrapping_add(v as i64))
        });
        out
    }
}

/// Unscaled decimals as written by [`PackedDecimals::write`].
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedDecimals<'a> {
    base: i128,
    width: usize,
    len: usize,
    data: &'a [u8],
}

impl<'a> PackedDecimals<'a> {
    pub(super) fn write(out: &mut Vec<u8>, values: &[i128]) {
        let (min, max) = bounds(values).unwrap_or_default();
        let width = PackedDecimals::width(min, max);
        out.extend_from_slice(&min.to_le_bytes());
        out.push(width as u8);
        let differences = values.iter().map(|v| v.wrapping_sub(min) as u128);
        if width <= 8 {
            push_elements(out, width, values.len(), differences.map(|d| d as u64));
        } else {
            differences.for_each(|d| out.extend_from_slice(&d.to_le_bytes()));
        }
    }

    fn width(min: i128, max: i128) -> usize {
        width_of(max.wrapping_sub(min) as u128)
    }

    /// Bytes that [`PackedDecimals::write`] makes of `n` values between these bounds.
    pub(super) fn size(n: usize, min: i128, max: i128) -> usize {
        17 + n * PackedDecimals::width(min, max)
    }

    pub(super) fn read(body: &mut Reader<'a>, len: usize) -> Option<PackedDecimals<'a>> {
        let base = body.i128()?;
        let width = usize::from(body.u8()?);
        if !matches!(width, 0 | 1 | 2 | 4 | 8 | 16) {
            return None;
        }
        let data = body.take_array(len, width)?;
        Some(PackedDecimals {
            base,
            width,
            len,
            data,
        })
    }

    pub(super) fn get(&self, i: usize) -> i128 {
        self.base.wrapping_add(element(self.data, self.width, i) as i128)
    }

    pub(super) fn to_vec(self) -> Vec<i128> {
        (0..self.len).map(|i| self.get(i)).collect()
    }
}

/// Byte strings as written by [`PackedBytes::write`].
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedBytes<'a> {
    width: usize,
    len: usize,
    ends: &'a [u8],
    data: &'a [u8],
}

impl<'a> PackedBytes<'a> {
    /// Writes the values without their first `skip` bytes, which the caller keeps elsewhere and which
    /// every value has.
    pub(super) fn write(out: &mut Vec<u8>, values: &BytesVec, skip: usize) {
        let (n, ends) = (values.len(), values.ends());
        let total = values.data().len().saturating_sub(n * skip);
        let end = |i: usize, end: &u32| (*end as usize).saturating_sub((i + 1) * skip);
        let length = ends.first().map_or(0, |first| end(0, first));
        let equal = n > 0
            && ends
                .iter()
                .enumerate()
                .all(|(i, e)| end(i, e) == (i + 1) * length);
        let width = PackedBytes::width(total, equal);
        out.push(width as u8);
        out.extend_from_slice(&(total as u32).to_le_bytes());
        let ends = ends.iter().enumerate().map(|(i, e)| end(i, e) as u64);
        push_elements(out, width, n, ends);
        if skip == 0 {
            out.extend_from_slice(values.data());
        } else {
            (0..n).for_each(|i| out.extend_from_slice(values.get(i).get(skip..).unwrap_or(&[])));
        }
    }

    fn width(total: usize, equal: bool) -> usize {
        if equal { 0 } else { width_of(total as u128).max(1) }
    }

    /// Bytes that [`PackedBytes::write`] makes of `n` values of `total` bytes, all of one length or not.
    pub(super) fn size(n: usize, total: usize, equal: bool) -> usize {
        5 + n * PackedBytes::width(total, equal) + total
    }

    pub(super) fn read(body: &mut Reader<'a>, len: usize) -> Option<PackedBytes<'a>> {
        let width = usize::from(body.u8()?);
        let total = body.u32()? as usize;
        let known = matches!(width, 0 | 1 | 2 | 4) && (width > 0 || (len > 0 && total.is_multiple_of(len)));
        if !known {
            return None;
        }
        let ends = body.take_array(len, width)?;
        let data = body.take(total)?;
        Some(PackedBytes {
            width,
            len,
            ends,
            data,
        })
    }

    /// Bytes of all values.
    pub(super) fn data_len(&self) -> usize {
        self.data.len()
    }

    /// Whether the ends ascend to the end of the data.
    pub(super) fn is_sound(&self) -> bool {
        fn ascend<const N: usize, T: Ord>(ends: &[u8], of: impl Fn([u8; N]) -> T) -> bool {
            let ends = ends.as_chunks::<N>().0;
            // Without a way out in the middle it is done many at a time.
            let pairs = ends.iter().zip(ends.iter().skip(1));
            pairs.fold(true, |ascends, (a, b)| ascends & (of(*a) <= of(*b)))
        }
        let ascends = match self.width {
            0 => return true,
            1 => ascend(self.ends, u8::from_le_bytes),
            2 => ascend(self.ends, u16::from_le_bytes),
            _ => ascend(self.ends, u32::from_le_bytes),
        };
        let last = self.len.checked_sub(1).map_or(0, |last| self.end(last));
        ascends && last == self.data.len()
    }

    fn end(&self, i: usize) -> usize {
        if self.width == 0 {
            // `read` saw that len > 0 divides the total
            (self.data.len() / self.len.max(1)).saturating_mul(i + 1)
        } else {
            element(self.ends, self.width, i) as usize
        }
    }

    /// Value `i`; empty where the ends make no sense.
    pub(super) fn get(&self, i: usize) -> &'a [u8] {
        let start = if i == 0 { 0 } else { self.end(i - 1) };
        self.data.get(start..self.end(i)).unwrap_or(&[])
    }

    /// All values, each with `prefix` in front; `None` if the ends do not ascend to the end of the data.
    pub(super) fn to_bytes(self, prefix: &[u8]) -> Option<BytesVec> {
        let mut ends = Vec::with_capacity(self.len);
        if self.width == 0 {
            ends.extend((0..self.len).map(|i| self.end(i) as u32));
        } else {
            elements(self.ends, self.width, self.len, |v| ends.push(v as u32));
        }
        let whole = BytesVec::from_parts(ends, copy_with_room(self.data))?;
        if prefix.is_empty() {
            return Some(whole);
        }
        let mut out = BytesVec::with_capacity(self.len, self.data.len() + prefix.len() * self.len);
        let mut value = vec![];
        for suffix in whole.iter() {
            value.clear();
            value.extend_from_slice(prefix);
            value.extend_from_slice(suffix);
            out.push(&value);
        }
        Some(out)
    }
}
