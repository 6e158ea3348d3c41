//! What becomes of the allocated fields of a Service when it is written: kept, brought in step, or wiped.
//!
//! Models `pkg/registry/core/service/storage/rest.go` and `pkg/registry/core/service/strategy.go`. The fields of a
//! Service hang on its type: what no longer applies, and was not changed by the same request, is cleared.

use crate::api::service::{ServiceSpec, ServiceType};
use crate::kernel::{BTreeMap, BTreeSet};

fn needs_cluster_ip(spec: &ServiceSpec) -> bool {
    spec.service_type() != ServiceType::ExternalName
}

/// `patchAllocatedValues`: an update that does not mention what was allocated keeps it.
pub(super) fn keep_allocated(spec: &mut ServiceSpec, old: &ServiceSpec) {
    if needs_cluster_ip(old) && needs_cluster_ip(spec) {
        if spec.cluster_ip.is_empty() {
            spec.cluster_ip.clone_from(&old.cluster_ip);
        }
        if spec.cluster_ips.is_empty() && spec.cluster_ip == old.cluster_ip {
            spec.cluster_ips.clone_from(&old.cluster_ips);
        }
    }
    if old.has_node_ports() && spec.has_node_ports() {
        let after = node_ports(spec);
        let mut used = node_ports(old);
        used.retain(|port| after.contains(port));
        let named = |port: &crate::api::service::ServicePort| (port.name.clone(), port.node_port);
        let before: BTreeMap<String, i64> = old.ports.iter().map(named).collect();
        for port in spec.ports.iter_mut().filter(|port| port.node_port == 0) {
            let number = before.get(&port.name).copied().unwrap_or(0);
            if !used.contains(&number) {
                port.node_port = number;
                used.insert(number);
            }
        }
    }
    let checked = old.needs_health_check() && spec.needs_health_check();
    if checked && spec.health_check_node_port == 0 {
        spec.health_check_node_port = old.health_check_node_port;
    }
}

/// `normalizeClusterIPs`: who speaks only of `clusterIP` means the first of `clusterIPs` too.
pub(super) fn normalize(spec: &mut ServiceSpec, old: Option<&ServiceSpec>) {
    let Some(old) = old else {
        if !spec.cluster_ip.is_empty() && spec.cluster_ips.is_empty() {
            spec.cluster_ips.push(spec.cluster_ip.clone());
        }
        return;
    };
    let same = spec.cluster_ips == old.cluster_ips;
    if spec.cluster_ip == old.cluster_ip {
        if spec.cluster_ips.is_empty() {
            spec.cluster_ips.clone_from(&old.cluster_ips);
        }
    } else if same {
        spec.cluster_ips.clear();
        if !spec.cluster_ip.is_empty() {
            spec.cluster_ips.push(spec.cluster_ip.clone());
        }
    }
}

/// `dropTypeDependentFields`: what the new type has no use for goes, unless the request changed it.
pub(super) fn drop_type_dependent(spec: &mut ServiceSpec, old: Option<&ServiceSpec>) {
    if spec.service_type() == ServiceType::ExternalName {
        spec.internal_traffic_policy.clear();
    }
    let Some(old) = old else { return };
    if needs_cluster_ip(old) && !needs_cluster_ip(spec) {
        if spec.cluster_ips == old.cluster_ips {
            spec.cluster_ip.clear();
            spec.cluster_ips.clear();
        }
        if spec.ip_families == old.ip_families {
            spec.ip_families.clear();
        }
        if spec.ip_family_policy == old.ip_family_policy {
            spec.ip_family_policy.clear();
        }
    }
    if old.has_node_ports()
        && !spec.has_node_ports()
        && node_ports(spec)
            .iter()
            .all(|port| node_ports(old).contains(port))
    {
        spec.ports.iter_mut().for_each(|port| port.node_port = 0);
    }
    if old.needs_health_check()
        && !spec.needs_health_check()
        && spec.health_check_node_port == old.health_check_node_port
    {
        spec.health_check_node_port = 0;
    }
    let balancer = |spec: &ServiceSpec| spec.service_type() == ServiceType::LoadBalancer;
    if balancer(old) && !balancer(spec) {
        if spec.allocate_load_balancer_node_ports == old.allocate_load_balancer_node_ports {
            spec.allocate_load_balancer_node_ports = None;
        }
        if spec.load_balancer_class == old.load_balancer_class {
            spec.load_balancer_class = None;
        }
    }
    if old.is_externally_accessible()
        && !spec.is_externally_accessible()
        && spec.external_traffic_policy == old.external_traffic_policy
    {
        spec.external_traffic_policy.clear();
    }
}

fn node_ports(spec: &ServiceSpec) -> BTreeSet<i64> {
    let numbers = spec.ports.iter().map(|port| port.node_port);
    numbers.filter(|number| *number != 0).collect()
}
