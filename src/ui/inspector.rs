//! The inspector: the chosen object, what can be done with it, its labels, conditions, events and kin, and its YAML.

use super::acts::{Act, Does, acts};
use super::chart::Command;
use super::linking::PlaceId;
use super::sight::Look;
use super::words::{fill, words};
use crate::api::{Object, StringMap, Value, kind};
use crate::chart::{Relative, Wish, key_of, kin};
use crate::cluster::ClusterView;
use crate::manifest::to_yaml;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, Properties)]
pub(super) struct InspectorProps {
    pub(super) place: PlaceId,
    pub(super) view: Rc<ClusterView>,
    pub(super) wish: Rc<Wish>,
    pub(super) on_close: Callback<()>,
    pub(super) on_command: Callback<Command>,
    /// A line for kubectl on the reader's machine.
    pub(super) on_run: Callback<String>,
}

impl PartialEq for InspectorProps {
    /// An object changes only with a write.
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
            && self.view.tables.revision == other.view.tables.revision
            && self.wish.filter == other.wish.filter
    }
}

#[component]
pub(super) fn Inspector(props: &InspectorProps) -> Html {
    // The row of a pier stands for a node.
    let place = props.place.split('|').next_back().unwrap_or_default();
    let close = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| on_close.emit(()))
    };
    let Some(key) = key_of(place) else {
        return html! {};
    };
    let object = props.view.tables.get(&key);
    html! {
        <aside class="inspector" aria-label={format!("{} {}", key.kind.name, key.name)}>
            <div class="pane-head">
                <h2>{ &*key.name }</h2><span class="meta">{ key.kind.name }</span><span class="spring"></span>
                <button class="btn quiet icon" aria-label={words().close_inspector} onclick={close}><svg aria-hidden="true"><use href="#i-cross" /></svg></button>
            </div>
            <div class="inspector-body" tabindex="0" role="region" aria-label={words().details}>
                { object.map_or_else(|| html! { <p class="blank">{ fill(words().no_such_object, &[key.kind.name, &key.name]) }</p> }, |object| details(props, place, object)) }
            </div>
        </aside>
    }
}

fn details(props: &InspectorProps, place: &str, object: &Rc<Object>) -> Html {
    let kin = kin(&props.view, object);
    let selected = if object.pod().is_some() {
        words().selected_by
    } else {
        words().selects
    };
    let why_not = if object.pod().is_some() {
        words().not_selected_by
    } else {
        words().why_not_these
    };
    html! { <>
        { actions(props, place, object) }
        { labels(props, &object.meta.labels) }
        { if kin.selected.is_empty() && object.service().is_some_and(|s| !s.spec.selector.is_empty()) {
            html! { <section><h3>{ selected }</h3><p class="bad">{ words().selects_nothing }</p></section> }
        } else { relatives(selected, &kin.selected) } }
        { relatives(why_not, &kin.why_not) }
        { relatives(words().comes_from, &kin.above) }
        { relatives(words().made_or_held, &kin.below) }
        { conditions(object) }
        { events(&props.view, object) }
        <section><h3>{ words().pane_yaml }</h3><pre>{ to_yaml(&without_owners(object)) }</pre></section>
    </> }
}

/// The object as kubectl shows it: without the owners of its fields.
fn without_owners(object: &Object) -> Value {
    let mut shown = object.clone();
    shown.meta.managed_fields = None;
    shown.to_value()
}

fn actions(props: &InspectorProps, place: &str, object: &Object) -> Html {
    let button = |act: &Act| {
        let onclick = match &act.does {
            Does::Ask(command) => {
                let (ask, command) = (props.on_command.clone(), command.clone());
                Callback::from(move |_: MouseEvent| ask.emit(command.clone()))
            }
            Does::Run(line) => {
                let (run, line) = (props.on_run.clone(), line.clone());
                Callback::from(move |_: MouseEvent| run.emit(line.clone()))
            }
        };
        let title = act.line().map(str::to_owned);
        html! { <button class="btn" {title} {onclick}>{ act.label }if !act.key.is_empty() { { " " }<kbd>{ act.key }</kbd> }</button> }
    };
    let acts = acts(place, object, props.wish.only.is_some());
    let (safe, breaking): (Vec<&Act>, Vec<&Act>) =
        acts.iter().partition(|act| act.line().is_none());
    html! {
        <section class="acts">
            { for safe.into_iter().map(button) }
            <details>
                <summary class="btn">{ words().break_it }</summary>
                <div class="acts">{ for breaking.into_iter().map(button) }</div>
            </details>
        </section>
    }
}

