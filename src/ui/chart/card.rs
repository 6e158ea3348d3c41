//! The card of the node under the pointer: its words, and its labels, each of which filters.
//!
//! It comes after a moment, stays while the pointer is on it, and Esc sends it away.

use super::keys::{Command, words_of};
use crate::chart::{Wish, key_of};
use crate::cluster::ClusterView;
use crate::ui::sight::Look;
use crate::ui::words::words;
use crate::web;
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, PointerEvent};
use yew::prelude::*;

/// How long the pointer rests before the card comes, and how long it may be away before it goes, in milliseconds.
const REST: u32 = 450;
const AWAY: u32 = 250;

/// The node that the card is of: its place, and where it stands in the window.
type Rested = Option<(String, (i32, i32))>;

/// The handle on the card.
#[derive(Clone)]
pub(super) struct HoverCard {
    rested: UseStateHandle<Rested>,
    timer: Rc<std::cell::RefCell<Option<Timeout>>>,
}

#[hook]
pub(super) fn use_card() -> HoverCard {
    let rested = use_state_eq(|| None);
    let timer = use_mut_ref(|| None::<Timeout>);
    {
        let setter = rested.setter();
        use_effect_with(rested.is_some(), move |shown| {
            let listener = shown.then(|| {
                EventListener::new(&gloo::utils::document(), "keydown", move |event| {
                    let key = event.dyn_ref::<KeyboardEvent>();
                    if key.is_some_and(|event| event.key() == "Escape") {
                        setter.set(None);
                    }
                })
            });
            move || drop(listener)
        });
    }
    HoverCard { rested, timer }
}

impl HoverCard {
    /// The pointer is over something of the chart.
    pub(super) fn over(&self, event: &PointerEvent) {
        if event.pointer_type() != "mouse" || event.buttons() != 0 {
            return;
        }
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let node = target.and_then(|t| t.closest(".node").ok().flatten());
        let found = node.and_then(|node| {
            let frame = node.get_bounding_client_rect();
            let at = (frame.left() as i32, frame.bottom() as i32 + 2);
            Some((node.get_attribute("data-place")?, at))
        });
        let wait = if found.is_some() { REST } else { AWAY };
        let setter = self.rested.setter();
        *self.timer.borrow_mut() = Some(Timeout::new(wait, move || setter.set(found)));
    }

    /// Nothing is pointed at any more.
    pub(super) fn leave(&self) {
        let setter = self.rested.setter();
        *self.timer.borrow_mut() = Some(Timeout::new(AWAY, move || setter.set(None)));
    }

    /// The card goes at once.
    pub(super) fn dismiss(&self) {
        self.timer.borrow_mut().take();
        self.rested.set(None);
    }

    /// The card, if the pointer rests on a node.
    pub(super) fn view(
        &self,
        view: &Rc<ClusterView>,
        wish: &Rc<Wish>,
        on_command: &Callback<Command>,
    ) -> Html {
        let Some((place, at)) = (*self.rested).clone() else {
            return html! {};
        };
        let (stay, go) = (self.timer.clone(), self.clone());
        let onpointerenter = Callback::from(move |_: PointerEvent| drop(stay.borrow_mut().take()));
        let onpointerleave = Callback::from(move |_: PointerEvent| go.leave());
        html! { <div class="hovered" {onpointerenter} {onpointerleave}><Card {place} {at} view={view.clone()} wish={wish.clone()} on_command={on_command.clone()} /></div> }
    }
}

#[derive(Clone, Properties)]
struct CardProps {
    place: String,
    at: (i32, i32),
    view: Rc<ClusterView>,
    wish: Rc<Wish>,
    on_command: Callback<Command>,
}

impl PartialEq for CardProps {
    fn eq(&self, other: &Self) -> bool {
        (&self.place, self.at) == (&other.place, other.at)
            && self.wish.filter == other.wish.filter
            && self.view.tables.revision == other.view.tables.revision
    }
}

#[component]
fn Card(props: &CardProps) -> Html {
    let card = use_node_ref();
    {
        let card = card.clone();
        use_effect_with((props.place.clone(), props.at), move |(_, at)| {
            if let Some(card) = card.cast::<HtmlElement>() {
                web::place_at(&card, *at);
            }
        });
    }
    let own = props.place.split(' ').next().unwrap_or_default();
    let Some(said) = words_of(own) else {
        return html! {};
    };
    let object = key_of(own).and_then(|key| props.view.tables.get(&key));
    let chip = |(name, value): (&String, &String)| {
        let (on_command, next) = (
            props.on_command.clone(),
            props.wish.filter.with_label(name, value),
        );
        let onclick = Callback::from(move |_: MouseEvent| {
            on_command.emit(Command::Look(Look::Filter(next.clone())));
        });
        html! { <button class="chip" title={words().filter_by} {onclick}>{ format!("{name}={value}") }</button> }
    };
    html! {
        <div ref={card} class="card hover-card">
            <p>{ said }</p>
            if let Some(object) = object { <div class="chips-in">{ for object.meta.labels.iter().map(chip) }</div> }
        </div>
    }
}
