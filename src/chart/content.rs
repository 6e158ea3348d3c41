//! What each island holds before anything has a place: which objects are drawn, grouped or left out.
//!
//! Services that share Pods stand in one band with these Pods. Where there are many Pods, those of a workload stand for one
//! another: the first few are drawn, and all that are not ready as far as there is room; the rest is counted.

use super::marks::{is_client, pod_mark, service_mark};
use super::scene::{More, Pier, PodMark, PodState, ServiceMark, Symbol};
use super::wish::Wish;
use crate::api::service::Service;
use crate::api::{Object, kind};
use crate::cluster::ClusterView;
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::Tables;
use std::rc::Rc;

/// With more objects than this the Pods of a workload are grouped.
const MANY: usize = 150;
/// With more drawn than this, islands are folded, the largest first.
const MOST: usize = 500;
/// How many Pods of a node, and of a grouped workload, are drawn before the rest is counted.
const MOST_ON_PIER: usize = 12;
const MOST_IN_GROUP: usize = 3;
/// How many Pods that are not ready a group draws besides.
const MOST_UNREADY: usize = 6;

/// What an island holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) namespace: String,
    pub(super) clients: Vec<PodMark>,
    pub(super) bands: Vec<Loose>,
    pub(super) summary: String,
}

/// A band before it has a place.
#[derive(Clone, Debug, Default)]
pub(super) struct Loose {
    pub(super) services: Vec<ServiceMark>,
    pub(super) piers: Vec<Pier>,
    /// By Service, the places that its slices list, or of the rows that stand for them.
    pub(super) listed: Vec<Vec<String>>,
}

impl Content {
    pub(super) fn is_system(&self) -> bool {
        self.namespace == "kube-system"
    }

    fn drawn(&self) -> usize {
        let pods = |band: &Loose| band.piers.iter().map(|pier| pier.pods.len()).sum::<usize>();
        let services = |band: &Loose| {
            band.services
                .iter()
                .map(|s| 1 + s.slices.len())
                .sum::<usize>()
        };
        self.clients.len()
            + self
                .bands
                .iter()
                .map(|b| pods(b) + services(b))
                .sum::<usize>()
    }
}

impl Contents {
    /// Whether something is reached from outside: a node port or a load balancer.
    pub(super) fn is_published(&self) -> bool {
        let services = self
            .islands
            .iter()
            .flat_map(|island| &island.bands)
            .flat_map(|band| &band.services);
        services
            .into_iter()
            .any(|service| matches!(service.symbol, Symbol::NodePort | Symbol::Balancer))
    }
}

/// The contents of all islands, with how much there is and how much of it is drawn.
pub(super) struct Contents {
    pub(super) islands: Vec<Content>,
    pub(super) total: usize,
    pub(super) drawn: usize,
}

/// What each namespace shows, cluster DNS first, then by name.
pub(super) fn contents(view: &ClusterView, wish: &Wish) -> Contents {
    let tables = &view.tables;
    let total =
        tables.count(kind::POD) + tables.count(kind::SERVICE) + tables.count(kind::ENDPOINT_SLICE);
    let mut names: BTreeSet<&str> = BTreeSet::from(["default", "kube-system"]);
    for kind in [kind::POD, kind::SERVICE] {
        names.extend(
            tables
                .all(kind)
                .map(|object| object.meta.namespace.as_str()),
        );
    }
    let system = names.remove("kube-system").then_some("kube-system");
    let order = system.into_iter().chain(names);
    let mut islands: Vec<Content> = order
        .filter(|name| wish.filter.has_namespace(name))
        .map(|name| Gathering::new(view, wish, name, total > MANY).content())
        .filter(|content| wish.only.is_none() && wish.filter.is_empty() || content.drawn() > 0)
        .collect();
    fold(&mut islands, wish);
    let drawn = islands.iter().map(Content::drawn).sum();
    Contents {
        islands,
        total,
        drawn,
    }
}

/// Folds islands: those that a reader folded, and the largest ones while too much is drawn.
fn fold(islands: &mut [Content], wish: &Wish) {
    let is_toggled = |content: &Content| {
        wish.toggled
            .contains(&format!("namespace//{}", content.namespace))
    };
    let mut drawn: usize = islands.iter().map(Content::drawn).sum();
    let mut order: Vec<usize> = (0..islands.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(islands.get(*i).map_or(0, Content::drawn)));
    for i in order {
        let Some(content) = islands.get_mut(i) else {
            continue;
        };
        let many = drawn > MOST && !content.is_system();
        if many != is_toggled(content) {
            drawn -= content.drawn();
            content.fold();
        }
    }
}

