//! What the page can do, and its keys.

use gloo::events::EventListener;
use yew::prelude::*;

const KEYS: &[(&str, &str)] = &[
    ("Ctrl or ⌘ + Enter", "apply the open manifest"),
    ("↑ and ↓", "earlier and later lines, in the terminal"),
    (
        "Tab",
        "completes a line; with an empty line it leaves the terminal",
    ),
    ("Esc, then Tab", "leaves the editor and the terminal"),
    ("Ctrl + C, Ctrl + D", "interrupt; end of input"),
    ("Ctrl + L", "clears the terminal"),
];

#[derive(Clone, PartialEq, Properties)]
pub(super) struct HelpProps {
    pub(super) on_close: Callback<()>,
}

#[component]
pub(super) fn Help(props: &HelpProps) -> Html {
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
        Callback::from(move |_| {
            if let Some(element) = dialog.cast::<web_sys::HtmlDialogElement>() {
                element.close();
            }
        })
    };
    html! {
        <dialog ref={dialog} aria-labelledby="help-title">
            <h2 id="help-title">{ "Portside, a Kubernetes Service playground" }</h2>
            <p>{ "Everything here is simulated in this page: nothing you type or paste leaves it. Write manifests, apply them, and type kubectl, telnet and nslookup; the chart shows the way of each packet, the logbook says why." }</p>
            <br />
            <dl>{ for KEYS.iter().map(|(key, what)| html! { <><dt><kbd>{ *key }</kbd></dt><dd>{ *what }</dd></> }) }</dl>
            <button class="btn primary" onclick={close}>{ "Close" }</button>
        </dialog>
    }
}
