//! What opens over the page: help, files, templates, the cluster. One at a time, each closed by Esc, by its button, or by
//! what was done in it.

mod cluster;
mod drafts;
mod files;
mod lessons;
mod menu;
mod share;
mod templates;

pub(super) use cluster::ClusterSheet;
pub(super) use drafts::{keep_draft, pack, unpack};
pub(super) use files::{FilesSheet, checked};
pub(super) use lessons::LessonsSheet;
pub(super) use menu::MenuSheet;
pub(super) use share::{Make, ShareSheet};
pub(super) use templates::TemplatesSheet;

use super::words::words;
use gloo::events::EventListener;
use yew::prelude::*;

/// What is open over the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Open {
    /// Nothing.
    #[default]
    Nothing,
    /// What the page can do, and its keys.
    Help,
    /// Files, import, export, drafts.
    Files,
    /// The gallery.
    Templates,
    /// The lessons.
    Lessons,
    /// The cluster's settings.
    Cluster,
    /// The session's link and its other forms.
    Share,
    /// What a narrow page has no room for.
    Menu,
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct SheetProps {
    pub(super) title: &'static str,
    /// A name for the dialog's parts.
    pub(super) id: &'static str,
    pub(super) on_close: Callback<()>,
    pub(super) children: Html,
}

/// The frame of a dialog: its heading, its contents, the button that closes it.
#[component]
pub(super) fn Sheet(props: &SheetProps) -> Html {
    let dialog = use_node_ref();
    {
        let (dialog, on_close) = (dialog.clone(), props.on_close.clone());
        use_effect_with((), move |()| {
            let element = dialog.cast::<web_sys::HtmlDialogElement>();
            let listener = element
                .as_ref()
                .map(|e| EventListener::new(e, "close", move |_| on_close.emit(())));
            if let Some(element) = &element {
                let _ = element.show_modal();
            }
            move || drop(listener)
        });
    }
    let close = {
        let dialog = dialog.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(element) = dialog.cast::<web_sys::HtmlDialogElement>() {
                element.close();
            }
        })
    };
    let heading = format!("{}-title", props.id);
    html! {
        <dialog ref={dialog} class="sheet" id={props.id} aria-labelledby={heading.clone()}>
            <div class="sheet-head">
                <h2 id={heading}>{ props.title }</h2>
                <button class="btn quiet icon" aria-label={words().close} title={words().close} onclick={close}><svg aria-hidden="true"><use href="#i-cross" /></svg></button>
            </div>
            <div class="sheet-body">{ props.children.clone() }</div>
        </dialog>
    }
}
