//! What a cluster costs: manifests in, Deployments converging, one Pod's change in a large cluster.
//!
//! `cargo bench --no-default-features --bench cluster`; criterion prints a range for each figure.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first surprise"
)]

use criterion::{BatchSize, BenchmarkId, Criterion};
use portside::api::{Object, ObjectKey, kind};
use portside::cluster::{Cluster, Settings};
use portside::kernel::Span;
use portside::manifest::{Limits, read};
use std::fmt::Write as _;
use std::hint::black_box;

/// So many small objects as one stream: Services and `ConfigMaps` by turns.
fn stream(count: usize) -> String {
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

fn objects(text: &str) -> Vec<Object> {
    let read = read(text, &Limits::FILE);
    let whole = |document: &portside::manifest::Document| Object::from_value(document.value());
    read.documents.iter().filter_map(whole).collect()
}

/// A Deployment of so many nginx Pods behind a Service, as a learner writes it.
fn deployment(replicas: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: {replicas}\n  selector:\n    matchLabels: {{app: web}}\n  template:\n    metadata:\n      labels: {{app: web}}\n    spec:\n      containers:\n      - name: nginx\n        image: nginx\n        ports:\n        - containerPort: 80\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {{app: web}}\n  ports:\n  - port: 80\n"
    )
}

fn apply(cluster: &mut Cluster, text: &str) {
    for object in objects(text) {
        cluster.create(object, None, false).unwrap();
    }
}

/// A cluster with room for so many Pods: 110 a node, as the kubelet allows.
fn cluster_for(pods: usize) -> Cluster {
    Cluster::new(&Settings {
        nodes: u8::try_from(pods / 100 + 3).unwrap(),
        ..Settings::default()
    })
}

fn ready_endpoints(cluster: &Cluster) -> usize {
    let slices = cluster.tables().all(kind::ENDPOINT_SLICE);
    let of_web = slices.filter(|slice| slice.meta.name.starts_with("web-"));
    let ready = |slice: &Object| {
        let endpoints = slice.slice().map(|s| s.endpoints().to_vec());
        let ready = endpoints.into_iter().flatten();
        ready.filter(|e| e.conditions.is_ready()).count()
    };
    of_web.map(|slice| ready(slice)).sum()
}

fn manifests(c: &mut Criterion) {
    let text = stream(1_000);
    c.bench_function("parse/1000_objects", |b| {
        b.iter(|| black_box(objects(&text)).len());
    });
    c.bench_function("parse_and_apply/1000_objects", |b| {
        let fresh = || Cluster::new(&Settings::default());
        b.iter_batched_ref(fresh, |c| apply(c, &text), BatchSize::PerIteration);
    });
}

fn converge(c: &mut Criterion) {
    let mut group = c.benchmark_group("converge");
    group.sample_size(10);
    for replicas in [10, 100, 1_000, 10_000] {
        let text = deployment(replicas);
        let id = BenchmarkId::from_parameter(replicas);
        group.bench_function(id, |b| {
            b.iter_batched_ref(
                || cluster_for(replicas),
                |cluster| {
                    apply(cluster, &text);
                    cluster.settle(Span::secs(600));
                    assert_eq!(ready_endpoints(cluster), replicas);
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Ten thousand Pods; one of them is deleted and replaced, while so many other Services stand by.
fn one_change(c: &mut Criterion) {
    let mut group = c.benchmark_group("one_pod_of_10000_changes");
    group.sample_size(10);
    for services in [1, 1_000] {
        group.bench_function(format!("behind_{services}_services"), |b| {
            // Built only if it is asked for.
            let mut cluster = cluster_for(10_000);
            apply(&mut cluster, &stream(2 * services));
            apply(&mut cluster, &deployment(10_000));
            cluster.settle(Span::secs(600));
            assert_eq!(ready_endpoints(&cluster), 10_000);
            b.iter(|| {
                let pods = cluster.tables().all(kind::POD);
                let name = pods.filter(|p| p.meta.name.starts_with("web-")).last();
                let key: ObjectKey = name.unwrap().key();
                cluster.delete(&key, Some(0)).unwrap();
                cluster.settle(Span::secs(60));
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    manifests(&mut criterion);
    converge(&mut criterion);
    one_change(&mut criterion);
    criterion.final_summary();
}
