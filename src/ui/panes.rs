//! Which pane a narrow page shows.

use super::words::words;
use yew::prelude::*;

/// A pane of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pane {
    Yaml,
    Chart,
    Terminal,
    Log,
}

impl Pane {
    const ALL: [Self; 4] = [Self::Yaml, Self::Chart, Self::Terminal, Self::Log];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Chart => "chart",
            Self::Terminal => "terminal",
            Self::Log => "log",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Yaml => words().pane_yaml,
            Self::Chart => words().pane_chart,
            Self::Terminal => words().pane_terminal,
            Self::Log => words().pane_log,
        }
    }

    fn icon(self) -> &'static str {
        match self {
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
    pub(super) on_pane: Callback<Pane>,
}

/// The tab bar of a narrow page.
#[component]
pub(super) fn PaneTabs(props: &PaneTabsProps) -> Html {
    let tab = |pane: Pane| {
        let on_pane = props.on_pane.clone();
        let onclick = Callback::from(move |_: MouseEvent| on_pane.emit(pane));
        let badge = (pane == Pane::Yaml && props.problems > 0)
            .then(|| html! { <span class="badge">{ props.problems }</span> });
        html! {
            <button key={pane.word()} role="tab" aria-selected={(pane == props.pane).to_string()} {onclick}>
                <svg aria-hidden="true"><use href={pane.icon()} /></svg>{ pane.title() }{ badge }
            </button>
        }
    };
    html! { <div class="tabs" role="tablist" aria-label={words().panes}>{ for Pane::ALL.into_iter().map(tab) }</div> }
}
