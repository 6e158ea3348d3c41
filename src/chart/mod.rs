//! What the page draws of a cluster, as data: places, lanes, routes, filters, relations.
//!
//! *Invariant:* pure functions of a view, the event log and a text; whole numbers only; no browser.

mod behind;
mod content;
mod kin;
mod marks;
mod names;
mod route;
mod scene;
mod sites;
mod steps;
mod tall;
mod trace;
mod wide;
mod wish;

pub use kin::{Kin, Relative, kin};
pub use names::{key_of, place_of, place_of_key};
pub use route::{
    Look, Route, Sentence, Stretch, Vessel, find, icon, is_failure, is_traffic, outcome, route,
    stamp,
};
pub use scene::{
    Band, Edge, Island, More, Pier, PodMark, PodState, Point, Scene, ServiceMark, Shape, Symbol,
};
pub use sites::{Site, sites};
pub use steps::{Step, Way, entry, step};
pub use trace::trace;
pub use wish::{Filter, Wish};

use crate::cluster::ClusterView;

/// Lays a view out as a reader wishes to see it.
pub fn scene(view: &ClusterView, wish: &Wish) -> Scene {
    let contents = content::contents(view, wish);
    let mut scene = match wish.shape {
        Shape::Wide => wide::scene(&contents, false),
        Shape::Compact => wide::scene(&contents, true),
        Shape::Tall => tall::scene(&contents),
    };
    (scene.total, scene.drawn) = (contents.total, contents.drawn);
    scene
}
