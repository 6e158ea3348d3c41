//! The volumes that claims get: one that is there and fits, or a new one of the claim's class.
//!
//! Models `pkg/controller/volume/persistentvolume` and the provisioner behind minikube's class `standard`, which provides
//! at once. A class of another provisioner, or none, leaves its claims pending, with the controller's words.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::{Body, LabelSelector, Map, Object, ObjectKey, ObjectMeta, Value, kind, quantity};
use crate::kernel::Sim;
use crate::store::{Store, Tables, finalizer};
use std::rc::Rc;

/// The provisioner that works here.
const PROVISIONER: &str = "k8s.io/minikube-hostpath";
const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
const COMPONENT: &str = "persistentvolume-controller";

/// The class that a fresh cluster has.
pub fn standard_class() -> Object {
    let fields = [
        ("provisioner", PROVISIONER),
        ("reclaimPolicy", "Delete"),
        ("volumeBindingMode", "Immediate"),
    ];
    let fields = fields.map(|(key, text)| (key.to_owned(), Value::from(text)));
    let meta = ObjectMeta {
        name: "standard".to_owned(),
        annotations: [(DEFAULT_CLASS.to_owned(), "true".to_owned())].into(),
        ..Default::default()
    };
    Object::new(kind::STORAGE_CLASS, meta, Map::from(fields))
}

/// Text at a path, empty if there is none.
fn text<'a>(fields: &'a Map, (part, key): (&str, &str)) -> &'a str {
    let value = fields.get(part).and_then(|part| part.get(key));
    value.and_then(Value::as_str).unwrap_or_default()
}

fn plain(object: &Object) -> Option<&Map> {
    match &object.body {
        Body::Plain(fields) => Some(fields),
        _ => None,
    }
}

/// Whether a claim has its volume.
pub(super) fn is_bound(claim: &Object) -> bool {
    plain(claim).is_some_and(|fields| text(fields, ("status", "phase")) == "Bound")
}

/// The claims that a Pod's volumes name.
pub(super) fn claims(pod: &crate::api::pod::Pod) -> impl Iterator<Item = &str> {
    let volumes = pod.spec.volumes.own.iter();
    volumes.filter_map(|volume| volume.at(&["persistentVolumeClaim", "claimName"])?.as_str())
}

/// Gives a claim its volume, or says why it has none yet; a volume that nobody claims becomes available.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        release(hands, key);
        return;
    };
    if object.meta.is_terminating() {
        let used = match key.kind == kind::PERSISTENT_VOLUME {
            true => is_bound(&object),
            false => is_used(hands.store.tables(), key),
        };
        if !used {
            let_go(hands, &object);
        }
        return;
    }
    if key.kind == kind::PERSISTENT_VOLUME {
        let phase = plain(&object).map_or("", |fields| text(fields, ("status", "phase")));
        if matches!(phase, "" | "Pending") {
            set_phase(hands, key, "Available");
        }
        return;
    }
    if is_bound(&object) {
        return;
    }
    let Some(object) = classed(hands, &object) else {
        return;
    };
    let fields = object.fields();
    let class = text(&fields, ("spec", "storageClassName"));
    let found = hands
        .store
        .tables()
        .find(kind::STORAGE_CLASS, "", class)
        .cloned();
    if is_delayed(hands.store.tables(), &object) {
        let said = delayed(hands.store.tables(), key);
        record(hands.store, hands.sim, &object, said);
        return;
    }
    if let Some(volume) = fitting(hands.store.tables(), &object, &fields) {
        bind(hands, &object, &volume);
        return;
    }
    let said = match found {
        Some(class) if class.fields().get("provisioner") == Some(&PROVISIONER.into()) => {
            provision(hands, &object, &fields, &class);
            return;
        }
        Some(class) => {
            let by = class
                .fields()
                .get("provisioner")
                .map_or(String::new(), |p| p.as_str().unwrap_or_default().to_owned());
            Said::normal(COMPONENT, "ExternalProvisioning", waiting(&by))
        }
        None if class.is_empty() => Said::normal(
            COMPONENT,
            "FailedBinding",
            "no persistent volumes available for this claim and no storage class is set",
        ),
        None => Said::warning(
            COMPONENT,
            "ProvisioningFailed",
            format!("storageclass.storage.k8s.io \"{class}\" not found"),
        ),
    };
    record(hands.store, hands.sim, &object, said);
}

/// The node that the scheduler has chosen for the first Pod of a claim.
const SELECTED: &str = "volume.kubernetes.io/selected-node";

