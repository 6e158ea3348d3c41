//! `kubectl create`: from files, and the generators.

use super::apply::{self, documents, dry_run, source};
use super::args::{Args, Flag, Takes, flag};
use super::{fail, resource};
use crate::api::{KindRef, Map, Object, ObjectMeta, Value, kind};
use crate::manifest::{to_json, to_yaml};
use crate::shell::context::{Context, Outcome, Stream};

pub(super) const FLAGS: &[Flag] = &[
    flag("filename", Some('f'), Takes::Value),
    flag("dry-run", None, Takes::Maybe("unchanged")),
    flag("validate", None, Takes::Maybe("strict")),
    flag("output", Some('o'), Takes::Value),
    flag("image", None, Takes::Value),
    flag("replicas", Some('r'), Takes::Value),
    flag("port", None, Takes::Value),
    flag("tcp", None, Takes::Value),
    flag("clusterip", None, Takes::Value),
    flag("node-port", None, Takes::Value),
    flag("external-name", None, Takes::Value),
    flag("from-literal", None, Takes::Value),
    flag("save-config", None, Takes::Nothing),
];

/// A mapping from pairs.
pub(super) fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Map(
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let files = args.each("filename");
    if !files.is_empty() {
        return from_files(context, args, &files);
    }
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => fail(context, "must specify one of -f and -k"),
        ["deployment" | "deploy" | "dep", name] => deployment(context, args, name),
        ["namespace" | "ns", name] => generate(
            context,
            args,
            kind::NAMESPACE,
            name,
            Map::new(),
            "namespace",
        ),
        ["service" | "svc", type_, name] => service(context, args, type_, name),
        ["configmap" | "cm", name] => config_map(context, args, name),
        ["deployment" | "deploy" | "dep" | "namespace" | "ns" | "configmap" | "cm"] => fail(
            context,
            "exactly one NAME is required, got 0\nSee 'kubectl create -h' for help and examples",
        ),
        [other, ..] => {
            context.out.note(&format!(
                "kubectl create {other} is not simulated here: write a manifest and apply it."
            ));
            Outcome::Exit(1)
        }
    }
}

fn from_files(context: &mut Context<'_>, args: &Args, files: &[String]) -> Outcome {
    let (items, mut errors) = documents(context, files);
    let (dry, suffix) = dry_run(args);
    if items.is_empty() && errors.is_empty() {
        errors.push("error: no objects passed to create".to_owned());
    }
    for item in &items {
        let result = apply::object(context, args, item).and_then(|object| {
            let created = context
                .world
                .cluster
                .create(object, Some(source(item)), dry);
            let doing = format!("error when creating \"{}\"", item.file);
            created.map_err(|status| resource::refusal(&status, Some(&doing)))
        });
        match result {
            Ok(object) => context.out.line(&format!(
                "{}/{} created{suffix}",
                object.kind.prefix(),
                object.meta.name
            )),
            Err(why) => errors.push(why),
        }
    }
    for error in &errors {
        context.out.error(error);
    }
    Outcome::Exit(i32::from(!errors.is_empty()))
}

/// Stores what a generator made, or prints it for a dry run; `what` is the generator's name for its own errors.
pub(super) fn generate(
    context: &mut Context<'_>,
    args: &Args,
    kind: KindRef,
    name: &str,
    fields: Map,
    what: &str,
) -> Outcome {
    let meta = ObjectMeta {
        name: name.to_owned(),
        ..Default::default()
    };
    store(context, args, Object::new(kind, meta, fields), what)
}

/// The same for an object with metadata of its own.
pub(super) fn store(
    context: &mut Context<'_>,
    args: &Args,
    mut object: Object,
    what: &str,
) -> Outcome {
    let (dry, suffix) = dry_run(args);
    if object.kind.namespaced {
        object.meta.namespace = resource::namespace(context, args);
    }
    if let Some(format) = args.get("output").filter(|_| dry) {
        let mut value = object.to_value();
        if let Some(meta) = value
            .as_map_mut()
            .and_then(|m| m.get_mut("metadata"))
            .and_then(Value::as_map_mut)
            && args.get("namespace").is_none()
        {
            meta.remove("namespace");
        }
        let text = match format {
            "yaml" => to_yaml(&value),
            "json" => to_json(&value),
            _ => format!("{}/{}\n", object.kind.prefix(), object.meta.name),
        };
        context.out.write(Stream::Out, &text);
        return Outcome::Exit(0);
    }
    let label = format!("{}/{}", object.kind.prefix(), object.meta.name);
    match context.world.cluster.create(object, None, dry) {
        Ok(_) => {
            context.out.line(&format!("{label} created{suffix}"));
            Outcome::Exit(0)
        }
        Err(status) if what.is_empty() => {
            context.out.error(&resource::refusal(&status, None));
            Outcome::Exit(1)
        }
        Err(status) => fail(
            context,
            &format!("failed to create {what}: {}", status.message),
        ),
    }
}

/// The name of a container after its image: the last part of the path, without tag.
fn container_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split([':', '@'])
        .next()
        .unwrap_or_default()
        .to_lowercase()
}

