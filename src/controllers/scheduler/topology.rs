//! What a Pod asks of the Pods around it: to be spread over zones or nodes, to be near some and far from others.
//!
//! Models the plugins `PodTopologySpread` and `InterPodAffinity`. Pods that are there already may keep a newcomer away; what
//! is only preferred counts if the newcomer itself prefers it.

use super::fit::{PREFERRED, REQUIRED, is_selected};
use crate::api::pod::Pod;
use crate::api::{LabelSelector, Object, Value, kind};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::Tables;
use std::rc::Rc;

/// How many matching Pods each part of a topology may have.
struct Spread {
    key: String,
    /// The matching Pods of each part.
    counts: BTreeMap<String, i64>,
    /// The most that a part may have once the Pod is added.
    most: i64,
    /// Whether the Pod itself counts.
    own: i64,
}

/// The parts of a topology where Pods are that a Pod wants to be near, or far from.
struct Near {
    key: String,
    parts: BTreeSet<String>,
    /// Whether the Pod may be the first.
    first: bool,
    away: bool,
}

/// The parts of a topology that a Pod would rather be in, or rather not.
struct Wish {
    key: String,
    /// What each part counts for.
    parts: BTreeMap<String, i64>,
}

/// All that a Pod asks of the Pods around it, and what they ask of it.
#[derive(Default)]
pub(super) struct Terms {
    spreads: Vec<Spread>,
    nears: Vec<Near>,
    wishes: Vec<Wish>,
    /// The topology keys and their parts from which Pods keep it away.
    barred: BTreeSet<(String, String)>,
}

impl Terms {
    /// What a Pod asks, with the Pods that there are.
    pub(super) fn of(tables: &Tables, nodes: &[Rc<Object>], object: &Object, pod: &Pod) -> Self {
        let rest = &pod.spec.rest;
        let constraints = rest
            .get("topologySpreadConstraints")
            .and_then(Value::as_list);
        let affinity = rest.get("affinity");
        let mut barring = tables.repelling().peekable();
        if constraints.is_none() && affinity.is_none() && barring.peek().is_none() {
            return Self::default();
        }
        let around = Around {
            tables,
            nodes,
            object,
            pod,
        };
        let hard = |c: &&Value| {
            c.get("whenUnsatisfiable").and_then(Value::as_str) != Some("ScheduleAnyway")
        };
        let constraints = constraints.unwrap_or_default().iter().filter(hard);
        let list = |which: &str| {
            let terms = affinity.and_then(|a| a.at(&[which, REQUIRED]));
            terms.and_then(Value::as_list).unwrap_or_default().iter()
        };
        let near = list("podAffinity").map(|term| around.near(term, false));
        let far = list("podAntiAffinity").map(|term| around.near(term, true));
        let wishes = [("podAffinity", 1), ("podAntiAffinity", -1)];
        let wishes = wishes.into_iter().flat_map(|(which, sign)| {
            let terms = affinity.and_then(|a| a.at(&[which, PREFERRED]));
            let terms = terms.and_then(Value::as_list).unwrap_or_default().iter();
            terms.filter_map(move |term| Some((term, sign * term.get("weight")?.as_int()?)))
        });
        Self {
            spreads: constraints.map(|c| around.spread(c)).collect(),
            nears: near.chain(far).collect(),
            wishes: wishes
                .filter_map(|(term, weight)| around.wish(term.get("podAffinityTerm")?, weight))
                .collect(),
            barred: barring.flat_map(|pod| around.barred_by(pod)).collect(),
        }
    }

    /// How much a Pod likes a node for the Pods around it.
    pub(super) fn liking(&self, node: &Object) -> i64 {
        let weight = |wish: &Wish| {
            let part = node.meta.labels.get(&wish.key)?;
            wish.parts.get(part).copied()
        };
        self.wishes.iter().filter_map(weight).sum()
    }

    /// Why a node does not suit, and whether it could not be made to.
    pub(super) fn misfit(&self, node: &Object) -> Option<(&'static str, bool)> {
        let labels = &node.meta.labels;
        for spread in &self.spreads {
            let Some(part) = labels.get(&spread.key) else {
                let words =
                    "node(s) didn't match pod topology spread constraints (missing required label)";
                return Some((words, true));
            };
            let present = spread.counts.get(part).copied().unwrap_or(0);
            if present + spread.own > spread.most {
                return Some((
                    "node(s) didn't match pod topology spread constraints",
                    false,
                ));
            }
        }
        for near in &self.nears {
            let part = labels.get(&near.key);
            let found = part.is_some_and(|part| near.parts.contains(part));
            if near.away && found {
                return Some(("node(s) didn't match pod anti-affinity rules", false));
            }
            let welcome = near.away || found || near.first && part.is_some();
            if !welcome {
                return Some(("node(s) didn't match pod affinity rules", true));
            }
        }
        let mut barred = self.barred.iter();
        barred
            .any(|(key, part)| labels.get(key) == Some(part))
            .then_some((
                "node(s) didn't satisfy existing pods anti-affinity rules",
                false,
            ))
    }
}

/// A Pod and what is around it.
struct Around<'a> {
    tables: &'a Tables,
    nodes: &'a [Rc<Object>],
    object: &'a Object,
    pod: &'a Pod,
}

fn selector(term: &Value) -> Option<LabelSelector> {
    let map = term.get("labelSelector").and_then(Value::as_map)?;
    Some(LabelSelector::from_map(map.clone()))
}

