//! kubectl's dialect of `JSONPath`: fields, indexes, slices, filters, `..`, `{range}`, `{"\t"}`; what client-go's
//! `util/jsonpath` finds in a value, and its words where a path leads nowhere.

mod parse;

use crate::api::Value;
use parse::{Bound, Node};
use std::cmp::Ordering;

pub(super) use parse::unquoted;

/// A template that has been read.
#[derive(Debug)]
pub(super) struct Path {
    nodes: Vec<Node>,
    /// Whether a field that is not there is no mistake.
    lenient: bool,
}

/// What stands where one node was: the values that it found.
type Found<'a> = Vec<&'a Value>;

/// How far a walk has come with its ranges.
#[derive(Default)]
struct Ranges {
    begun: bool,
    inside: usize,
    /// Whether the last node was the `end` of a range.
    ended: bool,
}

impl Path {
    /// Reads a template; the error is that of the parser.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let nodes = parse::parse(text)?;
        Ok(Self {
            nodes,
            lenient: true,
        })
    }

    /// Reads the path of a column or of `--sort-by`, whose braces, `$` and first dot are optional.
    pub(super) fn relaxed(text: &str) -> Result<Self, String> {
        Self::parse(&relaxed(text)?)
    }

    /// All that the nodes find in a value, node by node.
    pub(super) fn find<'a>(&'a self, root: &'a Value) -> Result<Vec<Found<'a>>, String> {
        let mut found = Vec::new();
        let mut ranges = Ranges::default();
        self.walk(&self.nodes, Some(root), &mut ranges, &mut found)?;
        Ok(found)
    }

    /// The first value.
    pub(super) fn first<'a>(&'a self, root: &'a Value) -> Result<Option<&'a Value>, String> {
        Ok(self.find(root)?.first().and_then(|f| f.first().copied()))
    }

    /// All values as text, joined with commas; empty if there are none.
    pub(super) fn plain(&self, root: &Value) -> Result<String, String> {
        let found = self.find(root)?;
        let all: Vec<String> = found.iter().flatten().map(|value| go_text(value)).collect();
        Ok(all.join(","))
    }

    /// Walks nodes up to the end or the `end` of the range that they stand in, whose place it returns.
    fn walk<'a>(
        &'a self,
        nodes: &'a [Node],
        root: Option<&'a Value>,
        ranges: &mut Ranges,
        out: &mut Vec<Found<'a>>,
    ) -> Result<Option<usize>, String> {
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            let values = self.node(root.into_iter().collect(), node, ranges)?;
            if std::mem::take(&mut ranges.ended) {
                return Ok(Some(at));
            }
            if !std::mem::take(&mut ranges.begun) {
                out.push(values);
                at += 1;
                continue;
            }
            let inside = nodes.get(at + 1..).unwrap_or_default();
            ranges.inside += 1;
            let mut end = None;
            for value in &values {
                end = self.walk(inside, Some(value), ranges, out)?;
            }
            if values.is_empty() {
                // What is inside is still read, to find where it ends.
                end = self.walk(inside, None, ranges, &mut Vec::new())?;
            }
            ranges.inside -= 1;
            // A range without an end: what follows it is read once more, outside of it.
            at += end.map_or(1, |end| end + 2);
        }
        Ok(None)
    }

    fn list<'a>(
        &'a self,
        mut values: Found<'a>,
        nodes: &'a [Node],
        ranges: &mut Ranges,
    ) -> Result<Found<'a>, String> {
        for node in nodes {
            values = self.node(values, node, ranges)?;
        }
        Ok(values)
    }

    fn node<'a>(
        &'a self,
        values: Found<'a>,
        node: &'a Node,
        ranges: &mut Ranges,
    ) -> Result<Found<'a>, String> {
        match node {
            Node::List(nodes) => self.list(values, nodes, ranges),
            Node::Text(text) => Ok(vec![text]),
            Node::Literal(value) => Ok(values.iter().map(|_| value).collect()),
            Node::Field(name) => {
                let found: Found<'_> = values.iter().filter_map(|value| value.get(name)).collect();
                if found.is_empty() && !values.is_empty() && !self.lenient {
                    return Err(format!("{name} is not found"));
                }
                Ok(found)
            }
            Node::Array(bounds) => slices(&values, *bounds),
            Node::Filter(left, operator, right) => {
                let mut found = Vec::new();
                for value in values {
                    let Value::List(items) = value else {
                        return Err(format!(
                            "{} is not array or slice and cannot be filtered",
                            go_text(value)
                        ));
                    };
                    for item in items {
                        if self.holds(item, (left, operator, right), ranges)? {
                            found.push(item);
                        }
                    }
                }
                Ok(found)
            }
            Node::Wildcard => Ok(values.into_iter().flat_map(children).collect()),
            Node::Recursive => {
                let mut found = Vec::new();
                values
                    .into_iter()
                    .for_each(|value| below(value, &mut found));
                Ok(found)
            }
            Node::Union(parts) => {
                let mut found = Vec::new();
                for part in parts {
                    found.extend(self.list(values.clone(), part, ranges)?);
                }
                Ok(found)
            }
            Node::Identifier(word) => match word.as_str() {
                "range" => {
                    ranges.begun = true;
                    Ok(values)
                }
                "end" if ranges.inside > 0 => {
                    ranges.ended = true;
                    Ok(Vec::new())
                }
                "end" => Err("not in range, nothing to end".to_owned()),
                word => Err(format!("unrecognized identifier {word}")),
            },
        }
    }

    /// Whether a filter holds for an item.
    fn holds<'a>(
        &'a self,
        item: &'a Value,
        (left, operator, right): (&'a [Node], &str, &'a [Node]),
        ranges: &mut Ranges,
    ) -> Result<bool, String> {
        let lefts = self.list(vec![item], left, ranges);
        if operator.is_empty() {
            return Ok(lefts.is_ok_and(|found| !found.is_empty()));
        }
        let rights = |ranges: &mut Ranges| self.list(vec![item], right, ranges);
        let (one, other) = match lefts?.as_slice() {
            [] => return Ok(false),
            [one] => match rights(ranges)?.as_slice() {
                [] => return Ok(false),
                [other] => (*one, *other),
                _ => return Err("can only compare one element at a time".to_owned()),
            },
            _ => return Err("can only compare one element at a time".to_owned()),
        };
        if !["<", ">", "==", "!=", "<=", ">="].contains(&operator) {
            return Err(format!("unrecognized filter operator {operator}"));
        }
        let order = compare(one, other)?;
        if order.is_none() && !matches!(operator, "==" | "!=") {
            return Err("invalid type for comparison".to_owned());
        }
        Ok(match operator {
            "==" => order == Some(Ordering::Equal),
            "!=" => order != Some(Ordering::Equal),
            "<" => order.is_some_and(Ordering::is_lt),
            ">" => order.is_some_and(Ordering::is_gt),
            "<=" => order.is_some_and(Ordering::is_le),
            _ => order.is_some_and(Ordering::is_ge),
        })
    }
}

