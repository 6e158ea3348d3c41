//! What the doctor costs: all diagnoses of a large cluster, and those that depend on one change.
//!
//! `cargo bench --no-default-features --bench doctor`; criterion prints a range for each figure.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first surprise"
)]
#![expect(
    clippy::disallowed_types,
    reason = "a benchmark runs natively and measures real time"
)]

use criterion::Criterion;
use portside::api::{Object, ObjectKey, Value, kind};
use portside::cluster::{Cluster, Settings};
use portside::doctor::{Evidence, Sheet, Watch, of_everything};
use portside::kernel::Span;
use portside::manifest::{Limits, read};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A thousand Services before ten Pods each, whose programs ask for each other; every twentieth has a slip in its
/// selector.
fn town() -> String {
    let mut text = String::new();
    for i in 0..1_000 {
        let app = if i % 20 == 0 { "wbe" } else { "web" };
        let peer = (i + 1) % 1_000;
        write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web-{i}, namespace: default}}\nspec:\n  replicas: 10\n  selector:\n    matchLabels: {{app: web-{i}x}}\n  template:\n    metadata:\n      labels: {{app: web-{i}x}}\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        env:\n        - {{name: PEER_URL, value: 'http://web-{peer}'}}\n        ports:\n        - containerPort: 80\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: web-{i}, namespace: default}}\nspec:\n  selector: {{app: {app}-{i}x}}\n  ports:\n  - port: 80\n"
        )
        .unwrap();
    }
    text
}

fn create_all(cluster: &mut Cluster, text: &str) {
    for document in read(text, &Limits::FILE).documents {
        let object = Object::from_value(document.value()).unwrap();
        cluster.create(object, None, false).unwrap();
    }
}

fn settled(text: &str) -> Cluster {
    let mut cluster = Cluster::new(&Settings {
        nodes: 103,
        ..Settings::default()
    });
    create_all(&mut cluster, text);
    cluster.settle(Span::secs(3_600));
    assert!(cluster.tables().count(kind::POD) >= 10_000);
    cluster
}

/// A policy for each Service of the town, which lets everybody in.
fn policies() -> String {
    let one = |i| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: web-{i}, namespace: default}}\nspec: {{podSelector: {{matchLabels: {{app: web-{i}x}}}}, ingress: [{{from: [{{podSelector: {{}}}}]}}]}}\n"
        )
    };
    (0..1_000).map(one).collect()
}

/// Deletes a Pod behind one Service and waits for the one that replaces it.
fn replace_a_pod(cluster: &mut Cluster) {
    let mut pods = cluster.tables().all(kind::POD);
    let pod = pods.find(|pod| pod.meta.name.starts_with("web-501-"));
    let key = pod.unwrap().key();
    drop(pods);
    cluster.delete(&key, Some(0)).unwrap();
    cluster.settle(Span::secs(60));
}

/// How long it takes to say again all that is wrong, after a change.
fn after_each(
    cluster: &mut Cluster,
    watch: &mut Watch,
    rounds: u64,
    mut change: impl FnMut(&mut Cluster),
) -> Duration {
    let mut spent = Duration::ZERO;
    for _ in 0..rounds {
        change(cluster);
        let looks = watch.looks();
        let began = Instant::now();
        let evidence = watch.evidence(cluster, &[]);
        black_box(watch.of_everything(&evidence)).len();
        spent += began.elapsed();
        let looks = watch.looks() - looks;
        assert!((1..100).contains(&looks), "looked at {looks}");
    }
    spent
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("doctor");
    group.sample_size(20);
    let text = town();
    let mut cluster = settled(&text);
    group.bench_function("all/1000_services_10000_pods", |b| {
        b.iter(|| {
            let found = of_everything(&Evidence::of_cluster(&cluster, &[]));
            assert_eq!(black_box(found).len(), 50);
        });
    });
    let mut watch = Watch::default();
    let evidence = watch.evidence(&cluster, &[]);
    watch.of_everything(&evidence);
    drop(evidence);
    let service = ObjectKey::new(kind::SERVICE, "default", "web-501");
    // Counted over all samples: a change must differ from the one before.
    let mut turn: i64 = 0;
    group.bench_function("again/one_service", |b| {
        b.iter_custom(|rounds| {
            after_each(&mut cluster, &mut watch, rounds, |cluster| {
                turn += 1;
                let mut object = (**cluster.tables().get(&service).unwrap()).clone();
                let port = Value::Int(8_000 + turn % 7);
                object.service_mut().unwrap().spec.ports[0].target_port = port;
                cluster.update(object, None, false).unwrap();
            })
        });
    });
    group.bench_function("again/one_pod", |b| {
        b.iter_custom(|rounds| after_each(&mut cluster, &mut watch, rounds, replace_a_pod));
    });
    // Where the texts are at hand too, as on the page.
    let sheets = [Sheet {
        file: "town.yaml".into(),
        text: text.into(),
    }];
    group.bench_function("one_service_of_a_page", |b| {
        b.iter(|| {
            let evidence = watch.evidence(&cluster, &sheets);
            black_box(watch.examine(&evidence, &service, None, None)).is_well()
        });
    });
    // With a policy for each Service whose clients it names.
    create_all(&mut cluster, &policies());
    group.bench_function("one_service_of_a_page/1000_policies_after_one_pod", |b| {
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                replace_a_pod(&mut cluster);
                let began = Instant::now();
                let evidence = watch.evidence(&cluster, &sheets);
                black_box(watch.examine(&evidence, &service, None, None)).is_well();
                spent += began.elapsed();
            }
            spent
        });
    });
    group.finish();
    criterion.final_summary();
}
