//! A watch says after each change what a doctor who looks at everything says, and looks at little to say so.

use portside::api::{ObjectKey, kind};
use portside::cluster::{Cluster, Place, Settings};
use portside::doctor::{Evidence, Finding, Sheet, Watch, of_everything};
use portside::kernel::Span;
use portside::shell::{Files, HOME, Session, World};
use proptest::prelude::*;

const TOWN: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: nginx, ports: [{name: http, containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: wbe-slip}
spec: {selector: {app: wbe}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: nobody}
spec: {selector: {app: nobody, tier: back}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec:
  replicas: 1
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
      - name: front
        image: busybox
        command: [sleep, infinity]
        env: [{name: API_URL, value: 'http://web:80'}, {name: DB_HOST, value: webb}]
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: wbe.default.svc.cluster.local}
";

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: other}}}]}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: door}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {WEB_URL: 'http://wbe:8080'}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: dbb
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: redis}]}
";

/// What readers do.
const LINES: &[&str] = &[
    "kubectl scale deployment/web --replicas=0",
    "kubectl scale deployment/web --replicas=3",
    "kubectl scale deployment/front --replicas=2",
    "kubectl delete pod -l app=web",
    "kubectl delete pod -l app=front",
    "kubectl label pod -l app=web app=wbe --overwrite",
    "kubectl label pod -l app=front app=nobody tier=back --overwrite",
    "kubectl set selector service web app=wbe",
    "kubectl set selector service web app=web",
    "kubectl set selector service nobody app=nobody",
    "kubectl set image deployment/web web=nginxx:none",
    "kubectl set image deployment/web web=nginx:1.27",
    "kubectl set env deployment/front API_URL=http://wbe DB_HOST=10.244.1.9",
    "kubectl set env deployment/front API_URL=http://web:81 DB_HOST=web.prod",
    "kubectl delete service web",
    "kubectl delete service wbe-slip",
    "kubectl expose deployment web --name=wbe --port=80",
    "kubectl delete service wbe",
    "kubectl delete deployment web",
    "kubectl apply -f town.yaml",
    "kubectl apply -f policy.yaml",
    "kubectl delete -f policy.yaml",
    "kubectl create namespace prod",
    "kubectl -n prod create service clusterip web --tcp=80",
    "kubectl -n prod run web --image=nginx --labels=app=wbe",
    "kubectl delete namespace prod",
    "kubectl create service clusterip dbb --tcp=6379",
    "kubectl patch service web -p '{\"spec\":{\"internalTrafficPolicy\":\"Local\",\"sessionAffinity\":\"ClientIP\"}}'",
    "kubectl patch service web -p '{\"spec\":{\"type\":\"LoadBalancer\"}}'",
    "kubectl annotate node node-2 portside.dev/fault=silent",
    "kubectl annotate node node-2 portside.dev/fault-",
    "kubectl cordon node-3",
    "kubectl -n kube-system scale deployment coredns --replicas=0",
    "kubectl label namespace default istio-injection=enabled",
];

fn world() -> World {
    let mut world = World {
        cluster: Cluster::new(&Settings::default()),
        files: Files::default(),
    };
    world.files.put(HOME, "town.yaml", TOWN);
    world.files.put(HOME, "policy.yaml", POLICY);
    type_line(&mut world, "kubectl apply -f town.yaml", 120);
    world
}

fn type_line(world: &mut World, line: &str, seconds: u64) {
    let mut session = Session::new(world, Place::Laptop);
    session.type_line(world, line);
    world.cluster.advance(Span::secs(seconds));
}

fn sorted(found: &[Finding]) -> Vec<String> {
    let one = |f: &Finding| {
        let (at, fix) = (&f.blame, &f.remedy);
        format!(
            "{} {} {:?} {at:?} {fix:?}",
            f.row.id, f.sentence, f.severity
        )
    };
    let mut all: Vec<String> = found.iter().map(one).collect();
    all.sort();
    all
}

