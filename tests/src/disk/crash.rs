//! Power failures: from what was done to a disk to what may be left on it.
//!
//! What was synced is there. Of what came after, up to the moment of the failure, any writes may be
//! there, in any order and torn between sectors; changes of the file's length are there in order, as a
//! journaling file system has them.

use super::Event;
use crate::random::Random;

/// The unit that a disk writes whole.
const SECTOR: usize = 512;

/// What one power failure leaves.
#[derive(Debug, Clone)]
pub struct Crash {
    /// The file.
    pub bytes: Vec<u8>,
    /// The first state of the history that it may hold.
    pub at_least: usize,
    /// The last one.
    pub at_most: usize,
    /// Which failure it was.
    pub what: String,
}

/// The syncs of a recorded disk, each with what followed it.
struct Window<'a> {
    number: usize,
    durable: &'a [u8],
    /// The states that can be in `durable`, as expected when it was synced.
    at_least: usize,
    at_most: usize,
    events: &'a [Event],
}

/// Calls `visit` with what a power failure leaves right before each sync (nothing after the sync before
/// it has reached the disk) and with `variants` random ones in between. `start` is what the disk held
/// durably before the first event; events before `from` only happened.
pub fn crashes(
    start: Vec<u8>,
    events: &[Event],
    from: usize,
    variants: usize,
    random: &mut Random,
    mut visit: impl FnMut(Crash),
) {
    let mut durable = start;
    let (mut begin, mut number) = (0, 0);
    let (mut at_least, mut at_most) = (0, 0);
    // The last window may be empty: right after a sync.
    while begin <= events.len() {
        let sync = events[begin..].iter().position(|e| matches!(e, Event::Sync));
        let end = sync.map_or(events.len(), |i| begin + i);
        let window = Window {
            number,
            durable: &durable,
            at_least,
            at_most,
            events: &events[begin..end],
        };
        if end >= from {
            visit(window.nothing_more());
            if window.has_writes() {
                (0..variants).for_each(|_| visit(window.some_more(random)));
            }
        }
        for event in &events[begin..end] {
            match event {
                Event::Write(offset, data) => write(&mut durable, *offset, data),
                Event::SetLen(len) => durable.resize(*len as usize, 0),
                Event::Expect(least, most) => (at_least, at_most) = (*least, *most),
                Event::Sync => {}
            }
        }
        number += 1;
        begin = end + 1;
    }
}

/// Writes what lies within the file.
fn write(bytes: &mut [u8], offset: u64, data: &[u8]) {
    let from = (offset as usize).min(bytes.len());
    let n = data.len().min(bytes.len() - from);
    bytes[from..from + n].copy_from_slice(&data[..n]);
}

impl Window<'_> {
    fn has_writes(&self) -> bool {
        let is_write = |e: &Event| matches!(e, Event::Write(..) | Event::SetLen(_));
        self.events.iter().any(is_write)
    }

    fn nothing_more(&self) -> Crash {
        let at_least = self.events.iter().rev().find_map(|e| match e {
            Event::Expect(least, _) => Some(*least),
            _ => None,
        });
        Crash {
            bytes: self.durable.to_vec(),
            at_least: at_least.unwrap_or(self.at_least),
            at_most: self.at_most,
            what: format!("after sync {} and nothing more", self.number),
        }
    }

    /// A failure at a random event, before which a random part reached the disk.
    fn some_more(&self, random: &mut Random) -> Crash {
        let cut = 1 + random.below(self.events.len() as u64) as usize;
        let reached = [20, 50, 90, 100][random.below(4) as usize];
        let torn = random.chance(50);
        let mut crash = Crash {
            bytes: self.durable.to_vec(),
            at_least: self.at_least,
            at_most: self.at_most,
            what: format!(
                "after sync {} and {reached}% of the {cut} events that followed{}",
                self.number,
                if torn { ", some torn" } else { "" }
            ),
        };
        let mut lengths = true;
        for event in &self.events[..cut] {
            match event {
                Event::Write(offset, data) if random.chance(reached) => {
                    if torn && random.chance(50) {
                        for (i, sector) in data.chunks(SECTOR).enumerate() {
                            if random.chance(50) {
                                write(&mut crash.bytes, offset + (i * SECTOR) as u64, sector);
                            }
                        }
                    } else {
                        write(&mut crash.bytes, *offset, data);
                    }
                }
                Event::SetLen(len) => {
                    lengths &= random.chance(reached);
                    if lengths {
                        crash.bytes.resize(*len as usize, 0);
                    }
                }
                Event::Expect(least, most) => (crash.at_least, crash.at_most) = (*least, *most),
                Event::Write(..) | Event::Sync => {}
            }
        }
        crash
    }
}
