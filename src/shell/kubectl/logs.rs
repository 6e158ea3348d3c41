//! `kubectl logs`: what programs wrote, of one Pod or of all that a selector finds, and on as they write more.

use super::args::Args;
use super::wait::seconds;
use super::{exec, fail, resource};
use crate::api::pod::Pod;
use crate::api::{Object, ObjectKey, kind};
use crate::cluster::Place;
use crate::kernel::{Sim, SimTime, Span, unix};
use crate::shell::context::{Context, Outcome, Program, Progress};
use std::rc::Rc;

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples";
/// So many lines of each Pod are shown if a selector finds them.
const SELECTED_TAIL: usize = 10;

/// Whose log is shown.
struct Source {
    pod: ObjectKey,
    /// What stands before each line.
    prefix: String,
    /// How many lines were shown.
    shown: usize,
}

/// Which lines are shown, and how.
struct Lines {
    tail: Option<usize>,
    since: SimTime,
    timestamps: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let lines = match Lines::read(context, args) {
        Ok(lines) => lines,
        Err(why) => return fail(context, &why),
    };
    let pods = match pods(context, args) {
        Ok(pods) => pods,
        Err(why) => {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
    };
    let mut sources = Vec::new();
    for pod in &pods {
        match containers(context, args, pod) {
            Ok(mut more) => sources.append(&mut more),
            Err(why) => {
                context.out.error(&why);
                return Outcome::Exit(1);
            }
        }
    }
    let most = args
        .get("max-log-requests")
        .and_then(|n| n.parse().ok())
        .unwrap_or(5);
    let follows = args.is("follow") && !sources.is_empty();
    if follows && sources.len() > most {
        let count = sources.len();
        return fail(
            context,
            &format!(
                "you are attempting to follow {count} log streams, but maximum allowed concurrency is {most}, use --max-log-requests to increase the limit"
            ),
        );
    }
    let mut written = false;
    for source in &mut sources {
        written |= source.print(context, &lines);
    }
    if !written && !sources.is_empty() {
        context
            .out
            .note("Of all programs, only CoreDNS writes a log in this simulation.");
        return Outcome::Exit(0);
    }
    if follows {
        return Outcome::Foreground(Box::new(Following {
            place: context.place.clone(),
            sources,
            lines,
        }));
    }
    Outcome::Exit(0)
}

impl Lines {
    fn read(context: &Context<'_>, args: &Args) -> Result<Self, String> {
        let sim = context.world.cluster.sim();
        let mut since = SimTime(0);
        if let Some(text) = args.get("since") {
            let span = seconds(text)
                .ok_or_else(|| format!("invalid argument \"{text}\" for \"--since\" flag: time: invalid duration \"{text}\""))?;
            since = SimTime(sim.now.0.saturating_sub(Span::secs(span).0));
        }
        if let Some(text) = args.get("since-time") {
            if args.get("since").is_some() {
                return Err(
                    "at most one of `sinceTime` or `sinceSeconds` may be specified".to_owned(),
                );
            }
            let at = unix(text).ok_or_else(|| format!("parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\""))?;
            let after = u64::try_from(at - sim.unix(SimTime(0))).unwrap_or(0);
            since = SimTime(0) + Span::secs(after);
        }
        let tail = match args.get("tail").map(str::parse::<i64>) {
            Some(Ok(count)) if count < -1 => {
                return Err("--tail must be greater than or equal to -1".to_owned());
            }
            Some(Ok(count)) => usize::try_from(count).ok(),
            Some(Err(_)) | None => args.get("selector").map(|_| SELECTED_TAIL),
        };
        Ok(Self {
            tail,
            since,
            timestamps: args.is("timestamps"),
        })
    }
}

/// The Pods that are meant.
fn pods(context: &mut Context<'_>, args: &Args) -> Result<Vec<Rc<Object>>, String> {
    let namespace = resource::namespace(context, args);
    let selects = args.get("selector").is_some();
    let word = match args.words.as_slice() {
        [] if !selects => return Err(format!("error: {USAGE}")),
        [] => {
            let tables = context.world.cluster.tables();
            let found = resource::selected(tables, args, kind::POD, Some(&namespace))?;
            if found.is_empty() {
                context
                    .out
                    .error(&format!("No resources found in {namespace} namespace."));
            }
            return Ok(found);
        }
        [_, ..] if selects => {
            return Err("error: only a selector (-l) or a POD name is allowed\nSee 'kubectl logs -h' for help and examples".to_owned());
        }
        [word] | [word, _] => word,
        _ => return Err(format!("error: {USAGE}")),
    };
    let tables = context.world.cluster.tables();
    let (type_, name) = word.split_once('/').unwrap_or(("pods", word));
    let kind = resource::find(type_).map_err(|why| format!("error: {why}"))?;
    let found = resource::get(tables, kind, &namespace, name).ok();
    let found = found.ok_or_else(|| {
        format!("error: error from server (NotFound): {} \"{name}\" not found in namespace \"{namespace}\"", kind.plural)
    })?;
    if kind == kind::POD {
        return Ok(vec![found]);
    }
    let none = || format!("error: timed out waiting for the condition: no pod of {word} is there");
    let first = exec::first_pod(context, &found).ok_or_else(none)?;
    let all = first.meta.owner_references.first().map_or(1, |owner| {
        let owned = |pod: &&Rc<Object>| {
            pod.meta
                .owner_references
                .first()
                .is_some_and(|o| o.uid == owner.uid)
        };
        let tables = context.world.cluster.tables();
        tables
            .in_namespace(kind::POD, &namespace)
            .filter(owned)
            .count()
    });
    if all > 1 {
        context
            .out
            .error(&format!("Found {all} pods, using pod/{}", first.meta.name));
    }
    Ok(vec![first])
}

/// The containers of a Pod that are meant.
fn containers(
    context: &mut Context<'_>,
    args: &Args,
    object: &Object,
) -> Result<Vec<Source>, String> {
    let Some(pod) = object.pod() else {
        return Ok(Vec::new());
    };
    let names: Vec<&str> = pod
        .spec
        .containers
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    let given = args
        .get("container")
        .or(args.words.get(1).map(String::as_str));
    let chosen: Vec<&str> = match given {
        Some(name) if !names.contains(&name) => {
            return Err(format!(
                "error: container {name} is not valid for pod {}",
                object.meta.name
            ));
        }
        Some(name) => vec![name],
        None if args.is("all-containers") => names.clone(),
        None => {
            let first = names.first().copied().unwrap_or_default();
            if names.len() > 1 {
                context.out.error(&format!(
                    "Defaulted container \"{first}\" out of: {}",
                    names.join(", ")
                ));
            }
            vec![first]
        }
    };
    let mut sources = Vec::new();
    for name in chosen {
        usable(object, pod, name, args.is("previous"))?;
        let prefix = if args.is("prefix") {
            format!("[pod/{}/{name}] ", object.meta.name)
        } else {
            String::new()
        };
        sources.push(Source {
            pod: object.key(),
            prefix,
            shown: 0,
        });
    }
    Ok(sources)
}

/// Whether a container has, or has had, a log.
fn usable(object: &Object, pod: &Pod, name: &str, previous: bool) -> Result<(), String> {
    let status = pod
        .status
        .container_statuses
        .iter()
        .find(|s| s.name == name);
    let pod = &object.meta.name;
    if previous && status.is_none_or(|s| s.restart_count.unwrap_or(0) == 0) {
        return Err(format!(
            "Error from server (BadRequest): previous terminated container \"{name}\" in pod \"{pod}\" not found"
        ));
    }
    let waiting = status
        .and_then(|s| s.state.waiting.as_ref())
        .map(|w| w.reason.as_str());
    match waiting {
        Some(reason) if reason != "CrashLoopBackOff" => {
            let why = if reason.contains("Image") {
                "trying and failing to pull image"
            } else {
                reason
            };
            Err(format!(
                "Error from server (BadRequest): container \"{name}\" in pod \"{pod}\" is waiting to start: {why}"
            ))
        }
        _ => Ok(()),
    }
}

impl Source {
    /// Prints what was not shown yet; whether the program writes a log at all.
    fn print(&mut self, context: &mut Context<'_>, lines: &Lines) -> bool {
        let Some(log) = context.world.cluster.log_of(&self.pod) else {
            return false;
        };
        let first = self.shown == 0;
        let skip = match lines.tail {
            Some(tail) if first => log.len().saturating_sub(tail),
            _ => self.shown,
        };
        self.shown = log.len().max(1);
        for line in log.iter().skip(skip).filter(|line| line.at >= lines.since) {
            let time = if lines.timestamps {
                precise(context.world.cluster.sim(), line.at)
            } else {
                String::new()
            };
            context
                .out
                .line(&format!("{}{time}{}", self.prefix, line.text));
        }
        true
    }
}

/// `2026-01-05T09:00:43.000350000Z `.
fn precise(sim: &Sim, at: SimTime) -> String {
    let whole = sim.timestamp_at(at);
    let micros = at.0 % 1_000_000;
    format!("{}.{micros:06}000Z ", whole.trim_end_matches('Z'))
}

/// `kubectl logs -f`: prints lines as they are written.
struct Following {
    place: Place,
    sources: Vec<Source>,
    lines: Lines,
}

impl Following {
    fn catch_up(&mut self, context: &mut Context<'_>) -> Progress {
        let mut any = false;
        for source in &mut self.sources {
            any |= source.print(context, &self.lines);
        }
        if any {
            Progress::Stay
        } else {
            Progress::Exit(0)
        }
    }
}

impl Program for Following {
    fn prompt(&self) -> String {
        String::new()
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context)
    }

    fn line(&mut self, context: &mut Context<'_>, _: &str) -> Progress {
        self.catch_up(context)
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context);
        if context.tty {
            context.out.line("^C");
        }
        Progress::Exit(130)
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context)
    }
}
