//! The terminal: a transcript that a screen reader can walk, and one real input.

use super::engine::{Action, Block};
use crate::shell::Stream;
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct TerminalProps {
    pub(super) blocks: Rc<Vec<Block>>,
    pub(super) prompt: Rc<str>,
    pub(super) place: Rc<str>,
    pub(super) commands: Rc<Vec<String>>,
    pub(super) history: Rc<Vec<String>>,
    pub(super) act: Callback<Action>,
    pub(super) complete: Callback<String, Result<String, Vec<String>>>,
}

/// What the reader is doing in the input.
#[derive(Default)]
struct Typing {
    /// How far back in the history, 0 for the new line.
    back: usize,
    /// The line before the history was asked.
    draft: String,
    /// Whether the last key was Escape, after which Tab leaves.
    leaving: bool,
}

#[component]
pub(super) fn Terminal(props: &TerminalProps) -> Html {
    let input = use_node_ref();
    let body = use_node_ref();
    let typing = use_mut_ref(Typing::default);
    let candidates = use_state(Vec::<String>::new);
    {
        let body = body.clone();
        use_effect_with(
            (
                props.blocks.last().map(|block| block.id),
                props.blocks.len(),
            ),
            move |_| {
                if let Some(element) = body.cast::<web_sys::Element>() {
                    crate::web::scroll_to_end(&element);
                }
            },
        );
    }
    let onkeydown = {
        let (props, input, candidates) = (props.clone(), input.clone(), candidates.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(element) = input.cast::<HtmlInputElement>() else {
                return;
            };
            if key(
                &props,
                &element,
                &mut typing.borrow_mut(),
                &event,
                &candidates,
            ) {
                event.prevent_default();
            }
        })
    };
    let onpaste = {
        let (act, input) = (props.act.clone(), input.clone());
        Callback::from(move |event: Event| {
            use wasm_bindgen::JsCast;
            let data = event
                .dyn_ref::<web_sys::ClipboardEvent>()
                .and_then(web_sys::ClipboardEvent::clipboard_data);
            let Some(text) = data.and_then(|data| data.get_data("text").ok()) else {
                return;
            };
            // Several lines are typed at once; one line waits for Enter.
            if text.trim_end().contains('\n') {
                event.prevent_default();
                let before = input
                    .cast::<HtmlInputElement>()
                    .map(|e| e.value())
                    .unwrap_or_default();
                if let Some(element) = input.cast::<HtmlInputElement>() {
                    element.set_value("");
                }
                act.emit(Action::Type(before + &text));
            }
        })
    };
    let focus = {
        let input = input.clone();
        Callback::from(move |_: MouseEvent| {
            // A click that ends a selection must not lose it.
            let selecting = gloo::utils::window()
                .get_selection()
                .ok()
                .flatten()
                .is_some_and(|s| !s.is_collapsed());
            if let (false, Some(element)) = (selecting, input.cast::<HtmlInputElement>()) {
                let _ = element.focus();
            }
        })
    };
    let announce = props.blocks.last().map(announcement).unwrap_or_default();
    html! {
        <section class="pane term" aria-label={format!("Terminal, {}", props.place)}>
            <div class="pane-head"><h2>{ "Terminal" }</h2><span class="meta">{ &*props.place }</span></div>
            <div class="term-body" ref={body} onclick={focus} tabindex="-1">
                <div role="log" aria-label="Transcript" aria-live="off">{ for props.blocks.iter().map(|b| block(b, &props.act)) }</div>
                { if candidates.is_empty() { html! {} } else { html! { <pre class="candidates">{ candidates.join("  ") }</pre> } } }
                <div class="term-line">
                    <span class="p" aria-hidden="true">{ &*props.prompt }</span>
                    <input ref={input} id="command" type="text" aria-label="Command" autocapitalize="off" autocomplete="off" autocorrect="off" spellcheck="false"
                        enterkeyhint="send" translate="no" {onkeydown} {onpaste} />
                </div>
            </div>
            { chips(props) }
            <span class="vh" role="status">{ announce }</span>
        </section>
    }
}

