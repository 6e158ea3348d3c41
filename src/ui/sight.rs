//! What the reader sees of the cluster: the instant, the filter, the chart laid out for both, the logbook's rows.
//!
//! All of it is a fold over the event log and a view, kept as long as nothing under it changes.

use super::chart::{Mark, Moment};
use crate::chart::{self, Filter, Island, Route, Scene, Shape, Wish, is_traffic};
use crate::cluster::{Cluster, ClusterView};
use crate::kernel::{Event, Seq, SimTime};
use std::collections::VecDeque;
use std::rc::Rc;

/// How many rows the logbook has, and how many moments the scrubber.
const MOST_ROWS: usize = 400;
const MOST_MOMENTS: usize = 2_000;
/// How many rings are drawn at once, and for how many looks each stays.
const MOST_PULSES: usize = 40;
const PULSE_LOOKS: u8 = 4;
/// Changes closer together than this are one moment, in microseconds.
const TOGETHER: u64 = 250_000;
/// Objects whose changes the chart shows.
const SHOWN: &[&str] = &["pod/", "service/", "endpointslice/", "node/"];

/// A change of what the reader sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// The filter's text changes.
    Filter(String),
    /// A namespace, workload or node is folded or unfolded.
    Fold(String),
    /// Only what is connected with a place is drawn, or everything again.
    Only(Option<String>),
    /// An instant of the past, by its place in the log; none for the present.
    At(Option<Seq>),
}

/// What is seen, for components to draw.
#[derive(Clone)]
pub struct Seen {
    /// The cluster at the instant that is shown.
    pub view: Rc<ClusterView>,
    pub(super) scene: Rc<Scene>,
    pub(super) route: Rc<Route>,
    /// The logbook's rows, oldest first.
    pub rows: Rc<Vec<Rc<Event>>>,
    pub(super) moments: Rc<Vec<Moment>>,
    pub(super) wish: Rc<Wish>,
    /// The filter as it is written, which may be no filter yet.
    pub(super) written: Rc<str>,
    /// Why it is none.
    pub(super) fault: Option<Rc<str>>,
    /// The instant, if it is a past one.
    pub(super) past: Option<Seq>,
    /// What happened to Pods lately.
    pub(super) pulses: Rc<Vec<Pulse>>,
}

impl PartialEq for Seen {
    /// What is seen is kept as long as it does not change, so that pointers tell.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.view, &other.view)
            && Rc::ptr_eq(&self.scene, &other.scene)
            && Rc::ptr_eq(&self.route, &other.route)
            && Rc::ptr_eq(&self.rows, &other.rows)
            && Rc::ptr_eq(&self.moments, &other.moments)
            && Rc::ptr_eq(&self.wish, &other.wish)
            && self.written == other.written
            && (&self.fault, self.past, &self.pulses) == (&other.fault, other.past, &other.pulses)
    }
}

/// Something that happened to an object just now, which the chart shows for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pulse {
    pub(super) seq: u64,
    pub(super) place: String,
    pub(super) class: &'static str,
}

/// The state behind what is seen.
pub(super) struct Sight {
    wish: Rc<Wish>,
    written: Rc<str>,
    fault: Option<Rc<str>>,
    past: Option<Seq>,
    /// The log is folded up to here.
    cursor: Seq,
    /// How often the cluster was set up anew by then.
    rebuilt: u32,
    rows: Rc<Vec<Rc<Event>>>,
    /// Where lines were typed, the newest last.
    typed: VecDeque<Seq>,
    moments: Rc<Vec<Moment>>,
    /// What happened lately, each with the number of looks that it was shown at.
    pulses: VecDeque<(Pulse, u8)>,
    drawn: Option<Drawn>,
    /// Whether the chart rests while the cluster has gone on: it is due once it has rested.
    owes: bool,
}

/// A chart with what it was drawn from.
struct Drawn {
    revision: u64,
    past: Option<Seq>,
    wish: Rc<Wish>,
    view: Rc<ClusterView>,
    scene: Rc<Scene>,
    route: Rc<Route>,
    /// The last row that the route shows.
    last: Option<Seq>,
    /// When it was drawn and how long that took, in milliseconds of wall time.
    at: f64,
    took: f64,
}

impl Sight {
    /// Nothing seen yet; what happened before `born` belongs to the start of the cluster.
    pub(super) fn new(born: Seq) -> Self {
        Self {
            wish: Rc::default(),
            written: Rc::default(),
            fault: None,
            past: None,
            cursor: born,
            rebuilt: 0,
            rows: Rc::default(),
            typed: VecDeque::new(),
            moments: Rc::default(),
            pulses: VecDeque::new(),
            drawn: None,
            owes: false,
        }
    }

    /// Whether the chart shows less than has happened.
    pub(super) fn owes(&self) -> bool {
        self.owes
    }

