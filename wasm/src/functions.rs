//! Functions of the program, which SQL calls; `wasm/js/src/functions.ts` is their other side.
//!
//! Values cross as [parameters](crate::params) do. While a function runs, its own database and every other one refuse
//! calls: the other side sees to that.

use crate::{
    engine::Engine,
    error::{from_function, to_js},
    params,
    shelf::Shelved,
};
use amphi_core::{
    Error, Result, Value,
    sql::{
        bind::type_named,
        functions::{UserAggregate, UserFunction},
    },
};
use js_sys::Uint8Array;
use std::sync::Arc;
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};

#[wasm_bindgen]
extern "C" {
    /// An object with the methods of a function: `call` of a scalar one, the others of an aggregate. Arguments are views of
    /// the module's memory, valid until the call returns; what is answered is one value.
    pub type FunctionBinding;

    #[wasm_bindgen(method, catch)]
    fn call(this: &FunctionBinding, arguments: &[u8]) -> std::result::Result<Uint8Array, JsValue>;

    /// Makes the state of a new group, and answers its number.
    #[wasm_bindgen(method, catch)]
    fn start(this: &FunctionBinding) -> std::result::Result<u32, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn step(this: &FunctionBinding, group: u32, arguments: &[u8]) -> std::result::Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn finish(this: &FunctionBinding, group: u32) -> std::result::Result<Uint8Array, JsValue>;

    /// Gives the state of a group up.
    #[wasm_bindgen(method)]
    fn forget(this: &FunctionBinding, group: u32);
}

/// A function in JavaScript.
struct HostFunction {
    name: String,
    binding: Shelved,
}

impl HostFunction {
    /// Calls it.
    fn with<T>(&self, call: impl FnOnce(&FunctionBinding) -> std::result::Result<T, JsValue>) -> Result<T> {
        let binding = self.binding.get().ok_or_else(|| Error::Function {
            name: self.name.clone(),
            message: "it belongs to another thread".to_owned(),
        })?;
        call(&binding.unchecked_into()).map_err(|thrown| from_function(&self.name, &thrown))
    }

    fn value(&self, answer: &Uint8Array) -> Result<Value> {
        params::decode_one(&answer.to_vec()).map_err(|e| match e {
            Error::OutOfRange { .. } => e,
            other => Error::Function {
                name: self.name.clone(),
                message: other.to_string(),
            },
        })
    }
}

/// The state of one group, which is in JavaScript.
struct Group {
    function: Arc<HostFunction>,
    /// Its number, or why there is none.
    group: Result<u32>,
}

impl UserAggregate for Group {
    fn add(&mut self, args: &[Value]) -> Result<()> {
        let (group, args) = (self.group.clone()?, params::encode(args)?);
        self.function.with(|f| f.step(group, &args))
    }

    fn finish(&mut self) -> Result<Value> {
        let group = self.group.clone()?;
        let answer = self.function.with(|f| f.finish(group))?;
        self.function.value(&answer)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Ok(group) = self.group {
            let _ = self.function.with(|f| {
                f.forget(group);
                Ok(())
            });
        }
    }
}

#[wasm_bindgen]
impl Engine {
    /// Makes a function known to SQL, called with `least` to `most` values, of which it makes one of the type `returns`.
    ///
    /// # Errors
    /// `42P07` if SQL has a function of that name; `42000` if it could not be called, or for an unknown type.
    #[wasm_bindgen(js_name = createFunction)]
    pub fn create_function(
        &self,
        name: &str,
        least: u32,
        most: u32,
        returns: &str,
        is_aggregate: bool,
        binding: FunctionBinding,
    ) -> std::result::Result<(), JsValue> {
        let function = Arc::new(HostFunction {
            name: name.to_owned(),
            binding: Shelved::new(binding.into()),
        });
        let create = || {
            let (returns, takes) = (type_named(returns)?, (least as usize, most as usize));
            self.inner.database.create_function(match is_aggregate {
                false => UserFunction::scalar(name, takes, returns, move |args| {
                    let args = params::encode(args)?;
                    function.value(&function.with(|f| f.call(&args))?)
                }),
                true => UserFunction::aggregate(name, takes, returns, move || {
                    Box::new(Group {
                        group: function.with(FunctionBinding::start),
                        function: function.clone(),
                    })
                }),
            })
        };
        create().map_err(|e| to_js(&e))
    }
}
