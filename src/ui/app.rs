//! The page: it owns the world, maps wall time onto simulated time, and lays the panes out.

use super::chart::Playback;
use super::chart_pane::ChartPane;
use super::clock::use_clock;
use super::debug_path::{Ask, DebugPath};
use super::editor::{Editor, use_advice};
use super::engine::{Action, Engine, Options, Snapshot};
use super::header::Header;
use super::help::Help;
use super::lesson::{LessonPane, Study};
use super::linking::{Linking, use_linking};
use super::logbook::Logbook;
use super::opening::{Opening, offer as offer_of, use_links};
use super::panes::{Pane, PaneTabs};
use super::reach::{Skips, use_keys, use_title};
use super::refusal::Refusal;
use super::sheets::{
    ClusterSheet, FilesSheet, LessonsSheet, Make, MenuSheet, Open, ShareSheet, TemplatesSheet,
    keep_draft, pack, unpack,
};
use super::sight::Look;
use super::status::Status;
use super::terminal::{Assist, Block, Terminal};
use super::words::words;
use crate::chart::{is_failure, outcome};
use crate::lesson::Lesson;
use crate::share::Offer;
use crate::web::{self, Storage, Theme};
use gloo::events::EventListener;
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// The page's properties.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct AppProps {
    /// What it begins with.
    #[prop_or_default]
    pub options: Options,
    /// What the address holds: a session, a manifest.
    #[prop_or_default]
    pub payload: Option<String>,
    /// The compact layout.
    #[prop_or_default]
    pub embed: bool,
    /// Whether work is kept on the reader's machine.
    #[prop_or_default]
    pub keeps: bool,
    /// The theme to begin with.
    #[prop_or_default]
    pub theme: Theme,
    /// Told of the world once it is there, for tests and for the page's own interface.
    #[prop_or_default]
    pub on_engine: Option<Callback<Shared>>,
}

/// The world, shared between the page and its frames, and what else of the page scripts may move.
#[derive(Clone)]
pub struct Shared(pub Rc<RefCell<Engine>>, pub Callback<Action>, pub Controls);

