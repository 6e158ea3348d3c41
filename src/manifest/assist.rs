//! What could stand at a cursor, and what a field means: completion and explanations for an editor.
//!
//! Names and types are the schema's; values come from fields with a fixed choice, from the objects of a live cluster and
//! from the text itself. The sentences about fields are data that is handed in, since an editor fetches them late.

use super::cursor::{Cursor, Step, cursor};
use crate::api::Value;
use crate::api::schema::{self, FieldInfo, FieldType};
use crate::kernel::{BTreeMap, BTreeSet};

/// Names that a manifest may refer to.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// The values of each label.
    pub labels: BTreeMap<String, BTreeSet<String>>,
    /// Names of container ports.
    pub ports: BTreeSet<String>,
    /// Names of objects, by kind.
    pub names: BTreeMap<&'static str, BTreeSet<String>>,
    /// Images of the catalogue.
    pub images: Vec<&'static str>,
}

impl Live {
    /// Notes the labels and port names of a manifest.
    pub fn read(&mut self, value: &Value) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.read(item)),
            Value::Map(map) => {
                for (key, value) in map {
                    match (key.as_str(), value) {
                        ("labels", Value::Map(labels)) => {
                            for (key, value) in labels {
                                let value = value.as_str().unwrap_or_default();
                                self.labels
                                    .entry(key.clone())
                                    .or_default()
                                    .insert(value.to_owned());
                            }
                        }
                        ("ports", Value::List(ports)) if !map.contains_key("clusterIP") => {
                            let named = ports
                                .iter()
                                .filter(|port| port.get("containerPort").is_some());
                            self.ports.extend(
                                named
                                    .filter_map(|port| port.get("name")?.as_str())
                                    .map(str::to_owned),
                            );
                        }
                        _ => self.read(value),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {}
        }
    }
}

/// What a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposes {
    /// A field.
    Field,
    /// A value.
    Value,
    /// A name of something in the cluster or the text.
    Name,
}

/// One thing that could stand at a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// As the list shows it.
    pub label: String,
    /// Its type, or where it comes from.
    pub detail: String,
    /// The text to put there; a NUL stands where the cursor goes.
    pub insert: String,
    /// What it is.
    pub proposes: Proposes,
    /// The type that the field belongs to, for its sentence.
    pub of: &'static str,
}

/// What an editor says of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Where the field's name stands, in bytes.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
    /// `spec.ports.port`.
    pub title: String,
    /// Its type, as `kubectl explain` writes it.
    pub type_text: String,
    /// What it does, empty if there is no sentence about it.
    pub text: String,
}

/// The sentence about a field in the data of sentences: lines of `Type.field sentence`.
pub fn sentence<'a>(docs: &'a str, type_name: &str, field: &str) -> Option<&'a str> {
    docs.lines().find_map(|line| {
        let (head, text) = line.split_once(' ')?;
        let (of, name) = head.split_once('.')?;
        (name == field && (of == type_name || of == "*")).then_some(text)
    })
}

/// What could stand at this byte: where the word begins that it replaces, and the proposals, best first.
pub fn complete(text: &str, offset: usize, live: &Live) -> (usize, Vec<Proposal>) {
    let at = cursor(text, offset);
    let found = match type_at(&at) {
        Some(FieldType::Struct(type_name)) if at.key.is_none() => fields(&at, type_name),
        Some(FieldType::Map(_)) if at.key.is_none() => map_keys(&at, live),
        Some(_) => values(&at, live),
        None if at.path.is_empty() => head(&at),
        None => Vec::new(),
    };
    let word = at.word.to_ascii_lowercase();
    let mut found: Vec<Proposal> = found
        .into_iter()
        .filter(|p| p.label.to_ascii_lowercase().contains(&word))
        .collect();
    found.sort_by_key(|p| !p.label.to_ascii_lowercase().starts_with(&word));
    (at.start, found)
}

/// What stands at this byte, explained.
pub fn explain(text: &str, offset: usize, docs: &str) -> Option<Explanation> {
    let start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.split('\n').next()?;
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    let name = line.get(indent..)?.split_once(':')?.0;
    let end = start + indent + name.len();
    let key = name.trim_matches(['"', '\'']);
    let mut at = cursor(text, start + indent);
    let title_of = |at: &Cursor<'_>| {
        let names = at.path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Item => None,
        });
        names.chain([key]).collect::<Vec<_>>().join(".")
    };
    let title = title_of(&at);
    at.key = None;
    let (type_name, type_) = match type_at(&at)? {
        FieldType::Struct(type_name) => (type_name, schema::field(type_name, key)?.type_),
        FieldType::Map(_)
        | FieldType::List(_)
        | FieldType::Text
        | FieldType::Int
        | FieldType::Bool
        | FieldType::Time
        | FieldType::Any => return None,
    };
    let text = sentence(docs, type_name, key)
        .unwrap_or_default()
        .to_owned();
    Some(Explanation {
        start: start + indent,
        end,
        title,
        type_text: schema::type_text(type_),
        text,
    })
}

