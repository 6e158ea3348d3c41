//! The chart's parts as SVG. Whatever stands for an object bears `data-place` and takes the focus.

use crate::chart::{Band, Island, More, Pier, PodMark, Point, Scene, ServiceMark, Shape, Symbol};
use crate::ui::words::{Words, fill, words};
use std::rc::Rc;
use yew::prelude::*;

pub(super) fn text(class: &'static str, (x, y): Point, words: &str) -> Html {
    html! { <text class={class} x={x.to_string()} y={y.to_string()}>{ words }</text> }
}

pub(super) fn rect(
    class: &'static str,
    (x, y): Point,
    (width, height): Point,
    rx: &'static str,
) -> Html {
    html! { <rect class={class} x={x.to_string()} y={y.to_string()} width={width.max(0).to_string()} height={height.max(0).to_string()} rx={rx} /> }
}

pub(super) fn symbol(id: &'static str, middle: Point, (width, height): Point) -> Html {
    let (x, y) = (middle.0 - width / 2, middle.1 - height / 2);
    html! { <use href={id} x={x.to_string()} y={y.to_string()} width={width.to_string()} height={height.to_string()} /> }
}

pub(super) fn path(class: &'static str, d: String) -> Html {
    html! { <path class={class} d={d} /> }
}

/// A node: something with a place, words, and a box that shows the focus and takes the pointer.
fn node(place: &str, words: String, corner: Point, size: Point, inner: Html) -> Html {
    html! {
        <g key={place.to_owned()}><g aria-hidden="true">{ inner }</g><g class="node" data-place={place.to_owned()} tabindex="-1" role="button" aria-label={words}>{ rect("hit", corner, size, "3") }</g></g>
    }
}

/// A line through points, with its corners cut where it turns.
fn line(points: &[Point]) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let mut push = |mark: char, x: i32, y: i32| {
            d.push(mark);
            d.push_str(&format!("{x} {y}"));
        };
        let turn = (
            i.checked_sub(1).and_then(|i| points.get(i)),
            points.get(i + 1),
        );
        match turn {
            (None, _) => push('M', *x, *y),
            (Some(before), Some(after)) => {
                // A short cut of at most 6 before and after the corner.
                let toward = |p: &Point| {
                    let (dx, dy) = (p.0 - x, p.1 - y);
                    let length = dx.abs().max(dy.abs()).max(1);
                    let cut = 6.min(length / 2);
                    (x + dx * cut / length, y + dy * cut / length)
                };
                let (a, b) = (toward(before), toward(after));
                push('L', a.0, a.1);
                push('L', b.0, b.1);
            }
            (Some(_), None) => push('L', *x, *y),
        }
    }
    d
}

/// The neat line, the lanes and the legend.
pub(super) fn frame(scene: &Scene) -> Html {
    let (w, h) = (scene.width, scene.height);
    let outline = html! { <>
        { rect("s-frame", (scene.left + 8, 8), (w - scene.left - 16, h - 16), "0") }
        { rect("s-frame", (scene.left + 12, 12), (w - scene.left - 24, h - 24), "0") }
    </> };
    if scene.tall {
        return outline;
    }
    let lanes = scene.lanes.iter().enumerate().map(|(i, (title, x))| {
        let end = scene.lanes.get(i + 1).map_or(w - 12, |(_, next)| *next);
        let dark = i % 2 == 0;
        html! { <g key={i}>
            { if dark { html! { <>{ rect("f-line", (*x, 9), (end - x, 3), "0") }{ rect("f-line", (*x, h - 12), (end - x, 3), "0") }</> } } else { html! {} } }
            { if *x > scene.left + 12 && i > 0 { path("s-lane", format!("M{x}.5 13V{}", scene.floor)) } else { html! {} } }
            { text("c-lane", (x + 12, 29), title) }
        </g> }
    });
    html! { <>
        { outline }
        { for lanes }
        { path("s-lane", format!("M{x} 36.5H{end}M{x} {}.5H{end}", scene.floor, x = scene.left + 13, end = w - 12)) }
        { if scene.legend { legend(scene.floor) } else { html! {} } }
    </> }
}

