//! `BusyBox` nslookup.

use crate::shell::context::{Context, Outcome};

/// Runs nslookup.
pub(crate) fn run(context: &mut Context<'_>, _argv: &[String]) -> Outcome {
    context.out.error("nslookup: not there yet");
    Outcome::Exit(1)
}
