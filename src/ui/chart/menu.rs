//! A node's menu: what can be done with it, by right click, a long press or the menu key.

use super::keys::{Command, focus};
use crate::chart::key_of;
use crate::cluster::ClusterView;
use crate::ui::acts::{Does, acts};
use crate::ui::linking::Linking;
use crate::ui::words::words;
use crate::web;
use gloo::timers::callback::Timeout;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, PointerEvent};
use yew::prelude::*;

/// How long a finger rests on a node before its menu opens, in milliseconds.
const LONG: u32 = 550;

/// An open menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// The node's place, as it is drawn.
    place: String,
    /// Where it was asked for, in the window.
    at: (i32, i32),
}

impl Opened {
    /// The menu of the node at a point of the window, if there is one.
    fn at(target: Option<web_sys::EventTarget>, at: (i32, i32)) -> Option<Self> {
        let element = target?.dyn_into::<Element>().ok()?;
        let node = element.closest("[data-place]").ok()??;
        let place = node.get_attribute("data-place")?;
        key_of(object_of(&place))?;
        let frame = node.get_bounding_client_rect();
        // The menu key tells no point.
        let at = if at == (0, 0) {
            (frame.left() as i32 + 8, frame.bottom() as i32)
        } else {
            at
        };
        Some(Self { place, at })
    }
}

/// The object of a node: the row that stands for others is that of the workload or the node.
fn object_of(place: &str) -> &str {
    let last = place.split(' ').next_back().unwrap_or_default();
    last.split('|').next_back().unwrap_or_default()
}

/// Opens the menu on what asks for one.
#[hook]
pub(super) fn use_menu(opened: UseStateSetter<Option<Opened>>) -> [Callback<PointerEvent>; 2] {
    let pressing = use_mut_ref(|| None::<Timeout>);
    let press = {
        let (pressing, opened) = (pressing.clone(), opened);
        Callback::from(move |event: PointerEvent| {
            if event.pointer_type() == "touch" {
                let found = Opened::at(event.target(), (event.client_x(), event.client_y()));
                let opened = opened.clone();
                *pressing.borrow_mut() =
                    found.map(|found| Timeout::new(LONG, move || opened.set(Some(found))));
            }
        })
    };
    // A finger that moves pans, and one that leaves has tapped.
    let leave = Callback::from(move |_: PointerEvent| *pressing.borrow_mut() = None);
    [press, leave]
}

/// The menu that a right click or the menu key asks for.
pub(super) fn asked(event: &MouseEvent) -> Option<Opened> {
    Opened::at(event.target(), (event.client_x(), event.client_y()))
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct NodeMenuProps {
    pub(super) opened: Opened,
    pub(super) view: Rc<ClusterView>,
    /// Whether only what is connected with one object is drawn.
    pub(super) alone: bool,
    pub(super) on_command: Callback<Command>,
    pub(super) on_run: Callback<String>,
    pub(super) on_close: Callback<()>,
}

#[component]
pub(super) fn NodeMenu(props: &NodeMenuProps) -> Html {
    let card = use_node_ref();
    let linking = use_context::<Linking>().unwrap_or_default();
    {
        let card = card.clone();
        use_effect_with(props.opened.clone(), move |opened| {
            if let Some(card) = card.cast::<HtmlElement>() {
                web::place_at(&card, opened.at);
                step(&card, |_, _| 0);
            }
        });
    }
    let place = object_of(&props.opened.place).to_owned();
    let object = key_of(&place).and_then(|key| props.view.tables.get(&key));
    let Some(object) = object else {
        return html! {};
    };
    let close = {
        let (on_close, place) = (props.on_close.clone(), props.opened.place.clone());
        move || {
            on_close.emit(());
            if let Ok(Some(map)) = gloo::utils::document().query_selector(".map") {
                focus(&map, place.split(' ').next().unwrap_or_default());
            }
        }
    };
    let onkeydown = {
        let (card, close) = (card.clone(), close.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(card) = card.cast::<HtmlElement>() else {
                return;
            };
            match event.key().as_str() {
                "Escape" | "Tab" => close(),
                "ArrowDown" => step(&card, |at, _| at + 1),
                "ArrowUp" => step(&card, |at, count| at + count - 1),
                "Home" => step(&card, |_, _| 0),
                "End" => step(&card, |_, count| count - 1),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let item = |label: &'static str,
                key: &'static str,
                title: Option<String>,
                then: Rc<dyn Fn()>| {
        let close = close.clone();
        let onclick = Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            close();
            then();
        });
        html! { <button role="menuitem" tabindex="-1" {title} {onclick}>{ label }<kbd>{ key }</kbd></button> }
    };
    let details = {
        let place = place.clone();
        item(
            words().act_details,
            "Enter",
            None,
            Rc::new(move || linking.select(Some(&place))),
        )
    };
    let acts = acts(&place, object, props.alone);
    let own = acts.iter().map(|act| {
        let then: Rc<dyn Fn()> = match act.does.clone() {
            Does::Ask(command) => {
                let ask = props.on_command.clone();
                Rc::new(move || ask.emit(command.clone()))
            }
            Does::Run(line) => {
                let run = props.on_run.clone();
                Rc::new(move || run.emit(line.clone()))
            }
        };
        let first = act.line().is_some();
        (
            first,
            item(act.label, act.key, act.line().map(str::to_owned), then),
        )
    });
    let (breaking, safe): (Vec<_>, Vec<_>) = own.partition(|(breaks, _)| *breaks);
    let away = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: PointerEvent| on_close.emit(()))
    };
    html! { <>
        <div class="menu-veil" onpointerdown={away}></div>
        <div ref={card} class="card node-menu" role="menu" aria-label={object.meta.name.clone()} tabindex="-1" {onkeydown}>
            { details }
            { for safe.into_iter().map(|(_, item)| item) }
            <span class="meta" role="presentation">{ words().break_it }</span>
            { for breaking.into_iter().map(|(_, item)| item) }
        </div>
    </> }
}

/// Moves the focus to another item: `to` gives its number from that of the present one and how many there are.
fn step(card: &Element, to: impl Fn(usize, usize) -> usize) {
    let Ok(items) = card.query_selector_all("[role=menuitem]") else {
        return;
    };
    let count = items.length() as usize;
    let active = gloo::utils::document().active_element();
    let at = (0..items.length()).find(|i| {
        let (item, active) = (items.get(*i), active.as_deref());
        item.is_some_and(|item| item.is_same_node(active))
    });
    let next = to(at.unwrap_or_default() as usize, count) % count.max(1);
    let item = items
        .get(next as u32)
        .and_then(|item| item.dyn_into::<HtmlElement>().ok());
    if let Some(item) = item {
        let _ = item.focus();
    }
}
