//! The chart of a wide page: lanes run from left to right with the packet, islands stand one below the other.

use super::content::{Content, Contents, Loose};
use super::scene::{Band, Edge, Island, Pier, Scene, ServiceMark};
use crate::words::words;
use std::rc::Rc;

/// The lanes: title and left edge.
const LANES: &[(&str, i32)] = &[
    (words().lane_outside, 12),
    (words().lane_client, 100),
    (words().lane_name, 220),
    (words().service, 372),
    (words().slice, 508),
    (words().lane_pods, 644),
];
const WIDTH: i32 = 920;
/// The right shore of islands.
const SHORE: i32 = 900;
/// The middles of Services and slices, the trunk of mooring lines, and the piers.
const SERVICE: i32 = 460;
const SLICE: i32 = 572;
const TRUNK: i32 = 620;
const PIER: (i32, i32) = (656, 236);
/// A row of a pier, and what stands above the first.
const ROW: i32 = 26;
const PIER_HEAD: i32 = 20;

pub(super) fn scene(contents: &Contents, compact: bool) -> Scene {
    let left = if compact { 92 } else { 0 };
    let mut scene = Scene {
        left,
        width: WIDTH,
        lanes: LANES.iter().filter(|(_, x)| *x >= left).copied().collect(),
        ..Scene::default()
    };
    let mut y = if compact { 44 } else { 48 };
    for content in &contents.islands {
        let island = island(content, y, compact, &mut scene);
        y = island.y + island.height + 12;
        scene.islands.push(Rc::new(island));
    }
    if compact {
        scene.floor = y + 4;
        scene.height = y + 4;
        return scene;
    }
    scene.floor = y.max(336);
    scene.height = scene.floor + 40;
    // The laptop stays within the first screenful.
    let sea = ((scene.floor - 36) / 2 + 36).min(300);
    scene.laptop = Some((56, sea + 26));
    let mut anchor = |place: &str, x: i32| {
        scene
            .anchors
            .insert(place.to_owned(), ((x, sea + 22), (x, sea + 22)));
    };
    anchor("laptop", 82);
    anchor("outside", 98);
    scene.legend = true;
    scene
}

fn island(content: &Content, top: i32, compact: bool, scene: &mut Scene) -> Island {
    let system = content.is_system();
    let x = if system { 228 } else { 108 };
    let mut island = content.island((x, top), SHORE - x, scene);
    if !content.summary.is_empty() {
        island.height = 36;
        island.label = (x + 34, top + 22);
        island.sentence = (x + 192, top + 30);
        return island;
    }
    let head = if compact { 14 } else { 46 };
    let mut y = top + 8;
    for (index, loose) in content.bands.iter().enumerate() {
        let first = if index == 0 && !system { top + head } else { y };
        let (band, bottom) = band(loose, (y, first), compact && system, scene);
        y = bottom + 8;
        island.bands.push(band);
    }
    let mut bottom = y;
    // Where one client stands before one Service, its packets leave on the height of the first notch.
    let notch = island
        .bands
        .first()
        .and_then(|band| band.services.first())
        .filter(|s| !s.is_dns);
    let notch = notch.map_or(0, |service| {
        service.ports.first().map_or(service.at.1, |port| port.1)
    });
    let mut y = top + head + (notch - (top + head + 14)).clamp(0, 90);
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
    let (foot, least) = match (system, compact) {
        (true, true) => (0, 60),
        (true, false) => (0, 88),
        (false, true) => (24, 130),
        (false, false) => (36, 150),
    };
    island.height = (bottom - top + foot).max(least);
    island.label = if system {
        (388, top + 68.min(island.height - 20))
    } else {
        (120, top + island.height - 12)
    };
    island.sentence = (300, top + island.height - 14);
    island
}

