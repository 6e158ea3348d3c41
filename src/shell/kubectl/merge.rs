//! The three-way merge of client-side apply.
//!
//! Models the strategic merge patch of `kubectl apply`: what the last applied manifest had and the new one has not is
//! removed, what the new one has is set, all else stays. Lists of structs are merged by their key.

use crate::api::{Map, Value};

/// Keys by which lists are merged: the field's name and the items' key.
const MERGE_KEYS: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("volumeDevices", &["devicePath"]),
    ("topologySpreadConstraints", &["topologyKey"]),
    ("conditions", &["type"]),
    ("ownerReferences", &["uid"]),
    ("secrets", &["name"]),
    ("schedulingGates", &["name"]),
    ("env", &["name"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("imagePullSecrets", &["name"]),
    ("hostAliases", &["ip"]),
    ("tolerations", &[]),
    // A container's port has no `port`, a Service's has no `containerPort`.
    ("ports", &["containerPort", "port"]),
];

/// The live object with the changes between the last applied and the new manifest.
pub(super) fn merge(last: &Value, new: &Value, live: &Value) -> Value {
    merge_field("", last, new, live)
}

/// A strategic merge patch: `null` and `$patch: delete` remove, lists of structs are merged by their key.
pub(super) fn strategic(patch: &Value, live: &Value) -> Value {
    without_directives(merge_field("", &Value::Null, patch, live))
}

/// The merge patch between two objects: what changed, `null` for what went.
pub(super) fn difference(before: &Value, after: &Value) -> Value {
    let (Value::Map(old), Value::Map(new)) = (before, after) else {
        return after.clone();
    };
    let gone = old.keys().filter(|key| !new.contains_key(*key));
    let mut patch: Map = gone.map(|key| (key.clone(), Value::Null)).collect();
    for (key, value) in new
        .iter()
        .filter(|(key, value)| old.get(*key) != Some(value))
    {
        let was = old.get(key).unwrap_or(&Value::Null);
        patch.insert(key.clone(), difference(was, value));
    }
    Value::Map(patch)
}

/// Takes out list items that a patch asked to delete.
fn without_directives(value: Value) -> Value {
    match value {
        Value::Map(map) => {
            let kept = map.into_iter().filter(|(key, _)| !key.starts_with('$'));
            Value::Map(
                kept.map(|(key, value)| (key, without_directives(value)))
                    .collect(),
            )
        }
        Value::List(items) => {
            let deleted =
                |item: &Value| item.get("$patch").and_then(Value::as_str) == Some("delete");
            let kept = items.into_iter().filter(|item| !deleted(item));
            Value::List(kept.map(without_directives).collect())
        }
        other
        @ (Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_)) => other,
    }
}

fn merge_field(field: &str, last: &Value, new: &Value, live: &Value) -> Value {
    match (new, live) {
        (Value::Map(new), Value::Map(live)) => {
            let none = Map::new();
            Value::Map(merge_maps(last.as_map().unwrap_or(&none), new, live))
        }
        (Value::List(new), Value::List(live)) => {
            let key = merge_key(field, new).or_else(|| merge_key(field, live));
            match key {
                Some(key) => Value::List(merge_lists(
                    key,
                    last.as_list().unwrap_or_default(),
                    new,
                    live,
                )),
                None => Value::List(new.clone()),
            }
        }
        _ => new.clone(),
    }
}

fn merge_maps(last: &Map, new: &Map, live: &Map) -> Map {
    let mut merged = live.clone();
    for key in last.keys().filter(|key| !new.contains_key(*key)) {
        merged.remove(key);
    }
    for (key, value) in new {
        // `null` in a manifest asks for the field to go.
        if *value == Value::Null {
            merged.remove(key);
            continue;
        }
        let (before, now) = (
            last.get(key).unwrap_or(&Value::Null),
            live.get(key).unwrap_or(&Value::Null),
        );
        merged.insert(key.clone(), merge_field(key, before, value, now));
    }
    merged
}

/// The key by which the items of a list are told apart.
fn merge_key(field: &str, items: &[Value]) -> Option<&'static str> {
    let (_, keys) = MERGE_KEYS.iter().find(|(name, _)| *name == field)?;
    keys.iter()
        .copied()
        .find(|key| items.first().is_some_and(|item| item.get(key).is_some()))
}

fn merge_lists(key: &str, last: &[Value], new: &[Value], live: &[Value]) -> Vec<Value> {
    let find = |list: &[Value], item: &Value| {
        list.iter()
            .find(|other| other.get(key) == item.get(key))
            .cloned()
    };
    let mut merged: Vec<Value> = new
        .iter()
        .map(|item| {
            let before = find(last, item).unwrap_or_default();
            find(live, item)
                .map_or_else(|| item.clone(), |now| merge_field("", &before, item, &now))
        })
        .collect();
    // What only the live object has was put there by somebody else and stays.
    let others = live
        .iter()
        .filter(|item| find(new, item).is_none() && find(last, item).is_none());
    merged.extend(others.cloned());
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Limits, read, to_yaml};

    fn yaml(text: &str) -> Value {
        read(text, &Limits::PASTED)
            .documents
            .first()
            .map(crate::manifest::Document::value)
            .unwrap_or_default()
    }

    #[test]
    fn what_was_applied_and_is_no_more_goes_and_the_rest_stays() {
        let last = yaml("spec: {selector: {app: a, tier: b}, ports: [{port: 80}]}");
        let new = yaml("spec: {selector: {app: a}, ports: [{port: 80}, {port: 81}]}");
        let live = yaml(
            "spec: {clusterIP: 10.0.0.1, selector: {app: a, tier: b}, ports: [{port: 80, nodePort: 30080}]}",
        );
        assert_eq!(
            to_yaml(&merge(&last, &new, &live)),
            "spec:\n  clusterIP: 10.0.0.1\n  ports:\n  - nodePort: 30080\n    port: 80\n  - port: 81\n  selector:\n    app: a\n"
        );
    }
}
