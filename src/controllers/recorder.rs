//! `Event` objects, as `kubectl get events` and `kubectl describe` show them.

use crate::api::event::{Event, EventSource, EventSubject};
use crate::api::record::Word;
use crate::api::{Body, Object, ObjectKey, ObjectMeta, kind};
use crate::kernel::{Sim, push_hex, unix};
use crate::store::Store;
use std::rc::Rc;

/// What an `Event` says.
pub(super) struct Said<'a> {
    /// `Normal` or `Warning`.
    pub(super) type_: &'static str,
    pub(super) reason: &'static str,
    pub(super) message: Word,
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
        message: impl Into<Word>,
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
        message: impl Into<Word>,
    ) -> Self {
        Self {
            type_: "Warning",
            ..Self::normal(component, reason, message)
        }
    }

    /// A number for what it says, so that a repetition finds its `Event`.
    fn digest(&self) -> u64 {
        // FNV-1a
        let mut hash = 0xcbf2_9ce4_8422_2325;
        for part in [self.reason, " ", &self.message, " ", &self.field] {
            for byte in part.bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        hash
    }
}

/// How many messages of one reason are told apart; further ones are combined.
const APART: usize = 10;
/// How long what was said counts, in seconds.
const REMEMBERED: i64 = 600;
/// How many `Event`s one component may tell of an object at once, and after how many seconds it may tell another.
const BURST: i64 = 25;
const REFILL: i64 = 300;
const COMBINED: &str = "(combined from similar events): ";

/// What was said of an object lately, as client-go's `EventCorrelator` counts it.
#[derive(Default)]
struct Lately {
    /// How often the component spoke of it, and since when.
    told: i64,
    since: Option<i64>,
    /// How many messages there are of this type and reason.
    apart: usize,
    /// The `Event` that combines further ones.
    combined: Option<ObjectKey>,
}

/// What the component of `said` has said of an object whose `Event`s begin with `prefix`.
fn lately(
    store: &Store,
    now: i64,
    uid: &str,
    key: &ObjectKey,
    prefix: &str,
    said: &Said<'_>,
) -> Lately {
    let mut lately = Lately::default();
    // Most of it was said within the same second.
    let mut known = ("", None);
    let mut seconds = |text| {
        if known.0 != text {
            known = (text, unix(text));
        }
        known.1
    };
    for object in store.tables().named(kind::EVENT, &key.namespace, prefix) {
        let Some(event) = object.event() else {
            continue;
        };
        let source = &event.source;
        let by = source.component == said.component && source.host == said.host;
        if !by || event.involved_object.uid != uid {
            continue;
        }
        lately.told += event.count;
        let first = seconds(&event.first_timestamp).unwrap_or(now);
        lately.since = Some(lately.since.map_or(first, |since| since.min(first)));
        let recent = seconds(&event.last_timestamp).is_some_and(|last| now - last <= REMEMBERED);
        if !recent || event.reason != said.reason || event.type_ != said.type_ {
            continue;
        }
        if event.message.starts_with(COMBINED) {
            lately.combined = Some(object.key());
        } else {
            lately.apart += 1;
        }
    }
    lately
}

/// Where an `Event` is written that would stand at `key`, and whether one stands there; none if too much was said.
fn correlate(
    store: &Store,
    sim: &Sim,
    about: &Object,
    key: ObjectKey,
    prefix: &str,
    said: &mut Said<'_>,
) -> Option<(ObjectKey, bool)> {
    let tables = store.tables();
    let (mut known, mut others) = (None, 0);
    for object in tables
        .named(kind::EVENT, &key.namespace, prefix)
        .take(APART - 1)
    {
        others += 1;
        if *object.meta.name == *key.name {
            known = object.event();
        }
    }
    if others == APART - 1 {
        known = tables.get(&key).and_then(|object| object.event());
    }
    let often = known.is_some_and(|event| event.count >= BURST - 1);
    if !often && others < APART - 1 {
        let stands = known.is_some();
        return Some((key, stands));
    }
    let now = sim.unix(sim.now);
    let lately = lately(store, now, &about.meta.uid, &key, prefix, said);
    let refilled = (now - lately.since.unwrap_or(now)) / REFILL;
    if lately.told >= BURST + refilled {
        return None;
    }
    let stands = known.is_some();
    if stands || lately.apart + 1 < APART {
        return Some((key, stands));
    }
    said.message = [COMBINED, &said.message].concat().into();
    Some(match lately.combined {
        Some(combined) => (combined, true),
        None => (key, false),
    })
}

/// Writes an `Event` about an object, or counts it if the same was said before. After ten messages of one reason
/// further ones are combined, and who says too much is not heard.
pub(super) fn record(store: &mut Store, sim: &mut Sim, about: &Object, mut said: Said<'_>) {
    let namespace = if about.meta.namespace.is_empty() {
        "default"
    } else {
        &about.meta.namespace
    };
    // The name of a real event ends in its time in hexadecimal nanoseconds; ours in what it says.
    let mut name = about.meta.name.clone();
    name.push('.');
    let dot = name.len();
    push_hex(&mut name, said.digest());
    let prefix = name.get(..dot).unwrap_or_default();
    let key = ObjectKey::new(kind::EVENT, namespace, &name);
    let Some((key, stands)) = correlate(store, sim, about, key, prefix, &mut said) else {
        return;
    };
    let now = sim.timestamp();
    if stands {
        store.modify(sim, &key, |object| {
            if let Some(event) = object.event_mut() {
                event.count += 1;
                event.last_timestamp = now.into();
                event.message = said.message;
            }
        });
        return;
    }
    let host: Word = match &store.last_host {
        Some(last) if *last == said.host => last.clone(),
        _ => said.host.to_owned().into(),
    };
    store.last_host = Some(host.clone());
    let event = Event {
        involved_object: subject(store, about, said.field),
        reason: said.reason.into(),
        message: said.message,
        type_: said.type_.into(),
        count: 1,
        first_timestamp: now.clone().into(),
        last_timestamp: now.into(),
        source: EventSource {
            component: said.component.into(),
            host: host.clone(),
            ..Default::default()
        },
        reporting_component: Some(said.component.into()),
        reporting_instance: Some(host),
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

/// What an `Event` is about: mostly what the one before was about.
fn subject(store: &mut Store, about: &Object, field: String) -> Rc<EventSubject> {
    let (kind, meta) = (about.kind, &about.meta);
    let last = store.last_subject.as_ref().filter(|last| {
        last.resource_version == meta.resource_version
            && last.field_path == field
            && last.uid == meta.uid
            && last.kind == kind.name
            && last.name == meta.name
            && last.namespace == meta.namespace
    });
    if let Some(last) = last {
        return last.clone();
    }
    let subject = Rc::new(EventSubject {
        api_version: match kind.group {
            "" => kind.version.into(),
            _ => kind.api_version().into(),
        },
        kind: kind.name.into(),
        name: meta.name.clone().into(),
        namespace: meta.namespace.clone().into(),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone().into(),
        field_path: field.into(),
        ..Default::default()
    });
    store.last_subject = Some(subject.clone());
    subject
}
