//! The gallery: scenarios to begin from, fetched when it is opened.

use super::super::engine::Action;
use super::super::words::words;
use super::Sheet;
use crate::web;
use std::rc::Rc;
use yew::prelude::*;

/// One scenario, a row of the index.
#[derive(Clone, Debug, PartialEq)]
struct Template {
    id: String,
    title: String,
    summary: String,
    line: String,
}

#[derive(Clone, PartialEq, Properties)]
pub(in crate::ui) struct TemplatesSheetProps {
    pub(in crate::ui) act: Callback<Action>,
    pub(in crate::ui) on_close: Callback<()>,
}

/// What is known of the gallery.
#[derive(Clone, PartialEq)]
enum Index {
    Coming,
    There(Rc<Vec<Template>>),
    Lost,
}

#[component]
pub(in crate::ui) fn TemplatesSheet(props: &TemplatesSheetProps) -> Html {
    let index = use_state(|| Index::Coming);
    {
        let index = index.setter();
        use_effect_with((), move |()| {
            web::fetch_text("data/templates/index.txt", move |text| {
                index.set(text.map_or(Index::Lost, |text| Index::There(Rc::new(parse(&text)))));
            });
        });
    }
    let lost = {
        let index = index.setter();
        Callback::from(move |()| index.set(Index::Lost))
    };
    html! {
        <Sheet title={words().templates} id="templates" on_close={props.on_close.clone()}>
            <p class="meta">{ words().templates_note }</p>
            { match &*index {
                Index::Coming => html! { <p role="status">{ words().loading }</p> },
                Index::Lost => html! { <p role="alert">{ words().templates_lost }</p> },
                Index::There(all) => html! { <ul class="cards">{ for all.iter().map(|template| card(props, template, &lost)) }</ul> },
            } }
        </Sheet>
    }
}

fn parse(text: &str) -> Vec<Template> {
    let row = |line: &str| {
        let mut cells = line.split('\t').map(str::to_owned);
        Some(Template {
            id: cells.next()?,
            title: cells.next()?,
            summary: cells.next()?,
            line: cells.next()?,
        })
    };
    text.lines().filter_map(row).collect()
}

fn card(props: &TemplatesSheetProps, template: &Template, lost: &Callback<()>) -> Html {
    let open = {
        let (props, template, lost) = (props.clone(), template.clone(), lost.clone());
        Callback::from(move |_: MouseEvent| {
            let (props, template, lost) = (props.clone(), template.clone(), lost.clone());
            web::fetch_text(
                &format!("data/templates/{}.yaml", template.id),
                move |text| {
                    let Some(text) = text else {
                        lost.emit(());
                        return;
                    };
                    let name = format!("{}.yaml", template.id);
                    props.act.emit(Action::Template {
                        name,
                        text,
                        line: template.line,
                    });
                    props.on_close.emit(());
                },
            );
        })
    };
    html! {
        <li key={template.id.clone()}>
            <button class="card-button" onclick={open}><b>{ &template.title }</b><span>{ &template.summary }</span></button>
        </li>
    }
}
