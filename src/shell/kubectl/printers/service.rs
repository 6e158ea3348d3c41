//! The cells of Services, EndpointSlices and Endpoints.

use super::{label_text, or_none};
use crate::api::Value;
use crate::api::service::{EndpointSlice, Service, ServiceType};
use crate::kernel::Arrange;

pub(super) fn service(name: String, service: &Service, wide: bool, age: String) -> Vec<String> {
    let spec = &service.spec;
    let ip = spec
        .cluster_ips
        .first()
        .map_or(spec.cluster_ip.as_str(), String::as_str);
    let mut row = vec![
        name,
        if spec.type_.is_empty() {
            "ClusterIP".to_owned()
        } else {
            spec.type_.clone()
        },
        or_none(ip),
        external_ip(service, wide),
        service_ports(service),
        age,
    ];
    if wide {
        row.push(label_text(&spec.selector));
    }
    row
}

fn external_ip(service: &Service, wide: bool) -> String {
    let external = service.spec.external_ips.join(",");
    match service.spec.service_type() {
        ServiceType::ClusterIp | ServiceType::NodePort => or_none(&external),
        ServiceType::ExternalName => service.spec.external_name.clone(),
        ServiceType::LoadBalancer => {
            let ingress = &service.status.load_balancer.ingress;
            let mut given: Vec<&str> = ingress
                .iter()
                .map(|i| {
                    if i.ip.is_empty() {
                        i.hostname.as_str()
                    } else {
                        i.ip.as_str()
                    }
                })
                .filter(|address| !address.is_empty())
                .collect();
            given.arrange();
            given.dedup();
            let mut balancer = given.join(",");
            if balancer.chars().count() > 16 && !wide {
                balancer = balancer.chars().take(13).collect::<String>() + "...";
            }
            match (balancer.is_empty(), external.is_empty()) {
                (false, false) => format!("{balancer},{external}"),
                (false, true) => balancer,
                (true, false) => external,
                (true, true) => "<pending>".to_owned(),
            }
        }
    }
}

fn service_ports(service: &Service) -> String {
    let port = |p: &crate::api::service::ServicePort| {
        let node = if p.node_port > 0 {
            format!(":{}", p.node_port)
        } else {
            String::new()
        };
        format!("{}{node}/{}", p.port, p.protocol())
    };
    or_none(
        &service
            .spec
            .ports
            .iter()
            .map(port)
            .collect::<Vec<_>>()
            .join(","),
    )
}

/// At most three, then how many more; `empty` for none.
fn first_three(all: &[String], empty: &str) -> String {
    if all.is_empty() {
        return empty.to_owned();
    }
    let shown = all.get(..3.min(all.len())).unwrap_or_default().join(",");
    if all.len() > 3 {
        format!("{shown} + {} more...", all.len() - 3)
    } else {
        shown
    }
}

pub(super) fn slice(name: String, slice: &EndpointSlice, age: String) -> Vec<String> {
    let port = |p: &crate::api::service::EndpointPort| match (p.port, &p.name) {
        (Some(number), _) => number.to_string(),
        (None, Some(name)) => name.clone(),
        (None, None) => "*".to_owned(),
    };
    let ports: Vec<String> = slice.ports().iter().map(port).collect();
    let addresses: Vec<String> = slice
        .endpoints()
        .iter()
        .flat_map(|e| e.addresses.clone())
        .collect();
    vec![
        name,
        slice.address_type.clone(),
        first_three(&ports, "<unset>"),
        first_three(&addresses, "<unset>"),
        age,
    ]
}

/// The addresses of an Endpoints object: the ready ones with their ports; `<none>` without subsets.
pub(in crate::shell::kubectl) fn endpoints(value: &Value) -> String {
    let list = |value: &Value, key: &str| {
        let found = value.get(key).and_then(Value::as_list);
        found.unwrap_or_default().to_vec()
    };
    let subsets = list(value, "subsets");
    if subsets.is_empty() {
        return "<none>".to_owned();
    }
    let mut all = Vec::new();
    for subset in &subsets {
        let addresses: Vec<String> = list(subset, "addresses")
            .iter()
            .filter_map(|a| a.get("ip").and_then(Value::as_str).map(str::to_owned))
            .collect();
        let ports = list(subset, "ports");
        if ports.is_empty() {
            all.extend(addresses.clone());
        }
        for port in ports
            .iter()
            .filter_map(|p| p.get("port").and_then(Value::as_int))
        {
            all.extend(addresses.iter().map(|address| join(address, port)));
        }
    }
    first_three(&all, "")
}

/// An address and a port, with brackets where the address has colons.
pub(in crate::shell::kubectl) fn join(address: &str, port: i64) -> String {
    if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    }
}
