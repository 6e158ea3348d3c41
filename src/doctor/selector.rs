//! Endpoints: does the selector match Pods, and if not, which ones did the reader mean?

use super::digest::Alike;
use super::evidence::{Evidence, Origin, Subject, edited, labels_text};
use super::finding::{Finding, by_number, count, listed};
use super::rows;
use super::workloads::{idle, templates, waiting};
use crate::api::service::ServiceType;
use crate::api::{Object, ObjectKey, StringMap, kind};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::manifest::{Severity, nearest};

/// What there is to say of the selector.
pub(super) fn check(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    if s.service.spec.service_type() == ServiceType::ExternalName {
        return;
    }
    let selector = &s.service.spec.selector;
    if selector.is_empty() {
        return without(e, s, out);
    }
    if let Some(finding) = versioned(e, s) {
        out.push(finding);
        return idle(e, s, out);
    }
    if !s.pods.is_empty() {
        return idle(e, s, out);
    }
    if waiting(e, s, out) {
        return;
    }
    let found = slip(e, s)
        .map(|finding| taken(e, s, finding))
        .or_else(|| of_workload(e, s))
        .or_else(|| extra(e, s))
        .or_else(|| elsewhere(e, s))
        .or_else(|| only(e, s));
    let finding = found.unwrap_or_else(|| nothing(e, s));
    out.push(finding);
}

/// A Service without selector: who keeps its endpoints?
fn without(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let (namespace, name) = (&*s.key.namespace, &*s.key.name);
    let by_hand = !e.tables.slices_of(namespace, name).is_empty()
        || e.tables.find(kind::ENDPOINTS, namespace, name).is_some();
    if by_hand {
        return slice_ports(e, s, out);
    }
    if *name == *"kubernetes" && *namespace == *"default" {
        return;
    }
    let mut finding = Finding::new(&rows::NO_SELECTOR, &s.key, &[("name", &s.name())]);
    if e.origin == Origin::Manifests {
        finding = finding.softened();
    }
    e.found(out, finding, &[(&s.key, "spec.selector")]);
}

/// Ports of slices made by hand are matched by name.
fn slice_ports(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let slices = e.tables.slices_of(&s.key.namespace, &s.key.name);
    let slices: Vec<_> = slices.into_iter().filter_map(|o| o.slice()).collect();
    if slices.is_empty() {
        return;
    }
    let ports = slices.iter().flat_map(|slice| slice.ports());
    let names: BTreeSet<&str> = ports
        .map(|port| port.name.as_deref().unwrap_or_default())
        .collect();
    for (index, port) in s.service.spec.ports.iter().enumerate() {
        if names.contains(port.name.as_str()) || names.is_empty() {
            continue;
        }
        let shown = |name: &str| match name {
            "" => "without a name".to_owned(),
            name => name.to_owned(),
        };
        let theirs: Vec<String> = names.iter().map(|name| shown(name)).collect();
        let facts = [
            ("port", &*shown(&port.name)),
            ("name", &s.name()),
            ("ports", &listed(&theirs)),
        ];
        let finding = Finding::new(&rows::SLICE_PORT, &s.key, &facts);
        let field = ["spec.ports[", &index.to_string(), "]"].concat();
        e.found(out, finding, &[(&s.key, &field)]);
    }
}

/// Labels that a controller gives each version of its Pods.
const VERSIONS: &[&str] = &["pod-template-hash", "controller-revision-hash"];

