//! What a narrow page has no room for in its head.

use super::super::engine::Action;
use super::super::header::{ExampleChoice, theme_text};
use super::super::words::words;
use super::{Open, Sheet};
use crate::web::Theme;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(in crate::ui) struct MenuSheetProps {
    pub(in crate::ui) example: Rc<str>,
    pub(in crate::ui) theme: Theme,
    pub(in crate::ui) act: Callback<Action>,
    pub(in crate::ui) on_theme: Callback<()>,
    pub(in crate::ui) on_open: Callback<Open>,
    pub(in crate::ui) on_close: Callback<()>,
}

#[component]
pub(in crate::ui) fn MenuSheet(props: &MenuSheetProps) -> Html {
    let go = |what: Open, label: &'static str| {
        let onclick = props.on_open.reform(move |_: MouseEvent| what);
        html! { <button class="btn" {onclick}>{ label }</button> }
    };
    let load = {
        let (act, on_close) = (props.act.clone(), props.on_close.clone());
        Callback::from(move |action: Action| {
            act.emit(action);
            on_close.emit(());
        })
    };
    let restart = {
        let (load, id) = (load.clone(), props.example.to_string());
        Callback::from(move |_: MouseEvent| load.emit(Action::Load(id.clone())))
    };
    html! {
        <Sheet title={words().menu} id="menu" on_close={props.on_close.clone()}>
            <div class="menu">
                <ExampleChoice example={props.example.clone()} act={load} />
                { go(Open::Share, words().share) }
                { go(Open::Lessons, words().lessons) }
                { go(Open::Templates, words().templates) }
                { go(Open::Files, words().files_title) }
                { go(Open::Cluster, words().cluster) }
                <button class="btn" onclick={restart}>{ words().restart }</button>
                <button class="btn" onclick={props.on_theme.reform(|_: MouseEvent| ())}>{ theme_text(props.theme) }</button>
                { go(Open::Help, words().help) }
                <p class="meta">{ words().simulated }{ ", " }{ words().kubernetes }{ ". " }{ words().nothing_leaves }{ "." }</p>
            </div>
        </Sheet>
    }
}
