//! Network policies, Ingresses, slices and Endpoints: what the table of rules cannot say of them.

use super::checker::{Checker, given, is_empty, text};
use super::{address, name};
use crate::api::{Map, Value};
use std::net::IpAddr;

/// One port of a policy's rule.
pub(super) fn policy_port(checker: &mut Checker<'_>, map: &Map) {
    let protocol = text(map, "protocol");
    if !["", "TCP", "UDP", "SCTP"].contains(&protocol) {
        let why = format!(
            "Unsupported value: {protocol:?}: supported values: \"TCP\", \"UDP\", \"SCTP\""
        );
        checker.within("protocol", |c| c.say(why));
    }
    let end = map.get("endPort").and_then(Value::as_int);
    let no_end = |checker: &mut Checker<'_>, why: &str| {
        if let Some(end) = end {
            checker.within("endPort", |c| c.invalid(&Value::Int(end), why));
        }
    };
    match map.get("port") {
        None | Some(Value::Null) => {
            no_end(checker, "may not be specified when `port` is not specified");
        }
        Some(Value::Int(port)) => {
            checker.run(map, &[("port", super::checker::Check::Port)]);
            if end.is_some_and(|end| end < *port) {
                no_end(checker, "must be greater than or equal to `port`");
            } else if end.is_some_and(|end| end > 65_535) {
                no_end(checker, "must be between 1 and 65535, inclusive");
            }
        }
        Some(_) => {
            no_end(checker, "may not be specified when `port` is non-numeric");
            checker.run(map, &[("port", super::checker::Check::Port)]);
        }
    }
}

/// Whom a policy's rule lets through: Pods, or addresses.
pub(super) fn policy_peer(checker: &mut Checker<'_>, map: &Map) {
    use super::checker::Check::Selector;
    checker.run(
        map,
        &[("podSelector", Selector), ("namespaceSelector", Selector)],
    );
    let block = map.get("ipBlock").and_then(Value::as_map);
    if let Some(block) = block {
        checker.within("ipBlock", |checker| ip_block(checker, block));
    }
    let peers = given(map, &["podSelector", "namespaceSelector", "ipBlock"]);
    if peers.is_empty() {
        checker.say("Required value: must specify a peer");
    } else if peers.len() > 1 && block.is_some() {
        checker.say("Forbidden: may not specify both ipBlock and another peer");
    }
}

fn range_of(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text.split_once('/')?;
    Some((address.parse().ok()?, prefix.parse().ok()?))
}

fn ip_block(checker: &mut Checker<'_>, block: &Map) {
    let cidr = text(block, "cidr");
    checker.within("cidr", |checker| {
        if cidr.is_empty() {
            checker.say("Required value");
        } else if let Some(why) = address::range(cidr) {
            checker.invalid(&Value::from(cidr), why);
        }
    });
    if cidr.is_empty() {
        return;
    }
    let outer = range_of(cidr);
    let list = block
        .get("except")
        .and_then(Value::as_list)
        .unwrap_or_default();
    for (i, item) in list.iter().enumerate() {
        let except = item.as_str().unwrap_or_default();
        checker.within(&format!("except[{i}]"), |checker| {
            let wrong = address::range(except);
            if let Some(why) = wrong {
                checker.invalid(item, why);
            }
            let inside = match (outer, range_of(except)) {
                (Some((base, bits)), Some((inner, more))) => {
                    more > bits && address::within(inner, base, bits)
                }
                _ => true,
            };
            if wrong.is_none() && !inside {
                checker.invalid(item, "must be a strict subset of `cidr`");
            }
        });
    }
}

/// A policy is about what comes, what goes, or both.
pub(super) fn policy_types(checker: &mut Checker<'_>, spec: &Map) {
    let list = spec
        .get("policyTypes")
        .and_then(Value::as_list)
        .unwrap_or_default();
    checker.within("policyTypes", |checker| {
        if list.len() > 2 {
            let value = Value::List(list.to_vec());
            checker.invalid(&value, "may not specify more than two policyTypes");
            return;
        }
        for (i, item) in list.iter().enumerate() {
            let word = item.as_str().unwrap_or_default();
            if !["Ingress", "Egress"].contains(&word) {
                let why = format!(
                    "Unsupported value: {word:?}: supported values: \"Ingress\", \"Egress\""
                );
                checker.within(&format!("[{i}]"), |c| c.say(why));
            }
        }
    });
}