fn compare(watch: &mut Watch, world: &World, sheets: &[Sheet], done: &[&str]) {
    let evidence = watch.evidence(&world.cluster, sheets);
    let kept = sorted(&watch.of_everything(&evidence));
    let fresh = sorted(&of_everything(&Evidence::of_cluster(
        &world.cluster,
        sheets,
    )));
    let differ = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|line| !b.contains(line)).cloned().collect()
    };
    let (left, lost) = (differ(&kept, &fresh), differ(&fresh, &kept));
    assert!(
        kept == fresh,
        "after {done:#?}\nleft over: {left:#?}\nlost: {lost:#?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_watch_says_what_a_look_at_everything_says(
        steps in prop::collection::vec((prop::sample::select(LINES), prop::sample::select(&[1u64, 20, 60, 400])), 1..14)
    ) {
        let mut world = world();
        let sheets = [Sheet { file: "town.yaml".into(), text: TOWN.into() }];
        let mut watch = Watch::default();
        let mut done = Vec::new();
        compare(&mut watch, &world, &sheets, &done);
        for (line, seconds) in steps {
            type_line(&mut world, line, seconds);
            done.push(line);
            compare(&mut watch, &world, &sheets, &done);
        }
    }
}

#[test]
fn a_change_lets_a_watch_look_at_what_depends_on_it_only() {
    let mut world = world();
    let mut text = String::new();
    for i in 0..60 {
        let one = TOWN
            .replace("web", &format!("shop{i}"))
            .replace("front", &format!("front{i}"));
        let one = one
            .replace("nobody", &format!("nobody{i}"))
            .replace("alias", &format!("alias{i}"));
        let one = one.replace("wbe", &format!("shpo{i}"));
        text.push_str(&one);
        text.push_str("---\n");
    }
    world.files.put(HOME, "more.yaml", &text);
    type_line(&mut world, "kubectl apply -f more.yaml", 600);
    let mut watch = Watch::default();
    let looks = |watch: &mut Watch, world: &World| {
        let before = watch.looks();
        let evidence = watch.evidence(&world.cluster, &[]);
        watch.of_everything(&evidence);
        watch.looks() - before
    };
    let all = looks(&mut watch, &world);
    assert!(all > 300, "{all}");
    assert_eq!(looks(&mut watch, &world), 0, "nothing has changed");
    type_line(
        &mut world,
        "kubectl patch service shop7 -p '{\"spec\":{\"ports\":[{\"port\":80,\"targetPort\":81}]}}'",
        1,
    );
    let few = looks(&mut watch, &world);
    assert!((1..all / 10).contains(&few), "a Service: {few} of {all}");
    type_line(&mut world, "kubectl delete pod -l app=shop9", 60);
    let few = looks(&mut watch, &world);
    assert!(
        (1..all / 10).contains(&few),
        "Pods that are replaced: {few} of {all}"
    );
}

/// A Service, its program, who asks for it, and the policy that lets just that client in.
fn guarded(i: usize) -> String {
    let program = |name: &str, container: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: it, {container}}}]}}\n---\n"
        )
    };
    let (shop, front) = (format!("shop{i}"), format!("front{i}"));
    [
        program(&shop, "image: nginx"),
        program(&front, &format!("image: busybox, command: [sleep, infinity], env: [{{name: API_URL, value: 'http://{shop}:80'}}]")),
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {shop}}}\nspec: {{selector: {{app: {shop}}}, ports: [{{port: 80}}]}}\n---\n"),
        format!("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {shop}}}\nspec: {{podSelector: {{matchLabels: {{app: {shop}}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: {front}}}}}}}]}}]}}\n---\n"),
    ]
    .concat()
}

#[test]
fn with_a_policy_for_each_of_many_services_a_change_still_concerns_few() {
    let mut world = world();
    let text: String = (0..60).map(guarded).collect();
    world.files.put(HOME, "many.yaml", &text);
    type_line(&mut world, "kubectl delete -f town.yaml", 60);
    type_line(&mut world, "kubectl apply -f many.yaml", 600);
    let service = ObjectKey::new(kind::SERVICE, "default", "shop7");
    let mut watch = Watch::default();
    let looks = |watch: &mut Watch, world: &World| {
        let before = watch.looks();
        let evidence = watch.evidence(&world.cluster, &[]);
        let found = watch.examine(&evidence, &service, None, Some(80));
        assert!(
            found.is_well(),
            "{:?}",
            found.findings().collect::<Vec<_>>()
        );
        watch.looks() - before
    };
    let all = looks(&mut watch, &world);
    assert!(all > 100, "{all}");
    assert_eq!(looks(&mut watch, &world), 0, "nothing has changed");
    type_line(&mut world, "kubectl delete pod -l app=shop9", 60);
    let few = looks(&mut watch, &world);
    assert!(
        (1..10).contains(&few),
        "Pods that are replaced: {few} of {all}"
    );
}
