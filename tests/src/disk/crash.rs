//! Power failures: from what was done to a disk to what may be left on it.
//!
//! What was synced is there. Of what came after, up to the moment of the failure, any writes may be
//! there, in any order and torn between sectors; changes of a file's length are there in order, as a
//! journaling file system has them.

use super::{Event, Files};
use crate::random::Random;

/// The unit that a disk writes whole.
const SECTOR: usize = 512;

/// What one power failure leaves.
#[derive(Debug, Clone)]
pub struct Crash {
    /// The files.
    pub files: Files,
    /// The first state of the history that they may hold.
    pub at_least: usize,
    /// The last one.
    pub at_most: usize,
    /// Which failure it was.
    pub what: String,
}

/// The disk after some events.
struct Disk<'a> {
    durable: Files,
    /// What happened to each file since it was synced.
    pending: [Vec<&'a Event>; 2],
    at_least: usize,
    at_most: usize,
    syncs: usize,
}

/// Calls `visit` with what a power failure leaves right before each sync (nothing that was not synced has
/// reached the disk) and with `variants` random ones in between. `start` is what the disk held durably
/// before the first event; a failure comes only after the first `from` events.
pub fn crashes(
    start: Files,
    events: &[Event],
    from: usize,
    variants: usize,
    random: &mut Random,
    mut visit: impl FnMut(Crash),
) {
    let mut disk = Disk {
        durable: start,
        pending: Default::default(),
        at_least: 0,
        at_most: 0,
        syncs: 0,
    };
    let mut begin = 0;
    // The last window may be empty: right after a sync.
    while begin <= events.len() {
        let sync = events[begin..].iter().position(|e| matches!(e, Event::Sync(_)));
        let end = sync.map_or(events.len(), |i| begin + i);
        let (window, durable_at_most) = (&events[begin..end], disk.at_most);
        // Moments of this window, in order.
        let mut moments: Vec<usize> = match end >= from && has_writes(window) {
            true => (0..variants)
                .map(|_| 1 + random.below(window.len() as u64) as usize)
                .collect(),
            false => Vec::new(),
        };
        moments.sort_unstable();
        let mut moments = moments.into_iter().peekable();
        for (i, event) in window.iter().enumerate() {
            disk.happen(event);
            while moments.next_if_eq(&(i + 1)).is_some() {
                visit(disk.crash_with_some(random));
            }
        }
        if end >= from {
            visit(disk.crash_with_nothing(durable_at_most));
        }
        if let Some(event) = events.get(end) {
            disk.happen(event);
        }
        begin = end + 1;
    }
}

fn has_writes(events: &[Event]) -> bool {
    events
        .iter()
        .any(|e| matches!(e, Event::Write(..) | Event::SetLen(..)))
}

/// Writes what lies within the file.
fn write(bytes: &mut [u8], offset: u64, data: &[u8]) {
    let from = (offset as usize).min(bytes.len());
    let n = data.len().min(bytes.len() - from);
    bytes[from..from + n].copy_from_slice(&data[..n]);
}

impl<'a> Disk<'a> {
    fn happen(&mut self, event: &'a Event) {
        match event {
            Event::Write(file, ..) | Event::SetLen(file, _) => self.pending[*file].push(event),
            Event::Expect(least, most) => (self.at_least, self.at_most) = (*least, *most),
            Event::Sync(file) => {
                let bytes = &mut self.durable[*file];
                for event in self.pending[*file].drain(..) {
                    match event {
                        Event::Write(_, offset, data) => write(bytes, *offset, data),
                        Event::SetLen(_, len) => bytes.resize(*len as usize, 0),
                        Event::Sync(_) | Event::Expect(..) => {}
                    }
                }
                self.syncs += 1;
            }
        }
    }

    /// A failure now. What is durable is durable since the last sync, so of no later state than then.
    fn crash_with_nothing(&self, at_most: usize) -> Crash {
        Crash {
            files: self.durable.clone(),
            at_least: self.at_least,
            at_most,
            what: format!("after sync {} and nothing more", self.syncs),
        }
    }

    /// A failure now, before which a random part of what was not synced reached the disk.
    fn crash_with_some(&self, random: &mut Random) -> Crash {
        let reached = [20, 50, 90, 100][random.below(4) as usize];
        let torn = random.chance(50);
        let mut files = self.durable.clone();
        for (bytes, pending) in files.iter_mut().zip(&self.pending) {
            let mut lengths = true;
            for event in pending {
                match event {
                    Event::Write(_, offset, data) if random.chance(reached) => {
                        let tears = torn && random.chance(50);
                        for (i, sector) in data.chunks(SECTOR).enumerate() {
                            if !tears || random.chance(50) {
                                write(bytes, offset + (i * SECTOR) as u64, sector);
                            }
                        }
                    }
                    Event::SetLen(_, len) => {
                        lengths &= random.chance(reached);
                        if lengths {
                            bytes.resize(*len as usize, 0);
                        }
                    }
                    Event::Write(..) | Event::Sync(_) | Event::Expect(..) => {}
                }
            }
        }
        Crash {
            files,
            at_least: self.at_least,
            at_most: self.at_most,
            what: format!(
                "after sync {} and {reached}% of {} and {} events that followed{}",
                self.syncs,
                self.pending[0].len(),
                self.pending[1].len(),
                if torn { ", some torn" } else { "" }
            ),
        }
    }
}
