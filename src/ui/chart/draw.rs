//! The chart's parts as SVG.

use super::route::{Look, Route, Stretch};
use super::scene::{Island, Pier, PodMark, Point, Scene, ServiceMark};
use yew::prelude::*;

fn text(class: &'static str, (x, y): Point, words: &str) -> Html {
    html! { <text class={class} x={x.to_string()} y={y.to_string()}>{ words }</text> }
}

fn rect(class: &'static str, (x, y): Point, (width, height): Point, rx: &'static str) -> Html {
    html! { <rect class={class} x={x.to_string()} y={y.to_string()} width={width.max(0).to_string()} height={height.max(0).to_string()} rx={rx} /> }
}

fn symbol(id: &'static str, middle: Point, (width, height): Point) -> Html {
    let (x, y) = (middle.0 - width / 2, middle.1 - height / 2);
    html! { <use href={id} x={x.to_string()} y={y.to_string()} width={width.to_string()} height={height.to_string()} /> }
}

fn path(class: &'static str, d: String) -> Html {
    html! { <path class={class} d={d} /> }
}

/// The neat line, the lanes and the legend.
pub(super) fn frame(scene: &Scene) -> Html {
    let (w, h) = (scene.width, scene.height);
    let lanes = scene.lanes.iter().enumerate().map(|(i, (title, x))| {
        let end = scene.lanes.get(i + 1).map_or(w - 12, |(_, next)| *next);
        let dark = i % 2 == 0;
        html! { <g key={i}>
            { if dark { html! { <>{ rect("f-line", (*x, 9), (end - x, 3), "0") }{ rect("f-line", (*x, h - 12), (end - x, 3), "0") }</> } } else { html! {} } }
            { if *x > scene.left + 12 && i > 0 { path("s-lane", format!("M{x}.5 13V{}", scene.floor)) } else { html! {} } }
            { text("c-lane", (x + 12, 29), title) }
        </g> }
    });
    let lines = if scene.tall {
        html! {}
    } else {
        path(
            "s-lane",
            format!("M13 36.5H{}M13 {}.5H{}", w - 12, scene.floor, w - 12),
        )
    };
    html! { <>
        { rect("s-frame", (scene.left + 8, 8), (w - scene.left - 16, h - 16), "0") }
        { rect("s-frame", (scene.left + 12, 12), (w - scene.left - 24, h - 24), "0") }
        { for lanes }
        { lines }
        { if scene.legend { legend(scene.floor) } else { html! {} } }
    </> }
}

fn legend(floor: i32) -> Html {
    let y = floor + 14;
    let hulls = [
        (40, "#hull-ready", "ready"),
        (116, "#hull-unready", "not ready"),
        (216, "#hull-ending", "terminating"),
    ];
    let verdicts = [
        (327, "#v-dns", "answered"),
        (423, "#v-ok", "delivered"),
        (519, "#v-refused", "refused"),
        (607, "#v-dropped", "dropped"),
        (695, "#v-none", "no endpoints"),
    ];
    html! { <g aria-label="Legend" role="img">
        { for hulls.iter().map(|(x, id, word)| html! { <>{ symbol(id, (*x, y), (24, 18)) }{ text("c-meta", (x + 18, y + 4), word) }</> }) }
        { for verdicts.iter().map(|(x, id, word)| html! { <>{ symbol(id, (*x, y), (14, 14)) }{ text("c-meta", (x + 13, y + 4), word) }</> }) }
        { path("wake", format!("M808 {y}h36")) }
        <circle class="ring" cx="844" cy={y.to_string()} r="5" /><circle class="dot" cx="844" cy={y.to_string()} r="2.5" />
        { text("c-meta", (856, y + 4), "route") }
    </g> }
}

/// The laptop in the sea.
pub(super) fn laptop(scene: &Scene) -> Html {
    let (x, y) = scene.laptop;
    let label = if scene.tall {
        (x + 34, y + 4)
    } else {
        (x, y + 44)
    };
    let wave = |dx: i32, dy: i32| {
        path(
            "wave",
            format!("M{} {}q4-4 8 0t8 0t8 0t8 0", x + dx, y + dy),
        )
    };
    html! { <g role="img" aria-label="Your laptop, outside the cluster">
        { if scene.tall { html! {} } else { html! { <>{ wave(-32, -56) }{ wave(-20, -46) }{ wave(-8, -36) }</> } } }
        { symbol("#laptop", (x, y), (52, 52)) }
        { text(if scene.tall { "c-name" } else { "c-name mid" }, label, "laptop") }
    </g> }
}

