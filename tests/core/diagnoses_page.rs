//! docs/diagnoses.md is made from the table of diagnoses; `UPDATE=1` writes it anew.

use portside::doctor::{QUESTIONS, ROWS};
use portside::manifest::Severity;
use std::fmt::Write;
use std::fs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/diagnoses.md");

const HEAD: &str = "\
# Diagnoses

What `why`, `portside diagnose` and the page find when a Service does not answer, in the order of the questions of the
Kubernetes page [Debug Services](https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/).

A diagnosis is *proven* when what was given proves it, *likely* when what is known of an image or of the usual case speaks
for it. What the input cannot show (the listening process in a dump, connection tracking, the MTU, a firewall) is answered
with \u{2013} and the command that settles it on the real cluster. Signs of another data path, Cilium in the place of kube-proxy
or Istio's sidecars, suspend what is said of kube-proxy's rules.

## From a real cluster

This collects what the doctor needs, without Secrets, and changes nothing:

```sh
kubectl get all,endpointslices,endpoints,ingresses,networkpolicies,configmaps,nodes,namespaces,events -A -o yaml > dump.yaml
portside redact dump.yaml > masked.yaml
portside diagnose --restore masked.yaml
```

`portside redact` masks the values of variables and annotations, and the data of ConfigMaps; without them the doctor cannot
say which hosts your programs ask for.
";

#[test]
fn the_page_of_diagnoses_is_up_to_date() {
    let mut page = String::from(HEAD);
    for asked in QUESTIONS {
        writeln!(page, "\n## {}", asked.text).unwrap();
        for row in ROWS.iter().filter(|row| row.question == asked.question) {
            let severity = match row.severity {
                Severity::Error => "Error",
                Severity::Warning => "Warning",
            };
            let inputs: Vec<&str> = row.inputs.iter().map(|input| input.word()).collect();
            writeln!(
                page,
                "\n### {}\n\n**{}.** {}\n",
                row.id, row.title, row.about
            )
            .unwrap();
            writeln!(
                page,
                "{severity}; found in {}. It says: \u{201c}{}\u{201d}",
                inputs.join(", "),
                row.sentence
            )
            .unwrap();
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(FILE, &page).unwrap();
    }
    let written = fs::read_to_string(FILE).unwrap_or_default();
    assert_eq!(written, page, "UPDATE=1 writes docs/diagnoses.md anew");
}

#[test]
fn each_diagnosis_has_a_slug_of_its_own() {
    let mut ids: Vec<&str> = ROWS.iter().map(|row| row.id).collect();
    let all = ids.len();
    assert!(
        ids.iter()
            .all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
    );
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}
