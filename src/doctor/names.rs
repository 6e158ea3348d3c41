//! Names that Pods are told to ask for: hosts in variables and arguments, backends and governing Services.

use super::evidence::{Evidence, Origin, edited, ports_text};
use super::finding::Finding;
use super::rows;
use crate::api::pod::Container;
use crate::api::service::{Service, ServiceType};
use crate::api::{Object, ObjectKey, Value, kind};
use crate::kernel::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

/// A host that some text names, and who says so where.
pub(super) struct Mention {
    pub(super) host: String,
    pub(super) port: Option<i64>,
    /// Whether the text can be nothing but a name of this cluster.
    pub(super) sure: bool,
    /// The namespace from which it is asked.
    pub(super) namespace: String,
}

/// The objects that may name hosts: one Pod of each workload, configuration, what leads to Services.
pub(super) fn speakers<'e>(e: &'e Evidence<'_>) -> Vec<&'e Rc<Object>> {
    let mut makers: BTreeSet<ObjectKey> = BTreeSet::new();
    // Pods of one make stand beside each other.
    let mut last = None;
    let pods = e.tables.all(kind::POD).filter(|pod| {
        let spec = pod.pod().map(|pod| pod.spec.make());
        let make = Some((spec, pod.meta.controller().map(|owner| &owner.uid)));
        std::mem::replace(&mut last, make) != make
    });
    let mut found: Vec<_> = pods.filter(|pod| makers.insert(e.maker(pod).0)).collect();
    for kind in [kind::CONFIG_MAP, kind::INGRESS, kind::STATEFUL_SET] {
        found.extend(e.tables.all(kind));
    }
    found
}

/// Who makes an object that names hosts; itself if nobody does.
pub(super) fn maker(e: &Evidence<'_>, object: &Object) -> ObjectKey {
    match object.kind == kind::POD {
        true => e.maker(object).0,
        false => object.key(),
    }
}

/// The first of the Pods that a workload makes, or the Pod itself.
pub(super) fn first_pod(e: &Evidence<'_>, maker: &ObjectKey) -> Option<ObjectKey> {
    let Some(object) = e.tables.get(maker) else {
        // Its Pods outlive it for a moment.
        let mut pods = e.tables.in_namespace(kind::POD, &maker.namespace);
        let pod = pods.find(|pod| e.maker(pod).0 == *maker);
        return pod.map(|pod| pod.key());
    };
    if object.kind == kind::POD {
        return Some(maker.clone());
    }
    let below = e.tables.owned_keys(&object.meta.uid);
    let own = below.clone().find(|key| key.kind == kind::POD).cloned();
    let further = below
        .filter(|key| key.kind != kind::POD)
        .filter_map(|key| first_pod(e, key));
    own.into_iter().chain(further).min()
}

/// Whether some text of an object in which hosts may stand is such.
pub(super) fn says(object: &Object, is: &dyn Fn(&str) -> bool) -> bool {
    if let Some(pod) = object.pod() {
        let mut all = pod.spec.containers.iter().chain(&pod.spec.init_containers);
        return all.any(|c| {
            let words = c.command.iter().chain(&c.args);
            let mut texts = words.chain(c.env.iter().map(|v| &v.value));
            texts.any(|text| is(text))
        });
    }
    let fields = object.fields();
    if object.kind == kind::CONFIG_MAP {
        let data = fields.get("data").and_then(Value::as_map);
        let mut texts = data.into_iter().flatten();
        return texts.any(|(_, text)| text.as_str().is_some_and(is));
    }
    fields.get("spec").is_some_and(|spec| is(&spec.to_json()))
}

/// Whether a text may mean a Service: by its name, or by the variables that Pods get for it.
pub(super) fn names_service(text: &str, name: &str) -> bool {
    text.contains(name)
        || text.contains("_SERVICE_HOST")
            && text.contains(&name.to_ascii_uppercase().replace('-', "_"))
}

