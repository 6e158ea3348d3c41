//! What the annotation `portside.dev/fault` makes of connections: each fault on a Pod, on its node and on its Service, as
//! clients at each kind of place see it, with the time that passes.

use portside::api::Object;
use portside::cluster::{Closed, Cluster, ConnectError, FAULT, Place, Protocol, Settings};
use portside::kernel::Span;
use portside::manifest::{Limits, read};
use std::fmt::Write as _;
use std::net::SocketAddr;

/// Fault, how connecting ends, and the milliseconds that a client waits for that.
const FAULTS: [(&str, Result<(), ConnectError>, u64); 8] = [
    ("silent", Err(ConnectError::TimedOut), 134_700),
    ("refusing", Err(ConnectError::Refused), 0),
    ("resetting", Ok(()), 0),
    ("unreachable", Err(ConnectError::NoRoute), 0),
    ("prohibited", Err(ConnectError::NoRoute), 0),
    ("no-network", Err(ConnectError::Unreachable), 0),
    ("no-route", Err(ConnectError::NoRoute), 0),
    ("slow 200ms", Ok(()), 200),
];

/// Which objects bear the fault, by the address that is asked: the Pod's own, its Service's, its node's port.
const BEARERS: [&str; 3] = ["Pod", "Node", "Service"];

const CLUSTER_IP: &str = "10.96.50.1:80";
const POD: &str = "10.244.1.100:80";
const NODE_PORT: &str = "192.168.49.3:30080";

/// Each client, what it asks, and whether the packet comes by the fault of the Pod, of node-2, of the Service.
const CLIENTS: [(&str, &str, [bool; 3]); 12] = [
    ("same", POD, [true, false, false]),
    ("same", CLUSTER_IP, [true, false, true]),
    ("same", NODE_PORT, [true, false, true]),
    ("other", POD, [true, true, false]),
    ("other", CLUSTER_IP, [true, true, true]),
    ("other", NODE_PORT, [true, true, true]),
    ("node-2", POD, [true, false, false]),
    ("node-2", CLUSTER_IP, [true, false, true]),
    ("node-3", CLUSTER_IP, [true, true, true]),
    ("node-3", NODE_PORT, [true, true, true]),
    ("laptop", NODE_PORT, [true, true, true]),
    ("outside", NODE_PORT, [true, true, true]),
];

fn place(name: &str) -> Place {
    match name {
        "laptop" => Place::Laptop,
        "outside" => Place::Outside,
        "same" | "other" => Place::pod("default", name, "c"),
        node => Place::Node(node.into()),
    }
}

fn cluster(bearer: &str, fault: &str) -> Cluster {
    let mut cluster = Cluster::new(&Settings::default());
    let note = |kind: &str| {
        let own = kind == bearer;
        let text = format!(", annotations: {{{FAULT}: '{fault}'}}");
        if own { text } else { String::new() }
    };
    let mut text = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: default{}}}\nspec: {{type: NodePort, clusterIP: 10.96.50.1, clusterIPs: [10.96.50.1], ports: [{{port: 80, nodePort: 30080}}]}}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web-1, namespace: default, labels: {{kubernetes.io/service-name: web}}}}\naddressType: IPv4\nports: [{{name: '', port: 80, protocol: TCP}}]\nendpoints: [{{addresses: [10.244.1.100], nodeName: node-2, conditions: {{ready: true}}}}]\n",
        note("Service")
    );
    for (name, node, ip, image) in [
        ("server", "node-2", "10.244.1.100", "nginx"),
        ("same", "node-2", "10.244.1.101", "busybox"),
        ("other", "node-3", "10.244.2.101", "busybox"),
    ] {
        let note = if name == "server" {
            note("Pod")
        } else {
            String::new()
        };
        write!(
            text,
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: default, uid: {name}{note}}}\nspec: {{nodeName: {node}, containers: [{{name: c, image: {image}}}]}}\nstatus: {{phase: Running, podIP: {ip}, podIPs: [{{ip: {ip}}}], containerStatuses: [{{name: c, ready: true, state: {{running: {{startedAt: '2026-01-05T09:00:00Z'}}}}}}]}}\n"
        )
        .unwrap();
    }
    for document in read(&text, &Limits::FILE).documents {
        cluster.restore(Object::from_value(document.value()).expect("an object"));
    }
    if bearer == "Node" {
        let key = portside::api::ObjectKey::new(portside::api::kind::NODE, "", "node-2");
        let mut node = cluster.tables().get(&key).expect("a node").as_ref().clone();
        let annotations = &mut node.meta.annotations;
        annotations.insert(FAULT.to_owned(), fault.to_owned());
        cluster.restore(node);
    }
    cluster
}

#[test]
fn each_fault_ends_connections_as_it_says_wherever_they_come_by_it() {
    for (at, bearer) in BEARERS.into_iter().enumerate() {
        for (fault, end, millis) in FAULTS {
            for (client, to, comes_by) in CLIENTS {
                let what = format!("{fault} on {bearer}, {client} to {to}");
                let mut cluster = cluster(bearer, fault);
                let to: SocketAddr = to.parse().unwrap();
                let (end, millis) = if comes_by[at] {
                    (end, millis)
                } else {
                    (Ok(()), 0)
                };
                let before = cluster.now();
                let opened = cluster.connect(&place(client), to, Protocol::Tcp, None);
                let waited = cluster.now().since(before).0 / 1_000;
                assert_eq!(opened.map(|_| ()), end, "{what}");
                // A few hops and the handshake take two or three milliseconds at most.
                assert!(
                    (millis..millis + 3).contains(&waited),
                    "{what}: {waited} ms"
                );
                let Ok(id) = opened else { continue };
                let received = cluster.send(id, b"GET / HTTP/1.0\r\n\r\n");
                let cut = fault == "resetting" && comes_by[at];
                let closed = if cut { Closed::Reset } else { Closed::Fin };
                assert_eq!(received.closed, Some(closed), "{what}");
                assert_eq!(received.data.is_empty(), cut, "{what}");
                assert_eq!(received.after.0 / 1_000, millis, "{what}");
            }
        }
    }
}

#[test]
fn a_client_gives_up_before_what_is_slow_answers() {
    let mut cluster = cluster("Pod", "slow 2s");
    let before = cluster.now();
    let patience = Some(Span::secs(1));
    let opened = cluster.connect(
        &place("other"),
        CLUSTER_IP.parse().unwrap(),
        Protocol::Tcp,
        patience,
    );
    assert_eq!(opened, Err(ConnectError::TimedOut));
    assert_eq!(cluster.now().since(before), Span::secs(1));
}
