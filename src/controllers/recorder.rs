//! `Event` objects, as `kubectl get events` and `kubectl describe` show them.

use crate::api::{Map, Object, ObjectKey, ObjectMeta, Value, kind};
use crate::kernel::Sim;
use crate::store::Store;

/// What an `Event` says.
pub(super) struct Said<'a> {
    /// `Normal` or `Warning`.
    pub(super) type_: &'a str,
    pub(super) reason: &'a str,
    pub(super) message: String,
    /// Who says it: `kubelet`, `default-scheduler`.
    pub(super) component: &'a str,
    /// The node that the component runs on.
    pub(super) host: &'a str,
    /// `spec.containers{redis}`, if it is about a container.
    pub(super) field: String,
}

impl<'a> Said<'a> {
    /// An ordinary event.
    pub(super) fn normal(component: &'a str, reason: &'a str, message: impl Into<String>) -> Self {
        Self {
            type_: "Normal",
            reason,
            message: message.into(),
            component,
            host: "",
            field: String::new(),
        }
    }

    /// A warning.
    pub(super) fn warning(component: &'a str, reason: &'a str, message: impl Into<String>) -> Self {
        Self {
            type_: "Warning",
            ..Self::normal(component, reason, message)
        }
    }
}

/// Writes an `Event` about an object, or counts it if the same was said before.
pub(super) fn record(store: &mut Store, sim: &mut Sim, about: &Object, said: &Said<'_>) {
    let namespace = if about.meta.namespace.is_empty() {
        "default"
    } else {
        &about.meta.namespace
    };
    // The name of a real event ends in its time in hexadecimal nanoseconds; ours in what it says, so that a repetition
    // finds it.
    let digest = format!("{} {} {}", said.reason, said.message, said.field);
    let hash = digest.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    let key = ObjectKey::new(
        kind::EVENT,
        namespace,
        &format!("{}.{hash:016x}", about.meta.name),
    );
    let now = sim.timestamp();
    if store.tables().get(&key).is_some() {
        store.modify(sim, &key, |event| {
            let mut fields = event.fields();
            let count = fields.get("count").and_then(Value::as_int).unwrap_or(1);
            fields.insert("count".to_owned(), Value::Int(count + 1));
            fields.insert("lastTimestamp".to_owned(), Value::Str(now));
            *event = Object::new(kind::EVENT, event.meta.clone(), fields);
        });
        return;
    }
    let text = |pairs: &[(&str, &str)]| {
        let kept = pairs.iter().filter(|(_, value)| !value.is_empty());
        Value::Map(
            kept.map(|(k, v)| ((*k).to_owned(), Value::from(*v)))
                .collect(),
        )
    };
    let involved = text(&[
        ("apiVersion", &about.kind.api_version()),
        ("kind", about.kind.name),
        ("name", &about.meta.name),
        ("namespace", &about.meta.namespace),
        ("uid", &about.meta.uid),
        ("resourceVersion", &about.meta.resource_version),
        ("fieldPath", &said.field),
    ]);
    let fields = Map::from([
        ("involvedObject".to_owned(), involved),
        ("reason".to_owned(), Value::from(said.reason)),
        ("message".to_owned(), Value::from(said.message.as_str())),
        ("type".to_owned(), Value::from(said.type_)),
        ("count".to_owned(), Value::Int(1)),
        ("firstTimestamp".to_owned(), Value::from(now.as_str())),
        ("lastTimestamp".to_owned(), Value::from(now.as_str())),
        (
            "source".to_owned(),
            text(&[("component", said.component), ("host", said.host)]),
        ),
        ("reportingComponent".to_owned(), Value::from(said.component)),
        ("reportingInstance".to_owned(), Value::from(said.host)),
    ]);
    let meta = ObjectMeta {
        name: key.name.to_string(),
        namespace: namespace.to_owned(),
        ..Default::default()
    };
    // A namespace that is going away takes no events.
    let _ = store.create(sim, Object::new(kind::EVENT, meta, fields), false);
}
