//! Zoom and pan. The chart is as wide as it is zoomed and its pane scrolls, so that wheel, touch and keys pan it as anything
//! else; a drag with the mouse and a pinch with two fingers come on top.

use gloo::events::{EventListener, EventListenerOptions};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent, WheelEvent};
use yew::prelude::*;

/// How large the chart is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Zoom {
    /// As wide as its pane.
    #[default]
    Width,
    /// All of it in sight.
    Whole,
    /// So many hundredths of the pane's width.
    Times(u32),
}

/// The steps of the zoom, in hundredths of the pane's width.
const STEPS: &[u32] = &[50, 67, 80, 100, 125, 150, 200, 250, 300, 400];

impl Zoom {
    fn hundredths(self) -> u32 {
        match self {
            Self::Width | Self::Whole => 100,
            Self::Times(hundredths) => hundredths,
        }
    }

    /// The next larger step.
    pub(crate) fn larger(self) -> Self {
        let now = self.hundredths();
        Self::Times(
            STEPS
                .iter()
                .copied()
                .find(|step| *step > now)
                .unwrap_or(now),
        )
    }

    /// The next smaller step.
    pub(crate) fn smaller(self) -> Self {
        let now = self.hundredths();
        Self::Times(
            STEPS
                .iter()
                .rev()
                .copied()
                .find(|step| *step < now)
                .unwrap_or(now),
        )
    }

    /// The drawing's width.
    pub(super) fn width(self) -> String {
        format!("{}%", self.hundredths())
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Width | Self::Times(_) => "wide",
        }
    }
}

/// What pointers do on the pane.
#[derive(Default)]
struct Hands {
    /// The pointers that are down, where they are.
    down: Vec<(i32, f64, f64)>,
    /// Where the drag began: pointer and scroll.
    drag: Option<(f64, f64, i32, i32)>,
    /// How far apart two fingers were at the last step of the zoom.
    apart: f64,
}

/// What a gesture does with the pane; the zoom that it asks for.
type Gesture = dyn Fn(&Element, &Event, &mut Hands) -> Option<Zoom>;

impl Hands {
    fn distance(&self) -> Option<f64> {
        let [(_, ax, ay), (_, bx, by)] = self.down.as_slice() else {
            return None;
        };
        Some((ax - bx).hypot(ay - by))
    }
}

/// Listens to wheel and pointers on the pane; tells of the zoom that they ask for.
#[hook]
pub(super) fn use_viewport(sea: &NodeRef, zoom: Zoom, on_zoom: Callback<Zoom>) {
    {
        // The middle of what is in sight stays in the middle.
        let (sea, before) = (sea.clone(), use_mut_ref(|| 100));
        use_effect_with(zoom, move |zoom| {
            let now = zoom.hundredths();
            let old = std::mem::replace(&mut *before.borrow_mut(), now);
            if let Some(pane) = sea.cast::<Element>().filter(|_| old != now) {
                let part = f64::from(now) / f64::from(old);
                let moved = |scroll: i32, size: i32| {
                    let middle = f64::from(scroll) + f64::from(size) / 2.0;
                    (middle * part - f64::from(size) / 2.0) as i32
                };
                pane.set_scroll_left(moved(pane.scroll_left(), pane.client_width()));
                pane.set_scroll_top(moved(pane.scroll_top(), pane.client_height()));
            }
        });
    }
    let sea = sea.clone();
    use_effect_with(zoom, move |zoom| {
        let zoom = *zoom;
        let pane = sea.cast::<Element>();
        let hands: Rc<RefCell<Hands>> = Rc::default();
        let listen = |name: &'static str, with: Rc<Gesture>| {
            let (pane, hands, on_zoom) = (pane.clone()?, hands.clone(), on_zoom.clone());
            let target = pane.clone();
            let options = EventListenerOptions::enable_prevent_default();
            Some(EventListener::new_with_options(
                &target,
                name,
                options,
                move |event| {
                    let asked = hands
                        .try_borrow_mut()
                        .ok()
                        .and_then(|mut hands| with(&pane, event, &mut hands));
                    if let Some(asked) = asked.filter(|asked| *asked != zoom) {
                        on_zoom.emit(asked);
                    }
                },
            ))
        };
        let listeners = [
            listen("wheel", Rc::new(move |_, event, _| wheel(event, zoom))),
            listen("pointerdown", Rc::new(down)),
            listen(
                "pointermove",
                Rc::new(move |pane, event, hands| moves(pane, event, hands, zoom)),
            ),
            listen("pointerup", Rc::new(|_, event, hands| up(event, hands))),
            listen("pointercancel", Rc::new(|_, event, hands| up(event, hands))),
            listen("pointerleave", Rc::new(|_, event, hands| up(event, hands))),
        ];
        move || drop(listeners)
    });
}

