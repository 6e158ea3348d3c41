//! The way back to a real cluster: what was made here as clean YAML, as one command, or as a script that builds a real
//! cluster and checks there what was seen here.

use super::ClusterView;
use crate::api::{Map, Object, Value, kind};
use crate::manifest::to_yaml;

/// Which real cluster a script builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Real {
    /// kind, Nodes in containers.
    Kind,
    /// minikube.
    Minikube,
}

/// Fields of metadata that a server writes.
const SERVERS: &[&str] = &[
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "ownerReferences",
    "selfLink",
];

impl ClusterView {
    /// What a reader made, as manifests that a fresh cluster takes: without status, without what the server filled in,
    /// without what controllers made.
    pub fn clean_yaml(&self) -> String {
        let own = |object: &&std::rc::Rc<Object>| {
            let meta = &object.meta;
            let made = meta.controller().is_some()
                || object.kind == kind::EVENT
                || object.kind == kind::NODE;
            let systems = meta.namespace.starts_with("kube-")
                || meta
                    .annotations
                    .contains_key("pv.kubernetes.io/provisioned-by")
                || meta.name.starts_with("kube-root-ca")
                || meta
                    .labels
                    .get("endpointslice.kubernetes.io/managed-by")
                    .is_some();
            let born = matches!(
                (object.kind.name, meta.name.as_str()),
                (
                    "Namespace",
                    "default" | "kube-system" | "kube-public" | "kube-node-lease"
                ) | ("Service" | "EndpointSlice" | "Endpoints", "kubernetes")
                    | ("ServiceAccount", "default")
                    | ("StorageClass", "standard")
            );
            let served = object.kind == kind::ENDPOINTS
                && self
                    .tables
                    .find(kind::SERVICE, &meta.namespace, &meta.name)
                    .is_some();
            let network = matches!(object.kind.name, "ServiceCIDR" | "IPAddress");
            !(made || systems || born || served || network)
        };
        // Namespaces first, for what lives in them.
        let kinds = std::iter::once(kind::NAMESPACE).chain(
            kind::KINDS
                .iter()
                .copied()
                .filter(|k| *k != kind::NAMESPACE),
        );
        let objects = kinds.flat_map(|kind| self.tables.all(kind).filter(own));
        let texts: Vec<String> = objects
            .map(|object| to_yaml(&clean(without_access(object).to_value())))
            .collect();
        texts.join("---\n")
    }
}

/// A Pod without what gives it access to this cluster's API.
fn without_access(object: &Object) -> Object {
    let mut object = object.clone();
    if let Some(pod) = object.pod_mut() {
        let spec = &mut *pod.spec;
        spec.volumes.token = None;
        let all = spec.init_containers.iter_mut().chain(&mut spec.containers);
        all.for_each(|container| container.volume_mounts.token = None);
    }
    object
}

/// An object as its author would write it.
fn clean(mut value: Value) -> Value {
    let is_service = value.get("kind").and_then(Value::as_str) == Some("Service");
    let headless = value.at(&["spec", "clusterIP"]).and_then(Value::as_str) == Some("None");
    if let Some(map) = value.as_map_mut() {
        map.remove("status");
    }
    if let Some(meta) = inner(&mut value, "metadata") {
        SERVERS.iter().for_each(|field| {
            meta.remove(*field);
        });
        if let Some(Value::List(names)) = meta.get_mut("finalizers") {
            let ours = |name: &Value| {
                let name = name.as_str().unwrap_or_default();
                [
                    "kubernetes.io/pvc-protection",
                    "kubernetes.io/pv-protection",
                ]
                .contains(&name)
            };
            names.retain(|name| !ours(name));
            if names.is_empty() {
                meta.remove("finalizers");
            }
        }
        if let Some(Value::Map(notes)) = meta.get_mut("annotations") {
            notes.retain(|key, _| {
                key != "kubectl.kubernetes.io/last-applied-configuration"
                    && key != "deployment.kubernetes.io/revision"
                    && key != "deprecated.daemonset.template.generation"
                    && !key.starts_with("pv.kubernetes.io/")
                    && !key.starts_with("volume.kubernetes.io/")
                    && !key.starts_with("volume.beta.kubernetes.io/")
            });
            if notes.is_empty() {
                meta.remove("annotations");
            }
        }
    }
    if let Some(spec) = inner(&mut value, "spec") {
        spec.remove("nodeName");
        spec.remove("volumeName");
        if is_service {
            // Another cluster has other addresses.
            if !headless {
                spec.remove("clusterIP");
            }
            [
                "clusterIPs",
                "ipFamilies",
                "ipFamilyPolicy",
                "healthCheckNodePort",
            ]
            .iter()
            .for_each(|field| {
                spec.remove(*field);
            });
        }
    }
    value
}

