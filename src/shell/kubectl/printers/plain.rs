//! The cells of kinds that nothing in the simulation acts on.

use super::workload::plain_containers;
use super::{or_none, plain_labels, plain_selector};
use crate::api::{Object, Value, kind, quote_json};
use crate::kernel::Arrange;
use crate::shell::kubectl::age::age;

/// The cells, or `None` for a kind of which only NAME and AGE are shown.
#[expect(clippy::too_many_lines, reason = "a table: one arm for each kind")]
pub(super) fn cells(object: &Object, value: &Value, wide: bool, now: i64) -> Option<Vec<String>> {
    let name = object.meta.name.clone();
    let age_text = age(&object.meta.creation_timestamp, now);
    let text = |path: &[&str]| scalar(value.at(path));
    let count = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_map)
            .map_or(0, |map| map.len())
    };
    let items = |path: &[&str]| {
        value
            .at(path)
            .and_then(Value::as_list)
            .unwrap_or_default()
            .to_vec()
    };
    let created = object.meta.creation_timestamp.clone();
    Some(match object.kind {
        k if k == kind::CONFIG_MAP => vec![
            name,
            (count("data") + count("binaryData")).to_string(),
            age_text,
        ],
        k if k == kind::SECRET => vec![name, text(&["type"]), count("data").to_string(), age_text],
        k if k == kind::SERVICE_ACCOUNT => {
            vec![name, items(&["secrets"]).len().to_string(), age_text]
        }
        k if k == kind::NETWORK_POLICY => vec![
            name,
            plain_selector(value.at(&["spec", "podSelector"])),
            age_text,
        ],
        k if k == kind::INGRESS => ingress(name, value, wide, age_text),
        k if k == kind::INGRESS_CLASS => {
            let parameters = match value.at(&["spec", "parameters"]) {
                None => "<none>".to_owned(),
                Some(found) => {
                    let (group, kind) = (scalar(found.get("apiGroup")), scalar(found.get("kind")));
                    format!("{}/{}", grouped(kind, &group), scalar(found.get("name")))
                }
            };
            vec![name, text(&["spec", "controller"]), parameters, age_text]
        }
        k if k == kind::POD_TEMPLATE => {
            let [containers, images] = plain_containers(value, &["template", "spec", "containers"]);
            let labels = plain_labels(value.at(&["template", "metadata", "labels"]));
            vec![name, containers, images, labels]
        }
        k if k == kind::LEASE => vec![name, text(&["spec", "holderIdentity"]), age_text],
        k if k == kind::IP_ADDRESS => {
            let parent = |key: &str| text(&["spec", "parentRef", key]);
            let of = grouped(parent("resource"), &parent("group")).to_lowercase();
            let parent = match (value.at(&["spec", "parentRef"]), parent("namespace")) {
                (None, _) => "<none>".to_owned(),
                (_, nowhere) if nowhere.is_empty() => format!("{of}/{}", parent("name")),
                (_, namespace) => format!("{of}/{namespace}/{}", parent("name")),
            };
            vec![name, parent]
        }
        k if k == kind::SERVICE_CIDR => {
            let cidrs: Vec<String> = items(&["spec", "cidrs"])
                .iter()
                .map(|c| scalar(Some(c)))
                .collect();
            vec![name, cidrs.join(","), age_text]
        }
        k if k == kind::CONTROLLER_REVISION => {
            let owner = object.meta.controller().map(|owner| {
                let group = owner
                    .api_version
                    .rsplit_once('/')
                    .map_or("", |(group, _)| group);
                let kind = grouped(owner.kind.to_lowercase(), group);
                format!("{kind}/{}", owner.name)
            });
            let owner = owner.unwrap_or_else(|| "<none>".to_owned());
            vec![name, owner, text(&["revision"]), age_text]
        }
        k if k == kind::IP_ADDRESS_POOL => {
            let flag = |key: &str, other: &str| match text(&["spec", key]) {
                unset if unset.is_empty() => other.to_owned(),
                set => set,
            };
            let (automatic, buggy) = (flag("autoAssign", "true"), flag("avoidBuggyIPs", "false"));
            vec![
                name,
                automatic,
                buggy,
                quoted(&items(&["spec", "addresses"])),
            ]
        }
        k if k == kind::L2_ADVERTISEMENT => {
            let list = |key: &str| quoted(&items(&["spec", key]));
            vec![
                name,
                list("ipAddressPools"),
                String::new(),
                list("interfaces"),
            ]
        }
        k if k == kind::STORAGE_CLASS => {
            let default = object
                .meta
                .annotations
                .get("storageclass.kubernetes.io/is-default-class");
            let mark = if default.is_some_and(|v| v == "true") {
                " (default)"
            } else {
                ""
            };
            let or = |path: &[&str], other: &str| {
                Some(text(path))
                    .filter(|t| !t.is_empty())
                    .unwrap_or_else(|| other.to_owned())
            };
            vec![
                format!("{name}{mark}"),
                text(&["provisioner"]),
                or(&["reclaimPolicy"], "Delete"),
                or(&["volumeBindingMode"], "Immediate"),
                or(&["allowVolumeExpansion"], "false"),
                age_text,
            ]
        }
        k if k == kind::PERSISTENT_VOLUME_CLAIM => {
            let bound = !text(&["spec", "volumeName"]).is_empty();
            let (capacity, modes) = if bound {
                (
                    amount(value.at(&["status", "capacity", "storage"])),
                    modes(&items(&["status", "accessModes"])),
                )
            } else {
                (String::new(), String::new())
            };
            let phase = if object.meta.is_terminating() {
                "Terminating".to_owned()
            } else {
                text(&["status", "phase"])
            };
            let mut row = vec![
                name,
                phase,
                text(&["spec", "volumeName"]),
                capacity,
                modes,
                class(object, value),
                unset(&text(&["spec", "volumeAttributesClassName"])),
                age_text,
            ];
            if wide {
                row.push(unset(&text(&["spec", "volumeMode"])));
            }
            row
        }
        k if k == kind::PERSISTENT_VOLUME => {
            let claim = value
                .at(&["spec", "claimRef"])
                .map_or_else(String::new, |claim| {
                    let part = |key: &str| scalar(claim.get(key));
                    format!("{}/{}", part("namespace"), part("name"))
                });
            let phase = if object.meta.is_terminating() {
                "Terminating".to_owned()
            } else {
                text(&["status", "phase"])
            };
            let mut row = vec![
                name,
                amount(value.at(&["spec", "capacity", "storage"])),
                modes(&items(&["spec", "accessModes"])),
                text(&["spec", "persistentVolumeReclaimPolicy"]),
                phase,
                claim,
                class(object, value),
                unset(&text(&["spec", "volumeAttributesClassName"])),
                text(&["status", "reason"]),
                age_text,
            ];
            if wide {
                row.push(unset(&text(&["spec", "volumeMode"])));
            }
            row
        }
        k if k == kind::POD_DISRUPTION_BUDGET => {
            let or = |key: &str| {
                value
                    .at(&["spec", key])
                    .map_or_else(|| "N/A".to_owned(), |v| scalar(Some(v)))
            };
            let allowed = value
                .at(&["status", "disruptionsAllowed"])
                .and_then(Value::as_int)
                .unwrap_or(0);
            vec![
                name,
                or("minAvailable"),
                or("maxUnavailable"),
                allowed.to_string(),
                age_text,
            ]
        }
        k if k == kind::HORIZONTAL_POD_AUTOSCALER || k == kind::HORIZONTAL_POD_AUTOSCALER_V1 => {
            let reference = format!(
                "{}/{}",
                text(&["spec", "scaleTargetRef", "kind"]),
                text(&["spec", "scaleTargetRef", "name"])
            );
            let least = value
                .at(&["spec", "minReplicas"])
                .map_or_else(|| "<unset>".to_owned(), |v| scalar(Some(v)));
            let now_count = value
                .at(&["status", "currentReplicas"])
                .and_then(Value::as_int)
                .unwrap_or(0);
            vec![
                name,
                reference,
                targets(value),
                least,
                text(&["spec", "maxReplicas"]),
                now_count.to_string(),
                age_text,
            ]
        }
        k if k == kind::ROLE || k == kind::CLUSTER_ROLE || k == kind::LIMIT_RANGE => {
            vec![name, created.to_string()]
        }
        k if k == kind::ROLE_BINDING || k == kind::CLUSTER_ROLE_BINDING => {
            let mut row = vec![
                name,
                format!(
                    "{}/{}",
                    text(&["roleRef", "kind"]),
                    text(&["roleRef", "name"])
                ),
                age_text,
            ];
            if wide {
                row.extend(subjects(&items(&["subjects"])));
            }
            row
        }
        k if k == kind::PRIORITY_CLASS => {
            let global = value.get("globalDefault") == Some(&Value::Bool(true));
            let number = value.get("value").and_then(Value::as_int).unwrap_or(0);
            vec![
                name,
                number.to_string(),
                global.to_string(),
                age_text,
                text(&["preemptionPolicy"]),
            ]
        }
        k if k == kind::RESOURCE_QUOTA => {
            let [requests, limits] = quota(value);
            vec![name, requests, limits, age_text]
        }
        _ => return None,
    })
}

