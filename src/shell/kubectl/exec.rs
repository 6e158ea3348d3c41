//! `kubectl exec` and `attach`: programs in containers, and the terminal of a Pod's own program.

use super::args::Args;
use super::{fail, resource};
use crate::api::image::{Main, lookup, main_program};
use crate::api::pod::Pod;
use crate::api::{Object, ObjectKey, StringMap, kind};
use crate::cluster::Place;
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Program, Progress};
use crate::shell::reading::{launch, pod_shell};
use crate::store::Tables;
use std::rc::Rc;

/// How long kubectl waits for a Pod to run.
const PATIENCE: Span = Span::secs(60);

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let command = match (&args.rest, args.words.as_slice()) {
        (_, []) => {
            return fail(context, "pod, type/name or --filename must be specified");
        }
        (_, [none, ..]) if none.is_empty() => {
            return fail(context, "pod, type/name or --filename must be specified");
        }
        (Some(command), _) if !command.is_empty() => command.clone(),
        (_, [_]) => {
            return fail(
                context,
                "you must specify at least one command for the container",
            );
        }
        _ => {
            context.out.error("error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples");
            return Outcome::Exit(1);
        }
    };
    let (object, container) = match find(context, args) {
        Ok(found) => found,
        Err(why) => {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
    };
    let Some(pod) = object.pod() else {
        return Outcome::Exit(1);
    };
    if pod.is_finished() {
        return fail(
            context,
            &format!(
                "cannot exec into a container in a completed pod; current phase is {}",
                pod.status.phase
            ),
        );
    }
    let statuses = &pod.status;
    let all = statuses.container_statuses.iter();
    let running = all
        .chain(&statuses.ephemeral_container_statuses)
        .chain(&statuses.init_container_statuses)
        .any(|s| s.name == container && s.state.running.is_some());
    if !running {
        return fail(
            context,
            &format!(
                "Internal error occurred: unable to upgrade connection: container not found (\"{container}\")"
            ),
        );
    }
    let place = Place::pod(&object.meta.namespace, &object.meta.name, &container);
    execute(context, &place, &command, args.is("tty"))
}

/// Runs a program in a container and tells how it ended.
fn execute(context: &mut Context<'_>, place: &Place, command: &[String], tty: bool) -> Outcome {
    let mut inner = Context {
        place,
        cwd: "/",
        tty: tty && context.tty,
        ..context.inner()
    };
    match launch(&mut inner, command) {
        Some(Outcome::Exit(status)) => ended(context, status),
        Some(Outcome::Foreground(program)) => Outcome::Foreground(Box::new(Executing {
            place: place.clone(),
            child: Some(program),
        })),
        None => {
            let name = command.first().map(String::as_str).unwrap_or_default();
            context.out.error(&format!("error: Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: \"{name}\": executable file not found in $PATH"));
            Outcome::Exit(1)
        }
    }
}

fn ended(context: &mut Context<'_>, status: i32) -> Outcome {
    if status != 0 {
        context
            .out
            .error(&format!("command terminated with exit code {status}"));
    }
    Outcome::Exit(status)
}

/// The Pod and the container that the words name.
fn find(context: &mut Context<'_>, args: &Args) -> Result<(Rc<Object>, String), String> {
    let namespace = resource::namespace(context, args);
    let word = args.words.first().map(String::as_str).unwrap_or_default();
    let tables = context.world.cluster.tables();
    let object = match word.split_once('/') {
        None => resource::get(tables, kind::POD, &namespace, word)
            .map_err(|s| resource::refusal(&s, None))?,
        Some((type_, name)) => {
            let type_ = resource::find(type_).map_err(|why| format!("error: {why}"))?;
            let owner = resource::get(tables, type_, &namespace, name)
                .map_err(|s| resource::refusal(&s, None))?;
            if let Some(why) = without_selector(&owner) {
                return Err(format!("error: cannot attach to {why}"));
            }
            first_pod(context, &owner)
                .ok_or_else(|| "error: timed out waiting for the condition".to_owned())?
        }
    };
    let Some(pod) = object.pod() else {
        return Err(format!("error: cannot attach to {}", object.kind.name));
    };
    let names = container_names(pod);
    let bare = |name: &String| name.split(' ').next().map(str::to_owned);
    let container = match args.get("container") {
        Some(name) if names.iter().filter_map(bare).any(|n| n == name) => name.to_owned(),
        Some(name) => {
            return Err(format!(
                "error: container {name} is not valid for pod {} out of: {}",
                object.meta.name,
                names.join(", ")
            ));
        }
        None => {
            let wanted = object
                .meta
                .annotations
                .get("kubectl.kubernetes.io/default-container");
            let first = wanted
                .cloned()
                .or(names.first().cloned())
                .unwrap_or_default();
            if names.len() > 1 && wanted.is_none() && !args.is("quiet") {
                context.out.error(&format!(
                    "Defaulted container \"{first}\" out of: {}",
                    names.join(", ")
                ));
            }
            first
        }
    };
    Ok((object, container))
}

