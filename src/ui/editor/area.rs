//! Where a manifest is written: a plain text area, and over it the editor island once that has come.
//!
//! The text area is what is left where the island does not load, and for readers who choose it.

use super::super::engine::Action;
use super::super::linking::{Linking, Pointed};
use super::super::words::words;
use super::EditorProps;
use super::problems::Problems;
use crate::chart::Site;
use crate::cluster::Standing;
use crate::manifest::{Diagnostic, Proposes, Severity};
use crate::web::{self, EditorCalls, EditorIsland, fetch_island, row};
use gloo::timers::callback::Timeout;
use js_sys::{Array, Function};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

/// How long the reader pauses, in milliseconds, before the text is looked at.
const PAUSE: u32 = 150;

/// The latest properties and what is mounted, for callbacks that outlive a render.
#[derive(Default)]
struct Mounted {
    island: Option<EditorIsland>,
    check: Option<Timeout>,
    sites: Rc<Vec<Site>>,
    pointed: Pointed,
    revealed: Option<Rc<str>>,
    /// Selection and focus that the island takes over once it is in sight.
    pending: Option<(u32, u32, bool)>,
}

type Slot = Rc<RefCell<Mounted>>;

#[component]
pub(super) fn Area(props: &EditorProps) -> Html {
    let area = use_node_ref();
    let gutter = use_node_ref();
    let host = use_node_ref();
    let slot: Slot = use_mut_ref(Mounted::default);
    let live = use_state(|| false);
    let linking = use_context::<Linking>();
    let change = use_change(&props.act, &slot);
    use_text(props, &area, &slot, *live);
    use_island(props, (&area, &host), &slot, &live, &linking, &change);
    use_shown(props, &area, &slot, *live);
    use_links(props, &slot, &linking);

    let oninput = {
        let change = change.clone();
        Callback::from(move |event: InputEvent| {
            let area = event
                .target()
                .and_then(|t| t.dyn_into::<HtmlTextAreaElement>().ok());
            if let Some(area) = area {
                change.emit(area.value());
            }
        })
    };
    let onkeydown = {
        let (act, area) = (props.act.clone(), area.clone());
        let leaving = use_mut_ref(|| false);
        Callback::from(move |event: KeyboardEvent| {
            let escaped = leaving.replace(event.key() == "Escape");
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                act.emit(Action::Apply);
            } else if event.key() == "Tab" && !escaped && !event.shift_key() {
                event.prevent_default();
                if let Some(element) = area.cast::<HtmlTextAreaElement>() {
                    web::type_into(&element, "  ");
                }
            }
        })
    };
    let onscroll = {
        let (area, gutter) = (area.clone(), gutter.clone());
        Callback::from(move |_: Event| {
            if let (Some(area), Some(gutter)) = (area.cast::<Element>(), gutter.cast::<Element>()) {
                gutter.set_scroll_top(area.scroll_top());
            }
        })
    };
    let wrong = |problem: &Diagnostic| problem.severity == Severity::Error;
    let invalid = props.problems.iter().any(wrong).then_some("true");
    html! { <>
        <div class={classes!("code", live.then_some("island"))}>
            <div class="gutter" ref={gutter} aria-hidden="true" hidden={*live}>{ lines(props) }</div>
            <textarea ref={area} id="manifest" readonly={web::root_matches("[data-readonly]")} aria-label={words().manifest} aria-describedby={if props.problems.is_empty() { "manifest-hint" } else { "manifest-hint manifest-problems" }} aria-invalid={invalid}
                spellcheck="false" autocapitalize="off" autocomplete="off" translate="no" placeholder={words().editor_hint} hidden={*live}
                {oninput} {onkeydown} {onscroll} />
            <div ref={host} id="manifest-editor" class="cm-host" data-island="" hidden={!*live}></div>
        </div>
        // The island shows what is wrong where it is.
        if !*live { <Problems problems={props.problems.clone()} act={props.act.clone()} /> }
    </> }
}

/// Tells of a change at once, and has it looked at after a pause.
#[hook]
fn use_change(act: &Callback<Action>, slot: &Slot) -> Callback<String> {
    let slot = slot.clone();
    use_callback(act.clone(), move |text: String, act| {
        act.emit(Action::Edit(text));
        let act = act.clone();
        slot.borrow_mut().check = Some(Timeout::new(PAUSE, move || act.emit(Action::Check)));
    })
}

/// Shows the text that the program set; what the reader types is already there.
#[hook]
fn use_text(props: &EditorProps, area: &NodeRef, slot: &Slot, live: bool) {
    let (area, slot, now, open) = (
        area.clone(),
        slot.clone(),
        props.advice.text.clone(),
        props.open,
    );
    use_effect_with((props.open, props.version, live), move |_| {
        let (text, pending) = (now.emit(()), slot.borrow_mut().pending.take());
        if let (Some(island), Some(open)) = (&slot.borrow().island, open) {
            island.show(open.number(), &text);
            if let Some((start, end, focused)) = pending {
                island.take(start, end, focused);
            }
        } else if let Some(element) = area.cast::<HtmlTextAreaElement>() {
            web::replace_text(&element, &text);
        }
    });
}

