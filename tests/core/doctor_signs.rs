//! Signs of another data path suspend what is said of kube-proxy's rules, in every input, and the doctor says so.

use super::doctor::{dumped, sheet, tried, world_of};
use portside::api::{ObjectKey, Value, kind};
use portside::cluster::{Cluster, Settings};
use portside::doctor::{Evidence, Finding, examine, of_everything};
use portside::manifest::{Document, Limits, read};

/// A sign, and whom it is of; the last one is a kind that only manifests and dumps can hold.
const SIGNS: &[(&str, &str)] = &[
    (
        "Cilium",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata: {kube-proxy-replacement: \"true\"}\n",
    ),
    (
        "Istio",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {istio-injection: enabled}}\n",
    ),
    (
        "Istio",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: meshed}\nspec: {containers: [{name: app, image: nginx}, {name: istio-proxy, image: nginx}]}\n",
    ),
    (
        "Linkerd",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {linkerd.io/inject: enabled}}\n",
    ),
    (
        "Calico",
        "apiVersion: crd.projectcalico.org/v1\nkind: FelixConfiguration\nmetadata: {name: default}\nspec: {bpfEnabled: true}\n",
    ),
];

/// Session affinity of a headless Service, traffic of the own node only: kube-proxy's matters.
const TOWN: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {nodeName: node-1, containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {internalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: peers}
spec: {clusterIP: None, sessionAffinity: ClientIP, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: box}
spec: {nodeName: node-2, containers: [{name: box, image: busybox, command: [sleep, infinity]}]}
---
";

/// Those that rest on the rules.
const CLAIMS: &[&str] = &["affinity-ignored", "internal-policy-local"];

fn claims(found: &[Finding]) -> Vec<&'static str> {
    let ids = found.iter().map(|f| f.row.id);
    ids.filter(|id| CLAIMS.contains(id)).collect()
}

fn check(input: &str, whose: Option<&str>, evidence: &Evidence<'_>, wanted: &[&str]) {
    let all = claims(&of_everything(evidence));
    match whose {
        None => assert_eq!(all, wanted, "{input}"),
        Some(name) => {
            assert!(all.is_empty(), "{input}, {name}: {all:?}");
            let why = evidence.suspended().expect("it says so");
            assert!(why.starts_with(name), "{input}: {why}");
            let service = ObjectKey::new(kind::SERVICE, "default", "peers");
            let examined = examine(evidence, &service, None, None);
            assert_eq!(examined.suspended, Some(why), "{input}");
        }
    }
}

#[test]
fn signs_of_another_data_path_suspend_claims_in_every_input() {
    let none = (None, "");
    let signs = SIGNS.iter().map(|(name, text)| (Some(*name), *text));
    for (whose, sign) in std::iter::once(none).chain(signs) {
        let text = format!("{TOWN}{sign}");
        let sheets = sheet(&text);
        let before = Evidence::of_manifests(&sheets, None);
        check("manifests", whose, &before, &["affinity-ignored"]);
        if whose == Some("Calico") {
            // The simulated cluster knows no such kind; a dump holds it.
            let world = world_of(TOWN);
            let mut documents: Vec<Value> = Vec::new();
            let tables = world.cluster.tables();
            for kind in kind::KINDS {
                documents.extend(tables.all(kind).map(|object| object.to_value()));
            }
            let more = read(sign, &Limits::FILE).documents;
            documents.extend(more.iter().map(Document::value));
            let dump = Cluster::from_dump(&Settings::default(), documents).unwrap();
            check(
                "dump",
                whose,
                &Evidence::of_cluster(&dump.cluster, &[]),
                &[],
            );
            continue;
        }
        let world = world_of(&text);
        let wanted = ["affinity-ignored", "internal-policy-local"];
        check(
            "cluster",
            whose,
            &Evidence::of_cluster(&world.cluster, &[]),
            &wanted,
        );
        let dump = dumped(&world);
        check("dump", whose, &Evidence::of_cluster(&dump, &[]), &wanted);
        let attempt = claims(&tried(&world, "pod/default/box web:80"));
        assert_eq!(
            attempt.is_empty(),
            whose.is_some(),
            "{whose:?}: {attempt:?}"
        );
    }
}
