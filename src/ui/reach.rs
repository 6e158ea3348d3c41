//! Ways to reach the parts of the page without a pointer: links that skip to a pane, and keys that hold everywhere; and the
//! title, which tells of the step and the state.

use super::editor::problems_text;
use super::engine::Snapshot;
use super::lesson::place_in;
use super::panes::Pane;
use super::sheets::Open;
use super::words::{fill, words};
use crate::web::{self, Storage};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct SkipsProps {
    /// Whether a lesson is open.
    pub(super) lesson: bool,
    pub(super) on_pane: Callback<Pane>,
}

/// What takes the focus in each pane.
const PLACES: [(Pane, &str); 5] = [
    (Pane::Lesson, "#lesson"),
    (
        Pane::Yaml,
        "#manifest-editor:not([hidden]), #manifest:not([hidden])",
    ),
    (Pane::Chart, ".map [tabindex='0'], .twin"),
    (Pane::Terminal, "#command"),
    (Pane::Log, ".rows"),
];

/// The first stops for Tab: each leads past what stands between.
#[component]
pub(super) fn Skips(props: &SkipsProps) -> Html {
    let skip = |(pane, place): &(Pane, &'static str)| {
        let (on_pane, pane, place) = (props.on_pane.clone(), *pane, *place);
        let onclick = Callback::from(move |_: MouseEvent| {
            on_pane.emit(pane);
            // A narrow page shows the pane first.
            Timeout::new(0, move || web::focus_at(place)).forget();
        });
        html! { <button key={pane.word()} class="btn" {onclick}>{ fill(words().skip_to, &[pane.title()]) }</button> }
    };
    let shown = PLACES
        .iter()
        .filter(|(pane, _)| props.lesson || *pane != Pane::Lesson);
    html! { <nav class="skips" aria-label={words().skips}>{ for shown.map(skip) }</nav> }
}

/// Whether keys without Ctrl do anything outside of texts; speech input needs them off.
pub(super) fn single_keys() -> bool {
    Storage::get("keys").is_none_or(|word| word != "off")
}

/// Sets whether they do.
pub(super) fn set_single_keys(on: bool) {
    Storage::set("keys", if on { "on" } else { "off" });
}

/// The keys that hold everywhere: Ctrl+S shares; outside of texts `?` helps, `/` filters, Space halts the clock.
#[hook]
pub(super) fn use_keys(open: &UseStateHandle<Open>, on_pane: &Callback<Pane>) {
    let (open, on_pane) = (open.setter(), on_pane.clone());
    use_effect_with((), move |()| {
        let options = EventListenerOptions::enable_prevent_default();
        let document = gloo::utils::document();
        let listener = EventListener::new_with_options(
            &document,
            "keydown",
            options,
            move |event| {
                let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
                    return;
                };
                let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
                let inside = |what: &str| {
                    let found = target.as_ref().map(|target| target.closest(what));
                    found.is_some_and(|found| found.ok().flatten().is_some())
                };
                let modified = event.ctrl_key() || event.meta_key();
                // An open dialog has its own keys.
                if event.alt_key() || event.default_prevented() && !modified || inside("dialog") {
                    return;
                }
                let texts =
                    "input:not([type=range], [type=checkbox]), textarea, select, #manifest-editor";
                match event.key().as_str() {
                    "s" if modified && !event.shift_key() => open.set(Open::Share),
                    _ if modified || inside(texts) || !single_keys() => return,
                    "?" => open.set(Open::Help),
                    "/" => {
                        on_pane.emit(Pane::Chart);
                        web::focus("filter");
                    }
                    // A button that has the focus is pressed by it.
                    " " if !inside(
                        "button, a, summary, label, input[type=checkbox], [role=button], [role=menu]",
                    ) =>
                    {
                        web::press("pause");
                    }
                    _ => return,
                }
                event.prevent_default();
            },
        );
        move || drop(listener)
    });
}

/// Tells the lesson's step, what is wrong with the open text, and whose page this is.
#[hook]
pub(super) fn use_title(data: &Snapshot) {
    let mut parts = Vec::new();
    if let Some(studied) = &data.studied {
        parts.push(place_in(studied));
        parts.push(studied.lesson.title.to_string());
    }
    // What is only odd is no news for a title.
    if data.desk.is_faulty() {
        parts.push(problems_text(data.problems.len()));
    }
    parts.push("Portside".to_owned());
    use_effect_with(parts.join(" · "), |title| {
        gloo::utils::document().set_title(title);
    });
}
