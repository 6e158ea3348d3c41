//! What is wrong with a text, where, and what would mend it.

use super::Span;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// kubectl or the API server would refuse it.
    Error,
    /// It is accepted, and probably not what was meant.
    Warning,
}

/// One replacement of a range of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    pub(super) fn new(span: Span, text: impl Into<String>) -> Self {
        Self {
            start: span.start,
            end: span.end,
            text: text.into(),
        }
    }
}

/// A way to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a button says it.
    pub title: String,
    /// The replacements, none overlapping, in order.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// One value for another.
    pub(super) fn replace(span: Span, text: &str) -> Self {
        Self {
            title: format!("Change to {text}"),
            edits: vec![Edit::new(span, text)],
        }
    }

    /// The text with the fix applied.
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for edit in &self.edits {
            out.push_str(text.get(at..edit.start).unwrap_or_default());
            out.push_str(&edit.text);
            at = edit.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

/// One thing that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What, in the words of kubectl or the API server where they have any.
    pub message: String,
    /// Our own suggestion.
    pub hint: String,
    /// The one right way to mend it, where there is one.
    pub fix: Option<Fix>,
    /// The diagnosis that explains it, by its slug; empty if none does.
    pub about: &'static str,
}

impl Diagnostic {
    /// Something that kubectl or the API server would refuse.
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            span,
            message: message.into(),
            hint: String::new(),
            fix: None,
            about: "",
        }
    }

    pub(super) fn warning(span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(span, message)
        }
    }
}