/// How two values compare as Go's templates compare them; nothing for truth values that differ.
pub(super) fn compare(one: &Value, other: &Value) -> Result<Option<Ordering>, String> {
    match (one, other) {
        (Value::Null | Value::List(_) | Value::Map(_), _)
        | (_, Value::Null | Value::List(_) | Value::Map(_)) => {
            Err("invalid type for comparison".to_owned())
        }
        (Value::Bool(a), Value::Bool(b)) => Ok((a == b).then_some(Ordering::Equal)),
        (Value::Int(a), Value::Int(b)) => Ok(Some(a.cmp(b))),
        (Value::Str(a), Value::Str(b)) => Ok(Some(a.cmp(b))),
        (Value::Float(a), Value::Float(b)) => Ok(Some(natural_float(a, b))),
        _ => Err("incompatible types for comparison".to_owned()),
    }
}

/// Numbers with a point, as they are written: whole parts first, then what follows the point.
fn natural_float(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let negative = whole.starts_with('-');
        let micros: i64 = format!("{part:0<6}")
            .get(..6)
            .and_then(|p| p.parse().ok())
            .unwrap_or(0);
        let whole = whole.parse::<i64>().unwrap_or(0).saturating_mul(1_000_000);
        if negative {
            whole - micros
        } else {
            whole + micros
        }
    };
    parts(a).cmp(&parts(b))
}

/// The name of a value's type in Go.
pub(super) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Float(_) => "float64",
        Value::Str(_) => "string",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    }
}

