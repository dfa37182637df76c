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
use crate::types::BytesVec;
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

fn push_elements(out: &mut Vec<u8>, width: usize, values: impl Iterator<Item = u64>) {
    match width {
        0 => {}
        1 => out.extend(values.map(|v| v as u8)),
        2 => values.for_each(|v| out.extend_from_slice(&(v as u16).to_le_bytes())),
        4 => values.for_each(|v| out.extend_from_slice(&(v as u32).to_le_bytes())),
        _ => values.for_each(|v| out.extend_from_slice(&v.to_le_bytes())),
    }
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
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedInts<'a> {
    base: i64,
    width: usize,
    len: usize,
    data: &'a [u8],
}

impl<'a> PackedInts<'a> {
    pub(super) fn write(out: &mut Vec<u8>, values: &[i64]) {
        let min = values.iter().copied().min().unwrap_or_default();
        let max = values.iter().copied().max().unwrap_or_default();
        let width = width_of(u128::from(max.wrapping_sub(min) as u64));
        out.extend_from_slice(&min.to_le_bytes());
        out.push(width as u8);
        push_elements(out, width, values.iter().map(|v| v.wrapping_sub(min) as u64));
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
        let min = values.iter().copied().min().unwrap_or_default();
        let max = values.iter().copied().max().unwrap_or_default();
        let width = width_of(max.wrapping_sub(min) as u128);
        out.extend_from_slice(&min.to_le_bytes());
        out.push(width as u8);
        for v in values {
            let difference = (v.wrapping_sub(min) as u128).to_le_bytes();
            out.extend(difference.iter().take(width));
        }
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
    /// Writes the values without their first `skip` bytes, which the caller keeps elsewhere.
    pub(super) fn write(out: &mut Vec<u8>, values: &BytesVec, skip: usize) {
        let n = values.len();
        let tail = |i: usize| values.get(i).get(skip..).unwrap_or(&[]);
        let total: usize = (0..n).map(|i| tail(i).len()).sum();
        let equal = n > 0 && (1..n).all(|i| tail(i).len() == tail(0).len());
        let width = if equal { 0 } else { width_of(total as u128).max(1) };
        out.push(width as u8);
        out.extend_from_slice(&(total as u32).to_le_bytes());
        let ends = (0..n).scan(0u64, |end, i| {
            *end += tail(i).len() as u64;
            Some(*end)
        });
        push_elements(out, width, ends);
        if skip == 0 {
            out.extend_from_slice(values.data());
        } else {
            (0..n).for_each(|i| out.extend_from_slice(tail(i)));
        }
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
        let whole = BytesVec::from_parts(ends, self.data.to_vec())?;
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
