//! Numbers of sequences.
//!
//! Where a sequence is named by an identifier (`NEXTVAL(s)`, `NEXT VALUE FOR s`), binding makes a text of it.

use super::ArgKind::{Bool, Int, Text};
use super::args::{Args, INT, function, try_ints};
use super::locks::SessionLocks;
use super::{EvalContext, ScalarFunction};
use crate::catalog::{NumberSequence, SequenceMap, name_key};
use crate::sync::Mutex;
use crate::types::{Error, Result};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The sequences that a statement sees, and what its session was given.
#[derive(Clone, Default)]
pub struct Sequences {
    known: SequenceMap,
    session: Arc<Given>,
}

/// What a session was given.
#[derive(Default)]
struct Given {
    last: Mutex<Last>,
    /// Numbers were given that the store is not ahead of yet.
    beyond: AtomicBool,
    /// What LAST_INSERT_ID(n) said.
    insert_id: Mutex<Option<i64>>,
    /// Its side of the advisory locks.
    locks: Option<SessionLocks>,
}

#[derive(Default)]
struct Last {
    of: BTreeMap<(String, String), i64>,
    latest: Option<i64>,
}

impl Sequences {
    /// Those of a new session.
    pub fn of_session(locks: SessionLocks) -> Sequences {
        Sequences {
            known: SequenceMap::default(),
            session: Arc::new(Given {
                locks: Some(locks),
                ..Given::default()
            }),
        }
    }

    /// The session's side of the advisory locks.
    pub(super) fn locks(&self) -> Option<&SessionLocks> {
        self.session.locks.as_ref()
    }

    /// Releases the session's advisory locks.
    pub fn release_locks(&self) {
        if let Some(locks) = self.locks() {
            locks.release_all();
        }
    }

    /// What LAST_INSERT_ID(n) said since it was last asked.
    pub fn take_insert_id(&self) -> Option<i64> {
        self.session.insert_id.lock().take()
    }

    /// LAST_INSERT_ID(n).
    pub(super) fn give_insert_id(&self, id: i64) {
        *self.session.insert_id.lock() = Some(id);
    }

    /// The same session over another version of the catalog.
    pub fn among(&self, known: SequenceMap) -> Sequences {
        Sequences {
            known,
            session: self.session.clone(),
        }
    }

    /// Whether numbers were given since it was last asked that the store must be ahead of before anybody hears of
    /// them.
    pub fn take_beyond(&self) -> bool {
        self.session.beyond.load(Relaxed) && self.session.beyond.swap(false, Relaxed)
    }

    fn find(&self, schema: &str, name: &str) -> Result<((String, String), &NumberSequence)> {
        let parts = name_parts(name);
        let (schema, own) = match parts.as_slice() {
            [name] => (schema, name.as_str()),
            [schema, name] => (schema.as_str(), name.as_str()),
            _ => (schema, name),
        };
        let key = (name_key(schema), name_key(own));
        match self.known.get(&key) {
            Some(found) => Ok((key, found)),
            None => Err(Error::Unknown {
                kind: "sequence",
                name: name.to_string(),
                nearest: None,
                position: None,
            }),
        }
    }

    fn next(&self, schema: &str, name: &str) -> Result<i64> {
        let (key, sequence) = self.find(schema, name)?;
        let number = sequence.state.take(&sequence.def)?;
        self.note(key, sequence, number);
        Ok(number)
    }

    fn note(&self, key: (String, String), sequence: &NumberSequence, number: i64) {
        let mut last = self.session.last.lock();
        last.of.insert(key, number);
        last.latest = Some(number);
        drop(last);
        if sequence.state.is_beyond() {
            self.session.beyond.store(true, Relaxed);
        }
    }

    fn last(&self, schema: &str, name: &str) -> Result<Option<i64>> {
        let (key, _) = self.find(schema, name)?;
        Ok(self.session.last.lock().of.get(&key).copied())
    }