fn labels(props: &InspectorProps, labels: &StringMap) -> Html {
    if labels.is_empty() {
        return html! {};
    }
    let chip = |(name, value): (&String, &String)| {
        let (on_command, next) = (
            props.on_command.clone(),
            props.wish.filter.with_label(name, value),
        );
        let onclick = Callback::from(move |_: MouseEvent| {
            on_command.emit(Command::Look(Look::Filter(next.clone())));
        });
        let label = format!("{name}={value}");
        let pressed = props
            .wish
            .filter
            .text
            .split([',', ' '])
            .any(|part| part == label);
        html! { <button key={label.clone()} class="chip" title={words().filter_by} aria-pressed={pressed.to_string()} {onclick}>{ label }</button> }
    };
    html! { <section><h3>{ words().labels }</h3><div class="chips-in">{ for labels.iter().map(chip) }</div></section> }
}

fn relatives(title: &'static str, relatives: &[Relative]) -> Html {
    if relatives.is_empty() {
        return html! {};
    }
    let item = |relative: &Relative| {
        let mark = if relative.is_good {
            ("ok", "#i-check")
        } else {
            ("bad", "#i-cross")
        };
        let name = if relative.place.is_empty() {
            html! { <b>{ &relative.name }</b> }
        } else {
            html! { <button class="ref" data-place={relative.place.clone()}>{ &relative.name }</button> }
        };
        html! { <li key={relative.place.clone()}><svg class={mark.0} aria-hidden="true"><use href={mark.1} /></svg><span>{ name }{ if relative.words.is_empty() { "" } else { ": " } }{ &relative.words }</span></li> }
    };
    html! { <section><h3>{ title }</h3><ul class="kin">{ for relatives.iter().map(item) }</ul></section> }
}

fn conditions(object: &Object) -> Html {
    let conditions: Vec<_> = match (object.pod(), object.node()) {
        (Some(pod), _) => pod.status.conditions.iter().map(|c| &**c).collect(),
        (_, Some(node)) => node.status.conditions.iter().collect(),
        (None, None) => return html! {},
    };
    let row = |condition: &crate::api::pod::Condition| {
        let why = [&*condition.reason, &*condition.message];
        let why: Vec<&str> = why.into_iter().filter(|word| !word.is_empty()).collect();
        html! { <tr key={condition.type_.to_string()}><th scope="row">{ condition.type_.to_string() }</th><td>{ condition.status.to_string() }</td><td>{ why.join(": ") }</td></tr> }
    };
    html! { <section><h3>{ words().conditions }</h3><table><tbody>{ for conditions.into_iter().map(row) }</tbody></table></section> }
}

/// The Events about an object, the newest last.
fn events(view: &ClusterView, object: &Object) -> Html {
    let namespace = if object.kind.namespaced {
        object.meta.namespace.as_str()
    } else {
        "default"
    };
    let about = view
        .tables
        .in_namespace(kind::EVENT, namespace)
        .filter_map(|event| event.event());
    let own = about.filter(|event| {
        event.involved_object.uid == object.meta.uid
            || (object.node().is_some() && event.involved_object.name == object.meta.name)
    });
    let mut own: Vec<&crate::api::event::Event> = own.collect();
    own.sort_by(|a, b| a.last_timestamp.cmp(&b.last_timestamp));
    if own.is_empty() {
        return html! {};
    }
    let item = |event: &&crate::api::event::Event| {
        let class = if &*event.type_ == "Warning" {
            "warn"
        } else {
            ""
        };
        let times = if event.count > 1 {
            format!(" (×{})", event.count)
        } else {
            String::new()
        };
        html! { <li><span><b {class}>{ event.reason.to_string() }</b>{ ": " }{ event.message.to_string() }{ times }</span></li> }
    };
    let skipped = own.len().saturating_sub(12);
    html! { <section><h3>{ words().events }</h3><ul class="kin">{ for own.iter().skip(skipped).map(item) }</ul></section> }
}
