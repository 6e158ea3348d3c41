//! kubectl v1.36: the verbs that Service work needs, in its words.
//!
//! Each verb is a row of [`VERBS`], with a table of its flags; the rows drive parsing, help and completion.

mod age;
mod apply;
mod args;
mod create;
mod delete;
mod describe;
mod exec;
mod expose;
mod get;
mod info;
mod jsonpath;
mod label;
mod logs;
mod merge;
pub mod printers;
mod resource;
mod run;
mod scale;
mod table;
mod wait;

use super::context::{Context, Outcome};
use crate::manifest::nearest;
use args::{Args, Flag};

/// One verb: a row of [`VERBS`].
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// An example.
    pub example: &'static str,
    flags: &'static [Flag],
    run: fn(&mut Context<'_>, &Args) -> Outcome,
}

macro_rules! verbs {
    ($($name:literal $summary:literal $example:literal $flags:expr, $run:path;)*) => {
        /// Every verb.
        pub const VERBS: &[Verb] =
            &[$(Verb { name: $name, summary: $summary, example: $example, flags: $flags, run: $run }),*];
    };
}

verbs! {
    "get" "Display one or many resources" "kubectl get services" get::FLAGS, get::run;
    "describe" "Show details of a specific resource or group of resources" "kubectl describe service redis" describe::FLAGS, describe::run;
    "apply" "Apply a configuration to a resource by file name or stdin" "kubectl apply -f redis-clusterip.yaml" apply::FLAGS, apply::run;
    "create" "Create a resource from a file or from stdin" "kubectl create deployment redis --image=redis" create::FLAGS, create::run;
    "run" "Run a particular image on the cluster" "kubectl run busybox --rm -it --restart=Never --image=busybox" run::FLAGS, run::run;
    "exec" "Execute a command in a container" "kubectl exec -it busybox -- sh" exec::FLAGS, exec::run;
    "attach" "Attach to a running container" "kubectl attach busybox -it" exec::FLAGS, exec::attach;
    "delete" "Delete resources by file names, stdin, resources and names, or by resources and label selector" "kubectl delete deployment redis" delete::FLAGS, delete::run;
    "expose" "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service" "kubectl expose deployment redis --port=6379" expose::FLAGS, expose::run;
    "scale" "Set a new size for a deployment, replica set, or replication controller" "kubectl scale deployment redis --replicas=3" scale::FLAGS, scale::run;
    "set" "Set specific features on objects" "kubectl set image deployment/redis redis=redis:7" scale::SET_FLAGS, scale::set;
    "rollout" "Manage the rollout of a resource" "kubectl rollout status deployment/redis" wait::FLAGS, wait::rollout;
    "wait" "Wait for a specific condition on one or many resources" "kubectl wait --for=condition=Ready pod/busybox" wait::FLAGS, wait::run;
    "label" "Update the labels on a resource" "kubectl label pod busybox tier=client" label::FLAGS, label::label;
    "annotate" "Update the annotations on a resource" "kubectl annotate service redis note=cache" label::FLAGS, label::annotate;
    "logs" "Print the logs for a container in a pod" "kubectl logs busybox" logs::FLAGS, logs::run;
    "explain" "Get documentation for a resource" "kubectl explain service.spec.ports" info::FLAGS, info::explain;
    "api-resources" "Print the supported API resources on the server" "kubectl api-resources" info::FLAGS, info::api_resources;
    "cluster-info" "Display cluster information" "kubectl cluster-info" info::FLAGS, info::cluster_info;
    "config" "Modify kubeconfig files" "kubectl config set-context --current --namespace=demo" info::FLAGS, info::config;
    "version" "Print the client and server version information" "kubectl version" info::FLAGS, info::version;
}

/// Runs kubectl; the first word is its own name.
pub fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let words = argv.get(1..).unwrap_or_default();
    let at = verb_position(words);
    let Some(name) = at.and_then(|at| words.get(at)) else {
        help(context);
        return Outcome::Exit(0);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        help(context);
        return Outcome::Exit(0);
    }
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        return unknown(context, name);
    };
    let others: Vec<String> = words
        .iter()
        .enumerate()
        .filter(|(i, _)| Some(*i) != at)
        .map(|(_, word)| word.clone())
        .collect();
    match Args::parse(&others, verb.flags) {
        Ok(args) if args.is("help") => {
            context.out.line(&format!(
                "{}.\n\nExample:\n  {}",
                verb.summary, verb.example
            ));
            Outcome::Exit(0)
        }
        Ok(args) => (verb.run)(context, &args),
        Err(why) => {
            context.out.error(&format!(
                "error: {why}\nSee 'kubectl {} --help' for usage.",
                verb.name
            ));
            Outcome::Exit(1)
        }
    }
}

/// Where the verb stands: global flags may come before it.
fn verb_position(words: &[String]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "-n" | "--namespace" | "--context" | "--kubeconfig" | "--cluster" => at += 2,
            "-h" | "--help" => return Some(at),
            word if word.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
    None
}

fn help(context: &mut Context<'_>) {
    context.out.line("kubectl controls the Kubernetes cluster manager.\n\nThe commands that this simulation knows:");
    for verb in VERBS {
        context
            .out
            .line(&format!("  {:<15} {}", verb.name, verb.summary));
    }
    context.out.line("\nUsage:\n  kubectl [flags] [options]");
}

/// Verbs of the real kubectl that are not simulated.
const ELSEWHERE: &[&str] = &[
    "alpha",
    "auth",
    "autoscale",
    "certificate",
    "completion",
    "cordon",
    "cp",
    "debug",
    "diff",
    "drain",
    "edit",
    "events",
    "kustomize",
    "options",
    "patch",
    "plugin",
    "port-forward",
    "proxy",
    "replace",
    "taint",
    "top",
    "uncordon",
];

fn unknown(context: &mut Context<'_>, name: &str) -> Outcome {
    if ELSEWHERE.contains(&name) {
        context
            .out
            .note(&format!("kubectl {name} is not simulated here."));
        return Outcome::Exit(1);
    }
    let mut text = format!("error: unknown command \"{name}\" for \"kubectl\"");
    if let Some(near) = nearest(name, VERBS.iter().map(|verb| verb.name)) {
        text.push_str(&format!("\n\nDid you mean this?\n\t{near}"));
    }
    context.out.error(&text);
    Outcome::Exit(1)
}

/// Prints `error: …` and ends with 1.
fn fail(context: &mut Context<'_>, why: &str) -> Outcome {
    context.out.error(&format!("error: {why}"));
    Outcome::Exit(1)
}
