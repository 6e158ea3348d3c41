//! The debug path: the questions of "Debug Services" for one Service and one client, each with what its answer rests on.

use super::engine::Action;
use super::examining::{Opinion, Question};
use super::linking::{Linking, use_selected};
use super::sight::Seen;
use super::words::{fill, words};
use crate::doctor::{Answer, Asked, Blame, Certainty, Examination, Finding, QUESTIONS, State};
use crate::kernel::Seq;
use crate::web;
use gloo::timers::callback::Timeout;
use std::rc::Rc;
use yew::prelude::*;

/// How long an opinion on a busy cluster is kept, in times of what it took.
const REST: f64 = 10.0;
/// What takes less than this, in milliseconds, is asked anew each time.
const SOON: f64 = 4.0;
/// With more objects than this the doctor looks only when the reader wants it.
const MANY: usize = 2_000;

type Asks = dyn Fn(&Question) -> Option<Opinion>;

/// Asks the doctor.
#[derive(Clone)]
pub(super) struct Ask(pub(super) Rc<Asks>);

impl PartialEq for Ask {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct DebugPathProps {
    pub(super) seen: Seen,
    /// The text that is open, and where the terminal stands: the answers depend on both.
    pub(super) text: Rc<str>,
    pub(super) place: Rc<str>,
    /// How often a reader asked why the last command failed.
    pub(super) whys: u32,
    pub(super) ask: Ask,
    pub(super) act: Callback<Action>,
    /// Brings a line of a manifest in sight.
    pub(super) on_line: Callback<(String, u32)>,
}

/// What is open over the strip.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Nothing,
    /// An answer, by its number.
    Answer(usize),
    /// Why the last attempt failed.
    Why,
}

#[component]
pub(super) fn DebugPath(props: &DebugPathProps) -> Html {
    let linking = use_context::<Linking>().unwrap_or_default();
    let selected = use_selected(&linking);
    let open = use_state_eq(|| Open::Nothing);
    let many = props.seen.scene.total > MANY;
    let calls = use_state_eq(|| 0);
    let opinion = use_opinion(props, selected, many, *calls);
    let failure = {
        let ask = props.ask.clone();
        let wanted = (*open == Open::Why).then_some((props.whys, props.text.clone()));
        use_memo(wanted, move |wanted| {
            wanted.as_ref().and_then(|_| (ask.0)(&Question::Failure))
        })
    };
    let head = if many {
        let call = Callback::from(move |_: MouseEvent| calls.set(*calls + 1));
        html! { <button class="btn" title={words().examine_title} onclick={call}>{ words().debug_path }</button> }
    } else {
        html! { words().debug_path }
    };
    {
        let open = open.setter();
        use_effect_with(props.whys, move |whys| {
            if *whys > 0 {
                open.set(Open::Why);
            }
        });
    }
    let Some(Opinion::Path(found, client)) = &*opinion else {
        return nothing_asked(head);
    };
    let toggle = |what: Open| {
        let next = if *open == what { Open::Nothing } else { what };
        let open = open.setter();
        Callback::from(move |_: MouseEvent| open.set(next))
    };
    let step = |(index, answer): (usize, &Answer)| {
        let what = Open::Answer(index);
        mark(index, answer, *open == what, toggle(what))
    };
    let name = &*found.service.name;
    let about = match client {
        Some(client) => fill(words().path_from, &[name, client]),
        None => fill(words().path_of, &[name]),
    };
    let onkeydown = {
        let open = open.setter();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                open.set(Open::Nothing);
            }
        })
    };
    let shown = match *open {
        Open::Nothing => html! {},
        Open::Answer(index) => answer(props, found, index, &about, toggle(Open::Answer(index))),
        Open::Why => why(props, &failure, toggle(Open::Why)),
    };
    html! {
        <section class={classes!("path", found.is_well().then_some("well"))} aria-label={words().debug_path} {onkeydown}>
            <h3 title={about.clone()}>{ head }</h3>
            <ol>{ for found.answers.iter().enumerate().map(step) }</ol>
            { shown }
        </section>
    }
}

