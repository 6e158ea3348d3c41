//! The head of the chart: play again, pause, step, speed, the scrubber over the log, zoom, filter, table, picture.

use super::chart::{Mark, Moment, Playback, Zoom};
use super::sight::{Look, Seen, instant};
use super::words::{fill, words};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Speeds in hundredths, with their words.
const SPEEDS: &[(u32, &str)] = &[
    (25, "¼×"),
    (50, "½×"),
    (100, "1×"),
    (200, "2×"),
    (400, "4×"),
];

#[derive(Clone, PartialEq, Properties)]
pub(super) struct PlayBarProps {
    pub(super) playback: Playback,
    pub(super) seen: Seen,
    pub(super) zoom: Zoom,
    /// Whether the table is shown in place of the chart.
    pub(super) table: bool,
    pub(super) on_change: Callback<Playback>,
    pub(super) on_zoom: Callback<Zoom>,
    pub(super) on_look: Callback<Look>,
    pub(super) on_table: Callback<()>,
    pub(super) on_picture: Callback<()>,
}

fn icon(id: &'static str) -> Html {
    html! { <svg aria-hidden="true"><use href={id} /></svg> }
}

fn button(
    label: &'static str,
    id: &'static str,
    disabled: bool,
    onclick: Callback<MouseEvent>,
) -> Html {
    html! { <button class="btn quiet icon" aria-label={label} title={label} {disabled} {onclick}>{ icon(id) }</button> }
}

