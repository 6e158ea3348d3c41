//! Which flows kube-proxy removes from a node's connection tracking: the tables of `pkg/proxy/conntrack/cleanup_test.go`.

use crate::cases_proxy::restore;
use portside::kernel::SimTime;
use portside::net::{Came, Conntrack, Protocol, Proxy, Tracked};
use std::net::SocketAddr;
use std::rc::Rc;

/// A Service with a port in each protocol, and its slice: one endpoint serves, one does not.
const CLEANUP: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: cleanup, namespace: n}\nspec:\n  type: LoadBalancer\n  clusterIP: 172.30.1.1\n  clusterIPs: [172.30.1.1]\n  externalIPs: [192.168.99.100]\n  ports:\n  - {name: t, port: 8000, protocol: TCP}\n  - {name: u, port: 8000, nodePort: 32000, protocol: UDP}\n  - {name: s, port: 8000, nodePort: 32000, protocol: SCTP}\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: cleanup-0, namespace: n, labels: {kubernetes.io/service-name: SERVICE}}\naddressType: IPv4\nports: [{name: t, port: 9090, protocol: TCP}, {name: u, port: 9090, protocol: UDP}, {name: s, port: 9090, protocol: SCTP}]\nendpoints:\n- {addresses: [10.240.0.4], conditions: {serving: true}}\n- {addresses: [10.240.1.5], conditions: {serving: false}}\n";
const CLIENT: &str = "10.244.1.2:40000";
const DOORS: [&str; 3] = ["172.30.1.1", "1.2.3.4", "192.168.99.100"];
const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A flow from a client: what it asked for, and who answers.
fn flow(protocol: Protocol, to: &str, answers: &str) -> Rc<Tracked> {
    let client = address(CLIENT);
    Rc::new(Tracked {
        node: "node-2".into(),
        protocol,
        original: (client, address(to)),
        reply: (address(answers), client),
    })
}

/// What is left after kube-proxy has cleaned up behind the Service; its slice is that of this Service.
fn cleaned(flows: &[Rc<Tracked>], slice_of: &str) -> Vec<Rc<Tracked>> {
    let (store, changes) = restore(&CLEANUP.replace("SERVICE", slice_of));
    let mut proxy = Proxy::default();
    let written = proxy.observe(store.tables(), &changes);
    let mut conntrack = Conntrack::default();
    conntrack.remember(flows, Came::Through, SimTime(0));
    for port in written.iter().flat_map(|key| proxy.ports_of(key)) {
        let protocol = port.name.protocol;
        conntrack.clean(port, |to| proxy.leads_to(to, protocol, port));
    }
    let left = conntrack.entries("node-2", SimTime(0));
    left.map(|entry| entry.tracked.clone()).collect()
}

/// `TestCleanStaleEntries` of `pkg/proxy/conntrack/cleanup_test.go`: every flow with the word whether it stays.
#[test]
fn datagrams_that_no_serving_endpoint_answers_are_forgotten_and_all_else_stays() {
    let mut flows = Vec::new();
    for door in DOORS {
        // The endpoint has changed its port; no endpoint answered.
        let to = format!("{door}:8000");
        flows.push((flow(Protocol::Udp, &to, "10.240.0.4:8080"), false));
        flows.push((flow(Protocol::Udp, &to, &to), false));
        let other = format!("{door}:3000");
        flows.push((flow(Protocol::Udp, &other, &other), true));
    }
    for (endpoint, serves) in [
        ("10.240.0.4:9090", true),
        ("10.240.1.5:9090", false),
        ("10.240.2.6:9090", false),
    ] {
        for protocol in PROTOCOLS {
            let stays = serves || protocol != Protocol::Udp;
            for door in DOORS {
                flows.push((flow(protocol, &format!("{door}:8000"), endpoint), stays));
                flows.push((flow(protocol, &format!("{door}:3000"), endpoint), true));
            }
            flows.push((flow(protocol, "192.168.49.3:32000", endpoint), stays));
        }
    }
    let all: Vec<_> = flows.iter().map(|(flow, _)| flow.clone()).collect();
    let stay = flows.iter().filter(|(_, stays)| *stays);
    let stay: Vec<_> = stay.map(|(flow, _)| flow.clone()).collect();
    assert_eq!((all.len(), stay.len()), (72, 58));
    assert_eq!(cleaned(&all, "cleanup"), stay);
}

/// `TestServiceWithoutEndpoints` of the same file.
#[test]
fn of_a_service_without_endpoints_nothing_is_forgotten() {
    let to = "192.168.99.100:8000";
    let flows =
        ["10.240.0.4:9090", "10.240.2.6:9090"].map(|answers| flow(Protocol::Udp, to, answers));
    assert_eq!(cleaned(&flows, "another"), flows);
}