/// Places a band from `top` on, its Services from `first` on; gives its lower edge too.
fn band(
    loose: &Loose,
    (top, first): (i32, i32),
    without_piers: bool,
    scene: &mut Scene,
) -> (Band, i32) {
    let mut band = Band::default();
    let mut y = top;
    // An embed shows cluster DNS without the Pods behind it.
    for pier in loose.piers.iter().filter(|_| !without_piers) {
        let pier = place_pier(pier, y, scene);
        y += pier.height + 8;
        band.piers.push(pier);
    }
    let mut bottom = y - 8;
    let is_dns = |service: &&ServiceMark| service.is_dns;
    let heights = loose
        .services
        .iter()
        .filter(|s| !s.is_dns)
        .map(|s| 2 * half(s) + 66);
    let needed: i32 = heights.sum();
    // Services stand beside the middle of their Pods, as long as that is in sight.
    let middle = ((bottom - first - needed + 28) / 2).clamp(0, 90);
    let mut y = first + middle;
    if loose.services.iter().any(|s| s.is_dns) {
        bottom = bottom.max(top + 60);
        y = top + 80;
    }
    for service in &loose.services {
        let mut service = service.clone();
        if service.is_dns {
            place_dns(&mut service, top, scene);
        } else {
            let half = half(&service);
            place_service(&mut service, y + half, scene);
            y += 2 * half + 66;
            bottom = bottom.max(y - 16);
        }
        band.services.push(service);
    }
    let has_dns = loose.services.iter().any(|s| is_dns(&s));
    for (index, (service, listed)) in band.services.iter().zip(&loose.listed).enumerate() {
        let docks = listed
            .iter()
            .filter_map(|place| Some((place, scene.anchors.get(place)?.0)));
        let docks: Vec<_> = docks.collect();
        let from = if service.is_dns {
            (264, service.at.1)
        } else {
            (SLICE + 16, service.slice_at.1)
        };
        let trunk = if has_dns {
            604
        } else {
            TRUNK + 8 * (index as i32 % 4)
        };
        // Lines fan out where their Pods are near, and go by a trunk where one would pass behind words.
        let fans =
            band.services.len() == 1 && docks.iter().all(|(_, dock)| (dock.1 - from.1).abs() <= 70);
        for (place, dock) in docks {
            let points = match (service.is_dns, fans) {
                (true, _) => vec![from, (trunk, from.1), dock],
                (false, true) => vec![from, dock],
                (false, false) if dock.1 == from.1 => vec![from, dock],
                (false, false) => vec![from, (trunk, from.1), (trunk, dock.1), dock],
            };
            band.edges.push(Edge {
                service: service.place.clone(),
                to: place.clone(),
                points,
            });
        }
    }
    (band, bottom)
}

/// Half the height of a Service with its notches.
fn half(service: &ServiceMark) -> i32 {
    (12 * service.ports.len().max(1) as i32).max(26)
}

fn place_pier(pier: &Pier, y: i32, scene: &mut Scene) -> Pier {
    let mut pier = pier.clone();
    let rows = pier.pods.len().max(1) as i32 + i32::from(pier.more.is_some());
    (pier.x, pier.y, pier.width, pier.height) = (PIER.0, y, PIER.1, PIER_HEAD + ROW * rows);
    let middle = |row: usize| y + PIER_HEAD + 9 + ROW * row as i32;
    for (row, pod) in pier.pods.iter_mut().enumerate() {
        pod.at = (PIER.0 + 20, middle(row));
        let dock = (PIER.0, pod.at.1);
        scene.anchors.insert(pod.place.clone(), (dock, dock));
    }
    let rest = middle(pier.pods.len());
    if let Some(more) = &mut pier.more {
        more.at = (PIER.0 + 20, rest);
        scene
            .anchors
            .insert(pier.key.clone(), ((PIER.0, rest), (PIER.0, rest)));
    }
    let edge = (PIER.0, y + 10);
    scene
        .anchors
        .entry(pier.place.clone())
        .or_insert((edge, edge));
    pier
}

fn place_dns(service: &mut ServiceMark, top: i32, scene: &mut Scene) {
    let y = top + 16;
    service.at = (250, y);
    service.slice_at = (604, y);
    let ring = (238, y + 12);
    for port in ["", ":53", ":9153"] {
        scene
            .anchors
            .insert(format!("{}{port}", service.place), (ring, (264, y)));
    }
    for slice in &service.slices {
        scene.anchors.insert(slice.clone(), ((604, y), (604, y)));
    }
}

fn place_service(service: &mut ServiceMark, middle: i32, scene: &mut Scene) {
    service.at = (SERVICE, middle);
    let first = middle - 12 * (service.ports.len() as i32 - 1);
    for (i, (number, y)) in service.ports.iter_mut().enumerate() {
        *y = first + 24 * i as i32;
        let port = format!("{}:{number}", service.place);
        scene
            .anchors
            .insert(port, ((SERVICE - 66, *y), (SERVICE + 26, middle)));
    }
    let whole = ((SERVICE - 66, first), (SERVICE + 26, middle));
    scene.anchors.insert(service.place.clone(), whole);
    service.slice_at = (SLICE, middle);
    for slice in &service.slices {
        scene
            .anchors
            .insert(slice.clone(), ((SLICE - 16, middle), (SLICE + 16, middle)));
    }
}
