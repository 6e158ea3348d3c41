//! The files that a container's volumes bring: of `ConfigMaps`, Secrets, and what a Pod tells of itself.
//!
//! Models `pkg/volume/{configmap,secret,downwardapi,projected}`. Other volumes are empty folders.

use super::tree::Tree;
use super::{environment, kubectl, pod_field};
use crate::api::pod::{Container, Pod};
use crate::api::{KindRef, Object, Value, kind};
use crate::cluster::Cluster;

/// Names within a volume, and texts.
type Entries = Vec<(String, String)>;

/// Puts what is mounted into a container's tree.
pub(super) fn mount(
    tree: &mut Tree,
    cluster: &Cluster,
    object: &Object,
    pod: &Pod,
    container: &Container,
) {
    let volumes = pod.spec.volumes.all();
    for mount in container.volume_mounts.all() {
        let text = |field: &str| mount.get(field).and_then(Value::as_str);
        let (Some(name), Some(path)) = (text("name"), text("mountPath")) else {
            continue;
        };
        let named = |volume: &&Value| volume.get("name").and_then(Value::as_str) == Some(name);
        let Some(volume) = volumes.iter().find(named) else {
            continue;
        };
        let path = path.trim_end_matches('/');
        let entries = entries(cluster, object, pod, container, volume);
        // One file of the volume, or one of its folders, may be mounted alone.
        let sub = text("subPath").unwrap_or_default().trim_matches('/');
        if let Some((_, text)) = entries.iter().find(|(name, _)| name == sub) {
            tree.put(path, text.as_str().into());
            continue;
        }
        tree.make_dirs(path);
        for (name, text) in &entries {
            let inner = name.strip_prefix(sub).filter(|_| !sub.is_empty());
            let inner = inner.and_then(|inner| inner.strip_prefix('/'));
            if let Some(name) = inner.or(Some(&**name).filter(|_| sub.is_empty())) {
                tree.put(&format!("{path}/{name}"), text.as_str().into());
            }
        }
    }
}

/// What a volume, or a source of a projected one, holds.
fn entries(
    cluster: &Cluster,
    object: &Object,
    pod: &Pod,
    container: &Container,
    source: &Value,
) -> Entries {
    let mut all = Entries::new();
    let text = |path: &[&str]| source.at(path).and_then(Value::as_str);
    let maps: [(&str, &str, KindRef); 3] = [
        ("configMap", "name", kind::CONFIG_MAP),
        ("secret", "secretName", kind::SECRET),
        ("secret", "name", kind::SECRET),
    ];
    for (field, key, kind) in maps {
        if let Some(name) = text(&[field, key]) {
            let found = environment::entries(cluster, &object.meta.namespace, kind, name);
            all.extend(chosen(found, source.at(&[field, "items"])));
        }
    }
    let items = source
        .at(&["downwardAPI", "items"])
        .and_then(Value::as_list);
    for item in items.into_iter().flatten() {
        let field = |path: &[&str]| item.at(path).and_then(Value::as_str);
        let Some(path) = field(&["path"]) else {
            continue;
        };
        let text = match (
            field(&["fieldRef", "fieldPath"]),
            item.get("resourceFieldRef"),
        ) {
            (Some(field), _) => pod_field::text(object, pod, field),
            (None, Some(reference)) => pod_field::resource(cluster, pod, container, reference),
            (None, None) => continue,
        };
        all.push((path.to_owned(), text));
    }
    if let Some(path) = text(&["serviceAccountToken", "path"]) {
        let account = &pod.spec.service_account_name;
        let token = kubectl::token_of(cluster, &object.meta.namespace, account);
        all.extend(token.map(|token| (path.to_owned(), token)));
    }
    let sources = source
        .at(&["projected", "sources"])
        .and_then(Value::as_list);
    for source in sources.into_iter().flatten() {
        all.extend(entries(cluster, object, pod, container, source));
    }
    all
}

/// The entries that `items` chooses, under the names that it gives; all of them without it.
fn chosen(all: Entries, items: Option<&Value>) -> Entries {
    let Some(items) = items.and_then(Value::as_list) else {
        return all;
    };
    let item = |item: &Value| {
        let key = item.get("key").and_then(Value::as_str)?;
        let path = item.get("path").and_then(Value::as_str)?;
        let text = all.iter().find(|(name, _)| name == key);
        text.map(|(_, text)| (path.to_owned(), text.clone()))
    };
    items.iter().filter_map(item).collect()
}
