//! A lesson's blocks as elements. Texts stay texts: nothing becomes markup.

use super::super::engine::Action;
use super::super::words::words;
use super::tutor::Study;
use crate::lesson::{Act, Answer, Block, Exchange, Inline};
use crate::web;
use yew::prelude::*;

/// All blocks.
pub(super) fn blocks(all: &[Block], act: &Callback<Action>) -> Html {
    html! { { for all.iter().map(|one| block(one, act)) } }
}

fn block(block: &Block, act: &Callback<Action>) -> Html {
    match block {
        Block::Heading(text) => html! { <h4>{ runs(text, act) }</h4> },
        Block::Text(text) => html! { <p>{ runs(text, act) }</p> },
        Block::List { numbered, items } => {
            let items = items
                .iter()
                .map(|item| html! { <li>{ blocks(item, act) }</li> });
            if *numbered {
                html! { <ol>{ for items }</ol> }
            } else {
                html! { <ul>{ for items }</ul> }
            }
        }
        Block::Aside {
            kind,
            blocks: inside,
        } => match kind.as_str() {
            "tip" => {
                html! { <details class="hint"><summary>{ words().tip }</summary>{ blocks(inside, act) }</details> }
            }
            "solution" => {
                html! { <details class="hint"><summary>{ words().explanation }</summary>{ blocks(inside, act) }</details> }
            }
            _ => {
                html! { <div class={classes!("note", kind.clone())}>{ blocks(inside, act) }</div> }
            }
        },
        Block::Code {
            text,
            act: click,
            file,
            ..
        } => code(text, *click, file.as_deref(), act),
        Block::Console(exchanges) => {
            html! { <div class="console">{ for exchanges.iter().map(|e| exchange(e, act)) }</div> }
        }
        Block::Figure {
            text,
            source,
            caption,
        } => html! {
            <figure>
                if source.is_empty() { <pre role="img" aria-label={caption.clone()}>{ text }</pre> } else { <img src={source.clone()} alt={caption.clone()} /> }
                <figcaption>{ caption }</figcaption>
            </figure>
        },
        Block::Table(rows) => table(rows, act),
        Block::Quiz { question, answers } => {
            html! { <Quiz question={question.clone()} answers={answers.clone()} act={act.clone()} /> }
        }
    }
}

fn table(rows: &[Vec<Vec<Inline>>], act: &Callback<Action>) -> Html {
    let Some((head, body)) = rows.split_first() else {
        return html! {};
    };
    let row = |row: &Vec<Vec<Inline>>| html! { <tr>{ for row.iter().map(|cell| html! { <td>{ runs(cell, act) }</td> }) }</tr> };
    html! {
        <div class="scrolls"><table>
            <thead><tr>{ for head.iter().map(|cell| html! { <th>{ runs(cell, act) }</th> }) }</tr></thead>
            <tbody>{ for body.iter().map(row) }</tbody>
        </table></div>
    }
}

pub(super) fn runs(all: &[Inline], act: &Callback<Action>) -> Html {
    html! { { for all.iter().map(|one| run(one, act)) } }
}

fn run(run: &Inline, act: &Callback<Action>) -> Html {
    match run {
        Inline::Text(text) => html! { text },
        Inline::Strong(inside) => html! { <b>{ runs(inside, act) }</b> },
        Inline::Emphasis(inside) => html! { <em>{ runs(inside, act) }</em> },
        Inline::Code {
            text,
            act: Act::Inert | Act::Copy,
        } => html! { <code>{ text }</code> },
        Inline::Code { text, act: click } => {
            html! { <button class="run" title={words().type_it} onclick={typing(act, "", text, *click)}><code>{ text }</code></button> }
        }
        Inline::Link { to, text } => match to.strip_prefix('#') {
            Some(place) => {
                html! { <span class="place" tabindex="0" data-place={place.to_owned()}>{ runs(text, act) }</span> }
            }
            None => html! { <a href={to.clone()}>{ runs(text, act) }</a> },
        },
    }
}

fn typing(act: &Callback<Action>, prompt: &str, line: &str, click: Act) -> Callback<MouseEvent> {
    let study = Study::Type {
        prompt: prompt.to_owned(),
        line: line.to_owned(),
        interrupt: click == Act::Interrupt,
    };
    act.reform(move |_: MouseEvent| Action::Study(study.clone()))
}

fn exchange(exchange: &Exchange, act: &Callback<Action>) -> Html {
    html! {
        <>
            if !exchange.line.is_empty() {
                <button class="run" title={words().type_it} onclick={typing(act, &exchange.prompt, &exchange.line, Act::Exec)}><span class="prompt">{ &exchange.prompt }</span><code>{ &exchange.line }</code></button>
            }
            if !exchange.output.is_empty() { <pre tabindex="0">{ &exchange.output }</pre> }
        </>
    }
}

fn code(text: &str, click: Act, file: Option<&str>, act: &Callback<Action>) -> Html {
    let copy = {
        let text = text.to_owned();
        Callback::from(move |_: MouseEvent| web::copy(&text, |_| {}))
    };
    let write = file.map(|path| {
        let study = Study::Write {
            path: path.to_owned(),
            text: format!("{text}\n"),
        };
        act.reform(move |_: MouseEvent| Action::Study(study.clone()))
    });
    html! {
        <div class="code-block">
            <pre tabindex="0"><code>{ text }</code></pre>
            <div class="acts">
                if matches!(click, Act::Exec | Act::Interrupt) { <button class="btn" onclick={typing(act, "", text, click)}>{ words().type_it }</button> }
                if let Some(onclick) = write { <button class="btn" {onclick}>{ words().put_in_editor }</button> }
                if click == Act::Copy { <button class="btn" onclick={copy}>{ words().copy_it }</button> }
            </div>
        </div>
    }
}

/// Text in which code stands between grave accents, as assertions write it.
pub(super) fn plain(text: &str) -> Html {
    let piece = |(at, piece): (usize, &str)| match at % 2 {
        0 => html! { piece },
        _ => html! { <code>{ piece }</code> },
    };
    html! { { for text.split('`').enumerate().map(piece) } }
}

#[derive(Clone, PartialEq, Properties)]
struct QuizProps {
    question: Vec<Inline>,
    answers: Vec<Answer>,
    act: Callback<Action>,
}

/// A question; each answer says at once whether it is right, and why.
#[component]
fn Quiz(props: &QuizProps) -> Html {
    let chosen = use_state(|| None::<usize>);
    let answer = |(at, answer): (usize, &Answer)| {
        let onchange = {
            let chosen = chosen.setter();
            Callback::from(move |_: Event| chosen.set(Some(at)))
        };
        let is = *chosen == Some(at);
        let class = classes!(is.then_some(if answer.right { "right" } else { "wrong" }));
        html! {
            <li {class}>
                <label><input type="radio" checked={is} {onchange} /><span>{ runs(&answer.text, &props.act) }</span></label>
                if is { <p role="status"><b>{ if answer.right { words().right } else { words().wrong } }</b>{ " " }{ runs(&answer.why, &props.act) }</p> }
            </li>
        }
    };
    html! {
        <fieldset class="quiz">
            <legend>{ runs(&props.question, &props.act) }</legend>
            <ul>{ for props.answers.iter().enumerate().map(answer) }</ul>
        </fieldset>
    }
}
