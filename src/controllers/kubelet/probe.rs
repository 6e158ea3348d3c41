//! Probes: whether a container has started, is ready for traffic, and is still alive.
//!
//! Models `pkg/kubelet/prober`. What a probe finds depends on what the container's image does, so a passed probe is not
//! repeated until something changes: the container starts anew, or its failure switch is set.

use super::switch::Switch;
use super::{COMPONENT, Kubelet, Step, container, exec};
use crate::api::image::{Configured, Listening, Serves, is_cluster_dns, listeners, lookup};
use crate::api::pod::{Container, HttpGet, Probe};
use crate::api::{Object, Value};
use crate::controllers::recorder::{Said, record};
use crate::kernel::{Sim, Span};
use crate::store::Store;

/// How long a container that is switched to be slow takes to be ready.
const SLOW: Span = Span::secs(30);

/// The three kinds of probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asks {
    Startup,
    Readiness,
    Liveness,
}

impl Asks {
    fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Readiness => "Readiness",
            Self::Liveness => "Liveness",
        }
    }

    fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            Self::Startup => container.startup_probe.as_deref(),
            Self::Readiness => container.readiness_probe.as_deref(),
            Self::Liveness => container.liveness_probe.as_deref(),
        }
    }
}

/// A port by its number or by its name.
fn number(container: &Container, port: &Value) -> i64 {
    match port {
        Value::Int(n) => *n,
        Value::Str(name) => {
            let named = container.ports.iter().find(|p| p.name == *name);
            named.map_or_else(|| name.parse().unwrap_or(0), |p| p.container_port)
        }
        Value::Null | Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => 0,
    }
}

/// What a probe finds: nothing wrong, or the kubelet's sentence; and in how many seconds that will be otherwise.
pub(super) struct Found {
    pub(super) result: Result<(), String>,
    pub(super) changes: Option<i64>,
}

impl From<Result<(), String>> for Found {
    fn from(result: Result<(), String>) -> Self {
        Self {
            result,
            changes: None,
        }
    }
}

/// Probes a container that has run for so many seconds.
pub(super) fn look(
    object: &Object,
    container: &Container,
    (asks, probe): (Asks, &Probe),
    (dns, elapsed): (&Configured, i64),
) -> Found {
    let switch = Switch::of(object, &container.name);
    let address = object.pod().map_or("", |pod| pod.status.pod_ip.as_str());
    let mut unready = switch == Some(Switch::Unready) && asks == Asks::Readiness;
    let mut listens = listeners(container);
    if is_cluster_dns(object) {
        listens = dns.apply(listens);
        unready |= asks == Asks::Readiness && dns.waiting.contains(object.meta.name.as_str());
    }
    let port = match (&probe.http_get, &probe.tcp_socket, &probe.grpc) {
        (Some(get), _, _) => number(container, &get.port),
        (_, Some(socket), _) => number(container, &socket.port),
        (_, _, Some(grpc)) => grpc.get("port").and_then(Value::as_int).unwrap_or(0),
        (None, None, None) if unready => return Err(String::new()).into(),
        (None, None, None) => return command(probe, container, &listens, (switch, elapsed)),
    };
    let listener = listens.iter().find(|l| i64::from(l.port) == port && !l.udp);
    let listener = listener.filter(|_| !unready || probe.http_get.is_some());
    let refused = format!("dial tcp {address}:{port}: connect: connection refused");
    let Some(get) = &probe.http_get else {
        let speaks = |l: &Listening| !l.known || probe.grpc.is_none();
        let result = match listener {
            Some(listener) if speaks(listener) => Ok(()),
            Some(_) | None if probe.grpc.is_some() => Err(format!(
                "timeout: failed to connect service \"{address}:{port}\" within {}s: context deadline exceeded",
                probe.timeout_seconds.max(1)
            )),
            Some(_) | None => Err(refused),
        };
        return result.into();
    };
    http(container, get, (address, port), listener, (switch, unready)).into()
}

