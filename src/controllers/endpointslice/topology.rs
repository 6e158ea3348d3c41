//! The hints of the older annotation `service.kubernetes.io/topology-mode: Auto`: each zone is given endpoints in
//! proportion to its processors.
//!
//! Models `k8s.io/endpointslice/topologycache`, in whole numbers: a share is a fraction of [`CpuByZone::total`].

use super::draft::{Draft, hinted, hints, is_ready};
use super::plan::{Said, Slices};
use crate::api::pod::Node;
use crate::api::{Object, quantity};
use crate::kernel::BTreeMap;
use std::rc::Rc;

/// The processors of each zone, in any unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuByZone(BTreeMap<String, i64>);

/// How many endpoints a zone should have; `desired` is a fraction of the total.
#[derive(Clone)]
struct Allocation {
    maximum: i64,
    desired: i64,
}

type Counts = BTreeMap<String, i64>;

impl CpuByZone {
    /// These zones with these shares.
    pub fn new(shares: impl IntoIterator<Item = (String, i64)>) -> Self {
        Self(shares.into_iter().collect())
    }

    /// The shares of the ready nodes; none if a node does not say its zone or its processors, or if there is one zone.
    pub fn of<'a>(nodes: impl Iterator<Item = (&'a Object, &'a Node)>) -> Option<Self> {
        let mut shares: BTreeMap<String, i64> = BTreeMap::new();
        for (object, node) in nodes {
            let labels = &object.meta.labels;
            let excluded = ["control-plane", "master"]
                .iter()
                .any(|role| labels.contains_key(&format!("node-role.kubernetes.io/{role}")));
            if excluded || !node.is_ready() {
                continue;
            }
            let zone = labels.get("topology.kubernetes.io/zone");
            let zone = zone.filter(|zone| !zone.is_empty())?;
            let allocatable = node.status.rest.get("allocatable");
            let cpu = allocatable.and_then(|all| quantity(all.get("cpu")?, 1_000));
            let cpu = cpu.filter(|cpu| *cpu > 0)?;
            *shares.entry(zone.clone()).or_default() += cpu;
        }
        (shares.len() >= 2).then_some(Self(shares))
    }

    fn total(&self) -> i64 {
        self.0.values().sum()
    }
}

/// Gives each ready endpoint the zone that it serves, or takes all hints away and says why.
pub fn add_hints(cpu: Option<&CpuByZone>, address_type: &str, slices: &mut Slices) -> Vec<Said> {
    let had = slices
        .all()
        .any(|draft| draft.endpoints.iter().any(|e| e.hints.is_some()));
    match spread(cpu, slices) {
        Ok(()) if had => Vec::new(),
        Ok(()) => {
            let words = "Topology Aware Hints has been enabled";
            vec![said(false, words, address_type)]
        }
        Err(words) => {
            remove_hints(slices);
            vec![said(true, &words, address_type)]
        }
    }
}

fn said(warning: bool, words: &str, address_type: &str) -> Said {
    Said {
        warning,
        reason: if warning {
            "TopologyAwareHintsDisabled"
        } else {
            "TopologyAwareHintsEnabled"
        },
        message: format!("{words}, addressType: {address_type}"),
    }
}

/// Takes every hint away; slices that had one are to be updated.
pub(super) fn remove_hints(slices: &mut Slices) {
    super::traffic::reconcile(None, slices);
}

fn spread(cpu: Option<&CpuByZone>, slices: &mut Slices) -> Result<(), String> {
    let endpoints = slices.all().flat_map(|draft| &draft.endpoints);
    let count = endpoints.filter(|endpoint| is_ready(endpoint)).count() as i64;
    let (allocations, total) = allocations(cpu, count)?;
    let mut given = keep_valid(&allocations, slices);
    for draft in slices.create.iter_mut().chain(&mut slices.update) {
        for endpoint in draft
            .endpoints
            .iter_mut()
            .filter(|endpoint| is_ready(endpoint))
        {
            let Some(zone) = endpoint.zone.clone().filter(|zone| !zone.is_empty()) else {
                return Err("One or more endpoints do not have a zone specified".to_owned());
            };
            Rc::make_mut(endpoint).hints = hints(Some(&zone), None);
            *given.entry(zone).or_default() += 1;
        }
    }
    let (mut giving, mut receiving) = exchange(&allocations, &given, total);
    redistribute(slices, &mut giving, &mut receiving);
    if given.is_empty() {
        return Err("No hints allocated for zones".to_owned());
    }
    Ok(())
}

