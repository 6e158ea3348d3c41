//! Volumes of Pods and templates, and what stands behind a `PersistentVolume`.

use super::page::{field, fill, items, text};
use super::pages;
use crate::api::Value;

/// All volumes under their heading.
pub(super) fn volumes(indent: &str, volumes: &[Value]) -> String {
    if volumes.is_empty() {
        return format!("{indent}Volumes:\t<none>\n");
    }
    let mut out = format!("{indent}Volumes:\n");
    // The name in a template stands one blank further to the right than in a Pod.
    let further = if indent.is_empty() { "" } else { " " };
    for volume in volumes {
        out.push_str(&format!("  {further}{}:\n", text(volume, "name")));
        out.push_str(&source(volume, pages::volume));
    }
    out
}

/// The first source of a volume that has a page.
pub(super) fn source(volume: &Value, page: fn(&str) -> Option<&'static str>) -> String {
    let fields = volume.as_map().into_iter().flatten();
    let mut found = fields.filter_map(|(key, value)| Some((page(key)?, value)));
    let Some((page, value)) = found.next() else {
        return "  <unknown>\n".to_owned();
    };
    let mut out = "    Type:\t".to_owned();
    for (i, line) in page.lines().enumerate() {
        match line {
            "@items" => out.push_str(&downward(value)),
            "@sources" => items(value, "sources").iter().for_each(|s| {
                out.push_str(&projection(s));
            }),
            line => {
                let filled = fill(line, value, 0);
                let indent = if i == 0 || filled.is_empty() {
                    ""
                } else {
                    "    "
                };
                out.push_str(&format!("{indent}{filled}"));
            }
        }
    }
    out
}

/// The fields that a downward volume tells.
fn downward(value: &Value) -> String {
    let mut out = String::new();
    for item in items(value, "items") {
        for from in ["fieldRef.fieldPath", "resourceFieldRef.resource"] {
            if let Some(found) = field(item, from) {
                let path = text(item, "path");
                out.push_str(&format!("      {} -> {path}\n", super::plain(found)));
            }
        }
    }
    out
}

/// One source of a projected volume.
fn projection(source: &Value) -> String {
    const PAGES: [(&str, &str); 4] = [
        (
            "secret",
            "    SecretName:\t{name}~    Optional:\t{optional|no}",
        ),
        ("downwardAPI", "    DownwardAPI:\ttrue"),
        (
            "configMap",
            "    ConfigMapName:\t{name}~    Optional:\t{optional|no}",
        ),
        (
            "serviceAccountToken",
            "    TokenExpirationSeconds:\t{expirationSeconds}",
        ),
    ];
    let shown = PAGES
        .iter()
        .find_map(|(key, page)| Some(fill(page, field(source, key)?, 0)));
    shown.unwrap_or_default()
}