/// The questions while there is no Service to ask about.
fn nothing_asked(head: Html) -> Html {
    let asked = |asked: &Asked| {
        html! { <li key={asked.name} class="na"><svg aria-hidden="true"><use href="#v-na" /></svg><span>{ asked.name }</span></li> }
    };
    html! {
        <section class="path" aria-label={words().debug_path} title={words().path_nothing}>
            <h3>{ head }</h3><ol>{ for QUESTIONS.iter().map(asked) }</ol>
        </section>
    }
}

/// A question with its mark.
fn mark(index: usize, answer: &Answer, open: bool, onclick: Callback<MouseEvent>) -> Html {
    let (class, icon, state) = match answer.state {
        State::Yes => ("yes", "#i-check", words().path_yes),
        State::No => ("no", "#i-cross", words().path_no),
        State::Open => ("na", "#v-na", words().path_open),
    };
    let asked = answer.question.asked();
    let label = fill(words().path_step, &[asked.name, state]);
    html! {
        <li key={index} {class}><button aria-expanded={open.to_string()} aria-label={label} title={asked.text} {onclick}>
            <svg aria-hidden="true"><use href={icon} /></svg><span>{ asked.name }</span>
        </button></li>
    }
}

/// The opinion on the chosen Service. While the cluster is busy it may be a moment old.
#[hook]
fn use_opinion(
    props: &DebugPathProps,
    selected: Option<Rc<str>>,
    many: bool,
    calls: u32,
) -> Rc<Option<Opinion>> {
    type Reader = (Option<Rc<str>>, Rc<str>, Rc<str>, Option<Seq>, u32);
    let kept = use_mut_ref(|| (None::<(Reader, u64)>, Rc::new(None::<Opinion>), 0.0, 0.0));
    // A Pod that is chosen leaves the Service that was.
    let chosen = use_mut_ref(|| None::<Rc<str>>);
    let is_service = |place: &Rc<str>| place.starts_with("service/");
    if selected.as_ref().is_none_or(is_service) {
        chosen.borrow_mut().clone_from(&selected);
    }
    let reader: Reader = (
        chosen.borrow().clone(),
        props.text.clone(),
        props.place.clone(),
        props.seen.rows.last().map(|row| row.seq),
        calls,
    );
    let revision = props.seen.view.tables.revision;
    let now = web::now();
    let (wait, found) = {
        let kept = kept.borrow();
        let (known, opinion, at, took) = &*kept;
        // What the reader did is answered at once, what the cluster does when there is time.
        let wait = match known {
            Some((before, _)) if many => (before.4 != calls).then_some(0.0),
            None if many => (calls > 0).then_some(0.0),
            Some((before, _)) if *before != reader => Some(0.0),
            Some((_, before)) if *before == revision => None,
            Some(_) if *took < SOON => Some(0.0),
            Some(_) => Some((at + took * REST - now).max(0.0)),
            None => Some(0.0),
        };
        (wait.map(|wait| wait as u32), opinion.clone())
    };
    // A task of its own: what is rendered does not wait for the doctor.
    let (ask, update) = (props.ask.clone(), use_force_update());
    use_effect_with((reader, revision, wait), move |(reader, revision, wait)| {
        let (reader, revision) = (reader.clone(), *revision);
        let timer = wait.map(|wait| {
            Timeout::new(wait, move || {
                let begun = web::now();
                let opinion = (ask.0)(&Question::Path(reader.0.clone()));
                let took = web::now() - begun;
                *kept.borrow_mut() = (Some((reader, revision)), Rc::new(opinion), begun, took);
                update.force_update();
            })
        });
        move || drop(timer)
    });
    found
}