/// What scripts may move besides the world.
#[derive(Clone, Default)]
pub struct Controls {
    /// Opens a lesson at a page.
    pub(super) lesson: Callback<(String, usize)>,
    /// Sets the theme.
    pub(super) theme: Callback<Theme>,
    /// Halts the clock, or lets it go on.
    pub(super) pause: Callback<bool>,
    /// Shows a message until it is taken away.
    pub(super) say: Callback<String>,
    /// Makes the session's link.
    pub(super) link: Option<Rc<dyn Fn() -> String>>,
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The sprite of symbols that every drawing uses.
const SPRITE: &str = include_str!("sprite.svg");

fn new_engine(props: &AppProps) -> Engine {
    let mut engine = Engine::new(props.options.clone());
    engine.set_width(web::width(), props.embed);
    let kept = if props.keeps && props.options.source.is_none() {
        Storage::get("work")
    } else {
        None
    };
    if let Some(work) = kept {
        engine.restore(&unpack(&work));
    }
    if let Some(history) = Storage::get("history").filter(|_| props.keeps) {
        engine.remember(&history);
    }
    engine
}

/// The page.
#[component]
pub fn App(props: &AppProps) -> Html {
    let engine = {
        let props = props.clone();
        use_memo((), move |()| RefCell::new(new_engine(&props)))
    };
    let snapshot = {
        let engine = engine.clone();
        use_state(move || engine.borrow_mut().snapshot())
    };
    let playback = use_state(|| Playback {
        speed: 100,
        ..Playback::default()
    });
    let pane = use_state(|| Pane::Chart);
    let theme = use_state(|| props.theme);
    let open = use_state(Open::default);
    let simple = use_state(|| Storage::get("editor").is_some_and(|word| word == "simple"));
    let root = use_node_ref();
    let linking = use_linking(&root);

    let act = {
        let (engine, snapshot, keeps) = (engine.clone(), snapshot.setter(), props.keeps);
        Callback::from(move |action: Action| {
            if web::stopped() {
                return;
            }
            // A key that comes while another is handled is dropped rather than a fault.
            let Ok(mut engine) = engine.try_borrow_mut() else {
                return;
            };
            let shows = engine.shows(&action);
            // Time that passes does not touch the reader's work.
            let works = !matches!(action, Action::Tick(_));
            // What the next step may replace is kept before it.
            if keeps && replaces(&action) {
                keep_draft(&engine.work());
            }
            engine.act(action);
            super::script::tell(&mut engine);
            if works && keeps {
                Storage::set("work", &pack(&engine.work()));
                Storage::set("history", &engine.history());
            }
            if works {
                web::remember_for_crash(&work_text(&engine));
            }
            if shows {
                snapshot.set(engine.snapshot());
            }
        })
    };
    use_clock(&engine, &act, props.options.frozen, playback.speed);
    {
        let engine = engine.clone();
        use_effect_with((), move |()| {
            web::remember_for_crash(&work_text(&engine.borrow()));
        });
    }
    use_effect_with(*theme, |theme| web::set_theme(*theme));
    {
        let (engine, snapshot, embed) = (engine.clone(), snapshot.setter(), props.embed);
        use_effect_with((), move |()| {
            let listener = EventListener::new(&gloo::utils::window(), "resize", move |_| {
                if let Ok(mut engine) = engine.try_borrow_mut() {
                    engine.set_width(web::width(), embed);
                    snapshot.set(engine.snapshot());
                }
            });
            move || drop(listener)
        });
    }

    let set_pane = {
        let pane = pane.clone();
        Callback::from(move |next: Pane| pane.set(next))
    };
    let on_theme = {
        let theme = theme.clone();
        Callback::from(move |()| {
            let next = theme.next();
            Storage::set("theme", next.word());
            theme.set(next);
        })
    };
    let message = use_state(String::new);
    {
        let (theme, message) = (theme.setter(), message.setter());
        let opening = Opening {
            act: act.clone(),
            on_pane: set_pane.clone(),
            on_theme: Callback::from(move |next| theme.set(next)),
            say: Callback::from(move |text| message.set(text)),
            keeps: props.keeps,
        };
        use_links(&engine, &opening, props.payload.clone());
    }
    let make_offer: Rc<dyn Fn() -> Offer> = {
        let (engine, pane, theme) = (engine.clone(), *pane, *theme);
        Rc::new(move || offer_of(&engine, pane, theme))
    };
    let on_elsewhere = {
        let make = make_offer.clone();
        Callback::from(move |()| web::open_tab(&make().link()))
    };
    let set_playback = {
        let playback = playback.clone();
        Callback::from(move |next: Playback| playback.set(next))
    };
    let assist = {
        let engine = engine.clone();
        use_memo((), move |()| {
            let (meaning, places) = (engine.clone(), engine.clone());
            Assist {
                complete: Rc::new(move |line, cursor| {
                    let engine = engine.try_borrow();
                    engine.map_or(Vec::new(), |engine| engine.complete(line, cursor))
                }),
                meant: Rc::new(move |line| meaning.try_borrow().ok()?.meant(line)),
                place: Rc::new(move |word| places.try_borrow().ok()?.place_of(word)),
            }
        })
    };
    let on_lesson = use_lessons(&act, &set_pane, props.options.lesson.clone());
    let latest = use_mut_ref(|| None);
    *latest.borrow_mut() = Some((make_offer.clone(), *playback));
    {
        let (engine, act, told) = (engine.clone(), act.clone(), props.on_engine.clone());
        let (theme, playback, message) = (theme.setter(), playback.setter(), message.setter());
        let (last, linked) = (latest.clone(), latest.clone());
        let controls = Controls {
            lesson: on_lesson.clone(),
            theme: Callback::from(move |next| theme.set(next)),
            pause: Callback::from(move |halt: bool| {
                if let Some((_, now)) = &*last.borrow() {
                    let speed = if halt { 0 } else { 100 };
                    playback.set(Playback { speed, ..*now });
                }
            }),
            say: Callback::from(move |text| message.set(text)),
            link: Some(Rc::new(move || {
                let make = linked.borrow().as_ref().map(|(make, _)| make.clone());
                make.map_or(String::new(), |make: Rc<dyn Fn() -> Offer>| make().link())
            })),
        };
        use_effect_with((), move |()| {
            if let Some(told) = told {
                told.emit(Shared(engine, act, controls));
            }
        });
    }
    let side = use_state(|| "lesson");
    let ask = {
        let engine = engine.clone();
        use_memo((), move |()| {
            Ask(Rc::new(move |question| {
                engine.try_borrow().ok()?.opinion(question)
            }))
        })
    };
    let whys = use_state(|| 0);
    let on_why = {
        let (whys, pane) = (whys.clone(), set_pane.clone());
        Callback::from(move |()| {
            pane.emit(Pane::Chart);
            whys.set(*whys + 1);
        })
    };
    let advice = use_advice(&engine);
    use_keys(&open, &set_pane);
    use_title(&snapshot);
    let rich = !*simple && (!props.embed || *pane == Pane::Yaml);
    let show = |what: Open| {
        let open = open.clone();
        Callback::from(move |()| open.set(what))
    };
    let on_at = {
        let act = act.clone();
        Callback::from(move |seq| act.emit(Action::Look(Look::At(Some(seq)))))
    };
    let on_line = {
        let (act, pane) = (act.clone(), set_pane.clone());
        let side = side.setter();
        Callback::from(move |(file, line)| {
            side.set("editor");
            pane.emit(Pane::Yaml);
            act.emit(Action::ShowLine(file, line));
        })
    };
    let data: &Snapshot = &snapshot;
    let class = classes!(
        "app",
        props.embed.then_some("embed"),
        data.studied.is_some().then_some("study")
    );
    let side_to = |to: &'static str| {
        let side = side.setter();
        Callback::from(move |()| side.set(to))
    };
    let on_skip = {
        let (side, pane) = (side.setter(), set_pane.clone());
        Callback::from(move |to: Pane| {
            match to {
                Pane::Lesson => side.set("lesson"),
                Pane::Yaml => side.set("editor"),
                Pane::Chart | Pane::Terminal | Pane::Log => {}
            }
            pane.emit(to);
        })
    };
    let failed = outcome(&data.seen.rows).is_some_and(|row| is_failure(row));
    html! {
        <ContextProvider<Linking> context={linking}>
        <div ref={root} {class} data-pane={pane.word()} data-side={*side}>
            <Sprite />
            <Skips lesson={data.studied.is_some()} on_pane={on_skip} />
            <Header example={data.example.clone()} applied={data.applied} problems={data.problems.len()} faulty={data.desk.is_faulty()} theme={*theme}
                embed={props.embed} pane={*pane} act={act.clone()} on_theme={on_theme.clone()} on_open={Callback::from({ let open = open.clone(); move |what| open.set(what) })} on_pane={set_pane.clone()} {on_elsewhere} />
            if !message.is_empty() { { told(&message) } }
            if let Some(studied) = &data.studied {
                <LessonPane studied={studied.clone()} act={act.clone()} on_line={on_line.clone()} on_editor={side_to("editor")} />
                <button class="btn quiet to-lesson" onclick={side_to("lesson").reform(|_: MouseEvent| ())}>{ words().lesson }</button>
            }
            <Editor tabs={data.tabs.clone()} open={data.open} text={data.text.clone()} version={data.text_version}
                problems={data.problems.clone()} sites={data.sites.clone()} desk={data.desk.clone()} fault={data.fault_line}
                rich={rich} advice={advice} act={act.clone()} on_files={show(Open::Files)} />
            <ChartPane seen={data.seen.clone()} playback={*playback} on_playback={set_playback} act={act.clone()} stale={data.desk.is_faulty()} on_log={set_pane.reform(|()| Pane::Log)} on_line={on_line.clone()}
                path={html! { <DebugPath seen={data.seen.clone()} text={data.text.clone()} place={data.place.clone()} whys={*whys} ask={(*ask).clone()} act={act.clone()} on_line={on_line.clone()} /> }}>
                { offer(data, &act, &show(Open::Templates)) }
                <Refusal desk={data.desk.clone()} act={act.clone()} />
            </ChartPane>
            <div class="dock">
                <Terminal blocks={data.blocks.clone()} prompt={data.prompt.clone()} place={data.place.clone()}
                    commands={data.commands.clone()} history={data.history.clone()} act={act.clone()} assist={(*assist).clone()}
                    terminals={data.terminals.clone()} front={data.terminal} {failed} {on_why} speed={if props.options.frozen { 0 } else { playback.speed }} />
                <Logbook rows={data.seen.rows.clone()} {on_at} {on_line} />
            </div>
            <Status now={data.view.now} nodes={data.nodes()} mode={data.view.network.proxy_mode} seed={data.seed} running={playback.speed > 0} />
            <PaneTabs pane={*pane} problems={data.problems.len()} lesson={data.studied.is_some()} printed={printed(data)} logged={data.seen.rows.last().map_or(0, |row| row.seq.0)} on_pane={set_pane} />
            <span id="said" class="vh" role="status"></span>
            { sheet(&open, &engine, data, &act, &simple, (*theme, &on_theme), (&on_lesson, Make(make_offer))) }
        </div>
        </ContextProvider<Linking>>
    }
}