/// Indexes and slices.
fn slices<'a>(values: &[&'a Value], [from, to, step]: [Bound; 3]) -> Result<Found<'a>, String> {
    let mut found = Vec::new();
    for value in values {
        if **value == Value::Null {
            continue;
        }
        let items = value
            .as_list()
            .ok_or_else(|| format!("{} is not array or slice", go_type(value)))?;
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let start = if from.known && from.value < 0 {
            from.value + length
        } else {
            from.value
        };
        let end = match to {
            Bound { known: false, .. } => length,
            to if to.value < 0 || to.value == 0 && to.derived => to.value + length,
            to => to.value,
        };
        if start == end {
            continue;
        }
        let outside =
            |index: i64| format!("array index out of bounds: index {index}, length {length}");
        if start >= length || start < 0 {
            return Err(outside(start));
        }
        if end > length || end < 0 {
            return Err(outside(end - 1));
        }
        if start > end {
            return Err(format!(
                "starting index {start} is greater than ending index {end}"
            ));
        }
        if step.known && step.value <= 0 {
            return Err("step must be > 0".to_owned());
        }
        let index = |n: i64| usize::try_from(n).unwrap_or(0);
        let step = if step.known { index(step.value) } else { 1 };
        let slice = items.get(index(start)..index(end)).unwrap_or_default();
        found.extend(slice.iter().step_by(step));
    }
    Ok(found)
}

fn children(value: &Value) -> Found<'_> {
    match value {
        Value::List(items) => items.iter().collect(),
        Value::Map(map) => map.values().collect(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            Vec::new()
        }
    }
}

/// A value that has something in it, and all such values below it.
fn below<'a>(value: &'a Value, found: &mut Found<'a>) {
    let inside = children(value);
    if !inside.is_empty() {
        found.push(value);
        inside.into_iter().for_each(|child| below(child, found));
    }
}

/// All values at a path as text, joined with commas; empty if there are none or the path is none.
pub(super) fn plain(root: &Value, path: &str) -> String {
    let found = Path::relaxed(path).and_then(|path| path.plain(root));
    found.unwrap_or_default()
}

/// The template of a path that stands alone: its braces and its first dot are optional.
fn relaxed(path: &str) -> Result<String, String> {
    let body = match (path.strip_prefix('{'), path.strip_suffix('}')) {
        (Some(_), Some(_)) => path.get(1..path.len() - 1).unwrap_or_default(),
        _ => path,
    };
    let body = body.strip_prefix('.').unwrap_or(body);
    if path.is_empty() {
        return Ok(String::new());
    }
    if body.is_empty() || body.contains(['{', '}']) {
        return Err(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
                .to_owned(),
        );
    }
    Ok(format!("{{.{body}}}"))
}

/// The template of `--sort-by` as errors name it.
pub(super) fn sort_field(path: &str) -> Result<String, String> {
    relaxed(path)
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => {
            value.to_json()
        }
    }
}

/// Fills a template: text, `{.path}`, `{"\t"}`, `{range .path}…{end}`; with `indented` what each node finds is a list
/// in JSON.
pub(super) fn fill(
    root: &Value,
    template: &str,
    lenient: bool,
    indented: Option<fn(&Value) -> String>,
) -> Result<String, String> {
    let path = Path::parse(template).map(|path| Path { lenient, ..path });
    let path = path.map_err(|why| format!("error parsing jsonpath {template}, {why}"))?;
    let found = path.find(root).map_err(|why| {
        format!(
            "error executing jsonpath {}: Error executing template: {why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{template}\n\tobject given to jsonpath engine was:\n\t\t{}\n\n",
            quoted(template),
            go_syntax(root)
        )
    })?;
    let mut out = String::new();
    for values in found {
        if let Some(indented) = indented {
            out.push_str(&indented(&Value::List(
                values.into_iter().cloned().collect(),
            )));
            continue;
        }
        let texts = values.into_iter().map(|value| match value {
            Value::Null => "<nil>".to_owned(),
            value => text(value),
        });
        out.push_str(&texts.collect::<Vec<_>>().join(" "));
    }
    Ok(out)
}

/// Text as Go's `%q` prints it.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// A value as Go's `%#v` prints it.
fn go_syntax(value: &Value) -> String {
    let joined = |all: Vec<String>| all.join(", ");
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Str(text) => quoted(text),
        Value::List(items) => format!(
            "[]interface {{}}{{{}}}",
            joined(items.iter().map(go_syntax).collect())
        ),
        Value::Map(map) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}:{}", quoted(key), go_syntax(value));
            format!(
                "map[string]interface {{}}{{{}}}",
                joined(map.iter().map(entry).collect())
            )
        }
        other => other.to_json(),
    }
}

