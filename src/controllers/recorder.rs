//! `Event` objects, as `kubectl get events` and `kubectl describe` show them.

use crate::api::event::{Event, EventSource, EventSubject};
use crate::api::{Body, Object, ObjectKey, ObjectMeta, kind};
use crate::kernel::{Sim, push_hex};
use crate::store::Store;

/// What an `Event` says.
pub(super) struct Said<'a> {
    /// `Normal` or `Warning`.
    pub(super) type_: &'static str,
    pub(super) reason: &'static str,
    pub(super) message: String,
    /// Who says it: `kubelet`, `default-scheduler`.
    pub(super) component: &'static str,
    /// The node that the component runs on.
    pub(super) host: &'a str,
    /// `spec.containers{redis}`, if it is about a container.
    pub(super) field: String,
}

impl Said<'_> {
    /// An ordinary event.
    pub(super) fn normal(
        component: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
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
    pub(super) fn warning(
        component: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            type_: "Warning",
            ..Self::normal(component, reason, message)
        }
    }

    /// A number for what it says, so that a repetition finds its `Event`.
    fn digest(&self) -> u64 {
        let parts = [self.reason, " ", &self.message, " ", &self.field];
        let bytes = parts.into_iter().flat_map(str::bytes);
        // FNV-1a
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

/// Writes an `Event` about an object, or counts it if the same was said before.
pub(super) fn record(store: &mut Store, sim: &mut Sim, about: &Object, said: Said<'_>) {
    let namespace = if about.meta.namespace.is_empty() {
        "default"
    } else {
        &about.meta.namespace
    };
    // The name of a real event ends in its time in hexadecimal nanoseconds; ours in what it says.
    let mut name = about.meta.name.clone();
    name.push('.');
    push_hex(&mut name, said.digest());
    let now = sim.timestamp();
    let key = ObjectKey::new(kind::EVENT, namespace, &name);
    if store.tables().get(&key).is_some() {
        store.modify(sim, &key, |object| {
            if let Some(event) = object.event_mut() {
                event.count += 1;
                event.last_timestamp = now;
            }
        });
        return;
    }
    let event = Event {
        involved_object: EventSubject {
            api_version: match about.kind.group {
                "" => about.kind.version.into(),
                _ => about.kind.api_version().into(),
            },
            kind: about.kind.name.into(),
            name: about.meta.name.clone(),
            namespace: about.meta.namespace.clone(),
            uid: about.meta.uid.clone(),
            resource_version: about.meta.resource_version.clone(),
            field_path: said.field,
            ..Default::default()
        },
        reason: said.reason.into(),
        message: said.message,
        type_: said.type_.into(),
        count: 1,
        first_timestamp: now.clone(),
        last_timestamp: now,
        source: EventSource {
            component: said.component.into(),
            host: said.host.to_owned(),
            ..Default::default()
        },
        reporting_component: Some(said.component.into()),
        reporting_instance: Some(said.host.to_owned()),
        ..Default::default()
    };
    let meta = ObjectMeta {
        name,
        namespace: namespace.to_owned(),
        ..Default::default()
    };
    let object = Object {
        kind: kind::EVENT,
        meta,
        body: Body::Event(Box::new(event)),
    };
    store.say(sim, key, object);
}
