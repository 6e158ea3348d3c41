//! The DNS server of the cluster: what its `CoreDNS` Pods know, how they are configured, and what they log.
//!
//! All replicas share one state: they watch the same objects and read the same file.

use super::cache::Cache;
use super::catalog::Catalog;
use super::chain::{self, State, World};
use super::corefile::{Action, Rule};
use super::log::Log;
use super::{Because, Corefile, DnsName, LogLine, Outside, Query, Rcode, Reply};
use crate::api::{Object, ObjectKey, kind};
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
    catalog: Catalog,
    corefile: Corefile,
    /// The text of the configuration in use.
    text: String,
    /// A changed text and when it is read.
    pending: Option<(SimTime, String)>,
    outside: Outside,
    state: State,
    durations: Rng,
    local: Vec<IpAddr>,
    node_search: Vec<DnsName>,
    synced: bool,
    inside: Vec<Cidr>,
    log: Log,
    /// The Pod that answers.
    replica: Option<Rc<str>>,
}

impl Server {
    /// A server that knows nothing yet and has kubeadm's configuration.
    pub fn new(network: &ClusterNetwork, chance: Rng) -> Self {
        let text = default_corefile(&network.domain);
        let cidrs = network.service_cidrs.iter().chain(&network.pod_cidrs);
        Self {
            catalog: Catalog::default(),
            corefile: Corefile::parse(&text).unwrap_or_default(),
            text,
            pending: None,
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
    pub fn observe(&mut self, sim: &Sim, changes: &[Change]) {
        let unix = sim.unix(sim.now);
        for change in changes {
            self.catalog.follow(change, unix);
            if is_configuration(&change.key) {
                self.configure(sim.now, change);
            }
            if is_replica(change) {
                self.greet(sim.now, change);
            }
        }
    }

    fn configure(&mut self, now: SimTime, change: &Change) {
        let Some(text) = change.new.as_deref().and_then(corefile_text) else {
            return;
        };
        if change.old.is_none() {
            // Pods start with the file that they find.
            match Corefile::parse(&text) {
                Ok(corefile) => self.use_corefile(corefile, text),
                Err(error) => self.log.push(now, None, &error.message),
            }
            return;
        }
        match self.corefile.reload() {
            Some(_) if text == self.text => self.pending = None,
            Some(interval) => self.pending = Some((now + interval, text)),
            None => {}
        }
    }

    /// A replica that begins to run says what it serves.
    fn greet(&mut self, now: SimTime, change: &Change) {
        let name = &change.key.name;
        let pod = change.new.as_deref().and_then(Object::pod);
        let Some(pod) = pod.filter(|pod| pod.status.phase == "Running") else {
            self.log.end(name);
            return;
        };
        if !self.log.start(name, now) {
            return;
        }
        let image = pod.spec.containers.first().map_or("", |c| c.image.as_str());
        let version = image
            .rsplit_once(":v")
            .map_or("1.14.2", |(_, version)| version);
        let mut lines = self.corefile.listeners();
        lines.extend(self.corefile.reload().map(|_| running(&self.text)));
        lines.push(format!("CoreDNS-{version}"));
        lines.push("linux/amd64, go1.26.1".to_owned());
        for line in &lines {
            self.log.push(now, Some(name), line);
        }
    }

    /// When a changed Corefile is read.
    pub fn due(&self) -> Option<SimTime> {
        self.pending.as_ref().map(|(at, _)| *at)
    }

    /// Reads a changed Corefile if it is time; one that cannot be used leaves the old one in place.
    pub fn advance(&mut self, now: SimTime) {
        let Some((at, text)) = self.pending.take_if(|(at, _)| *at <= now) else {
            return;
        };
        let mut lines = vec!["[INFO] Reloading".to_owned()];
        match Corefile::parse(&text) {
            Ok(corefile) => {
                let lameduck = self.corefile.lameduck();
                lines.extend(lameduck.map(|span| {
                    format!("[INFO] plugin/health: Going into lameduck mode for {span}")
                }));
                lines.extend(corefile.reload().map(|_| running(&text)));
                lines.push("[INFO] Reloading complete".to_owned());
                self.use_corefile(corefile, text);
            }
            Err(error) => {
                let message = format!("starting with listener file descriptors: {error}");
                lines.push(format!("[ERROR] Restart failed: {message}"));
                lines.push(format!(
                    "[ERROR] plugin/reload: Corefile changed but reload failed: {message}"
                ));
            }
        }
        for line in &lines {
            self.log.push(at, None, line);
        }
    }

    fn use_corefile(&mut self, corefile: Corefile, text: String) {
        self.corefile = corefile;
        self.text = text;
        self.state.cache.clear();
    }

    /// All that the replicas have logged, oldest first.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.log.lines()
    }

    /// What a running replica has logged until now, oldest first.
    pub fn log_of(&mut self, now: SimTime, pod: &str) -> Vec<LogLine> {
        self.advance(now);
        self.log.of(pod).cloned().collect()
    }

    /// Whether a Pod is a replica that runs.
    pub fn is_replica(&self, namespace: &str, pod: &str) -> bool {
        namespace == "kube-system" && self.log.runs(pod)
    }

    /// Whether a rule of the Corefile drops a question unanswered.
    pub fn drops(&mut self, now: SimTime, query: &Query, client: IpAddr) -> bool {
        self.advance(now);
        let block = self.corefile.block_of(&query.name);
        block.is_some_and(|(_, block)| Rule::of(&block.plugins.acl, query, client) == Action::Drop)
    }

    /// Answers a question.
    pub fn answer(&mut self, now: SimTime, query: &Query, client: &Client) -> Reply {
        self.advance(now);
        let world = World {
            corefile: &self.corefile,
            catalog: &self.catalog,
            outside: &self.outside,
            local: &self.local,
            synced: self.synced,
            inside: &self.inside,
            node_search: &self.node_search,
            now,
            client: client.address.ip(),
        };
        let (mut reply, logged) = match self.corefile.block_of(&query.name) {
            Some((index, block)) => {
                let reply = chain::resolve_in(world, &mut self.state, query, (index, block, 0));
                let logged = block.plugins.log.iter().any(|rule| rule.wants(&reply));
                (reply, logged)
            }
            None => (Reply::new(query, Rcode::Refused, Because::NoZone), false),
        };
        if client.transport == Transport::Udp {
            reply.truncate(query.udp_limit());
        }
        for line in self.state.errors.drain(..) {
            self.log.push(now, self.replica.as_ref(), &line);
        }
        if logged {
            let line = self.log_line(&reply, client);
            self.log.push(now, self.replica.as_ref(), &line);
        }
        reply
    }

    /// A line of the `log` plugin, in its default format.
    fn log_line(&mut self, reply: &Reply, client: &Client) -> String {
        let query = &reply.query;
        let (protocol, limit) = match client.transport {
            Transport::Udp => ("udp", query.udp_limit()),
            Transport::Tcp => ("tcp", 65_535),
        };
        let flags = [
            (true, "qr"),
            (reply.authoritative, "aa"),
            (reply.truncated, "tc"),
            (query.recursion_desired, "rd"),
            (reply.recursion_available, "ra"),
        ];
        let flags: Vec<&str> = flags
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, name)| *name)
            .collect();
        let took = 60_000 + self.durations.below(240_000);
        let (whole, took) = (reply.takes().as_secs(), format!("{took:09}"));
        format!(
            "[INFO] {} - {} \"{} IN {} {protocol} {} {} {limit}\" {} {} {} {whole}.{}s",
            client.address,
            query.id,
            query.record_type,
            query.name.to_lower(),
            query.wire_len(),
            query.edns.is_some_and(|edns| edns.dnssec_ok),
            reply.rcode,
            flags.join(","),
            reply.wire_len_within(limit),
            took.trim_end_matches('0'),
        )
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

/// Whether a change is of a Pod that Services of cluster DNS select.
fn is_replica(change: &Change) -> bool {
    let object = change.new.as_deref().or(change.old.as_deref());
    let label = object.and_then(|object| object.meta.labels.get("k8s-app"));
    change.key.kind == kind::POD
        && &*change.key.namespace == "kube-system"
        && label.is_some_and(|label| label == "kube-dns")
}

/// The line with which `reload` tells which configuration runs.
fn running(text: &str) -> String {
    format!(
        "[INFO] plugin/reload: Running configuration SHA512 = {}",
        fingerprint(text)
    )
}

fn corefile_text(object: &Object) -> Option<String> {
    let fields = object.fields();
    Some(fields.get("data")?.get("Corefile")?.as_str()?.to_owned())
}

/// A stand-in for the checksum that `reload` logs: it changes whenever the text does.
fn fingerprint(text: &str) -> String {
    let mut stream = Rng::fork(0, text);
    (0..8)
        .map(|_| format!("{:016x}", stream.next_u64()))
        .collect()
}
