//! Signs that packets take another way than kube-proxy's rules: what is said of that way is suspended then.

use crate::api::{Object, Value, kind};
use crate::store::Tables;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// A network plugin that stands in for kube-proxy: its name.
    pub replaces_proxy: Option<&'static str>,
    /// Whether Istio's sidecars take over the traffic of some Pods.
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
        let sidecar = |object: &Object| {
            object.pod().is_some_and(|pod| {
                let all = pod.spec.containers.iter().chain(&pod.spec.init_containers);
                all.into_iter()
                    .any(|c| c.name == "istio-proxy" || c.name == "linkerd-proxy")
            })
        };
        let injected = |object: &Object| {
            let label = object.meta.labels.get("istio-injection");
            label.is_some_and(|value| value == "enabled")
        };
        let mesh = tables.all(kind::NAMESPACE).any(|n| injected(n))
            || tables.all(kind::POD).take(2_000).any(|pod| sidecar(pod));
        signs.mesh = mesh.then_some("Istio");
        for object in opaque {
            let version = object.get("apiVersion").and_then(Value::as_str);
            match version.and_then(|version| version.split('/').next()) {
                Some("cilium.io") => signs.other_policies = Some("Cilium"),
                Some("crd.projectcalico.org" | "projectcalico.org") => {
                    signs.other_policies = Some("Calico");
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
            [name, " sidecars take over the traffic: what is known of kube-proxy's rules does not count for them"].concat()
        })
    }
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
