//! The [`KvBackend`] over a store that JavaScript provides.
//!
//! The engine's stores may move between threads; on another thread than JavaScript's this one answers an error.

use crate::{binding::StoreBinding, bytes, error, shelf::Shelved};
use amphi_core::{
    Error, Result,
    kv::{Durability, KvBackend, StoreFuture, WriteBatch},
};
use js_sys::{Array, Promise, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast, JsValue};

/// A store in JavaScript; its contract is that of [`KvBackend`].
#[derive(Debug)]
pub struct HostStore {
    binding: Shelved,
}

impl HostStore {
    /// The store behind an object.
    pub fn new(binding: StoreBinding) -> HostStore {
        HostStore {
            binding: Shelved::new(binding.into()),
        }
    }

    fn binding(&self) -> Result<StoreBinding> {
        let binding = self.binding.get().map(JsCast::unchecked_into);
        binding.ok_or_else(|| Error::store("it belongs to another thread"))
    }

    async fn call(
        &self,
        call: impl FnOnce(&StoreBinding) -> std::result::Result<Promise, JsValue>,
    ) -> Result<JsValue> {
        let promise = call(&self.binding()?).map_err(|e| error::from_store(&e))?;
        JsFuture::from(promise).await.map_err(|e| error::from_store(&e))
    }

    async fn array(
        &self,
        call: impl FnOnce(&StoreBinding) -> std::result::Result<Promise, JsValue>,
    ) -> Result<Array> {
        let answer = self.call(call).await?;
        answer.dyn_into::<Array>().map_err(|_| unexpected())
    }
}

fn unexpected() -> Error {
    Error::store("it answered something else than it was asked for")
}

fn bytes_of(value: JsValue) -> Result<Vec<u8>> {
    let array = value.dyn_into::<Uint8Array>().map_err(|_| unexpected())?;
    Ok(array.to_vec())
}

impl KvBackend for HostStore {
    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let asked = bytes::keys(keys)?;
            let found = self.array(|store| store.get_many(&asked)).await?;
            if found.length() as usize != keys.len() {
                return Err(unexpected());
            }
            let value = |v: JsValue| match v.is_undefined() {
                true => Ok(None),
                false => bytes_of(v).map(Some),
            };
            found.iter().map(value).collect()
        })
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        Box::pin(async move {
            if from >= to || limit == 0 {
                return Ok(Vec::new());
            }
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let found = self.array(|store| store.scan(from, to, limit)).await?;
            let mut entries = Vec::with_capacity(found.length() as usize / 2);
            let mut parts = found.iter();
            while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                entries.push((bytes_of(key)?, bytes_of(value)?));
            }
            Ok(entries)
        })
    }

    fn commit<'a>(&'a self, batch: WriteBatch, durability: Durability) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            if batch.is_empty() {
                return Ok(());
            }
            let written = bytes::batch(&batch)?;
            drop(batch);
            let durable = durability == Durability::Sync;
            self.call(|store| store.commit(&written, durable)).await?;
            Ok(())
        })
    }

    fn failure(&self) -> Option<String> {
        self.binding().ok().and_then(|binding| binding.failure())
    }
}
