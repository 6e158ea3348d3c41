//! `kubectl run`: a bare Pod, and a terminal in it.

use super::args::{Args, Flag, Takes, flag};
use super::create::{self, map};
use super::{exec, fail};
use crate::api::{Map, Object, ObjectKey, ObjectMeta, StringMap, Value, kind};
use crate::shell::context::{Context, Outcome};

pub(super) const FLAGS: &[Flag] = &[
    flag("image", None, Takes::Value),
    flag("restart", None, Takes::Value),
    flag("rm", None, Takes::Nothing),
    flag("stdin", Some('i'), Takes::Nothing),
    flag("tty", Some('t'), Takes::Nothing),
    flag("port", None, Takes::Value),
    flag("expose", None, Takes::Nothing),
    flag("labels", Some('l'), Takes::Value),
    flag("env", None, Takes::Value),
    flag("command", None, Takes::Nothing),
    flag("attach", None, Takes::Nothing),
    flag("quiet", Some('q'), Takes::Nothing),
    flag("dry-run", None, Takes::Maybe("unchanged")),
    flag("output", Some('o'), Takes::Value),
    flag("image-pull-policy", None, Takes::Value),
    flag("annotations", None, Takes::Value),
    flag("overrides", None, Takes::Value),
    flag("pod-running-timeout", None, Takes::Value),
];

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let Some(name) = args.words.first() else {
        return fail(
            context,
            "NAME is required for run\nSee 'kubectl run -h' for help and examples",
        );
    };
    let Some(image) = args.get("image") else {
        return fail(context, "required flag(s) \"image\" not set");
    };
    let (stdin, tty) = (args.is("stdin"), args.is("tty"));
    if tty && !stdin {
        return fail(
            context,
            "-i/--stdin is required for containers with -t/--tty=true",
        );
    }
    let attach = stdin || args.is("attach");
    if args.is("rm") && !attach {
        return fail(
            context,
            "--rm should only be used for attached containers\nSee 'kubectl run -h' for help and examples",
        );
    }
    let policy = args.get("restart").unwrap_or("Always");
    if !["Always", "OnFailure", "Never"].contains(&policy) {
        return fail(
            context,
            &format!(
                "invalid restart policy: {policy}\nSee 'kubectl run -h' for help and examples"
            ),
        );
    }
    if args.is("expose") {
        let Some(port) = args.get("port").and_then(|p| p.parse::<i64>().ok()) else {
            return fail(context, "--port must be set when exposing a service");
        };
        let port = map([
            ("port", Value::Int(port)),
            ("protocol", Value::from("TCP")),
            ("targetPort", Value::Int(port)),
        ]);
        let selector = labels(args, name)
            .into_iter()
            .map(|(k, v)| (k, Value::Str(v)))
            .collect();
        let spec = map([
            ("ports", Value::List(vec![port])),
            ("selector", Value::Map(selector)),
        ]);
        let made = create::generate(
            context,
            args,
            kind::SERVICE,
            name,
            Map::from([("spec".to_owned(), spec)]),
            "",
        );
        if let Outcome::Exit(1) = made {
            return made;
        }
    }
    let object = pod(args, name, image, policy);
    if !attach {
        return create::store(context, args, object, "");
    }
    let mut object = object;
    object.meta.namespace = super::resource::namespace(context, args);
    let key = object.key();
    if let Err(status) = context.world.cluster.create(object, None, false) {
        context.out.error(&super::resource::refusal(&status, None));
        return Outcome::Exit(1);
    }
    attached(context, args, &key)
}

fn labels(args: &Args, name: &str) -> StringMap {
    let given = args.all("labels");
    if given.is_empty() {
        return [("run".to_owned(), name.to_owned())].into();
    }
    given
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
}

fn pod(args: &Args, name: &str, image: &str, policy: &str) -> Object {
    let mut container = Map::from([
        ("image".to_owned(), Value::from(image)),
        ("name".to_owned(), Value::from(name)),
        ("resources".to_owned(), map([])),
    ]);
    let mut put = |key: &str, value: Value| {
        container.insert(key.to_owned(), value);
    };
    let extra: Vec<String> = args
        .words
        .iter()
        .skip(1)
        .cloned()
        .chain(args.rest.clone().unwrap_or_default())
        .collect();
    if !extra.is_empty() {
        let words = extra
            .iter()
            .map(|word| Value::from(word.as_str()))
            .collect();
        put(
            if args.is("command") {
                "command"
            } else {
                "args"
            },
            Value::List(words),
        );
    }
    let variables: Vec<Value> = args
        .each("env")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| map([("name", Value::from(key)), ("value", Value::from(value))]))
        .collect();
    if !variables.is_empty() {
        put("env", Value::List(variables));
    }
    if let Some(port) = args.get("port").and_then(|p| p.parse::<i64>().ok()) {
        put(
            "ports",
            Value::List(vec![map([("containerPort", Value::Int(port))])]),
        );
    }
    if let Some(policy) = args.get("image-pull-policy") {
        put("imagePullPolicy", Value::from(policy));
    }
    if args.is("stdin") {
        put("stdin", Value::Bool(true));
        put("stdinOnce", Value::Bool(true));
    }
    if args.is("tty") {
        put("tty", Value::Bool(true));
    }
    let spec = map([
        ("containers", Value::List(vec![Value::Map(container)])),
        ("dnsPolicy", Value::from("ClusterFirst")),
        ("restartPolicy", Value::from(policy)),
    ]);
    let meta = ObjectMeta {
        name: name.to_owned(),
        labels: labels(args, name),
        ..Default::default()
    };
    Object::new(kind::POD, meta, Map::from([("spec".to_owned(), spec)]))
}

/// Waits for the Pod, then gives the terminal to what runs in it.
fn attached(context: &mut Context<'_>, args: &Args, key: &ObjectKey) -> Outcome {
    if let Err(why) = exec::until_running(context, key) {
        context.out.error(&why);
        if args.is("rm") {
            exec::remove(context, key);
        }
        return Outcome::Exit(1);
    }
    let words: Vec<String> = args
        .words
        .iter()
        .skip(1)
        .cloned()
        .chain(args.rest.clone().unwrap_or_default())
        .collect();
    let program = exec::Attached {
        key: key.clone(),
        container: key.name.to_string(),
        rm: args.is("rm"),
        tty: args.is("tty"),
    };
    program.begin(context, &words)
}
