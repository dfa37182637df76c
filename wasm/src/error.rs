//! Errors on their way to JavaScript and from it.

use amphi_core::Error;
use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// Sets a property of a plain object, which cannot fail.
pub(crate) fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    let _ = Reflect::set(object, &JsValue::from_str(name), &value.into());
}

/// What is thrown: an object with `code`, `message`, `retryable` and, if known, `table`, `column` and
/// `position` (`line` and `column`).
pub(crate) fn to_js(error: &Error) -> JsValue {
    let object = Object::new();
    set(&object, "code", error.code());
    set(&object, "message", error.to_string());
    set(&object, "retryable", error.is_retryable());
    if let Some(table) = error.table() {
        set(&object, "table", table);
    }
    if let Some(column) = error.column() {
        set(&object, "column", column);
    }
    if let Some(position) = error.position() {
        let place = Object::new();
        // Lines and columns of a text that is in memory: far below 2^53.
        set(&place, "line", position.line as f64);
        set(&place, "column", position.column as f64);
        set(&object, "position", place);
    }
    object.into()
}

fn property(thrown: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(thrown, &JsValue::from_str(name)).ok()
}

/// The message of what was thrown; anything may be.
fn message(thrown: &JsValue) -> String {
    let message = property(thrown, "message").and_then(|m| m.as_string());
    let said = message.or_else(|| thrown.as_string());
    said.unwrap_or_else(|| "it does not say why".to_owned())
}

/// What a function of that name threw.
pub(crate) fn from_function(name: &str, thrown: &JsValue) -> Error {
    Error::Function {
        name: name.to_owned(),
        message: message(thrown),
    }
}

/// What a store in JavaScript threw: an `Error`, with `full` if there was no room.
pub(crate) fn from_store(thrown: &JsValue) -> Error {
    let message = message(thrown);
    match property(thrown, "full").is_some_and(|full| full.is_truthy()) {
        true => Error::StoreFull { message },
        false => Error::Store { message },
    }
}
