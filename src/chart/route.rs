//! Routes: a pure fold of the packet events of the last attempt into what is drawn and what moves.

use super::content::workload_of;
use super::scene::{Point, Scene};
use crate::cluster::ClusterView;
use crate::kernel::Event;
use crate::words::{fill, words as texts};
use std::rc::Rc;

/// How long the packet takes for a hop, a decision and a name question, in milliseconds at normal speed.
const HOP: u32 = 420;
const DWELL: u32 = 180;
const DNS: u32 = 300;

/// Kinds of packet events.
const PACKETS: &[&str] = &[
    "forwarded",
    "translated",
    "delivered",
    "refused",
    "reset",
    "dropped",
    "unreachable",
];
/// Kinds of answers to a name question.
const ANSWERS: &[&str] = &[
    "dns-answered",
    "dns-nodata",
    "dns-nxdomain",
    "dns-refused",
    "dns-servfail",
];

/// Whether an event is a row of the logbook.
pub fn is_traffic(event: &Event) -> bool {
    let hop = PACKETS.contains(&event.kind.id) || is_way_back(event);
    (hop && !is_inner_dns(event)) || ANSWERS.contains(&event.kind.id)
}

/// Whether a row tells that something did not come through.
pub fn is_failure(event: &Event) -> bool {
    matches!(
        event.kind.id,
        "refused"
            | "reset"
            | "dropped"
            | "unreachable"
            | "dns-nxdomain"
            | "dns-refused"
            | "dns-servfail"
    )
}

/// The row that tells what became of the last attempt: the way back comes after it.
pub fn outcome(rows: &[Rc<Event>]) -> Option<&Rc<Event>> {
    rows.iter().rev().find(|row| !is_way_back(row))
}

/// A hop of an answer: the logbook has it, the chart shows where packets go, and lets them rest there.
fn is_way_back(event: &Event) -> bool {
    event.kind.id == "returned"
}

/// A hop of a name question inside the cluster, or of its way back: its answer tells the whole.
fn is_inner_dns(event: &Event) -> bool {
    event.text("proto").starts_with("DNS") && (goes_on(event) || is_way_back(event))
}

fn goes_on(event: &Event) -> bool {
    matches!(event.kind.id, "forwarded" | "translated" | "delivered")
}

/// How a stretch of a route is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Long dashes.
    Success,
    /// Dots.
    Question,
    /// Short red dashes.
    Failure,
}

/// The packet's symbol on a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vessel {
    /// A dot in a ring.
    Tcp,
    /// A triangle.
    Udp,
    /// A hollow ring.
    Dns,
}

/// One stretch of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The event that it shows.
    pub seq: u64,
    /// Its corners, two at least.
    pub points: Vec<Point>,
    /// How it is drawn.
    pub look: Look,
    /// What travels on it.
    pub vessel: Vessel,
    /// When the packet leaves and arrives, in milliseconds from the start.
    pub starts: u32,
    /// When it arrives.
    pub ends: u32,
    /// The symbol stamped at its end.
    pub stamp: Option<&'static str>,
    /// The words beside it.
    pub label: String,
    /// The number of the step, on the first stretch of each.
    pub step: Option<u32>,
    /// What a screen reader says when a reader steps to it.
    pub words: String,
}

impl Stretch {
    /// Where it begins.
    pub fn from(&self) -> Point {
        self.points.first().copied().unwrap_or_default()
    }

    /// Where it ends.
    pub fn to(&self) -> Point {
        self.points.last().copied().unwrap_or_default()
    }
}

/// The sentence of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The word in front.
    pub verdict: &'static str,
    /// Why, with the line of the manifest.
    pub words: String,
    /// Where it happened.
    pub at: Point,
}

/// All that the last attempt left on the chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The first event of the attempt: another attempt, another number.
    pub attempt: u64,
    /// The stretches in order.
    pub stretches: Vec<Stretch>,
    /// What went wrong, if something did.
    pub sentence: Option<Sentence>,
    /// The Service's port that the failed packet came to, `service/default/redis:9121`.
    pub notch: Option<String>,
    /// How long it all takes.
    pub lasts: u32,
}

