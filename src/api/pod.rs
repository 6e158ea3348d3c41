//! Pod, Node and Namespace.

use super::access::{Mounts, Volumes};
pub use super::pod_spec::PodSpec;
use super::record::{Given, StringMap, Word, record};
use super::{Map, ObjectMeta, Value};
use std::rc::Rc;

record! {
    /// A Pod.
    pub struct Pod {
        /// What is wanted.
        spec: PodSpec = "spec",
        /// What is.
        status: PodStatus = "status",
    }
    /// What the Pods of a template have in common: a `PodSpec` but for what each has of its own.
    pub struct PodPlan {
        /// The containers.
        containers: Vec<Container> = "containers",
        /// The containers that run first.
        init_containers: Vec<Container> = "initContainers",
        /// The containers that were added to look into it.
        ephemeral_containers: Vec<Container> = "ephemeralContainers",
        /// `Always`, `OnFailure` or `Never`.
        restart_policy: String = "restartPolicy",
        /// Labels that the node must have.
        node_selector: StringMap = "nodeSelector",
        /// Whether it shares the node's network.
        host_network: bool = "hostNetwork",
        /// Its host name, if not its own name.
        hostname: String = "hostname",
        /// The headless Service that names it.
        subdomain: String = "subdomain",
        /// `ClusterFirst`, `ClusterFirstWithHostNet`, `Default` or `None`.
        dns_policy: String = "dnsPolicy",
        /// Changes to its `resolv.conf`.
        dns_config: Option<PodDnsConfig> = "dnsConfig",
        /// Lines for its `/etc/hosts`.
        host_aliases: Vec<Value> = "hostAliases",
        /// Which taints it bears.
        tolerations: Vec<Toleration> = "tolerations",
        /// How long it may take to end, in seconds.
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
        /// The service account.
        service_account_name: String = "serviceAccountName",
        /// Conditions besides the containers' that make it ready.
        readiness_gates: Vec<Value> = "readinessGates",
        /// The volumes.
        volumes: Volumes = "volumes",
    }
    /// `PodDNSConfig`.
    pub struct PodDnsConfig {
        /// Servers to append.
        nameservers: Vec<String> = "nameservers",
        /// Search domains to append.
        searches: Vec<String> = "searches",
        /// Options to merge.
        options: Vec<Value> = "options",
    }
    /// `Toleration`.
    pub struct Toleration {
        /// The taint's key; empty for all.
        key: String = "key",
        /// `Equal` or `Exists`.
        operator: String = "operator",
        /// The taint's value.
        value: String = "value",
        /// The taint's effect; empty for all.
        effect: String = "effect",
        /// How long it is borne, in seconds.
        toleration_seconds: Option<i64> = "tolerationSeconds",
    }
    /// A container.
    pub struct Container {
        /// Its name.
        name: String = "name",
        /// Its image.
        image: String = "image",
        /// Replaces the image's entry point.
        command: Vec<String> = "command",
        /// Replaces the image's arguments.
        args: Vec<String> = "args",
        /// Ports that it says it listens on.
        ports: Vec<ContainerPort> = "ports",
        /// Environment variables.
        env: Vec<EnvVar> = "env",
        /// Resource requests and limits.
        resources: Given<Map> = "resources",
        /// When traffic may be sent to it.
        readiness_probe: Option<Box<Probe>> = "readinessProbe",
        /// When it must be restarted.
        liveness_probe: Option<Box<Probe>> = "livenessProbe",
        /// When the other probes begin.
        startup_probe: Option<Box<Probe>> = "startupProbe",
        /// `Always` makes an init container a sidecar.
        restart_policy: String = "restartPolicy",
        /// `Always`, `IfNotPresent` or `Never`.
        image_pull_policy: String = "imagePullPolicy",
        /// The mounts.
        volume_mounts: Mounts = "volumeMounts",
        /// Whether it reads standard input.
        stdin: bool = "stdin",
        /// Whether standard input closes after the first client.
        stdin_once: bool = "stdinOnce",
        /// Whether it has a terminal.
        tty: bool = "tty",
    }
    /// `ContainerPort`.
    pub struct ContainerPort {
        /// Its name.
        name: String = "name",
        /// Its number.
        container_port: i64 = "containerPort",
        /// The same on the node.
        host_port: i64 = "hostPort",
        /// `TCP`, `UDP` or `SCTP`.
        protocol: String = "protocol",
    }
    /// `EnvVar`.
    pub struct EnvVar {
        /// Its name.
        name: String = "name",
        /// Its value.
        value: String = "value",
        /// Where its value comes from.
        value_from: Option<Value> = "valueFrom",
    }
    /// A probe.
    pub struct Probe {
        /// Ask over HTTP.
        http_get: Option<HttpGet> = "httpGet",
        /// Open a connection.
        tcp_socket: Option<TcpSocket> = "tcpSocket",
        /// Run a command.
        exec: Option<Value> = "exec",
        /// Ask over gRPC.
        grpc: Option<Value> = "grpc",
        /// Seconds before the first.
        initial_delay_seconds: i64 = "initialDelaySeconds",
        /// Seconds between two.
        period_seconds: i64 = "periodSeconds",
        /// Seconds that one may take.
        timeout_seconds: i64 = "timeoutSeconds",
        /// How many must pass.
        success_threshold: i64 = "successThreshold",
        /// How many must fail.
        failure_threshold: i64 = "failureThreshold",
    }
    /// `HTTPGetAction`.
    pub struct HttpGet {
        /// The path.
        path: String = "path",
        /// The port's number or name.
        port: Value = "port",
        /// The host, if not the Pod.
        host: String = "host",
        /// `HTTP` or `HTTPS`.
        scheme: String = "scheme",
    }
    /// `TCPSocketAction`.
    pub struct TcpSocket {
        /// The port's number or name.
        port: Value = "port",
        /// The host, if not the Pod.
        host: String = "host",
    }
    /// `PodStatus`.
    pub struct PodStatus {
        /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
        phase: String = "phase",
        /// Why it is in that phase, as one word.
        reason: String = "reason",
        /// Why, as a sentence.
        message: String = "message",
        /// Its address.
        pod_ip: String = "podIP",
        /// Its addresses.
        pod_ips: Vec<PodIp> = "podIPs",
        /// The node's address.
        host_ip: Word = "hostIP",
        /// When the kubelet saw it first.
        start_time: Word = "startTime",
        /// Its conditions.
        conditions: Vec<Rc<Condition>> = "conditions",
        /// Its containers.
        container_statuses: Vec<Rc<ContainerStatus>> = "containerStatuses",
        /// Its init containers.
        init_container_statuses: Vec<Rc<ContainerStatus>> = "initContainerStatuses",
        /// The containers that were added to look into it.
        ephemeral_container_statuses: Vec<Rc<ContainerStatus>> = "ephemeralContainerStatuses",
        /// `BestEffort`, `Burstable` or `Guaranteed`.
        qos_class: String = "qosClass",
    }
    /// One address of a Pod.
    pub struct PodIp {
        /// The address.
        ip: String = "ip",
    }
    /// A condition of a Pod, Node or workload.
    pub struct Condition {
        /// What it is about.
        type_: Word = "type",
        /// `True`, `False` or `Unknown`.
        status: Word = "status",
        /// Why, as one word.
        reason: Word = "reason",
        /// Why, as a sentence.
        message: Word = "message",
        /// When it changed last.
        last_transition_time: Word = "lastTransitionTime",
        /// When it was written last.
        last_update_time: Word = "lastUpdateTime",
    }
    /// `ContainerStatus`.
    pub struct ContainerStatus {
        /// The container's name.
        name: String = "name",
        /// Whether it is ready.
        ready: Option<bool> = "ready",
        /// Whether it has started.
        started: Option<bool> = "started",
        /// How often it was restarted.
        restart_count: Option<i64> = "restartCount",
        /// Its image.
        image: String = "image",
        /// The image's digest.
        image_id: Option<String> = "imageID",
        /// The runtime's identity of it.
        container_id: String = "containerID",
        /// What it does now.
        state: ContainerState = "state",
        /// What it did before.
        last_state: ContainerState = "lastState",
    }
    /// `ContainerState`: at most one is set.
    pub struct ContainerState {
        /// Not running yet.
        waiting: Option<ContainerWaiting> = "waiting",
        /// Running.
        running: Option<ContainerRunning> = "running",
        /// Ended.
        terminated: Option<Box<ContainerTerminated>> = "terminated",
    }
    /// `ContainerStateWaiting`.
    pub struct ContainerWaiting {
        /// Why, as one word.
        reason: String = "reason",
        /// Why, as a sentence.
        message: String = "message",
    }
    /// `ContainerStateRunning`.
    pub struct ContainerRunning {
        /// Since when.
        started_at: String = "startedAt",
    }
    /// `ContainerStateTerminated`.
    pub struct ContainerTerminated {
        /// The exit status.
        exit_code: Option<i64> = "exitCode",
        /// The signal that ended it, 0 for none.
        signal: i64 = "signal",
        /// Why, as one word.
        reason: String = "reason",
        /// When it started.
        started_at: String = "startedAt",
        /// When it ended.
        finished_at: String = "finishedAt",
    }
    /// The template of the Pods of a workload.
    pub struct PodTemplateSpec {
        /// Their metadata.
        metadata: ObjectMeta = "metadata",
        /// Their spec.
        spec: PodSpec = "spec",
    }
    /// A Node.
    pub struct Node {
        /// What is wanted.
        spec: NodeSpec = "spec",
        /// What is.
        status: NodeStatus = "status",
    }
    /// `NodeSpec`.
    pub struct NodeSpec {
        /// The node's share of the Pod subnet.
        pod_cidr: String = "podCIDR",
        /// The same, one of each family.
        pod_cidrs: Vec<String> = "podCIDRs",
        /// What keeps Pods away.
        taints: Vec<Taint> = "taints",
        /// Whether new Pods are kept away.
        unschedulable: bool = "unschedulable",
    }
    /// A taint.
    pub struct Taint {
        /// Its key.
        key: String = "key",
        /// Its value.
        value: String = "value",
        /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
        effect: String = "effect",
    }
    /// `NodeStatus`.
    pub struct NodeStatus {
        /// Its addresses.
        addresses: Vec<NodeAddress> = "addresses",
        /// Its conditions.
        conditions: Vec<Condition> = "conditions",
        /// Versions and the like.
        node_info: Map = "nodeInfo",
    }
    /// One address of a node.
    pub struct NodeAddress {
        /// `InternalIP`, `ExternalIP` or `Hostname`.
        type_: String = "type",
        /// The address.
        address: String = "address",
    }
    /// A Namespace.
    pub struct Namespace {
        /// What is wanted.
        spec: Map = "spec",
        /// What is.
        status: NamespaceStatus = "status",
    }
    /// `NamespaceStatus`.
    pub struct NamespaceStatus {
        /// `Active` or `Terminating`.
        phase: String = "phase",
    }
}

