//! The search over the nestings that the schema permits.

use super::line::Line;
use crate::api::schema::{self, FieldType};
use crate::api::{Kind, Value};
use crate::manifest::yaml::resolve;
use std::collections::BTreeSet;

/// How many placements are tried before the search gives up.
const MOST_STEPS: usize = 200_000;

/// What the search found.
pub(super) enum Found {
    /// The one valid reading, as text.
    One(String),
    /// Several: the line at which the first two part.
    Several { line: u32, why: String },
    /// None: the line that no reading could place.
    None { line: u32, why: String },
}

/// What an open collection is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    /// A struct of this type.
    Struct(&'static str),
    /// A map with values of this type.
    Map(&'static str),
    /// A list with items of this type.
    List(&'static str),
}

/// An open collection.
#[derive(Clone, Debug)]
struct Level {
    shape: Shape,
    /// The path, for messages.
    path: String,
    keys: BTreeSet<String>,
    /// The indentation of its first key.
    indent: Option<usize>,
    /// How deep its keys stand in the rebuilt text, in blanks.
    depth: usize,
    empty: bool,
}

/// Where a line was put.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    depth: usize,
    dash: bool,
    path: String,
}

struct Search<'a> {
    lines: Vec<&'a Line<'a>>,
    placed: Vec<Place>,
    readings: Vec<Vec<Place>>,
    furthest: usize,
    steps: usize,
}