impl Content {
    /// Leaves of an island a line that says what it holds.
    fn fold(&mut self) {
        let services: usize = self.bands.iter().map(|band| band.services.len()).sum();
        let piers = || self.bands.iter().flat_map(|band| &band.piers);
        let marks = || piers().flat_map(|pier| &pier.pods).chain(&self.clients);
        let more = || piers().filter_map(|pier| pier.more.as_ref());
        let pods = marks().count() + more().map(|more| more.count).sum::<usize>();
        let unready = marks().filter(|pod| pod.state == PodState::Unready).count()
            + more().map(|more| more.unready).sum::<usize>();
        let plural = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            _ => format!("{count} {word}s"),
        };
        let mut summary = format!("{}, {}", plural(services, "Service"), plural(pods, "Pod"));
        if unready > 0 {
            summary.push_str(&format!(", {unready} not ready"));
        }
        *self = Self {
            namespace: std::mem::take(&mut self.namespace),
            summary,
            ..Self::default()
        };
    }
}

/// The objects of one namespace, while it is decided what is drawn of them.
struct Gathering<'a> {
    view: &'a ClusterView,
    wish: &'a Wish,
    namespace: &'a str,
    grouped: bool,
    /// The Services, each with the names of the Pods that it selects or lists.
    services: Vec<(&'a Rc<Object>, &'a Service, BTreeSet<&'a str>)>,
    /// The workloads of Pods, by the name of what controls them.
    owners: BTreeMap<&'a str, Option<String>>,
}

impl<'a> Gathering<'a> {
    fn new(view: &'a ClusterView, wish: &'a Wish, namespace: &'a str, grouped: bool) -> Self {
        let tables = &view.tables;
        let services = tables
            .in_namespace(kind::SERVICE, namespace)
            .filter(|object| !(namespace == "default" && object.meta.name == "kubernetes"))
            .filter_map(|object| {
                let service = object.service()?;
                Some((object, service, behind(tables, object, service)))
            })
            .collect();
        Self {
            view,
            wish,
            namespace,
            grouped,
            services,
            owners: BTreeMap::new(),
        }
    }

