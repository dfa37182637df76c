//! The disk: two files in memory behind redb's `StorageBackend`, every write recorded, any call failing.
//!
//! Clones are the same disk, so that a store can be opened on it again after it was let go of.

use crate::medium::INJECTED;
use redb::StorageBackend;
use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Contents of the store's file and of its log.
pub type Files = [Vec<u8>; 2];

/// The unit in which the disk gives out space.
const BLOCK: u64 = 4096;

/// One thing that happened, to one of the files.
#[derive(Debug, Clone)]
pub enum Event {
    /// Bytes were written from an offset on.
    Write(usize, u64, Arc<[u8]>),
    /// The file got another length.
    SetLen(usize, u64),
    /// All of the file before is durable.
    Sync(usize),
    /// The states a crash may leave from now on; see [`Medium::expect`](crate::medium::Medium::expect).
    Expect(usize, usize),
}

/// Which calls fail. Calls of both files count from 0: `read`, `write`, `set_len`, `sync_data`, `len`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// None.
    None,
    /// One call. A failing write may have written its first half.
    Once(usize),
    /// This call and all that follow.
    From(usize),
    /// From this call on the disk is full: what is there can be overwritten, nothing can be added.
    Full(usize),
    /// From this call on no file may grow: their length is limited.
    Limit(usize),
}

struct State {
    files: Files,
    /// Blocks of each file that hold something; the others are holes.
    allocated: [BTreeSet<u64>; 2],
    events: Vec<Event>,
    fault: DiskFault,
    calls: usize,
    counts: bool,
}

/// See the module.
#[derive(Clone)]
pub struct Disk(Arc<Mutex<State>>);

/// One of its files.
#[derive(Clone)]
pub struct DiskFile {
    disk: Disk,
    file: usize,
}

impl std::fmt::Debug for DiskFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DiskFile {}", self.file)
    }
}

enum Call {
    Len,
    Read,
    Write { offset: u64, len: u64 },
    SetLen(u64),
    Sync,
}

impl State {
    /// Whether the disk must find new space for the bytes.
    fn needs_space(&self, file: usize, offset: u64, len: u64) -> bool {
        let end = offset + len.max(1) - 1;
        (offset / BLOCK..=end / BLOCK).any(|b| !self.allocated[file].contains(&b))
    }

    fn call(&mut self, file: usize, call: &Call) -> Result<()> {
        if !self.counts {
            return Ok(());
        }
        let n = self.calls;
        self.calls += 1;
        let full = || {
            Error::new(
                ErrorKind::StorageFull,
                format!("no space left on device: {INJECTED}"),
            )
        };
        match (self.fault, call) {
            (DiskFault::Once(at), _) if n == at => {}
            (DiskFault::From(from), _) if n >= from => {}
            (DiskFault::Full(from), Call::Write { offset, len })
                if n >= from && self.needs_space(file, *offset, *len) =>
            {
                return Err(full());
            }
            (DiskFault::Limit(from), Call::SetLen(len))
                if n >= from && *len > self.files[file].len() as u64 =>
            {
                return Err(full());
            }
            _ => return Ok(()),
        }
        let name = match call {
            Call::Len => "len",
            Call::Read => "read",
            Call::Write { .. } => "write",
            Call::SetLen(_) => "set_len",
            Call::Sync => "sync_data",
        };
        Err(Error::other(format!("{name}: {INJECTED}")))
    }

    fn write(&mut self, file: usize, offset: u64, data: &[u8]) -> Result<()> {
        let from = offset as usize;
        let target = self.files[file].get_mut(from..from + data.len());
        let target = target.ok_or_else(|| Error::new(ErrorKind::InvalidInput, "a write past the end"))?;
        target.copy_from_slice(data);
        if !data.is_empty() {
            let end = offset + data.len() as u64 - 1;
            self.allocated[file].extend(offset / BLOCK..=end / BLOCK);
            self.events.push(Event::Write(file, offset, data.into()));
        }
        Ok(())
    }
}

impl Disk {
    /// A disk with these files on it, durably.
    pub fn new(files: Files, fault: DiskFault) -> Disk {
        let blocks = |bytes: &Vec<u8>| (0..(bytes.len() as u64).div_ceil(BLOCK)).collect();
        Disk(Arc::new(Mutex::new(State {
            allocated: files.each_ref().map(blocks),
            files,
            events: Vec::new(),
            fault,
            calls: 0,
            counts: true,
        })))
    }

    /// One of its files.
    pub fn file(&self, file: usize) -> DiskFile {
        DiskFile {
            disk: self.clone(),
            file,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a process sees now that opens the files.
    pub fn files(&self) -> Files {
        self.state().files.clone()
    }

    /// Everything that happened.
    pub fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// Calls so far.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Records what a crash may leave from now on.
    pub fn expect(&self, at_least: usize, at_most: usize) {
        let mut state = self.state();
        match state.events.last_mut() {
            Some(Event::Expect(a, m)) => (*a, *m) = (at_least, at_most),
            _ => state.events.push(Event::Expect(at_least, at_most)),
        }
    }

    /// Switches faults and the count of calls off, or on again.
    pub fn set_counting(&self, counts: bool) {
        self.state().counts = counts;
    }

    /// Replaces what fails, and counts calls from 0 again.
    pub fn set_fault(&self, fault: DiskFault) {
        let mut state = self.state();
        (state.fault, state.calls) = (fault, 0);
    }
}

impl StorageBackend for DiskFile {
    fn len(&self) -> Result<u64> {
        let mut state = self.disk.state();
        state.call(self.file, &Call::Len)?;
        Ok(state.files[self.file].len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let mut state = self.disk.state();
        state.call(self.file, &Call::Read)?;
        let from = offset as usize;
        let source = state.files[self.file].get(from..from + out.len());
        out.copy_from_slice(source.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let mut state = self.disk.state();
        state.call(self.file, &Call::SetLen(len))?;
        state.files[self.file].resize(len as usize, 0);
        state.allocated[self.file].split_off(&len.div_ceil(BLOCK));
        state.events.push(Event::SetLen(self.file, len));
        Ok(())
    }

    fn sync_data(&self) -> Result<()> {
        let mut state = self.disk.state();
        state.call(self.file, &Call::Sync)?;
        state.events.push(Event::Sync(self.file));
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        let mut state = self.disk.state();
        let len = data.len() as u64;
        if let Err(e) = state.call(self.file, &Call::Write { offset, len }) {
            if e.kind() != ErrorKind::StorageFull && state.calls.is_multiple_of(2) {
                state.write(self.file, offset, &data[..data.len() / 2])?;
            }
            return Err(e);
        }
        state.write(self.file, offset, data)
    }
}
