//! The chart of a narrow page: lanes run down, cluster DNS stands beside the other islands.

use super::content::{Content, Contents, Loose};
use super::scene::{Band, Edge, Island, Pier, Point, Scene, ServiceMark};
use crate::words::words;
use std::rc::Rc;

const WIDTH: i32 = 390;
/// The column of ordinary islands, and that of cluster DNS.
const LEFT: (i32, i32) = (18, 256);
const RIGHT: (i32, i32) = (282, 90);
const TOP: i32 = 30;
/// A row of Pods, how many stand in one, and how far apart.
const ROW: i32 = 68;
const COLUMNS: usize = 3;
const COLUMN: i32 = 76;

pub(super) fn scene(contents: &Contents) -> Scene {
    let mut scene = Scene {
        width: WIDTH,
        tall: true,
        ..Scene::default()
    };
    // The laptop is left out where nothing is published to it.
    let published = contents.is_published();
    let top = if published { TOP + 64 } else { TOP };
    let mut y = top;
    for content in contents
        .islands
        .iter()
        .filter(|content| !content.is_system())
    {
        let island = island(content, y, &mut scene);
        y = island.y + island.height + 20;
        scene.islands.push(Rc::new(island));
    }
    if let Some(content) = contents.islands.iter().find(|content| content.is_system()) {
        let island = system(content, (top, (y - 20 - top).max(300)), &mut scene);
        y = y.max(island.y + island.height + 20);
        scene.islands.insert(0, Rc::new(island));
    }
    if published {
        scene.laptop = Some((60, 50));
    }
    let sea = (60, if published { 78 } else { 20 });
    for place in ["laptop", "outside"] {
        scene.anchors.insert(place.to_owned(), (sea, sea));
    }
    scene.floor = y;
    scene.height = y + 8;
    scene
}

fn island(content: &Content, top: i32, scene: &mut Scene) -> Island {
    let (x, width) = LEFT;
    let middle = x + 130;
    let mut island = content.island((x, top), width, scene);
    if !content.summary.is_empty() {
        island.height = 56;
        island.label = (x + width - 12, top + 22);
        island.sentence = (x + 10, top + 50);
        return island;
    }
    let lane = |title: &'static str, y: i32, scene: &mut Scene| {
        if !scene.lanes.iter().any(|(known, _)| *known == title) {
            scene.lanes.push((title, y));
        }
    };
    let mut y = top + 34;
    if !content.clients.is_empty() {
        lane(words().lane_client, top + 20, scene);
    }
    for client in &content.clients {
        let mut client = client.clone();
        client.at = (middle, y + 21);
        let below = (middle, y + 44);
        scene.anchors.insert(client.place.clone(), (below, below));
        y += 62;
        island.clients.push(client);
    }
    y += 24;
    for loose in &content.bands {
        let band = band(loose, (x, y), middle, scene);
        if let Some(service) = band.services.first() {
            lane(words().service, service.at.1 - 26, scene);
            if !service.slices.is_empty() {
                lane(words().slice, service.slice_at.1 - 18, scene);
            }
        }
        if let Some(pier) = band.piers.first() {
            lane(words().lane_pods, pier.y - 24, scene);
        }
        let ends = band.piers.iter().map(|pier| pier.y + pier.height);
        let slices = band.services.iter().map(|service| service.at.1 + 144);
        y = ends.chain(slices).max().unwrap_or(y) + 16;
        island.bands.push(band);
    }
    // Below the piers there is room for a sentence of four lines.
    island.height = y - top + 72;
    island.label = (x + width - 12, top + 20);
    island.sentence = (x + 10, top + island.height - 16);
    island
}

fn band(loose: &Loose, (x, top): Point, middle: i32, scene: &mut Scene) -> Band {
    let mut band = Band::default();
    let mut y = top;
    for service in &loose.services {
        let mut service = service.clone();
        place_service(&mut service, (middle, y + 40), scene);
        y += if service.slices.is_empty() { 100 } else { 196 };
        band.services.push(service);
    }
    for pier in &loose.piers {
        let pier = place_pier(pier, (x + 16, y), LEFT.1 - 22, scene);
        y += pier.height + 8;
        band.piers.push(pier);
    }
    for (index, (service, listed)) in band.services.iter().zip(&loose.listed).enumerate() {
        let from = (middle, service.slice_at.1 + 26);
        // Lines go down beside the piers and reach each row of Pods from above.
        let trunk = x + 6 + 4 * (index as i32 % 3);
        let last = index + 1 == band.services.len();
        let beside = band.piers.first().filter(|_| last).map(|pier| pier.y - 8);
        let level = beside.unwrap_or(from.1 + 8);
        for place in listed {
            let Some(((px, py), _)) = scene.anchors.get(place).copied() else {
                continue;
            };
            let beam = py - 6;
            let near = last && py - from.1 < 60;
            let points = if near {
                vec![from, (px, py)]
            } else {
                vec![
                    from,
                    (middle, level),
                    (trunk, level),
                    (trunk, beam),
                    (px, beam),
                    (px, py),
                ]
            };
            band.edges.push(Edge {
                service: service.place.clone(),
                to: place.clone(),
                points,
            });
        }
    }
    band
}

