//! Share: the link of the session, and every form in which it is pasted elsewhere.

use super::super::words::{fill, words};
use super::Sheet;
use crate::share::{LONG, Offer, Snippet, TOO_LONG, snippets};
use crate::web;
use std::rc::Rc;
use yew::prelude::*;

/// Makes the offer when the sheet opens; what happens to the session afterwards does not change it.
#[derive(Clone)]
pub(in crate::ui) struct Make(pub(in crate::ui) Rc<dyn Fn() -> Offer>);

impl PartialEq for Make {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(in crate::ui) struct ShareSheetProps {
    pub(in crate::ui) make: Make,
    pub(in crate::ui) on_close: Callback<()>,
}

#[component]
pub(in crate::ui) fn ShareSheet(props: &ShareSheetProps) -> Html {
    let offer = {
        let make = props.make.clone();
        use_memo((), move |()| (make.0)())
    };
    let said = use_state(|| "");
    let length = offer.link().len();
    let too_long = length > TOO_LONG;
    let fork = {
        let link = offer.link();
        Callback::from(move |_: MouseEvent| web::open_tab(&link))
    };
    let forms = if too_long {
        Vec::new()
    } else {
        snippets(&offer)
    };
    html! {
        <Sheet title={words().share} id="share" on_close={props.on_close.clone()}>
            <p class="meta">{ words().share_note }</p>
            if too_long {
                <p role="alert">{ fill(words().share_too_long, &[&length.to_string()]) }</p>
                { save(&offer) }
            } else if length > LONG {
                <p class="meta" role="note">{ fill(words().share_long, &[&length.to_string()]) }</p>
            }
            if !too_long { <div class="acts"><button class="btn" onclick={fork}>{ words().share_fork }</button></div> }
            <p class="meta" role="status">{ *said }</p>
            <ul class="forms">{ for forms.into_iter().enumerate().map(|(index, snippet)| form(&format!("form-{index}"), snippet, &said)) }</ul>
        </Sheet>
    }
}

fn save(offer: &Offer) -> Html {
    let yaml = offer.yaml.clone();
    let onclick = Callback::from(move |_: MouseEvent| web::download("portside.yaml", &yaml));
    html! { <div class="acts"><button class="btn primary" {onclick}>{ words().share_file }</button></div> }
}

/// A text to take away, with the button that copies it.
pub(super) fn form(id: &str, form: Snippet, said: &UseStateHandle<&'static str>) -> Html {
    let id: AttrValue = id.to_owned().into();
    let lines = form.text.lines().count().clamp(1, 4);
    let copy = {
        let (said, text, id) = (said.clone(), form.text.clone(), id.clone());
        Callback::from(move |_: MouseEvent| {
            let (said, id) = (said.clone(), id.clone());
            web::copy(&text, move |worked| {
                said.set(if worked {
                    words().copied
                } else {
                    web::select_text(&id);
                    words().copy_by_hand
                });
            });
        })
    };
    html! {
        <li key={&*id}>
            <label for={id.clone()}>{ form.name }<small>{ form.note }</small></label>
            <button class="btn" aria-label={fill(words().copy_form, &[form.name])} onclick={copy}>{ words().copy_it }</button>
            <textarea class="field text" {id} readonly=true rows={lines.to_string()} spellcheck="false" translate="no" value={form.text} />
        </li>
    }
}
