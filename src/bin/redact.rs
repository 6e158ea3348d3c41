//! `portside redact`: masks what a dump says that is nobody's business, and leaves what a diagnosis needs.
//!
//! Values of variables, annotations and the data of Secrets and configurations are masked, so that a dump of a cluster can be
//! handed on; names, labels, ports and states stay.

use super::{documents, documents_of, print_text, standard_input};
use portside::api::{Map, Value};
use portside::manifest::to_yaml;

const HELP: &str = "\
Masks the values of variables and annotations, and the data of Secrets and ConfigMaps, in a dump of a cluster.

Usage: portside redact [FILE] > masked.yaml

Names, labels, ports, addresses and states stay: they are what a diagnosis needs. The settings of cluster DNS and of
kube-proxy stay too. Standard input is read without FILE.

A dump without Secrets, read-only:
  kubectl get all,endpointslices,endpoints,ingresses,networkpolicies,configmaps,nodes,namespaces,events -A -o yaml > dump.yaml
";

const MASK: &str = "***";

pub(super) fn main(words: &[&str]) -> Result<i32, String> {
    let all = match words {
        ["-h" | "--help"] => {
            print_text(HELP);
            return Ok(0);
        }
        [] | ["-"] => documents_of("standard input", &standard_input()?)?,
        [file] if !file.starts_with('-') => documents(file)?,
        _ => return Err("one file at most: try portside redact --help".to_owned()),
    };
    let mut list = Map::new();
    list.insert("apiVersion".to_owned(), "v1".into());
    list.insert("kind".to_owned(), "List".into());
    let masked = all.into_iter().map(document).collect();
    list.insert("items".to_owned(), Value::List(masked));
    print_text(&to_yaml(&Value::Map(list)));
    Ok(0)
}

fn document(mut value: Value) -> Value {
    let text = |value: &Value, path: &[&str]| {
        let found = value.at(path).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    };
    let kind = text(&value, &["kind"]);
    let settings = text(&value, &["metadata", "namespace"]) == "kube-system"
        && matches!(
            text(&value, &["metadata", "name"]).as_str(),
            "coredns" | "kube-proxy" | "kubeadm-config" | "cilium-config"
        );
    let data = matches!(kind.as_str(), "Secret") || kind == "ConfigMap" && !settings;
    if let Value::Map(map) = &mut value {
        for key in ["data", "stringData", "binaryData"] {
            if data && let Some(Value::Map(entries)) = map.get_mut(key) {
                mask_all(entries);
            }
        }
    }
    walk(&mut value);
    value
}

fn mask_all(entries: &mut Map) {
    for value in entries.values_mut() {
        *value = MASK.into();
    }
}

/// Masks annotations and the values of variables, wherever they are.
fn walk(value: &mut Value) {
    match value {
        Value::List(items) => items.iter_mut().for_each(walk),
        Value::Map(map) => {
            for (key, inner) in map.iter_mut() {
                match (key.as_str(), inner) {
                    ("annotations", Value::Map(entries)) => annotations(entries),
                    ("env", Value::List(items)) => items.iter_mut().for_each(variable),
                    (_, inner) => walk(inner),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {}
    }
}

/// Annotations that a diagnosis needs stay: they are Kubernetes' own words.
fn annotations(entries: &mut Map) {
    for (key, value) in entries.iter_mut() {
        let own = key.starts_with("endpoints.kubernetes.io/")
            || key.starts_with("deployment.kubernetes.io/")
            || key.starts_with("portside.dev/");
        if !own {
            *value = MASK.into();
        }
    }
}

fn variable(item: &mut Value) {
    let Value::Map(map) = item else { return };
    if let Some(value) = map.get_mut("value") {
        *value = MASK.into();
    }
}
