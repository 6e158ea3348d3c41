//! The page: reads its address, installs the crash panel, mounts the application and tells scripts of it.

use portside::ui::{App, AppProps, Options, publish};
use portside::web::{Address, Storage, Theme, install_crash_panel};

fn main() {
    install_crash_panel();
    let address = Address::read();
    let theme = address.theme.clone().or_else(|| Storage::get("theme"));
    let props = AppProps {
        options: Options {
            example: address.example,
            seed: address.seed,
            epoch: address.epoch,
            frozen: address.frozen,
            source: None,
            lesson: address.lesson,
        },
        payload: address.payload,
        embed: address.embed,
        keeps: (!address.embed || address.persists) && !address.frozen,
        theme: Theme::parse(&theme.unwrap_or_default()),
        on_engine: Some(publish(address.panics)),
    };
    let root = gloo::utils::document().get_element_by_id("app");
    if let Some(root) = root {
        yew::Renderer::<App>::with_root_and_props(root, props).render();
    }
}
