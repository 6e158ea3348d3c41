//! Runs of text: emphasis, links, and code with what a click on it does.

use super::super::document::Act;
use super::{object, text};
use crate::api::Value;
use pulldown_cmark::{Event, Tag, TagEnd};

/// Gathers runs of text from Markdown's events.
#[derive(Default)]
pub(super) struct Runs {
    /// The open styles, each with what was read inside.
    open: Vec<(Option<&'static str>, String, Vec<Value>)>,
    done: Vec<Value>,
    /// What is wrong.
    pub(super) fault: Option<String>,
}

impl Runs {
    /// Takes an event; false if it is none of a run of text.
    pub(super) fn take(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Text(words) => self.words(words),
            Event::SoftBreak => self.words(" "),
            Event::HardBreak => self.words("\n"),
            Event::Code(code) => self.push(object([("c", text(code))])),
            Event::Start(Tag::Strong) => self.open.push((Some("b"), String::new(), Vec::new())),
            Event::Start(Tag::Emphasis) => self.open.push((Some("i"), String::new(), Vec::new())),
            Event::Start(Tag::Link { dest_url, .. }) => {
                self.open
                    .push((Some("a"), dest_url.to_string(), Vec::new()));
            }
            Event::End(TagEnd::Strong | TagEnd::Emphasis | TagEnd::Link) => self.close(),
            Event::InlineHtml(html) => {
                self.fault = Some(format!("raw HTML ({html}) is not read: write Markdown"));
            }
            _ => return false,
        }
        true
    }

    /// What was gathered.
    pub(super) fn finish(&mut self) -> Vec<Value> {
        while !self.open.is_empty() {
            self.close();
        }
        std::mem::take(&mut self.done)
    }

    fn close(&mut self) {
        let Some((Some(key), to, inside)) = self.open.pop() else {
            return;
        };
        let value = if key == "a" {
            object([("a", Value::List(inside)), ("to", Value::Str(to))])
        } else {
            object([(key, Value::List(inside))])
        };
        self.push(value);
    }

    fn here(&mut self) -> &mut Vec<Value> {
        match self.open.last_mut() {
            Some((_, _, inside)) => inside,
            None => &mut self.done,
        }
    }

    fn push(&mut self, value: Value) {
        self.here().push(value);
    }

    /// Adds text; a suffix at its beginning belongs to the code before it.
    fn words(&mut self, words: &str) {
        let mut words = words;
        let last = self.here().last_mut();
        if let (Some(Value::Map(code)), Some(inner)) = (last, words.strip_prefix("{{"))
            && let (true, Some((suffix, rest))) = (code.contains_key("c"), inner.split_once("}}"))
        {
            match Act::from_suffix(suffix) {
                Some(act) => drop(code.insert("act".to_owned(), text(act.suffix()))),
                None => self.fault = Some(unknown_suffix(suffix)),
            }
            words = rest;
        }
        if words.is_empty() {
            return;
        }
        match self.here().last_mut() {
            Some(Value::Str(before)) => before.push_str(words),
            _ => self.push(text(words)),
        }
    }
}

/// What is said of a suffix that nobody knows.
pub(super) fn unknown_suffix(suffix: &str) -> String {
    format!(
        "unknown suffix {{{{{suffix}}}}}: write {{{{exec}}}}, {{{{exec interrupt}}}}, {{{{copy}}}} or {{{{}}}}"
    )
}