/// A number that grows with what the terminals print.
fn printed(data: &Snapshot) -> u64 {
    let pieces = |block: &Block| block.pieces.len() as u64;
    data.blocks
        .last()
        .map_or(0, |block| (block.id as u64 + 1) * 10_000 + pieces(block))
}

/// A callback that fetches a lesson and begins it at a page; the address may ask for one.
#[hook]
fn use_lessons(
    act: &Callback<Action>,
    show: &Callback<Pane>,
    first: Option<(String, usize)>,
) -> Callback<(String, usize)> {
    let begin = {
        let (act, show) = (act.clone(), show.clone());
        Callback::from(move |(id, page): (String, usize)| {
            let (act, show) = (act.clone(), show.clone());
            web::fetch_text(&format!("data/lessons/{id}.json"), move |text| {
                let lesson = text.and_then(|text| Lesson::from_json(&text).ok());
                match lesson {
                    Some(lesson) => {
                        act.emit(Action::Study(Study::Begin(Rc::new(lesson), page)));
                        show.emit(Pane::Lesson);
                    }
                    None => web::set_text("said", words().lessons_lost),
                }
            });
        })
    };
    {
        let begin = begin.clone();
        use_effect_with((), move |()| {
            if let Some(wanted) = first {
                begin.emit(wanted);
            }
        });
    }
    begin
}

