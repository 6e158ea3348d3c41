//! The `DaemonSet` controller: one Pod on each node that suits.
//!
//! Models `pkg/controller/daemon` of Kubernetes v1.36.

use super::deployment::bound;
use super::history;
use super::owned::{self, is_ready};
use super::queue::Hands;
use super::scheduler::suits_daemon;
use super::template_hash;
use crate::api::pod::{Pod, PodPlan, PodSpec, Toleration};
use crate::api::workload::DaemonSet;
use crate::api::{Map, Object, ObjectKey, Value, kind};
use crate::kernel::{BTreeMap, Span};
use std::rc::Rc;

const COMPONENT: &str = "daemonset-controller";
const REVISION: &str = "controller-revision-hash";

/// Makes the Pods that nodes lack, and deletes those that are too many, or too old.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(set) = object
        .daemon_set()
        .filter(|_| !object.meta.is_terminating())
    else {
        return;
    };
    let first_look = (&*set.spec.selector, set.status.observed_generation);
    owned::adopt_new(hands, &object, kind::POD, first_look);
    let wanted = wanted_nodes(hands, set);
    let mut pods = by_node(hands, &object);
    let surge = surge(set, wanted.len());
    let revision = revision(set, &pods);
    let name = |hash: &str| format!("{}-{hash}", object.meta.name);
    let kept = (&set.spec.template, set.status.observed_generation);
    history::keep(hands, &object, kept, &name(&revision));
    for node in &wanted {
        let present = pods.get_mut(node).map(std::mem::take).unwrap_or_default();
        let mut living = Vec::new();
        for pod in present {
            // A Pod that has ended makes room for another.
            if pod.pod().is_some_and(Pod::is_finished) && !pod.meta.is_terminating() {
                owned::delete(hands, &object, COMPONENT, &pod);
            } else {
                living.push(pod);
            }
        }
        if living.is_empty() {
            create(hands, &object, set, node, &revision);
        }
        for pod in spare(living, surge > 0, &revision) {
            owned::delete(hands, &object, COMPONENT, &pod);
        }
    }
    for pod in pods.into_values().flatten().filter(|pod| owned::lives(pod)) {
        owned::delete(hands, &object, COMPONENT, &pod);
    }
    if surge > 0 {
        swap(hands, &object, (set, surge), &wanted, &revision);
    } else {
        replace(hands, &object, set, &wanted, &revision);
    }
    write_status(hands, key, &wanted, &revision);
    let living = owned::pods(hands, &object);
    let used = |kept: &str| {
        let own = |hash: &String| name(hash) == kept;
        own(&revision)
            || living
                .iter()
                .any(|pod| pod.meta.labels.get(REVISION).is_some_and(own))
    };
    history::clean_up(hands, &object, set.spec.revision_history_limit, &used);
}

/// The nodes that should run a Pod, sorted.
fn wanted_nodes(hands: &Hands<'_>, set: &DaemonSet) -> Vec<String> {
    let mut spec = set.spec.template.spec.clone();
    let own = tolerations(&spec);
    spec.tolerations.extend(own);
    let nodes = hands.store.tables().all(kind::NODE);
    let suiting = nodes.filter(|node| node.node().is_some_and(|n| suits_daemon(&spec, node, n)));
    suiting.map(|node| node.meta.name.clone()).collect()
}

/// The set's Pods by the node that they are meant for.
fn by_node(hands: &Hands<'_>, set: &Object) -> BTreeMap<String, Vec<Rc<Object>>> {
    let mut found: BTreeMap<String, Vec<Rc<Object>>> = BTreeMap::new();
    for pod in owned::pods(hands, set) {
        let spec = pod.pod().map(|pod| pod.spec.clone()).unwrap_or_default();
        let node = match spec.node_name.as_str() {
            "" => target(&spec).unwrap_or_default().to_owned(),
            name => name.to_owned(),
        };
        found.entry(node).or_default().push(pod);
    }
    found
}