/// One island with all that stands on it.
pub(super) fn island(scene: &Scene, island: &Island) -> Html {
    let label = if scene.tall {
        "c-place-s end"
    } else {
        "c-place"
    };
    html! { <g key={island.name.clone()}>
        { rect("depth", (island.x - 4, island.y - 4), (island.width + 8, island.height + 8), "16") }
        { rect("island", (island.x, island.y), (island.width, island.height), "12") }
        { for island.piers.iter().map(|pier| self::pier(pier, scene.tall)) }
        { text(label, island.label, &island.name) }
        { for island.services.iter().map(|service| edges(scene, service)) }
        { for island.clients.iter().map(|client| self::client(scene, client)) }
        { for island.services.iter().map(|service| self::service(scene, service)) }
        { for island.piers.iter().flat_map(|pier| &pier.pods).map(|p| pod(scene, p)) }
    </g> }
}

fn pier(pier: &Pier, narrow: bool) -> Html {
    let (right, bottom) = (pier.x + pier.width, pier.y + pier.height);
    let planks: String = (0..(pier.height - 6) / 8)
        .map(|i| format!("M{} {}h6", right - 6, pier.y + 6 + 8 * i))
        .collect();
    let label = if narrow {
        (pier.x + 8, bottom - 8)
    } else {
        (pier.x + 42, pier.y + 15)
    };
    let empty = if pier.pods.is_empty() && !narrow {
        text("c-meta", (pier.x + 42, pier.y + 36), "no Pods")
    } else {
        html! {}
    };
    let more = if pier.more > 0 {
        text(
            "c-meta",
            (pier.x + 42, bottom - 10),
            &format!("and {} more Pods", pier.more),
        )
    } else {
        html! {}
    };
    let quay = if narrow {
        format!("M{} {bottom}H{right}", pier.x)
    } else {
        format!("M{right} {}V{bottom}", pier.y)
    };
    html! { <g key={pier.node.clone()}>
        { rect("pier", (pier.x, pier.y), (pier.width, pier.height), "0") }
        { path("quay", quay) }
        { if narrow { html! {} } else { path("plank", planks) } }
        { text("c-meta", label, &pier.node) }
        { empty }{ more }
    </g> }
}

fn pod(scene: &Scene, pod: &PodMark) -> Html {
    let (x, y) = pod.at;
    let label = format!(
        "Pod {}, {}, on {}, {}",
        pod.name,
        pod.address,
        pod.node,
        pod.state.word()
    );
    let words = if scene.tall {
        html! { <>{ text("c-pod mid", (x, y + 26), &pod.label) }{ text("c-addr mid", (x, y + 41), &pod.address) }</> }
    } else {
        html! { <>{ text("c-pod", (x + 22, y + 5), &pod.label) }{ text("c-addr end", (880, y + 5), &pod.address) }</> }
    };
    html! { <g key={pod.place.clone()} data-place={pod.place.clone()} role="img" aria-label={label}>{ symbol(pod.state.symbol(), (x, y), (32, 24)) }{ words }</g> }
}

fn client(scene: &Scene, pod: &PodMark) -> Html {
    let (x, y) = pod.at;
    let label = format!(
        "Pod {}, {}, on {}, {}",
        pod.name,
        pod.address,
        pod.node,
        pod.state.word()
    );
    // A client is selected by no Service and that is as it should be.
    let hull = if pod.state.symbol() == "#hull-afloat" {
        "#hull-ready"
    } else {
        pod.state.symbol()
    };
    let on = if pod.node.is_empty() {
        "no node yet".to_owned()
    } else {
        format!("on {}", pod.node)
    };
    let words = if scene.tall {
        html! { <>{ text("c-name end", (x - 34, y - 2), &pod.label) }{ text("c-addr end", (x - 34, y + 14), &pod.address) }</> }
    } else {
        html! { <>
            { text("c-name mid", (x, y + 41), &pod.label) }
            { text("c-addr mid", (x, y + 57), &pod.address) }
            { text("c-meta mid", (x, y + 73), &on) }
        </> }
    };
    html! { <g key={pod.place.clone()} data-place={pod.place.clone()} role="img" aria-label={label}>{ symbol(hull, (x, y), (56, 42)) }{ words }</g> }
}

