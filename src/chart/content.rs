//! What each island holds before anything has a place: which objects are drawn, grouped or left out.
//!
//! Services that share Pods stand in one band with these Pods. Where there are many Pods, those of a workload stand for one
//! another: the first few are drawn, and all that are not ready as far as there is room; the rest is counted.

use super::behind::{Behind, Finder};
use super::marks::{is_client, pod_mark, service_mark};
use super::scene::{Island, More, Pier, PodMark, PodState, Point, Scene, ServiceMark, Symbol};
use super::wish::Wish;
use crate::api::{Object, kind};
use crate::cluster::ClusterView;
use crate::kernel::{Arrange, BTreeMap, BTreeSet};
use crate::store::Tables;
use crate::words::{count, fill, words};
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

    /// The island as it begins, whichever way the lanes run: its shore, where routes meet it as a whole.
    pub(super) fn island(&self, (x, top): Point, width: i32, scene: &mut Scene) -> Island {
        let shore = ((x, top + 18), (x, top + 18));
        let place = format!("namespace//{}", self.namespace);
        scene.anchors.insert(place, shore);
        Island {
            name: self.namespace.clone(),
            summary: self.summary.clone(),
            x,
            y: top,
            width,
            ..Island::default()
        }
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
        let services = count(services, words().one_service, words().many_services);
        let pods = count(pods, words().one_pod, words().many_pods);
        let summary = match unready {
            0 => fill(words().holds, &[&services, &pods]),
            _ => fill(
                words().holds_unready,
                &[&services, &pods, &unready.to_string()],
            ),
        };
        *self = Self {
            namespace: std::mem::take(&mut self.namespace),
            summary,
            ..Self::default()
        };
    }
}

/// The objects of one namespace, while it is decided what is drawn of them. Pods go by their number in the order of
/// their names, so that ten thousand of them are told apart without a look at their names.
struct Gathering<'a> {
    view: &'a ClusterView,
    wish: &'a Wish,
    namespace: &'a str,
    grouped: bool,
    pods: Vec<&'a Rc<Object>>,
    services: Vec<Behind<'a>>,
    /// The workloads by the name of what controls their Pods: the place, if these Pods stand for one another.
    owners: BTreeMap<&'a str, Option<String>>,
    /// By Pod, which of the places it is drawn or counted at, once that is decided.
    stands: Vec<Option<usize>>,
    places: Vec<String>,
}

impl<'a> Gathering<'a> {
    fn new(view: &'a ClusterView, wish: &'a Wish, namespace: &'a str, grouped: bool) -> Self {
        let tables = &view.tables;
        let pods: Vec<&Rc<Object>> = tables.in_namespace(kind::POD, namespace).collect();
        let services = tables
            .in_namespace(kind::SERVICE, namespace)
            .filter(|object| !(namespace == "default" && object.meta.name == "kubernetes"))
            .filter_map(|object| Some(Behind::new(tables, &pods, object, object.service()?)))
            .collect();
        Self {
            view,
            wish,
            namespace,
            grouped,
            services,
            owners: BTreeMap::new(),
            stands: vec![None; pods.len()],
            places: Vec::new(),
            pods,
        }
    }

