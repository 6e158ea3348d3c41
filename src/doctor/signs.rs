//! Signs that packets take another way than kube-proxy's rules: what is said of that way is suspended then.

use super::finding::Finding;
use super::row::Row;
use super::rows;
use crate::api::pod::PodPlan;
use crate::api::{Object, StringMap, Value, kind};
use crate::store::Tables;

/// The diagnoses that rest on kube-proxy's rules, and on nothing besides.
static ON_RULES: &[&Row] = &[
    &rows::LOCAL_OUTSIDE,
    &rows::LOCAL_INSIDE,
    &rows::AFFINITY,
    &rows::PING,
    &rows::SOURCE_RANGE,
    &rows::NOT_REACHED,
    &rows::NODE_PORT_INSIDE,
    &rows::PORT_ON_NODE,
    &rows::HAIRPIN,
];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// A network plugin that stands in for kube-proxy: its name.
    pub replaces_proxy: Option<&'static str>,
    /// A mesh whose sidecars, or whose proxies on the nodes, take over the traffic of some Pods: its name.
    pub mesh: Option<&'static str>,
    /// Whose policies of other kinds are there.
    pub other_policies: Option<&'static str>,
}

impl Signs {
    /// Looks for signs among the objects, and among those whose kinds are not known.
    pub(super) fn of(tables: &Tables, opaque: &[Value]) -> Self {
        let mut signs = Self::default();
        let named = |kind, name: &str| {
            let mut all = tables.all(kind);
            all.any(|object| object.meta.name == name)
        };
        let configured = tables
            .all(kind::CONFIG_MAP)
            .find(|map| map.meta.name == "cilium-config");
        let proxy = named(kind::DAEMON_SET, "kube-proxy");
        let replaces = configured.is_some_and(|map| replaces_proxy(map));
        if replaces || named(kind::DAEMON_SET, "cilium") && !proxy {
            signs.replaces_proxy = Some("Cilium");
        }
        let spaces = tables.all(kind::NAMESPACE).find_map(|n| injected(n));
        let last = &mut None;
        let pods = || tables.all(kind::POD).find_map(|pod| sidecar(pod, last));
        signs.mesh = spaces.or_else(pods);
        for object in opaque {
            let version = object.get("apiVersion").and_then(Value::as_str);
            match version.and_then(|version| version.split('/').next()) {
                Some("cilium.io") => signs.other_policies = Some("Cilium"),
                Some("crd.projectcalico.org" | "projectcalico.org") => {
                    signs.other_policies = Some("Calico");
                    if object.at(&["spec", "bpfEnabled"]) == Some(&Value::Bool(true)) {
                        signs.replaces_proxy = Some("Calico's eBPF data plane");
                    }
                }
                Some("networking.istio.io" | "security.istio.io") => signs.mesh = Some("Istio"),
                Some(_) | None => {}
            }
        }
        signs
    }

    /// Why nothing is said of the data path; none if kube-proxy's rules are the way.
    pub fn suspend(&self) -> Option<String> {
        if let Some(name) = self.replaces_proxy {
            return Some(
                [
                    name,
                    " stands in for kube-proxy here: what is known of kube-proxy's rules does not count",
                ]
                .concat(),
            );
        }
        self.mesh.map(|name| {
            [name, " takes over the traffic of Pods: what is known of kube-proxy's rules does not count for them"].concat()
        })
    }

    /// Takes the claims away that do not count here.
    pub(super) fn silence(&self, findings: &mut Vec<Finding>) {
        if self.suspend().is_some() {
            findings.retain(|finding| !ON_RULES.contains(&finding.row));
        }
    }
}

/// The mesh that a namespace's labels or annotations, or those of a Pod template, ask for.
fn injected(object: &Object) -> Option<&'static str> {
    let says = |map: &StringMap, key: &str, wanted: &str| map.get(key).is_some_and(|v| v == wanted);
    let meta = &object.meta;
    let istio = says(&meta.labels, "istio-injection", "enabled")
        || meta.labels.contains_key("istio.io/rev")
        || says(&meta.labels, "istio.io/dataplane-mode", "ambient")
        || says(&meta.labels, "sidecar.istio.io/inject", "true")
        || says(&meta.annotations, "sidecar.istio.io/inject", "true");
    let linkerd = says(&meta.annotations, "linkerd.io/inject", "enabled");
    match (istio, linkerd) {
        (true, _) => Some("Istio"),
        (false, true) => Some("Linkerd"),
        (false, false) => None,
    }
}

/// The mesh whose proxy a Pod has; Pods of one make are looked at once.
fn sidecar(object: &Object, last: &mut Option<*const PodPlan>) -> Option<&'static str> {
    let pod = object.pod()?;
    let spec = pod.spec.make();
    if last.replace(spec) == Some(spec) {
        return None;
    }
    let mut all = pod.spec.containers.iter().chain(&pod.spec.init_containers);
    let proxy = all.find_map(|container| match container.name.as_str() {
        "istio-proxy" => Some("Istio"),
        "linkerd-proxy" => Some("Linkerd"),
        _ => None,
    });
    proxy.or_else(|| injected(object))
}

fn replaces_proxy(map: &Object) -> bool {
    let fields = map.fields();
    let value = fields
        .get("data")
        .and_then(|data| data.get("kube-proxy-replacement"));
    matches!(
        value.and_then(Value::as_str),
        Some("true" | "strict" | "partial" | "probe")
    )
}
