//! An open database, as JavaScript holds it.

use crate::{
    binding::StoreBinding,
    error::{set, to_js},
    executor::now_or_promise,
    flusher::Flusher,
    host::PlatformHost,
    lease::{Lease, Slot},
    options,
    run::{Call, run, run_now},
    session::OwnSession,
    statement::Statement,
    stop::Stop,
    store::HostStore,
    watch::Watch,
};
use amphi_core::{Result, database::Database, kv::KvBackend, session::Session};
use js_sys::{Object, Uint8Array};
use std::{cell::RefCell, rc::Rc, sync::Arc};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// What all handles of a database share.
pub(crate) struct Inner {
    pub(crate) database: Database,
    /// For statements that need a session for themselves alone; as good as new. Sessions are big, and are not moved for a
    /// statement.
    #[allow(clippy::vec_box)]
    pub(crate) idle: RefCell<Vec<Box<Session>>>,
    flusher: Flusher,
}

impl Inner {
    /// To be called after every statement: its commit may wait to be written.
    pub(crate) fn committed(&self) {
        self.flusher.committed(&self.database);
    }
}

/// An open database.
#[wasm_bindgen]
pub struct Engine {
    pub(crate) inner: Rc<Inner>,
}

#[wasm_bindgen]
impl Engine {
    /// Opens a database over a store, or in memory without one; answers an `Engine` or a promise of it. `options` is an
    /// object, see `wasm/js/src/options.ts`.
    ///
    /// # Errors
    /// Those of opening a database.
    pub fn open(store: Option<StoreBinding>, options: &JsValue) -> Result<JsValue, JsValue> {
        let config = options::config(options).map_err(|e| to_js(&e))?;
        now_or_promise(async move {
            let store = store.map(|binding| Arc::new(HostStore::new(binding)) as Arc<dyn KvBackend>);
            let opened = Database::open(store, Arc::new(PlatformHost::new()), config).await;
            let inner = Inner {
                database: opened.map_err(|e| to_js(&e))?,
                idle: RefCell::default(),
                flusher: Flusher::default(),
            };
            Ok(Engine {
                inner: Rc::new(inner),
            }
            .into())
        })
    }

    /// Runs a text of statements, a transaction each, and answers the result of the last one, as bytes, or a
    /// promise of it.
    ///
    /// # Errors
    /// Whatever the statement runs into.
    pub fn execute(&self, sql: &str, params: &[u8], stop: Option<Stop>) -> Result<JsValue, JsValue> {
        let call = Call::text(sql, params, stop).map_err(|e| to_js(&e))?;
        run(&self.inner, Lease::idle(&self.inner), call)
    }

    /// Runs a query that needs no block from the store.
    ///
    /// # Errors
    /// `AM002` naming the table if a block is not in memory; whatever the query runs into.
    #[wasm_bindgen(js_name = querySync)]
    pub fn query_sync(&self, sql: &str, params: &[u8]) -> Result<Uint8Array, JsValue> {
        let call = Call::text(sql, params, None).map_err(|e| to_js(&e))?;
        run_now(Lease::idle(&self.inner), call)
    }

    /// Prepares a statement, for this database and all its sessions.
    ///
    /// # Errors
    /// Those of parsing and binding it.
    pub fn prepare(&self, sql: &str) -> Result<Statement, JsValue> {
        Statement::new(&mut Lease::idle(&self.inner), sql).map_err(|e| to_js(&e))
    }

    /// Runs a prepared statement as [`Engine::execute`] does.
    ///
    /// # Errors
    /// Whatever the statement runs into.
    #[wasm_bindgen(js_name = executePrepared)]
    pub fn execute_prepared(
        &self,
        statement: &Statement,
        params: &[u8],
        stop: Option<Stop>,
    ) -> Result<JsValue, JsValue> {
        let call = Call::prepared(statement, params, stop).map_err(|e| to_js(&e))?;
        run(&self.inner, Lease::idle(&self.inner), call)
    }

    /// Runs a prepared query as [`Engine::query_sync`] does.
    ///
    /// # Errors
    /// As [`Engine::query_sync`].
    #[wasm_bindgen(js_name = querySyncPrepared)]
    pub fn query_sync_prepared(&self, statement: &Statement, params: &[u8]) -> Result<Uint8Array, JsValue> {
        let call = Call::prepared(statement, params, None).map_err(|e| to_js(&e))?;
        run_now(Lease::idle(&self.inner), call)
    }

    /// A query to be run again whenever a commit touches what it reads.
    ///
    /// # Errors
    /// Those of preparing it; `42000` if it is no query.
    pub fn watch(&self, sql: &str, params: &[u8]) -> Result<Watch, JsValue> {
        Watch::new(&self.inner, sql, params).map_err(|e| to_js(&e))
    }

    /// A new session, for a transaction.
    pub fn session(&self) -> OwnSession {
        let session = Box::new(self.inner.database.session());
        OwnSession::new(self.inner.clone(), Slot::new(Some(session)))
    }

    /// Figures since the database was opened, by name.
    pub fn stats(&self) -> Object {
        let figures = Object::new();
        for (name, figure) in self.inner.database.stats().entries() {
            set(&figures, name, figure as f64);
        }
        figures
    }

    /// Verifies all that the store holds; answers the problems as text, or a promise of them.
    ///
    /// # Errors
    /// Those of reading the store.
    pub fn check(&self) -> Result<JsValue, JsValue> {
        let inner = self.inner.clone();
        now_or_promise(async move {
            let report = inner.database.check().await.map_err(|e| to_js(&e))?;
            let text = if report.is_empty() {
                String::new()
            } else {
                report.to_string()
            };
            Ok(JsValue::from_str(&text))
        })
    }

    /// Makes every commit so far durable; answers nothing, or a promise of it.
    ///
    /// # Errors
    /// Those of writing the store.
    pub fn flush(&self) -> Result<JsValue, JsValue> {
        let inner = self.inner.clone();
        now_or_promise(async move { nothing(inner.database.flush().await) })
    }

    /// Makes every commit durable and closes the database: later calls fail with `08003`. Answers nothing, or a
    /// promise of it.
    ///
    /// # Errors
    /// Those of writing the store; the database is closed all the same.
    pub fn close(&self) -> Result<JsValue, JsValue> {
        let inner = self.inner.clone();
        now_or_promise(async move { nothing(inner.database.close().await) })
    }
}

/// A result without an answer.
pub(crate) fn nothing(done: Result<()>) -> Result<JsValue, JsValue> {
    done.map(|()| JsValue::UNDEFINED).map_err(|e| to_js(&e))
}
