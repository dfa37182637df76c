//! The options of a database, from an object of JavaScript.

use amphi_core::{
    Error, Result,
    database::{CachePolicy, Config},
};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The options of an object: those of [`Config`] in camel case. What it does not name has its default.
///
/// # Errors
/// [`Error::Config`] for an option that does not exist or is of another kind.
pub(crate) fn config(object: &JsValue) -> Result<Config> {
    let mut config = Config::default();
    for (name, value) in entries(object) {
        match name.as_str() {
            "name" => config.name = text(&name, &value)?,
            "writable" => config.writable = flag(&name, &value)?,
            "defaultPersistent" => config.default_persistent = flag(&name, &value)?,
            "flushIntervalMs" => config.flush_interval_ms = number(&name, &value)?,
            "maxPendingMb" => config.max_pending_mb = number(&name, &value)?,
            "maxTransactionMb" => config.max_transaction_mb = number(&name, &value)?,
            "statementTimeoutMs" => config.statement_timeout_ms = number(&name, &value)?,
            "maxQueryMemoryMb" => config.max_query_memory_mb = number(&name, &value)?,
            "cache" => {
                for (name, value) in entries(&value) {
                    let name = format!("cache.{name}");
                    match name.as_str() {
                        "cache.enabled" => config.cache.enabled = flag(&name, &value)?,
                        "cache.maxSizeMb" => config.cache.max_size_mb = number(&name, &value)?,
                        "cache.evictionPolicy" => config.cache.eviction_policy = policy(&name, &value)?,
                        _ => return Err(unfit(&name, "there is no such option")),
                    }
                }
            }
            _ => return Err(unfit(&name, "there is no such option")),
        }
    }
    Ok(config)
}

/// The properties of an object that have a value.
fn entries(object: &JsValue) -> Vec<(String, JsValue)> {
    let Some(object) = object.dyn_ref::<Object>() else {
        return Vec::new();
    };
    let names: Array = Object::keys(object).unchecked_into();
    names
        .iter()
        .filter_map(|name| Some((name.as_string()?, Reflect::get(object, &name).ok()?)))
        .filter(|(_, value)| !value.is_undefined())
        .collect()
}

fn unfit(option: &str, message: &str) -> Error {
    Error::Config {
        option: option.to_owned(),
        message: message.to_owned(),
    }
}

fn text(option: &str, value: &JsValue) -> Result<String> {
    value.as_string().ok_or_else(|| unfit(option, "must be a string"))
}

fn flag(option: &str, value: &JsValue) -> Result<bool> {
    value
        .as_bool()
        .ok_or_else(|| unfit(option, "must be true or false"))
}

fn number(option: &str, value: &JsValue) -> Result<u64> {
    let number = value
        .as_f64()
        .filter(|n| *n >= 0.0 && *n <= 9_007_199_254_740_991.0 && n.fract() == 0.0);
    number
        .map(|n| n as u64)
        .ok_or_else(|| unfit(option, "must be a whole number, at least 0"))
}

fn policy(option: &str, value: &JsValue) -> Result<CachePolicy> {
    match value.as_string().as_deref() {
        Some("lru") => Ok(CachePolicy::Lru),
        Some("lfu") => Ok(CachePolicy::Lfu),
        _ => Err(unfit(option, "must be \"lru\" or \"lfu\"")),
    }
}
