//! A connection or a look-up that failed: what was wrong with that attempt.

use super::evidence::{Evidence, Subject, ports_text};
use super::finding::Finding;
use super::row::Question;
use super::{diagnosis, lookup, rows};
use crate::api::service::Service;
use crate::api::{ObjectKey, kind};
use crate::cluster::{Cluster, FAULT, Foreseen, Place, Protocol};
use crate::kernel::Event;
use crate::manifest::Severity;
use std::net::{IpAddr, SocketAddr};

/// What was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// A connection, or a datagram.
    Connection {
        /// Who tried.
        from: Place,
        /// Where to.
        to: SocketAddr,
        /// The protocol.
        protocol: Protocol,
    },
    /// A look-up of a name, and the port that was meant if that is known.
    Lookup {
        /// Who asked.
        from: Place,
        /// The name.
        name: String,
        /// The port.
        port: Option<u16>,
    },
    /// An echo request.
    Ping {
        /// Who tried.
        from: Place,
        /// Where to.
        to: IpAddr,
    },
}

impl Attempt {
    /// The newest attempt in a cluster's log that failed; none if what came last went well.
    pub fn last_failed(cluster: &Cluster) -> Option<Self> {
        let events = cluster.events_since(crate::kernel::Seq(0));
        let mut name: Option<(Place, String)> = None;
        for event in events.rev() {
            match event.kind.id {
                "refused" | "reset" | "dropped" | "unreachable" => {
                    let to = event.text("dst").parse().ok()?;
                    let from = client(cluster, event)?;
                    let udp = event.text("proto") != "TCP";
                    let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
                    let asked = name.filter(|_| event.text("proto").starts_with("DNS"));
                    return Some(match asked {
                        Some((from, name)) => Self::Lookup {
                            from,
                            name,
                            port: None,
                        },
                        None => Self::Connection { from, to, protocol },
                    });
                }
                "unanswered" => {
                    let from = client(cluster, event)?;
                    name = Some((from, event.text("name").trim_end_matches('.').to_owned()));
                }
                "dns-nxdomain" | "dns-servfail" | "dns-refused" => {
                    let from = client(cluster, event)?;
                    let name = event.text("name").trim_end_matches('.').to_owned();
                    return Some(Self::Lookup {
                        from,
                        name,
                        port: None,
                    });
                }
                "delivered" => return None,
                _ => {}
            }
        }
        None
    }
}

/// The place of an event's client.
fn client(cluster: &Cluster, event: &Event) -> Option<Place> {
    let name = event.text("client");
    if name == "laptop" {
        return Some(Place::Laptop);
    }
    if cluster.tables().find(kind::NODE, "", name).is_some() {
        return Some(Place::Node(name.into()));
    }
    let mut pods = cluster.tables().all(kind::POD);
    let pod = pods.find(|pod| pod.meta.name == name)?;
    let container = pod.pod()?.spec.containers.first()?;
    Some(Place::pod(&pod.meta.namespace, name, &container.name))
}

/// The namespace in which a place looks names up.
pub(super) fn home(place: &Place) -> &str {
    match place {
        Place::Pod { namespace, .. } => namespace,
        Place::Laptop | Place::Outside | Place::Node(_) => "default",
    }
}

/// What was wrong with an attempt, the nearest cause first; nothing if it would succeed now.
pub fn explain(e: &Evidence<'_>, attempt: &Attempt) -> Vec<Finding> {
    let mut found = match attempt {
        Attempt::Connection { from, to, protocol } => connection(e, from, *to, *protocol),
        Attempt::Lookup { from, name, port } => lookup::lookup(e, from, name, *port),
        Attempt::Ping { from, to } => ping(e, from, *to),
    };
    e.signs.silence(&mut found);
    found
}

/// The Service that has an address, and how it has it.
pub(super) fn service_at<'e>(e: &'e Evidence<'_>, ip: IpAddr) -> Option<(ObjectKey, &'e Service)> {
    let text = ip.to_string();
    let mut all = e.tables.all(kind::SERVICE);
    all.find_map(|object| {
        let service = object.service()?;
        let balanced = &service.status.load_balancer.ingress;
        let has = service.spec.addresses().contains(&ip)
            || balanced.iter().any(|ingress| ingress.ip == text)
            || service.spec.external_ips.contains(&text);
        has.then(|| (object.key(), service))
    })
}

