//! The rules of Roles and `ClusterRoles`, taken apart and put together again as kubectl shows them.

use super::page::texts;
use crate::api::Value;
use crate::kernel::{Arrange, BTreeMap};

/// What a line of the table is about: group, resource, name.
type Subject = (String, String, Option<String>);

/// The table of a role's rules.
pub(super) fn rules(role: &Value) -> String {
    let mut out = "PolicyRule:\n  Resources\tNon-Resource URLs\tResource Names\tVerbs\n  ---------\t-----------------\t--------------\t-----\n".to_owned();
    let mut merged: BTreeMap<Subject, Vec<String>> = BTreeMap::new();
    let mut rows: Vec<(String, String)> = Vec::new();
    for rule in super::page::items(role, "rules") {
        let list = |key: &str| texts(rule, key);
        let verbs = list("verbs");
        for url in list("nonResourceURLs") {
            for verb in &verbs {
                let key = format!(
                    "[{verb}],APIGroups:[],Resources:[],ResourceNames:[],NonResourceURLs:[{url}]"
                );
                rows.push((key, format!("  \t[{url}]\t[]\t[{verb}]\n")));
            }
        }
        let names = list("resourceNames");
        let names: Vec<Option<String>> = match names.is_empty() {
            true => vec![None],
            false => names.into_iter().map(Some).collect(),
        };
        for group in list("apiGroups") {
            for resource in list("resources") {
                for name in &names {
                    let subject = (group.clone(), resource.clone(), name.clone());
                    merged
                        .entry(subject)
                        .or_default()
                        .extend(verbs.iter().cloned());
                }
            }
        }
    }
    for ((group, resource, name), verbs) in merged {
        let (verbs, name) = (verbs.join(" "), name.unwrap_or_default());
        let key = format!(
            "[{verbs}],APIGroups:[{group}],Resources:[{resource}],ResourceNames:[{name}],NonResourceURLs:[]"
        );
        let shown = with_group(&resource, &group);
        rows.push((key, format!("  {shown}\t[]\t[{name}]\t[{verbs}]\n")));
    }
    rows.arrange();
    rows.iter().for_each(|(_, row)| out.push_str(row));
    out
}

/// `deployments.apps/scale`.
fn with_group(resource: &str, group: &str) -> String {
    let (name, sub) = match resource.split_once('/') {
        Some((name, sub)) => (name, format!("/{sub}")),
        None => (resource, String::new()),
    };
    let dot = if group.is_empty() { "" } else { "." };
    format!("{name}{dot}{group}{sub}")
}
