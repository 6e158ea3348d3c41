//! Finding what a name stands for: the items from which every record type is then made.

use super::Zone;
use super::options::PodsMode;
use crate::dns::because::{Because, ServiceName};
use crate::dns::catalog::{
    Addresses, Backend, Endpoint, Port, Publishes, ServiceEntry, Slice, Space,
};
use crate::dns::request::{Part, Request};
use std::net::IpAddr;
use std::rc::Rc;

/// Where an item points.
#[derive(Clone, Debug)]
pub(super) enum Host {
    /// To an address.
    Address(IpAddr),
    /// To another name.
    Alias(Rc<str>),
}

/// The labels before the zone that name an item: the target of SRV records.
#[derive(Clone, Debug)]
pub(super) enum Owner<'a> {
    /// A Service.
    Service(ServiceName),
    /// An endpoint of a Service.
    Endpoint(ServiceName, Rc<str>),
    /// A Pod.
    Pod { namespace: &'a str, label: &'a str },
    /// The server itself.
    Server,
}

/// One address and port, or one alias, that a name stands for.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub host: Host,
    pub owner: Owner<'a>,
    /// The port; none if the Service declares none.
    pub port: Option<u16>,
}

/// What a name stands for; an empty list means that it exists without having records.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub items: Vec<Item<'a>>,
    pub because: Because,
    /// Whether the name exists only as a choice among endpoints, of which none was left.
    pub choice: bool,
}

