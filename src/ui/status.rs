//! The status bar: that all of this is simulated, and with what.

use super::words::{count, fill, words};
use crate::kernel::SimTime;
use crate::store::ProxyMode;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct StatusProps {
    pub(super) now: SimTime,
    pub(super) nodes: usize,
    pub(super) mode: ProxyMode,
    pub(super) seed: u64,
    pub(super) running: bool,
}

#[component]
pub(super) fn Status(props: &StatusProps) -> Html {
    let mode = match props.mode {
        ProxyMode::Iptables => "iptables",
        ProxyMode::Nftables => "nftables",
        ProxyMode::Ipvs => "ipvs",
    };
    html! {
        <footer class="status">
            <b>{ words().simulated }</b>
            <span>{ words().kubernetes }</span>
            <span class="wide">{ fill(words().mode, &[mode]) }</span>
            <span>{ count(props.nodes, words().one_node, words().many_nodes) }</span>
            <span class="wide">{ fill(words().seed_is, &[&props.seed.to_string()]) }</span>
            <span>{ fill(words().clock_is, &[&props.now.to_string()]) }{ if props.running { "" } else { words().paused } }</span>
            <span class="hint wide" id="hint"></span>
            <span class="spring"></span>
            <span class="wide">{ words().nothing_leaves }</span>
        </footer>
    }
}
