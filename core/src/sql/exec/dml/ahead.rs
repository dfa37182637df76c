//! Asking for the blocks of the next rows together with those of a row that has to wait.

use crate::tree::Pins;

/// Rows whose blocks are asked for together.
pub(super) const LOOK_AHEAD: usize = 32;

/// The blocks held for the row at hand and, after one had to wait, for those that follow it.
#[derive(Default)]
pub(super) struct Ahead {
    pub(super) pins: Pins,
    /// Rows to finish before the pins are given back.
    rows: usize,
}

impl Ahead {
    /// Blocks were asked for up to `LOOK_AHEAD` rows on.
    pub(super) fn looked(&mut self) {
        self.rows = LOOK_AHEAD;
    }

    /// A row is done.
    pub(super) fn row_done(&mut self) {
        self.rows = self.rows.saturating_sub(1);
        if self.rows == 0 {
            self.pins.clear();
        }
    }
}
