//! Sequences: sources of numbers that are given once each.
//!
//! The definition belongs to a version of the catalog, and rolls back with it; what was given does not, so the state
//! is shared by all versions. A number is given from memory alone: the store holds a number *ahead* of those that
//! were given, and a new one is written before anybody hears of a number beyond it. So a number is given again
//! neither after a rollback nor after a crash, which may leave out as many as `cache` says.

use crate::sync::Mutex;
use crate::types::{Error, Result};
use alloc::string::String;
use alloc::sync::Arc;
use serde::{Deserialize, Serialize};

/// What CREATE SEQUENCE says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceDef {
    /// Schema it belongs to.
    pub schema: String,
    /// Name as declared; shares the names of tables.
    pub name: String,
    /// The first number, and where RESTART goes back to.
    pub start: i64,
    /// From one number to the next; not 0.
    pub increment: i64,
    /// The smallest number.
    pub min: i64,
    /// The largest number.
    pub max: i64,
    /// How many numbers the store is ahead, and a crash may leave out; at least 1.
    pub cache: i64,
    /// Whether it starts again behind its last number.
    pub cycle: bool,
}

impl SequenceDef {
    /// # Errors
    /// [`Error::Invalid`] naming what contradicts the rest.
    pub fn require_consistent(&self) -> Result<()> {
        let fault = if self.increment == 0 {
            "INCREMENT BY 0"
        } else if self.min > self.max {
            "its MINVALUE is above its MAXVALUE"
        } else if !(self.min..=self.max).contains(&self.start) {
            "START WITH is not between its MINVALUE and its MAXVALUE"
        } else if self.cache < 1 {
            "a CACHE below 1"
        } else {
            return Ok(());
        };
        Err(Error::invalid(alloc::format!("sequence {}: {fault}", self.name)))
    }

    /// The number so many steps behind a number; `None`: it is exhausted before.
    pub fn after(&self, number: i64, steps: u64) -> Option<i64> {
        let (step, steps) = (i128::from(self.increment), i128::from(steps));
        let (first, last) = match self.increment > 0 {
            true => (i128::from(self.min), i128::from(self.max)),
            false => (i128::from(self.max), i128::from(self.min)),
        };
        let number = i128::from(number);
        let left = ((last - number) / step).max(0);
        if steps <= left {
            return i64::try_from(number + step * steps).ok();
        }
        let period = (last - first) / step + 1;
        let into = (steps - left - 1) % period;
        self.cycle
            .then(|| i64::try_from(first + step * into).ok())
            .flatten()
    }
}

#[derive(Debug)]
struct Given {
    /// The number to be given next; `None`: it is exhausted.
    next: Option<i64>,
    /// How many were given.
    count: u64,
    /// How many may be given until the store must be ahead again.
    covered: u64,
    /// Changes when a number is set.
    epoch: u64,
}

/// What was given. See the module.
#[derive(Debug)]
pub struct SequenceState(Mutex<Given>);

/// The number that the store is about to hold.
#[derive(Debug, Clone)]
pub struct Ahead {
    /// The number; `None`: exhausted.
    pub next: Option<i64>,
    covered: u64,
    epoch: u64,
}

impl SequenceState {
    /// One that gives this number next, and is not in the store.
    pub fn new(next: Option<i64>) -> SequenceState {
        SequenceState(Mutex::new(Given {
            next,
            count: 0,
            covered: 0,
            epoch: 0,
        }))
    }

    /// The number to be given next; `None`: it is exhausted.
    pub fn next(&self) -> Option<i64> {
        self.0.lock().next
    }

    /// Gives a number.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if there is none left.
    pub fn take(&self, def: &SequenceDef) -> Result<i64> {
        let mut given = self.0.lock();
        // ALTER SEQUENCE may have left it outside of its range.
        let Some(number) = given.next.filter(|n| (def.min..=def.max).contains(n)) else {
            return Err(Error::OutOfRange {
                value: alloc::format!("the next value of sequence {}", def.name),
                expected: alloc::format!("BIGINT from {} to {}: it is exhausted", def.min, def.max),
                column: None,
            });
        };
        given.next = def.after(number, 1);
        given.count = given.count.saturating_add(1);
        Ok(number)
    }

