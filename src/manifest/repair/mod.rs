//! Repair of manifests that lost their indentation and their list dashes, as text copied from a book does.
//!
//! The field schema says which nestings a line permits; a search over them finds the readings that make a valid object.
//! Exactly one: the manifest is rebuilt. Several: nothing is changed, and the line is named at which they part.

mod line;
mod search;

use super::clean::{clean, plain_punctuation};
use super::{Limits, Span, Strictness, read};
use line::Line;

/// What became of an attempt to repair a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// The text is valid as it is.
    NotNeeded,
    /// The one valid reading.
    Fixed {
        /// The rebuilt text.
        text: String,
        /// What was done, in a sentence.
        summary: String,
    },
    /// Several readings are valid.
    Ambiguous {
        /// Which line, and what it could be.
        why: String,
        /// Where the readings part.
        span: Span,
    },
    /// No reading is valid.
    Impossible {
        /// The first line that fits nowhere.
        why: String,
        /// Where it stands.
        span: Span,
    },
}

/// Repairs a text, document by document; valid text is never touched.
pub fn repair(text: &str) -> Repair {
    let parsed = read(text, &Limits::PASTED);
    let fine = |document: &super::Document| {
        document.decode(Strictness::Strict).diagnostics.is_empty() && has_name(document)
    };
    if parsed.error.is_none() && parsed.documents.iter().all(fine) {
        return Repair::NotNeeded;
    }
    repair_document(text)
}

/// A manifest without a name cannot be applied; one whose indentation is lost has none where it should be.
fn has_name(document: &super::Document) -> bool {
    let field = |name: &str| {
        document
            .root
            .at("metadata")
            .and_then(|meta| meta.entry(name))
            .is_some()
    };
    field("name") || field("generateName") || document.root.at("items").is_some()
}

/// Repairs the documents of a text that need it.
pub(super) fn repair_document(text: &str) -> Repair {
    if text.len() > Limits::PASTED.bytes {
        return Repair::NotNeeded;
    }
    let cleaned = plain_punctuation(&clean(text));
    let mut out = String::new();
    let mut changed = 0;
    let mut first_line = 1;
    for part in split(&cleaned) {
        let lines: Vec<Line<'_>> = part
            .lines()
            .enumerate()
            .map(|(i, l)| Line::new(first_line + i as u32, l))
            .collect();
        first_line += part.lines().count() as u32;
        if lines.iter().all(|line| line.content.is_empty()) || is_valid(part) {
            out.push_str(part);
            continue;
        }
        match search::rebuild(&lines) {
            search::Found::One(rebuilt) => {
                out.push_str(&rebuilt);
                changed += 1;
            }
            search::Found::Several { line, why } => {
                return Repair::Ambiguous {
                    why,
                    span: span_of(text, line),
                };
            }
            search::Found::None { line, why } => {
                return Repair::Impossible {
                    why,
                    span: span_of(text, line),
                };
            }
        }
    }
    if changed == 0 {
        return Repair::NotNeeded;
    }
    let summary = format!(
        "indentation and list dashes rebuilt in {changed} document{}",
        if changed == 1 { "" } else { "s" }
    );
    Repair::Fixed { text: out, summary }
}

fn is_valid(part: &str) -> bool {
    let parsed = read(part, &Limits::PASTED);
    let fine = |document: &super::Document| {
        document.decode(Strictness::Strict).diagnostics.is_empty() && has_name(document)
    };
    parsed.error.is_none() && parsed.documents.iter().all(fine)
}

/// The documents of a text, each with the separator that ends it.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        if line.trim_end() == "---" {
            let body = text.get(start..at - line.len()).unwrap_or_default();
            parts.extend([body, line].into_iter().filter(|part| !part.is_empty()));
            start = at;
        }
    }
    parts.extend(
        text.get(start..)
            .into_iter()
            .filter(|part| !part.is_empty()),
    );
    parts
}

