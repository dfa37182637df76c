//! Advisory locks: names that one session of a database holds at a time, as MySQL's GET_LOCK has them.
//!
//! They are no part of any transaction. A session that ends gives up what it holds.

use super::ArgKind::{Double, Text};
use super::args::{Args, INT, function, ints, try_ints};
use super::{EvalContext, ScalarFunction};
use crate::sync::Mutex;
use crate::types::{Error, Result};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;

/// The locks of a database: by name, who holds it, and how often.
#[derive(Debug, Default)]
pub struct AdvisoryLocks(Mutex<BTreeMap<String, (u64, u64)>>);

/// The most locks of a database.
const MAX_LOCKS: usize = 65_536;

/// A session's side of the locks of its database. Dropping it releases what the session holds.
#[derive(Debug)]
pub struct SessionLocks {
    all: Arc<AdvisoryLocks>,
    session: u64,
}

impl Drop for SessionLocks {
    fn drop(&mut self) {
        self.release_all();
    }
}

impl SessionLocks {
    /// Those of a session that no other has the number of.
    pub fn new(all: Arc<AdvisoryLocks>, session: u64) -> SessionLocks {
        SessionLocks { all, session }
    }

    fn acquire(&self, name: String) -> Result<bool> {
        let mut all = self.all.0.lock();
        if all.len() >= MAX_LOCKS && !all.contains_key(&name) {
            return Err(Error::invalid(
                "the database has too many advisory locks; release some",
            ));
        }
        let (holder, count) = all.entry(name).or_insert((self.session, 0));
        let is_own = *holder == self.session;
        if is_own {
            *count = count.saturating_add(1);
        }
        Ok(is_own)
    }

    /// Whether it was this session's to release; `None`: nobody held it.
    fn release(&self, name: &str) -> Option<bool> {
        let mut all = self.all.0.lock();
        let (holder, count) = all.get_mut(name)?;
        if *holder != self.session {
            return Some(false);
        }
        *count = count.saturating_sub(1);
        if *count == 0 {
            all.remove(name);
        }
        Some(true)
    }

    /// Releases all it holds; says how often that had been taken.
    pub fn release_all(&self) -> u64 {
        let mut all = self.all.0.lock();
        let mut released = 0_u64;
        all.retain(|_, (holder, count)| {
            let stays = *holder != self.session;
            released = released.saturating_add(if stays { 0 } else { *count });
            stays
        });
        released
    }

    fn holder(&self, name: &str) -> Option<u64> {
        self.all.0.lock().get(name).map(|(holder, _)| *holder)
    }
}

fn locks<'a>(cx: &EvalContext<'a>) -> Result<&'a SessionLocks> {
    let none = || Error::invalid("advisory locks are those of a session");
    cx.sequences.and_then(|s| s.locks()).ok_or_else(none)
}

/// A name, of up to 64 characters.
fn name(text: &str) -> Result<String> {
    match text.chars().count() {
        0..=64 => Ok(String::from(text)),
        _ => Err(Error::invalid("the name of a lock has up to 64 characters")),
    }
}

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "GET_LOCK",
        &[],
        (2, 2),
        &[Text, Double],
        INT,
        "1 if the session gets the advisory lock of that name within so many seconds, 0 if another one holds it.",
        |cx, a, _, _, n| {
            let locks = locks(cx)?;
            try_ints(n, |i| {
                let name = name(a.text(0, i))?;
                if name.is_empty() {
                    return Ok(None);
                }
                let mut left = (a.float(1, i).clamp(0.0, 1e9) * 1e6) as u64;
                loop {
                    if locks.acquire(name.clone())? {
                        return Ok(Some(1));
                    }
                    if left == 0 {
                        return Ok(Some(0));
                    }
                    let step = left.min(STEP);
                    super::waiting::wait(cx, step)?;
                    left -= step;
                }
            })
        },
    )
    .volatile(),
    function(
        "RELEASE_LOCK",
        &[],
        (1, 1),
        &[Text],
        INT,
        "Releases an advisory lock: 1, or 0 if another session holds it, or NULL if nobody does.",
        |cx, a, _, _, n| {
            let locks = locks(cx)?;
            try_ints(n, |i| Ok(locks.release(&name(a.text(0, i))?).map(i64::from)))
        },
    )
    .volatile(),
    function(
        "RELEASE_ALL_LOCKS",
        &[],
        (0, 0),
        &[],
        INT,
        "Releases all advisory locks of the session, and says how many that were.",
        |cx, _, _, _, _| {
            let released = locks(cx)?.release_all();
            ints(1, |_| i64::try_from(released).ok())
        },
    )
    .volatile(),
    function(
        "IS_FREE_LOCK",
        &[],
        (1, 1),
        &[Text],
        INT,
        "1 if nobody holds the advisory lock, else 0.",
        |cx, a, _, _, n| {
            let locks = locks(cx)?;
            try_ints(n, |i| {
                let holder = locks.holder(&name(a.text(0, i))?);
                Ok(Some(i64::from(holder.is_none())))
            })
        },
    )
    .volatile(),
    function(
        "IS_USED_LOCK",
        &[],
        (1, 1),
        &[Text],
        INT,
        "The number of the session that holds the advisory lock, or NULL.",
        |cx, a, _, _, n| {
            let locks = locks(cx)?;
            try_ints(n, |i| {
                let holder = locks.holder(&name(a.text(0, i))?);
                Ok(holder.and_then(|h| i64::try_from(h).ok()))
            })
        },
    )
    .volatile(),
    function(
        "CONNECTION_ID",
        &[],
        (0, 0),
        &[],
        INT,
        "The number of the session, of which an embedded database has instead of connections.",
        |cx, _, _, _, _| {
            let session = cx.sequences.and_then(|s| s.locks()).map_or(1, |l| l.session);
            ints(1, |_| i64::try_from(session).ok())
        },
    )
    .volatile(),
];

/// Microseconds between two tries.
const STEP: u64 = 10_000;
