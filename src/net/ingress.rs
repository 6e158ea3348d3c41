//! Ingress: which Service a request goes to, by its host and path, as ingress-nginx decides.
//!
//! Models <https://kubernetes.io/docs/concepts/services-networking/ingress/> and the servers and locations that
//! ingress-nginx writes into nginx's configuration: the exact host before the wildcard, the exact path before the longest
//! prefix, and 404 for what nothing matches.

use crate::api::{Object, ObjectKey, Value, kind};
use crate::store::Tables;
use std::rc::Rc;

/// The controller that Portside simulates.
const CONTROLLER: &str = "k8s.io/ingress-nginx";
const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";
const OLD_CLASS: &str = "kubernetes.io/ingress.class";
const REWRITE: &str = "nginx.ingress.kubernetes.io/rewrite-target";
const NO_REDIRECT: &str = "nginx.ingress.kubernetes.io/ssl-redirect";

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routed {
    /// To a Service.
    Backend(Backend),
    /// The host has TLS: the client is sent to https.
    ToHttps(ObjectKey),
    /// Nowhere: why not.
    Nowhere(String),
}

/// The Service that a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The Ingress.
    pub ingress: ObjectKey,
    /// The field that says so.
    pub field: String,
    /// The Service.
    pub service: ObjectKey,
    /// Its port, by name or number.
    pub port: String,
    /// The path that replaces the client's.
    pub rewrite: Option<String>,
    /// The rule in words.
    pub rule: String,
}

/// A rule's claim on a request: better claims are greater.
type Rank = (u8, u8, usize);

/// Routes a request.
pub fn route(tables: &Tables, host: &str, path: &str) -> Routed {
    let mut best: Option<(Rank, Backend)> = None;
    let mut fallback: Option<Backend> = None;
    let mut known_host = false;
    let mut seen = 0;
    for object in tables.all(kind::INGRESS).filter(|o| is_ours(tables, o)) {
        seen += 1;
        let fields = object.fields();
        let Some(spec) = fields.get("spec") else {
            continue;
        };
        if has_tls(spec, host) && redirects(object) {
            return Routed::ToHttps(object.key());
        }
        let rules = spec
            .get("rules")
            .and_then(Value::as_list)
            .unwrap_or_default();
        let mut concerns = rules.is_empty();
        for (i, rule) in rules.iter().enumerate() {
            let wanted = rule.get("host").and_then(Value::as_str).unwrap_or_default();
            let Some(host_rank) = host_rank(wanted, host) else {
                continue;
            };
            concerns = true;
            known_host |= host_rank > 0;
            let paths = rule.at(&["http", "paths"]).and_then(Value::as_list);
            for (j, entry) in paths.unwrap_or_default().iter().enumerate() {
                let field = format!("spec.rules[{i}].http.paths[{j}]");
                let Some((path_rank, length)) = path_rank(entry, path) else {
                    continue;
                };
                let rank = (host_rank, path_rank, length);
                if best.as_ref().is_none_or(|(old, _)| rank > *old)
                    && let Some(backend) = backend(object, entry.get("backend"), field)
                {
                    let of = entry.get("path").and_then(Value::as_str).unwrap_or("/");
                    let at = if wanted.is_empty() {
                        "any host"
                    } else {
                        wanted
                    };
                    let rule = format!("{at}, path {of}");
                    best = Some((rank, Backend { rule, ..backend }));
                }
            }
        }
        if concerns && fallback.is_none() {
            let field = "spec.defaultBackend".to_owned();
            let found = backend(object, spec.get("defaultBackend"), field);
            fallback = found.map(|backend| Backend {
                rule: "what no rule matches".to_owned(),
                ..backend
            });
        }
    }
    match (best, fallback) {
        (Some((_, backend)), _) | (None, Some(backend)) => Routed::Backend(backend),
        (None, None) => Routed::Nowhere(why_nowhere(tables, seen, known_host, host, path)),
    }
}

fn why_nowhere(tables: &Tables, seen: usize, known: bool, host: &str, path: &str) -> String {
    let all = tables.count(kind::INGRESS);
    if seen == 0 && all > 0 {
        return format!(
            "none of the {all} Ingresses is of a class that ingress-nginx serves (ingressClassName)"
        );
    }
    match (seen, known) {
        (0, _) => "there is no Ingress".to_owned(),
        (_, true) => format!("no path of the Ingresses for {host} matches {path}"),
        (_, false) => format!("no Ingress has a rule for the host {host}"),
    }
}