fn span_of(text: &str, line: u32) -> Span {
    let mut start = 0;
    for (number, content) in (1..).zip(text.split_inclusive('\n')) {
        if number == line {
            return Span {
                start,
                end: start + content.trim_end().len(),
                line,
                column: 1,
            };
        }
        start += content.len();
    }
    Span {
        start: text.len(),
        end: text.len(),
        line,
        column: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::to_yaml;

    const BOOK: &str = "apiVersion: v1\nkind: Service\nmetadata:\nlabels:\napp: redis\nname: redis\nspec:\nports:\nport: 6379\nprotocol: TCP\ntargetPort: 6379\nselector:\napp: redis\n";

    fn fixed(text: &str) -> String {
        match repair(text) {
            Repair::Fixed { text, .. } => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_books_service_gets_its_shape_back() {
        assert_eq!(
            fixed(BOOK),
            "apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    app: redis\n  name: redis\nspec:\n  ports:\n  - port: 6379\n    protocol: TCP\n    targetPort: 6379\n  selector:\n    app: redis\n"
        );
    }

    #[test]
    fn a_deployment_and_a_second_document_are_rebuilt_too() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\nname: web\nspec:\nreplicas: 2\nselector:\nmatchLabels:\napp: web\ntemplate:\nmetadata:\nlabels:\napp: web\nspec:\ncontainers:\nname: web\nimage: nginx\nports:\ncontainerPort: 80\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo\n";
        let out = fixed(text);
        assert!(out.contains("      containers:\n      - name: web\n        image: nginx\n        ports:\n        - containerPort: 80\n---\n"), "{out}");
        assert!(out.ends_with("metadata:\n  name: demo\n"));
    }

    #[test]
    fn valid_text_is_never_touched() {
        assert_eq!(
            repair("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo\n"),
            Repair::NotNeeded
        );
    }

    #[test]
    fn several_readings_change_nothing_and_say_why() {
        let text = "apiVersion: v1\nkind: Service\nmetadata:\nname: web\nspec:\nports:\nport: 80\nselector:\napp: web\ntype: NodePort\n";
        let Repair::Ambiguous { why, span } = repair(text) else {
            panic!("{:?}", repair(text))
        };
        assert_eq!(span.line, 10);
        assert!(why.contains("type"), "{why}");
    }

    #[test]
    fn two_ports_are_two_items_because_a_key_repeats() {
        let text = "apiVersion: v1\nkind: Service\nmetadata:\nname: web\nspec:\nselector:\napp: web\nports:\nname: http\nport: 80\nname: https\nport: 443\n";
        assert!(
            fixed(text).contains(
                "  ports:\n  - name: http\n    port: 80\n  - name: https\n    port: 443\n"
            ),
            "{}",
            fixed(text)
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "[ -~\n]{0,200}") {
            let _ = repair(&text);
            let _ = crate::manifest::check(&text);
        }

        #[test]
        fn flattening_is_undone_or_left_alone(replicas in 0..9i64, port in 1..65535i64, app in "app-[a-z]{1,8}", second in proptest::bool::ANY) {
            let ports = if second { format!("  - name: a\n    port: {port}\n  - name: b\n    port: 81\n") } else { format!("  - port: {port}\n") };
            let text = format!("apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    app: {app}\n  name: x{replicas}\nspec:\n  ports:\n{ports}  selector:\n    app: {app}\n");
            let flat: String = text.lines().map(|l| format!("{}\n", l.trim_start_matches([' ', '-']))).collect();
            let value = |t: &str| read(t, &Limits::PASTED).documents.first().map(|d| to_yaml(&d.value()));
            match repair(&flat) {
                Repair::Fixed { text: out, .. } => proptest::prop_assert_eq!(value(&out), value(&text)),
                Repair::Ambiguous { .. } => {}
                other => proptest::prop_assert!(false, "{:?}", other),
            }
        }
    }
}
