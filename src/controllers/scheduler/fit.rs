//! Which nodes suit a Pod: the filters of kube-scheduler, in its order and its words.

use super::topology::Terms;
use crate::api::pod::{Node, Pod, PodSpec, Taint, Toleration};
use crate::api::{Object, Value, kind, matches_all, quantity};
use crate::kernel::BTreeMap;
use crate::store::Tables;

pub(super) const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
pub(super) const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Why a node does not suit a Pod.
#[derive(Default)]
pub(super) struct Misfit {
    /// In the scheduler's words.
    pub(super) reasons: Vec<&'static str>,
    /// Whether it would not suit it either if other Pods left.
    pub(super) for_good: bool,
}

impl Misfit {
    fn new(reason: &'static str, for_good: bool) -> Self {
        Self {
            reasons: vec![reason],
            for_good,
        }
    }
}

/// What a Pod asks for: thousandths of a processor, and bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    cpu: i64,
    memory: i64,
}

impl Amounts {
    pub(super) fn of(spec: &PodSpec) -> Self {
        let one = |container: &crate::api::pod::Container| {
            let part = |key: &str, unit: i64| {
                // A limit without a request is the request.
                let of = |which: &str| container.resources.get(which)?.get(key);
                of("requests")
                    .or_else(|| of("limits"))
                    .and_then(|amount| quantity(amount, unit))
                    .unwrap_or(0)
            };
            Self {
                cpu: part("cpu", 1_000),
                memory: part("memory", 1),
            }
        };
        let mut sum = Self::default();
        for own in spec.containers.iter().map(one) {
            sum.add(own);
        }
        // Those that run first run alone.
        for first in spec.init_containers.iter().map(one) {
            sum.cpu = sum.cpu.max(first.cpu);
            sum.memory = sum.memory.max(first.memory);
        }
        sum
    }

    pub(super) fn add(&mut self, other: Self) {
        self.cpu = self.cpu.saturating_add(other.cpu);
        self.memory = self.memory.saturating_add(other.memory);
    }

    /// What the Pods of each node have been promised.
    pub(super) fn by_node(tables: &Tables) -> BTreeMap<String, Self> {
        let mut found: BTreeMap<String, Self> = BTreeMap::new();
        for object in tables.all(kind::POD) {
            let Some(pod) = object.pod().filter(|pod| !pod.is_finished()) else {
                continue;
            };
            let own = Self::of(&pod.spec);
            if own != Self::default() && !pod.spec.node_name.is_empty() {
                found
                    .entry(pod.spec.node_name.clone())
                    .or_default()
                    .add(own);
            }
        }
        found
    }
}

/// What a Pod needs of a node.
pub(super) struct Needs<'a> {
    pub(super) pod: &'a Pod,
    pub(super) asks: Amounts,
    /// The ports of the node that it wants for itself.
    pub(super) ports: Vec<(i64, String)>,
    /// What it asks of the Pods around it.
    pub(super) terms: Terms,
}

/// What a node has given already.
pub(super) struct Given {
    pub(super) pods: usize,
    pub(super) amounts: Amounts,
    pub(super) ports: Vec<(i64, String)>,
}

/// The ports that a Pod takes of its node.
pub(super) fn host_ports(spec: &PodSpec) -> Vec<(i64, String)> {
    let ports = spec.containers.iter().flat_map(|c| &c.ports);
    let taken = ports.filter(|port| port.host_port > 0);
    taken
        .map(|port| (port.host_port, port.protocol().to_owned()))
        .collect()
}

/// Why a node does not suit a Pod; none if it does.
pub(super) fn misfit(
    needs: &Needs<'_>,
    node: &Object,
    spec: &Node,
    given: &Given,
) -> Option<Misfit> {
    let pod = needs.pod;
    let cordoned = || {
        let taint = Taint {
            key: "node.kubernetes.io/unschedulable".to_owned(),
            effect: "NoSchedule".to_owned(),
            ..Default::default()
        };
        !pod.spec.tolerations.iter().any(|t| bears(t, &taint))
    };
    if spec.spec.unschedulable && cordoned() {
        return Some(Misfit::new("node(s) were unschedulable", true));
    }
    if repelling(&pod.spec, spec).is_some() {
        return Some(Misfit::new("node(s) had untolerated taint(s)", true));
    }
    if !is_selected(&pod.spec, node) {
        let words = "node(s) didn't match Pod's node affinity/selector";
        return Some(Misfit::new(words, true));
    }
    if needs.ports.iter().any(|port| given.ports.contains(port)) {
        let words = "node(s) didn't have free ports for the requested pod ports";
        return Some(Misfit::new(words, false));
    }
    let short = shortage(needs, spec, given);
    short.or_else(|| {
        let (words, for_good) = needs.terms.misfit(node)?;
        Some(Misfit::new(words, for_good))
    })
}

