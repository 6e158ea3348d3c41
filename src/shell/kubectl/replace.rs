//! `kubectl replace`.

use super::apply::{documents, object, source};
use super::args::Args;
use super::change::DryRun;
use super::{delete, fail, output, resource};
use crate::api::Status;
use crate::shell::context::{Context, Outcome};

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let names = args.each("filename");
    if names.is_empty() {
        return fail(context, "must specify one of -f and -k");
    }
    let dry = match DryRun::of(args) {
        Ok(dry) => dry,
        Err(why) => return fail(context, &why),
    };
    let grace = args
        .get("grace-period")
        .and_then(|text| text.parse::<i64>().ok());
    if grace.is_some_and(|seconds| seconds >= 0) && !args.is("force") {
        return fail(context, "--grace-period must have --force specified");
    }
    let (items, mut errors) = documents(context, &names);
    // Alone among the verbs that read files, it says nothing of an empty standard input.
    if items.is_empty() && errors.is_empty() && names != ["-"] {
        errors.push("error: no objects passed to replace".to_owned());
    }
    for item in &items {
        let replaced = object(context, args, item).and_then(|new| {
            let doing = format!("error when replacing \"{}\"", item.file);
            let refused = |status: Status| resource::refusal(&status, Some(&doing));
            let key = new.key();
            if args.is("force") && dry == DryRun::No {
                if context.world.cluster.delete(&key, None).is_ok() {
                    let place = if key.namespace.is_empty() {
                        String::new()
                    } else {
                        format!(" from {} namespace", key.namespace)
                    };
                    context.out.line(&format!(
                        "{} \"{}\" deleted{place}",
                        key.kind.prefix(),
                        key.name
                    ));
                    delete::until_gone(context, &key);
                }
                return context
                    .world
                    .cluster
                    .create(new, Some(source(item)), false)
                    .map_err(refused);
            }
            if dry == DryRun::Client {
                return Ok(std::rc::Rc::new(new));
            }
            context
                .world
                .cluster
                .update(new, Some(source(item)), dry == DryRun::Server)
                .map_err(refused)
        });
        let said = replaced.and_then(|object| {
            let word = format!("replaced{}", dry.suffix());
            output::said(context, args, &object, &word).map_err(|why| format!("error: {why}"))
        });
        errors.extend(said.err());
    }
    for error in &errors {
        context.out.error(error);
    }
    Outcome::Exit(i32::from(!errors.is_empty()))
}
