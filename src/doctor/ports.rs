//! From the Service's port to the program: names, numbers, protocols.

use super::evidence::{Evidence, Origin, Subject, edited};
use super::finding::{Finding, by_number};
use super::process::{Heard, Programs, loopback};
use super::rows;
use crate::api::pod::{Container, Pod};
use crate::api::service::{ServicePort, ServiceType};
use crate::api::{Object, Value};
use crate::kernel::BTreeSet;
use crate::manifest::nearest;
use std::rc::Rc;

/// What there is to say of the ports.
pub(super) fn check(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let spec = &s.service.spec;
    if spec.service_type() == ServiceType::ExternalName || s.pods.is_empty() {
        return;
    }
    for (index, port) in spec.ports.iter().enumerate() {
        let port = Port {
            port,
            field: ["spec.ports[", &index.to_string(), "]"].concat(),
        };
        match &port.port.target_port {
            Value::Str(name) if !name.is_empty() => named(e, s, &port, name, out),
            _ => numbered(e, s, &port, out),
        }
    }
    bound(e, s, out);
}

/// A port of the Service and its path.
struct Port<'s> {
    port: &'s ServicePort,
    field: String,
}

impl Port<'_> {
    fn udp(&self) -> bool {
        self.port.protocol() == "UDP"
    }

    fn target(&self) -> String {
        [&self.field, ".targetPort"].concat()
    }
}

/// Every container that may serve.
fn containers(pod: &Pod) -> impl Iterator<Item = &Container> {
    let first = pod.spec.init_containers.iter();
    let sidecars = first.filter(|c| c.restart_policy == "Always");
    pod.spec.containers.iter().chain(sidecars)
}

/// A port by name: the Pods must declare it.
fn named(e: &Evidence<'_>, s: &Subject<'_>, port: &Port<'_>, name: &str, out: &mut Vec<Finding>) {
    let protocol = port.port.protocol();
    let declares = |pod: &Pod| {
        let mut all = containers(pod).flat_map(|c| &c.ports);
        all.any(|p| p.name == name && p.protocol() == protocol)
    };
    let missing: Vec<&Rc<Object>> = s
        .specs()
        .filter(|(_, pod)| !declares(pod))
        .map(|(object, _)| object)
        .collect();
    if missing.is_empty() {
        return resolved(e, s, port, name, out);
    }
    undeclared(e, s, port, name, &missing, out);
}

/// A port name that Pods do not declare.
fn undeclared(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    port: &Port<'_>,
    name: &str,
    missing: &[&Rc<Object>],
    out: &mut Vec<Finding>,
) {
    let protocol = port.port.protocol();
    let Some(pod) = missing.first().and_then(|object| object.pod()) else {
        return;
    };
    if !e.shows_state() && name.parse::<u16>().is_ok() {
        // A number in quotes is refused, and told of as such.
        return;
    }
    let ports = || containers(pod).flat_map(|c| &c.ports);
    let other = ports().find(|p| p.name == name).map(|p| p.protocol());
    let title = s.name();
    let field = port.target();
    if let Some(other) = other {
        let facts = [
            ("target", name),
            ("name", &title),
            ("protocol", protocol),
            ("other", other),
        ];
        let at = [&port.field, ".protocol"].concat();
        let finding = Finding::new(&rows::NAMED_PROTOCOL, &s.key, &facts);
        return e.found(out, finding, &[(&s.key, &field), (&s.key, &at)]);
    }
    let same = || ports().filter(|p| !p.name.is_empty() && p.protocol() == protocol);
    let near = nearest(name, same().map(|p| p.name.as_str())).or_else(|| {
        let mut all = same().map(|p| p.name.as_str());
        let first = all.next()?;
        all.next().is_none().then_some(first)
    });
    let unnamed: Vec<i64> = ports()
        .filter(|p| p.name.is_empty() && p.protocol() == protocol)
        .map(|p| p.container_port)
        .collect();
    let said = match (near, unnamed.as_slice()) {
        (Some(near), _) => ["; they have ", near].concat(),
        (None, [number]) => ["; their port ", &number.to_string(), " has no name"].concat(),
        (None, _) => String::new(),
    };
    let number = missing.len();
    let have = by_number(e.weigh(missing), " has", " have");
    let pods = [&e.name_pods(missing), have].concat();
    let facts = [
        ("target", name),
        ("name", &*title),
        ("pods", &pods),
        ("near", &said),
    ];
    let patch = |to: &str| {
        let json = [
            "[{\"op\":\"replace\",\"path\":\"/",
            &field.replace('[', "/").replace(']', "").replace('.', "/"),
            "\",\"value\":",
            to,
            "}]",
        ];
        e.patch(&s.key, &json.concat())
    };
    let remedy = match (near, unnamed.as_slice()) {
        (Some(near), _) => {
            let quoted = ["\"", near, "\""].concat();
            Some(e.replace(&s.key, &field, near, patch(&quoted)))
        }
        (None, [number]) => {
            let number = number.to_string();
            Some(e.replace(&s.key, &field, &number, patch(&number)))
        }
        (None, _) => None,
    };
    let mut finding = Finding::new(&rows::NAMED_PORT, &s.key, &facts).with(remedy);
    if number < s.pods.len() {
        finding = finding.softened();
    }
    e.found(out, finding, &[(&s.key, &field)]);
}

