//! Asking for the blocks of the next rows together with those of a row that has to wait.

use crate::sql::exec::Env;
use crate::tree::Pins;
use crate::types::Result;

/// Rows whose blocks are asked for together.
pub(super) const LOOK_AHEAD: usize = 32;

/// Rows between two questions whether to go on.
const ASK: usize = 64;

/// The blocks held for the row at hand and, after one had to wait, for those that follow it.
#[derive(Default)]
pub(super) struct Ahead {
    pub(super) pins: Pins,
    /// Rows to finish before the pins are given back.
    rows: usize,
    /// Rows done so far.
    done: usize,
}

impl Ahead {
    /// Blocks were asked for up to `LOOK_AHEAD` rows on.
    pub(super) fn looked(&mut self) {
        self.rows = LOOK_AHEAD;
    }

    /// A row is done. Every few of them it asks whether the statement may go on.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted) if not.
    pub(super) fn row_done(&mut self, env: &Env) -> Result<()> {
        self.rows = self.rows.saturating_sub(1);
        if self.rows == 0 {
            self.pins.clear();
        }
        self.done = self.done.wrapping_add(1);
        match self.done % ASK {
            0 => env.check_interrupt(),
            _ => Ok(()),
        }
    }
}