/// A selector that was copied from one version of the Pods, as `kubectl expose` of a Pod does.
fn versioned(e: &Evidence<'_>, s: &Subject<'_>) -> Option<Finding> {
    let selector = &s.service.spec.selector;
    let key = *VERSIONS.iter().find(|key| selector.contains_key(**key))?;
    let mut rest = selector.clone();
    let value = rest.remove(key)?;
    let others = e.living(&s.key.namespace, &rest);
    let number = count(e.weigh(&others), "Pod");
    let what = match (s.pods.len(), others.is_empty()) {
        (0, true) if !e.shows_state() => return None,
        (0, true) => "no Pod has it".to_owned(),
        (0, false) => ["no Pod has it; without it ", &number, " would match"].concat(),
        _ => "after the next roll-out no Pod has it".to_owned(),
    };
    let label = [key, "=", &value].concat();
    let facts = [("name", &*s.name()), ("label", &label), ("what", &what)];
    let field = ["spec.selector.", key].concat();
    let edit = e.sheets.remove(&s.key, &field);
    let title = ["Remove ", key, " from the selector"].concat();
    let edits = edit.into_iter().collect();
    let remedy = edited(&title, edits, set_all(e, s, &rest));
    let finding = Finding::new(&rows::SELECTOR_VERSION, &s.key, &facts);
    let mut finding = finding.with((!rest.is_empty()).then_some(remedy));
    finding.blame.push(e.blame(&s.key, &field));
    Some(if s.pods.is_empty() && e.shows_state() {
        finding
    } else {
        finding.softened()
    })
}

/// One value, or one key, of the selector is nearly what Pods bear that have all the rest.
fn slip(e: &Evidence<'_>, s: &Subject<'_>) -> Option<Finding> {
    let selector = &s.service.spec.selector;
    let all = e.crowd(&s.key.namespace);
    for (key, value) in selector.iter() {
        let rest = |pod: &Object| {
            let mut others = selector.iter().filter(|(other, _)| *other != key);
            others.all(|(k, v)| pod.meta.labels.get(k) == Some(v))
        };
        let mut values: BTreeMap<&str, usize> = BTreeMap::new();
        let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
        for Alike { pod, number } in all.iter().filter(|alike| rest(&alike.pod)) {
            let weight = *number;
            if let Some(theirs) = pod.meta.labels.get(key) {
                *values.entry(theirs).or_default() += weight;
            }
            let same = pod.meta.labels.iter().filter(|(_, v)| *v == value);
            for (theirs, _) in same {
                *keys.entry(theirs).or_default() += weight;
            }
        }
        let field = ["spec.selector.", key].concat();
        let label = [key.as_str(), "=", value].concat();
        let by_value = values.iter().filter(|(theirs, _)| **theirs != *value);
        if let Some(near) = alike(value, by_value.map(|(theirs, _)| *theirs)) {
            let number = values.get(near).copied().unwrap_or_default();
            let theirs = [key.as_str(), "=", near].concat();
            let remedy = e.replace(&s.key, &field, &quoted(near), set(e, s, key, near, key));
            return Some(near_finding(e, s, &label, number, &theirs, &field).with(Some(remedy)));
        }
        let candidates = keys.keys().copied();
        if let Some(near) = alike_key(key, candidates) {
            let number = keys.get(near).copied().unwrap_or_default();
            let theirs = [near, "=", value].concat();
            let edit = e.sheets.rename(&s.key, &field, near);
            let command = set(e, s, near, value, key);
            let title = ["Change to ", near].concat();
            let remedy = edited(&title, edit.into_iter().collect(), command);
            return Some(near_finding(e, s, &label, number, &theirs, &field).with(Some(remedy)));
        }
    }
    None
}

/// A slip is less sure if another Service is for the Pods that it leads to, and the right ones may come from elsewhere.
fn taken(e: &Evidence<'_>, s: &Subject<'_>, finding: Finding) -> Finding {
    let own = s
        .service
        .spec
        .selector
        .values()
        .any(|value| *value == *s.key.name);
    let text = finding.sentence.clone();
    let mut services = e.tables.in_namespace(kind::SERVICE, &s.key.namespace);
    let others = services.any(|object| {
        let selector = object.service().map(|s| &s.spec.selector);
        let mut labels = selector.into_iter().flat_map(|map| map.iter());
        object.meta.name != *s.key.name
            && labels.any(|(key, value)| text.contains(&[" ", key, "=", value, ":"].concat()))
    });
    if e.origin == Origin::Manifests && own && others {
        let mut finding = finding.likely().softened();
        finding.remedy = None;
        return finding;
    }
    finding
}

