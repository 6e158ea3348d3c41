//! What the page can do, its keys, and how far it can be trusted.

use super::reach::{set_single_keys, single_keys};
use super::sheets::{Sheet, checked};
use super::words::{DIFFERENCES, KEYS, words};
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct HelpProps {
    pub(super) on_close: Callback<()>,
}

#[component]
pub(super) fn Help(props: &HelpProps) -> Html {
    let onchange = Callback::from(|event: Event| set_single_keys(checked(&event)));
    html! {
        <Sheet title={words().help_title} id="help" on_close={props.on_close.clone()}>
            <p>{ words().help_about }</p>
            <h3>{ words().help_keys }</h3>
            <dl>{ for KEYS.iter().map(|(key, what)| html! { <><dt><kbd>{ *key }</kbd></dt><dd>{ *what }</dd></> }) }</dl>
            <label class="switch"><input type="checkbox" checked={single_keys()} {onchange} />{ words().help_single }</label>
            <h3>{ words().help_fidelity }</h3>
            <p>{ words().help_verified }</p>
            <ul class="bullets">{ for DIFFERENCES.iter().map(|text| html! { <li>{ *text }</li> }) }</ul>
        </Sheet>
    }
}
