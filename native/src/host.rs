//! The operating system as the engine's [`Host`]: clocks and randomness.

use amphi_core::host::Host;
use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// The system's clocks, and random numbers seeded by the operating system.
///
/// The numbers are for `RAND()` and `UUID()`, not for secrets.
#[derive(Debug)]
pub struct SystemHost {
    start: Instant,
    state: AtomicU64,
}

impl SystemHost {
    /// A host with a fresh seed.
    pub fn new() -> SystemHost {
        SystemHost {
            start: Instant::now(),
            // The standard library seeds every `RandomState` from the operating system.
            state: AtomicU64::new(RandomState::new().hash_one(SystemTime::now())),
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
        // splitmix64: one atomic addition, and every output of the 2^64 cycle is different.
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
