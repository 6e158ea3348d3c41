//! table: the kinds that Portside knows, one row each: group, version, names, scope.
//!
//! Short names and plurals are those of `kubectl api-resources` in v1.36.

use std::cmp::Ordering;
use std::fmt;

/// A kind of API object: one row of [`KINDS`].
pub struct Kind {
    /// `Service`.
    pub name: &'static str,
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The version, `v1`.
    pub version: &'static str,
    /// `services`.
    pub plural: &'static str,
    /// `service`.
    pub singular: &'static str,
    /// `svc`.
    pub short: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether `kubectl get all` lists it.
    pub in_all: bool,
    /// Its place in [`KINDS`].
    pub number: usize,
    /// The beginning of its name as a number: it orders most kinds.
    order: u128,
}

/// A kind, as a handle that is cheap to copy and orders like its row.
pub type KindRef = &'static Kind;

impl Kind {
    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `services` or `deployments.apps`: the resource as the API server's messages name it.
    pub fn resource(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_owned()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// `services.` or `deployments.apps`: the resource as the namespace controller names it.
    pub fn resource_dotted(&self) -> String {
        [self.plural, ".", self.group].concat()
    }

    /// `service` or `deployment.apps`: the prefix of kubectl's messages.
    pub fn prefix(&self) -> String {
        if self.group.is_empty() {
            self.singular.to_owned()
        } else {
            format!("{}.{}", self.singular, self.group)
        }
    }

    /// The kind with this name in this API version.
    pub fn find(api_version: &str, name: &str) -> Option<KindRef> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        KINDS
            .iter()
            .copied()
            .find(|k| k.name == name && k.group == group && k.version == version)
    }

    /// The kind that a reader means by `svc`, `services`, `Service` or `deployments.apps`.
    pub fn by_resource(word: &str) -> Option<KindRef> {
        let word = word.to_ascii_lowercase();
        let (name, group) = word
            .split_once('.')
            .map_or((word.as_str(), None), |(n, g)| (n, Some(g)));
        KINDS.iter().copied().find(|k| {
            let named = k.plural == name || k.singular == name || k.short.contains(&name);
            let grouped = |g: &str| {
                g == k.group
                    || g.strip_prefix(k.version)
                        .is_some_and(|g| g == format!(".{}", k.group))
            };
            named && group.is_none_or(grouped)
        })
    }
}

/// Text as a number that orders like its first sixteen bytes.
const fn order(text: &str) -> u128 {
    let (mut bytes, mut number, mut left) = (text.as_bytes(), 0, 16);
    while left > 0 {
        number <<= 8;
        if let [first, rest @ ..] = bytes {
            number |= *first as u128;
            bytes = rest;
        }
        left -= 1;
    }
    number
}

impl PartialEq for Kind {
    /// Each kind is one row at one address.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}
impl Eq for Kind {}
impl PartialOrd for Kind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Kind {
    fn cmp(&self, other: &Self) -> Ordering {
        if std::ptr::eq(self, other) {
            return Ordering::Equal;
        }
        let names = self.order.cmp(&other.order);
        names.then_with(|| {
            let parts = |kind: &Self| (kind.name, kind.group, kind.version);
            parts(self).cmp(&parts(other))
        })
    }
}
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.api_version(), self.name)
    }
}

macro_rules! kinds {
    ($($id:ident = $name:literal $group:literal $version:literal $plural:literal $singular:literal [$($short:literal)*] $scope:ident $($all:ident)?;)*) => {
        /// The kinds' places in the table.
        #[expect(
            non_camel_case_types,
            clippy::upper_case_acronyms,
            reason = "each is called as its kind"
        )]
        enum Number { $($id),* }

        $(
            #[doc = concat!("The kind ", $name, ".")]
            pub const $id: KindRef = {
                static ROW: Kind = Kind {
                    name: $name, group: $group, version: $version, plural: $plural, singular: $singular,
                    short: &[$($short),*], namespaced: kinds!(@scope $scope), in_all: kinds!(@all $($all)?),
                    order: order($name), number: Number::$id as usize,
                };
                &ROW
            };
        )*
        /// Every kind, in the order in which `kubectl api-resources` would list them.
        pub const KINDS: &[KindRef] = &[$($id),*];
    };
    (@scope ns) => { true };
    (@scope cluster) => { false };
    (@all all) => { true };
    (@all) => { false };
}

