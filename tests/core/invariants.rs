//! Whatever valid operations follow each other, the cluster keeps its invariants, and the same ones give the same log.

use portside::api::service::ServiceType;
use portside::api::{Kind, Object, ObjectKey, kind};
use portside::cluster::{Cluster, Settings};
use portside::kernel::Span;
use portside::manifest::{Limits, read};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that somebody does; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Act {
    Service(u8, u8),
    Deployment(u8, u8),
    Bare(u8),
    Scale(u8, u8),
    Relabel(u8, u8),
    Fail(u8, u8),
    Delete(u8, u8),
    Silence(u8, bool),
    Wait(u16),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..6u8, 0..5u8).prop_map(|(name, type_)| Act::Service(name, type_)),
        (0..4u8, 0..5u8).prop_map(|(name, replicas)| Act::Deployment(name, replicas)),
        (0..4u8).prop_map(Act::Bare),
        (0..4u8, 0..6u8).prop_map(|(name, replicas)| Act::Scale(name, replicas)),
        (any::<u8>(), 0..4u8).prop_map(|(pod, app)| Act::Relabel(pod, app)),
        (any::<u8>(), 0..5u8).prop_map(|(pod, how)| Act::Fail(pod, how)),
        (0..4u8, any::<u8>()).prop_map(|(kind, which)| Act::Delete(kind, which)),
        (1..3u8, any::<bool>()).prop_map(|(node, silent)| Act::Silence(node, silent)),
        (1..90u16).prop_map(Act::Wait),
    ]
}

fn object(text: &str) -> Object {
    let read = read(text, &Limits::FILE);
    Object::from_value(read.documents[0].value()).expect("an object")
}

fn service(name: u8, type_: u8) -> Object {
    let type_ = [
        "",
        "type: NodePort, ",
        "type: LoadBalancer, ",
        "clusterIP: None, ",
        "publishNotReadyAddresses: true, ",
    ][usize::from(type_)];
    object(&format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: s{name}}}\nspec: {{{type_}selector: {{app: a{}}}, ports: [{{port: 80}}]}}\n",
        name % 4
    ))
}

fn deployment(name: u8, replicas: u8) -> Object {
    object(&format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{name}}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: a{name}}}}}\n  template: {{metadata: {{labels: {{app: a{name}}}}}, spec: {{containers: [{{name: web, image: nginx}}]}}}}\n"
    ))
}

fn bare(name: u8) -> Object {
    object(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{name}, labels: {{app: a{name}}}}}\nspec: {{containers: [{{name: web, image: nginx}}]}}\n"
    ))
}

/// One of the objects of a kind in the namespace `default`.
fn pick(cluster: &Cluster, kind: portside::api::KindRef, which: u8) -> Option<Object> {
    let all: Vec<_> = cluster.tables().in_namespace(kind, "default").collect();
    let at = usize::from(which).checked_rem(all.len())?;
    Some((**all[at]).clone())
}

/// Does one thing; what the API server refuses is a valid answer.
fn perform(cluster: &mut Cluster, act: &Act) {
    match act {
        Act::Service(name, type_) => drop(cluster.create(service(*name, *type_), None, false)),
        Act::Deployment(name, replicas) => {
            drop(cluster.create(deployment(*name, *replicas), None, false));
        }
        Act::Bare(name) => drop(cluster.create(bare(*name), None, false)),
        Act::Scale(which, replicas) => {
            if let Some(mut object) = pick(cluster, kind::DEPLOYMENT, *which) {
                object.deployment_mut().unwrap().spec.replicas = Some(i64::from(*replicas));
                drop(cluster.update(object, None, false));
            }
        }
        Act::Relabel(which, app) => {
            if let Some(mut object) = pick(cluster, kind::POD, *which) {
                let label = format!("a{app}");
                object.meta.labels.insert("app".to_owned(), label);
                drop(cluster.update(object, None, false));
            }
        }
        Act::Fail(which, how) => {
            if let Some(mut object) = pick(cluster, kind::POD, *which) {
                let how = ["pull", "unready", "crash", "hang", "slow"][usize::from(*how)];
                let key = "portside.dev/fail".to_owned();
                object.meta.annotations.insert(key, how.to_owned());
                drop(cluster.update(object, None, false));
            }
        }
        Act::Delete(which_kind, which) => {
            let kinds = [
                kind::POD,
                kind::SERVICE,
                kind::DEPLOYMENT,
                kind::REPLICA_SET,
            ];
            if let Some(object) = pick(cluster, kinds[usize::from(*which_kind)], *which) {
                drop(cluster.delete(&object.key(), None));
            }
        }
        Act::Silence(node, silent) => {
            let key = ObjectKey::new(kind::NODE, "", &format!("node-{}", node + 1));
            let mut object = (**cluster.tables().get(&key).unwrap()).clone();
            let fault = "portside.dev/fault".to_owned();
            if *silent {
                object.meta.annotations.insert(fault, "silent".to_owned());
            } else {
                object.meta.annotations.remove(&fault);
            }
            drop(cluster.update(object, None, false));
        }
        Act::Wait(seconds) => cluster.advance(Span::secs(u64::from(*seconds))),
    }
}

