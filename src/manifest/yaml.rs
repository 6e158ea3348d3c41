//! YAML and JSON text to nodes with spans: the one file that names the YAML crates.
//!
//! `serde_yaml` is the gate: it refuses what kubectl's parser (a libyaml port, as is its own) refuses, in the same words.
//! `saphyr-parser` then walks the same text for positions and scalar styles. What scalars mean is `scalar.rs`'s.

use super::clean::clean;
use super::json::{Json, first_value};
use super::node::{Limits, Node, NodeValue, Span, Style, SyntaxError};
use super::scalar::{not_finite, resolve};
use super::stream::{Chunk, split};
use crate::api::Value;
use crate::kernel::BTreeMap;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use serde::Deserialize;

/// What the text of a file holds.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// The documents that are not empty, in order, up to the first that is no YAML.
    pub(super) nodes: Vec<Node>,
    /// Why reading stopped, if it did.
    pub(super) error: Option<SyntaxError>,
}

/// Reads all documents of a text, and at most one more than the limit.
pub(super) fn read(text: &str, limits: &Limits) -> Documents {
    read_from(text, 0, 1, limits)
}

/// Reads the end of a text, which begins at a byte and a line of it.
pub(super) fn read_from(text: &str, start: usize, line: u32, limits: &Limits) -> Documents {
    let mut documents = Documents::default();
    for mut chunk in split(text) {
        chunk.start += start;
        chunk.line += line - 1;
        match read_chunk(&chunk, limits) {
            Ok(node) => documents.nodes.extend(node),
            Err(error) => {
                documents.error = Some(error);
                break;
            }
        }
        if let Some(words) = chunk.bad_end {
            let at = chunk.start + chunk.text.len();
            let line = chunk.line + chunk.text.bytes().filter(|b| *b == b'\n').count() as u32;
            documents.error = Some(SyntaxError {
                message: format!("invalid Yaml document separator: {words}"),
                span: Span {
                    start: at,
                    end: at + 3,
                    line,
                    column: 1,
                },
            });
            break;
        }
        if documents.nodes.len() > limits.documents {
            break;
        }
    }
    documents
}

/// Reads one document: none if it is empty.
pub(super) fn read_chunk(chunk: &Chunk<'_>, limits: &Limits) -> Result<Option<Node>, SyntaxError> {
    if chunk.text.trim().is_empty() {
        return Ok(None);
    }
    let cleaned = clean(chunk.text);
    // The gate goes second: its cost grows with the square of how deep collections nest, which is bounded here.
    let built = build(&cleaned, chunk, limits);
    let too_deep = match &built {
        Ok(_) => false,
        Err(error) => error.message.ends_with(TOO_DEEP) || depth(&cleaned) > MOST_OPEN,
    };
    let result = if too_deep || built.is_ok() && is_json_alone(chunk.text) {
        built
    } else {
        gate(&cleaned, chunk).and(built)
    };
    let Err(error) = result else { return result };
    // What begins with a brace was read as JSON first; if YAML fails too, JSON's words stand.
    match chunk
        .text
        .trim_start()
        .starts_with('{')
        .then(|| first_value(chunk.text))
    {
        Some(Json::Bad(at, message)) => {
            let span = Places::new(chunk).span_at(at);
            Err(SyntaxError { message, span })
        }
        Some(Json::Value(_)) | None => Err(error),
    }
}