/// Whether a step puts something in place of what the editor holds, or sends it to the cluster.
fn replaces(action: &Action) -> bool {
    matches!(
        action,
        Action::Apply
            | Action::Fix(_)
            | Action::Recall
            | Action::Mend(_)
            | Action::Load(_)
            | Action::Close(_)
            | Action::OpenFiles(_)
            | Action::Template { .. }
            | Action::Restore(_)
            | Action::RestoreDump(_)
            | Action::Rebuild(_)
    )
}

/// What is open over the page.
fn sheet(
    open: &UseStateHandle<Open>,
    engine: &Rc<RefCell<Engine>>,
    data: &Snapshot,
    act: &Callback<Action>,
    simple: &UseStateHandle<bool>,
    theme: (Theme, &Callback<()>),
    (on_lesson, make): (&Callback<(String, usize)>, Make),
) -> Html {
    let on_close = {
        let open = open.clone();
        Callback::from(move |()| open.set(Open::Nothing))
    };
    let act = act.clone();
    match **open {
        Open::Nothing => html! {},
        Open::Share => html! { <ShareSheet {make} {on_close} /> },
        Open::Help => html! { <Help {on_close} /> },
        Open::Menu => {
            let on_open = {
                let open = open.clone();
                Callback::from(move |what| open.set(what))
            };
            html! { <MenuSheet example={data.example.clone()} theme={theme.0} {act} on_theme={theme.1.clone()} {on_open} {on_close} /> }
        }
        Open::Lessons => html! { <LessonsSheet on_lesson={on_lesson.clone()} {on_close} /> },
        Open::Templates => html! { <TemplatesSheet {act} {on_close} /> },
        Open::Files => {
            let on_simple = {
                let simple = simple.clone();
                Callback::from(move |plain: bool| {
                    Storage::set("editor", if plain { "simple" } else { "rich" });
                    simple.set(plain);
                })
            };
            let work = Rc::new(
                engine
                    .try_borrow()
                    .map(|engine| engine.work())
                    .unwrap_or_default(),
            );
            html! { <FilesSheet tabs={data.tabs.clone()} {work} view={data.view.clone()} said={data.desk.said.clone()} simple={**simple} {act} {on_simple} {on_close} /> }
        }
        Open::Cluster => {
            let outside = engine
                .try_borrow()
                .map(|engine| engine.outside())
                .unwrap_or_default();
            html! { <ClusterSheet view={data.view.clone()} seed={data.seed} {outside} said={data.desk.said.clone()} {act} {on_close} /> }
        }
    }
}

/// A message over the page, until it is taken away.
fn told(message: &UseStateHandle<String>) -> Html {
    let text = (**message).clone();
    let setter = message.setter();
    let onclick = Callback::from(move |_: MouseEvent| setter.set(String::new()));
    html! { <div class="told" role="alert"><span>{ text }</span><button class="btn" {onclick}>{ words().close }</button></div> }
}

fn work_text(engine: &Engine) -> String {
    engine
        .work()
        .iter()
        .map(|(path, text)| format!("# {path}\n{text}\n"))
        .collect::<Vec<_>>()
        .join("---\n")
}

/// The card of a chart on which nothing is yet.
fn offer(data: &Snapshot, act: &Callback<Action>, templates: &Callback<()>) -> Html {
    if !data.is_untouched() || !data.blocks.is_empty() || data.desk.is_faulty() {
        return html! {};
    }
    let first = data.commands.first().cloned().unwrap_or_default();
    let onclick = {
        let (act, line) = (act.clone(), first);
        Callback::from(move |_| act.emit(Action::Type(line.clone())))
    };
    html! {
        <div class="card offer">
            <h3>{ words().offer_title }</h3>
            <p>{ words().offer_text }</p>
            <div class="acts"><button class="btn primary" {onclick}>{ words().offer_act }</button><button class="btn" onclick={templates.reform(|_: MouseEvent| ())}>{ words().offer_templates }</button></div>
        </div>
    }
}

/// The symbols, once for the whole page.
#[component]
fn Sprite() -> Html {
    Html::from_html_unchecked(AttrValue::from(SPRITE))
}
