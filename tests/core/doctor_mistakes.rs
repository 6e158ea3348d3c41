//! The mistakes that learners make with Services, and the diagnoses that tell them; each has its examples in tests/doctor.

use portside::doctor::ROWS;

const MISTAKES: &[(&str, &[&str])] = &[
    ("a slip in the selector", &["selector-slip"]),
    (
        "the workload's name or own labels in the selector",
        &["selector-of-workload", "template-labels"],
    ),
    ("a label too many", &["selector-extra-label"]),
    (
        "a wrong targetPort",
        &["target-port", "target-port-undeclared"],
    ),
    (
        "port and targetPort swapped",
        &["ports-swapped", "port-not-listed"],
    ),
    (
        "containerPort changed, the program not",
        &["container-port-not-served"],
    ),
    (
        "a named port that is not there, or of the other protocol",
        &["named-port-missing", "named-port-protocol"],
    ),
    ("targetPort in quotes", &["target-port-quoted"]),
    ("a program bound to 127.0.0.1", &["loopback"]),
    (
        "a readiness probe that fails",
        &["pods-not-ready", "probe-port", "probe-port-name"],
    ),
    (
        "Pods that do not run",
        &[
            "pods-pending",
            "pods-image",
            "pods-crashing",
            "pods-configuration",
        ],
    ),
    (
        "a Service of another namespace",
        &["name-in-other-namespace"],
    ),
    (
        "a selector across namespaces",
        &["selector-other-namespace"],
    ),
    (
        "the three ports mixed up",
        &["node-port-inside", "port-on-node"],
    ),
    (
        "a cluster address from the laptop",
        &["cluster-address-from-outside"],
    ),
    (
        "a load balancer that stays pending",
        &["load-balancer-pending", "load-balancer-address"],
    ),
    (
        "a node port out of range or taken",
        &["node-port-range", "node-port-taken"],
    ),
    ("a node port left behind", &["node-port-on-cluster-ip"]),
    ("a clusterIP that is changed", &["cluster-ip-changed"]),
    ("several ports without names", &["ports-unnamed"]),
    ("a selector of another kind's shape", &["selector-shape"]),
    ("an empty selector that should mean all", &["no-selector"]),
    (
        "two workloads that share a label",
        &["endpoints-of-several-workloads"],
    ),
    ("a ping", &["ping-service"]),
    (
        "a port that the Service has not",
        &["port-not-listed", "name-port"],
    ),
    ("the port of a headless Service", &["headless-port"]),
    (
        "an ExternalName with more than a name",
        &[
            "external-name-url",
            "external-name-ports",
            "external-name-address",
        ],
    ),
    (
        "a traffic policy Local without a local Pod",
        &["external-policy-local", "internal-policy-local"],
    ),
    (
        "session affinity that should know cookies, or that is gone around",
        &["affinity-ignored"],
    ),
    ("UDP and TCP mixed up", &["protocol-mismatch"]),
    (
        "a wrong DNS name",
        &[
            "name-underscore",
            "name-half-qualified",
            "name-slip",
            "name-unknown",
        ],
    ),
    (
        "Pods older than the Service's variables",
        &["env-before-service"],
    ),
    (
        "a selector exposed once that does not follow",
        &["selector-of-one-version"],
    ),
    (
        "a workload's selector that is changed; run= for app=",
        &["workload-selector-changed", "selector-slip"],
    ),
    ("a Pod that reaches itself", &["hairpin"]),
    ("numbers and truth values as labels", &["label-not-text"]),
    (
        "the address of a Pod that is gone",
        &["pod-address", "address-gone"],
    ),
    ("a second Service by a slip in its name", &["service-twin"]),
];

#[test]
fn each_mistake_of_learners_has_its_diagnosis() {
    assert_eq!(MISTAKES.len(), 38);
    for (mistake, ids) in MISTAKES {
        for id in *ids {
            assert!(ROWS.iter().any(|row| row.id == *id), "{mistake}: {id}");
        }
    }
}
