//! The questions of "Debug Services", answered for one Service and one client.

use super::attempt::{self, home};
use super::evidence::{Evidence, Subject};
use super::finding::{Finding, count};
use super::row::{QUESTIONS, Question};
use super::{diagnosis, lookup};
use crate::api::service::{ServicePort, ServiceType};
use crate::api::{ObjectKey, kind};
use crate::cluster::{Place, Protocol};
use crate::manifest::Severity;
use std::net::SocketAddr;

/// How a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// ✓: all is well here.
    Yes,
    /// ✗: here is what is wrong.
    No,
    /// –: what was given does not show it, or it does not arise.
    Open,
}

impl State {
    /// `✓`, `✗` or `–`.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Yes => "✓",
            Self::No => "✗",
            Self::Open => "–",
        }
    }
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question.
    pub question: Question,
    /// How it is answered.
    pub state: State,
    /// What the answer rests on, in a sentence.
    pub evidence: String,
    /// The command that settles it on the real cluster, if it is open; empty otherwise.
    pub command: String,
    /// What was found wrong.
    pub findings: Vec<Finding>,
}

/// All answers for one Service and one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// The Service.
    pub service: ObjectKey,
    /// The answers, in the order of the questions.
    pub answers: Vec<Answer>,
    /// Why what is known of the data path does not count, if it does not.
    pub suspended: Option<String>,
}

impl Examination {
    /// All findings, in the order of the questions.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.answers.iter().flat_map(|answer| &answer.findings)
    }

    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.answers.iter().all(|answer| answer.state != State::No)
    }
}

/// Answers the questions for a Service, asked from a place, on a port if one is meant.
pub fn examine(
    e: &Evidence<'_>,
    service: &ObjectKey,
    client: Option<&Place>,
    port: Option<u16>,
) -> Examination {
    let mut known = diagnosis::of_service(e, service);
    if asks_for_all(e, client) {
        let mut said = Vec::new();
        for object in super::names::speakers(e) {
            super::names::of_object(e, object, &mut said);
        }
        said.retain(|finding| keeps_out(finding, service));
        known.extend(diagnosis::once(said));
    }
    examine_known(e, service, client, port, known)
}

/// Whether it is asked what policies do to all clients: a Pod that asks is a client itself.
pub(super) fn asks_for_all(e: &Evidence<'_>, client: Option<&Place>) -> bool {
    e.policies.is_some() && !matches!(client, Some(Place::Pod { .. }))
}

/// Whether a finding is that a policy keeps one of its clients from a Service.
pub(super) fn keeps_out(finding: &Finding, service: &ObjectKey) -> bool {
    finding.row.question == Question::Policy && finding.subject == *service
}

/// The same with what is known of the Service already.
pub(super) fn examine_known(
    e: &Evidence<'_>,
    service: &ObjectKey,
    client: Option<&Place>,
    port: Option<u16>,
    mut findings: Vec<Finding>,
) -> Examination {
    let suspended = e.signs.suspend();
    let Some(s) = Subject::of(e, service) else {
        return absent(e, service, suspended);
    };
    match client {
        Some(client) => {
            lookup::resolver(e, client, &mut findings);
            tried(e, &s, client, port, &mut findings);
        }
        None => findings.extend(port.and_then(|port| not_listed(e, &s, port))),
    }
    e.signs.silence(&mut findings);
    let path = Path {
        e,
        s: &s,
        client,
        port,
        suspended: suspended.as_deref(),
    };
    let mut answers: Vec<Answer> = Vec::new();
    for asked in QUESTIONS {
        let question = asked.question;
        let (found, rest): (Vec<Finding>, Vec<Finding>) = findings
            .into_iter()
            .partition(|f| f.row.question == question);
        findings = rest;
        answers.push(path.answer(question, found, &answers));
    }
    Examination {
        service: service.clone(),
        answers,
        suspended,
    }
}

