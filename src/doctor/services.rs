//! What a Service's own fields say: aliases, traffic policies, load balancers, affinity, twins.

use super::evidence::{Evidence, Subject};
use super::finding::{Finding, by_number, listed};
use super::names::{Mention, meant};
use super::rows;
use crate::api::service::ServiceType;
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::BTreeSet;
use crate::manifest::nearest;
use std::net::IpAddr;
use std::rc::Rc;

/// What there is to say of the Service itself.
pub(super) fn check(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    if s.service.spec.service_type() == ServiceType::ExternalName {
        return alias(e, s, out);
    }
    twin(e, s, out);
    affinity(e, s, out);
    if e.shows_state() {
        balancer(e, s, out);
        local(e, s, out);
    }
}

fn alias(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let value = s.service.spec.external_name.as_str();
    let object = s.key.to_string();
    if value.parse::<IpAddr>().is_ok() {
        let facts = [("object", &*object), ("value", value)];
        let finding = Finding::new(&rows::ALIAS_ADDRESS, &s.key, &facts);
        return e.found(out, finding, &[(&s.key, "spec.externalName")]);
    }
    let mention = Mention {
        host: value.to_owned(),
        port: None,
        sure: true,
        namespace: s.key.namespace.to_string(),
    };
    let inside = value.contains(".svc");
    if let Some((name, namespace)) = meant(e, &mention).filter(|_| inside)
        && !e.has_service(&namespace, &name)
    {
        let near = nearest(&name, e.service_names(&namespace));
        let said = e.near_text(&namespace, near);
        let facts = [
            ("object", &*object),
            ("value", value),
            ("name", &name),
            ("namespace", &namespace),
            ("near", &said),
        ];
        let remedy = near.map(|near| {
            let right = value.replacen(&name, near, 1);
            e.replace(&s.key, "spec.externalName", &right, String::new())
        });
        let mut finding = Finding::new(&rows::ALIAS_INSIDE, &s.key, &facts);
        if !e.shows_state() && remedy.is_none() {
            finding = finding.softened();
        }
        e.found(out, finding.with(remedy), &[(&s.key, "spec.externalName")]);
    }
    for (index, port) in s.service.spec.ports.iter().enumerate() {
        if port.target() == port.port.to_string() {
            continue;
        }
        let facts = [
            ("object", &*object),
            ("port", &port.port.to_string()),
            ("target", &port.target()),
            ("value", value),
        ];
        let field = ["spec.ports[", &index.to_string(), "].targetPort"].concat();
        let finding = Finding::new(&rows::ALIAS_PORTS, &s.key, &facts);
        e.found(out, finding, &[(&s.key, &field)]);
    }
}

/// Another Service with nearly the same name and the same selector and ports.
fn twin(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let spec = &s.service.spec;
    if spec.selector.is_empty() {
        return;
    }
    let same = e
        .tables
        .services_selecting(&s.key.namespace, &spec.selector);
    for other in same {
        let Some(theirs) = other.service() else {
            continue;
        };
        let numbers = |text: &str| {
            text.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        };
        let before = other.meta.name.as_str() < &*s.key.name;
        let alike = before
            && theirs.spec.selector == spec.selector
            && theirs.spec.ports.len() == spec.ports.len()
            && theirs
                .spec
                .ports
                .iter()
                .zip(&spec.ports)
                .all(|(a, b)| a.port == b.port)
            && theirs.spec.is_headless() == spec.is_headless()
            && theirs.spec.type_ == spec.type_
            && s.key.name.len() > 3
            && numbers(&other.meta.name) == numbers(&s.key.name)
            && nearest(&s.key.name, [other.meta.name.as_str()]).is_some();
        if alike {
            let facts = [("name", &*other.meta.name), ("other", &*s.key.name)];
            let finding = Finding::new(&rows::TWIN, &s.key, &facts);
            let key = other.key();
            e.found(
                out,
                finding,
                &[(&s.key, "metadata.name"), (&key, "metadata.name")],
            );
        }
    }
}

