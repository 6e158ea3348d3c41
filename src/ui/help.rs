//! What the page can do, and its keys.

use super::sheets::Sheet;
use super::words::words;
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
    html! {
        <Sheet title={words().help_title} id="help" on_close={props.on_close.clone()}>
            <p>{ words().help_about }</p>
            <h3>{ words().help_keys }</h3>
            <dl>{ for KEYS.iter().map(|(key, what)| html! { <><dt><kbd>{ *key }</kbd></dt><dd>{ *what }</dd></> }) }</dl>
        </Sheet>
    }
}
