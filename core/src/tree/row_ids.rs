//! The row ids of a leaf: ascending integers, most often consecutive ones.

use crate::codec::{RowBlockView, RowIds};
use crate::types::RowId;
use alloc::{sync::Arc, vec::Vec};
use core::mem;

/// See the module.
#[derive(Clone)]
pub(super) enum Ids {
    /// `len` ids from `start` on.
    Dense {
        start: RowId,
        len: usize,
    },
    Sparse(Arc<Vec<RowId>>),
}

impl Ids {
    pub(super) const NONE: Ids = Ids::Dense { start: 0, len: 0 };

    /// These ids, which ascend.
    pub(super) fn of(ids: Vec<RowId>) -> Ids {
        let mut ids = Ids::Sparse(Arc::new(ids));
        ids.compact();
        ids
    }

    pub(super) fn of_block(view: &RowBlockView<'_>) -> Ids {
        match view.consecutive_from() {
            Some(start) => Ids::Dense {
                start,
                len: view.len(),
            },
            None => Ids::Sparse(Arc::new(view.row_ids())),
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Ids::Dense { len, .. } => *len,
            Ids::Sparse(ids) => ids.len(),
        }
    }

    /// Id `i`; the largest id beyond the end.
    #[inline]
    pub(super) fn get(&self, i: usize) -> RowId {
        match self {
            Ids::Dense { start, len } if i < *len => start.wrapping_add(i as i64),
            Ids::Dense { .. } => RowId::MAX,
            Ids::Sparse(ids) => ids.get(i).copied().unwrap_or(RowId::MAX),
        }
    }

    /// Where an id is, or where it would be inserted.
    #[inline]
    pub(super) fn find(&self, id: RowId) -> Result<usize, usize> {
        match self {
            Ids::Dense { start, len } => {
                if id < *start {
                    return Err(0);
                }
                // exact for id >= start, even over the whole range
                let offset = id.wrapping_sub(*start) as u64;
                if offset < *len as u64 {
                    Ok(offset as usize)
                } else {
                    Err(*len)
                }
            }
            Ids::Sparse(ids) => ids.binary_search(&id),
        }
    }

    /// Appends the ids `from..to`, which there are.
    pub(super) fn extend(&self, out: &mut Vec<RowId>, from: usize, to: usize) {
        match self {
            Ids::Dense { start, .. } => out.extend((from..to).map(|i| start.wrapping_add(i as i64))),
            Ids::Sparse(ids) => out.extend_from_slice(ids.get(from..to).unwrap_or(&[])),
        }
    }

    /// Inserts an id before position `at`.
    pub(super) fn insert(&mut self, at: usize, id: RowId) {
        let rows = self.len();
        match self {
            Ids::Dense { start, len } if *len == 0 => (*start, *len) = (id, 1),
            Ids::Dense { start, len } if at == *len && start.checked_add(*len as i64) == Some(id) => {
                *len += 1
            }
            Ids::Dense { start, len } if at == 0 && start.checked_sub(1) == Some(id) => {
                (*start, *len) = (id, *len + 1)
            }
            _ => self.change(|ids| ids.insert(at.min(rows), id)),
        }
    }

    /// Appends ids that ascend above the last one.
    pub(super) fn push(&mut self, new: &[RowId]) {
        let (Some(first), Some(last)) = (new.first(), new.last()) else {
            return;
        };
        let consecutive = last.wrapping_sub(*first) as u64 == new.len() as u64 - 1;
        match self {
            Ids::Dense { start, len } if consecutive && *len == 0 => (*start, *len) = (*first, new.len()),
            Ids::Dense { start, len } if consecutive && start.checked_add(*len as i64) == Some(*first) => {
                *len += new.len()
            }
            _ => self.change(|own| own.extend_from_slice(new)),
        }
    }

    /// Removes the id at `at`, which there is.
    pub(super) fn remove(&mut self, at: usize) {
        match self {
            Ids::Dense { len, .. } if at + 1 == *len => *len -= 1,
            Ids::Dense { start, len } if at == 0 => (*start, *len) = (start.wrapping_add(1), *len - 1),
            _ => self.change(|ids| {
                ids.remove(at);
            }),
        }
    }

