//! Wall time, by which work is cut into slices.

/// Milliseconds of wall time, from some instant; 0 where there is no browser.
pub fn now() -> f64 {
    if cfg!(target_arch = "wasm32") {
        js_sys::Date::now()
    } else {
        0.0
    }
}
