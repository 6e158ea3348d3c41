//! `kubectl edit`: there is no editor on the terminal; the files of the page are the place to change a manifest.

use super::args::Args;
use super::change::named;
use crate::shell::context::{Context, Outcome};

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let objects = match named(context, args, &args.words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    for object in objects {
        let (kind, name) = (object.kind.singular, &object.meta.name);
        context.out.note(&format!(
            "There is no editor on this terminal. kubectl get {kind} {name} -o yaml > {name}.yaml writes a file to change; kubectl apply -f {name}.yaml applies it."
        ));
    }
    Outcome::Exit(1)
}
