//! Portside as a subject of the browser benchmark: the simulator alone, without the page, behind a few exports.
//!
//! Built as the page is (`--profile web`), so that what is measured is what a reader downloads.
#![cfg_attr(
    target_arch = "wasm32",
    expect(
        clippy::unwrap_used,
        reason = "a benchmark stops at the first surprise"
    )
)]
#![cfg(target_arch = "wasm32")]

#[path = "../load.rs"]
mod load;
#[path = "../questions.rs"]
mod questions;
#[path = "../traffic.rs"]
mod traffic;

use portside::api::kind;
use portside::cluster::{Answered, Cluster, Place, Protocol, Settings};
use portside::dns::ResolvConf;
use portside::dns::resolver::{Answered as Heard, Ask, Asking, Try, glibc};
use portside::kernel::Span;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;

/// A cluster that JavaScript drives, and the Pod from which it asks.
#[wasm_bindgen]
pub struct Subject {
    cluster: Cluster,
    client: Place,
    conf: ResolvConf,
}

/// A resolver's questions, sent over the cluster's network.
struct OverCluster<'a> {
    cluster: &'a mut Cluster,
    from: &'a Place,
}

impl Asking for OverCluster<'_> {
    fn ask(&mut self, ask: &Ask) -> (Heard, Span) {
        let sent = self.cluster.now();
        let port = self.cluster.free_port();
        let via = (ask.transport, port);
        let heard = match self.cluster.ask(self.from, ask.server, &ask.query, via) {
            Answered::Reply(reply) => Heard::Reply(Rc::new(reply)),
            Answered::Refused => Heard::Refused,
            Answered::Silence => Heard::Timeout,
            Answered::NoRoute => Heard::Unreachable,
        };
        (heard, self.cluster.now().since(sent))
    }

    fn heard(&mut self, tried: &Try) {
        self.cluster
            .tell_walk(self.from, &tried.ask.query, tried.then);
    }
}

#[wasm_bindgen]
impl Subject {
    /// A cluster that has come up, with so many nodes.
    #[wasm_bindgen(constructor)]
    pub fn new(nodes: u8) -> Self {
        let settings = Settings {
            nodes,
            ..Settings::default()
        };
        let conf = "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
        Self {
            cluster: Cluster::new(&settings),
            client: Place::Node("node-1".into()),
            conf: ResolvConf::parse(conf),
        }
    }

    /// Stores a Deployment of so many Pods and a Service in front of it.
    pub fn apply(&mut self, replicas: usize) {
        load::apply(&mut self.cluster, &load::deployment(replicas));
    }

    /// Lets simulated time pass, but fires no more timers than `budget`: one slice of a frame. Returns how many it fired.
    pub fn slice(&mut self, budget: usize) -> usize {
        let end = self.cluster.now() + Span::secs(1);
        self.cluster.run_until(end, budget)
    }

    /// How many endpoints of the Service are ready.
    pub fn ready_endpoints(&self) -> usize {
        load::ready_endpoints(&self.cluster)
    }

    /// Takes one of the Deployment's Pods as the client of what follows.
    pub fn pick_client(&mut self) {
        let mut pods = self.cluster.tables().all(kind::POD);
        let pod = pods.find(|pod| pod.meta.name.starts_with("web-")).unwrap();
        self.client = Place::pod(&pod.meta.namespace, &pod.meta.name, "web");
    }

    /// Looks a name up as glibc does: its IPv4 address as text, or nothing.
    pub fn lookup(&mut self, host: &str) -> Option<String> {
        self.resolve(host).map(|address| address.to_string())
    }

    /// Gets `http://web/` as the client: the status.
    pub fn request(&mut self) -> u16 {
        let Some(address) = self.resolve("web") else {
            return 0;
        };
        let to = SocketAddr::new(address, 80);
        let Ok(id) = self.cluster.connect(&self.client, to, Protocol::Tcp, None) else {
            return 0;
        };
        let get = b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n";
        let received = self.cluster.send(id, get);
        self.cluster.close(id);
        let text = String::from_utf8_lossy(&received.data);
        text.split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0)
    }

    fn resolve(&mut self, host: &str) -> Option<IpAddr> {
        let mut over = OverCluster {
            cluster: &mut self.cluster,
            from: &self.client,
        };
        let outcome = glibc::resolve(host, &self.conf, &mut over);
        let addresses = outcome.result.ok()?;
        addresses.into_iter().find(IpAddr::is_ipv4)
    }
}

/// The native benchmarks' work, step by step, for JavaScript to time.
#[wasm_bindgen]
pub struct Work {
    cluster: Cluster,
    text: String,
}

#[wasm_bindgen]
impl Work {
    /// A cluster with room for so many Pods, and manifests to apply: so many small objects, or a Deployment of the Pods.
    #[wasm_bindgen(constructor)]
    pub fn new(pods: usize, objects: usize) -> Self {
        Self {
            cluster: load::cluster_for(pods),
            text: if objects > 0 {
                load::stream(objects)
            } else {
                load::deployment(pods)
            },
        }
    }

    /// A cluster with so many Pods whose endpoints are ready, and so many other Services.
    pub fn converged(pods: usize, services: usize) -> Self {
        Self {
            cluster: load::converged(pods, services),
            text: String::new(),
        }
    }

    /// Reads and stores the manifests.
    pub fn apply(&mut self) {
        load::apply(&mut self.cluster, &self.text);
    }

    /// Lets time pass until all is settled.
    pub fn settle(&mut self) {
        self.cluster.settle(Span::secs(600));
    }

    /// Deletes one Pod and waits until another has taken its place.
    pub fn replace_a_pod(&mut self) {
        load::replace_a_pod(&mut self.cluster);
    }
}

/// Questions for the DNS server alone.
#[wasm_bindgen]
pub struct Dns(questions::Questions);

#[wasm_bindgen]
impl Dns {
    /// A server of so many Services.
    #[wasm_bindgen(constructor)]
    pub fn new(services: usize) -> Self {
        Self(questions::Questions::new(services))
    }

    /// Asks so many times for the A record of a Service.
    pub fn ask(&mut self, times: usize) {
        self.0.ask(times);
    }

    /// Looks a name up so many times along the search list.
    pub fn walk(&mut self, name: &str, times: usize) {
        self.0.walk(name, times);
    }
}

/// Connections through a Service.
#[wasm_bindgen]
pub struct Traffic(traffic::Traffic);

#[wasm_bindgen]
impl Traffic {
    /// Through a Service of so many endpoints.
    #[wasm_bindgen(constructor)]
    pub fn new(endpoints: usize) -> Self {
        Self(traffic::Traffic::new(endpoints))
    }

    /// Opens and closes so many connections, all events told.
    pub fn connect(&mut self, times: usize) {
        (0..times).for_each(|_| self.0.connect());
    }
}