/// The type of what is around the cursor.
fn type_at(at: &Cursor<'_>) -> Option<FieldType> {
    let wanted = format!("{}/{}", at.api_version, at.kind);
    let mut here = FieldType::Struct(schema::type_named(&wanted)?);
    for step in &at.path {
        here = match (step, here) {
            (Step::Key(key), FieldType::Struct(type_name)) => schema::field(type_name, key)?.type_,
            (Step::Key(_), FieldType::Map(value)) => schema::parse(value),
            (Step::Item, FieldType::List(item)) => schema::parse(item),
            _ => return None,
        };
    }
    Some(here)
}

/// The fields of a struct that are not there yet: required ones first, then those of the schema's order.
fn fields(at: &Cursor<'_>, type_name: &'static str) -> Vec<Proposal> {
    let free = schema::fields(type_name).filter(|field| !at.siblings.contains(&field.name));
    let mut free: Vec<FieldInfo> = free
        .filter(|field| !at.path.is_empty() || field.name != "status")
        .collect();
    free.sort_by_key(|field| !field.required);
    let field = |field: FieldInfo| Proposal {
        label: field.name.to_owned(),
        detail: schema::type_text(field.type_) + if field.required { ", required" } else { "" },
        insert: opening(field, at.column),
        proposes: Proposes::Field,
        of: type_name,
    };
    free.into_iter().map(field).collect()
}

/// A field's name and what has to follow it: a line of its own for what is nested.
fn opening(field: FieldInfo, column: usize) -> String {
    let name = field.name;
    let inner = " ".repeat(column + 2);
    match field.type_ {
        FieldType::Struct(_) | FieldType::Map(_) => format!("{name}:\n{inner}\0"),
        FieldType::List(_) => format!("{name}:\n{}- \0", " ".repeat(column)),
        FieldType::Text | FieldType::Int | FieldType::Bool | FieldType::Time | FieldType::Any => {
            format!("{name}: ")
        }
    }
}

/// What a document without a known kind begins with.
fn head(at: &Cursor<'_>) -> Vec<Proposal> {
    let value = |label: &str, detail: &str| Proposal {
        label: label.to_owned(),
        detail: detail.to_owned(),
        insert: label.to_owned(),
        proposes: Proposes::Value,
        of: "",
    };
    let kinds = || schema::kinds().filter_map(|text| text.rsplit_once('/'));
    match at.key {
        Some("kind") => {
            let fits = kinds()
                .filter(|(version, _)| at.api_version.is_empty() || *version == at.api_version);
            fits.map(|(version, kind)| value(kind, version)).collect()
        }
        Some("apiVersion") => {
            let fits = kinds().filter(|(_, kind)| at.kind.is_empty() || *kind == at.kind);
            let versions: BTreeSet<&str> = fits.map(|(version, _)| version).collect();
            versions
                .into_iter()
                .map(|version| value(version, ""))
                .collect()
        }
        Some(_) => Vec::new(),
        None => {
            let own = ["apiVersion", "kind"]
                .into_iter()
                .filter(|name| !at.siblings.contains(name));
            own.map(|name| Proposal {
                insert: format!("{name}: "),
                proposes: Proposes::Field,
                ..value(name, "string")
            })
            .collect()
        }
    }
}

/// Keys of a map: those of labels, where it is about labels.
fn map_keys(at: &Cursor<'_>, live: &Live) -> Vec<Proposal> {
    if !is_about_labels(at) {
        return Vec::new();
    }
    let free = live
        .labels
        .keys()
        .filter(|key| !at.siblings.contains(&key.as_str()));
    free.map(|key| Proposal {
        insert: format!("{key}: "),
        ..name(key, "label")
    })
    .collect()
}

fn is_about_labels(at: &Cursor<'_>) -> bool {
    matches!(
        at.path.last(),
        Some(Step::Key(
            "labels" | "selector" | "matchLabels" | "nodeSelector"
        ))
    )
}

fn name(text: &str, detail: &str) -> Proposal {
    Proposal {
        label: text.to_owned(),
        detail: detail.to_owned(),
        insert: text.to_owned(),
        proposes: Proposes::Name,
        of: "",
    }
}

