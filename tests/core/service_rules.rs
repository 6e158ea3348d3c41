//! The API server's rules of a Service alone, against the rows of Kubernetes' own tables (`tests/scenarios/service_rules.txt`).

use crate::merge_patch::merge;
use portside::api::Object;
use portside::api::validation::validate;
use portside::manifest::{Limits, read};
use serde_json::{Value, json};

/// The Service that each row changes: valid, with all its defaults.
fn valid() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "valid", "namespace": "valid", "labels": {}, "annotations": {}, "resourceVersion": "1"},
        "spec": {
            "selector": {"key": "val"}, "sessionAffinity": "None", "type": "ClusterIP", "internalTrafficPolicy": "Cluster",
            "ports": [{"name": "p", "protocol": "TCP", "port": 8675, "targetPort": 8675}],
        },
    })
}

fn changed(patch: &str) -> Object {
    let mut service = valid();
    merge(&mut service, &serde_json::from_str(patch).unwrap());
    let read = read(&service.to_string(), &Limits::PASTED);
    Object::from_value(read.documents[0].value()).unwrap()
}

#[test]
fn a_service_has_as_many_faults_as_kubernetes_own_tables_say() {
    let rows = include_str!("../scenarios/service_rules.txt");
    let (_, rows) = rows.split_once("\n\n").unwrap();
    let mut wrong = String::new();
    for row in rows.lines() {
        let cells: Vec<&str> = row.split(" | ").collect();
        let (old, new) = match cells[..] {
            ["create", .., new] => (None, new),
            ["update", .., old, new] => (Some(changed(old)), new),
            _ => panic!("no row: {row}"),
        };
        let causes = validate(&changed(new), old.as_ref());
        if causes.len().to_string() != cells[1] {
            wrong.push_str(&format!("{row}\n    {causes:?}\n"));
        }
    }
    assert_eq!(wrong, "");
}
