//! Files: open, name, close, save; a dump to begin from; the way to a real cluster; earlier drafts.

use super::super::engine::{Action, TabView};
use super::super::words::{fill, words};
use super::Sheet;
use super::drafts::{Draft, drafts};
use super::share::form;
use crate::cluster::{ClusterView, Real, heredoc, script};
use crate::doctor::COLLECT;
use crate::share::Snippet;
use crate::shell::TabId;
use crate::web::{self, FilesRead};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(in crate::ui) struct FilesSheetProps {
    pub(in crate::ui) tabs: Rc<Vec<TabView>>,
    /// The open texts, in the order of the tabs.
    pub(in crate::ui) work: Rc<Vec<(String, String)>>,
    pub(in crate::ui) view: Rc<ClusterView>,
    /// How far a dump is restored.
    pub(in crate::ui) said: Rc<str>,
    /// Whether the plain text area is wanted.
    pub(in crate::ui) simple: bool,
    pub(in crate::ui) act: Callback<Action>,
    pub(in crate::ui) on_simple: Callback<bool>,
    pub(in crate::ui) on_close: Callback<()>,
}

#[component]
pub(in crate::ui) fn FilesSheet(props: &FilesSheetProps) -> Html {
    let said = use_state(String::new);
    let copied = use_state(|| "");
    // Why chosen files are not open.
    let refused = use_state(String::new);
    let simple = props.on_simple.reform(|event: Event| checked(&event));
    html! {
        <Sheet title={words().files_title} id="files" on_close={props.on_close.clone()}>
            <section>
                <h3>{ words().files_open }</h3>
                <ul class="rows-list">{ for props.tabs.iter().zip(props.work.iter()).map(|(tab, (_, text))| file(props, tab, text)) }</ul>
                <div class="acts">
                    { chooser(words().open_file, "open-file", true, { let (props, refused) = (props.clone(), refused.setter()); move |(files, why): FilesRead| open(&props, files, &why, &refused) }) }
                    { chooser(words().restore_dump, "restore-dump", false, { let (props, refused) = (props.clone(), refused.setter()); move |(files, why): FilesRead| { refused.set(why.join(" ")); if let Some((_, text)) = files.into_iter().next() { props.act.emit(Action::RestoreDump(text)); } } }) }
                </div>
                <p class="meta" role="alert">{ &*refused }</p>
                <p class="meta">{ words().restore_dump_note }</p>
                <ul class="forms">{ form("collect", collect(), &copied) }</ul>
                <p class="meta" role="status">{ *copied }{ &*props.said }</p>
            </section>
            <section>
                <h3>{ words().export }</h3>
                { export(props, &said) }
                <p class="meta" role="status">{ &*said }</p>
            </section>
            <section>
                <h3>{ words().drafts }</h3>
                <p class="meta">{ words().drafts_note }</p>
                <ul class="rows-list">{ for drafts().into_iter().map(|draft| draft_row(props, draft)) }</ul>
            </section>
            <section>
                <label class="switch"><input type="checkbox" checked={props.simple} onchange={simple} />{ words().simple_editor }</label>
            </section>
            <Reset />
        </Sheet>
    }
}

/// What writes a dump of a real cluster.
fn collect() -> Snippet {
    Snippet {
        name: words().collect,
        note: "",
        text: COLLECT.to_owned(),
    }
}

/// The way back to a page that knows nothing, asked about once.
#[component]
fn Reset() -> Html {
    let asks = use_state(|| false);
    let turn = |to: bool| {
        let asks = asks.setter();
        Callback::from(move |_: MouseEvent| asks.set(to))
    };
    // The panel for faults has the same button, and does it even where the application cannot.
    let reset = Callback::from(|_: MouseEvent| web::press("crash-reset"));
    html! {
        <section>
            <h3>{ words().reset }</h3>
            <p class="meta" id="reset-note">{ words().reset_note }</p>
            if *asks {
                <div role="alertdialog" aria-label={words().reset} aria-describedby="reset-note">
                    <div class="acts">
                        <button class="btn" autofocus=true onclick={turn(false)}>{ words().reset_keep }</button>
                        <button class="btn primary" onclick={reset}>{ words().reset_sure }</button>
                    </div>
                </div>
            } else {
                <button class="btn" onclick={turn(true)}>{ words().reset }</button>
            }
        </section>
    }
}

/// Opens what could be read; the sheet stays if something has to be said.
fn open(
    props: &FilesSheetProps,
    files: Vec<(String, String)>,
    why: &[String],
    refused: &UseStateSetter<String>,
) {
    if !files.is_empty() {
        props.act.emit(Action::OpenFiles(files));
    }
    refused.set(why.join(" "));
    if why.is_empty() {
        props.on_close.emit(());
    }
}

