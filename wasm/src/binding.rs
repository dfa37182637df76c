//! A store as JavaScript provides it; `wasm/js/src/store/binding.ts` is the same interface there.
//!
//! Bytes that go to JavaScript are views of the module's memory, valid until the call returns: whoever wants to keep them
//! copies them before that.

use js_sys::Promise;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// An object with the methods of a store.
    #[derive(Clone)]
    pub type StoreBinding;

    /// An array with the value (`Uint8Array`) of each of the [keys](crate::bytes), `undefined` where there is none.
    #[wasm_bindgen(method, catch, js_name = getMany)]
    pub(crate) fn get_many(this: &StoreBinding, keys: &[u8]) -> Result<Promise, JsValue>;

    /// An array of the first `limit` entries with `from <= key < to`, each as its key followed by its value.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn scan(this: &StoreBinding, from: &[u8], to: &[u8], limit: u32) -> Result<Promise, JsValue>;

    /// Applies a [batch](crate::bytes) atomically; `durable`: it is on the disk when the promise is kept.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn commit(this: &StoreBinding, batch: &[u8], durable: bool) -> Result<Promise, JsValue>;

    /// Why the store takes no more commits, if so.
    #[wasm_bindgen(method)]
    pub(crate) fn failure(this: &StoreBinding) -> Option<String>;
}
