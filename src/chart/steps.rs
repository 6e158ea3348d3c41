//! Steps from node to node of the chart, for readers who use the keyboard: along lanes, and with or against the packet.

use super::scene::{Island, Scene};
use crate::words::{fill, words};

/// Which way a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With the packet.
    Down,
    /// Against it.
    Up,
    /// To the next node of the lane.
    Next,
    /// To the one before.
    Previous,
    /// To the first of the lane.
    First,
    /// To the last.
    Last,
}

/// A node at which the keyboard can stop.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stop {
    place: String,
    lane: usize,
    /// Where the packet goes from here.
    down: Vec<String>,
}

/// Where a step leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The place to go to.
    pub place: String,
    /// Where that is among its neighbours: `2 of 3`.
    pub words: String,
}

/// The step from a place; none where there is nowhere to go.
pub fn step(scene: &Scene, from: &str, way: Way) -> Option<Step> {
    let stops = stops(scene);
    let here = stops.iter().find(|stop| stop.place == from)?;
    let lane: Vec<&str> = stops
        .iter()
        .filter(|stop| stop.lane == here.lane)
        .map(|stop| stop.place.as_str())
        .collect();
    let index = lane.iter().position(|place| *place == from)?;
    let target = match way {
        Way::Next => *lane.get(index + 1)?,
        Way::Previous => *lane.get(index.checked_sub(1)?)?,
        Way::First => *lane.first()?,
        Way::Last => *lane.last()?,
        Way::Down => here.down.first()?,
        Way::Up => {
            let above = stops
                .iter()
                .filter(|stop| stop.down.iter().any(|place| place == from));
            above.max_by_key(|stop| stop.lane)?.place.as_str()
        }
    };
    // Going down, the neighbours are those to which the packet may go; otherwise those of the lane.
    let lane_of = stops.iter().find(|stop| stop.place == target)?.lane;
    let others: Vec<&str> = match way {
        Way::Down => here.down.iter().map(String::as_str).collect(),
        Way::Up | Way::Next | Way::Previous | Way::First | Way::Last => stops
            .iter()
            .filter(|stop| stop.lane == lane_of)
            .map(|stop| stop.place.as_str())
            .collect(),
    };
    let place = others.iter().position(|place| *place == target)? + 1;
    Some(Step {
        place: target.to_owned(),
        words: fill(
            words().place_of,
            &[&place.to_string(), &others.len().to_string()],
        ),
    })
}

/// The place at which the keyboard enters the chart.
pub fn entry(scene: &Scene) -> Option<String> {
    let stops = stops(scene);
    let lane = |lane| stops.iter().find(|stop| stop.lane == lane);
    [1, 3, 2]
        .into_iter()
        .find_map(lane)
        .or_else(|| stops.first())
        .map(|stop| stop.place.clone())
}

fn stops(scene: &Scene) -> Vec<Stop> {
    let mut stops = Vec::new();
    let services: Vec<String> = scene
        .bands()
        .flat_map(|b| &b.services)
        .filter(|s| !s.is_dns)
        .map(|s| s.place.clone())
        .collect();
    if scene.laptop.is_some() {
        stops.push(Stop {
            place: "laptop".to_owned(),
            lane: 0,
            down: services.clone(),
        });
    }
    for island in &scene.islands {
        add_island(&mut stops, island, &services);
    }
    stops
}

fn add_island(stops: &mut Vec<Stop>, island: &Island, all: &[String]) {
    if !island.summary.is_empty() {
        stops.push(Stop {
            place: format!("namespace//{}", island.name),
            lane: 3,
            down: Vec::new(),
        });
        return;
    }
    let bands = || island.bands.iter();
    let own: Vec<String> = bands()
        .flat_map(|b| &b.services)
        .filter(|s| !s.is_dns)
        .map(|s| s.place.clone())
        .collect();
    for client in &island.clients {
        stops.push(Stop {
            place: client.place.clone(),
            lane: 1,
            down: if own.is_empty() {
                all.to_vec()
            } else {
                own.clone()
            },
        });
    }
    for band in bands() {
        for service in &band.services {
            let ends = band
                .edges
                .iter()
                .filter(|edge| edge.service == service.place);
            let pods: Vec<String> = ends.map(|edge| edge.to.clone()).collect();
            let slice = service.slices.first().filter(|_| !service.is_dns);
            stops.push(Stop {
                place: service.place.clone(),
                lane: if service.is_dns { 2 } else { 3 },
                down: slice.map_or_else(|| pods.clone(), |slice| vec![slice.clone()]),
            });
            if let Some(slice) = slice {
                stops.push(Stop {
                    place: slice.clone(),
                    lane: 4,
                    down: pods,
                });
            }
        }
        for pier in &band.piers {
            let pods = pier.pods.iter().map(|pod| pod.place.clone());
            let more = pier.more.as_ref().map(|_| pier.key.clone());
            stops.extend(pods.chain(more).map(|place| Stop {
                place,
                lane: 5,
                down: Vec::new(),
            }));
        }
    }
}