    fn set(&self, schema: &str, name: &str, number: i64, used: bool, forwards: bool) -> Result<Option<i64>> {
        let (key, sequence) = self.find(schema, name)?;
        let def = &sequence.def;
        if !(def.min..=def.max).contains(&number) {
            return Err(Error::OutOfRange {
                value: number.to_string(),
                expected: alloc::format!("sequence {}, from {} to {}", def.name, def.min, def.max),
                column: None,
            });
        }
        let next = match used {
            true => def.after(number, 1),
            false => Some(number),
        };
        if !sequence.state.set(def, next, forwards) {
            return Ok(None);
        }
        match used && !forwards {
            true => self.note(key, sequence, number),
            false => self.session.beyond.store(true, Relaxed),
        }
        Ok(Some(number))
    }
}

/// The parts of a name as SQL writes it, without their quotes.
fn name_parts(name: &str) -> Vec<String> {
    let mut parts = Vec::from([String::new()]);
    let mut quote = None;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(q) if c == q && chars.peek() == Some(&q) => chars.next().into_iter().for_each(|c| {
                parts.iter_mut().last().into_iter().for_each(|p| p.push(c));
            }),
            Some(q) if c == q => quote = None,
            None if c == '"' || c == '`' => quote = Some(c),
            None if c == '.' => parts.push(String::new()),
            _ => parts.iter_mut().last().into_iter().for_each(|p| p.push(c)),
        }
    }
    parts
}

fn sequences<'a>(cx: &EvalContext<'a>) -> Result<&'a Sequences> {
    let none = || Error::invalid("a sequence gives no numbers here");
    cx.sequences.ok_or_else(none)
}

/// Whether a call with so many arguments changes something of the session: numbers of a sequence, for which whoever
/// calls it waits for the store, locks, the last id.
pub fn is_of_session(function: &ScalarFunction, args: usize) -> bool {
    let mut all = FUNCTIONS.iter().chain(super::locks::FUNCTIONS);
    all.any(|f| f.name == function.name) || (args > 0 && function.name == "LAST_INSERT_ID")
}

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "NEXTVAL",
        &[],
        (1, 1),
        &[Text],
        INT,
        "The next number of a sequence; also NEXT VALUE FOR s.",
        |cx, a, _, _, n| {
            let sequences = sequences(cx)?;
            try_ints(n, |i| sequences.next(cx.schema, a.text(0, i)).map(Some))
        },
    )
    .volatile(),
    function(
        "LASTVAL",
        &[],
        (0, 1),
        &[Text],
        INT,
        "The number that the session got last, of a sequence or (without one) of any; also PREVIOUS VALUE FOR s. NULL if it got none.",
        |cx, a, _, _, n| {
            let sequences = sequences(cx)?;
            try_ints(n, |i| match a.has(0) {
                true => sequences.last(cx.schema, a.text(0, i)),
                false => Ok(sequences.session.last.lock().latest),
            })
        },
    )
    .volatile(),
    function(
        "CURRVAL",
        &[],
        (1, 1),
        &[Text],
        INT,
        "As LASTVAL of a sequence, but an error if the session got no number of it.",
        |cx, a, _, _, n| {
            let sequences = sequences(cx)?;
            try_ints(n, |i| match sequences.last(cx.schema, a.text(0, i))? {
                Some(number) => Ok(Some(number)),
                None => Err(Error::invalid(alloc::format!(
                    "the session got no number of sequence {} yet",
                    a.text(0, i)
                ))),
            })
        },
    )
    .volatile(),
    function(
        "SETVAL",
        &[],
        (2, 4),
        &[Text, Int, Bool],
        INT,
        "Has a sequence go on behind a number, or (third argument FALSE) with it. Named by an identifier it only goes forwards, and the result is NULL where it would not, as in MariaDB; named by a text it goes anywhere, as in PostgreSQL.",
        |cx, a, _, _, n| {
            let sequences = sequences(cx)?;
            try_ints(n, |i| {
                let used = !a.has(2) || a.int(2, i) != 0;
                let forwards = a.has(3) && a.int(3, i) != 0;
                sequences.set(cx.schema, a.text(0, i), a.int(1, i), used, forwards)
            })
        },
    )
    .volatile(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_sql_writes_them() {
        assert_eq!(name_parts("s"), ["s"]);
        assert_eq!(name_parts("main.s"), ["main", "s"]);
        assert_eq!(name_parts("\"a.b\".`c``d`"), ["a.b", "c`d"]);
        assert_eq!(name_parts("\"a"), ["a"]);
    }
}