kinds! {
    CONFIG_MAP = "ConfigMap" "" "v1" "configmaps" "configmap" ["cm"] ns;
    ENDPOINTS = "Endpoints" "" "v1" "endpoints" "endpoints" ["ep"] ns;
    LEASE = "Lease" "coordination.k8s.io" "v1" "leases" "lease" [] ns;
    EVENT = "Event" "" "v1" "events" "event" ["ev"] ns;
    LIMIT_RANGE = "LimitRange" "" "v1" "limitranges" "limitrange" ["limits"] ns;
    NAMESPACE = "Namespace" "" "v1" "namespaces" "namespace" ["ns"] cluster;
    NODE = "Node" "" "v1" "nodes" "node" ["no"] cluster;
    PERSISTENT_VOLUME_CLAIM = "PersistentVolumeClaim" "" "v1" "persistentvolumeclaims" "persistentvolumeclaim" ["pvc"] ns;
    PERSISTENT_VOLUME = "PersistentVolume" "" "v1" "persistentvolumes" "persistentvolume" ["pv"] cluster;
    POD = "Pod" "" "v1" "pods" "pod" ["po"] ns all;
    POD_TEMPLATE = "PodTemplate" "" "v1" "podtemplates" "podtemplate" [] ns;
    REPLICATION_CONTROLLER = "ReplicationController" "" "v1" "replicationcontrollers" "replicationcontroller" ["rc"] ns all;
    RESOURCE_QUOTA = "ResourceQuota" "" "v1" "resourcequotas" "resourcequota" ["quota"] ns;
    SECRET = "Secret" "" "v1" "secrets" "secret" [] ns;
    SERVICE_ACCOUNT = "ServiceAccount" "" "v1" "serviceaccounts" "serviceaccount" ["sa"] ns;
    SERVICE = "Service" "" "v1" "services" "service" ["svc"] ns all;
    CONTROLLER_REVISION = "ControllerRevision" "apps" "v1" "controllerrevisions" "controllerrevision" [] ns;
    DAEMON_SET = "DaemonSet" "apps" "v1" "daemonsets" "daemonset" ["ds"] ns all;
    DEPLOYMENT = "Deployment" "apps" "v1" "deployments" "deployment" ["deploy"] ns all;
    REPLICA_SET = "ReplicaSet" "apps" "v1" "replicasets" "replicaset" ["rs"] ns all;
    STATEFUL_SET = "StatefulSet" "apps" "v1" "statefulsets" "statefulset" ["sts"] ns all;
    HORIZONTAL_POD_AUTOSCALER = "HorizontalPodAutoscaler" "autoscaling" "v2" "horizontalpodautoscalers" "horizontalpodautoscaler" ["hpa"] ns all;
    HORIZONTAL_POD_AUTOSCALER_V1 = "HorizontalPodAutoscaler" "autoscaling" "v1" "horizontalpodautoscalers" "horizontalpodautoscaler" [] ns;
    CRON_JOB = "CronJob" "batch" "v1" "cronjobs" "cronjob" ["cj"] ns all;
    JOB = "Job" "batch" "v1" "jobs" "job" [] ns all;
    ENDPOINT_SLICE = "EndpointSlice" "discovery.k8s.io" "v1" "endpointslices" "endpointslice" [] ns;
    INGRESS_CLASS = "IngressClass" "networking.k8s.io" "v1" "ingressclasses" "ingressclass" [] cluster;
    INGRESS = "Ingress" "networking.k8s.io" "v1" "ingresses" "ingress" ["ing"] ns;
    IP_ADDRESS = "IPAddress" "networking.k8s.io" "v1" "ipaddresses" "ipaddress" ["ip"] cluster;
    NETWORK_POLICY = "NetworkPolicy" "networking.k8s.io" "v1" "networkpolicies" "networkpolicy" ["netpol"] ns;
    SERVICE_CIDR = "ServiceCIDR" "networking.k8s.io" "v1" "servicecidrs" "servicecidr" [] cluster;
    POD_DISRUPTION_BUDGET = "PodDisruptionBudget" "policy" "v1" "poddisruptionbudgets" "poddisruptionbudget" ["pdb"] ns;
    CLUSTER_ROLE_BINDING = "ClusterRoleBinding" "rbac.authorization.k8s.io" "v1" "clusterrolebindings" "clusterrolebinding" [] cluster;
    CLUSTER_ROLE = "ClusterRole" "rbac.authorization.k8s.io" "v1" "clusterroles" "clusterrole" [] cluster;
    ROLE_BINDING = "RoleBinding" "rbac.authorization.k8s.io" "v1" "rolebindings" "rolebinding" [] ns;
    ROLE = "Role" "rbac.authorization.k8s.io" "v1" "roles" "role" [] ns;
    PRIORITY_CLASS = "PriorityClass" "scheduling.k8s.io" "v1" "priorityclasses" "priorityclass" ["pc"] cluster;
    IP_ADDRESS_POOL = "IPAddressPool" "metallb.io" "v1beta1" "ipaddresspools" "ipaddresspool" [] ns;
    L2_ADVERTISEMENT = "L2Advertisement" "metallb.io" "v1beta1" "l2advertisements" "l2advertisement" [] ns;
    STORAGE_CLASS = "StorageClass" "storage.k8s.io" "v1" "storageclasses" "storageclass" ["sc"] cluster;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_may_write_a_kind_in_many_ways() {
        for word in ["svc", "service", "services", "SERVICES"] {
            assert_eq!(Kind::by_resource(word), Some(SERVICE));
        }
        assert_eq!(Kind::by_resource("deployments.apps"), Some(DEPLOYMENT));
        assert_eq!(Kind::by_resource("deployments.v1.apps"), Some(DEPLOYMENT));
        assert_eq!(Kind::by_resource("deployments.batch"), None);
    }
}
