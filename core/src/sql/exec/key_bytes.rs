//! Keys as bytes: equal bytes exactly when the values are equal in the sense of GROUP BY, DISTINCT and
//! join equality (collation respected, 0.0 and -0.0 equal, all NaNs equal). The order of the bytes means
//! nothing; that is `sort_key`'s.

use crate::types::{Collation, Column, ColumnData, DataType};
use alloc::vec::Vec;

/// The bits of a float with one representation per equal value.
#[inline]
pub fn float_bits(f: f64) -> u64 {
    if f.is_nan() {
        f64::NAN.to_bits()
    } else {
        (f + 0.0).to_bits() // -0.0 + 0.0 is 0.0
    }
}

/// Appends text as its collation compares it.
#[inline]
pub fn push_collated(out: &mut Vec<u8>, text: &[u8], collation: Collation) {
    match collation {
        Collation::Binary => out.extend_from_slice(text),
        Collation::NoCase => out.extend(text.iter().map(u8::to_ascii_lowercase)),
    }
}

/// Appends the key of row `row` over several columns; `false` if any value is NULL.
pub fn push_key(out: &mut Vec<u8>, columns: &[Column], collations: &[Collation], row: usize) -> bool {
    let mut whole = true;
    for (c, collation) in columns.iter().zip(collations) {
        if c.is_null(row) {
            out.push(0);
            whole = false;
            continue;
        }
        out.push(1);
        match c.data() {
            ColumnData::I64(v) => out.extend_from_slice(&v.get(row).copied().unwrap_or(0).to_le_bytes()),
            ColumnData::F64(v) => {
                let bits = float_bits(v.get(row).copied().unwrap_or(0.0));
                out.extend_from_slice(&bits.to_le_bytes());
            }
            ColumnData::Decimal(v) => out.extend_from_slice(&v.get(row).copied().unwrap_or(0).to_le_bytes()),
            ColumnData::Bytes(v) => {
                let text = v.get(row);
                out.extend_from_slice(&(text.len() as u32).to_le_bytes());
                push_collated(out, text, *collation);
            }
        }
    }
    whole
}

/// The collations of key columns.
pub fn collations(types: &[DataType]) -> Vec<Collation> {
    types.iter().map(DataType::collation).collect()
}