    /// Has it give this number next. `only_forwards`: unless it is past that already; then nothing happens, and the
    /// answer is false.
    pub fn set(&self, def: &SequenceDef, next: Option<i64>, only_forwards: bool) -> bool {
        let mut given = self.0.lock();
        let past = match (given.next, next) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(now), Some(next)) if def.increment > 0 => now > next,
            (Some(now), Some(next)) => now < next,
        };
        if only_forwards && past {
            return false;
        }
        given.next = next;
        given.covered = given.count;
        given.count = given.count.saturating_add(1);
        given.epoch += 1;
        true
    }

    /// Whether numbers were given that the store is not ahead of.
    pub fn is_beyond(&self) -> bool {
        let given = self.0.lock();
        given.count > given.covered
    }

    /// Whether the store is ahead.
    pub fn is_behind(&self) -> bool {
        let given = self.0.lock();
        given.count < given.covered
    }

    /// What the store is to hold: so many numbers ahead of those given.
    pub fn ahead(&self, def: &SequenceDef, numbers: u64) -> Ahead {
        let given = self.0.lock();
        Ahead {
            next: given.next.and_then(|next| def.after(next, numbers)),
            covered: given.count.saturating_add(numbers),
            epoch: given.epoch,
        }
    }

    /// The store holds that.
    pub fn settle(&self, ahead: &Ahead) {
        let mut given = self.0.lock();
        if given.epoch == ahead.epoch {
            given.covered = ahead.covered;
        }
    }
}

/// A sequence: what it is and what it gave.
#[derive(Debug, Clone)]
pub struct NumberSequence {
    /// The definition.
    pub def: Arc<SequenceDef>,
    /// Shared by all versions of the catalog.
    pub state: Arc<SequenceState>,
}

/// A sequence in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceRecord {
    /// The definition.
    pub def: SequenceDef,
    /// A number that was not given yet, nor any behind it; `None`: exhausted.
    pub next: Option<i64>,
}

impl SequenceRecord {
    /// The sequence, from then on.
    pub fn restore(self) -> NumberSequence {
        NumberSequence {
            def: Arc::new(self.def),
            state: Arc::new(SequenceState::new(self.next)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn def(increment: i64, min: i64, max: i64, cycle: bool) -> SequenceDef {
        SequenceDef {
            schema: String::new(),
            name: String::from("s"),
            start: min,
            increment,
            min,
            max,
            cache: 10,
            cycle,
        }
    }

    #[test]
    fn many_steps_are_as_many_single_ones() {
        for (increment, min, max, cycle) in [
            (1, 1, 7, true),
            (3, -4, 9, true),
            (-2, -5, 6, true),
            (2, 0, 9, false),
            (-3, -9, 9, false),
            (1, i64::MAX - 3, i64::MAX, true),
            (-1, i64::MIN, i64::MIN + 2, true),
            (i64::MAX, i64::MIN, i64::MAX, true),
        ] {
            let def = def(increment, min, max, cycle);
            let mut at = Some(if increment > 0 { min } else { max });
            let first = at.unwrap();
            for steps in 0..25 {
                assert_eq!(def.after(first, steps), at, "{def:?} {steps}");
                at = at.and_then(|n| def.after(n, 1));
            }
        }
    }

    #[test]
    fn the_store_stays_ahead_and_what_is_given_is_given_once() {
        let def = def(1, 1, 100, false);
        let state = SequenceState::new(Some(1));
        assert_eq!(state.take(&def).unwrap(), 1);
        assert!(state.is_beyond());
        let ahead = state.ahead(&def, 10);
        assert_eq!(ahead.next, Some(12));
        assert_eq!(state.take(&def).unwrap(), 2);
        state.settle(&ahead);
        for n in 3..12 {
            assert_eq!(state.take(&def).unwrap(), n);
            assert!(!state.is_beyond());
        }
        assert_eq!(state.take(&def).unwrap(), 12);
        assert!(state.is_beyond());
        // A number that is set makes the batch on its way worthless.
        let ahead = state.ahead(&def, 10);
        assert!(state.set(&def, Some(50), true));
        state.settle(&ahead);
        assert!(state.is_beyond());
        assert!(!state.set(&def, Some(7), true));
        assert!(state.set(&def, Some(7), false));
        assert_eq!(state.take(&def).unwrap(), 7);
    }
}
