//! A query to be run again whenever a commit touches what it reads, as JavaScript holds it.

use crate::{
    engine::Inner, error::to_js, executor::now_or_promise, lease::Lease, params, result, run::Stoppable,
    statement::Statement, stop::Stop,
};
use amphi_core::{
    Error, Result, database,
    session::{Outcome, Params, Prepared},
};
use js_sys::Uint8Array;
use std::{
    cell::RefCell,
    future::poll_fn,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// What it waits for.
#[derive(Default)]
struct State {
    /// `None` before the first run.
    watch: Option<database::Watch>,
    ended: bool,
    waiting: Option<Waker>,
}

impl State {
    /// Whether the query is to be run again; `false`: never more.
    fn poll_changed(&mut self, cx: &Context<'_>) -> Poll<bool> {
        if self.ended {
            return Poll::Ready(false);
        }
        self.waiting = Some(cx.waker().clone());
        match &self.watch {
            Some(watch) => watch.poll_touched(cx).map(|()| true),
            None => Poll::Ready(true),
        }
    }
}

/// See the module. Freed, it waits for nothing any more.
#[wasm_bindgen]
pub struct Watch {
    inner: Rc<Inner>,
    prepared: Arc<Prepared>,
    params: Params,
    state: Rc<RefCell<State>>,
}

impl Watch {
    /// # Errors
    /// Those of preparing it; [`Error::Invalid`] if it is no query; [`Error::Parameter`].
    pub(crate) fn new(inner: &Rc<Inner>, sql: &str, params: &[u8]) -> Result<Watch> {
        let statement = Statement::new(&mut Lease::idle(inner), sql)?;
        if !statement.is_query() {
            return Err(Error::invalid("only a query can be watched"));
        }
        Ok(Watch {
            inner: inner.clone(),
            prepared: statement.prepared().clone(),
            params: params::decode(params)?,
            state: Rc::default(),
        })
    }
}

#[wasm_bindgen]
impl Watch {
    /// Runs the query on what is committed now; answers the result as bytes, or a promise of it. From then on commits that
    /// touch what it read count.
    ///
    /// # Errors
    /// Whatever the query runs into.
    pub fn run(&self, stop: Option<Stop>) -> Result<JsValue, JsValue> {
        let mut lease = Lease::idle(&self.inner);
        let started = || {
            let session = lease.session()?;
            let stopped_by = stop.map(|stop| Stoppable::new(stop, session.interrupt_handle()));
            let watched = session.watch(&self.prepared, self.params.clone());
            let mut state = self.state.borrow_mut();
            // What cannot be watched now cannot be later.
            state.ended = watched.is_err();
            let watched = watched?;
            state.watch = Some(watched.watch);
            Ok((stopped_by, watched.rows?))
        };
        let (stopped_by, rows) = started().map_err(|e| to_js(&e))?;
        now_or_promise(async move {
            let bytes = result::encode(Outcome::Rows(rows)).await;
            // The session is leased so long: stopping a query that is being read is stopping its session.
            drop((stopped_by, lease));
            let bytes = bytes.map_err(|e| to_js(&e))?;
            Ok(Uint8Array::new_from_slice(&bytes).into())
        })
    }

    /// Answers `true`, or a promise of it, once a commit has touched what the last run read, or the database was closed;
    /// `false` when the watch is freed. One at a time waits.
    ///
    /// # Errors
    /// None.
    pub fn changed(&self) -> Result<JsValue, JsValue> {
        let state = self.state.clone();
        now_or_promise(async move {
            let changed = poll_fn(|cx| state.borrow_mut().poll_changed(cx)).await;
            Ok(changed.into())
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut state = self.state.borrow_mut();
        state.ended = true;
        state.watch = None;
        let waiting = state.waiting.take();
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }
}