/// Values of a field: those of a fixed choice, and names of what is there.
fn values(at: &Cursor<'_>, live: &Live) -> Vec<Proposal> {
    let choice = |texts: &mut dyn Iterator<Item = &str>| -> Vec<Proposal> {
        texts
            .map(|text| Proposal {
                proposes: Proposes::Value,
                ..name(text, "")
            })
            .collect()
    };
    let names = |kind: &str| -> Vec<Proposal> {
        live.names
            .get(kind)
            .into_iter()
            .flatten()
            .map(|text| name(text, kind))
            .collect()
    };
    let parent = at.path.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(*key),
        Step::Item => None,
    });
    let (type_name, key) = match (at.key, type_at(at)) {
        (None, _) if !at.item => return Vec::new(),
        (None, _) => ("", parent.unwrap_or_default()),
        (Some(key), Some(FieldType::Map(_))) if is_about_labels(at) => {
            return live
                .labels
                .get(key)
                .into_iter()
                .flatten()
                .map(|text| name(text, "label"))
                .collect();
        }
        (Some(key), Some(FieldType::Struct(type_name))) => (type_name, key),
        (Some(_), _) => return Vec::new(),
    };
    if at.path.is_empty() && matches!(key, "kind" | "apiVersion") {
        return head(at);
    }
    if let Some((_, words)) = CHOICES
        .iter()
        .find(|(row, _)| row.split('.').eq([type_name, key]) || row.split('.').eq(["", key]))
    {
        return choice(&mut words.split(' '));
    }
    let is_bool = schema::field(type_name, key).is_some_and(|field| field.type_ == FieldType::Bool);
    match (parent, key) {
        _ if is_bool => choice(&mut ["true", "false"].into_iter()),
        (_, "targetPort") | (Some("httpGet" | "tcpSocket" | "grpc"), "port") => live
            .ports
            .iter()
            .map(|text| name(text, "container port"))
            .collect(),
        (Some("metadata"), "namespace") => names("Namespace"),
        (_, "nodeName") => names("Node"),
        (_, "serviceName") | (Some("service"), "name") => names("Service"),
        (Some("configMapRef" | "configMapKeyRef" | "configMap"), "name") => names("ConfigMap"),
        (Some("secretRef" | "secretKeyRef"), "name") | (_, "secretName") => names("Secret"),
        (_, "image") => live.images.iter().map(|text| name(text, "image")).collect(),
        _ => Vec::new(),
    }
}

