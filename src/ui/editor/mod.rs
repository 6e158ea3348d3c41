//! The editor: the laptop's files as tabs, the text, what is wrong with it, and how it differs from the cluster.

mod advice;
mod area;
mod problems;

use super::desk::Desk;
use super::engine::{Action, TabView};
use super::words::{count, fill, words};
use crate::chart::Site;
use crate::cluster::Standing;
use crate::manifest::Diagnostic;
use crate::shell::TabId;
use crate::web;
use area::Area;

pub(super) use advice::{Advice, use_advice};
use problems::Tally;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct EditorProps {
    pub(super) tabs: Rc<Vec<TabView>>,
    pub(super) open: Option<TabId>,
    /// The text as the program last set it; what is typed since lives in the text area.
    pub(super) text: Rc<str>,
    pub(super) version: u32,
    pub(super) problems: Rc<Vec<Diagnostic>>,
    pub(super) sites: Rc<Vec<Site>>,
    pub(super) desk: Rc<Desk>,
    /// The line that the last failure rests on, 0 for none.
    pub(super) fault: u32,
    /// Whether the island is wanted.
    pub(super) rich: bool,
    pub(super) advice: Advice,
    pub(super) act: Callback<Action>,
    pub(super) on_files: Callback<()>,
}

#[component]
pub(super) fn Editor(props: &EditorProps) -> Html {
    let dragging = use_state(|| false);
    // Why files that were dropped are not open.
    let refused = use_state(String::new);
    let noted = {
        let refused = refused.setter();
        Callback::from(move |_: MouseEvent| refused.set(String::new()))
    };
    let drag = |over: bool| {
        let dragging = dragging.clone();
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            if *dragging != over {
                dragging.set(over);
            }
        })
    };
    let ondrop = {
        let (dragging, act) = (dragging.clone(), props.act.clone());
        let refused = refused.setter();
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            dragging.set(false);
            if let Some(data) = event.data_transfer() {
                let act = act.clone();
                let refused = refused.clone();
                web::read_files(data.files().as_ref(), move |(files, why)| {
                    if !files.is_empty() {
                        act.emit(Action::OpenFiles(files));
                    }
                    refused.set(why.join(" "));
                });
            }
        })
    };
    let add = {
        let act = props.act.clone();
        Callback::from(move |_: MouseEvent| act.emit(Action::NewTab))
    };
    let files = props.on_files.reform(|_: MouseEvent| ());
    html! {
        <section class={classes!("pane", "editor", dragging.then_some("dragging"))} aria-label={words().manifests}
            ondragenter={drag(true)} ondragover={drag(true)} ondragleave={drag(false)} {ondrop}>
            <div class="pane-head">
                <h2>{ words().manifests }</h2>
                <div class="tabs-files" role="tablist" aria-label={words().files}>{ for props.tabs.iter().map(|tab| self::tab(props, tab)) }</div>
                <button class="btn quiet icon" aria-label={words().new_file} title={words().new_file} onclick={add}><svg aria-hidden="true" class="ico16"><use href="#i-plus" /></svg></button>
                <button class="btn quiet icon" aria-label={words().more_files} title={words().more_files} onclick={files}><svg aria-hidden="true" class="ico16"><use href="#i-more" /></svg></button>
            </div>
            if !refused.is_empty() { <p class="notice" role="alert">{ &*refused }<button class="btn" onclick={noted}>{ words().close }</button></p> }
            <Area ..props.clone() />
            { drift(props) }
            <div class="pane-foot"><span id="manifest-hint">{ words().leave_editor }</span><Tally problems={props.problems.clone()} at={props.desk.reveal.0} act={props.act.clone()} /></div>
            if *dragging { <div class="drop" aria-hidden="true"><span>{ words().drop_here }</span></div> }
        </section>
    }
}

fn tab(props: &EditorProps, tab: &TabView) -> Html {
    let (act, id) = (props.act.clone(), tab.id);
    let onclick = Callback::from(move |_: MouseEvent| act.emit(Action::Select(id)));
    let open = Some(id) == props.open;
    html! { <button key={format!("{id:?}")} role="tab" aria-selected={open.to_string()} title={tab.name.clone()} {onclick}>{ &tab.name }</button> }
}

/// How the text stands to the cluster, and the two switches that keep them together.
fn drift(props: &EditorProps) -> Html {
    let switch = |checked: bool,
                  label: &'static str,
                  title: &'static str,
                  action: fn(bool) -> Action| {
        let act = props.act.clone();
        let onchange = Callback::from(move |event: Event| {
            let input = event
                .target()
                .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
            if let Some(input) = input {
                act.emit(action(input.checked()));
            }
        });
        html! { <label class="switch" {title}><input type="checkbox" {checked} {onchange} />{ label }</label> }
    };
    html! {
        <div class="pane-foot drift">
            { state(props) }
            <span class="switches">
                { switch(props.desk.auto, words().auto, words().auto_title, Action::Auto) }
                { switch(props.desk.mirror, words().mirror, words().mirror_title, Action::Mirror) }
            </span>
        </div>
    }
}

fn state(props: &EditorProps) -> Html {
    let number = |of: fn(&Standing) -> bool| {
        props
            .desk
            .standing
            .iter()
            .filter(|c| of(&c.standing))
            .count()
    };
    let parts = [
        (
            number(|s| matches!(s, Standing::Differs(_))),
            words().drift_differs,
        ),
        (number(|s| *s == Standing::Absent), words().drift_absent),
        (number(|s| *s == Standing::Left), words().drift_left),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, text)| fill(text, &[&n.to_string()]))
        .collect();
    if props.desk.standing.is_empty() {
        return html! { <span class="drifts" role="status">{ words().drift_none }</span> };
    }
    if parts.is_empty() {
        return html! { <span class="drifts ok" role="status">{ words().drift_same }</span> };
    }
    let onclick = {
        let act = props.act.clone();
        Callback::from(move |_: MouseEvent| act.emit(Action::Diff))
    };
    html! { <span class="drifts" role="status"><button class="link" title={words().drift_show} {onclick}>{ parts.join(", ") }</button></span> }
}

/// "1 problem".
pub(super) fn problems_text(number: usize) -> String {
    count(number, words().one_problem, words().many_problems)
}
