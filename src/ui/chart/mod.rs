//! The harbour chart: the cluster as islands and piers, and the route of the last packet.

mod card;
mod draw;
mod keys;
mod menu;
mod player;
mod pulses;
mod viewport;
mod wakes;

pub(crate) use keys::{Command, words_of};
pub(crate) use viewport::Zoom;

use super::linking::{Linking, PlaceId, say};
use super::sight::{Look, Seen};
use super::words::{fill, words};
use crate::chart::Shape;
use crate::kernel::{Seq, SimTime};
use card::use_card;
use draw::{IslandView, Shared};
use menu::{NodeMenu, use_menu};
use player::Playing;
use pulses::Pulses;
use viewport::use_viewport;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

/// What the playback controls ask of the chart; each press raises its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Playback {
    /// How often "again" was pressed.
    pub(crate) replays: u32,
    /// How often "step" was pressed.
    pub(crate) steps: u32,
    /// How often "step back" was pressed.
    pub(crate) backs: u32,
    /// Hundredths of normal speed; 0 stands still.
    pub(crate) speed: u32,
}

/// A moment of the log at which the scrubber can stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The last event that belongs to it.
    pub(crate) seq: Seq,
    /// When it began.
    pub(crate) at: SimTime,
    /// What it is.
    pub(crate) mark: Mark,
}

/// How the scrubber marks a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A line was typed.
    Typed,
    /// A hop or an answer, with the id of its symbol.
    Verdict(&'static str),
    /// Objects changed.
    Change,
}

/// How high the lanes' heads are, which stay in sight.
const HEADS: i32 = 37;

/// The chart's properties.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct ChartProps {
    /// What is seen.
    pub(crate) seen: Seen,
    /// The playback controls.
    pub(crate) playback: Playback,
    /// How large it is.
    pub(crate) zoom: Zoom,
    /// Draw at once, for readers who want no motion.
    pub(crate) still: bool,
    /// What is chosen, which is brought in sight.
    pub(crate) selected: Option<PlaceId>,
    /// Told when the reader zooms with wheel, fingers or keys.
    pub(crate) on_zoom: Callback<Zoom>,
    /// Told what a key or a click asks for.
    pub(crate) on_command: Callback<Command>,
    /// Told of a line for kubectl.
    pub(crate) on_run: Callback<String>,
}