    fn content(mut self) -> Content {
        let mut clients = Vec::new();
        // Each Pod that is drawn stands in the band of a Service, or in the last one.
        let band_of = self.bands();
        let bands = band_of.values().max().map_or(0, |most| most + 1);
        let mut pods: Vec<Vec<&'a Rc<Object>>> = vec![Vec::new(); bands + 1];
        let mut of_pod: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, (_, _, names)) in self.services.iter().enumerate() {
            let band = band_of.get(&index).copied().unwrap_or(bands);
            names.iter().for_each(|name| {
                of_pod.insert(name, band);
            });
        }
        for object in self.view.tables.in_namespace(kind::POD, self.namespace) {
            let Some(pod) = object.pod().filter(|pod| !pod.is_finished()) else {
                continue;
            };
            let band = of_pod.get(object.meta.name.as_str()).copied();
            if !self.shows_pod(object, band.is_some()) {
                continue;
            }
            if band.is_none() && is_client(pod) {
                clients.push(pod_mark(object, pod, true));
            } else if let Some(slot) = pods.get_mut(band.unwrap_or(bands)) {
                slot.push(object);
            }
        }
        let mut loose = Vec::new();
        for (band, pods) in pods.iter().enumerate() {
            let members: Vec<usize> = band_of
                .iter()
                .filter(|(_, b)| **b == band)
                .map(|(i, _)| *i)
                .collect();
            let made = self.band(&members, pods, band < bands);
            if !made.services.is_empty() || !made.piers.is_empty() {
                loose.push(made);
            }
        }
        if loose.iter().all(|band| band.piers.is_empty())
            && self.namespace == "default"
            && self.is_unfiltered()
        {
            self.add_empty_piers(&mut loose);
        }
        Content {
            namespace: self.namespace.to_owned(),
            clients,
            bands: loose,
            summary: String::new(),
        }
    }

    fn is_unfiltered(&self) -> bool {
        self.wish.filter.is_empty() && self.wish.only.is_none()
    }

    /// Which Services share a band: those that share a Pod, numbered by their first one.
    fn bands(&self) -> BTreeMap<usize, usize> {
        let mut band_of: BTreeMap<usize, usize> = BTreeMap::new();
        let mut owner: BTreeMap<&str, usize> = BTreeMap::new();
        let mut next = 0;
        for (index, (_, _, names)) in self.services.iter().enumerate() {
            let shared: BTreeSet<usize> = names
                .iter()
                .filter_map(|name| owner.get(name).copied())
                .collect();
            let own = shared.first().copied().unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            for other in shared.iter().filter(|band| **band != own) {
                for band in band_of
                    .values_mut()
                    .chain(owner.values_mut())
                    .filter(|b| **b == *other)
                {
                    *band = own;
                }
            }
            names.iter().for_each(|name| {
                owner.insert(name, own);
            });
            band_of.insert(index, own);
        }
        band_of
    }

    /// Whether a Pod passes the filter, or belongs to a Service that does.
    fn shows_pod(&self, object: &Object, selected: bool) -> bool {
        let filter = &self.wish.filter;
        if let Some(only) = &self.wish.only {
            return self.is_connected(object, only);
        }
        if !filter.has_kind(kind::POD) {
            return false;
        }
        if !filter.has_selector() || filter.matches(&object.meta) {
            return true;
        }
        selected
            && filter.kinds.is_empty()
            && self.services.iter().any(|(service, _, names)| {
                names.contains(object.meta.name.as_str()) && filter.matches(&service.meta)
            })
    }

    /// Whether a Pod is the place, or has a Service in common with it, or belongs to it.
    fn is_connected(&self, object: &Object, only: &str) -> bool {
        let own = format!("pod/{}/{}", self.namespace, object.meta.name);
        let through = self.services.iter().any(|(service, _, names)| {
            names.contains(object.meta.name.as_str()) && self.service_touches(service, names, only)
        });
        through
            || own == only
            || object
                .meta
                .controller()
                .is_some_and(|owner| only.ends_with(&format!("/{}/{}", self.namespace, owner.name)))
    }

    fn service_touches(&self, service: &Object, names: &BTreeSet<&str>, only: &str) -> bool {
        let namespace = self.namespace;
        let name = &service.meta.name;
        let is_own = only == format!("service/{namespace}/{name}");
        let pod = only.strip_prefix(&format!("pod/{namespace}/"));
        let slice = only.strip_prefix(&format!("endpointslice/{namespace}/"));
        is_own
            || pod.is_some_and(|pod| names.contains(pod))
            || slice.is_some_and(|slice| {
                let slices = self.view.tables.slices_of(namespace, name);
                slices.iter().any(|object| object.meta.name == slice)
            })
    }

    fn shows_service(&self, index: usize, has_pods: bool) -> bool {
        let Some((object, _, names)) = self.services.get(index) else {
            return false;
        };
        if let Some(only) = &self.wish.only {
            return self.service_touches(object, names, only);
        }
        let filter = &self.wish.filter;
        let kinds = filter.has_kind(kind::SERVICE) || filter.has_kind(kind::ENDPOINT_SLICE);
        kinds && (!filter.has_selector() || filter.matches(&object.meta) || has_pods)
    }

    fn band(&mut self, members: &[usize], pods: &[&'a Rc<Object>], selected: bool) -> Loose {
        let mut stands_for = BTreeMap::new();
        let piers = self.piers(pods, selected, &mut stands_for);
        let mut loose = Loose {
            piers,
            ..Loose::default()
        };
        for index in members {
            let Some((object, service, names)) = self.services.get(*index) else {
                continue;
            };
            let present: BTreeSet<&str> = names
                .iter()
                .filter_map(|name| stands_for.get(*name).map(String::as_str))
                .collect();
            if !self.shows_service(*index, !present.is_empty()) {
                continue;
            }
            let (mark, listed) = service_mark(self.view, object, service);
            let listed: BTreeSet<&String> = listed
                .iter()
                .filter_map(|name| stands_for.get(*name))
                .collect();
            loose.listed.push(listed.into_iter().cloned().collect());
            loose.services.push(mark);
        }
        loose
    }

    /// Pods as piers; `stands_for` gets, for each Pod, the place at which it is drawn or counted.
    fn piers(
        &mut self,
        pods: &[&'a Rc<Object>],
        selected: bool,
        stands_for: &mut BTreeMap<&'a str, String>,
    ) -> Vec<Pier> {
        let mut on_nodes: BTreeMap<&str, Vec<&'a Rc<Object>>> = BTreeMap::new();
        let mut groups: BTreeMap<String, Vec<&'a Rc<Object>>> = BTreeMap::new();
        for object in pods {
            let Some(pod) = object.pod() else { continue };
            match self.workload(object) {
                Some(workload) if self.grouped != self.wish.toggled.contains(&workload) => {
                    groups.entry(workload).or_default().push(object);
                }
                _ => on_nodes
                    .entry(&pod.spec.node_name)
                    .or_default()
                    .push(object),
            }
        }
        let mut piers = Vec::new();
        for (workload, pods) in groups {
            let nodes: BTreeSet<&str> = pods
                .iter()
                .filter_map(|o| o.pod())
                .map(|p| p.spec.node_name.as_str())
                .filter(|n| !n.is_empty())
                .collect();
            let name = workload.rsplit('/').next().unwrap_or_default().to_owned();
            let title = match nodes.len() {
                0 => name,
                1 => format!("{name} on {}", nodes.first().copied().unwrap_or_default()),
                count => format!("{name} on {count} nodes"),
            };
            let pier = Pier {
                title,
                place: workload.clone(),
                key: workload,
                ..Pier::default()
            };
            piers.push(fill(pier, &pods, MOST_IN_GROUP, selected, stands_for));
        }
        for (node, pods) in on_nodes {
            let place = format!("node//{node}");
            let room = if self.wish.toggled.contains(&place) {
                usize::MAX
            } else {
                MOST_ON_PIER
            };
            piers.push(fill(self.pier_of(node), &pods, room, selected, stands_for));
        }
        piers
    }

    fn pier_of(&self, node: &str) -> Pier {
        let title = if node.is_empty() { "no node yet" } else { node };
        let object = self.view.tables.find(kind::NODE, "", node);
        let note = match object.and_then(|object| object.node()) {
            Some(node) if !node.is_ready() => "not ready",
            Some(node) if node.spec.unschedulable => "cordoned",
            Some(_) | None => "",
        };
        Pier {
            title: title.to_owned(),
            key: format!("{}|node//{node}", self.namespace),
            place: format!("node//{node}"),
            note,
            ..Pier::default()
        }
    }

    fn workload(&mut self, pod: &'a Object) -> Option<String> {
        let owner = pod.meta.controller()?;
        let tables = &self.view.tables;
        let entry = self.owners.entry(owner.name.as_str());
        let entry = entry.or_insert_with(|| workload_of(tables, pod));
        entry.clone()
    }

    /// Two nodes without Pods, so that an empty cluster shows where Pods would be.
    fn add_empty_piers(&self, loose: &mut Vec<Loose>) {
        let nodes = self.view.tables.all(kind::NODE);
        let workers = nodes.filter(|n| n.node().is_some_and(|n| n.spec.taints.is_empty()));
        let piers: Vec<Pier> = workers
            .take(2)
            .map(|node| self.pier_of(&node.meta.name))
            .collect();
        match loose.first_mut() {
            Some(band) => band.piers = piers,
            None => loose.push(Loose {
                piers,
                ..Loose::default()
            }),
        }
    }
}

/// The names of the Pods that a Service selects or whose addresses its slices list.
fn behind<'a>(tables: &'a Tables, object: &'a Object, service: &'a Service) -> BTreeSet<&'a str> {
    let namespace = &object.meta.namespace;
    let mut names: BTreeSet<&str> = tables
        .pods_with(namespace, &service.spec.selector)
        .into_iter()
        .map(|pod| pod.meta.name.as_str())
        .collect();
    for slice in tables.slices_of(namespace, &object.meta.name) {
        let endpoints = slice.slice().map(|slice| slice.endpoints());
        let listed = endpoints
            .into_iter()
            .flatten()
            .filter_map(|e| e.target_ref.as_ref());
        names.extend(listed.filter(|t| t.kind == "Pod").map(|t| t.name.as_str()));
    }
    names
}

