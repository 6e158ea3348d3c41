//! Pods: are they running and ready, and if not, what keeps them?

use super::evidence::{Evidence, Subject};
use super::finding::{Finding, by_number, listed};
use super::process::Programs;
use super::rows;
use crate::api::pod::{Container, ContainerStatus, Pod, Probe};
use crate::api::{Object, Value, kind};
use crate::kernel::BTreeSet;
use crate::manifest::nearest;
use std::rc::Rc;

/// What there is to say of the Pods.
pub(super) fn check(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    if e.shows_state() {
        states(e, s, out);
    }
    probes(e, s, out);
}

/// What keeps a Pod from serving.
struct Hindrance {
    row: &'static super::row::Row,
    /// Facts besides the Pods.
    facts: Vec<(&'static str, String)>,
    field: String,
}

fn states(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let real: Vec<&Rc<Object>> = s
        .pods
        .iter()
        .copied()
        .filter(|pod| !e.stand_ins.contains_key(&pod.key()))
        .collect();
    let mut groups: Vec<(Hindrance, Vec<&Rc<Object>>)> = Vec::new();
    for object in &real {
        let Some(pod) = object.pod() else { continue };
        let Some(hindrance) = hindrance(e, object, pod) else {
            continue;
        };
        let same = groups.iter_mut().find(|(known, _)| {
            known.row == hindrance.row
                && known.facts.first().map(|f| &f.1) == hindrance.facts.first().map(|f| &f.1)
        });
        match same {
            Some((_, pods)) => pods.push(object),
            None => groups.push((hindrance, vec![object])),
        }
    }
    let hindered: usize = groups.iter().map(|(_, pods)| pods.len()).sum();
    let forgiven = s.service.spec.publish_not_ready_addresses;
    for (hindrance, pods) in groups {
        if forgiven && hindrance.row == &rows::NOT_READY {
            continue;
        }
        let number = pods.len();
        let first = pods.first().map(|pod| pod.meta.name.clone());
        let names = e.name_pods(&pods);
        let mut facts: Vec<(&str, &str)> = vec![
            ("pods", &names),
            ("pod", first.as_deref().unwrap_or_default()),
            ("wait", by_number(number, "waits", "wait")),
            ("run", by_number(number, "runs", "run")),
            ("are", by_number(number, "is", "are")),
            ("have", by_number(number, "has", "have")),
        ];
        facts.extend(
            hindrance
                .facts
                .iter()
                .map(|(name, text)| (*name, text.as_str())),
        );
        let mut finding = Finding::new(hindrance.row, &s.key, &facts);
        if hindered < real.len() {
            finding = finding.softened();
        }
        if let Some(pod) = pods.first() {
            finding.blame.push(e.blame_pod(pod, &hindrance.field));
        }
        out.push(finding);
    }
}

fn hindrance(e: &Evidence<'_>, object: &Object, pod: &Pod) -> Option<Hindrance> {
    let at = |row, facts, field: &str| {
        Some(Hindrance {
            row,
            facts,
            field: field.to_owned(),
        })
    };
    if pod.is_finished() {
        let facts = vec![("phase", pod.status.phase.clone())];
        return at(&rows::FINISHED, facts, "spec.restartPolicy");
    }
    let unscheduled = pod
        .status
        .conditions
        .iter()
        .find(|c| c.type_ == "PodScheduled" && c.status != "True");
    if pod.spec.node_name.is_empty() {
        let why = unscheduled.map_or("it was not looked at yet", |c| &*c.message);
        return at(&rows::PENDING, vec![("why", why.to_owned())], "spec");
    }
    if let Some(found) = waiting(e, object, pod) {
        return Some(found);
    }
    if pod.is_ready() {
        return None;
    }
    if !on_ready_node(e, pod) {
        // The node's own row tells.
        return None;
    }
    let (probe, field) = failing_probe(pod);
    at(&rows::NOT_READY, vec![("probe", probe)], &field)
}

fn on_ready_node(e: &Evidence<'_>, pod: &Pod) -> bool {
    let node = e.tables.find(kind::NODE, "", &pod.spec.node_name);
    node.and_then(|node| node.node())
        .is_none_or(|n| n.is_ready())
}

/// What a container waits for.
fn waiting(e: &Evidence<'_>, object: &Object, pod: &Pod) -> Option<Hindrance> {
    let of = |list: &'static str, statuses: &[Rc<ContainerStatus>], specs: &[Container]| {
        statuses.iter().find_map(|status| {
            let place = specs.iter().position(|c| c.name == status.name)?;
            let waiting = status.state.waiting.as_ref()?;
            let field = [list, "[", &place.to_string(), "]"].concat();
            let image = specs.get(place).map(|c| c.image.clone());
            let image = image.unwrap_or_default();
            match waiting.reason.as_str() {
                "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => {
                    Some(Hindrance {
                        row: &rows::IMAGE,
                        facts: vec![("image", image), ("reason", waiting.reason.clone())],
                        field: [&field, ".image"].concat(),
                    })
                }
                "CrashLoopBackOff" => Some(Hindrance {
                    row: &rows::CRASHING,
                    facts: vec![
                        ("why", ended(status)),
                        ("state", "crash again and again".to_owned()),
                    ],
                    field,
                }),
                "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
                    let message = match waiting.message.as_str() {
                        "" => String::new(),
                        text => [": ", text].concat(),
                    };
                    Some(Hindrance {
                        row: &rows::CONFIG,
                        facts: vec![("reason", waiting.reason.clone()), ("message", message)],
                        field,
                    })
                }
                "ContainerCreating" => mount_trouble(e, object).map(|message| Hindrance {
                    row: &rows::CONFIG,
                    facts: vec![
                        ("reason", "a volume is not there".to_owned()),
                        ("message", [": ", &message].concat()),
                    ],
                    field: "spec.volumes".to_owned(),
                }),
                _ => None,
            }
        })
    };
    of(
        "spec.initContainers",
        &pod.status.init_container_statuses,
        &pod.spec.init_containers,
    )
    .or_else(|| {
        of(
            "spec.containers",
            &pod.status.container_statuses,
            &pod.spec.containers,
        )
    })
}

