//! `kubectl run`: a bare Pod, and a terminal in it.

use super::args::Args;
use super::generate::{self, Made, map};
use super::{exec, fail};
use crate::api::{Map, ObjectKey, StringMap, Value, kind};
use crate::shell::context::{Context, Outcome};

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let Some(image) = args.get("image") else {
        return fail(context, "required flag(s) \"image\" not set");
    };
    let Some(name) = args.words.first() else {
        return fail(
            context,
            "NAME is required for run\nSee 'kubectl run -h' for help and examples",
        );
    };
    if let Some(why) = wrong(args, image) {
        return fail(context, &why);
    }
    let (stdin, tty) = (args.is("stdin"), args.is("tty"));
    if tty && !stdin {
        return fail(
            context,
            "-i/--stdin is required for containers with -t/--tty=true\nSee 'kubectl run -h' for help and examples",
        );
    }
    let attach = stdin || args.is("attach");
    if args.is("rm") && !attach {
        return fail(
            context,
            "--rm should only be used for attached containers\nSee 'kubectl run -h' for help and examples",
        );
    }
    let dry = super::change::DryRun::of(args) != Ok(super::change::DryRun::No);
    if dry && attach {
        return fail(
            context,
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)\nSee 'kubectl run -h' for help and examples",
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
    if args.is("expose")
        && let Some(outcome) = expose(context, args, name)
    {
        return outcome;
    }
    let made = match pod(args, name, image, policy) {
        Ok(made) => made,
        Err(why) => return fail(context, &why),
    };
    if !attach {
        return generate::store(context, args, made, "");
    }
    let object = made.object(&super::resource::namespace(context, args));
    let key = object.key();
    if let Err(status) = context.world.cluster.create(object, None, false) {
        context.out.error(&super::resource::refusal(&status, None));
        return Outcome::Exit(1);
    }
    attached(context, args, &key)
}

/// `--expose`: the Service before the Pod; what went wrong ends the command.
fn expose(context: &mut Context<'_>, args: &Args, name: &str) -> Option<Outcome> {
    let Some(port) = args.get("port").and_then(|p| p.parse::<i64>().ok()) else {
        return Some(fail(
            context,
            "--port must be set when exposing a service\nSee 'kubectl run -h' for help and examples",
        ));
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
    let service = Made::new(kind::SERVICE, name).field("spec", spec);
    let made = generate::store(context, args, service, "");
    if let Outcome::Exit(1) = made {
        return Some(made);
    }
    if args.get("output") == Some("yaml") {
        // The verb writes one, and the printer another.
        context.out.line("---\n---");
    }
    None
}

/// What is wrong with the flags themselves.
fn wrong(args: &Args, image: &str) -> Option<String> {
    if image.is_empty() {
        return Some("--image is required".to_owned());
    }
    if image.contains(char::is_whitespace) {
        return Some(format!(
            "Invalid image name \"{image}\": invalid reference format"
        ));
    }
    let policy = args.get("image-pull-policy").unwrap_or_default();
    if !["", "Always", "IfNotPresent", "Never"].contains(&policy) {
        return Some(format!(
            "invalid image pull policy: {policy}\nSee 'kubectl run -h' for help and examples"
        ));
    }
    if let Some(pair) = args.all("labels").iter().find(|pair| !pair.contains('=')) {
        return Some(format!("unexpected label spec: {pair}"));
    }
    if let Some(pair) = args.each("env").iter().find(|pair| !pair.contains('=')) {
        return Some(format!("invalid env: {pair}"));
    }
    let port = args
        .get("port")
        .filter(|port| port.parse::<i64>().is_err())?;
    Some(format!("strconv.Atoi: parsing \"{port}\": invalid syntax"))
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

/// The container of the Pod.
fn container(args: &Args, name: &str, image: &str) -> Value {
    let mut container = Map::from([
        ("image".to_owned(), Value::from(image)),
        ("name".to_owned(), Value::from(name)),
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
    if args.is("privileged") {
        put("securityContext", map([("privileged", Value::Bool(true))]));
    }
    Value::Map(container)
}

fn pod(args: &Args, name: &str, image: &str, policy: &str) -> Result<Made, String> {
    let spec = map([
        (
            "containers",
            Value::List(vec![container(args, name, image)]),
        ),
        ("dnsPolicy", Value::from("ClusterFirst")),
        ("restartPolicy", Value::from(policy)),
    ]);
    let annotations: StringMap = args
        .each("annotations")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    let made = Made::new(kind::POD, name)
        .labels(labels(args, name))
        .annotations(annotations)
        .field("spec", spec);
    generate::overridden(args, made)
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
        joined: false,
        ephemeral: false,
    };
    program.begin(context, &words)
}