/// Handles a key; true if the browser must not.
fn key(
    props: &TerminalProps,
    input: &HtmlInputElement,
    typing: &mut Typing,
    event: &KeyboardEvent,
    candidates: &UseStateHandle<Vec<String>>,
) -> bool {
    let leaving = std::mem::replace(&mut typing.leaving, false);
    let line = input.value();
    match event.key().as_str() {
        "Enter" if event.ctrl_key() || event.meta_key() => props.act.emit(Action::Apply),
        "Enter" => {
            input.set_value("");
            *typing = Typing::default();
            candidates.set(Vec::new());
            props.act.emit(Action::Type(line));
        }
        "c" | "C" if event.ctrl_key() && !has_selection(input) => {
            input.set_value("");
            props.act.emit(Action::Interrupt);
        }
        "d" | "D" if event.ctrl_key() && line.is_empty() => props.act.emit(Action::EndOfInput),
        "l" | "L" if event.ctrl_key() => props.act.emit(Action::Clear),
        "ArrowUp" | "ArrowDown" => {
            let count = props.history.len();
            if typing.back == 0 {
                typing.draft = line;
            }
            typing.back = if event.key() == "ArrowUp" {
                (typing.back + 1).min(count)
            } else {
                typing.back.saturating_sub(1)
            };
            let shown = count
                .checked_sub(typing.back)
                .and_then(|at| props.history.get(at));
            input.set_value(shown.map_or(typing.draft.as_str(), String::as_str));
        }
        "Escape" => {
            typing.leaving = true;
            candidates.set(Vec::new());
            return false;
        }
        "Tab" if !line.is_empty() && !leaving && !event.shift_key() => {
            match props.complete.emit(line) {
                Ok(longer) => {
                    input.set_value(&longer);
                    candidates.set(Vec::new());
                }
                Err(found) => candidates.set(found),
            }
        }
        _ => return false,
    }
    true
}

fn has_selection(input: &HtmlInputElement) -> bool {
    let (start, end) = (
        input.selection_start().ok().flatten(),
        input.selection_end().ok().flatten(),
    );
    let outside = gloo::utils::window()
        .get_selection()
        .ok()
        .flatten()
        .is_some_and(|s| !s.is_collapsed());
    start != end || outside
}

/// One command and what it printed.
fn block(block: &Block, act: &Callback<Action>) -> Html {
    html! {
        <div key={block.id} class="block" data-exit={block.status.to_string()}>
            <div><span class="p">{ &block.prompt }</span><code class="c">{ &block.line }</code></div>
            { for block.pieces.iter().map(|(stream, text)| piece(*stream, text, act)) }
        </div>
    }
}

fn piece(stream: Stream, text: &str, act: &Callback<Action>) -> Html {
    let shown = text.replace('\r', "");
    match stream {
        Stream::Out | Stream::Raw => html! { <pre>{ shown }</pre> },
        Stream::Err => html! { <pre class="e">{ shown }</pre> },
        // What stands between backticks is a command that a click types.
        Stream::Note => html! {
            <pre class="note">{ for shown.split('`').enumerate().map(|(i, part)| {
                if i % 2 == 0 { return html! { part }; }
                let (act, line) = (act.clone(), part.to_owned());
                let onclick = Callback::from(move |_: MouseEvent| act.emit(Action::Type(line.clone())));
                html! { <button {onclick}>{ part }</button> }
            }) }</pre>
        },
    }
}

/// What a screen reader says after a command.
fn announcement(block: &Block) -> String {
    let lines: Vec<&str> = block
        .pieces
        .iter()
        .flat_map(|(_, text)| text.lines())
        .collect();
    match lines.as_slice() {
        [] => format!("exit {}", block.status),
        [one] => format!("exit {}: {one}", block.status),
        many => format!("exit {}: {} lines", block.status, many.len()),
    }
}

/// The example's lines, to be typed with a click.
fn chips(props: &TerminalProps) -> Html {
    let chip = |(index, line): (usize, &String)| {
        let (act, typed) = (props.act.clone(), line.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            act.emit(Action::Type(typed.clone()));
            crate::web::focus("command");
        });
        let done = props.blocks.iter().any(|block| block.line == *line);
        html! { <button key={index} class={done.then_some("done")} {onclick}>{ line }</button> }
    };
    html! { <div class="chips" role="group" aria-label="Lines to type">{ for props.commands.iter().enumerate().map(chip) }</div> }
}
