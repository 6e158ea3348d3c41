//! `kubectl logs`: what programs wrote when they started, of the requests that arrived, and what their commands echo.
//!
//! Programs are not run: the lines of a known image come from a table, requests from the event log, and a command that
//! only echoes is echoed. What else a program would write is left out.

use super::args::Args;
use super::log_lines::{SPEECHES, Speech};
use super::wait::seconds;
use super::{exec, fail, resource, said};
use crate::api::image::Reference;
use crate::api::pod::{Container, ContainerStatus, Pod};
use crate::api::{Object, kind};
use crate::cluster::{Cluster, Place, SERVED};
use crate::kernel::{Event, Seq, SimTime, Span, civil, month_name, timestamp, unix};
use crate::shell::context::{Context, Outcome, Program, Progress, Stream};
use std::rc::Rc;

/// How many lines of each Pod `-l` shows, unless told.
const TAIL_OF_MANY: usize = 10;

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples";

/// One container whose log is asked for.
#[derive(Clone)]
struct Source {
    pod: Rc<Object>,
    container: String,
}

/// One line, with the time at which it was written.
pub(super) struct LogLine {
    /// Seconds since 1970.
    at: i64,
    micros: u64,
    text: String,
}

impl LogLine {
    pub(super) fn new(at: i64, text: &str) -> Self {
        Self {
            at,
            micros: 0,
            text: text.to_owned(),
        }
    }
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    if args.words.is_empty() && args.get("selector").is_none() {
        return fail(context, USAGE);
    }
    if !args.words.is_empty() && args.get("selector").is_some() {
        return fail(
            context,
            "only a selector (-l) or a POD name is allowed\nSee 'kubectl logs -h' for help and examples",
        );
    }
    if args.words.len() > 2 {
        return fail(context, USAGE);
    }
    if let Some(why) = wrong(args) {
        return fail(context, &why);
    }
    if args.get("since").is_some() && args.get("since-time").is_some() {
        return fail(
            context,
            "at most one of `sinceTime` or `sinceSeconds` may be specified",
        );
    }
    let sources = match sources(context, args) {
        Ok(sources) => sources,
        Err(Some(why)) => {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
        Err(None) => return Outcome::Exit(0),
    };
    let most = args.get("max-log-requests").and_then(|n| n.parse().ok());
    let (count, most) = (sources.len(), most.unwrap_or(5));
    if args.is("follow") && count > most {
        return fail(
            context,
            &format!(
                "you are attempting to follow {count} log streams, but maximum allowed concurrency is {most}, use --max-log-requests to increase the limit"
            ),
        );
    }
    let mut status = 0;
    for source in &sources {
        if let Some(why) = source.refusal(args.is("previous")) {
            context.out.error(&why);
            status = 1;
            continue;
        }
        let lines = source.lines(context, args.is("previous"));
        show(context, args, source, &lines, args.words.is_empty());
    }
    if args.is("follow") && status == 0 {
        let seen = context.world.cluster.end();
        return Outcome::Foreground(Box::new(Following {
            sources,
            args: args.clone(),
            place: context.place.clone(),
            seen,
            until: context.world.cluster.now() + Span::micros(1),
        }));
    }
    Outcome::Exit(status)
}

/// What is wrong with the values of the flags.
fn wrong(args: &Args) -> Option<String> {
    const SEE: &str = "\nSee 'kubectl logs --help' for usage.";
    if args.get("since").is_some_and(|text| text.starts_with('-')) {
        return Some("--since must be greater than 0".to_owned());
    }
    if let Some(why) = args.get("since-time").and_then(not_a_time) {
        return Some(why);
    }
    for (flag, least, why) in [
        ("tail", -1, "--tail must be greater than or equal to -1"),
        ("limit-bytes", 0, "--limit-bytes must be greater than 0"),
    ] {
        match args.get(flag).map(|text| (text, text.parse::<i64>())) {
            Some((text, Err(_))) => {
                return Some(format!(
                    "invalid argument \"{text}\" for \"--{flag}\" flag: strconv.ParseInt: parsing \"{text}\": invalid syntax{SEE}"
                ));
            }
            Some((_, Ok(number))) if number < least => return Some(why.to_owned()),
            _ => {}
        }
    }
    let container = args
        .get("container")
        .filter(|_| args.is("all-containers"))?;
    Some(format!(
        "--all-containers=true should not be specified with container name {container}"
    ))
}

/// Why Go reads no time from a text, which must be as RFC 3339 has it: the first part that is not there.
fn not_a_time(text: &str) -> Option<String> {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    const PARTS: [(&str, usize); 11] = [
        ("2006", 4),
        ("-", 1),
        ("01", 2),
        ("-", 1),
        ("02", 2),
        ("T", 1),
        ("15", 2),
        (":", 1),
        ("04", 2),
        (":", 1),
        ("05", 2),
    ];
    if text.is_empty() || unix(text).is_some() {
        return None;
    }
    let mut rest = text;
    let refused = |rest: &str, part: &str| {
        Some(format!(
            "parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as {part:?}"
        ))
    };
    for (part, length) in PARTS {
        let Some((found, after)) = rest.split_at_checked(length) else {
            return refused(rest, part);
        };
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        if digits && !found.bytes().all(|b| b.is_ascii_digit()) || !digits && found != part {
            return refused(rest, part);
        }
        rest = after;
    }
    if rest == "Z" {
        return Some(format!("parsing time {text:?}: out of range"));
    }
    refused(rest, "Z07:00")
}

/// The containers that are asked for; `None` in the error if nothing more is to be said.
fn sources(context: &mut Context<'_>, args: &Args) -> Result<Vec<Source>, Option<String>> {
    let namespace = resource::namespace(context, args);
    let tables = context.world.cluster.tables();
    let Some(word) = args.words.first() else {
        let pods = resource::selected(tables, args, kind::POD, Some(&namespace)).map_err(Some)?;
        if pods.is_empty() {
            context
                .out
                .error(&format!("No resources found in {namespace} namespace."));
            return Err(None);
        }
        let all = pods.into_iter().flat_map(|pod| of_pod(&pod, args, None));
        return Ok(all.collect());
    };
    let missing = |what: &str, name: &str| {
        Some(format!(
            "error: error from server (NotFound): {what} \"{name}\" not found in namespace \"{namespace}\""
        ))
    };
    let pod = match word.split_once('/') {
        None => tables.find(kind::POD, &namespace, word).cloned(),
        Some((type_, name)) => {
            let type_ = resource::find(type_).map_err(|why| Some(format!("error: {why}")))?;
            let owner = resource::get(tables, type_, &namespace, name)
                .map_err(|_| missing(&type_.resource(), name))?;
            let pods = exec::pods_of(tables, &owner);
            if let Some(why) = exec::without_selector(&owner) {
                return Err(Some(format!("error: cannot get the logs from {why}")));
            }
            let first = pods.first().cloned();
            if let (Some(first), true) = (&first, pods.len() > 1) {
                context.out.error(&format!(
                    "Found {} pods, using pod/{}",
                    pods.len(),
                    first.meta.name
                ));
            }
            Some(
                first
                    .ok_or_else(|| Some("error: timed out waiting for the condition".to_owned()))?,
            )
        }
    };
    let pod = pod.ok_or_else(|| missing("pods", word))?;
    let wanted = args
        .get("container")
        .or(args.words.get(1).map(String::as_str));
    let found = of_pod(&pod, args, wanted);
    let names = pod.pod().map(exec::container_names).unwrap_or_default();
    if let (Some(name), true) = (wanted, found.is_empty()) {
        return Err(Some(format!(
            "error: container {name} is not valid for pod {} out of: {}",
            pod.meta.name,
            names.join(", ")
        )));
    }
    if wanted.is_none() && names.len() > 1 && !args.is("all-containers") {
        let first = found.first().map_or("", |source| source.container.as_str());
        context.out.error(&format!(
            "Defaulted container \"{first}\" out of: {}",
            names.join(", ")
        ));
    }
    Ok(found)
}

/// The containers of a Pod that are asked for: one, or all.
fn of_pod(object: &Rc<Object>, args: &Args, wanted: Option<&str>) -> Vec<Source> {
    let Some(pod) = object.pod() else {
        return Vec::new();
    };
    let all = pod.spec.init_containers.iter().chain(&pod.spec.containers);
    let names = all.map(|container| container.name.as_str());
    let source = |name: &str| Source {
        pod: object.clone(),
        container: name.to_owned(),
    };
    let wanted = wanted.or(args.get("container"));
    if let Some(wanted) = wanted {
        return names.filter(|name| *name == wanted).map(source).collect();
    }
    if args.is("all-containers") {
        return names.map(source).collect();
    }
    let first = pod.spec.containers.first();
    first.map(|first| source(&first.name)).into_iter().collect()
}

impl Source {
    fn status(&self) -> Option<&ContainerStatus> {
        let status = &self.pod.pod()?.status;
        let all = &status.container_statuses;
        let mut all = all.iter().chain(&status.init_container_statuses);
        all.find(|s| s.name == self.container).map(|s| &**s)
    }

