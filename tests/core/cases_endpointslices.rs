//! The `EndpointSlice` controller's cases: Service, Pods and Nodes to slices, and its parts one by one.

use crate::cases::{self, Verdict, text};
use crate::cases_proxy::{load, restore};
use portside::api::service::{Endpoint, EndpointPort};
use portside::api::{Map, Object, StringMap, Value as Field, kind};
use portside::controllers::endpointslice::{
    self as slices, CpuByZone, Draft, Inputs, Plan, Slices,
};
use portside::store::Store;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The objects of a case, in the order in which they stand.
struct Objects {
    store: Store,
    order: Vec<Rc<Object>>,
}

impl Objects {
    fn of(case: &Value) -> Self {
        let (store, changes) = restore(text(case, "manifests"));
        // The store gives each object an identity; the slices of a case do not name it.
        let anonymous = |mut object: Rc<Object>| {
            if object.kind == kind::POD {
                Rc::make_mut(&mut object).meta.uid.clear();
            }
            object
        };
        let order = changes.into_iter().filter_map(|change| change.new);
        let order = order.map(anonymous).collect();
        Self { store, order }
    }

    fn of_kind(&self, wanted: portside::api::KindRef) -> Vec<&Rc<Object>> {
        self.order.iter().filter(|o| o.kind == wanted).collect()
    }

    fn only(&self, wanted: portside::api::KindRef) -> &Rc<Object> {
        self.of_kind(wanted)
            .into_iter()
            .next()
            .expect("the case has one")
    }
}

fn same(what: &str, expected: &Value, came: &Value) -> Result<(), String> {
    if expected == came {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected}, came {came}"))
    }
}

