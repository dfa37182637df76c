//! A session of its own: what a transaction runs in.

use crate::{
    engine::{Inner, nothing},
    error::to_js,
    executor::now_or_promise,
    lease::{Lease, Slot},
    run::{Call, run, run_now},
    statement::Statement,
    stop::Stop,
};
use amphi_core::{
    Error, Result,
    database::{IsolationLevel, TransactionOptions},
};
use js_sys::Uint8Array;
use std::rc::Rc;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// A session that keeps its state from statement to statement. They run one after another: who calls while one waits for
/// the store is refused. Freed, it rolls an open transaction back.
#[wasm_bindgen]
pub struct OwnSession {
    inner: Rc<Inner>,
    slot: Rc<Slot>,
}

impl OwnSession {
    pub(crate) fn new(inner: Rc<Inner>, slot: Slot) -> OwnSession {
        OwnSession {
            inner,
            slot: Rc::new(slot),
        }
    }

    fn lease(&self) -> Result<Lease, JsValue> {
        Lease::own(&self.slot).map_err(|e| to_js(&e))
    }
}

fn isolation(name: &str) -> Result<IsolationLevel> {
    match name {
        "read committed" => Ok(IsolationLevel::ReadCommitted),
        "repeatable read" => Ok(IsolationLevel::RepeatableRead),
        "serializable" => Ok(IsolationLevel::Serializable),
        other => Err(Error::Config {
            option: "isolation".to_owned(),
            message: format!(
                "there is no level {other}; use read committed, repeatable read or serializable"
            ),
        }),
    }
}

#[wasm_bindgen]
impl OwnSession {
    /// Opens a transaction.
    ///
    /// # Errors
    /// `25000` if one is open.
    pub fn begin(&self, level: &str, read_only: bool, sync: bool) -> Result<(), JsValue> {
        let mut lease = self.lease()?;
        let mut begin = || {
            let options = TransactionOptions {
                isolation: isolation(level)?,
                read_only,
                sync,
            };
            lease.session()?.begin(options)
        };
        begin().map_err(|e| to_js(&e))
    }

    /// Commits the open transaction; answers nothing, or a promise of it. After an error it is rolled back.
    ///
    /// # Errors
    /// `40001` if another transaction changed the same rows first; those of writing the store.
    pub fn commit(&self) -> Result<JsValue, JsValue> {
        let mut lease = self.lease()?;
        let inner = self.inner.clone();
        now_or_promise(async move {
            let done = match lease.session() {
                Ok(session) => session.commit().await,
                Err(e) => Err(e),
            };
            inner.committed();
            nothing(done)
        })
    }

    /// Rolls the open transaction back.
    ///
    /// # Errors
    /// `25000` if none is open.
    pub fn rollback(&self) -> Result<(), JsValue> {
        let mut lease = self.lease()?;
        lease
            .session()
            .and_then(amphi_core::session::Session::rollback)
            .map_err(|e| to_js(&e))
    }

    /// As [`Engine::execute`](crate::Engine::execute), in this session.
    ///
    /// # Errors
    /// Whatever the statement runs into.
    pub fn execute(&self, sql: &str, params: &[u8], stop: Option<Stop>) -> Result<JsValue, JsValue> {
        let call = Call::text(sql, params, stop).map_err(|e| to_js(&e))?;
        run(&self.inner, self.lease()?, call)
    }

    /// As [`Engine::query_sync`](crate::Engine::query_sync), in this session.
    ///
    /// # Errors
    /// As there.
    #[wasm_bindgen(js_name = querySync)]
    pub fn query_sync(&self, sql: &str, params: &[u8]) -> Result<Uint8Array, JsValue> {
        let call = Call::text(sql, params, None).map_err(|e| to_js(&e))?;
        run_now(self.lease()?, call)
    }

    /// As [`Engine::prepare`](crate::Engine::prepare), with the tables that this session sees.
    ///
    /// # Errors
    /// As there.
    pub fn prepare(&self, sql: &str) -> Result<Statement, JsValue> {
        Statement::new(&mut self.lease()?, sql).map_err(|e| to_js(&e))
    }

    /// As [`Engine::execute_prepared`](crate::Engine::execute_prepared), in this session.
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
        run(&self.inner, self.lease()?, call)
    }

    /// As [`Engine::query_sync_prepared`](crate::Engine::query_sync_prepared), in this session.
    ///
    /// # Errors
    /// As there.
    #[wasm_bindgen(js_name = querySyncPrepared)]
    pub fn query_sync_prepared(&self, statement: &Statement, params: &[u8]) -> Result<Uint8Array, JsValue> {
        let call = Call::prepared(statement, params, None).map_err(|e| to_js(&e))?;
        run_now(self.lease()?, call)
    }
}
