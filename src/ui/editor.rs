//! The editor: the laptop's files as tabs over a plain text area, with line numbers and a list of problems.

use super::engine::{Action, TabView};
use crate::manifest::{Diagnostic, Severity};
use crate::shell::TabId;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct EditorProps {
    pub(super) tabs: Rc<Vec<TabView>>,
    pub(super) open: Option<TabId>,
    /// The text as the program last set it; what is typed since lives in the text area.
    pub(super) text: Rc<str>,
    pub(super) version: u32,
    pub(super) problems: Rc<Vec<Diagnostic>>,
    /// The line that the last failure rests on, 0 for none.
    pub(super) fault: u32,
    pub(super) act: Callback<Action>,
}

#[component]
pub(super) fn Editor(props: &EditorProps) -> Html {
    let area = use_node_ref();
    let gutter = use_node_ref();
    {
        // The text area is not Yew's: its text is set only when the program changes it, so that the caret never jumps.
        let (area, text) = (area.clone(), props.text.clone());
        use_effect_with((props.open, props.version), move |_| {
            if let Some(element) = area.cast::<HtmlTextAreaElement>()
                && element.value() != *text
            {
                element.set_value(&text);
            }
        });
    }
    let oninput = {
        let act = props.act.clone();
        Callback::from(move |event: InputEvent| {
            let area = event
                .target()
                .and_then(|t| t.dyn_into::<HtmlTextAreaElement>().ok());
            if let Some(area) = area {
                act.emit(Action::Edit(area.value()));
            }
        })
    };
    let onkeydown = {
        let (act, area) = (props.act.clone(), area.clone());
        let leaving = use_mut_ref(|| false);
        Callback::from(move |event: KeyboardEvent| {
            let escaped = leaving.replace(event.key() == "Escape");
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                act.emit(Action::Apply);
            } else if event.key() == "Tab" && !escaped && !event.shift_key() {
                event.prevent_default();
                if let Some(element) = area.cast::<HtmlTextAreaElement>() {
                    insert(&element, "  ");
                    act.emit(Action::Edit(element.value()));
                }
            }
        })
    };
    let onscroll = {
        let (area, gutter) = (area.clone(), gutter.clone());
        Callback::from(move |_: Event| {
            if let (Some(area), Some(gutter)) = (area.cast::<Element>(), gutter.cast::<Element>()) {
                gutter.set_scroll_top(area.scroll_top());
            }
        })
    };
    let tab = |tab: &TabView| {
        let (act, id) = (props.act.clone(), tab.id);
        let onclick = Callback::from(move |_: MouseEvent| act.emit(Action::Select(id)));
        html! { <button key={format!("{id:?}")} role="tab" aria-selected={(Some(id) == props.open).to_string()} {onclick}>{ &tab.name }</button> }
    };
    let add = {
        let act = props.act.clone();
        Callback::from(move |_: MouseEvent| act.emit(Action::NewTab))
    };
    html! {
        <section class="pane editor" aria-label="Manifests">
            <div class="pane-head">
                <h2>{ "Manifests" }</h2>
                <div class="tabs-files" role="tablist" aria-label="Files">{ for props.tabs.iter().map(tab) }</div>
                <button class="btn quiet icon" aria-label="New file" title="New file" onclick={add}><svg aria-hidden="true" class="ico16"><use href="#i-plus" /></svg></button>
            </div>
            <div class="code">
                <div class="gutter" ref={gutter} aria-hidden="true">{ lines(props) }</div>
                <textarea ref={area} id="manifest" aria-label="Manifest" spellcheck="false" autocapitalize="off" autocomplete="off"
                    translate="no" placeholder="Paste manifests here." {oninput} {onkeydown} {onscroll} />
            </div>
            { problems(props) }
            <div class="pane-foot"><span>{ "Esc, then Tab to leave" }</span>{ summary(&props.problems) }</div>
        </section>
    }
}

/// Puts text at the caret.
fn insert(area: &HtmlTextAreaElement, text: &str) {
    let end = area.value().encode_utf16().count() as u32;
    let at = area.selection_end().ok().flatten().unwrap_or(end);
    let start = area.selection_start().ok().flatten().unwrap_or(at);
    let _ = area.set_range_text_with_start_and_end(text, start, at);
    let after = start + text.encode_utf16().count() as u32;
    let _ = area.set_selection_range(after, after);
}

/// The line numbers, with marks at lines that are at fault.
fn lines(props: &EditorProps) -> Html {
    let count = props.text.lines().count().max(1) as u32 + u32::from(props.text.ends_with('\n'));
    let mark = |line: u32| {
        let found = props
            .problems
            .iter()
            .find(|problem| problem.span.line == line);
        match found.map(|problem| problem.severity) {
            Some(Severity::Error) => Some("fault"),
            Some(Severity::Warning) => Some("odd"),
            None if props.fault == line => Some("fault"),
            None => None,
        }
    };
    html! { <>{ for (1..=count.min(10_000)).map(|line| html! { <span key={line} class={mark(line)}>{ line }</span> }) }</> }
}

fn problems(props: &EditorProps) -> Html {
    if props.problems.is_empty() {
        return html! {};
    }
    let item = |(index, problem): (usize, &Diagnostic)| {
        let act = props.act.clone();
        let onclick = Callback::from(move |_: MouseEvent| act.emit(Action::Fix(index)));
        let class = (problem.severity == Severity::Warning).then_some("odd");
        html! {
            <li key={index} {class}>
                <b>{ format!("Line {}: ", problem.span.line) }</b>{ &problem.message }
                { if problem.hint.is_empty() { html! {} } else { html! { <span class="hint">{ format!(" – {}", problem.hint) }</span> } } }
                { for problem.fix.iter().map(|fix| html! { <div><button class="btn" onclick={onclick.clone()}>{ &fix.title }</button></div> }) }
            </li>
        }
    };
    html! { <ul class="problems" aria-label="Problems">{ for props.problems.iter().take(50).enumerate().map(item) }</ul> }
}

fn summary(problems: &[Diagnostic]) -> Html {
    match problems.len() {
        0 => html! { <span>{ "No problems" }</span> },
        1 => {
            html! { <span class="state warn"><svg aria-hidden="true"><use href="#v-dropped" /></svg>{ "1 problem" }</span> }
        }
        n => {
            html! { <span class="state warn"><svg aria-hidden="true"><use href="#v-dropped" /></svg>{ format!("{n} problems") }</span> }
        }
    }
}
