//! Amphi for JavaScript: what the npm package `amphi` calls.
//!
//! The engine is `amphi-core`; this crate gives it a store that JavaScript provides ([`HostStore`], in the browser
//! IndexedDB), the platform's clocks and randomness, and calls that take and answer bytes: a statement crosses the
//! boundary once in each direction, whatever it returns. Everything convenient (rows as objects, errors as a class,
//! transactions as functions) is written in TypeScript, in `wasm/js`.
//!
//! A call that needs nothing from the store answers at once; one that has to wait answers a `Promise`.
#![forbid(unsafe_code)]

mod binding;
mod bytes;
mod column_writer;
mod engine;
mod error;
mod executor;
mod flusher;
mod functions;
mod host;
mod lease;
mod options;
mod params;
mod persistence;
mod result;
mod run;
mod session;
mod shelf;
mod statement;
mod stop;
mod store;
mod transfer;
mod watch;

pub use amphi_core as core;
pub use binding::StoreBinding;
pub use engine::Engine;
pub use functions::FunctionBinding;
pub use session::OwnSession;
pub use statement::Statement;
pub use stop::Stop;
pub use store::HostStore;
pub use transfer::ExportBinding;
pub use watch::Watch;

use js_sys::Function;
use std::cell::RefCell;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

thread_local! {
    static ON_PANIC: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Calls a function with the message of a panic, which stops the module for good. There must be none.
#[wasm_bindgen(js_name = watchPanics)]
pub fn watch_panics(on_panic: Function) {
    ON_PANIC.with(|f| f.replace(Some(on_panic)));
    std::panic::set_hook(Box::new(|panic| {
        if let Some(on_panic) = ON_PANIC.with(RefCell::take) {
            let _ = on_panic.call(&JsValue::UNDEFINED, (&JsValue::from_str(&panic.to_string()),));
        }
    }));
}
