//! The chart as data: islands, bands, piers, symbols, mooring lines, and the points at which routes meet them.

use crate::kernel::BTreeMap;
use crate::words::{fill, words};
use std::fmt::Write as _;
use std::rc::Rc;

/// A point of the chart.
pub type Point = (i32, i32);

/// Which way the lanes run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// From left to right.
    #[default]
    Wide,
    /// The same without the sea and the legend, for an embed.
    Compact,
    /// From top to bottom, for a phone.
    Tall,
}

/// The whole chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// What is cut off on the left.
    pub left: i32,
    /// The width.
    pub width: i32,
    /// The height.
    pub height: i32,
    /// Where the sea ends and the legend begins.
    pub floor: i32,
    /// The lanes: title and position.
    pub lanes: Vec<(&'static str, i32)>,
    /// Whether lanes run down the page.
    pub tall: bool,
    /// Whether the legend is drawn.
    pub legend: bool,
    /// The namespaces, cluster DNS first.
    pub islands: Vec<Rc<Island>>,
    /// The reader's own machine; none where it is left out.
    pub laptop: Option<Point>,
    /// Where a route comes in and goes out, for each of the event log's places.
    pub anchors: BTreeMap<String, (Point, Point)>,
    /// How many Pods, Services and slices there are.
    pub total: usize,
    /// How many of them are drawn one by one.
    pub drawn: usize,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Island {
    /// The namespace's name.
    pub name: String,
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
    /// Where its name stands.
    pub label: Point,
    /// Where the sentence of a failure stands.
    pub sentence: Point,
    /// What a folded island says in place of what it holds; empty for an open one.
    pub summary: String,
    /// Pods from which lines are typed.
    pub clients: Vec<PodMark>,
    /// Services with the Pods behind them.
    pub bands: Vec<Band>,
}

/// Services that share Pods, with these Pods: what stands side by side so that no line crosses another band's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Band {
    /// The Services, by name.
    pub services: Vec<ServiceMark>,
    /// The Pods, by node.
    pub piers: Vec<Pier>,
    /// From slices to Pods.
    pub edges: Vec<Edge>,
}

/// A mooring line: a slice lists a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    /// The Service's place.
    pub service: String,
    /// The Pod's place, or that of the row that stands for it.
    pub to: String,
    /// Its corners.
    pub points: Vec<Point>,
}

/// A node inside an island, or a workload whose Pods are grouped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pier {
    /// The node's name, or the workload's and on how many nodes it is.
    pub title: String,
    /// The place that the title stands for.
    pub place: String,
    /// The name of the row that stands for others, among the anchors.
    pub key: String,
    /// Whether the node is not ready or kept free of new Pods, in a word.
    pub note: &'static str,
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
    /// The Pods that are drawn.
    pub pods: Vec<PodMark>,
    /// The row that stands for the others.
    pub more: Option<More>,
}

/// A row that stands for Pods that are not drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// The place whose Pods it stands for: a workload or a node.
    pub place: String,
    /// How many.
    pub count: usize,
    /// How many of them are not ready.
    pub unready: usize,
    /// The middle of its symbol.
    pub at: Point,
}

/// How a Pod is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodState {
    /// Ready, and behind a Service.
    #[default]
    Ready,
    /// Not ready, or not started.
    Unready,
    /// Being deleted.
    Ending,
    /// Ready, and selected by no Service.
    Afloat,
}

impl PodState {
    /// The id of its symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Ready => "#hull-ready",
            Self::Unready => "#hull-unready",
            Self::Ending => "#hull-ending",
            Self::Afloat => "#hull-afloat",
        }
    }

    /// The state in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => words().ready,
            Self::Unready => words().not_ready,
            Self::Ending => words().ending_pod,
            Self::Afloat => words().afloat,
        }
    }
}

/// A Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodMark {
    /// Its place.
    pub place: String,
    /// Its name.
    pub name: String,
    /// Its name, cut in its middle.
    pub label: String,
    /// Its address.
    pub address: String,
    /// Its node.
    pub node: String,
    /// How it is drawn.
    pub state: PodState,
    /// Why it is not ready, in a word: `Pending`, `CrashLoopBackOff`.
    pub why: String,
    /// The middle of its hull.
    pub at: Point,
}

impl PodMark {
    /// What a screen reader says.
    pub fn words(&self) -> String {
        let parts = [
            (words().pod_is, &*self.name),
            (words().also, &self.address),
            (words().also_on, &self.node),
            (words().also, self.state.word()),
            (words().because, &self.why),
        ];
        let said = parts.into_iter().filter(|(_, what)| !what.is_empty());
        said.map(|(text, what)| fill(text, &[what])).collect()
    }
}

/// How a Service is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Symbol {
    /// An address of the cluster.
    #[default]
    Light,
    /// No address of its own.
    Headless,
    /// Another name.
    External,
    /// A port on each node.
    NodePort,
    /// An address outside.
    Balancer,
}

