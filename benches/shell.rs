//! Speed of the terminal: what a reader waits for after Enter.
//!
//! Limits: the first output within 5 ms at 1,000 Pods, `kubectl get pods -A` of 10,000 Pods within 50 ms; what is kept of
//! the cluster before a typed line, so that Ctrl-C can come in the middle of it, within 1 ms at 1,000 Pods and 5 ms at 10,000.

use criterion::Criterion;
use portside::cluster::{Cluster, Place, Settings};
use portside::kernel::SimTime;
use portside::shell::{Files, Session, World};
use std::hint::black_box;

/// A cluster with so many Pods, restored as they stand: ten namespaces, a Service for each.
fn world(pods: usize) -> World {
    let mut cluster = Cluster::new(&Settings::default());
    cluster.run_until(SimTime(60_000_000), usize::MAX);
    let mut text = String::new();
    for namespace in 0..10 {
        text.push_str(&format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: ns-{namespace}}}\n---\n"
        ));
        text.push_str(&format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: ns-{namespace}}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}\n---\n"));
    }
    for pod in 0..pods {
        text.push_str(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web-{pod}, namespace: ns-{}, labels: {{app: web}}, uid: u-{pod}, creationTimestamp: '2026-01-05T09:00:00Z'}}\nspec: {{nodeName: node-2, containers: [{{name: web, image: nginx}}]}}\nstatus: {{phase: Running, podIP: 10.{}.{}.{}, conditions: [{{type: Ready, status: 'True'}}], containerStatuses: [{{name: web, ready: true, restartCount: 0, image: nginx, state: {{running: {{startedAt: '2026-01-05T09:00:01Z'}}}}}}]}}\n---\n",
            pod % 10, 100 + pod / 65_536, pod / 256 % 256, pod % 256
        ));
    }
    let mut world = World {
        cluster,
        files: Files::default(),
    };
    for document in portside::manifest::read(&text, &portside::manifest::Limits::FILE).documents {
        if let Some(object) = portside::api::Object::from_value(document.value()) {
            world.cluster.restore(object);
        }
    }
    world
}

fn measure(c: &mut Criterion) {
    let mut small = world(1_000);
    for line in [
        "kubectl get pods -n ns-3",
        "kubectl describe service web -n ns-3",
        "kubectl get pod web-3 -n ns-3 -o yaml",
        "kubectl get events -A",
        "echo hello | grep h",
    ] {
        let mut session = Session::new(&small, Place::Laptop);
        c.bench_function(&format!("1000 Pods: {line}"), |b| {
            b.iter(|| black_box(session.type_line(&mut small, line)));
        });
    }
    let session = Session::new(&small, Place::Laptop);
    c.bench_function("1000 Pods: Tab after kubectl get pods -n ns-3", |b| {
        let line = "kubectl get pods -n ns-3 web-";
        b.iter(|| black_box(session.complete(&small, line, line.len())));
    });
    c.bench_function("1000 Pods: kept before a line", |b| {
        b.iter(|| black_box(small.cluster.keep()));
    });
    let mut large = world(10_000);
    c.bench_function("10000 Pods: kept before a line", |b| {
        b.iter(|| black_box(large.cluster.keep()));
    });
    c.bench_function(
        "10000 Pods: a line that is kept, and a second of waiting",
        |b| {
            let mut session = Session::new(&large, Place::Laptop);
            session.keep_before();
            b.iter(|| black_box(session.type_text(&mut large, "sleep 1")));
        },
    );
    let mut session = Session::new(&large, Place::Laptop);
    c.bench_function("10000 Pods: kubectl get pods -A", |b| {
        b.iter(|| black_box(session.type_line(&mut large, "kubectl get pods -A")));
    });
}

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    measure(&mut criterion);
    criterion.final_summary();
}
