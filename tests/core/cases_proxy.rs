//! kube-proxy's cases: packet flows, endpoint choice, the names of chains.

use crate::cases::{self, Verdict, text};
use crate::packet_tracer::{self, Flow};
use portside::api::{Object, ObjectKey, kind};
use portside::kernel::Sim;
use portside::manifest::{Limits, read};
use portside::net::{
    Endpoint, EndpointSet, Fate, Hook, NodeView, Protocol, Proxy, Query, ServicePortName, iptables,
    names, nftables, xtables,
};
use portside::store::{
    Change, Cidr, ClusterNetwork, NodePortAddresses, ProxyMode, ProxySettings, Store,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// The cases of the named files of proxy/.
pub(crate) fn load(files: &[&str]) -> Vec<Value> {
    let folder = cases::folder().join("proxy");
    let read =
        |file: &&str| fs::read_to_string(folder.join(file)).unwrap_or_else(|_| "[]".to_owned());
    let parse = |text: String| serde_json::from_str::<Vec<Value>>(&text).expect("a list of cases");
    files.iter().map(read).flat_map(parse).collect()
}

/// Raw objects, past admission and validation.
pub(crate) fn restore(manifests: &str) -> (Store, Vec<Change>) {
    let mut sim = Sim::new(1);
    let mut store = Store::new(&ClusterNetwork::default(), 1);
    for document in read(manifests, &Limits::FILE).documents {
        if let Some(mut object) = Object::from_value(document.value()) {
            if object.kind.namespaced && object.meta.namespace.is_empty() {
                object.meta.namespace = "default".to_owned();
            }
            store.restore(&mut sim, object);
        }
    }
    let changes = store.take_changes();
    (store, changes)
}

fn protocol(word: &str) -> Protocol {
    Protocol::parse(&word.to_uppercase())
}

/// The settings that a case's configuration stands for.
pub(crate) fn network(config: &Value) -> ClusterNetwork {
    let cidrs = |text: &str| {
        text.split(',')
            .filter_map(Cidr::parse)
            .collect::<Vec<Cidr>>()
    };
    let mut network = ClusterNetwork {
        proxy_mode: match text(config, "mode") {
            "nftables" => ProxyMode::Nftables,
            "ipvs" => ProxyMode::Ipvs,
            _ => ProxyMode::Iptables,
        },
        service_cidrs: cidrs(text(config, "serviceCIDRs")),
        ..ClusterNetwork::default()
    };
    let flag = |name: &str| config[name].as_bool().unwrap_or(false);
    let ranges: Vec<Cidr> = strings(&config["nodePortAddresses"])
        .filter_map(Cidr::parse)
        .collect();
    network.proxy = ProxySettings {
        node_port_addresses: NodePortAddresses::Ranges(ranges),
        cluster_cidrs: Some(cidrs(text(&config["localDetector"], "cidr"))),
        masquerade_all: flag("masqueradeAll"),
        localhost_node_ports: flag("localhostNodePorts"),
        tcp_liberal: flag("conntrackTCPLiberal"),
        random_fully: flag("randomFully"),
        counts: strings(&config["nfacctCounters"]).next().is_some(),
        scheduler: match text(config, "scheduler") {
            "" => "rr",
            name => name,
        }
        .to_owned(),
        ..ProxySettings::default()
    };
    network
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// What the rules make of a packet: where it goes, and whether its source becomes the node's, by endpoint.
fn outcome(proxy: &Proxy, case: &Value, flow: &Value) -> (String, Vec<(String, bool)>) {
    let address = |field: &str| text(flow, field).parse::<IpAddr>().expect("an address");
    let port = flow["destPort"].as_u64().unwrap_or(0) as u16;
    let query = Query {
        source: address("sourceIP"),
        to: SocketAddr::new(address("destIP"), port),
        protocol: protocol(text(flow, "protocol")),
        hook: Hook::Prerouting,
    };
    let ruling = proxy.rule(
        &network(&case["config"]),
        text(&case["config"], "nodeName"),
        &query,
    );
    let endpoints: Vec<(String, bool)> = ruling
        .endpoints()
        .map(|e| (e.address.to_string(), ruling.masquerades(e)))
        .collect();
    let texts: Vec<&str> = endpoints.iter().map(|(text, _)| text.as_str()).collect();
    let output = match ruling.fate {
        Fate::Endpoint => texts.join(", "),
        Fate::Reject => "REJECT".to_owned(),
        Fate::Drop => "DROP".to_owned(),
        Fate::Accept => "ACCEPT".to_owned(),
        Fate::NoRule => String::new(),
    };
    (output, endpoints)
}

fn set(text: &str) -> BTreeSet<&str> {
    text.split(", ").collect()
}

/// Compares one flow: the output, and the masquerade where the case gives one.
fn flow(proxy: &Proxy, case: &Value, flow: &Value, expect: &Value) -> Verdict {
    let (output, endpoints) = outcome(proxy, case, flow);
    let wanted = text(expect, "output");
    if set(wanted) != set(&output) {
        return Verdict::Fail(format!("expected {wanted:?}, came {output:?}"));
    }
    let compared = case["compare"].as_array();
    let silent = compared.is_some_and(|list| list.iter().all(|field| field != "masquerade"));
    for (endpoint, masquerade) in endpoints.iter().filter(|_| !silent) {
        let own = expect["masquerade_by_endpoint"][endpoint].as_bool();
        if let Some(wanted) = own.or(expect["masquerade"].as_bool())
            && wanted != *masquerade
        {
            return Verdict::Fail(format!("{endpoint}: masquerade {masquerade}"));
        }
    }
    Verdict::Pass
}

pub(crate) fn programmed(case: &Value) -> Proxy {
    let (store, changes) = restore(text(case, "manifests"));
    let mut proxy = Proxy::default();
    proxy.observe(store.tables(), &changes);
    proxy
}

/// Follows a flow through the text of rules.
fn trace(case: &Value, rules: &str, flow: &Value, expect: &Value) -> Verdict {
    let address = |field: &str| text(flow, field).parse::<IpAddr>().expect("an address");
    let listed = match &case["nodeIPs"] {
        Value::Null => &case["config"]["nodeIPs"],
        listed => listed,
    };
    let own: Vec<IpAddr> = strings(listed).filter_map(|ip| ip.parse().ok()).collect();
    let port = flow["destPort"].as_u64().unwrap_or(0) as u16;
    let packet = Flow {
        protocol: text(flow, "protocol"),
        source: address("sourceIP"),
        to: SocketAddr::new(address("destIP"), port),
        own: &own,
    };
    let trace = match text(case, "mode") {
        "iptables" => packet_tracer::iptables(rules, &packet),
        _ => packet_tracer::nftables(rules, &packet),
    };
    let ends: Vec<&str> = trace.ends.iter().map(|(end, _)| end.as_str()).collect();
    let (came, wanted) = (ends.join(", "), text(expect, "output"));
    if set(&came) != set(wanted) {
        return Verdict::Fail(format!("the rules lead to {came:?}, not {wanted:?}"));
    }
    for (end, masquerade) in trace.ends.iter().filter(|(end, _)| end.contains(':')) {
        let own = expect["masquerade_by_endpoint"][end].as_bool();
        if let Some(wanted) = own.or(expect["masquerade"].as_bool())
            && wanted != *masquerade
        {
            return Verdict::Fail(format!("the rules to {end}: masquerade {masquerade}"));
        }
    }
    Verdict::Pass
}

/// The rules that a reader can print say the same as the walk: each flow of the matrix, through the text of the rules.
#[test]
fn printed_rules_and_the_verdict_agree() {
    let mut flows = 0;
    for case in load(&["datapath_matrix.json"]) {
        let (network, proxy) = (network(&case["config"]), programmed(&case));
        let node = proxy
            .node(text(&case["config"], "nodeName"))
            .expect("a node");
        let ipv6 = text(&case["config"], "ipFamily") == "IPv6";
        let rules = match text(&case, "mode") {
            "iptables" => xtables::restore(&iptables::tables(&proxy, &network, node, ipv6)),
            _ => nftables::add_lines(&nftables::table(&proxy, &network, node, ipv6)).join("\n"),
        };
        for flow in case["flows"].as_array().into_iter().flatten() {
            flows += 1;
            if let Verdict::Fail(why) = trace(&case, &rules, flow, &flow["expect"]) {
                panic!("{} {}: {why}", text(&case, "id"), text(flow, "name"));
            }
        }
    }
    assert!(flows > 1_000, "only {flows} flows");
}

#[test]
fn cases_datapath() {
    let mut results: Vec<(String, Verdict)> = Vec::new();
    for case in load(&["datapath.json", "datapath_matrix.json"]) {
        let proxy = programmed(&case);
        let id = text(&case, "id");
        match case["flows"].as_array() {
            Some(flows) => {
                for (i, each) in flows.iter().enumerate() {
                    let verdict = flow(&proxy, &case, each, &each["expect"]);
                    results.push((format!("{id}#{i}"), verdict));
                }
            }
            None => {
                let verdict = flow(&proxy, &case, &case["flow"], &case["expect"]);
                results.push((id.to_owned(), verdict));
            }
        }
    }
    for case in load(&["trace.json"]) {
        let verdict = trace(&case, text(&case, "rules"), &case["flow"], &case["expect"]);
        results.push((text(&case, "id").to_owned(), verdict));
    }
    cases::run("cases_datapath", results);
}

/// Endpoint choice by traffic policy and hints.
fn topology(case: &Value) -> Verdict {
    // Some of the tables name no node and still have endpoints on it.
    let here = match text(case, "nodeName") {
        "" => "here",
        name => name,
    };
    let node = NodeView {
        name: here.into(),
        zone: text(&case["nodeLabels"], "topology.kubernetes.io/zone").into(),
        ..NodeView::default()
    };
    let names = |list: &Value| -> Vec<Rc<str>> { strings(list).map(Into::into).collect() };
    let endpoint = |e: &Value| Endpoint {
        address: text(e, "endpoint").parse().expect("an address"),
        slice: Rc::new(ObjectKey::new(kind::ENDPOINT_SLICE, "ns", "slice")),
        node: if e["isLocal"] == true {
            here
        } else {
            "elsewhere"
        }
        .into(),
        ready: e["ready"].as_bool().unwrap_or(true),
        serving: e["serving"].as_bool().unwrap_or(true),
        terminating: e["terminating"].as_bool().unwrap_or(false),
        zone_hints: names(&e["zoneHints"]),
        node_hints: names(&e["nodeHints"]),
    };
    let mut all: Vec<Endpoint> = case["endpoints"]
        .as_array()
        .into_iter()
        .flatten()
        .map(endpoint)
        .collect();
    all.sort_by_key(|e| e.address.to_string());
    let endpoints = EndpointSet::new(all);
    let policy = &case["service"];
    let service = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: n}}\nspec:\n  type: {}\n  clusterIP: 172.30.0.1\n  internalTrafficPolicy: {}\n  externalTrafficPolicy: {}\n  ports: [{{port: 80, nodePort: {}}}]\n",
        if policy["externallyAccessible"] == true {
            "NodePort"
        } else {
            "ClusterIP"
        },
        text(policy, "internalTrafficPolicy"),
        text(policy, "externalTrafficPolicy"),
        policy["nodePort"],
    );
    let proxy = programmed(&serde_json::json!({"manifests": service}));
    let Some(port) = proxy.ports().next() else {
        return Verdict::Fail("no Service port".to_owned());
    };
    let list = |used: bool, choice: portside::net::Choice<'_>| -> BTreeSet<String> {
        let taken = choice.iter().filter(|_| used);
        taken.map(|e| e.address.to_string()).collect()
    };
    let expect = &case["expect"];
    let wanted =
        |field: &str| -> BTreeSet<String> { strings(&expect[field]).map(str::to_owned).collect() };
    let cluster = list(port.uses_cluster(), endpoints.cluster(&node));
    let local = list(port.uses_local(), endpoints.local(&node));
    let all: BTreeSet<String> = cluster.union(&local).cloned().collect();
    let came = (&cluster, &local, &all, endpoints.has_any());
    let should = (
        wanted("cluster"),
        wanted("local"),
        wanted("all"),
        expect["hasAnyEndpoints"] == true,
    );
    if (came.0, came.1, came.2, came.3) == (&should.0, &should.1, &should.2, should.3) {
        Verdict::Pass
    } else {
        Verdict::Fail(format!("expected {should:?}, came {came:?}"))
    }
}

