//! The result of a statement as one run of bytes, which `wasm/js/src/result.ts` reads. Numbers are little-endian; what is
//! marked *aligned* starts at a multiple of 8, so that JavaScript reads it through a typed array in place.
//!
//! - kind (4): 0 nothing to report, 1 rows changed, 2 rows
//! - rows changed: whether there is an id (4) · how many (8, float) · the first id generated (8)
//! - rows: columns (4) · rows (4) · 0 (4) · heads of the columns · columns, as [`ColumnWriter`] says.

use crate::column_writer::{ColumnWriter, put_number};
use amphi_core::{
    Error, Result,
    session::{Outcome, RowStream},
    types::Batch,
};

/// The bytes of an outcome, with all of its rows.
///
/// # Errors
/// What the query runs into.
pub(crate) async fn encode(outcome: Outcome) -> Result<Vec<u8>> {
    let mut stream = match without_rows(outcome) {
        Ok(bytes) => return Ok(bytes),
        Err(stream) => stream,
    };
    let mut rows = Rows::new(&stream);
    while let Some(batch) = stream.next_batch().await? {
        rows.push(&batch)?;
    }
    rows.finish()
}

/// The same of rows that are in memory.
///
/// # Errors
/// [`Error::NotResident`](amphi_core::Error::NotResident) if they are not; what the query runs into.
pub(crate) fn encode_resident(outcome: Outcome) -> Result<Vec<u8>> {
    let mut stream = match without_rows(outcome) {
        Ok(bytes) => return Ok(bytes),
        Err(stream) => stream,
    };
    let mut rows = Rows::new(&stream);
    while let Some(batch) = stream.next_batch_resident()? {
        rows.push(&batch)?;
    }
    rows.finish()
}

/// The bytes of an outcome without rows, or its rows.
fn without_rows(outcome: Outcome) -> std::result::Result<Vec<u8>, RowStream> {
    match outcome {
        Outcome::Rows(stream) => Err(stream),
        Outcome::Done => Ok(0u32.to_le_bytes().to_vec()),
        Outcome::Affected { rows, last_insert_id } => {
            let mut out = 1u32.to_le_bytes().to_vec();
            out.extend(u32::from(last_insert_id.is_some()).to_le_bytes());
            out.extend((rows as f64).to_le_bytes());
            out.extend(last_insert_id.unwrap_or(0).to_le_bytes());
            Ok(out)
        }
    }
}

struct Rows {
    columns: Vec<ColumnWriter>,
    rows: usize,
}

impl Rows {
    fn new(stream: &RowStream) -> Rows {
        Rows {
            columns: stream
                .columns()
                .iter()
                .map(|c| ColumnWriter::new(&c.name, &c.ty))
                .collect(),
            rows: 0,
        }
    }

    fn push(&mut self, batch: &Batch) -> Result<()> {
        for (i, writer) in self.columns.iter_mut().enumerate() {
            writer.push(&batch.column(i))?;
        }
        self.rows = self.rows.saturating_add(batch.rows());
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        let bytes: usize = self.columns.iter().map(ColumnWriter::bytes).sum();
        let mut out = Vec::new();
        // The result may be too big for the memory that is left.
        out.try_reserve_exact(bytes.saturating_add(16))
            .map_err(|_| Error::QueryMemory { limit: bytes })?;
        put_number(&mut out, 2)?;
        put_number(&mut out, self.columns.len())?;
        put_number(&mut out, self.rows)?;
        put_number(&mut out, 0)?;
        for column in &self.columns {
            column.write_head(&mut out)?;
        }
        for column in self.columns {
            column.write_data(&mut out)?;
        }
        Ok(out)
    }
}
