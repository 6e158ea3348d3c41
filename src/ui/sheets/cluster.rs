//! The cluster: nodes and zones, subnets, domain, proxy mode, cluster DNS, the world outside, seed and clock. Each setting
//! is the object that a real cluster takes it from.

use super::super::engine::{Action, ClusterForm};
use super::super::words::{fill, words};
use super::Sheet;
use crate::api::{Object, Value, kind};
use crate::cluster::ClusterView;
use crate::kernel::Span;
use crate::store::ProxyMode;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(in crate::ui) struct ClusterSheetProps {
    pub(in crate::ui) view: Rc<ClusterView>,
    pub(in crate::ui) seed: u64,
    /// The names of the world outside, as a zone file.
    pub(in crate::ui) outside: Rc<str>,
    /// What became of the last step.
    pub(in crate::ui) said: Rc<str>,
    pub(in crate::ui) act: Callback<Action>,
    pub(in crate::ui) on_close: Callback<()>,
}

const ZONE: &str = "topology.kubernetes.io/zone";

#[component]
pub(in crate::ui) fn ClusterSheet(props: &ClusterSheetProps) -> Html {
    html! {
        <Sheet title={words().cluster} id="cluster" on_close={props.on_close.clone()}>
            <p class="meta status-line" role="status">{ &*props.said }</p>
            <Nodes ..props.clone() />
            <Network ..props.clone() />
            <Texts ..props.clone() />
            { clock(props) }
        </Sheet>
    }
}

/// The nodes: each with its zone, and whether Pods may come.
#[component]
fn Nodes(props: &ClusterSheetProps) -> Html {
    let type_ = |line: String| {
        let act = props.act.clone();
        Callback::from(move |_: MouseEvent| act.emit(Action::OnLaptop(line.clone())))
    };
    let row = |object: &Rc<Object>| {
        let name = object.meta.name.clone();
        let zone = object
            .meta
            .labels
            .get(ZONE)
            .map(|zone| zone.to_string())
            .unwrap_or_default();
        let away = object.node().is_some_and(|node| node.spec.unschedulable);
        let set_zone = {
            let (act, name) = (props.act.clone(), name.clone());
            Callback::from(move |event: Event| {
                let input = event
                    .target()
                    .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
                let Some(zone) = input.map(|input| input.value().trim().to_owned()) else {
                    return;
                };
                let line = if zone.is_empty() {
                    format!("kubectl label node {name} {ZONE}-")
                } else {
                    format!("kubectl label node {name} {ZONE}={zone} --overwrite")
                };
                act.emit(Action::OnLaptop(line));
            })
        };
        let (verb, label) = if away {
            ("uncordon", words().uncordon)
        } else {
            ("cordon", words().cordon)
        };
        html! {
            <tr key={name.clone()}>
                <th scope="row">{ &name }</th>
                <td><input class="field" type="text" size="10" aria-label={fill(words().zone_of, &[&name])} value={zone} onchange={set_zone} spellcheck="false" autocapitalize="off" autocomplete="off" /></td>
                <td>
                    <button class="btn" aria-label={format!("{label} {name}")} onclick={type_(format!("kubectl {verb} {name}"))}>{ label }</button>
                    <button class="btn" aria-label={format!("{} {name}", words().drain)} onclick={type_(format!("kubectl drain {name} --ignore-daemonsets --delete-emptydir-data --force"))}>{ words().drain }</button>
                    <button class="btn" aria-label={format!("{} {name}", words().delete)} onclick={type_(format!("kubectl delete node {name}"))}>{ words().delete }</button>
                </td>
            </tr>
        }
    };
    let add = {
        let act = props.act.clone();
        Callback::from(move |_: MouseEvent| act.emit(Action::AddNode))
    };
    html! {
        <section>
            <h3>{ words().nodes }</h3>
            <div class="scrolls"><table class="nodes">
                <thead><tr><th scope="col">{ words().node }</th><th scope="col">{ words().zone }</th><th scope="col">{ words().deeds }</th></tr></thead>
                <tbody>{ for props.view.tables.all(kind::NODE).map(row) }</tbody>
            </table></div>
            <button class="btn" onclick={add}>{ words().add_node }</button>
        </section>
    }
}

