//! What is collected of a real cluster is what the doctor reads. That it suffices, `doctor.rs` shows: each example's dump is
//! made by this command.

use super::command::portside;
use portside::api::Kind;
use portside::api::kind::{KINDS, KindRef, SECRET};
use portside::doctor::COLLECT;
use std::fs;
use std::path::Path;

/// The kinds that the command names.
fn collected() -> Vec<KindRef> {
    let words: Vec<&str> = COLLECT.split(' ').collect();
    assert_eq!(
        words[..2],
        ["kubectl", "get"],
        "it reads and changes nothing"
    );
    assert_eq!(words[3..], ["-A", "-o", "yaml", ">", "dump.yaml"]);
    let kinds = words[2].split(',').flat_map(|word| match word {
        "all" => KINDS.iter().copied().filter(|kind| kind.in_all).collect(),
        word => vec![Kind::by_resource(word).unwrap()],
    });
    kinds.collect()
}

/// `CONFIG_MAP`, as the sources call the kind `ConfigMap`.
fn constant(kind: KindRef) -> String {
    let mut name = String::new();
    for letter in kind.name.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[test]
fn every_kind_that_a_diagnosis_reads_is_collected_and_no_secret() {
    let collected = collected();
    assert!(!collected.contains(&SECRET));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/doctor");
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("kind::") {
            let rest = &text[at + "kind::".len()..];
            let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_');
            let name = &rest[..end.unwrap_or(rest.len())];
            let Some(kind) = KINDS.iter().find(|kind| constant(kind) == name) else {
                continue;
            };
            read += 1;
            let path = path.display();
            assert!(
                collected.contains(kind),
                "{path} reads {kind:?}, which {COLLECT:?} leaves out"
            );
        }
    }
    assert!(
        read > 50,
        "the sources name kinds otherwise than this test believes"
    );
}

#[test]
fn the_help_of_diagnose_and_the_documentation_give_the_command() {
    let (status, out, _) = portside(&["diagnose", "--help"], "");
    assert_eq!(status, 0);
    assert!(out.contains(COLLECT), "{out}");
    let page = include_str!("../../docs/diagnoses.md");
    assert!(page.contains(&format!("\n{COLLECT}\n")), "{page}");
}
