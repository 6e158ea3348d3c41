//! What the API server's validation says of objects of each kind, and in which order (`tests/scenarios/validation.rules`,
//! which `UPDATE=1` rewrites).

use crate::merge_patch::merge;
use portside::api::validation::validate;
use portside::api::{Object, defaults};
use portside::manifest::{Limits, read};
use serde_json::Value;
use std::fmt::Write as _;

/// The object with its defaults that a patch makes of the section's; `/PATH {…}` patches what is there.
fn changed(base: &Value, patch: &str) -> Object {
    let (at, patch) = patch.split_at(
        patch
            .find(' ')
            .filter(|_| patch.starts_with('/'))
            .unwrap_or(0),
    );
    let mut whole = base.clone();
    let patch = serde_json::from_str(patch).unwrap_or_else(|why| panic!("{patch}: {why}"));
    merge(whole.pointer_mut(at).unwrap(), &patch);
    let read = read(&whole.to_string(), &Limits::PASTED);
    let mut object = Object::from_value(read.documents[0].value()).unwrap();
    object.meta.uid = "1-2-3".into();
    defaults::apply(&mut object);
    object
}

#[test]
fn objects_are_refused_in_the_servers_words_and_order() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/scenarios/validation.rules"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let (head, sections) = text.split_once("\n\n").unwrap();
    let (mut base, mut told) = (Value::Null, format!("{head}\n\n"));
    for line in sections.lines().filter(|line| !line.starts_with('!')) {
        writeln!(told, "{line}").unwrap();
        if let Some(object) = line.strip_prefix("--- ") {
            base = serde_json::from_str(object).unwrap();
            continue;
        }
        let (old, new) = match line.split(" | ").collect::<Vec<_>>()[..] {
            [_, new] => (None, new),
            [_, old, new] => (Some(changed(&base, old)), new),
            _ => continue,
        };
        for fault in validate(&changed(&base, new), old.as_ref()) {
            writeln!(told, "! {}: {}", fault.field, fault.detail).unwrap();
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &told).unwrap();
    }
    let differs = text.lines().zip(told.lines()).find(|(was, is)| was != is);
    assert!(
        text == told || std::env::var_os("UPDATE").is_some(),
        "{differs:?}"
    );
}
