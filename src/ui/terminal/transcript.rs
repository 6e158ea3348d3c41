//! The transcript's blocks: a prompt, the line in its colours, what it printed.

use super::{Assist, Block};
use crate::kernel::Span;
use crate::shell::{Role, Stream, ansi};
use crate::ui::engine::Action;
use crate::ui::linking::say;
use crate::ui::words::{fill, words};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, Properties)]
pub(super) struct BlockViewProps {
    /// All blocks, of which this shows one.
    pub(super) blocks: Rc<Vec<Block>>,
    pub(super) index: usize,
    /// How much of its time has been shown, if not all.
    pub(super) shown: Option<Span>,
    pub(super) act: Callback<Action>,
    pub(super) assist: Assist,
}

impl PartialEq for BlockViewProps {
    /// A block that printed nothing more is not rendered again, whatever came after it.
    fn eq(&self, other: &Self) -> bool {
        let own = |props: &Self| {
            props
                .blocks
                .get(props.index)
                .map(|block| (block.id, block.pieces.len(), block.took))
        };
        let size = |props: &Self| {
            props.blocks.get(props.index).map(|block| {
                block
                    .pieces
                    .iter()
                    .map(|(_, text)| text.len())
                    .sum::<usize>()
            })
        };
        self.shown == other.shown && own(self) == own(other) && size(self) == size(other)
    }
}

/// One command and what it printed.
#[component]
pub(super) fn BlockView(props: &BlockViewProps) -> Html {
    let Some(block) = props.blocks.get(props.index) else {
        return html! {};
    };
    let (shown, act) = (props.shown, &props.act);
    let mut room = shown.map_or(usize::MAX, |shown| {
        let seen = block.marks.iter().rev().find(|(_, time)| *time <= shown);
        // What was printed before the next mark stood there when that mark's time began.
        let next = block.marks.iter().find(|(_, time)| *time > shown);
        match (seen, next) {
            (_, Some(_)) => seen.map_or(0, |(size, _)| *size),
            (Some((size, _)), None) => *size,
            (None, None) => 0,
        }
    });
    let pieces = block.pieces.iter().map_while(|(stream, text)| {
        let text = text.get(..room.min(text.len())).unwrap_or_default();
        room = room.saturating_sub(text.len());
        (!text.is_empty()).then(|| piece(*stream, text, act, &props.assist))
    });
    html! {
        <div class="block" data-exit={block.status.to_string()}>
            { deeds(props, block) }
            <div><span class="p">{ &block.prompt }</span><code class="c">{ line(block) }</code></div>
            { for pieces }
        </div>
    }
}

/// What can be done with a line that was typed. Only those of the last block are stops for Tab.
fn deeds(props: &BlockViewProps, block: &Block) -> Html {
    if block.line.trim().is_empty() {
        return html! {};
    }
    let stop = if props.index + 1 == props.blocks.len() {
        "0"
    } else {
        "-1"
    };
    let deed = |text: &'static str, icon: &'static str, onclick: Callback<MouseEvent>| {
        let label = fill(text, &[&block.line]);
        html! { <button tabindex={stop} title={label.clone()} aria-label={label} {onclick}><svg aria-hidden="true"><use href={icon} /></svg></button> }
    };
    let line = block.line.clone();
    let copy = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        crate::web::copy(&line, |worked| {
            say(if worked {
                words().copied
            } else {
                words().copy_refused_line
            });
        });
    });
    let (act, line) = (props.act.clone(), block.line.clone());
    let again = Callback::from(move |_: MouseEvent| act.emit(Action::Type(line.clone())));
    html! { <div class="block-acts">{ deed(words().copy_line, "#i-copy", copy) }{ deed(words().run_again, "#i-again", again) }</div> }
}

/// The line in the colours of its words.
fn line(block: &Block) -> Html {
    let mut parts: Vec<Html> = Vec::new();
    let mut end = 0;
    for (span, role) in &block.colours {
        parts.push(html! { { block.line.get(end..span.start).unwrap_or_default() } });
        let class = match role {
            Role::Command => "k-cmd",
            Role::Unknown => "k-bad",
            Role::Flag => "k-flag",
            Role::Text => "k-text",
            Role::Variable => "k-var",
            Role::Operator => "k-op",
            Role::Comment => "k-rem",
        };
        let text = block.line.get(span.clone()).unwrap_or_default();
        parts.push(html! { <span {class}>{ text }</span> });
        end = span.end;
    }
    parts.push(html! { { block.line.get(end..).unwrap_or_default() } });
    parts.into_iter().collect()
}

