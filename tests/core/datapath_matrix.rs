//! Every cell of who asks × what is addressed × traffic policy × state of the endpoints, in each mode of kube-proxy.
//!
//! `tests/scenarios/datapath_matrix.tsv` has a row for each cell: its verdict, how the server sees the client, where the
//! expectation comes from, and the reason that the walk gives. Cells that cannot exist say why. `UPDATE=1` writes the
//! reasons anew, never verdicts.

use portside::api::Object;
use portside::cluster::{Cluster, Place, Settings};
use portside::dns::Outside;
use portside::manifest::{Limits, read};
use portside::shell::{Files, Session, Stream, World};
use portside::store::ProxyMode;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// The cluster: the server on node-2, its clients, and three Services in front of it.
const LAB: &str = "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  type: LoadBalancer
  clusterIP: 10.96.50.1
  clusterIPs: [10.96.50.1]
  externalIPs: [198.51.100.7]
  internalTrafficPolicy: POLICY
  externalTrafficPolicy: POLICY
  ports: [{port: 80, targetPort: 80, nodePort: 30080}]
status: {loadBalancer: {ingress: [{ip: 192.168.49.200}]}}
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: default}
spec: {clusterIP: None, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: external, namespace: default}
spec: {type: ExternalName, externalName: www.example.com}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: '', port: 80, protocol: TCP}]
endpoints: ENDPOINTS
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: headless-1, namespace: default, labels: {kubernetes.io/service-name: headless}}
addressType: IPv4
ports: [{name: '', port: 80, protocol: TCP}]
endpoints: ENDPOINTS
";

const PODS: [(&str, &str, &str, &str, bool); 4] = [
    ("server", "node-2", "10.244.1.100", "nginx", false),
    ("same", "node-2", "10.244.1.101", "busybox", false),
    ("other", "node-3", "10.244.2.101", "busybox", false),
    ("host", "node-2", "192.168.49.3", "busybox", true),
];

fn pod((name, node, ip, image, host): (&str, &str, &str, &str, bool)) -> String {
    let command = if image == "busybox" {
        "command: [sleep, infinity]"
    } else {
        "args: []"
    };
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: default, uid: {name}}}\nspec:\n  nodeName: {node}\n  hostNetwork: {host}\n  dnsPolicy: ClusterFirst\n  containers: [{{name: c, image: {image}, {command}}}]\nstatus:\n  phase: Running\n  podIP: {ip}\n  podIPs: [{{ip: {ip}}}]\n  containerStatuses: [{{name: c, ready: true, state: {{running: {{startedAt: '2026-01-05T09:00:00Z'}}}}}}]\n"
    )
}

fn world(policy: &str, endpoints: &str, mode: &str) -> World {
    let mut settings = Settings::default();
    settings.network.proxy_mode = match mode {
        "iptables" => ProxyMode::Iptables,
        "nftables" => ProxyMode::Nftables,
        _ => ProxyMode::Ipvs,
    };
    let mut cluster = Cluster::new(&settings);
    let state = match endpoints {
        "none" => "[]".to_owned(),
        other => {
            let (ready, serving, terminating) = match other {
                "some" => (true, true, false),
                "not-ready" => (false, false, false),
                _ => (false, true, true),
            };
            format!(
                "[{{addresses: [10.244.1.100], nodeName: node-2, conditions: {{ready: {ready}, serving: {serving}, terminating: {terminating}}}}}]"
            )
        }
    };
    let lab = LAB.replace("POLICY", policy).replace("ENDPOINTS", &state);
    let pods: String = PODS.map(pod).concat();
    for document in read(&format!("{lab}{pods}"), &Limits::FILE).documents {
        let object = Object::from_value(document.value()).expect("an object");
        cluster.restore(object);
    }
    cluster.set_outside(
        Outside::parse("$ORIGIN example.com.\nwww A 93.184.215.14\n").expect("a zone"),
    );
    World {
        cluster,
        files: Files::default(),
    }
}

