//! docs/diagnoses.md, and the page that ships with the application, are made from the table of diagnoses; `UPDATE=1` writes
//! both anew.

use portside::doctor::{Asked, COLLECT, QUESTIONS, ROWS, Row};
use portside::manifest::Severity;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::fmt::Write;
use std::fs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/diagnoses.md");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/docs/diagnoses.html");

const HEAD: &str = "\
# Diagnoses

What `why`, `portside diagnose` and the page find when a Service does not answer, in the order of the questions of the
Kubernetes page [Debug Services](https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/).

A diagnosis is *proven* when what was given proves it, *likely* when what is known of an image or of the usual case speaks
for it. What the input cannot show (the listening process in a dump, connection tracking, the MTU, a firewall) is answered
with \u{2013} and the command that settles it on the real cluster. Signs of another data path, Cilium in the place of kube-proxy
or Istio's sidecars, suspend what is said of kube-proxy's rules.

## From a real cluster

This collects what the doctor needs, without Secrets, and changes nothing:

```sh
{COLLECT}
portside redact dump.yaml > masked.yaml
portside diagnose --restore masked.yaml
```

`portside redact` masks the values of variables and annotations, and the data of ConfigMaps; without them the doctor cannot
say which hosts your programs ask for.
";

#[test]
fn the_page_of_diagnoses_is_up_to_date() {
    let mut page = head();
    for asked in QUESTIONS {
        writeln!(page, "\n## {}", asked.text).unwrap();
        for row in ROWS.iter().filter(|row| row.question == asked.question) {
            writeln!(
                page,
                "\n### {}\n\n**{}.** {}\n",
                row.id, row.title, row.about
            )
            .unwrap();
            let (found, says) = (found(row), row.sentence);
            writeln!(page, "{found} It says: \u{201c}{says}\u{201d}").unwrap();
        }
    }
    is_up_to_date(FILE, &page);
}

#[test]
fn the_page_that_ships_is_up_to_date() {
    is_up_to_date(PAGE, &html());
}

/// The beginning of both pages.
fn head() -> String {
    HEAD.replace("{COLLECT}", COLLECT)
}

/// `Error; found in manifests.`
fn found(row: &Row) -> String {
    let severity = match row.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
    };
    let inputs: Vec<&str> = row.inputs.iter().map(|input| input.word()).collect();
    format!("{severity}; found in {}.", inputs.join(", "))
}

fn is_up_to_date(file: &str, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(file, text).unwrap();
    }
    let written = fs::read_to_string(file).unwrap_or_default();
    assert_eq!(written, text, "UPDATE=1 writes {file} anew");
}

/// Markdown as HTML.
fn marked(text: &str) -> String {
    let mut out = String::new();
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Paragraph) => out.push_str("<p>"),
            Event::End(TagEnd::Paragraph) => out.push_str("</p>\n"),
            Event::Start(Tag::CodeBlock(_)) => out.push_str("<pre tabindex=\"0\">"),
            Event::End(TagEnd::CodeBlock) => out.push_str("</pre>\n"),
            Event::Start(Tag::Emphasis) => out.push_str("<em>"),
            Event::End(TagEnd::Emphasis) => out.push_str("</em>"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                write!(out, "<a href=\"{}\">", escaped(&dest_url)).unwrap();
            }
            Event::End(TagEnd::Link) => out.push_str("</a>"),
            Event::Code(text) => write!(out, "<code>{}</code>", escaped(&text)).unwrap(),
            Event::Text(text) => out.push_str(&escaped(&text)),
            Event::SoftBreak => out.push('\n'),
            other => panic!("the page has nothing for {other:?}"),
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// `Does the Service exist?` as an anchor.
fn anchor(asked: &Asked) -> String {
    format!("question-{}", asked.name.to_lowercase())
}

/// The page that ships: no script, no style of its own, one anchor for each diagnosis.
fn html() -> String {
    let head = head();
    let (title, rest) = head.split_once("\n\n").unwrap();
    let title = title.trim_start_matches("# ");
    let (about, cluster) = rest.split_once("\n## ").unwrap();
    let (heading, cluster) = cluster.split_once("\n\n").unwrap();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
        <title>{title} \u{b7} Portside</title>\n\
        <meta name=\"description\" content=\"Every reason that Portside's doctor knows why a Kubernetes Service does not answer.\">\n\
        <link rel=\"stylesheet\" href=\"docs.css\">\n</head>\n<body>\n\
        <header><a href=\"../index.html\">Portside</a></header>\n<main>\n<h1>{title}</h1>\n{}",
        marked(about)
    );
    page.push_str("<nav aria-label=\"All diagnoses\">\n");
    for asked in QUESTIONS {
        writeln!(page, "<details>\n<summary>{}</summary>\n<ul>", asked.text).unwrap();
        for row in ROWS.iter().filter(|row| row.question == asked.question) {
            writeln!(
                page,
                "<li><a href=\"#{}\">{}</a></li>",
                row.id,
                escaped(row.title)
            )
            .unwrap();
        }
        page.push_str("</ul>\n</details>\n");
    }
    page.push_str("</nav>\n");
    write!(
        page,
        "<h2 id=\"from-a-real-cluster\">{heading}</h2>\n{}",
        marked(cluster)
    )
    .unwrap();
    for asked in QUESTIONS {
        writeln!(page, "<h2 id=\"{}\">{}</h2>", anchor(asked), asked.text).unwrap();
        for row in ROWS.iter().filter(|row| row.question == asked.question) {
            section(row, &mut page);
        }
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// A diagnosis; the names in its sentence are set apart.
fn section(row: &Row, page: &mut String) {
    let class = match row.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let sentence = escaped(row.sentence)
        .replace('{', "<var>")
        .replace('}', "</var>");
    write!(
        page,
        "<section id=\"{id}\" class=\"{class}\">\n<h3>{title} <a href=\"#{id}\"><code>{id}</code></a></h3>\n{about}\
        <p class=\"says\">\u{201c}{sentence}\u{201d}</p>\n<p class=\"meta\">{found}</p>\n</section>\n",
        id = row.id,
        title = escaped(row.title),
        about = marked(row.about),
        found = found(row),
    )
    .unwrap();
}

#[test]
fn each_diagnosis_has_a_slug_of_its_own() {
    let mut ids: Vec<&str> = ROWS.iter().map(|row| row.id).collect();
    let all = ids.len();
    assert!(
        ids.iter()
            .all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
    );
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}