/// What there is to say of one object's names.
pub(super) fn of_object(e: &Evidence<'_>, object: &Rc<Object>, out: &mut Vec<Finding>) {
    if object.kind == kind::INGRESS {
        return super::routes::ingress(e, object, out);
    }
    if object.kind == kind::STATEFUL_SET {
        return super::routes::governing(e, object, out);
    }
    if object.kind == kind::CONFIG_MAP {
        return config_map(e, object, out);
    }
    let Some(pod) = object.pod() else { return };
    let (owner, prefix) = e.maker(object);
    let lists = [
        ("spec.containers", &pod.spec.containers),
        ("spec.initContainers", &pod.spec.init_containers),
    ];
    for (list, containers) in lists {
        for (index, container) in containers.iter().enumerate() {
            let base = [prefix, list, "[", &index.to_string(), "]."].concat();
            of_container(e, (object, &owner), container, &base, out);
        }
    }
}

fn of_container(
    e: &Evidence<'_>,
    (object, owner): (&Rc<Object>, &ObjectKey),
    container: &Container,
    base: &str,
    out: &mut Vec<Finding>,
) {
    let namespace = &object.meta.namespace;
    let place = ["container ", &container.name, " of ", &owner.to_string()].concat();
    for (index, variable) in container.env.iter().enumerate() {
        let field = [base, "env[", &index.to_string(), "].value"].concat();
        let named = is_host_variable(&variable.name);
        for mention in mentions(&variable.value, namespace, named) {
            judge(e, owner, &place, &mention, &field, &variable.value, out);
            super::clients::check(e, (object, owner), &mention, &field, out);
        }
        old_variable(e, (object, owner), &variable.value, &field, out);
    }
    for (list, words) in [("command", &container.command), ("args", &container.args)] {
        for (index, word) in words.iter().enumerate() {
            let field = [base, list, "[", &index.to_string(), "]"].concat();
            let value = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with('-') => value,
                _ => word,
            };
            for mention in mentions(value, namespace, false) {
                judge(e, owner, &place, &mention, &field, word, out);
                super::clients::check(e, (object, owner), &mention, &field, out);
            }
            old_variable(e, (object, owner), word, &field, out);
        }
    }
}

fn config_map(e: &Evidence<'_>, object: &Rc<Object>, out: &mut Vec<Finding>) {
    let namespace = &object.meta.namespace;
    if namespace.starts_with("kube-") {
        return;
    }
    let key = object.key();
    let fields = object.fields();
    let data = fields.get("data").and_then(Value::as_map);
    for (name, value) in data.into_iter().flatten() {
        let Some(text) = value.as_str() else { continue };
        // A whole file says too much that is no host; a value of one line is one.
        let single = !text.trim_end().contains('\n');
        let field = ["data.", name].concat();
        let place = key.to_string();
        for mention in mentions(text, namespace, single && is_host_variable(name)) {
            if single || mention.sure {
                judge(e, &key, &place, &mention, &field, text, out);
            }
        }
    }
}

/// Whether a variable's name says that its value is a host.
fn is_host_variable(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    [
        "HOST", "_ADDR", "ADDRESS", "_URL", "_URI", "ENDPOINT", "SERVER", "UPSTREAM",
    ]
    .iter()
    .any(|end| name.ends_with(end))
}

/// The hosts that a text names: whole names of the cluster, hosts of URLs, `host:port`, and a bare word where the place
/// says that it is a host.
pub(super) fn mentions(text: &str, namespace: &str, is_host: bool) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    let blanks = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '(' | ')');
    let words: Vec<&str> = text.split(blanks).filter(|word| !word.is_empty()).collect();
    let alone = words.len() == 1;
    for word in words {
        let (scheme, rest) = match word.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, word),
        };
        if scheme.is_some_and(|s| s.contains('=') || s.contains('$')) && !alone {
            continue;
        }
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let rest = rest.rsplit('@').next().unwrap_or_default();
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => match port.parse::<i64>() {
                Ok(port) if (1..=65_535).contains(&port) => (host, Some(port)),
                Ok(_) | Err(_) => continue,
            },
            None => (rest, None),
        };
        let plain = host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        if host.is_empty() || !plain || host.starts_with(['-', '.', '_']) {
            continue;
        }
        let inside = host.ends_with(".svc") || host.contains(".svc.");
        let local = matches!(
            host,
            "localhost" | "host.docker.internal" | "0.0.0.0" | "127.0.0.1"
        );
        let named = is_host && alone && !host.contains('.') && scheme.is_none();
        let shaped = scheme.is_some() || (alone && port.is_some()) || named;
        if local || !(inside || shaped) {
            continue;
        }
        let letters =
            host.chars().any(|c| c.is_ascii_alphabetic()) || host.parse::<IpAddr>().is_ok();
        if !letters {
            continue;
        }
        let port = port.or(match scheme {
            Some("http" | "ws") => Some(80),
            Some("https" | "wss") => Some(443),
            _ => None,
        });
        found.push(Mention {
            host: host.to_owned(),
            port,
            sure: inside,
            namespace: namespace.to_owned(),
        });
    }
    found
}