/// The present template's name; Pods of a restored set keep theirs as long as they are all alike.
fn revision(set: &DaemonSet, pods: &BTreeMap<String, Vec<Rc<Object>>>) -> String {
    let own = template_hash(&set.spec.template);
    let mut labels = pods
        .values()
        .flatten()
        .filter_map(|pod| pod.meta.labels.get(REVISION));
    let first = labels.next();
    let alike = labels.all(|label| Some(label) == first);
    let mut pods = pods.values().flatten();
    let same = pods.all(|pod| owned::is_of(pod, &set.spec.template));
    let settled = set.status.updated_number_scheduled > 0;
    match first {
        Some(label) if alike && same && settled && *label != own => label.clone(),
        Some(_) | None => own,
    }
}

/// The node that a Pod's affinity names.
fn target(spec: &PodSpec) -> Option<&str> {
    let terms = spec
        .rest
        .get("affinity")?
        .at(&["nodeAffinity", REQUIRED, "nodeSelectorTerms"])?;
    let fields = terms.as_list()?.first()?.get("matchFields")?.as_list()?;
    fields.first()?.get("values")?.as_list()?.first()?.as_str()
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// An affinity to one node.
fn affinity(node: &str) -> Value {
    let map = |pairs: Vec<(&str, Value)>| {
        Value::Map(
            pairs
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<Map>(),
        )
    };
    let field = map(vec![
        ("key", "metadata.name".into()),
        ("operator", "In".into()),
        ("values", Value::List(vec![node.into()])),
    ]);
    let term = map(vec![("matchFields", Value::List(vec![field]))]);
    let terms = map(vec![("nodeSelectorTerms", Value::List(vec![term]))]);
    map(vec![("nodeAffinity", map(vec![(REQUIRED, terms)]))])
}

/// What every daemon's Pod bears besides what its template says.
fn tolerations(spec: &PodPlan) -> Vec<Toleration> {
    let mut keys = vec![
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ];
    if spec.host_network {
        keys.push(("network-unavailable", "NoSchedule"));
    }
    let bear = |(key, effect): (&str, &str)| Toleration {
        key: format!("node.kubernetes.io/{key}"),
        operator: "Exists".to_owned(),
        effect: effect.to_owned(),
        ..Default::default()
    };
    keys.into_iter().map(bear).collect()
}

fn create(hands: &mut Hands<'_>, owner: &Object, set: &DaemonSet, node: &str, revision: &str) {
    let mut pod = owned::pod(owner, &set.spec.template);
    let generation = owner
        .meta
        .annotations
        .get("deprecated.daemonset.template.generation");
    let generation = generation.map_or("1", String::as_str).to_owned();
    pod.meta
        .labels
        .insert(REVISION.to_owned(), revision.to_owned());
    pod.meta
        .labels
        .insert("pod-template-generation".to_owned(), generation);
    owned::with_spec(&mut pod, |spec| {
        spec.rest.insert("affinity".to_owned(), affinity(node));
        spec.tolerations.extend(tolerations(spec));
    });
    // A refusal is told in an event; the next change tries again.
    let _ = owned::create(hands, owner, COMPONENT, pod);
}

/// How many nodes may have a new Pod beside the old one.
fn surge(set: &DaemonSet, nodes: usize) -> i64 {
    let strategy = &set.spec.update_strategy;
    let bounds = strategy.rolling_update.as_ref();
    let rolls = bounds.filter(|_| strategy.type_ != "OnDelete");
    rolls.map_or(0, |bounds| bound(&bounds.max_surge, nodes as i64, true))
}

fn is_new(pod: &Object, revision: &str) -> bool {
    let own = pod.meta.labels.get(REVISION);
    own.is_some_and(|own| own == revision)
}

/// The Pods of a node that are too many: all but one, or all but one of each template while both may be there.
fn spare(living: Vec<Rc<Object>>, both: bool, revision: &str) -> Vec<Rc<Object>> {
    let (mut new, mut old) = (0, 0);
    let spare = |pod: &Rc<Object>| {
        let count = if both && !is_new(pod, revision) {
            &mut old
        } else {
            &mut new
        };
        *count += 1;
        *count > 1 && owned::lives(pod)
    };
    living.into_iter().filter(spare).collect()
}

/// Makes a new Pod beside an old one on as many nodes as may have both, and deletes the old once the new is available.
fn swap(
    hands: &mut Hands<'_>,
    owner: &Object,
    (set, surge): (&DaemonSet, i64),
    wanted: &[String],
    revision: &str,
) {
    let now = hands.sim.unix(hands.sim.now);
    let available = |pod: &Object| {
        let left = owned::until_available(pod, set.spec.min_ready_seconds, now);
        left.is_some_and(|left| left <= 0)
    };
    let pods = by_node(hands, owner);
    let mut room = surge;
    let (mut replaced, mut open) = (Vec::new(), Vec::new());
    for node in wanted {
        let own = pods.get(node).into_iter().flatten();
        let (new, old): (Vec<_>, Vec<_>) = own
            .filter(|pod| owned::lives(pod))
            .partition(|pod| is_new(pod, revision));
        match (new.first(), old.first()) {
            (Some(new), Some(old)) if available(new) => replaced.push((*old).clone()),
            (Some(_), Some(_)) => room -= 1,
            // An old Pod that serves nobody is replaced whatever the room.
            (None, Some(old)) => open.push((available(old), node)),
            (_, None) => {}
        }
    }
    for pod in replaced {
        owned::delete(hands, owner, COMPONENT, &pod);
    }
    for (counts, node) in open {
        if counts && room <= 0 {
            continue;
        }
        room -= i64::from(counts);
        create(hands, owner, set, node, revision);
    }
}

/// Replaces Pods of an older template, as many at a time as may be missing.
fn replace(
    hands: &mut Hands<'_>,
    owner: &Object,
    set: &DaemonSet,
    wanted: &[String],
    revision: &str,
) {
    let strategy = &set.spec.update_strategy;
    if strategy.type_ == "OnDelete" {
        return;
    }
    let bounds = strategy.rolling_update.clone().unwrap_or_default();
    let total = wanted.len() as i64;
    let most = bound(&bounds.max_unavailable, total, true).max(1);
    let pods = by_node(hands, owner);
    let ready = |node: &String| {
        let pods = pods.get(node).into_iter().flatten();
        pods.filter(|pod| is_ready(pod)).count() > 0
    };
    let mut missing = wanted.iter().filter(|node| !ready(node)).count() as i64;
    for node in wanted {
        for pod in pods.get(node).into_iter().flatten() {
            let old = pod
                .meta
                .labels
                .get(REVISION)
                .is_none_or(|own| own != revision);
            if !old || !owned::lives(pod) {
                continue;
            }
            // One that is not ready is missing already.
            if is_ready(pod) {
                if missing >= most {
                    continue;
                }
                missing += 1;
            }
            owned::delete(hands, owner, COMPONENT, pod);
        }
    }
}

fn write_status(hands: &mut Hands<'_>, key: &ObjectKey, wanted: &[String], revision: &str) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let pods = by_node(hands, &object);
    let on = |node: &String, test: &dyn Fn(&Object) -> bool| {
        pods.get(node).into_iter().flatten().any(|pod| test(pod))
    };
    let count =
        |test: &dyn Fn(&Object) -> bool| wanted.iter().filter(|node| on(node, test)).count() as i64;
    let stray = pods.keys().filter(|node| !wanted.contains(node)).count() as i64;
    let (current, ready) = (count(&owned::lives), count(&is_ready));
    let least = object
        .daemon_set()
        .map_or(0, |set| set.spec.min_ready_seconds);
    let now = hands.sim.unix(hands.sim.now);
    let left = |pod: &Object| owned::until_available(pod, least, now);
    let available = count(&|pod| left(pod).is_some_and(|left| left <= 0));
    let all = pods.values().flatten();
    let next = all
        .filter_map(|pod| left(pod))
        .filter(|left| *left > 0)
        .min();
    if let Some(seconds) = next {
        let wait = Span::secs(seconds.unsigned_abs());
        hands.again.push((wait, key.clone()));
    }
    let updated = count(&|pod| {
        owned::lives(pod)
            && pod
                .meta
                .labels
                .get(REVISION)
                .is_some_and(|own| own == revision)
    });
    let (total, generation) = (wanted.len() as i64, object.meta.generation);
    hands.store.modify(hands.sim, key, |object| {
        let Some(set) = object.daemon_set_mut() else {
            return;
        };
        let status = &mut set.status;
        status.observed_generation = generation;
        status.desired_number_scheduled = Some(total);
        status.current_number_scheduled = Some(current);
        status.number_misscheduled = Some(stray);
        status.number_ready = Some(ready);
        status.number_available = available;
        status.number_unavailable = total - available;
        status.updated_number_scheduled = updated;
    });
}
