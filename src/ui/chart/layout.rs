//! Where everything stands on the chart: a pure function of the cluster's view.
//!
//! Lanes run with the packet: Outside, Client, Name, Service, `EndpointSlice`, Pods on Nodes. A namespace is an island, a
//! node a pier inside each island that has Pods on it.

use super::scene::{Island, Pier, PodMark, PodState, Scene, ServiceMark, Shape, Symbol};
use crate::api::image::{Main, main_program};
use crate::api::pod::Pod;
use crate::api::service::{Service, ServiceType};
use crate::api::{Object, kind};
use crate::cluster::ClusterView;
use crate::kernel::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How many Pods of a node are drawn before the rest is counted.
const MOST_PODS: usize = 12;

/// What an island holds before it has a place.
pub(super) struct Content {
    pub(super) namespace: String,
    pub(super) clients: Vec<PodMark>,
    pub(super) services: Vec<ServiceMark>,
    pub(super) piers: Vec<Pier>,
    pub(super) is_system: bool,
}

/// Lays a view out.
pub(super) fn scene(view: &ClusterView, shape: Shape) -> Scene {
    let contents = contents(view);
    match shape {
        Shape::Wide => wide(&contents, false),
        Shape::Compact => wide(&contents, true),
        Shape::Tall => super::tall::scene(&contents),
    }
}

/// What each namespace shows, cluster DNS first, then by name.
fn contents(view: &ClusterView) -> Vec<Content> {
    let mut names: BTreeSet<&str> = BTreeSet::from(["default", "kube-system"]);
    names.extend(
        view.tables
            .all(kind::POD)
            .map(|pod| pod.meta.namespace.as_str()),
    );
    names.extend(
        view.tables
            .all(kind::SERVICE)
            .map(|service| service.meta.namespace.as_str()),
    );
    let mut order: Vec<&str> = names
        .into_iter()
        .filter(|name| *name != "kube-system")
        .collect();
    order.insert(0, "kube-system");
    order.into_iter().map(|name| content(view, name)).collect()
}

fn content(view: &ClusterView, namespace: &str) -> Content {
    let tables = &view.tables;
    let services: Vec<ServiceMark> = tables
        .in_namespace(kind::SERVICE, namespace)
        .filter(|object| !(namespace == "default" && object.meta.name == "kubernetes"))
        .filter_map(|object| Some(service_mark(view, object, object.service()?)))
        .collect();
    let behind: BTreeSet<&str> = services
        .iter()
        .flat_map(|s| s.endpoints.iter().map(String::as_str))
        .collect();
    let mut clients = Vec::new();
    let mut on_nodes: BTreeMap<String, Vec<PodMark>> = BTreeMap::new();
    for object in tables.in_namespace(kind::POD, namespace) {
        let Some(pod) = object.pod().filter(|pod| !pod.is_finished()) else {
            continue;
        };
        let place = format!("pod/{namespace}/{}", object.meta.name);
        let selected = behind.contains(place.as_str());
        let shell = pod
            .spec
            .containers
            .first()
            .is_some_and(|c| main_program(c) == Main::Shell);
        let mark = pod_mark(object, pod, place, selected || namespace == "kube-system");
        if shell && !selected {
            clients.push(mark);
        } else {
            on_nodes
                .entry(pod.spec.node_name.clone())
                .or_default()
                .push(mark);
        }
    }
    let mut piers: Vec<Pier> = on_nodes
        .into_iter()
        .map(|(node, pods)| pier(node, pods))
        .collect();
    if piers.is_empty() && namespace == "default" {
        let workers = tables
            .all(kind::NODE)
            .filter(|n| n.node().is_some_and(|n| n.spec.taints.is_empty()));
        piers = workers
            .take(2)
            .map(|node| pier(node.meta.name.clone(), Vec::new()))
            .collect();
    }
    Content {
        namespace: namespace.to_owned(),
        clients,
        services,
        piers,
        is_system: namespace == "kube-system",
    }
}

fn pier(node: String, mut pods: Vec<PodMark>) -> Pier {
    let more = pods.len().saturating_sub(MOST_PODS);
    pods.truncate(MOST_PODS);
    Pier {
        node: if node.is_empty() {
            "no node yet".to_owned()
        } else {
            node
        },
        pods,
        more,
        ..Pier::default()
    }
}

fn pod_mark(object: &Object, pod: &Pod, place: String, selected: bool) -> PodMark {
    let state = if object.meta.is_terminating() {
        PodState::Ending
    } else if !pod.is_ready() {
        PodState::Unready
    } else if selected {
        PodState::Ready
    } else {
        PodState::Afloat
    };
    PodMark {
        place,
        name: object.meta.name.clone(),
        label: short(&object.meta.name, 15),
        address: pod.status.pod_ip.clone(),
        node: pod.spec.node_name.clone(),
        state,
        ..PodMark::default()
    }
}