/// Whether a claim waits for a Pod before it gets its volume (`WaitForFirstConsumer`).
fn is_delayed(tables: &Tables, claim: &Object) -> bool {
    let class = plain(claim).map_or("", |fields| text(fields, ("spec", "storageClassName")));
    let class = tables.find(kind::STORAGE_CLASS, "", class);
    let mode = class.and_then(|class| class.fields().remove("volumeBindingMode"));
    mode == Some("WaitForFirstConsumer".into()) && !claim.meta.annotations.contains_key(SELECTED)
}

/// What the claims of a Pod have to say of where it runs.
pub(super) enum Claims {
    /// Nothing: all have their volumes.
    Bound,
    /// They get their volumes once there is a node.
    Delayed,
    /// They are about to get their volumes.
    Awaited,
    /// The Pod cannot run: why.
    Missing(String),
}

/// What the claims of a Pod say (the plugin `VolumeBinding`); there are so many nodes.
pub(super) fn of_pod(tables: &Tables, object: &Object, nodes: usize) -> Claims {
    let mut all = Claims::Bound;
    for name in object.pod().into_iter().flat_map(claims) {
        let space = &object.meta.namespace;
        let Some(claim) = tables.find(kind::PERSISTENT_VOLUME_CLAIM, space, name) else {
            return Claims::Missing(format!("persistentvolumeclaim \"{name}\" not found"));
        };
        if claim.meta.is_terminating() {
            return Claims::Missing(format!("persistentvolumeclaim \"{name}\" is being deleted"));
        }
        if is_bound(claim) {
            continue;
        }
        if claim.meta.annotations.contains_key(SELECTED) {
            all = Claims::Awaited;
        } else if !is_delayed(tables, claim) {
            let why = "pod has unbound immediate PersistentVolumeClaims";
            return Claims::Missing(why.to_owned());
        } else if fitting(tables, claim, &claim.fields()).is_none() && !is_provided(tables, claim) {
            let why = format!("{nodes} node(s) didn't find available persistent volumes to bind");
            return Claims::Missing(why);
        } else if matches!(all, Claims::Bound) {
            all = Claims::Delayed;
        }
    }
    all
}

/// What a claim says that waits for its first Pod, or for that to have a node.
fn delayed(tables: &Tables, claim: &ObjectKey) -> Said<'static> {
    let pods = tables.in_namespace(kind::POD, &claim.namespace);
    let waits = |object: &&Rc<Object>| {
        let pod = object.pod().filter(|pod| pod.spec.node_name.is_empty());
        pod.is_some_and(|pod| claims(pod).any(|name| *name == *claim.name))
    };
    let names: Vec<&str> = pods
        .filter(waits)
        .map(|pod| pod.meta.name.as_str())
        .collect();
    let some = match names.len() {
        0 => {
            let why = "waiting for first consumer to be created before binding";
            return Said::normal(COMPONENT, "WaitForFirstConsumer", why);
        }
        1 => "pod",
        _ => "pods",
    };
    let message = format!("waiting for {some} {} to be scheduled", names.join(","));
    Said::normal(COMPONENT, "WaitForPodScheduled", message)
}

/// Whether somebody provides volumes of a claim's class when they are asked for.
fn is_provided(tables: &Tables, claim: &Object) -> bool {
    let class = plain(claim).map_or("", |fields| text(fields, ("spec", "storageClassName")));
    let class = tables.find(kind::STORAGE_CLASS, "", class);
    let by = class.and_then(|class| class.fields().remove("provisioner"));
    by.is_some_and(|by| by != "kubernetes.io/no-provisioner".into())
}

/// The scheduler has found a node for a Pod: its claims get volumes that are there, or are told where to have them made.
pub(super) fn select(hands: &mut Hands<'_>, object: &Object, node: &str) {
    for name in object.pod().into_iter().flat_map(claims) {
        let key = ObjectKey::new(kind::PERSISTENT_VOLUME_CLAIM, &object.meta.namespace, name);
        let Some(claim) = hands.store.tables().get(&key).cloned() else {
            continue;
        };
        if is_bound(&claim) {
            continue;
        }
        if let Some(volume) = fitting(hands.store.tables(), &claim, &claim.fields()) {
            bind(hands, &claim, &volume);
        } else {
            hands.store.modify(hands.sim, &key, |claim| {
                claim
                    .meta
                    .annotations
                    .insert(SELECTED.to_owned(), node.to_owned());
            });
        }
    }
}

/// Whether a Pod that has a node uses a claim.
fn is_used(tables: &Tables, claim: &ObjectKey) -> bool {
    let mut pods = tables.in_namespace(kind::POD, &claim.namespace);
    pods.any(|object| {
        let pod = object.pod().filter(|pod| !pod.spec.node_name.is_empty());
        pod.is_some_and(|pod| claims(pod).any(|name| *name == *claim.name))
    })
}

