//! The harbour chart: the cluster as islands and piers, and the route of the last packet.

mod draw;
mod layout;
mod player;
mod route;
mod scene;
mod tall;

pub(crate) use route::{Route, is_traffic, route};
pub(crate) use scene::{Scene, Shape};

use crate::cluster::ClusterView;
use player::Playing;
use yew::prelude::*;

/// The scene of a view.
pub(crate) fn scene(view: &ClusterView, shape: Shape) -> Scene {
    layout::scene(view, shape)
}

/// What the playback controls ask of the chart; each press raises its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Playback {
    /// How often "again" was pressed.
    pub(crate) replays: u32,
    /// How often "step" was pressed.
    pub(crate) steps: u32,
    /// Hundredths of normal speed; 0 stands still.
    pub(crate) speed: u32,
}

/// The chart's properties.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct ChartProps {
    /// Where everything stands.
    pub(crate) scene: Scene,
    /// The route of the last attempt.
    pub(crate) route: Route,
    /// The playback controls.
    pub(crate) playback: Playback,
    /// Draw at once, for readers who want no motion.
    pub(crate) still: bool,
}

/// The chart.
#[component]
pub(crate) fn Chart(props: &ChartProps) -> Html {
    let svg = use_node_ref();
    let playing = use_mut_ref(|| None::<Playing>);
    let speed = f64::from(props.playback.speed) / 100.0;
    {
        let (playing, svg, still) = (playing.clone(), svg.clone(), props.still);
        use_effect_with(props.route.clone(), move |route| {
            if let Some(root) = svg.cast::<web_sys::Element>() {
                let speed = if still { 0.0 } else { speed };
                let next = Playing::start(root, route.clone(), speed);
                // A route that only moved because the layout did is not played again.
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
        let playing = playing.clone();
        use_effect_with(props.playback.replays, move |count| {
            if let (Some(playing), true) = (&*playing.borrow(), *count > 0) {
                playing.replay();
            }
        });
    }
    use_effect_with(props.playback.steps, move |count| {
        if let (Some(playing), true) = (&*playing.borrow(), *count > 0) {
            playing.step();
        }
    });
    let scene = &props.scene;
    html! {
        <svg ref={svg} class="map" viewBox={format!("{} 0 {} {}", scene.left, scene.width - scene.left, scene.height)} role="group" aria-label="Chart of the cluster">
            { draw::frame(scene) }
            { for scene.islands.iter().map(|island| draw::island(scene, island)) }
            if scene.left == 0 { { draw::laptop(scene) } }
            { draw::wakes(&props.route, scene.tall) }
            { draw::sentence(scene, &props.route) }
            <g class="packet ahead"><circle class="ring" r="7" /><circle class="dot" r="3.5" /></g>
        </svg>
    }
}
