//! Rollouts and probes: what happens to Pods shows as a ring that widens and goes, from the event log.

use crate::chart::find;
use crate::ui::sight::{Pulse, Seen};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct PulsesProps {
    pub(super) pulses: Rc<Vec<Pulse>>,
    pub(super) seen: Seen,
}

/// The rings of what happened since the last render. Each is drawn once, where its Pod is drawn or counted.
#[component]
pub(super) fn Pulses(props: &PulsesProps) -> Html {
    let mut drawn: Vec<(i32, i32)> = Vec::new();
    let ring = |pulse: &Pulse| {
        let ((_, (x, y)), tall) = (
            find(&props.seen.view, &props.seen.scene, &pulse.place)?,
            props.seen.scene.tall,
        );
        // One dot stands for all that is counted at one place.
        if drawn.contains(&(x, y)) {
            return None;
        }
        drawn.push((x, y));
        let middle = if tall { (x, y + 12) } else { (x + 20, y) };
        Some(
            html! { <g key={pulse.seq} transform={format!("translate({} {})", middle.0, middle.1)}><circle class={pulse.class} r="14" /></g> },
        )
    };
    let rings: Vec<Html> = props.pulses.iter().rev().filter_map(ring).collect();
    html! { <g class="pulses" aria-hidden="true">{ rings }</g> }
}
