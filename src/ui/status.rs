//! The status bar: that all of this is simulated, and with what.

use crate::kernel::SimTime;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct StatusProps {
    pub(super) now: SimTime,
    pub(super) nodes: usize,
    pub(super) seed: u64,
    pub(super) running: bool,
}

#[component]
pub(super) fn Status(props: &StatusProps) -> Html {
    html! {
        <footer class="status">
            <b>{ "simulated" }</b>
            <span>{ "Kubernetes 1.36" }</span>
            <span class="wide">{ "iptables mode" }</span>
            <span>{ format!("{} nodes", props.nodes) }</span>
            <span class="wide">{ format!("seed {}", props.seed) }</span>
            <span>{ format!("clock {}", props.now) }{ if props.running { "" } else { ", paused" } }</span>
            <span class="spring"></span>
            <span class="wide">{ "Nothing leaves this page" }</span>
        </footer>
    }
}
