//! The chart of a narrow page: lanes run down, cluster DNS stands beside the other islands.

use super::layout::Content;
use super::scene::{Island, PodMark, Scene, ServiceMark};

const WIDTH: i32 = 390;
/// The column of ordinary islands, and that of cluster DNS.
const LEFT: (i32, i32) = (18, 256);
const RIGHT: (i32, i32) = (282, 90);

pub(super) fn scene(contents: &[Content]) -> Scene {
    let mut scene = Scene {
        width: WIDTH,
        tall: true,
        ..Scene::default()
    };
    scene.lanes = Vec::new();
    let mut y = 96;
    for content in contents.iter().filter(|content| !content.is_system) {
        let island = island(content, y, &mut scene);
        y = island.y + island.height + 20;
        scene.islands.push(island);
    }
    if let Some(content) = contents.iter().find(|content| content.is_system) {
        let island = system(content, 96, (y - 20 - 96).max(300), &mut scene);
        scene.islands.push(island);
        y = y.max(416);
    }
    scene.laptop = (60, 46);
    scene
        .anchors
        .insert("laptop".to_owned(), ((60, 74), (60, 74)));
    scene
        .anchors
        .insert("outside".to_owned(), ((60, 90), (60, 90)));
    scene.floor = y;
    scene.height = y + 8;
    scene
}

fn island(content: &Content, top: i32, scene: &mut Scene) -> Island {
    let (x, width) = LEFT;
    let mut island = Island {
        name: content.namespace.clone(),
        x,
        y: top,
        width,
        ..Island::default()
    };
    let mut y = top + 34;
    for client in &content.clients {
        let mut client = client.clone();
        client.at = (x + 130, y + 21);
        scene
            .anchors
            .insert(client.place.clone(), ((x + 130, y + 44), (x + 130, y + 44)));
        y += 62;
        island.clients.push(client);
    }
    y += 40;
    for service in &content.services {
        let mut service = service.clone();
        place_service(&mut service, (x + 130, y + 40), scene);
        y += 184;
        island.services.push(service);
    }
    for pier in &content.piers {
        let mut pier = pier.clone();
        let columns = 3;
        let rows = (pier.pods.len().max(1) as i32 + columns - 1) / columns;
        (pier.x, pier.y, pier.width, pier.height) = (x + 6, y, width - 12, 34 + 62 * rows);
        for (i, pod) in pier.pods.iter_mut().enumerate() {
            place_pod(pod, i as i32, (x + 8, y), scene);
        }
        y += pier.height + 8;
        island.piers.push(pier);
    }
    island.height = y - top + 40;
    island.label = (x + width - 12, top + 20);
    island.sentence = (x + 10, top + island.height - 24);
    island
}

fn place_service(service: &mut ServiceMark, (x, y): (i32, i32), scene: &mut Scene) {
    service.at = (x, y);
    let count = service.ports.len() as i32;
    let first = x - 24 * (count - 1);
    for (i, (number, notch)) in service.ports.iter_mut().enumerate() {
        // In a tall chart the notches stand side by side above the light.
        *notch = first + 48 * i as i32;
        scene.anchors.insert(
            format!("{}:{number}", service.place),
            ((*notch, y - 40), (x, y + 26)),
        );
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

fn place_pod(pod: &mut PodMark, index: i32, (x, y): (i32, i32), scene: &mut Scene) {
    let at = (x + 40 + 80 * (index % 3), y + 30 + 62 * (index / 3));
    pod.at = at;
    // Three stand side by side: the label is the end of the name.
    let tail: String = pod
        .name
        .chars()
        .skip(pod.name.chars().count().saturating_sub(5))
        .collect();
    if pod.name.chars().count() > 10 {
        pod.label = format!("…-{tail}");
    }
    scene
        .anchors
        .insert(pod.place.clone(), ((at.0, at.1 - 12), (at.0, at.1 - 12)));
}

fn system(content: &Content, top: i32, height: i32, scene: &mut Scene) -> Island {
    let (x, width) = RIGHT;
    let mut island = Island {
        name: content.namespace.clone(),
        x,
        y: top,
        width,
        height,
        ..Island::default()
    };
    island.label = (x + width - 6, top + height - 10);
    island.sentence = (x, top + height - 24);
    let middle = x + width / 2;
    for service in content.services.iter().filter(|service| service.is_dns) {
        let mut service = service.clone();
        service.at = (middle, top + 36);
        let ring = (middle - 15, top + 36);
        for port in [":53", ":9153", ""] {
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
        island.services.push(service);
    }
    let mut y = top + 120;
    for pier in &content.piers {
        let mut pier = pier.clone();
        let shown = pier.pods.len().max(1) as i32;
        (pier.x, pier.y, pier.width, pier.height) = (x + 6, y, width - 12, 38 + 58 * shown);
        for (i, pod) in pier.pods.iter_mut().enumerate() {
            place_pod(pod, 0, (x + 5, y + 58 * i as i32), scene);
        }
        y += pier.height + 8;
        island.piers.push(pier);
    }
    island.height = island.height.max(y - top + 24);
    island.label = (x + width - 6, top + island.height - 10);
    island
}