    fn container(&self) -> Option<&Container> {
        let spec = &self.pod.pod()?.spec;
        let mut all = spec.containers.iter().chain(&spec.init_containers);
        all.find(|c| c.name == self.container)
    }

    /// What the kubelet says if there is no log.
    fn refusal(&self, previous: bool) -> Option<String> {
        let (name, pod) = (&self.container, &self.pod.meta.name);
        let state = self.status();
        if previous {
            let ended = state.is_some_and(|s| s.last_state.terminated.is_some());
            return (!ended).then(|| format!("Error from server (BadRequest): previous terminated container \"{name}\" in pod \"{pod}\" not found"));
        }
        let waiting = state.and_then(|s| s.state.waiting.as_ref());
        let reason = match (state, waiting) {
            (None, _) => "ContainerCreating",
            (Some(_), None) => return None,
            (Some(s), Some(_)) if s.last_state.terminated.is_some() => return None,
            (Some(_), Some(waiting)) => waiting.reason.as_str(),
        };
        let why = match reason {
            "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" => {
                "trying and failing to pull image"
            }
            other => other,
        };
        Some(format!(
            "Error from server (BadRequest): container \"{name}\" in pod \"{pod}\" is waiting to start: {why}"
        ))
    }

    /// When the run began that is asked for, and when it ended.
    fn run(&self, previous: bool) -> Option<(i64, Option<i64>)> {
        let status = self.status()?;
        let ended = |state: &crate::api::pod::ContainerState| {
            let ended = state.terminated.as_ref()?;
            Some((unix(&ended.started_at)?, unix(&ended.finished_at)))
        };
        if previous {
            return ended(&status.last_state);
        }
        let running = status.state.running.as_ref();
        let running = running.and_then(|r| Some((unix(&r.started_at)?, None)));
        running
            .or_else(|| ended(&status.state))
            .or_else(|| ended(&status.last_state))
    }

