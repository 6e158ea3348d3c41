//! The doctor: why does a Service not answer?
//!
//! One engine and one table. [`ROWS`] holds every diagnosis; functions beside it look for them in [`Evidence`], which is
//! the same whether it was taken from manifests that are not applied, from the cluster, or from a dump. [`explain`] says
//! what was wrong with one attempt; [`examine`] answers the questions of the Kubernetes page "Debug Services" in order.
//!
//! *Invariant:* it changes nothing, and knows no prompt and no page.

mod attempt;
mod clients;
mod collect;
mod diagnosis;
mod digest;
mod evidence;
mod examination;
mod finding;
mod foresight;
mod lookup;
mod names;
mod owners;
mod pods;
mod ports;
mod process;
mod redefined;
mod refusal;
pub mod report;
mod routes;
mod row;
pub mod rows;
mod selector;
mod services;
mod sheet;
mod signs;
mod stale;
mod unguarded;
mod watch;
mod workloads;

pub use attempt::{Attempt, explain};
pub use collect::COLLECT;
pub use diagnosis::{of_everything, of_service};
pub use evidence::{Evidence, Origin};
pub use examination::{Answer, Examination, State, examine};
pub use finding::{Blame, Finding, Remedy};
pub use foresight::foresee;
pub use redefined::{of_replaced, redefined_behind};
pub use refusal::{refusals, refusals_by};
pub use row::{Asked, Certainty, Input, QUESTIONS, Question, Row};
pub use rows::ROWS;
pub use sheet::Sheet;
pub use signs::Signs;
pub use watch::Watch;
