//! Security contexts of Pods and containers (`ValidateSecurityContext`, `validatePodSpecSecurityContext`).

use super::checker::{Check, Checker, Row, internal, text};
use super::container::unsupported_of;
use super::mounts::below;
use crate::api::{Map, Value};
use crate::kernel::BTreeSet;
use Check::{Also, One, OneOf, Within};

/// The largest number of a user or a group.
const IDS: Check = Within(0, 2_147_483_647);

/// The rows of a Pod's `securityContext`.
pub(super) const POD: &[Row] = &[
    ("fsGroup", IDS),
    ("runAsUser", IDS),
    ("runAsGroup", IDS),
    ("supplementalGroups", Also(groups)),
    ("sysctls", Also(sysctls)),
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
    ("procMount", Also(unmasked)),
    ("seccompProfile", One(SECCOMP)),
    ("", Also(escalation)),
    ("appArmorProfile", One(APP_ARMOR)),
];

const SECCOMP: &[Row] = &[("", Also(seccomp))];
const APP_ARMOR: &[Row] = &[("", Also(app_armor))];
const TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];

/// `validateSeccompProfileField`.
fn seccomp(checker: &mut Checker<'_>, map: &Map) {
    let (type_, local) = (text(map, "type"), profile(map));
    if type_.is_empty() {
        let why = "Required value: type is required when seccompProfile is set";
        checker.within("type", |c| c.say(why));
    } else if !TYPES.contains(&type_) {
        checker.within("type", |c| c.say(unsupported_of(type_, &TYPES)));
    }
    match (type_, local) {
        ("Localhost", None) => checker.within("localhostProfile", |c| {
            c.say("Required value: must be set when seccomp type is Localhost");
        }),
        ("Localhost", Some(path)) => {
            below(
                checker,
                path.as_str().unwrap_or_default(),
                "localhostProfile",
            );
        }
        (_, Some(_)) => checker.within("localhostProfile", |c| {
            let shown = internal(map, &["type", "localhostProfile"]);
            c.say(format!(
                "Invalid value: {shown}: can only be set when seccomp type is Localhost"
            ));
        }),
        (_, None) => {}
    }
}

/// `ValidateAppArmorProfileField`.
fn app_armor(checker: &mut Checker<'_>, map: &Map) {
    const MUST: &str = "Required value: must be set when AppArmor type is Localhost";
    let (type_, local) = (text(map, "type"), profile(map));
    if type_.is_empty() {
        let why = "Required value: type is required when appArmorProfile is set";
        checker.within("type", |c| c.say(why));
        return;
    }
    if !TYPES.contains(&type_) {
        checker.within("type", |c| c.say(unsupported_of(type_, &TYPES)));
        return;
    }
    checker.within("localhostProfile", |checker| match (type_, local) {
        ("Localhost", None) => checker.say(MUST),
        ("Localhost", Some(local)) => {
            let text = local.as_str().unwrap_or_default();
            if text.trim() != text {
                checker.invalid(local, "must not be padded with whitespace");
            } else if text.is_empty() {
                checker.say(MUST);
            }
            if text.len() > 4_095 {
                checker.say("Too long: may not be more than 4095 bytes");
            }
        }
        (_, Some(local)) => {
            checker.invalid(local, "can only be set when AppArmor type is Localhost");
        }
        (_, None) => {}
    });
}

/// The file that a profile stands in, if it says so.
fn profile(map: &Map) -> Option<&Value> {
    map.get("localhostProfile")
        .filter(|local| **local != Value::Null)
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

/// The fields of a `SecurityContext`.
const FIELDS: [&str; 12] = [
    "capabilities",
    "privileged",
    "seLinuxOptions",
    "windowsOptions",
    "runAsUser",
    "runAsGroup",
    "runAsNonRoot",
    "readOnlyRootFilesystem",
    "allowPrivilegeEscalation",
    "procMount",
    "seccompProfile",
    "appArmorProfile",
];

/// Only who has users of its own sees all of the node's processes' files.
fn unmasked(checker: &mut Checker<'_>, context: &Map) {
    if checker.host_users && text(context, "procMount") == "Unmasked" {
        let why = "`hostUsers` must be false to use `Unmasked`";
        checker.within("procMount", |c| c.invalid(&"Unmasked".into(), why));
    }
}

/// Containers see each other's processes, or all of the node's.
pub(super) fn shared_processes(checker: &mut Checker<'_>, spec: &Map) {
    let is = |key: &str| spec.get(key) == Some(&Value::Bool(true));
    if is("shareProcessNamespace") && is("hostPID") {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        let value = Value::Bool(true);
        checker.within("securityContext.shareProcessNamespace", |c| {
            c.invalid(&value, why);
        });
    }
}

/// Settings of the node's kernel.
fn sysctls(checker: &mut Checker<'_>, context: &Map) {
    const SEGMENT: &str = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    let is_edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_segment = |text: &str| {
        let edges = [text.bytes().next(), text.bytes().last()];
        edges.into_iter().all(|b| b.is_some_and(is_edge))
            && text.bytes().all(|b| is_edge(b) || b == b'-' || b == b'_')
    };
    let mut seen = BTreeSet::new();
    checker.within("sysctls", |checker| {
        checker.items(context.get("sysctls"), |checker, item| {
            let own = text(item, "name");
            checker.within("name", |checker| {
                if own.is_empty() {
                    checker.say("Required value");
                } else if own.len() > 253 || !own.split(['.', '/']).all(is_segment) {
                    let why = format!("must have at most 253 characters and match regex ^({SEGMENT}[\\./])*{SEGMENT}$");
                    checker.invalid(&own.into(), &why);
                } else if !seen.insert(own.to_owned()) {
                    checker.say(format!("Duplicate value: {own:?}"));
                }
            });
        });
    });
}

/// Who may do everything may not be kept from gaining rights.
fn escalation(checker: &mut Checker<'_>, context: &Map) {
    let is = |key: &str, wanted: bool| context.get(key) == Some(&Value::Bool(wanted));
    if !is("allowPrivilegeEscalation", false) {
        return;
    }
    let shown = internal(context, &FIELDS);
    if is("privileged", true) {
        let why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        checker.say(format!("Invalid value: {shown}: {why}"));
    }
    let added = context.get("capabilities").and_then(|c| c.at(&["add"]));
    let added = added.and_then(Value::as_list).unwrap_or_default();
    if added
        .iter()
        .any(|name| name.as_str() == Some("CAP_SYS_ADMIN"))
    {
        let why =
            "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
        checker.say(format!("Invalid value: {shown}: {why}"));
    }
}
