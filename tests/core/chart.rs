//! The chart's layout against `tests/scenarios/chart.golden`; `UPDATE=1` rewrites it.

use portside::api::Object;
use portside::chart::{Filter, Scene, Shape, Wish, scene};
use portside::cluster::{Cluster, Settings};
use portside::kernel::Span;
use portside::manifest::{Limits, read};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn cluster(text: &str) -> Cluster {
    let mut cluster = Cluster::new(&Settings::default());
    for document in read(text, &Limits::FILE).documents {
        let mut object = Object::from_value(document.value()).expect("an object");
        if object.kind.namespaced && object.meta.namespace.is_empty() {
            object.meta.namespace = "default".to_owned();
        }
        cluster.create(object, None, false).expect("it is stored");
    }
    cluster.settle(Span::secs(120));
    cluster
}

fn deployment(name: &str, namespace: &str, replicas: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: main, image: nginx}}]}}\n---\n"
    )
}

fn service(name: &str, namespace: &str, app: &str, more: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: {app}}}}}\nspec:\n  selector: {{app: {app}}}\n  ports: [{{name: http, port: 80}}]\n{more}---\n"
    )
}

/// Two Services that share Pods, one apart, a client, a second namespace.
fn harbour() -> String {
    let client = "apiVersion: v1\nkind: Pod\nmetadata: {name: toolbox}\nspec: {containers: [{name: main, image: busybox, command: [sleep, infinity]}]}\n---\n";
    [
        client.to_owned(),
        deployment("cache", "default", 2),
        deployment("web", "default", 3),
        service("cache", "default", "cache", ""),
        service("web", "default", "web", ""),
        service("web-all", "default", "web", "  clusterIP: None\n"),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n".to_owned(),
        deployment("till", "shop", 2),
        service("till", "shop", "till", "  type: NodePort\n"),
    ]
    .concat()
}

fn wish(shape: Shape, filter: &str) -> Wish {
    Wish {
        shape,
        filter: Filter::parse(filter).expect("a filter"),
        ..Wish::default()
    }
}

