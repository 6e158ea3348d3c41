//! The pane of a lesson: contents, the page, how its step stands, and the way on.

use super::super::engine::Action;
use super::super::words::{fill, words};
use super::blocks::{blocks, plain};
use super::tutor::{Studied, Study};
use crate::lesson::{Lesson, Shortfall, Verdict};
use crate::web;
use gloo::timers::callback::Interval;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(in crate::ui) struct LessonPaneProps {
    pub(in crate::ui) studied: Rc<Studied>,
    pub(in crate::ui) act: Callback<Action>,
    /// A line of a manifest is to be shown.
    pub(in crate::ui) on_line: Callback<(String, u32)>,
    /// Shows the manifests in this pane's place.
    pub(in crate::ui) on_editor: Callback<()>,
}

#[component]
pub(in crate::ui) fn LessonPane(props: &LessonPaneProps) -> Html {
    let studied = &props.studied;
    let body = use_node_ref();
    {
        let (body, id) = (body.clone(), studied.lesson.id.clone());
        use_effect_with((id.clone(), studied.page), move |(_, page)| {
            web::show_in_address(&[("lesson", &id), ("step", &page.to_string())]);
            if let Some(element) = body.cast::<web_sys::Element>() {
                element.set_scroll_top(0);
            }
        });
    }
    let leave = props.act.reform(|_: MouseEvent| {
        web::show_in_address(&[("lesson", ""), ("step", "")]);
        Action::Study(Study::Leave)
    });
    html! {
        <section class="pane lesson" aria-labelledby="lesson-title">
            <div class="pane-head">
                <h2 id="lesson-title">{ words().lesson }</h2>
                <button class="btn quiet side" onclick={props.on_editor.reform(|_: MouseEvent| ())}>{ words().manifests }</button>
                <span class="spring"></span>
                if studied.lesson.timed { <Timer key={studied.lesson.id.clone()} /> }
                <button class="btn quiet icon" aria-label={words().leave_lesson} title={words().leave_lesson} onclick={leave}><svg aria-hidden="true"><use href="#i-cross" /></svg></button>
            </div>
            <div class="lesson-body" id="lesson" ref={body} tabindex="0">
                { contents(props) }
                { page(props) }
            </div>
            { foot(props) }
        </section>
    }
}

fn turn(props: &LessonPaneProps, page: usize) -> Callback<MouseEvent> {
    props
        .act
        .reform(move |_: MouseEvent| Action::Study(Study::Turn(page)))
}

/// The table of contents.
fn contents(props: &LessonPaneProps) -> Html {
    let studied = &props.studied;
    let steps = studied.lesson.steps.iter().zip(&studied.passed).enumerate();
    let row = |(at, (step, passed)): (usize, (&crate::lesson::Step, &bool))| {
        let current = (at + 1 == studied.page).then_some("step");
        html! {
            <li><button aria-current={current} onclick={turn(props, at + 1)}>
                <svg aria-hidden="true" class={classes!(passed.then_some("ok"))}><use href={if *passed { "#i-check" } else { "#v-dns" }} /></svg>
                { &step.title }
                if *passed { <span class="vh">{ words().step_passed }</span> }
            </button></li>
        }
    };
    html! {
        <details class="contents">
            <summary><b>{ &studied.lesson.title }</b><span class="meta">{ place_in(studied) }</span></summary>
            <ol>{ for steps.map(row) }</ol>
        </details>
    }
}

/// `Step 3 of 11`.
pub(in crate::ui) fn place_in(studied: &Studied) -> String {
    let steps = studied.lesson.steps.len();
    match studied.page {
        0 => fill(
            words().lesson_length,
            &[&steps.to_string(), &studied.lesson.minutes.to_string()],
        ),
        page if page > steps => words().lesson_end.to_owned(),
        page => fill(words().step_of, &[&page.to_string(), &steps.to_string()]),
    }
}

