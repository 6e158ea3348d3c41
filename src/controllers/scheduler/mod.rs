//! The scheduler: it binds a Pod to a node that suits it, and spreads what belongs together.
//!
//! Models `pkg/scheduler` of Kubernetes v1.36 with its default plugins, as far as a learner sees them.

mod fit;
mod topology;

pub(super) use fit::{bears, suits_daemon};

use super::queue::Hands;
use super::recorder::{Said, record};
use super::volume::{self, Claims};
use crate::api::pod::Pod;
use crate::api::record::Word;
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::{Arrange, BTreeMap, BTreeSet};
use crate::store::{PodsByNode, Tables};
use fit::{Amounts, Given, Misfit, Needs};
use std::rc::Rc;
use topology::Terms;

/// Binds the Pods that wait, or says why it cannot.
pub(super) fn reconcile(hands: &mut Hands<'_>, keys: &BTreeSet<ObjectKey>) {
    let tables = hands.store.tables();
    let mut round = Round::new(tables);
    for key in keys {
        let Some(object) = hands.store.tables().get(key).cloned() else {
            continue;
        };
        let waits = |pod: &&Pod| pod.spec.node_name.is_empty() && !pod.spec.is_gated();
        let Some(pod) = object.pod().filter(waits) else {
            continue;
        };
        let nodes = round.nodes.len();
        let claims = volume::of_pod(hands.store.tables(), &object, nodes);
        let delayed = matches!(claims, Claims::Delayed);
        let early = match claims {
            Claims::Awaited => continue,
            Claims::Missing(why) => Some(why),
            Claims::Bound | Claims::Delayed => None,
        };
        let chosen = match early {
            Some(_) => Err(Refusals {
                total: nodes,
                early,
                ..Refusals::default()
            }),
            None => round.choose(hands, &object, pod),
        };
        match chosen {
            Ok(at) => {
                if delayed {
                    let node = round.nodes.get(at).map(|node| node.meta.name.clone());
                    volume::select(hands, &object, &node.unwrap_or_default());
                    // The Pod is bound once all its claims are.
                    let tables = hands.store.tables();
                    if !matches!(volume::of_pod(tables, &object, nodes), Claims::Bound) {
                        continue;
                    }
                }
                round.bind(hands, key, &object, at);
            }
            Err(refusals) => unschedulable(hands, &object, &refusals),
        }
    }
}

/// What the scheduler knows of the nodes while it works through the Pods that wait.
struct Round {
    nodes: Vec<Rc<Object>>,
    /// Which nodes share a zone: the first node of it; nodes without a zone share none.
    zones: Vec<usize>,
    /// How many Pods each node has.
    pods: Vec<usize>,
    /// How many Pods of a controller each node has, under the controller's uid.
    siblings: BTreeMap<String, Vec<usize>>,
    /// Whether a node has a taint that Pods would rather avoid.
    mild: bool,
    /// What Pods ask of their nodes, once one that waits asks for anything.
    amounts: Option<BTreeMap<String, Amounts>>,
}

/// Why no node suits a Pod: the reasons with the numbers of their nodes, and how many could not be made to suit it.
#[derive(Default)]
struct Refusals {
    reasons: BTreeMap<&'static str, usize>,
    for_good: usize,
    total: usize,
    /// What stands in the way whatever the node.
    early: Option<String>,
}

impl Refusals {
    fn note(&mut self, why: Misfit) {
        for reason in why.reasons {
            *self.reasons.entry(reason).or_default() += 1;
        }
        self.for_good += usize::from(why.for_good);
    }

    /// The sentence of the event.
    fn words(&self) -> String {
        let total = self.total;
        if total == 0 {
            return "no nodes available to schedule pods".to_owned();
        }
        if let Some(early) = &self.early {
            return format!(
                "0/{total} nodes are available: {early}. no new claims to deallocate, preemption: 0/{total} nodes are available: {total} Preemption is not helpful for scheduling."
            );
        }
        let counted = |(why, count): (&&str, &usize)| format!("{count} {why}");
        let mut reasons: Vec<String> = self.reasons.iter().map(counted).collect();
        reasons.arrange();
        let rows = [
            (
                total - self.for_good,
                "No preemption victims found for incoming pod",
            ),
            (self.for_good, "Preemption is not helpful for scheduling"),
        ];
        let some = rows.iter().filter(|(count, _)| *count > 0);
        let mut help: Vec<String> = some.map(|(count, why)| format!("{count} {why}")).collect();
        help.arrange();
        format!(
            "0/{total} nodes are available: {}. no new claims to deallocate, preemption: 0/{total} nodes are available: {}.",
            reasons.join(", "),
            help.join(", ")
        )
    }
}

