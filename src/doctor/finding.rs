//! A finding: a diagnosis with the reader's names and numbers, what is to blame, and what mends it.

use super::row::{Certainty, Row};
use crate::api::ObjectKey;
use crate::manifest::{Edit, Severity, Span};
use std::rc::Rc;

/// A field that is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// The object.
    pub object: ObjectKey,
    /// The field's path.
    pub field: String,
    /// Where it stands, if a text is at hand.
    pub at: Option<(Rc<str>, Span)>,
}

/// What mends it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remedy {
    /// What it does, as a button says it.
    pub title: String,
    /// The replacements, by file; empty if no text is at hand.
    pub edits: Vec<(Rc<str>, Edit)>,
    /// The command that does the same to a cluster; empty if there is none.
    pub command: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its diagnosis.
    pub row: &'static Row,
    /// How much it matters here.
    pub severity: Severity,
    /// How sure it is here.
    pub certainty: Certainty,
    /// What it is about: a Service, or what refers to one.
    pub subject: ObjectKey,
    /// The sentence.
    pub sentence: String,
    /// What is to blame, the nearest first.
    pub blame: Vec<Blame>,
    /// The one right way to mend it, where there is one.
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// A finding as its row has it, with what stands for the names in the sentence.
    pub fn new(row: &'static Row, subject: &ObjectKey, facts: &[(&str, &str)]) -> Self {
        Self {
            row,
            severity: row.severity,
            certainty: Certainty::Proven,
            subject: subject.clone(),
            sentence: fill(row.sentence, facts),
            blame: Vec::new(),
            remedy: None,
        }
    }

    /// The same, less sure.
    pub fn likely(mut self) -> Self {
        self.certainty = Certainty::Likely;
        self
    }

    /// The same, at most a warning.
    pub fn softened(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same with a remedy, if there is one.
    pub fn with(mut self, remedy: Option<Remedy>) -> Self {
        self.remedy = remedy;
        self
    }
}

/// Puts facts in the place of `{names}`.
pub(super) fn fill(sentence: &str, facts: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sentence.len() + 40);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        let fact = facts.iter().find(|(known, _)| *known == name);
        out.push_str(fact.map_or("", |(_, text)| text));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `1 Pod`, `3 Pods`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    [&number.to_string(), " ", what, plural].concat()
}

/// One of two words, by a number.
pub(super) fn by_number(number: usize, one: &'static str, many: &'static str) -> &'static str {
    if number == 1 { one } else { many }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => [&first.join(", "), " and ", last].concat(),
    }
}