    /// Another shape of page.
    pub(super) fn set_shape(&mut self, shape: Shape) {
        if self.wish.shape != shape {
            Rc::make_mut(&mut self.wish).shape = shape;
        }
    }

    /// The filter as the reader wrote it.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// The shape that another sight takes over.
    pub(super) fn shape(&self) -> Shape {
        self.wish.shape
    }

    /// Whether a past instant is shown, in which no time passes.
    pub(super) fn is_past(&self) -> bool {
        self.past.is_some()
    }

    /// The logbook's rows, oldest first.
    pub(super) fn rows(&self) -> &[Rc<Event>] {
        &self.rows
    }

    /// Changes what is seen.
    pub(super) fn act(&mut self, look: Look) {
        let wish = Rc::make_mut(&mut self.wish);
        match look {
            Look::Filter(text) => {
                match Filter::parse(&text) {
                    Ok(filter) => {
                        self.fault = None;
                        wish.filter = filter;
                    }
                    Err(error) => self.fault = Some(error.into()),
                }
                self.written = text.into();
            }
            Look::Fold(place) => {
                if !wish.toggled.remove(&place) {
                    wish.toggled.insert(place);
                }
            }
            Look::Only(place) => wish.only = place,
            Look::At(seq) => self.past = seq,
        }
    }

    /// What happened from `end` on has been taken back.
    pub(super) fn take_back(&mut self, end: Seq) {
        self.cursor = self.cursor.min(end);
        Rc::make_mut(&mut self.rows).retain(|row| row.seq < end);
        Rc::make_mut(&mut self.moments).retain(|moment| moment.seq < end);
        self.typed.retain(|seq| *seq < end);
        if let Some(drawn) = &mut self.drawn {
            drawn.revision = u64::MAX;
        }
    }

    /// Folds what the log has got since.
    fn follow(&mut self, cluster: &Cluster) {
        if self.rebuilt != cluster.rebuilt() {
            *self = Self {
                wish: self.wish.clone(),
                written: self.written.clone(),
                fault: self.fault.take(),
                rebuilt: cluster.rebuilt(),
                ..Self::new(cluster.born())
            };
        }
        self.pulses.iter_mut().for_each(|(_, looks)| *looks += 1);
        self.pulses.retain(|(_, looks)| *looks < PULSE_LOOKS);
        if self.cursor == cluster.end() {
            return;
        }
        let rows = Rc::make_mut(&mut self.rows);
        let moments = Rc::make_mut(&mut self.moments);
        for event in cluster.events_since(self.cursor) {
            if let Some(moment) = moment(event) {
                let joins = moment.mark == Mark::Change;
                match moments.last_mut() {
                    Some(last)
                        if joins
                            && last.mark == Mark::Change
                            && event.at.since(last.at).0 < TOGETHER =>
                    {
                        last.seq = event.seq;
                    }
                    _ => moments.push(moment),
                }
            }
            if event.kind.id == "typed" {
                self.typed.push_back(event.seq);
            } else if is_traffic(event) {
                rows.push(Rc::new(event.clone()));
            } else {
                // That a Pod is new, goes or fails a probe says more than that it changed.
                let told = |pulse: &Pulse| {
                    let known = self
                        .pulses
                        .iter()
                        .find(|(known, _)| known.place == pulse.place);
                    pulse.class == "pulse" && known.is_some()
                };
                let new = pulse(cluster, event).filter(|pulse| !told(pulse));
                self.pulses.extend(new.map(|pulse| (pulse, 0)));
                let surplus = self.pulses.len().saturating_sub(MOST_PULSES);
                self.pulses.drain(..surplus);
            }
        }
        let surplus = rows.len().saturating_sub(MOST_ROWS);
        rows.drain(..surplus);
        let surplus = moments.len().saturating_sub(MOST_MOMENTS);
        moments.drain(..surplus);
        let surplus = self.typed.len().saturating_sub(MOST_ROWS);
        self.typed.drain(..surplus);
        self.cursor = cluster.end();
    }

    /// What is seen now.
    pub(super) fn look(&mut self, cluster: &Cluster) -> Seen {
        self.follow(cluster);
        let rows = match self.past {
            None => self.rows.clone(),
            Some(seq) => Rc::new(
                self.rows
                    .iter()
                    .filter(|row| row.seq <= seq)
                    .cloned()
                    .collect(),
            ),
        };
        self.draw(cluster, &rows);
        let rows = self.filtered(rows);
        let drawn = self.drawn.as_ref();
        Seen {
            view: drawn.map_or_else(|| Rc::new(cluster.view()), |drawn| drawn.view.clone()),
            scene: drawn.map(|drawn| drawn.scene.clone()).unwrap_or_default(),
            route: drawn.map(|drawn| drawn.route.clone()).unwrap_or_default(),
            rows,
            moments: self.moments.clone(),
            wish: self.wish.clone(),
            written: self.written.clone(),
            fault: self.fault.clone(),
            past: self.past,
            pulses: if self.past.is_some() {
                Rc::default()
            } else {
                Rc::new(self.pulses.iter().map(|(pulse, _)| pulse.clone()).collect())
            },
        }
    }