fn service(scene: &Scene, service: &ServiceMark) -> Html {
    let (x, y) = service.at;
    let ports: Vec<String> = service
        .ports
        .iter()
        .map(|(port, _)| port.to_string())
        .collect();
    let label = format!(
        "Service {}, {}, ports {}, {} of {} endpoints ready",
        service.name,
        service.address,
        ports.join(" and "),
        service.ready,
        service.total
    );
    if service.is_dns {
        let address = format!("{}:53", service.address);
        let words = if scene.tall {
            html! { <>{ text("c-name mid", (x, y + 34), "kube-dns") }{ text("c-addr mid", (x, y + 50), &service.address) }</> }
        } else if scene.left > 0 {
            html! { <>{ text("c-name", (x + 22, y - 2), "kube-dns") }{ text("c-addr", (x + 22, y + 14), &address) }</> }
        } else {
            html! { <>{ text("c-name", (x - 6, y + 36), "kube-dns") }{ text("c-addr", (x - 6, y + 52), &address) }</> }
        };
        return html! { <g key={service.place.clone()} data-place={service.place.clone()} role="img" aria-label={label}>{ symbol("#name-ring", (x, y), (32, 32)) }{ words }</g> };
    }
    let half = (12 * service.ports.len().max(1) as i32).max(26);
    let words = if scene.tall {
        html! { <>{ text("c-name", (x + 34, y + 2), &service.label) }{ text("c-addr", (x + 34, y + 18), &service.address) }</> }
    } else {
        html! { <>{ text("c-name mid", (x - 12, y + half + 22), &service.label) }{ text("c-addr mid", (x - 12, y + half + 38), &service.address) }</> }
    };
    let notch = |(port, at): &(i64, i32)| {
        let middle = if scene.tall {
            (*at, y - 29)
        } else {
            (x - 42, *at)
        };
        html! { <g key={*port}>
            { rect("sym", (middle.0 - 22, middle.1 - 9), (44, 18), "2") }
            { text("c-port mid", (middle.0, middle.1 + 4), &port.to_string()) }
        </g> }
    };
    html! { <>
        <g key={service.place.clone()} data-place={service.place.clone()} role="img" aria-label={label}>
            { symbol(service.symbol.id(), (x, y), (52, 52)) }
            { for service.ports.iter().map(notch) }
            { words }
        </g>
        { slices(scene, service, half) }
    </> }
}

fn slices(scene: &Scene, service: &ServiceMark, half: i32) -> Html {
    if service.slices.is_empty() {
        return html! {};
    }
    let (x, y) = service.slice_at;
    let empty = service.total == 0;
    let count = if empty {
        "no endpoints".to_owned()
    } else {
        format!("{} of {} ready", service.ready, service.total)
    };
    let words = if scene.tall {
        html! { <>{ text("c-pod", (x + 26, y - 4), &service.slice_name) }{ text("c-meta", (x + 26, y + 12), &count) }</> }
    } else {
        html! { <>{ text("c-pod mid", (x, y + half + 22), &service.slice_name) }{ text("c-meta mid", (x, y + half + 38), &count) }</> }
    };
    let label = format!("EndpointSlice {}, {count}", service.slice_name);
    html! { <g data-place={service.slices.join(" ")} role="img" aria-label={label}>
        { symbol(if empty { "#mooring-empty" } else { "#mooring" }, (x, y), (32, 52)) }
        { if empty { text("c-count mid", (x, y + 5), "0") } else { html! {} } }
        { words }
    </g> }
}

/// Thin lines from the slices to the Pods.
fn edges(scene: &Scene, service: &ServiceMark) -> Html {
    let ends = service
        .endpoints
        .iter()
        .filter_map(|place| scene.anchors.get(place))
        .map(|(point, _)| *point);
    let d: String = if service.is_dns && scene.left > 0 {
        String::new()
    } else if service.is_dns && !scene.tall {
        let (x, y) = service.at;
        let trunk = format!("M{} {y}H604", x + 14);
        ends.map(|(px, py)| format!("M604 {y}L{px} {py}"))
            .fold(trunk, |d, part| d + &part)
    } else if service.is_dns {
        let (x, y) = service.at;
        ends.map(|(px, py)| format!("M{x} {}L{px} {py}", y + 56))
            .collect()
    } else {
        let Some((_, from)) = service
            .slices
            .first()
            .and_then(|slice| scene.anchors.get(slice))
        else {
            return html! {};
        };
        ends.map(|(px, py)| format!("M{} {}L{px} {py}", from.0, from.1))
            .collect()
    };
    if d.is_empty() {
        html! {}
    } else {
        path("edge", d)
    }
}

/// The stretches of a route, each hidden until the packet has passed.
pub(super) fn wakes(route: &Route, tall: bool) -> Html {
    html! { <>{ for route.stretches.iter().enumerate().map(|(i, stretch)| wake(i, stretch, tall)) }</> }
}