/// Where a place is on the chart, or what stands for it: its workload's row, its node's, its folded namespace.
pub fn find(view: &ClusterView, scene: &Scene, place: &str) -> Option<(Point, Point)> {
    if let Some(found) = scene.anchor(place) {
        return Some(found);
    }
    let mut parts = place.splitn(3, '/');
    let (kind, namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
    let row = || {
        let object = view.tables.find(crate::api::kind::POD, namespace, name)?;
        let node = &object.pod()?.spec.node_name;
        let workload = workload_of(&view.tables, object).and_then(|place| scene.anchor(&place));
        workload.or_else(|| scene.anchor(&format!("{namespace}|node//{node}")))
    };
    let grouped = if kind == "pod" { row() } else { None };
    grouped.or_else(|| scene.anchor(&format!("namespace//{namespace}")))
}

/// The route of an attempt, given its events in order.
pub fn route(view: &ClusterView, scene: &Scene, events: &[Rc<Event>]) -> Route {
    let failed = events
        .iter()
        .filter(|e| PACKETS.contains(&e.kind.id) && !goes_on(e));
    let mut folding = Folding {
        view,
        scene,
        clock: 0,
        steps: 0,
        failed: failed.map(|e| e.int("flow")).collect(),
        route: Route {
            attempt: events.first().map_or(0, |event| event.seq.0),
            ..Route::default()
        },
    };
    let mut last_flow = -1;
    let there: Vec<&Rc<Event>> = events.iter().filter(|event| !is_way_back(event)).collect();
    for (index, event) in there.iter().enumerate() {
        if ANSWERS.contains(&event.kind.id) {
            folding.add_question(event);
            continue;
        }
        let flow = event.int("flow");
        let is_first = flow != last_flow;
        last_flow = flow;
        let next = there.get(index + 1).filter(|next| next.int("flow") == flow);
        folding.add_hop(event, is_first, next.copied());
    }
    folding.route.lasts = folding.clock;
    folding.route
}

struct Folding<'a> {
    view: &'a ClusterView,
    scene: &'a Scene,
    clock: u32,
    steps: u32,
    failed: Vec<i64>,
    route: Route,
}

impl Folding<'_> {
    fn find(&self, place: &str) -> Option<(Point, Point)> {
        find(self.view, self.scene, place)
    }

    fn add_hop(&mut self, event: &Event, is_first: bool, next: Option<&Rc<Event>>) {
        if is_first {
            self.steps += 1;
        }
        let ends_here = !matches!(event.kind.id, "forwarded" | "translated");
        // A node that sends a packet on to a Service is part of the way there.
        let to_node = event.text("to").starts_with("node/") && next.is_some() && !ends_here;
        let (from, to) = (self.find(event.text("from")), self.find(event.text("to")));
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        if to_node {
            return;
        }
        let from = if event.text("from").starts_with("node/") {
            self.find(self.client_place(event)).unwrap_or(from)
        } else {
            from
        };
        let failed = self.failed.contains(&event.int("flow"));
        if failed && event.text("to").starts_with("service/") {
            self.route.notch = Some(event.text("to").to_owned());
        }
        let points = self.way(event, from.1, to.0);
        self.route.stretches.push(Stretch {
            seq: event.seq.0,
            points,
            look: if failed { Look::Failure } else { Look::Success },
            vessel: if event.text("proto") == "UDP" {
                Vessel::Udp
            } else {
                Vessel::Tcp
            },
            starts: self.clock,
            ends: self.clock + HOP,
            stamp: ends_here.then(|| stamp(event)),
            label: if event.kind.id == "translated" {
                "DNAT".to_owned()
            } else {
                String::new()
            },
            step: is_first.then_some(self.steps),
            words: words(event),
        });
        self.clock += HOP + DWELL;
        if failed && ends_here {
            self.route.sentence = Some(Sentence {
                verdict: verdict(event),
                words: sentence(event),
                at: to.0,
            });
        }
    }

    /// The laptop for what comes from outside through a node; otherwise the node itself.
    fn client_place(&self, event: &Event) -> &'static str {
        match event.text("client") {
            "laptop" => "laptop",
            "outside" => "outside",
            _ => "",
        }
    }

    /// The corners of a hop: along the mooring line from a slice to a Pod, straight otherwise.
    fn way(&self, event: &Event, from: Point, to: Point) -> Vec<Point> {
        let to_pod = event.text("to").starts_with("pod/");
        let from_slice = event.text("from").starts_with("endpointslice/");
        let line = self
            .scene
            .bands()
            .flat_map(|band| &band.edges)
            .find(|edge| {
                to_pod
                    && from_slice
                    && edge.points.last() == Some(&to)
                    && edge.points.first() == Some(&from)
            });
        line.map_or_else(|| vec![from, to], |edge| edge.points.clone())
    }

    /// A name question: one dotted stretch to cluster DNS, whatever the number of names that a resolver tries.
    fn add_question(&mut self, event: &Event) {
        let asked = self.find(event.text("to"));
        let dns = self.find("service/kube-system/kube-dns:53");
        let (Some(from), Some(to)) = (asked, dns) else {
            return;
        };
        let good = event.kind.id == "dns-answered";
        // An embed has no room for words beside the line.
        let label = if good && self.scene.left == 0 {
            question(event)
        } else {
            String::new()
        };
        let known = self
            .route
            .stretches
            .iter_mut()
            .find(|s| s.look == Look::Question);
        if let Some(known) = known {
            // A later answer is the better one.
            if good {
                known.stamp = Some("#v-dns");
                known.label = label;
                known.words = words(event);
                self.route
                    .sentence
                    .take_if(|sentence| sentence.verdict == texts().failed_name);
            }
            return;
        }
        self.steps += 1;
        let stretch = |points, starts| Stretch {
            seq: event.seq.0,
            points,
            look: Look::Question,
            vessel: Vessel::Dns,
            starts,
            ends: starts + DNS,
            stamp: None,
            label: String::new(),
            step: None,
            words: String::new(),
        };
        self.route.stretches.push(Stretch {
            stamp: Some(if good { "#v-dns" } else { "#v-refused" }),
            label,
            step: Some(self.steps),
            words: words(event),
            ..stretch(vec![from.1, to.0], self.clock)
        });
        self.clock += DNS + DWELL;
        // Behind the Service's address one of the CoreDNS Pods answers.
        if let Some(server) = self.find(event.text("from")) {
            let line = self
                .scene
                .mooring("service/kube-system/kube-dns", event.text("from"));
            let points = line.map_or_else(|| vec![to.1, server.0], |edge| edge.points.clone());
            self.route.stretches.push(stretch(points, self.clock));
            self.clock += DNS + DWELL;
        }
        if !good {
            self.route.sentence = Some(Sentence {
                verdict: texts().failed_name,
                words: event.text("because").to_owned(),
                at: to.0,
            });
        }
    }
}