/// The Service that a host means, as `(name, namespace)`; none for a name of the world outside.
pub(super) fn meant(e: &Evidence<'_>, mention: &Mention) -> Option<(String, String)> {
    let host = mention.host.trim_end_matches('.');
    let domain = [".svc.", &e.network.domain].concat();
    let inner = host
        .strip_suffix(&domain)
        .or_else(|| host.strip_suffix(".svc"));
    let parts: Vec<&str> = inner.unwrap_or(host).split('.').collect();
    let own = mention.namespace.clone();
    match (inner.is_some(), parts.as_slice()) {
        (true, [.., name, namespace]) => Some(((*name).to_owned(), (*namespace).to_owned())),
        (_, [name]) => Some(((*name).to_owned(), own)),
        (false, [name, namespace])
            if e.tables.has_namespace(namespace) || e.service_names(namespace).next().is_some() =>
        {
            Some(((*name).to_owned(), (*namespace).to_owned()))
        }
        (_, _) => None,
    }
}

fn judge(
    e: &Evidence<'_>,
    owner: &ObjectKey,
    place: &str,
    mention: &Mention,
    field: &str,
    text: &str,
    out: &mut Vec<Finding>,
) {
    if let Ok(address) = mention.host.parse::<IpAddr>() {
        return written_address(e, owner, place, address, field, out);
    }
    let before = out.len();
    host(e, owner, place, mention, out);
    let Some(finding) = out.get_mut(before) else {
        return;
    };
    finding.blame.push(e.blame(owner, field));
    // The remedy of the sentence is a host: put it into the text.
    if let Some(remedy) = &mut finding.remedy {
        let right = std::mem::take(&mut remedy.command);
        let whole = text.replacen(&mention.host, &right, 1);
        let edit = whole.bytes().all(|b| b != b'\n').then(|| {
            e.sheets
                .replace(owner, field, &["\"", &whole, "\""].concat())
        });
        remedy.edits.extend(edit.flatten());
        if remedy.edits.is_empty() {
            finding.remedy = None;
        }
    }
}

/// What there is to say of a host; the remedy's command is the right host.
pub(super) fn host(
    e: &Evidence<'_>,
    owner: &ObjectKey,
    place: &str,
    mention: &Mention,
    out: &mut Vec<Finding>,
) {
    let Some((name, namespace)) = meant(e, mention) else {
        return;
    };
    let half = mention.host.ends_with(".svc") && mention.host.matches('.').count() == 1;
    if half {
        return missing(e, owner, place, mention, (&name, &namespace), out);
    }
    // A Pod of a StatefulSet is named in front of its Service: only the Service is looked for.
    if let Some(service) = e.service(&namespace, &name) {
        return port(e, owner, place, mention, (&name, service), out);
    }
    if e.has_service(&namespace, &name) || host_alias(e, owner, &name) {
        return;
    }
    missing(e, owner, place, mention, (&name, &namespace), out);
}