/// Whether an Ingress is of a class that the controller serves.
fn is_ours(tables: &Tables, object: &Object) -> bool {
    let fields = object.fields();
    let named = fields
        .get("spec")
        .and_then(|spec| spec.get("ingressClassName"));
    let named = named.and_then(Value::as_str).map(str::to_owned);
    let old = object.meta.annotations.get(OLD_CLASS).cloned();
    match named.or(old) {
        Some(name) => match tables.find(kind::INGRESS_CLASS, "", &name) {
            Some(class) => is_controllers(class),
            None => name == "nginx",
        },
        None => {
            let mut classes = tables.all(kind::INGRESS_CLASS);
            classes.any(|class| {
                let is_default = class.meta.annotations.get(DEFAULT_CLASS);
                is_default.is_some_and(|value| value == "true") && is_controllers(class)
            })
        }
    }
}

/// Whether the controller runs on the control plane's node, as minikube installs it: it comes with its class.
pub(super) fn is_installed(tables: &Tables) -> bool {
    tables.all(kind::INGRESS_CLASS).any(is_controllers)
}

fn is_controllers(class: &Rc<Object>) -> bool {
    let fields = class.fields();
    let name = fields.get("spec").and_then(|spec| spec.get("controller"));
    name.and_then(Value::as_str) == Some(CONTROLLER)
}

fn has_tls(spec: &Value, host: &str) -> bool {
    let tls = spec.get("tls").and_then(Value::as_list).unwrap_or_default();
    let hosts = tls.iter().filter_map(|entry| entry.get("hosts")?.as_list());
    let mut names = hosts.flatten().filter_map(Value::as_str);
    names.any(|name| host_rank(name, host).is_some_and(|rank| rank > 0))
}

fn redirects(object: &Object) -> bool {
    object
        .meta
        .annotations
        .get(NO_REDIRECT)
        .is_none_or(|value| value != "false")
}

/// How well a rule's host fits: exactly, by its wildcard of one label, or because it names none.
fn host_rank(wanted: &str, host: &str) -> Option<u8> {
    if wanted.is_empty() {
        return Some(0);
    }
    if wanted.eq_ignore_ascii_case(host) {
        return Some(2);
    }
    let (_, rest) = host.split_once('.')?;
    let under = wanted.strip_prefix("*.")?;
    under.eq_ignore_ascii_case(rest).then_some(1)
}

/// How well a path fits: exactly, or as a prefix, the longer the better.
fn path_rank(entry: &Value, path: &str) -> Option<(u8, usize)> {
    let wanted = entry.get("path").and_then(Value::as_str).unwrap_or("/");
    let length = wanted.trim_end_matches('/').len();
    match entry.get("pathType").and_then(Value::as_str) {
        Some("Exact") => (wanted == path).then_some((2, length)),
        Some("Prefix") => {
            let bare = wanted.trim_end_matches('/');
            let rest = path.strip_prefix(bare)?;
            (rest.is_empty() || rest.starts_with('/')).then_some((1, length))
        }
        // nginx's own `location`: any path that begins so.
        _ => path.starts_with(wanted).then_some((1, length)),
    }
}

fn backend(object: &Object, value: Option<&Value>, field: String) -> Option<Backend> {
    let service = value?.get("service")?;
    let port = service.get("port")?;
    let name = port.get("name").and_then(Value::as_str).map(str::to_owned);
    let number = port
        .get("number")
        .and_then(Value::as_int)
        .map(|n| n.to_string());
    let rewrite = object.meta.annotations.get(REWRITE);
    Some(Backend {
        ingress: object.key(),
        field,
        service: ObjectKey::new(
            kind::SERVICE,
            &object.meta.namespace,
            service.get("name")?.as_str()?,
        ),
        port: name.or(number)?,
        // Parts of the path, `$1`, need a regular expression, which is not simulated.
        rewrite: rewrite.filter(|target| !target.contains('$')).cloned(),
        rule: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_paths_rank() {
        assert_eq!(host_rank("a.example", "A.example"), Some(2));
        assert_eq!(host_rank("*.example", "a.example"), Some(1));
        assert_eq!(host_rank("*.example", "a.b.example"), None);
        assert_eq!(host_rank("", "any"), Some(0));
        let entry = |path: &str, type_: &str| {
            Value::Map(
                [
                    ("path".to_owned(), Value::from(path)),
                    ("pathType".to_owned(), Value::from(type_)),
                ]
                .into_iter()
                .collect(),
            )
        };
        let rows = [
            ("/foo", "Exact", "/foo", Some((2, 4))),
            ("/foo", "Exact", "/foo/", None),
            ("/foo", "Prefix", "/foo/", Some((1, 4))),
            ("/foo/", "Prefix", "/foo", Some((1, 4))),
            ("/aaa/bb", "Prefix", "/aaa/bbb", None),
            ("/", "Prefix", "/x", Some((1, 0))),
            ("/fo", "ImplementationSpecific", "/foo", Some((1, 3))),
        ];
        for (path, type_, asked, expected) in rows {
            assert_eq!(
                path_rank(&entry(path, type_), asked),
                expected,
                "{path} {type_} {asked}"
            );
        }
    }
}
