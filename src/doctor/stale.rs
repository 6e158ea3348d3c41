//! What a change makes stale: which diagnoses rest on an object.

use super::evidence::Evidence;
use super::finding::Finding;
use super::names;
use super::row::Question;
use super::rows;
use super::selector::{alike, alike_key};
use super::watch::Watch;
use crate::api::pod::{Node, Pod};
use crate::api::service::ServiceType;
use crate::api::{KindRef, Object, ObjectKey, StringMap, kind, matches_all};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::Tables;
use std::cmp::Ordering;
use std::rc::Rc;

/// The kinds on which a diagnosis may rest, those first that say which Services and which speakers there are.
const WATCHED: &[KindRef] = &[
    kind::SERVICE,
    kind::NAMESPACE,
    kind::POD,
    kind::ENDPOINT_SLICE,
    kind::ENDPOINTS,
    kind::NODE,
    kind::DEPLOYMENT,
    kind::REPLICA_SET,
    kind::STATEFUL_SET,
    kind::DAEMON_SET,
    kind::CONFIG_MAP,
    kind::INGRESS,
    kind::NETWORK_POLICY,
    kind::EVENT,
];

/// An object before and after.
type Change<'t> = (Option<&'t Rc<Object>>, Option<&'t Rc<Object>>);

/// After so many changes everything is forgotten: a rollout, a new cluster.
const MOST: usize = 400;

/// What became of Pods, taken together.
#[derive(Default)]
struct Pods<'t> {
    /// How many more there are now, by namespace and labels: those that came and went alike leave no trace.
    crowd: BTreeMap<(&'t str, &'t StringMap), i64>,
    /// Whose Pods they are, with those of which something was changed that a speaker is read for.
    makers: BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
    /// Whether addresses came or went.
    readdressed: bool,
    /// The namespaces in which Pods came to nodes, or left them.
    moved: BTreeSet<&'t str>,
}

/// Forgets what rests on the objects that are not as they were; tells whether that is not too much.
pub(super) fn forget(watch: &mut Watch, e: &Evidence<'_>, seen: &Tables) -> bool {
    let kinds = WATCHED.iter().copied();
    let changes: Vec<Change<'_>> = kinds
        .filter(|kind| !seen.shares(&e.tables, kind))
        .flat_map(|kind| differences(seen, &e.tables, kind))
        .collect();
    if changes.len() > MOST {
        return false;
    }
    let mut pods = Pods::default();
    for change in changes {
        note(watch, e, change, &mut pods);
    }
    pods.forget(watch, e);
    true
}

/// Forgets what rests on one object.
fn note<'t>(watch: &mut Watch, e: &Evidence<'_>, (old, new): Change<'t>, pods: &mut Pods<'t>) {
    let Some(object) = new.or(old) else { return };
    let key = object.key();
    let both = [old, new].into_iter().flatten();
    if key.kind == kind::SERVICE {
        service(watch, e, &key, (old, new));
    } else if key.kind == kind::POD {
        for pod in both {
            behind(watch, e, &pod.meta.namespace, &pod.meta.labels);
        }
        pods.note(e, (old, new));
        if *key.namespace == *"kube-system" {
            watch.rest = None;
        }
    } else if key.kind == kind::ENDPOINT_SLICE {
        for name in both.filter_map(|o| o.meta.labels.get("kubernetes.io/service-name")) {
            let key = ObjectKey::new(kind::SERVICE, &object.meta.namespace, name);
            stale(watch, &key);
        }
    } else if key.kind == kind::ENDPOINTS {
        let key = ObjectKey::new(kind::SERVICE, &key.namespace, &key.name);
        stale(watch, &key);
    } else if key.kind == kind::NODE {
        node(watch, e, (old, new));
    } else if key.kind == kind::EVENT {
        for object in both {
            complaint(watch, e, object);
        }
    } else if key.kind == kind::NETWORK_POLICY || key.kind == kind::NAMESPACE {
        watch.rest = None;
        speakers(watch, |_, _| true);
    } else if key.kind == kind::CONFIG_MAP || key.kind == kind::INGRESS {
        speaker(watch, e, &key);
        if key.kind == kind::INGRESS {
            let local = |e: &Evidence<'_>, key: &ObjectKey| {
                let service = e.service(&key.namespace, &key.name);
                service.is_some_and(|s| s.spec.session_affinity == "ClientIP")
            };
            services(watch, |key, _| {
                *key.namespace == *object.meta.namespace && local(e, key)
            });
        }
    } else {
        if key.kind == kind::STATEFUL_SET {
            speaker(watch, e, &key);
        }
        let wanted = |o: Option<&Rc<Object>>| {
            o.map(|o| (o.meta.labels.clone(), o.fields().remove("spec"), desired(o)))
        };
        if wanted(old) != wanted(new) {
            // A policy may be for the Pods that it will make.
            if e.policies.is_some() {
                watch.rest = None;
            }
            let namespace = &*key.namespace;
            services(watch, |key, found| {
                *key.namespace == *namespace && is_hungry(e, key, found)
            });
        }
    }
}