fn affinity(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let spec = &s.service.spec;
    let told = |why: &str, blame: &[(&ObjectKey, &str)], out: &mut Vec<Finding>| {
        let facts = [("name", &*s.name()), ("why", why)];
        e.found(out, Finding::new(&rows::AFFINITY, &s.key, &facts), blame);
    };
    // ingress-nginx reads this from an Ingress only.
    const COOKIE: &str = "nginx.ingress.kubernetes.io/affinity";
    let own = e.tables.get(&s.key);
    if own.is_some_and(|object| object.meta.annotations.contains_key(COOKIE)) {
        let field = ["metadata.annotations.", COOKIE].concat();
        let why = "a Service knows no cookies, put the annotation on the Ingress";
        told(why, &[(&s.key, &field)], out);
    }
    if spec.session_affinity != "ClientIP" {
        return;
    }
    let field = "spec.sessionAffinity";
    if spec.is_headless() {
        let why = "it is headless, clients choose among its Pods themselves";
        return told(why, &[(&s.key, field)], out);
    }
    let leads = |object: &&Rc<Object>| super::routes::leads_to(object, &s.key.name);
    let mut all = e.tables.in_namespace(kind::INGRESS, &s.key.namespace);
    if let Some(ingress) = all.find(leads) {
        let key = ingress.key();
        let why = [
            "requests that come by ",
            &key.to_string(),
            " go to the Pods themselves, past the Service; a session by cookie is set up at the Ingress",
        ];
        told(&why.concat(), &[(&s.key, field), (&key, "spec")], out);
    }
}

fn balancer(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let waits = s.service.spec.service_type() == ServiceType::LoadBalancer
        && s.service.status.load_balancer.ingress.is_empty();
    if !waits {
        return;
    }
    let said = e.complaints(&s.key.namespace, &s.key.name).iter();
    let refused = said
        .filter(|said| {
            matches!(
                said.reason.as_str(),
                "AllocationFailed" | "SyncLoadBalancerFailed"
            )
        })
        .map(|said| &said.message)
        .next_back();
    let name = s.name();
    let finding = match refused {
        Some(why) => Finding::new(&rows::LB_POOL, &s.key, &[("name", &name), ("why", why)]),
        None => Finding::new(&rows::LB_PENDING, &s.key, &[("name", &name)]),
    };
    e.found(out, finding, &[(&s.key, "spec.type")]);
}

/// Nodes that drop what comes for a Service whose policy is Local.
fn local(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let spec = &s.service.spec;
    let outside =
        spec.external_traffic_policy == "Local" && spec.service_type() == ServiceType::NodePort;
    let inside = spec.internal_traffic_policy == "Local" && !spec.is_headless();
    if e.signs.suspend().is_some() || !(outside || inside) {
        return;
    }
    let slices = e.tables.slices_of(&s.key.namespace, &s.key.name);
    let endpoints = slices
        .iter()
        .filter_map(|o| o.slice())
        .flat_map(|s| s.endpoints());
    let has: BTreeSet<&str> = endpoints
        .filter(|endpoint| endpoint.conditions.is_ready())
        .filter_map(|endpoint| endpoint.node_name.as_deref())
        .collect();
    if has.is_empty() {
        return;
    }
    let lacking = e.tables.all(kind::NODE).filter(|node| {
        !has.contains(node.meta.name.as_str())
            && (outside || clients_on(e, &node.meta.name, &s.key.namespace))
    });
    let names: Vec<String> = lacking.map(|node| node.meta.name.clone()).collect();
    if names.is_empty() {
        return;
    }
    let port = spec.ports.iter().map(|p| p.node_port).find(|p| *p > 0);
    let facts = [
        ("name", &*s.name()),
        ("nodes", &listed(&names)),
        ("have", by_number(names.len(), "has", "have")),
        ("port", &port.unwrap_or_default().to_string()),
    ];
    let (row, field) = match outside {
        true => (&rows::LOCAL_OUTSIDE, "spec.externalTrafficPolicy"),
        false => (&rows::LOCAL_INSIDE, "spec.internalTrafficPolicy"),
    };
    let json = [
        "[{\"op\":\"replace\",\"path\":\"/",
        &field.replace('.', "/"),
        "\",\"value\":\"Cluster\"}]",
    ];
    let remedy = e.replace(&s.key, field, "Cluster", e.patch(&s.key, &json.concat()));
    let finding = Finding::new(row, &s.key, &facts).with(Some(remedy));
    e.found(out, finding, &[(&s.key, field)]);
}

/// Whether Pods of a namespace run on a node that could be clients.
fn clients_on(e: &Evidence<'_>, node: &str, namespace: &str) -> bool {
    let mut pods = e.tables.in_namespace(kind::POD, namespace);
    pods.any(|pod| pod.pod().is_some_and(|pod| pod.spec.node_name == node))
}
