//! The DNS server of the cluster: what its `CoreDNS` Pods know, how they are configured, and what they log.
//!
//! All replicas share one state: they watch the same objects and read the same file.

use super::cache::Cache;
use super::catalog::Catalog;
use super::chain::{self, State, World};
use super::corefile::{Action, Rule};
use super::log::Log;
use super::process::Fresh;
use super::query_log::query_line;
use super::upstream::Heard;
use super::{Because, Corefile, DnsName, LogLine, Outside, Query, Rcode, Reply};
use crate::api::image::Configured;
use crate::api::{ObjectKey, kind};
use crate::kernel::{Rng, Sim, SimTime};
use crate::store::{Change, Cidr, ClusterNetwork};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// How a question travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// In one datagram; a reply that is too long is cut.
    #[default]
    Udp,
    /// Over a connection.
    Tcp,
}

/// Who asks, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The address and port that the question comes from.
    pub address: SocketAddr,
    /// How it travels.
    pub transport: Transport,
}

/// The DNS server of the cluster.
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) catalog: Catalog,
    pub(super) corefile: Corefile,
    /// The text of the configuration in use.
    pub(super) text: String,
    /// When a changed text is read.
    pub(super) pending: Option<SimTime>,
    /// The text that the file has, and what is wrong with it.
    pub(super) file: (String, Option<String>),
    /// What the configuration makes of the process.
    pub(super) program: Configured,
    /// Replicas that have just begun to run.
    pub(super) fresh: Vec<Fresh>,
    pub(super) address: IpAddr,
    pub(super) outside: Outside,
    pub(super) state: State,
    pub(super) durations: Rng,
    pub(super) local: Vec<IpAddr>,
    pub(super) node_search: Vec<DnsName>,
    pub(super) synced: bool,
    pub(super) inside: Vec<Cidr>,
    pub(super) log: Log,
    /// The Pod that answers.
    pub(super) replica: Option<Rc<str>>,
}

impl Server {
    /// A server that knows nothing yet and has kubeadm's configuration.
    pub fn new(network: &ClusterNetwork, chance: Rng) -> Self {
        let text = default_corefile(&network.domain);
        let cidrs = network.service_cidrs.iter().chain(&network.pod_cidrs);
        Self {
            catalog: Catalog::default(),
            corefile: Corefile::parse(&text).unwrap_or_default(),
            file: (text.clone(), None),
            text,
            pending: None,
            program: Configured::default(),
            fresh: Vec::new(),
            address: network.dns_address,
            outside: Outside::default(),
            durations: chance.clone(),
            state: State {
                cache: Cache::default(),
                chance,
                errors: Vec::new(),
            },
            local: Vec::new(),
            node_search: Vec::new(),
            synced: true,
            inside: cidrs.cloned().collect(),
            log: Log::default(),
            replica: None,
        }
    }

    /// Replaces the world outside.
    pub fn set_outside(&mut self, outside: Outside) {
        self.outside = outside;
        self.state.cache.clear();
    }

    /// The world outside.
    pub fn outside(&self) -> &Outside {
        &self.outside
    }

    /// Says which replica answers next, and which addresses it has.
    pub fn bind(&mut self, replica: &Rc<str>, local: &[IpAddr]) {
        self.replica = Some(replica.clone());
        self.local.clear();
        self.local.extend_from_slice(local);
    }

    /// Says whether the first list of objects has come; before, no cluster name can be answered.
    pub fn set_synced(&mut self, synced: bool) {
        self.synced = synced;
    }

    /// The search list of the node that the server runs on.
    pub fn set_node_search(&mut self, search: Vec<DnsName>) {
        self.node_search = search;
    }

    /// The configuration in use.
    pub fn corefile(&self) -> &Corefile {
        &self.corefile
    }