/// The Service that has a node port, or else the same number as its own port.
fn behind_node<'e>(e: &'e Evidence<'_>, port: u16) -> Option<(ObjectKey, &'e Service)> {
    let port = i64::from(port);
    let find = |own: bool| {
        let mut all = e.tables.all(kind::SERVICE);
        all.find_map(|object| {
            let service = object.service()?;
            let mut ports = service.spec.ports.iter();
            let has = ports.any(|p| {
                if own {
                    p.port == port
                } else {
                    p.node_port == port
                }
            });
            (has && (!own || service.spec.has_node_ports())).then(|| (object.key(), service))
        })
    };
    find(false).or_else(|| find(true))
}

fn is_node(e: &Evidence<'_>, ip: IpAddr) -> bool {
    let text = ip.to_string();
    let mut nodes = e.tables.all(kind::NODE);
    nodes.any(|node| node.node().is_some_and(|node| node.internal_ip() == text))
}

fn connection(e: &Evidence<'_>, from: &Place, to: SocketAddr, protocol: Protocol) -> Vec<Finding> {
    let mut out = Vec::new();
    let Some(cluster) = e.cluster else {
        return out;
    };
    let foreseen = cluster.foresee(from, to, protocol);
    let owner = service_at(e, to.ip());
    if foreseen.arrives {
        // One endpoint of several may still fail.
        if let Some((key, _)) = &owner {
            others(e, from, key, &mut out);
        }
        return out;
    }
    let policy = foreseen
        .object
        .as_ref()
        .filter(|o| o.kind == kind::NETWORK_POLICY);
    if let Some(policy) = policy {
        out.push(policy_finding(
            e,
            policy,
            &foreseen,
            owner.as_ref().map(|o| &o.0),
        ));
        return out;
    }
    if let Some(finding) = fault(e, &foreseen) {
        out.push(finding);
        return out;
    }
    let inner = |cidrs: &[crate::store::Cidr]| cidrs.iter().any(|c| c.contains(to.ip()));
    let inside = inner(&e.network.service_cidrs) || inner(&e.network.pod_cidrs);
    if *from == Place::Laptop && inside {
        out.push(from_outside(e, from, to, owner.as_ref()));
        if let Some((key, _)) = &owner {
            let found = diagnosis::of_service(e, key).into_iter();
            let balancer = [&rows::LB_PENDING, &rows::LB_POOL];
            out.extend(found.filter(|finding| balancer.contains(&finding.row)));
        }
        return out;
    }
    if let Some((key, service)) = owner {
        on_service(e, (&key, service), to, protocol, &foreseen, &mut out);
    } else if is_node(e, to.ip()) {
        on_node(e, to, &foreseen, &mut out);
    } else {
        on_pod(e, to, &foreseen, &mut out);
    }
    if out.is_empty() {
        out.push(fallback(e, to, &foreseen));
    }
    out
}

/// What stands for a failing verdict that no other row explains.
pub(super) fn fallback(e: &Evidence<'_>, to: SocketAddr, foreseen: &Foreseen) -> Finding {
    let subject = foreseen.object.clone();
    let subject = subject.unwrap_or_else(|| ObjectKey::new(kind::SERVICE, "", &to.to_string()));
    let mut finding = Finding::new(
        &rows::NOT_REACHED,
        &subject,
        &[("because", &foreseen.because)],
    );
    if let Some(object) = &foreseen.object {
        finding.blame.push(e.blame(object, &foreseen.field));
    }
    finding
}

fn policy_finding(
    e: &Evidence<'_>,
    policy: &ObjectKey,
    foreseen: &Foreseen,
    service: Option<&ObjectKey>,
) -> Finding {
    let out = foreseen.because.contains("lets no egress");
    let row = if out {
        &rows::POLICY_OUT
    } else {
        &rows::POLICY_IN
    };
    let subject = service.unwrap_or(policy);
    let mut finding = Finding::new(row, subject, &[("because", &foreseen.because)]);
    finding.blame.push(e.blame(policy, &foreseen.field));
    finding
}

/// An annotation that sets a fault.
fn fault(e: &Evidence<'_>, foreseen: &Foreseen) -> Option<Finding> {
    let key = foreseen.object.as_ref()?;
    let object = e.tables.get(key)?;
    object.meta.annotations.get(FAULT)?;
    let field = ["metadata.annotations.", FAULT].concat();
    foreseen.field.contains("annotations").then(|| {
        let mut finding = Finding::new(&rows::FAULT, key, &[("because", &foreseen.because)]);
        finding.blame.push(e.blame(key, &field));
        finding
    })
}

