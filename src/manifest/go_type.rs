//! table: how Go names the type of a field in an error, and which texts are more than text.
//!
//! The schema knows text, numbers and structs; Go's error for a wrong value names the declared type, `v1.Protocol`.
//! One row per field, read off `k8s.io/api`.

use crate::api::schema::{self, FieldType};

/// Text that the API server reads as something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// `100m`, `64Mi`; may be written as a number.
    Quantity,
    /// Bytes in base 64.
    Bytes,
}

/// What the text in a field means, if it is more than text.
pub(super) fn meaning(type_name: &str, field: &str) -> Option<Meaning> {
    let named = |rows: &[(&str, &[&str])]| {
        rows.iter()
            .any(|(name, fields)| *name == type_name && fields.contains(&field))
    };
    if named(BYTES) {
        Some(Meaning::Bytes)
    } else {
        named(QUANTITIES).then_some(Meaning::Quantity)
    }
}

/// The Go type of a field, or of a list's items with `item`.
pub(super) fn go_type(type_name: &str, field: &str, type_: FieldType) -> String {
    let row = |rows: &[(&str, &str, &'static str)]| {
        rows.iter()
            .find(|(name, f, _)| *f == field && (*name == type_name || name.is_empty()))
            .map(|(_, _, go)| (*go).to_owned())
    };
    if let Some(Meaning::Bytes) = meaning(type_name, field) {
        return match type_ {
            FieldType::Map(_) => "map[string][]uint8".to_owned(),
            _ => "[]uint8".to_owned(),
        };
    }
    match type_ {
        FieldType::Text => row(NAMED).unwrap_or_else(|| "string".to_owned()),
        FieldType::Time => "string".to_owned(),
        FieldType::Int if LONG.contains(&field) => "int64".to_owned(),
        FieldType::Int => "int32".to_owned(),
        FieldType::Bool => "bool".to_owned(),
        FieldType::Any => "interface {}".to_owned(),
        FieldType::Struct(name) => format!("{}.{}", package(name), schema::go_name(name)),
        FieldType::List(item) => {
            format!("[]{}", go_type(type_name, field, schema::parse(item)))
        }
        FieldType::Map(_) if meaning(type_name, field).is_some() => "v1.ResourceList".to_owned(),
        FieldType::Map(item) => {
            format!(
                "map[string]{}",
                go_type(type_name, field, schema::parse(item))
            )
        }
    }
}

fn package(type_name: &str) -> &'static str {
    if type_name.starts_with("V2") {
        "v2"
    } else {
        "v1"
    }
}

/// Fields that are `int64` in Go; all others are `int32`.
const LONG: &[&str] = &[
    "activeDeadlineSeconds",
    "deletionGracePeriodSeconds",
    "expirationSeconds",
    "fsGroup",
    "generation",
    "observedGeneration",
    "runAsGroup",
    "runAsUser",
    "sizeBytes",
    "startingDeadlineSeconds",
    "supplementalGroups",
    "terminationGracePeriodSeconds",
    "tolerationSeconds",
];

const BYTES: &[(&str, &[&str])] = &[("V1Secret", &["data"]), ("V1ConfigMap", &["binaryData"])];

const QUANTITIES: &[(&str, &[&str])] = &[
    ("V1EmptyDirVolumeSource", &["sizeLimit"]),
    (
        "V1LimitRangeItem",
        &[
            "default",
            "defaultRequest",
            "max",
            "maxLimitRequestRatio",
            "min",
        ],
    ),
    ("V1NodeStatus", &["allocatable", "capacity"]),
    ("V1ContainerStatus", &["allocatedResources"]),
    (
        "V1PersistentVolumeClaimStatus",
        &["allocatedResources", "capacity"],
    ),
    ("V1PersistentVolumeSpec", &["capacity"]),
    ("V1PodSpec", &["overhead"]),
    ("V1ResourceFieldSelector", &["divisor"]),
    ("V1ResourceQuotaSpec", &["hard"]),
    ("V1ResourceQuotaStatus", &["hard", "used"]),
    ("V1ResourceRequirements", &["limits", "requests"]),
    ("V1VolumeResourceRequirements", &["limits", "requests"]),
    ("V2MetricTarget", &["averageValue", "value"]),
    ("V2MetricValueStatus", &["averageValue", "value"]),
];

