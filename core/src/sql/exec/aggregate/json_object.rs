//! JSON_OBJECTAGG: the pairs of a group as a JSON object; of equal keys the first keeps its place, the last its value.

use super::{Accumulator, Groups};
use crate::shared_sort::sort_shared;
use crate::sql::exec::key_table::{KeyTable, Nulls};
use crate::sql::functions::json_of;
use crate::sql::memory::Memory;
use crate::types::{BytesVec, Column, DataType, Error, Json, Result, vec_capacity};
use alloc::{borrow::Cow, string::String, sync::Arc, vec::Vec};

/// A member: its group, and its text.
struct Member {
    group: u32,
    /// `"key": `, the length of which is `key`.
    text: String,
    key: usize,
}

/// The members of all groups, each key once.
pub struct JsonObject {
    value: DataType,
    /// Group and key to member.
    seen: KeyTable,
    found: Vec<u32>,
    fresh: Vec<u32>,
    members: Vec<Member>,
    bytes: usize,
    /// Which groups have rows.
    groups: Vec<bool>,
}

impl JsonObject {
    /// Of values of a type.
    pub fn new(value: &DataType, memory: &Arc<Memory>) -> JsonObject {
        JsonObject {
            value: value.clone(),
            seen: KeyTable::new(
                &[DataType::BIGINT, DataType::TEXT],
                Nulls::NeverMatch,
                memory.part(),
            ),
            found: Vec::new(),
            fresh: Vec::new(),
            members: Vec::new(),
            bytes: 0,
            groups: Vec::new(),
        }
    }
}

impl Accumulator for JsonObject {
    fn grow(&mut self, groups: usize) {
        self.groups.resize(groups, false);
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let [keys, values, ..] = args else { return Ok(()) };
        let rows = groups.rows();
        if (0..rows).any(|row| keys.is_null(row)) {
            return Err(Error::invalid("JSON_OBJECTAGG: a key is NULL"));
        }
        let ids = match groups {
            Groups::One(rows) => alloc::vec![0; rows],
            Groups::Each(ids) => ids.iter().map(|g| i64::from(*g)).collect(),
        };
        let pair = [Column::from_i64(ids), keys.clone()];
        self.seen.insert(&pair, rows, &mut self.found, &mut self.fresh)?;
        groups.each(|row, group| {
            let place = self.found.get(row).map_or(usize::MAX, |p| *p as usize);
            if place >= self.members.len() {
                let mut text = String::new();
                let key = crate::types::utf8_text(keys.bytes_at(row));
                // Writing to a text cannot fail.
                let _ = Json::String(Cow::Borrowed(key)).write(&mut text);
                text.push_str(": ");
                self.bytes += text.len();
                let (group, key) = (group as u32, text.len());
                self.members.push(Member { group, text, key });
            }
            if let Some(member) = self.members.get_mut(place) {
                let json = json_of(values.value_ref(row, &self.value), &self.value)?;
                self.bytes -= member.text.len();
                member.text.truncate(member.key);
                let _ = json.write(&mut member.text);
                self.bytes += member.text.len();
            }
            if let Some(has_rows) = self.groups.get_mut(group) {
                *has_rows = true;
            }
            Ok(())
        })
    }

    fn finish(&mut self) -> Result<Column> {
        let punctuation = self.members.len() * 2 + self.groups.len() * 2;
        if self.bytes.saturating_add(punctuation) >= u32::MAX as usize {
            return Err(Error::QueryMemory {
                limit: u32::MAX as usize,
            });
        }
        // Members stay in the order of their rows.
        sort_shared(&mut self.members, |a, b| a.group.cmp(&b.group));
        let mut members = self.members.drain(..).peekable();
        let mut out = BytesVec::with_capacity(self.groups.len(), self.bytes + punctuation);
        let mut nulls = crate::types::Bitmap::default();
        let mut text = String::new();
        for (group, has_rows) in (0..).zip(core::mem::take(&mut self.groups)) {
            text.clear();
            text.push('{');
            while let Some(member) = members.next_if(|m| m.group == group) {
                if text.len() > 1 {
                    text.push_str(", ");
                }
                text.push_str(&member.text);
            }
            text.push('}');
            out.push(if has_rows { text.as_bytes() } else { b"" });
            nulls.push(!has_rows);
        }
        let data = crate::types::ColumnData::Bytes(Arc::new(out));
        Ok(Column::from_parts(data, Some(nulls)))
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        let rows = args.first().map_or(0, Column::len);
        // Escapes make six bytes of one, and numbers and dates are short.
        let texts = args
            .iter()
            .map(|a| a.bytes().map_or(0, |b| b.data().len()))
            .fold(0, usize::saturating_add)
            .saturating_mul(6)
            .saturating_add(rows.saturating_mul(64));
        // A text has room for twice its length at most; they are there once more as results, and the longest of all
        // while it is put together.
        let texts = self.bytes.saturating_add(texts).saturating_mul(4);
        let members = vec_capacity(self.members.capacity(), self.members.len().saturating_add(rows));
        // Sorting takes half of them once more.
        let members = members.saturating_mul((size_of::<Member>() + 16) * 3 / 2);
        texts
            .saturating_add(members)
            .saturating_add(groups.saturating_mul(16))
    }
}
