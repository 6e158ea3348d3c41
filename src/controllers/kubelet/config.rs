//! What a container needs before it can be created: the `ConfigMaps` and Secrets that its environment names.

use crate::api::pod::Container;
use crate::api::{KindRef, Map, Value, kind};
use crate::store::Tables;

/// Why a container's environment cannot be made, in the kubelet's words.
pub(super) fn missing(tables: &Tables, namespace: &str, container: &Container) -> Option<String> {
    let of = |source: &Value, field: &str, kind: KindRef| {
        source
            .get(field)
            .and_then(|reference| lacks(tables, namespace, kind, reference))
    };
    let from = container.rest.get("envFrom").and_then(Value::as_list);
    let whole = from.into_iter().flatten().find_map(|source| {
        let map = of(source, "configMapRef", kind::CONFIG_MAP);
        map.or_else(|| of(source, "secretRef", kind::SECRET))
    });
    whole.or_else(|| {
        container.env.iter().find_map(|variable| {
            let source = variable.value_from.as_ref()?;
            let map = of(source, "configMapKeyRef", kind::CONFIG_MAP);
            map.or_else(|| of(source, "secretKeyRef", kind::SECRET))
        })
    })
}

/// What is missing of an object, or of its key, that a reference names.
fn lacks(tables: &Tables, namespace: &str, kind: KindRef, reference: &Value) -> Option<String> {
    if reference.get("optional") == Some(&Value::Bool(true)) {
        return None;
    }
    let name = reference
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let Some(object) = tables.find(kind, namespace, name) else {
        return Some(format!("{} \"{name}\" not found", kind.singular));
    };
    let key = reference.get("key").and_then(Value::as_str)?;
    let fields = object.fields();
    let has = |part: &str| {
        fields
            .get(part)
            .and_then(Value::as_map)
            .is_some_and(|m: &Map| m.contains_key(key))
    };
    let found = ["data", "binaryData"].into_iter().any(has);
    (!found).then(|| {
        format!(
            "couldn't find key {key} in {} {namespace}/{name}",
            kind.name
        )
    })
}

/// Why a volume cannot be mounted: the volume and the missing object.
pub(super) fn unmountable(tables: &Tables, namespace: &str, volumes: &[Value]) -> Option<String> {
    volumes.iter().find_map(|volume| {
        let sources = [
            ("configMap", "name", kind::CONFIG_MAP),
            ("secret", "secretName", kind::SECRET),
        ];
        sources.into_iter().find_map(|(field, key, kind)| {
            let source = volume.get(field)?;
            let name = source.get(key).and_then(Value::as_str)?;
            let optional = source.get("optional") == Some(&Value::Bool(true));
            if optional || tables.find(kind, namespace, name).is_some() {
                return None;
            }
            let volume = volume
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            Some(format!(
                "MountVolume.SetUp failed for volume \"{volume}\" : {} \"{name}\" not found",
                kind.singular
            ))
        })
    })
}
