//! How many questions and walks a second the cluster's DNS answers: `cargo bench --no-default-features --bench dns`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports on standard output and stops at the first surprise"
)]
#![expect(
    clippy::disallowed_types,
    reason = "a benchmark measures the machine's own time"
)]

use portside::api::{Map, Object, ObjectMeta, Value, kind, service};
use portside::dns::resolver::{Answered, Ask, glibc};
use portside::dns::{Client, DnsName, Query, RecordType, ResolvConf, Server, Transport};
use portside::kernel::{Sim, SimTime, Span};
use portside::store::{ClusterNetwork, Store};
use std::rc::Rc;
use std::time::Instant;

const QUESTIONS: usize = 2_000_000;
const WALKS: usize = 200_000;

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

fn rate(what: &str, count: usize, mut act: impl FnMut(usize)) {
    let start = Instant::now();
    (0..count).for_each(&mut act);
    let micros = start.elapsed().as_micros().max(1);
    println!("{what}: {} a second", count as u128 * 1_000_000 / micros);
}

fn main() {
    let client = Client {
        address: "10.244.1.7:40000".parse().unwrap(),
        transport: Transport::Udp,
    };
    for count in [10, 1_000, 10_000] {
        let mut server = server(count);
        let query = |i: usize| {
            let name = format!("svc-{}.default.svc.cluster.local", i * 7_919 % count);
            Query::new(DnsName::parse(&name).unwrap(), RecordType::A)
        };
        let queries: Vec<Query> = (0..64).map(query).collect();
        let mut turn = queries.iter().cycle();
        rate(&format!("A of one of {count} Services"), QUESTIONS, |_| {
            let reply = server.answer(SimTime(0), turn.next().unwrap(), &client);
            assert_eq!(reply.answer.len(), 1);
        });
        let conf = ResolvConf::parse(
            "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
        );
        for name in ["svc-7", "www.example.com"] {
            rate(&format!("glibc's walk for {name}"), WALKS, |_| {
                let outcome = glibc::resolve(name, &conf, &mut |ask: &Ask| {
                    let reply = server.answer(SimTime(0), &ask.query, &client);
                    (Answered::Reply(Rc::new(reply)), Span(1))
                });
                assert!(outcome.result.is_ok());
            });
        }
    }
}
