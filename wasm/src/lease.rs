//! A session of the engine, taken for the time of one statement.
//!
//! Nothing is borrowed while a statement waits for the store: the session is moved out of where it is kept, and moved back
//! when the lease ends, however that happens.

use crate::engine::Inner;
use amphi_core::{Error, Result, session::Session};
use std::{cell::RefCell, rc::Rc};

/// Sessions kept for statements that need one for themselves alone.
const IDLE: usize = 16;

/// Where a session is while no statement runs in it. Sessions are big, and are moved for every statement.
pub(crate) type Slot = RefCell<Option<Box<Session>>>;

enum Home {
    /// Any idle session will do.
    Idle(Rc<Inner>),
    Own(Rc<Slot>),
}

/// See the module.
pub(crate) struct Lease {
    /// `None` only while it ends.
    session: Option<Box<Session>>,
    home: Home,
}

impl Lease {
    /// An idle session of the database.
    pub(crate) fn idle(inner: &Rc<Inner>) -> Lease {
        let session = inner.idle.borrow_mut().pop();
        Lease {
            session: Some(session.unwrap_or_else(|| Box::new(inner.database.session()))),
            home: Home::Idle(inner.clone()),
        }
    }

    /// The session of a slot.
    ///
    /// # Errors
    /// [`Error::TransactionState`] if a statement is running in it.
    pub(crate) fn own(slot: &Rc<Slot>) -> Result<Lease> {
        let session = slot.borrow_mut().take();
        let session = session.ok_or_else(|| Error::TransactionState {
            message: "another statement of this transaction is still running; await it first".to_owned(),
        })?;
        Ok(Lease {
            session: Some(session),
            home: Home::Own(slot.clone()),
        })
    }

    /// The session.
    ///
    /// # Errors
    /// None: a lease has its session until it ends.
    pub(crate) fn session(&mut self) -> Result<&mut Session> {
        self.session.as_deref_mut().ok_or(Error::Closed)
    }

    /// What has to be refused of a statement for which no session lasts.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let Home::Idle(inner) = &self.home else {
            return None;
        };
        let session = self.session.as_ref()?;
        if session.in_transaction() {
            Some(Error::TransactionState {
                message: "BEGIN needs a session to last in; use transaction()".to_owned(),
            })
        } else if session.schema() != inner.database.config().name {
            Some(Error::invalid(
                "USE needs a session to last in; write schema.table",
            ))
        } else {
            None
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        match &self.home {
            Home::Own(slot) => {
                session.set_resident_only(false);
                *slot.borrow_mut() = Some(session);
            }
            Home::Idle(inner) => {
                session.reset();
                let mut idle = inner.idle.borrow_mut();
                if idle.len() < IDLE {
                    idle.push(session);
                }
            }
        }
    }
}