/// Finds the readings of a document's lines.
pub(super) fn rebuild(all: &[Line<'_>]) -> Found {
    let lines: Vec<&Line<'_>> = all.iter().filter(|line| !line.content.is_empty()).collect();
    let text = |key: &str| {
        let line = lines
            .iter()
            .find(|line| line.key == Some(key) && !line.value.is_empty())?;
        Some(line.value.trim_matches(['"', '\'']))
    };
    let kind = text("apiVersion")
        .zip(text("kind"))
        .and_then(|(version, kind)| Kind::find(version, kind));
    let Some(root) = kind.and_then(schema::type_of) else {
        let first = lines.first().map_or(1, |line| line.number);
        return Found::None {
            line: first,
            why: "apiVersion and kind do not name a known kind".to_owned(),
        };
    };
    let mut search = Search {
        lines,
        placed: Vec::new(),
        readings: Vec::new(),
        furthest: 0,
        steps: 0,
    };
    let level = Level {
        shape: Shape::Struct(root),
        path: String::new(),
        keys: BTreeSet::new(),
        indent: None,
        depth: 0,
        empty: true,
    };
    search.place(0, &[level]);
    search.conclude(all)
}

impl Search<'_> {
    fn conclude(self, all: &[Line<'_>]) -> Found {
        match self.readings.as_slice() {
            [one] => Found::One(write(all, one)),
            [] => {
                let line = self.lines.get(self.furthest).or(self.lines.last());
                let (number, content) = line.map_or((1, ""), |line| (line.number, line.content));
                Found::None {
                    line: number,
                    why: format!(
                        "line {number}, `{content}`, fits nowhere in what stands before it"
                    ),
                }
            }
            [first, second, ..] => {
                let at = first
                    .iter()
                    .zip(second)
                    .position(|(a, b)| a.path != b.path)
                    .unwrap_or(0);
                let path =
                    |reading: &[Place]| reading.get(at).map(|p| p.path.clone()).unwrap_or_default();
                let line = self.lines.get(at);
                let (number, content) = line.map_or((1, ""), |line| (line.number, line.content));
                let why = format!(
                    "line {number}, `{content}`, can be {} or {}: indent it by hand",
                    path(first),
                    path(second)
                );
                Found::Several { line: number, why }
            }
        }
    }

    /// Puts line `at` wherever it fits, and the lines after it.
    fn place(&mut self, at: usize, open: &[Level]) {
        self.steps += 1;
        if self.readings.len() > 1 || self.steps > MOST_STEPS {
            return;
        }
        self.furthest = self.furthest.max(at);
        let Some(line) = self.lines.get(at).copied() else {
            if open.iter().all(is_complete) {
                self.readings.push(self.placed.clone());
            }
            return;
        };
        for up in (0..open.len()).rev() {
            // What is left behind must be complete.
            if open
                .get(up + 1..)
                .is_some_and(|left| left.iter().any(|level| !is_complete(level)))
            {
                break;
            }
            let Some(kept) = open.get(..=up) else {
                continue;
            };
            self.place_in(at, line, kept);
        }
    }

    fn place_in(&mut self, at: usize, line: &Line<'_>, open: &[Level]) {
        let Some(level) = open.last() else { return };
        match level.shape.clone() {
            Shape::List(item) => self.place_item(at, line, open, item),
            Shape::Struct(_) | Shape::Map(_) if line.dash => {}
            Shape::Struct(type_name) => {
                let Some(field) = line.key.and_then(|key| schema::field(type_name, key)) else {
                    return;
                };
                self.place_key(at, line, open, field.type_, false);
            }
            Shape::Map(value) => self.place_key(at, line, open, schema::parse(value), false),
        }
    }

    /// A line in a list begins an item: with a dash, as the first, or because its key is in the item before.
    fn place_item(&mut self, at: usize, line: &Line<'_>, open: &[Level], item: &'static str) {
        let Some(list) = open.last() else { return };
        let mut grown = open.to_vec();
        if let Some(last) = grown.last_mut() {
            last.empty = false;
            // Only a key that the item before has, or a dash, begins another item.
            let repeats = line.key.is_some_and(|key| last.keys.contains(key));
            if !list.empty && !line.dash && !repeats && line.key.is_some() {
                return;
            }
        }
        match schema::parse(item) {
            FieldType::Struct(name) => {
                let Some(key) = line.key else { return };
                let Some(field) = schema::field(name, key) else {
                    return;
                };
                if let Some(last) = grown.last_mut() {
                    last.keys.insert(key.to_owned());
                }
                grown.push(Level {
                    shape: Shape::Struct(name),
                    path: format!("{}[]", list.path),
                    keys: BTreeSet::new(),
                    indent: None,
                    depth: list.depth + 2,
                    empty: true,
                });
                self.place_key(at, line, &grown, field.type_, true);
            }
            FieldType::Text | FieldType::Int | FieldType::Any if line.key.is_none() => {
                let place = Place {
                    depth: list.depth,
                    dash: true,
                    path: format!("{}[]", list.path),
                };
                self.go_on(at, place, &grown);
            }
            _ => {}
        }
    }

    /// A line as a key of the innermost collection.
    fn place_key(
        &mut self,
        at: usize,
        line: &Line<'_>,
        open: &[Level],
        type_: FieldType,
        dash: bool,
    ) {
        let (Some(key), Some(level)) = (line.key, open.last()) else {
            return;
        };
        // A dash counts as two blanks of its key's indentation.
        let indent = line.indent + if line.dash { 2 } else { 0 };
        let outer = open.iter().rev().skip(1).find_map(|level| level.indent);
        let fits = level
            .indent
            .map_or(outer.is_none_or(|outer| indent >= outer), |own| {
                own == indent
            });
        if level.keys.contains(key) || !fits {
            return;
        }
        let mut grown = open.to_vec();
        let dot = if level.path.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{key}", level.path);
        let depth = level.depth;
        if let Some(last) = grown.last_mut() {
            last.keys.insert(key.to_owned());
            last.indent.get_or_insert(indent);
            last.empty = false;
        }
        // A list remembers the keys of its item, so that a repeated one begins the next.
        if let Some([list, _]) = grown.last_chunk_mut::<2>()
            && matches!(list.shape, Shape::List(_))
        {
            list.keys.insert(key.to_owned());
        }
        let place = Place {
            depth: if dash { depth - 2 } else { depth },
            dash,
            path: path.clone(),
        };
        if !line.value.is_empty() {
            if value_fits(line.value, type_) {
                self.go_on(at, place, &grown);
            }
            return;
        }
        let (shape, depth) = match type_ {
            FieldType::Struct(name) => (Shape::Struct(name), depth + 2),
            FieldType::Map(value) => (Shape::Map(value), depth + 2),
            // A list's dashes stand under its key, as kubectl writes them.
            FieldType::List(item) => (Shape::List(item), depth),
            FieldType::Text
            | FieldType::Int
            | FieldType::Bool
            | FieldType::Time
            | FieldType::Any => return,
        };
        grown.push(Level {
            shape,
            path,
            keys: BTreeSet::new(),
            indent: None,
            depth,
            empty: true,
        });
        self.go_on(at, place, &grown);
    }

    fn go_on(&mut self, at: usize, place: Place, open: &[Level]) {
        self.placed.push(place);
        self.place(at + 1, open);
        self.placed.pop();
    }
}

/// Whether a collection may be left: it holds something, and all that it must.
fn is_complete(level: &Level) -> bool {
    if level.empty {
        return false;
    }
    match level.shape {
        Shape::Map(_) | Shape::List(_) => true,
        Shape::Struct(name) => {
            let mut required = schema::fields(name).filter(|field| field.required);
            // The schema does not say so, but an object must have a name.
            let named = name != "V1ObjectMeta"
                || level.path != "metadata"
                || level.keys.contains("name")
                || level.keys.contains("generateName");
            named && required.all(|field| level.keys.contains(field.name))
        }
    }
}

/// Whether a scalar or a flow collection may stand in a field of this type.
fn value_fits(text: &str, type_: FieldType) -> bool {
    let quoted = text.starts_with(['"', '\'']);
    let flow = text.starts_with(['{', '[', '&', '*']);
    let value = if quoted {
        Value::Str(String::new())
    } else {
        resolve(text)
    };
    match type_ {
        FieldType::Any => true,
        FieldType::List(_) => text.starts_with(['[', '*']),
        FieldType::Map(_) | FieldType::Struct(_) => text.starts_with(['{', '*']),
        FieldType::Int => matches!(value, Value::Int(_)),
        FieldType::Bool => matches!(value, Value::Bool(_)),
        FieldType::Text | FieldType::Time => {
            !flow && matches!(value, Value::Str(_) | Value::Int(_) | Value::Float(_))
        }
    }
}

/// The lines with their rebuilt indentation and dashes; comments keep their place above what follows.
fn write(all: &[Line<'_>], reading: &[Place]) -> String {
    let mut out = String::new();
    let mut places = reading.iter();
    for line in all {
        if line.content.is_empty() {
            out.push_str(line.comment);
            out.push('\n');
            continue;
        }
        let Some(place) = places.next() else { break };
        out.extend(std::iter::repeat_n(' ', place.depth));
        if place.dash {
            out.push_str("- ");
        }
        out.push_str(line.content);
        out.push('\n');
    }
    out
}
