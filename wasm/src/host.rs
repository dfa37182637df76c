//! The platform as the engine's [`Host`]: its clocks and its randomness.

use amphi_core::host::Host;
use std::sync::atomic::{AtomicU64, Ordering};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn milliseconds() -> f64;
}

/// JavaScript's clocks, and random numbers seeded by `Math.random`: for `RAND()` and `UUID()`, not for secrets.
#[derive(Debug)]
pub(crate) struct PlatformHost {
    state: AtomicU64,
}

impl PlatformHost {
    /// A host with a fresh seed.
    pub(crate) fn new() -> PlatformHost {
        PlatformHost {
            state: AtomicU64::new(
                js_sys::Math::random().to_bits() ^ js_sys::Date::now().to_bits().rotate_left(32),
            ),
        }
    }
}

impl Host for PlatformHost {
    fn unix_micros(&self) -> i64 {
        (js_sys::Date::now() * 1000.0) as i64
    }

    fn monotonic_micros(&self) -> u64 {
        (milliseconds() * 1000.0) as u64
    }

    fn random(&self) -> u64 {
        // splitmix64: every output of the 2^64 cycle is different.
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
