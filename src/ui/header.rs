//! The head of the page: example, apply, theme, help.

use super::engine::Action;
use super::panes::Pane;
use super::sheets::Open;
use super::words::words;
use crate::kernel::SimTime;
use crate::lesson::examples;
use crate::web::Theme;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct HeaderProps {
    pub(super) example: Rc<str>,
    pub(super) applied: Option<SimTime>,
    pub(super) problems: usize,
    pub(super) theme: Theme,
    pub(super) embed: bool,
    pub(super) pane: Pane,
    pub(super) act: Callback<Action>,
    pub(super) on_theme: Callback<()>,
    pub(super) on_open: Callback<Open>,
    pub(super) on_pane: Callback<Pane>,
}

#[component]
pub(super) fn Header(props: &HeaderProps) -> Html {
    let apply = {
        let act = props.act.clone();
        Callback::from(move |_| act.emit(Action::Apply))
    };
    let load = {
        let act = props.act.clone();
        Callback::from(move |event: Event| {
            let select = event
                .target()
                .and_then(|t| t.dyn_into::<HtmlSelectElement>().ok());
            if let Some(id) = select.map(|s| s.value()).filter(|id| !id.is_empty()) {
                act.emit(Action::Load(id));
            }
        })
    };
    let restart = {
        let (act, id) = (props.act.clone(), props.example.to_string());
        Callback::from(move |_| act.emit(Action::Load(id.clone())))
    };
    let theme = {
        let on_theme = props.on_theme.clone();
        Callback::from(move |_| on_theme.emit(()))
    };
    let open = |what: Open| props.on_open.reform(move |_: MouseEvent| what);
    let state = match props.applied {
        _ if props.problems > 0 => {
            html! { <><span class="warn"><svg aria-hidden="true"><use href="#v-dropped" /></svg></span>{ problems(props.problems) }</> }
        }
        Some(at) => {
            html! { <><span class="ok"><svg aria-hidden="true"><use href="#i-check" /></svg></span>{ format!("Applied at {}", clock(at)) }</> }
        }
        None => html! { "Nothing applied yet" },
    };
    html! {
        <header class="head">
            <h1 class="brand"><svg aria-hidden="true"><use href="#mark" /></svg>{ "Portside" }</h1>
            { if props.embed { segments(props) } else { html! {} } }
            <select class="select" aria-label="Example" onchange={load}>
                { for examples().iter().map(|e| html! { <option key={e.id.clone()} value={e.id.clone()} selected={*e.id == *props.example}>{ &e.title }</option> }) }
            </select>
            <button class="btn templates" onclick={open(Open::Templates)}>{ words().templates }</button>
            <button class="btn primary" onclick={apply}>{ "Apply " }<kbd>{ "Ctrl ↵" }</kbd></button>
            <span class="state" role="status">{ state }</span>
            <span class="spring"></span>
            <button class="btn quiet" onclick={open(Open::Cluster)}>{ words().cluster }</button>
            <button class="btn quiet icon" aria-label="Start the example again" title="Start the example again" onclick={restart}><svg aria-hidden="true"><use href="#i-back" /></svg></button>
            <button class="btn quiet icon" aria-label={format!("Theme: {}", props.theme.word())} title={format!("Theme: {}", props.theme.word())} onclick={theme}><svg aria-hidden="true"><use href="#i-theme" /></svg></button>
            <button class="btn quiet icon" aria-label="Help and keyboard shortcuts" onclick={open(Open::Help)}><svg aria-hidden="true"><use href="#i-help" /></svg></button>
        </header>
    }
}

/// The two views of the compact layout.
fn segments(props: &HeaderProps) -> Html {
    let segment = |pane: Pane, title: &str| {
        let on_pane = props.on_pane.clone();
        let onclick = Callback::from(move |_: MouseEvent| on_pane.emit(pane));
        let selected = (props.pane == Pane::Yaml) == (pane == Pane::Yaml);
        html! { <button role="tab" aria-selected={selected.to_string()} {onclick}>{ title }</button> }
    };
    html! { <div class="seg-tabs" role="tablist" aria-label="View">{ segment(Pane::Chart, "Chart and terminal") }{ segment(Pane::Yaml, "Manifests") }</div> }
}

fn problems(count: usize) -> String {
    if count == 1 {
        "1 problem".to_owned()
    } else {
        format!("{count} problems")
    }
}

/// Minutes and seconds.
fn clock(at: SimTime) -> String {
    at.to_string()
        .split('.')
        .next()
        .unwrap_or_default()
        .to_owned()
}
