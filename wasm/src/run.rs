//! Running one statement: from the bytes of its parameters to those of its result.

use crate::{
    engine::Inner, error::to_js, executor, lease::Lease, params, result, statement::Statement, stop::Stop,
};
use amphi_core::{
    Error, Result,
    interrupt::InterruptHandle,
    session::{Outcome, Params, Prepared, Session},
    sql::parse,
};
use js_sys::Uint8Array;
use std::{rc::Rc, sync::Arc};
use wasm_bindgen::JsValue;

enum Statements {
    Text(String),
    Prepared(Arc<Prepared>, bool),
}

/// What is to be run, with what.
pub(crate) struct Call {
    statements: Statements,
    params: Params,
    stop: Option<Stop>,
}

impl Call {
    /// A text of statements.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the parameters do not decode.
    pub(crate) fn text(sql: &str, params: &[u8], stop: Option<Stop>) -> Result<Call> {
        Ok(Call {
            statements: Statements::Text(sql.to_owned()),
            params: params::decode(params)?,
            stop,
        })
    }

    /// A prepared statement.
    ///
    /// # Errors
    /// As [`Call::text`].
    pub(crate) fn prepared(statement: &Statement, params: &[u8], stop: Option<Stop>) -> Result<Call> {
        Ok(Call {
            statements: Statements::Prepared(statement.prepared().clone(), statement.is_query()),
            params: params::decode(params)?,
            stop,
        })
    }

    async fn execute(self, session: &mut Session) -> Result<Outcome> {
        match self.statements {
            Statements::Text(sql) => session.execute(&sql, self.params).await,
            Statements::Prepared(prepared, _) => {
                let values = self.params.resolve(prepared.parsed().parameter_names())?;
                match session.execute_at_once(&prepared, &values) {
                    Some(outcome) => outcome,
                    None => session.execute_prepared(&prepared, values).await,
                }
            }
        }
    }

    /// Whether it only reads: what waits for the store half-way may then be given up.
    fn is_query(&self, session: &mut Session) -> Result<bool> {
        let sql = match &self.statements {
            Statements::Prepared(_, is_query) => return Ok(*is_query),
            Statements::Text(sql) => sql,
        };
        let first = sql.trim_start().get(..7).unwrap_or("");
        let is_select = first.get(..6).is_some_and(|w| w.eq_ignore_ascii_case("SELECT"))
            && first.ends_with(|c: char| c.is_ascii_whitespace());
        if is_select && parse::split(sql).count() == 1 {
            return Ok(true);
        }
        let (_, columns) = session.prepare(sql)?;
        Ok(!columns.is_empty())
    }
}

/// A statement that can be stopped, however it ends.
pub(crate) struct Stoppable(Stop);

impl Stoppable {
    pub(crate) fn new(stop: Stop, handle: InterruptHandle) -> Stoppable {
        stop.watch(handle);
        Stoppable(stop)
    }
}

impl Drop for Stoppable {
    fn drop(&mut self) {
        self.0.forget();
    }
}

/// Runs a call; answers the result, or a promise of it.
///
/// # Errors
/// Whatever the statement runs into.
pub(crate) fn run(inner: &Rc<Inner>, lease: Lease, call: Call) -> Result<JsValue, JsValue> {
    let inner = inner.clone();
    executor::now_or_promise(async move {
        let done = run_to_end(lease, call).await;
        inner.committed();
        let bytes = done.map_err(|e| to_js(&e))?;
        Ok(Uint8Array::new_from_slice(&bytes).into())
    })
}

async fn run_to_end(mut lease: Lease, mut call: Call) -> Result<Vec<u8>> {
    let session = lease.session()?;
    let stop = call.stop.take();
    let _stoppable = stop.map(|stop| Stoppable::new(stop, session.interrupt_handle()));
    let outcome = call.execute(session).await?;
    // With the session still leased: stopping a query that is being read is stopping its session.
    let bytes = result::encode(outcome).await?;
    match lease.refusal() {
        Some(refused) => Err(refused),
        None => Ok(bytes),
    }
}

/// Runs a query that needs no block from the store.
///
/// # Errors
/// [`Error::NotResident`]; [`Error::Invalid`] if it is no query; whatever it runs into.
pub(crate) fn run_now(mut lease: Lease, call: Call) -> Result<Uint8Array, JsValue> {
    let done = || {
        let session = lease.session()?;
        if !call.is_query(session)? {
            return Err(Error::invalid(
                "querySync runs one query; use the asynchronous call for all else",
            ));
        }
        session.set_resident_only(true);
        match executor::now(call.execute(session)) {
            Some(outcome) => result::encode_resident(outcome?),
            None => Err(Error::unsupported("waiting for the store in querySync")),
        }
    };
    // `call` is moved into the closure's one run.
    done()
        .map(|bytes| Uint8Array::new_from_slice(&bytes))
        .map_err(|e| to_js(&e))
}
