//! The platform as the engine's [`Host`]: its clocks and its randomness.

use amphi_core::host::{Host, Random};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn milliseconds() -> f64;
}

/// JavaScript's clocks, and random numbers seeded by `Math.random`: for `RAND()` and `UUID()`, not for secrets.
#[derive(Debug)]
pub(crate) struct PlatformHost {
    random: Random,
}

impl PlatformHost {
    /// A host with a fresh seed.
    pub(crate) fn new() -> PlatformHost {
        PlatformHost {
            random: Random::new(
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
        self.random.bits()
    }
}
