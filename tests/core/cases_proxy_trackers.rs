//! What kube-proxy keeps of Services and slices, and which changes of them matter to it.

use crate::cases::{self, Verdict, text};
use crate::cases_proxy::{load, restore};
use portside::api::{Object, ObjectKey, kind};
use portside::kernel::Sim;
use portside::manifest::{Limits, read};
use portside::net::{ByPort, Protocol, Proxy, ServicePort, by_port};
use portside::store::{Change, Store};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The Services that slices of a store belong to.
fn services(store: &Store) -> BTreeSet<ObjectKey> {
    let slices = store.tables().all(kind::ENDPOINT_SLICE);
    let named = slices.filter_map(|slice| {
        let name = slice.meta.labels.get("kubernetes.io/service-name")?;
        Some(ObjectKey::new(kind::SERVICE, &slice.meta.namespace, name))
    });
    named.collect()
}

fn endpoints_of(store: &Store, service: &ObjectKey, ipv6: bool) -> ByPort {
    let slices = store.tables().slices_of(&service.namespace, &service.name);
    let slices: Vec<_> = slices
        .into_iter()
        .filter_map(|object| Some((object.key(), object.slice()?)))
        .collect();
    by_port(slices.iter().map(|(key, slice)| (key, *slice)), ipv6)
}

fn port_name(service: &ObjectKey, port: &str, protocol: Protocol) -> String {
    let colon = if port.is_empty() { "" } else { ":" };
    format!(
        "{}/{}{colon}{port}/{protocol}",
        service.namespace, service.name
    )
}

/// A map of endpoints in the notation of the cases, with the fields that the wanted one has.
fn shown(case: &Value, service: &ObjectKey, endpoints: &ByPort, hints: bool) -> Value {
    let here = text(case, "nodeName");
    let mut map = serde_json::Map::new();
    for ((port, protocol), list) in endpoints {
        let list: Vec<Value> = list
            .iter()
            .map(|e| {
                let mut shown = json!({
                    "endpoint": e.address.to_string(), "isLocal": !here.is_empty() && *e.node == *here,
                    "ready": e.ready, "serving": e.serving, "terminating": e.terminating,
                });
                if hints {
                    let names = |list: &[std::rc::Rc<str>]| -> Value {
                        list.iter().map(|name| name.to_string()).collect::<Vec<_>>().into()
                    };
                    shown["zoneHints"] = names(&e.zone_hints);
                    shown["nodeHints"] = names(&e.node_hints);
                }
                shown
            })
            .collect();
        map.insert(port_name(service, port, *protocol), list.into());
    }
    map.into()
}

fn same(what: &str, came: &Value, wanted: &Value) -> Result<(), String> {
    (came == wanted)
        .then_some(())
        .ok_or(format!("{what}: wanted {wanted}\n  came {came}"))
}

fn endpoints_map(case: &Value) -> Result<(), String> {
    let whole = |text: &str| -> (Value, BTreeMap<ObjectKey, (Value, ByPort)>) {
        let (store, _) = restore(text);
        let (mut map, mut all) = (serde_json::Map::new(), BTreeMap::new());
        for service in services(&store) {
            let endpoints = endpoints_of(&store, &service, false);
            let shown = shown(case, &service, &endpoints, false);
            if let Value::Object(shown) = shown.clone() {
                map.extend(shown);
            }
            all.insert(service, (shown, endpoints));
        }
        (map.into(), all)
    };
    let (before, old) = whole(text(case, "before"));
    let (after, new) = whole(text(case, "after"));
    same("before", &before, &case["expect"]["before"])?;
    same("after", &after, &case["expect"]["after"])?;
    // The table of connections is only looked through if a Service changed that has, or had, a port for datagrams.
    let datagrams = |side: Option<&(Value, ByPort)>| {
        side.is_some_and(|(_, ports)| ports.keys().any(|(_, protocol)| *protocol == Protocol::Udp))
    };
    let keys: BTreeSet<&ObjectKey> = old.keys().chain(new.keys()).collect();
    let cleanup = keys.into_iter().any(|key| {
        let (was, is) = (old.get(key), new.get(key));
        was.map(|side| &side.0) != is.map(|side| &side.0) && (datagrams(was) || datagrams(is))
    });
    same(
        "cleanup",
        &cleanup.into(),
        &case["expect"]["conntrackCleanup"],
    )
}