/// Takes the finalizer off what nothing uses any more; without others, it goes.
fn let_go(hands: &mut Hands<'_>, object: &Object) {
    let key = object.key();
    let own = finalizer(key.kind);
    let left = hands.store.modify(hands.sim, &key, |object| {
        object
            .meta
            .finalizers
            .retain(|name| Some(name.as_str()) != own);
    });
    if left.is_some_and(|left| left.meta.finalizers.is_empty()) {
        hands.store.remove(hands.sim, &key);
    }
}

fn waiting(provisioner: &str) -> String {
    format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
    )
}

/// A claim that names no class gets the default one.
fn classed(hands: &mut Hands<'_>, object: &Rc<Object>) -> Option<Rc<Object>> {
    let named = plain(object)?.get("spec")?.get("storageClassName");
    let mut classes = hands.store.tables().all(kind::STORAGE_CLASS);
    let default = classes.find(|class| {
        let says = class.meta.annotations.get(DEFAULT_CLASS);
        says.is_some_and(|says| says == "true")
    });
    let name = default.map(|class| Value::from(class.meta.name.as_str()));
    drop(classes);
    let (None, Some(name)) = (named, name) else {
        return Some(object.clone());
    };
    hands.store.modify(hands.sim, &object.key(), |claim| {
        put(claim, "spec", [("storageClassName", name)]);
    })
}

/// Writes some fields of a part of a plain object.
fn put<const N: usize>(object: &mut Object, part: &str, pairs: [(&str, Value); N]) {
    let Body::Plain(fields) = &mut object.body else {
        return;
    };
    let part = fields
        .entry(part.to_owned())
        .or_insert_with(|| Value::Map(Map::new()));
    if let Some(map) = part.as_map_mut() {
        map.extend(pairs.map(|(key, value)| (key.to_owned(), value)));
    }
}

fn set_phase(hands: &mut Hands<'_>, key: &ObjectKey, phase: &str) {
    hands.store.modify(hands.sim, key, |object| {
        put(object, "status", [("phase", phase.into())]);
    });
}

/// The smallest volume that is free and gives what a claim asks for.
fn fitting(tables: &Tables, claim: &Object, fields: &Map) -> Option<ObjectKey> {
    let spec = fields.get("spec")?;
    let size = |value: Option<&Value>| value.and_then(|v| quantity(v, 1)).unwrap_or(0);
    let asked = size(spec.at(&["resources", "requests", "storage"]));
    let modes = |spec: &Value| {
        spec.get("accessModes")
            .and_then(Value::as_list)
            .map(<[Value]>::to_vec)
    };
    let wanted = modes(spec).unwrap_or_default();
    let selector = spec.get("selector").and_then(Value::as_map);
    let selector = selector.map(|map| LabelSelector::from_map(map.clone()));
    let named = text(fields, ("spec", "volumeName"));
    let fits = |volume: &&Rc<Object>| {
        let Some(own) = plain(volume) else {
            return false;
        };
        let Some(spec) = own.get("spec") else {
            return false;
        };
        let reserved = spec.get("claimRef").is_none_or(|claimed| {
            claimed.get("name").and_then(Value::as_str) == Some(&claim.meta.name)
                && claimed.get("namespace").and_then(Value::as_str) == Some(&claim.meta.namespace)
                && claimed.get("uid").is_none()
        });
        let has = modes(spec).unwrap_or_default();
        let suits = named.is_empty() || named == volume.meta.name;
        reserved
            && suits
            && !volume.meta.is_terminating()
            && text(own, ("spec", "storageClassName")) == text(fields, ("spec", "storageClassName"))
            && size(spec.at(&["capacity", "storage"])) >= asked
            && wanted.iter().all(|mode| has.contains(mode))
            && selector
                .as_ref()
                .is_none_or(|s| s.matches(&volume.meta.labels))
    };
    let all = tables.all(kind::PERSISTENT_VOLUME).filter(fits);
    let least = all.min_by_key(|volume| {
        let spec = plain(volume).and_then(|own| own.get("spec"));
        size(spec.and_then(|spec| spec.at(&["capacity", "storage"])))
    });
    least.map(|volume| volume.key())
}

/// What a volume says of its claim.
fn claim_ref(claim: &Object) -> Value {
    let meta = &claim.meta;
    let pairs = [
        ("apiVersion", "v1"),
        ("kind", "PersistentVolumeClaim"),
        ("name", &meta.name),
        ("namespace", &meta.namespace),
        ("resourceVersion", &meta.resource_version),
        ("uid", &meta.uid),
    ];
    let pairs = pairs.map(|(key, text)| (key.to_owned(), Value::from(text)));
    Value::Map(Map::from(pairs))
}