fn text<'a>(term: &'a Value, key: &str) -> &'a str {
    term.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl Around<'_> {
    /// The part of a topology that a bound Pod is in.
    fn part<'a>(&'a self, pod: &Object, key: &str) -> Option<&'a String> {
        let name = pod.pod().map(|pod| pod.spec.node_name.as_str())?;
        let node = self.tables.find(kind::NODE, "", name)?;
        node.meta.labels.get(key)
    }

    /// The Pods that a selector asks for and that have not ended.
    fn matching(&self, namespace: &str, selector: &LabelSelector) -> Vec<&Rc<Object>> {
        let labels = &selector.match_labels;
        let mut pods: Vec<&Rc<Object>> = if labels.is_empty() {
            self.tables.in_namespace(kind::POD, namespace).collect()
        } else {
            self.tables.pods_with(namespace, labels)
        };
        pods.retain(|pod| {
            selector.matches(&pod.meta.labels) && !pod.pod().is_some_and(Pod::is_finished)
        });
        pods
    }

    fn spread(&self, constraint: &Value) -> Spread {
        let key = text(constraint, "topologyKey").to_owned();
        let mut selector = selector(constraint).unwrap_or_default();
        let keys = constraint.get("matchLabelKeys").and_then(Value::as_list);
        for key in keys.unwrap_or_default().iter().filter_map(Value::as_str) {
            if let Some(value) = self.object.meta.labels.get(key) {
                selector.match_labels.insert(key.to_owned(), value.clone());
            }
        }
        let counted = |node: &&Rc<Object>| is_selected(&self.pod.spec, node);
        let parts = self.nodes.iter().filter(counted);
        let parts = parts.filter_map(|node| node.meta.labels.get(&key));
        let mut counts: BTreeMap<String, i64> = parts.map(|part| (part.clone(), 0)).collect();
        let namespace = self.object.meta.namespace.as_str();
        for pod in self.matching(namespace, &selector) {
            let part = self.part(pod, &key).filter(|_| !pod.meta.is_terminating());
            if let Some(count) = part.and_then(|part| counts.get_mut(part)) {
                *count += 1;
            }
        }
        let int = |key: &str| constraint.get(key).and_then(Value::as_int);
        let few = int("minDomains").is_some_and(|least| (counts.len() as i64) < least);
        let least = if few {
            0
        } else {
            counts.values().min().copied().unwrap_or(0)
        };
        Spread {
            key,
            counts,
            most: least + int("maxSkew").unwrap_or(1),
            own: i64::from(selector.matches(&self.object.meta.labels)),
        }
    }

    fn near(&self, term: &Value, away: bool) -> Near {
        let parts: BTreeSet<String> = self.parts(term).into_keys().collect();
        let fits_itself = selector(term).is_some_and(|s| s.matches(&self.object.meta.labels));
        Near {
            key: text(term, "topologyKey").to_owned(),
            first: parts.is_empty() && fits_itself,
            parts,
            away,
        }
    }

    fn wish(&self, term: &Value, weight: i64) -> Option<Wish> {
        let mut parts = self.parts(term);
        parts.values_mut().for_each(|count| *count *= weight);
        (!parts.is_empty()).then(|| Wish {
            key: text(term, "topologyKey").to_owned(),
            parts,
        })
    }

    /// The parts of a topology in which Pods are that a term means, and how many.
    fn parts(&self, term: &Value) -> BTreeMap<String, i64> {
        let key = text(term, "topologyKey");
        let own = self.object.meta.namespace.as_str();
        let mut parts = BTreeMap::new();
        let Some(selector) = selector(term) else {
            return parts;
        };
        let spaces = self.tables.all(kind::NAMESPACE);
        for space in spaces.filter(|space| reaches(term, own, space)) {
            for pod in self.matching(&space.meta.name, &selector) {
                if let Some(part) = self.part(pod, key) {
                    *parts.entry(part.clone()).or_default() += 1;
                }
            }
        }
        parts
    }

    /// The parts of topologies from which a Pod that is there keeps this one away.
    fn barred_by(&self, pod: &Object) -> Vec<(String, String)> {
        let affinity = pod.pod().and_then(|pod| pod.spec.rest.get("affinity"));
        let terms = affinity.and_then(|a| a.at(&["podAntiAffinity", REQUIRED]));
        let terms = terms.and_then(Value::as_list).unwrap_or_default().iter();
        let own = &self.object.meta;
        let space = self.tables.find(kind::NAMESPACE, "", &own.namespace);
        let meant = terms.filter(|term| {
            space.is_some_and(|space| reaches(term, &pod.meta.namespace, space))
                && selector(term).is_some_and(|s| s.matches(&own.labels))
        });
        let part = |term: &Value| {
            let key = text(term, "topologyKey");
            Some((key.to_owned(), self.part(pod, key)?.clone()))
        };
        meant.filter_map(part).collect()
    }
}

/// Whether a term of a Pod in the namespace `own` means the Pods of a namespace.
fn reaches(term: &Value, own: &str, space: &Object) -> bool {
    let named = term.get("namespaces").and_then(Value::as_list);
    let named = named.unwrap_or_default();
    let open = term.get("namespaceSelector").and_then(Value::as_map);
    let open = open.map(|map| LabelSelector::from_map(map.clone()));
    let name = space.meta.name.as_str();
    let listed = named.iter().any(|n| n.as_str() == Some(name));
    let default = named.is_empty() && open.is_none() && name == own;
    listed || default || open.is_some_and(|open| open.matches(&space.meta.labels))
}
