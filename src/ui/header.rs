//! The head of the page: example, templates, apply, cluster, theme, help.

use super::editor::problems_text;
use super::engine::Action;
use super::panes::Pane;
use super::sheets::Open;
use super::words::{fill, words};
use crate::kernel::SimTime;
use crate::lesson::examples;
use crate::web::{self, Theme};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct HeaderProps {
    pub(super) example: Rc<str>,
    pub(super) applied: Option<SimTime>,
    pub(super) problems: usize,
    /// Whether the API server would refuse the open text.
    pub(super) faulty: bool,
    pub(super) theme: Theme,
    pub(super) embed: bool,
    pub(super) pane: Pane,
    pub(super) act: Callback<Action>,
    pub(super) on_theme: Callback<()>,
    pub(super) on_open: Callback<Open>,
    pub(super) on_pane: Callback<Pane>,
    /// The session is wanted in a tab of its own.
    pub(super) on_elsewhere: Callback<()>,
}

#[component]
pub(super) fn Header(props: &HeaderProps) -> Html {
    let apply = props.act.reform(|_: MouseEvent| Action::Apply);
    let restart = {
        let (act, id) = (props.act.clone(), props.example.to_string());
        Callback::from(move |_: MouseEvent| act.emit(Action::Load(id.clone())))
    };
    let theme = props.on_theme.reform(|_: MouseEvent| ());
    let open = |what: Open| props.on_open.reform(move |_: MouseEvent| what);
    let icon = |class: &'static str,
                label: String,
                symbol: &'static str,
                onclick: Callback<MouseEvent>| {
        html! { <button class={classes!("btn", "quiet", "icon", class)} aria-label={label.clone()} title={label} {onclick}><svg aria-hidden="true"><use href={symbol} /></svg></button> }
    };
    html! {
        <header class="head">
            <h1 class="brand"><svg aria-hidden="true"><use href="#mark" /></svg>{ "Portside" }</h1>
            if props.embed { { segments(props) } }
            <ExampleChoice example={props.example.clone()} act={props.act.clone()} />
            <button class="btn wide-only" onclick={open(Open::Lessons)}>{ words().lessons }</button>
            <button class="btn wide-only" onclick={open(Open::Templates)}>{ words().templates }</button>
            <button class="btn primary" onclick={apply}>{ words().apply }<kbd>{ "Ctrl ↵" }</kbd></button>
            <span class="state" role="status">{ state(props) }</span>
            <span class="spring"></span>
            <button class="btn quiet wide-only" onclick={open(Open::Cluster)}>{ words().cluster }</button>
            if props.embed {
                <button class="btn quiet out" title={words().open_elsewhere_title} onclick={props.on_elsewhere.reform(|_: MouseEvent| ())}>{ words().open_elsewhere }<svg aria-hidden="true"><use href="#i-open" /></svg></button>
            } else {
                <button class="btn share" aria-label={words().share} onclick={open(Open::Share)}><svg aria-hidden="true"><use href="#i-share" /></svg><span>{ words().share }</span></button>
            }
            { icon("wide-only", words().restart.to_owned(), "#i-back", restart) }
            { icon("wide-only", theme_text(props.theme), "#i-theme", theme) }
            { icon("wide-only", words().help.to_owned(), "#i-help", open(Open::Help)) }
            { icon("more", words().menu.to_owned(), "#i-more", open(Open::Menu)) }
        </header>
    }
}

/// The theme in use, as its button says it.
pub(super) fn theme_text(theme: Theme) -> String {
    let word = match theme {
        Theme::System => words().theme_system,
        Theme::Light => words().theme_light,
        Theme::Dark => words().theme_dark,
    };
    fill(words().theme, &[word])
}

fn state(props: &HeaderProps) -> Html {
    let said = |class: &'static str, symbol: &'static str, text: String| html! { <><span {class}><svg aria-hidden="true"><use href={symbol} /></svg></span><span class="said">{ text }</span></> };
    match props.applied {
        _ if props.faulty => said(
            "bad",
            "#v-refused",
            fill(words().not_applied, &[&problems_text(props.problems)]),
        ),
        _ if props.problems > 0 => said("warn", "#v-dropped", problems_text(props.problems)),
        Some(at) => said("ok", "#i-check", fill(words().applied_at, &[&clock(at)])),
        None => html! { words().nothing_applied },
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct ExampleChoiceProps {
    pub(super) example: Rc<str>,
    pub(super) act: Callback<Action>,
}

/// The examples, to begin one.
#[component]
pub(super) fn ExampleChoice(props: &ExampleChoiceProps) -> Html {
    let onchange = {
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
    html! {
        <select class="select" aria-label={words().example} {onchange}>
            { for examples().iter().map(|e| html! { <option key={e.id.clone()} value={e.id.clone()} selected={*e.id == *props.example}>{ &e.title }</option> }) }
        </select>
    }
}

/// The two views of the compact layout.
fn segments(props: &HeaderProps) -> Html {
    let segment = |pane: Pane, title: &'static str| {
        let onclick = props.on_pane.reform(move |_: MouseEvent| pane);
        let selected = (props.pane == Pane::Yaml) == (pane == Pane::Yaml);
        html! { <button role="tab" aria-selected={selected.to_string()} {onclick}>{ title }</button> }
    };
    html! { <div class="seg-tabs" role="tablist" aria-label={words().view}>{ segment(Pane::Chart, first_view()) }{ segment(Pane::Yaml, words().manifests) }</div> }
}

/// What the first of the two views shows, as the address asks for it.
fn first_view() -> &'static str {
    let is = web::root_matches;
    let w = words();
    match () {
        () if is("[data-view=graph],[data-hide~=terminal]") => w.pane_chart,
        () if is("[data-view=terminal],[data-hide~=graph]") => w.pane_terminal,
        () if is("[data-view=trace]") => w.chart_and_logbook,
        () => w.chart_and_terminal,
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