fn http(
    container: &Container,
    get: &HttpGet,
    (address, port): (&str, i64),
    listener: Option<&Listening>,
    (switch, unready): (Option<Switch>, bool),
) -> Result<(), String> {
    let scheme = if get.scheme == "HTTPS" {
        "https"
    } else {
        "http"
    };
    let url = format!("{scheme}://{address}:{port}{}", get.path);
    let Some(listener) = listener else {
        return Err(format!(
            "Get \"{url}\": dial tcp {address}:{port}: connect: connection refused"
        ));
    };
    if switch == Some(Switch::Hang) {
        return Err(format!(
            "Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        ));
    }
    if unready {
        return Err("HTTP probe failed with statuscode: 503".to_owned());
    }
    match listener.serves {
        Serves::Http(_) | Serves::HttpHostname | Serves::Web(_)
            if scheme == "https" && listener.known =>
        {
            let why = "http: server gave HTTP response to HTTPS client";
            Err(format!("Get \"{url}\": {why}"))
        }
        Serves::Http(_) | Serves::HttpHostname | Serves::Web(_) => page(container, get),
        _ => Err(format!("Get \"{url}\": EOF")),
    }
}

/// A command inside the container.
fn command(
    probe: &Probe,
    container: &Container,
    listens: &[Listening],
    (switch, elapsed): (Option<Switch>, i64),
) -> Found {
    let words = probe.exec.as_ref().and_then(|exec| exec.get("command"));
    let words = words.and_then(Value::as_list).unwrap_or_default();
    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
    let ran = exec::run(&words, container, listens, elapsed);
    let timeout = probe.timeout_seconds.max(1);
    let late = ran
        .seconds
        .is_none_or(|seconds| seconds > timeout.unsigned_abs());
    if late || switch == Some(Switch::Hang) {
        let text = words.join(" ");
        return Err(format!(
            "command timed out: \"{text}\" timed out after {timeout}s"
        ))
        .into();
    }
    Found {
        result: ran.result,
        changes: ran.changes,
    }
}

/// A web server that serves files has only those that it came with, unless others are mounted into it.
fn page(container: &Container, get: &HttpGet) -> Result<(), String> {
    let base = lookup(&container.image)
        .names
        .first()
        .copied()
        .unwrap_or_default();
    let files = matches!(base, "nginx" | "httpd");
    let mounted = !container.volume_mounts.own.is_empty();
    let path = get.path.split('?').next().unwrap_or_default();
    if files && !mounted && !matches!(path, "" | "/" | "/index.html" | "/50x.html") {
        return Err("HTTP probe failed with statuscode: 404".to_owned());
    }
    Ok(())
}

impl Kubelet {
    /// Begins to probe a container that has just started.
    pub(super) fn begin_probes(&mut self, sim: &mut Sim, object: &Object, container: &Container) {
        let asks: &[Asks] = match container.startup_probe {
            Some(_) => &[Asks::Startup],
            None => &[Asks::Readiness, Asks::Liveness],
        };
        let slow = Switch::of(object, &container.name) == Some(Switch::Slow);
        for asks in asks {
            let Some(probe) = asks.of(container) else {
                continue;
            };
            let mut delay = Span::secs(probe.initial_delay_seconds.unsigned_abs());
            // The kubelet spreads the first probes of its Pods.
            delay = delay + Span::millis(self.rng.below(900));
            if slow && *asks == Asks::Readiness {
                delay = delay.max(SLOW);
            }
            let step = Step::Probe(*asks, container.name.as_str().into(), 0);
            self.schedule(sim, step, delay, object);
        }
        if container.readiness_probe.is_none() && container.startup_probe.is_none() && slow {
            let step = Step::Probe(Asks::Readiness, container.name.as_str().into(), 0);
            self.schedule(sim, step, SLOW, object);
        }
    }

    /// One probe; `failures` have gone before it.
    pub(super) fn probe(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        (asks, name, failures): (Asks, &str, i64),
    ) {
        let Some(container) = container::find(object, name) else {
            return;
        };
        if !container::is_running(object, name) {
            return;
        }
        let Some(probe) = asks.of(container) else {
            // Without a probe a container is ready once its switch lets it be.
            let unready = Switch::of(object, name) == Some(Switch::Unready);
            set_ready(store, sim, object, name, !unready);
            return;
        };
        let elapsed = container::runs_for(object, name, sim);
        let found = look(object, container, (asks, probe), (&self.dns, elapsed));
        let period = probe.period_seconds.max(1);
        if let Err(why) = found.result {
            say_unhealthy(store, sim, object, container, asks, &why);
            let failures = failures.max(0) + 1;
            self.failed(store, sim, object, (asks, container, probe), failures);
            return;
        }
        // Successes in a row are counted below zero.
        let successes = 1 - failures.min(0);
        if asks == Asks::Readiness && successes < probe.success_threshold {
            let step = Step::Probe(asks, name.into(), -successes);
            self.schedule(sim, step, Span::secs(period.unsigned_abs()), object);
            return;
        }
        match asks {
            Asks::Startup => self.started(store, sim, object, container),
            Asks::Readiness => set_ready(store, sim, object, name, true),
            Asks::Liveness => {}
        }
        if let Some(changes) = found.changes.filter(|_| asks != Asks::Startup) {
            let wait = (changes + period - 1) / period * period;
            let step = Step::Probe(asks, name.into(), 0);
            self.schedule_in_background(sim, step, Span::secs(wait.unsigned_abs()), object);
        }
    }

    fn failed(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        (asks, container, probe): (Asks, &Container, &Probe),
        failures: i64,
    ) {
        let enough = failures >= probe.failure_threshold.max(1);
        if enough && asks != Asks::Readiness {
            let word = asks.word().to_lowercase();
            let message = format!(
                "Container {} failed {word} probe, will be restarted",
                container.name
            );
            let grace = probe.rest.get("terminationGracePeriodSeconds");
            let grace = grace.and_then(Value::as_int);
            self.kill(store, sim, object, container, message, grace);
            return;
        }
        if asks == Asks::Readiness && (enough || !container::is_ready(object, &container.name)) {
            set_ready(store, sim, object, &container.name, false);
        }
        let period = Span::secs(probe.period_seconds.unsigned_abs().max(1));
        let step = Step::Probe(asks, container.name.as_str().into(), failures);
        self.schedule_in_background(sim, step, period, object);
    }

    /// The startup probe has passed: the others begin.
    fn started(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
    ) {
        let name = container.name.as_str();
        let ready = container.readiness_probe.is_none();
        let now = sim.timestamp();
        store.modify(sim, &object.key(), |object| {
            let Some(pod) = object.pod_mut() else { return };
            for status in container::statuses_mut(pod).filter(|s| s.name == name) {
                status.started = Some(true);
                status.ready = Some(ready);
            }
            container::write_readiness(pod, &now);
        });
        for asks in [Asks::Readiness, Asks::Liveness] {
            if asks.of(container).is_some() {
                let step = Step::Probe(asks, name.into(), 0);
                let delay = Span::millis(self.rng.below(900));
                self.schedule(sim, step, delay, object);
            }
        }
    }
}

fn set_ready(store: &mut Store, sim: &mut Sim, object: &Object, name: &str, ready: bool) {
    let now = sim.timestamp();
    store.modify(sim, &object.key(), |object| {
        let Some(pod) = object.pod_mut() else { return };
        for status in container::statuses_mut(pod).filter(|s| s.name == name) {
            status.ready = Some(ready);
        }
        container::write_readiness(pod, &now);
    });
}

fn say_unhealthy(
    store: &mut Store,
    sim: &mut Sim,
    object: &Object,
    container: &Container,
    asks: Asks,
    why: &str,
) {
    let message = format!("{} probe failed: {why}", asks.word());
    let node = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
    let said = Said {
        field: container::field(container),
        host: node,
        ..Said::warning(COMPONENT, "Unhealthy", message)
    };
    record(store, sim, object, said);
}
