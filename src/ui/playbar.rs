//! The head of the chart: the clock, pause, step, speed.

use super::chart::Playback;
use crate::kernel::SimTime;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// Speeds in hundredths, with their words.
const SPEEDS: &[(u32, &str)] = &[(25, "¼×"), (50, "½×"), (100, "1×"), (200, "2×")];

#[derive(Clone, PartialEq, Properties)]
pub(super) struct PlayBarProps {
    pub(super) playback: Playback,
    pub(super) now: SimTime,
    /// Whether there is a route to play again.
    pub(super) has_route: bool,
    pub(super) on_change: Callback<Playback>,
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
    let shown = if running { playback.speed } else { 100 };
    html! {
        <div class="pane-head">
            <h2>{ "Chart" }</h2><span class="rule-v"></span>
            <div class="play">
                <button class="btn quiet icon" aria-label="Play the last route again" title="Play the last route again" disabled={!props.has_route} onclick={again}><svg aria-hidden="true"><use href="#i-back" /></svg></button>
                <button class="btn icon" aria-label={if running { "Pause the clock" } else { "Let the clock run" }} onclick={pause}>
                    <svg aria-hidden="true"><use href={if running { "#i-pause" } else { "#i-play" }} /></svg>
                </button>
                <button class="btn quiet icon" aria-label="Step to the next hop" title="Step to the next hop" disabled={!props.has_route} onclick={step}><svg aria-hidden="true"><use href="#i-step" /></svg></button>
                <select class="select" aria-label="Speed" onchange={set_speed}>
                    { for SPEEDS.iter().map(|(speed, word)| html! { <option key={*speed} value={speed.to_string()} selected={*speed == shown}>{ *word }</option> }) }
                </select>
                <span class="spring"></span>
                <span class="time">{ props.now.to_string() }</span>
            </div>
        </div>
    }
}
