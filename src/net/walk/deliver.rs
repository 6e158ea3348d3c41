//! The last step: the process that listens, in a Pod or on a node.

use super::outside::node_place;
use super::way::{Stage, Stop, Way};
use super::{Arrival, Network};
use crate::api::image::{Listening, Serves, is_cluster_dns, listening};
use crate::api::pod::Pod;
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::BTreeSet;
use crate::net::address_book::behind_host_port;
use crate::net::because::{Because, Spot};
use crate::net::fault::Fault;
use crate::net::hop::{ConnectError, Protocol, Verdict};
use crate::net::{ServicePort, ingress, script};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

impl Network<'_> {
    /// A packet that stands before a Pod: its fault, then what listens there. `word` is what a policy said.
    pub(super) fn to_process_of(
        &self,
        way: &mut Way<'_>,
        (key, object): (ObjectKey, &Rc<Object>),
        word: Option<String>,
    ) -> Stage<Arrival> {
        let Some(pod) = object.pod() else {
            return Err(Stop::NOBODY);
        };
        let place = Spot::Pod(key.namespace.clone(), key.name.clone());
        let fault = Fault::of(object);
        let mut latency = self.distance(way, &pod.spec.node_name);
        if let Some(Fault::Slow(more)) = fault {
            latency = latency + more;
        }
        if let Some((verdict, error, what)) = fault.and_then(Fault::end) {
            let because = format!("Pod {} {what}", object.meta.name);
            way.hop(&place, verdict, because.into())
                .about(key, "metadata.annotations");
            return Err(Stop::at_once(error));
        }
        let all = self.heard(way.dst.ip(), object, pod);
        let udp = way.packet.protocol == Protocol::Udp;
        let port = way.dst.port();
        let found = all
            .iter()
            .position(|l| l.port == port && l.udp == udp)
            .filter(|_| way.packet.protocol != Protocol::Sctp);
        if let Some((found, at)) = found.and_then(|at| Some((all.get(at)?, at))) {
            let listening = Listening {
                serves: match fault {
                    Some(Fault::Resetting) => Serves::Resetting,
                    _ => found.serves,
                },
                ..found.clone()
            };
            let because = Because::Listens(all.clone(), at, word.unwrap_or_default());
            way.hop(&place, Verdict::Delivered, because).latency = latency;
            return Ok(arrival(way, (key, object.meta.uid.clone()), listening));
        }
        let because = format!("nothing in the Pod listens on {port}{}", others(&all, udp));
        let about = way
            .through
            .as_ref()
            .map(|through| (through.service().clone(), through.field("targetPort")));
        let hop = way.hop(&place, Verdict::Refused, because.into());
        hop.latency = latency;
        match about {
            Some((service, field)) => hop.about(service, field),
            None => hop.about(key, "spec.containers"),
        }
        Err(Stop::at_once(ConnectError::Refused))
    }

    /// A packet to a node's own address: a Pod on the host network, a host port, or a process of the node itself.
    pub(super) fn to_node_process(&self, way: &mut Way<'_>, node: &Rc<str>) -> Stage<Arrival> {
        let port = way.dst.port();
        for key in self.book.at_node(node) {
            let Some(object) = self.tables.get(key) else {
                continue;
            };
            let Some(pod) = object.pod() else { continue };
            if pod.spec.host_network {
                if self.listens(object, pod, way) {
                    way.leave();
                    return self.to_process_of(way, (key.clone(), object), None);
                }
            } else if let Some(inner) = behind_host_port(pod, port, way.packet.protocol) {
                let ip = pod.status.pod_ip.parse();
                let Ok(ip) = ip else { continue };
                way.dst = SocketAddr::new(ip, inner);
                let because = format!("hostPort {port} of Pod {}", object.meta.name);
                way.beside(node_place(node), Verdict::Translated, because.into())
                    .about(object.key(), "spec.containers");
                way.leave();
                return self.to_process_of(way, (key.clone(), object), None);
            }
        }
        way.leave();
        self.to_own_process(way, node)
    }

    /// Everything that a Pod listens on: what its images do, as its configuration and its annotations have it.
    fn listening(&self, object: &Object, pod: &Pod) -> Vec<Listening> {
        let mut all = listening(pod);
        if is_cluster_dns(object) {
            all = self.dns.apply(all);
        }
        script::listening(&object.meta, all)
    }

    /// The same, read once for each state of the Pod. What cluster DNS listens on rests on its Corefile too.
    fn heard(&self, ip: IpAddr, object: &Rc<Object>, pod: &Pod) -> Rc<[Listening]> {
        if is_cluster_dns(object) {
            return self.listening(object, pod).into();
        }
        let read = || self.listening(object, pod);
        self.book.heard_at(ip, object, &read)
    }

    fn listens(&self, object: &Object, pod: &Pod, way: &Way<'_>) -> bool {
        let udp = way.packet.protocol == Protocol::Udp;
        let all = self.listening(object, pod);
        all.iter().any(|l| l.port == way.dst.port() && l.udp == udp)
    }

    /// A process of the node itself: the API server on the control plane, the kubelet and kube-proxy everywhere.
    fn to_own_process(&self, way: &mut Way<'_>, node: &Rc<str>) -> Stage<Arrival> {
        let port = way.dst.port();
        let object = self.tables.find(kind::NODE, "", node).cloned();
        let Some(object) = object else {
            return Err(Stop::NOBODY);
        };
        let control_plane = object
            .meta
            .labels
            .contains_key("node-role.kubernetes.io/control-plane");
        if let Some(listening) = self.health_listener(node, port) {
            let because = format!("kube-proxy tells of {}", listening.container);
            way.hop(&node_place(node), Verdict::Delivered, because.into());
            return Ok(arrival(way, identity(&object), listening));
        }
        let program = match port {
            6443 if control_plane => Some("kube-apiserver"),
            10250 => Some("kubelet"),
            10256 => Some("kube-proxy"),
            80 if control_plane && ingress::is_installed(self.tables) => Some("ingress-nginx"),
            _ => None,
        };
        let place = node_place(node);
        let latency = self.distance(way, node);
        let Some(program) = program.filter(|_| way.packet.protocol == Protocol::Tcp) else {
            let because = format!("nothing listens on {port} on {node}");
            way.hop(&place, Verdict::Refused, because.into()).latency = latency;
            return Err(Stop::at_once(ConnectError::Refused));
        };
        let because = format!("{program} listens on {port}");
        way.hop(&place, Verdict::Delivered, because.into()).latency = latency;
        let serves = match port {
            80 => Serves::Ingress,
            10256 => Serves::Http("{}"),
            _ => Serves::Silent,
        };
        Ok(arrival(
            way,
            identity(&object),
            process(program, port, serves),
        ))
    }
}