fn service_mark(view: &ClusterView, object: &Rc<Object>, service: &Service) -> ServiceMark {
    let namespace = &object.meta.namespace;
    let slices = view.tables.slices_of(namespace, &object.meta.name);
    let all: Vec<_> = slices
        .iter()
        .filter_map(|o| o.slice())
        .flat_map(|slice| slice.endpoints())
        .collect();
    let ready = all.iter().filter(|e| e.conditions.is_ready()).count();
    let endpoints = all
        .iter()
        .filter_map(|e| e.target_ref.as_ref())
        .map(|t| format!("pod/{}/{}", t.namespace, t.name));
    let spec = &service.spec;
    let symbol = match spec.service_type() {
        ServiceType::ExternalName => Symbol::External,
        ServiceType::NodePort => Symbol::NodePort,
        ServiceType::LoadBalancer => Symbol::Balancer,
        ServiceType::ClusterIp if spec.is_headless() => Symbol::Headless,
        ServiceType::ClusterIp => Symbol::Light,
    };
    let address = match spec.service_type() {
        ServiceType::ExternalName => spec.external_name.clone(),
        _ if spec.is_headless() => "headless".to_owned(),
        _ => spec.cluster_ip.clone(),
    };
    let slice_name = match slices.as_slice() {
        [] => String::new(),
        [one] => short(&one.meta.name, 15),
        many => format!("{} slices", many.len()),
    };
    ServiceMark {
        place: format!("service/{namespace}/{}", object.meta.name),
        name: object.meta.name.clone(),
        label: short(&object.meta.name, 16),
        address,
        symbol,
        ports: spec.ports.iter().map(|port| (port.port, 0)).collect(),
        slices: slices
            .iter()
            .map(|o| format!("endpointslice/{namespace}/{}", o.meta.name))
            .collect(),
        slice_name,
        ready,
        total: all.len(),
        endpoints: endpoints.collect(),
        is_dns: namespace == "kube-system" && object.meta.name == "kube-dns",
        ..ServiceMark::default()
    }
}

/// A name cut in its middle to at most `most` characters: `redis-…-4kx2m`.
pub(super) fn short(name: &str, most: usize) -> String {
    let count = name.chars().count();
    if count <= most {
        return name.to_owned();
    }
    let tail: String = name.chars().skip(count.saturating_sub(5)).collect();
    let room = most.saturating_sub(8);
    let first = name.split('-').next().unwrap_or_default();
    let head: String = first.chars().take(room.max(1)).collect();
    if name.contains('-') {
        format!("{head}-…-{tail}")
    } else {
        format!("{head}…{tail}")
    }
}

/// The lanes of the wide chart: title, left edge, whether its neat line is dark.
const LANES: &[(&str, i32)] = &[
    ("Outside", 12),
    ("Client", 100),
    ("Name (DNS)", 220),
    ("Service", 372),
    ("EndpointSlice", 508),
    ("Pods on Nodes", 644),
];
const WIDTH: i32 = 920;

fn wide(contents: &[Content], compact: bool) -> Scene {
    let left = if compact { 92 } else { 0 };
    let lanes = LANES
        .iter()
        .filter(|(_, x)| *x >= left)
        .map(|(title, x)| ((*title).to_owned(), *x))
        .collect();
    let mut scene = Scene {
        left,
        width: WIDTH,
        lanes,
        ..Scene::default()
    };
    let mut y = if compact { 44 } else { 48 };
    for content in contents {
        let island = wide_island(content, y, compact, &mut scene);
        y = island.y + island.height + 12;
        scene.islands.push(island);
    }
    if compact {
        scene.floor = y + 4;
        scene.height = y + 4;
        return scene;
    }
    scene.floor = y.max(336);
    scene.height = scene.floor + 40;
    let sea = (scene.floor - 36) / 2 + 36;
    scene.laptop = (56, sea + 26);
    scene
        .anchors
        .insert("laptop".to_owned(), ((82, sea + 22), (82, sea + 22)));
    scene
        .anchors
        .insert("outside".to_owned(), ((98, sea + 22), (98, sea + 22)));
    scene.legend = true;
    scene
}

