//! The lessons to choose from, with what has been passed of each.

use super::super::lesson::kept;
use super::super::words::{fill, words};
use super::Sheet;
use crate::web::{Storage, fetch_text};
use std::rc::Rc;
use yew::prelude::*;

/// One lesson, a row of the index.
#[derive(Clone, PartialEq)]
struct Row {
    id: String,
    title: String,
    summary: String,
    minutes: String,
    steps: usize,
}

#[derive(Clone, PartialEq, Properties)]
pub(in crate::ui) struct LessonsSheetProps {
    /// A lesson is to be begun.
    pub(in crate::ui) on_lesson: Callback<(String, usize)>,
    pub(in crate::ui) on_close: Callback<()>,
}

#[component]
pub(in crate::ui) fn LessonsSheet(props: &LessonsSheetProps) -> Html {
    let index = use_state(|| None::<Option<Rc<Vec<Row>>>>);
    {
        let index = index.setter();
        use_effect_with((), move |()| {
            fetch_text("data/lessons/index.tsv", move |text| {
                index.set(Some(text.map(|text| Rc::new(parse(&text)))));
            });
        });
    }
    let card = |(at, row): (usize, &Row)| {
        let passed = Storage::get(&kept(&row.id))
            .unwrap_or_default()
            .matches('1')
            .count();
        let page = if passed == row.steps { 0 } else { passed };
        let onclick = {
            let (props, id) = (props.clone(), row.id.clone());
            Callback::from(move |_: MouseEvent| {
                props.on_lesson.emit((id.clone(), page));
                props.on_close.emit(());
            })
        };
        let so_far = fill(
            words().steps_so_far,
            &[&passed.to_string(), &row.steps.to_string(), &row.minutes],
        );
        html! {
            <li key={row.id.clone()}>
                <button class="card-button" {onclick}><b>{ format!("{}. {}", at + 1, row.title) }</b><span>{ &row.summary }</span><span>{ so_far }</span></button>
            </li>
        }
    };
    html! {
        <Sheet title={words().lessons} id="lessons" on_close={props.on_close.clone()}>
            <p class="meta">{ words().lessons_note }</p>
            { match &*index {
                None => html! { <p role="status">{ words().loading }</p> },
                Some(None) => html! { <p role="alert">{ words().lessons_lost }</p> },
                Some(Some(all)) => html! { <ul class="cards">{ for all.iter().enumerate().map(card) }</ul> },
            } }
        </Sheet>
    }
}

fn parse(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let mut cells = line.split('\t').map(str::to_owned);
        Some(Row {
            id: cells.next()?,
            title: cells.next()?,
            summary: cells.next()?,
            minutes: cells.next()?,
            steps: cells.nth(1)?.parse().ok()?,
        })
    };
    text.lines().filter_map(row).collect()
}
