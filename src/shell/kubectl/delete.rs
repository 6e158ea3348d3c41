//! `kubectl delete`.

use super::apply::documents;
use super::args::Args;
use super::change::DryRun;
use super::{fail, resource};
use crate::api::ObjectKey;
use crate::cluster::{Cluster, Place};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Program, Progress, Stream};
use crate::store::Cascade;

/// No deletion takes longer than this without somebody's help.
const PATIENCE: Span = Span::secs(300);

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let dry = match DryRun::of(args) {
        Ok(dry) => dry,
        Err(why) => return fail(context, &why),
    };
    let names_only = match args.get("output") {
        None | Some("") => false,
        Some("name") => true,
        Some(other) => {
            return fail(
                context,
                &format!("unexpected -o output mode: {other}. We only support '-o name'"),
            );
        }
    };
    let grace = match grace(context, args) {
        Ok(grace) => grace,
        Err(outcome) => return outcome,
    };
    let cascade = match args.get("cascade") {
        None | Some("background" | "true" | "") => Cascade::Background,
        Some("foreground") => Cascade::Foreground,
        Some("orphan" | "false") => Cascade::Orphan,
        Some(other) => {
            let why = format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            );
            return fail(context, &why);
        }
    };
    let mut errors = Vec::new();
    let found = if args.get("filename").is_some() {
        Ok(from_files(context, args, &mut errors))
    } else {
        from_words(context, args, &mut errors)
    };
    let keys = match found {
        Ok(keys) => keys,
        Err(why) => return fail(context, &why),
    };
    let doomed = Doomed {
        args: args.clone(),
        place: context.place.clone(),
        keys,
        errors,
        dry,
        names_only,
        grace,
        cascade,
    };
    if args.is("interactive") && !doomed.keys.is_empty() {
        return doomed.ask(context);
    }
    Outcome::Exit(doomed.go(context))
}

/// What shall be deleted, and how.
#[derive(Clone)]
struct Doomed {
    args: Args,
    place: Place,
    keys: Vec<ObjectKey>,
    errors: Vec<String>,
    dry: DryRun,
    names_only: bool,
    grace: Option<i64>,
    cascade: Cascade,
}

impl Doomed {
    /// Lists what would go and waits for a yes; who cannot be asked has not said it.
    fn ask(self, context: &mut Context<'_>) -> Outcome {
        let (keys, count) = (&self.keys, self.keys.len());
        context.out.line(&format!(
            "You are about to delete the following {count} resource(s):"
        ));
        for key in keys {
            let name = format!("{}/{}", key.kind.prefix(), key.name);
            context.out.line(&name);
        }
        if context.tty {
            return Outcome::Foreground(Box::new(self));
        }
        context.out.write(Stream::Out, ASKED);
        let answer = context.stdin.take().unwrap_or_default();
        if answer.trim().eq_ignore_ascii_case("y") {
            return Outcome::Exit(self.go(context));
        }
        context.out.line("deletion is cancelled");
        Outcome::Exit(0)
    }

    fn go(self, context: &mut Context<'_>) -> i32 {
        let Self {
            args,
            keys,
            errors,
            dry,
            names_only,
            grace,
            cascade,
            ..
        } = self;
        act(
            context,
            &args,
            (keys, errors),
            (dry, names_only),
            (grace, cascade),
        )
    }
}

const ASKED: &str = "Do you want to continue? (y/N): ";

impl Program for Doomed {
    fn prompt(&self) -> String {
        ASKED.to_owned()
    }
    fn place(&self) -> Place {
        self.place.clone()
    }
    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        if line.trim().eq_ignore_ascii_case("y") {
            return Progress::Exit(self.clone().go(context));
        }
        self.end_of_input(context)
    }
    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("deletion is cancelled");
        Progress::Exit(0)
    }
}

/// Deletes what was found, and tells.
fn act(
    context: &mut Context<'_>,
    args: &Args,
    (keys, mut errors): (Vec<ObjectKey>, Vec<String>),
    (dry, names_only): (DryRun, bool),
    (grace, cascade): (Option<i64>, Cascade),
) -> i32 {
    let force = args.is("force") && grace == Some(0);
    if force && !keys.is_empty() {
        context.out.error("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.");
    }
    if keys.is_empty() && errors.is_empty() && !args.is("ignore-not-found") {
        context.out.line("No resources found");
    }
    let word = if force { "force deleted" } else { "deleted" };
    for key in &keys {
        if dry == DryRun::No
            && let Err(status) = context.world.cluster.delete_as(key, grace, cascade)
        {
            errors.push(resource::refusal(&status, None));
            continue;
        }
        let place = if key.namespace.is_empty() {
            String::new()
        } else {
            format!(" from {} namespace", key.namespace)
        };
        let prefix = key.kind.prefix();
        context.out.line(&if names_only {
            format!("{prefix}/{}", key.name)
        } else {
            format!("{prefix} \"{}\" {word}{place}{}", key.name, dry.suffix())
        });
    }
    // As kubectl does, it waits only once all are asked to go.
    if dry == DryRun::No && args.get("wait") != Some("false") {
        keys.iter().for_each(|key| until_gone(context, key));
    }
    for error in &errors {
        context.out.error(error);
    }
    i32::from(!errors.is_empty())
}

