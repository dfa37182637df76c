//! SLEEP: letting time pass within a statement.

use super::ArgKind::Double;
use super::args::{Args, INT, function, try_ints};
use super::{EvalContext, ScalarFunction};
use crate::types::{Error, Result};

/// Microseconds between two looks at whether the statement is to stop.
const STEP: u64 = 10_000;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "SLEEP",
    &["PG_SLEEP"],
    (1, 1),
    &[Double],
    INT,
    "Waits for so many seconds, unless the statement is interrupted, and is 0.",
    |cx, a, _, _, n| {
        try_ints(n, |i| {
            let seconds = a.float(0, i);
            if a.null(0, i) || !(0.0..=f64::from(u32::MAX)).contains(&seconds) {
                return Err(Error::invalid(
                    "SLEEP takes a number of seconds that is not negative",
                ));
            }
            wait(cx, (seconds * 1e6) as u64)?;
            Ok(Some(0))
        })
    },
)
.volatile()
.sees_null()];

/// Lets so many microseconds pass.
pub(super) fn wait(cx: &EvalContext<'_>, micros: u64) -> Result<()> {
    let mut now = cx.host.monotonic_micros();
    let end = now.saturating_add(micros);
    while now < end {
        cx.check_interrupt()?;
        cx.host.pause((end - now).min(STEP));
        let then = now;
        now = cx.host.monotonic_micros();
        // Of a clock that stands still nothing can be waited for.
        if now == then {
            break;
        }
    }
    Ok(())
}
