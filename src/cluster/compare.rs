//! How a text and the cluster differ, without changing either; and the names that a text may refer to.
//!
//! A field counts as different if the text says something else than the cluster, or if the text said it when it was
//! applied and says it no more. What the server filled in by itself is no difference.

use super::{Cluster, ClusterView};
use crate::api::{Object, ObjectKey, Value, kind};
use crate::manifest::{Document, Limits, Live, read};

/// How an object of a text stands in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As the text has it.
    Same,
    /// It is not there.
    Absent,
    /// These fields are different, as paths.
    Differs(Vec<String>),
    /// It was applied from this file, which names it no more.
    Left,
}

/// An object of a text, or one that stood in it, beside the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The object.
    pub key: ObjectKey,
    /// The first and the last line of its document; 0 for what is not in the text.
    pub lines: (u32, u32),
    /// How it stands.
    pub standing: Standing,
}

/// What `kubectl apply` notes of the text that it applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Cluster {
    /// How the objects of a text stand; `is_file` tells whether a name that somebody applied means this text.
    pub fn compare(&self, text: &str, is_file: &dyn Fn(&str) -> bool) -> Vec<Comparison> {
        let documents = read(text, &Limits::PASTED).documents;
        let mut found: Vec<Comparison> = documents
            .iter()
            .filter_map(|d| self.stand(d, text))
            .collect();
        let left = self.sources.iter().filter(|(key, source)| {
            is_file(&source.file)
                && self.tables().get(key).is_some()
                && !found.iter().any(|c| c.key == **key)
        });
        let left: Vec<Comparison> = left
            .map(|(key, _)| Comparison {
                key: key.clone(),
                lines: (0, 0),
                standing: Standing::Left,
            })
            .collect();
        found.extend(left);
        found
    }

    /// The files from which objects that are still there were applied, each once.
    pub fn source_files(&self) -> Vec<std::rc::Rc<str>> {
        let mut files: Vec<std::rc::Rc<str>> = self
            .sources
            .values()
            .map(|source| source.file.clone())
            .collect();
        files.sort();
        files.dedup();
        files
    }

    fn stand(&self, document: &Document, text: &str) -> Option<Comparison> {
        let wanted = document.value();
        let mut object = Object::from_value(wanted.clone())?;
        if object.kind.namespaced && object.meta.namespace.is_empty() {
            "default".clone_into(&mut object.meta.namespace);
        }
        let span = document.root.span;
        let body = text
            .get(span.start..span.end)
            .unwrap_or_default()
            .trim_end();
        let last = span.line + body.matches('\n').count() as u32;
        let standing = match self.tables().get(&object.key()) {
            None => Standing::Absent,
            Some(live) => {
                let applied = live.meta.annotations.get(LAST_APPLIED);
                let applied = applied
                    .and_then(|json| Some(read(json, &Limits::PASTED).documents.first()?.value()));
                let mut paths = Vec::new();
                differ(
                    Some(&wanted),
                    applied.as_ref(),
                    Some(&live.to_value()),
                    "",
                    &mut paths,
                );
                if paths.is_empty() {
                    Standing::Same
                } else {
                    Standing::Differs(paths)
                }
            }
        };
        Some(Comparison {
            key: object.key(),
            lines: (span.line, last),
            standing,
        })
    }
}

/// Notes where the text, what was applied from it and the cluster part.
fn differ(
    wanted: Option<&Value>,
    applied: Option<&Value>,
    live: Option<&Value>,
    path: &str,
    found: &mut Vec<String>,
) {
    if matches!(
        path,
        "apiVersion"
            | "kind"
            | "metadata.namespace"
            | "status"
            | "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration"
    ) {
        return;
    }
    let below = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match (wanted, live) {
        // What the text said when it was applied and says no more, field by field.
        (None, Some(Value::Map(live))) => {
            for (key, value) in applied.and_then(Value::as_map).into_iter().flatten() {
                differ(None, Some(value), live.get(key), &below(key), found);
            }
        }
        (Some(Value::Map(wanted)), Some(Value::Map(live))) => {
            for (key, value) in wanted {
                differ(
                    Some(value),
                    applied.and_then(|a| a.get(key)),
                    live.get(key),
                    &below(key),
                    found,
                );
            }
            for (key, value) in applied.and_then(Value::as_map).into_iter().flatten() {
                if !wanted.contains_key(key) {
                    differ(None, Some(value), live.get(key), &below(key), found);
                }
            }
        }
        (Some(Value::List(wanted)), Some(Value::List(live))) if wanted.len() == live.len() => {
            let applied = applied.and_then(Value::as_list).unwrap_or_default();
            for (index, value) in wanted.iter().enumerate() {
                differ(
                    Some(value),
                    applied.get(index),
                    live.get(index),
                    &format!("{path}[{index}]"),
                    found,
                );
            }
        }
        // An empty mapping or list is the same as none.
        (Some(Value::Null), _) | (None, None) => {}
        (Some(Value::Map(map)), None) if map.is_empty() => {}
        (Some(Value::List(list)), None) if list.is_empty() => {}
        (Some(wanted), Some(live)) if same(wanted, live, applied) => {}
        // What nobody asked for is the server's own affair; what was asked for and is no more, is not.
        (None, Some(_)) if applied.is_none() => {}
        (Some(_), _) | (None, Some(_)) => found.push(path.to_owned()),
    }
}