/// The zone that a node says it is in.
fn zone(node: &Object) -> Option<&String> {
    node.meta.labels.get("topology.kubernetes.io/zone")
}

impl Round {
    fn new(tables: &Tables) -> Self {
        let nodes: Vec<Rc<Object>> = tables.all(kind::NODE).cloned().collect();
        let pods = counts(&nodes, tables.pods_by_node());
        let first = |(at, node): (usize, &Rc<Object>)| match zone(node) {
            Some(own) => nodes
                .iter()
                .position(|n| zone(n) == Some(own))
                .unwrap_or(at),
            None => at,
        };
        let zones = if nodes.iter().any(|node| zone(node).is_some()) {
            nodes.iter().enumerate().map(first).collect()
        } else {
            Vec::new()
        };
        let mut taints = nodes
            .iter()
            .filter_map(|n| n.node())
            .flat_map(|n| &n.spec.taints);
        let mild = taints.any(|taint| taint.effect == "PreferNoSchedule");
        Self {
            mild,
            nodes,
            zones,
            pods,
            siblings: BTreeMap::new(),
            amounts: None,
        }
    }

    /// What each node has given, as far as a Pod asks.
    fn given(&mut self, tables: &Tables, needs: &Needs<'_>, at: usize) -> Given {
        let pods = self.pods.get(at).copied().unwrap_or(0);
        let name = self
            .nodes
            .get(at)
            .map_or("", |node| node.meta.name.as_str());
        let amounts = if needs.asks == Amounts::default() {
            Amounts::default()
        } else {
            let all = self.amounts.get_or_insert_with(|| Amounts::by_node(tables));
            all.get(name).copied().unwrap_or_default()
        };
        let taken = |object: &Rc<Object>| {
            let pod = object.pod().filter(|pod| pod.spec.node_name == name);
            pod.map(|pod| fit::host_ports(&pod.spec))
                .unwrap_or_default()
        };
        let ports = if needs.ports.is_empty() {
            Vec::new()
        } else {
            tables.all(kind::POD).flat_map(taken).collect()
        };
        Given {
            pods,
            amounts,
            ports,
        }
    }

    /// How many siblings each zone has, node by node; nothing if there are no zones.
    fn zone_loads(&self, siblings: Option<&Vec<usize>>) -> Vec<usize> {
        let mut loads = vec![0; self.zones.len()];
        for (at, zone) in self.zones.iter().enumerate() {
            let own = siblings.and_then(|s| s.get(at)).copied().unwrap_or(0);
            if let Some(load) = loads.get_mut(*zone) {
                *load += own;
            }
        }
        let of = |zone: &usize| loads.get(*zone).copied().unwrap_or(0);
        self.zones.iter().map(of).collect()
    }

    /// The node that suits a Pod and has the fewest Pods, siblings before strangers; or why none does.
    fn choose(
        &mut self,
        hands: &mut Hands<'_>,
        object: &Object,
        pod: &Pod,
    ) -> Result<usize, Refusals> {
        let owner = object.meta.controller().map(|owner| owner.uid.as_str());
        let tables = hands.store.tables();
        let count = self.nodes.len();
        if let Some(uid) = owner.filter(|uid| !self.siblings.contains_key(*uid)) {
            let tally = tables.tally(uid);
            let own = tally.map_or_else(|| vec![0; count], |t| counts(&self.nodes, &t.by_node));
            self.siblings.insert(uid.to_owned(), own);
        }
        let needs = Needs {
            pod,
            asks: Amounts::of(&pod.spec),
            ports: fit::host_ports(&pod.spec),
            terms: Terms::of(tables, &self.nodes, object, pod),
        };
        let siblings = owner.and_then(|uid| self.siblings.get(uid));
        let zones = self.zone_loads(siblings);
        let chooses = self.mild || pod.spec.rest.contains_key("affinity");
        let load = |at: usize| {
            let own = siblings.and_then(|s| s.get(at)).copied().unwrap_or(0);
            let node = self.nodes.get(at).filter(|_| chooses);
            let node = node.and_then(|node| Some((node, node.node()?)));
            let liking = node.map_or(0, |(object, node)| {
                fit::liking(&pod.spec, object, node) + needs.terms.liking(object)
            });
            let zone = zones.get(at).copied().unwrap_or(0);
            (-liking, zone, own, self.pods.get(at).copied().unwrap_or(0))
        };
        // None where a node does not suit the Pod.
        let mut loads: Vec<_> = (0..count).map(|at| Some(load(at))).collect();
        let mut refusals = Refusals {
            total: count,
            ..Refusals::default()
        };
        loop {
            // Only the least loaded are looked at: most Pods suit the first of them.
            let Some((least, ties)) = least_of(loads.iter().flatten()) else {
                return Err(refusals);
            };
            let pick = hands.rng.below(ties as u64) as usize;
            let mut best = (0..count).filter(|at| loads.get(*at) == Some(&Some(least)));
            let Some(at) = best.nth(pick) else {
                return Err(refusals);
            };
            let Some(node) = self.nodes.get(at).cloned() else {
                return Err(refusals);
            };
            let given = self.given(hands.store.tables(), &needs, at);
            let spec = node.node();
            let Some(why) = spec.and_then(|spec| fit::misfit(&needs, &node, spec, &given)) else {
                self.take(owner, at, needs.asks);
                return Ok(at);
            };
            refusals.note(why);
            if let Some(load) = loads.get_mut(at) {
                *load = None;
            }
        }
    }