/// Named text types: the struct (any, if empty), the field, the type.
const NAMED: &[(&str, &str, &str)] = &[
    ("", "protocol", "v1.Protocol"),
    ("", "uid", "types.UID"),
    ("V1Capabilities", "add", "v1.Capability"),
    ("V1Capabilities", "drop", "v1.Capability"),
    ("V1Container", "imagePullPolicy", "v1.PullPolicy"),
    ("V1Container", "restartPolicy", "v1.ContainerRestartPolicy"),
    (
        "V1Container",
        "terminationMessagePolicy",
        "v1.TerminationMessagePolicy",
    ),
    ("V1CronJobSpec", "concurrencyPolicy", "v1.ConcurrencyPolicy"),
    (
        "V1DaemonSetUpdateStrategy",
        "type",
        "v1.DaemonSetUpdateStrategyType",
    ),
    ("V1DeploymentStrategy", "type", "v1.DeploymentStrategyType"),
    ("V1EmptyDirVolumeSource", "medium", "v1.StorageMedium"),
    ("V1EndpointSlice", "addressType", "v1.AddressType"),
    ("V1HTTPGetAction", "scheme", "v1.URIScheme"),
    ("V1HTTPIngressPath", "pathType", "v1.PathType"),
    ("V1HostPathVolumeSource", "type", "v1.HostPathType"),
    ("V1JobSpec", "completionMode", "v1.CompletionMode"),
    (
        "V1JobSpec",
        "podReplacementPolicy",
        "v1.PodReplacementPolicy",
    ),
    (
        "V1LabelSelectorRequirement",
        "operator",
        "v1.LabelSelectorOperator",
    ),
    (
        "V1ManagedFieldsEntry",
        "operation",
        "v1.ManagedFieldsOperationType",
    ),
    ("V1NamespaceSpec", "finalizers", "v1.FinalizerName"),
    ("V1NamespaceStatus", "phase", "v1.NamespacePhase"),
    ("V1NetworkPolicySpec", "policyTypes", "v1.PolicyType"),
    (
        "V1NodeSelectorRequirement",
        "operator",
        "v1.NodeSelectorOperator",
    ),
    (
        "V1PersistentVolumeClaimSpec",
        "accessModes",
        "v1.PersistentVolumeAccessMode",
    ),
    (
        "V1PersistentVolumeClaimSpec",
        "volumeMode",
        "v1.PersistentVolumeMode",
    ),
    (
        "V1PersistentVolumeSpec",
        "accessModes",
        "v1.PersistentVolumeAccessMode",
    ),
    (
        "V1PersistentVolumeSpec",
        "persistentVolumeReclaimPolicy",
        "v1.PersistentVolumeReclaimPolicy",
    ),
    (
        "V1PersistentVolumeSpec",
        "volumeMode",
        "v1.PersistentVolumeMode",
    ),
    ("V1PodSpec", "dnsPolicy", "v1.DNSPolicy"),
    ("V1PodSpec", "preemptionPolicy", "v1.PreemptionPolicy"),
    ("V1PodSpec", "restartPolicy", "v1.RestartPolicy"),
    ("V1PodStatus", "phase", "v1.PodPhase"),
    ("V1PodStatus", "qosClass", "v1.PodQOSClass"),
    ("V1SeccompProfile", "type", "v1.SeccompProfileType"),
    ("V1Secret", "type", "v1.SecretType"),
    (
        "V1ServiceSpec",
        "externalTrafficPolicy",
        "v1.ServiceExternalTrafficPolicy",
    ),
    (
        "V1ServiceSpec",
        "internalTrafficPolicy",
        "v1.ServiceInternalTrafficPolicy",
    ),
    ("V1ServiceSpec", "ipFamilies", "v1.IPFamily"),
    ("V1ServiceSpec", "ipFamilyPolicy", "v1.IPFamilyPolicy"),
    ("V1ServiceSpec", "sessionAffinity", "v1.ServiceAffinity"),
    ("V1ServiceSpec", "type", "v1.ServiceType"),
    (
        "V1StatefulSetSpec",
        "podManagementPolicy",
        "v1.PodManagementPolicyType",
    ),
    (
        "V1StatefulSetUpdateStrategy",
        "type",
        "v1.StatefulSetUpdateStrategyType",
    ),
    ("V1Taint", "effect", "v1.TaintEffect"),
    ("V1Toleration", "effect", "v1.TaintEffect"),
    ("V1Toleration", "operator", "v1.TolerationOperator"),
    (
        "V1TopologySpreadConstraint",
        "nodeAffinityPolicy",
        "v1.NodeInclusionPolicy",
    ),
    (
        "V1TopologySpreadConstraint",
        "nodeTaintsPolicy",
        "v1.NodeInclusionPolicy",
    ),
    (
        "V1TopologySpreadConstraint",
        "whenUnsatisfiable",
        "v1.UnsatisfiableConstraintAction",
    ),
    (
        "V1VolumeMount",
        "mountPropagation",
        "v1.MountPropagationMode",
    ),
    (
        "V1VolumeMount",
        "recursiveReadOnly",
        "v1.RecursiveReadOnlyMode",
    ),
    ("V2MetricSpec", "type", "v2.MetricSourceType"),
    ("V2MetricTarget", "type", "v2.MetricTargetType"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_field_of_the_schema() {
        let rows = NAMED.iter().map(|(name, field, _)| (*name, *field));
        let lists = BYTES.iter().chain(QUANTITIES);
        let more = lists.flat_map(|(name, fields)| fields.iter().map(move |field| (*name, *field)));
        for (name, field) in rows.chain(more).filter(|(name, _)| !name.is_empty()) {
            assert!(schema::field(name, field).is_some(), "{name}.{field}");
        }
    }
}
