//! kubectl.

use super::context::{Context, Outcome};

/// Runs kubectl.
pub fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let _ = argv;
    context.out.error("error: kubectl is not there yet");
    Outcome::Exit(1)
}
