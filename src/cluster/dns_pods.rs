//! What the `CoreDNS` Pods need of the others: a way to the API, and kubelets that know how the process is configured.

use super::Cluster;
use crate::api::image::{Serves, is_cluster_dns};
use crate::api::{Object, ObjectKey, kind};
use crate::controllers::Warning;
use crate::dns::{Client, Heard, Query, Reply, ResolvConf};
use crate::net::{Arrival, ConnectError, Network, Packet, Place, Protocol};
use crate::store::{Change, Tables};
use std::net::{IpAddr, SocketAddr};

/// Any free port of a client: nothing is remembered of the look.
const PORT: u16 = 40_000;

impl Cluster {
    /// Starts the replicas that have begun to run, looks whether those that wait can go on, and tells the kubelets.
    pub(super) fn follow_dns(&mut self) {
        let now = self.sim.now;
        for fresh in self.dns.take_fresh() {
            let reaches = self.reaches_api(&fresh.pod);
            self.dns.start(now, &fresh, reaches);
        }
        for pod in self.dns.waiting() {
            if self.reaches_api(&ObjectKey::new(kind::POD, "kube-system", &pod)) {
                self.dns.has_synced(&pod);
            }
        }
        let program = self.dns.program();
        self.controllers
            .configure_dns(self.store.tables(), &mut self.sim, program);
    }

    /// Reads a changed Corefile whose time has come.
    pub(super) fn reload_dns(&mut self) {
        self.dns.advance(self.sim.now);
        self.follow_dns();
    }

    /// Whether packets of a Pod come to the API server by way of its Service.
    fn reaches_api(&self, pod: &ObjectKey) -> bool {
        let tables = self.store.tables();
        let service = tables.find(kind::SERVICE, "default", "kubernetes");
        let ip = service.and_then(|service| service.service()?.spec.cluster_ip.parse().ok());
        let Some(ip) = ip else { return true };
        let packet = Packet {
            from: place(pod),
            source_port: PORT,
            to: SocketAddr::new(ip, 443),
            protocol: Protocol::Tcp,
        };
        let mut chance = self.chance.clone();
        let end = self.network_view().walk(&packet, &mut chance).end;
        // The API server keeps its own endpoints; only a dump that leaves them out makes the Service refuse.
        matches!(end, Ok(_) | Err(ConnectError::Refused))
    }

    /// What the server in a Pod answers: a replica of cluster DNS, or one that somebody runs with a Corefile of their own.
    pub(super) fn answer_of(&mut self, pod: &ObjectKey, query: &Query, client: &Client) -> Reply {
        let program = self.dns.program().clone();
        let network = Network {
            tables: self.store.tables(),
            book: &self.book,
            policies: &self.policies,
            proxy: &self.proxy,
            conntrack: &self.conntrack,
            dns: &program,
            settings: &self.network,
            now: self.sim.now,
        };
        let (from, chance) = (place(pod), &self.chance);
        let inner = |ip: IpAddr| {
            let packet = Packet {
                from: from.clone(),
                source_port: PORT,
                to: SocketAddr::new(ip, 53),
                protocol: Protocol::Udp,
            };
            heard(&network, network.walk(&packet, &mut chance.clone()).end)
        };
        let object = network.tables.get(pod);
        if let Some(object) = object.filter(|object| !is_cluster_dns(object)) {
            let text = corefile_of(network.tables, object);
            return self
                .dns
                .answer_as(&text, network.now, query, client, &inner);
        }
        let local = addresses(network.tables, pod);
        self.dns.bind(&pod.name, &local);
        self.dns.answer_through(network.now, query, client, &inner)
    }

    /// The kubelet warns of a resolver configuration that is too long: when it makes the sandbox, and once more for the
    /// containers.
    pub(super) fn warn_of_resolver(&mut self, changes: &[Change]) {
        for change in changes.iter().filter(|c| c.key.kind == kind::POD) {
            let Some(new) = change.new.clone() else {
                continue;
            };
            let Some(pod) = new.pod().filter(|pod| pod.spec.dns_config.is_some()) else {
                continue;
            };
            let before = change.old.as_deref().and_then(Object::pod);
            let Some(before) = before.filter(|_| !pod.status.pod_ip.is_empty()) else {
                continue;
            };
            let sandbox = before.status.pod_ip.is_empty();
            let runs = before.status.phase != "Running" && pod.status.phase == "Running";
            if !sandbox && !runs {
                continue;
            }
            let node = ResolvConf::of_node();
            let namespace = &new.meta.namespace;
            let (_, warnings) = ResolvConf::for_pod(namespace, pod, &self.network, &node);
            for message in warnings {
                let warning = Warning {
                    reason: "DNSConfigForming",
                    message,
                };
                self.controllers
                    .warn(&mut self.store, &mut self.sim, &new, warning);
            }
        }
    }
}

/// A replica's container.
fn place(pod: &ObjectKey) -> Place {
    Place::Pod {
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        container: "coredns".into(),
    }
}

/// What the end of a packet's walk means to the server that sent a question.
fn heard(network: &Network<'_>, end: Result<Arrival, ConnectError>) -> Heard {
    let arrival = match end {
        Ok(arrival) if arrival.listening.serves == Serves::Dns => arrival,
        Err(ConnectError::Refused) => return Heard::Refused,
        Ok(_) | Err(_) => return Heard::Silence,
    };
    match network.tables.get(&arrival.at.key) {
        Some(object) if is_cluster_dns(object) => Heard::Own,
        Some(object) => Heard::Other(corefile_of(network.tables, object)),
        None => Heard::Silence,
    }
}

/// The Corefile that a Pod mounts from a `ConfigMap`.
fn corefile_of(tables: &Tables, object: &Object) -> String {
    let volumes = object.pod().map(|pod| pod.spec.volumes.own.as_slice());
    let mut maps = volumes.unwrap_or_default().iter().filter_map(|volume| {
        let name = volume.get("configMap")?.get("name")?.as_str()?;
        tables.find(kind::CONFIG_MAP, &object.meta.namespace, name)
    });
    let text = |map: &std::rc::Rc<Object>| {
        let fields = map.fields();
        Some(fields.get("data")?.get("Corefile")?.as_str()?.to_owned())
    };
    maps.find_map(text).unwrap_or_default()
}

/// The addresses of the Pod that answers.
fn addresses(tables: &Tables, key: &ObjectKey) -> Vec<IpAddr> {
    let pod = tables.get(key).and_then(|object| object.pod());
    let ips = pod.into_iter().flat_map(|pod| &pod.status.pod_ips);
    ips.filter_map(|ip| ip.ip.parse().ok()).collect()
}
