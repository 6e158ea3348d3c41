//! What leads to Services by name: the backends of an Ingress, the governing Service of a stateful set.

use super::evidence::{Evidence, ports_text};
use super::finding::Finding;
use super::rows;
use crate::api::{Object, Value};
use crate::manifest::nearest;
use std::rc::Rc;

/// Whether an Ingress leads to a Service.
pub(super) fn leads_to(ingress: &Object, service: &str) -> bool {
    let fields = ingress.fields();
    let spec = fields.get("spec");
    let name = |backend: &Value| {
        let name = backend.at(&["service", "name"]).and_then(Value::as_str);
        name == Some(service)
    };
    let all = spec.map(backends).unwrap_or_default();
    all.iter().any(|(_, backend)| name(backend))
}

/// The backends of an Ingress, each with its field.
fn backends(spec: &Value) -> Vec<(String, &Value)> {
    let mut backends: Vec<(String, &Value)> = Vec::new();
    if let Some(backend) = spec.get("defaultBackend") {
        backends.push(("spec.defaultBackend".to_owned(), backend));
    }
    let rules = spec
        .get("rules")
        .and_then(Value::as_list)
        .unwrap_or_default();
    for (i, rule) in rules.iter().enumerate() {
        let paths = rule.at(&["http", "paths"]).and_then(Value::as_list);
        for (j, path) in paths.unwrap_or_default().iter().enumerate() {
            if let Some(backend) = path.get("backend") {
                let (i, j) = (i.to_string(), j.to_string());
                let field = ["spec.rules[", &i, "].http.paths[", &j, "].backend"].concat();
                backends.push((field, backend));
            }
        }
    }
    backends
}

/// What there is to say of an Ingress.
pub(super) fn ingress(e: &Evidence<'_>, object: &Rc<Object>, out: &mut Vec<Finding>) {
    let fields = object.fields();
    let all = fields.get("spec").map(backends).unwrap_or_default();
    for (field, backend) in all {
        let Some(name) = backend.at(&["service", "name"]).and_then(Value::as_str) else {
            continue;
        };
        let port = backend.at(&["service", "port"]);
        to_service(e, object, (&field, name), port, out);
    }
}

fn to_service(
    e: &Evidence<'_>,
    object: &Rc<Object>,
    (field, name): (&str, &str),
    port: Option<&Value>,
    out: &mut Vec<Finding>,
) {
    let (key, namespace) = (object.key(), &object.meta.namespace);
    let at = [field, ".service.name"].concat();
    let Some(service) = e.service(namespace, name) else {
        let right = nearest(name, e.service_names(namespace));
        let near = e.near_text(namespace, right);
        let facts = [
            ("object", &*key.to_string()),
            ("name", name),
            ("namespace", namespace),
            ("near", &near),
        ];
        let remedy = right.map(|right| e.replace(&key, &at, right, String::new()));
        let mut finding = Finding::new(&rows::INGRESS_SERVICE, &key, &facts).with(remedy);
        if !e.shows_state() && near.is_empty() {
            finding = finding.softened();
        }
        return e.found(out, finding, &[(&key, &at)]);
    };
    let number = port.and_then(|p| p.get("number")).and_then(Value::as_int);
    let word = port.and_then(|p| p.get("name")).and_then(Value::as_str);
    let ports = &service.spec.ports;
    let fits = ports
        .iter()
        .any(|p| Some(p.port) == number || Some(p.name.as_str()) == word);
    if fits || number.is_none() && word.is_none() || ports.is_empty() {
        return;
    }
    let wanted = number.map_or_else(|| word.unwrap_or_default().to_owned(), |n| n.to_string());
    let facts = [
        ("object", &*key.to_string()),
        ("port", &wanted),
        ("name", name),
        ("ports", &ports_text(service)),
    ];
    let at = match number {
        Some(_) => [field, ".service.port.number"].concat(),
        None => [field, ".service.port.name"].concat(),
    };
    let remedy = match ports.as_slice() {
        [only] if number.is_some() => {
            Some(e.replace(&key, &at, &only.port.to_string(), String::new()))
        }
        [only] if !only.name.is_empty() => Some(e.replace(&key, &at, &only.name, String::new())),
        _ => None,
    };
    let finding = Finding::new(&rows::INGRESS_PORT, &key, &facts).with(remedy);
    e.found(out, finding, &[(&key, &at)]);
}

/// The Service that names the Pods of a stateful set.
pub(super) fn governing(e: &Evidence<'_>, object: &Rc<Object>, out: &mut Vec<Finding>) {
    let Some(set) = object.stateful_set() else {
        return;
    };
    let name = set.spec.service_name.as_deref().unwrap_or_default();
    let namespace = &object.meta.namespace;
    if name.is_empty() || e.has_service(namespace, name) {
        return;
    }
    let key = object.key();
    let right = nearest(name, e.service_names(namespace));
    let near = e.near_text(namespace, right);
    let facts = [
        ("object", &*key.to_string()),
        ("name", name),
        ("near", &near),
    ];
    let remedy = right.map(|right| e.replace(&key, "spec.serviceName", right, String::new()));
    let finding = Finding::new(&rows::GOVERNING, &key, &facts).with(remedy);
    e.found(out, finding, &[(&key, "spec.serviceName")]);
}