/// Whether two scalars are the same; a quantity that the server rewrote (`1000m` to `1`) is what was applied.
fn same(wanted: &Value, live: &Value, applied: Option<&Value>) -> bool {
    let plain = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_json(), str::to_owned)
    };
    wanted == live
        || plain(wanted) == plain(live)
        || applied == Some(wanted) && plain(wanted).starts_with(|c: char| c.is_ascii_digit())
}

impl ClusterView {
    /// The names that a manifest may refer to.
    pub fn live(&self) -> Live {
        let mut live = Live::default();
        for object in self.tables.all(kind::POD).take(2_000) {
            if let Some(pod) = object.pod() {
                let ports = pod
                    .spec
                    .containers
                    .iter()
                    .flat_map(|container| &container.ports);
                live.ports.extend(
                    ports
                        .map(|port| port.name.clone())
                        .filter(|name| !name.is_empty()),
                );
            }
            if object.meta.namespace == "kube-system" {
                continue;
            }
            for (key, value) in object
                .meta
                .labels
                .iter()
                .filter(|(key, _)| *key != "pod-template-hash")
            {
                live.labels
                    .entry(key.to_string())
                    .or_default()
                    .insert(value.to_string());
            }
        }
        for kind in [
            kind::NAMESPACE,
            kind::NODE,
            kind::SERVICE,
            kind::CONFIG_MAP,
            kind::SECRET,
        ] {
            let names = self.tables.all(kind).map(|object| object.meta.name.clone());
            live.names.insert(kind.name, names.collect());
        }
        for image in crate::api::image::IMAGES {
            live.images.extend(image.names.first());
        }
        live
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Settings, Source};

    const TEXT: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels:\n    a: b\nspec:\n  ports:\n  - port: 80\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";

    /// A cluster into which the text was applied from `web.yaml`.
    fn applied() -> Cluster {
        let mut cluster = Cluster::new(&Settings::default());
        for document in read(TEXT, &Limits::PASTED).documents {
            let mut object = Object::from_value(document.value()).unwrap();
            if object.kind.namespaced {
                object.meta.namespace = "default".to_owned();
            }
            object
                .meta
                .annotations
                .insert(LAST_APPLIED.to_owned(), document.value().to_json());
            let source = Source {
                file: "web.yaml".into(),
                lines: document.lines(),
            };
            cluster.create(object, Some(source), false).unwrap();
        }
        cluster
    }

    fn standings(cluster: &Cluster, text: &str) -> Vec<(String, Standing)> {
        let found = cluster.compare(text, &|file| file == "web.yaml");
        found
            .into_iter()
            .map(|c| (c.key.to_string(), c.standing))
            .collect()
    }

    fn differs(path: &str) -> Standing {
        Standing::Differs(vec![path.to_owned()])
    }

    #[test]
    fn what_was_applied_is_the_same() {
        let found = applied().compare(TEXT, &|_| true);
        assert!(
            found.iter().all(|c| c.standing == Standing::Same),
            "{found:?}"
        );
        assert_eq!(found[0].lines, (1, 9));
        assert_eq!(found[1].lines, (11, 14));
    }

    #[test]
    fn a_change_a_removal_and_a_forgotten_object_are_told_apart() {
        let cluster = applied();
        let changed = TEXT.replace("port: 80", "port: 81");
        assert_eq!(
            standings(&cluster, &changed)[0].1,
            differs("spec.ports[0].port")
        );
        let removed = TEXT.replace("  labels:\n    a: b\n", "");
        assert_eq!(
            standings(&cluster, &removed)[0].1,
            differs("metadata.labels.a")
        );
        let forgotten = TEXT.split("---\n").next().unwrap();
        assert_eq!(
            standings(&cluster, forgotten)[1],
            ("namespace/shop".to_owned(), Standing::Left)
        );
        let renamed = TEXT.replace("name: shop", "name: shops");
        assert_eq!(standings(&cluster, &renamed)[1].1, Standing::Absent);
    }

    #[test]
    fn the_names_of_a_fresh_cluster_are_proposed() {
        let live = applied().view().live();
        assert!(live.names["Namespace"].contains("shop") && live.names["Node"].contains("node-2"));
        assert!(
            live.images.contains(&"redis") && live.ports.contains("dns"),
            "{live:?}"
        );
    }
}