/// Fields with a fixed choice: `Type.field` and the values, the default first.
const CHOICES: &[(&str, &str)] = &[
    (
        "V1ServiceSpec.type",
        "ClusterIP NodePort LoadBalancer ExternalName",
    ),
    ("V1ServiceSpec.sessionAffinity", "None ClientIP"),
    ("V1ServiceSpec.internalTrafficPolicy", "Cluster Local"),
    ("V1ServiceSpec.externalTrafficPolicy", "Cluster Local"),
    (
        "V1ServiceSpec.ipFamilyPolicy",
        "SingleStack PreferDualStack RequireDualStack",
    ),
    (
        "V1ServiceSpec.trafficDistribution",
        "PreferClose PreferSameZone PreferSameNode",
    ),
    ("V1ServiceSpec.clusterIP", "None"),
    (".ipFamilies", "IPv4 IPv6"),
    (".protocol", "TCP UDP SCTP"),
    ("V1ServicePort.protocol", "TCP UDP SCTP"),
    ("V1ContainerPort.protocol", "TCP UDP SCTP"),
    ("DiscoveryV1EndpointPort.protocol", "TCP UDP SCTP"),
    ("V1NetworkPolicyPort.protocol", "TCP UDP SCTP"),
    ("V1EndpointSlice.addressType", "IPv4 IPv6 FQDN"),
    ("V1PodSpec.restartPolicy", "Always OnFailure Never"),
    (
        "V1PodSpec.dnsPolicy",
        "ClusterFirst ClusterFirstWithHostNet Default None",
    ),
    ("V1Container.imagePullPolicy", "IfNotPresent Always Never"),
    ("V1Container.restartPolicy", "Always OnFailure Never"),
    ("V1Toleration.operator", "Equal Exists"),
    (
        "V1Toleration.effect",
        "NoSchedule PreferNoSchedule NoExecute",
    ),
    ("V1Taint.effect", "NoSchedule PreferNoSchedule NoExecute"),
    (
        "V1LabelSelectorRequirement.operator",
        "In NotIn Exists DoesNotExist",
    ),
    (
        "V1NodeSelectorRequirement.operator",
        "In NotIn Exists DoesNotExist Gt Lt",
    ),
    (
        "V1TopologySpreadConstraint.whenUnsatisfiable",
        "DoNotSchedule ScheduleAnyway",
    ),
    ("V1DeploymentStrategy.type", "RollingUpdate Recreate"),
    ("V1StatefulSetUpdateStrategy.type", "RollingUpdate OnDelete"),
    ("V1DaemonSetUpdateStrategy.type", "RollingUpdate OnDelete"),
    (
        "V1StatefulSetSpec.podManagementPolicy",
        "OrderedReady Parallel",
    ),
    ("V1HTTPGetAction.scheme", "HTTP HTTPS"),
    (
        "V1HTTPIngressPath.pathType",
        "Prefix Exact ImplementationSpecific",
    ),
    (".policyTypes", "Ingress Egress"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Live {
        let mut live = Live::default();
        let text = "metadata:\n  labels: {app: redis, tier: back}\nspec:\n  containers:\n  - ports:\n    - {name: redis, containerPort: 6379}\n";
        live.read(
            &crate::manifest::read(text, &crate::manifest::Limits::PASTED).documents[0].value(),
        );
        live.names.insert(
            "Namespace",
            BTreeSet::from(["default".to_owned(), "shop".to_owned()]),
        );
        live
    }

    /// The first labels that are proposed at the mark `|`.
    fn at(text: &str) -> String {
        let offset = text.find('|').unwrap();
        let (start, found) = complete(&text.replacen('|', "", 1), offset, &live());
        assert!(start <= offset);
        found
            .iter()
            .take(4)
            .map(|p| p.label.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n";

    #[test]
    fn proposals_fit_the_place() {
        let rows = [
            ("|", "apiVersion kind"),
            (
                "apiVersion: apps/v1\nkind: |",
                "ControllerRevision DaemonSet Deployment ReplicaSet",
            ),
            ("kind: Deployment\napiVersion: |", "apps/v1"),
            (
                &format!("{SERVICE}  ty|"),
                "type sessionAffinity sessionAffinityConfig",
            ),
            (
                &format!("{SERVICE}  type: |"),
                "ClusterIP NodePort LoadBalancer ExternalName",
            ),
            (
                &format!("{SERVICE}  ports:\n  - |"),
                "port appProtocol name nodePort",
            ),
            (
                &format!("{SERVICE}  ports:\n  - port: 80\n    targetPort: |"),
                "redis",
            ),
            (
                &format!("{SERVICE}  ports:\n  - port: 80\n    protocol: U|"),
                "UDP",
            ),
            (&format!("{SERVICE}  selector:\n    |"), "app tier"),
            (&format!("{SERVICE}  selector:\n    app: |"), "redis"),
            (&format!("{SERVICE}  ipFamilies:\n  - |"), "IPv4 IPv6"),
            (
                &format!("{SERVICE}  publishNotReadyAddresses: |"),
                "true false",
            ),
            (
                "apiVersion: v1\nkind: Service\nmetadata:\n  namespace: s|",
                "shop",
            ),
            ("apiVersion: v1\nkind: Nonsense\nspec:\n  |", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(at(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_nested_is_opened_on_its_own_line() {
        let text = format!("{SERVICE}  sel");
        let (start, found) = complete(&text, text.len(), &Live::default());
        assert_eq!(start, text.len() - 3);
        assert_eq!(found[0].insert, "selector:\n    \0");
        let text = format!("{SERVICE}  por");
        assert_eq!(
            complete(&text, text.len(), &Live::default()).1[0].insert,
            "ports:\n  - \0"
        );
    }

    #[test]
    fn every_fixed_choice_is_of_a_field_that_exists() {
        for (row, _) in CHOICES {
            let (type_name, field) = row.split_once('.').unwrap();
            assert!(
                type_name.is_empty() || schema::field(type_name, field).is_some(),
                "{row}"
            );
        }
    }

    #[test]
    fn a_field_is_explained_with_its_type_and_its_sentence() {
        let text = format!("{SERVICE}  ports:\n  - port: 80\n    targetPort: http\n");
        let found = explain(
            &text,
            text.find("Port: http").unwrap(),
            "V1ServicePort.targetPort Where the Pods listen.\n",
        )
        .unwrap();
        assert_eq!(
            (
                found.title.as_str(),
                found.type_text.as_str(),
                found.text.as_str()
            ),
            ("spec.ports.targetPort", "Object", "Where the Pods listen.")
        );
        assert_eq!(&text[found.start..found.end], "targetPort");
        assert_eq!(explain(&text, text.len(), ""), None);
    }
}
