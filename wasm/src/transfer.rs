//! A whole database as bytes: exporting and importing.

use crate::{
    engine::{Engine, nothing},
    error::{from_store, to_js},
    executor::now_or_promise,
    shelf::Shelved,
};
use amphi_core::Error;
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};

#[wasm_bindgen]
extern "C" {
    /// An object that takes the bytes of an export.
    pub type ExportBinding;

    /// Takes the next part: a view of the module's memory, valid until the call returns.
    #[wasm_bindgen(method, catch)]
    fn write(this: &ExportBinding, part: &[u8]) -> Result<(), JsValue>;
}

#[wasm_bindgen]
impl Engine {
    /// Gives the bytes of the whole database, as it is now, part by part; answers nothing, or a promise of it.
    ///
    /// # Errors
    /// Those of reading the store, and what the target throws.
    #[wasm_bindgen(js_name = exportTo)]
    pub fn export_to(&self, target: ExportBinding) -> Result<JsValue, JsValue> {
        let inner = self.inner.clone();
        let target = Shelved::new(target.into());
        now_or_promise(async move {
            let write = |part: &[u8]| {
                let target = target.get().ok_or(Error::Closed)?;
                let target: ExportBinding = target.unchecked_into();
                target.write(part).map_err(|thrown| from_store(&thrown))
            };
            inner.database.export(write).await.map_err(|e| to_js(&e))?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Puts all that an export holds into this database, which is empty; answers nothing, or a promise of it.
    ///
    /// # Errors
    /// `AM004` if these are not the bytes of an export, `XX001` if they are damaged, `42000` if the database is not empty.
    #[wasm_bindgen(js_name = importFrom)]
    pub fn import_from(&self, bytes: Vec<u8>) -> Result<JsValue, JsValue> {
        let inner = self.inner.clone();
        now_or_promise(async move {
            let done = inner.database.import(&bytes).await;
            inner.committed();
            nothing(done)
        })
    }
}