impl Zone<'_> {
    /// What the labels before the zone, in lower case, stand for; the error says why the name does not exist.
    pub(super) fn records<'a>(&self, front: &'a str) -> Result<Found<'a>, Because> {
        let request = Request::parse(front, self.options.zonal);
        let nothing = |because| {
            Ok(Found {
                items: Vec::new(),
                because,
                choice: false,
            })
        };
        match request {
            Request::Branch => nothing(Because::Branch),
            Request::Invalid => Err(Because::NotInSchema),
            Request::Namespace { .. } | Request::Pod { .. } | Request::Service { .. }
                if self.reverse =>
            {
                Err(Because::NotInSchema)
            }
            Request::Namespace { namespace, pods } => {
                let name = self.exposed(namespace)?;
                if pods && self.options.pods == PodsMode::Disabled {
                    return Err(Because::PodsDisabled);
                }
                nothing(Because::Namespace(name))
            }
            Request::Pod { namespace, label } => {
                self.exposed(namespace)?;
                self.pod(namespace, label)
            }
            Request::Service {
                namespace,
                name,
                part,
            } => self.service(namespace, name, part),
        }
    }

    /// The namespace's stored name, if clients may see it.
    pub(super) fn exposed(&self, namespace: &str) -> Result<Rc<str>, Because> {
        self.space(namespace).map(|(name, _)| name.clone())
    }

    /// The namespace that clients may see.
    fn space(&self, namespace: &str) -> Result<(&Rc<str>, &Space), Because> {
        let space = self.catalog.spaces.get(namespace);
        let Some((space, (name, labels))) = space.and_then(|s| Some((s, s.namespace.as_ref()?)))
        else {
            return Err(Because::NoNamespace(namespace.into()));
        };
        let listed =
            self.options.namespaces.is_empty() || self.options.namespaces.contains(namespace);
        let selected = self
            .options
            .namespace_labels
            .as_ref()
            .is_none_or(|s| s.matches(labels));
        if listed && selected {
            Ok((name, space))
        } else {
            Err(Because::HiddenNamespace(name.clone()))
        }
    }

    fn pod<'a>(&self, namespace: &'a str, label: &'a str) -> Result<Found<'a>, Because> {
        if self.options.pods == PodsMode::Disabled {
            return Err(Because::PodsDisabled);
        }
        let dashes = label.bytes().filter(|b| *b == b'-').count();
        let spelled = if dashes == 3 && !label.contains("--") {
            label.replace('-', ".")
        } else {
            label.replace('-', ":")
        };
        let missing = || Because::NoPod(spelled.as_str().into(), namespace.into());
        let because = if self.options.pods == PodsMode::Verified {
            let mut pods = self.catalog.pods_with_ip(&spelled);
            let pod = pods
                .find(|pod| &*pod.namespace == namespace)
                .ok_or_else(missing)?;
            Because::Pod(pod.clone())
        } else {
            Because::PodAddress(namespace.into())
        };
        let Ok(ip) = spelled.parse::<IpAddr>() else {
            return Err(Because::NoAddress(label.into()));
        };
        let item = Item {
            host: Host::Address(ip.to_canonical()),
            owner: Owner::Pod { namespace, label },
            port: Some(0),
        };
        Ok(Found {
            items: vec![item],
            because,
            choice: false,
        })
    }

    fn service<'a>(
        &self,
        namespace: &'a str,
        name: &'a str,
        part: Part<'a>,
    ) -> Result<Found<'a>, Because> {
        let (namespace, space) = self.space(namespace)?;
        let backend = space.backends.get(name);
        let Some((stored, entry)) = backend.and_then(|backend| backend.service.as_ref()) else {
            return Err(Because::NoService(ServiceName {
                namespace: namespace.clone(),
                name: name.into(),
            }));
        };
        let of = ServiceName {
            namespace: namespace.clone(),
            name: stored.clone(),
        };
        let slices = || {
            backend
                .into_iter()
                .flat_map(Backend::slices)
                .filter(|_| self.options.endpoints)
        };
        let has_endpoints = || slices().any(|slice| slice.endpoints().next().is_some());
        match (&entry.publishes, part) {
            (Publishes::Alias(target), part) => alias(of, target, part),
            (Publishes::Addresses(_), _) if self.options.ignore_empty && !has_endpoints() => {
                Err(Because::NoEndpoints(of))
            }
            (Publishes::Endpoints, Part::Zonal { zone, pin }) => {
                let mut items = self.endpoints(&of, slices(), part, |e| {
                    e.zone
                        .as_deref()
                        .is_some_and(|z| z.eq_ignore_ascii_case(zone))
                });
                if items.is_empty() && !pin {
                    items = self.endpoints(&of, slices(), part, |_| true);
                    if items.is_empty() {
                        return Err(Because::NoEndpoints(of));
                    }
                }
                Ok(Found {
                    items,
                    because: Because::Headless(of),
                    choice: true,
                })
            }
            (Publishes::Addresses(_), Part::Zonal { .. }) => Err(Because::NotInSchema),
            (Publishes::Endpoints, _) | (_, Part::Endpoint(_)) => {
                let items = self.endpoints(&of, slices(), part, |_| true);
                self.found_endpoints(of, items, part, has_endpoints())
            }
            (Publishes::Addresses(addresses), Part::Whole | Part::Port { .. }) => {
                cluster_addresses(of, entry, addresses, part, self.each_port)
            }
        }
    }

    fn found_endpoints<'a>(
        &self,
        of: ServiceName,
        items: Vec<Item<'a>>,
        part: Part<'a>,
        any: bool,
    ) -> Result<Found<'a>, Because> {
        if items.is_empty() {
            return Err(match part {
                Part::Endpoint(label) => Because::NoEndpoint(of, label.into()),
                Part::Port { port, protocol } if any => {
                    Because::NoPort(of, port.into(), protocol.into())
                }
                Part::Whole | Part::Port { .. } | Part::Zonal { .. } => Because::NoEndpoints(of),
            });
        }
        let because = match part {
            Part::Endpoint(label) => Because::Endpoint(of, label.into()),
            Part::Whole | Part::Port { .. } | Part::Zonal { .. } => Because::Headless(of),
        };
        Ok(Found {
            items,
            because,
            choice: false,
        })
    }

    /// The chosen endpoints, once for each port that matches.
    fn endpoints<'a, 'b>(
        &self,
        of: &ServiceName,
        slices: impl Iterator<Item = &'b Slice>,
        part: Part<'_>,
        chosen: impl Fn(&Endpoint) -> bool,
    ) -> Vec<Item<'a>> {
        let mut items = Vec::new();
        for slice in slices {
            for endpoint in slice.endpoints().filter(|endpoint| chosen(endpoint)) {
                let label = endpoint_label(endpoint, self.options.pod_names);
                if let Part::Endpoint(asked) = part
                    && !asked.eq_ignore_ascii_case(&label)
                {
                    continue;
                }
                for port in slice.ports.iter().filter(|port| matches_port(port, part)) {
                    items.push(Item {
                        host: Host::Address(endpoint.address.ip),
                        owner: Owner::Endpoint(of.clone(), label.clone()),
                        port: port.number,
                    });
                }
            }
        }
        items
    }
}