/// The heads of the lanes once more, to stay in sight over a chart that is scrolled.
pub(super) fn heads(scene: &Scene) -> Html {
    let w = scene.width;
    let lanes = scene.lanes.iter().enumerate().map(|(i, (title, x))| {
        let end = scene.lanes.get(i + 1).map_or(w - 12, |(_, next)| *next);
        let mark = if i % 2 == 0 {
            rect("f-line", (*x, 9), (end - x, 3), "0")
        } else {
            html! {}
        };
        html! { <>{ mark }{ text("c-lane", (x + 12, 29), title) }</> }
    });
    html! { <>
        { rect("f-paper", (scene.left, 0), (w, 36), "0") }
        { path("s-frame", format!("M{}.5 37V8.5H{}.5V37M{}.5 37V12.5H{}.5V37", scene.left + 8, w - 9, scene.left + 12, w - 13)) }
        { for lanes }
        { path("s-lane", format!("M{} 36.5H{}", scene.left + 13, w - 12)) }
    </> }
}

fn legend(floor: i32) -> Html {
    let y = floor + 14;
    let w: &Words = words();
    let hulls = [
        (32, "#hull-ready", w.ready),
        (104, "#hull-unready", w.not_ready),
        (202, "#hull-afloat", w.not_selected),
        (316, "#hull-ending", w.ending),
    ];
    let verdicts = [
        (391, "#v-dns", w.answered),
        (475, "#v-ok", w.delivered),
        (561, "#v-refused", w.refused),
        (639, "#v-dropped", w.dropped),
        (719, "#v-none", w.no_endpoints),
    ];
    html! { <g aria-label={w.legend} role="img">
        { for hulls.iter().map(|(x, id, word)| html! { <>{ symbol(id, (*x, y), (24, 18)) }{ text("c-meta", (x + 17, y + 4), word) }</> }) }
        { for verdicts.iter().map(|(x, id, word)| html! { <>{ symbol(id, (*x, y), (14, 14)) }{ text("c-meta", (x + 12, y + 4), word) }</> }) }
        { path("wake", format!("M822 {y}h30")) }
        <circle class="ring" cx="854" cy={y.to_string()} r="5" /><circle class="dot" cx="854" cy={y.to_string()} r="2.5" />
        { text("c-meta", (866, y + 4), w.route) }
    </g> }
}

/// The lanes of a tall chart, whose names stand on the first island.
pub(super) fn tall_lanes(scene: &Scene) -> Html {
    let lanes = scene.lanes.iter().filter(|_| scene.tall);
    html! { <>{ for lanes.map(|(title, y)| text("c-lane", (26, *y), title)) }</> }
}

/// The laptop in the sea, and how long a hop lasts.
pub(super) fn laptop(scene: &Scene) -> Html {
    let Some((x, y)) = scene.laptop else {
        return html! {};
    };
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
    let class = if scene.tall { "c-name" } else { "c-name mid" };
    let inner = html! { <>{ symbol("#laptop", (x, y), (52, 52)) }{ text(class, label, words().laptop) }</> };
    let sea = html! { <>
        { wave(-32, -56) }{ wave(-20, -46) }{ wave(-8, -36) }
        { text("c-meta", (24, scene.floor - 38), words().one_hop) }
        { path("scale", format!("M24.5 {}v6h60v-6M54.5 {}v4", scene.floor - 30, scene.floor - 28)) }
        { text("c-meta", (24, scene.floor - 10), words().hop_lasts) }
    </> };
    html! { <>
        { if scene.tall { html! {} } else { sea } }
        { node("laptop", words().laptop_label.to_owned(), (x - 30, y - 28), (60, 76), inner) }
    </> }
}

/// One island's properties.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct IslandProps {
    pub(super) island: Shared,
    pub(super) shape: Shape,
}

