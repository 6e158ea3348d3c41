//! The variables that a container is given.
//!
//! Models `makeEnvironmentVariables` of `pkg/kubelet/kubelet_pods.go`, and `third_party/forked/golang/expansion`.

use super::pod_field;
use crate::api::pod::{Container, Pod};
use crate::api::{KindRef, Object, Value, kind};
use crate::cluster::Cluster;
use crate::kernel::{BTreeMap, base64_decoded};

/// Names and values.
pub(super) type Variables = BTreeMap<String, String>;

/// What the kubelet gives a container of a Pod.
pub(super) fn of_container(
    cluster: &Cluster,
    object: &Object,
    pod: &Pod,
    container: &Container,
) -> Variables {
    let services = of_services(cluster, object, pod);
    let mut own = Variables::new();
    let sources = container.rest.get("envFrom").and_then(Value::as_list);
    for source in sources.into_iter().flatten() {
        let prefix = source.get("prefix").and_then(Value::as_str);
        let all = [
            ("configMapRef", kind::CONFIG_MAP),
            ("secretRef", kind::SECRET),
        ];
        for (field, kind) in all {
            let name = source.at(&[field, "name"]).and_then(Value::as_str);
            let entries = name.map(|name| entries(cluster, &object.meta.namespace, kind, name));
            for (key, value) in entries.into_iter().flatten() {
                own.insert(format!("{}{key}", prefix.unwrap_or_default()), value);
            }
        }
    }
    for variable in &container.env {
        let value = match &variable.value_from {
            _ if !variable.value.is_empty() => Some(expanded(&variable.value, |name| {
                own.get(name).or_else(|| services.get(name)).cloned()
            })),
            Some(source) => found(cluster, object, pod, container, source),
            None => Some(String::new()),
        };
        if let Some(value) = value {
            own.insert(variable.name.clone(), value);
        }
    }
    for (name, value) in services {
        own.entry(name).or_insert(value);
    }
    own
}

/// A container's command and arguments, with their `$(NAME)` replaced.
pub(super) fn command(container: &Container, variables: &Variables) -> Vec<String> {
    let words = container.command.iter().chain(&container.args);
    words
        .map(|word| expanded(word, |name| variables.get(name).cloned()))
        .collect()
}

/// What a `valueFrom` names; `None` if an optional one is missing.
fn found(
    cluster: &Cluster,
    object: &Object,
    pod: &Pod,
    container: &Container,
    source: &Value,
) -> Option<String> {
    let text = |path: &[&str]| source.at(path).and_then(Value::as_str);
    if let Some(path) = text(&["fieldRef", "fieldPath"]) {
        return Some(pod_field::text(object, pod, path));
    }
    if let Some(reference) = source.get("resourceFieldRef") {
        return Some(pod_field::resource(cluster, pod, container, reference));
    }
    let keys = [
        ("configMapKeyRef", kind::CONFIG_MAP),
        ("secretKeyRef", kind::SECRET),
    ];
    keys.into_iter().find_map(|(field, kind)| {
        let (name, key) = (text(&[field, "name"])?, text(&[field, "key"])?);
        let all = entries(cluster, &object.meta.namespace, kind, name);
        all.into_iter().find(|(own, _)| own == key).map(|(_, v)| v)
    })
}

/// The entries of a `ConfigMap`, or of a Secret, whose values are decoded.
pub(super) fn entries(
    cluster: &Cluster,
    namespace: &str,
    kind: KindRef,
    name: &str,
) -> Vec<(String, String)> {
    let Some(object) = cluster.tables().find(kind, namespace, name) else {
        return Vec::new();
    };
    let fields = object.fields();
    let part = |part: &str, coded: bool| {
        let map = fields.get(part).and_then(Value::as_map);
        let each = map.into_iter().flatten().filter_map(move |(key, value)| {
            let text = value.as_str()?;
            let value = if coded {
                String::from_utf8_lossy(&base64_decoded(text).ok()?).into_owned()
            } else {
                text.to_owned()
            };
            Some((key.clone(), value))
        });
        each.collect::<Vec<_>>()
    };
    let mut all = part("data", kind == kind::SECRET);
    all.extend(part("binaryData", true));
    all
}

