//! The logbook: one row for each hop and each answer, with what became of it and why.

use super::words::{Words, count, fill, words};
use crate::chart;
use crate::kernel;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, Properties)]
pub(super) struct LogbookProps {
    pub(super) rows: Rc<Vec<Rc<kernel::Event>>>,
    /// Shows the cluster as it was at a row.
    pub(super) on_at: Callback<kernel::Seq>,
    /// Brings a line of a manifest in sight.
    pub(super) on_line: Callback<(String, u32)>,
}

impl PartialEq for LogbookProps {
    fn eq(&self, other: &Self) -> bool {
        let end = |rows: &[Rc<kernel::Event>]| (rows.len(), rows.last().map(|event| event.seq));
        end(&self.rows) == end(&other.rows)
    }
}

/// A text of the catalogue.
type Text = fn(&Words) -> &'static str;

/// The columns: class and title.
const COLUMNS: &[(&str, Text)] = &[
    ("w-t", |words| words.log_time),
    ("w-s", |words| words.log_source),
    ("w-d", |words| words.log_destination),
    ("w-y", |words| words.log_type),
    ("w-v", |words| words.log_verdict),
    ("w-m", |words| words.log_summary),
    ("w-b", |words| words.log_because),
];

/// What the verdicts look like, and what they mean.
const VERDICTS: &[(&str, Text)] = &[
    ("#v-dns", |words| words.verdict_answered),
    ("#v-ok", |words| words.verdict_delivered),
    ("#v-refused", |words| words.verdict_refused),
    ("#v-dropped", |words| words.verdict_dropped),
    ("#v-none", |words| words.verdict_none),
];

#[component]
pub(super) fn Logbook(props: &LogbookProps) -> Html {
    let list = use_node_ref();
    {
        let list = list.clone();
        use_effect_with(props.rows.len(), move |_| {
            if let Some(element) = list.cast::<web_sys::Element>() {
                crate::web::scroll_to_end(&element);
            }
        });
    }
    let number = props.rows.len();
    let last = chart::outcome(&props.rows).map(|event| event.seq);
    html! {
        <section class="pane log" aria-label={words().pane_log}>
            <div class="pane-head"><h2>{ words().pane_log }</h2><span class="meta">{ count(number, words().one_row, words().many_rows) }</span></div>
            <div class="rows" ref={list} tabindex="0" role="region" aria-label={words().log_rows}>
                if number == 0 {
                    <div class="blank">
                        <p>{ words().log_blank }</p>
                        <ul>{ for VERDICTS.iter().map(|(symbol, of)| html! { <li><svg aria-hidden="true"><use href={*symbol} /></svg>{ of(words()) }</li> }) }</ul>
                    </div>
                } else {
                    <table>
                        <thead><tr>{ for COLUMNS.iter().map(|(class, title)| html! { <th scope="col" class={*class}>{ title(words()) }</th> }) }</tr></thead>
                        <tbody>{ for props.rows.iter().map(|event| row(event, Some(event.seq) == last, props)) }</tbody>
                    </table>
                }
            </div>
        </section>
    }
}

fn row(event: &kernel::Event, now: bool, props: &LogbookProps) -> Html {
    let line = line(event, &props.on_line);
    let kind = match event.text("proto") {
        "TCP" if matches!(event.kind.id, "forwarded" | "translated") => "TCP SYN",
        proto => proto,
    };
    let at = {
        let (on_at, seq) = (props.on_at.clone(), event.seq);
        Callback::from(move |click: MouseEvent| {
            click.stop_propagation();
            on_at.emit(seq);
        })
    };
    html! {
        <tr key={event.seq.0} class={now.then_some("now")} data-place={places(event)}>
            <td class="mono"><button class="ref" title={words().show_then} onclick={at}>{ event.at.to_string() }</button></td>
            <td class="w-s">{ event.text("client") }</td>
            <td class="mono">{ event.text("dst") }</td>
            <td class="w-y">{ kind }</td>
            <td><span class="vd"><svg aria-hidden="true"><use href={symbol(event)} /></svg>{ verdict(event) }</span></td>
            <td class="w-m">{ summary(event) }</td>
            <td>{ event.text("because") }{ line }</td>
        </tr>
    }
}

fn symbol(event: &kernel::Event) -> String {
    format!("#{}", chart::icon(event))
}

fn verdict(event: &kernel::Event) -> String {
    event.kind.id.trim_start_matches("dns-").to_uppercase()
}

/// The line of a manifest that a row rests on, as a link.
fn line(event: &kernel::Event, on_line: &Callback<(String, u32)>) -> Html {
    let line = event.int("line");
    if line == 0 {
        return html! {};
    }
    let (on_line, file) = (on_line.clone(), event.text("file").to_owned());
    let title = file.clone();
    let onclick = Callback::from(move |click: MouseEvent| {
        click.stop_propagation();
        on_line.emit((file.clone(), line as u32));
    });
    html! { <>{ ", " }<button class="ref" {title} {onclick}>{ fill(words().at_line, &[&line.to_string()]) }</button></> }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct LastRowProps {
    pub(super) row: Option<Rc<kernel::Event>>,
    /// Shows the whole logbook.
    pub(super) on_log: Callback<()>,
    /// Brings a line of a manifest in sight.
    pub(super) on_line: Callback<(String, u32)>,
}

/// The logbook's last line, which a narrow page shows under its chart.
#[component]
pub(super) fn LastRow(props: &LastRowProps) -> Html {
    let onclick = props.on_log.reform(|_: MouseEvent| ());
    let Some(event) = &props.row else {
        return html! {};
    };
    let class = match event.kind.id {
        "refused" | "reset" => "bad",
        "dropped" | "unreachable" => "warn",
        _ => "",
    };
    html! {
        <div class="last-row">
            <svg aria-hidden="true"><use href={symbol(event)} /></svg>
            <p><button class={classes!("verdict", class)} title={words().show_log} {onclick}>{ verdict(event) }</button>{ " " }{ event.text("because") }{ line(event, &props.on_line) }</p>
        </div>
    }
}

/// What a row is about in a few words: the question and its answer, or where the packet went.
fn summary(event: &kernel::Event) -> String {
    let name = |place: &str| {
        let name = place.rsplit('/').next().unwrap_or_default();
        name.split(':').next().unwrap_or_default().to_owned()
    };
    match event.text("name") {
        "" => format!("{} → {}", name(event.text("from")), name(event.text("to"))),
        question => format!("{question} {}", event.text("answer")),
    }
}

/// The objects that a row is about: where the packet went, where it came from, what the reason rests on.
fn places(event: &kernel::Event) -> String {
    let place = |key| event.text(key).split(':').next().unwrap_or_default();
    format!("{} {}", place("to"), place("from"))
}
