//! Simulated time, chance, the timer heap and the event log.
//!
//! *Invariant:* nothing here knows Kubernetes, reads a clock, or draws a number that its seed does not fix.

mod digest;
mod event;
mod id;
mod log;
mod ordered;
mod rng;
mod shared;
mod sim;
mod time;
mod timer;

pub use digest::{base32, base64, base64_decoded, sha256, sha512_hex};
pub use event::{Event, EventKind, Fact, Facts, Named, Role, Row, Seq, facts};
pub use id::{push_hex, uid};
pub use log::EventLog;
pub use ordered::{Arrange, BTreeMap, BTreeSet};
pub use rng::Rng;
pub use shared::{unshared, unshared_by};
pub use sim::{DEFAULT_EPOCH, Sim};
pub use time::{SimTime, Span, civil, month_name, timestamp, unix, weekday};
pub use timer::{Timers, Wake};
