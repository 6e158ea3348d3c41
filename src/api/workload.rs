//! Workloads: Deployment, `ReplicaSet`, `StatefulSet`, `DaemonSet`, Job.

use super::pod::{Condition, PodTemplateSpec};
use super::record::{Given, record};
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
        selector: Given<LabelSelector> = "selector",
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
        selector: Given<LabelSelector> = "selector",
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
        /// How many are being deleted and have not ended.
        terminating_replicas: Option<i64> = "terminatingReplicas",
        /// Its conditions.
        conditions: Vec<Condition> = "conditions",
    }
    /// A `StatefulSet`.
    pub struct StatefulSet {
        /// What is wanted.
        spec: StatefulSetSpec = "spec",
        /// What is.
        status: StatefulSetStatus = "status",
    }
    /// `StatefulSetSpec`.
    pub struct StatefulSetSpec {
        /// How many Pods.
        replicas: Option<i64> = "replicas",
        /// Which Pods are its own.
        selector: Given<LabelSelector> = "selector",
        /// What its Pods look like.
        template: PodTemplateSpec = "template",
        /// The headless Service that names its Pods.
        service_name: Option<String> = "serviceName",
        /// `OrderedReady` or `Parallel`.
        pod_management_policy: String = "podManagementPolicy",
        /// How Pods are replaced.
        update_strategy: StatefulSetUpdateStrategy = "updateStrategy",
        /// Seconds that a Pod must be ready to be available.
        min_ready_seconds: i64 = "minReadySeconds",
        /// How many old revisions are kept.
        revision_history_limit: Option<i64> = "revisionHistoryLimit",
        /// Where its Pods' numbers begin.
        ordinals: Option<StatefulSetOrdinals> = "ordinals",
        /// A claim for each Pod.
        volume_claim_templates: Vec<Value> = "volumeClaimTemplates",
    }
    /// `StatefulSetUpdateStrategy`.
    pub struct StatefulSetUpdateStrategy {
        /// `RollingUpdate` or `OnDelete`.
        type_: String = "type",
        /// The bounds of a rolling update.
        rolling_update: Option<RollingUpdateStatefulSet> = "rollingUpdate",
    }
    /// `RollingUpdateStatefulSetStrategy`.
    pub struct RollingUpdateStatefulSet {
        /// Pods with a lower number keep the old template.
        partition: Option<i64> = "partition",
    }
    /// `StatefulSetOrdinals`.
    pub struct StatefulSetOrdinals {
        /// The first number.
        start: i64 = "start",
    }
    /// `StatefulSetStatus`.
    pub struct StatefulSetStatus {
        /// The generation that was seen last.
        observed_generation: i64 = "observedGeneration",
        /// How many Pods there are.
        replicas: Option<i64> = "replicas",
        /// How many are ready.
        ready_replicas: i64 = "readyReplicas",
        /// How many have the old template.
        current_replicas: i64 = "currentReplicas",
        /// How many have the new template.
        updated_replicas: i64 = "updatedReplicas",
        /// How many have been ready for long enough.
        available_replicas: Option<i64> = "availableReplicas",
        /// The old template's name.
        current_revision: String = "currentRevision",
        /// The new template's name.
        update_revision: String = "updateRevision",
        /// How often two templates had the same name.
        collision_count: Option<i64> = "collisionCount",
    }
    /// A `DaemonSet`.
    pub struct DaemonSet {
        /// What is wanted.
        spec: DaemonSetSpec = "spec",
        /// What is.
        status: DaemonSetStatus = "status",
    }
    /// `DaemonSetSpec`.
    pub struct DaemonSetSpec {
        /// Which Pods are its own.
        selector: Given<LabelSelector> = "selector",
        /// What its Pods look like.
        template: PodTemplateSpec = "template",
        /// How Pods are replaced; the bounds are those of a rolling update.
        update_strategy: DeploymentStrategy = "updateStrategy",
        /// Seconds that a Pod must be ready to be available.
        min_ready_seconds: i64 = "minReadySeconds",
        /// How many old revisions are kept.
        revision_history_limit: Option<i64> = "revisionHistoryLimit",
    }
    /// `DaemonSetStatus`.
    pub struct DaemonSetStatus {
        /// How many nodes run a Pod that should.
        current_number_scheduled: Option<i64> = "currentNumberScheduled",
        /// How many nodes run a Pod that should not.
        number_misscheduled: Option<i64> = "numberMisscheduled",
        /// How many nodes should run a Pod.
        desired_number_scheduled: Option<i64> = "desiredNumberScheduled",
        /// How many Pods are ready.
        number_ready: Option<i64> = "numberReady",
        /// The generation that was seen last.
        observed_generation: i64 = "observedGeneration",
        /// How many Pods have the newest template.
        updated_number_scheduled: i64 = "updatedNumberScheduled",
        /// How many have been ready for long enough.
        number_available: i64 = "numberAvailable",
        /// How many are missing.
        number_unavailable: i64 = "numberUnavailable",
    }
    /// A Job.
    pub struct Job {
        /// What is wanted.
        spec: JobSpec = "spec",
        /// What is.
        status: JobStatus = "status",
    }
    /// `JobSpec`.
    pub struct JobSpec {
        /// How many Pods at a time.
        parallelism: Option<i64> = "parallelism",
        /// How many Pods must succeed.
        completions: Option<i64> = "completions",
        /// How many Pods may fail.
        backoff_limit: Option<i64> = "backoffLimit",
        /// Seconds after which the Job is failed.
        active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        /// Seconds after its end until the Job is deleted.
        ttl_seconds_after_finished: Option<i64> = "ttlSecondsAfterFinished",
        /// Which Pods are its own.
        selector: Option<LabelSelector> = "selector",
        /// What its Pods look like.
        template: PodTemplateSpec = "template",
        /// Whether it makes no Pods for now.
        suspend: Option<bool> = "suspend",
        /// `NonIndexed` or `Indexed`.
        completion_mode: String = "completionMode",
    }
    /// `JobStatus`.
    pub struct JobStatus {
        /// Its conditions.
        conditions: Vec<Condition> = "conditions",
        /// When it began.
        start_time: String = "startTime",
        /// When it was complete.
        completion_time: String = "completionTime",
        /// How many Pods run.
        active: i64 = "active",
        /// How many Pods have succeeded.
        succeeded: i64 = "succeeded",
        /// How many Pods have failed.
        failed: i64 = "failed",
        /// How many Pods are ready.
        ready: Option<i64> = "ready",
        /// How many Pods are being deleted.
        terminating: Option<i64> = "terminating",
    }
}

impl Job {
    /// Whether it has ended, well or badly.
    pub fn is_finished(&self) -> bool {
        let ends = |c: &Condition| matches!(c.type_.as_ref(), "Complete" | "Failed");
        self.status
            .conditions
            .iter()
            .any(|c| ends(c) && c.status == "True")
    }
}
