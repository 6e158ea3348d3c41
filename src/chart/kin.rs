//! How objects belong together: who selects whom, who owns whom, and for each candidate why it is not selected.

use super::names::place_of_key;
use crate::api::pod::Pod;
use crate::api::{Object, ObjectKey, StringMap, kind, matches_all};
use crate::cluster::ClusterView;
use crate::words::{fill, words};
use std::rc::Rc;

/// How many candidates are named.
const MOST: usize = 60;

/// An object that another one has to do with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relative {
    /// Its place.
    pub place: String,
    /// What a reader calls it: `Service redis`.
    pub name: String,
    /// What it is to the object, or why it is nothing to it.
    pub words: String,
    /// Whether all is well with it.
    pub is_good: bool,
}

/// What belongs to an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kin {
    /// What it comes from, and where it runs.
    pub above: Vec<Relative>,
    /// Who selects it, or whom it selects.
    pub selected: Vec<Relative>,
    /// Candidates that are not selected, each with the reason.
    pub why_not: Vec<Relative>,
    /// What it made.
    pub below: Vec<Relative>,
}

/// What belongs to an object.
pub fn kin(view: &ClusterView, object: &Rc<Object>) -> Kin {
    let mut kin = Kin {
        above: above(view, object),
        below: view
            .tables
            .owned_by(&object.meta.uid)
            .into_iter()
            .take(MOST)
            .map(|o| relative(o, status(o)))
            .collect(),
        ..Kin::default()
    };
    if let Some(pod) = object.pod() {
        pod_kin(view, object, pod, &mut kin);
    } else if object.service().is_some() {
        service_kin(view, object, &mut kin);
    } else if object.slice().is_some() {
        slice_kin(view, object, &mut kin);
    } else if object.node().is_some() {
        let pods = view.tables.all(kind::POD);
        let on_node = pods.filter(|o| {
            o.pod()
                .is_some_and(|p| p.spec.node_name == object.meta.name)
        });
        kin.below = on_node.take(MOST).map(|o| relative(o, status(o))).collect();
    }
    kin
}

fn relative(object: &Object, (words, is_good): (String, bool)) -> Relative {
    Relative {
        place: place_of_key(&object.key()),
        name: format!("{} {}", object.kind.name, object.meta.name),
        words,
        is_good,
    }
}

/// How an object is, in a few words.
fn status(object: &Object) -> (String, bool) {
    if object.meta.is_terminating() {
        return (words().ending_pod.to_owned(), false);
    }
    match object.pod() {
        Some(pod) if pod.is_ready() => (words().ready.to_owned(), true),
        Some(pod) if pod.is_finished() => (pod.status.phase.clone(), true),
        Some(pod) => (not_ready(pod), false),
        None => (String::new(), true),
    }
}

/// Why a Pod is not ready: what its Ready condition says, or what its container waits for.
fn not_ready(pod: &Pod) -> String {
    let statuses = pod
        .status
        .init_container_statuses
        .iter()
        .chain(&pod.status.container_statuses);
    let waiting = statuses
        .filter_map(|s| s.state.waiting.as_ref())
        .map(|w| &w.reason)
        .rfind(|r| !r.is_empty());
    let mut conditions = pod.status.conditions.iter().filter(|c| c.status != "True");
    let said = conditions
        .find(|c| !c.message.is_empty())
        .map(|c| c.message.as_ref());
    let reason = waiting
        .map(String::as_str)
        .or(said)
        .unwrap_or(&pod.status.phase);
    fill(words().not_ready_for, &[reason])
}

fn above(view: &ClusterView, object: &Object) -> Vec<Relative> {
    let mut found = Vec::new();
    for owner in &object.meta.owner_references {
        let Some(kind) = crate::api::Kind::find(&owner.api_version, &owner.kind) else {
            continue;
        };
        let namespace = if kind.namespaced {
            object.meta.namespace.as_str()
        } else {
            ""
        };
        if let Some(owner) = view
            .tables
            .get(&ObjectKey::new(kind, namespace, &owner.name))
        {
            found.push(relative(owner, (words().owns_it.to_owned(), true)));
        }
    }
    if let Some(pod) = object.pod()
        && let Some(node) = view.tables.find(kind::NODE, "", &pod.spec.node_name)
    {
        found.push(relative(node, (words().runs_there.to_owned(), true)));
    }
    found
}

