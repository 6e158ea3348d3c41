//! `kubectl create`: from files, and what makes objects from flags.

use super::apply::{self, documents, source};
use super::args::Args;
use super::change::DryRun;
use super::generate::{Made, map, store};
use super::{fail, help, output, resource, settings};
use crate::api::validation::subdomain_errors;
use crate::api::{Map, Value, kind};
use crate::shell::context::{Context, Outcome};

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let files = args.each("filename");
    if !files.is_empty() {
        return from_files(context, args, &files);
    }
    if !args.words.is_empty() {
        let words = args.words.join(" ");
        return fail(
            context,
            &format!("Unexpected args: [{words}]\nSee 'kubectl create -h' for help and examples"),
        );
    }
    fail(context, "must specify one of -f and -k")
}

fn from_files(context: &mut Context<'_>, args: &Args, files: &[String]) -> Outcome {
    let (items, mut errors) = documents(context, files);
    if items.is_empty() && errors.is_empty() {
        errors.push("error: no objects passed to create".to_owned());
    }
    settings::set_up_then(context, args, items, errors, all)
}

/// Creates all documents, and tells what went wrong with them or before.
fn all(
    context: &mut Context<'_>,
    args: &Args,
    items: &[apply::Item],
    mut errors: Vec<String>,
) -> Outcome {
    let dry = match DryRun::of(args) {
        Ok(dry) => dry,
        Err(why) => return fail(context, &why),
    };
    for item in items {
        if dry == DryRun::Client {
            let shown = apply::object(context, args, item).and_then(|object| {
                let mut written = apply::written(&item.document, &object);
                if args.is("save-config") {
                    let text = apply::remembered(&written);
                    apply::annotate(&mut written, &text);
                }
                let word = format!("created{}", dry.suffix());
                output::said_as_written(context, args, (&object, &written), &word)
                    .map_err(|why| format!("error: {why}"))
            });
            errors.extend(shown.err());
            continue;
        }
        let result = apply::object(context, args, item).and_then(|mut object| {
            if args.is("save-config") {
                let remembered = apply::remembered(&object.to_value());
                object
                    .meta
                    .annotations
                    .insert(apply::LAST_APPLIED.to_owned(), remembered);
            }
            let created =
                context
                    .world
                    .cluster
                    .create(object, Some(source(item)), dry == DryRun::Server);
            let doing = format!("error when creating \"{}\"", item.file);
            created.map_err(|status| resource::refusal(&status, Some(&doing)))
        });
        let said = result.and_then(|object| {
            let word = format!("created{}", dry.suffix());
            output::said(context, args, &object, &word).map_err(|why| format!("error: {why}"))
        });
        errors.extend(said.err());
    }
    apply::tell(context, &errors)
}

/// The one name that a generator needs.
pub(super) fn name<'a>(context: &mut Context<'_>, args: &'a Args) -> Result<&'a str, Outcome> {
    match args.words.as_slice() {
        [name] => Ok(name),
        words => Err(fail(
            context,
            &format!(
                "exactly one NAME is required, got {}\nSee 'kubectl {} -h' for help and examples",
                words.len(),
                args.verb
            ),
        )),
    }
}

/// What cobra says when a flag that must be there is not.
pub(super) fn required(context: &mut Context<'_>, flag: &str) -> Outcome {
    fail(context, &format!("required flag(s) \"{flag}\" not set"))
}

/// Texts as a list.
pub(super) fn list(words: &[String]) -> Value {
    Value::List(
        words
            .iter()
            .map(|word| Value::from(word.as_str()))
            .collect(),
    )
}

