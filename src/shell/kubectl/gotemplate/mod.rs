//! Go templates, for `-o go-template`: `text/template` with kubectl's two functions, over objects.

mod functions;
mod lex;
mod parse;
mod printf;

use super::jsonpath::{go_text, quoted};
use crate::api::Value;
use functions::truth;
use parse::{Command, Node, Operand, Parsed, Pipe, Term};

/// Why a template was not filled: what stands on standard output all the same, and the error.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) out: String,
    pub(super) why: String,
}

/// Fills a template; `lenient` where a key that is not there is no mistake.
pub(super) fn fill(root: &Value, template: &str, lenient: bool) -> Result<String, Failed> {
    let parsed = parse::parse(template).map_err(|why| Failed {
        out: String::new(),
        why: format!("error parsing template {template}, {why}"),
    })?;
    let mut filler = Filler {
        template,
        parsed: &parsed,
        lenient,
        variables: vec![("$".to_owned(), root.clone())],
        out: String::new(),
        depth: 0,
    };
    match filler.walk(&parsed.nodes, root) {
        Ok(_) => Ok(filler.out),
        Err(why) => Err(Failed {
            out: format!(
                "{}Error executing template: {why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{template}\n\traw data was:\n\t\t{}\n\tobject given to template engine was:\n\t\t{}\n\n",
                filler.out,
                root.to_json(),
                go_text(root)
            ),
            why: format!("error executing template {}: {why}", quoted(template)),
        }),
    }
}

/// How a walk over pieces ended.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

/// A template that is being filled.
struct Filler<'t> {
    template: &'t str,
    parsed: &'t Parsed,
    lenient: bool,
    variables: Vec<(String, Value)>,
    out: String,
    depth: usize,
}

impl<'t> Filler<'t> {
    /// An error at a place of the template, as Go words it.
    fn error(&self, at: usize, context: &str, why: &str) -> String {
        let before = self.template.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rfind('\n').map_or(at, |newline| at - newline - 1);
        format!("template: output:{line}:{column}: executing \"output\" at <{context}>: {why}")
    }