fn bind(hands: &mut Hands<'_>, claim: &Object, volume: &ObjectKey) {
    let claimed = claim_ref(claim);
    let bound = hands.store.modify(hands.sim, volume, |volume| {
        put(volume, "spec", [("claimRef", claimed)]);
        put(volume, "status", [("phase", "Bound".into())]);
    });
    let spec = bound
        .as_deref()
        .and_then(plain)
        .and_then(|own| own.get("spec"));
    let part = |key: &str| {
        spec.and_then(|spec| spec.get(key))
            .cloned()
            .unwrap_or_default()
    };
    let (modes, capacity) = (part("accessModes"), part("capacity"));
    hands.store.modify(hands.sim, &claim.key(), |claim| {
        for key in ["bind-completed", "bound-by-controller"] {
            let key = format!("pv.kubernetes.io/{key}");
            claim.meta.annotations.insert(key, "yes".to_owned());
        }
        put(claim, "spec", [("volumeName", (&*volume.name).into())]);
        put(
            claim,
            "status",
            [
                ("phase", "Bound".into()),
                ("accessModes", modes),
                ("capacity", capacity),
            ],
        );
    });
}

/// Makes the volume that a claim asks for.
fn provision(hands: &mut Hands<'_>, claim: &Object, fields: &Map, class: &Object) {
    let name = format!("pvc-{}", claim.meta.uid);
    let say = |store: &mut Store, sim: &mut Sim, who, reason, message: String| {
        record(store, sim, claim, Said::normal(who, reason, message));
    };
    say(
        hands.store,
        hands.sim,
        COMPONENT,
        "ExternalProvisioning",
        waiting(PROVISIONER),
    );
    hands.store.modify(hands.sim, &claim.key(), |claim| {
        for key in ["volume.beta.kubernetes.io", "volume.kubernetes.io"] {
            let key = format!("{key}/storage-provisioner");
            claim.meta.annotations.insert(key, PROVISIONER.to_owned());
        }
    });
    let whose = format!("{}/{}", claim.meta.namespace, claim.meta.name);
    let message = format!("External provisioner is provisioning volume for claim \"{whose}\"");
    say(hands.store, hands.sim, PROVISIONER, "Provisioning", message);
    let spec = fields.get("spec").cloned().unwrap_or_default();
    let storage = spec
        .at(&["resources", "requests", "storage"])
        .cloned()
        .unwrap_or_default();
    let map = |pairs: Vec<(&str, Value)>| {
        let pairs = pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        Value::Map(pairs.collect())
    };
    let path = Value::Str(format!("/tmp/hostpath-provisioner/{whose}"));
    let policy = class.fields().get("reclaimPolicy").cloned();
    let spec = map(vec![
        (
            "accessModes",
            spec.get("accessModes").cloned().unwrap_or_default(),
        ),
        ("capacity", map(vec![("storage", storage)])),
        ("claimRef", claim_ref(claim)),
        ("hostPath", map(vec![("path", path), ("type", "".into())])),
        (
            "persistentVolumeReclaimPolicy",
            policy.unwrap_or_else(|| "Delete".into()),
        ),
        ("storageClassName", class.meta.name.as_str().into()),
        ("volumeMode", "Filesystem".into()),
    ]);
    let meta = ObjectMeta {
        name: name.clone(),
        annotations: [(
            "pv.kubernetes.io/provisioned-by".to_owned(),
            PROVISIONER.to_owned(),
        )]
        .into(),
        ..Default::default()
    };
    let volume = Object::new(
        kind::PERSISTENT_VOLUME,
        meta,
        Map::from([("spec".to_owned(), spec)]),
    );
    if let Ok(volume) = hands.store.create(hands.sim, volume, false) {
        say(
            hands.store,
            hands.sim,
            PROVISIONER,
            "ProvisioningSucceeded",
            format!("Successfully provisioned volume {name}"),
        );
        bind(hands, claim, &volume.key());
    }
}

/// A claim is gone: its volume goes too, or stays for somebody to look after.
fn release(hands: &mut Hands<'_>, key: &ObjectKey) {
    if key.kind != kind::PERSISTENT_VOLUME_CLAIM {
        return;
    }
    let held = |volume: &&Rc<Object>| {
        let claimed = plain(volume).and_then(|own| own.get("spec")?.get("claimRef"));
        let is = |field: &str, text: &str| {
            claimed.and_then(|c| c.get(field)).and_then(Value::as_str) == Some(text)
        };
        is("name", &key.name) && is("namespace", &key.namespace)
    };
    let mut all = hands.store.tables().all(kind::PERSISTENT_VOLUME);
    let Some(volume) = all.find(held).cloned() else {
        return;
    };
    drop(all);
    let policy = plain(&volume).map_or("", |own| {
        text(own, ("spec", "persistentVolumeReclaimPolicy"))
    });
    set_phase(hands, &volume.key(), "Released");
    if policy == "Delete" {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &volume.key(), None);
    }
}