    /// All lines of a run, oldest first.
    fn lines(&self, context: &mut Context<'_>, previous: bool) -> Vec<LogLine> {
        if let Some(own) = self.own(&mut context.world.cluster, SimTime(0)) {
            return own;
        }
        let (Some(container), Some((began, ended))) = (self.container(), self.run(previous)) else {
            return Vec::new();
        };
        let cluster = &context.world.cluster;
        let until = ended.unwrap_or_else(|| cluster.sim().unix(cluster.now()));
        let mut lines = said::lines(context, &self.pod, container, (began, until));
        let cluster = &context.world.cluster;
        let words = container.command.iter().chain(&container.args).next();
        let speech = speech(container).filter(|_| container.command.is_empty() || words.is_none());
        if let Some(speech) = speech {
            let start = self.filled(speech.start, began, None);
            lines.extend(start.lines().map(|text| LogLine::new(began, text)));
            let until = ended.unwrap_or(i64::MAX);
            let served = self.served(cluster, Seq(0));
            lines.extend(
                served
                    .into_iter()
                    .filter(|line| (began..=until).contains(&line.at)),
            );
            if let Some(ended) = ended {
                let stop = self.filled(speech.stop, ended, None);
                lines.extend(stop.lines().map(|text| LogLine::new(ended, text)));
            }
        }
        lines
    }