/// The numbers that a name stands for.
fn resolved(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    port: &Port<'_>,
    name: &str,
    out: &mut Vec<Finding>,
) {
    let mut seen: BTreeSet<i64> = BTreeSet::new();
    for (object, pod) in s.specs() {
        let mut all = containers(pod).flat_map(|c| &c.ports);
        let found = all.find(|p| p.name == name && p.protocol() == port.port.protocol());
        let Some(number) = found.map(|p| p.container_port) else {
            continue;
        };
        if seen.insert(number) {
            judge(e, s, port, (object, pod), number, out);
        }
    }
}

/// A port by number: a program must listen there. Pods of one make are looked at once.
fn numbered(e: &Evidence<'_>, s: &Subject<'_>, port: &Port<'_>, out: &mut Vec<Finding>) {
    let number = match &port.port.target_port {
        Value::Int(number) if *number > 0 => *number,
        _ => port.port.port,
    };
    let mut seen: Vec<*const crate::api::pod::PodPlan> = Vec::new();
    for (object, pod) in s.specs() {
        let spec = pod.spec.make();
        if seen.contains(&spec) || seen.len() >= 4 {
            continue;
        }
        seen.push(spec);
        let before = out.len();
        judge(e, s, port, (object, pod), number, out);
        if out.len() > before {
            return;
        }
    }
}

/// Whether a program of this Pod listens on the number.
fn judge(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    port: &Port<'_>,
    (object, pod): (&Object, &Pod),
    number: i64,
    out: &mut Vec<Finding>,
) {
    let Ok(wanted) = u16::try_from(number) else {
        return;
    };
    if port.port.protocol() == "SCTP" || pod.spec.host_network {
        return;
    }
    let programs = Programs::of(e, object, pod);
    let heard = programs.on(wanted, port.udp());
    let truth = e.shows_processes();
    let sure = |finding: Finding| if truth { finding } else { finding.likely() };
    match heard {
        Heard::Unknown => {}
        // Where a Service has the port in both protocols, what is declared may leave one out.
        Heard::Undeclared if programs.opens(wanted, !port.udp()) && twice(s, port) => {}
        Heard::Listens => headless(e, s, port, number, out),
        Heard::DeclaredOnly => {
            let finding = sure(declared(e, s, (object, pod), wanted, &programs));
            let finding = if truth { finding } else { finding.softened() };
            out.push(finding);
        }
        Heard::Silent | Heard::Undeclared => {
            let finding = wrong(e, s, port, wanted, &programs, heard == Heard::Undeclared);
            out.push(sure(finding));
        }
    }
}

/// Whether a Service has a port in both protocols.
fn twice(s: &Subject<'_>, port: &Port<'_>) -> bool {
    let same = s.service.spec.ports.iter();
    same.filter(|p| p.port == port.port.port).count() > 1
}

