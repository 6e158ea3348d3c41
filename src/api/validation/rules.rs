//! table: the rules of Pods, workloads and what else a reader writes, one row for each field and rule.
//!
//! The rows stand in the order of `pkg/apis/core/validation`, `pkg/apis/apps/validation` and their like in v1.36. What no
//! row can say is a function beside the kind.

use super::checker::{Check, Row};
use super::{affinity, container, mounts, name, network, pod, security, volume};
use Check::{
    Also, Each, Labels, Natural, Need, NeedSince, NeedText, One, OneOf, Port, Positive, Selector,
    Text, Unique, Within,
};

const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];

/// `ValidatePodSpec`.
pub(super) const POD: &[Row] = &[
    ("volumes", Also(pod::volumes)),
    ("containers", Need),
    ("containers", Each(CONTAINER)),
    ("containers", Also(pod::host_ports)),
    ("initContainers", Also(pod::init_containers)),
    ("hostNetwork", Also(pod::host_network)),
    ("restartPolicy", OneOf(&["Always", "OnFailure", "Never"])),
    (
        "dnsPolicy",
        OneOf(&["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]),
    ),
    ("nodeSelector", Labels),
    ("", Also(security::shared_processes)),
    ("securityContext", One(security::POD)),
    ("affinity", One(AFFINITY)),
    ("dnsConfig", Also(pod::dns_config)),
    (
        "readinessGates",
        Each(&[("conditionType", Text(name::qualified))]),
    ),
    ("schedulingGates", Also(pod::scheduling_gates)),
    ("topologySpreadConstraints", Also(affinity::spread)),
    ("hostUsers", Also(pod::host_users)),
    ("hostnameOverride", Also(pod::hostname_override)),
    ("serviceAccountName", Text(name::subdomain)),
    ("nodeName", Text(name::subdomain)),
    ("activeDeadlineSeconds", Within(1, 2_147_483_647)),
    ("hostname", Text(name::label)),
    ("subdomain", Text(name::label)),
    ("", Also(|checker, map| checker.run(map, TOLERATIONS))),
    ("hostAliases", Each(&[("", Also(pod::host_alias))])),
    ("priorityClassName", Text(name::subdomain)),
    ("runtimeClassName", Text(name::subdomain)),
    (
        "preemptionPolicy",
        OneOf(&["PreemptLowerPriority", "Never"]),
    ),
    ("os", One(&[("name", NeedSince("cannot be empty"))])),
    ("os", Also(pod::system)),
];

pub(super) const TOLERATIONS: &[Row] =
    &[("tolerations", Each(&[("", Also(affinity::toleration))]))];

const CONTAINER: &[Row] = &[
    ("", Also(container::container)),
    ("name", Unique),
    ("", Also(|checker, map| checker.run(map, WATCHED))),
    ("restartPolicy", Also(container::restart_policy)),
];

/// What is asked of containers that go on running.
pub(super) const WATCHED: &[Row] = &[
    ("lifecycle", Also(container::lifecycle)),
    ("livenessProbe", One(LIVENESS)),
    ("readinessProbe", One(READINESS)),
    ("startupProbe", One(LIVENESS)),
];

/// `validateContainerCommon`.
pub(super) const CONTAINER_COMMON: &[Row] = &[
    ("name", NeedText(name::label)),
    ("image", Need),
    (
        "terminationMessagePolicy",
        OneOf(&["File", "FallbackToLogsOnError"]),
    ),
    ("ports", Also(container::ports)),
    (
        "env",
        Each(&[
            ("name", NeedText(name::environment)),
            ("valueFrom", Also(container::value_from)),
        ]),
    ),
    ("envFrom", Also(container::env_from)),
    ("volumeMounts", Also(mounts::volume_mounts)),
    ("volumeDevices", Also(mounts::volume_devices)),
    (
        "imagePullPolicy",
        OneOf(&["Always", "IfNotPresent", "Never"]),
    ),
    ("resources", Also(container::resources)),
    ("resizePolicy", Also(container::resize_policy)),
    ("securityContext", One(security::CONTAINER)),
];

pub(super) const CONTAINER_PORT: &[Row] = &[
    ("containerPort", Need),
    ("containerPort", Also(container::container_port)),
    ("hostPort", Also(container::host_port)),
    ("protocol", OneOf(PROTOCOLS)),
];

const PROBE: &[Row] = &[
    ("", Also(container::handler)),
    ("initialDelaySeconds", Natural),
    ("timeoutSeconds", Natural),
    ("periodSeconds", Natural),
    ("successThreshold", Natural),
    ("failureThreshold", Natural),
];

const LIVENESS: &[Row] = &[
    ("", Also(|checker, map| checker.run(map, PROBE))),
    ("terminationGracePeriodSeconds", Positive),
    ("successThreshold", Also(container::succeeds_once)),
];

const READINESS: &[Row] = &[
    ("", Also(|checker, map| checker.run(map, PROBE))),
    ("terminationGracePeriodSeconds", Also(container::no_grace)),
];

/// What a probe or a hook does: each kind of it, and the rules of that.
pub(super) const HANDLERS: &[(&str, &[Row])] = &[
    ("exec", &[("command", Need)]),
    (
        "httpGet",
        &[
            ("path", Need),
            ("port", Port),
            ("scheme", OneOf(&["HTTP", "HTTPS"])),
            ("httpHeaders", Also(container::headers)),
        ],
    ),
    ("tcpSocket", &[("port", Port)]),
    ("grpc", &[("port", Port)]),
    ("sleep", &[("", Also(container::sleep))]),
];

/// The kinds of volumes, and the rules of those that readers use.
pub(super) const VOLUMES: &[(&str, &[Row])] = &[
    ("emptyDir", &[("sizeLimit", Also(volume::size_limit))]),
    (
        "hostPath",
        &[
            ("path", Need),
            ("path", Also(pod::no_way_up)),
            ("type", OneOf(HOST_PATHS)),
        ],
    ),
    ("gitRepo", &[("repository", Need)]),
    ("gcePersistentDisk", &[("pdName", Need)]),
    ("awsElasticBlockStore", &[("volumeID", Need)]),
    (
        "secret",
        &[
            ("secretName", Need),
            ("defaultMode", Also(pod::mode)),
            ("items", Each(KEY_TO_PATH)),
        ],
    ),
    ("nfs", &[("server", Need), ("path", Need)]),
    ("iscsi", &[("targetPortal", Need), ("iqn", Need)]),
    ("glusterfs", &[("endpoints", Need), ("path", Need)]),
    ("flocker", &[]),
    ("rbd", &[("monitors", Need), ("image", Need)]),
    ("cinder", &[("volumeID", Need)]),
    ("cephfs", &[("monitors", Need)]),
    ("quobyte", &[("registry", Need), ("volume", Need)]),
    (
        "downwardAPI",
        &[
            ("defaultMode", Also(pod::mode)),
            ("items", Each(DOWNWARD_FILE)),
        ],
    ),
    ("fc", &[]),
    ("flexVolume", &[("driver", Need)]),
    (
        "configMap",
        &[
            ("name", Need),
            ("defaultMode", Also(pod::mode)),
            ("items", Each(KEY_TO_PATH)),
        ],
    ),
    ("azureFile", &[("secretName", Need), ("shareName", Need)]),
    ("vsphereVolume", &[("volumePath", Need)]),
    ("photonPersistentDisk", &[("pdID", Need)]),
    ("persistentVolumeClaim", &[("claimName", Need)]),
    ("azureDisk", &[("diskName", Need), ("diskURI", Need)]),
    ("storageos", &[]),
    ("scaleIO", &[]),
    (
        "projected",
        &[
            ("defaultMode", Also(pod::mode)),
            ("sources", Also(volume::projected)),
        ],
    ),
    ("csi", &[("driver", Need)]),
    (
        "ephemeral",
        &[
            ("volumeClaimTemplate", Need),
            ("volumeClaimTemplate", One(&[("spec", One(CLAIM))])),
        ],
    ),
    ("image", &[]),
    ("portworxVolume", &[("volumeID", Need)]),
];

const HOST_PATHS: &[&str] = &[
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
];

/// `validateDownwardAPIVolumeFile`.
pub(super) const DOWNWARD_FILE: &[Row] = &[
    ("path", Need),
    ("path", Also(pod::local_path)),
    ("", Also(volume::downward)),
    ("mode", Also(pod::mode)),
];

pub(super) const KEY_TO_PATH: &[Row] = &[
    ("key", Need),
    ("path", Need),
    ("path", Also(pod::local_path)),
    ("mode", Also(pod::mode)),
];

const AFFINITY: &[Row] = &[
    ("nodeAffinity", One(NODE_AFFINITY)),
    ("podAffinity", One(POD_AFFINITY)),
    ("podAntiAffinity", One(POD_AFFINITY)),
];

const NODE_AFFINITY: &[Row] = &[
    (
        "requiredDuringSchedulingIgnoredDuringExecution",
        One(&[
            (
                "nodeSelectorTerms",
                NeedSince("must have at least one node selector term"),
            ),
            ("nodeSelectorTerms", Each(NODE_TERM)),
        ]),
    ),
    (
        "preferredDuringSchedulingIgnoredDuringExecution",
        Each(&[
            ("weight", Also(affinity::weight)),
            ("preference", One(NODE_WISH)),
        ]),
    ),
];

const NODE_TERM: &[Row] = &[
    (
        "matchExpressions",
        Each(&[("", Also(affinity::hard_requirement))]),
    ),
    NODE_FIELDS,
];

const NODE_WISH: &[Row] = &[
    (
        "matchExpressions",
        Each(&[("", Also(affinity::node_requirement))]),
    ),
    NODE_FIELDS,
];

const NODE_FIELDS: Row = ("matchFields", Each(&[("", Also(affinity::node_field))]));

const POD_AFFINITY: &[Row] = &[
    (
        "requiredDuringSchedulingIgnoredDuringExecution",
        Each(POD_TERM),
    ),
    (
        "preferredDuringSchedulingIgnoredDuringExecution",
        Each(&[("", Also(affinity::weighted_term))]),
    ),
];

const POD_TERM: &[Row] = &[("", Also(affinity::pod_term))];

/// `ValidateNetworkPolicySpec`.
pub(super) const NETWORK_POLICY: &[Row] = &[
    ("podSelector", Selector),
    (
        "ingress",
        Each(&[
            ("ports", Each(&[("", Also(network::policy_port))])),
            ("from", Each(&[("", Also(network::policy_peer))])),
        ]),
    ),
    (
        "egress",
        Each(&[
            ("ports", Each(&[("", Also(network::policy_port))])),
            ("to", Each(&[("", Also(network::policy_peer))])),
        ]),
    ),
    ("policyTypes", Also(network::policy_types)),
];

/// `ValidateIngressSpec`.
pub(super) const INGRESS: &[Row] = &[
    ("", Also(network::has_backend)),
    ("defaultBackend", One(&[("", Also(network::backend))])),
    ("rules", Also(network::rules)),
    ("tls", Each(&[("", Also(network::tls))])),
    ("ingressClassName", Text(name::subdomain)),
];

/// `validateIngressClassSpec`.
pub(super) const INGRESS_CLASS: &[Row] = &[
    ("controller", Need),
    ("controller", Also(network::controller)),
    ("parameters", One(&[("", Also(network::parameters))])),
];

/// `validateServiceCIDRSpec`.
pub(super) const SERVICE_CIDR: &[Row] = &[
    ("cidrs", NeedSince("at least one CIDR required")),
    ("cidrs", Also(network::cidrs)),
];

/// `validateIPAddressParentReference`.
pub(super) const IP_ADDRESS: &[Row] = &[
    ("parentRef", Need),
    (
        "parentRef",
        One(&[
            ("group", Text(name::subdomain)),
            ("resource", NeedText(name::path_segment)),
            ("name", NeedText(name::path_segment)),
            ("namespace", Text(name::path_segment)),
        ]),
    ),
];

/// `ValidateEndpointSlice`.
pub(super) const ENDPOINT_SLICE: &[Row] = &[
    ("addressType", Need),
    ("addressType", OneOf(&["FQDN", "IPv4", "IPv6"])),
    ("endpoints", Also(network::slice_endpoints)),
    (
        "ports",
        Each(&[
            ("name", Text(name::label)),
            ("name", Also(network::port_name)),
            ("protocol", Need),
            ("protocol", OneOf(PROTOCOLS)),
            ("port", Within(1, 65_535)),
            ("appProtocol", Text(name::qualified)),
        ]),
    ),
];

/// `ValidateEndpoints`.
pub(super) const ENDPOINTS: &[Row] = &[("subsets", Each(&[("", Also(network::subset))]))];

/// The taints of a Node.
pub(super) const NODE: &[Row] = &[("taints", Also(affinity::taints))];

pub(super) const TAINT: &[Row] = &[
    ("value", Text(name::label_value)),
    ("effect", Need),
    (
        "effect",
        OneOf(&["NoSchedule", "PreferNoSchedule", "NoExecute"]),
    ),
];

/// `ValidatePersistentVolumeClaimSpec`.
pub(super) const CLAIM: &[Row] = &[
    (
        "accessModes",
        NeedSince("at least 1 access mode is required"),
    ),
    ("resources", Also(pod::claim_storage)),
];
