//! Those that name a Service, seen from their side: do they ask cluster DNS, and does a policy let them through?

use super::evidence::{Evidence, Subject};
use super::finding::Finding;
use super::names::{Mention, meant};
use super::{lookup, rows};
use crate::api::pod::Pod;
use crate::api::service::{ServicePort, ServiceType};
use crate::api::{Object, ObjectKey, Value, kind};
use crate::net::{Protocol, Refusal};
use std::net::IpAddr;
use std::rc::Rc;

/// At how many Pods of different make behind a Service one looks.
const MAKES: usize = 4;

/// What keeps a Pod, of a maker, from a Service that it names.
pub(super) fn check(
    e: &Evidence<'_>,
    (client, owner): (&Rc<Object>, &ObjectKey),
    mention: &Mention,
    field: &str,
    out: &mut Vec<Finding>,
) {
    if mention.host.parse::<IpAddr>().is_ok() {
        return;
    }
    let Some((name, namespace)) = meant(e, mention) else {
        return;
    };
    let key = ObjectKey::new(kind::SERVICE, &namespace, &name);
    let Some(s) = Subject::of(e, &key) else {
        return;
    };
    let mut found = lookup::elsewhere(e, client, owner);
    if found.is_none() && s.service.spec.service_type() != ServiceType::ExternalName {
        found = refused(e, client, &s, mention.port);
    }
    let Some(mut finding) = found else { return };
    if out
        .iter()
        .any(|f| f.row == finding.row && f.sentence == finding.sentence)
    {
        return;
    }
    finding.blame.push(e.blame(owner, field));
    out.push(if e.shows_state() {
        finding
    } else {
        // Policies, and what nodes resolve, may be more than what was given.
        finding.likely().softened()
    });
}

/// A policy that lets the client through to none of the Service's Pods.
fn refused(
    e: &Evidence<'_>,
    client: &Rc<Object>,
    s: &Subject<'_>,
    wanted: Option<i64>,
) -> Option<Finding> {
    let policies = e.policies.as_ref()?;
    let asks = client.pod().filter(|pod| !pod.spec.host_network)?;
    let mut last = None;
    let mut told = None;
    let mut makes = 0;
    for (object, pod) in s.specs() {
        if object.meta.name == client.meta.name {
            return None;
        }
        let spec = pod.spec.make();
        if last.replace(spec) == Some(spec) || makes == MAKES {
            continue;
        }
        makes += 1;
        // What stands in for the Pods of a workload stands for all of them.
        let itself = spec == asks.spec.make() && e.stand_ins.contains_key(&object.key());
        if itself || pod.spec.host_network {
            return None;
        }
        let ports = s.service.spec.ports.iter();
        let ports = ports.filter(|p| wanted.is_none_or(|wanted| p.port == wanted));
        for port in ports {
            let target = target(port, pod)?;
            told = Some(policies.refuse(&e.tables, client, object, target)?);
        }
    }
    let Refusal {
        policy,
        field,
        mut because,
        out: way_out,
    } = told?;
    for pod in std::iter::once(client).chain(s.pods.first().copied()) {
        if e.stand_ins.contains_key(&pod.key()) {
            let name = ["Pod ", &pod.meta.name].concat();
            because = because.replace(&name, &["the Pods of ", &pod.meta.name].concat());
        }
    }
    let row = if way_out {
        &rows::POLICY_OUT
    } else {
        &rows::POLICY_IN
    };
    let mut finding = Finding::new(row, &s.key, &[("because", &because)]);
    finding.blame.push(e.blame(&policy, &field));
    Some(finding)
}

/// The port of a Pod to which a port of the Service leads.
fn target(port: &ServicePort, pod: &Pod) -> Option<(u16, Protocol)> {
    let number = match &port.target_port {
        Value::Str(name) if !name.is_empty() => {
            let mut all = pod.spec.containers.iter().flat_map(|c| &c.ports);
            all.find(|p| p.name == *name)?.container_port
        }
        Value::Int(number) if *number > 0 => *number,
        _ => port.port,
    };
    Some((
        u16::try_from(number).ok()?,
        Protocol::parse(port.protocol()),
    ))
}
