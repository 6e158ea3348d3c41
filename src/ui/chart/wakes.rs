//! What the last attempt left on the chart: wakes, stamps, the sentence of a failure.

use super::draw::{rect, symbol, text};
use crate::chart::{Island, Look, Point, Route, Scene, Stretch};
use yew::prelude::*;

/// The stretches of a route, each hidden until the packet has passed.
pub(super) fn wakes(route: &Route, tall: bool) -> Html {
    html! { <>{ for route.stretches.iter().enumerate().map(|(i, stretch)| wake(i, stretch, tall)) }</> }
}

/// The corners without the last eight units, where the arrow's head is, and the head's angle.
fn shortened(points: &[Point]) -> (String, f64) {
    let (Some(last), Some(before)) = (
        points.last(),
        points.len().checked_sub(2).and_then(|i| points.get(i)),
    ) else {
        return (String::new(), 0.0);
    };
    let (dx, dy) = (f64::from(last.0 - before.0), f64::from(last.1 - before.1));
    let length = dx.hypot(dy).max(1.0);
    let end = (
        f64::from(last.0) - dx / length * 8.0,
        f64::from(last.1) - dy / length * 8.0,
    );
    let mut d = String::new();
    for (i, (x, y)) in points.iter().take(points.len() - 1).enumerate() {
        d.push_str(&format!("{}{x} {y}", if i == 0 { 'M' } else { 'L' }));
    }
    d.push_str(&format!("L{:.1} {:.1}", end.0, end.1));
    (d, dy.atan2(dx).to_degrees())
}

fn wake(index: usize, stretch: &Stretch, tall: bool) -> Html {
    let (class, head) = match stretch.look {
        Look::Success => ("wake", "head-m"),
        Look::Question => ("wake dns", "head-m"),
        Look::Failure => ("wake failed", "head-r"),
    };
    let ((x1, y1), (x2, y2)) = (stretch.from(), stretch.to());
    let (d, angle) = shortened(&stretch.points);
    let (mx, my) = (x1 + (x2 - x1) * 2 / 5, y1 + (y2 - y1) * 2 / 5);
    let step = stretch.step.map(|n| {
        html! { <><circle class="ring" cx={mx.to_string()} cy={my.to_string()} r="8" />
        <text class="c-course mid" x={mx.to_string()} y={(my + 4).to_string()}>{ n }</text></> }
    });
    html! { <g key={index} class="stretch ahead" data-event={stretch.seq.to_string()}>
        <path class={class} d={d} />
        <path class={head} transform={format!("translate({x2} {y2}) rotate({angle:.1})")} d="M0 0l-8-4v8z" />
        { step }
        { words(stretch, tall) }
        { stretch.stamp.map(|id| stamp(id, stretch, tall)) }
    </g> }
}

/// The words beside a stretch, never on it.
fn words(stretch: &Stretch, tall: bool) -> Html {
    let ((x1, y1), (x2, y2)) = (stretch.from(), stretch.to());
    if stretch.label.is_empty() {
        return html! {};
    }
    if stretch.look == Look::Question {
        // Beside the line, below the island of cluster DNS.
        let (x, y) = if tall {
            (x1 + 24, y1 + 26)
        } else {
            (x2 + 14, y2.max(y1.min(y2 + 90)) - 2)
        };
        let lines = stretch.label.lines().enumerate();
        return html! { <>{ for lines.map(|(i, line)| text("c-course halo", (x, y + 16 * i as i32), line)) }</> };
    }
    if (x2 - x1).abs() < (y2 - y1).abs() {
        return html! {};
    }
    text(
        "c-course mid halo",
        ((x1 + x2) / 2, (y1 + y2) / 2 - 8),
        &stretch.label,
    )
}

fn stamp(id: &'static str, stretch: &Stretch, tall: bool) -> Html {
    let (x, y) = stretch.to();
    let size = if id == "#v-ok" || id == "#v-dns" {
        14
    } else {
        18
    };
    let at = match (id, stretch.look) {
        ("#v-dns", _) | (_, Look::Question) => (x - 14, y + 12),
        ("#v-ok", _) if tall => (x + 16, y),
        ("#v-ok", _) => (x - 7, y + 16),
        _ if tall => (x, y - 9),
        _ => (x - 8, y),
    };
    let arrival = (id == "#v-ok").then(|| {
        let (x, y) = ((if tall { x } else { x - 7 }).to_string(), y.to_string());
        html! { <><circle class="ring" cx={x.clone()} cy={y.clone()} r="7" /><circle class="dot" cx={x} cy={y} r="3.5" /></> }
    });
    html! { <g class="stamp">{ arrival }{ symbol(id, at, (size, size)) }</g> }
}

/// The sentence of a failure, at the foot of the island at which it happened.
pub(super) fn sentence(scene: &Scene, route: &Route) -> Html {
    let Some(sentence) = &route.sentence else {
        return html! {};
    };
    let at = sentence.at;
    let inside = |island: &&std::rc::Rc<Island>| {
        at.1 >= island.y && at.1 <= island.y + island.height && at.0 >= island.x
    };
    let islands = || scene.islands.iter();
    let home = islands()
        .find(inside)
        .or_else(|| islands().find(|i| i.name == "default"));
    let Some(island) = home else { return html! {} };
    let (x, y) = island.sentence;
    let word = sentence.verdict;
    let lines = wrap(
        &sentence.words,
        if scene.tall { 34 } else { 84 },
        word.chars().count() + 2,
    );
    let top = y - 16 * (lines.len() as i32 - 1);
    // A leader from the stamp down to the sentence.
    let leader = (!scene.tall && at.0 >= x && top - 12 > at.1 + 12).then(|| {
        html! { <path class="leader" d={format!("M{} {}V{}", at.0 - 8, at.1 + 10, top - 14)} /> }
    });
    html! { <g class="stretch ahead last">
        { leader }
        <text class="c-bad halo" x={x.to_string()} y={top.to_string()}>{ format!("{word}:") }
            { for lines.iter().enumerate().map(|(i, line)| {
                if i == 0 { html! { <tspan class="c-badtext" dx="4">{ line }</tspan> } }
                else { html! { <tspan class="c-badtext" x={x.to_string()} dy="16">{ line }</tspan> } }
            }) }
        </text>
    </g> }
}

/// The notch that a failed packet came to, in red.
pub(super) fn notch(scene: &Scene, route: &Route) -> Html {
    let found = route.notch.as_ref().and_then(|place| {
        let (service, port) = place.rsplit_once(':')?;
        let mark = scene
            .bands()
            .flat_map(|band| &band.services)
            .find(|mark| mark.place == service && !mark.is_dns)?;
        let port = mark
            .ports
            .iter()
            .find(|(number, _)| number.to_string() == port)?;
        Some(if scene.tall {
            (port.0, (port.1, mark.at.1 - 29))
        } else {
            (port.0, (mark.at.0 - 42, port.1))
        })
    });
    let Some((port, (x, y))) = found else {
        return html! {};
    };
    html! { <g class="stretch ahead last" aria-hidden="true">
        { rect("sym fault", (x - 22, y - 9), (44, 18), "2") }
        { text("c-port mid", (x, y + 4), &port.to_string()) }
    </g> }
}

/// Breaks a sentence into lines of at most `most` characters; `used` stand before the first.
fn wrap(words: &str, most: usize, used: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = most.saturating_sub(used);
    for word in words.split(' ') {
        let length = word.chars().count() + 1;
        if length > room && lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(String::new());
            room = most;
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        room = room.saturating_sub(length);
    }
    lines
}
