//! Faults: what an annotation on a Service, a Pod or a Node makes of the traffic to it.
//!
//! `portside.dev/fault: silent` stands for a firewall that drops, a dead host, a broken route. Annotations are kept in
//! exports and shared links, so a broken cluster can be handed on.

use super::hop::{ConnectError, Verdict};
use crate::api::Object;
use crate::kernel::Span;

/// The annotation.
pub const FAULT: &str = "portside.dev/fault";

/// What becomes of packets to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// They are dropped.
    Silent,
    /// They are answered with a refusal.
    Refusing,
    /// The connection stands, and is cut off at the first byte.
    Resetting,
    /// A router answers that there is no such host.
    Unreachable,
    /// A router answers that it may not pass them on.
    Prohibited,
    /// A router answers that it knows no way to that network.
    NoNetwork,
    /// The sender itself has no route.
    NoRoute,
    /// They take longer.
    Slow(Span),
}

/// How a fault ends a walk, and in which words.
pub(super) type Ending = (Verdict, ConnectError, &'static str);

impl Fault {
    /// The fault that an object's annotation sets.
    pub fn of(object: &Object) -> Option<Self> {
        Self::parse(object.meta.annotations.get(FAULT)?)
    }

    /// Reads `silent`, `refusing`, …, `slow 200ms`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Some(match text {
            "silent" | "blackhole" => Self::Silent,
            "refusing" => Self::Refusing,
            "resetting" => Self::Resetting,
            "unreachable" => Self::Unreachable,
            "prohibited" => Self::Prohibited,
            "no-network" => Self::NoNetwork,
            "no-route" => Self::NoRoute,
            _ => {
                let amount = text.strip_prefix("slow")?.trim_start();
                let millis = match amount.strip_suffix("ms") {
                    Some(millis) => millis.parse().ok()?,
                    None => amount
                        .strip_suffix('s')?
                        .parse::<u64>()
                        .ok()?
                        .checked_mul(1_000)?,
                };
                Self::Slow(Span::millis(millis))
            }
        })
    }

    /// How it ends a walk, and in which words; none if packets arrive all the same.
    pub(super) fn end(self) -> Option<Ending> {
        Some(match self {
            Self::Silent => (
                Verdict::Dropped,
                ConnectError::TimedOut,
                "drops every packet",
            ),
            Self::Refusing => (
                Verdict::Refused,
                ConnectError::Refused,
                "refuses every connection",
            ),
            Self::Unreachable => (
                Verdict::Unreachable,
                ConnectError::NoRoute,
                "is unreachable: the gateway answers so",
            ),
            Self::Prohibited => (
                Verdict::Unreachable,
                ConnectError::NoRoute,
                "may not be reached: the gateway prohibits it",
            ),
            Self::NoNetwork => (
                Verdict::Unreachable,
                ConnectError::Unreachable,
                "is in a network to which the gateway knows no way",
            ),
            Self::NoRoute => (
                Verdict::Unreachable,
                ConnectError::NoRoute,
                "cannot be routed to",
            ),
            Self::Resetting | Self::Slow(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_words() {
        assert_eq!(Fault::parse(" silent"), Some(Fault::Silent));
        assert_eq!(Fault::parse("slow 2s"), Some(Fault::Slow(Span::secs(2))));
        assert_eq!(
            Fault::parse("slow 20ms"),
            Some(Fault::Slow(Span::millis(20)))
        );
        assert_eq!(Fault::parse("slow"), None);
        assert_eq!(Fault::parse("tired"), None);
    }
}
