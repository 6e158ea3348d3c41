//! `kubectl create job` and `create cronjob`.

use super::args::Args;
use super::create::{list, name, required};
use super::generate::{Made, map, store};
use super::{fail, resource};
use crate::api::{Map, StringMap, Value, kind};
use crate::shell::context::{Context, Outcome};

/// The template of a Job's Pods.
fn job_template(args: &Args, name: &str, restart: &str) -> Value {
    let mut container = Map::from([
        (
            "image".to_owned(),
            Value::from(args.get("image").unwrap_or_default()),
        ),
        ("name".to_owned(), Value::from(name)),
    ]);
    if let Some(command) = args.rest.as_ref().filter(|rest| !rest.is_empty()) {
        container.insert("command".to_owned(), list(command));
    }
    let spec = map([
        ("containers", Value::List(vec![Value::Map(container)])),
        ("restartPolicy", Value::from(restart)),
    ]);
    map([("metadata", map([])), ("spec", spec)])
}

pub(super) fn job(context: &mut Context<'_>, args: &Args) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    if args.get("image").is_some() == args.get("from").is_some() {
        return fail(context, "either --image or --from must be specified");
    }
    if args.get("from").is_some() {
        return from_cron_job(context, args, name);
    }
    let spec = map([("template", job_template(args, name, "Never"))]);
    store(
        context,
        args,
        Made::new(kind::JOB, name).field("spec", spec),
        "job",
    )
}

/// `--from=cronjob/NAME`: a Job of that template, at once.
fn from_cron_job(context: &mut Context<'_>, args: &Args, name: &str) -> Outcome {
    let from = args.get("from").unwrap_or_default();
    let (word, source) = from.split_once('/').unwrap_or((from, ""));
    let of = match resource::find(word) {
        Ok(found) => found,
        Err(why) => return fail(context, &why),
    };
    let namespace = resource::namespace(context, args);
    let tables = context.world.cluster.tables();
    let cron_job = match resource::get(tables, of, &namespace, source) {
        Ok(_) if of != kind::CRON_JOB => {
            let why = format!("unknown object type *{}.{}", of.version, of.name);
            return fail(context, &why);
        }
        Ok(cron_job) => cron_job,
        Err(status) => {
            context.out.error(&resource::refusal(&status, None));
            return Outcome::Exit(1);
        }
    };
    let value = cron_job.to_value();
    let template = value.at(&["spec", "jobTemplate"]);
    let spec = template.and_then(|template| template.get("spec")).cloned();
    let texts = |field: &str| {
        let found = template.and_then(|template| template.at(&["metadata", field])?.as_map());
        let pairs = found.into_iter().flat_map(|map| map.iter());
        let pairs = pairs.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())));
        pairs.collect::<StringMap>()
    };
    let mut annotations = texts("annotations");
    annotations.insert(
        "cronjob.kubernetes.io/instantiate".to_owned(),
        "manual".to_owned(),
    );
    let owner = map([
        ("apiVersion", Value::Str(cron_job.kind.api_version())),
        ("controller", Value::Bool(true)),
        ("kind", Value::from(cron_job.kind.name)),
        ("name", Value::from(source)),
        ("uid", Value::from(cron_job.meta.uid.as_str())),
    ]);
    let made = Made::new(kind::JOB, name)
        .labels(texts("labels"))
        .annotations(annotations)
        .owner(owner)
        .field("spec", spec.unwrap_or_default());
    store(context, args, made, "job")
}

pub(super) fn cron_job(context: &mut Context<'_>, args: &Args) -> Outcome {
    let missing: Vec<&str> = ["image", "schedule"]
        .into_iter()
        .filter(|flag| args.get(flag).is_none())
        .collect();
    if !missing.is_empty() {
        return required(context, &missing.join("\", \""));
    }
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    let restart = args.get("restart").unwrap_or("OnFailure");
    let job = map([
        ("metadata", map([("name", Value::from(name))])),
        (
            "spec",
            map([("template", job_template(args, name, restart))]),
        ),
    ]);
    let schedule = args.get("schedule").unwrap_or_default();
    let spec = map([("jobTemplate", job), ("schedule", Value::from(schedule))]);
    store(
        context,
        args,
        Made::new(kind::CRON_JOB, name).field("spec", spec),
        "cronjob",
    )
}
