//! What is wrong with the open text: a list to walk through, each thing with the button that mends it.

use super::super::debug_path::explained;
use super::super::engine::Action;
use super::super::words::{fill, words};
use super::problems_text;
use crate::manifest::{Diagnostic, Severity};
use std::rc::Rc;
use yew::prelude::*;

/// How many are listed.
const MOST: usize = 50;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct ProblemsProps {
    pub(super) problems: Rc<Vec<Diagnostic>>,
    pub(super) act: Callback<Action>,
}

#[component]
pub(super) fn Problems(props: &ProblemsProps) -> Html {
    if props.problems.is_empty() {
        return html! {};
    }
    let item = |(index, problem): (usize, &Diagnostic)| {
        let line = problem.span.line;
        let fix = {
            let act = props.act.clone();
            Callback::from(move |_: MouseEvent| act.emit(Action::Fix(index)))
        };
        let go = {
            let act = props.act.clone();
            Callback::from(move |_: MouseEvent| act.emit(Action::Reveal(line)))
        };
        let class = (problem.severity == Severity::Warning).then_some("odd");
        html! {
            <li key={index} {class}>
                <button class="link" title={fill(words().go_to_line, &[&line.to_string()])} onclick={go}>{ fill(words().line, &[&line.to_string()]) }</button>
                { ": " }{ &problem.message }
                if !problem.hint.is_empty() { <span class="hint">{ format!(" – {}", problem.hint) }</span> }
                if !problem.about.is_empty() { { " " }{ explained(problem.about) } }
                if let Some(mend) = &problem.fix { <div><button class="btn" onclick={fix}>{ &mend.title }</button></div> }
            </li>
        }
    };
    html! { <ul class="problems" id="manifest-problems" aria-label={words().problems}>{ for props.problems.iter().take(MOST).enumerate().map(item) }</ul> }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct TallyProps {
    pub(super) problems: Rc<Vec<Diagnostic>>,
    /// The line that was brought in sight last.
    pub(super) at: u32,
    pub(super) act: Callback<Action>,
}

/// How many things are wrong; a click goes to the next of them.
#[component]
pub(super) fn Tally(props: &TallyProps) -> Html {
    if props.problems.is_empty() {
        return html! { <span>{ words().no_problems }</span> };
    }
    let (class, symbol) = if props.problems.iter().any(|p| p.severity == Severity::Error) {
        ("state bad", "#v-refused")
    } else {
        ("state warn", "#v-dropped")
    };
    let lines = || props.problems.iter().map(|problem| problem.span.line);
    let next = lines().filter(|line| *line > props.at).min();
    let next = next.or_else(|| lines().min()).unwrap_or(1);
    let onclick = props.act.reform(move |_: MouseEvent| Action::Reveal(next));
    html! { <button class={classes!("link", class)} title={fill(words().go_to_line, &[&next.to_string()])} {onclick}><svg aria-hidden="true"><use href={symbol} /></svg>{ problems_text(props.problems.len()) }</button> }
}