fn inner<'a>(value: &'a mut Value, field: &str) -> Option<&'a mut Map> {
    value.as_map_mut()?.get_mut(field)?.as_map_mut()
}

/// One command that applies a text, to paste into any shell.
pub fn heredoc(yaml: &str) -> String {
    let mut mark = "EOF".to_owned();
    while yaml.lines().any(|line| line == mark) {
        mark.push('_');
    }
    let end = if yaml.is_empty() || yaml.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("kubectl apply -f - <<'{mark}'\n{yaml}{end}{mark}\n")
}

/// A script that builds a real cluster, applies a text, waits until it has settled, and checks there what was seen here:
/// that each Service has endpoints, that its name resolves, that its TCP ports take connections.
pub fn script(yaml: &str, real: Real, view: &ClusterView) -> String {
    let (tool, start) = match real {
        Real::Kind => (
            "kind",
            "kind get clusters 2>/dev/null | grep -qx portside || kind create cluster --name portside\nkubectl config use-context kind-portside",
        ),
        Real::Minikube => (
            "minikube",
            "minikube status -p portside >/dev/null 2>&1 || minikube start -p portside\nkubectl config use-context portside",
        ),
    };
    let mut out = format!(
        "#!/usr/bin/env bash\n# Builds a real cluster with {tool}, applies the manifests, and checks there what Portside showed.\nset -euo pipefail\n\nfor tool in {tool} kubectl; do\n  command -v \"$tool\" >/dev/null || {{ echo \"please install $tool first\" >&2; exit 2; }}\ndone\n{start}\n\n"
    );
    out.push_str(&heredoc(yaml));
    out.push_str("\nfaults=0\ncheck() {\n  local what=$1; shift\n  if \"$@\" >/dev/null 2>&1; then echo \"ok    $what\"; else echo \"FAIL  $what\"; faults=$((faults + 1)); fi\n}\n");
    let ours = |object: &&std::rc::Rc<Object>| {
        !object.meta.namespace.starts_with("kube-") && object.meta.name != "kubernetes"
    };
    for kind in [kind::DEPLOYMENT, kind::STATEFUL_SET, kind::DAEMON_SET] {
        for object in view.tables.all(kind).filter(ours) {
            let (name, namespace) = (&object.meta.name, &object.meta.namespace);
            out.push_str(&format!(
                "check \"{0} {name} is rolled out\" kubectl -n {namespace} rollout status {0}/{name} --timeout=180s\n",
                kind.singular
            ));
        }
    }
    out.push_str("kubectl run portside-check --image=busybox:1.37 --restart=Never --command -- sleep 3600 >/dev/null 2>&1 || true\nkubectl wait --for=condition=Ready pod/portside-check --timeout=120s >/dev/null\n");
    for object in view.tables.all(kind::SERVICE).filter(ours) {
        let Some(service) = object.service() else {
            continue;
        };
        let (name, namespace) = (&object.meta.name, &object.meta.namespace);
        // A real cluster's domain is cluster.local unless somebody changed it.
        let full = format!("{name}.{namespace}.svc.cluster.local");
        let ready = view
            .tables
            .slices_of(namespace, name)
            .iter()
            .filter_map(|slice| slice.slice())
            .any(|slice| {
                slice
                    .endpoints()
                    .iter()
                    .any(|e| e.conditions.ready != Some(false))
            });
        if service.spec.type_ != "ExternalName" {
            let test = if ready { "-n" } else { "-z" };
            let words = if ready {
                "endpoints that are ready"
            } else {
                "no endpoints, as in Portside"
            };
            out.push_str(&format!(
                "check \"Service {name} has {words}\" bash -c '[ {test} \"$(kubectl -n {namespace} get endpointslices -l kubernetes.io/service-name={name} -o jsonpath=\"{{.items[*].endpoints[*].addresses[*]}}\")\" ]'\n"
            ));
        }
        out.push_str(&format!(
            "check \"{full} resolves\" kubectl exec portside-check -- nslookup {full}\n"
        ));
        for port in service
            .spec
            .ports
            .iter()
            .filter(|port| ready && matches!(port.protocol.as_str(), "" | "TCP"))
        {
            out.push_str(&format!("check \"{full}:{0} takes connections\" kubectl exec portside-check -- nc -z -w 3 {full} {0}\n", port.port));
        }
    }
    out.push_str(&format!(
        "kubectl delete pod portside-check --now >/dev/null\n\necho \"faults: $faults\"\necho \"when you are done: {}\"\n[ \"$faults\" = 0 ]\n",
        match real {
            Real::Kind => "kind delete cluster --name portside",
            Real::Minikube => "minikube delete -p portside",
        }
    ));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Cluster, Settings};
    use crate::kernel::Span;
    use crate::manifest::{Limits, check, read};

    const TEXT: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      containers:\n      - name: web\n        image: nginx\n";

    fn applied(text: &str) -> Cluster {
        let mut cluster = Cluster::new(&Settings::default());
        for document in read(text, &Limits::PASTED).documents {
            let mut object = Object::from_value(document.value()).unwrap();
            if object.kind.namespaced && object.meta.namespace.is_empty() {
                object.meta.namespace = "default".to_owned();
            }
            cluster.create(object, None, false).unwrap();
        }
        cluster.settle(Span::secs(60));
        cluster
    }

    #[test]
    fn what_is_exported_is_what_was_made_and_applies_again() {
        let yaml = applied(TEXT).view().clean_yaml();
        let documents = read(&yaml, &Limits::PASTED).documents;
        let kinds: Vec<String> = documents
            .iter()
            .filter_map(|d| d.value().get("kind")?.as_str().map(str::to_owned))
            .collect();
        assert_eq!(kinds, ["Service", "Deployment"], "{yaml}");
        for word in [
            "uid",
            "resourceVersion",
            "status:",
            "clusterIP",
            "managedFields",
            "last-applied",
        ] {
            assert!(!yaml.contains(word), "{word}: {yaml}");
        }
        assert_eq!(check(&yaml), []);
        assert_eq!(applied(&yaml).view().clean_yaml(), yaml);
    }

    #[test]
    fn a_heredoc_ends_where_its_text_cannot() {
        assert_eq!(heredoc("a: b"), "kubectl apply -f - <<'EOF'\na: b\nEOF\n");
        assert!(heredoc("a: |\nEOF\n").starts_with("kubectl apply -f - <<'EOF_'\n"));
    }

    #[test]
    fn a_script_checks_each_service() {
        let cluster = applied(TEXT);
        let text = script(TEXT, Real::Kind, &cluster.view());
        for words in [
            "kind create cluster",
            "rollout status deployment/web",
            "web.default.svc.cluster.local:80 takes connections",
            "has endpoints that are ready",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        let lost =
            applied(&TEXT.replace("  selector:\n    app: web", "  selector:\n    app: other"));
        assert!(
            script(TEXT, Real::Minikube, &lost.view()).contains("no endpoints, as in Portside")
        );
    }
}
