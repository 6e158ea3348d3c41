//! `window.portside`: what scripts can ask of the page, for tests and for pages that embed it.
//!
//! * `portside.step(ms)` lets that many simulated milliseconds pass;
//! * `portside.type(line)` types a line into the terminal;
//! * `portside.events()` gives the event log, a line of JSON for each event;
//! * `portside.manifest()` gives the open manifest's text;
//! * `portside.transcript()` gives the terminal's text.

use super::app::Shared;
use super::engine::Action;
use crate::kernel::Span;
use gloo::timers::callback::Timeout;
use js_sys::{Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use yew::Callback;

/// A callback that publishes the world as `window.portside` once it is there; `panics` tries the crash panel.
pub fn publish(panics: bool) -> Callback<Shared> {
    Callback::from(move |shared: Shared| {
        let object = Object::new();
        let step = {
            let act = shared.1.clone();
            Closure::<dyn Fn(f64)>::new(move |ms: f64| {
                act.emit(Action::Step(Span::micros((ms.max(0.0) * 1_000.0) as u64)));
            })
        };
        let type_ = {
            let act = shared.1.clone();
            Closure::<dyn Fn(String)>::new(move |line: String| act.emit(Action::Type(line)))
        };
        let events = {
            let shared = shared.clone();
            Closure::<dyn Fn() -> String>::new(move || {
                shared.0.try_borrow().map(|e| e.log()).unwrap_or_default()
            })
        };
        let manifest = {
            let shared = shared.clone();
            Closure::<dyn Fn() -> String>::new(move || {
                let text = shared.0.try_borrow().map(|e| e.text());
                text.map(|text| text.to_string()).unwrap_or_default()
            })
        };
        let transcript = {
            let shared = shared;
            Closure::<dyn Fn() -> String>::new(move || {
                shared
                    .0
                    .try_borrow()
                    .map(|e| e.transcript())
                    .unwrap_or_default()
            })
        };
        put(&object, "step", &step.into_js_value());
        put(&object, "type", &type_.into_js_value());
        put(&object, "events", &events.into_js_value());
        put(&object, "manifest", &manifest.into_js_value());
        put(&object, "transcript", &transcript.into_js_value());
        let _ = Reflect::set(
            &gloo::utils::window(),
            &JsValue::from_str("portside"),
            object.unchecked_ref(),
        );
        if panics {
            Timeout::new(0, fail).forget();
        }
    })
}

fn put(object: &Object, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

#[expect(
    clippy::panic,
    reason = "the address asked for a fault, to try the crash panel"
)]
fn fail() {
    panic!("a fault that the address asked for");
}
