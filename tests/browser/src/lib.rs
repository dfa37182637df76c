//! The store conformance kit as a wasm module: `tests/browser` runs it in Chromium over IndexedDB.
#![forbid(unsafe_code)]

use amphi_conformance::{ASYNC_CHECKS, Check};
use amphi_wasm::{HostStore, StoreBinding};
use js_sys::{Promise, futures::future_to_promise};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// The names of all checks.
#[wasm_bindgen(js_name = checkNames)]
pub fn check_names() -> Vec<String> {
    ASYNC_CHECKS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Runs one check over an empty store. A check that fails panics, which says why on the console and stops the module.
///
/// # Errors
/// If there is no such check.
#[wasm_bindgen(js_name = runCheck)]
pub fn run_check(name: &str, store: StoreBinding) -> Result<Promise, JsValue> {
    let found = ASYNC_CHECKS.iter().find(|(n, _)| *n == name);
    let check: Check = found
        .ok_or_else(|| JsValue::from_str("there is no such check"))?
        .1;
    Ok(future_to_promise(async move {
        check(&HostStore::new(store)).await;
        Ok(JsValue::UNDEFINED)
    }))
}
