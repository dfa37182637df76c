//! JSON_ARRAYAGG: the values of a group, NULLs too, as a JSON array in the order they come.

use super::{Accumulator, Groups};
use crate::sql::functions::json_of;
use crate::types::{BytesVec, Column, DataType, Error, Result, vec_capacity};
use alloc::{string::String, vec::Vec};

/// The arrays of all groups without their brackets; `None` of a group without rows.
pub struct JsonArray {
    ty: DataType,
    texts: Vec<Option<String>>,
    bytes: usize,
}

/// Bytes that a value may take at most: escapes make six of one, and numbers and dates are short.
fn longest(column: &Column) -> usize {
    let texts = column.bytes().map_or(0, |b| b.data().len());
    texts
        .saturating_mul(6)
        .saturating_add(column.len().saturating_mul(64))
}

impl JsonArray {
    /// Of values of a type.
    pub fn new(ty: &DataType) -> JsonArray {
        JsonArray {
            ty: ty.clone(),
            texts: Vec::new(),
            bytes: 0,
        }
    }
}

impl Accumulator for JsonArray {
    fn grow(&mut self, groups: usize) {
        self.texts.resize(groups, None);
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        groups.each(|row, group| {
            if let Some(text) = self.texts.get_mut(group) {
                let before = text.as_ref().map_or(0, String::len);
                let text = match text {
                    Some(text) => {
                        text.push_str(", ");
                        text
                    }
                    none => none.insert(String::new()),
                };
                let json = json_of(column.value_ref(row, &self.ty), &self.ty)?;
                // Writing to a text cannot fail.
                let _ = json.write(text);
                self.bytes += text.len() - before;
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
                Some(text) => out.push_bytes(&[b"[", text.as_bytes(), b"]"].concat()),
                None => out.push_null(),
            }
        }
        Ok(out)
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        let added = args.first().map_or(0, longest);
        // A text has room for twice its length at most; the results have none to spare.
        let texts = self.bytes.saturating_add(added).saturating_mul(3);
        let each = size_of::<Option<String>>() + 16 + 4;
        texts.saturating_add(vec_capacity(self.texts.capacity(), groups).saturating_mul(each))
    }
}
