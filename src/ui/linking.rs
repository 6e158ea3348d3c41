//! What is pointed at: one hover and one selection, shared by every pane.
//!
//! Whatever stands for an object bears its place: `data-place="pod/default/redis-x"`, several divided by spaces. Listeners at
//! the page's root find the place under the pointer, the focus or a click; everything that bears the same place is then
//! marked `data-lit="hover"` or `"selected"`. The marks are the browser's own attributes: no component renders because the
//! pointer moved. What cannot bear attributes (the editor's lines) subscribes instead.

use gloo::events::EventListener;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, Node};
use yew::prelude::*;

/// The event log's name of an object.
pub(crate) type PlaceId = Rc<str>;

/// What is pointed at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pointed {
    /// Under the pointer or the focus.
    pub(super) hover: Option<PlaceId>,
    /// Chosen: the inspector shows it.
    pub(super) selected: Option<PlaceId>,
}

#[derive(Default)]
struct Inner {
    pointed: RefCell<Pointed>,
    told: RefCell<Vec<(usize, Callback<Pointed>)>>,
    next: RefCell<usize>,
}

/// A handle on what is pointed at; take it with `use_context::<Linking>()`.
#[derive(Clone, Default)]
pub(super) struct Linking(Rc<Inner>);

impl PartialEq for Linking {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// A subscription; dropping it ends it.
pub(super) struct Told(Linking, usize);

impl Drop for Told {
    fn drop(&mut self) {
        let told = self.0.0.told.try_borrow_mut();
        if let Ok(mut told) = told {
            told.retain(|(id, _)| *id != self.1);
        }
    }
}

impl Linking {
    /// What is pointed at now.
    pub(super) fn pointed(&self) -> Pointed {
        self.0.pointed.borrow().clone()
    }

    /// Points at a place, or at nothing.
    pub(super) fn hover(&self, place: Option<&str>) {
        self.change(|pointed| pointed.hover = place.map(Rc::from));
    }

    /// Chooses a place, or nothing.
    pub(super) fn select(&self, place: Option<&str>) {
        self.change(|pointed| pointed.selected = place.map(Rc::from));
    }

    /// Calls `with` after each change, until what is returned is dropped.
    pub(super) fn subscribe(&self, with: Callback<Pointed>) -> Told {
        let mut next = self.0.next.borrow_mut();
        *next += 1;
        self.0.told.borrow_mut().push((*next, with));
        Told(self.clone(), *next)
    }

    fn change(&self, how: impl FnOnce(&mut Pointed)) {
        let mut pointed = self.pointed();
        how(&mut pointed);
        if pointed == *self.0.pointed.borrow() {
            return;
        }
        *self.0.pointed.borrow_mut() = pointed.clone();
        self.mark();
        let told: Vec<_> = self
            .0
            .told
            .borrow()
            .iter()
            .map(|(_, c)| c.clone())
            .collect();
        for callback in told {
            callback.emit(pointed.clone());
        }
    }

    /// Marks all that bears the places pointed at; what was rendered since gets its marks too.
    pub(super) fn mark(&self) {
        let pointed = self.pointed();
        each("[data-lit]", |element| {
            let _ = element.remove_attribute("data-lit");
        });
        let marks = [(&pointed.selected, "selected"), (&pointed.hover, "hover")];
        for (place, word) in marks {
            let Some(place) = place else { continue };
            let quoted = place.replace('\\', "\\\\").replace('"', "\\\"");
            each(&format!("[data-place~=\"{quoted}\"]"), |element| {
                let _ = element.set_attribute("data-lit", word);
            });
        }
    }
}

fn each(selector: &str, with: impl Fn(&Element)) {
    let Ok(found) = gloo::utils::document().query_selector_all(selector) else {
        return;
    };
    let elements = (0..found.length()).filter_map(|i| found.get(i)?.dyn_into().ok());
    elements.for_each(|element: Element| with(&element));
}

/// The place that the target of an event stands for: the first that it bears.
pub(super) fn place_at(event: &Event) -> Option<String> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let bearer = target.closest("[data-place]").ok()??;
    let places = bearer.get_attribute("data-place")?;
    places.split(' ').next().map(str::to_owned)
}

/// The linking of the page below `root`, with its listeners.
#[hook]
pub(super) fn use_linking(root: &NodeRef) -> Linking {
    let linking = (*use_memo((), |()| Linking::default())).clone();
    {
        let (linking, root) = (linking.clone(), root.clone());
        use_effect_with((), move |()| {
            let node = root.cast::<Node>();
            let listen = |name: &'static str, with: fn(&Linking, &Event)| {
                let linking = linking.clone();
                node.as_ref()
                    .map(|node| EventListener::new(node, name, move |event| with(&linking, event)))
            };
            let listeners = [
                listen("pointerover", |l, e| l.hover(place_at(e).as_deref())),
                listen("pointerleave", |l, _| l.hover(None)),
                listen("focusin", |l, e| l.hover(place_at(e).as_deref())),
                listen("click", |l, e| {
                    if let Some(place) = place_at(e) {
                        l.select(Some(&place));
                    }
                }),
            ];
            move || drop(listeners)
        });
    }
    // What this render added is marked after it.
    {
        let linking = linking.clone();
        use_effect(move || linking.mark());
    }
    linking
}

/// The place that is chosen, for components that show it.
#[hook]
pub(super) fn use_selected(linking: &Linking) -> Option<PlaceId> {
    let selected = use_state(|| linking.pointed().selected);
    {
        let (linking, selected) = (linking.clone(), selected.setter());
        use_effect_with((), move |()| {
            let told = linking.subscribe(Callback::from(move |pointed: Pointed| {
                selected.set(pointed.selected);
            }));
            move || drop(told)
        });
    }
    (*selected).clone()
}

/// Says something to readers who listen: the page's one live region, besides the terminal's.
pub(super) fn say(words: &str) {
    crate::web::set_text("said", words);
}
