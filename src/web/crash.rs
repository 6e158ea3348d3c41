//! The crash panel: what the reader sees when the simulator has a fault, with the manifests intact.

use crate::words::{fill, words};
use gloo::utils::document;
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;

thread_local! {
    static WORK: RefCell<String> = const { RefCell::new(String::new()) };
    static STOPPED: Cell<bool> = const { Cell::new(false) };
}

/// Remembers the reader's manifests for the panel.
pub fn remember(work: &str) {
    WORK.with_borrow_mut(|kept| work.clone_into(kept));
}

/// Whether the simulator has stopped; nothing may be asked of it then.
pub fn stopped() -> bool {
    STOPPED.get()
}

/// Shows the panel when the program panics.
pub fn install() {
    yew::set_custom_panic_hook(Box::new(|info| {
        STOPPED.set(true);
        let text = fill(
            words().has_a_fault,
            &[env!("CARGO_PKG_VERSION"), &info.to_string()],
        );
        web_sys::console::error_1(&text.as_str().into());
        show(&text);
    }));
}

fn show(text: &str) {
    let page = document();
    if let Some(message) = page.get_element_by_id("crash-message") {
        message.set_text_content(Some(text));
    }
    let area = page.get_element_by_id("crash-yaml");
    if let Some(area) = area.and_then(|e| e.dyn_into::<web_sys::HtmlTextAreaElement>().ok()) {
        let work = WORK.with(|kept| {
            kept.try_borrow()
                .map(|kept| kept.clone())
                .unwrap_or_default()
        });
        area.set_value(&work);
    }
    if let Some(panel) = page.get_element_by_id("crash") {
        let _ = panel.remove_attribute("hidden");
    }
}
