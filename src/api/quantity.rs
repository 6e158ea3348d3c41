//! Amounts of processors and memory, as `k8s.io/apimachinery/pkg/api/resource` writes them.

use super::Value;

const SUFFIXES: &[(&str, i64)] = &[
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
];

/// A quantity such as `100m`, `1.5`, `64Mi` or 2 in so many parts of one; none if it is no quantity.
pub fn quantity(value: &Value, unit: i64) -> Option<i64> {
    let text = match value {
        Value::Int(n) => return Some(n.saturating_mul(unit)),
        Value::Str(text) | Value::Float(text) => text.as_str(),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => return None,
    };
    if let Some(millis) = text.strip_suffix('m') {
        return Some(millis.parse::<i64>().ok()?.saturating_mul(unit) / 1_000);
    }
    let with = |(suffix, factor): &(&str, i64)| Some((text.strip_suffix(suffix)?, *factor));
    let (number, factor) = SUFFIXES.iter().find_map(with).unwrap_or((text, 1));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    let whole: i64 = whole.parse().ok()?;
    let thousandths = whole
        .saturating_mul(1_000)
        .saturating_add(digits.parse().ok()?);
    Some(thousandths.saturating_mul(factor).saturating_mul(unit) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(quantity(&"100m".into(), 1_000), Some(100));
        assert_eq!(quantity(&"1.5".into(), 1_000), Some(1_500));
        assert_eq!(quantity(&"70Mi".into(), 1), Some(73_400_320));
        assert_eq!(quantity(&Value::Int(2), 1_000), Some(2_000));
        assert_eq!(quantity(&"much".into(), 1), None);
        assert_eq!(quantity(&"10.96.0.10".into(), 1), None);
    }
}
