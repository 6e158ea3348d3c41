//! Security contexts of Pods and containers (`ValidateSecurityContext`, `validatePodSpecSecurityContext`).

use super::checker::{Check, Checker, Row, text};
use crate::api::{Map, Value};
use Check::{Also, One, OneOf, Within};

/// The largest number of a user or a group.
const IDS: Check = Within(0, 2_147_483_647);

/// The rows of a Pod's `securityContext`.
pub(super) const POD: &[Row] = &[
    ("fsGroup", IDS),
    ("runAsUser", IDS),
    ("runAsGroup", IDS),
    ("supplementalGroups", Also(groups)),
    ("fsGroupChangePolicy", OneOf(&["Always", "OnRootMismatch"])),
    ("seccompProfile", One(SECCOMP)),
    ("appArmorProfile", One(APP_ARMOR)),
    ("supplementalGroupsPolicy", OneOf(&["Merge", "Strict"])),
    ("seLinuxChangePolicy", OneOf(&["MountOption", "Recursive"])),
];

/// The rows of a container's `securityContext`.
pub(super) const CONTAINER: &[Row] = &[
    ("runAsUser", IDS),
    ("runAsGroup", IDS),
    ("procMount", OneOf(&["Default", "Unmasked"])),
    ("seccompProfile", One(SECCOMP)),
    ("", Also(escalation)),
    ("appArmorProfile", One(APP_ARMOR)),
];

const SECCOMP: &[Row] = &[("", Also(|checker, map| profile(checker, map, "seccomp")))];
const APP_ARMOR: &[Row] = &[("", Also(|checker, map| profile(checker, map, "AppArmor")))];

/// A profile is of the runtime, of the node, or none.
fn profile(checker: &mut Checker<'_>, map: &Map, what: &str) {
    let (type_, local) = (text(map, "type"), map.get("localhostProfile"));
    let local = local.filter(|local| **local != Value::Null);
    match type_ {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => {
            let field = if what == "seccomp" { "seccompProfile" } else { "appArmorProfile" };
            let why = format!("Required value: type is required when {field} is set");
            checker.within("type", |c| c.say(why));
        }
        other => checker.within("type", |c| {
            c.say(format!("Unsupported value: {other:?}: supported values: \"Localhost\", \"RuntimeDefault\", \"Unconfined\""));
        }),
    }
    checker.within("localhostProfile", |checker| match (type_, local) {
        ("Localhost", None) => {
            checker.say(format!(
                "Required value: must be set when {what} type is Localhost"
            ));
        }
        ("Localhost", Some(_)) | (_, None) => {}
        (_, Some(local)) => {
            checker.invalid(
                local,
                &format!("can only be set when {what} type is Localhost"),
            );
        }
    });
}

fn groups(checker: &mut Checker<'_>, context: &Map) {
    let list = context.get("supplementalGroups").and_then(Value::as_list);
    for (i, group) in list.unwrap_or_default().iter().enumerate() {
        if group
            .as_int()
            .is_some_and(|id| !(0..=2_147_483_647).contains(&id))
        {
            let why = "must be between 0 and 2147483647, inclusive";
            checker.within(&format!("supplementalGroups[{i}]"), |c| {
                c.invalid(group, why);
            });
        }
    }
}

/// Who may do everything may not be kept from gaining rights.
fn escalation(checker: &mut Checker<'_>, context: &Map) {
    let is = |key: &str, wanted: bool| context.get(key) == Some(&Value::Bool(wanted));
    if !is("allowPrivilegeEscalation", false) {
        return;
    }
    let shown = Value::Map(context.clone());
    if is("privileged", true) {
        let why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        checker.invalid(&shown, why);
    }
    let added = context.get("capabilities").and_then(|c| c.at(&["add"]));
    let added = added.and_then(Value::as_list).unwrap_or_default();
    if added
        .iter()
        .any(|name| name.as_str() == Some("CAP_SYS_ADMIN"))
    {
        let why =
            "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
        checker.invalid(&shown, why);
    }
}
