//! One entry of the event log, and the table row that describes its kind.
//!
//! The log is the single source of motion and explanation: charts, logbook, screen-reader text and lesson checks
//! are folds over it. `cause` links each event to the one that produced it.

use super::SimTime;
use std::cell::OnceCell;
use std::fmt;
use std::fmt::Write as _;
use std::rc::Rc;

/// The place of an event in the log; it never changes and is never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seq(pub u64);

/// What an event looks like to a reader: the colour role of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Ready, delivered, done.
    Good,
    /// Refused or failed.
    Bad,
    /// Dropped, pending, waiting.
    Warn,
    /// A name question or other information.
    Info,
    /// A packet under way.
    Route,
    /// Housekeeping.
    Idle,
}

/// One row of an event vocabulary: it drives icon, colour and sentences of every event of that kind.
#[derive(Debug, PartialEq, Eq)]
pub struct EventKind {
    /// The kind's name in exported logs.
    pub id: &'static str,
    /// The id of the symbol that stands for it, without `#`.
    pub icon: &'static str,
    /// Its colour role.
    pub role: Role,
    /// The logbook's sentence: `{key}` is replaced by the fact of that name.
    pub sentence: &'static str,
    /// What a screen reader says; empty means that it stays silent.
    pub spoken: &'static str,
}

/// A thing that many events speak of. What it is called is written out only once somebody reads it.
#[derive(Debug)]
pub struct Named {
    /// What it is: `service`.
    kind: &'static str,
    /// Where its name is unique; empty for the whole world.
    space: Rc<str>,
    /// Its name.
    name: Rc<str>,
    /// Whether readers need not be told its space.
    usual: bool,
    place: OnceCell<Box<str>>,
    words: OnceCell<Box<str>>,
}

impl Named {
    /// A thing of a kind; readers are not told a space that is the usual one.
    pub fn new(kind: &'static str, (space, usual): (Rc<str>, bool), name: Rc<str>) -> Self {
        Self {
            kind,
            space,
            name,
            usual,
            place: OnceCell::new(),
            words: OnceCell::new(),
        }
    }

    /// The chart's name of it: `service/default/redis`.
    fn place(&self) -> &str {
        let make = || {
            [self.kind, "/", &self.space, "/", &self.name]
                .concat()
                .into()
        };
        self.place.get_or_init(make)
    }

    /// The reader's words for it: `service/redis`, with an unusual space in front.
    fn words(&self) -> &str {
        let make = || match self.usual {
            true => [self.kind, "/", &self.name].concat().into(),
            false => [&self.space, "/", self.kind, "/", &self.name]
                .concat()
                .into(),
        };
        self.words.get_or_init(make)
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        let parts = |named: &Self| (named.kind, named.space.clone(), named.name.clone());
        parts(self) == parts(other)
    }
}

impl Eq for Named {}

/// A value that an event carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A word or sentence.
    Text(Rc<str>),
    /// A whole number.
    Int(i64),
    /// A thing, by its place in the chart.
    Place(Rc<Named>),
    /// A thing, in the reader's words.
    Words(Rc<Named>),
}

impl Fact {
    /// Its text; none if it is a number.
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Int(_) => None,
            Self::Place(named) => Some(named.place()),
            Self::Words(named) => Some(named.words()),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::Text(_) | Self::Place(_) | Self::Words(_) => {
                f.write_str(self.text().unwrap_or_default())
            }
        }
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Rc<str>> for Fact {
    fn from(text: Rc<str>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Fact {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

/// The facts of an event, in the order in which its kind's code states them.
pub type Facts = Vec<(&'static str, Fact)>;

/// Writes facts as `facts![key => value, …]`.
#[macro_export]
macro_rules! facts {
    ($($key:literal => $value:expr),* $(,)?) => { vec![$(($key, $crate::kernel::Fact::from($value))),*] };
}
pub use crate::facts;

/// Facts that are kept as they were found, and written out only once somebody reads them: many events of one cause, such as
/// the hops of one packet, share a row.
pub trait Row: fmt::Debug {
    /// The facts of one of its events, by the event's number in the row.
    fn facts(&self, at: usize) -> Facts;
}

/// Something that happened in the cluster.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place in the log.
    pub seq: Seq,
    /// When it happened.
    pub at: SimTime,
    /// The event that produced it; none for what came from outside.
    pub cause: Option<Seq>,
    /// The row that describes it.
    pub kind: &'static EventKind,
    /// What it says, once that is written out.
    facts: OnceCell<Facts>,
    /// What writes it out.
    row: Option<(Rc<dyn Row>, u32)>,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        let head = |e: &Self| (e.seq, e.at, e.cause, e.kind);
        head(self) == head(other) && self.facts() == other.facts()
    }
}

impl Eq for Event {}

impl Event {
    /// An event whose facts are written out already.
    pub(super) fn told(
        (seq, at, cause): (Seq, SimTime, Option<Seq>),
        kind: &'static EventKind,
        facts: Facts,
    ) -> Self {
        Self {
            seq,
            at,
            cause,
            kind,
            facts: facts.into(),
            row: None,
        }
    }

    /// An event of a row.
    pub(super) fn of_row(
        (seq, at, cause): (Seq, SimTime, Option<Seq>),
        kind: &'static EventKind,
        row: (Rc<dyn Row>, u32),
    ) -> Self {
        Self {
            seq,
            at,
            cause,
            kind,
            facts: OnceCell::new(),
            row: Some(row),
        }
    }

    /// What it says.
    pub fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| {
            let row = self.row.as_ref();
            row.map_or_else(Facts::new, |(row, at)| row.facts(*at as usize))
        })
    }

    /// The text of a fact, empty when the event has none of that name.
    pub fn text(&self, key: &str) -> &str {
        let fact = self.facts().iter().find(|(k, _)| *k == key);
        fact.and_then(|(_, fact)| fact.text()).unwrap_or_default()
    }

    /// The number of a fact, 0 when the event has none of that name.
    pub fn int(&self, key: &str) -> i64 {
        match self.facts().iter().find(|(k, _)| *k == key) {
            Some((_, Fact::Int(n))) => *n,
            Some((_, Fact::Text(_) | Fact::Place(_) | Fact::Words(_))) | None => 0,
        }
    }

    /// The logbook's sentence.
    pub fn sentence(&self) -> String {
        self.fill(self.kind.sentence)
    }

    /// What a screen reader says, empty when it stays silent.
    pub fn spoken(&self) -> String {
        self.fill(self.kind.spoken)
    }

    fn fill(&self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((key, tail)) = after.split_once('}') else {
                break;
            };
            if let Some((_, fact)) = self.facts().iter().find(|(k, _)| *k == key) {
                let _ = write!(out, "{fact}");
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    /// The event as one line of JSON: the form in which logs are compared byte for byte.
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"seq\":{},\"at\":{}", self.seq.0, self.at.0);
        if let Some(cause) = self.cause {
            let _ = write!(out, ",\"cause\":{}", cause.0);
        }
        let _ = write!(out, ",\"kind\":\"{}\"", self.kind.id);
        for (key, fact) in self.facts() {
            match fact {
                Fact::Int(n) => {
                    let _ = write!(out, ",\"{key}\":{n}");
                }
                Fact::Text(_) | Fact::Place(_) | Fact::Words(_) => {
                    let text = fact.text().unwrap_or_default();
                    let _ = write!(out, ",\"{key}\":{}", quote(text));
                }
            }
        }
        out.push('}');
        out
    }
}

/// A JSON string literal.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