/// What an answer rests on.
fn answer(
    props: &DebugPathProps,
    found: &Examination,
    index: usize,
    about: &str,
    close: Callback<MouseEvent>,
) -> Html {
    let Some(answer) = found.answers.get(index) else {
        return html! {};
    };
    let inner = html! { <>
        <p>{ &answer.evidence }</p>
        { for answer.findings.iter().map(|finding| self::finding(props, finding)) }
        if !answer.command.is_empty() { { command(props, words().settle_with, &answer.command) } }
        if let Some(why) = &found.suspended { <p class="meta">{ why }</p> }
    </> };
    card(answer.question.asked().text, about, close, inner)
}

/// What was wrong with the attempt that failed last.
fn why(props: &DebugPathProps, failure: &Option<Opinion>, close: Callback<MouseEvent>) -> Html {
    let findings = match failure {
        Some(Opinion::Failure(findings)) => findings.as_slice(),
        Some(Opinion::Path(..)) | None => &[],
    };
    let inner = if findings.is_empty() {
        html! { <p>{ words().why_nothing }</p> }
    } else {
        findings.iter().map(|f| finding(props, f)).collect()
    };
    card(words().why_failed, "", close, inner)
}

/// A card over the strip.
fn card(title: &'static str, about: &str, close: Callback<MouseEvent>, inner: Html) -> Html {
    html! {
        <div class="card path-card" role="group" aria-label={title}>
            <div class="path-head">
                <h4>{ title }</h4><span class="meta">{ about }</span>
                <button class="btn quiet icon" aria-label={words().close} onclick={close}><svg aria-hidden="true"><use href="#i-cross" /></svg></button>
            </div>
            { inner }
        </div>
    }
}

/// What was found: the sentence, the lines that are to blame, the way to mend it.
fn finding(props: &DebugPathProps, finding: &Finding) -> Html {
    let sure = match finding.certainty {
        Certainty::Proven => "",
        Certainty::Likely => words().likely,
        Certainty::Unknowable => words().unknowable,
    };
    let line = |blame: &Blame| {
        let (file, span) = blame.at.clone()?;
        let (on_line, line) = (props.on_line.clone(), span.line);
        let onclick = Callback::from(move |_: MouseEvent| on_line.emit((file.to_string(), line)));
        Some(
            html! { <>{ " " }<button class="ref" {onclick}>{ fill(words().at_line, &[&line.to_string()]) }</button></> },
        )
    };
    let mend = finding.remedy.as_ref().map(|remedy| {
        if remedy.edits.is_empty() {
            return command(props, &remedy.title, &remedy.command);
        }
        let (act, edits) = (props.act.clone(), remedy.edits.clone());
        let onclick = Callback::from(move |_: MouseEvent| act.emit(Action::Mend(edits.clone())));
        html! { <p><button class="btn mend" title={remedy.command.clone()} {onclick}>{ &remedy.title }</button></p> }
    });
    html! {
        <div class="finding">
            <p><b>{ finding.row.title }{ "." }</b>{ " " }{ &finding.sentence }{ for finding.blame.iter().filter_map(line) }{ " " }<span class="meta">{ sure }</span>{ " " }{ explained(finding.row.id) }</p>
            { mend }
        </div>
    }
}

/// The way to what explains a diagnosis, in a tab of its own.
pub(super) fn explained(id: &'static str) -> Html {
    let href = ["docs/diagnoses.html#", id].concat();
    html! { <a {href} target="_blank" rel="noopener" title={words().explained_title}>{ words().explained }</a> }
}

/// A command with the button that types it.
fn command(props: &DebugPathProps, title: &str, line: &str) -> Html {
    if line.is_empty() {
        return html! {};
    }
    let (act, typed) = (props.act.clone(), line.to_owned());
    let onclick = Callback::from(move |_: MouseEvent| act.emit(Action::Run(typed.clone())));
    html! { <p>{ title }{ ": " }<button class="chip" title={words().run_command} {onclick}>{ line }</button></p> }
}
