//! What the page around a frame, or any script, may ask of the application: one door, texts in and texts out.

use super::app::Shared;
use super::engine::{Action, Engine};
use super::journal::options_again;
use super::lesson::Study;
use super::news::{command_json, rows_json};
use super::words::{fill, words};
use crate::api::kind;
use crate::chart::key_of;
use crate::kernel::{Seq, Span};
use crate::share::TOO_LONG;
use crate::web::{self, Theme};

/// Does what is asked; what cannot be done is an error with its reason.
pub(super) fn ask(page: &Shared, what: &str, one: &str, two: &str) -> Result<String, String> {
    let (act, controls) = (&page.1, &page.2);
    match what {
        "set" => {
            if let Ok(mut engine) = page.0.try_borrow_mut() {
                engine.act(Action::Edit(one.to_owned()));
                engine.desk.version += 1;
            }
            act.emit(Action::Check);
        }
        "apply" => return page.command(Action::Apply),
        "run" => return page.command(Action::Type(one.to_owned())),
        "trace" => {
            if !two.is_empty() && !stand(page, two) {
                return Err(fill(words().no_place_to_send_from, &[two]));
            }
            let from = page.end();
            let place = target(one).ok_or_else(|| fill(words().names_no_target, &[one]))?;
            act.emit(Action::Trace(place));
            let engine = page
                .0
                .try_borrow()
                .map_err(|_| words().page_is_busy.to_owned())?;
            return rows_json(&engine, from)
                .ok_or_else(|| fill(words().no_place_to_send_to, &[one]));
        }
        "lesson" if web::is_id(one) => {
            controls
                .lesson
                .emit((one.to_owned(), two.parse().unwrap_or(0)));
        }
        "reset" => {
            let studies = page
                .0
                .try_borrow()
                .is_ok_and(|engine| engine.tutor.is_some());
            if studies {
                act.emit(Action::Study(Study::Reset));
            } else if let Ok(mut engine) = page.0.try_borrow_mut() {
                let fresh = Engine::new(options_again(&engine));
                engine.take_over(fresh);
                drop(engine);
                act.emit(Action::Check);
            }
        }
        "share" => {
            let link = controls.link.as_ref().map(|link| link());
            let link = link.unwrap_or_default();
            if link.len() > TOO_LONG {
                return Err(fill(words().share_too_long, &[&link.len().to_string()]));
            }
            return Ok(link);
        }
        "theme" => controls.theme.emit(Theme::parse(one)),
        "svg" => {
            return web::picture(".chart svg.map")
                .ok_or_else(|| words().no_chart_is_shown.to_owned());
        }
        "pause" => controls.pause.emit(one == "1"),
        "tries" => {
            if let Ok(mut engine) = page.0.try_borrow_mut() {
                engine.desk.tries = one.lines().map(str::to_owned).collect();
            }
            act.emit(Action::Check);
        }
        "stand" if !stand(page, one) => return Err(fill(words().not_there_yet, &[one])),
        "stand" => {}
        "say" => controls.say.emit(one.to_owned()),
        _ => return Err(fill(words().cannot_be_asked, &[what])),
    }
    Ok(String::new())
}

impl Shared {
    fn end(&self) -> Seq {
        self.0.try_borrow().map_or(Seq(0), |engine| engine.end())
    }

    /// Does something that types a line; what it printed.
    fn command(&self, action: Action) -> Result<String, String> {
        self.1.emit(action);
        // Who asks is answered when the line has ended.
        let waits = |engine: std::cell::Ref<'_, Engine>| engine.consoles.is_running();
        if self.0.try_borrow().is_ok_and(waits) {
            self.1.emit(Action::Wait(Span(0)));
        }
        let engine = self
            .0
            .try_borrow()
            .map_err(|_| words().page_is_busy.to_owned())?;
        let blocks = engine.blocks();
        blocks
            .last()
            .map(command_json)
            .ok_or_else(|| words().nothing_was_typed.to_owned())
    }
}

/// Puts the terminal where an attribute says: `client`, `node/NAME`, `external`, `pod/NAMESPACE/NAME`.
fn stand(page: &Shared, from: &str) -> bool {
    let place = {
        let Ok(engine) = page.0.try_borrow() else {
            return false;
        };
        let tables = engine.world.cluster.tables();
        let ready = |name: Option<&str>| {
            let mut pods = tables.all(kind::POD);
            let pod = pods.find(|object| {
                name.is_none_or(|name| object.meta.name == name)
                    && object.meta.namespace != "kube-system"
                    && object.pod().is_some_and(|pod| pod.is_ready())
            })?;
            Some(format!("pod/{}/{}", pod.meta.namespace, pod.meta.name))
        };
        match from {
            "external" => Some("outside".to_owned()),
            "client" => ready(Some("client")).or_else(|| ready(None)),
            other => {
                let other = other
                    .strip_prefix("node/")
                    .map_or(other.to_owned(), |name| format!("node//{name}"));
                let object = key_of(&other).and_then(|key| tables.get(&key));
                // In a Pod one can stand once its containers run.
                object
                    .filter(|object| object.pod().is_none_or(|pod| pod.is_ready()))
                    .map(|_| other)
            }
        }
    };
    match place.as_deref() {
        None => return false,
        Some("outside") => page.1.emit(Action::Run("ssh outside".to_owned())),
        Some(place) => page.1.emit(Action::Exec(place.to_owned())),
    }
    true
}

/// The place of `web.default:80`, `service/default/web:80` or `pod/default/p`.
fn target(text: &str) -> Option<String> {
    if text.contains('/') {
        return key_of(text).map(|_| text.to_owned());
    }
    let (name, port) = text
        .split_once(':')
        .map_or((text, String::new()), |(name, port)| {
            (name, format!(":{port}"))
        });
    let mut labels = name.split('.');
    let service = labels.next().filter(|label| !label.is_empty())?;
    let namespace = labels.next().unwrap_or("default");
    Some(format!("service/{namespace}/{service}{port}"))
}
