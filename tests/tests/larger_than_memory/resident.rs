//! The resident memory of this process, as the kernel counts it.

use std::fs;

/// Megabytes of memory now, and the most since [`reset_peak`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resident {
    /// `VmRSS`.
    pub now: f64,
    /// `VmHWM`.
    pub peak: f64,
}

/// What `/proc/self/status` says; `None` where there is no such file.
pub fn resident() -> Option<Resident> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| {
        let line = status.lines().find(|l| l.starts_with(name))?;
        let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes / 1024.0)
    };
    Some(Resident {
        now: field("VmRSS:")?,
        peak: field("VmHWM:")?,
    })
}

/// Makes the present memory the peak. Where that is not allowed, the peak stays the highest since the
/// start, which is only stricter.
pub fn reset_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}
