//! `ConfigMap`s and Secrets: their keys, their size, and what an update may change.

use super::checker::{Checker, text};
use super::name;
use crate::api::{FieldError, Map, Value};

/// How much they hold at most.
const LARGEST: usize = 1 << 20;

/// What kinds of Secrets must hold.
const KEYS: &[(&str, &[&str])] = &[
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
];

/// What is wrong with a `ConfigMap` or a Secret.
pub(super) fn validate(fields: &Map, is_secret: bool, errors: &mut Vec<FieldError>) {
    let checker = &mut Checker::new("", errors);
    let mut size = 0;
    for part in ["data", "binaryData"] {
        for (key, value) in fields
            .get(part)
            .and_then(Value::as_map)
            .into_iter()
            .flatten()
        {
            let length = value.as_str().map_or(0, str::len);
            // Bytes are written in base 64: four letters for three of them.
            let coded = is_secret || part == "binaryData";
            size += if coded { length / 4 * 3 } else { length };
            checker.within(&format!("{part}[{key}]"), |checker| {
                checker.grammar(key, name::config_key);
                let other = if part == "data" { "binaryData" } else { "data" };
                if fields.get(other).and_then(|other| other.get(key)).is_some() {
                    let why = format!("duplicate of key present in {other}");
                    checker.invalid(&Value::from(key.as_str()), &why);
                }
            });
        }
    }
    if size > LARGEST {
        let why = format!("Too long: may not be more than {LARGEST} bytes");
        checker.within(if is_secret { "data" } else { "" }, |c| c.say(why));
    }
    if !is_secret {
        return;
    }
    let type_ = text(fields, "type");
    let data = fields
        .get("data")
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    let missing = |checker: &mut Checker<'_>, key: &str| {
        checker.within(&format!("data[{key}]"), |c| c.say("Required value"));
    };
    let row = KEYS.iter().find(|(kind, _)| *kind == type_);
    for key in row.map_or(&[][..], |(_, keys)| keys) {
        if !data.contains_key(*key) {
            missing(checker, key);
        }
    }
    let basic = ["username", "password"];
    if type_ == "kubernetes.io/basic-auth" && !basic.iter().any(|key| data.contains_key(*key)) {
        basic.iter().for_each(|key| missing(checker, key));
    }
}

/// What an update may change of a `ConfigMap` or a Secret.
pub(super) fn validate_update(new: &Map, old: &Map, is_secret: bool, errors: &mut Vec<FieldError>) {
    let checker = &mut Checker::new("", errors);
    if is_secret && new.get("type") != old.get("type") {
        let value = Value::from(text(new, "type"));
        checker.within("type", |c| c.invalid(&value, "field is immutable"));
    }
    if old.get("immutable") != Some(&Value::Bool(true)) {
        return;
    }
    let why = "Forbidden: field is immutable when `immutable` is set";
    for field in ["immutable", "data", "binaryData"] {
        if new.get(field) != old.get(field) {
            checker.within(field, |c| c.say(why));
        }
    }
}