/// `NAME_SERVICE_HOST` and its family, for the Services that were there before the Pod: those of its namespace, unless it
/// wants none, and the API server's.
fn of_services(cluster: &Cluster, pod: &Object, spec: &Pod) -> Variables {
    let mut env = Variables::new();
    let tables = cluster.tables();
    let linked = spec.spec.rest.get("enableServiceLinks") != Some(&Value::Bool(false));
    let own = tables.in_namespace(kind::SERVICE, &pod.meta.namespace);
    let api = tables.find(kind::SERVICE, "default", "kubernetes");
    let own = own.filter(|object| linked && object.meta.name != "kubernetes");
    let before = |object: &Object| object.meta.creation_timestamp <= pod.meta.creation_timestamp;
    for object in own.chain(api).filter(|object| before(object)) {
        let Some(spec) = object.service().map(|service| &service.spec) else {
            continue;
        };
        let Some(port) = spec
            .ports
            .first()
            .filter(|_| !matches!(spec.cluster_ip.as_str(), "" | "None"))
        else {
            continue;
        };
        let name = object.meta.name.to_uppercase().replace('-', "_");
        let ip = &spec.cluster_ip;
        let url = |port: i64, protocol: &str| format!("{}://{ip}:{port}", protocol.to_lowercase());
        env.insert(format!("{name}_SERVICE_HOST"), ip.clone());
        env.insert(format!("{name}_SERVICE_PORT"), port.port.to_string());
        env.insert(format!("{name}_PORT"), url(port.port, &port.protocol));
        for port in &spec.ports {
            if !port.name.is_empty() {
                let label = port.name.to_uppercase().replace('-', "_");
                env.insert(
                    format!("{name}_SERVICE_PORT_{label}"),
                    port.port.to_string(),
                );
            }
            let prefix = format!("{name}_PORT_{}_{}", port.port, port.protocol);
            env.insert(prefix.clone(), url(port.port, &port.protocol));
            env.insert(format!("{prefix}_PROTO"), port.protocol.to_lowercase());
            env.insert(format!("{prefix}_PORT"), port.port.to_string());
            env.insert(format!("{prefix}_ADDR"), ip.clone());
        }
    }
    env
}

/// A text with its `$(NAME)` replaced; what is not known stays, `$$` is a dollar sign.
fn expanded(text: &str, known: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let after = from.get(1..).unwrap_or_default();
        let reference = after
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'));
        rest = match reference {
            Some((name, rest)) => {
                match known(name) {
                    Some(value) => out.push_str(&value),
                    None => out.push_str(&format!("$({name})")),
                }
                rest
            }
            None => {
                out.push('$');
                after.strip_prefix('$').unwrap_or(after)
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of `expansion_test.go`.
    #[test]
    fn references_are_replaced_as_the_kubelet_does() {
        let known = |name: &str| match name {
            "VAR_A" => Some("A".to_owned()),
            "VAR_EMPTY" => Some(String::new()),
            _ => None,
        };
        let rows = [
            ("$(VAR_A)", "A"),
            ("___$(VAR_A)___", "___A___"),
            ("$(VAR_A)-$(VAR_A)", "A-A"),
            ("$(VAR_A)_$(NO)", "A_$(NO)"),
            ("f000-$$VAR_A", "f000-$VAR_A"),
            ("foo\\$(VAR_A)bar", "foo\\Abar"),
            ("foo$$(VAR_A)bar", "foo$(VAR_A)bar"),
            ("$$$$$$(BIG_MONEY)", "$$$(BIG_MONEY)"),
            ("$$$$$$$(VAR_A)", "$$$A"),
            ("foo$(VAR_EMPTY)bar", "foobar"),
            ("$VAR_A)", "$VAR_A)"),
            ("$(VAR_A", "$(VAR_A"),
            ("$", "$"),
            ("$?_boo_$!", "$?_boo_$!"),
        ];
        for (text, wanted) in rows {
            assert_eq!(expanded(text, known), wanted, "{text}");
        }
    }
}