/// Fetches and mounts the island where it is wanted, and takes it down where it is not.
#[hook]
fn use_island(
    props: &EditorProps,
    at: (&NodeRef, &NodeRef),
    slot: &Slot,
    live: &UseStateHandle<bool>,
    linking: &Option<Linking>,
    change: &Callback<String>,
) {
    let alive = use_mut_ref(|| true);
    let calls = {
        let (props, slot, linking, change) =
            (props.clone(), slot.clone(), linking.clone(), change.clone());
        move || calls(&props, &slot, linking.as_ref(), &change)
    };
    let (area, host, slot, live) = (at.0.clone(), at.1.clone(), slot.clone(), live.setter());
    {
        let alive = alive.clone();
        use_effect_with(props.rich, move |rich| {
            if !*rich {
                slot.borrow_mut().island = None;
                live.set(false);
                return;
            }
            fetch_island("editor", move |mount| {
                let (Some(mount), true) = (mount, *alive.borrow()) else {
                    return;
                };
                if let Some((island, pending)) = take_over(&mount, &host, &area, calls()) {
                    let mut mounted = slot.borrow_mut();
                    mounted.island = Some(island);
                    mounted.pending = Some(pending);
                    live.set(true);
                }
            });
        });
    }
    use_effect_with((), move |()| move || *alive.borrow_mut() = false);
}

/// Mounts the island over the text area; beside it, the selection and focus that it is to take over.
fn take_over(
    mount: &Function,
    host: &NodeRef,
    area: &NodeRef,
    calls: EditorCalls,
) -> Option<(EditorIsland, (u32, u32, bool))> {
    let (host, area) = (host.cast::<Element>()?, area.cast::<HtmlTextAreaElement>()?);
    let texts = [
        ("label", words().manifest),
        ("hint", words().editor_hint),
        ("explained", words().explained),
    ];
    let island = EditorIsland::mount(mount, &host, texts, calls)?;
    let active = gloo::utils::document().active_element();
    let focused = active.is_some_and(|active| active.is_same_node(Some(area.as_ref())));
    let start = area.selection_start().ok().flatten().unwrap_or_default();
    let end = area.selection_end().ok().flatten().unwrap_or_default();
    Some((island, (start, end, focused)))
}

fn calls(
    props: &EditorProps,
    slot: &Slot,
    linking: Option<&Linking>,
    change: &Callback<String>,
) -> EditorCalls {
    let (apply, fix) = (props.act.clone(), props.act.clone());
    let (proposals, explain) = (props.advice.proposals.clone(), props.advice.explain.clone());
    let (change, slot, linking) = (change.clone(), slot.clone(), linking.cloned());
    EditorCalls {
        change: Box::new(move |text| change.emit(text)),
        apply: Box::new(move || apply.emit(Action::Apply)),
        line: Box::new(move |line| {
            let Some(linking) = &linking else { return };
            // The island may tell while it is being spoken to.
            let place = slot
                .try_borrow()
                .ok()
                .and_then(|mounted| place_on(&mounted.sites, line));
            linking.hover(place.as_deref());
        }),
        complete: Box::new(move |at| {
            let (start, found) = proposals.emit(at);
            let rows = found.into_iter().map(|(p, note)| {
                let kind = match p.proposes {
                    Proposes::Field => "property",
                    Proposes::Value => "enum",
                    Proposes::Name => "variable",
                };
                let texts =
                    [&p.label, &p.detail, &note, &p.insert].map(|text| JsValue::from_str(text));
                let cells = [JsValue::from(start)]
                    .into_iter()
                    .chain(texts)
                    .chain([JsValue::from_str(kind)]);
                row(&cells.collect::<Vec<_>>())
            });
            rows.collect::<Array>().into()
        }),
        hover: Box::new(move |at| {
            explain.emit(at).map_or(JsValue::NULL, |(start, end, e)| {
                let texts = [e.title, e.type_text, e.text].map(|text| JsValue::from_str(&text));
                row(&[JsValue::from(start), JsValue::from(end)]
                    .into_iter()
                    .chain(texts)
                    .collect::<Vec<_>>())
            })
        }),
        fix: Box::new(move |index| fix.emit(Action::Fix(index as usize))),
    }
}

