//! The namespace controller: a terminating namespace is emptied, then goes; meanwhile it says what it waits for.

use super::queue::Hands;
use crate::api::kind::KINDS;
use crate::api::{Map, Object, ObjectKey, Value};
use crate::kernel::BTreeMap;

/// Empties a terminating namespace; removes it once it is empty.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(namespace) = tables.get(key) else {
        return;
    };
    if !namespace.meta.is_terminating() {
        hands.store.provide_accounts(hands.sim, &key.name);
        return;
    }
    let settled = namespace.meta.finalizers.is_empty();
    let content = content(hands, key);
    if content.is_empty() {
        if settled {
            hands.store.remove(hands.sim, key);
        } else {
            tell(hands, key, &[]);
        }
        return;
    }
    for object in &content {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, object, None);
    }
    let left: Vec<Object> = content
        .iter()
        .filter_map(|key| hands.store.tables().get(key))
        .map(|object| (**object).clone())
        .collect();
    tell(hands, key, &left);
}

fn content(hands: &Hands<'_>, key: &ObjectKey) -> Vec<ObjectKey> {
    let tables = hands.store.tables();
    let kinds = KINDS.iter().filter(|kind| kind.namespaced);
    kinds
        .flat_map(|kind| tables.in_namespace(kind, &key.name))
        .map(|object| object.key())
        .collect()
}

/// What a namespace says whose deletion goes well: type, reason and message of each condition that is `False`.
const FINE: [(&str, &str, &str); 5] = [
    (
        "NamespaceDeletionDiscoveryFailure",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    (
        "NamespaceContentRemaining",
        "ContentRemoved",
        "All content successfully removed",
    ),
    (
        "NamespaceFinalizersRemaining",
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
];

/// What still stands in the way: reason and message of the conditions of that type.
fn obstacles(left: &[Object]) -> BTreeMap<&'static str, (&'static str, String)> {
    let (mut kinds, mut finalizers) = (BTreeMap::new(), BTreeMap::new());
    for object in left {
        *kinds.entry(object.kind.resource_dotted()).or_insert(0) += 1;
        for name in &object.meta.finalizers {
            *finalizers.entry(name.clone()).or_insert(0) += 1;
        }
    }
    let list = |counts: &BTreeMap<String, usize>, verb: &str| {
        let texts: Vec<String> = counts
            .iter()
            .map(|(what, n)| format!("{what} {verb} {n} resource instances"))
            .collect();
        texts.join(", ")
    };
    let mut found = BTreeMap::new();
    if !kinds.is_empty() {
        let message = format!("Some resources are remaining: {}", list(&kinds, "has"));
        found.insert(
            "NamespaceContentRemaining",
            ("SomeResourcesRemain", message),
        );
    }
    if !finalizers.is_empty() {
        let message = format!(
            "Some content in the namespace has finalizers remaining: {}",
            list(&finalizers, "in")
        );
        found.insert(
            "NamespaceFinalizersRemaining",
            ("SomeFinalizersRemain", message),
        );
    }
    found
}

/// Writes the conditions that tell how far the deletion is.
fn tell(hands: &mut Hands<'_>, key: &ObjectKey, left: &[Object]) {
    let mut obstacles = obstacles(left);
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, key, |object| {
        let Some(namespace) = object.namespace_mut() else {
            return;
        };
        let before = namespace.status.rest.remove("conditions");
        let mut conditions = Vec::new();
        for (type_, reason, message) in FINE {
            let obstacle = obstacles.remove(type_);
            let status = if obstacle.is_some() { "True" } else { "False" };
            let (reason, message) = obstacle.unwrap_or((reason, message.to_owned()));
            let texts = [
                ("type", type_),
                ("status", status),
                ("reason", reason),
                ("message", &message),
                ("lastTransitionTime", &now),
            ];
            let fields = texts.map(|(key, text)| (key.to_owned(), Value::from(text)));
            conditions.push(since(before.as_ref(), fields.into()));
        }
        let conditions = Value::List(conditions);
        let rest = &mut namespace.status.rest;
        rest.insert("conditions".to_owned(), conditions);
    });
}

/// A condition keeps its time as long as its status stays.
fn since(before: Option<&Value>, mut condition: Map) -> Value {
    let mut old = before.and_then(Value::as_list).into_iter().flatten();
    let same = |old: &&Value| {
        let mut keys = ["type", "status"].iter();
        keys.all(|key| old.get(key) == condition.get(*key))
    };
    let found = old.find(same).and_then(|old| old.get("lastTransitionTime"));
    if let Some(time) = found.cloned() {
        condition.insert("lastTransitionTime".to_owned(), time);
    }
    Value::Map(condition)
}
