//! The checksum by which `reload` tells configurations apart: of the parsed server blocks as JSON, so that a comment or
//! a blank does not count.
//!
//! Models `parse` and `hook` of `CoreDNS`'s `plugin/reload`.

use super::blocks::ServerBlock;
use crate::kernel::{BTreeMap, push_hex, sha512_hex};

/// The checksum that `CoreDNS` logs.
pub(super) fn fingerprint(blocks: &[ServerBlock]) -> String {
    let mut json = String::from("[");
    for (i, block) in blocks.iter().enumerate() {
        json.push_str(if i == 0 {
            "{\"Keys\":["
        } else {
            ",{\"Keys\":["
        });
        for (i, key) in block.keys.iter().enumerate() {
            json.push_str(if i == 0 { "" } else { "," });
            push_text(&mut json, key);
        }
        json.push_str("],\"Tokens\":{");
        push_tokens(&mut json, block);
        json.push_str("}}");
    }
    json.push(']');
    sha512_hex(&json)
}

/// The words of each directive, in the order of the directives' names.
fn push_tokens(json: &mut String, block: &ServerBlock) {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, words) in &block.words {
        let list = all.entry(name).or_default();
        for word in words {
            let mut item = format!("{{\"File\":\"\",\"Line\":{},\"Text\":", word.line);
            push_text(&mut item, &word.text);
            item.push('}');
            list.push(item);
        }
    }
    for (i, (name, words)) in all.iter().enumerate() {
        json.push_str(if i == 0 { "" } else { "," });
        push_text(json, name);
        json.push_str(":[");
        json.push_str(&words.join(","));
        json.push(']');
    }
}

/// A text as Go writes it in JSON.
fn push_text(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let mut hex = String::new();
                push_hex(&mut hex, u64::from(c));
                json.push_str("\\u");
                json.push_str(hex.get(12..).unwrap_or_default());
            }
            c => json.push(c),
        }
    }
    json.push('"');
}