/// How many Pods a daemon set wants: for that one looks at its status.
fn desired(object: &Object) -> Option<i64> {
    object.daemon_set()?.status.desired_number_scheduled
}

/// Forgets what is known of a Service.
fn stale(watch: &mut Watch, key: &ObjectKey) {
    if let Some(known) = watch.services.get_mut(key) {
        *known = None;
    }
}

/// Forgets what is known of the Services of which this is true.
fn services(watch: &mut Watch, is: impl Fn(&ObjectKey, &[Finding]) -> bool) {
    for (key, known) in watch.services.iter_mut() {
        if known.as_ref().is_some_and(|found| is(key, found)) {
            *known = None;
        }
    }
}

/// Forgets what is known of the speakers of which this is true.
fn speakers(watch: &mut Watch, is: impl Fn(&ObjectKey, &[Finding]) -> bool) {
    for (read, known) in watch.speakers.values_mut() {
        if known.as_ref().is_some_and(|found| is(read, found)) {
            *known = None;
        }
    }
}

/// Forgets what is known of an object that names hosts itself, and sees whether it is there.
fn speaker(watch: &mut Watch, e: &Evidence<'_>, key: &ObjectKey) {
    let by = (key.clone(), false);
    if e.has(key) {
        watch.speakers.insert(by, (key.clone(), None));
    } else {
        watch.speakers.remove(&by);
    }
}

fn service(watch: &mut Watch, e: &Evidence<'_>, key: &ObjectKey, (old, new): Change<'_>) {
    match new {
        Some(_) => drop(watch.services.insert(key.clone(), None)),
        None => drop(watch.services.remove(key)),
    }
    if *key.namespace == *"kube-system" {
        watch.rest = None;
    }
    // Twins, and those that lead elsewhere.
    for service in [old, new].into_iter().flatten().filter_map(|o| o.service()) {
        for twin in e
            .tables
            .services_selecting(&key.namespace, &service.spec.selector)
        {
            stale(watch, &twin.key());
        }
    }
    let spec = |o: Option<&Rc<Object>>| o.and_then(|o| o.service().map(|s| s.spec.clone()));
    if spec(old) == spec(new) {
        return;
    }
    let came_or_went = old.is_none() || new.is_none();
    let alias = |other: &ObjectKey| {
        let service = e.service(&other.namespace, &other.name);
        service.map(|s| &s.spec).is_some_and(|spec| {
            spec.service_type() == ServiceType::ExternalName
                && (came_or_went || spec.external_name.contains(&*key.name))
        })
    };
    services(watch, |other, found| {
        alias(other) || mentions(found, &key.name)
    });
    let addresses: Vec<String> = [old, new]
        .into_iter()
        .flatten()
        .filter_map(|o| o.service())
        .flat_map(|s| s.spec.addresses())
        .map(|address| address.to_string())
        .collect();
    let says = |read: &ObjectKey| {
        let object = e.tables.get(read);
        object.is_some_and(|object| {
            names::says(object, &|text| {
                names::names_service(text, &key.name) || addresses.iter().any(|a| text.contains(a))
            })
        })
    };
    speakers(watch, |read, found| {
        came_or_went && !found.is_empty() || mentions(found, &key.name) || says(read)
    });
}

