//! What the engine needs from the machine it runs on besides a store: a clock and randomness.

use core::sync::atomic::{AtomicU64, Ordering};

/// Clock and randomness of the platform.
pub trait Host: Send + Sync {
    /// Microseconds since 1970-01-01 00:00:00 UTC.
    fn unix_micros(&self) -> i64;
    /// A monotonic clock in microseconds, for latencies and time limits.
    fn monotonic_micros(&self) -> u64;
    /// 64 random bits (for RAND(), UUID(); not for keys).
    fn random(&self) -> u64;
    /// Lets about so many microseconds pass. Where nothing else can be done, by asking the clock again and again, unless
    /// it stands still.
    fn pause(&self, micros: u64) {
        const LOOKS: u32 = 1 << 16;
        let mut last = self.monotonic_micros();
        let end = last.saturating_add(micros);
        let mut looks = 0;
        while last < end && looks < LOOKS {
            core::hint::spin_loop();
            let now = self.monotonic_micros();
            looks = if now == last { looks + 1 } else { 0 };
            last = now;
        }
    }
}

/// Random bits from a seed, for a platform that has no more than that to answer [`Host::random`] with: splitmix64 (Steele,
/// Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014), whose 2^64 numbers are all different.
///
/// ```
/// use amphi_core::host::Random;
/// assert_eq!(Random::new(0).bits(), 0xE220_A839_7B1D_CDAF);
/// ```
#[derive(Debug)]
pub struct Random(AtomicU64);

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Random {
        Random(AtomicU64::new(seed))
    }

    /// The next 64 bits, which no other thread gets.
    pub fn bits(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
