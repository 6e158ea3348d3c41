//! `cases_labels`, `cases_printers`, `cases_service_validation`: the API server's grammar, verdicts and table cells.

use crate::cases::{self, Verdict, text, unix};
use portside::api::defaults;
use portside::api::validation::validate;
use portside::api::{
    Map, Object, ObjectMeta, Requirement, Selector, Status, StringMap, Value as Field, kind,
};
use portside::cluster::{Cluster, Settings};
use portside::manifest::{Limits, Refusal, Strictness, read};
use portside::shell::kubectl::printers;
use portside::store::Cidr;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn id(case: &Value) -> String {
    text(case, "id").to_owned()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, came: &T) -> Result<(), String> {
    if expected == came {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected:?}, came {came:?}"))
    }
}

#[test]
fn cases_labels() {
    let check = |case: &Value| -> Result<(), String> {
        let labels: StringMap = case["labels"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        match (
            Selector::parse(text(case, "selector")),
            text(case, "expect"),
        ) {
            (Ok(_), "parse_error") => Err(format!(
                "expected {:?}, it parsed",
                text(case, "parse_error")
            )),
            (Err(why), "parse_error") => match case["parse_error"].as_str() {
                Some(wanted) => same("parse error", &wanted, &why.as_str()),
                None => Ok(()),
            },
            (Err(why), expect) => Err(format!("expected {expect}, came {why}")),
            (Ok(selector), _) => {
                if let Some(wanted) = case["match"].as_bool() {
                    same("match", &wanted, &selector.matches(&labels))?;
                }
                if let Some(wanted) = case["canonical"].as_str() {
                    same("canonical", &wanted, &selector.to_string().as_str())?;
                }
                let told = |r: &Requirement| json!({"key": r.key, "op": r.operator.name(), "values": r.values});
                match case["requirements"].as_array() {
                    Some(wanted) => {
                        let came: Vec<Value> = selector.requirements().iter().map(told).collect();
                        same("requirements", wanted, &came)
                    }
                    None => Ok(()),
                }
            }
        }
    };
    let all: Vec<Value> = cases::load(&cases::folder().join("api"))
        .into_iter()
        .filter(|c| c.get("selector").is_some())
        .collect();
    cases::run(
        "cases_labels",
        all.iter().map(|case| (id(case), check(case))),
    );
}

#[test]
fn cases_printers() {
    let check = |case: &Value| -> Result<(), String> {
        let document = read(text(case, "object"), &Limits::PASTED)
            .documents
            .into_iter()
            .next();
        let value = document.map(|document| document.value());
        let object = value
            .and_then(Object::from_value)
            .ok_or("the kind is not known")?;
        let words = |key: &str| -> Vec<String> {
            case[key]
                .as_array()
                .into_iter()
                .flatten()
                .map(|w| w.as_str().unwrap_or_default().to_owned())
                .collect()
        };
        let wide = case["wide"].as_bool().unwrap_or(false);
        same(
            "columns",
            &words("columns"),
            &printers::columns(object.kind, wide),
        )?;
        let now = unix(text(case, "now")).ok_or("the case has no time")?;
        let wanted = words("row");
        // The recorded times have lost their fractions: an age may be a second less than they tell.
        let before = printers::cells(&object, wide, now - 1);
        if case["time_sensitive"].as_bool() == Some(true) && before == wanted {
            return Ok(());
        }
        same("row", &wanted, &printers::cells(&object, wide, now))
    };
    let all: Vec<Value> = cases::load(&cases::folder().join("api"))
        .into_iter()
        .filter(|c| c.get("columns").is_some())
        .collect();
    cases::run(
        "cases_printers",
        all.iter().map(|case| (id(case), check(case))),
    );
}

/// A cluster whose Service subnet is the laboratory's.
fn cluster() -> Cluster {
    let mut settings = Settings::default();
    settings.network.service_cidrs = Cidr::parse("10.96.0.0/16").into_iter().collect();
    Cluster::new(&settings)
}

/// The verdict on a manifest: the stored object, or the message and the fields at fault.
fn submit(
    cluster: &mut Cluster,
    manifest: &str,
    update: bool,
) -> Result<Object, (String, Vec<String>)> {
    let refused = |message: String| (message, Vec::new());
    let parsed = read(manifest, &Limits::PASTED);
    if let Some(error) = parsed.error {
        return Err(refused(error.message));
    }
    let document = parsed
        .documents
        .into_iter()
        .next()
        .ok_or_else(|| refused("no objects".to_owned()))?;
    let decoded = document.decode(Strictness::Strict);
    let object = decoded.object.ok_or_else(|| {
        // A case holds what the API server says; kubectl itself refuses some of them before it asks.
        let refusal = decoded.refusal.as_ref();
        let words = |refusal: &Refusal| {
            let server = refusal.server_message().map(str::to_owned);
            server.unwrap_or_else(|| refusal.words())
        };
        refused(refusal.map(words).unwrap_or_default())
    })?;
    // The laboratory had the namespaces that its cases name.
    let namespace = object.meta.namespace.clone();
    if !namespace.is_empty()
        && object.kind.namespaced
        && !cluster.tables().has_namespace(&namespace)
    {
        let meta = ObjectMeta {
            name: namespace,
            ..ObjectMeta::default()
        };
        // A name that no namespace can have stays one that does not exist.
        let _ = cluster.create(Object::new(kind::NAMESPACE, meta, Map::new()), None, false);
    }
    let told = |status: Status| {
        (
            status.message.clone(),
            status.causes.iter().map(|c| c.field.clone()).collect(),
        )
    };
    let stored = if update {
        cluster.update(object, None, false)
    } else {
        cluster.create(object, None, false)
    };
    stored.map(|object| (*object).clone()).map_err(told)
}

/// Allocated addresses and ports are not compared.
fn unallocated(spec: &mut Map) {
    for key in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
        spec.remove(key);
    }
    if let Some(Field::List(ports)) = spec.get_mut("ports") {
        ports
            .iter_mut()
            .filter_map(Field::as_map_mut)
            .for_each(|port| {
                port.remove("nodePort");
            });
    }
}

