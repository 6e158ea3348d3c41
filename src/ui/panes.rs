//! Which pane a narrow page shows.

use super::words::words;
use yew::prelude::*;

/// A pane of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pane {
    Lesson,
    Yaml,
    Chart,
    Terminal,
    Log,
}

impl Pane {
    const ALL: [Self; 5] = [
        Self::Lesson,
        Self::Yaml,
        Self::Chart,
        Self::Terminal,
        Self::Log,
    ];

    /// The pane of a word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.word() == word)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Lesson => "lesson",
            Self::Yaml => "yaml",
            Self::Chart => "chart",
            Self::Terminal => "terminal",
            Self::Log => "log",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Lesson => words().pane_lesson,
            Self::Yaml => words().pane_yaml,
            Self::Chart => words().pane_chart,
            Self::Terminal => words().pane_terminal,
            Self::Log => words().pane_log,
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Lesson => "#i-lesson",
            Self::Yaml => "#i-yaml",
            Self::Chart => "#i-chart",
            Self::Terminal => "#i-term",
            Self::Log => "#i-lesson",
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct PaneTabsProps {
    pub(super) pane: Pane,
    pub(super) problems: usize,
    /// Numbers that grow with what the terminals print, and with the logbook's rows.
    pub(super) printed: u64,
    pub(super) logged: u64,
    /// Whether a lesson is open.
    pub(super) lesson: bool,
    pub(super) on_pane: Callback<Pane>,
}

/// The tab bar of a narrow page.
#[component]
pub(super) fn PaneTabs(props: &PaneTabsProps) -> Html {
    // What was there when the pane was last in front is no news.
    let known = use_mut_ref(|| (props.printed, props.logged));
    {
        let mut known = known.borrow_mut();
        match props.pane {
            Pane::Terminal => known.0 = props.printed,
            Pane::Log => known.1 = props.logged,
            Pane::Lesson | Pane::Yaml | Pane::Chart => {}
        }
    }
    let known = *known.borrow();
    let tab = |pane: Pane| {
        let on_pane = props.on_pane.clone();
        let onclick = Callback::from(move |_: MouseEvent| on_pane.emit(pane));
        let news = match pane {
            Pane::Terminal => props.printed > known.0,
            Pane::Log => props.logged > known.1,
            Pane::Lesson | Pane::Yaml | Pane::Chart => false,
        };
        let badge = if pane == Pane::Yaml && props.problems > 0 {
            html! { <span class="badge">{ props.problems }</span> }
        } else if news {
            html! { <span class="badge news"><span class="vh">{ words().news }</span></span> }
        } else {
            html! {}
        };
        html! {
            <button key={pane.word()} role="tab" aria-selected={(pane == props.pane).to_string()} {onclick}>
                <svg aria-hidden="true"><use href={pane.icon()} /></svg>{ pane.title() }{ badge }
            </button>
        }
    };
    html! { <div class="tabs" role="tablist" aria-label={words().panes}>{ for Pane::ALL.into_iter().filter(|pane| props.lesson || *pane != Pane::Lesson).map(tab) }</div> }
}