impl Symbol {
    /// The id of its symbol.
    pub fn id(self) -> &'static str {
        match self {
            Self::Light => "#light",
            Self::Headless => "#headless",
            Self::External => "#external",
            Self::NodePort => "#nodeport",
            Self::Balancer => "#balancer",
        }
    }

    /// The type in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Light => "ClusterIP",
            Self::Headless => words().headless,
            Self::External => "ExternalName",
            Self::NodePort => "NodePort",
            Self::Balancer => "LoadBalancer",
        }
    }
}

/// A Service and its slices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceMark {
    /// Its place.
    pub place: String,
    /// Its name.
    pub name: String,
    /// Its name, cut in its middle.
    pub label: String,
    /// Its address, or what stands in place of one.
    pub address: String,
    /// How it is drawn.
    pub symbol: Symbol,
    /// The ports, each with the middle of its notch.
    pub ports: Vec<(i64, i32)>,
    /// The places of its slices.
    pub slices: Vec<String>,
    /// The slice's name, or how many there are.
    pub slice_name: String,
    /// How many endpoints are ready.
    pub ready: usize,
    /// How many endpoints there are.
    pub total: usize,
    /// Whether it is cluster DNS.
    pub is_dns: bool,
    /// The middle of its symbol.
    pub at: Point,
    /// The middle of its slices' symbol.
    pub slice_at: Point,
}

impl ServiceMark {
    /// `3 of 3 ready`, `no endpoints`.
    pub fn count(&self) -> String {
        self.counted(words().endpoints_ready)
    }

    /// What a screen reader says.
    pub fn words(&self) -> String {
        let ports: Vec<String> = self
            .ports
            .iter()
            .map(|(port, _)| port.to_string())
            .collect();
        let ports = match ports.len() {
            0 => String::new(),
            1 => fill(words().port_is, &[&ports.concat()]),
            _ => fill(words().ports_are, &[&ports.join(words().and)]),
        };
        let kind = self.symbol.word();
        let (name, address) = (&self.name, &self.address);
        let endpoints = self.counted(words().of_endpoints_ready);
        match self.symbol {
            Symbol::External => fill(words().service_alias, &[name, address]),
            Symbol::Headless => fill(words().service_headless, &[name, &ports, &endpoints]),
            Symbol::Light | Symbol::NodePort | Symbol::Balancer => fill(
                words().service_is,
                &[name, kind, address, &ports, &endpoints],
            ),
        }
    }

    fn counted(&self, text: &str) -> String {
        match self.total {
            0 => words().no_endpoints.to_owned(),
            total => fill(text, &[&self.ready.to_string(), &total.to_string()]),
        }
    }

    /// What a screen reader says of its slices.
    pub fn slice_words(&self) -> String {
        fill(words().slice_is, &[&self.slice_name, &self.count()])
    }
}

impl Scene {
    /// Where a route meets a place; a Service's port that has no notch meets the Service.
    pub fn anchor(&self, place: &str) -> Option<(Point, Point)> {
        let known = self.anchors.get(place);
        let whole = || self.anchors.get(place.rsplit_once(':')?.0);
        known.or_else(whole).copied()
    }

    /// All bands.
    pub fn bands(&self) -> impl Iterator<Item = &Band> {
        self.islands.iter().flat_map(|island| &island.bands)
    }

    /// The mooring line of a Service to a Pod.
    pub fn mooring(&self, service: &str, pod: &str) -> Option<&Edge> {
        self.bands()
            .flat_map(|band| &band.edges)
            .find(|edge| edge.service == service && edge.to == pod)
    }

    /// The layout as text, a line for each thing: what goldens compare. Names that are drawn by lot are cut.
    pub fn to_text(&self) -> String {
        fn head(label: &str) -> &str {
            label.split('-').next().unwrap_or_default()
        }
        let mut out = format!(
            "chart {}x{} floor {}\n",
            self.width, self.height, self.floor
        );
        for island in &self.islands {
            let (x, y, w, h) = (island.x, island.y, island.width, island.height);
            let _ = writeln!(
                out,
                "island {} {x},{y} {w}x{h} {}",
                island.name, island.summary
            );
            for pod in &island.clients {
                let _ = writeln!(out, "  client {} {:?}", head(&pod.label), pod.at);
            }
            for band in &island.bands {
                out.push_str("  band\n");
                for s in &band.services {
                    let _ = writeln!(
                        out,
                        "    {} {} {:?} slices {:?} {}",
                        s.symbol.word(),
                        s.label,
                        s.at,
                        s.slice_at,
                        s.count()
                    );
                }
                for pier in &band.piers {
                    let _ = writeln!(
                        out,
                        "    pier {} {},{} {}x{} {}",
                        pier.title, pier.x, pier.y, pier.width, pier.height, pier.note
                    );
                    for pod in &pier.pods {
                        let _ = writeln!(
                            out,
                            "      {} {:?} {}",
                            head(&pod.label),
                            pod.at,
                            pod.state.word()
                        );
                    }
                    if let Some(more) = &pier.more {
                        let _ = writeln!(
                            out,
                            "      and {} more, {} not ready",
                            more.count, more.unready
                        );
                    }
                }
                for edge in &band.edges {
                    let _ = writeln!(out, "    line {:?}", edge.points);
                }
            }
        }
        out
    }
}