/// A headless Service maps nothing.
fn headless(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    port: &Port<'_>,
    number: i64,
    out: &mut Vec<Finding>,
) {
    if !s.service.spec.is_headless() || port.port.port == number {
        return;
    }
    let facts = [
        ("name", &*s.name()),
        ("port", &port.port.port.to_string()),
        ("target", &number.to_string()),
    ];
    let text = number.to_string();
    let field = [&port.field, ".port"].concat();
    let remedy = e.replace(&s.key, &field, &text, String::new());
    let finding = Finding::new(&rows::HEADLESS_PORT, &s.key, &facts).with(Some(remedy));
    e.found(out, finding, &[(&s.key, &field)]);
}

/// A declared port that the image does not open.
fn declared(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    (object, pod): (&Object, &Pod),
    wanted: u16,
    programs: &Programs,
) -> Finding {
    let mut all = pod.spec.containers.iter().enumerate();
    let says = |c: &Container| {
        c.ports
            .iter()
            .position(|p| p.container_port == i64::from(wanted))
    };
    let found = all.find_map(|(i, c)| Some((i, c, says(c)?)));
    let (image, field) = match found {
        Some((i, c, place)) => (
            c.image.clone(),
            [
                "spec.containers[",
                &i.to_string(),
                "].ports[",
                &place.to_string(),
                "].containerPort",
            ]
            .concat(),
        ),
        None => (String::new(), "spec.containers".to_owned()),
    };
    let (owner, prefix) = e.maker(object);
    let facts = [
        ("target", &*wanted.to_string()),
        ("owner", &owner.to_string()),
        ("image", &image),
        ("listens", &programs.ports()),
    ];
    let mut finding = Finding::new(&rows::DECLARED, &s.key, &facts);
    let field = [prefix, &field].concat();
    finding.blame.push(e.blame(&owner, &field));
    if let Some(right) = programs.only(false) {
        let text = right.to_string();
        let mut edits: Vec<_> = e
            .sheets
            .replace(&owner, &field, &text)
            .into_iter()
            .collect();
        for (index, port) in s.service.spec.ports.iter().enumerate() {
            if port.target() == wanted.to_string() {
                edits.extend(target_edit(e, s, index, port, &text));
            }
        }
        let title = ["Use port ", &text].concat();
        finding.remedy = Some(edited(&title, edits, String::new()));
    }
    finding
}

/// The edit that gives a Service's port another target, whether it says one yet or not.
fn target_edit(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    index: usize,
    port: &ServicePort,
    text: &str,
) -> Option<(Rc<str>, crate::manifest::Edit)> {
    let field = ["spec.ports[", &index.to_string(), "]"].concat();
    let target = [&field, ".targetPort"].concat();
    let _ = port;
    e.sheets
        .replace(&s.key, &target, text)
        .or_else(|| e.sheets.add(&s.key, (&field, "port"), ("targetPort", text)))
}

/// The ports at which clients ask Services: another number is no slip of a Service's own port.
const ASKED: &[u16] = &[80, 443, 8080, 8443];

