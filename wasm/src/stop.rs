//! Stopping a statement that waits for the store: what an `AbortSignal` calls.

use amphi_core::interrupt::InterruptHandle;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::prelude::wasm_bindgen;

/// Stops the one statement that it is given to.
#[wasm_bindgen]
#[derive(Default)]
pub struct Stop {
    running: Rc<RefCell<Option<InterruptHandle>>>,
}

#[wasm_bindgen]
impl Stop {
    /// For one statement.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Stop {
        Stop::default()
    }

    /// The same once more: one is given to the call, the other kept.
    pub fn another(&self) -> Stop {
        Stop {
            running: self.running.clone(),
        }
    }

    /// Asks the statement to stop, which then fails as interrupted; nothing happens once it has ended.
    pub fn request(&self) {
        if let Some(handle) = &*self.running.borrow() {
            handle.interrupt();
        }
    }
}

impl Stop {
    pub(crate) fn watch(&self, handle: InterruptHandle) {
        *self.running.borrow_mut() = Some(handle);
    }

    pub(crate) fn forget(&self) {
        *self.running.borrow_mut() = None;
    }
}
