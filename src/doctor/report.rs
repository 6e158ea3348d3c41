//! Findings for people and for programs: text with the source line, JSON, SARIF, and annotations of a forge's log.

use super::finding::Finding;
use super::row::Certainty;
use super::rows::ROWS;
use super::sheet::Sheet;
use crate::api::{Map, Value};
use crate::kernel::BTreeMap;
use crate::manifest::{Edit, Severity, Span};
use std::rc::Rc;

/// Where a diagnosis is explained.
const PAGE: &str = "docs/diagnoses.md";

/// `error` or `warning`.
pub fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn text_of<'s>(sheets: &'s [Sheet], file: &str) -> Option<&'s str> {
    let found = sheets.iter().find(|sheet| *sheet.file == *file);
    found.map(|sheet| &*sheet.text)
}

/// The place of a finding: the first field to blame that stands in a text.
pub fn place(finding: &Finding) -> Option<&(Rc<str>, Span)> {
    finding.blame.iter().find_map(|blame| blame.at.as_ref())
}

/// Text for people: the sentence, the source line with a caret, what mends it.
pub fn text(findings: &[Finding], sheets: &[Sheet]) -> String {
    let mut out = String::new();
    for finding in findings {
        one(finding, sheets, &mut out);
        out.push('\n');
    }
    let errors = findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .count();
    let warnings = findings.len() - errors;
    let counted = |number: usize, what: &str| super::finding::count(number, what);
    let summary = match findings.is_empty() {
        true => "no findings".to_owned(),
        false => [
            &counted(errors, "error"),
            ", ",
            &counted(warnings, "warning"),
        ]
        .concat(),
    };
    out.push_str(&summary);
    out.push('\n');
    out
}

fn one(finding: &Finding, sheets: &[Sheet], out: &mut String) {
    // Of a file that cannot be read the sentence itself says which.
    let nameless = finding.blame.first().is_some_and(|blame| {
        let at = blame.at.as_ref();
        at.is_some_and(|(file, _)| **file == *finding.subject.name)
    });
    let (subject, colon) = match nameless {
        true => (String::new(), ""),
        false => (finding.subject.to_string(), ": "),
    };
    for part in [
        word(finding.severity),
        "[",
        finding.row.id,
        "] ",
        &subject,
        colon,
        &finding.sentence,
        "\n",
    ] {
        out.push_str(part);
    }
    for blame in finding.blame.iter().filter_map(|blame| blame.at.as_ref()) {
        source(blame, sheets, out);
    }
    if finding.certainty != Certainty::Proven {
        out.push_str("  = this is ");
        out.push_str(finding.certainty.word());
        out.push_str(", not proven\n");
    }
    if let Some(remedy) = &finding.remedy {
        out.push_str("  = fix: ");
        out.push_str(&remedy.title);
        if !remedy.command.is_empty() {
            out.push_str(": ");
            out.push_str(&remedy.command);
        }
        out.push('\n');
    }
}

/// The line of the source with a caret below.
fn source((file, span): &(Rc<str>, Span), sheets: &[Sheet], out: &mut String) {
    let number = span.line.to_string();
    let pad = " ".repeat(number.len());
    let column = span.column.max(1).to_string();
    for part in [&*pad, " --> ", file, ":", &number, ":", &column, "\n"] {
        out.push_str(part);
    }
    let line =
        text_of(sheets, file).and_then(|text| text.lines().nth(span.line.max(1) as usize - 1));
    let Some(line) = line else { return };
    let indent: String = line
        .chars()
        .take(span.column.saturating_sub(1) as usize)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    let left = line.chars().count().saturating_sub(indent.chars().count());
    let width = text_of(sheets, file)
        .and_then(|text| text.get(span.start..span.end))
        .map_or(1, |part| {
            part.lines()
                .next()
                .unwrap_or_default()
                .trim_end()
                .chars()
                .count()
        });
    let carets = "^".repeat(width.clamp(1, left.max(1)));
    for part in [
        &*pad, " |\n", &number, " | ", line, "\n", &pad, " | ", &indent, &carets, "\n",
    ] {
        out.push_str(part);
    }
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key.to_owned(), value);
    }
    Value::Map(map)
}