/// How many endpoints each zone should have; no endpoint may bear more than a fifth above its share.
fn allocations(
    cpu: Option<&CpuByZone>,
    count: i64,
) -> Result<(BTreeMap<String, Allocation>, i64), String> {
    let Some(cpu) = cpu else {
        return Err("Insufficient Node information: allocatable CPU or zone not specified on one or more nodes".to_owned());
    };
    let zones = cpu.0.len() as i64;
    if zones < 2 {
        return Err("Nodes only ready in one zone".to_owned());
    }
    let told = |words: &str| format!("{words} ({count} endpoints, {zones} zones)");
    if zones > count {
        return Err(told("Insufficient number of endpoints"));
    }
    let total = cpu.total().max(1);
    // ceil(share * count / 1.2)
    let minimum = |share: i64| (share * count * 5 + total * 6 - 1) / (total * 6);
    let least: i64 = cpu.0.values().map(|share| minimum(*share)).sum();
    if least > count {
        return Err(told(
            "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold",
        ));
    }
    let allocation = |share: i64| Allocation {
        maximum: minimum(share) + count - least,
        desired: (share * count).max(minimum(share) * total),
    };
    let shares = cpu.0.iter();
    Ok((
        shares
            .map(|(zone, share)| (zone.clone(), allocation(*share)))
            .collect(),
        total,
    ))
}

/// Counts the hints of unchanged slices that may stay; a slice whose hints may not is to be updated.
fn keep_valid(allocations: &BTreeMap<String, Allocation>, slices: &mut Slices) -> Counts {
    let mut given = Counts::new();
    for draft in std::mem::take(&mut slices.unchanged) {
        match valid_hints(&draft, &given, allocations) {
            Some(counts) => {
                for (zone, count) in counts {
                    *given.entry(zone).or_default() += count;
                }
                slices.unchanged.push(draft);
            }
            None => slices.update.push(draft),
        }
    }
    given
}

fn valid_hints(
    draft: &Draft,
    given: &Counts,
    allocations: &BTreeMap<String, Allocation>,
) -> Option<Counts> {
    let mut counts = Counts::new();
    for endpoint in draft.endpoints.iter().filter(|endpoint| is_ready(endpoint)) {
        let zones = hinted(endpoint, "forZones");
        if zones.is_empty() {
            return None;
        }
        for zone in zones {
            allocations.get(zone)?;
            *counts.entry(zone.to_owned()).or_default() += 1;
        }
    }
    let fits = |(zone, count): (&String, &i64)| {
        let already = given.get(zone).copied().unwrap_or(0);
        allocations
            .get(zone)
            .is_some_and(|a| count + already <= a.maximum)
    };
    counts.iter().all(fits).then_some(counts)
}

/// How many endpoints each zone gives to others, and how many it receives.
fn exchange(
    allocations: &BTreeMap<String, Allocation>,
    given: &Counts,
    total: i64,
) -> (Counts, Counts) {
    let (mut surplus, mut need) = (Counts::new(), Counts::new());
    for (zone, allocation) in allocations {
        let difference = given.get(zone).copied().unwrap_or(0) * total - allocation.desired;
        if difference > 0 {
            surplus.insert(zone.clone(), difference);
        } else if difference < 0 {
            need.insert(zone.clone(), -difference);
        }
    }
    let (mut giving, mut receiving) = (Counts::new(), Counts::new());
    loop {
        let (Some(from), Some(to)) = (most(&surplus), most(&need)) else {
            return (giving, receiving);
        };
        let small = from.1 < total && to.1 < total;
        if small || from.1 * 2 < total || to.1 * 2 < total {
            return (giving, receiving);
        }
        *giving.entry(from.0.clone()).or_default() += 1;
        *receiving.entry(to.0.clone()).or_default() += 1;
        surplus.insert(from.0, from.1 - total);
        need.insert(to.0, to.1 - total);
    }
}

/// The zone with the greatest number above zero.
fn most(counts: &Counts) -> Option<(String, i64)> {
    let mut found: Option<(&String, i64)> = None;
    for (zone, count) in counts {
        if *count > found.map_or(0, |(_, count)| count) {
            found = Some((zone, *count));
        }
    }
    found.map(|(zone, count)| (zone.clone(), count))
}

fn redistribute(slices: &mut Slices, giving: &mut Counts, receiving: &mut Counts) {
    for draft in slices.create.iter_mut().chain(&mut slices.update) {
        for endpoint in draft
            .endpoints
            .iter_mut()
            .filter(|endpoint| is_ready(endpoint))
        {
            let from = endpoint.zone.clone().unwrap_or_default();
            let Some(left) = giving.get_mut(&from).filter(|left| **left > 0) else {
                continue;
            };
            let Some((to, wanted)) = receiving.iter_mut().find(|(_, wanted)| **wanted > 0) else {
                return;
            };
            Rc::make_mut(endpoint).hints = hints(Some(to), None);
            *left -= 1;
            *wanted -= 1;
        }
    }
}