    /// Follows writes; a changed Corefile waits for the next reading of the file.
    pub fn observe(&mut self, sim: &mut Sim, changes: &[Change]) {
        let unix = sim.unix(sim.now);
        for change in changes {
            self.catalog.follow(change, unix);
            if is_configuration(&change.key) {
                self.configure(sim, change);
            }
            self.follow_replica(sim.now, change);
        }
    }

    /// When a changed Corefile is read.
    pub fn due(&self) -> Option<SimTime> {
        self.pending
    }

    /// All that the replicas have logged, oldest first.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.log.lines()
    }

    /// What a running replica has logged until now, oldest first.
    pub fn log_of(&mut self, now: SimTime, pod: &str) -> Vec<LogLine> {
        self.advance(now);
        self.log.of(pod, now).cloned().collect()
    }

    /// Whether a Pod is a replica that has run.
    pub fn is_replica(&self, namespace: &str, pod: &str) -> bool {
        namespace == "kube-system" && self.log.knows(pod)
    }

    /// Whether a rule of the Corefile drops a question unanswered.
    pub fn drops(&mut self, now: SimTime, query: &Query, client: IpAddr) -> bool {
        self.advance(now);
        let block = self.corefile.block_of(&query.name);
        block.is_some_and(|(_, block)| Rule::of(&block.plugins.acl, query, client) == Action::Drop)
    }

    /// Answers a question.
    pub fn answer(&mut self, now: SimTime, query: &Query, client: &Client) -> Reply {
        self.answer_through(now, query, client, &|_| Heard::Silence)
    }

    /// Answers a question; what it sends on to addresses inside the cluster goes through `inner`.
    pub fn answer_through(
        &mut self,
        now: SimTime,
        query: &Query,
        client: &Client,
        inner: &dyn Fn(IpAddr) -> Heard,
    ) -> Reply {
        self.advance(now);
        let waits = |pod: &Rc<str>| self.program.waiting.contains(pod);
        let waits = self.replica.as_ref().is_some_and(waits);
        let world = World {
            corefile: &self.corefile,
            catalog: &self.catalog,
            outside: &self.outside,
            local: &self.local,
            synced: self.synced && !waits,
            inside: &self.inside,
            node_search: &self.node_search,
            now,
            client: client.address.ip(),
            inner,
        };
        let (mut reply, logged) = match self.corefile.block_of(&query.name) {
            Some((index, block)) => {
                let reply = chain::resolve_in(world, &mut self.state, query, (index, block, 0));
                let mut rules = block.plugins.log.iter();
                let rule = rules.find(|rule| rule.wants(&reply));
                let format = rule.map(|rule| rule.format.clone());
                (reply, format)
            }
            None => (Reply::new(query, Rcode::Refused, Because::NoZone), None),
        };
        if client.transport == Transport::Udp {
            reply.truncate(query.udp_limit());
        }
        for line in self.state.errors.drain(..) {
            self.log.push(now, self.replica.as_ref(), &line);
        }
        if let Some(format) = logged {
            let nanos = 60_000 + self.durations.below(240_000);
            let line = query_line(&format, &reply, client, nanos);
            self.log.push(now, self.replica.as_ref(), &line);
        }
        reply
    }
}

/// kubeadm's Corefile.
pub fn default_corefile(domain: &str) -> String {
    format!(
        ".:53 {{\n    errors\n    health {{\n       lameduck 5s\n    }}\n    ready\n    kubernetes {domain} in-addr.arpa ip6.arpa {{\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n       ttl 30\n    }}\n    prometheus :9153\n    forward . /etc/resolv.conf {{\n       max_concurrent 1000\n    }}\n    cache 30 {{\n       disable success {domain}\n       disable denial {domain}\n    }}\n    loop\n    reload\n    loadbalance\n}}\n"
    )
}

fn is_configuration(key: &ObjectKey) -> bool {
    key.kind == kind::CONFIG_MAP && &*key.namespace == "kube-system" && &*key.name == "coredns"
}
