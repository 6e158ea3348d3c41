//! Where containers see their volumes (`ValidateVolumeMounts`, `ValidateVolumeDevices`).

use super::affinity::list;
use super::checker::{Check, Checker, Row, text};
use crate::api::{Map, Value};
use crate::kernel::BTreeSet;

/// The texts of a field of each struct of a list.
fn texts<'a>(container: &'a Map, key: &str, field: &str) -> BTreeSet<&'a str> {
    let items = list(container, key).iter().filter_map(Value::as_map);
    items.map(|item| text(item, field)).collect()
}

/// Mounts name volumes that are there, each at a path of its own.
pub(super) fn volume_mounts(checker: &mut Checker<'_>, container: &Map) {
    let mut paths = BTreeSet::new();
    let devices = texts(container, "volumeDevices", "name");
    let device_paths = texts(container, "volumeDevices", "devicePath");
    let mounts = list(container, "volumeMounts")
        .iter()
        .filter_map(Value::as_map);
    checker.within("volumeMounts", |checker| {
        for (i, mount) in mounts.enumerate() {
            let (volume, path) = (text(mount, "name"), text(mount, "mountPath"));
            checker.within(&format!("[{i}]"), |checker| {
                let is_there = checker.volumes.contains(volume);
                checker.within("name", |checker| {
                    if volume.is_empty() {
                        checker.say("Required value");
                    }
                    if !is_there {
                        checker.say(format!("Not found: {volume:?}"));
                    }
                });
                checker.within("mountPath", |checker| {
                    if path.is_empty() {
                        checker.say("Required value");
                    }
                    if !paths.insert(path) {
                        checker.invalid(&path.into(), "must be unique");
                    }
                });
                if devices.contains(volume) {
                    let why = "must not already exist in volumeDevices";
                    checker.within("name", |c| c.invalid(&volume.into(), why));
                }
                if device_paths.contains(path) {
                    let why = "must not already exist as a path in volumeDevices";
                    checker.within("mountPath", |c| c.invalid(&path.into(), why));
                }
            });
            // Of what follows the server names the list, and not the item.
            below(checker, text(mount, "subPath"), "subPath");
            let expression = text(mount, "subPathExpr");
            if !expression.is_empty() && !text(mount, "subPath").is_empty() {
                let why = "subPathExpr and subPath are mutually exclusive";
                checker.within(&format!("[{i}].subPathExpr"), |c| {
                    c.invalid(&expression.into(), why);
                });
            }
            below(checker, expression, "subPathExpr");
            propagation(checker, mount, container);
            read_only(checker, mount);
        }
    });
}

/// A path leads down (`validateLocalDescendingPath`).
pub(super) fn below(checker: &mut Checker<'_>, path: &str, field: &str) {
    checker.within(field, |checker| {
        if path.starts_with('/') {
            checker.invalid(&path.into(), "must be a relative path");
        }
        if path.split('/').any(|part| part == "..") {
            checker.invalid(&path.into(), "must not contain '..'");
        }
    });
}

/// Only who may do everything mounts for others too.
fn propagation(checker: &mut Checker<'_>, mount: &Map, container: &Map) {
    let words: &'static [Row] = &[(
        "mountPropagation",
        Check::OneOf(&["Bidirectional", "HostToContainer", "None"]),
    )];
    checker.run(mount, words);
    let context = container.get("securityContext");
    let privileged = context.and_then(|c| c.at(&["privileged"])) == Some(&Value::Bool(true));
    if text(mount, "mountPropagation") == "Bidirectional" && !privileged {
        let why =
            "Forbidden: Bidirectional mount propagation is available only to privileged containers";
        checker.within("mountPropagation", |c| c.say(why));
    }
}

/// What is read only all the way down is read only, and shows nothing to others.
fn read_only(checker: &mut Checker<'_>, mount: &Map) {
    let policy = text(mount, "recursiveReadOnly");
    if policy.is_empty() {
        return;
    }
    let propagation = text(mount, "mountPropagation");
    checker.within("recursiveReadOnly", |checker| match policy {
        "Disabled" => {}
        "Enabled" | "IfPossible" => {
            if mount.get("readOnly") != Some(&Value::Bool(true)) {
                checker.say("Forbidden: may only be specified when readOnly is true");
            }
            if !["", "None"].contains(&propagation) {
                checker.say("Forbidden: may only be specified when mountPropagation is None or not specified");
            }
        }
        other => checker.say(format!("Unsupported value: {other:?}: supported values: \"Disabled\", \"Enabled\", \"IfPossible\"")),
    });
}

/// Devices name claims, each at a path of its own.
pub(super) fn volume_devices(checker: &mut Checker<'_>, container: &Map) {
    let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
    let mounts = texts(container, "volumeMounts", "name");
    let mount_paths = texts(container, "volumeMounts", "mountPath");
    let devices = list(container, "volumeDevices")
        .iter()
        .filter_map(Value::as_map);
    for (i, device) in devices.enumerate() {
        let (name, path) = (text(device, "name"), text(device, "devicePath"));
        let is_there = checker.volumes.contains(name);
        let is_claim = checker.claims.contains(name);
        let mut of_name = Vec::new();
        let mut of_path = Vec::new();
        if name.is_empty() {
            of_name.push("");
        }
        if names.contains(name) {
            of_name.push("must be unique");
        }
        if is_there && !is_claim {
            of_name.push("can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
        }
        if path.is_empty() {
            of_path.push("");
        }
        if paths.contains(path) {
            of_path.push("must be unique");
        }
        if path.split('/').any(|part| part == "..") {
            of_path.push("can not contain backsteps ('..')");
        } else {
            paths.insert(path);
        }
        checker.within(&format!("volumeDevices[{i}]"), |checker| {
            checker.within("name", |checker| {
                all(checker, name, &of_name);
                if !is_there {
                    checker.say(format!("Not found: {name:?}"));
                }
            });
            checker.within("devicePath", |c| all(c, path, &of_path));
            if mounts.contains(name) {
                checker.within("name", |c| {
                    all(c, name, &["must not already exist in volumeMounts"]);
                });
            }
            if mount_paths.contains(path) {
                let why = "must not already exist as a path in volumeMounts";
                checker.within("devicePath", |c| all(c, path, &[why]));
            }
        });
        if !name.is_empty() {
            names.insert(name);
        }
    }
}

/// Says all that is wrong with a text; no words stand for a text that is missing.
fn all(checker: &mut Checker<'_>, value: &str, faults: &[&str]) {
    for why in faults {
        match *why {
            "" => checker.say("Required value"),
            why => checker.invalid(&value.into(), why),
        }
    }
}