fn wheel(event: &Event, zoom: Zoom) -> Option<Zoom> {
    let event = event.dyn_ref::<WheelEvent>()?;
    // A pinch on a touch pad comes as a wheel with Ctrl.
    if !event.ctrl_key() && !event.meta_key() {
        return None;
    }
    event.prevent_default();
    Some(if event.delta_y() < 0.0 {
        zoom.larger()
    } else {
        zoom.smaller()
    })
}

fn down(pane: &Element, event: &Event, hands: &mut Hands) -> Option<Zoom> {
    let event = event.dyn_ref::<PointerEvent>()?;
    let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    hands.down.push((event.pointer_id(), x, y));
    hands.apart = hands.distance().unwrap_or_default();
    let on_node = event
        .target()
        .and_then(|t| t.dyn_into::<Element>().ok()?.closest(".node").ok()?)
        .is_some();
    // Touch pans by itself.
    if event.pointer_type() == "mouse" && event.button() == 0 && !on_node {
        hands.drag = Some((x, y, pane.scroll_left(), pane.scroll_top()));
    }
    None
}

fn moves(pane: &Element, event: &Event, hands: &mut Hands, zoom: Zoom) -> Option<Zoom> {
    let event = event.dyn_ref::<PointerEvent>()?;
    let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    if let Some(finger) = hands
        .down
        .iter_mut()
        .find(|(id, ..)| *id == event.pointer_id())
    {
        (finger.1, finger.2) = (x, y);
    }
    if let Some((from_x, from_y, left, top)) = hands.drag {
        pane.set_scroll_left(left - (x - from_x) as i32);
        pane.set_scroll_top(top - (y - from_y) as i32);
    }
    let apart = hands.distance()?;
    let ratio = apart / hands.apart.max(1.0);
    if !(0.83..=1.2).contains(&ratio) {
        hands.apart = apart;
        return Some(if ratio > 1.0 {
            zoom.larger()
        } else {
            zoom.smaller()
        });
    }
    None
}

fn up(event: &Event, hands: &mut Hands) -> Option<Zoom> {
    let event = event.dyn_ref::<PointerEvent>()?;
    hands.down.retain(|(id, ..)| *id != event.pointer_id());
    hands.drag = None;
    None
}

/// Scrolls the pane so that a place is in sight, if it is not.
pub(super) fn reveal(pane: &Element, place: &str) {
    let Some(node) = super::keys::element_of(pane, place) else {
        return;
    };
    let (own, frame) = (
        node.get_bounding_client_rect(),
        pane.get_bounding_client_rect(),
    );
    // How far something is out of a range: before it, or after it.
    let out = |start: f64, end: f64, from: f64, to: f64| {
        if start < from {
            start - from - 24.0
        } else {
            (end - to + 24.0).max(0.0).min(start - from)
        }
    };
    let across = out(own.left(), own.right(), frame.left(), frame.right());
    let down = out(own.top(), own.bottom(), frame.top(), frame.bottom());
    pane.set_scroll_left(pane.scroll_left() + across as i32);
    pane.set_scroll_top(pane.scroll_top() + down as i32);
}
