//! What servers write of the requests that arrive: `kubectl logs` reads it from the event log.

use super::Cluster;
use crate::api::image::Serves;
use crate::kernel::facts;
use crate::net::{Peer, Received};

/// The event kind of this layer.
pub(super) mod event {
    use crate::kernel::{EventKind, Role};

    /// A server answered a request.
    pub const SERVED: EventKind = EventKind {
        id: "served",
        icon: "v-ok",
        role: Role::Idle,
        sentence: "{pod} answered {client}'s {request} with {status}",
        spoken: "",
    };
}

impl Cluster {
    /// Tells what a web server answered to a request.
    pub(super) fn tell_served(&mut self, peer: Option<&Peer>, data: &[u8], received: &Received) {
        let web = |peer: &&Peer| {
            matches!(
                peer.serves,
                Serves::Http(_) | Serves::HttpHostname | Serves::Web(_) | Serves::Ingress
            )
        };
        let Some(peer) = peer.filter(web) else { return };
        let request = String::from_utf8_lossy(data);
        let reply = String::from_utf8_lossy(&received.data);
        let line = request.lines().next().unwrap_or_default();
        let status = reply.split(' ').nth(1).and_then(|word| word.parse().ok());
        let Some(status) = status.filter(|_: &i64| line.contains(" HTTP/")) else {
            return;
        };
        let header = |name: &str| {
            let mut fields = request.lines().filter_map(|line| line.split_once(": "));
            let found = fields.find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map_or("-", |(_, value)| value).to_owned()
        };
        let body = reply
            .split_once("\r\n\r\n")
            .map_or(0, |(_, body)| body.len());
        let facts = facts![
            "pod" => peer.key.name.to_string(),
            "object" => peer.key.to_string(),
            "uid" => peer.uid.clone(),
            "container" => peer.container.clone(),
            "client" => peer.client.to_string(),
            "request" => line.to_owned(),
            "agent" => header("user-agent"),
            "status" => status,
            "size" => i64::try_from(body).unwrap_or(0),
        ];
        self.sim.emit(&event::SERVED, facts);
    }
}
