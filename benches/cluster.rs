//! What a cluster costs: manifests in, Deployments converging, one Pod's change in a large cluster.
//!
//! `cargo bench --no-default-features --bench cluster`; criterion prints a range for each figure.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first surprise"
)]

mod load;

use criterion::{BatchSize, BenchmarkId, Criterion};
use load::{
    apply, cluster_for, converged, deployment, objects, ready_endpoints, replace_a_pod, stream,
};
use portside::cluster::{Cluster, Settings};
use portside::kernel::Span;
use std::hint::black_box;

/// The native command's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
            let mut cluster = converged(10_000, services);
            b.iter(|| replace_a_pod(&mut cluster));
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
