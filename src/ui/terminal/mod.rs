//! The terminal: a transcript that a screen reader can walk, and one real input; several of them as tabs.

mod consoles;
mod input;
mod reveal;
mod transcript;

pub(super) use consoles::Consoles;
pub use consoles::{Block, Tab};
pub(super) use input::Assist;
pub(super) use transcript::text_of;

use super::engine::Action;
use super::linking::say;
use super::words::{fill, words};
use crate::web;
use input::Prompt;
use reveal::use_reveal;
use std::rc::Rc;
use transcript::BlockView;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct TerminalProps {
    pub(super) blocks: Rc<Vec<Block>>,
    pub(super) prompt: Rc<str>,
    pub(super) place: Rc<str>,
    pub(super) commands: Rc<Vec<String>>,
    pub(super) history: Rc<Vec<String>>,
    pub(super) terminals: Rc<Vec<Tab>>,
    pub(super) front: usize,
    /// Whether what was tried last did not come through, of which a reader may ask why.
    pub(super) failed: bool,
    pub(super) on_why: Callback<()>,
    /// How fast the clock runs, in per cent; 0 if it stands still.
    pub(super) speed: u32,
    pub(super) act: Callback<Action>,
    pub(super) assist: Assist,
}

#[component]
pub(super) fn Terminal(props: &TerminalProps) -> Html {
    let body = use_node_ref();
    let reveal = use_reveal(props.blocks.last(), props.speed);
    {
        let body = body.clone();
        use_effect_with(
            (
                props.blocks.last().map(|block| block.id),
                props.blocks.len(),
                reveal.shown(),
            ),
            move |_| {
                if let Some(element) = body.cast::<web_sys::Element>() {
                    web::scroll_to_end(&element);
                }
            },
        );
    }
    let focus = Callback::from(move |_: MouseEvent| {
        // A click that ends a selection must not lose it.
        if !input::is_selecting() {
            web::focus("command");
        }
    });
    let last = props.blocks.len().saturating_sub(1);
    let announce = match (reveal.shown(), props.blocks.last()) {
        (None, Some(block)) => transcript::announcement(block),
        _ => String::new(),
    };
    let done = props
        .commands
        .iter()
        .map(|line| props.blocks.iter().any(|block| block.line == *line))
        .collect::<Vec<_>>();
    let busy = reveal.shown().is_some().to_string();
    html! {
        <section class="pane term" aria-label={fill(words().terminal_at, &[&props.place])}>
            <div class="pane-head"><h2>{ words().pane_terminal }</h2>{ tabs(props) }<span class="meta">{ &*props.place }</span>{ take_away(&props.blocks) }</div>
            <div class="term-body" ref={body} onclick={focus} tabindex="-1">
                <div role="log" aria-label={words().transcript} aria-live="off" aria-busy={busy}>
                    { for props.blocks.iter().enumerate().map(|(index, b)| html! {
                        <BlockView key={b.id} blocks={props.blocks.clone()} {index} shown={reveal.shown().filter(|_| index == last)} act={props.act.clone()} assist={props.assist.clone()} />
                    }) }
                </div>
                { why(props, reveal.shown().is_none()) }
                <Prompt prompt={props.prompt.clone()} history={props.history.clone()} act={props.act.clone()}
                    assist={props.assist.clone()} waiting={reveal.words()} waited={reveal.shown()} skip={reveal.skip()} />
            </div>
            <Chips commands={props.commands.clone()} done={done} act={props.act.clone()} />
            <span class="vh" role="status">{ announce }</span>
        </section>
    }
}

/// The question that a failed command raises.
fn why(props: &TerminalProps, over: bool) -> Html {
    let last = props
        .blocks
        .last()
        .filter(|block| over && block.status != 0);
    if last.is_none() || !props.failed {
        return html! {};
    }
    let onclick = {
        let on_why = props.on_why.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            on_why.emit(());
        })
    };
    html! { <div class="note"><button {onclick}>{ words().why }</button></div> }
}

/// The transcript, to be pasted or kept elsewhere.
fn take_away(blocks: &Rc<Vec<Block>>) -> Html {
    let deed = |label: &'static str, symbol: &'static str, run: fn(&str)| {
        let (taken, disabled) = (blocks.clone(), blocks.is_empty());
        let onclick = Callback::from(move |_: MouseEvent| run(&text_of(&taken)));
        html! { <button class="btn quiet icon" aria-label={label} title={label} {disabled} {onclick}><svg aria-hidden="true" class="ico16"><use href={symbol} /></svg></button> }
    };
    let copy = |text: &str| {
        web::copy(text, |worked| {
            say(if worked {
                words().copied
            } else {
                words().copy_refused_line
            });
        });
    };
    html! { <><span class="spring"></span>{ deed(words().copy_transcript, "#i-copy", copy) }{ deed(words().save_transcript, "#i-save", |text| web::download("portside.txt", text)) }</> }
}

/// The tabs, and the button that opens another terminal.
fn tabs(props: &TerminalProps) -> Html {
    let many = props.terminals.len() > 1;
    let tab = |tab: &Tab| {
        let (act, id) = (props.act.clone(), tab.id);
        let show = Callback::from(move |_: MouseEvent| act.emit(Action::ShowTerminal(id)));
        let act = props.act.clone();
        let close = Callback::from(move |_: MouseEvent| act.emit(Action::CloseTerminal(id)));
        let here = tab.id == props.front;
        let name = format!("{} {}", tab.id, tab.name);
        let label = fill(words().close_terminal, &[&name]);
        html! {
            <span key={tab.id} class={classes!("term-tab", here.then_some("on"))}>
                <button aria-current={here.then_some("true")} onclick={show}>{ name }</button>
                <button aria-label={label} onclick={close}>{ "×" }</button>
            </span>
        }
    };
    let act = props.act.clone();
    let open = Callback::from(move |_: MouseEvent| {
        act.emit(Action::OpenTerminal);
        web::focus("command");
    });
    html! {
        <span class="term-tabs" role="group" aria-label={words().terminals}>
            if many { { for props.terminals.iter().map(tab) } }
            <button class="term-new" aria-label={words().open_terminal} title={words().open_terminal} onclick={open}>{ "+" }</button>
        </span>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ChipsProps {
    commands: Rc<Vec<String>>,
    /// Which of them have been typed.
    done: Vec<bool>,
    act: Callback<Action>,
}

/// The example's lines, to be typed with a click; the next one stands first.
#[component]
fn Chips(props: &ChipsProps) -> Html {
    let list = use_node_ref();
    {
        let list = list.clone();
        let next = props
            .done
            .iter()
            .rposition(|done| *done)
            .map_or(0, |last| last + 1);
        use_effect_with(next, move |next| {
            if let Some(list) = list.cast::<web_sys::Element>() {
                web::scroll_to_child(&list, *next);
            }
        });
    }
    let chip = |(index, line): (usize, &String)| {
        let (act, typed) = (props.act.clone(), line.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            act.emit(Action::Type(typed.clone()));
            web::focus("command");
        });
        let done = props.done.get(index).copied().unwrap_or_default();
        html! { <button key={index} class={done.then_some("done")} title={line.clone()} {onclick}>{ line }</button> }
    };
    html! { <div class="chips" ref={list} role="group" aria-label={words().lines_to_type}>{ for props.commands.iter().enumerate().map(chip) }</div> }
}