/// Whether libyaml is never asked about a text, though it would refuse a character of it: JSON forbids fewer.
fn is_json_alone(text: &str) -> bool {
    text.contains(|c| matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'))
        && text.trim_start().starts_with('{')
        && matches!(first_value(text), Json::Value(end) if text.get(end..).is_some_and(|rest| rest.trim().is_empty()))
}

/// How many brackets may be open in text that is no YAML before libyaml is not asked what is wrong with it.
const MOST_OPEN: usize = 2_000;

const TOO_DEEP: &str = "yaml: exceeded max depth";

/// How many brackets are open at most, quotes or not.
fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0usize, 0);
    for b in text.bytes() {
        match b {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// kubectl's words for what is no YAML.
fn words(what: &str) -> String {
    format!("error converting YAML to JSON: {what}")
}

/// Refuses what libyaml refuses, with the line that kubectl names.
fn gate(text: &str, chunk: &Chunk<'_>) -> Result<(), SyntaxError> {
    let Some(document) = serde_yaml::Deserializer::from_str(text).next() else {
        return Ok(());
    };
    let Err(error) = serde::de::IgnoredAny::deserialize(document) else {
        return Ok(());
    };
    // What libyaml knows of the error only its debug form tells.
    let known = format!("{error:?}");
    let between = |from: &str, to: &str| {
        let rest = known.split_once(from)?.1;
        Some(rest.split_once(to)?.0)
    };
    let mark = |name: &str| -> u64 {
        let line = between(&format!(" {name}: Mark {{ line: "), ",");
        line.and_then(|line| line.parse::<u64>().ok())
            .map_or(0, |line| line.saturating_sub(1))
    };
    let at = error.location().map_or(0, |location| location.index());
    let at = (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let Some(problem) = between("problem: \"", "\"") else {
        let full = error.to_string();
        let name = |rest: &str| -> String {
            let word = |c: &char| c.is_alphanumeric() || "-_".contains(*c);
            rest.chars().skip(1).take_while(word).collect()
        };
        let what = if full.starts_with("unknown anchor") {
            let rest = text.get(at..).unwrap_or_default();
            format!("yaml: unknown anchor '{}' referenced", name(rest))
        } else if full.starts_with("recursion limit") {
            TOO_DEEP.to_owned()
        } else {
            format!("yaml: {full}")
        };
        return Err(Places::new(chunk).error(text, at, &what));
    };
    // go-yaml counts lines from 0, adds one only to what its scanner reports, and hides line 0.
    let scanned = between("kind: ", ",") == Some("SCANNER");
    let line = match (mark("problem_mark"), mark("context_mark")) {
        (0, context) => context,
        (line, _) if scanned => line + 1,
        (line, _) => line,
    };
    let line = if line == 0 {
        String::new()
    } else {
        format!("line {line}: ")
    };
    Err(Places::new(chunk).error(text, at, &format!("yaml: {line}{problem}")))
}

fn build(text: &str, chunk: &Chunk<'_>, limits: &Limits) -> Result<Option<Node>, SyntaxError> {
    let mut builder = Builder {
        places: Places::new(chunk),
        open: Vec::new(),
        anchors: BTreeMap::new(),
        counts: Counts::default(),
        depth: limits.depth,
        root: None,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        match next {
            // kubectl does not read what follows the end of a document.
            Ok((Event::DocumentEnd, _)) => break,
            Ok((event, span)) => builder.event(event, &span.start, &span.end)?,
            Err(error) => {
                let at = builder.places.byte(error.marker().index());
                let line = error.marker().line();
                let message = words(&format!("yaml: line {line}: {}", error.info()));
                let span = builder.places.span_at(at);
                return Err(SyntaxError { message, span });
            }
        }
    }
    let empty = |node: &Node| matches!(node.value, NodeValue::Scalar(Value::Null));
    Ok(builder.root.filter(|node| !empty(node)))
}

/// Where characters of a document stand in the whole text.
struct Places<'a> {
    chunk: &'a Chunk<'a>,
    /// Byte offsets of characters, when the text is not plain ASCII.
    bytes: Option<Vec<usize>>,
}

impl<'a> Places<'a> {
    fn new(chunk: &'a Chunk<'a>) -> Self {
        let table = || {
            let starts = chunk.text.char_indices().map(|(at, _)| at);
            starts.chain([chunk.text.len()]).collect()
        };
        Self {
            chunk,
            bytes: (!chunk.text.is_ascii()).then(table),
        }
    }

    /// The byte of a character, counted in the document.
    fn byte(&self, index: usize) -> usize {
        let end = self.chunk.text.len();
        match &self.bytes {
            None => index.min(end),
            Some(bytes) => bytes.get(index).copied().unwrap_or(end),
        }
    }

    fn span(&self, start: &Marker, end: &Marker) -> Span {
        let first = self.byte(start.index());
        Span {
            start: self.chunk.start + first,
            end: self.chunk.start + self.byte(end.index()).max(first),
            line: self.chunk.line + (start.line() as u32).saturating_sub(1),
            column: start.col() as u32 + 1,
        }
    }

    /// An empty span at a byte of the document; counts lines, so it is for errors only.
    fn span_at(&self, at: usize) -> Span {
        let before = self.chunk.text.get(..at).unwrap_or(self.chunk.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Span {
            start: self.chunk.start + before.len(),
            end: self.chunk.start + before.len(),
            line: self.chunk.line + before.bytes().filter(|b| *b == b'\n').count() as u32,
            column: line.chars().count() as u32 + 1,
        }
    }

    /// An error at a byte of the cleaned text.
    fn error(&self, cleaned: &str, at: usize, what: &str) -> SyntaxError {
        let index = cleaned.get(..at).map_or(0, |before| before.chars().count());
        SyntaxError {
            message: words(what),
            span: self.span_at(self.byte(index)),
        }
    }
}

/// How many nodes a document has; go-yaml refuses it when too large a share of many comes out of aliases.
#[derive(Default)]
struct Counts {
    all: usize,
    aliased: usize,
}

impl Counts {
    fn is_excessive(&self) -> bool {
        // 99 % up to 400,000 nodes, 10 % from 4,000,000 on, a straight line between.
        let share = match self.all {
            0..=400_000 => 99,
            400_001..4_000_000 => 99 - 89 * (self.all - 400_000) / 3_600_000,
            4_000_000.. => 10,
        };
        self.aliased > 100 && self.all > 1000 && self.aliased * 100 > self.all * share
    }
}

/// A collection under construction.
enum Open {
    List(Vec<Node>),
    Map(Vec<(Node, Node)>, Option<Node>),
}

struct Builder<'a> {
    places: Places<'a>,
    /// The open collections, each with where it begins and its anchor.
    open: Vec<(Open, Span, usize)>,
    /// What anchors stand for, and how deep that is.
    anchors: BTreeMap<usize, (Node, usize)>,
    counts: Counts,
    depth: usize,
    root: Option<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, start: &Marker, end: &Marker) -> Result<(), SyntaxError> {
        let span = self.places.span(start, end);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = scalar(&text, style, tag.as_deref(), span)
                    .map_err(|what| refused(span, &what))?;
                self.finish(node, anchor)
            }
            Event::SequenceStart(anchor, _) => self.start(Open::List(Vec::new()), span, anchor),
            Event::MappingStart(anchor, _) => self.start(Open::Map(Vec::new(), None), span, anchor),
            Event::SequenceEnd | Event::MappingEnd => self.close(span.end),
            Event::Alias(anchor) => {
                let Some((node, height)) = self.anchors.get(&anchor) else {
                    return Err(refused(span, "yaml: anchor contains itself"));
                };
                if self.open.len() + height > self.depth {
                    return Err(refused(span, TOO_DEEP));
                }
                let count = node.count();
                self.counts.all += count;
                self.counts.aliased += count;
                if self.counts.is_excessive() {
                    return Err(refused(span, "yaml: document contains excessive aliasing"));
                }
                let mut node = node.clone();
                node.span = span;
                self.finish(node, 0)
            }
            Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::StreamStart
            | Event::StreamEnd
            | Event::Nothing => Ok(()),
        }
    }

    fn start(&mut self, open: Open, span: Span, anchor: usize) -> Result<(), SyntaxError> {
        if self.open.len() >= self.depth {
            return Err(refused(span, TOO_DEEP));
        }
        self.open.push((open, span, anchor));
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), SyntaxError> {
        let Some((open, span, anchor)) = self.open.pop() else {
            return Ok(());
        };
        let value = match open {
            Open::List(items) => NodeValue::List(items),
            Open::Map(entries, _) => NodeValue::Map(entries),
        };
        // A block ends where the next thing begins; what it holds ends earlier.
        let base = self.places.chunk.start;
        let inside = self.places.chunk.text.get(..end - base.min(end));
        let span = Span {
            end: inside
                .map_or(end, |text| base + text.trim_end().len())
                .max(span.start),
            ..span
        };
        self.finish(Node::new(value, span), anchor)
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), SyntaxError> {
        self.counts.all += 1;
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), node.height()));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some((Open::List(items), ..)) => items.push(node),
            Some((Open::Map(entries, key), ..)) => match key.take() {
                None => {
                    if let Some(what) = bad_key(&node) {
                        return Err(refused(node.span, &what));
                    }
                    *key = Some(node);
                }
                Some(key) => {
                    if key.is_merge() && !can_merge(&node) {
                        let what = "yaml: map merge requires map or sequence of maps as the value";
                        return Err(refused(node.span, what));
                    }
                    entries.push((key, node));
                }
            },
        }
        Ok(())
    }
}

