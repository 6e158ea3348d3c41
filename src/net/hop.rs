//! One hop of a packet, and what became of it there.

use crate::api::ObjectKey;
use crate::kernel::{EventKind, Facts, Span, facts};
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;

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

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        })
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
    pub from: Rc<str>,
    /// The chart's place that it comes to.
    pub to: Rc<str>,
    /// Its source address and port on this hop.
    pub src: SocketAddr,
    /// Its destination address and port on this hop.
    pub dst: SocketAddr,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, naming the rule or the object.
    pub because: String,
    /// The object that the reason rests on.
    pub object: Option<ObjectKey>,
    /// The object's field that the reason rests on, `spec.selector`.
    pub field: String,
    /// How long the hop takes.
    pub latency: Span,
}

impl Hop {
    /// The facts of the hop's event.
    pub fn facts(&self, flow: i64, protocol: &str, client: &str) -> Facts {
        facts![
            "flow" => flow,
            "proto" => protocol,
            "client" => client,
            "src" => self.src.to_string(),
            "dst" => self.dst.to_string(),
            "from" => &*self.from,
            "to" => &*self.to,
            "because" => self.because.as_str(),
        ]
    }
}
