//! One hop of a packet, and what became of it there.

use super::because::{Because, Spot};
use crate::api::ObjectKey;
use crate::kernel::{EventKind, Span};
use std::fmt;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// The event kinds of this layer, one for each verdict.
pub mod event {
    use crate::kernel::{EventKind, Role};

    macro_rules! kinds {
        ($($id:ident $name:literal $icon:literal $role:ident $spoken:literal;)*) => {$(
            #[doc = concat!("A packet was ", $name, ".")]
            pub const $id: EventKind = EventKind {
                id: $name, icon: $icon, role: Role::$role, sentence: "{src} to {dst}: {because}", spoken: $spoken,
            };
        )*};
    }
    kinds! {
        FORWARDED "forwarded" "v-ok" Route "";
        TRANSLATED "translated" "v-ok" Route "";
        DELIVERED "delivered" "v-ok" Good "Delivered to {dst}: {because}";
        REFUSED "refused" "v-refused" Bad "Refused at {dst}: {because}";
        RESET "reset" "v-refused" Bad "Reset by {dst}: {because}";
        DROPPED "dropped" "v-dropped" Warn "No answer from {dst}: {because}";
        UNREACHABLE "unreachable" "v-dropped" Warn "{dst} is unreachable: {because}";
    }
    /// An answer was sent back through a node, or came back to the client.
    pub const RETURNED: EventKind = EventKind {
        id: "returned",
        icon: "v-ok",
        role: Role::Route,
        sentence: "{src} back to {dst}: {because}",
        spoken: "",
    };
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP: accepted and shown, spoken by no program here.
    Sctp,
}

impl Protocol {
    /// Reads a Service port's protocol; what validation would refuse counts as TCP.
    pub fn parse(text: &str) -> Self {
        match text {
            "UDP" => Self::Udp,
            "SCTP" => Self::Sctp,
            _ => Self::Tcp,
        }
    }

    /// `tcp`, as rules spell it.
    pub fn lower(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

impl Protocol {
    /// `TCP`, as objects spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of a packet at a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Sent on as it is.
    Forwarded,
    /// Sent on with another destination or source.
    Translated,
    /// Given to a listening process.
    Delivered,
    /// Answered with a refusal at once.
    Refused,
    /// Cut off by the other side.
    Reset,
    /// Lost without an answer.
    Dropped,
    /// Answered with "no route".
    Unreachable,
}

impl Verdict {
    /// The event kind of a hop with this verdict.
    pub fn event(self) -> &'static EventKind {
        match self {
            Self::Forwarded => &event::FORWARDED,
            Self::Translated => &event::TRANSLATED,
            Self::Delivered => &event::DELIVERED,
            Self::Refused => &event::REFUSED,
            Self::Reset => &event::RESET,
            Self::Dropped => &event::DROPPED,
            Self::Unreachable => &event::UNREACHABLE,
        }
    }
}

/// Why a connection was not made: the errno of `connect(2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// `ECONNREFUSED`, at once.
    Refused,
    /// `ETIMEDOUT`, after the last retransmission.
    TimedOut,
    /// `EHOSTUNREACH`.
    NoRoute,
    /// `ENETUNREACH`.
    Unreachable,
}

/// One hop of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The chart's place that it leaves.
    pub from: Spot,
    /// The chart's place that it comes to.
    pub to: Spot,
    /// Its source address and port on this hop.
    pub src: SocketAddr,
    /// Its destination address and port on this hop.
    pub dst: SocketAddr,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, naming the rule or the object.
    pub because: Because,
    /// The object that the reason rests on.
    pub object: Option<ObjectKey>,
    /// The object's field that the reason rests on, `spec.selector`.
    pub field: Field,
    /// How long the hop takes.
    pub latency: Span,
}

/// The field of an object that a reason rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// `spec.selector`.
    Fixed(&'static str),
    /// `spec.ports[1].targetPort`: the port's place and what of it.
    OfPort(u32, &'static str),
    /// Any other.
    Path(String),
}

impl Field {
    /// No field in particular.
    pub const NONE: Self = Self::Fixed("");
}

impl From<&'static str> for Field {
    fn from(path: &'static str) -> Self {
        Self::Fixed(path)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(path) => f.write_str(path),
            Self::OfPort(place, what) => write!(f, "spec.ports[{place}].{what}"),
            Self::Path(path) => f.write_str(path),
        }
    }
}

/// Writes an address and a port, as `Display` does; the usual family without a formatter, since each packet needs it.
pub fn push_address(out: &mut String, address: SocketAddr) {
    let SocketAddr::V4(v4) = address else {
        let _ = write!(out, "{address}");
        return;
    };
    for (i, byte) in v4.ip().octets().into_iter().enumerate() {
        if i > 0 {
            out.push('.');
        }
        push_number(out, u16::from(byte));
    }
    out.push(':');
    push_number(out, v4.port());
}

fn push_number(out: &mut String, number: u16) {
    let mut unit = 10_000;
    while unit > 1 && number < unit {
        unit /= 10;
    }
    while unit > 0 {
        out.push(char::from(b'0' + (number / unit % 10) as u8));
        unit /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_the_standard_library_writes_them() {
        let ips = [
            "0.0.0.0",
            "10.96.0.10",
            "255.255.255.255",
            "9.99.100.1",
            "fd00::a",
            "::1",
        ];
        for (ip, port) in ips
            .iter()
            .flat_map(|ip| [0, 1, 9, 10, 99, 100, 8080, 65_535].map(|port| (ip, port)))
        {
            let address = SocketAddr::new(ip.parse().unwrap(), port);
            let mut text = String::new();
            push_address(&mut text, address);
            assert_eq!(text, address.to_string());
        }
    }

    #[test]
    fn any_address_is_written_as_the_standard_library_writes_it() {
        let mut rng = crate::kernel::Rng::fork(7, "addresses");
        for _ in 0..20_000 {
            let bits = rng.below(1 << 32) as u32;
            let address = SocketAddr::new(
                std::net::Ipv4Addr::from(bits).into(),
                rng.below(65_536) as u16,
            );
            let mut text = String::new();
            push_address(&mut text, address);
            assert_eq!(text, address.to_string());
        }
    }
}