/// An Ingress leads somewhere.
pub(super) fn has_backend(checker: &mut Checker<'_>, spec: &Map) {
    let rules = spec.get("rules").cloned().unwrap_or_default();
    if is_empty(&rules) && given(spec, &["defaultBackend"]).is_empty() {
        let why = "either `defaultBackend` or `rules` must be specified";
        checker.invalid(&rules, why);
    }
}

/// The rules of an Ingress: hosts and paths.
pub(super) fn rules(checker: &mut Checker<'_>, spec: &Map) {
    checker.within("rules", |checker| {
        checker.items(spec.get("rules"), |checker, rule| {
            let host = text(rule, "host");
            checker.within("host", |checker| {
                if host.parse::<IpAddr>().is_ok() {
                    checker.invalid(&Value::from(host), "must be a DNS name, not an IP address");
                }
                if host.contains('*') {
                    checker.grammar(host, name::wildcard);
                } else if !host.is_empty() {
                    checker.grammar(host, name::subdomain);
                }
            });
            let Some(Value::Map(http)) = rule.get("http") else {
                return;
            };
            checker.within("http.paths", |checker| {
                if http.get("paths").is_none_or(is_empty) {
                    checker.say("Required value");
                }
                checker.items(http.get("paths"), path);
            });
        });
    });
}

fn path(checker: &mut Checker<'_>, map: &Map) {
    let (own, type_) = (text(map, "path"), text(map, "pathType"));
    let value = Value::from(own);
    let absolute = own.starts_with('/');
    match type_ {
        "" => {
            checker.within("pathType", |c| c.say("Required value: pathType must be specified"));
            return;
        }
        "Exact" | "Prefix" => checker.within("path", |checker| {
            if !absolute {
                checker.invalid(&value, "must be an absolute path");
            }
            for part in ["//", "/./", "/../", "%2f", "%2F"] {
                if own.contains(part) {
                    checker.invalid(&value, &format!("must not contain '{part}'"));
                }
            }
            for end in ["/..", "/."] {
                if own.ends_with(end) {
                    checker.invalid(&value, &format!("cannot end with '{end}'"));
                }
            }
        }),
        "ImplementationSpecific" if !own.is_empty() && !absolute => {
            checker.within("path", |c| c.invalid(&value, "must be an absolute path"));
        }
        "ImplementationSpecific" => {}
        other => checker.within("pathType", |c| {
            c.say(format!("Unsupported value: {other:?}: supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\""));
        }),
    }
    let target = map
        .get("backend")
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    checker.within("backend", |checker| backend(checker, &target));
}

/// Where an Ingress leads: a Service and one of its ports.
pub(super) fn backend(checker: &mut Checker<'_>, map: &Map) {
    let nothing = Value::from("");
    let service = map.get("service").and_then(Value::as_map);
    let resource = given(map, &["resource"]);
    let Some(service) = service else {
        if resource.is_empty() {
            checker.invalid(&nothing, "resource or service backend is required");
        }
        return;
    };
    if !resource.is_empty() {
        checker.invalid(&nothing, "cannot set both resource and service backends");
        return;
    }
    let own = text(service, "name");
    checker.within("service.name", |checker| match own {
        "" => checker.say("Required value"),
        own => checker.grammar(own, name::label),
    });
    let port = service
        .get("port")
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    let number = port
        .get("number")
        .and_then(Value::as_int)
        .filter(|n| *n != 0);
    match (text(&port, "name"), number) {
        ("", None) => checker.say("Required value: port name or number is required"),
        ("", Some(number)) => {
            if !(1..=65_535).contains(&number) {
                let why = "must be between 1 and 65535, inclusive";
                checker.within("service.port.number", |c| {
                    c.invalid(&Value::Int(number), why);
                });
            }
        }
        (own, None) => checker.within("service.port.name", |c| c.grammar(own, name::port_name)),
        (_, Some(_)) => checker.invalid(&nothing, "cannot set both port name & port number"),
    }
}

