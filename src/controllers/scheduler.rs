//! The scheduler: it binds a Pod to a node that suits it and has the fewest Pods.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::pod::{Node, Pod, PodSpec, Taint, Toleration};
use crate::api::{Object, ObjectKey, Value, kind, matches_all};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::{PodsByNode, Tables};
use std::rc::Rc;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// Why a node does not suit a Pod, in the scheduler's words; the filters in the order of kube-scheduler.
fn misfit(pod: &Pod, node: &Object, spec: &Node, present: usize) -> Option<String> {
    let unschedulable = Taint {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Default::default()
    };
    let tolerates = |taint: &Taint| pod.spec.tolerations.iter().any(|t| bears(t, taint));
    if spec.spec.unschedulable && !tolerates(&unschedulable) {
        return Some("node(s) were unschedulable".to_owned());
    }
    if let Some(taint) = repelling(&pod.spec, spec) {
        return Some(format!(
            "node(s) had untolerated taint(s) {{{}: {}}}",
            taint.key, taint.value
        ));
    }
    if !is_selected(&pod.spec, node) {
        return Some("node(s) didn't match Pod's node affinity/selector".to_owned());
    }
    let room = spec
        .status
        .rest
        .get("allocatable")
        .and_then(|all| all.get("pods"));
    let room = room.and_then(|room| room.as_int().or_else(|| room.as_str()?.parse().ok()));
    let full = room.is_some_and(|room| present as i64 >= room);
    full.then(|| "Too many pods".to_owned())
}

/// The taint that keeps a Pod away from a node, if there is one.
fn repelling<'a>(spec: &PodSpec, node: &'a Node) -> Option<&'a Taint> {
    let repels = |taint: &&Taint| {
        taint.effect != "PreferNoSchedule" && !spec.tolerations.iter().any(|t| bears(t, taint))
    };
    node.spec.taints.iter().find(repels)
}

/// Whether a daemon's Pod belongs on a node, full or cordoned as it may be.
pub(super) fn suits_daemon(spec: &PodSpec, object: &Object, node: &Node) -> bool {
    repelling(spec, node).is_none() && is_selected(spec, object)
}

/// Whether the Pod's node selector and its required node affinity let it run on a node.
fn is_selected(spec: &PodSpec, node: &Object) -> bool {
    let affinity = spec.rest.get("affinity");
    let terms = affinity.and_then(|a| a.at(&["nodeAffinity", REQUIRED, "nodeSelectorTerms"]));
    let meets = |term: &Value| {
        let list = |key: &str| term.get(key).and_then(Value::as_list).unwrap_or_default();
        let (labels, fields) = (list("matchExpressions"), list("matchFields"));
        let any = !labels.is_empty() || !fields.is_empty();
        any && labels
            .iter()
            .all(|r| requirement(r, |key| node.meta.labels.get(key)))
            && fields
                .iter()
                .all(|r| requirement(r, |_| Some(&node.meta.name)))
    };
    let terms = terms.and_then(Value::as_list);
    matches_all(&spec.node_selector, &node.meta.labels)
        && terms.is_none_or(|terms| terms.iter().any(meets))
}

/// Whether one requirement of a node selector is met.
fn requirement<'a>(rule: &Value, look: impl Fn(&str) -> Option<&'a String>) -> bool {
    let text = |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or_default();
    let have = look(text("key"));
    let values = rule
        .get("values")
        .and_then(Value::as_list)
        .unwrap_or_default();
    let listed = || have.is_some_and(|have| values.iter().any(|v| v.as_str() == Some(have)));
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
    let (own, bound) = (
        number(have.map(String::as_str)),
        number(values.first().and_then(Value::as_str)),
    );
    match text("operator") {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => have.is_some(),
        "DoesNotExist" => have.is_none(),
        "Gt" => own.zip(bound).is_some_and(|(own, bound)| own > bound),
        "Lt" => own.zip(bound).is_some_and(|(own, bound)| own < bound),
        _ => false,
    }
}

/// Whether a toleration bears a taint.
pub(super) fn bears(toleration: &Toleration, taint: &Taint) -> bool {
    (toleration.effect.is_empty() || toleration.effect == taint.effect)
        && (toleration.key.is_empty() || toleration.key == taint.key)
        && (toleration.operator == "Exists" || toleration.value == taint.value)
}

/// Binds the Pods that wait, or says why it cannot.
pub(super) fn reconcile(hands: &mut Hands<'_>, keys: &BTreeSet<ObjectKey>) {
    let tables = hands.store.tables();
    let mut round = Round::new(tables);
    for key in keys {
        let Some(object) = hands.store.tables().get(key).cloned() else {
            continue;
        };
        let Some(pod) = object.pod().filter(|pod| pod.spec.node_name.is_empty()) else {
            continue;
        };
        match round.choose(hands, &object, pod) {
            Ok(node) => bind(hands, &object, &node),
            Err(reasons) => unschedulable(hands, &object, round.nodes.len(), &reasons),
        }
    }
}

/// What the scheduler knows of the nodes while it works through the Pods that wait.
struct Round {
    nodes: Vec<Rc<Object>>,
    /// How many Pods each node has.
    pods: Vec<usize>,
    /// How many Pods of a controller each node has, under the controller's uid.
    siblings: BTreeMap<String, Vec<usize>>,
}