    fn content(mut self) -> Content {
        let mut clients = Vec::new();
        // Each Pod that is drawn stands in the band of a Service, or in the last one.
        let band_of = self.bands();
        let bands = band_of.iter().max().map_or(0, |most| most + 1);
        let mut pods: Vec<Vec<usize>> = vec![Vec::new(); bands + 1];
        let mut of_pod: Vec<Option<usize>> = vec![None; self.pods.len()];
        for (behind, band) in self.services.iter().zip(&band_of) {
            for pod in &behind.pods {
                if let Some(slot) = of_pod.get_mut(*pod) {
                    *slot = Some(*band);
                }
            }
        }
        // Pods of one controller have one template, and follow each other.
        let mut known: (Option<&str>, bool) = (None, false);
        for (index, (object, band)) in self.pods.iter().zip(&of_pod).enumerate() {
            let Some(pod) = object.pod().filter(|pod| !pod.is_finished()) else {
                continue;
            };
            if !self.shows_pod(index, object, band.is_some()) {
                continue;
            }
            let owner = object.meta.controller().map(|owner| owner.name.as_str());
            if band.is_none() && (owner.is_none() || owner != known.0) {
                known = (owner, is_client(pod));
            }
            if band.is_none() && known.1 {
                clients.push(pod_mark(object, pod, true));
            } else if let Some(slot) = pods.get_mut(band.unwrap_or(bands)) {
                slot.push(index);
            }
        }
        let mut loose = Vec::new();
        for (band, pods) in pods.iter().enumerate() {
            let members = band_of.iter().enumerate().filter(|(_, b)| **b == band);
            let members: Vec<usize> = members.map(|(i, _)| i).collect();
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
    fn bands(&self) -> Vec<usize> {
        let mut band_of: Vec<usize> = Vec::new();
        let mut owner: Vec<Option<usize>> = vec![None; self.pods.len()];
        let mut next = 0;
        for behind in &self.services {
            let pods = || behind.pods.iter();
            let shared: BTreeSet<usize> = pods()
                .filter_map(|pod| owner.get(*pod).copied().flatten())
                .collect();
            let own = shared.first().copied().unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            for other in shared.iter().filter(|band| **band != own) {
                let known = owner.iter_mut().flatten();
                for band in band_of.iter_mut().chain(known).filter(|b| **b == *other) {
                    *band = own;
                }
            }
            for pod in pods() {
                if let Some(slot) = owner.get_mut(*pod) {
                    *slot = Some(own);
                }
            }
            band_of.push(own);
        }
        band_of
    }

    /// Whether a Pod passes the filter, or belongs to a Service that does.
    fn shows_pod(&self, index: usize, object: &Object, selected: bool) -> bool {
        let filter = &self.wish.filter;
        if let Some(only) = &self.wish.only {
            return self.is_connected(index, object, only);
        }
        if !filter.has_kind(kind::POD) {
            return false;
        }
        if !filter.has_selector() || filter.matches(&object.meta) {
            return true;
        }
        selected
            && filter.kinds.is_empty()
            && self
                .services
                .iter()
                .any(|behind| behind.pods.contains(&index) && filter.matches(&behind.object.meta))
    }

    /// Whether a Pod is the place, or has a Service in common with it, or belongs to it.
    fn is_connected(&self, index: usize, object: &Object, only: &str) -> bool {
        let own = format!("pod/{}/{}", self.namespace, object.meta.name);
        let through = self
            .services
            .iter()
            .any(|behind| behind.pods.contains(&index) && self.service_touches(behind, only));
        through
            || own == only
            || object
                .meta
                .controller()
                .is_some_and(|owner| only.ends_with(&format!("/{}/{}", self.namespace, owner.name)))
    }

    fn service_touches(&self, behind: &Behind<'_>, only: &str) -> bool {
        let namespace = self.namespace;
        let name = &behind.object.meta.name;
        let is_own = only == format!("service/{namespace}/{name}");
        let pod = only.strip_prefix(&format!("pod/{namespace}/"));
        let pod = pod.and_then(|pod| Finder::new(&self.pods).find(pod));
        let slice = only.strip_prefix(&format!("endpointslice/{namespace}/"));
        is_own
            || pod.is_some_and(|pod| behind.pods.contains(&pod))
            || slice.is_some_and(|slice| {
                let slices = self.view.tables.slices_of(namespace, name);
                slices.iter().any(|object| object.meta.name == slice)
            })
    }

    fn shows_service(&self, behind: &Behind<'_>, has_pods: bool) -> bool {
        let object = behind.object;
        if let Some(only) = &self.wish.only {
            return self.service_touches(behind, only);
        }
        let filter = &self.wish.filter;
        let kinds = filter.has_kind(kind::SERVICE) || filter.has_kind(kind::ENDPOINT_SLICE);
        kinds && (!filter.has_selector() || filter.matches(&object.meta) || has_pods)
    }

    fn band(&mut self, members: &[usize], pods: &[usize], selected: bool) -> Loose {
        let mut loose = Loose {
            piers: self.piers(pods, selected),
            ..Loose::default()
        };
        let stands = |pod: &usize| self.stands.get(*pod).copied().flatten();
        for index in members {
            let Some(behind) = self.services.get(*index) else {
                continue;
            };
            let present = behind.pods.iter().any(|pod| stands(pod).is_some());
            if !self.shows_service(behind, present) {
                continue;
            }
            let listed: BTreeSet<usize> = behind.listed.iter().filter_map(stands).collect();
            let places = listed.iter().filter_map(|place| self.places.get(*place));
            let mut places: Vec<String> = places.cloned().collect();
            places.arrange();
            loose.listed.push(places);
            let mark = service_mark(self.view, behind.object, behind.service);
            loose.services.push(mark);
        }
        loose
    }

    /// Pods as piers; each Pod gets the place at which it is drawn or counted.
    fn piers(&mut self, pods: &[usize], selected: bool) -> Vec<Pier> {
        let mut on_nodes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        // Pods of one controller follow each other.
        let mut run: (Option<&str>, Vec<usize>) = (None, Vec::new());
        for index in pods {
            let Some(object) = self.pods.get(*index).copied() else {
                continue;
            };
            let Some(pod) = object.pod() else { continue };
            let owner = object.meta.controller().map(|owner| owner.name.as_str());
            if self.group(object).is_none() {
                let node = on_nodes.entry(&pod.spec.node_name);
                node.or_default().push(*index);
            } else if run.0 == owner {
                run.1.push(*index);
            } else {
                self.end_run(
                    std::mem::replace(&mut run, (owner, vec![*index])),
                    &mut groups,
                );
            }
        }
        self.end_run(run, &mut groups);
        let mut piers = Vec::new();
        for (workload, pods) in groups {
            let objects = pods.iter().filter_map(|pod| self.pods.get(*pod));
            let nodes: BTreeSet<&str> = objects
                .filter_map(|o| o.pod())
                .map(|p| p.spec.node_name.as_str())
                .filter(|n| !n.is_empty())
                .collect();
            let name = workload.rsplit('/').next().unwrap_or_default().to_owned();
            let title = match nodes.len() {
                0 => name,
                1 => {
                    let node = nodes.first().copied().unwrap_or_default();
                    fill(words().on_one_node, &[&name, node])
                }
                count => fill(words().on_many_nodes, &[&name, &count.to_string()]),
            };
            let pier = Pier {
                title,
                place: workload.clone(),
                key: workload,
                ..Pier::default()
            };
            piers.push(self.fill(pier, &pods, MOST_IN_GROUP, selected));
        }
        for (node, pods) in on_nodes {
            let place = format!("node//{node}");
            let room = if self.wish.toggled.contains(&place) {
                usize::MAX
            } else {
                MOST_ON_PIER
            };
            piers.push(self.fill(self.pier_of(node), &pods, room, selected));
        }
        piers
    }

    /// Adds Pods that follow each other to the group of their workload.
    fn end_run(
        &self,
        (owner, pods): (Option<&str>, Vec<usize>),
        groups: &mut BTreeMap<String, Vec<usize>>,
    ) {
        let place = owner.and_then(|owner| self.owners.get(owner)?.clone());
        if let Some(place) = place {
            groups.entry(place).or_default().extend(pods);
        }
    }

    /// The workload whose Pods stand for one another, if a Pod belongs to such a one.
    fn group(&mut self, pod: &'a Object) -> Option<&str> {
        let owner = pod.meta.controller()?;
        let (tables, toggled, grouped) = (&self.view.tables, &self.wish.toggled, self.grouped);
        let entry = self.owners.entry(owner.name.as_str()).or_insert_with(|| {
            workload_of(tables, pod).filter(|workload| grouped != toggled.contains(workload))
        });
        entry.as_deref()
    }

    /// Puts Pods on a pier: all as far as there is room, otherwise the first ones and those that are not ready.
    fn fill(&mut self, mut pier: Pier, pods: &[usize], room: usize, selected: bool) -> Pier {
        let is_whole = pods.len() <= room;
        let mut unready_room = MOST_UNREADY;
        let mut more = More {
            place: pier.place.clone(),
            ..More::default()
        };
        let in_system = self.namespace == "kube-system";
        let counted = self.places.len();
        self.places.push(pier.key.clone());
        for (index, number) in pods.iter().enumerate() {
            let (Some(object), Some(slot)) = (self.pods.get(*number), self.stands.get_mut(*number))
            else {
                continue;
            };
            let Some(pod) = object.pod() else { continue };
            let is_unready = !pod.is_ready();
            let is_drawn =
                is_whole || index < room.min(MOST_ON_PIER) || (is_unready && unready_room > 0);
            if is_drawn {
                if index >= room && is_unready {
                    unready_room -= 1;
                }
                let mark = pod_mark(object, pod, selected || in_system);
                *slot = Some(self.places.len());
                self.places.push(mark.place.clone());
                pier.pods.push(mark);
            } else {
                more.count += 1;
                more.unready += usize::from(is_unready);
                *slot = Some(counted);
            }
        }
        pier.more = (more.count > 0).then_some(more);
        pier
    }

    fn pier_of(&self, node: &str) -> Pier {
        let title = if node.is_empty() {
            words().no_node
        } else {
            node
        };
        let object = self.view.tables.find(kind::NODE, "", node);
        let note = match object.and_then(|object| object.node()) {
            Some(node) if !node.is_ready() => words().not_ready,
            Some(node) if node.spec.unschedulable => words().cordoned,
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