/// An endpoint in the notation of the cases; fields that the case leaves out are not compared.
fn told(endpoint: &Endpoint) -> Value {
    let names = |which: &str| {
        let list = endpoint.hints.as_ref().and_then(|hints| hints.get(which));
        let items = list.and_then(Field::as_list).unwrap_or_default();
        let names = items.iter().filter_map(|item| item.get("name")?.as_str());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut hints = serde_json::Map::new();
    for which in ["forZones", "forNodes"] {
        if !names(which).is_empty() {
            hints.insert(which.to_owned(), json!(names(which)));
        }
    }
    let target = endpoint.target_ref.as_ref();
    let target = target.map(|t| json!({"kind": t.kind, "namespace": t.namespace, "name": t.name}));
    json!({
        "addresses": endpoint.addresses,
        "ready": endpoint.conditions.ready,
        "serving": endpoint.conditions.serving,
        "terminating": endpoint.conditions.terminating,
        "nodeName": endpoint.node_name,
        "zone": endpoint.zone,
        "hostname": endpoint.hostname,
        "hints": if hints.is_empty() { Value::Null } else { Value::Object(hints) },
        "targetRef": target,
    })
}

fn told_port(port: &EndpointPort) -> Value {
    json!({"name": port.name, "port": port.port, "protocol": port.protocol, "appProtocol": port.app_protocol})
}

/// Only the fields that the case names, absent ones as null.
fn like(expected: &Value, came: Value) -> Value {
    match (expected, came) {
        (Value::Object(wanted), Value::Object(mut have)) => Value::Object(
            wanted
                .iter()
                .map(|(key, part)| {
                    let value = have.remove(key).unwrap_or(Value::Null);
                    (key.clone(), like(part, value))
                })
                .collect(),
        ),
        (Value::Array(wanted), Value::Array(have)) if wanted.len() == have.len() => {
            let pairs = wanted.iter().zip(have);
            Value::Array(pairs.map(|(part, value)| like(part, value)).collect())
        }
        (_, came) => came,
    }
}

fn told_draft(draft: &Draft) -> Value {
    let mut endpoints: Vec<Value> = draft.endpoints.iter().map(|e| told(e)).collect();
    endpoints.sort_by_key(|endpoint| endpoint["addresses"].to_string());
    json!({
        "addressType": draft.address_type,
        "ports": draft.ports.iter().map(told_port).collect::<Vec<_>>(),
        "endpoints": endpoints,
        "labels": draft.labels,
        "name": draft.name,
    })
}

/// The slices and their endpoints, each in an order of their own.
fn sorted(slices: &mut [Value]) {
    for slice in slices.iter_mut() {
        if let Some(endpoints) = slice["endpoints"].as_array_mut() {
            endpoints.sort_by_key(|endpoint| endpoint["addresses"].to_string());
        }
    }
    slices.sort_by_key(|slice| {
        format!(
            "{} {} {}",
            slice["addressType"], slice["ports"], slice["endpoints"]
        )
    });
}

/// Everything that will be there once a plan has been carried out.
fn outcome(plans: &[Plan]) -> Vec<Draft> {
    let slices = plans.iter().map(|plan| &plan.slices);
    let all = slices.flat_map(|s| s.create.iter().chain(&s.update).chain(&s.unchanged));
    all.cloned().collect()
}

fn plans(
    case: &Value,
    objects: &Objects,
    pods: &[Rc<Object>],
    existing: &[Rc<Object>],
) -> Vec<Plan> {
    let object = objects.only(kind::SERVICE);
    let service = object.service().expect("a Service");
    let tables = objects.store.tables();
    // A controller without the cache of topology knows no shares.
    let nodes = objects.of_kind(kind::NODE).into_iter();
    let known = nodes.filter(|_| case["topologyCache"] != json!(false));
    let cpu = CpuByZone::of(known.filter_map(|node| Some((&**node, node.node()?))));
    let most = case["maxEndpointsPerSlice"].as_u64().unwrap_or(100) as usize;
    let node = |name: &str| tables.find(kind::NODE, "", name).map(|node| &**node);
    let types = slices::address_types(service);
    let plan = |address_type: &str| {
        let inputs = Inputs {
            object,
            service,
            pods: pods.iter().collect(),
            existing: existing.iter().collect(),
            node: &node,
            cpu: cpu.clone(),
            most,
        };
        slices::plan(&inputs, address_type)
    };
    types.into_iter().map(plan).collect()
}

/// Several errors as Go's `utilerrors.NewAggregate` writes them.
fn aggregate(errors: &[&String]) -> String {
    let mut told: Vec<&str> = Vec::new();
    for error in errors {
        if !told.contains(&error.as_str()) {
            told.push(error);
        }
    }
    match told.as_slice() {
        [only] => (*only).to_owned(),
        several => format!("[{}]", several.join(", ")),
    }
}

fn reconcile(case: &Value) -> Result<(), String> {
    let objects = Objects::of(case);
    let pods: Vec<Rc<Object>> = objects.of_kind(kind::POD).into_iter().cloned().collect();
    let existing = objects.of_kind(kind::ENDPOINT_SLICE).into_iter().cloned();
    let existing: Vec<Rc<Object>> = existing.collect();
    let plans = plans(case, &objects, &pods, &existing);
    let mut came: Vec<Value> = outcome(&plans).iter().map(told_draft).collect();
    let mut wanted: Vec<Value> = case["expect"]["slices"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    sorted(&mut came);
    sorted(&mut wanted);
    let came = Value::Array(came);
    let wanted = Value::Array(wanted);
    same("slices", &wanted, &like(&wanted, came))?;
    let errors: Vec<&String> = plans.iter().flat_map(|plan| &plan.errors).collect();
    match case["expect"]["error"].as_str() {
        Some(error) => same("error", &json!(error), &json!(aggregate(&errors))),
        None => Ok(()),
    }
}

/// Pod `i` of a case that tells how its Pods are made.
fn generated(case: &Value) -> Vec<Rc<Object>> {
    let made = &case["podsGenerated"];
    let count = made["count"].as_u64().unwrap_or(0);
    let part = |key: &str| {
        let (_, changes) = restore(text(made, key));
        changes
            .into_iter()
            .find_map(|change| change.new)
            .expect("a Pod")
    };
    let (first, second) = (part("first"), part("second"));
    let number = |pod: &Object| {
        let containers = &pod.pod().expect("a Pod").spec.containers;
        containers[0]
            .ports
            .first()
            .map_or(0, |port| port.container_port)
    };
    // The numbers of a named port go up by the same step, through as many as the case tells sets of ports.
    let step = number(&second) - number(&first);
    let sets = case["expect"]["ports"]
        .as_array()
        .map_or(1, Vec::len)
        .max(1) as u64;
    let pod = |i: u64| {
        let mut pod = (*first).clone();
        pod.meta.name = format!("pod{i}");
        let body = pod.pod_mut().expect("a Pod");
        let containers = &mut body.spec.containers;
        if let Some(port) = containers[0].ports.first_mut() {
            port.container_port += step * (i % sets) as i64;
        }
        body.status.pod_ip = format!("10.{}.{}.{}", i / 62_500, i / 250 % 250, i % 250 + 1);
        body.status.pod_ips[0].ip = body.status.pod_ip.clone();
        Rc::new(pod)
    };
    (0..count).map(pod).collect()
}

/// Slices of these lengths that list the first Pods.
fn present(case: &Value, objects: &Objects, pods: &[Rc<Object>]) -> Vec<Rc<Object>> {
    let service = objects.only(kind::SERVICE);
    let lengths = case["existingSliceLengths"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut from = 0;
    let mut slice = |(i, length): (usize, &Value)| {
        let length = length.as_u64().unwrap_or(0) as usize;
        let mut wide = case.clone();
        wide["maxEndpointsPerSlice"] = json!(10_000);
        let made = plans(&wide, objects, &pods[from..from + length], &[]);
        from += length;
        let draft = outcome(&made).into_iter().next().expect("a slice");
        let mut object = draft.into_object(service);
        object.meta.name = format!("present-{i}");
        Rc::new(object)
    };
    lengths.iter().enumerate().map(&mut slice).collect()
}

fn lengths(case: &Value) -> Result<(), String> {
    let objects = Objects::of(case);
    let pods = generated(case);
    let existing = present(case, &objects, &pods);
    let plans = plans(case, &objects, &pods, &existing);
    let drafts = outcome(&plans);
    let mut came: Vec<usize> = drafts.iter().map(|draft| draft.endpoints.len()).collect();
    came.sort_unstable();
    same("lengths", &case["expect"]["sliceLengths"], &json!(came))?;
    let listed = case["expect"]["ports"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut seen = BTreeMap::new();
    for draft in &drafts {
        let ports: Vec<Value> = draft.ports.iter().map(told_port).collect();
        seen.insert(json!(ports).to_string(), json!(ports));
    }
    let came: Vec<Value> = seen.into_values().collect();
    let wanted = Value::Array(listed);
    same("ports", &wanted, &like(&wanted, Value::Array(came)))
}

fn pod_to_endpoint(case: &Value) -> Result<(), String> {
    let objects = Objects::of(case);
    let (service, pod) = (objects.only(kind::SERVICE), objects.only(kind::POD));
    let publishes = service
        .service()
        .is_some_and(|s| s.spec.publish_not_ready_addresses);
    let node = objects.of_kind(kind::NODE).first().map(|node| &***node);
    let body = pod.pod().expect("a Pod");
    let came = slices::endpoint(
        service,
        publishes,
        (pod, body),
        node,
        text(case, "addressType"),
    );
    let wanted = &case["expect"]["endpoint"];
    same("endpoint", wanted, &like(wanted, told(&came)))
}

fn endpoint_ports(case: &Value) -> Result<(), String> {
    let objects = Objects::of(case);
    let service = objects.only(kind::SERVICE).service().expect("a Service");
    let came = slices::ports(service, objects.only(kind::POD).pod().expect("a Pod"));
    let wanted = &case["expect"]["ports"];
    let came = came.iter().map(told_port).collect();
    same("ports", wanted, &like(wanted, Value::Array(came)))
}

fn strings(value: &Value) -> StringMap {
    let pairs = value.as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    pairs
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

fn slice_labels(case: &Value) -> Result<(), String> {
    let objects = Objects::of(case);
    let object = objects.only(kind::SERVICE);
    let service = object.service().expect("a Service");
    let (labels, updated) = slices::labels(object, service, &strings(&case["sliceLabels"]));
    let came = json!({"labels": labels, "updated": updated});
    same("labels", &case["expect"], &came)
}

fn new_slice(case: &Value) -> Result<(), String> {
    let objects = Objects::of(case);
    let object = objects.only(kind::SERVICE);
    let service = object.service().expect("a Service");
    let ports = case["ports"].as_array().into_iter().flatten();
    let port = |port: &Value| EndpointPort {
        name: port["name"].as_str().map(str::to_owned),
        protocol: port["protocol"].as_str().map(str::to_owned),
        port: port["port"].as_i64(),
        app_protocol: port["appProtocol"].as_str().map(str::to_owned),
        ..EndpointPort::default()
    };
    let ports: Vec<EndpointPort> = ports.map(port).collect();
    let draft = Draft::new(object, service, text(case, "addressType"), &ports);
    let made = draft.into_object(object);
    let owner = |owner: &Rc<portside::api::OwnerReference>| {
        json!({
            "apiVersion": owner.api_version, "kind": owner.kind, "name": owner.name, "uid": owner.uid,
            "controller": owner.controller, "blockOwnerDeletion": owner.block_owner_deletion,
        })
    };
    let mut wanted = case["expect"].clone();
    let slice = made.slice().expect("a slice");
    let annotations = &made.meta.annotations;
    // The service's own uid is empty in the case; the store gave it one.
    for owner in wanted["ownerReferences"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        if owner["uid"] == json!("") {
            owner["uid"] = json!(object.meta.uid);
        }
    }
    let came = json!({
        "generateName": made.meta.generate_name,
        "namespace": made.meta.namespace,
        "labels": made.meta.labels,
        "annotations": if annotations.is_empty() { Value::Null } else { json!(annotations) },
        "ownerReferences": made.meta.owner_references.iter().map(owner).collect::<Vec<_>>(),
        "addressType": slice.address_type,
        "ports": slice.ports().iter().map(told_port).collect::<Vec<_>>(),
    });
    same("slice", &wanted, &like(&wanted, came))
}

/// Endpoints and slices as the cases of hints write them.
fn drafts(case: &Value, which: &str) -> Vec<Draft> {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let words = |value: &Value| value.as_str().map(str::to_owned);
    let hint = |value: &Value| -> Option<Map> {
        let zones = value.as_object()?.iter().map(|(which, names)| {
            let named = |name: &Value| {
                let name = Field::from(name.as_str().unwrap_or_default());
                Field::Map(Map::from([("name".to_owned(), name)]))
            };
            let names = names.as_array().into_iter().flatten().map(named).collect();
            (which.clone(), Field::List(names))
        });
        Some(zones.collect())
    };
    let endpoint = |value: &Value| {
        let mut endpoint = Endpoint {
            addresses: list(value, "addresses").iter().filter_map(words).collect(),
            node_name: words(&value["nodeName"]),
            zone: words(&value["zone"]),
            hostname: words(&value["hostname"]),
            hints: hint(&value["hints"]),
            ..Endpoint::default()
        };
        endpoint.conditions.ready = value["ready"].as_bool();
        endpoint.conditions.serving = value["serving"].as_bool();
        endpoint.conditions.terminating = value["terminating"].as_bool();
        Rc::new(endpoint)
    };
    let draft = |value: &Value| Draft {
        address_type: words(&value["addressType"]).unwrap_or_default(),
        endpoints: list(value, "endpoints").iter().map(endpoint).collect(),
        ..Draft::default()
    };
    list(&case["slices"], which).iter().map(draft).collect()
}

fn told_drafts(drafts: &[Draft], wanted: &Value) -> Value {
    let draft = |draft: &Draft| {
        let kind = draft.address_type.as_str();
        json!({
            "addressType": if kind.is_empty() { Value::Null } else { json!(kind) },
            "endpoints": draft.endpoints.iter().map(|e| told(e)).collect::<Vec<_>>(),
        })
    };
    like(wanted, Value::Array(drafts.iter().map(draft).collect()))
}

fn slices_of(case: &Value) -> Slices {
    Slices {
        create: drafts(case, "create"),
        update: drafts(case, "update"),
        unchanged: drafts(case, "unchanged"),
        delete: Vec::new(),
    }
}

fn compare_hints(case: &Value, came: &Slices) -> Result<(), String> {
    let parts = [
        ("create", &came.create),
        ("update", &came.update),
        ("unchanged", &came.unchanged),
    ];
    for (which, drafts) in parts {
        let wanted = &case["expect"][which];
        if !wanted.is_null() {
            same(which, wanted, &told_drafts(drafts, wanted))?;
        }
    }
    Ok(())
}

fn traffic_hints(case: &Value) -> Result<(), String> {
    let mut came = slices_of(case);
    slices::reconcile_hints(case["trafficDistribution"].as_str(), &mut came);
    compare_hints(case, &came)
}

fn topology_hints(case: &Value) -> Result<(), String> {
    let mut came = slices_of(case);
    // Shares are whole numbers: billionths of the whole.
    let share = |(zone, ratio): (&String, &Value)| {
        let billionths = (ratio.as_f64().unwrap_or(0.0) * 1e9).round() as i64;
        (zone.clone(), billionths)
    };
    let cpu = case["cpuRatiosByZone"].as_object();
    let cpu = cpu.map(|ratios| CpuByZone::new(ratios.iter().map(share)));
    let said = slices::add_hints(cpu.as_ref(), text(case, "addressType"), &mut came);
    compare_hints(case, &came)?;
    let event = |said: &slices::Said| {
        let kind = if said.warning { "Warning" } else { "Normal" };
        json!({"type": kind, "reason": said.reason, "message": said.message})
    };
    match case["expect"]["events"].as_array() {
        Some(events) => {
            let came: Vec<Value> = said.iter().map(event).collect();
            same("events", &json!(events), &json!(came))
        }
        None => Ok(()),
    }
}

fn verdict(case: &Value) -> Verdict {
    if !case["unreachable"].is_null() {
        return Verdict::Skip("a feature gate that is locked in v1.36");
    }
    let pod = |objects: &Objects| objects.only(kind::POD).clone();
    let result = match text(case, "kind") {
        "reconcile" if text(case, "level") == "lengths" => lengths(case),
        "reconcile" => reconcile(case),
        "podToEndpoint" => pod_to_endpoint(case),
        "endpointPorts" => endpoint_ports(case),
        "newSlice" => new_slice(case),
        "labels" => slice_labels(case),
        "addressTypes" => {
            let objects = Objects::of(case);
            let service = objects.only(kind::SERVICE).service().expect("a Service");
            let came = json!(slices::address_types(service));
            same("address types", &case["expect"]["addressTypes"], &came)
        }
        "podInEndpoints" => {
            let pod = pod(&Objects::of(case));
            let terminating = case["includeTerminating"].as_bool().unwrap_or(false);
            let came = slices::is_listed(&pod, pod.pod().expect("a Pod"), terminating);
            same("included", &case["expect"]["included"], &json!(came))
        }
        "setHostname" => {
            let objects = Objects::of(case);
            let pod = pod(&objects);
            let service = objects.only(kind::SERVICE);
            let came = slices::sets_hostname(service, &pod, pod.pod().expect("a Pod"));
            same(
                "sets hostname",
                &case["expect"]["setsHostname"],
                &json!(came),
            )
        }
        "hints" => traffic_hints(case),
        "tah" => topology_hints(case),
        other => Err(format!("no such kind: {other}")),
    };
    result.into()
}

#[test]
fn cases_endpointslices() {
    let all = load(&["endpointslices.json"]);
    cases::run(
        "cases_endpointslices",
        all.iter()
            .map(|case| (text(case, "id").to_owned(), verdict(case))),
    );
}
