//! Whose Pods a Service sends to, and what policies let those Pods do.

use super::evidence::{Evidence, Subject, labels_text};
use super::finding::{Finding, listed};
use super::rows;
use crate::api::image::Reference;
use crate::api::{LabelSelector, Object, StringMap, Value, kind};
use crate::kernel::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Labels that tell versions of one program apart.
const VERSIONS: &[&str] = &[
    "version",
    "app.kubernetes.io/version",
    "track",
    "color",
    "slot",
    "release",
];

/// Workloads of several kinds of program behind one Service. Versions of one program are meant to share it.
pub(super) fn mixed(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let mut images: BTreeMap<String, String> = BTreeMap::new();
    let mut versions: BTreeSet<&str> = BTreeSet::new();
    let mut last = None;
    for (object, pod) in s.specs() {
        let spec = pod.spec.make();
        if last.replace(spec) == Some(spec) {
            continue;
        }
        let image = pod.spec.containers.first().map(|c| c.image.as_str());
        let name = image.and_then(Reference::parse).map(|r| r.repository);
        let (owner, _) = e.maker(object);
        images.insert(owner.to_string(), name.unwrap_or_default());
        let labels = &object.meta.labels;
        let version = VERSIONS.iter().find_map(|key| labels.get(*key));
        versions.extend(version.map(String::as_str));
    }
    if versions.len() == images.len() {
        return;
    }
    let kinds: BTreeSet<&str> = images.values().map(String::as_str).collect();
    if kinds.len() < 2 {
        return;
    }
    let owners: Vec<String> = images.keys().cloned().collect();
    let programs: Vec<String> = kinds.into_iter().map(str::to_owned).collect();
    let facts = [
        ("name", &*s.name()),
        ("owners", &listed(&owners)),
        ("selector", &labels_text(&s.service.spec.selector)),
        ("images", &listed(&programs)),
    ];
    let finding = Finding::new(&rows::MIXED, &s.key, &facts);
    e.found(out, finding, &[(&s.key, "spec.selector")]);
}

/// Policies that let Pods send to some Pods, and forget cluster DNS.
pub(super) fn policies(e: &Evidence<'_>, out: &mut Vec<Finding>) {
    for object in e.tables.all(kind::NETWORK_POLICY) {
        let fields = object.fields();
        let Some(spec) = fields.get("spec") else {
            continue;
        };
        let rules = spec
            .get("egress")
            .and_then(Value::as_list)
            .unwrap_or_default();
        let by_pods = rules.iter().any(|rule| {
            let to = rule.get("to").and_then(Value::as_list).unwrap_or_default();
            to.iter().any(|peer| peer.get("podSelector").is_some())
        });
        if !by_pods || rules.iter().any(|rule| allows_dns(e, object, rule)) {
            continue;
        }
        let pods: Vec<&Rc<Object>> = selected(e, object, spec);
        // Another policy of the same Pods may allow it.
        let helped = pods.iter().all(|pod| {
            let mut others = e
                .tables
                .in_namespace(kind::NETWORK_POLICY, &object.meta.namespace);
            others.any(|other| {
                let fields = other.fields();
                let Some(spec) = fields.get("spec") else {
                    return false;
                };
                let rules = spec
                    .get("egress")
                    .and_then(Value::as_list)
                    .unwrap_or_default();
                other.meta.name != object.meta.name
                    && selects(spec, &pod.meta.labels)
                    && rules.iter().any(|rule| allows_dns(e, other, rule))
            })
        });
        if helped {
            continue;
        }
        let key = object.key();
        let facts = [
            ("policy", &*object.meta.name),
            ("pods", &e.name_pods(&pods)),
            ("allowed", "the Pods that its egress rules name"),
        ];
        let finding = Finding::new(&rows::POLICY_DNS, &key, &facts);
        e.found(out, finding, &[(&key, "spec.egress")]);
    }
}

fn selects(spec: &Value, labels: &StringMap) -> bool {
    let selector = spec.get("podSelector").and_then(Value::as_map).cloned();
    LabelSelector::from_map(selector.unwrap_or_default()).matches(labels)
}

fn selected<'e>(e: &'e Evidence<'_>, policy: &Object, spec: &Value) -> Vec<&'e Rc<Object>> {
    let pods = e.tables.in_namespace(kind::POD, &policy.meta.namespace);
    pods.filter(|pod| selects(spec, &pod.meta.labels)).collect()
}

/// Whether a rule lets packets to port 53 of cluster DNS out.
fn allows_dns(e: &Evidence<'_>, policy: &Object, rule: &Value) -> bool {
    let ports = rule
        .get("ports")
        .and_then(Value::as_list)
        .unwrap_or_default();
    let dns = |port: &Value| {
        let number = port.get("port").and_then(Value::as_int);
        let end = port.get("endPort").and_then(Value::as_int);
        let named = port.get("port").and_then(Value::as_str);
        let udp = port.get("protocol").and_then(Value::as_str) == Some("UDP");
        let inside = number.is_some_and(|n| n == 53 || n < 53 && end.is_some_and(|e| e >= 53));
        (inside || named == Some("dns") || port.get("port").is_none()) && (udp || inside)
    };
    if !ports.is_empty() && !ports.iter().any(dns) {
        return false;
    }
    let peers = rule.get("to").and_then(Value::as_list).unwrap_or_default();
    if peers.is_empty() {
        return true;
    }
    let map = |peer: &Value, key: &str| {
        let map = peer.get(key)?.as_map().cloned().unwrap_or_default();
        Some(LabelSelector::from_map(map))
    };
    let pair = |key: &str, value: &str| {
        let mut labels = StringMap::new();
        labels.insert(key.to_owned(), value.to_owned());
        labels
    };
    let home = e.tables.find(kind::NAMESPACE, "", "kube-system");
    let home = home.map_or_else(
        || pair("kubernetes.io/metadata.name", "kube-system"),
        |n| n.meta.labels.clone(),
    );
    peers.iter().any(|peer| {
        if peer.get("ipBlock").is_some() {
            return true;
        }
        let there = match map(peer, "namespaceSelector") {
            // Labels that somebody gave the namespace by hand are not known from manifests.
            Some(wanted) => wanted.matches(&home) || !e.shows_state(),
            None => policy.meta.namespace == "kube-system",
        };
        let pods = map(peer, "podSelector");
        there && pods.is_none_or(|p| p.matches(&pair("k8s-app", "kube-dns")))
    })
}
