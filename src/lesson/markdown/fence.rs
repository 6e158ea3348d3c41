//! Fenced blocks: what their first line says, and what a lesson's own blocks hold.

use super::super::document::Act;
use super::inline::{Runs, unknown_suffix};
use super::{object, text};
use crate::api::Value;
use crate::manifest::{Document, Limits, read};
use crate::shell::prompt_of;
use pulldown_cmark::Parser;

/// The first line of a fenced block: `yaml solution file=~/web.yaml`.
#[derive(Debug, Default)]
pub(super) struct Info {
    /// The language, or the name of a block of the lesson's own.
    pub(super) name: String,
    /// Whether the block is what the step's set-up or solution writes into its file.
    pub(super) role: Option<&'static str>,
    /// The file that it is for.
    pub(super) file: Option<String>,
    /// What a figure shows.
    pub(super) caption: String,
    /// What a click does.
    pub(super) act: Option<Act>,
}

impl Info {
    /// Reads the first line; `after` is the suffix behind the closing fence.
    pub(super) fn read(line: &str, after: Option<&str>) -> Result<Self, String> {
        let mut info = Self::default();
        let (line, suffix) = match line.split_once("{{") {
            Some((line, rest)) => (line, Some(rest.split("}}").next().unwrap_or_default())),
            None => (line, after),
        };
        if let Some(suffix) = suffix {
            info.act = Some(Act::from_suffix(suffix).ok_or_else(|| unknown_suffix(suffix))?);
        }
        let mut words = line.split_whitespace();
        info.name = words.next().unwrap_or_default().to_owned();
        while let Some(word) = words.next() {
            match word {
                "setup" => info.role = Some("setup"),
                "solution" => info.role = Some("solution"),
                _ if word.starts_with("file=") => {
                    info.file = word.strip_prefix("file=").map(str::to_owned);
                }
                _ if info.name == "figure" => {
                    info.caption = [word]
                        .into_iter()
                        .chain(words.by_ref())
                        .collect::<Vec<_>>()
                        .join(" ");
                }
                // What other tools write there (`title=…`, `linenums`) is theirs.
                _ => {}
            }
        }
        if info.role.is_some() && info.file.is_none() {
            return Err(format!(
                "write the file that the block is for: ```{} file=~/name.yaml",
                line.trim()
            ));
        }
        Ok(info)
    }
}

/// The value of a block of YAML.
fn yaml(content: &str) -> Result<Value, String> {
    let parsed = read(content, &Limits::PASTED);
    match parsed.error {
        Some(error) => Err(error.message),
        None => Ok(parsed
            .documents
            .first()
            .map(Document::value)
            .unwrap_or_default()),
    }
}

/// The YAML of a `check` block, each assertion with a fault of its own.
pub(super) fn check(content: &str) -> Result<Vec<Value>, String> {
    let value = yaml(content)?;
    let list = value
        .as_list()
        .ok_or("a check block is a list of assertions")?;
    for assertion in list {
        let read = super::super::Assertion::from_value(assertion)?;
        // What stands behind ` #` is a comment of YAML's, and would be lost without a word.
        if read.otherwise.matches('`').count() % 2 == 1 {
            let words = &read.otherwise;
            return Err(format!(
                "a grave accent is left open in {words:?}: put the sentence in quotes if it holds \" #\""
            ));
        }
    }
    Ok(list.to_vec())
}

/// A quiz: a question, and answers that are `right` or `wrong`, each with its `why`.
pub(super) fn quiz(content: &str) -> Result<Value, String> {
    let value = yaml(content)?;
    let words =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let question = words(&value, "question").ok_or("a quiz has a question")?;
    let mut answers = Vec::new();
    for answer in value
        .get("answers")
        .and_then(Value::as_list)
        .unwrap_or_default()
    {
        let right = words(answer, "right");
        let says = right
            .clone()
            .or_else(|| words(answer, "wrong"))
            .ok_or("an answer is `right: …` or `wrong: …`")?;
        let why = words(answer, "why").ok_or("each answer says `why`")?;
        answers.push(object([
            ("text", Value::List(runs(&says)?)),
            ("right", Value::Bool(right.is_some())),
            ("why", Value::List(runs(&why)?)),
        ]));
    }
    let right = answers
        .iter()
        .filter(|a| a.get("right") == Some(&Value::Bool(true)))
        .count();
    if answers.len() < 2 || right != 1 {
        return Err("a quiz has at least two answers, one of them right".to_owned());
    }
    Ok(object([
        ("quiz", Value::List(runs(&question)?)),
        ("answers", Value::List(answers)),
    ]))
}

/// The runs of one line of Markdown.
fn runs(line: &str) -> Result<Vec<Value>, String> {
    let mut runs = Runs::default();
    for event in Parser::new(line) {
        runs.take(&event);
    }
    match runs.fault.take() {
        Some(fault) => Err(fault),
        None => Ok(runs.finish()),
    }
}

/// The exchanges of a console block: a line with a prompt is a command, what follows is its output.
pub(super) fn console(content: &str) -> Vec<Value> {
    let mut exchanges: Vec<(String, String, String)> = Vec::new();
    for line in content.lines() {
        match prompt_of(line) {
            Some((prompt, command)) => {
                exchanges.push((prompt.to_owned(), command.to_owned(), String::new()));
            }
            None => {
                if exchanges.is_empty() {
                    exchanges.push(Default::default());
                }
                if let Some((_, _, output)) = exchanges.last_mut() {
                    output.push_str(line);
                    output.push('\n');
                }
            }
        }
    }
    let exchange = |(prompt, line, output): (String, String, String)| {
        object([
            ("prompt", text(&prompt)),
            ("line", text(&line)),
            ("output", text(&output)),
        ])
    };
    exchanges.into_iter().map(exchange).collect()
}