    /// Keeps the first `at` ids and returns the rest.
    pub(super) fn split_off(&mut self, at: usize) -> Ids {
        let mut rest = match self {
            Ids::Dense { start, len } => {
                let at = at.min(*len);
                let rest = Ids::Dense {
                    start: start.wrapping_add(at as i64),
                    len: *len - at,
                };
                *len = at;
                rest
            }
            Ids::Sparse(ids) => {
                let at = at.min(ids.len());
                Ids::Sparse(Arc::new(Arc::make_mut(ids).split_off(at)))
            }
        };
        self.compact();
        rest.compact();
        rest
    }

    /// For a block.
    pub(super) fn to_encode(&self) -> RowIds<'_> {
        match self {
            Ids::Dense { start, .. } => RowIds::From(*start),
            Ids::Sparse(ids) => RowIds::Each(ids),
        }
    }

    /// Bytes of memory behind it.
    pub(super) fn memory(&self) -> usize {
        match self {
            Ids::Dense { .. } => 0,
            Ids::Sparse(ids) => ids.capacity() * 8,
        }
    }

    /// Changes the ids in a way that may leave gaps, or fill them.
    fn change(&mut self, change: impl FnOnce(&mut Vec<RowId>)) {
        let mut ids = match mem::replace(self, Ids::NONE) {
            Ids::Sparse(ids) => ids,
            Ids::Dense { start, len } => Arc::new((0..len).map(|i| start.wrapping_add(i as i64)).collect()),
        };
        change(Arc::make_mut(&mut ids));
        *self = Ids::Sparse(ids);
        self.compact();
    }

    /// Consecutive ids become dense again.
    fn compact(&mut self) {
        if let Ids::Sparse(ids) = self {
            let (first, last) = (ids.first().copied(), ids.last().copied());
            let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
            if ids.is_empty() || last.wrapping_sub(first) as u64 == ids.len() as u64 - 1 {
                *self = Ids::Dense {
                    start: first,
                    len: ids.len(),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::vec;
    use proptest::prelude::*;

    fn all(ids: &Ids) -> Vec<RowId> {
        let mut all = Vec::new();
        ids.extend(&mut all, 0, ids.len());
        all
    }

    proptest! {
        #[test]
        fn behave_like_a_set(changes in proptest::collection::vec((0..12i64, 0..8u8), 0..40)) {
            let (mut ids, mut model) = (Ids::NONE, BTreeSet::new());
            for (id, what) in changes {
                match (what, ids.find(id)) {
                    (0, Ok(at) | Err(at)) => {
                        let rest = ids.split_off(at);
                        prop_assert_eq!(all(&rest), model.split_off(&id).into_iter().collect::<Vec<_>>());
                    }
                    (1..4, Ok(at)) => {
                        ids.remove(at);
                        prop_assert!(model.remove(&id));
                    }
                    (4.., Err(at)) => {
                        ids.insert(at, id);
                        prop_assert!(model.insert(id));
                    }
                    (7, Ok(at)) if at + 1 == ids.len() => {
                        ids.push(&[id + 1, id + 3]);
                        model.extend([id + 1, id + 3]);
                    }
                    _ => {}
                }
                let now: Vec<RowId> = model.iter().copied().collect();
                prop_assert_eq!(all(&ids), now.clone());
                for probe in -1..20 {
                    prop_assert_eq!(ids.find(probe), now.binary_search(&probe));
                }
                let is_run = now.last().is_none_or(|last| last - now[0] == now.len() as i64 - 1);
                prop_assert_eq!(ids.memory() == 0, is_run, "consecutive ids take no memory");
            }
        }
    }

    #[test]
    fn the_ends_of_the_range() {
        let mut ids = Ids::of(vec![RowId::MAX - 1, RowId::MAX]);
        assert_eq!(
            (ids.find(RowId::MAX), ids.find(RowId::MIN), ids.get(2)),
            (Ok(1), Err(0), RowId::MAX)
        );
        ids.insert(0, RowId::MIN);
        assert_eq!(all(&ids), [RowId::MIN, RowId::MAX - 1, RowId::MAX]);
        ids.remove(0);
        assert_eq!(ids.memory(), 0);
    }
}
