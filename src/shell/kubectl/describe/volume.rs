//! Volumes of Pods and templates.

use super::container::{is_true, plain};
use crate::api::Value;

/// The rows of one kind of volume: its key, its words, and the fields that are shown with what stands for none.
type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
);

const ROWS: &[Row] = &[
    (
        "hostPath",
        "HostPath (bare host directory volume)",
        &[("Path", "path", ""), ("HostPathType", "type", "")],
    ),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[
            ("Medium", "medium", ""),
            ("SizeLimit", "sizeLimit", "<unset>"),
        ],
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)",
        &[
            ("SecretName", "secretName", ""),
            ("Optional", "optional", "false"),
        ],
    ),
    (
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)",
        &[("Name", "name", ""), ("Optional", "optional", "false")],
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[
            ("ClaimName", "claimName", ""),
            ("ReadOnly", "readOnly", "false"),
        ],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[
            ("Server", "server", ""),
            ("Path", "path", ""),
            ("ReadOnly", "readOnly", "false"),
        ],
    ),
];

/// All volumes under their heading.
pub(super) fn volumes(indent: &str, volumes: &[Value]) -> String {
    if volumes.is_empty() {
        return format!("{indent}Volumes:\t<none>\n");
    }
    let mut text = format!("{indent}Volumes:\n");
    for volume in volumes {
        let name = volume.get("name").map(plain).unwrap_or_default();
        text.push_str(&format!("{indent}  {name}:\n"));
        for (key, value) in fields(volume) {
            text.push_str(&format!("{indent}    {key}:\t{value}\n"));
        }
    }
    text
}

fn fields(volume: &Value) -> Vec<(String, String)> {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    if let Some(projected) = volume.get("projected") {
        let mut out = vec![pair(
            "Type",
            "Projected (a volume that contains injected data from multiple sources)",
        )];
        let sources = projected.get("sources").and_then(Value::as_list);
        sources
            .into_iter()
            .flatten()
            .for_each(|source| out.extend(projection(source)));
        return out;
    }
    if let Some(items) = volume.get("downwardAPI") {
        let mut out = vec![
            pair(
                "Type",
                "DownwardAPI (a volume populated by information about the pod)",
            ),
            pair("Items", ""),
        ];
        let listed = items.get("items").and_then(Value::as_list);
        for item in listed.into_iter().flatten() {
            let from = item.at(&["fieldRef", "fieldPath"]).map(plain);
            let path = item.get("path").map(plain).unwrap_or_default();
            out.push((
                format!("  {} -> {path}", from.unwrap_or_default()),
                String::new(),
            ));
        }
        return out;
    }
    for (key, words, shown) in ROWS {
        let Some(source) = volume.get(key) else {
            continue;
        };
        let mut out = vec![pair("Type", words)];
        for (title, field, none) in *shown {
            let value = source.get(field).map(plain);
            out.push((
                (*title).to_owned(),
                value.unwrap_or_else(|| (*none).to_owned()),
            ));
        }
        return out;
    }
    let source = volume
        .as_map()
        .and_then(|map| map.keys().find(|key| *key != "name"));
    vec![pair("Type", source.map_or("<unknown>", String::as_str))]
}

/// One source of a projected volume.
fn projection(source: &Value) -> Vec<(String, String)> {
    let name = |value: &Value| value.get("name").map(plain).unwrap_or_default();
    if let Some(secret) = source.get("secret") {
        return vec![
            ("SecretName".to_owned(), name(secret)),
            (
                "Optional".to_owned(),
                is_true(secret, "optional").to_string(),
            ),
        ];
    }
    if let Some(config) = source.get("configMap") {
        return vec![
            ("ConfigMapName".to_owned(), name(config)),
            (
                "Optional".to_owned(),
                is_true(config, "optional").to_string(),
            ),
        ];
    }
    if source.get("downwardAPI").is_some() {
        return vec![("DownwardAPI".to_owned(), "true".to_owned())];
    }
    if let Some(token) = source.get("serviceAccountToken") {
        let seconds = token.get("expirationSeconds").map(plain);
        return vec![(
            "TokenExpirationSeconds".to_owned(),
            seconds.unwrap_or_else(|| "3600".to_owned()),
        )];
    }
    Vec::new()
}