#[test]
fn cases_topology() {
    let all = load(&["topology.json"]);
    cases::run(
        "cases_topology",
        all.iter()
            .map(|case| (text(case, "id").to_owned(), topology(case))),
    );
}

/// The names of chains.
fn chain_name(case: &Value) -> Verdict {
    let name = ServicePortName {
        service: ObjectKey::new(
            kind::SERVICE,
            text(case, "namespace"),
            text(case, "service"),
        ),
        port: text(case, "port").into(),
        protocol: protocol(text(case, "protocol")),
        number: 0,
    };
    let endpoint = case["endpoint"].as_str();
    let mut came = serde_json::Map::new();
    match (text(case, "mode"), endpoint) {
        ("nftables", None) => {
            came.insert("base".to_owned(), names::nftables_base(&name).into());
        }
        ("nftables", Some(endpoint)) => {
            came.insert(
                "base".to_owned(),
                names::nftables_endpoint(&name, endpoint).into(),
            );
        }
        (_, endpoint) => {
            came.insert("hash".to_owned(), names::iptables_hash(&name).into());
            if let Some(endpoint) = endpoint {
                let chain = names::iptables_endpoint(&name, endpoint);
                came.insert("endpointChain".to_owned(), chain.into());
            }
        }
    }
    for (key, wanted) in case["expect"].as_object().into_iter().flatten() {
        if came.get(key) != Some(wanted) {
            return Verdict::Fail(format!(
                "{key}: expected {wanted}, came {:?}",
                came.get(key)
            ));
        }
    }
    Verdict::Pass
}

#[test]
fn cases_names() {
    let all = load(&["names.json"]);
    let verdicts = all
        .iter()
        .map(|case| (text(case, "id").to_owned(), chain_name(case)));
    cases::run("cases_names", verdicts);
}
