//! The search over the nestings that the schema permits.
//!
//! Lines are placed one after the other, each wherever the collections that are open take it, until all stand; what is
//! left behind must be complete. A key without a value holds something, so empty keys have no reading. Of the complete
//! readings the caller says which are valid; the search ends when it has two.

use super::level::{Level, Shape, has_value, value_fits};
use super::line::Line;
use crate::api::Kind;
use crate::api::schema::{self, FieldType};

/// How many placements are tried before the search gives up.
const MOST_STEPS: usize = 40_000;

/// How many lines a document may have that is rebuilt: no page of a book has more.
const MOST_LINES: usize = 2_000;

/// Where a line was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// How many blanks stand in front.
    pub(super) depth: usize,
    /// Whether it begins a list's item.
    pub(super) dash: bool,
    /// Whether it is a line of a block of text.
    pub(super) block: bool,
    /// What it is.
    pub(super) path: String,
}

/// What the search found.
pub(super) enum Found {
    /// The one valid reading.
    One(Vec<Place>),
    /// Several: the line at which the first two part, and why.
    Several { line: u32, why: String },
    /// None: the line that no reading could place.
    None { line: u32, why: String },
}

/// A line that may be placed somewhere, and what is open afterwards.
struct Branch {
    /// How many lines stand before it.
    before: usize,
    /// Its place, and that of the lines of text that follow it.
    places: Vec<Place>,
    open: Vec<Level>,
}