/// There is but one workload, and its label's value is part of the selector's, or the other way round.
fn only(e: &Evidence<'_>, s: &Subject<'_>) -> Option<Finding> {
    let mut labels = s.service.spec.selector.iter();
    let (key, value) = labels
        .next()
        .filter(|_| s.service.spec.selector.len() == 1)?;
    let all = e.crowd(&s.key.namespace);
    let values: BTreeSet<&str> = all
        .iter()
        .map(|alike| &alike.pod.meta.labels)
        .map(|labels| labels.get(key).map_or("", String::as_str))
        .collect();
    let mut values = values.into_iter();
    let near = values.next().filter(|near| !near.is_empty())?;
    if values.next().is_some() || !(near.starts_with(value.as_str()) || value.starts_with(near)) {
        return None;
    }
    let field = ["spec.selector.", key].concat();
    let (ours, theirs) = ([key, "=", value].concat(), [key, "=", near].concat());
    let number = all.iter().map(|alike| alike.number).sum();
    let finding = near_finding(e, s, &ours, number, &theirs, &field).likely();
    if e.origin == Origin::Manifests {
        return Some(finding.softened());
    }
    let command = set(e, s, key, near, key);
    let remedy = e.replace(&s.key, &field, &quoted(near), command);
    Some(finding.with(Some(remedy)))
}

fn near_finding(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    label: &str,
    number: usize,
    theirs: &str,
    field: &str,
) -> Finding {
    let facts = [
        ("label", label),
        ("count", &*count(number, "Pod")),
        ("have", by_number(number, "has", "have")),
        ("near", theirs),
    ];
    let mut finding = Finding::new(&rows::SELECTOR_SLIP, &s.key, &facts);
    finding.blame.push(e.blame(&s.key, field));
    finding
}

/// A value that differs by a slip, by case or by its marks.
pub(super) fn alike<'c>(
    value: &str,
    all: impl Iterator<Item = &'c str> + Clone,
) -> Option<&'c str> {
    fn plain(text: &str) -> impl Iterator<Item = char> {
        let marks = |c: &char| !matches!(c, '-' | '_' | '.');
        text.chars().filter(marks).flat_map(char::to_lowercase)
    }
    let mut same = all.clone().filter(|other| plain(other).eq(plain(value)));
    // Values that only differ by a number are other instances, not slips.
    let stem = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    same.next().or_else(|| {
        let word = value.get(..stem(value)).unwrap_or_default();
        let near = nearest(value, all)?;
        (near.get(..stem(near)) != Some(word)).then_some(near)
    })
}

/// A key that differs by a slip, or by its prefix.
pub(super) fn alike_key<'c>(
    key: &str,
    all: impl Iterator<Item = &'c str> + Clone,
) -> Option<&'c str> {
    let usual = ["app", "app.kubernetes.io/name", "k8s-app", "run", "name"];
    let mut all_keys = all.clone();
    nearest(key, all.clone())
        .or_else(|| all_keys.find(|other| last_part(other) == last_part(key)))
        .or_else(|| {
            let mut usual_keys = all.filter(|other| usual.contains(other));
            usual_keys.next().filter(|_| usual.contains(&key))
        })
}

fn last_part(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// The command that sets a Service's selector with one label changed.
fn set(e: &Evidence<'_>, s: &Subject<'_>, key: &str, value: &str, old: &str) -> String {
    let mut wanted: StringMap = s.service.spec.selector.clone();
    wanted.remove(old);
    wanted.insert(key.to_owned(), value.to_owned());
    set_all(e, s, &wanted)
}

fn set_all(_: &Evidence<'_>, s: &Subject<'_>, wanted: &StringMap) -> String {
    let namespace = match &*s.key.namespace {
        "default" => String::new(),
        other => ["-n ", other, " "].concat(),
    };
    [
        "kubectl ",
        &namespace,
        "set selector service ",
        &s.key.name,
        " '",
        &labels_text(wanted),
        "'",
    ]
    .concat()
}

/// A label's value as YAML text: in quotes if it would be read as something else.
pub(super) fn quoted(value: &str) -> String {
    let text = value
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic())
        && !matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
        );
    if text {
        value.to_owned()
    } else {
        ["\"", value, "\""].concat()
    }
}