#[component]
pub(super) fn PlayBar(props: &PlayBarProps) -> Html {
    let before_pause = use_mut_ref(|| 100);
    let playback = props.playback;
    let change = |next: Playback| {
        let on_change = props.on_change.clone();
        Callback::from(move |_: MouseEvent| on_change.emit(next))
    };
    let again = change(Playback {
        replays: playback.replays + 1,
        ..playback
    });
    let step = change(Playback {
        steps: playback.steps + 1,
        ..playback
    });
    let back = change(Playback {
        backs: playback.backs + 1,
        ..playback
    });
    let tools = use_state(|| false);
    let on_tools = {
        let tools = tools.clone();
        Callback::from(move |_: MouseEvent| tools.set(!*tools))
    };
    let running = playback.speed > 0;
    let pause = {
        let (on_change, before_pause) = (props.on_change.clone(), before_pause.clone());
        Callback::from(move |_: MouseEvent| {
            let speed = if running { 0 } else { *before_pause.borrow() };
            if running {
                *before_pause.borrow_mut() = playback.speed;
            }
            on_change.emit(Playback { speed, ..playback });
        })
    };
    let set_speed = {
        let on_change = props.on_change.clone();
        Callback::from(move |event: Event| {
            let select = event
                .target()
                .and_then(|t| t.dyn_into::<HtmlSelectElement>().ok());
            if let Some(speed) = select.and_then(|s| s.value().parse().ok()) {
                *before_pause.borrow_mut() = speed;
                on_change.emit(Playback { speed, ..playback });
            }
        })
    };
    let zoomed = |next: Zoom| {
        let on_zoom = props.on_zoom.clone();
        Callback::from(move |_: MouseEvent| on_zoom.emit(next))
    };
    let told = |callback: &Callback<()>| {
        let callback = callback.clone();
        Callback::from(move |_: MouseEvent| callback.emit(()))
    };
    let shown = if running { playback.speed } else { 100 };
    let turn = if running {
        words().pause
    } else {
        words().unpause
    };
    let no_route = props.seen.rows.is_empty();
    let table = if props.table {
        words().show_chart
    } else {
        words().show_table
    };
    html! {
        <div class={classes!("pane-head", "chart-head", tools.then_some("open"))}>
            <h2>{ words().pane_chart }</h2><span class="rule-v"></span>
            <div class="play">
                { button(words().step_back, "#i-back", no_route, back) }
                <button id="pause" class="btn icon" aria-label={turn} title={turn} onclick={pause}>{ icon(if running { "#i-pause" } else { "#i-play" }) }</button>
                { button(words().step_on, "#i-step", no_route, step) }
            </div>
            <Scrubber seen={props.seen.clone()} on_look={props.on_look.clone()} />
            <button class="btn quiet icon tools-more" aria-label={words().tools} title={words().tools} aria-expanded={tools.to_string()} onclick={on_tools}>{ icon("#i-tune") }</button>
            <div class="tools">
                <span class="zooms">
                    { button(words().play_again, "#i-again", no_route, again) }
                    <select class="select" aria-label={words().speed} onchange={set_speed}>
                        { for SPEEDS.iter().map(|(speed, word)| html! { <option key={*speed} value={speed.to_string()} selected={*speed == shown}>{ *word }</option> }) }
                    </select>
                </span>
                <Filter seen={props.seen.clone()} on_look={props.on_look.clone()} />
                <span class="zooms">
                    { button(words().smaller, "#i-minus", props.table, zoomed(props.zoom.smaller())) }
                    { button(words().larger, "#i-plus", props.table, zoomed(props.zoom.larger())) }
                    { button(words().fit, "#i-fit", props.table, zoomed(if props.zoom == Zoom::Whole { Zoom::Width } else { Zoom::Whole })) }
                </span>
                <button class="btn quiet icon" aria-label={table} title={table} aria-pressed={props.table.to_string()} onclick={told(&props.on_table)}>{ icon("#i-table") }</button>
                { button(words().save_picture, "#i-save", props.table, told(&props.on_picture)) }
            </div>
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct LookProps {
    seen: Seen,
    on_look: Callback<Look>,
}

/// The filter: `kubectl -l` for the chart, the table and the logbook.
#[component]
fn Filter(props: &LookProps) -> Html {
    let oninput = {
        let on_look = props.on_look.clone();
        Callback::from(move |event: InputEvent| {
            let input = event
                .target()
                .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
            if let Some(input) = input {
                on_look.emit(Look::Filter(input.value()));
            }
        })
    };
    let fault = props.seen.fault.clone();
    let value = props.seen.written.to_string();
    let described = fault.is_some().then_some("filter-fault");
    html! {
        <span class="filter">
            <input id="filter" type="search" aria-label={words().filter} placeholder={words().filter_hint} title={words().filter_title}
                spellcheck="false" autocomplete="off" autocapitalize="off" {value} {oninput} aria-invalid={fault.is_some().to_string()} aria-describedby={described} />
            if let Some(fault) = fault { <span id="filter-fault" class="filter-fault" role="alert">{ &*fault }</span> }
        </span>
    }
}

/// The scrubber: every moment of the log; the last one is now.
#[component]
fn Scrubber(props: &LookProps) -> Html {
    let moments = &props.seen.moments;
    let end = moments.len();
    let at = match props.seen.past {
        None => end,
        Some(seq) => moments
            .iter()
            .position(|moment| moment.seq >= seq)
            .unwrap_or(end),
    };
    let time = match props.seen.past {
        Some(seq) => instant(moments, seq).unwrap_or(props.seen.view.now),
        None => props.seen.view.now,
    };
    let oninput = {
        let (on_look, moments) = (props.on_look.clone(), moments.clone());
        Callback::from(move |event: InputEvent| {
            let input = event
                .target()
                .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
            let Some(index) = input.and_then(|input| input.value().parse::<usize>().ok()) else {
                return;
            };
            on_look.emit(Look::At(moments.get(index).map(|moment| moment.seq)));
        })
    };
    let text = match props.seen.past {
        Some(_) => words().the_past,
        None => words().the_present,
    };
    html! {
        <div class="scrub">
            { marks(moments) }
            <input type="range" aria-label={words().instant} min="0" max={end.to_string()} value={at.to_string()} aria-valuetext={fill(text, &[&time.to_string()])} disabled={end == 0} {oninput} />
            <span class={classes!("time", props.seen.past.is_some().then_some("past"))}>{ time.to_string() }</span>
        </div>
    }
}

/// The marks of moments on the scrubber's line; many changes are not marked, many verdicts only by ticks.
fn marks(moments: &Rc<Vec<Moment>>) -> Html {
    let end = moments.len().max(1);
    // The line begins and ends half a thumb inside.
    let place = |index: usize| {
        format!(
            "{}.{}%",
            (10 + index * 980 / end) / 10,
            (10 + index * 980 / end) % 10
        )
    };
    let is_verdict = |moment: &&Moment| matches!(moment.mark, Mark::Verdict(_));
    let few = moments.iter().filter(is_verdict).count() <= 12;
    let mark = |(index, moment): (usize, &Moment)| match moment.mark {
        Mark::Verdict(id) if few => Some(html! {
            <svg key={index} class="verdict" x={place(index)} overflow="visible"><use href={format!("#{id}")} x="-6" y="1" width="12" height="12" /></svg>
        }),
        Mark::Verdict(_) | Mark::Typed => {
            let x = place(index);
            Some(html! { <line key={index} class="tick" x1={x.clone()} x2={x} y1="1" y2="13" /> })
        }
        Mark::Change => None,
    };
    html! { <svg class="marks" aria-hidden="true">{ for moments.iter().enumerate().filter_map(mark) }</svg> }
}
