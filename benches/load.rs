//! What the benchmarks put into a cluster: the same natively and in the browser.

use portside::api::{Object, ObjectKey, kind};
use portside::cluster::{Cluster, Settings};
use portside::kernel::Span;
use portside::manifest::{Document, Limits, read};
use std::fmt::Write as _;

/// So many small objects as one stream: Services and `ConfigMaps` by turns.
pub(crate) fn stream(count: usize) -> String {
    let mut text = String::new();
    for i in 0..count {
        let object = if i % 2 == 0 {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: web-{i}\n  labels: {{app: web-{i}}}\nspec:\n  selector:\n    app: web-{i}\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n"
            )
        } else {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-{i}\ndata:\n  key: value-{i}\n  more: \"true\"\n"
            )
        };
        write!(text, "---\n{object}").unwrap();
    }
    text
}

/// The objects of a stream of manifests.
pub(crate) fn objects(text: &str) -> Vec<Object> {
    let read = read(text, &Limits::FILE);
    let whole = |document: &Document| Object::from_value(document.value());
    read.documents.iter().filter_map(whole).collect()
}

/// A Deployment of so many web servers behind a Service of type `NodePort`, as a learner writes it.
pub(crate) fn deployment(replicas: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: {replicas}\n  selector:\n    matchLabels: {{app: web}}\n  template:\n    metadata:\n      labels: {{app: web}}\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        ports:\n        - containerPort: 80\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: NodePort\n  selector: {{app: web}}\n  ports:\n  - port: 80\n    nodePort: 31000\n"
    )
}

/// Stores each object of a stream of manifests.
pub(crate) fn apply(cluster: &mut Cluster, text: &str) {
    for object in objects(text) {
        cluster.create(object, None, false).unwrap();
    }
}

/// A cluster with room for so many Pods: 110 a node, as the kubelet allows.
pub(crate) fn cluster_for(pods: usize) -> Cluster {
    Cluster::new(&Settings {
        nodes: u8::try_from(pods / 100 + 3).unwrap(),
        ..Settings::default()
    })
}

/// How many endpoints of the Service `web` are ready.
pub(crate) fn ready_endpoints(cluster: &Cluster) -> usize {
    let slices = cluster.tables().all(kind::ENDPOINT_SLICE);
    let label = "kubernetes.io/service-name";
    let of_web = slices.filter(|slice| slice.meta.labels.get(label).is_some_and(|s| s == "web"));
    let ready = |slice: &Object| {
        let endpoints = slice.slice().map(|s| s.endpoints().to_vec());
        let ready = endpoints.into_iter().flatten();
        ready.filter(|e| e.conditions.is_ready()).count()
    };
    of_web.map(|slice| ready(slice)).sum()
}

/// A cluster with a Deployment of so many Pods whose endpoints are all ready, and so many other Services.
pub(crate) fn converged(pods: usize, services: usize) -> Cluster {
    let mut cluster = cluster_for(pods);
    apply(&mut cluster, &stream(2 * services));
    apply(&mut cluster, &deployment(pods));
    cluster.settle(Span::secs(600));
    assert_eq!(ready_endpoints(&cluster), pods);
    cluster
}

/// Deletes one Pod and waits until another has taken its place.
pub(crate) fn replace_a_pod(cluster: &mut Cluster) {
    let pods = cluster.tables().all(kind::POD);
    let last = pods.filter(|p| p.meta.name.starts_with("web-")).last();
    let key: ObjectKey = last.unwrap().key();
    cluster.delete(&key, Some(0)).unwrap();
    cluster.settle(Span::secs(60));
}
