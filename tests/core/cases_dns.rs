//! `cases_dns`: questions to the cluster's DNS server, with the objects and the configuration that each case names.

use crate::cases::{self, Verdict, text};
use portside::api::{Map, Object, ObjectMeta, kind};
use portside::controllers::Controllers;
use portside::dns::{
    Client, DnsName, Edns, Outside, Query, Record, RecordType, Reply, Server, Transport,
};
use portside::kernel::BTreeMap;
use portside::kernel::{Sim, SimTime, Span};
use portside::manifest::{Limits, Node, NodeValue, read};
use portside::store::{Change, ClusterNetwork, Store};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// Options that are not simulated.
const SKIPPED: &[(&str, &str)] = &[(
    "multicluster",
    "the multi-cluster API's ServiceImports are not simulated",
)];

/// The objects of each fixture as writes.
#[derive(Default)]
pub(crate) struct Fixtures {
    read: BTreeMap<String, Vec<Change>>,
}

impl Fixtures {
    /// The writes that bring a fixture's objects, slices of selectors included.
    fn changes(&mut self, name: &str) -> &[Change] {
        let load = || {
            let path = cases::folder().join("dns/fixtures").join(name);
            stage(&fs::read_to_string(path).expect("the fixture is there"))
        };
        self.read.entry(name.to_owned()).or_insert_with(load)
    }
}

/// Loads manifests as they are found, and lets the controllers do their work.
fn stage(manifests: &str) -> Vec<Change> {
    let network = ClusterNetwork::default();
    let (mut sim, mut store) = (Sim::new(1), Store::new(&network, 1));
    let mut controllers = Controllers::new(&network, 1);
    for document in read(manifests, &Limits::FILE).documents {
        // Kinds that the cluster does not have stay out.
        if let Some(object) = Object::from_value(as_written(&document.root)) {
            store.restore(&mut sim, object);
        }
    }
    add_nodes(&mut sim, &mut store);
    let mut all = Vec::new();
    for _ in 0..10_000 {
        let changes = store.take_changes();
        controllers.observe(&store, &mut sim, &changes);
        all.extend(changes);
        let Some((at, wake)) = sim.timers.pop_due(sim.now + Span::secs(5)) else {
            break;
        };
        sim.now = sim.now.max(at);
        controllers.wake(&mut store, &mut sim, &wake);
    }
    all.extend(store.take_changes());
    all
}

/// The fixtures hold no Nodes, but only Pods of nodes that exist are listed.
fn add_nodes(sim: &mut Sim, store: &mut Store) {
    let pods = store
        .tables()
        .all(kind::POD)
        .filter_map(|object| object.pod());
    let names: BTreeSet<String> = pods.map(|pod| pod.spec.node_name.clone()).collect();
    for name in names {
        let meta = ObjectMeta {
            name,
            ..ObjectMeta::default()
        };
        store.restore(sim, Object::new(kind::NODE, meta, Map::new()));
    }
}

/// A document's value in the dialect of the tool that wrote the fixtures, for which a lone `y` or `n` is text.
fn as_written(node: &Node) -> portside::api::Value {
    use portside::api::Value;
    match &node.value {
        NodeValue::Scalar(Value::Bool(_)) if node.text().len() == 1 => {
            Value::Str(node.text().to_owned())
        }
        NodeValue::Scalar(value) => value.clone(),
        NodeValue::List(items) => Value::List(items.iter().map(as_written).collect()),
        NodeValue::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(k, v)| (k.key().into_owned(), as_written(v)))
                .collect(),
        ),
    }
}

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A case's configuration as a Corefile.
fn corefile(config: &Value) -> String {
    let mut block = format!(
        "pods {}\nttl {}\n",
        text(config, "pods_mode"),
        config["ttl"]
    );
    let mut line = |key: &str, words: Vec<&str>| {
        if !words.is_empty() {
            block += &format!("{key} {}\n", words.join(" "));
        }
    };
    line("namespaces", strings(&config["namespaces"]));
    line("fallthrough", strings(&config["fallthrough"]));
    for (key, option) in [
        ("ignore_empty_service", "ignore empty_service"),
        ("endpoint_pod_names", "endpoint_pod_names"),
        ("zonal", "zonal"),
        ("noendpoints", "noendpoints"),
    ] {
        if config[key] == true {
            block += option;
            block.push('\n');
        }
    }
    let mut plugins = format!(
        "kubernetes {} {{\n{block}}}\n",
        strings(&config["zones"]).join(" ")
    );
    if config["autopath"] == true {
        plugins += "autopath @kubernetes\n";
    }
    if config["transfer"] == true {
        plugins += "transfer {\nto *\n}\n";
    }
    format!(".:53 {{\nerrors\n{plugins}forward . /etc/resolv.conf\n}}\n")
}