impl Network<'_> {
    /// kube-proxy's listener on a healthCheckNodePort: 200 if the node has a ready endpoint, 503 if not. An address counts
    /// once, whatever its ports (`pkg/proxy/healthcheck/service_health.go`).
    fn health_listener(&self, node: &str, port: u16) -> Option<Listening> {
        let mut ports = self.proxy.ports();
        let asked = ports.find(|p| port > 0 && p.health_check_node_port == port)?;
        let service = &asked.name.service;
        let same =
            |port: &&Rc<ServicePort>| port.cluster_ip.is_ipv6() == asked.cluster_ip.is_ipv6();
        let all = self.proxy.ports_of(service).iter().filter(same);
        let local = all.flat_map(|port| port.endpoints.all());
        let ready = local.filter(|e| e.ready && *e.node == *node);
        let addresses: BTreeSet<IpAddr> = ready.map(|e| e.address.ip()).collect();
        let count = addresses.len();
        let status = if count > 0 { 200 } else { 503 };
        let body = format!(
            "{{\\n\\t\"service\": {{\\n\\t\\t\"namespace\": \"{}\",\\n\\t\\t\"name\": \"{}\"\\n\\t}},\\n\\t\"localEndpoints\": {count},\\n\\t\"serviceProxyHealthy\": true\\n}}",
            service.namespace, service.name
        );
        let page = |path: &str| format!("{path} {status} application/json {body}\n");
        Some(Listening {
            script: Some([page("/"), page("/healthz")].concat().into()),
            container: format!(
                "the endpoints of {}/{} on {node}",
                service.namespace, service.name
            ),
            ..process("kube-proxy", port, Serves::Http(""))
        })
    }
}

/// A process of a node.
pub(super) fn process(program: &str, port: u16, serves: Serves) -> Listening {
    Listening {
        port,
        udp: false,
        serves,
        text: None,
        script: None,
        container: program.to_owned(),
        known: true,
    }
}

fn identity(object: &Object) -> (ObjectKey, String) {
    (object.key(), object.meta.uid.clone())
}

/// What is handed to the process.
pub(super) fn arrival(
    way: &Way<'_>,
    (key, uid): (ObjectKey, String),
    listening: Listening,
) -> Arrival {
    Arrival {
        key,
        uid,
        listening,
        client: way.src,
        own: way.dst,
    }
}

/// What else a Pod listens on: `; it listens on 6379`.
fn others(all: &[Listening], udp: bool) -> String {
    let ports: Vec<String> = all
        .iter()
        .filter(|l| l.udp == udp)
        .map(|l| l.port.to_string())
        .collect();
    if ports.is_empty() {
        String::new()
    } else {
        format!("; it listens on {}", ports.join(", "))
    }
}