/// Whether findings speak of a name.
fn mentions(found: &[Finding], name: &str) -> bool {
    found.iter().any(|finding| finding.sentence.contains(name))
}

/// Forgets what is known of the Services that Pods with these labels stand behind.
fn behind(watch: &mut Watch, e: &Evidence<'_>, namespace: &str, labels: &StringMap) {
    for service in e.tables.services_selecting(namespace, labels) {
        stale(watch, &service.key());
        if e.policies.is_some() {
            // Whether a client gets there depends on what is there.
            let name = &service.meta.name;
            speakers(watch, |read, found| {
                let object = e.tables.get(read);
                let says = |text: &str| names::names_service(text, name);
                !found.is_empty() || object.is_some_and(|object| names::says(object, &says))
            });
        }
    }
}

impl<'t> Pods<'t> {
    fn note(&mut self, e: &Evidence<'_>, (old, new): Change<'t>) {
        for (pod, step) in [(old, -1), (new, 1)] {
            if let Some(pod) = pod.filter(|pod| !pod.meta.is_terminating()) {
                let place = (pod.meta.namespace.as_str(), &pod.meta.labels);
                *self.crowd.entry(place).or_default() += step;
            }
        }
        let shape = |o: Option<&Rc<Object>>| {
            let pod = o?.pod()?;
            let start = pod.status.start_time.clone();
            Some((pod.spec.clone(), o?.meta.labels.clone(), start))
        };
        let same = shape(old) == shape(new);
        let address = |o: Option<&Rc<Object>>| Some(o?.pod()?.status.pod_ip.clone());
        self.readdressed |= address(old) != address(new);
        let node = |o: Option<&Rc<Object>>| Some(o?.pod()?.spec.node_name.clone());
        let moved = node(old) != node(new);
        // One whose labels change may lose its maker, or find one.
        for object in [old, new].into_iter().flatten() {
            let changed = self.makers.entry(names::maker(e, object)).or_default();
            changed.extend((!same).then(|| object.key()));
            if moved {
                self.moved.insert(&object.meta.namespace);
            }
        }
    }

    fn forget(mut self, watch: &mut Watch, e: &Evidence<'_>) {
        for (maker, changed) in self.makers {
            let read = names::first_pod(e, &maker);
            let by = (maker, true);
            let Some(read) = read else {
                watch.speakers.remove(&by);
                continue;
            };
            let known = watch.speakers.get(&by).map(|(read, _)| read);
            if known != Some(&read) || changed.contains(&read) {
                watch.speakers.insert(by, (read, None));
            }
        }
        if self.readdressed {
            speakers(watch, |_, found| {
                found.iter().any(|f| f.row == &rows::POD_ADDRESS)
            });
        }
        if !self.moved.is_empty() {
            let there = |key: &ObjectKey| self.moved.contains(&*key.namespace);
            services(watch, |key, _| there(key) && is_local(e, key));
        }
        self.crowd.retain(|_, number| *number != 0);
        for (namespace, labels) in self.crowd.keys() {
            of_crowd(watch, e, namespace, labels);
        }
    }
}

/// Whether a Service sends on the node of its client only.
fn is_local(e: &Evidence<'_>, key: &ObjectKey) -> bool {
    let service = e.service(&key.namespace, &key.name);
    service.is_some_and(|s| {
        s.spec.internal_traffic_policy == "Local" || s.spec.external_traffic_policy == "Local"
    })
}

fn node(watch: &mut Watch, e: &Evidence<'_>, (old, new): Change<'_>) {
    let ready = |o: Option<&Rc<Object>>| o.and_then(|o| o.node()).map(Node::is_ready);
    if ready(old) == ready(new) {
        return;
    }
    services(watch, |key, _| is_local(e, key));
    let Some(node) = new.or(old) else { return };
    let there = |pod: &Pod| pod.spec.node_name == node.meta.name;
    let mut selected: BTreeSet<(&str, &StringMap)> = BTreeSet::new();
    for pod in e.tables.all(kind::POD) {
        if pod.pod().is_some_and(there) {
            selected.insert((&pod.meta.namespace, &pod.meta.labels));
        }
    }
    for (namespace, labels) in selected {
        behind(watch, e, namespace, labels);
    }
}

