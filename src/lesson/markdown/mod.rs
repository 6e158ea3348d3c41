//! Markdown to compiled lessons: what `portside lesson build` does. Only natively: the page reads what comes out.
//!
//! A lesson is YAML front matter and Markdown: what stands before the first `##` is its introduction, each `##` a step, and
//! `## Finish` the last page. Fenced blocks named `setup`, `check`, `solution`, `quiz` and `figure` are the lesson's own;
//! Killercoda's suffixes on code (`{{exec}}`, `{{exec interrupt}}`, `{{copy}}`, `{{}}`, `{{execute}}`) say what a click does.

mod blocks;
mod fence;
mod front;
mod inline;

use crate::api::{Map, Value};
use blocks::{Item, Reader};
pub use front::schema as front_matter_schema;
use std::ops::Range;

/// Something wrong with a lesson's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// A compiled lesson.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What [`super::Lesson::from_value`] reads.
    pub value: Value,
    /// Where the content of each console block stands in the source, in the order of the blocks.
    pub consoles: Vec<Range<usize>>,
    /// Where each step begins, by line.
    pub lines: Vec<usize>,
}

/// Compiles a lesson's source.
pub fn compile(source: &str) -> Result<Compiled, Vec<Problem>> {
    let mut problems = Vec::new();
    let (front, begin) = front::split(source, &mut problems);
    let mut lesson = front::fields(&front, &mut problems);
    let body = source.get(begin..).unwrap_or_default();
    let mut reader = Reader::new(body, begin, source);
    let items = reader.items();
    let mut consoles = std::mem::take(&mut reader.consoles);
    problems.append(&mut reader.problems);
    let (pages, lines) = pages(items, &mut problems);
    for (key, value) in pages {
        lesson.insert(key, value);
    }
    consoles
        .iter_mut()
        .for_each(|range| *range = range.start + begin..range.end + begin);
    let value = Value::Map(lesson);
    if problems.is_empty()
        && let Err(message) = super::Lesson::from_value(&value)
    {
        problems.push(Problem { line: 1, message });
    }
    if problems.is_empty() {
        Ok(Compiled {
            value,
            consoles,
            lines,
        })
    } else {
        Err(problems)
    }
}

/// Divides what was read into the introduction, the steps and the finish page.
fn pages(items: Vec<Item>, problems: &mut Vec<Problem>) -> (Vec<(String, Value)>, Vec<usize>) {
    let mut intro = Vec::new();
    let mut finish: Option<Vec<Value>> = None;
    let mut steps: Vec<Map> = Vec::new();
    let mut lines = Vec::new();
    for item in items {
        match item {
            Item::Step { title, line } => {
                if title == "Finish" {
                    finish = Some(Vec::new());
                    continue;
                }
                if finish.is_some() {
                    problems.push(Problem {
                        line,
                        message: "`## Finish` is the last heading".to_owned(),
                    });
                }
                steps.push(Map::from([("title".to_owned(), Value::Str(title))]));
                lines.push(line);
            }
            Item::Block(value) => match (&mut finish, steps.last_mut()) {
                (Some(finish), _) => finish.push(value),
                (None, Some(step)) => push(step, "blocks", value),
                (None, None) => intro.push(value),
            },
            Item::Own { key, values, line } => match (&finish, steps.last_mut()) {
                (None, Some(step)) => values.into_iter().for_each(|value| push(step, key, value)),
                _ => problems.push(Problem {
                    line,
                    message: format!("a `{key}` block belongs into a step: below a `##` heading"),
                }),
            },
        }
    }
    if steps.is_empty() {
        problems.push(Problem {
            line: 1,
            message: "a lesson has at least one step: a `##` heading".to_owned(),
        });
    }
    let steps = steps.into_iter().map(Value::Map).collect();
    let pages = vec![
        ("intro".to_owned(), Value::List(intro)),
        ("steps".to_owned(), Value::List(steps)),
        ("finish".to_owned(), Value::List(finish.unwrap_or_default())),
    ];
    (pages, lines)
}

fn push(map: &mut Map, key: &str, value: Value) {
    match map.get_mut(key) {
        Some(Value::List(list)) => list.push(value),
        _ => drop(map.insert(key.to_owned(), Value::List(vec![value]))),
    }
}

/// The line, from 1, in which a byte stands.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    1 + text.get(..at).unwrap_or(text).matches('\n').count()
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(
        fields
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}
