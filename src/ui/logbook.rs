//! The logbook: one row for each hop and each answer, with what became of it and why.

use crate::kernel;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, Properties)]
pub(super) struct LogbookProps {
    pub(super) rows: Rc<Vec<kernel::Event>>,
}

impl PartialEq for LogbookProps {
    fn eq(&self, other: &Self) -> bool {
        let end = |rows: &[kernel::Event]| (rows.len(), rows.last().map(|event| event.seq));
        end(&self.rows) == end(&other.rows)
    }
}

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
                        <thead><tr><th class="w-t">{ "Time" }</th><th class="w-s">{ "Source" }</th><th class="w-d">{ "Destination" }</th><th class="w-y">{ "Type" }</th><th class="w-v">{ "Verdict" }</th><th>{ "Because" }</th></tr></thead>
                        <tbody>{ for props.rows.iter().map(|event| row(event, Some(event.seq) == last)) }</tbody>
                    </table>
                }
            </div>
        </section>
    }
}

fn row(event: &kernel::Event, now: bool) -> Html {
    let because = match event.int("line") {
        0 => event.text("because").to_owned(),
        line => format!("{}, line {line}", event.text("because")),
    };
    let kind = match event.text("proto") {
        "TCP" if matches!(event.kind.id, "forwarded" | "translated") => "TCP SYN",
        proto => proto,
    };
    let verdict = event.kind.id.trim_start_matches("dns-").to_uppercase();
    html! {
        <tr key={event.seq.0} class={now.then_some("now")} data-place={places(event)}>
            <td class="mono">{ event.at.to_string() }</td>
            <td>{ event.text("client") }</td>
            <td class="mono">{ event.text("dst") }</td>
            <td>{ kind }</td>
            <td><span class="vd"><svg aria-hidden="true"><use href={format!("#{}", event.kind.icon)} /></svg>{ verdict }</span></td>
            <td>{ because }</td>
        </tr>
    }
}

/// The objects that a row is about: where the packet went, where it came from, what the reason rests on.
fn places(event: &kernel::Event) -> String {
    let place = |key| event.text(key).split(':').next().unwrap_or_default();
    format!("{} {}", place("to"), place("from"))
}