/// No such Service: what was meant?
fn missing(
    e: &Evidence<'_>,
    owner: &ObjectKey,
    place: &str,
    mention: &Mention,
    (name, namespace): (&str, &str),
    out: &mut Vec<Finding>,
) {
    let domain = &e.network.domain;
    let facts = |near: &str, other: &str, right: &str| {
        let all = [
            ("place", place),
            ("host", &mention.host),
            ("name", name),
            ("namespace", namespace),
            ("near", near),
            ("other", other),
            ("right", right),
        ];
        all.map(|(key, text)| (key, text.to_owned()))
    };
    let make = |row, facts: [(&'static str, String); 7], right: Option<String>| {
        let facts = facts.each_ref().map(|(key, text)| (*key, text.as_str()));
        let remedy = right.map(|right| {
            let title = ["Change to ", &right].concat();
            edited(&title, Vec::new(), right)
        });
        Finding::new(row, owner, &facts).with(remedy)
    };
    if mention.host.contains('_') {
        let plain = name.replace('_', "-");
        let there = e.has_service(namespace, &plain);
        let near = there.then(|| ["; write ", &plain].concat());
        let near = near.unwrap_or_default();
        let right = there.then(|| mention.host.replacen(name, &plain, 1));
        let finding = make(&rows::HOST_UNDERSCORE, facts(&near, "", ""), right);
        out.push(if there { finding } else { finding.softened() });
        return;
    }
    if mention.host.ends_with(".svc") && mention.host.matches('.').count() == 1 {
        let parts = [&namespace_less(&mention.host), ".", &mention.namespace];
        let right = [&parts.concat(), ".svc.", domain].concat();
        let finding = make(
            &rows::HOST_SHORT,
            facts("", "", &right),
            Some(right.clone()),
        );
        out.push(finding);
        return;
    }
    // A bare word may be anything; only what a Service of the cluster must be is worth a word.
    let told = mention.sure || mention.port.is_some() || e.origin != Origin::Manifests;
    let others = elsewhere(e, name);
    if let Some((near, sure)) = slip(e, name, namespace)
        && (sure || told && others.is_empty())
    {
        let right = sure.then(|| mention.host.replacen(name, &near, 1));
        let near = e.with_pods(namespace, &near);
        let finding = make(&rows::HOST_SLIP, facts(&near, "", ""), right);
        out.push(if sure {
            finding
        } else {
            finding.likely().softened()
        });
        return;
    }
    if let Some(other) = others.first() {
        let right = match mention.sure {
            true => [name, ".", other, ".svc.", domain].concat(),
            false => [name, ".", other].concat(),
        };
        let fix = (others.len() == 1).then(|| right.clone());
        let told = e.with_pods(other, name).replacen(name, other, 1);
        let finding = make(&rows::HOST_NAMESPACE, facts("", &told, &right), fix);
        out.push(
            if !e.shows_state() && unknown_place(e, mention, namespace) {
                // The manifests may be meant for that namespace, and do not say so.
                Finding {
                    remedy: None,
                    ..finding.likely().softened()
                }
            } else {
                finding
            },
        );
        return;
    }
    if told {
        out.push(make(&rows::HOST_UNKNOWN, facts("", "", ""), None));
    }
}

/// The Service that a name with a slip means, and whether that is sure: short words are near many others, so which one
/// is meant is the reader's to say.
fn slip(e: &Evidence<'_>, name: &str, namespace: &str) -> Option<(String, bool)> {
    let names: Vec<&str> = e.service_names(namespace).collect();
    let near = super::selector::alike(name, names.iter().copied())?;
    Some((near.to_owned(), name.len() > 3 || e.shows_state()))
}

/// Whether a namespace is named of which nothing is known.
fn unknown_place(e: &Evidence<'_>, mention: &Mention, namespace: &str) -> bool {
    namespace != mention.namespace
        && !e.tables.has_namespace(namespace)
        && e.service_names(namespace).next().is_none()
}

/// The namespaces that have a Service of this name.
fn elsewhere<'e>(e: &'e Evidence<'_>, name: &str) -> Vec<&'e str> {
    let all = e.tables.all(kind::SERVICE);
    let named = all.filter(|service| service.meta.name == name);
    named
        .map(|service| service.meta.namespace.as_str())
        .collect()
}

fn namespace_less(host: &str) -> String {
    host.split('.').next().unwrap_or_default().to_owned()
}

/// Whether the object's own `/etc/hosts` has the name.
fn host_alias(e: &Evidence<'_>, owner: &ObjectKey, name: &str) -> bool {
    let Some(object) = e.tables.get(owner) else {
        return false;
    };
    let json = object.to_value().to_json();
    json.contains("\"hostAliases\"") && json.contains(&["\"", name, "\""].concat())
}

/// The Service is there: is the port one of its own?
fn port(
    e: &Evidence<'_>,
    owner: &ObjectKey,
    place: &str,
    mention: &Mention,
    (name, service): (&str, &Service),
    out: &mut Vec<Finding>,
) {
    let Some(wanted) = mention.port else { return };
    let spec = &service.spec;
    let alias = spec.service_type() == ServiceType::ExternalName;
    if alias || spec.ports.is_empty() || spec.ports.iter().any(|p| p.port == wanted) {
        return;
    }
    // Nothing maps the ports of a headless Service: its Pods' own are right.
    let targets = spec.ports.iter().map(|p| p.target());
    if spec.is_headless()
        && targets
            .into_iter()
            .any(|t| t == wanted.to_string() || t.parse::<i64>().is_err())
    {
        return;
    }
    let facts = [
        ("place", place),
        ("host", &mention.host),
        ("port", &wanted.to_string()),
        ("name", name),
        ("ports", &ports_text(service)),
    ];
    let finding = Finding::new(&rows::HOST_PORT, owner, &facts);
    let right = match spec.ports.as_slice() {
        [only] => Some([&mention.host, ":", &only.port.to_string()].concat()),
        _ => None,
    };
    let _ = (e, right);
    out.push(finding);
}

/// An address where a name should stand.
fn written_address(
    e: &Evidence<'_>,
    owner: &ObjectKey,
    place: &str,
    address: IpAddr,
    field: &str,
    out: &mut Vec<Finding>,
) {
    let pods = e
        .network
        .pod_cidrs
        .iter()
        .any(|cidr| cidr.contains(address));
    let services = e
        .network
        .service_cidrs
        .iter()
        .any(|cidr| cidr.contains(address));
    let text = address.to_string();
    let held = |object: &&Rc<Object>| object.pod().is_some_and(|pod| pod.status.pod_ip == text);
    let what = if pods {
        let host = e.tables.all(kind::POD).find(held);
        match host {
            Some(pod) => ["the address of Pod ", &pod.meta.name].concat(),
            None if e.shows_state() => "which no Pod has".to_owned(),
            None => "an address of the Pods' subnet".to_owned(),
        }
    } else if services && e.shows_state() {
        let mut all = e.tables.all(kind::SERVICE).filter_map(|o| o.service());
        if all.any(|s| s.spec.addresses().contains(&address)) {
            return;
        }
        "which no Service has".to_owned()
    } else {
        return;
    };
    let facts = [("place", place), ("address", &text), ("what", &what)];
    let finding = Finding::new(&rows::POD_ADDRESS, owner, &facts);
    e.found(out, finding, &[(owner, field)]);
}

/// `$(REDIS_SERVICE_HOST)` in a Pod that is older than the Service.
fn old_variable(
    e: &Evidence<'_>,
    (object, owner): (&Rc<Object>, &ObjectKey),
    text: &str,
    field: &str,
    out: &mut Vec<Finding>,
) {
    if !e.shows_state() {
        return;
    }
    let Some((before, _)) = text.split_once("_SERVICE_HOST") else {
        return;
    };
    let start = before
        .rfind(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .map_or(0, |at| at + 1);
    let stem = before.get(start..).unwrap_or_default();
    let name = stem.to_ascii_lowercase().replace('_', "-");
    let namespace = &object.meta.namespace;
    let Some(service) = e.tables.find(kind::SERVICE, namespace, &name) else {
        return;
    };
    let born = crate::kernel::unix(&service.meta.creation_timestamp);
    let began = object
        .pod()
        .and_then(|pod| crate::kernel::unix(&pod.status.start_time));
    if born.zip(began).is_some_and(|(born, began)| began < born) {
        let variable = [stem, "_SERVICE_HOST"].concat();
        let facts = [
            ("pod", &*["Pod ", &object.meta.name].concat()),
            ("variable", &variable),
            ("name", &name),
        ];
        let finding = Finding::new(&rows::ENV_BEFORE, owner, &facts);
        e.found(out, finding, &[(owner, field)]);
    }
}
