//! The logbook: one row for each hop and each answer, with what became of it and why.

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

/// The columns: class and title.
const COLUMNS: &[(&str, &str)] = &[
    ("w-t", "Time"),
    ("w-s", "Source"),
    ("w-d", "Destination"),
    ("w-y", "Type"),
    ("w-v", "Verdict"),
    ("w-m", "Summary"),
    ("w-b", "Because"),
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
    let count = props.rows.len();
    let last = props.rows.last().map(|event| event.seq);
    html! {
        <section class="pane log" aria-label="Logbook">
            <div class="pane-head"><h2>{ "Logbook" }</h2><span class="meta">{ if count == 1 { "1 row".to_owned() } else { format!("{count} rows") } }</span></div>
            <div class="rows" ref={list} tabindex="0" role="region" aria-label="Logbook rows">
                if count == 0 {
                    <p class="blank">{ "Every name question and every connection is written here: where it went, what became of it, and because of which line." }</p>
                } else {
                    <table>
                        <thead><tr>{ for COLUMNS.iter().map(|(class, title)| html! { <th scope="col" class={*class}>{ *title }</th> }) }</tr></thead>
                        <tbody>{ for props.rows.iter().map(|event| row(event, Some(event.seq) == last, props)) }</tbody>
                    </table>
                }
            </div>
        </section>
    }
}

fn row(event: &kernel::Event, now: bool, props: &LogbookProps) -> Html {
    let line = match event.int("line") {
        0 => html! {},
        line => {
            let (on_line, file) = (props.on_line.clone(), event.text("file").to_owned());
            let title = file.clone();
            let onclick = Callback::from(move |click: MouseEvent| {
                click.stop_propagation();
                on_line.emit((file.clone(), line as u32));
            });
            html! { <>{ ", " }<button class="ref" {title} {onclick}>{ format!("line {line}") }</button></> }
        }
    };
    let kind = match event.text("proto") {
        "TCP" if matches!(event.kind.id, "forwarded" | "translated") => "TCP SYN",
        proto => proto,
    };
    let verdict = event.kind.id.trim_start_matches("dns-").to_uppercase();
    let at = {
        let (on_at, seq) = (props.on_at.clone(), event.seq);
        Callback::from(move |click: MouseEvent| {
            click.stop_propagation();
            on_at.emit(seq);
        })
    };
    html! {
        <tr key={event.seq.0} class={now.then_some("now")} data-place={places(event)}>
            <td class="mono"><button class="ref" title="Show the cluster as it was then" onclick={at}>{ event.at.to_string() }</button></td>
            <td class="w-s">{ event.text("client") }</td>
            <td class="mono">{ event.text("dst") }</td>
            <td class="w-y">{ kind }</td>
            <td><span class="vd"><svg aria-hidden="true"><use href={format!("#{}", event.kind.icon)} /></svg>{ verdict }</span></td>
            <td class="w-m">{ summary(event) }</td>
            <td>{ event.text("because") }{ line }</td>
        </tr>
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