    fn walk(&mut self, nodes: &'t [Node], dot: &Value) -> Result<Flow, String> {
        for node in nodes {
            let flow = self.node(node, dot)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, node: &'t Node, dot: &Value) -> Result<Flow, String> {
        let kept = self.variables.len();
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Action(pipe) => {
                let value = self.pipe(pipe, dot)?;
                if pipe.variables.is_empty() {
                    let text = match &value {
                        Value::Null => "<no value>".to_owned(),
                        value => go_text(value),
                    };
                    self.out.push_str(&text);
                }
                return Ok(Flow::On);
            }
            Node::If(pipe, nodes, others) | Node::With(pipe, nodes, others) => {
                let value = self.pipe(pipe, dot)?;
                let with = matches!(node, Node::With(..));
                let flow = if !truth(&value) {
                    self.walk(others, dot)?
                } else if with {
                    self.walk(nodes, &value)?
                } else {
                    self.walk(nodes, dot)?
                };
                self.variables.truncate(kept);
                return Ok(flow);
            }
            Node::Range(pipe, nodes, others) => self.range(pipe, nodes, others, dot)?,
            Node::Template(at, name, given) => {
                let given = match given {
                    Some(pipe) => self.pipe(pipe, dot)?,
                    None => Value::Null,
                };
                let mut defined = self.parsed.defined.iter().rev();
                let Some((_, nodes)) = defined.find(|(known, _)| known == name) else {
                    let context = format!("{{{{template {}}}}}", quoted(name));
                    let why = format!("template {} not defined", quoted(name));
                    return Err(self.error(*at, &context, &why));
                };
                if self.depth > 100 {
                    return Err(self.error(*at, name, "exceeded maximum template depth (100)"));
                }
                self.depth += 1;
                let root = ("$".to_owned(), given.clone());
                let kept = std::mem::replace(&mut self.variables, vec![root]);
                self.walk(nodes, &given)?;
                self.variables = kept;
                self.depth -= 1;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        self.variables.truncate(kept);
        Ok(Flow::On)
    }

    fn range(
        &mut self,
        pipe: &'t Pipe,
        nodes: &'t [Node],
        others: &'t [Node],
        dot: &Value,
    ) -> Result<(), String> {
        let found = self.value(pipe, dot)?;
        let numbered = |(at, value): (usize, Value)| (Value::Int(at as i64), value);
        let mut counts = false;
        let items: Vec<(Value, Value)> = match found {
            Value::List(items) => items.into_iter().enumerate().map(numbered).collect(),
            Value::Map(map) => map.into_iter().map(|(k, v)| (Value::Str(k), v)).collect(),
            Value::Int(n) => {
                counts = true;
                (0..n.min(100_000))
                    .map(|n| (Value::Int(n), Value::Int(n)))
                    .collect()
            }
            Value::Null => Vec::new(),
            other => {
                let last = pipe.commands.last();
                let (at, text) = last.map_or((0, ""), |last| (last.at, last.text.as_str()));
                let why = format!("range can't iterate over {}", go_text(&other));
                return Err(self.error(at, text, &why));
            }
        };
        if items.is_empty() {
            self.walk(others, dot)?;
            return Ok(());
        }
        for (key, item) in items {
            let kept = self.variables.len();
            match pipe.variables.as_slice() {
                [one] if counts => self.set(pipe.assigns, one, key),
                [one] => self.set(pipe.assigns, one, item.clone()),
                [one, two, ..] => {
                    self.set(pipe.assigns, one, key);
                    self.set(pipe.assigns, two, item.clone());
                }
                [] => {}
            }
            let flow = self.walk(nodes, &item)?;
            self.variables.truncate(kept);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(())
    }

    /// Sets a variable: the one that is there, or a new one.
    fn set(&mut self, assigns: bool, name: &str, value: Value) {
        let known = self.variables.iter_mut().rev();
        let mut known = known.filter(|(known, _)| known == name);
        match known.next().filter(|_| assigns) {
            Some((_, slot)) => *slot = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }

    /// The value of a pipeline, which its variables get.
    fn pipe(&mut self, pipe: &'t Pipe, dot: &Value) -> Result<Value, String> {
        let value = self.value(pipe, dot)?;
        for name in &pipe.variables {
            self.set(pipe.assigns, name, value.clone());
        }
        Ok(value)
    }

    fn value(&mut self, pipe: &'t Pipe, dot: &Value) -> Result<Value, String> {
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(command, dot, value)?);
        }
        Ok(value.unwrap_or_default())
    }

    fn command(
        &mut self,
        command: &'t Command,
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, String> {
        let Some((first, rest)) = command.words.split_first() else {
            return Ok(Value::Null);
        };
        if let Term::Function(name) = &first.term
            && first.fields.is_empty()
        {
            return self.call(command, name, rest, dot, last);
        }
        let given = !rest.is_empty() || last.is_some();
        let plain = first.fields.is_empty();
        let why = match (&first.term, first.fields.last()) {
            (Term::Nil, _) => Some("nil is not a command".to_owned()),
            (_, Some(field)) if given => Some(format!("{field} is not a method but has arguments")),
            (Term::Literal(_) | Term::Dot | Term::Variable(_) | Term::Pipe(_), None)
                if given && plain =>
            {
                Some(format!(
                    "can't give argument to non-function {}",
                    first.text
                ))
            }
            _ => None,
        };
        match why {
            Some(why) => Err(self.error(first.at, &first.text, &why)),
            None => self.operand(first, dot),
        }
    }

    fn call(
        &mut self,
        command: &'t Command,
        name: &str,
        rest: &'t [Operand],
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, String> {
        let count = rest.len() + usize::from(last.is_some());
        let (least, exact) = functions::arity(name);
        if count < least || exact && count > least {
            let few = if exact { "" } else { "at least " };
            let why = format!("wrong number of args for {name}: want {few}{least} got {count}");
            return Err(self.error(command.at, name, &why));
        }
        let mut arguments = Vec::new();
        for word in rest {
            let value = self.operand(word, dot)?;
            // These two end with the first argument that decides.
            if matches!(name, "and" | "or") && truth(&value) == (name == "or") {
                return Ok(value);
            }
            arguments.push(value);
        }
        arguments.extend(last);
        if matches!(name, "and" | "or") {
            return Ok(arguments.pop().unwrap_or_default());
        }
        functions::call(name, &arguments).map_err(|why| {
            let why = format!("error calling {name}: {why}");
            self.error(command.at, &command.text, &why)
        })
    }

    fn operand(&mut self, word: &'t Operand, dot: &Value) -> Result<Value, String> {
        let mut value = match &word.term {
            Term::Dot => dot.clone(),
            Term::Variable(name) => {
                let mut known = self.variables.iter().rev();
                let found = known.find(|(known, _)| known == name);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            }
            Term::Literal(value) => value.clone(),
            Term::Nil => Value::Null,
            Term::Pipe(pipe) => self.pipe(pipe, dot)?,
            Term::Function(name) => functions::call(name, &[]).map_err(|why| {
                let why = format!("error calling {name}: {why}");
                self.error(word.at, &word.text, &why)
            })?,
        };
        for field in &word.fields {
            let found = match &mut value {
                Value::Map(map) => map.remove(field),
                Value::Null => Some(Value::Null),
                _ => {
                    let why = format!("can't evaluate field {field} in type interface {{}}");
                    return Err(self.error(word.at, &word.text, &why));
                }
            };
            if found.is_none() && !self.lenient {
                let why = format!("map has no entry for key {}", quoted(field));
                return Err(self.error(word.at, &word.text, &why));
            }
            value = found.unwrap_or_default();
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Document, Limits, read};

    fn yaml(text: &str) -> Value {
        let read = read(text, &Limits::PASTED);
        read.documents.first().map(Document::value).unwrap()
    }

    #[test]
    fn templates_are_filled() {
        let value = yaml("items:\n- {name: a, ip: 1.1.1.1, port: 7}\n- {name: b}\n");
        let rows = [
            ("{{range .items}}{{.name}}{{\"\\n\"}}{{end}}", "a\nb\n"),
            (
                "{{range $i, $x := .items}}{{$i}}={{$x.name}} {{end}}",
                "0=a 1=b ",
            ),
            (
                "{{range .items}}{{if .ip}}{{.ip}}{{else}}none{{end}},{{end}}",
                "1.1.1.1,none,",
            ),
            ("{{with index .items 1}}{{.name}}{{end}}", "b"),
            ("{{len .items}} {{.nothing}}", "2 <no value>"),
            ("{{(index .items 0).port | printf \"%03d\"}}", "007"),
            ("{{$n := 1}}{{$n = 2}}{{$n}}", "2"),
            ("{{range .items}}{{$n := .name}}{{$n}}{{break}}{{end}}", "a"),
            ("{{define \"x\"}}[{{.}}]{{end}}{{template \"x\" 1}}", "[1]"),
            ("a {{- /* b */ -}} c", "ac"),
            ("{{if not .x}}a{{else if .items}}b{{end}}", "a"),
            (
                "{{\"aGVsbG8=\" | base64decode}} {{print 1 2 \"a\" 3}}",
                "hello 1 2a3",
            ),
            (
                "{{range .items}}{{if eq .name \"b\"}}{{printf \"%-3s|%q\" .name .name}}{{end}}{{end}}",
                "b  |\"b\"",
            ),
        ];
        for (template, wanted) in rows {
            assert_eq!(
                fill(&value, template, true).as_deref(),
                Ok(wanted),
                "{template}"
            );
        }
    }

    #[test]
    fn mistakes_are_told_in_gos_words() {
        let value = yaml("kind: Service\nports: [1]\n");
        let parsing = [
            ("{{.kind", "unclosed action"),
            ("{{foo .kind}}", "function \"foo\" not defined"),
            ("{{range .ports}}x", "unexpected EOF"),
            ("{{end}}", "unexpected {{end}}"),
            ("{{if}}x{{end}}", "missing value for if"),
            ("{{$x}}", "undefined variable \"$x\""),
            ("{{1 | 2}}", "non executable command in pipeline stage 2"),
            ("{{.kind}", "bad character U+007D '}'"),
            ("{{(.kind}}", "unclosed left paren"),
            ("{{break}}", "{{break}} outside {{range}}"),
            ("{{#}}", "unexpected \"#\" in command"),
        ];
        for (template, wanted) in parsing {
            let told = fill(&value, template, true).unwrap_err().why;
            let whole = format!("error parsing template {template}, template: output:1: {wanted}");
            assert_eq!(told, whole);
        }
        let executing = [
            (
                "{{.kind.a}}",
                "1:7",
                ".kind.a",
                "can't evaluate field a in type interface {}",
            ),
            (
                "{{index .ports 5}}",
                "1:2",
                "index .ports 5",
                "error calling index: index out of range: 5",
            ),
            (
                "{{range .kind}}{{end}}",
                "1:8",
                ".kind",
                "range can't iterate over Service",
            ),
            (
                "{{len}}",
                "1:2",
                "len",
                "wrong number of args for len: want 1 got 0",
            ),
            (
                "{{.kind .a}}",
                "1:2",
                ".kind",
                "kind is not a method but has arguments",
            ),
        ];
        for (template, at, context, wanted) in executing {
            let told = fill(&value, template, true).unwrap_err();
            let why =
                format!("template: output:{at}: executing \"output\" at <{context}>: {wanted}");
            assert_eq!(
                told.why,
                format!("error executing template {template:?}: {why}")
            );
            assert!(
                told.out
                    .starts_with(&format!("Error executing template: {why}. Printing"))
            );
        }
    }
}
