//! How the `kubernetes` plugin reads the labels before its zone.

/// A name below the zone, in lower case, taken apart from the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// The zone itself, `svc` or `pod`.
    Branch,
    /// `NAMESPACE.svc` or `NAMESPACE.pod`.
    Namespace { namespace: &'a str, pods: bool },
    /// `IP.NAMESPACE.pod`; labels before it are ignored.
    Pod { namespace: &'a str, label: &'a str },
    /// A Service or a part of it.
    Service {
        namespace: &'a str,
        name: &'a str,
        part: Part<'a>,
    },
    /// Any other name.
    Invalid,
}

/// Which part of a Service is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// All of it.
    Whole,
    /// The endpoint with this label.
    Endpoint(&'a str),
    /// The ports with this name and protocol; an empty one matches all.
    Port { port: &'a str, protocol: &'a str },
    /// The endpoints of a topology zone; `pin` does without others, `prefer` takes them if need be.
    Zonal { zone: &'a str, pin: bool },
}

impl<'a> Request<'a> {
    /// Takes apart what stands before the zone; `zonal` is the option of that name.
    pub(super) fn parse(front: &'a str, zonal: bool) -> Self {
        if matches!(front, "" | "svc" | "pod") {
            return Self::Branch;
        }
        let mut labels = front.rsplit('.');
        let pods = match labels.next() {
            Some("svc") => false,
            Some("pod") => true,
            _ => return Self::Invalid,
        };
        let Some(namespace) = labels.next() else {
            return Self::Branch;
        };
        let Some(name) = labels.next() else {
            return Self::Namespace { namespace, pods };
        };
        let (first, second, third) = (labels.next(), labels.next(), labels.next());
        let part = match (first, second, third) {
            (None, ..) => Part::Whole,
            (Some("_zone"), Some(directive), Some(_)) if zonal && !pods => {
                let tail = 1
                    + directive.len()
                    + "._zone.".len()
                    + name.len()
                    + 1
                    + namespace.len()
                    + ".svc".len();
                let zone = front
                    .get(..front.len().saturating_sub(tail))
                    .unwrap_or_default();
                match directive {
                    "pin" => Part::Zonal { zone, pin: true },
                    "prefer" => Part::Zonal { zone, pin: false },
                    _ => return Self::Invalid,
                }
            }
            (Some(label), None, _) => Part::Endpoint(label),
            (Some(protocol), Some(port), None) => Part::Port {
                port: port.strip_prefix('_').unwrap_or(port),
                protocol: protocol.strip_prefix('_').unwrap_or(protocol),
            },
            (Some(_), Some(_), Some(_)) => return Self::Invalid,
        };
        if pods {
            return Self::Pod {
                namespace,
                label: name,
            };
        }
        Self::Service {
            namespace,
            name,
            part,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_from_the_right() {
        let service = |part| Request::Service {
            namespace: "prod",
            name: "web",
            part,
        };
        assert_eq!(Request::parse("svc", false), Request::Branch);
        assert_eq!(Request::parse("web.prod", false), Request::Invalid);
        assert_eq!(
            Request::parse("prod.svc", false),
            Request::Namespace {
                namespace: "prod",
                pods: false
            }
        );
        assert_eq!(Request::parse("web.prod.svc", false), service(Part::Whole));
        assert_eq!(
            Request::parse("_tcp.web.prod.svc", false),
            service(Part::Endpoint("_tcp"))
        );
        let port = Part::Port {
            port: "http",
            protocol: "tcp",
        };
        assert_eq!(
            Request::parse("_http._tcp.web.prod.svc", false),
            service(port)
        );
        assert_eq!(
            Request::parse("a.b.c.web.prod.svc", false),
            Request::Invalid
        );
        let pod = Request::Pod {
            namespace: "prod",
            label: "10-1-2-3",
        };
        assert_eq!(Request::parse("x.10-1-2-3.prod.pod", false), pod);
    }

    #[test]
    fn a_topology_zone_may_hold_dots() {
        let zonal = Part::Zonal {
            zone: "eu.west",
            pin: true,
        };
        let asked = Request::parse("eu.west.pin._zone.web.prod.svc", true);
        assert_eq!(
            asked,
            Request::Service {
                namespace: "prod",
                name: "web",
                part: zonal
            }
        );
        assert_eq!(
            Request::parse("eu.west.pin._zone.web.prod.svc", false),
            Request::Invalid
        );
    }
}