/// Text, number or truth value as text; empty if there is none.
fn scalar(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Str(text)) => text.clone(),
        Some(other) => other.to_json(),
    }
}

fn unset(text: &str) -> String {
    if text.is_empty() {
        "<unset>".to_owned()
    } else {
        text.to_owned()
    }
}

/// `RWO,ROX`.
pub(in crate::shell::kubectl) fn modes(all: &[Value]) -> String {
    const SHORT: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |long: &str| all.iter().any(|mode| mode.as_str() == Some(long));
    SHORT
        .iter()
        .filter(|(long, _)| has(long))
        .map(|(_, short)| *short)
        .collect::<Vec<_>>()
        .join(",")
}

fn ingress(name: String, value: &Value, wide: bool, age: String) -> Vec<String> {
    let list = |path: &[&str]| {
        value
            .at(path)
            .and_then(Value::as_list)
            .unwrap_or_default()
            .to_vec()
    };
    // Once three hosts are shown, rules are counted, whether they have hosts or not.
    let rules = list(&["spec", "rules"]);
    let (mut hosts, mut more): (Vec<String>, bool) = (Vec::new(), false);
    for host in rules.iter().map(|rule| scalar(rule.get("host"))) {
        more |= hosts.len() == 3;
        if !more && !host.is_empty() {
            hosts.push(host);
        }
    }
    let hosts_text = match (hosts.is_empty(), more) {
        (true, _) => "*".to_owned(),
        (false, false) => hosts.join(","),
        (false, true) => format!("{} + {} more...", hosts.join(","), rules.len() - 3),
    };
    let mut given: Vec<String> = list(&["status", "loadBalancer", "ingress"])
        .iter()
        .map(|i| {
            Some(scalar(i.get("ip")))
                .filter(|ip| !ip.is_empty())
                .unwrap_or_else(|| scalar(i.get("hostname")))
        })
        .filter(|address| !address.is_empty())
        .collect();
    given.arrange();
    given.dedup();
    let mut address = given.join(",");
    if !wide && address.chars().count() > 16 {
        address = address.chars().take(13).collect::<String>() + "...";
    }
    let ports = if list(&["spec", "tls"]).is_empty() {
        "80"
    } else {
        "80, 443"
    };
    vec![
        name,
        or_none(&scalar(value.at(&["spec", "ingressClassName"]))),
        hosts_text,
        address,
        ports.to_owned(),
        age,
    ]
}

