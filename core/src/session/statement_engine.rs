//! The engine as one statement uses it: what it drives stops when the statement is to.

use crate::interrupt::Interrupt;
use crate::router::Engine;
use crate::tree::Missing;
use crate::types::Result;
use core::ops::Deref;
use core::task::Poll;

/// See the module.
pub(super) struct StatementEngine<'a> {
    engine: &'a Engine,
    interrupt: &'a Interrupt,
}

impl<'a> StatementEngine<'a> {
    pub(super) fn new(engine: &'a Engine, interrupt: &'a Interrupt) -> StatementEngine<'a> {
        StatementEngine { engine, interrupt }
    }

    /// As [`Engine::drive_stoppable`], with the statement's interrupt.
    pub(super) async fn drive<T>(&self, step: impl FnMut(&mut Missing) -> Poll<Result<T>>) -> Result<T> {
        self.engine.drive_stoppable(self.interrupt, step).await
    }
}

impl Deref for StatementEngine<'_> {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        self.engine
    }
}
