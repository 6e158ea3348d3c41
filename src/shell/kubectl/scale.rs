//! `kubectl scale`.

use super::args::Args;
use super::change::{self, named};
use super::fail;
use crate::api::{Object, Value, kind};
use crate::shell::context::{Context, Outcome};

/// How many Pods a workload wants.
fn wanted(object: &Object) -> i64 {
    let value = object.to_value();
    value
        .at(&["spec", "replicas"])
        .and_then(Value::as_int)
        .unwrap_or(1)
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let replicas = match args.get("replicas").map(str::parse::<i64>) {
        Some(Ok(replicas)) if replicas >= 0 => replicas,
        Some(Err(_)) => {
            let text = args.get("replicas").unwrap_or_default();
            return fail(
                context,
                &format!(
                    "invalid argument \"{text}\" for \"--replicas\" flag: strconv.ParseInt: parsing \"{text}\": invalid syntax\nSee 'kubectl scale --help' for usage."
                ),
            );
        }
        None => return super::create::required(context, "replicas"),
        Some(Ok(_)) => {
            return fail(
                context,
                "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
            );
        }
    };
    let objects = match named(context, args, &args.words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    if objects.is_empty() {
        return fail(context, "no objects passed to scale");
    }
    let mut status = 0;
    for object in objects {
        const SCALABLE: [crate::api::KindRef; 4] = [
            kind::DEPLOYMENT,
            kind::REPLICA_SET,
            kind::STATEFUL_SET,
            kind::REPLICATION_CONTROLLER,
        ];
        if !SCALABLE.contains(&object.kind) {
            context.out.error(
                "Error from server (NotFound): the server could not find the requested resource",
            );
            return Outcome::Exit(1);
        }
        let dry = change::DryRun::of(args) == Ok(change::DryRun::Client);
        let expected = args
            .get("current-replicas")
            .filter(|_| !dry)
            .and_then(|text| text.parse::<i64>().ok());
        if let Some(expected) = expected.filter(|n| *n >= 0 && *n != wanted(&object)) {
            return fail(
                context,
                &format!(
                    "Expected replicas to be {expected}, was {}",
                    wanted(&object)
                ),
            );
        }
        let mut value = object.to_value();
        if let Some(spec) = value
            .as_map_mut()
            .and_then(|m| m.get_mut("spec"))
            .and_then(Value::as_map_mut)
        {
            spec.insert("replicas".to_owned(), Value::Int(replicas));
        }
        let after = Object::from_value(value).unwrap_or_else(|| (*object).clone());
        if let Outcome::Exit(code) = change::write(context, args, after, "scaled") {
            status = status.max(code);
        }
    }
    Outcome::Exit(status)
}