/// What the kubelet says of a Pod's volumes.
fn mount_trouble(e: &Evidence<'_>, object: &Object) -> Option<String> {
    let said = e
        .complaints(&object.meta.namespace, &object.meta.name)
        .iter();
    let mut mounts = said.filter(|said| said.reason == "FailedMount");
    mounts.next_back().map(|said| said.message.clone())
}

fn ended(status: &ContainerStatus) -> String {
    let ended = status.last_state.terminated.as_ref();
    let ended = ended.or(status.state.terminated.as_ref());
    match ended.and_then(|ended| ended.exit_code) {
        Some(code) => [
            "the program ended with status ",
            &code.to_string(),
            ", started ",
            &status.restart_count.unwrap_or_default().to_string(),
            " times again",
        ]
        .concat(),
        None => "the program ends soon after its start".to_owned(),
    }
}

/// Which probe does not pass, in words.
fn failing_probe(pod: &Pod) -> (String, String) {
    for (index, container) in pod.spec.containers.iter().enumerate() {
        let status = pod.status.container_statuses.iter();
        let status = status.clone().find(|s| s.name == container.name);
        if status.is_some_and(|s| s.ready == Some(true)) {
            continue;
        }
        let field = ["spec.containers[", &index.to_string(), "]"].concat();
        for (probe, name) in [
            (&container.startup_probe, "startupProbe"),
            (&container.readiness_probe, "readinessProbe"),
        ] {
            let Some(probe) = probe else { continue };
            let started = status.and_then(|s| s.started) == Some(true);
            if name == "startupProbe" && started {
                continue;
            }
            let text = [
                "; the ",
                name,
                " of container ",
                &container.name,
                " (",
                &probe_text(probe),
                ") does not pass",
            ];
            return (text.concat(), [&field, ".", name].concat());
        }
    }
    let gates = &pod.spec.readiness_gates;
    match gates.is_empty() {
        true => (String::new(), "spec.containers".to_owned()),
        false => (
            "; a readiness gate is not met".to_owned(),
            "spec.readinessGates".to_owned(),
        ),
    }
}

/// `GET :8080/healthz`, `TCP 6379`.
fn probe_text(probe: &Probe) -> String {
    let port = |value: &Value| match value {
        Value::Str(name) => name.clone(),
        other => other.as_int().map(|n| n.to_string()).unwrap_or_default(),
    };
    if let Some(get) = &probe.http_get {
        let path = if get.path.is_empty() { "/" } else { &get.path };
        return ["GET :", &port(&get.port), path].concat();
    }
    if let Some(tcp) = &probe.tcp_socket {
        return ["TCP ", &port(&tcp.port)].concat();
    }
    let kind = if probe.grpc.is_some() {
        "gRPC"
    } else {
        "a command"
    };
    kind.to_owned()
}