fn place_service(service: &mut ServiceMark, (x, y): Point, scene: &mut Scene) {
    service.at = (x, y);
    let count = service.ports.len() as i32;
    let first = x - 24 * (count - 1);
    for (i, (number, notch)) in service.ports.iter_mut().enumerate() {
        // In a tall chart the notches stand side by side above the light.
        *notch = first + 48 * i as i32;
        let port = format!("{}:{number}", service.place);
        scene.anchors.insert(port, ((*notch, y - 40), (x, y + 26)));
    }
    scene
        .anchors
        .insert(service.place.clone(), ((x, y - 40), (x, y + 26)));
    service.slice_at = (x, y + 96);
    for slice in &service.slices {
        scene
            .anchors
            .insert(slice.clone(), ((x, y + 70), (x, y + 122)));
    }
}

fn place_pier(pier: &Pier, (x, y): Point, width: i32, scene: &mut Scene) -> Pier {
    let mut pier = pier.clone();
    let columns = if width > 200 { COLUMNS } else { 1 };
    let count = pier.pods.len() + usize::from(pier.more.is_some());
    // A Node without Pods is only named.
    let rows = count.div_ceil(columns) as i32;
    (pier.x, pier.y, pier.width, pier.height) = (x, y, width, 34 + ROW * rows);
    let inset = if columns == 1 { width / 2 } else { 46 };
    let at = |i: usize| {
        (
            x + inset + COLUMN * (i % columns) as i32,
            y + 34 + ROW * (i / columns) as i32,
        )
    };
    for (i, pod) in pier.pods.iter_mut().enumerate() {
        pod.at = at(i);
        // The label is the end of the name: there is no room for more.
        let length = pod.name.chars().count();
        if length > 10 {
            let tail: String = pod.name.chars().skip(length - 5).collect();
            pod.label = format!("…-{tail}");
        }
        let above = (pod.at.0, pod.at.1 - 12);
        scene.anchors.insert(pod.place.clone(), (above, above));
    }
    let rest = at(pier.pods.len());
    if let Some(more) = &mut pier.more {
        more.at = rest;
        let above = (rest.0, rest.1 - 12);
        scene.anchors.insert(pier.key.clone(), (above, above));
    }
    let edge = (x, y + 10);
    scene
        .anchors
        .entry(pier.place.clone())
        .or_insert((edge, edge));
    pier
}

/// The island of cluster DNS: a ring, and its Pods far below.
fn system(content: &Content, (top, height): Point, scene: &mut Scene) -> Island {
    let (x, width) = RIGHT;
    let middle = x + width / 2;
    let mut island = Island {
        name: content.namespace.clone(),
        summary: content.summary.clone(),
        x,
        y: top,
        width,
        height,
        ..Island::default()
    };
    let mut y = top + 120;
    for loose in &content.bands {
        let mut band = Band::default();
        for service in loose.services.iter().filter(|service| service.is_dns) {
            let mut service = service.clone();
            service.at = (middle, top + 36);
            service.slice_at = (middle, top + 110);
            let ring = (middle - 15, top + 36);
            for port in ["", ":53", ":9153"] {
                scene.anchors.insert(
                    format!("{}{port}", service.place),
                    (ring, (middle, top + 92)),
                );
            }
            for slice in &service.slices {
                scene
                    .anchors
                    .insert(slice.clone(), ((middle, top + 110), (middle, top + 110)));
            }
            band.services.push(service);
        }
        for pier in &loose.piers {
            let pier = place_pier(pier, (x + 12, y), width - 16, scene);
            y += pier.height + 8;
            band.piers.push(pier);
        }
        let pods: Vec<_> = band
            .piers
            .iter()
            .flat_map(|pier| &pier.pods)
            .map(|pod| (pod.place.clone(), pod.at))
            .collect();
        for service in &band.services {
            for (index, (place, (px, py))) in pods.iter().enumerate() {
                let (start, end) = ((middle, top + 92), (*px, py - 12));
                // Past the first Pod the line goes beside the pier.
                let points = if index == 0 {
                    vec![start, end]
                } else {
                    vec![
                        start,
                        (middle, top + 104),
                        (x + 6, top + 104),
                        (x + 6, end.1 - 6),
                        (*px, end.1 - 6),
                        end,
                    ]
                };
                band.edges.push(Edge {
                    service: service.place.clone(),
                    to: place.clone(),
                    points,
                });
            }
        }
        island.bands.push(band);
    }
    island.height = island.height.max(y - top + 24);
    island.label = (x + width - 6, top + island.height - 10);
    island.sentence = (x, top + island.height - 24);
    island
}
