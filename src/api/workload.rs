//! Workloads: Deployment, `ReplicaSet`, `StatefulSet`, `DaemonSet`, Job.

use super::pod::{Condition, PodTemplateSpec};
use super::record::record;
use super::{LabelSelector, Value};

record! {
    /// A Deployment.
    pub struct Deployment {
        /// What is wanted.
        spec: DeploymentSpec = "spec",
        /// What is.
        status: WorkloadStatus = "status",
    }
    /// `DeploymentSpec`.
    pub struct DeploymentSpec {
        /// How many Pods.
        replicas: Option<i64> = "replicas",
        /// Which Pods are its own.
        selector: LabelSelector = "selector",
        /// What its Pods look like.
        template: PodTemplateSpec = "template",
        /// How Pods are replaced.
        strategy: DeploymentStrategy = "strategy",
        /// Seconds that a Pod must be ready to be available.
        min_ready_seconds: i64 = "minReadySeconds",
        /// How many old `ReplicaSets` are kept.
        revision_history_limit: Option<i64> = "revisionHistoryLimit",
        /// Whether changes wait.
        paused: bool = "paused",
        /// Seconds after which no progress is a failure.
        progress_deadline_seconds: Option<i64> = "progressDeadlineSeconds",
    }
    /// `DeploymentStrategy`.
    pub struct DeploymentStrategy {
        /// `RollingUpdate` or `Recreate`.
        type_: String = "type",
        /// The bounds of a rolling update.
        rolling_update: Option<RollingUpdate> = "rollingUpdate",
    }
    /// The bounds of a rolling update: numbers or percentages.
    pub struct RollingUpdate {
        /// How many Pods may be missing.
        max_unavailable: Value = "maxUnavailable",
        /// How many Pods may be too many.
        max_surge: Value = "maxSurge",
    }
    /// A `ReplicaSet`.
    pub struct ReplicaSet {
        /// What is wanted.
        spec: ReplicaSetSpec = "spec",
        /// What is.
        status: WorkloadStatus = "status",
    }
    /// `ReplicaSetSpec`.
    pub struct ReplicaSetSpec {
        /// How many Pods.
        replicas: Option<i64> = "replicas",
        /// Which Pods are its own.
        selector: LabelSelector = "selector",
        /// What its Pods look like.
        template: PodTemplateSpec = "template",
        /// Seconds that a Pod must be ready to be available.
        min_ready_seconds: i64 = "minReadySeconds",
    }
    /// The status of a Deployment or `ReplicaSet`.
    pub struct WorkloadStatus {
        /// The generation that was seen last.
        observed_generation: i64 = "observedGeneration",
        /// How many Pods there are.
        replicas: Option<i64> = "replicas",
        /// How many have the newest template.
        updated_replicas: i64 = "updatedReplicas",
        /// How many are ready.
        ready_replicas: i64 = "readyReplicas",
        /// How many have been ready for long enough.
        available_replicas: i64 = "availableReplicas",
        /// How many are missing.
        unavailable_replicas: i64 = "unavailableReplicas",
        /// How many have all labels of the template.
        fully_labeled_replicas: i64 = "fullyLabeledReplicas",
        /// Its conditions.
        conditions: Vec<Condition> = "conditions",
    }
}
