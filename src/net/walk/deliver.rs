//! The last step: the process that listens, in a Pod or on a node.

use super::outside::node_place;
use super::way::{Stage, Stop, Way};
use super::{Arrival, Network};
use crate::api::image::{Listening, Serves, Site, listening};
use crate::api::kind;
use crate::kernel::BTreeSet;
use crate::net::address_book::{Heard, Identity, Owner, behind_host_port};
use crate::net::because::{Because, Spot};
use crate::net::hop::{ConnectError, Protocol, Verdict};
use crate::net::{ServicePort, ingress, script};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

impl Network<'_> {
    /// A packet that stands before a Pod: its fault, then what listens there. `word` is what a policy said.
    pub(super) fn to_process_of(
        &self,
        way: &mut Way<'_>,
        owner: &Rc<Owner>,
        word: Option<String>,
    ) -> Stage<Arrival> {
        let place = Spot::Of(owner.who.clone());
        if let Some((verdict, error, what)) = way.meet(self.book.fault(&owner.who.key)) {
            let because = format!("Pod {} {what}", owner.who.key.name);
            way.hop(&place, verdict, because.into())
                .about(owner.who.key.clone(), "metadata.annotations");
            return Err(Stop::at_once(error));
        }
        let latency = self.distance(way, &owner.node);
        let all = self.heard(owner);
        let udp = way.packet.protocol == Protocol::Udp;
        let port = way.dst.port();
        let found = all
            .iter()
            .find(|l| l.port == port && l.udp == udp)
            .filter(|_| way.packet.protocol != Protocol::Sctp);
        if let Some(found) = found {
            let because = Because::Listens(found.clone(), word.map(Into::into));
            way.hop(&place, Verdict::Delivered, because).latency = latency;
            return Ok(arrival(way, owner.who.clone(), found.clone()));
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
            None => hop.about(owner.who.key.clone(), "spec.containers"),
        }
        Err(Stop::at_once(ConnectError::Refused))
    }

    /// A packet to a node's own address: a Pod on the host network, a host port, or a process of the node itself.
    pub(super) fn to_node_process(&self, way: &mut Way<'_>, node: &Rc<str>) -> Stage<Arrival> {
        let port = way.dst.port();
        for owner in self.book.at_node(node) {
            let Some(pod) = owner.object.pod() else {
                continue;
            };
            if pod.spec.host_network {
                if self.listens(owner, way) {
                    way.leave();
                    return self.to_process_of(way, owner, None);
                }
            } else if let Some(inner) = behind_host_port(pod, port, way.packet.protocol) {
                let ip = pod.status.pod_ip.parse();
                let Ok(ip) = ip else { continue };
                way.dst = SocketAddr::new(ip, inner);
                let because = format!("hostPort {port} of Pod {}", owner.who.key.name);
                way.beside(node_place(node), Verdict::Translated, because.into())
                    .about(owner.who.key.clone(), "spec.containers");
                way.leave();
                return self.to_process_of(way, owner, None);
            }
        }
        way.leave();
        self.to_own_process(way, node)
    }

    /// Everything that a Pod listens on: what its images do, as its configuration and its annotations have it. It is read
    /// once for each state of the Pod; what cluster DNS listens on rests on its Corefile too.
    fn heard<'o>(&self, owner: &'o Owner) -> Cow<'o, [Rc<Listening>]> {
        let read = || -> Heard {
            let mut all = owner.object.pod().map(listening).unwrap_or_default();
            if owner.is_dns {
                all = self.dns.apply(all);
            }
            let all = script::listening(&owner.object.meta, all);
            all.into_iter().map(Rc::new).collect()
        };
        if owner.is_dns {
            return Cow::Owned(read().to_vec());
        }
        Cow::Borrowed(self.book.heard(owner, &read))
    }

    fn listens(&self, owner: &Owner, way: &Way<'_>) -> bool {
        let udp = way.packet.protocol == Protocol::Udp;
        let all = self.heard(owner);
        all.iter().any(|l| l.port == way.dst.port() && l.udp == udp)
    }

    /// A process of the node itself: the API server on the control plane, the kubelet and kube-proxy everywhere.
    fn to_own_process(&self, way: &mut Way<'_>, node: &Rc<str>) -> Stage<Arrival> {
        let port = way.dst.port();
        let object = self.tables.find(kind::NODE, "", node).cloned();
        let Some(object) = object else {
            return Err(Stop::NOBODY);
        };
        let own = Rc::new(Identity::new(object.key(), &object.meta.uid));
        let control_plane = object
            .meta
            .labels
            .contains_key("node-role.kubernetes.io/control-plane");
        if let Some(listening) = self.health_listener(node, port) {
            let because = format!("kube-proxy tells of {}", listening.container);
            way.hop(&node_place(node), Verdict::Delivered, because.into());
            return Ok(arrival(way, own, listening.into()));
        }
        let program = match port {
            6443 if control_plane => Some("kube-apiserver"),
            10250 => Some("kubelet"),
            10256 => Some("kube-proxy"),
            // Its metricsBindAddress is the node's own loopback.
            10249 if way.dst.ip().is_loopback() => Some("kube-proxy"),
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
            10249 | 10256 => Serves::Http("{}"),
            _ => Serves::Silent,
        };
        let mode = self.settings.proxy_mode.name();
        let told = format!("/proxyMode 200 text/plain {mode}\n/healthz 200 text/plain ok\n");
        let listening = Listening {
            script: (port == 10249).then(|| told.into()),
            ..process(program, port, serves)
        };
        Ok(arrival(way, own, listening.into()))
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
            ..process("kube-proxy", port, Serves::Web(Site::NotFound))
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

/// What is handed to the process, at the end of a way that the last hop completes.
pub(super) fn arrival(
    way: &mut Way<'_>,
    at: Rc<Identity>,
    mut listening: Rc<Listening>,
) -> Arrival {
    if way.resetting {
        Rc::make_mut(&mut listening).serves = Serves::Resetting;
    }
    Arrival {
        at,
        listening,
        client: way.src,
        own: way.dst,
        slow: way.slow,
    }
}

/// What else a Pod listens on: `; it listens on 6379`.
fn others(all: &[Rc<Listening>], udp: bool) -> String {
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