impl Round {
    fn new(tables: &Tables) -> Self {
        let nodes: Vec<Rc<Object>> = tables.all(kind::NODE).cloned().collect();
        let pods = counts(&nodes, tables.pods_by_node());
        Self {
            nodes,
            pods,
            siblings: BTreeMap::new(),
        }
    }

    /// The node that suits a Pod and has the fewest Pods, siblings before strangers; or why none does.
    fn choose(
        &mut self,
        hands: &mut Hands<'_>,
        object: &Object,
        pod: &Pod,
    ) -> Result<String, BTreeMap<String, usize>> {
        let owner = object.meta.controller().map(|owner| owner.uid.as_str());
        let (nodes, tables) = (&self.nodes, hands.store.tables());
        if let Some(uid) = owner.filter(|uid| !self.siblings.contains_key(*uid)) {
            let tally = tables.tally(uid);
            let own = tally.map_or_else(|| vec![0; nodes.len()], |t| counts(nodes, &t.by_node));
            self.siblings.insert(uid.to_owned(), own);
        }
        let siblings = owner.and_then(|uid| self.siblings.get(uid));
        let load = |at: usize| {
            let own = siblings.and_then(|s| s.get(at)).copied().unwrap_or(0);
            (own, self.pods.get(at).copied().unwrap_or(0))
        };
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let mut fits = vec![true; nodes.len()];
        loop {
            // Only the least loaded are looked at: most Pods suit the first of them.
            let open = || (0..nodes.len()).filter(|at| fits.get(*at) == Some(&true));
            let Some(least) = open().map(load).min() else {
                return Err(reasons);
            };
            let best: Vec<usize> = open().filter(|at| load(*at) == least).collect();
            let pick = hands.rng.below(best.len() as u64) as usize;
            let Some(at) = best.get(pick).copied() else {
                return Err(reasons);
            };
            let Some(node) = nodes.get(at) else {
                return Err(reasons);
            };
            let why = node
                .node()
                .and_then(|spec| misfit(pod, node, spec, load(at).1));
            let Some(why) = why else {
                let name = node.meta.name.clone();
                self.take(owner, at);
                return Ok(name);
            };
            *reasons.entry(why).or_default() += 1;
            if let Some(open) = fits.get_mut(at) {
                *open = false;
            }
        }
    }

    fn take(&mut self, owner: Option<&str>, at: usize) {
        let own = owner.and_then(|uid| self.siblings.get_mut(uid));
        for counts in own.into_iter().chain([&mut self.pods]) {
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
    }
}

/// The counts of these nodes, in their order.
fn counts(nodes: &[Rc<Object>], by_node: &PodsByNode) -> Vec<usize> {
    let count = |node: &Rc<Object>| by_node.get(node.meta.name.as_str()).copied();
    nodes.iter().map(|node| count(node).unwrap_or(0)).collect()
}

fn bind(hands: &mut Hands<'_>, object: &Object, node: &str) {
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, &object.key(), |object| {
        let Some(pod) = object.pod_mut() else { return };
        node.clone_into(&mut Rc::make_mut(&mut pod.spec).node_name);
        set_condition(pod, "PodScheduled", true, ("", ""), &now);
    });
    let message = format!(
        "Successfully assigned {}/{} to {node}",
        object.meta.namespace, object.meta.name
    );
    let said = Said::normal("default-scheduler", "Scheduled", message);
    record(hands.store, hands.sim, object, said);
}

fn unschedulable(
    hands: &mut Hands<'_>,
    object: &Object,
    total: usize,
    reasons: &BTreeMap<String, usize>,
) {
    let parts: Vec<String> = reasons
        .iter()
        .map(|(why, count)| format!("{count} {why}"))
        .collect();
    let tail = format!(
        "preemption: 0/{total} nodes are available: {total} Preemption is not helpful for scheduling."
    );
    let message = format!(
        "0/{total} nodes are available: {}. {tail}",
        parts.join(", ")
    );
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, &object.key(), |object| {
        if let Some(pod) = object.pod_mut() {
            set_condition(
                pod,
                "PodScheduled",
                false,
                ("Unschedulable", &message),
                &now,
            );
        }
    });
    record(
        hands.store,
        hands.sim,
        object,
        Said::warning("default-scheduler", "FailedScheduling", message),
    );
}

/// Sets a condition, keeping its time when the status stays the same.
pub(super) fn set_condition(pod: &mut Pod, type_: &str, value: bool, why: (&str, &str), now: &str) {
    let status = if value { "True" } else { "False" };
    let conditions = &mut pod.status.conditions;
    let at = match conditions.iter().position(|c| c.type_ == type_) {
        Some(at) => at,
        None => {
            conditions.push(crate::api::pod::Condition {
                type_: type_.to_owned(),
                ..Default::default()
            });
            conditions.len() - 1
        }
    };
    let Some(condition) = conditions.get_mut(at) else {
        return;
    };
    if condition.status != status {
        status.clone_into(&mut condition.status);
        now.clone_into(&mut condition.last_transition_time);
    }
    why.0.clone_into(&mut condition.reason);
    why.1.clone_into(&mut condition.message);
}