/// What is wrong with an address of an endpoint.
fn endpoint_address(checker: &mut Checker<'_>, value: &Value, family: &str) {
    let text = value.as_str().unwrap_or_default();
    if family == "FQDN" {
        checker.grammar(text, name::subdomain);
        return;
    }
    match address::address(text) {
        Err(why) => checker.invalid(value, why),
        Ok(ip) => {
            if family == "IPv4" && !ip.is_ipv4() {
                checker.invalid(value, "must be a valid IPv4 address");
            } else if family == "IPv6" && ip.is_ipv4() {
                checker.invalid(value, "must be a valid IPv6 address");
            }
            if let Some(why) = address::special(ip, text) {
                checker.invalid(value, &why);
            }
        }
    }
}

/// The endpoints of a slice.
pub(super) fn slice_endpoints(checker: &mut Checker<'_>, slice: &Map) {
    let family = text(slice, "addressType");
    let list = slice.get("endpoints");
    let many = list.and_then(Value::as_list).map_or(0, <[Value]>::len);
    checker.within("endpoints", |checker| {
        if many > 1_000 {
            checker.say(format!("Too many: {many}: must have at most 1000 items"));
            return;
        }
        checker.items(list, |checker, endpoint| {
            let addresses = endpoint
                .get("addresses")
                .and_then(Value::as_list)
                .unwrap_or_default();
            checker.within("addresses", |checker| {
                if addresses.is_empty() {
                    checker.say("Required value: must contain at least 1 address");
                } else if addresses.len() > 100 {
                    let many = addresses.len();
                    checker.say(format!("Too many: {many}: must have at most 100 items"));
                }
                for (i, value) in addresses.iter().enumerate() {
                    checker.within(&format!("[{i}]"), |c| endpoint_address(c, value, family));
                }
            });
            for (field, grammar) in [
                ("nodeName", name::subdomain as super::checker::Grammar),
                ("hostname", name::label),
            ] {
                let own = text(endpoint, field);
                if !own.is_empty() {
                    checker.within(field, |c| c.grammar(own, grammar));
                }
            }
        });
    });
}

/// One subset of Endpoints.
pub(super) fn subset(checker: &mut Checker<'_>, map: &Map) {
    let lists = ["addresses", "notReadyAddresses"];
    if lists.iter().all(|key| map.get(*key).is_none_or(is_empty)) {
        checker.say("Required value: must specify `addresses` or `notReadyAddresses`");
    }
    for list in lists {
        checker.within(list, |checker| {
            checker.items(map.get(list), |checker, item| {
                let ip = item.get("ip").cloned().unwrap_or(Value::from(""));
                checker.within("ip", |c| endpoint_address(c, &ip, ""));
                let host = text(item, "hostname");
                if !host.is_empty() {
                    checker.within("hostname", |c| c.grammar(host, name::label));
                }
            });
        });
    }
    let ports = map.get("ports");
    let several = ports
        .and_then(Value::as_list)
        .is_some_and(|ports| ports.len() > 1);
    checker.within("ports", |checker| {
        checker.items(ports, |checker, port| {
            let own = text(port, "name");
            checker.within("name", |checker| {
                if several && own.is_empty() {
                    checker.say("Required value");
                } else if !own.is_empty() {
                    checker.grammar(own, name::label);
                }
            });
            let number = port.get("port").and_then(Value::as_int).unwrap_or(0);
            if !(1..=65_535).contains(&number) {
                let why = "must be between 1 and 65535, inclusive";
                checker.within("port", |c| c.invalid(&Value::Int(number), why));
            }
            let protocol = text(port, "protocol");
            if !["SCTP", "TCP", "UDP"].contains(&protocol) {
                let why = format!(
                    "Unsupported value: {protocol:?}: supported values: \"SCTP\", \"TCP\", \"UDP\""
                );
                checker.within("protocol", |c| c.say(why));
            }
            let app = text(port, "appProtocol");
            if !app.is_empty() {
                checker.within("appProtocol", |c| c.grammar(app, name::qualified));
            }
        });
    });
}
