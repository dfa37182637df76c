//! Writes relaxed commits within the flush interval.
//!
//! The first commit that leaves something unwritten sets a timer, so that the commits of that time share one write.
//! A failed flush shows in the next write: the engine remembers it.

use amphi_core::database::Database;
use js_sys::{
    Function, Promise,
    futures::{JsFuture, spawn_local},
};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(handler: &Function, milliseconds: f64) -> JsValue;
}

/// Whether a timer is set.
#[derive(Default)]
pub(crate) struct Flusher {
    armed: Rc<Cell<bool>>,
}

impl Flusher {
    /// To be called after every statement.
    pub(crate) fn committed(&self, database: &Database) {
        if self.armed.get() || !database.flush_due() {
            return;
        }
        self.armed.set(true);
        let (armed, database) = (self.armed.clone(), database.clone());
        spawn_local(async move {
            let interval = database.config().flush_interval_ms as f64;
            let passed = Promise::new(&mut |resolve, _| {
                set_timeout(&resolve, interval);
            });
            let _ = JsFuture::from(passed).await;
            // Disarmed first: a commit during the flush arms it again.
            armed.set(false);
            let _ = database.flush().await;
        });
    }
}