/// The names of a Pod's containers, as kubectl lists them: those that run first, and those for debugging, are marked.
pub(super) fn container_names(pod: &Pod) -> Vec<String> {
    let plain = pod.spec.containers.iter().map(|c| c.name.clone());
    let ephemeral = pod.spec.ephemeral_containers.iter();
    let init = pod.spec.init_containers.iter();
    plain
        .chain(ephemeral.map(|c| format!("{} (ephem)", c.name)))
        .chain(init.map(|c| format!("{} (init)", c.name)))
        .collect()
}

/// The first Pod behind a workload or a Service.
pub(super) fn first_pod(context: &Context<'_>, owner: &Object) -> Option<Rc<Object>> {
    first_pod_of(context.world.cluster.tables(), owner)
}

/// The same, for who has only the tables.
pub(super) fn first_pod_of(tables: &Tables, owner: &Object) -> Option<Rc<Object>> {
    pods_of(tables, owner).into_iter().next()
}

/// The Pods behind a workload or a Service, those that are ready first.
pub(super) fn pods_of(tables: &Tables, owner: &Object) -> Vec<Rc<Object>> {
    if owner.kind == kind::POD {
        return vec![Rc::new(owner.clone())];
    }
    let labels = match owner.service() {
        Some(service) => Some(service.spec.selector.clone()),
        None => selector_of(owner),
    };
    let Some(labels) = labels.filter(|labels| !labels.is_empty()) else {
        return Vec::new();
    };
    let mut pods: Vec<Rc<Object>> = tables
        .pods_with(&owner.meta.namespace, &labels)
        .into_iter()
        .cloned()
        .collect();
    pods.sort_by_key(|pod| !pod.pod().is_some_and(Pod::is_ready));
    pods
}

/// Why there cannot be Pods behind an object.
pub(super) fn without_selector(owner: &Object) -> Option<String> {
    const WITH: &str =
        "Pod Service Deployment ReplicaSet ReplicationController StatefulSet DaemonSet Job";
    let type_ = format!("*{}.{}", owner.kind.version, owner.kind.name);
    if !WITH.split(' ').any(|kind| kind == owner.kind.name) {
        return Some(format!("{type_}: selector for {type_} not implemented"));
    }
    let service = owner.service()?;
    let name = &owner.meta.name;
    service.spec.selector.is_empty().then(|| {
        format!("{type_}: invalid service '{name}': Service is defined without a selector")
    })
}

/// The labels that a workload selects its Pods by.
fn selector_of(owner: &Object) -> Option<StringMap> {
    let value = owner.to_value();
    let labels = value.at(&["spec", "selector", "matchLabels"])?;
    let pairs = labels.as_map()?.iter();
    Some(
        pairs
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect(),
    )
}

/// A program in a container, started by exec.
#[derive(Clone)]
struct Executing {
    place: Place,
    child: Option<Box<dyn Program>>,
}

impl Program for Executing {
    fn place(&self) -> Place {
        self.place.clone()
    }
    fn start(&mut self, _context: &mut Context<'_>) -> Progress {
        self.child.take().map_or(Progress::Exit(0), Progress::Push)
    }
    fn end_of_input(&mut self, _context: &mut Context<'_>) -> Progress {
        Progress::Exit(0)
    }
    fn child_ended(&mut self, context: &mut Context<'_>, status: i32) -> Progress {
        match ended(context, status) {
            Outcome::Exit(status) => Progress::Exit(status),
            Outcome::Foreground(_) => Progress::Stay,
        }
    }
}

/// Lets time pass until the Pod runs or has ended.
pub(super) fn until_running(context: &mut Context<'_>, key: &ObjectKey) -> Result<(), String> {
    let end = context.world.cluster.now() + PATIENCE;
    loop {
        let cluster = &context.world.cluster;
        let Some(object) = cluster.tables().get(key) else {
            return Err(resource::refusal(
                &crate::api::Status::not_found("pods", &key.name),
                None,
            ));
        };
        let started = object.pod().is_some_and(|pod| {
            pod.is_finished()
                || pod
                    .status
                    .container_statuses
                    .iter()
                    .any(|s| s.state.running.is_some())
        });
        if started {
            return Ok(());
        }
        if cluster.now() >= end || !context.pass(Span::millis(50)) {
            return Err("error: timed out waiting for the condition".to_owned());
        }
    }
}

/// The terminal of a Pod's own program: what `kubectl run -it` and `attach` give.
#[derive(Clone)]
pub(super) struct Attached {
    pub(super) key: ObjectKey,
    pub(super) container: String,
    pub(super) rm: bool,
    pub(super) tty: bool,
    /// Whether the program ran before: then leaving it does not end it.
    pub(super) joined: bool,
    /// Whether the container was added to look into the Pod.
    pub(super) ephemeral: bool,
}

