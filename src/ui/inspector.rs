//! The inspector: the chosen object as YAML.

use super::linking::PlaceId;
use crate::chart::key_of;
use crate::cluster::ClusterView;
use crate::manifest::to_yaml;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct InspectorProps {
    pub(super) place: PlaceId,
    pub(super) view: Rc<ClusterView>,
    pub(super) on_close: Callback<()>,
}

#[component]
pub(super) fn Inspector(props: &InspectorProps) -> Html {
    let Some(key) = key_of(&props.place) else {
        return html! {};
    };
    let close = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| on_close.emit(()))
    };
    let object = props.view.tables.get(&key);
    html! {
        <aside class="inspector" aria-label={format!("{} {}", key.kind.name, key.name)}>
            <div class="pane-head">
                <h2>{ &*key.name }</h2><span class="meta">{ key.kind.name }</span><span class="spring"></span>
                <button class="btn quiet icon" aria-label="Close the inspector" onclick={close}><svg aria-hidden="true"><use href="#i-cross" /></svg></button>
            </div>
            <div class="inspector-body" tabindex="0">
                if let Some(object) = object {
                    <pre>{ to_yaml(&object.to_value()) }</pre>
                } else {
                    <p class="blank">{ "It is gone." }</p>
                }
            </div>
        </aside>
    }
}