#[test]
fn layouts_are_as_recorded() {
    let view = cluster(&harbour()).view();
    let many =
        cluster(&(deployment("web", "default", 180) + &service("web", "default", "web", "")))
            .view();
    let empty = Cluster::new(&Settings::default()).view();
    let mut folded = wish(Shape::Wide, "");
    folded.toggled.insert("namespace//shop".to_owned());
    folded.toggled.insert("deployment/default/web".to_owned());
    let cases = [
        ("nothing yet", scene(&empty, &wish(Shape::Wide, ""))),
        ("wide", scene(&view, &wish(Shape::Wide, ""))),
        ("embed", scene(&view, &wish(Shape::Compact, ""))),
        ("tall", scene(&view, &wish(Shape::Tall, ""))),
        (
            "filtered by label",
            scene(&view, &wish(Shape::Wide, "app=web")),
        ),
        (
            "filtered by namespace",
            scene(&view, &wish(Shape::Wide, "-n shop")),
        ),
        ("folded", scene(&view, &folded)),
        ("grouped", scene(&many, &wish(Shape::Wide, ""))),
    ];
    let mut text = String::new();
    for (name, scene) in &cases {
        write!(text, "--- {name}\n{}", scene.to_text()).expect("text");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/chart.golden");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).expect("written");
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    for (number, (kept, now)) in kept.lines().zip(text.lines()).enumerate() {
        assert_eq!(
            kept,
            now,
            "line {}; UPDATE=1 rewrites the golden",
            number + 1
        );
    }
    assert_eq!(kept.lines().count(), text.lines().count());
}

fn crosses(a: [(i32, i32); 2], b: [(i32, i32); 2]) -> bool {
    let side = |p: (i32, i32), q: (i32, i32), r: (i32, i32)| {
        i64::from(q.0 - p.0) * i64::from(r.1 - p.1) - i64::from(q.1 - p.1) * i64::from(r.0 - p.0)
    };
    let (c, d) = (side(a[0], a[1], b[0]), side(a[0], a[1], b[1]));
    let (e, f) = (side(b[0], b[1], a[0]), side(b[0], b[1], a[1]));
    c.signum() * d.signum() < 0 && e.signum() * f.signum() < 0
}

/// The segments of all mooring lines, with the Service that each belongs to.
fn segments(scene: &Scene) -> Vec<(String, [(i32, i32); 2])> {
    let edges = scene.bands().flat_map(|band| &band.edges);
    edges
        .flat_map(|e| {
            e.points
                .windows(2)
                .map(|w| (e.service.clone(), [w[0], w[1]]))
        })
        .collect()
}

#[test]
fn lines_of_services_without_a_common_pod_do_not_cross() {
    let text = deployment("a", "default", 4)
        + &deployment("b", "default", 4)
        + &service("one", "default", "b", "")
        + &service("two", "default", "a", "");
    let view = cluster(&text).view();
    for shape in [Shape::Wide, Shape::Tall] {
        let scene = scene(&view, &wish(shape, ""));
        let lines = segments(&scene);
        for (own, a) in &lines {
            for (other, b) in lines.iter().filter(|(other, _)| other != own) {
                assert!(!crosses(*a, *b), "{own} {a:?} crosses {other} {b:?}");
            }
        }
    }
}

#[test]
fn no_line_passes_through_a_hull() {
    let view = cluster(&harbour()).view();
    for shape in [Shape::Wide, Shape::Tall] {
        let scene = scene(&view, &wish(shape, ""));
        let pods: Vec<_> = scene
            .bands()
            .flat_map(|b| &b.piers)
            .flat_map(|p| &p.pods)
            .collect();
        for (service, line) in segments(&scene) {
            for pod in &pods {
                let (x, y) = pod.at;
                let hull = [
                    [(x - 11, y - 8), (x + 11, y + 8)],
                    [(x - 11, y + 8), (x + 11, y - 8)],
                ];
                assert!(
                    !hull.iter().any(|diagonal| crosses(line, *diagonal)),
                    "{shape:?} {service} {line:?} {}",
                    pod.name
                );
            }
        }
    }
}

#[test]
fn islands_do_not_overlap_and_stand_in_alphabetical_order() {
    let view = cluster(&harbour()).view();
    for shape in [Shape::Wide, Shape::Compact, Shape::Tall] {
        let scene = scene(&view, &wish(shape, ""));
        for (i, a) in scene.islands.iter().enumerate() {
            for b in &scene.islands[i + 1..] {
                let apart = a.y + a.height <= b.y
                    || b.y + b.height <= a.y
                    || a.x + a.width <= b.x
                    || b.x + b.width <= a.x;
                assert!(apart, "{shape:?} {} {}", a.name, b.name);
            }
        }
        let names: Vec<&str> = scene.islands.iter().map(|i| i.name.as_str()).collect();
        assert_eq!(names, ["kube-system", "default", "shop"]);
    }
}

#[test]
fn ten_thousand_pods_are_drawn_as_a_few_and_none_that_is_not_ready_is_lost() {
    let mut text = String::new();
    for i in 0..40 {
        text += &deployment(&format!("web-{i:02}"), "default", 30);
        text += &service(
            &format!("web-{i:02}"),
            "default",
            &format!("web-{i:02}"),
            "",
        );
    }
    let view = cluster(&text).view();
    let scene = scene(&view, &wish(Shape::Wide, ""));
    assert!(scene.total > 1_200, "{}", scene.total);
    assert!(scene.drawn <= 500, "{}", scene.drawn);
    let unready = |scene: &Scene| -> usize {
        let piers = || scene.bands().flat_map(|b| &b.piers);
        let drawn = piers()
            .flat_map(|p| &p.pods)
            .filter(|p| p.state == portside::chart::PodState::Unready)
            .count();
        drawn
            + piers()
                .filter_map(|p| p.more.as_ref())
                .map(|m| m.unready)
                .sum::<usize>()
    };
    let pods = view.tables.all(portside::api::kind::POD);
    let really = pods
        .filter(|o| o.pod().is_some_and(|p| !p.is_ready()))
        .count();
    assert_eq!(unready(&scene), really);
}
