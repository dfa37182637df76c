//! ST_COLLECT: the geometries of a group that are not NULL, in the order they come, as one collection.

use super::{Accumulator, Groups};
use crate::types::{BytesVec, Column, Error, Result, vec_capacity};
use alloc::vec::Vec;

/// WKB's number of a collection of anything.
const MIXED: u32 = 7;

/// The parts of one collection.
#[derive(Debug, Clone, Default)]
struct Parts {
    wkb: Vec<u8>,
    count: u32,
    /// WKB's number of a collection of what they are.
    kind: u32,
}

/// The collections of all groups; `None` of a group without geometries.
#[derive(Debug, Default)]
pub struct Collect {
    groups: Vec<Option<Parts>>,
    bytes: usize,
}

/// Bytes before the parts: order, kind and number of parts.
const HEADER: usize = 9;

/// WKB's number of a collection of such geometries: points, lines and polygons have their own.
fn collection_of(wkb: &[u8]) -> u32 {
    match wkb.get(1) {
        Some(kind @ 1..=3) => u32::from(*kind) + 3,
        _ => MIXED,
    }
}

impl Accumulator for Collect {
    fn grow(&mut self, groups: usize) {
        self.groups.resize(groups, None);
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        groups.each(|row, group| {
            if column.is_null(row) {
                return Ok(());
            }
            if let Some(parts) = self.groups.get_mut(group) {
                let wkb = column.bytes_at(row);
                let kind = collection_of(wkb);
                let parts = parts.get_or_insert_with(|| Parts {
                    kind,
                    ..Parts::default()
                });
                if parts.kind != kind {
                    parts.kind = MIXED;
                }
                parts.wkb.extend_from_slice(wkb);
                parts.count = parts.count.saturating_add(1);
                self.bytes += wkb.len();
            }
            Ok(())
        })
    }

    fn finish(&mut self) -> Result<Column> {
        let bytes = self
            .bytes
            .saturating_add(self.groups.len().saturating_mul(HEADER));
        if bytes >= u32::MAX as usize {
            return Err(Error::QueryMemory {
                limit: u32::MAX as usize,
            });
        }
        let mut out = Column::from_bytes(BytesVec::with_capacity(self.groups.len(), bytes));
        for parts in core::mem::take(&mut self.groups) {
            match parts {
                Some(p) => {
                    let header = [&[1][..], &p.kind.to_le_bytes(), &p.count.to_le_bytes()].concat();
                    out.push_bytes(&[header, p.wkb].concat());
                }
                None => out.push_null(),
            }
        }
        Ok(out)
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        let added = args
            .first()
            .map_or(0, |c| c.bytes().map_or(0, |b| b.data().len()));
        // The parts have room for twice their length at most; the results have none to spare.
        let parts = self.bytes.saturating_add(added).saturating_mul(3);
        let each = size_of::<Option<Parts>>() + HEADER + 16 + 4;
        parts.saturating_add(vec_capacity(self.groups.capacity(), groups).saturating_mul(each))
    }
}