fn from_outside(
    e: &Evidence<'_>,
    from: &Place,
    to: SocketAddr,
    owner: Option<&(ObjectKey, &Service)>,
) -> Finding {
    let port = to.port().to_string();
    let right = match owner {
        Some((key, service)) => {
            let node_port = service
                .spec
                .ports
                .iter()
                .map(|p| p.node_port)
                .find(|p| *p > 0);
            let balanced = service.status.load_balancer.ingress.first();
            match (balanced, node_port) {
                (Some(ingress), _) if !ingress.ip.is_empty() => ingress.ip.clone(),
                (_, Some(number)) => ["a node's address and port ", &number.to_string()].concat(),
                _ => {
                    let namespace = match &*key.namespace {
                        "default" => String::new(),
                        other => ["-n ", other, " "].concat(),
                    };
                    [
                        "kubectl ",
                        &namespace,
                        "port-forward service/",
                        &key.name,
                        " 8080:",
                        &port,
                    ]
                    .concat()
                }
            }
        }
        None => "kubectl port-forward".to_owned(),
    };
    let subject = owner.map(|(key, _)| key.clone());
    let subject =
        subject.unwrap_or_else(|| ObjectKey::new(kind::SERVICE, "", &to.ip().to_string()));
    let facts = [
        ("address", &*to.ip().to_string()),
        ("client", &from.to_string()),
        ("right", &right),
    ];
    let mut finding = Finding::new(&rows::LAPTOP, &subject, &facts);
    if owner.is_some() {
        finding.blame.push(e.blame(&subject, "spec.type"));
    }
    finding
}

fn on_service(
    e: &Evidence<'_>,
    (key, service): (&ObjectKey, &Service),
    to: SocketAddr,
    protocol: Protocol,
    foreseen: &Foreseen,
    out: &mut Vec<Finding>,
) {
    let number = i64::from(to.port());
    let ports = &service.spec.ports;
    let name = &*key.name;
    let listed = ports
        .iter()
        .any(|p| p.port == number && p.protocol() == protocol.name());
    if !listed {
        out.push(other_port(e, (key, service), to.port(), protocol));
        return;
    }
    if foreseen.field.contains("loadBalancerSourceRanges") {
        let mut finding = Finding::new(&rows::SOURCE_RANGE, key, &[("because", &foreseen.because)]);
        finding.blame.push(e.blame(key, &foreseen.field));
        out.push(finding);
        return;
    }
    let _ = name;
    out.extend(
        diagnosis::of_service(e, key)
            .into_iter()
            .filter(|f| f.severity == Severity::Error || f.row.question == Question::Proxy),
    );
}

/// A port that the Service has not.
pub(super) fn other_port(
    e: &Evidence<'_>,
    (key, service): (&ObjectKey, &Service),
    asked: u16,
    protocol: Protocol,
) -> Finding {
    let number = i64::from(asked);
    let ports = &service.spec.ports;
    if let Some(port) = ports.iter().find(|p| p.node_port == number) {
        let address = service.spec.addresses().first().map(ToString::to_string);
        let facts = [
            ("port", &*number.to_string()),
            ("name", &key.name),
            ("address", address.as_deref().unwrap_or_default()),
            ("right", &port.port.to_string()),
        ];
        let mut finding = Finding::new(&rows::NODE_PORT_INSIDE, key, &facts);
        finding.blame.push(e.blame(key, "spec.ports"));
        return finding;
    }
    let other = ports.iter().find(|p| p.port == number);
    let target = ports.iter().find(|p| p.target() == number.to_string());
    let hint = match (other, target) {
        (Some(port), _) => ["; on that port it speaks ", port.protocol()].concat(),
        (None, Some(port)) => {
            let own = port.port.to_string();
            [
                "; ",
                &number.to_string(),
                " is the Pods' port, clients use ",
                &own,
            ]
            .concat()
        }
        (None, None) => String::new(),
    };
    let asked = [&number.to_string(), "/", protocol.name()].concat();
    let facts = [
        ("name", &*key.name),
        ("ports", &ports_text(service)),
        ("port", &asked),
        ("hint", &hint),
    ];
    let mut finding = Finding::new(&rows::OTHER_PORT, key, &facts);
    finding.blame.push(e.blame(key, "spec.ports"));
    finding
}