fn run(acts: &[Act]) -> Cluster {
    let mut cluster = Cluster::new(&Settings::default());
    let mut versions = BTreeMap::new();
    for act in acts {
        perform(&mut cluster, act);
        check(&cluster, &mut versions);
    }
    cluster.settle(Span::secs(900));
    check(&cluster, &mut versions);
    endpoints_are_as_defined(&cluster);
    owners_exist(&cluster);
    cluster
}

fn every(cluster: &Cluster) -> impl Iterator<Item = &std::rc::Rc<Object>> {
    let kinds = kind::KINDS.iter();
    kinds.flat_map(|kind| cluster.tables().all(kind))
}

/// What holds at any instant; `before` are the resource versions of the instant before.
fn check(cluster: &Cluster, before: &mut BTreeMap<ObjectKey, u64>) {
    let (mut addresses, mut ports) = (BTreeSet::new(), BTreeSet::new());
    for object in cluster.tables().all(kind::SERVICE) {
        let service = object.service().unwrap();
        let spec = &service.spec;
        for address in spec.addresses() {
            assert!(addresses.insert(address), "{address} is given twice");
        }
        if spec.service_type() != ServiceType::ExternalName {
            for port in spec.ports.iter().filter(|port| port.node_port != 0) {
                let taken = ports.insert((port.node_port, port.protocol().to_owned()));
                assert!(taken, "node port {} is given twice", port.node_port);
            }
        }
    }
    let last = before.values().max().copied().unwrap_or(0);
    let mut seen = BTreeSet::new();
    let mut now = BTreeMap::new();
    for object in every(cluster) {
        let (key, version) = (object.key(), object.meta.resource_version.parse().unwrap());
        // An address is written with its Service, in one go.
        let alone = key.kind != kind::IP_ADDRESS;
        assert!(
            !alone || seen.insert(version),
            "{key} shares version {version}"
        );
        let same = before.is_empty() || before.get(&key) == Some(&version);
        assert!(same || version > last, "{key} has {version} after {last}");
        now.insert(key, version);
    }
    *before = now;
}

/// The endpoints of each Service, by the words of its documentation: the Pods that its selector matches, that have an
/// address and have not ended, on nodes that exist; ready if the Pod is and is not going away.
fn endpoints_are_as_defined(cluster: &Cluster) {
    for object in cluster.tables().all(kind::SERVICE) {
        let service = object.service().unwrap();
        if service.spec.selector.is_empty() {
            continue;
        }
        let publishes = service.spec.publish_not_ready_addresses;
        let pods = cluster
            .tables()
            .in_namespace(kind::POD, &object.meta.namespace);
        let mut wanted = BTreeMap::new();
        for pod in pods {
            let body = pod.pod().unwrap();
            let selected = service
                .spec
                .selector
                .iter()
                .all(|(key, value)| pod.meta.labels.get(key) == Some(value));
            let listed = selected && !body.is_finished() && !body.status.pod_ip.is_empty();
            let node = cluster.tables().find(kind::NODE, "", &body.spec.node_name);
            if listed && (publishes || node.is_some()) {
                let ready = publishes || body.is_ready() && !pod.meta.is_terminating();
                wanted.insert(body.status.pod_ip.clone(), ready);
            }
        }
        let slices = cluster
            .tables()
            .slices_of(&object.meta.namespace, &object.meta.name);
        let mut came = BTreeMap::new();
        for endpoint in slices
            .iter()
            .flat_map(|slice| slice.slice().unwrap().endpoints())
        {
            let ready = endpoint.conditions.ready.unwrap_or(true);
            let other = came.insert(endpoint.addresses[0].clone(), ready);
            assert!(other.is_none(), "{:?} is listed twice", endpoint.addresses);
        }
        assert_eq!(came, wanted, "endpoints of {}", object.meta.name);
    }
}

/// What is on its way out may wait for a node that says nothing; everything else has its owners.
fn owners_exist(cluster: &Cluster) {
    for object in every(cluster).filter(|object| !object.meta.is_terminating()) {
        for owner in &object.meta.owner_references {
            let kind = Kind::find(&owner.api_version, &owner.kind).expect("a known kind");
            let namespace = if kind.namespaced {
                &object.meta.namespace
            } else {
                ""
            };
            let found = cluster.tables().find(kind, namespace, &owner.name);
            let same = found.is_some_and(|found| found.meta.uid == owner.uid);
            assert!(same, "{} belongs to {owner:?}, which is gone", object.key());
        }
    }
}

fn log(cluster: &Cluster) -> Vec<String> {
    let start = portside::kernel::Seq::default();
    cluster
        .events_since(start)
        .map(|event| event.to_json())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases_of(24), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_whatever_is_done(acts in prop::collection::vec(act(), 1..30)) {
        let first = run(&acts);
        prop_assert_eq!(log(&first), log(&run(&acts)));
    }
}