/// The world outside a case, as a zone file.
fn outside(config: &Value) -> Outside {
    let line = |r: &Value| {
        format!(
            "{} {} IN {} {}\n",
            text(r, "name"),
            r["ttl"],
            text(r, "type"),
            text(r, "data")
        )
    };
    let file: String = config["upstream"]
        .as_array()
        .into_iter()
        .flatten()
        .map(line)
        .collect();
    Outside::parse(&file).expect("the world outside is a zone file")
}

/// The server of a case.
pub(crate) fn server(fixtures: &mut Fixtures, case: &Value) -> Server {
    let config = &case["config"];
    let network = ClusterNetwork {
        domain: text(config, "cluster_domain").to_owned(),
        ..ClusterNetwork::default()
    };
    let mut sim = Sim::new(1);
    let mut server = Server::new(&network, sim.stream("dns"));
    let data = BTreeMap::from([("Corefile".to_owned(), corefile(config).into())]);
    let meta = ObjectMeta {
        name: "coredns".to_owned(),
        namespace: "kube-system".to_owned(),
        ..ObjectMeta::default()
    };
    let fields = BTreeMap::from([("data".to_owned(), portside::api::Value::Map(data))]);
    let (mut store, mut other) = (Store::new(&network, 1), Sim::new(1));
    store.restore(&mut other, Object::new(kind::CONFIG_MAP, meta, fields));
    server.observe(&mut sim, &store.take_changes());
    assert!(
        server
            .log()
            .all(|line| !line.text.contains("plugin/kubernetes"))
    );
    server.observe(&mut sim, fixtures.changes(text(case, "fixture")));
    server.set_outside(outside(config));
    let local: Vec<_> = strings(&config["local_ips"])
        .iter()
        .map(|ip| ip.parse().unwrap())
        .collect();
    server.bind(&"coredns".into(), &local);
    server.set_synced(config["synced"] != false);
    let search = strings(&config["node_search"]);
    server.set_node_search(
        search
            .iter()
            .map(|name| DnsName::parse(name).unwrap())
            .collect(),
    );
    server
}

/// Compares two words: `*` as a word or a label stands for any.
fn like(expected: &str, came: &str, exact: bool) -> bool {
    if expected == "*" {
        return true;
    }
    let (theirs, ours): (Vec<&str>, Vec<&str>) =
        (expected.split('.').collect(), came.split('.').collect());
    let same = |a: &str, b: &str| {
        if exact {
            a == b
        } else {
            a.eq_ignore_ascii_case(b)
        }
    };
    theirs.len() == ours.len()
        && theirs
            .iter()
            .zip(&ours)
            .all(|(a, b)| *a == "*" || same(a, b))
}

fn matches(expected: &Value, record: &Record, exact: bool) -> bool {
    let data = record.data.to_string();
    let (theirs, ours): (Vec<&str>, Vec<&str>) = (
        text(expected, "data").split(' ').collect(),
        data.split(' ').collect(),
    );
    like(text(expected, "name"), record.name.text(), exact)
        && text(expected, "type") == record.record_type().to_string()
        && (expected["ttl"].is_null() || expected["ttl"] == record.ttl)
        && theirs.len() == ours.len()
        && theirs.iter().zip(&ours).all(|(a, b)| like(a, b, exact))
}