fn page(props: &LessonPaneProps) -> Html {
    let (studied, act) = (&props.studied, &props.act);
    let lesson: &Lesson = &studied.lesson;
    match lesson.steps.get(studied.page.wrapping_sub(1)) {
        Some(step) => html! {
            <>
                <h3>{ &step.title }</h3>
                { blocks(&step.blocks, act) }
                { checks(props) }
            </>
        },
        None if studied.page == 0 => html! {
            <>
                <h3>{ &lesson.title }</h3>
                { blocks(&lesson.intro, act) }
                <p class="meta">{ fill(words().verified, &[&lesson.kubernetes]) }</p>
            </>
        },
        None => html! {
            <>
                <h3>{ words().lesson_end }</h3>
                { blocks(&lesson.finish, act) }
            </>
        },
    }
}

/// How the step's assertions stand, and what passes it.
fn checks(props: &LessonPaneProps) -> Html {
    let studied = &props.studied;
    let Some(step) = studied.lesson.steps.get(studied.page.wrapping_sub(1)) else {
        return html! {};
    };
    if step.checks.is_empty() {
        return html! {};
    }
    let passed = studied
        .passed
        .get(studied.page.wrapping_sub(1))
        .copied()
        .unwrap_or_default();
    let row = |(verdict, check): (&Verdict, &crate::lesson::Assertion)| match verdict {
        Verdict::Missing(missing) if !passed => html! {
            <li><svg aria-hidden="true"><use href="#v-dns" /></svg><div>{ missing_text(props, missing) }</div></li>
        },
        _ => {
            html! { <li class="done"><svg aria-hidden="true" class="ok"><use href="#i-check" /></svg><div>{ check.label() }</div></li> }
        }
    };
    let button = |study: Study, text: &'static str| {
        let onclick = props
            .act
            .reform(move |_: MouseEvent| Action::Study(study.clone()));
        html! { <button class="btn" {onclick}>{ text }</button> }
    };
    html! {
        <section class="checks" aria-label={words().checks}>
            <ul class="asked">{ for studied.verdicts.iter().zip(&step.checks).map(row) }</ul>
            <div class="acts">
                if !step.solution.is_empty() && !studied.solved { { button(Study::Solve, words().solve) } }
                { button(Study::Reset, words().reset_step) }
            </div>
        </section>
    }
}

fn missing_text(props: &LessonPaneProps, missing: &Shortfall) -> Html {
    let line = missing.line.as_ref().map(|(file, line)| {
        let (file, line) = (file.to_string(), *line);
        let text = fill(words().file_line, &[&file, &line.to_string()]);
        let onclick = props
            .on_line
            .reform(move |_: MouseEvent| (file.clone(), line));
        html! { <>{ " " }<button class="link" {onclick}>{ text }</button></> }
    });
    html! { <>{ plain(&missing.words) }if !missing.found.is_empty() { <span class="found">{ " " }{ &missing.found }{ line }</span> }</> }
}

fn foot(props: &LessonPaneProps) -> Html {
    let studied = &props.studied;
    let last = studied.lesson.steps.len() + 1;
    let passed = studied.page == 0
        || studied
            .passed
            .get(studied.page.wrapping_sub(1))
            .copied()
            .unwrap_or(true);
    let next = match studied.page {
        0 => words().begin,
        page if page + 1 == last => words().finish,
        _ => words().next_step,
    };
    let class = classes!("btn", passed.then_some("primary"));
    html! {
        <div class="pane-foot lesson-foot">
            if studied.page > 0 { <button class="btn" onclick={turn(props, studied.page - 1)}>{ words().back }</button> }
            <span class="state" role="status">
                if studied.page > 0 && studied.page < last && passed { <svg aria-hidden="true" class="ok"><use href="#i-check" /></svg>{ words().step_passed } }
            </span>
            if studied.page < last { <button {class} onclick={turn(props, studied.page + 1)}>{ next }</button> }
        </div>
    }
}

/// How long somebody has been at it.
#[component]
fn Timer() -> Html {
    let seconds = use_state(|| 0_u32);
    {
        let seconds = seconds.clone();
        use_effect_with(*seconds, move |now| {
            let next = now + 1;
            let interval = Interval::new(1_000, move || seconds.set(next));
            move || drop(interval)
        });
    }
    let text = format!("{:02}:{:02}", *seconds / 60, *seconds % 60);
    html! { <span class="meta" role="timer">{ text }</span> }
}
