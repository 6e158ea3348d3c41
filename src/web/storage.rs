//! What is kept on the reader's machine; where that is forbidden, in memory.

use crate::kernel::BTreeMap;
use gloo::utils::window;
use std::cell::RefCell;

thread_local! {
    static MEMORY: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// Small texts under names that begin with `portside`.
pub struct Storage;

impl Storage {
    /// The text under a name.
    pub fn get(name: &str) -> Option<String> {
        let key = format!("portside.{name}");
        let stored = store().and_then(|store| store.get_item(&key).ok().flatten());
        stored.or_else(|| MEMORY.with_borrow(|memory| memory.get(&key).cloned()))
    }

    /// Keeps a text under a name; a full or forbidden store keeps it in memory only.
    pub fn set(name: &str, text: &str) {
        let key = format!("portside.{name}");
        let kept = store().is_some_and(|store| store.set_item(&key, text).is_ok());
        if !kept {
            MEMORY.with_borrow_mut(|memory| memory.insert(key, text.to_owned()));
        }
    }
}

/// The browser's store: a sandboxed frame or a private window has none.
fn store() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
