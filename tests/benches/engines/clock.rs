//! The clock of all measurements: time as it passes, or on a busy machine the processor time of this
//! process (`AMPHI_BENCH_CLOCK=cpu`), which other processes do not lengthen. Processor time leaves out
//! waiting for a disk, so it says nothing about durable commits.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use std::{env, sync::LazyLock, time::Duration, time::Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
static IS_CPU: LazyLock<bool> = LazyLock::new(|| env::var("AMPHI_BENCH_CLOCK").is_ok_and(|c| c == "cpu"));

/// What is measured, for the summary.
pub fn name() -> &'static str {
    if *IS_CPU { "processor time" } else { "elapsed time" }
}

/// Time since some moment.
pub fn now() -> Duration {
    if !*IS_CPU {
        return START.elapsed();
    }
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes the structure it is given.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(failed, 0, "no clock of processor time");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// [`now`] for criterion.
pub struct Clock;

impl Measurement for Clock {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        now()
    }

    fn end(&self, start: Duration) -> Duration {
        now() - start
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// What a workload runs under.
pub type Bencher<'a> = criterion::Bencher<'a, Clock>;

/// Measures `there`, after which `back` makes ready for the next time.
pub fn one_way<T>(b: &mut Bencher<'_>, there: impl Fn() -> T, back: impl Fn(T)) {
    b.iter_custom(|iterations| {
        let mut taken = Duration::ZERO;
        for _ in 0..iterations {
            let start = now();
            let result = there();
            taken += now() - start;
            back(result);
        }
        taken
    });
}