/// A value as Go's `%v` prints it: `map[a:b]`, `[1 2]`.
pub(super) fn go_text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::List(items) => {
            let all: Vec<String> = items.iter().map(go_text).collect();
            format!("[{}]", all.join(" "))
        }
        Value::Map(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{key}:{}", go_text(value));
            format!(
                "map[{}]",
                map.iter().map(entry).collect::<Vec<_>>().join(" ")
            )
        }
        other => text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Document, Limits, read};

    fn yaml(text: &str) -> Value {
        read(text, &Limits::PASTED)
            .documents
            .first()
            .map(Document::value)
            .unwrap()
    }

    #[test]
    fn templates_find_what_kubectl_finds() {
        let value = yaml(
            "items:\n- metadata: {name: a, labels: {app.io/x: l}}\n  spec: {ip: 1.1.1.1, ports: [1, 2, 3]}\n- metadata: {name: b}\n  spec: {}\n",
        );
        let rows = [
            (
                "{range .items[*]}{.metadata.name}{\"\\t\"}{.spec.ip}{\"\\n\"}{end}",
                "a\t1.1.1.1\nb\t\n",
            ),
            ("{.items[1].metadata.name}", "b"),
            ("{.items[-1].metadata.name}", "b"),
            ("{.nothing}", ""),
            ("{.items[*].metadata.name} x", "a b x"),
            ("{.items[0].spec.ports[0:2]}", "1 2"),
            ("{.items[0].spec.ports[::2]}", "1 3"),
            ("{.items[0].metadata.labels.app\\.io/x}", "l"),
            ("{.items[0].metadata.labels['app\\.io/x']}", "l"),
            // A dot in quotes still leads one field deeper.
            ("{.items[0].metadata.labels['app.io/x']}", ""),
            ("{.items[*]['metadata.name', 'spec.ip']}", "a b 1.1.1.1"),
            ("{..name}", "a b"),
            ("{.items[?(@.metadata.name==\"b\")].spec}", "{}"),
            ("{.items[?(@.spec.ip)].metadata.name}", "a"),
            ("{.items[?(2>=@.spec.ports[1])].metadata.name}", "a"),
            ("{.items[0].spec['ip','ports']}", "1.1.1.1 [1,2,3]"),
            ("{3}{true}{\"\\u00e9\"}", "3trueé"),
            ("{range .nothing[*]}x{end}y", "y"),
            ("{range .items[*]}{.metadata.name}{\",\"}", "a,b,,"),
            (
                "{.items[0].metadata}",
                "{\"labels\":{\"app.io/x\":\"l\"},\"name\":\"a\"}",
            ),
        ];
        for (text, wanted) in rows {
            assert_eq!(
                fill(&value, text, true, None).as_deref(),
                Ok(wanted),
                "{text}"
            );
        }
    }

    #[test]
    fn mistakes_are_told_in_kubectls_words() {
        let value = yaml("a: [1, 2]\nb: text\n");
        let parsing = [
            ("{.a", "unclosed action"),
            ("{.a[0", "unterminated array"),
            ("{.a[x]}", "invalid array index x"),
            ("{.a[?(@.b", "unterminated filter"),
            ("{\"a", "unterminated quoted string"),
            ("{{.a}}", "unrecognized character in action: U+007B '{'"),
        ];
        for (text, wanted) in parsing {
            let told = fill(&value, text, true, None).unwrap_err();
            assert_eq!(told, format!("error parsing jsonpath {text}, {wanted}"));
        }
        let executing = [
            ("{.a[7]}", "array index out of bounds: index 7, length 2"),
            (
                "{.a[1:0]}",
                "starting index 1 is greater than ending index 0",
            ),
            ("{.a[::0]}", "step must be > 0"),
            ("{.b[0]}", "string is not array or slice"),
            ("{.a[?(@==\"1\")]}", "incompatible types for comparison"),
            ("{.a[?(@=1)]}", "unrecognized filter operator ="),
            ("{a}", "unrecognized identifier a"),
            ("{end}", "not in range, nothing to end"),
        ];
        for (text, wanted) in executing {
            let told = fill(&value, text, true, None).unwrap_err();
            let start = format!(
                "error executing jsonpath {text:?}: Error executing template: {wanted}. Printing"
            );
            assert!(told.starts_with(&start), "{told}");
        }
        let told = fill(&value, "{.c}", false, None).unwrap_err();
        assert!(told.contains("c is not found"), "{told}");
    }
}
