//! Volumes: what the table of rules cannot say of those that are files made of other things.

use super::affinity::list;
use super::checker::{Checker, Row, text};
use super::container::{field_path, resource_field};
use super::pod;
use super::rules::{DOWNWARD_FILE, KEY_TO_PATH};
use crate::api::{Map, Value, quantity};
use crate::kernel::BTreeSet;

/// The fields of a Pod that a file may hold.
const FILE_PATHS: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];

/// How much an empty directory may hold.
pub(super) fn size_limit(checker: &mut Checker<'_>, source: &Map) {
    let size = source
        .get("sizeLimit")
        .and_then(|size| quantity(size, 1_000));
    if size.is_some_and(|size| size < 0) {
        let why = "Forbidden: SizeLimit field must be a valid resource quantity";
        checker.within("sizeLimit", |c| c.say(why));
    }
}

/// A file holds a field of the Pod or an amount of a container's.
pub(super) fn downward(checker: &mut Checker<'_>, file: &Map) {
    let part = |key: &str| file.get(key).and_then(Value::as_map);
    match (part("fieldRef"), part("resourceFieldRef")) {
        (Some(field), other) => {
            checker.within("fieldRef", |c| field_path(c, field, &FILE_PATHS));
            if other.is_some() {
                let why = "fieldRef and resourceFieldRef can not be specified simultaneously";
                checker.invalid(&"resource".into(), why);
            }
        }
        (None, Some(amount)) => checker.within("resourceFieldRef", |checker| {
            if text(amount, "containerName").is_empty() {
                checker.within("containerName", |c| c.say("Required value"));
            } else {
                resource_field(checker, amount);
            }
        }),
        (None, None) => {
            checker.say("Required value: one of fieldRef and resourceFieldRef is required");
        }
    }
}

/// The files of several sources, each at a path of its own (`validateProjectionSources`).
pub(super) fn projected(checker: &mut Checker<'_>, volume: &Map) {
    let mut paths = BTreeSet::new();
    let kinds: [(&str, &'static [Row]); 3] = [
        ("secret", KEY_TO_PATH),
        ("configMap", KEY_TO_PATH),
        ("downwardAPI", DOWNWARD_FILE),
    ];
    let sources = list(volume, "sources").iter().filter_map(Value::as_map);
    for (i, source) in sources.enumerate() {
        let part = |key: &str| source.get(key).and_then(Value::as_map);
        let mut found = 0;
        for (kind, rows) in kinds {
            let Some(own) = part(kind) else { continue };
            found += 1;
            let at = format!("sources[{i}].{kind}");
            let of = text(own, "name");
            if kind != "downwardAPI" && of.is_empty() {
                checker.within(&format!("{at}.name"), |c| c.say("Required value"));
            }
            for (j, item) in list(own, "items").iter().enumerate() {
                let Value::Map(item) = item else { continue };
                checker.within(&format!("{at}.items[{j}]"), |c| c.run(item, rows));
                let path = text(item, "path");
                if !path.is_empty() && !paths.insert(path) {
                    let whose = if kind == "downwardAPI" { path } else { of };
                    checker.invalid(&whose.into(), "conflicting duplicate paths");
                }
            }
        }
        if let Some(token) = part("serviceAccountToken") {
            found += 1;
            checker.within(&format!("sources[{i}].serviceAccountToken"), |c| {
                service_account_token(c, token);
            });
        }
        if found > 1 {
            let why = "Forbidden: may not specify more than 1 volume type per source";
            checker.within(&format!("sources[{i}]"), |c| c.say(why));
        }
    }
}

fn service_account_token(checker: &mut Checker<'_>, token: &Map) {
    let seconds = token
        .get("expirationSeconds")
        .and_then(Value::as_int)
        .unwrap_or(3_600);
    let why = if seconds < 600 {
        "may not specify a duration less than 10 minutes"
    } else {
        "may not specify a duration larger than 2^32 seconds"
    };
    if !(600..=1 << 32).contains(&seconds) {
        checker.within("expirationSeconds", |c| {
            c.invalid(&Value::Int(seconds), why);
        });
    }
    if text(token, "path").is_empty() {
        checker.within("path", |c| c.say("Required value"));
    } else {
        pod::local_path(checker, token);
    }
}

/// The volumes that are claims, or become some.
pub(super) fn claims(spec: &Map) -> BTreeSet<String> {
    let volumes = list(spec, "volumes").iter().filter_map(Value::as_map);
    let claims = volumes.filter(|volume| {
        volume.contains_key("persistentVolumeClaim") || volume.contains_key("ephemeral")
    });
    claims
        .map(|volume| text(volume, "name").to_owned())
        .collect()
}