/// What an attempt from the client's place finds.
fn tried(
    e: &Evidence<'_>,
    s: &Subject<'_>,
    client: &Place,
    port: Option<u16>,
    findings: &mut Vec<Finding>,
) {
    let Some(address) = s.service.spec.addresses().first().copied() else {
        if let Some(port) = port {
            let found = attempt::headless(e, (&s.key, s.service), port);
            // The Service's own examination says it already, with the remedy.
            findings.extend(found.filter(|new| {
                let said = |f: &Finding| f.row == new.row && f.sentence == new.sentence;
                !findings.iter().any(said)
            }));
            findings.extend(not_listed(e, s, port));
        }
        return;
    };
    let first = s.service.spec.ports.first();
    let asked = port.or_else(|| first.and_then(|p| u16::try_from(p.port).ok()));
    let Some(asked) = asked else { return };
    let protocol = protocol_of(s, asked);
    let to = SocketAddr::new(address, asked);
    if e.cluster.is_none() {
        findings.extend(not_listed(e, s, asked));
        return;
    }
    let attempt = attempt::Attempt::Connection {
        from: client.clone(),
        to,
        protocol,
    };
    for finding in attempt::explain(e, &attempt) {
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
}

/// A port that the Service has not, whoever asks for it.
fn not_listed(e: &Evidence<'_>, s: &Subject<'_>, port: u16) -> Option<Finding> {
    let spec = &s.service.spec;
    let alias = spec.service_type() == ServiceType::ExternalName;
    let mut ports = spec.ports.iter();
    if alias || spec.ports.is_empty() || ports.any(|p| p.port == i64::from(port)) {
        return None;
    }
    if spec.is_headless() {
        // Nothing maps its ports: what its Pods listen on is asked for.
        let number = port.to_string();
        return (!spec.ports.iter().any(|p| p.target() == number))
            .then(|| attempt::other_port(e, (&s.key, s.service), port, Protocol::Tcp));
    }
    Some(attempt::other_port(
        e,
        (&s.key, s.service),
        port,
        protocol_of(s, port),
    ))
}

fn protocol_of(s: &Subject<'_>, port: u16) -> Protocol {
    let ports = s.service.spec.ports.iter();
    let all: Vec<&str> = ports
        .filter(|p| p.port == i64::from(port))
        .map(ServicePort::protocol)
        .collect();
    match all.as_slice() {
        [] => Protocol::Tcp,
        all if all.contains(&"TCP") => Protocol::Tcp,
        [first, ..] => Protocol::parse(first),
    }
}

/// A Service that is not there.
fn absent(e: &Evidence<'_>, service: &ObjectKey, suspended: Option<String>) -> Examination {
    let near = crate::manifest::nearest(&service.name, e.service_names(&service.namespace));
    let near = near.map(|near| e.with_pods(&service.namespace, near));
    let elsewhere = e.tables.all(kind::SERVICE);
    let elsewhere = elsewhere
        .map(|object| &object.meta)
        .find(|meta| meta.name == *service.name);
    let hint = match (near, elsewhere) {
        (Some(near), _) => ["; did you mean ", &near, "?"].concat(),
        (None, Some(meta)) => ["; there is one in ", &meta.namespace].concat(),
        (None, None) => String::new(),
    };
    let facts = [
        ("name", &*service.name),
        ("namespace", &*service.namespace),
        ("near", &hint),
    ];
    let finding = Finding::new(&super::rows::NO_SERVICE, service, &facts);
    let answers = QUESTIONS.iter().map(|asked| {
        let first = asked.question == Question::Exists;
        Answer {
            question: asked.question,
            state: if first { State::No } else { State::Open },
            evidence: match first {
                true => finding.sentence.clone(),
                false => "without the Service this does not arise".to_owned(),
            },
            command: String::new(),
            findings: first.then(|| finding.clone()).into_iter().collect(),
        }
    });
    Examination {
        service: service.clone(),
        answers: answers.collect(),
        suspended,
    }
}

/// What the answers rest on.
struct Path<'p> {
    e: &'p Evidence<'p>,
    s: &'p Subject<'p>,
    client: Option<&'p Place>,
    port: Option<u16>,
    suspended: Option<&'p str>,
}

