//! An export as a store: what is put into it becomes bytes, and its bytes can be read like a store.

use crate::codec::{ExportFile, ExportWriter};
use crate::kv::{Durability, KvBackend, StoreFuture, WriteBatch};
use crate::sync::Mutex;
use crate::types::{Error, Result};
use alloc::{boxed::Box, vec::Vec};

struct Target<W> {
    /// `None` once a write has failed: what came after would not follow.
    writer: Option<ExportWriter>,
    write: W,
}

/// Where an export is written to. Batches are given on at once; nothing of it can be read.
pub(super) struct ExportTarget<W>(Mutex<Target<W>>);

impl<W: FnMut(&[u8]) -> Result<()> + Send> ExportTarget<W> {
    /// Starts an export.
    ///
    /// # Errors
    /// Those of `write`.
    pub(super) fn new(mut write: W) -> Result<ExportTarget<W>> {
        let mut start = Vec::new();
        let writer = Some(ExportWriter::new(&mut start));
        write(&start)?;
        Ok(ExportTarget(Mutex::new(Target { writer, write })))
    }

    /// Writes the end.
    ///
    /// # Errors
    /// Those of `write`.
    pub(super) fn finish(self) -> Result<()> {
        let Target { writer, mut write } = self.0.into_inner();
        let mut end = Vec::new();
        writer.ok_or_else(broken)?.finish(&mut end);
        write(&end)
    }

    fn put(&self, batch: WriteBatch) -> Result<()> {
        let mut target = self.0.lock();
        let mut writer = target.writer.take().ok_or_else(broken)?;
        let mut bytes = Vec::with_capacity(batch.bytes());
        for (key, value) in batch.changes {
            writer.entry(&key, &value.ok_or_else(broken)?, &mut bytes)?;
        }
        (target.write)(&bytes)?;
        target.writer = Some(writer);
        Ok(())
    }
}

fn broken() -> Error {
    Error::store("an export is written once, from its start to its end")
}

fn ready<'a, T: 'a>(value: Result<T>) -> StoreFuture<'a, T> {
    Box::pin(core::future::ready(value))
}

impl<W: FnMut(&[u8]) -> Result<()> + Send> KvBackend for ExportTarget<W> {
    fn get_many<'a>(&'a self, _: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        ready(Err(broken()))
    }

    fn scan<'a>(&'a self, _: &'a [u8], _: &'a [u8], _: usize) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        ready(Err(broken()))
    }

    fn commit<'a>(&'a self, batch: WriteBatch, _: Durability) -> StoreFuture<'a, ()> {
        ready(self.put(batch))
    }
}

impl KvBackend for ExportFile<'_> {
    fn answers_at_once(&self) -> bool {
        true
    }

    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        ready(Ok(keys.iter().map(|k| self.get(k).map(<[u8]>::to_vec)).collect()))
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        let entries = self.range(from, to).iter().take(limit);
        ready(Ok(entries.map(|(k, v)| (k.to_vec(), v.to_vec())).collect()))
    }

    fn commit<'a>(&'a self, _: WriteBatch, _: Durability) -> StoreFuture<'a, ()> {
        ready(Err(broken()))
    }
}
