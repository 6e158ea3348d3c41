//! Copies of the whole zone (RFC 5936), in the order in which the plugin lists it: authority, glue, Services by name.
//!
//! Pod records are not listed.

use super::Zone;
use super::lookup::endpoint_label;
use crate::dns::because::Because;
use crate::dns::catalog::{Backend, Port, Publishes};
use crate::dns::{DnsName, Query, Rcode, Record, RecordData, Reply};
use crate::kernel::Arrange;
use std::rc::Rc;

impl Zone<'_> {
    /// The zone, or a refusal.
    pub(super) fn transfer(&self, query: &Query, allowed: bool) -> Reply {
        if !allowed || query.name != self.name {
            return Reply::new(query, Rcode::Refused, Because::NoTransfer);
        }
        let mut reply = Reply::new(query, Rcode::NoError, Because::Authority);
        reply.authoritative = true;
        reply.answer.push(self.soa());
        let servers = self.servers();
        let apex = |data| Record::new(self.name.clone(), self.options.ttl, data);
        for (name, _) in &servers {
            let record = apex(RecordData::Ns(name.clone()));
            if !reply.answer.contains(&record) {
                reply.answer.push(record);
            }
        }
        let glue = servers
            .into_iter()
            .map(|(name, ip)| Record::new(name, 0, RecordData::of_address(ip)));
        reply.answer.extend(glue);
        for (namespace, name, backend) in self.sorted() {
            self.list(&namespace, &name, backend, &mut reply.answer);
        }
        reply.answer.push(self.soa());
        reply
    }

    /// The Services that clients may see, by name.
    fn sorted(&self) -> Vec<(Rc<str>, Rc<str>, &Backend)> {
        let spaces = self
            .catalog
            .spaces
            .iter()
            .filter(|(name, _)| self.exposed(name).is_ok());
        let mut all: Vec<_> = spaces
            .flat_map(|(namespace, space)| {
                let backends = space
                    .backends
                    .iter()
                    .filter(|(_, backend)| backend.service.is_some());
                backends.map(|(name, backend)| (namespace.clone(), name.clone(), backend))
            })
            .collect();
        all.arrange_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        all
    }

    fn list(&self, namespace: &str, name: &str, backend: &Backend, out: &mut Vec<Record>) {
        let Some((_, service)) = &backend.service else {
            return;
        };
        let ttl = self.options.ttl;
        let front = [name, namespace, "svc"];
        let base = DnsName::below(&front, self.name.text());
        let srv = |owner: DnsName, weight, port: u16, target: DnsName| {
            Record::new(
                owner,
                ttl,
                RecordData::Srv {
                    priority: 0,
                    weight,
                    port,
                    target,
                },
            )
        };
        let named = |port: &Port, number, weight, target: &DnsName| {
            (!port.name.is_empty()).then(|| {
                let (name, protocol) = (
                    format!("_{}", port.name),
                    format!("_{}", port.protocol.to_ascii_lowercase()),
                );
                srv(
                    DnsName::below(&[&name, &protocol], base.text()),
                    weight,
                    number,
                    target.clone(),
                )
            })
        };
        match &service.publishes {
            Publishes::Alias(target) => {
                let target = DnsName::parse(target).ok();
                out.extend(target.map(|target| Record::new(base, ttl, RecordData::Cname(target))));
            }
            Publishes::Addresses(addresses) => {
                let addresses = addresses.iter().map(RecordData::of_address);
                out.extend(addresses.map(|data| Record::new(base.clone(), ttl, data)));
                for port in &service.ports {
                    let Some(number) = port.number else { continue };
                    out.push(srv(base.clone(), 100, number, base.clone()));
                    out.extend(named(port, number, 100, &base));
                }
            }
            Publishes::Endpoints => {
                let endpoints = backend
                    .slices
                    .values()
                    .flat_map(|slice| slice.endpoints().map(move |endpoint| (slice, endpoint)));
                let count = endpoints.clone().count();
                let weight = (100 / count.max(1)).max(1) as u16;
                for (slice, endpoint) in endpoints {
                    let data = RecordData::of_address(endpoint.address.ip);
                    let label = endpoint_label(endpoint, self.options.pod_names);
                    let target = DnsName::below(&[&label], base.text());
                    out.push(Record::new(base.clone(), ttl, data.clone()));
                    out.push(Record::new(target.clone(), ttl, data));
                    for port in &slice.ports {
                        let Some(number) = port.number else { continue };
                        out.extend(named(port, number, weight, &target));
                    }
                }
            }
        }
    }
}
