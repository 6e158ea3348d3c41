//! What the page can do, and its keys.

use super::sheets::Sheet;
use super::words::{KEYS, words};
use yew::prelude::*;

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