/// Finds the readings of a document's lines that are valid.
pub(super) fn search(lines: &[Line<'_>], is_valid: impl Fn(&[Place]) -> bool) -> Found {
    let first = lines.first().map_or(1, |line| line.number);
    let Some(root) = root_type(lines) else {
        return Found::None {
            line: first,
            why: "apiVersion and kind do not name a known kind".to_owned(),
        };
    };
    if lines.len() > MOST_LINES {
        return Found::None {
            line: first,
            why: format!("a document of more than {MOST_LINES} lines is not rebuilt"),
        };
    }
    let has_dashes = lines.iter().any(|line| line.dash);
    let mut stack = vec![Branch {
        before: 0,
        places: Vec::new(),
        open: vec![Level::root(root)],
    }];
    let mut placed: Vec<Place> = Vec::new();
    let mut readings: Vec<Vec<Place>> = Vec::new();
    let (mut furthest, mut steps, mut complete) = (0, 0, 0);
    while let Some(branch) = stack.pop() {
        steps += 1;
        if steps > MOST_STEPS || complete > 400 {
            return Found::Several {
                line: first,
                why: "it has too many possible readings: indent it by hand".to_owned(),
            };
        }
        placed.truncate(branch.before);
        placed.extend(branch.places);
        furthest = furthest.max(placed.len());
        if placed.len() < lines.len() {
            let next = Next {
                lines,
                at: placed.len(),
                has_dashes,
            };
            let branches = next.branches(&branch.open);
            stack.extend(branches.into_iter().rev());
            continue;
        }
        if branch.open.iter().all(Level::is_complete) && !readings.contains(&placed) {
            complete += 1;
            if is_valid(&placed) {
                readings.push(placed.clone());
            }
            if let [one, other] = readings.as_slice() {
                return several(lines, one, other);
            }
        }
    }
    if let Some(one) = readings.pop() {
        return Found::One(one);
    }
    let line = lines.get(furthest);
    Found::None {
        line: line.or(lines.last()).map_or(first, |line| line.number),
        why: match line {
            Some(line) => format!("`{}` fits nowhere in what stands before it", line.content),
            None => "something that is required is missing".to_owned(),
        },
    }
}

fn root_type(lines: &[Line<'_>]) -> Option<&'static str> {
    let text = |key: &str| {
        let line = lines
            .iter()
            .find(|line| line.key == Some(key) && !line.value.is_empty())?;
        Some(line.value.trim_matches(['"', '\'']))
    };
    schema::type_of(Kind::find(text("apiVersion")?, text("kind")?)?)
}

fn several(lines: &[Line<'_>], one: &[Place], other: &[Place]) -> Found {
    let parts = one.iter().zip(other).position(|(a, b)| a != b).unwrap_or(0);
    let line = lines.get(parts);
    let shown = |reading: &[Place]| {
        let place = reading.get(parts);
        let path = place.map_or("", |place| place.path.as_str());
        match place {
            Some(place) if place.block => format!("text of {path}"),
            Some(place) if place.dash => format!("{path} of another item"),
            _ => path.to_owned(),
        }
    };
    let content = line.map_or("", |line| line.content);
    Found::Several {
        line: line.map_or(1, |line| line.number),
        why: format!(
            "`{content}` can be {} or {}: indent it by hand",
            shown(one),
            shown(other)
        ),
    }
}

/// The line to be placed next.
struct Next<'a> {
    lines: &'a [Line<'a>],
    at: usize,
    has_dashes: bool,
}

impl Next<'_> {
    /// Everywhere that the line can go, innermost first.
    fn branches(&self, open: &[Level]) -> Vec<Branch> {
        let mut branches = Vec::new();
        for up in (0..open.len()).rev() {
            if let Some(kept) = open.get(..=up) {
                self.place(kept, &mut branches);
            }
            // What would be left behind must be complete.
            if !open.get(up).is_some_and(Level::is_complete) {
                break;
            }
        }
        branches
    }

    fn line(&self) -> Option<&Line<'_>> {
        self.lines.get(self.at)
    }

    fn place(&self, open: &[Level], branches: &mut Vec<Branch>) {
        let (Some(level), Some(line)) = (open.last(), self.line()) else {
            return;
        };
        match level.shape {
            Shape::List(item) => self.place_item(open, item, branches),
            Shape::Struct(_) | Shape::Map(_) if line.dash => {}
            Shape::Struct(_) | Shape::Map(_) => {
                self.place_key(open.to_vec(), open.len(), false, branches);
            }
        }
    }

    /// A line in a list begins an item: with a dash, as the first, or without one where dashes are lost.
    fn place_item(&self, open: &[Level], item: &'static str, branches: &mut Vec<Branch>) {
        let (Some(list), Some(line)) = (open.last(), self.line()) else {
            return;
        };
        let repeats = line.key.is_some_and(|key| list.keys.contains(key));
        if !list.empty && !line.dash && self.has_dashes && !repeats && line.key.is_some() {
            return;
        }
        let mut grown = open.to_vec();
        if let Some(list) = grown.last_mut() {
            list.empty = false;
            list.keys.clear();
        }
        let type_ = schema::parse(item);
        match type_ {
            FieldType::Struct(name) if line.key.is_some() => {
                grown.push(Level::item(list, name));
                self.place_key(grown, open.len() + 1, true, branches);
            }
            _ if line.key.is_none() && value_fits(line.value, type_, list.meaning()) => {
                branches.push(self.branch(
                    Place {
                        depth: list.depth,
                        dash: true,
                        block: false,
                        path: format!("{}[]", list.path),
                    },
                    grown,
                ));
            }
            _ => {}
        }
    }

    /// A line as a key of the innermost collection.
    fn place_key(
        &self,
        mut open: Vec<Level>,
        depth: usize,
        dash: bool,
        branches: &mut Vec<Branch>,
    ) {
        let Some(line) = self.line() else { return };
        let (Some(key), Some(level)) = (line.key, open.get(depth - 1)) else {
            return;
        };
        let indent = line.key_indent;
        let outer = open.iter().rev().skip(1).find_map(|level| level.indent);
        let fits = match level.indent {
            Some(own) => own == indent,
            None => outer.is_none_or(|outer| indent >= outer),
        };
        let Some(field) = level.field(key) else {
            return;
        };
        if level.keys.contains(key) || !fits {
            return;
        }
        let dot = if level.path.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{key}", level.path);
        let depth = level.depth;
        let place = Place {
            depth: if dash { depth.saturating_sub(2) } else { depth },
            dash,
            block: false,
            path: path.clone(),
        };
        if let Some(last) = open.last_mut() {
            last.keys.insert(key.to_owned());
            last.indent.get_or_insert(indent);
            last.empty = false;
        }
        // A list remembers the keys of its item, so that a repeated one can begin the next.
        if let Some([list, _]) = open.last_chunk_mut::<2>()
            && matches!(list.shape, Shape::List(_))
        {
            list.keys.insert(key.to_owned());
        }
        if line.begins_block() && has_value(field.type_) {
            self.place_block(&place, &open, branches);
        } else if !line.value.is_empty() {
            if value_fits(line.value, field.type_, field.meaning) {
                branches.push(self.branch(place, open));
            }
        } else if let Some(level) = Level::inside(&field, path, depth) {
            open.push(level);
            branches.push(self.branch(place, open));
        }
    }

    /// The head of a block of text, with the lines that are its text: those further in, or any number if none is.
    fn place_block(&self, head: &Place, open: &[Level], branches: &mut Vec<Branch>) {
        let rest = self.lines.get(self.at + 1..).unwrap_or_default();
        let own = self.line().map_or(0, |line| line.key_indent);
        let inside = rest.iter().take_while(|line| line.indent > own).count();
        let counts = if inside > 0 {
            inside..=inside
        } else {
            1..=rest.len()
        };
        for count in counts {
            let mut branch = self.branch(head.clone(), open.to_vec());
            let text = Place {
                depth: head.depth + if head.dash { 4 } else { 2 },
                dash: false,
                block: true,
                path: head.path.clone(),
            };
            branch.places.extend(std::iter::repeat_n(text, count));
            branches.push(branch);
        }
    }

    fn branch(&self, place: Place, open: Vec<Level>) -> Branch {
        Branch {
            before: self.at,
            places: vec![place],
            open,
        }
    }
}
