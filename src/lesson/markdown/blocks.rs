//! Blocks of a lesson's source: paragraphs, lists, asides, tables, fences, and the lesson's own.

use super::super::document::Act;
use super::fence::{self, Info};
use super::inline::Runs;
use super::{Problem, line_of, object, text};
use crate::api::Value;
use pulldown_cmark::{
    BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd,
    TextMergeWithOffset,
};
use std::ops::Range;
use std::vec::IntoIter;

/// What a lesson is made of, in order.
pub(super) enum Item {
    /// A `##` heading.
    Step {
        /// Its words.
        title: String,
        /// Its line.
        line: usize,
    },
    /// Something to read.
    Block(Value),
    /// A set-up, a check or a solution.
    Own {
        /// The field of the step.
        key: &'static str,
        /// What it holds.
        values: Vec<Value>,
        /// Its line.
        line: usize,
    },
}

type Events<'a> = IntoIter<(Event<'a>, Range<usize>)>;

/// Reads the body of a lesson.
pub(super) struct Reader<'a> {
    body: &'a str,
    /// How many bytes of the source stand before the body.
    begin: usize,
    source: &'a str,
    /// The suffixes behind closing fences, by where they stand.
    suffixes: Vec<(usize, &'a str)>,
    pub(super) consoles: Vec<Range<usize>>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader of the body, which begins at a byte of the source.
    pub(super) fn new(body: &'a str, begin: usize, source: &'a str) -> Self {
        Self {
            body,
            begin,
            source,
            suffixes: Vec::new(),
            consoles: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// All items.
    pub(super) fn items(&mut self) -> Vec<Item> {
        // A suffix behind a closing fence would keep the fence open: spaces of the same length do not.
        let mut plain = String::with_capacity(self.body.len());
        for line in self.body.split_inclusive('\n') {
            let fence = line.trim_start();
            match (fence.starts_with("```"), line.find("```{{")) {
                (true, Some(at)) => {
                    let suffix = line.get(at + 3..).unwrap_or_default().trim_end();
                    let inner = suffix.trim_start_matches('{').trim_end_matches('}');
                    self.suffixes.push((plain.len() + at, inner));
                    plain.push_str(line.get(..at + 3).unwrap_or_default());
                    plain.push_str(&" ".repeat(suffix.len()));
                    plain.push('\n');
                }
                _ => plain.push_str(line),
            }
        }
        let options = Options::ENABLE_TABLES | Options::ENABLE_GFM | Options::ENABLE_STRIKETHROUGH;
        let parser = Parser::new_ext(&plain, options).into_offset_iter();
        let events: Vec<_> = TextMergeWithOffset::new(parser)
            .map(|(event, at)| (event.into_static(), at))
            .collect();
        self.until(&mut events.into_iter(), None)
    }

    fn problem(&mut self, at: usize, message: String) {
        self.problems.push(Problem {
            line: line_of(self.source, at + self.begin),
            message,
        });
    }

    /// The items up to the end of what is open.
    fn until(&mut self, events: &mut Events<'_>, end: Option<TagEnd>) -> Vec<Item> {
        let mut items = Vec::new();
        // Text of a tight list stands without a paragraph.
        let mut loose = Runs::default();
        while let Some((event, range)) = events.next() {
            if matches!(&event, Event::End(tag) if Some(*tag) == end) {
                break;
            }
            if loose.take(&event) {
                continue;
            }
            let runs = loose.finish();
            if !runs.is_empty() {
                items.push(Item::Block(object([("p", Value::List(runs))])));
            }
            if let Event::Start(tag) = event {
                self.block(tag, range, events, &mut items);
            }
        }
        if let Some(fault) = loose.fault.take() {
            self.problem(0, fault);
        }
        let runs = loose.finish();
        if !runs.is_empty() {
            items.push(Item::Block(object([("p", Value::List(runs))])));
        }
        items
    }

    fn block(
        &mut self,
        tag: Tag<'_>,
        range: Range<usize>,
        events: &mut Events<'_>,
        items: &mut Vec<Item>,
    ) {
        let line = line_of(self.source, range.start + self.begin);
        match tag {
            Tag::Heading { level, .. } => {
                let runs = self.runs(events, TagEnd::Heading(level), range.start);
                match level {
                    HeadingLevel::H1 => self.problem(
                        range.start,
                        "the title stands in the front matter: use ## for steps".to_owned(),
                    ),
                    HeadingLevel::H2 => items.push(Item::Step {
                        title: words(&runs),
                        line,
                    }),
                    _ => items.push(Item::Block(object([("heading", Value::List(runs))]))),
                }
            }
            Tag::Paragraph => {
                let end = TagEnd::Paragraph;
                if let Some(figure) = self.picture(events, range.start) {
                    items.push(Item::Block(figure));
                    return;
                }
                let runs = self.runs(events, end, range.start);
                items.push(Item::Block(object([("p", Value::List(runs))])));
            }
            Tag::List(first) => {
                let list = self.list(events, first.is_some());
                items.push(Item::Block(list));
            }
            Tag::BlockQuote(kind) => {
                let name = match kind {
                    None | Some(BlockQuoteKind::Note) => "note",
                    Some(BlockQuoteKind::Tip) => "tip",
                    Some(BlockQuoteKind::Important) => "book",
                    Some(BlockQuoteKind::Warning | BlockQuoteKind::Caution) => "warning",
                };
                let inside = self.until(events, Some(TagEnd::BlockQuote(kind)));
                let blocks = self.only_blocks(inside);
                items.push(aside(name, blocks));
            }
            Tag::CodeBlock(kind) => {
                let content = contents(events);
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code(&info, &content, range, items);
            }
            Tag::Table(_) => items.push(Item::Block(self.table(events, range.start))),
            Tag::HtmlBlock => {
                let html = html_of(events);
                self.details(&html, range.start, items);
            }
            _ => self.problem(
                range.start,
                "this kind of Markdown is not read in lessons".to_owned(),
            ),
        }
    }

    fn runs(&mut self, events: &mut Events<'_>, end: TagEnd, at: usize) -> Vec<Value> {
        let mut runs = Runs::default();
        for (event, _) in events.by_ref() {
            if matches!(&event, Event::End(tag) if *tag == end) {
                break;
            }
            if !runs.take(&event) {
                self.problem(
                    at,
                    "this kind of Markdown is not read in lessons".to_owned(),
                );
            }
        }
        if let Some(fault) = runs.fault.take() {
            self.problem(at, fault);
        }
        runs.finish()
    }

    /// A paragraph that is a picture alone.
    fn picture(&mut self, events: &mut Events<'_>, at: usize) -> Option<Value> {
        let (Event::Start(Tag::Image { dest_url, .. }), _) = events.as_slice().first()? else {
            return None;
        };
        let source = dest_url.to_string();
        events.next();
        let caption = words(&self.runs(events, TagEnd::Image, at));
        // The paragraph ends after its picture.
        events.next();
        Some(object([
            ("source", text(&source)),
            ("caption", text(&caption)),
        ]))
    }

    fn list(&mut self, events: &mut Events<'_>, numbered: bool) -> Value {
        let mut items = Vec::new();
        while let Some((event, _)) = events.next() {
            match event {
                Event::Start(Tag::Item) => {
                    let inside = self.until(events, Some(TagEnd::Item));
                    items.push(Value::List(self.only_blocks(inside)));
                }
                Event::End(TagEnd::List(_)) => break,
                _ => {}
            }
        }
        object([(if numbered { "ol" } else { "ul" }, Value::List(items))])
    }

    fn table(&mut self, events: &mut Events<'_>, at: usize) -> Value {
        let (mut rows, mut row) = (Vec::new(), Vec::new());
        while let Some((event, _)) = events.next() {
            match event {
                Event::Start(Tag::TableCell) => {
                    row.push(Value::List(self.runs(events, TagEnd::TableCell, at)));
                }
                Event::End(TagEnd::TableRow | TagEnd::TableHead) => {
                    rows.push(Value::List(std::mem::take(&mut row)));
                }
                Event::End(TagEnd::Table) => break,
                _ => {}
            }
        }
        object([("table", Value::List(rows))])
    }

    /// What stands inside a list or an aside; a step or a check cannot.
    fn only_blocks(&mut self, items: Vec<Item>) -> Vec<Value> {
        let mut blocks = Vec::new();
        for item in items {
            match item {
                Item::Block(value) => blocks.push(value),
                Item::Step { line, .. } | Item::Own { line, .. } => self.problems.push(Problem {
                    line,
                    message:
                        "steps, checks, set-ups and solutions stand outside of lists and quotes"
                            .to_owned(),
                }),
            }
        }
        blocks
    }

    /// Killercoda's hints: `<details><summary>Tip</summary>` … `</details>`; any other HTML is refused.
    fn details(&mut self, html: &str, at: usize, items: &mut Vec<Item>) {
        let mut rest = html.trim();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("<details>") {
                rest = after.trim_start();
            } else if let Some((summary, after)) = rest
                .strip_prefix("<summary>")
                .and_then(|r| r.split_once("</summary>"))
            {
                let name = if summary.trim().eq_ignore_ascii_case("solution") {
                    "solution"
                } else {
                    "tip"
                };
                items.push(aside(name, vec![Value::Null]));
                rest = after.trim_start();
            } else if let Some(after) = rest.strip_prefix("</details>") {
                close_details(items);
                rest = after.trim_start();
            } else {
                let first = rest.lines().next().unwrap_or_default();
                self.problem(
                    at,
                    format!("raw HTML ({first}) is not read: write Markdown"),
                );
                return;
            }
        }
    }

    fn code(&mut self, first: &str, content: &str, range: Range<usize>, items: &mut Vec<Item>) {
        let after = self
            .suffixes
            .iter()
            .find(|(at, _)| range.contains(at) || *at == range.end)
            .map(|(_, suffix)| *suffix);
        let line = line_of(self.source, range.start + self.begin);
        let info = match Info::read(first, after) {
            Ok(info) => info,
            Err(message) => return self.problem(range.start, message),
        };
        let deed = |key, value| Item::Own {
            key,
            values: vec![value],
            line,
        };
        if let (Some(role), Some(file)) = (info.role, &info.file) {
            items.push(deed(
                role,
                object([("file", text(file)), ("text", text(content))]),
            ));
            return;
        }
        match info.name.as_str() {
            "setup" => items.push(deed("setup", object([("type", text(content.trim_end()))]))),
            "solution" => items.push(deed(
                "solution",
                object([("type", text(content.trim_end()))]),
            )),
            "check" => match fence::check(content) {
                Ok(values) => items.push(Item::Own {
                    key: "checks",
                    values,
                    line,
                }),
                Err(message) => self.problem(range.start, format!("check: {message}")),
            },
            "quiz" => match fence::quiz(content) {
                Ok(value) => items.push(Item::Block(value)),
                Err(message) => self.problem(range.start, format!("quiz: {message}")),
            },
            "figure" => items.push(Item::Block(object([
                ("figure", text(content)),
                ("caption", text(&info.caption)),
            ]))),
            "console" => {
                let begin = self
                    .body
                    .get(range.clone())
                    .and_then(|block| block.find('\n'))
                    .unwrap_or_default()
                    + 1;
                let begin = range.start + begin;
                self.consoles.push(begin..begin + content.len());
                items.push(Item::Block(object([(
                    "console",
                    Value::List(fence::console(content)),
                )])));
            }
            _ => items.push(Item::Block(plain_code(&info, content))),
        }
    }
}

fn plain_code(info: &Info, content: &str) -> Value {
    let mut value = object([
        ("code", text(content.trim_end_matches('\n'))),
        ("language", text(&info.name)),
    ]);
    if let Value::Map(map) = &mut value {
        if let Some(file) = &info.file {
            map.insert("file".to_owned(), text(file));
        }
        match info.act {
            None | Some(Act::Copy) => {}
            Some(act) => drop(map.insert("act".to_owned(), text(act.suffix()))),
        }
    }
    value
}

fn aside(kind: &str, blocks: Vec<Value>) -> Item {
    Item::Block(object([
        ("aside", text(kind)),
        ("blocks", Value::List(blocks)),
    ]))
}

/// Moves what was read since the last opened hint into it.
fn close_details(items: &mut Vec<Item>) {
    let open = |item: &Item| matches!(item, Item::Block(value) if value.get("blocks").and_then(Value::as_list) == Some(&[Value::Null]));
    let Some(at) = items.iter().rposition(open) else {
        return;
    };
    let inside: Vec<Value> = items
        .split_off(at + 1)
        .into_iter()
        .filter_map(|item| match item {
            Item::Block(value) => Some(value),
            Item::Step { .. } | Item::Own { .. } => None,
        })
        .collect();
    if let Some(Item::Block(Value::Map(map))) = items.last_mut() {
        map.insert("blocks".to_owned(), Value::List(inside));
    }
}

/// The text of a code block.
fn contents(events: &mut Events<'_>) -> String {
    let mut all = String::new();
    for (event, _) in events.by_ref() {
        match event {
            Event::Text(words) => all.push_str(&words),
            Event::End(TagEnd::CodeBlock) => break,
            _ => {}
        }
    }
    all
}

/// The text of an HTML block, without comments.
fn html_of(events: &mut Events<'_>) -> String {
    let mut all = String::new();
    for (event, _) in events.by_ref() {
        match event {
            Event::Html(html) | Event::Text(html) => all.push_str(&html),
            Event::End(TagEnd::HtmlBlock) => break,
            _ => {}
        }
    }
    while let Some((before, after)) = all.split_once("<!--") {
        all = [before, after.split_once("-->").unwrap_or_default().1].concat();
    }
    all
}

/// Runs of text without their styles.
fn words(runs: &[Value]) -> String {
    let one = |value: &Value| match value {
        Value::Str(text) => text.clone(),
        Value::Map(map) => map
            .iter()
            .filter(|(key, _)| *key != "act" && *key != "to")
            .map(|(_, inner)| match inner {
                Value::Str(text) => text.clone(),
                Value::List(inner) => words(inner),
                _ => String::new(),
            })
            .collect(),
        _ => String::new(),
    };
    runs.iter().map(one).collect()
}