fn deployment(context: &mut Context<'_>, args: &Args, name: &str) -> Outcome {
    let images = args.all("image");
    if images.is_empty() {
        return fail(context, "required flag(s) \"image\" not set");
    }
    let Ok(replicas) = args.get("replicas").unwrap_or("1").parse::<i64>() else {
        let text = args.get("replicas").unwrap_or_default();
        return fail(
            context,
            &format!(
                "invalid argument \"{text}\" for \"-r, --replicas\" flag: strconv.ParseInt: parsing \"{text}\": invalid syntax\nSee 'kubectl create deployment --help' for usage."
            ),
        );
    };
    let port = args
        .get("port")
        .and_then(|text| text.parse::<i64>().ok())
        .filter(|port| *port > 0);
    let container = |image: &String| {
        let mut fields = Map::from([
            ("image".to_owned(), Value::from(image.as_str())),
            ("name".to_owned(), Value::Str(container_name(image))),
            ("resources".to_owned(), map([])),
        ]);
        if let Some(port) = port {
            fields.insert(
                "ports".to_owned(),
                Value::List(vec![map([("containerPort", Value::Int(port))])]),
            );
        }
        if let Some(command) = &args.rest {
            let words = command
                .iter()
                .map(|word| Value::from(word.as_str()))
                .collect();
            fields.insert("command".to_owned(), Value::List(words));
        }
        Value::Map(fields)
    };
    let labels = || map([("app", Value::from(name))]);
    let template = map([
        ("metadata", map([("labels", labels())])),
        (
            "spec",
            map([(
                "containers",
                Value::List(images.iter().map(container).collect()),
            )]),
        ),
    ]);
    let spec = map([
        ("replicas", Value::Int(replicas)),
        ("selector", map([("matchLabels", labels())])),
        ("template", template),
    ]);
    let meta = ObjectMeta {
        name: name.to_owned(),
        labels: [("app".to_owned(), name.to_owned())].into(),
        ..Default::default()
    };
    store(
        context,
        args,
        Object::new(
            kind::DEPLOYMENT,
            meta,
            Map::from([("spec".to_owned(), spec)]),
        ),
        "deployment",
    )
}

fn service(context: &mut Context<'_>, args: &Args, type_: &str, name: &str) -> Outcome {
    let types = [
        ("clusterip", "ClusterIP"),
        ("nodeport", "NodePort"),
        ("loadbalancer", "LoadBalancer"),
        ("externalname", "ExternalName"),
    ];
    let Some((_, type_name)) = types.iter().find(|(word, _)| *word == type_) else {
        return fail(
            context,
            &format!(
                "unknown command \"service {type_}\"\nSee 'kubectl create service -h' for help and examples"
            ),
        );
    };
    let mut ports = Vec::new();
    for pair in args.all("tcp") {
        let (port, target) = pair.split_once(':').unwrap_or((&pair, &pair));
        let Ok(number) = port.parse::<i64>() else {
            return fail(
                context,
                &format!("invalid port: strconv.Atoi: parsing \"{port}\": invalid syntax"),
            );
        };
        let target = target
            .parse::<i64>()
            .map_or_else(|_| Value::from(target), Value::Int);
        let mut fields = vec![
            ("name", Value::Str(pair.replace(':', "-"))),
            ("port", Value::Int(number)),
            ("protocol", Value::from("TCP")),
            ("targetPort", target),
        ];
        if let Some(node_port) = args.get("node-port").and_then(|n| n.parse().ok()) {
            fields.push(("nodePort", Value::Int(node_port)));
        }
        ports.push(Value::Map(
            fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        ));
    }
    let headless = args.get("clusterip") == Some("None");
    if ports.is_empty() && *type_name != "ExternalName" && !headless {
        return fail(context, "at least one tcp port specifier must be provided");
    }
    let mut spec = Map::from([
        ("type".to_owned(), Value::from(*type_name)),
        ("selector".to_owned(), map([("app", Value::from(name))])),
    ]);
    if !ports.is_empty() {
        spec.insert("ports".to_owned(), Value::List(ports));
    }
    if let Some(ip) = args.get("clusterip") {
        spec.insert("clusterIP".to_owned(), Value::from(ip));
    }
    if let Some(target) = args.get("external-name") {
        spec.insert("externalName".to_owned(), Value::from(target));
    }
    let meta = ObjectMeta {
        name: name.to_owned(),
        labels: [("app".to_owned(), name.to_owned())].into(),
        ..Default::default()
    };
    let fields = Map::from([("spec".to_owned(), Value::Map(spec))]);
    store(
        context,
        args,
        Object::new(kind::SERVICE, meta, fields),
        &format!("{type_name} service"),
    )
}

fn config_map(context: &mut Context<'_>, args: &Args, name: &str) -> Outcome {
    let mut data = Map::new();
    for literal in args.each("from-literal") {
        let Some((key, value)) = literal.split_once('=') else {
            return fail(
                context,
                &format!("invalid literal source {literal}, expected key=value"),
            );
        };
        data.insert(key.to_owned(), Value::from(value));
    }
    let fields = if data.is_empty() {
        Map::new()
    } else {
        Map::from([("data".to_owned(), Value::Map(data))])
    };
    generate(context, args, kind::CONFIG_MAP, name, fields, "configmap")
}