/// An island that is compared by pointer: an unchanged one is kept from scene to scene.
#[derive(Clone)]
pub(super) struct Shared(pub(super) Rc<Island>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// One island with all that stands on it; it is rendered again only when something on it changed.
#[component]
pub(super) fn IslandView(props: &IslandProps) -> Html {
    let (island, tall): (&Island, bool) = (&props.island.0, props.shape == Shape::Tall);
    let size = (island.width, island.height);
    let shore = html! { <>
        { rect("depth", (island.x - 4, island.y - 4), (size.0 + 8, size.1 + 8), "16") }
        { rect("island", (island.x, island.y), size, "12") }
    </> };
    let place = format!("namespace//{}", island.name);
    if !island.summary.is_empty() {
        let words = fill(words().folded, &[&island.name, &island.summary]);
        let inner = html! { <>
            { text("c-fold", (island.x + 16, island.y + 23), "+") }
            { text("c-place", (island.x + 34, island.y + 22), &island.name) }
            { text("c-meta", if tall { (island.x + 34, island.y + 42) } else { (island.x + 180, island.y + 22) }, &island.summary) }
        </> };
        return html! { <>{ shore }{ node_that_folds(&place, words, (island.x, island.y), size, inner) }</> };
    }
    let label = if tall { "c-place-s end" } else { "c-place" };
    html! { <>
        { shore }
        { for island.bands.iter().flat_map(|band| &band.piers).map(|pier| self::pier(pier, tall)) }
        <g class="fold" data-fold={place}><title>{ fill(words().fold, &[&island.name]) }</title>{ text(label, island.label, &island.name) }</g>
        { for island.bands.iter().map(edges) }
        { for island.clients.iter().map(|client| self::client(client, tall)) }
        { for island.bands.iter().flat_map(|band| &band.services).map(|service| self::service(service, props.shape)) }
        { for island.bands.iter().flat_map(|band| &band.piers).map(|pier| pods(pier, tall)) }
    </> }
}

/// A node whose click folds or unfolds it.
fn node_that_folds(place: &str, words: String, corner: Point, size: Point, inner: Html) -> Html {
    html! {
        <g key={place.to_owned()}><g aria-hidden="true">{ inner }</g><g class="node" data-place={place.to_owned()} data-fold={place.to_owned()} tabindex="-1" role="button" aria-label={words}>{ rect("hit", corner, size, "3") }</g></g>
    }
}

fn pier(pier: &Pier, tall: bool) -> Html {
    let (right, bottom) = (pier.x + pier.width, pier.y + pier.height);
    let planks: String = (0..(pier.height - 6) / 8)
        .map(|i| format!("M{} {}h6", right - 6, pier.y + 6 + 8 * i))
        .collect();
    let label = if tall {
        (pier.x + 8, bottom - 8)
    } else {
        (pier.x + 42, pier.y + 15)
    };
    let empty = if pier.pods.is_empty() && pier.more.is_none() && tall {
        let words = if pier.note.is_empty() {
            words().no_pods
        } else {
            ""
        };
        text("c-meta end", (right - 12, bottom - 8), words)
    } else if pier.pods.is_empty() {
        text("c-meta", (pier.x + 42, pier.y + 36), words().no_pods)
    } else {
        html! {}
    };
    let quay = if tall {
        format!("M{} {bottom}H{right}", pier.x)
    } else {
        format!("M{right} {}V{bottom}", pier.y)
    };
    let note = if pier.note.is_empty() {
        html! {}
    } else {
        text("c-warn end", (pier.x + pier.width - 12, label.1), pier.note)
    };
    html! { <g key={pier.key.clone()} data-place={pier.place.clone()} class="pier-of">
        { rect("pier", (pier.x, pier.y), (pier.width, pier.height), "0") }
        { path("quay", quay) }
        { if tall { html! {} } else { path("plank", planks) } }
        { text("c-meta", label, &pier.title) }
        { note }
        { empty }
    </g> }
}

fn pods(pier: &Pier, tall: bool) -> Html {
    html! { <>
        { for pier.pods.iter().map(|mark| pod(pier, mark, tall)) }
        { pier.more.as_ref().map(|more| rest(pier, more, tall)) }
    </> }
}

fn pod(pier: &Pier, pod: &PodMark, tall: bool) -> Html {
    let (x, y) = pod.at;
    // What has no address says what it waits for.
    let (class, beside) = match (pod.address.as_str(), pod.why.as_str()) {
        (_, why) if !why.is_empty() && why != "Running" => ("c-warn", why),
        (address, _) => ("c-addr", address),
    };
    let cut: String = if tall {
        beside.chars().take(13).collect()
    } else {
        beside.to_owned()
    };
    let words = if tall {
        html! { <>{ text("c-pod mid", (x, y + 26), &pod.label) }<text class={classes!(class, "mid")} x={x.to_string()} y={(y + 41).to_string()}>{ cut }</text></> }
    } else {
        html! { <>{ text("c-pod", (x + 22, y + 5), &pod.label) }<text class={classes!(class, "end")} x={(pier.x + 224).to_string()} y={(y + 5).to_string()}>{ cut }</text></> }
    };
    let (corner, size) = if tall {
        ((x - 38, y - 14), (76, 60))
    } else {
        ((pier.x + 2, y - 13), (226, 26))
    };
    let inner = html! { <>{ symbol(pod.state.symbol(), (x, y), (32, 24)) }{ words }</> };
    node(&pod.place, pod.words(), corner, size, inner)
}

/// The row that stands for Pods that are not drawn.
fn rest(pier: &Pier, more: &More, tall: bool) -> Html {
    let (x, y) = more.at;
    let hull = if more.unready > 0 {
        "#hull-unready"
    } else {
        "#hull-ready"
    };
    let count = format!("+{}", more.count);
    let said = match more.unready {
        0 => words().others_ready.to_owned(),
        unready => fill(words().others_unready, &[&unready.to_string()]),
    };
    let class = if more.unready > 0 { "c-warn" } else { "c-meta" };
    let shown = if tall {
        html! { <>{ text("c-pod mid", (x, y + 26), &count) }{ text("c-meta mid", (x, y + 41), words().others) }</> }
    } else {
        html! { <>{ text("c-name", (x + 22, y + 5), &count) }<text class={class} x={(x + 62).to_string()} y={(y + 5).to_string()}>{ said.clone() }</text></> }
    };
    let (corner, size) = if tall {
        ((x - 38, y - 14), (76, 60))
    } else {
        ((pier.x + 2, y - 13), (226, 26))
    };
    let inner = html! { <>{ symbol(hull, (x, y), (32, 24)) }{ shown }</> };
    html! {
        <g key={pier.key.clone()}><g aria-hidden="true">{ inner }</g><g class="node" data-place={format!("{} {}", pier.key, more.place)} data-fold={more.place.clone()} tabindex="-1" role="button" aria-label={fill(words().unfold, &[&count, &said])}>{ rect("hit", corner, size, "3") }</g></g>
    }
}

fn client(pod: &PodMark, tall: bool) -> Html {
    let (x, y) = pod.at;
    let on = if pod.node.is_empty() {
        pod.why.clone()
    } else {
        fill(words().on_node, &[&pod.node])
    };
    let words = if tall {
        html! { <>{ text("c-name end", (x - 34, y - 2), &pod.label) }{ text("c-addr end", (x - 34, y + 14), &pod.address) }</> }
    } else {
        html! { <>
            { text("c-name mid", (x, y + 41), &pod.label) }
            { text("c-addr mid", (x, y + 57), &pod.address) }
            { text("c-meta mid", (x, y + 73), &on) }
        </> }
    };
    let (corner, size) = if tall {
        ((x - 112, y - 22), (142, 44))
    } else {
        ((x - 44, y - 22), (88, 100))
    };
    let inner = html! { <>{ symbol(pod.state.symbol(), (x, y), (56, 42)) }{ words }</> };
    node(&pod.place, pod.words(), corner, size, inner)
}

fn service(service: &ServiceMark, shape: Shape) -> Html {
    let tall = shape == Shape::Tall;
    if service.is_dns {
        return name_server(service, shape);
    }
    let (x, y) = service.at;
    let half = (12 * service.ports.len().max(1) as i32).max(26);
    let words = if tall {
        html! { <>{ text("c-name", (x + 34, y + 2), &service.label) }{ text("c-addr", (x + 34, y + 18), &service.address) }</> }
    } else {
        html! { <>{ text("c-name mid", (x - 12, y + half + 22), &service.label) }{ text("c-addr mid", (x - 12, y + half + 38), &service.address) }</> }
    };
    let notch = |(port, at): &(i64, i32)| {
        let middle = if tall { (*at, y - 29) } else { (x - 42, *at) };
        html! { <g key={*port}>
            { rect("sym", (middle.0 - 22, middle.1 - 9), (44, 18), "2") }
            { text("c-port mid", (middle.0, middle.1 + 4), &port.to_string()) }
        </g> }
    };
    let inner = html! { <>
        { symbol(service.symbol.id(), (x, y), (52, 52)) }
        { for service.ports.iter().map(notch) }
        { words }
    </> };
    let (corner, size) = if tall {
        ((x - 52, y - 40), (156, 68))
    } else {
        ((x - 68, y - half - 4), (98, 2 * half + 48))
    };
    html! { <>
        { node(&service.place, service.words(), corner, size, inner) }
        { slices(service, half, tall) }
    </> }
}

fn name_server(service: &ServiceMark, shape: Shape) -> Html {
    let (tall, compact) = (shape == Shape::Tall, shape == Shape::Compact);
    let (x, y) = service.at;
    let address = format!("{}:53", service.address);
    let words = if tall {
        html! { <>{ text("c-name mid", (x, y + 34), "kube-dns") }{ text("c-addr mid", (x, y + 50), &service.address) }</> }
    } else if compact {
        html! { <>{ text("c-name", (x + 22, y - 2), "kube-dns") }{ text("c-addr", (x + 22, y + 14), &address) }</> }
    } else {
        html! { <>{ text("c-name", (x - 6, y + 36), "kube-dns") }{ text("c-addr", (x - 6, y + 52), &address) }</> }
    };
    let inner = html! { <>{ symbol("#name-ring", (x, y), (32, 32)) }{ words }</> };
    let (corner, size) = if tall {
        ((x - 42, y - 20), (84, 74))
    } else {
        ((x - 20, y - 20), (112, 76))
    };
    node(&service.place, service.words(), corner, size, inner)
}

fn slices(service: &ServiceMark, half: i32, tall: bool) -> Html {
    let Some(first) = service
        .slices
        .first()
        .filter(|_| service.symbol != Symbol::External)
    else {
        return html! {};
    };
    let (x, y) = service.slice_at;
    let empty = service.total == 0;
    let count = service.count();
    let words = if tall {
        html! { <>{ text("c-pod", (x + 26, y - 4), &service.slice_name) }{ text("c-meta", (x + 26, y + 12), &count) }</> }
    } else {
        html! { <>{ text("c-pod mid", (x, y + half + 22), &service.slice_name) }{ text("c-meta mid", (x, y + half + 38), &count) }</> }
    };
    let inner = html! { <>
        { symbol(if empty { "#mooring-empty" } else { "#mooring" }, (x, y), (32, 52)) }
        { if empty { text("c-count mid", (x, y + 5), "0") } else { html! {} } }
        { words }
    </> };
    let (corner, size) = if tall {
        ((x - 20, y - 28), (146, 56))
    } else {
        ((x - 46, y - 28), (92, half + 70))
    };
    node(first, service.slice_words(), corner, size, inner)
}

/// Thin lines: from a Service to its slices, from slices to Pods.
fn edges(band: &Band) -> Html {
    html! { <>{ for band.edges.iter().map(|edge| {
        // A line lights up with either of its ends.
        html! { <path key={format!("{}>{}", edge.service, edge.to)} class="edge" data-place={format!("{} {}", edge.to, edge.service)} d={line(&edge.points)} /> }
    }) }</> }
}
