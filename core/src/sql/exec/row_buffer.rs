//! Rows an operator collects: one growing column per column of its input.
//!
//! Invariant: all columns have `len` values.

use crate::sql::memory::MemoryUse;
use crate::types::{Batch, Column, ColumnData, Error, Physical, Result};
use alloc::vec::Vec;

/// Collected rows.
#[derive(Debug)]
pub struct RowBuffer {
    columns: Vec<Column>,
    len: usize,
    memory: MemoryUse,
}

impl RowBuffer {
    /// An empty buffer of the given representations, counted as `memory`.
    pub fn new(physicals: &[Physical], memory: MemoryUse) -> RowBuffer {
        RowBuffer {
            columns: physicals.iter().map(|p| Column::new(*p)).collect(),
            len: 0,
            memory,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Appends the rows of a batch that count.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] beyond the limit, and beyond what one column can address: 2^32 rows or bytes
    /// of text.
    pub fn append(&mut self, batch: &Batch) -> Result<()> {
        if self.len == 0 && batch.selection.is_none() && batch.columns.len() == self.columns.len() {
            self.memory.set(batch.columns.iter().map(Column::memory).sum())?;
            self.columns = batch.columns.clone();
            self.len = batch.len;
            return Ok(());
        }
        let rows = batch.rows();
        let selection = batch.selection.as_ref().map(|s| s.as_slice());
        let grown = |(to, from): (&Column, &Column)| to.memory_with(from, selection);
        self.memory
            .set(self.columns.iter().zip(&batch.columns).map(grown).sum())?;
        let full = || Error::QueryMemory {
            limit: u32::MAX as usize,
        };
        if self.len.saturating_add(rows) >= u32::MAX as usize {
            return Err(full());
        }
        for (i, to) in self.columns.iter_mut().enumerate() {
            let from = batch.column(i);
            if let (ColumnData::Bytes(a), ColumnData::Bytes(b)) = (to.data(), from.data())
                && a.data().len().saturating_add(b.data().len()) >= u32::MAX as usize
            {
                return Err(full());
            }
            to.extend_range(&from, 0, rows);
        }
        self.len += rows;
        Ok(())
    }

    /// Keeps only the given rows, in that order.
    pub fn keep(&mut self, rows: &[u32]) {
        for c in &mut self.columns {
            *c = c.gather(rows);
        }
        self.len = rows.len();
        // Gathered columns are as big as their values.
        let _ = self.memory.set(self.memory());
    }

    /// The given rows as a batch; a row beyond the end is all NULL.
    pub fn gather(&self, rows: &[u32]) -> Batch {
        Batch::new(self.columns.iter().map(|c| c.gather(rows)).collect(), rows.len())
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.columns.iter().map(Column::memory).sum()
    }
}
