//! `kubectl debug`: a container added to a running Pod, a copy of a Pod, or a Pod in a node's own namespaces.

use super::args::Args;
use super::exec::{Attached, until_running};
use super::generate::map;
use super::{fail, resource};
use crate::api::image::Reference;
use crate::api::pod::Container;
use crate::api::{Map, Object, ObjectKey, ObjectMeta, Value, kind};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome};
use std::rc::Rc;

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Err(why) = check(args) {
        return fail(context, &why);
    }
    if let Some(target) = args.get("target").filter(|_| !args.is("quiet")) {
        context.out.line(&format!("Targeting container \"{target}\". If you don't see processes from this container it may be because the container runtime doesn't support this feature."));
    }
    let namespace = resource::namespace(context, args);
    let word = args.words.first().map(String::as_str).unwrap_or_default();
    let (type_, name) = match word.split_once('/') {
        None => (kind::POD, word),
        Some((type_, name)) => match resource::find(type_) {
            Ok(kind) => (kind, name),
            Err(why) => return fail(context, &why),
        },
    };
    let tables = context.world.cluster.tables();
    let object = match resource::get(tables, type_, &namespace, name) {
        Ok(object) => object,
        Err(status) => {
            context.out.error(&resource::refusal(&status, None));
            return Outcome::Exit(1);
        }
    };
    let made = if object.kind == kind::NODE {
        node(context, args, &object, &namespace)
    } else if object.kind != kind::POD {
        let about = format!("{}, Kind={}", object.kind.api_version(), object.kind.name);
        Err(format!("error: \"{about}\" not supported by debug"))
    } else if args.get("copy-to").is_some() {
        copy(context, args, &object)
    } else {
        ephemeral(context, args, &object)
    };
    let (key, container) = match made {
        Ok(made) => made,
        Err(why) => {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
    };
    let attach = args
        .get("attach")
        .map_or(args.is("stdin"), |_| args.is("attach"));
    if !attach || container.is_empty() {
        return Outcome::Exit(0);
    }
    if let Err(why) = until_running(context, &key) {
        context.out.error(&why);
        return Outcome::Exit(1);
    }
    let attached = Attached {
        ephemeral: object.kind == kind::POD && args.get("copy-to").is_none(),
        key,
        container,
        rm: false,
        tty: args.is("tty"),
        joined: false,
    };
    attached.begin(context, &args.rest.clone().unwrap_or_default())
}

fn check(args: &Args) -> Result<(), String> {
    let has = |flag: &str| args.get(flag).is_some();
    let rest = args.rest.as_ref().is_some_and(|rest| !rest.is_empty());
    let why = match () {
        () if has("copy-to") && !has("image") && !has("set-image") && !rest => {
            "you must specify --image, --set-image or command arguments."
        }
        () if has("copy-to") && rest && !has("container") && !has("image") => {
            "you must specify an existing container or a new image when specifying args."
        }
        () if !has("copy-to") && args.is("replace") => "--replace may only be used with --copy-to.",
        () if !has("copy-to") && args.is("same-node") => {
            "--same-node may only be used with --copy-to."
        }
        () if !has("copy-to") && has("set-image") => "--set-image may only be used with --copy-to.",
        () if !has("copy-to") && !has("image") => {
            "you must specify --image when not using --copy-to."
        }
        () if args.words.is_empty() => "NAME or filename is required for debug",
        () if has("target") && has("copy-to") => {
            "--target is incompatible with --copy-to. Use --share-processes instead."
        }
        () if args.is("tty") && !args.is("stdin") => {
            "-i/--stdin is required for containers with -t/--tty=true"
        }
        () => "",
    };
    let image = args.get("image").unwrap_or("ok");
    match why {
        "" if Reference::parse(image).is_none() => Err(format!(
            "invalid image name \"{image}\": invalid reference format"
        )),
        "" => Ok(()),
        why => Err(why.to_owned()),
    }
}

/// Five letters that no other debugging container has.
fn suffix(context: &Context<'_>) -> String {
    let cluster = &context.world.cluster;
    let label = format!("debug {}", cluster.end().0);
    cluster.sim().stream(&label).suffix(5)
}

/// The container that is asked for.
fn container(args: &Args, name: &str) -> Map {
    let mut container = map([
        ("image", Value::from(args.get("image").unwrap_or_default())),
        ("name", Value::from(name)),
    ]);
    let fields = container.as_map_mut();
    if let Some(fields) = fields {
        let mut put = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
        for (flag, key) in [("stdin", "stdin"), ("tty", "tty")] {
            if args.is(flag) {
                put(key, Value::Bool(true));
            }
        }
        if let Some(words) = args.rest.as_ref().filter(|words| !words.is_empty()) {
            let words = words
                .iter()
                .map(|word| Value::from(word.as_str()))
                .collect();
            put("command", Value::List(words));
        }
        put("terminationMessagePolicy", Value::from("File"));
        if let Some(target) = args.get("target") {
            put("targetContainerName", Value::from(target));
        }
    }
    container.as_map().cloned().unwrap_or_default()
}

