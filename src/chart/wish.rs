//! What a reader wants to see: a shape, a filter, what is folded.
//!
//! A filter is written as for kubectl: `app=web`, `-n shop app in (a,b)`, `pods -l tier!=cache`, `refused`. Its selector is
//! `kubectl -l`'s, read by the same parser.

use super::scene::Shape;
use crate::api::{Kind, KindRef, ObjectMeta, Selector};
use crate::kernel::BTreeSet;
use crate::words::{fill, words};

/// What a reader wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Which way the lanes run.
    pub shape: Shape,
    /// What is left out.
    pub filter: Filter,
    /// Namespaces and workloads whose folding differs from the usual one, by place.
    pub toggled: BTreeSet<String>,
    /// A place: only what is connected with it is drawn.
    pub only: Option<String>,
}

/// A filter; the empty one lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What was written.
    pub text: String,
    /// One namespace.
    pub namespace: Option<String>,
    /// Kinds; none for all.
    pub kinds: Vec<KindRef>,
    /// Verdicts of the logbook, in capitals; none for all.
    pub verdicts: Vec<String>,
    /// Labels.
    pub selector: Selector,
}

/// What a hop or an answer may be called in a filter.
const VERDICTS: &[&str] = &[
    "forwarded",
    "translated",
    "delivered",
    "returned",
    "refused",
    "reset",
    "dropped",
    "unreachable",
    "answered",
    "nodata",
    "nxdomain",
    "servfail",
];

impl Filter {
    /// Reads a filter; the error is a sentence for the reader.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self {
            text: text.trim().to_owned(),
            ..Self::default()
        };
        let whole = filter.text.clone();
        let mut rest = whole.as_str();
        loop {
            let trimmed = rest.trim_start();
            let (word, after) = trimmed
                .split_once(char::is_whitespace)
                .unwrap_or((trimmed, ""));
            match word {
                "-A" | "--all-namespaces" => filter.namespace = None,
                "-l" | "--selector" => {
                    rest = after;
                    break;
                }
                "-n" | "--namespace" => {
                    let after = after.trim_start();
                    let (name, after) =
                        after.split_once(char::is_whitespace).unwrap_or((after, ""));
                    if name.is_empty() {
                        return Err(words().no_filter_namespace.to_owned());
                    }
                    filter.namespace = Some(name.to_owned());
                    rest = after;
                    continue;
                }
                word if filter.take_word(word) => {}
                _ => {
                    rest = trimmed;
                    break;
                }
            }
            rest = after;
        }
        filter.selector =
            Selector::parse(rest).map_err(|error| fill(words().no_filter, &[&error]))?;
        Ok(filter)
    }

    /// Takes kinds or verdicts; false for what is part of a selector.
    fn take_word(&mut self, word: &str) -> bool {
        if word.is_empty() || word.starts_with('-') {
            return false;
        }
        let lower = word.to_ascii_lowercase();
        if VERDICTS.contains(&lower.as_str()) {
            self.verdicts.push(lower.to_ascii_uppercase());
            return true;
        }
        let kinds: Option<Vec<KindRef>> = lower.split(',').map(Kind::by_resource).collect();
        match kinds {
            Some(kinds) => self.kinds.extend(kinds),
            None => return false,
        }
        true
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether a namespace passes.
    pub fn has_namespace(&self, name: &str) -> bool {
        self.namespace.as_ref().is_none_or(|own| own == name)
    }

    /// Whether objects of a kind are drawn.
    pub fn has_kind(&self, kind: KindRef) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Whether something is asked of labels.
    pub fn has_selector(&self) -> bool {
        !self.selector.requirements().is_empty()
    }

    /// Whether an object's labels pass.
    pub fn matches(&self, meta: &ObjectMeta) -> bool {
        self.selector.matches(&meta.labels)
    }

    /// The filter's text with one more label, or without it if it is there: what a click on a label does.
    pub fn with_label(&self, key: &str, value: &str) -> String {
        let label = format!("{key}={value}");
        let parts: Vec<&str> = self.text.split(',').map(str::trim).collect();
        let others: Vec<&str> = parts
            .iter()
            .copied()
            .filter(|part| *part != label)
            .collect();
        if others.len() < parts.len() {
            return others.join(",");
        }
        if self.has_selector() {
            format!("{},{label}", self.text)
        } else if self.text.is_empty() {
            label
        } else {
            format!("{} {label}", self.text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::kind;

    fn read(text: &str) -> Filter {
        Filter::parse(text).unwrap_or_default()
    }

    #[test]
    fn a_filter_is_written_as_for_kubectl() {
        let filter = read("-n shop app in (a, b),tier!=cache");
        assert_eq!(filter.namespace.as_deref(), Some("shop"));
        assert_eq!(filter.selector.to_string(), "app in (a,b),tier!=cache");
        let filter = read("po,svc -l app=web");
        assert_eq!(filter.kinds, [kind::POD, kind::SERVICE]);
        assert_eq!(filter.selector.to_string(), "app=web");
        assert_eq!(read("refused DROPPED").verdicts, ["REFUSED", "DROPPED"]);
        assert!(read("  ").is_empty());
    }

    #[test]
    fn what_is_no_filter_is_refused_with_a_sentence() {
        let error = Filter::parse("app in (a").err().unwrap_or_default();
        assert!(error.contains("as for kubectl"), "{error}");
        assert!(Filter::parse("-n").is_err());
    }

    #[test]
    fn a_click_on_a_label_adds_it_and_the_next_takes_it_away() {
        let one = read("").with_label("app", "web");
        assert_eq!(one, "app=web");
        let two = read(&one).with_label("tier", "db");
        assert_eq!(two, "app=web,tier=db");
        assert_eq!(read(&two).with_label("app", "web"), "tier=db");
        assert_eq!(read("-n shop").with_label("app", "web"), "-n shop app=web");
    }
}
