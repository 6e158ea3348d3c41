//! table: the interface's texts, one place for all of them; another language is another table of the same shape.
//!
//! What commands print is never translated and stands where the commands are. `{}` is filled by [`fill`] in order.

macro_rules! words {
    ($($name:ident = $text:literal;)*) => {
        /// Every text of the interface.
        pub(super) struct Words {
            $(pub(super) $name: &'static str,)*
        }

        /// English.
        const ENGLISH: Words = Words { $($name: $text,)* };
    };
}

/// The texts in the reader's language.
pub(super) const fn words() -> &'static Words {
    &ENGLISH
}

/// A text with its gaps filled, in order.
pub(super) fn fill(text: &str, parts: &[&str]) -> String {
    let mut out = String::new();
    let mut parts = parts.iter();
    for (index, piece) in text.split("{}").enumerate() {
        if index > 0 {
            out.push_str(parts.next().copied().unwrap_or_default());
        }
        out.push_str(piece);
    }
    out
}

/// The text for one thing, or that for another number of things with the number filled in.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        return one.to_owned();
    }
    fill(many, &[&number.to_string()])
}

words! {
    // The editor.
    manifests = "Manifests";
    manifest = "Manifest";
    files = "Files";
    new_file = "New file";
    more_files = "Files, import and export";
    editor_hint = "Paste manifests here, or drop a file. Services, Deployments, Pods and EndpointSlices come to life; everything else is kept as it is.";
    leave_editor = "Esc, then Tab to leave";
    drop_here = "Drop to open";
    problems = "Problems";
    no_problems = "No problems";
    one_problem = "1 problem";
    many_problems = "{} problems";
    line = "Line {}";
    go_to_line = "Go to line {}";
    auto = "Apply as I type";
    auto_title = "Apply every valid change by itself";
    mirror = "Mirror";
    mirror_title = "Delete from the cluster what is taken out of this file";
    drift_none = "Nothing here yet";
    drift_same = "As in the cluster";
    drift_absent = "{} not in the cluster";
    drift_differs = "{} changed";
    drift_left = "{} only in the cluster";
    drift_show = "Show the difference with kubectl diff";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_in_order() {
        assert_eq!(fill("a {} c {}", &["b", "d"]), "a b c d");
        assert_eq!(count(1, "1 x", "{} xs"), "1 x");
        assert_eq!(count(3, "1 x", "{} xs"), "3 xs");
    }
}