pub(super) fn deployment(context: &mut Context<'_>, args: &Args) -> Outcome {
    let mut images = args.all("image");
    if args.get("image").is_none() {
        return required(context, "image");
    }
    if images.is_empty() {
        images.push(String::new());
    }
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    let Ok(replicas) = args.get("replicas").unwrap_or("1").parse::<i64>() else {
        let text = args.get("replicas").unwrap_or_default();
        return fail(
            context,
            &format!(
                "invalid argument \"{text}\" for \"-r, --replicas\" flag: strconv.ParseInt: parsing \"{text}\": invalid syntax\nSee 'kubectl create deployment --help' for usage."
            ),
        );
    };
    if args.rest.as_ref().is_some_and(|rest| !rest.is_empty()) && images.len() > 1 {
        return fail(
            context,
            "cannot specify multiple --image options and command",
        );
    }
    let port = args
        .get("port")
        .and_then(|text| text.parse::<i64>().ok())
        .filter(|port| *port > 0);
    let mut containers: Vec<Value> = Vec::new();
    for image in &images {
        let mut fields = Map::from([
            ("image".to_owned(), Value::from(image.as_str())),
            ("name".to_owned(), Value::Str(container_name(image))),
        ]);
        if let Some(port) = port {
            fields.insert(
                "ports".to_owned(),
                Value::List(vec![map([("containerPort", Value::Int(port))])]),
            );
        }
        if let Some(command) = args.rest.as_ref().filter(|rest| !rest.is_empty()) {
            fields.insert("command".to_owned(), list(command));
        }
        containers.push(Value::Map(fields));
    }
    let labels = || map([("app", Value::from(name))]);
    let template = map([
        ("metadata", map([("labels", labels())])),
        ("spec", map([("containers", Value::List(containers))])),
    ]);
    let spec = map([
        ("replicas", Value::Int(replicas)),
        ("selector", map([("matchLabels", labels())])),
        ("template", template),
    ]);
    store(
        context,
        args,
        Made::new(kind::DEPLOYMENT, name)
            .label("app", name)
            .field("spec", spec),
        "deployment",
    )
}

/// The name of a container after its image: the last part of the path, without tag.
fn container_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or_default();
    let bare = last.split([':', '@']).next().unwrap_or_default();
    bare.to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

pub(super) fn namespace(context: &mut Context<'_>, args: &Args) -> Outcome {
    match name(context, args) {
        Ok(name) => store(context, args, Made::new(kind::NAMESPACE, name), ""),
        Err(outcome) => outcome,
    }
}

pub(super) fn service_account(context: &mut Context<'_>, args: &Args) -> Outcome {
    match name(context, args) {
        Ok(name) => store(
            context,
            args,
            Made::new(kind::SERVICE_ACCOUNT, name),
            "serviceaccount",
        ),
        Err(outcome) => outcome,
    }
}

pub(super) fn service_parent(context: &mut Context<'_>, args: &Args) -> Outcome {
    help::parent(context, args)
}

pub(super) fn secret_parent(context: &mut Context<'_>, args: &Args) -> Outcome {
    help::parent(context, args)
}

pub(super) fn cluster_ip(context: &mut Context<'_>, args: &Args) -> Outcome {
    service(context, args, "ClusterIP")
}

pub(super) fn node_port(context: &mut Context<'_>, args: &Args) -> Outcome {
    service(context, args, "NodePort")
}

pub(super) fn load_balancer(context: &mut Context<'_>, args: &Args) -> Outcome {
    service(context, args, "LoadBalancer")
}

pub(super) fn external_name(context: &mut Context<'_>, args: &Args) -> Outcome {
    service(context, args, "ExternalName")
}

/// One `--tcp`: `80`, `80:8080` or `80:http`.
fn service_port(pair: &str, node_port: Option<i64>) -> Result<Value, String> {
    let mut parts = pair.split(':');
    let port = parts.next().unwrap_or_default();
    let target = parts.next().unwrap_or(port);
    let wrong = |why: &str| format!("strconv.ParseUint: parsing \"{port}\": {why}");
    let number = port.parse::<i64>().map_err(|_| wrong("invalid syntax"))?;
    if number > 65_535 {
        return Err(wrong("value out of range"));
    }
    let target = match target.parse::<i64>() {
        Ok(number) if port != target && !(1..=65_535).contains(&number) => {
            return Err("must be between 1 and 65535, inclusive".to_owned());
        }
        Ok(number) => Value::Int(number),
        Err(_) => Value::from(target),
    };
    let mut fields = Map::from([
        ("name".to_owned(), Value::Str(pair.replace(':', "-"))),
        ("port".to_owned(), Value::Int(number)),
        ("protocol".to_owned(), Value::from("TCP")),
        ("targetPort".to_owned(), target),
    ]);
    if let Some(node_port) = node_port {
        fields.insert("nodePort".to_owned(), Value::Int(node_port));
    }
    Ok(Value::Map(fields))
}