impl Pod {
    /// Whether a condition is `True`.
    pub fn is_condition_true(&self, type_: &str) -> bool {
        self.status
            .conditions
            .iter()
            .any(|c| c.type_ == type_ && c.status == "True")
    }

    /// Whether the Pod is ready for traffic.
    pub fn is_ready(&self) -> bool {
        self.is_condition_true("Ready")
    }

    /// Whether all its containers have ended for good.
    pub fn is_finished(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }
}

impl PodPlan {
    /// Whether somebody holds it back from being scheduled.
    pub fn is_gated(&self) -> bool {
        let gates = self.rest.get("schedulingGates").and_then(Value::as_list);
        gates.is_some_and(|gates| !gates.is_empty())
    }
}

impl ContainerPort {
    /// The protocol, `TCP` when unset.
    pub fn protocol(&self) -> &str {
        if self.protocol.is_empty() {
            "TCP"
        } else {
            &self.protocol
        }
    }
}

impl Node {
    /// The address inside the cluster.
    pub fn internal_ip(&self) -> &str {
        self.internal_ips().next().unwrap_or_default()
    }

    /// Its addresses inside the cluster, at most one of each family.
    pub fn internal_ips(&self) -> impl Iterator<Item = &str> {
        let own = self.status.addresses.iter();
        own.filter(|a| a.type_ == "InternalIP")
            .map(|a| a.address.as_str())
    }

    /// Whether the node is ready.
    pub fn is_ready(&self) -> bool {
        self.status
            .conditions
            .iter()
            .any(|c| c.type_ == "Ready" && c.status == "True")
    }
}
