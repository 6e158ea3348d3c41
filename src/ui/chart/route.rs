//! Routes: a pure fold of the packet events of the last attempt into what is drawn and what moves.

use super::scene::{Point, Scene};
use crate::kernel::{Event, Seq};
use crate::shell::World;

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
pub(crate) fn is_traffic(event: &Event) -> bool {
    (PACKETS.contains(&event.kind.id) && !is_inner_dns(event)) || ANSWERS.contains(&event.kind.id)
}

/// A hop of a name question inside the cluster: its answer tells the whole.
fn is_inner_dns(event: &Event) -> bool {
    event.text("proto").starts_with("DNS")
        && matches!(event.kind.id, "forwarded" | "translated" | "delivered")
}

/// How a stretch of a route is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Success,
    Question,
    Failure,
}

/// One stretch of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) look: Look,
    /// When the packet leaves and arrives, in milliseconds from the start.
    pub(super) starts: u32,
    pub(super) ends: u32,
    /// The symbol stamped at its end.
    pub(super) stamp: Option<&'static str>,
    /// The words beside it.
    pub(super) label: String,
    /// The number of the step, on the first stretch of each.
    pub(super) step: Option<u32>,
}

/// All that the last attempt left on the chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Route {
    /// The first event of the attempt: another attempt, another number.
    pub(super) attempt: u64,
    pub(super) stretches: Vec<Stretch>,
    /// The sentence of a failure, with the place at which it happened.
    pub(super) sentence: Option<(String, String, Point)>,
    pub(super) lasts: u32,
}

/// The events of the last line that was typed and sent a packet.
fn last_attempt(world: &World) -> Vec<&Event> {
    let log = &world.cluster.sim().log;
    let Some(last) = log.since(Seq(0)).rev().find(|event| is_traffic(event)) else {
        return Vec::new();
    };
    let typed = log
        .since(Seq(0))
        .rev()
        .find(|event| event.seq < last.seq && event.kind.id == "typed");
    let from = typed.map_or(Seq(0), |event| event.seq);
    log.since(from).filter(|event| is_traffic(event)).collect()
}

/// The route of the last attempt on a scene.
pub(crate) fn route(world: &World, scene: &Scene) -> Route {
    let events = last_attempt(world);
    let mut route = Route {
        attempt: events.first().map_or(0, |event| event.seq.0),
        ..Route::default()
    };
    let mut clock = 0;
    let mut steps = 0;
    let mut last_flow = -1;
    let failed_flows: Vec<i64> = events
        .iter()
        .filter(|e| {
            !matches!(e.kind.id, "forwarded" | "translated" | "delivered")
                && PACKETS.contains(&e.kind.id)
        })
        .map(|e| e.int("flow"))
        .collect();
    let mut asked = false;
    for event in &events {
        let question = ANSWERS.contains(&event.kind.id);
        if question {
            add_question(
                &mut route,
                event,
                scene,
                (&mut clock, &mut steps, &mut asked),
            );
            continue;
        }
        let (Some(from), Some(to)) = (
            anchor(scene, event.text("from")),
            anchor(scene, event.text("to")),
        ) else {
            continue;
        };
        let flow = event.int("flow");
        let first = flow != last_flow;
        last_flow = flow;
        if first {
            steps += 1;
        }
        let failed = failed_flows.contains(&flow);
        let ends_here = !matches!(event.kind.id, "forwarded" | "translated");
        route.stretches.push(Stretch {
            from: from.1,
            to: to.0,
            look: if failed { Look::Failure } else { Look::Success },
            starts: clock,
            ends: clock + HOP,
            stamp: ends_here.then(|| stamp(event)),
            label: if event.kind.id == "translated" {
                "DNAT".to_owned()
            } else {
                String::new()
            },
            step: first.then_some(steps),
        });
        clock += HOP + DWELL;
        if failed && ends_here {
            route.sentence = Some((verdict_word(event), sentence(event), to.0));
        }
    }
    route.lasts = clock;
    route
}

/// A name question: one dotted stretch to cluster DNS, whatever the number of names that a resolver tries.
fn add_question(
    route: &mut Route,
    event: &Event,
    scene: &Scene,
    (clock, steps, asked): (&mut u32, &mut u32, &mut bool),
) {
    let client = event.text("to");
    let (Some(from), Some(to)) = (
        anchor(scene, client),
        anchor(scene, "service/kube-system/kube-dns:53"),
    ) else {
        return;
    };
    let good = event.kind.id == "dns-answered";
    // An embed has no room for words beside the line.
    let label = if good && scene.left == 0 {
        question_label(event)
    } else {
        String::new()
    };
    if let Some(known) = route
        .stretches
        .iter_mut()
        .find(|s| s.look == Look::Question)
    {
        // A later answer is the better one.
        if good {
            known.stamp = Some("#v-dns");
            known.label = label;
            if route
                .sentence
                .as_ref()
                .is_some_and(|(word, ..)| word == "Name")
            {
                route.sentence = None;
            }
        }
        return;
    }
    if !*asked {
        *asked = true;
        *steps += 1;
    }
    route.stretches.push(Stretch {
        from: from.1,
        to: to.0,
        look: Look::Question,
        starts: *clock,
        ends: *clock + DNS,
        stamp: Some(if good { "#v-dns" } else { "#v-refused" }),
        label,
        step: Some(*steps),
    });
    *clock += DNS + DWELL;
    // Behind the Service's address one of the CoreDNS Pods answers.
    if let Some(server) = anchor(scene, event.text("from")) {
        route.stretches.push(Stretch {
            from: to.1,
            to: server.0,
            look: Look::Question,
            starts: *clock,
            ends: *clock + DNS,
            stamp: None,
            label: String::new(),
            step: None,
        });
        *clock += DNS + DWELL;
    }
    if !good {
        route.sentence = Some(("Name".to_owned(), event.text("because").to_owned(), to.0));
    }
}

fn question_label(event: &Event) -> String {
    let kind = event.text("proto").trim_start_matches("DNS ").to_owned();
    let name = event
        .text("name")
        .split('.')
        .next()
        .unwrap_or_default()
        .to_owned();
    let name = if kind == "PTR" {
        String::new()
    } else {
        format!(" {}", super::layout::short(&name, 16))
    };
    format!("{kind}{name}\n{}", event.text("answer"))
}

fn anchor(scene: &Scene, place: &str) -> Option<(Point, Point)> {
    scene
        .anchors
        .get(place)
        .or_else(|| scene.anchors.get(place.rsplit_once(':')?.0))
        .copied()
}

fn stamp(event: &Event) -> &'static str {
    let none = event.text("because").starts_with("no endpoints");
    match event.kind.id {
        "delivered" => "#v-ok",
        "refused" if none => "#v-none",
        "refused" | "reset" => "#v-refused",
        _ => "#v-dropped",
    }
}

/// The word in front of a failure's sentence.
fn verdict_word(event: &Event) -> String {
    match event.kind.id {
        "refused" if event.text("because").starts_with("no endpoints") => "No endpoints",
        "refused" => "Refused",
        "reset" => "Reset",
        "unreachable" => "Unreachable",
        _ => "No answer",
    }
    .to_owned()
}

fn sentence(event: &Event) -> String {
    let because = event.text("because").trim_start_matches("no endpoints: ");
    match event.int("line") {
        0 => because.to_owned(),
        line => format!("{because}, line {line}"),
    }
}