/// How the metrics of an autoscaler stand and what is wanted of them: two, then how many more.
fn targets(value: &Value) -> String {
    let list = |path: &[&str]| value.at(path).and_then(Value::as_list).unwrap_or_default();
    let current = list(&["status", "currentMetrics"]);
    let mut all: Vec<String> = list(&["spec", "metrics"])
        .iter()
        .enumerate()
        .map(|(i, wanted)| target(wanted, current.get(i)))
        .collect();
    // The older form of the kind knows but the share of the processors.
    let share = |path: &[&str]| value.at(path).map(|n| format!("{}%", scalar(Some(n))));
    if let Some(wanted) = share(&["spec", "targetCPUUtilizationPercentage"]) {
        let now = share(&["status", "currentCPUUtilizationPercentage"]);
        all.push(format!("cpu: {}/{wanted}", unknown(now)));
    }
    match all.get(..2) {
        None => or_none(&all.concat()),
        Some(two) if all.len() == 2 => two.join(", "),
        Some(two) => format!("{} + {} more...", two.join(", "), all.len() - 2),
    }
}

fn unknown(text: Option<String>) -> String {
    text.unwrap_or_else(|| "<unknown>".to_owned())
}

/// One metric: how it stands and what is wanted.
fn target(metric: &Value, current: Option<&Value>) -> String {
    let (key, of_pods) = match scalar(metric.get("type")).as_str() {
        "External" => ("external", false),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        _ => return "<unknown type>".to_owned(),
    };
    let wanted = |name: &str| metric.at(&[key, "target", name]).map(|v| scalar(Some(v)));
    let now = current.and_then(|c| c.at(&[key, "current"]));
    let now = |name: &str| now.and_then(|now| now.get(name)).map(|v| scalar(Some(v)));
    let pair = |name: &str, wanted: &str| format!("{}/{wanted}", unknown(now(name)));
    let name = if of_pods {
        format!("{}: ", scalar(metric.at(&[key, "name"])))
    } else {
        String::new()
    };
    let text = match wanted("averageValue") {
        Some(average) if of_pods || key == "pods" => pair("averageValue", &average),
        Some(average) => pair("averageValue", &average) + " (avg)",
        None if of_pods => {
            let share = |n: Option<String>| n.map(|n| format!("{n}%"));
            let wanted = share(wanted("averageUtilization"));
            let wanted = wanted.unwrap_or_else(|| "<auto>".to_owned());
            format!("{}/{wanted}", unknown(share(now("averageUtilization"))))
        }
        None => pair("value", &wanted("value").unwrap_or_default()),
    };
    name + &text
}