fn refused(span: Span, what: &str) -> SyntaxError {
    SyntaxError {
        message: words(what),
        span,
    }
}

fn can_merge(value: &Node) -> bool {
    match &value.value {
        NodeValue::Map(_) => true,
        NodeValue::List(items) => items
            .iter()
            .all(|item| matches!(item.value, NodeValue::Map(_))),
        NodeValue::Scalar(_) => false,
    }
}

/// Why a node can be no key, in Go's words: `{{ .Values.name }}` is a mapping whose key is a mapping.
fn bad_key(key: &Node) -> Option<String> {
    match &key.value {
        NodeValue::Scalar(Value::Null) => {
            Some("unsupported map key of type: %!s(<nil>), key: <nil>".to_owned())
        }
        NodeValue::Scalar(_) => None,
        NodeValue::List(_) | NodeValue::Map(_) => Some(format!(
            "yaml: invalid map key: {}",
            go_syntax(&key.to_value())
        )),
    }
}

/// A value as Go's `%#v` writes it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Str(text) => format!("{text:?}"),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => value.to_json(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Map(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{key:?}:{}", go_syntax(value));
            let entries: Vec<String> = map.iter().map(entry).collect();
            format!(
                "map[interface {{}}]interface {{}}{{{}}}",
                entries.join(", ")
            )
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Node, String> {
    // What a tag does not make text is read as if it stood without quotes.
    let core = tag.filter(|tag| tag.is_yaml_core_schema());
    let plain = match core.map(|tag| tag.suffix.as_str()) {
        Some("int" | "float" | "bool" | "null") => true,
        Some(_) => false,
        None => style == ScalarStyle::Plain && tag.is_none(),
    };
    if let Some(name) = not_finite(text).filter(|_| plain) {
        return Err(format!("json: unsupported value: {name}"));
    }
    let value = if plain {
        resolve(text)
    } else {
        Value::Str(text.to_owned())
    };
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    };
    Ok(Node::scalar(value, text, style, span))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let error = read(text, &Limits::PASTED).error;
        error.map(|e| e.message).unwrap_or_default()
    }

    /// Each text with what kubectl printed for it.
    #[test]
    fn syntax_errors_come_in_kubectls_words() {
        let yaml = [
            (
                "\ta: 1\n",
                "yaml: found character that cannot start any token",
            ),
            (
                "a:\n\tb: 1\n",
                "yaml: line 2: found character that cannot start any token",
            ),
            (
                "a: 1\n b: 2\n",
                "yaml: line 2: mapping values are not allowed in this context",
            ),
            (
                "a: - b\n",
                "yaml: block sequence entries are not allowed in this context",
            ),
            (
                "a: 1\nb:\n  c: d\n  - e\n",
                "yaml: line 3: did not find expected key",
            ),
            ("a: 1\nb: *x\n", "yaml: unknown anchor 'x' referenced"),
            (
                "a: 1\n---\na: 1\nb: c: d\n",
                "yaml: line 2: mapping values are not allowed in this context",
            ),
            (
                "a: \"b\nc: d\n",
                "yaml: line 3: found unexpected end of stream",
            ),
            ("a: \u{1}\n", "yaml: control characters are not allowed"),
            (
                "a:\n  <<: 5\n",
                "yaml: map merge requires map or sequence of maps as the value",
            ),
            ("a: .inf\n", "json: unsupported value: +Inf"),
            (
                "a: {{ .Values.name }}\n",
                "yaml: invalid map key: map[interface {}]interface {}{\".Values.name\":interface {}(nil)}",
            ),
            (
                "a: {{ include \"x\" . }}\n",
                "yaml: invalid map key: map[interface {}]interface {}{\"include \\\"x\\\" .\":interface {}(nil)}",
            ),
        ];
        for (text, words) in yaml {
            assert_eq!(
                error(text),
                format!("error converting YAML to JSON: {words}"),
                "{text}"
            );
        }
        assert_eq!(
            error("{{- if .Values.x }}\na: b\n"),
            "json: offset 2: invalid character '{' looking for beginning of object key string"
        );
        assert_eq!(error("a: 1\n--- b\n"), "invalid Yaml document separator: b");
    }

    #[test]
    fn spans_point_into_the_readers_text() {
        let text = "\u{feff}a: \u{e9}\n---\nspec:\n\u{a0} ports:\n\u{a0} - port: 80\r\n";
        let nodes = read(text, &Limits::PASTED).nodes;
        let port = nodes.get(1).and_then(|node| node.at("spec.ports[0].port"));
        let span = port.map(|n| n.span).unwrap_or_default();
        assert_eq!((span.line, span.column), (5, 11));
        assert_eq!(text.get(span.start..span.end), Some("80"));
    }

    #[test]
    fn documents_before_a_broken_one_are_read() {
        let read = read("a: 1\n---\nb: c: d\n---\ne: 1\n", &Limits::PASTED);
        assert_eq!(read.nodes.len(), 1);
        assert_eq!(read.error.map(|e| e.span.line), Some(3));
    }

    #[test]
    fn aliases_are_bounded_in_number_and_depth() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        let mut deep = "a0: &a0 [x]\n".to_owned();
        for i in 1..9 {
            let many = vec![format!("*a{}", i - 1); 10].join(", ");
            bomb.push_str(&format!("a{i}: &a{i} [{many}]\n"));
        }
        for i in 1..200 {
            deep.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
        }
        assert!(
            error(&bomb).ends_with("excessive aliasing"),
            "{}",
            error(&bomb)
        );
        assert!(error(&deep).ends_with("exceeded max depth"));
    }

    #[test]
    fn brackets_without_end_are_refused_at_once() {
        for text in [
            "[".repeat(1 << 18),
            "{".repeat(1 << 18),
            "- ".repeat(1 << 18),
        ] {
            assert!(!error(&text).is_empty());
        }
    }
}
