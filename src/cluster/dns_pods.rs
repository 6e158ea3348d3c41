//! What the `CoreDNS` Pods need of the others: a way to the API, and kubelets that know how the process is configured.

use super::Cluster;
use crate::api::{Object, ObjectKey, kind};
use crate::controllers::Warning;
use crate::dns::ResolvConf;
use crate::net::{Packet, Place, Protocol};
use crate::store::Change;
use std::net::SocketAddr;

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
            from: Place::Pod {
                namespace: pod.namespace.clone(),
                name: pod.name.clone(),
                container: "coredns".into(),
            },
            source_port: PORT,
            to: SocketAddr::new(ip, 443),
            protocol: Protocol::Tcp,
        };
        let mut chance = self.chance.clone();
        self.network_view().walk(&packet, &mut chance).end.is_ok()
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
