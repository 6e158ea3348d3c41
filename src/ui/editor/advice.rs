//! What the core can tell of a place in the open text: what could stand there, and what stands there.

use super::super::engine::Engine;
use crate::manifest::{Explanation, Proposal, sentence};
use crate::web;
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// What the core can tell of a place in the open text; places are UTF-16 units.
#[derive(Clone, PartialEq)]
pub(in crate::ui) struct Advice {
    /// What could stand there, each with the sentence about it, and where the word begins that it replaces.
    pub(in crate::ui) proposals: Callback<u32, (u32, Vec<(Proposal, String)>)>,
    /// The open text as it is now: what is rendered may be a moment older.
    pub(in crate::ui) text: Callback<(), Rc<str>>,
    /// What stands there: its beginning, its end, what it is.
    pub(in crate::ui) explain: Callback<u32, Option<(u32, u32, Explanation)>>,
}

/// What the core can tell of a place in the open text; the sentences about fields are fetched when first asked for.
#[hook]
pub(in crate::ui) fn use_advice(engine: &Rc<RefCell<Engine>>) -> Advice {
    let engine = engine.clone();
    let made = use_memo((), move |()| {
        let docs: Rc<RefCell<Option<Rc<str>>>> = Rc::default();
        let reader = engine.clone();
        let sentences = move || {
            let known = docs.borrow().clone();
            if known.is_none() {
                *docs.borrow_mut() = Some("".into());
                let (docs, engine) = (docs.clone(), reader.clone());
                web::fetch_text("data/fields.txt", move |text| {
                    let text: Option<Rc<str>> = text.map(Rc::from);
                    if let (Some(text), Ok(mut engine)) = (&text, engine.try_borrow_mut()) {
                        engine.tell_fields(Rc::clone(text));
                    }
                    *docs.borrow_mut() = text;
                });
            }
            known.unwrap_or_default()
        };
        sentences();
        let reader = engine.clone();
        web::fetch_text("data/help.txt", move |text| {
            if let (Some(text), Ok(mut engine)) = (text, reader.try_borrow_mut()) {
                engine.tell_help(text.into());
            }
        });
        let (for_fields, at_hover, for_text) = (engine.clone(), engine.clone(), engine);
        let explained = sentences.clone();
        Advice {
            text: Callback::from(move |()| {
                let text = for_text.try_borrow().map(|engine| engine.text());
                text.unwrap_or_default()
            }),
            proposals: Callback::from(move |at: u32| {
                let Ok(engine) = for_fields.try_borrow() else {
                    return (at, Vec::new());
                };
                let text = engine.text();
                let docs = sentences();
                let (start, found) = engine.proposals(web::byte_at(&text, at));
                let noted = found.into_iter().map(|p| {
                    let note = sentence(&docs, p.of, &p.label)
                        .unwrap_or_default()
                        .to_owned();
                    (p, note)
                });
                (web::units_before(&text, start), noted.collect())
            }),
            explain: Callback::from(move |at: u32| {
                let engine = at_hover.try_borrow().ok()?;
                let text = engine.text();
                let found = engine.explanation(web::byte_at(&text, at), &explained())?;
                Some((
                    web::units_before(&text, found.start),
                    web::units_before(&text, found.end),
                    found,
                ))
            }),
        }
    });
    (*made).clone()
}