impl Path<'_> {
    fn answer(&self, question: Question, findings: Vec<Finding>, before: &[Answer]) -> Answer {
        let wrong = findings.iter().find(|f| f.severity == Severity::Error);
        let wrong = wrong.or_else(|| findings.first());
        if let Some(finding) = wrong {
            return Answer {
                question,
                state: State::No,
                evidence: finding.sentence.clone(),
                command: String::new(),
                findings,
            };
        }
        let stopped = before
            .iter()
            .any(|a| a.state == State::No && a.question == Question::Endpoints);
        let behind = matches!(
            question,
            Question::Pods | Question::Process | Question::Proxy | Question::Hairpin
        );
        let (state, evidence, command) = if stopped && behind {
            (
                State::Open,
                "without endpoints this does not arise".to_owned(),
                String::new(),
            )
        } else {
            self.well(question)
        };
        Answer {
            question,
            state,
            evidence,
            command,
            findings,
        }
    }

    /// What speaks for a yes, or what is missing for it.
    fn well(&self, question: Question) -> (State, String, String) {
        let (namespace, name) = (&*self.s.key.namespace, &*self.s.key.name);
        let on = match namespace {
            "default" => String::new(),
            other => ["-n ", other, " "].concat(),
        };
        let yes = |evidence: String| (State::Yes, evidence, String::new());
        let open = |evidence: &str, command: String| (State::Open, evidence.to_owned(), command);
        let alias = self.s.service.spec.service_type() == ServiceType::ExternalName;
        match question {
            Question::Exists => yes(["Service ", name, " is in namespace ", namespace].concat()),
            Question::Policy => self.policy(&on),
            Question::Name => self.name(&on),
            Question::Port if alias => yes("an alias has no ports of its own".to_owned()),
            Question::Port => yes(["it has ", &self.s.ports()].concat()),
            Question::Endpoints if alias => {
                yes(["an alias of ", &self.s.service.spec.external_name].concat())
            }
            Question::Endpoints => self.endpoints(),
            Question::Pods if !self.e.shows_state() || alias => open(
                "what was given does not show the state of Pods",
                ["kubectl ", &on, "get pods -o wide"].concat(),
            ),
            Question::Pods => yes([&self.e.name_pods(&self.s.pods), " ready"].concat()),
            Question::Process if self.e.shows_processes() && !alias => {
                yes("programs listen where the Service sends to".to_owned())
            }
            Question::Process => {
                let pod = self.s.pods.first().map_or("POD", |pod| &pod.meta.name);
                let pod = if pod.contains('/') { "POD" } else { pod };
                open(
                    "what was given does not show which processes listen",
                    ["kubectl ", &on, "exec ", pod, " -- ss -ltn"].concat(),
                )
            }
            Question::Proxy if self.suspended.is_none() && self.sticks() => open(
                "ClientIP affinity keeps each client's address on one Pod, and all clients behind one NAT with it; what was given does not show whose addresses arrive",
                self.logs(&on),
            ),
            Question::Proxy => match self.suspended {
                Some(why) => open(why, "cilium-dbg service list".to_owned()),
                None if self.e.shows_processes() && !alias => {
                    yes("kube-proxy has rules for it on every node".to_owned())
                }
                None => open(
                    "what was given does not show the nodes' rules, nor a firewall, the MTU or connection tracking",
                    "iptables-save | grep KUBE-SVC".to_owned(),
                ),
            },
            Question::Hairpin if self.e.shows_processes() => {
                yes("the nodes lead a Pod's packets back to it".to_owned())
            }
            Question::Hairpin => open(
                "what was given does not show whether nodes lead a Pod's packets back to it",
                "cat /sys/devices/virtual/net/*/brport/hairpin_mode".to_owned(),
            ),
        }
    }

    /// Whether one client address stays on one of several Pods.
    fn sticks(&self) -> bool {
        let spec = &self.s.service.spec;
        spec.session_affinity == "ClientIP"
            && !spec.is_headless()
            && !spec.selector.is_empty()
            && self.e.weigh(&self.s.pods) > 1
    }

    /// The command that shows which Pods get the requests.
    fn logs(&self, on: &str) -> String {
        let labels = super::evidence::labels_text(&self.s.service.spec.selector);
        ["kubectl ", on, "logs -l ", &labels, " --prefix --tail=20"].concat()
    }

    fn policy(&self, on: &str) -> (State, String, String) {
        let policies = self
            .e
            .tables
            .in_namespace(kind::NETWORK_POLICY, &self.s.key.namespace);
        let number = policies.count();
        let other = self.e.signs.other_policies;
        if let Some(other) = other {
            return (
                State::Open,
                [other, " has policies of its own, which are not judged here"].concat(),
                ["kubectl ", on, "get networkpolicies,ciliumnetworkpolicies"].concat(),
            );
        }
        if number == 0 && self.e.shows_state() {
            let text = ["there is no NetworkPolicy in ", &self.s.key.namespace].concat();
            return (State::Yes, text, String::new());
        }
        match (self.client, self.e.cluster) {
            (Some(client), Some(_)) => {
                let text = [
                    &*count(number, "policy rule set"),
                    " let ",
                    client.name(),
                    " through",
                ];
                (State::Yes, text.concat(), String::new())
            }
            _ if number == 0 => (
                State::Open,
                "the manifests have no NetworkPolicy; the cluster may".to_owned(),
                ["kubectl ", on, "get networkpolicies"].concat(),
            ),
            _ => (
                State::Open,
                "which client asks is not said".to_owned(),
                ["kubectl ", on, "describe networkpolicies"].concat(),
            ),
        }
    }

    fn name(&self, on: &str) -> (State, String, String) {
        let domain = &self.e.network.domain;
        let (name, namespace) = (&*self.s.key.name, &*self.s.key.namespace);
        let whole = [name, ".", namespace, ".svc.", domain].concat();
        if !self.e.shows_state() {
            let command = [
                "kubectl ",
                on,
                "run t --rm -it --restart=Never --image=busybox -- nslookup ",
                &whole,
            ];
            let text = "whether cluster DNS answers is not shown".to_owned();
            return (State::Open, text, command.concat());
        }
        match self.client {
            Some(Place::Laptop) => {
                let text = "the laptop does not ask cluster DNS".to_owned();
                (State::Open, text, String::new())
            }
            Some(client) if home(client) == namespace => {
                (State::Yes, [name, " is ", &whole].concat(), String::new())
            }
            Some(client) => {
                let text = ["from ", home(client), " it is ", name, ".", namespace];
                (State::Yes, text.concat(), String::new())
            }
            None => (State::Yes, ["its name is ", &whole].concat(), String::new()),
        }
    }

    fn endpoints(&self) -> (State, String, String) {
        let number = self.e.weigh(&self.s.pods);
        if self.s.service.spec.selector.is_empty() {
            return (
                State::Yes,
                "its EndpointSlices are made by hand".to_owned(),
                String::new(),
            );
        }
        let _ = self.port;
        let matched = [
            &*count(number, "Pod"),
            match number {
                1 => " matches ",
                _ => " match ",
            },
            &super::evidence::labels_text(&self.s.service.spec.selector),
        ];
        (State::Yes, matched.concat(), String::new())
    }
}
