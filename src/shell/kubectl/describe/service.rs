//! Services and their slices.

use super::{Around, head, joined};
use crate::api::Object;
use crate::api::service::{EndpointSlice, Service, ServicePort};
use crate::shell::kubectl::printers::{join, or_none};

pub(super) fn service(around: &Around<'_>, object: &Object, service: &Service) -> String {
    let spec = &service.spec;
    let mut text = head(object);
    let mut put = |key: &str, value: &str| text.push_str(&format!("{key}:\t{value}\n"));
    put("Selector", &joined(&spec.selector));
    put("Type", &spec.type_);
    if !spec.ip_family_policy.is_empty() {
        put("IP Family Policy", &spec.ip_family_policy);
    }
    let none = |list: &[String]| {
        if list.is_empty() {
            "<none>".to_owned()
        } else {
            list.join(",")
        }
    };
    put("IP Families", &none(&spec.ip_families));
    put("IP", &spec.cluster_ip);
    put("IPs", &none(&spec.cluster_ips));
    if !spec.external_ips.is_empty() {
        put("External IPs", &spec.external_ips.join(","));
    }
    if !spec.load_balancer_ip.is_empty() {
        put("Desired LoadBalancer IP", &spec.load_balancer_ip);
    }
    if !spec.external_name.is_empty() {
        put("External Name", &spec.external_name);
    }
    let ingress = &service.status.load_balancer.ingress;
    if !ingress.is_empty() {
        let given = ingress.iter().map(|i| match (i.ip.is_empty(), &i.ip_mode) {
            (false, Some(mode)) => format!("{} ({mode})", i.ip),
            (false, None) => i.ip.clone(),
            (true, _) => i.hostname.clone(),
        });
        put(
            "LoadBalancer Ingress",
            &given.collect::<Vec<_>>().join(", "),
        );
    }
    text.push_str(&ports(around, object, service));
    let mut put = |key: &str, value: &str| text.push_str(&format!("{key}:\t{value}\n"));
    put("Session Affinity", &spec.session_affinity);
    if !spec.external_traffic_policy.is_empty() {
        put("External Traffic Policy", &spec.external_traffic_policy);
    }
    if !spec.internal_traffic_policy.is_empty() {
        put("Internal Traffic Policy", &spec.internal_traffic_policy);
    }
    if spec.health_check_node_port > 0 {
        put(
            "HealthCheck NodePort",
            &spec.health_check_node_port.to_string(),
        );
    }
    if !spec.load_balancer_source_ranges.is_empty() {
        put(
            "LoadBalancer Source Ranges",
            &spec.load_balancer_source_ranges.join(","),
        );
    }
    if let Some(distribution) = &spec.traffic_distribution {
        put("Traffic Distribution", distribution);
    }
    text
}

/// Each port with what it leads to.
fn ports(around: &Around<'_>, object: &Object, service: &Service) -> String {
    let mut text = String::new();
    let mut put = |key: &str, value: &str| text.push_str(&format!("{key}:\t{value}\n"));
    for port in &service.spec.ports {
        let name = if port.name.is_empty() {
            "<unset>"
        } else {
            &port.name
        };
        put(
            "Port",
            &format!("{name}\t{}/{}", port.port, port.protocol()),
        );
        put(
            "TargetPort",
            &format!("{}/{}", port.target(), port.protocol()),
        );
        if let Some(protocol) = &port.app_protocol {
            put("AppProtocol", protocol);
        }
        if port.node_port > 0 {
            put(
                "NodePort",
                &format!("{name}\t{}/{}", port.node_port, port.protocol()),
            );
        }
        put("Endpoints", &endpoints(around, object, port));
    }
    text
}

/// The ready addresses of a port, at most three; nothing when there are slices without any, `<none>` without slices.
pub(super) fn endpoints(around: &Around<'_>, object: &Object, port: &ServicePort) -> String {
    let slices = around
        .tables
        .slices_of(&object.meta.namespace, &object.meta.name);
    if slices.is_empty() {
        return "<none>".to_owned();
    }
    let mut shown: Vec<String> = Vec::new();
    let mut more = false;
    let mut count = 0usize;
    for slice in slices.iter().filter_map(|slice| slice.slice()) {
        let named = |p: &&crate::api::service::EndpointPort| {
            p.name.as_deref().unwrap_or_default() == port.name
        };
        let number = slice.ports().iter().find(named).and_then(|p| p.port);
        if number.is_none() && !slice.ports().is_empty() {
            continue;
        }
        for endpoint in slice.endpoints() {
            if shown.len() == 3 {
                more = true;
            }
            if !endpoint.conditions.is_ready() {
                continue;
            }
            let Some(address) = endpoint.addresses.first() else {
                continue;
            };
            if !more {
                shown.push(number.map_or_else(|| address.clone(), |port| join(address, port)));
            }
            count += 1;
        }
    }
    let text = shown.join(",");
    if more {
        format!("{text} + {} more...", count.saturating_sub(3))
    } else {
        text
    }
}

pub(super) fn slice(object: &Object, slice: &EndpointSlice) -> String {
    let mut text = head(object);
    text.push_str(&format!("AddressType:\t{}\n", slice.address_type));
    if slice.ports().is_empty() {
        text.push_str("Ports: <unset>\n");
    } else {
        text.push_str("Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------\n");
        for port in slice.ports() {
            let name = port
                .name
                .as_deref()
                .filter(|name| !name.is_empty())
                .unwrap_or("<unset>");
            let number = port
                .port
                .map_or_else(|| "<unset>".to_owned(), |n| n.to_string());
            let protocol = port.protocol.as_deref().unwrap_or("TCP");
            text.push_str(&format!("  {name}\t{number}\t{protocol}\n"));
        }
    }
    if slice.endpoints().is_empty() {
        text.push_str("Endpoints: <none>\n");
        return text;
    }
    text.push_str("Endpoints:\n");
    for endpoint in slice.endpoints() {
        text.push_str(&format!(
            "  - Addresses:\t{}\n    Conditions:\n",
            or_none(&endpoint.addresses.join(", "))
        ));
        let ready = endpoint
            .conditions
            .ready
            .map_or_else(|| "<unset>".to_owned(), |ready| ready.to_string());
        text.push_str(&format!("      Ready:\t{ready}\n"));
        let or_unset = |text: &Option<String>| text.clone().unwrap_or_else(|| "<unset>".to_owned());
        text.push_str(&format!(
            "    Hostname:\t{}\n",
            or_unset(&endpoint.hostname)
        ));
        if let Some(target) = &endpoint.target_ref {
            text.push_str(&format!(
                "    TargetRef:\t{}/{}\n",
                target.kind, target.name
            ));
        }
        text.push_str(&format!(
            "    NodeName:\t{}\n",
            or_unset(&endpoint.node_name)
        ));
        text.push_str(&format!("    Zone:\t{}\n", or_unset(&endpoint.zone)));
    }
    text
}