fn pod_kin(view: &ClusterView, object: &Object, pod: &Pod, kin: &mut Kin) {
    for service in view
        .tables
        .in_namespace(kind::SERVICE, &object.meta.namespace)
    {
        let Some(selector) = service.service().map(|s| &s.spec.selector) else {
            continue;
        };
        match mismatch(selector, &object.meta.labels) {
            _ if selector.is_empty() => {}
            None if pod.is_ready() => kin
                .selected
                .push(relative(service, (words().sends_to_it.to_owned(), true))),
            None => kin.selected.push(relative(
                service,
                (fill(words().selects_in_vain, &[&status(object).0]), false),
            )),
            Some(words) => kin.why_not.push(relative(service, (words, false))),
        }
    }
}

fn service_kin(view: &ClusterView, object: &Object, kin: &mut Kin) {
    let Some(service) = object.service() else {
        return;
    };
    let selector = &service.spec.selector;
    let namespace = &object.meta.namespace;
    for slice in view.tables.slices_of(namespace, &object.meta.name) {
        let count = slice.slice().map_or(0, |slice| slice.endpoints().len());
        kin.below
            .retain(|known| known.name != format!("{} {}", slice.kind.name, slice.meta.name));
        kin.below.push(relative(
            slice,
            (
                fill(words().many_endpoints, &[&count.to_string()]),
                count > 0,
            ),
        ));
    }
    if selector.is_empty() {
        return;
    }
    for pod in view.tables.in_namespace(kind::POD, namespace) {
        let Some(body) = pod.pod() else { continue };
        let matches = matches_all(selector, &pod.meta.labels);
        let is_there = matches && !body.is_finished() && !body.status.pod_ip.is_empty();
        let list = if is_there {
            &mut kin.selected
        } else {
            &mut kin.why_not
        };
        // Of ten thousand only so many are named.
        if list.len() >= MOST {
            continue;
        }
        let why = match mismatch(selector, &pod.meta.labels) {
            None if is_there => status(pod),
            None if body.is_finished() => (words().has_ended.to_owned(), false),
            None => (words().has_no_address.to_owned(), false),
            Some(words) => (words, false),
        };
        list.push(relative(pod, why));
    }
    // A selector reaches no further than its namespace, which is easily forgotten.
    let others = view
        .tables
        .all(kind::POD)
        .filter(|pod| pod.meta.namespace != *namespace);
    let others = others.filter(|pod| matches_all(selector, &pod.meta.labels));
    for pod in others.take(MOST.saturating_sub(kin.why_not.len())) {
        let words = fill(
            words().in_other_namespace,
            &[&pod.meta.namespace, namespace],
        );
        kin.why_not.push(relative(pod, (words, false)));
    }
}

fn slice_kin(view: &ClusterView, object: &Object, kin: &mut Kin) {
    let endpoints = object
        .slice()
        .map(|slice| slice.endpoints())
        .unwrap_or_default();
    for endpoint in endpoints.iter().take(MOST) {
        let target = endpoint.target_ref.as_ref();
        let pod = target.and_then(|t| view.tables.find(kind::POD, &t.namespace, &t.name));
        match pod {
            Some(pod) => kin.selected.push(relative(pod, status(pod))),
            None => kin.selected.push(Relative {
                place: String::new(),
                name: endpoint.addresses.join(", "),
                words: words().no_pod_here.to_owned(),
                is_good: endpoint.conditions.is_ready(),
            }),
        }
    }
}

/// The first label that keeps a selector from matching, as a sentence; none if it matches.
fn mismatch(selector: &StringMap, labels: &StringMap) -> Option<String> {
    selector
        .iter()
        .find_map(|(key, wanted)| match labels.get(key) {
            Some(value) if value == wanted => None,
            Some(value) => Some(fill(words().has_other_value, &[key, value, wanted])),
            None => Some(fill(words().has_no_label, &[key])),
        })
}