/// Whether a Service finds no Pods, so that it depends on all that it might be meant for.
fn is_hungry(e: &Evidence<'_>, key: &ObjectKey, found: &[Finding]) -> bool {
    let none = |selector: &StringMap| {
        !selector.is_empty() && e.living(&key.namespace, selector).is_empty()
    };
    let question = |f: &Finding| matches!(f.row.question, Question::Endpoints | Question::Pods);
    found.iter().any(question)
        || e.service(&key.namespace, &key.name)
            .is_some_and(|s| none(&s.spec.selector))
}

/// There are more, or fewer, Pods with these labels.
fn of_crowd(watch: &mut Watch, e: &Evidence<'_>, namespace: &str, labels: &StringMap) {
    services(watch, |key, found| {
        if !is_hungry(e, key, found) {
            return false;
        }
        let selector = e.service(&key.namespace, &key.name);
        let Some(selector) = selector.map(|s| &s.spec.selector) else {
            return true;
        };
        if *key.namespace != *namespace {
            return matches_all(selector, labels);
        }
        let slip = found.iter().any(|f| f.row == &rows::SELECTOR_SLIP);
        !slip
            || selector
                .iter()
                .any(|(key, value)| may_be_meant((key, value), labels))
    });
    // Suggestions say how many Pods a Service has.
    for service in e.tables.services_selecting(namespace, labels) {
        let name = &service.meta.name;
        speakers(watch, |_, found| mentions(found, name));
        services(watch, |_, found| {
            let alias = |f: &Finding| f.row == &rows::ALIAS_INSIDE;
            found.iter().any(alias) && mentions(found, name)
        });
    }
    // Policies say of which Pods they are.
    if e.policies.is_some() {
        watch.rest = None;
    }
}

/// Whether one of these labels is nearly that of a selector.
fn may_be_meant((key, value): (&str, &str), labels: &StringMap) -> bool {
    let theirs = labels.get(key).into_iter().map(String::as_str);
    let keys = labels.iter().filter(|(_, v)| *v == value);
    alike(value, theirs).is_some() || alike_key(key, keys.map(|(k, _)| k.as_str())).is_some()
}

/// A complaint about a Pod, a Service, or a workload.
fn complaint(watch: &mut Watch, e: &Evidence<'_>, object: &Object) {
    let Some(event) = object.event().filter(|event| event.type_ == "Warning") else {
        return;
    };
    let (namespace, name) = (&object.meta.namespace, &event.involved_object.name);
    if let Some(pod) = e.tables.find(kind::POD, namespace, name) {
        behind(watch, e, namespace, &pod.meta.labels);
    } else if e.service(namespace, name).is_some() {
        stale(watch, &ObjectKey::new(kind::SERVICE, namespace, name));
    } else {
        services(watch, |key, found| {
            *key.namespace == **namespace && is_hungry(e, key, found)
        });
    }
}

/// The objects of a kind that are not the same in both tables: before and after.
fn differences<'t>(old: &'t Tables, new: &'t Tables, kind: KindRef) -> Vec<Change<'t>> {
    let place = |object: &'t Rc<Object>| (&object.meta.namespace, &object.meta.name);
    let (mut old, mut new) = (old.all(kind).peekable(), new.all(kind).peekable());
    let mut found = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return found,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) if Rc::ptr_eq(a, b) => {
                old.next();
                new.next();
                continue;
            }
            (Some(a), Some(b)) => place(a).cmp(&place(b)),
        };
        found.push(match order {
            Ordering::Less => (old.next(), None),
            Ordering::Greater => (None, new.next()),
            Ordering::Equal => (old.next(), new.next()),
        });
    }
}