impl Attached {
    /// Runs the words of a one-off command, or gives the terminal to the container's shell.
    pub(super) fn begin(self, context: &mut Context<'_>, words: &[String]) -> Outcome {
        let place = self.pod_place();
        let spec = context
            .world
            .cluster
            .tables()
            .get(&self.key)
            .and_then(|o| o.pod().map(|p| p.spec.clone()));
        let container = spec.and_then(|spec| {
            let mut containers = spec.containers.iter().chain(&spec.ephemeral_containers);
            containers.find(|c| c.name == self.container).cloned()
        });
        let Some(container) = container else {
            return Outcome::Exit(1);
        };
        let image = lookup(&container.image);
        let shell = image.shells.first().copied();
        let is_shell = main_program(&container) == Main::Shell;
        if !words.is_empty() && !is_shell {
            return self.one_off(context, &place, words);
        }
        if self.tty {
            context.out.error("All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.");
        }
        context
            .out
            .error("If you don't see a command prompt, try pressing enter.");
        let child = shell
            .filter(|_| is_shell)
            .map(|program| pod_shell(context.world, place, program));
        Outcome::Foreground(Box::new(Following {
            attached: self,
            child,
        }))
    }

    fn pod_place(&self) -> Place {
        Place::pod(&self.key.namespace, &self.key.name, &self.container)
    }

    /// A command in place of the image's program: its output, then the end of the Pod.
    fn one_off(self, context: &mut Context<'_>, place: &Place, words: &[String]) -> Outcome {
        let mut inner = Context {
            place,
            cwd: "/",
            ..context.inner()
        };
        match launch(&mut inner, words) {
            Some(Outcome::Foreground(program)) => Outcome::Foreground(Box::new(Following {
                attached: self,
                child: Some(program),
            })),
            Some(Outcome::Exit(status)) => Outcome::Exit(self.finish(context, status)),
            None => {
                let name = words.first().map(String::as_str).unwrap_or_default();
                context.out.error(&format!("error: the container's runtime cannot start \"{name}\": executable file not found in $PATH"));
                Outcome::Exit(self.finish(context, 127))
            }
        }
    }

    /// The program has ended: so has the Pod, which goes if `--rm` asked for it.
    fn finish(&self, context: &mut Context<'_>, status: i32) -> i32 {
        let (cluster, code) = (&mut context.world.cluster, i64::from(status));
        if self.ephemeral {
            cluster.end_ephemeral(&self.key, &self.container, code);
            return status;
        }
        cluster.end_process(&self.key, &self.container, code);
        if self.rm {
            remove(context, &self.key);
        }
        if status != 0 {
            context.out.error(&format!(
                "pod {}/{} terminated (Error)",
                self.key.namespace, self.key.name
            ));
        }
        status
    }
}

/// Deletes a Pod and waits until it is gone.
pub(super) fn remove(context: &mut Context<'_>, key: &ObjectKey) {
    if context.world.cluster.delete(key, None).is_ok() {
        super::delete::until_gone(context, key);
        context.out.line(&format!(
            "pod \"{}\" deleted from {} namespace",
            key.name, key.namespace
        ));
    }
}

/// The foreground of an attached Pod.
#[derive(Clone)]
struct Following {
    attached: Attached,
    child: Option<Box<dyn Program>>,
}

impl Program for Following {
    fn place(&self) -> Place {
        self.attached.pod_place()
    }
    fn start(&mut self, _context: &mut Context<'_>) -> Progress {
        // A server reads nothing from its terminal: the reader leaves it with Ctrl-C.
        self.child.take().map_or(Progress::Stay, Progress::Push)
    }
    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("^C");
        if self.attached.joined {
            return Progress::Exit(130);
        }
        Progress::Exit(self.attached.finish(context, 0))
    }
    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        if self.attached.joined {
            return Progress::Exit(0);
        }
        Progress::Exit(self.attached.finish(context, 0))
    }
    fn child_ended(&mut self, context: &mut Context<'_>, status: i32) -> Progress {
        if self.attached.tty {
            let Attached { key, container, .. } = &self.attached;
            let again = format!(
                "'kubectl attach {} -c {container} -n {} -i -t'",
                key.name, key.namespace
            );
            context.out.line(&if self.attached.ephemeral {
                format!("Session ended, the ephemeral container will not be restarted but may be reattached using {again} if it is still running")
            } else {
                format!("Session ended, resume using {again} command")
            });
        }
        Progress::Exit(self.attached.finish(context, status))
    }
}

/// `kubectl attach`.
pub(super) fn attach(context: &mut Context<'_>, args: &Args) -> Outcome {
    if args.words.is_empty() {
        return fail(context, "at least 1 argument is required for attach");
    }
    match find(context, args) {
        Ok((object, container)) => {
            let attached = Attached {
                key: object.key(),
                ephemeral: is_ephemeral(&object, &container),
                container,
                rm: false,
                tty: args.is("tty"),
                joined: true,
            };
            attached.begin(context, &[])
        }
        Err(why) => {
            context.out.error(&why);
            Outcome::Exit(1)
        }
    }
}

fn is_ephemeral(object: &Object, container: &str) -> bool {
    let pod = object.pod();
    let mut all = pod
        .into_iter()
        .flat_map(|pod| &pod.spec.ephemeral_containers);
    all.any(|c| c.name == container)
}