/// Whether a checkbox that changed is checked now.
pub(in crate::ui) fn checked(event: &Event) -> bool {
    let input = event
        .target()
        .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
    input.is_some_and(|input| input.checked())
}

fn file(props: &FilesSheetProps, tab: &TabView, text: &str) -> Html {
    let rename = {
        let (act, id): (_, TabId) = (props.act.clone(), tab.id);
        Callback::from(move |event: Event| {
            let input = event
                .target()
                .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
            if let Some(name) = input
                .map(|i| i.value().trim().to_owned())
                .filter(|name| !name.is_empty())
            {
                act.emit(Action::Rename(id, name));
            }
        })
    };
    let close = {
        let (act, id) = (props.act.clone(), tab.id);
        Callback::from(move |_: MouseEvent| act.emit(Action::Close(id)))
    };
    let save = {
        let (name, text) = (tab.name.clone(), text.to_owned());
        Callback::from(move |_: MouseEvent| web::download(&name, &text))
    };
    let label = fill(words().file_name, &[&tab.name]);
    html! {
        <li key={tab.id.number()}>
            <input class="field" type="text" aria-label={label} value={tab.name.clone()} onchange={rename} spellcheck="false" autocapitalize="off" autocomplete="off" />
            <button class="btn" aria-label={fill(words().save_file, &[&tab.name])} onclick={save}>{ words().save }</button>
            <button class="btn" aria-label={fill(words().close_file, &[&tab.name])} onclick={close}>{ words().close }</button>
        </li>
    }
}

/// A button that opens the browser's own dialog for files.
fn chooser(
    label: &'static str,
    id: &'static str,
    several: bool,
    done: impl Fn(FilesRead) + 'static,
) -> Html {
    let done = Rc::new(done);
    let onchange = Callback::from(move |event: Event| {
        let input = event
            .target()
            .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input {
            let done = done.clone();
            web::read_files(input.files().as_ref(), move |files| done(files));
            input.set_value("");
        }
    });
    html! { <label class="btn file-button" for={id}>{ label }<input class="vh" {id} type="file" multiple={several} accept=".yaml,.yml,.json,.txt,text/*" {onchange} /></label> }
}

/// The texts to take away: of the files or of the whole cluster, as they are, as a command, as a script.
fn export(props: &FilesSheetProps, said: &UseStateHandle<String>) -> Html {
    let whole: Rc<str> = props
        .work
        .iter()
        .map(|(_, text)| {
            if text.ends_with('\n') {
                text.clone()
            } else {
                format!("{text}\n")
            }
        })
        .collect::<Vec<_>>()
        .join("---\n")
        .into();
    let view = props.view.clone();
    let sources: [(&str, Rc<str>); 2] = [
        (words().export_files, whole),
        (words().export_cluster, view.clean_yaml().into()),
    ];
    let button = |label: &'static str, about: &str, run: Callback<MouseEvent>| html! { <button class="btn" aria-label={format!("{label}: {about}")} onclick={run}>{ label }</button> };
    let copy = |text: String| {
        let said = said.clone();
        Callback::from(move |_: MouseEvent| {
            let said = said.clone();
            web::copy(&text, move |worked| {
                said.set(
                    (if worked {
                        words().copied
                    } else {
                        words().copy_refused
                    })
                    .to_owned(),
                );
            });
        })
    };
    let save = |name: &'static str, text: String| {
        Callback::from(move |_: MouseEvent| web::download(name, &text))
    };
    html! {
        <table class="export">
            <tbody>
            { for sources.iter().map(|(about, text)| html! {
                <tr key={about.to_string()}>
                    <th scope="row">{ *about }</th>
                    <td>
                        { button(words().export_yaml, about, save("portside.yaml", text.to_string())) }
                        { button(words().export_heredoc, about, copy(heredoc(text))) }
                        { button(words().export_kind, about, save("portside-kind.sh", script(text, Real::Kind, &view))) }
                        { button(words().export_minikube, about, save("portside-minikube.sh", script(text, Real::Minikube, &view))) }
                    </td>
                </tr>
            }) }
            </tbody>
        </table>
    }
}

fn draft_row(props: &FilesSheetProps, draft: Draft) -> Html {
    let names: Vec<&str> = draft
        .work
        .iter()
        .map(|(path, _)| path.rsplit('/').next().unwrap_or(path))
        .collect();
    let when = web::date_text(draft.at);
    let label = fill(words().restore_draft, &[&when]);
    let text = format!("{when}: {}", names.join(", "));
    let key = draft.at.to_string();
    let restore = {
        let (act, on_close, work) = (props.act.clone(), props.on_close.clone(), draft.work);
        Callback::from(move |_: MouseEvent| {
            act.emit(Action::Restore(work.clone()));
            on_close.emit(());
        })
    };
    html! { <li {key}><span>{ text }</span><button class="btn" aria-label={label} onclick={restore}>{ words().restore }</button></li> }
}