fn wide_island(content: &Content, top: i32, compact: bool, scene: &mut Scene) -> Island {
    let (x, right) = (if content.is_system { 228 } else { 108 }, 900);
    let mut island = Island {
        name: content.namespace.clone(),
        x,
        y: top,
        width: right - x,
        ..Island::default()
    };
    // An embed shows cluster DNS without the Pods behind it.
    let piers = if compact && content.is_system {
        &[]
    } else {
        content.piers.as_slice()
    };
    let head = if compact { 14 } else { 46 };
    let mut y = top + 8;
    for pier in piers {
        let mut pier = pier.clone();
        let rows = pier.pods.len().max(1) as i32 + i32::from(pier.more > 0);
        (pier.x, pier.y, pier.width, pier.height) = (656, y, 236, 20 + 26 * rows);
        for (i, pod) in pier.pods.iter_mut().enumerate() {
            pod.at = (676, y + 29 + 26 * i as i32);
            let dock = (656, pod.at.1);
            scene.anchors.insert(pod.place.clone(), (dock, dock));
        }
        y += pier.height + 8;
        island.piers.push(pier);
    }
    let mut bottom = y;
    // Services, each with its slices beside it.
    let mut y = top + if content.is_system { 24 } else { head };
    for service in &content.services {
        let mut service = service.clone();
        if service.is_dns {
            place_dns(&mut service, top, scene);
        } else {
            let ports = service.ports.len().max(1) as i32;
            let half = (12 * ports).max(26);
            place_service(&mut service, y + half, scene);
            y += 2 * half + 66;
            bottom = bottom.max(y - 8);
        }
        island.services.push(service);
    }
    // Clients.
    let mut y = top + head;
    for client in &content.clients {
        let mut client = client.clone();
        client.at = (156, y + 21);
        scene
            .anchors
            .insert(client.place.clone(), ((186, y + 14), (186, y + 14)));
        y += 104;
        bottom = bottom.max(y - 4);
        island.clients.push(client);
    }
    let (foot, least) = match (content.is_system, compact) {
        (true, true) => (0, 60),
        (true, false) => (0, 88),
        (false, true) => (24, 130),
        (false, false) => (36, 150),
    };
    island.height = (bottom - top + foot).max(least);
    island.label = if content.is_system {
        (388, top + 68.min(island.height - 20))
    } else {
        (120, top + island.height - 12)
    };
    island.sentence = (300, top + island.height - 14);
    island
}

fn place_dns(service: &mut ServiceMark, top: i32, scene: &mut Scene) {
    service.at = (250, top + 24);
    let ring = (238, top + 36);
    for port in [53, 9153] {
        scene
            .anchors
            .insert(format!("{}:{port}", service.place), (ring, (264, top + 24)));
    }
    scene
        .anchors
        .insert(service.place.clone(), (ring, (264, top + 24)));
    for slice in &service.slices {
        scene
            .anchors
            .insert(slice.clone(), ((604, top + 24), (604, top + 24)));
    }
}

fn place_service(service: &mut ServiceMark, middle: i32, scene: &mut Scene) {
    service.at = (460, middle);
    let first = middle - 12 * (service.ports.len() as i32 - 1);
    for (i, (number, y)) in service.ports.iter_mut().enumerate() {
        *y = first + 24 * i as i32;
        scene.anchors.insert(
            format!("{}:{number}", service.place),
            ((394, *y), (486, middle)),
        );
    }
    scene
        .anchors
        .insert(service.place.clone(), ((394, first), (486, middle)));
    service.slice_at = (572, middle);
    for slice in &service.slices {
        scene
            .anchors
            .insert(slice.clone(), ((556, middle), (588, middle)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::examples;

    #[test]
    fn a_long_name_is_cut_in_its_middle() {
        assert_eq!(short("redis-6f9c54dd8-4kx2m", 15), "redis-…-4kx2m");
        assert_eq!(short("coredns-7f6f9955fc-h2kqp", 15), "coredns-…-h2kqp");
        assert_eq!(short("busybox", 15), "busybox");
    }

    #[test]
    fn islands_do_not_overlap_and_every_pod_has_an_anchor() {
        let world = examples()[0].world();
        for shape in [Shape::Wide, Shape::Tall] {
            let scene = scene(&world.cluster.view(), shape);
            for (i, a) in scene.islands.iter().enumerate() {
                for b in &scene.islands[i + 1..] {
                    let apart = a.y + a.height <= b.y
                        || b.y + b.height <= a.y
                        || a.x + a.width <= b.x
                        || b.x + b.width <= a.x;
                    assert!(apart, "{} {}", a.name, b.name);
                }
            }
            let pods = scene
                .islands
                .iter()
                .flat_map(|i| i.piers.iter().flat_map(|p| &p.pods).chain(&i.clients));
            for pod in pods {
                assert!(scene.anchors.contains_key(&pod.place), "{}", pod.place);
            }
        }
    }
}