fn piece(stream: Stream, text: &str, act: &Callback<Action>, assist: &Assist) -> Html {
    let shown = text.replace('\r', "");
    match stream {
        Stream::Out | Stream::Raw => sheets(&shown)
            .into_iter()
            .map(|(class, sheet)| match class {
                // Words are looked up where the reader is: at the end.
                Some(class) => html! { <pre {class}>{ plain(sheet) }</pre> },
                None => html! { <pre>{ styled(sheet, assist) }</pre> },
            })
            .collect(),
        Stream::Err => html! { <pre class="e">{ styled(&shown, assist) }</pre> },
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

/// Text without its ANSI sequences.
fn plain(text: &str) -> String {
    if !text.contains('\u{1b}') {
        return text.to_owned();
    }
    ansi(text).into_iter().map(|(_, part)| part).collect()
}

/// Text with its ANSI sequences drawn.
fn styled(text: &str, assist: &Assist) -> Html {
    if !text.contains('\u{1b}') {
        return linked(text, assist);
    }
    let part = |(style, part): (crate::shell::Style, &str)| {
        let class = classes!(
            style.colour.map(|colour| format!("a{colour}")),
            style.bold.then_some("a-b"),
            style.dim.then_some("a-d"),
            style.underlined.then_some("a-u"),
        );
        html! { <span {class}>{ linked(part, assist) }</span> }
    };
    ansi(text).into_iter().map(part).collect()
}

/// How many lines stand in one piece; the browser lays out only those pieces of a long output that are in sight.
const SHEET: usize = 200;

/// A long text in pieces; the last one is always laid out, as the prompt stands under it.
fn sheets(text: &str) -> Vec<(Option<&'static str>, &str)> {
    let mut sheets = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.match_indices('\n').nth(SHEET) {
        let (sheet, after) = rest.split_at(end + 1);
        sheets.push((Some("sheet-of"), sheet));
        rest = after;
    }
    sheets.push((None, rest));
    sheets
}

/// How many words of a text are looked up: a page of output, not a log of thousands of lines.
const MOST_WORDS: usize = 600;

/// Text in which names and addresses of objects point at them, as on the chart.
fn linked(text: &str, assist: &Assist) -> Html {
    let mut parts: Vec<Html> = Vec::new();
    let mut plain = String::new();
    let mut looked = 0;
    for word in text.split_inclusive(|c: char| {
        c.is_whitespace() || matches!(c, ',' | '"' | '(' | ')' | '[' | ']' | '\'')
    }) {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        // Capitals are headings; names are small.
        let may = looked < MOST_WORDS
            && bare.len() > 1
            && bare.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        looked += usize::from(may);
        match if may { (assist.place)(bare) } else { None } {
            Some(place) => {
                parts.push(html! { { std::mem::take(&mut plain) } });
                parts.push(html! { <span class="word" data-place={place}>{ bare }</span> });
                plain.push_str(word.get(bare.len()..).unwrap_or_default());
            }
            None => plain.push_str(word),
        }
    }
    parts.push(html! { { plain } });
    parts.into_iter().collect()
}

/// The transcript as text.
pub(in crate::ui) fn text_of(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        for part in [block.prompt.as_str(), &block.line, "\n"] {
            text.push_str(part);
        }
        let pieces = block.pieces.iter();
        pieces.for_each(|(_, piece)| text.push_str(piece));
    }
    text
}

/// What a screen reader says after a command.
pub(super) fn announcement(block: &Block) -> String {
    let lines: Vec<&str> = block
        .pieces
        .iter()
        .flat_map(|(_, text)| text.lines())
        .collect();
    let status = block.status.to_string();
    match lines.as_slice() {
        [] => fill(words().exit, &[&status]),
        [one] => fill(words().exit_says, &[&status, one]),
        many => fill(words().exit_lines, &[&status, &many.len().to_string()]),
    }
}
