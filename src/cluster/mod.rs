//! The simulated cluster as one thing: the only door to the layers above.
//!
//! Everything that happens comes in through a method that says what was asked, or through [`Cluster::run_until`], which
//! is the only way for time to pass. Everything that is seen comes out of the event log or an immutable [`ClusterView`].
//!
//! *Invariant:* no terminal and no page is known here.

mod boot;
mod compare;
mod dns_pods;
mod door;
mod dump;
mod ephemeral;
mod export;
mod forward;
mod history;
mod ingress;
mod logs;
mod served;
mod settings;
mod time;
mod told;
mod traced;
mod traffic;
mod view;

pub use compare::{Comparison, Standing};
pub use door::{Cluster, Source};
pub use dump::{Restoration, Restored};
pub use export::{Real, heredoc, script};
pub use served::event::SERVED;
pub use settings::Settings;
pub use traced::{Foreseen, Traced};
pub use traffic::{Answered, event};
pub use view::ClusterView;

pub use crate::net::Entry as FlowEntry;
pub use crate::net::{
    Arrival, Candidate, Closed, ConnId, ConnectError, Echo, FAULT, Fault, FlowState, Place, Probe,
    Protocol, Received, SERVE, served,
};