fn wake(index: usize, stretch: &Stretch, tall: bool) -> Html {
    let class = match stretch.look {
        Look::Success => "wake",
        Look::Question => "wake dns",
        Look::Failure => "wake failed",
    };
    let ((x1, y1), (x2, y2)) = (stretch.from, stretch.to);
    let (dx, dy) = (f64::from(x2 - x1), f64::from(y2 - y1));
    let length = dx.hypot(dy).max(1.0);
    // The line ends where the arrow's head begins.
    let (ex, ey) = (
        f64::from(x2) - dx / length * 8.0,
        f64::from(y2) - dy / length * 8.0,
    );
    let angle = dy.atan2(dx).to_degrees();
    let head = if stretch.look == Look::Failure {
        "head-r"
    } else {
        "head-m"
    };
    let (mx, my) = (x1 + (x2 - x1) * 2 / 5, y1 + (y2 - y1) * 2 / 5);
    let step = stretch.step.map(|n| {
        html! { <><circle class="ring" cx={mx.to_string()} cy={my.to_string()} r="8" />
        <text class="c-course mid" x={mx.to_string()} y={(my + 4).to_string()}>{ n }</text></> }
    });
    html! { <g key={index} class="stretch ahead" data-ends={stretch.ends.to_string()}>
        <path class={class} d={format!("M{x1} {y1}L{ex:.1} {ey:.1}")} />
        <path class={head} transform={format!("translate({x2} {y2}) rotate({angle:.1})")} d="M0 0l-8-4v8z" />
        { step }
        { words(stretch, tall) }
        { stretch.stamp.map(|id| stamp(id, stretch, tall)) }
    </g> }
}

/// The words beside a stretch, never on it.
fn words(stretch: &Stretch, tall: bool) -> Html {
    let ((x1, y1), (x2, y2)) = (stretch.from, stretch.to);
    if stretch.label.is_empty() {
        return html! {};
    }
    if stretch.look == Look::Question {
        // Beside the line, below the island of cluster DNS.
        let (x, y) = if tall {
            (x1 + 24, y1 + 26)
        } else {
            (x2 + 14, y2.max(y1.min(y2 + 82)) - 2)
        };
        let lines = stretch.label.lines().enumerate();
        return html! { <>{ for lines.map(|(i, line)| text("c-course", (x, y + 16 * i as i32), line)) }</> };
    }
    if (x2 - x1).abs() < (y2 - y1).abs() {
        return html! {};
    }
    text(
        "c-course mid",
        ((x1 + x2) / 2, (y1 + y2) / 2 - 8),
        &stretch.label,
    )
}

fn stamp(id: &'static str, stretch: &Stretch, tall: bool) -> Html {
    let (x, y) = stretch.to;
    let size = if id == "#v-ok" || id == "#v-dns" {
        14
    } else {
        18
    };
    let at = match (id, stretch.look) {
        ("#v-dns", _) | (_, Look::Question) => (x - 14, y + 12),
        ("#v-ok", _) if tall => (x + 16, y),
        ("#v-ok", _) => (x - 7, y + 16),
        _ => (x - 8, y),
    };
    let arrival = (id == "#v-ok").then(|| {
        let (x, y) = ((if tall { x } else { x - 7 }).to_string(), y.to_string());
        html! { <><circle class="ring" cx={x.clone()} cy={y.clone()} r="7" /><circle class="dot" cx={x} cy={y} r="3.5" /></> }
    });
    html! { <>{ arrival }{ symbol(id, at, (size, size)) }</> }
}

/// The sentence of a failure, at the foot of the island at which it happened.
pub(super) fn sentence(scene: &Scene, route: &Route) -> Html {
    let Some((word, words, at)) = &route.sentence else {
        return html! {};
    };
    let inside =
        |island: &&Island| at.1 >= island.y && at.1 <= island.y + island.height && at.0 >= island.x;
    let home = scene
        .islands
        .iter()
        .find(inside)
        .or_else(|| scene.islands.iter().find(|i| i.name == "default"));
    let Some(island) = home else { return html! {} };
    let (x, y) = island.sentence;
    let lines = wrap(
        words,
        if scene.tall { 34 } else { 84 },
        word.chars().count() + 2,
    );
    html! { <g class="stretch ahead" data-ends={route.lasts.to_string()}>
        <text class="c-bad" x={x.to_string()} y={(y - 16 * (lines.len() as i32 - 1)).to_string()}>{ format!("{word}:") }
            { for lines.iter().enumerate().map(|(i, line)| {
                if i == 0 { html! { <tspan class="c-badtext" dx="4">{ line }</tspan> } }
                else { html! { <tspan class="c-badtext" x={x.to_string()} dy="16">{ line }</tspan> } }
            }) }
        </text>
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
