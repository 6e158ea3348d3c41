//! Everything that is wrong with a text, for an editor: each thing at its place, with the fix that mends it.

use super::clean::is_odd_blank;
use super::node::NodeValue;
use super::repair::{Repair, repair};
use super::{Diagnostic, Edit, Fix, Limits, Node, Parsed, Span, Strictness, Style, read};
use crate::kernel::Arrange;

/// Everything that is wrong with a text, in its order.
pub fn check(text: &str) -> Vec<Diagnostic> {
    let parsed = read(text, &Limits::PASTED);
    let found = problems(text, &parsed);
    if found.is_empty() {
        let mut found = parsed.warnings.clone();
        found.extend(odd_blanks(text));
        for document in &parsed.documents {
            find_odd_quotes(&document.root, &mut found);
        }
        found.arrange_by_key(|diagnostic| diagnostic.span.start);
        return found;
    }
    if is_helm_template(text) {
        return found.into_iter().take(1).map(helm).collect();
    }
    let flat = is_flat(text);
    let mut found = match repair(text) {
        Repair::Fixed { edits, summary, .. } => {
            let fix = Fix {
                title: "Repair".to_owned(),
                edits,
            };
            mended(found, flat, &summary, fix)
        }
        Repair::Ambiguous { why, span } if flat => {
            let mut lost = Diagnostic::error(span, LOST);
            lost.hint = why;
            vec![lost]
        }
        Repair::Ambiguous { .. } | Repair::NotNeeded | Repair::Impossible { .. } => {
            let mut found = found;
            found.extend(parsed.warnings);
            found
        }
    };
    found.extend(odd_blanks(text));
    found.arrange_by_key(|diagnostic| diagnostic.span.start);
    found
}

const LOST: &str = "the indentation of this manifest is lost";

/// What kubectl and the API server would refuse.
fn problems(text: &str, parsed: &Parsed) -> Vec<Diagnostic> {
    let decoded = parsed
        .documents
        .iter()
        .filter(|d| !d.is_settings())
        .map(|d| d.decode(Strictness::Strict));
    let mut found: Vec<Diagnostic> = decoded.flat_map(|d| d.diagnostics).collect();
    if let Some(error) = &parsed.error {
        let end = text.get(error.span.start..).and_then(|t| t.lines().next());
        let span = Span {
            end: error.span.start + end.map_or(0, str::len),
            ..error.span
        };
        found.push(Diagnostic::error(span, error.message.clone()));
    }
    found
}

/// What is left to say of a text that has a repair: of a flat one only that, of another kubectl's words with the fix.
fn mended(found: Vec<Diagnostic>, flat: bool, summary: &str, fix: Fix) -> Vec<Diagnostic> {
    let first = found.iter().min_by_key(|d| d.span.start).cloned();
    let Some(first) = first else { return found };
    if !flat {
        let fix = Some(fix);
        let hint = summary.to_owned();
        return vec![Diagnostic { fix, hint, ..first }];
    }
    let mut lost = Diagnostic::error(first.span, LOST);
    lost.hint = "Repair rebuilds the one valid reading".to_owned();
    lost.fix = Some(fix);
    vec![lost]
}

/// Whether no line of a text is indented.
fn is_flat(text: &str) -> bool {
    !text.lines().any(|line| line.starts_with([' ', '\t']))
}

/// Whether a text is a Helm template, which is no manifest until it is rendered.
pub fn is_helm_template(text: &str) -> bool {
    const SIGNS: &[&str] = &[
        ".Values",
        ".Release",
        ".Chart",
        ".Capabilities",
        "include ",
        "template ",
        "define ",
        "if ",
        "range ",
        "with ",
        "end",
        "else",
        "toYaml ",
        "tpl ",
        "/*",
    ];
    text.split("{{").skip(1).any(|rest| {
        let inside = rest.trim_start_matches(['-', ' ']);
        SIGNS.iter().any(|sign| inside.starts_with(sign))
            || inside
                .split("}}")
                .next()
                .is_some_and(|t| t.contains(".Values"))
    })
}

fn helm(mut diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.hint = "this is a Helm template: render it with `helm template` first".to_owned();
    diagnostic.fix = None;
    diagnostic
}

