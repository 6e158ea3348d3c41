//! Who speaks for the zone: SOA and NS records.

use super::lookup::endpoint_label;
use super::{Records, Zone};
use crate::dns::catalog::Publishes;
use crate::dns::record::Soa;
use crate::dns::{DnsName, Query, Record, RecordData};
use std::net::IpAddr;

impl Zone<'_> {
    /// The start of authority, in the zone as the question spells it.
    pub(super) fn soa(&self) -> Record {
        let zone = self.name.text();
        let soa = Soa {
            mname: DnsName::below(&["ns", "dns"], zone),
            rname: DnsName::below(&["hostmaster"], zone),
            serial: self.catalog.modified,
            refresh: 7_200,
            retry: 1_800,
            expire: 86_400,
            minimum: self.options.ttl,
        };
        Record::new(
            self.name.clone(),
            self.options.ttl.min(300),
            RecordData::Soa(soa.into()),
        )
    }

    /// The name servers with their addresses in the additional section.
    pub(super) fn ns(&self, query: &Query) -> Records {
        let mut records = Records::default();
        for (name, ip) in self.servers() {
            let data = RecordData::Ns(name.clone());
            let record = Record::new(query.name.clone(), self.options.ttl, data);
            if !records.answer.contains(&record) {
                records.answer.push(record);
            }
            records.additional.push(Record::new(
                name,
                self.options.ttl,
                RecordData::of_address(ip),
            ));
        }
        records
    }

    /// The server's names and addresses: of the Services that have it as an endpoint, else `ns.dns` with its own.
    pub(super) fn servers(&self) -> Vec<(DnsName, IpAddr)> {
        let zone = self.name.text();
        let mut servers = Vec::new();
        for local in self.local.iter().filter(|_| self.options.endpoints) {
            let text = local.to_string();
            for of in self.catalog.with_endpoint_ip(&text) {
                let Some(backend) = self.catalog.backend(&of.namespace, &of.name) else {
                    continue;
                };
                let Some((_, service)) = &backend.service else {
                    continue;
                };
                let mut add = |server: (DnsName, IpAddr)| {
                    if !servers.contains(&server) {
                        servers.push(server);
                    }
                };
                match &service.publishes {
                    Publishes::Addresses(addresses) => {
                        let name = DnsName::below(&[&of.name, &of.namespace, "svc"], zone);
                        addresses.iter().for_each(|ip| add((name.clone(), ip)));
                    }
                    Publishes::Endpoints => {
                        for endpoint in backend.slices.values().flat_map(|slice| slice.endpoints())
                        {
                            let label = endpoint_label(endpoint, self.options.pod_names);
                            let front = [&*label, &of.name, &of.namespace, "svc"];
                            add((DnsName::below(&front, zone), endpoint.address.ip));
                        }
                    }
                    Publishes::Alias(_) => {}
                }
            }
        }
        if servers.is_empty() {
            let name = DnsName::below(&["ns", "dns"], zone);
            servers.extend(self.local.iter().map(|ip| (name.clone(), *ip)));
        }
        servers
    }
}