fn service(context: &mut Context<'_>, args: &Args, type_: &str) -> Outcome {
    if type_ == "ExternalName" && args.get("external-name").is_none() {
        return required(context, "external-name");
    }
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    let node_port = args
        .get("node-port")
        .and_then(|n| n.parse::<i64>().ok())
        .filter(|n| *n != 0);
    let mut ports = Vec::new();
    for pair in args.all("tcp") {
        match service_port(&pair, node_port) {
            Ok(port) => ports.push(port),
            Err(why) => return fail(context, &why),
        }
    }
    let headless = args.get("clusterip") == Some("None");
    if let Some(target) = args.get("external-name")
        && !subdomain_errors(target).is_empty()
    {
        return fail(context, &format!("invalid service external name {target}"));
    }
    if ports.is_empty() && type_ != "ExternalName" && !headless {
        return fail(context, "at least one tcp port specifier must be provided");
    }
    let mut spec = Map::from([
        ("type".to_owned(), Value::from(type_)),
        ("selector".to_owned(), map([("app", Value::from(name))])),
    ]);
    if !ports.is_empty() {
        spec.insert("ports".to_owned(), Value::List(ports));
    }
    if let Some(ip) = args.get("clusterip").filter(|ip| !ip.is_empty()) {
        spec.insert("clusterIP".to_owned(), Value::from(ip));
    }
    if let Some(target) = args.get("external-name") {
        spec.insert("externalName".to_owned(), Value::from(target));
    }
    let made = Made::new(kind::SERVICE, name)
        .label("app", name)
        .field("spec", Value::Map(spec));
    store(context, args, made, &format!("{type_} service"))
}

/// `ConfigMap "settings"`: what is being made.
fn holder(args: &Args) -> String {
    let name = args.words.first().map(String::as_str).unwrap_or_default();
    let kind = if args.verb == "create configmap" {
        "ConfigMap"
    } else {
        "Secret"
    };
    format!("{kind} \"{name}\"")
}

/// The entries of `--from-literal`, `--from-file` and `--from-env-file`.
fn data(context: &Context<'_>, args: &Args) -> Result<Map, String> {
    let others = ["from-file", "from-literal"].iter();
    if args.get("from-env-file").is_some() && others.clone().any(|flag| args.get(flag).is_some()) {
        return Err("from-env-file cannot be combined with from-file or from-literal".to_owned());
    }
    let mut data = Map::new();
    let mut put = |key: &str, value: &str| match data.insert(key.to_owned(), Value::from(value)) {
        None => Ok(()),
        Some(_) => Err(format!(
            "cannot add key \"{key}\", another key by that name already exists in Data for {}",
            holder(args)
        )),
    };
    for literal in args.each("from-literal") {
        let (key, value) = literal
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| format!("invalid literal source {literal}, expected key=value"))?;
        let bare = value.trim_matches(['"', '\'']);
        put(
            key,
            if value.starts_with(['"', '\'']) {
                bare
            } else {
                value
            },
        )?;
    }
    for source in args.each("from-file") {
        let (key, path) = match source.split_once('=') {
            Some((_, path)) if path.contains('=') => {
                return Err("key names or file paths cannot contain '='".to_owned());
            }
            Some(("", path)) => return Err(format!("key name for file path {path} missing")),
            Some((key, "")) => return Err(format!("file path for key name {key} missing")),
            Some((key, path)) => (key.to_owned(), path.to_owned()),
            None => (
                source.rsplit('/').next().unwrap_or_default().to_owned(),
                source.clone(),
            ),
        };
        let text = context.world.files.read(context.cwd, &path);
        let text = text.map_err(|_| format!("error reading {path}: no such file or directory"))?;
        put(&key, &text)?;
    }
    for path in args.each("from-env-file") {
        let text = context.world.files.read(context.cwd, &path);
        let text = text.map_err(|_| format!("error reading {path}: no such file or directory"))?;
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        for (key, value) in lines.filter_map(|line| line.split_once('=')) {
            put(key, value)?;
        }
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if let Some(key) = data.keys().find(|key| !key.chars().all(allowed)) {
        let holder = holder(args);
        let kind = holder.split(' ').next().unwrap_or_default();
        return Err(format!(
            "\"{key}\" is not a valid key name for a {kind}: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
        ));
    }
    Ok(data)
}

pub(super) fn config_map(context: &mut Context<'_>, args: &Args) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    match data(context, args) {
        Err(why) => fail(context, &why),
        Ok(data) => {
            let made = Made::new(kind::CONFIG_MAP, name);
            let made = if data.is_empty() {
                made
            } else {
                made.field("data", Value::Map(data))
            };
            let made = if args.is("append-hash") {
                made.hashed()
            } else {
                made
            };
            store(context, args, made, "configmap")
        }
    }
}

