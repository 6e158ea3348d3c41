//! Labels and selectors: the `matchLabels`/`matchExpressions` form of workloads and the string form of `kubectl -l`.

use super::record::{StringMap, record};

record! {
    /// `metav1.LabelSelector`.
    pub struct LabelSelector {
        /// Labels that must be there with just that value.
        match_labels: StringMap = "matchLabels",
        /// Further requirements.
        match_expressions: Vec<LabelSelectorRequirement> = "matchExpressions",
    }
    /// One requirement of a `LabelSelector`.
    pub struct LabelSelectorRequirement {
        /// The label's key.
        key: String = "key",
        /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
        operator: String = "operator",
        /// The values for `In` and `NotIn`.
        values: Vec<String> = "values",
    }
}

impl LabelSelector {
    /// Whether it selects nothing because it says nothing.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// Whether the labels meet every requirement; an empty selector matches all.
    pub fn matches(&self, labels: &StringMap) -> bool {
        matches_all(&self.match_labels, labels)
            && self.match_expressions.iter().all(|r| r.matches(labels))
    }
}

impl LabelSelectorRequirement {
    fn matches(&self, labels: &StringMap) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|v| self.values.contains(v)),
            "NotIn" => value.is_none_or(|v| !self.values.contains(v)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

/// Whether every label of `selector` is among `labels`: the rule of a Service's selector.
///
/// ```
/// use portside::api::matches_all;
/// let map = |k: &str, v: &str| [(k.to_owned(), v.to_owned())].into_iter().collect();
/// assert!(matches_all(&map("app", "redis"), &map("app", "redis")));
/// assert!(!matches_all(&map("app", "redis"), &map("app", "reids")));
/// ```
pub fn matches_all(selector: &StringMap, labels: &StringMap) -> bool {
    selector
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}
