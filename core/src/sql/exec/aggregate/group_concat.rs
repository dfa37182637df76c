//! GROUP_CONCAT: the values of a group that are not NULL, in the order they come.

use super::{Accumulator, Groups};
use crate::types::{BytesVec, Column, Error, Result, vec_capacity};
use alloc::vec::Vec;

/// Texts joined by a separator, per group; NULL for a group without values.
#[derive(Debug)]
pub struct GroupConcat {
    separator: Vec<u8>,
    /// How many values of a group are left out, and how many count then.
    limit: Option<(usize, usize)>,
    /// How many each group had, if there is a limit.
    counts: Vec<usize>,
    texts: Vec<Option<Vec<u8>>>,
    bytes: usize,
}

impl GroupConcat {
    /// Joins with this separator, after the first so many values so many at most.
    pub fn new(separator: &str, limit: Option<(usize, usize)>) -> GroupConcat {
        GroupConcat {
            limit,
            counts: Vec::new(),
            separator: separator.as_bytes().to_vec(),
            texts: Vec::new(),
            bytes: 0,
        }
    }
}

impl Accumulator for GroupConcat {
    fn grow(&mut self, groups: usize) {
        self.texts.resize(groups, None);
        if self.limit.is_some() {
            self.counts.resize(groups, 0);
        }
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        let nulls = column.null_bitmap();
        groups.each(|row, group| {
            if let Some(text) = self.texts.get_mut(group)
                && !nulls.is_some_and(|n| n.get(row))
            {
                if let (Some((skipped, most)), Some(count)) = (self.limit, self.counts.get_mut(group)) {
                    *count += 1;
                    let place = *count - 1;
                    if place < skipped || place - skipped >= most {
                        // Values that do not count still make the text one that is not NULL.
                        text.get_or_insert_default();
                        return Ok(());
                    }
                    if place == skipped {
                        *text = None;
                    }
                }
                let value = column.bytes_at(row);
                match text {
                    None => *text = Some(value.to_vec()),
                    Some(t) => {
                        t.extend_from_slice(&self.separator);
                        t.extend_from_slice(value);
                        self.bytes += self.separator.len();
                    }
                }
                self.bytes += value.len();
            }
            Ok(())
        })
    }

    fn finish(&mut self) -> Result<Column> {
        if self.bytes >= u32::MAX as usize {
            return Err(Error::QueryMemory {
                limit: u32::MAX as usize,
            });
        }
        let mut out = Column::from_bytes(BytesVec::with_capacity(self.texts.len(), self.bytes));
        for text in core::mem::take(&mut self.texts) {
            match text {
                Some(t) => out.push_bytes(&t),
                None => out.push_null(),
            }
        }
        Ok(out)
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        let arg = args.first();
        let added = arg.map_or(0, |c| {
            c.bytes().map_or(0, |b| b.data().len()) + c.len() * self.separator.len()
        });
        // A text has room for twice its length at most; the results have none to spare.
        let texts = self.bytes.saturating_add(added).saturating_mul(3);
        let each = size_of::<Option<Vec<u8>>>() + size_of::<usize>() + 16 + 4;
        texts.saturating_add(vec_capacity(self.texts.capacity(), groups).saturating_mul(each))
    }
}
