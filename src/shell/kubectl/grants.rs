//! `kubectl create role`, `clusterrole` and their bindings.

use super::args::Args;
use super::create::{list, name, required};
use super::generate::{Made, map, match_labels, store};
use super::{fail, resource};
use crate::api::{KindRef, Map, Value, kind};
use crate::kernel::BTreeMap;
use crate::shell::context::{Context, Outcome};

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn role(context: &mut Context<'_>, args: &Args) -> Outcome {
    made(context, args, kind::ROLE)
}

pub(super) fn cluster_role(context: &mut Context<'_>, args: &Args) -> Outcome {
    made(context, args, kind::CLUSTER_ROLE)
}

pub(super) fn role_binding(context: &mut Context<'_>, args: &Args) -> Outcome {
    binding(context, args, kind::ROLE_BINDING)
}

pub(super) fn cluster_role_binding(context: &mut Context<'_>, args: &Args) -> Outcome {
    if args.get("clusterrole").is_none() {
        return required(context, "clusterrole");
    }
    binding(context, args, kind::CLUSTER_ROLE_BINDING)
}

/// The verbs of resources, and of paths.
const VERBS: &str = "* get delete list create update patch watch proxy deletecollection use bind escalate impersonate";
const PATH_VERBS: &str = "* get post put delete patch head options";

fn made(context: &mut Context<'_>, args: &Args, kind: KindRef) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    if let Some(rule) = args.get("aggregation-rule") {
        let others = ["verb", "resource", "resource-name", "non-resource-url"];
        if others.iter().any(|flag| args.get(flag).is_some()) {
            return fail(
                context,
                "aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames",
            );
        }
        let selectors = vec![match_labels(rule)];
        let rule = map([("clusterRoleSelectors", Value::List(selectors))]);
        let made = Made::new(kind, name)
            .field("aggregationRule", rule)
            .field("rules", Value::Null);
        return store(context, args, made, "");
    }
    if args.get("resource").is_some() {
        for verb in args.all("verb") {
            if !VERBS.split(' ').any(|known| known == verb) {
                let warning = format!("Warning: '{verb}' is not a standard resource verb");
                context.out.error(&warning);
            }
        }
    }
    match rules(args, kind) {
        Ok(rules) => {
            let made = Made::new(kind, name).field("rules", Value::List(rules));
            store(context, args, made, "")
        }
        Err(Wrong::Words(why)) => fail(context, &why),
        Err(Wrong::Kind(why)) => {
            context.out.error(&why);
            Outcome::Exit(1)
        }
    }
}

/// Why no rules can be made.
enum Wrong {
    /// Something is missing.
    Words(String),
    /// There is no such kind.
    Kind(String),
}

/// A rule for each API group that the resources are of, and one for paths.
fn rules(args: &Args, kind: KindRef) -> Result<Vec<Value>, Wrong> {
    let mut verbs = args.all("verb");
    if verbs.is_empty() {
        return Err(words("at least one verb must be specified"));
    }
    if verbs.iter().any(|verb| verb == "*") {
        verbs = vec!["*".to_owned()];
    }
    let (resources, urls) = (args.all("resource"), args.all("non-resource-url"));
    if resources.is_empty() && urls.is_empty() {
        return Err(words(if kind == kind::ROLE {
            "at least one resource must be specified"
        } else {
            "one of resource or nonResourceURL must be specified"
        }));
    }
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for word in &resources {
        let (name, sub) = match word.split_once('/') {
            Some((name, sub)) => (name, format!("/{sub}")),
            None => (word.as_str(), String::new()),
        };
        let (group, plural) = if name == "*" {
            ("", "*")
        } else {
            let found = resource::find(name).map_err(Wrong::Kind)?;
            (found.group, found.plural)
        };
        let of_group = groups.entry(group.to_owned()).or_default();
        of_group.push(format!("{plural}{sub}"));
    }
    if !urls.is_empty() {
        paths(&verbs, &urls)?;
    }
    let names = args.each("resource-name");
    let mut rules = Vec::new();
    for (group, resources) in groups {
        let mut rule = Map::from([
            ("apiGroups".to_owned(), list(&[group])),
            ("resources".to_owned(), list(&resources)),
            ("verbs".to_owned(), list(&verbs)),
        ]);
        if !names.is_empty() {
            rule.insert("resourceNames".to_owned(), list(&names));
        }
        rules.push(Value::Map(rule));
    }
    if !urls.is_empty() {
        rules.push(map([
            ("nonResourceURLs", list(&urls)),
            ("verbs", list(&verbs)),
        ]));
    }
    Ok(rules)
}

fn words(why: &str) -> Wrong {
    Wrong::Words(why.to_owned())
}

/// Looks at the paths of a rule and at what may be done there.
fn paths(verbs: &[String], urls: &[String]) -> Result<(), Wrong> {
    let strange = |verb: &&String| !PATH_VERBS.split(' ').any(|known| known == **verb);
    if let Some(verb) = verbs.iter().find(strange) {
        return Err(Wrong::Words(format!(
            "invalid verb: '{verb}' for nonResourceURL"
        )));
    }
    for url in urls.iter().filter(|url| *url != "*") {
        if !url.starts_with('/') {
            return Err(words("nonResourceURL should start with /"));
        }
        if url.trim_end_matches('*').contains('*') || url.ends_with("**") {
            return Err(words(
                "nonResourceURL only supports wildcard matches when '*' is at the end",
            ));
        }
    }
    Ok(())
}

fn binding(context: &mut Context<'_>, args: &Args, kind: KindRef) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    let role = match (args.get("clusterrole"), args.get("role")) {
        (Some(role), None) => ("ClusterRole", role),
        (None, Some(role)) => ("Role", role),
        _ => {
            return fail(
                context,
                "exactly one of clusterrole or role must be specified",
            );
        }
    };
    let mut subjects = Vec::new();
    for (flag, word) in [("user", "User"), ("group", "Group")] {
        for name in args.all(flag) {
            subjects.push(map([
                ("apiGroup", Value::from(GROUP)),
                ("kind", Value::from(word)),
                ("name", Value::Str(name)),
            ]));
        }
    }
    for account in args.all("serviceaccount") {
        let Some((namespace, name)) = account.split_once(':').filter(|(n, _)| !n.is_empty()) else {
            return fail(context, "serviceaccount must be <namespace>:<name>");
        };
        subjects.push(map([
            ("kind", Value::from("ServiceAccount")),
            ("name", Value::from(name)),
            ("namespace", Value::from(namespace)),
        ]));
    }
    let reference = map([
        ("apiGroup", Value::from(GROUP)),
        ("kind", Value::from(role.0)),
        ("name", Value::from(role.1)),
    ]);
    let mut made = Made::new(kind, name).field("roleRef", reference);
    if !subjects.is_empty() {
        made = made.field("subjects", Value::List(subjects));
    }
    store(context, args, made, kind.singular)
}
