//! A node's network: kube-proxy's rules first, then the route that the header as it then stands takes.

use super::client::{is_beside_laptop, is_laptop};
use super::outside::node_place;
use super::way::{Stage, Stop, Way};
use super::{Arrival, Network};
use crate::api::{Object, ObjectKey, kind};
use crate::net::address_book::{Bearer, Owner};
use crate::net::because::Spot;
use crate::net::hop::{Field, Verdict};
use crate::net::policy::{Direction, Judgement, Party, Question};
use crate::net::proxy::Hook;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// No packet makes more hops than this; what would goes in circles.
const TTL: usize = 32;

impl Network<'_> {
    /// A packet that has come into a node, or that the node itself sends.
    pub(super) fn through_node(&self, way: &mut Way<'_>) -> Stage<Arrival> {
        if way.len() > TTL {
            let here = way.node.clone().unwrap_or_default();
            way.beside(
                node_place(&here),
                Verdict::Dropped,
                "its time to live is over".to_owned().into(),
            );
            return Err(Stop::SILENCE);
        }
        if let Some(owner) = self.proxy.owner(way.dst.ip()) {
            self.fault_of_service(way, owner)?;
        }
        self.apply_rules(way)?;
        self.route(way)
    }

    /// Where the header, as it stands now, leads from this node.
    fn route(&self, way: &mut Way<'_>) -> Stage<Arrival> {
        let node = way.node.clone().unwrap_or_default();
        let ip = way.dst.ip();
        if ip.is_loopback() || self.is_of_node(ip, &node) {
            return self.to_node_process(way, &node);
        }
        let owner = self.book.owner(ip);
        self.judge_egress(way, owner)?;
        match owner {
            Some(owner) if owner.bearer == Bearer::Pod => self.towards_pod(way, &node, owner),
            Some(owner) => {
                self.disguise_for_network(way, &node);
                way.leave();
                self.enter_node(way, &owner.node)
            }
            None => self.leave_cluster(way, &node),
        }
    }

    /// To a Pod: on this node through the bridge, to another one over the network.
    fn towards_pod(&self, way: &mut Way<'_>, node: &Rc<str>, owner: &Rc<Owner>) -> Stage<Arrival> {
        let object = &owner.object;
        if owner.node == *node {
            // Policy sees the source before it is masqueraded.
            let word = self.judge_ingress(way, object, &owner.node)?;
            self.masquerade(way, node, &|ipv4| self.bridge_ip(node, ipv4));
            way.leave();
            return self.to_process_of(way, owner, word);
        }
        self.masquerade(way, node, &|ipv4| self.own_ip(node, ipv4));
        way.leave();
        self.node_fault(way, &owner.node)?;
        let view = self.proxy.node(&owner.node);
        let mut ranges = view.into_iter().flat_map(|node| &node.ranges);
        let cidr = ranges.find(|range| range.contains(':') == way.dst.is_ipv6());
        let cidr = cidr.map_or("", |range| range);
        let via = self
            .own_ip(&owner.node, way.dst.is_ipv4())
            .map(|ip| ip.to_string())
            .unwrap_or_default();
        let because = format!("route on {node}: {cidr} via {via}, {}", owner.node);
        way.beside(node_place(&owner.node), Verdict::Forwarded, because.into());
        way.enter(&owner.node, Hook::Prerouting);
        let word = self.judge_ingress(way, object, &owner.node)?;
        way.leave();
        self.to_process_of(way, owner, word)
    }

    /// Beyond the nodes and Pods: the laptop, or the default route.
    fn leave_cluster(&self, way: &mut Way<'_>, node: &Rc<str>) -> Stage<Arrival> {
        let ip = way.dst.ip();
        if let Some((what, cidr)) = self.inner_subnet(ip) {
            let place = Spot::from("outside");
            if what == "Pod" {
                let because = format!("no Pod has {ip} now");
                way.hop(&place, Verdict::Unreachable, because.into());
                return Err(Stop::NOBODY);
            }
            let because =
                format!("no Service has {ip}, so no rule catches it in the Service subnet {cidr}");
            way.hop(&place, Verdict::Dropped, because.into());
            return Err(Stop::SILENCE);
        }
        if !is_laptop(ip) && is_beside_laptop(ip) {
            let because = format!("nothing in the nodes' network has {ip}");
            way.hop(&"outside".into(), Verdict::Unreachable, because.into());
            return Err(Stop::NOBODY);
        }
        self.disguise_for_network(way, node);
        way.leave();
        if is_laptop(ip) {
            return self.to_laptop(way);
        }
        self.beyond(way)
    }

    /// Pods' addresses mean nothing in the nodes' network: the node lends its own.
    fn disguise_for_network(&self, way: &mut Way<'_>, node: &Rc<str>) {
        let from_pod = self
            .book
            .owner(way.src.ip())
            .is_some_and(|owner| owner.bearer == Bearer::Pod);
        if from_pod && way.masquerade.is_none() {
            way.masquerade = Some("Pod addresses are not routed outside the Pod subnet".to_owned());
        }
        self.masquerade(way, node, &|ipv4| self.own_ip(node, ipv4));
    }

    /// Replaces the source by an address of the node, if a rule has asked for that.
    fn masquerade(&self, way: &mut Way<'_>, node: &Rc<str>, by: &dyn Fn(bool) -> Option<IpAddr>) {
        let Some(why) = way.masquerade.take() else {
            return;
        };
        let Some(ip) = by(way.dst.is_ipv4()) else {
            return;
        };
        if way.src.ip() == ip {
            return;
        }
        let old = way.src.ip();
        way.src = SocketAddr::new(ip, way.src.port());
        let because = format!("masquerade on {node}: source {old} becomes {ip}: {why}");
        let about = way
            .through
            .as_ref()
            .map(|through| (through.service().clone(), through.policy_field()));
        let hop = way.beside(node_place(node), Verdict::Translated, because.into());
        if let Some((service, field)) = about {
            hop.about(service, field);
        }
    }

    fn own_ip(&self, node: &str, ipv4: bool) -> Option<IpAddr> {
        let mut all = self.node_ips(node).iter().copied();
        all.find(|ip| ip.is_ipv4() == ipv4)
    }

    /// The Pod whose egress is judged on this node, if the packet comes from one.
    fn sending_pod<'p>(&self, way: &Way<'p>) -> Option<&'p Rc<Object>> {
        let (object, pod) = way.client?;
        let here = way.node.as_deref() == Some(pod.spec.node_name.as_str());
        (here && !pod.spec.host_network).then_some(object)
    }

    /// What policies say of a packet that leaves its Pod.
    fn judge_egress(&self, way: &mut Way<'_>, owner: Option<&Rc<Owner>>) -> Stage<()> {
        if self.policies.is_empty() {
            return Ok(());
        }
        let Some(subject) = self.sending_pod(way) else {
            return Ok(());
        };
        if owner.is_some_and(|owner| owner.who.key == subject.key()) {
            return Ok(());
        }
        let pod = owner
            .filter(|owner| owner.bearer == Bearer::Pod)
            .and_then(|owner| self.tables.get(&owner.who.key));
        let question = Question {
            direction: Direction::Egress,
            subject,
            peer: Party {
                ip: way.dst.ip(),
                pod: pod.map(|pod| &**pod),
            },
            port: Some((way.dst.port(), way.packet.protocol)),
        };
        match self.policies.judge(self.tables, &question) {
            Judgement::Open | Judgement::Allowed(..) => Ok(()),
            Judgement::Denied(denial) => {
                let here = Spot::of(&way.packet.from);
                way.beside(here, Verdict::Dropped, denial.because.into())
                    .about(denial.policy, Field::Path(denial.field));
                Err(Stop::SILENCE)
            }
        }
    }

    /// What policies say of a packet that comes to a Pod; the words of a rule that lets it in.
    fn judge_ingress(
        &self,
        way: &mut Way<'_>,
        subject: &Rc<Object>,
        node: &Rc<str>,
    ) -> Stage<Option<String>> {
        if self.policies.is_empty() {
            return Ok(None);
        }
        let from = way.src.ip();
        let sender = self.book.owner(from);
        // A Pod reaches itself, and its node reaches it: probes must work.
        let own = sender.is_some_and(|s| s.who.key == subject.key());
        if own || self.is_of_node(from, node) {
            return Ok(None);
        }
        let pod = sender
            .filter(|sender| sender.bearer == Bearer::Pod)
            .and_then(|sender| self.tables.get(&sender.who.key));
        let question = Question {
            direction: Direction::Ingress,
            subject,
            peer: Party {
                ip: from,
                pod: pod.map(|pod| &**pod),
            },
            port: Some((way.dst.port(), way.packet.protocol)),
        };
        match self.policies.judge(self.tables, &question) {
            Judgement::Open => Ok(None),
            Judgement::Allowed(policy, rule) => Ok(Some(format!(
                "NetworkPolicy {} lets it in ({rule})",
                policy.name
            ))),
            Judgement::Denied(denial) => {
                let meta = &subject.meta;
                let place = Spot::from(format!("pod/{}/{}", meta.namespace, meta.name));
                way.hop(&place, Verdict::Dropped, denial.because.into())
                    .about(denial.policy, Field::Path(denial.field));
                Err(Stop::SILENCE)
            }
        }
    }

    /// The end that a node's fault makes of packets that come to it.
    pub(super) fn node_fault(&self, way: &mut Way<'_>, node: &Rc<str>) -> Stage<()> {
        let key = ObjectKey::new(kind::NODE, "", node);
        let Some((verdict, error, what)) = way.meet(self.book.fault(&key)) else {
            return Ok(());
        };
        way.hop(
            &node_place(node),
            verdict,
            format!("Node {node} {what}").into(),
        )
        .about(key, "metadata.annotations");
        Err(Stop::at_once(error))
    }

    /// The end that a Service's fault makes of packets to it.
    pub(super) fn fault_of_service(&self, way: &mut Way<'_>, owner: &ObjectKey) -> Stage<()> {
        let Some((verdict, error, what)) = way.meet(self.book.fault(owner)) else {
            return Ok(());
        };
        let place = super::service::service_place(owner);
        way.hop(
            &place,
            verdict,
            format!("Service {} {what}", owner.name).into(),
        )
        .about(owner.clone(), "metadata.annotations");
        Err(Stop::at_once(error))
    }
}
