//! `--field-selector`: the few fields that the API server selects by.

use super::jsonpath;
use crate::api::{KindRef, Object};

/// The fields by which a kind can be selected besides its name and namespace.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "Pod",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
    ),
    ("Service", &["spec.clusterIP", "spec.type"]),
    ("Node", &["spec.unschedulable"]),
    ("Namespace", &["status.phase"]),
    ("ReplicationController", &["status.replicas"]),
    ("ReplicaSet", &["status.replicas"]),
    ("Secret", &["type"]),
    ("Job", &["status.successful"]),
    (
        "Event",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
];

/// The requirements, all of which must hold.
pub(super) struct FieldSelector(Vec<Requirement>);

struct Requirement {
    path: String,
    value: String,
    equal: bool,
}

/// Reads a selector for a kind; the error is the API server's.
pub(super) fn parse(kind: KindRef, text: &str) -> Result<FieldSelector, String> {
    let mut all = Vec::new();
    let own = FIELDS
        .iter()
        .find(|(name, _)| *name == kind.name)
        .map(|(_, fields)| *fields);
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (path, value, equal) = if let Some((path, value)) = part.split_once("!=") {
            (path, value, false)
        } else if let Some((path, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (path, value, true)
        } else {
            return Err(format!(
                "invalid selector: '{text}'; can't understand '{part}'"
            ));
        };
        let known = path == "metadata.name"
            || path == "metadata.namespace"
            || own.is_some_and(|fields| fields.contains(&path));
        if !known {
            return Err(match own {
                Some(_) => format!("field label not supported: {path}"),
                None => format!(
                    "\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                ),
            });
        }
        all.push(Requirement {
            path: path.to_owned(),
            value: value.to_owned(),
            equal,
        });
    }
    Ok(FieldSelector(all))
}

impl FieldSelector {
    /// Whether all requirements hold.
    pub(super) fn matches(&self, object: &Object) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let value = object.to_value();
        self.0.iter().all(|r| {
            let mut found = match r.path.as_str() {
                "source" => jsonpath::plain(&value, "source.component"),
                "status.podIPs" => jsonpath::plain(&value, "status.podIPs[*].ip"),
                path => jsonpath::plain(&value, path),
            };
            if found.is_empty()
                && matches!(r.path.as_str(), "spec.unschedulable" | "spec.hostNetwork")
            {
                "false".clone_into(&mut found);
            }
            (found == r.value) == r.equal
        })
    }
}