/// A kind or resource with its group, as in `deployment.apps`.
fn grouped(kind: String, group: &str) -> String {
    if group.is_empty() {
        kind
    } else {
        kind + "." + group
    }
}

/// A quantity; 0 if there is none.
fn amount(value: Option<&Value>) -> String {
    value.map_or_else(|| "0".to_owned(), |v| scalar(Some(v)))
}

/// The class of a volume or a claim: the annotation of old goes before the field.
fn class(object: &Object, value: &Value) -> String {
    let old = object
        .meta
        .annotations
        .get("volume.beta.kubernetes.io/storage-class");
    old.cloned()
        .unwrap_or_else(|| scalar(value.at(&["spec", "storageClassName"])))
}

/// USERS, GROUPS and SERVICEACCOUNTS of a binding.
fn subjects(all: &[Value]) -> [String; 3] {
    let of = |kind: &str| {
        let names = all
            .iter()
            .filter(|s| scalar(s.get("kind")) == kind)
            .map(|s| {
                let name = scalar(s.get("name"));
                if kind == "ServiceAccount" {
                    format!("{}/{name}", scalar(s.get("namespace")))
                } else {
                    name
                }
            });
        names.collect::<Vec<_>>().join(", ")
    };
    [of("User"), of("Group"), of("ServiceAccount")]
}

/// REQUEST and LIMIT of a quota: used and hard, resource by resource.
fn quota(value: &Value) -> [String; 2] {
    let hard = value
        .at(&["status", "hard"])
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    let part = |limits: bool| {
        let rows = hard
            .iter()
            .filter(|(key, _)| key.starts_with("limits") == limits);
        let one = |(key, wanted): (&String, &Value)| {
            format!(
                "{key}: {}/{}",
                amount(value.at(&["status", "used", key])),
                scalar(Some(wanted))
            )
        };
        rows.map(one).collect::<Vec<_>>().join(", ")
    };
    [part(false), part(true)]
}

/// A list as a custom resource's column shows it: `["a","b"]`.
fn quoted(list: &[Value]) -> String {
    let mut out = String::new();
    for item in list {
        out.push(if out.is_empty() { '[' } else { ',' });
        quote_json(&scalar(Some(item)), &mut out);
    }
    if !out.is_empty() {
        out.push(']');
    }
    out
}
