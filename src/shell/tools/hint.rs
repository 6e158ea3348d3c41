//! Remarks on what a tool was aimed at.
//!
//! A command between backquotes is ready to be typed: the page lets readers click it.

use crate::api::kind;
use crate::api::service::ServiceSpec;
use crate::shell::context::Context;
use std::net::IpAddr;

/// How many Services one remark names.
const MOST: usize = 4;

/// Names the Services that could have been meant, if an address lies in the Service subnet and no Service has it;
/// `command` is the line with another address in place of this one.
pub(super) fn no_such_service(
    context: &mut Context<'_>,
    address: IpAddr,
    port: Option<u16>,
    command: &dyn Fn(&str) -> String,
) {
    let cluster = &context.world.cluster;
    if !cluster
        .network()
        .service_cidrs
        .iter()
        .any(|cidr| cidr.contains(address))
    {
        return;
    }
    let text = address.to_string();
    let services: Vec<_> = cluster
        .tables()
        .all(kind::SERVICE)
        .filter_map(|o| Some((&o.meta, &o.service()?.spec)))
        .collect();
    if services
        .iter()
        .any(|(_, spec)| spec.cluster_ips.contains(&text))
    {
        return;
    }
    let offers = |spec: &ServiceSpec| {
        port.is_none_or(|port| spec.ports.iter().any(|p| p.port == i64::from(port)))
    };
    let has_address = |spec: &ServiceSpec| !matches!(spec.cluster_ip.as_str(), "" | "None");
    let own = |name: &str, namespace: &str| {
        port.is_some() || (namespace != "kube-system" && name != "kubernetes")
    };
    let fitting = services.iter().filter(|(meta, spec)| {
        offers(spec) && has_address(spec) && own(&meta.name, &meta.namespace)
    });
    let named: Vec<String> = fitting
        .take(MOST)
        .map(|(meta, spec)| {
            let namespace = if meta.namespace == "default" {
                String::new()
            } else {
                format!(" in {}", meta.namespace)
            };
            format!(
                "{}{namespace} is `{}`",
                meta.name,
                command(&spec.cluster_ip)
            )
        })
        .collect();
    let remark = match (named.is_empty(), port) {
        (false, Some(port)) => format!(
            "No Service has {address}. With port {port}, {}.",
            named.join("; ")
        ),
        (false, None) => format!("No Service has {address}: {}.", named.join("; ")),
        (true, Some(port)) => format!("No Service has {address}, and none has port {port}."),
        (true, None) => format!("No Service has {address}."),
    };
    context.out.note(&remark);
}

/// A command line again, with one word replaced.
pub(super) fn with_word(argv: &[String], old: &str, new: &str) -> String {
    let words: Vec<String> = argv.iter().map(|word| word.replace(old, new)).collect();
    words.join(" ")
}
