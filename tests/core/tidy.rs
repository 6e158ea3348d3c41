//! The project's own rules, held by reading its sources.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers in order; each imports only layers that stand before it. Layers of one row are siblings.
const LAYERS: &[&[&str]] = &[
    &["kernel"],
    &["api"],
    &["manifest"],
    &["store"],
    &["controllers", "dns", "net"],
    &["cluster"],
    &["doctor"],
    &["words"],
    &["chart"],
    &["shell"],
    &["lesson"],
    &["share"],
    &["web"],
    &["ui"],
];

/// The most lines of a file of logic; tables, which say so in their first line, may be longer.
const MOST_LINES: usize = 600;

/// Words that must not occur in the core, each with the reason.
const BANNED: &[(&str, &str)] = &[
    ("HashMap", "its order differs between native and wasm"),
    ("HashSet", "its order differs between native and wasm"),
    ("Instant::now", "time is an argument"),
    ("SystemTime", "time is an argument"),
    ("f64", "the core computes with whole numbers"),
    ("f32", "the core computes with whole numbers"),
    ("thread::", "the core is one thread"),
    (
        "collections::BTree",
        "kernel::BTreeMap and BTreeSet are collected without a sort of their own each",
    ),
    (
        "collections::{BTree",
        "kernel::BTreeMap and BTreeSet are collected without a sort of their own each",
    ),
    (".sort()", "kernel::Arrange has one sort for all items"),
    (".sort_by(", "kernel::Arrange has one sort for all items"),
    (
        ".sort_by_key(",
        "kernel::Arrange has one sort for all items",
    ),
    (
        ".sort_unstable",
        "kernel::Arrange has one sort for all items",
    ),
];

/// Names of browser crates, which only `web`, `ui` and the page's binary may use.
const BROWSER: &[&str] = &["web_sys", "js_sys", "gloo", "wasm_bindgen", "yew"];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Each file of `src` with its path from there and its text.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let name = |path: &Path| {
        path.strip_prefix(&root)
            .expect("below src")
            .to_string_lossy()
            .replace('\\', "/")
    };
    sources(&root)
        .iter()
        .map(|p| (name(p), fs::read_to_string(p).expect("text")))
        .collect()
}

fn layer_of(file: &str) -> Option<usize> {
    let first = file.split(['/', '.']).next()?;
    LAYERS.iter().position(|row| row.contains(&first))
}

/// The code of a file, without comments and without what follows its tests.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    let line = |l: &str| l.split("//").next().unwrap_or_default().to_owned();
    body.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn report(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

#[test]
fn every_file_says_what_it_owns() {
    let silent = files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(file, _)| file);
    report("a file starts with //!", &silent.collect::<Vec<_>>());
}

#[test]
fn a_file_is_a_screenful_of_ideas() {
    let long = |(file, text): (String, String)| {
        let lines = text.lines().count();
        let table = text.starts_with("//! table:");
        (lines > MOST_LINES && !table).then(|| format!("{file}: {lines} lines"))
    };
    report(
        "a file has at most 600 lines",
        &files().into_iter().filter_map(long).collect::<Vec<_>>(),
    );
}

#[test]
fn a_layer_imports_only_layers_above_it() {
    let mut faults = Vec::new();
    for (file, text) in files() {
        let Some(own) = layer_of(&file) else { continue };
        let name = file.split(['/', '.']).next().unwrap_or_default();
        for (at, _) in text.match_indices("crate::") {
            let rest = &text[at + "crate::".len()..];
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            let other = &rest[..end];
            let Some(theirs) = LAYERS.iter().position(|row| row.contains(&other)) else {
                continue;
            };
            if theirs > own || (theirs == own && other != name) {
                faults.push(format!("{file} imports {other}"));
            }
        }
    }
    faults.sort();
    faults.dedup();
    report("layers are ordered", &faults);
}

#[test]
fn the_core_has_no_clock_no_dice_and_no_browser() {
    let mut faults = Vec::new();
    for (file, text) in files() {
        let core = !["web/", "ui/", "web.", "ui.", "main.rs", "bin/"]
            .iter()
            .any(|start| file.starts_with(start));
        if !core {
            continue;
        }
        let code = code(&text);
        let words: Vec<&str> = code
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        for (word, why) in BANNED
            .iter()
            .filter(|(word, _)| code.contains(word) && !word.is_empty())
        {
            let whole = word.contains(':') || words.contains(word);
            if whole {
                faults.push(format!("{file} uses {word}: {why}"));
            }
        }
        for word in BROWSER.iter().filter(|word| words.contains(word)) {
            faults.push(format!("{file} names {word}: only web and ui may"));
        }
    }
    report("the core is deterministic and has no browser", &faults);
}

#[test]
fn one_file_names_the_yaml_crates() {
    let named = |(file, text): &(String, String)| {
        let code = code(text);
        file != "manifest/yaml.rs"
            && ["serde_yaml", "saphyr"]
                .iter()
                .any(|word| code.contains(word))
    };
    let faults = files().into_iter().filter(named).map(|(file, _)| file);
    report(
        "only manifest/yaml.rs names serde_yaml and saphyr",
        &faults.collect::<Vec<_>>(),
    );
}

#[test]
fn nothing_is_left_undone() {
    let mut faults = Vec::new();
    for (file, text) in files() {
        for word in ["todo!(", "unimplemented!(", "dbg!("] {
            if code(&text).contains(word) {
                faults.push(format!("{file}: {word}"));
            }
        }
        if code(&text).contains("println!(") && !file.starts_with("bin/") {
            faults.push(format!("{file}: println!("));
        }
    }
    report("no stub is left", &faults);
}

#[test]
fn the_changelog_has_a_section_for_what_is_not_released() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md");
    let text = fs::read_to_string(path).unwrap_or_default();
    assert!(
        text.contains("## [Unreleased]"),
        "CHANGELOG.md has an Unreleased section"
    );
}

/// Names that are the same in every language, and keys.
const NAMES: &[&str] = &["Portside", "Ctrl"];

#[test]
fn texts_of_the_interface_stand_in_one_catalogue() {
    let marks = ["aria-label=\"", "title=\"", "placeholder=\"", "{ \""];
    let mut faults = Vec::new();
    for (file, text) in files() {
        if !file.starts_with("ui/") || file == "ui/words.rs" {
            continue;
        }
        for (number, line) in (1..).zip(code(&text).lines()) {
            for mark in marks {
                let after = line.split(mark).skip(1);
                let said = after.filter(|rest| {
                    rest.starts_with(|c: char| c.is_ascii_uppercase())
                        && !NAMES.iter().any(|name| rest.starts_with(name))
                });
                faults.extend(said.map(|rest| {
                    format!(
                        "{file}:{number}: {}",
                        rest.split('"').next().unwrap_or_default()
                    )
                }));
            }
        }
    }
    report("a text is a row of ui/words.rs", &faults);
}

#[test]
fn nothing_of_the_page_bears_a_style_of_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<(String, String)> = files()
        .into_iter()
        .filter(|(file, _)| file.starts_with("ui/"))
        .map(|(file, text)| (file, code(&text)))
        .collect();
    for file in ["index.html", "www/poster.html", "src/ui/sprite.svg"] {
        let text = fs::read_to_string(root.join(file)).expect("the file is there");
        texts.push((file.to_owned(), text));
    }
    let mut faults = Vec::new();
    for (file, text) in texts {
        for mark in [" style=", "<style", "\"style\"", " onclick=\""] {
            if text.contains(mark) {
                faults.push(format!("{file}: {mark}"));
            }
        }
    }
    report(
        "the content security policy allows no inline style",
        &faults,
    );
}