/// Probes that cannot pass, whatever the Pods' state.
fn probes(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut last: Option<*const crate::api::pod::PodPlan> = None;
    for (object, pod) in s.specs() {
        let spec = pod.spec.make();
        if last.replace(spec) == Some(spec) {
            continue;
        }
        let (owner, _) = e.maker(object);
        if !seen.insert(owner.to_string()) {
            continue;
        }
        for (index, container) in pod.spec.containers.iter().enumerate() {
            let all = [
                (&container.readiness_probe, "readinessProbe"),
                (&container.liveness_probe, "livenessProbe"),
                (&container.startup_probe, "startupProbe"),
            ];
            for (probe, name) in all {
                if let Some(probe) = probe {
                    let at = ["spec.containers[", &index.to_string(), "].", name].concat();
                    let found = judge(e, s, (object, pod), container, (probe, name), &at);
                    out.extend(found);
                }
            }
        }
    }
}

fn judge(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    (object, pod): (&Object, &Pod),
    container: &Container,
    (probe, name): (&Probe, &str),
    at: &str,
) -> Option<Finding> {
    let (port, host, at) = match (&probe.http_get, &probe.tcp_socket) {
        (Some(get), _) => (&get.port, &get.host, [at, ".httpGet.port"].concat()),
        (None, Some(tcp)) => (&tcp.port, &tcp.host, [at, ".tcpSocket.port"].concat()),
        (None, None) => return None,
    };
    if !host.is_empty() {
        return None;
    }
    if let Value::Str(port) = port {
        if container.ports.iter().any(|p| p.name == *port) || port.parse::<u16>().is_ok() {
            return None;
        }
        let names: Vec<&str> = container.ports.iter().map(|p| p.name.as_str()).collect();
        let near = nearest(port, names.iter().copied().filter(|n| !n.is_empty()));
        let said = near.map_or_else(String::new, |near| ["; it declares ", near].concat());
        let facts = [
            ("kind", name),
            ("container", &container.name),
            ("port", port),
            ("near", &said),
        ];
        let (owner, prefix) = e.maker(object);
        let field = [prefix, &at].concat();
        let remedy = near.map(|near| e.replace(&owner, &field, near, String::new()));
        let mut finding = Finding::new(&rows::PROBE_NAME, &s.key, &facts).with(remedy);
        finding.blame.push(e.blame(&owner, &field));
        return Some(finding);
    }
    let number = u16::try_from(port.as_int()?).ok()?;
    let programs = Programs::of(e, object, pod);
    let silent = matches!(
        programs.on(number, false),
        super::process::Heard::Silent | super::process::Heard::DeclaredOnly
    );
    if !silent {
        return None;
    }
    let listens = ["its programs listen on ", &programs.ports()].concat();
    let effect = if name == "livenessProbe" {
        "it is restarted again and again"
    } else {
        "it never becomes ready"
    };
    let facts = [
        ("kind", name),
        ("container", &container.name),
        ("port", &number.to_string()),
        ("listens", &listens),
        ("effect", effect),
    ];
    let (owner, prefix) = e.maker(object);
    let field = [prefix, &at].concat();
    let right = programs.only(false).map(|right| right.to_string());
    let remedy = right.map(|right| e.replace(&owner, &field, &right, String::new()));
    let mut finding = Finding::new(&rows::PROBE_PORT, &s.key, &facts).with(remedy);
    if !e.shows_processes() {
        finding = finding.likely();
    }
    finding.blame.push(e.blame(&owner, &field));
    Some(finding)
}

/// The nodes that are not ready and have Pods of the Service.
pub(super) fn nodes(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    if !e.shows_state() {
        return;
    }
    let mut down: BTreeSet<String> = BTreeSet::new();
    let mut pods: Vec<&Rc<Object>> = Vec::new();
    for (object, pod) in s.specs() {
        if !pod.spec.node_name.is_empty() && !on_ready_node(e, pod) {
            down.insert(pod.spec.node_name.clone());
            pods.push(object);
        }
    }
    if down.is_empty() {
        return;
    }
    let names: Vec<String> = down.into_iter().collect();
    let facts = [
        ("nodes", &*listed(&names)),
        ("is", by_number(names.len(), "is", "are")),
        ("pods", &e.name_pods(&pods)),
        ("name", &s.name()),
        ("run", by_number(pods.len(), "runs", "run")),
    ];
    let mut finding = Finding::new(&rows::NODE_DOWN, &s.key, &facts);
    if pods.len() < s.pods.len() {
        finding = finding.softened();
    }
    out.push(finding);
}