impl Backend {
    fn slices(&self) -> impl Iterator<Item = &Slice> {
        self.slices.values()
    }
}

fn alias<'a>(of: ServiceName, target: &Rc<str>, part: Part<'a>) -> Result<Found<'a>, Because> {
    let whole = match part {
        Part::Whole => true,
        Part::Port { port, protocol } => port.is_empty() && protocol.is_empty(),
        Part::Endpoint(_) | Part::Zonal { .. } => false,
    };
    if !whole {
        return Err(match part {
            Part::Port { port, protocol } => Because::NoPort(of, port.into(), protocol.into()),
            Part::Endpoint(label) => Because::NoEndpoint(of, label.into()),
            Part::Whole | Part::Zonal { .. } => Because::NotInSchema,
        });
    }
    if target.parse::<IpAddr>().is_ok() {
        return Err(Because::DeadAlias(of, target.clone()));
    }
    let owner = Owner::Service(of.clone());
    let item = Item {
        host: Host::Alias(target.clone()),
        owner,
        port: Some(0),
    };
    Ok(Found {
        items: vec![item],
        because: Because::Alias(of, target.clone()),
        choice: false,
    })
}

/// One item for each address, and for each port if ports matter.
fn cluster_addresses<'a>(
    of: ServiceName,
    entry: &ServiceEntry,
    addresses: &Addresses,
    part: Part<'a>,
    each_port: bool,
) -> Result<Found<'a>, Because> {
    let mut items = Vec::new();
    let mut any = false;
    let mut add = |number: Option<u16>| {
        any = true;
        items.extend(addresses.iter().map(|ip| Item {
            host: Host::Address(ip),
            owner: Owner::Service(of.clone()),
            port: number,
        }));
    };
    if part == Part::Whole && !each_port {
        add(None);
    } else {
        let ports = entry.ports.iter().filter(|port| matches_port(port, part));
        ports.for_each(|port| add(port.number));
    }
    if any {
        return Ok(Found {
            items,
            because: Because::Service(of),
            choice: false,
        });
    }
    Err(match part {
        Part::Port { port, protocol } => Because::NoPort(of, port.into(), protocol.into()),
        Part::Whole | Part::Endpoint(_) | Part::Zonal { .. } => Because::NoService(of),
    })
}

fn matches_port(port: &Port, part: Part<'_>) -> bool {
    let Part::Port {
        port: name,
        protocol,
    } = part
    else {
        return true;
    };
    let like = |asked: &str, has: &str| asked.is_empty() || asked.eq_ignore_ascii_case(has);
    like(name, &port.name) && like(protocol, &port.protocol)
}

/// The label under which an endpoint is published.
pub(super) fn endpoint_label(endpoint: &Endpoint, pod_names: bool) -> Rc<str> {
    if let Some(hostname) = &endpoint.hostname {
        return hostname.clone();
    }
    if let Some(pod) = endpoint
        .pod
        .as_ref()
        .filter(|pod| pod_names && pod.len() < 64 && !pod.is_empty())
    {
        return pod.clone();
    }
    let mut label = endpoint.address.text.replace(['.', ':'], "-");
    // A label cannot end in a dash.
    if label.ends_with('-') {
        label.push('0');
    }
    label.into()
}