/// Replaces the address that the server picked, which no two clusters share.
fn masked(message: &str) -> String {
    let opening = "IPAddress.networking.k8s.io \"";
    let Some((before, rest)) = message.split_once(opening) else {
        return message.to_owned();
    };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{opening}ADDRESS\"{after}")
}

/// The rules of an update alone, on two objects with their defaults; such a case states only fields.
fn unit(case: &Value) -> Verdict {
    let object = |key: &str| {
        let document = read(text(case, key), &Limits::PASTED)
            .documents
            .into_iter()
            .next();
        let mut object = document.and_then(|document| Object::from_value(document.value()))?;
        defaults::apply(&mut object);
        Some(object)
    };
    let (Some(new), old) = (object("manifest"), object("old_manifest")) else {
        return Verdict::Fail("the manifest cannot be read".to_owned());
    };
    let causes = validate(&new, old.as_ref());
    let fields: BTreeSet<&str> = causes.iter().map(|cause| cause.field.as_str()).collect();
    let wanted: BTreeSet<&str> = case["error_fields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    same("fields", &wanted, &fields).into()
}

fn validation(case: &Value) -> Verdict {
    if text(case, "level").starts_with("unit") {
        return unit(case);
    }
    let mut cluster = cluster();
    let old = case["old_manifest"].as_str();
    if let Some(Err((why, _))) = old.map(|old| submit(&mut cluster, old, false)) {
        return Verdict::Fail(format!("the old manifest was refused: {why}"));
    }
    let result = submit(&mut cluster, text(case, "manifest"), old.is_some());
    let words = |key: &str| -> Vec<String> {
        case[key]
            .as_array()
            .into_iter()
            .flatten()
            .map(|w| w.as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let verdict = match (&result, text(case, "expect")) {
        (Ok(object), "valid") => match case["stored_spec"].as_object() {
            None => Ok(()),
            Some(_) => {
                let wanted = case["stored_spec"].to_string();
                let document = read(&wanted, &Limits::FILE).documents.into_iter().next();
                let (mut wanted, mut came) = (Map::new(), Map::new());
                if let Some(Field::Map(map)) = document.map(|d| d.value()) {
                    wanted = map;
                }
                if let Some(Field::Map(map)) = object.fields().remove("spec") {
                    came = map;
                }
                unallocated(&mut wanted);
                unallocated(&mut came);
                same(
                    "stored spec",
                    &Field::Map(wanted).to_json(),
                    &Field::Map(came).to_json(),
                )
            }
        },
        (Err((message, fields)), "invalid") => {
            let mut wanted = words("error_fields");
            let mut came = fields.clone();
            wanted.sort();
            wanted.dedup();
            came.sort();
            came.dedup();
            let fields_agree = if came.is_empty() {
                Ok(())
            } else {
                same("fields", &wanted, &came)
            };
            fields_agree.and_then(|()| match case["api_message"].as_str() {
                Some(wanted) => same("message", &masked(wanted), &masked(message)),
                None => Ok(()),
            })
        }
        (Ok(_), expect) => Err(format!("expected {expect}, it was stored")),
        (Err((message, _)), expect) => Err(format!("expected {expect}, came {message}")),
    };
    verdict.into()
}

#[test]
fn cases_service_validation() {
    let all: Vec<Value> = cases::load(&cases::folder().join("api"))
        .into_iter()
        .filter(|c| c.get("op").is_some())
        .collect();
    cases::run(
        "cases_service_validation",
        all.iter().map(|case| (id(case), validation(case))),
    );
}