/// What a node has too little of; one that does not say what it has, has enough.
fn shortage(needs: &Needs<'_>, node: &Node, given: &Given) -> Option<Misfit> {
    let allocatable = node.status.rest.get("allocatable")?;
    let whole = |key: &str, unit: i64| quantity(allocatable.get(key)?, unit);
    let mut found = Misfit::default();
    if whole("pods", 1).is_some_and(|most| given.pods as i64 >= most) {
        found.reasons.push("Too many pods");
    }
    let rows = [
        (
            "Insufficient cpu",
            ("cpu", 1_000),
            needs.asks.cpu,
            given.amounts.cpu,
        ),
        (
            "Insufficient memory",
            ("memory", 1),
            needs.asks.memory,
            given.amounts.memory,
        ),
    ];
    for (words, (key, unit), asked, given) in rows {
        let whole = if asked > 0 { whole(key, unit) } else { None };
        let Some(whole) = whole.filter(|whole| asked > whole - given) else {
            continue;
        };
        found.reasons.push(words);
        found.for_good |= asked > whole;
    }
    (!found.reasons.is_empty()).then_some(found)
}

/// The taint that keeps a Pod away from a node, if there is one.
fn repelling<'a>(spec: &PodSpec, node: &'a Node) -> Option<&'a Taint> {
    let repels = |taint: &&Taint| {
        taint.effect != "PreferNoSchedule" && !spec.tolerations.iter().any(|t| bears(t, taint))
    };
    node.spec.taints.iter().find(repels)
}

/// Whether a daemon's Pod belongs on a node, full or cordoned as it may be.
pub(in crate::controllers) fn suits_daemon(spec: &PodSpec, object: &Object, node: &Node) -> bool {
    repelling(spec, node).is_none() && is_selected(spec, object)
}

/// Whether the Pod's node selector and its required node affinity let it run on a node.
pub(super) fn is_selected(spec: &PodSpec, node: &Object) -> bool {
    let affinity = spec.rest.get("affinity");
    let terms = affinity.and_then(|a| a.at(&["nodeAffinity", REQUIRED, "nodeSelectorTerms"]));
    let terms = terms.and_then(Value::as_list);
    matches_all(&spec.node_selector, &node.meta.labels)
        && terms.is_none_or(|terms| terms.iter().any(|term| meets(term, node)))
}

/// Whether a node meets a term of a node affinity.
fn meets(term: &Value, node: &Object) -> bool {
    let list = |key: &str| term.get(key).and_then(Value::as_list).unwrap_or_default();
    let (labels, fields) = (list("matchExpressions"), list("matchFields"));
    let any = !labels.is_empty() || !fields.is_empty();
    any && labels
        .iter()
        .all(|r| requirement(r, |key| node.meta.labels.get(key)))
        && fields
            .iter()
            .all(|r| requirement(r, |_| Some(&node.meta.name)))
}

/// How much a Pod likes a node: the weights of its preferences, less for taints that it would rather avoid.
pub(super) fn liking(spec: &PodSpec, object: &Object, node: &Node) -> i64 {
    let affinity = spec.rest.get("affinity");
    let terms = affinity.and_then(|a| a.at(&["nodeAffinity", PREFERRED]));
    let terms = terms.and_then(Value::as_list).unwrap_or_default();
    let met = terms
        .iter()
        .filter(|term| term.get("preference").is_some_and(|p| meets(p, object)));
    let weights: i64 = met.filter_map(|term| term.get("weight")?.as_int()).sum();
    let mild = node
        .spec
        .taints
        .iter()
        .filter(|t| t.effect == "PreferNoSchedule");
    let avoided = mild.filter(|taint| !spec.tolerations.iter().any(|t| bears(t, taint)));
    weights - 100 * avoided.count() as i64
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
pub(in crate::controllers) fn bears(toleration: &Toleration, taint: &Taint) -> bool {
    (toleration.effect.is_empty() || toleration.effect == taint.effect)
        && (toleration.key.is_empty() || toleration.key == taint.key)
        && (toleration.operator == "Exists" || toleration.value == taint.value)
}