fn place(source: &str) -> Place {
    match source {
        "same-node-pod" => Place::pod("default", "same", "c"),
        "other-node-pod" => Place::pod("default", "other", "c"),
        "host-network-pod" => Place::pod("default", "host", "c"),
        "node" => Place::Node("node-2".into()),
        "outside" => Place::Outside,
        _ => Place::Laptop,
    }
}

fn target(name: &str) -> &'static str {
    match name {
        "ClusterIP" => "10.96.50.1:80",
        "NodePort-with" => "192.168.49.3:30080",
        "NodePort-without" => "192.168.49.4:30080",
        "LoadBalancer" => "192.168.49.200:80",
        "externalIP" => "198.51.100.7:80",
        "headless" => "headless:80",
        _ => "external:80",
    }
}

/// The verdict, how the server sees the client, and why.
fn ask(world: &mut World, source: &str, to: &str) -> (String, String, String) {
    let since = world.cluster.end();
    let place = place(source);
    let mut session = Session::new(world, place.clone());
    let output = session.type_line(world, &format!("trace {}", target(to)));
    let errors = output.text(Stream::Err);
    if errors.contains("no such name") {
        return ("no-name".into(), "-".into(), errors.trim().to_owned());
    }
    let packets = ["delivered", "refused", "dropped", "unreachable", "reset"];
    let events = world.cluster.events_since(since);
    let hops: Vec<_> = events.filter(|e| e.text("proto") == "TCP").collect();
    let reasons: Vec<&str> = hops
        .iter()
        .map(|e| e.text("because"))
        .filter(|because| !because.starts_with("DNAT"))
        .collect();
    let last = hops.iter().rfind(|e| packets.contains(&e.kind.id));
    let Some(last) = last else {
        return ("nothing".into(), "-".into(), format!("{:?}", output.pieces));
    };
    let own = world.cluster.address_of(&place).to_string();
    let text = output.text(Stream::Out);
    let seen = text
        .split_once("sees the client as ")
        .and_then(|(_, rest)| rest.split(':').next().map(str::to_owned));
    let seen = match seen {
        None => "-",
        Some(_) if matches!(source, "node" | "host-network-pod") => "node",
        Some(ip) if ip == own => "client",
        Some(_) => "node",
    };
    (
        last.kind.id.to_owned(),
        seen.to_owned(),
        reasons.join(" / "),
    )
}

#[test]
fn every_cell_of_the_matrix_ends_as_the_real_one() {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/datapath_matrix.tsv");
    let before = fs::read_to_string(&path).unwrap();
    let mut worlds: BTreeMap<(String, String, String), World> = BTreeMap::new();
    let (mut after, mut faults, mut cells) = (String::new(), String::new(), 0);
    for line in before.lines() {
        let cells_of: Vec<&str> = line.split('\t').collect();
        let [
            source,
            to,
            policy,
            endpoints,
            mode,
            verdict,
            seen,
            evidence,
            because,
        ] = cells_of[..]
        else {
            panic!("nine columns: {line}");
        };
        if source.starts_with('#') || verdict == "impossible" {
            writeln!(after, "{line}").unwrap();
            cells += usize::from(verdict == "impossible");
            continue;
        }
        let key = (policy.to_owned(), endpoints.to_owned(), mode.to_owned());
        let world = worlds
            .entry(key)
            .or_insert_with(|| world(policy, endpoints, mode));
        let (came, how, why) = ask(world, source, to);
        cells += 1;
        let update = std::env::var_os("UPDATE").is_some();
        if came != verdict || how != seen || (why != because && !update) {
            writeln!(
                faults,
                "{line}\n  came {came}, seen as {how}, because {why}"
            )
            .unwrap();
        }
        writeln!(
            after,
            "{source}\t{to}\t{policy}\t{endpoints}\t{mode}\t{verdict}\t{seen}\t{evidence}\t{why}"
        )
        .unwrap();
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, after).unwrap();
    }
    assert_eq!(cells, 6 * 7 * 2 * 4 * 3, "every cell has a row");
    assert!(faults.is_empty(), "{faults}");
}
