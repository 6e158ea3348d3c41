//! The keyboard on the chart: one stop for Tab, arrows from node to node, letters for what can be done with a node.

use super::Zoom;
use crate::chart::{Scene, Step, Way, step};
use crate::ui::reach::single_keys;
use crate::ui::sight::Look;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, SvgElement};

/// What a key or a click on the chart asks of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Another view.
    Look(Look),
    /// A terminal in the Pod, on the node.
    Exec(String),
    /// A packet to the place.
    Trace(String),
    /// `kubectl describe`.
    Describe(String),
    /// The focus goes to the filter.
    Filter,
}

/// What a key did.
pub(super) enum Done {
    Moved(Step),
    Zoomed(Zoom),
    Chosen(String),
    Left,
    Asked(Command),
}

/// Handles a key; none if it is the browser's.
pub(super) fn key(
    event: &KeyboardEvent,
    root: &Element,
    scene: &Scene,
    zoom: Zoom,
    only: Option<&str>,
) -> Option<Done> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    let place = focused(event)?;
    let own = place.split(' ').next().unwrap_or_default().to_owned();
    let moved = |way| step(scene, &own, way).map(Done::Moved);
    let asked = |command| Some(Done::Asked(command));
    // The row that stands for others is the workload or the node.
    let object = place.split(' ').next_back().unwrap_or_default().to_owned();
    let key = event.key();
    // Letters and signs do nothing for those who switched them off.
    if key.chars().count() == 1 && key != " " && !single_keys() {
        return None;
    }
    match key.as_str() {
        "ArrowRight" => moved(Way::Down),
        "ArrowLeft" => moved(Way::Up),
        "ArrowDown" => moved(Way::Next),
        "ArrowUp" => moved(Way::Previous),
        "Home" => moved(Way::First),
        "End" => moved(Way::Last),
        "Enter" | " " => match folds(root, &own) {
            Some(place) => asked(Command::Look(Look::Fold(place))),
            None => Some(Done::Chosen(own)),
        },
        "e" => asked(Command::Exec(object)),
        "t" => asked(Command::Trace(object)),
        "d" => asked(Command::Describe(object)),
        "f" => asked(Command::Look(Look::Only(only.is_none().then_some(own)))),
        "/" => asked(Command::Filter),
        "+" | "=" => Some(Done::Zoomed(zoom.larger())),
        "-" => Some(Done::Zoomed(zoom.smaller())),
        "0" => Some(Done::Zoomed(Zoom::Whole)),
        "Escape" if only.is_some() => asked(Command::Look(Look::Only(None))),
        "Escape" => Some(Done::Left),
        _ => None,
    }
}

fn focused(event: &KeyboardEvent) -> Option<String> {
    event
        .target()?
        .dyn_into::<Element>()
        .ok()?
        .get_attribute("data-place")
}

fn folds(root: &Element, place: &str) -> Option<String> {
    element_of(root, place)?.get_attribute("data-fold")
}

/// The node that stands for a place.
pub(super) fn element_of(root: &Element, place: &str) -> Option<Element> {
    let quoted = place.replace('\\', "\\\\").replace('"', "\\\"");
    root.query_selector(&format!(".node[data-place~=\"{quoted}\"]"))
        .ok()
        .flatten()
}

/// Makes a node the one stop for Tab, unless the reader has chosen one.
pub(super) fn enter_at(root: &Element, place: &str) {
    let stop = root.query_selector(".node[tabindex='0']").ok().flatten();
    let active = gloo::utils::document().active_element();
    let has_focus = stop
        .as_ref()
        .is_some_and(|stop| active.as_ref() == Some(stop));
    let chosen = stop
        .as_ref()
        .is_some_and(|stop| !stop.has_attribute("data-entry"));
    if chosen || has_focus {
        return;
    }
    if let Some(first) = element_of(root, place) {
        if let Some(before) = stop {
            let _ = before.set_attribute("tabindex", "-1");
            let _ = before.remove_attribute("data-entry");
        }
        let _ = first.set_attribute("tabindex", "0");
        let _ = first.set_attribute("data-entry", "");
    }
}

/// Moves the focus, and with it the one stop for Tab.
pub(super) fn focus(root: &Element, place: &str) {
    let Some(target) = element_of(root, place) else {
        return;
    };
    if let Ok(Some(before)) = root.query_selector(".node[tabindex='0']") {
        let _ = before.set_attribute("tabindex", "-1");
        let _ = before.remove_attribute("data-entry");
    }
    let _ = target.set_attribute("tabindex", "0");
    if let Ok(target) = target.dyn_into::<SvgElement>() {
        let _ = target.focus();
    }
}

/// What a screen reader says of a place, if it is drawn.
pub(crate) fn words_of(place: &str) -> Option<String> {
    let map = gloo::utils::document().query_selector(".map").ok()??;
    element_of(&map, place)?.get_attribute("aria-label")
}
