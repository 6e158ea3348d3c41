//! The Ingress controller: a request that reached its Pod is sent on to an endpoint of the Service that a rule names.
//!
//! Models ingress-nginx, which knows endpoints itself and does not go through the Service's address.

use super::Cluster;
use crate::api::{ObjectKey, kind};
use crate::kernel::Span;
use crate::net::{
    Backend, ConnectError, Field, Hop, Place, Protocol, Relay, Routed, ServicePort, Spot, Verdict,
    Walk, route, status_page,
};
use std::net::SocketAddr;
use std::rc::Rc;

/// How long nginx waits for a connection, and for an answer (`proxy-connect-timeout`, `proxy-read-timeout`).
const CONNECT: Span = Span::secs(5);
const READ: Span = Span::secs(60);
/// How many endpoints it tries (`proxy-next-upstream-tries`).
const TRIES: usize = 3;

impl Cluster {
    /// Sends a request on from a controller's Pod, and gives the response.
    pub(super) fn relay(&mut self, at: &ObjectKey, relay: &Relay) -> Vec<u8> {
        let now = self.sim.unix(self.sim.now);
        let page = |status: u16, location: Option<String>| status_page(status, location, now);
        let routed = route(self.store.tables(), &relay.host, &relay.path);
        match routed {
            Routed::ToHttps(ingress) => {
                let because = format!("Ingress {} has TLS for {}", ingress.name, relay.host);
                self.tell_route(
                    at,
                    relay,
                    (Verdict::Forwarded, because),
                    (ingress, "spec.tls"),
                );
                let to = format!("https://{}{}", relay.host, relay.target);
                page(308, Some(to))
            }
            Routed::Nowhere(why) => {
                let because = format!("{why}: 404 from the default backend");
                let none = (at.clone(), "");
                self.tell_route(at, relay, (Verdict::Refused, because), none);
                page(404, None)
            }
            Routed::Backend(backend) => match self.upstream(at, relay, &backend) {
                Ok(response) => response,
                Err(status) => page(status, None),
            },
        }
    }

    /// Asks the endpoints of a rule's Service; the status if none answers.
    fn upstream(
        &mut self,
        at: &ObjectKey,
        relay: &Relay,
        backend: &Backend,
    ) -> Result<Vec<u8>, u16> {
        let name = &backend.service.name;
        let rule = format!(
            "Ingress {}: {} leads to Service {name}:{}",
            backend.ingress.name, backend.rule, backend.port
        );
        let about = (backend.ingress.clone(), backend.field.as_str());
        let ports = self.proxy.ports_of(&backend.service);
        let wanted = |port: &&Rc<ServicePort>| {
            *port.name.port == *backend.port || port.port().to_string() == backend.port
        };
        let Some(port) = ports.iter().find(wanted).cloned() else {
            let because = format!("{rule}, which is not there or has no such port: 503");
            self.tell_route(at, relay, (Verdict::Refused, because), about);
            return Err(503);
        };
        let ready = port.endpoints.all().iter().filter(|e| e.ready);
        let mut endpoints: Vec<SocketAddr> = ready.map(|e| e.address).collect();
        if endpoints.is_empty() {
            let because = format!("{rule}, which has no ready endpoint: 503");
            self.tell_route(at, relay, (Verdict::Refused, because), about);
            return Err(503);
        }
        self.tell_route(at, relay, (Verdict::Forwarded, rule), about);
        let turn = self.chance.below(endpoints.len() as u64) as usize;
        endpoints.rotate_left(turn);
        let from = place_of(at);
        let mut status = 502;
        for endpoint in endpoints.into_iter().take(TRIES) {
            match self.connect(&from, endpoint, Protocol::Tcp, Some(CONNECT)) {
                Ok(id) => {
                    let request = relay.forwarded(backend.rewrite.as_deref());
                    let received = self.send_within(id, &request, Some(READ));
                    self.close(id);
                    if !received.data.is_empty() {
                        return Ok(received.data);
                    }
                    status = if received.after > READ { 504 } else { 502 };
                }
                Err(ConnectError::TimedOut) => status = 504,
                Err(ConnectError::Refused | ConnectError::NoRoute | ConnectError::Unreachable) => {
                    status = 502;
                }
            }
        }
        Err(status)
    }

    /// Tells which rule a request met.
    fn tell_route(
        &mut self,
        at: &ObjectKey,
        relay: &Relay,
        (verdict, because): (Verdict, String),
        (object, field): (ObjectKey, &str),
    ) {
        let place = Spot::of(&place_of(at));
        let hop = Hop {
            from: place.clone(),
            to: place,
            src: relay.client,
            dst: relay.own,
            verdict,
            because: because.into(),
            object: Some(object),
            field: Field::Path(field.to_owned()),
            latency: Span::micros(150),
        };
        let walk = Walk::of(vec![hop]);
        let from = place_of(at);
        self.tell(&from, &walk, "HTTP");
    }
}

/// Where a controller stands: in a Pod, or on the control plane's node.
fn place_of(at: &ObjectKey) -> Place {
    if at.kind == kind::NODE {
        Place::Node(at.name.clone())
    } else {
        Place::pod(&at.namespace, &at.name, "controller")
    }
}