/// Shows what is wrong and what is marked.
#[hook]
fn use_shown(props: &EditorProps, area: &NodeRef, slot: &Slot, live: bool) {
    {
        let (slot, text, problems) = (slot.clone(), props.text.clone(), props.problems.clone());
        use_effect_with(
            (props.problems.clone(), props.open, props.version, live),
            move |_| {
                let rows = problems.iter().map(|problem| {
                    let severity = if problem.severity == Severity::Error {
                        "error"
                    } else {
                        "warning"
                    };
                    let fix = problem.fix.as_ref().map_or("", |fix| fix.title.as_str());
                    row(&[
                        JsValue::from(web::units_before(&text, problem.span.start)),
                        JsValue::from(web::units_before(&text, problem.span.end)),
                        JsValue::from_str(severity),
                        JsValue::from_str(&problem.message),
                        JsValue::from_str(&problem.hint),
                        JsValue::from_str(fix),
                        JsValue::from_str(problem.about),
                    ])
                });
                if let Some(island) = &slot.borrow().island {
                    island.problems(&rows.collect());
                }
            },
        );
    }
    {
        let (slot, area) = (slot.clone(), area.clone());
        use_effect_with(props.desk.reveal, move |(line, asked)| {
            if *asked == 0 {
                return;
            }
            if let Some(island) = &slot.borrow().island {
                island.reveal(*line, true);
            } else if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                web::reveal_line(&area, *line);
            }
        });
    }
    let (slot, desk, fault) = (slot.clone(), props.desk.clone(), props.fault);
    use_effect_with(
        (
            props.desk.standing.clone(),
            props.fault,
            props.sites.clone(),
            props.open,
            live,
        ),
        move |(_, _, sites, ..)| {
            slot.borrow_mut().sites = sites.clone();
            mark(&slot.borrow(), fault, &desk);
        },
    );
}

/// Marks the lines that the chart, a failure or the cluster point at.
fn mark(mounted: &Mounted, fault: u32, desk: &super::super::desk::Desk) {
    let Some(island) = &mounted.island else {
        return;
    };
    let line = |name: &str, from: u32, to: u32| {
        row(&[
            JsValue::from_str(name),
            JsValue::from(from),
            JsValue::from(to),
        ])
    };
    let rows = Array::new();
    let drifts = desk
        .standing
        .iter()
        .filter(|c| matches!(c.standing, Standing::Absent | Standing::Differs(_)));
    drifts.for_each(|c| {
        rows.push(&line("drift", c.lines.0, c.lines.1));
    });
    let places = [&mounted.pointed.hover, &mounted.pointed.selected];
    for site in mounted.sites.iter() {
        if places
            .iter()
            .any(|place| place.as_deref() == Some(site.place.as_str()))
        {
            rows.push(&line("linked", site.first, site.last));
        }
    }
    if fault > 0 {
        rows.push(&line("fault", fault, fault));
    }
    island.marks(&rows);
}

/// Follows what is pointed at elsewhere.
#[hook]
fn use_links(props: &EditorProps, slot: &Slot, linking: &Option<Linking>) {
    let (slot, linking) = (slot.clone(), linking.clone());
    use_effect_with((props.desk.clone(), props.fault), move |(desk, fault)| {
        let (desk, fault) = (desk.clone(), *fault);
        let told = linking.map(|linking| {
            linking.subscribe(Callback::from(move |pointed: Pointed| {
                // What the island itself pointed at comes back while it speaks.
                let Ok(mut mounted) = slot.try_borrow_mut() else {
                    return;
                };
                let chosen = pointed
                    .selected
                    .clone()
                    .filter(|place| mounted.revealed.as_ref() != Some(place));
                mounted.revealed.clone_from(&pointed.selected);
                mounted.pointed = pointed;
                let site = chosen.and_then(|place| {
                    mounted
                        .sites
                        .iter()
                        .find(|site| *site.place == *place)
                        .map(|site| site.first)
                });
                drop(mounted);
                let mounted = slot.borrow();
                mark(&mounted, fault, &desk);
                if let (Some(island), Some(line)) = (&mounted.island, site) {
                    island.reveal(line, false);
                }
            }))
        });
        move || drop(told)
    });
}

fn place_on(sites: &[Site], line: u32) -> Option<String> {
    let site = sites
        .iter()
        .find(|site| (site.first..=site.last).contains(&line))?;
    Some(site.place.clone())
}

/// The line numbers, with marks at lines that are at fault.
fn lines(props: &EditorProps) -> Html {
    let count = props.text.lines().count().max(1) as u32 + u32::from(props.text.ends_with('\n'));
    let mark = |line: u32| {
        let found = props
            .problems
            .iter()
            .find(|problem| problem.span.line == line);
        match found.map(|problem| problem.severity) {
            Some(Severity::Error) => Some("fault"),
            Some(Severity::Warning) => Some("odd"),
            None if props.fault == line => Some("fault"),
            None => None,
        }
    };
    html! { <>{ for (1..=count.min(10_000)).map(|line| html! { <span key={line} class={mark(line)}>{ line }</span> }) }</> }
}