/// What a screen reader says of a hop: the event's own words, or where it went.
fn words(event: &Event) -> String {
    let spoken = event.spoken();
    if spoken.is_empty() {
        event.sentence()
    } else {
        spoken
    }
}

fn question(event: &Event) -> String {
    let kind = event.text("proto").trim_start_matches("DNS ").to_owned();
    let name = event.text("name").split('.').next().unwrap_or_default();
    let name = if kind == "PTR" {
        String::new()
    } else {
        format!(" {}", super::marks::short(name, 16))
    };
    format!("{kind}{name}\n{}", event.text("answer"))
}

fn has_no_endpoints(event: &Event) -> bool {
    event.text("because").starts_with("no endpoints")
}

/// The symbol of a row of the logbook.
pub fn icon(event: &Event) -> &'static str {
    match event.kind.id {
        "refused" if has_no_endpoints(event) => "v-none",
        _ => event.kind.icon,
    }
}

/// The symbol of a verdict.
pub fn stamp(event: &Event) -> &'static str {
    match event.kind.id {
        "delivered" => "#v-ok",
        "refused" if has_no_endpoints(event) => "#v-none",
        "refused" | "reset" => "#v-refused",
        _ => "#v-dropped",
    }
}

/// The word in front of a failure's sentence.
fn verdict(event: &Event) -> &'static str {
    match event.kind.id {
        "refused" if has_no_endpoints(event) => texts().failed_none,
        "refused" => texts().failed_refused,
        "reset" => texts().failed_reset,
        "unreachable" => texts().failed_unreachable,
        _ => texts().failed_silent,
    }
}

fn sentence(event: &Event) -> String {
    // Beside the chart there is no room for the rule, which the logbook names.
    let because = event.text("because");
    let short = |rest: &'_ str| rest.rfind("; ").unwrap_or(rest.len());
    let because = match because.strip_prefix("no endpoints: ") {
        Some(rest) => rest.get(..short(rest)).unwrap_or(rest),
        None => because,
    };
    match event.int("line") {
        0 => because.to_owned(),
        line => fill(texts().because_line, &[because, &line.to_string()]),
    }
}