    /// What a program that is really imitated has written since a time; `None` if this is none.
    fn own(&self, cluster: &mut Cluster, since: SimTime) -> Option<Vec<LogLine>> {
        let log = cluster.log_of(&self.pod.key())?;
        let sim = cluster.sim();
        let line = |line: &crate::dns::LogLine| LogLine {
            micros: line.at.0 % 1_000_000,
            ..LogLine::new(sim.unix(line.at), &line.text)
        };
        Some(log.iter().filter(|l| l.at >= since).map(line).collect())
    }

    /// The lines about requests from a place of the event log on.
    fn served(&self, cluster: &Cluster, from: Seq) -> Vec<LogLine> {
        let Some(speech) = self.container().and_then(speech) else {
            return Vec::new();
        };
        if speech.request.is_empty() {
            return Vec::new();
        }
        let ours = |event: &&Event| {
            event.kind.id == SERVED.id
                && event.text("uid") == self.pod.meta.uid
                && event.text("container") == self.container
        };
        let events = cluster.events_since(from).filter(ours);
        let line = |event: &Event| {
            let at = cluster.sim().unix(event.at);
            LogLine {
                micros: event.at.0 % 1_000_000,
                ..LogLine::new(at, &self.filled(speech.request, at, Some(event)))
            }
        };
        events.map(line).collect()
    }

    /// A text of the table with its braces filled.
    fn filled(&self, text: &str, at: i64, event: Option<&Event>) -> String {
        let (year, month, day, hour, minute, second) = civil(at);
        let name = month_name(month).get(..3).unwrap_or_default();
        let time = format!("{hour:02}:{minute:02}:{second:02}");
        let tag = self
            .container()
            .and_then(|c| Reference::parse(&c.image))
            .map(|reference| reference.tag)
            .filter(|tag| {
                tag.trim_start_matches('v')
                    .starts_with(|c: char| c.is_ascii_digit())
            })
            .unwrap_or_else(|| "latest".to_owned());
        let ip = self.pod.pod().map_or("", |pod| pod.status.pod_ip.as_str());
        let request = event.map_or("", |event| event.text("request"));
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let number = |key: &str| event.map_or(String::new(), |event| event.int(key).to_string());
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
            .get(at.div_euclid(86_400).rem_euclid(7) as usize)
            .copied()
            .unwrap_or_default();
        let pairs: [(&str, String); 17] = [
            ("{iso}", format!("{year}-{month:02}-{day:02} {time}")),
            ("{t}", format!("{year}-{month:02}-{day:02}T{time}")),
            ("{slash}", format!("{year}/{month:02}/{day:02} {time}")),
            ("{clf}", format!("{day:02}/{name}/{year}:{time} +0000")),
            ("{redis}", format!("{day:02} {name} {year} {time}.000")),
            (
                "{apache}",
                format!("{weekday} {name} {day:02} {time}.000000 {year}"),
            ),
            ("{klog}", format!("I{month:02}{day:02} {time}.000000")),
            ("{unix}", at.to_string()),
            ("{ip}", ip.to_owned()),
            ("{version}", tag.trim_start_matches('v').to_owned()),
            (
                "{client}",
                event.map_or(String::new(), |e| e.text("client").to_owned()),
            ),
            ("{request}", request.to_owned()),
            ("{method}", method.to_owned()),
            ("{path}", path.to_owned()),
            (
                "{agent}",
                event.map_or(String::new(), |e| e.text("agent").to_owned()),
            ),
            ("{status}", number("status")),
            ("{size}", number("size")),
        ];
        let mut out = text.to_owned();
        for (key, value) in pairs {
            if out.contains(key) {
                out = out.replace(key, &value);
            }
        }
        out
    }
}

fn speech(container: &Container) -> Option<&'static Speech> {
    let reference = Reference::parse(&container.image)?;
    SPEECHES
        .iter()
        .find(|row| row.images.contains(&reference.repository.as_str()))
}

