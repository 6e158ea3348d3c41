//! `kubectl port-forward`: ports of the laptop that lead to a Pod.
//!
//! A Service is only looked at once, for a Pod behind it, as the real one does: what comes later goes to that Pod.

use super::args::Args;
use super::{exec, fail, resource};
use crate::api::{Object, ObjectKey, Value, kind};
use crate::cluster::Place;
use crate::shell::context::{Context, Outcome, Program, Progress};
use std::rc::Rc;

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let [target, ports @ ..] = args.words.as_slice() else {
        return fail(
            context,
            "TYPE/NAME and list of ports are required for port-forward\nSee 'kubectl port-forward -h' for help and examples",
        );
    };
    if ports.is_empty() {
        return fail(
            context,
            "TYPE/NAME and list of ports are required for port-forward\nSee 'kubectl port-forward -h' for help and examples",
        );
    }
    let namespace = resource::namespace(context, args);
    let tables = context.world.cluster.tables();
    let named = target.split_once('/').unwrap_or(("pod", target.as_str()));
    let owner = resource::find(named.0)
        .map_err(|why| format!("error: {why}"))
        .and_then(|kind| {
            let found = resource::get(tables, kind, &namespace, named.1);
            found.map_err(|status| resource::refusal(&status, None))
        });
    let owner = match owner {
        Ok(owner) => owner,
        Err(why) => {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
    };
    if let Some(why) = exec::without_selector(&owner) {
        return fail(context, &format!("cannot attach to {why}"));
    }
    let Some(pod) = exec::first_pod(context, &owner) else {
        return fail(context, "timed out waiting for the condition");
    };
    let phase = pod
        .pod()
        .map(|p| p.status.phase.clone())
        .unwrap_or_default();
    if phase != "Running" {
        return fail(
            context,
            &format!("unable to forward port because pod is not running. Current status={phase}"),
        );
    }
    let mut forwards = Vec::new();
    for word in ports {
        match port_pair(&owner, &pod, word) {
            Ok(pair) => forwards.push(pair),
            Err(why) => return fail(context, &why),
        }
    }
    listen(context, &pod, &forwards)
}

/// Opens the laptop's ports and stays.
fn listen(context: &mut Context<'_>, pod: &Object, forwards: &[(u16, u16)]) -> Outcome {
    let mut open = Vec::new();
    for (local, remote) in forwards {
        if !context.world.cluster.forward(*local, pod.key(), *remote) {
            context.out.error(&format!(
                "Unable to listen on port {local}: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 127.0.0.1:{local}: bind: address already in use unable to create listener: Error listen tcp6 [::1]:{local}: bind: address already in use]"
            ));
            continue;
        }
        context.out.line(&format!(
            "Forwarding from 127.0.0.1:{local} -> {remote}\nForwarding from [::1]:{local} -> {remote}"
        ));
        open.push((*local, 0));
    }
    if open.is_empty() {
        let asked: Vec<String> = forwards
            .iter()
            .map(|(l, r)| format!("{{{l} {r}}}"))
            .collect();
        return fail(
            context,
            &format!(
                "unable to listen on any of the requested ports: [{}]",
                asked.join(" ")
            ),
        );
    }
    Outcome::Foreground(Box::new(Forwarding {
        place: context.place.clone(),
        pod: pod.key(),
        open,
    }))
}

/// `8080:80`, `80`, `:80`, `8080:http`: the laptop's port and the Pod's.
fn port_pair(owner: &Object, pod: &Object, word: &str) -> Result<(u16, u16), String> {
    // As kubectl does, of more than two parts only the first is read.
    let mut parts = word.split(':');
    let first = parts.next().unwrap_or_default();
    let (local, remote) = match (parts.next(), parts.next()) {
        (Some(remote), None) => (first, remote),
        _ => (first, first),
    };
    let nameless =
        |kind: &str, name: &str| format!("{kind} '{name}' does not have a named port '{remote}'");
    let is_name = remote.parse::<u32>().is_err();
    let remote_port = match owner.service() {
        Some(service) => {
            let wanted = service
                .spec
                .ports
                .iter()
                .find(|p| p.name == remote || p.port.to_string() == remote);
            let Some(port) = wanted else {
                if is_name {
                    return Err(nameless("Service", &owner.meta.name));
                }
                return Err(format!(
                    "Service {} does not have a service port {remote}",
                    owner.meta.name
                ));
            };
            match &port.target_port {
                Value::Str(name) => named_port(pod, name),
                _ => u16::try_from(port.target().parse::<i64>().unwrap_or(port.port)).ok(),
            }
        }
        None if is_name && named_port(pod, remote).is_none() => {
            return Err(nameless("Pod", &pod.meta.name));
        }
        None => remote.parse().ok().or_else(|| named_port(pod, remote)),
    };
    let number = |which: &str, text: &str| {
        let known = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let why = if known {
            "value out of range"
        } else {
            "invalid syntax"
        };
        text.parse::<u16>().map_err(|_| {
            format!(
                "error parsing {which} port '{text}': strconv.ParseUint: parsing {text:?}: {why}"
            )
        })
    };
    let remote_text = remote_port.map_or_else(|| remote.to_owned(), |port| port.to_string());
    let local_port = match local {
        "" => 0,
        same if same == remote => number("local", &remote_text)?,
        text => number("local", text)?,
    };
    let remote_port = number("remote", &remote_text)?;
    if remote_port == 0 {
        return Err("remote port must be > 0".to_owned());
    }
    let local_port = match local_port {
        // A free port of the laptop's own choice.
        0 => 40_000 + remote_port % 20_000,
        port => port,
    };
    Ok((local_port, remote_port))
}

fn named_port(pod: &Object, name: &str) -> Option<u16> {
    let containers = &pod.pod()?.spec.containers;
    let mut ports = containers.iter().flat_map(|c| &c.ports);
    let found = ports.find(|port| port.name == name)?;
    u16::try_from(found.container_port).ok()
}

/// Ports that lead to a Pod.
#[derive(Clone)]
struct Forwarding {
    place: Place,
    pod: ObjectKey,
    /// The laptop's ports, each with how many connections were told.
    open: Vec<(u16, u64)>,
}

impl Forwarding {
    /// Tells of connections since the last time.
    fn catch_up(&mut self, context: &mut Context<'_>) -> Progress {
        for (port, told) in &mut self.open {
            let handled = context.world.cluster.forwarded(*port).unwrap_or(*told);
            for _ in *told..handled.min(*told + 100) {
                context.out.line(&format!("Handling connection for {port}"));
            }
            *told = handled;
        }
        let pod: Option<&Rc<Object>> = context.world.cluster.tables().get(&self.pod);
        debug_assert_eq!(self.pod.kind, kind::POD, "only Pods are forwarded to");
        if pod
            .and_then(|object| object.pod())
            .is_none_or(|pod| pod.is_finished())
        {
            self.close(context);
            context.out.error("error: lost connection to pod");
            return Progress::Exit(1);
        }
        Progress::Stay
    }

    fn close(&self, context: &mut Context<'_>) {
        for (port, _) in &self.open {
            context.world.cluster.end_forward(*port);
        }
    }
}

impl Program for Forwarding {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context)
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        if let Progress::Exit(status) = self.catch_up(context) {
            return Progress::Exit(status);
        }
        self.close(context);
        if context.tty {
            context.out.line("^C");
        }
        Progress::Exit(130)
    }
}
