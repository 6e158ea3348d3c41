//! The packet: it travels along the route, frame by frame, without a render.

use super::route::{Route, Stretch};
use gloo::render::{AnimationFrame, request_animation_frame};
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::Element;

/// A route being played.
pub(super) struct Player {
    root: Element,
    route: Route,
    /// Milliseconds since the packet left.
    at: f64,
    /// The last frame's time, none before the first.
    last: Option<f64>,
    speed: f64,
    frame: Option<AnimationFrame>,
}

/// A handle on a player; the packet stops when it is dropped.
#[derive(Clone)]
pub(super) struct Playing(Rc<RefCell<Player>>);

impl Playing {
    /// Plays a route from its start; with no speed everything is drawn at once.
    pub(super) fn start(root: Element, route: Route, speed: f64) -> Self {
        let at = if speed > 0.0 {
            0.0
        } else {
            f64::from(route.lasts)
        };
        let player = Rc::new(RefCell::new(Player {
            root,
            route,
            at,
            last: None,
            speed,
            frame: None,
        }));
        let playing = Self(player);
        playing.draw();
        playing.request();
        playing
    }

    /// Plays at another speed from where it is.
    pub(super) fn set_speed(&self, speed: f64) {
        if let Ok(mut player) = self.0.try_borrow_mut() {
            player.speed = speed;
            player.last = None;
        }
        self.request();
    }

    /// Plays from the start again.
    pub(super) fn replay(&self) {
        if let Ok(mut player) = self.0.try_borrow_mut() {
            player.at = 0.0;
            player.last = None;
        }
        self.draw();
        self.request();
    }

    /// Goes to the end of the hop that is under way.
    pub(super) fn step(&self) {
        if let Ok(mut player) = self.0.try_borrow_mut() {
            let next = player
                .route
                .stretches
                .iter()
                .map(|s| f64::from(s.ends))
                .find(|end| *end > player.at + 0.5);
            player.at = next.unwrap_or(f64::from(player.route.lasts));
        }
        self.draw();
    }

    fn request(&self) {
        let weak = Rc::downgrade(&self.0);
        let Ok(mut player) = self.0.try_borrow_mut() else {
            return;
        };
        if player.speed <= 0.0 || player.at >= f64::from(player.route.lasts) {
            player.frame = None;
            return;
        }
        player.frame = Some(request_animation_frame(move |now| {
            let Some(strong) = weak.upgrade() else { return };
            let playing = Self(strong);
            if let Ok(mut player) = playing.0.try_borrow_mut() {
                // A hidden tab stops the frames; what it missed is not caught up.
                let passed = player
                    .last
                    .map_or(0.0, |last| (now - last).clamp(0.0, 100.0));
                player.last = Some(now);
                player.at += passed * player.speed;
            }
            playing.draw();
            playing.request();
        }));
    }

    fn draw(&self) {
        let Ok(player) = self.0.try_borrow() else {
            return;
        };
        let Ok(stretches) = player.root.query_selector_all(".stretch") else {
            return;
        };
        for i in 0..stretches.length() {
            let Some(element) = stretches
                .get(i)
                .and_then(|node| wasm_bindgen::JsCast::dyn_into::<Element>(node).ok())
            else {
                continue;
            };
            let ends: f64 = element
                .get_attribute("data-ends")
                .and_then(|t| t.parse().ok())
                .unwrap_or(0.0);
            let _ = element
                .class_list()
                .toggle_with_force("ahead", ends > player.at + 0.5);
        }
        if let Ok(Some(packet)) = player.root.query_selector(".packet") {
            let moving = player
                .route
                .stretches
                .iter()
                .find(|s| player.at < f64::from(s.ends));
            match moving {
                Some(stretch) => {
                    let (x, y) = position(stretch, player.at);
                    let _ = packet.set_attribute("transform", &format!("translate({x:.1} {y:.1})"));
                    let _ = packet.class_list().remove_1("ahead");
                }
                None => {
                    let _ = packet.class_list().add_1("ahead");
                }
            }
        }
    }
}

fn position(stretch: &Stretch, at: f64) -> (f64, f64) {
    let (start, end) = (f64::from(stretch.starts), f64::from(stretch.ends));
    let part = ((at - start) / (end - start).max(1.0)).clamp(0.0, 1.0);
    let between = |a: i32, b: i32| f64::from(a) + (f64::from(b) - f64::from(a)) * part;
    (
        between(stretch.from.0, stretch.to.0),
        between(stretch.from.1, stretch.to.1),
    )
}