    fn filtered(&self, rows: Rc<Vec<Rc<Event>>>) -> Rc<Vec<Rc<Event>>> {
        let verdicts = &self.wish.filter.verdicts;
        if verdicts.is_empty() {
            return rows;
        }
        let passes = |row: &&Rc<Event>| {
            verdicts.contains(&row.kind.id.trim_start_matches("dns-").to_ascii_uppercase())
        };
        Rc::new(rows.iter().filter(passes).cloned().collect())
    }

    fn draw(&mut self, cluster: &Cluster, rows: &[Rc<Event>]) {
        let revision = cluster.tables().revision;
        let last = rows.last().map(|row| row.seq);
        let now = crate::web::now();
        if let Some(drawn) = &mut self.drawn {
            let same = drawn.past == self.past && drawn.wish == self.wish;
            let is_fresh = same && (drawn.revision == revision || self.past.is_some());
            // A large chart that is slow to lay out is laid out less often while the cluster is busy.
            let rests = same && drawn.last == last && now - drawn.at < drawn.took * 6.0;
            self.owes = !is_fresh && rests;
            if is_fresh && drawn.last == last || rests {
                if self.past.is_none() && is_fresh {
                    let view = cluster.view();
                    if view != *drawn.view {
                        drawn.view = Rc::new(view);
                    }
                }
                return;
            }
        }
        let view = Rc::new(match self.past {
            Some(seq) => cluster.view_at(seq),
            None => cluster.view(),
        });
        let mut scene = chart::scene(&view, &self.wish);
        let before = self.drawn.take();
        if let Some(before) = &before {
            keep_islands(&mut scene, &before.scene);
        }
        let kept = before.as_ref().filter(|before| *before.scene == scene);
        let scene = kept.map_or_else(|| Rc::new(scene.clone()), |before| before.scene.clone());
        let from = self
            .typed
            .iter()
            .rev()
            .find(|seq| last.is_some_and(|last| **seq < last));
        let attempt: Vec<Rc<Event>> = rows
            .iter()
            .filter(|row| from.is_some_and(|from| row.seq > *from))
            .cloned()
            .collect();
        let route = chart::route(&view, &scene, &attempt);
        let kept = before.filter(|before| *before.route == route);
        self.drawn = Some(Drawn {
            revision,
            past: self.past,
            wish: self.wish.clone(),
            view,
            scene,
            route: kept.map_or_else(|| Rc::new(route), |before| before.route),
            last,
            at: now,
            took: crate::web::now() - now,
        });
    }
}

/// Takes over the islands that are as they were, so that they are not rendered again.
fn keep_islands(scene: &mut Scene, before: &Scene) {
    for island in &mut scene.islands {
        let same = |old: &&Rc<Island>| old.name == island.name && **old == *island;
        if let Some(old) = before.islands.iter().find(same) {
            *island = old.clone();
        }
    }
}

/// What of an event the scrubber shows.
fn moment(event: &Event) -> Option<Moment> {
    let mark = match event.kind.id {
        "typed" => Mark::Typed,
        _ if is_traffic(event) => Mark::Verdict(chart::icon(event)),
        "created" | "updated" | "terminating" | "deleted" => {
            let place = event.text("place");
            SHOWN
                .iter()
                .any(|kind| place.starts_with(kind))
                .then_some(Mark::Change)?
        }
        _ => return None,
    };
    Some(Moment {
        seq: event.seq,
        at: event.at,
        mark,
    })
}

/// What of an event pulses on the chart: Pods that come, change and go, and probes that fail.
fn pulse(cluster: &Cluster, event: &Event) -> Option<Pulse> {
    let place = event.text("place");
    if place.starts_with("event/") {
        let object = cluster.tables().get(&chart::key_of(place)?)?.clone();
        let said = object.event()?;
        let (subject, fails) = (&said.involved_object, &*said.reason == "Unhealthy");
        return fails.then(|| Pulse {
            seq: event.seq.0,
            place: format!("pod/{}/{}", subject.namespace, subject.name),
            class: "pulse probe",
        });
    }
    let class = match event.kind.id {
        "created" => "pulse born",
        "updated" => "pulse",
        "terminating" | "deleted" => "pulse gone",
        _ => return None,
    };
    place.starts_with("pod/").then(|| Pulse {
        seq: event.seq.0,
        place: place.to_owned(),
        class,
    })
}

/// When a moment was, for the scrubber's words.
pub(super) fn instant(moments: &[Moment], seq: Seq) -> Option<SimTime> {
    moments
        .iter()
        .find(|moment| moment.seq == seq)
        .map(|moment| moment.at)
}