/// Compares a section; without an order, each expected record must find one of its own.
fn section(case: &Value, key: &str, records: &[Record]) -> Result<(), String> {
    let Some(expected) = case[key].as_array() else {
        return Ok(());
    };
    let exact = text(case, "name_compare") == "case-sensitive";
    let fail = || {
        let theirs: Vec<String> = expected
            .iter()
            .map(|r| {
                format!(
                    "{} {} {} {}",
                    text(r, "name"),
                    r["ttl"],
                    text(r, "type"),
                    text(r, "data")
                )
            })
            .collect();
        let ours: Vec<String> = records.iter().map(ToString::to_string).collect();
        Err(format!(
            "{key}:\n  expected {}\n  came     {}",
            theirs.join("\n           "),
            ours.join("\n           ")
        ))
    };
    if expected.len() != records.len() {
        return fail();
    }
    if case["order_matters"] == true && expected.len() < 10 {
        let same = expected
            .iter()
            .zip(records)
            .all(|(e, r)| matches(e, r, exact));
        return if same { Ok(()) } else { fail() };
    }
    let mut left: Vec<&Record> = records.iter().collect();
    // Records without a star choose first.
    let mut order: Vec<&Value> = expected.iter().collect();
    order.sort_by_key(|e| text(e, "data").contains('*'));
    for e in order {
        let Some(at) = left.iter().position(|r| matches(e, r, exact)) else {
            return fail();
        };
        left.remove(at);
    }
    if case["cname_first"] == true {
        let mut known = vec![text(case, "qname").to_ascii_lowercase()];
        for record in records {
            if !known.contains(&record.name.text().to_ascii_lowercase()) {
                return Err(format!(
                    "{key}: {record} stands before the alias that leads to it"
                ));
            }
            known.push(record.data.to_string().to_ascii_lowercase());
        }
    }
    Ok(())
}

fn check(case: &Value, reply: &Reply) -> Result<(), String> {
    if text(case, "rcode") != reply.rcode.to_string() {
        return Err(format!(
            "rcode: expected {}, came {}",
            text(case, "rcode"),
            reply.rcode
        ));
    }
    section(case, "answer", &reply.answer)?;
    section(case, "authority", &reply.authority)?;
    section(case, "additional", &reply.additional)?;
    match case["truncated"].as_bool() {
        Some(expected) if expected != reply.truncated => Err(format!(
            "truncated: expected {expected}, came {}",
            reply.truncated
        )),
        _ => Ok(()),
    }
}

fn ask(fixtures: &mut Fixtures, case: &Value) -> Result<(), String> {
    let mut server = server(fixtures, case);
    let name = DnsName::parse(text(case, "qname")).map_err(|e| e.to_string())?;
    let record_type = RecordType::parse(text(case, "qtype")).ok_or("an unknown type")?;
    let mut query = Query::new(name, record_type);
    let config = &case["config"];
    // Where nothing is said of truncation, the reply is judged whole.
    let size = case["udp_size"].as_u64().or(config["udp_size"].as_u64());
    let plain = case["truncated"].is_null() && size.is_none();
    query.edns = size.map(|size| Edns {
        udp_size: size as u16,
        dnssec_ok: false,
        cookie: None,
    });
    let ip = config["client_ip"]
        .as_str()
        .unwrap_or("10.244.9.9")
        .parse()
        .unwrap();
    let client = Client {
        address: std::net::SocketAddr::new(ip, 40_000),
        transport: if plain {
            Transport::Tcp
        } else {
            Transport::Udp
        },
    };
    check(case, &server.answer(SimTime(0), &query, &client))
}

#[test]
fn cases_dns() {
    let mut fixtures = Fixtures::default();
    let all = cases::load(&cases::folder().join("dns"));
    let questions = all.iter().filter(|case| case["flavour"].is_null());
    cases::run(
        "cases_dns",
        questions.map(|case| {
            let feature = text(case, "feature");
            let skip = SKIPPED.iter().find(|(name, _)| *name == feature);
            let verdict = match skip {
                Some((_, why)) => Verdict::Skip(why),
                None => ask(&mut fixtures, case).into(),
            };
            (text(case, "id").to_owned(), verdict)
        }),
    );
}