/// The selector is a workload's name, or its own labels, and the Pods have others.
fn of_workload(e: &Evidence<'_>, s: &Subject<'_>) -> Option<Finding> {
    let selector = &s.service.spec.selector;
    for (object, labels, wanted) in templates(e, &s.key.namespace) {
        let own = crate::api::matches_all(selector, &object.meta.labels);
        let name = &object.meta.name;
        let named = selector.len() == 1 && selector.values().all(|value| value == name);
        if !(own || named) || labels.is_empty() {
            continue;
        }
        let owner = object.key();
        let mut theirs = labels.clone();
        theirs.retain(|key, _| key != "pod-template-hash");
        let what = if own { "a label" } else { "the name" };
        let facts = [
            ("selector", &*labels_text(selector)),
            ("what", what),
            ("owner", &owner.to_string()),
            ("labels", &labels_text(&theirs)),
            ("pods", &count(wanted, "Pod")),
        ];
        let mut finding = Finding::new(&rows::SELECTOR_OWNER, &s.key, &facts);
        finding.blame.push(e.blame(&s.key, "spec.selector"));
        finding
            .blame
            .push(e.blame(&owner, "spec.template.metadata.labels"));
        // The one right way is clear when both have one label.
        let mut ours = selector.keys();
        if let (Some(key), None, Some((near, value)), true) =
            (ours.next(), ours.next(), first_of(&theirs), wanted > 0)
        {
            let field = ["spec.selector.", key].concat();
            let mut edits: Vec<_> = Vec::new();
            if near != key {
                edits.extend(e.sheets.rename(&s.key, &field, near));
            }
            edits.extend(e.sheets.replace(&s.key, &field, &quoted(value)));
            let title = ["Select ", near, "=", value].concat();
            let command = set(e, s, near, value, key);
            finding.remedy = Some(edited(&title, edits, command));
        }
        return Some(finding);
    }
    None
}

fn first_of(labels: &StringMap) -> Option<(&String, &String)> {
    let usual = labels
        .iter()
        .find(|(key, _)| matches!(key.as_str(), "app" | "app.kubernetes.io/name" | "name"));
    usual.or_else(|| labels.iter().next())
}

/// Without one key Pods would match.
fn extra(e: &Evidence<'_>, s: &Subject<'_>) -> Option<Finding> {
    let selector = &s.service.spec.selector;
    if selector.len() < 2 {
        return None;
    }
    for (key, value) in selector.iter() {
        let mut rest = selector.clone();
        rest.remove(key);
        let others = e.living(&s.key.namespace, &rest);
        if others.is_empty() {
            continue;
        }
        let theirs: BTreeSet<String> = others
            .iter()
            .filter_map(|pod| pod.meta.labels.get(key))
            .map(|value| [key.as_str(), "=", value].concat())
            .collect();
        let theirs: Vec<String> = theirs.into_iter().collect();
        let values = match theirs.len() {
            0 => String::new(),
            1..=3 => [", which have ", &listed(&theirs)].concat(),
            _ => String::new(),
        };
        let number = e.weigh(&others);
        let facts = [
            ("label", &*[key.as_str(), "=", value].concat()),
            ("count", &count(number, "Pod")),
            ("values", &values),
        ];
        let field = ["spec.selector.", key].concat();
        let edit = e.sheets.remove(&s.key, &field);
        let title = ["Remove ", key, " from the selector"].concat();
        let remedy = edited(&title, edit.into_iter().collect(), set_all(e, s, &rest));
        let mut finding = Finding::new(&rows::SELECTOR_KEY, &s.key, &facts).with(Some(remedy));
        let makers: BTreeSet<ObjectKey> = others.iter().map(|pod| e.maker(pod).0).collect();
        let identity = matches!(
            last_part(key),
            "app" | "name" | "component" | "k8s-app" | "run"
        ) && (s.key.name.contains(value.as_str()) || value.contains(&*s.key.name));
        let later =
            given_later(value) && !others.iter().any(|pod| pod.meta.labels.contains_key(key));
        if e.origin == Origin::Manifests && (makers.len() > 1 || identity || later) {
            // The Pods that are meant may be made by a file that is not here, or be given the label while they run.
            finding = finding.likely().softened();
            finding.remedy = None;
        }
        finding.blame.push(e.blame(&s.key, &field));
        return Some(finding);
    }
    None
}

