//! Links: what the page's address holds is opened when the page starts and whenever it changes; the session becomes a
//! link again.

use super::engine::{Action, Engine, Snapshot};
use super::panes::Pane;
use super::sheets::keep_draft;
use super::words::{fill, words};
use crate::lesson::Lesson;
use crate::share::{Base, Carried, Link, Look, Offer};
use crate::web::{self, Address, Theme};
use gloo::events::EventListener;
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// What the page does with a link.
#[derive(Clone, PartialEq)]
pub(super) struct Opening {
    pub(super) act: Callback<Action>,
    pub(super) on_pane: Callback<Pane>,
    pub(super) on_theme: Callback<Theme>,
    /// A message that stays until the reader takes it away.
    pub(super) say: Callback<String>,
    /// Whether the work before it is kept as a draft.
    pub(super) keeps: bool,
}

/// Opens what the address holds, now and whenever it changes.
#[hook]
pub(super) fn use_links(engine: &Rc<RefCell<Engine>>, opening: &Opening, first: Option<String>) {
    let (engine, opening) = (engine.clone(), opening.clone());
    use_effect_with((), move |()| {
        let open = move |payload: &str| read(&engine, &opening, payload);
        if let Some(payload) = first {
            open(&payload);
        }
        let listener = EventListener::new(&gloo::utils::window(), "hashchange", move |_| {
            if let Some(payload) = Address::read().payload {
                open(&payload);
            }
        });
        move || drop(listener)
    });
}

/// Opens a payload, `src=…` or packed; whatever is wrong with it, the present work stays.
pub(super) fn read(engine: &Rc<RefCell<Engine>>, opening: &Opening, payload: &str) {
    match Carried::read(payload) {
        Err(why) => opening.say.emit(why.to_string()),
        Ok(Carried::Manifest(text)) => {
            keep(engine, opening);
            opening.act.emit(Action::OpenManifest(text));
            opening.act.emit(Action::Check);
        }
        Ok(Carried::Session(link)) => match &link.base {
            Base::Lesson(id, _) if web::is_id(id) => {
                let (engine, opening) = (engine.clone(), opening.clone());
                web::fetch_text(&format!("data/lessons/{id}.json"), move |text| {
                    let lesson = text.and_then(|text| Lesson::from_json(&text).ok());
                    session(&engine, &opening, &link, lesson.map(Rc::new));
                });
            }
            _ => session(engine, opening, &link, None),
        },
    }
}

fn keep(engine: &Rc<RefCell<Engine>>, opening: &Opening) {
    if let Some(engine) = engine.try_borrow().ok().filter(|_| opening.keeps) {
        keep_draft(&engine.work());
    }
}

fn session(
    engine: &Rc<RefCell<Engine>>,
    opening: &Opening,
    link: &Link,
    lesson: Option<Rc<Lesson>>,
) {
    keep(engine, opening);
    let why = match engine.try_borrow_mut() {
        Ok(mut engine) => engine.open_link(link, lesson).err(),
        Err(_) => return,
    };
    let mine = env!("CARGO_PKG_VERSION");
    match why {
        Some(why) => opening.say.emit(why.to_string()),
        None if link.version != mine => {
            opening
                .say
                .emit(fill(words().link_version, &[&link.version, mine]));
        }
        None => {}
    }
    if let Some(pane) = Pane::parse(&link.look.pane) {
        opening.on_pane.emit(pane);
    }
    if let theme @ (Theme::Light | Theme::Dark) = Theme::parse(&link.look.theme) {
        opening.on_theme.emit(theme);
    }
    opening.act.emit(Action::Check);
}

/// The session as it is offered to others.
pub(super) fn offer(engine: &Rc<RefCell<Engine>>, pane: Pane, theme: Theme) -> Offer {
    let Ok(mut engine) = engine.try_borrow_mut() else {
        return Offer::default();
    };
    let look = Look {
        pane: pane.word().to_owned(),
        theme: if theme == Theme::System {
            String::new()
        } else {
            theme.word().to_owned()
        },
        filter: String::new(),
    };
    let work = engine.work();
    let texts = work.iter().map(|(_, text)| text.trim_end());
    let yaml: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    let query = lesson_query(&engine.snapshot());
    Offer {
        page: web::page_address(),
        query,
        payload: engine.link(look).payload(),
        yaml: yaml.join("\n---\n") + "\n",
    }
}

/// The query that opens the lesson at its page.
fn lesson_query(data: &Snapshot) -> String {
    let studied = data.studied.as_ref();
    studied.map_or(String::new(), |studied| {
        format!("?lesson={}&step={}", studied.lesson.id, studied.page)
    })
}
