//! The pane in the middle: the chart or its table, the controls above, the inspector beside, cards on top.

use super::chart::{Chart, Command, Playback, Zoom, words_of};
use super::engine::Action;
use super::inspector::Inspector;
use super::linking::{Linking, Pointed, say, use_selected};
use super::logbook::LastRow;
use super::playbar::PlayBar;
use super::sight::{Look, Seen};
use super::table::Table;
use super::words::{fill, words};
use crate::chart::{Scene, key_of, outcome};
use crate::web;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct ChartPaneProps {
    pub(super) seen: Seen,
    pub(super) playback: Playback,
    pub(super) on_playback: Callback<Playback>,
    pub(super) act: Callback<Action>,
    /// Whether the open text is not what the chart shows, because it cannot be applied.
    pub(super) stale: bool,
    /// Shows the whole logbook.
    pub(super) on_log: Callback<()>,
    /// Brings a line of a manifest in sight.
    pub(super) on_line: Callback<(String, u32)>,
    /// The strip of questions.
    pub(super) path: Html,
    /// Cards laid on the chart.
    #[prop_or_default]
    pub(super) children: Children,
}

#[component]
pub(super) fn ChartPane(props: &ChartPaneProps) -> Html {
    let linking = use_context::<Linking>().unwrap_or_default();
    let selected = use_selected(&linking);
    use_hint(&linking);
    let zoom = use_state(Zoom::default);
    let table = use_state(|| false);
    let on_zoom = {
        let zoom = zoom.setter();
        Callback::from(move |next: Zoom| zoom.set(next))
    };
    let on_table = {
        let table = table.clone();
        Callback::from(move |()| table.set(!*table))
    };
    let on_look = {
        let act = props.act.clone();
        Callback::from(move |look: Look| act.emit(Action::Look(look)))
    };
    let on_command = {
        let act = props.act.clone();
        Callback::from(move |command: Command| match command {
            Command::Look(look) => act.emit(Action::Look(look)),
            Command::Exec(place) => {
                act.emit(Action::Exec(place));
                web::focus("command");
            }
            Command::Trace(place) => act.emit(Action::Trace(place)),
            Command::Describe(place) => {
                if let Some(key) = key_of(&place) {
                    let scope = if key.kind.namespaced {
                        format!(" -n {}", key.namespace)
                    } else {
                        String::new()
                    };
                    act.emit(Action::Run(format!(
                        "kubectl describe {} {}{scope}",
                        key.kind.singular, key.name
                    )));
                }
            }
            Command::Filter => web::focus("filter"),
        })
    };
    let on_run = {
        let act = props.act.clone();
        Callback::from(move |line: String| act.emit(Action::Run(line)))
    };
    let on_close = {
        let linking = linking.clone();
        Callback::from(move |()| linking.select(None))
    };
    let seen = &props.seen;
    use_words(seen);
    let on_picture = Callback::from(|()| web::save_picture(".map", "portside.svg"));
    html! {
        <section class="pane chart" aria-label={words().pane_chart}>
            <PlayBar playback={props.playback} seen={seen.clone()} zoom={*zoom} table={*table} on_change={props.on_playback.clone()} on_zoom={on_zoom.clone()}
                on_look={on_look.clone()} {on_table} {on_picture} />
            { notice(seen, &on_look) }
            <div class={classes!("chart-body", selected.is_some().then_some("beside"), props.stale.then_some("stale"))}>
            if *table {
                <Table seen={seen.clone()} />
            } else {
                <Chart seen={seen.clone()} playback={props.playback} zoom={*zoom} selected={selected.clone()} still={web::wants_stillness()} {on_zoom} on_command={on_command.clone()} on_run={on_run.clone()} />
                { for props.children.iter() }
            }
            if let Some(place) = selected {
                <Inspector {place} view={seen.view.clone()} wish={seen.wish.clone()} {on_close} {on_command} {on_run} />
            }
            </div>
            { props.path.clone() }
            <LastRow row={outcome(&seen.rows).cloned()} on_log={props.on_log.clone()} on_line={props.on_line.clone()} />
        </section>
    }
}

/// A strip that says that this is not the whole of the present, with the way back.
fn notice(seen: &Seen, on_look: &Callback<Look>) -> Html {
    let back = |label: &'static str, look: Look| {
        let on_look = on_look.clone();
        let onclick = Callback::from(move |_: MouseEvent| on_look.emit(look.clone()));
        html! { <button class="btn" {onclick}>{ label }</button> }
    };
    let scene = &seen.scene;
    if seen.past.is_some() {
        let said = fill(words().as_it_was, &[&seen.view.now.to_string()]);
        return html! { <p class="notice past">{ said }{ back(words().back_to_now, Look::At(None)) }</p> };
    }
    if let Some(only) = &seen.wish.only {
        let name = only.rsplit('/').next().unwrap_or_default();
        return html! { <p class="notice">{ fill(words().only_with, &[name]) }{ back(words().show_everything, Look::Only(None)) }</p> };
    }
    if !seen.wish.filter.is_empty() {
        let said = match scene.drawn {
            0 => words().filter_finds_nothing.to_owned(),
            _ => drawn_of(scene, words().showing),
        };
        return html! { <p class="notice">{ said }{ back(words().clear_filter, Look::Filter(String::new())) }</p> };
    }
    if scene.total > 1_000 {
        return html! { <p class="notice">{ drawn_of(scene, words().showing_some) }</p> };
    }
    html! {}
}

/// How many objects are drawn, of how many.
fn drawn_of(scene: &Scene, text: &str) -> String {
    fill(text, &[&scene.drawn.to_string(), &scene.total.to_string()])
}

/// Writes what the pointer or the focus rests on into the status bar, where it covers nothing.
#[hook]
fn use_hint(linking: &Linking) {
    let linking = linking.clone();
    use_effect_with((), move |()| {
        let told = linking.subscribe(Callback::from(|pointed: Pointed| {
            let words = pointed.hover.and_then(|place| words_of(&place));
            web::set_text("hint", &words.unwrap_or_default());
        }));
        move || drop(told)
    });
}

/// Says what changed in what is seen, once for each change that a reader asked for.
#[hook]
fn use_words(seen: &Seen) {
    let said = if let Some(fault) = &seen.fault {
        fault.to_string()
    } else if seen.past.is_some() {
        fill(words().as_it_was, &[&seen.view.now.to_string()])
    } else if !seen.wish.filter.is_empty() {
        drawn_of(&seen.scene, words().showing)
    } else {
        String::new()
    };
    use_effect_with(said, |said| say(said));
}
