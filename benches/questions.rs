//! What the benchmarks ask a DNS server: the same natively and in the browser.

use portside::api::{Map, Object, ObjectMeta, Value, kind, service};
use portside::dns::resolver::{Answered, Ask, glibc};
use portside::dns::{Client, DnsName, Query, RecordType, ResolvConf, Server, Transport};
use portside::kernel::{Sim, SimTime, Span};
use portside::store::{ClusterNetwork, Store};
use std::rc::Rc;

/// A server that knows so many Services, questions for some of them, and a Pod that asks.
pub(crate) struct Questions {
    server: Server,
    queries: Vec<Query>,
    client: Client,
    conf: ResolvConf,
}

impl Questions {
    /// A server of so many Services.
    pub(crate) fn new(services: usize) -> Self {
        let query = |i: usize| {
            let name = format!("svc-{}.default.svc.cluster.local", i * 7_919 % services);
            Query::new(DnsName::parse(&name).unwrap(), RecordType::A)
        };
        let conf = "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
        Self {
            server: server(services),
            queries: (0..64).map(query).collect(),
            client: Client {
                address: "10.244.1.7:40000".parse().unwrap(),
                transport: Transport::Udp,
            },
            conf: ResolvConf::parse(conf),
        }
    }

    /// Asks so many times for the A record of a Service.
    pub(crate) fn ask(&mut self, times: usize) {
        for query in self.queries.iter().cycle().take(times) {
            let reply = self.server.answer(SimTime(0), query, &self.client);
            assert_eq!(reply.answer.len(), 1);
        }
    }

    /// Looks a name up so many times as glibc does, along its search list.
    pub(crate) fn walk(&mut self, name: &str, times: usize) {
        for _ in 0..times {
            let outcome = glibc::resolve(name, &self.conf, &mut |ask: &Ask| {
                let reply = self.server.answer(SimTime(0), &ask.query, &self.client);
                (Answered::Reply(Rc::new(reply)), Span(1))
            });
            assert!(outcome.result.is_ok());
        }
    }
}

/// A server that knows so many Services.
fn server(count: usize) -> Server {
    let network = ClusterNetwork::default();
    let (mut sim, mut store) = (Sim::new(1), Store::new(&network, 1));
    let meta = |name: String, namespace: &str| ObjectMeta {
        name,
        namespace: namespace.to_owned(),
        ..ObjectMeta::default()
    };
    let namespace = Object::new(kind::NAMESPACE, meta("default".to_owned(), ""), Map::new());
    store.restore(&mut sim, namespace);
    for i in 0..count {
        let fields = Map::from([("spec".to_owned(), Value::Map(Map::new()))]);
        let mut object = Object::new(kind::SERVICE, meta(format!("svc-{i}"), "default"), fields);
        let service = object.service_mut().unwrap();
        service.spec.cluster_ip = format!("10.96.{}.{}", i / 250, i % 250 + 1);
        service.spec.ports.push(service::ServicePort {
            port: 80,
            ..service::ServicePort::default()
        });
        store.restore(&mut sim, object);
    }
    let mut server = Server::new(&network, sim.stream("dns"));
    server.observe(&mut sim, &store.take_changes());
    server
}
