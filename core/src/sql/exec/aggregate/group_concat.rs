//! GROUP_CONCAT: the values of a group that are not NULL, in the order they come.

use super::{Accumulator, Groups};
use crate::types::{Column, Error, Physical, Result};
use alloc::vec::Vec;

/// Texts joined by a separator, per group; NULL for a group without values.
#[derive(Debug)]
pub struct GroupConcat {
    separator: Vec<u8>,
    texts: Vec<Option<Vec<u8>>>,
    bytes: usize,
}

impl GroupConcat {
    /// Joins with this separator.
    pub fn new(separator: &str) -> GroupConcat {
        GroupConcat {
            separator: separator.as_bytes().to_vec(),
            texts: Vec::new(),
            bytes: 0,
        }
    }
}

impl Accumulator for GroupConcat {
    fn grow(&mut self, groups: usize) {
        self.texts.resize(groups, None);
    }

    fn add(&mut self, groups: Groups<'_>, arg: Option<&Column>) -> Result<()> {
        let Some(column) = arg else { return Ok(()) };
        let nulls = column.null_bitmap();
        groups.each(|row, group| {
            if let Some(text) = self.texts.get_mut(group)
                && !nulls.is_some_and(|n| n.get(row))
            {
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
        let mut out = Column::with_capacity(Physical::Bytes, self.texts.len());
        for text in core::mem::take(&mut self.texts) {
            match text {
                Some(t) => out.push_bytes(&t),
                None => out.push_null(),
            }
        }
        Ok(out)
    }

    fn memory(&self) -> usize {
        self.texts.capacity() * 32 + self.bytes
    }
}