/// What only a new cluster can take: subnets, domain, proxy mode, seed.
#[component]
fn Network(props: &ClusterSheetProps) -> Html {
    let fields: [NodeRef; 4] = [
        use_node_ref(),
        use_node_ref(),
        use_node_ref(),
        use_node_ref(),
    ];
    let (mode, again) = (use_node_ref(), use_node_ref());
    let asked = use_state(|| None::<ClusterForm>);
    let network = &props.view.network;
    let list = |cidrs: &[crate::store::Cidr]| {
        cidrs
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",")
    };
    let rows = [
        (
            "service-subnet",
            words().service_subnet,
            list(&network.service_cidrs),
        ),
        ("pod-subnet", words().pod_subnet, list(&network.pod_cidrs)),
        ("dns-domain", words().dns_domain, network.domain.clone()),
        ("seed", words().seed, props.seed.to_string()),
    ];
    let onsubmit = {
        let (asked, fields, mode, again) =
            (asked.clone(), fields.clone(), mode.clone(), again.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let text = |field: &NodeRef| {
                field
                    .cast::<HtmlInputElement>()
                    .map(|i| i.value().trim().to_owned())
                    .unwrap_or_default()
            };
            let [services, pods, domain, seed] =
                [0, 1, 2, 3].map(|i| fields.get(i).map(&text).unwrap_or_default());
            asked.set(Some(ClusterForm {
                services,
                pods,
                domain,
                seed,
                mode: mode
                    .cast::<HtmlSelectElement>()
                    .map(|s| s.value())
                    .unwrap_or_default(),
                again: again
                    .cast::<HtmlInputElement>()
                    .is_some_and(|i| i.checked()),
            }));
        })
    };
    let now = match network.proxy_mode {
        ProxyMode::Iptables => "iptables",
        ProxyMode::Nftables => "nftables",
        ProxyMode::Ipvs => "ipvs",
    };
    html! {
        <section>
            <h3>{ words().network }</h3>
            <p class="meta">{ words().network_note }</p>
            <form class="grid" {onsubmit}>
                { for rows.into_iter().zip(fields.iter()).map(|((id, label, value), field)| html! {
                    <><label for={id}>{ label }</label><input key={id} ref={field.clone()} class="field" type="text" {id} {value} spellcheck="false" autocapitalize="off" autocomplete="off" /></>
                }) }
                <label for="proxy-mode">{ words().proxy_mode }</label>
                <select ref={mode} class="select" id="proxy-mode">
                    { for ["iptables", "nftables", "ipvs"].iter().map(|word| html! { <option key={*word} value={*word} selected={*word == now}>{ *word }</option> }) }
                </select>
                <label class="switch"><input ref={again} type="checkbox" checked=true />{ words().apply_again }</label>
                <button class="btn primary" type="submit">{ words().rebuild }</button>
            </form>
            { question(props, &asked) }
        </section>
    }
}

/// Asks before the cluster goes: a new one takes its place, and all that is in it is lost.
fn question(props: &ClusterSheetProps, asked: &UseStateHandle<Option<ClusterForm>>) -> Html {
    let Some(form) = (**asked).clone() else {
        return Html::default();
    };
    let close = {
        let asked = asked.clone();
        move || asked.set(None)
    };
    let rebuild = {
        let (act, close) = (props.act.clone(), close.clone());
        Callback::from(move |_: MouseEvent| {
            act.emit(Action::Rebuild(form.clone()));
            close();
        })
    };
    let keep = Callback::from(move |_: MouseEvent| close());
    let count = |kind| props.view.tables.count(kind).to_string();
    let text = fill(
        words().rebuild_asks,
        &[&count(kind::POD), &count(kind::SERVICE)],
    );
    html! {
        <div role="alertdialog" aria-label={words().rebuild} aria-describedby="rebuild-asks">
            <p id="rebuild-asks">{ text }</p>
            <div class="acts">
                <button class="btn" autofocus=true onclick={keep}>{ words().rebuild_keep }</button>
                <button class="btn primary" onclick={rebuild}>{ words().rebuild }</button>
            </div>
        </div>
    }
}

/// The Corefile and the zone of the world outside.
#[component]
fn Texts(props: &ClusterSheetProps) -> Html {
    let (core, zone) = (use_node_ref(), use_node_ref());
    let map = props
        .view
        .tables
        .find(kind::CONFIG_MAP, "kube-system", "coredns")
        .map(|map| map.fields());
    let corefile = map
        .as_ref()
        .and_then(|map| map.get("data")?.get("Corefile"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    {
        let (core, zone, outside, corefile) =
            (core.clone(), zone.clone(), props.outside.clone(), corefile);
        use_effect_with((corefile, props.outside.clone()), move |(corefile, _)| {
            let set = |area: &NodeRef, text: &str| {
                if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                    area.set_value(text);
                }
            };
            set(&core, corefile);
            set(&zone, &outside);
        });
    }
    let save = |area: &NodeRef, action: fn(String) -> Action| {
        let (act, area) = (props.act.clone(), area.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                act.emit(action(area.value()));
            }
        })
    };
    html! {
        <section>
            <h3>{ words().corefile }</h3>
            <p class="meta">{ words().corefile_note }</p>
            <textarea ref={core.clone()} class="field text" rows="10" aria-label={words().corefile} spellcheck="false" translate="no" />
            <button class="btn" onclick={save(&core, Action::Corefile)}>{ words().save_corefile }</button>
            <h3>{ words().outside }</h3>
            <p class="meta">{ words().outside_note }</p>
            <textarea ref={zone.clone()} class="field text" rows="8" aria-label={words().outside} spellcheck="false" translate="no" />
            <button class="btn" onclick={save(&zone, Action::Outside)}>{ words().save_outside }</button>
        </section>
    }
}

fn clock(props: &ClusterSheetProps) -> Html {
    let pass = |label: &'static str, span: Span| {
        let act = props.act.clone();
        let onclick = Callback::from(move |_: MouseEvent| act.emit(Action::Wait(span)));
        html! { <button class="btn" {onclick}>{ label }</button> }
    };
    html! {
        <section>
            <h3>{ words().clock }</h3>
            <p>{ fill(words().clock_now, &[&props.view.now.to_string()]) }</p>
            <div class="acts">
                { pass(words().pass_10s, Span::secs(10)) }
                { pass(words().pass_1m, Span::secs(60)) }
                { pass(words().pass_10m, Span::secs(600)) }
            </div>
        </section>
    }
}