pub(super) fn secret(context: &mut Context<'_>, args: &Args) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    match data(context, args) {
        Err(why) => fail(context, &why),
        Ok(data) => {
            let coded = |value: &Value| {
                Value::Str(crate::kernel::base64(
                    value.as_str().unwrap_or_default().as_bytes(),
                ))
            };
            let data: Map = data
                .iter()
                .map(|(key, value)| (key.clone(), coded(value)))
                .collect();
            let mut made = Made::new(kind::SECRET, name);
            if !data.is_empty() {
                made = made.field("data", Value::Map(data));
            }
            // The server gives the usual type to a Secret that has none.
            let dry = DryRun::of(args) == Ok(DryRun::Client);
            if let Some(type_) = args.get("type").or((!dry).then_some("Opaque")) {
                made = made.field("type", Value::from(type_));
            }
            if args.is("append-hash") {
                made = made.hashed();
            }
            store(context, args, made, "secret")
        }
    }
}

/// `web:80` or `web:http`.
fn backend(text: &str) -> Result<Value, String> {
    let (service, port) = text
        .split_once(':')
        .ok_or_else(|| "default-backend should be in format servicename:serviceport".to_owned())?;
    let port = match port.parse::<i64>() {
        Ok(number) => map([("number", Value::Int(number))]),
        Err(_) => map([("name", Value::from(port))]),
    };
    Ok(map([(
        "service",
        map([("name", Value::from(service)), ("port", port)]),
    )]))
}

pub(super) fn ingress(context: &mut Context<'_>, args: &Args) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    if let Some(note) = args.each("annotation").iter().find(|n| !n.contains('=')) {
        return fail(
            context,
            &format!("annotation {note} is invalid and should be in format key=[value]"),
        );
    }
    match ingress_spec(args) {
        Err(why) => fail(context, &why),
        Ok(spec) => {
            let notes = args.each("annotation");
            let notes = notes.iter().filter_map(|pair| pair.split_once('='));
            let notes = notes.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            let made = Made::new(kind::INGRESS, name)
                .annotations(notes)
                .field("spec", Value::Map(spec));
            store(context, args, made, "ingress")
        }
    }
}

fn ingress_spec(args: &Args) -> Result<Map, String> {
    let mut spec = Map::new();
    if let Some(class) = args.get("class") {
        spec.insert("ingressClassName".to_owned(), Value::from(class));
    }
    if let Some(text) = args.get("default-backend") {
        spec.insert("defaultBackend".to_owned(), backend(text)?);
    }
    let (mut rules, mut tls): (Vec<(String, Vec<Value>)>, Vec<Value>) = (Vec::new(), Vec::new());
    for rule in args.each("rule") {
        let wrong = || {
            format!(
                "rule {rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
            )
        };
        let (place, target) = rule.split_once('=').ok_or_else(wrong)?;
        let (host, path) = place.split_once('/').ok_or_else(wrong)?;
        let (service, secret) = target
            .split_once(",tls")
            .map_or((target, None), |(s, t)| (s, Some(t)));
        let (path, type_) = match path.strip_suffix('*') {
            Some(path) => (path, "Prefix"),
            None => (path, "Exact"),
        };
        let entry = map([
            ("backend", backend(service).map_err(|_| wrong())?),
            ("path", Value::Str(format!("/{path}"))),
            ("pathType", Value::from(type_)),
        ]);
        match rules.iter_mut().find(|(name, _)| name == host) {
            Some((_, paths)) => paths.push(entry),
            None => rules.push((host.to_owned(), vec![entry])),
        }
        if let Some(secret) = secret {
            let mut fields =
                Map::from([("hosts".to_owned(), Value::List(vec![Value::from(host)]))]);
            if let Some(secret) = secret.strip_prefix('=').filter(|s| !s.is_empty()) {
                fields.insert("secretName".to_owned(), Value::from(secret));
            }
            tls.push(Value::Map(fields));
        }
    }
    if rules.is_empty() && !spec.contains_key("defaultBackend") {
        return Err("not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)".to_owned());
    }
    let rule = |(host, paths): (String, Vec<Value>)| {
        let mut fields = Map::from([("http".to_owned(), map([("paths", Value::List(paths))]))]);
        if !host.is_empty() {
            fields.insert("host".to_owned(), Value::Str(host));
        }
        Value::Map(fields)
    };
    if !rules.is_empty() {
        spec.insert(
            "rules".to_owned(),
            Value::List(rules.into_iter().map(rule).collect()),
        );
    }
    if !tls.is_empty() {
        spec.insert("tls".to_owned(), Value::List(tls));
    }
    Ok(spec)
}
