//! The strip at the chart's foot: what keeps the open text from the cluster, and the way back to what was applied.

use super::desk::Desk;
use super::engine::Action;
use super::words::{fill, words};
use crate::manifest::Severity;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct RefusalProps {
    pub(super) desk: Rc<Desk>,
    pub(super) act: Callback<Action>,
}

#[component]
pub(super) fn Refusal(props: &RefusalProps) -> Html {
    let errors = props.desk.problems.iter();
    let Some(problem) = errors.clone().find(|p| p.severity == Severity::Error) else {
        return html! {};
    };
    let line = problem.span.line;
    let go = props.act.reform(move |_: MouseEvent| Action::Reveal(line));
    let restore = props.act.reform(|_: MouseEvent| Action::Recall);
    let (verdict, why) = match unreadable(&problem.message) {
        Some(why) => (words().cannot_be_read, why),
        None => (words().would_be_refused, problem.message.as_str()),
    };
    let shown = if props.desk.applied.is_some() {
        words().chart_is_stale
    } else {
        words().chart_is_empty
    };
    html! {
        <div class="card refusal">
            <svg class="bad" aria-hidden="true"><use href="#v-refused" /></svg>
            <p><b><button class="link" onclick={go}>{ fill(words().line, &[&line.to_string()]) }</button>{ " " }{ verdict }</b>{ " " }{ sentence(why) }{ " " }<span>{ shown }</span></p>
            if props.desk.recalled().is_some() { <button class="btn" onclick={restore}>{ words().recall }</button> }
        </div>
    }
}

/// What of a message says why a text is no YAML; its line stands in front of it.
fn unreadable(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("error converting YAML to JSON: yaml: ")?;
    let after = rest.strip_prefix("line ").and_then(|r| r.split_once(": "));
    Some(after.map_or(rest, |(_, why)| why))
}

fn sentence(why: &str) -> String {
    format!("{}.", why.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_said_once() {
        let whole = "error converting YAML to JSON: yaml: line 10: did not find expected key";
        assert_eq!(unreadable(whole), Some("did not find expected key"));
        assert_eq!(unreadable("unknown field \"a\""), None);
        assert_eq!(sentence("why."), "why.");
    }
}