fn slice_cache(case: &Value) -> Result<(), String> {
    let (store, _) = restore(text(case, "manifests"));
    let (namespace, name) = text(case, "service").split_once('/').ok_or("no service")?;
    let service = ObjectKey::new(kind::SERVICE, namespace, name);
    let endpoints = endpoints_of(&store, &service, text(case, "addressType") == "IPv6");
    let came = shown(case, &service, &endpoints, true);
    same("endpoints", &came, &case["expect"]["endpoints"])
}

fn slice_update(case: &Value) -> Result<(), String> {
    let (mut store, changes) = restore(text(case, "before"));
    let mut proxy = Proxy::default();
    proxy.observe(store.tables(), &changes);
    let event = &case["event"];
    let document = &read(text(event, "manifest"), &Limits::FILE).documents[0];
    let object = Object::from_value(document.value()).ok_or("no object")?;
    let key = object.key();
    let old = store.tables().get(&key).cloned();
    let mut sim = Sim::new(1);
    let changes: Vec<Change> = if text(event, "op") == "delete" {
        let seq = changes
            .first()
            .map_or(portside::kernel::Seq(0), |change| change.seq);
        // What is not there cannot be deleted; the watch tells nothing then.
        old.map(|old| Change {
            seq,
            key: key.clone(),
            old: Some(old),
            new: None,
        })
        .into_iter()
        .collect()
    } else {
        store.restore(&mut sim, object);
        store.take_changes()
    };
    let removed = text(event, "op") == "delete";
    let touched = proxy.observe(store.tables(), &changes);
    let expect = &case["expect"];
    same("returns", &(!touched.is_empty()).into(), &expect["returns"])?;
    same("changed", &(!touched.is_empty()).into(), &expect["changed"])?;
    let Some(service) = touched.first().filter(|_| expect["changed"] == true) else {
        return Ok(());
    };
    let slices = store.tables().slices_of(&service.namespace, &service.name);
    let slices: Vec<_> = slices
        .into_iter()
        .filter(|object| !removed || object.key() != key)
        .filter_map(|object| Some((object.key(), object.slice()?)))
        .collect();
    let ipv6 = text(case, "addressType") == "IPv6";
    let endpoints = by_port(slices.iter().map(|(key, slice)| (key, *slice)), ipv6);
    let wanted = &expect["endpoints"];
    same("endpoints", &shown(case, service, &endpoints, true), wanted)
}

fn service_map(case: &Value) -> Result<(), String> {
    let (store, _) = restore(text(case, "manifests"));
    let ipv6 = text(case, "ipFamily") == "IPv6";
    let mut map = serde_json::Map::new();
    for object in store.tables().all(kind::SERVICE) {
        let service = object.service().ok_or("no Service")?;
        for port in ServicePort::all(&object.key(), service, ipv6) {
            let texts = |list: &[std::net::IpAddr]| -> Vec<String> {
                list.iter().map(ToString::to_string).collect()
            };
            let ranges: Vec<String> = port.source_ranges.iter().map(ToString::to_string).collect();
            let name = port_name(&port.name.service, &port.name.port, port.name.protocol);
            map.insert(name, json!({
                "clusterIP": port.cluster_ip.to_string(), "port": port.port(),
                "protocol": port.name.protocol.to_string(), "healthCheckNodePort": port.health_check_node_port,
                "externalIPs": texts(&port.external_ips), "loadBalancerVIPs": texts(&port.vips),
                "loadBalancerSourceRanges": ranges,
            }));
        }
    }
    let wanted = case["expect"]["ports"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let names = |map: &serde_json::Map<String, Value>| -> Value {
        map.keys().cloned().collect::<Vec<_>>().into()
    };
    same("ports", &names(&map), &names(&wanted))?;
    // The tests assert these fields only.
    for (name, port) in &map {
        for (field, came) in port.as_object().into_iter().flatten() {
            same(&format!("{name} {field}"), came, &wanted[name][field])?;
        }
    }
    Ok(())
}

#[test]
fn cases_trackers() {
    let all = load(&["trackers.json"]);
    let verdict = |case: &Value| match text(case, "kind") {
        "endpointsMap" => Verdict::from(endpoints_map(case)),
        "sliceCache" => Verdict::from(slice_cache(case)),
        "sliceUpdate" => Verdict::from(slice_update(case)),
        "serviceMap" => Verdict::from(service_map(case)),
        other => Verdict::Fail(format!("an unknown kind of case: {other}")),
    };
    cases::run(
        "cases_trackers",
        all.iter()
            .map(|case| (text(case, "id").to_owned(), verdict(case))),
    );
}