/// The chart.
#[component]
pub(crate) fn Chart(props: &ChartProps) -> Html {
    let svg = use_node_ref();
    let sea = use_node_ref();
    use_player(&svg, props);
    use_viewport(&sea, props.zoom, props.on_zoom.clone());
    let linking = use_context::<Linking>().unwrap_or_default();
    {
        let sea = sea.clone();
        use_effect_with(props.selected.clone(), move |selected| {
            if let (Some(place), Some(pane)) = (selected, sea.cast::<Element>()) {
                viewport::reveal(&pane, place);
            }
        });
    }
    {
        // One stop for the Tab key: the node that had the focus last, or the first of all.
        let (svg, scene) = (svg.clone(), props.seen.scene.clone());
        use_effect_with(props.seen.scene.clone(), move |_| {
            let Some(root) = svg.cast::<Element>() else {
                return;
            };
            if let Some(place) = crate::chart::entry(&scene) {
                keys::enter_at(&root, &place);
            }
        });
    }
    let onkeydown = {
        let (scene, svg, linking) = (props.seen.scene.clone(), svg.clone(), linking);
        let (on_command, on_zoom, zoom) =
            (props.on_command.clone(), props.on_zoom.clone(), props.zoom);
        let only = props.seen.wish.only.clone();
        Callback::from(move |event: KeyboardEvent| {
            let Some(root) = svg.cast::<Element>() else {
                return;
            };
            let handled = keys::key(&event, &root, &scene, zoom, only.as_deref());
            let Some(done) = handled else { return };
            event.prevent_default();
            match done {
                keys::Done::Moved(step) => {
                    keys::focus(&root, &step.place);
                    say(&step.words);
                }
                keys::Done::Zoomed(zoom) => on_zoom.emit(zoom),
                keys::Done::Chosen(place) => linking.select(Some(&place)),
                keys::Done::Left => linking.select(None),
                keys::Done::Asked(command) => on_command.emit(command),
            }
        })
    };
    let card = use_card();
    let opened = use_state_eq(|| None);
    let [press, leave] = use_menu(opened.setter());
    let oncontextmenu = {
        let (opened, card) = (opened.setter(), card.clone());
        Callback::from(move |event: MouseEvent| {
            if let Some(asked) = menu::asked(&event) {
                event.prevent_default();
                card.dismiss();
                opened.set(Some(asked));
            }
        })
    };
    let onpointerdown = {
        let card = card.clone();
        Callback::from(move |event: PointerEvent| {
            card.dismiss();
            press.emit(event);
        })
    };
    let onpointerover = {
        let card = card.clone();
        Callback::from(move |event: PointerEvent| card.over(&event))
    };
    let onpointerleave = {
        let (card, leave) = (card.clone(), leave.clone());
        Callback::from(move |event: PointerEvent| {
            card.leave();
            leave.emit(event);
        })
    };
    let onclick = {
        let on_command = props.on_command.clone();
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
            let folds = target.and_then(|t| t.closest("[data-fold]").ok().flatten());
            if let Some(place) = folds.and_then(|f| f.get_attribute("data-fold")) {
                on_command.emit(Command::Look(Look::Fold(place)));
            }
        })
    };
    let on_close = {
        let opened = opened.clone();
        Callback::from(move |()| opened.set(None))
    };
    let scene = &props.seen.scene;
    let shape = match (scene.tall, scene.left) {
        (true, _) => Shape::Tall,
        (false, 0) => Shape::Wide,
        (false, _) => Shape::Compact,
    };
    let islands = scene.islands.iter().map(|island| {
        html! { <g key={island.name.clone()}><IslandView island={Shared(island.clone())} {shape} /></g> }
    });
    let (drawn, total) = (scene.drawn.to_string(), scene.total.to_string());
    let label = fill(words().chart_label, &[&drawn, &total]);
    let view_box = |height: i32| format!("{} 0 {} {height}", scene.left, scene.width - scene.left);
    html! { <>
        <div class="sea" ref={sea}>
            if !scene.tall && props.zoom != Zoom::Whole {
                <div class="heads" aria-hidden="true"><svg width={props.zoom.width()} viewBox={view_box(HEADS)}>{ draw::heads(scene) }</svg></div>
            }
            <svg ref={svg} class={classes!("map", props.zoom.class())} width={props.zoom.width()} viewBox={view_box(scene.height)} preserveAspectRatio="xMidYMin"
                role="group" aria-label={label} {onkeydown} {onclick} {oncontextmenu} {onpointerdown} {onpointerover} {onpointerleave} onpointermove={moved(&leave)} onpointerup={leave.clone()} onpointercancel={leave}>
                { draw::frame(scene) }
                { draw::laptop(scene) }
                { for islands }
                { draw::tall_lanes(scene) }
                { wakes::wakes(&props.seen.route, scene.tall) }
                { wakes::notch(scene, &props.seen.route) }
                { wakes::sentence(scene, &props.seen.route) }
                <Pulses pulses={props.seen.pulses.clone()} seen={props.seen.clone()} />
                <g class="packet ahead"><circle class="ring" r="7" /><circle class="dot" r="3.5" /><path class="dot sail" d="M-5-6l11 6-11 6z" /></g>
            </svg>
        </div>
        if let Some(opened) = (*opened).clone() {
            <NodeMenu {opened} view={props.seen.view.clone()} alone={props.seen.wish.only.is_some()} on_command={props.on_command.clone()} on_run={props.on_run.clone()} on_close={on_close} />
        } else {
            { card.view(&props.seen.view, &props.seen.wish, &props.on_command) }
        }
    </> }
}

/// A finger that only trembles has not moved.
fn moved(leave: &Callback<PointerEvent>) -> Callback<PointerEvent> {
    let leave = leave.clone();
    Callback::from(move |event: PointerEvent| {
        if event.movement_x().abs() + event.movement_y().abs() > 3 {
            leave.emit(event);
        }
    })
}

/// Plays the route, and does what the controls ask.
#[hook]
fn use_player(svg: &NodeRef, props: &ChartProps) {
    let playing = use_mut_ref(|| None::<Playing>);
    let speed = f64::from(props.playback.speed) / 100.0;
    {
        let (playing, svg) = (playing.clone(), svg.clone());
        let at_once = props.still || props.seen.past.is_some();
        use_effect_with(props.seen.route.clone(), move |route| {
            if let Some(root) = svg.cast::<Element>() {
                let lasts = f64::from(route.lasts);
                let resumed = playing
                    .borrow()
                    .as_ref()
                    .map_or(0.0, |old| old.resume(route));
                let at = if at_once { lasts } else { resumed };
                let next = Playing::start(&root, route.clone(), speed, at);
                *playing.borrow_mut() = Some(next);
            }
        });
    }
    {
        let playing = playing.clone();
        use_effect_with(props.playback.speed, move |_| {
            if let Some(playing) = &*playing.borrow() {
                playing.set_speed(speed);
            }
        });
    }
    {
        let (playing, still) = (playing.clone(), props.still);
        use_effect_with(props.playback.replays, move |count| {
            if let (Some(playing), true) = (&*playing.borrow(), *count > 0) {
                playing.replay();
                if still {
                    playing.finish();
                }
            }
        });
    }
    {
        let playing = playing.clone();
        use_effect_with(props.playback.steps, move |count| {
            if let (Some(playing), true) = (&*playing.borrow(), *count > 0) {
                say(&playing.step());
            }
        });
    }
    use_effect_with(props.playback.backs, move |count| {
        if let (Some(playing), true) = (&*playing.borrow(), *count > 0) {
            say(&playing.step_back());
        }
    });
}