/// Whether a label's value is one that running Pods are given: by who leads them, for what they are, or by their number.
fn given_later(value: &str) -> bool {
    let roles = [
        "master",
        "primary",
        "leader",
        "active",
        "writer",
        "replica",
        "secondary",
        "standby",
        "slave",
        "follower",
        "passive",
        "reader",
        "true",
        "false",
    ];
    roles.contains(&value) || value.bytes().all(|b| b.is_ascii_digit())
}

/// Pods of another namespace match.
fn elsewhere(e: &Evidence<'_>, s: &Subject<'_>) -> Option<Finding> {
    let selector = &s.service.spec.selector;
    let mut by_namespace: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in e.tables.all(kind::POD) {
        if *pod.meta.namespace != *s.key.namespace
            && !pod.meta.is_terminating()
            && crate::api::matches_all(selector, &pod.meta.labels)
        {
            *by_namespace.entry(&pod.meta.namespace).or_default() += e.weight(pod);
        }
    }
    let mut found = by_namespace.iter();
    let (other, number) = found.next()?;
    let facts = [
        ("namespace", &*s.key.namespace),
        ("selector", &*labels_text(selector)),
        ("count", &*count(*number, "Pod")),
        ("other", other),
    ];
    let mut finding = Finding::new(&rows::SELECTOR_NAMESPACE, &s.key, &facts);
    finding.blame.push(e.blame(&s.key, "metadata.namespace"));
    finding.blame.push(e.blame(&s.key, "spec.selector"));
    let had = e.sheets.has(&s.key, "metadata.namespace");
    let edit = if had {
        e.sheets.replace(&s.key, "metadata.namespace", other)
    } else {
        let entry = ("metadata", "name");
        e.sheets.add(&s.key, entry, ("namespace", other))
    };
    let title = ["Move the Service to ", other].concat();
    if let (Some(edit), None) = (edit, found.next()) {
        finding.remedy = Some(edited(&title, vec![edit], String::new()));
    }
    Some(finding)
}

/// Nothing is near.
fn nothing(e: &Evidence<'_>, s: &Subject<'_>) -> Finding {
    let selector = &s.service.spec.selector;
    let mut known: BTreeSet<String> = BTreeSet::new();
    for Alike { pod, .. } in e.crowd(&s.key.namespace).iter() {
        for (key, value) in pod.meta.labels.iter() {
            if selector.contains_key(key) {
                known.insert([key.as_str(), "=", value].concat());
            }
        }
    }
    let all: Vec<String> = known.into_iter().collect();
    let known = match all.len() {
        0 => String::new(),
        1..=4 => ["; Pods there have ", &listed(&all)].concat(),
        n => {
            let few = all.get(..4).unwrap_or_default().join(", ");
            [
                "; Pods there have ",
                &few,
                " and ",
                &(n - 4).to_string(),
                " more",
            ]
            .concat()
        }
    };
    let facts = [("selector", &*labels_text(selector)), ("known", &known)];
    let mut finding = Finding::new(&rows::SELECTOR_NONE, &s.key, &facts);
    if e.origin == Origin::Manifests {
        finding.severity = Severity::Warning;
    }
    finding.blame.push(e.blame(&s.key, "spec.selector"));
    finding
}
