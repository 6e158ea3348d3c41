//! kube-proxy's cases: packet flows, endpoint choice; the texts of rules, which are not rendered yet.

use crate::cases::{self, Verdict, text};
use portside::api::Object;
use portside::kernel::Sim;
use portside::manifest::{Limits, read};
use portside::net::{Protocol, Proxy};
use portside::store::{Change, ClusterNetwork, Store};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, SocketAddr};

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

/// Where the rules send a packet, in the notation of the cases.
fn outcome(proxy: &Proxy, case: &Value, flow: &Value) -> String {
    let Ok(ip) = text(flow, "destIP").parse::<IpAddr>() else {
        return String::new();
    };
    let port = flow["destPort"].as_u64().unwrap_or(0) as u16;
    let protocol = protocol(text(flow, "protocol"));
    let own: Vec<&str> = case["config"]["nodeIPs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let local = own.iter().any(|own| own.parse() == Ok(ip));
    let service = proxy.service(SocketAddr::new(ip, port), protocol);
    let Some(name) = service.or_else(|| proxy.node_port(port, protocol).filter(|_| local)) else {
        return String::new();
    };
    let usable = proxy.usable(name);
    if usable.is_empty() {
        return "REJECT".to_owned();
    }
    usable
        .iter()
        .map(|backend| backend.address.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

fn set(text: &str) -> BTreeSet<&str> {
    text.split(", ").collect()
}

#[test]
fn cases_datapath() {
    let mut results: Vec<(String, Verdict)> = Vec::new();
    for case in load(&["datapath.json", "datapath_matrix.json"]) {
        let (store, changes) = restore(text(&case, "manifests"));
        let mut proxy = Proxy::default();
        proxy.observe(store.tables(), &changes);
        let id = text(&case, "id");
        let flows = match case["flows"].as_array() {
            Some(flows) => flows
                .iter()
                .enumerate()
                .map(|(i, flow)| (format!("{id}#{i}"), flow, &flow["expect"]))
                .collect(),
            None => vec![(id.to_owned(), &case["flow"], &case["expect"])],
        };
        for (id, flow, expect) in flows {
            let (wanted, came) = (text(expect, "output"), outcome(&proxy, &case, flow));
            let agrees = set(wanted) == set(&came);
            results.push((
                id,
                if agrees {
                    Verdict::Pass
                } else {
                    Verdict::Fail(format!("expected {wanted:?}, came {came:?}"))
                },
            ));
        }
    }
    for case in load(&["trace.json"]) {
        results.push((
            text(&case, "id").to_owned(),
            Verdict::Fail("rule texts are not evaluated yet".to_owned()),
        ));
    }
    cases::run("cases_datapath", results);
}

/// Endpoint choice: only the Cluster list without hints exists so far.
fn topology(case: &Value) -> Verdict {
    let list = |flag: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        let all = case["endpoints"].as_array().into_iter().flatten();
        all.filter(|e| flag(e))
            .map(|e| text(e, "endpoint").to_owned())
            .collect()
    };
    let wanted: BTreeSet<String> = case["expect"]["cluster"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let mut slice = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s, namespace: n, labels: {kubernetes.io/service-name: s}}\naddressType: IPv4\nports: [{name: '', port: 80, protocol: TCP}]\nendpoints:\n".to_owned();
    for e in case["endpoints"].as_array().into_iter().flatten() {
        let address = text(e, "endpoint")
            .rsplit_once(':')
            .map_or("", |(ip, _)| ip);
        slice.push_str(&format!(
            "- addresses: ['{address}']\n  conditions: {{ready: {}, serving: {}, terminating: {}}}\n",
            e["ready"], e["serving"], e["terminating"]
        ));
    }
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: n}\nspec: {clusterIP: 172.30.0.1, ports: [{port: 80}]}\n";
    let (store, changes) = restore(&format!("{service}---\n{slice}"));
    let mut proxy = Proxy::default();
    proxy.observe(store.tables(), &changes);
    let address = SocketAddr::new(IpAddr::from([172, 30, 0, 1]), 80);
    let Some(name) = proxy.service(address, Protocol::Tcp) else {
        return Verdict::Fail("no rule".to_owned());
    };
    let came: BTreeSet<String> = proxy
        .usable(name)
        .iter()
        .map(|b| b.address.to_string())
        .collect();
    let local: BTreeSet<String> = case["expect"]["local"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let uses_local = case["expect"]["usesLocal"].as_bool().unwrap_or(false);
    if uses_local || !local.is_empty() {
        return Verdict::Fail(format!(
            "the Local list is not computed yet: expected {local:?} of {:?}",
            list(&|_| true)
        ));
    }
    if came == wanted {
        Verdict::Pass
    } else {
        Verdict::Fail(format!("expected {wanted:?}, came {came:?}"))
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

/// Kinds of output that the proxy does not give yet: every case fails and says so.
fn not_rendered(kind: &str, files: &[&str], what: &str) {
    let all = load(files);
    cases::run(
        kind,
        all.iter().map(|case| {
            (
                text(case, "id").to_owned(),
                Verdict::Fail(format!("{what} yet")),
            )
        }),
    );
}

#[test]
fn cases_rules() {
    not_rendered(
        "cases_rules",
        &["rules.json", "rules_computed.json"],
        "rules are not rendered as text",
    );
}

#[test]
fn cases_ipvs() {
    not_rendered(
        "cases_ipvs",
        &["ipvs.json"],
        "virtual servers are not rendered",
    );
}

#[test]
fn cases_trackers() {
    not_rendered(
        "cases_trackers",
        &["trackers.json"],
        "the change trackers' maps are not shown",
    );
}

#[test]
fn cases_names() {
    not_rendered("cases_names", &["names.json"], "chains are not named");
}
