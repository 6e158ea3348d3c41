//! `kubectl expose`: a Service for what is there already.

use super::args::Args;
use super::change::named;
use super::fail;
use super::generate::{self, Made, map};
use crate::api::pod::Container;
use crate::api::{KindRef, Map, Object, StringMap, Value, kind};
use crate::shell::context::{Context, Outcome};

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Some(port) = args.all("port").iter().find(|p| p.parse::<i64>().is_err()) {
        return fail(
            context,
            &format!("strconv.Atoi: parsing \"{port}\": invalid syntax"),
        );
    }
    let objects = match named(context, args, &args.words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    if objects.is_empty() {
        return fail(context, "no objects passed to expose");
    }
    let mut status = 0;
    for object in objects {
        if let Outcome::Exit(code) = one(context, args, &object) {
            status = status.max(code);
        }
    }
    Outcome::Exit(status)
}

/// A Service for one object.
fn one(context: &mut Context<'_>, args: &Args, object: &Object) -> Outcome {
    let (kind, name) = (object.kind, object.meta.name.clone());
    let Some((selector, declared)) = behind(object) else {
        return fail(context, &format!("cannot expose a {}", group_kind(kind)));
    };
    let ports = ports(args, declared);
    if ports.is_empty() && args.get("cluster-ip") != Some("None") {
        return fail(
            context,
            "couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples",
        );
    }
    let own = args.get("selector").map(pairs).unwrap_or(selector);
    let text =
        |map: StringMap| Value::Map(map.into_iter().map(|(k, v)| (k, Value::Str(v))).collect());
    let mut spec = Map::from([
        ("selector".to_owned(), text(own)),
        ("ports".to_owned(), Value::List(ports)),
    ]);
    for (flag, field) in [
        ("type", "type"),
        ("cluster-ip", "clusterIP"),
        ("session-affinity", "sessionAffinity"),
    ] {
        if let Some(value) = args.get(flag) {
            spec.insert(field.to_owned(), Value::from(value));
        }
    }
    if let Some(ip) = args.get("external-ip") {
        spec.insert("externalIPs".to_owned(), Value::List(vec![Value::from(ip)]));
    }
    if let Some(ip) = args.get("load-balancer-ip") {
        spec.insert("loadBalancerIP".to_owned(), Value::from(ip));
    }
    let affinity = args.get("session-affinity").unwrap_or_default();
    if !["", "None", "ClientIP"].contains(&affinity) {
        return fail(context, &format!("unknown session affinity: {affinity}"));
    }
    if spec
        .get("selector")
        .and_then(Value::as_map)
        .is_some_and(Map::is_empty)
        && object.service().is_some()
    {
        return fail(
            context,
            "couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set",
        );
    }
    let labels = args
        .get("labels")
        .map_or_else(|| object.meta.labels.clone(), pairs);
    let made = Made::new(kind::SERVICE, args.get("name").unwrap_or(&name))
        .labels(labels)
        .field("spec", Value::Map(spec));
    match generate::overridden(args, made) {
        Ok(made) => generate::told(context, args, made, "", "exposed"),
        Err(why) => fail(context, &why),
    }
}

/// `Node` or `ConfigMap`, with the group of those that have one: `Job.batch`.
fn group_kind(kind: KindRef) -> String {
    if kind.group.is_empty() {
        kind.name.to_owned()
    } else {
        format!("{}.{}", kind.name, kind.group)
    }
}

fn pairs(text: &str) -> StringMap {
    text.split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
}

/// A port that an object declares, and its protocol.
type Declared = (i64, String);

/// The selector and the ports behind an object.
fn behind(object: &Object) -> Option<(StringMap, Vec<Declared>)> {
    let of = |containers: &[Container]| -> Vec<Declared> {
        let ports = containers.iter().flat_map(|c| &c.ports);
        ports
            .map(|port| (port.container_port, port.protocol().to_owned()))
            .collect()
    };
    if let Some(deployment) = object.deployment() {
        let spec = &deployment.spec;
        return Some((
            spec.selector.match_labels.clone(),
            of(&spec.template.spec.containers),
        ));
    }
    if let Some(set) = object.replica_set() {
        return Some((
            set.spec.selector.match_labels.clone(),
            of(&set.spec.template.spec.containers),
        ));
    }
    if let Some(pod) = object.pod() {
        return Some((object.meta.labels.clone(), of(&pod.spec.containers)));
    }
    object.service().map(|service| {
        let ports = service.spec.ports.iter();
        let ports = ports.map(|p| (p.port, p.protocol().to_owned()));
        (service.spec.selector.clone(), ports.collect())
    })
}

fn ports(args: &Args, declared: Vec<Declared>) -> Vec<Value> {
    let given = args.all("port");
    let wanted: Vec<Declared> = if given.is_empty() {
        declared
    } else {
        let protocol = args.get("protocol").unwrap_or("TCP").to_owned();
        given
            .iter()
            .filter_map(|text| text.parse().ok())
            .map(|port| (port, protocol.clone()))
            .collect()
    };
    let several = wanted.len() > 1;
    let port = |(i, (number, protocol)): (usize, &(i64, String))| {
        let target = match args.get("target-port") {
            Some(text) => text
                .parse::<i64>()
                .map_or_else(|_| Value::from(text), Value::Int),
            None => Value::Int(*number),
        };
        let value = map([
            ("port", Value::Int(*number)),
            ("protocol", Value::from(protocol.as_str())),
            ("targetPort", target),
        ]);
        match value {
            Value::Map(mut fields) if several => {
                fields.insert("name".to_owned(), Value::Str(format!("port-{}", i + 1)));
                Value::Map(fields)
            }
            other => other,
        }
    };
    wanted.iter().enumerate().map(port).collect()
}
