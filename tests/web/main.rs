//! The page's components in a real browser: what a reader does, and what becomes of it.
#![cfg(target_arch = "wasm32")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

#[path = "../chapter.rs"]
mod chapter;

use gloo::utils::document;
use portside::ui::{App, AppProps, Options, Shared};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{
    Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent,
    KeyboardEventInit,
};
use yew::prelude::Callback;

wasm_bindgen_test_configure!(run_in_browser);

/// A mounted page; it leaves the document when it is dropped.
struct Page {
    root: Element,
    engine: Rc<RefCell<Option<Shared>>>,
    handle: Option<yew::AppHandle<App>>,
}

impl Page {
    async fn open() -> Self {
        let root = document().create_element("div").unwrap();
        document().body().unwrap().append_child(&root).unwrap();
        let engine: Rc<RefCell<Option<Shared>>> = Rc::default();
        let told = {
            let engine = Rc::clone(&engine);
            Callback::from(move |shared| *engine.borrow_mut() = Some(shared))
        };
        let props = AppProps {
            options: Options {
                frozen: true,
                ..Options::default()
            },
            embed: false,
            keeps: false,
            payload: None,
            theme: portside::web::Theme::System,
            on_engine: Some(told),
        };
        let handle = yew::Renderer::<App>::with_root_and_props(root.clone(), props).render();
        let page = Self {
            root,
            engine,
            handle: Some(handle),
        };
        settle().await;
        page
    }

    fn find(&self, selector: &str) -> Element {
        self.root
            .query_selector(selector)
            .unwrap()
            .unwrap_or_else(|| wasm_bindgen::throw_str(selector))
    }

    fn count(&self, selector: &str) -> u32 {
        self.root.query_selector_all(selector).unwrap().length()
    }

    /// Types a line into the terminal's input, as a reader does.
    async fn type_line(&self, line: &str) {
        let input: HtmlInputElement = self.find("#command").unchecked_into();
        let init = KeyboardEventInit::new();
        init.set_bubbles(true);
        init.set_cancelable(true);
        match line {
            "\u{3}" | "\u{4}" => {
                init.set_ctrl_key(true);
                init.set_key(if line == "\u{3}" { "c" } else { "d" });
            }
            line => {
                input.set_value(line);
                init.set_key("Enter");
            }
        }
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
        input.dispatch_event(&event).unwrap();
        settle().await;
    }

    fn log(&self) -> String {
        self.engine
            .borrow()
            .as_ref()
            .expect("the engine is published")
            .0
            .borrow()
            .log()
    }

    /// What the terminal shows, a line for each command and each line printed.
    fn transcript(&self) -> String {
        let blocks = self.root.query_selector_all(".block").unwrap();
        let mut text = String::new();
        for i in 0..blocks.length() {
            let block: Element = blocks.get(i).unwrap().unchecked_into();
            let parts = block.children();
            let mut lines = 0;
            for j in 0..parts.length() {
                let part = parts.item(j).unwrap();
                // Buttons beside a block are no part of what the terminal printed.
                if part.tag_name() == "BUTTON" || part.query_selector("button").unwrap().is_some() {
                    continue;
                }
                text.push_str(&part.text_content().unwrap_or_default());
                if lines == 0 {
                    text.push('\n');
                }
                lines += 1;
            }
        }
        text
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.destroy();
        }
        self.root.remove();
    }
}

/// Lets Yew render what is due.
async fn settle() {
    yew::scheduler::flush().await;
    gloo::timers::future::sleep(std::time::Duration::from_millis(0)).await;
    yew::scheduler::flush().await;
}

#[wasm_bindgen_test]
async fn the_page_mounts_with_all_its_panes() {
    let page = Page::open().await;
    for selector in [
        "header.head",
        "#manifest",
        "svg.map",
        "#command",
        ".log",
        ".status",
    ] {
        assert_eq!(page.count(selector), 1, "{selector}");
    }
    let area: HtmlTextAreaElement = page.find("#manifest").unchecked_into();
    assert!(area.value().contains("kind: Service"));
    assert!(
        page.find(".status")
            .text_content()
            .unwrap()
            .contains("simulated")
    );
}

#[wasm_bindgen_test]
async fn the_chapter_gives_the_native_transcript_and_a_byte_equal_log() {
    let page = Page::open().await;
    for line in chapter::lines() {
        page.type_line(&line).await;
    }
    assert_eq!(page.transcript(), chapter::TRANSCRIPT);
    assert!(
        page.log() == chapter::EVENTS,
        "the event log differs from the native one"
    );
}

#[wasm_bindgen_test]
async fn a_connection_leaves_its_route_on_the_chart() {
    let page = Page::open().await;
    assert_eq!(page.count(".stretch"), 0);
    let lines = chapter::lines();
    let upto = lines
        .iter()
        .position(|line| line.contains("telnet 10.96.118.99"))
        .unwrap();
    for line in &lines[..=upto] {
        page.type_line(line).await;
    }
    assert_eq!(
        page.count(".stretch .wake"),
        3,
        "client to Service, Service to slice, slice to Pod"
    );
    assert_eq!(
        page.count(".stretch [href='#v-ok']"),
        1,
        "the delivery is stamped"
    );
    assert!(
        page.find(".rows")
            .text_content()
            .unwrap()
            .contains("DELIVERED")
    );
}

#[wasm_bindgen_test]
async fn a_flattened_manifest_is_repaired_with_a_click() {
    let page = Page::open().await;
    let flat = "apiVersion: v1\nkind: Service\nmetadata:\nlabels:\napp: redis\nname: redis\nspec:\nports:\nport: 6379\nprotocol: TCP\ntargetPort: 6379\nselector:\napp: redis\n";
    let area: HtmlTextAreaElement = page.find("#manifest").unchecked_into();
    area.set_value(flat);
    let init = EventInit::new();
    init.set_bubbles(true);
    area.dispatch_event(&Event::new_with_event_init_dict("input", &init).unwrap())
        .unwrap();
    // The text is looked at when the reader pauses.
    gloo::timers::future::sleep(std::time::Duration::from_millis(300)).await;
    settle().await;
    let problems = page.find(".problems");
    assert!(
        problems.text_content().unwrap().contains("indentation"),
        "{:?}",
        problems.text_content()
    );
    let button: HtmlElement = page.find(".problems .btn").unchecked_into();
    assert_eq!(button.text_content().as_deref(), Some("Repair"));
    button.click();
    settle().await;
    assert!(
        area.value()
            .contains("  ports:\n  - port: 6379\n    protocol: TCP\n"),
        "{}",
        area.value()
    );
    assert_eq!(page.count(".problems"), 0);
}