/// A container added to a Pod.
fn ephemeral(
    context: &mut Context<'_>,
    args: &Args,
    pod: &Rc<Object>,
) -> Result<(ObjectKey, String), String> {
    let name = match args.get("container") {
        Some(name) => name.to_owned(),
        None => {
            let name = format!("debugger-{}", suffix(context));
            if !args.is("quiet") {
                let told = format!("Defaulting debug container name to {name}.");
                context.out.line(&told);
            }
            name
        }
    };
    let spec = pod.pod().map(|pod| pod.spec.clone()).unwrap_or_default();
    let taken = spec.containers.iter().chain(&spec.ephemeral_containers);
    if taken.chain(&spec.init_containers).any(|c| c.name == name) {
        return Err(format!(
            "The Pod \"{}\" is invalid: spec.ephemeralContainers[{}].name: Duplicate value: \"{name}\"",
            pod.meta.name,
            spec.ephemeral_containers.len()
        ));
    }
    let container = Container::from_map(container(args, &name));
    context.world.cluster.add_ephemeral(&pod.key(), container);
    // The image is there within a second or two.
    context.pass(Span::millis(1_200));
    Ok((pod.key(), name))
}

/// A Pod on a node, in the node's own namespaces.
fn node(
    context: &mut Context<'_>,
    args: &Args,
    node: &Object,
    namespace: &str,
) -> Result<(ObjectKey, String), String> {
    let container_name = args.get("container").unwrap_or("debugger").to_owned();
    let name = format!("node-debugger-{}-{}", node.meta.name, suffix(context));
    if !args.is("quiet") {
        context.out.line(&format!(
            "Creating debugging pod {name} with container {container_name} on node {}.",
            node.meta.name
        ));
    }
    let mut container = container(args, &container_name);
    container.insert(
        "volumeMounts".to_owned(),
        Value::List(vec![map([
            ("mountPath", Value::from("/host")),
            ("name", Value::from("host-root")),
        ])]),
    );
    let yes = || Value::Bool(true);
    let root = map([
        ("hostPath", map([("path", Value::from("/"))])),
        ("name", Value::from("host-root")),
    ]);
    let spec = map([
        ("containers", Value::List(vec![Value::Map(container)])),
        ("hostIPC", yes()),
        ("hostNetwork", yes()),
        ("hostPID", yes()),
        ("nodeName", Value::from(node.meta.name.as_str())),
        ("restartPolicy", Value::from("Never")),
        (
            "tolerations",
            Value::List(vec![map([("operator", Value::from("Exists"))])]),
        ),
        ("volumes", Value::List(vec![root])),
    ]);
    let meta = ObjectMeta {
        name,
        namespace: namespace.to_owned(),
        labels: [(
            "app.kubernetes.io/managed-by".to_owned(),
            "kubectl-debug".to_owned(),
        )]
        .into(),
        ..ObjectMeta::default()
    };
    let fields = Map::from([("spec".to_owned(), spec)]);
    create(context, Object::new(kind::POD, meta, fields)).map(|key| (key, container_name))
}

/// A copy of a Pod with another image, other words or one more container.
fn copy(
    context: &mut Context<'_>,
    args: &Args,
    pod: &Rc<Object>,
) -> Result<(ObjectKey, String), String> {
    let mut copied = pod.pod().cloned().unwrap_or_default();
    let mut spec = copied.spec.clone();
    spec.ephemeral_containers.clear();
    if !args.is("same-node") {
        spec.node_name.clear();
    }
    let images = args.all("set-image");
    for pair in images.iter().filter_map(|pair| pair.split_once('=')) {
        for container in &mut spec.containers {
            if pair.0 == "*" || pair.0 == container.name {
                pair.1.clone_into(&mut container.image);
            }
        }
    }
    let named = args.get("container").unwrap_or_default();
    let words = args.rest.clone().unwrap_or_default();
    let mut attach_to = String::new();
    if let Some(container) = spec.containers.iter_mut().find(|c| c.name == named) {
        if let Some(image) = args.get("image") {
            image.clone_into(&mut container.image);
        }
        if !words.is_empty() {
            container.command = words;
            container.args.clear();
        }
        (container.stdin, container.tty) = (args.is("stdin"), args.is("tty"));
        named.clone_into(&mut attach_to);
    } else if args.get("image").is_some() {
        attach_to = if named.is_empty() {
            let name = format!("debugger-{}", suffix(context));
            let told = format!("Defaulting debug container name to {name}.");
            context.out.line(&told);
            name
        } else {
            named.to_owned()
        };
        spec.containers
            .push(Container::from_map(container(args, &attach_to)));
    } else if images.is_empty() {
        return Err("error: you must specify image when creating new container".to_owned());
    }
    copied.spec = spec;
    let mut fields = copied.to_map();
    fields.remove("status");
    let meta = ObjectMeta {
        name: args.get("copy-to").unwrap_or_default().to_owned(),
        namespace: pod.meta.namespace.clone(),
        labels: pod.meta.labels.clone(),
        annotations: pod.meta.annotations.clone(),
        ..ObjectMeta::default()
    };
    let key = create(context, Object::new(kind::POD, meta, fields))?;
    if args.is("replace") {
        let _ = context.world.cluster.delete(&pod.key(), Some(0));
    }
    Ok((key, attach_to))
}

fn create(context: &mut Context<'_>, object: Object) -> Result<ObjectKey, String> {
    let created = context.world.cluster.create(object, None, false);
    created
        .map(|object| object.key())
        .map_err(|status| resource::refusal(&status, None))
}
