//! What the chart's layout costs, from a view to every point of the drawing.
//!
//! `cargo bench --no-default-features --bench layout`; criterion prints a range for each figure. The goal is less than 50 ms
//! for 5,000 nodes.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first surprise"
)]

use criterion::Criterion;
use portside::api::{Object, kind};
use portside::chart::{Shape, Wish, scene};
use portside::cluster::{Cluster, ClusterView, Settings};
use portside::kernel::Span;
use portside::manifest::{Limits, read};
use std::hint::black_box;

/// Deployments of 50 Pods behind a Service each, in ten namespaces.
fn view(pods: usize) -> ClusterView {
    let mut cluster = Cluster::new(&Settings {
        nodes: u8::try_from(pods / 100 + 3).unwrap(),
        ..Settings::default()
    });
    for i in 0..pods / 50 {
        let namespace = format!("team-{}", i % 10);
        let text = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web-{i}, namespace: {namespace}}}\nspec:\n  replicas: 50\n  selector: {{matchLabels: {{app: web-{i}}}}}\n  template:\n    metadata: {{labels: {{app: web-{i}}}}}\n    spec: {{containers: [{{name: main, image: nginx}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: web-{i}, namespace: {namespace}}}\nspec: {{selector: {{app: web-{i}}}, ports: [{{port: 80}}]}}\n"
        );
        for document in read(&text, &Limits::FILE).documents {
            let object = Object::from_value(document.value()).unwrap();
            // A namespace is there after the first Deployment in it.
            let _ = cluster.create(object, None, false);
        }
    }
    cluster.settle(Span::secs(600));
    assert!(cluster.tables().count(kind::POD) >= pods);
    cluster.view()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for pods in [100, 1_000, 5_000, 10_000] {
        let view = view(pods);
        for (name, shape) in [("layout/wide", Shape::Wide), ("layout/tall", Shape::Tall)] {
            let wish = Wish {
                shape,
                ..Wish::default()
            };
            criterion.bench_function(&format!("{name}/{pods}"), |b| {
                b.iter(|| black_box(scene(&view, &wish)).drawn);
            });
        }
    }
    criterion.final_summary();
}