/// The workload that a Pod belongs to: its Deployment rather than the `ReplicaSet` in between.
pub(super) fn workload_of(tables: &Tables, pod: &Object) -> Option<String> {
    let owner = pod.meta.controller()?;
    let namespace = &pod.meta.namespace;
    let set = tables.find(kind::REPLICA_SET, namespace, &owner.name);
    let top = set.and_then(|set| set.meta.controller()).unwrap_or(owner);
    Some(format!(
        "{}/{namespace}/{}",
        top.kind.to_ascii_lowercase(),
        top.name
    ))
}

/// Puts Pods on a pier: all as far as there is room, otherwise the first ones and those that are not ready.
fn fill<'a>(
    mut pier: Pier,
    pods: &[&'a Rc<Object>],
    room: usize,
    selected: bool,
    stands_for: &mut BTreeMap<&'a str, String>,
) -> Pier {
    let is_whole = pods.len() <= room;
    let mut unready_room = MOST_UNREADY;
    let mut more = More {
        place: pier.place.clone(),
        ..More::default()
    };
    let in_system = pods
        .first()
        .is_some_and(|pod| pod.meta.namespace == "kube-system");
    for (index, object) in pods.iter().enumerate() {
        let Some(pod) = object.pod() else { continue };
        let is_unready = !pod.is_ready();
        let is_drawn =
            is_whole || index < room.min(MOST_ON_PIER) || (is_unready && unready_room > 0);
        if is_drawn {
            if index >= room && is_unready {
                unready_room -= 1;
            }
            let mark = pod_mark(object, pod, selected || in_system);
            stands_for.insert(&object.meta.name, mark.place.clone());
            pier.pods.push(mark);
        } else {
            more.count += 1;
            more.unready += usize::from(is_unready);
            stands_for.insert(&object.meta.name, pier.key.clone());
        }
    }
    pier.more = (more.count > 0).then_some(more);
    pier
}
