//! What a container's own command has written: the part of it that only says something is run again to see it.

use super::logs::LogLine;
use crate::api::Object;
use crate::api::pod::Container;
use crate::cluster::Place;
use crate::shell::context::{Context, Output, Stream};
use crate::shell::{environment, launch, surroundings};

/// Commands that only say something: what a container runs of them can be run again to see it.
const SAYING: &[&str] = &["echo", "printf", "env", "printenv", "cat", "ls", "hostname"];

/// What a container's command writes before it does more than say something: `echo hi`, `sh -c 'echo a; env; sleep 5'`.
pub(super) fn lines(
    context: &mut Context<'_>,
    pod: &Object,
    container: &Container,
    (began, until): (i64, i64),
) -> Vec<LogLine> {
    let place = Place::pod(&pod.meta.namespace, &pod.meta.name, &container.name);
    let variables = surroundings::variables(&context.world.cluster, &place);
    let words = environment::command(container, &variables);
    let program = words
        .first()
        .map_or("", |word| word.trim_start_matches("/bin/"));
    let (name, text) = match (program, words.get(1).map(String::as_str), words.get(2)) {
        ("sh" | "ash" | "bash", Some("-c" | "-ec"), Some(text)) => (program, text),
        _ if SAYING.contains(&program) => {
            let said = ran(context, &place, &words);
            return said.lines().map(|text| LogLine::new(began, text)).collect();
        }
        _ => return Vec::new(),
    };
    let mut lines = Vec::new();
    let mut at = began;
    let parts = text.split([';', '\n']).flat_map(|part| part.split("&&"));
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        let first = part.split_whitespace().next().unwrap_or_default();
        let sleeps = part
            .strip_prefix("sleep ")
            .and_then(|n| n.trim().parse::<i64>().ok());
        // Quotes that a semicolon cuts, and what reaches further than a line of output, are left alone.
        let whole = ['"', '\'']
            .iter()
            .all(|quote| part.matches(*quote).count() % 2 == 0);
        if let Some(seconds) = sleeps {
            at = at.saturating_add(seconds);
        } else if SAYING.contains(&first)
            && whole
            && !part.contains(['|', '>', '<', '&', '`'])
            && !part.contains("$(")
        {
            if at > until {
                break;
            }
            let argv = [name, "-c", part].map(str::to_owned);
            let said = ran(context, &place, &argv);
            lines.extend(said.lines().map(|text| LogLine::new(at, text)));
        } else {
            break;
        }
    }
    lines
}

/// What a program of a container prints, on both streams.
fn ran(context: &mut Context<'_>, place: &Place, argv: &[String]) -> String {
    let mut out = Output::default();
    let mut inner = Context {
        place,
        cwd: "/",
        stdin: None,
        tty: false,
        out: &mut out,
        ..context.inner()
    };
    launch(&mut inner, argv);
    let pieces = out
        .pieces
        .iter()
        .filter(|(stream, _)| *stream != Stream::Note);
    pieces.map(|(_, text)| text.as_str()).collect()
}
