//! Look-ups: can the client ask cluster DNS, and is there what it asks for?

use super::attempt::{self, home};
use super::evidence::Evidence;
use super::finding::Finding;
use super::names::{Mention, host};
use super::row::Question;
use super::rows;
use crate::api::image::is_cluster_dns;
use crate::api::service::ServiceType;
use crate::api::{Object, ObjectKey, Value, kind};
use crate::cluster::{Place, Protocol};
use crate::manifest::Severity;
use std::net::SocketAddr;
use std::rc::Rc;

/// What is wrong with a look-up.
pub(super) fn lookup(
    e: &Evidence<'_>,
    from: &Place,
    name: &str,
    port: Option<u16>,
) -> Vec<Finding> {
    let mut out = Vec::new();
    resolver(e, from, &mut out);
    if !out.is_empty() {
        return out;
    }
    // A resolver asks for the name with each search domain; what was typed is in front. The last two could have been
    // typed as well, so they are taken away only if nothing is wrong with the name as it stands.
    let domain = &e.network.domain;
    let own = [".", home(from), ".svc.", domain].concat();
    let tails = [own, [".svc.", domain].concat(), [".", domain].concat()];
    let first = tails
        .first()
        .and_then(|tail| name.strip_suffix(tail.as_str()));
    let label = |tail: &String| {
        name.strip_suffix(tail.as_str())
            .filter(|rest| !rest.contains('.'))
    };
    let typed = std::iter::once(first.unwrap_or(name)).chain(tails.iter().filter_map(label));
    for typed in typed {
        let mention = Mention {
            host: typed.to_owned(),
            port: port.map(i64::from),
            sure: true,
            namespace: home(from).to_owned(),
        };
        let subject = ObjectKey::new(kind::SERVICE, home(from), typed);
        host(e, &subject, from.name(), &mention, &mut out);
        if !out.is_empty() {
            break;
        }
    }
    let whole = [".svc.", domain].concat();
    let bare = name.trim_end_matches('.');
    let bare = bare.strip_suffix(whole.as_str()).unwrap_or(bare);
    let (service, namespace) = bare.split_once('.').unwrap_or((bare, home(from)));
    if out.is_empty() && e.service(namespace, service).is_some() {
        let key = ObjectKey::new(kind::SERVICE, namespace, service);
        let mut found = super::diagnosis::of_service(e, &key);
        found.retain(|f| f.row.question <= Question::Name);
        return found;
    }
    for finding in &mut out {
        // Nothing of a manifest is to be changed: the command line is.
        finding.remedy = None;
        finding.severity = Severity::Error;
    }
    out
}

/// Whether a client can ask cluster DNS at all.
pub(super) fn resolver(e: &Evidence<'_>, from: &Place, out: &mut Vec<Finding>) {
    let subject = ObjectKey::new(kind::SERVICE, "kube-system", "kube-dns");
    if let Place::Pod {
        namespace, name, ..
    } = from
        && let Some(pod) = e.tables.find(kind::POD, namespace, name)
        && let Some(finding) = elsewhere(e, pod, &subject)
    {
        out.push(finding);
        return;
    }
    dns_down(e, out);
    if *from == Place::Laptop || !out.is_empty() {
        return;
    }
    let Some(cluster) = e.cluster else { return };
    let to = SocketAddr::new(e.network.dns_address, 53);
    let foreseen = cluster.foresee(from, to, Protocol::Udp);
    if foreseen.arrives {
        return;
    }
    match foreseen
        .object
        .as_ref()
        .filter(|o| o.kind == kind::NETWORK_POLICY)
    {
        Some(policy) => {
            let allowed = match e.tables.get(policy) {
                Some(object) if !has_egress(object) => "nobody",
                _ => "what its egress rules name",
            };
            let facts = [
                ("policy", &*policy.name),
                ("pods", from.name()),
                ("allowed", allowed),
            ];
            let mut finding = Finding::new(&rows::POLICY_DNS, &subject, &facts);
            finding.blame.push(e.blame(policy, &foreseen.field));
            out.push(finding);
        }
        None => out.push(attempt::fallback(e, to, &foreseen)),
    }
}

/// A Pod that does not ask cluster DNS.
pub(super) fn elsewhere(
    e: &Evidence<'_>,
    pod: &Rc<Object>,
    subject: &ObjectKey,
) -> Option<Finding> {
    let spec = &pod.pod()?.spec;
    let usual = matches!(spec.dns_policy.as_str(), "" | "ClusterFirst");
    let outside =
        matches!(spec.dns_policy.as_str(), "Default" | "None") || usual && spec.host_network;
    let servers = spec.dns_config.as_ref().map(|c| c.nameservers.as_slice());
    // Whoever names servers of his own may mean cluster DNS at another address than is known.
    let own = e.network.dns_address.to_string();
    let asks =
        |servers: &[String]| servers.contains(&own) || !e.shows_state() && !servers.is_empty();
    if !outside || servers.is_some_and(asks) {
        return None;
    }
    let policy = if usual {
        "ClusterFirst on the host network"
    } else {
        &spec.dns_policy
    };
    let facts = [("pod", &*e.name_pods(&[pod])), ("policy", policy)];
    let mut finding = Finding::new(&rows::DNS_POLICY, subject, &facts);
    let field = if usual {
        "spec.hostNetwork"
    } else {
        "spec.dnsPolicy"
    };
    finding.blame.push(e.blame_pod(pod, field));
    Some(finding)
}

/// Whether cluster DNS has an endpoint.
pub(super) fn dns_down(e: &Evidence<'_>, out: &mut Vec<Finding>) {
    if !e.shows_state() {
        return;
    }
    let service = e.tables.find(kind::SERVICE, "kube-system", "kube-dns");
    let Some(service) = service else { return };
    let pods = e.tables.in_namespace(kind::POD, "kube-system");
    let pods: Vec<_> = pods.filter(|pod| is_cluster_dns(pod)).collect();
    let ready = pods
        .iter()
        .filter(|pod| pod.pod().is_some_and(|p| p.is_ready()))
        .count();
    if ready > 0
        || service
            .service()
            .is_none_or(|s| s.spec.service_type() == ServiceType::ExternalName)
    {
        return;
    }
    let why = match pods.len() {
        0 => "it has no Pods".to_owned(),
        1 => "its one Pod is not ready".to_owned(),
        n => ["none of its ", &n.to_string(), " Pods is ready"].concat(),
    };
    let key = service.key();
    out.push(Finding::new(&rows::DNS_DOWN, &key, &[("why", &why)]));
}

/// Whether a policy has rules for what Pods send.
fn has_egress(policy: &Object) -> bool {
    let fields = policy.fields();
    let rules = fields.get("spec").and_then(|spec| spec.get("egress"));
    rules
        .and_then(Value::as_list)
        .is_some_and(|rules| !rules.is_empty())
}