/// Nothing listens on the target.
fn wrong(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    port: &Port<'_>,
    wanted: u16,
    programs: &Programs,
    guess: bool,
) -> Finding {
    let (number, target) = (port.port.port.to_string(), wanted.to_string());
    let udp = port.udp();
    let index = index_of(s, port);
    let field = port.target();
    let name = s.name();
    let listens = programs.ports();
    let own = u16::try_from(port.port.port).ok();
    let blame = |finding: &mut Finding| {
        let field = if e.sheets.has(&s.key, &field) || e.cluster.is_some() {
            field.clone()
        } else {
            [&port.field, ".port"].concat()
        };
        finding.blame.push(e.blame(&s.key, &field));
    };
    if programs.opens(wanted, !udp) && !programs.opens(wanted, udp) {
        let (ours, theirs) = if udp { ("UDP", "TCP") } else { ("TCP", "UDP") };
        let facts = [
            ("port", &*number),
            ("name", &name),
            ("protocol", ours),
            ("target", &target),
            ("other", theirs),
        ];
        let at = [&port.field, ".protocol"].concat();
        let edit = e.sheets.replace(&s.key, &at, theirs).or_else(|| {
            e.sheets
                .add(&s.key, (&port.field, "port"), ("protocol", theirs))
        });
        let title = ["Change to ", theirs].concat();
        let remedy = edited(&title, edit.into_iter().collect(), String::new());
        let mut finding = Finding::new(&rows::PROTOCOL, &s.key, &facts).with(Some(remedy));
        finding.blame.push(e.blame(&s.key, &at));
        return if guess { finding.softened() } else { finding };
    }
    let swapped = own.is_some_and(|own| own != wanted && programs.opens(own, udp));
    if swapped && ASKED.contains(&wanted) {
        let facts = [("name", &*name), ("port", &number), ("target", &target)];
        let mut edits: Vec<_> = Vec::new();
        edits.extend(
            e.sheets
                .replace(&s.key, &[&port.field, ".port"].concat(), &target),
        );
        edits.extend(e.sheets.replace(&s.key, &field, &number));
        let remedy = edited("Swap port and targetPort", edits, String::new());
        let mut finding = Finding::new(&rows::SWAPPED, &s.key, &facts).with(Some(remedy));
        blame(&mut finding);
        return if guess { finding.softened() } else { finding };
    }
    let row = if guess {
        &rows::UNDECLARED
    } else {
        &rows::TARGET_PORT
    };
    let facts = [
        ("name", &*name),
        ("port", &number),
        ("target", &target),
        ("listens", &listens),
    ];
    let mut finding = Finding::new(row, &s.key, &facts);
    blame(&mut finding);
    let right = programs
        .only(udp)
        .filter(|_| !guess || e.origin == Origin::Cluster);
    if let (Some(right), Some(index)) = (right, index) {
        let text = right.to_string();
        let edit = target_edit(e, s, index, port.port, &text);
        let json = [
            "[{\"op\":\"replace\",\"path\":\"/spec/ports/",
            &index.to_string(),
            "/targetPort\",\"value\":",
            &text,
            "}]",
        ];
        let title = ["Change targetPort to ", &text].concat();
        let command = e.patch(&s.key, &json.concat());
        finding.remedy = Some(edited(&title, edit.into_iter().collect(), command));
    }
    finding
}

fn index_of(s: &Subject<'_>, port: &Port<'_>) -> Option<usize> {
    let mut all = s.service.spec.ports.iter();
    all.position(|other| std::ptr::eq(other, port.port))
}

/// Programs that are told to listen on the loopback address.
fn bound(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    let Some((object, pod)) = s.specs().next() else {
        return;
    };
    for (index, container) in pod.spec.containers.iter().enumerate() {
        let serves = container.ports.iter().any(|port| {
            let targets = s.service.spec.ports.iter().map(ServicePort::target);
            let own = [port.container_port.to_string(), port.name.clone()];
            targets.into_iter().any(|target| own.contains(&target))
        });
        if !serves && pod.spec.containers.len() > 1 {
            continue;
        }
        let Some((address, field)) = loopback(container) else {
            continue;
        };
        let facts = [("container", &*container.name), ("address", &address)];
        let (owner, prefix) = e.maker(object);
        let field = [prefix, "spec.containers[", &index.to_string(), "].", &field].concat();
        let mut finding = Finding::new(&rows::LOOPBACK, &s.key, &facts).likely();
        finding.blame.push(e.blame(&owner, &field));
        let whole = match field.ends_with("value") {
            true => Some(address.as_str()),
            false => {
                let words = [&container.command, &container.args];
                let mut all = words.into_iter().flatten().map(String::as_str);
                all.find(|word| word.ends_with(&address))
            }
        };
        if let Some(whole) = whole {
            let open = whole
                .replace("127.0.0.1", "0.0.0.0")
                .replace("localhost", "0.0.0.0")
                .replace("::1", "::");
            let quoted = ["\"", &open, "\""].concat();
            let mut remedy = e.replace(&owner, &field, &quoted, String::new());
            remedy.title = "Listen on 0.0.0.0".to_owned();
            finding.remedy = Some(remedy);
        }
        out.push(finding);
    }
}