    fn bind(&self, hands: &mut Hands<'_>, key: &ObjectKey, object: &Object, at: usize) {
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        let node = node.meta.name.as_str();
        let now = hands.sim.timestamp();
        hands.store.modify(hands.sim, key, |object| {
            let Some(pod) = object.pod_mut() else { return };
            node.clone_into(&mut pod.spec.node_name);
            set_condition(pod, "PodScheduled", true, ("", ""), &now);
        });
        let (space, name) = (&object.meta.namespace, &object.meta.name);
        let message = ["Successfully assigned ", space, "/", name, " to ", node].concat();
        let said = Said::normal("default-scheduler", "Scheduled", message);
        record(hands.store, hands.sim, object, said);
    }

    fn take(&mut self, owner: Option<&str>, at: usize, asks: Amounts) {
        let own = owner.and_then(|uid| self.siblings.get_mut(uid));
        for counts in own.into_iter().chain([&mut self.pods]) {
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        if let (Some(all), Some(node)) = (&mut self.amounts, self.nodes.get(at)) {
            all.entry(node.meta.name.clone()).or_default().add(asks);
        }
    }
}

/// What speaks against a node: how little a Pod likes it, then the Pods in its zone and on it.
type Load = (i64, usize, usize, usize);

/// The least of some loads, and how many are as small.
fn least_of<'a>(loads: impl Iterator<Item = &'a Load>) -> Option<(Load, usize)> {
    let mut least: Option<(Load, usize)> = None;
    for load in loads {
        match &mut least {
            Some((known, _)) if load > known => {}
            Some((known, ties)) if load == known => *ties += 1,
            _ => least = Some((*load, 1)),
        }
    }
    least
}

/// The counts of these nodes, in their order.
fn counts(nodes: &[Rc<Object>], by_node: &PodsByNode) -> Vec<usize> {
    let count = |node: &Rc<Object>| by_node.get(node.meta.name.as_str()).copied();
    nodes.iter().map(|node| count(node).unwrap_or(0)).collect()
}

fn unschedulable(hands: &mut Hands<'_>, object: &Object, refusals: &Refusals) {
    let message = refusals.words();
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
pub(super) fn set_condition(
    pod: &mut Pod,
    type_: &'static str,
    value: bool,
    why: (&'static str, &str),
    now: &Rc<str>,
) {
    let status = if value { "True" } else { "False" };
    let conditions = &mut pod.status.conditions;
    let at = match conditions.iter().position(|c| c.type_ == type_) {
        Some(at) => at,
        None => {
            let new = crate::api::pod::Condition {
                type_: type_.into(),
                ..Default::default()
            };
            conditions.push(Rc::new(new));
            conditions.len() - 1
        }
    };
    let Some(condition) = conditions.get_mut(at) else {
        return;
    };
    if condition.status == status && condition.reason == why.0 && condition.message == why.1 {
        return;
    }
    let condition = Rc::make_mut(condition);
    if condition.status != status {
        condition.status = status.into();
        condition.last_transition_time = now.clone().into();
    }
    condition.reason = why.0.into();
    condition.message = match why.1 {
        "" => Word::default(),
        message => message.to_owned().into(),
    };
}