/// How many seconds what is deleted may take: none means its own.
fn grace(context: &mut Context<'_>, args: &Args) -> Result<Option<i64>, Outcome> {
    let given = args
        .get("grace-period")
        .map(|text| (text, text.parse::<i64>()));
    match given {
        Some((text, Err(_))) => Err(fail(
            context,
            &format!(
                "invalid argument \"{text}\" for \"--grace-period\" flag: strconv.ParseInt: parsing \"{text}\": invalid syntax\nSee 'kubectl delete --help' for usage."
            ),
        )),
        Some((_, Ok(0))) if !args.is("force") => Ok(Some(1)),
        Some((_, Ok(seconds))) if seconds >= 0 && args.is("now") => {
            let _ = seconds;
            Err(fail(
                context,
                "--now and --grace-period cannot be specified together",
            ))
        }
        Some((_, Ok(seconds))) if seconds > 0 && args.is("force") => Err(fail(
            context,
            "--force and --grace-period greater than 0 cannot be specified together",
        )),
        Some((_, Ok(seconds))) => Ok(Some(seconds).filter(|n| *n >= 0)),
        None if args.is("force") => Ok(Some(0)),
        None if args.is("now") => Ok(Some(1)),
        None => Ok(None),
    }
}

/// Lets time pass until an object is gone, as kubectl waits for finalizers.
pub(super) fn until_gone(context: &mut Context<'_>, key: &ObjectKey) {
    let Some(uid) = context
        .world
        .cluster
        .tables()
        .get(key)
        .map(|object| object.meta.uid.clone())
    else {
        return;
    };
    let end = context.world.cluster.now() + PATIENCE;
    let is_there = |cluster: &Cluster| {
        let found = cluster.tables().get(key);
        found.is_some_and(|object| object.meta.uid == uid) && cluster.now() < end
    };
    while is_there(&context.world.cluster) && context.pass(Span::millis(20)) {}
}

fn from_files(context: &mut Context<'_>, args: &Args, errors: &mut Vec<String>) -> Vec<ObjectKey> {
    let (items, found) = documents(context, &args.each("filename"));
    errors.extend(found);
    let mut keys = Vec::new();
    for item in &items {
        match super::apply::object(context, args, item) {
            Err(why) => errors.push(why),
            Ok(object) => {
                let key = object.key();
                if context.world.cluster.tables().get(&key).is_some() {
                    keys.push(key);
                } else if !args.is("ignore-not-found") {
                    let status = crate::api::Status::not_found(&key.kind.resource(), &key.name);
                    errors.push(resource::refusal(
                        &status,
                        Some(&format!("error when deleting \"{}\"", item.file)),
                    ));
                }
            }
        }
    }
    keys
}

fn from_words(
    context: &mut Context<'_>,
    args: &Args,
    errors: &mut Vec<String>,
) -> Result<Vec<ObjectKey>, String> {
    if args.words.is_empty() {
        let every = args.is("all") || args.get("selector").is_some();
        return Err(if every {
            "at least one resource must be specified to use a selector".to_owned()
        } else {
            resource::NOTHING_NAMED.to_owned()
        });
    }
    let namespace = resource::namespace(context, args);
    let targets = resource::targets(&args.words)?.items;
    resource::warn(context, targets.iter().map(|(kind, _)| *kind));
    let tables = context.world.cluster.tables();
    let selecting = ["selector", "field-selector"]
        .iter()
        .any(|f| args.get(f).is_some());
    if (selecting || args.is("all")) && targets.iter().any(|(_, name)| name.is_some()) {
        return Err("name cannot be provided when a selector is specified".to_owned());
    }
    if selecting && args.is("all") {
        return Err("setting 'all' parameter but found a non empty selector. ".to_owned());
    }
    if args.is("all-namespaces") && targets.iter().any(|(_, name)| name.is_some()) {
        return Err("a resource cannot be retrieved by name across all namespaces".to_owned());
    }
    let mut keys = Vec::new();
    for (kind, name) in targets {
        let Some(name) = name else {
            let selected = args.get("selector").is_some() || args.get("field-selector").is_some();
            if !selected && !args.is("all") {
                return Err("resource(s) were provided, but no name was specified".to_owned());
            }
            let scope = (!args.is("all-namespaces")).then_some(namespace.as_str());
            match resource::selected(tables, args, kind, scope) {
                Ok(objects) => keys.extend(objects.iter().map(|object| object.key())),
                Err(why) => errors.push(why),
            }
            continue;
        };
        match resource::get(tables, kind, &namespace, &name) {
            Ok(object) => keys.push(object.key()),
            Err(_) if args.is("ignore-not-found") => {}
            Err(status) => errors.push(resource::refusal(&status, None)),
        }
    }
    Ok(keys)
}
