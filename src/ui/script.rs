//! `window.portside`: what scripts can ask of the page, for tests and for pages that embed it.
//!
//! * `portside.step(ms)` lets that many simulated milliseconds pass;
//! * `portside.type(line)` types a line into the terminal;
//! * `portside.events()` gives the event log, a line of JSON for each event;
//! * `portside.manifest()` gives the open manifest's text;
//! * `portside.transcript()` gives the terminal's text;
//! * `portside.ask(what, one, two)` does what a frame's host may ask, and `portside.listen(told)` tells what happens:
//!   `www/js/port.mjs` gives both their names and schemas;
//! * `portside.version` and `portside.k8s` say what this is.

use super::app::Shared;
use super::asking::ask;
use super::engine::{Action, Engine};
use crate::kernel::Span;
use gloo::timers::callback::Timeout;
use js_sys::{Function, Object, Reflect};
use std::cell::RefCell;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use yew::Callback;

thread_local! {
    /// Who is told what happens.
    static LISTENER: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Tells whoever listens what has happened.
pub(super) fn tell(engine: &mut Engine) {
    // Natively, and where nobody listens, there is nothing to tell.
    let Some(listener) = LISTENER.with(|listener| listener.borrow().clone()) else {
        return;
    };
    for (name, detail) in engine.news() {
        let _ = listener.call2(
            &JsValue::UNDEFINED,
            &JsValue::from_str(name),
            &JsValue::from_str(&detail),
        );
    }
}

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
            let shared = shared.clone();
            Closure::<dyn Fn() -> String>::new(move || {
                shared
                    .0
                    .try_borrow()
                    .map(|e| e.transcript())
                    .unwrap_or_default()
            })
        };
        let asked = {
            let shared = shared;
            Closure::<dyn Fn(String, String, String) -> Result<String, JsValue>>::new(
                move |what: String, one: String, two: String| {
                    ask(&shared, &what, &one, &two).map_err(|why| JsValue::from_str(&why))
                },
            )
        };
        let listen = Closure::<dyn Fn(Function)>::new(|told: Function| {
            LISTENER.with(|listener| *listener.borrow_mut() = Some(told));
        });
        put(&object, "ask", &asked.into_js_value());
        put(&object, "listen", &listen.into_js_value());
        put(
            &object,
            "version",
            &JsValue::from_str(env!("CARGO_PKG_VERSION")),
        );
        put(&object, "k8s", &JsValue::from_str("1.36"));
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
        let started = Reflect::get(
            &gloo::utils::window(),
            &JsValue::from_str("portsideStarted"),
        );
        if let Some(started) = started.ok().and_then(|f| f.dyn_into::<Function>().ok()) {
            let _ = started.call1(&JsValue::UNDEFINED, &object);
        }
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
