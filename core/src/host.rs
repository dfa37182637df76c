//! What the engine needs from the machine it runs on besides a store: a clock and randomness.

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
