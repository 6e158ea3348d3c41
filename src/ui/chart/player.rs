//! The packet: it travels along the route, frame by frame, without a render.

use crate::chart::{Route, Stretch, Vessel};
use crate::ui::words::{fill, words};
use gloo::render::{AnimationFrame, request_animation_frame};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// A route being played.
struct Player {
    /// The drawn stretches, in the route's order, and what is shown with the last.
    drawn: Vec<Element>,
    packet: Option<Element>,
    route: Rc<Route>,
    /// Milliseconds since the packet left.
    at: f64,
    /// The last frame's time, none before the first.
    last: Option<f64>,
    speed: f64,
    frame: Option<AnimationFrame>,
}

/// A handle on a player; the packet stops when the last one is dropped.
#[derive(Clone)]
pub(super) struct Playing(Rc<RefCell<Player>>);

impl Playing {
    /// Plays a route from `at` milliseconds on.
    pub(super) fn start(root: &Element, route: Rc<Route>, speed: f64, at: f64) -> Self {
        let mut drawn = Vec::new();
        if let Ok(found) = root.query_selector_all(".stretch") {
            drawn.extend((0..found.length()).filter_map(|i| found.get(i)?.dyn_into().ok()));
        }
        let playing = Self(Rc::new(RefCell::new(Player {
            drawn,
            packet: root.query_selector(".packet").ok().flatten(),
            route,
            at,
            last: None,
            speed,
            frame: None,
        })));
        playing.draw();
        playing.request();
        playing
    }

    /// Where the next route begins to be played: after what was played of the same attempt, if it goes on.
    pub(super) fn resume(&self, next: &Route) -> f64 {
        self.0.try_borrow().map_or(0.0, |player| {
            if player.route.attempt == next.attempt {
                player.at
            } else {
                0.0
            }
        })
    }

    /// Plays at another speed from where it is.
    pub(super) fn set_speed(&self, speed: f64) {
        self.change(|player| player.speed = speed);
        self.request();
    }

    /// Plays from the start again.
    pub(super) fn replay(&self) {
        self.change(|player| player.at = 0.0);
        self.request();
    }

    /// Goes to the end of the hop that is under way, or from the end to that of the first; gives the hop's words.
    pub(super) fn step(&self) -> String {
        self.go(|at, route| {
            let at = if at >= f64::from(route.lasts) {
                -1.0
            } else {
                at
            };
            hops(route).find(|hop| f64::from(hop.ends) > at + 0.5)
        })
    }

    /// Goes back to the end of the hop before, or from the first to the start.
    pub(super) fn step_back(&self) -> String {
        self.go(|at, route| {
            let at = if at >= f64::from(route.lasts) {
                hops(route).last().map_or(0.0, |hop| f64::from(hop.ends))
            } else {
                at
            };
            hops(route)
                .filter(|hop| f64::from(hop.ends) < at - 0.5)
                .last()
        })
    }

    fn go(&self, to: fn(f64, &Route) -> Option<&Stretch>) -> String {
        let mut said = String::new();
        self.change(|player| {
            let route = Rc::clone(&player.route);
            let Some(hop) = to(player.at, &route) else {
                player.at = 0.0;
                said = words().before_first_hop.to_owned();
                return;
            };
            let number = hops(&route).take_while(|h| h.ends <= hop.ends).count();
            let (number, count) = (number.to_string(), hops(&route).count().to_string());
            said = fill(words().hop, &[&number, &count, &hop.words]);
            player.at = f64::from(hop.ends);
        });
        said
    }

    /// Shows the whole route at once.
    pub(super) fn finish(&self) {
        self.change(|player| player.at = f64::from(player.route.lasts));
    }

    fn change(&self, how: impl FnOnce(&mut Player)) {
        if let Ok(mut player) = self.0.try_borrow_mut() {
            how(&mut player);
            player.last = None;
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
        let stretches = &player.route.stretches;
        let end = stretches.last().map_or(0, |s| s.ends);
        for (i, element) in player.drawn.iter().enumerate() {
            let ends = stretches.get(i).map_or(end, |s| s.ends);
            let ahead = f64::from(ends) > player.at + 0.5;
            let _ = element.class_list().toggle_with_force("ahead", ahead);
        }
        let Some(packet) = &player.packet else { return };
        let moving = stretches.iter().find(|s| player.at < f64::from(s.ends));
        // A reader who steps sees the packet where the hop ended.
        let stands = || {
            stretches
                .iter()
                .rev()
                .find(|s| player.at >= f64::from(s.ends))
        };
        let under_way = player.at < f64::from(player.route.lasts);
        let shown = moving
            .filter(|s| player.at > f64::from(s.starts))
            .or_else(stands)
            .or(moving)
            .filter(|_| under_way);
        match shown {
            Some(stretch) => {
                let (x, y) = position(stretch, player.at);
                let vessel = match stretch.vessel {
                    Vessel::Tcp => "packet",
                    Vessel::Udp => "packet udp",
                    Vessel::Dns => "packet dns",
                };
                let _ = packet.set_attribute("class", vessel);
                let _ = packet.set_attribute("transform", &format!("translate({x:.1} {y:.1})"));
            }
            None => {
                let _ = packet.class_list().add_1("ahead");
            }
        }
    }
}

/// The stretches that a reader steps through.
fn hops(route: &Route) -> impl Iterator<Item = &Stretch> {
    route.stretches.iter().filter(|s| !s.words.is_empty())
}

/// Where on a stretch the packet is at an instant: so far along its corners.
fn position(stretch: &Stretch, at: f64) -> (f64, f64) {
    let (start, end) = (f64::from(stretch.starts), f64::from(stretch.ends));
    let part = ((at - start) / (end - start).max(1.0)).clamp(0.0, 1.0);
    let point = |(x, y): (i32, i32)| (f64::from(x), f64::from(y));
    let pairs = || {
        stretch
            .points
            .iter()
            .zip(stretch.points.iter().skip(1))
            .map(|(a, b)| (point(*a), point(*b)))
    };
    let length = |(a, b): ((f64, f64), (f64, f64))| (b.0 - a.0).hypot(b.1 - a.1);
    let mut left = part * pairs().map(length).sum::<f64>();
    for (a, b) in pairs() {
        let long = length((a, b)).max(0.001);
        if left <= long {
            return (
                a.0 + (b.0 - a.0) * left / long,
                a.1 + (b.1 - a.1) * left / long,
            );
        }
        left -= long;
    }
    point(stretch.to())
}
