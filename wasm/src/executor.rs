//! Runs the engine's futures: at once as far as they go, and the rest when what they wait for comes.

use js_sys::futures::future_to_promise;
use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::JsValue;

/// What the future answers without waiting; `None`: it would have to wait, and is dropped.
pub(crate) fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// What the future answers, if it need not wait, else a `Promise` of it.
///
/// # Errors
/// The future's.
pub(crate) fn now_or_promise<F>(future: F) -> Result<JsValue, JsValue>
where
    F: Future<Output = Result<JsValue, JsValue>> + 'static,
{
    let mut future = Box::pin(future);
    // Whoever goes on with it polls it again first, so the waker of this poll is never needed.
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => Ok(future_to_promise(future).into()),
    }
}