/// A warning of the first blank that no keyboard types, with the fix for all of them.
fn odd_blanks(text: &str) -> Option<Diagnostic> {
    let mut edits = Vec::new();
    let mut first = None;
    let mut base = 0;
    for (line, content) in (1..).zip(text.split_inclusive('\n')) {
        for (column, (at, c)) in (1..).zip(content.char_indices()) {
            // A mark at the beginning of a file is no blank: editors write it.
            if !is_odd_blank(c) || base + at == 0 {
                continue;
            }
            let span = Span {
                start: base + at,
                end: base + at + c.len_utf8(),
                line,
                column,
            };
            first.get_or_insert(span);
            edits.push(Edit::new(span, " "));
        }
        base += content.len();
    }
    let mut warning = Diagnostic::warning(
        first?,
        "this blank is no ordinary space: Portside reads it as one, kubectl does not",
    );
    warning.fix = Some(Fix {
        title: "Use ordinary spaces".to_owned(),
        edits,
    });
    Some(warning)
}

/// Warns of values in typographic quotes, which YAML takes for a part of the value.
fn find_odd_quotes(node: &Node, found: &mut Vec<Diagnostic>) {
    match &node.value {
        NodeValue::List(items) => items.iter().for_each(|item| find_odd_quotes(item, found)),
        NodeValue::Map(entries) => {
            entries
                .iter()
                .for_each(|(_, value)| find_odd_quotes(value, found));
        }
        NodeValue::Scalar(_) => {
            let quoted = |open: &[char], close: &[char]| {
                let inner = node.text().strip_prefix(open)?.strip_suffix(close)?;
                (node.style == Style::Plain).then(|| inner.to_owned())
            };
            let double = quoted(
                &['\u{201c}', '\u{201d}', '\u{201e}'],
                &['\u{201c}', '\u{201d}'],
            );
            let single = || {
                quoted(
                    &['\u{2018}', '\u{2019}', '\u{201a}'],
                    &['\u{2018}', '\u{2019}'],
                )
            };
            let Some(inner) = double.or_else(single).filter(|t| !t.contains(['"', '\\'])) else {
                return;
            };
            let mut warning =
                Diagnostic::warning(node.span, "typographic quotes are a part of this value");
            warning.hint = "quotes of a keyboard are none".to_owned();
            warning.fix = Some(Fix::replace(node.span, &format!("\"{inner}\"")));
            found.push(warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAT: &str =
        "apiVersion: v1\nkind: Service\nmetadata:\nname: web\nspec:\nports:\nport: 80\n";

    fn only(text: &str) -> Diagnostic {
        let found = check(text);
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn a_flat_manifest_is_told_so_once_and_can_be_repaired() {
        let found = only(FLAT);
        assert_eq!((found.message.as_str(), found.span.line), (LOST, 4));
        let fixed = found.fix.map(|fix| fix.apply(FLAT)).unwrap_or_default();
        assert_eq!(check(&fixed), [], "{fixed}");
    }

    #[test]
    fn a_missing_dash_keeps_kubectls_words() {
        let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    port: 80\n";
        let found = only(text);
        assert!(
            found.message.contains("cannot unmarshal object"),
            "{found:?}"
        );
        let fixed = found.fix.map(|fix| fix.apply(text)).unwrap_or_default();
        assert!(fixed.ends_with("  ports:\n  - port: 80\n"), "{fixed}");
    }

    #[test]
    fn a_helm_template_is_named_as_such() {
        let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n";
        assert!(only(text).hint.contains("Helm"), "{:?}", check(text));
        assert!(!is_helm_template("expr: \"{{ $labels.job }}\"\n"));
    }

    #[test]
    fn blanks_and_quotes_of_a_word_processor_have_a_fix() {
        let text = "apiVersion: v1\nkind: Service\nmetadata:\n\u{a0} name: web\n";
        let fixed = only(text)
            .fix
            .map(|fix| fix.apply(text))
            .unwrap_or_default();
        assert_eq!(fixed, text.replace('\u{a0}', " "));
        let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: \u{201c}web\u{201d}\n";
        let fixed = only(text)
            .fix
            .map(|fix| fix.apply(text))
            .unwrap_or_default();
        assert!(fixed.ends_with("name: \"web\"\n"));
    }

    #[test]
    fn what_stands_before_a_syntax_error_is_checked_too() {
        let text = "apiVersion: v1\nkind: Service\nmetadata:\n  nam: web\n---\na: b: c\n";
        let lines: Vec<u32> = check(text).iter().map(|d| d.span.line).collect();
        assert_eq!(lines, [4, 6]);
    }
}
