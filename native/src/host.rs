//! The operating system as the engine's [`Host`]: clocks and randomness.

use amphi_core::host::{Host, Random};
use std::{
    hash::{BuildHasher, RandomState},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// The system's clocks, and random numbers seeded by the operating system.
///
/// The numbers are for `RAND()` and `UUID()`, not for secrets.
#[derive(Debug)]
pub struct SystemHost {
    start: Instant,
    random: Random,
}

impl SystemHost {
    /// A host with a fresh seed.
    pub fn new() -> SystemHost {
        SystemHost {
            start: Instant::now(),
            // The standard library seeds every `RandomState` from the operating system.
            random: Random::new(RandomState::new().hash_one(SystemTime::now())),
        }
    }
}

impl Default for SystemHost {
    fn default() -> SystemHost {
        SystemHost::new()
    }
}

impl Host for SystemHost {
    fn unix_micros(&self) -> i64 {
        let micros = |d: std::time::Duration| i64::try_from(d.as_micros()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => micros(since),
            Err(before) => -micros(before.duration()),
        }
    }

    fn monotonic_micros(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn pause(&self, micros: u64) {
        std::thread::sleep(std::time::Duration::from_micros(micros));
    }

    fn random(&self) -> u64 {
        self.random.bits()
    }
}
