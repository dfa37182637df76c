//! Where tables live: moving them between memory and the store, and asking where they are.

use crate::{
    engine::{Engine, nothing},
    error::set,
    executor::now_or_promise,
};
use amphi_core::database::{PersistenceOptions, Placement};
use js_sys::Object;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
impl Engine {
    /// Makes a table persistent, or dual with `cache_in_memory`; for one that does not exist yet, when it is created.
    /// Answers nothing, or a promise of it.
    ///
    /// # Errors
    /// `AM001` if the database has no store; those of a commit, and then nothing changed.
    #[wasm_bindgen(js_name = enablePersistence)]
    pub fn enable_persistence(
        &self,
        table: String,
        sync_on_write: bool,
        cache_in_memory: bool,
    ) -> Result<JsValue, JsValue> {
        let inner = self.inner.clone();
        let options = PersistenceOptions {
            sync_on_write,
            cache_in_memory,
        };
        now_or_promise(async move { nothing(inner.database.enable_persistence(&table, options).await) })
    }

    /// Takes a table out of the store: its rows stay, in memory. Answers nothing, or a promise of it.
    ///
    /// # Errors
    /// `42P01` if there is no such table and nothing is remembered for it; those of a commit.
    #[wasm_bindgen(js_name = disablePersistence)]
    pub fn disable_persistence(&self, table: String) -> Result<JsValue, JsValue> {
        let inner = self.inner.clone();
        now_or_promise(async move { nothing(inner.database.disable_persistence(&table).await) })
    }

    /// Moves a table from memory into the store; a dual table leaves memory. Answers nothing, or a promise of it.
    ///
    /// # Errors
    /// `42P01`, `AM001`; those of a commit.
    #[wasm_bindgen(js_name = migrateToPersistent)]
    pub fn migrate_to_persistent(&self, table: String) -> Result<JsValue, JsValue> {
        let inner = self.inner.clone();
        now_or_promise(async move { nothing(inner.database.migrate_to_persistent(&table).await) })
    }

    /// Moves a table from the store into memory, where it lives from then on. Answers nothing, or a promise of it.
    ///
    /// # Errors
    /// `42P01`; those of a commit.
    #[wasm_bindgen(js_name = loadToMemory)]
    pub fn load_to_memory(&self, table: String) -> Result<JsValue, JsValue> {
        let inner = self.inner.clone();
        now_or_promise(async move { nothing(inner.database.load_to_memory(&table).await) })
    }

    /// Where a table lives, or the settings remembered for it, as an object; nothing if there is neither.
    #[wasm_bindgen(js_name = getPersistenceConfig)]
    pub fn get_persistence_config(&self, table: &str) -> Option<Object> {
        let config = self.inner.database.get_persistence_config(table)?;
        let object = Object::new();
        set(&object, "persistent", config.persistent);
        set(&object, "syncOnWrite", config.sync_on_write);
        set(&object, "cacheInMemory", config.cache_in_memory);
        let placement = match config.placement() {
            Placement::Memory => "memory",
            Placement::Persistent => "persistent",
            Placement::Dual => "dual",
        };
        set(&object, "placement", placement);
        Some(object)
    }

    /// The tables that are in the store, by name; those of other schemas as `schema.table`.
    #[wasm_bindgen(js_name = listPersistentTables)]
    pub fn list_persistent_tables(&self) -> Vec<String> {
        self.inner.database.list_persistent_tables()
    }
}
