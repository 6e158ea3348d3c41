//! What is fetched when it is first needed: islands and data files. Where it does not come, the page does without.

use gloo::utils::window;
use js_sys::{Function, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// Asks the page's boot script; `done` is told `null` where that fails, at once where there is no such script.
fn ask(what: &str, name: &str, done: impl FnOnce(JsValue) + 'static) {
    let fetch = Reflect::get(&window(), &JsValue::from_str("portsideFetch")).ok();
    let call = fetch.and_then(|fetch| Reflect::get(&fetch, &JsValue::from_str(what)).ok());
    let Some(call) = call.and_then(|call| call.dyn_into::<Function>().ok()) else {
        done(JsValue::NULL);
        return;
    };
    let done = Closure::once_into_js(done);
    let _ = call.call2(&JsValue::UNDEFINED, &JsValue::from_str(name), &done);
}

/// Whether all of the simulator has come: the page starts with a part of it (`www/js/simulator.mjs`).
pub fn is_whole() -> bool {
    if cfg!(not(target_family = "wasm")) {
        return true;
    }
    let part = JsValue::from_str("portsidePart");
    !Reflect::has(&window(), &part).unwrap_or_default()
}

/// Fetches an island; `done` gets its `mount` function.
pub fn fetch_island(name: &str, done: impl FnOnce(Option<Function>) + 'static) {
    ask("island", name, move |mount| {
        done(mount.dyn_into::<Function>().ok());
    });
}

/// Fetches a text that lies beside the page.
pub fn fetch_text(path: &str, done: impl FnOnce(Option<String>) + 'static) {
    ask("text", path, move |text| done(text.as_string()));
}