fn number(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// JSON: one object with a list of findings, and why claims are suspended, if they are.
pub fn json(findings: &[Finding], suspended: Option<&str>) -> String {
    let all = findings.iter().map(|finding| {
        let places = finding.blame.iter().map(|blame| {
            let mut entry = map([
                ("object", blame.object.to_string().into()),
                ("field", blame.field.as_str().into()),
            ]);
            if let (Some((file, span)), Value::Map(entry)) = (&blame.at, &mut entry) {
                entry.insert("file".to_owned(), (&**file).into());
                entry.insert("line".to_owned(), i64::from(span.line).into());
                entry.insert("column".to_owned(), i64::from(span.column).into());
                entry.insert("start".to_owned(), number(span.start));
                entry.insert("end".to_owned(), number(span.end));
            }
            entry
        });
        let fix = finding.remedy.as_ref().map_or(Value::Null, |remedy| {
            let edits = remedy.edits.iter().map(|(file, edit)| {
                map([
                    ("file", (&**file).into()),
                    ("start", number(edit.start)),
                    ("end", number(edit.end)),
                    ("text", edit.text.as_str().into()),
                ])
            });
            map([
                ("title", remedy.title.as_str().into()),
                ("command", remedy.command.as_str().into()),
                ("edits", Value::List(edits.collect())),
            ])
        });
        map([
            ("id", finding.row.id.into()),
            ("title", finding.row.title.into()),
            ("question", finding.row.question.asked().name.into()),
            ("severity", word(finding.severity).into()),
            ("certainty", finding.certainty.word().into()),
            ("object", finding.subject.to_string().into()),
            ("namespace", (&*finding.subject.namespace).into()),
            ("kind", finding.subject.kind.name.into()),
            ("name", (&*finding.subject.name).into()),
            ("message", finding.sentence.as_str().into()),
            ("places", Value::List(places.collect())),
            ("fix", fix),
        ])
    });
    let mut text = map([
        ("findings", Value::List(all.collect())),
        ("suspended", suspended.map_or(Value::Null, Value::from)),
    ])
    .to_json();
    text.push('\n');
    text
}

/// SARIF 2.1.0, which code hosts show beside the lines; why claims are suspended is a notification of the run.
pub fn sarif(findings: &[Finding], sheets: &[Sheet], suspended: Option<&str>) -> String {
    let rules = ROWS.iter().map(|row| {
        map([
            ("id", row.id.into()),
            ("name", row.id.into()),
            ("shortDescription", map([("text", row.title.into())])),
            ("fullDescription", map([("text", row.about.into())])),
            ("helpUri", [PAGE, "#", row.id].concat().into()),
            ("help", map([("text", row.about.into())])),
            (
                "defaultConfiguration",
                map([("level", word(row.severity).into())]),
            ),
        ])
    });
    let results = findings.iter().map(|finding| {
        let index = ROWS.iter().position(|row| row.id == finding.row.id);
        let located: Vec<Value> = finding
            .blame
            .iter()
            .filter_map(|blame| blame.at.as_ref())
            .map(|(file, span)| {
                let artifact = map([("uri", (&**file).into())]);
                let region = region(span, text_of(sheets, file));
                let physical = map([("artifactLocation", artifact), ("region", region)]);
                map([("physicalLocation", physical)])
            })
            .collect();
        let mut result = map([
            ("ruleId", finding.row.id.into()),
            ("ruleIndex", number(index.unwrap_or_default())),
            ("level", word(finding.severity).into()),
            ("message", map([("text", finding.sentence.as_str().into())])),
            ("locations", Value::List(located)),
        ]);
        let fixes = fixes(finding, sheets);
        if let (Some(fixes), Value::Map(result)) = (fixes, &mut result) {
            result.insert("fixes".to_owned(), fixes);
        }
        result
    });
    let driver = map([
        ("name", "portside".into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("rules", Value::List(rules.collect())),
    ]);
    let run = map([
        ("tool", map([("driver", driver)])),
        ("invocations", Value::List(vec![invocation(suspended)])),
        ("results", Value::List(results.collect())),
        ("columnKind", "unicodeCodePoints".into()),
    ]);
    let log = map([
        ("version", "2.1.0".into()),
        (
            "$schema",
            "https://json.schemastore.org/sarif-2.1.0.json".into(),
        ),
        ("runs", Value::List(vec![run])),
    ]);
    let mut text = log.to_json();
    text.push('\n');
    text
}

/// The run itself: it succeeded, and what it says besides its results.
fn invocation(suspended: Option<&str>) -> Value {
    let notes = suspended.map(|why| {
        map([
            ("level", "note".into()),
            ("message", map([("text", why.into())])),
        ])
    });
    map([
        ("executionSuccessful", Value::Bool(true)),
        (
            "toolExecutionNotifications",
            Value::List(notes.into_iter().collect()),
        ),
    ])
}

fn region(span: &Span, text: Option<&str>) -> Value {
    let (mut line, mut column) = (span.line.max(1), span.column.max(1));
    let start = map([
        ("startLine", i64::from(line).into()),
        ("startColumn", i64::from(column).into()),
    ]);
    let body = text.and_then(|text| text.get(span.start..span.end));
    for c in body.unwrap_or_default().trim_end().chars() {
        if c == '\n' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    let Value::Map(mut region) = start else {
        return start;
    };
    region.insert("endLine".to_owned(), i64::from(line).into());
    region.insert("endColumn".to_owned(), i64::from(column).into());
    Value::Map(region)
}

/// The line and column of a byte.
fn at(text: &str, byte: usize) -> (u32, u32) {
    let before = text.get(..byte).unwrap_or_default();
    let line = before.matches('\n').count() as u32 + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() as u32 + 1;
    (line, column)
}

fn fixes(finding: &Finding, sheets: &[Sheet]) -> Option<Value> {
    let remedy = finding.remedy.as_ref().filter(|r| !r.edits.is_empty())?;
    let changes = remedy.edits.iter().filter_map(|(file, edit)| {
        let (line, column) = at(text_of(sheets, file)?, edit.start);
        let span = Span {
            start: edit.start,
            end: edit.end,
            line,
            column,
        };
        // The deleted region is exact: blanks at its end count too.
        let (end_line, end_column) = at(text_of(sheets, file)?, edit.end);
        let mut region = region(&span, None);
        if let Value::Map(region) = &mut region {
            region.insert("endLine".to_owned(), i64::from(end_line).into());
            region.insert("endColumn".to_owned(), i64::from(end_column).into());
        }
        let inserted = map([("text", edit.text.as_str().into())]);
        let replacement = map([("deletedRegion", region), ("insertedContent", inserted)]);
        Some(map([
            ("artifactLocation", map([("uri", (&**file).into())])),
            ("replacements", Value::List(vec![replacement])),
        ]))
    });
    let fix = map([
        ("description", map([("text", remedy.title.as_str().into())])),
        ("artifactChanges", Value::List(changes.collect())),
    ]);
    Some(Value::List(vec![fix]))
}

/// Workflow commands, which the log of a forge's run shows beside the lines.
pub fn github(findings: &[Finding], suspended: Option<&str>) -> String {
    let data = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    if let Some(why) = suspended {
        for part in ["::notice title=Another data path::", &data(why), "\n"] {
            out.push_str(part);
        }
    }
    for finding in findings {
        let title = [finding.row.title, " (", finding.row.id, ")"].concat();
        out.push_str("::");
        out.push_str(word(finding.severity));
        out.push(' ');
        if let Some((file, span)) = place(finding) {
            let line = span.line.max(1).to_string();
            let column = span.column.max(1).to_string();
            for part in [
                "file=",
                &property(file),
                ",line=",
                &line,
                ",col=",
                &column,
                ",",
            ] {
                out.push_str(part);
            }
        }
        for part in [
            "title=",
            &property(&title),
            "::",
            &data(&[&finding.subject.to_string(), ": ", &finding.sentence].concat()),
            "\n",
        ] {
            out.push_str(part);
        }
    }
    out
}

/// The texts with all remedies applied that do not get in each other's way; how many were applied.
pub fn mend(findings: &[Finding], sheets: &[Sheet]) -> (Vec<Sheet>, usize) {
    let mut edits: BTreeMap<Rc<str>, Vec<&Edit>> = BTreeMap::new();
    let mut applied = 0;
    for remedy in findings.iter().filter_map(|f| f.remedy.as_ref()) {
        let free = remedy.edits.iter().all(|(file, edit)| {
            let taken = edits.get(file).into_iter().flatten();
            taken.into_iter().all(|other| {
                edit.start != other.start && (edit.end <= other.start || other.end <= edit.start)
            })
        });
        if remedy.edits.is_empty() || !free {
            continue;
        }
        applied += 1;
        for (file, edit) in &remedy.edits {
            edits.entry(file.clone()).or_default().push(edit);
        }
    }
    let mended = sheets.iter().map(|sheet| {
        let mut text = sheet.text.to_string();
        let mut all = edits.get(&sheet.file).cloned().unwrap_or_default();
        crate::kernel::Arrange::arrange_by_key(all.as_mut_slice(), |edit| {
            std::cmp::Reverse(edit.start)
        });
        for edit in all {
            if text.get(edit.start..edit.end).is_some() {
                text.replace_range(edit.start..edit.end, &edit.text);
            }
        }
        Sheet {
            file: sheet.file.clone(),
            text: text.into(),
        }
    });
    (mended.collect(), applied)
}
