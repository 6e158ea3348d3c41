//! The line that is typed: the prompt, the page's input, what Tab lists, what was probably meant, and the question before a paste.

use crate::kernel::Span;
use crate::shell::{Around, Candidate, Key, Line, Reply};
use crate::ui::engine::Action;
use crate::ui::words::{fill, words};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

type Complete = dyn Fn(&str, usize) -> Vec<Candidate>;
type Meant = dyn Fn(&str) -> Option<String>;

/// What the world knows about a line that is being typed.
#[derive(Clone)]
pub(in crate::ui) struct Assist {
    /// What could stand at the cursor.
    pub(in crate::ui) complete: Rc<Complete>,
    /// What was probably meant.
    pub(in crate::ui) meant: Rc<Meant>,
    /// The place of the object that a word of output means.
    pub(in crate::ui) place: Rc<Meant>,
}

impl PartialEq for Assist {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.complete, &other.complete)
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct PromptProps {
    pub(super) prompt: Rc<str>,
    pub(super) history: Rc<Vec<String>>,
    pub(super) act: Callback<Action>,
    pub(super) assist: Assist,
    /// The clock of a wait that is being shown.
    pub(super) waiting: Option<String>,
    /// How much of it has been shown.
    pub(super) waited: Option<Span>,
    /// Shows the end of the wait.
    pub(super) skip: Callback<()>,
}

impl Around for PromptProps {
    fn history(&self) -> &[String] {
        &self.history
    }
    fn complete(&self, line: &str, cursor: usize) -> Vec<Candidate> {
        (self.assist.complete)(line, cursor)
    }
}

/// What stands around the input.
#[derive(Clone, Default, PartialEq)]
struct Shown {
    /// In place of the prompt, while the history is searched.
    label: Option<String>,
    /// What Tab lists.
    candidates: Vec<String>,
    /// What was probably meant.
    meant: Option<String>,
    /// Lines that were pasted, to be asked about.
    pasted: Option<String>,
}

#[component]
pub(super) fn Prompt(props: &PromptProps) -> Html {
    let input = use_node_ref();
    let line = use_mut_ref(Line::default);
    let shown = use_state_eq(Shown::default);
    let onkeydown = {
        let (props, input, shown) = (props.clone(), input.clone(), shown.clone());
        Callback::from(move |event: KeyboardEvent| {
            if let Some(element) = input.cast::<HtmlInputElement>()
                && key(&props, &element, &mut line.borrow_mut(), &shown, &event)
            {
                event.prevent_default();
            }
        })
    };
    let oninput = {
        let (props, input, shown) = (props.clone(), input.clone(), shown.clone());
        Callback::from(move |_: InputEvent| {
            let text = input
                .cast::<HtmlInputElement>()
                .map(|element| element.value())
                .unwrap_or_default();
            shown.set(Shown {
                meant: (props.assist.meant)(&text),
                ..Shown::default()
            });
        })
    };
    let onpaste = {
        let (input, shown) = (input.clone(), shown.clone());
        Callback::from(move |event: Event| {
            let data = event
                .dyn_ref::<web_sys::ClipboardEvent>()
                .and_then(web_sys::ClipboardEvent::clipboard_data);
            let Some(text) = data.and_then(|data| data.get_data("text").ok()) else {
                return;
            };
            // Several lines are asked about once; one line waits for Enter.
            if text.trim_end().contains('\n') {
                event.prevent_default();
                let before = input
                    .cast::<HtmlInputElement>()
                    .map(|element| element.value())
                    .unwrap_or_default();
                shown.set(Shown {
                    pasted: Some(before + &text),
                    ..Shown::default()
                });
            }
        })
    };
    let prompt = match (&props.waiting, &shown.label) {
        (Some(waiting), _) => waiting.clone(),
        (None, Some(label)) => label.clone(),
        (None, None) => props.prompt.to_string(),
    };
    html! {
        <>
            if !shown.candidates.is_empty() { <pre class="candidates">{ shown.candidates.join("  ") }</pre> }
            <div class="term-line">
                <span class={classes!("p", props.waiting.is_some().then_some("wait"))} aria-hidden="true">{ prompt }</span>
                <input ref={input.clone()} id="command" type="text" aria-label={words().command} autocapitalize="off" autocomplete="off" autocorrect="off" spellcheck="false"
                    enterkeyhint="send" translate="no" {onkeydown} {oninput} {onpaste} />
            </div>
            { ghost(&input, &shown) }
            { question(props, &input, &shown) }
        </>
    }
}

/// What was probably meant, to be taken over with Tab or a click.
fn ghost(input: &NodeRef, shown: &UseStateHandle<Shown>) -> Html {
    let Some(meant) = shown.meant.clone() else {
        return html! {};
    };
    let (input, shown, text) = (input.clone(), shown.setter(), meant.clone());
    let onclick = Callback::from(move |_: MouseEvent| {
        if let Some(element) = input.cast::<HtmlInputElement>() {
            element.set_value(&text);
            let _ = element.focus();
        }
        shown.set(Shown::default());
    });
    html! { <div class="note">{ words().did_you_mean }{ " " }<button {onclick}>{ meant.trim_end() }</button>{ words().tab_takes_it }</div> }
}

