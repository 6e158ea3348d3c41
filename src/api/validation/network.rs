//! Network policies, Ingresses, slices and Endpoints: what the table of rules cannot say of them.

use super::checker::{Check, Checker, Row, given, is_empty, text};
use super::{address, name};
use crate::api::{FieldError, KindRef, Map, Object, Value, kind};
use std::net::IpAddr;

/// One port of a policy's rule.
pub(super) fn policy_port(checker: &mut Checker<'_>, map: &Map) {
    let protocol = text(map, "protocol");
    if map.get("protocol").is_some() && !["TCP", "UDP", "SCTP"].contains(&protocol) {
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
            checker.run(map, &[("port", Check::Port)]);
            if end.is_some_and(|end| end < *port) {
                no_end(checker, "must be greater than or equal to `port`");
            }
            if end.is_some_and(|end| !(1..=65_535).contains(&end)) {
                no_end(checker, "must be between 1 and 65535, inclusive");
            }
        }
        Some(_) => {
            no_end(checker, "may not be specified when `port` is non-numeric");
            checker.run(map, &[("port", Check::Port)]);
        }
    }
}

/// Whom a policy's rule lets through: Pods, or addresses.
pub(super) fn policy_peer(checker: &mut Checker<'_>, map: &Map) {
    checker.run(
        map,
        &[
            ("podSelector", Check::Selector),
            ("namespaceSelector", Check::Selector),
        ],
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
    let (address, prefix) = (address::sloppy(address)?, prefix.parse().ok()?);
    let width = if address.is_ipv4() { 32 } else { 128 };
    (prefix <= width).then_some((address, prefix))
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
    let outer = range_of(cidr);
    // What is no range at all holds no other.
    if outer.is_none() {
        return;
    }
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
            if !inside {
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
                if address::sloppy(host).is_some() {
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
        "" if map.get("pathType").is_none_or(|type_| *type_ == Value::Null) => {
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
        match map.get("resource") {
            Some(Value::Map(resource)) => checker.within("resource", |c| reference(c, resource)),
            _ => checker.invalid(&nothing, "resource or service backend is required"),
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

/// What an object of any kind is referred to by: its group, its kind and its name.
fn reference(checker: &mut Checker<'_>, map: &Map) {
    checker.run(
        map,
        &[
            ("apiGroup", Check::Text(name::subdomain)),
            ("kind", Check::NeedText(name::path_segment)),
            ("name", Check::NeedText(name::path_segment)),
        ],
    );
}

/// The hosts and the Secret of an Ingress's TLS.
pub(super) fn tls(checker: &mut Checker<'_>, map: &Map) {
    let hosts = map.get("hosts").and_then(Value::as_list);
    for (i, host) in hosts.unwrap_or_default().iter().enumerate() {
        let host = host.as_str().unwrap_or_default();
        let grammar = if host.contains('*') {
            name::wildcard
        } else {
            name::subdomain
        };
        checker.within(&format!("hosts[{i}]"), |c| c.grammar(host, grammar));
    }
    checker.run(map, &[("secretName", Check::Text(name::subdomain))]);
}

/// A new Ingress does not name two classes.
pub(super) fn same_class(object: &Object, fields: &Map, errors: &mut Vec<FieldError>) {
    const OLD: &str = "kubernetes.io/ingress.class";
    let class = fields.get("spec").and_then(|s| s.at(&["ingressClassName"]));
    let class = class.and_then(Value::as_str);
    if let Some((old, class)) = object.meta.annotations.get(OLD).zip(class)
        && old.as_str() != class
    {
        let why = "must match `ingressClassName` when both are specified";
        let detail = format!("Invalid value: {:?}: {why}", old.as_str());
        errors.push(FieldError::new(format!("annotations.{OLD}"), detail));
    }
}

/// The controller of a class: a path with a domain before it.
pub(super) fn controller(checker: &mut Checker<'_>, spec: &Map) {
    let own = text(spec, "controller");
    if own.is_empty() {
        return;
    }
    checker.within("controller", |checker| {
        if own.len() > 250 {
            checker.say("Too long: may not be more than 250 bytes");
        }
        domain_path(checker, own);
    });
}

/// A path with a domain before it (`IsDomainPrefixedPath`).
pub(super) fn domain_path(checker: &mut Checker<'_>, own: &str) {
    match own.split_once('/') {
        _ if own.is_empty() => {}
        Some((domain, path)) if !domain.is_empty() && !path.is_empty() => {
            checker.grammar(domain, name::subdomain);
            checker.grammar(path, name::http_path);
        }
        _ => {
            let why = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            checker.invalid(&Value::from(own), why);
        }
    }
}

/// What a class refers to for more, in a namespace or in the cluster.
pub(super) fn parameters(checker: &mut Checker<'_>, map: &Map) {
    const SCOPES: &[&str] = &["Cluster", "Namespace"];
    reference(checker, map);
    // Who says nothing means the cluster.
    let scope = match text(map, "scope") {
        "" => "Cluster",
        scope => scope,
    };
    if !SCOPES.contains(&scope) {
        checker.run(map, &[("scope", Check::OneOf(SCOPES))]);
        return;
    }
    let namespace = !given(map, &["namespace"]).is_empty();
    checker.within("namespace", |checker| match (scope, namespace) {
        ("Namespace", false) => {
            checker.say("Required value: `parameters.scope` is set to 'Namespace'");
        }
        ("Namespace", true) => checker.grammar(text(map, "namespace"), name::label),
        (_, true) => checker.say("Forbidden: `parameters.scope` is set to 'Cluster'"),
        _ => {}
    });
}

/// The ranges of a `ServiceCIDR`: one, or one of each family.
pub(super) fn cidrs(checker: &mut Checker<'_>, spec: &Map) {
    let value = spec.get("cidrs").cloned().unwrap_or_default();
    let list = value.as_list().unwrap_or_default();
    checker.within("cidrs", |checker| {
        if list.len() > 2 {
            let json = value.to_json();
            checker.say(format!(
                "Invalid value: {{\"CIDRs\":{json}}}: may only hold up to 2 values"
            ));
            return;
        }
        for (i, item) in list.iter().enumerate() {
            let range = item.as_str().unwrap_or_default();
            let why = match (address::range(range), range_of(range)) {
                (None, Some((ip, bits))) => {
                    let canonical = format!("{ip}/{bits}");
                    let other = canonical != range;
                    other.then(|| format!("must be in canonical form ({canonical:?})"))
                }
                (wrong, _) => wrong.map(str::to_owned),
            };
            if let Some(why) = why {
                checker.within(&format!("[{i}]"), |c| c.invalid(item, &why));
            }
        }
        let family = |item: &Value| range_of(item.as_str()?).map(|(ip, _)| ip.is_ipv4());
        if let [one, other] = list
            && family(one).is_some()
            && family(one) == family(other)
        {
            let why = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
            checker.invalid(&value, why);
        }
    });
}

/// What an update keeps: a class its controller, a `ServiceCIDR` its ranges, though a second may be added.
pub(super) fn kept(kind: KindRef, new: &Map, old: &Map, errors: &mut Vec<FieldError>) {
    const WHY: &str = "field is immutable";
    let checker = &mut Checker::new("spec", errors);
    if kind == kind::INGRESS_CLASS && text(new, "controller") != text(old, "controller") {
        let value = Value::from(text(new, "controller"));
        checker.within("controller", |c| c.invalid(&value, WHY));
    }
    if kind == kind::IP_ADDRESS && new.get("parentRef") != old.get("parentRef") {
        let parent = new.get("parentRef");
        let part = |key: &str| {
            let own = parent.and_then(|parent| parent.get(key));
            own.and_then(Value::as_str).unwrap_or_default()
        };
        let [group, resource, namespace, own] =
            ["group", "resource", "namespace", "name"].map(part);
        let shown = format!(
            "{{\"Group\":{group:?},\"Resource\":{resource:?},\"Namespace\":{namespace:?},\"Name\":{own:?}}}"
        );
        checker.within("parentRef", |c| {
            c.say(format!("Invalid value: {shown}: {WHY}"));
        });
    }
    if kind != kind::SERVICE_CIDR {
        return;
    }
    let list = |spec: &Map| spec.get("cidrs").cloned().unwrap_or_default();
    let (value, before) = (list(new), list(old));
    let (now, then) = (
        value.as_list().unwrap_or_default(),
        before.as_list().unwrap_or_default(),
    );
    checker.within("cidrs", |checker| match (then.len(), now.len()) {
        (a, b) if a == b || (a, b) == (1, 2) => {
            let pairs = now.iter().zip(then).enumerate();
            for (i, (item, _)) in pairs.filter(|(_, (new, old))| new != old) {
                checker.within(&format!("[{i}]"), |c| c.invalid(item, WHY));
            }
        }
        _ => checker.invalid(&value, WHY),
    });
}

/// The names of a slice's ports differ; none is a name too.
pub(super) fn port_name(checker: &mut Checker<'_>, port: &Map) {
    checker.within("name", |c| c.unique(text(port, "name")));
}

/// What is wrong with an address of an endpoint.
fn endpoint_address(checker: &mut Checker<'_>, value: &Value, family: &str) {
    let text = value.as_str().unwrap_or_default();
    if family == "FQDN" {
        let plain = text.strip_suffix('.').unwrap_or(text);
        let wrong = name::subdomain(plain);
        if text.is_empty() {
            checker.say("Required value");
        } else if !wrong.is_empty() {
            wrong.iter().for_each(|why| checker.invalid(value, why));
        } else if !plain.contains('.') {
            let why = "should be a domain with at least two segments separated by dots";
            checker.invalid(value, why);
        }
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

const ENDPOINT: &[Row] = &[
    ("nodeName", Check::Text(name::subdomain)),
    ("deprecatedTopology", Check::Labels),
    ("hostname", Check::Text(name::label)),
    ("hints", Check::Also(hints)),
];

/// The zones that an endpoint is meant for.
fn hints(checker: &mut Checker<'_>, endpoint: &Map) {
    const ZONES: &[Row] = &[
        ("name", Check::Unique),
        ("name", Check::Text(name::label_value)),
    ];
    let zones = endpoint
        .get("hints")
        .and_then(|hints| hints.at(&["forZones"]));
    let many = zones.and_then(Value::as_list).map_or(0, <[Value]>::len);
    checker.within("hints.forZones", |checker| {
        if many > 8 {
            checker.say(format!("Too many: {many}: must have at most 8 items"));
        } else {
            checker.each(zones, ZONES);
        }
    });
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
            checker.run(endpoint, ENDPOINT);
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
                checker.run(item, &[("nodeName", Check::Text(name::subdomain))]);
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
