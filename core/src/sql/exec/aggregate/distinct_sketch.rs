//! APPROX_COUNT_DISTINCT: how many different values there are, [estimated](DistinctCount) in bounded memory.

use super::{Accumulator, Groups};
use crate::sql::distinct_count::{DistinctCount, FEW, REGISTERS, value_hash};
use crate::sql::exec::key_bytes::{collations, push_key};
use crate::types::{Collation, Column, DataType, Result, vec_capacity};
use alloc::vec::Vec;

/// See the module.
pub struct DistinctSketch {
    collations: Vec<Collation>,
    groups: Vec<DistinctCount>,
    bytes: usize,
    scratch: Vec<u8>,
}

impl DistinctSketch {
    /// Of values of a type.
    pub fn new(ty: &DataType) -> DistinctSketch {
        DistinctSketch {
            collations: collations(core::slice::from_ref(ty)),
            groups: Vec::new(),
            bytes: 0,
            scratch: Vec::new(),
        }
    }
}

impl Accumulator for DistinctSketch {
    fn grow(&mut self, groups: usize) {
        self.groups.resize_with(groups, DistinctCount::default);
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.get(..1) else {
            return Ok(());
        };
        groups.each(|row, group| {
            self.scratch.clear();
            if let Some(sketch) = self.groups.get_mut(group)
                && push_key(&mut self.scratch, column, &self.collations, row)
            {
                let before = sketch.bytes();
                sketch.add(value_hash(&self.scratch));
                self.bytes = self.bytes + sketch.bytes() - before;
            }
            Ok(())
        })
    }

    fn finish(&mut self) -> Result<Column> {
        let groups = core::mem::take(&mut self.groups);
        Ok(Column::from_i64(
            groups.iter().map(|g| g.estimate() as i64).collect(),
        ))
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        // A list of hashes has room for twice its length at most, or for four; it is bigger than the registers when
        // it becomes those.
        let rows = args.first().map_or(0, Column::len);
        let grown = rows.saturating_mul(4 * 8).saturating_add(2 * FEW * 8 + REGISTERS);
        let own =
            vec_capacity(self.groups.capacity(), groups).saturating_mul(size_of::<DistinctCount>() + 16 + 8);
        self.bytes
            .saturating_mul(2)
            .saturating_add(grown)
            .saturating_add(own)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_within_their_error_and_few_values_exact() {
        for n in [0_i64, 1, 100, 512, 513, 2000, 10_000, 100_000, 300_000] {
            let mut sketch = DistinctSketch::new(&DataType::BIGINT);
            sketch.grow(1);
            for round in 0..2 {
                let values = Column::from_i64((0..n).map(|v| v * 1_000_003).collect());
                sketch.add(Groups::One(n as usize), &[values]).unwrap();
                assert!(round == 1 || sketch.bytes <= 8 * 1024);
            }
            let estimate = sketch.finish().unwrap().i64s()[0];
            // Four standard errors.
            let allowed = if n <= FEW as i64 { 0 } else { n * 65 / 1000 };
            assert!((estimate - n).abs() <= allowed, "{n}: {estimate}");
        }
    }
}
