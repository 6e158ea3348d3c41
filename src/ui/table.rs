//! The chart's twin for those who read rather than look: the same objects, filter and folding as tables.

use super::sight::Seen;
use super::words::{fill, words};
use crate::chart::{Island, Pier, PodMark, ServiceMark};
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct TableProps {
    pub(super) seen: Seen,
}

#[component]
pub(super) fn Table(props: &TableProps) -> Html {
    let scene = &props.seen.scene;
    let services = || {
        scene.islands.iter().flat_map(|island| {
            island
                .bands
                .iter()
                .flat_map(|band| &band.services)
                .map(move |service| (island, service))
        })
    };
    let folded = scene
        .islands
        .iter()
        .filter(|island| !island.summary.is_empty());
    html! {
        <div class="twin" tabindex="0" role="region" aria-label={words().table_label}>
            <table>
                <caption>{ words().table_services }</caption>
                { head(&[words().service, words().namespace, words().log_type, words().address, words().ports, words().slice, words().endpoints]) }
                <tbody>{ for services().map(|(island, mark)| service(island, mark)) }</tbody>
            </table>
            <table>
                <caption>{ words().pods }</caption>
                { head(&[words().pod, words().namespace, words().state, words().address, words().node]) }
                <tbody>
                    { for scene.islands.iter().flat_map(|island| island.clients.iter().map(move |mark| pod(island, mark))) }
                    { for scene.islands.iter().flat_map(|island| island.bands.iter().flat_map(|band| &band.piers).map(move |mark| pier(island, mark))) }
                    { for folded.map(|island| html! { <tr key={island.name.clone()} data-place={format!("namespace//{}", island.name)}><td colspan="5">{ format!("{}: {}", island.name, island.summary) }</td></tr> }) }
                </tbody>
            </table>
        </div>
    }
}

fn head(titles: &[&'static str]) -> Html {
    html! { <thead><tr>{ for titles.iter().map(|title| html! { <th scope="col">{ *title }</th> }) }</tr></thead> }
}

/// A cell that opens the object.
fn opens(place: &str, name: &str) -> Html {
    html! { <td><button class="ref" data-place={place.to_owned()}>{ name }</button></td> }
}

fn service(island: &Island, mark: &ServiceMark) -> Html {
    let ports: Vec<String> = mark
        .ports
        .iter()
        .map(|(port, _)| port.to_string())
        .collect();
    html! {
        <tr key={mark.place.clone()} data-place={mark.place.clone()}>
            { opens(&mark.place, &mark.name) }<td>{ &island.name }</td><td>{ mark.symbol.word() }</td><td>{ &mark.address }</td>
            <td>{ ports.join(", ") }</td><td>{ &mark.slice_name }</td><td>{ mark.count() }</td>
        </tr>
    }
}

fn pier(island: &Island, pier: &Pier) -> Html {
    let more = pier.more.as_ref().map(|more| {
        let (count, unready) = (more.count.to_string(), more.unready.to_string());
        let text = if more.unready == 0 { words().more_ready } else { words().more_unready };
        let said = fill(text, &[&pier.title, &count, &unready]);
        html! { <tr key={pier.key.clone()} data-place={pier.key.clone()}><td colspan="5">{ said }</td></tr> }
    });
    html! { <>{ for pier.pods.iter().map(|mark| pod(island, mark)) }{ more }</> }
}

fn pod(island: &Island, mark: &PodMark) -> Html {
    let state = if mark.why.is_empty() {
        mark.state.word().to_owned()
    } else {
        format!("{}: {}", mark.state.word(), mark.why)
    };
    html! {
        <tr key={mark.place.clone()} data-place={mark.place.clone()}>
            { opens(&mark.place, &mark.name) }<td>{ &island.name }</td><td>{ state }</td><td>{ &mark.address }</td><td>{ &mark.node }</td>
        </tr>
    }
}