/// The question before several lines run.
fn question(props: &PromptProps, input: &NodeRef, shown: &UseStateHandle<Shown>) -> Html {
    let Some(text) = shown.pasted.clone() else {
        return html! {};
    };
    let lines = text.trim_end().lines().count();
    let answer = |run: bool| {
        let (act, input, shown, text) = (
            props.act.clone(),
            input.clone(),
            shown.setter(),
            text.clone(),
        );
        Callback::from(move |_: MouseEvent| {
            answered(
                &act,
                &input.cast::<HtmlInputElement>(),
                &shown,
                run.then_some(&text),
            );
        })
    };
    html! {
        <div class="note" role="group" aria-label={words().pasted}>
            { fill(words().lines_pasted, &[&lines.to_string()]) }{ " " }
            <button onclick={answer(true)}>{ words().run_pasted }</button>{ "  " }
            <button onclick={answer(false)}>{ words().drop_pasted }</button>
        </div>
    }
}

fn answered(
    act: &Callback<Action>,
    input: &Option<HtmlInputElement>,
    shown: &UseStateSetter<Shown>,
    run: Option<&String>,
) {
    shown.set(Shown::default());
    if let Some(element) = input {
        if run.is_some() {
            element.set_value("");
        }
        let _ = element.focus();
    }
    if let Some(text) = run {
        act.emit(Action::Type(text.clone()));
    }
}

/// Handles a key; true if the browser must not.
fn key(
    props: &PromptProps,
    input: &HtmlInputElement,
    line: &mut Line,
    shown: &UseStateHandle<Shown>,
    event: &KeyboardEvent,
) -> bool {
    let name = event.key();
    let control = event.ctrl_key() || event.meta_key();
    if name == "Enter" && control {
        props.act.emit(Action::Apply);
        return true;
    }
    if let Some(text) = &shown.pasted {
        let run = match name.as_str() {
            "Enter" => Some(text),
            "Escape" => None,
            _ => return false,
        };
        answered(&props.act, &Some(input.clone()), &shown.setter(), run);
        return true;
    }
    // A wait that is being shown is run through at once, or ends here; the line stays.
    if let Some(waited) = props.waited {
        let interrupts = name == "c" && event.ctrl_key();
        if interrupts {
            props.act.emit(Action::InterruptAfter(waited));
        }
        if interrupts || name == "Enter" {
            props.skip.emit(());
            return true;
        }
    }
    if let (Some(meant), "Tab", false) = (&shown.meant, name.as_str(), event.shift_key()) {
        input.set_value(meant);
        shown.set(Shown::default());
        return true;
    }
    let Some(key) = key_of(event, line.label().is_some()) else {
        return false;
    };
    if key == Key::Ctrl('c') && (is_selecting() || has_selection(input)) {
        return false;
    }
    let text = input.value();
    let cursor = input.selection_start().ok().flatten();
    line.set(
        &text,
        bytes(&text, cursor.map_or(usize::MAX, |c| c as usize)),
    );
    let mut next = Shown::default();
    let action = match line.key(key, props) {
        Reply::Ignored => {
            shown.set(next);
            return false;
        }
        Reply::Edited => None,
        Reply::List(found) => {
            next.candidates = found.iter().map(|c| c.trim_end().to_owned()).collect();
            None
        }
        Reply::Entered(text) => Some(Action::Type(text)),
        Reply::Interrupt => Some(Action::Interrupt),
        Reply::EndOfInput => Some(Action::EndOfInput),
        Reply::Suspend => Some(Action::Type("\u{1a}".to_owned())),
        Reply::Clear => Some(Action::Clear),
    };
    input.set_value(line.text());
    let cursor = units(line.text(), line.cursor());
    let _ = input.set_selection_range(cursor, cursor);
    next.label = line.label();
    shown.set(next);
    if let Some(action) = action {
        props.act.emit(action);
    }
    true
}

/// The key, if it may mean something to the line; those that browsers need are left to them.
fn key_of(event: &KeyboardEvent, searching: bool) -> Option<Key> {
    let name = event.key();
    let mut letters = name.chars();
    let letter = letters.next().filter(|_| letters.next().is_none());
    let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
    match (name.as_str(), letter) {
        ("Enter", _) => Some(Key::Enter),
        ("Tab", _) if !event.shift_key() => Some(Key::Tab),
        ("Escape", _) => Some(Key::Escape),
        ("ArrowUp", _) => Some(Key::Up),
        ("ArrowDown", _) => Some(Key::Down),
        ("Backspace", _) if searching => Some(Key::Backspace),
        (_, Some(c)) if event.ctrl_key() && !event.alt_key() && !event.meta_key() => {
            let c = c.to_ascii_lowercase();
            "aeukwylcdzrg".contains(c).then_some(Key::Ctrl(c))
        }
        (_, Some(c)) if event.alt_key() && !event.ctrl_key() => {
            Some(Key::Alt(c.to_ascii_lowercase())).filter(|_| "bfdBFD".contains(c))
        }
        (_, Some(c)) if searching && plain => Some(Key::Char(c)),
        _ => None,
    }
}

/// The place in bytes of a place in UTF-16 units, as browsers count.
fn bytes(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, c) in text.char_indices() {
        if left < c.len_utf16() {
            return at;
        }
        left -= c.len_utf16();
    }
    text.len()
}

fn units(text: &str, bytes: usize) -> u32 {
    let head = text.get(..bytes).unwrap_or(text);
    head.encode_utf16().count() as u32
}

/// Whether the reader has text of the page selected.
pub(super) fn is_selecting() -> bool {
    gloo::utils::window()
        .get_selection()
        .ok()
        .flatten()
        .is_some_and(|selection| !selection.is_collapsed())
}

fn has_selection(input: &HtmlInputElement) -> bool {
    input.selection_start().ok().flatten() != input.selection_end().ok().flatten()
}
