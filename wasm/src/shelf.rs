//! JavaScript's objects for the engine to hold.
//!
//! What the engine holds may move between threads and JavaScript's objects may not: the objects stay on a shelf of their
//! thread, and what is held is a number on it. On another thread it finds nothing.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};
use wasm_bindgen::JsValue;

thread_local! {
    static OBJECTS: RefCell<HashMap<u32, JsValue>> = RefCell::default();
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

/// An object of JavaScript's, kept until this is dropped.
#[derive(Debug)]
pub(crate) struct Shelved {
    id: u32,
}

impl Shelved {
    /// Puts an object on the shelf of this thread.
    pub(crate) fn new(object: JsValue) -> Shelved {
        let id = NEXT.with(|next| next.replace(next.get().wrapping_add(1)));
        OBJECTS.with_borrow_mut(|objects| objects.insert(id, object));
        Shelved { id }
    }

    /// The object; `None` on another thread.
    pub(crate) fn get(&self) -> Option<JsValue> {
        OBJECTS.with_borrow(|objects| objects.get(&self.id).cloned())
    }
}

impl Drop for Shelved {
    fn drop(&mut self) {
        // Dropped after the borrow: an object's end is JavaScript's business.
        let _object = OBJECTS.with_borrow_mut(|objects| objects.remove(&self.id));
    }
}