/// Prints lines as the flags ask.
fn show(context: &mut Context<'_>, args: &Args, source: &Source, lines: &[LogLine], many: bool) {
    let now = context
        .world
        .cluster
        .sim()
        .unix(context.world.cluster.now());
    let after = match (args.get("since"), args.get("since-time")) {
        (Some(since), _) => seconds(since).map(|seconds| now - seconds as i64),
        (None, Some(time)) => unix(time),
        (None, None) => None,
    };
    let recent: Vec<&LogLine> = lines
        .iter()
        .filter(|line| after.is_none_or(|after| line.at >= after))
        .collect();
    let tail = match args.get("tail").and_then(|n| n.parse::<i64>().ok()) {
        Some(n) => usize::try_from(n).unwrap_or(usize::MAX),
        None if many => TAIL_OF_MANY,
        None => usize::MAX,
    };
    let skipped = recent.len().saturating_sub(tail);
    let mut text = String::new();
    for line in recent.iter().skip(skipped) {
        if args.is("prefix") || args.is("all-pods") {
            text.push_str(&format!(
                "[pod/{}/{}] ",
                source.pod.meta.name, source.container
            ));
        }
        if args.is("timestamps") {
            let time = timestamp(line.at);
            text.push_str(&format!(
                "{}.{:06}000Z ",
                time.trim_end_matches('Z'),
                line.micros
            ));
        }
        text.push_str(&line.text);
        text.push('\n');
    }
    let most = args
        .get("limit-bytes")
        .and_then(|n| n.parse::<usize>().ok());
    if let Some(most) = most.filter(|most| *most > 0 && *most < text.len()) {
        let cut = (0..=most).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(cut.unwrap_or(0));
    }
    context.out.write(Stream::Out, &text);
}

/// `kubectl logs -f`: what is written from now on, until Ctrl-C or the container's end.
#[derive(Clone)]
struct Following {
    sources: Vec<Source>,
    args: Args,
    place: Place,
    /// Up to where the event log, and up to when a log of its own, was shown.
    seen: Seq,
    until: SimTime,
}

impl Following {
    fn catch_up(&mut self, context: &mut Context<'_>) -> Progress {
        let cluster = &mut context.world.cluster;
        let from = std::mem::replace(&mut self.seen, cluster.end());
        let since = std::mem::replace(&mut self.until, cluster.now() + Span::micros(1));
        for source in &self.sources {
            let cluster = &mut context.world.cluster;
            let lines = match source.own(cluster, since) {
                Some(lines) => lines,
                None => source.served(cluster, from),
            };
            show(context, &self.args, source, &lines, false);
        }
        let alive = |source: &Source| {
            let tables = context.world.cluster.tables();
            tables.get(&source.pod.key()).is_some_and(|pod| {
                pod.meta.uid == source.pod.meta.uid && !pod.pod().is_some_and(Pod::is_finished)
            })
        };
        if self.sources.iter().any(alive) {
            Progress::Stay
        } else {
            Progress::Exit(0)
        }
    }
}

impl Program for Following {
    fn place(&self) -> Place {
        self.place.clone()
    }
    fn start(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context)
    }
    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context)
    }
    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context);
        context.out.line("^C");
        Progress::Exit(130)
    }
}
