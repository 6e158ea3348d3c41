//! The chart as data: islands, piers, symbols, and the points at which routes meet them.

use crate::kernel::BTreeMap;

/// A point of the chart.
pub(super) type Point = (i32, i32);

/// Which way the lanes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// From left to right.
    Wide,
    /// The same without the sea and the legend, for an embed.
    Compact,
    /// From top to bottom, for a phone.
    Tall,
}

/// The whole chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scene {
    /// What is cut off on the left.
    pub(super) left: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    /// Where the sea ends and the legend begins.
    pub(super) floor: i32,
    /// The lanes: title and position.
    pub(super) lanes: Vec<(String, i32)>,
    pub(super) tall: bool,
    pub(super) legend: bool,
    pub(super) islands: Vec<Island>,
    pub(super) laptop: Point,
    /// Where a route comes in and goes out, for each of the event log's places.
    pub(super) anchors: BTreeMap<String, (Point, Point)>,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Island {
    pub(super) name: String,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) label: Point,
    /// Where the sentence of a failure stands.
    pub(super) sentence: Point,
    pub(super) piers: Vec<Pier>,
    pub(super) clients: Vec<PodMark>,
    pub(super) services: Vec<ServiceMark>,
}

/// A node inside an island.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pier {
    pub(super) node: String,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) pods: Vec<PodMark>,
    /// How many Pods are not drawn.
    pub(super) more: usize,
}

/// How a Pod is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PodState {
    #[default]
    Ready,
    Unready,
    Ending,
    /// Ready, and selected by no Service.
    Afloat,
}

impl PodState {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Ready => "#hull-ready",
            Self::Unready => "#hull-unready",
            Self::Ending => "#hull-ending",
            Self::Afloat => "#hull-afloat",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Unready => "not ready",
            Self::Ending => "terminating",
            Self::Afloat => "ready, selected by no Service",
        }
    }
}

/// A Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PodMark {
    pub(super) place: String,
    pub(super) name: String,
    pub(super) label: String,
    pub(super) address: String,
    pub(super) node: String,
    pub(super) state: PodState,
    /// The middle of its hull.
    pub(super) at: Point,
}

/// How a Service is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Symbol {
    #[default]
    Light,
    Headless,
    External,
    NodePort,
    Balancer,
}

impl Symbol {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Light => "#light",
            Self::Headless => "#headless",
            Self::External => "#external",
            Self::NodePort => "#nodeport",
            Self::Balancer => "#balancer",
        }
    }
}

/// A Service and its slices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ServiceMark {
    pub(super) place: String,
    pub(super) name: String,
    pub(super) label: String,
    pub(super) address: String,
    pub(super) symbol: Symbol,
    /// The ports, each with the middle of its notch.
    pub(super) ports: Vec<(i64, i32)>,
    /// The places of its slices.
    pub(super) slices: Vec<String>,
    pub(super) slice_name: String,
    pub(super) ready: usize,
    pub(super) total: usize,
    /// The places of the Pods behind it.
    pub(super) endpoints: Vec<String>,
    pub(super) is_dns: bool,
    /// The middle of its symbol.
    pub(super) at: Point,
    /// The middle of its slices' symbol.
    pub(super) slice_at: Point,
}