fn on_node(e: &Evidence<'_>, to: SocketAddr, foreseen: &Foreseen, out: &mut Vec<Finding>) {
    let Some((key, service)) = behind_node(e, to.port()) else {
        return;
    };
    let number = i64::from(to.port());
    let port = service.spec.ports.iter().find(|p| p.port == number);
    let node = service.spec.ports.iter().any(|p| p.node_port == number);
    if let Some(port) = port.filter(|_| !node) {
        let right = ["use ", &port.node_port.to_string()].concat();
        let facts = [
            ("port", &*number.to_string()),
            ("name", &key.name),
            ("right", &right),
        ];
        let mut finding = Finding::new(&rows::PORT_ON_NODE, &key, &facts);
        finding.blame.push(e.blame(&key, "spec.ports"));
        out.push(finding);
        return;
    }
    let _ = foreseen;
    out.extend(
        diagnosis::of_service(e, &key)
            .into_iter()
            .filter(|f| f.severity == Severity::Error || f.row.question == Question::Proxy),
    );
}

/// A connection to a Pod's own address: a headless Service leads there.
fn on_pod(e: &Evidence<'_>, to: SocketAddr, foreseen: &Foreseen, out: &mut Vec<Finding>) {
    let text = to.ip().to_string();
    let mut pods = e.tables.all(kind::POD);
    let pod = pods.find(|pod| pod.pod().is_some_and(|p| p.status.pod_ip == text));
    let Some(pod) = pod else {
        let subject = ObjectKey::new(kind::POD, "", &text);
        let facts = [("address", &*text), ("because", &*foreseen.because)];
        out.push(Finding::new(&rows::GONE, &subject, &facts));
        return;
    };
    let services = e
        .tables
        .services_selecting(&pod.meta.namespace, &pod.meta.labels);
    for object in services {
        let Some(service) = object.service() else {
            continue;
        };
        let key = object.key();
        if let Some(finding) = headless(e, (&key, service), to.port()) {
            out.push(finding);
        }
        out.extend(
            diagnosis::of_service(e, &key)
                .into_iter()
                .filter(|f| f.severity == Severity::Error && f.row.question >= Question::Pods),
        );
    }
}

/// The Service's port asked at a Pod of a headless Service that maps nothing.
pub(super) fn headless(
    e: &Evidence<'_>,
    (key, service): (&ObjectKey, &Service),
    port: u16,
) -> Option<Finding> {
    let number = i64::from(port);
    let ports = service.spec.ports.iter().enumerate();
    let mut asked = ports.filter(|(_, p)| p.port == number && p.target() != number.to_string());
    let (index, asked) = asked.next().filter(|_| service.spec.is_headless())?;
    let facts = [
        ("name", &*key.name),
        ("port", &number.to_string()),
        ("target", &asked.target()),
    ];
    let mut finding = Finding::new(&rows::HEADLESS_PORT, key, &facts);
    let field = ["spec.ports[", &index.to_string(), "].port"].concat();
    finding.blame.push(e.blame(key, &field));
    Some(finding)
}

/// A Service whose one endpoint answered: does each of them?
fn others(e: &Evidence<'_>, from: &Place, key: &ObjectKey, out: &mut Vec<Finding>) {
    let found = diagnosis::of_service(e, key);
    out.extend(
        found
            .into_iter()
            .filter(|f| f.row.question >= Question::Endpoints),
    );
    if let (
        Place::Pod {
            namespace, name, ..
        },
        Some(s),
    ) = (from, Subject::of(e, key))
    {
        let itself = s
            .pods
            .iter()
            .any(|pod| *pod.meta.name == **name && *pod.meta.namespace == **namespace);
        let count = s.pods.len();
        if itself && !e.shows_processes() {
            let facts = [
                ("pod", &*["Pod ", name].concat()),
                ("count", &count.to_string()),
                ("name", &*s.name()),
            ];
            out.push(Finding::new(&rows::HAIRPIN, key, &facts).likely());
        }
    }
}

fn ping(e: &Evidence<'_>, from: &Place, to: IpAddr) -> Vec<Finding> {
    let Some((key, service)) = service_at(e, to) else {
        return Vec::new();
    };
    if *from == Place::Laptop {
        let to = SocketAddr::new(to, service.spec.ports.first().map_or(0, |p| p.port as u16));
        return vec![from_outside(e, from, to, Some(&(key, service)))];
    }
    let port = service.spec.ports.first().map_or(0, |p| p.port);
    let right = ["nc -zv ", &key.name, " ", &port.to_string()].concat();
    let facts = [
        ("address", &*to.to_string()),
        ("name", &key.name),
        ("mode", e.network.proxy_mode.name()),
        ("right", &right),
    ];
    vec![Finding::new(&rows::PING, &key, &facts)]
}
